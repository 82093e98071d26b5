//! What is filled in beforehand: templates, groups of recipients, and the form that was left.

use jiff::Timestamp;

use super::DraftError;
use crate::domain::agency::AgencyCode;
use crate::domain::document::{Metadata, Recipient};
use crate::domain::operation::Change;
use crate::domain::places::PlacesText;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::template::{DraftTemplate, RecipientGroup};
use crate::domain::text;
use crate::office::directory::recipient;
use crate::office::{Office, OfficeError};
use crate::store::KeptForm;

/// Characters of a form that are kept; nobody types more.
const LONGEST_FORM: usize = 1 << 20;
/// The key of the type that is a letter, addressed to somebody by "Kính gửi".
const LETTER: &str = "CV";

impl Office {
    /// What drafts begin with, by type.
    pub fn draft_templates(&self) -> Result<Vec<DraftTemplate>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().draft_templates()?)
    }

    pub fn draft_template(&self, type_key: &str) -> Result<Option<DraftTemplate>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().draft_template(type_key)?)
    }

    /// Remembers what drafts of a type begin with, in the place of what was remembered.
    pub fn put_draft_template(&self, template: DraftTemplate) -> Result<(), Problem> {
        let actor = self.actor(Act::Draft)?;
        let mut template = template.tidied().ok_or(DraftError::NotWhole("template"))?;
        if self.profile().document_type(&template.type_key).is_none() {
            return Err(OfficeError::FieldInvalid("type").into());
        }
        self.known_recipients(&mut template.fields.recipients)?;
        self.store().write(&actor, move |writer| {
            writer.append(Change::TemplatePut { template: Box::new(template) })?;
            Ok(())
        })
    }

    pub fn drop_draft_template(&self, type_key: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Draft)?;
        let type_key = type_key.to_owned();
        self.store().write(&actor, move |writer| {
            if writer.draft_template(&type_key)?.is_none() {
                return Err(DraftError::NoSuchPrefill(type_key).into());
            }
            writer.append(Change::TemplateDropped { type_key })?;
            Ok(())
        })
    }

    /// Groups of recipients, by name.
    pub fn recipient_groups(&self) -> Result<Vec<RecipientGroup>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().recipient_groups()?)
    }

    /// The members of a group under their present codes and names, and in the place of those
    /// that are no more who goes on with their work; who has left the directory is left out.
    pub fn group_recipients(&self, group: &RecipientGroup) -> Result<Vec<Recipient>, Problem> {
        self.actor(Act::ViewQueues)?;
        let own = &self.session().agency.code;
        let mut found: Vec<Recipient> = Vec::new();
        for code in &group.members {
            let Some(member) = self.store().agency(code)? else { continue };
            for agency in self.present(&member)? {
                if agency.code != *own && !found.iter().any(|known| known.agency == agency.code) {
                    found.push(recipient(&agency));
                }
            }
        }
        Ok(found)
    }

    /// Puts a group of recipients: a new one, or other members for a known name.
    pub fn put_recipient_group(&self, name: &str, members: Vec<AgencyCode>) -> Result<(), Problem> {
        let actor = self.actor(Act::Draft)?;
        let name = text::tidy(name);
        if name.is_empty() || name.chars().count() > 100 || members.is_empty() {
            return Err(DraftError::NotWhole("group").into());
        }
        let mut known: Vec<Recipient> =
            members.into_iter().map(|agency| Recipient { agency, name: String::new() }).collect();
        self.known_recipients(&mut known)?;
        let members = known.into_iter().map(|one| one.agency).collect();
        self.store().write(&actor, move |writer| {
            writer.append(Change::RecipientGroupPut { group: RecipientGroup { name, members } })?;
            Ok(())
        })
    }

    pub fn drop_recipient_group(&self, name: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::Draft)?;
        let name = text::tidy(name);
        self.store().write(&actor, move |writer| {
            let key = RecipientGroup::key_of(&name);
            let groups = writer.recipient_groups()?;
            if !groups.iter().any(|known| RecipientGroup::key_of(&known.name) == key) {
                return Err(DraftError::NoSuchPrefill(name).into());
            }
            writer.append(Change::RecipientGroupDropped { name })?;
            Ok(())
        })
    }

    /// "Kính gửi" and "Nơi nhận" as the law writes them for these fields.
    pub fn places_text(&self, metadata: &Metadata) -> PlacesText {
        PlacesText::of(metadata, metadata.type_key == LETTER)
    }

    /// Keeps what was typed into a form so far; it survives the end of the program.
    pub fn keep_form(&self, slot: &str, body: &str) -> Result<(), Problem> {
        self.actor(Act::Draft)?;
        if body.len() > LONGEST_FORM {
            return Err(DraftError::NotWhole("form").into());
        }
        let user = &self.session().user;
        Ok(self.store().keep_draft_form(user, slot, body, Timestamp::now())?)
    }

    /// What this person left half written, newest first.
    pub fn kept_forms(&self) -> Result<Vec<KeptForm>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().draft_forms(&self.session().user)?)
    }

    /// The form was handed over, or nobody wants it any more.
    pub fn drop_form(&self, slot: &str) -> Result<(), Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().drop_draft_form(&self.session().user, slot)?)
    }

    /// Puts recipients under their present codes and names, each once; refuses unknown ones
    /// and those that are no more.
    pub(in crate::office) fn known_recipients(
        &self,
        recipients: &mut Vec<Recipient>,
    ) -> Result<(), Problem> {
        for recipient in recipients.iter_mut() {
            let known = self
                .store()
                .agency(&recipient.agency)?
                .ok_or_else(|| OfficeError::UnknownAgency(recipient.agency.to_string()))?;
            self.must_stand(&known)?;
            // Under its present code, so that one agency is one recipient.
            recipient.agency = known.code;
            recipient.name = known.name;
        }
        let mut seen = std::collections::HashSet::new();
        recipients.retain(|recipient| seen.insert(recipient.agency.clone()));
        Ok(())
    }
}
