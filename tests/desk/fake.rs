//! An office in memory behind the window's door: sample documents in every state, real
//! PDF files, the state machines of `domain`, and troubles on demand. For tests and for
//! looking at the window; the real office is tested elsewhere.

#[path = "fake_copies.rs"]
pub mod copies;
#[path = "fake_draft.rs"]
mod draft;
#[path = "fake_gate.rs"]
mod gate;
#[path = "fake_layout.rs"]
mod layout;
#[path = "fake_leaving.rs"]
mod leaving;
#[path = "fake_line.rs"]
mod line;
#[path = "fake_paper.rs"]
pub mod paper;
#[path = "fake_set_up.rs"]
pub mod set_up;
#[path = "fake_shelf.rs"]
pub mod shelf;

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures::stream::{self, BoxStream, StreamExt};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use vanthu::desk::door::{Door, Doorkeeper, GateDoor};
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::book::BookId;
use vanthu::domain::delivery::{Delivery, SendState, StatusCode, StatusEntry};
use vanthu::domain::document::{
    BlobHash, Code, DocumentKey, FileRef, Metadata, Recipient, Urgency, written_number,
};
use vanthu::domain::handling::{Handler, Note, Progress as HandlingProgress, ProgressEntry, Unit};
use vanthu::domain::identity::ExpiryWarning;
use vanthu::domain::inbound::{Assignment, InboundDocument, InboundState, Registration};
use vanthu::domain::opinion::act_in;
use vanthu::domain::outbound::{Numbering, OutboundDocument, OutboundState, SignatureKind};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::role::{Act, Role, permits};
use vanthu::domain::text::fold;
use vanthu::domain::verdict::{
    Level, SignatureDetail, SignatureSummary, Step, StepName, StepResult, Verdict, VerdictSummary,
};
use vanthu::office::batch::{BatchOrder, BatchReport, Cancel, Fate, Load, Made, Progress, Tell};
use vanthu::office::correct::Fault;
use vanthu::office::doctor::{Finding, Health, Part};
use vanthu::office::extract::{Field, Proposal, Reading, Reason, Spot, Value};
use vanthu::office::head::NumberPreview;
use vanthu::office::layout::{Sample, compose, samples};
use vanthu::office::{
    Agenda, Assigning, Counts, DemandView, Filter, Handling, HistoryEntry, NewDraft, PlaceProposal,
    Placement, Session, SignOrder, SyncReport, TokenChoice, UserInfo,
};
use vanthu::office::{AwaitingExtension, ExtensionReport, SignedFile, Standing};
use vanthu::pdf::{Rect, render};
use vanthu::token::pkcs11::{Candidate, Source, State};
use vanthu::token::{Pin, Plugged, Presence, Selector};

use crate::handling;
pub use paper::slow;

/// The one password, and the one PIN.
pub const PASSWORD: &str = "mat khau";
pub const PIN: &str = "123456";

/// What the fake office does wrong, switched while it runs.
#[derive(Debug, Default)]
pub struct Troubles {
    pub server_down: AtomicBool,
    pub disk_broken: AtomicBool,
    /// Milliseconds that every call takes.
    pub delay: AtomicU32,
    pub no_reader: AtomicBool,
    pub place_unsure: AtomicBool,
    /// Not trouble, but it is switched here: the office keeps more than one inbound book.
    pub several_books: AtomicBool,
}

/// Lets `be` (clerk), `an` (leader) and `dat` (drafter) in.
#[derive(Debug, Clone)]
pub struct FakeKeeper {
    books: Arc<Mutex<Books>>,
    pub troubles: Arc<Troubles>,
    pub demonstration: bool,
    pub server: bool,
}

#[derive(Debug)]
pub struct Books {
    pub inbound: Vec<InboundDocument>,
    outbound: Vec<OutboundDocument>,
    history: Vec<(DocumentKey, HistoryEntry)>,
    sheets: Vec<Sample>,
    arrival_number: u32,
    number: u32,
    tries: u8,
    /// Calls that change something, in words.
    pub deeds: Vec<String>,
    pub notes: Vec<(DocumentKey, Note)>,
    pub progress: Vec<(DocumentKey, ProgressEntry)>,
    pub handlers: Vec<(DocumentKey, Handler)>,
    /// Inbound documents and what answers them.
    pub answers: Vec<(DocumentKey, DocumentKey)>,
    pub demands: Vec<DemandView>,
    /// Of which the person has not been told.
    pub untold: Vec<DemandView>,
    syncs: u32,
    awaiting: Vec<AwaitingExtension>,
    gate: gate::GateBooks,
    filters: Vec<vanthu::office::search::SavedFilter>,
    paper: paper::OnPaper,
    copies: Vec<vanthu::domain::copy::CertifiedCopy>,
    /// Drafts of which whoever signs in next is to be told.
    reaching: Vec<DocumentKey>,
    /// Documents whose fields the program filled in.
    unconfirmed: Vec<DocumentKey>,
    forms: Vec<vanthu::office::KeptForm>,
    pub manner: vanthu::office::line::LineManner,
    pub parked: Vec<vanthu::office::parked::Parked>,
    set_up: set_up::SetUpBooks,
}

#[derive(Debug)]
pub struct FakeDoor {
    keeper: FakeKeeper,
    session: Session,
}

fn agency(code: &str, name: &str) -> Agency {
    Agency::new(AgencyCode::new(code).unwrap(), name)
}

fn directory() -> Vec<Agency> {
    vec![
        agency("000.00.00.H30", "Ủy ban nhân dân tỉnh Hậu Giang"),
        agency("000.00.05.H30", "Sở Nội vụ tỉnh Hậu Giang"),
        agency("000.00.07.H30", "Sở Tài chính tỉnh Hậu Giang"),
        agency("000.00.09.H30", "Sở Nông nghiệp và Môi trường"),
        agency("000.12.31.H30", "Ủy ban nhân dân xã Tân Bình"),
        agency("000.13.31.H30", "Ủy ban nhân dân xã Đại Thành"),
        agency("000.14.31.H30", "Ủy ban nhân dân xã Hòa An"),
    ]
}

fn people() -> Vec<UserInfo> {
    let user = |user: &str, name: &str, roles: &[Role]| UserInfo {
        user: user.to_owned(),
        display_name: name.to_owned(),
        roles: roles.to_vec(),
        disabled: false,
    };
    vec![
        user("be", "Trần Thị Bé", &[Role::Clerk]),
        user("an", "Nguyễn Văn An", &[Role::Leader]),
        user("dat", "Đỗ Tiến Đạt", &[Role::Drafter]),
        user("hoa", "Lê Thị Hoa", &[Role::Drafter, Role::FormatChecker]),
        user("quan", "Phạm Quân", &[Role::Administrator]),
    ]
}

impl FakeKeeper {
    /// An office with a document or more in every state.
    pub fn furnished() -> Self {
        Self::with(Books::furnished(0))
    }

    /// The same with `more` further arrivals.
    pub fn crowded(more: u32) -> Self {
        Self::with(Books::furnished(more))
    }

    pub fn empty() -> Self {
        Self::with(Books::empty())
    }

    /// The furnished office, where a sender wants back what somebody works on.
    pub fn demanded() -> Self {
        let mut books = Books::furnished(0);
        handling::recall(&mut books);
        Self::with(books)
    }

    fn with(books: Books) -> Self {
        Self {
            books: Arc::new(Mutex::new(books)),
            troubles: Arc::default(),
            demonstration: false,
            server: true,
        }
    }

    /// Who has a document in hand, in the order in which they got it.
    pub fn handlers(&self) -> Vec<Handler> {
        self.books().handlers.iter().map(|(_, one)| one.clone()).collect()
    }

    /// What was done, in order.
    pub fn deeds(&self) -> Vec<String> {
        self.books().deeds.clone()
    }

    pub fn syncs(&self) -> u32 {
        self.books().syncs
    }

    /// Every draft that stands at `state` lies with this user from now on.
    pub fn give(&self, state: OutboundState, user: &str) {
        let mut books = self.books();
        let there = books.outbound.iter().filter(|document| document.state == state);
        let keys: Vec<DocumentKey> = there.map(|document| document.key).collect();
        for key in keys {
            books.hand_to(key, user);
            books.reaching.push(key);
        }
    }

    /// The fields of the drafts that stand at `state`, changed by somebody else.
    pub fn change(&self, state: OutboundState, change: impl Fn(&mut Metadata)) {
        let mut books = self.books();
        let there = books.outbound.iter_mut().filter(|document| document.state == state);
        there.for_each(|document| change(&mut document.metadata));
    }

    /// The subjects of the drafts that stand at `state`, with who signs.
    pub fn drafts(&self, state: OutboundState) -> Vec<(String, String)> {
        let books = self.books();
        let there = books.outbound.iter().filter(|document| document.state == state);
        let said = |of: &Metadata| (of.subject.clone(), of.signer.full_name.clone());
        there.map(|document| said(&document.metadata)).collect()
    }

    /// What was left half written.
    pub fn forms(&self) -> Vec<vanthu::office::KeptForm> {
        self.books().forms.clone()
    }

    /// From now on documents come with a file of a wrong format.
    pub fn spoil_formats(&self) {
        self.books().gate.bad_formats = true;
    }

    /// From now on the office closes soon.
    pub fn close_soon(&self) {
        self.books().gate.closing = true;
    }

    /// The words of every error that was reported.
    pub fn reports(&self) -> Vec<String> {
        self.books().gate.reports.iter().map(|(_, report)| report.text.clone()).collect()
    }

    /// How many inbound documents stand in a state.
    pub fn inbound_count(&self, state: InboundState) -> usize {
        self.books().inbound.iter().filter(|document| document.state == state).count()
    }

    /// Where an inbound document stands.
    pub fn inbound_state(&self, key: DocumentKey) -> Option<InboundState> {
        self.books().inbound.iter().find(|d| d.key == key).map(|d| d.state)
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    fn enter(&self) -> Result<MutexGuard<'_, Books>, Problem> {
        let delay = self.troubles.delay.load(Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(delay.into()));
        if self.troubles.disk_broken.load(Ordering::Relaxed) {
            return Err(Problem::new("desk-broken-call", Kind::Unavailable, Blame::Environment)
                .because("the fake disk is broken"));
        }
        Ok(self.books())
    }
}

impl Doorkeeper for FakeKeeper {
    fn open(&self, user: &str, password: &Pin) -> Result<Arc<dyn Door>, Problem> {
        drop(self.enter()?);
        let known = people().into_iter().find(|one| one.user == user);
        let Some(user) = known.filter(|_| password.reveal() == PASSWORD) else {
            return Err(Problem::new("store-wrong-password", Kind::Refused, Blame::Input));
        };
        let session = Session {
            user: user.user,
            display_name: user.display_name,
            roles: user.roles,
            agency: agency("000.12.31.H30", "UBND xã Tân Bình"),
        };
        Ok(Arc::new(FakeDoor { keeper: self.clone(), session }))
    }
}

impl Books {
    fn empty() -> Self {
        Self {
            inbound: Vec::new(),
            outbound: Vec::new(),
            history: Vec::new(),
            sheets: samples(),
            arrival_number: 0,
            number: 0,
            tries: 3,
            deeds: Vec::new(),
            notes: Vec::new(),
            progress: Vec::new(),
            handlers: Vec::new(),
            answers: Vec::new(),
            demands: Vec::new(),
            untold: Vec::new(),
            syncs: 0,
            gate: gate::GateBooks::default(),
            filters: Vec::new(),
            paper: paper::OnPaper::default(),
            copies: Vec::new(),
            reaching: Vec::new(),
            awaiting: vec![AwaitingExtension {
                key: DocumentKey::fresh(),
                code: "12/QĐ-UBND".to_owned(),
                subject: "Về việc thành lập tổ công tác".to_owned(),
                what: SignedFile::Main,
                file: FileRef {
                    blob: BlobHash("00".to_owned()),
                    name: "quyet-dinh.pdf".to_owned(),
                    media_type: "application/pdf".to_owned(),
                    size: 1,
                    main: true,
                },
                state: Standing::Outbound(OutboundState::Issued),
                level: Level::Bb,
                wanted: Level::Blt,
                renew_before: None,
                tries: 0,
                last_attempt: None,
                not_before: None,
                last_problem: None,
            }],
            unconfirmed: Vec::new(),
            manner: vanthu::office::line::LineManner::default(),
            parked: Vec::new(),
            set_up: set_up::SetUpBooks::default(),
            forms: Vec::new(),
        }
    }

    fn furnished(more: u32) -> Self {
        let mut books = Self::empty();
        let sheets = books.sheets.clone();
        let start = Timestamp::now() - SignedDuration::from_hours(24 * 9);
        let states = [
            InboundState::Completed,
            InboundState::Returned,
            InboundState::InProcess,
            InboundState::Assigned,
            InboundState::Registered,
            InboundState::Accepted,
            InboundState::Arrived,
            InboundState::Arrived,
            InboundState::Arrived,
            InboundState::Arrived,
        ];
        for n in 0..more {
            let sheet = &sheets[n as usize % sheets.len()];
            let at = start - SignedDuration::from_mins(i64::from(more - n));
            books.arrive(sheet, n, InboundState::Arrived, at);
        }
        for (i, state) in states.into_iter().enumerate() {
            let sheet = &sheets[(i * 3 + 6) % sheets.len()];
            let at = start + SignedDuration::from_hours(20 * i as i64);
            books.arrive(sheet, 300 + i as u32, state, at);
        }
        for (i, state) in OutboundState::ALL.into_iter().enumerate() {
            let sheet = &sheets[i % sheets.len()];
            let at = start + SignedDuration::from_hours(19 * i as i64);
            books.go_out(sheet, state, at);
        }
        books
    }

    fn arrive(&mut self, sample: &Sample, n: u32, state: InboundState, at: Timestamp) {
        let senders = directory();
        let sender = &senders[n as usize % 4];
        let key = DocumentKey::fresh();
        let verdict = verdict(n, &sample.sheet.signer.full_name, &sender.name, at);
        let mut metadata = metadata(sample);
        metadata.code.number = written_number(40 + n);
        metadata.issued = Some(at.to_zoned(jiff::tz::TimeZone::UTC).date());
        metadata.issuer =
            Some(Recipient { agency: sender.code.clone(), name: sender.name.clone() });
        metadata.urgency = Urgency::ALL[[0, 1, 0, 3, 0][n as usize % 5]];
        metadata.due = (n % 4 == 1).then_some(date(2026, 11, 20 + (n % 8) as i8));
        let registered = !matches!(
            state,
            InboundState::Arrived | InboundState::Accepted | InboundState::Returned
        );
        let registration = registered.then(|| self.next_arrival(at));
        let passed = matches!(
            state,
            InboundState::Assigned | InboundState::InProcess | InboundState::Completed
        );
        self.remember(key, "hệ thống", None, "Văn bản đến hệ thống", at);
        self.inbound.push(InboundDocument {
            key,
            state,
            sender: Some(sender.code.clone()),
            sender_name: sender.name.clone(),
            files: files(sample, "0"),
            metadata,
            packet: None,
            arrived_at: at,
            verdict,
            registration,
            assignment: passed.then(|| Assignment {
                user: "dat".to_owned(),
                direction: "Tham mưu văn bản triển khai thực hiện.".to_owned(),
                due: Some(date(2026, 12, 4)),
                parts: Vec::new(),
            }),
            reason: if state == InboundState::Returned {
                "Gửi nhầm nơi nhận".to_owned()
            } else {
                String::new()
            },
            paper: None,
            demand: None,
        });
    }

    fn go_out(&mut self, sample: &Sample, state: OutboundState, at: Timestamp) {
        let key = DocumentKey::fresh();
        let mut metadata = metadata(sample);
        let everybody = directory();
        metadata.recipients = [0usize, 1, 5]
            .into_iter()
            .map(|i| Recipient {
                agency: everybody[i].code.clone(),
                name: everybody[i].name.clone(),
            })
            .collect();
        let signed = matches!(
            state,
            OutboundState::ToSeal
                | OutboundState::ToIssue
                | OutboundState::Issued
                | OutboundState::Recalled
        );
        let numbering = signed.then(|| self.next_number(at));
        if let Some(numbering) = &numbering {
            metadata.code.number = written_number(numbering.number);
            metadata.issued = Some(numbering.date);
        }
        let issued = matches!(state, OutboundState::Issued | OutboundState::Recalled);
        let deliveries = if issued { deliveries(&metadata.recipients, at) } else { Vec::new() };
        self.remember(key, "dat", Some(Role::Drafter), "Tạo dự thảo", at);
        let held_by = holder(state, "dat", "");
        self.outbound.push(OutboundDocument {
            key,
            state,
            held_by,
            signed_at: waits_to_leave(state).then_some(at),
            files: files(sample, "1"),
            metadata,
            drafted_by: "dat".to_owned(),
            drafted_at: at,
            numbering,
            deliveries,
            issued_at: issued.then_some(at),
            replaces: None,
            reason: String::new(),
        });
    }

    fn next_arrival(&mut self, at: Timestamp) -> Registration {
        self.arrival_number += 1;
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        Registration {
            book: BookId::inbound(day.year()),
            arrival_number: self.arrival_number,
            arrival_date: day,
        }
    }

    fn next_number(&mut self, at: Timestamp) -> Numbering {
        self.number += 1;
        let day = at.to_zoned(jiff::tz::TimeZone::UTC).date();
        Numbering { book: BookId::outbound(day.year(), "chung"), number: self.number, date: day }
    }

    fn remember(
        &mut self,
        key: DocumentKey,
        user: &str,
        role: Option<Role>,
        text: &str,
        at: Timestamp,
    ) {
        let entry = HistoryEntry { at, user: user.to_owned(), role, text: text.to_owned() };
        self.history.push((key, entry));
    }

    fn move_inbound(
        &mut self,
        key: DocumentKey,
        to: InboundState,
        reason: &str,
    ) -> Result<(), Problem> {
        let document = self.inbound.iter_mut().find(|d| d.key == key).ok_or_else(missing)?;
        if !document.state.may_become(to) {
            return Err(Problem::new("store-conflict", Kind::Refused, Blame::Input));
        }
        document.state = to;
        document.reason = reason.to_owned();
        self.remember(key, "be", Some(Role::Clerk), to.key(), Timestamp::now());
        self.deeds.push(format!("inbound {}", to.key()));
        Ok(())
    }

    fn move_outbound(
        &mut self,
        key: DocumentKey,
        to: OutboundState,
        reason: &str,
    ) -> Result<(), Problem> {
        let document = self.outbound.iter_mut().find(|d| d.key == key).ok_or_else(missing)?;
        if !document.state.may_become(to) {
            return Err(Problem::new("store-conflict", Kind::Refused, Blame::Input));
        }
        document.state = to;
        document.reason = reason.to_owned();
        document.held_by = holder(to, &document.drafted_by, "");
        document.signed_at = waits_to_leave(to).then(Timestamp::now);
        self.remember(key, "dat", Some(Role::Drafter), to.key(), Timestamp::now());
        self.deeds.push(format!("outbound {}", to.key()));
        Ok(())
    }

    /// Gives a draft to somebody by name.
    fn hand_to(&mut self, key: DocumentKey, user: &str) {
        if let Some(document) = self.outbound.iter_mut().find(|d| d.key == key) {
            document.held_by = holder(document.state, &document.drafted_by, user);
        }
    }

    /// A wrong PIN costs a try, as on a card.
    fn present(&mut self, pin: &Pin) -> Result<(), Problem> {
        if self.tries == 0 {
            return Err(Problem::new("token-pin-blocked", Kind::Refused, Blame::Device));
        }
        if pin.reveal() == PIN {
            self.tries = 3;
            return Ok(());
        }
        self.tries -= 1;
        Err(Problem::new("token-pin-wrong", Kind::Refused, Blame::Input).with("tries", self.tries))
    }
}

/// Who has a draft that stands at `state`, where `user` was named, or nobody.
fn holder(state: OutboundState, drafted_by: &str, user: &str) -> Option<String> {
    act_in(state)?;
    Some(if state == OutboundState::Draft { drafted_by } else { user }.to_owned())
}

const fn waits_to_leave(state: OutboundState) -> bool {
    matches!(state, OutboundState::ToSeal | OutboundState::ToIssue)
}

fn missing() -> Problem {
    Problem::new("store-not-found", Kind::Unreadable, Blame::Input)
}

fn metadata(sample: &Sample) -> Metadata {
    let sheet = &sample.sheet;
    Metadata {
        code: Code { number: String::new(), notation: sheet.code.notation.clone() },
        type_key: sample.type_key.clone(),
        type_name: if sheet.type_name.is_empty() {
            "Công văn".to_owned()
        } else {
            sheet.type_name.clone()
        },
        subject: sheet.subject.clone(),
        place: sheet.place.clone(),
        signer: sheet.signer.clone(),
        pages: Some(2),
        ..Metadata::default()
    }
}

fn files(sample: &Sample, version: &str) -> Vec<FileRef> {
    vec![FileRef {
        blob: BlobHash(format!("{}-{version}", sample.key)),
        name: format!("{}.pdf", sample.key),
        media_type: "application/pdf".to_owned(),
        size: 148_213,
        main: true,
    }]
}

fn verdict(n: u32, signer: &str, organisation: &str, at: Timestamp) -> VerdictSummary {
    let signature = |kind, verdict, reasons: &[&str], stamped| SignatureSummary {
        kind: Some(kind),
        verdict,
        reasons: reasons.iter().map(|r| (*r).to_owned()).collect(),
        signer: signer.to_owned(),
        organisation: organisation.to_owned(),
        issuer: "CA phục vụ các cơ quan Nhà nước G2".to_owned(),
        serial: "540110000C9F3A".to_owned(),
        signed_at: Some(at),
        time_stamped: stamped,
        level: if stamped { "B-T" } else { "B-B" }.to_owned(),
        detail: SignatureDetail::default(),
    };
    let (personal, organisation) = (SignatureKind::Personal, SignatureKind::Organisation);
    let (verdict, reasons, signatures) = match n % 5 {
        1 => (
            Verdict::Indeterminate,
            vec!["revocation-unknown".to_owned()],
            vec![
                signature(personal, Verdict::Indeterminate, &["revocation-unknown"], false),
                signature(organisation, Verdict::Valid, &[], true),
            ],
        ),
        2 => (
            Verdict::Invalid,
            vec!["changed-after-signing".to_owned()],
            vec![SignatureSummary {
                detail: SignatureDetail { steps: steps(), ..SignatureDetail::default() },
                ..signature(personal, Verdict::Invalid, &["changed-after-signing"], true)
            }],
        ),
        3 => (Verdict::Unsigned, Vec::new(), Vec::new()),
        _ => (
            Verdict::Valid,
            Vec::new(),
            vec![
                signature(personal, Verdict::Valid, &[], true),
                signature(organisation, Verdict::Valid, &[], true),
            ],
        ),
    };
    VerdictSummary {
        verdict,
        reasons,
        signatures,
        checked_at: at,
        checker: "vanthu 0.1.0".to_owned(),
        offline: false,
        completeness: Vec::new(),
    }
}

/// Whole as it was signed, and changed since.
fn steps() -> Vec<Step> {
    let result = |step| match step {
        StepName::Changes => StepResult::Failed,
        StepName::Integrity | StepName::Signature => StepResult::Passed,
        _ => StepResult::Skipped,
    };
    let step = |step| Step { step, result: result(step), reasons: Vec::new() };
    StepName::ALL.into_iter().map(step).collect()
}

fn deliveries(recipients: &[Recipient], at: Timestamp) -> Vec<Delivery> {
    let entry = |code, minutes| StatusEntry {
        code,
        at: at + SignedDuration::from_mins(minutes),
        description: String::new(),
    };
    recipients
        .iter()
        .enumerate()
        .map(|(i, recipient)| Delivery {
            recipient: recipient.agency.clone(),
            name: recipient.name.clone(),
            send: [SendState::Sent, SendState::Sent, SendState::Wedged][i % 3],
            reason: if i == 2 {
                "Máy chủ không biết mã này".to_owned()
            } else {
                String::new()
            },
            sent_at: (i < 2).then_some(at),
            statuses: match i {
                0 => vec![entry(StatusCode::Arrived, 2), entry(StatusCode::Accepted, 31)],
                1 => vec![entry(StatusCode::Arrived, 3)],
                _ => Vec::new(),
            },
            earlier: 0,
            recall: None,
            closed: None,
        })
        .collect()
}

fn matches_words(metadata: &Metadata, party: &str, words: &str) -> bool {
    let text = fold(&format!("{} {} {party}", metadata.code, metadata.subject));
    fold(words).split_whitespace().all(|word| text.contains(word))
}

/// One page, newest first.
fn page<T: Clone>(
    all: impl DoubleEndedIterator<Item = T>,
    key: impl Fn(&T) -> DocumentKey,
    after: Option<DocumentKey>,
    limit: u32,
) -> Vec<T> {
    let mut rows = all.rev();
    if let Some(after) = after {
        for row in rows.by_ref() {
            if key(&row) == after {
                break;
            }
        }
    }
    rows.take(limit as usize).collect()
}

impl Door for FakeDoor {
    fn session(&self) -> &Session {
        &self.session
    }

    fn may(&self, act: Act) -> bool {
        self.session.roles.iter().any(|role| permits(*role, act))
    }

    fn server(&self) -> Option<String> {
        self.keeper.server.then(|| "https://truc.haugiang.example".to_owned())
    }

    fn is_demonstration(&self) -> bool {
        self.keeper.demonstration
    }

    fn counts(&self) -> Result<Counts, Problem> {
        let books = self.keeper.enter()?;
        let count_in = |s| books.inbound.iter().filter(|d| d.state == s).count() as u64;
        let count_out = |s| books.outbound.iter().filter(|d| d.state == s).count() as u64;
        let down = self.keeper.troubles.server_down.load(Ordering::Relaxed);
        Ok(Counts {
            inbound: InboundState::ALL.into_iter().map(|s| (s, count_in(s))).collect(),
            outbound: OutboundState::ALL.into_iter().map(|s| (s, count_out(s))).collect(),
            outbox_waiting: if down { 3 } else { 0 },
            outbox_wedged: 0,
            unfetched: 0,
            quarantined: u64::from(down),
            agenda: Agenda::ALL
                .into_iter()
                .map(|a| (a, books.inbound.iter().filter(|d| handling::holds(a, d)).count() as u64))
                .collect(),
            drafts_for_me: {
                let Session { user, roles, .. } = &self.session;
                let mine = |d: &&OutboundDocument| d.holder().is_some_and(|h| h.is(user, roles));
                books.outbound.iter().filter(mine).count() as u64
            },
        })
    }

    fn inbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, Problem> {
        let books = self.keeper.enter()?;
        let wanted = books.inbound.iter().filter(|d| {
            filter.inbound.is_none_or(|state| d.state == state)
                && filter.agenda.is_none_or(|agenda| handling::holds(agenda, d))
                && matches_words(&d.metadata, &d.sender_name, &filter.words)
        });
        Ok(page(wanted, |d| d.key, after, limit).into_iter().cloned().collect())
    }

    fn outbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<OutboundDocument>, Problem> {
        let books = self.keeper.enter()?;
        let wanted = books.outbound.iter().filter(|d| {
            let Session { user, roles, .. } = &self.session;
            filter.outbound.is_none_or(|state| d.state == state)
                && (!filter.for_me || d.holder().is_some_and(|holder| holder.is(user, roles)))
                && matches_words(&d.metadata, "", &filter.words)
        });
        Ok(page(wanted, |d| d.key, after, limit).into_iter().cloned().collect())
    }

    fn inbound_document(&self, key: DocumentKey) -> Result<InboundDocument, Problem> {
        let books = self.keeper.enter()?;
        books.inbound.iter().find(|d| d.key == key).cloned().ok_or_else(missing)
    }

    fn outbound_document(&self, key: DocumentKey) -> Result<OutboundDocument, Problem> {
        let books = self.keeper.enter()?;
        books.outbound.iter().find(|d| d.key == key).cloned().ok_or_else(missing)
    }

    fn outbound_verdict(&self, key: DocumentKey) -> Result<Option<VerdictSummary>, Problem> {
        let document = self.outbound_document(key)?;
        let at = document.issued_at.unwrap_or(document.drafted_at);
        Ok(document
            .numbering
            .map(|_| verdict(0, &document.metadata.signer.full_name, "UBND xã Tân Bình", at)))
    }

    fn main_file(&self, key: DocumentKey) -> Result<Arc<[u8]>, Problem> {
        let books = self.keeper.enter()?;
        if books.inbound.iter().any(|d| d.key == key && d.state == InboundState::Recalled) {
            return Err(Problem::new("office-sealed", Kind::Refused, Blame::Input));
        }
        let metadata = books
            .inbound
            .iter()
            .map(|d| (d.key, &d.metadata))
            .chain(books.outbound.iter().map(|d| (d.key, &d.metadata)))
            .find(|(other, _)| *other == key)
            .map(|(_, metadata)| metadata.clone())
            .ok_or_else(missing)?;
        let sheet = books.sheets.iter().find(|s| s.sheet.subject == metadata.subject);
        let mut sheet = sheet.ok_or_else(missing)?.sheet.clone();
        drop(books);
        sheet.code.number.clone_from(&metadata.code.number);
        sheet.date = metadata.issued;
        Ok(compose(&sheet)?.into())
    }

    fn history(&self, key: DocumentKey) -> Result<Vec<HistoryEntry>, Problem> {
        let books = self.keeper.enter()?;
        let mine = books.history.iter().filter(|(other, _)| *other == key);
        Ok(mine.map(|(_, entry)| entry.clone()).collect())
    }

    fn accept(&self, key: DocumentKey) -> Result<(), Problem> {
        self.accept_despite(key, "")
    }

    fn register(&self, key: DocumentKey) -> Result<Registration, Problem> {
        let mut books = self.keeper.enter()?;
        books.refuse_twin(key)?;
        books.move_inbound(key, InboundState::Registered, "")?;
        let registration = books.next_arrival(Timestamp::now());
        if let Some(document) = books.inbound.iter_mut().find(|d| d.key == key) {
            document.registration = Some(registration.clone());
        }
        Ok(registration)
    }

    fn return_(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        self.keeper.enter()?.move_inbound(key, InboundState::Returned, reason)
    }

    fn assign_to(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.move_inbound(key, InboundState::Assigned, "")?;
        handling::give(&mut books, key, given);
        Ok(())
    }

    fn forward(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.deeds.push(format!("forwarded to {}", given.parts[0].party));
        handling::give(&mut books, key, given);
        Ok(())
    }

    fn begin(&self, key: DocumentKey) -> Result<(), Problem> {
        self.keeper.enter()?.move_inbound(key, InboundState::InProcess, "")
    }

    fn complete_with(
        &self,
        key: DocumentKey,
        result: &str,
        _answer: Option<DocumentKey>,
    ) -> Result<(), Problem> {
        self.keeper.enter()?.move_inbound(key, InboundState::Completed, result)
    }

    fn note(&self, key: DocumentKey, words: &str, private: bool) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.deeds.push("note".to_owned());
        books.notes.push((key, handling::note(&self.session.user, words, private)));
        Ok(())
    }

    fn progress(&self, key: DocumentKey, progress: HandlingProgress) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.deeds.push(format!("progress {:?}", progress.percent));
        books.progress.push((key, handling::entry(&self.session.user, progress)));
        Ok(())
    }

    fn may_report(&self, _: DocumentKey) -> Result<bool, Problem> {
        Ok(true)
    }

    fn see(&self, _: DocumentKey) -> Result<(), Problem> {
        Ok(())
    }

    fn handling(&self, key: DocumentKey) -> Result<Handling, Problem> {
        Ok(handling::of(&*self.keeper.enter()?, key))
    }

    fn units(&self) -> Result<Vec<Unit>, Problem> {
        Ok(handling::units())
    }

    fn settling_phrases(&self) -> Vec<String> {
        vec!["Chủ trì tham mưu.".to_owned()]
    }

    fn holidays(&self) -> Vec<Date> {
        Vec::new()
    }

    fn proposed_due(&self, _: DocumentKey) -> Result<Option<Date>, Problem> {
        Ok(Some(date(2026, 12, 8)))
    }

    fn answer_fields(&self, key: DocumentKey) -> Result<Metadata, Problem> {
        let document = self.inbound_document(key)?;
        let recipients = document.metadata.issuer.into_iter().collect();
        Ok(Metadata { recipients, ..Metadata::default() })
    }

    fn draft_answer(&self, key: DocumentKey, draft: NewDraft) -> Result<DocumentKey, Problem> {
        let answer = self.draft(draft)?;
        self.keeper.enter()?.answers.push((key, answer));
        Ok(answer)
    }

    fn to_complete(&self, answer: DocumentKey) -> Result<Vec<InboundDocument>, Problem> {
        let books = self.keeper.enter()?;
        let answered = books.answers.iter().filter(|(_, other)| *other == answer);
        let find = |key| books.inbound.iter().find(|d: &&InboundDocument| d.key == key).cloned();
        Ok(answered.filter_map(|(key, _)| find(*key)).collect())
    }

    fn demands(&self, _: u32) -> Result<Vec<DemandView>, Problem> {
        let books = self.keeper.enter()?;
        let open = books.demands.iter().filter(|view| !view.kept.state.is_answered());
        Ok(open.cloned().collect())
    }

    fn answer_demand(&self, id: DocumentKey, agreed: bool, reason: &str) -> Result<(), Problem> {
        handling::answer(&mut *self.keeper.enter()?, id, agreed, reason);
        Ok(())
    }

    fn untold_demands(&self) -> Result<Vec<DemandView>, Problem> {
        Ok(self.keeper.enter()?.untold.clone())
    }

    fn demand_noticed(&self, id: DocumentKey) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.untold.retain(|view| view.kept.demand.id != id);
        Ok(())
    }

    fn read_fields(&self, key: DocumentKey, _: &render::Cancel) -> Result<Reading, Problem> {
        let books = self.keeper.enter()?;
        let document = books.inbound.iter().find(|d| d.key == key).ok_or_else(missing)?;
        let propose = |field, value, confidence, y| Proposal {
            field,
            value,
            spot: Some(Spot { page: 0, rects: vec![Rect::new(90.0, y, 120.0, 14.0)] }),
            confidence,
            why: vec![Reason::BehindNumber],
        };
        let mut proposals = vec![
            propose(Field::Number, Value::Number("777".into()), 0.97, 100.0),
            propose(Field::Date, Value::Date(date(2026, 2, 6)), 0.97, 100.0),
            propose(Field::Subject, Value::Subject(document.metadata.subject.clone()), 0.92, 160.0),
            propose(Field::Signer, Value::Signer("Lê Văn Tám".into()), 0.6, 700.0),
        ];
        proposals.sort_by_key(|proposal| proposal.field);
        Ok(Reading { proposals, pages: 2, ..Reading::default() })
    }

    fn unconfirmed(&self, key: DocumentKey) -> Result<Vec<Field>, Problem> {
        let books = self.keeper.enter()?;
        let marked = books.unconfirmed.contains(&key);
        Ok(if marked { vec![Field::Number, Field::Date] } else { Vec::new() })
    }

    fn correct(&self, key: DocumentKey, metadata: &Metadata, reason: &str) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        let document = books.inbound.iter_mut().find(|d| d.key == key).ok_or_else(missing)?;
        document.metadata = metadata.clone();
        books.unconfirmed.retain(|marked| *marked != key);
        let said = format!("fields {} {reason}", metadata.code);
        books.deeds.push(said.trim().to_owned());
        Ok(())
    }

    fn field_faults(&self, metadata: &Metadata) -> Vec<Fault> {
        let ahead = metadata.issued.is_some_and(|date| date.year() > 2100);
        let why = "ngày ở tương lai".to_owned();
        ahead.then_some(Fault { field: Field::Date, why }).into_iter().collect()
    }

    fn sure_from(&self) -> f32 {
        0.85
    }

    fn draft(&self, draft: NewDraft) -> Result<DocumentKey, Problem> {
        let mut books = self.keeper.enter()?;
        let key = DocumentKey::fresh();
        let files = vec![FileRef {
            blob: BlobHash(key.to_string()),
            name: draft.file_name,
            media_type: "application/pdf".to_owned(),
            size: draft.pdf.len() as u64,
            main: true,
        }];
        books.outbound.push(OutboundDocument {
            key,
            state: OutboundState::Draft,
            held_by: Some(self.session.user.clone()),
            signed_at: None,
            metadata: draft.metadata,
            files,
            drafted_by: self.session.user.clone(),
            drafted_at: Timestamp::now(),
            numbering: None,
            deliveries: Vec::new(),
            issued_at: None,
            replaces: None,
            reason: String::new(),
        });
        books.deeds.push("draft".to_owned());
        Ok(key)
    }

    fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem> {
        self.keeper.enter()?.move_outbound(key, to, note)
    }

    fn sign(&self, key: DocumentKey, order: &SignOrder) -> Result<Option<Numbering>, Problem> {
        let mut books = self.keeper.enter()?;
        books.present(&order.pin)?;
        books.move_outbound(key, OutboundState::ToSeal, "")?;
        let numbering = books.next_number(Timestamp::now());
        if let Some(document) = books.outbound.iter_mut().find(|d| d.key == key) {
            document.metadata.code.number = written_number(numbering.number);
            document.metadata.issued = Some(numbering.date);
            document.numbering = Some(numbering.clone());
            for file in &mut document.files {
                file.blob = BlobHash(format!("{}-signed", file.blob));
            }
        }
        Ok(Some(numbering))
    }

    fn seal(&self, key: DocumentKey, order: &SignOrder) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.present(&order.pin)?;
        books.move_outbound(key, OutboundState::ToIssue, "")
    }

    fn recall(&self, key: DocumentKey, reason: &str) -> Result<(), Problem> {
        self.keeper.enter()?.move_outbound(key, OutboundState::Recalled, reason)
    }

    fn sync(&self) -> Result<SyncReport, Problem> {
        let mut books = self.keeper.enter()?;
        books.syncs += 1;
        if self.keeper.troubles.server_down.load(Ordering::Relaxed) {
            let problem = Problem::new("exchange-unreachable", Kind::Unavailable, Blame::Server);
            return Ok(SyncReport { waiting: 3, problem: Some(problem), ..SyncReport::default() });
        }
        Ok(SyncReport::default())
    }

    fn sync_now(&self) -> Result<SyncReport, Problem> {
        self.sync()
    }

    fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem> {
        drop(self.keeper.enter()?);
        let words = fold(words);
        let fits = |agency: &Agency| {
            let text = fold(&format!("{} {}", agency.name, agency.code));
            words.split_whitespace().all(|word| text.contains(word))
        };
        Ok(directory().into_iter().filter(fits).take(limit as usize).collect())
    }

    fn users(&self) -> Result<Vec<UserInfo>, Problem> {
        drop(self.keeper.enter()?);
        Ok(people())
    }

    fn propose_place(
        &self,
        _: DocumentKey,
        _: SignatureKind,
    ) -> Result<Vec<PlaceProposal>, Problem> {
        let sure = !self.keeper.troubles.place_unsure.load(Ordering::Relaxed);
        let rect = Rect { x: 330.0, y: 120.0, width: 120.0, height: 60.0 };
        let why =
            if sure { Vec::new() } else { vec!["Có hai chỗ ký giống nhau.".to_owned()] };
        Ok(vec![PlaceProposal {
            page: 0,
            rect_user: rect,
            rect_shown: rect,
            page_shown: (595.0, 842.0),
            confidence: if sure { 1.0 } else { 0.4 },
            sure,
            why,
        }])
    }

    fn wanted_level(&self) -> Result<Level, Problem> {
        Ok(Level::Blt)
    }

    fn preview_numbering(&self, key: DocumentKey) -> Result<NumberPreview, Problem> {
        let books = self.keeper.enter()?;
        let found = books.outbound.iter().find(|d| d.key == key).ok_or_else(missing)?;
        let code = Code {
            number: written_number(books.number + 1),
            notation: found.metadata.code.notation.clone(),
        };
        Ok(NumberPreview { code, date: date(2026, 11, 23), written: false })
    }

    fn place_at(
        &self,
        _: DocumentKey,
        _: SignatureKind,
        page: u32,
        rect: Rect,
    ) -> Result<Placement, Problem> {
        Ok(Placement::At { page, rect })
    }

    fn batch(
        &self,
        kind: SignatureKind,
        keys: &[DocumentKey],
        order: &BatchOrder,
        cancel: &Cancel,
        tell: Tell<'_, Made>,
    ) -> Result<BatchReport<DocumentKey, Made>, Problem> {
        self.keeper.enter()?.present(&order.order.pin)?;
        let mut fates = Vec::new();
        for (index, key) in keys.iter().enumerate() {
            let fate = if cancel.is_cancelled() {
                Fate::NotTried(Problem::new("office-batch-cancelled", Kind::Refused, Blame::Input))
            } else {
                let made = match kind {
                    SignatureKind::Personal => self.sign(*key, &order.order),
                    SignatureKind::Organisation => self.seal(*key, &order.order).map(|()| None),
                };
                match made {
                    Ok(numbering) => Fate::Done(Made {
                        numbering,
                        signer: "Nguyễn Văn An".to_owned(),
                        serial: "540110000C9F3A".to_owned(),
                    }),
                    Err(problem) => Fate::Failed(problem),
                }
            };
            let progress = Progress { index, finished: index + 1, total: keys.len(), fate: &fate };
            tell(progress);
            fates.push((*key, fate));
        }
        Ok(BatchReport { fates, load: Load::default() })
    }

    fn as_signed(&self, key: DocumentKey, _: &str) -> Result<Arc<[u8]>, Problem> {
        self.main_file(key)
    }

    fn change_pin(&self, _: &Selector, old: &Pin, _: &Pin, _: bool) -> Result<(), Problem> {
        let mut books = self.keeper.enter()?;
        books.present(old)?;
        books.deeds.push("pin changed".to_owned());
        Ok(())
    }

    fn devices(&self, kind: SignatureKind) -> Result<(Vec<TokenChoice>, Vec<Finding>), Problem> {
        let finding = Finding {
            part: Part::Service,
            health: Health::Good,
            code: "service-running",
            subject: String::new(),
            facts: Vec::new(),
        };
        Ok((self.tokens(kind)?, vec![finding]))
    }

    fn certificate_warnings(&self) -> Result<Vec<ExpiryWarning>, Problem> {
        Ok(Vec::new())
    }

    fn module_candidates(&self) -> Result<Vec<Candidate>, Problem> {
        Ok(vec![Candidate {
            path: "/usr/lib/libexample.so".into(),
            vendor: Some("Viettel-CA".to_owned()),
            generic: false,
            source: Source::Known,
            state: State::Loadable,
        }])
    }

    fn choose_module(&self, path: &Path) -> Result<(), Problem> {
        self.keeper.enter()?.deeds.push(format!("module {}", path.display()));
        Ok(())
    }

    fn verdict_report(&self, _: DocumentKey) -> Result<Vec<u8>, Problem> {
        Ok(b"%PDF-1.7".to_vec())
    }

    fn awaiting_extension(&self) -> Result<Vec<AwaitingExtension>, Problem> {
        Ok(self.keeper.enter()?.awaiting.clone())
    }

    fn extend_waiting(
        &self,
        progress: &mut dyn FnMut(u32, u32),
        _: &Cancel,
    ) -> Result<ExtensionReport, Problem> {
        progress(0, 1);
        let extended = std::mem::take(&mut self.keeper.enter()?.awaiting).len() as u32;
        Ok(ExtensionReport { extended, ..ExtensionReport::default() })
    }

    fn plugged(&self) -> BoxStream<'static, Plugged> {
        stream::pending().boxed()
    }

    fn tokens(&self, _: SignatureKind) -> Result<Vec<TokenChoice>, Problem> {
        let books = self.keeper.enter()?;
        if self.keeper.troubles.no_reader.load(Ordering::Relaxed) {
            return Ok(Vec::new());
        }
        let reader = |name: &str| Selector::Pcsc { reader: name.to_owned() };
        Ok(vec![
            TokenChoice {
                selector: reader("Bit4id miniLector 00 00"),
                label: "Bit4id miniLector".to_owned(),
                presence: Presence::Locked { tries_left: Some(books.tries) },
                pin_pad: false,
                certificates: vec![(
                    "Nguyễn Văn An – CA phục vụ các cơ quan Nhà nước G2".to_owned(),
                    "540110000C9F3A".to_owned(),
                )],
                demonstration: false,
            },
            TokenChoice {
                selector: reader("Gemalto 01 00"),
                label: "Gemalto PC Twin Reader".to_owned(),
                presence: Presence::Absent,
                pin_pad: false,
                certificates: Vec::new(),
                demonstration: false,
            },
            TokenChoice {
                selector: Selector::File { path: "demo.p12".into() },
                label: "demo.p12".to_owned(),
                presence: Presence::Locked { tries_left: None },
                pin_pad: false,
                certificates: vec![
                    ("Trình diễn A".to_owned(), "01".to_owned()),
                    ("Trình diễn B".to_owned(), "02".to_owned()),
                ],
                demonstration: true,
            },
        ])
    }

    fn return_reasons(&self) -> Vec<String> {
        [
            "Văn bản không thuộc thẩm quyền giải quyết",
            "Sai thể thức, kỹ thuật trình bày",
            "Chữ ký số không hợp lệ",
            "Gửi trùng",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn document_types(&self) -> Vec<(String, String)> {
        [("CV", "Công văn"), ("QĐ", "Quyết định"), ("TB", "Thông báo"), ("BC", "Báo cáo")]
            .map(|(key, name)| (key.to_owned(), name.to_owned()))
            .to_vec()
    }
}
