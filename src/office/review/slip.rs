//! The submission slip (phiếu trình) as a PDF file to print or to keep.
//!
//! What was drafted, by whom, and what everybody decided on it: the drafter, the leader who
//! answers for the content, the format checker who answers for the layout, the signer (Quyết
//! định 01/2019/QĐ-UBND Điều 13; Nghị định 30/2020/NĐ-CP Điều 10). Taken from the record of
//! decisions, which nobody can write afterwards.

use crate::domain::document::DocumentKey;
use crate::domain::opinion::{Decision, GivenOpinion, KeptComment, Version};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::i18n::Lang;
use crate::office::Office;
use crate::office::form::{BODY, Form, SMALL, line, moment, paragraph};
use crate::pdf::PdfError;
use crate::pdf::compose::{Align, Block, Run, Style};

impl Office {
    /// The slip of a draft, or of the document that it has become, in `lang`.
    pub fn submission_slip(&self, key: DocumentKey, lang: Lang) -> Result<Vec<u8>, Problem> {
        self.actor(Act::ViewQueues)?;
        let slip = Slip {
            form: Form { lang, agency: &self.session().agency.name },
            office: self,
            document: &self.outbound_document(key)?,
            opinions: self.opinions(key)?,
            comments: self.comments(key)?,
            versions: self.versions(key)?,
        };
        Ok(slip.composed()?)
    }
}

struct Slip<'a> {
    form: Form<'a>,
    office: &'a Office,
    document: &'a OutboundDocument,
    opinions: Vec<GivenOpinion>,
    comments: Vec<KeptComment>,
    versions: Vec<Version>,
}

impl Slip<'_> {
    fn composed(&self) -> Result<Vec<u8>, PdfError> {
        let mut blocks = self.facts();
        blocks.push(self.form.heading("submission-opinions"));
        blocks.push(self.decisions());
        if !self.comments.is_empty() {
            blocks.push(self.form.heading("submission-comments"));
            blocks.extend(self.remarks());
        }
        blocks.push(self.form.heading("submission-versions"));
        blocks.extend(self.versions.iter().map(|version| {
            let why = match version.why.is_empty() {
                true => String::new(),
                false => format!(" – {}", version.why),
            };
            line(format!(
                "{}. {} – {}, {}{why}",
                version.number,
                self.form.say(&format!("version-{}", version.kind.key()), &[]),
                self.office.display_name(&version.user),
                moment(version.at),
            ))
        }));
        self.form.composed(self.form.say("submission-title", &[]), blocks)
    }

    fn facts(&self) -> Vec<Block> {
        let metadata = &self.document.metadata;
        let signer = &metadata.signer;
        let signer = [&signer.competence, &signer.position, &signer.full_name];
        let signer: Vec<&str> =
            signer.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
        let code = metadata.code.to_string();
        let recipients: Vec<&str> = metadata
            .recipients
            .iter()
            .map(|one| one.name.as_str())
            .chain(metadata.other_places.iter().map(String::as_str))
            .collect();
        self.form.facts([
            ("submission-type", metadata.type_name.clone()),
            ("submission-subject", metadata.subject.clone()),
            ("submission-code", code),
            ("submission-signer", signer.join(", ")),
            ("submission-recipients", recipients.join("; ")),
            (
                "submission-drafter",
                format!(
                    "{}, {}",
                    self.office.display_name(&self.document.drafted_by),
                    moment(self.document.drafted_at)
                ),
            ),
        ])
    }

    /// Who decided what, with what they answer for.
    fn decisions(&self) -> Block {
        let cell = |run: Run, align| vec![paragraph(run, Style::sized(SMALL).align(align))];
        let title = |key| cell(Run::bold(self.form.say(key, &[])), Align::Centre);
        let mut rows = vec![vec![
            title("submission-when"),
            title("submission-who"),
            title("submission-answers-for"),
            title("submission-decision"),
        ]];
        for given in &self.opinions {
            let opinion = &given.opinion;
            let mut said = self.form.say(&format!("decision-{}", opinion.decision.key()), &[]);
            if !opinion.to.is_empty() {
                let name = self.office.display_name(&opinion.to);
                said = format!("{said} → {name}");
            }
            if !opinion.note.is_empty() {
                said = format!("{said}: {}", opinion.note);
            }
            let version =
                self.form.say("submission-version", &[("number", opinion.version.to_string())]);
            rows.push(vec![
                cell(Run::plain(moment(given.at)), Align::Left),
                cell(Run::plain(self.office.display_name(&given.user)), Align::Left),
                cell(Run::plain(self.responsibility(opinion.decision, opinion.state)), Align::Left),
                cell(Run::plain(format!("{said} ({version})")), Align::Left),
            ]);
        }
        Block::Table { widths: vec![0.17, 0.23, 0.2, 0.4], rows }
    }

    /// Điều 13: the leader answers for the content, the checker for the layout.
    fn responsibility(&self, decision: Decision, state: OutboundState) -> String {
        let key = match (decision, state) {
            (Decision::Submit, _) | (_, OutboundState::Draft) => "submission-for-draft",
            (_, OutboundState::InReview) => "submission-for-content",
            (_, OutboundState::InFormatCheck) => "submission-for-layout",
            _ => "submission-for-signing",
        };
        self.form.say(key, &[])
    }

    fn remarks(&self) -> Vec<Block> {
        let mut blocks = Vec::new();
        for (kept, number) in self.comments.iter().zip(1..) {
            let place = kept.comment.anchor.map_or(String::new(), |anchor| {
                self.form.say("submission-page", &[("page", (anchor.page + 1).to_string())])
            });
            let quoted = match kept.comment.quoted.is_empty() {
                true => String::new(),
                false => format!(" “{}”", kept.comment.quoted),
            };
            let by = self.office.display_name(&kept.user);
            let text = &kept.comment.text;
            blocks.push(line(format!("{number}. {place}{quoted} {text} ({by})")));
            for reply in &kept.replies {
                let settled = match reply.settles {
                    Some(true) => self.form.say("submission-settled", &[]),
                    Some(false) => self.form.say("submission-reopened", &[]),
                    None => String::new(),
                };
                let by = self.office.display_name(&reply.user);
                let style = Style { left_indent: 18.0, ..Style::sized(BODY).before(2.0) };
                let text = [reply.text.as_str(), settled.as_str()].join(" ");
                blocks.push(paragraph(Run::italic(format!("→ {} ({by})", text.trim())), style));
            }
        }
        blocks
    }
}
