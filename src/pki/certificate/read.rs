//! From DER to the fields of a certificate.

use std::sync::OnceLock;

use der::asn1::ObjectIdentifier;
use jiff::Timestamp;
use x509_parser::extensions::{DistributionPointName, GeneralName, ParsedExtension};
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::time::ASN1Time;

use crate::pki::algorithm::KeyKind;
use crate::pki::asn1::{self, Element};
use crate::pki::error::PkiError;
use crate::pki::{identifier, oid};

use super::general::{self, NameConstraints};
use super::name::directory_name;
use super::{Extensions, Fields, KeyUsages, Name};

/// Whether an address may be fetched.
pub(super) fn is_http(address: &str) -> bool {
    let lower = address.get(..8).unwrap_or(address).to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

pub(super) fn fields(der: &[u8]) -> Result<Fields, PkiError> {
    let wrong = |cause: &str| PkiError::NotACertificate(cause.to_owned());
    let (rest, parsed) =
        X509Certificate::from_der(der).map_err(|e| PkiError::NotACertificate(e.to_string()))?;
    if !rest.is_empty() {
        return Err(wrong("bytes behind the certificate"));
    }
    let malformed = |fault: asn1::Malformed| PkiError::NotACertificate(fault.to_string());
    let mut outer = Element::whole(der).map_err(malformed)?.children();
    let tbs = outer.expect(asn1::SEQUENCE).map_err(malformed)?;
    let algorithm = outer.expect(asn1::SEQUENCE).map_err(malformed)?;
    let signature = outer.expect(asn1::BIT_STRING).and_then(Element::bits).map_err(malformed)?;
    // RFC 5280, 4.1.1.2: the algorithm stands inside and outside, and only inside is signed.
    if parsed.tbs_certificate.signature != parsed.signature_algorithm {
        return Err(wrong("two different signature algorithms"));
    }
    let start = tbs.raw.as_ptr() as usize - der.as_ptr() as usize;
    let spki = parsed.public_key().raw;
    let mut key = Element::whole(spki).map_err(malformed)?.children();
    let key_algorithm = key.expect(asn1::SEQUENCE).map_err(malformed)?;
    let public_key = key.expect(asn1::BIT_STRING).and_then(Element::bits).map_err(malformed)?;
    Ok(Fields {
        signed: start..start + tbs.raw.len(),
        signature: signature.to_vec(),
        algorithm: identifier::read_signature(algorithm).map_err(malformed)?,
        serial: parsed.raw_serial().to_vec(),
        subject: Name::from_der(parsed.subject().as_raw()).map_err(malformed)?,
        issuer: Name::from_der(parsed.issuer().as_raw()).map_err(malformed)?,
        not_before: timestamp(parsed.validity().not_before),
        not_after: timestamp(parsed.validity().not_after),
        key_kind: key_kind(key_algorithm, public_key).unwrap_or(KeyKind::Other),
        public_key: public_key.to_vec(),
        spki: spki.to_vec(),
        extensions: extensions(&parsed)?,
        signed_by: OnceLock::new(),
        der: der.to_vec(),
    })
}

/// Times that a `Timestamp` cannot hold lie after the year 9999.
fn timestamp(time: ASN1Time) -> Timestamp {
    Timestamp::from_second(time.timestamp()).unwrap_or(Timestamp::MAX)
}

fn key_kind(algorithm: Element<'_>, public_key: &[u8]) -> Option<KeyKind> {
    let mut parts = algorithm.children();
    match parts.expect(asn1::OID).ok()?.oid().ok()? {
        oid::RSA_ENCRYPTION => {
            let mut key = Element::whole(public_key).ok()?.tagged(asn1::SEQUENCE).ok()?.children();
            let modulus = key.next().ok()?.magnitude().ok()?;
            let first = modulus.first()?;
            let bits = (modulus.len() as u32).checked_mul(8)?.checked_sub(first.leading_zeros())?;
            Some(KeyKind::Rsa(bits))
        }
        oid::EC_PUBLIC_KEY => match parts.expect(asn1::OID).ok()?.oid().ok()? {
            oid::P256 => Some(KeyKind::P256),
            oid::P384 => Some(KeyKind::P384),
            _ => None,
        },
        _ => None,
    }
}

fn extensions(parsed: &X509Certificate<'_>) -> Result<Extensions, PkiError> {
    let mut found = Extensions::default();
    let mut seen: Vec<&[u8]> = Vec::new();
    for extension in parsed.extensions() {
        let id = extension.oid.as_bytes();
        if seen.contains(&id) {
            return Err(PkiError::NotACertificate(format!("{} twice", extension.oid)));
        }
        seen.push(id);
        let known = take(&mut found, extension.parsed_extension(), id)
            || take_names(&mut found, extension.value, id);
        // Certificate policies and inhibitAnyPolicy decide nothing while no particular
        // policy is asked for (RFC 5280, 6.1.1), so they count as understood.
        let harmless = [oid::CERTIFICATE_POLICIES, oid::INHIBIT_ANY_POLICY];
        let decides = [oid::KEY_USAGE, oid::BASIC_CONSTRAINTS, oid::EXTENDED_KEY_USAGE];
        if !known && decides.iter().any(|decisive| decisive.as_bytes() == id) {
            return Err(PkiError::NotACertificate(format!("extension {}", extension.oid)));
        } else if !known
            && extension.critical
            && !harmless.iter().any(|other| other.as_bytes() == id)
        {
            found.unknown_critical.push(extension.oid.to_id_string());
        }
    }
    Ok(found)
}

/// The same for names and the limits to them. Limits that cannot be read are not understood.
fn take_names(found: &mut Extensions, value: &[u8], id: &[u8]) -> bool {
    if id == oid::SUBJECT_ALTERNATIVE_NAME.as_bytes() {
        found.alternative_names = general::alternative_names(value);
    } else if id == oid::NAME_CONSTRAINTS.as_bytes() {
        found.name_constraints = NameConstraints::read(value).ok();
        return found.name_constraints.is_some();
    } else {
        return false;
    }
    true
}

/// Takes over what is understood; `false` if it is not.
fn take(found: &mut Extensions, extension: &ParsedExtension<'_>, id: &[u8]) -> bool {
    match extension {
        ParsedExtension::BasicConstraints(basic) => {
            found.ca = basic.ca;
            found.path_length = basic.path_len_constraint;
        }
        ParsedExtension::KeyUsage(usage) => found.key_usage = Some(KeyUsages(usage.flags)),
        ParsedExtension::ExtendedKeyUsage(usage) => {
            let named = [
                (usage.any, oid::ANY_EXTENDED_KEY_USAGE),
                (usage.email_protection, oid::EMAIL_PROTECTION),
                (usage.time_stamping, oid::TIME_STAMPING),
                (usage.ocsp_signing, oid::OCSP_SIGNING),
                (usage.server_auth, ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1")),
                (usage.client_auth, ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2")),
                (usage.code_signing, ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.3")),
            ];
            let others = usage.other.iter();
            found.extended = Some(
                named
                    .into_iter()
                    .filter_map(|(set, purpose)| set.then_some(purpose))
                    .chain(others.filter_map(|o| ObjectIdentifier::from_bytes(o.as_bytes()).ok()))
                    .collect(),
            );
        }
        ParsedExtension::SubjectKeyIdentifier(id) => found.subject_key_id = Some(id.0.to_vec()),
        ParsedExtension::AuthorityKeyIdentifier(id) => {
            found.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
        }
        ParsedExtension::AuthorityInfoAccess(access) => {
            for description in access.iter() {
                let list = match description.access_method.as_bytes() {
                    method if method == oid::ACCESS_OCSP.as_bytes() => &mut found.ocsp_urls,
                    method if method == oid::ACCESS_CA_ISSUERS.as_bytes() => {
                        &mut found.ca_issuer_urls
                    }
                    _ => continue,
                };
                if let GeneralName::URI(uri) = &description.access_location
                    && is_http(uri)
                {
                    list.push((*uri).to_owned());
                }
            }
        }
        ParsedExtension::CRLDistributionPoints(points) => {
            // A point whose CRL somebody else signs (cRLIssuer) is not followed.
            for point in points.iter().filter(|point| point.crl_issuer.is_none()) {
                if let Some(DistributionPointName::FullName(names)) = &point.distribution_point {
                    found.crl_points.extend(names.iter().filter_map(|name| match name {
                        GeneralName::URI(uri) => Some((*uri).to_owned()),
                        GeneralName::DirectoryName(name) => Some(directory_name(name.as_raw())),
                        _ => None,
                    }));
                }
            }
        }
        _ if id == oid::OCSP_NO_CHECK.as_bytes() => found.ocsp_no_check = true,
        _ => return false,
    }
    true
}
