//! Checking signatures the way an adversary would.
//!
//! Thông tư 41/2017/TT-BTTTT asks three things: was the value made with the key of the
//! certificate, was the certificate good when it was signed, is the document whole. ETSI EN
//! 319 102-1 tells how to conclude from them. Before any of that, [`coverage`] asks whether
//! the signature says honestly what it covers, and after it, [`changes`] asks what was done
//! to the file since. Whatever cannot be read counts against the file, never for it.

mod changes;
mod comments;
mod comparison;
mod coverage;
mod fields;
mod fill;
mod look;
mod one;
mod walk;

use std::sync::Arc;

use jiff::Timestamp;

use super::reason::Reason;
use super::report::{Report, SignatureReport};
use super::{SigningError, make::Level};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::Source;
use crate::pki::fetch::Fetch;
use crate::pki::{Certificate, Evidence, TrustStore};

pub use changes::Change;

/// Signatures in one file; each costs a comparison of the whole file.
const MAX_SIGNATURES: usize = 64;

/// What a check may rely on.
#[derive(Clone, Copy)]
pub struct CheckOptions<'a> {
    pub trust: &'a TrustStore,
    /// The time to check as of; `None` is now. Signing times are the signatures' own.
    pub at: Option<Timestamp>,
    /// The line to revocation services; `None` checks with what is at hand.
    pub online: Option<&'a dyn Fetch>,
}

impl std::fmt::Debug for CheckOptions<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CheckOptions")
            .field("at", &self.at)
            .field("online", &self.online.is_some())
            .finish_non_exhaustive()
    }
}

/// What the file brings along, trusted for nothing but being there.
struct Baggage {
    certificates: Vec<Certificate>,
    evidence: Evidence,
}

/// Checks every signature of a file.
///
/// # Errors
/// [`SigningError::Pdf`] when the file cannot be read at all; everything that is wrong with
/// a signature is in the report.
pub fn check(bytes: Arc<[u8]>, options: &CheckOptions<'_>) -> Result<Report, SigningError> {
    check_source(&Source::parse(bytes)?, options)
}

/// Checks every signature of a file that is open; a large one need not be in memory.
///
/// # Errors
/// As [`check`], and where the file was changed meanwhile.
pub fn check_source(source: &Source, options: &CheckOptions<'_>) -> Result<Report, SigningError> {
    let now = options.at.unwrap_or_else(Timestamp::now);
    let values: Vec<_> = source
        .signature_fields()?
        .into_iter()
        .filter_map(|field| field.value.map(|value| (field.name, value)))
        .collect();
    if values.len() > MAX_SIGNATURES {
        let count = values.len();
        return Err(SigningError::TooManySignatures { count, limit: MAX_SIGNATURES });
    }
    let store = source.security_store()?;
    let baggage = Baggage {
        certificates: store
            .certificates
            .iter()
            .filter_map(|der| Certificate::from_der(der).ok())
            .collect(),
        evidence: Evidence { crls: store.crls, ocsps: store.ocsps },
    };
    let mut checker = one::Checker::new(source, options, now, &baggage);
    let mut signatures = Vec::new();
    for (index, (name, value)) in values.iter().enumerate() {
        let mut report = checker.examine(name, value);
        // Two fields that show one value: the second shows what it does not sign.
        let repeated = values.iter().take(index).any(|(_, other)| other.id == value.id);
        if repeated {
            report.add(Reason::ContentsMalformed);
        }
        signatures.push(report);
    }
    raise_to_archival(source, &mut signatures);

    let verdict = signatures.iter().map(|found| found.verdict).max().unwrap_or(Verdict::Unsigned);
    let mut reasons: Vec<Reason> = signatures
        .iter()
        .filter(|found| found.verdict == verdict)
        .flat_map(|found| found.reasons.iter().copied())
        .filter(|reason| reason.effect() == verdict)
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    let pages = source.page_count()?;
    source.intact()?;
    Ok(Report {
        verdict,
        reasons,
        pages,
        signatures,
        checked_at: now,
        offline: options.online.is_none(),
    })
}

/// B-LTA is B-LT with a valid document time stamp over the validation data.
fn raise_to_archival(source: &Source, signatures: &mut [SignatureReport]) {
    let stamped: Vec<usize> = signatures
        .iter()
        .filter(|found| found.is_document_timestamp && found.verdict == Verdict::Valid)
        .filter_map(|found| found.signed_length)
        .filter(|length| {
            let then = source.until(*length).and_then(|then| then.security_store());
            then.is_ok_and(|store| !store.is_empty())
        })
        .collect();
    for found in signatures.iter_mut().filter(|found| found.level == Some(Level::Blt)) {
        let own = found.signed_length.unwrap_or(usize::MAX);
        if stamped.iter().any(|length| *length > own) {
            found.level = Some(Level::Blta);
        }
    }
}
