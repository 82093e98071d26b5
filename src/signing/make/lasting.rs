//! Making a signature last: B-LT and B-LTA (ETSI EN 319 142-1, 5.4.2, 5.5 and 6).
//!
//! What a check relied on today, certificates and revocation data, is put into the document
//! security store, so that the file proves itself when the services are gone; a time stamp
//! over the whole file then proves that all of it existed before any key in it grew weak.
//! Both are revisions of their own and permitted under every signature, so a document that
//! was signed without a line is extended whenever the line is back.

use lopdf::{Dictionary, Object, Stream};

use super::revision::{self, Wording};
use super::{Level, Services, Signed, digest_around, fill};
use crate::domain::verdict::Verdict;
use crate::pdf::structure::{SecurityStore, Source, Update};
use crate::pki::{DigestAlgorithm, TrustStore, tsp};
use crate::signing::check::{CheckOptions, check_source};
use crate::signing::report::Proof;
use crate::signing::{SigningError, hasher};

/// A time-stamp token with its certificates takes half of this.
const STAMP_ROOM: usize = 12 * 1024;

/// Raises the signatures of a signed file to `level` (B-LT or B-LTA).
///
/// The file is checked first, with the network: only what is valid is preserved. Time stamps
/// over the signatures must be there already, for they cannot be had later.
///
/// # Errors
/// [`SigningError::NotProvable`] with the reasons when the file is not valid now or a
/// signature has no time stamp; [`SigningError::NoTimestamp`]. The file is left as it was.
pub fn extend(
    source: &Source,
    level: Level,
    trust: &TrustStore,
    services: &Services<'_>,
) -> Result<Signed, SigningError> {
    let mut appended = Vec::new();
    let mut field = String::new();
    if level >= Level::Blt {
        let proof = prove(source, trust, services)?;
        appended.extend(store(source, &proof)?.unwrap_or_default());
    }
    if level >= Level::Blta {
        let now = source.with_appended(&appended)?;
        let (revision, name) = stamp_document(&now, services)?;
        appended.extend(revision);
        field = name;
    }
    Ok(Signed { original: source.reader(), appended, field, level })
}

/// What a check of the file relies on.
fn prove(
    source: &Source,
    trust: &TrustStore,
    services: &Services<'_>,
) -> Result<Proof, SigningError> {
    let options = CheckOptions { trust, at: None, online: Some(services.fetch) };
    let report = check_source(source, &options)?;
    let stamped = report.signatures.iter().all(|found| found.time_stamped);
    if report.verdict != Verdict::Valid || !stamped {
        let reasons = report.reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>();
        return Err(SigningError::NotProvable(reasons.join(", ")));
    }
    let mut proof = Proof::default();
    for found in report.signatures {
        for certificate in found.proof.certificates {
            if !proof.certificates.contains(&certificate) {
                proof.certificates.push(certificate);
            }
        }
        proof.evidence.merge(&found.proof.evidence);
    }
    Ok(proof)
}

/// The revision that adds to the document security store what it has not got yet.
fn store(source: &Source, proof: &Proof) -> Result<Option<Vec<u8>>, SigningError> {
    let SecurityStore { certificates, crls, ocsps } = source.security_store()?;
    let missing = |have: &[Vec<u8>], want: Vec<Vec<u8>>| -> Vec<Vec<u8>> {
        want.into_iter().filter(|der| !have.contains(der)).collect()
    };
    let wanted = proof.certificates.iter().map(|found| found.der().to_vec()).collect();
    let additions = [
        ("Certs", missing(&certificates, wanted)),
        ("CRLs", missing(&crls, proof.evidence.crls.clone())),
        ("OCSPs", missing(&ocsps, proof.evidence.ocsps.clone())),
    ];
    if additions.iter().all(|(_, items)| items.is_empty()) {
        return Ok(None);
    }
    let mut update = Update::new(source)?;
    let (catalog_id, mut catalog) = source.catalog()?;
    let place = catalog.get(b"DSS").and_then(Object::as_reference).ok();
    let mut dss = source.member_dictionary(&catalog, b"DSS")?.unwrap_or_default();
    dss.set("Type", Object::Name(b"DSS".to_vec()));
    for (key, items) in additions.into_iter().filter(|(_, items)| !items.is_empty()) {
        let references: Vec<Object> = items
            .into_iter()
            .map(|der| {
                let id = update.allocate();
                update.set(id, Stream::new(Dictionary::new(), der).into());
                id.into()
            })
            .collect();
        (dss, _) = update.change_array(dss, key.as_bytes(), |list| list.extend(references))?;
    }
    match place {
        Some(id) => update.set(id, dss.into()),
        None => {
            let id = update.allocate();
            update.set(id, dss.into());
            catalog.set("DSS", id);
            update.set(catalog_id, catalog.into());
        }
    }
    Ok(Some(update.write()?.appended))
}

/// The revision with a time stamp over the whole file, and the name of its field.
fn stamp_document(
    source: &Source,
    services: &Services<'_>,
) -> Result<(Vec<u8>, String), SigningError> {
    let wording =
        Wording { kind: "DocTimeStamp", sub_filter: "ETSI.RFC3161", entries: Dictionary::new() };
    let mut reserved = revision::reserve_timestamp(source, &wording, STAMP_ROOM)?;
    let digest = DigestAlgorithm::Sha256;
    let mut original = hasher(digest);
    source.feed(0..source.size(), |piece| original.update(piece))?;
    let imprint = digest_around(original, &reserved);
    let token = services.timestamp(digest, &imprint)?;
    fill(&mut reserved, &token)?;
    Ok((reserved.appended, reserved.field))
}

impl Services<'_> {
    /// A time stamp over a digest, from the first service that answers.
    pub(super) fn timestamp(
        &self,
        digest: DigestAlgorithm,
        imprint: &[u8],
    ) -> Result<Vec<u8>, SigningError> {
        if self.tsa_urls.is_empty() {
            return Err(SigningError::NoTimestampService);
        }
        let mut failures = Vec::new();
        for url in self.tsa_urls {
            match tsp::request(url, digest, imprint, self.fetch) {
                Ok(token) => return Ok(token),
                Err(error) => {
                    tracing::warn!(url, %error, "a time-stamp service failed");
                    failures.push(error.to_string());
                }
            }
        }
        Err(SigningError::NoTimestamp(failures.join("; ")))
    }
}
