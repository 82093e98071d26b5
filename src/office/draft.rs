//! Beginning an outbound document.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 khoản 1: the drafter fills **all** fields in the
//! software; Điều 12: permitted formats; Điều 1 khoản 2: no state secrets.

mod edit;
mod error;
mod prefill;

use std::io::Write;
use std::sync::Arc;

use jiff::Timestamp;

use super::convert::source::{SourceText, TextFormat};
use super::opened::Opened;
use super::{NewDraft, Office, OfficeError, convert};
use crate::domain::document::{Code, DocumentKey, FileRef, Metadata, Recipient};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::{secrecy, text};
use crate::pdf::render::Cancel;
use crate::signing::make::Signed;

pub use edit::{Attached, DraftBase, DraftEdit};
pub use error::DraftError;

/// Characters of a field that has no length of its own (QCVN 102:2016 receivers keep 100).
const LONGEST_FIELD: usize = 250;

/// The document itself, as somebody hands it over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MainFile {
    pub name: String,
    pub pdf: Vec<u8>,
    pub source: Option<MadeOf>,
}

/// The text document (DOCX, ODT) that a PDF was made of. Kept, never sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MadeOf {
    pub name: String,
    pub bytes: Vec<u8>,
    /// Somebody has looked at the places in which the words of both differ, and answers for them.
    pub accepted: bool,
}

/// A main file that is durable.
struct KeptMain {
    file: FileRef,
    source: Option<FileRef>,
    /// In how many places the words of both differ, and that was accepted.
    accepted_differences: Option<u32>,
    pages: u32,
    /// What its pages say.
    text: String,
}

impl Office {
    /// Begins an outbound document from a PDF and its fields; it is then in
    /// [`Draft`](crate::domain::outbound::OutboundState::Draft).
    pub fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem> {
        self.draft_for(draft, None)
    }

    /// The same, linked in the same transaction with the inbound document that it answers.
    pub(super) fn draft_for(
        &self,
        draft: NewDraft,
        answering: Option<DocumentKey>,
    ) -> Result<DocumentKey, Problem> {
        let actor = self.actor(Act::Draft)?;
        let NewDraft { file_name: name, pdf, source, attachments, metadata } = draft;
        let main = self.keep_main(MainFile { name, pdf, source })?;
        let metadata = Metadata { pages: Some(main.pages), ..self.checked_fields(metadata)? };
        if attachments.len() > self.profile().limits().attachments {
            return Err(OfficeError::FieldInvalid("attachments").into());
        }
        let mut files = vec![main.file];
        for (name, bytes) in &attachments {
            files.push(self.keep_attachment(name, bytes)?);
        }
        let key = DocumentKey::fresh();
        let (source, content) = (main.source, main.text);
        let accepted_differences = main.accepted_differences;
        let key = self.store().write(&actor, move |writer| {
            writer.append(Change::OutboundDrafted {
                key,
                metadata,
                files,
                drafted_at: Timestamp::now(),
                text: content,
                source,
                accepted_differences,
            })?;
            if let Some(inbound) = answering {
                writer.append(Change::AnswerLinked { key: inbound, answer: key })?;
            }
            Ok::<DocumentKey, Problem>(key)
        })?;
        self.check_layout_quietly(key);
        Ok(key)
    }

    /// Looks over a main file and makes it durable, with what it was made of.
    fn keep_main(&self, main: MainFile) -> Result<KeptMain, Problem> {
        let name = text::safe_file_name(&main.name);
        // What the file is comes before what it is called: an empty or encrypted PDF
        // deserves its own message.
        let limit = self.profile().limits().main_file_bytes();
        let size = main.pdf.len() as u64;
        if size > limit {
            return Err(OfficeError::FileTooLarge { name, size, limit }.into());
        }
        let pdf: Arc<[u8]> = main.pdf.into();
        let opened = Opened::of(self, &pdf);
        let pages = opened.page_count()?;
        let text = opened.content();
        refuse_secrets(&text).map_err(ours)?;
        let mut accepted_differences = None;
        let source = match main.source {
            Some(MadeOf { name, bytes, accepted }) => {
                let name = text::safe_file_name(&name);
                let format = TextFormat::of_name(&name)
                    .ok_or_else(|| OfficeError::FormatNotPermitted { name: name.clone() })?;
                self.profile().check_attachment(&name, &bytes)?;
                // What is hidden in the document is not on the pages.
                let words = SourceText::read(format, &bytes)?;
                refuse_secrets(&words.body).map_err(ours)?;
                // Whoever hands them over answers for both saying the same.
                let same = convert::sameness(&words, opened.rendered()?, &Cancel::new())?;
                if !same.is_same() {
                    let count = same.differences();
                    if !accepted {
                        return Err(DraftError::Differs(count).into());
                    }
                    accepted_differences = Some(u32::try_from(count).unwrap_or(u32::MAX));
                }
                Some(self.keep_file(&name, format.media_type(), &bytes, false)?)
            }
            None => None,
        };
        let file = self.keep_file(&name, "application/pdf", &pdf, true)?;
        Ok(KeptMain { file, source, accepted_differences, pages, text })
    }

    /// The fields of a draft as they are kept, or which of them is not as it must be.
    fn checked_fields(&self, mut metadata: Metadata) -> Result<Metadata, Problem> {
        let profile = self.profile();
        metadata.subject = text::tidy(&metadata.subject);
        if metadata.subject.is_empty()
            || metadata.subject.chars().count() > profile.limits().subject
        {
            return Err(OfficeError::FieldInvalid("subject").into());
        }
        refuse_secrets(&metadata.subject).map_err(ours)?;
        super::check_layout::refuse_legacy(&metadata)?;
        let kind =
            profile.document_type(&metadata.type_key).ok_or(OfficeError::FieldInvalid("type"))?;
        metadata.type_name = kind.name.clone();
        let signer = &mut metadata.signer;
        for (field, name) in [
            (&mut signer.full_name, "signer"),
            (&mut signer.competence, "competence"),
            (&mut signer.position, "position"),
            (&mut metadata.place, "place"),
            (&mut metadata.drafter_notation, "drafter_notation"),
            (&mut metadata.circulation, "circulation"),
        ] {
            *field = text::tidy(field);
            if field.chars().count() > LONGEST_FIELD {
                return Err(OfficeError::FieldInvalid(name).into());
            }
        }
        if metadata.signer.full_name.is_empty() {
            return Err(OfficeError::FieldInvalid("signer").into());
        }
        for place in &mut metadata.other_places {
            *place = text::tidy(place);
        }
        metadata.other_places.retain(|place| !place.is_empty());
        let office = &self.session().agency;
        metadata.issuer =
            Some(Recipient { agency: office.code.clone(), name: office.name.clone() });
        let notation = text::tidy(&metadata.code.notation);
        // The number is taken at the personal signature, by the system alone.
        metadata.code = Code {
            number: String::new(),
            notation: match notation.is_empty() {
                true => self.usual_notation(&metadata.type_key),
                false => notation,
            },
        };
        metadata.document_id = None;
        metadata.issued = None;
        self.known_recipients(&mut metadata.recipients)?;
        // Điều 6 khoản 2: the program proposes, and the drafter may want it for other kinds.
        metadata.paper_follows |= !profile.paper_grounds(&metadata).is_empty();
        Ok(metadata)
    }

    fn usual_notation(&self, type_key: &str) -> String {
        let abbreviation = agency_abbreviation(&self.session().agency.name);
        self.profile().notation(type_key, &abbreviation, None).unwrap_or_default()
    }

    /// Looks over a file beside the main one (Điều 12) and makes it durable.
    fn keep_attachment(&self, name: &str, bytes: &[u8]) -> Result<FileRef, Problem> {
        let name = text::safe_file_name(name);
        let format = self.profile().check_attachment(&name, bytes)?;
        Opened::new(self, bytes).refuse_secrets().map_err(ours)?;
        self.keep_file(&name, &format.media_type, bytes, false)
    }

    /// Makes bytes durable and describes them.
    pub(super) fn keep_file(
        &self,
        name: &str,
        media_type: &str,
        bytes: &[u8],
        main: bool,
    ) -> Result<FileRef, Problem> {
        Ok(FileRef {
            blob: self.store().put_blob(bytes)?,
            name: text::safe_file_name(name),
            media_type: media_type.to_owned(),
            size: bytes.len() as u64,
            main,
        })
    }

    /// The same of what was just signed, which is written to the store as it is read: a large
    /// file is not put together in memory first.
    pub(super) fn keep_signed(
        &self,
        before: &FileRef,
        signed: &Signed,
    ) -> Result<FileRef, Problem> {
        let write = |mut out: &mut dyn Write| signed.write_to(&mut out);
        Ok(FileRef {
            blob: self.store().put_written(signed.size(), write)?,
            size: signed.size() as u64,
            ..before.clone()
        })
    }
}

/// Quyết định 28/2018/QĐ-TTg Điều 1 khoản 2: state secrets never enter the system.
pub(super) fn refuse_secrets(content: &str) -> Result<(), OfficeError> {
    match secrecy::find_mark(content) {
        Some(mark) => Err(OfficeError::Secret(mark.stamp().to_owned())),
        None => Ok(()),
    }
}

/// The same refusal of what was drafted here: there is no sender to tell, and nothing came in.
fn ours(error: OfficeError) -> OfficeError {
    match error {
        OfficeError::Secret(mark) => OfficeError::SecretDraft(mark),
        other => other,
    }
}

/// The abbreviation of an agency in notations: its kind's initials, without its place
/// (`Ủy ban nhân dân xã Tân Bình` gives `UBND`, `Sở Thông tin và Truyền thông` `STTTT`).
fn agency_abbreviation(name: &str) -> String {
    let name = text::tidy(name);
    if text::fold(&name).starts_with("uy ban nhan dan") || name.starts_with("UBND") {
        return "UBND".to_owned();
    }
    name.split_whitespace()
        .filter(|word| text::fold(word) != "va")
        .filter_map(|word| word.chars().next())
        .flat_map(char::to_uppercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agencies_have_their_usual_abbreviation() {
        assert_eq!(agency_abbreviation("Ủy ban nhân dân xã Tân Bình"), "UBND");
        assert_eq!(agency_abbreviation("Sở Thông tin và Truyền thông"), "STTTT");
    }
}
