//! Evil annotations, and comments that are none: DocMDP 3 permits comments, nothing else does.

use lopdf::{Dictionary, Object, Stream, dictionary};
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::Rect;
use vanthu::pdf::appearance::{Appearance, Line};
use vanthu::signing::{CheckOptions, Look, SigningError, SigningJob, check};

use super::cases::{Case, Expected};
use super::seeds::corpus;
use super::support::*;

/// An annotation over the page's text, with a look if `look` says what it draws.
pub fn annotated(bytes: &[u8], kind: &str, look: Option<&str>, more: Dictionary) -> Vec<u8> {
    annotated_by(bytes, kind, look, more, Dictionary::new())
}

/// The same, with something else in the look's own dictionary.
fn annotated_by(
    bytes: &[u8],
    kind: &str,
    look: Option<&str>,
    more: Dictionary,
    of_look: Dictionary,
) -> Vec<u8> {
    append(bytes, |update, source| {
        let id = update.allocate();
        let (page_id, mut page) = source.page(1).unwrap();
        let mut annotation = dictionary! {
            "Type" => "Annot", "Subtype" => Object::Name(kind.into()), "P" => page_id, "F" => 4,
            "Rect" => vec![70.into(), 690.into(), 300.into(), 730.into()],
            "QuadPoints" => vec![70.into(), 730.into(), 300.into(), 730.into(), 70.into(), 690.into(), 300.into(), 690.into()],
            "Contents" => Object::string_literal("x"), "C" => vec![1.into(), 1.into(), 0.into()],
        };
        // `extend` would join two arrays.
        more.into_iter().for_each(|(key, value)| annotation.set(key, value));
        if let Some(content) = look {
            let look = update.allocate();
            let states = dictionary! {
                "Sheer" => dictionary! { "BM" => "Multiply" },
                "Wide" => dictionary! { "LW" => 900 },
            };
            let mut form = dictionary! {
                "Type" => "XObject", "Subtype" => "Form",
                "BBox" => vec![70.into(), 690.into(), 300.into(), 730.into()],
                "Resources" => dictionary! { "ExtGState" => states },
            };
            of_look.into_iter().for_each(|(key, value)| form.set(key, value));
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
        "a highlight as pens draw it (certified 3)",
        annotated(annotate, "Highlight", Some(&format!("q {sheer} Q")), nothing()),
        comment,
    );
    add(
        "lawful",
        "a black underline (certified 3)",
        annotated(annotate, "Underline", Some("q 1 w 70 691 m 300 691 l S Q"), nothing()),
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
    let numbers = |numbers: &[i64]| -> Object {
        numbers.iter().map(|number| Object::Integer(*number)).collect::<Vec<_>>().into()
    };
    let page = || numbers(&[0, 0, 595, 842]);
    let quads = |count: i64| {
        let piece = |number: i64| {
            let y = 800 - number % 70 * 10;
            [70, y, 300, y, 70, y - 10, 300, y - 10]
        };
        numbers(&(0..count).flat_map(piece).collect::<Vec<_>>())
    };
    let line = "1 0 0 RG 1 w 70 691 m 300 691 l S";
    let whole = "/Sheer gs 0 0 0 rg 0 0 595 842 re f";
    for (name, kind, look, more, of_look) in [
        (
            "a strike-out whose look is stretched over the page",
            "StrikeOut",
            Some("1 0 0 RG 3 w 0 1 m 10 1 l S"),
            dictionary! {
                "Rect" => page(), "QuadPoints" => numbers(&[0, 10, 595, 10, 0, 0, 595, 0]),
            },
            dictionary! { "BBox" => numbers(&[0, 0, 10, 3]) },
        ),
        (
            "an underline whose look is stretched by its box",
            "Underline",
            Some("1 0 0 RG 3 w 70 691 m 80 691 l S"),
            nothing(),
            dictionary! { "BBox" => numbers(&[70, 690, 80, 693]) },
        ),
        (
            "an underline whose look is stretched by a matrix",
            "Underline",
            Some(line),
            nothing(),
            dictionary! { "Matrix" => numbers(&[10, 0, 0, 10, 0, 0]) },
        ),
        (
            "an underline as thick as the page by its graphics state",
            "Underline",
            Some("/Wide gs 1 0 0 RG 70 691 m 300 691 l S"),
            nothing(),
            nothing(),
        ),
        (
            "an underline in the paper's colour",
            "Underline",
            Some("1 1 1 RG 3 w 70 710 m 300 710 l S"),
            nothing(),
            nothing(),
        ),
        (
            "an underline somewhere else",
            "Underline",
            Some("1 0 0 RG 1 w 70 500 m 300 500 l S"),
            dictionary! { "Rect" => page() },
            dictionary! { "BBox" => page() },
        ),
        (
            "an underline that draws a digit",
            "Underline",
            Some("0 G 1 w 70 715 m 80 715 l 80 700 l S"),
            nothing(),
            nothing(),
        ),
        ("a highlight that strokes", "Highlight", Some(line), nothing(), nothing()),
        (
            "a black highlight over the page",
            "Highlight",
            Some(whole),
            dictionary! { "Rect" => page() },
            dictionary! { "BBox" => page() },
        ),
        (
            "a black highlight that names no colour",
            "Highlight",
            Some("/Sheer gs 70 690 230 40 re f"),
            nothing(),
            nothing(),
        ),
        (
            "a highlight whose colour is taken back",
            "Highlight",
            Some("/Sheer gs q 1 1 0 rg Q 70 690 230 40 re f"),
            nothing(),
            nothing(),
        ),
        (
            "an underline whose colour is taken back",
            "Underline",
            Some("1 1 1 RG q 1 0 0 RG Q 1 w 70 691 m 300 691 l S"),
            nothing(),
            nothing(),
        ),
        (
            "a highlight without a colour, drawn by the viewer",
            "Highlight",
            None,
            dictionary! { "C" => numbers(&[]) },
            nothing(),
        ),
        (
            "a highlight in a group of its own",
            "Highlight",
            Some(sheer),
            nothing(),
            dictionary! { "Group" => dictionary! { "S" => "Transparency", "I" => true } },
        ),
        (
            "a strike-out of the page's height, drawn by the viewer",
            "StrikeOut",
            None,
            dictionary! {
                "QuadPoints" => numbers(&[0, 842, 595, 842, 0, 0, 595, 0]), "Rect" => page(),
            },
            nothing(),
        ),
        (
            "a black highlight, drawn by the viewer",
            "Highlight",
            None,
            dictionary! { "C" => numbers(&[0, 0, 0]) },
            nothing(),
        ),
        (
            "a highlight outside of its place, drawn by the viewer",
            "Highlight",
            None,
            dictionary! { "Rect" => numbers(&[0, 0, 9, 9]) },
            nothing(),
        ),
        (
            "an underline of a thousand pieces",
            "Underline",
            None,
            dictionary! { "QuadPoints" => quads(1000), "Rect" => page() },
            nothing(),
        ),
    ] {
        add(evil, name, annotated_by(annotate, kind, look, more, of_look), forbidden);
    }
    add(
        "lawful",
        "a highlight of forty lines (certified 3)",
        annotated(
            annotate,
            "Highlight",
            None,
            dictionary! { "QuadPoints" => quads(40), "Rect" => numbers(&[60, 390, 310, 810]) },
        ),
        comment,
    );
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
    add(sneaky, "a signature over the whole page", over_page(plain), forbidden);
    cases
}

/// A good further signature whose look covers the page.
fn over_page(bytes: &[u8]) -> Vec<u8> {
    with_look(bytes, Rect::new(0.0, 0.0, 590.0, 840.0)).unwrap()
}

fn with_look(bytes: &[u8], rect: Rect) -> Result<Vec<u8>, SigningError> {
    let file = source(bytes);
    let size = (rect.width, rect.height);
    let appearance = Appearance::text(size, vec![Line::new("forged", 24.0)]);
    let look = Look::Visible { page: 1, rect, appearance };
    let job = SigningJob { look, ..SigningJob::new(&file, jiff::Timestamp::now()) };
    Ok(corpus().signer("org").sign(&job)?.to_bytes().unwrap())
}

#[test]
fn a_new_seal_shows_unless_somebody_certified() {
    let place = Rect::new(300.0, 300.0, 120.0, 40.0);
    let locked = super::forms::lock_leaving("Include", &["Khac"], Some(2));
    let sealed = with_look(&locked, place).expect("a lock is no certification");
    let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
    assert_eq!(check(sealed.into(), &options).unwrap().verdict, Verdict::Valid);
    let refused = with_look(corpus().file("form-fill"), place).unwrap_err();
    assert_eq!(refused, SigningError::CertifiedAgainst { by: "One".to_owned() });
}
