//! Drafts of the office in memory: they move, and are commented on; there is no word processor.

use uuid::Uuid;
use vanthu::desk::door::DraftDoor;
use vanthu::domain::document::{DocumentKey, Metadata, Recipient};
use vanthu::domain::opinion::{Decision, Version, act_in};
use vanthu::domain::outbound::{OutboundDocument, OutboundState};
use vanthu::domain::places::PlacesText;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::template::{DraftTemplate, RecipientGroup};
use vanthu::office::convert::Conversion;
use vanthu::office::{
    DraftBase, DraftEdit, KeptForm, OpinionDesk, PagePair, Passing, VersionDifference, Way,
};
use vanthu::pdf::Rect;
use vanthu::pdf::render::Cancel;

use super::FakeDoor;

/// What the office in memory cannot do.
fn absent<T>() -> Result<T, Problem> {
    Err(Problem::new("convert-no-program", Kind::Unavailable, Blame::Environment))
}

impl DraftDoor for FakeDoor {
    fn convert(&self, _: &str, _: &[u8], _: &Cancel) -> Result<Conversion, Problem> {
        absent()
    }

    fn draft_template(&self, _: &str) -> Result<Option<DraftTemplate>, Problem> {
        Ok(None)
    }

    fn put_draft_template(&self, template: DraftTemplate) -> Result<(), Problem> {
        self.keeper.enter()?.deeds.push(format!("template {}", template.type_key));
        Ok(())
    }

    fn groups(&self) -> Result<Vec<(RecipientGroup, Vec<Recipient>)>, Problem> {
        Ok(Vec::new())
    }

    fn put_group(&self, name: &str, _: &[Recipient]) -> Result<(), Problem> {
        self.keeper.enter()?.deeds.push(format!("group {name}"));
        Ok(())
    }

    fn places_text(&self, metadata: &Metadata) -> PlacesText {
        PlacesText::of(metadata, metadata.type_key == "CV")
    }

    fn keep_form(&self, slot: &str, body: &str) -> Result<(), Problem> {
        self.drop_form(slot)?;
        let (slot, body) = (slot.to_owned(), body.to_owned());
        let form = KeptForm { slot, at: jiff::Timestamp::now(), body };
        self.keeper.enter()?.forms.push(form);
        Ok(())
    }

    fn kept_forms(&self) -> Result<Vec<KeptForm>, Problem> {
        Ok(self.keeper.enter()?.forms.clone())
    }

    fn drop_form(&self, slot: &str) -> Result<(), Problem> {
        self.keeper.enter()?.forms.retain(|form| form.slot != slot);
        Ok(())
    }

    fn draft_to_edit(&self, key: DocumentKey) -> Result<DraftBase, Problem> {
        let books = self.keeper.enter()?;
        let found = books.outbound.iter().find(|document| document.key == key);
        found.map_or_else(absent, |found| {
            Ok(DraftBase { metadata: found.metadata.clone(), files: found.files.clone() })
        })
    }

    fn edit_draft(&self, key: DocumentKey, edit: DraftEdit) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.deeds.push("edit".to_owned());
        if let Some(document) = books.outbound.iter_mut().find(|document| document.key == key) {
            document.metadata = edit.metadata;
        }
        Ok(())
    }

    fn pass(&self, key: DocumentKey, passing: Passing) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.move_outbound(key, passing.to, &passing.note)?;
        books.hand_to(key, &passing.user);
        Ok(())
    }

    fn hand_on(&self, key: DocumentKey, user: &str, _: &str) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.hand_to(key, user);
        books.deeds.push(format!("hand on to {user}"));
        Ok(())
    }

    fn drafts_reaching_me(&self) -> Result<Vec<OutboundDocument>, Problem> {
        let mut books = self.keeper.enter()?;
        let keys: Vec<_> = std::mem::take(&mut books.reaching);
        Ok(books.outbound.iter().filter(|one| keys.contains(&one.key)).cloned().collect())
    }

    fn opinion_desk(&self, key: DocumentKey) -> Result<OpinionDesk, Problem> {
        let books = self.keeper.enter()?;
        let found = books.outbound.iter().find(|document| document.key == key);
        let Some(document) = found else { return absent() };
        let state = document.state;
        let ways = OutboundState::ALL
            .into_iter()
            .filter(|to| act_in(*to).is_some() && state.may_become(*to))
            .map(|to| Way { decision: Decision::of(state, to, false), to, people: Vec::new() })
            .collect();
        Ok(OpinionDesk {
            state,
            holder: "Lê Văn Soạn".to_owned(),
            holds: true,
            version: 1,
            opinions: Vec::new(),
            comments: Vec::new(),
            ways,
        })
    }

    fn comment_shown(
        &self,
        _: DocumentKey,
        _: Option<(u32, Rect)>,
        text: &str,
    ) -> Result<Uuid, Problem> {
        self.keeper.enter()?.deeds.push(format!("comment {text}"));
        Ok(Uuid::nil())
    }

    fn answer_comment(
        &self,
        _: DocumentKey,
        _: Uuid,
        _: &str,
        _: Option<bool>,
    ) -> Result<(), Problem> {
        Ok(())
    }

    fn versions(&self, _: DocumentKey) -> Result<Vec<(Version, String)>, Problem> {
        Ok(Vec::new())
    }

    fn compare_versions(
        &self,
        _: DocumentKey,
        _: u32,
        _: u32,
        _: &Cancel,
    ) -> Result<VersionDifference, Problem> {
        absent()
    }

    fn compare_page(
        &self,
        _: DocumentKey,
        _: u32,
        _: u32,
        _: u32,
        _: &Cancel,
    ) -> Result<PagePair, Problem> {
        absent()
    }

    fn submission_slip(&self, _: DocumentKey) -> Result<Vec<u8>, Problem> {
        Ok(b"%PDF-1.7".to_vec())
    }
}
