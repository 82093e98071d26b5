//! CMS: ours judged by openssl, openssl's by us.

use vanthu::pki::cms::{self, CmsFault, SignedData, SignedDataDer, SignerParams};
use vanthu::pki::fetch::HttpFetch;
use vanthu::pki::path::PathStatus;
use vanthu::pki::{DigestAlgorithm, Evidence, PkiError, SignatureScheme, tsp};
use vanthu::rules::algorithms::Algorithms;

use rsa::pkcs8::DecodePrivateKey as _;

use crate::{CONTENT, certificate, file, openssl, setting, stamp, trust};

fn key(name: &str) -> Vec<u8> {
    let pem = std::fs::read_to_string(file(&format!("keys/{name}.pem"))).unwrap();
    let (label, document) = der::SecretDocument::from_pem(&pem).unwrap();
    assert_eq!(label, "PRIVATE KEY");
    document.as_bytes().to_vec()
}

pub fn sign(name: &str, digest: DigestAlgorithm, scheme: SignatureScheme) -> SignedDataDer {
    use aws_lc_rs::{rand::SystemRandom, signature as lc};
    let params = SignerParams {
        certificate: certificate(name),
        chain: vec![certificate("sub"), certificate("root"), certificate("sub")],
        digest,
        scheme,
    };
    let prepared = cms::prepare(&digest.digest(CONTENT), &params, Algorithms::current()).unwrap();
    let random = SystemRandom::new();
    let signature = match scheme {
        // As a token does: from the digest alone.
        SignatureScheme::RsaPkcs1 => {
            let padding = rsa::Pkcs1v15Sign {
                hash_len: Some(digest.size()),
                prefix: digest.digest_info_prefix().into(),
            };
            let key = rsa::RsaPrivateKey::from_pkcs8_der(&key(name)).unwrap();
            key.sign(padding, &prepared.to_be_signed_digest()).unwrap()
        }
        SignatureScheme::RsaPss => {
            let pair = lc::RsaKeyPair::from_pkcs8(&key(name)).unwrap();
            let padding: &dyn lc::RsaEncoding = match digest {
                DigestAlgorithm::Sha384 => &lc::RSA_PSS_SHA384,
                DigestAlgorithm::Sha512 => &lc::RSA_PSS_SHA512,
                _ => &lc::RSA_PSS_SHA256,
            };
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(padding, &random, prepared.to_be_signed(), &mut signature).unwrap();
            signature
        }
        SignatureScheme::Ecdsa => {
            let algorithm = &lc::ECDSA_P256_SHA256_ASN1_SIGNING;
            let pair = lc::EcdsaKeyPair::from_pkcs8(algorithm, &key(name)).unwrap();
            pair.sign(&random, prepared.to_be_signed()).unwrap().as_ref().to_vec()
        }
    };
    let mut wrong = signature.clone();
    *wrong.last_mut().unwrap() ^= 1;
    assert_eq!(prepared.finish(&wrong).unwrap_err(), PkiError::WrongSignature);
    let room = cms::estimate_size(&params, false);
    let signed = prepared.finish(&signature).unwrap();
    let size = signed.to_der().len();
    assert!(size <= room && room < size + 1500, "{size} of {room}");
    signed
}

fn openssl_accepts(der: &[u8]) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("content"), CONTENT).unwrap();
    std::fs::write(folder.path().join("signature"), der).unwrap();
    let ca = file("certs/ca.pem");
    openssl(
        folder.path(),
        &[
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            "signature",
            "-content",
            "content",
            "-CAfile",
            ca.to_str().unwrap(),
            "-purpose",
            "any",
            "-cades",
            "-out",
            "out",
        ],
    );
    assert_eq!(std::fs::read(folder.path().join("out")).unwrap(), CONTENT);
}

#[test]
fn openssl_accepts_what_we_make_and_so_do_we() {
    use DigestAlgorithm::{Sha256, Sha384, Sha512};
    use SignatureScheme::{Ecdsa, RsaPkcs1, RsaPss};
    for (name, digest, scheme) in [
        ("leader", Sha256, RsaPkcs1),
        ("org", Sha384, RsaPkcs1),
        ("leader", Sha512, RsaPkcs1),
        ("leader", Sha256, RsaPss),
        ("org", Sha384, RsaPss),
        ("leader", Sha512, RsaPss),
        ("leader-ec", Sha256, Ecdsa),
    ] {
        let der = sign(name, digest, scheme).to_der();
        openssl_accepts(&der);
        let read = SignedData::parse(&der).unwrap();
        assert_eq!((read.signer.digest, read.signer.scheme), (digest, scheme));
        assert_eq!(read.signer_certificate(), Some(&certificate(name)));
        assert_eq!(read.certificates.len(), 3);
        assert_eq!(read.signer.signing_time, None);
        assert_eq!(read.signer.signing_certificates.len(), 1);
        assert_eq!(read.verify(&digest.digest(CONTENT)), Ok(()));
        assert_eq!(read.verify(&digest.digest(b"other")), Err(CmsFault::DigestMismatch));
        assert_eq!(
            read.verify_by(&certificate("revoked"), &digest.digest(CONTENT)),
            Err(CmsFault::CertificateMismatch)
        );
        // A PDF pads its hole with zeros, and with nothing else.
        let padded = [&der[..], &[0; 64]].concat();
        assert!(SignedData::parse(&padded).is_ok());
        assert!(SignedData::parse(&[&der[..], &[0, 1]].concat()).is_err());
    }
}

#[test]
fn unsuitable_keys_and_digests_are_refused() {
    let params = |scheme, digest| SignerParams {
        certificate: certificate("leader"),
        chain: Vec::new(),
        digest,
        scheme,
    };
    let sha1 = params(SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha1);
    let ecdsa = params(SignatureScheme::Ecdsa, DigestAlgorithm::Sha256);
    for params in [sha1, ecdsa] {
        let error = cms::prepare(&[0; 20], &params, Algorithms::current()).unwrap_err();
        assert!(matches!(error, PkiError::UnsuitableKey(_)), "{error}");
    }
    let mut strict = Algorithms::current().clone();
    strict.rsa_bits = 3072;
    let short = params(SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha256);
    let error = cms::prepare(&[0; 32], &short, &strict).unwrap_err();
    let key = "RSA-2048".to_owned();
    assert_eq!(error, PkiError::KeyTooShort { key, rsa_bits: 3072, ecdsa_bits: 256 });
}

#[test]
fn a_time_stamp_travels_in_the_signature() {
    let signed = sign("leader", DigestAlgorithm::Sha256, SignatureScheme::RsaPkcs1);
    let fetch = HttpFetch::new();
    let token = stamp(&setting("RIG_TSA_URL"), &fetch, signed.signature()).unwrap();
    let room = cms::estimate_size(
        &SignerParams {
            certificate: certificate("leader"),
            chain: vec![certificate("sub"), certificate("root")],
            digest: DigestAlgorithm::Sha256,
            scheme: SignatureScheme::RsaPkcs1,
        },
        true,
    );
    let der = signed.with_timestamp(&token).unwrap().to_der();
    assert!(der.len() <= room);
    openssl_accepts(&der);
    let read = SignedData::parse(&der).unwrap();
    assert_eq!(read.signer.timestamp(), Some(token.as_slice()));
    let none = Evidence::default();
    let stamped =
        tsp::verify(&token, &read.signer.signature, &trust(), &none, Some(&fetch)).unwrap();
    assert_eq!(stamped.report.status, PathStatus::Valid, "{:?}", stamped.report.reasons);
}

/// Signs with openssl, with these options besides.
pub fn openssl_signs(name: &str, options: &[&str]) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("content"), CONTENT).unwrap();
    let signer = file(&format!("certs/{name}.pem"));
    let key = file(&format!("keys/{name}.pem"));
    let mut arguments = vec![
        "cms",
        "-sign",
        "-binary",
        "-outform",
        "DER",
        "-in",
        "content",
        "-out",
        "signature",
        "-signer",
        signer.to_str().unwrap(),
        "-inkey",
        key.to_str().unwrap(),
    ];
    arguments.extend(options);
    openssl(folder.path(), &arguments);
    std::fs::read(folder.path().join("signature")).unwrap()
}

#[test]
fn we_accept_what_openssl_makes() {
    let digest = DigestAlgorithm::Sha256;
    let pss = |salt| ["-md", "sha256", "-keyopt", "rsa_padding_mode:pss", "-keyopt", salt];
    for (name, options) in [
        ("leader", &["-cades", "-md", "sha256"][..]),
        ("leader", &["-md", "sha256"]),
        ("leader", &["-md", "sha256", "-keyid"]),
        ("leader", &["-md", "sha256", "-noattr"]),
        ("leader", &["-md", "sha256", "-nodetach", "-stream"]),
        ("leader-ec", &["-cades", "-md", "sha256"]),
        ("org", &pss("rsa_pss_saltlen:digest")),
        ("org", &pss("rsa_pss_saltlen:max")),
        ("org", &pss("rsa_pss_saltlen:0")),
    ] {
        let der = openssl_signs(name, options);
        let read = SignedData::parse(&der).unwrap_or_else(|e| panic!("{options:?}: {e}"));
        assert_eq!(read.signer_certificate(), Some(&certificate(name)), "{options:?}");
        assert_eq!(read.verify(&digest.digest(CONTENT)), Ok(()), "{options:?}");
        assert!(read.verify(&digest.digest(b"other")).is_err(), "{options:?}");
        let cades = options.contains(&"-cades");
        assert_eq!(!read.signer.signing_certificates.is_empty(), cades, "{options:?}");
        let attributes = !options.contains(&"-noattr");
        assert_eq!(read.signer.signing_time.is_some(), attributes, "{options:?}");
        let inside = options.contains(&"-nodetach");
        assert_eq!(read.content.as_deref(), inside.then_some(CONTENT), "{options:?}");
    }
}

#[test]
fn what_cannot_be_judged_is_refused_by_name() {
    let without = SignedData::parse(&openssl_signs("leader", &["-nocerts"])).unwrap();
    let digest = DigestAlgorithm::Sha256.digest(CONTENT);
    assert_eq!(without.verify(&digest), Err(CmsFault::CertificateMissing));
    assert_eq!(without.verify_by(&certificate("leader"), &digest), Ok(()));
    let signer = file("certs/org.pem");
    let key = file("keys/org.pem");
    let two = openssl_signs(
        "leader",
        &["-signer", signer.to_str().unwrap(), "-inkey", key.to_str().unwrap()],
    );
    assert_eq!(SignedData::parse(&two).unwrap_err(), CmsFault::SeveralSigners(2));
    let odd = openssl_signs(
        "leader",
        &["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512"],
    );
    assert!(matches!(
        SignedData::parse(&odd).unwrap_err(),
        CmsFault::UnsupportedAlgorithm(name) if name == "1.2.840.113549.1.1.10"
    ));
}

#[test]
fn a_token_that_does_not_name_its_certificate_is_refused() {
    let token = openssl_signs(
        "tsa",
        &["-nodetach", "-econtent_type", "1.2.840.113549.1.9.16.1.4", "-md", "sha256"],
    );
    let none = Evidence::default();
    let error = tsp::verify(&token, CONTENT, &trust(), &none, None).unwrap_err();
    assert_eq!(error, PkiError::Cms(CmsFault::AttributeMissing("signing-certificate")));
    // Nor is a signature over a document a time stamp.
    let signed = openssl_signs("leader", &["-cades", "-nodetach", "-md", "sha256"]);
    let error = tsp::verify(&signed, CONTENT, &trust(), &none, None).unwrap_err();
    assert_eq!(error, PkiError::Cms(CmsFault::ContentTypeMismatch));
}
