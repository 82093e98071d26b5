//! Notices at the lower right: problems stay until they are read, good news goes by itself.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use iced::widget::{column, container, row};
use iced::{Center, Fill, Task};
use uuid::Uuid;

use crate::desk::theme::{self, Tone, Weight, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::told::sentences;
use crate::desk::widget::{Element, text};
use crate::domain::problem::{Kind, Problem};
use crate::t;

const GOOD_NEWS_LASTS: Duration = Duration::from_secs(6);
/// Long enough to see the mistake and reach for the mouse.
const UNDOABLE_LASTS: Duration = Duration::from_secs(15);
/// More would cover the window.
const MOST: usize = 3;

#[derive(Debug, Default)]
pub struct Notices {
    shown: Vec<(u64, Notice)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Good(String),
    /// Good news of a decision that can be taken back.
    Undoable(String),
    /// An error in a document that somebody reported to the person here; stays until read.
    Report(Uuid, String),
    /// Nothing has gone wrong yet.
    Warning(String),
    Trouble(Problem),
}

#[derive(Debug, Clone)]
pub enum Message {
    Dismiss(u64),
    /// Take back what this one told of.
    Undo(u64),
    /// The report in it was read.
    Read(u64, Uuid),
}

impl Notices {
    pub fn add(&mut self, notice: Notice) -> Task<Message> {
        // The same trouble again (each minute's synchronisation) is one notice, and of good
        // news only the newest is.
        let is_good = |notice: &Notice| matches!(notice, Notice::Good(_) | Notice::Undoable(_));
        let good = is_good(&notice);
        self.shown.retain(|(_, shown)| *shown != notice && !(good && is_good(shown)));
        let lasts = match notice {
            Notice::Undoable(_) => UNDOABLE_LASTS,
            _ => GOOD_NEWS_LASTS,
        };
        let id = fresh();
        self.shown.push((id, notice));
        if self.shown.len() > MOST {
            drop(self.shown.remove(0));
        }
        if good {
            Task::perform(crate::desk::after(lasts), move |()| Message::Dismiss(id))
        } else {
            Task::none()
        }
    }

    pub fn update(&mut self, message: Message) {
        match message {
            Message::Dismiss(id) | Message::Undo(id) | Message::Read(id, _) => {
                self.shown.retain(|(shown, _)| *shown != id)
            }
        }
    }

    /// Takes away the newest; whether there was one.
    pub fn dismiss_newest(&mut self) -> bool {
        self.shown.pop().is_some()
    }

    pub fn newest(&self) -> Option<&Notice> {
        self.shown.last().map(|(_, notice)| notice)
    }

    /// Nothing at all when there is nothing to say, so that it covers nothing.
    pub fn view(&self) -> Option<Element<'_, Message>> {
        if self.shown.is_empty() {
            return None;
        }
        let cards = self.shown.iter().map(|(id, notice)| card(*id, notice));
        let stack = column(cards).spacing(space::S).width(440);
        Some(
            container(stack)
                .padding(iced::Padding::new(space::L).bottom(space::XL + space::XL))
                .align_right(Fill)
                .align_bottom(Fill)
                .into(),
        )
    }
}

/// No number is given twice while the program runs: the end of what was told to whoever sat here
/// before must not take away what is told to the next.
fn fresh() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn card(id: u64, notice: &Notice) -> Element<'_, Message> {
    let (tone, icon, words): (_, _, Element<'_, Message>) = match notice {
        Notice::Good(said) => {
            (Tone::Good, Icon::CheckCircle, text(said).size(size::BODY).width(Fill).into())
        }
        Notice::Undoable(said) => {
            let undo = press(
                Some(Icon::Undo),
                format!("{} (Ctrl+Z)", t!("desk-undo")),
                Weight::Plain,
                Some(Message::Undo(id)),
            );
            let words = row![text(said).size(size::BODY).width(Fill), undo].spacing(space::S);
            (Tone::Good, Icon::CheckCircle, words.align_y(Center).into())
        }
        Notice::Report(report, said) => {
            let read = press(
                Some(Icon::Check),
                t!("desk-report-read"),
                Weight::Plain,
                Some(Message::Read(id, *report)),
            );
            let words = column![text(said).size(size::BODY).width(Fill), read].spacing(space::XS);
            (Tone::Warn, Icon::Flag, words.into())
        }
        Notice::Warning(said) => {
            (Tone::Warn, Icon::Warning, text(said).size(size::BODY).width(Fill).into())
        }
        Notice::Trouble(problem) => {
            let tone = if problem.kind == Kind::Unavailable { Tone::Warn } else { Tone::Bad };
            (tone, Icon::Warning, sentences(problem))
        }
    };
    container(
        row![
            tinted(icon, tone.ink()).size(size::HEADLINE),
            words,
            tool(Icon::Cross, t!("desk-dismiss"), Some(Message::Dismiss(id)))
        ]
        .spacing(space::S)
        .align_y(Center),
    )
    .padding([space::S, space::M])
    .style(theme::toned(tone))
    .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::problem::Blame;

    fn trouble(code: &'static str) -> Notice {
        Notice::Trouble(Problem::new(code, Kind::Unavailable, Blame::Server))
    }

    #[test]
    fn the_same_trouble_is_said_once_and_few_are_shown() {
        let mut notices = Notices::default();
        for _ in 0..5 {
            drop(notices.add(trouble("desk-broken-call")));
        }
        assert_eq!(notices.shown.len(), 1);
        for code in ["a", "b", "c", "d"] {
            drop(notices.add(trouble(code)));
        }
        assert_eq!(notices.shown.len(), MOST);
        assert_eq!(notices.newest(), Some(&trouble("d")));
        assert!(notices.dismiss_newest());
        assert_eq!(notices.newest(), Some(&trouble("c")));
    }

    #[test]
    fn what_the_one_before_was_told_takes_nothing_from_the_next() {
        let mut before = Notices::default();
        drop(before.add(Notice::Good("Đã lưu".to_owned())));
        let ended: Vec<u64> = before.shown.iter().map(|(id, _)| *id).collect();
        let mut next = Notices::default();
        drop(next.add(Notice::Warning("Dự thảo đã đến bạn".to_owned())));
        ended.into_iter().for_each(|id| next.update(Message::Dismiss(id)));
        assert_eq!(next.shown.len(), 1);
    }
}
