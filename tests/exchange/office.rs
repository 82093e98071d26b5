//! An office's queues in memory. They stand for a disk: a test may lose the program, never
//! what these hold.

use std::collections::BTreeMap;
use std::sync::Mutex;

use jiff::Timestamp;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::bundle::Bundle;
use vanthu::domain::document::BlobHash;
use vanthu::domain::problem::Problem;
use vanthu::exchange::engine::{Kept, OutboxItem, Queues, Unfetched, Wish};
use vanthu::exchange::wire::sha256_hex;
use vanthu::exchange::{ExchangeError, InboxItem, OutboxKind, Receipt};

#[derive(Default)]
pub struct Office {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    outbox: Vec<Row>,
    kept: BTreeMap<String, Vec<u8>>,
    begun: BTreeMap<String, Vec<u8>>,
    unfetched: BTreeMap<String, Unfetched>,
    cursor: Option<String>,
}

#[derive(Clone)]
pub struct Row {
    pub item: OutboxItem,
    pub bytes: Vec<u8>,
    pub until: Option<Timestamp>,
    pub server_id: Option<String>,
    pub wedged: Option<String>,
}

impl Office {
    pub fn queue(&self, item: &str, to: &AgencyCode, bytes: &[u8], urgent: bool) {
        self.inner.lock().unwrap().outbox.push(Row {
            item: OutboxItem {
                item: item.to_owned(),
                kind: OutboxKind::Document,
                order: false,
                to: to.clone(),
                packet: BlobHash(sha256_hex(bytes)),
                urgent,
                attempts: 0,
            },
            bytes: bytes.to_vec(),
            until: None,
            server_id: None,
            wedged: None,
        });
    }

    pub fn row(&self, item: &str) -> Row {
        let inner = self.inner.lock().unwrap();
        inner.outbox.iter().find(|row| row.item.item == item).unwrap().clone()
    }

    /// What was received, in no particular order.
    pub fn received(&self) -> Vec<Vec<u8>> {
        self.inner.lock().unwrap().kept.values().cloned().collect()
    }

    /// What could not be fetched, by the server's name for it.
    pub fn unfetched(&self) -> Vec<Unfetched> {
        self.inner.lock().unwrap().unfetched.values().cloned().collect()
    }

    /// A person does not want this packet any more.
    pub fn give_up(&self, server_id: &str) {
        let mut inner = self.inner.lock().unwrap();
        let one = inner.unfetched.get_mut(server_id).unwrap();
        (one.wish, one.tries, one.until) = (Wish::GiveUp, 0, Timestamp::UNIX_EPOCH);
    }

    pub fn forget_cursor(&self) {
        self.inner.lock().unwrap().cursor = None;
    }

    fn change(&self, item: &str, change: impl FnOnce(&mut Row)) -> Kept<()> {
        let mut inner = self.inner.lock().unwrap();
        change(inner.outbox.iter_mut().find(|row| row.item.item == item).unwrap());
        Ok(())
    }
}

impl Queues for Office {
    fn due(&self, now: Timestamp, most: u64, limit: u32) -> Kept<Vec<OutboxItem>> {
        let inner = self.inner.lock().unwrap();
        let due = inner.outbox.iter().filter(|row| {
            row.server_id.is_none()
                && row.wedged.is_none()
                && row.until.is_none_or(|until| until <= now)
                && (row.item.urgent || row.bytes.len() as u64 <= most)
        });
        let mut due: Vec<_> = due.map(|row| row.item.clone()).collect();
        due.sort_by_key(|item| !item.urgent);
        due.truncate(limit as usize);
        Ok(due)
    }

    fn begin_sending(&self, item: &str, _: u32, _: Timestamp) -> Kept<Option<Bundle>> {
        let items = vec![(item.to_owned(), self.row(item).item.to)];
        Ok(Some(Bundle { key: item.to_owned(), items, former: Vec::new(), fresh: true }))
    }

    fn forget_begun_sending(&self, _: &[String]) -> Kept<()> {
        unreachable!("each goes alone here")
    }

    fn packet(&self, packet: &BlobHash) -> Kept<Vec<u8>> {
        let inner = self.inner.lock().unwrap();
        Ok(inner.outbox.iter().find(|row| row.item.packet == *packet).unwrap().bytes.clone())
    }

    fn sent(&self, items: &[String], receipt: &Receipt) -> Kept<()> {
        self.change(&items[0], |row| row.server_id = Some(receipt.server_id.clone()))
    }

    fn put_off(&self, items: &[String], until: Timestamp, _: &ExchangeError) -> Kept<()> {
        self.change(&items[0], |row| {
            row.until = Some(until);
            row.item.attempts += 1;
        })
    }

    fn wedge(&self, items: &[String], problem: &Problem) -> Kept<()> {
        self.change(&items[0], |row| row.wedged = Some(problem.code.to_owned()))
    }

    fn part(&self, _: &str, _: &[String]) -> Kept<()> {
        unreachable!("each goes alone here")
    }

    fn cursor(&self) -> Kept<Option<String>> {
        Ok(self.inner.lock().unwrap().cursor.clone())
    }

    fn set_cursor(&self, cursor: &str) -> Kept<()> {
        self.inner.lock().unwrap().cursor = Some(cursor.to_owned());
        Ok(())
    }

    fn is_kept(&self, server_id: &str, sha256: &str) -> Kept<bool> {
        let inner = self.inner.lock().unwrap();
        let same = inner.kept.values().any(|bytes| sha256_hex(bytes) == sha256);
        Ok(same || inner.kept.contains_key(server_id))
    }

    fn keep_packet(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()> {
        // A gateway of the axis announces none.
        let announced = item.sha256.is_empty() || sha256_hex(bytes) == item.sha256;
        assert!(announced, "bytes that are not those announced");
        let mut inner = self.inner.lock().unwrap();
        let before = inner.kept.insert(item.id.clone(), bytes.to_vec());
        assert!(before.is_none(), "kept twice: {}", item.id);
        inner.begun.remove(&item.id);
        inner.unfetched.remove(&item.id);
        Ok(())
    }

    fn begun(&self, item: &InboxItem) -> Kept<Vec<u8>> {
        Ok(self.inner.lock().unwrap().begun.get(&item.id).cloned().unwrap_or_default())
    }

    fn keep_begun(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()> {
        self.inner.lock().unwrap().begun.insert(item.id.clone(), bytes.to_vec());
        Ok(())
    }

    fn unfetched(&self) -> Kept<Vec<Unfetched>> {
        Ok(self.unfetched())
    }

    fn note_unfetched(
        &self,
        item: &InboxItem,
        tries: u32,
        until: Timestamp,
        _: Option<&ExchangeError>,
    ) -> Kept<()> {
        let mut inner = self.inner.lock().unwrap();
        let wish = inner.unfetched.get(&item.id).map_or(Wish::Fetch, |one| one.wish);
        let one = Unfetched { item: item.clone(), tries, until, wish };
        inner.unfetched.insert(item.id.clone(), one);
        Ok(())
    }

    fn forget_unfetched(&self, server_id: &str) -> Kept<()> {
        self.inner.lock().unwrap().unfetched.remove(server_id);
        Ok(())
    }

    fn told_given_up(&self, server_id: &str) -> Kept<()> {
        self.inner.lock().unwrap().unfetched.get_mut(server_id).unwrap().wish = Wish::Nothing;
        Ok(())
    }
}
