//! Cross-references and object streams that say two things of one object: some readers take
//! the first, others the last, and a viewer shows what no check has seen.

use vanthu::pdf::structure::Entry;

use super::attacks::with_hidden_content;
use super::cases::{Case, Expected};
use super::seeds::corpus;
use super::support::*;

pub fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, bytes, expected| {
        cases.push(Case { class: "cross-reference tricks", name, bytes, expected });
    };
    let history = Expected::Forbidden("history");
    let (signed, hidden, _) = with_hidden_content();
    let true_place = place(&signed, 5);
    let row = |offset: usize, generation: u16| format!("5 1\n{offset:010} {generation:05} n \n");
    let one = row(true_place, 0);
    for (name, second) in
        [("first", row(hidden, 0) + &one), ("last", one.clone() + &row(hidden, 0))]
    {
        let name = match name {
            "first" => "an object twice in a table, the hidden one first",
            _ => "an object twice in a table, the hidden one last",
        };
        add(name, table(&signed, &second, ""), history);
    }
    add(
        "an object in a table and in the stream beside it",
        {
            let (with_stream, at) = stream(&signed, "[5 1]", &[(1, hidden, 1)]);
            table(&with_stream, &one, &format!("/XRefStm {at}"))
        },
        history,
    );
    add(
        "an object in use and free in one table",
        table(&signed, &format!("{one}5 1\n0000000000 00001 f \n"), ""),
        history,
    );
    add(
        "an object twice in a cross-reference stream",
        {
            let rows = [(1, hidden, 0), (1, true_place, 0)];
            let (update, at) = stream(&signed, "[5 1 5 1]", &rows);
            [update.as_slice(), format!("startxref\n{at}\n%%EOF\n").as_bytes()].concat()
        },
        history,
    );
    add(
        "a table that some readers count from 1",
        {
            let places = (1..=5).map(|number| place(&signed, number));
            let rows: String = places.map(|place| format!("{place:010} 00000 n \n")).collect();
            table(&signed, &format!("1 6\n0000000000 65535 f \n{rows}"), "")
        },
        history,
    );
    let packed = corpus().file("stream");
    add(
        "an object twice in an object stream",
        packed_twice(packed),
        Expected::Unreadable("an object stream holds an object twice"),
    );
    add("an object stream with an object that nothing seeks there", packed_beside(packed), history);
    add("a packed object that names a key twice", packed_keys(packed), history);
    // Whoever prepared it so: nobody can say which of the two the signer saw.
    let (unsigned, hidden) = {
        let text = "<</Length 40>>\nstream\nBT /F1 24 Tf 72 700 Td (Other words) Tj ET\nendstream";
        let with = append(&letter(), |update, _| {
            let id = update.allocate();
            update.set_raw(id, text.as_bytes().to_vec());
        });
        let at = with.windows(4).rposition(|window| window == b"<</L").unwrap();
        let start = with[..at].windows(2).rposition(|window| window == b"8 ").unwrap();
        (with, start)
    };
    let rows = row(place(&unsigned, 5), 0) + &row(hidden, 0);
    let twice = table(&unsigned, &rows, "");
    add(
        "signed with two places for the contents",
        corpus().signer("ec").sign_plainly(&twice),
        Expected::Reason("ambiguous-structure"),
    );
    cases
}

pub fn place(bytes: &[u8], number: u32) -> usize {
    match source(bytes).entry(number) {
        Entry::At { offset, .. } => offset,
        _ => panic!("an object of its own"),
    }
}

fn size(bytes: &[u8]) -> u32 {
    source(bytes).entries().map(|(number, _)| number).max().unwrap() + 1
}

/// Nothing is appended but a table with these sections.
pub fn table(bytes: &[u8], sections: &str, more: &str) -> Vec<u8> {
    let file = source(&bytes[..end(bytes)]);
    let (at, size) = (file.revisions().last().unwrap().xref_at, size(&bytes[..end(bytes)]).max(90));
    let table = format!(
        "xref\n{sections}trailer\n<</Size {size}/Root 1 0 R/Prev {at}{more}>>\n\
         startxref\n{}\n%%EOF\n",
        bytes.len()
    );
    [bytes, table.as_bytes()].concat()
}

/// The end of the newest revision: an update may be half written behind it.
fn end(bytes: &[u8]) -> usize {
    let marker = b"%%EOF\n";
    bytes.windows(marker.len()).rposition(|window| window == marker).unwrap() + marker.len()
}

/// A cross-reference stream with these rows behind what is there, and where it stands.
pub fn stream(bytes: &[u8], index: &str, rows: &[(u8, usize, u8)]) -> (Vec<u8>, usize) {
    let file = source(bytes);
    let (root, prev) = (file.catalog().unwrap().0.0, file.revisions().last().unwrap().xref_at);
    let mut out = bytes.to_vec();
    let at = out.len();
    let (size, length) = (size(bytes).max(90), rows.len() * 6);
    out.extend_from_slice(
        format!(
            "89 0 obj\n<</Type/XRef/Size {size}/Root {root} 0 R/Prev {prev}/W[1 4 1]\
             /Index{index}/Length {length}>>\nstream\n"
        )
        .as_bytes(),
    );
    for (kind, place, last) in rows {
        out.push(*kind);
        out.extend(u32::try_from(*place).unwrap().to_be_bytes());
        out.push(*last);
    }
    out.extend_from_slice(b"\nendstream\nendobj\n");
    (out, at)
}

/// A new object stream 80 with an index and objects, and a cross-reference stream with the
/// rows `named`, each a number and its place in 80.
fn packed(bytes: &[u8], objects: &[(u32, &str)], named: &[(u32, u8)]) -> Vec<u8> {
    let (mut index, mut body) = (String::new(), String::new());
    for (number, object) in objects {
        index += &format!("{number} {} ", body.len());
        body += object;
        body += "\n";
    }
    packed_as(bytes, "", &index, &body, named)
}

/// The same from an index and objects as they are written, with more in its dictionary.
pub fn packed_as(
    bytes: &[u8],
    more: &str,
    index: &str,
    body: &str,
    named: &[(u32, u8)],
) -> Vec<u8> {
    let mut out = bytes.to_vec();
    let container = out.len();
    let text = format!(
        "80 0 obj\n<</Type/ObjStm/N {}/First {}/Length {}{more}>>\nstream\n{index}{body}\nendstream\nendobj\n",
        index.split_ascii_whitespace().count() / 2,
        index.len(),
        index.len() + body.len()
    );
    out.extend_from_slice(text.as_bytes());
    let file = source(bytes);
    let (root, prev) = (file.catalog().unwrap().0.0, file.revisions().last().unwrap().xref_at);
    let at = out.len();
    let (numbers, places): (String, Vec<(u8, usize, u8)>) =
        named.iter().map(|(number, index)| (format!("{number} 1 "), (2, 80, *index))).unzip();
    let rows = [places, vec![(1, container, 0), (1, at, 0)]].concat();
    out.extend_from_slice(
        format!(
            "81 0 obj\n<</Type/XRef/Size 82/Root {root} 0 R/Prev {prev}/W[1 4 1]\
             /Index[{numbers}80 2]/Length {}>>\nstream\n",
            rows.len() * 6
        )
        .as_bytes(),
    );
    for (kind, place, last) in rows {
        out.push(kind);
        out.extend(u32::try_from(place).unwrap().to_be_bytes());
        out.push(last);
    }
    out.extend_from_slice(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").as_bytes());
    out
}

fn written(bytes: &[u8], id: (u32, u16)) -> String {
    let mut out = Vec::new();
    lopdf::Writer::write_object(&mut out, &source(bytes).object(id).unwrap()).unwrap();
    String::from_utf8(out).unwrap()
}

/// The page as it is and another one under its number, and the cross-references lead to the
/// first of them.
fn packed_twice(bytes: &[u8]) -> Vec<u8> {
    let (id, _) = source(bytes).page(1).unwrap();
    let page = written(bytes, id);
    let evil = page.replace("/Rotate", "/Other").replacen("<<", "<</UserUnit 2 ", 1);
    packed(bytes, &[(id.0, &evil), (id.0, &page)], &[(id.0, 1)])
}

/// Metadata of the file's own, and a page that no cross-reference seeks in that stream.
fn packed_beside(bytes: &[u8]) -> Vec<u8> {
    let (id, _) = source(bytes).page(1).unwrap();
    let evil = written(bytes, id).replacen("<<", "<</UserUnit 2 ", 1);
    packed(bytes, &[(70, "<</Any(thing)>>"), (id.0, &evil)], &[(70, 0)])
}

fn packed_keys(bytes: &[u8]) -> Vec<u8> {
    packed(bytes, &[(70, "<</Any(thing)/Any(other)>>")], &[(70, 0)])
}
