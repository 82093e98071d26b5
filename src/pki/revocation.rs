//! Whether a certificate was revoked: CRLs (RFC 5280, 5 and 6.3) and OCSP (RFC 6960).
//!
//! Evidence at hand (from the document, from the folder) is looked at first. It settles the
//! matter when it was made after the time in question; when it is older, though still in
//! force, the service is asked too, because somebody who signs with a stolen key will
//! enclose evidence from before the theft was reported. A statement that the certificate is
//! revoked wins over one that it is not. Evidence with SHA-1 signatures is passed over.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::fetch::Fetch;
use super::path::Purpose;

mod crl;
mod ocsp;

pub(super) use crl::{next_update, next_update as list_until};
pub(super) use ocsp::in_force_until as answer_until;

/// Evidence that is at hand, each element in DER: CertificateList and OCSPResponse.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub crls: Vec<Vec<u8>>,
    pub ocsps: Vec<Vec<u8>>,
}

/// How much there is; nobody reads DER in a log.
impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (crls, ocsps) = (self.crls.len(), self.ocsps.len());
        f.debug_struct("Evidence").field("crls", &crls).field("ocsps", &ocsps).finish()
    }
}

impl Evidence {
    /// Adds what `other` has and this has not.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [(&mut self.crls, &other.crls), (&mut self.ocsps, &other.ocsps)] {
            for der in theirs {
                if !mine.contains(der) {
                    mine.push(der.clone());
                }
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.crls.is_empty() && self.ocsps.is_empty()
    }
}

/// More addresses of one kind in a certificate are not asked.
const MAX_ADDRESSES: usize = 3;

/// More evidence of one kind is not looked at.
const MAX_EVIDENCE: usize = 256;

/// How long a statement without nextUpdate counts as new.
const WITHOUT_NEXT_UPDATE: SignedDuration = SignedDuration::from_hours(24);

/// What was found out about one certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Not revoked at the time in question; with the evidence relied upon.
    Good(Evidence),
    /// Revoked at or before the time in question.
    Revoked { since: Timestamp, used: Evidence },
    /// There should be evidence, but none that counts can be had.
    Unknown,
    /// The certificate names no service that would tell.
    NotApplicable,
}

/// What one verified CRL or OCSP answer says of one certificate.
#[derive(Debug, Clone)]
struct Statement {
    revoked: Option<Revocation>,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Expired certificates are still listed (X.509 expiredCertsOnCRL, archiveCutoff).
    keeps_expired: bool,
    source: Evidence,
}

#[derive(Debug, Clone, Copy)]
struct Revocation {
    since: Timestamp,
    /// CRLReason (RFC 5280, 5.3.1), where one is given.
    reason: Option<u32>,
}

/// What a statement means for the time in question.
enum Meaning {
    Good,
    Revoked(Timestamp),
    Nothing,
}

/// One question: was this certificate revoked at that time?
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub certificate: &'a Certificate,
    /// Has issued the certificate; its key is already trusted.
    pub issuer: &'a Certificate,
    pub at: Timestamp,
    pub purpose: Purpose,
    pub evidence: &'a Evidence,
    /// Certificates in which a responder's may be found.
    pub pool: &'a [Certificate],
    pub online: Option<&'a dyn Fetch>,
}

impl Question<'_> {
    pub(super) fn answer(&self) -> Outcome {
        let mut best: Option<Statement> = None;
        for statement in self.at_hand() {
            match self.meaning(&statement) {
                Meaning::Revoked(since) => {
                    return Outcome::Revoked { since, used: statement.source };
                }
                Meaning::Good
                    if best.as_ref().is_none_or(|b| b.this_update < statement.this_update) =>
                {
                    best = Some(statement);
                }
                Meaning::Good | Meaning::Nothing => {}
            }
        }
        // For a time stamp nothing old settles it: whoever has the service's key today can
        // make stamps for any day, and enclose that day's evidence.
        let settled = self.purpose != Purpose::TimeStamping
            && best.as_ref().is_some_and(|statement| statement.this_update >= self.at);
        if !settled && let Some(outcome) = self.ask() {
            return outcome;
        }
        match best {
            Some(statement) => Outcome::Good(statement.source),
            None if self.has_pointers() => Outcome::Unknown,
            None => Outcome::NotApplicable,
        }
    }

    fn at_hand(&self) -> impl Iterator<Item = Statement> {
        let ocsps = self.evidence.ocsps.iter().take(MAX_EVIDENCE);
        let crls = self.evidence.crls.iter().take(MAX_EVIDENCE);
        ocsps
            .filter_map(|der| ocsp::state(self, der, None))
            .chain(crls.filter_map(|der| crl::state(self, der)))
    }

    /// Asks the services that the certificate names, OCSP first; the first answer that
    /// means something counts.
    fn ask(&self) -> Option<Outcome> {
        let fetch = self.online?;
        let ocsp_urls = self.certificate.ocsp_urls().iter().take(MAX_ADDRESSES);
        let from_ocsp = ocsp_urls.filter_map(|url| ocsp::ask(self, url, fetch));
        let crl_urls = self.certificate.crl_urls().take(MAX_ADDRESSES);
        let from_crl = crl_urls.filter_map(|url| match fetch.get(url) {
            Ok(der) => crl::state(self, &der),
            Err(error) => {
                tracing::debug!(%error, "no CRL");
                None
            }
        });
        from_ocsp.chain(from_crl).find_map(|statement| match self.meaning(&statement) {
            Meaning::Good => Some(Outcome::Good(statement.source)),
            Meaning::Revoked(since) => Some(Outcome::Revoked { since, used: statement.source }),
            Meaning::Nothing => None,
        })
    }

    fn has_pointers(&self) -> bool {
        !self.certificate.ocsp_urls().is_empty()
            || !self.certificate.extensions().crl_points.is_empty()
    }

    fn meaning(&self, statement: &Statement) -> Meaning {
        if let Some(revocation) = statement.revoked {
            // A revocation lasts, so the statement's age does not matter. Stamps of a
            // service whose key is out can have been made at any time (RFC 3161, 4).
            let ever = self.purpose == Purpose::TimeStamping && revocation.may_be_compromise();
            return if revocation.since <= self.at || ever {
                Meaning::Revoked(revocation.since)
            } else {
                Meaning::Good
            };
        }
        let new_enough = statement.this_update >= self.at
            || match statement.next_update {
                Some(next) => next >= self.at,
                None => self.at.duration_since(statement.this_update) <= WITHOUT_NEXT_UPDATE,
            };
        // Authorities drop expired certificates from their lists: silence means nothing.
        let still_listed =
            statement.keeps_expired || statement.this_update <= self.certificate.not_after();
        if new_enough && still_listed { Meaning::Good } else { Meaning::Nothing }
    }
}

impl Revocation {
    /// keyCompromise, cACompromise, or no reason at all (RFC 3161, 4).
    fn may_be_compromise(self) -> bool {
        const KEY_COMPROMISE: u32 = 1;
        const CA_COMPROMISE: u32 = 2;
        matches!(self.reason, None | Some(KEY_COMPROMISE | CA_COMPROMISE))
    }
}
