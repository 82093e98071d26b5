//! What can be wrong with the store, and what people are told of it.

use std::io;

use rusqlite::ErrorCode;

use crate::domain::book::BookId;
use crate::domain::document::BlobHash;
use crate::domain::problem::{Blame, Kind, Problem};

/// Why the store did not do what it was asked. Whatever the reason, the tables are as
/// they were before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    #[error("the folder already holds a database")]
    AlreadyExists,
    #[error("the folder holds no database")]
    NoDatabase,
    /// Also the answer for a user who has no key: who works here is nobody's business.
    #[error("the user or the password is wrong")]
    WrongPassword,
    #[error("another program has this folder open")]
    AlreadyOpen,
    #[error("the database has version {found}, this program knows {known}")]
    NewerVersion { found: u32, known: u32 },
    #[error("the {part} is damaged: {detail}")]
    Damaged { part: &'static str, detail: String },
    #[error("the disk is full")]
    DiskFull,
    #[error("the disk refused: {0}")]
    Io(String),
    #[error("the database refused: {0}")]
    Database(String),

    /// A change that does not fit what is stored: somebody else was faster, or it makes
    /// no sense.
    #[error("the change does not fit: {0}")]
    Conflict(String),
    #[error("the number {number} of the book {book} is taken")]
    NumberTaken { book: BookId, number: u32 },
    #[error("the number {number} of the book {book} would leave a gap, the next is {next}")]
    NumberGap { book: BookId, number: u32, next: u32 },
    #[error("the book {0} is closed")]
    BookClosed(BookId),
    #[error("there is no book {0}")]
    NoBook(BookId),
    #[error("there is no {0}")]
    NotFound(String),
    #[error("the bytes {0} are not in the store")]
    NoBlob(BlobHash),

    #[error("the user already has a key")]
    KeyExists,
    #[error("the last key of the database cannot be removed")]
    LastKey,
    /// A fault of the program, told as one.
    #[error("internal: {0}")]
    Internal(String),
}

impl StoreError {
    pub(super) fn damaged(part: &'static str, detail: impl ToString) -> Self {
        Self::Damaged { part, detail: detail.to_string() }
    }

    pub(super) fn conflict(what: impl Into<String>) -> Self {
        Self::Conflict(what.into())
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull,
            _ => Self::Io(error.to_string()),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        let Some(code) = error.sqlite_error() else {
            return match error {
                // What a row holds is not what its type promises.
                rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..)
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::Utf8Error(..) => Self::damaged("database", error),
                _ => Self::Database(error.to_string()),
            };
        };
        match code.code {
            ErrorCode::DiskFull => Self::DiskFull,
            // The shared-memory file of the WAL could not grow.
            ErrorCode::SystemIoFailure
                if code.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE =>
            {
                Self::DiskFull
            }
            ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase => {
                Self::damaged("database", error)
            }
            ErrorCode::SystemIoFailure | ErrorCode::CannotOpen | ErrorCode::ReadOnly => {
                Self::Io(error.to_string())
            }
            _ => Self::Database(error.to_string()),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        use Blame::{Environment, Input};
        use Kind::{Refused, Unavailable, Unreadable, Usage};
        let problem = match &error {
            StoreError::AlreadyExists => Self::new("store-exists", Refused, Input),
            StoreError::NoDatabase => Self::new("store-missing", Usage, Input),
            StoreError::WrongPassword => Self::new("store-wrong-password", Refused, Input),
            StoreError::AlreadyOpen => Self::new("store-already-open", Unavailable, Environment),
            StoreError::NewerVersion { found, known } => {
                Self::new("store-newer-version", Unreadable, Environment)
                    .with("found", found)
                    .with("known", known)
            }
            StoreError::Damaged { .. } => Self::new("store-damaged", Unreadable, Environment),
            StoreError::DiskFull => Self::new("store-disk-full", Unavailable, Environment),
            StoreError::Io(_) => Self::new("store-io", Unavailable, Environment),
            StoreError::Database(_) => Self::new("store-database", Unavailable, Environment),
            StoreError::Conflict(_) => Self::new("store-conflict", Refused, Input),
            StoreError::NumberTaken { number, .. } => {
                Self::new("store-number-taken", Refused, Environment).with("number", number)
            }
            StoreError::NumberGap { number, next, .. } => {
                Self::new("store-number-gap", Refused, Environment)
                    .with("number", number)
                    .with("expected", next)
            }
            StoreError::BookClosed(book) => Self::new("store-book-closed", Refused, Input)
                .with("year", book.year)
                .with("series", &book.series),
            StoreError::NoBook(book) => Self::new("store-no-book", Usage, Input)
                .with("year", book.year)
                .with("series", &book.series),
            StoreError::NotFound(_) => Self::new("store-not-found", Usage, Input),
            StoreError::NoBlob(_) => Self::new("store-no-blob", Unreadable, Environment),
            StoreError::KeyExists => Self::new("store-key-exists", Refused, Input),
            StoreError::LastKey => Self::new("store-last-key", Refused, Input),
            StoreError::Internal(_) => Self::new("store-internal", Unavailable, Environment),
        };
        problem.because(error)
    }
}
