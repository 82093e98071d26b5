//! Files that are brought, paper that is digitised, and documents that came twice.

use std::path::PathBuf;
use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use iced::{Event, window};
use vanthu::desk::Message;
use vanthu::desk::screen::main;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::office::Imported;
use vanthu::office::folder::Sweep;

use crate::fake::{FakeKeeper, PIN};
use crate::stage::Stage;
use crate::{at_desk, newest_of};

fn drop_files(stage: &mut Stage, names: &[&str]) {
    for name in names {
        let path = PathBuf::from("/nowhere").join(name);
        stage.event(Event::Window(window::Event::FileDropped(path)));
    }
}

/// The names of the pages, in the order in which the office keeps them.
fn kept(keeper: &FakeKeeper) -> Vec<String> {
    keeper.sheaf().into_iter().flat_map(|sheaf| sheaf.pages).map(|page| page.name).collect()
}

#[test]
fn several_files_are_dropped_and_each_says_what_became_of_it() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    drop_files(&mut stage, &["một.edxml", "hỏng.pdf", "trùng.edxml", "hai.pdf"]);
    stage.until_seen("Xong 4/4 tệp");
    for words in ["Văn bản đến mới", "Đã có trong hệ thống; không tạo văn bản thứ hai", "hỏng.pdf"]
    {
        assert!(stage.sees(words), "{words}: {:?}", stage.texts());
    }
    assert_eq!(keeper.deeds(), ["import một.edxml", "import hai.pdf"]);
    // One of them is looked at.
    stage.click("Xem");
    stage.until_seen("Tiếp nhận (A)");
    assert!(!stage.sees("Đưa tệp vào hệ thống"));
}

#[test]
fn a_stop_leaves_the_files_that_were_not_begun() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    crate::fake::slow(&keeper, 150);
    drop_files(&mut stage, &["a.edxml", "b.edxml", "c.edxml", "d.edxml"]);
    stage.until_seen("Dừng lại");
    stage.click("Dừng lại");
    stage.until("the end of what was begun", |stage| stage.sees("Thêm tệp…"));
    let brought = keeper.deeds().len();
    assert!((1..4).contains(&brought), "{brought}");
    stage.let_pass(Duration::from_millis(400));
    assert_eq!(keeper.deeds().len(), brought);
}

#[test]
fn a_drafter_has_no_doors_for_what_comes_in() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "dat");
    assert!(!stage.sees("Mở tệp"));
    stage.press(Named::F9);
    stage.let_pass(Duration::from_millis(100));
    assert!(!stage.sees("Số hóa văn bản giấy"));
}

#[test]
fn paper_is_arranged_and_digitised_and_signed_without_the_mouse() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    drop_files(&mut stage, &["một.jpg", "xám.png", "trắng.tif", "nghiêng.jpg"]);
    stage.until_seen("Bỏ trang trắng: 3");
    stage.until("all pages", |_| kept(&keeper).len() == 4);
    // What is not as the regulation wants it is said, with the article.
    assert!(stage.sees("Trang 2: độ phân giải dưới mức quy định; Trang 2: không quét màu"));
    assert!(stage.sees("Quy định: Thông tư 01/2019/TT-BNV Điều 6 khoản 2"), "{:?}", stage.texts());
    stage.until_seen("Chỉnh thẳng 1 trang nghiêng");
    // The last page to the front, turned, a little to the right.
    stage.press(Named::End);
    for _ in 0..3 {
        stage.press_with(Modifiers::ALT, Named::ArrowUp);
    }
    stage.press_with(Modifiers::ALT, Named::ArrowRight);
    stage.press_with(Modifiers::SHIFT, Named::ArrowRight);
    stage.click("Bỏ trang trắng: 4");
    stage
        .until("the change to be kept", |_| kept(&keeper) == ["nghiêng.jpg", "một.jpg", "xám.png"]);
    stage.until("the turn", |_| {
        keeper
            .sheaf()
            .is_some_and(|sheaf| (sheaf.pages[0].quarters, sheaf.pages[0].tenths) == (1, 1))
    });
    // Taken out by mistake, and back.
    stage.press(Named::Delete);
    stage.until("two pages", |_| kept(&keeper).len() == 2);
    stage.press_with(Modifiers::SHIFT, Named::Delete);
    stage.until("three pages", |_| kept(&keeper).len() == 3);
    stage.until("everything to be kept", |stage| stage.sees("Số hóa, rồi ký số (Ctrl+Enter)"));
    stage.let_pass(Duration::from_millis(300));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Ký số bản số hóa");
    assert_eq!(keeper.deeds(), ["digitise 3"]);
    assert_eq!(keeper.sheaf(), None);
    stage.until_seen("demo.p12");
    stage.type_text(PIN);
    stage.press(Named::Enter);
    stage.until_seen("Đã ký số bản số hóa.");
    assert_eq!(keeper.deeds(), ["digitise 3", "seal copy"]);
}

#[test]
fn without_a_token_the_copy_stays_visibly_unsigned_and_is_signed_later() {
    let keeper = FakeKeeper::furnished();
    keeper.leave_pages(&["một.jpg", "hai.jpg"]);
    let mut stage = at_desk(&keeper, "be");
    stage.until_seen("Còn 2 trang đã quét chưa thành văn bản.");
    stage.press(Named::F9);
    stage.until_seen("Còn 2 trang từ lần trước");
    stage.until("both pages", |stage| stage.sees("một.jpg") && stage.sees("hai.jpg"));
    stage.let_pass(Duration::from_millis(200));
    stage.click("Trích yếu (tên văn bản)");
    // No name, no document.
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    while !stage.focused("digitise-subject") {
        stage.press(Named::Tab);
    }
    stage.type_text("Giấy mời");
    stage.let_pass(Duration::from_millis(300));
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Ký số bản số hóa");
    stage.press(Named::Escape);
    stage.until_seen("Bản số hóa chưa có chữ ký số của cơ quan");
    // Its deed is there, under the key of the seal.
    stage.ctrl('d');
    stage.until_seen("Ký số bản số hóa");
}

#[test]
fn a_page_that_cannot_be_used_is_said_and_the_others_come() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "be");
    stage.press(Named::F9);
    stage.until_seen("Chưa có trang nào.");
    drop_files(&mut stage, &["một.jpg", "hỏng.jpg"]);
    stage.until_seen("Tệp không phải hình ảnh hoặc PDF quét dùng được.");
    assert_eq!(kept(&keeper), ["một.jpg"]);
    stage.click("Lấy trang từ Máy quét tầng 1");
    stage.until("the scanner's page", |_| kept(&keeper).len() == 2);
}

#[test]
fn a_duplicate_is_shown_beside_the_first_and_registered_only_with_a_reason() {
    let keeper = FakeKeeper::furnished();
    keeper.make_twins();
    let mut stage = at_desk(&keeper, "be");
    newest_of(&mut stage, '2');
    stage.until_seen("Có thể trùng với 1 văn bản đã có");
    stage.letter('r');
    stage.until_seen("Văn bản trùng");
    stage.until_seen("Văn bản đã có");
    stage.until_seen("trùng số, ký hiệu, cơ quan ban hành và ngày");
    // Without a reason nothing happens.
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.let_pass(Duration::from_millis(100));
    assert_eq!(keeper.deeds(), Vec::<String>::new());
    while !stage.focused("twins-reason") {
        stage.press(Named::Tab);
    }
    stage.type_text("bản bổ sung");
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until_seen("Đã đăng ký, số đến");
    assert_eq!(keeper.deeds(), ["despite bản bổ sung", "inbound registered"]);
}

#[test]
fn the_watched_folder_tells_what_it_brought() {
    let keeper = FakeKeeper::furnished();
    let problem = Problem::new("pdf-damaged", Kind::Unreadable, Blame::Input);
    keeper.bring_by_folder(Sweep {
        files: vec![("a.edxml".to_owned(), Imported::Document(DocumentKey::fresh()))],
        refused: vec![("b.pdf".to_owned(), problem)],
        ..Sweep::default()
    });
    let mut stage = at_desk(&keeper, "be");
    stage.send(Message::Main(main::Message::Paper(main::paper::Message::Look)));
    stage.until_seen("Thư mục theo dõi: 1 văn bản đến mới, 0 tệp đã có hoặc là trạng thái.");
    assert!(stage.sees("«b.pdf»"), "{:?}", stage.texts());
}
