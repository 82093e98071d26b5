//! Takes up connections: so many at once, each with its head in time, and all ended in good
//! order when the server stops.

use std::net::TcpListener;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use super::Shared;
use super::stall::Stalling;
use super::strangers::Peer;
use super::tls::{self, Shown};

/// Headers of a request at most.
const MAX_HEADERS: usize = 64;
/// Bytes of a request's head at most; a thousand recipients have room.
const MAX_HEAD: usize = 128 * 1024;

/// Serves until the server is to stop, then lets calls under way end. Without `tls` callers
/// speak plain HTTP.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    shared: Arc<Shared>,
    tls: Option<TlsAcceptor>,
) {
    let listener = match tokio::net::TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the bound address cannot be served");
            return;
        }
    };
    let limits = shared.limits;
    let mut stopped = shared.stopping.clone();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_HEAD);
    let places = Arc::new(Semaphore::new(limits.connections));
    let mut connections = JoinSet::new();
    loop {
        let taken = async {
            let place = Arc::clone(&places).acquire_owned().await.ok()?;
            Some((place, listener.accept().await))
        };
        let (place, (stream, peer)) = tokio::select! {
            () = told(&mut stopped) => break,
            taken = taken => match taken {
                Some((place, Ok((stream, peer)))) => (place, (stream, Peer(peer.ip()))),
                Some((_, Err(error))) => {
                    // Most often too many open files: some will be closed in a moment.
                    tracing::warn!(%error, "a connection could not be taken up");
                    sleep(Duration::from_millis(200)).await;
                    continue;
                }
                None => break,
            },
        };
        while connections.try_join_next().is_some() {}
        let (http, router, stopped) = (http.clone(), router.clone(), stopped.clone());
        let (shared, tls) = (Arc::clone(&shared), tls.clone());
        connections.spawn(async move {
            let _counted = shared.metrics.connection();
            // Answers are small and awaited; a socket that refuses this is served all the same.
            let _ = stream.set_nodelay(true);
            match tls {
                None => {
                    let stream = Stalling::new(stream, limits.stall);
                    connection(&http, stream, router, (peer, None), stopped).await;
                }
                Some(tls) => {
                    if let Some((stream, shown)) = tls::accept(&tls, stream, limits.head).await {
                        let stream = Stalling::new(stream, limits.stall);
                        connection(&http, stream, router, (peer, shown), stopped).await;
                    }
                }
            }
            drop(place);
        });
    }
    drop(listener);
    let ended = async { while connections.join_next().await.is_some() {} };
    if timeout(limits.drain, ended).await.is_err() {
        tracing::warn!(calls = connections.len(), "calls were cut off at the end");
    }
    connections.shutdown().await;
}

/// Answers the calls of one connection, each of which knows where it comes from and the certificate
/// that was shown.
async fn connection(
    http: &http1::Builder,
    stream: impl AsyncRead + AsyncWrite + Unpin,
    router: Router,
    (peer, shown): (Peer, Option<Shown>),
    mut stopped: watch::Receiver<bool>,
) {
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        if let Some(shown) = &shown {
            request.extensions_mut().insert(shown.clone());
        }
        router.call(request)
    });
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stopped) => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Returns when the server is to stop (or is gone).
pub(super) async fn told(stopped: &mut watch::Receiver<bool>) {
    // The value itself must not be held across what follows.
    let _ = stopped.wait_for(|stop| *stop).await;
}
