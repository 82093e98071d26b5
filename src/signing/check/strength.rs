//! Algorithms and keys against the rules: what was good on its day, what is doubtful, what is
//! forbidden.

use jiff::Timestamp;

use crate::pki::{Certificate, DigestAlgorithm, KeyKind, TrustStore, trust};
use crate::rules::algorithms::{Algorithms, Standing, Weakness};
use crate::signing::reason::Reason;

/// What is weak about a signature with this digest and the keys on this path, as reasons.
///
/// `proven` tells whether a time stamp proves `at`: without that, what was good on its day is
/// doubtful, for anybody can claim a day. Certificates were made by authorities and long
/// before, so that their own signatures are never forbidden, only doubtful; one that is known
/// by its fingerprint needs no signature at all.
pub(super) fn reasons(
    rules: &Algorithms,
    digest: DigestAlgorithm,
    path: &[Certificate],
    trusted: &TrustStore,
    at: Timestamp,
    proven: bool,
) -> Vec<Reason> {
    let judge = |weakness: Weakness, weak: Reason| match rules.standing(weakness, at) {
        Standing::Good if proven => Reason::AlgorithmOutdated,
        Standing::Good | Standing::Weak => weak,
        Standing::Refused => Reason::AlgorithmForbidden,
    };
    let mut found = Vec::new();
    if let Some(weakness) = of_digest(Some(digest)) {
        found.push(judge(weakness, Reason::WeakAlgorithm));
    }
    if let Some(weakness) = path.first().and_then(|signer| of_key(rules, signer.key_kind())) {
        found.push(judge(weakness, Reason::WeakKey));
    }
    let lenient = |weakness, weak| match judge(weakness, weak) {
        Reason::AlgorithmForbidden => weak,
        other => other,
    };
    for (depth, certificate) in path.iter().enumerate() {
        if trusted.is_root(certificate) {
            continue;
        }
        if depth > 0
            && let Some(weakness) = of_key(rules, certificate.key_kind())
        {
            found.push(lenient(weakness, Reason::WeakKey));
        }
        let digest = certificate.signature_algorithm().and_then(|algorithm| algorithm.digest);
        if let Some(weakness) = of_digest(digest)
            && trust::pinned(certificate).is_none()
        {
            found.push(lenient(weakness, Reason::WeakAlgorithm));
        }
    }
    found
}

fn of_digest(digest: Option<DigestAlgorithm>) -> Option<Weakness> {
    match digest {
        None => Some(Weakness::Unknown),
        Some(DigestAlgorithm::Sha1) => Some(Weakness::Sha1),
        Some(_) => None,
    }
}

fn of_key(rules: &Algorithms, key: KeyKind) -> Option<Weakness> {
    match key {
        KeyKind::Rsa(bits) => (bits < rules.rsa_bits).then_some(Weakness::ShortRsa(bits)),
        KeyKind::P256 => (rules.ecdsa_bits > 256).then_some(Weakness::Unknown),
        KeyKind::P384 => (rules.ecdsa_bits > 384).then_some(Weakness::Unknown),
        KeyKind::Other => Some(Weakness::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::demo::{Authority, Subject};

    #[test]
    fn the_day_and_its_proof_decide() {
        let made: Timestamp = "2012-03-01T00:00:00Z".parse().unwrap();
        let authority = Authority::create(made).unwrap();
        let signer = authority.issue(&Subject::default()).unwrap();
        let path = [signer.certificate, authority.sub().clone(), authority.root().clone()];
        let mut trusted = TrustStore::empty();
        trusted.add(authority.root().clone());
        let rules = Algorithms::current();
        let said = |digest, day: &str, proven| {
            let at = format!("{day}T00:00:00Z").parse().unwrap();
            reasons(rules, digest, &path, &trusted, at, proven)
        };
        for proven in [false, true] {
            assert_eq!(said(DigestAlgorithm::Sha256, "2026-03-01", proven), []);
            let old = said(DigestAlgorithm::Sha1, "2019-03-01", proven);
            assert_eq!(old, [Reason::WeakAlgorithm]);
            let new = said(DigestAlgorithm::Sha1, "2026-03-01", proven);
            assert_eq!(new, [Reason::AlgorithmForbidden]);
        }
        let then = said(DigestAlgorithm::Sha1, "2012-03-01", true);
        assert_eq!(then, [Reason::AlgorithmOutdated]);
        let claimed = said(DigestAlgorithm::Sha1, "2012-03-01", false);
        assert_eq!(claimed, [Reason::WeakAlgorithm]);
        // Longer keys than the signer's are asked for.
        let mut strict = rules.clone();
        strict.rsa_bits = 3072;
        let at = "2026-03-01T00:00:00Z".parse().unwrap();
        let found = reasons(&strict, DigestAlgorithm::Sha256, &path, &trusted, at, true);
        assert_eq!(found, [Reason::AlgorithmForbidden, Reason::WeakKey]);
    }
}
