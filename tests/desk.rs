//! The window, walked by keyboard and mouse without a display, on an office in memory:
//! what a person sees, and what the office is asked to do.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "desk/books.rs"]
mod books;
#[path = "desk/copies.rs"]
mod copies;
#[path = "desk/drafts.rs"]
mod drafts;
#[path = "desk/fake.rs"]
#[allow(dead_code)] // The preview uses all of it.
mod fake;
#[path = "desk/gate.rs"]
mod gate;
#[path = "desk/handling.rs"]
mod handling;
#[path = "desk/inbound.rs"]
mod inbound;
#[path = "desk/leaving.rs"]
mod leaving;
#[path = "desk/paper.rs"]
mod paper;
#[path = "desk/settings.rs"]
mod settings;
#[path = "desk/settling.rs"]
mod settling;
#[path = "desk/stage.rs"]
mod stage;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use fake::{FakeKeeper, PASSWORD, PIN};
use iced::Event;
use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use iced::window;
use stage::Stage;
use vanthu::desk::Start;
use vanthu::desk::easel::{Canvas, Easel, Picture};
use vanthu::desk::settings::Settings;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::i18n::{Lang, set_language};

/// Draws white pages, so that these tests need no library.
#[derive(Debug)]
struct Paper;

impl Easel for Paper {
    fn open(&self, _: Arc<[u8]>) -> Result<Arc<dyn Canvas>, Problem> {
        Ok(Arc::new(Self))
    }
}

impl Canvas for Paper {
    fn pages(&self) -> &[(f32, f32)] {
        &[(595.0, 842.0), (595.0, 842.0)]
    }

    fn draw(&self, _: usize, width: u32) -> Result<Picture, Problem> {
        Ok(Picture { width, height: 1, rgba: vec![255; width as usize * 4].into() })
    }
}

fn start(keeper: &FakeKeeper, user: &str) -> Start {
    set_language(Lang::Vi);
    Start {
        data_dir: PathBuf::from("/nowhere"),
        lang: Some(Lang::Vi),
        user: user.to_owned(),
        doorkeeper: Arc::new(keeper.clone()),
        easel: Arc::new(Paper),
        demonstration: false,
        began: Instant::now(),
        obstacle: None,
    }
}

/// The window of `user`, signed in.
fn at_desk(keeper: &FakeKeeper, user: &str) -> Stage {
    let mut stage = Stage::new(start(keeper, user), 1366.0, 730.0);
    stage.type_text(PASSWORD);
    stage.press(Named::Enter);
    stage.until("the three panes", |stage| stage.sees("VĂN BẢN ĐI"));
    stage
}

/// Chooses the newest document of the queue at `place` (from 1) with the keyboard.
fn newest_of(stage: &mut Stage, place: char) {
    stage.ctrl(place);
    stage.let_pass(Duration::from_millis(150));
    stage.press(Named::ArrowDown);
    stage.until("a document on the right", |stage| stage.sees("Trang 1/2"));
}

#[test]
fn a_wrong_password_is_said_and_forgotten_and_the_right_one_lets_in() {
    let keeper = FakeKeeper::furnished();
    let mut stage = Stage::new(start(&keeper, "be"), 1366.0, 730.0);
    stage.type_text("sai");
    stage.press(Named::Enter);
    stage.until("the refusal", |stage| {
        stage.sees("store-wrong-password") || stage.sees("mật khẩu không đúng")
    });
    // The field is empty again and has the keyboard: one just types on.
    stage.type_text(PASSWORD);
    stage.press(Named::Enter);
    stage.until_seen("Mới đến");
    assert_eq!(stage.app.title(), "Văn Thư — UBND xã Tân Bình");
}

#[test]
fn a_document_is_accepted_registered_and_assigned_without_the_mouse() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('a');
    stage.until_seen("Đã tiếp nhận văn bản");
    // The document stays on the right, with what comes next.
    stage.until_seen("Đăng ký số đến (R)");
    stage.letter('r');
    stage.until_seen("Đã đăng ký, số đến");
    stage.until_seen("Phân công (G)");
    stage.letter('g');
    stage.until_seen("Đỗ Tiến Đạt");
    stage.type_text("dat");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã phân công xử lý.");
    assert_eq!(keeper.deeds(), ["inbound accepted", "inbound registered", "inbound assigned"]);
}

#[test]
fn letters_typed_into_a_field_do_nothing_else() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.ctrl('f');
    stage.type_text("artghk");
    stage.let_pass(Duration::from_millis(300));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    assert!(stage.sees("Không tìm thấy văn bản nào với «artghk»"));
    stage.press(Named::Escape);
    stage.press(Named::Escape);
    stage.until("the list again", |stage| stage.sees("Tiếp nhận (A)"));
}

#[test]
fn search_needs_no_diacritics_and_survives_typing_tools() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.ctrl('9');
    stage.ctrl('f');
    // UniKey types `ban` and then replaces it: backspaces and Unicode in one burst.
    stage.type_text("ban");
    for _ in 0..2 {
        stage.press(Named::Backspace);
    }
    stage.type_text("ằng khen");
    stage.until("found", |stage| stage.sees("tặng Bằng khen") && !stage.sees("hộ nghèo"));
    for _ in 0..9 {
        stage.press(Named::Backspace);
    }
    stage.type_text("bang KHEN");
    stage.until("found again", |stage| stage.sees("tặng Bằng khen") && !stage.sees("hộ nghèo"));
}

#[test]
fn returning_needs_a_reason_and_escape_changes_nothing() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('t');
    stage.until_seen("Gửi trùng");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    stage.press(Named::Escape);
    stage.let_pass(Duration::from_millis(50));
    assert!(!stage.sees("Gửi trùng"));
    stage.letter('t');
    stage.until_seen("Gửi trùng");
    stage.click("Gửi trùng");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã trả lại văn bản");
    assert_eq!(keeper.deeds(), ["inbound returned"]);
}

#[test]
fn fields_are_taken_from_the_page_by_enter_and_saved() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('e');
    stage.until_seen("Thông tin văn bản đến");
    // The number has the keyboard; Enter takes what the page says there.
    stage.until_seen("«777»");
    stage.press(Named::Enter);
    stage.until("the number taken", |stage| !stage.sees("«777»"));
    // A date that is none is said at its field, and nothing is saved.
    stage.press(Named::ArrowDown);
    stage.press(Named::ArrowDown);
    stage.let_pass(Duration::from_millis(60));
    stage.type_text("9");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Hãy ghi ngày/tháng/năm");
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    // All that is sure at once: the date of the page stands there, the doubtful signer not.
    stage.press(Named::PageDown);
    stage.let_pass(Duration::from_millis(60));
    assert!(stage.sees("«Lê Văn Tám»"));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu thông tin văn bản");
    let deeds = keeper.deeds();
    assert!(deeds.len() == 1 && deeds[0].starts_with("fields 777/"), "{deeds:?}");
}

#[test]
fn a_registered_document_is_corrected_with_a_reason_only() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    // The clerk's third queue: registered.
    newest_of(&mut stage, '3');
    stage.letter('e');
    stage.until_seen("Đính chính thông tin văn bản đã đăng ký");
    stage.until_seen("«777»");
    stage.press(Named::Enter);
    stage.until_seen("Văn bản đã đăng ký: cần lý do.");
    // Saving leads to the reason, and one types on.
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    stage.type_text("nhập nhầm số");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu thông tin văn bản");
    let deeds = keeper.deeds();
    assert!(deeds.len() == 1 && deeds[0].ends_with("nhập nhầm số"), "{deeds:?}");
}

#[test]
fn a_wrong_pin_costs_a_try_and_the_dialog_waits_with_an_empty_field() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "an");
    // The leader's seventh queue: to be signed.
    newest_of(&mut stage, '7');
    stage.ctrl('k');
    stage.until_seen("Còn 3 lần thử PIN");
    stage.type_text("000000");
    stage.press(Named::Enter);
    stage.until_seen("Còn 2 lần thử PIN");
    stage.type_text("000000");
    stage.press(Named::Enter);
    stage.until_seen("Chỉ còn 1 lần thử PIN");
    // The right PIN alone is not enough for the last try.
    stage.type_text(PIN);
    stage.press(Named::Enter);
    stage.let_pass(Duration::from_millis(150));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    stage.press(Named::Tab);
    stage.press(Named::Space);
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã ký số. Số văn bản");
    assert_eq!(keeper.deeds(), ["outbound to-seal"]);
}

#[test]
fn an_unsure_place_is_never_signed_at_without_a_word() {
    let keeper = FakeKeeper::furnished();
    keeper.troubles.place_unsure.store(true, Ordering::Relaxed);
    let mut stage = at_desk(&keeper, "an");
    newest_of(&mut stage, '7');
    stage.ctrl('k');
    stage.until_seen("Chưa chắc đây là chỗ ký");
    stage.type_text(PIN);
    stage.press(Named::Enter);
    stage.let_pass(Duration::from_millis(150));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    stage.click("Khung đã ở đúng chỗ ký");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã ký số. Số văn bản");
    assert_eq!(keeper.deeds(), ["outbound to-seal"]);
}

#[test]
fn many_documents_are_signed_with_one_pin() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "an");
    newest_of(&mut stage, '7');
    stage.ctrl('b');
    stage.until_seen("Ký nhiều văn bản");
    stage.until_seen("Còn 3 lần thử PIN");
    // A wrong PIN signs nothing and is asked for again.
    stage.type_text("000000");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Còn 2 lần thử PIN");
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    stage.type_text(PIN);
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã xong");
    assert!(stage.sees("Đã ký, số"));
    let deeds = keeper.deeds();
    assert!(!deeds.is_empty() && deeds.iter().all(|deed| deed == "outbound to-seal"), "{deeds:?}");
    stage.press(Named::Escape);
    stage.until("the dialog gone", |stage| !stage.sees("Ký nhiều văn bản"));
}

#[test]
fn the_number_to_be_taken_is_said_before_the_pin() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "an");
    newest_of(&mut stage, '7');
    stage.ctrl('k');
    stage.until_seen("Số sẽ cấp");
}

#[test]
fn what_waits_for_a_line_is_shown_and_extended_by_hand() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("1 văn bản chờ bổ sung chữ ký");
    // What stands before it on the line has come as well, so that it stays where it is.
    stage.until_seen("Văn bản đi cần xử lý: 3");
    stage.click("1 văn bản chờ bổ sung chữ ký");
    stage.until_seen("12/QĐ-UBND");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã bổ sung chữ ký cho 1 văn bản");
    stage.until("nothing waiting", |stage| !stage.sees("1 văn bản chờ bổ sung chữ ký"));
}

#[test]
fn the_devices_are_looked_over_and_a_pin_is_changed() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "an");
    stage.press(Named::F8);
    stage.until_seen("Dịch vụ thẻ thông minh đang chạy.");
    stage.until_seen("Chỉ người quản trị được chọn thư viện");
    stage.click("Đổi mã PIN");
    stage.until_seen("Nhập lại mã PIN mới");
    stage.type_text(PIN);
    stage.press(Named::Enter);
    stage.type_text("246810");
    stage.press(Named::Enter);
    stage.type_text("246810");
    stage.press(Named::Enter);
    stage.until_seen("Đã đổi mã PIN");
    assert_eq!(keeper.deeds(), ["pin changed"]);
}

#[test]
fn every_role_is_offered_its_own_deeds_only() {
    let keeper = FakeKeeper::furnished();
    let mut clerk = at_desk(&keeper, "be");
    clerk.until_seen("Gửi và nhận ngay");
    let mut leader = at_desk(&keeper, "an");
    assert!(!leader.sees("Gửi và nhận ngay"));
    assert!(!leader.sees("Chờ đóng dấu"));
    newest_of(&mut leader, '7');
    assert!(leader.sees("Ký số (Ctrl+K)"));
    // What is not offered is not done by its key either.
    leader.ctrl('d');
    leader.letter('a');
    leader.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
}

#[test]
fn the_line_going_down_is_said_and_nothing_else_stops() {
    let keeper = FakeKeeper::furnished();
    keeper.troubles.server_down.store(true, Ordering::Relaxed);
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("Mất kết nối – 3 gói tin chờ gửi");
    newest_of(&mut stage, '1');
    stage.letter('a');
    stage.until_seen("Đã tiếp nhận văn bản");
    keeper.troubles.server_down.store(false, Ordering::Relaxed);
    stage.press(Named::F5);
    stage.until_seen("Đã kết nối");
    assert_eq!(keeper.syncs(), 2);
}

#[test]
fn slow_work_is_named_and_the_document_cannot_be_worked_on_twice() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.let_pass(Duration::from_millis(200));
    keeper.troubles.delay.store(700, Ordering::Relaxed);
    stage.letter('a');
    stage.letter('a');
    stage.let_pass(Duration::from_millis(150));
    assert!(!stage.sees("Đang tiếp nhận…"), "too early to worry anybody");
    stage.until_seen("Đang tiếp nhận…");
    // Closing waits for the end of the work.
    stage.event(Event::Window(window::Event::CloseRequested));
    assert!(!stage.gone);
    stage.until("the window going", |stage| stage.gone);
    assert_eq!(keeper.deeds(), ["inbound accepted"]);
}

#[test]
fn a_queue_that_cannot_be_read_says_why_and_can_be_tried_again() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    keeper.troubles.disk_broken.store(true, Ordering::Relaxed);
    stage.ctrl('2');
    stage.until_seen("Việc này bị ngắt giữa chừng");
    keeper.troubles.disk_broken.store(false, Ordering::Relaxed);
    stage.click("Thử lại");
    stage.until("the queue", |stage| !stage.sees("Thử lại") && stage.sees("345/TTr-UBND"));
}

#[test]
fn a_long_queue_is_fetched_page_by_page() {
    let keeper = FakeKeeper::crowded(1_000);
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("1.004");
    stage.press(Named::ArrowDown);
    for _ in 0..14 {
        stage.press(Named::End);
        stage.let_pass(Duration::from_millis(60));
    }
    // The oldest arrival.
    stage.until("the end of the queue", |stage| {
        stage.press(Named::End);
        stage.sees("40/QĐ-UBND")
    });
    assert!(stage.texts().len() < 400, "only what can be seen is built");
    stage.press(Named::Home);
    stage.until_seen("349/UBND-VHXH");
}

#[test]
fn a_draft_is_made_from_a_file_and_found_recipients() {
    let dir = tempfile::tempdir().unwrap();
    let pdf = dir.path().join("công văn.pdf");
    std::fs::write(&pdf, b"%PDF-1.7").unwrap();
    let keeper = FakeKeeper::empty();
    let mut stage = at_desk(&keeper, "be");
    stage.ctrl('n');
    stage.until_seen("Lưu dự thảo (Ctrl+Enter)");
    stage.let_pass(Duration::from_millis(150));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Cần chọn tệp của văn bản.");
    stage.event(Event::Window(window::Event::FileDropped(pdf)));
    // File, its button, attachments, then the type.
    for _ in 0..3 {
        stage.press(Named::Tab);
    }
    stage.press(Named::ArrowDown);
    stage.press(Named::Tab);
    stage.press(Named::Tab);
    stage.type_text("về việc rà soát");
    stage.press(Named::Tab);
    stage.type_text("dai thanh");
    stage.until_seen("Ủy ban nhân dân xã Đại Thành");
    stage.press(Named::Enter);
    stage.let_pass(Duration::from_millis(50));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu dự thảo.");
    stage.until_seen("Trình ký (K)");
    assert_eq!(keeper.deeds(), ["draft"]);
}

#[test]
fn the_help_lists_what_the_table_has_and_closes_by_its_own_key() {
    let keeper = FakeKeeper::empty();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F1);
    stage.let_pass(Duration::from_millis(30));
    for line in ["Ctrl+PgUp / PgDn", "Đăng ký số đến", "Trình đọc màn hình"] {
        assert!(stage.sees(line), "{line}");
    }
    stage.press(Named::F1);
    stage.let_pass(Duration::from_millis(30));
    assert!(!stage.sees("Ctrl+PgUp / PgDn"));
}

#[test]
fn a_start_that_cannot_work_says_why_and_what_still_does() {
    let keeper = FakeKeeper::empty();
    let obstacle = Problem::new("desk-data-dir", Kind::Unavailable, Blame::Environment)
        .with("folder", "/media/usb");
    let start = Start { obstacle: Some(obstacle), ..start(&keeper, "be") };
    let mut stage = Stage::new(start, 1024.0, 640.0);
    assert!(stage.sees("Không dùng được thư mục dữ liệu /media/usb."));
    assert!(stage.sees("vanthuctl verify"));
    stage.press(Named::Tab);
    stage.press(Named::Enter);
    stage.until("the window going", |stage| stage.gone);
}

#[test]
fn nothing_is_cut_off_in_a_small_window() {
    let keeper = FakeKeeper::furnished();
    keeper.troubles.no_reader.store(true, Ordering::Relaxed);
    let mut stage = Stage::new(start(&keeper, "be"), 1024.0, 640.0);
    stage.type_text(PASSWORD);
    stage.press(Named::Enter);
    stage.until_seen("VĂN BẢN ĐI");
    for open in ['n', 'd'] {
        if open == 'd' {
            // The clerk's fourteenth queue, by mouse: to be sealed.
            stage.click("Chờ đóng dấu");
            stage.let_pass(Duration::from_millis(200));
            stage.press(Named::ArrowDown);
            stage.until_seen("Đóng dấu (Ctrl+D)");
        }
        stage.ctrl(open);
        stage.until_seen("Bỏ qua (Esc)");
        stage.let_pass(Duration::from_millis(100));
        let button = stage.place_of("Bỏ qua (Esc)").unwrap();
        assert!(button.y + button.height <= 640.0 && button.height >= 18.0, "{button:?}");
        stage.press(Named::Escape);
        stage.let_pass(Duration::from_millis(30));
    }
}

#[test]
fn the_window_remembers_its_size() {
    let dir = tempfile::tempdir().unwrap();
    let keeper = FakeKeeper::empty();
    let start = Start { data_dir: dir.path().to_owned(), ..start(&keeper, "be") };
    let mut stage = Stage::new(start, 1366.0, 730.0);
    stage.event(Event::Window(window::Event::Resized(iced::Size::new(1600.0, 900.0))));
    stage.event(Event::Window(window::Event::CloseRequested));
    stage.until("the window going", |stage| stage.gone);
    let settings = Settings::load(dir.path());
    assert_eq!((settings.width, settings.height), (1600.0, 900.0));
}

#[test]
fn a_demonstration_never_looks_like_the_real_thing() {
    let mut keeper = FakeKeeper::furnished();
    keeper.demonstration = true;
    let mut stage = at_desk(&keeper, "be");
    assert_eq!(stage.app.title(), "[TRÌNH DIỄN] Văn Thư — UBND xã Tân Bình");
    // On a usual screen the office's name has room beside the mark.
    let marks = stage.texts().iter().filter(|text| *text == "TRÌNH DIỄN").count();
    assert_eq!(marks, 2, "above and below");
    let name = stage.place_of("UBND xã Tân Bình").unwrap();
    assert!(name.width >= 260.0, "{name:?}");
    // A wide one has room for all of it.
    let mut wide = Stage::new(start(&keeper, "be"), 1700.0, 900.0);
    wide.type_text(PASSWORD);
    wide.press(Named::Enter);
    wide.until_seen("VĂN BẢN ĐI");
    assert!(wide.sees("TRÌNH DIỄN – không có giá trị pháp lý"));
    assert!(wide.place_of("UBND xã Tân Bình").unwrap().width >= 260.0);
}
