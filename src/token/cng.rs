//! Windows' certificate store: the third way to a token, for vendors whose driver puts the
//! certificates there and that need nothing else set up.
//!
//! The key is asked through CNG where the driver speaks it and through CryptoAPI where it
//! does not (the older vendors' own providers). The PIN is asked for by the driver's own
//! window, so it never passes through this program ([`PinState::PinPad`]).
//!
//! | file | holds |
//! | --- | --- |
//! | `codes` | what Windows' error codes mean |
//! | `native` | the calls, the only unsafe code of the room |

mod codes;
#[cfg(windows)]
mod native;

#[cfg(windows)]
pub use store::{WindowsToken, thumbprints};

#[cfg(windows)]
mod store {
    use super::codes::meaning;
    use super::native::{self, Key};
    use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
    use crate::pki::certificate::Certificate;
    use crate::token::{
        KeyRef, Pin, PinState, Token, TokenCertificate, TokenError, encoding, key_kind,
    };

    /// The certificates of the user's own store that have a private key and are nobody's
    /// authority; whether their token is plugged in is not looked at.
    pub fn thumbprints() -> Result<Vec<String>, TokenError> {
        let found = native::certificates().map_err(meaning)?.into_iter();
        let own = found.filter(|der| Certificate::from_der(der).is_ok_and(|one| !one.is_ca()));
        Ok(own.map(|der| thumbprint(&der)).collect())
    }

    fn thumbprint(der: &[u8]) -> String {
        hex::encode_upper(DigestAlgorithm::Sha1.digest(der))
    }

    /// A certificate of the store with its key.
    #[derive(Debug)]
    pub struct WindowsToken {
        certificate: TokenCertificate,
        owner: String,
        /// Kept from the first signature on: a driver remembers its PIN with it.
        key: Option<Key>,
    }

    impl WindowsToken {
        pub fn open(wanted: &str) -> Result<Self, TokenError> {
            let der = native::certificates()
                .map_err(meaning)?
                .into_iter()
                .find(|der| thumbprint(der) == wanted)
                .ok_or_else(|| TokenError::NotFound { token: wanted.to_owned() })?;
            let owner = Certificate::from_der(&der).map(|one| one.subject().label());
            let owner = owner.unwrap_or_else(|_| wanted.to_owned());
            let certificate = TokenCertificate { key: KeyRef(wanted.to_owned()), der };
            Ok(Self { certificate, owner, key: None })
        }
    }

    impl Token for WindowsToken {
        fn label(&self) -> String {
            format!("{} (Windows)", self.owner)
        }

        fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
            Ok(vec![self.certificate.clone()])
        }

        fn pin_state(&mut self) -> Result<PinState, TokenError> {
            Ok(PinState::PinPad)
        }

        /// The driver's window asks when the key is used; nothing to do before.
        fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
            Ok(())
        }

        fn login_on_pad(&mut self) -> Result<(), TokenError> {
            Ok(())
        }

        fn sign_digest(
            &mut self,
            key: &KeyRef,
            scheme: SignatureScheme,
            algorithm: DigestAlgorithm,
            digest: &[u8],
        ) -> Result<Vec<u8>, TokenError> {
            if *key != self.certificate.key {
                return Err(TokenError::NoSuchKey { key: key.0.clone() });
            }
            let kind = key_kind(&self.certificate).unwrap_or(KeyKind::Other);
            let fits = match scheme {
                SignatureScheme::RsaPkcs1 | SignatureScheme::RsaPss => {
                    matches!(kind, KeyKind::Rsa(_))
                }
                SignatureScheme::Ecdsa => encoding::field_bytes(kind).is_some(),
            };
            if !fits || digest.len() != algorithm.size() {
                let what = format!("{kind} {scheme:?} {}", algorithm.name());
                return Err(TokenError::Unsupported { what });
            }
            let handle = match self.key.take() {
                Some(handle) => handle,
                None => native::key(&self.certificate.der).map_err(meaning)?,
            };
            // After a failure the key is asked for anew: its card may have been exchanged.
            let signature = handle.sign(scheme, algorithm, digest).map_err(meaning)?;
            self.key = Some(handle);
            match encoding::field_bytes(kind) {
                Some(field) => {
                    encoding::ecdsa_der(&signature, field).ok_or(TokenError::BadSignature)
                }
                None => Ok(signature),
            }
        }
    }
}
