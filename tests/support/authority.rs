//! Authorities of our own making and what they issue: for lines over TLS.
#![allow(dead_code, clippy::unwrap_used)] // not every area needs every kind of certificate

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use der::Encode;
use der::asn1::OctetString;
use p256::ecdsa::{DerSignature, SigningKey};
use p256::pkcs8::EncodePrivateKey;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use spki::SubjectPublicKeyInfoOwned;
use x509_cert::Certificate;
use x509_cert::builder::{Builder, CertificateBuilder, Profile};
use x509_cert::ext::pkix::SubjectAltName;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;
use x509_cert::serial_number::SerialNumber;
use x509_cert::time::Validity;

/// Whose key a server's own certificate is of.
pub const SERVER: u8 = 99;

pub fn key(seed: u8) -> SigningKey {
    SigningKey::from_slice(&[seed; 32]).unwrap()
}

fn spki(key: &SigningKey) -> SubjectPublicKeyInfoOwned {
    SubjectPublicKeyInfoOwned::from_key(*key.verifying_key()).unwrap()
}

pub fn authority(name: &str, seed: u8) -> (Certificate, Name) {
    let name = Name::from_str(&format!("CN={name}")).unwrap();
    let signer = key(seed);
    let builder = CertificateBuilder::new(
        Profile::Root,
        SerialNumber::from(1u32),
        week(),
        name.clone(),
        spki(&signer),
        &signer,
    )
    .unwrap();
    (builder.build::<DerSignature>().unwrap(), name)
}

/// A certificate of key `seed`, for whom or what `name` says.
pub fn issued(
    issuer: &Name,
    issuer_seed: u8,
    name: &str,
    seed: u8,
    validity: Validity,
    host: Option<GeneralName>,
) -> Certificate {
    let signer = key(issuer_seed);
    let profile = Profile::Leaf {
        issuer: issuer.clone(),
        enable_key_agreement: false,
        enable_key_encipherment: false,
    };
    let mut builder = CertificateBuilder::new(
        profile,
        SerialNumber::from(u32::from(seed) + 1),
        validity,
        Name::from_str(&format!("CN={name}")).unwrap(),
        spki(&key(seed)),
        &signer,
    )
    .unwrap();
    if let Some(host) = host {
        builder.add_extension(&SubjectAltName(vec![host])).unwrap();
    }
    builder.build::<DerSignature>().unwrap()
}

pub fn here() -> GeneralName {
    GeneralName::IpAddress(OctetString::new(vec![127, 0, 0, 1]).unwrap())
}

/// Longer than any test runs.
pub fn week() -> Validity {
    Validity::from_now(Duration::from_secs(7 * 24 * 60 * 60)).unwrap()
}

/// What ends TLS with `certificate`, which is of the server's key.
pub fn ending(certificate: &Certificate) -> Arc<rustls::ServerConfig> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let key = key(SERVER).to_pkcs8_der().unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()));
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(certificate.to_der().unwrap())], key)
        .unwrap();
    Arc::new(config)
}
