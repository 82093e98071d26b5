//! Reading: one set of questions, asked of the pool through [`Store`] or inside a
//! transaction through [`Writer`].
//!
//! The answers are methods of [`View`], one file per aggregate.

use jiff::Timestamp;
use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension};

use super::durability::{Durability, FailedExtension};
use super::error::StoreError;
use super::filter::SavedFilter;
use super::handling::WorkFilter;
use super::inbound::InboundFilter;
use super::local::Access;
use super::opinion::DraftFilter;
use super::outbound::OutboundFilter;
use super::outbox::OutboxItem;
use super::packet::PacketRow;
use super::register::BookRow;
use super::template::KeptForm;
use super::unfetched::UnfetchedRow;
use super::user::UserRow;
use super::writer::Writer;
use super::{Store, row};
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::book::{Book, BookId, Direction};
use crate::domain::copy::CertifiedCopy;
use crate::domain::demand::{Demand, KeptDemand};
use crate::domain::document::{BlobHash, DocumentId, DocumentKey};
use crate::domain::duplicate::Twin;
use crate::domain::gate::{Gate, Judgement};
use crate::domain::handling::{Handler, Note, ProgressEntry, Seen, Unit};
use crate::domain::identity::CertificateLink;
use crate::domain::inbound::{InboundDocument, InboundState};
use crate::domain::layout::LayoutCheck;
use crate::domain::letter::{PaperLetter, PaperState};
use crate::domain::operation::Operation;
use crate::domain::opinion::{GivenOpinion, Holder, KeptComment, Version};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::paper::Sheaf;
use crate::domain::report::ErrorReport;
use crate::domain::reserve::Reserved;
use crate::domain::template::{DraftTemplate, RecipientGroup};
use crate::domain::verdict::Level;

/// One consistent sight of the tables.
#[derive(Clone, Copy)]
pub struct View<'c> {
    pub(super) connection: &'c Connection,
}

/// How many documents, items and packets stand where.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// Every state, in its order, zero included.
    pub inbound: Vec<(InboundState, u64)>,
    pub outbound: Vec<(OutboundState, u64)>,
    pub outbox_waiting: u64,
    pub outbox_wedged: u64,
    pub packets_to_take: u64,
    pub quarantined: u64,
}

/// A document that a search found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Found {
    Inbound(Box<InboundDocument>),
    Outbound(Box<OutboundDocument>),
}

macro_rules! questions {
    ($($(#[$doc:meta])* fn $name:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)*) => {
        impl Store {
            $($(#[$doc])*
            pub fn $name(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                self.view(|view| view.$name($($argument),*))
            })*
        }

        impl Writer<'_> {
            $($(#[$doc])*
            pub fn $name(&self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                self.view().$name($($argument),*)
            })*
        }
    };
}

questions! {
    fn inbound(key: &DocumentKey) -> Option<InboundDocument>;
    /// Newest first; `after` is the last key of the page before.
    fn inbound_page(filter: &InboundFilter, after: Option<DocumentKey>, limit: u32) -> Vec<InboundDocument>;
    /// How many of them there are, counted up to `most`.
    fn inbound_count(filter: &InboundFilter, most: u32) -> u64;
    /// The newest one from `sender`: an id is only as good as who gives it.
    fn find_inbound_by_document_id(id: &DocumentId, sender: Option<&AgencyCode>) -> Option<InboundDocument>;

    /// What stands at the gate and is not decided, oldest first.
    fn unacknowledged(limit: u32) -> Vec<InboundDocument>;
    /// The newest look at the gate.
    fn gate(key: &DocumentKey) -> Option<Gate>;
    fn judgements(key: &DocumentKey) -> Vec<Judgement>;
    fn error_reports(key: &DocumentKey) -> Vec<ErrorReport>;
    /// Errors reported to `user` and not read yet, oldest first, with their documents.
    fn unseen_error_reports(user: &str, limit: u32) -> Vec<(DocumentKey, ErrorReport)>;
    /// Whether the sending of an item was ever begun.
    fn outbox_begun(item: &str) -> bool;
    /// Other documents that this one may be, the oldest first, without those that went back.
    fn twins(key: &DocumentKey) -> Vec<Twin>;
    /// The documents whose main file has, or had, these bytes and that did not go back, the
    /// oldest first.
    fn with_main_file(blob: &BlobHash) -> Vec<DocumentKey>;
    /// Whether a clerk has said why both documents are registered.
    fn duplicate_allowed(key: &DocumentKey, first: &DocumentKey) -> bool;
    /// The pages that `user` has scanned and not made a document of.
    fn sheaf(user: &str) -> Option<Sheaf>;

    fn outbound(key: &DocumentKey) -> Option<OutboundDocument>;
    /// Newest first; `after` is the last key of the page before.
    fn outbound_page(filter: &OutboundFilter, after: Option<DocumentKey>, limit: u32) -> Vec<OutboundDocument>;
    fn outbound_count(filter: &OutboundFilter, most: u32) -> u64;
    fn find_outbound_by_document_id(id: &DocumentId) -> Option<OutboundDocument>;
    /// The document of ours that a status message speaks of: by its id, else by code and
    /// date; `None` also where several fit, since a guess would be worse.
    fn find_outbound_by_status_reference(agency: Option<&AgencyCode>, code: &str, date: Option<Date>, document_id: &str) -> Option<OutboundDocument>;

    /// What lies with `user`, by name or by a role that may act in one of `states`; newest first.
    fn drafts_for(filter: &DraftFilter, after: Option<DocumentKey>, limit: u32) -> Vec<OutboundDocument>;
    fn draft_count_for(filter: &DraftFilter) -> u64;
    /// The row of the newest opinion on whatever draft; 0 where there is none.
    fn newest_opinion() -> i64;
    /// `None` once it is signed or given up.
    fn draft_holder(key: &DocumentKey) -> Option<Holder>;
    /// Every version of the main file, oldest first.
    fn versions(key: &DocumentKey) -> Vec<Version>;
    /// What was decided on a draft, oldest first.
    fn opinions(key: &DocumentKey) -> Vec<GivenOpinion>;
    /// Oldest first, each with its answers.
    fn comments(key: &DocumentKey) -> Vec<KeptComment>;
    /// By the key of their types.
    fn draft_templates() -> Vec<DraftTemplate>;
    fn draft_template(type_key: &str) -> Option<DraftTemplate>;
    /// By name.
    fn recipient_groups() -> Vec<RecipientGroup>;
    /// What `user` was writing when they last stopped, newest first.
    fn draft_forms(user: &str) -> Vec<KeptForm>;
    /// The newest check of its layout.
    fn layout_check(key: &DocumentKey) -> Option<LayoutCheck>;
    /// `None` before the seal, and for what was recalled or given up.
    /// Of each signed file of a document, its certified copies among them.
    fn durability(key: &DocumentKey) -> Vec<Durability>;
    /// Signed files whose signatures are below `wanted`, or whose newest archival time stamp
    /// ends before that time: those never tried first, then those tried longest ago.
    fn awaiting_extension(wanted: Level, ending_before: Timestamp, limit: u32) -> Vec<Durability>;
    fn failed_extension(key: &DocumentKey, blob: &BlobHash) -> Option<FailedExtension>;

    /// Documents with work left, what is due first before the others.
    fn work_page(filter: &WorkFilter, after: Option<DocumentKey>, limit: u32) -> Vec<InboundDocument>;
    fn work_count(filter: &WorkFilter) -> u64;
    /// The office's units, by key.
    fn units() -> Vec<Unit>;
    /// Everybody who has or had the document, in the order in which they got it.
    fn handlers(key: &DocumentKey) -> Vec<Handler>;
    fn seen(key: &DocumentKey) -> Vec<Seen>;
    fn has_seen(key: &DocumentKey, user: &str) -> bool;
    fn progress(key: &DocumentKey) -> Vec<ProgressEntry>;
    /// The notes that `reader` may read.
    fn notes(key: &DocumentKey, reader: &str) -> Vec<Note>;
    /// Documents of ours that answer an inbound one, and the other way round.
    fn answers(key: &DocumentKey) -> Vec<DocumentKey>;
    fn answered(key: &DocumentKey) -> Vec<DocumentKey>;
    fn demand(id: &DocumentKey) -> Option<KeptDemand>;
    /// What was demanded of a document, oldest first.
    fn demands_of(key: &DocumentKey) -> Vec<KeptDemand>;
    /// What the sender of a demand, under any of its codes, demands of the same document, oldest
    /// first: of the one that it was matched with, else of the one that has not come.
    fn demands_beside(demand: &Demand) -> Vec<KeptDemand>;
    /// Demands of whichever copy of the document that has this id, and while none has come; and of
    /// the one under this key, which an update may have given another id.
    fn demands_about(id: Option<&DocumentId>, key: Option<&DocumentKey>) -> Vec<KeptDemand>;
    /// The packets that brought once more what was here.
    fn came_again(key: &DocumentKey) -> Vec<BlobHash>;
    /// Whether the sender of a demand waits to have the document back, whichever copy of it.
    fn is_asked_back(demand: &Demand) -> bool;
    /// The demands that brought this document in the place of others.
    fn replaced_by(key: &DocumentKey) -> Vec<KeptDemand>;
    /// What waits for an answer or for its document, what is due first before the others.
    fn pressing_demands(limit: u32) -> Vec<KeptDemand>;
    fn pressing_demand_count() -> u64;
    /// Documents here on which something is demanded and not answered, what is due first before
    /// the others, with all of these words.
    fn demanded(words: &str, limit: u32) -> Vec<DocumentKey>;
    /// Demands whose document has not come, answered ones too.
    fn unmatched_demands(id: &DocumentId) -> Vec<KeptDemand>;
    /// What `user` is to be told and has not read.
    fn unnoticed_demands(user: &str) -> Vec<KeptDemand>;
    /// The documents of this id, whoever sent them, the newest first.
    fn inbound_of_id(id: &DocumentId) -> Vec<InboundDocument>;

    /// The newest documents, at most `limit` of each direction, that hold all `words`.
    fn search(words: &str, limit: u32) -> Vec<Found>;
    fn counts() -> Counts;
    /// Every operation on a document, oldest first.
    fn history(key: &DocumentKey) -> Vec<Operation>;

    /// Everybody, disabled ones too, by name.
    fn users() -> Vec<UserRow>;
    fn certificate_links() -> Vec<CertificateLink>;
    fn user(name: &str) -> Option<UserRow>;
    /// Our agency and the rule profile in force; `None` before the office is opened.
    fn office() -> Option<(Agency, String)>;
    /// By words of the name or code, best first; by code when `words` is empty.
    fn agencies(words: &str, limit: u32) -> Vec<Agency>;
    /// By its present code, else by a former or other one.
    fn agency(code: &AgencyCode) -> Option<Agency>;
    /// Whether two codes are one agency's, as far as the directory knows.
    fn is_one_agency(one: &AgencyCode, other: &AgencyCode) -> bool;
    /// What was known of an agency over time, oldest first.
    fn agency_versions(code: &AgencyCode) -> Vec<Agency>;

    /// Names of the fields that the program filled in and nobody has confirmed.
    fn proposed_fields(key: &DocumentKey) -> Vec<String>;

    fn packet(hash: &BlobHash) -> Option<PacketRow>;
    fn has_packet(hash: &BlobHash) -> bool;
    /// Whether a packet came under this name of a server, whatever became of it.
    fn has_packet_named(server_id: &str) -> bool;
    /// Packets kept and not yet taken, oldest first.
    fn packets_to_take(limit: u32) -> Vec<PacketRow>;
    /// Packets and files that cannot be used, newest first.
    fn quarantine(limit: u32) -> Vec<PacketRow>;

    /// Waiting items whose time has come: urgent first, then oldest first.
    fn outbox_due(now: Timestamp, most: u64, limit: u32) -> Vec<OutboxItem>;
    fn outbox_item(item: &str) -> Option<OutboxItem>;
    /// The beginning of a packet whose fetching from `server` broke off.
    fn begun_packet(server: &str, server_id: &str) -> Option<BlobHash>;
    /// All that `server` has for this office and this desk does not, the longest due first.
    fn unfetched(server: &str) -> Vec<UnfetchedRow>;
    /// What was given up while the server had another address.
    fn given_up_elsewhere(server: &str) -> Vec<UnfetchedRow>;
    /// Those of them that somebody has to look at.
    fn unfetched_stuck(server: &str, limit: u32) -> Vec<UnfetchedRow>;
    fn unfetched_stuck_count(server: &str) -> u64;
    fn unfetched_one(server: &str, server_id: &str) -> Option<UnfetchedRow>;
    /// Whether a packet with these very bytes waits or was sent.
    fn is_queued(packet: &BlobHash) -> bool;
    /// Parked items, oldest first.
    fn outbox_wedged(limit: u32) -> Vec<OutboxItem>;
    /// What failed lately and rests until its next try, urgent first, then oldest first.
    fn outbox_resting(now: Timestamp, limit: u32) -> Vec<OutboxItem>;
    /// All items of a document, oldest first.
    fn outbox_of(key: &DocumentKey) -> Vec<OutboxItem>;

    /// The number that the book gives next: its largest plus one, reserved ones included.
    fn next_number(book: &BookId) -> u32;
    /// Numbers that wait for their documents, by book.
    fn reserved_numbers() -> Vec<Reserved>;
    /// The reserved number that is kept for a document.
    fn held_number(key: &DocumentKey) -> Option<Reserved>;
    /// Whether a document may take this number of a book now.
    fn may_take(key: &DocumentKey, book: &BookId, number: u32) -> bool;
    /// What was signed and has not left, with the time of the signature, oldest first.
    fn unsent(limit: u32) -> Vec<(DocumentKey, Timestamp)>;
    /// Documents with a delivery that somebody still has to follow, the oldest first.
    fn followed(after: Option<DocumentKey>, limit: u32) -> Vec<DocumentKey>;
    /// Inbound documents that answer one of ours.
    fn answers_arrived(key: &DocumentKey) -> Vec<DocumentKey>;
    fn certified_copy(id: &DocumentKey) -> Option<CertifiedCopy>;
    /// Copies that were made of a document, oldest first.
    fn copies_of(key: &DocumentKey) -> Vec<CertifiedCopy>;
    /// Copies of whatever document, newest first.
    fn newest_copies(limit: u32) -> Vec<CertifiedCopy>;
    /// What of a document goes on paper.
    fn paper_letters(key: &DocumentKey) -> Vec<(PaperLetter, PaperState)>;
    /// Documents that owe at least one letter, the oldest first.
    fn owing_paper(limit: u32) -> Vec<DocumentKey>;
    /// Rows of a register book in the order of its numbers, after the number `after`
    /// (0 for the beginning).
    fn book(book: &BookId, after: u32, limit: u32) -> Vec<BookRow>;

    /// The books of a year: the common one first, then the others by their keys.
    fn books(direction: Direction, year: i16) -> Vec<Book>;
    /// Years in which a number was taken, newest first.
    fn book_years(direction: Direction) -> Vec<i16>;
    /// When a document was first passed on.
    fn forwarded_at(key: &DocumentKey) -> Option<Timestamp>;
    /// Whether fields of a document were corrected after it was registered.
    fn corrected_in_book(key: &DocumentKey) -> bool;
    /// The text of a document, as it was indexed.
    fn text_of(key: &DocumentKey) -> Option<String>;
    fn saved_filters(user: &str) -> Vec<SavedFilter>;

    fn setting(name: &str) -> Option<String>;
    fn cursor(server: &str) -> Option<String>;
    /// The packet that was fetched under this id of that server, if it was.
    fn fetched(server: &str, server_id: &str) -> Option<BlobHash>;
    /// The last accesses to a document, newest first.
    fn accesses(key: &DocumentKey, limit: u32) -> Vec<Access>;
    fn access_count(key: &DocumentKey) -> u64;
}

impl View<'_> {
    pub fn search(&self, words: &str, limit: u32) -> Result<Vec<Found>, StoreError> {
        let inbound = InboundFilter { state: None, words: words.to_owned() };
        let outbound = OutboundFilter { state: None, words: words.to_owned() };
        let inbound = self.inbound_page(&inbound, None, limit)?;
        let outbound = self.outbound_page(&outbound, None, limit)?;
        Ok(inbound
            .into_iter()
            .map(|document| Found::Inbound(Box::new(document)))
            .chain(outbound.into_iter().map(|document| Found::Outbound(Box::new(document))))
            .collect())
    }

    pub fn counts(&self) -> Result<Counts, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT n FROM counter WHERE what = ?1 AND state = ?2")?;
        let mut count = |what: &str, state: &str| -> Result<u64, StoreError> {
            let n: Option<i64> = statement.query_row([what, state], |row| row.get(0)).optional()?;
            Ok(n.map_or(0, row::unsigned))
        };
        let mut counts = Counts {
            outbox_waiting: count("outbox", "waiting")?,
            outbox_wedged: count("outbox", "wedged")?,
            packets_to_take: count("packet", "kept")?,
            quarantined: count("packet", "quarantined")?,
            ..Counts::default()
        };
        for state in InboundState::ALL {
            counts.inbound.push((state, count("inbound", &row::word(&state)?)?));
        }
        for state in OutboundState::ALL {
            counts.outbound.push((state, count("outbound", &row::word(&state)?)?));
        }
        Ok(counts)
    }

    pub fn history(&self, key: &DocumentKey) -> Result<Vec<Operation>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM operation WHERE document = ?1 ORDER BY row")?
            .query_and_then([row::key(key)], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use rusqlite::trace::{TraceEvent, TraceEventCodes};

    use super::*;
    use crate::domain::handling::Party;
    use crate::store::connection;
    use crate::store::inbound::page;

    /// Every question is asked once, and SQLite explains how it would answer: never by
    /// walking through a table that grows, never by sorting a queue.
    #[test]
    fn a_million_rows_cost_what_a_hundred_cost() {
        let mut connection = connection::scratch().unwrap();
        let (note, asked) = channel();
        let trace = move |event: TraceEvent<'_>| {
            if let TraceEvent::Stmt(_, sql) = event {
                note.send(sql.to_owned()).unwrap();
            }
        };
        connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT, Some(trace)).unwrap();
        let view = View { connection: &connection };
        let key = DocumentKey::fresh();
        let code = AgencyCode::new("H30").unwrap();
        let hash = BlobHash("00".to_owned());
        let id = DocumentId::of_year(code.clone(), 2026, 1);
        let book = BookId::inbound(2026);
        // One number has been taken, so that looking for it goes on to the document.
        connection
            .execute_batch(
                "INSERT INTO inbound (key, state, sender_name, metadata, files, arrived_at, verdict)
                 VALUES (x'00', 'registered', '', '{}', '[]', '', '{}');
                 INSERT INTO book_number VALUES ('inbound', 2026, '', 1, '2026-01-05', x'00', NULL)",
            )
            .unwrap();
        for typed in ["số đến:1", "số đến:1 từ:sở ngày:2026-11"] {
            for state in [None, Some(InboundState::Arrived)] {
                let filter = InboundFilter { state, words: typed.to_owned() };
                let state = filter.state.as_ref().map(row::word).transpose().unwrap();
                let page = page(&connection, "inbound", "d.key", state, &filter.words, None, 10);
                let (sql, values) = page.unwrap().unwrap();
                let mut statement = connection.prepare(&sql).unwrap();
                let mut found = statement.query(rusqlite::params_from_iter(values)).unwrap();
                let _ = found.next().unwrap();
            }
        }
        connection.execute_batch("DELETE FROM book_number; DELETE FROM inbound").unwrap();
        // Few documents in a state first, then many: the two are asked differently.
        for (words, many) in [("", 0), ("quyết định", 0), ("quyết định", 1_000_000)] {
            connection
                .execute_batch(&format!(
                    "INSERT OR REPLACE INTO counter VALUES
                     ('inbound', 'arrived', {many}), ('outbound', 'to_seal', {many})"
                ))
                .unwrap();
            for state in [None, Some(InboundState::Arrived)] {
                let filter = InboundFilter { state, words: words.to_owned() };
                view.inbound_page(&filter, None, 10).unwrap();
                view.inbound_count(&filter, 100).unwrap();
            }
            for state in [None, Some(OutboundState::ToSeal)] {
                let filter = OutboundFilter { state, words: words.to_owned() };
                view.outbound_page(&filter, None, 10).unwrap();
                view.outbound_count(&filter, 100).unwrap();
            }
            view.search(words, 10).unwrap();
            view.agencies(words, 10).unwrap();
        }
        assert!(view.inbound_page(&InboundFilter::default(), Some(key), 10).is_err());
        view.inbound(&key).unwrap();
        view.unacknowledged(10).unwrap();
        view.gate(&key).unwrap();
        view.judgements(&key).unwrap();
        view.layout_check(&key).unwrap();
        view.error_reports(&key).unwrap();
        view.unseen_error_reports("be", 10).unwrap();
        view.outbox_begun("x").unwrap();
        view.outbound(&key).unwrap();
        view.proposed_fields(&key).unwrap();
        view.find_inbound_by_document_id(&id, Some(&code)).unwrap();
        view.find_outbound_by_document_id(&id).unwrap();
        view.find_outbound_by_status_reference(Some(&code), "7/QĐ", None, "x").unwrap();
        view.twins(&key).unwrap();
        view.with_main_file(&hash).unwrap();
        view.duplicate_allowed(&key, &key).unwrap();
        view.sheaf("be").unwrap();
        view.durability(&key).unwrap();
        view.awaiting_extension(Level::Blt, Timestamp::UNIX_EPOCH, 10).unwrap();
        view.failed_extension(&key, &hash).unwrap();
        view.counts().unwrap();
        for words in ["", "quyết định"] {
            let parties = vec![Party::User("be".to_owned()), Party::Unit("vp".to_owned())];
            for parties in [None, Some(parties)] {
                let filter =
                    WorkFilter { parties, words: words.to_owned(), ..WorkFilter::default() };
                view.work_page(&filter, None, 10).unwrap();
                view.work_page(&filter, Some(key), 10).unwrap();
                view.work_count(&filter).unwrap();
            }
        }
        view.units().unwrap();
        view.handlers(&key).unwrap();
        view.seen(&key).unwrap();
        view.has_seen(&key, "be").unwrap();
        view.progress(&key).unwrap();
        view.notes(&key, "be").unwrap();
        view.answers(&key).unwrap();
        view.answered(&key).unwrap();
        view.demand(&key).unwrap();
        view.demands_of(&key).unwrap();
        view.demands_about(Some(&id), Some(&key)).unwrap();
        view.came_again(&key).unwrap();
        view.replaced_by(&key).unwrap();
        view.pressing_demands(10).unwrap();
        view.pressing_demand_count().unwrap();
        for words in ["", "quyết định"] {
            view.demanded(words, 10).unwrap();
        }
        view.unmatched_demands(&id).unwrap();
        view.unnoticed_demands("be").unwrap();
        view.inbound_of_id(&id).unwrap();
        view.history(&key).unwrap();
        view.user("be").unwrap();
        view.office().unwrap();
        view.agency(&code).unwrap();
        view.is_one_agency(&code, &code).unwrap();
        view.agency_versions(&code).unwrap();
        view.packet(&hash).unwrap();
        view.has_packet(&hash).unwrap();
        view.packets_to_take(10).unwrap();
        view.quarantine(10).unwrap();
        view.begun_packet("x", "x").unwrap();
        view.unfetched("x").unwrap();
        view.given_up_elsewhere("x").unwrap();
        view.unfetched_stuck("x", 10).unwrap();
        view.unfetched_stuck_count("x").unwrap();
        view.unfetched_one("x", "x").unwrap();
        view.is_queued(&hash).unwrap();
        view.outbox_due(Timestamp::UNIX_EPOCH, u64::MAX, 10).unwrap();
        view.outbox_item("x").unwrap();
        view.outbox_wedged(10).unwrap();
        view.outbox_resting(Timestamp::UNIX_EPOCH, 10).unwrap();
        view.outbox_of(&key).unwrap();
        view.next_number(&book).unwrap();
        view.reserved_numbers().unwrap();
        view.held_number(&key).unwrap();
        view.may_take(&key, &book, 1).unwrap();
        view.unsent(10).unwrap();
        view.paper_letters(&key).unwrap();
        view.certified_copy(&key).unwrap();
        view.copies_of(&key).unwrap();
        view.newest_copies(10).unwrap();
        view.followed(None, 10).unwrap();
        view.followed(Some(key), 10).unwrap();
        view.answers_arrived(&key).unwrap();
        view.owing_paper(10).unwrap();
        view.book(&book, 0, 10).unwrap();
        for direction in [Direction::Inbound, Direction::Outbound] {
            view.books(direction, 2026).unwrap();
            view.book_years(direction).unwrap();
        }
        view.forwarded_at(&key).unwrap();
        view.corrected_in_book(&key).unwrap();
        view.text_of(&key).unwrap();
        for words in ["", "quyết định"] {
            for state in [None, Some(OutboundState::InReview)] {
                let filter = DraftFilter {
                    user: "be".to_owned(),
                    states: vec![OutboundState::InReview],
                    state,
                    words: words.to_owned(),
                    after_opinion: state.map(|_| 1),
                };
                view.drafts_for(&filter, None, 10).unwrap();
                view.drafts_for(&filter, Some(key), 10).unwrap();
                view.draft_count_for(&filter).unwrap();
            }
        }
        view.newest_opinion().unwrap();
        view.draft_holder(&key).unwrap();
        view.versions(&key).unwrap();
        view.opinions(&key).unwrap();
        view.comments(&key).unwrap();
        view.draft_templates().unwrap();
        view.draft_template("QĐ").unwrap();
        view.recipient_groups().unwrap();
        view.draft_forms("be").unwrap();
        view.saved_filters("be").unwrap();
        view.setting("x").unwrap();
        view.cursor("x").unwrap();
        view.fetched("x", "y").unwrap();
        view.accesses(&key, 10).unwrap();
        view.access_count(&key).unwrap();

        let asked: std::collections::BTreeSet<String> =
            asked.try_iter().filter(|sql| sql.starts_with("SELECT")).collect();
        assert!(asked.len() > 30, "{asked:#?}");
        for sql in asked {
            let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
            let mut steps = statement.raw_query();
            let mut plan: Vec<String> = Vec::new();
            while let Some(step) = steps.next().unwrap() {
                plan.push(step.get(3).unwrap());
            }
            // A queue is read through the index of its state, not by filtering every row;
            // only where words lead (many documents in the state) the state follows.
            let led = sql.contains("_words CROSS JOIN") || sql.contains("d.row IN (");
            if sql.contains("d.state = ") && !led {
                assert!(
                    plan.iter().any(|step| step.contains("_state (state=?")),
                    "{plan:?}\n{sql}"
                );
            }
            for step in plan {
                let walks = step.starts_with("SCAN ")
                    // A full-text index finds its rows; a partial index holds no others;
                    // the directory is read in the order of its codes, up to the limit.
                    && !step.contains("VIRTUAL TABLE INDEX")
                    && !step.contains("USING INDEX outbox_w")
                    && !step.contains("INDEX demand_pressing")
                    // Packets that cannot be had are few.
                    && !step.starts_with("SCAN unfetched")
                    // Numbers that wait are few; what has not left goes out of its table.
                    && !step.starts_with("SCAN reserved_number")
                    && !step.contains("INDEX unsent_signed")
                    && !step.contains("INDEX paper_letter_owed")
                    && !step.starts_with("SCAN open_delivery")
                    && !step.contains("SCAN unit")
                    // Templates and groups are few; what is on a desk and not signed, too.
                    && !step.contains("SCAN draft_template")
                    && !step.contains("SCAN recipient_group")
                    && !step.contains("SCAN k")
                    // What is counted up to a limit is read no further.
                    && !(step.starts_with("SCAN (subquery") && sql.contains(" LIMIT "))
                    && !step.contains("USING INDEX packet_")
                    && !step.contains("SCAN agency USING INDEX")
                    // Asked by FTS5 itself, of the few rows of its own settings.
                    && !step.ends_with("_words_config")
                    && !step.contains("SCAN office")
                    && !step.contains("CONSTANT ROW");
                // Found agencies are ordered by how well they fit; nothing else is sorted.
                let sorts = step.contains("TEMP B-TREE") && !sql.contains("agency_words");
                assert!(!walks && !sorts, "{step}\n{sql}");
            }
        }
    }
}
