//! A workbook: real dates and numbers, a head that stays in sight and is printed on every page.
//!
//! Rows go to a temporary file as they come, in the folder of the workbook itself: a book of
//! a hundred thousand documents takes no more memory than one of a hundred, and nothing of it
//! lies in a folder that others read.

use std::path::Path;

use rust_xlsxwriter::{
    ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use super::{Cell, Lines, Listing, not_written};
use crate::domain::problem::Problem;

/// Characters that fit into a date's column, and into the whole width of A4 across.
const NARROW: f64 = 11.0;
const WIDTH: f64 = 130.0;
/// The first rows: title, agency, facts; then the head of the table.
const HEAD: u32 = 4;
/// A workbook has no more rows (Excel's own limit).
const MOST_ROWS: u32 = 1_048_576;

pub(super) fn write(listing: &Listing, path: &Path, lines: Lines<'_>) -> Result<(), Problem> {
    let told = |error: XlsxError| not_written(path, error);
    let mut workbook = Workbook::new();
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        workbook.set_tempdir(folder).map_err(told)?;
    }
    let looks = Looks::new();
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(told)?;
    head(sheet, listing, &looks).map_err(told)?;
    let mut row = HEAD + 1;
    lines(&mut |cells| {
        if row >= MOST_ROWS {
            return Err(not_written(path, "more rows than a sheet has"));
        }
        for (column, cell) in (0u16..).zip(&cells) {
            put(sheet, row, column, cell, listing, &looks).map_err(told)?;
        }
        row += 1;
        Ok(())
    })?;
    if row > HEAD + 1 {
        let last = last_column(listing);
        sheet.autofilter(HEAD, 0, row - 1, last).map_err(told)?;
    }
    workbook.save(path).map_err(told)?;
    Ok(())
}

struct Looks {
    title: Format,
    fact: Format,
    head: Format,
    text: Format,
    middle: Format,
    date: Format,
}

impl Looks {
    fn new() -> Self {
        let base = || Format::new().set_font_name("Times New Roman").set_font_size(11);
        let cell =
            || base().set_border(FormatBorder::Thin).set_text_wrap().set_align(FormatAlign::Top);
        Self {
            title: base().set_bold().set_font_size(14),
            fact: base(),
            head: base()
                .set_bold()
                .set_text_wrap()
                .set_border(FormatBorder::Thin)
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter),
            text: cell(),
            middle: cell().set_align(FormatAlign::Center),
            date: cell().set_align(FormatAlign::Center).set_num_format("dd/mm/yyyy"),
        }
    }
}

fn last_column(listing: &Listing) -> u16 {
    u16::try_from(listing.columns.len().saturating_sub(1)).unwrap_or(u16::MAX)
}

fn head(sheet: &mut Worksheet, listing: &Listing, looks: &Looks) -> Result<(), XlsxError> {
    sheet.set_name(&listing.sheet)?;
    sheet.set_landscape();
    sheet.set_paper_size(9);
    sheet.set_print_fit_to_pages(1, 0);
    sheet.set_repeat_rows(HEAD, HEAD)?;
    sheet.set_footer("&C&P / &N");
    sheet.set_freeze_panes(HEAD + 1, 0)?;
    let shares: f32 = listing.columns.iter().map(|column| column.share).sum();
    let narrow = listing.columns.iter().filter(|column| column.share <= 0.0).count();
    let rest = WIDTH - NARROW * narrow as f64;
    for (index, column) in (0u16..).zip(&listing.columns) {
        let part = f64::from(column.share / shares.max(f32::EPSILON)) * rest;
        sheet.set_column_width(index, if column.share > 0.0 { part.max(6.0) } else { NARROW })?;
    }
    let agency: Vec<&str> = [listing.cover.superior.as_str(), listing.cover.agency.as_str()]
        .into_iter()
        .filter(|name| !name.is_empty())
        .collect();
    let mut facts = listing.cover.facts.clone();
    facts.push(listing.cover.printed.clone());
    sheet.write_string_with_format(0, 0, agency.join(" – "), &looks.fact)?;
    sheet.write_string_with_format(1, 0, &listing.title, &looks.title)?;
    sheet.write_string_with_format(2, 0, facts.join("; "), &looks.fact)?;
    sheet.set_row_height(HEAD, 36)?;
    for (index, column) in (0u16..).zip(&listing.columns) {
        sheet.write_string_with_format(HEAD, index, &column.title, &looks.head)?;
    }
    Ok(())
}

fn put(
    sheet: &mut Worksheet,
    row: u32,
    column: u16,
    cell: &Cell,
    listing: &Listing,
    looks: &Looks,
) -> Result<(), XlsxError> {
    let centred = listing.columns.get(usize::from(column)).is_some_and(|column| column.centred);
    let look = if centred { &looks.middle } else { &looks.text };
    match cell {
        Cell::Empty => sheet.write_blank(row, column, look)?,
        Cell::Text(text) => {
            // A cell holds 32 767 characters; more is nobody's subject.
            let text: String = text.chars().take(32_000).collect();
            // A string is never a formula here, whatever it begins with.
            sheet.write_string_with_format(row, column, text, look)?
        }
        Cell::Number(number) => sheet.write_number_with_format(row, column, *number, look)?,
        Cell::Date(date) => {
            let (year, month, day) = (date.year(), date.month(), date.day());
            let when = ExcelDateTime::from_ymd(
                u16::try_from(year).unwrap_or_default(),
                u8::try_from(month).unwrap_or_default(),
                u8::try_from(day).unwrap_or_default(),
            );
            match when {
                Ok(when) => sheet.write_datetime_with_format(row, column, when, &looks.date)?,
                // Before 1900 a sheet knows no dates.
                Err(_) => sheet.write_string_with_format(row, column, cell.written(), look)?,
            }
        }
    };
    Ok(())
}
