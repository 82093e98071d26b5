//! The operators' address: a page that says which office has not fetched, how much is sent
//! and what fails, and the figures for Prometheus.

mod page;

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use jiff::{SignedDuration, ToSpan as _};
use serde::Deserialize;

use self::page::View;
use super::metrics::Gauges;
use super::refusal::Refused;
use super::storage::now;
use super::{ServerError, Shared};
use crate::domain::calendar;
use crate::i18n::Lang;
use crate::token::Pin;

/// A wrong password is answered after so long.
const WRONG: Duration = Duration::from_millis(500);
/// For so long the page shows what has lapsed.
const LAPSED: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Days that the page looks back: volumes, and what was refused.
const VOLUME_DAYS: i64 = 13;
const REFUSAL_DAYS: i64 = 6;

/// The page and the figures, behind the password if there is one.
pub(super) fn router(shared: Arc<Shared>, password: Option<Pin>) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/metrics", get(metrics))
        .layer(middleware::from_fn_with_state(Arc::new(password), guard))
        .with_state(shared)
}

/// Lets pass who knows the password, and keeps the page out of caches and frames.
async fn guard(State(password): State<Arc<Option<Pin>>>, request: Request, next: Next) -> Response {
    let knows = password.as_ref().as_ref().is_none_or(|password| {
        said(request.headers()).is_some_and(|said| {
            verify_slices_are_equal(said.as_bytes(), password.reveal().as_bytes()).is_ok()
        })
    });
    let mut response = if knows {
        next.run(request).await
    } else {
        tokio::time::sleep(WRONG).await;
        let ask = [(header::WWW_AUTHENTICATE, "Basic realm=\"vanthu-server\", charset=\"UTF-8\"")];
        (StatusCode::UNAUTHORIZED, ask).into_response()
    };
    for (name, value) in [
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; style-src 'unsafe-inline'"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

/// The password of a call (RFC 7617); whose it is does not matter.
fn said(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = text.split_once(' ')?;
    let open = BASE64.decode(credentials.trim()).ok()?;
    let open = String::from_utf8(open).ok()?;
    let (_, password) = open.split_once(':')?;
    scheme.eq_ignore_ascii_case("basic").then(|| password.to_owned())
}

async fn metrics(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let leaving = *shared.leaving.borrow();
    let ready = !leaving && shared.storage.ready().await.is_ok();
    let waiting = shared.bell.awaited().len();
    let backlog = match ready {
        true => {
            let told = shared.storage.backlog().await;
            told.inspect_err(|error| tracing::warn!(%error, "what waits is not known")).ok()
        }
        false => None,
    };
    let text = shared.metrics.text(Gauges { waiting, ready, backlog, now: now() });
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}

#[derive(Deserialize)]
struct Asked {
    lang: Option<String>,
}

async fn show(
    State(shared): State<Arc<Shared>>,
    Query(asked): Query<Asked>,
    headers: HeaderMap,
) -> Result<Html<String>, Refused> {
    let chosen = asked.lang.as_deref().and_then(Lang::from_tag);
    let view = view(&shared, chosen.unwrap_or_else(|| preferred(&headers))).await?;
    Ok(Html(view.html()))
}

/// English for a browser that asks for English first; else Vietnamese.
fn preferred(headers: &HeaderMap) -> Lang {
    let languages = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    let first = languages.and_then(|text| text.split(['-', ',', ';']).next());
    first.and_then(|tag| Lang::from_tag(tag.trim())).unwrap_or_default()
}

async fn view(shared: &Shared, lang: Lang) -> Result<View, ServerError> {
    let storage = &shared.storage;
    let now = now();
    let today = calendar::local(now).date();
    let since = |days: i64| today.checked_sub(days.days()).unwrap_or(today);
    let (directory, mailboxes, volumes, refusals) = futures::try_join!(
        storage.agencies(0),
        storage.mailboxes(now - LAPSED),
        storage.volumes(since(VOLUME_DAYS)),
        storage.refusals(since(REFUSAL_DAYS)),
    )?;
    let names = directory.agencies.into_iter().map(|agency| (agency.code, agency.name)).collect();
    Ok(View { lang, now, first: since(VOLUME_DAYS), today, names, mailboxes, volumes, refusals })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_password_of_a_call_is_read() {
        let with = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
            said(&headers)
        };
        let open = |text: &str| format!("Basic {}", BASE64.encode(text));
        assert_eq!(with(&open("truc:mật:khẩu")), Some("mật:khẩu".to_owned()));
        assert_eq!(with(&open("no colon")), None);
        assert_eq!(with("Bearer x"), None);
        assert_eq!(with("Basic %%%"), None);
        assert_eq!(said(&HeaderMap::new()), None);
    }
}
