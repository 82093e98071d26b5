//! What was found at the gate before acceptance, as the verification tab shows it: each check
//! with its result in words, its facts and its article.

use iced::widget::{column, container, row};
use iced::{Center, Fill};

use super::reader::{Fetch, Message};
use crate::desk::document::local_time;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::{badge, banner};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::gate::{
    Check, CheckName, CountedFile, Gate, Judgement, LegalFinding, Outcome, Way,
};
use crate::domain::report::{ErrorReport, ReportTo};
use crate::domain::verdict::LegalValue;
use crate::office::gate::{GateView, check_name, evidence, fact, outcome};
use crate::t;

/// Above the signatures. `may`: whether the person here works at the gate; `open`: whether
/// the document still stands at it; `looking`: whether it is being looked at again.
pub fn panel(
    view: &Fetch<Option<GateView>>,
    may: bool,
    open: bool,
    looking: bool,
) -> Vec<Element<'_, Message>> {
    match view {
        Fetch::Waiting => vec![text(t!("desk-loading")).size(size::BODY).into()],
        Fetch::Failed(problem) => vec![told(problem)],
        Fetch::Here(None) => Vec::new(),
        Fetch::Here(Some(view)) => {
            let mut parts = Vec::new();
            match &view.gate {
                Some(gate) => {
                    parts.extend(open.then(|| way(&view.way)));
                    parts.extend(may.then(|| buttons(looking)));
                    parts.push(checks(gate, &view.judgements, may && open));
                    parts.push(legal(&gate.legal));
                }
                None => {
                    parts.push(text(t!("desk-gate-never")).size(size::BODY).into());
                    parts.extend(may.then(|| buttons(looking)));
                }
            }
            if !view.reports.is_empty() {
                parts.push(reports(&view.reports));
            }
            parts
        }
    }
}

fn way<'a>(way: &Way) -> Element<'a, Message> {
    let named = |checks: &[CheckName]| {
        let names: Vec<String> = checks.iter().map(|check| check_name(*check)).collect();
        names.join("; ")
    };
    match way {
        Way::Open => banner(Icon::CheckCircle, t!("desk-gate-open"), None, Tone::Good),
        Way::WithReason(checks) => {
            let why = named(checks);
            banner(Icon::Warning, t!("desk-gate-with-reason"), Some(why), Tone::Warn)
        }
        Way::Closed(checks) => {
            banner(Icon::Ban, t!("desk-gate-closed"), Some(named(checks)), Tone::Bad)
        }
    }
}

fn look(outcome: &Outcome) -> (Icon, Tone) {
    match outcome {
        Outcome::Passed => (Icon::CheckCircle, Tone::Good),
        Outcome::Warned => (Icon::Info, Tone::Warn),
        Outcome::Failed => (Icon::CrossCircle, Tone::Bad),
        Outcome::NotDone { owed: true, .. } => (Icon::Warning, Tone::Bad),
        Outcome::NotDone { owed: false, .. } => (Icon::Help, Tone::Neutral),
    }
}

fn checks<'a>(gate: &'a Gate, judged: &'a [Judgement], may: bool) -> Element<'a, Message> {
    let mut parts: Vec<Element<'_, Message>> = vec![
        row![
            text(t!("gate-title")).font(BOLD).size(size::BODY).width(Fill),
            text(local_time(gate.checked_at)).size(size::CAPTION).color(theme::INK_SOFT)
        ]
        .align_y(Center)
        .into(),
    ];
    parts.extend(gate.checks.iter().map(|check| {
        let files: &[CountedFile] = match check.name {
            CheckName::Attachments => &gate.files,
            _ => &[],
        };
        line(check, files, judged, may)
    }));
    container(column(parts).spacing(space::S))
        .padding(space::M)
        .width(Fill)
        .style(theme::framed)
        .into()
}

fn line<'a>(
    check: &'a Check,
    files: &'a [CountedFile],
    judged: &'a [Judgement],
    may: bool,
) -> Element<'a, Message> {
    let (icon, tone) = look(&check.outcome);
    let head = row![
        tinted(icon, tone.ink()),
        text(check_name(check.name)).size(size::BODY).width(Fill),
        text(outcome(&check.outcome)).size(size::CAPTION).color(tone.ink())
    ]
    .spacing(space::S)
    .align_y(Center);
    let facts = check.facts.iter().map(|one| text(fact(one)).size(size::CAPTION).into());
    let mine = judged.iter().find(|one| one.check == check.name);
    let judged = mine.map(|one| {
        let words = t!("desk-gate-judged", user = one.user, time = local_time(one.at));
        badge(Icon::User, words, Tone::Good)
    });
    // A tick by name where no program can say (Thông tư 01/2019/TT-BNV Điều 4).
    let to_judge = may
        && mine.is_none()
        && matches!(&check.outcome, Outcome::NotDone { why, .. } if why == "for-the-clerk");
    let judge = to_judge.then(|| {
        press(
            Some(Icon::Check),
            t!("desk-gate-judge"),
            Weight::Plain,
            Some(Message::Judge(check.name)),
        )
    });
    // The number of documents, and the pages of each, as they were counted.
    let files = files.iter().map(|file| {
        let words = match file.pages {
            Some(pages) => t!("desk-gate-file-pages", name = file.name, pages = pages),
            None => t!("desk-gate-file", name = file.name),
        };
        text(words).size(size::CAPTION).into()
    });
    // Under the words of the check, not under its symbol.
    let below = column![]
        .extend(facts)
        .extend(files)
        .push(judged)
        .push(judge)
        .push(text(&check.article).size(size::CAPTION).color(theme::INK_SOFT))
        .spacing(2.0);
    column![head, container(below).padding(iced::Padding::ZERO.left(space::XL))].spacing(2.0).into()
}

/// Quyết định 28/2018/QĐ-TTg Điều 4, with what it rests on.
fn legal(finding: &LegalFinding) -> Element<'_, Message> {
    let (icon, tone) = match finding.value {
        LegalValue::SameAsPaper => (Icon::ShieldCheck, Tone::Good),
        LegalValue::ForReference => (Icon::Info, Tone::Warn),
    };
    let through = if finding.through_system {
        t!("desk-gate-through-system")
    } else {
        t!("desk-gate-not-through-system")
    };
    let rests = finding.signatures.iter().map(|one| text(evidence(one)).size(size::CAPTION).into());
    container(
        column![
            row![
                tinted(icon, tone.ink()),
                text(words::legal_value(finding.value)).font(BOLD).size(size::BODY).width(Fill)
            ]
            .spacing(space::S)
            .align_y(Center),
            text(through).size(size::CAPTION)
        ]
        .extend(rests)
        .push(
            text(t!(
                "desk-gate-legal-article",
                time = local_time(finding.judged_at),
                checker = finding.checker
            ))
            .size(size::CAPTION)
            .color(theme::INK_SOFT),
        )
        .spacing(2.0),
    )
    .padding(space::M)
    .width(Fill)
    .style(theme::framed)
    .into()
}

fn reports(reports: &[ErrorReport]) -> Element<'_, Message> {
    let lines = reports.iter().map(|report| {
        let to = match &report.to {
            ReportTo::Sender => t!("desk-report-to-sender"),
            ReportTo::User { user } => user.clone(),
        };
        column![
            text(&report.text).size(size::BODY),
            text(t!("desk-report-by", by = report.by, to = to, time = local_time(report.at)))
                .size(size::CAPTION)
                .color(theme::INK_SOFT)
        ]
        .into()
    });
    container(
        column![text(t!("desk-reports")).font(BOLD).size(size::BODY)]
            .extend(lines)
            .spacing(space::S),
    )
    .padding(space::M)
    .width(Fill)
    .style(theme::framed)
    .into()
}

fn buttons<'a>(looking: bool) -> Element<'a, Message> {
    let again = if looking { t!("desk-gate-looking") } else { t!("desk-gate-again") };
    row![
        press(Some(Icon::Refresh), again, Weight::Plain, (!looking).then_some(Message::CheckAgain)),
        press(
            Some(Icon::Flag),
            format!("{} (F7)", t!("desk-report-error")),
            Weight::Plain,
            Some(Message::ReportError)
        ),
    ]
    .spacing(space::S)
    .into()
}
