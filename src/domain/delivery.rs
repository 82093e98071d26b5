//! Status codes between offices, and how far a document has come at each recipient.
//!
//! QCVN 102:2016/BTTTT status messages; Quyết định 28/2018/QĐ-TTg Điều 10 khoản 2 điểm h.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::agency::AgencyCode;

/// A status code as packets write it, two digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum StatusCode {
    /// 01 đã đến
    Arrived,
    /// 02 từ chối tiếp nhận (trả lại)
    Returned,
    /// 03 đã tiếp nhận
    Accepted,
    /// 04 phân công
    Assigned,
    /// 05 đang xử lý
    InProcess,
    /// 06 hoàn thành
    Completed,
    /// 13 lấy lại (thu hồi), asked by the sender
    RecallAsked,
    /// 15 đồng ý thu hồi
    RecallAgreed,
    /// 16 từ chối thu hồi
    RecallRefused,
}

impl StatusCode {
    pub const ALL: [Self; 9] = [
        Self::Arrived,
        Self::Returned,
        Self::Accepted,
        Self::Assigned,
        Self::InProcess,
        Self::Completed,
        Self::RecallAsked,
        Self::RecallAgreed,
        Self::RecallRefused,
    ];

    /// The two digits on the wire.
    pub const fn digits(self) -> &'static str {
        match self {
            Self::Arrived => "01",
            Self::Returned => "02",
            Self::Accepted => "03",
            Self::Assigned => "04",
            Self::InProcess => "05",
            Self::Completed => "06",
            Self::RecallAsked => "13",
            Self::RecallAgreed => "15",
            Self::RecallRefused => "16",
        }
    }

    /// Reads the code with or without its leading zero.
    pub fn parse(text: &str) -> Option<Self> {
        let number: u8 = text.trim().parse().ok()?;
        let digits = format!("{number:02}");
        Self::ALL.into_iter().find(|code| code.digits() == digits)
    }
}

impl From<StatusCode> for String {
    fn from(code: StatusCode) -> Self {
        code.digits().to_owned()
    }
}

impl TryFrom<String> for StatusCode {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("unknown status code {text}"))
    }
}

/// One status that arrived from a recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusEntry {
    pub code: StatusCode,
    pub at: Timestamp,
    pub description: String,
}

/// What goes over the line for one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendState {
    /// In the outbox.
    Waiting,
    /// The server has it, with its receipt.
    Sent,
    /// Parked until a person decides; it does not block the others.
    Wedged,
}

/// How far an issued document has come at one recipient.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    pub recipient: AgencyCode,
    pub name: String,
    pub send: SendState,
    /// Why it is parked.
    pub reason: String,
    pub sent_at: Option<Timestamp>,
    /// Every status received, oldest first.
    pub statuses: Vec<StatusEntry>,
    /// How many of these were here when it was last sent again: they say nothing of that.
    #[serde(default)]
    pub earlier: usize,
    /// The document was asked back from this recipient.
    #[serde(default)]
    pub recall: Option<RecallAsk>,
    /// What was done about a delivery that nobody follows any more.
    #[serde(default)]
    pub closed: Option<String>,
}

/// That a document was asked back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallAsk {
    pub at: Timestamp,
    pub reason: String,
    /// How many statuses were here then: an answer comes after.
    pub seen: usize,
    /// The recipient was taken off the list, rather than the document recalled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub removed: bool,
}

/// The server's signed word that it has accepted a packet. It is kept with the key that proves
/// it: the server may have another one later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedReceipt {
    /// The sender, as the server knew it.
    pub sender: AgencyCode,
    /// The packet's place in the chain of what its sender has sent, and its link there.
    pub number: u64,
    pub link: String,
    /// Ed25519 (RFC 8032), lower-case hex.
    pub signature: String,
    /// The public key that the server named then, lower-case hex; empty where it named none.
    pub key: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_read_with_and_without_zero() {
        assert_eq!(StatusCode::parse("1"), Some(StatusCode::Arrived));
        assert_eq!(StatusCode::parse(" 03 "), Some(StatusCode::Accepted));
        assert_eq!(StatusCode::parse("13"), Some(StatusCode::RecallAsked));
        assert_eq!(StatusCode::parse("99"), None);
        assert_eq!(StatusCode::parse("x"), None);
        for code in StatusCode::ALL {
            assert_eq!(StatusCode::parse(code.digits()), Some(code));
        }
    }
}
