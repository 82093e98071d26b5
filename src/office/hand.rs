//! The hand that signs: opens the token, finds the certificate, signs one PDF.
//!
//! Used for the office's documents and, without an office, by `vanthuctl sign`.

use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::act::SigningAct;
use crate::domain::identity::CertificateLink;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::pdf::blanks::Opening;
use crate::pdf::structure::Source;
use crate::pki::fetch::Fetch;
use crate::pki::{
    Certificate, DigestAlgorithm, Evidence, KeyKind, PkiError, Purpose, SignatureScheme,
    TrustStore, path,
};
use crate::rules::algorithms::Algorithms;
use crate::signing::SigningError;
use crate::signing::make::{self, Level, Look, PageStamps, Signed, SigningJob};
use crate::token::choose;
use crate::token::{self, LastTry, Pin, Selector, Token, TokenCertificate, TokenError, unlock};

/// With what, as what, and how durably to sign.
pub struct Hand<'a> {
    pub token: &'a Selector,
    /// Serial number in hex; `None` takes the certificate that fits.
    pub certificate: Option<&'a str>,
    pub pin: &'a Pin,
    pub last_try: LastTry,
    pub kind: SignatureKind,
    /// The full name that the certificate must be of; `None` where no name is known.
    pub holder: Option<&'a str>,
    pub level: Level,
    /// `None`: what suits the certificate's key.
    pub digest: Option<DigestAlgorithm>,
    /// `None`: what suits the certificate's key.
    pub scheme: Option<SignatureScheme>,
    /// How an RSA key signs where `scheme` does not say.
    pub rsa: Option<SignatureScheme>,
    /// The profile's: what it refuses is refused before the PIN.
    pub algorithms: &'a Algorithms,
    /// Where no time-stamp service answers, a lower level is good for now.
    pub or_lower: bool,
    pub tsa_urls: &'a [String],
    /// Where the authorities above the signer are known.
    pub trust: &'a TrustStore,
    pub fetch: &'a dyn Fetch,
    /// Whose links of certificates count; `None` without an office.
    pub office: Option<&'a Office>,
}

/// A token that has been opened and unlocked, with the certificate to sign with.
pub struct Ready {
    token: Box<dyn Token>,
    key: token::KeyRef,
    pub certificate: Certificate,
    chain: Vec<Certificate>,
}

/// What one signature writes into the file beside itself.
#[derive(Debug, Clone)]
pub struct Work {
    /// Kept in the signature's `/Reason`.
    pub act: SigningAct,
    pub look: Look,
    pub stamps: Vec<PageStamps>,
    /// Blanks that are left to the next signature to fill.
    pub keep_open: Vec<Opening>,
    /// What the earlier signature left open.
    pub fill: Vec<Opening>,
}

impl Work {
    pub const fn new(act: SigningAct, look: Look) -> Self {
        Self { act, look, stamps: Vec::new(), keep_open: Vec::new(), fill: Vec::new() }
    }
}

/// What a signature needs of a token that is ready, beside the token itself.
pub(super) struct Template {
    key: token::KeyRef,
    certificate: Certificate,
    chain: Vec<Certificate>,
}

impl Ready {
    /// A token that has been unlocked elsewhere, for the certificate and the authorities
    /// above it.
    pub fn new(
        token: Box<dyn Token>,
        key: token::KeyRef,
        certificate: Certificate,
        chain: Vec<Certificate>,
    ) -> Self {
        Self { token, key, certificate, chain }
    }

    /// The token, for the call that signs.
    pub fn token(&mut self) -> &mut dyn Token {
        self.token.as_mut()
    }

    /// Takes the token out, so that several may share it in turn.
    pub(super) fn part(self) -> (Box<dyn Token>, Template) {
        let Self { token, key, certificate, chain } = self;
        (token, Template { key, certificate, chain })
    }

    /// Puts it together again around `token`.
    pub(super) fn assemble(token: Box<dyn Token>, rest: &Template) -> Self {
        let Template { key, certificate, chain } = rest;
        Self::new(token, key.clone(), certificate.clone(), chain.clone())
    }
}

impl Hand<'_> {
    /// Opens the token, chooses the certificate, presents the PIN once.
    ///
    /// The certificate comes first: a PIN is not asked of a token that cannot sign, nor with a
    /// certificate that must not: another's, expired, or known to be revoked. The last try of
    /// a PIN is never used unconfirmed.
    pub fn ready(&self, now: Timestamp) -> Result<Ready, Problem> {
        let mut token = token::open(self.token)?;
        // The certificates of a PKCS#12 file are behind its password.
        let file = matches!(self.token, Selector::File { .. });
        if file {
            token.login(self.pin)?;
        }
        let certificates = token.certificates()?;
        let (chosen, certificate) = self.choose(&certificates, now)?;
        let chain = self.chain(&certificate, &certificates, now)?;
        if !file {
            unlock(token.as_mut(), self.pin, self.last_try)?;
        }
        Ok(Ready { token, key: chosen.key, certificate, chain })
    }

    /// Refuses a certificate that is not that of whoever is to sign.
    pub(super) fn must_own(&self, certificate: &Certificate) -> Result<(), Problem> {
        self.belongs(&self.links()?, certificate)?;
        Ok(())
    }

    fn links(&self) -> Result<Vec<CertificateLink>, Problem> {
        match self.office {
            Some(office) => office.certificate_links(),
            None => Ok(Vec::new()),
        }
    }

    /// Which certificate signs: the one that was named, else of those that are the signer's
    /// the one that fits best. What is linked to its owner needs no telling subject.
    fn choose(
        &self,
        certificates: &[TokenCertificate],
        now: Timestamp,
    ) -> Result<(TokenCertificate, Certificate), Problem> {
        let links = self.links()?;
        let unfit = |unfit| Problem::from(TokenError::NoCertificate(unfit));
        let purpose = |linked| if linked { choose::Purpose::Any } else { self.kind.into() };
        if let Some(serial) = self.certificate {
            let chosen = choose::by_serial(certificates, serial)
                .ok_or_else(|| OfficeError::NoCertificate(serial.to_owned()))?;
            let certificate = Certificate::from_der(&chosen.der)?;
            self.is_not_anothers(&links, &certificate)?;
            let own = self.belongs(&links, &certificate);
            let asked = purpose(matches!(own, Ok(true)));
            choose::fits(&certificate, asked, now).map_err(unfit)?;
            own?;
            certificate.key_kind().check_by(self.algorithms)?;
            return Ok((chosen.clone(), certificate));
        }
        for wanted in [true, false] {
            let own: Vec<TokenCertificate> = certificates
                .iter()
                .filter(|one| {
                    Certificate::from_der(&one.der).is_ok_and(|read| {
                        self.belongs(&links, &read) == Ok(wanted)
                            && read.key_kind().check_by(self.algorithms).is_ok()
                    })
                })
                .cloned()
                .collect();
            if let Ok((chosen, certificate)) = choose::choose(&own, purpose(wanted), now) {
                return Ok((chosen.clone(), certificate));
            }
        }
        // The nearest miss tells more than that nothing fits: whose it is above all.
        if let Ok((_, other)) = choose::choose(certificates, choose::Purpose::Any, now) {
            self.is_not_anothers(&links, &other)?;
        }
        let (_, nearest) = choose::choose(certificates, self.kind.into(), now).map_err(unfit)?;
        self.belongs(&links, &nearest)?;
        nearest.key_kind().check_by(self.algorithms)?;
        Err(unfit(choose::Unfit::OtherHolder))
    }

    /// Refuses a certificate that is linked to somebody else.
    fn is_not_anothers(
        &self,
        links: &[CertificateLink],
        certificate: &Certificate,
    ) -> Result<(), OfficeError> {
        match self.office.map(|office| office.permits(links, certificate, self.kind)) {
            None | Some(Ok(_) | Err(OfficeError::CertificateNotLinked { .. })) => Ok(()),
            Some(Err(another)) => Err(another),
        }
    }

    /// Whether the certificate is that of whoever is to sign: by the office's links, and by
    /// the name that the document gives. `Ok(true)` where a link says so.
    fn belongs(
        &self,
        links: &[CertificateLink],
        certificate: &Certificate,
    ) -> Result<bool, OfficeError> {
        let linked = match self.office {
            Some(office) => office.permits(links, certificate, self.kind)?,
            None => false,
        };
        let holder = certificate.subject().label();
        let user = self.office.filter(|_| linked).map(|office| &office.session().display_name);
        match self.holder {
            // A certificate may write its owner's name in its own way; a link knows better.
            Some(signer)
                if !names(&holder, signer) && !user.is_some_and(|user| names(user, signer)) =>
            {
                Err(OfficeError::OtherSigner { signer: signer.to_owned(), holder })
            }
            _ => Ok(linked),
        }
    }

    /// The authorities above the signer, as far as they are known. Refuses a certificate
    /// that is known to be revoked; with the line down that is not known, and signing
    /// without a line is the normal case.
    fn chain(
        &self,
        certificate: &Certificate,
        others: &[TokenCertificate],
        now: Timestamp,
    ) -> Result<Vec<Certificate>, Problem> {
        let mut pool: Vec<Certificate> =
            others.iter().filter_map(|other| Certificate::from_der(&other.der).ok()).collect();
        pool.extend(self.trust.intermediates.iter().cloned());
        let brief = Brief::new(self.fetch, self.office.map(Office::line));
        let report = path::validate(
            certificate,
            &pool,
            self.trust,
            now,
            Purpose::DocumentSigning,
            &Evidence::default(),
            Some(&brief),
        );
        if report.is_revoked() {
            return Err(SigningError::CertificateRevoked.into());
        }
        Ok(report.chain.into_iter().skip(1).collect())
    }

    /// Signs `source`; the token may be used again for the next one.
    pub fn sign(
        &self,
        ready: &mut Ready,
        source: &Source,
        look: Look,
        stamps: Vec<PageStamps>,
        at: Timestamp,
    ) -> Result<Signed, Problem> {
        self.sign_to(ready, source, look, stamps, at, &mut std::io::sink())
    }

    /// The same, with the signed file written to `out` on the way; see [`make::sign_to`].
    pub fn sign_to(
        &self,
        ready: &mut Ready,
        source: &Source,
        look: Look,
        stamps: Vec<PageStamps>,
        at: Timestamp,
        out: &mut dyn Write,
    ) -> Result<Signed, Problem> {
        let work = Work { stamps, ..Work::new(SigningAct::usual(self.kind), look) };
        self.carry_out(ready, source, work, at, out)
    }

    /// Signs `source` with everything that the signature writes beside itself.
    pub fn carry_out(
        &self,
        ready: &mut Ready,
        source: &Source,
        work: Work,
        at: Timestamp,
        out: &mut dyn Write,
    ) -> Result<Signed, Problem> {
        let mut job = SigningJob::new(source, at);
        job.look = work.look;
        job.stamps = work.stamps;
        job.keep_open = work.keep_open;
        job.fill = work.fill;
        job.reason = Some(work.act.reason().to_owned());
        job.level = self.level;
        let key = ready.certificate.key_kind();
        job.digest = self.digest.unwrap_or(key.default_digest());
        let rsa = self.rsa.filter(|_| matches!(key, KeyKind::Rsa(_)));
        job.scheme = self.scheme.or(rsa);
        job.algorithms = self.algorithms;
        job.or_lower = self.or_lower;
        job.tsa_urls = self.tsa_urls.to_vec();
        job.tsa_trust = Some(self.trust);
        // Long-term levels want the revocation data of the whole chain; the others are made
        // without a line, which is the normal case in a commune.
        job.trust = (self.level >= Level::Blt).then_some(self.trust);
        job.name = Some(ready.certificate.subject().label());
        Ok(make::sign_to(
            &job,
            ready.token.as_mut(),
            &ready.key,
            &ready.certificate,
            &ready.chain,
            self.fetch,
            out,
        )?)
    }
}

/// Whether the services of certificates could be reached lately.
#[derive(Debug, Default)]
pub(super) struct Line(Mutex<Option<Instant>>);

impl Line {
    /// How long a line that was found down is not tried again.
    const PAUSE: Duration = Duration::from_secs(60);

    fn is_down(&self) -> bool {
        let since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        since.is_some_and(|since| since.elapsed() < Self::PAUSE)
    }

    fn note(&self, down: bool) {
        let mut since = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *since = down.then(Instant::now);
    }
}

impl Office {
    fn line(&self) -> &Line {
        &self.0.line
    }
}

/// A line that is asked for a short time only: somebody waits with the PIN in mind. What
/// does not answer once is not asked again.
struct Brief<'a> {
    inner: &'a dyn Fetch,
    line: Option<&'a Line>,
    until: Mutex<Instant>,
}

impl<'a> Brief<'a> {
    const TIME: Duration = Duration::from_secs(3);

    fn new(inner: &'a dyn Fetch, line: Option<&'a Line>) -> Self {
        Self { inner, line, until: Mutex::new(Instant::now() + Self::TIME) }
    }

    fn ask(
        &self,
        url: &str,
        asked: impl FnOnce() -> Result<Vec<u8>, PkiError>,
    ) -> Result<Vec<u8>, PkiError> {
        let over = || *self.until.lock().unwrap_or_else(PoisonError::into_inner) <= Instant::now();
        if over() || self.line.is_some_and(Line::is_down) {
            return Err(PkiError::TimedOut { url: url.to_owned() });
        }
        let answer = asked();
        let down = matches!(answer, Err(PkiError::TimedOut { .. } | PkiError::Unreachable { .. }));
        if down {
            *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        }
        if let Some(line) = self.line {
            line.note(down);
        }
        answer
    }
}

impl Fetch for Brief<'_> {
    fn get(&self, url: &str) -> Result<Vec<u8>, PkiError> {
        self.ask(url, || self.inner.get(url))
    }

    fn post(&self, url: &str, content_type: &str, body: &[u8]) -> Result<Vec<u8>, PkiError> {
        self.ask(url, || self.inner.post(url, content_type, body))
    }
}

/// Whether a certificate's owner is the person called `name`, as far as names tell:
/// certificates carry them without diacritics, in capitals, or with a title.
fn names(owner: &str, name: &str) -> bool {
    let plain = |name: &str| format!(" {} ", text::fold(&text::tidy(name)));
    let (owner, name) = (plain(owner), plain(name));
    !name.trim().is_empty() && (owner.contains(&name) || name.contains(&owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_again_however_it_is_written() {
        let name = "Nguyễn Thị Ánh Nguyệt";
        for owner in [name, "NGUYEN THI ANH NGUYET", "Nguyễn  Thị Ánh Nguyệt (Chủ tịch)"]
        {
            assert!(names(owner, name), "{owner}");
        }
        for owner in ["Trần Văn An", "Nguyễn Thị Ánh", "", "Nguyễn Thị Ánh Nguyệtt"]
        {
            let shorter = owner == "Nguyễn Thị Ánh";
            assert_eq!(names(owner, name), shorter, "{owner}");
        }
        assert!(!names(name, ""));
    }
}
