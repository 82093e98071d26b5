//! One signature: bytes, container, certificate.

use aws_lc_rs::digest::Context;
use jiff::Timestamp;

use super::changes::Steps;
use super::coverage::{Coverage, coverage};
use super::time::{Existence, Moment};
use super::{Baggage, Change, CheckOptions, strength};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::{SignatureValue, Source};
use crate::pki::cms::{CmsFault, SignedData};
use crate::pki::path::{self, PathReason, PathReport, PathStatus, Purpose};
use crate::pki::tsp::{self, TimeStamp};
use crate::pki::{Certificate, DigestAlgorithm, Evidence, PkiError, TrustStore, oid};
use crate::rules::algorithms::Algorithms;
use crate::signing::hasher;
use crate::signing::make::Level;
use crate::signing::reason::Reason;
use crate::signing::report::{Covers, Modifications, Proof, RevocationSource, SignatureReport};

pub(super) struct Checker<'a> {
    source: &'a Source,
    pub options: &'a CheckOptions<'a>,
    pub algorithms: &'a Algorithms,
    pub now: Timestamp,
    baggage: &'a Baggage,
    /// What document time stamps prove, as far as they were looked at.
    pub proofs: Vec<Existence>,
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
pub(super) struct Brought {
    pub pool: Vec<Certificate>,
    pub evidence: Evidence,
}

impl SignatureReport {
    /// Adds a reason, which may make the verdict worse and never better.
    pub(super) fn add(&mut self, reason: Reason) {
        let list = if reason.is_note() { &mut self.notes } else { &mut self.reasons };
        if let Err(place) = list.binary_search(&reason) {
            list.insert(place, reason);
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
            notes: Vec::new(),
            act: None,
            certificate: None,
            chain: Vec::new(),
            root: None,
            path_checked: false,
            revocation: None,
            proof: Proof::default(),
            signing_time: value.claimed_time,
            time_stamped: false,
            claimed_time: value.claimed_time,
            stamps: 0,
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
        algorithms: &'a Algorithms,
        now: Timestamp,
        baggage: &'a Baggage,
    ) -> Self {
        let (proofs, prefixes) = (Vec::new(), Vec::new());
        let steps = Steps::new(source);
        Self { source, options, algorithms, now, baggage, proofs, prefixes, steps }
    }

    /// What came along, and what was kept from earlier checks.
    pub fn at_hand(&self, brought: &Brought) -> Evidence {
        let mut evidence = brought.evidence.clone();
        evidence.merge(&self.options.trust.evidence);
        evidence
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
        let path = self.path(report, &certificate, &brought, moment);
        self.note_path(report, &path, &brought);
        // How strong keys and algorithms were is for the rules to say, by the day.
        let weak = [PathReason::WeakKey, PathReason::WeakAlgorithm];
        for reason in path.reasons.iter().filter(|reason| !weak.contains(reason)) {
            report.add((*reason).into());
        }
        let (digest, trust) = (signed.signer.digest, self.options.trust);
        let (at, proven) = (moment.at, moment.stamped);
        for reason in strength::reasons(self.algorithms, digest, &path.chain, trust, at, proven) {
            report.add(reason);
        }
        if is_pades {
            // A document time stamp proves the time as well (EN 319 142-1, clause 6).
            let over = if stamp.is_none() { self.proof_over(report) } else { None };
            report.level = Some(if !moment.stamped {
                Level::Bb
            } else if self.is_self_contained(&certificate, &signed, &brought, moment, over) {
                Level::Blt
            } else {
                Level::Bt
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

    /// The signer's path at the time of signing. Where only the signer says when that was,
    /// what happened since counts too: whoever holds a stolen key dates back, and of an
    /// expired certificate nobody tells any more whether its key was stolen.
    fn path(
        &self,
        report: &mut SignatureReport,
        certificate: &Certificate,
        brought: &Brought,
        moment: Moment,
    ) -> PathReport {
        let mut evidence = self.at_hand(brought);
        let validate = |at, evidence: &Evidence| {
            let (trust, online) = (self.options.trust, self.options.online);
            let (pool, purpose) = (&brought.pool, Purpose::DocumentSigning);
            path::validate(certificate, pool, trust, at, purpose, evidence, online)
        };
        if !moment.stamped && moment.at < self.now {
            let today = validate(self.now, &evidence);
            if today.revoked_since.is_some_and(|since| since > moment.at) {
                let is_own = today.reasons.contains(&PathReason::CertificateRevoked);
                report.add(if is_own { Reason::RevokedSince } else { Reason::AuthorityRevoked });
            }
            // What was fetched for today serves for then.
            evidence.merge(&today.used);
            let then = validate(moment.at, &evidence);
            let expired =
                |path: &PathReport| path.reasons.contains(&PathReason::CertificateExpired);
            if expired(&today) && !expired(&then) {
                report.add(Reason::ExpiredSince);
            }
            return then;
        }
        validate(moment.at, &evidence)
    }

    /// The path as it goes into the report, and where its revocation data came from.
    fn note_path(&self, report: &mut SignatureReport, path: &PathReport, brought: &Brought) {
        report.path_checked = true;
        report.chain = path.chain.iter().skip(1).cloned().collect();
        report.root = path.chain.last().filter(|last| self.options.trust.is_root(last)).cloned();
        report.proof.add(path);
        let source = |der: &Vec<u8>| {
            let in_one = |kept: &Evidence| kept.crls.contains(der) || kept.ocsps.contains(der);
            if in_one(&brought.evidence) {
                RevocationSource::Document
            } else if in_one(&self.options.trust.evidence) {
                RevocationSource::Kept
            } else {
                RevocationSource::Network
            }
        };
        report.revocation = path.used.crls.iter().chain(&path.used.ocsps).map(source).max();
    }

    /// Whether the file alone, with the roots, proves signer and time stamp, its own or the
    /// one over it: that is B-LT.
    fn is_self_contained(
        &self,
        certificate: &Certificate,
        signed: &SignedData,
        brought: &Brought,
        moment: Moment,
        over: Option<Existence>,
    ) -> bool {
        if self.baggage.evidence.is_empty() {
            return false;
        }
        let Brought { pool, evidence } = brought;
        let trust = self.options.trust;
        let roots = TrustStore { roots: trust.roots.clone(), ..TrustStore::empty() };
        let purpose = Purpose::DocumentSigning;
        let path = path::validate(certificate, pool, &roots, moment.at, purpose, evidence, None);
        let stamp = signed.signer.timestamp().and_then(|token| {
            let message = &signed.signer.signature;
            tsp::verify(token, message, &with_pool(&roots, pool), evidence, None).ok()
        });
        let stamped = match over {
            Some(over) => over.self_contained,
            None => stamp.is_some_and(|stamp| stamp.report.status == PathStatus::Valid),
        };
        path.status == PathStatus::Valid && !path.used.is_empty() && stamped
    }

    /// Whether the file alone, with the roots, proves a document time stamp.
    pub(super) fn proves(&self, stamp: &TimeStamp) -> bool {
        let roots = TrustStore { roots: self.options.trust.roots.clone(), ..TrustStore::empty() };
        let roots = with_pool(&roots, &self.baggage.certificates);
        let (evidence, pool) = (&self.baggage.evidence, &stamp.certificates);
        let (at, purpose) = (stamp.gen_time, Purpose::TimeStamping);
        let path = path::validate(&stamp.tsa, pool, &roots, at, purpose, evidence, None);
        path.status == PathStatus::Valid
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
        let brought = Brought {
            pool: self.baggage.certificates.clone(),
            evidence: self.baggage.evidence.clone(),
        };
        let trust = with_pool(self.options.trust, &brought.pool);
        let (at_hand, online) = (self.at_hand(&brought), self.options.online);
        let imprint = |algorithm| self.digest(coverage, algorithm);
        match tsp::verify_imprint(contents, imprint, &trust, &at_hand, online) {
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
                report.stamps = 1;
                self.note_path(report, &stamp.report, &brought);
                let proof = self.conclude_stamp(report, &stamp);
                self.proofs.extend(proof);
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
pub(super) fn with_pool(trust: &TrustStore, pool: &[Certificate]) -> TrustStore {
    let mut intermediates = trust.intermediates.clone();
    intermediates.extend(pool.iter().cloned());
    TrustStore { roots: trust.roots.clone(), intermediates, ..TrustStore::empty() }
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
