//! The model's disk.

use super::*;

impl Queues for World {
    fn due(&self, now: Timestamp, most: u64, limit: u32) -> Kept<Vec<OutboxItem>> {
        self.disk(|disk| {
            let due = disk.outbox.iter().filter(|row| {
                let small = row.bytes.len() as u64 <= most;
                row.done.is_none() && row.until <= now && (small || row.item.urgent)
            });
            due.map(|row| row.item.clone()).take(limit.min(2) as usize).collect()
        })
    }

    fn begin_sending(&self, item: &str, most: u32, now: Timestamp) -> Kept<Option<Bundle>> {
        self.disk(|disk| {
            let named = |row: &Row| (row.item.item.clone(), row.item.to.clone());
            let first = disk.outbox.iter().find(|row| row.item.item == item).unwrap();
            if let Some((key, former)) = disk.parcels.get(item).cloned() {
                let of_it = |row: &&Row| {
                    disk.parcels.get(&row.item.item).is_some_and(|(other, _)| *other == key)
                };
                let items: Vec<_> = disk.outbox.iter().filter(of_it).map(named).collect();
                return Some(Bundle { key, items, former, fresh: false });
            }
            let mut items = vec![named(first)];
            for row in &disk.outbox {
                let same = row.item.packet == first.item.packet;
                let same = same && row.item.urgent == first.item.urgent;
                let fresh = row.done.is_none() && !disk.parcels.contains_key(&row.item.item);
                let due = row.until <= now && items.len() < most as usize;
                if same && fresh && due && items.iter().all(|(_, to)| *to != row.item.to) {
                    items.push(named(row));
                }
            }
            let bundle = Bundle { key: joint(&items), items, former: Vec::new(), fresh: true };
            for name in bundle.names() {
                disk.parcels.insert(name, (bundle.key.clone(), Vec::new()));
            }
            Some(bundle)
        })
    }

    fn forget_begun_sending(&self, items: &[String]) -> Kept<()> {
        self.disk(|disk| disk.parcels.retain(|name, _| !items.contains(name)))
    }

    fn packet(&self, packet: &BlobHash) -> Kept<Vec<u8>> {
        // Not spoiled: an item whose bytes cannot be read is parked, rightly.
        let disk = self.disk.lock().unwrap();
        Ok(disk.outbox.iter().find(|row| row.item.packet == *packet).unwrap().bytes.clone())
    }

    fn sent(&self, items: &[String], receipt: &Receipt) -> Kept<()> {
        self.disk(|disk| {
            let place: usize = receipt.server_id.strip_prefix("id-").unwrap().parse().unwrap();
            for row in disk.outbox.iter_mut().filter(|row| items.contains(&row.item.item)) {
                let packet = &self.server.lock().unwrap()[place];
                let there = packet.to.contains(&row.item.to) && packet.bytes == row.bytes;
                assert!(there, "{} is marked as sent and not at the server", row.item.item);
                row.done = Some("sent");
            }
        })
    }

    fn put_off(&self, items: &[String], until: Timestamp, _: &ExchangeError) -> Kept<()> {
        items.iter().try_for_each(|item| {
            self.row(item, |row| {
                assert!(row.done.is_none() && until > row.until);
                (row.until, row.item.attempts) = (until, row.item.attempts + 1);
            })
        })
    }

    fn wedge(&self, items: &[String], problem: &Problem) -> Kept<()> {
        self.disk(|disk| {
            for row in disk.outbox.iter_mut().filter(|row| items.contains(&row.item.item)) {
                let name = &row.item.item;
                assert!(name.contains("unknown") || name.contains("large"), "{name}: {problem}");
                row.done = Some("wedged");
            }
        })
    }

    fn part(&self, item: &str, named: &[String]) -> Kept<()> {
        self.disk(|disk| {
            let Some((key, _)) = disk.parcels.get(item).cloned() else { return };
            let of_it = |row: &&Row| disk.parcels[&row.item.item].0 == key;
            let rest = disk.outbox.iter().filter(|row| disk.parcels.contains_key(&row.item.item));
            let rest = rest.filter(of_it).map(|row| (row.item.item.clone(), row.item.to.clone()));
            let rest: Vec<_> = rest.filter(|(name, _)| !named.contains(name)).collect();
            let rest = if named.is_empty() { Vec::new() } else { rest };
            for (name, (of, former)) in &mut disk.parcels {
                if *of == key {
                    let together = rest.iter().any(|(one, _)| one == name);
                    former.push(key.clone());
                    *of = if together { joint(&rest) } else { name.clone() };
                }
            }
        })
    }

    fn cursor(&self) -> Kept<Option<String>> {
        self.disk(|disk| disk.cursor.clone())
    }

    fn set_cursor(&self, cursor: &str) -> Kept<()> {
        self.disk(|disk| disk.cursor = Some(cursor.to_owned()))
    }

    fn is_kept(&self, server_id: &str, sha256: &str) -> Kept<bool> {
        self.disk(|disk| {
            let same = disk.kept.values().any(|bytes| sha256_hex(bytes) == sha256);
            same || disk.kept.contains_key(server_id)
        })
    }

    fn keep_packet(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()> {
        self.disk(|disk| {
            assert!(!disk.kept.values().any(|kept| kept == bytes), "{} is kept twice", item.id);
            disk.kept.insert(item.id.clone(), bytes.to_vec());
            disk.begun.remove(&item.id);
            disk.unfetched.remove(&item.id);
        })
    }

    fn begun(&self, item: &InboxItem) -> Kept<Vec<u8>> {
        self.disk(|disk| disk.begun.get(&item.id).cloned().unwrap_or_default())
    }

    fn keep_begun(&self, item: &InboxItem, bytes: &[u8]) -> Kept<()> {
        self.disk(|disk| {
            disk.begun.insert(item.id.clone(), bytes.to_vec());
        })
    }

    fn unfetched(&self) -> Kept<Vec<Unfetched>> {
        self.disk(|disk| disk.unfetched.values().cloned().collect())
    }

    fn note_unfetched(
        &self,
        item: &InboxItem,
        tries: u32,
        until: Timestamp,
        _: Option<&ExchangeError>,
    ) -> Kept<()> {
        self.disk(|disk| {
            let wish = disk.unfetched.get(&item.id).map_or(Wish::Fetch, |one| one.wish);
            let one = Unfetched { item: item.clone(), tries, until, wish };
            disk.unfetched.insert(item.id.clone(), one);
        })
    }

    fn forget_unfetched(&self, server_id: &str) -> Kept<()> {
        self.disk(|disk| {
            disk.unfetched.remove(server_id);
        })
    }

    fn told_given_up(&self, server_id: &str) -> Kept<()> {
        self.disk(|disk| disk.unfetched.get_mut(server_id).unwrap().wish = Wish::Nothing)
    }
}

fn joint(items: &[(String, AgencyCode)]) -> String {
    let names: Vec<&str> = items.iter().map(|(item, _)| item.as_str()).collect();
    names.join("+")
}
