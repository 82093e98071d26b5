//! From pages to bytes.

use std::fmt::Write as _;

use lopdf::{Dictionary, Document, Object, dictionary};
use sha2::{Digest, Sha256};

use super::flow::{Mark, Slab};
use super::{Composition, PageSetup};
use crate::pdf::PdfError;
use crate::pdf::appearance::{number, real};
use crate::pdf::font::{Embedder, Face, font_resources, resource_name};
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

    let mut pool = Pool::new(1);
    let catalog = pool.reserve();
    let tree = pool.reserve();
    let fonts = embedder.write_into(&mut pool)?;
    let resources = pool.add(dictionary! { "Font" => font_resources(&fonts) });
    let mut kids = Vec::new();
    let mut hash = Sha256::new();
    hash.update(&composition.title);
    for content in contents {
        hash.update(&content);
        let stream = pool.add_stream(Dictionary::new(), content.into_bytes())?;
        let page = pool.add(dictionary! {
            "Type" => "Page",
            "Parent" => tree,
            "MediaBox" => vec![0.into(), 0.into(), real(setup.width), real(setup.height)],
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
            "Lang" => Object::string_literal(composition.language.as_str()),
            "ViewerPreferences" => dictionary! { "DisplayDocTitle" => true },
        },
    );
    let mut information = Dictionary::new();
    for (key, text) in [
        ("Title", composition.title.as_str()),
        ("Author", composition.author.as_str()),
        ("Creator", "Văn Thư"),
    ] {
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
fn content(
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
        let x = setup.left + (setup.measure() - Face::Serif.width(&text, size)) / 2.0;
        let y = setup.height - setup.top / 2.0 - size * 0.35;
        show(&mut out, embedder, Face::Serif, size, (x, y), &text, 0.0);
    }
    for (top, slab) in slabs {
        let origin = setup.height - setup.top - top;
        for mark in &slab.marks {
            match mark {
                Mark::Text { x, baseline, face, size, text, stretch } => {
                    let at = (setup.left + x, origin - baseline);
                    show(&mut out, embedder, *face, *size, at, text, *stretch);
                }
                Mark::Ink(colour) => {
                    let [r, g, b] = colour.map(|v| number(f32::from(v) / 255.0));
                    let _ = writeln!(out, "{r} {g} {b} rg");
                }
                Mark::Line { x, y, width, height } => {
                    let _ = writeln!(
                        out,
                        "{} {} {} {} re f",
                        number(setup.left + x),
                        number(origin - y - height),
                        number(*width),
                        number(*height)
                    );
                }
            }
        }
    }
    out
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
