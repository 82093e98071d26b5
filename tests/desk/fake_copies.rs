//! Certified copies of the office in memory.

use std::sync::Arc;

use jiff::Timestamp;
use vanthu::desk::document::today;
use vanthu::desk::door::{CopyDoor, Door};
use vanthu::domain::book::BookId;
use vanthu::domain::copy::{CertifiedCopy, CopyForm, CopyKind};
use vanthu::domain::document::{BlobHash, DocumentKey, FileRef, Metadata};
use vanthu::domain::outbound::Numbering;
use vanthu::domain::problem::Problem;
use vanthu::domain::role::Act;
use vanthu::office::SignOrder;
use vanthu::office::certify::{CopyDesk, CopyOrder};

use super::{Books, FakeDoor, missing};

/// What every copy's file holds.
pub const BYTES: &[u8] = b"%PDF-1.7 copy";
/// How many pages every document has.
const PAGES: u32 = 2;

impl Books {
    fn fields_of(&self, key: DocumentKey) -> Option<&Metadata> {
        let inbound = self.inbound.iter().map(|one| (one.key, &one.metadata));
        let outbound = self.outbound.iter().map(|one| (one.key, &one.metadata));
        inbound.chain(outbound).find(|(other, _)| *other == key).map(|(_, metadata)| metadata)
    }
}

impl CopyDoor for FakeDoor {
    fn copy_desk(&self, key: DocumentKey) -> Result<CopyDesk, Problem> {
        let books = self.keeper.enter()?;
        let copies = books.copies.iter().filter(|copy| copy.of == key).cloned().collect();
        let signer = books.copies.iter().rev().find(|copy| copy.form.is_paper());
        let signer = signer.map(|copy| copy.signer.clone()).unwrap_or_default();
        let both = CopyKind::ALL.into_iter().flat_map(|kind| [(kind, false), (kind, true)]);
        Ok(CopyDesk { copies, pages: PAGES, from_paper: false, permitted: both.collect(), signer })
    }

    fn certify_copy(
        &self,
        order: &CopyOrder,
        hand: Option<&SignOrder>,
    ) -> Result<CertifiedCopy, Problem> {
        assert!(self.may(Act::Seal) && hand.is_none() == order.to_paper);
        let mut books = self.keeper.enter()?;
        if let Some(hand) = hand {
            books.present(&hand.pin)?;
        }
        let metadata = books.fields_of(order.of).cloned().ok_or_else(missing)?;
        let number = u32::try_from(books.copies.len()).unwrap() + 1;
        let copy = CertifiedCopy {
            id: DocumentKey::fresh(),
            kind: order.kind,
            form: CopyForm::of(false, order.to_paper),
            of: order.of,
            code: metadata.code.to_string(),
            subject: metadata.subject,
            issuer: None,
            pages: order.pages.clone(),
            numbering: Numbering {
                book: BookId::outbound(today().year(), "BS"),
                number,
                date: today(),
            },
            written: format!("{number:02}/{}", order.kind.type_key()),
            recipients: order.recipients.clone(),
            signer: order.signer.clone(),
            file: FileRef {
                blob: BlobHash("copy".to_owned()),
                name: "copy.pdf".to_owned(),
                media_type: "application/pdf".to_owned(),
                size: BYTES.len() as u64,
                main: true,
            },
            by: self.session.user.clone(),
            at: Timestamp::now(),
            unsecured: Vec::new(),
        };
        books.deeds.push(format!("copy {} {:?}", copy.written, copy.pages));
        books.copies.push(copy.clone());
        Ok(copy)
    }

    fn copy_file(&self, id: DocumentKey) -> Result<(CertifiedCopy, Arc<[u8]>), Problem> {
        let books = self.keeper.enter()?;
        let copy = books.copies.iter().find(|copy| copy.id == id).cloned().ok_or_else(missing)?;
        Ok((copy, BYTES.into()))
    }
}

impl super::FakeKeeper {
    /// The copies that were made, in the order of their numbers.
    pub fn copies(&self) -> Vec<CertifiedCopy> {
        self.books().copies.clone()
    }
}
