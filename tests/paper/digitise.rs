//! From pages to an inbound document, signed for the organisation.

use std::sync::Arc;

use vanthu::domain::paper::Remark;
use vanthu::office::batch::Cancel;
use vanthu::pdf::structure::Source;

use crate::scans::{grey, images, jpeg, page_size, poppler};
use crate::{Desk, data};

fn digitised(desk: &Desk, subject: &str) -> vanthu::domain::document::DocumentKey {
    let mut sheaf = desk.office().sheaf().unwrap().unwrap();
    sheaf.subject = subject.to_owned();
    desk.office().digitise(&sheaf, &mut |_, _| {}, &Cancel::default()).unwrap()
}

#[test]
fn paper_becomes_a_document_and_the_fact_stays() {
    let desk = Desk::found("hau-giang-2019");
    let office = desk.office();
    let colour = std::fs::read(jpeg(desk.root.path(), "một")).unwrap();
    let grey = std::fs::read(grey(desk.root.path(), "hai", "cong-van", 150)).unwrap();
    office.add_to_sheaf("một.jpg", &colour).unwrap();
    office.add_to_sheaf("hai.png", &grey).unwrap();
    office
        .add_to_sheaf("fax.tif", &std::fs::read(data("paper/hai-trang-g4.tif")).unwrap())
        .unwrap();
    let key = digitised(&desk, "Công văn giấy của Sở Nội vụ");
    let document = office.inbound_document(key).unwrap();
    let paper = document.paper.unwrap();
    assert_eq!((paper.pages, paper.by.as_str(), paper.least_dpi), (4, "be", Some(150)));
    assert_eq!(paper.remarks, [(Remark::Coarse, vec![2]), (Remark::Colourless, vec![2, 3, 4])]);
    assert_eq!(paper.seal, None);
    assert_eq!(document.metadata.pages, Some(4));
    // The sheaf is a document now, and nowhere else.
    assert_eq!(office.sheaf().unwrap(), None);
    let pdf = desk.path("ra.pdf");
    std::fs::write(&pdf, office.main_file(key).unwrap()).unwrap();
    let dpi: Vec<_> = images(&pdf).iter().map(|image| image.dpi.0).collect();
    assert_eq!(dpi, [200, 150, 200, 200]);
    desk.audit();
}

#[test]
fn the_copy_is_signed_once_in_its_corner() {
    for (profile, image) in [("hau-giang-2019", true), ("current", false)] {
        let desk = Desk::found(profile);
        let office = desk.office();
        let order = desk.seal();
        let seal = vanthu::pdf::appearance::demo_seal("Ủy ban nhân dân xã Tân Bình").unwrap();
        office.set_seal_image(&seal).unwrap();
        let page = std::fs::read(jpeg(desk.root.path(), "một")).unwrap();
        office.add_to_sheaf("một.jpg", &page).unwrap();
        let key = digitised(&desk, "Thông báo");
        let before = office.main_file(key).unwrap();
        let made = office.seal_copy(key, &order).unwrap();
        let document = office.inbound_document(key).unwrap();
        let sealed = document.paper.unwrap().seal.unwrap();
        assert_eq!(sealed.signer, made.signer);
        assert_eq!(document.verdict.signatures.len(), 1, "{profile}");
        assert_eq!(
            document.verdict.verdict,
            vanthu::domain::verdict::Verdict::Valid,
            "{profile}: {:?}",
            document.verdict
        );
        let act = document.verdict.signatures[0].detail.act;
        assert_eq!(act, Some(vanthu::domain::act::SigningAct::Income));
        // The scan stands in the signed file byte for byte; the signature is in the corner.
        let after = office.main_file(key).unwrap();
        assert!(after.starts_with(&before));
        let source = Source::parse(after.clone()).unwrap();
        let fields = source.signature_fields().unwrap();
        assert_eq!(fields.len(), 1);
        let pdf = desk.path("ký.pdf");
        std::fs::write(&pdf, &after).unwrap();
        let (_, height, _) = page_size(&pdf, 1);
        let rendered =
            vanthu::pdf::render::Renderer::start().unwrap().open(Arc::clone(&after)).unwrap();
        let shown = rendered.page(0, 1.0).unwrap();
        // Red ink of the stamp in the top right corner, by the form of 2019 alone.
        let red = shown.rgba.chunks(4).enumerate().filter(|(at, pixel)| {
            let (x, y) = (at % shown.width as usize, at / shown.width as usize);
            pixel[0] > 150 && pixel[1] < 90 && x as f64 > 400.0 && (y as f64) < height / 5.0
        });
        assert_eq!(red.count() > 300, image, "{profile}");
        // Twice is refused before a PIN is asked for.
        let again = office.seal_copy(key, &order).unwrap_err();
        assert_eq!(again.code, "office-copy-signed");
        desk.audit();
    }
}

#[test]
fn a_wrong_pin_leaves_the_copy_visibly_unsigned() {
    let desk = Desk::found("current");
    let mut order = desk.seal();
    let page = std::fs::read(jpeg(desk.root.path(), "một")).unwrap();
    desk.office().add_to_sheaf("một.jpg", &page).unwrap();
    let key = digitised(&desk, "Thông báo");
    order.pin = vanthu::token::Pin::new("sai");
    desk.office().seal_copy(key, &order).unwrap_err();
    let document = desk.office().inbound_document(key).unwrap();
    assert_eq!(document.paper.unwrap().seal, None);
    assert!(document.verdict.signatures.is_empty());
}

#[test]
fn a_crash_in_the_middle_loses_no_page() {
    let mut desk = Desk::found("current");
    let page = std::fs::read(jpeg(desk.root.path(), "một")).unwrap();
    desk.office().add_to_sheaf("một.jpg", &page).unwrap();
    desk.office()
        .add_to_sheaf("fax.tif", &std::fs::read(data("paper/hai-trang-g4.tif")).unwrap())
        .unwrap();
    let mut sheaf = desk.office().sheaf().unwrap().unwrap();
    let last = sheaf.pages[2].id;
    sheaf.move_to(last, 0);
    sheaf.pages[1].turn(1);
    sheaf.pages[1].straighten(-7);
    desk.office().keep_sheaf(&sheaf).unwrap();
    desk.reopen();
    assert_eq!(desk.office().sheaf().unwrap().as_ref(), Some(&sheaf));
    // The bytes are there: the page can be drawn.
    let drawn = desk.office().sheaf_page(&sheaf.pages[1]).unwrap();
    let path = desk.path("trang.pdf");
    std::fs::write(&path, drawn).unwrap();
    let (width, height, _) = page_size(&path, 1);
    assert!(width > height);
    desk.office().drop_sheaf().unwrap();
    assert_eq!(desk.office().sheaf().unwrap(), None);
}

#[test]
fn the_same_paper_is_not_digitised_twice_and_a_cancel_keeps_it() {
    let desk = Desk::found("current");
    let page = std::fs::read(jpeg(desk.root.path(), "một")).unwrap();
    desk.office().add_to_sheaf("một.jpg", &page).unwrap();
    let mut sheaf = desk.office().sheaf().unwrap().unwrap();
    let nameless = desk.office().digitise(&sheaf, &mut |_, _| {}, &Cancel::default());
    assert_eq!(nameless.unwrap_err().code, "office-field-invalid");
    sheaf.subject = "Thông báo".to_owned();
    let cancel = Cancel::default();
    cancel.cancel();
    let stopped = desk.office().digitise(&sheaf, &mut |_, _| {}, &cancel);
    assert_eq!(stopped.unwrap_err().code, "office-digitising-cancelled");
    assert_eq!(desk.office().sheaf().unwrap().unwrap().pages.len(), 1);
    let key = desk.office().digitise(&sheaf, &mut |_, _| {}, &Cancel::default()).unwrap();
    let again = desk.office().digitise(&sheaf, &mut |_, _| {}, &Cancel::default()).unwrap_err();
    assert_eq!(again.code, "office-digitised-already");
    assert!(again.args.iter().any(|(_, id)| *id == key.to_string()));
}

#[test]
fn what_its_issuer_has_signed_is_no_scan() {
    let desk = Desk::found("current");
    let signed = std::fs::read(data("signed/two-signatures.pdf")).unwrap();
    let refused = desk.office().add_to_sheaf("đã ký.pdf", &signed).unwrap_err();
    assert_eq!(refused.code, "office-signed-pdf");
    let key = match desk.office().import("đã ký.pdf", signed).unwrap() {
        vanthu::office::Imported::Document(key) => key,
        other => panic!("{other:?}"),
    };
    let order = desk.seal();
    assert_eq!(desk.office().seal_copy(key, &order).unwrap_err().code, "office-not-paper");
}

#[test]
fn blank_pages_are_proposed_and_written_ones_are_not() {
    let desk = Desk::found("current");
    let blank = desk.path("trắng.png");
    image::RgbImage::from_pixel(1654, 2339, image::Rgb([250, 249, 247])).save(&blank).unwrap();
    let page = std::fs::read(jpeg(desk.root.path(), "một")).unwrap();
    let office = desk.office();
    office.add_to_sheaf("một.jpg", &page).unwrap();
    office.add_to_sheaf("trắng.png", &std::fs::read(&blank).unwrap()).unwrap();
    let sheaf = office.sheaf().unwrap().unwrap();
    let looks: Vec<_> =
        sheaf.pages.iter().map(|page| office.look_at_page(page).unwrap().blank).collect();
    assert_eq!(looks, [false, true]);
}

#[test]
fn vanthuctl_digitises_and_signs() {
    let desk = Desk::found("current");
    let order = desk.seal();
    let vanthu::token::Selector::File { path } = &order.token else { panic!() };
    let token = format!("file:{}", path.display());
    let first = jpeg(desk.root.path(), "một");
    let blank = desk.path("trắng.png");
    image::RgbImage::from_pixel(827, 1169, image::Rgb([255, 255, 255])).save(&blank).unwrap();
    let data_dir = desk.path("data");
    drop(desk.office);
    let environment = [("VANTHU_PASSWORD", crate::PASSWORD), ("P12_PIN", "test")];
    let ctl = |words: &[&str]| {
        let mut all = vec!["--data-dir", data_dir.to_str().unwrap(), "--user", "be"];
        all.extend(words);
        crate::support::ctl(&all, &environment)
    };
    let (first, blank) = (first.to_str().unwrap(), blank.to_str().unwrap());
    let made = ctl(&[
        "digitise",
        first,
        blank,
        "--subject",
        "Công văn giấy",
        "--rotate",
        "1=90",
        "--deskew",
        "--drop-blank",
        "--seal",
        "--token",
        &token,
        "--pin-env",
        "P12_PIN",
    ])
    .done();
    assert_eq!(made["dropped"], serde_json::json!([2]));
    assert_eq!(made["paper"]["pages"], 1);
    assert_eq!(made["verdict"], "valid", "{made}");
    let id = made["id"].as_str().unwrap();
    let out = desk.root.path().join("xuất.pdf");
    ctl(&["export", id, out.to_str().unwrap()]).done();
    let (width, height, _) = page_size(&out, 1);
    assert!(width > height);
    let signatures = poppler("pdfsig", &["-nocert", out.to_str().unwrap()]);
    assert!(signatures.contains("Signature is Valid"), "{signatures}");
    // Without a token: digitised now, signed later.
    let later = ctl(&["digitise", first, "--subject", "Công văn khác"]).done();
    assert_eq!(later["paper"]["signer"], serde_json::Value::Null);
    let id = later["id"].as_str().unwrap();
    let sealed = ctl(&["seal-copy", id, "--token", &token, "--pin-env", "P12_PIN"]).done();
    let signer = sealed["paper"]["signer"].as_str().unwrap();
    assert!(signer.starts_with("Ủy ban nhân dân xã Tân Bình"), "{signer}");
    let shown = ctl(&["show", id]).done();
    let history = shown["history"].to_string();
    assert!(history.contains("Số hóa từ văn bản giấy"), "{history}");
    assert_eq!(
        ctl(&["digitise", first, "--subject", "x", "--rotate", "45"]).failed(2),
        "ctl-usage"
    );
    ctl(&["audit", "verify"]).done();
}
