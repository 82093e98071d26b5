//! How the right pane looks.

use iced::widget::{column, container, row};
use iced::{Center, Fill};

use super::super::actions::actions;
use super::super::shelf::may_unseal;
use super::super::{facts, gate, handling};
use super::{Fetch, Message, NoStamp, Part, Reader};
use crate::desk::deeds::is_unsigned_copy;
use crate::desk::dialog::demand::waits;
use crate::desk::document::{Document, State};
use crate::desk::door::Door;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::{badge, banner};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{chip, press, tab};
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::inbound::InboundState;
use crate::domain::role::Act;
use crate::domain::verdict::{LegalValue, Verdict, VerdictSummary};
use crate::t;

impl Reader {
    /// `may` and `busy` decide what can be pressed.
    pub fn view<'a>(&'a self, door: &dyn Door, busy: bool) -> Element<'a, Message> {
        let Some(document) = &self.document else {
            return container(
                column![
                    tinted(Icon::FileText, theme::INK_SOFT).size(32),
                    text(t!("desk-nothing-chosen"))
                        .size(size::BODY)
                        .color(theme::INK_SOFT)
                        .center()
                ]
                .spacing(space::M)
                .align_x(Center),
            )
            .padding(space::XL)
            .center(Fill)
            .style(theme::ground(theme::CANVAS))
            .into();
        };
        let head = container(
            column![
                heading(document),
                demanded(document, door, busy),
                actions(document, door, busy, self.unconfirmed.len()),
                verdict_banner(&self.verdict, self.legal_value()),
                twins_banner(self.twins),
                copy_banner(document)
            ]
            .spacing(space::S),
        )
        .padding([space::S, space::M]);
        let body = match self.part {
            Part::Pages => {
                let pages = container(self.pages.view().map(Message::Pages)).width(Fill);
                let list = self.findings_list(door).map(|list| list.map(Message::Layout));
                column![]
                    .push(self.findings_bar().map(|bar| bar.map(Message::Layout)))
                    .push(row![pages].push(list).height(Fill))
                    .into()
            }
            Part::Signatures => {
                let may = door.may(Act::ReceiveInbound);
                let open = matches!(document.state(), State::Inbound(InboundState::Arrived));
                let gate = gate::panel(&self.gate, may, open, self.looking);
                facts::signatures(&self.verdict, gate)
            }
            Part::Facts => facts::facts(document, &self.unconfirmed),
            Part::History => facts::history(&self.history),
            Part::Handling => handling::view(&self.handling, is_registered(document)),
            Part::Deliveries => facts::deliveries(document),
        };
        let body = container(body).width(Fill).height(Fill).style(theme::ground(theme::CANVAS));
        column![head, self.tabs()].push(self.stamp_line()).push(body).into()
    }

    /// The gate knows more than the signatures: whether the document came through the system.
    fn legal_value(&self) -> Option<LegalValue> {
        match &self.gate {
            Fetch::Here(Some(view)) => view.gate.as_ref().map(|gate| gate.legal.value),
            _ => None,
        }
    }

    fn tabs(&self) -> Element<'_, Message> {
        let signatures = match &self.verdict {
            Fetch::Here(Some(verdict)) => verdict.signatures.len(),
            _ => 0,
        };
        let tabs = self.parts().iter().map(|part| {
            let label = t!(part.key(), count = signatures);
            let weight = if *part == self.part { Weight::Chosen } else { Weight::Quiet };
            tab(None, label, weight, Some(Message::Part(*part)))
        });
        let registered = self.document.as_ref().is_some_and(is_registered);
        let stamp = registered.then(|| {
            let weight = if self.stamped { Weight::Chosen } else { Weight::Quiet };
            // Without its key, which the help lists: all of the line must fit 1366 pixels.
            tab(Some(Icon::Stamp), t!("desk-stamp"), weight, Some(Message::ToggleStamp))
        });
        let print = self
            .document
            .is_some()
            .then(|| tab(None, t!("desk-print-copy"), Weight::Quiet, Some(Message::PrintCopy)));
        // Where the pane is narrow the rest stands below, rather than cut off.
        container(row(tabs).push(stamp).push(print).spacing(1.0).wrap())
            .padding(iced::Padding::new(0.0).horizontal(space::S).bottom(space::XS))
            .into()
    }
}

impl Reader {
    /// What the stamp on the preview is, or why there is none.
    fn stamp_line(&self) -> Option<Element<'_, Message>> {
        if !self.stamped || self.part != Part::Pages {
            return None;
        }
        if let Some(NoStamp::Failed(problem)) = &self.no_stamp {
            return Some(container(told(problem)).padding(space::S).into());
        }
        let inbound = matches!(self.document, Some(Document::Inbound(_)));
        let said = match (&self.no_stamp, inbound) {
            (Some(NoStamp::NotRegistered), _) => t!("desk-stamp-none"),
            (_, true) => t!("desk-stamp-means"),
            (_, false) => return None,
        };
        let line = text(said).size(size::CAPTION).color(theme::INK_SOFT);
        Some(container(line).padding([0.0, space::M]).into())
    }
}

fn is_registered(document: &Document) -> bool {
    match document {
        Document::Inbound(document) => document.registration.is_some(),
        Document::Outbound(_) => false,
    }
}

fn heading(document: &Document) -> Element<'_, Message> {
    let metadata = document.metadata();
    let code = document.code();
    let name = match (metadata.type_name.is_empty(), code.is_empty()) {
        (false, false) => format!("{} {code}", metadata.type_name),
        (false, true) => metadata.type_name.clone(),
        (true, false) => code,
        (true, true) => t!("desk-no-code"),
    };
    let (icon, tone) = words::state_look(document.state());
    column![
        row![
            text(name).font(BOLD).size(size::TITLE).width(Fill),
            badge(icon, words::state(document.state()), tone)
        ]
        .spacing(space::S)
        .align_y(Center),
        text(&metadata.subject).size(size::BODY),
    ]
    .spacing(2.0)
    .into()
}

/// What its sender demands of the document, where that waits for an answer or marks it.
fn demanded<'a>(document: &Document, door: &dyn Door, busy: bool) -> Option<Element<'a, Message>> {
    let Document::Inbound(inbound) = document else { return None };
    let mark = inbound.demand?;
    if mark.state.is_answered() {
        let (said, tone) = words::demand_mark(mark).filter(|_| mark.kind.cancels())?;
        let sealed = banner(Icon::Ban, said, Some(t!("desk-mark-sealed")), tone);
        if !may_unseal(document, door) {
            return Some(sealed);
        }
        let label = format!("{} (U)", t!("desk-unseal"));
        let open = press(Some(Icon::Archive), label, Weight::Plain, Some(Message::Unseal));
        return Some(column![sealed, open].spacing(space::XS).into());
    }
    let said =
        t!("desk-demand-waits", sender = inbound.sender_name, kind = words::demand(mark.kind));
    let may = door.may(crate::domain::role::Act::Recall) && !busy;
    Some(waits(said, may.then_some(Message::AnswerDemand)))
}

fn verdict_banner(
    verdict: &Fetch<Option<VerdictSummary>>,
    legal: Option<LegalValue>,
) -> Option<Element<'_, Message>> {
    let Fetch::Here(Some(summary)) = verdict else { return None };
    let (icon, tone) = words::verdict_look(summary.verdict);
    let value = legal.unwrap_or_else(|| summary.legal_value());
    let detail = match (value, summary.verdict) {
        (LegalValue::SameAsPaper, _) => words::legal_value(value),
        (LegalValue::ForReference, Verdict::Unsigned | Verdict::Valid) => words::legal_value(value),
        (LegalValue::ForReference, Verdict::Indeterminate | Verdict::Invalid) => {
            let mut reasons = summary.reasons.iter().map(|code| words::reason(code));
            match reasons.next() {
                Some(reason) => format!("{}. {reason}", words::legal_value(value)),
                None => words::legal_value(value),
            }
        }
    };
    Some(banner(icon, words::verdict(summary.verdict), Some(detail), tone))
}

/// Pressing it shows the documents side by side.
fn twins_banner<'a>(count: usize) -> Option<Element<'a, Message>> {
    let said = (count > 0).then(|| t!("desk-twins-banner", count = count))?;
    let means = Some(t!("desk-twins-banner-means"));
    Some(chip(banner(Icon::FilePlus, said, means, Tone::Warn), Message::ShowTwins))
}

fn copy_banner<'a>(document: &Document) -> Option<Element<'a, Message>> {
    is_unsigned_copy(document).then(|| {
        let means = Some(t!("desk-copy-unsigned-means"));
        banner(Icon::Stamp, t!("desk-copy-unsigned"), means, Tone::Warn)
    })
}
