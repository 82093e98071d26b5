//! Time stamps, and services that fail.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use vanthu::pki::cms::CmsFault;
use vanthu::pki::fetch::{CachedFetch, Fetch, HttpFetch};
use vanthu::pki::path::{PathReason, PathStatus};
use vanthu::pki::{Evidence, PkiError, TrustStore, tsp};

use crate::{CONTENT, certificate, check, now, setting, stamp, trust};

#[test]
fn a_time_stamp_is_had_and_verified() {
    let fetch = HttpFetch::new();
    let token = stamp(&setting("RIG_TSA_URL"), &fetch, CONTENT).unwrap();
    let none = Evidence::default();
    let stamped = tsp::verify(&token, CONTENT, &trust(), &none, Some(&fetch)).unwrap();
    assert_eq!(stamped.report.status, PathStatus::Valid, "{:?}", stamped.report.reasons);
    assert_eq!(stamped.tsa, certificate("tsa"));
    assert!(Timestamp::now().duration_since(stamped.gen_time).abs().as_secs() < 60);
    assert_eq!(tsp::claimed_time(&token), Some(stamped.gen_time));
    let wrong = tsp::verify(&token, b"another message", &trust(), &none, None).unwrap_err();
    assert_eq!(wrong, PkiError::TimeStampWrong("imprint"));
    let untrusted = tsp::verify(&token, CONTENT, &TrustStore::empty(), &none, None).unwrap();
    assert_eq!(untrusted.report.status, PathStatus::Indeterminate);
}

#[test]
fn a_changed_time_stamp_is_refused() {
    let token = stamp(&setting("RIG_TSA_URL"), &HttpFetch::new(), CONTENT).unwrap();
    let time = tsp::claimed_time(&token).unwrap().strftime("%Y%m%d%H%M%S").to_string();
    let year = token.windows(14).position(|w| w == time.as_bytes()).unwrap();
    let mut changed = token.clone();
    changed[year + 3] = if changed[year + 3] == b'1' { b'2' } else { b'1' };
    let none = Evidence::default();
    let error = tsp::verify(&changed, CONTENT, &trust(), &none, None).unwrap_err();
    assert_eq!(error, PkiError::Cms(CmsFault::DigestMismatch));
}

#[test]
fn services_that_fail_fail_cleanly() {
    let url = setting("RIG_TSA_URL");
    let behind = |fault: &str| url.replace("/test/", &format!("/{fault}/test/"));
    let error = stamp(&behind("status-503"), &HttpFetch::new(), CONTENT).unwrap_err();
    assert!(matches!(error, PkiError::BadStatus { status: 503, .. }), "{error}");
    let impatient = HttpFetch::with_limits(Duration::from_millis(400), HttpFetch::LIMIT);
    let begun = Instant::now();
    let error = stamp(&behind("delay-5000"), &impatient, CONTENT).unwrap_err();
    assert!(matches!(error, PkiError::TimedOut { .. }), "{error}");
    assert!(begun.elapsed() < Duration::from_millis(4_900), "it waited for the answer");
    let narrow = HttpFetch::with_limits(HttpFetch::TIMEOUT, 100);
    let error = stamp(&url, &narrow, CONTENT).unwrap_err();
    assert!(matches!(error, PkiError::ReplyTooLarge { limit: 100, .. }), "{error}");
    let error = stamp("http://127.0.0.1:1/tsa", &HttpFetch::new(), CONTENT).unwrap_err();
    assert!(matches!(error, PkiError::Unreachable { .. }), "{error}");
    // The OCSP responder answers, but not with a time stamp.
    let error = stamp(&setting("RIG_OCSP_URL"), &HttpFetch::new(), CONTENT).unwrap_err();
    assert!(
        matches!(error, PkiError::TimeStampMalformed(_) | PkiError::BadStatus { .. }),
        "{error}"
    );
}

#[test]
fn fetching_works_inside_an_executor_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let fetch = CachedFetch::new(HttpFetch::new());
        let list = fetch.get(&setting("RIG_CRL_URL")).unwrap();
        assert_eq!(fetch.get(&setting("RIG_CRL_URL")).unwrap(), list);
        drop(fetch);
    });
}

/// Gives an answer that was made for somebody else.
struct Replay(Vec<u8>);

impl Fetch for Replay {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        Err(PkiError::Unreachable { url: url.to_owned(), cause: "switched off".to_owned() })
    }

    fn post(&self, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
        Ok(self.0.clone())
    }
}

/// Keeps the last answer to a post.
struct Recorder(HttpFetch, std::sync::Mutex<Vec<u8>>);

impl Fetch for Recorder {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        self.0.get(url)
    }

    fn post(&self, url: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        let answer = self.0.post(url, kind, body)?;
        *self.1.lock().unwrap() = answer.clone();
        Ok(answer)
    }
}

#[test]
fn answers_to_other_questions_are_refused() {
    let url = setting("RIG_TSA_URL");
    let recorder = Recorder(HttpFetch::new(), std::sync::Mutex::default());
    stamp(&url, &recorder, CONTENT).unwrap();
    let replay = Replay(recorder.1.lock().unwrap().clone());
    let again = stamp(&url, &replay, CONTENT).unwrap_err();
    assert_eq!(again, PkiError::TimeStampWrong("nonce"));
    let other = stamp(&url, &replay, b"another message").unwrap_err();
    assert_eq!(other, PkiError::TimeStampWrong("imprint"));
    // Somebody in between gives yesterday's "good" again: the nonce tells.
    let good = now("leader", Some(&recorder));
    assert_eq!(good.status, PathStatus::Valid, "{:?}", good.reasons);
    let replay = Replay(recorder.1.lock().unwrap().clone());
    let lists = Evidence { crls: good.used.crls, ocsps: Vec::new() };
    let at = Timestamp::now();
    let fooled = check("leader", at, &lists, Some(&replay));
    assert_eq!(fooled.reasons, [PathReason::RevocationUnknown]);
}

/// Works once.
struct Once(HttpFetch, std::sync::atomic::AtomicBool);

impl Fetch for Once {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        if self.1.swap(true, std::sync::atomic::Ordering::Relaxed) {
            return Err(PkiError::TimedOut { url: url.to_owned() });
        }
        self.0.get(url)
    }

    fn post(&self, url: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
        Err(PkiError::TimedOut { url: url.to_owned() })
    }
}

#[test]
fn a_list_in_force_outlasts_its_service() {
    let url = setting("RIG_CRL_URL");
    let once = || Once(HttpFetch::new(), false.into());
    let cached = CachedFetch::with_lifetime(once(), Duration::ZERO);
    let list = cached.get(&url).unwrap();
    assert_eq!(cached.get(&url), Ok(list));
    // What is no list has no term, so it is not given again.
    let issuer = url.replace("crls/sub/latest.crl", "certs/sub/ca.crt");
    let cached = CachedFetch::with_lifetime(once(), Duration::ZERO);
    assert!(cached.get(&issuer).is_ok());
    assert_eq!(cached.get(&issuer), Err(PkiError::TimedOut { url: issuer.clone() }));
}
