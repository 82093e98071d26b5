//! TLS that the server ends itself, and the certificates that offices show there.
//!
//! A certificate is looked at twice. When the connection is made: one of the authorities that
//! the operator named has issued it, and it is within its time; what fails there ends in an
//! alert (RFC 8446 section 6.2). And at each call: an office is bound to it, see
//! [`Certificates`](super::storage::Certificates). So one that is revoked counts no more from
//! the next call on, also over a connection that was made before.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use super::ServerError;
use crate::exchange::wire;
use crate::token::Pin;

/// How long what a refused caller still sends is read.
const LINGER: Duration = Duration::from_secs(1);

/// What the server shows of itself, and whom it lets show himself.
#[derive(Debug, Clone)]
pub struct Tls {
    /// The server's certificate, then those between it and a root; PEM.
    pub certificate: Vec<u8>,
    /// Its private key, PEM (PKCS#8, PKCS#1 or SEC1), not encrypted.
    pub key: Pin,
    /// `None` where no office is asked for a certificate.
    pub clients: Option<Clients>,
}

/// The certificates that offices may show.
#[derive(Debug, Clone)]
pub struct Clients {
    /// Whose certificates are taken; PEM, one or several authorities.
    pub authorities: Vec<u8>,
    /// A connection without a certificate is refused. Otherwise an office may still prove
    /// itself by its secret.
    pub required: bool,
}

impl Tls {
    /// Reads it all; fails where a file holds something else, or the key is of another
    /// certificate.
    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, ServerError> {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(unfit)?;
        let config = match &self.clients {
            None => config.with_no_client_auth(),
            Some(Clients { authorities, required }) => {
                let mut roots = RootCertStore::empty();
                for authority in certificates(authorities)? {
                    roots.add(authority).map_err(unfit)?;
                }
                let offices =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                let offices = if *required { offices } else { offices.allow_unauthenticated() };
                config.with_client_cert_verifier(offices.build().map_err(unfit)?)
            }
        };
        let key = PrivateKeyDer::from_pem_slice(self.key.reveal().as_bytes()).map_err(unfit)?;
        let chain = certificates(&self.certificate)?;
        let mut config = config.with_single_cert(chain, key).map_err(unfit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ServerError> {
    let found: Vec<_> =
        CertificateDer::pem_slice_iter(pem).collect::<Result<_, _>>().map_err(unfit)?;
    if found.is_empty() {
        return Err(ServerError::Tls("no certificate in the PEM".into()));
    }
    Ok(found)
}

fn unfit(error: impl std::fmt::Display) -> ServerError {
    ServerError::Tls(error.to_string())
}

/// The certificate that a connection was made with; lies among the extensions of its calls.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// SHA-256 of its DER, lower-case hex.
    pub fingerprint: Arc<str>,
}

/// Makes the connection; `None` where that comes to nothing.
pub(super) async fn accept(
    acceptor: &TlsAcceptor,
    stream: TcpStream,
    within: Duration,
) -> Option<(TlsStream<TcpStream>, Option<Shown>)> {
    let (error, mut refused) =
        match timeout(within, acceptor.accept(stream).into_fallible()).await.ok()? {
            Ok(stream) => {
                let own = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
                let shown = own.map(|der| Shown { fingerprint: wire::sha256_hex(der).into() });
                return Some((stream, shown));
            }
            Err(failed) => failed,
        };
    tracing::info!(%error, "a connection was refused");
    // A connection closed upon bytes that were not read loses the alert on the way, and the
    // caller would not learn what is wrong.
    let rest = async {
        let _ = refused.shutdown().await;
        let mut bytes = [0; 4096];
        while refused.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    };
    let _ = timeout(LINGER, rest).await;
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_told_when_the_server_starts() {
        for (certificate, key) in [("", ""), ("không phải PEM", ""), ("-----BEGIN", "x")] {
            let tls = Tls {
                certificate: certificate.as_bytes().to_vec(),
                key: Pin::new(key),
                clients: None,
            };
            assert!(matches!(tls.acceptor(), Err(ServerError::Tls(_))), "{certificate}");
        }
    }
}
