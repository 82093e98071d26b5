//! The left pane: where the work waits, and how much of it.

use iced::widget::{Space, column, container, row, scrollable};
use iced::{Center, Fill};

use super::Message;
use super::shelf::MOST;
use crate::desk::document::Queue;
use crate::desk::theme::{self, BOLD, Tone, size, space};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::{chip, wide};
use crate::desk::widget::shortened::shortened;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::office::search::SavedFilter;
use crate::office::{Agenda, Counts};
use crate::t;

/// Queues under their headings; `counts` is `None` until they are known.
pub fn view<'a>(
    queues: &[Queue],
    current: Queue,
    words: &str,
    counts: Option<&Counts>,
    filters: &'a [SavedFilter],
    filter_counts: &[Option<u64>],
) -> Element<'a, Message> {
    let searched = words.trim();
    let line = |queue: &Queue| {
        let chosen = *queue == current && !is_kept(filters, current, searched);
        let count = counts.map(|counts| queue.count(counts));
        let font = if count.is_some_and(|count| count > 0) { BOLD } else { theme::REGULAR };
        let content = row![
            icon(words::queue_icon(*queue)),
            shortened(words::queue(*queue), size::BODY, font, None),
            text(count.map(words::number).unwrap_or_default()).size(size::BODY).font(font),
        ]
        .spacing(space::S)
        .align_y(Center);
        wide(content, chosen, Some(Message::Queue(*queue)))
    };
    let of = |section| -> Vec<Queue> {
        queues.iter().filter(|queue| Section::of(**queue) == section).copied().collect()
    };
    // What presses stands first, whatever its state.
    let pressing = of(Section::Agenda);
    let mut panes = column![].spacing(space::S);
    if !pressing.is_empty() {
        panes = panes.push(agenda(&pressing, current, counts));
    }
    let kept_aside = counts.filter(|counts| counts.quarantined > 0).map(|counts| {
        let told = container(
            row![
                tinted(Icon::Warning, Tone::Warn.ink()),
                text(t!("desk-quarantined", count = counts.quarantined))
                    .size(size::CAPTION)
                    .width(Fill)
            ]
            .spacing(space::S)
            .align_y(Center),
        )
        .padding(space::S)
        .style(theme::toned(Tone::Warn));
        // Pressed, it says why and what to do.
        chip(told, Message::AskRefusal)
    });
    panes = panes.push(kept_aside);
    for section in [Section::Inbound, Section::Outbound] {
        let mut lines = of(section);
        // What waits for the person stands above what waits for anybody.
        lines.sort_by_key(|queue| *queue != Queue::Mine);
        if !lines.is_empty() {
            let lines = lines.iter().map(line);
            panes = panes.push(column![heading(t!(section.key()))].extend(lines).spacing(1.0));
        }
    }
    if !filters.is_empty() {
        let counts = filter_counts.iter().copied().chain(std::iter::repeat(None));
        let lines = filters.iter().zip(counts).map(|(filter, count)| {
            let queue = Queue::from_key(&filter.queue);
            let chosen = queue == Some(current) && filter.words.trim() == searched;
            let content = row![
                icon(Icon::Search),
                shortened(filter.name.clone(), size::BODY, theme::REGULAR, None),
                text(count.map(found).unwrap_or_default()).size(size::BODY),
            ]
            .spacing(space::S)
            .align_y(Center);
            wide(content, chosen, queue.map(|_| Message::GoTo(filter.clone())))
        });
        panes = panes.push(column![heading(t!("desk-filters"))].extend(lines).spacing(1.0));
    }
    let panes = panes.push(Space::new());
    container(scrollable(panes.padding(space::S)).spacing(0).style(theme::scroll).height(Fill))
        .width(226)
        .height(Fill)
        .style(theme::ground(theme::SIDE))
        .into()
}

/// How much a kept search finds.
fn found(count: u64) -> String {
    let most = u64::from(MOST);
    if count >= most { format!("{}+", words::number(most - 1)) } else { words::number(count) }
}

/// Whether one of the kept searches is what is shown.
fn is_kept(filters: &[SavedFilter], current: Queue, searched: &str) -> bool {
    filters.iter().any(|filter| {
        filter.words.trim() == searched && Queue::from_key(&filter.queue) == Some(current)
    })
}

/// The lists that go by terms, two beside each other: they take little of the height.
fn agenda<'a>(queues: &[Queue], current: Queue, counts: Option<&Counts>) -> Element<'a, Message> {
    let cell = |queue: &Queue| {
        let count = counts.map(|counts| queue.count(counts));
        let (font, tone) = match (count, queue) {
            (Some(1..), Queue::Agenda(Agenda::Overdue | Agenda::Demanded)) => {
                (BOLD, Some(Tone::Bad.ink()))
            }
            (Some(1..), _) => (BOLD, None),
            _ => (theme::REGULAR, None),
        };
        let number = text(count.map(words::number).unwrap_or_default()).size(size::BODY).font(font);
        let content = row![shortened(words::queue(*queue), size::BODY, font, tone), number]
            .spacing(space::XS)
            .align_y(Center);
        wide(content, *queue == current, Some(Message::Queue(*queue)))
    };
    let lines = queues.chunks(2).map(|pair| {
        let filler = (pair.len() == 1).then(|| Space::new().width(Fill));
        row(pair.iter().map(cell)).push(filler).spacing(1.0).into()
    });
    column![heading(t!(Section::Agenda.key()))].extend(lines).spacing(1.0).into()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Section {
    Agenda,
    Inbound,
    Outbound,
}

impl Section {
    fn of(queue: Queue) -> Self {
        match queue {
            Queue::Agenda(_) => Self::Agenda,
            Queue::Inbound(_) => Self::Inbound,
            Queue::Outbound(_) | Queue::Mine => Self::Outbound,
        }
    }

    const fn key(self) -> &'static str {
        match self {
            Self::Agenda => "desk-agenda",
            Self::Inbound => "desk-inbound",
            Self::Outbound => "desk-outbound",
        }
    }
}

fn heading<'a>(name: String) -> Element<'a, Message> {
    container(text(name).font(BOLD).size(size::CAPTION).color(theme::INK_SOFT))
        .padding([2.0, space::S])
        .into()
}
