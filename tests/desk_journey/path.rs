//! Draft, sign, seal, issue at one office; receive, verify, accept, register at the other.

use super::screen::Display;
use super::support::{PASSWORD, rig};
use super::{World, between, cards, draft_pdf, go, only};
use serde_json::Value;
use vanthu::desk::document::Queue;
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::role::Role;

/// What is typed as the abstract: letters of every kind that Vietnamese has.
const SUBJECT: &str = "Về việc thành lập Tổ giúp việc Hội đồng nghĩa vụ quân sự xã, ưỡn ẹo";

#[test]
fn a_document_travels_through_the_window() {
    let cards = cards();
    let world = World::begin();
    let display = Display::start("desk_journey/path");
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
    window.keys(&["Tab"]);
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
    let id = draft["id"].as_str().unwrap().to_owned();

    go(&window, Role::Drafter, Queue::Outbound(Some(OutboundState::Draft)));
    // By mouse: the only row.
    window.changes("the document", || window.click(480, 125));
    window.shot("drafter-document");
    window.changes("what is said of its layout", || window.keys(&["l"]));
    window.shot("drafter-findings");
    window.keys(&["k"]);
    window.says("an order was carried out");
    window.shot("submitted");

    // The leader.
    let waiting = between(&window, "lanhdao", || only(&world.a, "outbound"));
    assert_eq!(waiting["state"], "to-sign");
    assert!(window.says("drafts have come").contains("nghĩa vụ quân sự"));
    window.shot("leader-first-queue");
    go(&window, Role::Leader, Queue::Outbound(Some(OutboundState::ToSign)));
    window.changes("the document", || window.keys(&["Down"]));
    window.shot("leader-document");
    window.changes("the devices", || window.keys(&["F8"]));
    window.shot("devices");
    window.changes("the document", || window.keys(&["Escape"]));
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
    // A wrong PIN first: said, and nothing else has happened.
    window.text("000000");
    window.keys(&["Return"]);
    window.says("an order was not carried out");
    window.shot("seal-dialog-wrong-pin");
    window.text(&rig("RIG_ORG_PIN"));
    window.keys(&["Return"]);
    window.says("an order was carried out");
    window.shot("sealed");
    window.changes("the question", || window.keys(&["ctrl+i"]));
    window.shot("issue-dialog");
    window.keys(&["Return"]);
    window.says("an order was carried out");
    window.keys(&["F5"]);
    let synchronised = window.says("synchronised");
    assert!(synchronised.contains("waiting=0"), "{synchronised}");
    window.shot("issued-and-sent");
    // Somebody asks for a copy: signed with the seal, and an extract to be printed.
    window.changes("the copies", || window.keys(&["F11"]));
    window.text(&rig("RIG_ORG_PIN"));
    window.shot("copies-dialog");
    window.keys(&["Return"]);
    window.says("a certified copy was made");
    window.changes("the second page of the copy", || window.keys(&["ctrl+Next"]));
    window.shot("copy-signed");
    window.changes("the form of an extract", || window.keys(&["alt+3"]));
    window.shot("copies-extract");
    window.changes("the document", || window.keys(&["Escape"]));
    assert!(window.close().success());
    let issued = only(&world.a, "outbound");
    let copies = world.a.as_user("vanthu", &["copy", "list", &id]).done();
    assert_eq!(copies["copies"].as_array().unwrap().len(), 1, "{copies:#}");
    assert_eq!(copies["copies"][0]["code"], "01/SY");
    assert_eq!(copies["copies"][0]["form"], "electronic-to-electronic");
    assert_eq!(issued["state"], "issued", "{issued:#}");
    assert_eq!(statuses(&issued), Vec::<&str>::new());

    // The other office.
    let window = display.open(&world.b.dir, "vanthu");
    window.sign_in(PASSWORD);
    window.keys(&["F5"]);
    window.says("synchronised");
    window.changes("the document", || window.click(480, 125));
    window.shot("arrived");
    window.changes("the last page", || window.keys(&["ctrl+Next", "ctrl+Down", "ctrl+Down"]));
    window.shot("arrived-signatures-on-the-page");
    window.changes("the signatures", || window.keys(&["alt+2"]));
    window.shot("arrived-signatures");
    window.changes("the facts", || window.keys(&["alt+3"]));
    window.shot("arrived-facts");
    window.changes("the history", || window.keys(&["alt+4"]));
    window.shot("arrived-history");
    let arrived = between(&window, "vanthu", || only(&world.b, "inbound"));
    assert_eq!(arrived["state"], "arrived", "{arrived:#}");
    assert_eq!(arrived["verdict"], "valid");
    assert_eq!(arrived["legal_value"], "same-as-paper");
    assert_eq!(arrived["subject"], SUBJECT);
    assert_eq!(arrived["code"], "01/QĐ-UBND");
    window.changes("the document", || window.keys(&["Down"]));
    window.keys(&["a"]);
    window.says("an order was carried out");
    window.shot("accepted");
    window.keys(&["r"]);
    window.says("an order was carried out");
    window.keys(&["F5"]);
    window.says("synchronised");
    window.shot("registered");
    assert!(window.close().success());
    let registered = only(&world.b, "inbound");
    assert_eq!(registered["state"], "registered", "{registered:#}");
    assert_eq!(registered["arrival_number"], 1, "{registered:#}");

    // The sender learns of it.
    let window = display.open(&world.a.dir, "vanthu");
    window.sign_in(PASSWORD);
    window.keys(&["F5"]);
    window.says("synchronised");
    go(&window, Role::Clerk, Queue::Outbound(Some(OutboundState::Issued)));
    window.changes("the document", || window.keys(&["Down"]));
    window.changes("the deliveries", || window.keys(&["alt+5"]));
    window.shot("statuses");
    assert!(window.close().success());
    let issued = only(&world.a, "outbound");
    assert_eq!(statuses(&issued), ["01", "03"], "{issued:#}");
    for office in [&world.a, &world.b] {
        assert_eq!(office.as_user("vanthu", &["audit", "verify"]).done()["intact"], true);
    }
    drop(cards);
}

/// What the recipient has reported of the document.
fn statuses(shown: &Value) -> Vec<&str> {
    let statuses = shown["deliveries"][0]["statuses"].as_array().unwrap().iter();
    statuses.filter_map(|status| status["code"].as_str()).collect()
}

/// How many document types stand before this one.
fn place_of_type(key: &str) -> usize {
    let profile = vanthu::rules::Profile::built_in("hau-giang-2019").unwrap();
    profile.document_types().iter().position(|row| row.key == key).unwrap()
}
