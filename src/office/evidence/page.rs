//! The evidence as a PDF file to print or to keep.
//!
//! First a line for each recipient, then everything that there is for each packet: what the
//! server signed, its signature and its key stand there in full, so that whoever holds the page
//! can check it without this program.

use jiff::civil::Date;

use super::{
    Acceptance, Asked, Carries, Evidence, ParcelEvidence, ParcelState, Proof, RecipientEvidence,
};
use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::delivery::StatusEntry;
use crate::domain::letter::PaperState;
use crate::domain::problem::Problem;
use crate::exchange::Outcome;
use crate::i18n::Lang;
use crate::office::Office;
use crate::office::form::{BODY, Form, SMALL, day, line, moment, paragraph, second};
use crate::pdf::PdfError;
use crate::pdf::compose::{Align, Block, Run, Style};

/// Hexadecimal digits on a line.
const DIGITS: usize = 64;
/// A raw Ed25519 key becomes one that OpenSSL reads by these bytes before it (RFC 8410).
const KEY_HEAD: &str = "302a300506032b6570032100";

impl Office {
    /// The evidence in `lang`. Fails where its fonts cannot be set.
    pub fn print_evidence(&self, evidence: &Evidence, lang: Lang) -> Result<Vec<u8>, Problem> {
        let form = Form { lang, agency: &self.session().agency.name };
        Ok(Page { form, office: self, evidence }.composed()?)
    }
}

struct Page<'a> {
    form: Form<'a>,
    office: &'a Office,
    evidence: &'a Evidence,
}

impl Page<'_> {
    fn composed(&self) -> Result<Vec<u8>, PdfError> {
        let mut blocks = self.facts();
        // A document may have gone on paper alone.
        if !self.evidence.recipients.is_empty() {
            blocks.push(self.overview());
        }
        for (number, recipient) in (1..).zip(&self.evidence.recipients) {
            blocks.extend(self.recipient(number, recipient));
        }
        blocks.push(self.form.heading("evidence-steps"));
        blocks.extend(self.steps());
        if !self.evidence.letters.is_empty() {
            blocks.push(self.form.heading("evidence-letters"));
            blocks.extend(self.letters());
        }
        if self.evidence.accepted().any(|(_, one)| one.proof.is_some()) {
            blocks.push(self.how_to_check());
        }
        self.form.composed(self.say("evidence-title"), blocks)
    }

    fn say(&self, key: &str) -> String {
        self.form.say(key, &[])
    }

    fn facts(&self) -> Vec<Block> {
        let document = &self.evidence.document;
        let metadata = &document.metadata;
        let id = metadata.document_id.as_ref().map(ToString::to_string);
        let agency = &self.office.session().agency;
        let mut blocks = self.form.facts([
            ("evidence-document", format!("{} {}", metadata.type_name, metadata.code)),
            ("evidence-date", metadata.issued.map(day).unwrap_or_default()),
            ("evidence-subject", metadata.subject.clone()),
            ("evidence-document-id", id.unwrap_or_default()),
            ("evidence-sender", format!("{} ({})", agency.name, agency.code)),
            ("evidence-issued", document.issued_at.map(second).unwrap_or_default()),
        ]);
        let asked = match &self.evidence.asked {
            Asked::Not => self.say("evidence-not-asked"),
            Asked::At(at) => self.form.say("evidence-asked", &[("time", second(*at))]),
            Asked::Failed(problem) => {
                let why = self.form.say(problem.code, &problem.args);
                self.form.say("evidence-asked-in-vain", &[("why", why)])
            }
        };
        blocks.push(line(format!("{} {asked}", self.say("evidence-source"))));
        blocks
    }

    /// A row for each recipient.
    fn overview(&self) -> Block {
        let title = |key| cell(Run::bold(self.say(key)), Align::Centre);
        let mut rows = vec![vec![
            title("evidence-recipient"),
            title("evidence-accepted"),
            title("evidence-fetched"),
            title("evidence-stage"),
            title("evidence-receipt"),
        ]];
        for recipient in &self.evidence.recipients {
            // The document itself; what it is asked or told later is said below.
            let sent = recipient.parcels.iter().rev().find_map(|parcel| match &parcel.state {
                ParcelState::Accepted(one) if parcel.carries == Carries::Document => Some(one),
                _ => None,
            });
            let left = |text: String| cell(Run::plain(text), Align::Left);
            let told = sent.and_then(|one| one.told.as_ref());
            let lapsed = told.and_then(|told| told.lapsed_at);
            let lapsed = lapsed.map(|_| self.say("evidence-lapsed-short"));
            let fetched = told.and_then(|told| told.fetched_at).map(second).or(lapsed);
            let stage = self.say(&format!("stage-{}", recipient.row.stage.key()));
            let since = recipient.row.since.map(moment).unwrap_or_default();
            let receipt = sent.map(|one| self.judged(one.proof.as_ref()));
            rows.push(vec![
                left(named(recipient)),
                left(sent.map(|one| second(one.at)).unwrap_or_default()),
                left(fetched.unwrap_or_default()),
                left(format!("{stage}\n{since}")),
                cell(receipt.unwrap_or_default(), Align::Left),
            ]);
        }
        Block::Table { widths: vec![0.32, 0.17, 0.17, 0.18, 0.16], rows }
    }

    /// Whether a receipt holds, in few words.
    fn judged(&self, proof: Option<&Proof>) -> Run {
        match proof {
            Some(proof) if proof.holds => Run::plain(self.say("evidence-receipt-holds")),
            Some(_) => Run::bold(self.say("evidence-receipt-broken")),
            None => Run::plain(self.say("evidence-receipt-none")),
        }
    }

    fn recipient(&self, number: usize, recipient: &RecipientEvidence) -> Vec<Block> {
        let style = Style { keep_with_next: true, ..Style::sized(BODY).before(12.0) };
        let head = paragraph(Run::bold(format!("{number}. {}", named(recipient))), style);
        let mut blocks = vec![head];
        blocks.extend(recipient.parcels.iter().map(|parcel| self.parcel(parcel)));
        let delivery = &recipient.row.delivery;
        if !delivery.statuses.is_empty() {
            blocks.push(small(Run::bold(self.say("evidence-statuses"))));
            let said = delivery.statuses.iter().map(|status| self.status(status));
            blocks.extend(said.map(|said| small(Run::plain(said))));
        }
        if let Some(done) = &delivery.closed {
            let said = self.form.say("evidence-closed", &[("done", done.clone())]);
            blocks.push(small(Run::plain(said)));
        }
        blocks
    }

    fn status(&self, status: &StatusEntry) -> String {
        let code = status.code.digits();
        let name = self.say(&format!("status-{code}"));
        let said = match status.description.is_empty() {
            true => String::new(),
            false => format!(": {}", status.description),
        };
        format!("– {}, {code} {name}{said}", second(status.at))
    }

    fn parcel(&self, parcel: &ParcelEvidence) -> Block {
        let carries = self.say(&format!("evidence-carries-{}", parcel.carries.key()));
        let mut rows = vec![
            self.row("evidence-carries", carries),
            self.row("evidence-packet", parcel.packet.to_string()),
            self.row("evidence-queued", second(parcel.queued_at)),
        ];
        let state = format!("evidence-state-{}", parcel.state.key());
        match &parcel.state {
            ParcelState::Accepted(acceptance) => rows.extend(self.acceptance(acceptance)),
            ParcelState::Wedged { code, detail } => {
                let why = if detail.is_empty() { self.say(code) } else { detail.clone() };
                rows.push(self.row("evidence-stage", format!("{}: {why}", self.say(&state))));
            }
            ParcelState::Waiting | ParcelState::Withdrawn => {
                rows.push(self.row("evidence-stage", self.say(&state)));
            }
        }
        Block::Together(vec![Block::Table { widths: vec![0.27, 0.73], rows }])
    }

    fn acceptance(&self, acceptance: &Acceptance) -> Vec<Vec<Vec<Block>>> {
        let mut rows = vec![
            self.row("evidence-accepted", second(acceptance.at)),
            self.row("evidence-server-id", acceptance.server_id.clone()),
        ];
        match &acceptance.proof {
            Some(proof) => {
                let key = match proof.key.is_empty() {
                    true => self.say("evidence-no-key"),
                    false => proof.key.clone(),
                };
                let judged = match proof.holds {
                    true => Run::plain(self.say("evidence-holds")),
                    false => Run::bold(self.say("evidence-broken")),
                };
                rows.push(self.row_of("evidence-receipt", judged));
                rows.push(self.row("evidence-text", proof.text.clone()));
                rows.push(self.row("evidence-signature", lines(&proof.signature)));
                rows.push(self.row("evidence-key", key));
            }
            None => rows.push(self.row("evidence-receipt", self.say("evidence-no-receipt"))),
        }
        if let Some(told) = &acceptance.told {
            let fetched = told.fetched_at.map(second);
            let fetched = fetched.unwrap_or_else(|| self.say("evidence-not-fetched"));
            rows.push(self.row("evidence-fetched", fetched));
            if let Some(lapsed) = told.lapsed_at {
                let said = format!("{}: {}", second(lapsed), self.say("evidence-lapsed-means"));
                rows.push(self.row_of("evidence-lapsed", Run::bold(said)));
            }
            if let (Some(outcome), Some(at)) = (told.outcome, told.confirmed_at) {
                let outcome = match outcome {
                    Outcome::Kept => self.say("evidence-kept"),
                    Outcome::Refused => self.say("evidence-refused"),
                };
                rows.push(self.row("evidence-confirmed", format!("{outcome}, {}", second(at))));
            }
        }
        rows
    }

    fn row(&self, key: &str, value: String) -> Vec<Vec<Block>> {
        self.row_of(key, Run::plain(value))
    }

    fn row_of(&self, key: &str, value: Run) -> Vec<Vec<Block>> {
        vec![cell(Run::plain(self.say(key)), Align::Left), cell(value, Align::Left)]
    }

    fn steps(&self) -> Vec<Block> {
        let steps = self.evidence.steps.iter().map(|step| {
            let on = calendar::local(step.at).date();
            let facts = [
                ("names", self.names(&step.to, on)),
                ("without", self.names(&step.without, on)),
                ("reason", step.reason.clone()),
            ];
            let said = self.form.say(&format!("evidence-step-{}", step.kind.key()), &facts);
            let by = self.office.display_name(&step.user);
            small(Run::plain(format!("– {}, {by}: {said}", second(step.at))))
        });
        steps.collect()
    }

    /// Agencies as they were called on the day of a step.
    fn names(&self, codes: &[AgencyCode], on: Date) -> String {
        let names: Vec<String> =
            codes.iter().map(|code| self.office.agency_name(code, on)).collect();
        if names.is_empty() { "–".to_owned() } else { names.join("; ") }
    }

    fn letters(&self) -> Vec<Block> {
        let letters = self.evidence.letters.iter().map(|(letter, state)| {
            let said = match state {
                PaperState::Owed => self.say("paper-state-owed"),
                PaperState::Sent(sending) => {
                    let way = self.say(&format!("paper-way-{}", sending.way.key()));
                    let parts =
                        [way, day(sending.on), sending.by.clone(), sending.reference.clone()];
                    let parts: Vec<String> =
                        parts.into_iter().filter(|part| !part.is_empty()).collect();
                    format!("{}, {}", self.say("paper-state-sent"), parts.join(", "))
                }
                PaperState::Dropped { reason } => {
                    format!("{}: {reason}", self.say("paper-state-dropped"))
                }
            };
            small(Run::plain(format!("– {}: {said}", letter.place)))
        });
        letters.collect()
    }

    /// How anybody checks a receipt with common tools.
    fn how_to_check(&self) -> Block {
        let commands = format!(
            "printf {KEY_HEAD}KEY | xxd -r -p > key\n\
             printf SIGNATURE | xxd -r -p > signature\n\
             openssl pkeyutl -verify -pubin -keyform DER -inkey key -rawin -in text -sigfile signature"
        );
        Block::Together(vec![
            self.form.heading("evidence-check"),
            small(Run::plain(self.say("evidence-check-how"))),
            small(Run::plain(commands)),
        ])
    }
}

fn named(recipient: &RecipientEvidence) -> String {
    let delivery = &recipient.row.delivery;
    match delivery.name.is_empty() {
        true => delivery.recipient.to_string(),
        false => format!("{} ({})", delivery.name, delivery.recipient),
    }
}

fn cell(run: Run, align: Align) -> Vec<Block> {
    vec![paragraph(run, Style::sized(SMALL).align(align))]
}

fn small(run: Run) -> Block {
    paragraph(run, Style::sized(SMALL).before(3.0))
}

/// Hexadecimal digits on lines of one length.
fn lines(hex: &str) -> String {
    let digits: Vec<char> = hex.chars().collect();
    let lines: Vec<String> = digits.chunks(DIGITS).map(|line| line.iter().collect()).collect();
    lines.join("\n")
}
