//! Who has the document in hand, what they noted, what it is linked with.

use iced::widget::{column, container, row};
use iced::{Center, Fill};

use super::facts::{said, scrolled};
use super::reader::{Fetch, Message};
use crate::desk::document::{day, local_time};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::demand::KeptDemand;
use crate::domain::handling::{Handler, Note, Party, ProgressEntry};
use crate::office::{Handling, Link};
use crate::t;

/// Everything about the settling of the document shown; a registered one has its slip.
pub fn view(handling: &Fetch<Handling>, registered: bool) -> Element<'_, Message> {
    let handling = match handling {
        Fetch::Waiting => return said(t!("desk-loading")),
        Fetch::Failed(problem) => return scrolled(vec![told(problem)]),
        Fetch::Here(handling) => handling,
    };
    let mut parts: Vec<Element<'_, Message>> = Vec::new();
    if let Some((words, tone)) = handling.pressure.and_then(words::pressure) {
        let due = handling.due.map(day).unwrap_or_default();
        parts.push(
            row![
                text(t!("desk-handling-due", date = due)).font(BOLD).size(size::BODY),
                badge(Icon::Clock, words, tone)
            ]
            .spacing(space::S)
            .align_y(Center)
            .into(),
        );
    }
    section(
        &mut parts,
        "desk-handling-people",
        handling.handlers.iter().map(|one| handler(handling, one)),
    );
    section(&mut parts, "desk-handling-demands", handling.demands.iter().map(demand));
    let links = handling.links.iter().map(|one| link("desk-handling-answer", one));
    let by = handling.replaced_by.iter().map(|one| link("desk-handling-replaced-by", one));
    let replaces = handling.replaces.iter().map(|one| link("desk-handling-replaces", one));
    section(&mut parts, "desk-handling-links", links.chain(by).chain(replaces));
    section(
        &mut parts,
        "desk-handling-progress",
        handling.progress.iter().map(|entry| progress(handling, entry)),
    );
    section(
        &mut parts,
        "desk-handling-notes",
        handling.notes.iter().map(|note| remark(handling, note)),
    );
    if parts.is_empty() {
        parts
            .push(text(t!("desk-handling-nothing")).size(size::BODY).color(theme::INK_SOFT).into());
    }
    let label = format!("{} (N)", t!("desk-note"));
    let note = press(Some(Icon::Pen), label, Weight::Plain, Some(Message::Note));
    let slip = registered.then(|| {
        let label = format!("{} (P)", t!("desk-slip"));
        press(Some(Icon::Clipboard), label, Weight::Plain, Some(Message::Slip))
    });
    parts.push(row![note].push(slip).spacing(space::S).into());
    scrolled(parts)
}

fn section<'a>(
    parts: &mut Vec<Element<'a, Message>>,
    name: &str,
    lines: impl Iterator<Item = Element<'a, Message>>,
) {
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return;
    }
    let head = text(t!(name)).font(BOLD).size(size::CAPTION).color(theme::INK_SOFT);
    parts.push(
        container(column![head].extend(lines).spacing(space::XS))
            .padding(space::M)
            .width(Fill)
            .style(theme::framed)
            .into(),
    );
}

fn name(handling: &Handling, party: &Party) -> String {
    handling.names.get(party).cloned().unwrap_or_else(|| party.to_string())
}

fn user_name(handling: &Handling, user: &str) -> String {
    name(handling, &Party::User(user.to_owned()))
}

fn handler<'a>(handling: &Handling, one: &'a Handler) -> Element<'a, Message> {
    let (icon, tone) = words::part_look(one.part);
    let ink = if one.active { theme::INK } else { theme::INK_SOFT };
    let seen = match &one.party {
        Party::User(user) => handling.seen.iter().find(|seen| seen.user == *user),
        // Whichever member opened it first; the names stand in the history.
        Party::Unit(_) => None,
    };
    let status = match (one.active, seen) {
        (false, _) => t!("desk-handling-passed-on"),
        (true, Some(seen)) => t!("desk-handling-seen", time = local_time(seen.at)),
        (true, None) if matches!(one.party, Party::User(_)) => t!("desk-handling-unseen"),
        (true, None) => String::new(),
    };
    let head = row![
        tinted(icon, if one.active { tone.ink() } else { theme::INK_SOFT }),
        text(name(handling, &one.party)).font(BOLD).size(size::BODY).color(ink),
        text(words::part(one.part)).size(size::BODY).color(ink).width(Fill),
        text(status).size(size::CAPTION).color(theme::INK_SOFT),
    ]
    .spacing(space::S)
    .align_y(Center);
    let mut given = t!(
        "desk-handling-given",
        user = user_name(handling, &one.given_by),
        time = local_time(one.given_at)
    );
    if let Some(due) = one.due {
        given = format!("{given} · {}", t!("desk-due", date = day(due)));
    }
    let direction = (!one.direction.is_empty())
        .then(|| text(one.direction.as_str()).size(size::BODY).color(ink));
    column![head]
        .push(direction)
        .push(text(given).size(size::CAPTION).color(theme::INK_SOFT))
        .spacing(1.0)
        .into()
}

fn demand(kept: &KeptDemand) -> Element<'_, Message> {
    let demand = &kept.demand;
    let (state, tone) = words::demand_state(kept.state);
    let head = row![
        text(words::demand(demand.kind)).font(BOLD).size(size::BODY).width(Fill),
        badge(Icon::Undo, state, tone)
    ]
    .spacing(space::S)
    .align_y(Center);
    let said =
        [Some(demand.reason.as_str()), kept.answer.as_ref().map(|answer| answer.reason.as_str())];
    let said = said.into_iter().flatten().filter(|words| !words.is_empty());
    column![head]
        .extend(said.map(|words| text(words).size(size::BODY).into()))
        .push(
            text(format!("{} · {}", demand.sender_name, local_time(demand.received_at)))
                .size(size::CAPTION)
                .color(theme::INK_SOFT),
        )
        .spacing(1.0)
        .into()
}

/// Another document, one press away.
fn link<'a>(what: &str, link: &'a Link) -> Element<'a, Message> {
    let content = row![
        tinted(Icon::ArrowRight, theme::ACCENT),
        text(t!(what, name = link.name)).size(size::BODY).width(Fill),
        text(link.state.as_str()).size(size::CAPTION).color(theme::INK_SOFT),
    ]
    .spacing(space::S)
    .align_y(Center);
    wide(content, false, Some(Message::Follow(link.key)))
}

fn progress<'a>(handling: &Handling, entry: &'a ProgressEntry) -> Element<'a, Message> {
    let said = &entry.progress;
    let figure =
        said.percent.map(|percent| badge(Icon::Hourglass, format!("{percent} %"), Tone::Info));
    let head = row![text(said.text.as_str()).size(size::BODY).width(Fill)]
        .push(figure)
        .spacing(space::S)
        .align_y(Center);
    let next = (!said.next.is_empty())
        .then(|| text(t!("desk-handling-next", next = said.next)).size(size::BODY));
    column![head].push(next).push(by(handling, &entry.user, entry.at)).spacing(1.0).into()
}

fn remark<'a>(handling: &Handling, note: &'a Note) -> Element<'a, Message> {
    let own = note.private.then(|| badge(Icon::Lock, t!("desk-note-own"), Tone::Neutral));
    let head = row![text(note.text.as_str()).size(size::BODY).width(Fill)]
        .push(own)
        .spacing(space::S)
        .align_y(Center);
    column![head, by(handling, &note.user, note.at)].spacing(1.0).into()
}

fn by<'a>(handling: &Handling, user: &str, at: jiff::Timestamp) -> Element<'a, Message> {
    text(format!("{} · {}", user_name(handling, user), local_time(at)))
        .size(size::CAPTION)
        .color(theme::INK_SOFT)
        .into()
}
