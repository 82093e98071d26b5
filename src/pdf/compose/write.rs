//! From pages to bytes.

use std::fmt::Write as _;

use lopdf::{Dictionary, Document, Object, ObjectId, dictionary};
use sha2::{Digest, Sha256};

use super::flow::{Mark, Slab};
use super::{Composition, NumberPlace, PageSetup};
use crate::pdf::PdfError;
use crate::pdf::appearance::{number, real};
use crate::pdf::font::{Embedder, Face, font_resources, resource_name};
use crate::pdf::output::Properties;
use crate::pdf::pool::{Pool, text_string};

pub(super) fn write(
    composition: &Composition,
    pages: &[Vec<(f32, Slab)>],
) -> Result<Vec<u8>, PdfError> {
    let setup = &composition.page;
    let mut embedder = Embedder::new();
    let contents: Vec<String> = pages
        .iter()
        .enumerate()
        .map(|(index, slabs)| content(index, slabs, setup, &mut embedder))
        .collect();

    let pages = contents
        .into_iter()
        .map(|content| Page { width: setup.width, height: setup.height, content, picture: None })
        .collect();
    let Composition { title, author, language, .. } = composition;
    assemble(&Properties { title, author, language }, Pool::new(1), &embedder, pages)
}

/// A page ready to be written; its picture is in the pool already.
pub(super) struct Page {
    pub width: f32,
    pub height: f32,
    pub content: String,
    pub picture: Option<ObjectId>,
}

/// Puts pages, fonts and properties together.
pub(super) fn assemble(
    properties: &Properties<'_>,
    mut pool: Pool,
    embedder: &Embedder,
    pages: Vec<Page>,
) -> Result<Vec<u8>, PdfError> {
    let catalog = pool.reserve();
    let tree = pool.reserve();
    let fonts = embedder.write_into(&mut pool)?;
    let resources = pool.add(dictionary! { "Font" => font_resources(&fonts) });
    let mut kids = Vec::new();
    let mut hash = Sha256::new();
    hash.update(properties.title);
    for page in pages {
        hash.update(&page.content);
        let resources = match page.picture {
            None => resources,
            Some(picture) => pool.add(dictionary! {
                "Font" => font_resources(&fonts),
                "XObject" => dictionary! { "Picture" => picture },
            }),
        };
        let stream = pool.add_stream(Dictionary::new(), page.content.into_bytes())?;
        let page = pool.add(dictionary! {
            "Type" => "Page",
            "Parent" => tree,
            "MediaBox" => vec![0.into(), 0.into(), real(page.width), real(page.height)],
            "Resources" => resources,
            "Contents" => stream,
        });
        kids.push(Object::Reference(page));
    }
    let count = i64::try_from(kids.len()).unwrap_or(i64::MAX);
    pool.put(tree, dictionary! { "Type" => "Pages", "Kids" => kids, "Count" => count });
    pool.put(
        catalog,
        dictionary! {
            "Type" => "Catalog",
            "Pages" => tree,
            "Lang" => Object::string_literal(properties.language),
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        },
    );
    let mut information = Dictionary::new();
    for (key, text) in
        [("Title", properties.title), ("Author", properties.author), ("Creator", "Văn Thư")]
    {
        if !text.is_empty() {
            information.set(key, text_string(text));
        }
    }
    let information = pool.add(information);

    let mut document = Document::with_version("1.7");
    for (id, object) in pool.into_objects() {
        document.max_id = document.max_id.max(id.0);
        document.objects.insert(id, object);
    }
    // The same text gives the same identifier; signing adds its own second half.
    let id = Object::String(
        hash.finalize().iter().take(16).copied().collect(),
        lopdf::StringFormat::Hexadecimal,
    );
    document.trailer.set("Root", catalog);
    document.trailer.set("Info", information);
    document.trailer.set("ID", vec![id.clone(), id]);
    let mut bytes = Vec::new();
    document.save_to(&mut bytes).map_err(|e| PdfError::BadResource(e.to_string()))?;
    Ok(bytes)
}

/// The content stream of one page.
pub(super) fn content(
    index: usize,
    slabs: &[(f32, Slab)],
    setup: &PageSetup,
    embedder: &mut Embedder,
) -> String {
    let mut out = String::new();
    if let Some(size) = setup.number_size
        && index > 0
    {
        let text = (index + 1).to_string();
        let room = setup.measure() - Face::Serif.width(&text, size);
        let (x, y) = match setup.number_place {
            NumberPlace::TopCentre => {
                (setup.left + room / 2.0, setup.height - setup.top / 2.0 - size * 0.35)
            }
            NumberPlace::BottomRight => (setup.left + room, setup.bottom / 2.0 - size * 0.35),
        };
        show(&mut out, embedder, Face::Serif, size, (x, y), &text, 0.0);
    }
    for (top, slab) in slabs {
        draw(&mut out, embedder, &slab.marks, (setup.left, setup.height - setup.top - top));
    }
    out
}

/// Ink whose top left is at `origin`, in the page's own space.
pub(super) fn draw(
    out: &mut String,
    embedder: &mut Embedder,
    marks: &[Mark],
    (left, top): (f32, f32),
) {
    for mark in marks {
        match mark {
            Mark::Text { x, baseline, face, size, text, stretch } => {
                show(out, embedder, *face, *size, (left + x, top - baseline), text, *stretch);
            }
            Mark::Ink(colour) => {
                let [r, g, b] = colour.map(|v| number(f32::from(v) / 255.0));
                let _ = writeln!(out, "{r} {g} {b} rg");
            }
            Mark::Line { x, y, width, height } => {
                let _ = writeln!(
                    out,
                    "{} {} {} {} re f",
                    number(left + x),
                    number(top - y - height),
                    number(*width),
                    number(*height)
                );
            }
        }
    }
}

/// One piece of text; `stretch` is added to every space. Word spacing (`Tw`) does not act on
/// two-byte codes, so the spaces are widened one by one.
fn show(
    out: &mut String,
    embedder: &mut Embedder,
    face: Face,
    size: f32,
    (x, y): (f32, f32),
    text: &str,
    stretch: f32,
) {
    let name = resource_name(face);
    let _ = write!(out, "BT /{name} {} Tf {} {} Td [", number(size), number(x), number(y));
    for part in text.split_inclusive(' ') {
        let _ = write!(out, "<{}>", hex::encode(embedder.encode(face, part)));
        if stretch > 0.0 && part.ends_with(' ') {
            let _ = write!(out, "{}", number(-stretch * 1000.0 / size));
        }
    }
    out.push_str("] TJ ET\n");
}
