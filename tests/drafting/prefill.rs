//! Templates, groups of recipients, and forms that outlive the program.

use vanthu::domain::document::{Metadata, Steering};
use vanthu::domain::template::DraftTemplate;

use crate::world::*;

#[test]
fn a_template_begins_the_next_draft_of_its_type() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let fields = Metadata {
        copies: Some(2),
        steering: Steering::Steering,
        other_places: vec!["Lưu: VT, TP.".to_owned()],
        ..metadata("Về việc mời họp")
    };
    office.put_draft_template(DraftTemplate::of(&fields)).unwrap();
    let template = office.draft_template("CV").unwrap().unwrap();
    let mut next = Metadata { type_key: "CV".to_owned(), ..Metadata::default() };
    template.fill(&mut next);
    assert_eq!((next.copies, next.signer.full_name.as_str()), (Some(2), SIGNER));
    assert_eq!(next.recipients[0].name, "Ủy ban nhân dân tỉnh", "under its present name");
    let places = office.places_text(&next);
    assert_eq!(places.addressed, ["Kính gửi: Ủy ban nhân dân tỉnh."]);
    assert_eq!(places.received, ["Nơi nhận:", "- Như trên;", "- Lưu: VT, TP."]);

    let unknown = DraftTemplate { type_key: "XYZ".to_owned(), ..template };
    assert_eq!(office.put_draft_template(unknown).unwrap_err().code, "office-field-invalid");
    office.drop_draft_template("CV").unwrap();
    let gone = office.drop_draft_template("CV").unwrap_err();
    assert_eq!(gone.code, "draft-no-such-prefill");
    world.assert_sound();
}

#[test]
fn a_group_is_known_by_its_name_however_it_is_written() {
    let mut world = World::new();
    let office = world.as_user("soan");
    let members = vec![code(PROVINCE), code(BUREAU), code(TAN_BINH), code(PROVINCE)];
    office.put_recipient_group("Các sở, tỉnh", members).unwrap();
    office.put_recipient_group("cac so,  TINH", vec![code(BUREAU)]).unwrap();
    let groups = office.recipient_groups().unwrap();
    assert_eq!(groups.len(), 1);
    let found = office.group_recipients(&groups[0]).unwrap();
    assert_eq!(found[0].name, "Sở Nội vụ");
    for (name, members) in [("", vec![code(BUREAU)]), ("Trống", Vec::new())] {
        let refused = office.put_recipient_group(name, members).unwrap_err();
        assert_eq!(refused.code, "draft-not-whole");
    }
    let stranger = office.put_recipient_group("Lạ", vec![code("H99")]).unwrap_err();
    assert_eq!(stranger.code, "office-unknown-agency");
    office.drop_recipient_group("CÁC SỞ, TỈNH").unwrap();
    assert_eq!(office.recipient_groups().unwrap(), []);
    world.assert_sound();
}

#[test]
fn a_form_is_there_again_for_its_writer_alone() {
    let mut world = World::new();
    let office = world.as_user("soan");
    office.keep_form("new", "{\"subject\":\"Dở dang\"}").unwrap();
    office.keep_form("new", "{\"subject\":\"Dở dang hơn\"}").unwrap();
    assert_eq!(world.as_user("dat").kept_forms().unwrap(), []);
    let office = world.as_user("soan");
    let kept = office.kept_forms().unwrap();
    assert_eq!((kept.len(), kept[0].body.as_str()), (1, "{\"subject\":\"Dở dang hơn\"}"));
    office.drop_form("new").unwrap();
    assert_eq!(office.kept_forms().unwrap(), []);
    world.assert_sound();
}
