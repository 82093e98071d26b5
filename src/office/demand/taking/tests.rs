//! What was worked out holds only while demand and document stand as they were read.

use super::*;
use crate::domain::agency::Agency;
use crate::domain::document::{Code, Metadata};
use crate::domain::role::Role;
use crate::office::{Founding, layout};
use crate::packet::{Attachment, Outgoing, Packet, Staff};
use crate::token::Pin;

const SENDER: &str = "000.00.05.H30";

fn founded() -> (tempfile::TempDir, Office) {
    let dir = tempfile::tempdir().unwrap();
    let founding = Founding {
        agency: Agency::new(AgencyCode::new("000.12.31.H30").unwrap(), "UBND xã Tân Bình"),
        profile: "current".to_owned(),
        user: "be".to_owned(),
        display_name: "Trần Thị Bé".to_owned(),
        roles: vec![Role::Clerk, Role::Administrator],
    };
    let office = Office::found(dir.path(), founding, &Pin::new("mật khẩu dài")).unwrap();
    (dir, office)
}

fn sender() -> AgencyCode {
    AgencyCode::new(SENDER).unwrap()
}

fn metadata() -> Metadata {
    Metadata {
        document_id: Some(DocumentId::of_year(sender(), 2026, 7)),
        code: Code { number: "07".to_owned(), notation: "QĐ-SNV".to_owned() },
        type_key: "QĐ".to_owned(),
        subject: "Về việc khen thưởng".to_owned(),
        ..Metadata::default()
    }
}

/// A document of the sender's that the office has accepted.
fn accepted(office: &Office) -> DocumentKey {
    let sheet = layout::samples().remove(0).sheet;
    let main = Attachment::new("quyet-dinh.pdf", "", layout::compose(&sheet).unwrap());
    let packet = DocumentPacket::from_metadata(Outgoing {
        metadata: &metadata(),
        profile: office.profile(),
        from: &Agency::new(sender(), "Sở Nội vụ"),
        to: std::slice::from_ref(&office.session().agency),
        kind: Kind::New,
        reason: "",
        staff: Staff::default(),
        at: Timestamp::now(),
        attachments: vec![main],
    });
    let bytes = packet::write(&Packet::Document(packet)).unwrap();
    let Imported::Document(key) = office.import("goi-tin.edxml", bytes).unwrap() else {
        panic!("a document is not taken")
    };
    office.accept_despite(key, "Đã đối chiếu").unwrap();
    key
}

fn told(kind: DemandKind) -> Told {
    let update = Update { metadata: metadata(), content: None };
    Told {
        kind,
        sender: sender(),
        sender_name: "Sở Nội vụ".to_owned(),
        about: ResponseFor {
            agency: Some(sender()),
            code: "07/QĐ-SNV".to_owned(),
            issued: None,
            document_id: metadata().document_id.unwrap().to_string(),
        },
        reason: "Ghi thiếu".to_owned(),
        told_at: None,
        replacement: None,
        update: (kind == DemandKind::Update).then(|| Box::new(update)),
    }
}

fn write(office: &Office, prepared: Prepared) -> Result<(), Problem> {
    let writes = office.clone();
    office.store().write(&office.program(), move |writer| prepared.write(&writes, writer))
}

#[test]
fn an_update_that_was_to_be_asked_about_is_not_left_open_on_what_was_cancelled_meanwhile() {
    let (_dir, office) = founded();
    let key = accepted(&office);
    let prepare = |kind, packet: &[u8]| {
        let packet = office.store().put_blob(packet).unwrap();
        office.prepare(told(kind), &packet).unwrap()
    };
    write(&office, prepare(DemandKind::Recall, b"thu hoi")).unwrap();
    let before = prepare(DemandKind::Update, b"cap nhat");
    let recall = office.open_demand(key).unwrap().unwrap().kept.demand.id;
    office.answer_demand(recall, true, "").unwrap();
    assert_eq!(write(&office, before).unwrap_err().code, "store-conflict");
    // Worked out anew, it is refused, and nobody is asked.
    write(&office, prepare(DemandKind::Update, b"cap nhat")).unwrap();
    let states: Vec<DemandState> =
        office.store().demands_of(&key).unwrap().into_iter().map(|kept| kept.state).collect();
    assert_eq!(states, [DemandState::Agreed, DemandState::Refused]);
}
