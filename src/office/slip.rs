//! The settlement slip (phiếu giải quyết văn bản đến) as a PDF file to print or to keep.
//!
//! Nghị định 30/2020/NĐ-CP Phụ lục IV: the opinion of the agency's leader (who leads, who
//! cooperates, until when), the opinion of the unit's leader, and the proposal of whoever
//! settles the document. What was recorded in the system is filled in; the rest stays free
//! for the hand.

use jiff::civil::Date;

use super::Office;
use super::handling::Handling;
use crate::domain::calendar;
use crate::domain::document::DocumentKey;
use crate::domain::handling::{Handler, Part, Party, Unit};
use crate::domain::inbound::InboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::i18n::{self, Lang};
use crate::pdf::compose::{Align, Block, Column, Composition, PageSetup, Run, Style, compose};

const BODY: f32 = 12.0;
const SMALL: f32 = 10.0;
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
        let slip = Slip { lang, office: self, document: &document, handling: &handling, units };
        Ok(slip.composed()?)
    }
}

struct Slip<'a> {
    lang: Lang,
    office: &'a Office,
    document: &'a InboundDocument,
    handling: &'a Handling,
    units: Vec<Unit>,
}

impl Slip<'_> {
    fn composed(&self) -> Result<Vec<u8>, crate::pdf::PdfError> {
        let title = self.say("slip-title", &[]);
        let agency = &self.office.session().agency;
        let page = PageSetup { number_size: None, ..PageSetup::a4(20.0, 20.0, 30.0, 15.0) };
        let half = page.measure() / 2.0;
        let centred = |run| paragraph(run, Style::sized(BODY).align(Align::Centre));
        let head = Block::Columns(vec![
            Column {
                width: half * 0.85,
                blocks: vec![centred(Run::bold(agency.name.to_uppercase()))],
            },
            Column {
                width: half * 1.15,
                blocks: vec![
                    centred(Run::bold("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")),
                    centred(Run::bold("Độc lập - Tự do - Hạnh phúc")),
                ],
            },
        ]);
        let mut blocks = vec![
            head,
            Block::Space(18.0),
            paragraph(Run::bold(title.to_uppercase()), Style::sized(14.0).align(Align::Centre)),
            Block::Space(10.0),
        ];
        blocks.extend(self.facts());
        blocks.push(self.section("slip-leader", self.opinions(false)));
        blocks.push(self.section("slip-unit", self.opinions(true)));
        blocks.push(self.section("slip-handler", self.reports()));
        compose(&Composition {
            title,
            author: agency.name.clone(),
            language: if self.lang == Lang::Vi { "vi-VN" } else { "en-GB" }.to_owned(),
            page,
            blocks,
        })
    }

    fn say(&self, key: &str, facts: &[(&str, String)]) -> String {
        i18n::lookup(self.lang, key, facts).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// What the document is, and how it came.
    fn facts(&self) -> Vec<Block> {
        let metadata = &self.document.metadata;
        let author = metadata.issuer.as_ref().map_or(&self.document.sender_name, |one| &one.name);
        let registration = self.document.registration.as_ref();
        let rows = [
            ("slip-document", format!("{} {}", metadata.type_name, metadata.code)),
            ("slip-issued", metadata.issued.map(day).unwrap_or_default()),
            ("slip-author", author.clone()),
            ("slip-subject", metadata.subject.clone()),
            (
                "slip-arrival",
                registration.map_or(String::new(), |row| {
                    let number = row.arrival_number.to_string();
                    let date = day(row.arrival_date);
                    self.say("slip-number-and-day", &[("number", number), ("date", date)])
                }),
            ),
        ];
        rows.into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(key, value)| Block::Paragraph {
                runs: vec![Run::bold(format!("{} ", self.say(key, &[]))), Run::plain(value)],
                style: Style::sized(BODY).before(3.0),
            })
            .collect()
    }

    fn section(&self, key: &str, mut lines: Vec<Block>) -> Block {
        let style = Style { keep_with_next: true, ..Style::sized(BODY).before(12.0) };
        let mut blocks = vec![paragraph(Run::bold(self.say(key, &[])), style)];
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
        let line = |text: String| paragraph(Run::plain(text), Style::sized(BODY).before(3.0));
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
                let part = self.say(&format!("part-{}", part.key()), &[]);
                blocks.push(line(format!("– {part}: {}", names.join("; "))));
            }
        }
        if let Some(due) = first.due {
            blocks.push(line(self.say("slip-due", &[("date", day(due))])));
        }
        let by = format!(
            "{}, {}",
            self.name(&Party::User(first.given_by.clone())),
            calendar::local(first.given_at).strftime("%d/%m/%Y %H:%M")
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
                paragraph(Run::plain(text), Style::sized(BODY).before(3.0))
            })
            .collect();
        if !self.document.reason.is_empty() {
            let result = self.say("slip-result", &[("result", self.document.reason.clone())]);
            blocks.push(paragraph(Run::plain(result), Style::sized(BODY).before(3.0)));
        }
        blocks
    }

    fn name(&self, party: &Party) -> String {
        self.handling.names.get(party).cloned().unwrap_or_else(|| party.to_string())
    }
}

fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

fn paragraph(run: Run, style: Style) -> Block {
    Block::Paragraph { runs: vec![run], style }
}
