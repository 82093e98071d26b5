//! TLS: the server behind a proxy that ends it, as in a province, and whose certificates the
//! line believes.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use der::EncodePem;
use der::asn1::Ia5String;
use der::pem::LineEnding;
use jiff::Timestamp;
use vanthu::exchange::vanthu::VanthuLine;
use vanthu::exchange::{ExchangeError, Line, ServerAddress, Trust};
use vanthu::token::Pin;
use x509_cert::Certificate;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use super::authority::{SERVER, authority, ending, here, issued, week};
use super::{COMMUNE, PATIENCE, PROVINCE, code, packet, parcel, secret, start};

/// The certificate of a server on this machine, of its own key.
fn leaf(issuer: &Name, issuer_seed: u8, host: GeneralName) -> Certificate {
    issued(issuer, issuer_seed, "vanban", SERVER, week(), Some(host))
}

/// Ends TLS with `certificate` (of the server's key) and passes on to `target`.
fn terminator(certificate: &Certificate, target: SocketAddr) -> u16 {
    let config = ending(certificate);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().take(20).flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || pass(stream, target, config));
        }
    });
    port
}

fn pass(stream: TcpStream, target: SocketAddr, config: Arc<rustls::ServerConfig>) {
    let mut plain = TcpStream::connect(target).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    plain.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    let connection = rustls::ServerConnection::new(config).unwrap();
    let mut tls = rustls::StreamOwned::new(connection, stream);
    let mut buffer = [0; 16 * 1024];
    // Both ways in turn; it ends when either side does, or after half a minute.
    for _ in 0..7_500 {
        for up in [true, false] {
            let read = if up { tls.read(&mut buffer) } else { plain.read(&mut buffer) };
            let read = match read {
                Ok(0) => return,
                Ok(read) => read,
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    continue;
                }
                Err(_) => return,
            };
            let piece = &buffer[..read];
            let written = if up { plain.write_all(piece) } else { tls.write_all(piece) };
            if written.is_err() {
                return;
            }
        }
    }
}

fn line(url: &str, trust: Trust) -> VanthuLine {
    let mut address = ServerAddress::new(url, code(COMMUNE), Pin::new(secret(COMMUNE))).unwrap();
    address.trust = trust;
    VanthuLine::with(address, PATIENCE, Timestamp::now).unwrap()
}

#[test]
fn only_the_pinned_authority_is_believed() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (ours, our_name) = authority("So Thong tin tinh", 1);
    let (other, _) = authority("Ke khac", 2);
    let port = terminator(&leaf(&our_name, 1, here()), server.address());
    let url = format!("https://127.0.0.1:{port}");

    let pinned = |certificate: &Certificate| {
        Trust::Pinned(certificate.to_pem(LineEnding::LF).unwrap().into_bytes())
    };
    let good = line(&url, pinned(&ours));
    assert!(good.health().is_ok());
    let bytes = packet(1, 300_000);
    assert!(good.send(&parcel("k", &[PROVINCE], &bytes), &()).is_ok());

    for trust in [pinned(&other), Trust::System] {
        let told = format!("{trust:?}");
        let error = line(&url, trust).health().unwrap_err();
        assert!(matches!(error, ExchangeError::Untrusted(_)), "{told}: {error}");
        assert!(!error.is_recoverable());
    }
    // The right authority, but a certificate of another host.
    let elsewhere = GeneralName::DnsName(Ia5String::new("khac.example.gov.vn").unwrap());
    let port = terminator(&leaf(&our_name, 1, elsewhere), server.address());
    let error = line(&format!("https://127.0.0.1:{port}"), pinned(&ours)).health().unwrap_err();
    assert!(matches!(error, ExchangeError::Untrusted(_)), "{error}");
    // A server without TLS where TLS is expected.
    let plain = format!("https://{}", server.address());
    let error = line(&plain, pinned(&ours)).health().unwrap_err();
    assert!(error.is_recoverable(), "{error:?}");
}

#[test]
fn the_systems_roots_do_not_know_a_province_of_our_making() {
    let folder = tempfile::tempdir().unwrap();
    let server = start(folder.path());
    let (_, name) = authority("So Thong tin tinh", 1);
    let port = terminator(&leaf(&name, 1, here()), server.address());
    let address = ServerAddress {
        trust: Trust::SystemRoots,
        ..ServerAddress::new(
            &format!("https://127.0.0.1:{port}"),
            code(COMMUNE),
            Pin::new(secret(COMMUNE)),
        )
        .unwrap()
    };
    // A machine may have no roots at all; then the line is not even made.
    let error = match VanthuLine::new(address) {
        Ok(line) => line.health().unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(error, ExchangeError::Untrusted(_)), "{error}");
}
