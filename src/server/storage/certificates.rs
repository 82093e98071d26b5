//! The certificates by which offices prove themselves.

use jiff::Timestamp;

use super::Work;
use crate::domain::agency::AgencyCode;

/// Which certificate speaks for which office. An office may have several, so that the next
/// one is bound before the last one ends.
pub trait Certificates: Send + Sync + 'static {
    /// Binds a certificate to its office, or gives a bound one another end. `false`, and
    /// nothing is changed, if it is another office's or was revoked: a key that was given up
    /// once is not trusted again.
    fn bind_certificate<'a>(&'a self, certificate: &'a OfficeCertificate) -> Work<'a, bool>;

    /// Ends a binding for good. The first word stands. `false` if the office has no such
    /// certificate.
    fn revoke_certificate<'a>(
        &'a self,
        office: &'a AgencyCode,
        fingerprint: &'a str,
        at: Timestamp,
    ) -> Work<'a, bool>;

    /// The binding of a certificate, also one that holds no more; none while its office is
    /// disabled.
    fn certificate<'a>(&'a self, fingerprint: &'a str) -> Work<'a, Option<OfficeCertificate>>;

    /// All that were ever bound to an office, the one that ends last first.
    fn certificates<'a>(&'a self, office: &'a AgencyCode) -> Work<'a, Vec<OfficeCertificate>>;
}

/// A certificate that is bound to an office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfficeCertificate {
    pub office: AgencyCode,
    /// SHA-256 of its DER, lower-case hex.
    pub fingerprint: String,
    /// Whose it is, as it says itself; for people.
    pub subject: String,
    pub begins_at: Timestamp,
    /// The end of the certificate, or an earlier one that the operator set.
    pub ends_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl OfficeCertificate {
    /// Why it does not speak for its office at `now`, in English for logs; `None` if it does.
    pub fn fault(&self, now: Timestamp) -> Option<&'static str> {
        if self.revoked_at.is_some() {
            Some("the certificate was revoked")
        } else if now < self.begins_at {
            Some("the certificate holds only later")
        } else if now >= self.ends_at {
            Some("the certificate has ended")
        } else {
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binding_holds_within_its_time_and_until_it_is_revoked() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let certificate = OfficeCertificate {
            office: AgencyCode::new("H30").unwrap(),
            fingerprint: "0".repeat(64),
            subject: String::new(),
            begins_at: at(10),
            ends_at: at(20),
            revoked_at: None,
        };
        let holds = |second| certificate.fault(at(second)).is_none();
        assert_eq!([9, 10, 19, 20].map(holds), [false, true, true, false]);
        let revoked = OfficeCertificate { revoked_at: Some(at(12)), ..certificate };
        assert_eq!(revoked.fault(at(15)), Some("the certificate was revoked"));
    }
}
