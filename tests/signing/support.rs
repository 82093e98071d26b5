//! What the tests of signing share: documents, signers of the rig, other programs.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::{Arc, LazyLock};

use jiff::Timestamp;
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::{Source, Update};
use vanthu::pki::fetch::{CachedFetch, Fetch, HttpFetch};
use vanthu::pki::{Certificate, PkiError, TrustStore};
use vanthu::signing::check::FirstPage;
use vanthu::signing::{CheckOptions, Report, Signed, SigningError, SigningJob, check, sign};
use vanthu::token::{KeyRef, Pin, Selector, Token, open};

/// A setting of the test rig.
pub fn rig(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!("{name} is not set: start the rig (tests/rig/start-rig) and source its env file")
    })
}

pub fn rig_file(path: &str) -> PathBuf {
    Path::new(&rig("RIG_PKI")).join(path)
}

pub fn certificate(name: &str) -> Certificate {
    let bytes = std::fs::read(rig_file(&format!("certs/{name}.der"))).expect("a certificate");
    Certificate::from_der(&bytes).expect("a certificate of the rig")
}

pub static LINE: LazyLock<CachedFetch<HttpFetch>> =
    LazyLock::new(|| CachedFetch::new(HttpFetch::new()));

/// The rig's root; its subordinate authority comes along in signatures.
pub fn trust() -> TrustStore {
    let mut trust = TrustStore::empty();
    trust.add(certificate("root"));
    trust
}

/// A signer of the rig, from its PKCS#12 file.
pub struct Signer {
    pub token: Box<dyn Token>,
    pub key: KeyRef,
    pub certificate: Certificate,
    pub chain: Vec<Certificate>,
}

impl Signer {
    pub fn new(name: &str) -> Self {
        let chain = match name {
            "stranger" => vec![certificate("stranger-root")],
            _ => vec![certificate("sub"), certificate("root")],
        };
        Self::open(rig_file(&format!("p12/{name}.p12")), certificate(name), chain)
    }

    /// From a PKCS#12 file with the rig's password.
    pub fn open(path: PathBuf, certificate: Certificate, chain: Vec<Certificate>) -> Self {
        let mut token = open(&Selector::File { path }).expect("a PKCS#12 file");
        token.login(&Pin::new("test")).expect("its password");
        let key = token.certificates().expect("its certificates").remove(0).key;
        Self { token, key, certificate, chain }
    }

    pub fn sign(&mut self, job: &SigningJob<'_>) -> Result<Signed, SigningError> {
        self.sign_over(job, &*LINE)
    }

    /// With a line of its own.
    pub fn sign_over(
        &mut self,
        job: &SigningJob<'_>,
        line: &dyn Fetch,
    ) -> Result<Signed, SigningError> {
        sign(job, &mut *self.token, &self.key, &self.certificate, &self.chain, line)
    }

    /// An invisible B-B signature.
    pub fn sign_plainly(&mut self, bytes: &[u8]) -> Vec<u8> {
        let source = source(bytes);
        self.sign(&SigningJob::new(&source, Timestamp::now()))
            .expect("a signature")
            .to_bytes()
            .unwrap()
    }
}

pub fn source(bytes: &[u8]) -> Source {
    Source::parse(Arc::from(bytes)).expect("a PDF file")
}

/// Checked with the rig's services.
pub fn checked(bytes: &[u8]) -> Report {
    let trust = trust();
    let options = CheckOptions { trust: &trust, at: None, online: Some(&*LINE) };
    check(Arc::from(bytes), &options).expect("a readable file")
}

/// Checked without a line.
pub fn checked_offline(bytes: &[u8]) -> Report {
    let trust = trust();
    let options = CheckOptions { trust: &trust, at: None, online: None };
    check(Arc::from(bytes), &options).expect("a readable file")
}

/// What the first page says of number and date.
pub fn first_page(bytes: &[u8]) -> FirstPage {
    let source = source(bytes);
    let renderer = Renderer::start().expect("pdfium (packaging/fetch-pdfium)");
    FirstPage::read(&source, &renderer.open_source(&source).expect("a file to be drawn"))
}

/// The codes of the first signature's reasons.
pub fn reasons(report: &Report) -> Vec<&'static str> {
    report.signatures[0].reasons.iter().map(|reason| reason.code()).collect()
}

/// Appends an update to a file, as any program could.
pub fn append(bytes: &[u8], change: impl FnOnce(&mut Update<'_>, &Source)) -> Vec<u8> {
    let source = source(bytes);
    let mut update = Update::new(&source).expect("a file that can be extended");
    change(&mut update, &source);
    [bytes, &update.write().expect("an update").appended].concat()
}

/// A file with a classic cross-reference table from the bodies of its objects; the first is
/// the catalog.
pub fn classic(objects: &[String], trailer: &str) -> Vec<u8> {
    let mut text = String::from("%PDF-1.7\n%\u{e2}\u{e3}\n");
    let mut table = String::from("0000000000 65535 f \n");
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", text.len());
        text += &format!("{} 0 obj\n{object}\nendobj\n", index + 1);
    }
    let (at, size) = (text.len(), objects.len() + 1);
    text += &format!("xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R{trailer}>>\n");
    text += &format!("startxref\n{at}\n%%EOF\n");
    text.into_bytes()
}

pub const XMP: &str = "<?xpacket begin='' id='W5M0MpCehiHzreSzNTczkc9d'?>\
    <x:xmpmeta xmlns:x='adobe:ns:meta/'>\
    <rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/></x:xmpmeta>\
    <?xpacket end='w'?>";

/// Two pages with text; object 3 and 4 are the pages, 5 their content, 6 the font, 7
/// metadata.
pub fn letter() -> Vec<u8> {
    letter_with("", "", "")
}

/// The letter with `old` replaced by `new` in its objects, and something in its trailer.
pub fn letter_with(old: &str, new: &str, trailer: &str) -> Vec<u8> {
    let content = "BT /F1 24 Tf 72 700 Td (Cong hoa) Tj ET";
    let objects = [
        "<</Type/Catalog/Pages 2 0 R/Metadata 7 0 R>>",
        "<</Type/Pages/Kids[3 0 R 4 0 R]/Count 2/MediaBox[0 0 595.28 841.89]>>",
        "<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources<</Font<</F1 6 0 R>>>>>>",
        "<</Type/Page/Parent 2 0 R/Contents 5 0 R/Resources<</Font<</F1 6 0 R>>>>\
         /Rotate 90/CropBox[50 50 500 800]>>",
        &format!("<</Length {}>>\nstream\n{content}\nendstream", content.len()),
        "<</Type/Font/Subtype/Type1/BaseFont/Times-Roman>>",
        &format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{XMP}\nendstream", XMP.len()),
    ]
    .map(|object| if old.is_empty() { object.to_owned() } else { object.replace(old, new) });
    classic(&objects, trailer)
}

/// The same document with object streams and a cross-reference stream.
pub fn letter_compressed() -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(&letter()).expect("a PDF file");
    let mut bytes = Vec::new();
    document.save_modern(&mut bytes).expect("memory");
    bytes
}

/// A time-stamp service of one's own, for a month, under a root of its own.
pub struct Brief {
    folder: tempfile::TempDir,
}

impl Brief {
    pub const URL: &str = "http://brief.test/tsa";

    pub fn new() -> Self {
        Self::lasting(30, "")
    }

    /// Whose certificate ends after so many days, with these lines among its extensions.
    pub fn lasting(days: i32, extensions: &str) -> Self {
        let brief = Self { folder: tempfile::tempdir().unwrap() };
        brief.write(
            "conf",
            &format!(
                "[req]\ndistinguished_name=dn\n[dn]\n\
             [ca]\nbasicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n\
             [tsa]\nkeyUsage=critical,digitalSignature\n\
             extendedKeyUsage=critical,timeStamping\n{extensions}\n\
             [tsa1]\nserial=serial\nsigner_digest=sha256\ndefault_policy=1.2.3.4\n\
             digests=sha256,sha384,sha512\ness_cert_id_alg=sha256\n"
            ),
        );
        brief.write("serial", "01\n");
        brief.run("req -x509 -newkey rsa:2048 -nodes -keyout ca.key -subj /CN=Brief -days 30 -config conf -extensions ca -out ca.pem");
        brief.run("req -new -newkey rsa:2048 -nodes -keyout tsa.key -subj /CN=Stamps -config conf -out tsa.csr");
        brief.run(&format!("x509 -req -in tsa.csr -CA ca.pem -CAkey ca.key -set_serial 7 -days {days} -extfile conf -extensions tsa -out tsa.pem"));
        brief
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    fn run(&self, line: &str) {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(line.split(' ')).current_dir(&self.folder).output().unwrap();
        assert!(output.status.success(), "{line}: {}", printed(&output));
    }

    pub fn trust(&self) -> TrustStore {
        let mut both = trust();
        let root = std::fs::read(self.folder.path().join("ca.pem")).unwrap();
        both.add(Certificate::from_pem_or_der(&root).unwrap().remove(0));
        both
    }
}

impl Fetch for Brief {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        LINE.get(url)
    }

    fn post(&self, url: &str, kind: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        if url != Self::URL {
            return LINE.post(url, kind, body);
        }
        std::fs::write(self.folder.path().join("query"), body).unwrap();
        self.run("ts -reply -config conf -section tsa1 -queryfile query -signer tsa.pem -inkey tsa.key -out answer");
        Ok(std::fs::read(self.folder.path().join("answer")).unwrap())
    }
}

/// The Python environment with pyHanko, made if it is not there.
static PEER: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyhanko-venv");
    let output = Command::new(script).output().expect("tests/pyhanko-venv");
    assert!(output.status.success(), "no pyHanko from PyPI: {}", printed(&output));
    let folder = std::env::var("VANTHU_PYVENV").unwrap_or_else(|_| {
        let cache = std::env::var("XDG_CACHE_HOME")
            .unwrap_or_else(|_| std::env::var("HOME").expect("a home folder") + "/.cache");
        cache + "/vanthu/pyvenv"
    });
    PathBuf::from(folder).join("bin")
});

/// pyHanko on the command line.
pub fn pyhanko(arguments: &[&str]) -> Output {
    Command::new(PEER.join("pyhanko")).args(arguments).output().expect("pyHanko")
}

/// The Python that has pyHanko.
pub fn python() -> Command {
    Command::new(PEER.join("python"))
}

/// What a program printed, both ways.
pub fn printed(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}
