//! Everything that can be written, and everything that could arrive.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::document::{Code, ResponseFor, Signer};
use vanthu::packet::{
    Attachment, Business, Hop, Organ, OtherInfo, ReceiverChange, Replacement, Staff, TypeRef,
};

use super::*;

/// Texts as the office writes them, with all that XML finds special.
fn text() -> impl Strategy<Value = String> {
    "[a-zA-Z0-9ăâđêôơưĂÂĐÊÔƠƯáàảãạấốựỹ &<>\"'/.,;:()-]{0,24}"
        .prop_map(|text| vanthu::domain::text::tidy(&text))
}

fn filled() -> impl Strategy<Value = String> {
    text().prop_filter("empty elements are left out", |text| !text.is_empty())
}

fn code() -> impl Strategy<Value = AgencyCode> {
    "[0-9]{3}\\.[0-9]{2}\\.[0-9]{2}\\.H[0-9]{2}|H[0-9]{2}\\.[0-9]{3}|vxp\\.saas\\.[0-9]{2}"
        .prop_map(|code| AgencyCode::new(&code).unwrap())
}

fn day() -> impl Strategy<Value = jiff::civil::Date> {
    (1900i16..2100, 1i8..=12, 1i8..=28).prop_map(|(year, month, day)| date(year, month, day))
}

fn moment() -> impl Strategy<Value = Timestamp> {
    (0i64..4_000_000_000).prop_map(|second| Timestamp::from_second(second).unwrap())
}

prop_compose! {
    fn organ()(code in code(), texts in [text(), text(), text(), text(), text(), text(), text()]) -> Organ {
        let [in_charge, name, address, email, telephone, fax, website] = texts;
        Organ { code: Some(code), in_charge, name, address, email, telephone, fax, website }
    }
}

prop_compose! {
    fn staff()(texts in [text(), text(), text(), text(), text(), text()]) -> Staff {
        let [department, department_id, name, staff_id, email, mobile] = texts;
        Staff { department, department_id, name, staff_id, email, mobile }
    }
}

prop_compose! {
    fn answered()(agency in option::of(code()), code in filled(), issued in option::of(day()), document_id in text()) -> ResponseFor {
        ResponseFor { agency, code, issued, document_id }
    }
}

fn kind() -> impl Strategy<Value = Kind> {
    let receivers =
        vec((code(), any::<bool>()).prop_map(|(code, added)| ReceiverChange { code, added }), 0..4);
    let documents = vec(
        (filled(), vec(code(), 0..3))
            .prop_map(|(document_id, receivers)| Replacement { document_id, receivers }),
        0..4,
    );
    prop_oneof![
        Just(Kind::New),
        Just(Kind::Recall),
        (any::<bool>(), any::<bool>(), receivers).prop_map(
            |(document_changed, receivers_changed, receivers)| {
                Kind::Update { document_changed, receivers_changed, receivers }
            }
        ),
        documents.prop_map(|documents| Kind::Replace { documents }),
    ]
}

prop_compose! {
    fn business()(kind in kind(), document_id in text(), reason in text(), paper in any::<bool>(), staff in staff()) -> Business {
        Business { kind, document_id, reason, paper, staff }
    }
}

prop_compose! {
    fn other()(
        urgency in (0i64..=4).prop_map(Urgency::from_priority),
        texts in [text(), text()],
        numbers in [option::of(any::<u32>()), option::of(any::<u32>())],
        steering in any::<bool>(),
        lists in [vec(filled(), 0..3), vec(filled(), 0..3), vec(filled(), 0..3)],
    ) -> OtherInfo {
        let [sphere, drafter_notation] = texts;
        let [copies, pages] = numbers;
        let [reply_fors, reference_codes, appendixes] = lists;
        OtherInfo { urgency, sphere, drafter_notation, copies, pages, steering, reply_fors, reference_codes, appendixes }
    }
}

prop_compose! {
    fn file()(
        extension in "pdf|txt|docx|xlsx|odt|zip|jpeg|p7s|tar",
        stem in "[a-zđ0-9]{1,8}",
        description in text(),
        field_name in text(),
        media_type in option::of("application/x-[a-z]{3}"),
        content in vec(any::<u8>(), 0..300),
    ) -> Attachment {
        let name = format!("{stem}.{extension}");
        let mut file = Attachment::new(&name, &description, content);
        file.field_name = field_name;
        if let Some(media_type) = media_type {
            file.media_type = media_type;
        }
        file
    }
}

prop_compose! {
    fn header()(
        from in organ(),
        to in vec(organ(), 0..4),
        texts in [text(), text(), text(), text(), text(), text(), text(), text(), text(), text()],
        numbers in (option::of(any::<u32>()), option::of(any::<u32>()), option::of(any::<u8>())),
        days in (option::of(day()), option::of(day())),
        other in other(),
        response_for in vec(answered(), 0..3),
        lists in [vec(filled(), 0..3), vec(filled(), 0..3)],
    ) -> DocumentPacket {
        let [document_id, number, notation, place, type_name, subject, content, competence, position, full_name] = texts;
        let [tasks, to_places] = lists;
        DocumentPacket {
            from, to, document_id, place, subject, content, other, response_for, tasks, to_places,
            code: Code { number, notation },
            issued: days.0,
            due: days.1,
            document_type: TypeRef { number: numbers.0, detail: numbers.1, name: type_name },
            signer: Signer { competence, position, full_name },
            steering_type: numbers.2,
            ..DocumentPacket::default()
        }
    }
}

prop_compose! {
    fn document_packet()(
        header in header(),
        business in business(),
        trace in vec((code(), option::of(moment())).prop_map(|(code, at)| Hop { code, at }), 0..3),
        files in vec(file(), 0..4),
    ) -> DocumentPacket {
        let attachments = files.into_iter().enumerate().map(|(index, file)| {
            Attachment { content_id: format!("file-{index}"), ..file }
        });
        DocumentPacket { business, trace, attachments: attachments.collect(), ..header }
    }
}

prop_compose! {
    fn status_packet()(
        from in organ(),
        response_for in answered(),
        code in proptest::sample::select(StatusCode::ALL.to_vec()),
        description in text(),
        at in option::of(moment()),
        staff in staff(),
    ) -> StatusPacket {
        StatusPacket { from, response_for, code, description, at, staff }
    }
}

fn packet() -> impl Strategy<Value = Packet> {
    prop_oneof![
        3 => document_packet().prop_map(Packet::Document),
        1 => status_packet().prop_map(Packet::Status),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn what_is_written_is_read(packet in packet()) {
        let bytes = write(&packet).unwrap();
        prop_assert_eq!(&read(&bytes, &Limits::default()).unwrap(), &packet);
        prop_assert_eq!(write(&packet).unwrap(), bytes, "the same packet, the same bytes");
        let value = json::to_value(&packet, true).unwrap();
        let text = serde_json::to_vec(&value).unwrap();
        prop_assert_eq!(json::from_slice(&text, None, &Limits::default()).unwrap(), packet);
    }

    #[test]
    fn any_text_can_be_sent(subject in any::<String>()) {
        let from = Organ { code: AgencyCode::new("H30"), ..Organ::default() };
        let packet = DocumentPacket { from, subject, ..DocumentPacket::default() };
        let bytes = write(&Packet::Document(packet)).unwrap();
        let once = document(&bytes);
        prop_assert_eq!(&document(&write(&Packet::Document(once.clone())).unwrap()), &once);
    }

    #[test]
    fn any_bytes_are_answered(bytes in vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes, &Limits::default());
    }

    #[test]
    fn a_mutated_packet_is_answered(
        which in 0usize..4,
        changes in vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..12),
    ) {
        let mut bytes = [NEW, RECALL, STATUS_02, STATUS_03][which].to_vec();
        for (place, byte, how) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => { bytes.remove(at); }
                _ => bytes.truncate(at.max(1)),
            }
        }
        let limits = Limits { decoded_bytes: 1 << 20, ..Limits::default() };
        if let Ok(packet) = read(&bytes, &limits) {
            let again = write(&packet).unwrap();
            prop_assert!(read(&again, &Limits::default()).is_ok());
        }
    }
}
