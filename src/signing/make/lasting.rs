//! Making a signature last: B-T, B-LT and B-LTA (ETSI EN 319 142-1, 5.4, 5.5 and 6).
//!
//! Three revisions may be appended, each permitted under every signature:
//!
//! 1. A document time stamp, where a signature has no time stamp of its own: it was made
//!    without a line. The stamp proves for all signatures before it that they were there;
//!    the time that the signer wrote stays the signer's claim.
//! 2. The document security store: what a check relies on today, certificates and revocation
//!    data, so that the file proves itself when the services are gone.
//! 3. A document time stamp over the whole of it, which proves that all of it existed before
//!    any key in it grew weak. Before that stamp's own certificate ends, the last two are
//!    done again, and so on for as long as the document is kept.
//!
//! So a document that was signed without a line is extended whenever the line is back.
//!
//! A certified copy carries the signatures of others, of which nobody here can mend those that
//! do not hold. There the newest signature, which is our own, is made to last, with those of
//! the others that hold ([`extend_copy`]); what may still hold is waited for, a month at most.

use jiff::{SignedDuration, Timestamp};
use lopdf::Dictionary;

use super::revision::{self, Wording};
use super::{FailedService, Level, Services, Signed, digest_around, evidence, fill};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::Source;
use crate::pki::{Certificate, DigestAlgorithm, TrustStore, cms};
use crate::signing::check::{CheckOptions, check_source};
use crate::signing::reason::Reason;
use crate::signing::report::{Report, SignatureReport};
use crate::signing::{SigningError, hasher};

/// So long after it was signed a certified copy waits for signatures of others that may still
/// hold, but not until so shortly before the certificate of our own ends.
const PATIENCE: SignedDuration = SignedDuration::from_hours(30 * 24);
const LEFT_OVER: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Raises the signatures of a signed file to `level`; one that is B-LTA already is renewed.
///
/// The file is checked first, with the network: only what is valid is preserved. Where the
/// level is reached, nothing is appended.
///
/// # Errors
/// [`SigningError::NotProvable`] with the reasons when the file is not valid now or its
/// validity cannot be told; [`SigningError::NoTimestamp`]. The file is left as it was.
pub fn extend(
    source: &Source,
    level: Level,
    trust: &TrustStore,
    services: &Services<'_>,
) -> Result<Signed, SigningError> {
    grow(Growing::new(source, trust, services, Whose::Every), level)
}

/// The same for a certified copy: our own signature, the newest, and those of others that hold.
/// Others that do not hold, and never will or were waited for long enough, are left as they are
/// ([`left_in_copy`]).
///
/// # Errors
/// As [`extend`]; [`SigningError::NotProvable`] with the reasons of our own signature, or with
/// that of another which is [`still_awaited`].
pub fn extend_copy(
    source: &Source,
    level: Level,
    trust: &TrustStore,
    services: &Services<'_>,
) -> Result<Signed, SigningError> {
    grow(Growing::new(source, trust, services, Whose::Newest), level)
}

fn grow(mut growing: Growing<'_>, level: Level) -> Result<Signed, SigningError> {
    if level >= Level::Bt {
        let mut report = growing.proof()?;
        let unproved = |report: &Report| held(report).any(|one| !one.time_stamped);
        if unproved(&report) {
            growing.stamp()?;
            report = growing.proof()?;
        }
        if unproved(&report) {
            return Err(SigningError::NotProvable(vec![Reason::TimestampUntrusted]));
        }
        // A renewal keeps what is known of the last stamp; else what is there is enough.
        let lacking = |one: &SignatureReport| one.level.unwrap_or_default() < level;
        let lacks = signed(&report).any(|one| one.verdict == Verdict::Valid && lacking(one));
        if level == Level::Blta || level == Level::Blt && lacks {
            growing.keep(&report)?;
        }
        if level >= Level::Blta {
            growing.stamp()?;
        }
    }
    Ok(growing.finish(level))
}

/// The level that all signatures of a file have reached; document time stamps have none.
pub fn reached(report: &Report) -> Level {
    signed(report).map(|found| found.level.unwrap_or_default()).min().unwrap_or_default()
}

/// The level that our own signature in a certified copy has reached.
pub fn reached_in_copy(report: &Report) -> Level {
    newest(report).and_then(|own| own.level).unwrap_or_default()
}

/// The signatures of others in a certified copy that do not hold, or are below `level`.
pub fn left_in_copy(report: &Report, level: Level) -> Vec<&SignatureReport> {
    let own = newest(report).map(|own| own.field.as_str());
    let short = |found: &&SignatureReport| {
        found.verdict != Verdict::Valid || found.level.unwrap_or_default() < level
    };
    signed(report).filter(|found| Some(found.field.as_str()) != own).filter(short).collect()
}

/// Our own signature in a certified copy.
pub fn own_in_copy(report: &Report) -> Option<&SignatureReport> {
    newest(report)
}

/// The signature of another for which a certified copy still waits: one that may hold at another
/// time. Not for ever: our own must be made to last while its services are there.
pub fn still_awaited(report: &Report) -> Option<&SignatureReport> {
    let (own, now) = (newest(report)?, report.checked_at);
    // A time stamp that was only just added makes it no younger.
    let signed_at = [own.claimed_time, own.signing_time].into_iter().flatten().min();
    let ends = own.certificate.as_ref().map(|owner| owner.not_after());
    let mut others = signed(report).filter(|found| found.field != own.field);
    others.find(|found| is_patient(signed_at, ends, now) && may_mend(found, now))
}

fn is_patient(signed_at: Option<Timestamp>, ends: Option<Timestamp>, now: Timestamp) -> bool {
    // A clock that went wrong may have set it into the future.
    let young = signed_at.is_some_and(|at| now.duration_since(at).abs() < PATIENCE);
    young && ends.is_none_or(|ends| ends.duration_since(now) > LEFT_OVER)
}

/// Whether a signature that does not hold now may hold at another time: a service may answer
/// again, somebody may come to trust its root. What is not valid stays so, and so does what
/// nobody has proved before its certificate ended.
fn may_mend(found: &SignatureReport, now: Timestamp) -> bool {
    let lives = found.certificate.as_ref().is_some_and(|owner| now <= owner.not_after());
    let passing = |reason: &Reason| match reason {
        Reason::RevocationUnknown => true,
        Reason::RootUntrusted | Reason::IssuerUnknown => lives,
        reason => reason.effect() == Verdict::Valid,
    };
    found.verdict == Verdict::Indeterminate && found.reasons.iter().all(passing)
}

fn signed(report: &Report) -> impl Iterator<Item = &SignatureReport> {
    report.signatures.iter().filter(|found| !found.is_document_timestamp)
}

/// Signatures and time stamps that hold.
fn held(report: &Report) -> impl Iterator<Item = &SignatureReport> {
    report.signatures.iter().filter(|found| found.verdict == Verdict::Valid)
}

/// The signature that covers most of the file; of a certified copy, the one that we made.
fn newest(report: &Report) -> Option<&SignatureReport> {
    signed(report).max_by_key(|found| found.signed_length)
}

/// When the newest time stamp of an archived file stops proving: the end of the first
/// certificate in its path. Before that it must be renewed ([`extend`] again).
pub fn renew_before(report: &Report) -> Option<Timestamp> {
    let newest = report
        .signatures
        .iter()
        .filter(|found| found.is_document_timestamp && found.verdict == Verdict::Valid)
        .max_by_key(|found| found.signed_length)?;
    let path = newest.certificate.iter().chain(&newest.chain);
    path.map(Certificate::not_after).min()
}

/// Whose signatures must hold.
#[derive(Clone, Copy)]
enum Whose {
    Every,
    /// Others that do not hold are passed over, once they are no longer waited for.
    Newest,
}

/// A file to which revisions are appended.
struct Growing<'a> {
    whose: Whose,
    services: &'a Services<'a>,
    trust: &'a TrustStore,
    source: &'a Source,
    appended: Vec<u8>,
    /// Of the last time stamp.
    field: String,
    failed: Vec<FailedService>,
}

impl<'a> Growing<'a> {
    fn new(
        source: &'a Source,
        trust: &'a TrustStore,
        services: &'a Services<'a>,
        whose: Whose,
    ) -> Self {
        let (appended, field) = (Vec::new(), String::new());
        Self { whose, services, trust, source, appended, field, failed: Vec::new() }
    }

    fn append(&mut self, revision: &[u8]) {
        self.appended.extend_from_slice(revision);
    }

    /// What a check of the file concludes and relies on, if it is valid.
    fn proof(&self) -> Result<Report, SigningError> {
        let options =
            CheckOptions { trust: self.trust, at: None, online: Some(self.services.fetch) };
        let report = check_source(&self.source()?, &options)?;
        match (report.verdict, self.whose) {
            (Verdict::Valid, _) => Ok(report),
            (Verdict::Unsigned, _) => Err(SigningError::NotSigned),
            (_, Whose::Every) => Err(SigningError::NotProvable(report.reasons)),
            (_, Whose::Newest) => {
                let own = newest(&report).filter(|own| own.verdict != Verdict::Valid);
                let hindrance = own.or_else(|| still_awaited(&report));
                match hindrance.map(SignatureReport::deciding) {
                    Some(reasons) => Err(SigningError::NotProvable(reasons)),
                    None => Ok(report),
                }
            }
        }
    }

    /// Adds what `report` relies on to the document security store.
    fn keep(&mut self, report: &Report) -> Result<(), SigningError> {
        if let Some(revision) = evidence::revision(&self.source()?, report)? {
            self.append(&revision);
        }
        Ok(())
    }

    /// A time stamp over the whole file.
    fn stamp(&mut self) -> Result<(), SigningError> {
        let source = self.source()?;
        let wording = Wording {
            kind: "DocTimeStamp",
            sub_filter: "ETSI.RFC3161",
            entries: Dictionary::new(),
        };
        let mut reserved = revision::reserve_timestamp(&source, &wording, cms::TIME_STAMP_ROOM)?;
        let digest = DigestAlgorithm::Sha256;
        let mut original = hasher(digest);
        source.feed(0..source.size(), |piece| original.update(piece))?;
        let imprint = digest_around(original, &reserved);
        let token =
            self.services.timestamp(digest, &imprint, Some(self.trust), &mut self.failed)?;
        fill(&mut reserved, &token)?;
        self.field = reserved.field;
        self.append(&reserved.appended);
        Ok(())
    }

    fn source(&self) -> Result<Source, SigningError> {
        Ok(self.source.with_appended(&self.appended)?)
    }

    fn finish(self, level: Level) -> Signed {
        let Self { source, appended, field, failed, .. } = self;
        Signed { original: source.reader(), appended, field, level, failed }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_does_not_wait_for_others_for_ever() {
        let signed_at: Timestamp = "2026-11-01T02:00:00Z".parse().unwrap();
        let after = |days: i64| signed_at + SignedDuration::from_hours(24 * days);
        let waits = |now| is_patient(Some(signed_at), Some(after(300)), now);
        assert!(waits(after(0)) && waits(after(29)) && !waits(after(31)));
        assert!(!waits(after(-31)), "signed in the future");
        assert!(!is_patient(None, None, after(1)), "nobody knows since when it waits");
        // Without a time stamp, our own must be proved while its certificate lives.
        assert!(is_patient(Some(signed_at), Some(after(20)), after(12)));
        assert!(!is_patient(Some(signed_at), Some(after(20)), after(14)));
    }
}
