//! Who is who: certificates linked to the office's people and to the office itself.
//!
//! The links are operations of the chain ([`crate::domain::identity`]): who linked what, and
//! when, can always be told. They decide before a PIN is asked for.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::{Office, OfficeError};
use crate::domain::identity::{
    CertificateFacts, CertificateLink, ExpiryWarning, Misfit, Owner, expiry_warnings, permitted,
};
use crate::domain::operation::Change;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::pki::Certificate;
use crate::token::{TokenError, Unfit};

impl Office {
    /// Every certificate that is linked to somebody.
    pub fn certificate_links(&self) -> Result<Vec<CertificateLink>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().certificate_links()?)
    }

    /// Settles whose a certificate is.
    ///
    /// Refused are an authority's certificate, one that signs no documents, and one whose
    /// subject says plainly that it is a person's for the organisation, or the other way
    /// round. An expired one may be linked: it tells whose its renewal is.
    pub fn link_certificate(
        &self,
        certificate: &Certificate,
        owner: Owner,
    ) -> Result<CertificateLink, Problem> {
        let actor = self.actor(Act::ManageUsers)?;
        let unfit = |unfit| Problem::from(TokenError::NoCertificate(unfit));
        if certificate.is_ca() {
            return Err(unfit(Unfit::CertificationAuthority));
        }
        if !certificate.may_sign_documents() {
            return Err(unfit(Unfit::NotForSigning));
        }
        let wanted = match &owner {
            Owner::Organisation => SignatureKind::Organisation,
            Owner::Person(user) => {
                let known = self.store().user(user)?.filter(|known| !known.disabled);
                known.ok_or_else(|| OfficeError::NoSuchUser(user.clone()))?;
                SignatureKind::Personal
            }
        };
        if certificate.owner_kind().is_some_and(|kind| kind != wanted) {
            return Err(unfit(Unfit::OtherHolder));
        }
        let link = CertificateLink { owner, certificate: facts(certificate) };
        let kept = link.clone();
        self.store().write(&actor, move |writer| {
            let links = writer.certificate_links()?;
            let same = |known: &&CertificateLink| {
                known.certificate.fingerprint == link.certificate.fingerprint
            };
            if let Some(known) = links.iter().find(same) {
                return Err(OfficeError::CertificateLinked(known.certificate.serial.clone()).into());
            }
            writer.append(Change::CertificateLinked { link })?;
            Ok::<(), Problem>(())
        })?;
        Ok(kept)
    }

    /// Takes a link away: the certificate of this serial number (or SHA-256) signs for
    /// nobody by a link any more.
    pub fn unlink_certificate(&self, serial: &str) -> Result<CertificateLink, Problem> {
        let actor = self.actor(Act::ManageUsers)?;
        let number = |hex: &str| hex.trim().trim_start_matches('0').to_lowercase();
        let wanted = number(serial);
        let unknown = OfficeError::CertificateNotKnown(serial.to_owned());
        self.store().write(&actor, move |writer| {
            let links = writer.certificate_links()?;
            let mut found = links.into_iter().filter(|link| {
                let facts = &link.certificate;
                number(&facts.serial) == wanted || number(&facts.fingerprint) == wanted
            });
            // Two authorities may have given the same number: then its SHA-256 must be named.
            let (Some(link), None) = (found.next(), found.next()) else {
                return Err(unknown.into());
            };
            let fingerprint = link.certificate.fingerprint.clone();
            writer.append(Change::CertificateUnlinked { fingerprint })?;
            Ok::<_, Problem>(link)
        })
    }

    /// Linked certificates that end within 60, 30 or 7 days, or have ended.
    pub fn certificate_warnings(&self, now: Timestamp) -> Result<Vec<ExpiryWarning>, Problem> {
        Ok(expiry_warnings(&self.certificate_links()?, now))
    }

    /// Whether the person at the desk may sign with `certificate` as `kind`, by the links.
    /// `Ok(true)` where a link says so, `Ok(false)` where none could tell.
    pub(super) fn permits(
        &self,
        links: &[CertificateLink],
        certificate: &Certificate,
        kind: SignatureKind,
    ) -> Result<bool, OfficeError> {
        let facts = facts(certificate);
        let holder = facts.subject.clone();
        permitted(links, &facts, kind, &self.session().user).map_err(|misfit| match misfit {
            Misfit::OfOrganisation => OfficeError::CertificateOfOrganisation { holder },
            Misfit::OfPerson { user } => {
                OfficeError::CertificateOfPerson { holder, owner: self.display_name(&user) }
            }
            Misfit::OfAnother { user } => {
                OfficeError::CertificateOfAnother { holder, owner: self.display_name(&user) }
            }
            Misfit::NotLinked => OfficeError::CertificateNotLinked { holder },
        })
    }
}

/// Whose a certificate is by the links, renewed or not.
pub(super) fn owner<'a>(
    links: &'a [CertificateLink],
    certificate: &Certificate,
) -> Option<&'a Owner> {
    crate::domain::identity::owner(links, &facts(certificate))
}

fn facts(certificate: &Certificate) -> CertificateFacts {
    let mut lineage = Sha256::new();
    for name in [certificate.subject(), certificate.issuer()] {
        lineage.update((name.raw.len() as u64).to_be_bytes());
        lineage.update(&name.raw);
    }
    CertificateFacts {
        fingerprint: certificate.fingerprint(),
        lineage: hex::encode(lineage.finalize()),
        serial: certificate.serial_hex(),
        subject: certificate.subject().label(),
        issuer: certificate.issuer().label(),
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
    }
}
