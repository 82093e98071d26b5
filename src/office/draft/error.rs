//! What is refused of a draft and of opinions on it, and why.

use crate::domain::problem::{Blame, Kind, Problem};

/// Why something was not done with a draft.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DraftError {
    #[error("the draft lies with {holder}")]
    WithAnother { holder: String },
    #[error("the draft was given to {holder} to sign")]
    AnotherSigns { holder: String },
    #[error("{user} may not {act}")]
    CannotTake { user: String, act: String },
    #[error("it is handed on to somebody else")]
    ToOneself,
    #[error("the comment is empty or too long")]
    CommentEmpty,
    #[error("there is no page {0}")]
    NoSuchPage(u32),
    #[error("no comment {0} on this document")]
    NoSuchComment(String),
    #[error("only its writer, or who has the draft, settles a comment")]
    NotYoursToSettle,
    #[error("no version {0}")]
    NoSuchVersion(u32),
    #[error("this version was not converted here and has no source")]
    NoSource,
    #[error("another version has come meanwhile")]
    OtherVersion,
    #[error("the draft carries a signature; a new version would lose it")]
    Signed,
    #[error("nothing is changed")]
    NothingChanged,
    #[error("the group or template is not whole: {0}")]
    NotWhole(&'static str),
    #[error("no template or group {0}")]
    NoSuchPrefill(String),
    #[error("the PDF and the document differ in {0} places")]
    Differs(usize),
}

impl From<DraftError> for Problem {
    fn from(error: DraftError) -> Self {
        use Blame::Input;
        use DraftError as E;
        use Kind::{Refused, Usage};
        let problem = match &error {
            E::WithAnother { holder } => {
                Self::new("draft-with-another", Refused, Input).with("holder", holder)
            }
            E::AnotherSigns { holder } => {
                Self::new("draft-another-signs", Refused, Input).with("holder", holder)
            }
            E::CannotTake { user, act } => {
                Self::new("draft-cannot-take", Refused, Input).with("user", user).with("act", act)
            }
            E::ToOneself => Self::new("draft-to-oneself", Refused, Input),
            E::CommentEmpty => Self::new("draft-comment-empty", Usage, Input),
            E::NoSuchPage(page) => Self::new("draft-no-such-page", Usage, Input).with("page", page),
            E::NoSuchComment(id) => {
                Self::new("draft-no-such-comment", Usage, Input).with("comment", id)
            }
            E::NotYoursToSettle => Self::new("draft-not-yours-to-settle", Refused, Input),
            E::NoSuchVersion(number) => {
                Self::new("draft-no-such-version", Usage, Input).with("version", number)
            }
            E::NoSource => Self::new("draft-no-source", Usage, Input),
            E::OtherVersion => Self::new("draft-other-version", Refused, Input),
            E::Signed => Self::new("draft-signed", Refused, Input),
            E::NothingChanged => Self::new("draft-nothing-changed", Usage, Input),
            E::NotWhole(what) => Self::new("draft-not-whole", Usage, Input).with("what", what),
            E::NoSuchPrefill(name) => {
                Self::new("draft-no-such-prefill", Usage, Input).with("name", name)
            }
            E::Differs(count) => Self::new("draft-differs", Refused, Input).with("count", count),
        };
        problem.because(error)
    }
}
