//! Files that are brought: packets and PDF files from a stick or a mail, one after the other,
//! and what became of each.

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::{column, container, progress_bar, row, scrollable};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::door::Door;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::i18n::tell;
use crate::office::Imported;
use crate::t;

#[derive(Debug)]
pub struct Bring {
    rows: Vec<Row>,
    /// Nothing more is begun.
    stopped: bool,
    stage: Stage,
}

#[derive(Debug)]
struct Row {
    path: PathBuf,
    name: String,
    fate: Fate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Waiting,
    Doing,
    /// What it became, and how many documents it may be the same as.
    Came(Imported, usize),
    Refused(Problem),
}

#[derive(Debug, Clone)]
pub enum Message {
    Browse,
    Browsed(Vec<PathBuf>),
    Brought(usize, Result<(Imported, usize), Problem>),
    Stop,
    Show(DocumentKey),
    Close,
}

impl Bring {
    /// Begins with the files at hand; without any the system's dialog asks for them.
    pub fn new(paths: Vec<PathBuf>, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let mut dialog = Self { rows: Vec::new(), stopped: false, stage: Stage::Asking };
        let task = if paths.is_empty() { browse() } else { dialog.add(paths, door) };
        (dialog, task)
    }

    /// More files, dropped on the window or chosen.
    pub fn add(&mut self, paths: Vec<PathBuf>, door: &Arc<dyn Door>) -> Task<Message> {
        for path in paths {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.rows.push(Row { path, name, fate: Fate::Waiting });
        }
        self.stopped = false;
        if self.stage.is_busy() { Task::none() } else { self.next(door) }
    }

    /// Begins with the next file, if there is one.
    fn next(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let waiting = self.rows.iter().position(|row| row.fate == Fate::Waiting);
        let Some((index, row)) =
            waiting.filter(|_| !self.stopped).and_then(|at| Some((at, self.rows.get_mut(at)?)))
        else {
            self.stage = Stage::Asking;
            return Task::none();
        };
        row.fate = Fate::Doing;
        self.stage = Stage::Busy;
        let (path, door) = (row.path.clone(), Arc::clone(door));
        let work = crate::desk::ask(move || {
            let imported = door.import_file(&path)?;
            let twins = match &imported {
                Imported::Document(key) => door.duplicates(*key)?.len(),
                _ => 0,
            };
            Ok((imported, twins))
        });
        Task::perform(work, move |answer| Message::Brought(index, answer))
    }
}

impl Modal for Bring {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Browse => return Step::Run(browse()),
            Message::Browsed(paths) if paths.is_empty() && self.rows.is_empty() => {
                return Step::Close;
            }
            Message::Browsed(paths) => return Step::Run(self.add(paths, door)),
            Message::Brought(index, answer) => {
                if let Some(row) = self.rows.get_mut(index) {
                    row.fate = match answer {
                        Ok((Imported::Quarantined(problem), _)) | Err(problem) => {
                            tracing::info!(file = row.name, %problem, "a file was refused");
                            Fate::Refused(problem)
                        }
                        Ok((imported, twins)) => Fate::Came(imported, twins),
                    };
                }
                let next = self.next(door);
                return if self.stage.is_busy() {
                    Step::Run(next)
                } else {
                    Step::Changed(Task::none())
                };
            }
            Message::Stop => self.stopped = true,
            Message::Show(key) => return Step::Show(key),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn dropped(&mut self, path: PathBuf, door: &Arc<dyn Door>) -> Step<Message> {
        Step::Run(self.add(vec![path], door))
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let done = self.rows.iter().filter(|row| !matches!(row.fate, Fate::Waiting | Fate::Doing));
        let (done, all) = (done.count(), self.rows.len());
        let rows = self.rows.iter().map(Row::view);
        let stop = busy.then(|| {
            let label =
                if self.stopped { t!("desk-batch-stopping") } else { t!("desk-batch-stop") };
            press(None, label, Weight::Plain, (!self.stopped).then_some(Message::Stop))
        });
        let more = (!busy).then(|| {
            press(Some(Icon::Folder), t!("desk-bring-more"), Weight::Plain, Some(Message::Browse))
        });
        let head =
            row![text(t!("desk-bring-count", done = done, all = all)).size(size::BODY).width(Fill)]
                .push(stop)
                .push(more)
                .spacing(space::S)
                .align_y(Center);
        let bar = (busy || done < all)
            .then(|| progress_bar(0.0..=(all.max(1) as f32), done as f32).girth(8));
        let list = container(
            scrollable(column(rows).spacing(space::S).padding(space::S).width(Fill))
                .height(380)
                .style(theme::scroll),
        )
        .style(theme::framed);
        let body =
            column![text(t!("desk-bring-means")).size(size::BODY).color(theme::INK_SOFT), head]
                .push(bar)
                .push(list)
                .spacing(space::M);
        frame(Frame {
            icon: Icon::Inbox,
            title: t!("desk-bring"),
            width: 860.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: None,
            close: Message::Close,
        })
    }
}

impl Row {
    fn view(&self) -> Element<'_, Message> {
        let (icon, tone, said, next) = match &self.fate {
            Fate::Waiting => (Icon::Clock, Tone::Neutral, t!("desk-bring-waiting"), None),
            Fate::Doing => (Icon::Loader, Tone::Info, t!("desk-bring-doing"), None),
            Fate::Came(Imported::Document(_), 0) => {
                (Icon::CheckCircle, Tone::Good, t!("desk-bring-document"), None)
            }
            Fate::Came(Imported::Document(_), _) => {
                (Icon::Warning, Tone::Warn, t!("desk-bring-twin"), None)
            }
            Fate::Came(Imported::Duplicate(_), _) => {
                (Icon::Info, Tone::Info, t!("desk-bring-duplicate"), None)
            }
            Fate::Came(Imported::Joined(_), _) => {
                (Icon::CheckCircle, Tone::Good, t!("desk-bring-joined"), None)
            }
            Fate::Came(Imported::Status | Imported::Quarantined(_), _) => {
                (Icon::Check, Tone::Good, t!("desk-bring-status"), None)
            }
            Fate::Refused(problem) => {
                let told = tell(problem);
                (Icon::Ban, Tone::Bad, told.what, Some(format!("{} {}", told.kept, told.next)))
            }
        };
        let show = match &self.fate {
            Fate::Came(
                Imported::Document(key) | Imported::Duplicate(key) | Imported::Joined(key),
                _,
            ) => Some(press(None, t!("desk-bring-show"), Weight::Quiet, Some(Message::Show(*key)))),
            _ => None,
        };
        let words = column![
            text(&self.name).font(BOLD).size(size::BODY),
            text(said).size(size::CAPTION).color(tone.ink())
        ]
        .push(next.map(|next| text(next).size(size::CAPTION).color(theme::INK_SOFT)));
        row![tinted(icon, tone.ink()), words.width(Fill)]
            .push(show)
            .spacing(space::S)
            .align_y(Center)
            .into()
    }
}

/// The system's dialog, for packets and PDF files.
fn browse() -> Task<Message> {
    let chosen = async {
        let dialog = rfd::AsyncFileDialog::new()
            .add_filter("edXML, PDF", &["edxml", "EDXML", "xml", "pdf", "PDF"]);
        let files = dialog.pick_files().await.unwrap_or_default();
        files.into_iter().map(|file| file.path().to_owned()).collect()
    };
    Task::perform(chosen, Message::Browsed)
}
