//! The server ends TLS itself, and offices prove themselves by certificates that are bound to
//! them: each acts as itself, by what holds, and by nothing else.

use std::time::{Duration, SystemTime};

use der::EncodePem as _;
use der::pem::LineEnding;
use p256::pkcs8::EncodePrivateKey as _;
use reqwest::blocking::{Client, Response};
use vanthu::exchange::wire::{self, Code};
use vanthu::exchange::{ExchangeError, Identity, Line, Listing, Trust};
use vanthu::server::{Clients, Registry, ServerError, Tls};
use x509_cert::Certificate;
use x509_cert::name::Name;
use x509_cert::time::{Time, Validity};

use super::authority::{SERVER, authority, here, issued, key};
use super::*;

on_both! {
    a_bound_certificate_needs_no_secret,
    a_certificate_speaks_for_its_own_office_only,
    certificates_are_replaced_and_revoked,
    a_certificate_makes_an_office_known,
}

/// Whose key the authority's certificate is of.
pub const PROVINCES: u8 = 1;

pub fn year() -> Validity {
    Validity::from_now(Duration::from_secs(365 * 24 * 60 * 60)).unwrap()
}

fn over() -> Validity {
    let at = |ago: u64| {
        let at = SystemTime::now() - Duration::from_secs(ago);
        Time::try_from(at).unwrap()
    };
    Validity { not_before: at(7_200), not_after: at(3_600) }
}

pub fn pem(certificate: &Certificate) -> String {
    certificate.to_pem(LineEnding::LF).unwrap()
}

pub fn key_pem(seed: u8) -> String {
    key(seed).to_pkcs8_pem(LineEnding::LF).unwrap().to_string()
}

/// An authority of the province, which vouches for the server and for offices.
pub struct Pki {
    pub root: Certificate,
    pub name: Name,
}

impl Pki {
    pub fn new() -> Self {
        let (root, name) = authority("So Thong tin tinh", PROVINCES);
        Self { root, name }
    }

    pub fn office(&self, seed: u8) -> Certificate {
        issued(&self.name, PROVINCES, "xa", seed, year(), None)
    }

    fn tls(&self, required: bool) -> Tls {
        let own = issued(&self.name, PROVINCES, "vanban", SERVER, year(), Some(here()));
        Tls {
            certificate: pem(&own).into_bytes(),
            key: Pin::new(key_pem(SERVER)),
            clients: Some(Clients { authorities: pem(&self.root).into_bytes(), required }),
        }
    }

    fn start(&self, place: &Place, required: bool) -> RunningServer {
        let config = ServerConfig { tls: Some(self.tls(required)), ..place.config() };
        Server::start(config).unwrap()
    }

    /// A line of `agency`, which shows `certificate` (of key `seed`) and signs with `secret`.
    fn line(
        &self,
        server: &RunningServer,
        agency: &str,
        certificate: Option<(&Certificate, u8)>,
        secret: &str,
    ) -> VanthuLine {
        let url = server.url();
        assert!(url.starts_with("https://"), "{url}");
        let mut address = ServerAddress::new(&url, code(agency), Pin::new(secret)).unwrap();
        address.trust = Trust::Pinned(pem(&self.root).into_bytes());
        address.identity = certificate.map(|(certificate, seed)| {
            Identity::from_pem(&Pin::new(pem(certificate) + &key_pem(seed))).unwrap()
        });
        VanthuLine::with(address, PATIENCE, Timestamp::now).unwrap()
    }
}

fn bind(place: &Place, agency: &str, certificate: &Certificate) -> Result<String, ServerError> {
    bind_until(place, agency, certificate, None)
}

fn bind_until(
    place: &Place,
    agency: &str,
    certificate: &Certificate,
    until: Option<Timestamp>,
) -> Result<String, ServerError> {
    let read = vanthu::pki::Certificate::from_pem_or_der(pem(certificate).as_bytes()).unwrap();
    let registry = Registry::open(&place.site()).unwrap();
    registry.bind_certificate(&code(agency), &read[0], until).map(|bound| bound.fingerprint)
}

fn is_refused<T: std::fmt::Debug>(answer: Result<T, ExchangeError>, why: &str) {
    match answer {
        Err(ExchangeError::CertificateRefused(cause)) if cause.contains(why) => {}
        other => panic!("not refused because {why}: {other:?}"),
    }
}

fn a_bound_certificate_needs_no_secret(place: &Place) {
    let pki = Pki::new();
    let server = pki.start(place, false);
    let certificate = pki.office(10);
    let line = pki.line(&server, COMMUNE, Some((&certificate, 10)), "");
    is_refused(line.health(), "bound to no office");
    bind(place, COMMUNE, &certificate).unwrap();
    // Small and in pieces, there and back.
    let large = packet(1, 300_000);
    for (key, bytes) in [("k1", b"nho".as_slice()), ("k2", &large)] {
        line.send(&parcel(key, &[PROVINCE], bytes), &()).unwrap();
    }
    // The other has no certificate, and a secret will do.
    let other = pki.line(&server, PROVINCE, None, &secret(PROVINCE));
    let items = other.inbox(Listing::Waiting(None), 10).unwrap().items;
    assert_eq!(items.len(), 2);
    assert!(items.iter().all(|item| item.from == code(COMMUNE)));
    assert_eq!(other.fetch(&items[1], &()).unwrap(), large);
    // With its secret beside it the office is the same; with a wrong one it is nobody.
    let both = pki.line(&server, COMMUNE, Some((&certificate, 10)), &secret(COMMUNE));
    assert!(both.agencies(0).is_ok());
    let wrong = pki.line(&server, COMMUNE, Some((&certificate, 10)), "khong-phai-ma-bi-mat");
    assert!(matches!(wrong.agencies(0), Err(ExchangeError::BadCredentials { .. })));
    // And without either nobody is anybody.
    let nobody = pki.line(&server, COMMUNE, None, "");
    assert!(matches!(nobody.agencies(0), Err(ExchangeError::BadCredentials { .. })));
}

fn a_certificate_speaks_for_its_own_office_only(place: &Place) {
    let pki = Pki::new();
    let server = pki.start(place, false);
    let (ours, theirs) = (pki.office(10), pki.office(11));
    bind(place, COMMUNE, &ours).unwrap();
    bind(place, PROVINCE, &theirs).unwrap();
    // As somebody else, also with that one's secret; and unbound, also with the right secret.
    for secret in [String::new(), secret(PROVINCE)] {
        let line = pki.line(&server, PROVINCE, Some((&ours, 10)), &secret);
        is_refused(line.agencies(0), "another office's");
        is_refused(line.send(&parcel("k", &[COMMUNE], b"x"), &()), "another office's");
    }
    let unbound = pki.office(12);
    let line = pki.line(&server, COMMUNE, Some((&unbound, 12)), &secret(COMMUNE));
    is_refused(line.agencies(0), "bound to no office");
    // The calls of the axis hold to it, too; and a call that names nobody is the office's own.
    let client = |certificate: &Certificate, seed: u8| {
        let identity = (pem(certificate) + &key_pem(seed)).into_bytes();
        Client::builder()
            .no_proxy()
            .tls_certs_only([reqwest::Certificate::from_pem(pem(&pki.root).as_bytes()).unwrap()])
            .identity(reqwest::Identity::from_pem(&identity).unwrap())
            .build()
            .unwrap()
    };
    let code_of = |response: Response| {
        let body: serde_json::Value = response.json().unwrap();
        body["code"].as_str().unwrap_or_default().to_owned()
    };
    let axis = client(&ours, 10)
        .post(format!("{}/XrdAdapter/getAgenciesList", server.url()))
        .header("XroadVnpt-systemid", PROVINCE)
        .send()
        .unwrap();
    assert_eq!(axis.status().as_u16(), 403);
    assert_eq!(code_of(axis), Code::CertificateRefused.name());
    // Nor does it help to name both.
    let both = client(&ours, 10)
        .post(format!("{}/XrdAdapter/getAgenciesList", server.url()))
        .header(wire::AGENCY, COMMUNE)
        .header("XroadVnpt-systemid", PROVINCE)
        .send()
        .unwrap();
    assert_eq!(code_of(both), Code::CertificateRefused.name());
    let unnamed = client(&ours, 10).get(format!("{}/v1/inbox", server.url())).send().unwrap();
    assert_eq!(unnamed.status().as_u16(), 200);
    // A disabled office's certificate is nobody's.
    Registry::open(&place.site()).unwrap().set_disabled(&code(COMMUNE), true).unwrap();
    let line = pki.line(&server, COMMUNE, Some((&ours, 10)), "");
    is_refused(line.agencies(0), "bound to no office");
    // What one office has, another cannot have.
    let taken = bind(place, PROVINCE, &ours);
    assert!(matches!(taken, Err(ServerError::CertificateTaken(_))), "{taken:?}");
}

fn certificates_are_replaced_and_revoked(place: &Place) {
    let pki = Pki::new();
    let server = pki.start(place, true);
    let (old, new) = (pki.office(10), pki.office(11));
    let marked = bind(place, COMMUNE, &old).unwrap();
    bind(place, COMMUNE, &new).unwrap();
    let by_old = pki.line(&server, COMMUNE, Some((&old, 10)), "");
    let by_new = pki.line(&server, COMMUNE, Some((&new, 11)), "");
    assert!(by_old.agencies(0).is_ok() && by_new.agencies(0).is_ok());
    // From the next call on, also over the connection that is there.
    let registry = Registry::open(&place.site()).unwrap();
    let with_colons = marked.to_uppercase().chars().collect::<Vec<_>>();
    let with_colons: Vec<String> =
        with_colons.chunks(2).map(|pair| pair.iter().collect()).collect();
    registry.revoke_certificate(&code(COMMUNE), &with_colons.join(":")).unwrap();
    is_refused(by_old.agencies(0), "revoked");
    assert!(by_new.agencies(0).is_ok());
    // For good; and another's is not to be revoked.
    assert_eq!(bind(place, COMMUNE, &old), Err(ServerError::CertificateTaken(marked.clone())));
    let theirs = registry.revoke_certificate(&code(PROVINCE), &marked);
    assert!(matches!(theirs, Err(ServerError::UnknownCertificate { .. })));
    let all = registry.certificates(&code(COMMUNE)).unwrap();
    assert_eq!(all.iter().filter(|one| one.revoked_at.is_some()).count(), 1);
    // A binding has its own end, which may be moved and comes by itself.
    let in_an_hour = Timestamp::now() + SignedDuration::from_hours(1);
    bind_until(place, COMMUNE, &new, Some(in_an_hour)).unwrap();
    assert!(by_new.agencies(0).is_ok());
    let soon = Timestamp::now() + SignedDuration::from_secs(3);
    bind_until(place, COMMUNE, &new, Some(soon)).unwrap();
    wait_until("its end", || Timestamp::now() >= soon);
    is_refused(by_new.agencies(0), "ended");
    bind(place, COMMUNE, &new).unwrap();
    assert!(by_new.agencies(0).is_ok());
    // What is over already, or an authority's, is not bound.
    let ended = issued(&pki.name, PROVINCES, "xa", 12, over(), None);
    for unfit in [&ended, &pki.root] {
        assert!(matches!(bind(place, COMMUNE, unfit), Err(ServerError::BadCertificate(_))));
    }
    let nobody = bind(place, "H99", &pki.office(13));
    assert_eq!(nobody, Err(ServerError::UnknownOffice("H99".into())));
}

fn a_certificate_makes_an_office_known(place: &Place) {
    let pki = Pki::new();
    let server = pki.start(place, false);
    let registry = Registry::open(&place.site()).unwrap();
    let agency = Agency::new(code("H30.9"), "Chi cục Văn thư");
    registry.put(&Account { agency, secret: None }).unwrap();
    let sender = pki.line(&server, COMMUNE, None, &secret(COMMUNE));
    let parcel = parcel("k", &["H30.9"], b"chao");
    let unknown = Err(ExchangeError::RecipientUnknown(vec![code("H30.9")]));
    assert_eq!(sender.send(&parcel, &()), unknown);
    let certificate = pki.office(10);
    let fingerprint = bind(place, "H30.9", &certificate).unwrap();
    sender.send(&parcel, &()).unwrap();
    let listed = registry.offices().unwrap();
    let listed = listed.iter().find(|one| one.agency.code == code("H30.9")).unwrap();
    assert_eq!((listed.keys.len(), listed.certificates), (0, 1));
    let receiver = pki.line(&server, "H30.9", Some((&certificate, 10)), "");
    assert_eq!(receiver.inbox(Listing::Waiting(None), 10).unwrap().items.len(), 1);
    registry.revoke_certificate(&code("H30.9"), &fingerprint).unwrap();
    let again = Parcel { key: "l".into(), ..parcel };
    assert_eq!(sender.send(&again, &()), unknown);
}

#[test]
fn what_no_authority_of_the_province_has_issued_makes_no_connection() {
    let (place, pki) = (Place::sqlite(), Pki::new());
    let server = pki.start(&place, true);
    let (_, stranger) = authority("Ke khac", 2);
    let of_another = issued(&stranger, 2, "xa", 10, year(), None);
    let ended = issued(&pki.name, PROVINCES, "xa", 11, over(), None);
    let good = pki.office(12);
    bind(&place, COMMUNE, &good).unwrap();
    for (shown, why) in [
        (Some((&of_another, 10)), "UnknownCA"),
        (Some((&ended, 11)), "Expired"),
        (None, "Required"),
    ] {
        let error = pki.line(&server, COMMUNE, shown, &secret(COMMUNE)).health().unwrap_err();
        assert!(!error.is_recoverable(), "{why}: {error}");
        is_refused::<()>(Err(error), why);
    }
    assert!(pki.line(&server, COMMUNE, Some((&good, 12)), "").health().is_ok());
    // Who speaks no TLS there is no caller, and keeps nobody from the door.
    let plain = server.url().replace("https", "http");
    let line = super::line(&plain, COMMUNE);
    assert!(line.health().unwrap_err().is_recoverable());
    assert!(pki.line(&server, COMMUNE, Some((&good, 12)), "").health().is_ok());
}

#[test]
fn a_server_with_the_wrong_files_does_not_start() {
    let (place, pki) = (Place::sqlite(), Pki::new());
    let good = pki.tls(true);
    let other_key = Tls { key: Pin::new(key_pem(7)), ..good.clone() };
    let no_key = Tls { key: Pin::new(pem(&pki.root)), ..good.clone() };
    let no_certificate = Tls { certificate: Vec::new(), ..good.clone() };
    let clients = Some(Clients { authorities: b"khong phai PEM".to_vec(), required: false });
    let no_authority = Tls { clients, ..good };
    for tls in [other_key, no_key, no_certificate, no_authority] {
        let config = ServerConfig { tls: Some(tls), ..place.config() };
        let started = Server::start(config);
        assert!(matches!(started, Err(ServerError::Tls(_))), "{started:?}");
    }
}

#[test]
fn without_authorities_no_certificate_is_asked_for() {
    let (place, pki) = (Place::sqlite(), Pki::new());
    let tls = Tls { clients: None, ..pki.tls(false) };
    let config = ServerConfig { tls: Some(tls), ..place.config() };
    let server = Server::start(config).unwrap();
    // One that is shown all the same proves nothing.
    let certificate = pki.office(10);
    bind(&place, COMMUNE, &certificate).unwrap();
    let line = pki.line(&server, COMMUNE, Some((&certificate, 10)), "");
    assert!(matches!(line.agencies(0), Err(ExchangeError::BadCredentials { .. })));
    assert!(pki.line(&server, COMMUNE, None, &secret(COMMUNE)).agencies(0).is_ok());
}

#[test]
fn a_key_that_is_not_the_certificates_makes_no_line() {
    let pki = Pki::new();
    let mixed = Identity::from_pem(&Pin::new(pem(&pki.office(10)) + &key_pem(11))).unwrap();
    let mut address = ServerAddress::new("https://x.vn", code(COMMUNE), Pin::new("")).unwrap();
    address.identity = Some(mixed);
    let line = VanthuLine::with(address, PATIENCE, Timestamp::now);
    assert!(matches!(line, Err(ExchangeError::BadCertificate(_))), "{line:?}");
    for bad in ["", "-----BEGIN CERTIFICATE-----", &key_pem(10), &pem(&pki.root)] {
        let identity = Identity::from_pem(&Pin::new(bad));
        assert!(matches!(identity, Err(ExchangeError::BadCertificate(_))), "{bad}");
    }
}

#[test]
fn headers_alone_prove_nothing() {
    let (place, pki) = (Place::sqlite(), Pki::new());
    let server = pki.start(&place, false);
    let root = reqwest::Certificate::from_pem(pem(&pki.root).as_bytes()).unwrap();
    let client = Client::builder().no_proxy().tls_certs_only([root]).build().unwrap();
    let response = client
        .get(format!("{}/v1/inbox", server.url()))
        .header(wire::AGENCY, COMMUNE)
        .header(wire::TIME, Timestamp::now().to_string())
        .send()
        .unwrap();
    assert_eq!(response.status().as_u16(), 401);
}
