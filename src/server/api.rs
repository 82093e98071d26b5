//! The routes of the `vanthu` profile. `assets/openapi.yaml` describes them for others.

mod packets;

use std::sync::Arc;
use std::time::Instant;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::HeaderValue;
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{MethodRouter, get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::auth::Caller;
use super::refusal::Refused;
use super::storage::{Arrived, Sent};
use super::{ServerError, Shared};
use crate::exchange::wire::{self, Code, Health};
use crate::exchange::{DeliveryState, Directory, InboxItem, InboxPage};

/// Items of an inbox page at most, and when nothing is said.
const MAX_PAGE: u32 = 500;
const PAGE: u32 = 100;

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
    Route { method: "GET", path: "/v1/packets/{id}", serve: || get(packets::fetch) },
    Route { method: "POST", path: "/v1/packets/{id}/receipt", serve: || post(packets::confirm) },
    Route { method: "GET", path: "/v1/inbox", serve: || get(inbox) },
    Route { method: "GET", path: "/v1/outbox", serve: || get(outbox_by_key) },
    Route { method: "GET", path: "/v1/outbox/{id}", serve: || get(outbox_by_id) },
    Route { method: "GET", path: "/v1/agencies", serve: || get(agencies) },
];

/// The service, ready to be put behind connections.
pub(super) fn router(shared: Arc<Shared>) -> Router {
    let mut router = Router::new();
    for route in ROUTES {
        router = router.route(route.path, (route.serve)());
    }
    router
        .fallback(|| async { Refused::new(Code::NotFound, "there is no such route") })
        .method_not_allowed_fallback(|| async {
            Refused::new(Code::BadRequest, "the route does not know this method")
                .with_status(axum::http::StatusCode::METHOD_NOT_ALLOWED)
        })
        .layer(middleware::from_fn(mark))
        .with_state(shared)
}

/// Runs `work` where it may block.
pub(super) async fn blocking<T, F>(shared: &Arc<Shared>, work: F) -> Answered<T>
where
    T: Send + 'static,
    F: FnOnce(&Shared) -> Result<T, ServerError> + Send + 'static,
{
    let shared = Arc::clone(shared);
    let done = tokio::task::spawn_blocking(move || work(&shared)).await;
    // It ends otherwise only when it panics, or when the server is being stopped.
    let done = done.map_err(|e| ServerError::Database(e.to_string()))?;
    Ok(done?)
}

/// Puts the server's mark on every answer and a line into the log.
async fn mark(request: Request, next: Next) -> Response {
    let (begun, method) = (Instant::now(), request.method().clone());
    let path = request.uri().path().to_owned();
    let mut response = next.run(request).await;
    let (status, millis) = (response.status().as_u16(), begun.elapsed().as_millis());
    tracing::info!(%method, path, status, millis, "call");
    response.headers_mut().insert(wire::SERVER, HeaderValue::from_static(wire::SERVER_VALUE));
    response
}

async fn health(State(shared): App) -> Json<Health> {
    Json(Health {
        name: wire::NAME.to_owned(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        time: Timestamp::now(),
        packet_limit: shared.limits.packet_bytes,
    })
}

async fn ready(State(shared): App) -> Answered<Json<serde_json::Value>> {
    let unready = |_| {
        Refused::new(Code::StorageFailed, "the server's storage is not ready")
            .with_status(axum::http::StatusCode::SERVICE_UNAVAILABLE)
    };
    blocking(&shared, |shared| shared.storage.ready()).await.map_err(unready)?;
    shared.blobs.begin().await.map(drop).map_err(Refused::from).map_err(unready)?;
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
}

async fn inbox(
    State(shared): App,
    caller: Caller,
    query: Result<Query<InboxQuery>, QueryRejection>,
) -> Answered<Json<InboxPage>> {
    let Query(query) = query?;
    let limit = query.limit.unwrap_or(PAGE).clamp(1, MAX_PAGE);
    let arrived = blocking(&shared, move |shared| {
        shared.storage.inbox(&caller.agency, query.after, query.waiting, limit)
    })
    .await?;
    let full = arrived.len() >= limit as usize;
    let items: Vec<InboxItem> = arrived.into_iter().map(item).collect();
    let next = items.last().filter(|_| full).map(|last| last.cursor.clone());
    Ok(Json(InboxPage { items, next }))
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
    let sent = blocking(&shared, move |shared| shared.storage.by_key(&caller.agency, &key)).await?;
    delivery(&shared, sent)
}

async fn outbox_by_id(
    State(shared): App,
    caller: Caller,
    id: Result<Path<Uuid>, PathRejection>,
) -> Answered<Json<DeliveryState>> {
    let Path(id) = id?;
    let sent = blocking(&shared, move |shared| shared.storage.sent(&caller.agency, id)).await?;
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
    Ok(Json(blocking(&shared, move |shared| shared.storage.agencies(since)).await?))
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
    let receipt = shared.key.receipt(&id, &packet.sender, &packet.sha256, packet.received_at);
    Ok(Json(DeliveryState {
        id,
        kind: packet.kind,
        sha256: packet.sha256,
        size: packet.size,
        received_at: packet.received_at,
        receipt,
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
