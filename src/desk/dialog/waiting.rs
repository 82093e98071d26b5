//! Documents that were signed without a line and wait for one, so that their signatures are
//! made to last: time stamps and proofs of validity.

use std::sync::Arc;

use futures::channel::mpsc;
use iced::widget::{column, container, progress_bar, row};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame};
use crate::desk::document::local_time;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::office::batch::Cancel;
use crate::office::{AwaitingExtension, ExtensionReport};
use crate::{i18n, t};

#[derive(Debug)]
pub struct Waiting {
    rows: Option<Vec<AwaitingExtension>>,
    may: bool,
    /// How many of how many are done.
    progress: (u32, u32),
    cancel: Cancel,
    /// What the last run came to.
    ended: Option<ExtensionReport>,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Vec<AwaitingExtension>, Problem>),
    Submit,
    Progress(u32, u32),
    Ended(Result<ExtensionReport, Problem>),
    Cancel,
    Close,
}

impl Waiting {
    /// `may`: whether the person here may extend by hand.
    pub fn new(may: bool, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self {
            rows: None,
            may,
            progress: (0, 0),
            cancel: Cancel::default(),
            ended: None,
            stage: Stage::Asking,
        };
        (dialog, fetch(door))
    }

    fn is_ready(&self) -> bool {
        let some = self.rows.as_ref().is_some_and(|rows| !rows.is_empty());
        self.may && some && !self.stage.is_busy()
    }

    /// How far the run is, or what it came to.
    fn run_view(&self) -> Option<Element<'_, Message>> {
        if self.stage.is_busy() {
            let (done, all) = self.progress;
            let stopping = self.cancel.is_cancelled();
            let label = if stopping { t!("desk-batch-stopping") } else { t!("desk-batch-stop") };
            let stop = press(None, label, Weight::Plain, (!stopping).then_some(Message::Cancel));
            let words = t!("desk-waiting-running", done = done, all = all);
            let bar = progress_bar(0.0..=all.max(1) as f32, done as f32).girth(10);
            return Some(
                column![row![text(words).size(size::BODY).width(Fill), stop].align_y(Center), bar]
                    .spacing(space::XS)
                    .into(),
            );
        }
        let report = self.ended.as_ref()?;
        let (extended, waiting) = (report.extended, report.waiting);
        let said = t!("desk-done-extend", extended = extended, waiting = waiting);
        Some(text(said).font(BOLD).size(size::BODY).into())
    }
}

impl Modal for Waiting {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok(rows)) => self.rows = Some(rows),
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Submit if self.is_ready() => {
                self.stage = Stage::Busy;
                self.cancel = Cancel::default();
                (self.progress, self.ended) = ((0, 0), None);
                return Step::Run(run(self.cancel.clone(), door));
            }
            Message::Submit => {}
            Message::Progress(done, all) => self.progress = (done, all),
            Message::Ended(answer) => {
                self.stage = match answer {
                    Ok(report) => {
                        // Each document says by itself what its last try came to.
                        let problem = report.problem.clone().filter(|_| report.extended == 0);
                        self.ended = Some(report);
                        problem.map_or(Stage::Asking, Stage::Failed)
                    }
                    Err(problem) => Stage::Failed(problem),
                };
                return Step::Changed(fetch(door));
            }
            Message::Cancel => self.cancel.cancel(),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.update(Message::Submit, door),
            _ => Step::None,
        }
    }

    fn view(&self) -> Element<'_, Message> {
        let rows: Element<'_, Message> = match &self.rows {
            None => text(t!("desk-loading")).size(size::BODY).into(),
            Some(rows) if rows.is_empty() => text(t!("desk-waiting-none")).size(size::BODY).into(),
            Some(rows) => column(rows.iter().map(line)).spacing(space::S).into(),
        };
        let body =
            column![text(t!("desk-waiting-means")).size(size::BODY).color(theme::INK_SOFT), rows]
                .push(self.run_view())
                .spacing(space::M);
        frame(Frame {
            icon: Icon::History,
            title: t!("desk-waiting"),
            width: 860.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: self.may.then(|| {
                let submit = self.is_ready().then_some(Message::Submit);
                (format!("{} (Ctrl+Enter)", t!("desk-waiting-go")), Weight::Primary, submit)
            }),
            close: Message::Close,
        })
    }
}

/// Extends on a thread of its own and tells how far it is.
fn run(cancel: Cancel, door: &Arc<dyn Door>) -> Task<Message> {
    let (tell, told) = mpsc::unbounded();
    let door = Arc::clone(door);
    let work = crate::desk::ask(move || {
        let mut progress = |done, all| {
            // Whoever closed the window hears nothing more; the work goes on.
            let _ = tell.unbounded_send(Message::Progress(done, all));
        };
        door.extend_waiting(&mut progress, &cancel)
    });
    Task::batch([Task::run(told, |progress| progress), Task::perform(work, Message::Ended)])
}

fn fetch(door: &Arc<dyn Door>) -> Task<Message> {
    let door = Arc::clone(door);
    Task::perform(crate::desk::ask(move || door.awaiting_extension()), Message::Fetched)
}

fn line(waiting: &AwaitingExtension) -> Element<'_, Message> {
    let levels = format!("{} → {}", waiting.level.name(), waiting.wanted.name());
    let caption = |words: String| text(words).size(size::CAPTION).color(theme::INK_SOFT);
    let tried = match (waiting.tries, waiting.last_attempt) {
        (0, _) | (_, None) => t!("desk-waiting-untried"),
        (tries, Some(at)) => t!("desk-waiting-tried", tries = tries, time = local_time(at)),
    };
    let problem = waiting.last_problem.as_ref().map(|problem| {
        row![
            tinted(Icon::Warning, Tone::Warn.ink()).size(size::CAPTION),
            text(problem).size(size::CAPTION).color(Tone::Warn.ink()).width(Fill)
        ]
        .spacing(space::XS)
    });
    let renew =
        waiting.renew_before.map(|at| caption(t!("desk-waiting-renew", time = local_time(at))));
    container(
        column![
            row![
                text(&waiting.code).font(BOLD).size(size::BODY).width(Fill),
                badge(Icon::Clock, levels, Tone::Info)
            ]
            .spacing(space::S)
            .align_y(Center),
            text(&waiting.subject).size(size::BODY),
            caption(t!(
                "desk-waiting-file",
                what = i18n::tr(&format!("desk-waiting-{}", waiting.what.key())),
                file = waiting.file.name
            )),
            caption(tried),
        ]
        .push(renew)
        .push(problem)
        .spacing(2.0),
    )
    .padding(space::S)
    .width(Fill)
    .style(theme::framed)
    .into()
}
