//! The model's server.

use super::*;

/// One office that sends to itself: both directions in one run.
impl Line for World {
    fn health(&self) -> Answer<ServerInfo> {
        let time = Timestamp::from_second(NOW).unwrap();
        self.call(|| {
            Ok(ServerInfo {
                version: "model".into(),
                time,
                skew: SignedDuration::ZERO,
                packet_limit: LIMIT as u64,
            })
        })
    }

    fn most_recipients(&self) -> u32 {
        4
    }

    fn accepted(&self, key: &str, _: &[u8]) -> Answer<Option<Receipt>> {
        self.call(|| {
            let packets = self.server.lock().unwrap();
            Ok(packets.iter().position(|packet| packet.key == key).map(receipt))
        })
    }

    fn send(&self, parcel: &Parcel, _: &dyn Watch) -> Answer<Receipt> {
        self.call(|| {
            // As our server does: of those that are no more it speaks first.
            let of = |name: &str| -> Vec<AgencyCode> {
                parcel.to.iter().filter(|to| to.as_str() == name).cloned().collect()
            };
            if !of("CLOSED").is_empty() {
                let since = jiff::civil::date(2026, 7, 1);
                let closed = |code| ClosedRecipient { code, since, successors: Vec::new() };
                let closed = of("CLOSED").into_iter().map(closed).collect();
                return Err(ExchangeError::RecipientClosed(closed));
            }
            if !of("UNKNOWN").is_empty() {
                return Err(ExchangeError::RecipientUnknown(of("UNKNOWN")));
            }
            if parcel.bytes.len() > LIMIT {
                let (size, limit) = (parcel.bytes.len() as u64, LIMIT as u64);
                return Err(ExchangeError::TooLarge { size, limit });
            }
            let mut packets = self.server.lock().unwrap();
            let place = packets.iter().position(|packet| packet.key == parcel.key);
            if let Some(before) = place.map(|place| &packets[place]) {
                assert_eq!((&before.to, &before.bytes[..]), (&parcel.to, &parcel.bytes[..]));
            }
            let is_counted = parcel.kind == OutboxKind::Document && !parcel.order;
            let over = self.quota.is_some_and(|quota| packets.len() >= quota);
            if place.is_none() && is_counted && over {
                return Err(ExchangeError::OverQuota { after: Some(3_600) });
            }
            let place = place.unwrap_or_else(|| {
                let bytes = parcel.bytes.to_vec();
                let (key, to) = (parcel.key.clone(), parcel.to.clone());
                packets.push(Packet { key, to, bytes, confirmed: false });
                packets.len() - 1
            });
            Ok(receipt(place))
        })
    }

    fn inbox(&self, listing: Listing<'_>, limit: u32) -> Answer<InboxPage> {
        self.call(|| {
            let (after, waiting) = match listing {
                Listing::After(after) => (after, false),
                Listing::Waiting(after) => (after, true),
            };
            let after: usize = after.map_or(0, |cursor| cursor.parse().unwrap());
            let items: Vec<_> = self
                .server
                .lock()
                .unwrap()
                .iter()
                .enumerate()
                .filter(|(_, packet)| packet.to.contains(&us()))
                .filter(|(place, packet)| place + 1 > after && !(waiting && packet.confirmed))
                .map(|(place, packet)| InboxItem {
                    cursor: (place + 1).to_string(),
                    id: format!("id-{place}"),
                    kind: OutboxKind::Document,
                    from: us(),
                    sha256: sha256_hex(&packet.bytes),
                    size: packet.bytes.len() as u64,
                    received_at: Timestamp::from_second(NOW).unwrap(),
                    confirmed: packet.confirmed,
                })
                // Small pages, so that there are several.
                .take(limit.min(3) as usize)
                .collect();
            let next = items.last().filter(|_| items.len() == 3).map(|item| item.cursor.clone());
            Ok(InboxPage { items, next })
        })
    }

    /// What breaks off brings one byte more.
    fn go_on_fetching(&self, item: &InboxItem, begun: &mut Vec<u8>, _: &dyn Watch) -> Answer<()> {
        let place: usize = item.id.strip_prefix("id-").unwrap().parse().unwrap();
        if self.lost {
            return Err(ExchangeError::ServerFault { status: 500, detail: "lost".into() });
        }
        let whole = self.server.lock().unwrap()[place].bytes.clone();
        assert!(whole.starts_with(begun), "{} goes on from other bytes", item.id);
        let more = whole.get(..=begun.len()).unwrap_or(&whole).to_vec();
        let answer = self.call(|| Ok(()));
        *begun = if answer.is_ok() { whole } else { more };
        answer
    }

    fn confirm(&self, server_id: &str, outcome: Outcome) -> Answer<()> {
        let place: usize = server_id.strip_prefix("id-").unwrap().parse().unwrap();
        self.call(|| {
            let packet = &mut self.server.lock().unwrap()[place];
            let on_disk = self.disk.lock().unwrap().kept.values().any(|b| *b == packet.bytes);
            let said_kept = outcome == Outcome::Kept;
            assert_eq!(on_disk, said_kept, "{server_id}: what is on the disk is not what is said");
            packet.confirmed = true;
            Ok(())
        })
    }

    fn agencies(&self, _: u64) -> Answer<Directory> {
        unreachable!("the engine does not ask for agencies")
    }

    fn delivery(&self, _: &str) -> Answer<DeliveryState> {
        unreachable!("the engine does not ask for deliveries")
    }
}
