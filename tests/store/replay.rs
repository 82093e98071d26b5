//! Whatever happens in an office: replaying the operations gives the same tables.

use jiff::Timestamp;
use proptest::prelude::*;
use uuid::Uuid;
use vanthu::domain::book::{BookId, BookRule, Direction};
use vanthu::domain::delivery::{StatusCode, StatusEntry};
use vanthu::domain::demand::{Demand, DemandAnswer, DemandKind, Update};
use vanthu::domain::document::{BlobHash, DocumentKey, ResponseFor};
use vanthu::domain::gate::{Check, CheckName, Fact, Gate, Judgement, Outcome, legal_finding};
use vanthu::domain::handling::{Part, Participant, Party, Progress, Unit};
use vanthu::domain::inbound::{Assignment, InboundState};
use vanthu::domain::layout::{Area, Finding, LayoutCheck, Place, Rule, Severity};
use vanthu::domain::operation::{Change, OutboxKind};
use vanthu::domain::outbound::{OutboundState, SignatureKind};
use vanthu::domain::report::{ErrorReport, ReportTo};
use vanthu::domain::verdict::Level;
use vanthu::store::{Store, StoreError, Writer};

use crate::drafting::{comment, opine, prefill};
use crate::fixture::*;
use crate::leaving::{self, scan};

/// One deed somewhere in the office. `pick` chooses among what there is.
#[derive(Debug, Clone)]
enum Deed {
    Arrive {
        words: String,
    },
    MoveInbound {
        pick: usize,
        to: InboundState,
    },
    Register {
        pick: usize,
    },
    RegisterIn {
        pick: usize,
        series: &'static str,
    },
    Book {
        series: &'static str,
        close: bool,
        for_good: bool,
    },
    Assign {
        pick: usize,
        user: String,
    },
    /// A look at the gate, and a judgement.
    Gate {
        pick: usize,
        failed: bool,
    },
    /// A status is queued, and perhaps withdrawn with the decision behind it.
    Undo {
        pick: usize,
        withdraw: bool,
    },
    ReportError {
        pick: usize,
        to_leader: bool,
    },
    Propose {
        pick: usize,
        words: String,
    },
    Correct {
        pick: usize,
        words: String,
        reason: bool,
    },
    /// The packet of a document that had been brought by hand.
    Join {
        pick: usize,
        words: String,
    },
    Draft {
        words: String,
    },
    Edit {
        pick: usize,
        words: String,
    },
    CheckLayout {
        pick: usize,
        found: u8,
    },
    MoveOutbound {
        pick: usize,
        to: OutboundState,
    },
    /// A decision on a draft, moving it or handing it on, perhaps to somebody named.
    Opine {
        pick: usize,
        to: OutboundState,
        named: bool,
        words: String,
    },
    Comment {
        pick: usize,
        how: u8,
        words: String,
    },
    /// A template or a group of recipients, put or dropped.
    Prefill {
        how: u8,
        words: String,
    },
    Sign {
        pick: usize,
    },
    Seal {
        pick: usize,
    },
    Extend {
        pick: usize,
        level: Level,
    },
    Issue {
        pick: usize,
    },
    Send {
        pick: usize,
        well: bool,
    },
    Status {
        pick: usize,
        code: StatusCode,
    },
    GiveUp {
        outbound: bool,
    },
    /// Something about numbers kept back, or letters on paper.
    Leave {
        pick: usize,
        how: u8,
    },
    Agency {
        number: u8,
        words: String,
    },
    Packet {
        content: u8,
        well: bool,
    },
    Settle {
        pick: usize,
        how: u8,
        words: String,
    },
    Demand {
        pick: usize,
        how: u8,
        here: bool,
    },
    Unit {
        members: u8,
    },
}

fn deeds() -> impl Strategy<Value = Deed> {
    let pick = any::<usize>();
    let words = "[a-zđôế ,/\"]{0,12}";
    prop_oneof![
        3 => words.prop_map(|words| Deed::Arrive { words }),
        4 => (pick, prop::sample::select(&InboundState::ALL[..]))
            .prop_map(|(pick, to)| Deed::MoveInbound { pick, to }),
        3 => pick.prop_map(|pick| Deed::Register { pick }),
        2 => (pick, prop::sample::select(&["", "A", "B"][..]))
            .prop_map(|(pick, series)| Deed::RegisterIn { pick, series }),
        2 => (prop::sample::select(&["A", "B"][..]), prop::bool::weighted(0.2), any::<bool>())
            .prop_map(|(series, close, for_good)| Deed::Book { series, close, for_good }),
        2 => (pick, "[ab]").prop_map(|(pick, user)| Deed::Assign { pick, user }),
        2 => (pick, any::<bool>()).prop_map(|(pick, failed)| Deed::Gate { pick, failed }),
        3 => (pick, any::<bool>()).prop_map(|(pick, withdraw)| Deed::Undo { pick, withdraw }),
        1 => (pick, any::<bool>())
            .prop_map(|(pick, to_leader)| Deed::ReportError { pick, to_leader }),
        2 => (pick, words).prop_map(|(pick, words)| Deed::Propose { pick, words }),
        3 => (pick, words, any::<bool>())
            .prop_map(|(pick, words, reason)| Deed::Correct { pick, words, reason }),
        2 => (pick, words).prop_map(|(pick, words)| Deed::Join { pick, words }),
        3 => words.prop_map(|words| Deed::Draft { words }),
        2 => (pick, words).prop_map(|(pick, words)| Deed::Edit { pick, words }),
        1 => (pick, 0u8..3).prop_map(|(pick, found)| Deed::CheckLayout { pick, found }),
        4 => (pick, prop::sample::select(&OutboundState::ALL[..]))
            .prop_map(|(pick, to)| Deed::MoveOutbound { pick, to }),
        4 => (pick, prop::sample::select(&OutboundState::ALL[..4]), any::<bool>(), words)
            .prop_map(|(pick, to, named, words)| Deed::Opine { pick, to, named, words }),
        3 => (pick, 0..4u8, words).prop_map(|(pick, how, words)| Deed::Comment { pick, how, words }),
        2 => (0..4u8, words).prop_map(|(how, words)| Deed::Prefill { how, words }),
        4 => pick.prop_map(|pick| Deed::Sign { pick }),
        4 => pick.prop_map(|pick| Deed::Seal { pick }),
        3 => (pick, prop::sample::select(&Level::ALL[..]))
            .prop_map(|(pick, level)| Deed::Extend { pick, level }),
        4 => pick.prop_map(|pick| Deed::Issue { pick }),
        3 => (pick, any::<bool>()).prop_map(|(pick, well)| Deed::Send { pick, well }),
        3 => (pick, prop::sample::select(&StatusCode::ALL[..]))
            .prop_map(|(pick, code)| Deed::Status { pick, code }),
        1 => any::<bool>().prop_map(|outbound| Deed::GiveUp { outbound }),
        5 => (pick, 0..leaving::HOWS).prop_map(|(pick, how)| Deed::Leave { pick, how }),
        1 => (0..4u8, words).prop_map(|(number, words)| Deed::Agency { number, words }),
        2 => (0..6u8, any::<bool>()).prop_map(|(content, well)| Deed::Packet { content, well }),
        4 => (pick, 0..5u8, words).prop_map(|(pick, how, words)| Deed::Settle { pick, how, words }),
        4 => (pick, 0..6u8, any::<bool>())
            .prop_map(|(pick, how, here)| Deed::Demand { pick, how, here }),
        1 => (0..3u8).prop_map(|members| Deed::Unit { members }),
    ]
}

#[derive(Default)]
struct Office {
    inbound: Vec<DocumentKey>,
    outbound: Vec<DocumentKey>,
    demands: Vec<DocumentKey>,
}

type Work = Box<dyn FnOnce(&mut Writer<'_>) -> Result<(), StoreError> + Send>;

fn of(keys: &[DocumentKey], pick: usize) -> Option<DocumentKey> {
    (!keys.is_empty()).then(|| keys[pick % keys.len()])
}

/// Does it, whether it fits or not: what does not fit must leave no trace.
fn done(store: &Store, office: &mut Office, deed: Deed) -> Result<(), StoreError> {
    let wrote = |work: Work| store.write(&clerk(), work);
    match deed {
        Deed::Arrive { words } => {
            let key = DocumentKey::fresh();
            append(store, arrival(key, &words, &words.repeat(3)))?;
            office.inbound.push(key);
        }
        Deed::MoveInbound { pick, to } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let from = store.inbound(&key)?.unwrap().state;
            append(store, Change::InboundMoved { key, from, to, reason: "x".to_owned() })?;
        }
        Deed::Register { pick } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            wrote(Box::new(move |writer| register(writer, key).map(drop)))?;
        }
        Deed::RegisterIn { pick, series } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let book = BookId::inbound_series(YEAR, series);
            wrote(Box::new(move |writer| register_in(writer, key, book).map(drop)))?;
        }
        Deed::Book { series, close, for_good } => {
            let book = BookId::inbound_series(YEAR, series);
            let change = if close {
                Change::BookClosed { book, reason: "w".to_owned(), for_good }
            } else {
                let rule = BookRule { levels: vec![1], types: Vec::new() };
                Change::BookOpened { book, name: series.to_owned(), rule }
            };
            append(store, change)?;
        }
        Deed::Assign { pick, user } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let assignment = Assignment { user, ..Assignment::default() };
            append(store, Change::InboundAssigned { key, assignment })?;
        }
        Deed::Gate { pick, failed } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let document = store.inbound(&key)?.unwrap();
            let outcome = if failed { Outcome::Failed } else { Outcome::Passed };
            let check = Check {
                name: CheckName::Formats,
                outcome,
                article: "Điều 12".to_owned(),
                facts: vec![Fact::new("format-mismatch").at("a.docx")],
            };
            let gate = Gate {
                checks: vec![check],
                files: Vec::new(),
                legal: legal_finding(&document.verdict, failed),
                checked_at: Timestamp::now(),
            };
            let verdict = failed.then_some(document.verdict);
            append(store, Change::InboundGated { key, gate: gate.clone(), verdict })?;
            assert_eq!(store.gate(&key)?, Some(gate));
            let judgement = Judgement {
                check: CheckName::Competence,
                user: "be".to_owned(),
                note: String::new(),
                at: Timestamp::now(),
            };
            append(store, Change::InboundJudged { key, judgement })?;
        }
        Deed::Undo { pick, withdraw } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let item = format!("status {key}");
            let packet = store.put_blob(item.as_bytes())?;
            let queued = Change::OutboxQueued {
                item: item.clone(),
                what: OutboxKind::Status,
                document: key,
                recipient: agency("000.00.00.H30"),
                packet,
                urgent: withdraw,
                order: false,
            };
            append(store, queued)?;
            let from = store.inbound(&key)?.unwrap().state;
            let to = match from {
                InboundState::Assigned => InboundState::Registered,
                _ => InboundState::Arrived,
            };
            let undone = wrote(Box::new(move |writer| {
                writer.append(Change::InboundUndone { key, from, to })?;
                if withdraw {
                    writer.append(Change::OutboxWithdrawn {
                        item,
                        document: key,
                        reason: String::new(),
                    })?;
                }
                Ok(())
            }));
            let now = store.inbound(&key)?.unwrap();
            // Both or neither; and a number that was given stays.
            assert_eq!(now.state, if undone.is_ok() { to } else { from });
            assert!(from != InboundState::Registered || undone.is_err());
            // What was passed on in error was not passed on.
            assert!(undone.is_err() || store.forwarded_at(&key)?.is_none());
            undone?;
        }
        Deed::ReportError { pick, to_leader } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let to =
                if to_leader { ReportTo::User { user: "an".to_owned() } } else { ReportTo::Sender };
            let id = Uuid::now_v7();
            let (text, by, at) = ("x".to_owned(), "be".to_owned(), Timestamp::now());
            let report = ErrorReport { id, to, text, by, at };
            append(store, Change::ErrorReported { key, report })?;
            if to_leader {
                append(store, Change::ErrorReportSeen { key, report: id })?;
                assert!(store.unseen_error_reports("an", 10)?.is_empty());
            }
        }
        Deed::Settle { pick, how, words } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            append(store, settling(office, key, pick, how, words))?;
        }
        Deed::Demand { pick, how, here } => demand(store, office, pick, how, here)?,
        Deed::Unit { members } => {
            let members = (0..members).map(|n| n.to_string()).collect();
            let unit =
                Unit {
                    key: "vp".to_owned(), name: "Văn phòng".to_owned(), members, closed: false
                };
            append(store, Change::UnitPut { unit })?;
        }
        Deed::Propose { pick, words } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let fields = vec!["subject".to_owned()];
            append(store, Change::InboundProposed { key, metadata: metadata(&words), fields })?;
            assert_eq!(store.inbound(&key)?.unwrap().state, InboundState::Arrived);
            assert_eq!(store.proposed_fields(&key)?, ["subject"]);
        }
        Deed::Correct { pick, words, reason } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let registered = store.inbound(&key)?.unwrap().registration.is_some();
            let metadata = metadata(&words);
            let why = if reason { "z".to_owned() } else { String::new() };
            let change = Change::InboundCorrected { key, metadata: metadata.clone(), reason: why };
            append(store, change)?;
            assert!(reason || !registered, "a register row without a reason");
            assert_eq!(store.inbound(&key)?.unwrap().metadata, metadata);
            assert!(store.proposed_fields(&key)?.is_empty());
        }
        Deed::Join { pick, words } => {
            let Some(key) = of(&office.inbound, pick) else { return Ok(()) };
            let before = store.inbound(&key)?.unwrap();
            let packet = store.put_blob(format!("packet of {key}").as_bytes())?;
            let joins = Change::InboundJoined {
                key,
                packet: packet.clone(),
                sender: agency("000.00.00.H30"),
                sender_name: words.clone(),
                metadata: metadata(&words),
                files: before.files.clone(),
            };
            append(store, joins)?;
            let after = store.inbound(&key)?.unwrap();
            assert!(before.sender.is_none() && after.sender.is_some(), "a sender is not replaced");
            assert_eq!((after.state, after.packet), (before.state, Some(packet)));
            assert!(after.registration.is_some() || store.proposed_fields(&key)?.is_empty());
        }
        Deed::Draft { words } => {
            let key = DocumentKey::fresh();
            append(store, draft(key, &words))?;
            office.outbound.push(key);
        }
        Deed::CheckLayout { pick, found } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            let check = layout_check(found);
            append(store, Change::LayoutChecked { key, check: check.clone() })?;
            assert_eq!(store.layout_check(&key)?, Some(check));
        }
        Deed::Edit { pick, words } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            let files = vec![file(store.put_blob(words.as_bytes())?)];
            let before = store.versions(&key)?;
            let same = before.last().is_some_and(|last| last.file.blob == files[0].blob);
            let source = pick.is_multiple_of(2).then(|| files[0].clone());
            let (text, why) = (words.clone(), words.clone());
            let metadata = metadata(&words);
            let accepted_differences = source.as_ref().map(|_| 3);
            let edited = Change::OutboundEdited {
                key,
                metadata,
                files,
                text,
                source,
                accepted_differences,
                why,
            };
            append(store, edited)?;
            let after = store.versions(&key)?;
            assert_eq!(after.len(), before.len() + usize::from(!same));
            assert!(after.iter().zip(1..).all(|(version, number)| version.number == number));
        }
        Deed::Opine { pick, to, named, words } => {
            opine(store, of(&office.outbound, pick), to, named, words)?;
        }
        Deed::Comment { pick, how, words } => {
            comment(store, of(&office.outbound, pick), how, pick.is_multiple_of(5), words)?;
        }
        Deed::Prefill { how, words } => append(store, prefill(how, words)).map(drop)?,
        Deed::MoveOutbound { pick, to } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            let from = store.outbound(&key)?.unwrap().state;
            append(store, Change::OutboundMoved { key, from, to, reason: "y".to_owned() })?;
        }
        Deed::Sign { pick } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            wrote(Box::new(move |writer| {
                if writer.outbound(&key)?.unwrap().state == OutboundState::Draft {
                    writer.append(to_sign(key))?;
                }
                sign(writer, key).map(drop)
            }))?;
        }
        Deed::Seal { pick } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            wrote(Box::new(move |writer| {
                let change = signature(writer, key, SignatureKind::Organisation)?;
                writer.append(change).map(drop)
            }))?;
        }
        Deed::Extend { pick, level } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            let file = file(store.put_blob(format!("{level:?} {key}").as_bytes())?);
            let before = store.durability(&key)?;
            let main = store.outbound(&key)?.unwrap().files.into_iter().find(|one| one.main);
            let main = main.map(|main| main.blob);
            let before = before.into_iter().find(|one| Some(&one.blob) == main.as_ref());
            let renew_before = (level == Level::Blta).then(Timestamp::now);
            let at = Timestamp::now();
            let change = Change::SignatureExtended {
                key,
                before: None,
                file: file.clone(),
                level,
                renew_before,
                at,
                unsecured: Vec::new(),
            };
            append(store, change)?;
            assert!(before.is_some_and(|before| before.level <= level), "only sealed, only up");
            assert!(store.outbound(&key)?.unwrap().files.contains(&file));
        }
        Deed::Issue { pick } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            wrote(Box::new(move |writer| {
                let recipients: Vec<_> =
                    metadata("").recipients.into_iter().map(|r| r.agency).collect();
                let packet = writer.put_blob(key.to_string().as_bytes())?;
                writer.append(Change::OutboundIssued {
                    key,
                    issued_at: Timestamp::now(),
                    recipients: recipients.clone(),
                    scan: scan(pick),
                    replaces: (pick % 3 == 0).then(DocumentKey::fresh),
                })?;
                for recipient in recipients {
                    writer.append(Change::OutboxQueued {
                        item: format!("{key} {recipient}"),
                        what: OutboxKind::Document,
                        document: key,
                        recipient,
                        packet: packet.clone(),
                        urgent: pick % 2 == 0,
                        order: pick % 3 == 0,
                    })?;
                }
                Ok(())
            }))?;
        }
        Deed::Send { pick, well } => {
            let due = store.outbox_due(Timestamp::now(), u64::MAX, 10)?;
            let Some(item) = due.get(pick % due.len().max(1)) else { return Ok(()) };
            let item = item.item.clone();
            let change = if well {
                let (server_id, sent_at) = ("s".to_owned(), Timestamp::now());
                Change::OutboxSent { item, server_id, sent_at, receipt: None }
            } else {
                Change::OutboxWedged { item, code: "c".to_owned(), detail: String::new() }
            };
            append(store, change)?;
            if let Some(parked) = store.outbox_wedged(1)?.pop()
                && pick % 3 == 0
            {
                append(store, Change::OutboxReleased { item: parked.item })?;
            }
        }
        Deed::Status { pick, code } => {
            let Some(key) = of(&office.outbound, pick) else { return Ok(()) };
            let recipient = agency("000.00.00.H30");
            let at = Timestamp::UNIX_EPOCH;
            let entry = StatusEntry { code, at, description: String::new() };
            append(store, Change::StatusReceived { key, recipient, entry })?;
        }
        Deed::GiveUp { outbound } => {
            let book = if outbound { BookId::outbound(YEAR, "") } else { BookId::inbound(YEAR) };
            let number = store.next_number(&book)?;
            append(store, Change::NumberGivenUp { book, number, reason: "z".to_owned() })?;
        }
        Deed::Leave { pick, how } => {
            leaving::leave(store, of(&office.outbound, pick), pick, how)?;
        }
        Deed::Agency { number, words } => {
            let code = agency(&format!("H{number:02}"));
            let mut put = vanthu::domain::agency::Agency::new(code, &words);
            put.other_codes = vec![agency(&format!("000.00.0{number}.H30"))];
            append(store, Change::AgencyPut { agency: put })?;
        }
        Deed::Packet { content, well } => {
            let packet = store.put_blob(&[content])?;
            append(
                store,
                Change::PacketKept {
                    packet: packet.clone(),
                    size: 1,
                    origin: String::new(),
                    server_id: String::new(),
                },
            )?;
            let change = if well {
                Change::PacketTaken { packet, outcome: "o".to_owned() }
            } else {
                Change::PacketQuarantined { packet, code: "q".to_owned(), detail: String::new() }
            };
            append(store, change)?;
        }
    }
    Ok(())
}

/// Something that people do while they settle a document.
fn settling(office: &Office, key: DocumentKey, pick: usize, how: u8, words: String) -> Change {
    let party = |name: &str| Party::User(name.to_owned());
    match how {
        0 => Change::HandlingForwarded {
            key,
            from: party(if pick.is_multiple_of(2) { "a" } else { "b" }),
            to: vec![
                Participant::lead("c"),
                Participant::new(
                    party(if pick.is_multiple_of(3) { "a" } else { "d" }),
                    Part::Inform,
                ),
            ],
            direction: words,
            due: None,
        },
        1 => Change::DocumentSeen { key },
        2 => {
            let progress = Progress { percent: Some(7), text: words, next: String::new() };
            Change::ProgressNoted { key, progress }
        }
        3 => Change::NoteAdded { key, text: words, private: pick.is_multiple_of(2) },
        _ => {
            let answer = of(&office.outbound, pick).unwrap_or(key);
            Change::AnswerLinked { key, answer }
        }
    }
}

/// A sender demands something, or is answered.
fn demand(
    store: &Store,
    office: &mut Office,
    pick: usize,
    how: u8,
    here: bool,
) -> Result<(), StoreError> {
    let document = of(&office.inbound, pick);
    let told = vec![USER.to_owned()];
    let Some(demand) = of(&office.demands, pick).filter(|_| how > 1) else {
        let packet = store.put_blob(&[how, 77])?;
        let about = ResponseFor {
            agency: None,
            code: String::new(),
            issued: None,
            document_id: format!("000.00.00.H30,2026,{}", pick % 5),
        };
        let update = Update { metadata: metadata("mới"), content: None };
        let demand = Demand {
            id: DocumentKey::fresh(),
            kind: DemandKind::ALL[pick % 3],
            sender: agency("000.00.00.H30"),
            sender_name: String::new(),
            about,
            reason: "r".to_owned(),
            received_at: Timestamp::UNIX_EPOCH,
            told_at: None,
            answer_by: jiff::civil::date(YEAR, 2, 3),
            packet,
            document: document.filter(|_| here),
            replacement: document.filter(|_| !here),
            update: (how == 1).then(|| Box::new(update)),
        };
        office.demands.push(demand.id);
        append(store, Change::DemandReceived { demand: Box::new(demand), told })?;
        return Ok(());
    };
    let change = match (how, document) {
        (2, Some(key)) => Change::DemandMatched { demand, key, told },
        (3, _) => Change::DemandNoticed { demand },
        (4, Some(key)) => Change::InboundUpdated {
            key,
            demand,
            update: Box::new(Update { metadata: metadata("đổi"), content: None }),
        },
        _ => Change::DemandAnswered {
            demand,
            answer: DemandAnswer {
                agreed: here,
                reason: String::new(),
                at: Timestamp::UNIX_EPOCH,
                automatic: !here,
            },
        },
    };
    append(store, change).map(drop)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn replaying_gives_the_same_tables(deeds in prop::collection::vec(deeds(), 1..90)) {
        let (dir, store) = created();
        let mut office = Office::default();
        for deed in deeds {
            match done(&store, &mut office, deed.clone()) {
                Ok(())
                | Err(StoreError::Conflict(_) | StoreError::BookClosed(_) | StoreError::NoBook(_)) => {}
                Err(error) => prop_assert!(false, "{deed:?}: {error}"),
            }
        }
        assert_sound(&store);
        // Each book is gapless, whether it is open or closed.
        for book in store.books(Direction::Inbound, YEAR).unwrap() {
            let rows = store.book(&book.id, 0, 1000).unwrap();
            let numbers: Vec<u32> = rows.iter().map(|row| row.number).collect();
            prop_assert_eq!(numbers, (1..=book.last).collect::<Vec<_>>());
            let given_up = rows.iter().filter(|row| row.given_up.is_some()).count();
            prop_assert_eq!(given_up as u32, book.given_up);
        }
        leaving::assert_gapless(&store);
        // The counters are what counting gives.
        let counts = store.counts().unwrap();
        for (state, count) in counts.inbound {
            let here = office.inbound.iter()
                .filter(|key| store.inbound(key).unwrap().unwrap().state == state);
            prop_assert_eq!(here.count() as u64, count);
        }
        for (state, count) in counts.outbound {
            let here = office.outbound.iter()
                .filter(|key| store.outbound(key).unwrap().unwrap().state == state);
            prop_assert_eq!(here.count() as u64, count);
        }
        drop(store);
        assert_sound(&reopened(&dir));
    }
}

fn layout_check(found: u8) -> LayoutCheck {
    let finding = |at: i32| Finding {
        rule: Rule::Margin,
        severity: Severity::Warning,
        code: "margin-left".to_owned(),
        component: String::new(),
        place: Some(Place { page: 0, areas: vec![Area { x: at, y: 0, width: 1, height: 1 }] }),
        args: vec![("found".to_owned(), "20".to_owned())],
        cite: "Phụ lục I".to_owned(),
    };
    LayoutCheck {
        file: BlobHash("00".repeat(32)),
        profile: "current".to_owned(),
        checked_at: Timestamp::now(),
        pages: 2,
        unread: vec![1],
        findings: (0..i32::from(found)).map(finding).collect(),
    }
}
