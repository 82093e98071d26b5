//! Looking at the queues: what the lists and the preview show.

use std::collections::HashSet;
use std::sync::Arc;

use super::{Counts, Filter, Office, OfficeError};
use crate::domain::agency::Agency;
use crate::domain::document::{DocumentKey, FileRef};
use crate::domain::inbound::InboundDocument;
use crate::domain::outbound::OutboundDocument;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::store::{AuditReport, InboundFilter, OutboundFilter};

impl Office {
    pub fn counts(&self) -> Result<Counts, Problem> {
        self.actor(Act::ViewQueues)?;
        let counts = self.store().counts()?;
        Ok(Counts {
            inbound: counts.inbound,
            outbound: counts.outbound,
            outbox_waiting: counts.outbox_waiting,
            outbox_wedged: counts.outbox_wedged,
            unfetched: self.unfetched_count()?,
            quarantined: counts.quarantined,
            agenda: self.agenda_counts()?,
            drafts_for_me: self.draft_count_for_me()?,
        })
    }

    /// Newest first; `after` is the last row of the page before.
    pub fn inbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<InboundDocument>, Problem> {
        self.actor(Act::ViewQueues)?;
        if let Some(agenda) = filter.agenda {
            return self.agenda(agenda, &filter.words, after, limit);
        }
        let filter = InboundFilter { state: filter.inbound, words: filter.words.clone() };
        Ok(self.store().inbound_page(&filter, after, limit)?)
    }

    pub fn outbound(
        &self,
        filter: &Filter,
        after: Option<DocumentKey>,
        limit: u32,
    ) -> Result<Vec<OutboundDocument>, Problem> {
        self.actor(Act::ViewQueues)?;
        if filter.for_me {
            return Ok(self.store().drafts_for(&self.own_drafts(filter), after, limit)?);
        }
        let filter = OutboundFilter { state: filter.outbound, words: filter.words.clone() };
        Ok(self.store().outbound_page(&filter, after, limit)?)
    }

    /// How many documents [`Office::inbound`] would show in all, counted up to `most`.
    pub fn inbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem> {
        self.actor(Act::ViewQueues)?;
        if let Some(agenda) = filter.agenda {
            return Ok(self.agenda_count(agenda, &filter.words)?.min(most.into()));
        }
        let filter = InboundFilter { state: filter.inbound, words: filter.words.clone() };
        Ok(self.store().inbound_count(&filter, most)?)
    }

    /// The same of [`Office::outbound`].
    pub fn outbound_count(&self, filter: &Filter, most: u32) -> Result<u64, Problem> {
        self.actor(Act::ViewQueues)?;
        if filter.for_me {
            let count = self.store().draft_count_for(&self.own_drafts(filter))?;
            return Ok(count.min(most.into()));
        }
        let filter = OutboundFilter { state: filter.outbound, words: filter.words.clone() };
        Ok(self.store().outbound_count(&filter, most)?)
    }

    pub fn inbound_document(&self, key: DocumentKey) -> Result<InboundDocument, Problem> {
        self.actor(Act::ViewQueues)?;
        self.store().inbound(&key)?.ok_or_else(|| Self::missing(key))
    }

    pub fn outbound_document(&self, key: DocumentKey) -> Result<OutboundDocument, Problem> {
        self.actor(Act::ViewQueues)?;
        self.store().outbound(&key)?.ok_or_else(|| Self::missing(key))
    }

    /// The bytes of the document's main file. A recalled document is not opened any more
    /// (Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2); its bytes stay for the audit.
    pub fn main_file(&self, key: DocumentKey) -> Result<Arc<[u8]>, Problem> {
        self.actor(Act::ViewQueues)?;
        let mut assigned_to = None;
        let files = match self.store().inbound(&key)? {
            Some(document) if document.state == super::InboundState::Recalled => {
                return Err(OfficeError::Sealed.into());
            }
            Some(document) => {
                assigned_to = document.assignment.map(|assignment| assignment.user);
                document.files
            }
            None => self.outbound_document(key)?.files,
        };
        self.refuse_infected(key)?;
        self.note_opened(key, assigned_to)?;
        let main = files.iter().find(|file| file.main).ok_or_else(|| Self::missing(key))?;
        self.file(main)
    }

    pub(super) fn file(&self, file: &FileRef) -> Result<Arc<[u8]>, Problem> {
        Ok(self.store().shared_blob(&file.blob)?)
    }

    /// Walks the chain of operations and compares the tables with a replay of it.
    pub fn audit(&self) -> Result<AuditReport, Problem> {
        self.actor(Act::VerifyAudit)?;
        Ok(self.store().rebuild_and_compare()?)
    }

    /// Directory search, with or without diacritics. An agency whose name begins as was
    /// typed comes before one that merely has the words in it, such as its own bureau:
    /// what stands first is what a quick hand takes. Behind one that is no more stands who
    /// goes on with its work.
    pub fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem> {
        const LOOKED_AT: u32 = 100;
        self.actor(Act::ViewQueues)?;
        let mut found = self.store().agencies(words, limit.max(LOOKED_AT))?;
        let typed = text::fold(&text::tidy(words));
        if !typed.is_empty() {
            found.sort_by_key(|agency| !text::fold(&agency.name).starts_with(&typed));
        }
        if found.iter().any(|agency| agency.ended_by(Self::today()).is_some()) {
            found = self.with_successors(found)?;
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The same agencies, each once, and behind each that is no more its successors.
    fn with_successors(&self, found: Vec<Agency>) -> Result<Vec<Agency>, Problem> {
        let mut all: Vec<Agency> = Vec::with_capacity(found.len());
        let mut seen = HashSet::new();
        for mut agency in found {
            let next = match agency.ended_by(Self::today()) {
                Some(_) => self.present(&agency)?,
                None => Vec::new(),
            };
            // Those who went on with its work may have ended themselves.
            if let Some(ending) = agency.ending.as_mut().filter(|_| !next.is_empty()) {
                ending.successors = next.iter().map(|agency| agency.code.clone()).collect();
            }
            let both = std::iter::once(agency).chain(next);
            all.extend(both.filter(|agency| seen.insert(agency.code.clone())));
        }
        Ok(all)
    }

    /// Puts agencies into the directory: new ones, or new facts about known ones. What is
    /// known of their history stays.
    pub fn put_agencies(&self, agencies: Vec<Agency>) -> Result<(), Problem> {
        let actor = self.actor(Act::ManageAgencies)?;
        self.store().write(&actor, move |writer| {
            for agency in agencies {
                let agency = match writer.agency(&agency.code)? {
                    Some(known) if known.code == agency.code => agency.after(&known),
                    _ => agency,
                };
                writer.append(crate::domain::operation::Change::AgencyPut { agency })?;
            }
            Ok(())
        })
    }
}
