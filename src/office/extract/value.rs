//! The fields that are read, and their values.

use jiff::civil::Date;

use crate::domain::agency::AgencyCode;
use crate::domain::document::{Metadata, Recipient, Urgency};
use crate::domain::secrecy::SecrecyMark;
use crate::domain::text::tidy;
use crate::i18n::tr;
use crate::office::labels;

/// A field of a document, in the order in which clerks fill them in (Nghị định
/// 30/2020/NĐ-CP Phụ lục VI, phần II, mục II).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    Type,
    Number,
    Notation,
    Date,
    Issuer,
    Subject,
    /// Pages of the document.
    Pages,
    /// Position of the signer.
    Position,
    /// Full name of the signer.
    Signer,
    /// Authority line of the signer: TM., KT., TL., TUQ., Q.
    Competence,
    Urgency,
    Secrecy,
    /// Place of issue.
    Place,
    Recipients,
}

impl Field {
    pub const ALL: [Self; 14] = [
        Self::Type,
        Self::Number,
        Self::Notation,
        Self::Date,
        Self::Issuer,
        Self::Subject,
        Self::Pages,
        Self::Position,
        Self::Signer,
        Self::Competence,
        Self::Urgency,
        Self::Secrecy,
        Self::Place,
        Self::Recipients,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Type => "type",
            Self::Number => "number",
            Self::Notation => "notation",
            Self::Date => "date",
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Pages => "pages",
            Self::Position => "position",
            Self::Signer => "signer",
            Self::Competence => "competence",
            Self::Urgency => "urgency",
            Self::Secrecy => "secrecy",
            Self::Place => "place",
            Self::Recipients => "recipients",
        }
    }

    /// The field of this name in scripts.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.key() == key)
    }

    /// The name in the language in force.
    pub fn label(self) -> String {
        tr(&format!("extract-field-{}", self.key()))
    }

    /// What a document's fields say here, as people read it; empty where they say nothing.
    pub fn stated(self, metadata: &Metadata) -> String {
        let date = |date: Option<Date>| date.map(shown_date).unwrap_or_default();
        match self {
            Self::Type => match metadata.type_name.as_str() {
                "" => metadata.type_key.clone(),
                name => name.to_owned(),
            },
            Self::Number => metadata.code.number.clone(),
            Self::Notation => metadata.code.notation.clone(),
            Self::Date => date(metadata.issued),
            Self::Issuer => metadata.issuer_name().to_owned(),
            Self::Subject => metadata.subject.clone(),
            Self::Pages => metadata.pages.map(|pages| pages.to_string()).unwrap_or_default(),
            Self::Position => metadata.signer.position.clone(),
            Self::Signer => metadata.signer.full_name.clone(),
            Self::Competence => metadata.signer.competence.clone(),
            Self::Urgency => match metadata.urgency {
                Urgency::Normal => String::new(),
                urgency => labels::urgency(urgency),
            },
            // A document with one never enters the system.
            Self::Secrecy => String::new(),
            Self::Place => metadata.place.clone(),
            Self::Recipients => metadata.other_places.join("; "),
        }
    }
}

/// A date as screens show it.
pub fn shown_date(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// What a page says in one field.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A type of the rule profile; `name` as the law writes it.
    Type {
        key: String,
        name: String,
    },
    Number(String),
    Notation(String),
    Date(Date),
    Issuer {
        /// As it is written in a text, not in the capitals of the head.
        name: String,
        /// Agencies above it that the head names, the highest first.
        superiors: Vec<String>,
        /// The agency of the directory, where just one fits.
        agency: Option<Recipient>,
        /// Every code of that agency, the present one first.
        codes: Vec<AgencyCode>,
    },
    Subject(String),
    Pages(u32),
    Position(String),
    Signer(String),
    /// Lines are separated by a line end.
    Competence(String),
    Urgency(Urgency),
    Secrecy(SecrecyMark),
    Place(String),
    Recipients(Vec<String>),
}

impl Value {
    /// As people read it.
    pub fn shown(&self) -> String {
        match self {
            Self::Type { name, .. } | Self::Issuer { name, .. } => name.clone(),
            Self::Number(text)
            | Self::Notation(text)
            | Self::Subject(text)
            | Self::Position(text)
            | Self::Signer(text)
            | Self::Competence(text)
            | Self::Place(text) => text.clone(),
            Self::Date(date) => shown_date(*date),
            Self::Pages(pages) => pages.to_string(),
            Self::Urgency(urgency) => labels::urgency(*urgency),
            Self::Secrecy(mark) => mark.stamp().to_owned(),
            Self::Recipients(places) => places.join("; "),
        }
    }

    /// Puts the value into a document's fields; `false` for what has no place there.
    pub fn put(&self, metadata: &mut Metadata) -> bool {
        match self {
            Self::Type { key, name } => {
                metadata.type_key = key.clone();
                metadata.type_name = name.clone();
            }
            Self::Number(number) => metadata.code.number = number.clone(),
            Self::Notation(notation) => metadata.code.notation = notation.clone(),
            Self::Date(date) => metadata.issued = Some(*date),
            Self::Issuer { agency, name, .. } => {
                metadata.issuer = agency.clone();
                metadata.unlisted_issuer = match agency {
                    Some(_) => String::new(),
                    None => name.clone(),
                };
            }
            Self::Subject(subject) => metadata.subject = tidy(subject),
            Self::Pages(pages) => metadata.pages = Some(*pages),
            Self::Position(position) => metadata.signer.position = position.clone(),
            Self::Signer(name) => metadata.signer.full_name = name.clone(),
            Self::Competence(competence) => metadata.signer.competence = competence.clone(),
            Self::Urgency(urgency) => metadata.urgency = *urgency,
            Self::Secrecy(_) => return false,
            Self::Place(place) => metadata.place = place.clone(),
            Self::Recipients(places) => metadata.other_places = places.clone(),
        }
        true
    }
}

/// Why a value was proposed, or what speaks against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// At the top left, above number and notation (ô 2).
    AboveNumber,
    /// The directory knows one agency of this name.
    InDirectory,
    /// Behind `Số:` at the head of the first page (ô 3).
    BehindNumber,
    /// In the line of place and date, beside the number (ô 4).
    BesideNumber,
    /// Capitals in the middle, under the head (ô 5a).
    Titled,
    /// The notation begins with the abbreviation of this type (Phụ lục III).
    NotationSays,
    /// The notation begins with the abbreviation of another type.
    NotationDiffers,
    /// Under the name of the type (ô 5a).
    UnderType,
    /// Behind `V/v`, under the number: an official letter (ô 5b).
    BehindAbout,
    /// At the bottom right, a name under a position (ô 7).
    SignatureBlock,
    /// There is no list of recipients beside it.
    NoRecipientsBeside,
    /// Behind `Nơi nhận` or `Kính gửi` (ô 9).
    RecipientList,
    /// A stamp of its own line (ô 10).
    Stamped,
    /// Counted by the program.
    Counted,
    /// Letters were repaired or differ a little from what is expected.
    Repaired,
    /// Read off a picture: letters and marks may be wrong.
    Recognised,
    /// The national title is not where it should be.
    NoNationalTitle,
    /// It may go on where the page is not clear.
    EndUnsure,
}

impl Reason {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::AboveNumber => "above-number",
            Self::InDirectory => "in-directory",
            Self::BehindNumber => "behind-number",
            Self::BesideNumber => "beside-number",
            Self::Titled => "titled",
            Self::NotationSays => "notation-says",
            Self::NotationDiffers => "notation-differs",
            Self::UnderType => "under-type",
            Self::BehindAbout => "behind-about",
            Self::SignatureBlock => "signature-block",
            Self::NoRecipientsBeside => "no-recipients-beside",
            Self::RecipientList => "recipient-list",
            Self::Stamped => "stamped",
            Self::Counted => "counted",
            Self::Repaired => "repaired",
            Self::Recognised => "recognised",
            Self::NoNationalTitle => "no-national-title",
            Self::EndUnsure => "end-unsure",
        }
    }

    /// In the language in force.
    pub fn sentence(self) -> String {
        tr(&format!("extract-why-{}", self.key()))
    }
}
