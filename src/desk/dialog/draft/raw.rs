//! What was typed into a draft's form, and what it means.

use std::path::PathBuf;

use iced::widget::text_editor;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::choices::TypeChoice;
use crate::desk::widget::legacy::in_unicode;
use crate::domain::deadline;
use crate::domain::document::{BlobHash, Code, Metadata, Recipient, Signer, Steering, Urgency};
use crate::domain::template::DraftTemplate;
use crate::domain::text::tidy;

/// Nghị định 30/2020/NĐ-CP Phụ lục VI: trích yếu.
const SUBJECT_LENGTH: usize = 500;

/// What was typed.
#[derive(Debug, Default)]
pub struct Raw {
    pub path: String,
    pub attachments: Vec<PathBuf>,
    pub kind: Option<TypeChoice>,
    pub subject: text_editor::Content,
    pub urgency: Urgency,
    pub competence: String,
    pub position: String,
    pub full_name: String,
    pub recipients: Vec<Recipient>,
    pub due: String,
    pub copies: String,
    /// Ký hiệu; empty for the usual one.
    pub notation: String,
    pub drafter: String,
    pub place: String,
    pub circulation: String,
    pub steering: Steering,
    /// A place a line.
    pub other_places: text_editor::Content,
    pub notes: String,
    pub paper: bool,
    /// Why a draft is changed.
    pub why: String,
}

/// What the office takes, before the files are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// `None` where a changed draft keeps its file.
    pub path: Option<PathBuf>,
    pub attachments: Vec<PathBuf>,
    pub metadata: Metadata,
    pub why: String,
}

/// What is missing or wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Complaint {
    Path,
    /// The PDF and the text document differ, and nobody has said that it is right so.
    Differs,
    Type,
    Subject,
    SubjectLength,
    Signer,
    Recipients,
    Due,
    Copies,
}

/// A form as it outlives the program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Kept {
    #[serde(flatten)]
    pub typed: Saved,
    /// What the form of a changed draft began with.
    pub begun: Option<Saved>,
    /// The main file that the draft had then.
    pub main: Option<BlobHash>,
}

/// What was typed, as it outlives the program.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Saved {
    path: String,
    attachments: Vec<PathBuf>,
    kind: Option<(String, String)>,
    due: String,
    copies: String,
    why: String,
    /// The other fields.
    fields: Metadata,
}

impl Saved {
    /// Whether a new file was chosen.
    pub fn has_file(&self) -> bool {
        !self.path.trim().is_empty()
    }

    /// What was typed into a form that began as `begun`, carried over to one that begins as
    /// `present`: each field is the typed one if somebody touched it, the present one if not.
    /// Also says whether a field was touched on both sides.
    pub fn onto(self, begun: &Self, present: &Self) -> (Self, bool) {
        let json = |saved: &Self| serde_json::to_value(saved).unwrap_or_default();
        let mut both = false;
        let merged = merged(&json(begun), &json(present), json(&self), &mut both);
        (serde_json::from_value(merged).unwrap_or(self), both)
    }
}

fn merged(begun: &Value, present: &Value, typed: Value, both: &mut bool) -> Value {
    match (begun, present, typed) {
        (Value::Object(begun), Value::Object(present), Value::Object(mut typed)) => {
            for name in present.keys() {
                typed.entry(name).or_insert(Value::Null);
            }
            let of = |object: &Map<String, Value>, name: &str| {
                object.get(name).cloned().unwrap_or_default()
            };
            let fields = typed.into_iter().map(|(name, typed)| {
                let field = merged(&of(begun, &name), &of(present, &name), typed, both);
                (name, field)
            });
            // A field that is not there is written as nothing at all.
            Value::Object(fields.filter(|(_, field)| !field.is_null()).collect())
        }
        (begun, present, typed) if typed == *begun => present.clone(),
        (begun, present, typed) => {
            *both |= present != begun && *present != typed;
            typed
        }
    }
}

impl Raw {
    /// The document's file without what people wrap around paths.
    pub fn file(&self) -> &str {
        self.path.trim().trim_matches('"').trim()
    }

    /// Field by field: everything that is wrong, or the form.
    pub fn read(
        &self,
        keeps_file: bool,
        today: Date,
        holidays: &[Date],
    ) -> Result<Form, Vec<Complaint>> {
        let mut complaints = Vec::new();
        let metadata = self.metadata();
        let due = deadline::read(&self.due, today, holidays);
        let copies = self.copies.trim();
        let number = copies.parse::<u32>().ok().filter(|copies| (1..=100_000).contains(copies));
        let mut need = |fine: bool, complaint| {
            if !fine {
                complaints.push(complaint);
            }
        };
        need(keeps_file || !self.file().is_empty(), Complaint::Path);
        need(self.kind.is_some(), Complaint::Type);
        need(!metadata.subject.is_empty(), Complaint::Subject);
        need(metadata.subject.chars().count() <= SUBJECT_LENGTH, Complaint::SubjectLength);
        need(!metadata.signer.full_name.is_empty(), Complaint::Signer);
        let named = !metadata.recipients.is_empty() || !metadata.other_places.is_empty();
        need(named, Complaint::Recipients);
        need(due.is_ok(), Complaint::Due);
        need(copies.is_empty() || number.is_some(), Complaint::Copies);
        match due {
            Ok(due) if complaints.is_empty() => Ok(Form {
                path: (!self.file().is_empty()).then(|| PathBuf::from(self.file())),
                attachments: self.attachments.clone(),
                metadata: Metadata { due, copies: number, ..metadata },
                why: tidy(&self.why),
            }),
            _ => Err(complaints),
        }
    }

    /// The fields as far as they are written; without term and copies, which may be wrong.
    pub fn metadata(&self) -> Metadata {
        let (type_key, type_name) = match &self.kind {
            Some(kind) => (kind.key.clone(), kind.name.clone()),
            None => (String::new(), String::new()),
        };
        let places = self.other_places.text();
        Metadata {
            type_key,
            type_name,
            subject: tidy(&self.subject.text()),
            urgency: self.urgency,
            signer: Signer {
                competence: tidy(&self.competence),
                position: tidy(&self.position),
                full_name: tidy(&self.full_name),
            },
            recipients: self.recipients.clone(),
            other_places: places.lines().map(tidy).filter(|line| !line.is_empty()).collect(),
            code: Code { number: String::new(), notation: tidy(&self.notation) },
            drafter_notation: tidy(&self.drafter),
            place: tidy(&self.place),
            circulation: tidy(&self.circulation),
            steering: self.steering,
            notes: self.notes.trim().to_owned(),
            paper_follows: self.paper,
            copies: self.copies.trim().parse().ok(),
            ..Metadata::default()
        }
    }

    /// Every text that is typed freely.
    pub fn typed(&self) -> [String; 6] {
        [
            self.subject.text(),
            self.competence.clone(),
            self.position.clone(),
            self.full_name.clone(),
            self.place.clone(),
            self.other_places.text(),
        ]
    }

    /// Converts what was typed or pasted in a legacy encoding (TCVN 6909:2001).
    pub fn convert_legacy(&mut self) {
        for content in [&mut self.subject, &mut self.other_places] {
            if let Some(text) = in_unicode(&content.text()) {
                *content = text_editor::Content::with_text(text.trim_end());
            }
        }
        let fields =
            [&mut self.competence, &mut self.position, &mut self.full_name, &mut self.place];
        for field in fields {
            if let Some(text) = in_unicode(field) {
                *field = text;
            }
        }
    }

    /// Writes known fields into the form, in the place of what stands there.
    pub fn put(&mut self, known: &Metadata) {
        self.subject = text_editor::Content::with_text(&known.subject);
        self.urgency = known.urgency;
        self.competence.clone_from(&known.signer.competence);
        self.position.clone_from(&known.signer.position);
        self.full_name.clone_from(&known.signer.full_name);
        self.recipients.clone_from(&known.recipients);
        self.notation.clone_from(&known.code.notation);
        self.drafter.clone_from(&known.drafter_notation);
        self.place.clone_from(&known.place);
        self.circulation.clone_from(&known.circulation);
        self.steering = known.steering;
        self.other_places = text_editor::Content::with_text(&known.other_places.join("\n"));
        self.notes.clone_from(&known.notes);
        self.paper = known.paper_follows;
        if let Some(copies) = known.copies {
            self.copies = copies.to_string();
        }
        if let Some(due) = known.due {
            self.due = due.strftime("%d/%m/%Y").to_string();
        }
    }

    /// Fills in what a template knows and nobody has written.
    pub fn fill(&mut self, template: &DraftTemplate) {
        let mut fields = self.metadata();
        // The only leader is proposed by name alone: the template knows more of the signer.
        let signer = &fields.signer;
        let by_name_alone = signer.competence.is_empty() && signer.position.is_empty();
        if by_name_alone && !template.fields.signer.full_name.is_empty() {
            fields.signer = Signer::default();
        }
        template.fill(&mut fields);
        self.put(&fields);
    }

    /// Whether somebody has begun to write.
    pub fn is_begun(&self) -> bool {
        !self.file().is_empty() || !self.subject.text().trim().is_empty()
    }

    pub fn saved(&self) -> Saved {
        Saved {
            path: self.path.clone(),
            attachments: self.attachments.clone(),
            kind: self.kind.as_ref().map(|kind| (kind.key.clone(), kind.name.clone())),
            due: self.due.clone(),
            copies: self.copies.clone(),
            why: self.why.clone(),
            fields: Metadata { subject: self.subject.text(), ..self.metadata() },
        }
    }

    pub fn restore(&mut self, saved: Saved) {
        self.put(&saved.fields);
        self.path = saved.path;
        self.attachments = saved.attachments;
        self.kind = saved.kind.map(|(key, name)| TypeChoice { key, name });
        self.due = saved.due;
        self.copies = saved.copies;
        self.why = saved.why;
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::agency::AgencyCode;

    pub fn raw() -> Raw {
        Raw {
            path: " \"/tmp/quyết định.pdf\" ".to_owned(),
            kind: Some(TypeChoice { key: "QĐ".to_owned(), name: "Quyết định".to_owned() }),
            subject: text_editor::Content::with_text("Về việc  thành lập\nTổ công tác"),
            full_name: "Nguyễn Văn An".to_owned(),
            recipients: vec![Recipient {
                agency: AgencyCode::new("H30.1").unwrap(),
                name: "Sở Nội vụ".to_owned(),
            }],
            ..Raw::default()
        }
    }

    fn read(raw: &Raw) -> Result<Form, Vec<Complaint>> {
        raw.read(false, date(2026, 11, 23), &[])
    }

    #[test]
    fn legacy_text_is_converted_and_the_rest_stays() {
        let mut raw = Raw {
            subject: text_editor::Content::with_text("VÒ viÖc kiÖn toµn Ban ChØ ®¹o"),
            position: "Chuû tòch Uûy ban nhaân daân".to_owned(),
            full_name: "Nguyễn Văn An".to_owned(),
            ..Raw::default()
        };
        raw.convert_legacy();
        assert_eq!(raw.subject.text().trim(), "Về việc kiện toàn Ban Chỉ đạo");
        assert_eq!(raw.position, "Chủ tịch Ủy ban nhân dân");
        assert_eq!(raw.full_name, "Nguyễn Văn An");
    }

    #[test]
    fn a_notation_that_was_there_stays() {
        let code = Code { number: String::new(), notation: "UBND-VHXH".to_owned() };
        let known = Metadata { code: code.clone(), ..Metadata::default() };
        let mut raw = raw();
        raw.put(&known);
        assert_eq!(raw.metadata().code, code);
    }

    #[test]
    fn what_was_typed_becomes_a_form() {
        let form = read(&raw()).unwrap();
        assert_eq!(form.path, Some(PathBuf::from("/tmp/quyết định.pdf")));
        assert_eq!(form.metadata.subject, "Về việc thành lập Tổ công tác");
        assert_eq!(form.metadata.type_key, "QĐ");
        let more = Raw { due: "01/12/2026".to_owned(), copies: " 12 ".to_owned(), ..raw() };
        let more = read(&more).unwrap().metadata;
        assert_eq!((more.due, more.copies), (Some(date(2026, 12, 1)), Some(12)));
    }

    #[test]
    fn every_gap_is_named() {
        let all = read(&Raw::default()).unwrap_err();
        assert_eq!(
            all,
            [
                Complaint::Path,
                Complaint::Type,
                Complaint::Subject,
                Complaint::Signer,
                Complaint::Recipients
            ]
        );
        let long = Raw {
            subject: text_editor::Content::with_text(&"ă".repeat(SUBJECT_LENGTH + 1)),
            ..raw()
        };
        assert_eq!(read(&long).unwrap_err(), [Complaint::SubjectLength]);
        let odd = Raw { due: "mai".to_owned(), copies: "vài".to_owned(), ..raw() };
        assert_eq!(read(&odd).unwrap_err(), [Complaint::Due, Complaint::Copies]);
        // Paper alone will do, and a changed draft keeps its file.
        let paper = Raw {
            recipients: Vec::new(),
            other_places: text_editor::Content::with_text("Ông Nguyễn Văn B\n\nLưu: VT"),
            path: String::new(),
            ..raw()
        };
        let form = paper.read(true, date(2026, 11, 23), &[]).unwrap();
        assert_eq!(form.metadata.other_places, ["Ông Nguyễn Văn B", "Lưu: VT"]);
        assert_eq!(form.path, None);
    }

    #[test]
    fn a_form_is_the_same_after_the_program_has_ended() {
        let typed = Raw {
            attachments: vec![PathBuf::from("a.xlsx")],
            due: "nửa chừng".to_owned(),
            notes: "Ghi chú".to_owned(),
            steering: Steering::Report,
            ..raw()
        };
        let kept = serde_json::to_string(&typed.saved()).unwrap();
        let mut back = Raw::default();
        back.restore(serde_json::from_str(&kept).unwrap());
        assert_eq!(back.saved(), typed.saved());
        assert!(back.is_begun() && !Raw::default().is_begun());
    }

    #[test]
    fn what_was_typed_is_carried_over_field_by_field() {
        let begun = raw().saved();
        let mut typed = raw();
        typed.position = "Chủ tịch".to_owned();
        typed.path = "khác.pdf".to_owned();
        let theirs = Raw {
            full_name: "Trần Văn B".to_owned(),
            steering: Steering::Report,
            recipients: Vec::new(),
            ..raw()
        };
        let (merged, both) = typed.saved().onto(&begun, &theirs.saved());
        let mut back = Raw::default();
        back.restore(merged);
        let fields = (back.position.as_str(), back.full_name.as_str(), back.file());
        assert_eq!(fields, ("Chủ tịch", "Trần Văn B", "khác.pdf"));
        assert_eq!((back.steering, back.recipients.len(), both), (Steering::Report, 0, false));

        // Both have touched the signer: the one who types sees it and decides.
        typed.full_name = "Lê Thị C".to_owned();
        let (merged, both) = typed.saved().onto(&begun, &theirs.saved());
        back.restore(merged);
        assert_eq!((back.full_name.as_str(), both), ("Lê Thị C", true));

        // A field is cleared here, and nothing there.
        typed = raw();
        typed.subject = text_editor::Content::new();
        typed.full_name = theirs.full_name.clone();
        let (merged, both) = typed.saved().onto(&begun, &theirs.saved());
        back.restore(merged);
        assert_eq!((back.subject.text().trim(), both), ("", false));
    }

    #[test]
    fn a_template_knows_more_of_the_only_leader() {
        let known = Raw { competence: "TM. UBND".to_owned(), ..raw() }.metadata();
        let template = DraftTemplate::of(&known);
        let mut fresh = Raw { full_name: "Trần Văn B".to_owned(), ..Raw::default() };
        fresh.fill(&template);
        assert_eq!(
            (fresh.competence.as_str(), fresh.full_name.as_str()),
            ("TM. UBND", "Nguyễn Văn An")
        );
        let mut written = Raw {
            full_name: "Trần Văn B".to_owned(),
            position: "Phó Chủ tịch".to_owned(),
            ..Raw::default()
        };
        written.fill(&template);
        assert_eq!(written.full_name, "Trần Văn B");
    }
}
