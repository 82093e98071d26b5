//! The bottom line: the exchange with the server, work that takes its time, who is here.

use iced::widget::text::Wrapping;
use iced::widget::{Space, container, row};
use iced::{Center, Fill};
use jiff::Timestamp;

use super::Message;
use super::jobs::Jobs;
use super::token::Chip;
use crate::desk::document::{Queue, local_time};
use crate::desk::theme::{self, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{chip, press};
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::problem::{Blame, Problem};
use crate::i18n::tell;
use crate::office::{Agenda, Counts, Session, SyncReport};
use crate::t;

/// How the exchange with the provincial server stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// No server is set: nothing is ever sent.
    NoServer,
    /// Not tried since the login.
    Untried,
    /// The last attempt went through.
    Good { at: Timestamp, found: Found },
    /// Nothing goes by itself.
    Paused { last: Option<Timestamp> },
    /// The last attempt failed; `last` is the last one that went through.
    Broken { problem: Problem, last: Option<Timestamp> },
}

/// What an exchange that went through leaves to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Found {
    /// Packets that were left where they are because the line costs.
    pub held: u32,
    /// By how many minutes this computer's clock is wrong: positive where it is behind the
    /// server's; 0 below [`SKEW`].
    pub skew: i64,
}

/// Clocks may differ by so many minutes without a word.
const SKEW: i64 = 2;

impl Found {
    fn of(report: &SyncReport) -> Self {
        let skew = report.skew.map_or(0, |skew| skew.as_mins());
        Self { held: report.held, skew: if skew.abs() >= SKEW { skew } else { 0 } }
    }
}

impl Line {
    pub fn new(server: Option<&str>) -> Self {
        if server.is_some() { Self::Untried } else { Self::NoServer }
    }

    /// After the settings were saved: a server that is set has not been tried, unless the line
    /// stood well before.
    pub fn set(&mut self, server: Option<&str>) {
        match (server, &*self) {
            (None, _) => *self = Self::NoServer,
            (Some(_), Self::NoServer | Self::Broken { .. }) => *self = Self::Untried,
            (Some(_), Self::Untried | Self::Good { .. } | Self::Paused { .. }) => {}
        }
    }

    pub fn synced(&mut self, answer: &Result<SyncReport, Problem>, now: Timestamp) {
        let last = self.last();
        *self = match answer {
            Ok(SyncReport { paused: true, .. }) => Self::Paused { last },
            // None is set; one that is set later is found by the next exchange.
            Err(problem) if problem.code == "office-no-server" => Self::NoServer,
            Ok(SyncReport { problem: Some(problem), .. }) | Err(problem) => {
                Self::Broken { problem: problem.clone(), last }
            }
            Ok(report) => Self::Good { at: now, found: Found::of(report) },
        };
    }

    pub fn last(&self) -> Option<Timestamp> {
        match self {
            Self::Good { at, .. } => Some(*at),
            Self::Broken { last, .. } | Self::Paused { last } => *last,
            Self::NoServer | Self::Untried => None,
        }
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Broken { problem, .. } => Some(problem),
            Self::NoServer | Self::Untried | Self::Good { .. } | Self::Paused { .. } => None,
        }
    }

    /// Words, icon and tone of the indicator.
    fn told(&self, counts: Option<&Counts>) -> (String, Icon, Tone) {
        let waiting = counts.map_or(0, |counts| counts.outbox_waiting);
        let wedged = counts.map_or(0, parked);
        match self {
            Self::NoServer => (t!("desk-sync-no-server"), Icon::CloudOff, Tone::Neutral),
            Self::Broken { problem, .. } if problem.blame == Blame::Server => {
                (t!("desk-sync-offline", waiting = waiting), Icon::CloudOff, Tone::Warn)
            }
            Self::Broken { problem, .. } => {
                (t!("desk-sync-error", reason = tell(problem).what), Icon::Warning, Tone::Bad)
            }
            _ if wedged > 0 => (t!("desk-sync-wedged", wedged = wedged), Icon::Warning, Tone::Bad),
            Self::Paused { .. } => {
                (t!("desk-sync-paused", waiting = waiting), Icon::Hourglass, Tone::Warn)
            }
            Self::Good { found: Found { skew, .. }, .. } if *skew != 0 => {
                (t!("desk-sync-skew", minutes = skew.abs()), Icon::Clock, Tone::Warn)
            }
            Self::Good { found: Found { held, .. }, .. } if *held > 0 => {
                (t!("desk-sync-held", held = *held), Icon::Cloud, Tone::Info)
            }
            _ if waiting > 0 => {
                (t!("desk-sync-waiting", waiting = waiting), Icon::Clock, Tone::Info)
            }
            Self::Untried => (t!("desk-sync-untried"), Icon::Cloud, Tone::Neutral),
            Self::Good { .. } => (t!("desk-sync-good"), Icon::Cloud, Tone::Good),
        }
    }
}

/// What the line neither takes nor brings, until somebody decides.
const fn parked(counts: &Counts) -> u64 {
    counts.outbox_wedged.saturating_add(counts.unfetched)
}

/// What waits for somebody, beside the queues.
#[derive(Debug, Clone, Copy, Default)]
pub struct Owed {
    /// Documents whose signatures wait to be made to last.
    pub awaiting: usize,
    /// What came and is neither accepted nor returned, and whether some of it is late.
    pub unacknowledged: usize,
    pub late: bool,
    /// On its way out, and how much of that is late.
    pub leaving: usize,
    pub overdue: usize,
}

pub fn view<'a>(
    line: &'a Line,
    token: &'a Chip,
    owed: Owed,
    counts: Option<&Counts>,
    jobs: &'a Jobs,
    session: &'a Session,
    demonstration: bool,
) -> Element<'a, Message> {
    let (words, icon, tone) = line.told(counts);
    let why = line.problem().map(|_| {
        press(Some(Icon::Info), t!("desk-sync-why"), Weight::Quiet, Some(Message::WhyBroken))
    });
    let last = line.last().map(|at| {
        text(t!("desk-sync-last", time = local_time(at)))
            .size(size::CAPTION)
            .color(theme::INK_SOFT)
            .wrapping(Wrapping::None)
    });
    let job = jobs.shown().map(|job| {
        row![
            tinted(Icon::Hourglass, theme::ACCENT_DARK).size(size::BODY),
            text(&job.words).size(size::CAPTION).color(theme::ACCENT_DARK).wrapping(Wrapping::None)
        ]
        .push(
            job.stop
                .clone()
                .map(|stop| press(None, t!("desk-batch-stop"), Weight::Quiet, Some(stop))),
        )
        .spacing(space::XS)
        .align_y(Center)
    });
    let mark =
        demonstration.then(|| badge(Icon::Flask, t!("desk-demonstration-short"), Tone::Play));
    let who = text(format!(
        "{} · {} · {}",
        session.agency.name,
        session.display_name,
        words::roles(&session.roles)
    ))
    .size(size::CAPTION)
    .wrapping(Wrapping::None);
    // What is parked waits for a person: the way to it is where it is said.
    let parked = counts.is_some_and(|counts| parked(counts) > 0);
    let state = badge(icon, words, tone);
    let state = if parked { chip(state, Message::Follow) } else { state };
    container(
        row![state]
            .push(why)
            .push(last)
            .push(Space::new().width(Fill))
            .push(job)
            .push(Space::new().width(Fill))
            .push(agenda_chip(counts, Agenda::Demanded, "desk-chip-demanded", Tone::Bad))
            .push(agenda_chip(counts, Agenda::Overdue, "desk-chip-overdue", Tone::Bad))
            .push((owed.unacknowledged > 0).then(|| {
                let words = t!("desk-chip-unacknowledged", count = owed.unacknowledged);
                let tone = if owed.late { Tone::Bad } else { Tone::Warn };
                chip(badge(Icon::Inbox, words, tone), Message::Unacknowledged)
            }))
            .push((owed.leaving > 0).then(|| {
                let words = t!("desk-chip-leaving", count = owed.leaving);
                let tone = if owed.overdue > 0 { Tone::Bad } else { Tone::Info };
                chip(badge(Icon::Send, words, tone), Message::Follow)
            }))
            .push((owed.awaiting > 0).then(|| {
                let words = t!("desk-chip-awaiting", count = owed.awaiting);
                chip(badge(Icon::History, words, Tone::Info), Message::Awaiting)
            }))
            .push(token.view())
            .push(mark)
            .push(who)
            .spacing(space::M)
            .align_y(Center),
    )
    .height(32)
    .width(Fill)
    .padding([0.0, space::M])
    .align_y(Center)
    .style(theme::ground(theme::SIDE))
    .into()
}

/// How many documents of a list press, with the way there.
fn agenda_chip<'a>(
    counts: Option<&Counts>,
    agenda: Agenda,
    key: &str,
    tone: Tone,
) -> Option<Element<'a, Message>> {
    let queue = Queue::Agenda(agenda);
    let count = queue.count(counts?);
    let words = t!(key, count = count);
    (count > 0).then(|| chip(badge(words::queue_icon(queue), words, tone), Message::Queue(queue)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Kind;

    #[test]
    fn the_line_remembers_when_it_last_worked() {
        let mut line = Line::new(Some("https://truc.example"));
        assert_eq!(line, Line::Untried);
        let noon: Timestamp = "2026-11-23T05:00:00Z".parse().unwrap();
        line.synced(&Ok(SyncReport::default()), noon);
        assert_eq!(line.last(), Some(noon));
        let later: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        let problem = Problem::new("desk-broken-call", Kind::Unavailable, Blame::Server);
        line.synced(&Err(problem.clone()), later);
        line.synced(
            &Ok(SyncReport { problem: Some(problem.clone()), ..SyncReport::default() }),
            later,
        );
        assert_eq!((line.last(), line.problem()), (Some(noon), Some(&problem)));
        line.synced(&Ok(SyncReport::default()), later);
        assert_eq!((line.last(), line.problem()), (Some(later), None));
    }

    #[test]
    fn what_was_known_of_one_server_is_not_said_of_the_next() {
        let problem = Problem::new("desk-broken-call", Kind::Unavailable, Blame::Server);
        let mut line = Line::Broken { problem, last: None };
        line.set(Some("https://truc.example"));
        assert_eq!(line, Line::Untried);
        line.set(None);
        assert_eq!(line, Line::NoServer);
        line.set(Some("https://truc.example"));
        assert_eq!(line, Line::Untried);
    }

    #[test]
    fn wedged_items_are_never_hidden_by_a_good_line() {
        let line = Line::Good { at: Timestamp::UNIX_EPOCH, found: Found::default() };
        let counts = Counts { outbox_wedged: 2, outbox_waiting: 5, ..Counts::default() };
        assert_eq!(line.told(Some(&counts)).2, Tone::Bad);
        // What cannot be fetched needs a decision as what cannot be sent.
        let counts = Counts { outbox_wedged: 1, unfetched: 2, ..Counts::default() };
        assert!(line.told(Some(&counts)).0.contains('3'));
        let counts = Counts { unfetched: 1, ..Counts::default() };
        assert_eq!(line.told(Some(&counts)).2, Tone::Bad);
        let counts = Counts { outbox_waiting: 5, ..Counts::default() };
        assert_eq!(line.told(Some(&counts)).1, Icon::Clock);
    }

    #[test]
    fn a_pause_and_a_wrong_clock_are_told() {
        let mut line = Line::Untried;
        let now = Timestamp::UNIX_EPOCH;
        let skewed = |seconds| SyncReport {
            skew: Some(jiff::SignedDuration::from_secs(seconds)),
            ..SyncReport::default()
        };
        line.synced(&Ok(skewed(-50)), now);
        assert_eq!(line.told(None).2, Tone::Good);
        line.synced(&Ok(skewed(-600)), now);
        assert_eq!(line.told(None).2, Tone::Warn);
        assert!(line.told(None).0.contains("10"));
        line.synced(&Ok(SyncReport { paused: true, ..SyncReport::default() }), now);
        assert_eq!((line.told(None).1, line.last()), (Icon::Hourglass, Some(now)));
    }
}
