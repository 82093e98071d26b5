//! From the drafter through leader and format checker to the signer (Điều 13).

use std::time::Duration;

use vanthu::domain::difference::Change;
use vanthu::domain::document::Metadata;
use vanthu::domain::opinion::{Anchor, Decision, Holder, VersionKind};
use vanthu::domain::outbound::OutboundState;
use vanthu::i18n::Lang;
use vanthu::office::batch::{self, BatchOrder, Fate};
use vanthu::office::{
    Attached, DraftBase, DraftEdit, Filter, MainFile, NewComment, NewDraft, Office, Passing,
    Placement, SignOrder,
};
use vanthu::pdf::render::Cancel;
use vanthu::token::{Pin, Selector};

use crate::world::*;

fn passing(to: OutboundState, user: &str, note: &str) -> Passing {
    Passing { to, user: user.to_owned(), note: note.to_owned() }
}

fn mine(office: &Office) -> Vec<vanthu::domain::document::DocumentKey> {
    let filter = Filter { for_me: true, ..Filter::default() };
    let listed = office.outbound(&filter, None, 50).unwrap();
    assert_eq!(office.counts().unwrap().drafts_for_me, listed.len() as u64);
    listed.into_iter().map(|document| document.key).collect()
}

/// Where the page says `words`, as a place for a comment.
fn place_of(office: &Office, key: vanthu::domain::document::DocumentKey, words: &str) -> Anchor {
    let pdf = office.main_file(key).unwrap();
    let text = office.renderer().unwrap().open(pdf).unwrap().text(0).unwrap();
    let rect = text.find(words)[0].bounds();
    Anchor {
        page: 0,
        x: rect.x - 1.0,
        y: rect.y - 1.0,
        width: rect.width + 2.0,
        height: rect.height + 2.0,
    }
}

#[test]
fn a_draft_is_returned_with_comments_and_comes_back_better() {
    use OutboundState::{Draft, InFormatCheck, InReview, ToSign};
    let mut world = World::new();
    let office = world.as_user("soan");
    let key = office.draft(draft("Về việc rà soát hộ nghèo năm 2025")).unwrap();
    assert_eq!(mine(office), [key]);
    office.pass(key, passing(InReview, "hoa", "Kính trình anh")).unwrap();
    assert_eq!(mine(office), []);

    // Named is named: the other leader has nothing to decide.
    let office = world.as_user("nguyet");
    assert_eq!(mine(office), []);
    let refused = office.pass(key, passing(InFormatCheck, "", "")).unwrap_err();
    assert_eq!(refused.code, "draft-with-another");
    assert_eq!(refused.args, [("holder", "Nguyễn Văn Hòa".to_owned())]);

    let office = world.as_user("hoa");
    assert_eq!(mine(office), [key]);
    let unsaid = office.pass(key, passing(Draft, "", "")).unwrap_err();
    assert_eq!(unsaid.code, "office-reason-missing");
    let anchor = place_of(office, key, "năm 2025");
    let new = NewComment { anchor: Some(anchor), text: "Sửa thành năm 2026".to_owned() };
    let comment = office.comment(key, new).unwrap();
    assert_eq!(office.comments(key).unwrap()[0].comment.quoted, "năm 2025");
    let nowhere = NewComment { anchor: Some(Anchor { page: 9, ..anchor }), text: "x".to_owned() };
    assert_eq!(office.comment(key, nowhere).unwrap_err().code, "draft-no-such-page");
    // The comment is reason enough.
    office.pass(key, passing(Draft, "", "")).unwrap();

    let office = world.as_user("soan");
    assert_eq!(mine(office), [key]);
    let base = office.draft_to_edit(key).unwrap();
    let (metadata, files) = (base.metadata.clone(), base.files.clone());
    let nothing = DraftEdit {
        base: base.clone(),
        metadata: metadata.clone(),
        file: None,
        attachments: Vec::new(),
        why: String::new(),
    };
    let refused = office.edit_draft(key, nothing.clone()).unwrap_err();
    assert_eq!(refused.code, "draft-nothing-changed");
    let subject = "Về việc rà soát hộ nghèo năm 2026";
    let edit = DraftEdit {
        base,
        metadata: vanthu::domain::document::Metadata { subject: subject.to_owned(), ..metadata },
        file: Some(MainFile { name: "ban-2.pdf".to_owned(), pdf: pdf(subject), source: None }),
        attachments: vec![Attached::New {
            name: "phụ lục.txt".to_owned(), bytes: b"x".to_vec()
        }],
        why: "Theo góp ý của anh Hòa".to_owned(),
    };
    office.edit_draft(key, edit).unwrap();
    assert_eq!(files.len(), 1);
    office.answer_comment(key, comment, "Đã sửa", None).unwrap();
    let refused = office.answer_comment(key, comment, "", Some(true)).unwrap_err();
    assert_eq!(refused.code, "draft-not-yours-to-settle");

    let versions = office.versions(key).unwrap();
    let kinds: Vec<_> = versions.iter().map(|version| version.kind).collect();
    assert_eq!(kinds, [VersionKind::Drafted, VersionKind::Edited]);
    assert_eq!(versions[1].why, "Theo góp ý của anh Hòa");
    let found = office.compare_versions(key, 1, 2, &Cancel::new()).unwrap();
    let changed: Vec<_> = found
        .text
        .iter()
        .filter(|piece| piece.change != Change::Same)
        .map(|piece| (piece.change, piece.text.trim()))
        .collect();
    assert_eq!(changed, [(Change::Removed, "2025"), (Change::Added, "2026")]);
    assert_eq!(found.pages, [(0, 1)], "one word on one page");
    let page = office.compare_page(key, 1, 2, 0, &Cancel::new()).unwrap();
    assert!(page.old.is_some() && page.new.is_some() && page.changed[0].width < 0.2);
    assert_eq!(*office.version_file(key, 1).unwrap(), *pdf("Về việc rà soát hộ nghèo năm 2025"));

    office.pass(key, passing(InReview, "hoa", "")).unwrap();
    let office = world.as_user("hoa");
    office.answer_comment(key, comment, "", Some(true)).unwrap();
    assert!(!office.comments(key).unwrap()[0].is_open());
    office.pass(key, passing(InFormatCheck, "", "Đồng ý nội dung")).unwrap();

    // The clerk may check formats, too; to a drafter it cannot be handed on.
    let office = world.as_user("thuc");
    assert_eq!(mine(office), [key]);
    assert_eq!(office.hand_on(key, "dat", "").unwrap_err().code, "draft-cannot-take");
    assert_eq!(office.hand_on(key, "thuc", "").unwrap_err().code, "draft-to-oneself");
    office.hand_on(key, "be", "Nhờ chị xem giúp").unwrap();
    let office = world.as_user("be");
    assert_eq!(mine(office), [key]);
    office.pass(key, passing(ToSign, "", "Đúng thể thức")).unwrap();

    // It lies with whom the document names as its signer.
    let holder = office.draft_holder(key).unwrap();
    assert_eq!(holder, Some(Holder { state: ToSign, user: "nguyet".to_owned() }));
    let decisions: Vec<_> = office
        .opinions(key)
        .unwrap()
        .into_iter()
        .map(|given| (given.user, given.opinion.decision, given.opinion.version))
        .collect();
    let expected = [
        ("soan", Decision::Submit, 1),
        ("hoa", Decision::Return, 1),
        ("soan", Decision::Submit, 2),
        ("hoa", Decision::Approve, 2),
        ("thuc", Decision::HandOn, 2),
        ("be", Decision::Approve, 2),
    ]
    .map(|(user, decision, version)| (user.to_owned(), decision, version));
    assert_eq!(decisions, expected);
    for text in ["Góp ý tại trang 1: Sửa thành năm 2026", "Góp ý đã giải quyết. "] {
        let history = office.history(key).unwrap();
        assert!(history.iter().any(|entry| entry.text == text), "{history:?}");
    }

    let slip = office.submission_slip(key, Lang::Vi).unwrap();
    let text = office.renderer().unwrap().open(slip.into()).unwrap().text(0).unwrap().plain();
    for words in ["PHIẾU TRÌNH", "Nguyễn Văn Hòa", "thể thức", "Đồng ý nội dung", "năm 2025"]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    world.assert_sound();
}

#[test]
fn the_drafter_takes_a_draft_back_and_nobody_else_does() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let key = office.draft(draft("Lịch tiếp công dân")).unwrap();
    office.submit(key, OutboundState::InReview, "").unwrap();
    let unsaid = office.submit(key, OutboundState::Draft, "").unwrap_err();
    assert_eq!(unsaid.code, "office-reason-missing");
    let office = world.as_user("dat");
    let refused = office.submit(key, OutboundState::Draft, "Tôi cần").unwrap_err();
    assert_eq!(refused.code, "office-not-permitted");
    let office = world.as_user("soan");
    office.submit(key, OutboundState::Draft, "Thiếu phụ lục").unwrap();
    assert_eq!(office.opinions(key).unwrap()[1].opinion.decision, Decision::TakeBack);
    assert_eq!(mine(office), [key]);
    world.assert_sound();
}

#[test]
fn a_form_that_does_not_show_what_a_draft_answers_keeps_it() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let about = vanthu::domain::document::ResponseFor {
        agency: Some(super::world::code(super::world::PROVINCE)),
        code: "12/UBND-NC".to_owned(),
        issued: None,
        document_id: String::new(),
    };
    let mut answer = draft("Trả lời");
    answer.metadata.response_for = vec![about.clone()];
    let key = office.draft(answer).unwrap();
    let base = office.draft_to_edit(key).unwrap();
    let metadata = vanthu::domain::document::Metadata {
        subject: "Trả lời kiến nghị".to_owned(),
        response_for: Vec::new(),
        ..base.metadata.clone()
    };
    let why = String::new();
    let edit = DraftEdit { base, metadata, file: None, attachments: Vec::new(), why };
    office.edit_draft(key, edit).unwrap();
    let after = office.outbound_document(key).unwrap().metadata;
    assert_eq!((after.subject.as_str(), after.response_for), ("Trả lời kiến nghị", vec![about]));
    world.assert_sound();
}

#[test]
fn two_who_change_one_draft_do_not_overwrite_each_other() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let key = office.draft(draft("Kế hoạch")).unwrap();
    let base = office.draft_to_edit(key).unwrap();
    let edit = |subject: &str, base: &DraftBase| DraftEdit {
        base: base.clone(),
        metadata: vanthu::domain::document::Metadata {
            subject: subject.to_owned(),
            ..base.metadata.clone()
        },
        file: None,
        attachments: Vec::new(),
        why: String::new(),
    };
    office.edit_draft(key, edit("Kế hoạch năm 2026", &base)).unwrap();
    assert_eq!(office.versions(key).unwrap().len(), 1, "fields alone are no new version");
    // A form that was opened before that.
    let refused = office.edit_draft(key, edit("Kế hoạch tuần", &base)).unwrap_err();
    assert_eq!(refused.code, "draft-other-version");
    let base = office.draft_to_edit(key).unwrap();
    // Only who has it changes it.
    office.submit(key, OutboundState::InReview, "").unwrap();
    let refused = office.edit_draft(key, edit("Khác", &base)).unwrap_err();
    assert_eq!(refused.code, "draft-with-another");
    let office = world.as_user("hoa");
    office.edit_draft(key, edit("Kế hoạch năm 2027", &base)).unwrap();
    assert_eq!(office.outbound_document(key).unwrap().metadata.subject, "Kế hoạch năm 2027");
    world.assert_sound();
}

#[test]
fn only_whom_it_was_given_to_signs() {
    use OutboundState::{Draft, ToSign};
    let mut world = World::new();
    let token = Selector::File { path: world.dir.path().join("no-token.p12") };
    let order = SignOrder {
        token,
        certificate: None,
        pin: Pin::new("123456"),
        last_try_confirmed: false,
        placement: Placement::Invisible,
    };
    let office = world.as_user("soan");
    let subject = "Quyết toán ngân sách";
    let metadata = Metadata { type_key: "QĐ".to_owned(), ..metadata(subject) };
    let key = office.draft(NewDraft { metadata, ..draft(subject) }).unwrap();
    office.submit(key, ToSign, "").unwrap();
    let held = office.outbound_document(key).unwrap().held_by;
    assert_eq!(held.as_deref(), Some("nguyet"), "whom the document names");

    // Another leader may sign, but not this one: no token is opened for it.
    let office = world.as_user("hoa");
    let refused = office.sign(key, &order).unwrap_err();
    assert_eq!(refused.code, "draft-another-signs");
    assert_eq!(refused.args, [("holder", SIGNER.to_owned())]);
    let many = BatchOrder { order: order.clone(), hold: Duration::from_secs(60) };
    let report = office.sign_batch(&[key], &many, &batch::Cancel::default(), &|_| {}).unwrap();
    assert!(
        matches!(&report.fates[..], [(_, Fate::Failed(one))] if one.code == "draft-another-signs"),
        "{report:?}"
    );
    assert_eq!(office.outbound_document(key).unwrap().state, ToSign);

    // Whom it was given to comes as far as the token.
    let tokenless = world.as_user("nguyet").sign(key, &order).unwrap_err();
    assert!(tokenless.code.starts_with("token-"), "{tokenless:?}");
    // While the signer is away the drafter gives it to whoever stands in, and to nobody else.
    let office = world.as_user("soan");
    office.submit(key, Draft, "Chủ tịch đi vắng").unwrap();
    office.pass(key, passing(ToSign, "hoa", "")).unwrap();
    let tokenless = world.as_user("hoa").sign(key, &order).unwrap_err();
    assert!(tokenless.code.starts_with("token-"), "{tokenless:?}");
    let refused = world.as_user("nguyet").sign(key, &order).unwrap_err();
    assert_eq!(refused.code, "draft-another-signs");
    world.assert_sound();
}

#[test]
fn what_lies_with_somebody_is_searched_and_counted_by_words() {
    use OutboundState::InReview;
    let mut world = World::new();
    let office = world.as_user("soan");
    let first = office.draft(draft("Về việc rà soát hộ nghèo")).unwrap();
    let second = office.draft(draft("Về việc tiêm phòng dại")).unwrap();
    let found = |words: &str, outbound| {
        let filter =
            Filter { for_me: true, words: words.to_owned(), outbound, ..Filter::default() };
        let listed = office.outbound(&filter, None, 50).unwrap();
        assert_eq!(office.outbound_count(&filter, 50).unwrap(), listed.len() as u64, "{words}");
        listed.into_iter().map(|document| document.key).collect::<Vec<_>>()
    };
    assert_eq!(found("", None), [second, first]);
    assert_eq!(found("tiem phong", None), [second]);
    assert_eq!(found("trích yếu:nghèo", None), [first]);
    assert_eq!(found("lũ lụt", None), []);
    assert_eq!(found("- \"", None), []);
    assert_eq!(found("tiem phong", Some(OutboundState::Draft)), [second]);
    assert_eq!(found("", Some(InReview)), []);
    // Kept searches are counted as far as a limit.
    let filter = Filter { for_me: true, ..Filter::default() };
    assert_eq!(office.outbound_count(&filter, 1).unwrap(), 1);
}

#[test]
fn a_draft_that_reaches_somebody_is_told_once_and_to_nobody_else() {
    use OutboundState::{Draft, InReview};
    let mut world = World::new();
    let told = |office: &Office| {
        let reached = office.drafts_reaching_me().unwrap();
        reached.into_iter().map(|document| document.key).collect::<Vec<_>>()
    };
    let office = world.as_user("soan");
    let key = office.draft(draft("Kế hoạch")).unwrap();
    assert_eq!(told(office), [], "nobody has passed one's own draft on");
    office.pass(key, passing(InReview, "hoa", "")).unwrap();
    assert_eq!(told(office), []);
    assert_eq!(told(world.as_user("nguyet")), [], "it lies with the other leader");
    let office = world.as_user("hoa");
    assert_eq!(told(office), [key]);
    assert_eq!(told(office), []);
    // Also at the next login, and what came meanwhile is new.
    let office = world.as_user("hoa");
    assert_eq!(told(office), []);
    office.pass(key, passing(Draft, "", "Bổ sung số liệu")).unwrap();
    assert_eq!(told(office), []);
    let office = world.as_user("soan");
    assert_eq!(told(office), [key]);
    office.pass(key, passing(InReview, "hoa", "")).unwrap();
    let office = world.as_user("hoa");
    assert_eq!(told(office), [key], "the same draft once more is told once more");
}
