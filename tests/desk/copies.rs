//! Certified copies: made with the seal or for paper, listed, saved, and only where there is
//! something to copy.

use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::desk::Message;
use vanthu::desk::dialog::{self, copies};
use vanthu::desk::screen::main;

use crate::fake::copies::BYTES;
use crate::fake::{FakeKeeper, PIN};
use crate::stage::Stage;
use crate::{at_desk, newest_of};

/// The clerk's only issued document, with its copies.
fn at_copies(keeper: &FakeKeeper) -> Stage {
    let mut stage = at_desk(keeper, "be");
    stage.click("Đã phát hành");
    stage.let_pass(Duration::from_millis(200));
    stage.press(Named::ArrowDown);
    stage.until_seen("Bản sao (F11)");
    stage.press(Named::F11);
    stage.until_seen("Văn bản này chưa có bản sao nào.");
    stage
}

#[test]
fn a_copy_is_signed_with_the_seal_and_stays_in_the_list() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_copies(&keeper);
    stage.until_seen("Còn 3 lần thử PIN");
    stage.until("the PIN with the keyboard", |stage| stage.focused("sign-pin"));
    // A wrong PIN takes no number, and is asked for again.
    stage.type_text("000000");
    stage.press(Named::Enter);
    stage.until_seen("Còn 2 lần thử PIN");
    assert_eq!(keeper.copies(), []);
    stage.type_text(PIN);
    stage.press(Named::Enter);
    stage.until_seen("Đã làm bản sao số 01/SY.");
    stage.until_seen("01/SY · Sao y");
    // Its pages are to be seen at once, and the dialog asks for the next.
    stage.until_seen("Trang 1/2");
    stage.until("the PIN empty again", |stage| stage.focused("sign-pin"));
    stage.press(Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), ["copy 01/SY []"]);
    stage.press(Named::Escape);
    stage.until("the dialog gone", |stage| !stage.sees("Bản sao đã làm (1)"));
}

#[test]
fn an_extract_on_paper_wants_pages_and_who_signs_it() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_copies(&keeper);
    // The PIN has the keyboard, and the shortcut is none of its digits.
    stage.until("the PIN with the keyboard", |stage| stage.focused("sign-pin"));
    stage.alt('3');
    stage.until_seen("Các trang được trích (lấy nguyên trang; văn bản có 2 trang)");
    stage.click("Bản giấy, in rồi ký");
    stage.until("where the copy goes", |stage| stage.focused("copies-recipients"));
    assert!(stage.sees("Từ văn bản điện tử sang văn bản giấy"));
    stage.type_text("Trạm y tế; Công an xã");
    for typed in ["", "TL. CHỦ TỊCH", "Công chức Văn phòng", "Lê Thị Hoa"] {
        stage.type_text(typed);
        stage.press(Named::Tab);
    }
    // Without pages there is no extract.
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.copies(), []);
    let pages = |typed: &str| {
        let message = copies::Message::Pages(typed.to_owned());
        Message::Main(main::Message::Dialog(dialog::Message::Copies(message)))
    };
    stage.send(pages("7"));
    stage.until_seen("Hãy ghi số trang từ 1 đến 2, ví dụ 1, 3-5.");
    stage.send(pages("2"));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("01/TrS · Trích sao");
    assert!(stage.sees("trang 2"));
    let [copy] = keeper.copies().try_into().unwrap();
    assert_eq!((copy.pages, copy.recipients.as_str()), (vec![2], "Trạm y tế; Công an xã"));
    assert_eq!(copy.signer.full_name, "Lê Thị Hoa");
    assert_eq!(copy.signer.competence, "TL. CHỦ TỊCH");
    // The file is saved as it is.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("trích sao.pdf");
    let place = copies::Message::Place { copy: copy.id, print: false, path: Some(path.clone()) };
    stage.send(Message::Main(main::Message::Dialog(dialog::Message::Copies(place))));
    stage.until_seen("Đã lưu vào");
    assert_eq!(std::fs::read(&path).unwrap(), BYTES);
    // What cannot be written is said, and the copy stays.
    let path = Some(dir.path().join("không có/trích sao.pdf"));
    let place = copies::Message::Place { copy: copy.id, print: false, path };
    stage.send(Message::Main(main::Message::Dialog(dialog::Message::Copies(place))));
    stage.until_seen("Không ghi được tệp đã chọn.");
    assert!(stage.sees("01/TrS · Trích sao"));
}

#[test]
fn who_does_not_keep_the_seal_looks_and_what_is_not_issued_is_not_copied() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_copies(&keeper);
    stage.until_seen("Còn 3 lần thử PIN");
    stage.type_text(PIN);
    stage.press(Named::Enter);
    stage.until_seen("01/SY · Sao y");
    let mut leader = at_desk(&keeper, "an");
    // To be signed: nothing to copy yet.
    newest_of(&mut leader, '7');
    leader.press(Named::F11);
    leader.let_pass(Duration::from_millis(100));
    assert!(!leader.sees("Bản sao y, sao lục, trích sao"));
    leader.click("Đã phát hành");
    leader.let_pass(Duration::from_millis(200));
    leader.press(Named::ArrowDown);
    leader.let_pass(Duration::from_millis(200));
    assert!(!leader.sees("Bản sao (F11)"));
    leader.press(Named::F11);
    leader.until_seen("01/SY · Sao y");
    assert!(leader.sees("Văn thư là người làm bản sao; ở đây xem, lưu và in các bản sao đã có."));
    assert!(!leader.sees("Ký số bản sao (Enter)"));
    assert!(!leader.sees("Trang 1/2"));
    leader.click("Xem");
    leader.until_seen("Trang 1/2");
}
