//! By what this office shows itself on the line beside its secret: a certificate of its own
//! (Quyết định 28/2018/QĐ-TTg Điều 13 khoản 2: the line is encrypted, and who is at its ends
//! is known).
//!
//! It is not the certificate that signs documents, whose key never leaves its token: this key
//! must be at hand whenever the program synchronises by itself, and lies in the encrypted
//! database.

use jiff::Timestamp;

use super::{Office, OfficeError};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::exchange::{ExchangeError, Identity, ServerAddress};
use crate::pki::Certificate;
use crate::token::Pin;

const CERTIFICATE: &str = "line.certificate";
/// The longest file that is kept; a chain with its key has some ten kilobytes.
const MAX_PEM: usize = 256 * 1024;

impl Office {
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
        self.store().set_setting(CERTIFICATE, pem.reveal())?;
        Ok(own)
    }

    /// Shows no certificate any more; refused while it is all that proves this office.
    pub fn drop_line_certificate(&self) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        if self.server_setting()?.is_some_and(|setting| setting.secret.reveal().is_empty()) {
            return Err(OfficeError::BadSetting("server.secret").into());
        }
        Ok(self.store().set_setting(CERTIFICATE, "")?)
    }

    /// What the line is made with.
    pub(super) fn line_identity(&self) -> Result<Option<Identity>, Problem> {
        Ok(self.line_pem()?.as_ref().map(Identity::from_pem).transpose()?)
    }

    fn line_pem(&self) -> Result<Option<Pin>, Problem> {
        let pem = self.store().setting(CERTIFICATE)?;
        Ok(pem.filter(|pem| !pem.is_empty()).map(Pin::new))
    }
}
