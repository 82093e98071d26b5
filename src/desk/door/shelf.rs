//! What the window asks about register books, stamps and kept searches.

use std::fmt::Debug;
use std::sync::Arc;

use crate::domain::book::{Book, BookId, Direction};
use crate::domain::document::DocumentKey;
use crate::domain::inbound::Registration;
use crate::domain::problem::Problem;
use crate::domain::query::Snippet;
use crate::i18n::language;
use crate::office::batch::Cancel;
use crate::office::book::{BookFilter, BookLine, Export, Exported};
use crate::office::search::SavedFilter;
use crate::office::stamp::ArrivalStamp;
use crate::office::{Filter, Office};

/// Every method may block.
pub trait Shelf: Debug + Send + Sync {
    /// The books of a year: the common one first.
    fn books(&self, direction: Direction, year: i16) -> Result<Vec<Book>, Problem>;
    /// Years that have a book, newest first.
    fn book_years(&self, direction: Direction) -> Result<Vec<i16>, Problem>;
    /// The book into which a document would go by rule.
    fn book_for(&self, key: DocumentKey) -> Result<BookId, Problem>;
    fn book_lines(
        &self,
        book: &BookId,
        filter: &BookFilter,
        after: u32,
        limit: u32,
    ) -> Result<Vec<BookLine>, Problem>;
    /// Writes a book to a file; `tell` hears how far it is.
    fn export_book(
        &self,
        export: &Export,
        cancel: &Cancel,
        tell: &(dyn Fn(u64, u64) + Sync),
    ) -> Result<Exported, Problem>;
    /// Takes the next number of the chosen book; `""` is the common one.
    fn register_in_book(&self, key: DocumentKey, series: &str) -> Result<Registration, Problem>;
    /// `None` for a document that is not registered.
    fn arrival_stamp(&self, key: DocumentKey) -> Result<Option<ArrivalStamp>, Problem>;
    /// A PDF file to be printed, with the arrival stamp if `stamped`.
    fn print_copy(&self, key: DocumentKey, stamped: bool) -> Result<Vec<u8>, Problem>;
    /// Where in their texts the words were found.
    fn snippets(
        &self,
        keys: &[DocumentKey],
        words: &str,
    ) -> Result<Vec<(DocumentKey, Snippet)>, Problem>;
    fn saved_filters(&self) -> Result<Vec<SavedFilter>, Problem>;
    fn save_filter(&self, filter: &SavedFilter) -> Result<(), Problem>;
    fn rename_filter(&self, name: &str, to: &str) -> Result<(), Problem>;
    fn forget_filter(&self, name: &str) -> Result<(), Problem>;
    /// How many documents a search finds, counted up to `most`.
    fn inbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem>;
    fn outbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem>;
    /// The settlement slip as a PDF file, in the language in force.
    fn slip(&self, key: DocumentKey) -> Result<Vec<u8>, Problem>;
    /// The main file of a cancelled document; that it was opened, and why, is kept.
    fn sealed_file(&self, key: DocumentKey, reason: &str) -> Result<Arc<[u8]>, Problem>;
}

impl Shelf for Office {
    fn register_in_book(&self, key: DocumentKey, series: &str) -> Result<Registration, Problem> {
        self.register_in(key, Some(series))
    }

    fn slip(&self, key: DocumentKey) -> Result<Vec<u8>, Problem> {
        self.settlement_slip(key, language())
    }

    super::pass_on! {
        fn books(&self, direction: Direction, year: i16) -> Result<Vec<Book>, Problem>;
        fn book_years(&self, direction: Direction) -> Result<Vec<i16>, Problem>;
        fn book_for(&self, key: DocumentKey) -> Result<BookId, Problem>;
        fn book_lines(&self, book: &BookId, filter: &BookFilter, after: u32, limit: u32)
            -> Result<Vec<BookLine>, Problem>;
        fn export_book(&self, export: &Export, cancel: &Cancel, tell: &(dyn Fn(u64, u64) + Sync))
            -> Result<Exported, Problem>;
        fn arrival_stamp(&self, key: DocumentKey) -> Result<Option<ArrivalStamp>, Problem>;
        fn print_copy(&self, key: DocumentKey, stamped: bool) -> Result<Vec<u8>, Problem>;
        fn snippets(&self, keys: &[DocumentKey], words: &str)
            -> Result<Vec<(DocumentKey, Snippet)>, Problem>;
        fn saved_filters(&self) -> Result<Vec<SavedFilter>, Problem>;
        fn save_filter(&self, filter: &SavedFilter) -> Result<(), Problem>;
        fn rename_filter(&self, name: &str, to: &str) -> Result<(), Problem>;
        fn forget_filter(&self, name: &str) -> Result<(), Problem>;
        fn inbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem>;
        fn outbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem>;
        fn sealed_file(&self, key: DocumentKey, reason: &str) -> Result<Arc<[u8]>, Problem>;
    }
}
