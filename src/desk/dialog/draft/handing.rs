//! What a form is for, and what the office gets of it.

use std::path::PathBuf;

use super::raw::Form;
use super::{files, making};
use crate::desk::orders::Order;
use crate::domain::document::{BlobHash, DocumentKey, FileRef};
use crate::domain::problem::Problem;
use crate::office::{Attached, DraftBase, DraftEdit, DraftError, MainFile, NewDraft, OfficeError};

/// What the form is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    New,
    /// The answer to this inbound document.
    Answer(DocumentKey),
    /// Another version, or other fields, of this draft.
    Edit {
        key: DocumentKey,
        /// As it was when the form was opened, once that is known.
        base: Option<Box<DraftBase>>,
        /// The attachments that stay.
        kept: Vec<FileRef>,
    },
}

impl Purpose {
    /// Under which name the form is kept; the order that hands it over knows it, too.
    pub fn slot(&self) -> String {
        match self {
            Self::New => slot_of_new(),
            Self::Answer(key) => slot_of_answer(*key),
            Self::Edit { key, .. } => slot_of_edit(*key),
        }
    }

    /// The main file of the draft that is changed, once it is known.
    pub fn main_file(&self) -> Option<BlobHash> {
        let Self::Edit { base: Some(base), .. } = self else { return None };
        base.files.iter().find(|file| file.main).map(|file| file.blob.clone())
    }
}

pub fn slot_of_new() -> String {
    "new".to_owned()
}

pub fn slot_of_answer(key: DocumentKey) -> String {
    format!("answer:{key}")
}

pub fn slot_of_edit(key: DocumentKey) -> String {
    format!("edit:{key}")
}

/// Where the bytes of the main file come from.
#[derive(Debug)]
pub enum MainSource {
    Path(PathBuf),
    Made(MainFile),
}

/// Reads the files that a form names, and makes an order of it. Blocks.
pub fn handed(form: Form, main: Option<MainSource>, purpose: Purpose) -> Result<Order, Problem> {
    let main = match main {
        Some(MainSource::Path(path)) => Some(making::main_file(&path, None)?),
        Some(MainSource::Made(made)) => Some(made),
        None => None,
    };
    let attachments = files::read_all(&form.attachments)?;
    if let Purpose::Edit { key, base, kept } = purpose {
        let base = *base.ok_or(DraftError::OtherVersion)?;
        let before = kept.into_iter().map(|file| Attached::Kept(file.blob));
        let new = attachments.into_iter().map(|(name, bytes)| Attached::New { name, bytes });
        let edit = DraftEdit {
            base,
            metadata: form.metadata,
            file: main,
            attachments: before.chain(new).collect(),
            why: form.why,
        };
        return Ok(Order::EditDraft { key, edit: Box::new(edit) });
    }
    let MainFile { name, pdf, source } = main.ok_or(OfficeError::FieldInvalid("file"))?;
    let draft = NewDraft { file_name: name, pdf, source, attachments, metadata: form.metadata };
    Ok(match purpose {
        Purpose::Answer(key) => Order::DraftAnswer { key, draft: Box::new(draft) },
        _ => Order::Draft(Box::new(draft)),
    })
}
