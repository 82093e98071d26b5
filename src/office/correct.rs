//! The fields of an inbound document: filled in, confirmed, corrected.
//!
//! Nghị định 30/2020/NĐ-CP Điều 22 and Phụ lục VI, phần II, mục II: what the register says of
//! a document. Until it is registered the clerk writes the fields freely; afterwards a
//! change is a correction of the register, which says why and leaves what stood there in
//! the history. What the program filled in by itself is marked until somebody has looked.

use jiff::Timestamp;
use jiff::civil::Date;

use super::extract::{Field, Reading};
use super::{Office, OfficeError, duplicate};
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, Metadata};
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::tidy;
use crate::rules::Profile;
use crate::t;

/// What is wrong with a field as it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub field: Field,
    /// In the language in force.
    pub why: String,
}

impl Office {
    /// Fields that the program filled in when the document arrived and that nobody has
    /// confirmed yet.
    pub fn unconfirmed(&self, key: DocumentKey) -> Result<Vec<Field>, Problem> {
        self.actor(Act::ViewQueues)?;
        let names = self.store().proposed_fields(&key)?;
        Ok(names.iter().filter_map(|name| Field::from_key(name)).collect())
    }

    /// Puts other fields in the place of a document's, or confirms those that stand there.
    /// Once the document is registered a `reason` is required. What was not changed and was
    /// confirmed before leaves no trace.
    pub fn correct(
        &self,
        key: DocumentKey,
        metadata: Metadata,
        reason: &str,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::RegisterInbound)?;
        let metadata = tidied(metadata, self.profile());
        let today = calendar::local(Timestamp::now()).date();
        if let Some(Fault { field, why }) =
            faults(&metadata, self.profile(), today).into_iter().next()
        {
            return Err(OfficeError::FieldRefused { field: field.label(), why }.into());
        }
        let reason = tidy(reason);
        if reason.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("reason").into());
        }
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if document.state.is_gone() {
                let state = super::labels::inbound(document.state);
                return Err(OfficeError::WrongState { state }.into());
            }
            if document.metadata == metadata && writer.proposed_fields(&key)?.is_empty() {
                return Ok(());
            }
            if document.registration.is_some() && reason.is_empty() {
                return Err(OfficeError::CorrectionReasonMissing.into());
            }
            writer.append(Change::InboundCorrected { key, metadata, reason })?;
            duplicate::note(writer, key)?;
            Ok(())
        })
    }

    /// What a document that arrives without a packet is filled in with: the fields that are
    /// sure, and `name` for a subject that is not. `None` where nothing was.
    pub(super) fn proposed_fields(
        &self,
        key: DocumentKey,
        name: &str,
        reading: &Reading,
    ) -> Option<Change> {
        let mut filled = Metadata::default();
        let sure = self.profile().extraction().sure;
        let mut fields = reading.fill(&mut filled, sure);
        // Pages are counted, not proposed.
        fields.retain(|field| *field != Field::Pages);
        if filled.subject.is_empty() {
            name.clone_into(&mut filled.subject);
        }
        let today = calendar::local(Timestamp::now()).date();
        // A misread date of next year is worse than none.
        let filled = tidied(filled, self.profile());
        if fields.is_empty() || !faults(&filled, self.profile(), today).is_empty() {
            return None;
        }
        let fields = fields.into_iter().map(|field| field.key().to_owned()).collect();
        Some(Change::InboundProposed { key, metadata: filled, fields })
    }
}

/// The fields as they are kept: composed, single spaces, the type under its own name.
fn tidied(mut metadata: Metadata, profile: &Profile) -> Metadata {
    let texts = [
        &mut metadata.code.number,
        &mut metadata.code.notation,
        &mut metadata.subject,
        &mut metadata.unlisted_issuer,
        &mut metadata.place,
        &mut metadata.signer.position,
        &mut metadata.signer.full_name,
        &mut metadata.notes,
    ];
    for text in texts {
        *text = tidy(text);
    }
    let lines: Vec<String> = metadata.signer.competence.lines().map(tidy).collect();
    metadata.signer.competence = lines.join("\n").trim().to_owned();
    metadata.other_places = metadata.other_places.iter().map(|place| tidy(place)).collect();
    metadata.other_places.retain(|place| !place.is_empty());
    if let Some(kind) = profile.document_type(&metadata.type_key) {
        metadata.type_name = kind.name.clone();
    }
    if metadata.issuer.is_some() {
        metadata.unlisted_issuer.clear();
    }
    metadata
}

/// What is wrong with fields, by the lengths of Nghị định 30/2020/NĐ-CP Phụ lục VI and by
/// what can be: no document is dated after `today`. In the order of [`Field::ALL`].
pub fn faults(metadata: &Metadata, profile: &Profile, today: Date) -> Vec<Fault> {
    let lengths = profile.field_lengths();
    let mut found = Vec::new();
    let mut fault = |field, why| found.push(Fault { field, why });
    if !metadata.type_key.is_empty() && profile.document_type(&metadata.type_key).is_none() {
        fault(Field::Type, t!("fields-unknown-type"));
    }
    let number = &metadata.code.number;
    if !number.is_empty() && !number.starts_with(|c: char| c.is_ascii_digit()) {
        fault(Field::Number, t!("fields-number-form"));
    }
    if metadata.issued.is_some_and(|date| date > today) {
        fault(Field::Date, t!("fields-date-ahead"));
    }
    if metadata.issued.is_some_and(|date| date.year() < 1945) {
        fault(Field::Date, t!("fields-date-past"));
    }
    if metadata.subject.is_empty() {
        fault(Field::Subject, t!("fields-subject-missing"));
    }
    let digits = u32::try_from(lengths.pages).unwrap_or(3);
    if metadata.pages.is_some_and(|pages| pages == 0 || pages >= 10u32.saturating_pow(digits)) {
        fault(Field::Pages, t!("fields-pages-form"));
    }
    let recipients = metadata.other_places.join("; ");
    let long = [
        (Field::Number, number.as_str(), lengths.number),
        (Field::Notation, &metadata.code.notation, lengths.notation),
        (Field::Issuer, metadata.issuer_name(), lengths.issuer),
        (Field::Subject, &metadata.subject, lengths.subject),
        (Field::Position, &metadata.signer.position, lengths.position),
        (Field::Signer, &metadata.signer.full_name, lengths.full_name),
        (Field::Recipients, &recipients, lengths.recipients),
    ];
    for (field, text, most) in long {
        let length = text.chars().count();
        if length > most {
            fault(field, t!("fields-too-long", length = length, most = most));
        }
    }
    found.sort_by_key(|fault| fault.field);
    found
}

/// Which fields differ between two states of a document, and how: before and after.
pub fn changed(before: &Metadata, after: &Metadata) -> Vec<(Field, String, String)> {
    Field::ALL
        .into_iter()
        .map(|field| (field, field.stated(before), field.stated(after)))
        .filter(|(_, before, after)| before != after)
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::document::Code;

    fn profile() -> Profile {
        Profile::built_in("current").unwrap()
    }

    fn fields(metadata: &Metadata) -> Vec<Field> {
        faults(metadata, &profile(), date(2026, 11, 29)).iter().map(|fault| fault.field).collect()
    }

    #[test]
    fn fields_are_held_to_the_lengths_of_the_law() {
        let good = Metadata {
            code: Code { number: "125".into(), notation: "QĐ-UBND".into() },
            type_key: "QĐ".into(),
            subject: "Về việc kiện toàn Ban Chỉ đạo".into(),
            issued: Some(date(2026, 11, 29)),
            pages: Some(3),
            ..Metadata::default()
        };
        assert_eq!(fields(&good), []);
        let mut bad = good.clone();
        bad.code.number = "123456789012".into();
        bad.subject = "đ".repeat(501);
        bad.signer.full_name = "A".repeat(51);
        assert_eq!(fields(&bad), [Field::Number, Field::Subject, Field::Signer]);
        // Characters, not bytes.
        bad = Metadata { subject: "đ".repeat(500), ..good.clone() };
        assert_eq!(fields(&bad), []);
        bad.issued = Some(date(2026, 11, 30));
        bad.pages = Some(1000);
        bad.type_key = "?".into();
        bad.subject = String::new();
        assert_eq!(fields(&bad), [Field::Type, Field::Date, Field::Subject, Field::Pages]);
    }

    #[test]
    fn what_changed_is_told_field_by_field() {
        let before = Metadata { subject: "Một".into(), ..Metadata::default() };
        let after = Metadata { subject: "Hai".into(), pages: Some(2), ..before.clone() };
        let told: Vec<_> = changed(&before, &after);
        assert_eq!(
            told,
            [
                (Field::Subject, "Một".to_owned(), "Hai".to_owned()),
                (Field::Pages, String::new(), "2".to_owned()),
            ]
        );
    }
}
