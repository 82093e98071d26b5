//! What is read of certificates, and the folder of those that are trusted.

use std::process::Command;

use jiff::Timestamp;
use vanthu::domain::outbound::SignatureKind;
use vanthu::pki::{Certificate, PkiError, SigningFitness, TrustStore, demo, trust};

use crate::{certificate, file, setting, time};

#[test]
fn subjects_are_read() {
    let leader = certificate("leader");
    let name = leader.subject();
    assert_eq!(name.common_name.as_deref(), Some("Nguyễn Thị Ánh Nguyệt"));
    assert_eq!(name.organisation.as_deref(), Some("Ủy ban nhân dân tỉnh Thử Nghiệm"));
    assert_eq!(name.organisational_units, ["Văn phòng"]);
    assert_eq!(name.title.as_deref(), Some("Chủ tịch"));
    assert_eq!(name.locality.as_deref(), Some("Hà Nội"));
    assert_eq!(name.uid(), Some("CCCD:001099000001"));
    assert_eq!(leader.serial_hex(), "1002");
    assert_eq!(leader.not_before(), time("2024-01-01T00:00:00Z"));
    assert_eq!(leader.owner_kind(), Some(SignatureKind::Personal));
    assert_eq!(certificate("org").owner_kind(), Some(SignatureKind::Organisation));
    assert_eq!(leader.ocsp_urls(), [setting("RIG_OCSP_URL")]);
    assert_eq!(leader.crl_urls().collect::<Vec<_>>(), [setting("RIG_CRL_URL")]);
    let again = Certificate::from_pem_or_der(leader.to_pem().as_bytes()).unwrap();
    assert_eq!(again, [leader]);
}

#[test]
fn the_right_certificate_of_a_card_can_be_told() {
    for (name, fitness, may) in [
        ("leader", SigningFitness::Intended, true),
        ("org", SigningFitness::Intended, true),
        ("leader-ec", SigningFitness::AuthenticationOnly, false),
        ("tsa", SigningFitness::Unfit, false),
        ("sub", SigningFitness::Unfit, false),
    ] {
        let certificate = certificate(name);
        assert_eq!(certificate.signing_fitness(), fitness, "{name}");
        assert_eq!(certificate.may_sign_documents(), may, "{name}");
    }
}

#[test]
fn a_trust_folder_is_sorted_and_checked_against_the_pins() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::copy(file("certs/ca.pem"), folder.path().join("ca.pem")).unwrap();
    std::fs::copy(file("certs/sub.der"), folder.path().join("again.der")).unwrap();
    std::fs::write(folder.path().join("readme.txt"), "nothing").unwrap();
    let store = TrustStore::from_dir(folder.path()).unwrap();
    assert_eq!(store.roots, [certificate("root")]);
    assert_eq!(store.intermediates, [certificate("sub")]);
    assert_eq!(trust::pinned(&certificate("root")), None);
    // A file that bears the Government root's name must be the Government's root.
    std::fs::copy(file("certs/root.der"), folder.path().join("rootcag2.crt")).unwrap();
    let error = TrustStore::from_dir(folder.path()).unwrap_err();
    assert!(matches!(error, PkiError::PinMismatch { .. }), "{error}");
    let missing = TrustStore::from_dir(&folder.path().join("missing")).unwrap_err();
    assert!(matches!(missing, PkiError::TrustUnreadable { .. }), "{missing}");
}

#[test]
fn demonstration_files_open_elsewhere() {
    let authority = demo::Authority::create(Timestamp::now()).unwrap();
    let subject = demo::Subject {
        common_name: "Trần Thị Văn Thư".to_owned(),
        organisation: "Ủy ban nhân dân xã Tân Bình".to_owned(),
        ..demo::Subject::default()
    };
    let issued = authority.issue(&subject).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("demo.p12"), issued.to_pkcs12("demo", "mật khẩu").unwrap())
        .unwrap();
    let open = |password: &str| {
        let password = format!("pass:{password}");
        let arguments = ["pkcs12", "-in", "demo.p12", "-nodes", "-out", "all.pem", "-passin"];
        Command::new("openssl")
            .current_dir(folder.path())
            .args(arguments)
            .arg(password)
            .output()
            .unwrap()
            .status
            .success()
    };
    assert!(!open("wrong"));
    assert!(open("mật khẩu"));
    let all = std::fs::read(folder.path().join("all.pem")).unwrap();
    let found = Certificate::from_pem_or_der(&all).unwrap();
    assert_eq!(found.len(), 3);
    assert!(found.contains(&issued.certificate) && found.contains(authority.root()));
}
