//! A book written to a file: PDF for the shelf, XLSX for counting, CSV for other programs.
//!
//! Nghị định 30/2020/NĐ-CP Điều 22 khoản 3 điểm b has a register kept in a system printed in
//! full and bound; the PDF file is what is printed, on whatever printer there is.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::civil::Date;

use super::form;
use super::line::BookFilter;
use crate::domain::book::{Book, BookId, Direction, written};
use crate::domain::calendar;
use crate::domain::problem::Problem;
use crate::office::batch::Cancel;
use crate::office::listing::{self, Cover, Listing};
use crate::office::{Office, OfficeError};
use crate::t;

/// What is written of a book.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// Sổ đăng ký văn bản đến.
    Inbound,
    /// Sổ theo dõi giải quyết văn bản đến.
    Settlement,
    /// The inbound documents of one day.
    Day,
    /// Sổ đăng ký văn bản đi.
    Outbound,
    /// All input fields of inbound documents (Phụ lục VI, phần II, mục II), for other systems.
    Data,
}

impl Output {
    pub const ALL: [Self; 5] =
        [Self::Inbound, Self::Settlement, Self::Day, Self::Outbound, Self::Data];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Settlement => "settlement",
            Self::Day => "day",
            Self::Outbound => "outbound",
            Self::Data => "data",
        }
    }

    pub const fn direction(self) -> Direction {
        match self {
            Self::Outbound => Direction::Outbound,
            Self::Inbound | Self::Settlement | Self::Day | Self::Data => Direction::Inbound,
        }
    }
}

/// The kind of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Pdf,
    Xlsx,
    Csv,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Pdf, Self::Xlsx, Self::Csv];

    /// The ending of its files.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
        }
    }
}

/// What is to be written, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Export {
    pub output: Output,
    pub book: BookId,
    pub filter: BookFilter,
    pub format: Format,
    pub path: PathBuf,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    pub path: PathBuf,
    pub lines: u64,
    /// Cells of a CSV file that a spreadsheet would have taken for formulas; an apostrophe
    /// stands before them.
    pub neutralised: u64,
}

impl Office {
    /// Writes a book. `tell` hears how many numbers have been read, and of how many.
    ///
    /// # Errors
    /// [`OfficeError::NotWritten`] where the file cannot be written; what stood there before
    /// is as it was. [`OfficeError::Cancelled`].
    pub fn export_book(
        &self,
        export: &Export,
        cancel: &Cancel,
        tell: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Exported, Problem> {
        let books = self.books(export.output.direction(), export.book.year)?;
        let book = books.iter().find(|book| book.id == export.book);
        let total = u64::from(book.map_or(0, |book| book.last));
        let listing = self.listing(export, book);
        let mut lines = 0;
        let neutralised = listing::write(export.format, &listing, &export.path, &mut |put| {
            self.each_line(&export.book, &export.filter, 0, &mut |line| {
                if cancel.is_cancelled() {
                    return Err(OfficeError::Cancelled.into());
                }
                lines += 1;
                let number = u64::from(line.number);
                put(form::cells(export.output, line))?;
                if lines % 50 == 0 {
                    tell(number, total.max(number));
                }
                Ok(true)
            })?;
            // Nobody waits for the end of a file given up.
            if cancel.is_cancelled() { Err(OfficeError::Cancelled.into()) } else { Ok(()) }
        })?;
        tell(total, total);
        Ok(Exported { path: export.path.clone(), lines, neutralised })
    }

    fn listing(&self, export: &Export, book: Option<&Book>) -> Listing {
        let Export { output, filter, .. } = export;
        let agency = &self.session().agency;
        let title = t!(&format!("book-title-{}", output.key()));
        let mut facts = Vec::new();
        if let Some(book) = book.filter(|book| !book.name.is_empty()) {
            facts.push(t!("book-cover-book", name = book.name, series = book.id.series));
        }
        facts.push(t!("book-cover-year", year = export.book.year.to_string()));
        let day = |date: Date| date.strftime("%d/%m/%Y").to_string();
        match (filter.from, filter.until) {
            (Some(from), Some(until)) if from == until => {
                facts.push(t!("book-cover-day", day = day(from)));
            }
            (Some(from), Some(until)) => {
                facts.push(t!("book-cover-days", from = day(from), until = day(until)));
            }
            (Some(from), None) => facts.push(t!("book-cover-from", day = day(from))),
            (None, Some(until)) => facts.push(t!("book-cover-until", day = day(until))),
            (None, None) => {}
        }
        if let Some(last) = book.map(|book| book.last).filter(|last| *last > 0) {
            facts.push(t!("book-cover-numbers", last = last));
        }
        let asked = [&filter.party, &filter.type_key, &filter.to, &filter.words];
        let asked: Vec<&str> =
            asked.into_iter().map(|part| part.trim()).filter(|part| !part.is_empty()).collect();
        if !asked.is_empty() {
            facts.push(t!("book-cover-filter", filter = asked.join("; ")));
        }
        let last = written(&export.book.series, book.map_or(0, |book| book.last));
        let today = calendar::local(Timestamp::now()).date();
        Listing {
            title,
            sheet: t!(&format!("book-sheet-{}", output.key())),
            cover: Cover {
                superior: agency.in_charge.clone(),
                agency: agency.name.clone(),
                facts,
                printed: t!("book-cover-printed", day = day(today)),
            },
            columns: form::columns(*output, &last),
        }
    }
}

/// A name for the file, such as `So dang ky van ban den 2026.pdf`.
pub fn file_name(output: Output, book: &BookId, format: Format) -> String {
    let mut name = format!("{} {}", t!(&format!("book-title-{}", output.key())), book.year);
    if !book.series.is_empty() {
        name = format!("{name} {}", book.series);
    }
    let name = crate::domain::text::safe_file_name(&name);
    Path::new(&format!("{name}.{}", format.ending())).to_string_lossy().into_owned()
}
