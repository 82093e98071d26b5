//! Many documents given at once, the settings of this desk, and how much a kept search finds.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::domain::inbound::InboundState;

use crate::fake::FakeKeeper;
use crate::{at_desk, newest_of};

#[test]
fn marked_rows_go_to_the_same_people_and_each_says_what_became_of_it() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    // What is accepted is registered first, so that there is more than one.
    newest_of(&mut stage, '2');
    stage.letter('r');
    stage.until_seen("Đã đăng ký");
    stage.ctrl('3');
    stage.let_pass(Duration::from_millis(150));
    stage.press(Named::ArrowDown);
    stage.ctrl('a');
    stage.until_seen("Đã đánh dấu 2 văn bản");
    stage.letter('g');
    stage.until_seen("văn bản đã đánh dấu cho cùng người");
    stage.until_seen("Bộ phận Tư pháp – Hộ tịch");
    // Nobody is named yet: nothing is given.
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert!(keeper.handlers().is_empty());
    stage.type_text("dat");
    stage.press(Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã xong 2 trên 2 văn bản");
    stage.press(Named::Escape);
    stage.until("no marks", |stage| !stage.sees("Đã đánh dấu"));
    assert!(!keeper.handlers().is_empty());
}

#[test]
fn folders_and_notifications_are_set_in_the_window() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F12);
    stage.until_seen("Thư mục theo dõi");
    stage.click("Thông báo bằng thông báo của hệ thống");
    stage.until("the first field", |stage| {
        stage.press(Named::Tab);
        stage.focused("settings-watched")
    });
    stage.type_text("/van-ban-den");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    let kept = (Some(PathBuf::from("/van-ban-den")), None, true);
    assert_eq!(keeper.desk_settings(), kept);
}

#[test]
fn how_much_is_asked_of_the_line_is_set_in_the_window() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F12);
    stage.until_seen("Tạm dừng trao đổi với máy chủ");
    stage.click("Kết nối tính phí theo dung lượng");
    stage.until("the limit", |stage| {
        stage.press(Named::Tab);
        stage.focused("settings-limit")
    });
    stage.type_text("5");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    // Too little is told where it stands, and nothing is kept.
    stage.until_seen("Số nguyên từ 8 đến 1000000");
    assert!(!keeper.line_manner().metered);
    stage.type_text("00");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã lưu cài đặt.");
    let kept = keeper.line_manner();
    assert_eq!((kept.paused, kept.metered, kept.limit), (false, true, NonZeroU32::new(500)));
}

#[test]
fn only_notifications_are_set_by_who_does_not_receive() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "dat");
    stage.press(Named::F12);
    stage.until_seen("Thông báo bằng thông báo của hệ thống");
    assert!(!stage.sees("Thư mục theo dõi"));
}

#[test]
fn a_kept_search_says_how_much_it_finds() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.ctrl('1');
    stage.let_pass(Duration::from_millis(150));
    let arrived = keeper.standing(InboundState::Arrived);
    stage.ctrl('s');
    stage.until("the field", |stage| stage.focused("filter-name"));
    stage.type_text("Moi den hom nay");
    stage.press(Named::Enter);
    stage.until("the kept search with its count", |stage| {
        let texts = stage.texts();
        let at = texts.iter().position(|text| text == "Moi den hom nay");
        at.is_some_and(|at| texts.get(at + 1) == Some(&arrived.to_string()))
    });
}
