//! What one reader takes for nothing and another finds: by the number alone, in the bytes of a
//! stream, by repairing what does not read, by believing the beginning of a file.

use super::cases::{Case, Expected};
use super::differentials::{HARMLESS, Raw};
use super::seeds::corpus;
use super::support::*;
use super::twice::{packed_as, place, stream, table};

const FORGED: &str = "BT /F1 60 Tf 72 600 Td (FORGED) Tj ET";

fn written(number: u32, text: &str) -> String {
    format!("{number} 0 obj\n<</Length {}>>\nstream\n{text}\nendstream\nendobj\n", text.len())
}

pub fn cases() -> Vec<Case> {
    let letter = corpus().file("table");
    let raw = || {
        let mut update = Raw::on(letter);
        update.size = 90;
        update
    };
    let mut cases = Vec::new();
    let mut add = |name, bytes, expected| {
        cases.push(Case { class: "parser differential", name, bytes, expected });
    };
    let history = Expected::Forbidden("history");

    let page = "<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources<</Font<</F1 6 0 R>>>>\
                /Rotate 90/CropBox[50 50 500 800]/Annots 71 1 R>>";
    let stamp = "<</Type/Annot/Subtype/Stamp/F 4/Rect[0 0 600 900]/AP<</N 73 0 R>>>>";
    let look = "<</Type/XObject/Subtype/Form/BBox[0 0 600 900]/Length 29>>\nstream\n\
                1 1 1 rg 0 0 600 900 re f    \nendstream";
    add(
        "annotations under a generation that is not theirs",
        raw()
            .object(4, 0, page)
            .object(71, 0, "[72 0 R]")
            .object(72, 0, stamp)
            .object(73, 0, look)
            .finish(""),
        history,
    );
    add(
        "an index that is no whole number",
        {
            let forged = [letter, written(5, FORGED).as_bytes()].concat();
            let rows: Vec<_> = [(1, letter.len(), 0)]
                .into_iter()
                .chain((1..=9).map(|number| (1, place(letter, number.min(7)), 0)))
                .collect();
            let (with, at) = stream_behind(letter, &forged, "[5.0 1]", &rows);
            [with.as_slice(), format!("startxref\n{at}\n%%EOF\n").as_bytes()].concat()
        },
        Expected::Unreadable("without an index"),
    );
    let hidden = format!("\nendstream\nendobj\n{}x", written(5, FORGED));
    let holder = format!("<</Length 70 0 R>>\nstream\n{hidden}\nendstream");
    let length = hidden.len().to_string();
    let holding = || raw().object(71, 0, &holder).object(70, 0, &length);
    let far = written(5, FORGED).replacen("5 0 obj", &format!("5 0{}\0obj", " ".repeat(90)), 1);
    let far = far.replace("endstream", "endstreaN").replace("endobj", "endobJ");
    let far = format!("<</Length {}>>\nstream\n{far}\nendstream", far.len());
    add("an object in a stream, its head drawn out", raw().object(71, 0, &far).finish(""), history);
    add(
        "an object in a stream of which the length stands elsewhere",
        holding().finish(""),
        history,
    );
    add("the same, and information that is missing", holding().finish("/Info 88 0 R"), history);
    add(
        "information that is missing",
        raw().object(7, 0, &HARMLESS).finish("/Info 88 0 R"),
        Expected::Forbidden("catalog"),
    );
    add(
        "a row that leads far behind the end",
        raw().object(7, 0, &HARMLESS).row(80, 9_000_000, 0, 'n').finish(""),
        history,
    );
    add(
        "an object of another number where a row leads",
        raw().object(7, 0, &HARMLESS).row(80, letter.len(), 0, 'n').finish(""),
        history,
    );
    add(
        "an object that the table frees and the stream beside it finds",
        {
            let (with, at) = stream(letter, "[5 1]", &[(1, place(letter, 5), 0)]);
            table(&with, "5 1\n0000000000 00001 f \n", &format!("/XRefStm {at}"))
        },
        history,
    );
    let packed = corpus().file("stream");
    add(
        "objects that run into each other in an object stream",
        packed_as(packed, "", "70 0 71 8 ", "<</A 1/B 2>>", &[(70, 0), (71, 1)]),
        history,
    );
    add(
        "an object stream whose filter stands elsewhere",
        packed_as(packed, "/Filter 1 0 R", "70 0 ", "<</Any(thing)>>", &[(70, 0)]),
        history,
    );
    add(
        "an object stream with an unusual filter",
        packed_as(packed, "/Filter/RunLengthDecode", "70 0 ", "<</Any(thing)>>", &[(70, 0)]),
        history,
    );
    let ambiguous = Expected::Reason("ambiguous-structure");
    let name = "a file that grows to the length that it named first";
    add(name, grown_to_its_word("Linearized"), ambiguous);
    let name = "the same, its word for that escaped";
    add(name, grown_to_its_word("Linear#69zed"), ambiguous);
    cases
}

/// A cross-reference stream behind `bytes`, which begin with the whole file `file`.
pub fn stream_behind(
    file: &[u8],
    bytes: &[u8],
    index: &str,
    rows: &[(u8, usize, u8)],
) -> (Vec<u8>, usize) {
    let (with, at) = stream(file, index, rows);
    ([bytes, &with[at..]].concat(), bytes.len())
}

/// Linearised, it says, with a length that only a later update gives it.
fn grown_to_its_word(word: &str) -> Vec<u8> {
    const LENGTH: usize = 20_000;
    let said = format!("<</Type/Catalog/{word} 1/L {LENGTH}/Pages");
    let unsigned = letter_with("<</Type/Catalog/Pages", &said, "");
    let signed = corpus().signer("ec").sign_plainly(&unsigned);
    let update = |room: usize| {
        let more = format!("/Note({})", " ".repeat(room));
        let body = HARMLESS.replacen("<<", &format!("<<{more}"), 1);
        Raw::on(&signed).object(7, 0, &body).finish("")
    };
    let room = LENGTH - update(0).len();
    let grown = update(room);
    // The numbers of the trailer may have grown as well.
    let grown = update(room + LENGTH - grown.len());
    assert_eq!(grown.len(), LENGTH);
    grown
}
