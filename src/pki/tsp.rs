//! Time stamps (RFC 3161): asked for, and verified.

use jiff::Timestamp;

use super::algorithm::DigestAlgorithm;
use super::asn1::{self, Element, Malformed};
use super::certificate::Certificate;
use super::cms::{CmsFault, SignedData};
use super::error::PkiError;
use super::fetch::Fetch;
use super::path::{self, PathReason, PathReport, Purpose};
use super::revocation::Evidence;
use super::trust::TrustStore;
use super::{identifier, oid};

/// Length of the nonce in bytes.
const NONCE: usize = 16;

/// A verified time stamp. The signature and the imprint are right; whether the service is
/// to be trusted says the report.
#[derive(Debug, Clone)]
pub struct TimeStamp {
    pub gen_time: Timestamp,
    /// The digest of the imprint.
    pub digest: DigestAlgorithm,
    pub tsa: Certificate,
    /// Certificates that came with the token.
    pub certificates: Vec<Certificate>,
    /// Of the service's certificate, at `gen_time`.
    pub report: PathReport,
}

/// TSTInfo (RFC 3161, 2.4.2), read as far as it is needed.
struct TstInfo {
    algorithm: DigestAlgorithm,
    imprint: Vec<u8>,
    gen_time: Timestamp,
    nonce: Option<Vec<u8>>,
}

/// Has a digest stamped by the service at `url`; gives the TimeStampToken, a ContentInfo in
/// DER. The answer is checked for status, imprint, nonce and its own signature; whom to
/// trust is for [`verify`].
///
/// # Errors
/// The network's variants, `TimeStampRefused`, `TimeStampWrong`, `TimeStampMalformed`, or
/// what [`SignedData`] finds wrong.
pub fn request(
    url: &str,
    algorithm: DigestAlgorithm,
    digest: &[u8],
    fetch: &dyn Fetch,
) -> Result<Vec<u8>, PkiError> {
    let mut nonce = [0; NONCE];
    aws_lc_rs::rand::fill(&mut nonce)
        .map_err(|_| PkiError::TimeStampRefused("no random numbers".to_owned()))?;
    let null = asn1::element(asn1::NULL, &[]);
    let algorithm_identifier =
        asn1::sequence(&[&asn1::oid(&identifier::digest_oid(algorithm)), &null]);
    let request = asn1::sequence(&[
        &asn1::unsigned(&[1]),
        &asn1::sequence(&[&algorithm_identifier, &asn1::octets(digest)]),
        &asn1::unsigned(&nonce),
        &asn1::element(asn1::BOOLEAN, &[0xff]),
    ]);
    let answer = fetch.post(url, "application/timestamp-query", &request)?;
    let token = read_answer(&answer)?;
    let signed = SignedData::parse(&token)?;
    let info = verified_info(&signed)?;
    if info.algorithm != algorithm || info.imprint != digest {
        return Err(PkiError::TimeStampWrong("imprint"));
    }
    if info.nonce.as_deref() != Some(asn1::without_leading_zeros(&nonce)) {
        return Err(PkiError::TimeStampWrong("nonce"));
    }
    Ok(token)
}

/// Verifies a token against the message that was stamped (for a signature: its value).
///
/// The path is validated at the stamp's own time; a service whose key may be out is refused
/// for any time (RFC 3161, 4). A SHA-1 imprint makes the report indeterminate.
///
/// # Errors
/// `TimeStampWrong` if the stamp is for another message; otherwise what is malformed or
/// wrong with the token's signature.
pub fn verify(
    token: &[u8],
    message: &[u8],
    trust: &TrustStore,
    evidence: &Evidence,
    online: Option<&dyn Fetch>,
) -> Result<TimeStamp, PkiError> {
    let imprint = |algorithm: DigestAlgorithm| algorithm.digest(message);
    verify_imprint(token, imprint, trust, evidence, online)
}

/// The same for a message that is not in memory: `imprint` gives its digest.
///
/// # Errors
/// As [`verify`].
pub fn verify_imprint(
    token: &[u8],
    imprint: impl FnOnce(DigestAlgorithm) -> Vec<u8>,
    trust: &TrustStore,
    evidence: &Evidence,
    online: Option<&dyn Fetch>,
) -> Result<TimeStamp, PkiError> {
    let signed = SignedData::parse(token)?;
    let info = verified_info(&signed)?;
    if imprint(info.algorithm) != info.imprint {
        return Err(PkiError::TimeStampWrong("imprint"));
    }
    let tsa = signed.signer_certificate().ok_or(CmsFault::CertificateMissing)?.clone();
    let mut all = signed.evidence.clone();
    all.merge(evidence);
    let mut report = path::validate(
        &tsa,
        &signed.certificates,
        trust,
        info.gen_time,
        Purpose::TimeStamping,
        &all,
        online,
    );
    if [info.algorithm, signed.signer.digest].contains(&DigestAlgorithm::Sha1) {
        report.add(PathReason::WeakAlgorithm);
    }
    Ok(TimeStamp {
        gen_time: info.gen_time,
        digest: info.algorithm,
        tsa,
        certificates: signed.certificates,
        report,
    })
}

/// Whether a check that trusts `trust` will take a token that was just had for `digest`. Its
/// path must hold at the stamp's own time; that nobody can tell now whether it is revoked is
/// no fault, for that is asked when the stamp is relied upon. Without a root nobody can be
/// judged, and every token is taken.
///
/// By `fetch` come the issuers that the token leaves out, where it does, and with them what is
/// known of their revocation.
///
/// # Errors
/// `TimeStampUntrusted` with what is wrong, or as [`verify`].
pub fn accept(
    token: &[u8],
    digest: &[u8],
    trust: &TrustStore,
    fetch: &dyn Fetch,
) -> Result<(), PkiError> {
    if trust.roots.is_empty() {
        return Ok(());
    }
    let judge = |online| {
        verify_imprint(token, |_| digest.to_vec(), trust, &trust.evidence, online)
            .map(|stamp| stamp.report.reasons)
    };
    let mut reasons = judge(None)?;
    if reasons.contains(&PathReason::IssuerUnknown) {
        reasons = judge(Some(fetch))?;
    }
    reasons.retain(|reason| *reason != PathReason::RevocationUnknown);
    if reasons.is_empty() { Ok(()) } else { Err(PkiError::TimeStampUntrusted(reasons)) }
}

/// The time that a token claims, unverified; for showing and sorting only.
pub fn claimed_time(token: &[u8]) -> Option<Timestamp> {
    let signed = SignedData::parse(token).ok()?;
    read_info(signed.content.as_deref()?).ok().map(|info| info.gen_time)
}

/// TimeStampResp ::= SEQUENCE { PKIStatusInfo, TimeStampToken OPTIONAL }.
fn read_answer(answer: &[u8]) -> Result<Vec<u8>, PkiError> {
    const GRANTED: u32 = 0;
    const GRANTED_WITH_MODS: u32 = 1;
    let read = || -> Result<(u32, String, Option<Vec<u8>>), Malformed> {
        let mut parts = Element::whole(answer)?.tagged(asn1::SEQUENCE)?.children();
        let mut info = parts.expect(asn1::SEQUENCE)?.children();
        let status = info.expect(asn1::INTEGER)?.small()?;
        let text = match info.optional(asn1::SEQUENCE)? {
            Some(texts) if !texts.content.is_empty() => {
                String::from_utf8_lossy(texts.children().next()?.content).into_owned()
            }
            _ => String::new(),
        };
        let token = parts.optional(asn1::SEQUENCE)?.map(|token| token.raw.to_vec());
        Ok((status, text, token))
    };
    match read().map_err(|fault| PkiError::TimeStampMalformed(fault.0))? {
        (GRANTED | GRANTED_WITH_MODS, _, Some(token)) => Ok(token),
        (GRANTED | GRANTED_WITH_MODS, _, None) => Err(PkiError::TimeStampMalformed("no token")),
        (status, text, _) => Err(PkiError::TimeStampRefused(format!("status {status} {text}"))),
    }
}

/// The content of a token whose signature is right and names its certificate.
fn verified_info(signed: &SignedData) -> Result<TstInfo, PkiError> {
    if signed.content_type != oid::TST_INFO {
        return Err(CmsFault::ContentTypeMismatch.into());
    }
    let content = signed.content.as_deref().ok_or(PkiError::TimeStampMalformed("no content"))?;
    if signed.signer.signing_certificates.is_empty() {
        return Err(CmsFault::AttributeMissing("signing-certificate").into());
    }
    signed.verify(&signed.signer.digest.digest(content))?;
    read_info(content).map_err(|fault| PkiError::TimeStampMalformed(fault.0))
}

/// TSTInfo ::= SEQUENCE { version, policy, messageImprint, serialNumber, genTime, accuracy
/// OPTIONAL, ordering DEFAULT FALSE, nonce OPTIONAL, tsa [0], extensions [1] }.
fn read_info(content: &[u8]) -> Result<TstInfo, Malformed> {
    let mut parts = Element::whole(content)?.tagged(asn1::SEQUENCE)?.children();
    parts.expect(asn1::INTEGER)?;
    parts.expect(asn1::OID)?;
    let mut imprint = parts.expect(asn1::SEQUENCE)?.children();
    let algorithm = identifier::read_digest(imprint.expect(asn1::SEQUENCE)?)?
        .ok_or(Malformed("unknown digest"))?;
    let imprint = imprint.expect(asn1::OCTET_STRING)?.content.to_vec();
    parts.expect(asn1::INTEGER)?;
    let gen_time = parts.expect(asn1::GENERALIZED_TIME)?.time()?;
    parts.optional(asn1::SEQUENCE)?;
    parts.optional(asn1::BOOLEAN)?;
    let nonce = match parts.optional(asn1::INTEGER)? {
        Some(nonce) => Some(nonce.magnitude()?.to_vec()),
        None => None,
    };
    Ok(TstInfo { algorithm, imprint, gen_time, nonce })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = read_answer(&bytes);
            let _ = read_info(&bytes);
            let _ = claimed_time(&bytes);
        }
    }
}
