//! Signing and sealing: which token, which certificate, and the PIN.
//!
//! While the dialog is open the readers are looked at every two seconds, so that a card
//! put in appears and one pulled out goes. During a signature nobody else talks to the
//! card. The tries left are shown before anybody types, the last one wants a word more,
//! and the PIN is forgotten as soon as it has been handed over.

use std::sync::Arc;
use std::time::Duration;

use iced::widget::{checkbox, column, container, operation, row};
use iced::{Center, Fill, Subscription, Task};

use super::{BODY, Frame, Stage, Step, frame};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::{field, line};
use crate::desk::widget::focus::focus;
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::wide;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, LINE_HEIGHT, text};
use crate::desk::words;
use crate::domain::document::DocumentKey;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::{Placement, SignOrder, TokenChoice};
use crate::t;
use crate::token::{Pin, Presence, Selector};

const PIN: &str = "sign-pin";
const LOOK_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub struct Sign {
    kind: SignatureKind,
    key: DocumentKey,
    about: String,
    tokens: Tokens,
    /// Numbers the looks at the readers.
    look: u64,
    looking: bool,
    chosen: Option<Selector>,
    /// Serial number of the certificate.
    certificate: Option<String>,
    pin: Pin,
    /// The person knows that this is the last try.
    last_try_known: bool,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Look,
    Seen(u64, Result<Vec<TokenChoice>, Problem>),
    Choose(usize),
    Certificate(String),
    Pin(Pin),
    LastTry(bool),
    Submit,
    Close,
}

#[derive(Debug)]
enum Tokens {
    Unknown,
    Seen(Vec<TokenChoice>),
    Failed(Problem),
}

impl Sign {
    pub fn new(
        kind: SignatureKind,
        document: &Document,
        door: &Arc<dyn Door>,
    ) -> (Self, Task<Message>) {
        let mut dialog = Self {
            kind,
            key: document.key(),
            about: super::about(document),
            tokens: Tokens::Unknown,
            look: 0,
            looking: false,
            chosen: None,
            certificate: None,
            pin: Pin::new(""),
            last_try_known: false,
            stage: Stage::Asking,
        };
        let look = dialog.look(door);
        (dialog, Task::batch([look, operation::focus(PIN)]))
    }

    pub fn stage(&self) -> &Stage {
        &self.stage
    }

    pub fn subscription(&self) -> Subscription<Message> {
        if self.stage.is_busy() {
            Subscription::none()
        } else {
            iced::time::every(LOOK_EVERY).map(|_| Message::Look)
        }
    }

    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Look if !self.looking && !self.stage.is_busy() => {
                return Step::Run(self.look(door));
            }
            Message::Seen(look, answer) if look == self.look => {
                self.looking = false;
                self.seen(answer);
            }
            Message::Look | Message::Seen(..) => {}
            Message::Choose(index) => {
                if let Some(token) = self.tokens().get(index) {
                    self.choose(Some(token.clone()));
                    return Step::Run(operation::focus(PIN));
                }
            }
            Message::Certificate(serial) => self.certificate = Some(serial),
            Message::Pin(pin) => self.pin = pin,
            Message::LastTry(known) => self.last_try_known = known,
            Message::Submit => return self.submit(),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    pub fn command(&mut self, command: Command) -> Step<Message> {
        match command {
            Command::Confirm => self.submit(),
            Command::Down => self.step(true),
            Command::Up => self.step(false),
            _ => Step::None,
        }
    }

    /// After a failure the PIN is typed anew, and the tries left are read anew.
    pub fn failed(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.pin = Pin::new("");
        self.last_try_known = false;
        Task::batch([self.look(door), operation::focus(PIN), operation::snap_to_end(BODY)])
    }

    fn look(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.look += 1;
        self.looking = true;
        let (look, kind, door) = (self.look, self.kind, Arc::clone(door));
        Task::perform(crate::desk::ask(move || door.tokens(kind)), move |answer| {
            Message::Seen(look, answer)
        })
    }

    fn seen(&mut self, answer: Result<Vec<TokenChoice>, Problem>) {
        match answer {
            Ok(tokens) => {
                let still = self
                    .chosen
                    .as_ref()
                    .and_then(|chosen| tokens.iter().find(|token| token.selector == *chosen))
                    .cloned();
                let chosen = still.or_else(|| tokens.iter().find(|token| usable(token)).cloned());
                // Whoever types at once types for the card that is being looked for: half a
                // PIN, with its beginning forgotten on the way, would cost a try.
                let typed_early = matches!(self.tokens, Tokens::Unknown)
                    .then(|| std::mem::replace(&mut self.pin, Pin::new("")));
                self.tokens = Tokens::Seen(tokens);
                self.choose(chosen);
                if let Some(typed) = typed_early {
                    self.pin = typed;
                }
            }
            Err(problem) => {
                self.tokens = Tokens::Failed(problem);
                self.choose(None);
            }
        }
    }

    fn choose(&mut self, token: Option<TokenChoice>) {
        let certificates = token.as_ref().map(|token| token.certificates.as_slice());
        let known = |serial: &String| {
            certificates.is_some_and(|list| list.iter().any(|(_, other)| other == serial))
        };
        if !self.certificate.as_ref().is_some_and(known) {
            // The only one needs no choosing; of several the person chooses.
            self.certificate = match certificates {
                Some([(_, serial)]) => Some(serial.clone()),
                _ => None,
            };
        }
        let selector = token.map(|token| token.selector);
        if selector != self.chosen {
            // A PIN typed for one card must never reach another.
            self.pin = Pin::new("");
            self.last_try_known = false;
            self.chosen = selector;
        }
    }

    fn step(&mut self, forward: bool) -> Step<Message> {
        let tokens = self.tokens();
        let at = tokens.iter().position(|token| Some(&token.selector) == self.chosen.as_ref());
        let next = match (at, forward) {
            (None, _) => 0,
            (Some(at), true) => (at + 1).min(tokens.len().saturating_sub(1)),
            (Some(at), false) => at.saturating_sub(1),
        };
        if let Some(token) = tokens.get(next).cloned() {
            self.choose(Some(token));
        }
        Step::None
    }

    fn tokens(&self) -> &[TokenChoice] {
        match &self.tokens {
            Tokens::Seen(tokens) => tokens,
            Tokens::Unknown | Tokens::Failed(_) => &[],
        }
    }

    fn token(&self) -> Option<&TokenChoice> {
        let chosen = self.chosen.as_ref()?;
        self.tokens().iter().find(|token| token.selector == *chosen)
    }

    fn order(&self) -> Option<SignOrder> {
        let token = self.token().filter(|token| usable(token))?;
        let ready = !self.stage.is_busy()
            && !self.pin.reveal().is_empty()
            && (self.certificate.is_some() || token.certificates.len() < 2)
            && (!is_last_try(token) || self.last_try_known);
        ready.then(|| SignOrder {
            token: token.selector.clone(),
            certificate: self.certificate.clone(),
            pin: self.pin.clone(),
            last_try_confirmed: self.last_try_known,
            placement: Placement::Automatic,
        })
    }

    fn submit(&mut self) -> Step<Message> {
        let Some(order) = self.order() else { return Step::None };
        self.pin = Pin::new("");
        Step::Order(match self.kind {
            SignatureKind::Personal => Order::Sign(self.key, order),
            SignatureKind::Organisation => Order::Seal(self.key, order),
        })
    }

    pub fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let (title, deed, means, symbol) = match self.kind {
            SignatureKind::Personal => {
                (t!("desk-sign-title"), "desk-deed-sign", t!("desk-sign-means"), Icon::Pen)
            }
            SignatureKind::Organisation => {
                (t!("desk-seal-title"), "desk-deed-seal", t!("desk-seal-means"), Icon::Stamp)
            }
        };
        let pin = line(PIN, "", self.pin.reveal())
            .secure(true)
            .on_input_maybe((!busy).then_some(|typed| Message::Pin(Pin::new(typed))))
            .on_submit(Message::Submit);
        let last = self.token().filter(|token| is_last_try(token)).map(|_| {
            focus(
                checkbox(self.last_try_known)
                    .label(t!("desk-pin-last-try-known"))
                    .on_toggle(Message::LastTry)
                    .text_size(size::BODY)
                    .text_line_height(LINE_HEIGHT),
            )
            .on_press_maybe(Some(Message::LastTry(!self.last_try_known)))
        });
        let body = column![
            text(&self.about).font(BOLD).size(size::BODY),
            text(means).size(size::BODY).color(theme::INK_SOFT),
            // One child, whatever it shows: iced knows fields by their place among their
            // neighbours, and the PIN must not lose the keyboard when a card is put in.
            column![field(t!("desk-sign-token"), self.tokens_view(busy), None)]
                .push(self.certificates_view(busy))
                .spacing(space::M),
            field(t!("desk-sign-pin"), pin, None),
        ]
        .push(last)
        .spacing(space::M);
        frame(Frame {
            icon: symbol,
            title,
            width: 640.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((
                format!("{} (Enter)", t!(deed)),
                Weight::Primary,
                self.order().map(|_| Message::Submit),
            )),
            close: Message::Close,
        })
    }

    fn tokens_view(&self, busy: bool) -> Element<'_, Message> {
        match &self.tokens {
            Tokens::Unknown => text(t!("desk-sign-looking")).size(size::BODY).into(),
            Tokens::Failed(problem) => told(problem),
            Tokens::Seen(tokens) if tokens.is_empty() => container(
                row![
                    tinted(Icon::Usb, Tone::Warn.ink()),
                    text(t!("desk-sign-no-token")).size(size::BODY)
                ]
                .spacing(space::S)
                .align_y(Center),
            )
            .padding(space::S)
            .width(Fill)
            .style(theme::toned(Tone::Warn))
            .into(),
            Tokens::Seen(tokens) => {
                let lines = tokens.iter().enumerate().map(|(index, token)| {
                    let chosen = self.chosen.as_ref() == Some(&token.selector);
                    let (said, symbol, tone) = words::presence(&token.presence);
                    let name = row![text(&token.label).size(size::BODY)]
                        .push(token.demonstration.then(|| {
                            badge(Icon::Flask, t!("desk-token-demonstration"), Tone::Play)
                        }))
                        .spacing(space::S)
                        .align_y(Center);
                    let presence = row![
                        tinted(symbol, tone.ink()).size(size::CAPTION),
                        text(said).size(size::CAPTION).color(tone.ink())
                    ]
                    .spacing(space::XS)
                    .align_y(Center);
                    let content = row![
                        icon(if chosen { Icon::CheckCircle } else { Icon::Dot }),
                        column![name, presence].width(Fill)
                    ]
                    .spacing(space::S)
                    .align_y(Center);
                    let can = !busy && usable(token);
                    wide(content, chosen, can.then_some(Message::Choose(index)))
                });
                column(lines).spacing(2.0).into()
            }
        }
    }

    fn certificates_view(&self, busy: bool) -> Option<Element<'_, Message>> {
        let token = self.token()?;
        if token.certificates.is_empty()
            && token.presence == (Presence::Locked { tries_left: None })
        {
            // A PKCS#12 file shows nothing before its password.
            return Some(
                text(t!("desk-sign-certificate-later"))
                    .size(size::CAPTION)
                    .color(theme::INK_SOFT)
                    .into(),
            );
        }
        if token.certificates.is_empty() {
            return Some(
                text(t!("desk-sign-no-certificate")).size(size::BODY).color(Tone::Bad.ink()).into(),
            );
        }
        let lines = token.certificates.iter().map(|(owner, serial)| {
            let chosen = self.certificate.as_ref() == Some(serial);
            let content = row![
                icon(if chosen { Icon::BadgeCheck } else { Icon::Dot }),
                column![
                    text(owner).size(size::BODY),
                    text(t!("desk-sign-serial", serial = serial))
                        .size(size::CAPTION)
                        .color(theme::INK_SOFT)
                ]
                .width(Fill)
            ]
            .spacing(space::S)
            .align_y(Center);
            wide(content, chosen, (!busy).then(|| Message::Certificate(serial.clone())))
        });
        let needed = self.certificate.is_none().then(|| t!("desk-sign-certificate-needed"));
        Some(field(t!("desk-sign-certificate"), column(lines).spacing(2.0), needed))
    }
}

fn usable(token: &TokenChoice) -> bool {
    match &token.presence {
        Presence::Ready { .. } => true,
        Presence::Locked { tries_left } => *tries_left != Some(0),
        Presence::Absent | Presence::Unsupported { .. } => false,
    }
}

fn is_last_try(token: &TokenChoice) -> bool {
    token.presence == Presence::Locked { tries_left: Some(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(reader: &str, tries_left: Option<u8>, certificates: &[&str]) -> TokenChoice {
        TokenChoice {
            selector: Selector::Pcsc { reader: reader.to_owned() },
            label: reader.to_owned(),
            presence: Presence::Locked { tries_left },
            certificates: certificates.iter().map(|c| ((*c).to_owned(), (*c).to_owned())).collect(),
            demonstration: false,
        }
    }

    fn dialog(tokens: Vec<TokenChoice>) -> Sign {
        let mut dialog = Sign {
            kind: SignatureKind::Personal,
            key: DocumentKey::fresh(),
            about: String::new(),
            tokens: Tokens::Unknown,
            look: 0,
            looking: false,
            chosen: None,
            certificate: None,
            pin: Pin::new(""),
            last_try_known: false,
            stage: Stage::Asking,
        };
        dialog.seen(Ok(tokens));
        dialog
    }

    #[test]
    fn a_pin_typed_for_one_card_never_reaches_another() {
        let first = token("một", Some(3), &["01"]);
        let second = token("hai", Some(3), &["02"]);
        let mut dialog = dialog(vec![first, second.clone()]);
        dialog.pin = Pin::new("123456");
        assert!(dialog.order().is_some());
        // The first card is pulled out: the second takes its place, without the PIN.
        dialog.seen(Ok(vec![second]));
        assert_eq!(dialog.certificate.as_deref(), Some("02"));
        assert_eq!(dialog.pin.reveal(), "");
        assert!(dialog.order().is_none());
    }

    #[test]
    fn what_was_typed_before_the_first_look_ended_is_kept() {
        let mut dialog = self::dialog(Vec::new());
        dialog.tokens = Tokens::Unknown;
        dialog.pin = Pin::new("123");
        dialog.seen(Ok(vec![token("một", Some(3), &["01"])]));
        assert_eq!(dialog.pin.reveal(), "123");
        // Without a card there is nothing to keep it for when one is put in.
        let mut none = self::dialog(Vec::new());
        none.pin = Pin::new("123");
        none.seen(Ok(vec![token("một", Some(3), &["01"])]));
        assert_eq!(none.pin.reveal(), "");
    }

    #[test]
    fn another_look_at_the_same_card_keeps_what_was_typed() {
        let card = token("một", Some(3), &["01", "02"]);
        let mut dialog = dialog(vec![card.clone()]);
        dialog.certificate = Some("02".to_owned());
        dialog.pin = Pin::new("123");
        dialog.seen(Ok(vec![card]));
        assert_eq!(dialog.pin.reveal(), "123");
        assert_eq!(dialog.certificate.as_deref(), Some("02"));
    }

    #[test]
    fn the_last_try_wants_a_word_more_and_a_blocked_card_is_not_used() {
        let mut last = dialog(vec![token("một", Some(1), &["01"])]);
        last.pin = Pin::new("123456");
        assert!(last.order().is_none());
        last.last_try_known = true;
        assert!(last.order().is_some());
        let mut blocked = dialog(vec![token("một", Some(0), &["01"])]);
        blocked.pin = Pin::new("123456");
        assert!(blocked.order().is_none());
    }

    #[test]
    fn of_several_certificates_the_person_chooses() {
        let mut dialog = dialog(vec![token("một", Some(3), &["01", "02"])]);
        dialog.pin = Pin::new("123456");
        assert!(dialog.order().is_none());
        dialog.certificate = Some("02".to_owned());
        assert_eq!(dialog.order().and_then(|order| order.certificate).as_deref(), Some("02"));
    }

    #[test]
    fn a_pin_that_was_handed_over_is_forgotten() {
        let mut dialog = dialog(vec![token("một", Some(3), &["01"])]);
        dialog.pin = Pin::new("123456");
        let Step::Order(Order::Sign(_, order)) = dialog.submit() else { panic!("no order") };
        assert_eq!(order.pin.reveal(), "123456");
        assert_eq!(dialog.pin.reveal(), "");
        assert!(!format!("{order:?} {dialog:?}").contains("123456"));
    }
}
