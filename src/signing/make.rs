//! Making a PAdES signature (ETSI EN 319 142-1): the office's hand on a document.
//!
//! The steps are always the same. The certificate is looked at first, for nobody may sign
//! with one that is not valid (Nghị định 23/2025/NĐ-CP Điều 15). Then the new revision is
//! laid out in memory with a hole for the signature value, everything around the hole is
//! hashed in one pass, the token signs, the answer is verified, a time stamp is fetched if
//! one is wanted, and the hole is filled. Nothing is written anywhere until all of it
//! succeeded; what comes back is the old file, untouched, and the bytes to append to it.

mod evidence;
mod lasting;
mod open;
mod palette;
mod revision;
mod services;

use std::io::{Seek, Write};

use aws_lc_rs::digest::Context;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use lopdf::{Dictionary, Object, StringFormat};

use super::SigningError;
use crate::pdf::appearance::{Appearance, Stamp};
use crate::pdf::blanks::Opening;
use crate::pdf::structure::{Reader, Source};
use crate::pdf::{PdfError, Rect};
use crate::pki::cms::{self, SignedData, SignerParams};
use crate::pki::fetch::Fetch;
use crate::pki::path::{self, Purpose};
use crate::pki::{Certificate, DigestAlgorithm, Evidence, PkiError, SignatureScheme, TrustStore};
use crate::rules::algorithms::Algorithms;
use crate::token::{KeyRef, Token};
use revision::{Reserved, Wording};

pub use crate::domain::verdict::Level;
pub use lasting::{
    extend, extend_copy, left_in_copy, own_in_copy, reached, reached_in_copy, renew_before,
    still_awaited,
};
pub use open::field_name;
pub use services::{FailedService, Services};

/// What a reader sees of a signature.
#[derive(Debug, Clone, Default)]
pub enum Look {
    #[default]
    Invisible,
    Visible {
        /// Counted from 1.
        page: u32,
        /// In the page's user space; see
        /// [`PageGeometry::to_user_space`](crate::pdf::structure::PageGeometry::to_user_space).
        rect: Rect,
        /// Its size and rotation are taken from the place.
        appearance: Appearance,
    },
}

/// Texts to write onto one page before it is signed: number and date.
#[derive(Debug, Clone)]
pub struct PageStamps {
    /// Counted from 1.
    pub page: u32,
    pub stamps: Vec<Stamp>,
}

/// One signature to be made.
#[derive(Debug, Clone)]
pub struct SigningJob<'a> {
    pub source: &'a Source,
    /// An empty signature field of the document, or the name of a new one; `None` names it.
    pub field: Option<String>,
    pub look: Look,
    /// Refused where an earlier signature would be broken by them.
    pub stamps: Vec<PageStamps>,
    /// Blanks of the first page that become form fields, to be filled with the next
    /// signature; refused where there is an earlier one.
    pub keep_open: Vec<Opening>,
    /// What is written into the fields that an earlier signature kept open.
    pub fill: Vec<Opening>,
    pub reason: Option<String>,
    pub location: Option<String>,
    /// The signer, for programs that do not read certificates.
    pub name: Option<String>,
    pub digest: DigestAlgorithm,
    /// `None`: what suits the certificate's key.
    pub scheme: Option<SignatureScheme>,
    /// The profile's; what it refuses for new signatures is not made.
    pub algorithms: &'a Algorithms,
    pub level: Level,
    /// Where no time-stamp service gives a stamp within a few seconds, B-B is good for now; what
    /// was reached says [`Signed::level`].
    pub or_lower: bool,
    /// Time-stamp services, asked in this order until one gives a stamp that will be accepted.
    pub tsa_urls: Vec<String>,
    /// By whose roots their stamps are judged; where it is not given, by `trust`. Without any,
    /// a stamp need only be an answer to the question.
    pub tsa_trust: Option<&'a TrustStore>,
    /// Where it is given, a certificate that is revoked is refused; levels from B-LT need it.
    pub trust: Option<&'a TrustStore>,
    /// Now: written into the document in Việt Nam's time, and the time at which the
    /// certificate must be valid.
    pub signing_time: Timestamp,
}

impl<'a> SigningJob<'a> {
    /// An invisible B-B signature with SHA-256, by the algorithms of today's law.
    pub fn new(source: &'a Source, signing_time: Timestamp) -> Self {
        Self {
            source,
            field: None,
            look: Look::Invisible,
            stamps: Vec::new(),
            keep_open: Vec::new(),
            fill: Vec::new(),
            reason: None,
            location: None,
            name: None,
            digest: DigestAlgorithm::Sha256,
            scheme: None,
            algorithms: Algorithms::current(),
            level: Level::Bb,
            or_lower: false,
            tsa_urls: Vec::new(),
            tsa_trust: None,
            trust: None,
            signing_time,
        }
    }
}

/// A signed document: the old bytes and what follows them.
#[derive(Debug, Clone)]
pub struct Signed {
    original: Reader,
    appended: Vec<u8>,
    /// The name of the signed field.
    pub field: String,
    pub level: Level,
    /// Time-stamp services that were asked in vain before another gave a stamp.
    pub failed: Vec<FailedService>,
}

impl Signed {
    /// What was appended.
    pub fn appended(&self) -> &[u8] {
        &self.appended
    }

    /// How many bytes the whole file has.
    pub fn size(&self) -> usize {
        self.original.size() + self.appended.len()
    }

    /// The whole file in one piece.
    ///
    /// # Errors
    /// As [`Self::write_to`].
    pub fn to_bytes(&self) -> Result<Vec<u8>, SigningError> {
        let mut bytes = Vec::with_capacity(self.size());
        self.write_to(&mut bytes).map_err(|error| PdfError::Unreadable(error.to_string()))?;
        Ok(bytes)
    }

    /// Writes the whole file without building it in memory.
    ///
    /// # Errors
    /// Also when the original was changed on the disk since it was signed.
    pub fn write_to(&self, out: &mut impl Write) -> std::io::Result<()> {
        let mut original = self.original.clone();
        original.rewind()?;
        std::io::copy(&mut original, out)?;
        original.intact()?;
        out.write_all(&self.appended)
    }
}

/// Signs `job` with the key `key` of `token`, whose certificate is `certificate`.
///
/// `chain` are the authorities above it, to be embedded. `fetch` is the line to time-stamp
/// services.
///
/// # Errors
/// [`SigningError`]; in every case nothing was changed anywhere.
pub fn sign(
    job: &SigningJob<'_>,
    token: &mut dyn Token,
    key: &KeyRef,
    certificate: &Certificate,
    chain: &[Certificate],
    fetch: &dyn Fetch,
) -> Result<Signed, SigningError> {
    sign_to(job, token, key, certificate, chain, fetch, &mut std::io::sink())
}

/// Signs, and writes the signed file to `copy` while the original is hashed, so that a large
/// file is read only once, and what is written is what is signed.
///
/// # Errors
/// As [`sign`], and [`SigningError::Unwritable`]; what `copy` got until then is no document
/// and is to be thrown away.
pub fn sign_to(
    job: &SigningJob<'_>,
    token: &mut dyn Token,
    key: &KeyRef,
    certificate: &Certificate,
    chain: &[Certificate],
    fetch: &dyn Fetch,
    copy: &mut dyn Write,
) -> Result<Signed, SigningError> {
    look_at(certificate, chain, job.signing_time)?;
    let params = params(job, certificate, chain)?;
    let services = Services { tsa_urls: &job.tsa_urls, fetch };
    if job.level >= Level::Bt && job.tsa_urls.is_empty() {
        return Err(SigningError::NoTimestampService);
    }
    // Asked before the token: a PIN is not typed in vain.
    let lasting = match (job.level >= Level::Blt, job.trust) {
        (true, None) => return Err(SigningError::NoTrust),
        (true, trust) => trust,
        (false, _) => None,
    };
    if let Some(trust) = job.trust {
        not_revoked(certificate, chain, trust, job.signing_time, fetch)?;
    }
    let wording = Wording { kind: "Sig", sub_filter: "ETSI.CAdES.detached", entries: entries(job) };
    let room = cms::estimate_size(&params, job.level >= Level::Bt);
    let reserved = revision::reserve(job, &wording, room)?;
    let original = hash_original(job, copy)?;
    let content = digest_around(original.clone(), &reserved);

    let prepared = cms::prepare(&content, &params, job.algorithms)?;
    let to_be_signed = prepared.to_be_signed_digest();
    let answer = token.sign_digest(key, params.scheme, job.digest, &to_be_signed)?;
    let mut signature = prepared.finish(&answer).map_err(|error| match error {
        PkiError::WrongSignature => SigningError::TokenLied,
        other => other.into(),
    })?;
    let (mut level, mut failed) = (job.level, Vec::new());
    if level >= Level::Bt {
        let imprint = job.digest.digest(signature.signature());
        let trust = job.tsa_trust.or(job.trust);
        let stamp = if job.or_lower {
            services.timestamp_soon(job.digest, &imprint, trust, &mut failed)
        } else {
            services.timestamp(job.digest, &imprint, trust, &mut failed).map(Some)
        };
        match stamp? {
            Some(stamp) => signature = signature.with_timestamp(&stamp)?,
            None => level = Level::Bb,
        }
    }
    let der = signature.to_der();
    let mut reserved = reserved;
    fill(&mut reserved, &der)?;

    // What is handed out was read back and verified, as the receiver will do.
    let written = SignedData::parse(&read_back(&reserved)?)?;
    written.verify(&digest_around(original, &reserved))?;

    let mut signed = Signed {
        original: job.source.reader(),
        appended: reserved.appended,
        field: reserved.field,
        level,
        failed,
    };
    if let Some(trust) = lasting.filter(|_| level >= Level::Blt) {
        let now = job.source.with_appended(&signed.appended)?;
        let extended = lasting::extend(&now, job.level, trust, &services)?;
        signed.appended.extend_from_slice(&extended.appended);
        signed.failed.extend(extended.failed);
    }
    job.source.intact()?;
    copy.write_all(&signed.appended).map_err(unwritable)?;
    Ok(signed)
}

/// Who signs and how, if the profile lets it be so.
fn params(
    job: &SigningJob<'_>,
    certificate: &Certificate,
    chain: &[Certificate],
) -> Result<SignerParams, SigningError> {
    let scheme = job.scheme.or(certificate.key_kind().default_scheme());
    let params = SignerParams {
        certificate: certificate.clone(),
        chain: chain.to_vec(),
        digest: job.digest,
        scheme: scheme.ok_or(SigningError::CertificateUnfit)?,
    };
    cms::check_by(job.algorithms, &params)?;
    Ok(params)
}

/// The hash of the old file, and a copy of it on the way: it is read once.
fn hash_original(job: &SigningJob<'_>, copy: &mut dyn Write) -> Result<Context, SigningError> {
    let mut hash = super::hasher(job.digest);
    let mut copied = Ok(());
    job.source.feed(0..job.source.size(), |piece| {
        hash.update(piece);
        if copied.is_ok() {
            copied = copy.write_all(piece);
        }
    })?;
    copied.map_err(unwritable)?;
    Ok(hash)
}

fn unwritable(error: std::io::Error) -> SigningError {
    SigningError::Unwritable(error.to_string())
}

/// Nghị định 23/2025/NĐ-CP Điều 15: the signer's certificate and those above it are valid,
/// and it is one for signing.
fn look_at(
    certificate: &Certificate,
    chain: &[Certificate],
    now: Timestamp,
) -> Result<(), SigningError> {
    if now > certificate.not_after() {
        return Err(SigningError::CertificateExpired { since: certificate.not_after() });
    }
    if now < certificate.not_before() {
        return Err(SigningError::CertificateNotYetValid { until: certificate.not_before() });
    }
    if !certificate.may_sign_documents() {
        return Err(SigningError::CertificateUnfit);
    }
    if chain.iter().any(|above| !above.is_valid_at(now)) {
        return Err(SigningError::AuthorityExpired);
    }
    Ok(())
}

/// A certificate that is known to be revoked signs nothing. Without a line that is not
/// known, and signing without a line is the normal case.
fn not_revoked(
    certificate: &Certificate,
    chain: &[Certificate],
    trust: &TrustStore,
    now: Timestamp,
    fetch: &dyn Fetch,
) -> Result<(), SigningError> {
    let (purpose, nothing) = (Purpose::DocumentSigning, Evidence::default());
    let path = path::validate(certificate, chain, trust, now, purpose, &nothing, Some(fetch));
    if path.is_revoked() {
        return Err(SigningError::CertificateRevoked);
    }
    Ok(())
}

fn entries(job: &SigningJob<'_>) -> Dictionary {
    let mut entries = Dictionary::new();
    let vietnam = TimeZone::fixed(Offset::constant(7));
    let moment = job.signing_time.to_zoned(vietnam).strftime("D:%Y%m%d%H%M%S+07'00'").to_string();
    entries.set("M", Object::String(moment.into_bytes(), StringFormat::Literal));
    for (key, value) in [("Name", &job.name), ("Reason", &job.reason), ("Location", &job.location)]
    {
        if let Some(value) = value {
            entries.set(key, revision::text(value));
        }
    }
    entries
}

/// The digest of everything around the hole; `original` is the hash of the old file so far,
/// which is read only once.
fn digest_around(mut original: Context, reserved: &Reserved) -> Vec<u8> {
    original.update(reserved.appended.get(..reserved.hole.start).unwrap_or_default());
    original.update(reserved.appended.get(reserved.hole.end..).unwrap_or_default());
    original.finish().as_ref().to_vec()
}

fn fill(reserved: &mut Reserved, der: &[u8]) -> Result<(), SigningError> {
    let hex = hex::encode(der);
    let inside = reserved.hole.start + 1..reserved.hole.end - 1;
    let place = reserved.appended.get_mut(inside).and_then(|room| room.get_mut(..hex.len()));
    let place = place.ok_or(SigningError::DoesNotFit { needed: der.len() })?;
    place.copy_from_slice(hex.as_bytes());
    Ok(())
}

/// What stands in the hole now.
fn read_back(reserved: &Reserved) -> Result<Vec<u8>, SigningError> {
    let inside = reserved.hole.start + 1..reserved.hole.end - 1;
    let written = reserved.appended.get(inside).unwrap_or_default();
    hex::decode(written).map_err(|_| SigningError::DoesNotFit { needed: 0 })
}
