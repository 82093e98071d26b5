//! Writing the book to a file, off the window's thread, with its progress.

use std::path::PathBuf;
use std::sync::Arc;

use futures::channel::mpsc;
use iced::Task;

use super::{Books, Step};
use crate::desk::dialog::Stage;
use crate::desk::door::Door;
use crate::desk::viewer;
use crate::domain::problem::Problem;
use crate::office::batch::Cancel;
use crate::office::book::{Export, Exported, Format, file_name};

/// An export under way.
#[derive(Debug)]
pub struct Running {
    pub cancel: Cancel,
    pub done: u64,
    pub total: u64,
}

/// A file that was written.
#[derive(Debug, Clone)]
pub struct Written {
    pub exported: Exported,
    pub format: Format,
}

#[derive(Debug, Clone)]
pub enum Message {
    /// Where it goes; `None` if nobody chose a place.
    Chosen(Format, Option<PathBuf>),
    Progress(u64, u64),
    Ended(Format, Result<Exported, Problem>),
    Cancel,
    /// Shows the written file with the program that the system has for it.
    Show,
    Shown(Result<(), Problem>),
}

impl Books {
    /// Asks where the file goes.
    pub(super) fn save(&mut self, format: Format) -> Step<super::Message> {
        if self.running.is_some() || self.filter().is_none() {
            return Step::None;
        }
        let name = file_name(self.output, &self.id(), format);
        let dialog = rfd::AsyncFileDialog::new()
            .set_file_name(name)
            .add_filter(format.ending(), &[format.ending()])
            .save_file();
        Step::Run(Task::perform(dialog, move |chosen| {
            let path = chosen.map(|file| file.path().to_owned());
            super::Message::Export(Message::Chosen(format, path))
        }))
    }

    pub(super) fn exported(
        &mut self,
        message: Message,
        door: &Arc<dyn Door>,
    ) -> Step<super::Message> {
        match message {
            Message::Chosen(_, None) => {}
            Message::Chosen(format, Some(path)) => return self.write(format, path, door),
            Message::Progress(done, total) => {
                if let Some(running) = &mut self.running {
                    (running.done, running.total) = (done, total);
                }
            }
            Message::Ended(format, answer) => {
                self.running = None;
                match answer {
                    Ok(exported) => {
                        tracing::info!(lines = exported.lines, "a register book was written");
                        self.written = Some(Written { exported, format });
                    }
                    Err(problem) if problem.code == "office-cancelled" => {}
                    Err(problem) => self.stage = Stage::Failed(problem),
                }
            }
            Message::Cancel => {
                if let Some(running) = &self.running {
                    running.cancel.cancel();
                }
            }
            Message::Show => {
                if let Some(written) = &self.written {
                    let path = written.exported.path.clone();
                    let show = crate::desk::ask(move || viewer::show(&path));
                    return Step::Run(Task::perform(show, |answer| {
                        super::Message::Export(Message::Shown(answer))
                    }));
                }
            }
            Message::Shown(Ok(())) => {}
            Message::Shown(Err(problem)) => self.stage = Stage::Failed(problem),
        }
        Step::None
    }

    fn write(
        &mut self,
        format: Format,
        path: PathBuf,
        door: &Arc<dyn Door>,
    ) -> Step<super::Message> {
        let Some(filter) = self.filter() else { return Step::None };
        let cancel = Cancel::default();
        self.running = Some(Running { cancel: cancel.clone(), done: 0, total: 0 });
        (self.written, self.stage) = (None, Stage::Asking);
        let export = Export { output: self.output, book: self.id(), filter, format, path };
        let door = Arc::clone(door);
        let (tell, told) = mpsc::unbounded();
        let work = crate::desk::ask(move || {
            door.export_book(&export, &cancel, &move |done, total| {
                let _ = tell.unbounded_send(Message::Progress(done, total));
            })
        });
        Step::Run(
            Task::batch([
                Task::run(told, |progress| progress),
                Task::perform(work, move |answer| Message::Ended(format, answer)),
            ])
            .map(super::Message::Export),
        )
    }
}

impl Drop for Running {
    /// Who closes the window waits for no file any more; what is half is removed.
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
