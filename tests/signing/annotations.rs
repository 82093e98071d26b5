//! Evil annotations, and comments that are none: DocMDP 3 permits comments, nothing else does.

use lopdf::{Dictionary, Object, Stream, dictionary};

use super::cases::{Case, Expected};
use super::seeds::corpus;
use super::support::*;

/// An annotation over the page's text, with a look if `look` says what it draws.
fn annotated(bytes: &[u8], kind: &str, look: Option<&str>, more: Dictionary) -> Vec<u8> {
    append(bytes, |update, source| {
        let id = update.allocate();
        let (page_id, mut page) = source.page(1).unwrap();
        let mut annotation = dictionary! {
            "Type" => "Annot", "Subtype" => Object::Name(kind.into()), "P" => page_id, "F" => 4,
            "Rect" => vec![70.into(), 690.into(), 300.into(), 730.into()],
            "QuadPoints" => vec![70.into(), 730.into(), 300.into(), 730.into(), 70.into(), 690.into(), 300.into(), 690.into()],
            "Contents" => Object::string_literal("x"), "C" => vec![1.into(), 1.into(), 0.into()],
        };
        annotation.extend(&more);
        if let Some(content) = look {
            let look = update.allocate();
            let states = dictionary! { "Sheer" => dictionary! { "BM" => "Multiply" } };
            let form = dictionary! {
                "Type" => "XObject", "Subtype" => "Form",
                "BBox" => vec![70.into(), 690.into(), 300.into(), 730.into()],
                "Resources" => dictionary! { "ExtGState" => states },
            };
            update.set(look, Stream::new(form, content.as_bytes().to_vec()).into());
            annotation.set("AP", dictionary! { "N" => look });
        }
        update.set(id, annotation.into());
        let mut list = match page.get(b"Annots") {
            Ok(Object::Array(list)) => list.clone(),
            _ => Vec::new(),
        };
        list.push(id.into());
        page.set("Annots", list);
        update.set(page_id, page.into());
    })
}

pub fn cases() -> Vec<Case> {
    let [plain, fill, annotate] =
        ["table", "form-fill", "form-annotate"].map(|name| corpus().file(name));
    let mut cases = Vec::new();
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let nothing = Dictionary::new;
    let (evil, forbidden) = ("evil annotation", Expected::Forbidden("annotation"));
    let comment = Expected::Permitted("comment");
    let sheer = "/Sheer gs 1 1 0 rg 70 690 230 40 re f";

    add(
        "lawful",
        "a highlight (certified 3)",
        annotated(annotate, "Highlight", None, nothing()),
        comment,
    );
    add(
        "lawful",
        "a highlight with its look (certified 3)",
        annotated(annotate, "Highlight", Some(sheer), nothing()),
        comment,
    );
    add(
        "lawful",
        "an underline with its look (certified 3)",
        annotated(annotate, "Underline", Some("1 0 0 RG 1 w 70 691 m 300 691 l S"), nothing()),
        comment,
    );
    add("lawful", "a note (certified 3)", annotated(annotate, "Text", None, nothing()), comment);
    for (name, kind) in [
        ("free text (certified 3)", "FreeText"),
        ("a stamp (certified 3)", "Stamp"),
        ("a redaction (certified 3)", "Redact"),
        ("a square (certified 3)", "Square"),
        ("a circle (certified 3)", "Circle"),
        ("a line (certified 3)", "Line"),
        ("a polygon (certified 3)", "Polygon"),
        ("ink (certified 3)", "Ink"),
        ("a file attached (certified 3)", "FileAttachment"),
        ("a watermark (certified 3)", "Watermark"),
        ("a link (certified 3)", "Link"),
        ("a screen (certified 3)", "Screen"),
        ("rich media (certified 3)", "RichMedia"),
        ("3D (certified 3)", "3D"),
        ("a widget of no field (certified 3)", "Widget"),
    ] {
        add(evil, name, annotated(annotate, kind, None, nothing()), forbidden);
    }
    for (name, kind, look) in [
        ("an opaque highlight", "Highlight", "1 1 1 rg 70 690 230 40 re f"),
        ("a highlight that writes", "Highlight", "/Sheer gs BT (forged) Tj ET"),
        ("an underline that fills", "Underline", "1 1 1 rg 70 690 230 40 re f"),
        ("a strike-out as thick as the text", "StrikeOut", "1 1 1 RG 40 w 70 710 m 300 710 l S"),
        ("a highlight with a picture", "Highlight", "/Im0 Do"),
        ("a note that draws", "Text", "0 0 0 rg 70 690 9 9 re f"),
        ("a highlight drawn of a thousand strokes", "Highlight", ""),
    ] {
        let many = "70 690 m 71 691 l S ".repeat(1000);
        let look = if look.is_empty() { many.as_str() } else { look };
        add(evil, name, annotated(annotate, kind, Some(look), nothing()), forbidden);
    }
    let script = || dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("1") };
    add(
        evil,
        "a note with a script",
        annotated(annotate, "Text", None, dictionary! { "A" => script() }),
        forbidden,
    );
    add(
        evil,
        "a note in a layer",
        annotated(annotate, "Text", None, dictionary! { "OC" => (1, 0) }),
        forbidden,
    );
    add(
        evil,
        "a highlight (certified 2)",
        annotated(fill, "Highlight", None, nothing()),
        forbidden,
    );
    add(
        evil,
        "a highlight, nobody certified",
        annotated(plain, "Highlight", None, nothing()),
        forbidden,
    );
    add(
        evil,
        "free text, nobody certified",
        annotated(plain, "FreeText", None, nothing()),
        forbidden,
    );
    add(
        evil,
        "an annotation taken away",
        append(annotate, |update, source| {
            let (id, mut page) = source.page(1).unwrap();
            let list = page.get(b"Annots").unwrap().as_array().unwrap()[1..].to_vec();
            page.set("Annots", list);
            update.set(id, page.into());
        }),
        forbidden,
    );

    let sneaky = "sneaky signature";
    add(sneaky, "a signature over the whole page (certified 2)", over_page(fill), forbidden);
    add(sneaky, "a signature over the whole page", over_page(plain), forbidden);
    cases
}

/// A good further signature whose look covers the page.
fn over_page(bytes: &[u8]) -> Vec<u8> {
    use vanthu::pdf::Rect;
    use vanthu::pdf::appearance::{Appearance, Line};
    use vanthu::signing::{Look, SigningJob};
    let file = source(bytes);
    let look = Look::Visible {
        page: 1,
        rect: Rect::new(0.0, 0.0, 590.0, 840.0),
        appearance: Appearance::text((590.0, 840.0), vec![Line::new("forged", 24.0)]),
    };
    let job = SigningJob { look, ..SigningJob::new(&file, jiff::Timestamp::now()) };
    corpus().signer("org").sign(&job).unwrap().to_bytes().unwrap()
}
