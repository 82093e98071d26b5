//! What the desk has the office do, off the window's thread, and what it says afterwards.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;
use iced::Task;
use jiff::Timestamp;

use super::notices::Notice;
use super::{EVERY, Main, Message, jobs, status};
use crate::desk::dialog::Dialog;
use crate::desk::document::Document;
use crate::desk::door::Door;
use crate::desk::orders::{Order, Outcome};
use crate::desk::{viewer, words};
use crate::domain::identity::ExpiryWarning;
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;
use crate::domain::text::safe_file_name;
use crate::office::batch::Cancel;
use crate::office::exchange::Ear;
use crate::office::{DemandView, SyncReport};
use crate::t;

impl Main {
    pub(super) fn order(&mut self, order: Order) -> Task<Message> {
        let job = self.jobs.begin(order.doing(), order.key());
        self.reversible.extend(order.reversible().map(|key| (job, key)));
        let door = Arc::clone(&self.door);
        let work =
            Task::perform(crate::desk::ask(move || order.carry_out(&*door)), move |answer| {
                Message::Ordered { job, answer }
            });
        Task::batch([work, slow(job)])
    }

    pub(super) fn ordered(&mut self, job: u64, answer: Result<Outcome, Problem>) -> Task<Message> {
        self.jobs.end(job);
        let asked_here = self.ordered == Some(job) && self.dialog.is_some();
        let reversible = self.reversible.iter().position(|(one, _)| *one == job);
        let reversible = reversible.map(|at| self.reversible.remove(at).1);
        match answer {
            Ok(Outcome { key, said, then }) => {
                let about = key.map(|key| key.to_string()).unwrap_or_default();
                tracing::info!(key = about, said, "an order was carried out");
                if asked_here {
                    self.dialog = None;
                    self.ordered = None;
                }
                let shown = self.reader.document().map(|document| document.key());
                let reader = match key {
                    Some(key) if shown == Some(key) => self.reader.refresh(&self.door),
                    Some(key) if shown.is_none() || asked_here => {
                        self.list.select(key);
                        self.reader.open(key, &self.door)
                    }
                    _ => Task::none(),
                };
                let notice = match reversible {
                    Some(key) => {
                        self.decided.push(key);
                        Notice::Undoable(said)
                    }
                    None => Notice::Good(said),
                };
                // The answer is issued: what it answers is offered for completion.
                let next = match then.filter(|_| self.dialog.is_none()) {
                    Some(document) => {
                        let document = Document::Inbound(document);
                        let dialog = Dialog::complete(&document, &self.door);
                        self.open(dialog)
                    }
                    None => Task::none(),
                };
                Task::batch([
                    next,
                    self.notices.add(notice).map(Message::Notices),
                    self.look_at_token(),
                    self.count_awaiting(),
                    self.count(),
                    self.list.reload(&self.door).map(Message::List),
                    reader.map(Message::Reader),
                ])
            }
            Err(problem) => {
                tracing::warn!(%problem, "an order was not carried out");
                // The document may stand elsewhere by now: look again.
                let again = Task::batch([
                    self.count(),
                    self.list.reload(&self.door).map(Message::List),
                    self.reader.refresh(&self.door).map(Message::Reader),
                ]);
                if problem.code == "office-layout-reason"
                    && self.dialog.is_none()
                    && let Some(asked) = self.ask_why_pass()
                {
                    return Task::batch([again, asked]);
                }
                if problem.code == "office-gate-reason"
                    && self.dialog.is_none()
                    && let Some(key) = reversible
                    && let Some(asked) = self.ask_why_accept(key)
                {
                    return Task::batch([again, asked]);
                }
                // Both are shown, rather than told that there is another.
                if problem.code == "office-duplicate-registered"
                    && !matches!(self.dialog, Some(Dialog::Twins(_)))
                {
                    let shown = self.show_twins();
                    let told = match &mut self.dialog {
                        Some(dialog) => dialog.failed(problem, &self.door).map(Message::Dialog),
                        None => self.trouble(problem),
                    };
                    return Task::batch([again, shown, told]);
                }
                match (&mut self.dialog, asked_here) {
                    (Some(dialog), true) => {
                        let task = dialog.failed(problem, &self.door).map(Message::Dialog);
                        Task::batch([again, task])
                    }
                    _ => Task::batch([again, self.trouble(problem)]),
                }
            }
        }
    }

    /// Has the report on the shown document's signatures made, and asks where to keep it.
    pub(super) fn report(&mut self) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let key = document.key();
        let name = format!("{} {}.pdf", t!("desk-report-file"), document.code());
        let job = self.jobs.begin(t!("desk-doing-report"), None);
        let door = Arc::clone(&self.door);
        let work = save_as(name, move || door.verdict_report(key));
        let work = Task::perform(work, move |answer| Message::Reported { job, answer });
        Task::batch([work, slow(job)])
    }

    pub(super) fn reported(
        &mut self,
        job: u64,
        answer: Result<Option<PathBuf>, Problem>,
    ) -> Task<Message> {
        self.jobs.end(job);
        match answer {
            Ok(None) => Task::none(),
            Ok(Some(path)) => {
                tracing::info!(job, "a file was kept");
                let said = t!("desk-file-saved", file = path.display());
                self.notices.add(Notice::Good(said)).map(Message::Notices)
            }
            Err(problem) => self.trouble(problem),
        }
    }

    pub(super) fn trouble(&mut self, problem: Problem) -> Task<Message> {
        self.notices.add(Notice::Trouble(problem)).map(Message::Notices)
    }

    pub(super) fn count(&mut self) -> Task<Message> {
        self.counted += 1;
        let (turn, door) = (self.counted, Arc::clone(&self.door));
        let counts = Task::perform(crate::desk::ask(move || door.counts()), move |answer| {
            Message::Counts(turn, answer)
        });
        Task::batch([counts, self.count_owing(), self.ask_reached()])
    }

    /// Only what is sealed here can wait; the rest of the office need not know.
    pub(super) fn count_awaiting(&self) -> Task<Message> {
        if !self.door.may(Act::Sync) {
            return Task::none();
        }
        let door = Arc::clone(&self.door);
        let count = crate::desk::ask(move || Ok(door.awaiting_extension()?.len()));
        Task::perform(count, Message::Awaited)
    }

    /// A remark on the document shown.
    pub(super) fn note(&mut self) -> Task<Message> {
        let Some(document) = self.reader.document() else { return Task::none() };
        let dialog = Dialog::note(document, &self.door);
        self.open(dialog)
    }

    /// What the sender of the document shown demands; where it demands nothing, all that
    /// waits for an answer.
    pub(super) fn answer_demand(&mut self) -> Task<Message> {
        if !self.door.may(Act::Recall) {
            return Task::none();
        }
        let open = |document: &&Document| match document {
            Document::Inbound(inbound) => {
                inbound.demand.is_some_and(|mark| !mark.state.is_answered())
            }
            Document::Outbound(_) => false,
        };
        let about = self.reader.document().filter(open).map(Document::key);
        let dialog = Dialog::demands(about, &self.door);
        self.open(dialog)
    }

    /// What senders demand is told to whom it concerns, once, and that is recorded.
    pub(super) fn ask_untold(&self) -> Task<Message> {
        let door = Arc::clone(&self.door);
        let asked = crate::desk::ask(move || {
            let untold = door.untold_demands()?;
            for view in &untold {
                door.demand_noticed(view.kept.demand.id)?;
            }
            Ok(untold)
        });
        Task::perform(asked, Message::Told)
    }

    pub(super) fn told(&mut self, answer: Result<Vec<DemandView>, Problem>) -> Task<Message> {
        match answer {
            Ok(views) => Task::batch(views.into_iter().map(|view| {
                let demand = &view.kept.demand;
                let document = match &view.document {
                    Some(document) => document.metadata.code.to_string(),
                    None => demand.about.document_id.clone(),
                };
                let said = t!(
                    "desk-demand-told",
                    sender = demand.sender_name,
                    kind = words::demand(demand.kind),
                    document = document,
                    state = words::demand_state(view.kept.state).0
                );
                self.notices.add(Notice::Warning(said)).map(Message::Notices)
            })),
            Err(problem) => self.trouble(problem),
        }
    }

    /// Certificates that end soon are told at the login.
    pub(super) fn warn(&self) -> Task<Message> {
        let door = Arc::clone(&self.door);
        Task::perform(crate::desk::ask(move || door.certificate_warnings()), Message::Warned)
    }

    pub(super) fn warned(&mut self, answer: Result<Vec<ExpiryWarning>, Problem>) -> Task<Message> {
        match answer {
            Ok(warnings) => Task::batch(warnings.into_iter().map(|warning| {
                let owner = warning.link.certificate.subject;
                let said = if warning.days_left < 0 {
                    t!("desk-certificate-ended", owner = owner)
                } else {
                    t!("desk-certificate-ends", owner = owner, days = warning.days_left)
                };
                self.notices.add(Notice::Warning(said)).map(Message::Notices)
            })),
            Err(problem) => self.trouble(problem),
        }
    }

    /// Where no server is set nothing is exchanged, but what waits is made to last.
    pub(super) fn auto_sync(&mut self) -> Task<Message> {
        self.sync(false)
    }

    pub(super) fn sync(&mut self, asked: bool) -> Task<Message> {
        if self.syncing.is_some() || !self.door.may(Act::Sync) {
            return Task::none();
        }
        if asked && self.line == status::Line::NoServer {
            return self.trouble(Problem::new("desk-no-server", Kind::Unavailable, Blame::Input));
        }
        let job = self.jobs.begin(t!("desk-doing-sync"), None);
        self.syncing = Some(job);
        let (door, failures) = (Arc::clone(&self.door), self.failures);
        let heard = std::mem::take(&mut self.heard);
        let call = move || {
            let answer = if asked { door.sync_now() } else { door.sync() };
            Ok(Round::of(&*door, answer, failures, heard))
        };
        let work = Task::perform(crate::desk::ask(call), move |round| Message::Synced {
            job,
            asked,
            round: round.unwrap_or_else(Round::broken),
        });
        Task::batch([work, slow(job)])
    }

    /// The line may be another one now: what was known of the old one does not count, nobody
    /// listens at it any more, and the exchange begins at once.
    pub(super) fn exchange_anew(&mut self) -> Task<Message> {
        self.line.set(self.door.server().as_deref());
        self.listening = None;
        (self.failures, self.heard) = (0, false);
        // One that runs was called off, or began before; its end brings the next.
        self.anew = self.syncing.is_some();
        self.auto_sync()
    }

    /// Something has come, as was heard; or nothing more is to be heard until the next exchange.
    pub(super) fn heard(&mut self, came: bool) -> Task<Message> {
        self.listening = None;
        self.heard = came;
        if came { self.auto_sync() } else { Task::none() }
    }

    pub(super) fn synced(&mut self, job: u64, asked: bool, round: Round) -> Task<Message> {
        let anew = std::mem::take(&mut self.anew);
        let Round { answer, failures, pause, ear } = round;
        (self.failures, self.pause) = (if anew { 0 } else { failures }, pause);
        let listen = ear.filter(|_| !anew).map(|ear| {
            let (listen, handle) = Task::perform(listen(ear, pause), Message::Heard).abortable();
            self.listening = Some(handle.abort_on_drop());
            listen
        });
        self.jobs.end(job);
        if self.syncing == Some(job) {
            self.syncing = None;
        }
        // How it stood with the old line is not told of the new one.
        if !anew {
            self.line.synced(&answer, Timestamp::now());
        }
        let mut tasks = vec![self.count(), self.count_awaiting()];
        tasks.extend(listen);
        if anew {
            tasks.push(self.sync(asked));
        }
        let problem = match &answer {
            Ok(report) => report.problem.as_ref(),
            Err(problem) => Some(problem),
        };
        // That the old line was left is what somebody wanted, and so is a desk without one.
        let wanted = |problem: &&Problem| match problem.code {
            "exchange-cancelled" => anew,
            "office-no-server" => !asked,
            _ => false,
        };
        if let Some(problem) = problem.filter(|problem| !wanted(problem)).cloned() {
            tracing::warn!(%problem, "synchronisation");
            // The indicator says it each minute; a person who asked is told at length.
            if asked {
                tasks.push(self.trouble(problem));
            }
        }
        if let Ok(report) = answer {
            // What the minute brings by itself is worth a line only if it brings something.
            if asked || report.received + report.sent > 0 {
                let SyncReport { sent, received, waiting, .. } = report;
                tracing::info!(sent, received, waiting, "synchronised");
            }
            if report.received + report.sent > 0 {
                if report.received > 0 {
                    self.brought = true;
                    tasks.push(self.ask_reports());
                }
                tasks.push(self.list.reload(&self.door).map(Message::List));
                tasks.push(self.reader.refresh(&self.door).map(Message::Reader));
                tasks.push(self.ask_untold());
            }
            if report.quarantined > 0 {
                tasks.push(self.ask_refusal());
            }
            if report.problem.is_none() && (asked || report.received > 0) {
                let said = t!("desk-synced", sent = report.sent, received = report.received);
                tasks.push(self.notices.add(Notice::Good(said)).map(Message::Notices));
            }
        }
        Task::batch(tasks)
    }
}

/// What an exchange came to, and what is to be done until the next.
#[derive(Debug, Clone)]
pub struct Round {
    answer: Result<SyncReport, Problem>,
    /// Exchanges in a row that failed.
    failures: u32,
    /// Until the next one.
    pause: Duration,
    /// What hears that something has come meanwhile.
    ear: Option<Arc<Ear>>,
}

impl Round {
    /// `heard`: it was made because something was said to have come.
    fn of(
        door: &dyn Door,
        answer: Result<SyncReport, Problem>,
        failures: u32,
        heard: bool,
    ) -> Self {
        let well = matches!(&answer, Ok(report) if report.problem.is_none());
        let failures = if well { 0 } else { failures.saturating_add(1) };
        // What was said to have come and could not be had is not asked for at once again.
        let quiet = |report: &SyncReport| report.held > 0 || (heard && report.received == 0);
        let listens = well && answer.as_ref().is_ok_and(|report| !quiet(report));
        let ear = if listens { door.ear().ok().flatten() } else { None };
        Self { answer, failures, pause: door.until_next_sync(failures), ear }
    }

    fn broken(problem: Problem) -> Self {
        Self { answer: Err(problem), failures: 1, pause: EVERY, ear: None }
    }
}

/// Listens on a thread of its own, since it waits for long and for nothing of the office; ends
/// soon when nobody wants to hear it any more.
async fn listen(ear: Arc<Ear>, at_most: Duration) -> bool {
    let (tell, told) = oneshot::channel();
    let wanted = Wanted::default();
    let watch = wanted.0.clone();
    std::thread::spawn(move || {
        let came = ear.listen(at_most, &|| watch.is_cancelled());
        // Nobody may be there any more.
        let _ = tell.send(came);
    });
    told.await.unwrap_or(false)
}

/// Calls its watch off when it goes.
#[derive(Default)]
struct Wanted(Cancel);

impl Drop for Wanted {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Makes a file, asks where it goes, and puts it there; `None` if nobody chose a place.
pub(super) async fn save_as(
    name: String,
    make: impl FnOnce() -> Result<Vec<u8>, Problem> + Send + 'static,
) -> Result<Option<PathBuf>, Problem> {
    let bytes = crate::desk::ask(make).await?;
    // A document's number has a stroke, which would end a folder's name.
    let name = safe_file_name(&name.replace('/', "-"));
    let chosen = rfd::AsyncFileDialog::new().set_file_name(name).save_file().await;
    let Some(path) = chosen.map(|file| file.path().to_owned()) else { return Ok(None) };
    crate::desk::ask(move || viewer::write(path, &bytes).map(Some)).await
}

pub(super) fn slow(job: u64) -> Task<Message> {
    Task::perform(crate::desk::after(jobs::PATIENCE), move |()| Message::Slow(job))
}
