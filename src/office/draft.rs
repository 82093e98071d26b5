//! Beginning an outbound document.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 khoản 1: the drafter fills **all** fields in the
//! software; Điều 12: permitted formats; Điều 1 khoản 2: no state secrets.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{NewDraft, Office, OfficeError};
use crate::domain::document::{Code, DocumentKey, FileRef, Recipient};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::{secrecy, text};
use crate::pdf::structure::Source;

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
        let profile = self.profile();
        let name = text::safe_file_name(&draft.file_name);
        // What the file is comes before what it is called: an empty or encrypted PDF
        // deserves its own message.
        let limit = profile.limits().main_file_bytes();
        let size = draft.pdf.len() as u64;
        if size > limit {
            return Err(OfficeError::FileTooLarge { name, size, limit }.into());
        }
        let pdf: std::sync::Arc<[u8]> = draft.pdf.into();
        let source = Source::parse(pdf.clone())?;
        let pages = source.page_count()?;

        let mut metadata = draft.metadata;
        metadata.subject = text::tidy(&metadata.subject);
        if metadata.subject.is_empty()
            || metadata.subject.chars().count() > profile.limits().subject
        {
            return Err(OfficeError::FieldInvalid("subject").into());
        }
        let kind =
            profile.document_type(&metadata.type_key).ok_or(OfficeError::FieldInvalid("type"))?;
        metadata.type_name = kind.name.clone();
        metadata.signer.full_name = text::tidy(&metadata.signer.full_name);
        if metadata.signer.full_name.is_empty() {
            return Err(OfficeError::FieldInvalid("signer").into());
        }
        metadata.pages = Some(pages);
        let office = &self.session().agency;
        metadata.issuer =
            Some(Recipient { agency: office.code.clone(), name: office.name.clone() });
        if metadata.code.notation.trim().is_empty() {
            let abbreviation = agency_abbreviation(&office.name);
            metadata.code.notation =
                profile.notation(&metadata.type_key, &abbreviation, None).unwrap_or_default();
        }
        // The number is taken at the personal signature, by the system alone.
        metadata.code =
            Code { number: String::new(), notation: text::tidy(&metadata.code.notation) };
        metadata.document_id = None;
        metadata.issued = None;
        for recipient in &mut metadata.recipients {
            let known = self
                .store()
                .agency(&recipient.agency)?
                .ok_or_else(|| OfficeError::UnknownAgency(recipient.agency.to_string()))?;
            // Under its present code, so that one agency is one recipient.
            recipient.agency = known.code;
            recipient.name = known.name;
        }
        let mut seen = HashSet::new();
        metadata.recipients.retain(|recipient| seen.insert(recipient.agency.clone()));

        let content = self.text_of(&pdf);
        refuse_secrets(&content).map_err(ours)?;
        refuse_secrets(&metadata.subject).map_err(ours)?;

        if draft.attachments.len() > profile.limits().attachments {
            return Err(OfficeError::FieldInvalid("attachments").into());
        }
        let mut files = vec![self.keep_file(&name, "application/pdf", &pdf, true)?];
        for (name, bytes) in &draft.attachments {
            let name = text::safe_file_name(name);
            let format = profile.check_attachment(&name, bytes)?;
            self.refuse_secret_file(bytes).map_err(ours)?;
            files.push(self.keep_file(&name, &format.media_type, bytes, false)?);
        }
        let key = DocumentKey::fresh();
        self.store().write(&actor, move |writer| {
            writer.append(Change::OutboundDrafted {
                key,
                metadata,
                files,
                drafted_at: Timestamp::now(),
                text: content,
            })?;
            if let Some(inbound) = answering {
                writer.append(Change::AnswerLinked { key: inbound, answer: key })?;
            }
            Ok(key)
        })
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

    /// Refuses a file beside the main one that carries a secrecy mark, where it is a PDF.
    pub(super) fn refuse_secret_file(&self, bytes: &[u8]) -> Result<(), OfficeError> {
        if bytes.starts_with(b"%PDF-") {
            refuse_secrets(&self.text_of(&bytes.into()))?;
        }
        Ok(())
    }

    /// The text of a PDF, for search and for the secrecy check; empty where no renderer is
    /// installed or the pages hold only pictures.
    pub(super) fn text_of(&self, pdf: &std::sync::Arc<[u8]>) -> String {
        const PAGES: u32 = 300;
        let Ok(document) = self.renderer().and_then(|r| Ok(r.open(pdf.clone())?)) else {
            return String::new();
        };
        let pages = document.pages().len().min(PAGES as usize);
        let mut content = String::new();
        for page in 0..pages {
            if let Ok(page) = document.text(page as u32) {
                content.push_str(&page.plain());
                content.push('\n');
            }
        }
        content
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
