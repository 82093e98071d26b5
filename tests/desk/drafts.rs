//! What is offered of a draft, and to whom.

use std::time::Duration;

use iced::keyboard::Modifiers;
use iced::keyboard::key::Named;
use vanthu::domain::outbound::OutboundState;

use crate::fake::FakeKeeper;
use crate::stage::Stage;
use crate::{at_desk, newest_of};

/// The only document of a queue on the left, by mouse.
fn only_of(stage: &mut Stage, queue: &str) {
    stage.click(queue);
    stage.let_pass(Duration::from_millis(200));
    stage.press(Named::ArrowDown);
    stage.until("a document on the right", |stage| stage.sees("Trang 1/2"));
}

#[test]
fn who_is_not_its_signer_is_offered_nothing_and_told_who_is() {
    let keeper = FakeKeeper::furnished();
    keeper.give(OutboundState::ToSign, "tam");
    let mut stage = at_desk(&keeper, "an");
    newest_of(&mut stage, '7');
    stage.until_seen("Dự thảo đang ở tam.");
    for button in ["Ký số (Ctrl+K)", "Trả người soạn (B)", "Ý kiến, góp ý (O)"] {
        assert!(!stage.sees(button), "{button}");
    }
    // Nor do the keys do what the buttons would.
    stage.ctrl('k');
    stage.letter('o');
    stage.letter('b');
    stage.let_pass(Duration::from_millis(150));
    assert!(!stage.sees("Bỏ qua (Esc)") && !stage.sees("Đóng (Esc)"), "{:?}", stage.texts());
    // And not with one PIN for all of them.
    stage.ctrl('b');
    stage.until_seen("Ký nhiều văn bản");
    stage.until_seen("Không có văn bản nào đang chờ.");
    assert_eq!(keeper.deeds(), Vec::<String>::new());
}

#[test]
fn whom_it_was_given_to_is_offered_everything() {
    let keeper = FakeKeeper::furnished();
    keeper.give(OutboundState::ToSign, "an");
    let mut stage = at_desk(&keeper, "an");
    // It is told that it has come, once.
    stage.until_seen("Dự thảo «");
    stage.press(Named::Escape);
    stage.until("the notice gone", |stage| !stage.sees("Dự thảo «"));
    newest_of(&mut stage, '7');
    stage.until_seen("Ký số (Ctrl+K)");
    assert!(!stage.sees("Dự thảo đang ở an."));
    stage.ctrl('k');
    stage.until_seen("Số sẽ cấp");
}

#[test]
fn its_drafter_reads_opinions_and_changes_nothing_meanwhile() {
    let keeper = FakeKeeper::furnished();
    let mut stage = at_desk(&keeper, "dat");
    only_of(&mut stage, "Xin ý kiến");
    stage.until("the looks", |stage| stage.texts().iter().any(|text| text.ends_with("(O)")));
    assert!(!stage.texts().iter().any(|text| text.ends_with("(E)")));
    // Somebody else's drafts are not even commented on by passers-by.
    let mut other = at_desk(&keeper, "hoa");
    only_of(&mut other, "Xin ý kiến");
    other.until("the looks", |stage| stage.texts().iter().any(|text| text.ends_with("(V)")));
    assert!(!other.texts().iter().any(|text| text.ends_with("(O)")));
}

#[test]
fn findings_stand_beside_the_page_and_take_none_of_its_height() {
    let keeper = FakeKeeper::furnished();
    keeper.layouts_checked();
    let mut stage = at_desk(&keeper, "hoa");
    only_of(&mut stage, "Kiểm tra thể thức");
    // The checker's own step begins with what is to be looked at.
    let cite = "Nghị định 30/2020/NĐ-CP Phụ lục I";
    stage.until_seen(cite);
    let (page, found) = (stage.place_of("Trang 1/2").unwrap(), stage.place_of(cite).unwrap());
    assert!(found.x > page.x + page.width, "{found:?} is beside {page:?}");
    assert!(!stage.sees("Vừa chiều ngang"), "the pane of the page is narrow");
    // Put away, the page begins where it began, and has all of the pane.
    stage.letter('l');
    stage.until("the list gone", |stage| !stage.sees(cite) && stage.sees("Vừa chiều ngang"));
    let wide = stage.place_of("Trang 1/2").unwrap();
    assert!((wide.y - page.y).abs() < 2.0, "{wide:?} and {page:?}");
}

#[test]
fn a_form_that_was_left_takes_in_what_others_changed_meanwhile() {
    let keeper = FakeKeeper::furnished();
    keeper.give(OutboundState::InReview, "an");
    let at_form = |keeper: &FakeKeeper| {
        let mut stage = at_desk(keeper, "an");
        only_of(&mut stage, "Xin ý kiến");
        stage.until("the looks", |stage| stage.texts().iter().any(|text| text.ends_with("(E)")));
        stage.letter('e');
        stage.until_seen("Lưu thay đổi (Ctrl+Enter)");
        stage
    };
    let mut stage = at_form(&keeper);
    stage.until("the reason's field", |stage| {
        stage.press(Named::Tab);
        stage.focused("draft-why")
    });
    stage.type_text("theo góp ý");
    stage.press(Named::Escape);
    stage.until("the form gone", |stage| !stage.sees("Lưu thay đổi (Ctrl+Enter)"));
    stage.until("the form kept", |_| keeper.forms().len() == 1);

    keeper.change(OutboundState::InReview, |of| of.signer.full_name = "Trần Văn Bình".to_owned());
    let mut stage = at_form(&keeper);
    stage.until_seen("Soạn tiếp");
    stage.click("Soạn tiếp");
    stage.until("what was done", |stage| {
        stage.texts().iter().any(|text| text.contains("đã được đưa vào biểu mẫu"))
    });
    stage.press_with(Modifiers::CTRL, Named::Enter);
    stage.until("it handed over", |_| keeper.deeds().contains(&"edit".to_owned()));
    let drafts = keeper.drafts(OutboundState::InReview);
    assert!(drafts.iter().any(|(_, signer)| signer == "Trần Văn Bình"), "{drafts:?}");
    stage.until("no form left", |_| keeper.forms().is_empty());
}
