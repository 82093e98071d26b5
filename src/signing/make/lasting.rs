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

use jiff::Timestamp;
use lopdf::Dictionary;

use super::revision::{self, Wording};
use super::{FailedService, Level, Services, Signed, digest_around, evidence, fill};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::Source;
use crate::pki::{Certificate, DigestAlgorithm, TrustStore, cms};
use crate::signing::check::{CheckOptions, check_source};
use crate::signing::reason::Reason;
use crate::signing::report::Report;
use crate::signing::{SigningError, hasher};

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
    let mut growing = Growing::new(source, trust, services);
    if level >= Level::Bt {
        let mut report = growing.proof()?;
        let unproved = |report: &Report| report.signatures.iter().any(|one| !one.time_stamped);
        if unproved(&report) {
            growing.stamp()?;
            report = growing.proof()?;
        }
        if unproved(&report) {
            return Err(SigningError::NotProvable(vec![Reason::TimestampUntrusted]));
        }
        // A renewal keeps what is known of the last stamp; else what is there is enough.
        if level == Level::Blta || level == Level::Blt && reached(&report) < level {
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
    let signatures = report.signatures.iter().filter(|found| !found.is_document_timestamp);
    signatures.map(|found| found.level.unwrap_or_default()).min().unwrap_or_default()
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

/// A file to which revisions are appended.
struct Growing<'a> {
    services: &'a Services<'a>,
    trust: &'a TrustStore,
    source: &'a Source,
    appended: Vec<u8>,
    /// Of the last time stamp.
    field: String,
    failed: Vec<FailedService>,
}

impl<'a> Growing<'a> {
    fn new(source: &'a Source, trust: &'a TrustStore, services: &'a Services<'a>) -> Self {
        let (appended, field) = (Vec::new(), String::new());
        Self { services, trust, source, appended, field, failed: Vec::new() }
    }

    fn append(&mut self, revision: &[u8]) {
        self.appended.extend_from_slice(revision);
    }

    /// What a check of the file concludes and relies on, if it is valid.
    fn proof(&self) -> Result<Report, SigningError> {
        let options =
            CheckOptions { trust: self.trust, at: None, online: Some(self.services.fetch) };
        let report = check_source(&self.source()?, &options)?;
        match report.verdict {
            Verdict::Valid => Ok(report),
            Verdict::Unsigned => Err(SigningError::NotSigned),
            Verdict::Indeterminate | Verdict::Invalid => {
                Err(SigningError::NotProvable(report.reasons))
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
