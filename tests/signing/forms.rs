//! Forms filled in after signing: what is lawful, and values that are not what is shown.

use jiff::Timestamp;
use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use vanthu::pdf::structure::{Field, Source, Update};
use vanthu::signing::SigningJob;

use super::cases::{Case, Expected};
use super::seeds::corpus;
use super::support::*;

/// The letter with an empty text field, one with a value, a box to tick, a list to choose
/// from, and two fonts: one that every viewer has and one of its own.
pub fn form() -> Vec<u8> {
    append(&letter(), |update, source| {
        let (catalog_id, mut catalog) = source.catalog().unwrap();
        let (page_id, mut page) = source.page(1).unwrap();
        let helvetica = update.allocate();
        update.set(
            helvetica,
            dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
            "Encoding" => "WinAnsiEncoding" }
            .into(),
        );
        let own = own_font(update, "31");
        let mut widgets = Vec::new();
        let mut field = |update: &mut Update<'_>, name: &str, kind: &str, more: Dictionary| {
            let id = update.allocate();
            let mut widget = dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "F" => 4, "P" => page_id,
                "FT" => Object::Name(kind.into()), "T" => Object::string_literal(name),
                "Rect" => vec![100.into(), 500.into(), 200.into(), 520.into()],
            };
            // `extend` would join two arrays.
            more.into_iter().for_each(|(key, value)| widget.set(key, value));
            update.set(id, widget.into());
            widgets.push(Object::Reference(id));
        };
        let look = || Object::string_literal("/Helv 12 Tf 0 g");
        field(update, "So", "Tx", dictionary! { "DA" => look() });
        let (value, old) =
            (Object::string_literal("100"), text_look(update, "Helv", helvetica, b"(100)"));
        field(
            update,
            "Tien",
            "Tx",
            dictionary! { "DA" => look(), "V" => value, "AP" => dictionary! { "N" => old } },
        );
        let (on, off) = (update.allocate(), update.allocate());
        let side = || vec![0.into(), 0.into(), 20.into(), 20.into()];
        for (id, content) in [(on, "0 0 m 20 20 l S"), (off, "")] {
            let Object::Stream(mut state) = xobject(content, Dictionary::new()) else { panic!() };
            state.dict.set("BBox", side());
            update.set(id, state.into());
        }
        field(
            update,
            "Dong y",
            "Btn",
            dictionary! {
                "V" => "Off", "AS" => "Off",
                "Rect" => vec![100.into(), 540.into(), 120.into(), 560.into()],
                "AP" => dictionary! { "N" => dictionary! { "Yes" => on, "Off" => off } },
            },
        );
        let options =
            vec![Object::Array(vec![Object::string_literal("1"), Object::string_literal("Mot")])];
        field(
            update,
            "Chon",
            "Ch",
            dictionary! { "DA" => look(), "Ff" => 1 << 17, "Opt" => options },
        );
        catalog.set(
            "AcroForm",
            dictionary! {
                "Fields" => widgets.clone(),
                "DR" => dictionary! { "Font" => dictionary! { "Helv" => helvetica, "Own" => own } },
                "DA" => look(),
            },
        );
        page.set("Annots", widgets);
        update.set(catalog_id, catalog.into());
        update.set(page_id, page.into());
    })
}

/// A font whose one code is the letter with this code in Unicode.
pub fn own_font(update: &mut Update<'_>, letter: &str) -> ObjectId {
    let (map, font) = (update.allocate(), update.allocate());
    let digits: String =
        (0..10).map(|digit| format!("<{:04x}> <{:04x}> ", digit + 1, 0x30 + digit)).collect();
    let text = format!("11 beginbfchar <0000> <00{letter}> {digits} endbfchar");
    update.set(map, Stream::new(Dictionary::new(), text.into_bytes()).into());
    update.set(
        font,
        dictionary! { "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "Digits",
        "Encoding" => "Identity-H", "ToUnicode" => map }
        .into(),
    );
    font
}

pub fn xobject(content: &str, resources: Dictionary) -> Object {
    let form = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "Resources" => resources,
        "BBox" => vec![0.into(), 0.into(), 100.into(), 20.into()],
    };
    Stream::new(form, content.as_bytes().to_vec()).into()
}

/// A look that shows `text`, which is written as in a content stream.
fn text_look(update: &mut Update<'_>, name: &str, font: ObjectId, text: &[u8]) -> ObjectId {
    let text = String::from_utf8_lossy(text);
    content_look(
        update,
        name,
        font,
        &format!("/Tx BMC q BT /{name} 12 Tf 0 g 2 5 Td {text} Tj ET Q EMC"),
    )
}

pub fn content_look(
    update: &mut Update<'_>,
    name: &str,
    font: ObjectId,
    content: &str,
) -> ObjectId {
    let id = update.allocate();
    let mut fonts = Dictionary::new();
    fonts.set(name, font);
    update.set(id, xobject(content, dictionary! { "Font" => fonts }));
    id
}

pub fn found(source: &Source, name: &str) -> Field {
    source.fields().unwrap().into_iter().find(|field| field.name == name).expect("the field")
}

pub fn form_font(source: &Source, name: &str) -> ObjectId {
    let (_, form) = source.form().unwrap().unwrap();
    let fonts = form.get(b"DR").unwrap().as_dict().unwrap().get(b"Font").unwrap();
    fonts.as_dict().unwrap().get(name.as_bytes()).unwrap().as_reference().unwrap()
}

/// Changes a field and, where `look` says what it draws, its look.
fn filled(bytes: &[u8], name: &str, value: Object, look: Option<&str>) -> Vec<u8> {
    append(bytes, |update, source| {
        let field = found(source, name);
        let mut dictionary = field.dictionary;
        dictionary.set("V", value);
        if let Some(content) = look {
            let font = if content.contains("/Own") { "Own" } else { "Helv" };
            let look = content_look(update, font, form_font(source, font), content);
            dictionary.set("AP", dictionary! { "N" => look });
        }
        update.set(field.id, dictionary.into());
    })
}

fn field_changed(bytes: &[u8], name: &str, change: impl FnOnce(&mut Dictionary)) -> Vec<u8> {
    append(bytes, |update, source| {
        let field = found(source, name);
        let mut dictionary = field.dictionary;
        change(&mut dictionary);
        update.set(field.id, dictionary.into());
    })
}

pub fn literal(text: &str) -> Object {
    Object::string_literal(text)
}

/// The form, signed in a field that locks others (ISO 32000-2, 12.8.2.4).
fn lock(action: &str, names: &[&str]) -> Vec<u8> {
    lock_leaving(action, names, None)
}

/// The same, in a field whose lock says what it leaves permitted in the whole document.
pub fn lock_leaving(action: &str, names: &[&str], permission: Option<i64>) -> Vec<u8> {
    let open = append(&form(), |update, source| {
        let (catalog_id, mut catalog) = source.catalog().unwrap();
        let (page_id, mut page) = source.page(1).unwrap();
        let field = update.allocate();
        let names: Vec<Object> = names.iter().map(|name| literal(name)).collect();
        let mut lock = dictionary! {
            "Type" => "SigFieldLock", "Action" => Object::Name(action.into()),
        };
        if !names.is_empty() {
            lock.set("Fields", names);
        }
        if let Some(permission) = permission {
            lock.set("P", permission);
        }
        update.set(
            field,
            dictionary! {
                "Type" => "Annot", "Subtype" => "Widget", "FT" => "Sig", "F" => 132,
                "P" => page_id, "T" => literal("Ky"), "Lock" => lock,
                "Rect" => vec![0.into(), 0.into(), 0.into(), 0.into()],
            }
            .into(),
        );
        let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
        let mut fields = form.get(b"Fields").unwrap().as_array().unwrap().clone();
        fields.push(field.into());
        page.set("Annots", fields.clone());
        form.set("Fields", fields);
        catalog.set("AcroForm", form);
        update.set(catalog_id, catalog.into());
        update.set(page_id, page.into());
    });
    let file = source(&open);
    let field = Some("Ky".to_owned());
    let job = SigningJob { field, ..SigningJob::new(&file, Timestamp::now()) };
    corpus().signer("ec").sign(&job).expect("a signature").to_bytes().unwrap()
}

const TWELVE: &str = "/Tx BMC q BT /Helv 12 Tf 0 g 2 5 Td (12) Tj ET Q EMC";

pub fn cases() -> Vec<Case> {
    let [form, closed, fill] = ["form", "form-closed", "form-fill"].map(|name| corpus().file(name));
    let mut cases = Vec::new();
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let permitted = Expected::Permitted("form-filled");
    let field = Expected::Forbidden("field");

    let lawful = "lawful";
    add(lawful, "a form, signed", form.to_vec(), Expected::Untouched);
    add(
        lawful,
        "an empty field filled, the viewer draws it (certified 2)",
        filled(fill, "So", literal("12"), None),
        permitted,
    );
    add(
        lawful,
        "an empty field filled and drawn",
        filled(form, "So", literal("12"), Some(TWELVE)),
        permitted,
    );
    add(
        lawful,
        "an empty field filled and drawn (certified 2)",
        filled(fill, "So", literal("12"), Some(TWELVE)),
        permitted,
    );
    add(
        lawful,
        "a value changed and drawn (certified 2)",
        filled(fill, "Tien", literal("12"), Some(TWELVE)),
        permitted,
    );
    add(
        lawful,
        "drawn with the form's own font (certified 2)",
        filled(fill, "So", literal("12"), Some("BT /Own 12 Tf 0 g 2 5 Td <00020003> Tj ET")),
        permitted,
    );
    add(
        lawful,
        "a choice made and drawn",
        filled(form, "Chon", literal("1"), Some("BT /Helv 12 Tf 0 g 2 5 Td (Mot) Tj ET")),
        permitted,
    );
    let tick = |bytes: &[u8], state: &str| {
        let state = Object::Name(state.into());
        field_changed(bytes, "Dong y", |field| {
            field.set("V", state.clone());
            field.set("AS", state);
        })
    };
    add(lawful, "a box ticked", tick(form, "Yes"), permitted);
    add(
        lawful,
        "filled, then signed again (certified 2)",
        {
            let filled = filled(fill, "So", literal("12"), Some(TWELVE));
            corpus().signer("org").sign_plainly(&filled)
        },
        permitted,
    );

    let locked = "field lock";
    add(
        locked,
        "a field filled (certified 1)",
        filled(closed, "So", literal("12"), Some(TWELVE)),
        Expected::Forbidden("locked"),
    );
    add(locked, "a box ticked (certified 1)", tick(closed, "Yes"), Expected::Forbidden("locked"));

    let include = |name| lock("Include", &[name]);
    add(
        lawful,
        "FieldMDP: a field filled that is not locked",
        filled(&include("Chon"), "So", literal("12"), Some(TWELVE)),
        permitted,
    );
    for (name, signed) in [
        ("FieldMDP: a locked field filled", include("So")),
        ("FieldMDP: a field filled, all are locked", lock("All", &[])),
        ("FieldMDP: a field filled, all but another are locked", lock("Exclude", &["Chon"])),
    ] {
        let forged = filled(&signed, "So", literal("12"), Some(TWELVE));
        add(locked, name, forged, Expected::Forbidden("locked"));
    }
    let leaving = |permission| lock_leaving("Include", &["Khac"], Some(permission));
    add(
        lawful,
        "a field filled and drawn, a lock leaves that permitted",
        filled(&leaving(2), "So", literal("12"), Some(TWELVE)),
        permitted,
    );
    add(
        locked,
        "a field filled, a lock leaves nothing permitted",
        filled(&leaving(1), "So", literal("12"), Some(TWELVE)),
        Expected::Forbidden("locked"),
    );
    for (name, signed) in [
        ("a value changed, a lock leaves filling permitted", leaving(2)),
        ("a value changed, a lock leaves comments permitted", leaving(3)),
    ] {
        let forged = filled(&signed, "Tien", literal("12"), Some(TWELVE));
        add(locked, name, forged, field);
    }
    add(
        locked,
        "FieldMDP: a locked box ticked",
        tick(&include("Dong y"), "Yes"),
        Expected::Forbidden("locked"),
    );
    add(
        locked,
        "FieldMDP: a locked field filled under a further good signature",
        {
            let filled = filled(&include("So"), "So", literal("12"), Some(TWELVE));
            corpus().signer("org").sign_plainly(&filled)
        },
        Expected::Forbidden("locked"),
    );

    let shown = "value is not shown";
    for (name, content) in [
        ("another value drawn", "BT /Helv 12 Tf 0 g 2 5 Td (99) Tj ET"),
        ("more text drawn", "BT /Helv 12 Tf 0 g 2 5 Td (12) Tj (000) Tj ET"),
        ("drawn in white", "BT /Helv 12 Tf 1 g 2 5 Td (12) Tj ET"),
        ("drawn invisibly", "BT /Helv 12 Tf 3 Tr 2 5 Td (12) Tj ET"),
        ("drawn outside of the box", "BT /Helv 12 Tf 0 g 900 5 Td (12) Tj ET"),
        ("drawn too small", "BT /Helv 0.1 Tf 0 g 2 5 Td (12) Tj ET"),
        ("a painted ground hides the page", "0 0 100 20 re f BT /Helv 12 Tf 0 g 2 5 Td (12) Tj ET"),
        ("a picture beside it", "BT /Helv 12 Tf 0 g 2 5 Td (12) Tj ET /Im0 Do"),
        ("stretched", "9 0 0 9 0 0 cm BT /Helv 12 Tf 0 g 2 5 Td (12) Tj ET"),
    ] {
        add(shown, name, filled(fill, "So", literal("12"), Some(content)), field);
    }
    add(
        shown,
        "the value changed, the look not",
        filled(fill, "Tien", literal("999"), None),
        field,
    );
    add(
        shown,
        "the look changed, the value not",
        filled(fill, "Tien", literal("100"), Some("BT /Helv 12 Tf 0 g 2 5 Td (999) Tj ET")),
        field,
    );
    add(
        shown,
        "a box shows another state than it has",
        field_changed(fill, "Dong y", |f| f.set("AS", Object::Name(b"Yes".to_vec()))),
        field,
    );
    add(
        shown,
        "a choice shows another",
        filled(fill, "Chon", literal("1"), Some("BT /Helv 12 Tf 0 g 2 5 Td (Hai) Tj ET")),
        field,
    );
    add(
        shown,
        "drawn with a font that came along",
        append(fill, |update, source| {
            let field = found(source, "So");
            let lying = own_font(update, "39");
            let look =
                content_look(update, "Own", lying, "BT /Own 12 Tf 0 g 2 5 Td <00020003> Tj ET");
            let mut dictionary = field.dictionary;
            dictionary.set("V", literal("12"));
            dictionary.set("AP", dictionary! { "N" => look });
            update.set(field.id, dictionary.into());
        }),
        field,
    );
    add(
        shown,
        "another font for what viewers draw",
        append(fill, |update, source| {
            let id = form_font(source, "Helv");
            update.set(
                id,
                dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Symbol" }
                    .into(),
            );
        }),
        Expected::Forbidden("resource"),
    );
    add(
        shown,
        "viewers asked to draw all looks anew",
        append(fill, |update, source| {
            let (id, mut catalog) = source.catalog().unwrap();
            let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
            form.set("NeedAppearances", true);
            catalog.set("AcroForm", form);
            update.set(id, catalog.into());
        }),
        Expected::Forbidden("catalog"),
    );

    let changed = "form changed";
    add(
        changed,
        "an empty field filled, the viewer draws it with unknown fonts",
        filled(form, "So", literal("12"), None),
        field,
    );
    add(
        changed,
        "drawn with the form's own font, nobody certified it",
        filled(form, "So", literal("12"), Some("BT /Own 12 Tf 0 g 2 5 Td <00020003> Tj ET")),
        field,
    );
    add(
        changed,
        "a value changed after an ordinary signature",
        filled(form, "Tien", literal("12"), Some(TWELVE)),
        field,
    );
    add(
        changed,
        "a field moved",
        field_changed(fill, "Tien", |f| {
            f.set("Rect", vec![0.into(), 0.into(), 600.into(), 800.into()])
        }),
        field,
    );
    add(
        changed,
        "a field renamed",
        field_changed(fill, "So", |f| f.set("T", literal("Khac"))),
        field,
    );
    add(
        changed,
        "a field's maximum changed",
        field_changed(fill, "So", |f| f.set("MaxLen", 1)),
        field,
    );
    add(
        changed,
        "a script on a field",
        field_changed(fill, "So", |f| {
            f.set(
                "AA",
                dictionary! { "F" => dictionary! { "S" => "JavaScript", "JS" => literal("1") } },
            );
        }),
        field,
    );
    add(
        changed,
        "a program started by a field",
        field_changed(fill, "So", |f| {
            f.set("A", dictionary! { "S" => "Launch", "F" => literal("calc.exe") });
        }),
        field,
    );
    add(
        changed,
        "a value that is an object of its own",
        append(fill, |update, source| {
            let field = found(source, "So");
            let id = update.allocate();
            update.set(id, literal("12"));
            let mut dictionary = field.dictionary;
            dictionary.set("V", id);
            update.set(field.id, dictionary.into());
        }),
        field,
    );
    cases
}
