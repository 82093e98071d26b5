//! What is known of a document: its identity, its code, and the fields of its register row.

mod completed;

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::agency::AgencyCode;

/// A document's key inside one office, made without asking anyone (UUIDv7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DocumentKey(pub Uuid);

impl DocumentKey {
    pub fn fresh() -> Self {
        Self(Uuid::now_v7())
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::str::FromStr for DocumentKey {
    type Err = uuid::Error;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        s.parse().map(Self)
    }
}

/// The document identification code (mã định danh văn bản): agency code, year or date of
/// issue, running number or code (Quyết định 28/2018/QĐ-TTg Điều 10 khoản 2 điểm b).
///
/// In packets the three parts are joined by commas. The second part is a year or a date
/// `yyyy/MM/dd`, the third a number or a whole notation; both are kept as received.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct DocumentId {
    pub agency: AgencyCode,
    pub issued: String,
    pub number: String,
}

impl DocumentId {
    /// The form of the law: agency, year, running number.
    pub fn of_year(agency: AgencyCode, year: i16, number: u32) -> Self {
        Self { agency, issued: year.to_string(), number: number.to_string() }
    }

    /// Parses `agency,year-or-date,number`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.trim().splitn(3, ',').map(str::trim);
        let agency = AgencyCode::new(parts.next()?)?;
        let issued = parts.next().filter(|s| !s.is_empty())?.to_owned();
        let number = parts.next().filter(|s| !s.is_empty())?.to_owned();
        Some(Self { agency, issued, number })
    }
}

impl fmt::Display for DocumentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.agency, self.issued, self.number)
    }
}

impl From<DocumentId> for String {
    fn from(id: DocumentId) -> Self {
        id.to_string()
    }
}

impl TryFrom<String> for DocumentId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("not a document id: {text}"))
    }
}

/// The code of a document: number and notation (số và ký hiệu), such as `07/QĐ-UBND`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Code {
    /// Empty until a number is taken.
    pub number: String,
    pub notation: String,
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.notation)
    }
}

/// A number as it is written: below ten with a leading zero (Nghị định 30/2020/NĐ-CP Phụ
/// lục I, phần I, mục II.3).
pub fn written_number(number: u32) -> String {
    format!("{number:02}")
}

/// A date as documents write it: days below ten and months one and two with a leading
/// zero (Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục II.4).
pub fn written_date(date: Date) -> String {
    let month =
        if date.month() <= 2 { format!("{:02}", date.month()) } else { date.month().to_string() };
    format!("ngày {:02} tháng {month} năm {}", date.day(), date.year())
}

/// How urgent a document is (mức độ khẩn), as packets number it (QCVN 102:2016 `Priority`).
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Urgency {
    #[default]
    Normal,
    /// khẩn
    Urgent,
    /// thượng khẩn
    VeryUrgent,
    /// hỏa tốc
    Express,
    /// hỏa tốc hẹn giờ
    ExpressFixedHour,
}

impl Urgency {
    pub const ALL: [Self; 5] =
        [Self::Normal, Self::Urgent, Self::VeryUrgent, Self::Express, Self::ExpressFixedHour];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Normal => "normal",
            Self::Urgent => "urgent",
            Self::VeryUrgent => "very-urgent",
            Self::Express => "express",
            Self::ExpressFixedHour => "express-fixed-hour",
        }
    }

    /// The number in packets; an unknown number is read as express, never as less urgent.
    pub fn from_priority(priority: i64) -> Self {
        match priority {
            i64::MIN..=0 => Self::Normal,
            1 => Self::Urgent,
            2 => Self::VeryUrgent,
            3 => Self::Express,
            _ => Self::ExpressFixedHour,
        }
    }

    pub const fn priority(self) -> u8 {
        self as u8
    }
}

/// Whether a document directs others (QCVN 102:2016 `SteeringType`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Steering {
    #[default]
    Plain,
    /// văn bản chỉ đạo
    Steering,
    /// báo cáo việc thực hiện chỉ đạo
    Report,
}

impl Steering {
    pub const ALL: [Self; 3] = [Self::Plain, Self::Steering, Self::Report];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Steering => "steering",
            Self::Report => "report",
        }
    }

    /// The number in packets; 0 is seen for 1.
    pub const fn number(self) -> u8 {
        match self {
            Self::Plain => 1,
            Self::Steering => 2,
            Self::Report => 3,
        }
    }

    pub fn from_number(number: u8) -> Self {
        Self::ALL.into_iter().find(|one| one.number() == number).unwrap_or_default()
    }

    /// Neither directs nor reports; takes a reference because serde asks so.
    pub const fn is_plain(&self) -> bool {
        matches!(self, Self::Plain)
    }
}

/// Who signs (chức vụ, họ tên người ký): authority line, position, full name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Signer {
    /// `TM. ỦY BAN NHÂN DÂN`, `KT. CHỦ TỊCH` and so on; may be empty.
    pub competence: String,
    pub position: String,
    pub full_name: String,
}

/// Whom a document goes to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipient {
    pub agency: AgencyCode,
    pub name: String,
}

/// The document that this one answers (`ResponseFor`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResponseFor {
    pub agency: Option<AgencyCode>,
    /// `number/notation`.
    pub code: String,
    pub issued: Option<Date>,
    pub document_id: String,
}

/// The fields of a document, inbound and outbound (Nghị định 30/2020/NĐ-CP Phụ lục VI,
/// phần II; Quyết định 28/2018/QĐ-TTg Điều 10 khoản 2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Metadata {
    pub document_id: Option<DocumentId>,
    pub code: Code,
    /// Key of the type in the rule profile, such as `QĐ`; `CV` for an official letter.
    pub type_key: String,
    /// Name of the type as the document says it, such as `Quyết định`.
    pub type_name: String,
    /// trích yếu, at most 500 characters.
    pub subject: String,
    /// The issuing agency.
    pub issuer: Option<Recipient>,
    /// The issuing agency where it has no code: paper of a company, of a citizen, of an
    /// agency that the directory does not know.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unlisted_issuer: String,
    pub place: String,
    pub issued: Option<Date>,
    pub signer: Signer,
    pub urgency: Urgency,
    pub due: Option<Date>,
    pub pages: Option<u32>,
    pub copies: Option<u32>,
    pub recipients: Vec<Recipient>,
    /// Places on the "Nơi nhận" list that are not electronic recipients.
    pub other_places: Vec<String>,
    pub response_for: Vec<ResponseFor>,
    /// Ký hiệu người soạn thảo.
    pub drafter_notation: String,
    pub notes: String,
    /// Paper follows (Quyết định 01/2019 Điều 6 khoản 2).
    pub paper_follows: bool,
    /// Phạm vi lưu hành.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub circulation: String,
    #[serde(skip_serializing_if = "Steering::is_plain")]
    pub steering: Steering,
}

impl Metadata {
    /// The name of the issuing agency, with a code or without; empty where it is not known.
    pub fn issuer_name(&self) -> &str {
        self.issuer.as_ref().map_or(self.unlisted_issuer.as_str(), |issuer| issuer.name.as_str())
    }
}

/// Address of bytes in the store: SHA-256 in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BlobHash(pub String);

impl BlobHash {
    /// The address of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(hex::encode(Sha256::digest(bytes)))
    }
}

impl fmt::Display for BlobHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A file of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRef {
    pub blob: BlobHash,
    /// A safe file name, without any path.
    pub name: String,
    pub media_type: String,
    /// Bytes.
    pub size: u64,
    /// The document itself, or an attachment.
    pub main: bool,
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn ids_of_both_practices_parse() {
        for text in ["000.01.05.H30,2019,7", "H37.02.02,2026/11/23,07/QĐ-UBND"] {
            assert_eq!(DocumentId::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(DocumentId::parse("000.01.05.H30,2019"), None);
        assert_eq!(DocumentId::parse(",,"), None);
    }

    #[test]
    fn numbers_and_dates_as_written() {
        assert_eq!(written_number(7), "07");
        assert_eq!(written_number(112), "112");
        assert_eq!(written_date(date(2019, 2, 6)), "ngày 06 tháng 02 năm 2019");
        assert_eq!(written_date(date(2019, 5, 16)), "ngày 16 tháng 5 năm 2019");
    }

    #[test]
    fn unknown_urgency_is_never_less_urgent() {
        assert_eq!(Urgency::from_priority(9), Urgency::ExpressFixedHour);
        for urgency in Urgency::ALL {
            assert_eq!(Urgency::from_priority(urgency.priority().into()), urgency);
        }
    }
}
