//! With what to sign: the token, the certificate and the PIN, for every dialog that signs.
//!
//! The readers are looked at again whenever PC/SC says that something was put in or pulled
//! out. During a signature nobody else talks to the card. The tries left are shown before
//! anybody types, the last one wants a word more, and the PIN is forgotten as soon as it
//! has been handed over.

use std::sync::Arc;

use iced::widget::{column, container, row};
use iced::{Center, Fill, Task};

use crate::desk::door::Door;
use crate::desk::theme::{self, Tone, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::wide;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::tick::tick;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::{Placement, SignOrder, TokenChoice};
use crate::t;
use crate::token::{Pin, Presence, Selector};

/// The field for the PIN; there is at most one on the screen.
const PIN: &str = "sign-pin";

/// What was chosen and typed so far.
#[derive(Debug)]
pub struct Hand {
    kind: SignatureKind,
    tokens: Tokens,
    /// Numbers the looks at the readers.
    look: u64,
    looking: bool,
    /// Something changed while a look was under way.
    again: bool,
    chosen: Option<Selector>,
    /// Serial number of the certificate.
    certificate: Option<String>,
    pin: Pin,
    /// The person knows that this is the last try.
    last_try_known: bool,
}

#[derive(Debug, Clone)]
pub enum Message {
    Seen(u64, Result<Vec<TokenChoice>, Problem>),
    Choose(usize),
    Certificate(String),
    Pin(Pin),
    LastTry(bool),
    Submit,
}

/// Ready to sign.
#[derive(Debug)]
pub struct Ready {
    pub token: Selector,
    pub certificate: Option<String>,
    pub pin: Pin,
    pub last_try_confirmed: bool,
}

impl Ready {
    /// The order, for a signature whose place the office finds.
    pub fn order(self) -> SignOrder {
        let Self { token, certificate, pin, last_try_confirmed } = self;
        let placement = Placement::Automatic;
        SignOrder { token, certificate, pin, last_try_confirmed, placement }
    }
}

#[derive(Debug)]
enum Tokens {
    Unknown,
    Seen(Vec<TokenChoice>),
    Failed(Problem),
}

/// Puts the keyboard into the PIN.
pub fn focus<M: Send + 'static>() -> Task<M> {
    reach(PIN)
}

impl Hand {
    /// Begins with a look at the readers and the keyboard in the PIN.
    pub fn new(kind: SignatureKind, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let mut hand = Self::empty(kind);
        let look = hand.look(door);
        (hand, Task::batch([look, reach(PIN)]))
    }

    fn empty(kind: SignatureKind) -> Self {
        Self {
            kind,
            tokens: Tokens::Unknown,
            look: 0,
            looking: false,
            again: false,
            chosen: None,
            certificate: None,
            pin: Pin::new(""),
            last_try_known: false,
        }
    }

    /// `Submit` is for the dialog that has the hand.
    pub fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Task<Message> {
        match message {
            Message::Seen(look, answer) if look == self.look => {
                self.looking = false;
                self.seen(answer);
                if std::mem::take(&mut self.again) {
                    return self.look(door);
                }
            }
            Message::Seen(..) | Message::Submit => {}
            Message::Choose(index) => {
                if let Some(token) = self.tokens().get(index) {
                    self.choose(Some(token.clone()));
                    return reach(PIN);
                }
            }
            Message::Certificate(serial) => self.certificate = Some(serial),
            Message::Pin(pin) => self.pin = pin,
            Message::LastTry(known) => self.last_try_known = known,
        }
        Task::none()
    }

    /// A reader or a card came or went.
    pub fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        if self.looking {
            self.again = true;
            return Task::none();
        }
        self.look(door)
    }

    /// For another signature, after a failure or without one: the PIN is typed anew, and the
    /// tries left are read anew.
    pub fn again(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        self.pin = Pin::new("");
        self.last_try_known = false;
        Task::batch([self.look(door), reach(PIN)])
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

    /// The neighbour of the chosen token.
    pub fn step(&mut self, forward: bool) {
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

    /// Whether all that is needed is there.
    pub fn is_ready(&self) -> bool {
        self.token().filter(|token| usable(token)).is_some_and(|token| {
            // What is typed elsewhere cannot be typed here.
            (token.pin_pad || !self.pin.reveal().is_empty())
                && (self.certificate.is_some() || token.certificates.len() < 2)
                && (!is_last_try(token) || self.last_try_known)
        })
    }

    /// Hands over what was chosen; the PIN is forgotten here.
    pub fn take(&mut self) -> Option<Ready> {
        if !self.is_ready() {
            return None;
        }
        let token = self.token()?.selector.clone();
        let pin = std::mem::replace(&mut self.pin, Pin::new(""));
        let last_try_confirmed = std::mem::take(&mut self.last_try_known);
        Some(Ready { token, certificate: self.certificate.clone(), pin, last_try_confirmed })
    }

    pub fn view(&self, busy: bool) -> Element<'_, Message> {
        let pin = line(PIN, "", self.pin.reveal())
            .secure(true)
            .on_input_maybe((!busy).then_some(|typed| Message::Pin(Pin::new(typed))))
            .on_submit(Message::Submit);
        let last = self.token().filter(|token| is_last_try(token)).map(|_| {
            tick(t!("desk-pin-last-try-known"), self.last_try_known, Some(Message::LastTry))
        });
        let pin: Element<'_, Message> = if self.token().is_some_and(|token| token.pin_pad) {
            text(t!("desk-sign-pin-pad")).size(size::BODY).color(theme::INK_SOFT).into()
        } else {
            pin.into()
        };
        column![
            // One child, whatever it shows: iced knows fields by their place among their
            // neighbours, and the PIN must not lose the keyboard when a card is put in.
            column![field(t!("desk-sign-token"), self.tokens_view(busy), None)]
                .push(self.certificates_view(busy))
                .spacing(space::M),
            field(t!("desk-sign-pin"), pin, None),
        ]
        .push(last)
        .spacing(space::M)
        .into()
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
            pin_pad: false,
            certificates: certificates.iter().map(|c| ((*c).to_owned(), (*c).to_owned())).collect(),
            demonstration: false,
        }
    }

    fn hand(tokens: Vec<TokenChoice>) -> Hand {
        let mut hand = Hand::empty(SignatureKind::Personal);
        hand.seen(Ok(tokens));
        hand
    }

    #[test]
    fn a_pin_typed_for_one_card_never_reaches_another() {
        let first = token("một", Some(3), &["01"]);
        let second = token("hai", Some(3), &["02"]);
        let mut hand = hand(vec![first, second.clone()]);
        hand.pin = Pin::new("123456");
        assert!(hand.is_ready());
        // The first card is pulled out: the second takes its place, without the PIN.
        hand.seen(Ok(vec![second]));
        assert_eq!(hand.certificate.as_deref(), Some("02"));
        assert_eq!(hand.pin.reveal(), "");
        assert!(!hand.is_ready());
    }

    #[test]
    fn what_was_typed_before_the_first_look_ended_is_kept() {
        let mut hand = self::hand(Vec::new());
        hand.tokens = Tokens::Unknown;
        hand.pin = Pin::new("123");
        hand.seen(Ok(vec![token("một", Some(3), &["01"])]));
        assert_eq!(hand.pin.reveal(), "123");
        // Without a card there is nothing to keep it for when one is put in.
        let mut none = self::hand(Vec::new());
        none.pin = Pin::new("123");
        none.seen(Ok(vec![token("một", Some(3), &["01"])]));
        assert_eq!(none.pin.reveal(), "");
    }

    #[test]
    fn another_look_at_the_same_card_keeps_what_was_typed() {
        let card = token("một", Some(3), &["01", "02"]);
        let mut hand = hand(vec![card.clone()]);
        hand.certificate = Some("02".to_owned());
        hand.pin = Pin::new("123");
        hand.seen(Ok(vec![card]));
        assert_eq!(hand.pin.reveal(), "123");
        assert_eq!(hand.certificate.as_deref(), Some("02"));
    }

    #[test]
    fn the_last_try_wants_a_word_more_and_a_blocked_card_is_not_used() {
        let mut last = hand(vec![token("một", Some(1), &["01"])]);
        last.pin = Pin::new("123456");
        assert!(!last.is_ready());
        last.last_try_known = true;
        assert!(last.is_ready());
        let mut blocked = hand(vec![token("một", Some(0), &["01"])]);
        blocked.pin = Pin::new("123456");
        assert!(!blocked.is_ready());
    }

    #[test]
    fn what_is_typed_on_the_reader_is_not_asked_for() {
        let pad = TokenChoice { pin_pad: true, ..token("một", None, &["01"]) };
        let mut hand = hand(vec![pad.clone(), token("hai", Some(3), &["02"])]);
        assert!(hand.is_ready());
        let ready = hand.take().unwrap();
        assert_eq!((ready.pin.reveal(), ready.certificate.as_deref()), ("", Some("01")));
        // The next one has no keys of its own.
        hand.step(true);
        assert!(!hand.is_ready());
        // A certificate is chosen all the same.
        let pad = TokenChoice { certificates: token("", None, &["01", "02"]).certificates, ..pad };
        assert!(!self::hand(vec![pad]).is_ready());
    }

    #[test]
    fn of_several_certificates_the_person_chooses() {
        let mut hand = hand(vec![token("một", Some(3), &["01", "02"])]);
        hand.pin = Pin::new("123456");
        assert!(!hand.is_ready());
        hand.certificate = Some("02".to_owned());
        assert_eq!(hand.take().and_then(|ready| ready.certificate).as_deref(), Some("02"));
    }

    #[test]
    fn a_pin_that_was_handed_over_is_forgotten() {
        let mut hand = hand(vec![token("một", Some(3), &["01"])]);
        hand.pin = Pin::new("123456");
        let ready = hand.take().unwrap();
        assert_eq!(ready.pin.reveal(), "123456");
        assert_eq!(hand.pin.reveal(), "");
        assert!(hand.take().is_none());
        assert!(!format!("{ready:?} {hand:?}").contains("123456"));
    }
}
