//! Certificates as cards keep them to save room: bare DER, or packed with gzip, zlib or
//! plain deflate (RFC 1950 to 1952), bare or in a container of the card's maker.
//!
//! What is unpacked is bounded: a few bytes on a card must not become a gigabyte here.

use std::io::Read;

use flate2::read::{DeflateDecoder, GzDecoder, ZlibDecoder};

use super::tlv;
use crate::pki::certificate::Certificate;

/// No certificate comes near this, unpacked.
const MAX_CERTIFICATE: u64 = 32 * 1024;
/// Tag of a certificate, bare.
const SEQUENCE: u32 = 0x30;
/// Tags of bit4id's containers of a packed certificate.
const CONTAINERS: [u32; 2] = [0x7A, 0x5A];

/// The DER of the one certificate in a file of a card, whatever follows it; `None` where
/// there is none that can be read.
pub fn certificate(file: &[u8]) -> Option<Vec<u8>> {
    let der = match tlv::read(file) {
        Some((object, rest)) if object.tag == SEQUENCE => {
            file.get(..file.len() - rest.len())?.to_vec()
        }
        Some((object, _)) if CONTAINERS.contains(&object.tag) => inflate(object.value)?,
        _ => inflate(file)?,
    };
    Certificate::from_der(&der).is_ok().then_some(der)
}

/// Unpacks gzip and zlib, known by their first bytes, or else plain deflate.
pub fn inflate(packed: &[u8]) -> Option<Vec<u8>> {
    match packed {
        [0x1F, 0x8B, ..] => bounded(GzDecoder::new(packed)),
        // Method 8, and the check over both bytes of the header (RFC 1950, 2.2).
        [cmf, flg, ..]
            if cmf & 0x0F == 8 && u16::from_be_bytes([*cmf, *flg]).is_multiple_of(31) =>
        {
            bounded(ZlibDecoder::new(packed))
        }
        _ => bounded(DeflateDecoder::new(packed)),
    }
}

fn bounded(unpacker: impl Read) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let read = unpacker.take(MAX_CERTIFICATE + 1).read_to_end(&mut out);
    (read.is_ok() && !out.is_empty() && out.len() as u64 <= MAX_CERTIFICATE).then_some(out)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn packings(bytes: &[u8]) -> [Vec<u8>; 3] {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(bytes).unwrap();
        let mut zlib = ZlibEncoder::new(Vec::new(), Compression::default());
        zlib.write_all(bytes).unwrap();
        let mut deflate = DeflateEncoder::new(Vec::new(), Compression::default());
        deflate.write_all(bytes).unwrap();
        [gzip.finish().unwrap(), zlib.finish().unwrap(), deflate.finish().unwrap()]
    }

    #[test]
    fn the_three_packings_are_unpacked() {
        let bytes: Vec<u8> = (0..1787u32).map(|n| ((n * n) >> 3) as u8).collect();
        for packed in packings(&bytes) {
            assert_eq!(inflate(&packed), Some(bytes.clone()));
        }
    }

    #[test]
    fn a_bomb_is_no_certificate() {
        for packed in packings(&vec![0; 10_000_000]) {
            assert!(packed.len() < 30_000);
            assert_eq!(inflate(&packed), None);
        }
        assert_eq!(inflate(&[0x1F, 0x8B, 8, 0, 1, 2, 3]), None);
    }

    #[test]
    fn noise_is_no_certificate() {
        for file in [&[][..], &[0x30], &[0x30, 3, 1, 2, 3], &[0x7A, 2, 0x78, 0x9C], &[0xFF; 40]] {
            assert_eq!(certificate(file), None, "{file:02X?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(0u8.., 0..300)) {
            let _ = certificate(&bytes);
        }
    }
}
