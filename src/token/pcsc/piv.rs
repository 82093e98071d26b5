//! The PIV card application (NIST SP 800-73-4, part 2).
//!
//! Slot 9C is for signing documents: its key wants the PIN right before every use. 9A
//! (authentication), 9D and the retired slots 82 to 95 want it once; 9E never.

use super::apdu::{Command, StatusWord, Wire, send};
use super::pin::{CardPin, Padding};
use super::{CardApplication, Failure, PinPolicy, packed, tlv};
use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use crate::token::{KeyRef, TokenCertificate, TokenError, encoding, random};

/// The application's identifier, without its version.
const AID: [u8; 9] = [0xA0, 0x00, 0x00, 0x03, 0x08, 0x00, 0x00, 0x10, 0x00];
/// SP 800-73-4 part 2, 2.4.3: the PIN is padded to eight bytes with FF.
const PADDING: Padding = Padding { length: 8, byte: 0xFF };

/// The four slots that every card has, with the tags of their certificates.
const SLOTS: [(u8, u32); 4] =
    [(0x9C, 0x5FC10A), (0x9A, 0x5FC105), (0x9D, 0x5FC10B), (0x9E, 0x5FC101)];
/// Slots for retired keys: 82 to 95, tags 5FC10D to 5FC120.
const RETIRED: std::ops::RangeInclusive<u8> = 0x82..=0x95;
const DISCOVERY: u32 = 0x7E;
const KEY_HISTORY: u32 = 0x5FC10C;

/// A card that has answered as a PIV card.
#[derive(Debug)]
pub struct Piv {
    /// 80: the application's own PIN; 00: the card's global PIN, where the card says so.
    pin: u8,
}

impl Piv {
    /// `None` where the card knows no such application.
    pub fn recognise(wire: &mut dyn Wire) -> Result<Option<Self>, Failure> {
        match send(wire, &select())?.status {
            StatusWord::OK => {}
            // Not a word about the application: the command's form was not understood.
            status @ StatusWord::WRONG_LENGTH => return Err(status.into()),
            _ => return Ok(None),
        }
        // PIN usage policy: "global PIN allowed", and then "global PIN preferred".
        let discovery = object(wire, DISCOVERY)?;
        let policy = discovery.as_deref().and_then(|bytes| tlv::find(bytes, 0x5F2F));
        let pin = match policy {
            Some([allowed, 0x20, ..]) if allowed & 0x20 != 0 => 0x00,
            _ => 0x80,
        };
        Ok(Some(Self { pin }))
    }

    fn certificate(&self, wire: &mut dyn Wire, tag: u32) -> Result<Option<Vec<u8>>, Failure> {
        Ok(object(wire, tag)?.as_deref().and_then(unpack))
    }

    fn block(
        kind: KeyKind,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<(u8, Vec<u8>), Failure> {
        let unsupported = || {
            let what = format!("{kind} {scheme:?} {}", algorithm.name());
            Failure::Token(TokenError::Unsupported { what })
        };
        let (reference, bits) = match kind {
            KeyKind::Rsa(1024) => (0x06, 1024),
            KeyKind::Rsa(2048) => (0x07, 2048),
            KeyKind::Rsa(3072) => (0x05, 3072),
            // Not in SP 800-78-4; what cards that have it answer to.
            KeyKind::Rsa(4096) => (0x16, 4096),
            KeyKind::P256 => (0x11, 0),
            KeyKind::P384 => (0x14, 0),
            KeyKind::Rsa(_) | KeyKind::Other => return Err(unsupported()),
        };
        let block = match (scheme, encoding::field_bytes(kind)) {
            (SignatureScheme::RsaPkcs1, None) => encoding::pkcs1_v15(algorithm, digest, bits),
            (SignatureScheme::RsaPss, None) => {
                encoding::pss(algorithm, digest, &random(algorithm.size())?, bits)
            }
            (SignatureScheme::Ecdsa, Some(field)) if digest.len() == algorithm.size() => {
                Some(encoding::ecdsa_input(digest, field))
            }
            _ => None,
        };
        block.map(|block| (reference, block)).ok_or_else(unsupported)
    }
}

impl CardApplication for Piv {
    fn name(&self) -> &str {
        "PIV"
    }

    fn select(&self, wire: &mut dyn Wire) -> Result<(), Failure> {
        send(wire, &select())?.ok().map(drop)
    }

    fn certificates(&self, wire: &mut dyn Wire) -> Result<Vec<TokenCertificate>, Failure> {
        let mut found = Vec::new();
        let mut slots = SLOTS.to_vec();
        // The key history says how many retired keys have certificates; cards that do not
        // keep one may have them all the same.
        let history = object(wire, KEY_HISTORY)?;
        let retired = match history.as_deref().and_then(|bytes| tlv::find(bytes, 0xC1)) {
            Some([count, ..]) => usize::from(*count),
            _ => RETIRED.count(),
        };
        slots.extend(RETIRED.zip(0x5FC10D..).take(retired));
        for (slot, tag) in slots {
            if let Some(der) = self.certificate(wire, tag)? {
                found.push(TokenCertificate { key: KeyRef(format!("{slot:02X}")), der });
            }
        }
        Ok(found)
    }

    fn pin(&self) -> CardPin {
        CardPin { reference: self.pin, min: 6, max: 8, padding: Some(PADDING) }
    }

    fn policy(&self, key: &KeyRef) -> PinPolicy {
        match key.0.as_str() {
            "9C" => PinPolicy::Always,
            "9E" => PinPolicy::Never,
            _ => PinPolicy::Once,
        }
    }

    fn sign(
        &self,
        wire: &mut dyn Wire,
        key: &KeyRef,
        kind: KeyKind,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let no_key = || Failure::Token(TokenError::NoSuchKey { key: key.0.clone() });
        let slot = u8::from_str_radix(&key.0, 16).map_err(|_| no_key())?;
        let (reference, block) = Self::block(kind, scheme, algorithm, digest)?;
        // Dynamic authentication template: an empty place for the response, the challenge.
        let template = [tlv::write(0x82, &[]), tlv::write(0x81, &block)].concat();
        let command = Command::new(0x87, reference, slot, tlv::write(0x7C, &template), true);
        let answer = send(wire, &command)?;
        let bytes = match answer.status {
            StatusWord::OK => answer.data,
            StatusWord::REFERENCE_NOT_FOUND => return Err(no_key()),
            status => return Err(status.into()),
        };
        let signature = tlv::find(&bytes, 0x7C)
            .and_then(|template| tlv::find(template, 0x82))
            .unwrap_or_default();
        let whole = match kind {
            KeyKind::Rsa(bits) => signature.len() == bits.div_ceil(8) as usize,
            _ => encoding::field_bytes(kind)
                .is_some_and(|field| encoding::is_ecdsa_der(signature, field)),
        };
        if whole { Ok(signature.to_vec()) } else { Err(TokenError::BadSignature.into()) }
    }
}

fn select() -> Command {
    Command::new(0xA4, 0x04, 0x00, AID, true)
}

/// GET DATA: the contents of a data object; `None` where there is none.
fn object(wire: &mut dyn Wire, tag: u32) -> Result<Option<Vec<u8>>, Failure> {
    let spelled: Vec<u8> = tag.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let command = Command::new(0xCB, 0x3F, 0xFF, tlv::write(0x5C, &spelled), true);
    let answer = send(wire, &command)?;
    if answer.status != StatusWord::OK {
        // Absent, or not for us to read; a certificate that we cannot see is not there.
        return Ok(None);
    }
    // The discovery object stands bare, all others within tag 53.
    let container = if tag == DISCOVERY { DISCOVERY } else { 0x53 };
    Ok(tlv::find(&answer.data, container).map(<[u8]>::to_vec))
}

/// The certificate of a certificate object (SP 800-73-4 part 1, table 42): in 70, packed
/// with gzip where the CertInfo in 71 says so (bit 80 in some revisions, 01 in others).
fn unpack(object: &[u8]) -> Option<Vec<u8>> {
    let certificate = tlv::find(object, 0x70).filter(|bytes| !bytes.is_empty())?;
    let packed =
        tlv::find(object, 0x71).and_then(<[u8]>::first).is_some_and(|info| info & 0x81 != 0);
    if !packed {
        return Some(certificate.to_vec());
    }
    packed::inflate(certificate)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    fn object(certificate: &[u8], info: u8) -> Vec<u8> {
        [tlv::write(0x70, certificate), tlv::write(0x71, &[info]), tlv::write(0xFE, &[])].concat()
    }

    #[test]
    fn packed_certificates_are_unpacked() {
        let der = vec![0x30; 1700];
        assert_eq!(unpack(&object(&der, 0)), Some(der.clone()));
        for info in [0x01, 0x80] {
            assert_eq!(unpack(&object(&gzip(&der), info)), Some(der.clone()));
        }
        assert_eq!(unpack(&object(&gzip(&der), 0)), Some(gzip(&der)));
        assert_eq!(unpack(&object(&[], 0)), None);
        assert_eq!(unpack(&[]), None);
    }

    #[test]
    fn a_gzip_bomb_is_no_certificate() {
        assert_eq!(unpack(&object(&gzip(&vec![0; 10_000_000]), 1)), None);
        assert_eq!(unpack(&object(&[0x1F, 0x8B, 8, 0, 1, 2, 3], 1)), None);
    }

    #[test]
    fn what_the_key_cannot_do_is_refused_before_the_card_is_asked() {
        let digest = [0; 32];
        for (kind, scheme) in [
            (KeyKind::P256, SignatureScheme::RsaPkcs1),
            (KeyKind::Rsa(2048), SignatureScheme::Ecdsa),
            (KeyKind::Rsa(2000), SignatureScheme::RsaPkcs1),
            (KeyKind::Other, SignatureScheme::Ecdsa),
        ] {
            let block = Piv::block(kind, scheme, DigestAlgorithm::Sha256, &digest);
            assert!(matches!(block, Err(Failure::Token(TokenError::Unsupported { .. }))));
        }
        for kind in [2048, 3072, 4096].map(KeyKind::Rsa) {
            for scheme in [SignatureScheme::RsaPkcs1, SignatureScheme::RsaPss] {
                assert!(Piv::block(kind, scheme, DigestAlgorithm::Sha256, &digest).is_ok());
            }
        }
    }
}
