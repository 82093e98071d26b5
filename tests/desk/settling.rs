//! Settling in the window: to people and units, passed on, noted on; what senders demand.

use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::domain::handling::Part;

use crate::fake::FakeKeeper;
use crate::stage::Stage;
use crate::{at_desk, newest_of};

/// The newest document of the queue of this name, with the keyboard.
fn opened(keeper: &FakeKeeper, user: &str, place: char) -> Stage {
    let mut stage = at_desk(keeper, user);
    newest_of(&mut stage, place);
    stage
}

/// Waits until so many have a part in the dialog.
fn named(stage: &mut Stage, count: usize) {
    let marked = |stage: &mut Stage| stage.texts().iter().filter(|t| *t == "\u{e226}").count();
    stage.until("the parts", |stage| marked(stage) == count);
}

#[test]
fn a_document_goes_to_a_unit_and_a_person_without_the_mouse() {
    let keeper = FakeKeeper::furnished();
    // The clerk's third queue: registered.
    let mut stage = opened(&keeper, "be", '3');
    stage.letter('g');
    stage.until_seen("Bộ phận Tư pháp – Hộ tịch");
    stage.until_seen("bộ phận, 2 người");
    stage.type_text("tu phap");
    named(&mut stage, 1);
    stage.press(Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    stage.type_text("dat");
    stage.press(Named::Enter);
    named(&mut stage, 2);
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã phân công xử lý.");
    let parts: Vec<_> = keeper
        .handlers()
        .into_iter()
        .map(|one| (one.party.to_string(), one.part, one.due.is_some()))
        .collect();
    assert_eq!(
        parts,
        [
            ("unit:tu-phap".to_owned(), Part::Lead, true),
            ("user:dat".to_owned(), Part::Cooperate, true)
        ]
    );
    // The pane of settling says so.
    stage.alt('5');
    stage.until_seen("Bộ phận Tư pháp – Hộ tịch");
    stage.until_seen("chủ trì");
    stage.until_seen("phối hợp");
}

#[test]
fn work_is_passed_on_and_noted_on() {
    let keeper = FakeKeeper::furnished();
    let mut stage = opened(&keeper, "be", '4');
    stage.letter('f');
    stage.until_seen("Lê Thị Hoa");
    stage.type_text("hoa");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã chuyển tiếp.");
    stage.letter('n');
    stage.until_seen("Chỉ mình tôi đọc");
    stage.type_text("Cần hỏi Phòng Tư pháp");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu ghi chú.");
    stage.letter('n');
    stage.until_seen("Tiến độ (%)");
    stage.type_text("Đã xong phần đầu");
    stage.press(Named::Tab);
    stage.type_text("40");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã ghi tiến độ.");
    assert_eq!(keeper.deeds(), ["forwarded to user:hoa", "note", "progress Some(40)"]);
    stage.alt('5');
    stage.until_seen("Cần hỏi Phòng Tư pháp");
    stage.until_seen("40 %");
}

#[test]
fn what_is_overdue_is_one_key_away() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("CẦN XEM NGAY");
    stage.press(Named::F6);
    stage.until("the overdue", |stage| stage.texts().iter().any(|t| t.starts_with("Quá hạn ")));
    stage.press(Named::F6);
    stage.let_pass(Duration::from_millis(300));
    assert!(!stage.sees("Quá hạn 2"), "what is due soon is not overdue");
}

#[test]
fn a_recall_is_told_marked_and_answered() {
    let keeper = FakeKeeper::demanded();
    let mut stage = at_desk(&keeper, "be");
    // Told at the login, to whom it concerns.
    stage.until_seen("yêu cầu: Thu hồi");
    stage.press(Named::Escape);
    newest_of(&mut stage, '5');
    stage.until_seen("Trả lời bên gửi (C)");
    stage.until_seen("Thu hồi: chờ trả lời");
    // Nothing else is offered meanwhile.
    assert!(!stage.sees("Hoàn thành (H)"));
    stage.letter('h');
    stage.let_pass(Duration::from_millis(200));
    assert_eq!(keeper.deeds(), Vec::<String>::new());

    stage.letter('c');
    stage.until_seen("Ban hành nhầm phụ lục");
    stage.until_seen("30/11/2026");
    stage.type_text("Văn bản đã được gửi lại");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã đồng ý; trạng thái 15 chờ gửi cho bên gửi.");
    assert_eq!(keeper.deeds(), ["demand answered: true Văn bản đã được gửi lại"]);
    stage.until_seen("Đã bị thu hồi");
    // Its pages are off the screen, too.
    stage.until_seen("Văn bản đã bị hủy bỏ và không được mở xem nữa.");
    stage.letter('c');
    stage.until_seen("Không có yêu cầu nào chờ trả lời.");
}
