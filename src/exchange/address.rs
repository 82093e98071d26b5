//! Where the server is, who this office is there, and whose certificates to believe.

use std::fmt;
use std::net::IpAddr;

use reqwest::{Certificate, Url};

use super::{Answer, ExchangeError};
use crate::domain::agency::AgencyCode;
use crate::token::Pin;

/// Everything needed to speak to a server.
#[derive(Debug, Clone)]
pub struct ServerAddress {
    pub url: BaseUrl,
    pub agency: AgencyCode,
    /// The agency's secret at this server; empty where the certificate alone proves it.
    pub secret: Pin,
    /// The certificate that this office shows on the line, if it has one for that.
    pub identity: Option<Identity>,
    pub trust: Trust,
}

impl ServerAddress {
    /// Trusting what the operating system trusts.
    pub fn new(url: &str, agency: AgencyCode, secret: Pin) -> Answer<Self> {
        Ok(Self {
            url: BaseUrl::parse(url)?,
            agency,
            secret,
            identity: None,
            trust: Trust::default(),
        })
    }
}

/// A certificate with its private key, by which a caller proves himself within TLS.
#[derive(Clone)]
pub struct Identity(reqwest::Identity);

impl Identity {
    /// Reads PEM: the certificate, then those between it and a root, and its private key
    /// (PKCS#8, PKCS#1 or SEC1), not encrypted.
    ///
    /// # Errors
    /// [`ExchangeError::BadCertificate`]; whether the key is the certificate's own is seen
    /// when a line is made.
    pub fn from_pem(pem: &Pin) -> Answer<Self> {
        let identity = reqwest::Identity::from_pem(pem.reveal().as_bytes());
        identity.map(Self).map_err(|e| ExchangeError::BadCertificate(e.to_string()))
    }

    pub(super) fn own(&self) -> reqwest::Identity {
        self.0.clone()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity(…)")
    }
}

/// Whose certificates are believed when the server shows its own.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// What the operating system's verifier believes, revocation included where it does that.
    #[default]
    System,
    /// The system's list of roots, with our own verification: for systems whose verifier
    /// cannot be used (old Windows, Wine).
    SystemRoots,
    /// Only these authorities (PEM, one or several): the province's own.
    Pinned(Vec<u8>),
}

impl fmt::Debug for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::SystemRoots => f.write_str("SystemRoots"),
            Self::Pinned(pem) => write!(f, "Pinned({} bytes)", pem.len()),
        }
    }
}

impl Trust {
    /// The authorities, where they are ours to name; `None` leaves it to the system.
    pub(super) fn authorities(&self) -> Answer<Option<Vec<Certificate>>> {
        match self {
            Self::System => Ok(None),
            Self::SystemRoots => {
                let roots = rustls_native_certs::load_native_certs().certs;
                let roots: Vec<_> =
                    roots.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
                if roots.is_empty() {
                    return Err(ExchangeError::Untrusted("the system lists no roots".into()));
                }
                Ok(Some(roots))
            }
            Self::Pinned(pem) => {
                let roots = Certificate::from_pem_bundle(pem)
                    .map_err(|e| ExchangeError::Untrusted(e.to_string()))?;
                if roots.is_empty() {
                    return Err(ExchangeError::Untrusted("no certificate in the PEM".into()));
                }
                Ok(Some(roots))
            }
        }
    }
}

/// The address below which the profile's paths lie, without a slash at its end.
///
/// Always `https`, because the line must be encrypted (Quyết định 28/2018/QĐ-TTg Điều 13
/// khoản 2); `http` only to this very computer, for the demonstration and for a tunnel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    host: String,
    loopback: bool,
}

impl BaseUrl {
    /// Takes an address as typed; a missing scheme means `https`.
    pub fn parse(typed: &str) -> Answer<Self> {
        let typed = typed.trim();
        let full =
            if typed.contains("://") { typed.to_owned() } else { format!("https://{typed}") };
        let bad = |why: &str| ExchangeError::BadAddress(format!("{typed:?}: {why}"));
        let url = Url::parse(&full).map_err(|e| bad(&e.to_string()))?;
        let host = url.host_str().ok_or_else(|| bad("no host"))?;
        let loopback = is_loopback(host);
        match url.scheme() {
            "https" => {}
            "http" if loopback => {}
            "http" => return Err(ExchangeError::NotEncrypted(format!("http://{host}"))),
            _ => return Err(bad("neither https nor http")),
        }
        if !url.username().is_empty() || url.password().is_some() {
            // Not repeated in the message: it holds a password.
            return Err(ExchangeError::BadAddress("credentials within the address".into()));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(bad("a query or fragment"));
        }
        let host = host.to_owned();
        Ok(Self { text: url.as_str().trim_end_matches('/').to_owned(), host, loopback })
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Name or address of the computer, without a port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// On this computer: no proxy is asked.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encrypted_or_at_home() {
        let text = |typed| BaseUrl::parse(typed).unwrap().to_string();
        assert_eq!(text(" vanban.example.gov.vn/ "), "https://vanban.example.gov.vn");
        assert_eq!(text("https://x.vn:8443/vanthu/"), "https://x.vn:8443/vanthu");
        assert_eq!(text("http://127.0.0.1:8480"), "http://127.0.0.1:8480");
        assert_eq!(text("http://[::1]:8480"), "http://[::1]:8480");
        assert_eq!(text("http://localhost"), "http://localhost");
        for open in ["http://10.0.0.1", "http://x.vn", "http://localhost.evil.vn"] {
            let error = BaseUrl::parse(open).unwrap_err();
            assert!(matches!(error, ExchangeError::NotEncrypted(_)), "{open}: {error}");
        }
        for bad in ["", "https://", "ftp://x.vn", "https://x.vn/?a=1", "https://x.vn/#a"] {
            let error = BaseUrl::parse(bad).unwrap_err();
            assert!(matches!(error, ExchangeError::BadAddress(_)), "{bad}: {error}");
        }
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_repeated() {
        let error = BaseUrl::parse("https://be:matkhau@x.vn").unwrap_err();
        assert!(!error.to_string().contains("matkhau"));
    }

    #[test]
    fn a_pin_that_pins_nothing_is_refused() {
        for pem in [&b""[..], b"not a certificate"] {
            assert!(Trust::Pinned(pem.to_vec()).authorities().is_err());
        }
    }
}
