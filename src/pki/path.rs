//! Whether a certificate was good at a time: the path to a trusted root (RFC 5280, 6).
//!
//! [`validate`] looks for paths through whatever certificates are at hand, checks each
//! certificate on the best one, and asks for revocation. It always gives a report with
//! reasons, never an error: what cannot be found out is a reason too.
//!
//! The three statuses follow ETSI EN 319 102-1, 5.2.6: a reason that proves something wrong
//! makes the path invalid; a reason that only leaves it open (no path found, no evidence,
//! algorithms that can no longer be relied upon) makes it indeterminate.

use jiff::Timestamp;

use super::algorithm::DigestAlgorithm;
use super::certificate::{Certificate, SigningFitness};
use super::fetch::Fetch;
use super::revocation::{Evidence, Outcome, Question};
use super::trust::TrustStore;

mod build;

/// What the certificate is to be good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    DocumentSigning,
    TimeStamping,
    OcspSigning,
}

/// The conclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PathStatus {
    Valid,
    /// Something is proved to be wrong.
    Invalid,
    /// There is not enough to conclude.
    Indeterminate,
}

/// Why a path is not valid. Codes are stable; they are part of `vanthuctl verify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PathReason {
    CertificateRevoked,
    /// Not the certificate in question but one of an authority above it.
    AuthorityRevoked,
    CertificateExpired,
    CertificateNotYetValid,
    /// keyUsage or extKeyUsage does not allow the purpose, or an authority's does not allow
    /// issuing.
    KeyUsageWrong,
    /// basicConstraints, path length, name constraints, or a critical extension that is not
    /// understood.
    ConstraintViolated,
    /// A certificate says it was issued by one whose key did not sign it.
    ChainBroken,
    /// The path ends at a root that is not trusted.
    RootUntrusted,
    /// The certificate of an issuer is not at hand.
    IssuerUnknown,
    /// RSA under 2048 bit, or a kind of key that is not known.
    WeakKey,
    /// SHA-1 or an unknown algorithm in a certificate's signature or a time stamp.
    WeakAlgorithm,
    /// There should be a CRL or an OCSP answer, but none that counts could be had.
    RevocationUnknown,
}

impl PathReason {
    pub const ALL: [Self; 12] = [
        Self::CertificateRevoked,
        Self::AuthorityRevoked,
        Self::CertificateExpired,
        Self::CertificateNotYetValid,
        Self::KeyUsageWrong,
        Self::ConstraintViolated,
        Self::ChainBroken,
        Self::RootUntrusted,
        Self::IssuerUnknown,
        Self::WeakKey,
        Self::WeakAlgorithm,
        Self::RevocationUnknown,
    ];

    /// The stable code, `certificate-expired` and so on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::CertificateRevoked => "certificate-revoked",
            Self::AuthorityRevoked => "authority-revoked",
            Self::CertificateExpired => "certificate-expired",
            Self::CertificateNotYetValid => "certificate-not-yet-valid",
            Self::KeyUsageWrong => "key-usage-wrong",
            Self::ConstraintViolated => "constraint-violated",
            Self::ChainBroken => "chain-broken",
            Self::RootUntrusted => "root-untrusted",
            Self::IssuerUnknown => "issuer-unknown",
            Self::WeakKey => "weak-key",
            Self::WeakAlgorithm => "weak-algorithm",
            Self::RevocationUnknown => "revocation-unknown",
        }
    }

    /// The id of its sentence in `i18n/*/pki.ftl`.
    pub fn message(self) -> String {
        format!("pki-reason-{}", self.code())
    }

    /// What the reason makes of a path.
    pub const fn status(self) -> PathStatus {
        match self {
            Self::CertificateRevoked
            | Self::CertificateExpired
            | Self::CertificateNotYetValid
            | Self::KeyUsageWrong
            | Self::ConstraintViolated
            | Self::ChainBroken => PathStatus::Invalid,
            // What an authority certified before it lost its key may be as good as it was (ETSI
            // EN 319 102-1, 5.2.6.4: REVOKED_CA_NO_POE).
            Self::AuthorityRevoked
            | Self::RootUntrusted
            | Self::IssuerUnknown
            | Self::WeakKey
            | Self::WeakAlgorithm
            | Self::RevocationUnknown => PathStatus::Indeterminate,
        }
    }
}

/// What was found out, and from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathReport {
    pub status: PathStatus,
    /// Sorted, each once; empty exactly if the status is valid.
    pub reasons: Vec<PathReason>,
    /// From the certificate asked about to the root, or as far as it goes.
    pub chain: Vec<Certificate>,
    /// The CRLs and OCSP answers that were relied upon, to be kept with the document.
    pub used: Evidence,
    /// Since when a certificate on the path is revoked, if that is a reason.
    pub revoked_since: Option<Timestamp>,
}

impl PathReport {
    /// Whether the certificate, or an authority's above it, is known to be revoked.
    pub fn is_revoked(&self) -> bool {
        [PathReason::CertificateRevoked, PathReason::AuthorityRevoked]
            .iter()
            .any(|reason| self.reasons.contains(reason))
    }

    fn new(mut reasons: Vec<PathReason>, chain: Vec<Certificate>) -> Self {
        reasons.sort();
        reasons.dedup();
        let mut report = Self {
            status: PathStatus::Valid,
            reasons,
            chain,
            used: Evidence::default(),
            revoked_since: None,
        };
        report.conclude();
        report
    }

    /// Adds a reason and draws the conclusion again.
    pub(super) fn add(&mut self, reason: PathReason) {
        if let Err(place) = self.reasons.binary_search(&reason) {
            self.reasons.insert(place, reason);
            self.conclude();
        }
    }

    fn conclude(&mut self) {
        let statuses = || self.reasons.iter().map(|reason| reason.status());
        self.status = if statuses().any(|status| status == PathStatus::Invalid) {
            PathStatus::Invalid
        } else if self.reasons.is_empty() {
            PathStatus::Valid
        } else {
            PathStatus::Indeterminate
        };
    }
}

/// Whether `leaf` was good for `purpose` at the time `at`.
///
/// `pool` holds certificates that came along and are not trusted; `evidence` likewise.
/// With `online`, missing issuers and evidence are fetched from the addresses that the
/// certificates name; without, only what is at hand counts. Roots are trusted because they
/// are in the store: they are asked for their period of validity and their usages, not for
/// revocation. A certificate that names no service, with no evidence at hand, counts as
/// not revoked.
pub fn validate(
    leaf: &Certificate,
    pool: &[Certificate],
    trust: &TrustStore,
    at: Timestamp,
    purpose: Purpose,
    evidence: &Evidence,
    online: Option<&dyn Fetch>,
) -> PathReport {
    let mut pool = pool.to_vec();
    let mut found = build::find(leaf, &pool, trust, at);
    if found.trusted.is_empty()
        && let Some(fetch) = online
    {
        found = build::fetch_issuers(found, leaf, &mut pool, trust, at, fetch);
    }
    let context = Context { pool: &pool, at, purpose, evidence, online };
    let mut best: Option<PathReport> = None;
    for chain in std::mem::take(&mut found.trusted) {
        let report = context.examine(chain);
        if report.status == PathStatus::Valid {
            return report;
        }
        let better = best.as_ref().is_none_or(|best| {
            best.status == PathStatus::Invalid && report.status == PathStatus::Indeterminate
        });
        if better {
            best = Some(report);
        }
    }
    best.unwrap_or_else(|| {
        let mut reasons = context.own_reasons(leaf);
        reasons.extend(context.purpose_reason(leaf));
        reasons.push(found.failure());
        PathReport::new(reasons, found.longest)
    })
}

/// What does not change from certificate to certificate.
struct Context<'a> {
    pool: &'a [Certificate],
    at: Timestamp,
    purpose: Purpose,
    evidence: &'a Evidence,
    online: Option<&'a dyn Fetch>,
}

impl Context<'_> {
    /// Checks a path whose signatures are right and whose last certificate is trusted.
    fn examine(&self, chain: Vec<Certificate>) -> PathReport {
        let mut reasons = Vec::new();
        if let Some(leaf) = chain.first() {
            reasons.extend(self.purpose_reason(leaf));
        }
        let last = chain.len().saturating_sub(1);
        let mut authorities_below = 0;
        for (depth, certificate) in chain.iter().enumerate() {
            let is_root = depth == last;
            reasons.extend(if is_root {
                self.validity_reason(certificate).into_iter().collect()
            } else {
                self.own_reasons(certificate)
            });
            if depth > 0 {
                reasons.extend(authority_reasons(certificate, is_root, authorities_below));
                let below = chain.get(..depth).unwrap_or_default();
                if !permits_names(certificate, below) {
                    reasons.push(PathReason::ConstraintViolated);
                }
                // Self-issued certificates do not count (RFC 5280, 6.1.4 l).
                if !certificate.subject().matches(certificate.issuer()) {
                    authorities_below += 1;
                }
            }
        }
        let mut report = PathReport::new(reasons, chain);
        self.check_revocation(&mut report);
        report
    }

    /// From the root downwards, so that each issuer is known to be good before its word on
    /// the next certificate counts.
    fn check_revocation(&self, report: &mut PathReport) {
        let chain = report.chain.clone();
        for (depth, pair) in chain.windows(2).enumerate().rev() {
            let [certificate, issuer] = pair else { continue };
            if self.validity_reason(certificate).is_some() {
                continue; // out of date at that time: revocation says nothing more
            }
            let question = Question {
                certificate,
                issuer,
                at: self.at,
                purpose: self.purpose,
                evidence: self.evidence,
                pool: self.pool,
                online: self.online,
            };
            match question.answer() {
                Outcome::Good(used) => report.used.merge(&used),
                Outcome::NotApplicable => {}
                Outcome::Unknown => report.add(PathReason::RevocationUnknown),
                Outcome::Revoked { since, used } => {
                    report.used.merge(&used);
                    report.revoked_since = Some(since);
                    report.add(if depth == 0 {
                        PathReason::CertificateRevoked
                    } else {
                        PathReason::AuthorityRevoked
                    });
                    return;
                }
            }
        }
    }

    fn validity_reason(&self, certificate: &Certificate) -> Option<PathReason> {
        if certificate.is_valid_at(self.at) {
            None
        } else if self.at < certificate.not_before() {
            Some(PathReason::CertificateNotYetValid)
        } else {
            Some(PathReason::CertificateExpired)
        }
    }

    /// What can be said of a certificate by itself.
    fn own_reasons(&self, certificate: &Certificate) -> Vec<PathReason> {
        let mut reasons: Vec<PathReason> = self.validity_reason(certificate).into_iter().collect();
        if !certificate.key_kind().is_strong_enough() {
            reasons.push(PathReason::WeakKey);
        }
        let digest = certificate.signature_algorithm().and_then(|algorithm| algorithm.digest);
        if matches!(digest, None | Some(DigestAlgorithm::Sha1)) {
            reasons.push(PathReason::WeakAlgorithm);
        }
        if !certificate.extensions().unknown_critical.is_empty() {
            reasons.push(PathReason::ConstraintViolated);
        }
        reasons
    }

    fn purpose_reason(&self, leaf: &Certificate) -> Option<PathReason> {
        let allowed = match self.purpose {
            Purpose::DocumentSigning => leaf.usage_fitness() >= SigningFitness::Allowed,
            Purpose::TimeStamping => leaf.may_stamp_time(),
            Purpose::OcspSigning => leaf.may_sign_ocsp(),
        };
        (!allowed).then_some(PathReason::KeyUsageWrong)
    }
}

/// Whether an authority's limits permit the names below it. Self-issued certificates, by
/// which an authority changes its key, are not asked unless they are the last (RFC 5280,
/// 6.1.4 b and c).
fn permits_names(authority: &Certificate, below: &[Certificate]) -> bool {
    below.iter().enumerate().all(|(depth, certificate)| {
        let self_issued = certificate.subject().matches(certificate.issuer());
        (depth > 0 && self_issued) || authority.permits_names_of(certificate)
    })
}

/// What an authority on the path must be (RFC 5280, 6.1.4 k to n).
fn authority_reasons(
    authority: &Certificate,
    is_root: bool,
    authorities_below: u32,
) -> Vec<PathReason> {
    let extensions = authority.extensions();
    let mut reasons = Vec::new();
    // An old root of version 1 has no extensions at all; being trusted is enough.
    if (!extensions.ca && !is_root)
        || extensions.path_length.is_some_and(|limit| authorities_below > limit)
    {
        reasons.push(PathReason::ConstraintViolated);
    }
    if authority.key_usage().is_some_and(|usage| !usage.key_cert_sign()) {
        reasons.push(PathReason::KeyUsageWrong);
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_distinct_and_kebab_case() {
        let mut codes: Vec<&str> = PathReason::ALL.iter().map(|reason| reason.code()).collect();
        for code in &codes {
            assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        }
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), PathReason::ALL.len());
    }

    #[test]
    fn every_reason_has_its_sentence() {
        use crate::i18n::{Lang, lookup};
        for reason in PathReason::ALL {
            for lang in Lang::ALL {
                assert!(lookup(lang, &reason.message(), &[]).is_some(), "{}", reason.message());
            }
        }
    }

    #[test]
    fn proof_outweighs_doubt() {
        let mut report = PathReport::new(vec![PathReason::RevocationUnknown], Vec::new());
        assert_eq!(report.status, PathStatus::Indeterminate);
        report.add(PathReason::CertificateExpired);
        assert_eq!(report.status, PathStatus::Invalid);
        assert_eq!(report.reasons, [PathReason::CertificateExpired, PathReason::RevocationUnknown]);
        assert_eq!(PathReport::new(Vec::new(), Vec::new()).status, PathStatus::Valid);
    }
}
