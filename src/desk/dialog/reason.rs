//! Why: returning, sending back, giving up, recalling; and the result of completing.
//!
//! The reasons of the rule profile come first, words of one's own may be added. Without a
//! reason nothing is returned (Quyết định 01/2019/QĐ-UBND Điều 8).

use std::sync::Arc;

use iced::widget::{column, row, text_editor};
use iced::{Center, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::deeds::Deed;
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::orders::Order;
use crate::desk::theme::{BOLD, Tone, Weight, size, space};
use crate::desk::widget::field::{field, lines};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::wide;
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::layout::Severity;
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::office::Link;
use crate::office::check_layout::sentence;
use crate::office::gate::{fact, outcome};
use crate::t;

const WORDS: &str = "reason-words";

#[derive(Debug)]
pub struct Reason {
    deed: Deed,
    key: DocumentKey,
    /// Code and subject, so that one sees what is about to happen to which.
    about: String,
    given: Vec<String>,
    /// What stands against it at the gate.
    found: Vec<String>,
    chosen: Option<usize>,
    /// Documents of ours that may be the answer, when something is completed.
    answers: Vec<Link>,
    words: text_editor::Content,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Given(Result<Given, Problem>),
    Answers(Result<Vec<Link>, Problem>),
    Choose(usize),
    Words(text_editor::Action),
    Submit,
    Close,
}

/// What the office gives to choose from.
#[derive(Debug, Clone)]
pub struct Given {
    reasons: Vec<String>,
    /// How many of the first follow from what was found at the gate.
    proposed: usize,
    found: Vec<String>,
}

impl Reason {
    pub fn new(deed: Deed, document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self::blank(deed, document);
        if !matches!(deed, Deed::Return | Deed::Accept | Deed::ToSign) {
            return (dialog, reach(WORDS));
        }
        let (door, key) = (Arc::clone(door), document.key());
        let ask = crate::desk::ask(move || given(&*door, deed, key));
        let given = Task::perform(ask, Message::Given);
        (dialog, Task::batch([given, reach(WORDS)]))
    }

    /// The result of completing may stay unsaid.
    pub fn completing(document: &Document, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let (key, door) = (document.key(), Arc::clone(door));
        let answers = crate::desk::ask(move || Ok(door.handling(key)?.links));
        let answers = Task::perform(answers, Message::Answers);
        let dialog = Self::blank(Deed::Complete, document);
        (dialog, Task::batch([answers, reach(WORDS)]))
    }

    fn blank(deed: Deed, document: &Document) -> Self {
        Self {
            deed,
            key: document.key(),
            about: super::about(document),
            given: Vec::new(),
            found: Vec::new(),
            chosen: None,
            answers: Vec::new(),
            words: text_editor::Content::new(),
            stage: Stage::Asking,
        }
    }

    /// The reason as it is sent: the chosen one, then one's own words.
    fn reason(&self) -> String {
        let chosen = self.chosen.and_then(|index| self.given.get(index)).map(String::as_str);
        let own = tidy(&self.words.text());
        match (chosen, own.is_empty()) {
            (Some(chosen), true) => chosen.to_owned(),
            (Some(chosen), false) => format!("{chosen}: {own}"),
            (None, _) => own,
        }
    }

    fn order(&self) -> Option<Order> {
        let (key, reason) = (self.key, self.reason());
        if self.stage.is_busy() || (reason.is_empty() && self.deed != Deed::Complete) {
            return None;
        }
        Some(match (self.deed, self.deed.outbound_goal()) {
            (Deed::Accept, _) => Order::AcceptDespite(key, reason),
            (Deed::Return, _) => Order::Return(key, reason),
            (Deed::Complete, _) => Order::Complete {
                key,
                result: reason,
                answer: self.chosen.and_then(|index| self.answers.get(index)).map(|one| one.key),
            },
            (Deed::Recall, _) => Order::Recall(key, reason),
            (_, Some(to)) => Order::Submit { key, to, note: reason },
            (_, None) => return None,
        })
    }

    fn heed(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Given(Ok(given)) => {
                // What the program proposes is chosen, for the person to change.
                if self.chosen.is_none() && given.proposed > 0 {
                    self.chosen = Some(0);
                }
                self.given = given.reasons;
                self.found = given.found;
            }
            // The newest answer is most likely the one.
            Message::Answers(Ok(answers)) => {
                self.chosen = answers.len().checked_sub(1);
                self.answers = answers;
            }
            Message::Given(Err(problem)) | Message::Answers(Err(problem)) => {
                self.stage = Stage::Failed(problem);
            }
            Message::Choose(index) => {
                self.chosen = if self.chosen == Some(index) { None } else { Some(index) };
            }
            Message::Words(action) if !self.stage.is_busy() => self.words.perform(action),
            Message::Words(_) => {}
            Message::Submit => {
                if let Some(order) = self.order() {
                    return Step::Order(order);
                }
            }
            Message::Close => return Step::Close,
        }
        Step::None
    }
}

impl Modal for Reason {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        self.heed(message)
    }

    fn confirm(&mut self, _: &Arc<dyn Door>) -> Step<Message> {
        self.heed(Message::Submit)
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let consequence = match self.deed {
            Deed::Accept => Some(t!("desk-reason-accept-means")),
            Deed::ToSign => Some(t!("desk-layout-pass-means")),
            Deed::Return => Some(t!("desk-reason-return-means")),
            Deed::Recall => Some(t!("desk-reason-recall-means")),
            Deed::Abandon => Some(t!("desk-reason-abandon-means")),
            Deed::SendBack => Some(t!("desk-reason-send-back-means")),
            _ => None,
        };
        let found = self.found.iter().map(|one| {
            row![
                tinted(Icon::CrossCircle, Tone::Bad.ink()).size(size::CAPTION),
                text(one).size(size::CAPTION)
            ]
            .spacing(space::S)
            .into()
        });
        let answers = self.answers.iter().map(|link| t!("desk-complete-answer", name = link.name));
        let given = self.given.iter().cloned().chain(answers).enumerate().map(|(index, reason)| {
            let chosen = self.chosen == Some(index);
            let mark = if chosen { Icon::CheckCircle } else { Icon::Dot };
            let line =
                row![icon(mark), text(reason).size(size::BODY)].spacing(space::S).align_y(Center);
            wide(line, chosen, (!busy).then_some(Message::Choose(index)))
        });
        let label = match (self.deed, self.given.is_empty()) {
            (Deed::Complete, _) => t!("desk-reason-result"),
            (_, true) => t!("desk-reason-words"),
            (_, false) => t!("desk-reason-more"),
        };
        let needed = self.order().is_none() && !busy;
        let body = column![text(&self.about).font(BOLD).size(size::BODY)]
            .push(consequence.map(|means| {
                row![tinted(Icon::Warning, Tone::Warn.ink()), text(means).size(size::BODY)]
                    .spacing(space::S)
            }))
            // Always a part of its own, so that the field below keeps the keyboard when it
            // fills.
            .push(column(found).spacing(2.0))
            .push(column(given).spacing(2.0))
            .push(field(
                label,
                lines(WORDS, &self.words, 84.0).on_action(Message::Words),
                needed.then(|| t!("desk-reason-needed")),
            ))
            .spacing(space::M);
        let weight = match self.deed.weight() {
            Weight::Danger => Weight::Danger,
            _ => Weight::Primary,
        };
        let submit = self.order().map(|_| Message::Submit);
        frame(Frame {
            icon: self.deed.icon(),
            title: t!(self.deed.key()),
            width: 600.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: Some((format!("{} (Ctrl+Enter)", t!(self.deed.key())), weight, submit)),
            close: Message::Close,
        })
    }
}

/// The reasons of the profile, those first that follow from what was found at the gate. To
/// accept all the same, words of one's own are wanted.
fn given(door: &dyn Door, deed: Deed, key: DocumentKey) -> Result<Given, Problem> {
    if deed == Deed::ToSign {
        let check = door.layout_check(key)?;
        let errors = check.iter().flat_map(|check| &check.findings);
        let found = errors
            .filter(|one| one.severity == Severity::Error)
            .map(|one| sentence(one, &door.component(one)))
            .collect();
        return Ok(Given { reasons: Vec::new(), proposed: 0, found });
    }
    let view = door.gate(key)?;
    let against = view.gate.iter().flat_map(|gate| &gate.checks);
    let found = against
        .filter(|check| check.stands_against())
        .flat_map(|check| {
            let why = outcome(&check.outcome);
            let facts: Vec<String> = check.facts.iter().map(fact).collect();
            if facts.is_empty() { vec![why] } else { facts }
        })
        .collect();
    if deed == Deed::Accept {
        return Ok(Given { reasons: Vec::new(), proposed: 0, found });
    }
    let mut reasons = view.proposed;
    let proposed = reasons.len();
    for reason in door.return_reasons() {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    Ok(Given { reasons, proposed, found })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialog(deed: Deed) -> Reason {
        Reason {
            deed,
            key: DocumentKey::fresh(),
            about: String::new(),
            given: vec!["Sai thể thức".to_owned(), "Gửi nhầm".to_owned()],
            found: Vec::new(),
            chosen: None,
            answers: Vec::new(),
            words: text_editor::Content::new(),
            stage: Stage::Asking,
        }
    }

    fn reason_of(step: Step<Message>) -> Option<String> {
        match step {
            Step::Order(Order::Return(_, reason)) => Some(reason),
            _ => None,
        }
    }

    #[test]
    fn nothing_is_returned_without_a_reason() {
        let mut dialog = dialog(Deed::Return);
        assert_eq!(reason_of(dialog.heed(Message::Submit)), None);
        dialog.words = text_editor::Content::with_text("  \n ");
        assert_eq!(reason_of(dialog.heed(Message::Submit)), None);
        drop(dialog.heed(Message::Choose(1)));
        assert_eq!(reason_of(dialog.heed(Message::Submit)).as_deref(), Some("Gửi nhầm"));
        dialog.words = text_editor::Content::with_text("gửi Sở\nNội vụ");
        assert_eq!(
            reason_of(dialog.heed(Message::Submit)).as_deref(),
            Some("Gửi nhầm: gửi Sở Nội vụ")
        );
        drop(dialog.heed(Message::Choose(1)));
        assert_eq!(reason_of(dialog.heed(Message::Submit)).as_deref(), Some("gửi Sở Nội vụ"));
    }

    #[test]
    fn while_the_office_is_at_it_nothing_is_ordered_twice() {
        let mut dialog = dialog(Deed::Return);
        drop(dialog.heed(Message::Choose(0)));
        dialog.stage = Stage::Busy;
        assert_eq!(reason_of(dialog.heed(Message::Submit)), None);
    }

    #[test]
    fn a_result_may_stay_unsaid() {
        let mut dialog = dialog(Deed::Complete);
        assert!(
            matches!(dialog.heed(Message::Submit), Step::Order(Order::Complete { result, .. }) if result.is_empty())
        );
    }
}
