//! The fields as they are typed, and what they mean.
//!
//! In two stages: `Form` is what was typed; [`Form::read`] makes of it the fields that the
//! office keeps, or says field by field what cannot be read. What the office refuses
//! (lengths, dates ahead) it says itself.

use iced::widget::text_editor;
use jiff::civil::Date;

use crate::domain::document::{Metadata, Recipient, Urgency};
use crate::domain::text::tidy;
use crate::office::correct::Fault;
use crate::office::extract::{Field, Value};
use crate::t;

/// What was typed.
#[derive(Debug, Default)]
pub struct Form {
    pub kind: Option<(String, String)>,
    pub number: String,
    pub notation: String,
    pub date: String,
    pub issuer: String,
    /// The agency of the directory that stands behind the typed name.
    pub agency: Option<Recipient>,
    pub subject: text_editor::Content,
    pub pages: String,
    pub position: String,
    pub signer: String,
    pub competence: String,
    pub urgency: Urgency,
    pub place: String,
    pub recipients: String,
    /// Why, once the document is registered.
    pub reason: String,
}

impl Form {
    pub fn of(metadata: &Metadata) -> Self {
        let mut form = Self::default();
        if !metadata.type_key.is_empty() {
            form.kind = Some((metadata.type_key.clone(), metadata.type_name.clone()));
        }
        form.agency = metadata.issuer.clone();
        form.urgency = metadata.urgency;
        form.subject = text_editor::Content::with_text(&metadata.subject);
        for field in Field::ALL {
            if let Some(text) = form.text_mut(field) {
                *text = field.stated(metadata).replace('\n', " / ");
            }
        }
        form
    }

    /// The typed line of a field; `None` for what is no line.
    pub fn text(&self, field: Field) -> Option<&str> {
        Some(match field {
            Field::Number => &self.number,
            Field::Notation => &self.notation,
            Field::Date => &self.date,
            Field::Issuer => &self.issuer,
            Field::Pages => &self.pages,
            Field::Position => &self.position,
            Field::Signer => &self.signer,
            Field::Competence => &self.competence,
            Field::Place => &self.place,
            Field::Recipients => &self.recipients,
            Field::Type | Field::Subject | Field::Urgency | Field::Secrecy => return None,
        })
    }

    pub fn text_mut(&mut self, field: Field) -> Option<&mut String> {
        Some(match field {
            Field::Number => &mut self.number,
            Field::Notation => &mut self.notation,
            Field::Date => &mut self.date,
            Field::Issuer => &mut self.issuer,
            Field::Pages => &mut self.pages,
            Field::Position => &mut self.position,
            Field::Signer => &mut self.signer,
            Field::Competence => &mut self.competence,
            Field::Place => &mut self.place,
            Field::Recipients => &mut self.recipients,
            Field::Type | Field::Subject | Field::Urgency | Field::Secrecy => return None,
        })
    }

    /// What stands in a field, as people read it.
    pub fn shown(&self, field: Field) -> String {
        match field {
            Field::Type => self.kind.as_ref().map(|(_, name)| name.clone()).unwrap_or_default(),
            Field::Subject => tidy(&self.subject.text()),
            Field::Urgency => crate::desk::words::urgency(self.urgency),
            Field::Secrecy => String::new(),
            other => tidy(self.text(other).unwrap_or_default()),
        }
    }

    /// Puts what was read into its field.
    pub fn take(&mut self, value: &Value) {
        match value {
            Value::Type { key, name } => self.kind = Some((key.clone(), name.clone())),
            Value::Issuer { name, agency, .. } => {
                self.issuer = agency.as_ref().map_or(name, |agency| &agency.name).clone();
                self.agency = agency.clone();
            }
            Value::Subject(text) => self.subject = text_editor::Content::with_text(text),
            Value::Urgency(urgency) => self.urgency = *urgency,
            // Such a document never enters the system; there is no field for it.
            Value::Secrecy(_) => {}
            other => {
                if let Some(text) = self.text_mut(field_of(other)) {
                    *text = other.shown().replace('\n', " / ");
                }
            }
        }
    }

    /// Whether a field already says what was read.
    pub fn says(&self, value: &Value) -> bool {
        let field = field_of(value);
        match value {
            Value::Issuer { agency: Some(agency), .. } => self.agency.as_ref() == Some(agency),
            Value::Type { key, .. } => self.kind.as_ref().is_some_and(|(known, _)| known == key),
            other => self.shown(field) == tidy(&other.shown().replace('\n', " / ")),
        }
    }

    /// The fields that the office keeps; `base` says what no field here holds.
    pub fn read(&self, base: &Metadata) -> Result<Metadata, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut metadata = base.clone();
        let (key, name) = self.kind.clone().unwrap_or_default();
        (metadata.type_key, metadata.type_name) = (key, name);
        metadata.code.number = tidy(&self.number);
        metadata.code.notation = tidy(&self.notation);
        match day(&self.date) {
            Ok(date) => metadata.issued = date,
            Err(()) => faults.push(Fault { field: Field::Date, why: t!("fields-date-form") }),
        }
        let issuer = tidy(&self.issuer);
        metadata.issuer = self.agency.clone().filter(|agency| agency.name == issuer);
        metadata.unlisted_issuer = match metadata.issuer {
            Some(_) => String::new(),
            None => issuer,
        };
        metadata.subject = tidy(&self.subject.text());
        metadata.pages = match tidy(&self.pages).as_str() {
            "" => None,
            pages => match pages.parse() {
                Ok(pages) => Some(pages),
                Err(_) => {
                    faults.push(Fault { field: Field::Pages, why: t!("fields-pages-form") });
                    None
                }
            },
        };
        metadata.signer.position = tidy(&self.position);
        metadata.signer.full_name = tidy(&self.signer);
        let lines: Vec<String> = self.competence.split('/').map(tidy).collect();
        metadata.signer.competence = lines.join("\n").trim().to_owned();
        metadata.urgency = self.urgency;
        metadata.place = tidy(&self.place);
        let places = self.recipients.split(';').map(tidy);
        metadata.other_places = places.filter(|place| !place.is_empty()).collect();
        if faults.is_empty() { Ok(metadata) } else { Err(faults) }
    }
}

/// The field that a value belongs to.
pub fn field_of(value: &Value) -> Field {
    match value {
        Value::Type { .. } => Field::Type,
        Value::Number(_) => Field::Number,
        Value::Notation(_) => Field::Notation,
        Value::Date(_) => Field::Date,
        Value::Issuer { .. } => Field::Issuer,
        Value::Subject(_) => Field::Subject,
        Value::Pages(_) => Field::Pages,
        Value::Position(_) => Field::Position,
        Value::Signer(_) => Field::Signer,
        Value::Competence(_) => Field::Competence,
        Value::Urgency(_) => Field::Urgency,
        Value::Secrecy(_) => Field::Secrecy,
        Value::Place(_) => Field::Place,
        Value::Recipients(_) => Field::Recipients,
    }
}

/// Reads `6/2/2026`, `06-02-2026` or nothing; `Err` for anything else.
fn day(text: &str) -> Result<Option<Date>, ()> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
    let [day, month, year] = parts.as_slice() else { return Err(()) };
    let year: i16 = year.parse().map_err(drop)?;
    let date = Date::new(year, month.parse().map_err(drop)?, day.parse().map_err(drop)?);
    // A year of two digits is a slip, not the first century.
    date.ok().filter(|date| date.year() >= 1900).map(Some).ok_or(())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::agency::AgencyCode;

    #[test]
    fn what_is_read_comes_back_as_it_was() {
        let agency = Recipient {
            agency: AgencyCode::new("H30.11").unwrap(),
            name: "Sở Nội vụ".into(),
        };
        let metadata = Metadata {
            type_key: "QĐ".into(),
            type_name: "Quyết định".into(),
            subject: "Về việc kiện toàn".into(),
            issuer: Some(agency.clone()),
            issued: Some(date(2026, 2, 6)),
            pages: Some(3),
            other_places: vec!["Như Điều 3".into(), "Thường trực Đảng ủy".into()],
            notes: "kept".into(),
            signer: crate::domain::document::Signer {
                competence: "TM. Ủy ban nhân dân\nKT. Chủ tịch".into(),
                ..Default::default()
            },
            ..Metadata::default()
        };
        let mut form = Form::of(&metadata);
        assert_eq!(form.date, "06/02/2026");
        assert_eq!(form.read(&metadata), Ok(metadata.clone()));
        // Another name is another issuer, with a code or without.
        form.issuer = "Công ty Hòa Bình".into();
        let read = form.read(&metadata).unwrap();
        assert_eq!((read.issuer, read.unlisted_issuer.as_str()), (None, "Công ty Hòa Bình"));
        form.take(&Value::Issuer {
            name: "Sở Nội vụ".into(),
            superiors: Vec::new(),
            agency: Some(agency.clone()),
            codes: Vec::new(),
        });
        assert_eq!(form.read(&metadata).unwrap().issuer, Some(agency));
    }

    #[test]
    fn what_cannot_be_read_is_told_at_its_field() {
        let mut form = Form::of(&Metadata::default());
        form.date = "31/2/2026".into();
        form.pages = "ba".into();
        let faults = form.read(&Metadata::default()).unwrap_err();
        let fields: Vec<Field> = faults.iter().map(|fault| fault.field).collect();
        assert_eq!(fields, [Field::Date, Field::Pages]);
    }

    #[test]
    fn a_proposal_is_taken_once() {
        let mut form = Form::of(&Metadata::default());
        for value in [
            Value::Number("07".into()),
            Value::Date(date(2026, 2, 6)),
            Value::Subject("Về việc".into()),
            Value::Urgency(Urgency::Express),
            Value::Recipients(vec!["Một".into(), "Hai".into()]),
            Value::Type { key: "QĐ".into(), name: "Quyết định".into() },
        ] {
            assert!(!form.says(&value), "{value:?}");
            form.take(&value);
            assert!(form.says(&value), "{value:?}");
        }
        assert_eq!(form.recipients, "Một; Hai");
    }
}
