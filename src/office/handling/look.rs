//! How the settling of a document is shown: who has it, what was noted, what it is linked
//! with, and the rows of the book in which settling is followed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::book::BookId;
use crate::domain::calendar;
use crate::domain::deadline::{self, Pressure};
use crate::domain::demand::KeptDemand;
use crate::domain::document::DocumentKey;
use crate::domain::handling::{Handler, Note, Part, Party, ProgressEntry, Seen};
use crate::domain::inbound::InboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::{Office, labels};
use crate::store::BookEntry;

/// Everything about the settling of one document that people look at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Handling {
    /// In the order in which they got it, those who passed it on too.
    pub handlers: Vec<Handler>,
    pub seen: Vec<Seen>,
    pub progress: Vec<ProgressEntry>,
    pub notes: Vec<Note>,
    /// Documents of ours that answer it, or (for one of ours) that it answers.
    pub links: Vec<Link>,
    /// What its sender demanded of it.
    pub demands: Vec<KeptDemand>,
    /// The document that took its place, and those whose place it took.
    pub replaced_by: Option<Link>,
    pub replaces: Vec<Link>,
    pub due: Option<Date>,
    pub pressure: Option<Pressure>,
    /// The names of everybody who is mentioned.
    pub names: BTreeMap<Party, String>,
}

/// Another document, as a reader knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub key: DocumentKey,
    /// Number and notation, or the subject where there is no number yet.
    pub name: String,
    /// In the language in force.
    pub state: String,
}

/// One row of the book in which settling is followed (sổ theo dõi giải quyết văn bản đến,
/// Nghị định 30/2020/NĐ-CP Phụ lục IV, seven columns).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettlementRow {
    pub key: DocumentKey,
    pub arrival_number: u32,
    /// Type, code, day and author of the document.
    pub document: String,
    /// Units or people who have it.
    pub handlers: String,
    pub due: Option<Date>,
    /// The state, and how far the work is, in the language in force.
    pub progress: String,
    /// Codes of the answers that have one.
    pub answers: String,
    /// The result, or why it was returned or recalled.
    pub notes: String,
}

impl Office {
    /// Everything about the settling of a document, inbound or outbound.
    pub fn handling(&self, key: DocumentKey) -> Result<Handling, Problem> {
        self.actor(Act::ViewQueues)?;
        let store = self.store();
        let mut handling =
            Handling { notes: store.notes(&key, &self.session().user)?, ..Handling::default() };
        let Some(document) = store.inbound(&key)? else {
            handling.links = self.links(store.answered(&key)?)?;
            self.name_everybody(&mut handling);
            return Ok(handling);
        };
        handling.handlers = store.handlers(&key)?;
        handling.seen = store.seen(&key)?;
        handling.progress = store.progress(&key)?;
        handling.links = self.links(store.answers(&key)?)?;
        handling.demands = store.demands_of(&key)?;
        let by = handling.demands.iter().rev().find_map(|kept| kept.demand.replacement);
        handling.replaced_by = self.links(by.into_iter().collect())?.pop();
        let before = store.replaced_by(&key)?.into_iter().filter_map(|kept| kept.demand.document);
        handling.replaces = self.links(before.collect())?;
        handling.due = Self::due_of(&document);
        if !document.state.is_final() {
            handling.pressure = Some(self.pressure(handling.due));
        }
        self.name_everybody(&mut handling);
        Ok(handling)
    }

    fn name_everybody(&self, handling: &mut Handling) {
        let users = handling.handlers.iter().map(|one| &one.given_by);
        let users = users
            .chain(handling.seen.iter().map(|seen| &seen.user))
            .chain(handling.progress.iter().map(|entry| &entry.user))
            .chain(handling.notes.iter().map(|note| &note.user));
        let parties: BTreeSet<Party> = users
            .map(|user| Party::User(user.clone()))
            .chain(handling.handlers.iter().map(|one| one.party.clone()))
            .collect();
        handling.names = parties
            .into_iter()
            .map(|party| {
                let name = self.party_name(&party);
                (party, name)
            })
            .collect();
    }

    /// When a document is due: as the leader directed, else as its sender wishes.
    pub fn due_of(document: &InboundDocument) -> Option<Date> {
        document.assignment.as_ref().and_then(|given| given.due).or(document.metadata.due)
    }

    /// How near a term is today, by the working days of the profile.
    pub fn pressure(&self, due: Option<Date>) -> Pressure {
        let today = calendar::local(Timestamp::now()).date();
        let profile = self.profile();
        deadline::pressure(due, today, profile.settling().soon_days, profile.holidays())
    }

    fn links(&self, keys: Vec<DocumentKey>) -> Result<Vec<Link>, Problem> {
        let mut links = Vec::with_capacity(keys.len());
        for key in keys {
            let (metadata, state) = match self.store().inbound(&key)? {
                Some(one) => (one.metadata, labels::inbound(one.state)),
                None => {
                    let one = self.store().outbound(&key)?.ok_or_else(|| Self::missing(key))?;
                    (one.metadata, labels::outbound(one.state))
                }
            };
            let code = metadata.code.to_string();
            let name = if metadata.code.number.is_empty() { metadata.subject } else { code };
            links.push(Link { key, name, state });
        }
        Ok(links)
    }

    /// The name of a person or unit, as people read it.
    pub fn party_name(&self, party: &Party) -> String {
        match party {
            Party::User(user) => self.display_name(user),
            Party::Unit(key) => {
                let units = self.store().units().unwrap_or_default();
                let known = units.into_iter().find(|unit| unit.key == *key);
                known.map_or_else(|| key.clone(), |unit| unit.name)
            }
        }
    }

    /// Rows of the book in which settling is followed, in the order of arrival numbers;
    /// `after` is the last number of the page before, 0 for the beginning.
    pub fn settlement_rows(
        &self,
        book: &BookId,
        after: u32,
        limit: u32,
    ) -> Result<Vec<SettlementRow>, Problem> {
        self.actor(Act::ViewQueues)?;
        let mut rows = Vec::new();
        for row in self.store().book(book, after, limit)? {
            // A number given up settles nothing.
            if let Some(BookEntry::Inbound(document)) = row.document {
                rows.push(self.settlement_row(&document)?);
            }
        }
        Ok(rows)
    }

    fn settlement_row(&self, document: &InboundDocument) -> Result<SettlementRow, Problem> {
        let key = document.key;
        let metadata = &document.metadata;
        let day = |day: Option<Date>| {
            day.map_or(String::new(), |day| day.strftime("%d/%m/%Y").to_string())
        };
        let author = metadata.issuer.as_ref().map_or(&document.sender_name, |one| &one.name);
        let described = [
            metadata.type_name.clone(),
            metadata.code.to_string(),
            day(metadata.issued),
            author.clone(),
        ];
        let described: Vec<_> =
            described.into_iter().filter(|part| !part.is_empty() && part != "/").collect();
        let active = self.store().handlers(&key)?.into_iter().filter(|one| one.active);
        let handlers: Vec<_> = active
            .filter(|one| one.part != Part::Inform)
            .map(|one| self.party_name(&one.party))
            .collect();
        let mut progress = labels::inbound(document.state);
        if !document.state.is_final()
            && let Some(percent) =
                self.store().progress(&key)?.iter().rev().find_map(|entry| entry.progress.percent)
        {
            progress = format!("{progress} ({percent} %)");
        }
        let mut answers = Vec::new();
        for answer in self.store().answers(&key)? {
            let outbound = self.store().outbound(&answer)?;
            answers.extend(
                outbound
                    .filter(|one| !one.metadata.code.number.is_empty())
                    .map(|one| one.metadata.code.to_string()),
            );
        }
        Ok(SettlementRow {
            key,
            arrival_number: document.registration.as_ref().map_or(0, |row| row.arrival_number),
            document: described.join(", "),
            handlers: handlers.join("; "),
            due: Self::due_of(document),
            progress,
            answers: answers.join("; "),
            notes: document.reason.clone(),
        })
    }
}
