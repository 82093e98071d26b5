//! A draft through opinions in the real window: sent to the leader, commented on the page and
//! returned, written anew, compared, approved, checked for layout and handed to the signer.

use vanthu::desk::document::Queue;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::role::Role;
use vanthu::office::layout::{Part, Sample};

use super::commune::{Commune, between, sign_in};
use super::go;
use super::screen::{Display, Window};

#[track_caller]
fn carried_out(window: &Window<'_>, keys: &str) {
    window.keys(&[keys]);
    window.says("an order was carried out");
}

#[test]
fn a_draft_goes_through_opinions_to_the_signer() {
    let display = Display::start("desk_journey/drafting");
    let (commune, window) = Commune::begin(&display);
    let drafts = commune.outbound("draft");
    let [id] = drafts.as_slice() else { panic!("{drafts:?}") };
    let before = commune.ask("vanthu", &["show", id]);
    let state = |commune: &Commune| {
        commune.ask("vanthu", &["show", id])["state"].as_str().unwrap().to_owned()
    };

    sign_in(&window, "soanthao");
    go(&window, Role::Drafter, Queue::Outbound(Some(OutboundState::Draft)));
    window.changes("the document", || window.keys(&["Down"]));
    window.changes("the opinions", || window.keys(&["o"]));
    window.shot("drafter");
    carried_out(&window, "ctrl+Return");
    assert_eq!(between(&window, "chutich", || state(&commune)), "in-review");

    // The newest stands first; the one below it is ours.
    go(&window, Role::Leader, Queue::Outbound(Some(OutboundState::InReview)));
    window.changes("the first", || window.keys(&["Down"]));
    window.changes("ours", || window.keys(&["Down"]));
    window.changes("the opinions", || window.keys(&["o"]));
    window.changes("the rectangle", || window.drag((150, 330), (420, 360)));
    window.click(970, 262);
    window.text("Nêu rõ thời hạn báo cáo");
    window.shot("marked");
    window.changes("the comment", || window.click(1260, 306));
    window.shot("commented");
    // Returned: the third way. Its reason may be left to the comments.
    window.click(970, 483);
    window.keys(&["shift+Tab", "shift+Tab"]);
    for _ in 0..2 {
        window.stirs("the next way", || window.keys(&["Down"]));
    }
    window.shot("returned");
    carried_out(&window, "ctrl+Return");
    assert_eq!(between(&window, "soanthao", || state(&commune)), "draft");

    // The drafter reads what was said, and writes it anew.
    go(&window, Role::Drafter, Queue::Outbound(Some(OutboundState::Draft)));
    window.changes("the document", || window.keys(&["Down"]));
    window.changes("the opinions", || window.keys(&["o"]));
    window.shot("read");
    window.changes("the document", || window.keys(&["Escape"]));
    window.changes("the form", || window.keys(&["e"]));
    window.shot("form");
    let new = commune.root().join("ban-2.pdf");
    std::fs::write(&new, second_version()).unwrap();
    window.text(new.to_str().unwrap());
    window.click(500, 549);
    window.text("Theo góp ý của lãnh đạo");
    window.shot("form-filled");
    carried_out(&window, "ctrl+Return");
    window.changes("the versions", || window.keys(&["v"]));
    window.shot("versions");
    window.changes("the document", || window.keys(&["Escape"]));
    window.changes("the opinions", || window.keys(&["o"]));
    carried_out(&window, "ctrl+Return");
    let anew = between(&window, "chutich", || commune.ask("vanthu", &["show", id]));
    assert_eq!((&anew["state"], &anew["code"]), (&"in-review".into(), &before["code"]));

    // The leader compares, and approves.
    go(&window, Role::Leader, Queue::Outbound(Some(OutboundState::InReview)));
    window.changes("the first", || window.keys(&["Down"]));
    window.changes("ours", || window.keys(&["Down"]));
    window.changes("the versions", || window.keys(&["v"]));
    window.changes("the pages", || window.click(140, 172));
    window.shot("pages-side-by-side");
    window.changes("the document", || window.keys(&["Escape"]));
    window.changes("the opinions", || window.keys(&["o"]));
    window.shot("second-look");
    carried_out(&window, "ctrl+Return");
    assert_eq!(between(&window, "thethuc", || state(&commune)), "in-format-check");

    // The checker looks at the layout, and passes it on to the signer.
    window.shot("checker-queue");
    window.changes("the first", || window.keys(&["Down"]));
    window.changes("ours", || window.keys(&["Down"]));
    window.changes("the findings", || window.keys(&["l"]));
    window.shot("findings");
    window.changes("the opinions", || window.keys(&["o"]));
    window.shot("checker");
    carried_out(&window, "ctrl+Return");
    // Signed and sealed by command: the window's part of that is walked elsewhere.
    between(&window, "vanthu", || {
        assert_eq!(state(&commune), "to-sign");
        commune.sign("chutich", "sign-document", id, "leader");
        commune.sign("vanthu", "seal", id, "seal");
    });

    // The clerk issues it, and follows it on the board.
    go(&window, Role::Clerk, Queue::Outbound(Some(OutboundState::ToIssue)));
    window.changes("the first", || window.keys(&["Down"]));
    window.changes("ours", || window.keys(&["Down"]));
    window.changes("the question", || window.keys(&["ctrl+i"]));
    window.shot("issue");
    carried_out(&window, "Return");
    window.keys(&["F5"]);
    window.says("synchronised");
    window.changes("the board", || window.keys(&["F10"]));
    window.shot("board");
    window.changes("the document", || window.keys(&["Escape"]));
    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    assert_eq!(state(&commune), "issued");
    assert_eq!(commune.ask("quantri", &["audit", "verify"])["intact"], true);
    assert!(window.close().success());
}

/// The sample that the draft was made from, with a sentence more.
fn second_version() -> Vec<u8> {
    let samples = vanthu::office::layout::samples();
    let by_chair = |one: &&Sample| one.sheet.signer.full_name == "Nguyễn Văn Hòa";
    let signer = samples.iter().find(by_chair).unwrap().sheet.signer.clone();
    let sample = samples.into_iter().find(|one| one.sheet.subject.contains("rà soát hộ nghèo"));
    let mut sheet = sample.unwrap().sheet;
    sheet.date = None;
    sheet.code.number = String::new();
    // With another's position the place of the signature would be a matter of doubt.
    sheet.signer = signer;
    sheet.body.push(Part::Paragraph("Báo cáo kết quả trước ngày 20 tháng 12 năm 2026.".to_owned()));
    vanthu::office::layout::compose(&sheet).unwrap()
}
