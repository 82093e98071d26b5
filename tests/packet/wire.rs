//! What leaves keeps the rules of the wire, and the rules see what does not.

use proptest::prelude::*;
use vanthu::packet::Business;

use super::*;
use crate::wire::broken;

#[track_caller]
fn assert_keeps(packet: &[u8]) {
    let faults = broken(packet);
    assert!(faults.is_empty(), "{faults:#?}\n{}", String::from_utf8_lossy(packet));
}

#[test]
fn the_axis_own_packets_keep_the_rules() {
    for packet in [NEW, RECALL, STATUS_02, STATUS_03] {
        assert_keeps(packet);
        // And what we make of them does, too.
        assert_keeps(&write(&read(packet, &Limits::default()).unwrap()).unwrap());
    }
}

#[test]
fn every_procedure_keeps_the_rules() {
    use vanthu::packet::{ReceiverChange, Replacement};
    let code = || document(NEW).from.code.unwrap();
    let receivers = vec![ReceiverChange { code: code(), added: true }];
    let kinds = [
        Kind::New,
        Kind::Recall,
        Kind::Update { document_changed: true, receivers_changed: false, receivers: Vec::new() },
        Kind::Update { document_changed: false, receivers_changed: true, receivers },
        Kind::Replace {
            documents: vec![Replacement {
                document_id: "000.01.05.H30,2019,6".to_owned(),
                receivers: vec![code()],
            }],
        },
    ];
    for kind in kinds {
        let mut packet = document(NEW);
        if kind == Kind::Recall {
            packet.attachments.clear();
        }
        packet.business = Business { kind, reason: "Vì thế".to_owned(), ..packet.business };
        assert_keeps(&write(&Packet::Document(packet)).unwrap());
    }
}

/// Each of these breaks one rule, and the rule is named.
#[test]
fn what_breaks_a_rule_is_found() {
    for (from, to, fault) in [
        ("edXML:edXMLHeader", "edXMLHeader", "prefix"),
        ("xmlns=\"http://www.mic.gov.vn/TBT/QCVN_102_2016\"", "xmlns=\"urn:x\"", "namespace"),
        ("2019/05/06</edXML:PromulgationDate>", "06/05/2019</edXML:PromulgationDate>", "Date"),
        ("2019/05/06 09:30:05", "2019-05-06T09:30:05", "Timestamp"),
        ("<edXML:ContentId>cid:qd-1", "<edXML:ContentId>qd-1", "cid:"),
        ("<edXML:Priority>1", "<edXML:Priority>7", "Priority"),
        ("<edXML:Paper>0", "<edXML:Paper>2", "Paper"),
        ("<ContentType>application/pdf", "<ContentType>application/zip", "ContentType"),
        ("edXML:Bussiness>", "edXML:Business>", "Bussiness"),
        ("000.01.05.H30,2019,7</edXML:DocumentId>", "07/2019</edXML:DocumentId>", "DocumentId"),
        ("<edXML:BussinessDocType>0", "<edXML:BussinessDocType>1", "recall carries files"),
        ("<edXML:Direction>false", "<edXML:Direction>0", "Direction"),
        ("<edXML:OrganId>000.00.14.H30</edXML:OrganId>", "", "OrganId"),
    ] {
        let faults = broken(&replaced(NEW, from, to));
        assert!(faults.iter().any(|said| said.contains(fault)), "{from}: {faults:?}");
    }
    for (from, to, fault) in [
        ("<edXML:StatusCode>02", "<edXML:StatusCode>2", "StatusCode"),
        ("<edXML:Description>Sai thẩm quyền</edXML:Description>", "", "reason"),
        ("2019/05/06 10:01:02", "06/05/2019 10:01:02", "Timestamp"),
    ] {
        let faults = broken(&replaced(STATUS_02, from, to));
        assert!(faults.iter().any(|said| said.contains(fault)), "{from}: {faults:?}");
    }
    // Order: the code before the document id.
    let id = "        <edXML:DocumentId>000.01.05.H30,2019,7</edXML:DocumentId>\r\n";
    let text = std::str::from_utf8(NEW).unwrap();
    let moved = text.replacen(id, "", 1).replacen(
        "        <edXML:PromulgationInfo>",
        &format!("{id}        <edXML:PromulgationInfo>"),
        1,
    );
    let faults = broken(moved.as_bytes());
    assert!(faults.iter().any(|said| said.contains("DocumentId stands too late")), "{faults:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever files go along: stored or zipped as the rule says.
    #[test]
    fn any_files_keep_the_zip_rule(
        names in proptest::collection::vec("[a-zđ ]{1,8}\\.(pdf|txt|xlsx|xls|docx|odt|zip|jpg|png)", 1..5),
        bytes in proptest::collection::vec(any::<u8>(), 0..200),
    ) {
        let mut packet = document(NEW);
        let pdf = packet.attachments.remove(0);
        packet.attachments = vec![pdf];
        for name in names {
            let content = if name.ends_with("pdf") { b"%PDF-1.7".to_vec() } else { bytes.clone() };
            packet.attachments.push(vanthu::packet::Attachment::new(&name, "", content));
        }
        let written = write(&Packet::Document(packet)).unwrap();
        let faults = broken(&written);
        prop_assert!(faults.is_empty(), "{faults:#?}");
    }
}
