//! The directory of agencies: kept up to date from the province's server, what an agency was
//! called when, and who is to be written to in the place of one that is no more.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 23 khoản 1: changes of agencies and their codes are
//! synchronised. What an administrator imported stays; the server adds agencies that are not
//! known here, and histories.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};

use super::{Office, OfficeError};
use crate::domain::agency::{self, Agency, AgencyCode};
use crate::domain::document::Recipient;
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::exchange::{Answer, Directory, Line};
use crate::store::StoreError;

/// What changed after version `since`; all of it from a server that was restored from a backup and
/// counts from before, since what it has changed after that would be missed.
fn changes(since: u64, mut ask: impl FnMut(u64) -> Answer<Directory>) -> Answer<Directory> {
    let told = ask(since)?;
    if told.version < since { ask(0) } else { Ok(told) }
}

/// What was asked last, in a setting: version, moment, address of the server.
const ASKED: &str = "directory.asked";
/// When all of it was asked for last, in a setting: a moment.
const ASKED_ALL: &str = "directory.asked-all";
/// A server is asked again after so long.
const FRESH: SignedDuration = SignedDuration::from_hours(6);
/// And for all of it: a gateway that was restored from a backup, and says that nothing has changed,
/// cannot be told from one where nothing has.
const WHOLE: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The longest name that is taken from a server, in characters.
const LONGEST_NAME: usize = 500;

/// An agency with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgencyHistory {
    pub agency: Agency,
    /// Who is written to in its place today: itself, or who goes on with its work.
    pub present: Vec<Recipient>,
}

/// What of the directory the server was last asked for.
struct Asked {
    version: u64,
    at: Timestamp,
    server: String,
}

impl Asked {
    fn read(text: &str) -> Option<Self> {
        let mut words = text.splitn(3, ' ');
        let (version, at, server) = (words.next()?, words.next()?, words.next()?);
        Some(Self { version: version.parse().ok()?, at: at.parse().ok()?, server: server.into() })
    }

    fn write(&self) -> String {
        format!("{} {} {}", self.version, self.at, self.server)
    }
}

/// Since which version the server is asked for changes, `all` being when it was asked for all.
fn since(asked: Option<&Asked>, all: Option<Timestamp>, now: Timestamp) -> u64 {
    let lately = all.is_some_and(|all| now.duration_since(all).abs() < WHOLE);
    asked.filter(|_| lately).map_or(0, |asked| asked.version)
}

impl Office {
    /// Asks the server what has changed in its directory, and takes that; how many agencies
    /// are new or have another history.
    pub fn sync_directory(&self) -> Result<usize, Problem> {
        self.actor(Act::Sync).or_else(|_| self.actor(Act::ManageAgencies))?;
        let line = self.server_line()?;
        // All of it: a server that was set up anew counts from the beginning.
        self.ask_directory(&*line, 0)
    }

    /// The same on a line that is there, if the server has not been asked for long. The
    /// directory is no reason to fail for what else was sent and received.
    pub(super) fn freshen_directory(&self, line: &dyn Line) {
        let asked = self.asked().ok().flatten();
        let now = Timestamp::now();
        let fresh = |asked: &Asked| now.duration_since(asked.at).abs() < FRESH;
        if asked.as_ref().is_some_and(fresh) {
            return;
        }
        let all = self.store().setting(ASKED_ALL).ok().flatten().and_then(|at| at.parse().ok());
        if let Err(problem) = self.ask_directory(line, since(asked.as_ref(), all, now)) {
            tracing::warn!(%problem, "the directory was not brought up to date");
            // A server that cannot tell it is not asked again with every exchange.
            if let Err(problem) = self.note_asked(asked.map_or(0, |asked| asked.version)) {
                tracing::warn!(%problem, "that the directory was asked for is not noted");
            }
        }
    }

    fn ask_directory(&self, line: &dyn Line, since: u64) -> Result<usize, Problem> {
        let told = changes(since, |since| line.agencies(since))?;
        let version = told.version;
        // What is known is compared where it is written: somebody may import a list meanwhile.
        let count = self.store().write(&self.program(), move |writer| {
            let changed = changed_agencies(&told, Self::today(), |code| writer.agency(code))?;
            let count = changed.len();
            for agency in changed {
                writer.append(Change::AgencyPut { agency })?;
            }
            Ok::<usize, Problem>(count)
        })?;
        self.note_asked(version)?;
        if since == 0 {
            self.store().set_setting(ASKED_ALL, &Timestamp::now().to_string())?;
        }
        Ok(count)
    }

    fn note_asked(&self, version: u64) -> Result<(), Problem> {
        let server = self.exchanged_with().unwrap_or_default();
        let asked = Asked { version, at: Timestamp::now(), server };
        Ok(self.store().set_setting(ASKED, &asked.write())?)
    }

    /// The last question to the server that is exchanged with.
    fn asked(&self) -> Result<Option<Asked>, Problem> {
        let asked = self.store().setting(ASKED)?.as_deref().and_then(Asked::read);
        Ok(asked.filter(|asked| Some(&asked.server) == self.exchanged_with().as_ref()))
    }

    /// An agency of the directory with its history.
    pub fn agency_history(&self, code: &AgencyCode) -> Result<AgencyHistory, Problem> {
        self.actor(Act::ViewQueues)?;
        let agency = self.store().agency(code)?;
        let agency = agency.ok_or_else(|| OfficeError::UnknownAgency(code.to_string()))?;
        let present = self.present(&agency)?.iter().map(recipient).collect();
        Ok(AgencyHistory { agency, present })
    }

    /// The agency itself, or who goes on with its work today.
    pub(super) fn present(&self, agency: &Agency) -> Result<Vec<Agency>, Problem> {
        let today = Self::today();
        let Some(ending) = agency.ended_by(today) else { return Ok(vec![agency.clone()]) };
        let find = |code: &AgencyCode| self.store().agency(code);
        let mut present = Vec::new();
        for code in agency::successors(ending, today, find)? {
            let known = self.store().agency(&code)?;
            present.push(known.unwrap_or_else(|| Agency::new(code.clone(), code.as_str())));
        }
        Ok(present)
    }

    /// Refuses an agency that is no more, and says who goes on with its work.
    pub(super) fn must_stand(&self, agency: &Agency) -> Result<(), Problem> {
        let Some(ending) = agency.ended_by(Self::today()) else { return Ok(()) };
        let named = |next: &Agency| format!("{} ({})", next.name, next.code);
        Err(OfficeError::AgencyEnded {
            name: agency.name.clone(),
            on: ending.on,
            successors: self.present(agency)?.iter().map(named).collect(),
        }
        .into())
    }

    /// The agency's name on a day by the directory, else its code.
    pub(super) fn agency_name(&self, code: &AgencyCode, day: Date) -> String {
        match self.store().agency(code) {
            Ok(Some(agency)) => agency.name_on(day).to_owned(),
            _ => code.to_string(),
        }
    }
}

/// What of the server's word is news here; `known` tells what is known of an agency.
fn changed_agencies(
    told: &Directory,
    today: Date,
    known: impl Fn(&AgencyCode) -> Result<Option<Agency>, StoreError>,
) -> Result<Vec<Agency>, StoreError> {
    let mut changed = Vec::new();
    for said in &told.agencies {
        let length = said.name.chars().count();
        let code = AgencyCode::new(said.code.as_str()).filter(|code| *code == said.code);
        if code.is_none() || !(1..=LONGEST_NAME).contains(&length) {
            tracing::warn!(code = said.code.as_str(), "an entry that is no agency's");
            continue;
        }
        // Under this very code: an agency's former code may be one of its own here.
        match known(&said.code)?.filter(|known| known.code == said.code) {
            None => changed.push(said.clone()),
            Some(known) => changed.extend(match &told.changed {
                Some(days) => known.heard(said, days.get(&said.code).copied().flatten(), today),
                // A gateway that counts no versions knows no histories either.
                None if told.version == 0 => None,
                None => known.told(said),
            }),
        }
    }
    Ok(changed)
}

/// An agency as documents name it.
pub(super) fn recipient(agency: &Agency) -> Recipient {
    Recipient { agency: agency.code.clone(), name: agency.name.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_counts_from_before_is_asked_for_all() {
        for (now, since, expected) in
            [(9, 5, vec![5]), (5, 5, vec![5]), (3, 5, vec![5, 0]), (0, 0, vec![0])]
        {
            let mut asked = Vec::new();
            let told = changes(since, |since| {
                asked.push(since);
                Ok(Directory { version: now, agencies: Vec::new(), changed: None })
            });
            assert_eq!((told.unwrap().version, asked), (now, expected));
        }
    }

    #[test]
    fn once_a_week_all_of_it_is_asked_for() {
        let now: Timestamp = "2026-11-23T01:00:00Z".parse().unwrap();
        let ago = |hours| Some(now - SignedDuration::from_hours(hours));
        let asked = Asked { version: 7, at: now, server: "https://x.vn".into() };
        for (all, expected) in
            [(ago(1), 7), (ago(167), 7), (ago(168), 0), (ago(-200), 0), (None, 0)]
        {
            assert_eq!(since(Some(&asked), all, now), expected, "{all:?}");
        }
        assert_eq!(since(None, ago(1), now), 0, "another server");
    }

    #[test]
    fn what_was_asked_is_read_as_it_was_written() {
        let asked = Asked { version: 7, at: Timestamp::UNIX_EPOCH, server: "https://x.vn".into() };
        let read = Asked::read(&asked.write()).unwrap();
        assert_eq!((read.version, read.at, read.server), (7, asked.at, asked.server));
        for text in ["", "7", "7 hôm qua https://x.vn", "x 1970-01-01T00:00:00Z https://x.vn"] {
            assert!(Asked::read(text).is_none(), "{text}");
        }
    }
}
