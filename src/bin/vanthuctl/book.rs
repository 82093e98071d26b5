//! Register books, search, and the arrival stamp.

use serde_json::{Value, json};
use vanthu::domain::book::{Book, BookId, BookRule, Direction, registration_day};
use vanthu::domain::problem::Problem;
use vanthu::office::Office;
use vanthu::office::batch::Cancel;
use vanthu::office::book::{BookFilter, Export, Format, Output};
use vanthu::store::Found;
use vanthu::t;

use crate::args::{BookCommand, BookExport, BookFormat, BookOutput, Search};
use crate::desk_work::{inbound_json, inbound_line, outbound_json, outbound_line};
use crate::door::{self, key};
use crate::output::Outcome;
use crate::usage;

pub fn book(office: &Office, command: &BookCommand) -> Result<Outcome, Problem> {
    match command {
        BookCommand::List { year, outbound } => {
            let direction = if *outbound { Direction::Outbound } else { Direction::Inbound };
            list(&office.books(direction, year.unwrap_or_else(this_year))?)
        }
        BookCommand::Open { series, name, level, types } => {
            let rule = BookRule { levels: level.clone(), types: types.clone() };
            let id = office.open_book(series, name, rule)?;
            Ok(Outcome::new(
                json!({"book": id.to_string(), "series": id.series, "year": id.year}),
                t!("ctl-book-opened", name = name, year = id.year.to_string()),
            ))
        }
        BookCommand::Close { series, year, reason, for_good } => {
            let year = year.unwrap_or_else(this_year);
            let id = BookId::inbound_series(year, series);
            office.close_book(&id, reason, *for_good)?;
            Ok(Outcome::new(
                json!({"book": id.to_string(), "closed": true}),
                t!("ctl-book-closed", series = series, year = year.to_string()),
            ))
        }
        BookCommand::GiveUp { series, reason } => {
            let number = office.give_up_number(series, reason)?;
            Ok(Outcome::new(
                json!({"series": series, "number": number}),
                t!("ctl-number-given-up", number = number),
            ))
        }
        BookCommand::Export(args) => export(office, args),
    }
}

fn this_year() -> i16 {
    registration_day(jiff::Timestamp::now()).year()
}

fn list(books: &[Book]) -> Result<Outcome, Problem> {
    let row = |book: &Book| {
        json!({
            "book": book.id.to_string(),
            "series": book.id.series,
            "year": book.id.year,
            "name": book.name,
            "levels": book.rule.levels,
            "types": book.rule.types,
            "last": book.last,
            "given_up": book.given_up,
            "closed": book.closed.as_ref().map(|closed| json!({
                "at": vanthu::domain::calendar::iso(closed.at),
                "reason": closed.reason,
            })),
        })
    };
    let line = |book: &Book| {
        let name = if book.name.is_empty() { t!("book-common") } else { book.name.clone() };
        let state = match &book.closed {
            Some(closed) => t!("ctl-book-is-closed", reason = closed.reason),
            None => t!("ctl-book-is-open"),
        };
        format!("{}\t{name}\t{}\t{state}", book.id, book.last)
    };
    let rows: Vec<Value> = books.iter().map(row).collect();
    let text: Vec<String> = books.iter().map(line).collect();
    Ok(Outcome::new(json!({"books": rows}), text.join("\n")))
}

fn export(office: &Office, args: &BookExport) -> Result<Outcome, Problem> {
    let output = match args.output {
        BookOutput::Inbound => Output::Inbound,
        BookOutput::Settlement => Output::Settlement,
        BookOutput::Day => Output::Day,
        BookOutput::Outbound => Output::Outbound,
        BookOutput::Data => Output::Data,
    };
    let today = registration_day(jiff::Timestamp::now());
    let day = |name: &str, text: &Option<String>| match text {
        Some(text) => text.parse().map(Some).map_err(|_| usage(name, text)),
        None => Ok(None),
    };
    let (mut from, mut until) = (day("--from", &args.from)?, day("--until", &args.until)?);
    if output == Output::Day && from.is_none() && until.is_none() {
        (from, until) = (Some(today), Some(today));
    }
    // A list of a day is that day's year's, whichever year this is.
    let year = args.year.or(from.map(|day: jiff::civil::Date| day.year()));
    let book = BookId {
        direction: output.direction(),
        year: year.unwrap_or_else(|| today.year()),
        series: args.book.clone(),
    };
    let export = Export {
        output,
        book,
        filter: BookFilter {
            from,
            until,
            party: args.party.clone(),
            type_key: args.type_key.clone(),
            to: args.to.clone(),
            words: args.words.clone(),
        },
        format: match args.format {
            BookFormat::Pdf => Format::Pdf,
            BookFormat::Xlsx => Format::Xlsx,
            BookFormat::Csv => Format::Csv,
        },
        path: args.out.clone(),
    };
    let done = office.export_book(&export, &Cancel::default(), &|_, _| {})?;
    let json = json!({
        "file": done.path,
        "lines": done.lines,
        "neutralised": done.neutralised,
    });
    let mut text = t!("ctl-book-exported", lines = done.lines, file = done.path.display());
    if done.neutralised > 0 {
        text = format!("{text}\n{}", t!("book-neutralised", count = done.neutralised));
    }
    Ok(Outcome::new(json, text))
}

pub fn search(office: &Office, args: &Search) -> Result<Outcome, Problem> {
    let words = args.words.join(" ");
    let found = office.search(&words, args.limit)?;
    let keys: Vec<_> = found
        .iter()
        .map(|found| match found {
            Found::Inbound(document) => document.key,
            Found::Outbound(document) => document.key,
        })
        .collect();
    let snippets = office.snippets(&keys, &words)?;
    let (mut rows, mut text) = (Vec::new(), Vec::new());
    for (found, key) in found.iter().zip(keys) {
        let (mut row, line) = match found {
            Found::Inbound(document) => (inbound_json(document), inbound_line(document)),
            Found::Outbound(document) => (outbound_json(document), outbound_line(document)),
        };
        text.push(line);
        if let Some((_, snippet)) = snippets.iter().find(|(at, _)| *at == key) {
            text.push(format!("\t{}", snippet.text));
            row["snippet"] = json!(snippet.text);
        }
        row["direction"] = match found {
            Found::Inbound(_) => json!("inbound"),
            Found::Outbound(_) => json!("outbound"),
        };
        rows.push(row);
    }
    let none = rows.is_empty();
    let text = if none { t!("ctl-search-nothing", words = words) } else { text.join("\n") };
    Ok(Outcome::new(json!({"documents": rows}), text).no_if(none))
}

/// A print copy with the arrival stamp; the document's own file is read only.
pub fn stamp(office: &Office, id: &str, out: &std::path::Path) -> Result<Outcome, Problem> {
    let copy = office.print_copy(key(id)?, true)?;
    door::write(out, &copy)?;
    Ok(Outcome::new(
        json!({"id": id, "file": out, "size": copy.len()}),
        t!("ctl-stamped", file = out.display()),
    ))
}
