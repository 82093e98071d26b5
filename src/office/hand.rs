//! The hand that signs: opens the token, finds the certificate, signs one PDF.
//!
//! Used for the office's documents and, without an office, by `vanthuctl sign`.

use std::io::Write;

use jiff::Timestamp;

use super::OfficeError;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::pdf::structure::Source;
use crate::pki::fetch::Fetch;
use crate::pki::{Certificate, Evidence, Purpose, TrustStore, path};
use crate::signing::make::{self, Level, Look, PageStamps, Signed, SigningJob};
use crate::token::choose;
use crate::token::{self, Pin, Selector, Token, TokenError};

/// With what, as what, and how durably to sign.
pub struct Hand<'a> {
    pub token: &'a Selector,
    /// Serial number in hex; `None` takes the certificate that fits.
    pub certificate: Option<&'a str>,
    pub pin: &'a Pin,
    pub kind: SignatureKind,
    /// The full name that the certificate must be of; `None` where no name is known.
    pub holder: Option<&'a str>,
    pub level: Level,
    pub tsa_urls: &'a [String],
    /// Where the authorities above the signer are known.
    pub trust: &'a TrustStore,
    pub fetch: &'a dyn Fetch,
}

/// A token that has been opened and unlocked, with the certificate to sign with.
pub struct Ready {
    token: Box<dyn Token>,
    key: token::KeyRef,
    pub certificate: Certificate,
    chain: Vec<Certificate>,
}

impl Hand<'_> {
    /// Opens the token, chooses the certificate, presents the PIN once.
    ///
    /// The certificate comes first: a PIN is not asked of a token that cannot sign.
    pub fn ready(&self, now: Timestamp) -> Result<Ready, Problem> {
        let mut token = token::open(self.token)?;
        // The certificates of a PKCS#12 file are behind its password.
        let file = matches!(self.token, Selector::File { .. });
        if file {
            token.login(self.pin)?;
        }
        let certificates = token.certificates()?;
        let chosen = match self.certificate {
            Some(serial) => choose::by_serial(&certificates, serial)
                .ok_or_else(|| Problem::from(OfficeError::NoCertificate(serial.to_owned()))),
            None => choose::choose(&certificates, self.kind.into(), now)
                .map(|(certificate, _)| certificate)
                .map_err(|unfit| TokenError::NoCertificate(unfit).into()),
        }?
        .clone();
        let certificate = Certificate::from_der(&chosen.der)?;
        // Also what was chosen by hand: a person's signature is no seal.
        let other = Err(choose::Unfit::OtherHolder);
        if choose::fits(&certificate, self.kind.into(), now) == other {
            return Err(TokenError::NoCertificate(choose::Unfit::OtherHolder).into());
        }
        let holder = certificate.subject().label();
        if let Some(signer) = self.holder.filter(|signer| !names(&holder, signer)) {
            return Err(OfficeError::OtherSigner { signer: signer.to_owned(), holder }.into());
        }
        if !file {
            token.login(self.pin)?;
        }
        let mut pool: Vec<Certificate> = certificates
            .iter()
            .filter_map(|other| Certificate::from_der(&other.der).ok())
            .collect();
        pool.extend(self.trust.intermediates.iter().cloned());
        let report = path::validate(
            &certificate,
            &pool,
            self.trust,
            now,
            Purpose::DocumentSigning,
            &Evidence::default(),
            None,
        );
        let chain = report.chain.into_iter().skip(1).collect();
        Ok(Ready { token, key: chosen.key, certificate, chain })
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
        let mut job = SigningJob::new(source, at);
        job.look = look;
        job.stamps = stamps;
        job.level = self.level;
        job.tsa_urls = self.tsa_urls.to_vec();
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
