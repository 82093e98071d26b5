//! Pictures of pages that were drawn lately, bounded in bytes.

use std::collections::HashMap;

use super::Bitmap;

/// Which picture: a page of an open document at a size in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub document: u64,
    pub page: u32,
    pub width: u32,
    pub height: u32,
}

/// The least recently used picture goes first.
#[derive(Debug)]
pub(super) struct Cache {
    limit: usize,
    bytes: usize,
    clock: u64,
    entries: HashMap<Key, (u64, Bitmap)>,
}

impl Cache {
    pub fn new(limit: usize) -> Self {
        Self { limit, bytes: 0, clock: 0, entries: HashMap::new() }
    }

    pub fn get(&mut self, key: &Key) -> Option<Bitmap> {
        self.clock += 1;
        let (used, bitmap) = self.entries.get_mut(key)?;
        *used = self.clock;
        Some(bitmap.clone())
    }

    /// Keeps a picture, unless it alone is larger than the cache.
    pub fn put(&mut self, key: Key, bitmap: Bitmap) {
        let size = bitmap.rgba.len();
        if size > self.limit {
            return;
        }
        self.clock += 1;
        self.bytes += size;
        if let Some((_, old)) = self.entries.insert(key, (self.clock, bitmap)) {
            self.bytes -= old.rgba.len();
        }
        // A cache of 64 MiB holds a few dozen pictures; a scan for the oldest is cheap.
        while self.bytes > self.limit {
            let oldest = self.entries.iter().min_by_key(|(_, (used, _))| *used).map(|(k, _)| *k);
            let Some((_, old)) = oldest.and_then(|key| self.entries.remove(&key)) else { break };
            self.bytes -= old.rgba.len();
        }
    }

    /// Forgets everything of a document that was closed.
    pub fn forget(&mut self, document: u64) {
        self.entries.retain(|key, (_, bitmap)| {
            let keep = key.document != document;
            if !keep {
                self.bytes -= bitmap.rgba.len();
            }
            keep
        });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bitmap(bytes: usize) -> Bitmap {
        Bitmap { width: 1, height: 1, rgba: vec![0; bytes].into() }
    }

    fn key(page: u32) -> Key {
        Key { document: u64::from(page % 3), page, width: 1, height: 1 }
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        let mut cache = Cache::new(100);
        cache.put(key(1), bitmap(40));
        cache.put(key(2), bitmap(40));
        assert!(cache.get(&key(1)).is_some());
        cache.put(key(3), bitmap(40));
        assert!(cache.get(&key(2)).is_none());
        assert!(cache.get(&key(1)).is_some() && cache.get(&key(3)).is_some());
    }

    proptest! {
        #[test]
        fn the_bound_holds(steps in proptest::collection::vec((0u32..9, 0usize..200), 0..60)) {
            let mut cache = Cache::new(256);
            for (page, size) in steps {
                if size % 7 == 0 { cache.forget(u64::from(page % 3)) } else { cache.put(key(page), bitmap(size)) }
                let held: usize = cache.entries.values().map(|(_, b)| b.rgba.len()).sum();
                prop_assert_eq!(held, cache.bytes);
                prop_assert!(held <= 256);
            }
        }
    }
}
