//! How the settling of a document is shown: who has it, what was noted, what it is linked
//! with. The book in which settling is followed is one of the register's forms.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::calendar;
use crate::domain::deadline::{self, Pressure};
use crate::domain::demand::KeptDemand;
use crate::domain::document::DocumentKey;
use crate::domain::handling::{Handler, Note, Party, ProgressEntry, Seen};
use crate::domain::inbound::InboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::office::{Office, labels};

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

    pub(in crate::office) fn links(&self, keys: Vec<DocumentKey>) -> Result<Vec<Link>, Problem> {
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
}
