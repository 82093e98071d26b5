//! The directories of a card's cryptographic objects (ISO/IEC 7816-15, also known as
//! PKCS #15): which keys, certificates and PINs there are, and how they are used.
//!
//! Read as BER and with suspicion: cards pad, write lengths longer than need be, and leave
//! out what they like. What is not understood is left out, never guessed.

use super::files::objects;
use super::tlv::{self, Tlv};

/// Where something is: a file, or a part of one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Identifiers of two bytes each, from the application or, after 3F00, from the root.
    pub path: Vec<u8>,
    /// First byte and count of bytes, where it is not the whole file.
    pub part: Option<(usize, usize)>,
}

/// The object directory file (8.3): where the other directories are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directories {
    pub private_keys: Vec<Place>,
    pub certificates: Vec<Place>,
    pub pins: Vec<Place>,
}

/// What the card says of itself (8.10).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CardInfo {
    pub label: Option<String>,
    pub algorithms: Vec<Algorithm>,
}

/// An algorithm of the card that makes signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Algorithm {
    /// What keys call it.
    pub reference: u64,
    /// The PKCS #11 mechanism.
    pub mechanism: u64,
    /// What the card's commands call it.
    pub card_reference: Option<u8>,
}

/// A PIN (8.9).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinObject {
    pub id: Vec<u8>,
    pub local: bool,
    pub padded: bool,
    /// For administration or unblocking, not for using keys.
    pub administrative: bool,
    pub reference: u8,
    pub min: u8,
    pub stored: u8,
    pub max: Option<u8>,
    pub pad: Option<u8>,
    /// The folder in which it is valid.
    pub path: Option<Place>,
}

/// A private key (8.4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyObject {
    pub id: Vec<u8>,
    /// The PIN that opens it.
    pub pin: Option<Vec<u8>>,
    /// It wants the PIN right before every use.
    pub consent: bool,
    pub signs: bool,
    /// For signing documents, not only for logging in.
    pub commits: bool,
    pub reference: Option<u8>,
    pub path: Option<Place>,
    /// Bits of the modulus; `None` for a key on a curve.
    pub modulus: Option<u32>,
    pub algorithms: Vec<u64>,
}

/// A certificate (8.7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CertificateObject {
    /// The same as of its private key.
    pub id: Vec<u8>,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    File(Place),
    /// DER.
    Direct(Vec<u8>),
}

/// The applications in EF.DIR (ISO/IEC 7816-4, 12.2.1): name and path.
pub fn applications(file: &[u8]) -> Vec<(Vec<u8>, Option<Vec<u8>>)> {
    let template = |object: Tlv<'_>| {
        let name = tlv::find(object.value, 0x4F)?.to_vec();
        Some((name, tlv::find(object.value, 0x51).map(<[u8]>::to_vec)))
    };
    objects(file).filter(|object| object.tag == 0x61).filter_map(template).collect()
}

pub fn directories(file: &[u8]) -> Directories {
    let mut found = Directories::default();
    for object in objects(file) {
        let list = match object.tag {
            0xA0 => &mut found.private_keys,
            0xA4 => &mut found.certificates,
            0xA8 => &mut found.pins,
            _ => continue,
        };
        list.extend(tlv::find(object.value, SEQUENCE).and_then(place));
    }
    found
}

pub fn card_info(file: &[u8]) -> Option<CardInfo> {
    let body = objects(file).next().filter(|object| object.tag == SEQUENCE)?.value;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    let algorithms = tlv::find(body, 0xA2).unwrap_or_default();
    Some(CardInfo {
        label: tlv::find(body, 0x80).map(text),
        algorithms: objects(algorithms).filter_map(|object| algorithm(object.value)).collect(),
    })
}

pub fn pins(file: &[u8]) -> Vec<PinObject> {
    let read = |object: Tlv<'_>| {
        let parts = Parts::of(object.value)?;
        let body = tlv::find(parts.kind, SEQUENCE)?;
        let flags = bits(tlv::find(body, BIT_STRING)?);
        let numbers = all(body, INTEGER).map(byte).collect::<Option<Vec<u8>>>()?;
        let [min, stored, rest @ ..] = numbers.as_slice() else { return None };
        Some(PinObject {
            id: tlv::find(parts.class, OCTET_STRING)?.to_vec(),
            local: flags & 1 << 1 != 0,
            padded: flags & 1 << 5 != 0,
            administrative: flags & (1 << 6 | 1 << 7) != 0,
            reference: match tlv::find(body, 0x80) {
                Some(bytes) => byte(bytes)?,
                None => 0,
            },
            min: *min,
            stored: *stored,
            max: rest.first().copied(),
            pad: tlv::find(body, OCTET_STRING).and_then(<[u8]>::first).copied(),
            path: tlv::find(body, SEQUENCE).and_then(place),
        })
    };
    objects(file).filter(|object| object.tag == SEQUENCE).filter_map(read).collect()
}

pub fn private_keys(file: &[u8]) -> Vec<KeyObject> {
    let read = |object: Tlv<'_>| {
        let parts = Parts::of(object.value)?;
        let body = tlv::find(parts.kind, SEQUENCE)?;
        let usage = bits(tlv::find(parts.class, BIT_STRING)?);
        let modulus = match object.tag {
            SEQUENCE => Some(u32::try_from(number(tlv::find(body, INTEGER)?)?).ok()?),
            _ => None,
        };
        let algorithms = tlv::find(parts.class, 0xA1).unwrap_or_default();
        Some(KeyObject {
            id: tlv::find(parts.class, OCTET_STRING)?.to_vec(),
            pin: tlv::find(parts.common, OCTET_STRING).map(<[u8]>::to_vec),
            consent: tlv::find(parts.common, INTEGER).and_then(number).is_some_and(|n| n > 0),
            signs: usage & (1 << 2 | 1 << 3 | 1 << 9) != 0,
            commits: usage & 1 << 9 != 0,
            // The card's own numbers are of one byte; a few cards write it as a signed one.
            reference: match tlv::find(parts.class, INTEGER) {
                Some([reference] | [0x00 | 0xFF, reference]) => Some(*reference),
                Some(_) => return None,
                None => None,
            },
            path: tlv::find(body, SEQUENCE).and_then(place),
            modulus,
            algorithms: all(algorithms, INTEGER).filter_map(number).collect(),
        })
    };
    // RSA stands bare, a key on a curve in [0].
    objects(file).filter(|object| [SEQUENCE, 0xA0].contains(&object.tag)).filter_map(read).collect()
}

pub fn certificates(file: &[u8]) -> Vec<CertificateObject> {
    let read = |object: Tlv<'_>| {
        let parts = Parts::of(object.value)?;
        let body = tlv::find(parts.kind, SEQUENCE)?;
        let (first, _) = tlv::read(body)?;
        let value = match first.tag {
            SEQUENCE => Value::File(place(first.value)?),
            // [0] stands in the place of the certificate's own tag, or around it.
            0xA0 => match tlv::read(first.value) {
                Some((Tlv { tag: SEQUENCE, .. }, [])) => Value::Direct(first.value.to_vec()),
                _ => Value::Direct(tlv::write(SEQUENCE, first.value)),
            },
            _ => return None,
        };
        Some(CertificateObject { id: tlv::find(parts.class, OCTET_STRING)?.to_vec(), value })
    };
    objects(file).filter(|object| object.tag == SEQUENCE).filter_map(read).collect()
}

const INTEGER: u32 = 0x02;
const BIT_STRING: u32 = 0x03;
const OCTET_STRING: u32 = 0x04;
const SEQUENCE: u32 = 0x30;

/// What every object consists of: attributes common to all, those of its class, and those
/// of its kind.
struct Parts<'a> {
    common: &'a [u8],
    class: &'a [u8],
    kind: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(object: &'a [u8]) -> Option<Self> {
        let mut sequences = all(object, SEQUENCE);
        let (common, class) = (sequences.next()?, sequences.next()?);
        Some(Self { common, class, kind: tlv::find(object, 0xA1)? })
    }
}

fn place(body: &[u8]) -> Option<Place> {
    let path = tlv::find(body, OCTET_STRING)?;
    if path.is_empty() || path.len() % 2 != 0 || path.len() > 16 {
        return None;
    }
    let size = |tag| tlv::find(body, tag).and_then(number).and_then(|n| usize::try_from(n).ok());
    let part = size(0x80).map(|length| (size(INTEGER).unwrap_or(0), length));
    Some(Place { path: path.to_vec(), part })
}

fn algorithm(body: &[u8]) -> Option<Algorithm> {
    let mut numbers = all(body, INTEGER);
    let (reference, mechanism) = (number(numbers.next()?)?, number(numbers.next()?)?);
    let operations = bits(tlv::find(body, BIT_STRING)?);
    // "Compute signature".
    (operations & 1 << 1 != 0).then(|| Algorithm {
        reference,
        mechanism,
        card_reference: numbers.next().and_then(byte),
    })
}

fn all(body: &[u8], tag: u32) -> impl Iterator<Item = &[u8]> {
    objects(body).filter(move |object| object.tag == tag).map(|object| object.value)
}

/// A number that is not negative.
fn number(bytes: &[u8]) -> Option<u64> {
    if bytes.is_empty() || bytes.first().is_some_and(|first| first & 0x80 != 0) {
        return None;
    }
    let significant: Vec<u8> = bytes.iter().copied().skip_while(|byte| *byte == 0).collect();
    (significant.len() <= 8)
        .then(|| significant.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// A number of one byte; cards write 80 to FF without the zero before it, too.
fn byte(bytes: &[u8]) -> Option<u8> {
    match bytes {
        [byte] | [0x00, byte] => Some(*byte),
        _ => None,
    }
}

/// A bit string's named bits: the first one is bit 0.
fn bits(value: &[u8]) -> u32 {
    let bytes = value.get(1..).unwrap_or_default();
    let spread = bytes.iter().take(4).flat_map(|byte| (0..8).map(move |n| byte & (0x80 >> n) != 0));
    spread.enumerate().fold(0, |sum, (n, set)| if set { sum | 1 << n } else { sum })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        hex::decode(text.replace([' ', '\n'], "")).unwrap()
    }

    // Written by hand from ISO/IEC 7816-15, annex A.

    #[test]
    fn where_the_directories_are() {
        let file = hex("A8 06 30 04 04 02 70 01
             A0 08 30 06 04 04 50 15 70 02
             A4 0C 30 0A 04 02 70 05 02 01 10 80 01 20
             A7 06 30 04 04 02 70 06
             00 00 00");
        let place = |path: &str, part| Place { path: hex(path), part };
        assert_eq!(
            directories(&file),
            Directories {
                private_keys: vec![place("50157002", None)],
                certificates: vec![place("7005", Some((0x10, 0x20)))],
                pins: vec![place("7001", None)],
            }
        );
        let dir = hex("61 16 4F 0C A000000063504B43532D3135 51 04 3F005015 50 00 FF FF");
        assert_eq!(applications(&dir), [(hex("A000000063504B43532D3135"), Some(hex("3F005015")))]);
    }

    #[test]
    fn what_the_card_says_of_itself() {
        let file =
            hex("30 34 02 01 00 04 04 23135568 0C 06 626974346964 80 0A 5647434120546F6B656E
             03 02 04 10
             A2 11 30 0F 02 01 01 02 01 01 05 00 03 02 06 40 02 01 02");
        let info = card_info(&file).unwrap();
        assert_eq!(info.label.as_deref(), Some("VGCA Token"));
        let rsa = Algorithm { reference: 1, mechanism: 1, card_reference: Some(2) };
        assert_eq!(info.algorithms, [rsa]);
        assert_eq!(card_info(&[]), None);
    }

    #[test]
    fn pins_with_their_reference_and_padding() {
        let file = hex("30 2B
               30 08 0C 03 50494E 03 01 00
               30 03 04 01 01
               A1 1A 30 18 03 02 03 48 0A 01 02 02 01 04 02 01 10 02 01 10 80 01 03 04 01 FF
             30 05 30 03 04 01 01");
        assert_eq!(
            pins(&file),
            [PinObject {
                id: vec![1],
                local: true,
                padded: false,
                administrative: false,
                reference: 3,
                min: 4,
                stored: 16,
                max: Some(16),
                pad: Some(0xFF),
                path: None,
            }]
        );
    }

    #[test]
    fn keys_with_their_reference_and_use() {
        let file = hex("30 31
               30 0B 0C 01 4B 04 01 01 02 01 01 05 00
               30 12 04 04 BE72ECF5 03 03 06 20 40 03 02 03 B8 02 01 10
               A1 0E 30 0C 30 04 04 02 DF10 02 02 0C00 05 00
             A0 1D
               30 00 30 0B 04 01 45 03 02 05 20 02 02 0081
               A1 0C 30 0A 30 08 04 06 3F0050154B01");
        let [rsa, curve] = private_keys(&file).try_into().unwrap();
        assert_eq!(
            rsa,
            KeyObject {
                id: hex("BE72ECF5"),
                pin: Some(vec![1]),
                consent: true,
                signs: true,
                commits: true,
                reference: Some(0x10),
                path: Some(Place { path: hex("DF10"), part: None }),
                modulus: Some(3072),
                algorithms: Vec::new(),
            }
        );
        assert_eq!(curve.modulus, None);
        assert_eq!(curve.reference, Some(0x81));
        assert!(curve.signs && !curve.commits && !curve.consent);
    }

    #[test]
    fn certificates_in_files_and_bare() {
        let file = hex("30 13 30 00 30 03 04 01 45 A1 0A 30 08 30 06 04 04 5015 0001
             30 11 30 00 30 03 04 01 46 A1 08 30 06 A0 04 30 02 05 00
             30 0F 30 00 30 03 04 01 47 A1 06 30 04 A0 02 05 00");
        let [in_file, around, instead] = certificates(&file).try_into().unwrap();
        assert_eq!(in_file.value, Value::File(Place { path: hex("50150001"), part: None }));
        assert_eq!(around.value, Value::Direct(hex("30020500")));
        assert_eq!(instead.value, Value::Direct(hex("30020500")));
        assert_eq!(instead.id, hex("47"));
    }

    #[test]
    fn what_is_not_a_path_is_none() {
        for path in
            ["0400", "0403 700100", "0412 3F003F003F003F003F003F003F003F003F00", "0202 7001"]
        {
            assert_eq!(place(&hex(path)), None, "{path}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_readers(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = (directories(&bytes), card_info(&bytes), pins(&bytes));
            let _ = (private_keys(&bytes), certificates(&bytes), applications(&bytes));
        }

        #[test]
        fn no_spoilt_byte_breaks_the_readers(at in 0usize..50, with: u8) {
            let mut file = hex(
                "30 31 30 0B 0C 01 4B 04 01 01 02 01 01 05 00
                 30 12 04 04 BE72ECF5 03 03 06 20 40 03 02 03 B8 02 01 10
                 A1 0E 30 0C 30 04 04 02 DF10 02 02 0C00 05 00",
            );
            file[at] = with;
            let _ = (pins(&file), private_keys(&file), certificates(&file));
        }
    }
}
