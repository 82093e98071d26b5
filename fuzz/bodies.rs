//! What each fuzz target does with bytes from outside: plain functions, so that the same
//! bodies run under cargo-fuzz and, for a moment, in the ordinary tests
//! (`tests/signing/smoke.rs`).
//!
//! Beside "it does not panic, hang or eat the memory" each body states what must hold of
//! its answer, as far as that can be said without a second implementation.

use std::collections::HashSet;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use lopdf::{Object, ObjectId};
use vanthu::domain::verdict::Verdict;
use vanthu::packet;
use vanthu::pdf::structure::Source;
use vanthu::pki::cms::SignedData;
use vanthu::pki::fetch::Fetch;
use vanthu::pki::{
    Certificate, DigestAlgorithm, Evidence, PkiError, Purpose, TrustStore, path, tsp,
};
use vanthu::signing::{CheckOptions, check};
use vanthu::token::pcsc;

/// A target's name, which is also its folder under `seeds`, and what it does.
pub type Target = (&'static str, fn(&[u8]));

#[allow(dead_code)] // each binary of cargo-fuzz takes one
pub const ALL: &[Target] = &[
    ("apdu", apdu),
    ("certificate", certificate),
    ("check", whole_check),
    ("cms", cms),
    ("crl", crl),
    ("edxml", edxml),
    ("ocsp", ocsp),
    ("pdf", pdf),
    ("timestamp", timestamp),
];

/// Content that the seeds of `cms` and `timestamp` were made for.
pub const CONTENT: &[u8] = b"content";

macro_rules! signed_seeds {
    ($($name:literal),*) => {
        [$(&include_bytes!(concat!("seeds/check/", $name))[..]),*]
    };
}

/// Files with good signatures; whatever else is valid must begin like one of them.
fn signed_seeds() -> [&'static [u8]; 6] {
    signed_seeds!(
        "table.pdf",
        "stream.pdf",
        "two.pdf",
        "lasting.pdf",
        "elliptic.pdf",
        "certified.pdf"
    )
}

struct World {
    trust: TrustStore,
    signer: Certificate,
    pool: Vec<Certificate>,
    /// When the seeds were made, a little later: their CRLs and OCSP answers are fresh.
    now: Timestamp,
}

fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| {
        let read = |der: &[u8]| Certificate::from_der(der).expect("a certificate");
        let issuing = read(include_bytes!("seeds/certificate/issuing.der"));
        let mut trust = TrustStore::empty();
        trust.add(read(include_bytes!("seeds/certificate/root.der")));
        trust.add(read(include_bytes!("seeds/certificate/root-ec.der")));
        trust.add(issuing.clone());
        World {
            trust,
            signer: read(include_bytes!("seeds/certificate/signer.der")),
            pool: vec![issuing],
            now: include_str!("seeds/made-at").trim().parse().expect("a time"),
        }
    })
}

/// Structure, pages, form, streams and every earlier revision.
#[allow(dead_code)]
pub fn pdf(data: &[u8]) {
    let Ok(source) = Source::parse(Arc::from(data)) else { return };
    let revisions = source.revisions().to_vec();
    assert!(revisions.windows(2).all(|pair| pair[0].end < pair[1].end), "revisions in order");
    for revision in revisions.iter().rev().take(4) {
        let Ok(earlier) = source.until(revision.end) else { continue };
        let _ = earlier.fields();
    }
    let pages = source.page_count().unwrap_or(0);
    for page in 1..=pages.min(20) {
        let _ = source.page_geometry(page);
    }
    let _ = source.page_geometry(0);
    let _ = source.page_geometry(pages.saturating_add(1));
    let _ = source.signature_fields();
    let _ = source.security_store();
    let mut entries: Vec<_> = source.entries().collect();
    entries.sort_unstable_by_key(|(number, _)| *number);
    for (number, _) in entries.into_iter().take(200) {
        if let Ok(Some(found)) = source.indirect((number, 0)) {
            assert_eq!(found.id.0, number, "an object is the one that was asked for");
            let _ = source.stream_decoded((number, 0));
        }
    }
}

/// The whole check. Nothing is valid but what one of the seeds says, and whatever was appended
/// to it leaves the pages as they were signed.
#[allow(dead_code)]
pub fn whole_check(data: &[u8]) {
    let World { trust, now, .. } = world();
    let options = CheckOptions { trust, at: Some(*now), online: None };
    let Ok(report) = check(Arc::from(data), &options) else { return };
    let _ = report.to_json("x").to_string();
    let _ = report.summary();
    for found in &report.signatures {
        if found.verdict != Verdict::Valid {
            continue;
        }
        let length = found.signed_length.unwrap_or(0);
        let signed = &data[..length];
        assert!(
            signed_seeds().iter().any(|seed| same_but_for_values(seed, signed)),
            "valid, and not one of the seeds"
        );
        let pages = |bytes: &[u8]| shown(&Source::parse(Arc::from(bytes)).expect("it was checked"));
        assert!(pages(signed) == pages(data), "valid, and the pages are not what was signed");
    }
}

/// An object's number, what it says, and its bytes if it is a stream.
pub type Shown = (u32, Object, Vec<u8>);

/// What the pages of a file are drawn from, but for their annotations, in the order of pages.
pub fn shown(source: &Source) -> Vec<Shown> {
    let pages = source.pages().expect("it was checked");
    let mut waiting: Vec<ObjectId> = pages.iter().rev().copied().collect();
    let (mut seen, mut found) = (HashSet::new(), Vec::new());
    while let Some(id) = waiting.pop() {
        if !seen.insert(id) {
            continue;
        }
        let Some(indirect) = source.indirect(id).expect("it was checked") else { continue };
        let mut object = indirect.object;
        if let Object::Dictionary(dictionary) = &mut object {
            for other in ["Annots", "Kids"] {
                dictionary.remove(other.as_bytes());
            }
        }
        references(&object, &mut waiting);
        let stream = indirect.stream.map(|range| source.read(range).expect("its bytes"));
        found.push((id.0, object, stream.map(|bytes| bytes.into_owned()).unwrap_or_default()));
    }
    found
}

fn references(object: &Object, found: &mut Vec<ObjectId>) {
    match object {
        Object::Reference(id) => found.push(*id),
        Object::Array(items) => items.iter().for_each(|item| references(item, found)),
        Object::Dictionary(members) => members.iter().for_each(|(_, item)| references(item, found)),
        _ => {}
    }
}

/// Alike up to one hex string, the signature value.
fn same_but_for_values(seed: &[u8], signed: &[u8]) -> bool {
    let Some(seed) = seed.get(..signed.len()) else { return false };
    let differs = |(a, b): (&u8, &u8)| a != b;
    let Some(first) = seed.iter().zip(signed).position(differs) else { return true };
    let last = seed.iter().zip(signed).rposition(differs).unwrap_or(first);
    signed[first..=last].iter().all(u8::is_ascii_hexdigit)
        && seed[first..=last].iter().all(u8::is_ascii_hexdigit)
}

#[allow(dead_code)]
pub fn cms(data: &[u8]) {
    let Ok(signed) = SignedData::parse(data) else { return };
    let _ = signed.verify(&DigestAlgorithm::Sha256.digest(CONTENT));
    for certificate in &signed.certificates {
        let _ = signed.verify_by(certificate, &DigestAlgorithm::Sha256.digest(CONTENT));
    }
}

/// One certificate or several, and the path of the first.
#[allow(dead_code)]
pub fn certificate(data: &[u8]) {
    let Ok(found) = Certificate::from_pem_or_der(data) else { return };
    let World { trust, now, .. } = world();
    for certificate in found.iter().take(4) {
        let again = Certificate::from_der(certificate.der()).expect("it was read once");
        assert_eq!(&again, certificate);
        let _ = (certificate.subject(), certificate.owner_kind(), certificate.serial_hex());
        let purpose = Purpose::DocumentSigning;
        let none = Evidence::default();
        let _ = path::validate(certificate, &found, trust, *now, purpose, &none, None);
    }
}

fn with_evidence(evidence: &Evidence) {
    let World { trust, signer, pool, now } = world();
    let purpose = Purpose::DocumentSigning;
    let report = path::validate(signer, pool, trust, *now, purpose, evidence, None);
    assert!(
        evidence.crls.iter().chain(&evidence.ocsps).any(|der| !der.is_empty())
            || report.used.is_empty(),
        "nothing proves nothing"
    );
}

#[allow(dead_code)]
pub fn crl(data: &[u8]) {
    with_evidence(&Evidence { crls: vec![data.to_vec()], ocsps: Vec::new() });
}

#[allow(dead_code)]
pub fn ocsp(data: &[u8]) {
    with_evidence(&Evidence { crls: Vec::new(), ocsps: vec![data.to_vec()] });
}

/// A service that gives the same answer to everybody.
struct Always<'a>(&'a [u8]);

impl Fetch for Always<'_> {
    fn get(&self, _: &str) -> Result<Vec<u8>, PkiError> {
        Ok(self.0.to_vec())
    }
    fn post(&self, _: &str, _: &str, _: &[u8]) -> Result<Vec<u8>, PkiError> {
        Ok(self.0.to_vec())
    }
}

/// As a token in a signature, and as a service's answer.
#[allow(dead_code)]
pub fn timestamp(data: &[u8]) {
    let World { trust, .. } = world();
    let _ = tsp::claimed_time(data);
    let _ = tsp::verify(data, CONTENT, trust, &Evidence::default(), None);
    let digest = DigestAlgorithm::Sha256.digest(CONTENT);
    let answer = tsp::request("http://x", DigestAlgorithm::Sha256, &digest, &Always(data));
    assert!(answer.is_err(), "an old answer has another nonce");
}

#[allow(dead_code)]
pub fn edxml(data: &[u8]) {
    let limits = packet::Limits {
        packet_bytes: 1 << 20,
        attachment_bytes: 1 << 20,
        decoded_bytes: 2 << 20,
        ..packet::Limits::default()
    };
    let Ok(read) = packet::read(data, &limits) else { return };
    let _ = packet::json::to_value(&read, true);
    if let Ok(written) = packet::write(&read) {
        let wide = packet::Limits::default();
        packet::read(&written, &wide).expect("what was written is read");
    }
}

/// A card that answers with these bytes.
#[allow(dead_code)]
pub fn apdu(data: &[u8]) {
    let _ = pcsc::replay(data);
}
