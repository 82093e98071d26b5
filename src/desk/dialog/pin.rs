//! Changing the PIN of a token: the old one, and the new one twice.
//!
//! The old PIN counts as a try like any other: the tries left are shown, and the last one
//! wants a word more.

use std::sync::Arc;

use iced::widget::column;
use iced::{Task, widget};

use super::{Frame, Modal, Stage, Step, frame};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::tick::tick;
use crate::desk::widget::{Element, text};
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::TokenChoice;
use crate::t;
use crate::token::{Pin, Presence, Selector};

const OLD: &str = "pin-old";
const NEW: &str = "pin-new";
const AGAIN: &str = "pin-again";

#[derive(Debug)]
pub struct ChangePin {
    kind: SignatureKind,
    token: Selector,
    label: String,
    tries_left: Option<u8>,
    old: Pin,
    new: Pin,
    again: Pin,
    last_try_known: bool,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Old(Pin),
    New(Pin),
    Again(Pin),
    LastTry(bool),
    /// The tries left, read anew.
    Seen(Result<Vec<TokenChoice>, Problem>),
    Next(&'static str),
    Submit,
    Close,
}

impl ChangePin {
    pub fn new(kind: SignatureKind, token: &TokenChoice) -> (Self, Task<Message>) {
        let dialog = Self {
            kind,
            token: token.selector.clone(),
            label: token.label.clone(),
            tries_left: tries(token),
            old: Pin::new(""),
            new: Pin::new(""),
            again: Pin::new(""),
            last_try_known: false,
            stage: Stage::Asking,
        };
        (dialog, reach(OLD))
    }

    /// What is wrong with what was typed as the new PIN, as a sentence.
    fn complaint(&self) -> Option<String> {
        let (old, new, again) = (self.old.reveal(), self.new.reveal(), self.again.reveal());
        if !new.is_empty() && new == old {
            return Some(t!("desk-pin-same"));
        }
        (!again.is_empty() && !new.starts_with(again)).then(|| t!("desk-pin-differs"))
    }

    fn is_ready(&self) -> bool {
        !self.stage.is_busy()
            && !self.old.reveal().is_empty()
            && !self.new.reveal().is_empty()
            && self.new.reveal() == self.again.reveal()
            && self.complaint().is_none()
            && (self.tries_left != Some(1) || self.last_try_known)
    }

    fn submit(&mut self) -> Step<Message> {
        if !self.is_ready() {
            return Step::None;
        }
        self.again = Pin::new("");
        Step::Order(Order::ChangePin {
            token: self.token.clone(),
            old: std::mem::replace(&mut self.old, Pin::new("")),
            new: std::mem::replace(&mut self.new, Pin::new("")),
            last_try_confirmed: std::mem::take(&mut self.last_try_known),
        })
    }

    fn heed(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Old(pin) => self.old = pin,
            Message::New(pin) => self.new = pin,
            Message::Again(pin) => self.again = pin,
            Message::LastTry(known) => self.last_try_known = known,
            Message::Seen(Ok(tokens)) => {
                let found = tokens.iter().find(|token| token.selector == self.token);
                self.tries_left = found.and_then(tries);
            }
            Message::Seen(Err(_)) => {}
            Message::Next(field) => return Step::Run(reach(field)),
            Message::Submit => return self.submit(),
            Message::Close => return Step::Close,
        }
        Step::None
    }
}

impl Modal for ChangePin {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        self.heed(message)
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.submit(),
            _ => Step::None,
        }
    }

    /// The old PIN is typed anew, and the tries left are read anew.
    fn failed(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.old = Pin::new("");
        self.last_try_known = false;
        let (kind, door) = (self.kind, Arc::clone(door));
        let look = Task::perform(crate::desk::ask(move || door.tokens(kind)), Message::Seen);
        Task::batch([look, reach(OLD)])
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let secret = |id, value: &Pin, typed: fn(Pin) -> Message, next: Message| {
            line(id, "", value.reveal())
                .secure(true)
                .on_input_maybe((!busy).then_some(move |text| typed(Pin::new(text))))
                .on_submit(next)
        };
        let tries = self.tries_left.map(|tries| {
            text(t!("desk-token-tries", tries = tries)).size(size::CAPTION).color(theme::INK_SOFT)
        });
        let last = (self.tries_left == Some(1)).then(|| {
            tick(t!("desk-pin-last-try-known"), self.last_try_known, Some(Message::LastTry))
        });
        let body: widget::Column<'_, Message> = column![
            text(&self.label).font(BOLD).size(size::BODY),
            text(t!("desk-pin-change-means")).size(size::BODY).color(theme::INK_SOFT),
            column![field(
                t!("desk-pin-old"),
                secret(OLD, &self.old, Message::Old, Message::Next(NEW)),
                None
            )]
            .push(tries)
            .spacing(space::XS),
            field(
                t!("desk-pin-new"),
                secret(NEW, &self.new, Message::New, Message::Next(AGAIN)),
                None
            ),
            field(
                t!("desk-pin-again"),
                secret(AGAIN, &self.again, Message::Again, Message::Submit),
                self.complaint()
            ),
        ]
        .push(last)
        .spacing(space::M);
        frame(Frame {
            icon: Icon::Key,
            title: t!("desk-pin-change"),
            width: 480.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Ctrl+Enter)", t!("desk-pin-change")),
                Weight::Primary,
                self.is_ready().then_some(Message::Submit),
            )),
            close: Message::Close,
        })
    }
}

/// Whether the token's PIN can be changed here: it is there, and no file.
pub fn can_change(token: &TokenChoice) -> bool {
    !token.demonstration
        && match token.presence {
            Presence::Locked { tries_left } => tries_left != Some(0),
            Presence::Ready { .. } => true,
            Presence::Absent | Presence::Unsupported { .. } => false,
        }
}

fn tries(token: &TokenChoice) -> Option<u8> {
    match token.presence {
        Presence::Locked { tries_left } => tries_left,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(tries_left: Option<u8>) -> ChangePin {
        let token = TokenChoice {
            selector: Selector::Pcsc { reader: "một".to_owned() },
            label: "một".to_owned(),
            presence: Presence::Locked { tries_left },
            pin_pad: false,
            certificates: Vec::new(),
            demonstration: false,
        };
        ChangePin::new(SignatureKind::Personal, &token).0
    }

    fn typed(mut dialog: ChangePin, old: &str, new: &str, again: &str) -> ChangePin {
        drop(dialog.heed(Message::Old(Pin::new(old))));
        drop(dialog.heed(Message::New(Pin::new(new))));
        drop(dialog.heed(Message::Again(Pin::new(again))));
        dialog
    }

    #[test]
    fn the_new_pin_is_typed_twice_and_is_another() {
        assert!(typed(dialog(Some(3)), "123456", "246810", "246810").is_ready());
        for (new, again) in [("246810", "246811"), ("246810", ""), ("", ""), ("123456", "123456")] {
            assert!(!typed(dialog(Some(3)), "123456", new, again).is_ready(), "{new} {again}");
        }
        assert!(!typed(dialog(Some(3)), "", "246810", "246810").is_ready());
    }

    #[test]
    fn the_last_try_wants_a_word_more() {
        let mut dialog = typed(dialog(Some(1)), "123456", "246810", "246810");
        assert!(!dialog.is_ready());
        drop(dialog.heed(Message::LastTry(true)));
        let Step::Order(Order::ChangePin { last_try_confirmed, .. }) = dialog.submit() else {
            panic!("no order")
        };
        assert!(last_try_confirmed);
        // Nothing of it is kept.
        assert!(dialog.old.reveal().is_empty() && dialog.new.reveal().is_empty());
        assert!(dialog.again.reveal().is_empty());
    }
}
