//! Attack files, one at least for each class published for PDF signatures (pdf-insecurity.org:
//! universal forgery, incremental saving, signature wrapping 2018/19; shadow attacks 2020/21;
//! evil annotation and sneaky signature 2021) and some of our own. Each is made from a valid
//! file, and none may be valid.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use lopdf::{Dictionary, Object, Stream, StringFormat, dictionary};
use proptest::prelude::*;
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::structure::{Source, Update};
use vanthu::signing::{CheckOptions, Modifications, Report, check};

use super::cases::{Case, Expected};
use super::forms::form;
use super::seeds::corpus;
use super::support::*;

fn checked(bytes: &[u8]) -> Report {
    let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
    check(Arc::from(bytes), &options).expect("a readable file")
}

fn signer() -> Signer {
    corpus().signer("rsa")
}

fn signed() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| signer().sign_plainly(&letter()))
}

fn signed_compressed() -> &'static [u8] {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES.get_or_init(|| signer().sign_plainly(&letter_compressed()))
}

/// Where the value of the first signature stands, delimiters included.
fn hole(bytes: &[u8]) -> Range<usize> {
    let value = source(bytes).signature_fields().unwrap().remove(0).value.unwrap();
    value.contents_at.unwrap()
}

fn page_one(update: &mut Update<'_>, source: &Source, change: impl FnOnce(&mut Dictionary)) {
    let (id, mut page) = source.page(1).unwrap();
    change(&mut page);
    update.set(id, page.into());
}

fn catalog(update: &mut Update<'_>, source: &Source, change: impl FnOnce(&mut Dictionary)) {
    let (id, mut catalog) = source.catalog().unwrap();
    change(&mut catalog);
    update.set(id, catalog.into());
}

fn content(text: &str) -> Object {
    Stream::new(Dictionary::new(), text.as_bytes().to_vec()).into()
}

/// Changes the signature dictionary in a further revision, as a forger does who cannot touch
/// what is signed.
fn with_value(bytes: &[u8], change: impl FnOnce(&mut Dictionary)) -> Vec<u8> {
    append(bytes, |update, source| {
        let value = source.signature_fields().unwrap().remove(0).value.unwrap();
        let mut dictionary = value.dictionary;
        change(&mut dictionary);
        update.set(value.id.unwrap(), dictionary.into());
    })
}

/// Puts `new` in the place of `old`, which must be there and as long.
fn patched(bytes: &[u8], old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let at = bytes.windows(old.len()).rposition(|window| window == old).expect("what to patch");
    let mut bytes = bytes.to_vec();
    bytes[at..at + new.len()].copy_from_slice(new);
    bytes
}

fn range(numbers: &[i64]) -> Object {
    numbers.iter().map(|number| Object::Integer(*number)).collect::<Vec<_>>().into()
}

/// A new field without a signature of its own, drawn over the page.
fn field_over_page(update: &mut Update<'_>, source: &Source, value: Option<Dictionary>) {
    let (look, field) = (update.allocate(), update.allocate());
    let (page_id, _) = source.page(1).unwrap();
    update.set(look, content("0 0 600 800 re f"));
    let mut widget = dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "P" => page_id,
        "T" => Object::string_literal("Evil"), "AP" => dictionary! { "N" => look },
        "Rect" => vec![0.into(), 0.into(), 600.into(), 800.into()],
    };
    if let Some(value) = value {
        let id = update.allocate();
        update.set(id, value.into());
        widget.set("V", id);
    }
    update.set(field, widget.into());
    add_field(update, source, field);
}

fn add_field(update: &mut Update<'_>, source: &Source, field: (u32, u16)) {
    page_one(update, source, |page| {
        let mut annotations = match page.get(b"Annots") {
            Ok(Object::Array(list)) => list.clone(),
            _ => Vec::new(),
        };
        annotations.push(field.into());
        page.set("Annots", annotations);
    });
    catalog(update, source, |catalog| {
        let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
        let mut fields = form.get(b"Fields").unwrap().as_array().unwrap().clone();
        fields.push(field.into());
        form.set("Fields", fields);
        catalog.set("AcroForm", form);
    });
}

/// Signature wrapping: what was signed last is moved to the end of the file, a new signature
/// dictionary says so, and forged objects stand in the gap. The moved part still names the
/// old place of its cross-references, so there the forger puts his own.
fn wrapped() -> Vec<u8> {
    let bytes = signed();
    let hole = hole(bytes);
    let (head, tail) = (&bytes[..hole.end], &bytes[hole.end..]);
    let old = source(bytes);
    let value = old.signature_fields().unwrap().remove(0).value.unwrap();
    let number = value.id.unwrap().0;
    let table = old.revisions().last().unwrap().xref_at;
    let again = table + 1024;
    let moved = again + (hole.end - hole.start) + 1024;

    let mut forged = head.to_vec();
    forged.extend_from_slice(b">>\nendobj\n");
    let page = forged.len();
    let text = "BT (forged content) Tj ET";
    let object =
        format!("5 0 obj\n<</Length {}>>\nstream\n{text}\nendstream\nendobj\n", text.len());
    forged.extend_from_slice(object.as_bytes());
    assert!(forged.len() <= table, "room before the table");
    forged.resize(table, b' ');
    let mut rows = String::from("xref\n");
    for (object, entry) in old.entries() {
        let vanthu::pdf::structure::Entry::At { offset, .. } = entry else { continue };
        let offset = match object {
            5 => page,
            object if object == number => again,
            _ if offset < hole.end => offset,
            _ => offset - hole.end + moved,
        };
        rows += &format!("{object} 1\n{offset:010} 00000 n \n");
    }
    rows += "trailer\n<</Size 99/Root 1 0 R>>\n";
    forged.extend_from_slice(rows.as_bytes());
    assert!(forged.len() <= again, "room for the table");
    forged.resize(again, b' ');
    let mut dictionary = value.dictionary;
    let parts = [0, hole.start as i64, moved as i64, tail.len() as i64];
    dictionary.set("ByteRange", range(&parts));
    forged.extend_from_slice(format!("{number} 0 obj\n").as_bytes());
    lopdf::Writer::write_object(&mut forged, &dictionary.into()).unwrap();
    forged.extend_from_slice(b"\nendobj\n");
    assert!(forged.len() <= moved, "room for the dictionary");
    forged.resize(moved, b' ');
    forged.extend_from_slice(tail);
    forged
}

/// A signature whose dictionary said from the start twice what it covers.
fn signed_with_two_ranges() -> Vec<u8> {
    super::numbers::signed_saying(&form(), "rsa", "/ByteRange [0 1 2 3]", |_, _| {})
}

/// A letter whose second content and page tree nothing names yet: what a forger had signed.
pub fn with_hidden_content() -> (Vec<u8>, usize, usize) {
    let content = "BT /F1 24 Tf 72 700 Td (Forged) Tj ET";
    let content =
        format!("5 0 obj\n<</Length {}>>\nstream\n{content}\nendstream\nendobj\n", content.len());
    let tree = "2 0 obj\n<</Type/Pages/Kids[4 0 R]/Count 1/MediaBox[0 0 595 842]>>\nendobj\n";
    let hidden = format!("{content}{tree}");
    // In a stream that no page uses: any reader passes over it.
    let objects = format!("<</Length {}>>\nstream\n{hidden}\nendstream", hidden.len());
    let prepared = append(&letter(), |update, source| {
        let id = update.allocate();
        update.set_raw(id, objects.into_bytes());
        let (catalog_id, mut dictionary) = source.catalog().unwrap();
        dictionary.set("PieceInfo", id);
        update.set(catalog_id, dictionary.into());
    });
    let signed = signer().sign_plainly(&prepared);
    let place = |text: &str| {
        signed.windows(text.len()).position(|window| window == text.as_bytes()).unwrap()
    };
    let places = (place(&content), place(tree));
    (signed, places.0, places.1)
}

/// Nothing is appended but cross-references, one of which names what was hidden.
fn switched(signed: &[u8], number: u32, place: usize) -> Vec<u8> {
    with_row(signed, number, &format!("{place:010} 00000 n"))
}

fn with_row(signed: &[u8], number: u32, row: &str) -> Vec<u8> {
    let file = source(signed);
    let at = file.revisions().last().unwrap().xref_at;
    let size = file.entries().map(|(number, _)| number).max().unwrap() + 1;
    let table = format!(
        "xref\n{number} 1\n{row} \ntrailer\n<</Size {size}/Root 1 0 R/Prev {at}>>\n\
         startxref\n{}\n%%EOF\n",
        signed.len()
    );
    [signed, table.as_bytes()].concat()
}

fn hidden_content_named() -> Vec<u8> {
    let (signed, content, _) = with_hidden_content();
    switched(&signed, 5, content)
}

fn hidden_page_tree_named() -> Vec<u8> {
    let (signed, _, tree) = with_hidden_content();
    switched(&signed, 2, tree)
}

/// A letter whose text lies under an overlay, set free or set to null afterwards.
fn uncovered(overlay: &str, is_freed: bool) -> Vec<u8> {
    let mut id = (0, 0);
    let covered = append(&letter(), |update, source| {
        id = update.allocate();
        update.set_raw(id, overlay.as_bytes().to_vec());
        let over = update.allocate();
        update.set(over, content("q 300 0 0 40 70 690 cm /Over Do Q"));
        page_one(update, source, |page| {
            let mut resources = page.get(b"Resources").unwrap().as_dict().unwrap().clone();
            resources.set("XObject", dictionary! { "Over" => id });
            page.set("Resources", resources);
            page.set("Contents", vec![Object::Reference((5, 0)), over.into()]);
        });
    });
    let signed = signer().sign_plainly(&covered);
    if is_freed {
        with_row(&signed, id.0, "0000000000 00001 f")
    } else {
        append(&signed, |update, _| update.set(id, Object::Null))
    }
}

/// The published classes, each with the reason that must be among those given; empty where
/// nothing signed is left.
fn files() -> Vec<(&'static str, Vec<u8>, &'static str)> {
    let bytes = signed();
    let gap = hole(bytes);
    let len = bytes.len() as i64;
    let (start, end) = (gap.start as i64, gap.end as i64);
    let changed = "changed-after-signing";
    let range_bad = "byte-range-invalid";
    let malformed = "contents-malformed";
    let mut files: Vec<(&'static str, Vec<u8>, &'static str)> = Vec::new();
    let mut add = |name, bytes, reason| files.push((name, bytes, reason));

    // The signed bytes themselves.
    add(
        "a letter of the page changed",
        patched(bytes, b"Cong hoa", b"Cong hia"),
        "integrity-broken",
    );
    add(
        "the number in the signature value changed",
        {
            let mut bytes = bytes.to_vec();
            // Deep inside, where the signature's own bytes are.
            let at = gap.start + 1 + real_length(&bytes[gap.clone()]) - 9;
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            bytes
        },
        "signature-wrong",
    );

    // Universal signature forgery.
    for (name, change) in [
        ("USF: no ByteRange", None),
        ("USF: ByteRange null", Some(Object::Null)),
        ("USF: empty ByteRange", Some(range(&[]))),
        ("USF: negative ByteRange", Some(range(&[0, start, end, -1]))),
        ("USF: ByteRange over everything", Some(range(&[0, len, len, 0]))),
        ("USF: ByteRange of nothing", Some(range(&[0, 0, 0, 0]))),
        (
            "ByteRange with a second gap",
            Some(range(&[0, start, end, 40, end + 60, len - end - 60])),
        ),
        ("ByteRange that overlaps", Some(range(&[0, start, start - 10, len - start + 10]))),
        ("ByteRange with a wider gap", Some(range(&[0, start, end + 8, len - end - 8]))),
        ("ByteRange beyond the end", Some(range(&[0, start, end, len]))),
    ] {
        let forged = with_value(bytes, |value| match change {
            Some(change) => value.set("ByteRange", change),
            None => {
                value.remove(b"ByteRange");
            }
        });
        add(name, forged, range_bad);
    }
    add(
        "USF: no Contents",
        with_value(bytes, |value| {
            value.remove(b"Contents");
        }),
        malformed,
    );
    add(
        "USF: Contents null",
        with_value(bytes, |value| value.set("Contents", Object::Null)),
        malformed,
    );
    add(
        "USF: empty Contents",
        with_value(bytes, |value| {
            value.set("Contents", Object::String(Vec::new(), StringFormat::Hexadecimal));
        }),
        "cms-malformed",
    );
    add(
        "USF: Contents of zeros",
        with_value(bytes, |value| {
            value.set("Contents", Object::String(vec![0; 64], StringFormat::Hexadecimal));
        }),
        "cms-malformed",
    );
    add(
        "Contents as a literal string",
        with_value(bytes, |value| {
            let contents = value.get(b"Contents").unwrap().as_str().unwrap().to_vec();
            value.set("Contents", Object::String(contents, StringFormat::Literal));
        }),
        malformed,
    );
    add(
        "Contents twice",
        append(bytes, |update, source| {
            let value = source.signature_fields().unwrap().remove(0).value.unwrap();
            let mut body = Vec::new();
            lopdf::Writer::write_object(&mut body, &value.dictionary.into()).unwrap();
            let tail = body.len() - 2;
            body.splice(tail.., b"/Contents <00>>>".iter().copied());
            update.set_raw(value.id.unwrap(), body);
        }),
        malformed,
    );
    // Readers differ in which of two counts; neither may.
    for (name, harmless_first) in [
        ("ByteRange twice, the true one first", false),
        ("ByteRange twice, the true one last", true),
    ] {
        let forged = append(bytes, |update, source| {
            let value = source.signature_fields().unwrap().remove(0).value.unwrap();
            let true_range = value.byte_range.unwrap().0;
            let ranges = [format!("{:?}", true_range), format!("[0 {len} {len} 0]")];
            let [first, last] = if harmless_first { [1, 0] } else { [0, 1] };
            let mut dictionary = value.dictionary;
            dictionary.remove(b"ByteRange");
            let mut body = Vec::new();
            lopdf::Writer::write_object(&mut body, &dictionary.into()).unwrap();
            let tail = body.len() - 2;
            let both = format!("/ByteRange {}/ByteRange {}>>", ranges[first], ranges[last]);
            body.splice(tail.., both.replace(',', "").into_bytes());
            update.set_raw(value.id.unwrap(), body);
        });
        add(name, forged, range_bad);
    }
    add("ByteRange twice, as it was signed", signed_with_two_ranges(), range_bad);
    add(
        "ByteRange that does not reach the end",
        with_value(bytes, |value| {
            value.set("ByteRange", range(&[0, start, end, len - end - 20]));
        }),
        range_bad,
    );

    // Signature wrapping.
    add("SWA: the second part moved behind forged objects", wrapped(), range_bad);
    add(
        "a second field shows the same value",
        append(bytes, |update, source| {
            let (field, value) =
                (update.allocate(), source.signature_fields().unwrap().remove(0).value);
            update.set(
                field,
                dictionary! {
                    "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig",
                    "T" => Object::string_literal("Again"), "V" => value.unwrap().id.unwrap(),
                    "Rect" => vec![0.into(), 0.into(), 90.into(), 90.into()],
                }
                .into(),
            );
            add_field(update, source, field);
        }),
        changed,
    );

    // Incremental saving.
    add(
        "ISA: a page's content replaced",
        append(bytes, |update, _| {
            update.set((5, 0), content("BT (forged) Tj ET"));
        }),
        changed,
    );
    add(
        "ISA: a page shows another stream",
        append(bytes, |update, source| {
            let id = update.allocate();
            update.set(id, content("BT (forged) Tj ET"));
            page_one(update, source, |page| page.set("Contents", id));
        }),
        changed,
    );
    add(
        "ISA: objects without cross-references",
        {
            let more = b"5 0 obj\n<</Length 6>>\nstream\nforged\nendstream\nendobj\n";
            [bytes, more].concat()
        },
        changed,
    );
    add(
        "ISA: objects behind, the old cross-references named again",
        {
            let at = source(bytes).revisions().last().unwrap().xref_at;
            let mut more = b"5 0 obj\n<</Length 6>>\nstream\nforged\nendstream\nendobj\n".to_vec();
            more.extend_from_slice(format!("startxref\n{at}\n%%EOF\n").as_bytes());
            [bytes, &more].concat()
        },
        changed,
    );
    add("ISA: an object of another kind behind the end", [bytes, b"garbage"].concat(), changed);
    add(
        "ISA: a page added",
        append(bytes, |update, source| {
            let id = update.allocate();
            update.set(id, dictionary! { "Type" => "Page", "Parent" => (2, 0) }.into());
            let Object::Dictionary(mut tree) = source.object((2, 0)).unwrap() else { panic!() };
            tree.set("Kids", vec![Object::Reference((3, 0)), (4, 0).into(), id.into()]);
            update.set((2, 0), tree.into());
        }),
        changed,
    );
    add(
        "ISA: a page removed",
        append(bytes, |update, source| {
            let Object::Dictionary(mut tree) = source.object((2, 0)).unwrap() else { panic!() };
            tree.set("Kids", vec![Object::Reference((3, 0))]);
            update.set((2, 0), tree.into());
        }),
        changed,
    );
    add(
        "ISA: another page tree",
        append(bytes, |update, source| {
            let id = update.allocate();
            update.set(
                id,
                dictionary! { "Type" => "Pages", "Count" => 0, "Kids" => range(&[]) }.into(),
            );
            catalog(update, source, |catalog| catalog.set("Pages", id));
        }),
        changed,
    );
    add(
        "ISA: an object set to null",
        append(bytes, |update, _| {
            update.set((6, 0), Object::Null);
        }),
        changed,
    );
    add(
        "a page turned",
        append(bytes, |update, source| {
            page_one(update, source, |page| page.set("Rotate", 180_i64));
        }),
        changed,
    );
    add(
        "a page cut smaller",
        append(bytes, |update, source| {
            page_one(update, source, |page| page.set("CropBox", range(&[0, 0, 9, 9])));
        }),
        changed,
    );

    // Shadow attacks.
    add(
        "shadow: a font replaced",
        append(bytes, |update, _| {
            update.set(
                (6, 0),
                dictionary! {
                "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Symbol" }
                .into(),
            );
        }),
        changed,
    );
    add(
        "shadow: an object that was missing appears",
        {
            let waiting = letter_with("/Contents 5 0 R", "/Contents[5 0 R 77 0 R]", "");
            let signed = signer().sign_plainly(&waiting);
            append(&signed, |update, _| update.set((77, 0), content("BT (hidden) Tj ET")))
        },
        changed,
    );
    add(
        "shadow: metadata that a page shows too",
        {
            let two_roles = letter_with("/Metadata 7 0 R", "/Metadata 5 0 R", "");
            let signed = signer().sign_plainly(&two_roles);
            append(&signed, |update, _| update.set((5, 0), content("BT (forged) Tj ET")))
        },
        changed,
    );
    add(
        "shadow: information that a page shows too",
        {
            let two_roles = letter_with("", "", "/Info 6 0 R");
            let signed = signer().sign_plainly(&two_roles);
            append(&signed, |update, _| {
                update.set(
                    (6, 0),
                    dictionary! {
                    "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Symbol" }
                    .into(),
                )
            })
        },
        changed,
    );
    add("shadow hide-and-replace: the other content named", hidden_content_named(), changed);
    add("shadow hide-and-replace: the other page tree named", hidden_page_tree_named(), changed);
    let image = "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray\
        /BitsPerComponent 8/Length 1>>\nstream\n\u{7f}\nendstream";
    let area = "<</Type/XObject/Subtype/Form/BBox[0 0 1 1]/Length 14>>\nstream\n0 0 1 1 re f   \n\
        endstream";
    for (name, overlay, is_freed) in [
        ("shadow: hide, an image over the text set free", image, true),
        ("shadow: hide, an image over the text set to null", image, false),
        ("shadow: hide, an area over the text set free", area, true),
        ("shadow: hide, an area over the text set to null", area, false),
    ] {
        add(name, uncovered(overlay, is_freed), changed);
    }
    add(
        "shadow: an object stream replaced",
        {
            let bytes = signed_compressed();
            let stream = source(bytes).entries().find_map(|(_, entry)| match entry {
                vanthu::pdf::structure::Entry::In { stream, .. } => Some(stream),
                _ => None,
            });
            append(bytes, |update, source| {
                let id = (stream.unwrap(), 0);
                let old = source.indirect(id).unwrap().unwrap();
                let text = source.stream_decoded(id).unwrap().unwrap();
                let text = String::from_utf8_lossy(&text).replace("Times-Roman", "Times-Italy");
                let Object::Dictionary(mut dictionary) = old.object else { panic!() };
                dictionary.remove(b"Filter");
                update.set(id, Stream::new(dictionary, text.into_bytes()).into());
            })
        },
        changed,
    );

    // Annotations, fields, certified documents.
    add(
        "evil annotation over the page",
        append(bytes, |update, source| {
            let id = update.allocate();
            update.set(
                id,
                dictionary! { "Type" => "Annot", "Subtype" => "Square",
                "Rect" => vec![0.into(), 0.into(), 600.into(), 800.into()] }
                .into(),
            );
            page_one(update, source, |page| page.set("Annots", vec![Object::Reference(id)]));
        }),
        changed,
    );
    add(
        "the signature's own look replaced",
        append(bytes, |update, source| {
            let field = source.signature_fields().unwrap().remove(0);
            let Object::Dictionary(mut widget) = source.object(field.id).unwrap() else { panic!() };
            let id = update.allocate();
            update.set(id, content("0 0 9 9 re f"));
            widget.set("AP", dictionary! { "N" => id });
            widget.set("Rect", range(&[0, 0, 600, 800]));
            update.set(field.id, widget.into());
        }),
        changed,
    );
    add(
        "a signature field without a signature over the page",
        append(bytes, |update, source| {
            field_over_page(update, source, None);
        }),
        changed,
    );
    add(
        "sneaky signature: a visible time stamp",
        append(bytes, |update, source| {
            field_over_page(
                update,
                source,
                Some(dictionary! {
                    "Type" => "DocTimeStamp", "SubFilter" => "ETSI.RFC3161", "Filter" => "Adobe.PPKLite",
                    "ByteRange" => range(&[0, 1, 2, 3]),
                    "Contents" => Object::String(vec![0; 8], StringFormat::Hexadecimal),
                }),
            );
        }),
        changed,
    );
    add(
        "a text field added",
        append(bytes, |update, source| {
            let field = update.allocate();
            update.set(
                field,
                dictionary! {
                    "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx",
                    "T" => Object::string_literal("So"), "V" => Object::string_literal("99"),
                    "Rect" => vec![10.into(), 700.into(), 90.into(), 720.into()],
                }
                .into(),
            );
            add_field(update, source, field);
        }),
        changed,
    );

    // Actions.
    for (name, key) in [
        ("an action on opening", "OpenAction"),
        ("additional actions", "AA"),
        ("scripts by name", "Names"),
        ("document-wide permissions", "Perms"),
        ("a portfolio", "Collection"),
    ] {
        add(
            name,
            append(bytes, |update, source| {
                let action =
                    dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("1") };
                catalog(update, source, |catalog| catalog.set(key, action));
            }),
            changed,
        );
    }
    add(
        "a script in the form",
        append(bytes, |update, source| {
            catalog(update, source, |catalog| {
                let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
                form.set("XFA", Object::string_literal("<x/>"));
                catalog.set("AcroForm", form);
            });
        }),
        changed,
    );
    add(
        "another catalog",
        append(bytes, |update, _| {
            update.set((1, 0), dictionary! { "Type" => "Catalog", "Pages" => (2, 0) }.into());
        }),
        "",
    );
    add(
        "a page added under a further good signature",
        {
            let forged =
                append(bytes, |update, _| update.set((5, 0), content("BT (forged) Tj ET")));
            corpus().signer("org").sign_plainly(&forged)
        },
        changed,
    );

    // The container.
    add(
        "the value of another document",
        {
            let other = signer().sign_plainly(&letter_compressed());
            let value = source(&other).signature_fields().unwrap().remove(0).value.unwrap();
            let hex: String =
                value.contents.unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
            let mut bytes = bytes.to_vec();
            bytes[gap.start + 1..gap.end - 1].copy_from_slice(hex.as_bytes());
            bytes
        },
        "integrity-broken",
    );
    add(
        "bytes behind the value",
        {
            let mut bytes = bytes.to_vec();
            bytes[gap.end - 3..gap.end - 1].copy_from_slice(b"41");
            bytes
        },
        "cms-malformed",
    );
    files
}

/// Digits of the value up to the padding.
fn real_length(hole: &[u8]) -> usize {
    hole[1..hole.len() - 1].iter().rposition(|digit| *digit != b'0').unwrap() + 1
}

/// The classes by their old names, from the words before the colon.
pub fn cases() -> Vec<Case> {
    let class = |name: &str| match name.split_once(": ").map(|(class, _)| class) {
        Some("USF") => "universal forgery",
        Some("SWA") => "signature wrapping",
        Some("ISA") => "incremental saving",
        Some("shadow" | "shadow hide-and-replace") => "shadow",
        Some(_) | None if name.starts_with("ByteRange") || name.starts_with("Contents") => {
            "byte range"
        }
        _ => "other",
    };
    let expected = |reason: &'static str| {
        if reason.is_empty() { Expected::Unsigned } else { Expected::Reason(reason) }
    };
    let files = files().into_iter();
    files
        .map(|(name, bytes, reason)| Case {
            class: class(name),
            name,
            bytes,
            expected: expected(reason),
        })
        .collect()
}

#[test]
fn what_is_permitted_stays_valid() {
    let bytes = signed();
    assert_eq!(checked(bytes).verdict, Verdict::Valid, "{:?}", checked(bytes));
    let metadata = append(bytes, |update, _| {
        let stream =
            Stream::new(dictionary! { "Type" => "Metadata", "Subtype" => "XML" }, b"<y/>".to_vec());
        update.set((7, 0), stream.into());
    });
    let report = checked(&metadata);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    assert_eq!(report.signatures[0].modifications, Modifications::Permitted);
    let written_again = append(bytes, |update, source| {
        let (id, page) = source.page(1).unwrap();
        update.set(id, page.into());
    });
    assert_eq!(checked(&written_again).verdict, Verdict::Valid);
    assert_eq!(checked(signed_compressed()).verdict, Verdict::Valid);
    let sealed = corpus().signer("org").sign_plainly(signed_compressed());
    assert_eq!(checked(&sealed).verdict, Verdict::Valid);
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn no_flipped_byte_under_a_signature_is_valid(
        at in any::<prop::sample::Index>(), flip in 1_u8.., kind: bool,
    ) {
        let mut bytes = if kind { signed() } else { signed_compressed() }.to_vec();
        // Everything but the signature value is signed.
        let gap = hole(&bytes);
        let place = at.index(bytes.len() - gap.len());
        let place = if place < gap.start { place } else { place + gap.len() };
        bytes[place] ^= flip;
        let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
        if let Ok(report) = check(Arc::from(bytes), &options) {
            prop_assert_ne!(report.verdict, Verdict::Valid);
        }
    }

    #[test]
    fn no_damage_makes_the_checker_panic(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut bytes = signed().to_vec();
        for (place, byte) in places {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
        if let Ok(report) = check(Arc::from(bytes), &options) {
            let _ = report.to_json("x").to_string();
        }
    }
}
