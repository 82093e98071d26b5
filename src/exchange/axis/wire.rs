//! The vocabulary of the axis' gateway, spoken by our client and our server alike.
//!
//! Every application header goes out under the prefix `XroadVnpt-`. Which they are, in which
//! order, with which values stands in three more: the list of their names, the same as JSON,
//! and the HMAC-SHA256 over exactly that JSON text under the system's secret. So a server
//! checks the text it was given and then whether the headers say what the text says; it never
//! has to make the text again.

use std::fmt::Write as _;

use aws_lc_rs::hmac;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::calendar;

/// Stands before the name of every application header.
pub const PREFIX: &str = "XroadVnpt-";
pub const SIGN_HEADER_KEY: &str = "XroadVnpt-sign-header-key";
pub const SIGN_HEADER: &str = "XroadVnpt-sign-header";
pub const HASH_HEADER: &str = "XroadVnpt-hash-header";
pub const VERSION: &str = "XroadVnpt-version";
/// The version that the published library of the axis calls itself.
pub const VERSION_VALUE: &str = "3.0.201608";
pub const USER_AGENT: &str = "JAVASDKAgent/1.0.0 XRoad/VPCP";

/// The part of a multipart body that holds the packet.
pub const FILE_PART: &str = "file_doc";

/// How far a caller's clock may stand from the server's, either way.
pub const CLOCK_WINDOW: SignedDuration = SignedDuration::from_mins(15);

/// Application headers in sending order, without the prefix.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// What every call begins with.
    pub fn of(system: &str) -> Self {
        Self::default().with("systemid", system)
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The value of `name`; the library itself writes `docid` and `docId`, so case is no
    /// difference.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    }

    /// All headers of the call, names with their prefix, the three of the signature last.
    pub fn signed(&self, secret: &[u8]) -> Vec<(String, String)> {
        let named = |(name, value): &(String, String)| (format!("{PREFIX}{name}"), value.clone());
        let mut headers: Vec<_> = self.0.iter().map(named).collect();
        let names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        let text = self.text();
        let hash = hex::encode(hmac::sign(&key(secret), text.as_bytes()));
        headers.push((SIGN_HEADER_KEY.to_owned(), names.join(";")));
        headers.push((SIGN_HEADER.to_owned(), text));
        headers.push((HASH_HEADER.to_owned(), hash));
        headers
    }

    /// The JSON object that is signed, written as the library's serialiser (Gson) does.
    fn text(&self) -> String {
        let mut text = String::from("{");
        for (index, (name, value)) in self.0.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            text.push_str(&quoted(&format!("{PREFIX}{name}")));
            text.push(':');
            text.push_str(&quoted(value));
        }
        text.push('}');
        text
    }

    /// Reads and checks the headers of a call: the HMAC holds under `secret`, and every
    /// header that it covers is there with the value that it covers.
    ///
    /// `header` gives a header's value by its name.
    pub fn verify<'h>(
        header: impl Fn(&str) -> Option<&'h str>,
        secret: &[u8],
    ) -> Result<Self, BadSignature> {
        let text = header(SIGN_HEADER).ok_or(BadSignature)?;
        let hash = header(HASH_HEADER).and_then(|hash| hex::decode(hash).ok());
        hmac::verify(&key(secret), text.as_bytes(), &hash.ok_or(BadSignature)?)
            .map_err(|_| BadSignature)?;
        let Self(named) = serde_json::from_str(text).map_err(|_| BadSignature)?;
        let mut fields = Vec::with_capacity(named.len());
        for (name, value) in named {
            let plain = name.strip_prefix(PREFIX).ok_or(BadSignature)?;
            // A `version` that is asked for goes out under the name of the library's own, twice.
            if name != VERSION && header(&name) != Some(value.as_str()) {
                return Err(BadSignature);
            }
            fields.push((plain.to_owned(), value));
        }
        Ok(Self(fields))
    }
}

/// The headers do not prove who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadSignature;

impl<'de> Deserialize<'de> for Fields {
    /// An object in its own order; a name that stands twice is no object of ours.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object of texts")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields: Vec<(String, String)> = Vec::new();
                while let Some((name, value)) = map.next_entry::<String, String>()? {
                    if fields.iter().any(|(known, _)| known.eq_ignore_ascii_case(&name)) {
                        return Err(serde::de::Error::custom("a header named twice"));
                    }
                    fields.push((name, value));
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

/// A JSON string as Gson writes it: also what HTML would read is escaped.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '=' | '\'' | '\0'..='\u{1f}' | '\u{2028}' | '\u{2029}' => {
                // Writing into a String cannot fail.
                let _ = write!(out, "\\u{:04x}", u32::from(character));
            }
            other => out.push(other),
        }
    }
    out.push('"');
    out
}

/// SHA-256 of a packet as the library writes it: each byte without its leading zero, so that
/// the text may be shorter than 64 digits; `padded` writes it as everybody else does.
pub fn file_hash(bytes: &[u8], padded: bool) -> String {
    hash_text(&Sha256::digest(bytes), padded)
}

/// The same of a hash that is known.
pub fn hash_text(hash: &[u8], padded: bool) -> String {
    let mut text = String::with_capacity(64);
    for byte in hash {
        // Writing into a String cannot fail.
        let _ = if padded { write!(text, "{byte:02x}") } else { write!(text, "{byte:x}") };
    }
    text
}

/// A time as the library writes it, `ddMMyyyy'T'HHmmss+SSSS` in Vietnam's clock: what stands
/// behind the plus are milliseconds and no zone.
pub fn written_time(at: Timestamp) -> String {
    let local = calendar::local(at);
    let millis = local.subsec_nanosecond() / 1_000_000;
    format!("{}+{millis:04}", local.strftime("%d%m%YT%H%M%S"))
}

/// Reads [`written_time`]; `None` for anything else.
pub fn read_time(text: &str) -> Option<Timestamp> {
    let (seconds, millis) = text.split_once('+')?;
    let millis: i32 = millis.parse().ok().filter(|millis| (0..1_000).contains(millis))?;
    let local = DateTime::strptime("%d%m%YT%H%M%S", seconds).ok()?;
    let at = local.to_zoned(calendar::vietnam()).ok()?.timestamp();
    at.checked_add(SignedDuration::from_millis(i64::from(millis))).ok()
}

/// What every answer begins with. `ErrorCode` is a text or a number, as the server likes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub status: String,
    #[serde(rename = "ErrorCode", default, deserialize_with = "text_or_number")]
    pub code: String,
    #[serde(rename = "ErrorDesc", default, deserialize_with = "text_or_nothing")]
    pub describes: String,
}

impl Said {
    pub fn ok() -> Self {
        Self { status: "OK".into(), code: "0".into(), describes: "success".into() }
    }

    pub fn fail(code: ErrorCode, describes: impl Into<String>) -> Self {
        let code = code.number().to_string();
        Self { status: "FAIL".into(), code, describes: describes.into() }
    }

    pub fn is_ok(&self) -> bool {
        self.status.eq_ignore_ascii_case("OK") && matches!(self.code.as_str(), "0" | "")
    }
}

/// Why a gateway refuses, as one provincial axis numbers it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    FileNotValid,
    WrongSecret,
    UnknownReceiver,
    UnknownSender,
    System,
    Processing,
    WrongFormat,
    /// The receiver is locked.
    Locked,
}

impl ErrorCode {
    const ALL: [Self; 8] = [
        Self::FileNotValid,
        Self::WrongSecret,
        Self::UnknownReceiver,
        Self::UnknownSender,
        Self::System,
        Self::Processing,
        Self::WrongFormat,
        Self::Locked,
    ];

    pub const fn number(self) -> u8 {
        match self {
            Self::FileNotValid => 10,
            Self::WrongSecret => 15,
            Self::UnknownReceiver => 18,
            Self::UnknownSender => 19,
            Self::System => 20,
            Self::Processing => 21,
            Self::WrongFormat => 22,
            Self::Locked => 23,
        }
    }

    pub fn read(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.number().to_string() == code)
    }
}

/// Answer of `sendEdoc`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentAnswer {
    #[serde(flatten)]
    pub said: Said,
    #[serde(rename = "DocId", default, skip_serializing_if = "Option::is_none")]
    pub doc_id: Option<String>,
}

/// An answer with rows, or with text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataAnswer<T> {
    #[serde(flatten)]
    pub said: Said,
    pub data: Option<T>,
}

/// A row of `getReceivedEdocList`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ReceivedRow {
    #[serde(deserialize_with = "text_or_number")]
    pub doc_id: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub service_type: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub message_type: String,
    #[serde(rename = "created_time", deserialize_with = "text_or_nothing")]
    pub created_time: String,
    #[serde(rename = "updated_time", deserialize_with = "text_or_nothing")]
    pub updated_time: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub from: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub to: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub status: String,
    #[serde(rename = "status_desc", deserialize_with = "text_or_nothing")]
    pub status_desc: String,
}

/// A row of `getSentEdocList`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct SentRow {
    #[serde(deserialize_with = "text_or_nothing")]
    pub service_type: String,
    #[serde(deserialize_with = "text_or_number")]
    pub sender_doc_id: String,
    #[serde(deserialize_with = "text_or_number")]
    pub receiver_doc_id: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub from_code: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub to_code: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub title: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub notation: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub message_type: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub sent_time: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub received_time: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub send_status: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub send_status_desc: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub receive_status: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub receive_status_desc: String,
}

/// A row of `getAgenciesList`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct AgencyRow {
    #[serde(deserialize_with = "text_or_number")]
    pub id: String,
    #[serde(deserialize_with = "text_or_number")]
    pub pid: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub code: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub name: String,
    #[serde(deserialize_with = "text_or_nothing")]
    pub mail: String,
}

/// A row of `getSynchronizeUnit`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct UnitRow {
    #[serde(flatten)]
    pub agency: AgencyRow,
    /// That of the directory, to be asked with next time.
    #[serde(deserialize_with = "number_or_nothing")]
    pub version: u64,
    #[serde(deserialize_with = "text_or_number")]
    pub center_code: String,
    /// It is no more today.
    #[serde(deserialize_with = "yes_or_no")]
    pub deleted: bool,
    /// The day of its last change; empty if it has had none.
    #[serde(deserialize_with = "text_or_nothing")]
    pub modify_date: String,
    #[serde(deserialize_with = "yes_or_no")]
    pub is_agency: bool,
}

/// The statuses of `updateStatus` that end a packet's wait.
pub const DONE: &str = "done";
pub const ACCEPTED: &str = "acceptance";
pub const REJECTED: &str = "rejection";
/// The fetching failed: the packet waits on.
pub const FAIL: &str = "fail";

fn text_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(Option::<String>::deserialize(deserializer)?.unwrap_or_default())
}

/// What no number can be read from is 0.
fn number_or_nothing<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    Ok(text_or_number(deserializer)?.trim().parse().unwrap_or_default())
}

/// Written as a word of JSON, as a text or as a number.
fn yes_or_no<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Word(bool),
        Text(String),
        Number(i64),
    }
    Ok(match Option::<Either>::deserialize(deserializer)? {
        Some(Either::Word(word)) => word,
        Some(Either::Text(text)) => matches!(text.trim(), "1" | "true" | "True" | "TRUE"),
        Some(Either::Number(number)) => number != 0,
        None => false,
    })
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Either {
        Text(String),
        Number(i64),
    }
    Ok(match Option::<Either>::deserialize(deserializer)? {
        Some(Either::Text(text)) => text,
        Some(Either::Number(number)) => number.to_string(),
        None => String::new(),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    /// Header lines as the axis' own library sent them.
    const RECORDED: &str = include_str!("../../../tests/data/axis/requests.txt");
    const SECRET: &[u8] = b"matkhau-bi-mat";

    fn recorded() -> Vec<HashMap<&'static str, &'static str>> {
        let calls = RECORDED.split("=====").map(|call| {
            let head = call.trim_start().lines().take_while(|line| !line.trim().is_empty());
            head.skip(1).filter_map(|line| line.trim_end().split_once(": ")).collect()
        });
        calls.collect()
    }

    #[test]
    fn the_librarys_calls_are_believed() {
        let calls = recorded();
        assert_eq!(calls.len(), 5);
        for call in calls {
            let header = |name: &str| call.get(name).copied();
            let fields = Fields::verify(header, SECRET).unwrap();
            assert_eq!(fields.get("systemid"), Some("000.01.05.H30"));
            let names: Vec<&str> = fields.0.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(header(SIGN_HEADER_KEY).unwrap(), names.join(";"));
            assert_eq!(Fields::verify(header, b"another"), Err(BadSignature));
        }
    }

    #[test]
    fn our_calls_are_the_librarys() {
        for call in recorded() {
            let fields = Fields::verify(|name| call.get(name).copied(), SECRET).unwrap();
            for (name, value) in fields.signed(SECRET) {
                assert_eq!(call.get(name.as_str()), Some(&value.as_str()), "{name}");
            }
        }
    }

    #[test]
    fn a_header_that_says_something_else_is_refused() {
        for call in recorded() {
            for name in ["XroadVnpt-systemid", "XroadVnpt-timestamp"] {
                let header = |asked: &str| {
                    if asked == name { Some("000.00.00.H30") } else { call.get(asked).copied() }
                };
                assert_eq!(Fields::verify(header, SECRET), Err(BadSignature));
                let header =
                    |asked: &str| if asked == name { None } else { call.get(asked).copied() };
                assert_eq!(Fields::verify(header, SECRET), Err(BadSignature));
            }
        }
    }

    #[test]
    fn times_are_written_as_the_library_writes_them() {
        for call in recorded() {
            let text = call["XroadVnpt-timestamp"];
            let at = read_time(text).unwrap();
            assert_eq!(written_time(at), text);
        }
        let at = read_time("23112026T120030+0842").unwrap();
        assert_eq!(at.to_string(), "2026-11-23T05:00:30.842Z");
        for wrong in ["", "23112026T120030", "23112026T120030+1000", "32112026T120030+0000"] {
            assert_eq!(read_time(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_hash_loses_its_zeros() {
        let hash = [0x0f, 0xa0, 0x00, 0x10];
        assert_eq!(hash_text(&hash, false), "fa0010");
        assert_eq!(hash_text(&hash, true), "0fa00010");
        assert_eq!(file_hash(b"", true).len(), 64);
    }

    #[test]
    fn answers_are_read_in_each_of_their_forms() {
        let sent: SentAnswer =
            serde_json::from_str(r#"{"status":"OK","ErrorCode":0,"ErrorDesc":null,"DocId":"7"}"#)
                .unwrap();
        assert!(sent.said.is_ok());
        assert_eq!(sent.doc_id.as_deref(), Some("7"));
        let list: DataAnswer<Vec<ReceivedRow>> = serde_json::from_str(
            r#"{"status":"OK","ErrorCode":"0","ErrorDesc":"","data":[{"docId":12,"from":"H30","status":null}]}"#,
        )
        .unwrap();
        assert_eq!(list.data.unwrap()[0].doc_id, "12");
        let failed: SentAnswer =
            serde_json::from_str(r#"{"status":"FAIL","ErrorCode":"18","ErrorDesc":"x"}"#).unwrap();
        assert!(!failed.said.is_ok());
        assert_eq!(ErrorCode::read(&failed.said.code), Some(ErrorCode::UnknownReceiver));
    }

    #[test]
    fn texts_are_quoted_as_the_librarys_serialiser_does() {
        assert_eq!(quoted(r#"["H30"]"#), r#""[\"H30\"]""#);
        assert_eq!(quoted("a<b=c'd&\u{1}ệ"), "\"a\\u003cb\\u003dc\\u0027d\\u0026\\u0001ệ\"");
    }

    #[test]
    fn a_unit_is_read_however_its_fields_are_written() {
        let read = |fields: &str| {
            let row = format!(r#"{{"code":"H30.9","name":"Sở",{fields}}}"#);
            let row: UnitRow = serde_json::from_str(&row).unwrap();
            assert_eq!((row.agency.code.as_str(), row.agency.name.as_str()), ("H30.9", "Sở"));
            (row.version, row.deleted, row.modify_date)
        };
        let day = "2026/07/01".to_owned();
        let said = r#""version":7,"deleted":true,"modifyDate":"2026/07/01","id":3"#;
        assert_eq!(read(said), (7, true, day.clone()));
        let said = r#""version":"7","deleted":"true","modifyDate":"2026/07/01","pid":null"#;
        assert_eq!(read(said), (7, true, day));
        let said = r#""version":null,"deleted":0,"modifyDate":null,"other":[]"#;
        assert_eq!(read(said), (0, false, String::new()));
        assert_eq!(read(r#""version":"moi""#), (0, false, String::new()));
    }
}
