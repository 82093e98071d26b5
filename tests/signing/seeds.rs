//! Small files with good signatures that can be judged without a network: the corpus of the
//! mutation run, and the seeds of the fuzz targets.
//!
//! An authority of our own, made by openssl, names no revocation services. Its root, one
//! person and an organisation have P-256 keys, another person an RSA key.

use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use jiff::{SignedDuration, Timestamp};
use vanthu::pki::fetch::{Fetch, HttpFetch};
use vanthu::pki::{Certificate, DigestAlgorithm, Evidence, Purpose, TrustStore, path, tsp};
use vanthu::signing::{Level, SigningJob};

use super::support::*;

pub struct Corpus {
    pub trust: TrustStore,
    pub files: Vec<(&'static str, Vec<u8>)>,
    folder: tempfile::TempDir,
}

impl Corpus {
    pub fn file(&self, name: &str) -> &[u8] {
        &self.files.iter().find(|(found, _)| *found == name).expect("a file of the corpus").1
    }

    pub fn signer(&self, name: &str) -> Signer {
        let read = |name: &str| {
            let der = std::fs::read(self.folder.path().join(format!("{name}.der"))).unwrap();
            Certificate::from_der(&der).unwrap()
        };
        let p12 = self.folder.path().join(format!("{name}.p12"));
        Signer::open(p12, read(name), vec![read("root")])
    }

    /// Where `NAME.key` and `NAME.pem` of root and signers are.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Made once for all tests.
pub fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let folder = tempfile::tempdir().unwrap();
        authority(folder.path());
        let root = std::fs::read(folder.path().join("root.der")).unwrap();
        let mut trust = TrustStore::empty();
        trust.add(Certificate::from_der(&root).unwrap());
        let mut corpus = Corpus { trust, files: Vec::new(), folder };
        let (mut rsa, mut ec) = (corpus.signer("rsa"), corpus.signer("ec"));
        let table = rsa.sign_plainly(&letter());
        let stream = ec.sign_plainly(&letter_compressed());
        let first = rsa.sign_plainly(&letter());
        let two = rsa.sign_plainly(&ec.sign_plainly(&letter()));
        let five = (0..5).fold(letter_compressed(), |bytes, _| ec.sign_plainly(&bytes));
        corpus.files = vec![
            ("table", table),
            ("stream", stream),
            ("two", two),
            ("five", five),
            ("elliptic", ec.sign_plainly(&letter())),
            ("form", ec.sign_plainly(&super::forms::form())),
            ("kept", ec.sign_plainly(&super::stores::keeping(&first, &root))),
        ];
        let theirs = pyhanko_signs(&corpus);
        corpus.files.extend(theirs);
        corpus
    })
}

/// `root`, `rsa` and `ec`: key, certificate and PKCS#12 file.
fn authority(folder: &Path) {
    let run = |line: &str| {
        let output = Command::new("openssl").args(line.split(' ')).current_dir(folder).output();
        let output = output.expect("openssl");
        assert!(output.status.success(), "{line}: {}", printed(&output));
    };
    std::fs::write(
        folder.join("extensions"),
        "[leaf]\nkeyUsage=critical,digitalSignature,nonRepudiation\nbasicConstraints=CA:FALSE\n",
    )
    .unwrap();
    run("ecparam -name prime256v1 -genkey -noout -out root.key");
    run("req -new -x509 -key root.key -out root.pem -subj /CN=Test-root -days 7000 -sha256");
    run("x509 -in root.pem -outform DER -out root.der");
    run("ecparam -name prime256v1 -genkey -noout -out ec.key");
    run("ecparam -name prime256v1 -genkey -noout -out org.key");
    run("genrsa -out rsa.key 2048");
    for (name, owner) in [("ec", "CCCD:001"), ("rsa", "CCCD:002"), ("org", "MST:003")] {
        let subject = format!("/C=VN/UID={owner}/CN=Test-{name}");
        run(&format!("req -new -key {name}.key -out {name}.request -subj {subject}"));
        run(&format!(
            "x509 -req -in {name}.request -CA root.pem -CAkey root.key -CAcreateserial \
             -days 6000 -sha256 -extfile extensions -extensions leaf -out {name}.pem"
        ));
        run(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
        run(&format!(
            "pkcs12 -export -inkey {name}.key -in {name}.pem -passout pass:test -out {name}.p12"
        ));
    }
}

/// The same letter, signed by pyHanko: PAdES and the older form, RSA and P-256, twice, and
/// certified.
fn pyhanko_signs(corpus: &Corpus) -> Vec<(&'static str, Vec<u8>)> {
    const SCRIPT: &str = "
import sys
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
folder = sys.argv[1]
def signer(name):
    return signers.SimpleSigner.load(f'{folder}/{name}.key', f'{folder}/{name}.pem')
def sign(source, target, name, field, pades=True, permit=None):
    with open(f'{folder}/{source}.pdf', 'rb') as file, open(f'{folder}/{target}.pdf', 'wb') as out:
        metadata = signers.PdfSignatureMetadata(
            field_name=field, md_algorithm='sha256', certify=permit is not None,
            docmdp_permissions=permit or MDPPerm.FILL_FORMS,
            subfilter=SigSeedSubFilter.PADES if pades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED)
        signers.sign_pdf(IncrementalPdfFileWriter(file), metadata, signer(name), output=out)
sign('letter', 'py-rsa', 'rsa', 'One')
sign('letter', 'py-older', 'ec', 'One', pades=False)
sign('compressed', 'py-ec', 'ec', 'One')
sign('py-rsa', 'py-two', 'ec', 'Two')
sign('letter', 'certified', 'ec', 'One', permit=MDPPerm.FILL_FORMS)
sign('form', 'form-closed', 'ec', 'One', permit=MDPPerm.NO_CHANGES)
sign('form', 'form-fill', 'ec', 'One', permit=MDPPerm.FILL_FORMS)
sign('form', 'form-annotate', 'ec', 'One', permit=MDPPerm.ANNOTATE)
";
    let folder = corpus.folder.path();
    std::fs::write(folder.join("letter.pdf"), letter()).unwrap();
    std::fs::write(folder.join("compressed.pdf"), letter_compressed()).unwrap();
    std::fs::write(folder.join("form.pdf"), super::forms::form()).unwrap();
    let output = python().args(["-c", SCRIPT]).arg(folder).output().expect("Python");
    assert!(output.status.success(), "{}", printed(&output));
    let read = |name| (name, std::fs::read(folder.join(format!("{name}.pdf"))).unwrap());
    let all = ["py-rsa", "py-older", "py-ec", "py-two", "certified"];
    all.into_iter().chain(["form-closed", "form-fill", "form-annotate"]).map(read).collect()
}

/// Writes the seeds of the fuzz targets anew, with other keys; done by hand:
/// `cargo test --test signing seeds_are_written -- --ignored`.
#[test]
#[ignore = "changes files of the project"]
fn seeds_are_written() {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/seeds");
    let put = |name: &str, bytes: &[u8]| {
        let file = seeds.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    };
    let corpus = corpus();
    for name in ["table", "stream", "two", "elliptic", "certified"] {
        put(&format!("check/{name}.pdf"), corpus.file(name));
        put(&format!("pdf/{name}.pdf"), corpus.file(name));
    }
    let trust = trust();
    let plain = letter();
    let job = source(&plain);
    let job = SigningJob {
        level: Level::Blta,
        tsa_urls: vec![rig("RIG_TSA_URL")],
        trust: Some(&trust),
        ..SigningJob::new(&job, Timestamp::now())
    };
    let lasting = Signer::new("leader").sign(&job).unwrap().to_bytes().unwrap();
    put("check/lasting.pdf", &lasting);
    put("pdf/letter.pdf", &plain);
    put("pdf/compressed.pdf", &letter_compressed());

    put("certificate/root-ec.der", corpus.signer("ec").chain[0].der());
    for (file, name) in [("root", "root"), ("issuing", "sub"), ("signer", "leader")] {
        put(&format!("certificate/{file}.der"), certificate(name).der());
    }
    for name in ["stranger", "ocsp", "tsa", "org"] {
        put(&format!("certificate/{name}.der"), certificate(name).der());
    }
    put("certificate/org.pem", certificate("org").to_pem().as_bytes());

    let signer = certificate("leader");
    let validate = |evidence: &Evidence, line: Option<&dyn Fetch>| {
        let (now, purpose) = (Timestamp::now(), Purpose::DocumentSigning);
        path::validate(&signer, &[certificate("sub")], &trust, now, purpose, evidence, line)
    };
    let used = validate(&Evidence::default(), Some(&HttpFetch::new())).used;
    for (number, der) in used.ocsps.iter().enumerate() {
        put(&format!("ocsp/{number}.der"), der);
    }
    for name in ["root", "sub"] {
        put(
            &format!("crl/{name}.der"),
            &std::fs::read(rig_file(&format!("crls/{name}.crl"))).unwrap(),
        );
    }
    let content = b"content";
    for digest in [DigestAlgorithm::Sha256, DigestAlgorithm::Sha512] {
        let (imprint, line) = (digest.digest(content), HttpFetch::new());
        let token = tsp::request(&rig("RIG_TSA_URL"), digest, &imprint, &line).unwrap();
        put(&format!("timestamp/{}.der", digest.name()), &token);
        // A whole answer: granted, and the token.
        let answer = [&[0x30, 0x03, 0x02, 0x01, 0x00][..], &token].concat();
        let length = u16::try_from(answer.len()).unwrap().to_be_bytes();
        put(
            &format!("timestamp/answer-{}.der", digest.name()),
            &[&[0x30, 0x82], &length[..], &answer].concat(),
        );
    }
    for (name, bytes) in [
        ("table", corpus.file("table")),
        ("elliptic", corpus.file("elliptic")),
        ("older", corpus.file("py-older")),
    ] {
        let value = source(bytes).signature_fields().unwrap().remove(0).value.unwrap();
        put(&format!("cms/{name}.der"), &value.contents.unwrap());
    }
    for name in ["new", "recall", "status-02", "status-03"] {
        let file =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/axis/{name}.edxml"));
        put(&format!("edxml/{name}.edxml"), &std::fs::read(file).unwrap());
    }
    put("apdu/piv", &recorded_card(&certificate("leader")));
    let soon = Timestamp::now() + SignedDuration::from_mins(1);
    put("made-at", format!("{}\n", soon.strftime("%Y-%m-%dT%H:%M:%SZ")).as_bytes());
}

/// A card with one certificate, as `pcsc::replay` reads it: extended length, so that each
/// object comes in one answer.
fn recorded_card(certificate: &Certificate) -> Vec<u8> {
    fn tlv(tag: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[tag, 0x82][..], &length, value].concat()
    }
    let object = [tlv(0x70, certificate.der()), vec![0x71, 0x01, 0x00, 0xFE, 0x00]].concat();
    let answers: [&[u8]; 5] = [
        // The application, a discovery object, no key history, the certificate of 9C.
        &[0x61, 0x06, 0x4F, 0x04, 0x00, 0x00, 0x10, 0x00],
        &[0x7E, 0x05, 0x5F, 0x2F, 0x02, 0x40, 0x00],
        &[0x53, 0x03, 0xC1, 0x01, 0x00],
        &tlv(0x53, &object),
        &[],
    ];
    let mut recording = vec![2, 0];
    for answer in answers {
        let whole = [answer, &[0x90, 0x00]].concat();
        recording.extend(u16::try_from(whole.len()).unwrap().to_be_bytes());
        recording.extend(whole);
    }
    for _ in 0..4 {
        recording.extend([0, 2, 0x6A, 0x82]);
    }
    recording
}
