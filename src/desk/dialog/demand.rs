//! What a sender demands of its document, and the answer to it.
//!
//! A refusal needs a reason, since the law gives the sender a right to the cancellation
//! (Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2). Without a document chosen, everything that
//! waits for an answer is listed, also what waits for its document.

use std::sync::Arc;

use iced::widget::{column, container, row, text_editor};
use iced::{Center, Fill, Task};

use super::{Frame, Modal, Stage, Step, frame, staged};
use crate::desk::document::{day, local_time};
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::orders::Order;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::field::{fact, field, lines};
use crate::desk::widget::icon::{Icon, icon, tinted};
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::tabbing::reach;
use crate::desk::widget::{Element, text};
use crate::desk::words;
use crate::domain::demand::FieldChange;
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::domain::text::tidy;
use crate::office::DemandView;
use crate::t;

const WORDS: &str = "demand-words";
/// Nobody leaves more without an answer.
const MOST: u32 = 200;

#[derive(Debug)]
pub struct Demands {
    /// The document whose demand is meant; `None` for all.
    about: Option<DocumentKey>,
    demands: Option<Vec<DemandView>>,
    chosen: usize,
    agrees: bool,
    words: text_editor::Content,
    stage: Stage,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Vec<DemandView>, Problem>),
    Choose(usize),
    Agree(bool),
    Words(text_editor::Action),
    Submit,
    Close,
}

impl Demands {
    pub fn new(about: Option<DocumentKey>, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let dialog = Self {
            about,
            demands: None,
            chosen: 0,
            agrees: true,
            words: text_editor::Content::new(),
            stage: Stage::Asking,
        };
        let door = Arc::clone(door);
        let asked = crate::desk::ask(move || door.demands(MOST));
        (dialog, Task::perform(asked, Message::Fetched))
    }

    fn shown(&self) -> Option<&DemandView> {
        self.demands.as_ref()?.get(self.chosen)
    }

    fn order(&self) -> Option<Order> {
        let view = self.shown().filter(|_| !self.stage.is_busy())?;
        let reason = tidy(&self.words.text());
        if !self.agrees && reason.is_empty() {
            return None;
        }
        let demand = &view.kept.demand;
        Some(Order::AnswerDemand {
            demand: demand.id,
            key: demand.document,
            agreed: self.agrees,
            reason,
        })
    }

    fn answer(&self, view: &DemandView) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let option = |agrees: bool, label: String| {
            let mark = if self.agrees == agrees { Icon::CheckCircle } else { Icon::Dot };
            let content =
                row![icon(mark), text(label).size(size::BODY)].spacing(space::S).align_y(Center);
            wide(content, self.agrees == agrees, (!busy).then_some(Message::Agree(agrees)))
        };
        let means = match (self.agrees, view.kept.demand.kind.cancels()) {
            (true, true) => t!("desk-demand-agree-means"),
            (true, false) => t!("desk-demand-update-means"),
            (false, _) => t!("desk-demand-refuse-means"),
        };
        let needed = !self.agrees && tidy(&self.words.text()).is_empty();
        column![
            row![option(true, t!("desk-demand-agree")), option(false, t!("desk-demand-refuse"))]
                .spacing(space::S),
            row![tinted(Icon::Info, Tone::Info.ink()), text(means).size(size::CAPTION)]
                .spacing(space::S)
                .align_y(Center),
            field(
                t!("desk-demand-words"),
                lines(WORDS, &self.words, 70.0).on_action(Message::Words),
                needed.then(|| t!("desk-demand-words-needed")),
            ),
        ]
        .spacing(space::S)
        .into()
    }

    fn heed(&mut self, message: Message) -> Step<Message> {
        match message {
            Message::Fetched(Ok(mut demands)) => {
                if let Some(key) = self.about {
                    demands.retain(|view| view.kept.demand.document == Some(key));
                }
                self.demands = Some(demands);
                // The field is there only now.
                return Step::Run(reach(WORDS));
            }
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Choose(index) => self.chosen = index,
            Message::Agree(agrees) => {
                self.agrees = agrees;
                return Step::Run(reach(WORDS));
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

impl Modal for Demands {
    type Message = Message;

    staged!();

    fn update(&mut self, message: Message, _: &Arc<dyn Door>) -> Step<Message> {
        self.heed(message)
    }

    fn command(&mut self, command: Command, _: &Arc<dyn Door>) -> Step<Message> {
        let last = self.demands.as_ref().map_or(0, Vec::len).saturating_sub(1);
        match command {
            Command::Confirm => return self.heed(Message::Submit),
            Command::Down => self.chosen = (self.chosen + 1).min(last),
            Command::Up => self.chosen = self.chosen.saturating_sub(1),
            _ => {}
        }
        Step::None
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let body: Element<'_, Message> = match (&self.demands, self.shown()) {
            (None, _) => text(t!("desk-loading")).size(size::BODY).into(),
            (Some(demands), Some(view)) => {
                let list = demands.iter().enumerate().map(|(index, view)| {
                    let chosen = index == self.chosen;
                    wide(heading(view), chosen, (!busy).then_some(Message::Choose(index)))
                });
                let list = (demands.len() > 1).then(|| column(list).spacing(2.0));
                column![]
                    .push(list)
                    .push(described(view))
                    .push(self.answer(view))
                    .spacing(space::M)
                    .into()
            }
            (Some(_), None) => text(t!("desk-demand-none")).size(size::BODY).into(),
        };
        let (name, weight) = if self.agrees {
            (t!("desk-demand-agree"), Weight::Primary)
        } else {
            (t!("desk-demand-refuse"), Weight::Danger)
        };
        let go = self.shown().map(|_| {
            (format!("{name} (Ctrl+Enter)"), weight, self.order().map(|_| Message::Submit))
        });
        frame(Frame {
            icon: Icon::Undo,
            title: t!("desk-demand-title"),
            width: 680.0,
            body,
            stage: Some(&self.stage),
            go,
            close: Message::Close,
        })
    }
}

/// What is demanded, of which document.
fn heading<'a>(view: &DemandView) -> Element<'a, Message> {
    let demand = &view.kept.demand;
    let name = match &view.document {
        Some(document) => format!("{} – {}", document.metadata.code, document.metadata.subject),
        None => demand.about.document_id.clone(),
    };
    row![
        icon(Icon::Undo),
        text(words::demand(demand.kind)).font(BOLD).size(size::BODY),
        text(name).size(size::BODY).width(Fill),
    ]
    .spacing(space::S)
    .align_y(Center)
    .into()
}

fn described(view: &DemandView) -> Element<'_, Message> {
    let demand = &view.kept.demand;
    let mut lines = vec![heading(view)];
    lines.push(fact(t!("desk-fact-sender"), &demand.sender_name));
    lines.push(fact(t!("desk-demand-came"), local_time(demand.received_at)));
    lines.push(fact(t!("desk-demand-by"), day(demand.answer_by)));
    if !demand.reason.is_empty() {
        lines.push(fact(t!("desk-fact-reason"), &demand.reason));
    }
    match &view.document {
        Some(document) => {
            let state = crate::desk::document::State::Inbound(document.state);
            lines.push(fact(t!("desk-demand-stands"), words::state(state)));
        }
        None => lines.push(text(t!("desk-demand-unknown")).size(size::BODY).into()),
    }
    lines.extend(view.changes.iter().map(changed));
    if view.files_changed {
        lines.push(text(t!("desk-demand-files")).size(size::BODY).color(Tone::Warn.ink()).into());
    }
    container(column(lines).spacing(space::XS))
        .padding(space::M)
        .width(Fill)
        .style(theme::framed)
        .into()
}

/// A field before and after.
fn changed<'a>(change: &FieldChange) -> Element<'a, Message> {
    let shown = |words: &str| if words.is_empty() { "—".to_owned() } else { words.to_owned() };
    let name = t!(&format!("demand-field-{}", change.field));
    fact(name, format!("{}  →  {}", shown(&change.before), shown(&change.after)))
}

/// The banner over a document whose sender waits.
pub fn waits<'a, M: Clone + 'a>(words: String, answer: Option<M>) -> Element<'a, M> {
    let says = text(words).size(size::BODY).width(Fill);
    container(
        row![icon(Icon::Warning).size(size::HEADLINE), says]
            .push(answer.map(|message| {
                let label = format!("{} (C)", t!("desk-demand-answer"));
                press(Some(Icon::Undo), label, Weight::Primary, Some(message))
            }))
            .spacing(space::S)
            .align_y(Center),
    )
    .width(Fill)
    .padding([space::XS + 2.0, space::M])
    .style(theme::toned(Tone::Warn))
    .into()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::domain::agency::AgencyCode;
    use crate::domain::demand::{Demand, DemandKind, DemandState, KeptDemand};
    use crate::domain::document::{BlobHash, ResponseFor};

    fn view() -> DemandView {
        let demand = Demand {
            id: DocumentKey::fresh(),
            kind: DemandKind::Recall,
            sender: AgencyCode::new("H30").unwrap(),
            sender_name: String::new(),
            about: ResponseFor {
                agency: None,
                code: String::new(),
                issued: None,
                document_id: "H30,2026,7".to_owned(),
            },
            reason: String::new(),
            received_at: Timestamp::UNIX_EPOCH,
            told_at: None,
            answer_by: jiff::civil::date(2026, 12, 1),
            packet: BlobHash(String::new()),
            document: None,
            replacement: None,
            update: None,
        };
        DemandView {
            kept: KeptDemand { demand, state: DemandState::Waiting, answer: None },
            document: None,
            changes: Vec::new(),
            files_changed: false,
        }
    }

    #[test]
    fn nothing_is_refused_without_a_reason() {
        let mut dialog = Demands {
            about: None,
            demands: Some(vec![view()]),
            chosen: 0,
            agrees: true,
            words: text_editor::Content::new(),
            stage: Stage::Asking,
        };
        assert!(matches!(dialog.order(), Some(Order::AnswerDemand { agreed: true, .. })));
        drop(dialog.heed(Message::Agree(false)));
        assert!(dialog.order().is_none());
        dialog.words = text_editor::Content::with_text("Đã hoàn thành");
        assert!(matches!(
            dialog.order(),
            Some(Order::AnswerDemand { agreed: false, reason, .. }) if reason == "Đã hoàn thành"
        ));
        dialog.stage = Stage::Busy;
        assert!(dialog.order().is_none());
    }
}
