//! What the window asks about drafts: making them of text documents, changing them, opinions on
//! them, their versions.

use std::fmt::Debug;

use uuid::Uuid;

use crate::domain::document::{DocumentKey, Metadata, Recipient};
use crate::domain::opinion::Version;
use crate::domain::outbound::OutboundDocument;
use crate::domain::places::PlacesText;
use crate::domain::problem::Problem;
use crate::domain::template::{DraftTemplate, RecipientGroup};
use crate::office::convert::Conversion;
use crate::office::{
    DraftBase, DraftEdit, KeptForm, Office, OpinionDesk, PagePair, Passing, VersionDifference,
};
use crate::pdf::Rect;
use crate::pdf::render::Cancel;

/// Every method may block, except [`DraftDoor::places_text`].
pub trait DraftDoor: Debug + Send + Sync {
    /// Makes a PDF of a DOCX or ODT file and compares the words of both.
    fn convert(&self, name: &str, bytes: &[u8], cancel: &Cancel) -> Result<Conversion, Problem>;
    fn draft_template(&self, type_key: &str) -> Result<Option<DraftTemplate>, Problem>;
    fn put_draft_template(&self, template: DraftTemplate) -> Result<(), Problem>;
    /// Groups of recipients with their members under their present names.
    fn groups(&self) -> Result<Vec<(RecipientGroup, Vec<Recipient>)>, Problem>;
    fn put_group(&self, name: &str, members: &[Recipient]) -> Result<(), Problem>;
    /// "Kính gửi" and "Nơi nhận" as the law writes them.
    fn places_text(&self, metadata: &Metadata) -> PlacesText;
    /// Keeps what was typed into a form so far.
    fn keep_form(&self, slot: &str, body: &str) -> Result<(), Problem>;
    fn kept_forms(&self) -> Result<Vec<KeptForm>, Problem>;
    fn drop_form(&self, slot: &str) -> Result<(), Problem>;
    fn draft_to_edit(&self, key: DocumentKey) -> Result<DraftBase, Problem>;
    fn edit_draft(&self, key: DocumentKey, edit: DraftEdit) -> Result<(), Problem>;

    fn pass(&self, key: DocumentKey, passing: Passing) -> Result<(), Problem>;
    fn hand_on(&self, key: DocumentKey, user: &str, note: &str) -> Result<(), Problem>;
    fn opinion_desk(&self, key: DocumentKey) -> Result<OpinionDesk, Problem>;
    /// `at` is a page from 0 and a place in points from its top left as shown.
    fn comment_shown(
        &self,
        key: DocumentKey,
        at: Option<(u32, Rect)>,
        text: &str,
    ) -> Result<Uuid, Problem>;
    fn answer_comment(
        &self,
        key: DocumentKey,
        comment: Uuid,
        answer: &str,
        settles: Option<bool>,
    ) -> Result<(), Problem>;

    /// Drafts that somebody has passed on to the person since this was asked last.
    fn drafts_reaching_me(&self) -> Result<Vec<OutboundDocument>, Problem>;

    /// Every version with the name of who made it, oldest first.
    fn versions(&self, key: DocumentKey) -> Result<Vec<(Version, String)>, Problem>;
    fn compare_versions(
        &self,
        key: DocumentKey,
        old: u32,
        new: u32,
        cancel: &Cancel,
    ) -> Result<VersionDifference, Problem>;
    fn compare_page(
        &self,
        key: DocumentKey,
        old: u32,
        new: u32,
        page: u32,
        cancel: &Cancel,
    ) -> Result<PagePair, Problem>;
    /// The submission slip (phiếu trình) in the language in force.
    fn submission_slip(&self, key: DocumentKey) -> Result<Vec<u8>, Problem>;
}

impl DraftDoor for Office {
    fn groups(&self) -> Result<Vec<(RecipientGroup, Vec<Recipient>)>, Problem> {
        let with_members = |group: RecipientGroup| {
            let members = self.group_recipients(&group)?;
            Ok((group, members))
        };
        self.recipient_groups()?.into_iter().map(with_members).collect()
    }

    fn put_group(&self, name: &str, members: &[Recipient]) -> Result<(), Problem> {
        let members = members.iter().map(|one| one.agency.clone()).collect();
        self.put_recipient_group(name, members)
    }

    fn places_text(&self, metadata: &Metadata) -> PlacesText {
        Self::places_text(self, metadata)
    }

    fn versions(&self, key: DocumentKey) -> Result<Vec<(Version, String)>, Problem> {
        let named = |version: Version| {
            let by = self.user_name(&version.user);
            (version, by)
        };
        Ok(Self::versions(self, key)?.into_iter().map(named).collect())
    }

    fn submission_slip(&self, key: DocumentKey) -> Result<Vec<u8>, Problem> {
        Self::submission_slip(self, key, crate::i18n::language())
    }

    super::pass_on! {
        fn convert(&self, name: &str, bytes: &[u8], cancel: &Cancel)
            -> Result<Conversion, Problem>;
        fn draft_template(&self, type_key: &str) -> Result<Option<DraftTemplate>, Problem>;
        fn put_draft_template(&self, template: DraftTemplate) -> Result<(), Problem>;
        fn keep_form(&self, slot: &str, body: &str) -> Result<(), Problem>;
        fn kept_forms(&self) -> Result<Vec<KeptForm>, Problem>;
        fn drop_form(&self, slot: &str) -> Result<(), Problem>;
        fn draft_to_edit(&self, key: DocumentKey) -> Result<DraftBase, Problem>;
        fn edit_draft(&self, key: DocumentKey, edit: DraftEdit) -> Result<(), Problem>;
        fn pass(&self, key: DocumentKey, passing: Passing) -> Result<(), Problem>;
        fn hand_on(&self, key: DocumentKey, user: &str, note: &str) -> Result<(), Problem>;
        fn drafts_reaching_me(&self) -> Result<Vec<OutboundDocument>, Problem>;
        fn opinion_desk(&self, key: DocumentKey) -> Result<OpinionDesk, Problem>;
        fn comment_shown(&self, key: DocumentKey, at: Option<(u32, Rect)>, text: &str)
            -> Result<Uuid, Problem>;
        fn answer_comment(
            &self, key: DocumentKey, comment: Uuid, answer: &str, settles: Option<bool>
        ) -> Result<(), Problem>;
        fn compare_versions(&self, key: DocumentKey, old: u32, new: u32, cancel: &Cancel)
            -> Result<VersionDifference, Problem>;
        fn compare_page(&self, key: DocumentKey, old: u32, new: u32, page: u32, cancel: &Cancel)
            -> Result<PagePair, Problem>;
    }
}
