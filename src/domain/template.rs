//! What is filled into a draft beforehand: templates per document type, groups of recipients.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 khoản 1 asks the drafter for **all** fields; most of them
//! are the same in every document of a type, and the same twenty agencies get every notice.

use serde::{Deserialize, Serialize};

use super::agency::AgencyCode;
use super::document::{Metadata, Signer, Urgency};
use super::text;

/// Beyond this no field of a template is of use (the subject's own length is the longest).
const LONGEST: usize = 500;

/// The fields with which drafts of one document type begin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DraftTemplate {
    /// Key of the type in the rule profile.
    pub type_key: String,
    /// Only what a template may say; see [`DraftTemplate::of`].
    pub fields: Metadata,
}

impl DraftTemplate {
    /// A template made of a draft: everything that does not belong to that document alone.
    pub fn of(draft: &Metadata) -> Self {
        let fields = Metadata {
            subject: draft.subject.clone(),
            place: draft.place.clone(),
            signer: draft.signer.clone(),
            urgency: draft.urgency,
            copies: draft.copies,
            recipients: draft.recipients.clone(),
            other_places: draft.other_places.clone(),
            drafter_notation: draft.drafter_notation.clone(),
            circulation: draft.circulation.clone(),
            steering: draft.steering,
            ..Metadata::default()
        };
        Self { type_key: draft.type_key.clone(), fields }
    }

    /// Without what is empty anyway; `None` for fields that nobody could have meant.
    pub fn tidied(mut self) -> Option<Self> {
        let fields = &mut self.fields;
        let Signer { competence, position, full_name } = &mut fields.signer;
        let texts = [
            &mut fields.subject,
            &mut fields.place,
            &mut fields.drafter_notation,
            &mut fields.circulation,
            competence,
            position,
            full_name,
        ];
        for field in texts.into_iter().chain(&mut fields.other_places) {
            *field = text::tidy(field);
            if field.chars().count() > LONGEST {
                return None;
            }
        }
        fields.other_places.retain(|place| !place.is_empty());
        Some(self)
    }

    /// Fills into `draft` what nobody has written there yet.
    pub fn fill(&self, draft: &mut Metadata) {
        let known = &self.fields;
        let fill = |field: &mut String, known: &str| {
            if field.trim().is_empty() {
                known.clone_into(field);
            }
        };
        fill(&mut draft.subject, &known.subject);
        fill(&mut draft.place, &known.place);
        fill(&mut draft.drafter_notation, &known.drafter_notation);
        fill(&mut draft.circulation, &known.circulation);
        if draft.signer == Signer::default() {
            draft.signer = known.signer.clone();
        }
        if draft.urgency == Urgency::default() {
            draft.urgency = known.urgency;
        }
        if draft.steering.is_plain() {
            draft.steering = known.steering;
        }
        draft.copies = draft.copies.or(known.copies);
        if draft.recipients.is_empty() {
            draft.recipients = known.recipients.clone();
        }
        if draft.other_places.is_empty() {
            draft.other_places = known.other_places.clone();
        }
    }
}

/// Agencies that often get the same documents, under a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipientGroup {
    pub name: String,
    pub members: Vec<AgencyCode>,
}

impl RecipientGroup {
    /// By which the group is known: two names that differ in capitals or diacritics are one.
    pub fn key_of(name: &str) -> String {
        text::fold(&text::tidy(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::document::{Code, Recipient, Steering};

    fn draft() -> Metadata {
        Metadata {
            type_key: "TB".to_owned(),
            code: Code { number: "7".to_owned(), notation: "TB-UBND".to_owned() },
            subject: "Lịch tiếp công dân tháng".to_owned(),
            signer: Signer { full_name: "Nguyễn Văn Hòa".to_owned(), ..Signer::default() },
            recipients: vec![Recipient {
                agency: AgencyCode::new("H30.1").unwrap(),
                name: "Sở Nội vụ".to_owned(),
            }],
            steering: Steering::Steering,
            notes: "chỉ của văn bản này".to_owned(),
            ..Metadata::default()
        }
    }

    #[test]
    fn a_template_keeps_nothing_of_one_document_alone() {
        let template = DraftTemplate::of(&draft());
        assert_eq!(template.fields.code, Code::default());
        assert_eq!(template.fields.notes, "");
        let mut fresh = Metadata { type_key: "TB".to_owned(), ..Metadata::default() };
        template.fill(&mut fresh);
        assert_eq!(fresh.subject, draft().subject);
        assert_eq!((fresh.recipients.len(), fresh.steering), (1, Steering::Steering));
    }

    #[test]
    fn what_was_written_stays() {
        let mut written = Metadata { subject: "Của tôi".to_owned(), ..Metadata::default() };
        DraftTemplate::of(&draft()).fill(&mut written);
        assert_eq!(written.subject, "Của tôi");
        let long = Metadata { place: "ă".repeat(LONGEST + 1), ..Metadata::default() };
        assert_eq!(DraftTemplate::of(&long).tidied(), None);
    }

    #[test]
    fn groups_are_known_by_their_folded_names() {
        assert_eq!(RecipientGroup::key_of(" Các  Xã "), RecipientGroup::key_of("cac xa"));
    }
}
