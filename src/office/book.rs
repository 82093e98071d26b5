//! Register books: which there are, who is entered under which number, and what is printed.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 8 and 9 khoản 3 (Thông tư 01/2019/TT-BNV Điều 4), Nghị định
//! 30/2020/NĐ-CP Điều 22 and Phụ lục IV. A number is taken in `register` (inbound) and with a
//! signature (outbound); here books are opened, closed and read.
//!
//! A line is made from the document as it stands now: a correction shows in the book, marked,
//! and what stood there before is in the document's history.

mod export;
mod form;
mod line;

use crate::domain::book::{self, Book, BookId, BookRule, Direction};
use crate::domain::document::DocumentKey;
use crate::domain::inbound::InboundDocument;
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::tidy;
use jiff::Timestamp;

pub use export::{Export, Exported, Format, Output, file_name};
pub use line::{BookFilter, BookLine};

use super::{Office, OfficeError};

impl Office {
    /// The books of a year with how far they are; the common inbound book is always there.
    pub fn books(&self, direction: Direction, year: i16) -> Result<Vec<Book>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().books(direction, year)?)
    }

    /// Years that have a book: those in which a number was taken, and this year. Newest first.
    pub fn book_years(&self, direction: Direction) -> Result<Vec<i16>, Problem> {
        self.actor(Act::ViewQueues)?;
        let mut years = self.store().book_years(direction)?;
        let this = book::registration_day(Timestamp::now()).year();
        if !years.contains(&this) {
            years.push(this);
            years.sort_unstable_by(|a, b| b.cmp(a));
        }
        Ok(years)
    }

    /// Opens an inbound book beside the common one, from this year on, or changes the name and
    /// rule of one that is open.
    pub fn open_book(&self, series: &str, name: &str, rule: BookRule) -> Result<BookId, Problem> {
        let actor = self.actor(Act::RegisterInbound)?;
        let series = tidy(series);
        if !book::is_series(&series) {
            return Err(OfficeError::BadSeries(series).into());
        }
        let name = tidy(name);
        if name.is_empty() {
            return Err(OfficeError::FieldInvalid("name").into());
        }
        if let Some(unknown) =
            rule.types.iter().find(|key| self.profile().document_type(key).is_none())
        {
            return Err(Problem::from(OfficeError::FieldInvalid("type")).because(unknown));
        }
        let year = book::registration_day(Timestamp::now()).year();
        let id = BookId::inbound_series(year, &series);
        let book = id.clone();
        self.store().write(&actor, move |writer| {
            writer.append(Change::BookOpened { book, name, rule })?;
            Ok::<_, Problem>(())
        })?;
        Ok(id)
    }

    /// Closes a book: it takes no number any more. `for_good` ends it for later years, too.
    pub fn close_book(&self, id: &BookId, reason: &str, for_good: bool) -> Result<(), Problem> {
        let actor = self.actor(Act::RegisterInbound)?;
        let reason = reason_given(reason)?;
        let book = id.clone();
        self.store().write(&actor, move |writer| {
            writer.append(Change::BookClosed { book, reason, for_good })?;
            Ok(())
        })
    }

    /// Gives up the next number of this year's book, with the reason: it was written on paper
    /// by mistake, say. It stays in the book, struck out, and nobody takes it again.
    pub fn give_up_number(&self, series: &str, reason: &str) -> Result<u32, Problem> {
        let actor = self.actor(Act::RegisterInbound)?;
        let reason = reason_given(reason)?;
        let year = book::registration_day(Timestamp::now()).year();
        let book = BookId::inbound_series(year, series);
        self.store().write(&actor, move |writer| {
            let number = writer.next_number(&book)?;
            writer.append(Change::NumberGivenUp { book, number, reason })?;
            Ok(number)
        })
    }

    /// The book into which a document would go now.
    pub fn book_for(&self, key: DocumentKey) -> Result<BookId, Problem> {
        let document = self.inbound_document(key)?;
        let year = book::registration_day(Timestamp::now()).year();
        Self::belongs_into(&self.store().books(Direction::Inbound, year)?, &document)
    }

    pub(super) fn belongs_into(
        books: &[Book],
        document: &InboundDocument,
    ) -> Result<BookId, Problem> {
        let sender = document.metadata.issuer.as_ref().map(|issuer| &issuer.agency);
        let sender = sender.or(document.sender.as_ref());
        match book::book_for(books, sender, &document.metadata) {
            Some(book) => Ok(book.id.clone()),
            None => {
                let year = books.first().map_or(0, |book| book.id.year);
                Err(OfficeError::NoOpenBook(year).into())
            }
        }
    }
}

fn reason_given(reason: &str) -> Result<String, Problem> {
    let reason = tidy(reason);
    if reason.is_empty() { Err(OfficeError::ReasonMissing.into()) } else { Ok(reason) }
}

#[cfg(test)]
mod tests;
