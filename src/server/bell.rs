//! Wakes those who wait for something in their mailbox.
//!
//! A call that waits first stands at the bell, then looks, then sleeps: what comes between
//! looking and sleeping has rung. The bell itself knows one instance; word from the others
//! comes by the storage, see [`Storage::hear`](super::storage::Storage::hear).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::domain::agency::AgencyCode;

/// Who waits, by mailbox.
#[derive(Debug, Default)]
pub struct Bell {
    waiting: Mutex<HashMap<AgencyCode, Arc<Notify>>>,
}

impl Bell {
    /// Stands at the bell for a mailbox, until dropped.
    pub fn stand(self: &Arc<Self>, agency: &AgencyCode) -> Standing {
        let notify = Arc::clone(self.lock().entry(agency.clone()).or_default());
        Standing { bell: Arc::clone(self), agency: agency.clone(), notify }
    }

    /// Wakes everybody who waits at these mailboxes.
    pub fn ring<'a>(&self, agencies: impl IntoIterator<Item = &'a AgencyCode>) {
        let waiting = self.lock();
        for agency in agencies {
            if let Some(notify) = waiting.get(agency) {
                notify.notify_waiters();
            }
        }
    }

    /// Wakes everybody: something may have been missed.
    pub fn ring_all(&self) {
        self.lock().values().for_each(|notify| notify.notify_waiters());
    }

    /// The mailboxes at which somebody waits.
    pub fn awaited(&self) -> Vec<AgencyCode> {
        self.lock().keys().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AgencyCode, Arc<Notify>>> {
        // Nothing that holds it can panic half way.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody at the bell.
#[derive(Debug)]
pub struct Standing {
    bell: Arc<Bell>,
    agency: AgencyCode,
    notify: Arc<Notify>,
}

impl Standing {
    /// The next ring. It counts from [`Notified::enable`](tokio::sync::futures::Notified) on.
    pub fn rung(&self) -> tokio::sync::futures::Notified<'_> {
        self.notify.notified()
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        let mut waiting = self.bell.lock();
        // The map's own, and this one: nobody else stands here.
        if Arc::strong_count(&self.notify) <= 2 {
            waiting.remove(&self.agency);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_ring_wakes_its_mailbox_and_nobody_else() {
        let bell = Arc::new(Bell::default());
        let code = |text| AgencyCode::new(text).unwrap();
        let (here, there) = (bell.stand(&code("H30")), bell.stand(&code("H31")));
        let (mut mine, mut other) = (pin!(here.rung()), pin!(there.rung()));
        mine.as_mut().enable();
        other.as_mut().enable();
        // Rung before anybody sleeps, and heard all the same.
        bell.ring(&[code("H30")]);
        let soon = Duration::from_millis(50);
        assert!(timeout(soon, mine).await.is_ok());
        assert!(timeout(soon, other).await.is_err());
    }

    #[test]
    fn who_goes_leaves_nothing() {
        let bell = Arc::new(Bell::default());
        let code = AgencyCode::new("H30").unwrap();
        let (first, second) = (bell.stand(&code), bell.stand(&code));
        drop(first);
        assert_eq!(bell.awaited(), [code]);
        drop(second);
        assert!(bell.awaited().is_empty());
    }
}
