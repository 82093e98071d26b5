//! Our own signatures, verified before anybody relies on them: a token whose answer does
//! not fit its certificate has signed nothing.

use super::{Token, TokenCertificate, TokenError, Unfit};
use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use crate::pki::certificate::Certificate;
use crate::pki::verify::verify_digest;

/// Signs a ready digest with the key of `certificate` and verifies the answer with its
/// public key; `BadSignature` where that fails.
pub fn sign_proved(
    token: &mut dyn Token,
    certificate: &TokenCertificate,
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
    digest: &[u8],
) -> Result<Vec<u8>, TokenError> {
    let public = Certificate::from_der(&certificate.der)
        .map_err(|_| TokenError::NoCertificate(Unfit::Unreadable))?;
    let signature = token.sign_digest(&certificate.key, scheme, algorithm, digest)?;
    if verify_digest(&public, scheme, algorithm, digest, &signature) {
        Ok(signature)
    } else {
        Err(TokenError::BadSignature)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{KeyRef, Pin, PinState};

    /// A token that signs with anything but its key.
    struct Liar;

    impl Token for Liar {
        fn label(&self) -> String {
            "liar".to_owned()
        }

        fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
            Ok(Vec::new())
        }

        fn pin_state(&mut self) -> Result<PinState, TokenError> {
            Ok(PinState::TriesLeft(None))
        }

        fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
            Ok(())
        }

        fn sign_digest(
            &mut self,
            _: &KeyRef,
            _: SignatureScheme,
            _: DigestAlgorithm,
            _: &[u8],
        ) -> Result<Vec<u8>, TokenError> {
            Ok(vec![1; 256])
        }
    }

    #[test]
    fn a_signature_that_does_not_fit_is_none() {
        use std::str::FromStr as _;

        use rsa::pkcs1v15::SigningKey;
        use spki::EncodePublicKey as _;
        use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
        use x509_cert::name::Name;

        let key = rsa::RsaPrivateKey::new(&mut rsa::rand_core::OsRng, 2048).unwrap();
        let spki = key.to_public_key().to_public_key_der().unwrap();
        let signer = SigningKey::<sha2::Sha256>::new(key);
        let certificate = CertificateBuilder::new(
            Profile::Root,
            1u32.into(),
            x509_cert::time::Validity::from_now(std::time::Duration::from_secs(60)).unwrap(),
            Name::from_str("CN=x").unwrap(),
            spki::SubjectPublicKeyInfoOwned::try_from(spki.as_bytes()).unwrap(),
            &signer,
        )
        .unwrap()
        .build::<rsa::pkcs1v15::Signature>()
        .unwrap();
        let der = der::Encode::to_der(&certificate).unwrap();
        let certificate = TokenCertificate { key: KeyRef("1".to_owned()), der };
        let (scheme, algorithm) = (SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha256);
        let signed = sign_proved(&mut Liar, &certificate, scheme, algorithm, &[0; 32]);
        assert_eq!(signed, Err(TokenError::BadSignature));
    }
}
