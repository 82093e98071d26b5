//! How often an address may call without proving who it is.
//!
//! Each such call costs a look into the storage and the check of a signature. Only those that
//! fail are counted, so offices that share an address, as those of a building do, never wait for
//! each other; but an address that has failed too often is not listened to for a while.
//!
//! There are so many buckets and no more, and an address always goes to the same one: memory is
//! bounded whoever calls, and two addresses seldom share a bucket.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Shared;
use super::refusal::{Reason, Refused};
use super::throttle::Bucket;
use crate::exchange::wire::Code;

const BUCKETS: usize = 4_096;
/// The address that a proxy was called from; the last one is the proxy's own word.
const FORWARDED: &str = "x-forwarded-for";
/// What proves nothing and costs nothing, and balancers call from the address of the proxy.
const OPEN: [&str; 2] = ["/v1/health", "/v1/ready"];

/// Where a connection comes from; lies among the extensions of its calls.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub IpAddr);

/// The buckets of addresses that have failed lately.
#[derive(Debug)]
pub(super) struct Strangers {
    /// Failures a minute, and at once; 0 for as many as one likes.
    per_minute: u32,
    is_forwarded: bool,
    slots: RandomState,
    buckets: Mutex<Vec<Option<Bucket>>>,
}

impl Strangers {
    pub fn new(per_minute: u32, is_forwarded: bool) -> Self {
        let buckets = Mutex::new(vec![None; BUCKETS]);
        Self { per_minute, is_forwarded, slots: RandomState::new(), buckets }
    }

    /// Whom a call counts against; `None` where that cannot be known: a proxy of this machine
    /// that does not say for whom it calls.
    fn address(&self, request: &Request) -> Option<IpAddr> {
        let said = request.headers().get_all(FORWARDED).into_iter().next_back();
        let said = said.filter(|_| self.is_forwarded).and_then(|said| said.to_str().ok());
        let said = said.and_then(|said| said.rsplit(',').next()?.trim().parse().ok());
        let peer = request.extensions().get::<Peer>().map(|Peer(address)| *address);
        let address = said.or(peer.filter(|peer| !peer.to_canonical().is_loopback()))?;
        Some(match address.to_canonical() {
            // A network has so many addresses of its own that each call could have another.
            IpAddr::V6(address) => {
                IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)))
            }
            address => address,
        })
    }

    /// How long an address is not listened to yet.
    fn judge(&self, address: IpAddr, now: Instant) -> Result<(), Duration> {
        let buckets = self.lock();
        let bucket = buckets.get(self.slot(address)).copied().flatten();
        bucket.map_or(Ok(()), |mut bucket| bucket.take(self.per_minute, now))
    }

    /// A call from there has failed to prove who it is.
    fn failed(&self, address: IpAddr, now: Instant) {
        if let Some(bucket) = self.lock().get_mut(self.slot(address)) {
            let bucket = bucket.get_or_insert_with(|| Bucket::full(self.per_minute, now));
            // Those that were under way together may be more than there are tokens.
            let _ = bucket.take(self.per_minute, now);
        }
    }

    fn slot(&self, address: IpAddr) -> usize {
        usize::try_from(self.slots.hash_one(address)).unwrap_or_default() % BUCKETS
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Option<Bucket>>> {
        // Nothing that holds it can panic half way.
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets calls pass from addresses that have not failed too often, and counts those that fail.
pub(super) async fn heed(
    State(shared): State<std::sync::Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let strangers = &shared.strangers;
    let counts = strangers.per_minute > 0 && !OPEN.contains(&request.uri().path());
    let Some(address) = strangers.address(&request).filter(|_| counts) else {
        return next.run(request).await;
    };
    if let Err(after) = strangers.judge(address, Instant::now()) {
        return Refused::busy("too many calls that prove nothing", after).into_response();
    }
    let response = next.run(request).await;
    let reason = response.extensions().get::<Reason>().map(|reason| reason.0);
    let unproved = [Code::BadCredentials, Code::CertificateRefused].map(Code::name);
    if reason.is_some_and(|reason| unproved.contains(&reason)) {
        strangers.failed(address, Instant::now());
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(peer: &str, said: &[&str]) -> Request {
        let mut request = Request::default();
        request.extensions_mut().insert(Peer(peer.parse().unwrap()));
        for said in said {
            request.headers_mut().append(FORWARDED, said.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_proxy_is_believed_where_there_is_one() {
        let address = |forwarded, peer: &str, said: &[&str]| {
            let address = Strangers::new(10, forwarded).address(&from(peer, said));
            address.map(|address| address.to_string())
        };
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(address(false, "203.0.113.7", &["198.51.100.1"]), told("203.0.113.7"));
        assert_eq!(address(false, "::ffff:203.0.113.7", &[]), told("203.0.113.7"));
        assert_eq!(address(false, "2001:db8:1:2:3:4:5:6", &[]), told("2001:db8:1:2::"));
        for loopback in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(address(false, loopback, &["198.51.100.1"]), None);
            assert_eq!(address(true, loopback, &[]), None);
        }
        // What stands before the last entry is the caller's own word.
        for said in [&["10.0.0.1, 198.51.100.1"][..], &["10.0.0.1", "198.51.100.1"]] {
            assert_eq!(address(true, "127.0.0.1", said), told("198.51.100.1"));
        }
        assert_eq!(address(true, "203.0.113.7", &["unknown"]), told("203.0.113.7"));
    }

    #[test]
    fn who_failed_too_often_is_heard_again_by_and_by() {
        let (strangers, begun) = (Strangers::new(60, false), Instant::now());
        let address = |n: u8| IpAddr::from([203, 0, 113, n]);
        let other = (2..).find(|n| strangers.slot(address(*n)) != strangers.slot(address(1)));
        for _ in 0..60 {
            assert_eq!(strangers.judge(address(1), begun), Ok(()));
            strangers.failed(address(1), begun);
        }
        // More than fit: those that were under way together.
        strangers.failed(address(1), begun);
        let wait = strangers.judge(address(1), begun).unwrap_err();
        assert!((wait.as_secs_f64() - 1.0).abs() < 0.01, "{wait:?}");
        assert_eq!(strangers.judge(address(other.unwrap()), begun), Ok(()));
        // Asking takes nothing.
        let later = begun + Duration::from_millis(1_100);
        for _ in 0..3 {
            assert_eq!(strangers.judge(address(1), later), Ok(()));
        }
        strangers.failed(address(1), later);
        assert!(strangers.judge(address(1), later).is_err());
    }
}
