//! The board of what is on its way out.

use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::desk::Message;
use vanthu::desk::dialog::{self, seek, update};
use vanthu::desk::screen::main;

use crate::fake::{FakeKeeper, PIN};
use crate::{at_desk, newest_of};

#[test]
fn the_board_tells_what_to_look_at_and_wants_a_reason() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F10);
    stage.until_seen("Theo dõi văn bản đi");
    // What is signed and has not left comes first.
    stage.until_seen("Văn bản đã ký phải gửi trong ngày");
    stage.alt('2');
    stage.until_seen("máy chủ không nhận");
    // The evidence of the row's document is made, to be kept where the person wants it.
    assert!(stage.sees("Phiếu xác nhận…"));
    stage.ctrl('p');
    stage.until("the evidence", |_| keeper.deeds() == ["evidence"]);
    // Without words nothing is sent again.
    stage.click("Gửi lại");
    assert!(stage.sees("máy chủ không nhận"));
    stage.type_text("Đã sửa mã nơi nhận");
    stage.click("Gửi lại");
    stage.until("sent again", |stage| !stage.sees("máy chủ không nhận"));
    // What the office refuses is told, and the words stay.
    stage.type_text("Sai nội dung");
    stage.click("Thu hồi ở nơi này");
    stage.until_seen("Văn bản này không gửi tới");
    assert!(stage.sees("Theo dõi văn bản đi"));
    stage.press(Named::Escape);
    stage.until("the list", |stage| !stage.sees("Theo dõi văn bản đi"));
}

#[test]
fn what_is_signed_says_in_its_row_until_when_it_must_leave() {
    let keeper = FakeKeeper::furnished();
    // Signed just now: there is time.
    let mut leader = at_desk(&keeper, "an");
    newest_of(&mut leader, '7');
    leader.ctrl('k');
    leader.until_seen("Còn 3 lần thử PIN");
    leader.type_text(PIN);
    leader.press(Named::Enter);
    leader.until_seen("Đã ký số. Số văn bản");
    let mut stage = at_desk(&keeper, "be");
    stage.click("Chờ đóng dấu");
    stage.until("the term of today's", |stage| {
        stage.sees("Gửi trước ") || stage.sees("Phải gửi hôm nay")
    });
    // What was signed days ago is late, until it has left.
    stage.until_seen("Quá hạn gửi ");
    stage.click("Đã phát hành");
    stage.until("issued documents", |stage| !stage.sees("Quá hạn gửi "));
    assert!(!stage.sees("Gửi trước ") && !stage.sees("Phải gửi hôm nay"));
}

#[test]
fn what_the_server_does_not_take_is_decided_about_on_the_board() {
    let keeper = FakeKeeper::furnished();
    for item in ["1", "2"] {
        keeper.park(item, "Sở Thông tin và Truyền thông");
    }
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F10);
    // What goes nowhere by itself is what is shown first.
    stage.until_seen("Máy chủ không biết nơi nhận này.");
    stage.click("Gửi lại");
    stage.until("one of them is let go", |_| keeper.deeds() == ["retry 1"]);
    stage.until("the other", |stage| stage.sees("Bị vướng (1)  Alt+5"));
    // Giving up wants its reason.
    stage.click("Bỏ gửi");
    stage.until("the reason", |stage| stage.focused("follow-words"));
    stage.type_text("Đã gửi bản giấy");
    stage.click("Bỏ gửi");
    stage.until_seen("Không có gói tin nào bị vướng.");
    assert_eq!(keeper.deeds(), ["retry 1", "give up 2: Đã gửi bản giấy"]);
}

#[test]
fn what_rests_says_until_when_and_needs_no_decision() {
    let keeper = FakeKeeper::furnished();
    keeper.put_off("1", "Sở Nội vụ");
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F10);
    // It is nothing that presses.
    stage.until_seen("Văn bản đã ký phải gửi trong ngày");
    stage.alt('5');
    stage.until("its next try", |stage| stage.sees("Tự động thử lại lúc 24/11/2026 00:05"));
    stage.type_text("Không cần nữa");
    stage.click("Bỏ gửi");
    stage.click("Gửi lại");
    stage.until("it goes at once", |_| !keeper.deeds().is_empty());
    assert_eq!(keeper.deeds(), ["retry 1"]);
}

#[test]
fn what_cannot_be_fetched_is_decided_about_on_the_board() {
    let keeper = FakeKeeper::furnished();
    for item in ["1", "2"] {
        keeper.park_packet(item, "Sở Nội vụ");
    }
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F10);
    stage.until("why it did not come, and when it is tried again", |stage| {
        stage.sees("Gói tin nhận về không đúng với mã băm. · Tự động thử lại lúc 23/11/2026 12:00")
    });
    assert!(!stage.sees("Bỏ gửi"), "nothing is sent");
    stage.click("Tải lại");
    stage.until("one of them is let go", |_| keeper.deeds() == ["retry 1"]);
    stage.until("the other", |stage| stage.sees("Bị vướng (1)  Alt+5"));
    stage.click("Không nhận nữa");
    stage.until("the reason", |stage| stage.focused("follow-words"));
    stage.type_text("Nơi gửi đã gửi lại");
    stage.click("Không nhận nữa");
    stage.until_seen("Không có gói tin nào bị vướng.");
    assert_eq!(keeper.deeds(), ["retry 1", "give up 2: Nơi gửi đã gửi lại"]);
}

#[test]
fn what_is_parked_is_changed_where_its_document_is_issued() {
    let keeper = FakeKeeper::furnished();
    keeper.park("1", "Sở Thông tin và Truyền thông");
    keeper.park_update("2", "Sở Tài chính");
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F10);
    stage.until_seen("Sở Tài chính");
    // A status says what was done; there is nothing to change in it.
    stage.click("Cập nhật…");
    stage.let_pass(Duration::from_millis(100));
    assert!(!stage.sees("Cập nhật văn bản đã phát hành"));
    stage.press(Named::ArrowDown);
    stage.click("Cập nhật…");
    stage.until_seen("Cập nhật văn bản đã phát hành");
}

#[test]
fn an_issued_document_is_told_anew_from_the_board() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F10);
    stage.until_seen("Theo dõi văn bản đi");
    stage.alt('2');
    stage.click("Cập nhật…");
    stage.until_seen("Cập nhật văn bản đã phát hành");
    stage.until("the reason", |stage| stage.focused("update-reason"));
    // Neither a reason alone nor a change alone is enough.
    stage.type_text("Thêm nơi nhận");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert!(stage.sees("Chưa có thông tin nào được thay đổi."));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    // Somebody is taken off, and somebody comes to it.
    let tell = |message| Message::Main(main::Message::Dialog(dialog::Message::Update(message)));
    stage.send(tell(update::Message::Keep(1, false)));
    stage.send(tell(update::Message::Seek(seek::Message::Words("xa".to_owned()))));
    // Who has it already is not offered once more, nor is the office itself.
    stage.until_seen("Ủy ban nhân dân xã Hòa An");
    assert!(!stage.sees("000.13.31.H30") && !stage.sees("000.12.31.H30"));
    stage.click("Ủy ban nhân dân xã Hòa An");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã cập nhật văn bản đã phát hành.");
    assert_eq!(keeper.deeds(), ["update +1 -1: Thêm nơi nhận"]);
}
