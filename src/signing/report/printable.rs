//! The report on paper: what was checked, how each step ended, and what follows.
//!
//! Thông tư 41/2017/TT-BTTTT has the result of a check kept with the document: the signer and
//! the certificate, its period, the time, whether the document is whole. One sheet for a file,
//! in the reader's language, set by [`compose`]; whatever a signer wrote into a certificate is
//! only ever text here.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::{CHECKER, Report, SignatureReport};
use crate::domain::outbound::SignatureKind;
use crate::domain::verdict::{Answer, ChangeDetail, CompletenessLine, StepResult, Verdict};
use crate::i18n::{self, Lang};
use crate::pdf::PdfError;
use crate::pdf::appearance::{BLACK, Colour, RED};
use crate::pdf::compose::{Align, Block, Composition, PageSetup, Run, Style, compose};
use crate::signing::check::Change;

const GREEN: Colour = [20, 110, 50];
const AMBER: Colour = [170, 100, 0];

const BODY: f32 = 11.0;
const SMALL: f32 = 9.5;
/// Parts of the width: name and fact.
const FACTS: [f32; 2] = [3.0, 7.0];
const STEPS: [f32; 3] = [3.0, 2.2, 4.8];
const LINES: [f32; 3] = [3.6, 1.6, 4.8];

/// Longer texts of others are cut: nobody needs them on paper.
const LONGEST: usize = 300;

/// The file that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileFacts {
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// SHA-256 of the whole file, lower-case hexadecimal.
    pub sha256: String,
}

/// Writes the report as a PDF file of A4 pages.
///
/// # Errors
/// Those of [`compose`].
pub fn printable(
    report: &Report,
    file: &FileFacts,
    completeness: &[CompletenessLine],
    lang: Lang,
) -> Result<Vec<u8>, PdfError> {
    let words = Words(lang);
    let title = words.say("report-title", &[]);
    let mut blocks = vec![
        paragraph(Run::bold(title.clone()), Style::sized(15.0).align(Align::Centre)),
        Block::Space(8.0),
    ];
    blocks.push(words.file(report, file));
    blocks.push(Block::Space(6.0));
    blocks.push(framed(words.verdict(report.verdict), ink(report.verdict)));
    let sentences = report.reasons.iter().map(|reason| words.reason(reason.code()));
    blocks
        .extend(sentences.map(|text| paragraph(Run::plain(text), Style::sized(BODY).before(3.0))));
    if report.signatures.is_empty() {
        blocks.push(paragraph(
            Run::plain(words.say("report-no-signatures", &[])),
            Style::sized(BODY).before(6.0),
        ));
    }
    for (index, signature) in report.signatures.iter().enumerate() {
        words.signature(index + 1, signature, &mut blocks);
    }
    if !completeness.is_empty() {
        words.completeness(completeness, &mut blocks);
    }
    blocks.push(Block::Rule { length: 160.0, thickness: 0.5, align: Align::Left, above: 14.0 });
    blocks.push(paragraph(
        Run::italic(words.say("report-basis", &[])),
        Style::sized(SMALL).before(4.0),
    ));
    let page = PageSetup { number_size: Some(10.0), ..PageSetup::a4(20.0, 18.0, 22.0, 18.0) };
    let language = match lang {
        Lang::Vi => "vi-VN",
        Lang::En => "en-GB",
    };
    compose(&Composition {
        title,
        author: CHECKER.to_owned(),
        language: language.to_owned(),
        page,
        blocks,
    })
}

/// Sentences of one language.
#[derive(Clone, Copy)]
struct Words(Lang);

impl Words {
    fn say(self, key: &str, facts: &[(&str, String)]) -> String {
        i18n::lookup(self.0, key, facts).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    fn verdict(self, verdict: Verdict) -> String {
        self.say(&format!("verdict-{}", verdict.key()), &[]).to_uppercase()
    }

    fn reason(self, code: &str) -> String {
        self.say(&format!("reason-{code}"), &[])
    }

    /// The facts of the file and of the check.
    fn file(self, report: &Report, file: &FileFacts) -> Block {
        let line = if report.offline { "report-offline" } else { "report-online" };
        let standard = report.indication().map(|(indication, sub)| {
            let sub = sub.map(|sub| format!(" / {}", sub.name())).unwrap_or_default();
            format!("{}{sub}", indication.name())
        });
        let rows = [
            ("report-file", file.name.clone()),
            ("report-size", self.say("report-bytes", &[("count", file.size.to_string())])),
            ("report-sha256", file.sha256.clone()),
            ("report-pages", report.pages.to_string()),
            ("report-checked-at", moment(report.checked_at)),
            ("report-checker", CHECKER.to_owned()),
            ("report-line", self.say(line, &[])),
            ("report-standard", standard.unwrap_or_default()),
        ];
        self.facts(&rows)
    }

    /// Name and fact in two columns; what is empty is left out.
    fn facts(self, rows: &[(&str, String)]) -> Block {
        let rows = rows.iter().filter(|(_, fact)| !fact.is_empty()).map(|(key, fact)| {
            // Sixty-four digits stay on one line.
            let size = if *key == "report-sha256" { SMALL } else { BODY };
            vec![cell(Run::plain(self.say(key, &[])), SMALL), cell(Run::plain(cut(fact)), size)]
        });
        Block::Table { widths: FACTS.to_vec(), rows: rows.collect() }
    }

    fn signature(self, number: usize, found: &SignatureReport, blocks: &mut Vec<Block>) {
        let kind = match (found.is_document_timestamp, found.kind) {
            (true, _) => "report-kind-timestamp",
            (false, Some(SignatureKind::Personal)) => "report-kind-personal",
            (false, Some(SignatureKind::Organisation)) => "report-kind-organisation",
            (false, None) => "report-kind-unknown",
        };
        let heading = format!("{number}. {}: {}", self.say(kind, &[]), self.verdict(found.verdict));
        let style = Style { keep_with_next: true, ..Style::sized(12.5).before(14.0) };
        blocks.push(paragraph(Run::bold(heading), style));
        blocks.push(self.facts(&self.rows(found)));
        if found.verdict == Verdict::Valid && found.changes.iter().any(Change::is_visible) {
            let warning = self.say("check-visible-changes", &[]);
            blocks.push(paragraph(Run::bold(warning), Style::sized(BODY).before(4.0)));
        }
        let mut rows = vec![self.head(&["report-step", "report-result", "report-findings"])];
        for step in found.steps() {
            let name = self.say(&format!("check-step-{}", step.step.key()), &[]);
            let result = self.say(&format!("check-result-{}", step.result.key()), &[]);
            let said: Vec<String> = step.reasons.iter().map(|code| self.reason(code)).collect();
            let bold = step.result == StepResult::Failed;
            let result = if bold { Run::bold(result) } else { Run::plain(result) };
            rows.push(vec![
                cell(Run::plain(name), SMALL),
                cell(result, SMALL),
                cell(Run::plain(said.join(" ")), SMALL),
            ]);
        }
        blocks.push(Block::Table { widths: STEPS.to_vec(), rows });
    }

    fn rows(self, found: &SignatureReport) -> Vec<(&'static str, String)> {
        let certificate = found.certificate.as_ref();
        let said = |text: Option<&String>| text.cloned().unwrap_or_default();
        let time = match (found.signing_time, found.time_stamped) {
            (Some(at), true) => self.say("report-time-stamped", &[("time", moment(at))]),
            (Some(at), false) => self.say("report-time-claimed", &[("time", moment(at))]),
            (None, _) => self.say("report-time-unknown", &[]),
        };
        let root = found.root.as_ref().map(|root| match found.known_root() {
            Some(name) => self.say("report-root-known", &[("name", name)]),
            None => root.subject().label(),
        });
        let validity = certificate.map(|certificate| {
            format!("{} – {}", moment(certificate.not_before()), moment(certificate.not_after()))
        });
        let source = found
            .revocation
            .map(|source| self.say(&format!("check-revocation-{}", source.key()), &[]));
        let algorithms = found.digest.zip(certificate).map(|(digest, certificate)| {
            format!("{}, {}", certificate.key_kind(), digest.name().to_uppercase())
        });
        let act = found.act.map(|act| self.say(&format!("check-act-{}", act.key()), &[]));
        vec![
            ("report-signer", found.signer().to_owned()),
            ("report-position", said(certificate.and_then(|one| one.subject().title.as_ref()))),
            ("report-organisation", found.organisation().to_owned()),
            ("report-issuer", found.issuer().to_owned()),
            ("report-serial", found.serial()),
            ("report-validity", validity.unwrap_or_default()),
            ("report-root", root.unwrap_or_default()),
            ("report-time", time),
            ("report-act", act.unwrap_or_default()),
            ("report-stated-reason", said(found.stated_reason.as_ref())),
            ("report-level", found.level_name().replace("none", "")),
            ("report-algorithms", algorithms.unwrap_or_default()),
            ("report-revocation", source.unwrap_or_default()),
            ("report-changes", self.changes(found)),
        ]
    }

    fn changes(self, found: &SignatureReport) -> String {
        if found.changes.is_empty() {
            return self.say("report-unchanged", &[]);
        }
        let mut said: Vec<String> = Vec::new();
        for detail in found.change_details() {
            let sentence = change(&detail, self.0);
            if !said.contains(&sentence) {
                said.push(sentence);
            }
        }
        let permitted = found.changes.iter().all(Change::is_permitted);
        let key = if permitted { "report-changes-permitted" } else { "report-changes-forbidden" };
        self.say(key, &[("changes", said.join("; "))])
    }

    fn completeness(self, lines: &[CompletenessLine], blocks: &mut Vec<Block>) {
        let style = Style { keep_with_next: true, ..Style::sized(12.5).before(14.0) };
        blocks.push(paragraph(Run::bold(self.say("report-completeness", &[])), style));
        let mut rows = vec![self.head(&["report-question", "report-result", "report-findings"])];
        for line in lines {
            let question = self.say(&format!("check-complete-{}", line.code), &[]);
            let answer = self.say(&format!("check-answer-{}", line.result.key()), &[]);
            let answer =
                if line.result == Answer::No { Run::bold(answer) } else { Run::plain(answer) };
            rows.push(vec![
                vec![
                    paragraph(Run::plain(question), Style::sized(SMALL)),
                    paragraph(Run::italic(line.article.clone()), Style::sized(8.0)),
                ],
                cell(answer, SMALL),
                cell(Run::plain(finding(line, self.0)), SMALL),
            ]);
        }
        blocks.push(Block::Table { widths: LINES.to_vec(), rows });
    }

    fn head(self, keys: &[&str]) -> Vec<Vec<Block>> {
        keys.iter().map(|key| cell(Run::bold(self.say(key, &[])), SMALL)).collect()
    }
}

/// A change since a signature, with its field, text or page.
pub fn change(detail: &ChangeDetail, lang: Lang) -> String {
    let words = Words(lang);
    let mut facts = vec![("change", words.say(&format!("check-change-{}", detail.code), &[]))];
    let key = match (detail.page, detail.field.as_str(), detail.text.as_str()) {
        (Some(page), _, "") => {
            facts.push(("page", page.to_string()));
            "check-change-on-page"
        }
        (Some(page), _, text) => {
            facts.extend([("page", page.to_string()), ("text", cut(text))]);
            "check-change-of-kind-on-page"
        }
        (None, "", "") => return facts.remove(0).1,
        (None, "", text) => {
            facts.push(("text", cut(text)));
            "check-change-of-kind"
        }
        (None, field, "") => {
            facts.push(("field", cut(field)));
            "check-change-in-field"
        }
        (None, field, text) => {
            facts.extend([("field", cut(field)), ("text", cut(text))]);
            "check-change-in-field-to"
        }
    };
    words.say(key, &facts)
}

/// What was found about a question of completeness, as a sentence.
pub fn finding(line: &CompletenessLine, lang: Lang) -> String {
    let words = Words(lang);
    let named = |key: &str| match key {
        "" => "–".to_owned(),
        name => cut(name),
    };
    let found = match line.code.as_str() {
        "acts" => {
            let keys = line.found.split(", ").filter(|key| !key.is_empty());
            let said = keys.map(|key| words.say(&format!("check-act-{key}"), &[]));
            said.collect::<Vec<_>>().join(", ")
        }
        _ => line.found.clone(),
    };
    let facts = [("found", named(&found)), ("expected", named(&line.expected))];
    words.say(&format!("check-found-{}", line.detail), &facts)
}

fn paragraph(run: Run, style: Style) -> Block {
    Block::Paragraph { runs: vec![run], style }
}

fn cell(run: Run, size: f32) -> Vec<Block> {
    vec![paragraph(run, Style::sized(size))]
}

fn framed(text: String, colour: Colour) -> Block {
    let run = Run::bold(text);
    Block::Framed { run, size: 14.0, width: 260.0, height: 30.0, colour, align: Align::Centre }
}

const fn ink(verdict: Verdict) -> Colour {
    match verdict {
        Verdict::Valid => GREEN,
        Verdict::Indeterminate => AMBER,
        Verdict::Invalid => RED,
        Verdict::Unsigned => BLACK,
    }
}

/// Day and time in Việt Nam.
fn moment(at: Timestamp) -> String {
    let zone = TimeZone::fixed(Offset::constant(7));
    at.to_zoned(zone).strftime("%d/%m/%Y %H:%M:%S (%:z)").to_string()
}

/// Texts of others on one line, and not too long.
fn cut(text: &str) -> String {
    let tidy = crate::domain::text::tidy(&text.replace(char::is_control, " "));
    if tidy.chars().count() <= LONGEST {
        return tidy;
    }
    let mut short: String = tidy.chars().take(LONGEST).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::act::SigningAct;
    use crate::domain::verdict::StepName;
    use crate::signing::check::{Expectation, FirstPage, completeness};
    use crate::signing::report::RevocationSource;

    fn known(key: &str) {
        for lang in Lang::ALL {
            assert!(i18n::lookup(lang, key, &[]).is_some(), "{key} in {}", lang.tag());
        }
    }

    #[test]
    fn everything_that_can_be_said_has_words() {
        for step in StepName::ALL {
            known(&format!("check-step-{}", step.key()));
        }
        for result in ["passed", "failed", "unknown", "skipped", "absent"] {
            known(&format!("check-result-{result}"));
        }
        for act in SigningAct::ALL {
            known(&format!("check-act-{}", act.key()));
        }
        for source in
            [RevocationSource::Document, RevocationSource::Kept, RevocationSource::Network]
        {
            known(&format!("check-revocation-{}", source.key()));
        }
        let empty = Report {
            verdict: Verdict::Unsigned,
            reasons: Vec::new(),
            pages: 1,
            signatures: Vec::new(),
            left_open: Vec::new(),
            checked_at: Timestamp::UNIX_EPOCH,
            offline: true,
        };
        for line in completeness(&empty, &Expectation::default(), &FirstPage::Unread) {
            known(&format!("check-complete-{}", line.code));
            known(&format!("check-found-{}", line.detail));
            known(&format!("check-answer-{}", line.result.key()));
        }
        for detail in ["before-signature", "with-seal", "still-open", "changed-otherwise"] {
            known(&format!("check-found-{detail}"));
        }
        let of_page = ["on-page-otherwise", "on-page-partly", "not-on-page", "page-without-text"];
        for detail in of_page.into_iter().chain(["page-unread", "not-compared"]) {
            known(&format!("check-found-{detail}"));
        }
    }

    #[test]
    fn texts_of_others_are_cut_and_tamed() {
        assert_eq!(cut("a\nb\u{7}c"), "a b c");
        assert_eq!(cut(&"ê".repeat(1000)).chars().count(), LONGEST + 1);
    }
}
