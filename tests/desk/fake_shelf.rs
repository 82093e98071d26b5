//! The register books and kept searches of the office in memory.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use vanthu::desk::door::{Door, Shelf};
use vanthu::domain::book::{Book, BookId, BookRule, Direction, written};
use vanthu::domain::document::DocumentKey;
use vanthu::domain::inbound::{InboundState, Registration};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::query::{Field, Query, Snippet, snippet};
use vanthu::office::Filter;
use vanthu::office::batch::Cancel;
use vanthu::office::book::{BookFilter, BookLine, Export, Exported};
use vanthu::office::search::SavedFilter;
use vanthu::office::stamp::ArrivalStamp;
use vanthu::pdf::Rect;

use super::FakeDoor;

/// What every document of the office in memory says, whatever its page shows.
pub const TEXT: &str = "Căn cứ kết quả rà soát hộ nghèo cuối năm của các ấp trên địa bàn xã";

impl FakeDoor {
    fn line(&self, document: &vanthu::domain::inbound::InboundDocument) -> Option<BookLine> {
        let registration = document.registration.as_ref()?;
        Some(BookLine {
            number: registration.arrival_number,
            written: written(&registration.book.series, registration.arrival_number),
            date: Some(registration.arrival_date),
            key: Some(document.key),
            party: document.sender_name.clone(),
            code: document.metadata.code.to_string(),
            issued: document.metadata.issued,
            type_key: document.metadata.type_key.clone(),
            title: document.metadata.subject.clone(),
            to: document.assignment.as_ref().map(|a| a.user.clone()).unwrap_or_default(),
            ..BookLine::default()
        })
    }
}

impl Shelf for FakeDoor {
    fn inbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem> {
        Ok(self.inbound(filter, None, most)?.len() as u64)
    }

    fn outbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem> {
        Ok(self.outbound(filter, None, most)?.len() as u64)
    }

    fn slip(&self, _: DocumentKey) -> Result<Vec<u8>, Problem> {
        Ok(b"%PDF-1.7".to_vec())
    }

    fn sealed_file(&self, key: DocumentKey, reason: &str) -> Result<Arc<[u8]>, Problem> {
        let mut books = self.keeper.enter()?;
        books.gate.unsealed.push((key, reason.to_owned()));
        Ok(b"%PDF-1.7".to_vec().into())
    }

    fn books(&self, direction: Direction, year: i16) -> Result<Vec<Book>, Problem> {
        let books = self.keeper.enter()?;
        let book = |series: &str, name: &str, last: u32| Book {
            id: BookId { direction, year, series: series.to_owned() },
            name: name.to_owned(),
            rule: BookRule::default(),
            last,
            given_up: 0,
            closed: None,
        };
        let mut shelf = vec![book("", "", books.arrival_number)];
        if self.keeper.troubles.several_books.load(Ordering::Relaxed) {
            shelf.push(book("KNTC", "Khiếu nại, tố cáo", 14));
        }
        Ok(shelf)
    }

    fn book_years(&self, _: Direction) -> Result<Vec<i16>, Problem> {
        Ok(vec![vanthu::desk::document::today().year()])
    }

    fn book_for(&self, _: DocumentKey) -> Result<BookId, Problem> {
        Ok(BookId::inbound(vanthu::desk::document::today().year()))
    }

    fn book_lines(
        &self,
        _: &BookId,
        filter: &BookFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<BookLine>, Problem> {
        let books = self.keeper.enter()?;
        let mut lines: Vec<BookLine> =
            books.inbound.iter().filter_map(|document| self.line(document)).collect();
        lines.sort_by_key(|line| line.number);
        lines.retain(|line| line.number > after && filter.takes(line));
        lines.truncate(limit as usize);
        Ok(lines)
    }

    fn export_book(
        &self,
        export: &Export,
        _: &Cancel,
        tell: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Exported, Problem> {
        let lines = self.book_lines(&export.book, &export.filter, 0, u32::MAX)?;
        let mut text = String::new();
        for line in &lines {
            let _ = writeln!(text, "{}\t{}", line.written, line.title);
        }
        tell(lines.len() as u64, lines.len() as u64);
        std::fs::write(&export.path, text).map_err(|error| {
            Problem::new("office-not-written", Kind::Unavailable, Blame::Environment)
                .with("file", export.path.display())
                .because(error)
        })?;
        self.keeper.enter()?.deeds.push(format!("book {}", export.format.ending()));
        let path = export.path.clone();
        Ok(Exported { path, lines: lines.len() as u64, neutralised: 0 })
    }

    fn register_in_book(&self, key: DocumentKey, series: &str) -> Result<Registration, Problem> {
        let mut books = self.keeper.enter()?;
        books.move_inbound(key, InboundState::Registered, "")?;
        let year = vanthu::desk::document::today().year();
        let registration = Registration {
            book: BookId::inbound_series(year, series),
            arrival_number: 15,
            arrival_date: vanthu::desk::document::today(),
        };
        books.deeds.push(format!("book {series}"));
        let document = books.inbound.iter_mut().find(|d| d.key == key);
        if let Some(document) = document {
            document.registration = Some(registration.clone());
        }
        Ok(registration)
    }

    fn arrival_stamp(&self, key: DocumentKey) -> Result<Option<ArrivalStamp>, Problem> {
        let books = self.keeper.enter()?;
        let document = books.inbound.iter().find(|document| document.key == key);
        let registered = document.is_some_and(|document| document.registration.is_some());
        let place = Rect::new(90.0, 130.0, 141.7, 99.2);
        Ok(registered.then(|| ArrivalStamp { pdf: b"%PDF-1.7".to_vec().into(), place }))
    }

    fn print_copy(&self, _: DocumentKey, _: bool) -> Result<Vec<u8>, Problem> {
        Ok(b"%PDF-1.7".to_vec())
    }

    fn snippets(
        &self,
        keys: &[DocumentKey],
        words: &str,
    ) -> Result<Vec<(DocumentKey, Snippet)>, Problem> {
        let query = Query::parse(words);
        let terms = query.marked_in(&[Field::Any]);
        let found = snippet(TEXT, &terms);
        Ok(keys.iter().filter_map(|key| Some((*key, found.clone()?))).collect())
    }

    fn saved_filters(&self) -> Result<Vec<SavedFilter>, Problem> {
        Ok(self.keeper.enter()?.filters.clone())
    }

    fn save_filter(&self, filter: &SavedFilter) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.filters.retain(|kept| kept.name != filter.name);
        books.filters.push(filter.clone());
        Ok(())
    }

    fn rename_filter(&self, name: &str, to: &str) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        if let Some(kept) = books.filters.iter_mut().find(|kept| kept.name == name) {
            to.clone_into(&mut kept.name);
        }
        Ok(())
    }

    fn forget_filter(&self, name: &str) -> Result<(), Problem> {
        self.keeper.enter()?.filters.retain(|kept| kept.name != name);
        Ok(())
    }
}
