//! The line to the provincial server: by what both ends know each other, and how much this
//! desk asks of it (Quyết định 28/2018/QĐ-TTg Điều 13 khoản 2: the line is encrypted, and who
//! is at its ends is known).
//!
//! The office may show a certificate of its own beside its secret. It is not the one that
//! signs documents, whose key never leaves its token: this key must be at hand whenever the
//! program synchronises by itself, and lies in the encrypted database.

use std::num::NonZeroU32;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::set_up::{DeskOrder, Row};
use super::settings::row;
use super::{Office, OfficeError};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::exchange::{ExchangeError, Identity, ServerAddress, Trust};
use crate::pki::Certificate;
use crate::token::Pin;

pub(super) const CERTIFICATE: &str = "line.certificate";
pub(super) const TRUST: &str = "server.trust";
const SYSTEM_ROOTS: &str = "system-roots";
/// How a PEM says that a private key follows (RFC 7468, section 10 and 11).
const KEY: &str = "PRIVATE KEY-----";
const MANNER: &str = "line.manner";
/// The longest file that is kept; a chain with its key has some ten kilobytes.
const MAX_PEM: usize = 256 * 1024;

/// How much this desk asks of its line by itself. What somebody asks for goes in any case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct LineManner {
    /// Nothing goes by itself.
    pub paused: bool,
    /// What goes over the line costs: by itself goes only what is urgent or small.
    pub metered: bool,
    /// KiB per second at most, each way; `None` is as fast as it goes.
    pub limit: Option<NonZeroU32>,
}

impl LineManner {
    /// On a line that costs nothing larger than this, in bytes, goes by itself.
    pub const SMALL: u64 = 256 * 1024;
    /// Limits that can be set, in KiB per second. With less no packet would seem to move.
    pub const LIMITS: std::ops::RangeInclusive<u32> = 8..=1_000_000;
}

impl Office {
    /// How much this desk asks of its line by itself.
    pub fn line_manner(&self) -> Result<LineManner, Problem> {
        let kept = self.store().setting(MANNER)?;
        let read = |text: String| {
            serde_json::from_str(&text).map_err(|_| OfficeError::BadSetting(MANNER).into())
        };
        kept.map_or(Ok(LineManner::default()), read)
    }

    pub fn set_line_manner(&self, manner: LineManner) -> Result<(), Problem> {
        self.set_up_desk(DeskOrder { manner: Some(manner), ..DeskOrder::default() })
    }

    /// Whose certificates are believed when the server shows its own.
    pub fn line_trust(&self) -> Result<Trust, Problem> {
        Ok(match self.store().setting(TRUST)?.unwrap_or_default().as_str() {
            "" => Trust::System,
            SYSTEM_ROOTS => Trust::SystemRoots,
            pem => Trust::Pinned(pem.as_bytes().to_vec()),
        })
    }

    /// The certificate that this office shows on the line, if one is set.
    pub fn line_certificate(&self) -> Result<Option<Certificate>, Problem> {
        let Some(pem) = self.line_pem()? else { return Ok(None) };
        let found = Certificate::from_pem_or_der(pem.reveal().as_bytes())?;
        Ok(found.into_iter().next())
    }

    /// Shows this certificate on the line from now on. `pem` holds it, those between it and a
    /// root, and its private key.
    pub fn set_line_certificate(&self, pem: &Pin) -> Result<Certificate, Problem> {
        self.actor(Act::ManageAgencies)?;
        let own = self.fit_line_certificate(pem)?;
        self.store().set_settings(&[row(CERTIFICATE, pem.reveal())])?;
        self.line_has_changed();
        Ok(own)
    }

    /// Looks such a PEM over, without keeping it.
    ///
    /// # Errors
    /// [`ExchangeError::BadCertificate`] if it cannot be shown: no certificate, one that has
    /// ended, no key, or another's key.
    pub fn fit_line_certificate(&self, pem: &Pin) -> Result<Certificate, Problem> {
        let bad = |why: &str| ExchangeError::BadCertificate(why.to_owned());
        if pem.reveal().len() > MAX_PEM {
            return Err(bad("the file is too long").into());
        }
        let identity = Identity::from_pem(pem)?;
        let found = Certificate::from_pem_or_der(pem.reveal().as_bytes())?;
        let own = found.into_iter().next().ok_or_else(|| bad("no certificate"))?;
        if own.not_after() < Timestamp::now() {
            return Err(bad("it has ended").into());
        }
        // A line that is only made shows whether the key is the certificate's own.
        let agency = self.session().agency.code.clone();
        let mut address = ServerAddress::new("https://localhost", agency, Pin::new(""))?;
        address.identity = Some(identity);
        crate::exchange::vanthu::VanthuLine::new(address)?;
        Ok(own)
    }

    /// Shows no certificate any more; refused while it is all that proves this office.
    pub fn drop_line_certificate(&self) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        if self.server_setting()?.is_some_and(|setting| setting.secret.reveal().is_empty()) {
            return Err(OfficeError::NoServerSecret.into());
        }
        self.store().set_settings(&[row(CERTIFICATE, "")])?;
        self.line_has_changed();
        Ok(())
    }

    /// What the line is made with.
    pub(super) fn line_identity(&self) -> Result<Option<Identity>, Problem> {
        Ok(self.line_pem()?.as_ref().map(Identity::from_pem).transpose()?)
    }

    pub(super) fn line_pem(&self) -> Result<Option<Pin>, Problem> {
        let pem = self.store().setting(CERTIFICATE)?;
        Ok(pem.filter(|pem| !pem.is_empty()).map(Pin::new))
    }
}

/// A certificate of the line, as one compares it with the server's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineLook {
    /// Whose it is.
    pub subject: String,
    pub until: Timestamp,
}

impl LineLook {
    pub fn of(certificate: &Certificate) -> Self {
        Self { subject: certificate.subject().label(), until: certificate.not_after() }
    }
}

pub(super) fn manner_row(manner: LineManner) -> Result<Row, OfficeError> {
    if manner.limit.is_some_and(|limit| !LineManner::LIMITS.contains(&limit.get())) {
        return Err(OfficeError::BadSetting("line.limit"));
    }
    let text = serde_json::to_string(&manner).map_err(|_| OfficeError::BadSetting(MANNER))?;
    Ok(row(MANNER, text))
}

/// The PEM of a line's certificate out of its files: certificates and key in one, or the key in
/// a file of its own. What is not text is no PEM, and is told so where it is read as that.
pub fn pem_of(files: &[Zeroizing<Vec<u8>>]) -> Pin {
    const CERTIFICATE: &[u8] = b"BEGIN CERTIFICATE";
    let certifies = |file: &&Zeroizing<Vec<u8>>| {
        file.windows(CERTIFICATE.len()).any(|part| part == CERTIFICATE)
    };
    // In whichever order they were named: the first certificate is taken for the office's own.
    let (certificates, keys): (Vec<_>, Vec<_>) = files.iter().partition(certifies);
    // Never moved while it grows: what is left behind would not be wiped.
    let room = files.iter().map(|file| 3 * file.len() + 1).sum();
    let mut pem = Zeroizing::new(String::with_capacity(room));
    for file in certificates.into_iter().chain(keys) {
        pem.push_str(&Zeroizing::new(String::from_utf8_lossy(file).into_owned()));
        pem.push('\n');
    }
    Pin::new(pem.as_str())
}

/// The authorities in a PEM whose certificates alone are to be believed.
///
/// # Errors
/// [`OfficeError::NoAuthority`] if it holds no certificate, or somebody's private key, or is too
/// long to be kept.
pub fn authorities(pem: &[u8]) -> Result<Vec<LineLook>, OfficeError> {
    let found = Certificate::from_pem_or_der(pem).unwrap_or_default();
    let is_pem = std::str::from_utf8(pem)
        .is_ok_and(|text| text.contains("BEGIN CERTIFICATE") && !text.contains(KEY));
    if found.is_empty() || !is_pem || pem.len() > MAX_PEM {
        return Err(OfficeError::NoAuthority);
    }
    Ok(found.iter().map(LineLook::of).collect())
}

pub(super) fn trust_text(trust: &Trust) -> Result<String, OfficeError> {
    match trust {
        Trust::System => Ok(String::new()),
        Trust::SystemRoots => Ok(SYSTEM_ROOTS.to_owned()),
        Trust::Pinned(pem) => {
            authorities(pem)?;
            Ok(String::from_utf8_lossy(pem).into_owned())
        }
    }
}
