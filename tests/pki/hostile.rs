//! Nothing that comes from outside makes a reader panic.

use jiff::Timestamp;
use proptest::prelude::*;
use vanthu::pki::cms::SignedData;
use vanthu::pki::fetch::HttpFetch;
use vanthu::pki::{Certificate, DigestAlgorithm, Evidence, SignatureScheme, tsp};

use crate::signatures::{openssl_signs, sign};
use crate::{CONTENT, certificate, check, now, setting, stamp, time};

/// Everything that is read from outside, on the same bytes.
fn read_all(bytes: &[u8]) {
    let _ = Certificate::from_pem_or_der(bytes);
    let _ = tsp::claimed_time(bytes);
    if let Ok(read) = SignedData::parse(bytes) {
        let _ = read.verify(&DigestAlgorithm::Sha256.digest(CONTENT));
    }
    let evidence = Evidence { crls: vec![bytes.to_vec()], ocsps: vec![bytes.to_vec()] };
    let _ = check("leader", Timestamp::UNIX_EPOCH, &evidence, None);
    let _ = check("leader", time("2026-01-01T00:00:00Z"), &evidence, None);
}

/// Real objects, made once, to be damaged.
fn objects() -> &'static [Vec<u8>] {
    static OBJECTS: std::sync::OnceLock<Vec<Vec<u8>>> = std::sync::OnceLock::new();
    OBJECTS.get_or_init(|| {
        let fetch = HttpFetch::new();
        let used = now("leader", Some(&fetch)).used;
        let token = stamp(&setting("RIG_TSA_URL"), &fetch, CONTENT).unwrap();
        let signed = sign("leader", DigestAlgorithm::Sha256, SignatureScheme::RsaPss);
        let ber = openssl_signs("leader", &["-nodetach", "-stream"]);
        let mut all = vec![certificate("leader").der().to_vec(), token, signed.to_der(), ber];
        all.extend(used.crls);
        all.extend(used.ocsps);
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn damaged_objects_never_panic(
        object in 0usize..6,
        place in any::<prop::sample::Index>(),
        value in any::<u8>(),
        cut in any::<Option<prop::sample::Index>>(),
    ) {
        let objects = objects();
        let mut bytes = objects[object % objects.len()].clone();
        let place = place.index(bytes.len());
        bytes[place] = value;
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        read_all(&bytes);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read_all(&bytes);
    }
}
