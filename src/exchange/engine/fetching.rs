//! The engine's way in: from the lists of the inbox to packets that are kept.
//!
//! Two lists are read. *After the cursor* brings what this desk has not seen, also what was
//! confirmed before (a desk restored from an older backup gets its packets again). *Waiting*
//! brings what nobody has confirmed, wherever the cursor stands (a server restored from an
//! older backup numbers its packets anew). What could not be fetched is noted before the cursor
//! passes it, and tried again from the note, after all that is new.

use std::collections::HashSet;

use jiff::Timestamp;

use super::{Run, Stop, Trouble, Unfetched, Wish, is_of_the_server};
use crate::exchange::{
    Answer, ExchangeError, InboxItem, InboxPage, Listing, Outcome, Scope, back_off,
};

/// Inbox items listed at once.
const PAGE: u32 = 100;
/// Pages of each list in one run at most.
const MAX_PAGES: u32 = 50;
/// The longest pause, as a number of failed attempts, for what says nothing about the packet: after
/// an outage of the server all that waits there comes soon.
const SHORT: u32 = 3;
/// Attempts to tell that a packet is given up. A gateway may have no words for not having it.
const TELLINGS: u32 = 5;

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
            match self.aside.get(&item.id).cloned() {
                None => {
                    self.call_off()?;
                    self.take(item)?;
                }
                // Restored from an older backup, the server does not know of it any more.
                Some(one) if one.wish == Wish::Nothing && !item.confirmed => {
                    self.tell_again(item, one.until)?;
                }
                Some(_) => {}
            }
            done.insert(item.id.clone());
        }
        Ok(())
    }

    /// What earlier runs did not bring here, if its time has come.
    fn come_back_to(&mut self, one: &Unfetched) -> Result<(), Stop> {
        // It may have come another way meanwhile: then its sender must not read that it is refused.
        if one.wish == Wish::Nothing || self.is_here(&one.item)? || one.until > self.now {
            return Ok(());
        }
        match one.wish {
            Wish::Fetch => self.take(&one.item),
            Wish::GiveUp => self.give_up(one),
            Wish::Nothing => Ok(()),
        }
    }

    fn give_up(&mut self, one: &Unfetched) -> Result<(), Stop> {
        let Unfetched { item, tries, .. } = one;
        let Err(error) = self.line.confirm(&item.id, Outcome::Refused) else {
            return Ok(self.queues.told_given_up(&item.id)?);
        };
        let error = self.of_one_packet(error);
        match error.scope() {
            // The server does not have it any more, or heard something else before.
            Scope::Item => Ok(self.queues.told_given_up(&item.id)?),
            Scope::Line => Err(error.into()),
            Scope::Call => {
                let tries = tries.saturating_add(1);
                let until = back_off::retry_at(self.now, &item.id, tries);
                self.queues.note_unfetched(item, tries, until, Some(&error))?;
                // If it lists the packet all the same, it is told again.
                if tries >= TELLINGS {
                    self.queues.told_given_up(&item.id)?;
                }
                self.trouble(item, error)
            }
        }
    }

    /// Tells once more what was told before of a packet that is given up, if it rests no longer.
    fn tell_again(&mut self, item: &InboxItem, until: Timestamp) -> Result<(), Stop> {
        if self.is_here(item)? || until > self.now {
            return Ok(());
        }
        let until = back_off::retry_at(self.now, &item.id, TELLINGS);
        self.queues.note_unfetched(item, TELLINGS, until, None)?;
        match self.line.confirm(&item.id, Outcome::Refused) {
            Ok(()) => Ok(()),
            Err(error) => match self.of_one_packet(error) {
                error if error.scope() == Scope::Item => Ok(()),
                error => self.trouble(item, error),
            },
        }
    }

    /// Whether it is kept, by whatever way it came; then it is only confirmed.
    fn is_here(&mut self, item: &InboxItem) -> Result<bool, Stop> {
        if !self.queues.is_kept(&item.id, &item.sha256)? {
            return Ok(false);
        }
        if self.aside.contains_key(&item.id) {
            self.queues.forget_unfetched(&item.id)?;
        }
        if !item.confirmed && self.confirm(item)? {
            self.report.confirmed += 1;
        }
        Ok(true)
    }

    /// Fetches, keeps and confirms. What concerns this packet alone is noted and no error.
    fn take(&mut self, item: &InboxItem) -> Result<(), Stop> {
        if self.is_here(item)? {
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
            (self.broken, self.faults) = (0, 0);
            return self.confirm(item).map(drop);
        };
        if bytes.len() != had {
            self.queues.keep_begun(item, &bytes)?;
        }
        let error = self.of_one_packet(error);
        if error.scope() != Scope::Line {
            // Of what breaks off, but brings more each time, the next run has the rest. What failed
            // before stays counted: the whole may be of no use however far it comes.
            let (tries, until) = if bytes.len() > had {
                (tries, self.now)
            } else {
                let tries = tries.saturating_add(1);
                let steps = if is_of_the_server(&error) { tries.min(SHORT) } else { tries };
                (tries, back_off::retry_at(self.now, &item.id, steps))
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
