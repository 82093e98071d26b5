//! Pinned certificates fetched from a server that gives what it likes.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::thread;

use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::role::Role;
use vanthu::office::{Founding, Office};
use vanthu::pki::fetch::HttpFetch;
use vanthu::pki::trust::{Fetched, Pin, fetch};
use vanthu::pki::{PkiError, TrustStore};
use vanthu::store::{KdfCost, Store};
use vanthu::token;

use crate::certificate;

/// Serves `/NAME` from `files`, and says of everything else that it is not there.
fn serve(files: Vec<(&'static str, Vec<u8>)>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut lines = BufReader::new(&stream).lines();
            let asked = lines.next().unwrap().unwrap();
            while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let name = asked.split(' ').nth(1).unwrap().trim_start_matches('/');
            let found = files.iter().find(|(file, _)| *file == name);
            let (status, body) = match found {
                Some((_, body)) => ("200 OK", body.as_slice()),
                None => ("404 Not Found", &[][..]),
            };
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
            );
            stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        }
    });
    address
}

fn pin(name: &str, url: &str, sha256: String) -> Pin {
    Pin { name: name.to_owned(), files: Vec::new(), url: url.to_owned(), sha256 }
}

#[test]
fn only_what_is_pinned_is_kept_of_what_is_fetched() {
    let (root, sub) = (certificate("root"), certificate("sub"));
    let bundle = root.to_pem() + &sub.to_pem();
    let server = serve(vec![
        ("root.crt", root.der().to_vec()),
        ("both.pem", bundle.into_bytes()),
        ("page.html", b"<html>moved</html>".to_vec()),
    ]);
    let at = |file: &str| format!("{server}/{file}");
    let pins = [
        pin("root", &at("root.crt"), root.fingerprint()),
        pin("sub", &at("both.pem"), sub.fingerprint()),
        pin("replaced", &at("root.crt"), certificate("stranger-root").fingerprint()),
        pin("page", &at("page.html"), certificate("org").fingerprint()),
        pin("gone", &at("gone.crt"), certificate("leader").fingerprint()),
        pin("nowhere", "", certificate("tsa").fingerprint()),
    ];
    let line = HttpFetch::new();
    let fetched = |known: &TrustStore| -> Vec<Fetched> {
        pins.iter().map(|pin| fetch(pin, known, &line)).collect()
    };
    let gone = PkiError::BadStatus { url: at("gone.crt"), status: 404 };
    let mut expected = vec![
        Fetched::Genuine(root.clone()),
        Fetched::Genuine(sub.clone()),
        Fetched::Other(vec![root.fingerprint()]),
        Fetched::Other(Vec::new()),
        Fetched::Failed(gone),
        Fetched::NoAddress,
    ];
    assert_eq!(fetched(&TrustStore::empty()), expected);
    let mut known = TrustStore::empty();
    known.add(root.clone());
    expected[0] = Fetched::Known;
    assert_eq!(fetched(&known), expected);

    // An office that trusts nobody trusts these two afterwards, and nobody else.
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("office");
    let password = token::Pin::new("mật khẩu thử nghiệm");
    drop(Store::create_with(&dir, "quantri", &password, KdfCost::FAST).unwrap());
    let founding = Founding {
        agency: Agency::new(AgencyCode::new("000.01.05.H30").unwrap(), "UBND xã Tân Bình"),
        profile: "current".to_owned(),
        user: "quantri".to_owned(),
        display_name: "Quản trị".to_owned(),
        roles: vec![Role::Administrator],
    };
    let office = Office::found(&dir, founding, &password).unwrap();
    assert!(office.trust().unwrap().is_empty());
    expected[0] = Fetched::Genuine(root.clone());
    assert_eq!(office.fetch_trust(&pins).unwrap(), expected);
    let trust = office.trust().unwrap();
    assert_eq!((trust.roots, trust.intermediates), (vec![root], vec![sub]));
    expected[0] = Fetched::Known;
    expected[1] = Fetched::Known;
    assert_eq!(office.fetch_trust(&pins).unwrap(), expected);
}
