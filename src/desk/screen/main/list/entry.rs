//! One row of the list, and what stands there when there is none.

use iced::widget::{Space, column, container, mouse_area, row};
use iced::{Center, Fill};
use jiff::Timestamp;

use super::{Message, ROW};
use crate::desk::document::{Document, day, local, local_day, today};
use crate::desk::theme::{self, BOLD, Tone, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::shortened::emphasised;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::document::Urgency;
use crate::domain::query::{Field, Query, Snippet, marks};
use crate::t;

/// What a search found in a row.
#[derive(Clone, Copy)]
pub(super) struct Found<'q> {
    pub query: &'q Query,
    pub snippet: Option<&'q Snippet>,
}

/// `leaves` is until when a signed document must leave.
pub(super) fn row_view<'a>(
    (document, leaves): (&'a Document, Option<Timestamp>),
    index: usize,
    selected: bool,
    with_state: bool,
    marked: Option<bool>,
    found: &Found<'_>,
) -> Element<'a, Message> {
    let Found { query, snippet } = *found;
    let found = |text: &str, fields: &[Field]| marks(text, &query.marked_in(fields));
    let metadata = document.metadata();
    let (state_icon, state_tone) = words::state_look(document.state());
    let code = document.code();
    let code = if code.is_empty() { t!("desk-no-code") } else { code };
    let hits = found(&code, &[Field::Any, Field::Code]);
    let head = row![emphasised(code, hits, size::BODY, BOLD, None)]
        .push((metadata.urgency != Urgency::Normal).then(|| {
            badge(
                Icon::Flag,
                words::urgency(metadata.urgency),
                words::urgency_tone(metadata.urgency),
            )
        }))
        .push(demand_badge(document))
        .push(leaves.map(leaving_badge).or_else(|| due_badge(document)))
        .push(text(local_day(document.when())).size(size::CAPTION).color(theme::INK_SOFT))
        .spacing(space::S)
        .align_y(Center);
    // Where the text has the words and the fields have not, a piece of it says why it is here.
    let (foot, hits) = match snippet {
        Some(snippet) => (snippet.text.clone(), snippet.marks.clone()),
        None => {
            let party = document.party();
            let hits = found(&party, &[Field::Any, Field::From, Field::To]);
            (party, hits)
        }
    };
    let ink = Some(theme::INK_SOFT);
    let foot = row![emphasised(foot, hits, size::CAPTION, theme::REGULAR, ink)]
        .push(tail(document, with_state))
        .spacing(space::S)
        .align_y(Center);
    let subject = metadata.subject.clone();
    let hits = found(&subject, &[Field::Any, Field::Subject]);
    let subject = emphasised(subject, hits, size::BODY, theme::REGULAR, None);
    let lines = column![head, subject, foot].spacing(1);
    // The bar at the left says "selected" without colour alone doing so.
    let mark = container(Space::new().width(4).height(Fill)).style(theme::ground(if selected {
        theme::ACCENT
    } else {
        iced::Color::TRANSPARENT
    }));
    // While rows are being marked, the mark stands in the place of the state.
    let symbol = match marked {
        Some(true) => tinted(Icon::CheckCircle, theme::ACCENT),
        Some(false) => tinted(Icon::Dot, theme::INK_SOFT),
        None => tinted(state_icon, state_tone.ink()),
    };
    // The mouse marks there.
    let symbol = mouse_area(container(symbol).center_y(Fill).padding([0.0, space::XS]))
        .on_press(Message::Mark(index))
        .interaction(iced::mouse::Interaction::Pointer);
    let content = row![mark, symbol, lines.width(Fill)].spacing(space::S).align_y(Center);
    mouse_area(
        container(content)
            .padding(iced::Padding::ZERO.right(space::M))
            .height(ROW)
            .width(Fill)
            .clip(true)
            .style(theme::list_row(selected, index % 2 == 1)),
    )
    .on_press(Message::Select(index))
    .on_double_click(Message::Open(index))
    .interaction(iced::mouse::Interaction::Pointer)
    .into()
}

/// What ends the last line of a row: state (in mixed lists), arrival number, verdict.
fn tail<'a>(document: &'a Document, with_state: bool) -> Option<Element<'a, Message>> {
    let note = |words: String| text(words).size(size::CAPTION).color(theme::INK_SOFT);
    if with_state {
        return Some(note(words::state(document.state())).into());
    }
    let Document::Inbound(inbound) = document else { return None };
    let (shield, tone) = words::verdict_look(inbound.verdict.verdict);
    let verdict = row![
        icon(shield).size(size::CAPTION).color(tone.ink()),
        text(words::verdict_short(inbound.verdict.verdict)).size(size::CAPTION).color(tone.ink()),
    ]
    .spacing(3)
    .align_y(Center);
    let number = inbound
        .registration
        .as_ref()
        .map(|registration| note(t!("desk-arrival-number", number = registration.arrival_number)));
    Some(row![].push(number).push(verdict).spacing(space::S).into())
}

fn demand_badge<'a>(document: &Document) -> Option<Element<'a, Message>> {
    let Document::Inbound(inbound) = document else { return None };
    let (said, tone) = words::demand_mark(inbound.demand?)?;
    Some(badge(Icon::Undo, said, tone))
}

fn due_badge<'a>(document: &Document) -> Option<Element<'a, Message>> {
    let due = document.due().filter(|_| !is_final(document))?;
    let (words, tone) = match due.cmp(&today()) {
        std::cmp::Ordering::Less => (t!("desk-overdue", date = day(due)), Tone::Bad),
        std::cmp::Ordering::Equal => (t!("desk-due-today"), Tone::Warn),
        std::cmp::Ordering::Greater => (t!("desk-due", date = day(due)), Tone::Neutral),
    };
    Some(badge(Icon::Clock, words, tone))
}

/// Quyết định 28/2018/QĐ-TTg Điều 6 khoản 2: it leaves on the day it is signed, or on the next
/// working morning at the latest.
fn leaving_badge<'a>(leaves: Timestamp) -> Element<'a, Message> {
    let day = local(leaves).date();
    let due = local(leaves).strftime("%H:%M %d/%m").to_string();
    let (words, tone) = if leaves < Timestamp::now() {
        (t!("desk-leave-overdue", due = due), Tone::Bad)
    } else if day == today() {
        (t!("desk-leave-today"), Tone::Warn)
    } else {
        (t!("desk-leave-due", due = due), Tone::Neutral)
    };
    badge(Icon::Clock, words, tone)
}

fn is_final(document: &Document) -> bool {
    match document {
        Document::Inbound(document) => document.state.is_final(),
        Document::Outbound(document) => document.state.is_final() || document.issued_at.is_some(),
    }
}

pub(super) fn empty<'a>(which: Icon, says: String, more: Option<String>) -> Element<'a, Message> {
    container(
        column![
            tinted(which, theme::INK_SOFT).size(32),
            text(says).size(size::BODY).color(theme::INK_SOFT).center()
        ]
        .push(more.map(|more| text(more).size(size::CAPTION).color(theme::INK_SOFT).center()))
        .spacing(space::M)
        .align_x(Center),
    )
    .padding(space::XL)
    .center(Fill)
    // A ground of its own makes the renderer redraw the whole pane when rows come.
    .style(theme::ground(theme::SURFACE))
    .into()
}
