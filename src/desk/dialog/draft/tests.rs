use super::raw::Kept;
use super::*;
use crate::desk::easel::PdfEasel;
use crate::domain::document::{BlobHash, FileRef};

fn dialog() -> Draft {
    Draft {
        own: AgencyCode::new("H30.0").unwrap(),
        purpose: Purpose::New,
        types: Vec::new(),
        leaders: Vec::new(),
        holidays: Vec::new(),
        raw: Raw::default(),
        seek: Seek::new(SEARCH),
        groups: Vec::new(),
        group_name: String::new(),
        more: false,
        remember: false,
        making: Making::Nothing,
        easel: Arc::new(PdfEasel),
        left: None,
        begun: None,
        onto: None,
        changes: 0,
        tried: false,
        stage: Stage::Asking,
    }
}

#[test]
fn a_file_that_others_have_put_in_is_not_replaced_without_a_word() {
    let file = |blob: &str| FileRef {
        blob: BlobHash(blob.to_owned()),
        name: "du-thao.pdf".to_owned(),
        media_type: "application/pdf".to_owned(),
        size: 1,
        main: true,
    };
    let edit = |blob: &str| {
        let base = DraftBase { metadata: Metadata::default(), files: vec![file(blob)] };
        let key = DocumentKey::fresh();
        let mut dialog = dialog();
        dialog.purpose = Purpose::Edit { key, base: Some(Box::new(base)), kept: Vec::new() };
        dialog.begun = Some(dialog.raw.saved());
        dialog
    };
    let taken = |path: &str, blob: &str| {
        let typed = Raw { path: path.to_owned(), ..Raw::default() };
        let begun = Some(Raw::default().saved());
        let main = edit("v1").purpose.main_file();
        let mut dialog = edit(blob);
        dialog.take(Kept { typed: typed.saved(), begun, main });
        dialog.onto
    };
    assert_eq!(taken("ban-cua-toi.pdf", "v1"), None);
    assert_eq!(taken("ban-cua-toi.pdf", "v2"), Some(TakenOnto::Both));
    assert_eq!(taken("", "v2"), Some(TakenOnto::Theirs), "their file stays");
}

fn recipient(code: &str) -> Recipient {
    Recipient { agency: AgencyCode::new(code).unwrap(), name: code.to_owned() }
}

#[test]
fn nobody_gets_it_twice_or_from_oneself() {
    let mut dialog = dialog();
    dialog.raw.recipients = vec![recipient("H30.1")];
    let taken =
        |code: &str| is_taken(&dialog.own, &dialog.raw.recipients, &AgencyCode::new(code).unwrap());
    assert!(taken("H30.0") && taken("H30.1") && !taken("H30.2"));
}

#[test]
fn a_group_brings_those_who_are_not_there_yet() {
    let mut dialog = dialog();
    drop(dialog.seek.typed("so".to_owned()));
    dialog.raw.recipients = vec![recipient("H30.1")];
    let group = |name: &str| RecipientGroup { name: name.to_owned(), members: Vec::new() };
    let members = ["H30.0", "H30.1", "H30.2"].map(recipient).to_vec();
    dialog.groups = vec![(group("Các xã"), Vec::new()), (group("Các SỞ"), members)];
    assert_eq!(dialog.offered_groups().map(|(index, _)| index).collect::<Vec<_>>(), [1]);
    dialog.take_group(1);
    assert_eq!(dialog.raw.recipients, [recipient("H30.1"), recipient("H30.2")]);
    assert_eq!(dialog.offered_groups().count(), 0, "nothing is searched for any more");
}

#[test]
fn a_form_is_kept_once_something_was_typed_and_not_over_what_was_left() {
    let mut dialog = dialog();
    drop(dialog.changed());
    assert_eq!(dialog.changes, 0, "an empty form is nobody's work");
    dialog.raw.path = "a.pdf".to_owned();
    drop(dialog.changed());
    assert_eq!(dialog.changes, 1);
    let body = "{}".to_owned();
    let at = jiff::Timestamp::UNIX_EPOCH;
    let other = KeptForm { slot: "edit:1".to_owned(), at, body: body.clone() };
    dialog.left(vec![other, KeptForm { slot: "new".to_owned(), at, body }]);
    assert!(dialog.left.is_some());
    drop(dialog.changed());
    assert_eq!(dialog.changes, 1);
}
