//! What a certificate on a token says about its holder, its key and its use: enough to
//! choose one and to name it to a person. Whether it can be trusted is the work of
//! [`pki`](crate::pki).

use jiff::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate, X509Name};
use x509_parser::public_key::PublicKey;

use crate::domain::outbound::SignatureKind;
use crate::pki::algorithm::KeyKind;

/// A certificate in the words of a signing dialog.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    /// Serial number in lower-case hex, without leading zeros.
    pub serial: String,
    /// Common name of the subject: a person or an agency.
    pub owner: String,
    /// The subject's organisation; empty where there is none.
    pub organisation: String,
    /// Common name of the issuer.
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
    pub key: KeyKind,
    /// keyUsage digitalSignature (RFC 5280, 4.2.1.3); true where the extension is absent.
    pub digital_signature: bool,
    /// keyUsage nonRepudiation; true where the extension is absent.
    pub non_repudiation: bool,
    /// basicConstraints cA.
    pub authority: bool,
    /// A person or an organisation; `None` where the subject does not tell.
    pub holder: Option<SignatureKind>,
}

impl Summary {
    /// Reads a DER certificate; `None` if it is none.
    pub fn read(der: &[u8]) -> Option<Self> {
        let (_, certificate) = X509Certificate::from_der(der).ok()?;
        let usage = certificate.key_usage().ok()?.map(|extension| *extension.value);
        let authority =
            certificate.basic_constraints().ok()?.is_some_and(|extension| extension.value.ca);
        let validity = certificate.validity();
        let subject = certificate.subject();
        Some(Self {
            serial: serial_hex(certificate.raw_serial()),
            owner: common_name(subject),
            organisation: text(subject.iter_organization()),
            issuer: common_name(certificate.issuer()),
            not_before: Timestamp::from_second(validity.not_before.timestamp()).ok()?,
            not_after: Timestamp::from_second(validity.not_after.timestamp()).ok()?,
            key: key_kind(&certificate),
            digital_signature: usage.as_ref().is_none_or(|usage| usage.digital_signature()),
            non_repudiation: usage.as_ref().is_none_or(|usage| usage.non_repudiation()),
            authority,
            holder: holder(subject),
        })
    }
}

/// The kind of key in a DER certificate.
pub fn key_kind_of(der: &[u8]) -> Option<KeyKind> {
    X509Certificate::from_der(der).ok().map(|(_, certificate)| key_kind(&certificate))
}

fn key_kind(certificate: &X509Certificate<'_>) -> KeyKind {
    match certificate.public_key().parsed() {
        Ok(PublicKey::RSA(key)) => {
            let zeros = key.modulus.iter().take_while(|byte| **byte == 0).count();
            let modulus = key.modulus.get(zeros..).unwrap_or_default();
            let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
            KeyKind::Rsa((modulus.len() as u32).saturating_mul(8).saturating_sub(unused))
        }
        Ok(PublicKey::EC(_)) => {
            let parameters = certificate.public_key().algorithm.parameters.as_ref();
            let curve = parameters.and_then(|any| any.as_oid().ok()).map(|oid| oid.to_id_string());
            match curve.as_deref() {
                Some("1.2.840.10045.3.1.7") => KeyKind::P256,
                Some("1.3.132.0.34") => KeyKind::P384,
                _ => KeyKind::Other,
            }
        }
        _ => KeyKind::Other,
    }
}

/// Serial numbers are compared as numbers: DER's sign byte is not part of one.
fn serial_hex(bytes: &[u8]) -> String {
    let hex = hex::encode(bytes);
    let trimmed = hex.trim_start_matches('0');
    if trimmed.is_empty() { "0".to_owned() } else { trimmed.to_owned() }
}

fn common_name(name: &X509Name<'_>) -> String {
    text(name.iter_common_name())
}

fn text<'a>(
    mut values: impl Iterator<Item = &'a x509_parser::x509::AttributeTypeAndValue<'a>>,
) -> String {
    values.next().and_then(|value| value.as_str().ok()).unwrap_or_default().to_owned()
}

/// Userid attributes of Vietnamese certificates begin with the kind of paper they were
/// issued on: a person's (citizen card, old identity card, passport) or an
/// organisation's (tax code, budget code, decision of foundation).
const PERSON_PAPERS: [&str; 4] = ["CCCD", "CMND", "CMT", "HC"];
const ORGANISATION_PAPERS: [&str; 4] = ["MST", "MNS", "QĐ", "MDV"];

fn holder(subject: &X509Name<'_>) -> Option<SignatureKind> {
    use x509_parser::oid_registry::Oid;
    let user_id = Oid::from(&[0, 9, 2342, 19200300, 100, 1, 1]).ok()?;
    for value in subject.iter_by_oid(&user_id).filter_map(|value| value.as_str().ok()) {
        let paper = value.split(':').next().unwrap_or_default().trim().to_uppercase();
        if PERSON_PAPERS.contains(&paper.as_str()) {
            return Some(SignatureKind::Personal);
        }
        if ORGANISATION_PAPERS.contains(&paper.as_str()) {
            return Some(SignatureKind::Organisation);
        }
    }
    // Only persons have an office of their own in the subject, or a personal name.
    let personal = [[2, 5, 4, 12], [2, 5, 4, 42], [2, 5, 4, 4]]
        .iter()
        .filter_map(|arcs| Oid::from(arcs).ok())
        .any(|oid| subject.iter_by_oid(&oid).next().is_some());
    if personal {
        return Some(SignatureKind::Personal);
    }
    let owner = common_name(subject);
    let is_agency = !owner.is_empty()
        && subject
            .iter_organization()
            .chain(subject.iter_organizational_unit())
            .any(|value| value.as_str().is_ok_and(|name| name == owner));
    is_agency.then_some(SignatureKind::Organisation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_numbers() {
        assert_eq!(serial_hex(&[0x00, 0x8F, 0x01]), "8f01");
        assert_eq!(serial_hex(&[0x0A]), "a");
        assert_eq!(serial_hex(&[0]), "0");
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(0u8.., 0..300)) {
            let _ = Summary::read(&bytes);
        }
    }
}
