//! Verifying and signing, beside the floor: one SHA-256 pass over as many bytes, and the raw
//! operations with the keys. Nothing that verifies or signs can take less.
//!
//! Ours opens the file from the disk as `vanthuctl` does; the floor hashes what the processor
//! has at hand in its cache, so that not even fetching the bytes from memory counts.
//! The key is a demonstration key in a file, so that no card decides the result.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_lc_rs::digest::{Context, Digest, SHA256, digest};
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use jiff::Timestamp;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::structure::Source;
use vanthu::pki::fetch::HttpFetch;
use vanthu::pki::{Certificate, DigestAlgorithm, SignatureScheme, TrustStore, demo};
use vanthu::signing::{CheckOptions, Covers, SigningJob, check_source, sign};
use vanthu::token::{self, KeyRef, Pin, Selector, Token};

use super::measure::{Time, in_turns};

/// Bytes of the files: a letter, a letter with pictures, a scanned file.
pub const SIZES: [usize; 3] = [100_000, 10_000_000, 100_000_000];
/// Of the key's file.
pub const PASSWORD: &str = "bench";
/// Public-key operations that verifying takes: the signature, the signer's certificate and
/// the authority's.
const OPERATIONS: usize = 3;

/// One line of the result.
pub struct Row {
    /// `verify` or `sign`.
    pub work: &'static str,
    pub size: usize,
    pub ours: Time,
    pub floor: Time,
}

impl Row {
    pub fn ratio(&self) -> f64 {
        self.ours.median / self.floor.median
    }
}

/// The files, in a folder: `SIZE.pdf`, `SIZE.signed.pdf`, `key.p12` and `root.pem`.
pub struct Setting {
    folder: PathBuf,
    token: Box<dyn Token>,
    key: KeyRef,
    certificate: Certificate,
    chain: Vec<Certificate>,
    trust: TrustStore,
}

impl Setting {
    /// Makes key and files.
    pub fn make(folder: &Path) -> Result<Self, Problem> {
        let authority = demo::Authority::create(Timestamp::now())?;
        let subject =
            demo::Subject { common_name: "Nguyễn Văn Mẫu".to_owned(), ..Default::default() };
        let issued = authority.issue(&subject)?;
        let path = folder.join("key.p12");
        put(&path, &issued.to_pkcs12("key", PASSWORD)?)?;
        put(&folder.join("root.pem"), authority.root().to_pem().as_bytes())?;
        let mut token = token::open(&Selector::File { path })?;
        token.login(&Pin::new(PASSWORD))?;
        let key = token.certificates()?.into_iter().next().map(|found| found.key);
        let key = key.ok_or_else(|| wrong("the key's file holds no key"))?;
        let mut trust = TrustStore::empty();
        trust.add(authority.root().clone());
        let (certificate, chain) = (issued.certificate, issued.chain);
        let folder = folder.to_owned();
        let mut setting = Self { folder, token, key, certificate, chain, trust };
        for size in SIZES {
            put(&setting.unsigned(size), &document(size))?;
            let signed = setting.sign(size)?;
            let path = setting.signed(size);
            let mut file = File::create(&path).map_err(|error| unwritable(&path, &error))?;
            signed.write_to(&mut file).map_err(|error| unwritable(&path, &error))?;
        }
        Ok(setting)
    }

    fn unsigned(&self, size: usize) -> PathBuf {
        self.folder.join(format!("{size}.pdf"))
    }

    fn signed(&self, size: usize) -> PathBuf {
        self.folder.join(format!("{size}.signed.pdf"))
    }

    /// Measures everything; `budget` for each line.
    pub fn measure(&mut self, budget: Duration) -> Result<Vec<Row>, Problem> {
        let mut rows = Vec::new();
        for size in SIZES {
            let raw = Raw::new(self)?;
            let times =
                in_turns(budget, &mut [&mut || self.verify(size), &mut || raw.verify(size)])?;
            rows.extend(row("verify", size, &times));
            let this = std::cell::RefCell::new(&mut *self);
            let times = in_turns(
                budget,
                &mut [&mut || this.borrow_mut().sign(size).map(|_| ()), &mut || {
                    this.borrow_mut().sign_raw(size)
                }],
            )?;
            rows.extend(row("sign", size, &times));
        }
        Ok(rows)
    }

    fn sign(&mut self, size: usize) -> Result<vanthu::signing::Signed, Problem> {
        let source = Source::open(&self.unsigned(size))?;
        let job = SigningJob::new(&source, Timestamp::now());
        let line = HttpFetch::new();
        Ok(sign(&job, &mut *self.token, &self.key, &self.certificate, &self.chain, &line)?)
    }

    fn sign_raw(&mut self, size: usize) -> Result<(), Problem> {
        let hash = pass(size);
        let (scheme, algorithm) = (SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha256);
        self.token.sign_digest(&self.key, scheme, algorithm, hash.as_ref())?;
        Ok(())
    }

    fn verify(&self, size: usize) -> Result<(), Problem> {
        let source = Source::open(&self.signed(size))?;
        let options = CheckOptions { trust: &self.trust, at: None, online: None };
        let report = check_source(&source, &options)?;
        // Something that fails early would be quick and worth nothing.
        let good = report.verdict != Verdict::Invalid
            && report.signatures.iter().all(|one| one.covers == Covers::WholeDocument)
            && report.signatures.len() == 1;
        if good { Ok(()) } else { Err(wrong("the signature was not found good")) }
    }
}

/// What no verifier can do without.
struct Raw {
    key: Vec<u8>,
    signature: Vec<u8>,
}

impl Raw {
    const MESSAGE: &'static [u8] = b"what is signed: the digest, with its attributes";

    fn new(setting: &mut Setting) -> Result<Self, Problem> {
        let hash = digest(&SHA256, Self::MESSAGE);
        let (scheme, algorithm) = (SignatureScheme::RsaPkcs1, DigestAlgorithm::Sha256);
        let signature =
            setting.token.sign_digest(&setting.key, scheme, algorithm, hash.as_ref())?;
        let parsed = x509_parser::parse_x509_certificate(setting.certificate.der());
        let (_, parsed) = parsed.map_err(wrong)?;
        let key = parsed.public_key().subject_public_key.data.to_vec();
        Ok(Self { key, signature })
    }

    fn verify(&self, size: usize) -> Result<(), Problem> {
        std::hint::black_box(pass(size));
        for _ in 0..OPERATIONS {
            let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &self.key);
            key.verify(Self::MESSAGE, &self.signature).map_err(wrong)?;
        }
        Ok(())
    }
}

/// SHA-256 over `size` bytes that lie in the cache.
fn pass(size: usize) -> Digest {
    static BYTES: [u8; 64 << 10] = [b'v'; 64 << 10];
    let mut context = Context::new(&SHA256);
    for start in (0..size).step_by(BYTES.len()) {
        context.update(BYTES.get(..BYTES.len().min(size - start)).unwrap_or_default());
    }
    context.finish()
}

fn row(work: &'static str, size: usize, times: &[Time]) -> Option<Row> {
    let [ours, floor] = times else { return None };
    Some(Row { work, size, ours: *ours, floor: *floor })
}

/// A page with a picture that no filter makes smaller, `size` bytes in all but a few.
fn document(size: usize) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut places = Vec::new();
    let mut object = |body: &[u8]| {
        places.push(bytes.len());
        bytes.extend_from_slice(format!("{} 0 obj\n", places.len()).as_bytes());
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(b"\nendobj\n");
    };
    object(b"<</Type/Catalog/Pages 2 0 R>>");
    object(b"<</Type/Pages/Kids[3 0 R]/Count 1/MediaBox[0 0 595 842]>>");
    object(b"<</Type/Page/Parent 2 0 R/Resources<</XObject<</I 4 0 R>>>>>>");
    let noise = size.saturating_sub(800);
    let mut picture = format!(
        "<</Type/XObject/Subtype/Image/Width 1000/Height {}/BitsPerComponent 8\
         /ColorSpace/DeviceGray/Length {noise}>>\nstream\n",
        noise / 1000
    )
    .into_bytes();
    // Marsaglia's xorshift64: no two files of one size differ.
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    picture.extend((0..noise).map(|_| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u8
    }));
    picture.extend_from_slice(b"\nendstream");
    object(&picture);
    let at = bytes.len();
    let count = places.len() + 1;
    let mut table = format!("xref\n0 {count}\n0000000000 65535 f \n");
    for place in places {
        table.push_str(&format!("{place:010} 00000 n \n"));
    }
    table.push_str(&format!("trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n"));
    bytes.extend_from_slice(table.as_bytes());
    bytes
}

fn put(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    let written = File::create(path).and_then(|mut file| file.write_all(bytes));
    written.map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new("ctl-file-unwritable", Kind::Unavailable, Blame::Environment)
        .with("file", path.display())
        .because(error)
}

fn wrong(cause: impl std::fmt::Display) -> Problem {
    Problem::new("ctl-bench-failed", Kind::No, Blame::Environment).because(cause)
}
