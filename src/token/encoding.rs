//! What stands between a digest and a raw private-key operation: the paddings of RSA
//! (RFC 8017) and the encodings of ECDSA signatures (RFC 3279, 2.2.3).
//!
//! Cards and many modules only raise a number to a power; the padding is ours to build,
//! and to build exactly, because a verifier compares it byte by byte.

use der::asn1::UintRef;
use der::{Decode, Encode, Sequence};

use crate::pki::algorithm::{DigestAlgorithm, KeyKind};

/// The `DigestInfo` of RFC 8017, 9.2: what CKM_RSA_PKCS signs. `None` if the digest has
/// not the algorithm's length.
pub fn digest_info(algorithm: DigestAlgorithm, digest: &[u8]) -> Option<Vec<u8>> {
    (digest.len() == algorithm.size()).then(|| [algorithm.digest_info_prefix(), digest].concat())
}

/// EMSA-PKCS1-v1_5 (RFC 8017, 9.2): a block as long as the modulus of `bits` bits.
pub fn pkcs1_v15(algorithm: DigestAlgorithm, digest: &[u8], bits: u32) -> Option<Vec<u8>> {
    let info = digest_info(algorithm, digest)?;
    let size = modulus_bytes(bits);
    // At least eight bytes of FF, says the RFC.
    let fill = size.checked_sub(info.len() + 3).filter(|fill| *fill >= 8)?;
    let mut block = Vec::with_capacity(size);
    block.extend_from_slice(&[0x00, 0x01]);
    block.resize(2 + fill, 0xFF);
    block.push(0x00);
    block.extend_from_slice(&info);
    Some(block)
}

/// EMSA-PSS (RFC 8017, 9.1.1) with MGF1 and the same digest; `salt` is random and as long
/// as the digest. A block as long as the modulus of `bits` bits.
pub fn pss(algorithm: DigestAlgorithm, digest: &[u8], salt: &[u8], bits: u32) -> Option<Vec<u8>> {
    if digest.len() != algorithm.size() {
        return None;
    }
    let block_bits = bits.checked_sub(1)?;
    let size = block_bits.div_ceil(8) as usize;
    let hash = algorithm.digest(&[&[0; 8], digest, salt].concat());
    let zeros = size.checked_sub(salt.len() + hash.len() + 2)?;
    let mut data = vec![0; zeros];
    data.push(0x01);
    data.extend_from_slice(salt);
    for (byte, mask) in data.iter_mut().zip(mgf1(algorithm, &hash, zeros + 1 + salt.len())) {
        *byte ^= mask;
    }
    if let Some(first) = data.first_mut() {
        // The block must stay below the modulus: its unused top bits are cleared.
        *first &= 0xFF >> (8 * size as u32 - block_bits);
    }
    data.extend_from_slice(&hash);
    data.push(0xBC);
    let mut block = vec![0; modulus_bytes(bits) - data.len()];
    block.extend_from_slice(&data);
    Some(block)
}

/// MGF1 (RFC 8017, B.2.1).
fn mgf1(algorithm: DigestAlgorithm, seed: &[u8], length: usize) -> Vec<u8> {
    let mut mask = Vec::with_capacity(length + algorithm.size());
    let mut counter: u32 = 0;
    while mask.len() < length {
        mask.extend(algorithm.digest(&[seed, &counter.to_be_bytes()].concat()));
        counter += 1;
    }
    mask.truncate(length);
    mask
}

const fn modulus_bytes(bits: u32) -> usize {
    bits.div_ceil(8) as usize
}

/// Bytes of one coordinate of a curve; `None` for keys that are not on one.
pub const fn field_bytes(key: KeyKind) -> Option<usize> {
    match key {
        KeyKind::P256 => Some(32),
        KeyKind::P384 => Some(48),
        KeyKind::Rsa(_) | KeyKind::Other => None,
    }
}

/// The digest as ECDSA uses it: its leftmost bytes, as many as the curve's order has
/// (FIPS 186-5, 6.4.1), padded on the left where it is shorter, which changes no value.
pub fn ecdsa_input(digest: &[u8], field: usize) -> Vec<u8> {
    let taken = digest.get(..field).unwrap_or(digest);
    let mut input = vec![0; field - taken.len()];
    input.extend_from_slice(taken);
    input
}

#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

/// PKCS#11's `r || s` as DER `SEQUENCE { r, s }`; `None` if it is not two equal halves of
/// `field` bytes that are not zero.
pub fn ecdsa_der(raw: &[u8], field: usize) -> Option<Vec<u8>> {
    if raw.len() != 2 * field {
        return None;
    }
    let (r, s) = raw.split_at(field);
    let signature = EcdsaSignature { r: UintRef::new(r).ok()?, s: UintRef::new(s).ok()? };
    is_in_range(&signature, field).then(|| signature.to_der().ok())?
}

/// Whether `bytes` are DER `SEQUENCE { r, s }` with numbers that fit the curve.
pub fn is_ecdsa_der(bytes: &[u8], field: usize) -> bool {
    EcdsaSignature::from_der(bytes).is_ok_and(|signature| is_in_range(&signature, field))
}

fn is_in_range(signature: &EcdsaSignature<'_>, field: usize) -> bool {
    [signature.r, signature.s].iter().all(|number| {
        let bytes = number.as_bytes();
        bytes.len() <= field && bytes.iter().any(|byte| *byte != 0)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rsa::BigUint;
    use rsa::traits::{PrivateKeyParts, PublicKeyParts};

    use super::*;

    #[test]
    fn the_pkcs1_block_has_the_form_of_the_rfc() {
        let digest = DigestAlgorithm::Sha256.digest(b"abc");
        let block = pkcs1_v15(DigestAlgorithm::Sha256, &digest, 2048).unwrap();
        assert_eq!(block.len(), 256);
        assert_eq!(block[..2], [0, 1]);
        assert!(block[2..204].iter().all(|byte| *byte == 0xFF));
        assert_eq!(block[204], 0);
        assert_eq!(block[205..224], *DigestAlgorithm::Sha256.digest_info_prefix());
        assert_eq!(block[224..], digest);
        assert_eq!(pkcs1_v15(DigestAlgorithm::Sha512, &[0; 64], 512), None);
        assert_eq!(pkcs1_v15(DigestAlgorithm::Sha256, &[0; 31], 2048), None);
    }

    // The reference is the `rsa` crate's own verification of the block, raised to the
    // power of the private exponent.
    fn verifies_as_pss(algorithm: DigestAlgorithm, bits: u32) {
        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, bits as usize).unwrap();
        let digest = algorithm.digest("văn bản".as_bytes());
        let salt = vec![0x5A; algorithm.size()];
        let block = pss(algorithm, &digest, &salt, bits).unwrap();
        assert_eq!(block.len(), key.size());
        let raised = BigUint::from_bytes_be(&block).modpow(key.d(), key.n()).to_bytes_be();
        let mut signature = vec![0; key.size() - raised.len()];
        signature.extend(raised);
        let scheme = match algorithm {
            DigestAlgorithm::Sha384 => rsa::Pss::new::<sha2::Sha384>(),
            DigestAlgorithm::Sha512 => rsa::Pss::new::<sha2::Sha512>(),
            _ => rsa::Pss::new::<sha2::Sha256>(),
        };
        key.to_public_key().verify(scheme, &digest, &signature).unwrap();
    }

    #[test]
    fn pss_blocks_verify_whatever_the_modulus() {
        verifies_as_pss(DigestAlgorithm::Sha256, 1024);
        // 1025 bits: the block is a byte shorter than the modulus.
        verifies_as_pss(DigestAlgorithm::Sha256, 1025);
        verifies_as_pss(DigestAlgorithm::Sha384, 1026);
        assert_eq!(pss(DigestAlgorithm::Sha512, &[0; 64], &[0; 64], 1024), None);
    }

    proptest! {
        #[test]
        fn raw_ecdsa_signatures_become_der(raw in proptest::collection::vec(any::<u8>(), 64)) {
            prop_assume!(raw[..32].iter().any(|b| *b != 0) && raw[32..].iter().any(|b| *b != 0));
            let der = ecdsa_der(&raw, 32).unwrap();
            prop_assert!(is_ecdsa_der(&der, 32));
            prop_assert!(!is_ecdsa_der(&der, 30) || raw[..2] == [0, 0]);
            let signature = EcdsaSignature::from_der(&der).unwrap();
            let first = raw.iter().position(|b| *b != 0).unwrap();
            prop_assert_eq!(signature.r.as_bytes(), &raw[first.min(31)..32]);
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let _ = is_ecdsa_der(&bytes, 32);
            let _ = ecdsa_der(&bytes, 48);
        }

        #[test]
        fn the_input_of_ecdsa_is_as_long_as_the_field(
            digest in proptest::collection::vec(any::<u8>(), 0..80), field in 1usize..66,
        ) {
            prop_assert_eq!(ecdsa_input(&digest, field).len(), field);
        }
    }

    #[test]
    fn zero_is_no_signature() {
        assert_eq!(ecdsa_der(&[0; 64], 32), None);
        assert!(!is_ecdsa_der(&[0x30, 6, 2, 1, 0, 2, 1, 1], 32));
        assert!(is_ecdsa_der(&[0x30, 6, 2, 1, 1, 2, 1, 1], 32));
    }
}
