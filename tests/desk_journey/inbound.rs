//! The clerk's first half of the day through the real window: given to a leader and passed on,
//! worked on and completed; many given at once; paper digitised; the fields beside
//! the page; the books; what a sender demands back.

use std::path::Path;

use serde_json::Value;

use super::commune::{Commune, between, sign_in};
use super::screen::{Display, Window};

/// Who has a document in what part, as `vanthuctl handling` tells it; a dash stands before who
/// has it no more.
fn parts(handling: &Value) -> Vec<String> {
    let handlers = handling["handlers"].as_array().unwrap().iter();
    let said = |one: &Value| {
        let ended = if one["active"] == true { "" } else { "–" };
        let (party, part) = (one["party"].as_str().unwrap(), one["part"].as_str().unwrap());
        format!("{ended}{party} {part}")
    };
    handlers.map(said).collect()
}

#[track_caller]
fn carried_out(window: &Window<'_>, keys: &str) {
    window.keys(&[keys]);
    window.says("an order was carried out");
}

#[test]
fn a_document_goes_to_the_leader_to_people_and_comes_to_its_result() {
    let display = Display::start("desk_journey/settling");
    let (commune, window) = Commune::begin(&display);
    let registered = commune.inbound("registered");
    let [id] = registered.as_slice() else { panic!("{registered:?}") };

    // The clerk asks the leader for direction.
    sign_in(&window, "vanthu");
    window.changes("the registered ones", || window.keys(&["ctrl+3"]));
    window.changes("the document", || window.keys(&["Down"]));
    window.changes("the stamp", || window.keys(&["s"]));
    window.shot("arrival-stamp");
    window.changes("no stamp", || window.keys(&["s"]));
    window.changes("the dialog", || window.keys(&["g"]));
    window.shot("assign");
    window.changes("the only one of that name", || window.text("chutich"));
    window.stirs("asked for direction", || window.keys(&["Tab", "Tab", "Return"]));
    // Past the other parts and the usual directions.
    window.keys(&["Tab", "Tab", "Tab", "Tab", "Tab"]);
    window.text("Giao Văn phòng tham mưu trả lời");
    window.shot("assign-to-the-leader");
    carried_out(&window, "ctrl+Return");
    window.changes("the handling", || window.keys(&["alt+5"]));
    window.shot("assigned");

    // The leader passes it on, with a term of five working days.
    let asked = between(&window, "chutich", || commune.ask("vanthu", &["handling", id]));
    assert_eq!(parts(&asked), ["user:chutich direct"]);
    assert_eq!(asked["handlers"][0]["direction"], "Giao Văn phòng tham mưu trả lời");
    window.changes("the assigned ones", || window.keys(&["ctrl+2"]));
    window.changes("the first", || window.keys(&["Down"]));
    window.changes("the second", || window.keys(&["Down"]));
    window.changes("the dialog", || window.keys(&["f"]));
    window.changes("the only one of that name", || window.text("soanthao"));
    // Past the person, three parts and the usual directions.
    window.keys(&["Tab", "Tab", "Tab", "Tab", "Tab", "Tab"]);
    window.text("Dự thảo công văn trả lời");
    window.keys(&["Tab", "ctrl+a"]);
    window.text("+5");
    window.shot("passed-on-with-a-term");
    carried_out(&window, "ctrl+Return");

    // The drafter takes it up, says how far it is, and completes it.
    let passed = between(&window, "soanthao", || commune.ask("vanthu", &["handling", id]));
    assert_eq!(parts(&passed), ["–user:chutich direct", "user:soanthao lead"]);
    assert!(passed["handlers"][1]["due"].as_str() > passed["handlers"][0]["due"].as_str());
    // A drafter's window opens with the assigned ones.
    window.changes("the first", || window.keys(&["Down"]));
    window.changes("the second", || window.keys(&["Down"]));
    carried_out(&window, "x");
    window.changes("the dialog", || window.keys(&["n"]));
    window.text("Đã lấy số liệu của các ấp");
    window.keys(&["Tab"]);
    window.text("60");
    window.keys(&["Tab"]);
    window.text("Trình ký");
    window.shot("progress");
    carried_out(&window, "ctrl+Return");
    window.changes("the handling", || window.keys(&["alt+5"]));
    window.shot("handling");
    window.changes("the dialog", || window.keys(&["h"]));
    window.text("Đã trả lời bằng văn bản");
    window.shot("complete");
    carried_out(&window, "ctrl+Return");
    window.shot("completed");
    // The slip is printed or kept; nobody chooses a place at first.
    window.changes("nothing else", || window.keys(&["alt+5"]));
    let slip = commune.root().join("phiếu.pdf");
    written(&display, &window, &slip, "a file was kept", || window.keys(&["p"]));
    window.shot("slip-kept");

    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    let shown = commune.ask("vanthu", &["show", id]);
    assert_eq!(shown["state"], "completed", "{shown:#}");
    let handling = commune.ask("vanthu", &["handling", id]);
    let progress = &handling["progress"][0];
    assert_eq!((&progress["percent"], &progress["next"]), (&60.into(), &"Trình ký".into()));
    assert_eq!(commune.ask("quantri", &["audit", "verify"])["intact"], true);
    assert!(window.close().success());
}

/// Has the window write a PDF by `act`, and looks that it did. Gives the window's own words.
#[track_caller]
fn written(
    display: &Display,
    window: &Window<'_>,
    path: &Path,
    words: &str,
    act: impl FnOnce(),
) -> String {
    display.will_choose(path);
    act();
    let said = window.says(words);
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes.starts_with(b"%PDF"), "{} is no PDF", path.display());
    said
}

/// Pages as a scanner leaves them: bars for lines of text, so that one sees which way is up.
fn scanned(folder: &Path, name: &str, lines: u32) {
    let mut page = image::RgbImage::from_pixel(1654, 2339, image::Rgb([252, 252, 250]));
    for line in 0..lines {
        for y in 250 + line * 80..280 + line * 80 {
            for x in 200..1400 - line * 60 {
                page.put_pixel(x, y, image::Rgb([30, 34, 60]));
            }
        }
    }
    page.save(folder.join(name)).unwrap();
}

#[test]
fn paper_is_put_in_order_turned_and_made_a_document() {
    let display = Display::start("desk_journey/paper");
    let (commune, window) = Commune::begin(&display);
    let folder = commune.root().join("quet");
    std::fs::create_dir(&folder).unwrap();
    commune.ask("vanthu", &["config", "scan-folder", folder.to_str().unwrap()]);
    scanned(&folder, "trang-1.png", 3);
    scanned(&folder, "trang-2.png", 9);
    let before = commune.inbound("arrived");

    sign_in(&window, "vanthu");
    window.changes("the dialog", || window.keys(&["F9"]));
    window.shot("no-pages");
    // By mouse: what the scanner has left.
    window.changes("the pages", || window.click(370, 142));
    window.shot("pages");
    window.keys(&["Home"]);
    window.changes("the other order", || window.keys(&["alt+Down"]));
    window.changes("a quarter turn", || window.keys(&["alt+Right"]));
    window.changes("and back", || window.keys(&["alt+Left"]));
    window.shot("in-order");
    // Below the remark that the files tell no resolution.
    window.click(600, 614);
    window.keys(&["ctrl+a"]);
    window.text("Đơn của Công ty Tân Phát");
    window.shot("named");
    window.changes("the signature's dialog", || {
        window.keys(&["ctrl+Return"]);
    });
    window.shot("signature-asked");
    // Without the token at hand the document is there, and is signed later.
    window.changes("the document", || window.keys(&["Escape"]));
    window.shot("unsigned-copy");
    window.changes("the signature's dialog", || window.keys(&["ctrl+d"]));
    window.text("demo");
    carried_out(&window, "Return");
    window.shot("sealed-copy");

    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    let mut arrived = commune.inbound("arrived");
    arrived.retain(|id| !before.contains(id));
    let [id] = arrived.as_slice() else { panic!("{arrived:?}") };
    let shown = commune.ask("vanthu", &["show", id]);
    assert_eq!(shown["subject"], "Đơn của Công ty Tân Phát", "{shown:#}");
    assert_eq!(shown["paper"]["pages"], 2, "{shown:#}");
    assert!(shown["paper"]["signer"].is_string(), "{shown:#}");
    assert_eq!(shown["verdict"], "valid", "{shown:#}");
    assert_eq!(std::fs::read_dir(folder.join("taken")).unwrap().count(), 2);
    assert!(window.close().success());
}

#[test]
fn many_are_given_at_once_and_the_books_and_settings_open() {
    let display = Display::start("desk_journey/many");
    let (commune, window) = Commune::begin(&display);
    for id in commune.inbound("accepted") {
        commune.ask("vanthu", &["register", &id]);
    }
    let registered = commune.inbound("registered");
    assert_eq!(registered.len(), 2, "{registered:?}");

    sign_in(&window, "vanthu");
    window.changes("the registered ones", || window.keys(&["ctrl+3"]));
    window.changes("the marks", || window.keys(&["Down", "ctrl+a"]));
    window.shot("marked");
    window.changes("the dialog", || window.keys(&["g"]));
    window.changes("the only one of that name", || window.text("soanthao"));
    window.shot("assign-many");
    window.changes("what became of each", || window.keys(&["ctrl+Return"]));
    window.shot("assigned-many");
    window.changes("the list", || window.keys(&["Escape"]));
    window.changes("the books", || window.keys(&["F3"]));
    window.shot("books");
    // Nothing came from the department; what is written is what is shown.
    window.keys(&["Tab", "Tab", "Tab"]);
    window.text("so noi vu");
    window.changes("no lines", || window.keys(&["Return"]));
    window.shot("books-narrowed-to-nothing");
    window.keys(&["ctrl+a"]);
    window.text("hau giang");
    window.changes("the lines", || window.keys(&["Return"]));
    let book = commune.root().join("sổ.pdf");
    let said = written(&display, &window, &book, "a register book was written", || {
        window.keys(&["ctrl+p"]);
    });
    assert!(said.contains("lines=5"), "{said}");
    window.shot("book-written");
    window.changes("the list", || window.keys(&["Escape"]));
    window.changes("the settings", || window.keys(&["F12"]));
    window.shot("settings");
    // In the other language, too.
    window.changes("the list", || window.keys(&["Escape"]));
    window.changes("English", || window.keys(&["F2"]));
    window.changes("the settings", || window.keys(&["F12"]));
    window.shot("settings-in-english");
    window.changes("the list", || window.keys(&["Escape"]));
    window.changes("the assigned ones", || window.keys(&["ctrl+4"]));
    window.changes("a document", || window.keys(&["Down"]));
    window.changes("the handling", || window.keys(&["alt+5"]));
    window.shot("handling-in-english");
    window.changes("the fields", || window.keys(&["e"]));
    window.shot("fields-in-english");
    window.changes("the list", || window.keys(&["Escape"]));

    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    for id in &registered {
        let handling = commune.ask("vanthu", &["handling", id]);
        assert_eq!(parts(&handling), ["user:soanthao lead"]);
    }
    assert!(window.close().success());
}

/// The fields of the only registered document.
#[track_caller]
fn open_fields(window: &Window<'_>) {
    window.changes("the registered ones", || window.keys(&["ctrl+3"]));
    window.changes("the document", || window.keys(&["Down"]));
    window.changes("the fields", || window.keys(&["e"]));
}

/// The fields beside the page: after registration a change is a correction with its reason.
#[test]
fn a_field_is_corrected_with_its_reason() {
    let display = Display::start("desk_journey/fields");
    let (commune, window) = Commune::begin(&display);
    let registered = commune.inbound("registered");
    let [id] = registered.as_slice() else { panic!("{registered:?}") };
    let before = commune.ask("vanthu", &["show", id]);

    sign_in(&window, "vanthu");
    open_fields(&window);
    window.shot("fields");
    // The number has the keyboard: notation, date, issuer, subject follow.
    window.keys(&["ctrl+a"]);
    window.text("66");
    window.keys(&["ctrl+Return"]);
    window.shot("a-reason-is-asked");
    window.text("Đọc nhầm số");
    window.shot("reason");
    carried_out(&window, "ctrl+Return");
    window.changes("the history", || window.keys(&["alt+4"]));
    window.shot("history");

    let after = between(&window, "vanthu", || commune.ask("vanthu", &["show", id]));
    assert_ne!(before["code"], after["code"]);
    assert!(after["code"].as_str().unwrap().starts_with("66/"), "{after:#}");

    // What the page says is taken back with one key.
    open_fields(&window);
    window.changes("what the page says", || window.keys(&["Return"]));
    window.shot("taken");
    window.changes("a reason is asked", || window.keys(&["ctrl+Return"]));
    window.shot("the-reason-in-sight");
    window.text("Theo trang đầu");
    carried_out(&window, "ctrl+Return");
    window.changes("the login", || window.keys(&["ctrl+l"]));
    window.says("signed out");
    let taken = commune.ask("vanthu", &["show", id]);
    assert_eq!(before["code"], taken["code"]);
    assert!(window.close().success());
}

/// The codes that a recipient has reported of the province's document of this code.
fn reported(commune: &Commune, code: &str) -> Vec<String> {
    commune.ask_province(&["sync", "--once"]);
    let issued = commune.issued_by_province(code);
    let shown = commune.ask_province(&["show", &issued]);
    let statuses = shown["deliveries"][0]["statuses"].as_array().unwrap().iter();
    statuses.map(|one| one["code"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_its_sender_demands_back_is_agreed_to_or_refused() {
    let display = Display::start("desk_journey/demands");
    let (commune, window) = Commune::begin(&display);
    let code_of = |state: &str| {
        let [id] = &commune.inbound(state)[..] else { panic!("more than one is {state}") };
        let shown = commune.ask("vanthu", &["show", id]);
        (id.clone(), shown["code"].as_str().unwrap().to_owned())
    };
    let (registered, agreed) = code_of("registered");
    let (under_way, refused) = code_of("in-process");
    for code in [&agreed, &refused] {
        let issued = commune.issued_by_province(code);
        commune.ask_province(&["recall", &issued, "--reason", "Ban hành nhầm thẩm quyền"]);
    }
    commune.ask_province(&["sync", "--once"]);

    sign_in(&window, "vanthu");
    window.keys(&["F5"]);
    window.says("synchronised");
    window.shot("demanded");
    window.changes("the registered ones", || window.keys(&["ctrl+3"]));
    window.changes("the document", || window.keys(&["Down"]));
    window.shot("demand-on-a-document");
    window.changes("the demand", || window.keys(&["c"]));
    window.shot("demand");
    carried_out(&window, "ctrl+Return");
    window.shot("agreed");
    window.changes("what is under way", || window.keys(&["ctrl+5"]));
    window.changes("the document", || window.keys(&["Down"]));
    window.changes("the demand", || window.keys(&["c"]));
    window.changes("the other answer", || window.keys(&["shift+Tab", "Return"]));
    window.text("Đã thi hành xong, không thể thu hồi");
    window.shot("refused");
    carried_out(&window, "ctrl+Return");
    window.keys(&["F5"]);
    window.says("synchronised");

    // What was cancelled is sealed; the archivist may open it, for a reason.
    between(&window, "luutru", || {
        assert_eq!(commune.ask("vanthu", &["show", &registered])["state"], "recalled");
        assert_eq!(commune.ask("vanthu", &["show", &under_way])["state"], "in-process");
        assert!(reported(&commune, &agreed).contains(&"15".to_owned()));
        assert!(reported(&commune, &refused).contains(&"16".to_owned()));
    });
    window.changes("the recalled ones", || window.keys(&["ctrl+8"]));
    window.changes("the document", || window.keys(&["Down"]));
    window.shot("sealed");
    window.changes("the reason", || window.keys(&["u"]));
    window.shot("unseal");
    window.text("Thanh tra tỉnh yêu cầu");
    let kept = commune.root().join("đã thu hồi.pdf");
    written(&display, &window, &kept, "a file was kept", || window.keys(&["ctrl+Return"]));
    window.shot("unsealed");
    assert!(window.close().success());
    let history = commune.ask("luutru", &["show", &registered]).to_string();
    assert!(history.contains("Thanh tra tỉnh yêu cầu"), "{history}");
}
