//! Two descriptions of one document, one of them ours.

use super::{Code, Metadata, Signer};

impl Metadata {
    /// These fields, and where they say nothing those of `other`.
    #[must_use]
    pub fn completed_by(self, other: Self) -> Self {
        fn words(ours: String, theirs: String) -> String {
            if ours.is_empty() { theirs } else { ours }
        }
        fn list<T>(ours: Vec<T>, theirs: Vec<T>) -> Vec<T> {
            if ours.is_empty() { theirs } else { ours }
        }
        let issuer_is_known = !self.issuer_name().is_empty();
        let type_is_known = !self.type_name.is_empty() || !self.type_key.is_empty();
        let (ours, theirs) = ((self.type_key, self.type_name), (other.type_key, other.type_name));
        let (type_key, type_name) = if type_is_known { ours } else { theirs };
        let (ours, theirs) =
            ((self.issuer, self.unlisted_issuer), (other.issuer, other.unlisted_issuer));
        let (issuer, unlisted_issuer) = if issuer_is_known { ours } else { theirs };
        Self {
            document_id: self.document_id.or(other.document_id),
            code: Code {
                number: words(self.code.number, other.code.number),
                notation: words(self.code.notation, other.code.notation),
            },
            type_key,
            type_name,
            subject: words(self.subject, other.subject),
            issuer,
            unlisted_issuer,
            place: words(self.place, other.place),
            issued: self.issued.or(other.issued),
            signer: Signer {
                competence: words(self.signer.competence, other.signer.competence),
                position: words(self.signer.position, other.signer.position),
                full_name: words(self.signer.full_name, other.signer.full_name),
            },
            urgency: self.urgency.max(other.urgency),
            due: self.due.or(other.due),
            pages: self.pages.or(other.pages),
            copies: self.copies.or(other.copies),
            recipients: list(self.recipients, other.recipients),
            other_places: list(self.other_places, other.other_places),
            response_for: list(self.response_for, other.response_for),
            drafter_notation: words(self.drafter_notation, other.drafter_notation),
            notes: words(self.notes, other.notes),
            paper_follows: self.paper_follows || other.paper_follows,
            circulation: words(self.circulation, other.circulation),
            steering: if self.steering.is_plain() { other.steering } else { self.steering },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{DocumentId, Recipient, ResponseFor, Steering, Urgency};
    use super::*;
    use crate::domain::agency::AgencyCode;

    /// Every field says something.
    fn full(word: &str, number: u32) -> Metadata {
        let agency = AgencyCode::new("000.00.05.H30").unwrap();
        let text = || word.to_owned();
        let recipient = Recipient { agency: agency.clone(), name: text() };
        Metadata {
            document_id: Some(DocumentId::of_year(agency.clone(), 2026, number)),
            code: Code { number: number.to_string(), notation: text() },
            type_key: text(),
            type_name: text(),
            subject: text(),
            issuer: Some(recipient.clone()),
            unlisted_issuer: String::new(),
            place: text(),
            issued: Some(jiff::civil::date(2026, 11, 20)),
            signer: Signer { competence: text(), position: text(), full_name: text() },
            urgency: Urgency::Urgent,
            due: Some(jiff::civil::date(2026, 12, 20)),
            pages: Some(number),
            copies: Some(number),
            recipients: vec![recipient],
            other_places: vec![text()],
            response_for: vec![ResponseFor {
                agency: Some(agency),
                code: text(),
                issued: None,
                document_id: text(),
            }],
            drafter_notation: text(),
            notes: text(),
            paper_follows: true,
            circulation: text(),
            steering: Steering::Steering,
        }
    }

    #[test]
    fn what_is_known_is_completed_and_never_replaced() {
        let (ours, theirs) = (full("của ta", 1), full("của họ", 2));
        assert_eq!(ours.clone().completed_by(theirs.clone()), ours);
        assert_eq!(Metadata::default().completed_by(theirs.clone()), theirs);
        assert_eq!(ours.clone().completed_by(Metadata::default()), ours);
        // An issuer that nobody lists is known all the same.
        let unlisted = Metadata { unlisted_issuer: "Công ty A".to_owned(), ..Metadata::default() };
        let completed = unlisted.completed_by(theirs.clone());
        assert_eq!((completed.issuer_name(), completed.issuer.is_none()), ("Công ty A", true));
        assert_eq!(completed.subject, theirs.subject);
    }
}
