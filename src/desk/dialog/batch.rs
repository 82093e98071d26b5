//! Signing or sealing many documents with one PIN.
//!
//! The person ticks the documents, gives the PIN once and says for how long the token may
//! keep it. Each document's fate shows as it falls; whoever cancels loses nothing, since
//! what the token is signing is finished and the rest is left as it was.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::mpsc;
use iced::widget::{Space, column, container, progress_bar, row, scrollable};
use iced::{Center, Fill, Task};

use super::hand::{self, Hand};
use super::{Frame, Modal, Stage, Step, frame};
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::keys::Command;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::field;
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::press;
use crate::desk::widget::tick::tick;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::i18n::tell;
use crate::office::Filter;
use crate::office::batch::{BatchOrder, BatchReport, Cancel, Fate, Made};
use crate::t;

/// More at a time nobody reads before signing.
const MOST: u32 = 200;
/// For how long the token may keep the PIN, in minutes.
const HOLDS: [u64; 3] = [5, 15, 30];

type Ended = Result<BatchReport<DocumentKey, Made>, Problem>;

#[derive(Debug)]
pub struct Batch {
    kind: SignatureKind,
    lines: Option<Vec<Line>>,
    hand: Hand,
    minutes: u64,
    cancel: Cancel,
    finished: usize,
    total: usize,
    /// All have found their fate.
    ended: bool,
    stage: Stage,
}

#[derive(Debug)]
struct Line {
    key: DocumentKey,
    about: String,
    chosen: bool,
    fate: Option<Fate<Made>>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Fetched(Result<Vec<Document>, Problem>),
    Tick(usize, bool),
    TickAll(bool),
    Hold(u64),
    Hand(hand::Message),
    Submit,
    /// One document's fate.
    Fell(DocumentKey, Fate<Made>),
    Ended(Ended),
    Cancel,
    Close,
}

impl Batch {
    pub fn new(kind: SignatureKind, door: &Arc<dyn Door>) -> (Self, Task<Message>) {
        let (hand, looking) = Hand::new(kind, door);
        let from = match kind {
            SignatureKind::Personal => OutboundState::ToSign,
            SignatureKind::Organisation => OutboundState::ToSeal,
        };
        let asked = Arc::clone(door);
        let fetch = Task::perform(
            crate::desk::ask(move || {
                // Nobody signs what lies with somebody else; all that is signed is the clerk's.
                let for_me = kind == SignatureKind::Personal;
                let filter = Filter { outbound: Some(from), for_me, ..Filter::default() };
                let found = asked.outbound(&filter, None, MOST)?;
                Ok(found.into_iter().map(|one| Document::Outbound(Box::new(one))).collect())
            }),
            Message::Fetched,
        );
        let dialog = Self {
            kind,
            lines: None,
            hand,
            minutes: HOLDS[0],
            cancel: Cancel::default(),
            finished: 0,
            total: 0,
            ended: false,
            stage: Stage::Asking,
        };
        (dialog, Task::batch([fetch, looking.map(Message::Hand)]))
    }

    fn chosen(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().flatten().filter(|line| line.chosen && line.fate.is_none())
    }

    fn is_ready(&self) -> bool {
        !self.stage.is_busy()
            && !self.ended
            && self.hand.is_ready()
            && self.chosen().next().is_some()
    }

    fn submit(&mut self, door: &Arc<dyn Door>) -> Step<Message> {
        if !self.is_ready() {
            return Step::None;
        }
        let Some(ready) = self.hand.take() else { return Step::None };
        let keys: Vec<DocumentKey> = self.chosen().map(|line| line.key).collect();
        let order = BatchOrder {
            // A place that is not sure is nobody's to guess: that one is signed by itself.
            order: ready.order(),
            hold: Duration::from_secs(self.minutes * 60),
        };
        self.stage = Stage::Busy;
        (self.finished, self.total) = (0, keys.len());
        self.cancel = Cancel::default();
        Step::Run(run(self.kind, keys, order, self.cancel.clone(), Arc::clone(door)))
    }

    fn fell(&mut self, key: DocumentKey, fate: Fate<Made>) {
        if let Some(line) = self.lines.iter_mut().flatten().find(|line| line.key == key) {
            line.fate = Some(fate);
        }
    }

    fn end(&mut self, answer: Ended, door: &Arc<dyn Door>) -> Step<Message> {
        match answer {
            Ok(report) => {
                for (key, fate) in report.fates {
                    self.fell(key, fate);
                }
                self.stage = Stage::Asking;
                self.ended = true;
                Step::Changed(Task::none())
            }
            // Nothing was signed: token, certificate or PIN.
            Err(problem) => {
                self.stage = Stage::Failed(problem);
                Step::Run(self.hand.again(door).map(Message::Hand))
            }
        }
    }

    fn documents(&self, busy: bool) -> Element<'_, Message> {
        let Some(lines) = &self.lines else {
            return text(t!("desk-loading")).size(size::BODY).into();
        };
        if lines.is_empty() {
            return text(t!("desk-batch-none")).size(size::BODY).into();
        }
        let settled = busy || self.ended;
        let all = lines.iter().all(|line| line.chosen);
        let head = tick(
            t!("desk-batch-all", count = lines.len()),
            all,
            (!settled).then_some(Message::TickAll),
        );
        let rows = lines.iter().enumerate().map(|(index, line)| {
            let box_ = tick(
                line.about.clone(),
                line.chosen,
                (!settled).then_some(move |chosen| Message::Tick(index, chosen)),
            );
            let fate = line.fate.as_ref().map(fate_view);
            column![box_].push(fate).spacing(2.0).into()
        });
        let more = lines.len() >= MOST as usize;
        let more = more.then(|| {
            text(t!("desk-batch-most", most = MOST)).size(size::CAPTION).color(Tone::Warn.ink())
        });
        column![head]
            .push(more)
            .push(
                container(
                    scrollable(column(rows).spacing(space::S).padding(space::S).width(Fill))
                        .height(400)
                        .style(theme::scroll),
                )
                .style(theme::framed),
            )
            .spacing(space::S)
            .into()
    }

    fn progress(&self, busy: bool) -> Element<'_, Message> {
        let of = |wanted: fn(&Fate<Made>) -> bool| {
            let fates = self.lines.iter().flatten().filter_map(|line| line.fate.as_ref());
            fates.filter(|fate| wanted(fate)).count()
        };
        let done = of(|fate| fate.done().is_some());
        let failed = of(|fate| matches!(fate, Fate::Failed(_)));
        let left = of(|fate| matches!(fate, Fate::NotTried(_)));
        let total = self.total.max(1) as f32;
        let said = if busy {
            t!("desk-batch-running", finished = self.finished, total = self.total)
        } else {
            t!("desk-batch-ended", done = done, total = self.total)
        };
        let cancel = busy.then(|| {
            let stopping = self.cancel.is_cancelled();
            let label = if stopping { t!("desk-batch-stopping") } else { t!("desk-batch-stop") };
            press(None, label, Weight::Plain, (!stopping).then_some(Message::Cancel))
        });
        let why = self.lines.iter().flatten().find_map(|line| match &line.fate {
            Some(Fate::NotTried(problem)) => Some(told(problem)),
            _ => None,
        });
        column![
            text(said).font(BOLD).size(size::BODY),
            progress_bar(0.0..=total, self.finished as f32).girth(10),
            row![badge(Icon::CheckCircle, t!("desk-batch-done", count = done), Tone::Good)]
                .push((failed > 0).then(|| {
                    badge(Icon::Warning, t!("desk-batch-failed", count = failed), Tone::Bad)
                }))
                .push((left > 0).then(|| {
                    badge(Icon::Clock, t!("desk-batch-left", count = left), Tone::Warn)
                }))
                .spacing(space::S),
        ]
        .push(cancel)
        .push(why)
        .push(Space::new())
        .spacing(space::M)
        .into()
    }
}

impl Modal for Batch {
    type Message = Message;

    fn stage(&self) -> Option<&Stage> {
        Some(&self.stage)
    }

    fn stage_mut(&mut self) -> Option<&mut Stage> {
        Some(&mut self.stage)
    }

    fn update(&mut self, message: Message, door: &Arc<dyn Door>) -> Step<Message> {
        match message {
            Message::Fetched(Ok(documents)) => {
                let line = |document: Document| Line {
                    key: document.key(),
                    about: super::about(&document),
                    chosen: true,
                    fate: None,
                };
                self.lines = Some(documents.into_iter().map(line).collect());
            }
            Message::Fetched(Err(problem)) => self.stage = Stage::Failed(problem),
            Message::Tick(index, chosen) => {
                if let Some(line) = self.lines.as_mut().and_then(|lines| lines.get_mut(index)) {
                    line.chosen = chosen;
                }
            }
            Message::TickAll(chosen) => {
                for line in self.lines.iter_mut().flatten() {
                    line.chosen = chosen;
                }
            }
            Message::Hold(minutes) => self.minutes = minutes,
            Message::Hand(hand::Message::Submit) | Message::Submit => return self.submit(door),
            Message::Hand(message) => {
                return Step::Run(self.hand.update(message, door).map(Message::Hand));
            }
            Message::Fell(key, fate) => {
                self.finished += 1;
                self.fell(key, fate);
            }
            Message::Ended(answer) => return self.end(answer, door),
            Message::Cancel => self.cancel.cancel(),
            Message::Close => return Step::Close,
        }
        Step::None
    }

    fn command(&mut self, command: Command, door: &Arc<dyn Door>) -> Step<Message> {
        match command {
            Command::Confirm => self.submit(door),
            _ => Step::None,
        }
    }

    /// A reader or a card came or went.
    fn plugged(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        if self.stage.is_busy() || self.ended {
            return Task::none();
        }
        self.hand.plugged(door).map(Message::Hand)
    }

    fn view(&self) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let count = self.chosen().count();
        let (title, deed, symbol) = match self.kind {
            SignatureKind::Personal => {
                (t!("desk-batch-sign"), t!("desk-batch-go", count = count), Icon::Pen)
            }
            SignatureKind::Organisation => {
                (t!("desk-batch-seal"), t!("desk-batch-go-seal", count = count), Icon::Stamp)
            }
        };
        let right: Element<'_, Message> = if busy || self.ended {
            self.progress(busy)
        } else {
            let holds = HOLDS.into_iter().map(|minutes| {
                let weight = if minutes == self.minutes { Weight::Chosen } else { Weight::Quiet };
                let label = t!("desk-batch-minutes", minutes = minutes);
                press(None, label, weight, Some(Message::Hold(minutes)))
            });
            column![
                self.hand.view(busy).map(Message::Hand),
                field(t!("desk-batch-hold"), row(holds).spacing(space::XS), None),
                text(t!("desk-batch-means")).size(size::CAPTION).color(theme::INK_SOFT),
            ]
            .spacing(space::M)
            .into()
        };
        let body = row![column![self.documents(busy)].width(560), container(right).width(Fill)]
            .spacing(space::XL);
        let go = (!self.ended).then(|| {
            let submit = self.is_ready().then_some(Message::Submit);
            (format!("{deed} (Ctrl+Enter)"), Weight::Primary, submit)
        });
        frame(Frame {
            icon: symbol,
            title,
            width: 1160.0,
            body: body.into(),
            stage: Some(&self.stage),
            go,
            close: Message::Close,
        })
    }
}

/// Runs the batch on a thread of its own and tells each fate as it falls.
fn run(
    kind: SignatureKind,
    keys: Vec<DocumentKey>,
    order: BatchOrder,
    cancel: Cancel,
    door: Arc<dyn Door>,
) -> Task<Message> {
    let (tell, told) = mpsc::unbounded();
    let work = crate::desk::ask(move || {
        let named = keys.clone();
        door.batch(kind, &keys, &order, &cancel, &move |progress| {
            if let Some(key) = named.get(progress.index) {
                // Whoever closed the window hears nothing more; the work goes on.
                let _ = tell.unbounded_send(Message::Fell(*key, progress.fate.clone()));
            }
        })
    });
    // The fates come first: the work holds the only sender until it ends.
    Task::batch([Task::run(told, |fell| fell), Task::perform(work, Message::Ended)])
}

fn fate_view(fate: &Fate<Made>) -> Element<'_, Message> {
    let (icon, tone, words) = match fate {
        Fate::Done(Made { numbering: Some(numbering), .. }) => (
            Icon::CheckCircle,
            Tone::Good,
            t!(
                "desk-batch-number",
                number = crate::domain::document::written_number(numbering.number)
            ),
        ),
        Fate::Done(_) => (Icon::CheckCircle, Tone::Good, t!("desk-batch-sealed")),
        Fate::Failed(problem) => (Icon::Warning, Tone::Bad, tell(problem).what),
        Fate::NotTried(_) => (Icon::Clock, Tone::Warn, t!("desk-batch-not-tried")),
    };
    row![
        Space::new().width(24),
        crate::desk::widget::icon::tinted(icon, tone.ink()).size(size::CAPTION),
        text(words).size(size::CAPTION).color(tone.ink()).width(Fill)
    ]
    .spacing(space::XS)
    .align_y(Center)
    .into()
}
