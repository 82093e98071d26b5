//! Draft, sign, seal, issue at one office; receive, verify, accept, register at the other.

use super::screen::Display;
use super::support::{PASSWORD, rig};
use super::{PROVINCE, World, between, cards, draft_pdf, go, only};
use vanthu::desk::document::Queue;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::role::Role;

/// What is typed as the abstract: letters of every kind that Vietnamese has.
const SUBJECT: &str = "Về việc thành lập Tổ giúp việc Hội đồng nghĩa vụ quân sự xã, ưỡn ẹo";

#[test]
fn a_document_travels_through_the_window() {
    let cards = cards();
    let world = World::begin();
    let display = Display::start("desk_journey");
    let pdf = draft_pdf(world.root.path());

    // The drafter.
    let window = display.open(&world.a.dir, "soanthao");
    window.shot("login");
    window.sign_in(PASSWORD);
    window.shot("drafter-empty-queue");
    window.changes("the dialog", || window.keys(&["ctrl+n"]));
    window.shot("draft-dialog-empty");
    window.changes("the complaints", || window.keys(&["ctrl+Return"]));
    window.shot("draft-dialog-complaints");
    window.text(pdf.to_str().unwrap());
    // Past the two buttons for files.
    window.keys(&["Tab", "Tab", "Tab"]);
    for _ in 0..=place_of_type("QĐ") {
        window.stirs("the next type", || window.keys(&["Down"]));
    }
    window.keys(&["Tab", "Tab"]);
    window.text(SUBJECT);
    window.keys(&["Tab"]);
    window.changes("the offered agencies", || window.text("uy ban nhan dan tinh hau"));
    window.shot("draft-dialog-recipient-offered");
    window.changes("the recipient", || window.keys(&["Return"]));
    window.keys(&["Tab", "Tab"]);
    window.text("TM. ỦY BAN NHÂN DÂN");
    window.keys(&["Tab"]);
    window.text("CHỦ TỊCH");
    window.shot("draft-dialog-filled");
    window.keys(&["ctrl+Return"]);
    window.says("an order was carried out");
    window.shot("draft-saved");
    let draft = between(&window, "soanthao", || only(&world.a, "outbound"));
    assert_eq!(draft["state"], "draft");
    assert_eq!(draft["subject"], SUBJECT);
    assert_eq!(draft["type"], "QĐ");
    assert_eq!(draft["deliveries"].as_array().map(Vec::len), Some(0), "{draft:#}");
    let id = draft["id"].as_str().unwrap().to_owned();

    go(&window, Role::Drafter, Queue::Outbound(Some(OutboundState::Draft)));
    // By mouse: the only row.
    window.changes("the document", || window.click(480, 125));
    window.shot("drafter-document");
    window.keys(&["k"]);
    window.says("an order was carried out");
    window.shot("submitted");

    // The leader.
    let waiting = between(&window, "lanhdao", || only(&world.a, "outbound"));
    assert_eq!(waiting["state"], "to-sign");
    window.shot("leader-first-queue");
    go(&window, Role::Leader, Queue::Outbound(Some(OutboundState::ToSign)));
    window.changes("the document", || window.keys(&["Down"]));
    window.shot("leader-document");
    window.changes("the dialog", || window.keys(&["ctrl+k"]));
    window.shot("sign-dialog");
    window.text(&rig("RIG_LEADER_PIN"));
    window.shot("sign-dialog-pin");
    window.keys(&["Return"]);
    window.says("an order was carried out");
    window.shot("signed");

    // The clerk.
    let signed = between(&window, "vanthu", || only(&world.a, "outbound"));
    assert_eq!(signed["state"], "to-seal", "{signed:#}");
    assert_eq!(signed["code"], "01/QĐ-UBND");
    assert_eq!(signed["id"].as_str(), Some(id.as_str()));
    window.shot("clerk-empty-queue");
    go(&window, Role::Clerk, Queue::Outbound(Some(OutboundState::ToSeal)));
    window.changes("the document", || window.keys(&["Down"]));
    window.shot("clerk-to-seal");
    window.changes("the dialog", || window.keys(&["ctrl+d"]));
    window.shot("seal-dialog");
    window.changes("the dialog away", || window.keys(&["Escape"]));
    let _ = (PROVINCE, &cards, &world.b);
}

/// How many document types stand before this one.
fn place_of_type(key: &str) -> usize {
    let profile = vanthu::rules::Profile::built_in("hau-giang-2019").unwrap();
    profile.document_types().iter().position(|row| row.key == key).unwrap()
}
