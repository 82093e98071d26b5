//! The forms that a book is printed in: Nghị định 30/2020/NĐ-CP Phụ lục IV; and the input data
//! of Phụ lục VI (phần II, mục II) under the names that it gives its fields, for other systems.
//! Of those, the record's code and ordinal come with the records, and the language is not kept.

use super::export::Output;
use super::line::BookLine;
use crate::office::listing::{Cell, Column};
use crate::t;

/// The columns of a form, in the order and with the words of Phụ lục IV. Shares are those of
/// the width that dates and numbers leave; `last` is the last number of the book, as it is
/// written.
pub(super) fn columns(output: Output, last: &str) -> Vec<Column> {
    let narrow = |title: String, widest: &str| Column {
        title,
        share: 0.0,
        widest: widest.to_owned(),
        centred: true,
    };
    let day = |title: String| narrow(title, "00/00/0000");
    let arrival = |title: String| narrow(title, last);
    let count = |title: String| narrow(title, "0000");
    let text =
        |title: String, share: f32| Column { title, share, widest: String::new(), centred: false };
    match output {
        Output::Inbound | Output::Day => vec![
            day(t!("book-column-arrival-date")),
            arrival(t!("book-column-arrival-number")),
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
            arrival(t!("book-column-arrival-number")),
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
            count(t!("book-column-copies")),
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
            count("PageAmount".to_owned()),
            text("Description".to_owned(), 1.2),
            day("ArrivalDate".to_owned()),
            arrival("ArrivalNumber".to_owned()),
            text("Position".to_owned(), 1.1),
            text("FullName".to_owned(), 1.4),
            count("Priority".to_owned()),
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
            let state = if line.given_up { String::new() } else { line.state };
            let progress = match line.percent {
                Some(percent) => format!("{state} ({percent} %)"),
                None => state,
            };
            vec![
                number,
                Cell::Text(joined(facts)),
                Cell::Text(if line.handlers.is_empty() { line.to } else { line.handlers }),
                Cell::date(line.due),
                Cell::Text(progress),
                Cell::Text(line.answers),
                Cell::Text(joined(settled)),
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
    let corrected = if line.corrected { t!("book-corrected") } else { String::new() };
    joined([line.note.clone(), corrected])
}

fn joined<const N: usize>(parts: [String; N]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("; ")
}
