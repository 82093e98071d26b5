//! The engine's way in: from the lists of the inbox to packets that are kept.
//!
//! Two lists are read. *After the cursor* brings what this desk has not seen, also what was
//! confirmed before (a desk restored from an older backup gets its packets again). *Waiting*
//! brings what nobody has confirmed, wherever the cursor stands (a server restored from an
//! older backup numbers its packets anew). What could not be fetched is noted before the cursor
//! passes it, and tried again from the note, after all that is new.

use std::collections::HashSet;

use super::{Run, Stop, Trouble, Unfetched, Wish};
use crate::exchange::{
    Answer, ExchangeError, InboxItem, InboxPage, Listing, Outcome, Scope, back_off,
};

/// Inbox items listed at once.
const PAGE: u32 = 100;
/// Pages of each list in one run at most.
const MAX_PAGES: u32 = 50;

impl Run<'_> {
    pub(super) fn fetch_all(&mut self) -> Result<(), Stop> {
        let noted = self.queues.unfetched()?;
        self.aside = noted.iter().map(|one| (one.item.id.clone(), one.clone())).collect();
        let mut done = HashSet::new();
        self.fetch_new(&mut done)?;
        self.fetch_waiting(&mut done)?;
        for one in noted {
            self.call_off()?;
            self.come_back_to(&one)?;
        }
        Ok(())
    }

    fn fetch_new(&mut self, done: &mut HashSet<String>) -> Result<(), Stop> {
        let mut cursor = self.queues.cursor()?;
        for page in 0.. {
            if page == MAX_PAGES {
                self.report.more = true;
                break;
            }
            let InboxPage { items, next } = match self.list(Listing::After(cursor.as_deref())) {
                // The cursor is of another server: begin anew, what is kept is only skipped.
                Err(ExchangeError::Refused { .. }) if page == 0 && cursor.is_some() => {
                    self.list(Listing::After(None))?
                }
                page => page?,
            };
            let taken = self.take_page(&items, done);
            // Also when the page ended early: what is dealt with is not listed again.
            let settled = items.iter().take_while(|item| done.contains(&item.id));
            if let Some(last) = settled.last() {
                self.queues.set_cursor(&last.cursor)?;
            }
            taken?;
            if next.is_none() || next == cursor {
                break;
            }
            cursor = next;
        }
        Ok(())
    }

    fn fetch_waiting(&mut self, done: &mut HashSet<String>) -> Result<(), Stop> {
        let mut after = None;
        for page in 0.. {
            if page == MAX_PAGES {
                self.report.more = true;
                break;
            }
            let InboxPage { items, next } = self.list(Listing::Waiting(after.as_deref()))?;
            self.take_page(&items, done)?;
            if next.is_none() || next == after {
                break;
            }
            after = next;
        }
        Ok(())
    }

    fn list(&self, listing: Listing<'_>) -> Answer<InboxPage> {
        self.call_off()?;
        self.line.inbox(listing, PAGE)
    }

    /// Deals with each item; those dealt with, for good or for this run, go into `done`.
    fn take_page(&mut self, items: &[InboxItem], done: &mut HashSet<String>) -> Result<(), Stop> {
        for item in items {
            if done.contains(&item.id) {
                continue;
            }
            if !self.aside.contains_key(&item.id) {
                self.call_off()?;
                self.take(item)?;
            }
            done.insert(item.id.clone());
        }
        Ok(())
    }

    /// What earlier runs did not bring here, if its time has come.
    fn come_back_to(&mut self, one: &Unfetched) -> Result<(), Stop> {
        match one.wish {
            Wish::Fetch if one.until <= self.now => self.take(&one.item),
            Wish::GiveUp => match self.line.confirm(&one.item.id, Outcome::Refused) {
                Ok(()) => Ok(self.queues.told_given_up(&one.item.id)?),
                Err(error) => match self.of_one_packet(error) {
                    // The server does not have it any more, or heard something else before.
                    error if error.scope() == Scope::Item => {
                        Ok(self.queues.told_given_up(&one.item.id)?)
                    }
                    error => self.trouble(&one.item, error),
                },
            },
            Wish::Fetch | Wish::Nothing => Ok(()),
        }
    }

    /// Fetches, keeps and confirms. What concerns this packet alone is noted and no error.
    fn take(&mut self, item: &InboxItem) -> Result<(), Stop> {
        if self.queues.is_kept(&item.id, &item.sha256)? {
            if self.aside.contains_key(&item.id) {
                self.queues.forget_unfetched(&item.id)?;
            }
            if !item.confirmed && self.confirm(item)? {
                self.report.confirmed += 1;
            }
            return Ok(());
        }
        let tries = self.aside.get(&item.id).map_or(0, |one| one.tries);
        // How urgent it is stands within it; the list tells its size alone.
        if item.size > self.most {
            self.report.held += 1;
            // What was confirmed before no list brings again.
            if item.confirmed {
                self.queues.note_unfetched(item, tries, self.now, None)?;
            }
            return Ok(());
        }
        let mut bytes = self.queues.begun(item)?;
        let had = bytes.len();
        let Err(error) = self.line.go_on_fetching(item, &mut bytes, self.watch) else {
            self.queues.keep_packet(item, &bytes)?;
            self.report.received += 1;
            self.broken = 0;
            return self.confirm(item).map(drop);
        };
        if bytes.len() != had {
            self.queues.keep_begun(item, &bytes)?;
        }
        let error = self.of_one_packet(error);
        if error.scope() != Scope::Line {
            // Of what breaks off, but brings more each time, the next run has the rest.
            let tries = if bytes.len() > had { 0 } else { tries.saturating_add(1) };
            let until = match tries {
                0 => self.now,
                tries => back_off::retry_at(self.now, &item.id, tries),
            };
            self.queues.note_unfetched(item, tries, until, Some(&error))?;
        }
        self.trouble(item, error)
    }

    /// Whether the server heard that the packet is kept. If not, its list brings it again.
    fn confirm(&mut self, item: &InboxItem) -> Result<bool, Stop> {
        let answer = self.line.confirm(&item.id, Outcome::Kept);
        let failed = answer.map_err(|error| self.of_one_packet(error)).err();
        let heard = failed.is_none();
        failed.map_or(Ok(()), |error| self.trouble(item, error))?;
        Ok(heard)
    }

    /// Goes on in spite of it, unless the line is at fault.
    fn trouble(&mut self, item: &InboxItem, error: ExchangeError) -> Result<(), Stop> {
        if error.scope() == Scope::Line {
            return Err(error.into());
        }
        tracing::warn!(id = item.id, %error, "a packet could not be fetched");
        self.report.troubled.push(Trouble {
            server_id: item.id.clone(),
            from: item.from.clone(),
            error: error.clone(),
        });
        if self.is_enough(&error) { Err(error.into()) } else { Ok(()) }
    }
}
