//! Numbers of outbound books: which series a type is numbered in, and numbers reserved ahead.
//!
//! Nghị định 30/2020/NĐ-CP Điều 15 khoản 1: one series from 01 on 1 January to 31 December;
//! normative documents have their own, others as the head of the agency decides. Quyết định
//! 01/2019/QĐ-UBND Điều 11: a number is unique. A reserved number ends in a document or, with
//! the reason, struck out: the book has no silent gap.

use jiff::Timestamp;

use super::leaving::LeavingError;
use super::{Office, OfficeError};
use crate::domain::book::{self, BookId, registration_day};
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::operation::Change;
use crate::domain::outbound::Numbering;
use crate::domain::problem::Problem;
use crate::domain::reserve::{self, Reserved};
use crate::domain::role::Act;
use crate::domain::text;

/// `TYPE=SERIES`, a line each: where the office numbers otherwise than the profile says.
const SERIES: &str = "numbering.series";

/// A number that a document would take, and whether it was reserved for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Next {
    pub numbering: Numbering,
    pub held: bool,
}

impl Office {
    /// The series in which documents of a type are numbered: the office's choice, else the
    /// profile's; `""` is the common one.
    pub fn series_of(&self, type_key: &str) -> Result<String, Problem> {
        let chosen = self.chosen_series()?.into_iter().find(|(key, _)| key == type_key);
        Ok(chosen.map_or_else(|| self.profile().book_series(type_key).to_owned(), |(_, s)| s))
    }

    /// Types that this office numbers in another series than the profile says.
    pub fn chosen_series(&self) -> Result<Vec<(String, String)>, Problem> {
        let lines = self.store().setting(SERIES)?.unwrap_or_default();
        let pairs = lines.lines().filter_map(|line| line.split_once('='));
        Ok(pairs.map(|(key, series)| (key.to_owned(), series.to_owned())).collect())
    }

    /// Numbers documents of a type in `series` from now on; `None` as the profile says.
    pub fn choose_series(&self, type_key: &str, series: Option<&str>) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        if self.profile().document_type(type_key).is_none() {
            return Err(OfficeError::FieldInvalid("type").into());
        }
        let mut chosen = self.chosen_series()?;
        chosen.retain(|(key, _)| key != type_key);
        if let Some(series) = series {
            let series = text::tidy(series);
            if !series.is_empty() && !book::is_series(&series) {
                return Err(LeavingError::BadSeries(series).into());
            }
            chosen.push((type_key.to_owned(), series));
        }
        let lines: Vec<String> =
            chosen.into_iter().map(|(key, series)| format!("{key}={series}")).collect();
        Ok(self.store().set_setting(SERIES, &lines.join("\n"))?)
    }

    /// Numbers that wait for their documents, by book.
    pub fn reserved_numbers(&self) -> Result<Vec<Reserved>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().reserved_numbers()?)
    }

    /// The number that is kept for a document.
    pub fn held_number(&self, key: DocumentKey) -> Result<Option<Reserved>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().held_number(&key)?)
    }

    /// Reserves the next `count` numbers of this year's book in which documents of the type
    /// are numbered.
    pub fn reserve_numbers(
        &self,
        type_key: &str,
        count: u32,
        reason: &str,
    ) -> Result<Vec<Reserved>, Problem> {
        let actor = self.actor(Act::Issue)?;
        let reason = self.reason(reason)?;
        if self.profile().document_type(type_key).is_none() {
            return Err(OfficeError::FieldInvalid("type").into());
        }
        if !(1..=reserve::MOST).contains(&count) {
            return Err(LeavingError::ReserveCount(reserve::MOST).into());
        }
        let year = registration_day(Timestamp::now()).year();
        let book = BookId::outbound(year, &self.series_of(type_key)?);
        self.store().write(&actor, move |writer| {
            let first = writer.next_number(&book)?;
            writer.append(Change::NumbersReserved { book: book.clone(), first, count, reason })?;
            let all = writer.reserved_numbers()?.into_iter();
            Ok::<_, Problem>(all.filter(|one| one.book == book && one.number >= first).collect())
        })
    }

    /// Keeps a reserved number for a document, which takes it when it is signed (or sealed,
    /// where numbers are taken with the seal).
    pub fn hold_number(&self, key: DocumentKey, book: &BookId, number: u32) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let document = self.outbound_document(key)?;
        if document.numbering.is_some() {
            return Err(Self::wrong_state(document.state));
        }
        self.fits(book, number, &document.metadata)?;
        let book = book.clone();
        self.store().write(&actor, move |writer| {
            let free =
                |one: &Reserved| one.book == book && one.number == number && one.held_for.is_none();
            if !writer.reserved_numbers()?.iter().any(free) {
                return Err(LeavingError::NotReserved { number, book: book.to_string() }.into());
            }
            writer.append(Change::NumberHeld { key, book, number })?;
            Ok::<(), Problem>(())
        })
    }

    /// Keeps it no more: it waits again, and the document takes the next number of its book.
    pub fn free_number(&self, key: DocumentKey) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        self.store().write(&actor, move |writer| {
            let held = writer.held_number(&key)?.ok_or_else(|| Self::missing(key))?;
            writer.append(Change::NumberFreed { key, book: held.book, number: held.number })?;
            Ok::<(), Problem>(())
        })
    }

    /// Gives a reserved number up, with the reason: it stays in the book, struck out.
    pub fn give_up_reserved(
        &self,
        book: &BookId,
        number: u32,
        reason: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::Issue)?;
        let (reason, book) = (self.reason(reason)?, book.clone());
        self.store().write(&actor, move |writer| {
            let free =
                |one: &Reserved| one.book == book && one.number == number && one.held_for.is_none();
            if !writer.reserved_numbers()?.iter().any(free) {
                return Err(LeavingError::NotReserved { number, book: book.to_string() }.into());
            }
            writer.append(Change::NumberGivenUp { book, number, reason })?;
            Ok::<(), Problem>(())
        })
    }

    /// The number that a document would take at `at`: one that is kept for it, else the next
    /// of its book.
    pub(super) fn next_numbering(
        &self,
        key: DocumentKey,
        metadata: &Metadata,
        at: Timestamp,
    ) -> Result<Next, Problem> {
        let date = registration_day(at);
        if let Some(held) = self.store().held_number(&key)? {
            self.fits(&held.book, held.number, metadata)?;
            let numbering = Numbering { book: held.book, number: held.number, date };
            return Ok(Next { numbering, held: true });
        }
        let book = BookId::outbound(date.year(), &self.series_of(&metadata.type_key)?);
        let number = self.store().next_number(&book)?;
        Ok(Next { numbering: Numbering { book, number, date }, held: false })
    }

    fn fits(&self, book: &BookId, number: u32, metadata: &Metadata) -> Result<(), Problem> {
        let series = self.series_of(&metadata.type_key)?;
        reserve::fits(book, &series, registration_day(Timestamp::now())).map_err(|unfit| {
            LeavingError::ReservedUnfit { number, book: book.to_string(), unfit }.into()
        })
    }

    /// A reason that was given, as it is kept.
    pub(super) fn reason(&self, reason: &str) -> Result<String, Problem> {
        let reason = text::tidy(reason);
        if reason.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        Ok(reason)
    }
}
