//! What an instance does beside serving: it removes what nobody went on with, gives up what
//! has grown old, and has noted who was here. Every instance does so; what one claims the
//! others pass over.
//!
//! Giving up a packet's bytes takes two steps. Its row is marked, and its hash doomed; a day
//! later, if no other packet has the same bytes, they are claimed and removed. Whoever is
//! about to keep the same bytes spares them first ([`Keeping::spare`]), and then they are
//! either not claimed, or being removed just now, and it comes again.
//!
//! Bytes without a row, which a server left that died between keeping and accepting, are found
//! by looking through the blobs, some folders each hour: what has lain for a day and belongs to
//! no packet is doomed, and then goes the same way.
//!
//! [`Keeping::spare`]: super::storage::Keeping::spare

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::{MissedTickBehavior, interval};

use super::Shared;
use super::blobs::Blobs;
use super::storage::{Age, Storage, Stored, now};
use crate::domain::calendar;

/// Between two rounds of removing.
const ROUND: Duration = Duration::from_secs(60 * 60);
/// How long notes are gathered.
const NOTES: Duration = Duration::from_secs(10);
/// Doomed bytes lie for so long: longer than any call that might be about to keep them.
pub const GRACE: SignedDuration = SignedDuration::from_hours(24);
/// Who claimed bytes so long ago has died.
const STALE: SignedDuration = SignedDuration::from_hours(1);
/// Packets, or hashes, taken at once.
const SOME: u32 = 200;
/// Folders of blobs, of 256, that are looked through in a round: all in less than three days.
const FOLDERS: u8 = 4;

/// How long the bytes of packets are kept, in days from when they were accepted; `None` for
/// always. Their rows, and with them the chains and who received what, are kept always.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Retention {
    /// Of packets that every recipient has confirmed.
    pub confirmed_days: Option<u32>,
    /// Of all packets.
    pub days: Option<u32>,
}

impl Retention {
    /// What is old enough at `now`; `None` if nothing ever is.
    pub fn at(self, now: Timestamp) -> Option<Age> {
        let before = |days: Option<u32>| match days {
            None => Timestamp::UNIX_EPOCH,
            Some(days) => {
                let age = SignedDuration::from_hours(24 * i64::from(days));
                now.checked_sub(age).unwrap_or(Timestamp::UNIX_EPOCH).max(Timestamp::UNIX_EPOCH)
            }
        };
        let kept_always = self == Self::default();
        (!kept_always).then(|| Age {
            confirmed_before: before(self.confirmed_days),
            any_before: before(self.days),
        })
    }
}

/// Gives up what is old enough; how many packets.
async fn retire(storage: &dyn Storage, age: Age) -> Stored<u64> {
    let mut all = 0;
    loop {
        let retired = storage.retire(age, now(), SOME).await?;
        all += retired;
        if retired < u64::from(SOME) {
            return Ok(all);
        }
    }
}

/// Removes the bytes that were given up `grace` ago and that nobody needs; how many files.
async fn sweep(storage: &dyn Storage, blobs: &Blobs, grace: SignedDuration) -> Stored<u64> {
    let mut all = 0;
    loop {
        let now = now();
        let claimed = storage.claim_doomed(now - grace, now - STALE, now, SOME).await?;
        for sha256 in &claimed {
            blobs.remove_blob(sha256).await?;
            storage.bury(sha256).await?;
            all += 1;
        }
        if claimed.is_empty() {
            return Ok(all);
        }
    }
}

/// Both: packets given up, if any ever are, and files removed.
pub async fn clear(
    storage: &dyn Storage,
    blobs: &Blobs,
    age: Option<Age>,
    grace: SignedDuration,
) -> Stored<(u64, u64)> {
    let retired = match age {
        Some(age) => retire(storage, age).await?,
        None => 0,
    };
    Ok((retired, sweep(storage, blobs, grace).await?))
}

/// Dooms what has lain for `grace` in these folders of blobs and belongs to no packet; how many
/// files.
pub async fn search(
    storage: &dyn Storage,
    blobs: &Blobs,
    folders: impl Iterator<Item = u8>,
    grace: SignedDuration,
) -> Stored<u64> {
    let mut all = 0;
    for folder in folders {
        let hashes = blobs.blobs_older_than(folder, grace.unsigned_abs()).await?;
        for some in hashes.chunks(SOME as usize) {
            all += storage.doom_unneeded(some, now()).await?;
        }
    }
    Ok(all)
}

/// The folders whose turn it is in the hour of `now`; the same at every instance, which does
/// no harm.
fn turn(now: Timestamp) -> impl Iterator<Item = u8> {
    let hour = now.as_second().div_euclid(60 * 60);
    let first = u8::try_from((hour * i64::from(FOLDERS)).rem_euclid(256)).unwrap_or_default();
    (0..FOLDERS).map(move |step| first.wrapping_add(step))
}

impl Shared {
    /// Removes what is to be removed, now and then.
    pub(super) async fn keep_house(&self) {
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            if let Err(error) = self.uploads.expire().await {
                tracing::warn!(%error, "old uploads were not removed");
            }
            let storage = self.storage.as_ref();
            match clear(storage, &self.blobs, self.retention.at(now()), GRACE).await {
                Ok((0, 0)) => {}
                Ok((packets, files)) => tracing::info!(packets, files, "old packets given up"),
                Err(error) => tracing::warn!(%error, "old packets were not given up"),
            }
            match search(storage, &self.blobs, turn(now()), GRACE).await {
                Ok(0) => {}
                Ok(files) => tracing::info!(files, "packets that were never accepted given up"),
                Err(error) => tracing::warn!(%error, "what was never accepted was not looked for"),
            }
        }
    }

    /// Has noted who was here, now and then.
    pub(super) async fn keep_notes(&self) {
        let mut rounds = interval(NOTES);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            rounds.tick().await;
            self.write_notes().await;
        }
    }

    /// Has noted what was gathered.
    pub(super) async fn write_notes(&self) {
        let Some(notes) = self.notebook.take() else { return };
        let day = calendar::local(now()).date();
        if let Err(error) = self.storage.note(day, &notes).await {
            tracing::warn!(%error, "who was here was not noted");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_has_its_turn() {
        let hours = (0..64).map(|hour| Timestamp::from_second(hour * 60 * 60 + 59).unwrap());
        let mut folders: Vec<u8> = hours.flat_map(turn).collect();
        folders.sort_unstable();
        assert_eq!(folders, (0..=255).collect::<Vec<u8>>());
    }

    #[test]
    fn what_is_kept_always_has_no_age() {
        let now = Timestamp::from_second(10 * 24 * 60 * 60).unwrap();
        assert_eq!(Retention::default().at(now), None);
        let some = Retention { confirmed_days: Some(3), days: None }.at(now).unwrap();
        assert_eq!(some.confirmed_before.as_second(), 7 * 24 * 60 * 60);
        assert_eq!(some.any_before, Timestamp::UNIX_EPOCH);
        // A number that leads before all time is no reason to give up everything.
        let long = Retention { confirmed_days: None, days: Some(u32::MAX) }.at(now).unwrap();
        assert_eq!(long.any_before, Timestamp::UNIX_EPOCH);
    }
}
