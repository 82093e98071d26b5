//! The gate before acceptance, taking back, many at once and the day's duties, in the window.

use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::domain::inbound::InboundState;
use vanthu::i18n::{Lang, set_language};

use crate::fake::FakeKeeper;
use crate::{at_desk, newest_of};

#[test]
fn the_verification_tab_shows_what_was_found_at_the_gate() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.alt('2');
    stage.until_seen("Kiểm tra trước khi tiếp nhận");
    for line in [
        "Không có gì cản trở việc tiếp nhận.",
        "Gói tin ghi 5 trang, văn bản có 2 trang.",
        "Chưa quét: chưa cài đặt phần mềm quét",
        "Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1",
    ] {
        assert!(stage.sees(line), "{line}");
    }
    stage.click("Thuộc thẩm quyền, tôi đã xem xét");
    stage.until_seen("be đã xem xét");
    stage.click("Kiểm tra lại");
    stage.until("a second look", |_| keeper.deeds() == ["checked again"]);
    set_language(Lang::En);
    stage.let_pass(Duration::from_millis(50));
    let english = stage.sees("Checks before acceptance") && stage.sees("Take note");
    set_language(Lang::Vi);
    assert!(english);
}

#[test]
fn a_failed_check_asks_for_a_reason_before_acceptance() {
    let keeper = FakeKeeper::furnished();
    keeper.spoil_formats();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('a');
    stage.until_seen("Nội dung tệp «phu-luc.docx» không đúng với đuôi tệp.");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    stage.type_text("da hoi noi gui");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã tiếp nhận văn bản");
    assert_eq!(keeper.deeds(), ["inbound accepted"]);
}

#[test]
fn the_reason_to_return_follows_from_what_failed() {
    let keeper = FakeKeeper::furnished();
    keeper.spoil_formats();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('t');
    stage.until_seen("Định dạng tệp không đúng quy định");
    // Proposed and, as soon as the checks are known to the dialog, chosen: nothing is left to
    // type.
    stage.until("it returned", |stage| {
        stage.press_with(Modifiers::CTRL, Named::Enter);
        stage.sees("Đã trả lại văn bản")
    });
    assert_eq!(keeper.deeds(), ["inbound returned"]);
}

#[test]
fn what_was_just_decided_is_taken_back() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.ctrl('z');
    stage.until_seen("Không có việc gì để hoàn tác");
    stage.letter('a');
    stage.until_seen("Hoàn tác (Ctrl+Z)");
    stage.ctrl('z');
    stage.until_seen("Đã hoàn tác, văn bản trở về «Mới đến»");
    stage.until_seen("Tiếp nhận (A)");
    // And by the button of the notice.
    stage.letter('a');
    stage.until_seen("Hoàn tác (Ctrl+Z)");
    stage.click("Hoàn tác (Ctrl+Z)");
    stage.until("taken back twice", |_| {
        keeper.deeds() == ["inbound accepted", "undone", "inbound accepted", "undone"]
    });
}

#[test]
fn marked_rows_are_accepted_and_registered_together() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.press(Named::Space);
    stage.press(Named::ArrowDown);
    stage.press(Named::Space);
    stage.until_seen("Đã đánh dấu 2 văn bản");
    stage.letter('a');
    stage.until_seen("Tiếp nhận 2 văn bản sau đây?");
    stage.press(Named::Enter);
    stage.until_seen("Đã xong 2 trên 2 văn bản");
    stage.press(Named::Escape);
    // What has left the queue is marked no more.
    stage.until("no marks", |stage| !stage.sees("Đã đánh dấu"));
    stage.ctrl('2');
    stage.let_pass(Duration::from_millis(150));
    stage.ctrl('a');
    stage.until_seen("Đã đánh dấu 3 văn bản");
    stage.letter('r');
    stage.until_seen("Đăng ký số đến cho 3 văn bản sau đây, theo thứ tự đến?");
    stage.press(Named::Enter);
    stage.until_seen("Đã xong 3 trên 3 văn bản");
    assert!(stage.sees("Số đến"));
    let deeds = keeper.deeds();
    let of = |wanted: &str| deeds.iter().filter(|deed| *deed == wanted).count();
    assert_eq!((of("inbound accepted"), of("inbound registered")), (2, 3));
}

#[test]
fn marks_go_by_escape_and_offer_only_what_fits_all() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.ctrl('a');
    stage.until_seen("Đã đánh dấu 4 văn bản");
    // Nothing that stands here can be registered.
    stage.letter('r');
    stage.let_pass(Duration::from_millis(100));
    assert!(!stage.sees("theo thứ tự đến?"));
    stage.press(Named::Escape);
    stage.until("no marks", |stage| !stage.sees("Đã đánh dấu"));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
}

#[test]
fn what_is_to_be_acknowledged_today_is_counted_listed_and_opened() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("4 chưa tiếp nhận");
    stage.press(Named::F4);
    stage.until_seen("Nơi gửi phải được thông báo ngay trong ngày");
    stage.until_seen("Quá hạn");
    stage.press(Named::Enter);
    stage.until("the oldest on the right", |stage| stage.sees("Tiếp nhận (A)"));
    assert!(!stage.sees("Nơi gửi phải được thông báo"));
}

#[test]
fn before_the_office_closes_what_is_left_is_reminded_of_once() {
    let keeper = FakeKeeper::furnished();
    keeper.close_soon();
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("Còn 4 văn bản chưa tiếp nhận.");
    stage.press(Named::Escape);
    newest_of(&mut stage, '1');
    stage.letter('a');
    stage.until_seen("3 chưa tiếp nhận");
    assert!(!stage.sees("Còn 3 văn bản chưa tiếp nhận."));
}

#[test]
fn what_is_kept_out_says_the_procedure_to_follow() {
    let keeper = FakeKeeper::furnished();
    keeper.troubles.server_down.store(true, std::sync::atomic::Ordering::Relaxed);
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("được giữ riêng");
    stage.click("1 gói tin không đọc được, được giữ riêng");
    stage.until_seen("Văn bản có dấu độ mật «MẬT»");
    assert!(stage.sees("Báo ngay người đứng đầu cơ quan."));
}

#[test]
fn an_error_is_reported_with_what_was_found_and_the_leader_reads_it() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.press(Named::F7);
    // What was found fills the field, so that nothing is left to type; and what the line can
    // say is said.
    stage.until_seen("Nguyễn Văn An");
    stage.until("filled words", |stage| !stage.sees("Cần ghi sai sót là gì."));
    assert!(stage.sees("Trục liên thông không có loại thông báo riêng"));
    stage.click("Nguyễn Văn An (Lãnh đạo)");
    stage.until_seen("Không có gì gửi ra ngoài cơ quan.");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã báo sai sót.");
    assert_eq!(keeper.deeds(), ["error reported"]);
    assert_eq!(keeper.reports(), ["Gói tin ghi 5 trang, văn bản có 2 trang."]);
    let mut leader = at_desk(&keeper, "an");
    leader.until_seen("be báo sai sót");
    leader.click("Đã đọc");
    leader.until("the notice gone", |stage| !stage.sees("be báo sai sót"));
    let mut again = at_desk(&keeper, "an");
    again.let_pass(Duration::from_millis(150));
    assert!(!again.sees("be báo sai sót"));
    assert!(keeper.inbound_count(InboundState::Arrived) == 4);
}
