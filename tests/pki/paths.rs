//! Paths and revocation with the rig's services.

use jiff::Timestamp;
use vanthu::pki::fetch::{Fetch, HttpFetch};
use vanthu::pki::path::{self, PathReason, PathStatus, Purpose};
use vanthu::pki::{Certificate, Evidence, PkiError, TrustStore};

use crate::{certificate, check, now, time, trust};

/// Goes to the network for lists only, or for answers only.
struct Only {
    inner: HttpFetch,
    get: bool,
}

impl Only {
    fn lists() -> Self {
        Self { inner: HttpFetch::new(), get: true }
    }

    fn answers() -> Self {
        Self { inner: HttpFetch::new(), get: false }
    }

    fn refuse(url: &str) -> PkiError {
        PkiError::Unreachable { url: url.to_owned(), cause: "switched off".to_owned() }
    }
}

impl Fetch for Only {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        // The root has no responder, so its own list is let through.
        if self.get || url.contains("/root/") {
            self.inner.get(url)
        } else {
            Err(Self::refuse(url))
        }
    }

    fn post(&self, url: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        if self.get { Err(Self::refuse(url)) } else { self.inner.post(url, kind, body) }
    }
}

/// Has the rig's services answer as of another time.
struct AsOf(&'static str);

impl AsOf {
    fn send(&self, request: reqwest::blocking::RequestBuilder) -> Result<Vec<u8>, PkiError> {
        let answer = request.header("X-Certomancer-Fake-Time", self.0).send().unwrap();
        assert_eq!(answer.status(), 200);
        Ok(answer.bytes().unwrap().to_vec())
    }
}

impl Fetch for AsOf {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        self.send(reqwest::blocking::Client::new().get(url))
    }

    fn post(&self, url: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        let request = reqwest::blocking::Client::new().post(url);
        self.send(request.header("content-type", kind).body(body.to_vec()))
    }
}

#[test]
fn good_signers_are_valid_by_answer_and_by_list() {
    for name in ["leader", "org"] {
        let by_answer = now(name, Some(&Only::answers()));
        assert_eq!(by_answer.status, PathStatus::Valid, "{:?}", by_answer.reasons);
        assert_eq!((by_answer.used.ocsps.len(), by_answer.used.crls.len()), (1, 1));
        let by_list = now(name, Some(&Only::lists()));
        assert_eq!(by_list.status, PathStatus::Valid, "{:?}", by_list.reasons);
        assert_eq!((by_list.used.ocsps.len(), by_list.used.crls.len()), (0, 2));
        let chain = [certificate(name), certificate("sub"), certificate("root")];
        assert_eq!(by_list.chain, chain);
    }
}

#[test]
fn revoked_is_revoked_by_answer_and_by_list_but_not_before() {
    for online in [Only::answers(), Only::lists()] {
        let report = now("revoked", Some(&online));
        assert_eq!(report.status, PathStatus::Invalid);
        assert_eq!(report.reasons, [PathReason::CertificateRevoked]);
        assert_eq!(report.revoked_since, Some(time("2025-01-01T00:00:00Z")));
        let none = Evidence::default();
        let before = check("revoked", time("2024-12-31T23:59:59Z"), &none, Some(&online));
        assert_eq!(before.status, PathStatus::Valid, "{:?}", before.reasons);
    }
}

#[test]
fn expired_is_expired_now_and_valid_while_it_lasted() {
    let report = now("expired", Some(&HttpFetch::new()));
    assert_eq!(report.status, PathStatus::Invalid);
    assert_eq!(report.reasons, [PathReason::CertificateExpired]);
    let none = Evidence::default();
    let at = time("2021-06-01T00:00:00Z");
    let then = check("expired", at, &none, Some(&AsOf("2021-06-01T00:00:00+00:00")));
    assert_eq!(then.status, PathStatus::Valid, "{:?}", then.reasons);
    // The same evidence, kept, still proves it; today's lists may have dropped it.
    let kept = check("expired", at, &then.used, None);
    assert_eq!(kept.status, PathStatus::Valid, "{:?}", kept.reasons);
    let today = check("expired", at, &none, Some(&HttpFetch::new()));
    assert_eq!(today.reasons, [PathReason::RevocationUnknown]);
    let early = check("leader", at, &none, None);
    assert_eq!(early.reasons, [PathReason::CertificateNotYetValid, PathReason::RevocationUnknown]);
}

#[test]
fn a_stranger_is_not_trusted() {
    let none = Evidence::default();
    let pool = [certificate("stranger-root")];
    let leaf = certificate("stranger");
    let validate = |pool: &[Certificate]| {
        let at = Timestamp::now();
        path::validate(&leaf, pool, &trust(), at, Purpose::DocumentSigning, &none, None)
    };
    assert_eq!(validate(&pool).reasons, [PathReason::RootUntrusted]);
    assert_eq!(validate(&pool).chain.len(), 2);
    assert_eq!(validate(&[]).reasons, [PathReason::IssuerUnknown]);
    assert_eq!(validate(&[]).status, PathStatus::Indeterminate);
}

#[test]
fn without_a_network_only_kept_evidence_counts() {
    let report = now("leader", None);
    assert_eq!(report.status, PathStatus::Indeterminate);
    assert_eq!(report.reasons, [PathReason::RevocationUnknown]);
    let at = Timestamp::now();
    let online = check("leader", at, &Evidence::default(), Some(&HttpFetch::new()));
    let kept = check("leader", at, &online.used, None);
    assert_eq!(kept.status, PathStatus::Valid, "{:?}", kept.reasons);
    assert_eq!(kept.used, online.used);
    // An answer about one certificate says nothing of another.
    let other = check("org", at, &online.used, None);
    assert_eq!(other.reasons, [PathReason::RevocationUnknown]);
}

#[test]
fn stale_and_damaged_evidence_does_not_count() {
    let at = time("2024-12-31T20:00:00Z");
    let then = check("revoked", at, &Evidence::default(), Some(&AsOf("2024-12-31T12:00:00+00:00")));
    // The answer of noon held for ten minutes only, the list for the day.
    assert_eq!(then.status, PathStatus::Valid, "{:?}", then.reasons);
    assert!(then.used.ocsps.is_empty());
    let later = check("revoked", time("2025-06-01T00:00:00Z"), &then.used, None);
    assert_eq!(later.reasons, [PathReason::RevocationUnknown]);
    let mut damaged = then.used.clone();
    for list in &mut damaged.crls {
        *list.last_mut().unwrap() ^= 1;
    }
    assert_eq!(check("revoked", at, &damaged, None).reasons, [PathReason::RevocationUnknown]);
    // Somebody who encloses old evidence is found out when there is a network.
    let now = Timestamp::now();
    let asked = check("revoked", now, &then.used, Some(&HttpFetch::new()));
    assert_eq!(asked.reasons, [PathReason::CertificateRevoked]);
}

#[test]
fn a_missing_issuer_is_fetched() {
    let mut roots_only = TrustStore::empty();
    roots_only.add(certificate("root"));
    let leaf = certificate("leader");
    let none = Evidence::default();
    let validate = |online: Option<&dyn Fetch>| {
        let at = Timestamp::now();
        path::validate(&leaf, &[], &roots_only, at, Purpose::DocumentSigning, &none, online)
    };
    assert_eq!(validate(None).reasons, [PathReason::IssuerUnknown]);
    assert_eq!(validate(Some(&HttpFetch::new())).status, PathStatus::Valid);
}

#[test]
fn a_forged_certificate_breaks_the_chain() {
    let mut der = certificate("leader").der().to_vec();
    *der.last_mut().unwrap() ^= 1;
    let forged = Certificate::from_der(&der).unwrap();
    let none = Evidence::default();
    let at = Timestamp::now();
    let report = path::validate(&forged, &[], &trust(), at, Purpose::DocumentSigning, &none, None);
    assert_eq!(report.status, PathStatus::Invalid);
    assert_eq!(report.reasons, [PathReason::ChainBroken]);
}

#[test]
fn an_end_certificate_is_no_authority() {
    // leader did not issue anything, but a pool may say so; and a service's certificate
    // is not for documents.
    for name in ["tsa", "sub", "leader-ec"] {
        let report = now(name, Some(&HttpFetch::new()));
        assert_eq!(report.reasons, [PathReason::KeyUsageWrong], "{name}");
    }
}
