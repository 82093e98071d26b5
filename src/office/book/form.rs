//! The forms that a book is printed in: Nghị định 30/2020/NĐ-CP Phụ lục IV; and the input data
//! of Phụ lục VI (phần II, mục II) under the names that it gives its fields, for other systems.
//! Of those, the record's code and ordinal come with the records, and the language is not kept.

use super::export::Output;
use super::line::BookLine;
use crate::office::listing::{Cell, Column};
use crate::t;

/// The columns of a form, in the order and with the words of Phụ lục IV. Shares are those of
/// the width that dates and numbers leave.
pub(super) fn columns(output: Output) -> Vec<Column> {
    let day = |title: String| Column { title, share: 0.0, centred: true };
    let text = |title: String, share: f32| Column { title, share, centred: false };
    match output {
        Output::Inbound | Output::Day => vec![
            day(t!("book-column-arrival-date")),
            day(t!("book-column-arrival-number")),
            text(t!("book-column-author"), 2.2),
            text(t!("book-column-code"), 1.3),
            day(t!("book-column-issued")),
            text(t!("book-column-title"), 4.2),
            text(t!("book-column-to"), 1.5),
            day(t!("book-column-forwarded")),
            text(t!("book-column-receipt"), 0.9),
            text(t!("book-column-note"), 1.1),
        ],
        Output::Settlement => vec![
            day(t!("book-column-arrival-number")),
            text(t!("book-column-settled-document"), 4.4),
            text(t!("book-column-to"), 1.6),
            day(t!("book-column-due")),
            text(t!("book-column-progress"), 1.6),
            text(t!("book-column-answer"), 1.3),
            text(t!("book-column-note"), 1.1),
        ],
        Output::Outbound => vec![
            text(t!("book-column-code"), 1.3),
            day(t!("book-column-issued")),
            text(t!("book-column-title"), 4.2),
            text(t!("book-column-signer"), 1.4),
            text(t!("book-column-recipients"), 2.4),
            text(t!("book-column-keeper"), 1.1),
            day(t!("book-column-copies")),
            day(t!("book-column-forwarded")),
            text(t!("book-column-receipt"), 0.9),
            text(t!("book-column-note"), 1.1),
        ],
        Output::Data => vec![
            text("TypeName".to_owned(), 1.3),
            text("CodeNumber".to_owned(), 1.0),
            text("CodeNotation".to_owned(), 1.2),
            day("IssuedDate".to_owned()),
            text("OrganName".to_owned(), 2.0),
            text("Subject".to_owned(), 3.6),
            day("PageAmount".to_owned()),
            text("Description".to_owned(), 1.2),
            day("ArrivalDate".to_owned()),
            day("ArrivalNumber".to_owned()),
            text("Position".to_owned(), 1.1),
            text("FullName".to_owned(), 1.4),
            day("Priority".to_owned()),
            text("ToPlaces".to_owned(), 1.4),
            text("TraceHeaderList".to_owned(), 1.6),
            day("DueDate".to_owned()),
        ],
    }
}

/// The cells of a line. What people write by hand (the receipt) stays empty.
pub(super) fn cells(output: Output, line: BookLine) -> Vec<Cell> {
    let number = if line.written == line.number.to_string() {
        Cell::Number(line.number)
    } else {
        Cell::Text(line.written.clone())
    };
    let note = note(&line);
    match output {
        Output::Inbound | Output::Day => vec![
            Cell::date(line.date),
            number,
            Cell::Text(line.party),
            Cell::Text(line.code),
            Cell::date(line.issued),
            Cell::Text(line.title),
            Cell::Text(line.to),
            Cell::date(line.forwarded),
            Cell::Empty,
            Cell::Text(note),
        ],
        Output::Settlement => {
            let date = line.issued.map(|date| date.strftime("%d/%m/%Y").to_string());
            let facts = [line.title, line.code, date.unwrap_or_default(), line.party];
            let settled = [line.result, note];
            let settled: Vec<String> =
                settled.into_iter().filter(|part| !part.is_empty()).collect();
            let settled = settled.join("; ");
            let facts: Vec<String> = facts.into_iter().filter(|fact| !fact.is_empty()).collect();
            vec![
                number,
                Cell::Text(facts.join("; ")),
                Cell::Text(line.to),
                Cell::date(line.due),
                Cell::Text(if line.given_up { String::new() } else { line.state }),
                Cell::Text(line.answers),
                Cell::Text(settled),
            ]
        }
        Output::Outbound => vec![
            Cell::Text(if line.code.is_empty() { line.written } else { line.code }),
            Cell::date(line.issued.or(line.date)),
            Cell::Text(line.title),
            Cell::Text(line.signer),
            Cell::Text(line.party),
            Cell::Empty,
            line.copies.map_or(Cell::Empty, Cell::Number),
            Cell::date(line.forwarded),
            Cell::Empty,
            Cell::Text(note),
        ],
        Output::Data => vec![
            Cell::Text(line.type_name),
            Cell::Text(line.code_number),
            Cell::Text(line.code_notation),
            Cell::date(line.issued),
            Cell::Text(line.party),
            Cell::Text(line.subject),
            line.pages.map_or(Cell::Empty, Cell::Number),
            Cell::Text(note),
            Cell::date(line.date),
            number,
            Cell::Text(line.position),
            Cell::Text(line.signer),
            Cell::Number(line.urgency.priority().into()),
            Cell::Text(line.to),
            Cell::Text(line.direction),
            Cell::date(line.due),
        ],
    }
}

fn note(line: &BookLine) -> String {
    let corrected = line.corrected.then(|| t!("book-corrected"));
    let parts: Vec<String> = [Some(line.note.clone()), corrected]
        .into_iter()
        .flatten()
        .filter(|p| !p.is_empty())
        .collect();
    parts.join("; ")
}
