//! What a check found, for the window, for scripts and for the store.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use super::check::Change;
use super::make::Level;
use super::reason::Reason;
use crate::domain::outbound::SignatureKind;
use crate::domain::verdict::{SignatureSummary, Verdict, VerdictSummary};
use crate::pki::path::PathReport;
use crate::pki::{Certificate, DigestAlgorithm, Evidence};

/// How much of the file a signature covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Covers {
    WholeDocument,
    /// An earlier revision: something was appended since.
    Revision,
}

/// What was done to the file after a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Modifications {
    None,
    /// Only what signing permits, such as a further signature.
    Permitted,
    Forbidden,
}

/// One signature or document time stamp.
#[derive(Debug, Clone)]
pub struct SignatureReport {
    pub field: String,
    pub is_document_timestamp: bool,
    pub kind: Option<SignatureKind>,
    pub verdict: Verdict,
    /// Sorted, each once.
    pub reasons: Vec<Reason>,
    /// The signer's certificate, where it was found.
    pub certificate: Option<Certificate>,
    /// From the signer's issuer upwards, as far as it was found.
    pub chain: Vec<Certificate>,
    /// What the verdict rests on beside the file's bytes, to be kept with the document as
    /// long as the document is kept.
    pub proof: Proof,
    pub signing_time: Option<Timestamp>,
    /// The time is a time stamp's and not the signer's claim.
    pub time_stamped: bool,
    /// When the signature is known to have been there: the time of its own time stamp, or of
    /// the first document time stamp over it.
    pub proved_at: Option<Timestamp>,
    /// `None` where it does not reach B-B.
    pub level: Option<Level>,
    pub covers: Covers,
    pub modifications: Modifications,
    /// What was done since, permitted or not.
    pub changes: Vec<Change>,
    pub digest: Option<DigestAlgorithm>,
    /// How many of the file's bytes were there when it was signed; cut there, the file is
    /// what the signer saw.
    pub signed_length: Option<usize>,
    /// `/Reason` and `/Location`, the signer's own words.
    pub stated_reason: Option<String>,
    pub stated_location: Option<String>,
}

/// Certificates and revocation data that were relied upon.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proof {
    pub certificates: Vec<Certificate>,
    pub evidence: Evidence,
}

impl Proof {
    pub(super) fn add(&mut self, path: &PathReport) {
        for certificate in &path.chain {
            if !self.certificates.contains(certificate) {
                self.certificates.push(certificate.clone());
            }
        }
        self.evidence.merge(&path.used);
    }
}

/// A file's signatures and the verdict on the whole.
#[derive(Debug, Clone)]
pub struct Report {
    /// The worst signature's; `Unsigned` where there is none.
    pub verdict: Verdict,
    /// The reasons of those signatures that have this verdict.
    pub reasons: Vec<Reason>,
    pub pages: u32,
    pub signatures: Vec<SignatureReport>,
    pub checked_at: Timestamp,
    /// Nothing was asked of the network: what the file and this computer know decides.
    pub offline: bool,
}

impl SignatureReport {
    /// The signer's common name; empty where no certificate was found.
    pub fn signer(&self) -> &str {
        let name = self.certificate.as_ref().map(Certificate::subject);
        name.and_then(|name| name.common_name.as_deref()).unwrap_or_default()
    }

    pub fn organisation(&self) -> &str {
        let name = self.certificate.as_ref().map(Certificate::subject);
        name.and_then(|name| name.organisation.as_deref()).unwrap_or_default()
    }

    pub fn issuer(&self) -> &str {
        let name = self.certificate.as_ref().map(Certificate::issuer);
        name.and_then(|name| name.common_name.as_deref()).unwrap_or_default()
    }

    pub fn serial(&self) -> String {
        self.certificate.as_ref().map(Certificate::serial_hex).unwrap_or_default()
    }

    /// `B-B` … `B-LTA`, or `none`.
    pub fn level_name(&self) -> &'static str {
        self.level.map_or("none", Level::name)
    }

    fn codes(&self) -> Vec<&'static str> {
        self.reasons.iter().map(|reason| reason.code()).collect()
    }

    fn to_json(&self) -> Value {
        json!({
            "field": self.field,
            "kind": match self.kind {
                Some(SignatureKind::Personal) => "personal",
                Some(SignatureKind::Organisation) => "organisation",
                None => "unknown",
            },
            "verdict": self.verdict,
            "reasons": self.codes(),
            "signer": self.signer(),
            "issuer": self.issuer(),
            "serial": self.serial(),
            "signing_time": self.signing_time.map(in_vietnam),
            "time_source": if self.time_stamped { "timestamp" } else { "claimed" },
            "level": self.level_name(),
            "covers": match self.covers {
                Covers::WholeDocument => "whole_document",
                Covers::Revision => "revision",
            },
            "modifications": match self.modifications {
                Modifications::None => "none",
                Modifications::Permitted => "permitted",
                Modifications::Forbidden => "forbidden",
            },
            "digest": self.digest.map_or("unknown", DigestAlgorithm::name),
            "key": self
                .certificate
                .as_ref()
                .map_or_else(|| "unknown".to_owned(), |found| found.key_kind().to_string()),
        })
    }
}

/// ISO 8601 with Việt Nam's offset, as times are written in signatures.
fn in_vietnam(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(Offset::constant(7))).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Report {
    /// One entry of `files` in what `vanthuctl verify --json` prints.
    pub fn to_json(&self, file: &str) -> Value {
        json!({
            "file": file,
            "verdict": self.verdict,
            "reasons": self.reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>(),
            "pages": self.pages,
            "signatures":
                self.signatures.iter().map(SignatureReport::to_json).collect::<Vec<_>>(),
        })
    }

    /// What the office stores with the document. Document time stamps are no signatures of
    /// anybody and stay out of it; the verdict counts them.
    pub fn summary(&self) -> VerdictSummary {
        let signatures = self.signatures.iter().filter(|found| !found.is_document_timestamp);
        VerdictSummary {
            verdict: self.verdict,
            reasons: self.reasons.iter().map(|reason| reason.code().to_owned()).collect(),
            signatures: signatures
                .map(|found| SignatureSummary {
                    kind: found.kind,
                    verdict: found.verdict,
                    reasons: found.codes().into_iter().map(str::to_owned).collect(),
                    signer: found.signer().to_owned(),
                    organisation: found.organisation().to_owned(),
                    issuer: found.issuer().to_owned(),
                    serial: found.serial(),
                    signed_at: found.signing_time,
                    time_stamped: found.time_stamped,
                    level: found.level_name().to_owned(),
                })
                .collect(),
            checked_at: self.checked_at,
            checker: concat!("vanthu ", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}
