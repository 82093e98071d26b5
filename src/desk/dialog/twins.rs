//! A document beside one that it may be the same as: both first pages, both sets of fields,
//! and where they differ.

use std::sync::Arc;

use bytes::Bytes;
use iced::widget::image::{self, Image};
use iced::widget::{Space, column, container, row, text_editor};
use iced::{Center, Fill, Task};

use super::{Dialog, Frame, Modal, Stage, Step, frame, staged};
use crate::desk::deeds::Deed;
use crate::desk::document::{Document, day, local_time};
use crate::desk::door::Door;
use crate::desk::easel::{Easel, Picture};
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::{field, lines};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::document::DocumentKey;
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text::tidy;
use crate::office::duplicate::Duplicate;
use crate::office::labels;
use crate::t;

/// Width of a page in small, in logical pixels, and how much sharper it is drawn.
const SMALL: f32 = 190.0;
const SHARP: u32 = 2;

#[derive(Debug)]
pub struct Twins {
    own: Box<InboundDocument>,
    /// The oldest first; `None` until they are known.
    found: Option<Vec<Duplicate>>,
    /// Which of them is shown beside.
    at: usize,
    pictures: Vec<(DocumentKey, Option<image::Handle>)>,
    easel: Arc<dyn Easel>,
    may_register: bool,
    may_return: bool,
    reason: text_editor::Content,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Found(Result<Vec<Duplicate>, Problem>),
    Drawn(DocumentKey, Result<Picture, Problem>),
    /// Another of several.
    Beside(usize),
    Reason(text_editor::Action),
    Submit,
    Return,
    Show(DocumentKey),
    Close,
}

impl Twins {
    pub fn new(
        document: &InboundDocument,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let key = document.key;
        let asked = Arc::clone(door);
        let find = Task::perform(crate::desk::ask(move || asked.duplicates(key)), Message::Found);
        let dialog = Self {
            own: Box::new(document.clone()),
            found: None,
            at: 0,
            pictures: Vec::new(),
            easel: Arc::clone(easel),
            may_register: door.may(Act::RegisterInbound)
                && document.state.may_become(InboundState::Registered),
            may_return: door.may(Act::ReturnInbound)
                && document.state.may_become(InboundState::Returned),
            reason: text_editor::Content::new(),
            stage: Stage::Asking,
        };
        let draw = dialog.draw(key, door);
        (dialog, Task::batch([find, draw]))
    }

    fn draw(&self, key: DocumentKey, door: &Arc<dyn Door>) -> Task<Message> {
        let (door, easel) = (Arc::clone(door), Arc::clone(&self.easel));
        let work = crate::desk::ask(move || {
            easel.open(door.main_file(key)?)?.draw(0, SMALL as u32 * SHARP)
        });
        Task::perform(work, move |answer| Message::Drawn(key, answer))
    }

    fn beside(&self) -> Option<&Duplicate> {
        self.found.as_ref()?.get(self.at)
    }

    /// One of them is registered, so that registering wants a reason.
    fn is_registered(&self) -> bool {
        let mut found = self.found.iter().flatten();
        found.any(|found| found.document.registration.is_some() && !found.allowed)
    }

    fn order(&self) -> Option<Order> {
        let reason = tidy(&self.reason.text());
        let may = self.may_register && self.is_registered() && !self.stage.is_busy();
        (may && !reason.is_empty()).then(|| Order::RegisterDespite { key: self.own.key, reason })
    }

    fn both<'a>(&'a self, found: &'a [Duplicate], beside: &'a Duplicate) -> Element<'a, Message> {
        let others = (found.len() > 1).then(|| {
            let buttons = found.iter().enumerate().map(|(at, found)| {
                let weight = if at == self.at { Weight::Chosen } else { Weight::Quiet };
                press(None, named(&found.document), weight, Some(Message::Beside(at)))
            });
            row(buttons).spacing(space::XS).wrap()
        });
        let grounds = badge(Icon::Info, labels::grounds(&beside.grounds), Tone::Warn);
        let (own, other) = (facts(&self.own), facts(&beside.document));
        let rows = own.into_iter().zip(other).filter_map(|((name, own), (_, other))| {
            (!own.is_empty() || !other.is_empty()).then(|| compared(name, own, other))
        });
        let head = row![
            Space::new().width(22),
            Space::new().width(140),
            text(t!("desk-twins-this")).font(BOLD).size(size::BODY).width(Fill),
            text(t!("desk-twins-other")).font(BOLD).size(size::BODY).width(Fill),
        ]
        .spacing(space::S);
        let table = column![head, column(rows).spacing(space::XS)].spacing(space::S).width(Fill);
        let key = beside.document.key;
        let deeds = row![press(
            Some(Icon::FileText),
            t!("desk-twins-open"),
            Weight::Plain,
            Some(Message::Show(key))
        )]
        .push(self.may_return.then(|| {
            press(Some(Icon::Undo), t!("desk-deed-return"), Weight::Danger, Some(Message::Return))
        }))
        .spacing(space::S);
        let reason = (self.may_register && self.is_registered()).then(|| {
            field(
                t!("desk-twins-reason"),
                lines("twins-reason", &self.reason, 56.0).on_action(Message::Reason),
                None,
            )
        });
        column![text(t!("desk-twins-means")).size(size::BODY).color(theme::INK_SOFT)]
            .push(others)
            .push(grounds)
            .push(row![self.page(self.own.key), table, self.page(key)].spacing(space::L))
            .push(deeds)
            .push(reason)
            .spacing(space::M)
            .into()
    }

    fn page(&self, key: DocumentKey) -> Element<'_, Message> {
        let drawn = self.pictures.iter().find(|(known, _)| *known == key);
        let inner: Element<'_, Message> = match drawn {
            Some((_, Some(handle))) => Image::new(handle.clone()).width(SMALL).into(),
            Some((_, None)) => tinted(Icon::Warning, Tone::Warn.ink()).into(),
            None => tinted(Icon::Hourglass, theme::INK_SOFT).into(),
        };
        container(inner)
            .width(SMALL + 2.0)
            .height(SMALL * 1.42)
            .align_x(Center)
            .align_y(Center)
            .style(theme::framed)
            .into()
    }
}

impl Modal for Twins {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Found(Ok(found)) => {
                self.found = Some(found);
                return self.update(Message::Beside(0), door);
            }
            Message::Found(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Drawn(key, answer) => {
                let handle = answer.ok().map(|Picture { width, height, rgba }| {
                    image::Handle::from_rgba(width, height, Bytes::from_owner(rgba))
                });
                self.pictures.retain(|(known, _)| *known != key);
                self.pictures.push((key, handle));
            }
            Message::Beside(at) => {
                self.at = at;
                if let Some(key) = self.beside().map(|found| found.document.key)
                    && !self.pictures.iter().any(|(known, _)| *known == key)
                {
                    return Step::Run(self.draw(key, door));
                }
            }
            Message::Reason(action) if !self.stage.is_busy() => self.reason.perform(action),
            Message::Reason(_) => {}
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Return => {
                let document = Document::Inbound(self.own.clone());
                return Step::Open(Box::new(Dialog::reason(Deed::Return, &document, door)));
            }
            Message::Show(key) => return Step::Show(key),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        let count = self.found.as_ref().map_or(0, Vec::len);
        match command {
            Command::Confirm => self.update(Message::Submit, door),
            Command::Down if self.at + 1 < count => self.update(Message::Beside(self.at + 1), door),
            Command::Up if self.at > 0 => self.update(Message::Beside(self.at - 1), door),
            _ => Step::None,
        }
    }

    fn view(&self) -> Element<'_, Message> {
        let body: Element<'_, Message> = match (&self.found, self.beside()) {
            (None, _) => text(t!("desk-loading")).size(size::BODY).into(),
            (Some(_), None) => text(t!("desk-twins-none")).size(size::BODY).into(),
            (Some(found), Some(beside)) => self.both(found, beside),
        };
        let go = (self.may_register && self.is_registered()).then(|| {
            let label = format!("{} (Ctrl+Enter)", t!("desk-twins-register"));
            (label, Weight::Primary, self.order().map(|_| Message::Submit))
        });
        frame(Frame {
            icon: Icon::FilePlus,
            title: t!("desk-twins"),
            width: 1180.0,
            body,
            stage: Some(&self.stage),
            go,
            close: Message::Close,
        })
    }
}

/// Arrival number, else code, else subject.
fn named(document: &InboundDocument) -> String {
    match &document.registration {
        Some(registration) => t!("desk-twins-number", number = registration.arrival_number),
        None if !document.metadata.code.number.is_empty() => document.metadata.code.to_string(),
        None => document.metadata.subject.chars().take(30).collect(),
    }
}

/// Name of the sentence and value of what is compared, in the order in which it is shown.
fn facts(document: &InboundDocument) -> Vec<(&'static str, String)> {
    let metadata = &document.metadata;
    let issuer = metadata.issuer.as_ref().map(|issuer| issuer.name.clone());
    let main = document.files.iter().find(|file| file.main);
    let number = document.registration.as_ref().map(|one| {
        t!("desk-twins-registered", number = one.arrival_number, date = day(one.arrival_date))
    });
    let code =
        if metadata.code.number.is_empty() { String::new() } else { metadata.code.to_string() };
    vec![
        ("desk-fact-arrival-number", number.unwrap_or_default()),
        ("desk-fact-code", code),
        ("desk-fact-issued", metadata.issued.map(day).unwrap_or_default()),
        ("desk-fact-issuer", issuer.unwrap_or_default()),
        ("desk-fact-sender", document.sender_name.clone()),
        ("desk-fact-subject", metadata.subject.clone()),
        ("desk-fact-signer", metadata.signer.full_name.clone()),
        ("desk-fact-pages", metadata.pages.map(|pages| pages.to_string()).unwrap_or_default()),
        ("desk-fact-files", main.map(|file| file.name.clone()).unwrap_or_default()),
        ("desk-twins-size", main.map(|file| file.size.to_string()).unwrap_or_default()),
        ("desk-twins-verdict", words::verdict(document.verdict.verdict)),
        ("desk-fact-arrived", local_time(document.arrived_at)),
    ]
}

fn compared<'a>(name: &'static str, own: String, other: String) -> Element<'a, Message> {
    let same = own == other;
    let mark: Element<'a, Message> = if same {
        Space::new().width(22).into()
    } else {
        container(tinted(Icon::ArrowRight, Tone::Warn.ink()).size(size::CAPTION)).width(22).into()
    };
    let ink = if same { theme::INK } else { Tone::Warn.ink() };
    row![
        mark,
        container(text(t!(name)).size(size::CAPTION).color(theme::INK_SOFT)).width(140),
        text(own).size(size::CAPTION).color(ink).width(Fill),
        text(other).size(size::CAPTION).color(ink).width(Fill),
    ]
    .spacing(space::S)
    .into()
}
