//! Changing a draft: its fields, its attachments, a new version of its file.
//!
//! Until the personal signature whoever has the draft may change it (Quyết định
//! 01/2019/QĐ-UBND Điều 13): the drafter after a return, a leader or the format checker who
//! puts a small thing right. Every version stays, with who made it, when and why.

use super::{DraftError, MainFile};
use crate::domain::document::{BlobHash, DocumentKey, FileRef, Metadata};
use crate::domain::operation::Change;
use crate::domain::opinion::act_in;
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::domain::text;
use crate::office::opened::Opened;
use crate::office::review::still_holds;
use crate::office::{Office, OfficeError};
use crate::pdf::structure::Source;

/// A file that a changed draft has beside its main one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// One that it had before.
    Kept(BlobHash),
    New {
        name: String,
        bytes: Vec<u8>,
    },
}

/// A draft as somebody found it who is about to change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftBase {
    pub metadata: Metadata,
    pub files: Vec<FileRef>,
}

/// What is changed of a draft.
#[derive(Debug, Clone)]
pub struct DraftEdit {
    /// What the change is made to; if it is not so any more, nothing is changed.
    pub base: DraftBase,
    /// All fields, changed or not.
    pub metadata: Metadata,
    /// The new version of the main file, if there is one.
    pub file: Option<MainFile>,
    /// All attachments, in their order.
    pub attachments: Vec<Attached>,
    /// Why; shown beside the version.
    pub why: String,
}

impl Office {
    /// The fields and files of a draft as its form begins with them.
    pub fn draft_to_edit(&self, key: DocumentKey) -> Result<DraftBase, Problem> {
        let document = self.outbound_document(key)?;
        self.may_change(&document)?;
        Ok(DraftBase { metadata: document.metadata, files: document.files })
    }

    /// Changes a draft that lies with the person at the desk, in one transaction.
    ///
    /// A draft that somebody has initialled keeps its file: a new one would lose the signature.
    pub fn edit_draft(&self, key: DocumentKey, edit: DraftEdit) -> Result<(), Problem> {
        let document = self.outbound_document(key)?;
        let act = self.may_change(&document)?;
        let actor = self.actor(act)?;
        let before = edit.base;
        if document.files != before.files || document.metadata != before.metadata {
            return Err(DraftError::OtherVersion.into());
        }
        let present = before.files.iter().find(|file| file.main);
        let present = present.cloned().ok_or_else(|| Self::missing(key))?;
        let mut metadata = self.checked_fields(edit.metadata)?;
        // What it answers was said when it was begun; a form that does not show it takes nothing
        // away.
        if metadata.response_for.is_empty() {
            metadata.response_for.clone_from(&before.metadata.response_for);
        }
        let (main, source, accepted_differences, content) = match edit.file {
            Some(file) => {
                let fields = Source::parse(self.file(&present)?)?.signature_fields()?;
                if fields.iter().any(|field| field.value.is_some()) {
                    return Err(DraftError::Signed.into());
                }
                let kept = self.keep_main(file)?;
                metadata.pages = Some(kept.pages);
                (kept.file, kept.source, kept.accepted_differences, kept.text)
            }
            None => {
                metadata.pages = before.metadata.pages;
                let kept = self.file(&present)?;
                (present.clone(), None, None, Opened::of(self, &kept).content())
            }
        };
        // A notation that the office made for another type is made anew.
        if metadata.type_key != before.metadata.type_key
            && metadata.code.notation == before.metadata.code.notation
        {
            metadata.code.notation = self.usual_notation(&metadata.type_key);
        }
        if edit.attachments.len() > self.profile().limits().attachments {
            return Err(OfficeError::FieldInvalid("attachments").into());
        }
        let mut files = vec![main];
        for attached in edit.attachments {
            files.push(match attached {
                Attached::Kept(blob) => before
                    .files
                    .iter()
                    .find(|file| !file.main && file.blob == blob)
                    .cloned()
                    .ok_or(OfficeError::FieldInvalid("attachments"))?,
                Attached::New { name, bytes } => self.keep_attachment(&name, &bytes)?,
            });
        }
        if metadata == before.metadata && files == before.files {
            return Err(DraftError::NothingChanged.into());
        }
        let why = text::tidy(&edit.why);
        let whose = self.session().clone();
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if now.state != document.state {
                return Err(Self::wrong_state(now.state));
            }
            // Two who change one draft at a time: the second is told, nothing is overwritten.
            if now.files != before.files || now.metadata != before.metadata {
                return Err(DraftError::OtherVersion.into());
            }
            still_holds(writer, key, &whose)?;
            writer.append(Change::OutboundEdited {
                key,
                metadata,
                files,
                text: content,
                source,
                accepted_differences,
                why,
            })?;
            Ok::<(), Problem>(())
        })?;
        self.check_layout_quietly(key);
        Ok(())
    }

    /// Under which act the person may change a draft.
    fn may_change(
        &self,
        document: &crate::domain::outbound::OutboundDocument,
    ) -> Result<crate::domain::role::Act, Problem> {
        let act = act_in(document.state).ok_or_else(|| Self::wrong_state(document.state))?;
        if document.state != OutboundState::Draft {
            self.must_hold(document.key)?;
        }
        Ok(act)
    }
}
