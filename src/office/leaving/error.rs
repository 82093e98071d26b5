//! Why a document may not leave yet, or not so.

use thiserror::Error;

use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::reserve::Unfit;

/// What stands between a document and its recipients.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LeavingError {
    /// Whoever signed was no leader when signing, or the chain does not know who it was.
    #[error("{0} was not competent to sign")]
    NotCompetent(String),
    #[error("the certificate of {holder} does not sign for {user}")]
    CertificateNotTheirs { holder: String, user: String },
    #[error("the file is not the one that was signed")]
    SignedFileChanged,
    #[error("{file} holds {malware}")]
    Infected { file: String, malware: String },
    #[error("nothing was scanned: {0}")]
    NotScanned(String),
    #[error("number {number} of {book} does not fit: {unfit:?}")]
    ReservedUnfit { number: u32, book: String, unfit: Unfit },
    #[error("number {number} of {book} is not reserved, or kept for another document")]
    NotReserved { number: u32, book: String },
    #[error("{0} numbers are not reserved at once")]
    ReserveCount(u32),
    #[error("{0} cannot name a series")]
    BadSeries(String),
    #[error("no letter is owed to {0}")]
    NoSuchLetter(String),
    #[error("{0} was asked to cancel the document")]
    AskedBack(String),
    #[error("the document did not go to {0}")]
    NotARecipient(String),
    #[error("no copy {0} is made of this kind")]
    CopyForm(&'static str),
    #[error("the document or its way has changed meanwhile")]
    Moved,
    #[error("nothing is changed")]
    NothingChanged,
    #[error("the day {0} is in the future or before the document was issued")]
    WrongDay(String),
}

impl From<LeavingError> for Problem {
    fn from(error: LeavingError) -> Self {
        use Blame::{Environment, Input};
        use Kind::{Refused, Unavailable, Usage};
        use LeavingError as E;
        let problem = match &error {
            E::NotCompetent(user) => {
                Self::new("leaving-not-competent", Refused, Input).with("user", user)
            }
            E::CertificateNotTheirs { holder, user } => {
                Self::new("leaving-certificate-not-theirs", Refused, Input)
                    .with("holder", holder)
                    .with("user", user)
            }
            E::SignedFileChanged => Self::new("leaving-signed-file-changed", Refused, Environment),
            E::Infected { file, malware } => Self::new("leaving-infected", Refused, Input)
                .with("file", file)
                .with("malware", malware),
            E::NotScanned(_) => Self::new("leaving-not-scanned", Unavailable, Environment),
            E::ReservedUnfit { number, book, unfit } => {
                let code = match unfit {
                    Unfit::OtherSeries => "leaving-reserved-other-series",
                    Unfit::OtherYear => "leaving-reserved-other-year",
                };
                Self::new(code, Refused, Input).with("number", number).with("book", book)
            }
            E::NotReserved { number, book } => Self::new("leaving-not-reserved", Refused, Input)
                .with("number", number)
                .with("book", book),
            E::ReserveCount(most) => {
                Self::new("leaving-reserve-count", Usage, Input).with("most", most)
            }
            E::BadSeries(series) => {
                Self::new("leaving-bad-series", Usage, Input).with("series", series)
            }
            E::NoSuchLetter(place) => {
                Self::new("leaving-no-such-letter", Usage, Input).with("place", place)
            }
            E::AskedBack(name) => {
                Self::new("leaving-asked-back", Refused, Input).with("name", name)
            }
            E::NotARecipient(code) => {
                Self::new("leaving-not-a-recipient", Usage, Input).with("code", code)
            }
            E::CopyForm(_) => Self::new("leaving-copy-form", Refused, Input),
            E::Moved => Self::new("leaving-moved", Refused, Input),
            E::NothingChanged => Self::new("leaving-nothing-changed", Usage, Input),
            E::WrongDay(day) => Self::new("leaving-wrong-day", Usage, Input).with("day", day),
        };
        problem.because(error)
    }
}
