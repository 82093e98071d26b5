//! One decision on the documents that were marked: how many is asked first, each one's fate
//! shows as it falls, and whoever stops loses nothing that is done.

use std::sync::Arc;

use futures::channel::mpsc;
use iced::widget::{Space, column, container, progress_bar, row, scrollable};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::deeds::Deed;
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::i18n::tell;
use crate::office::Assigning;
use crate::office::batch::{Cancel, Fate};
use crate::office::many::{Decision, Fates};
use crate::t;

#[derive(Debug)]
pub struct Many {
    deed: Deed,
    decision: Decision,
    /// In the order of arrival.
    lines: Vec<Line>,
    cancel: Cancel,
    finished: usize,
    /// All have found their fate.
    ended: bool,
    stage: Stage,
}

#[derive(Debug)]
struct Line {
    key: DocumentKey,
    about: String,
    fate: Option<Fate<String>>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Submit,
    /// One document's fate; its place in the order.
    Fell(usize, Fate<String>),
    Ended(Result<Fates, Problem>),
    Cancel,
    Close,
}

impl Many {
    /// `None` where the deed is none that is done to many at once without more to be said.
    pub fn new(deed: Deed, documents: &[Document]) -> Option<Self> {
        let decision = match deed {
            Deed::Accept => Decision::Accept,
            Deed::Register => Decision::Register,
            _ => return None,
        };
        Some(Self::deciding(deed, decision, documents))
    }

    /// Gives all of them to the same people, at once: that was asked before.
    pub fn assigning(
        given: Assigning,
        documents: &[Document],
        door: &Arc<dyn Door>,
    ) -> (Self, Task<Message>) {
        let mut dialog = Self::deciding(Deed::Assign, Decision::Assign(given), documents);
        let task = match dialog.submit(door) {
            Step::Run(task) => task,
            _ => Task::none(),
        };
        (dialog, task)
    }

    fn deciding(deed: Deed, decision: Decision, documents: &[Document]) -> Self {
        let mut ordered: Vec<&Document> = documents.iter().collect();
        // As the office will take them.
        ordered.sort_by_key(|document| (document.when(), document.key()));
        let line = |document: &&Document| Line {
            key: document.key(),
            about: super::about(document),
            fate: None,
        };
        Self {
            deed,
            decision,
            lines: ordered.iter().map(line).collect(),
            cancel: Cancel::default(),
            finished: 0,
            ended: false,
            stage: Stage::Asking,
        }
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        if self.stage.is_busy() || self.ended {
            return Step::None;
        }
        self.stage = Stage::Busy;
        self.finished = 0;
        let keys: Vec<DocumentKey> = self.lines.iter().map(|line| line.key).collect();
        let (decision, cancel, door) =
            (self.decision.clone(), self.cancel.clone(), Arc::clone(door));
        let (say, said) = mpsc::unbounded();
        let work = crate::desk::ask(move || {
            door.decide_many(&keys, &decision, &cancel, &move |progress| {
                // Whoever closed the window hears nothing more; the work goes on.
                let fell = Message::Fell(progress.index, progress.fate.clone());
                let _ = say.unbounded_send(fell);
            })
        });
        // The fates come first: the work holds the only sender until it ends.
        Step::Run(Task::batch([Task::run(said, |fell| fell), Task::perform(work, Message::Ended)]))
    }

    fn progress(&self, busy: bool) -> Element<'_, Message> {
        let total = self.lines.len();
        let fates = || self.lines.iter().filter_map(|line| line.fate.as_ref());
        let done = fates().filter(|fate| fate.done().is_some()).count();
        let said = t!("desk-many-ended", done = done, total = total);
        let stop = busy.then(|| {
            let stopping = self.cancel.is_cancelled();
            let label = if stopping { t!("desk-batch-stopping") } else { t!("desk-batch-stop") };
            press(None, label, Weight::Plain, (!stopping).then_some(Message::Cancel))
        });
        let bar = progress_bar(0.0..=total.max(1) as f32, self.finished as f32).girth(10);
        column![text(said).font(BOLD).size(size::BODY), bar].push(stop).spacing(space::S).into()
    }
}

impl Modal for Many {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Submit => return self.submit(door),
            Message::Fell(index, fate) => {
                self.finished += 1;
                if let Some(line) = self.lines.get_mut(index) {
                    line.fate = Some(fate);
                }
            }
            Message::Ended(Ok(fates)) => {
                for (key, fate) in fates {
                    if let Some(line) = self.lines.iter_mut().find(|line| line.key == key) {
                        line.fate = Some(fate);
                    }
                }
                self.stage = Stage::Asking;
                self.ended = true;
                return Step::Changed(Task::none());
            }
            Message::Ended(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Cancel => self.cancel.cancel(),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm | Command::Open if self.ended => Step::Close,
            Command::Confirm | Command::Open => self.submit(door),
            _ => Step::None,
        }
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let count = self.lines.len();
        let asks = match self.deed {
            Deed::Register => t!("desk-many-register", count = count),
            Deed::Assign => t!("desk-many-assign", count = count),
            _ => t!("desk-many-accept", count = count),
        };
        let lines = self.lines.iter().map(|line| {
            column![text(&line.about).size(size::BODY)]
                .push(line.fate.as_ref().map(|one| fate(self.deed, one)))
                .spacing(2.0)
                .into()
        });
        let list = container(
            scrollable(column(lines).spacing(space::S).padding(space::S).width(Fill))
                .height(320)
                .style(theme::scroll),
        )
        .style(theme::framed);
        let body = column![text(asks).font(BOLD).size(size::BODY), list]
            .push((busy || self.ended).then(|| self.progress(busy)))
            .spacing(space::M);
        let go = (!self.ended).then(|| {
            let label = format!("{} (Enter)", t!(self.deed.key()));
            (label, Weight::Primary, (!busy).then_some(Message::Submit))
        });
        frame(Frame {
            icon: self.deed.icon(),
            title: t!("desk-many"),
            width: 760.0,
            body: body.into(),
            stage: Some(&self.stage),
            go,
            close: Message::Close,
        })
    }
}

fn fate<'a>(deed: Deed, fate: &Fate<String>) -> Element<'a, Message> {
    let (icon, tone, words) = match fate {
        Fate::Done(due) if !due.is_empty() && deed == Deed::Assign => {
            (Icon::CheckCircle, Tone::Good, t!("desk-many-due", due = due))
        }
        Fate::Done(number) if !number.is_empty() => {
            (Icon::CheckCircle, Tone::Good, t!("desk-many-number", number = number))
        }
        Fate::Done(_) => (Icon::CheckCircle, Tone::Good, t!("desk-many-done")),
        Fate::Failed(problem) => (Icon::Warning, Tone::Bad, tell(problem).what),
        Fate::NotTried(problem) => (Icon::Clock, Tone::Warn, tell(problem).what),
    };
    row![
        Space::new().width(12),
        tinted(icon, tone.ink()).size(size::CAPTION),
        text(words).size(size::CAPTION).color(tone.ink()).width(Fill)
    ]
    .spacing(space::XS)
    .align_y(Center)
    .into()
}
