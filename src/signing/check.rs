//! Checking signatures the way an adversary would.
//!
//! Thông tư 41/2017/TT-BTTTT asks three things: was the value made with the key of the
//! certificate, was the certificate good when it was signed, is the document whole. ETSI EN
//! 319 102-1 tells how to conclude from them. Before any of that, [`coverage`] asks whether
//! the signature says honestly what it covers, and after it, [`changes`] asks what was done
//! to the file since. Whatever cannot be read counts against the file, never for it.
//!
//! A signature's time is the one that a time stamp proves; where there is none, the one that
//! the signer claims. At that time the certificate must have been valid. What was only claimed
//! does not outlive the certificate: once it has expired or been revoked, nobody can tell any
//! more whether the signature is older (`expired-since`, `revoked-since`). An office that
//! checked a document when it came keeps that verdict with its time, and so has its proof.
//!
//! [`completeness`] then asks what the regulation asks beyond the signatures themselves.

mod acts;
mod changes;
mod comments;
mod comparison;
mod complete;
mod coverage;
mod covered;
mod fields;
mod fill;
mod look;
mod names;
mod number;
mod one;
mod strength;
mod tick;
mod time;
mod walk;

use std::cmp::Reverse;
use std::sync::Arc;

use jiff::Timestamp;

use super::reason::Reason;
use super::report::{Report, SignatureReport};
use super::{SigningError, make::Level};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::{SignatureValue, Source};
use crate::pki::fetch::Fetch;
use crate::pki::{Certificate, Evidence, TrustStore};
use crate::rules::algorithms::Algorithms;

pub use changes::Change;
pub use complete::{Expectation, completeness};
pub use number::FirstPage;

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

/// Checks every signature of a file, by the algorithms of today's law.
///
/// # Errors
/// [`SigningError::Pdf`] when the file cannot be read at all; everything that is wrong with
/// a signature is in the report.
pub fn check(bytes: Arc<[u8]>, options: &CheckOptions<'_>) -> Result<Report, SigningError> {
    check_source(&Source::parse(bytes)?, options)
}

/// The same for a file that is open; a large one need not be in memory.
///
/// # Errors
/// Those of [`check`], and where the file was changed meanwhile.
pub fn check_source(source: &Source, options: &CheckOptions<'_>) -> Result<Report, SigningError> {
    check_by(source, options, Algorithms::current())
}

/// The same, by the algorithms of a profile.
///
/// # Errors
/// Those of [`check_source`].
pub fn check_by(
    source: &Source,
    options: &CheckOptions<'_>,
    algorithms: &Algorithms,
) -> Result<Report, SigningError> {
    let now = options.at.unwrap_or_else(Timestamp::now);
    let values = values(source)?;
    let store = source.security_store()?;
    let baggage = Baggage {
        certificates: store
            .certificates
            .iter()
            .filter_map(|der| Certificate::from_der(der).ok())
            .collect(),
        evidence: Evidence { crls: store.crls, ocsps: store.ocsps },
    };
    let mut checker = one::Checker::new(source, options, algorithms, now, &baggage);
    let mut signatures: Vec<(usize, SignatureReport)> = Vec::new();
    for index in proofs_first(&values) {
        let Some((name, value)) = values.get(index) else { continue };
        let mut report = checker.examine(name, value);
        // Two fields that show one value: the second shows what it does not sign.
        let repeated = values.iter().take(index).any(|(_, other)| other.id == value.id);
        if repeated {
            report.add(Reason::ContentsMalformed);
        }
        signatures.push((index, report));
    }
    signatures.sort_by_key(|(index, _)| *index);
    let mut signatures: Vec<_> = signatures.into_iter().map(|(_, report)| report).collect();
    keep_order(&mut signatures);
    raise_to_archival(source, &mut signatures);
    acts::name(&mut signatures);

    let verdict = signatures.iter().map(|found| found.verdict).max().unwrap_or(Verdict::Unsigned);
    let mut reasons: Vec<Reason> = signatures
        .iter()
        .filter(|found| found.verdict == verdict)
        .flat_map(|found| found.reasons.iter().copied())
        .filter(|reason| reason.effect() == verdict)
        .collect();
    reasons.sort_unstable();
    reasons.dedup();
    let (pages, left_open) = (source.page_count()?, fill::still_open(source)?);
    source.intact()?;
    Ok(Report {
        verdict,
        reasons,
        pages,
        signatures,
        left_open,
        checked_at: now,
        offline: options.online.is_none(),
    })
}

/// The file as it was when the signature in `field` was made; `None` where there is no such
/// signature or it does not say honestly what it covers.
///
/// # Errors
/// Those of [`check_source`].
pub fn as_signed(source: &Source, field: &str) -> Result<Option<Source>, SigningError> {
    let values = values(source)?;
    let found = values.iter().find(|(name, _)| name == field);
    let covered = found.and_then(|(_, value)| coverage::coverage(source, value).ok());
    Ok(covered.map(|coverage| coverage.signed))
}

/// The signature fields that are signed, with their values.
fn values(source: &Source) -> Result<Vec<(String, SignatureValue)>, SigningError> {
    let values: Vec<_> = source
        .signature_fields()?
        .into_iter()
        .filter_map(|field| field.value.map(|value| (field.name, value)))
        .collect();
    if values.len() > MAX_SIGNATURES {
        let count = values.len();
        return Err(SigningError::TooManySignatures { count, limit: MAX_SIGNATURES });
    }
    Ok(values)
}

/// Document time stamps first, and of them the outermost first: each is the proof for those
/// below it.
fn proofs_first(values: &[(String, SignatureValue)]) -> Vec<usize> {
    let end = |value: &SignatureValue| {
        let numbers = value.byte_range.as_ref().map(|range| range.0.as_slice());
        match numbers {
            Some([.., second, length]) => second.saturating_add(*length),
            _ => 0,
        }
    };
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by_key(|index| {
        values.get(*index).map(|(_, value)| (!value.is_document_timestamp, Reverse(end(value))))
    });
    order
}

/// What a signature covers was there before it: a later signature with an earlier time stamp
/// contradicts one of the two services.
fn keep_order(signatures: &mut [SignatureReport]) {
    let stamped: Vec<(usize, Timestamp)> = signatures
        .iter()
        .filter(|found| found.time_stamped)
        .filter_map(|found| found.signed_length.zip(found.signing_time))
        .collect();
    for found in signatures.iter_mut().filter(|found| found.time_stamped) {
        let Some((length, at)) = found.signed_length.zip(found.signing_time) else { continue };
        if stamped.iter().any(|(below, then)| *below < length && at + time::SKEW < *then) {
            found.add(Reason::TimestampOrder);
        }
    }
}

/// B-LTA is B-LT with a valid document time stamp over the validation data.
fn raise_to_archival(source: &Source, signatures: &mut [SignatureReport]) {
    let stamped: Vec<usize> = signatures
        .iter()
        .filter(|found| found.is_document_timestamp && found.verdict == Verdict::Valid)
        .filter(|found| !found.notes.contains(&Reason::TimestampExpired))
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
