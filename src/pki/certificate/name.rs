//! Distinguished names: for people, and for finding an issuer.

use std::fmt;

use der::asn1::ObjectIdentifier;
use unicode_normalization::UnicodeNormalization as _;

use crate::pki::asn1::{self, Element, Malformed, Reader};
use crate::pki::oid;

/// A distinguished name. Texts are Unicode NFC; where an attribute occurs several times,
/// the single fields hold the last, most specific one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Name {
    pub common_name: Option<String>,
    pub organisation: Option<String>,
    /// From general to specific, in the order of the name.
    pub organisational_units: Vec<String>,
    /// The job title (Nghị định 23/2025/NĐ-CP Điều 13: certificates of officials carry it).
    pub title: Option<String>,
    pub email: Option<String>,
    /// `CCCD:…` of a person, `MST:…` of an organisation; some names have both.
    pub uids: Vec<String>,
    pub locality: Option<String>,
    pub state_or_province: Option<String>,
    pub country: Option<String>,
    /// The name in DER, as it stands in the certificate.
    pub raw: Vec<u8>,
    /// Attribute types and folded values, for comparing.
    pub(super) folded: Vec<(ObjectIdentifier, String)>,
}

impl Name {
    /// Reads a Name in DER.
    pub fn from_der(der: &[u8]) -> Result<Self, Malformed> {
        let mut name = Self { raw: der.to_vec(), ..Self::default() };
        let mut sets = Element::whole(der)?.tagged(asn1::SEQUENCE)?.children();
        while !sets.is_empty() {
            let mut attributes = sets.expect(asn1::SET)?.children();
            while !attributes.is_empty() {
                let mut parts = attributes.expect(asn1::SEQUENCE)?.children();
                let kind = parts.expect(asn1::OID)?.oid()?;
                name.take(kind, parts.next()?);
            }
        }
        Ok(name)
    }

    fn take(&mut self, kind: ObjectIdentifier, value: Element<'_>) {
        // What is not text cannot be shown, but still tells two names apart.
        let Some(text) = text(value) else {
            self.folded.push((kind, hex::encode(value.raw)));
            return;
        };
        self.folded.push((kind, fold(&text)));
        match kind {
            oid::COMMON_NAME => self.common_name = Some(text),
            oid::ORGANISATION => self.organisation = Some(text),
            oid::ORGANISATIONAL_UNIT => self.organisational_units.push(text),
            oid::TITLE => self.title = Some(text),
            oid::EMAIL => self.email = Some(text),
            oid::USER_ID => self.uids.push(text),
            oid::LOCALITY => self.locality = Some(text),
            oid::STATE_OR_PROVINCE => self.state_or_province = Some(text),
            oid::COUNTRY => self.country = Some(text),
            _ => {}
        }
    }

    /// For people: the common name, else the organisation.
    pub fn label(&self) -> String {
        self.common_name.clone().or_else(|| self.organisation.clone()).unwrap_or_default()
    }

    /// The first user id.
    pub fn uid(&self) -> Option<&str> {
        self.uids.first().map(String::as_str)
    }

    /// Whether both name the same (RFC 5280, 7.1: encodings, case and spaces do not count).
    pub fn matches(&self, other: &Self) -> bool {
        self.raw == other.raw || (!self.folded.is_empty() && self.folded == other.folded)
    }
}

/// The common name, or whatever else tells who it is.
impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [&self.common_name, &self.organisation, &self.email];
        match named.into_iter().flatten().next() {
            Some(text) => f.write_str(text),
            None => f.write_str(self.organisational_units.last().map_or("", String::as_str)),
        }
    }
}

/// The text of a DirectoryString and its relatives.
fn text(value: Element<'_>) -> Option<String> {
    const UTF8: u8 = 0x0c;
    const NUMERIC: u8 = 0x12;
    const PRINTABLE: u8 = 0x13;
    const TELETEX: u8 = 0x14;
    const IA5: u8 = 0x16;
    const UNIVERSAL: u8 = 0x1c;
    const BMP: u8 = 0x1e;
    let bytes = value.content;
    let decoded = match value.tag {
        UTF8 | NUMERIC | PRINTABLE | IA5 => String::from_utf8(bytes.to_vec()).ok()?,
        // Nobody writes T.61; what is so marked is UTF-8 or Latin-1.
        TELETEX => String::from_utf8(bytes.to_vec())
            .unwrap_or_else(|_| bytes.iter().map(|byte| char::from(*byte)).collect()),
        BMP => {
            let units = bytes.chunks_exact(2).map(|pair| match pair {
                [high, low] => u16::from_be_bytes([*high, *low]),
                _ => 0,
            });
            char::decode_utf16(units).collect::<Result<String, _>>().ok()?
        }
        UNIVERSAL => bytes
            .chunks_exact(4)
            .map(|four| four.try_into().ok().map(u32::from_be_bytes).and_then(char::from_u32))
            .collect::<Option<String>>()?,
        _ => return None,
    };
    let shown: String = decoded.nfc().filter(|c| !c.is_control()).collect();
    Some(shown.trim().to_owned())
}

fn fold(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}

/// Reads the names of a GeneralNames content that a CRL can be found by: `http…`, `ldap…`,
/// or `dir:` with a directory name in hexadecimal DER.
pub(in crate::pki) fn general_names(mut names: Reader<'_>) -> Result<Vec<String>, Malformed> {
    const DIRECTORY: u8 = asn1::context(4);
    const URI: u8 = asn1::context_primitive(6);
    let mut found = Vec::new();
    while !names.is_empty() {
        let name = names.next()?;
        match name.tag {
            DIRECTORY => found.push(directory_name(name.content)),
            URI => {
                let uri = std::str::from_utf8(name.content).map_err(|_| Malformed("address"))?;
                found.push(uri.to_owned());
            }
            _ => {}
        }
    }
    Ok(found)
}

/// How a directory name stands among names of distribution points.
pub(in crate::pki) fn directory_name(der: &[u8]) -> String {
    format!("dir:{}", hex::encode(der))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(values: &[(ObjectIdentifier, u8, &[u8])]) -> Name {
        let sets: Vec<u8> = values
            .iter()
            .flat_map(|(kind, tag, value)| {
                let pair = asn1::sequence(&[&asn1::oid(kind), &asn1::element(*tag, value)]);
                asn1::element(asn1::SET, &pair)
            })
            .collect();
        Name::from_der(&asn1::element(asn1::SEQUENCE, &sets)).unwrap()
    }

    #[test]
    fn all_string_types_are_read_and_normalised() {
        // "Ủ" decomposed in UTF-8 becomes one character
        let utf8 = name(&[(oid::COMMON_NAME, 0x0c, "U\u{309}y ban".as_bytes())]);
        assert_eq!(utf8.common_name.as_deref(), Some("Ủy ban"));
        let bmp = name(&[(oid::COMMON_NAME, 0x1e, &[0x1e, 0xe6, 0, b'y'])]);
        assert_eq!(bmp.common_name.as_deref(), Some("Ủy"));
        let latin = name(&[(oid::COMMON_NAME, 0x14, &[0xe9])]);
        assert_eq!(latin.common_name.as_deref(), Some("é"));
        let broken = name(&[(oid::COMMON_NAME, 0x0c, &[0xff])]);
        assert_eq!(broken.common_name, None);
    }

    #[test]
    fn encodings_case_and_spaces_do_not_tell_names_apart() {
        let a = name(&[(oid::ORGANISATION, 0x0c, b"Test  CA"), (oid::COUNTRY, 0x13, b"VN")]);
        let b = name(&[(oid::ORGANISATION, 0x13, b"test ca "), (oid::COUNTRY, 0x13, b"vn")]);
        let c = name(&[(oid::COUNTRY, 0x13, b"VN"), (oid::ORGANISATION, 0x0c, b"Test CA")]);
        assert!(a.matches(&b));
        assert!(!a.matches(&c));
        assert!(!name(&[]).matches(&a));
    }
}
