//! What comes over the page in the shape of something that may come: a time stamp, a
//! signature, a box ticked, a text entered, a comment.

use lopdf::{Dictionary, Object, ObjectId, Stream, StringFormat, dictionary};
use vanthu::pdf::structure::{Source, Update};

use super::cases::{Case, Expected};
use super::forms::{found, literal};
use super::numbers::signed_saying;
use super::seeds::corpus;
use super::support::*;

pub const PAGE: [i64; 4] = [0, 0, 595, 842];
/// The page white, with other words.
pub const FORGED: &str = "1 g 0 0 595 842 re f BT 0 g /Helv 24 Tf 72 700 Td (Forged) Tj ET";

pub fn numbers(numbers: &[i64]) -> Vec<Object> {
    numbers.iter().map(|number| Object::Integer(*number)).collect()
}

/// A form XObject of this size.
pub fn drawn(
    update: &mut Update<'_>,
    bounds: &[i64],
    resources: Dictionary,
    content: &str,
) -> ObjectId {
    let id = update.allocate();
    let form = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "BBox" => numbers(bounds), "Resources" => resources,
    };
    update.set(id, Stream::new(form, content.as_bytes().to_vec()).into());
    id
}

pub fn helvetica() -> Dictionary {
    let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
    "Encoding" => "WinAnsiEncoding" };
    dictionary! { "Font" => dictionary! { "Helv" => font } }
}

/// A signature's value as far as the one under it is concerned; it is judged by itself.
pub fn value(update: &mut Update<'_>, is_timestamp: bool) -> ObjectId {
    let (kind, format) = if is_timestamp {
        ("DocTimeStamp", "ETSI.RFC3161")
    } else {
        ("Sig", "ETSI.CAdES.detached")
    };
    let id = update.allocate();
    update.set(
        id,
        dictionary! {
            "Type" => kind, "SubFilter" => format, "Filter" => "Adobe.PPKLite",
            "ByteRange" => numbers(&[0, 1, 2, 3]),
            "Contents" => Object::String(vec![0; 8], StringFormat::Hexadecimal),
        }
        .into(),
    );
    id
}

/// Puts widgets, fields of the form, on page 1.
pub fn placed(update: &mut Update<'_>, source: &Source, widgets: &[(&str, &str, Dictionary)]) {
    let (page_id, mut page) = source.page(1).unwrap();
    let (catalog_id, mut catalog) = source.catalog().unwrap();
    let listed = |dictionary: &Dictionary, key: &[u8]| match dictionary.get(key) {
        Ok(Object::Array(list)) => list.clone(),
        _ => Vec::new(),
    };
    let mut form = match catalog.get(b"AcroForm") {
        Ok(Object::Dictionary(form)) => form.clone(),
        _ => Dictionary::new(),
    };
    let (mut annotations, mut fields) = (listed(&page, b"Annots"), listed(&form, b"Fields"));
    for (name, kind, more) in widgets {
        let id = update.allocate();
        let mut widget = dictionary! {
            "Type" => "Annot", "Subtype" => "Widget", "F" => 4, "P" => page_id,
            "FT" => Object::Name((*kind).into()), "T" => literal(name),
        };
        more.iter().for_each(|(key, value)| widget.set(key.clone(), value.clone()));
        update.set(id, widget.into());
        annotations.push(id.into());
        fields.push(id.into());
    }
    form.set("Fields", fields);
    catalog.set("AcroForm", form);
    page.set("Annots", annotations);
    update.set(catalog_id, catalog.into());
    update.set(page_id, page.into());
}

/// A letter with a field that somebody prepared, signed.
fn prepared(
    prepare: impl FnOnce(&mut Update<'_>) -> Vec<(&'static str, Dictionary)>,
    kind: &str,
) -> Vec<u8> {
    let open = append(&letter(), |update, source| {
        let fields = prepare(update);
        let fields: Vec<_> = fields.into_iter().map(|(name, more)| (name, kind, more)).collect();
        placed(update, source, &fields);
    });
    corpus().signer("ec").sign_plainly(&open)
}

pub fn changed(
    bytes: &[u8],
    name: &str,
    change: impl FnOnce(&mut Update<'_>, &mut Dictionary),
) -> Vec<u8> {
    append(bytes, |update, source| {
        let field = found(source, name);
        let mut dictionary = field.dictionary;
        change(update, &mut dictionary);
        update.set(field.id, dictionary.into());
    })
}

/// A time stamp in a field of its own that shows a page over the page.
fn stamped(rect: impl FnOnce(&mut Update<'_>) -> Object) -> Vec<u8> {
    append(corpus().file("table"), |update, source| {
        let look = drawn(update, &PAGE, helvetica(), FORGED);
        let (value, rect) = (value(update, true), rect(update));
        let widget =
            dictionary! { "V" => value, "Rect" => rect, "AP" => dictionary! { "N" => look } };
        placed(update, source, &[("Stamp", "Sig", widget)]);
    })
}

/// Signs a field that was there with a look of its size.
fn signs(bytes: &[u8], name: &str, size: &[i64]) -> Vec<u8> {
    changed(bytes, name, |update, field| {
        let look = drawn(update, size, helvetica(), FORGED);
        field.set("V", value(update, false));
        field.set("AP", dictionary! { "N" => look });
    })
}

/// A signature in a new field, with a look of its size.
fn newly_signed(bytes: &[u8], rect: [i64; 4]) -> Vec<u8> {
    append(bytes, |update, source| {
        let size = [0, 0, rect[2] - rect[0], rect[3] - rect[1]];
        let (look, value) = (drawn(update, &size, helvetica(), FORGED), value(update, false));
        let widget = dictionary! {
            "V" => value, "Rect" => numbers(&rect), "AP" => dictionary! { "N" => look },
        };
        placed(update, source, &[("Dau", "Sig", widget)]);
    })
}

fn signatures() -> Vec<(&'static str, Vec<u8>)> {
    let null = Object::Null;
    let mut files = Vec::new();
    for (name, rect) in [
        (
            "a time stamp whose place ends in nulls",
            vec![595.into(), 842.into(), null.clone(), null],
        ),
        ("a time stamp whose place has five numbers", numbers(&[0, 0, 595, 842, 0])),
        ("a time stamp whose place has three numbers", numbers(&[0, 0, 595])),
    ] {
        files.push((name, stamped(|_| Object::Array(rect))));
    }
    files.push((
        "a time stamp whose place is written elsewhere",
        stamped(|update| {
            let (place, top) = (update.allocate(), update.allocate());
            update.set(top, 842.into());
            update.set(place, vec![0.into(), 0.into(), 595.into(), top.into()].into());
            place.into()
        }),
    ));
    let empty = |rects: &'static [(&'static str, [i64; 4])]| {
        prepared(
            |_| {
                let field = |rect: &[i64; 4]| dictionary! { "Rect" => numbers(rect) };
                rects.iter().map(|(name, rect)| (*name, field(rect))).collect()
            },
            "Sig",
        )
    };
    let whole = empty(&[("Ky", PAGE)]);
    files.push(("an empty signature field of the page's size signed", signs(&whole, "Ky", &PAGE)));
    let halves = empty(&[("Ky", [0, 0, 595, 200]), ("Dau", [0, 200, 595, 400])]);
    let half = [0, 0, 595, 200];
    files.push((
        "two signatures over half of the page, in one revision",
        append(&halves, |update, source| {
            for name in ["Ky", "Dau"] {
                let (field, look) =
                    (found(source, name), drawn(update, &half, helvetica(), FORGED));
                let mut dictionary = field.dictionary;
                dictionary.set("V", value(update, false));
                dictionary.set("AP", dictionary! { "N" => look });
                update.set(field.id, dictionary.into());
            }
        }),
    ));
    for (name, base, rect) in [
        ("a new signature that shows (certified 2)", "form-fill", [300, 300, 420, 340]),
        ("a new signature that shows (certified 3)", "form-annotate", [300, 300, 420, 340]),
        ("a signature over the whole page (certified 2)", "form-fill", PAGE),
    ] {
        files.push((name, newly_signed(corpus().file(base), rect)));
    }
    let first = signs(&halves, "Ky", &half);
    files.push(("two signatures over half of the page, one by one", signs(&first, "Dau", &half)));
    files
}

/// A field to be signed that a page also takes for the names of its pictures.
fn field_of_two_roles() -> Vec<u8> {
    let open = append(&letter(), |update, source| {
        let rect = numbers(&[0, 0, 0, 0]);
        placed(update, source, &[("Ky", "Sig", dictionary! { "Rect" => rect })]);
        let (page_id, _) = source.page(1).unwrap();
        let mut page = update.object(page_id).unwrap().as_dict().unwrap().clone();
        let field = page.get(b"Annots").unwrap().as_array().unwrap()[0].clone();
        let mut resources = page.get(b"Resources").unwrap().as_dict().unwrap().clone();
        resources.set("XObject", field);
        let content = update.allocate();
        update.set(content, Stream::new(Dictionary::new(), b"/M Do".to_vec()).into());
        page.set("Resources", resources);
        page.set("Contents", vec![Object::Reference((5, 0)), content.into()]);
        update.set(page_id, page.into());
    });
    let signed = corpus().signer("ec").sign_plainly(&open);
    changed(&signed, "Ky", |update, field| {
        field.set("V", value(update, false));
        field.set("M", drawn(update, &PAGE, helvetica(), FORGED));
    })
}

/// A box to tick with these states, which shows `Off` and was never ticked.
pub fn ticked(rect: [i64; 4], off: &str, on: &str) -> Vec<u8> {
    ticked_by(rect, off, on, None)
}

/// The same where grey is by a function.
fn ticked_by(rect: [i64; 4], off: &str, on: &str, tint: Option<Dictionary>) -> Vec<u8> {
    let size = [0, 0, rect[2] - rect[0], rect[3] - rect[1]];
    let signed = prepared(
        |update| {
            let mut resources = helvetica();
            let dingbats = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "ZapfDingbats" };
            let Ok(Object::Dictionary(fonts)) = resources.get_mut(b"Font") else { panic!() };
            fonts.set("ZaDb", dingbats);
            if let Some(tint) = tint {
                let always: Vec<Object> =
                    vec!["Separation".into(), "Ink".into(), "DeviceGray".into(), tint.into()];
                resources.set("ColorSpace", dictionary! { "DefaultGray" => always });
            }
            let off = drawn(update, &size, resources.clone(), off);
            let on = drawn(update, &size, resources, on);
            let states = dictionary! { "Off" => off, "Yes" => on };
            let field = dictionary! {
                "Rect" => numbers(&rect), "V" => "Off", "AS" => "Off",
                "AP" => dictionary! { "N" => states },
            };
            vec![("Dong y", field)]
        },
        "Btn",
    );
    changed(&signed, "Dong y", |_, field| {
        field.set("V", "Yes");
        field.set("AS", "Yes");
    })
}

pub const SMALL: [i64; 4] = [72, 700, 92, 720];

/// As Acrobat draws them: a ground and a frame, and in the ground a glyph.
const GROUND: &str = "q 1 g 0 0 20 20 re f Q q 1 w 0 G 0.5 0.5 19 19 re s Q ";
const GLYPH: &str = "q 1 1 18 18 re W n BT 0 g /ZaDb 14 Tf 3 4 Td (4) Tj ET Q";

/// Whatever is put in, white comes out.
fn white() -> Dictionary {
    dictionary! {
        "FunctionType" => 2, "Domain" => numbers(&[0, 1]), "N" => 1,
        "C0" => numbers(&[1]), "C1" => numbers(&[1]),
    }
}

fn boxes() -> Vec<(&'static str, Vec<u8>)> {
    let digit = "BT 0 g /Helv 14 Tf 3 4 Td (9) Tj ET";
    let glyphs = "BT 0 g /ZaDb 8 Tf 3 4 Td (4444) Tj ET";
    let many = "0 0 m 20 20 l S ".repeat(40);
    [
        ("a box of the page's size ticked", PAGE, "", FORGED),
        ("a box of the page's size ticked with a glyph", PAGE, "", GLYPH),
        ("a box ticked that turns white", SMALL, "", "1 g 0 0 20 20 re f"),
        ("a box ticked that turns into a digit", SMALL, "", digit),
        ("a box ticked that showed a digit", SMALL, digit, GLYPH),
        ("a box ticked that shows a row of glyphs", SMALL, "", glyphs),
        ("a box ticked that draws", SMALL, "", many.as_str()),
        ("a box ticked with a line as thick as the box", SMALL, "", "20 w 0 10 m 20 10 l S"),
        ("a box ticked that shows a picture", SMALL, "", "/Im0 Do"),
    ]
    .map(|(name, rect, off, on)| (name, ticked(rect, off, on)))
    .into_iter()
    .chain([("a box ticked in a black that is white", ticked_by(SMALL, "", GLYPH, Some(white())))])
    .collect()
}

/// An empty text field whose look shows something else than nothing.
fn text_field(look: &str, more: Dictionary) -> Vec<u8> {
    prepared(
        |update| {
            let look = drawn(update, &[0, 0, 200, 20], helvetica(), look);
            let mut field = dictionary! {
                "Rect" => numbers(&[70, 695, 270, 715]), "DA" => literal("/Helv 12 Tf 0 g"),
                "AP" => dictionary! { "N" => look },
            };
            more.into_iter().for_each(|(key, value)| field.set(key, value));
            vec![("So", field)]
        },
        "Tx",
    )
}

fn texts() -> Vec<(&'static str, Vec<u8>)> {
    let ground = || dictionary! { "MK" => dictionary! { "BG" => numbers(&[1, 1, 1]) } };
    let left = |signed: &[u8]| {
        changed(signed, "So", |_, field| {
            field.remove(b"AP");
            field.set("V", literal("9"));
        })
    };
    let ground_certified = append(corpus().file("form-fill"), |update, source| {
        let field = found(source, "Tien");
        let mut dictionary = field.dictionary;
        dictionary.remove(b"AP");
        dictionary.set("V", literal("9"));
        update.set(field.id, dictionary.into());
    });
    let amount = "BT 0 g /Helv 12 Tf 2 5 Td (1.000.000) Tj ET";
    let nine = |signed: &[u8]| {
        append(signed, |update, source| {
            let field = found(source, "So");
            let look =
                drawn(update, &[0, 0, 200, 20], helvetica(), "BT 0 g /Helv 12 Tf 2 5 Td (9) Tj ET");
            let mut dictionary = field.dictionary;
            dictionary.set("V", literal("9"));
            dictionary.set("AP", dictionary! { "N" => look });
            update.set(field.id, dictionary.into());
        })
    };
    vec![
        ("a look taken away, the viewer draws a ground", left(&text_field("", ground()))),
        ("a look taken away", left(&text_field("", Dictionary::new()))),
        ("a look taken away (certified 2)", ground_certified),
        ("an empty field that showed an amount", nine(&text_field(amount, Dictionary::new()))),
    ]
}

/// A field without a look and with a ground, on a document certified for filling in.
fn ground_by_the_viewer() -> Vec<u8> {
    let open = append(&super::forms::form(), |update, source| {
        let field = found(source, "So");
        let mut dictionary = field.dictionary;
        dictionary.set("MK", dictionary! { "BG" => numbers(&[1, 1, 1]) });
        update.set(field.id, dictionary.into());
    });
    changed(&certified(&open), "So", |_, field| field.set("V", literal("9")))
}

/// Signed, and certified for filling in.
pub fn certified(open: &[u8]) -> Vec<u8> {
    let filling = "/Reference[<</Type/SigRef/TransformMethod/DocMDP\
        /TransformParams<</Type/TransformParams/P 2/V/1.2>>>>]";
    signed_saying(open, "ec", filling, |update, source| {
        // The signature's dictionary is the next object.
        let (id, mut catalog) = source.catalog().unwrap();
        let signature = Object::Reference((update.first_free(), 0));
        catalog.set("Perms", dictionary! { "DocMDP" => signature });
        update.set(id, catalog.into());
    })
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let field = Expected::Forbidden("field");
    for (name, bytes) in signatures() {
        let expected = match name.starts_with("a time stamp") {
            true => field,
            false => Expected::Forbidden("annotation"),
        };
        add("sneaky signature", name, bytes, expected);
    }
    add("shadow", "a field signed that names a page's pictures", field_of_two_roles(), field);
    for (name, bytes) in boxes() {
        add("form over the page", name, bytes, field);
    }
    add(
        "lawful",
        "a box ticked as LibreOffice draws it",
        ticked(
            SMALL,
            "/Tx BMC\nEMC\n",
            "/Tx BMC\nq BT\n0 0 0 rg\n/ZaDb 10 Tf\n1 2 Td (8) Tj\nET\nQ\nEMC\n",
        ),
        Expected::Permitted("form-filled"),
    );
    for (name, bytes) in texts() {
        add("form over the page", name, bytes, field);
    }
    add(
        "form over the page",
        "a ground drawn by the viewer (certified 2)",
        ground_by_the_viewer(),
        field,
    );
    add(
        "lawful",
        "a box ticked as Acrobat draws it",
        ticked(SMALL, GROUND, &format!("{GROUND}{GLYPH}")),
        Expected::Permitted("form-filled"),
    );
    cases
}
