//! What readers draw that go by other rules than the standard: a look without a box, numbers cut
//! off, lists with two roles, references that some do not believe, marks that hide.

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use vanthu::pdf::structure::Update;

use super::annotations::annotated;
use super::cases::{Case, Expected};
use super::covers::{
    FORGED, PAGE, SMALL, changed, drawn, helvetica, numbers, placed, ticked, value,
};
use super::differentials::{HARMLESS, Raw};
use super::forms::literal;
use super::looks::{LINE, text_form, written};
use super::repairs::stream_behind;
use super::seeds::corpus;
use super::support::*;
use super::twice::{place, table};

/// A small or empty field that is signed, with a page as its look, which has no box.
fn without_box(is_timestamp: bool, rect: [i64; 4]) -> Vec<u8> {
    append(corpus().file("table"), |update, source| {
        let look = update.allocate();
        let form = dictionary! {
            "Type" => "XObject", "Subtype" => "Form", "Resources" => helvetica(),
        };
        update.set(look, Stream::new(form, FORGED.as_bytes().to_vec()).into());
        let widget = dictionary! {
            "V" => value(update, is_timestamp), "Rect" => numbers(&rect),
            "AP" => dictionary! { "N" => look },
        };
        placed(update, source, &[("Dau", "Sig", widget)]);
    })
}

/// A letter of which page 1 draws with something that is named elsewhere for another purpose.
fn of_two_roles(list: &str, role: ObjectId, draws: &str) -> Vec<u8> {
    let open = append(&letter(), |update, source| {
        let (id, mut page) = source.page(1).unwrap();
        let mut resources = page.get(b"Resources").unwrap().as_dict().unwrap().clone();
        resources.set(list, role);
        page.set("Resources", resources);
        let content = update.allocate();
        update.set(content, Stream::new(Dictionary::new(), draws.as_bytes().to_vec()).into());
        page.set("Contents", vec![Object::Reference((5, 0)), content.into()]);
        update.set(id, page.into());
        if list == "ColorSpace" {
            let (id, mut second) = source.page(2).unwrap();
            let black_or_white = Object::String(vec![0xff, 0], lopdf::StringFormat::Hexadecimal);
            let colours = vec!["Indexed".into(), "DeviceGray".into(), 1.into(), black_or_white];
            second.set("Annots", colours);
            update.set(id, second.into());
        }
    });
    corpus().signer("ec").sign_plainly(&open)
}

/// A page as a form, for what comes after the signature.
fn page_as_form(update: &mut Update<'_>) -> ObjectId {
    drawn(update, &PAGE, helvetica(), FORGED)
}

fn roles() -> Vec<(&'static str, Vec<u8>, Expected)> {
    let catalog = Expected::Forbidden("catalog");
    let root = source(&letter()).catalog().unwrap().0;
    vec![
        (
            "metadata that a page draws, by the catalog",
            append(&of_two_roles("XObject", root, "/Metadata Do"), |update, _| {
                let form = page_as_form(update);
                let form = update.object(form).unwrap();
                update.set((7, 0), form);
            }),
            catalog,
        ),
        (
            "a security store that a page draws, by the catalog",
            append(&of_two_roles("XObject", root, "/DSS Do"), |update, source| {
                let (id, mut catalog) = source.catalog().unwrap();
                catalog.set("DSS", page_as_form(update));
                update.set(id, catalog.into());
            }),
            catalog,
        ),
        (
            "annotations that are a colour",
            append(
                &of_two_roles("ColorSpace", (4, 0), "/Annots cs 1 sc 0 0 9 9 re f"),
                |update, source| {
                    let (id, mut page) = source.page(2).unwrap();
                    let stamp = update.allocate();
                    let signature = value(update, true);
                    update.set(
                        stamp,
                        dictionary! {
                            "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "P" => id,
                            "T" => literal("Stamp"), "Rect" => numbers(&[0, 0, 0, 0]),
                            "V" => signature,
                        }
                        .into(),
                    );
                    let mut listed = page.get(b"Annots").unwrap().as_array().unwrap().clone();
                    listed.push(stamp.into());
                    page.set("Annots", listed);
                    update.set(id, page.into());
                    let (root, mut catalog) = source.catalog().unwrap();
                    let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
                    let mut fields = form.get(b"Fields").unwrap().as_array().unwrap().clone();
                    fields.push(stamp.into());
                    form.set("Fields", fields);
                    catalog.set("AcroForm", form);
                    update.set(root, catalog.into());
                },
            ),
            Expected::Forbidden("annotation"),
        ),
    ]
}

/// `old`, which stands there last, replaced by `new`, whatever its length.
fn instead(bytes: &[u8], old: &str, new: &str) -> Vec<u8> {
    let at = bytes.windows(old.len()).rposition(|window| window == old.as_bytes()).unwrap();
    [&bytes[..at], new.as_bytes(), &bytes[at + old.len()..]].concat()
}

/// Metadata changed, by cross-references in a stream with kinds of so many bytes.
fn by_stream(width: usize, size: &str) -> Vec<u8> {
    let letter = corpus().file("table");
    let prev = source(letter).revisions().last().unwrap().xref_at;
    let mut out = letter.to_vec();
    let seven = out.len();
    out.extend_from_slice(format!("7 0 obj\n{}\nendobj\n", *HARMLESS).as_bytes());
    let at = out.len();
    let length = 2 * (width + 9);
    out.extend_from_slice(
        format!(
            "89 0 obj\n<</Type/XRef/Size {size}/Root 1 0 R/Prev {prev}/W[{width} 8 1]\
             /Index[7 1 89 1]/Length {length}>>\nstream\n"
        )
        .as_bytes(),
    );
    for offset in [seven, at] {
        out.extend_from_slice(&1_u64.to_be_bytes()[8 - width..]);
        out.extend_from_slice(&(offset as u64).to_be_bytes());
        out.push(0);
    }
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").as_bytes());
    out
}

/// Metadata changed by a table, with a stream beside it that goes on at `prev`.
fn hybrid(prev: impl FnOnce(usize) -> usize) -> Vec<u8> {
    let letter = corpus().file("table");
    let own = source(letter).revisions().last().unwrap().xref_at;
    let seven = letter.len();
    let body = format!("7 0 obj\n{}\nendobj\n", *HARMLESS);
    let (with, at) =
        stream_behind(letter, &[letter, body.as_bytes()].concat(), "[80 1]", &[(0, 0, 0)]);
    let with = instead(&with, &format!("/Prev {own}/W"), &format!("/Prev {}/W", prev(own)));
    table(&with, &format!("7 1\n{seven:010} 00000 n \n"), &format!("/XRefStm {at}"))
}

fn references() -> Vec<(&'static str, Vec<u8>, Expected)> {
    let letter = corpus().file("table");
    let raw = || {
        let mut update = Raw::on(letter);
        update.size = 90;
        update.object(7, 0, &HARMLESS)
    };
    let sized = |size: usize, number: u32| {
        let mut update = Raw::on(letter);
        update.size = size;
        update.object(7, 0, &HARMLESS).object(number, 0, "<<>>").finish("")
    };
    let zeros = "0".repeat(255);
    let page = format!(
        "<</Type/Page/Parent 2 0 R/Contents {zeros}5 0 R/Resources<</Font<</F1 6 0 R>>>>>>"
    );
    let plain = raw().finish("");
    let row = format!("80 1\n{:010} 00000 n", place(letter, 5));
    let (history, lawful) = (Expected::Forbidden("history"), Expected::Permitted("metadata"));
    vec![
        (
            "a reference with many zeros before it",
            Raw::on(letter).object(3, 0, &page).finish(""),
            Expected::Unreadable("no number"),
        ),
        (
            "a generation beyond all generations",
            instead(
                &raw().row(80, place(letter, 5), 0, 'n').finish(""),
                &row,
                &row.replace(" 00000 n", " 65536 n"),
            ),
            Expected::Unreadable("a generation too large"),
        ),
        (
            "a comment before the place of the cross-references",
            instead(&plain, "startxref\n", "startxref %c\n"),
            history,
        ),
        (
            "the place of the cross-references with zeros before it",
            instead(&plain, "startxref\n", "startxref\n000000000"),
            history,
        ),
        (
            "a comment in the head of rows",
            instead(&plain, "xref\n7 1\n", "xref\n7 %c\n1\n"),
            history,
        ),
        ("two heads of rows on one line", instead(&plain, "xref\n7 1\n", "xref\n7 1 "), history),
        ("object 0 in use", raw().row(0, 0, 0, 'n').finish(""), history),
        ("a size below the objects", sized(80, 85), history),
        ("no size", instead(&plain, "/Size 90", ""), history),
        ("more objects than some readers take", sized(5_000_001, 5_000_000), history),
        (
            "more objects than there may be",
            sized(9_000_001, 9_000_000),
            Expected::Unreadable("an object number too large"),
        ),
        ("a change by a cross-reference stream", by_stream(1, "90"), lawful),
        ("the same with kinds of eight bytes", by_stream(8, "90"), history),
        ("the same with a size that stands elsewhere", by_stream(1, "88 0 R"), history),
        ("a change by a table with a stream beside it", hybrid(|own| own), lawful),
        ("the same where the stream goes on elsewhere", hybrid(|own| own - 1), history),
    ]
}

/// In base 85, as a filter has it.
fn base_85(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    for chunk in bytes.chunks(4) {
        let mut word = [0; 4];
        word[..chunk.len()].copy_from_slice(chunk);
        let mut number = u32::from_be_bytes(word);
        let mut digits = [0; 5];
        for digit in digits.iter_mut().rev() {
            *digit = b'!' + u8::try_from(number % 85).unwrap();
            number /= 85;
        }
        out.extend_from_slice(&digits[..=chunk.len()]);
    }
    [out.as_slice(), b"~>"].concat()
}

/// The field filled with a look that has more in its dictionary.
fn filled_by(signed: &[u8], amount: &str, content: Vec<u8>, more: Dictionary) -> Vec<u8> {
    changed(signed, "So", |update, field| {
        let look = drawn(update, &[0, 0, 200, 20], helvetica(), "");
        let Ok(Object::Stream(mut stream)) = update.object(look) else { panic!("a look") };
        stream.dict.extend(&more);
        update.set(look, Stream::new(stream.dict, content).into());
        field.set("V", literal(amount));
        field.set("AP", dictionary! { "N" => look });
    })
}

fn fillings() -> Vec<(&'static str, Vec<u8>)> {
    let line = text_form(LINE, |_, _, _| {});
    let amount = "BT /Helv 12 Tf 60 4 Td (66.890) Tj ET";
    let with_encoding = |encoding: &dyn Fn(&mut Update<'_>) -> Dictionary| {
        let look = "BT /Odd 12 Tf 60 4 Td (1000) Tj ET";
        written(&line, LINE, "1000", look, |update, fonts| {
            let encoding = encoding(update);
            let odd = dictionary! {
                "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
                "Encoding" => encoding,
            };
            fonts.set("Odd", odd);
        })
    };
    let matrix = |turn: &[i64]| dictionary! { "Matrix" => numbers(turn) };
    vec![
        (
            "a letter changed by a code that stands elsewhere",
            with_encoding(&|update| {
                let code = update.allocate();
                update.set(code, 49.into());
                dictionary! { "Differences" => vec![code.into(), "nine".into()] }
            }),
        ),
        (
            "a letter changed by a code that is no whole number",
            with_encoding(&|_| {
                dictionary! { "Differences" => vec![Object::Real(49.5), "nine".into()] }
            }),
        ),
        (
            "letters by an encoding that has none",
            with_encoding(&|_| dictionary! { "BaseEncoding" => "MacExpertEncoding" }),
        ),
        (
            "a grey of four numbers",
            written(
                &line,
                LINE,
                "1009",
                "BT 0 0 0 1 g /Helv 12 Tf 60 4 Td (1009) Tj ET",
                |_, _| {},
            ),
        ),
        (
            "digits upside down",
            filled_by(&line, "66.890", amount.into(), matrix(&[-1, 0, 0, -1, 200, 20])),
        ),
        (
            "a look in base 85",
            filled_by(
                &line,
                "66.890",
                base_85(amount.as_bytes()),
                dictionary! { "Filter" => "ASCII85Decode" },
            ),
        ),
        (
            "a box ticked in a grey of four numbers",
            ticked(SMALL, "", "q BT 0 0 0 1 g /ZaDb 14 Tf 3 4 Td (4) Tj ET Q"),
        ),
    ]
}

fn marks() -> Vec<(&'static str, Vec<u8>)> {
    let certified = corpus().file("form-annotate");
    let piece = [70, 730, 300, 730, 70, 690, 300, 690];
    let four = dictionary! { "QuadPoints" => numbers(&piece.repeat(4)) };
    let pale = dictionary! { "C" => vec![Object::Real(0.8), 1.into(), 1.into()] };
    let lines: String = (0..8).map(|at| format!("70 {0} m 300 {0} l S ", 692 + 4 * at)).collect();
    let red = format!("1 0 0 RG 3 w {lines}");
    let thick = dictionary! {
        "QuadPoints" => numbers(&[70, 712, 300, 712, 70, 700, 300, 700]),
        "C" => numbers(&[1, 0, 0]),
    };
    vec![
        ("a strike-out in the colour of pale paper", annotated(certified, "StrikeOut", None, pale)),
        ("one line struck out four times", annotated(certified, "StrikeOut", Some(&red), four)),
        (
            "small type struck out by thick lines",
            annotated(
                certified,
                "StrikeOut",
                Some("1 0 0 RG 3 w 70 705 m 300 705 l S 70 708 m 300 708 l S"),
                thick,
            ),
        ),
    ]
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let field = Expected::Forbidden("field");
    let (nowhere, small) = ([0; 4], [300, 300, 320, 310]);
    let name = "a time stamp at no place whose look has no box";
    add("sneaky signature", name, without_box(true, nowhere), field);
    let name = "a small signature whose look has no box";
    add("sneaky signature", name, without_box(false, small), field);
    for (name, bytes, expected) in roles() {
        add("shadow", name, bytes, expected);
    }
    for (name, bytes, expected) in references() {
        let class = match expected {
            Expected::Permitted(_) => "lawful",
            _ => "parser differential",
        };
        add(class, name, bytes, expected);
    }
    for (name, bytes) in fillings() {
        add("value is not shown", name, bytes, field);
    }
    for (name, bytes) in marks() {
        add("evil annotation", name, bytes, Expected::Forbidden("annotation"));
    }
    cases
}
