//! What the page says of number and date, annexes, and numbers taken with the seal: in an
//! office, by its people.

use jiff::Timestamp;
use vanthu::domain::act::SigningAct;
use vanthu::domain::calendar;
use vanthu::domain::document::FileRef;
use vanthu::pdf::structure::Source;
use vanthu::signing::{CheckOptions, check};
use vanthu::{pki, signing};

use crate::place::{Place, decision, draft, p12};

fn sign<'a>(id: &'a str, token: &'a str) -> Vec<&'a str> {
    vec!["sign-document", id, "--token", token, "--pin-env", "P12_PIN"]
}

fn seal<'a>(id: &'a str, token: &'a str) -> Vec<&'a str> {
    vec!["seal", id, "--token", token, "--pin-env", "P12_PIN"]
}

/// A drafted document that waits for its signature.
fn waiting(place: &Place, name: &str, pdf: &[u8], more: &[&str]) -> String {
    let file = place.file(name, pdf);
    let answer = place.run("soanthao", &draft(&file, more)).done();
    let id = answer["id"].as_str().unwrap().to_owned();
    place.run("soanthao", &["review", &id, "--to", "sign"]).done();
    id
}

fn files(place: &Place, id: &str) -> Vec<FileRef> {
    let key = id.parse().unwrap();
    let state = place.state();
    state.outbound.into_iter().find(|document| document.key == key).unwrap().files
}

fn bytes(place: &Place, file: &FileRef) -> Vec<u8> {
    place.store().blob(&file.blob).unwrap().to_vec()
}

fn acts(bytes: &[u8]) -> Vec<Option<SigningAct>> {
    let trust = pki::TrustStore::empty();
    let options = CheckOptions { trust: &trust, at: None, online: None };
    let report: signing::Report = check(bytes.into(), &options).unwrap();
    let act = |reason: &Option<String>| SigningAct::from_reason(reason.as_deref()?);
    report.signatures.iter().map(|one| act(&one.stated_reason)).collect()
}

#[test]
fn a_draft_that_says_another_number_or_date() {
    let place = Place::new();
    let today = calendar::local(Timestamp::now()).date();
    let typed = decision(|sheet| sheet.code.number = "99".to_owned());
    let dated = decision(|sheet| sheet.date = Some(jiff::civil::date(2019, 5, 6)));
    let other = decision(|sheet| sheet.code.notation = "TB-UBND".to_owned());
    let token = p12("leader");
    for (name, pdf, stated) in [
        ("số.pdf", typed, "Số: 99/QĐ-UBND"),
        ("ngày.pdf", dated, "ngày 06 tháng 5 năm 2019"),
        ("ký-hiệu.pdf", other, "Số: …/TB-UBND"),
    ] {
        let id = waiting(&place, name, &pdf, &[]);
        // No PIN is there to be read: it is not asked for.
        let words = ["sign-document", &id, "--token", &token, "--pin-env", "NO_SUCH_PIN"];
        let error = place.refused("lanhdao", &words, 5, "office-head-differs");
        let facts = &error["facts"];
        assert!(facts["stated"].as_str().unwrap().contains(stated), "{facts}");
        assert!(facts["taken"].as_str().unwrap().contains("Số: 01/QĐ-UBND"), "{facts}");
        assert_eq!(place.state_of(&id), "to-sign");
    }
    // What is typed as it will be is signed as it stands: nothing is drawn over it.
    let right = decision(|sheet| {
        sheet.code.number = "01".to_owned();
        sheet.date = Some(today);
    });
    let id = waiting(&place, "đúng.pdf", &right, &[]);
    let signed = place.run("lanhdao", &sign(&id, &token)).done();
    assert_eq!(signed["code"], "01/QĐ-UBND");
    let page = |bytes: &[u8]| {
        let source = Source::parse(bytes.into()).unwrap();
        let (_, page) = source.page(1).unwrap();
        format!("{:?}", page.get(b"Contents").unwrap())
    };
    assert_eq!(page(&bytes(&place, &files(&place, &id)[0])), page(&right));
}

#[test]
fn a_scanned_draft() {
    let place = Place::new();
    let mut scan = lopdf::Document::load_mem(&decision(|_| {})).unwrap();
    let pages: Vec<_> = scan.page_iter().collect();
    for page in pages {
        let content = lopdf::Stream::new(lopdf::dictionary! {}, b"0 0 9 9 re f".to_vec());
        let content = scan.add_object(content);
        scan.get_dictionary_mut(page).unwrap().set("Contents", content);
    }
    let mut pdf = Vec::new();
    scan.save_to(&mut pdf).unwrap();
    let id = waiting(&place, "quét.pdf", &pdf, &[]);
    let token = p12("leader");
    place.refused("lanhdao", &sign(&id, &token), 5, "office-no-number-place");
    // Where a person says the place, the number is still missing.
    let words = [sign(&id, &token), vec!["--page", "1", "--rect", "300,200,120,60"]].concat();
    place.refused("lanhdao", &words, 5, "office-no-number-place");
}

#[test]
fn a_place_that_is_not_on_the_page_or_taken() {
    let place = Place::new();
    let id = place.to_sign();
    let (leader, org) = (p12("leader"), p12("org"));
    for rect in ["560,200,120,60", "-50,10,100,60", "10,830,100,60"] {
        let at = format!("--rect={rect}");
        let words = [sign(&id, &leader), vec!["--page", "1", &at]].concat();
        place.refused("lanhdao", &words, 5, "office-outside-page");
    }
    let at = [sign(&id, &leader), vec!["--page", "1", "--rect", "300,200,120,60"]].concat();
    place.run("lanhdao", &at).done();
    let over = [seal(&id, &org), vec!["--page", "1", "--rect", "290,190,140,80"]].concat();
    place.refused("vanthu", &over, 5, "office-place-taken");
    place.run("vanthu", &seal(&id, &org)).done();
}

#[test]
fn every_pdf_annex_is_signed_in_the_step_that_seals() {
    let place = Place::new();
    let annex = place.file("phụ lục.pdf", &decision(|sheet| sheet.subject = "Phụ lục".to_owned()));
    let note = place.file("ghi chú.txt", "Kính gửi".as_bytes());
    let locked = place.file("khóa.pdf", b"%PDF-1.7\nhong");
    let more = ["--attach", &annex, "--attach", &note];
    let id = waiting(&place, "chính.pdf", &decision(|_| {}), &more);
    place.run("lanhdao", &sign(&id, &p12("leader"))).done();
    let before = files(&place, &id);
    place.run("vanthu", &seal(&id, &p12("org"))).done();
    let after = files(&place, &id);
    let by_name = |files: &[FileRef], end: &str| {
        files.iter().find(|file| file.name.ends_with(end)).unwrap().clone()
    };
    assert_eq!(
        acts(&bytes(&place, &after[0])),
        [Some(SigningAct::Approve), Some(SigningAct::Issue)]
    );
    let signed = by_name(&after, "lục.pdf");
    assert_eq!(acts(&bytes(&place, &signed)), [Some(SigningAct::Appendix)]);
    assert!(bytes(&place, &signed).starts_with(&bytes(&place, &by_name(&before, "lục.pdf"))));
    assert_eq!(by_name(&after, ".txt"), by_name(&before, ".txt"));

    // An annex that cannot be signed keeps the whole from being sealed.
    let id = waiting(&place, "hai.pdf", &decision(|_| {}), &["--attach", &locked]);
    place.run("lanhdao", &sign(&id, &p12("leader"))).done();
    let error = place.refused("vanthu", &seal(&id, &p12("org")), 5, "office-annex-unfit");
    assert_eq!(error["facts"]["name"], "khóa.pdf");
    assert_eq!(place.state_of(&id), "to-seal");
}

#[test]
fn numbers_may_be_taken_with_the_seal() {
    let place = Place::new();
    place.run("quantri", &["config", "number-at", "organisation"]).done();
    let id = place.to_sign();
    let typed = decision(|sheet| sheet.code.number = "99".to_owned());
    let other = waiting(&place, "số.pdf", &typed, &[]);
    for id in [&id, &other] {
        let signed = place.run("lanhdao", &sign(id, &p12("leader"))).done();
        assert!(signed["number"].is_null(), "{signed}");
        assert_eq!(place.state_of(id), "to-seal");
    }
    assert_eq!(place.state().next_number, 1);
    // The page says another number than would be taken.
    place.refused("vanthu", &seal(&other, &p12("org")), 5, "office-head-differs");
    place.run("vanthu", &seal(&id, &p12("org"))).done();
    assert_eq!(place.state().next_number, 2);
    let shown = place.run("vanthu", &["show", &id]).done();
    assert_eq!(shown["state"], "to-issue");
    assert!(shown.to_string().contains("01/QĐ-UBND"), "{shown:#}");
    let source = Source::parse(bytes(&place, &files(&place, &id)[0]).into()).unwrap();
    let fields = source.fields().unwrap();
    let value = |name: &str| {
        let field = fields.iter().find(|field| field.name == name).unwrap();
        String::from_utf8(field.dictionary.get(b"V").unwrap().as_str().unwrap().to_vec()).unwrap()
    };
    assert_eq!(value("VtNumber"), "01");
    let today = calendar::local(Timestamp::now()).date();
    assert_eq!(value("VtDay"), format!("{:02}", today.day()));
    // Issuing checks both signatures again: what the seal wrote is a permitted change.
    place.run("vanthu", &["issue", &id]).done();
}
