//! Lists of the office written to files: a form with columns, and lines that come one by one.
//!
//! A file is written under a temporary name beside its place and gets its own name when it is
//! whole and on the disk; whatever stood under that name stays until then.

mod csv;
mod pdf;
mod xlsx;

use std::fs::{self, File};
use std::path::Path;

use jiff::civil::Date;

use super::OfficeError;
use super::book::Format;
use crate::domain::problem::Problem;

/// What is written, without its lines.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    pub title: String,
    /// The name of the sheet in a workbook; at most 31 characters.
    pub sheet: String,
    pub cover: Cover,
    pub columns: Vec<Column>,
}

/// The first page of a register (Phụ lục IV: agency, name of the book, year, numbers).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cover {
    /// The superior agency; may be empty.
    pub superior: String,
    pub agency: String,
    /// A line each: the year, the days, from which number to which.
    pub facts: Vec<String>,
    /// When it was printed.
    pub printed: String,
}

/// A column.
#[derive(Debug, Clone, PartialEq)]
pub struct Column {
    pub title: String,
    /// Part of the width that the narrow columns leave; 0 for one that is as wide as what
    /// stands in it (a number, a date).
    pub share: f32,
    /// The widest that is expected in a narrow column.
    pub widest: String,
    pub centred: bool,
}

/// What stands in a cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    Empty,
    Text(String),
    Number(u32),
    Date(Date),
}

impl Cell {
    pub fn date(date: Option<Date>) -> Self {
        date.map_or(Self::Empty, Self::Date)
    }

    /// As people here read it.
    pub fn written(&self) -> String {
        match self {
            Self::Empty => String::new(),
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
            Self::Date(date) => date.strftime("%d/%m/%Y").to_string(),
        }
    }
}

/// Takes one line.
type Put<'a> = &'a mut dyn FnMut(Vec<Cell>) -> Result<(), Problem>;
/// Gives all lines, one after the other.
type Lines<'a> = &'a mut dyn FnMut(Put<'_>) -> Result<(), Problem>;

/// Writes a list; returns how many cells were kept from being taken for formulas (CSV).
pub(super) fn write(
    format: Format,
    listing: &Listing,
    path: &Path,
    lines: Lines<'_>,
) -> Result<u64, Problem> {
    whole_file(path, |part| match format {
        Format::Csv => csv::write(listing, &part.create()?, part.path, lines),
        Format::Xlsx => xlsx::write(listing, part.path, lines).map(|()| 0),
        Format::Pdf => pdf::write(listing, part, lines).map(|()| 0),
    })
}

/// A file that has not got its name yet.
pub(super) struct Part<'a> {
    path: &'a Path,
}

impl Part<'_> {
    fn create(&self) -> Result<File, Problem> {
        File::create(self.path).map_err(|error| not_written(self.path, error))
    }
}

/// Lets `work` write under a temporary name, puts that on the disk, and gives it its name.
pub(super) fn whole_file<T>(
    path: &Path,
    work: impl FnOnce(&Part<'_>) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let unfinished = path.with_file_name(name);
    let done = work(&Part { path: &unfinished }).and_then(|done| {
        let settle = || {
            // Windows syncs only what is open for writing.
            fs::OpenOptions::new().write(true).open(&unfinished)?.sync_all()?;
            fs::rename(&unfinished, path)
        };
        settle().map_err(|error| not_written(path, error))?;
        Ok(done)
    });
    if done.is_err() {
        let _ = fs::remove_file(&unfinished);
    }
    done
}

/// The file cannot be written: `path` names it, without its temporary ending.
fn not_written(path: &Path, cause: impl ToString) -> Problem {
    let what = path.with_extension(match path.extension() {
        Some(ending) if ending != "part" => ending.to_owned(),
        _ => std::ffi::OsString::new(),
    });
    let what = what.display().to_string();
    OfficeError::NotWritten { what, cause: cause.to_string() }.into()
}

#[cfg(test)]
mod tests;
