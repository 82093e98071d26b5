//! What was kept, and not looked at before the program ended.

use vanthu::domain::inbound::InboundState;
use vanthu::domain::operation::Change;
use vanthu::office::Imported;
use vanthu::store::{Actor, PacketState, StoreError};

use crate::given;
use crate::life::PIECES;
use crate::place::Place;
use crate::truth::hash;

/// Keeps the letter number 1 as an import does, and ends there.
fn kept(place: &Place, tries: u32) -> Vec<u8> {
    let bytes = given::piece(PIECES, 1).bytes;
    let store = place.store();
    let packet = store.put_blob(&bytes).unwrap();
    let change = Change::PacketKept {
        packet: packet.clone(),
        size: bytes.len() as u64,
        origin: "1-goi.edxml".to_owned(),
        server_id: String::new(),
    };
    let wrote = store.write(&Actor::program(), move |writer| {
        writer.append(change)?;
        writer.set_setting("receive.again", &format!("{tries} {packet}"))
    });
    assert_eq!(wrote, Ok::<(), StoreError>(()));
    bytes
}

#[test]
fn it_is_looked_at_when_the_office_opens_without_a_line() {
    let place = Place::new(None);
    let bytes = kept(&place, 2);
    let office = place.office();
    let documents = office.inbound(&Default::default(), None, 10).unwrap();
    assert_eq!(documents.len(), 1);
    assert_eq!(documents[0].state, InboundState::Arrived);
    let again = office.import("1-goi.edxml", bytes).unwrap();
    assert_eq!(again, Imported::Duplicate(documents[0].key));
}

#[test]
fn what_ends_the_program_each_time_does_not_keep_the_office_shut() {
    let place = Place::new(None);
    let bytes = kept(&place, 3);
    let office = place.office();
    assert_eq!(office.inbound(&Default::default(), None, 10).unwrap(), []);
    let aside = office.quarantine(10).unwrap();
    assert_eq!(aside[0].code, "office-packet-ends-program");
    assert_eq!(office.quarantined_bytes(&aside[0].packet.0).unwrap(), bytes);
    // Whoever wants to try it once more brings it again.
    let again = office.import("1-goi.edxml", bytes.clone()).unwrap();
    assert!(matches!(again, Imported::Document(_)), "{again:?}");
    drop(office);
    let row = place.store().packet(&hash(&bytes)).unwrap().unwrap();
    assert_eq!((row.state, row.code.as_str()), (PacketState::Taken, ""));
}
