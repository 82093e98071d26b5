//! What RFC 5280 and RFC 6960 ask beyond the happy path, with certificates, lists and
//! answers that openssl makes for the purpose.

use std::path::Path;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use vanthu::pki::path::{self, PathReason, PathReport, PathStatus, Purpose};
use vanthu::pki::{Certificate, Evidence, TrustStore};

use crate::openssl;

const AUTHORITY: &str =
    "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SIGNER: &str = "keyUsage=critical,digitalSignature,nonRepudiation\n";
const RESPONDER: &str =
    "keyUsage=critical,digitalSignature\nextendedKeyUsage=OCSPSigning\nnoCheck=ignored\n";
const POINTER: &str = "crlDistributionPoints=URI:http://127.0.0.1:1/own.crl\n";

/// Makes certificates in a folder of its own; `NAME.pem` and `NAME.key`.
struct Mill {
    folder: tempfile::TempDir,
    serial: std::cell::Cell<u32>,
}

impl Mill {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), serial: 4096.into() }
    }

    /// A mill with a root and an authority `sub` below it.
    fn with_authorities() -> Self {
        let mill = Self::new();
        mill.root("root");
        mill.issue("sub", "root", AUTHORITY);
        mill
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn run(&self, line: &str) {
        openssl(self.path(), &line.split(' ').collect::<Vec<_>>());
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path().join(name), text).unwrap();
    }

    fn key(&self, name: &str, options: &str) {
        self.run(&format!("genpkey {options} -out {name}.key"));
    }

    fn root(&self, name: &str) {
        self.key(name, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        self.write("ext", &format!("[req]\ndistinguished_name=dn\n[dn]\n[x]\n{AUTHORITY}"));
        self.run(&format!(
            "req -x509 -new -key {name}.key -subj /CN={name} -days 30 -config ext -extensions x \
             -out {name}.pem"
        ));
    }

    fn issue(&self, name: &str, issuer: &str, extensions: &str) -> Certificate {
        self.key(name, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        self.certify(name, name, issuer, extensions, "-sha256")
    }

    /// A certificate for the key `name`, with the common name `subject`.
    fn certify(
        &self,
        name: &str,
        subject: &str,
        issuer: &str,
        extensions: &str,
        digest: &str,
    ) -> Certificate {
        self.serial.set(self.serial.get() + 1);
        let serial = self.serial.get();
        self.write("ext", &format!("[req]\ndistinguished_name=dn\n[dn]\n[x]\n{extensions}"));
        self.run(&format!(
            "req -new -key {name}.key -subj /CN={subject} -config ext -out {name}.csr"
        ));
        self.run(&format!(
            "x509 -req -in {name}.csr -CA {issuer}.pem -CAkey {issuer}.key -set_serial {serial} \
             -days 30 {digest} -extfile ext -extensions x -out {name}.pem"
        ));
        self.read(name)
    }

    fn read(&self, name: &str) -> Certificate {
        let bytes = std::fs::read(self.path().join(format!("{name}.pem"))).unwrap();
        Certificate::from_pem_or_der(&bytes).unwrap().remove(0)
    }

    fn validate(&self, leaf: &Certificate, pool: &[&str], evidence: &Evidence) -> PathReport {
        self.validate_for(Purpose::DocumentSigning, leaf, pool, evidence)
    }

    fn validate_for(
        &self,
        purpose: Purpose,
        leaf: &Certificate,
        pool: &[&str],
        evidence: &Evidence,
    ) -> PathReport {
        let mut trust = TrustStore::empty();
        trust.add(self.read("root"));
        let pool: Vec<Certificate> = pool.iter().map(|name| self.read(name)).collect();
        let at = Timestamp::now();
        path::validate(leaf, &pool, &trust, at, purpose, evidence, None)
    }

    fn reasons(&self, leaf: &Certificate, pool: &[&str]) -> Vec<PathReason> {
        self.validate(leaf, pool, &Evidence::default()).reasons
    }

    /// A list by `issuer` with these extensions and, if any, this revoked certificate.
    fn list(&self, issuer: &str, extensions: &str, revoked: Option<&Certificate>) -> Evidence {
        self.list_since(issuer, extensions, revoked, "250101000000Z,keyCompromise")
    }

    /// The same, with the time and reason of revocation.
    fn list_since(
        &self,
        issuer: &str,
        extensions: &str,
        revoked: Option<&Certificate>,
        since: &str,
    ) -> Evidence {
        let index = revoked.map_or(String::new(), |certificate| {
            format!(
                "R\t400101000000Z\t{since}\t{}\tunknown\t/CN=x\n",
                certificate.serial_hex().to_uppercase()
            )
        });
        self.write("index.txt", &index);
        self.write("crlnumber", "01\n");
        self.write(
            "ca.conf",
            &format!(
                "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\n\
                 default_md=sha256\n[x]\n{extensions}\n"
            ),
        );
        let with = if extensions.is_empty() { "" } else { " -crlexts x" };
        self.run(&format!(
            "ca -gencrl -config ca.conf -keyfile {issuer}.key -cert {issuer}.pem -crldays 1{with} \
             -out list.pem"
        ));
        self.run("crl -in list.pem -outform DER -out list.der");
        let der = std::fs::read(self.path().join("list.der")).unwrap();
        Evidence { crls: vec![der], ocsps: Vec::new() }
    }

    /// An OCSP answer "good" about `leaf`, signed by `responder`.
    fn answer(&self, leaf: &str, issuer: &str, responder: &str) -> Evidence {
        let serial = self.read(leaf).serial_hex().to_uppercase();
        self.write("index.txt", &format!("V\t400101000000Z\t\t{serial}\tunknown\t/CN=x\n"));
        self.run(&format!(
            "ocsp -index index.txt -CA {issuer}.pem -issuer {issuer}.pem -cert {leaf}.pem \
             -rsigner {responder}.pem -rkey {responder}.key -ndays 1 -respout answer.der -noverify"
        ));
        let der = std::fs::read(self.path().join("answer.der")).unwrap();
        Evidence { crls: Vec::new(), ocsps: vec![der] }
    }
}

#[test]
fn authorities_must_be_authorities() {
    let mill = Mill::with_authorities();
    let good = mill.issue("good", "sub", SIGNER);
    assert_eq!(mill.reasons(&good, &["sub"]), []);
    for (extensions, reason) in [
        ("basicConstraints=critical,CA:FALSE\n", PathReason::ConstraintViolated),
        ("keyUsage=critical,keyCertSign\n", PathReason::ConstraintViolated),
        (
            "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\n",
            PathReason::KeyUsageWrong,
        ),
        (&format!("{AUTHORITY}1.2.3.4=critical,ASN1:NULL\n"), PathReason::ConstraintViolated),
    ] {
        mill.issue("odd", "root", extensions);
        let leaf = mill.issue("leaf", "odd", SIGNER);
        assert_eq!(mill.reasons(&leaf, &["odd"]), [reason], "{extensions}");
    }
}

#[test]
fn limits_to_names_are_kept() {
    let mill = Mill::with_authorities();
    let by_mail = |host: &str| format!("{SIGNER}subjectAltName=email:an@{host}\n");
    let [inside, outside] = ["haugiang.gov.vn", "example.com"].map(by_mail);
    let plain = SIGNER.to_owned();
    for (limits, signer, good) in [
        ("permitted;email:haugiang.gov.vn", &inside, true),
        ("permitted;email:haugiang.gov.vn", &outside, false),
        // A limit to one kind of name says nothing of the others.
        ("permitted;email:haugiang.gov.vn", &plain, true),
        ("permitted;DNS:haugiang.gov.vn", &inside, true),
        ("excluded;email:example.com", &outside, false),
        ("excluded;email:example.com", &inside, true),
        ("permitted;dirName:own\n[own]\nCN=leaf", &plain, true),
        ("permitted;dirName:own\n[own]\nCN=other", &plain, false),
        ("excluded;dirName:own\n[own]\nCN=leaf", &plain, false),
    ] {
        for word in ["critical,", ""] {
            mill.issue("odd", "root", &format!("{AUTHORITY}nameConstraints={word}{limits}\n"));
            let leaf = mill.issue("leaf", "odd", signer);
            let expected: &[PathReason] =
                if good { &[] } else { &[PathReason::ConstraintViolated] };
            assert_eq!(mill.reasons(&leaf, &["odd"]), expected, "{word}{limits}");
        }
    }
    // From further up they bind as well.
    mill.issue("odd", "root", &format!("{AUTHORITY}nameConstraints=permitted;email:gov.vn\n"));
    mill.issue("below", "odd", AUTHORITY);
    let leaf = mill.issue("leaf", "below", &outside);
    assert_eq!(mill.reasons(&leaf, &["odd", "below"]), [PathReason::ConstraintViolated]);
}

#[test]
fn a_cross_certificate_opens_a_second_way() {
    let mill = Mill::with_authorities();
    let leaf = mill.issue("leaf", "sub", SIGNER);
    let below_root = mill.read("sub");
    // Another root, which nobody trusts, certifies the same authority, and its certificate
    // comes first.
    mill.root("old");
    let below_old = mill.certify("sub", "sub", "old", AUTHORITY, "-sha256");
    let mut trust = TrustStore::empty();
    trust.add(mill.read("root"));
    let none = Evidence::default();
    let at = Timestamp::now();
    let validate = |pool: &[Certificate]| {
        path::validate(&leaf, pool, &trust, at, Purpose::DocumentSigning, &none, None)
    };
    let old = [below_old, mill.read("old")];
    assert_eq!(validate(&old).reasons, [PathReason::RootUntrusted]);
    let both = [&old[..], &[below_root]].concat();
    let report = validate(&both);
    assert_eq!(report.status, PathStatus::Valid, "{:?}", report.reasons);
    assert_eq!(report.chain.last(), Some(&mill.read("root")));
}

#[test]
fn path_lengths_are_kept() {
    let mill = Mill::new();
    mill.root("root");
    let limited = AUTHORITY.replace("CA:TRUE", "CA:TRUE,pathlen:0");
    mill.issue("sub", "root", &limited);
    let near = mill.issue("near", "sub", SIGNER);
    assert_eq!(mill.reasons(&near, &["sub"]), []);
    mill.issue("below", "sub", AUTHORITY);
    let far = mill.issue("far", "below", SIGNER);
    assert_eq!(mill.reasons(&far, &["sub", "below"]), [PathReason::ConstraintViolated]);
}

#[test]
fn extensions_that_are_not_understood_matter_only_when_critical() {
    let mill = Mill::with_authorities();
    let polite = mill.issue("polite", "sub", &format!("{SIGNER}1.2.3.4=ASN1:NULL\n"));
    assert_eq!(mill.reasons(&polite, &["sub"]), []);
    let strict = mill.issue("strict", "sub", &format!("{SIGNER}1.2.3.4=critical,ASN1:NULL\n"));
    assert_eq!(mill.reasons(&strict, &["sub"]), [PathReason::ConstraintViolated]);
    let policies = format!("{SIGNER}certificatePolicies=critical,1.2.3.4\n");
    let policed = mill.issue("policed", "sub", &policies);
    assert_eq!(mill.reasons(&policed, &["sub"]), []);
}

#[test]
fn weak_keys_and_algorithms_are_named() {
    let mill = Mill::with_authorities();
    mill.key("short", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024");
    let short = mill.certify("short", "short", "sub", SIGNER, "-sha256");
    assert_eq!(mill.reasons(&short, &["sub"]), [PathReason::WeakKey]);
    mill.key("odd", "-algorithm ED25519");
    let odd = mill.certify("odd", "odd", "sub", SIGNER, "-sha256");
    assert_eq!(mill.reasons(&odd, &["sub"]), [PathReason::WeakKey]);
    mill.key("old", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    let old = mill.certify("old", "old", "sub", SIGNER, "-sha1");
    assert_eq!(mill.reasons(&old, &["sub"]), [PathReason::WeakAlgorithm]);
    assert_eq!(
        mill.validate(&old, &["sub"], &Evidence::default()).status,
        PathStatus::Indeterminate
    );
}

#[test]
fn the_right_issuer_is_found_among_namesakes() {
    let mill = Mill::with_authorities();
    let leaf = mill.issue("leaf", "sub", SIGNER);
    let mut pool: Vec<Certificate> = Vec::new();
    for number in 0..40 {
        let name = format!("fake{number}");
        mill.key(&name, "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
        pool.push(mill.certify(&name, "sub", "root", AUTHORITY, "-sha256"));
    }
    pool.push(mill.read("sub"));
    let mut trust = TrustStore::empty();
    trust.add(mill.read("root"));
    let none = Evidence::default();
    let at = Timestamp::now();
    let begun = Instant::now();
    let report = path::validate(&leaf, &pool, &trust, at, Purpose::DocumentSigning, &none, None);
    assert_eq!(report.status, PathStatus::Valid, "{:?}", report.reasons);
    assert_eq!(report.chain[1], mill.read("sub"));
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[test]
fn circles_end() {
    let mill = Mill::new();
    mill.root("root");
    // Each of the two is certified by the other only.
    mill.root("a");
    mill.issue("b", "a", AUTHORITY);
    let leaf = mill.issue("leaf", "b", SIGNER);
    mill.certify("a", "a", "b", AUTHORITY, "-sha256");
    assert_eq!(mill.reasons(&leaf, &["a", "b"]), [PathReason::IssuerUnknown]);
}

#[test]
fn a_signer_cannot_issue() {
    let mill = Mill::with_authorities();
    mill.issue("signer", "sub", SIGNER);
    let child = mill.issue("child", "signer", SIGNER);
    assert_eq!(
        mill.reasons(&child, &["sub", "signer"]),
        [PathReason::KeyUsageWrong, PathReason::ConstraintViolated]
    );
}

#[test]
fn lists_count_only_for_what_they_cover() {
    let mill = Mill::with_authorities();
    let leaf = mill.issue("leaf", "sub", &format!("{SIGNER}{POINTER}"));
    let unknown = [PathReason::RevocationUnknown];
    assert_eq!(mill.reasons(&leaf, &["sub"]), unknown);
    let point = |inside: &str| format!("issuingDistributionPoint=critical,@p\n[p]\n{inside}\n");
    let own = "fullname=URI:http://127.0.0.1:1/own.crl";
    for (extensions, reasons) in [
        (String::new(), &[][..]),
        (point(own), &[]),
        (point(&format!("{own}\nonlyuser=TRUE")), &[]),
        (point("fullname=URI:http://127.0.0.1:1/other.crl"), &unknown),
        (point(&format!("{own}\nonlyCA=TRUE")), &unknown),
        (point(&format!("{own}\nonlyAA=TRUE")), &unknown),
        (point(&format!("{own}\nindirectCRL=TRUE")), &unknown),
        (point(&format!("{own}\nonlysomereasons=keyCompromise")), &unknown),
        ("2.5.29.27=critical,DER:020101".to_owned(), &unknown),
        ("1.2.3.4=critical,ASN1:NULL".to_owned(), &unknown),
    ] {
        let list = mill.list("sub", &extensions, None);
        let report = mill.validate(&leaf, &["sub"], &list);
        assert_eq!(report.reasons, reasons, "{extensions}");
    }
    let revoked = mill.list("sub", "", Some(&leaf));
    let report = mill.validate(&leaf, &["sub"], &revoked);
    assert_eq!(report.reasons, [PathReason::CertificateRevoked]);
    assert_eq!(report.used, revoked);
}

#[test]
fn an_authority_that_is_revoked_leaves_open_what_it_certified() {
    let mill = Mill::new();
    mill.root("root");
    mill.issue("sub", "root", &format!("{AUTHORITY}{POINTER}"));
    let leaf = mill.issue("leaf", "sub", SIGNER);
    let authority = mill.read("sub");
    let report = mill.validate(&leaf, &["sub"], &mill.list("root", "", None));
    assert_eq!(report.reasons, []);
    let report = mill.validate(&leaf, &["sub"], &mill.list("root", "", Some(&authority)));
    assert_eq!(report.reasons, [PathReason::AuthorityRevoked]);
    assert_eq!(report.status, PathStatus::Indeterminate);
    assert!(report.is_revoked());
}

#[test]
fn lists_must_come_from_the_issuer() {
    let mill = Mill::with_authorities();
    let leaf = mill.issue("leaf", "sub", &format!("{SIGNER}{POINTER}"));
    let unknown = [PathReason::RevocationUnknown];
    // The same name with another key, an authority that may not sign lists.
    mill.key("namesake", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256");
    mill.certify("namesake", "sub", "root", AUTHORITY, "-sha256");
    let forged = mill.list("namesake", "", None);
    assert_eq!(mill.validate(&leaf, &["sub"], &forged).reasons, unknown);
    let issuing = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n";
    mill.issue("mute", "root", issuing);
    let other = mill.issue("other", "mute", &format!("{SIGNER}{POINTER}"));
    let unauthorised = mill.list("mute", "", None);
    assert_eq!(mill.validate(&other, &["mute"], &unauthorised).reasons, unknown);
}

#[test]
fn answers_must_come_from_those_who_are_charged() {
    let mill = Mill::with_authorities();
    let leaf = mill.issue("leaf", "sub", &format!("{SIGNER}{POINTER}"));
    mill.issue("responder", "sub", RESPONDER);
    mill.issue("ordinary", "sub", SIGNER);
    mill.issue("elsewhere", "root", RESPONDER);
    let unknown = [PathReason::RevocationUnknown];
    for (responder, reasons) in
        [("sub", &[][..]), ("responder", &[]), ("ordinary", &unknown), ("elsewhere", &unknown)]
    {
        let answer = mill.answer("leaf", "sub", responder);
        let report = mill.validate(&leaf, &["sub"], &answer);
        assert_eq!(report.reasons, reasons, "{responder}");
    }
}

#[test]
fn stamps_of_a_service_whose_key_is_out_count_for_nothing() {
    let mill = Mill::with_authorities();
    let service = "keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping\n";
    let tsa = mill.issue("tsa", "sub", &format!("{service}{POINTER}"));
    let leaf = mill.issue("leaf", "sub", &format!("{SIGNER}{POINTER}"));
    // Revoked in the far future, seen from the time in question.
    for (since, for_stamps) in [
        ("390101000000Z,keyCompromise", &[PathReason::CertificateRevoked][..]),
        ("390101000000Z,CACompromise", &[PathReason::CertificateRevoked]),
        ("390101000000Z", &[PathReason::CertificateRevoked]),
        ("390101000000Z,superseded", &[]),
    ] {
        let list = mill.list_since("sub", "", Some(&tsa), since);
        let report = mill.validate_for(Purpose::TimeStamping, &tsa, &["sub"], &list);
        assert_eq!(report.reasons, for_stamps, "{since}");
        let list = mill.list_since("sub", "", Some(&leaf), since);
        let report = mill.validate(&leaf, &["sub"], &list);
        assert_eq!(report.reasons, [], "{since}");
    }
}
