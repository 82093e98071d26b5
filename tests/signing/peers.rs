//! Other programs judge what we sign, and we judge what they sign.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use vanthu::domain::verdict::Verdict;
use vanthu::pdf::PdfError;
use vanthu::pki::{Certificate, SignatureScheme};
use vanthu::signing::{Change, Level, Modifications, SigningError, SigningJob};

use super::support::*;

/// Personal and organisation signature at this level.
fn sealed(bytes: &[u8], level: Level, scheme: SignatureScheme) -> Vec<u8> {
    let trust = trust();
    let sign = |name: &str, bytes: &[u8]| {
        let source = source(bytes);
        let job = SigningJob {
            look: super::place(if name == "org" { 260.0 } else { 300.0 }, 100.0),
            level,
            scheme: Some(scheme),
            tsa_urls: vec![rig("RIG_TSA_URL")],
            trust: Some(&trust),
            ..SigningJob::new(&source, Timestamp::now())
        };
        Signer::new(name).sign(&job).expect("a signature").to_bytes().unwrap()
    };
    sign("org", &sign("leader", bytes))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path in UTF-8")
}

#[test]
fn pyhanko_accepts_what_we_sign() {
    let folder = tempfile::tempdir().unwrap();
    let root = rig_file("certs/root.pem");
    for (name, bytes) in [("classic", letter()), ("compressed", letter_compressed())] {
        for level in [Level::Bb, Level::Bt, Level::Blt, Level::Blta] {
            for scheme in [SignatureScheme::RsaPkcs1, SignatureScheme::RsaPss] {
                let file = folder.path().join(format!("{name}-{level:?}-{scheme:?}.pdf"));
                std::fs::write(&file, sealed(&bytes, level, scheme)).unwrap();
                let output = pyhanko(&[
                    "sign",
                    "validate",
                    "--pretty-print",
                    "--trust",
                    path(&root),
                    "--trust-replace",
                    path(&file),
                ]);
                let text = printed(&output);
                assert!(output.status.success(), "{name} {level:?} {scheme:?}:\n{text}");
                let judged = text.matches("The signature is judged VALID.").count();
                assert_eq!(judged, 2, "{name} {level:?} {scheme:?}:\n{text}");
                if level == Level::Blta {
                    // By the rules for long-term data too, with past proof of existence.
                    let output = pyhanko(&[
                        "sign",
                        "adesverify",
                        "--pretty-print",
                        "--trust",
                        path(&root),
                        "--trust-replace",
                        path(&file),
                    ]);
                    let text = printed(&output);
                    let judged = text.matches("The signature is judged VALID.").count();
                    assert_eq!(judged, 2, "{name} {scheme:?}:\n{text}");
                    assert!(!text.contains("without past proof of existence"), "{text}");
                }
            }
        }
    }
}

#[test]
fn pdfsig_accepts_what_we_sign() {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in [("classic", letter()), ("compressed", letter_compressed())] {
        let file = folder.path().join(format!("{name}.pdf"));
        std::fs::write(&file, sealed(&bytes, Level::Bt, SignatureScheme::RsaPkcs1)).unwrap();
        let output = Command::new("pdfsig").args(["-nocert", path(&file)]).output();
        let text = printed(&output.expect("pdfsig of poppler-utils"));
        assert_eq!(text.matches("Signature is Valid.").count(), 2, "{text}");
        assert!(text.contains("Total document signed"), "{text}");
    }
}

#[test]
fn we_accept_what_pyhanko_signs() {
    let folder = tempfile::tempdir().unwrap();
    let (root, sub) = (rig_file("certs/root.pem"), rig_file("certs/sub.pem"));
    let tsa = rig("RIG_TSA_URL");
    for (name, bytes) in [("classic", letter()), ("compressed", letter_compressed())] {
        for (kind, options, level) in [
            ("pades", &["--use-pades"][..], Some(Level::Bb)),
            ("pss", &["--use-pades", "--prefer-pss"], Some(Level::Bb)),
            ("pades-t", &["--use-pades", "--timestamp-url", &tsa], Some(Level::Bt)),
            ("adobe", &[], None),
            ("adobe-t", &["--timestamp-url", &tsa], None),
        ] {
            let (plain, once, twice) = (
                folder.path().join(format!("{name}-{kind}-0.pdf")),
                folder.path().join(format!("{name}-{kind}-1.pdf")),
                folder.path().join(format!("{name}-{kind}-2.pdf")),
            );
            std::fs::write(&plain, &bytes).unwrap();
            for (signer, field, from, to) in [
                ("leader", "1/300,100,420,140/Leader", &plain, &once),
                ("org", "1/200,100,290,190/Seal", &once, &twice),
            ] {
                let (key, certificate) = (
                    rig_file(&format!("keys/{signer}.pem")),
                    rig_file(&format!("certs/{signer}.pem")),
                );
                let mut arguments = vec!["sign", "addsig", "--field", field];
                arguments.extend_from_slice(options);
                arguments.extend_from_slice(&[
                    "pemder",
                    "--key",
                    path(&key),
                    "--cert",
                    path(&certificate),
                    "--chain",
                    path(&sub),
                    "--chain",
                    path(&root),
                    "--no-pass",
                    path(from),
                    path(to),
                ]);
                let output = pyhanko(&arguments);
                assert!(output.status.success(), "{kind}: {}", printed(&output));
            }
            let report = checked(&std::fs::read(&twice).unwrap());
            assert_eq!(report.verdict, Verdict::Valid, "{name} {kind}: {report:?}");
            let [one, two] = &report.signatures[..] else { panic!("two signatures") };
            assert_eq!((one.field.as_str(), two.field.as_str()), ("Leader", "Seal"));
            assert_eq!((one.level, two.level), (level, level), "{name} {kind}");
            assert_eq!(one.modifications, Modifications::Permitted, "{:?}", one.changes);
            assert_eq!(two.modifications, Modifications::None);
        }
    }
}

/// A P-256 signer under the rig's authority, made by openssl: the rig's own P-256
/// certificates are for logging in only.
fn elliptic(folder: &Path) -> Signer {
    let run = |arguments: &[&str]| {
        let output = Command::new("openssl").args(arguments).current_dir(folder).output();
        let output = output.expect("openssl");
        assert!(output.status.success(), "{}", printed(&output));
    };
    let (authority, authority_key) = (rig_file("certs/sub.pem"), rig_file("keys/sub.pem"));
    std::fs::write(folder.join("ext"), "keyUsage=critical,digitalSignature,nonRepudiation\n")
        .unwrap();
    run(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "key"]);
    run(&["req", "-new", "-key", "key", "-out", "request", "-subj", "/C=VN/CN=Test P-256"]);
    run(&[
        "x509",
        "-req",
        "-in",
        "request",
        "-CA",
        path(&authority),
        "-CAkey",
        path(&authority_key),
        "-set_serial",
        "4711",
        "-days",
        "30",
        "-sha256",
        "-extfile",
        "ext",
        "-out",
        "certificate",
    ]);
    run(&["x509", "-in", "certificate", "-outform", "DER", "-out", "der"]);
    run(&[
        "pkcs12",
        "-export",
        "-inkey",
        "key",
        "-in",
        "certificate",
        "-passout",
        "pass:test",
        "-out",
        "p12",
    ]);
    let der = std::fs::read(folder.join("der")).unwrap();
    Signer::open(
        folder.join("p12"),
        Certificate::from_der(&der).unwrap(),
        vec![certificate("sub"), certificate("root")],
    )
}

#[test]
fn elliptic_curves_are_signed_with_and_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let mut signer = elliptic(folder.path());
    let signed = signer.sign_plainly(&letter());
    let report = checked(&signed);
    assert_eq!(report.verdict, Verdict::Valid, "{report:?}");
    assert_eq!(report.to_json("x")["signatures"][0]["key"], "P-256");
    let file = folder.path().join("signed.pdf");
    std::fs::write(&file, signed).unwrap();
    let root = rig_file("certs/root.pem");
    let output = pyhanko(&[
        "sign",
        "validate",
        "--pretty-print",
        "--trust",
        path(&root),
        "--trust-replace",
        path(&file),
    ]);
    let text = printed(&output);
    assert!(text.contains("The signature is judged VALID."), "{text}");
    let output = Command::new("pdfsig").args(["-nocert", path(&file)]).output().unwrap();
    assert!(printed(&output).contains("Signature is Valid."), "{}", printed(&output));
}

#[test]
fn we_accept_what_pyhanko_preserves() {
    let folder = tempfile::tempdir().unwrap();
    let (root, sub) = (rig_file("certs/root.pem"), rig_file("certs/sub.pem"));
    let (key, certificate) = (rig_file("keys/leader.pem"), rig_file("certs/leader.pem"));
    let tsa = rig("RIG_TSA_URL");
    for (kind, option, level) in
        [("lt", "--use-pades", Level::Blt), ("lta", "--use-pades-lta", Level::Blta)]
    {
        let plain = folder.path().join(format!("{kind}-0.pdf"));
        let signed = folder.path().join(format!("{kind}-1.pdf"));
        std::fs::write(&plain, letter()).unwrap();
        let output = pyhanko(&[
            "sign",
            "addsig",
            "--field",
            "1/300,100,420,140/Leader",
            option,
            "--with-validation-info",
            "--timestamp-url",
            &tsa,
            "--trust",
            path(&root),
            "--trust-replace",
            "--other-certs",
            path(&sub),
            "pemder",
            "--key",
            path(&key),
            "--cert",
            path(&certificate),
            "--chain",
            path(&sub),
            "--no-pass",
            path(&plain),
            path(&signed),
        ]);
        assert!(output.status.success(), "{kind}: {}", printed(&output));
        let bytes = std::fs::read(&signed).unwrap();
        let report = checked(&bytes);
        assert_eq!(report.verdict, Verdict::Valid, "{kind}: {report:?}");
        assert_eq!(report.signatures[0].level, Some(level), "{kind}: {report:?}");
        // The signature itself needs no line any more.
        assert_eq!(checked_offline(&bytes).signatures[0].verdict, Verdict::Valid, "{kind}");
    }
}

/// Certifies `from` with pyHanko, permitting what its name for a level says.
fn certified(folder: &Path, permission: &str) -> Vec<u8> {
    const SCRIPT: &str = "
import sys
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm
key, certificate, above, permission, source, target = sys.argv[1:]
signer = signers.SimpleSigner.load(key, certificate, ca_chain_files=(above,))
with open(source, 'rb') as file, open(target, 'wb') as out:
    metadata = signers.PdfSignatureMetadata(
        field_name='Certified', certify=True, docmdp_permissions=MDPPerm[permission])
    signers.sign_pdf(IncrementalPdfFileWriter(file), metadata, signer, output=out)
";
    let (plain, signed) = (folder.join("plain.pdf"), folder.join("certified.pdf"));
    std::fs::write(&plain, letter()).unwrap();
    let [key, certificate, above] = ["keys/leader.pem", "certs/leader.pem", "certs/sub.pem"]
        .map(|file| rig_file(file).into_os_string());
    let output = python()
        .args(["-c", SCRIPT])
        .args([&key, &certificate, &above])
        .arg(permission)
        .args([&plain, &signed])
        .output()
        .expect("the Python of pyHanko");
    assert!(output.status.success(), "{}", printed(&output));
    std::fs::read(signed).unwrap()
}

#[test]
fn a_certified_document_is_signed_only_if_it_permits_that() {
    let folder = tempfile::tempdir().unwrap();
    let closed = certified(folder.path(), "NO_CHANGES");
    assert_eq!(checked(&closed).verdict, Verdict::Valid, "{:?}", checked(&closed));
    let file = source(&closed);
    let job = SigningJob::new(&file, Timestamp::now());
    let refused = Signer::new("org").sign(&job).unwrap_err();
    assert!(matches!(refused, SigningError::Pdf(PdfError::Forbidden(_))), "{refused:?}");
    // Whoever signs it all the same breaks the certification.
    let (key, certificate) = (rig_file("keys/org.pem"), rig_file("certs/org.pem"));
    let (from, to) = (folder.path().join("certified.pdf"), folder.path().join("forced.pdf"));
    let script = format!(
        "
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.signers import pdf_signer
pdf_signer.PdfSigner._enforce_certification_constraints = lambda *_: None
signer = signers.SimpleSigner.load({:?}, {:?})
with open({:?}, 'rb') as file, open({:?}, 'wb') as out:
    signers.sign_pdf(IncrementalPdfFileWriter(file),
        signers.PdfSignatureMetadata(field_name='Forced'), signer, output=out)
",
        path(&key),
        path(&certificate),
        path(&from),
        path(&to)
    );
    let output = python().args(["-c", &script]).output().expect("the Python of pyHanko");
    assert!(output.status.success(), "{}", printed(&output));
    let report = checked(&std::fs::read(&to).unwrap());
    assert_eq!(reasons(&report), ["changed-after-signing"], "{report:?}");
    assert!(report.signatures[0].changes.contains(&Change::Locked("Forced".to_owned())));

    let open = certified(folder.path(), "FILL_FORMS");
    let sealed = Signer::new("org").sign_plainly(&open);
    assert_eq!(checked(&sealed).verdict, Verdict::Valid, "{:?}", checked(&sealed));
}
