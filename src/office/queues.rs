//! Looking at the queues: what the lists and the preview show.

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
            quarantined: counts.quarantined,
            agenda: self.agenda_counts()?,
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
        let filter = OutboundFilter { state: filter.outbound, words: filter.words.clone() };
        Ok(self.store().outbound_page(&filter, after, limit)?)
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
        Ok(self.store().blob(&file.blob)?.into())
    }

    /// Walks the chain of operations and compares the tables with a replay of it.
    pub fn audit(&self) -> Result<AuditReport, Problem> {
        self.actor(Act::VerifyAudit)?;
        Ok(self.store().rebuild_and_compare()?)
    }

    /// Directory search, with or without diacritics. An agency whose name begins as was
    /// typed comes before one that merely has the words in it, such as its own bureau:
    /// what stands first is what a quick hand takes.
    pub fn agencies(&self, words: &str, limit: u32) -> Result<Vec<Agency>, Problem> {
        const LOOKED_AT: u32 = 100;
        self.actor(Act::ViewQueues)?;
        let mut found = self.store().agencies(words, limit.max(LOOKED_AT))?;
        let typed = text::fold(&text::tidy(words));
        if !typed.is_empty() {
            found.sort_by_key(|agency| !text::fold(&agency.name).starts_with(&typed));
        }
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// Puts agencies into the directory: new ones, or new facts about known ones.
    pub fn put_agencies(&self, agencies: Vec<Agency>) -> Result<(), Problem> {
        let actor = self.actor(Act::ManageAgencies)?;
        self.store().write(&actor, move |writer| {
            for agency in agencies {
                writer.append(crate::domain::operation::Change::AgencyPut { agency })?;
            }
            Ok(())
        })
    }
}
