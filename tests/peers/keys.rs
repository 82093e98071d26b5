//! Keys of every kind: the rig's RSA signers, and P-256 and P-384 under the same authority
//! made by openssl, since the rig's own are for logging in only.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use serde_json::{Value, json};
use vanthu::pki::{Certificate, DigestAlgorithm, SignatureScheme};

use crate::support::{Signer, certificate, printed, rig, rig_file};

/// A kind of key and the way it signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Rsa,
    Pss,
    P256,
    P384,
}

impl Key {
    pub const ALL: [Self; 4] = [Self::Rsa, Self::Pss, Self::P256, Self::P384];

    pub const fn scheme(self) -> SignatureScheme {
        match self {
            Self::Rsa => SignatureScheme::RsaPkcs1,
            Self::Pss => SignatureScheme::RsaPss,
            Self::P256 | Self::P384 => SignatureScheme::Ecdsa,
        }
    }

    /// One digest each, so that every one is seen.
    pub const fn digest(self) -> DigestAlgorithm {
        match self {
            Self::Rsa | Self::P256 => DigestAlgorithm::Sha256,
            Self::P384 => DigestAlgorithm::Sha384,
            Self::Pss => DigestAlgorithm::Sha512,
        }
    }

    /// As our report names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa | Self::Pss => "RSA-2048",
            Self::P256 => "P-256",
            Self::P384 => "P-384",
        }
    }

    fn curve(self) -> Option<&'static Curve> {
        match self {
            Self::Rsa | Self::Pss => None,
            Self::P256 => Some(&P256),
            Self::P384 => Some(&P384),
        }
    }

    pub fn signer(self) -> Signer {
        let Some(curve) = self.curve() else { return Signer::new("leader") };
        let der = std::fs::read(curve.file("der")).unwrap();
        Signer::open(
            curve.file("p12"),
            Certificate::from_der(&der).unwrap(),
            vec![certificate("sub"), certificate("root")],
        )
    }

    /// The same key for pyHanko, as part of a step.
    pub fn step(self, field: &str, subfilter: &str, level: &str) -> Value {
        let (key, certificate) = match self.curve() {
            None => (rig_file("keys/leader.pem"), rig_file("certs/leader.pem")),
            Some(curve) => (curve.file("key"), curve.file("certificate")),
        };
        json!({
            "field": field,
            "key": key,
            "certificate": certificate,
            "pss": self == Self::Pss,
            "digest": self.digest().name(),
            "subfilter": subfilter,
            "level": level,
        })
    }
}

struct Curve(tempfile::TempDir);

static P256: LazyLock<Curve> = LazyLock::new(|| Curve::make("P-256", "4711"));
static P384: LazyLock<Curve> = LazyLock::new(|| Curve::make("P-384", "4712"));

impl Curve {
    fn make(curve: &str, serial: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let run = |line: &str| {
            let words: Vec<&str> = line.split(' ').collect();
            let output = Command::new("openssl").args(&words).current_dir(folder.path()).output();
            let output = output.expect("openssl");
            assert!(output.status.success(), "{line}: {}", printed(&output));
        };
        let extensions = format!(
            "keyUsage=critical,digitalSignature,nonRepudiation\n\
             crlDistributionPoints=URI:{}\n",
            rig("RIG_CRL_URL")
        );
        std::fs::write(folder.path().join("ext"), extensions).unwrap();
        let authority = |file: &str| path(&rig_file(file)).to_owned();
        let (above, key) = (authority("certs/sub.pem"), authority("keys/sub.pem"));
        run(&format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:{curve} -out key"));
        run(&format!("req -new -key key -out request -subj /C=VN/CN={curve}"));
        run(&format!(
            "x509 -req -in request -CA {above} -CAkey {key} -set_serial {serial} -days 30 \
             -sha256 -extfile ext -out certificate"
        ));
        run("x509 -in certificate -outform DER -out der");
        run("pkcs12 -export -inkey key -in certificate -passout pass:test -out p12");
        Self(folder)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

pub fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}
