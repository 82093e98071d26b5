//! The settlement slip (phiếu giải quyết văn bản đến) as a PDF file to print or to keep.
//!
//! Nghị định 30/2020/NĐ-CP Phụ lục IV: the opinion of the agency's leader (who leads, who
//! cooperates, until when), the opinion of the unit's leader, and the proposal of whoever
//! settles the document. What was recorded in the system is filled in; the rest stays free
//! for the hand.

use super::Office;
use super::form::{Form, SMALL, day, line, moment, paragraph};
use super::handling::Handling;
use crate::domain::calendar;
use crate::domain::document::DocumentKey;
use crate::domain::handling::{Handler, Part, Party, Unit};
use crate::domain::inbound::InboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::i18n::Lang;
use crate::pdf::PdfError;
use crate::pdf::compose::{Align, Block, Run, Style};

/// Room left for handwriting, in points.
const BY_HAND: f32 = 60.0;

impl Office {
    /// The slip of a registered document, in `lang`.
    ///
    /// Fails for a document without an arrival number, and where its fonts cannot be set.
    pub fn settlement_slip(&self, key: DocumentKey, lang: Lang) -> Result<Vec<u8>, Problem> {
        self.actor(Act::ViewQueues)?;
        let document = self.inbound_document(key)?;
        if document.registration.is_none() {
            return Err(Self::wrong_inbound_state(document.state).into());
        }
        let (handling, units) = (self.handling(key)?, self.units()?);
        let form = Form { lang, agency: &self.session().agency.name };
        let slip = Slip { form, document: &document, handling: &handling, units };
        Ok(slip.composed()?)
    }
}

struct Slip<'a> {
    form: Form<'a>,
    document: &'a InboundDocument,
    handling: &'a Handling,
    units: Vec<Unit>,
}

impl Slip<'_> {
    fn composed(&self) -> Result<Vec<u8>, PdfError> {
        let mut blocks = self.facts();
        blocks.push(self.section("slip-leader", self.opinions(false)));
        blocks.push(self.section("slip-unit", self.opinions(true)));
        blocks.push(self.section("slip-handler", self.reports()));
        self.form.composed(self.form.say("slip-title", &[]), blocks)
    }

    /// What the document is, and how it came.
    fn facts(&self) -> Vec<Block> {
        let metadata = &self.document.metadata;
        let author = metadata.issuer.as_ref().map_or(&self.document.sender_name, |one| &one.name);
        let registration = self.document.registration.as_ref();
        self.form.facts([
            ("slip-document", format!("{} {}", metadata.type_name, metadata.code)),
            ("slip-issued", metadata.issued.map(day).unwrap_or_default()),
            ("slip-author", author.clone()),
            ("slip-subject", metadata.subject.clone()),
            (
                "slip-arrival",
                registration.map_or(String::new(), |row| {
                    let number = row.arrival_number.to_string();
                    let date = day(row.arrival_date);
                    self.form.say("slip-number-and-day", &[("number", number), ("date", date)])
                }),
            ),
        ])
    }

    fn section(&self, key: &str, mut lines: Vec<Block>) -> Block {
        let mut blocks = vec![self.form.heading(key)];
        if lines.is_empty() {
            lines.push(Block::Space(BY_HAND));
        }
        blocks.append(&mut lines);
        Block::Together(blocks)
    }

    /// Every direction that was given, oldest first: by the office's clerk or leader, or by
    /// those who had the document and passed it on.
    fn opinions(&self, passed_on: bool) -> Vec<Block> {
        let mut blocks = Vec::new();
        let mut earlier: Vec<&Handler> = Vec::new();
        let mut handlers = self.handling.handlers.as_slice();
        while let Some(first) = handlers.first() {
            // Who got the document at one moment from one person got it by one deed.
            let same =
                |one: &Handler| (one.given_at, &one.given_by) == (first.given_at, &first.given_by);
            let count = handlers.iter().take_while(|one| same(one)).count();
            let (deed, rest) = handlers.split_at(count.max(1));
            handlers = rest;
            let had = earlier.iter().any(|one| {
                one.part != Part::Direct && one.party.includes(&first.given_by, &self.units)
            });
            if had == passed_on {
                blocks.extend(self.deed(first, deed));
            }
            earlier.extend(deed);
        }
        blocks
    }

    fn deed(&self, first: &Handler, deed: &[Handler]) -> Vec<Block> {
        let mut blocks = Vec::new();
        if !first.direction.is_empty() {
            blocks.push(line(first.direction.clone()));
        }
        for part in Part::ALL {
            let names: Vec<String> = deed
                .iter()
                .filter(|one| one.part == part)
                .map(|one| self.name(&one.party))
                .collect();
            if !names.is_empty() {
                let part = self.form.say(&format!("part-{}", part.key()), &[]);
                blocks.push(line(format!("– {part}: {}", names.join("; "))));
            }
        }
        if let Some(due) = first.due {
            blocks.push(line(self.form.say("slip-due", &[("date", day(due))])));
        }
        let by = format!(
            "{}, {}",
            self.name(&Party::User(first.given_by.clone())),
            moment(first.given_at)
        );
        blocks.push(paragraph(Run::italic(by), Style::sized(SMALL).align(Align::Right)));
        blocks
    }

    /// What whoever settles it wrote, and the result.
    fn reports(&self) -> Vec<Block> {
        let mut blocks: Vec<Block> = self
            .handling
            .progress
            .iter()
            .map(|entry| {
                let by = self.name(&Party::User(entry.user.clone()));
                let at = calendar::local(entry.at).strftime("%d/%m/%Y");
                let text = format!("{} ({by}, {at})", entry.progress.text);
                line(text)
            })
            .collect();
        if !self.document.reason.is_empty() {
            let result = self.form.say("slip-result", &[("result", self.document.reason.clone())]);
            blocks.push(line(result));
        }
        blocks
    }

    fn name(&self, party: &Party) -> String {
        self.handling.names.get(party).cloned().unwrap_or_else(|| party.to_string())
    }
}
