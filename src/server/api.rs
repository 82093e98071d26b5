//! The routes of the `vanthu` profile. `assets/openapi.yaml` describes them for others.

mod axis;
mod coding;
mod packets;
mod uploads;

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{MatchedPath, Path, Query, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, delete, get, head, options, patch, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::Shared;
use super::auth::{self, Bound, Caller, named};
use super::refusal::{Reason, Refused};
use super::storage::{Arrived, Sent, Work, now};
use super::strangers;
use crate::domain::agency::AgencyCode;
use crate::exchange::coding::ZSTD;
use crate::exchange::wire::{self, Code, Health};
use crate::exchange::{DeliveryState, Directory, InboxItem, InboxPage, OutboxKind};

/// Items of an inbox page at most, and when nothing is said.
const MAX_PAGE: u32 = 500;
const PAGE: u32 = 100;
/// A call that waits is answered after so long at most: what stands in between often ends
/// what is silent for longer than a minute.
const MAX_WAIT: Duration = Duration::from_secs(55);

/// Refusals that are part of how a client finds out where it stands.
const NO_FAILURES: [&str; 2] = ["not-found", "bad-range"];

type App = State<Arc<Shared>>;
type Answered<T> = Result<T, Refused>;

/// One route: method, path, and what serves it.
pub struct Route {
    pub method: &'static str,
    pub path: &'static str,
    serve: fn() -> MethodRouter<Arc<Shared>>,
}

/// Every route there is; the router is made from this list.
pub const ROUTES: &[Route] = &[
    Route { method: "GET", path: "/v1/health", serve: || get(health) },
    Route { method: "GET", path: "/v1/ready", serve: || get(ready) },
    Route { method: "POST", path: "/v1/packets", serve: || post(packets::send) },
    Route { method: "OPTIONS", path: "/v1/uploads", serve: || options(uploads::options) },
    Route { method: "POST", path: "/v1/uploads", serve: || post(uploads::begin) },
    Route { method: "HEAD", path: "/v1/uploads/{name}", serve: || head(uploads::look) },
    Route { method: "PATCH", path: "/v1/uploads/{name}", serve: || patch(uploads::go_on) },
    Route { method: "DELETE", path: "/v1/uploads/{name}", serve: || delete(uploads::end) },
    Route { method: "GET", path: "/v1/packets/{id}", serve: || get(packets::fetch) },
    Route { method: "POST", path: "/v1/packets/{id}/receipt", serve: || post(packets::confirm) },
    Route { method: "GET", path: "/v1/inbox", serve: || get(inbox) },
    Route { method: "GET", path: "/v1/outbox", serve: || get(outbox_by_key) },
    Route { method: "GET", path: "/v1/outbox/{id}", serve: || get(outbox_by_id) },
    Route { method: "GET", path: "/v1/agencies", serve: || get(agencies) },
];

/// The calls of the national axis' gateway, below the path that its clients are used to.
fn gateway() -> Router<Arc<Shared>> {
    let count = |kind| move |State(shared): App, headers| axis::count(shared, headers, kind);
    Router::new()
        .route("/sendEdoc", post(axis::send))
        .route("/getReceivedEdocList", post(axis::received))
        .route("/getSentEdocList", post(axis::sent))
        .route("/getEdoc", post(axis::get))
        .route("/downloadEdoc", post(axis::download))
        .route("/updateStatus", post(axis::update_status))
        .route("/getAgenciesList", post(axis::agencies))
        .route("/getSynchronizeUnit", post(axis::units))
        .route("/registerAgency", post(axis::not_here))
        .route("/deleteAgency", post(axis::not_here))
        .route("/countReceiveEdoc", get(count(OutboxKind::Document)))
        .route("/countReceiveStatus", get(count(OutboxKind::Status)))
}

/// The service, ready to be put behind connections.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, (route.serve)());
    }
    router
        .nest("/XrdAdapter", gateway())
        .fallback(|| async { Refused::new(Code::NotFound, "there is no such route") })
        .method_not_allowed_fallback(|| async {
            Refused::new(Code::BadRequest, "the route does not know this method")
                .with_status(axum::http::StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), strangers::heed))
        // Before it: who shows a certificate that is bound to an office is no stranger.
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), auth::certified))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), mark))
        .with_state(shared)
}

/// The pattern of a call's path, of which there are few; what matches none counts together.
fn route(request: &Request) -> String {
    let route = request.extensions().get::<MatchedPath>();
    route.map_or("none", MatchedPath::as_str).to_owned()
}

/// Puts the server's mark on every answer, packs it, puts a line into the log, and counts.
async fn mark(State(shared): App, request: Request, next: Next) -> Response {
    let (route, named) = (route(&request), named(&request));
    let (begun, method) = (Instant::now(), request.method().clone());
    let path = request.uri().path().to_owned();
    let ours = path.starts_with("/v1/");
    let packs = ours && coding::is_taken(request.headers());
    let mut response = next.run(request).await;
    if packs {
        response = coding::json(response).await;
    }
    if ours {
        let takes = HeaderValue::from_static(ZSTD);
        response.headers_mut().insert(header::ACCEPT_ENCODING, takes);
    }
    if path.starts_with("/v1/uploads") && method != Method::OPTIONS {
        uploads::mark(&mut response);
    }
    let (status, took) = (response.status().as_u16(), begun.elapsed());
    shared.metrics.call(&route, method.as_str(), status, took);
    let reason = response.extensions().get::<Reason>().map_or("", |reason| reason.0);
    // As the call says, or else its certificate; where it proved neither, the reason tells.
    let bound = response.extensions().get::<Bound>().map(|Bound(office)| office.clone());
    let office = named.into_iter().next().or(bound);
    let millis = took.as_millis();
    let code = office.as_ref().map_or("", AgencyCode::as_str);
    tracing::info!(%method, path, office = code, status, reason, millis, "call");
    if !reason.is_empty() {
        shared.metrics.refused(reason);
        if let Some(office) = office
            && !NO_FAILURES.contains(&reason)
        {
            shared.notebook.refused(office, reason);
        }
    }
    response.headers_mut().insert(wire::SERVER, HeaderValue::from_static(wire::SERVER_VALUE));
    response
}

async fn health(State(shared): App) -> Json<Health> {
    Json(Health {
        name: wire::NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: Timestamp::now(),
        packet_limit: shared.limits.packet_bytes,
        receipt_key: shared.key.receipt_key(),
    })
}

async fn ready(State(shared): App) -> Answered<Json<serde_json::Value>> {
    let unready = |detail: &str| {
        Refused::new(Code::StorageFailed, detail)
            .with_status(axum::http::StatusCode::SERVICE_UNAVAILABLE)
    };
    // A balancer that asks sends no more callers, while those who are here are served.
    if *shared.leaving.borrow() {
        return Err(unready("the server is stopping"));
    }
    let storage = async { shared.storage.ready().await.map_err(Refused::from) };
    let blobs = async { shared.blobs.ready().await.map_err(Refused::from) };
    futures::try_join!(storage, blobs).map_err(|_| unready("the server's storage is not ready"))?;
    Ok(Json(serde_json::json!({ "ready": true })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct InboxQuery {
    /// A cursor is the place of a delivery; callers must not know.
    #[serde(default)]
    after: u64,
    #[serde(default)]
    waiting: bool,
    limit: Option<u32>,
    /// Seconds to wait for something if there is nothing.
    #[serde(default)]
    wait: u16,
}

async fn inbox(
    State(shared): App,
    caller: Caller,
    query: Result<Query<InboxQuery>, QueryRejection>,
) -> Answered<Json<InboxPage>> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    shared.notebook.seen(&caller.agency, now());
    let look = || shared.storage.inbox(&caller.agency, query.after, query.waiting, limit);
    let arrived = if query.wait == 0 {
        look().await?
    } else {
        let patience = Duration::from_secs(query.wait.into()).min(MAX_WAIT);
        wait_for(&shared, &caller, patience, look).await?
    };
    let full = arrived.len() >= limit as usize;
    let items: Vec<InboxItem> = arrived.into_iter().map(item).collect();
    let next = items.last().filter(|_| full).map(|last| last.cursor.clone());
    Ok(Json(InboxPage { items, next }))
}

/// Looks until there is something, the patience is over, or the server stops.
async fn wait_for<'a>(
    shared: &'a Shared,
    caller: &Caller,
    patience: Duration,
    look: impl Fn() -> Work<'a, Vec<Arrived>>,
) -> Answered<Vec<Arrived>> {
    let (until, mut stopping) = (tokio::time::Instant::now() + patience, shared.stopping.clone());
    let standing = shared.bell.stand(&caller.agency);
    loop {
        let mut rung = pin!(standing.rung());
        // From here on a ring counts, also one that comes while the storage is asked.
        rung.as_mut().enable();
        let arrived = look().await?;
        if !arrived.is_empty() || tokio::time::Instant::now() >= until {
            return Ok(arrived);
        }
        // The value itself must not be held across what follows.
        let stops = async { drop(stopping.wait_for(|stopping| *stopping).await) };
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep_until(until) => {}
            () = stops => return Ok(arrived),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OutboxQuery {
    key: String,
}

async fn outbox_by_key(
    State(shared): App,
    caller: Caller,
    query: Result<Query<OutboxQuery>, QueryRejection>,
) -> Answered<Json<DeliveryState>> {
    let Query(OutboxQuery { key }) = query?;
    let sent = shared.storage.by_key(&caller.agency, &key).await?;
    delivery(&shared, sent)
}

async fn outbox_by_id(
    State(shared): App,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> Answered<Json<DeliveryState>> {
    let Path(id) = id?;
    let sent = shared.storage.sent(&caller.agency, id).await?;
    delivery(&shared, sent)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgenciesQuery {
    #[serde(default)]
    since: u64,
}

async fn agencies(
    State(shared): App,
    _: Caller,
    query: Result<Query<AgenciesQuery>, QueryRejection>,
) -> Answered<Json<Directory>> {
    let Query(AgenciesQuery { since }) = query?;
    Ok(Json(shared.storage.agencies(since).await?))
}

fn item(arrived: Arrived) -> InboxItem {
    let Arrived { place, packet, outcome } = arrived;
    InboxItem {
        cursor: place.to_string(),
        id: packet.id.to_string(),
        kind: packet.kind,
        from: packet.sender,
        sha256: packet.sha256,
        size: packet.size,
        received_at: packet.received_at,
        confirmed: outcome.is_some(),
    }
}

fn delivery(shared: &Shared, sent: Option<Sent>) -> Answered<Json<DeliveryState>> {
    let Some(Sent { packet, deliveries }) = sent else {
        return Err(Refused::new(Code::NotFound, "the agency has sent no such packet"));
    };
    let id = packet.id.to_string();
    let receipt = shared.key.receipt(&packet);
    Ok(Json(DeliveryState {
        id,
        kind: packet.kind,
        sha256: packet.sha256,
        size: packet.size,
        received_at: packet.received_at,
        receipt,
        number: packet.link.number,
        link: packet.link.hash,
        deliveries,
    }))
}

impl From<QueryRejection> for Refused {
    fn from(rejection: QueryRejection) -> Self {
        Self::new(Code::BadRequest, rejection.body_text())
    }
}

impl From<PathRejection> for Refused {
    fn from(_: PathRejection) -> Self {
        // What is not a packet's name names no packet.
        Self::new(Code::NotFound, "there is no such packet")
    }
}
