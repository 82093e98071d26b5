//! Looking for paths: by name first, by key id where both sides have one, by signature in
//! the end. A hostile pool can hold many certificates of one name, so depth, paths and
//! signature checks are bounded.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::pki::certificate::Certificate;
use crate::pki::fetch::Fetch;
use crate::pki::trust::{self, TrustStore};

use super::PathReason;

/// The longest path, root and leaf included.
const MAX_DEPTH: usize = 8;

/// So many trusted paths are enough.
const MAX_PATHS: usize = 4;

/// So many signatures are verified in one search.
const MAX_CHECKS: usize = 64;

/// So many times an issuer is fetched for one search.
const MAX_FETCHES: usize = 3;

/// So many certificates are taken from one address.
const MAX_ISSUERS: usize = 16;

/// What a search found.
#[derive(Default)]
pub(super) struct Found {
    /// Paths from the leaf to a trusted root.
    pub trusted: Vec<Vec<Certificate>>,
    /// How far it went, for showing.
    pub longest: Vec<Certificate>,
    /// Certificates whose issuer is not at hand.
    dangling: Vec<Certificate>,
    untrusted_root: bool,
    broken: bool,
}

impl Found {
    /// Why there is no trusted path.
    pub(super) fn failure(&self) -> PathReason {
        if self.untrusted_root {
            PathReason::RootUntrusted
        } else if self.broken {
            PathReason::ChainBroken
        } else {
            PathReason::IssuerUnknown
        }
    }
}

/// Looks for paths from `leaf` through `pool` and the store to a trusted root.
pub(super) fn find(
    leaf: &Certificate,
    pool: &[Certificate],
    trust: &TrustStore,
    at: Timestamp,
) -> Found {
    let mut search = Search { pool, trust, at, checks: 0, found: Found::default() };
    search.extend(&mut vec![leaf.clone()]);
    search.found
}

struct Search<'a> {
    pool: &'a [Certificate],
    trust: &'a TrustStore,
    at: Timestamp,
    checks: usize,
    found: Found,
}

impl Search<'_> {
    fn extend(&mut self, chain: &mut Vec<Certificate>) {
        let Some(last) = chain.last().cloned() else { return };
        if chain.len() > self.found.longest.len() {
            self.found.longest.clone_from(chain);
        }
        if self.trust.is_root(&last) {
            self.found.trusted.push(chain.clone());
            return;
        }
        if last.is_self_signed() {
            self.found.untrusted_root = true;
            return;
        }
        if chain.len() >= MAX_DEPTH {
            return;
        }
        let mut signed = false;
        for candidate in self.candidates(&last, chain) {
            if self.found.trusted.len() >= MAX_PATHS || self.checks >= MAX_CHECKS {
                return;
            }
            self.checks += 1;
            if last.is_signed_by(&candidate) {
                signed = true;
                chain.push(candidate);
                self.extend(chain);
                chain.pop();
            } else if key_ids(&last, &candidate) != KeyIds::Differ {
                self.found.broken = true;
            }
        }
        if !signed {
            self.found.dangling.push(last);
        }
    }

    /// Certificates with the issuer's name, the most promising first.
    fn candidates(&self, last: &Certificate, chain: &[Certificate]) -> Vec<Certificate> {
        let all = self.trust.roots.iter().chain(&self.trust.intermediates).chain(self.pool);
        let mut candidates: Vec<Certificate> = Vec::new();
        for candidate in all {
            // The same name and key again would be a loop, whatever else differs.
            let repeated = chain
                .iter()
                .any(|c| c.spki() == candidate.spki() && c.subject().matches(candidate.subject()));
            if candidate.subject().matches(last.issuer())
                && !repeated
                && !candidates.contains(candidate)
            {
                candidates.push(candidate.clone());
            }
        }
        candidates.sort_by_key(|candidate| {
            let ids = key_ids(last, candidate);
            Reverse((ids == KeyIds::Agree, ids == KeyIds::Silent, candidate.is_valid_at(self.at)))
        });
        candidates
    }
}

#[derive(PartialEq, Eq)]
enum KeyIds {
    Agree,
    Silent,
    Differ,
}

fn key_ids(certificate: &Certificate, issuer: &Certificate) -> KeyIds {
    let wanted = &certificate.extensions().authority_key_id;
    match (wanted, &issuer.extensions().subject_key_id) {
        (Some(wanted), Some(own)) if wanted == own => KeyIds::Agree,
        (Some(_), Some(_)) => KeyIds::Differ,
        _ => KeyIds::Silent,
    }
}

/// Fetches missing issuers and searches again, a few times: from the addresses that
/// certificates name (RFC 5280, 4.2.2.1), and where they name none, the authorities of the
/// Government from theirs, by their fingerprints. What is fetched goes into the pool and is
/// trusted no more than the rest of it.
pub(super) fn fetch_issuers(
    mut found: Found,
    leaf: &Certificate,
    pool: &mut Vec<Certificate>,
    trust: &TrustStore,
    at: Timestamp,
    fetch: &dyn Fetch,
) -> Found {
    for _ in 0..MAX_FETCHES {
        let dangling = found.dangling.iter().take(MAX_FETCHES);
        let fetched: Vec<Certificate> = dangling
            .flat_map(|certificate| issuers_of(certificate, fetch))
            .filter(|certificate| !pool.contains(certificate))
            .collect();
        if fetched.is_empty() {
            break;
        }
        pool.extend(fetched);
        found = find(leaf, pool, trust, at);
        if !found.trusted.is_empty() {
            break;
        }
    }
    found
}

/// What the first address that answers with certificates gives.
fn issuers_of(certificate: &Certificate, fetch: &dyn Fetch) -> Vec<Certificate> {
    let get = |url: &str| {
        let bytes = fetch.get(url).ok()?;
        Certificate::from_pem_or_der(&bytes).ok()
    };
    let named = certificate.ca_issuer_urls().iter().take(MAX_FETCHES);
    if let Some(found) = named.filter_map(|url| get(url)).next() {
        return found.into_iter().take(MAX_ISSUERS).collect();
    }
    let published = trust::published(certificate.issuer()).into_iter().take(MAX_FETCHES);
    published
        .flat_map(|pin| {
            let all = get(&pin.url).unwrap_or_default();
            all.into_iter().filter(move |found| found.fingerprint() == pin.sha256)
        })
        .collect()
}
