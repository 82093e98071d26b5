//! The rig, held by one test at a time, and what every test needs of it.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use vanthu::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use vanthu::pki::certificate::Certificate;
use vanthu::pki::verify::verify_digest;
use vanthu::token::{self, KeyRef, Pin, Selector, Token, TokenError};

use DigestAlgorithm::Sha256;
use SignatureScheme::{RsaPkcs1, RsaPss};

pub const MESSAGE: &[u8] = "văn bản thử nghiệm".as_bytes();

pub fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: start the card rig with tests/rig/start-rig and source the env \
             file that it names"
        )
    })
}

/// The rig, held by one test. When dropped, the cards are as at the start.
pub struct Rig {
    _file: File,
    _here: MutexGuard<'static, ()>,
}

impl Rig {
    pub fn hold() -> Self {
        static HERE: Mutex<()> = Mutex::new(());
        let here = HERE.lock().unwrap_or_else(PoisonError::into_inner);
        let file = File::create(Path::new(&env("RIG_DIR")).join("tests.lock")).unwrap();
        file.lock().unwrap();
        let rig = Self { _file: file, _here: here };
        rig.restore();
        rig
    }

    /// A command to a card, and its answer.
    pub fn card(&self, name: &str, command: &str) -> String {
        let path = Path::new(&env("RIG_DIR")).join(format!("{name}.sock"));
        let mut socket = UnixStream::connect(&path)
            .unwrap_or_else(|error| panic!("the rig's card {name} does not run: {error}"));
        socket.write_all(format!("{command}\n").as_bytes()).unwrap();
        let mut answer = String::new();
        BufReader::new(socket).read_line(&mut answer).unwrap();
        assert!(answer.starts_with("ok"), "{command}: {answer}");
        answer
    }

    pub fn leader(&self, command: &str) -> String {
        self.card("leader", command)
    }

    pub fn signatures(&self) -> u32 {
        self.number("leader", "signatures")
    }

    pub fn tries(&self) -> u32 {
        self.number("leader", "pin-tries")
    }

    pub fn ctl(&self, words: &[&str]) {
        let rigctl = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rig/rigctl");
        let done = Command::new(rigctl).args(words).output().unwrap();
        assert!(done.status.success(), "rigctl {words:?}: {done:?}");
    }

    pub fn pcscd(&self, command: &str) {
        self.ctl(&["pcscd", command]);
    }

    /// Another card in org's reader, until the test ends; its options are pivcard.py's, or,
    /// after `p15`, p15card.py's.
    pub fn guest(&self, options: &[&str]) -> Selector {
        let reader = env("RIG_ORG_READER");
        self.card(if self.has_guest() { "guest" } else { "org" }, "remove");
        until(&reader, false);
        self.ctl(&[&["guest", "start"], options].concat());
        until(&reader, true);
        Selector::Pcsc { reader }
    }

    /// A number of a card's status, such as `pin-tries`.
    pub fn number(&self, card: &str, name: &str) -> u32 {
        let status = self.card(card, "status");
        let prefix = format!("{name}=");
        let found = status.split_whitespace().find_map(|word| word.strip_prefix(&prefix));
        found.unwrap_or_else(|| panic!("no {name} in {status}")).parse().unwrap()
    }

    fn has_guest(&self) -> bool {
        Path::new(&env("RIG_DIR")).join("guest.pid").exists()
    }

    /// Waits until the card in a reader, just exchanged, is there and answers.
    pub fn until_answering(&self, reader: &str) {
        let answer = self.answers(reader);
        assert!(answer.is_ok(), "{reader}: {answer:?}");
    }

    fn answers(&self, reader: &str) -> Result<(), TokenError> {
        let selector = Selector::Pcsc { reader: reader.to_owned() };
        let started = Instant::now();
        loop {
            match token::open(&selector) {
                Ok(_) => return Ok(()),
                // Longer than the patience of a card that vpcd has forgotten (vcard.py).
                Err(error) if started.elapsed() > Duration::from_secs(30) => return Err(error),
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Waits until PC/SC has seen that the card is in (or out); pcscd looks every 0.4 s.
    pub fn until_present(&self, present: bool) {
        until(&env("RIG_LEADER_READER"), present);
    }

    pub fn restore(&self) {
        if token::pcsc::readers().map_or(0, |readers| readers.len()) < 2 {
            self.pcscd("start");
        }
        if self.has_guest() {
            self.ctl(&["guest", "stop"]);
        }
        for name in ["leader", "org"] {
            // Whatever faults the card knows: those with a status are off at `none`.
            let status = self.card(name, "status");
            let faults = status.split_whitespace().filter_map(|word| word.split_once('='));
            for (fault, value) in faults {
                let off = match fault {
                    _ if fault.starts_with("fail-") => "none",
                    "sign-delay-ms" | "remove-on-sign" | "remove-after-sign" | "lie" => "0",
                    _ => continue,
                };
                if value != off {
                    self.card(name, &format!("set {fault} {off}"));
                }
            }
            for command in ["reset-pin", "insert"] {
                self.card(name, command);
            }
        }
        for reader in ["RIG_LEADER_READER", "RIG_ORG_READER"] {
            let reader = env(reader);
            if self.answers(&reader).is_err() {
                // vpcd's threads do not lock each other out: a reader can be lost for good.
                self.pcscd("start");
                self.until_answering(&reader);
            }
        }
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        // A second panic would end the tests that are still to run; the next holder restores.
        if !std::thread::panicking() {
            self.restore();
        }
    }
}

fn until(reader: &str, present: bool) {
    let started = Instant::now();
    while token::pcsc::reader(reader).is_ok_and(|r| r.atr.is_some()) != present {
        assert!(started.elapsed() < Duration::from_secs(30), "{reader}: present={present}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A key and a certificate of its own, as a card's options want them: `KEY,CERTIFICATE`.
pub fn made(folder: &Path, name: &str, key: &[&str]) -> (String, Vec<u8>) {
    let (private, certificate) = (folder.join(format!("{name}.key")), folder.join(name));
    let made = Command::new("openssl")
        .args(["req", "-x509", "-nodes", "-days", "30", "-subj", &format!("/CN={name}")])
        .args(["-newkey"])
        .args(key)
        .arg("-keyout")
        .arg(&private)
        .arg("-out")
        .arg(&certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let pem = std::fs::read(&certificate).unwrap();
    let der = Certificate::from_pem_or_der(&pem).unwrap().remove(0).der().to_vec();
    (format!("{},{}", private.display(), certificate.display()), der)
}

/// A key of the PKI with its certificate, as a card's options want them.
pub fn pki_key(name: &str) -> String {
    let [key, certificate] = ["keys", "certs"].map(|folder| pki(&format!("{folder}/{name}.pem")));
    format!("{},{}", key.display(), certificate.display())
}

pub fn pki(file: &str) -> PathBuf {
    Path::new(&env("RIG_PKI")).join(file)
}

pub fn certificate(name: &str) -> Vec<u8> {
    std::fs::read(pki(&format!("certs/{name}.der"))).unwrap()
}

pub fn leader() -> Selector {
    Selector::Pcsc { reader: env("RIG_LEADER_READER") }
}

pub fn softhsm() -> Selector {
    Selector::Pkcs11 { module: env("RIG_SOFTHSM_MODULE").into(), token: "leader".to_owned() }
}

/// OpenSC names tokens after certificates, cut short: found by what is on them.
pub fn opensc() -> Selector {
    let module = PathBuf::from(env("RIG_OPENSC_MODULE"));
    let wanted = certificate("leader");
    for shown in token::pkcs11::tokens(&module).unwrap() {
        let selector = Selector::Pkcs11 { module: module.clone(), token: shown.serial };
        let certificates = token::open(&selector).unwrap().certificates().unwrap();
        if certificates.iter().any(|certificate| certificate.der == wanted) {
            return selector;
        }
    }
    panic!("OpenSC does not show the leader's card");
}

pub fn p12(name: &str) -> Selector {
    Selector::File { path: pki(&format!("p12/{name}.p12")) }
}

pub fn pin() -> Pin {
    Pin::new(env("RIG_LEADER_PIN"))
}

pub fn wrong_pin() -> Pin {
    Pin::new("000000")
}

pub fn sign(token: &mut dyn Token, key: &str) -> Result<Vec<u8>, TokenError> {
    token.sign_digest(&KeyRef(key.to_owned()), RsaPkcs1, Sha256, &Sha256.digest(MESSAGE))
}

/// Signs and has two strangers verify it: aws-lc and the openssl program.
pub fn sign_and_verify(
    token: &mut dyn Token,
    key: &str,
    certificate_name: &str,
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
) {
    sign_and_verify_with(token, key, &certificate(certificate_name), scheme, algorithm);
}

pub fn sign_and_verify_with(
    token: &mut dyn Token,
    key: &str,
    der: &[u8],
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
) {
    let digest = algorithm.digest(MESSAGE);
    let key = KeyRef(key.to_owned());
    let signature = token
        .sign_digest(&key, scheme, algorithm, &digest)
        .unwrap_or_else(|error| panic!("{} {key:?} {scheme:?}: {error}", token.label()));
    let signer = Certificate::from_der(der).unwrap();
    assert!(verify_digest(&signer, scheme, algorithm, &digest, &signature));
    let mut spoilt = digest.clone();
    spoilt[0] ^= 1;
    assert!(!verify_digest(&signer, scheme, algorithm, &spoilt, &signature));

    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("data"), MESSAGE).unwrap();
    std::fs::write(path("signature"), &signature).unwrap();
    std::fs::write(path("certificate"), der).unwrap();
    let public = Command::new("openssl")
        .args(["x509", "-noout", "-pubkey", "-in", &path("certificate")])
        .output()
        .unwrap();
    std::fs::write(path("public"), public.stdout).unwrap();
    let mut openssl = Command::new("openssl");
    openssl.args(["dgst", &format!("-{}", algorithm.name())]);
    if scheme == RsaPss {
        openssl.args(["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"]);
    }
    openssl.args(["-verify", &path("public"), "-signature", &path("signature"), &path("data")]);
    let verified = openssl.output().unwrap();
    assert!(verified.status.success(), "openssl: {verified:?}");
}

pub fn ders(token: &mut dyn Token) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<_> =
        token.certificates().unwrap().into_iter().map(|one| (one.key.0, one.der)).collect();
    all.sort();
    all
}
