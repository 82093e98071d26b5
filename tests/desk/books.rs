//! Register books, kept searches, what a search found, and the arrival stamp.

use std::sync::atomic::Ordering;
use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::desk::Message;
use vanthu::desk::dialog::{self, books};
use vanthu::desk::screen::main;
use vanthu::office::book::Format;

use crate::fake::FakeKeeper;
use crate::{at_desk, newest_of};

#[test]
fn a_book_is_read_narrowed_and_written_to_a_file() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F3);
    stage.until_seen("In bằng cách xuất PDF");
    // Four documents of the furnished office have numbers; the newest is chosen.
    stage.until("the last number", |stage| stage.sees("Đến số 4"));
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sổ.csv");
    let chosen =
        books::Message::Export(books::ExportMessage::Chosen(Format::Csv, Some(path.clone())));
    stage.send(Message::Main(main::Message::Dialog(dialog::Message::Books(chosen))));
    stage.until_seen("Đã ghi 4 dòng vào");
    assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 4);
    // What cannot be written is said, and the book stays open.
    let nowhere = dir.path().join("không có/sổ.csv");
    let chosen = books::Message::Export(books::ExportMessage::Chosen(Format::Csv, Some(nowhere)));
    stage.send(Message::Main(main::Message::Dialog(dialog::Message::Books(chosen))));
    stage.until_seen("Tệp cũ cùng tên (nếu có) vẫn như trước");
    // A number is gone to, and its document opened.
    stage.type_text("2");
    stage.press(Named::Enter);
    stage.until_seen("2 · 342/TB-UBND · Sở Tài chính tỉnh Hậu Giang · dat");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until("the document", |stage| stage.sees("Trang 1/2"));
    assert!(!stage.sees("In bằng cách xuất PDF"));
}

#[test]
fn with_several_books_registering_asks_into_which() {
    let keeper = FakeKeeper::furnished();
    keeper.troubles.several_books.store(true, Ordering::Relaxed);
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('a');
    stage.until_seen("Đăng ký số đến (R)");
    stage.letter('r');
    stage.until_seen("Khiếu nại, tố cáo (KNTC)");
    assert!(stage.sees("Số tiếp theo: 15-KNTC") && stage.sees("theo quy tắc"));
    assert_eq!(keeper.deeds(), ["inbound accepted"]);
    stage.press(Named::ArrowDown);
    stage.press(Named::Enter);
    stage.until_seen("Đã đăng ký, số đến 15-KNTC");
    assert_eq!(keeper.deeds().last().map(String::as_str), Some("book KNTC"));
}

#[test]
fn a_search_is_kept_found_by_its_beginning_renamed_and_deleted() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.ctrl('9');
    stage.ctrl('f');
    stage.type_text("bằng khen");
    stage.until("found", |stage| stage.sees("tặng Bằng khen") && !stage.sees("hộ nghèo"));
    stage.ctrl('s');
    stage.until_seen("Lưu bộ lọc");
    stage.type_text("Khen thưởng");
    stage.press(Named::Enter);
    stage.until_seen("BỘ LỌC ĐÃ LƯU");
    stage.until("the dialog gone", |stage| !stage.sees("Lưu bộ lọc"));
    // From another queue, by the first letters, without diacritics.
    stage.ctrl('1');
    stage.ctrl('g');
    stage.until_seen("Đi tới bộ lọc");
    stage.type_text("khe");
    stage.press(Named::Enter);
    stage.until("found again", |stage| {
        !stage.sees("Đi tới bộ lọc") && stage.sees("tặng Bằng khen") && !stage.sees("hộ nghèo")
    });
    stage.ctrl('g');
    stage.until_seen("Đổi tên");
    stage.click("Đổi tên");
    stage.let_pass(Duration::from_millis(50));
    stage.type_text("Thi đua");
    stage.press(Named::Enter);
    stage.until_seen("Thi đua");
    stage.press(Named::Escape);
    stage.until("the dialog gone", |stage| !stage.sees("Đi tới bộ lọc"));
    assert!(stage.sees("Thi đua") && !stage.sees("Khen thưởng"));
}

#[test]
fn what_was_found_in_the_text_is_shown_in_the_row() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.ctrl('9');
    stage.ctrl('f');
    stage.type_text("bang khen");
    // On the way, `ban` stood in the text of every document.
    stage.until("found in the subject alone", |stage| {
        stage.sees("tặng Bằng khen") && !stage.sees("rà soát hộ nghèo cuối năm")
    });
    for _ in 0.."bang khen".len() {
        stage.press(Named::Backspace);
    }
    stage.type_text("nghèo");
    stage.until("the piece of the text", |stage| stage.sees("rà soát hộ nghèo cuối năm"));
}

#[test]
fn the_stamp_shows_once_there_is_a_number() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '1');
    stage.letter('s');
    stage.until_seen("chưa đăng ký nên chưa có dấu đến");
    stage.letter('a');
    stage.until_seen("Đăng ký số đến (R)");
    stage.letter('r');
    // Registered, it is there by itself.
    stage.until_seen("Dấu đến chỉ hiển thị và in trên bản in");
    stage.letter('s');
    stage.until("the stamp gone", |stage| !stage.sees("Dấu đến chỉ hiển thị"));
}
