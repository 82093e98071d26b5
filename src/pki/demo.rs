//! Authorities and signers for demonstrations and tests.
//!
//! Every name says that it is a test, so that nobody can take one of these certificates
//! for a real one. They name no revocation services: a demonstration runs without a
//! network.

use std::time::Duration;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use der::Encode as _;
use der::asn1::{Any, GeneralizedTime, ObjectIdentifier, SetOfVec, Utf8StringRef};
use jiff::{SignedDuration, Timestamp};
use p12_keystore::{KeyStore, KeyStoreEntry, PrivateKey, PrivateKeyChain};
use rsa::pkcs1v15::SigningKey;
use rsa::pkcs8::DecodePrivateKey as _;
use rsa::sha2::Sha256;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::builder::{Builder as _, CertificateBuilder, Profile};
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};
use x509_cert::serial_number::SerialNumber;
use x509_cert::spki::SubjectPublicKeyInfoOwned;
use x509_cert::time::{Time, Validity};
use zeroize::Zeroizing;

use super::certificate::Certificate;
use super::error::PkiError;
use super::oid;

/// What every common name and organisation says.
pub const MARK: &str = "THỬ NGHIỆM";

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// For whom a certificate is made. Empty parts are left out.
#[derive(Debug, Clone, Default)]
pub struct Subject {
    pub common_name: String,
    pub organisation: String,
    pub organisational_unit: String,
    pub title: String,
    pub locality: String,
    pub email: String,
    /// `CCCD:…` of a person, `MST:…` of an organisation.
    pub uid: String,
}

/// A root and an authority below it, which issues.
pub struct Authority {
    root: Certificate,
    sub: Certificate,
    sub_name: Name,
    sub_key: SigningKey<Sha256>,
    now: Timestamp,
}

/// A certificate with its private key.
pub struct Issued {
    pub certificate: Certificate,
    /// The issuing authority and the root.
    pub chain: Vec<Certificate>,
    /// PKCS#8 in DER.
    pub key: Zeroizing<Vec<u8>>,
}

impl Authority {
    /// Makes a root valid for twenty years and an issuing authority, with new keys. All
    /// periods begin a day before `now`.
    ///
    /// # Errors
    /// [`PkiError::Demo`].
    pub fn create(now: Timestamp) -> Result<Self, PkiError> {
        const YEARS: i32 = 20;
        let subject = |common_name: &str| Subject {
            common_name: common_name.to_owned(),
            organisation: "Ban Cơ yếu Chính phủ".to_owned(),
            ..Subject::default()
        };
        let root_name = name(&subject("RootCA chuyên dùng Chính phủ"))?;
        let (root_key, _) = new_key()?;
        let root = build(Profile::Root, &root_name, &root_key, &root_key, now, YEARS)?;
        let sub_name = name(&subject("CA phục vụ các cơ quan Nhà nước"))?;
        let (sub_key, _) = new_key()?;
        let profile = Profile::SubCA { issuer: root_name, path_len_constraint: Some(0) };
        let sub = build(profile, &sub_name, &sub_key, &root_key, now, YEARS)?;
        Ok(Self { root, sub, sub_name, sub_key, now })
    }

    pub fn root(&self) -> &Certificate {
        &self.root
    }

    pub fn sub(&self) -> &Certificate {
        &self.sub
    }

    /// Issues a certificate for signing documents, valid for five years, with a new key.
    ///
    /// # Errors
    /// [`PkiError::Demo`].
    pub fn issue(&self, subject: &Subject) -> Result<Issued, PkiError> {
        const YEARS: i32 = 5;
        let (key, pkcs8) = new_key()?;
        let profile = Profile::Leaf {
            issuer: self.sub_name.clone(),
            enable_key_agreement: false,
            enable_key_encipherment: false,
        };
        let certificate = build(profile, &name(subject)?, &key, &self.sub_key, self.now, YEARS)?;
        Ok(Issued { certificate, chain: vec![self.sub.clone(), self.root.clone()], key: pkcs8 })
    }
}

impl Issued {
    /// Key, certificate and chain as a PKCS#12 file.
    ///
    /// # Errors
    /// [`PkiError::Demo`].
    pub fn to_pkcs12(&self, alias: &str, password: &str) -> Result<Vec<u8>, PkiError> {
        let key = PrivateKey::from_der(&self.key).map_err(failed)?;
        let certificates = std::iter::once(&self.certificate)
            .chain(&self.chain)
            .map(|c| p12_keystore::Certificate::from_der(c.der()))
            .collect::<Result<Vec<_>, _>>()
            .map_err(failed)?;
        let chain = PrivateKeyChain::new(alias, key, certificates);
        let mut store = KeyStore::new();
        store.add_entry(alias, KeyStoreEntry::PrivateKeyChain(chain));
        store.writer(password).write().map_err(failed)
    }
}

fn failed(cause: impl std::fmt::Display) -> PkiError {
    PkiError::Demo(cause.to_string())
}

fn new_key() -> Result<(SigningKey<Sha256>, Zeroizing<Vec<u8>>), PkiError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(failed)?;
    let encoded: Pkcs8V1Der<'_> = pair.as_der().map_err(failed)?;
    let pkcs8 = Zeroizing::new(encoded.as_ref().to_vec());
    let key = rsa::RsaPrivateKey::from_pkcs8_der(&pkcs8).map_err(failed)?;
    Ok((SigningKey::new(key), pkcs8))
}

/// The name, marked as a test, in the order that Vietnamese authorities write.
fn name(subject: &Subject) -> Result<Name, PkiError> {
    let marked = |text: &str| match text {
        "" => String::new(),
        text if text.contains(MARK) => text.to_owned(),
        text => format!("{text} ({MARK})"),
    };
    let parts: [(ObjectIdentifier, String); 7] = [
        (oid::LOCALITY, subject.locality.clone()),
        (oid::ORGANISATION, marked(&subject.organisation)),
        (oid::ORGANISATIONAL_UNIT, subject.organisational_unit.clone()),
        (oid::TITLE, subject.title.clone()),
        (oid::COMMON_NAME, marked(&subject.common_name)),
        (oid::USER_ID, subject.uid.clone()),
        (oid::EMAIL, subject.email.clone()),
    ];
    let mut sets = vec![rdn(oid::COUNTRY, Any::new(der::Tag::PrintableString, *b"VN"))?];
    for (kind, text) in parts.into_iter().filter(|(_, text)| !text.is_empty()) {
        let value = if kind == oid::EMAIL {
            Any::new(der::Tag::Ia5String, text.as_bytes())
        } else {
            Utf8StringRef::new(&text).map(Any::from)
        };
        sets.push(rdn(kind, value)?);
    }
    Ok(RdnSequence(sets))
}

fn rdn(
    oid: ObjectIdentifier,
    value: der::Result<Any>,
) -> Result<RelativeDistinguishedName, PkiError> {
    let pair = AttributeTypeAndValue { oid, value: value.map_err(failed)? };
    SetOfVec::try_from(vec![pair]).map(RelativeDistinguishedName::from).map_err(failed)
}

fn build(
    profile: Profile,
    subject: &Name,
    key: &SigningKey<Sha256>,
    issuer_key: &SigningKey<Sha256>,
    now: Timestamp,
    years: i32,
) -> Result<Certificate, PkiError> {
    let time = |at: Timestamp| -> Result<Time, PkiError> {
        let seconds = u64::try_from(at.as_second()).map_err(failed)?;
        let time = GeneralizedTime::from_unix_duration(Duration::from_secs(seconds));
        time.map(Time::GeneralTime).map_err(failed)
    };
    let validity =
        Validity { not_before: time(now - DAY)?, not_after: time(now + DAY * (365 * years))? };
    let mut serial = [0; 16];
    aws_lc_rs::rand::fill(&mut serial).map_err(failed)?;
    serial[0] = serial[0] & 0x3f | 0x40; // positive and always as long
    let serial = SerialNumber::new(&serial).map_err(failed)?;
    let public = {
        use rsa::signature::Keypair as _;
        SubjectPublicKeyInfoOwned::from_key(key.verifying_key()).map_err(failed)?
    };
    let built =
        CertificateBuilder::new(profile, serial, validity, subject.clone(), public, issuer_key)
            .and_then(|builder| builder.build::<rsa::pkcs1v15::Signature>())
            .map_err(failed)?;
    Certificate::from_der(&built.to_der().map_err(failed)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outbound::SignatureKind;
    use crate::pki::{Evidence, PathStatus, Purpose, SigningFitness, TrustStore, path};

    #[test]
    fn what_is_issued_is_good_for_signing_and_says_it_is_a_test() {
        let now: Timestamp = "2026-11-05T08:00:00Z".parse().unwrap();
        let authority = Authority::create(now).unwrap();
        let leader = authority
            .issue(&Subject {
                common_name: "Nguyễn Thị Ánh Nguyệt".to_owned(),
                organisation: "Ủy ban nhân dân xã Tân Bình".to_owned(),
                title: "Chủ tịch".to_owned(),
                email: "nguyet@example.com".to_owned(),
                ..Subject::default()
            })
            .unwrap();
        let certificate = &leader.certificate;
        assert_eq!(certificate.signing_fitness(), SigningFitness::Intended);
        assert_eq!(certificate.owner_kind(), Some(SignatureKind::Personal));
        for name in [certificate.subject(), certificate.issuer(), authority.root().subject()] {
            assert!(name.common_name.as_ref().unwrap().contains(MARK));
        }
        let mut trust = TrustStore::empty();
        trust.add(authority.root().clone());
        trust.add(authority.sub().clone());
        assert_eq!((trust.roots.len(), trust.intermediates.len()), (1, 1));
        let report = |at: Timestamp| {
            let evidence = Evidence::default();
            path::validate(certificate, &[], &trust, at, Purpose::DocumentSigning, &evidence, None)
        };
        assert_eq!(report(now).status, PathStatus::Valid, "{:?}", report(now));
        assert_eq!(report(now).chain.len(), 3);
        assert_eq!(report(now + DAY * 3650).status, PathStatus::Invalid);
        assert!(!leader.to_pkcs12("leader", "test").unwrap().is_empty());
    }
}
