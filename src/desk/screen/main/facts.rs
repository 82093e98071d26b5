//! What is known of a document besides its pages: signatures, fields, history, deliveries.

use iced::widget::{column, container, row, scrollable};
use iced::{Center, Fill};

use super::reader::{Fetch, Message};
use crate::desk::document::{Document, day, local_time};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::fact;
use crate::desk::widget::focus::focus;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::delivery::Delivery;
use crate::domain::document::{Metadata, Urgency};
use crate::domain::verdict::{CompletenessLine, SignatureSummary, Step, VerdictSummary};
use crate::i18n;
use crate::office::extract::Field;
use crate::office::{HistoryEntry, labels};
use crate::signing::report::{change, finding};
use crate::t;

/// The verification panel: the verdict in words, then every signature.
///
/// `gate` is what was found before acceptance, and stands above them.
pub fn signatures<'a>(
    verdict: &'a Fetch<Option<VerdictSummary>>,
    gate: Vec<Element<'a, Message>>,
) -> Element<'a, Message> {
    match verdict {
        Fetch::Waiting => said(t!("desk-checking")),
        Fetch::Failed(problem) => {
            scrolled(gate.into_iter().chain(std::iter::once(told(problem))).collect())
        }
        Fetch::Here(None) => said(t!("desk-not-signed-yet")),
        Fetch::Here(Some(summary)) => {
            // The verdict itself stands above the tabs, always in sight.
            let mut parts: Vec<_> = gate.into_iter().chain(reasons(&summary.reasons)).collect();
            if summary.signatures.is_empty() {
                parts.push(text(t!("desk-no-signatures")).size(size::BODY).into());
            }
            parts.extend(summary.signatures.iter().map(signature));
            if !summary.completeness.is_empty() {
                parts.push(completeness(&summary.completeness));
            }
            if !summary.signatures.is_empty() {
                let report = Some(Message::Report);
                parts.push(press(Some(Icon::Clipboard), t!("desk-report"), Weight::Plain, report));
            }
            if summary.offline {
                let line = text(t!("desk-checked-offline")).size(size::CAPTION);
                parts.push(line.color(Tone::Warn.ink()).into());
            }
            parts.push(
                text(t!(
                    "desk-checked-at",
                    time = local_time(summary.checked_at),
                    checker = summary.checker
                ))
                .size(size::CAPTION)
                .color(theme::INK_SOFT)
                .into(),
            );
            scrolled(parts)
        }
    }
}

fn signature(signature: &SignatureSummary) -> Element<'_, Message> {
    let (icon, tone) = words::verdict_look(signature.verdict);
    let time = match (signature.signed_at, signature.time_stamped) {
        (Some(at), true) => t!("desk-time-stamped", time = local_time(at)),
        (Some(at), false) => t!("desk-time-claimed", time = local_time(at)),
        (None, _) => t!("desk-time-unknown"),
    };
    let kind_icon = match signature.kind {
        Some(crate::domain::outbound::SignatureKind::Organisation) => Icon::Stamp,
        Some(crate::domain::outbound::SignatureKind::Personal) => Icon::Pen,
        None => Icon::Help,
    };
    let mut lines: Vec<Element<'_, Message>> = vec![
        row![
            tinted(kind_icon, theme::INK_SOFT),
            text(words::signature_kind(signature.kind)).font(BOLD).size(size::BODY).width(Fill),
            badge(icon, words::verdict_short(signature.verdict), tone)
        ]
        .spacing(space::S)
        .align_y(Center)
        .into(),
        fact(t!("desk-signer"), &signature.signer),
    ];
    if !signature.organisation.is_empty() {
        lines.push(fact(t!("desk-organisation"), &signature.organisation));
    }
    lines.push(fact(t!("desk-issuer"), &signature.issuer));
    lines.push(fact(t!("desk-signed-at"), time));
    lines.push(fact(t!("desk-level"), &signature.level));
    lines.push(fact(t!("desk-serial"), &signature.serial));
    if let Some(act) = signature.detail.act {
        lines.push(fact(t!("desk-act"), t!(&format!("check-act-{}", act.key()))));
    }
    if !signature.detail.root.is_empty() {
        lines.push(fact(t!("desk-root"), &signature.detail.root));
    }
    lines.extend(changes(signature));
    lines.extend(reasons(&signature.reasons));
    lines.extend(signature.detail.steps.iter().map(step));
    lines.extend(signature.detail.notes.iter().map(|code| {
        let note = text(words::reason(code)).size(size::CAPTION).color(theme::INK_SOFT);
        note.width(Fill).into()
    }));
    if !signature.detail.field.is_empty() {
        let compare = Message::Compare {
            field: signature.detail.field.clone(),
            signer: signature.signer.clone(),
        };
        lines.push(press(Some(Icon::FileText), t!("desk-compare"), Weight::Plain, Some(compare)));
    }
    container(column(lines).spacing(space::XS))
        .padding(space::M)
        .width(Fill)
        .style(theme::framed)
        .into()
}

/// What was done to the file since; a verdict of earlier times knows the kinds only.
fn changes(signature: &SignatureSummary) -> Vec<Element<'_, Message>> {
    let detail = &signature.detail;
    let said: Vec<String> = if detail.change_details.is_empty() {
        detail.changes.iter().map(|code| t!(&format!("check-change-{code}"))).collect()
    } else {
        detail.change_details.iter().map(|one| change(one, i18n::language())).collect()
    };
    let mut lines = Vec::new();
    if !said.is_empty() {
        lines.push(fact(t!("desk-changes"), said.join("; ")));
    }
    // A green verdict says nothing of what was put on the page since.
    if signature.shows_more() {
        let warning = text(t!("check-visible-changes")).size(size::BODY).color(Tone::Warn.ink());
        lines.push(
            row![tinted(Icon::Info, Tone::Warn.ink()), warning.width(Fill)]
                .spacing(space::S)
                .into(),
        );
    }
    lines
}

/// What was looked at and how it ended, in words and not by colour alone.
fn step(step: &Step) -> Element<'_, Message> {
    let (result, icon, tone) = words::step_result(step.result);
    row![
        tinted(icon, tone.ink()),
        text(t!(&format!("check-step-{}", step.step.key()))).size(size::CAPTION).width(Fill),
        text(result).size(size::CAPTION).color(tone.ink())
    ]
    .spacing(space::S)
    .align_y(Center)
    .into()
}

/// The regulation's questions, each with its answer and its article.
fn completeness(lines: &[CompletenessLine]) -> Element<'_, Message> {
    let mut parts: Vec<Element<'_, Message>> =
        vec![text(t!("report-completeness")).font(BOLD).size(size::BODY).into()];
    parts.extend(lines.iter().map(|line| {
        let (answer, icon, tone) = words::answer(line.result);
        column![
            row![
                tinted(icon, tone.ink()),
                text(t!(&format!("check-complete-{}", line.code))).size(size::BODY).width(Fill),
                text(answer).size(size::CAPTION).color(tone.ink())
            ]
            .spacing(space::S)
            .align_y(Center),
            text(finding(line, i18n::language())).size(size::CAPTION),
            text(&line.article).size(size::CAPTION).color(theme::INK_SOFT)
        ]
        .spacing(2)
        .into()
    }));
    container(column(parts).spacing(space::S))
        .padding(space::M)
        .width(Fill)
        .style(theme::framed)
        .into()
}

fn reasons(codes: &[String]) -> impl Iterator<Item = Element<'_, Message>> {
    codes.iter().map(|code| {
        row![
            tinted(Icon::Info, Tone::Warn.ink()),
            text(words::reason(code)).size(size::BODY).width(Fill)
        ]
        .spacing(space::S)
        .into()
    })
}

/// The fields of the register.
pub fn facts<'a>(document: &'a Document, unconfirmed: &[Field]) -> Element<'a, Message> {
    let metadata = document.metadata();
    let mut lines = Vec::new();
    let mut put = |name: &str, value: String| {
        if !value.is_empty() {
            lines.push(fact(t!(name), value));
        }
    };
    put("desk-fact-code", document.code());
    put("desk-fact-type", metadata.type_name.clone());
    put("desk-fact-subject", metadata.subject.clone());
    put("desk-fact-id", metadata.document_id.as_ref().map(ToString::to_string).unwrap_or_default());
    put("desk-fact-issued", metadata.issued.map(day).unwrap_or_default());
    put("desk-fact-place", metadata.place.clone());
    if metadata.urgency != Urgency::Normal {
        put("desk-fact-urgency", words::urgency(metadata.urgency));
    }
    put("desk-fact-signer", signer(metadata));
    put("desk-fact-due", document.due().map(day).unwrap_or_default());
    put("desk-fact-pages", metadata.pages.map(|n| n.to_string()).unwrap_or_default());
    match document {
        Document::Inbound(inbound) => {
            put("desk-fact-issuer", metadata.issuer_name().to_owned());
            put("desk-fact-sender", inbound.sender_name.clone());
            put("desk-fact-arrived", local_time(inbound.arrived_at));
            if let Some(registration) = &inbound.registration {
                put("desk-fact-arrival-number", registration.arrival_number.to_string());
                put("desk-fact-arrival-date", day(registration.arrival_date));
            }
            if let Some(assignment) = &inbound.assignment {
                put("desk-fact-assigned", assignment.user.clone());
                put("desk-fact-direction", assignment.direction.clone());
            }
            if let Some(paper) = &inbound.paper {
                let (at, pages) = (local_time(paper.digitised_at), paper.pages);
                let said = t!("desk-fact-digitised-by", user = paper.by, time = at, pages = pages);
                put("desk-fact-digitised", said);
                let signed = paper.seal.as_ref().map(|seal| {
                    t!(
                        "desk-fact-copy-signed-by",
                        signer = seal.signer,
                        time = local_time(seal.signed_at)
                    )
                });
                put("desk-fact-copy", signed.unwrap_or_else(|| t!("desk-copy-unsigned")));
                let remarks = paper.remarks.iter().map(|(remark, pages)| {
                    let pages: Vec<_> = pages.iter().map(ToString::to_string).collect();
                    let remark = labels::remark(*remark);
                    t!("desk-digitise-remark", pages = pages.join(", "), remark = remark)
                });
                put("desk-fact-scan", remarks.collect::<Vec<_>>().join("; "));
            }
            put("desk-fact-reason", inbound.reason.clone());
        }
        Document::Outbound(outbound) => {
            let names: Vec<_> =
                metadata.recipients.iter().map(|r| format!("{} ({})", r.name, r.agency)).collect();
            put("desk-fact-recipients", names.join("\n"));
            put("desk-fact-drafter", outbound.drafted_by.clone());
            put("desk-fact-drafted", local_time(outbound.drafted_at));
            put("desk-fact-sent", outbound.issued_at.map(local_time).unwrap_or_default());
            put("desk-fact-reason", outbound.reason.clone());
        }
    }
    let answers: Vec<_> = metadata.response_for.iter().map(|r| r.code.clone()).collect();
    put("desk-fact-answers", answers.join(", "));
    put("desk-fact-notes", metadata.notes.clone());
    if metadata.paper_follows {
        put("desk-fact-paper", t!("desk-fact-paper-follows"));
    }
    let files = match document {
        Document::Inbound(document) => &document.files,
        Document::Outbound(document) => &document.files,
    };
    let files: Vec<_> =
        files.iter().map(|file| format!("{} ({})", file.name, weight(file.size))).collect();
    put("desk-fact-files", files.join("\n"));
    let mut parts: Vec<Element<'_, Message>> = Vec::new();
    if !unconfirmed.is_empty() {
        let names: Vec<String> = unconfirmed.iter().map(|field| field.label()).collect();
        parts.push(
            row![
                tinted(Icon::Warning, Tone::Warn.ink()),
                text(t!("desk-facts-unconfirmed", fields = names.join(", ")))
                    .size(size::BODY)
                    .color(Tone::Warn.ink())
                    .width(Fill)
            ]
            .spacing(space::S)
            .into(),
        );
    }
    parts.push(column(lines).spacing(space::S).into());
    scrolled(parts)
}

fn signer(metadata: &Metadata) -> String {
    let signer = &metadata.signer;
    let parts = [&signer.competence, &signer.position, &signer.full_name];
    parts.into_iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join(", ")
}

/// Bytes as people say them.
fn weight(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{:.1} MB", bytes as f64 / 1e6),
    }
}

/// What was done with the document, newest last.
pub fn history(history: &Fetch<Vec<HistoryEntry>>) -> Element<'_, Message> {
    match history {
        Fetch::Waiting => said(t!("desk-loading")),
        Fetch::Failed(problem) => scrolled(vec![told(problem)]),
        Fetch::Here(entries) if entries.is_empty() => said(t!("desk-no-history")),
        Fetch::Here(entries) => scrolled(entries.iter().map(entry).collect()),
    }
}

fn entry(entry: &HistoryEntry) -> Element<'_, Message> {
    let by = match entry.role {
        Some(role) => format!("{} · {}", entry.user, words::role(role)),
        None => t!("desk-by-program"),
    };
    row![
        container(text(local_time(entry.at)).size(size::CAPTION).color(theme::INK_SOFT)).width(118),
        column![
            text(&entry.text).size(size::BODY),
            text(by).size(size::CAPTION).color(theme::INK_SOFT)
        ]
        .width(Fill),
    ]
    .spacing(space::S)
    .into()
}

/// How far an issued document has come at each recipient.
pub fn deliveries(document: &Document) -> Element<'_, Message> {
    let Document::Outbound(outbound) = document else { return said(t!("desk-no-deliveries")) };
    if outbound.deliveries.is_empty() {
        let names = &outbound.metadata.recipients;
        if names.is_empty() {
            return said(t!("desk-no-recipients"));
        }
        let mut parts: Vec<Element<'_, Message>> =
            vec![text(t!("desk-not-issued-yet")).size(size::BODY).into()];
        parts.extend(names.iter().map(|recipient| {
            row![
                tinted(Icon::Building, theme::INK_SOFT),
                text(&recipient.name).size(size::BODY).width(Fill)
            ]
            .spacing(space::S)
            .align_y(Center)
            .into()
        }));
        return scrolled(parts);
    }
    scrolled(outbound.deliveries.iter().map(delivery).collect())
}

fn delivery(delivery: &Delivery) -> Element<'_, Message> {
    let (words, icon, tone) = words::delivery(delivery);
    let mut lines: Vec<Element<'_, Message>> = vec![
        row![
            text(&delivery.name).font(BOLD).size(size::BODY).width(Fill),
            badge(icon, words, tone)
        ]
        .spacing(space::S)
        .align_y(Center)
        .into(),
        text(delivery.recipient.as_str()).size(size::CAPTION).color(theme::INK_SOFT).into(),
    ];
    if !delivery.reason.is_empty() {
        lines.push(text(&delivery.reason).size(size::BODY).color(Tone::Bad.ink()).into());
    }
    if let Some(at) = delivery.sent_at {
        lines.push(dated(local_time(at), t!("desk-send-sent"), ""));
    }
    for status in &delivery.statuses {
        lines.push(dated(local_time(status.at), words::status(status.code), &status.description));
    }
    container(column(lines).spacing(space::XS))
        .padding(space::M)
        .width(Fill)
        .style(theme::framed)
        .into()
}

fn dated<'a>(time: String, what: String, more: &str) -> Element<'a, Message> {
    let words = if more.is_empty() { what } else { format!("{what}: {more}") };
    row![
        container(text(time).size(size::CAPTION).color(theme::INK_SOFT)).width(118),
        text(words).size(size::BODY).width(Fill)
    ]
    .spacing(space::S)
    .into()
}

pub(super) fn said<'a>(words: String) -> Element<'a, Message> {
    container(text(words).size(size::BODY).color(theme::INK_SOFT).center())
        .padding(space::XL)
        .center_x(Fill)
        .into()
}

pub(super) fn scrolled(parts: Vec<Element<'_, Message>>) -> Element<'_, Message> {
    focus(
        scrollable(column(parts).spacing(space::M).padding(space::M).width(Fill))
            .id(super::pages::SCROLL)
            .width(Fill)
            .height(Fill)
            .style(theme::scroll),
    )
    .inset()
    .into()
}
