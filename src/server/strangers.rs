//! How often an address may call without proving who it is.
//!
//! Each such call costs a look into the storage and the check of a signature. Only those that
//! fail are counted, so offices that share an address, as those of a building do, never wait for
//! each other; but an address that has failed too often is not listened to for a while.
//!
//! That must not shut out an office whose neighbour fails: one that has proved itself from an
//! address lately is listened to there, whatever others have done, and so is one whose connection
//! shows a certificate that is bound to it. Others pass by and by, as the bucket fills again.
//!
//! There are so many buckets and no more, and an address always goes to the same one: memory is
//! bounded whoever calls, and two addresses seldom share a bucket. The same holds for those who
//! have proved themselves.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher as _;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

use super::Shared;
use super::auth::{Bound, named};
use super::refusal::{Reason, Refused};
use super::throttle::Bucket;
use crate::domain::agency::AgencyCode;
use crate::exchange::wire::Code;

const BUCKETS: usize = 4_096;
/// Offices, each with an address, that are remembered at once: a province has hundreds.
const NEIGHBOURS: usize = 16_384;
/// How long an office is remembered that has proved itself: overnight.
const LATELY: Duration = Duration::from_secs(24 * 60 * 60);
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
    /// Whose word is taken for whom they call.
    proxies: Vec<IpAddr>,
    slots: RandomState,
    buckets: Mutex<Vec<Option<Bucket>>>,
    /// Who has proved himself, and from where, as a hash; and when.
    proved: Mutex<Vec<Option<(u64, Instant)>>>,
}

impl Strangers {
    pub fn new(per_minute: u32, proxies: &[IpAddr]) -> Self {
        Self {
            per_minute,
            proxies: proxies.iter().map(IpAddr::to_canonical).collect(),
            slots: RandomState::new(),
            buckets: Mutex::new(vec![None; BUCKETS]),
            proved: Mutex::new(vec![None; NEIGHBOURS]),
        }
    }

    /// Whom a call counts against; `None` where that cannot be known: a proxy calls that does not
    /// say for whom, or that nobody has named. All behind it would be one address.
    fn address(&self, request: &Request) -> Option<IpAddr> {
        let Peer(peer) = *request.extensions().get::<Peer>()?;
        let peer = peer.to_canonical();
        let said = request.headers().get_all(FORWARDED).into_iter().next_back();
        let address = if self.proxies.contains(&peer) {
            entry(said?.to_str().ok()?.rsplit(',').next()?)?
        } else if peer.is_loopback() || (said.is_some() && self.proxies.is_empty()) {
            return None;
        } else {
            peer
        };
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
        let buckets = lock(&self.buckets);
        let bucket = buckets.get(self.slot(address)).copied().flatten();
        bucket.map_or(Ok(()), |mut bucket| bucket.take(self.per_minute, now))
    }

    /// A call from there has failed to prove who it is.
    fn failed(&self, address: IpAddr, now: Instant) {
        if let Some(bucket) = lock(&self.buckets).get_mut(self.slot(address)) {
            let bucket = bucket.get_or_insert_with(|| Bucket::full(self.per_minute, now));
            // Those that were under way together may be more than there are tokens.
            let _ = bucket.take(self.per_minute, now);
        }
    }

    /// An office has proved itself from there.
    fn proved(&self, address: IpAddr, office: &AgencyCode, now: Instant) {
        let hash = self.slots.hash_one((address, office));
        if let Some(place) = lock(&self.proved).get_mut(place(hash, NEIGHBOURS)) {
            *place = Some((hash, now));
        }
    }

    /// Whether an office has proved itself from there lately.
    fn is_known(&self, address: IpAddr, office: &AgencyCode, now: Instant) -> bool {
        let hash = self.slots.hash_one((address, office));
        let last = lock(&self.proved).get(place(hash, NEIGHBOURS)).copied().flatten();
        last.is_some_and(|(known, at)| known == hash && now.saturating_duration_since(at) < LATELY)
    }

    fn slot(&self, address: IpAddr) -> usize {
        place(self.slots.hash_one(address), BUCKETS)
    }
}

/// Where something lies among `many`.
fn place(hash: u64, many: usize) -> usize {
    usize::try_from(hash % many as u64).unwrap_or_default()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that holds it can panic half way.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// An address as proxies write it: alone, in brackets, or with its port.
fn entry(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
    bare.parse().ok().or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
}

/// Lets calls pass from addresses that have not failed too often, and of offices that are known
/// there; counts those that fail.
pub(super) async fn heed(
    State(shared): State<std::sync::Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let strangers = &shared.strangers;
    let is_bound = request.extensions().get::<Bound>().is_some();
    let counts = strangers.per_minute > 0 && !is_bound && !OPEN.contains(&request.uri().path());
    let Some(address) = strangers.address(&request).filter(|_| counts) else {
        return next.run(request).await;
    };
    // Who names several is none of them.
    let office = <[AgencyCode; 1]>::try_from(named(&request)).ok().map(|[office]| office);
    let known = |office| strangers.is_known(address, office, Instant::now());
    if !office.as_ref().is_some_and(known)
        && let Err(after) = strangers.judge(address, Instant::now())
    {
        return Refused::busy("too many calls that prove nothing", after).into_response();
    }
    // What is spoken here is told to anybody.
    let proves = request.method() != Method::OPTIONS;
    let response = next.run(request).await;
    match (response.extensions().get::<Reason>(), office) {
        (Some(reason), _) if reason.0 == Code::BadCredentials.name() => {
            strangers.failed(address, Instant::now());
        }
        (None, Some(office)) if proves && response.status().is_success() => {
            strangers.proved(address, &office, Instant::now());
        }
        _ => {}
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
    fn only_a_proxy_that_was_named_is_believed() {
        let address = |proxies: &[&str], peer: &str, said: &[&str]| {
            let proxies: Vec<IpAddr> = proxies.iter().map(|proxy| proxy.parse().unwrap()).collect();
            let address = Strangers::new(10, &proxies).address(&from(peer, said));
            address.map(|address| address.to_string())
        };
        let told = |text: &str| Some(text.to_owned());
        assert_eq!(address(&[], "203.0.113.7", &[]), told("203.0.113.7"));
        assert_eq!(address(&[], "::ffff:203.0.113.7", &[]), told("203.0.113.7"));
        assert_eq!(address(&[], "2001:db8:1:2:3:4:5:6", &[]), told("2001:db8:1:2::"));
        // A proxy that nobody has named is none of those for whom it calls.
        assert_eq!(address(&[], "203.0.113.7", &["198.51.100.1"]), None);
        for loopback in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
            assert_eq!(address(&[], loopback, &["198.51.100.1"]), None);
            assert_eq!(address(&["10.0.0.1"], loopback, &["198.51.100.1"]), None);
            assert_eq!(address(&[loopback], loopback, &[]), None);
        }
        // What others say is not believed.
        assert_eq!(address(&["10.0.0.1"], "203.0.113.7", &["198.51.100.1"]), told("203.0.113.7"));
        // What stands before the last entry is the caller's own word.
        for said in [&["10.0.0.1, 198.51.100.1"][..], &["10.0.0.1", "198.51.100.1"]] {
            assert_eq!(address(&["127.0.0.1"], "::ffff:127.0.0.1", said), told("198.51.100.1"));
        }
        for (said, read) in [
            ("198.51.100.1:5678", told("198.51.100.1")),
            ("[2001:db8::1]", told("2001:db8::")),
            ("[2001:db8::1]:5678", told("2001:db8::")),
            ("2001:db8::1", told("2001:db8::")),
            ("unknown", None),
            ("198.51.100.1,", None),
        ] {
            assert_eq!(address(&["10.0.0.1"], "10.0.0.1", &[said]), read, "{said}");
        }
    }

    #[test]
    fn an_office_is_known_where_it_has_proved_itself_lately() {
        let (strangers, begun) = (Strangers::new(1, &[]), Instant::now());
        let address = |n: u8| IpAddr::from([203, 0, 113, n]);
        let code = |text| AgencyCode::new(text).unwrap();
        strangers.proved(address(1), &code("H30"), begun);
        assert!(strangers.is_known(address(1), &code("H30"), begun));
        assert!(!strangers.is_known(address(2), &code("H30"), begun));
        assert!(!strangers.is_known(address(1), &code("H31"), begun));
        assert!(!strangers.is_known(address(1), &code("H30"), begun + LATELY));
    }

    #[test]
    fn who_failed_too_often_is_heard_again_by_and_by() {
        let (strangers, begun) = (Strangers::new(60, &[]), Instant::now());
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
