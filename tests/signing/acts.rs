//! The six acts on drafts that others made, and number and date written with the seal, as
//! pyHanko judges them.

use std::path::Path;
use std::process::Command;

use jiff::Timestamp;
use lopdf::Object;
use serde_json::Value;
use vanthu::domain::act::SigningAct;
use vanthu::domain::document::Code;
use vanthu::domain::verdict::Verdict;
use vanthu::office::head;
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::pdf::{POINTS_PER_MM, Rect};
use vanthu::signing::{Change, SigningError, SigningJob};

use super::support::*;

fn draft(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/drafts/{name}.pdf", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

/// `vanthuctl sign` of a draft with one of the rig's signers: the signed file.
fn signed(bytes: &[u8], who: &str, words: &[&str]) -> (Vec<u8>, Value) {
    let folder = tempfile::tempdir().unwrap();
    let (input, output) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&input, bytes).unwrap();
    let token = format!("file:{}", rig_file(&format!("p12/{who}.p12")).display());
    let done = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
        .args(["--json", "sign"])
        .args([&input, &output])
        .args(["--token", &token, "--pin-env", "PIN"])
        .args(words)
        .env("PIN", "test")
        .env("VANTHU_DATA_DIR", folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{words:?}: {text}");
    let json = serde_json::from_slice(&done.stdout).unwrap();
    (std::fs::read(output).unwrap(), json)
}

/// Where the latest signature stands, in points from the bottom left of the page as shown.
fn place(bytes: &[u8]) -> Rect {
    let source = source(bytes);
    let rect = source.signature_fields().unwrap().last().unwrap().rect.unwrap();
    source.page_geometry(1).unwrap().points_from_user(rect)
}

fn stated(bytes: &[u8]) -> Option<SigningAct> {
    let report = checked_offline(bytes);
    let reason = report.signatures.last().unwrap().stated_reason.clone().unwrap();
    SigningAct::from_reason(&reason)
}

/// pyHanko's word on every signature of a file.
fn judged_valid(folder: &Path, name: &str, bytes: &[u8], signatures: usize) -> String {
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    let root = rig_file("certs/root.pem");
    let words = ["sign", "validate", "--pretty-print", "--trust", root.to_str().unwrap()];
    let output = pyhanko(&[&words[..], &["--trust-replace", file.to_str().unwrap()]].concat());
    let text = printed(&output);
    assert!(output.status.success(), "{name}:\n{text}");
    let judged = text.matches("The signature is judged VALID.").count();
    assert_eq!(judged, signatures, "{name}:\n{text}");
    text
}

#[test]
fn each_act_chooses_whose_signature_its_look_and_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = draft("quyet-dinh");
    let name = "Nguyễn Văn Hòa";
    let number = ["--number", "07/QĐ-UBND", "--date", "2026-11-06"];
    let approve = [&["--act", "approve", "--at-text", name][..], &number].concat();
    let (approved, json) = signed(&bytes, "leader", &approve);
    assert_eq!(json["act"], "approve");
    assert_eq!(stated(&approved), Some(SigningAct::Approve));
    let personal = place(&approved);

    let png = vanthu::pdf::appearance::demo_seal("Ủy ban nhân dân xã Tân Bình").unwrap();
    let stamp = folder.path().join("dau.png");
    std::fs::write(&stamp, png).unwrap();
    let issue = ["--act", "issue", "--image", stamp.to_str().unwrap(), "--seal-mm", "34"];
    let (issued, json) = signed(&approved, "org", &issue);
    assert_eq!(json["act"], "issue");
    assert_eq!(json["warnings"].as_array().unwrap().len(), 0);
    assert_eq!(stated(&issued), Some(SigningAct::Issue));
    let seal = place(&issued);
    assert!((seal.width - 34.0 * POINTS_PER_MM).abs() < 0.1, "real size: {seal:?}");
    let covered = (seal.right() - personal.x) / personal.width;
    assert!((covered - 1.0 / 3.0).abs() < 0.01, "a third, from the left: {covered}");

    let corner = |act: &str, more: &[&str]| {
        let (bytes, json) = signed(&bytes, "org", &[&["--act", act][..], more].concat());
        assert_eq!(json["act"], act);
        assert_eq!(stated(&bytes).map(SigningAct::key), Some(json["act"].as_str().unwrap()));
        let rect = place(&bytes);
        assert!(rect.x > 380.0 && rect.right() < 595.0 && rect.y > 780.0, "{act}: {rect:?}");
        judged_valid(folder.path(), act, &bytes, 1);
    };
    corner("appendix", &["--number", "07/QĐ-UBND"]);
    corner("copy", &["--copy-kind", "SAO LỤC", "--organisation", "UBND xã Tân Bình"]);
    corner("income", &[]);
    let comment =
        ["--act", "comment", "--comment", "Đồng ý", "--page", "1", "--rect", "60,60,200,50"];
    let (commented, _) = signed(&bytes, "leader", &comment);
    assert_eq!(stated(&commented), Some(SigningAct::Comment));
    judged_valid(folder.path(), "issued.pdf", &issued, 2);
}

#[test]
fn an_opaque_image_is_refused_before_the_pin() {
    let folder = tempfile::tempdir().unwrap();
    let opaque = folder.path().join("trắng.png");
    let mut png = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(200, 80, image::Rgb([255, 255, 255]))
        .write_to(&mut png, image::ImageFormat::Png)
        .unwrap();
    std::fs::write(&opaque, png.into_inner()).unwrap();
    let input = folder.path().join("in.pdf");
    std::fs::write(&input, draft("quyet-dinh")).unwrap();
    for (image, code, status) in
        [(&opaque, "office-image-opaque", 5), (&input, "office-image-not-png", 3)]
    {
        let done = Command::new(env!("CARGO_BIN_EXE_vanthuctl"))
            .args(["--json", "sign"])
            .args([&input, &folder.path().join("out.pdf")])
            .args(["--token", "file:/nowhere.p12", "--as", "personal", "--invisible", "--image"])
            .arg(image)
            .output()
            .unwrap();
        let json: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(json["error"]["code"], code, "{json}");
        assert_eq!(done.status.code(), Some(status), "{json}");
    }
}

/// Number and date of a draft, as they are to be.
fn entry(notation: &str) -> head::Entry {
    let code = Code { number: "128".to_owned(), notation: notation.to_owned() };
    head::Entry::new(code, jiff::civil::date(2026, 11, 6))
}

fn read(source: &Source) -> vanthu::pdf::blanks::IssueHead {
    let document = Renderer::start().unwrap().open_source(source).unwrap();
    head::read(source, &document).unwrap()
}

/// Signed personally with its blanks left open.
fn left_open(name: &str, notation: &str) -> Vec<u8> {
    let source = source(&draft(name));
    let code = Code { number: String::new(), notation: notation.to_owned() };
    let (stamps, keep_open) = head::left_open(&code, &read(&source)).unwrap();
    let look = super::place(300.0, 120.0);
    let job = SigningJob { stamps, keep_open, look, ..SigningJob::new(&source, Timestamp::now()) };
    Signer::new("leader").sign(&job).unwrap().to_bytes().unwrap()
}

#[test]
fn number_and_date_with_the_seal_fill_a_form_and_break_nothing() {
    let folder = tempfile::tempdir().unwrap();
    for (name, notation, count) in
        [("quyet-dinh", "QĐ-UBND", 2), ("cong-van", "UBND-VX", 3), ("to-trinh", "TTr-UBND", 4)]
    {
        let open = left_open(name, notation);
        judged_valid(folder.path(), &format!("{name}-open.pdf"), &open, 1);
        let source = source(&open);
        let fill = entry(notation).openings(&read(&source)).unwrap();
        assert_eq!(fill.len(), count, "{name}");
        let look = super::place(240.0, 120.0);
        let job = SigningJob { fill, look, ..SigningJob::new(&source, Timestamp::now()) };
        let sealed = Signer::new("org").sign(&job).unwrap().to_bytes().unwrap();
        let said = judged_valid(folder.path(), &format!("{name}-sealed.pdf"), &sealed, 2);
        // The personal signature's page was only filled in.
        assert!(said.contains("form"), "{said}");

        // And we say the same, and what was written.
        let report = checked(&sealed);
        assert_eq!(report.verdict, Verdict::Valid, "{name}: {:?}", report.signatures);
        let written: Vec<_> = report.signatures[0]
            .changes
            .iter()
            .filter(|change| matches!(change, Change::NumberAndDate { .. }))
            .collect();
        assert_eq!(written.len(), count, "{name}: {:?}", report.signatures[0].changes);

        let now = self::source(&sealed);
        let fields = now.fields().unwrap();
        let value = |name: &str| {
            let field = fields.iter().find(|field| field.name == name)?;
            let value = field.dictionary.get(b"V").and_then(Object::as_str).ok()?;
            Some(String::from_utf8(value.to_vec()).unwrap())
        };
        assert_eq!(value("VtNumber").as_deref(), Some("128"), "{name}");
        assert_eq!(value("VtDay").as_deref(), Some("06"), "{name}");
        // Locked: a further signature cannot fill them again.
        let again = entry(notation).openings(&read(&now)).unwrap();
        let job = SigningJob { fill: again, ..SigningJob::new(&now, Timestamp::now()) };
        assert_eq!(Signer::new("org").sign(&job).unwrap_err(), SigningError::NothingLeftOpen);
        // It is seen in the blank, and the field does not reach over the words around it.
        let before = shot(&draft(name));
        let after = shot(&sealed);
        let page = now.page_geometry(1).unwrap();
        for opening in entry(notation).openings(&read(&self::source(&draft(name)))).unwrap() {
            let field = fields.iter().find(|field| {
                Some(field.name.as_str()) == vanthu::signing::field_name(opening.part)
            });
            let rect = now.rectangle(field.unwrap().dictionary.get(b"Rect").unwrap()).unwrap();
            let shown = page.points_from_user(rect);
            let (_, height) = page.shown_points();
            let ink = |bitmap: &vanthu::pdf::render::Bitmap| {
                dark(bitmap, Rect { y: height - shown.y - shown.height, ..shown })
            };
            assert!(ink(&after) > ink(&before) + 20, "{name}: nothing is seen in {shown:?}");
        }
    }
}

#[test]
fn a_seal_fills_nothing_that_was_not_left_open() {
    let bytes = draft("quyet-dinh");
    let plain = Signer::new("leader").sign_plainly(&bytes);
    let source = source(&plain);
    let fill = entry("QĐ-UBND").openings(&read(&source)).unwrap();
    let job = SigningJob { fill, ..SigningJob::new(&source, Timestamp::now()) };
    assert_eq!(Signer::new("org").sign(&job).unwrap_err(), SigningError::NothingLeftOpen);
    // Nor is anything left open under a signature that stands already.
    let code = Code { number: String::new(), notation: "QĐ-UBND".to_owned() };
    let (_, keep_open) = head::left_open(&code, &read(&source)).unwrap();
    let job = SigningJob { keep_open, ..SigningJob::new(&source, Timestamp::now()) };
    assert_eq!(Signer::new("org").sign(&job).unwrap_err(), SigningError::WouldBreakEarlier);
}

/// The first page, one pixel to a quarter of a point.
fn shot(bytes: &[u8]) -> vanthu::pdf::render::Bitmap {
    Renderer::start().unwrap().open(bytes.into()).unwrap().page(0, 4.0).unwrap()
}

/// Dark pixels in a rectangle in points from the top left.
fn dark(bitmap: &vanthu::pdf::render::Bitmap, rect: Rect) -> usize {
    let span = |from: f32, size: f32| (from * 4.0) as usize..((from + size) * 4.0) as usize;
    let pixel = |x: usize, y: usize| {
        let at = (y * bitmap.width as usize + x) * 4;
        bitmap.rgba.get(at).is_some_and(|red| *red < 128)
    };
    span(rect.y, rect.height)
        .map(|y| span(rect.x, rect.width).filter(|x| pixel(*x, y)).count())
        .sum()
}
