//! The checker at work: on a file, and on the documents of the office.
//!
//! A document is checked when it is drafted and when it comes to the format checker, and
//! whenever somebody asks. The result is kept with the version of the file that it is about;
//! once the file or the fields are others it says nothing any more ([`Office::layout_check`]).

use std::sync::Arc;

use jiff::Timestamp;

use super::{Asked, check, leaves};
use crate::domain::charset::{self, Fault};
use crate::domain::document::{BlobHash, DocumentKey, Metadata};
use crate::domain::layout::LayoutCheck;
use crate::domain::operation::Change;
use crate::domain::outbound::OutboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::{Office, OfficeError};
use crate::pdf::render::Renderer;
use crate::pdf::structure::Source;
use crate::rules::Profile;

impl Office {
    /// Checks the layout of an outbound document now and keeps the result.
    pub fn check_layout(&self, key: DocumentKey) -> Result<LayoutCheck, Problem> {
        let actor = self.actor(Act::ViewQueues)?;
        let document = self.outbound_document(key)?;
        let check = self.look_at_layout(&document)?;
        let kept = check.clone();
        self.store().write(&actor, move |writer| {
            writer.append(Change::LayoutChecked { key, check: kept })?;
            Ok::<(), Problem>(())
        })?;
        Ok(check)
    }

    /// The newest check of the present version of the file; `None` where it was not checked.
    pub fn layout_check(&self, key: DocumentKey) -> Result<Option<LayoutCheck>, Problem> {
        self.actor(Act::ViewQueues)?;
        let Some(check) = self.store().layout_check(&key)? else { return Ok(None) };
        let document = self.outbound_document(key)?;
        let main = document.files.iter().find(|file| file.main);
        Ok(main.is_some_and(|file| file.blob == check.file).then_some(check))
    }

    /// The same after something else was done that must not fail for it.
    pub(in crate::office) fn check_layout_quietly(&self, key: DocumentKey) {
        if let Err(problem) = self.check_layout(key) {
            tracing::warn!(%problem, "the layout was not checked");
        }
    }

    /// Refuses to let a document with errors pass the format checker without a word why
    /// (Quyết định 01/2019/QĐ-UBND Điều 13 khoản 3: the checker is responsible). What cannot
    /// be checked is no reason to stop it.
    pub(in crate::office) fn layout_lets_pass(
        &self,
        key: DocumentKey,
        note: &str,
    ) -> Result<(), Problem> {
        let check = match self.layout_check(key)? {
            Some(check) => Some(check),
            None => self
                .check_layout(key)
                .inspect_err(|problem| tracing::warn!(%problem, "the layout was not checked"))
                .ok(),
        };
        match check.filter(|check| note.is_empty() && check.needs_reason()) {
            Some(check) => {
                let errors = check.count(crate::domain::layout::Severity::Error);
                Err(OfficeError::LayoutReason { errors }.into())
            }
            None => Ok(()),
        }
    }

    fn look_at_layout(&self, document: &OutboundDocument) -> Result<LayoutCheck, Problem> {
        let pdf = self.main_file(document.key)?;
        let metadata = &document.metadata;
        let asked = Asked {
            type_key: Some(metadata.type_key.as_str()).filter(|key| !key.is_empty()),
            notation: Some(&metadata.code.notation),
            urgency: Some(metadata.urgency),
        };
        let mut check = look(&pdf, asked, self.profile(), self.renderer()?)?;
        if let Some(main) = document.files.iter().find(|file| file.main) {
            check.file = main.blob.clone();
        }
        Ok(check)
    }
}

/// The fields of a document that are typed, by their names in the keys of sentences.
pub fn typed_fields(metadata: &mut Metadata) -> Vec<(&'static str, &mut String)> {
    let mut fields = vec![
        ("subject", &mut metadata.subject),
        ("competence", &mut metadata.signer.competence),
        ("position", &mut metadata.signer.position),
        ("full-name", &mut metadata.signer.full_name),
        ("place", &mut metadata.place),
        ("notes", &mut metadata.notes),
    ];
    fields.extend(metadata.other_places.iter_mut().map(|place| ("other-place", place)));
    fields
}

/// Refuses fields that were typed or pasted in a legacy encoding (TCVN 6909:2001; Quyết định
/// 01/2019/QĐ-UBND Điều 11 điểm e), saying what they mean.
pub(in crate::office) fn refuse_legacy(metadata: &Metadata) -> Result<(), OfficeError> {
    for (field, text) in typed_fields(&mut metadata.clone()) {
        if let Some(Fault::Legacy { charset, unicode }) = charset::look(text) {
            return Err(OfficeError::LegacyText { field, charset: charset.name(), meant: unicode });
        }
    }
    Ok(())
}

/// Checks a PDF that is in no office.
pub fn check_file(
    pdf: &Arc<[u8]>,
    asked: Asked<'_>,
    profile: &Profile,
) -> Result<LayoutCheck, Problem> {
    look(pdf, asked, profile, &Renderer::start()?)
}

fn look(
    pdf: &Arc<[u8]>,
    asked: Asked<'_>,
    profile: &Profile,
    renderer: &Renderer,
) -> Result<LayoutCheck, Problem> {
    let source = Source::parse(pdf.clone())?;
    let document = renderer.open_source(&source)?;
    let leaves = leaves(&source, &document)?;
    let unread = leaves.iter().filter(|leaf| !leaf.has_text()).map(|leaf| leaf.sheet.page);
    Ok(LayoutCheck {
        file: BlobHash::of(pdf),
        profile: profile.name().to_owned(),
        checked_at: Timestamp::now(),
        pages: source.page_count()?,
        unread: unread.collect(),
        findings: check(&leaves, asked, profile),
    })
}
