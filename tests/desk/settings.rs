//! The settings: pages by what the person may set, the server, and how the office signs.

use std::sync::atomic::Ordering;
use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::domain::verdict::Level;
use vanthu::exchange::ServerProfile;
use vanthu::office::set_up::Proof;
use vanthu::rules::facts::NumberTaken;

use crate::at_desk;
use crate::fake::FakeKeeper;
use crate::fake::paper::NOWHERE;
use crate::fake::set_up::{SECRET, SERVER};
use crate::stage::Stage;

const PAGE_SERVER: &str = "Máy chủ  Alt+2";

/// The settings of the administrator, at the page of this place.
fn settings(keeper: &FakeKeeper, page: char) -> Stage {
    let mut stage = at_desk(keeper, "quan");
    stage.press(Named::F12);
    stage.until_seen("Thông báo bằng thông báo của hệ thống");
    stage.alt(page);
    stage
}

/// Types the address and the secret of a server.
fn typed(stage: &mut Stage, url: &str, secret: &str) {
    stage.until("the address", |stage| stage.focused("settings-server"));
    stage.type_text(url);
    stage.until("the secret", |stage| {
        stage.press(Named::Tab);
        stage.focused("settings-secret")
    });
    stage.type_text(secret);
}

#[test]
fn the_server_is_typed_saved_and_never_shown() {
    let keeper = FakeKeeper::furnished();
    let mut stage = settings(&keeper, '2');
    // Half of it is not saved, and what is missing is said where it is missing.
    stage.until("the address", |stage| stage.focused("settings-server"));
    stage.type_text("http://10.0.0.1");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Địa chỉ http://10.0.0.1 không mã hóa đường truyền.");
    stage.until_seen("Hãy nhập mã bí mật");
    assert!(keeper.set_up().is_none());
    stage.ctrl('a');
    typed(&mut stage, SERVER, "rat-bi-mat");
    assert!(!stage.sees("rat-bi-mat"));
    assert!(!format!("{:?}", stage.app).contains("rat-bi-mat"));
    stage.press(Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    let order = keeper.set_up().unwrap().server.unwrap();
    assert_eq!((order.url.as_str(), order.profile), (SERVER, ServerProfile::Vanthu));
    assert!(matches!(&order.secret, Proof::New(secret) if secret.reveal() == "rat-bi-mat"));

    // Opened again it stands there, but for the secret, which stays as it is.
    stage.press(Named::F12);
    stage.until_seen(PAGE_SERVER);
    stage.alt('2');
    stage.until_seen("Mã bí mật của cơ quan tại máy chủ");
    assert!(!stage.sees("rat-bi-mat"));
    // Saved as it stands, it is no change.
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until("no dialog", |stage| !stage.sees(PAGE_SERVER));
    assert_eq!(keeper.orders(), 1);
}

#[test]
fn the_axis_is_chosen_by_keyboard_with_its_quirk() {
    let keeper = FakeKeeper::furnished();
    let mut stage = settings(&keeper, '2');
    stage.until("the address", |stage| stage.focused("settings-server"));
    stage.type_text("truc.vn/XrdAdapter");
    stage.press(Named::Tab);
    stage.press(Named::ArrowDown);
    stage.until_seen("Gói tin gửi thành phần file_doc (multipart)");
    stage.press(Named::Tab);
    stage.press(Named::Tab);
    stage.press(Named::Space);
    stage.press(Named::Tab);
    assert!(stage.focused("settings-secret"));
    stage.type_text("x");
    stage.press(Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    let order = keeper.set_up().unwrap().server.unwrap();
    assert_eq!(order.profile.words(), "axis multipart");
}

#[test]
fn a_line_is_tried_and_nothing_is_saved() {
    let keeper = FakeKeeper::furnished();
    let mut stage = settings(&keeper, '2');
    typed(&mut stage, SERVER, "sai");
    stage.click("Thử kết nối");
    stage.until_seen("Máy chủ có trả lời, phiên bản 1.2.3.");
    stage.until_seen("Đồng hồ của máy này chậm hơn máy chủ 7 phút.");
    stage.until_seen("Máy chủ không chấp nhận mã bí mật của cơ quan");
    // Typed on, it is not what was tried any more.
    stage.press_with(Modifiers::SHIFT, Named::Tab);
    stage.until("the secret", |stage| {
        stage.press(Named::Tab);
        stage.focused("settings-secret")
    });
    stage.ctrl('a');
    stage.type_text(SECRET);
    assert!(!stage.sees("Máy chủ có trả lời"));
    stage.click("Thử kết nối");
    stage.until_seen("Máy chủ nhận đúng cơ quan này");
    keeper.troubles.server_down.store(true, Ordering::Relaxed);
    stage.click("Thử kết nối");
    stage.until_seen("Không kết nối được với máy chủ");
    assert!(keeper.set_up().is_none());
    assert_eq!(keeper.tries(), 3);
}

#[test]
fn escape_ends_a_try_and_then_the_dialog() {
    let keeper = FakeKeeper::furnished();
    let mut stage = settings(&keeper, '2');
    typed(&mut stage, SERVER, SECRET);
    crate::fake::slow(&keeper, 600);
    stage.click("Thử kết nối");
    stage.until_seen("Đang thử kết nối với máy chủ");
    stage.press(Named::Escape);
    stage.until("no try", |stage| !stage.sees("Đang thử kết nối với máy chủ"));
    // Its answer comes too late.
    stage.let_pass(Duration::from_millis(900));
    assert!(stage.sees(PAGE_SERVER) && !stage.sees("Máy chủ có trả lời"));
    stage.press(Named::Escape);
    stage.until("no dialog", |stage| !stage.sees(PAGE_SERVER));
}

#[test]
fn each_sees_what_is_theirs_to_set() {
    let keeper = FakeKeeper::furnished();
    // The clerk: the seal. The leader: the signature. The drafter: neither.
    for (user, sees, not) in [
        ("be", vec!["Ảnh dấu của cơ quan"], vec!["Ảnh chữ ký của tôi", "Dịch vụ cấp dấu"]),
        ("an", vec!["Ảnh chữ ký của tôi"], vec!["Ảnh dấu của cơ quan", "Dịch vụ cấp dấu"]),
        ("dat", vec![], vec!["Ký số  Alt+2", "Ảnh dấu của cơ quan", "Ảnh chữ ký của tôi"]),
    ] {
        let mut stage = at_desk(&keeper, user);
        stage.press(Named::F12);
        stage.until_seen("Thông báo bằng thông báo của hệ thống");
        stage.alt('2');
        stage.let_pass(Duration::from_millis(100));
        for words in sees {
            stage.until_seen(words);
        }
        for words in not {
            assert!(!stage.sees(words), "{user}: {words}");
        }
        assert!(!stage.sees("Địa chỉ máy chủ") && !stage.sees(PAGE_SERVER), "{user}");
    }
}

#[test]
fn services_level_and_number_are_set_by_keyboard() {
    let keeper = FakeKeeper::furnished();
    let mut stage = settings(&keeper, '3');
    stage.until("the services", |stage| stage.focused("settings-tsa"));
    stage.type_text("khong phai");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("«khong phai» không phải là địa chỉ");
    assert!(keeper.set_up().is_none());
    stage.ctrl('a');
    stage.type_text("http://tsa.vn");
    // Nobody has chosen a level: with a service it is a lasting one.
    stage.until_seen("Kèm mọi thứ cần để kiểm tra sau khi chứng thư số hết hạn.");
    stage.press(Named::Tab);
    stage.press(Named::ArrowDown);
    stage.until_seen("Thêm dấu thời gian lưu trữ, phần mềm gia hạn trước khi hết giá trị.");
    stage.press(Named::Tab);
    stage.press(Named::ArrowDown);
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    let order = keeper.signing_order();
    assert_eq!(order.tsa.unwrap(), ["http://tsa.vn"]);
    assert_eq!(order.level, Some(Level::Blta));
    assert_eq!(order.number_taken, Some(NumberTaken::OrganisationSignature));
    assert!(keeper.set_up().unwrap().server.is_none());
}

#[test]
fn what_was_not_saved_is_told_and_still_stands_there() {
    let keeper = FakeKeeper::furnished();
    let mut stage = settings(&keeper, '2');
    typed(&mut stage, SERVER, SECRET);
    keeper.troubles.disk_broken.store(true, Ordering::Relaxed);
    stage.press(Named::Enter);
    stage.until_seen("Việc này bị ngắt giữa chừng");
    assert!(keeper.set_up().is_none());
    keeper.troubles.disk_broken.store(false, Ordering::Relaxed);
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    assert!(keeper.set_up().unwrap().server.is_some());
}

#[test]
fn a_folder_that_is_refused_does_not_cost_the_other() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    let fill = |stage: &mut Stage, watched: &str, scanned: &str| {
        stage.press(Named::F12);
        stage.until_seen("Thư mục của máy quét");
        for (field, folder) in [("settings-watched", watched), ("settings-scanned", scanned)] {
            stage.until("a folder", |stage| {
                stage.press(Named::Tab);
                stage.focused(field)
            });
            stage.ctrl('a');
            stage.type_text(folder);
        }
        stage.press_with(Modifiers::CTRL, Named::Enter);
    };
    fill(&mut stage, "/den", "/quet");
    stage.until_seen("Đã lưu cài đặt.");
    let before = keeper.desk_settings();
    fill(&mut stage, "/den-moi", NOWHERE);
    stage.until_seen("Không mở được thư mục");
    assert_eq!(keeper.desk_settings(), before, "half of it is saved");
    assert_eq!(keeper.orders(), 1);
}

#[test]
fn what_is_not_of_the_line_leaves_the_exchange_alone() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.until("the first exchange", |_| keeper.syncs() > 0);
    stage.let_pass(Duration::from_millis(200));
    let before = keeper.syncs();
    stage.press(Named::F12);
    stage.until_seen("Thông báo bằng thông báo của hệ thống");
    stage.click("Thông báo bằng thông báo của hệ thống");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    stage.let_pass(Duration::from_millis(300));
    assert_eq!(keeper.syncs(), before);
}

#[test]
fn what_was_saved_of_the_line_is_used_at_once() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.until("the first exchange", |_| keeper.syncs() > 0);
    stage.let_pass(Duration::from_millis(200));
    let before = keeper.syncs();
    stage.press(Named::F12);
    stage.until_seen("Kết nối tính phí theo dung lượng");
    stage.click("Kết nối tính phí theo dung lượng");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    // The minute's own exchange is not due yet.
    stage.until("another exchange", |_| keeper.syncs() > before);
}
