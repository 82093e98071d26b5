//! Looks of text fields that read as the value and show something else: other fonts than they
//! seem to be written in, letters in another order, all of it hidden.

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};
use vanthu::pdf::intent;
use vanthu::pdf::structure::Update;

use super::cases::{Case, Expected};
use super::covers::{FORGED, PAGE, certified, changed, drawn, helvetica, numbers, placed};
use super::forms::literal;
use super::seeds::corpus;
use super::support::*;

/// A font that draws a page for the letter A, and says that it is an A.
fn page_for_a_letter(update: &mut Update<'_>) -> ObjectId {
    let [map, glyph, font] = [(); 3].map(|()| update.allocate());
    let text = b"1 beginbfchar <41> <0041> endbfchar".to_vec();
    update.set(map, Stream::new(Dictionary::new(), text).into());
    let content = format!("1000 0 d0 {FORGED}").into_bytes();
    update.set(glyph, Stream::new(Dictionary::new(), content).into());
    let names = vec![65.into(), "a".into()];
    let one_in_a_thousand = [0.001, 0.0, 0.0, 0.001, 0.0, 0.0].map(Object::Real).to_vec();
    update.set(
        font,
        dictionary! {
            "Type" => "Font", "Subtype" => "Type3", "FontBBox" => numbers(&[0, 0, 1000, 1000]),
            "FontMatrix" => one_in_a_thousand, "CharProcs" => dictionary! { "a" => glyph },
            "Encoding" => dictionary! { "Type" => "Encoding", "Differences" => names },
            "FirstChar" => 65, "LastChar" => 65, "Widths" => numbers(&[1000]),
            "ToUnicode" => map, "Resources" => helvetica(),
        }
        .into(),
    );
    font
}

/// A text field of this size, without a look, in a form that says more.
pub fn text_form(
    rect: [i64; 4],
    more: impl FnOnce(&mut Update<'_>, &mut Dictionary, &mut Dictionary),
) -> Vec<u8> {
    corpus().signer("ec").sign_plainly(&unsigned_form(rect, more))
}

fn unsigned_form(
    rect: [i64; 4],
    more: impl FnOnce(&mut Update<'_>, &mut Dictionary, &mut Dictionary),
) -> Vec<u8> {
    append(&letter(), |update, source| {
        let field = dictionary! { "Rect" => numbers(&rect), "DA" => literal("/Helv 12 Tf 0 g") };
        placed(update, source, &[("So", "Tx", field)]);
        let (catalog_id, _) = source.catalog().unwrap();
        let mut catalog = update.object(catalog_id).unwrap().as_dict().unwrap().clone();
        let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
        let id = form.get(b"Fields").unwrap().as_array().unwrap()[0].as_reference().unwrap();
        let mut field = update.object(id).unwrap().as_dict().unwrap().clone();
        form.set("DR", helvetica());
        more(update, &mut form, &mut field);
        update.set(id, field.into());
        catalog.set("AcroForm", form);
        update.set(catalog_id, catalog.into());
    })
}

/// The field filled and drawn, with fonts beside Helvetica.
pub fn written(
    signed: &[u8],
    rect: [i64; 4],
    value: &str,
    look: &str,
    fonts: impl FnOnce(&mut Update<'_>, &mut Dictionary),
) -> Vec<u8> {
    changed(signed, "So", |update, field| {
        let mut resources = helvetica();
        let Ok(Object::Dictionary(listed)) = resources.get_mut(b"Font") else { panic!() };
        fonts(update, listed);
        let look = drawn(update, &[0, 0, rect[2] - rect[0], rect[3] - rect[1]], resources, look);
        field.set("V", literal(value));
        field.set("AP", dictionary! { "N" => look });
    })
}

pub const LINE: [i64; 4] = [70, 600, 270, 620];

/// Looks that read as the value and show something else.
fn unseen() -> Vec<(&'static str, Vec<u8>)> {
    let mut files = Vec::new();
    let whole = text_form(PAGE, |_, _, _| {});
    files.push((
        "a font that is set, hidden by another and brought back",
        written(
            &whole,
            PAGE,
            "A",
            "/Evil 900 Tf q /Helv 12 Tf Q BT 2 4 Td (A) Tj ET",
            |update, fonts| fonts.set("Evil", page_for_a_letter(update)),
        ),
    ));
    let line = text_form(LINE, |_, _, _| {});
    for (name, value, look) in [
        (
            "white that is hidden by black and brought back",
            "100",
            "1 g q 0 g Q BT /Helv 12 Tf 60 4 Td (100) Tj ET",
        ),
        ("a font brought back that never was", "100", "Q BT /Helv 12 Tf 60 4 Td (100) Tj ET"),
        (
            "a digit drawn before the others",
            "1009",
            "BT /Helv 12 Tf 60 4 Td (100) Tj -7 0 Td (9) Tj ET",
        ),
        (
            "a digit drawn over the others",
            "1009",
            "BT /Helv 12 Tf 60 4 Td (100) Tj 7 0 Td (9) Tj ET",
        ),
        (
            "a digit before the others in several steps",
            "1009",
            "BT /Helv 12 Tf 60 4 Td [(100) 800 800 800 (9)] TJ ET",
        ),
        ("digits that go back, each a little", "1009", "BT /Helv 12 Tf -6 Tc 60 4 Td (1009) Tj ET"),
        ("digits beyond the box", "100000000", "BT /Helv 12 Tf 180 4 Td (100000000) Tj ET"),
        ("all clipped away", "1009", "0 0 1 1 re W n BT /Helv 12 Tf 60 4 Td (1009) Tj ET"),
    ] {
        files.push((name, written(&line, LINE, value, look, |_, _| {})));
    }
    files.push((
        "a common font with widths of its own",
        written(&line, LINE, "1009", "BT /Odd 12 Tf 60 4 Td (1009) Tj ET", |_, fonts| {
            let odd = dictionary! {
                "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
                "FirstChar" => 48, "LastChar" => 49, "Widths" => numbers(&[0, -2000]),
            };
            fonts.set("Odd", odd);
        }),
    ));
    let anew = text_form(PAGE, |update, form, field| {
        let evil = page_for_a_letter(update);
        let mut resources = helvetica();
        let Ok(Object::Dictionary(fonts)) = resources.get_mut(b"Font") else { panic!() };
        fonts.set("Evil", evil);
        form.set("DR", resources);
        form.set("NeedAppearances", true);
        field.set("DA", literal("/Evil 900 Tf 0 g"));
    });
    let harmless = "/Tx BMC q BT /Helv 12 Tf 2 4 Td (A) Tj ET Q EMC";
    files.push((
        "a harmless look where viewers draw their own",
        written(&anew, PAGE, "A", harmless, |_, _| {}),
    ));
    files
}

/// A part of the page's contents that is a field as well, and no content once it is filled in.
fn content_and_field() -> Vec<u8> {
    let open = append(&letter(), |update, source| {
        let rect = numbers(&[10, 10, 200, 30]);
        placed(update, source, &[("So", "Tx", dictionary! { "Rect" => rect })]);
        let (page_id, _) = source.page(1).unwrap();
        let mut page = update.object(page_id).unwrap().as_dict().unwrap().clone();
        let id = page.get(b"Annots").unwrap().as_array().unwrap()[0].as_reference().unwrap();
        let field = update.object(id).unwrap().as_dict().unwrap().clone();
        let condition = b"BT /F1 24 Tf 72 640 Td (If it rains) Tj ET".to_vec();
        update.set(id, Stream::new(field, condition).into());
        let list = update.allocate();
        update.set(list, vec![Object::Reference((5, 0)), id.into()].into());
        page.set("Contents", list);
        update.set(page_id, page.into());
    });
    let signed = corpus().signer("ec").sign_plainly(&open);
    append(&signed, |update, source| {
        let Object::Dictionary(page) = source.object(source.page(1).unwrap().0).unwrap() else {
            panic!()
        };
        let id = page.get(b"Annots").unwrap().as_array().unwrap()[0].as_reference().unwrap();
        let Object::Dictionary(mut field) = source.object(id).unwrap() else { panic!() };
        field.remove(b"Length");
        let look = "BT /Helv 12 Tf 2 4 Td (A) Tj ET";
        let look = drawn(update, &[0, 0, 190, 20], helvetica(), look);
        field.set("V", literal("A"));
        field.set("AP", dictionary! { "N" => look });
        update.set(id, field.into());
    })
}

/// A list of fields that stands by itself, as many programs write it.
fn listed_apart() -> Vec<u8> {
    let open = append(&letter(), |update, source| {
        let field = dictionary! { "Rect" => numbers(&LINE), "DA" => literal("/Helv 12 Tf 0 g") };
        placed(update, source, &[("So", "Tx", field)]);
        let ((page_id, _), (catalog_id, _)) = (source.page(1).unwrap(), source.catalog().unwrap());
        let mut page = update.object(page_id).unwrap().as_dict().unwrap().clone();
        let mut catalog = update.object(catalog_id).unwrap().as_dict().unwrap().clone();
        let mut form = catalog.get(b"AcroForm").unwrap().as_dict().unwrap().clone();
        for (dictionary, key) in [(&mut page, "Annots"), (&mut form, "Fields")] {
            let list = update.allocate();
            update.set(list, dictionary.get(key.as_bytes()).unwrap().clone());
            dictionary.set(key, list);
        }
        let form_id = update.allocate();
        update.set(form_id, form.into());
        catalog.set("AcroForm", form_id);
        update.set(page_id, page.into());
        update.set(catalog_id, catalog.into());
    });
    let signed = corpus().signer("ec").sign_plainly(&open);
    written(&signed, LINE, "12", "BT /Helv 12 Tf 60 4 Td (12) Tj ET", |_, _| {})
}

/// A stream that could be any profile of colours.
fn profile(says: &str) -> Object {
    Stream::new(dictionary! { "N" => 3 }, says.as_bytes().to_vec()).into()
}

fn by_profile(profile: ObjectId) -> Dictionary {
    dictionary! { "DefaultRGB" => vec!["ICCBased".into(), profile.into()] }
}

/// Files with what each is.
type Named = Vec<(&'static str, Vec<u8>)>;

/// The field filled with a look whose resources name the colours by two profiles: readers take
/// the first or the last.
fn named_twice(file: &[u8], look: &str, ours: ObjectId, others: ObjectId) -> Vec<u8> {
    let size = [0, 0, LINE[2] - LINE[0], LINE[3] - LINE[1]];
    changed(file, "So", |update, field| {
        let id = drawn(update, &size, helvetica(), look);
        let resources = update.allocate();
        let by = |id: ObjectId| format!("/ColorSpace<</DefaultRGB[/ICCBased {} 0 R]>>", id.0);
        let font = "/Font<</Helv<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
        let body = format!("<<{font}{}{}>>", by(others), by(ours));
        update.set_raw(resources, body.into_bytes());
        let Ok(Object::Stream(mut stream)) = update.object(id) else {
            panic!("a look is a stream")
        };
        stream.dict.set("Resources", resources);
        update.set(id, stream.into());
        field.set("V", literal("12"));
        field.set("AP", dictionary! { "N" => id });
    })
}

/// Looks whose red, green and blue are by a profile, by which black may be white; and two
/// that name the form's own, one of them beside another. All are certified for filling in.
fn coloured() -> (Named, [Vec<u8>; 2]) {
    let look = "/Tx BMC q BT 0 0 0 rg /Helv 12 Tf 2 4 Td (12) Tj ET Q EMC";
    let size = [0, 0, LINE[2] - LINE[0], LINE[3] - LINE[1]];
    let plain = certified(&unsigned_form(LINE, |_, _, _| {}));
    // The profile under our name, and the form's own.
    let listing = |ours: Option<Object>, others: Option<Object>| {
        certified(&unsigned_form(LINE, |update, form, _| {
            let mut kept = |profile: &Option<Object>| {
                profile.clone().map(|profile| {
                    let id = update.allocate();
                    update.set(id, profile);
                    id
                })
            };
            let mut spaces = kept(&others).map(by_profile).unwrap_or_default();
            let ours = intent::Colours { profile: kept(&ours), opaque: false };
            ours.list_in(&mut spaces);
            let Ok(Object::Dictionary(resources)) = form.get_mut(b"DR") else { panic!() };
            resources.set("ColorSpace", spaces);
        }))
    };
    let ours = || Some(intent::profile().unwrap());
    let others = || Some(profile("the form's own"));
    let own = listing(ours(), others());
    let (alone, posing) = (listing(None, others()), listing(others(), None));
    let listed = |file: &[u8], name: &[u8]| {
        let source = source(file);
        let (_, form) = source.form().unwrap().unwrap();
        let resources = source.member_dictionary(&form, b"DR").unwrap().unwrap();
        let spaces = source.member_dictionary(&resources, b"ColorSpace").unwrap().unwrap();
        spaces.get(name).unwrap().as_array().unwrap()[1].as_reference().unwrap()
    };
    let (signed, others) = (listed(&own, b"VtRGB"), listed(&own, b"DefaultRGB"));
    let filled = |file: &[u8], spaces: &dyn Fn(&mut Update<'_>) -> Dictionary| {
        changed(file, "So", |update, field| {
            let mut resources = helvetica();
            resources.set("ColorSpace", spaces(update));
            let look = drawn(update, &size, resources, look);
            field.set("V", literal("12"));
            field.set("AP", dictionary! { "N" => look });
        })
    };
    let added = |update: &mut Update<'_>| {
        let id = update.allocate();
        update.set(id, profile("added"));
        by_profile(id)
    };
    let unseen = vec![
        ("colours by a profile that came with the look", filled(&plain, &added)),
        ("the same where the signed form has another", filled(&own, &added)),
        ("colours by the form's own profile", filled(&own, &|_| by_profile(others))),
        (
            "colours by the form's own profile, which lists no other",
            filled(&alone, &|_| by_profile(listed(&alone, b"DefaultRGB"))),
        ),
        (
            "colours by the form's own profile under our name",
            filled(&posing, &|_| by_profile(listed(&posing, b"VtRGB"))),
        ),
        (
            "colours by the signed profile, which says something else now",
            filled(&own, &|update| {
                update.set(signed, profile("changed"));
                by_profile(signed)
            }),
        ),
        (
            "colours by the signed profile, and grey by another",
            filled(&own, &|update| {
                let mut spaces = by_profile(signed);
                let id = update.allocate();
                update.set(id, profile("grey"));
                spaces.set("DefaultGray", vec!["ICCBased".into(), Object::Reference(id)]);
                spaces
            }),
        ),
    ];
    let by_ours = filled(&own, &|_| by_profile(signed));
    (unseen, [by_ours, named_twice(&own, look, signed, others)])
}

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let field = Expected::Forbidden("field");
    let (by_others, [by_ours, by_both]) = coloured();
    let history = Expected::Forbidden("history");
    add("shadow", "colours named twice, the signed profile last", by_both, history);
    for (name, bytes) in unseen().into_iter().chain(by_others) {
        add("value is not shown", name, bytes, field);
    }
    let filled = Expected::Permitted("form-filled");
    add("lawful", "a field filled in the colours that the signed form lists", by_ours, filled);
    add("shadow", "a part of the page filled in as a field", content_and_field(), field);
    add(
        "lawful",
        "a field filled whose list stands by itself",
        listed_apart(),
        Expected::Permitted("form-filled"),
    );
    let comb = "/Tx BMC q 1 1 198 18 re W n BT 0 g /Helv 12 Tf 4 Tc 10 6 Td (1 2) Tj \
        40 0 Td [(3) -20 (4)] TJ ET Q EMC";
    let line = text_form(LINE, |_, _, _| {});
    add(
        "lawful",
        "a field filled as Acrobat draws it",
        written(&line, LINE, "1 234", comb, |_, _| {}),
        Expected::Permitted("form-filled"),
    );
    cases
}
