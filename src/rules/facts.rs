//! The sections of a regulation profile, as they stand in its TOML file.
//!
//! Every section says where it comes from (`cite`) and whether that source was found
//! (`confirmed`) or is still to be confirmed with the province. Unknown keys are refused,
//! so that a misspelt rule never falls silently back to something else.

mod look;

use jiff::civil::Date;
use serde::Deserialize;

pub use look::*;

use crate::domain::agency::CodeForm;
use crate::domain::calendar;
use crate::domain::delivery::StatusCode;
use crate::domain::document::Urgency;
use crate::i18n::{self, Lang};

/// A text in both languages of the interface.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub vi: String,
    pub en: String,
}

impl Text {
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Vi => &self.vi,
            Lang::En => &self.en,
        }
    }
}

impl std::fmt::Display for Text {
    /// In the language in force.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.get(i18n::language()))
    }
}

/// When the profile's law was in force.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    pub from: Date,
    /// The last day; absent while it is in force.
    #[serde(default)]
    pub until: Option<Date>,
    pub cite: String,
    pub confirmed: bool,
}

/// How long settling takes where nobody sets a term, and the words of usual directions.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settling {
    /// Terms this many working days ahead are called soon.
    pub soon_days: u32,
    /// The first that fits holds.
    pub rows: Vec<SettlingTerm>,
    /// Directions that are often given (ý kiến chỉ đạo), in the language of the office.
    pub phrases: Vec<String>,
    pub cite: String,
    pub confirmed: bool,
}

/// A usual term.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SettlingTerm {
    /// Empty for any.
    #[serde(default)]
    pub urgency: Vec<Urgency>,
    /// Keys of document types; empty for all.
    #[serde(default)]
    pub types: Vec<String>,
    /// Working days; 0 for the same day.
    pub days: u32,
}

/// What happens when a sender recalls or replaces a document.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecallRule {
    /// What nobody has accepted yet is cancelled by itself.
    pub automatic: bool,
    /// Working days within which the clerk answers.
    pub answer_days: u32,
    pub cite: String,
    pub confirmed: bool,
}

/// A law that the profile rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    pub law: String,
    /// What the profile takes from it.
    pub about: String,
    pub confirmed: bool,
}

/// The document types, and what each column of their table rests on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentTypes {
    pub cite: String,
    pub confirmed: bool,
    pub packet_cite: String,
    pub archive_cite: String,
    pub rows: Vec<DocumentType>,
}

/// Whether the type's name stands on the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TypeForm {
    /// văn bản có tên loại
    Named,
    /// công văn: no type name, the subject stands after `V/v`
    Letter,
    /// bản sao: its notation is the abbreviation alone
    Copy,
}

/// One document type (tên loại văn bản).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentType {
    /// Stable over all profiles: the abbreviation of 2020, `CV` for Công văn.
    pub key: String,
    /// As documents write it.
    pub name: String,
    /// Other names by which packets call it.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What the notation begins with; absent for letters.
    #[serde(default)]
    pub abbreviation: Option<String>,
    #[serde(default = "named")]
    pub form: TypeForm,
    /// `DocumentType/Type` in packets, list B of QCVN 102:2016/BTTTT/SĐ1:2022.
    #[serde(default)]
    pub packet_number: Option<u16>,
    /// Two digits, archive packets of Thông tư 05/2025/TT-BNV.
    #[serde(default)]
    pub archive_code: Option<String>,
    /// Series of the outbound book; `""` for the common one.
    #[serde(default)]
    pub series: String,
    /// Only where it differs from the table's.
    #[serde(default)]
    pub cite: Option<String>,
    #[serde(default)]
    pub confirmed: Option<bool>,
}

const fn named() -> TypeForm {
    TypeForm::Named
}

impl DocumentType {
    /// The notation: `QĐ-UBND` for a named type, `UBND-VX` for a letter that the unit `VX`
    /// drafted, `SY` for a copy (Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục II.3).
    pub fn notation(&self, agency: &str, unit: Option<&str>) -> String {
        let groups: [Option<&str>; 2] = match self.form {
            TypeForm::Named => [self.abbreviation.as_deref(), Some(agency)],
            TypeForm::Letter => [Some(agency), unit],
            TypeForm::Copy => [self.abbreviation.as_deref(), None],
        };
        let groups: Vec<&str> =
            groups.into_iter().flatten().map(str::trim).filter(|s| !s.is_empty()).collect();
        groups.join("-")
    }
}

/// At which step number and date are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NumberTaken {
    /// Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2: on the page before the leader signs.
    PersonalSignature,
    /// Drawn together with the organisation's signature, as some systems do.
    OrganisationSignature,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbering {
    /// The first number of a year.
    pub first: u32,
    pub per_year: bool,
    /// Digits at least: 2 writes `07`.
    pub min_digits: usize,
    pub taken_at: NumberTaken,
    pub cite: String,
    pub confirmed: bool,
}

impl Numbering {
    /// A number as the document writes it.
    pub fn written(&self, number: u32) -> String {
        format!("{number:0width$}", width = self.min_digits)
    }
}

/// Until when something is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Due {
    AtOnce,
    /// The end of the same day.
    SameDay,
    /// Noon of the next working day.
    NextWorkingMorning,
    /// The end of the next working day.
    NextWorkingDay,
}

impl Due {
    /// The moment at which what began at `from` is late.
    pub fn after(self, from: jiff::Timestamp, holidays: &calendar::Holidays) -> jiff::Timestamp {
        let at = |day: Date, hour, minute, second| {
            day.at(hour, minute, second, 0)
                .to_zoned(calendar::vietnam())
                .map_or(from, |moment| moment.timestamp())
        };
        let today = calendar::local(from).date();
        let next = || calendar::next_working_day(today, holidays);
        match self {
            Self::AtOnce => from,
            Self::SameDay => at(today, 23, 59, 59),
            Self::NextWorkingMorning => at(next(), 12, 0, 0),
            Self::NextWorkingDay => at(next(), 23, 59, 59),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadline {
    pub normal: Due,
    pub urgent: Due,
    pub cite: String,
    pub confirmed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deadlines {
    /// From the signature to the sending.
    pub send: Deadline,
    /// From the arrival to the sender being told.
    pub acknowledge: Deadline,
    /// From the arrival to the leader who assigns.
    pub submit: Deadline,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holidays {
    pub cite: String,
    pub rows: Vec<Holiday>,
}

/// A day on which offices are closed though it is no Saturday or Sunday.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Holiday {
    pub date: Date,
    pub name: Text,
    pub confirmed: bool,
}

/// What a file's bytes must look like.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Without the dot, lower case; the first is what is sent.
    pub extensions: Vec<String>,
    pub media_type: String,
    /// The bytes that the file begins with, in hex, one of them; empty for plain text.
    #[serde(default)]
    pub magic: Vec<String>,
    /// What the law permits it for.
    pub purpose: FormatPurpose,
    /// Whether the document itself, not only an annex, may be of it.
    #[serde(default)]
    pub main: bool,
    pub cite: String,
    pub confirmed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FormatPurpose {
    Signed,
    Text,
    Spreadsheet,
    Presentation,
    Graphics,
    Archive,
}

/// Sizes beyond which nothing is sent or taken in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    pub main_file_megabytes: u64,
    pub attachment_megabytes: u64,
    pub attachments: usize,
    pub packet_megabytes: u64,
    /// Characters.
    pub subject: usize,
    pub reason: usize,
    pub cite: String,
    pub confirmed: bool,
}

impl Limits {
    pub const fn main_file_bytes(&self) -> u64 {
        self.main_file_megabytes.saturating_mul(1 << 20)
    }

    pub const fn attachment_bytes(&self) -> u64 {
        self.attachment_megabytes.saturating_mul(1 << 20)
    }

    pub const fn packet_bytes(&self) -> u64 {
        self.packet_megabytes.saturating_mul(1 << 20)
    }
}

/// How paper is to be scanned; the clerk decides about what is not.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digitising {
    /// Dots per inch.
    pub least_dpi: f32,
    pub colour: bool,
    pub cite: String,
    pub confirmed: bool,
}

/// How long the fields of an inbound document may be, in characters.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldLengths {
    pub type_name: usize,
    pub number: usize,
    pub notation: usize,
    pub issuer: usize,
    pub subject: usize,
    /// Digits.
    pub pages: usize,
    pub position: usize,
    pub full_name: usize,
    /// All of them together.
    pub recipients: usize,
    pub cite: String,
    pub confirmed: bool,
}

/// How far what is read off a page is trusted, 0 to 1.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extraction {
    /// From here on a field is filled in by itself when a bare PDF arrives.
    pub sure: f32,
    /// Below this nothing is said against a document.
    pub doubtful: f32,
    pub cite: String,
    pub confirmed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnReasons {
    pub cite: String,
    pub confirmed: bool,
    pub rows: Vec<ReturnReason>,
}

/// A reason for which a document may be returned, ready to be chosen.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReturnReason {
    pub key: String,
    pub text: Text,
    /// What failed at the gate when it is proposed.
    #[serde(default)]
    pub after: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Statuses {
    pub cite: String,
    pub rows: Vec<Status>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    Sender,
    Receiver,
}

/// A status code of packets.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Status {
    pub code: StatusCode,
    pub text: Text,
    /// Which side of a document says it.
    pub from: Side,
    pub confirmed: bool,
}

/// The second part of a document id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentIdForm {
    /// `000.01.05.H30,2019,7`
    Year,
    /// `000.01.05.H30,2019/05/06,07/QĐ-UBND`
    Date,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentIds {
    pub form: DocumentIdForm,
    pub cite: String,
    pub confirmed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AgencyCodeForm {
    #[serde(rename = "qcvn-2016")]
    Qcvn2016,
    #[serde(rename = "decision-2020")]
    Decision2020,
}

impl AgencyCodeForm {
    pub const fn matches(self, form: CodeForm) -> bool {
        matches!(
            (self, form),
            (Self::Qcvn2016, CodeForm::Qcvn2016) | (Self::Decision2020, CodeForm::Decision2020)
        )
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyCodes {
    /// The form of new codes.
    pub preferred: AgencyCodeForm,
    /// Forms that are read without a warning.
    pub accepted: Vec<AgencyCodeForm>,
    pub cite: String,
    pub confirmed: bool,
}

/// A report that recurs every year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    pub key: String,
    pub name: Text,
    /// `MM-DD`.
    pub due: Vec<String>,
    pub cite: String,
    pub confirmed: bool,
}
