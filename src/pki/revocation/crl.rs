//! Certificate revocation lists.
//!
//! Lists grow to megabytes, so the entries are walked over and not collected.

use jiff::Timestamp;

use crate::pki::algorithm::DigestAlgorithm;
use crate::pki::asn1::{self, Element, Malformed, Reader};
use crate::pki::certificate::{Certificate, Name, directory_name, general_names};
use crate::pki::identifier::{self, SignatureAlgorithm};
use crate::pki::oid;

use super::{Evidence, Question, Revocation, Statement};

/// A CertificateList (RFC 5280, 5.1), read as far as it is needed.
struct Crl<'a> {
    tbs: &'a [u8],
    algorithm: Element<'a>,
    signature: &'a [u8],
    issuer: Name,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    entries: Option<Element<'a>>,
    extensions: Vec<asn1::Extension<'a>>,
}

/// When the list in `der` is replaced by the next; `None` if it is not a list or does not
/// say.
pub(in crate::pki) fn next_update(der: &[u8]) -> Option<Timestamp> {
    Crl::read(der).ok()?.next_update
}

/// What the list says, if it is the right one and properly signed.
pub(super) fn state(question: &Question<'_>, der: &[u8]) -> Option<Statement> {
    let crl = Crl::read(der).ok()?;
    if !crl.issuer.matches(question.certificate.issuer())
        || !crl.covers(question.certificate).ok()?
        || !crl.is_signed_by(question.issuer)
    {
        return None;
    }
    let keeps_expired = crl.extensions.iter().any(|e| e.id == oid::EXPIRED_CERTS_ON_CRL);
    Some(Statement {
        revoked: crl.find(question.certificate.serial()).ok()?,
        this_update: crl.this_update,
        next_update: crl.next_update,
        keeps_expired,
        source: Evidence { crls: vec![der.to_vec()], ocsps: Vec::new() },
    })
}

impl<'a> Crl<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Malformed> {
        let mut outer = Element::whole(der)?.tagged(asn1::SEQUENCE)?.children();
        let tbs = outer.expect(asn1::SEQUENCE)?;
        let algorithm = outer.expect(asn1::SEQUENCE)?;
        let signature = outer.expect(asn1::BIT_STRING)?.bits()?;
        let mut parts = tbs.children();
        parts.optional(asn1::INTEGER)?;
        if parts.expect(asn1::SEQUENCE)?.raw != algorithm.raw {
            return Err(Malformed("two different signature algorithms"));
        }
        let issuer = Name::from_der(parts.expect(asn1::SEQUENCE)?.raw)?;
        let this_update = parts.next()?.time()?;
        let next_update = match parts.optional(asn1::UTC_TIME)? {
            Some(time) => Some(time.time()?),
            None => parts.optional(asn1::GENERALIZED_TIME)?.map(Element::time).transpose()?,
        };
        let entries = parts.optional(asn1::SEQUENCE)?;
        let extensions = match parts.optional(asn1::context(0))? {
            Some(outer) => asn1::extensions(Element::whole(outer.content)?)?,
            None => Vec::new(),
        };
        Ok(Self {
            tbs: tbs.raw,
            algorithm,
            signature,
            issuer,
            this_update,
            next_update,
            entries,
            extensions,
        })
    }

    fn is_signed_by(&self, issuer: &Certificate) -> bool {
        let algorithm = identifier::read_signature(self.algorithm).ok().flatten();
        let method = algorithm.and_then(SignatureAlgorithm::method);
        issuer.key_usage().is_none_or(|usage| usage.crl_sign())
            && method.is_some_and(|method| {
                method.digest != DigestAlgorithm::Sha1
                    && method.verify(issuer, self.tbs, self.signature)
            })
    }

    /// Whether the list would name this certificate if it were revoked: all critical
    /// extensions are understood, and the issuing distribution point (5.2.5) is one of the
    /// certificate's own, complete for its kind.
    fn covers(&self, certificate: &Certificate) -> Result<bool, Malformed> {
        for extension in &self.extensions {
            if extension.id == oid::ISSUING_DISTRIBUTION_POINT {
                if !point_covers(Element::whole(extension.value)?, certificate)? {
                    return Ok(false);
                }
            } else if extension.critical {
                // A delta list is one of these: its indicator is critical.
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn find(&self, serial: &[u8]) -> Result<Option<Revocation>, Malformed> {
        let Some(entries) = self.entries else { return Ok(None) };
        let mut entries = entries.children();
        while !entries.is_empty() {
            let mut entry = entries.expect(asn1::SEQUENCE)?.children();
            if entry.expect(asn1::INTEGER)?.magnitude()? == serial {
                return read_entry(entry).map(Some);
            }
        }
        Ok(None)
    }
}

/// revocationDate and crlEntryExtensions.
fn read_entry(mut entry: Reader<'_>) -> Result<Revocation, Malformed> {
    let since = entry.next()?.time()?;
    let mut reason = None;
    if let Some(list) = entry.optional(asn1::SEQUENCE)? {
        for extension in asn1::extensions(list)? {
            if extension.id == oid::CRL_REASON {
                reason = Some(enumerated(Element::whole(extension.value)?)?);
            }
        }
    }
    Ok(Revocation { since, reason })
}

/// A CRLReason.
pub(super) fn enumerated(value: Element<'_>) -> Result<u32, Malformed> {
    match value.tagged(asn1::ENUMERATED)?.content {
        [code] => Ok(u32::from(*code)),
        _ => Err(Malformed("reason")),
    }
}

/// IssuingDistributionPoint ::= SEQUENCE { distributionPoint [0], onlyContainsUserCerts [1],
/// onlyContainsCACerts [2], onlySomeReasons [3], indirectCRL [4],
/// onlyContainsAttributeCerts [5] }.
fn point_covers(point: Element<'_>, certificate: &Certificate) -> Result<bool, Malformed> {
    let mut parts = point.tagged(asn1::SEQUENCE)?.children();
    while !parts.is_empty() {
        let part = parts.next()?;
        let set = || part.content.iter().any(|byte| *byte != 0);
        let covered = match part.tag & 0x1f {
            0 => names_match(Element::whole(part.content)?, certificate)?,
            1 => !set() || !certificate.is_ca(),
            2 => !set() || certificate.is_ca(),
            // Lists for some reasons, of other authorities or for attribute certificates
            // cannot prove that a certificate is good.
            4 | 5 => !set(),
            _ => false,
        };
        if !covered {
            return Ok(false);
        }
    }
    Ok(true)
}

/// DistributionPointName: one of its names is among the certificate's own, or is the
/// issuer's where the certificate names none (RFC 5280, 6.3.3).
fn names_match(name: Element<'_>, certificate: &Certificate) -> Result<bool, Malformed> {
    if name.tag != asn1::context(0) {
        return Ok(false);
    }
    let names = general_names(name.children())?;
    let own = &certificate.extensions().crl_points;
    Ok(if own.is_empty() {
        names.contains(&directory_name(&certificate.issuer().raw))
    } else {
        names.iter().any(|name| own.contains(name))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = next_update(&bytes);
        }
    }
}
