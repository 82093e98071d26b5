//! The vocabulary of the `vanthu` profile, spoken by client and server alike: header names,
//! refusal codes, and the signature that every call carries.
//!
//! A call is signed with HMAC-SHA256 (RFC 2104) under the agency's secret. What is signed is
//! a [`Claim`]: everything that decides what the server does, and the hash of the body
//! instead of the body, so that a caller is known before a single byte of the body is read.
//! There is no nonce: each call of the profile may be repeated without effect, so replaying
//! one within the clock window gains nothing over what the first had done; what a listener
//! could learn from an answer is the business of TLS.

use std::fmt::Write as _;

use aws_lc_rs::{hmac, signature};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::agency::AgencyCode;
use crate::domain::delivery::SignedReceipt;

/// Who calls; the agency code, escaped by [`escape`].
pub const AGENCY: &str = "x-vanthu-agency";
/// When, RFC 3339.
pub const TIME: &str = "x-vanthu-time";
/// HMAC-SHA256 of the [`Claim`], lower-case hex.
pub const SIGNATURE: &str = "x-vanthu-signature";
/// SHA-256 of the body, lower-case hex; absent when there is no body.
pub const SHA256: &str = "x-vanthu-sha256";
/// Recipients' codes, escaped, joined by commas.
pub const TO: &str = "x-vanthu-to";
/// `document` or `status`.
pub const KIND: &str = "x-vanthu-kind";
/// Made from content by [`idempotency_key`].
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// The protocol of resumable uploads that is spoken, and its headers (tus 1.0.0).
pub const TUS_RESUMABLE: &str = "tus-resumable";
pub const TUS_VERSION: &str = "1.0.0";
pub const UPLOAD_LENGTH: &str = "upload-length";
pub const UPLOAD_OFFSET: &str = "upload-offset";
pub const UPLOAD_TYPE: &str = "application/offset+octet-stream";
/// From which byte of a packet an answer begins that was asked for with `?from=`.
pub const FROM: &str = "x-vanthu-from";
/// On every answer of the server; what lacks it was not said by the server.
pub const SERVER: &str = "x-vanthu-server";
/// The value of [`SERVER`]: name and profile version.
pub const SERVER_VALUE: &str = "vanthu/1";
/// The name in the answer of `GET /v1/health`.
pub const NAME: &str = "vanthu";

/// How far a caller's clock may stand from the server's, either way.
pub const CLOCK_WINDOW: SignedDuration = SignedDuration::from_mins(15);
/// Recipients of one parcel at most: every commune of a large province, several times over.
pub const MAX_RECIPIENTS: usize = 1_000;
/// What is as small as this, in bytes, goes up in one call: should the line break, little is
/// sent twice.
pub const SMALL: usize = 32 * 1024;

/// What a signature covers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Claim<'a> {
    pub method: &'a str,
    /// Path and query, as on the request line.
    pub target: &'a str,
    /// The five headers as sent; empty where absent.
    pub agency: &'a str,
    pub time: &'a str,
    pub sha256: &'a str,
    pub to: &'a str,
    pub kind: &'a str,
    pub key: &'a str,
}

impl Claim<'_> {
    /// The text that is signed: a name for the scheme, then one fact per line. None of the
    /// facts can hold a line break, being parts of an HTTP head.
    pub fn text(&self) -> String {
        [
            "VANTHU-HMAC-SHA256",
            self.method,
            self.target,
            self.agency,
            self.time,
            self.sha256,
            self.to,
            self.kind,
            self.key,
        ]
        .join("\n")
    }

    pub fn sign(&self, secret: &[u8]) -> String {
        hex::encode(hmac::sign(&key(secret), self.text().as_bytes()))
    }

    /// Whether `signature` was made with `secret`, in constant time.
    pub fn verify(&self, secret: &[u8], signature: &str) -> bool {
        let Ok(signature) = hex::decode(signature) else { return false };
        hmac::verify(&key(secret), self.text().as_bytes(), &signature).is_ok()
    }
}

fn key(secret: &[u8]) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, secret)
}

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether `text` has the form of [`sha256_hex`].
pub fn is_sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// The header value for a parcel's key: its hash, because a key may hold any characters.
pub fn idempotency_key(key: &str) -> String {
    sha256_hex(key.as_bytes())
}

/// An agency code fit for a header. Codes may hold letters beyond ASCII; those are written
/// as `%XX` per byte of UTF-8 (RFC 3986 section 2.1).
pub fn escape(code: &AgencyCode) -> String {
    let mut out = String::with_capacity(code.as_str().len());
    for byte in code.as_str().bytes() {
        if byte.is_ascii_alphanumeric() || b"._-".contains(&byte) {
            out.push(char::from(byte));
        } else {
            // Writing into a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

/// Reads what [`escape`] wrote; `None` if it is not an agency code.
pub fn unescape(text: &str) -> Option<AgencyCode> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            bytes.extend(hex::decode(digits).ok()?);
            rest = tail;
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    AgencyCode::new(&String::from_utf8(bytes).ok()?)
}

/// The recipients' header.
pub fn escape_all(codes: &[AgencyCode]) -> String {
    codes.iter().map(escape).collect::<Vec<_>>().join(",")
}

/// Reads the recipients' header; `None` if one of them is not an agency code, or if they
/// are none or too many. Naming one twice is naming it once.
pub fn unescape_all(text: &str) -> Option<Vec<AgencyCode>> {
    let mut codes = Vec::new();
    for part in text.split(',') {
        let code = unescape(part.trim())?;
        if !codes.contains(&code) {
            codes.push(code);
        }
        if codes.len() > MAX_RECIPIENTS {
            return None;
        }
    }
    Some(codes)
}

/// Why the server refuses; never renamed, new ones may come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Code {
    BadCredentials,
    /// The client certificate speaks for no office, or for another one.
    CertificateRefused,
    ClockSkew,
    BadRequest,
    RecipientUnknown,
    /// A recipient is no more; others go on with its work.
    RecipientClosed,
    TooLarge,
    HashMismatch,
    /// The same key with other content.
    KeyReused,
    NotFound,
    BadRange,
    TimedOut,
    Busy,
    /// The office has sent what it may on a day.
    OverQuota,
    /// The office has too many uploads under way to begin another; those go on.
    TooManyUploads,
    StorageFailed,
    /// A code of a later server.
    #[serde(other)]
    Unknown,
}

impl Code {
    /// As on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::BadCredentials => "bad-credentials",
            Self::CertificateRefused => "certificate-refused",
            Self::ClockSkew => "clock-skew",
            Self::BadRequest => "bad-request",
            Self::RecipientUnknown => "recipient-unknown",
            Self::RecipientClosed => "recipient-closed",
            Self::TooLarge => "too-large",
            Self::HashMismatch => "hash-mismatch",
            Self::KeyReused => "key-reused",
            Self::NotFound => "not-found",
            Self::BadRange => "bad-range",
            Self::TimedOut => "timed-out",
            Self::Busy => "busy",
            Self::OverQuota => "over-quota",
            Self::TooManyUploads => "too-many-uploads",
            Self::StorageFailed => "storage-failed",
            Self::Unknown => "unknown",
        }
    }
}

/// Body of every refusal, `application/problem+json` (RFC 9457) with our own members.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    pub status: u16,
    pub code: Code,
    /// For the log, in English.
    pub detail: String,
    /// The server's time, so that a caller can see how its own clock stands.
    pub time: Timestamp,
    /// With `recipient-unknown`: which.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<AgencyCode>,
    /// With `recipient-closed`: which, and who goes on with their work.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed: Vec<ClosedRecipient>,
    /// With `too-large`: bytes at most.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// A recipient that is no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClosedRecipient {
    pub code: AgencyCode,
    /// The first day on which it is no more.
    pub since: Date,
    /// Who goes on with its work today; none if nobody does.
    #[serde(default)]
    pub successors: Vec<AgencyCode>,
}

/// Answer of `GET /v1/health`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Health {
    pub name: String,
    pub version: String,
    pub time: Timestamp,
    pub packet_limit: u64,
    /// The Ed25519 public key (RFC 8032) of the server's receipts, lower-case hex; empty where
    /// the server signs none.
    #[serde(default)]
    pub receipt_key: String,
}

/// Answer of `POST /v1/packets`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accepted {
    pub id: String,
    pub received_at: Timestamp,
    /// Ed25519 signature over [`Receipted::text`], lower-case hex.
    pub receipt: String,
    /// The packet's place in the chain of its sender, from 1, and its link there.
    #[serde(default)]
    pub number: u64,
    #[serde(default)]
    pub link: String,
}

/// What a receipt says: that the server has accepted this, from whom, when, and as which
/// link of the sender's chain.
#[derive(Debug, Clone, Copy)]
pub struct Receipted<'a> {
    pub id: &'a str,
    pub sender: &'a AgencyCode,
    pub sha256: &'a str,
    pub received_at: Timestamp,
    pub number: u64,
    pub link: &'a str,
}

impl<'a> Receipted<'a> {
    /// What a kept receipt says of the packet that the server named `id`.
    pub fn of(
        signed: &'a SignedReceipt,
        id: &'a str,
        sha256: &'a str,
        received_at: Timestamp,
    ) -> Self {
        let SignedReceipt { sender, number, link, .. } = signed;
        Self { id, sender, sha256, received_at, number: *number, link }
    }

    /// The text that is signed: a name for the scheme, then one fact per line.
    pub fn text(&self) -> String {
        let Self { id, sender, sha256, received_at, number, link } = self;
        format!("VANTHU-RECEIPT\n{id}\n{sender}\n{sha256}\n{received_at}\n{number}\n{link}")
    }

    /// Whether `receipt` is the word of the server that has `key` (both lower-case hex). Who
    /// holds a receipt can show it to anybody: it takes no secret to check.
    pub fn is_proved(&self, receipt: &str, key: &str) -> bool {
        let (Ok(receipt), Ok(key)) = (hex::decode(receipt), hex::decode(key)) else {
            return false;
        };
        let key = signature::UnparsedPublicKey::new(&signature::ED25519, key);
        key.verify(self.text().as_bytes(), &receipt).is_ok()
    }
}

/// Body of `POST /v1/packets/{id}/receipt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Confirmation {
    pub state: super::Outcome,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CLAIM: Claim<'_> = Claim {
        method: "POST",
        target: "/v1/packets?a=b",
        agency: "000.01.05.H30",
        time: "2026-11-23T10:00:00Z",
        sha256: "00",
        to: "000.00.00.H30",
        kind: "document",
        key: "k",
    };

    #[test]
    fn every_fact_is_covered() {
        let signature = CLAIM.sign(b"matkhau");
        assert!(CLAIM.verify(b"matkhau", &signature));
        assert!(!CLAIM.verify(b"matkhau2", &signature));
        assert!(!CLAIM.verify(b"matkhau", "not hex"));
        assert!(!CLAIM.verify(b"matkhau", ""));
        let changed = [
            Claim { method: "PUT", ..CLAIM },
            Claim { target: "/v1/packets", ..CLAIM },
            Claim { agency: "H30", ..CLAIM },
            Claim { time: "2026-11-23T10:00:01Z", ..CLAIM },
            Claim { sha256: "01", ..CLAIM },
            Claim { to: "H31", ..CLAIM },
            Claim { kind: "status", ..CLAIM },
            Claim { key: "l", ..CLAIM },
        ];
        for claim in changed {
            assert!(!claim.verify(b"matkhau", &signature), "{claim:?}");
        }
    }

    #[test]
    fn the_scheme_is_what_others_compute() {
        // printf 'VANTHU-HMAC-SHA256\nPOST\n…' | openssl dgst -sha256 -hmac matkhau
        let known = "84f311104cb6f98c0464c46fcc5a3697994e6ee803c1b6ff39910e3c858f15e4";
        assert_eq!(CLAIM.sign(b"matkhau"), known);
    }

    #[test]
    fn codes_are_named_as_serde_writes_them() {
        for code in [
            Code::BadCredentials,
            Code::CertificateRefused,
            Code::RecipientClosed,
            Code::KeyReused,
            Code::OverQuota,
            Code::TooManyUploads,
            Code::StorageFailed,
            Code::BadRange,
        ] {
            assert_eq!(serde_json::to_value(code).unwrap(), code.name());
        }
        assert_eq!(serde_json::from_str::<Code>("\"of-2030\"").unwrap(), Code::Unknown);
    }

    #[test]
    fn recipients_are_read_strictly() {
        let code = |text| AgencyCode::new(text).unwrap();
        assert_eq!(unescape_all("H30, H31,H30"), Some(vec![code("H30"), code("H31")]));
        assert_eq!(unescape_all(""), None);
        assert_eq!(unescape_all("H30,,H31"), None);
        assert_eq!(unescape("%"), None);
        assert_eq!(unescape("%2"), None);
        assert_eq!(unescape("%FF"), None);
        assert_eq!(unescape("a%2Fb"), None);
        let many = (0..=MAX_RECIPIENTS).map(|n| format!("H{n}")).collect::<Vec<_>>().join(",");
        assert_eq!(unescape_all(&many), None);
    }

    proptest! {
        #[test]
        fn any_code_survives_the_header(text in "[\\p{L}0-9._-]{1,50}") {
            if let Some(code) = AgencyCode::new(&text) {
                let escaped = escape(&code);
                prop_assert!(escaped.bytes().all(|b| b.is_ascii_graphic() && b != b','));
                prop_assert_eq!(unescape(&escaped), Some(code));
            }
        }

        #[test]
        fn no_header_makes_reading_fail_loudly(text in "\\PC{0,80}") {
            let _ = unescape_all(&text);
        }
    }
}
