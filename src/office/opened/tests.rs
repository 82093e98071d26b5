//! However many look at a file, it is opened once.

use std::sync::atomic::{AtomicU32, Ordering};

use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use super::super::{Founding, Imported};
use super::*;
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::document;
use crate::domain::role::Role;
use crate::office::layout;
use crate::packet::{self, Attachment, DocumentPacket, Kind, Outgoing, Packet, Staff};
use crate::token::Pin;

/// Counts how often the structure of a file was read and how often one was opened to be
/// drawn, by the events that say so.
#[derive(Clone, Default)]
struct Count(Arc<[AtomicU32; 2]>);

impl Subscriber for Count {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == crate::pdf::OPENING
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let drawn = usize::from(event.metadata().fields().field("rendered").is_some());
        self.0[drawn].fetch_add(1, Ordering::Relaxed);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn counted<T>(work: impl FnOnce() -> T) -> (T, [u32; 2]) {
    let count = Count::default();
    let done = tracing::subscriber::with_default(count.clone(), work);
    (done, [0, 1].map(|which| count.0[which].load(Ordering::Relaxed)))
}

#[test]
fn an_arrival_is_opened_once_by_each_who_reads_files() {
    let dir = tempfile::tempdir().unwrap();
    let us = Agency::new(AgencyCode::new("000.12.31.H30").unwrap(), "UBND xã Tân Bình");
    let founding = Founding {
        agency: us.clone(),
        profile: "current".to_owned(),
        user: "be".to_owned(),
        display_name: "Trần Thị Bé".to_owned(),
        roles: vec![Role::Clerk],
    };
    let office = Office::found(dir.path(), founding, &Pin::new("mật khẩu dài")).unwrap();
    let mut sheets = layout::samples().into_iter().map(|one| layout::compose(&one.sheet).unwrap());
    let (bare, main, annex) =
        (sheets.next().unwrap(), sheets.next().unwrap(), sheets.next().unwrap());

    let (brought, opened) = counted(|| office.import("văn bản.pdf", bare).unwrap());
    assert!(matches!(brought, Imported::Document(_)), "{brought:?}");
    assert_eq!(opened, [1, 1], "a bare PDF");

    let sender = Agency::new(AgencyCode::new("000.00.05.H30").unwrap(), "Sở Nội vụ");
    let packet = DocumentPacket::from_metadata(Outgoing {
        metadata: &document::Metadata {
            document_id: document::DocumentId::parse("000.00.05.H30,2026,7"),
            subject: "Về việc tập huấn".to_owned(),
            ..document::Metadata::default()
        },
        profile: office.profile(),
        from: &sender,
        to: &[us],
        kind: Kind::New,
        reason: "",
        staff: Staff::default(),
        at: jiff::Timestamp::now(),
        attachments: vec![
            Attachment::new("van-ban.pdf", "", main),
            Attachment::new("phu-luc.pdf", "Phụ lục", annex),
        ],
    });
    let packet = packet::write(&Packet::Document(packet)).unwrap();
    let (brought, opened) = counted(|| office.import("goi.edxml", packet).unwrap());
    let Imported::Document(key) = brought else { panic!("{brought:?}") };
    assert_eq!(opened, [2, 2], "two files of a packet");

    let (_, opened) = counted(|| office.check_again(key).unwrap());
    assert_eq!(opened, [2, 1], "looked at once more: the annex is only counted");
}
