//! Online certificate status (RFC 6960).

use jiff::Timestamp;

use crate::pki::algorithm::DigestAlgorithm;
use crate::pki::asn1::{self, Element, Malformed};
use crate::pki::certificate::{Certificate, Name};
use crate::pki::fetch::Fetch;
use crate::pki::identifier::{self, SignatureAlgorithm};
use crate::pki::oid;
use crate::pki::path::Purpose;

use super::crl::enumerated;
use super::{Evidence, Outcome, Question, Revocation, Statement, WITHOUT_NEXT_UPDATE};

/// Length of the nonce in bytes (RFC 9654 asks for 32).
const NONCE: usize = 32;

/// More certificates in an answer are not looked at.
const MAX_CERTIFICATES: usize = 16;

/// A BasicOCSPResponse, read as far as it is needed.
struct Answer<'a> {
    tbs: &'a [u8],
    algorithm: Element<'a>,
    signature: &'a [u8],
    responder: Responder,
    produced_at: Timestamp,
    nonce: Option<&'a [u8]>,
    statuses: Vec<Element<'a>>,
    certificates: Vec<Certificate>,
}

enum Responder {
    Name(Box<Name>),
    /// SHA-1 of the public key.
    Key(Vec<u8>),
}

/// Asks the responder at `url`.
pub(super) fn ask(question: &Question<'_>, url: &str, fetch: &dyn Fetch) -> Option<Statement> {
    let mut nonce = [0; NONCE];
    aws_lc_rs::rand::fill(&mut nonce).ok()?;
    let request = request(question, &nonce);
    match fetch.post(url, "application/ocsp-request", &request) {
        Ok(der) => state(question, &der, Some(&nonce)),
        Err(error) => {
            tracing::debug!(%error, "no OCSP answer");
            None
        }
    }
}

/// What the answer says of the certificate, if it is properly signed by the issuer or by
/// somebody whom the issuer has charged with it. A nonce that does not come back is
/// accepted, since many responders prepare their answers; a wrong one is not.
pub(super) fn state(
    question: &Question<'_>,
    der: &[u8],
    nonce: Option<&[u8]>,
) -> Option<Statement> {
    let answer = Answer::read(der).ok()?;
    if nonce.is_some() && answer.nonce.is_some() && nonce != answer.nonce {
        return None;
    }
    let status = answer.statuses.iter().find(|status| is_about(**status, question))?;
    if !answer.is_authorised(question) {
        return None;
    }
    read_status(*status, question.certificate, der).ok()?
}

/// Until when the answer in `der` is in force, by its first status; `None` if it is none.
pub(in crate::pki) fn in_force_until(der: &[u8]) -> Option<Timestamp> {
    let answer = Answer::read(der).ok()?;
    let mut parts = answer.statuses.first()?.children();
    parts.expect(asn1::SEQUENCE).ok()?;
    parts.next().ok()?;
    let this_update = parts.expect(asn1::GENERALIZED_TIME).ok()?.time().ok()?;
    match parts.optional(asn1::context(0)).ok()? {
        Some(outer) => Element::whole(outer.content).ok()?.time().ok(),
        None => Some(this_update + WITHOUT_NEXT_UPDATE),
    }
}

/// OCSPRequest for one certificate, with a nonce.
fn request(question: &Question<'_>, nonce: &[u8]) -> Vec<u8> {
    let id = certificate_id(question, DigestAlgorithm::Sha1);
    let list = asn1::sequence(&[&asn1::sequence(&[&id])]);
    let extension =
        asn1::sequence(&[&asn1::oid(&oid::OCSP_NONCE), &asn1::octets(&asn1::octets(nonce))]);
    let extensions = asn1::element(asn1::context(2), &asn1::sequence(&[&extension]));
    asn1::sequence(&[&asn1::sequence(&[&list, &extensions])])
}

/// CertID. SHA-1 only names the issuer here; responders know no other reliably.
fn certificate_id(question: &Question<'_>, digest: DigestAlgorithm) -> Vec<u8> {
    let null = asn1::element(asn1::NULL, &[]);
    let algorithm = asn1::sequence(&[&asn1::oid(&identifier::digest_oid(digest)), &null]);
    asn1::sequence(&[
        &algorithm,
        &asn1::octets(&digest.digest(&question.certificate.issuer().raw)),
        &asn1::octets(&digest.digest(question.issuer.public_key())),
        &question.certificate.serial_integer(),
    ])
}

/// Whether a SingleResponse is about the certificate.
fn is_about(status: Element<'_>, question: &Question<'_>) -> bool {
    let matches = || -> Result<bool, Malformed> {
        let mut id = status.children().expect(asn1::SEQUENCE)?.children();
        let Some(digest) = identifier::read_digest(id.expect(asn1::SEQUENCE)?)? else {
            return Ok(false);
        };
        let name = id.expect(asn1::OCTET_STRING)?.content;
        let key = id.expect(asn1::OCTET_STRING)?.content;
        let serial = id.expect(asn1::INTEGER)?.magnitude()?;
        Ok(serial == question.certificate.serial()
            && name == digest.digest(&question.certificate.issuer().raw)
            && key == digest.digest(question.issuer.public_key()))
    };
    matches().unwrap_or(false)
}

/// SingleResponse ::= SEQUENCE { certID, certStatus, thisUpdate, nextUpdate [0],
/// singleExtensions [1] }; `None` where the responder does not know the certificate.
fn read_status(
    status: Element<'_>,
    certificate: &Certificate,
    der: &[u8],
) -> Result<Option<Statement>, Malformed> {
    const GOOD: u8 = asn1::context_primitive(0);
    const REVOKED: u8 = asn1::context(1);
    let mut parts = status.children();
    parts.expect(asn1::SEQUENCE)?;
    let said = parts.next()?;
    let revoked = match said.tag {
        GOOD => None,
        REVOKED => {
            let mut info = said.children();
            let since = info.expect(asn1::GENERALIZED_TIME)?.time()?;
            let reason = match info.optional(asn1::context(0))? {
                Some(outer) => Some(enumerated(Element::whole(outer.content)?)?),
                None => None,
            };
            Some(Revocation { since, reason })
        }
        _ => return Ok(None),
    };
    let this_update = parts.expect(asn1::GENERALIZED_TIME)?.time()?;
    let next_update = match parts.optional(asn1::context(0))? {
        Some(outer) => Some(Element::whole(outer.content)?.time()?),
        None => None,
    };
    let mut keeps_expired = false;
    if let Some(outer) = parts.optional(asn1::context(1))? {
        for extension in asn1::extensions(Element::whole(outer.content)?)? {
            if extension.id == oid::OCSP_ARCHIVE_CUTOFF {
                let cutoff = Element::whole(extension.value)?.time()?;
                keeps_expired = cutoff <= certificate.not_after();
            } else if extension.critical {
                return Err(Malformed("critical extension"));
            }
        }
    }
    let source = Evidence { crls: Vec::new(), ocsps: vec![der.to_vec()] };
    Ok(Some(Statement { revoked, this_update, next_update, keeps_expired, source }))
}

impl<'a> Answer<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        const SUCCESSFUL: u32 = 0;
        let mut outer = Element::whole(der)?.tagged(asn1::SEQUENCE)?.children();
        if enumerated(outer.next()?)? != SUCCESSFUL {
            return Err(Malformed("the responder has no answer"));
        }
        let bytes = outer.expect(asn1::context(0))?;
        let mut typed = Element::whole(bytes.content)?.tagged(asn1::SEQUENCE)?.children();
        if typed.expect(asn1::OID)?.oid()? != oid::OCSP_BASIC {
            return Err(Malformed("not a basic answer"));
        }
        let basic = Element::whole(typed.expect(asn1::OCTET_STRING)?.content)?;
        let mut basic = basic.tagged(asn1::SEQUENCE)?.children();
        let tbs = basic.expect(asn1::SEQUENCE)?;
        let algorithm = basic.expect(asn1::SEQUENCE)?;
        let signature = basic.expect(asn1::BIT_STRING)?.bits()?;
        let certificates = match basic.optional(asn1::context(0))? {
            Some(outer) => Element::whole(outer.content)?.children().all()?,
            None => Vec::new(),
        };
        let mut parts = tbs.children();
        parts.optional(asn1::context(0))?;
        let responder = parts.next()?;
        let inner = Element::whole(responder.content)?;
        let responder = match responder.tag {
            tag if tag == asn1::context(1) => Responder::Name(Box::new(Name::from_der(inner.raw)?)),
            tag if tag == asn1::context(2) => {
                Responder::Key(inner.tagged(asn1::OCTET_STRING)?.content.to_vec())
            }
            _ => return Err(Malformed("responder")),
        };
        let produced_at = parts.expect(asn1::GENERALIZED_TIME)?.time()?;
        let statuses = parts.expect(asn1::SEQUENCE)?.children().all()?;
        let mut nonce = None;
        if let Some(outer) = parts.optional(asn1::context(1))? {
            for extension in asn1::extensions(Element::whole(outer.content)?)? {
                if extension.id == oid::OCSP_NONCE {
                    // Some responders forget the inner OCTET STRING.
                    let inner = Element::whole(extension.value);
                    nonce = Some(inner.map_or(extension.value, |inner| inner.content));
                } else if extension.critical {
                    return Err(Malformed("critical extension"));
                }
            }
        }
        Ok(Self {
            tbs: tbs.raw,
            algorithm,
            signature,
            responder,
            produced_at,
            nonce,
            statuses,
            certificates: certificates
                .iter()
                .take(MAX_CERTIFICATES)
                .filter_map(|element| Certificate::from_der(element.raw).ok())
                .collect(),
        })
    }

    /// RFC 6960, 4.2.2.2: signed by the issuer itself, or with a certificate that the
    /// issuer has issued for this purpose.
    fn is_authorised(&self, question: &Question<'_>) -> bool {
        let own = std::iter::once(question.issuer);
        own.chain(&self.certificates).chain(question.pool).any(|signer| {
            self.names(signer)
                && (signer == question.issuer || self.is_charged(signer, question))
                && self.is_signed_by(signer)
        })
    }

    fn names(&self, certificate: &Certificate) -> bool {
        match &self.responder {
            Responder::Name(name) => certificate.subject().matches(name),
            Responder::Key(hash) => *hash == DigestAlgorithm::Sha1.digest(certificate.public_key()),
        }
    }

    /// Whether the issuer has charged this responder. Its own certificate is checked by CRL
    /// unless it says ocsp-nocheck; where no list can be had, the issuer's word counts.
    fn is_charged(&self, signer: &Certificate, question: &Question<'_>) -> bool {
        signer.issuer().matches(question.issuer.subject())
            && signer.may_sign_ocsp()
            && signer.key_kind().is_strong_enough()
            && signer.is_valid_at(self.produced_at)
            && signer.is_signed_by(question.issuer)
            && (signer.has_ocsp_no_check() || !is_revoked(signer, self.produced_at, question))
    }

    fn is_signed_by(&self, signer: &Certificate) -> bool {
        let algorithm = identifier::read_signature(self.algorithm).ok().flatten();
        algorithm.and_then(SignatureAlgorithm::method).is_some_and(|method| {
            method.digest != DigestAlgorithm::Sha1
                && method.verify(signer, self.tbs, self.signature)
        })
    }
}

/// Whether a CRL says that the responder's certificate is revoked. OCSP is not asked about
/// a responder: that would go round in circles.
fn is_revoked(signer: &Certificate, at: Timestamp, question: &Question<'_>) -> bool {
    let mut evidence = Evidence { crls: question.evidence.crls.clone(), ocsps: Vec::new() };
    if let Some(fetch) = question.online {
        evidence.crls.extend(signer.crl_urls().take(1).filter_map(|url| fetch.get(url).ok()));
    }
    let own = Question {
        certificate: signer,
        at,
        purpose: Purpose::OcspSigning,
        evidence: &evidence,
        online: None,
        ..*question
    };
    matches!(own.answer(), Outcome::Revoked { .. })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Answer::read(&bytes);
        }
    }
}
