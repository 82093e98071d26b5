//! Certified copies: numbered in a book of their own, signed in the corner or printed with
//! their block, and never of what has not been issued.

use vanthu::domain::act::SigningAct;
use vanthu::domain::book::BookId;
use vanthu::domain::copy::{CopyForm, CopyKind};
use vanthu::domain::document::{DocumentKey, Signer};
use vanthu::domain::outbound::SignatureKind;
use vanthu::domain::verdict::Verdict;
use vanthu::office::Office;
use vanthu::office::book::BookFilter;
use vanthu::office::certify::CopyOrder;
use vanthu::pki::TrustStore;
use vanthu::signing::check::{CheckOptions, check};

use crate::place::{LEADER, NAME, Place, drafted, order};

fn copy(of: DocumentKey, kind: CopyKind, to_paper: bool, pages: Vec<u32>) -> CopyOrder {
    let signer = Signer {
        competence: "TL. CHỦ TỊCH".to_owned(),
        position: "Công chức Văn phòng".to_owned(),
        full_name: LEADER.to_owned(),
    };
    let recipients = "Ông Nguyễn Văn A; Ban Chỉ huy quân sự".to_owned();
    CopyOrder { of, kind, to_paper, pages, recipients, signer }
}

fn text(office: &Office, pdf: std::sync::Arc<[u8]>, page: u32) -> String {
    let opened = office.renderer().unwrap().open(pdf).unwrap();
    let text = opened.text(page).unwrap().plain();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn copies_are_numbered_signed_and_printed() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    let seal = order(&place.dir, "seal");
    let early = office.certify_copy(&copy(key, CopyKind::True, false, Vec::new()), Some(&seal));
    assert_eq!(early.unwrap_err().code, "office-wrong-state");
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    office.seal(key, &seal).unwrap();
    office.issue(key).unwrap();

    // Whole and electronic: the signatures of the original stay whole under ours.
    let whole = copy(key, CopyKind::True, false, Vec::new());
    let first = office.certify_copy(&whole, Some(&seal)).unwrap();
    assert_eq!((first.written.as_str(), first.form), ("01/SY", CopyForm::ElectronicToElectronic));
    let (_, bytes) = office.copy_file(first.id).unwrap();
    let trust = TrustStore::from_dir(&place.dir.join("trust")).unwrap();
    let options = CheckOptions { trust: &trust, at: None, online: None };
    let report = check(bytes.clone(), &options).unwrap();
    let kinds: Vec<_> = report.signatures.iter().map(|one| one.kind).collect();
    use SignatureKind::{Organisation, Personal};
    assert_eq!(kinds, [Some(Personal), Some(Organisation), Some(Organisation)]);
    assert!(report.signatures.iter().all(|one| one.verdict != Verdict::Invalid), "{report:#?}");
    assert_eq!(report.signatures[2].act, Some(SigningAct::Copy));
    assert!(report.signatures[2].organisation().starts_with(NAME));

    // A part, on paper, with the block under it.
    let part = copy(key, CopyKind::Extract, true, Vec::new());
    assert_eq!(office.certify_copy(&part, None).unwrap_err().code, "office-field-invalid");
    let part = copy(key, CopyKind::Extract, true, vec![1]);
    let second = office.certify_copy(&part, None).unwrap();
    assert_eq!((second.numbering.number, second.form), (2, CopyForm::ElectronicToPaper));
    let (_, bytes) = office.copy_file(second.id).unwrap();
    let pages = office.renderer().unwrap().open(bytes.clone()).unwrap().pages().len();
    let block: String =
        (0..u32::try_from(pages).unwrap()).map(|page| text(&office, bytes.clone(), page)).collect();
    for said in ["TRÍCH SAO", &format!("Số: {}", second.written), "Lưu: VT", LEADER] {
        assert!(block.contains(said), "{said}: {block}");
    }
    // Whoever makes the next one sees them all, and who signed the last one on paper.
    let desk = office.copy_desk(key).unwrap();
    assert_eq!((desk.copies.as_slice(), desk.from_paper), (&[first, second.clone()][..], false));
    assert_eq!((desk.permitted.len(), desk.signer.full_name.as_str()), (6, LEADER));
    assert!(desk.pages >= 1);
    // Without a token nothing is signed, and no number is taken.
    assert!(office.certify_copy(&whole, None).is_err());

    let year = Office::today().year();
    let book = BookId::outbound(year, "BS");
    let lines = office.book_lines(&book, &BookFilter::default(), 0, 10).unwrap();
    let codes: Vec<&str> = lines.iter().map(|line| line.code.as_str()).collect();
    assert_eq!(codes, ["01/SY", second.written.as_str()]);
    assert!(lines[1].party.contains("Ban Chỉ huy"));
    assert_eq!(office.copies_of(key).unwrap().len(), 2);
    drop(office);
    assert_eq!(place.store().rebuild_and_compare().unwrap().problems, []);
}
