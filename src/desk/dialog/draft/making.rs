//! A DOCX or ODT file on its way to the PDF that is signed: made, compared, looked at.

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::{Space, column, container, row};
use iced::{Center, Fill, Task};

use super::files;
use crate::desk::dialog::leaf::{self, Leaf};
use crate::desk::door::Door;
use crate::desk::easel::Easel;
use crate::desk::theme::{self, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::tick::tick;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::office::convert::sameness::Difference;
use crate::office::convert::{Conversion, is_text_document};
use crate::office::{MadeOf, MainFile};
use crate::pdf::render::Cancel;
use crate::t;

/// Width of the page and height of its room, in logical pixels.
const PAGE: (f32, f32) = (300.0, 210.0);
/// Differences that are listed; more are counted.
const LISTED: usize = 6;

/// How far it is.
#[derive(Debug, Default)]
pub enum Making {
    #[default]
    Nothing,
    Running {
        path: String,
        cancel: Cancel,
    },
    Failed(String, Problem),
    Made(Box<Made>),
}

/// A PDF that was made, and what it was made of.
#[derive(Debug)]
pub struct Made {
    path: String,
    converted: Arc<Converted>,
    /// Somebody has looked at the differences.
    accepted: bool,
    leaf: Leaf,
}

/// A text document with its PDF.
#[derive(Debug)]
pub struct Converted {
    pub name: String,
    pub source: Vec<u8>,
    pub conversion: Conversion,
}

#[derive(Debug, Clone)]
pub enum Message {
    Stop,
    Converted(String, Result<Arc<Converted>, Problem>),
    Accept(bool),
    Leaf(leaf::Message),
}

impl Making {
    /// Whether `path` is to be made a PDF of and is not, or not yet.
    pub fn is_needed(&self, path: &str) -> bool {
        is_text_document(path)
            && !matches!(self, Self::Made(made) if made.path == path)
            && !self.runs_for(path)
    }

    pub fn runs_for(&self, wanted: &str) -> bool {
        matches!(self, Self::Running { path, .. } if path == wanted)
    }

    /// The PDF made of `path`, once it may be used.
    pub fn made(&self, path: &str) -> Option<&Converted> {
        match self {
            Self::Made(made) if made.path == path && made.may_be_used() => Some(&made.converted),
            _ => None,
        }
    }

    /// It was made, differs, and nobody has said that it is right so.
    pub fn waits_for_a_look(&self, path: &str) -> bool {
        matches!(self, Self::Made(made) if made.path == path && !made.may_be_used())
    }

    /// Begins; what was under way for another file ends.
    pub fn begin(&mut self, path: &str, door: &Arc<dyn Door>) -> Task<Message> {
        self.stop();
        let cancel = Cancel::new();
        *self = Self::Running { path: path.to_owned(), cancel: cancel.clone() };
        let (door, file, path) = (Arc::clone(door), PathBuf::from(path), path.to_owned());
        let work = crate::desk::ask(move || {
            let (name, source) = (files::name(&file), files::bytes(&file)?);
            let conversion = door.convert(&name, &source, &cancel)?;
            Ok(Arc::new(Converted { name, source, conversion }))
        });
        Task::perform(work, move |answer| Message::Converted(path.clone(), answer))
    }

    pub fn stop(&mut self) {
        if let Self::Running { cancel, .. } = self {
            cancel.cancel();
            *self = Self::Nothing;
        }
    }

    pub fn update(&mut self, message: Message, easel: &Arc<dyn Easel>) -> Task<Message> {
        match message {
            Message::Stop => self.stop(),
            Message::Converted(path, answer) if self.runs_for(&path) => match answer {
                Ok(converted) => {
                    let pdf = Arc::clone(&converted.conversion.pdf);
                    let (leaf, task) = Leaf::new(easel, PAGE, move || Ok(pdf));
                    let made = Made { path, converted, accepted: false, leaf };
                    *self = Self::Made(Box::new(made));
                    return task.map(Message::Leaf);
                }
                Err(problem) => *self = Self::Failed(path, problem),
            },
            Message::Converted(..) => {}
            Message::Accept(accepted) => {
                if let Self::Made(made) = self {
                    made.accepted = accepted;
                }
            }
            Message::Leaf(message) => {
                if let Self::Made(made) = self {
                    return made.leaf.update(message).map(Message::Leaf);
                }
            }
        }
        Task::none()
    }

    /// What there is to say about `path`; nothing for a PDF.
    pub fn view(&self, path: &str) -> Option<Element<'_, Message>> {
        match self {
            Self::Running { path: of, .. } if of == path => Some(
                row![
                    tinted(Icon::Hourglass, theme::INK_SOFT),
                    text(t!("desk-making")).size(size::BODY).width(Fill),
                    press(None, t!("desk-making-stop"), Weight::Quiet, Some(Message::Stop)),
                ]
                .spacing(space::S)
                .align_y(Center)
                .into(),
            ),
            Self::Failed(of, problem) if of == path => Some(told(problem)),
            Self::Made(made) if made.path == path => Some(made.view()),
            _ => None,
        }
    }
}

impl Drop for Making {
    fn drop(&mut self) {
        if let Self::Running { cancel, .. } = self {
            cancel.cancel();
        }
    }
}

impl Made {
    fn may_be_used(&self) -> bool {
        self.accepted || self.converted.conversion.sameness.is_same()
    }

    fn view(&self) -> Element<'_, Message> {
        let Conversion { pages, by, sameness, .. } = &self.converted.conversion;
        let (which, said, tone) = match sameness.is_same() {
            true => (Icon::Check, t!("desk-making-same", words = sameness.words), Tone::Good),
            false => {
                let count = sameness.differences();
                (Icon::Warning, t!("desk-making-differs", count = count), Tone::Warn)
            }
        };
        let about = text(t!("desk-making-about", by = by, pages = pages))
            .size(size::CAPTION)
            .color(theme::INK_SOFT);
        let missing = sameness.missing.iter().map(|one| (one, Tone::Bad));
        let added = sameness.added.iter().map(|one| (one, Tone::Good));
        let listed = missing.chain(added).take(LISTED).map(|(one, tone)| difference(one, tone));
        let rest = sameness.differences().saturating_sub(LISTED);
        let rest =
            (rest > 0).then(|| text(t!("desk-making-more", count = rest)).size(size::CAPTION));
        let accept = (!sameness.is_same())
            .then(|| tick(t!("desk-making-accept"), self.accepted, Some(Message::Accept)));
        column![row![badge(which, said, tone), Space::new().width(Fill)], about]
            .extend(listed)
            .push(rest)
            .push(accept)
            .push(self.leaf.view(Vec::new(), false, None).map(Message::Leaf))
            .spacing(space::XS)
            .into()
    }
}

/// A difference with what stands around it.
fn difference<'a>(one: &Difference, tone: Tone) -> Element<'a, Message> {
    let what = match tone {
        Tone::Bad => t!("desk-making-missing"),
        _ => t!("desk-making-added"),
    };
    let line = |text: &str| text.replace('\n', " ");
    let said =
        format!("{what}: … {} [{}] {} …", line(&one.before), line(&one.text), line(&one.after));
    container(text(said).size(size::CAPTION))
        .padding([1.0, space::XS])
        .style(theme::toned(tone))
        .into()
}

/// What a form's file is to the office: the PDF itself, or the one that was made of it.
pub fn main_file(path: &std::path::Path, made: Option<&Converted>) -> Result<MainFile, Problem> {
    Ok(match made {
        // It is not to be had before somebody has looked at what differs.
        Some(Converted { name, source, conversion }) => MainFile {
            name: std::path::Path::new(name).with_extension("pdf").display().to_string(),
            pdf: conversion.pdf.to_vec(),
            source: Some(MadeOf {
                name: name.clone(),
                bytes: source.clone(),
                accepted: !conversion.sameness.is_same(),
            }),
        },
        None => MainFile { name: files::name(path), pdf: files::bytes(path)?, source: None },
    })
}
