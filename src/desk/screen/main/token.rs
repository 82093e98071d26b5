//! The chip in the bottom line that says what there is to sign with.
//!
//! What PC/SC reports shows at once: no reader, a reader, a card that is being looked at.
//! Whose card it is needs a look at the card itself, which happens off the window's thread.

use std::sync::Arc;

use iced::Task;

use super::Message as Main;
use crate::desk::door::Door;
use crate::desk::theme::Tone;
use crate::desk::widget::Element;
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::chip;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::TokenChoice;
use crate::t;
use crate::token::{Plugged, Presence};

#[derive(Debug)]
pub struct Chip {
    /// What the person here signs as; `None` for who signs nothing.
    kind: Option<SignatureKind>,
    state: State,
    /// Numbers the looks.
    look: u64,
}

#[derive(Debug, Clone)]
pub enum Message {
    Seen(u64, Result<Vec<TokenChoice>, Problem>),
}

/// What there is to sign with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    Unknown,
    NoService,
    NoReader,
    /// A reader without a card.
    Reader,
    /// A card that has not been read yet.
    Reading,
    Ready {
        owner: String,
        tries: Option<u8>,
    },
    Blocked,
    Unusable {
        reason: String,
    },
}

impl Chip {
    pub fn new(door: &dyn Door) -> Self {
        let kind = if door.may(Act::Seal) {
            Some(SignatureKind::Organisation)
        } else if door.may(Act::SignPersonally) {
            Some(SignatureKind::Personal)
        } else {
            None
        };
        Self { kind, state: State::Unknown, look: 0 }
    }

    /// What the person here signs as.
    pub fn kind(&self) -> Option<SignatureKind> {
        self.kind
    }

    /// What PC/SC says.
    pub fn plugged(&mut self, now: Plugged) {
        // A look that began before says nothing about now.
        self.look += 1;
        self.state = match now {
            Plugged::NoService => State::NoService,
            Plugged::Readers(readers) if readers.is_empty() => State::NoReader,
            Plugged::Readers(readers) if readers.iter().any(|reader| reader.atr.is_some()) => {
                State::Reading
            }
            Plugged::Readers(_) => State::Reader,
        };
    }

    /// Looks whose card it is.
    pub fn look(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(kind) = self.kind else { return Task::none() };
        self.look += 1;
        let (look, door) = (self.look, Arc::clone(door));
        Task::perform(crate::desk::ask(move || door.tokens(kind)), move |answer| {
            Message::Seen(look, answer)
        })
    }

    pub fn update(&mut self, message: Message) {
        let Message::Seen(look, answer) = message;
        if look != self.look {
            return;
        }
        match answer {
            Ok(tokens) => self.state = seen(&tokens, &self.state),
            Err(problem) => tracing::warn!(%problem, "the tokens were not read"),
        }
    }

    pub fn view(&self) -> Option<Element<'_, Main>> {
        self.kind?;
        let (icon, words, tone) = match &self.state {
            State::Unknown => return None,
            State::NoService => (Icon::Warning, t!("desk-chip-no-service"), Tone::Warn),
            State::NoReader => (Icon::Usb, t!("desk-chip-no-reader"), Tone::Neutral),
            State::Reader => (Icon::Usb, t!("desk-chip-reader"), Tone::Neutral),
            State::Reading => (Icon::Hourglass, t!("desk-chip-reading"), Tone::Info),
            State::Ready { owner, tries: Some(1) } => {
                (Icon::Warning, t!("desk-chip-last-try", owner = owner), Tone::Bad)
            }
            State::Ready { owner, .. } => {
                (Icon::CheckCircle, t!("desk-chip-ready", owner = owner), Tone::Good)
            }
            State::Blocked => (Icon::Ban, t!("desk-chip-blocked"), Tone::Bad),
            State::Unusable { .. } => (Icon::Warning, t!("desk-chip-unusable"), Tone::Warn),
        };
        Some(chip(badge(icon, words, tone), Main::Devices))
    }
}

/// The most useful of the tokens; `before` where there is none.
fn seen(tokens: &[TokenChoice], before: &State) -> State {
    let real = || tokens.iter().filter(|token| !token.demonstration);
    let ready = real().find_map(|token| {
        let owner = || token.certificates.first().map(|(owner, _)| name(owner));
        match &token.presence {
            Presence::Ready { owner } => Some(State::Ready { owner: owner.clone(), tries: None }),
            Presence::Locked { tries_left } if *tries_left != Some(0) => {
                Some(State::Ready { owner: owner()?, tries: *tries_left })
            }
            _ => None,
        }
    });
    let blocked = || {
        let blocked = Presence::Locked { tries_left: Some(0) };
        real().any(|token| token.presence == blocked).then_some(State::Blocked)
    };
    let unusable = || {
        real().find_map(|token| match &token.presence {
            Presence::Unsupported { reason } => Some(State::Unusable { reason: reason.clone() }),
            _ => None,
        })
    };
    match ready.or_else(blocked).or_else(unusable) {
        Some(state) => state,
        None if *before == State::Reading => State::Reader,
        None => before.clone(),
    }
}

/// The owner's name without the issuer's, which stands in brackets behind it.
fn name(owner: &str) -> String {
    owner.split(" (").next().unwrap_or(owner).to_owned()
}
