//! CSV as RFC 4180 wants it: commas, quotes where they are needed, lines that end in CR LF;
//! in UTF-8 behind a byte order mark, without which Excel reads Vietnamese as noise.
//!
//! A cell that begins with `=`, `+`, `-` or `@` is a formula to a spreadsheet, and what stands
//! in these cells came from outside: a subject may be made to fetch something when the file is
//! opened. An apostrophe before it makes it text; a person sees why it is there, and a program
//! that reads the file knows to take it off.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use csv::{Terminator, WriterBuilder};

use super::{Cell, Lines, Listing, not_written};
use crate::domain::problem::Problem;

pub(super) fn write(
    listing: &Listing,
    file: &File,
    path: &Path,
    lines: Lines<'_>,
) -> Result<u64, Problem> {
    let mut out = BufWriter::new(file);
    out.write_all("\u{FEFF}".as_bytes()).map_err(|error| not_written(path, error))?;
    let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
    let told = |error: csv::Error| not_written(path, error);
    let mut neutralised = 0;
    let titles = listing.columns.iter().map(|column| column.title.as_str());
    writer.write_record(titles).map_err(told)?;
    lines(&mut |cells| {
        let record = cells.iter().map(|cell| match cell {
            // Dates as programs read them; people have the other two forms.
            Cell::Date(date) => date.to_string(),
            Cell::Text(text) => {
                let safe = harmless(text);
                neutralised += u64::from(safe.len() != text.len());
                safe
            }
            cell => cell.written(),
        });
        let record: Vec<String> = record.collect();
        writer.write_record(&record).map_err(told)
    })?;
    writer.flush().map_err(|error| not_written(path, error))?;
    Ok(neutralised)
}

/// The text, with an apostrophe where a spreadsheet would take it for a formula.
pub(super) fn harmless(text: &str) -> String {
    let begins = text.trim_start().chars().next();
    let formula = begins.is_some_and(|c| matches!(c, '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'))
        // Spreadsheets drop these and look at what follows.
        || text.starts_with(['\t', '\r', '\n']);
    if formula { format!("'{text}") } else { text.to_owned() }
}
