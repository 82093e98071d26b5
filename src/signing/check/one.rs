//! One signature: bytes, container, certificate, time.

use aws_lc_rs::digest::Context;
use jiff::{SignedDuration, Timestamp};

use super::changes::Steps;
use super::coverage::{Coverage, coverage};
use super::{Baggage, Change, CheckOptions};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::{SignatureValue, Source};
use crate::pki::cms::{CmsFault, SignedData};
use crate::pki::path::{self, PathReport, PathStatus, Purpose};
use crate::pki::tsp::{self, TimeStamp};
use crate::pki::{Certificate, DigestAlgorithm, Evidence, PkiError, TrustStore, oid};
use crate::signing::hasher;
use crate::signing::make::Level;
use crate::signing::reason::Reason;
use crate::signing::report::{Covers, Modifications, Proof, SignatureReport};

/// Some Vietnamese tools write local time and mark it as UTC.
const SEVEN_HOURS: SignedDuration = SignedDuration::from_hours(7);
const TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

pub(super) struct Checker<'a> {
    source: &'a Source,
    options: &'a CheckOptions<'a>,
    now: Timestamp,
    baggage: &'a Baggage,
    prefixes: Vec<Prefix>,
    steps: Steps<'a>,
}

/// The hash of the file's first bytes. Signatures of one file begin alike, so that the
/// bulk of it is read once however many there are.
struct Prefix {
    algorithm: DigestAlgorithm,
    length: usize,
    context: Context,
}

/// What came along with the signature and with the file, to build paths from.
struct Brought {
    pool: Vec<Certificate>,
    evidence: Evidence,
}

/// A signature's time, and how it is known.
struct Moment {
    at: Timestamp,
    stamped: bool,
}

impl SignatureReport {
    /// Adds a reason, which may make the verdict worse and never better.
    pub(super) fn add(&mut self, reason: Reason) {
        if let Err(place) = self.reasons.binary_search(&reason) {
            self.reasons.insert(place, reason);
            self.verdict = self.verdict.max(reason.effect());
        }
    }

    fn blank(field: &str, value: &SignatureValue) -> Self {
        let said = |key: &[u8]| {
            let text = value.dictionary.get(key).and_then(lopdf::Object::as_str).ok();
            text.map(crate::pdf::structure::text)
        };
        Self {
            field: field.to_owned(),
            is_document_timestamp: value.is_document_timestamp,
            kind: None,
            verdict: Verdict::Valid,
            reasons: Vec::new(),
            certificate: None,
            chain: Vec::new(),
            proof: Proof::default(),
            signing_time: value.claimed_time,
            time_stamped: false,
            level: None,
            covers: Covers::Revision,
            modifications: Modifications::None,
            changes: Vec::new(),
            digest: None,
            signed_length: None,
            stated_reason: said(b"Reason"),
            stated_location: said(b"Location"),
        }
    }
}

impl<'a> Checker<'a> {
    pub fn new(
        source: &'a Source,
        options: &'a CheckOptions<'a>,
        now: Timestamp,
        baggage: &'a Baggage,
    ) -> Self {
        let steps = Steps::new(source);
        Self { source, options, now, baggage, prefixes: Vec::new(), steps }
    }

    pub fn examine(&mut self, field: &str, value: &SignatureValue) -> SignatureReport {
        let mut report = SignatureReport::blank(field, value);
        let coverage = match coverage(self.source, value) {
            Ok(coverage) => Some(coverage),
            Err(reason) => {
                report.add(reason);
                None
            }
        };
        if let Some(coverage) = &coverage {
            self.note_changes(&mut report, coverage);
        }
        let contents = value.contents.as_deref().unwrap_or_default();
        match value.sub_filter.as_str() {
            "ETSI.RFC3161" => self.document_timestamp(&mut report, coverage.as_ref(), contents),
            "ETSI.CAdES.detached" | "adbe.pkcs7.detached" => {
                self.signature(&mut report, coverage.as_ref(), value, contents);
            }
            _ => report.add(Reason::Unsupported),
        }
        report
    }

    fn note_changes(&mut self, report: &mut SignatureReport, coverage: &Coverage) {
        report.signed_length = Some(coverage.signed.size());
        if coverage.whole {
            report.covers = Covers::WholeDocument;
        }
        if coverage.is_ambiguous {
            report.add(Reason::AmbiguousStructure);
        }
        let found = self.steps.since(&coverage.signed);
        report.modifications = if found.is_empty() && coverage.whole {
            Modifications::None
        } else if found.iter().all(Change::is_permitted) {
            Modifications::Permitted
        } else {
            report.add(Reason::ChangedAfterSigning);
            Modifications::Forbidden
        };
        report.changes = found.into_iter().collect();
    }

    fn signature(
        &mut self,
        report: &mut SignatureReport,
        coverage: Option<&Coverage>,
        value: &SignatureValue,
        contents: &[u8],
    ) {
        let is_pades = value.sub_filter == "ETSI.CAdES.detached";
        let signed = match SignedData::parse(contents) {
            Ok(signed) => signed,
            Err(fault) => return report.add(reason_of(&fault)),
        };
        report.digest = Some(signed.signer.digest);
        report.certificate = signed.signer_certificate().cloned();
        // Detached means that the document is the content, and that it is plain data.
        if signed.content.is_some() || signed.content_type != oid::DATA {
            report.add(Reason::CmsMalformed);
        }
        if is_pades && signed.signer.signing_certificates.is_empty() {
            report.add(Reason::SigningCertificateMismatch);
        }
        if signed.signer.digest == DigestAlgorithm::Sha1 {
            report.add(Reason::WeakAlgorithm);
        }
        let Some(coverage) = coverage else {
            return self.describe(report);
        };
        let content = self.digest(coverage, signed.signer.digest);
        if let Err(fault) = self.prove(report, &signed, &content) {
            report.add(reason_of(&fault));
        }
        self.describe(report);
        let Some(certificate) = report.certificate.clone() else { return };
        if report.verdict == Verdict::Invalid {
            // Forged or changed: nothing is asked of the network for its sake.
            return;
        }

        let mut brought =
            Brought { pool: signed.certificates.clone(), evidence: signed.evidence.clone() };
        brought.pool.extend(self.baggage.certificates.iter().cloned());
        brought.evidence.merge(&self.baggage.evidence);
        let (stamp, moment) = self.moment(report, &signed, value, &brought);
        if let Some(stamp) = &stamp {
            report.proof.add(&stamp.report);
            brought.pool.extend(stamp.certificates.iter().cloned());
        }
        let path = self.path(report, &certificate, &brought, &moment);
        report.chain = path.chain.iter().skip(1).cloned().collect();
        report.proof.add(&path);
        for reason in &path.reasons {
            report.add((*reason).into());
        }
        if is_pades {
            report.level = Some(match &stamp {
                None => Level::Bb,
                Some(_) if self.is_self_contained(&certificate, &signed, &brought, &moment) => {
                    Level::Blt
                }
                Some(_) => Level::Bt,
            });
        }
    }

    /// Whose signature it is, as far as the certificate tells.
    fn describe(&self, report: &mut SignatureReport) {
        report.kind = report.certificate.as_ref().and_then(Certificate::owner_kind);
    }

    /// Value and digest against the certificate in the container, or one that came along.
    fn prove(
        &self,
        report: &mut SignatureReport,
        signed: &SignedData,
        content: &[u8],
    ) -> Result<(), CmsFault> {
        if report.certificate.is_some() {
            return signed.verify(content);
        }
        let known = self.baggage.certificates.iter().chain(&self.options.trust.intermediates);
        let found = known.into_iter().find(|known| signed.verify_by(known, content).is_ok());
        report.certificate = found.cloned();
        found.map(|_| ()).ok_or(CmsFault::CertificateMissing)
    }

    /// The time stamp's time if there is a good one, else the signer's own.
    fn moment(
        &self,
        report: &mut SignatureReport,
        signed: &SignedData,
        value: &SignatureValue,
        brought: &Brought,
    ) -> (Option<TimeStamp>, Moment) {
        let mut good = None;
        let trust = with_pool(self.options.trust, &brought.pool);
        for token in &signed.signer.timestamps {
            let message = &signed.signer.signature;
            match tsp::verify(token, message, &trust, &brought.evidence, self.options.online) {
                Err(_) => report.add(Reason::TimestampInvalid),
                Ok(stamp) => match stamp.report.status {
                    PathStatus::Valid => good = good.or(Some(stamp)),
                    PathStatus::Invalid => report.add(Reason::TimestampInvalid),
                    PathStatus::Indeterminate => report.add(Reason::TimestampUntrusted),
                },
            }
        }
        let claims = [value.claimed_time, signed.signer.signing_time];
        let known = good.as_ref().map_or(self.now, |stamp: &TimeStamp| stamp.gen_time);
        let ahead = |claim: &Timestamp| {
            let off = claim.duration_since(known) - SEVEN_HOURS;
            off.abs() <= TOLERANCE
        };
        if claims.iter().flatten().any(ahead) {
            report.add(Reason::ClockSevenHours);
        }
        let claim = claims.into_iter().flatten().next();
        report.time_stamped = good.is_some();
        report.signing_time = good.as_ref().map(|stamp| stamp.gen_time).or(claim);
        let moment = Moment {
            // Nobody signs in the future; a clock that runs ahead proves nothing else.
            at: report.signing_time.unwrap_or(self.now).min(self.now),
            stamped: good.is_some(),
        };
        (good, moment)
    }

    /// The signer's path at the time of signing. Where only the signer says when that was,
    /// a revocation that came since counts too: whoever holds a stolen key dates back.
    fn path(
        &self,
        report: &mut SignatureReport,
        certificate: &Certificate,
        brought: &Brought,
        moment: &Moment,
    ) -> PathReport {
        let mut evidence = brought.evidence.clone();
        let validate = |at, evidence: &Evidence| {
            let (trust, online) = (self.options.trust, self.options.online);
            let (pool, purpose) = (&brought.pool, Purpose::DocumentSigning);
            path::validate(certificate, pool, trust, at, purpose, evidence, online)
        };
        if !moment.stamped && moment.at < self.now {
            let today = validate(self.now, &evidence);
            if today.revoked_since.is_some_and(|since| since > moment.at) {
                report.add(Reason::RevokedSince);
            }
            // What was fetched for today serves for then.
            evidence.merge(&today.used);
        }
        validate(moment.at, &evidence)
    }

    /// Whether the file alone, with the roots, proves signer and time stamp: that is B-LT.
    fn is_self_contained(
        &self,
        certificate: &Certificate,
        signed: &SignedData,
        brought: &Brought,
        moment: &Moment,
    ) -> bool {
        if self.baggage.evidence.is_empty() {
            return false;
        }
        let Brought { pool, evidence } = brought;
        let trust = self.options.trust;
        let roots = TrustStore { roots: trust.roots.clone(), intermediates: Vec::new() };
        let purpose = Purpose::DocumentSigning;
        let path = path::validate(certificate, pool, &roots, moment.at, purpose, evidence, None);
        let stamp = signed.signer.timestamp().and_then(|token| {
            let message = &signed.signer.signature;
            tsp::verify(token, message, &with_pool(&roots, pool), evidence, None).ok()
        });
        path.status == PathStatus::Valid
            && !path.used.is_empty()
            && stamp.is_some_and(|stamp| stamp.report.status == PathStatus::Valid)
    }

    fn document_timestamp(
        &mut self,
        report: &mut SignatureReport,
        coverage: Option<&Coverage>,
        contents: &[u8],
    ) {
        report.certificate =
            SignedData::parse(contents).ok().and_then(|s| s.signer_certificate().cloned());
        let Some(coverage) = coverage else { return };
        let trust = with_pool(self.options.trust, &self.baggage.certificates);
        let (evidence, online) = (&self.baggage.evidence, self.options.online);
        let imprint = |algorithm| self.digest(coverage, algorithm);
        match tsp::verify_imprint(contents, imprint, &trust, evidence, online) {
            Err(error) => report.add(match error {
                PkiError::TimeStampWrong(_) | PkiError::Cms(CmsFault::DigestMismatch) => {
                    Reason::IntegrityBroken
                }
                PkiError::Cms(fault) => reason_of(&fault),
                _ => Reason::TimestampInvalid,
            }),
            Ok(stamp) => {
                report.digest = Some(stamp.digest);
                report.signing_time = Some(stamp.gen_time);
                report.time_stamped = true;
                report.chain = stamp.report.chain.iter().skip(1).cloned().collect();
                report.proof.add(&stamp.report);
                for reason in &stamp.report.reasons {
                    report.add((*reason).into());
                }
            }
        }
    }

    fn digest(&mut self, coverage: &Coverage, algorithm: DigestAlgorithm) -> Vec<u8> {
        let until = coverage.before.end;
        let place = self
            .prefixes
            .iter()
            .position(|prefix| prefix.algorithm == algorithm && prefix.length <= until);
        let mut prefix = match place {
            Some(place) => self.prefixes.swap_remove(place),
            None => Prefix { algorithm, length: 0, context: hasher(algorithm) },
        };
        // What cannot be read is missing from the hash, and told when the check ends.
        let rest = prefix.length..until;
        let _ = self.source.feed(rest, |piece| prefix.context.update(piece));
        prefix.length = until;
        let mut context = prefix.context.clone();
        self.prefixes.push(prefix);
        let _ = self.source.feed(coverage.after.clone(), |piece| context.update(piece));
        context.finish().as_ref().to_vec()
    }
}

/// The trust store with certificates that came along beside its own authorities; roots stay
/// the only ones that are trusted.
fn with_pool(trust: &TrustStore, pool: &[Certificate]) -> TrustStore {
    let mut intermediates = trust.intermediates.clone();
    intermediates.extend(pool.iter().cloned());
    TrustStore { roots: trust.roots.clone(), intermediates }
}

fn reason_of(fault: &CmsFault) -> Reason {
    match fault {
        CmsFault::Malformed(_)
        | CmsFault::NotSignedData
        | CmsFault::NoSigner
        | CmsFault::AttributeMissing(_)
        | CmsFault::ContentTypeMismatch => Reason::CmsMalformed,
        CmsFault::SeveralSigners(_) => Reason::SeveralSigners,
        CmsFault::UnsupportedAlgorithm(_) => Reason::Unsupported,
        CmsFault::CertificateMissing => Reason::SignerCertificateMissing,
        CmsFault::DigestMismatch => Reason::IntegrityBroken,
        CmsFault::SignatureWrong => Reason::SignatureWrong,
        CmsFault::CertificateMismatch => Reason::SigningCertificateMismatch,
    }
}
