//! The devices: what is in the way of signing and how to mend it, changing a PIN, and
//! choosing a maker's module.

use std::path::PathBuf;
use std::sync::Arc;

use iced::widget::{Space, column, container, row};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::press;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::TokenChoice;
use crate::office::doctor::{Finding, Health};
use crate::t;
use crate::token::pkcs11::{Candidate, Source, State};

#[derive(Debug)]
pub struct Devices {
    kind: SignatureKind,
    /// Only an administrator chooses whose code runs.
    may_choose: bool,
    seen: Option<Seen>,
    trouble: Option<Problem>,
    /// Numbers the looks; an answer to an older one is dropped.
    look: u64,
    stage: Stage,
}

/// One look at everything.
#[derive(Debug, Clone)]
pub struct Seen {
    tokens: Vec<TokenChoice>,
    findings: Vec<Finding>,
    modules: Vec<Candidate>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Seen(u64, Result<Seen, Problem>),
    Again,
    ChangePin(usize),
    Use(PathBuf),
    Browse,
    Browsed(Option<PathBuf>),
    Chosen(Result<(), Problem>),
    Close,
}

impl Devices {
    pub fn new(kind: SignatureKind, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let may_choose = door.may(Act::ManageAgencies);
        let mut dialog =
            Self { kind, may_choose, seen: None, trouble: None, look: 0, stage: Stage::Asking };
        let look = dialog.look(door);
        (dialog, look)
    }

    fn look(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.look += 1;
        let (look, kind, door) = (self.look, self.kind, Arc::clone(door));
        Task::perform(
            crate::desk::ask(move || {
                let (tokens, findings) = door.devices(kind)?;
                Ok(Seen { tokens, findings, modules: door.module_candidates()? })
            }),
            move |answer| Message::Seen(look, answer),
        )
    }
}

impl Modal for Devices {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Seen(look, answer) if look == self.look => match answer {
                Ok(seen) => {
                    self.seen = Some(seen);
                    self.trouble = None;
                }
                Err(problem) => self.trouble = Some(problem),
            },
            Message::Seen(..) | Message::Browsed(None) => {}
            Message::Again => return Step::Run(self.look(door)),
            Message::ChangePin(index) => {
                let token = self.seen.as_ref().and_then(|seen| seen.tokens.get(index));
                if let Some(token) = token {
                    return Step::Open(Box::new(super::Dialog::change_pin(self.kind, token)));
                }
            }
            Message::Browse => {
                return Step::Run(Task::perform(browse(), Message::Browsed));
            }
            Message::Use(path) | Message::Browsed(Some(path)) => {
                self.stage = Stage::Busy;
                let door = Arc::clone(door);
                return Step::Run(Task::perform(
                    crate::desk::ask(move || door.choose_module(&path)),
                    Message::Chosen,
                ));
            }
            Message::Chosen(Ok(())) => {
                self.stage = Stage::Asking;
                return Step::Run(self.look(door));
            }
            Message::Chosen(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Sync => Step::Run(self.look(door)),
            _ => Step::None,
        }
    }

    /// A reader or a card came or went.
    fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        if self.stage.is_busy() { Task::none() } else { self.look(door) }
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let body: Element<'_, Message> = match (&self.seen, &self.trouble) {
            (_, Some(problem)) => told(problem),
            (None, None) => text(t!("desk-sign-looking")).size(size::BODY).into(),
            (Some(seen), None) => row![
                column![
                    heading(t!("desk-devices-findings")),
                    column(seen.findings.iter().map(finding)).spacing(space::S),
                ]
                .spacing(space::S)
                .width(Fill),
                column![
                    heading(t!("desk-devices-tokens")),
                    tokens(&seen.tokens, busy),
                    Space::new().height(space::S),
                    heading(t!("desk-devices-modules")),
                    text(t!("desk-devices-modules-mean"))
                        .size(size::CAPTION)
                        .color(theme::INK_SOFT),
                ]
                .push(
                    (!self.may_choose)
                        .then(|| { text(t!("desk-devices-administrator")).size(size::CAPTION) })
                )
                .push(
                    column![
                        modules(&seen.modules, busy || !self.may_choose),
                        press(
                            Some(Icon::Folder),
                            t!("desk-devices-browse"),
                            Weight::Plain,
                            (!busy && self.may_choose).then_some(Message::Browse)
                        ),
                    ]
                    .spacing(space::S)
                )
                .spacing(space::S)
                .width(440),
            ]
            .spacing(space::XL)
            .into(),
        };
        frame(Frame {
            icon: Icon::Usb,
            title: t!("desk-devices"),
            width: 1120.0,
            body,
            stage: Some(&self.stage),
            go: Some((t!("desk-devices-again"), Weight::Plain, (!busy).then_some(Message::Again))),
            close: Message::Close,
        })
    }
}

fn heading<'a>(words: String) -> Element<'a, Message> {
    text(words).font(BOLD).size(size::BODY).into()
}

fn finding(finding: &Finding) -> Element<'_, Message> {
    let (icon, tone) = match finding.health {
        Health::Good => (Icon::CheckCircle, Tone::Good),
        Health::Note => (Icon::Info, Tone::Info),
        Health::Missing => (Icon::Warning, Tone::Warn),
        Health::Broken => (Icon::CrossCircle, Tone::Bad),
    };
    let health = t!(&format!("desk-health-{}", finding.health.key()));
    let line = |words: String, ink| text(words).size(size::CAPTION).color(ink);
    let (means, mend) = (finding.means(), finding.mend());
    let words = column![
        row![text(finding.found()).size(size::BODY).width(Fill), badge(icon, health, tone)]
            .spacing(space::S)
    ]
    // Most sentences name it already.
    .push(
        (!finding.found().contains(&finding.subject))
            .then(|| line(finding.subject.clone(), theme::INK_SOFT)),
    )
    .push((finding.health != Health::Good && !means.is_empty()).then(|| line(means, theme::INK)))
    .push((!mend.is_empty()).then(|| {
        row![
            tinted(Icon::ArrowRight, theme::ACCENT_DARK).size(size::CAPTION),
            line(mend, theme::ACCENT_DARK).width(Fill)
        ]
        .spacing(space::XS)
    }));
    container(words).padding(space::S).width(Fill).style(theme::framed).into()
}

fn tokens(tokens: &[TokenChoice], busy: bool) -> Element<'_, Message> {
    if tokens.is_empty() {
        return text(t!("desk-sign-no-token")).size(size::BODY).into();
    }
    let lines = tokens.iter().enumerate().map(|(index, token)| {
        let (said, icon, tone) = words::presence(&token.presence);
        let change = super::pin::can_change(token).then(|| {
            let press_it = (!busy).then_some(Message::ChangePin(index));
            press(Some(Icon::Key), t!("desk-pin-change"), Weight::Plain, press_it)
        });
        row![
            column![
                text(&token.label).size(size::BODY),
                row![
                    tinted(icon, tone.ink()).size(size::CAPTION),
                    text(said).size(size::CAPTION).color(tone.ink())
                ]
                .spacing(space::XS)
            ]
            .width(Fill)
        ]
        .push(change)
        .spacing(space::S)
        .align_y(Center)
        .into()
    });
    column(lines).spacing(space::S).into()
}

fn modules(modules: &[Candidate], busy: bool) -> Element<'_, Message> {
    let shown = modules.iter().filter(|one| one.state != State::Missing || chosen(one));
    let lines = shown.map(|one| {
        let name = one.vendor.clone().unwrap_or_else(|| t!("desk-devices-module-unknown"));
        let mark = match &one.state {
            State::Loadable if chosen(one) => {
                badge(Icon::CheckCircle, t!("desk-devices-module-chosen"), Tone::Good)
            }
            State::Loadable => press(
                None,
                t!("desk-devices-module-use"),
                Weight::Quiet,
                (!busy).then(|| Message::Use(one.path.clone())),
            ),
            State::Missing => badge(Icon::Warning, t!("desk-devices-module-missing"), Tone::Bad),
            State::OtherArchitecture { found } => {
                badge(Icon::Warning, t!("desk-devices-module-other", found = found), Tone::Warn)
            }
            State::NotALibrary => {
                badge(Icon::Warning, t!("desk-devices-module-no-library"), Tone::Warn)
            }
        };
        let path = one.path.display().to_string();
        row![
            column![
                text(name).size(size::BODY),
                text(path).size(size::CAPTION).color(theme::INK_SOFT)
            ]
            .width(Fill),
            mark
        ]
        .spacing(space::S)
        .align_y(Center)
        .into()
    });
    column(lines).spacing(space::XS).into()
}

fn chosen(candidate: &Candidate) -> bool {
    candidate.source == Source::Administrator
}

/// The system's dialog, for one library.
async fn browse() -> Option<PathBuf> {
    let endings: &[&str] = if cfg!(windows) { &["dll"] } else { &["so"] };
    let dialog = rfd::AsyncFileDialog::new().add_filter("PKCS#11", endings);
    dialog.pick_file().await.map(|file| file.path().to_owned())
}
