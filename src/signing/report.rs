//! What a check found, for the window, for scripts and for the store.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::{Value, json};

use super::check::Change;
use super::indication::{self, Indication, SubIndication};
use super::make::Level;
use super::reason::Reason;
use crate::domain::act::SigningAct;
use crate::domain::outbound::SignatureKind;
use crate::domain::verdict::{
    ChangeDetail, SignatureDetail, SignatureSummary, Step, StepName, StepResult, Verdict,
    VerdictSummary,
};
use crate::pki::path::PathReport;
use crate::pki::{Certificate, DigestAlgorithm, Evidence, trust};

mod printable;

pub use printable::{FileFacts, change, finding, printable};

/// Program and version, as they stand in verdicts.
pub const CHECKER: &str = concat!("vanthu ", env!("CARGO_PKG_VERSION"));

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

/// Where the revocation data came from that decided; of several places, the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RevocationSource {
    /// It came along in the file.
    Document,
    /// Kept from an earlier check, and still in force.
    Kept,
    Network,
}

impl RevocationSource {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Document => "document",
            Self::Kept => "kept",
            Self::Network => "network",
        }
    }
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
    /// Remarks that bear on nothing; sorted, each once.
    pub notes: Vec<Reason>,
    /// For which act it was made, as far as that can be told.
    pub act: Option<SigningAct>,
    /// The signer's certificate, where it was found.
    pub certificate: Option<Certificate>,
    /// From the signer's issuer upwards, as far as it was found.
    pub chain: Vec<Certificate>,
    /// The trusted root, where the path reaches one.
    pub root: Option<Certificate>,
    /// Whether the path was looked at; it is not where the bytes are wrong already.
    pub path_checked: bool,
    /// `None` where no revocation data was needed or to be had.
    pub revocation: Option<RevocationSource>,
    /// What the verdict rests on beside the file's bytes, to be kept with the document as
    /// long as the document is kept.
    pub proof: Proof,
    pub signing_time: Option<Timestamp>,
    /// The time is a time stamp's and not the signer's claim.
    pub time_stamped: bool,
    /// What the signer says.
    pub claimed_time: Option<Timestamp>,
    /// How many time stamps there are over the signature, good or not.
    pub stamps: usize,
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
    /// The names of the fields for number and date that are still empty.
    pub left_open: Vec<String>,
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

    /// The reasons that gave it its verdict; none where it is valid.
    pub fn deciding(&self) -> Vec<Reason> {
        let decides =
            |reason: &&Reason| self.verdict != Verdict::Valid && reason.effect() == self.verdict;
        self.reasons.iter().filter(decides).copied().collect()
    }

    /// The words of ETSI EN 319 102-1.
    pub fn indication(&self) -> (Indication, Option<SubIndication>) {
        indication::conclude(&self.reasons, self.time_stamped)
    }

    /// Every step of the check, in order, with what was found in it.
    pub fn steps(&self) -> Vec<Step> {
        StepName::ALL.into_iter().map(|step| self.step(step)).collect()
    }

    fn step(&self, step: StepName) -> Step {
        let of = |reason: &&Reason| reason.step() == step;
        let found: Vec<Reason> =
            self.reasons.iter().chain(&self.notes).filter(of).copied().collect();
        let worst = found.iter().map(|reason| reason.effect()).max().unwrap_or(Verdict::Valid);
        let read = self.signed_length.is_some();
        let reached = match step {
            StepName::Integrity => true,
            StepName::Changes => read,
            StepName::Signature => read && !self.reasons.contains(&Reason::IntegrityBroken),
            StepName::Certificate | StepName::Chain => self.path_checked,
            StepName::Revocation | StepName::Time | StepName::Algorithms => self.path_checked,
        };
        let doubtful = found.contains(&Reason::TimestampUntrusted)
            || found.contains(&Reason::TimestampExpired);
        // Without a path to the authority nothing can be asked about revocation.
        let no_path = step == StepName::Revocation && self.root.is_none();
        let result = match worst {
            Verdict::Invalid => StepResult::Failed,
            Verdict::Indeterminate => StepResult::Unknown,
            _ if !reached || no_path => StepResult::Skipped,
            // Certificates that name no service which would tell, as demonstrations have them.
            _ if step == StepName::Revocation && self.revocation.is_none() => StepResult::Absent,
            _ if step == StepName::Time && !self.time_stamped && self.stamps == 0 => {
                StepResult::Absent
            }
            _ if step == StepName::Time && !self.time_stamped && doubtful => StepResult::Unknown,
            _ => StepResult::Passed,
        };
        let reasons = found.iter().map(|reason| reason.code().to_owned()).collect();
        Step { step, result, reasons }
    }

    /// What was done to the file since, with where and what.
    pub fn change_details(&self) -> Vec<ChangeDetail> {
        self.changes.iter().map(Change::detail).collect()
    }

    /// The pinned name of the trusted root, where its fingerprint is known.
    pub fn known_root(&self) -> Option<String> {
        self.root.as_ref().and_then(trust::pinned).map(|pin| pin.name)
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
            "reasons": codes(&self.reasons),
            "notes": codes(&self.notes),
            "indication": self.indication().0.name(),
            "sub_indication": self.indication().1.map(SubIndication::name),
            "steps": self.steps(),
            "act": self.act,
            "document_timestamp": self.is_document_timestamp,
            "organisation": self.organisation(),
            "root": self.root.as_ref().map(|root| json!({
                "name": root.subject().label(),
                "sha256": root.fingerprint(),
                "known": self.known_root(),
            })),
            "revocation": self.revocation.map(RevocationSource::key),
            "claimed_time": self.claimed_time.map(in_vietnam),
            "signed_length": self.signed_length,
            "changes": change_codes(&self.changes),
            "change_details": self.change_details(),
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

fn codes(reasons: &[Reason]) -> Vec<&'static str> {
    reasons.iter().map(|reason| reason.code()).collect()
}

/// Each kind of change once.
fn change_codes(changes: &[Change]) -> Vec<&'static str> {
    let mut codes: Vec<_> = changes.iter().map(Change::code).collect();
    codes.dedup();
    codes
}

/// ISO 8601 with Việt Nam's offset, as times are written in signatures.
fn in_vietnam(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(Offset::constant(7))).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

impl Report {
    /// The standard's words for the file: those of the signature that decides. `None` where
    /// nothing is signed.
    pub fn indication(&self) -> Option<(Indication, Option<SubIndication>)> {
        let worst = self.signatures.iter().filter(|found| found.verdict == self.verdict);
        worst
            .map(SignatureReport::indication)
            .min_by_key(|(indication, sub)| (*indication != Indication::TotalFailed, *sub))
    }

    /// One entry of `files` in what `vanthuctl verify --json` prints.
    pub fn to_json(&self, file: &str) -> Value {
        let indication = self.indication();
        json!({
            "file": file,
            "verdict": self.verdict,
            "indication": indication.map(|(indication, _)| indication.name()),
            "sub_indication": indication.and_then(|(_, sub)| sub).map(SubIndication::name),
            "reasons": codes(&self.reasons),
            "pages": self.pages,
            "offline": self.offline,
            "checked_at": in_vietnam(self.checked_at),
            "checker": CHECKER,
            "signatures":
                self.signatures.iter().map(SignatureReport::to_json).collect::<Vec<_>>(),
        })
    }

    /// What the office stores with the document; whoever knows what to expect of the document
    /// adds the lines of completeness. Document time stamps are no signatures of
    /// anybody and stay out of it; the verdict counts them.
    pub fn summary(&self) -> VerdictSummary {
        let signatures = self.signatures.iter().filter(|found| !found.is_document_timestamp);
        let owned = |codes: Vec<&str>| codes.into_iter().map(str::to_owned).collect();
        VerdictSummary {
            verdict: self.verdict,
            reasons: owned(codes(&self.reasons)),
            signatures: signatures
                .map(|found| SignatureSummary {
                    kind: found.kind,
                    verdict: found.verdict,
                    reasons: owned(codes(&found.reasons)),
                    signer: found.signer().to_owned(),
                    organisation: found.organisation().to_owned(),
                    issuer: found.issuer().to_owned(),
                    serial: found.serial(),
                    signed_at: found.signing_time,
                    time_stamped: found.time_stamped,
                    level: found.level_name().to_owned(),
                    detail: SignatureDetail {
                        field: found.field.clone(),
                        indication: found.indication().0.name().to_owned(),
                        sub_indication: found
                            .indication()
                            .1
                            .map_or_else(String::new, |sub| sub.name().to_owned()),
                        steps: found.steps(),
                        notes: owned(codes(&found.notes)),
                        changes: owned(change_codes(&found.changes)),
                        change_details: found.change_details(),
                        act: found.act,
                        root: found
                            .root
                            .as_ref()
                            .map(|root| root.subject().label())
                            .unwrap_or_default(),
                    },
                })
                .collect(),
            checked_at: self.checked_at,
            checker: CHECKER.to_owned(),
            offline: self.offline,
            completeness: Vec::new(),
        }
    }
}
