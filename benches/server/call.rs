//! Signed calls, as an office makes them.

use std::sync::Arc;

use jiff::Timestamp;
use reqwest::header::{CONTENT_TYPE, LOCATION};
use reqwest::{Body, Client, Method, Response};
use vanthu::exchange::wire::{self, Claim, sha256_hex};

use super::Done;
use super::place::secret;

/// An office that calls.
#[derive(Clone)]
pub struct Caller {
    pub client: Client,
    pub url: Arc<str>,
    pub code: String,
}

impl Caller {
    async fn call(
        &self,
        method: Method,
        target: &str,
        head: (&str, &str, &str),
        body: Option<Arc<[u8]>>,
    ) -> Done<Response> {
        let sha256 = body.as_deref().map(sha256_hex).unwrap_or_default();
        self.call_with(method, target, head, &sha256, &[], body).await
    }

    /// The same with a hash that is told apart from the body, and headers beside.
    async fn call_with(
        &self,
        method: Method,
        target: &str,
        head: (&str, &str, &str),
        sha256: &str,
        more: &[(&str, &str)],
        body: Option<Arc<[u8]>>,
    ) -> Done<Response> {
        let time = Timestamp::now().to_string();
        let (to, kind, key) = head;
        let claim = Claim {
            method: method.as_str(),
            target,
            agency: &self.code,
            time: &time,
            sha256,
            to,
            kind,
            key,
        };
        let signature = claim.sign(secret(&self.code).as_bytes());
        let mut request = self
            .client
            .request(method.clone(), format!("{}{target}", self.url))
            .header(wire::AGENCY, &self.code)
            .header(wire::TIME, &time)
            .header(wire::SIGNATURE, signature);
        for (name, value) in [
            (wire::SHA256, sha256),
            (wire::TO, to),
            (wire::KIND, kind),
            (wire::IDEMPOTENCY_KEY, key),
        ]
        .into_iter()
        .chain(more.iter().copied())
        {
            if !value.is_empty() {
                request = request.header(name, value);
            }
        }
        if let Some(body) = body {
            request = request.body(Body::from(body.to_vec()));
        }
        let response = request.send().await?;
        if response.status().is_success() {
            Ok(response)
        } else {
            Err(format!("{} {target}: {}", response.status(), response.text().await?).into())
        }
    }

    /// Sends a packet as an office does: what is large goes up so that it could be resumed.
    /// Gives its id.
    pub async fn send(&self, to: &str, key: &str, bytes: Arc<[u8]>) -> Done<String> {
        let head = (to, "document", key);
        if bytes.len() > wire::SMALL {
            return self.upload(head, bytes).await;
        }
        let response = self.call(Method::POST, "/v1/packets", head, Some(bytes)).await?;
        let accepted: serde_json::Value = response.json().await?;
        Ok(accepted["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Begins an upload, brings all of it, and asks what became of it (tus 1.0.0).
    async fn upload(&self, head: (&str, &str, &str), bytes: Arc<[u8]>) -> Done<String> {
        let (sha256, size) = (sha256_hex(&bytes), bytes.len().to_string());
        let version = (wire::TUS_RESUMABLE, wire::TUS_VERSION);
        let length = [version, (wire::UPLOAD_LENGTH, size.as_str())];
        let begun =
            self.call_with(Method::POST, "/v1/uploads", head, &sha256, &length, None).await?;
        let place = begun.headers().get(LOCATION).ok_or("an upload without a place")?;
        let place = place.to_str()?.to_owned();
        let from =
            [version, (wire::UPLOAD_OFFSET, "0"), (CONTENT_TYPE.as_str(), wire::UPLOAD_TYPE)];
        self.call_with(Method::PATCH, &place, ("", "", ""), "", &from, Some(bytes)).await?;
        let target = format!("/v1/outbox?key={}", head.2);
        let sent: serde_json::Value =
            self.call(Method::GET, &target, ("", "", ""), None).await?.json().await?;
        Ok(sent["id"].as_str().unwrap_or_default().to_owned())
    }

    /// The ids of a page of what waits.
    pub async fn inbox(&self, query: &str) -> Done<Vec<String>> {
        let target = format!("/v1/inbox?{query}");
        let page: serde_json::Value =
            self.call(Method::GET, &target, ("", "", ""), None).await?.json().await?;
        let id = |item: &serde_json::Value| item["id"].as_str().map(str::to_owned);
        Ok(page["items"]
            .as_array()
            .map(|items| items.iter().filter_map(id).collect())
            .unwrap_or_default())
    }

    pub async fn fetch(&self, id: &str) -> Done<usize> {
        let target = format!("/v1/packets/{id}");
        Ok(self.call(Method::GET, &target, ("", "", ""), None).await?.bytes().await?.len())
    }

    pub async fn by_key(&self, key: &str) -> Done<()> {
        let target = format!("/v1/outbox?key={key}");
        self.call(Method::GET, &target, ("", "", ""), None).await?.bytes().await?;
        Ok(())
    }

    pub async fn confirm(&self, id: &str) -> Done<()> {
        let target = format!("/v1/packets/{id}/receipt");
        let body: Arc<[u8]> = Arc::from(&b"{\"state\":\"kept\"}"[..]);
        self.call(Method::POST, &target, ("", "", ""), Some(body)).await?.bytes().await?;
        Ok(())
    }
}

pub fn client() -> Done<Client> {
    Ok(Client::builder().no_proxy().pool_max_idle_per_host(64).build()?)
}

/// A key as the server wants it, and bytes that no other packet has.
pub fn fresh(size: usize) -> (String, Arc<[u8]>) {
    let name = uuid::Uuid::now_v7().simple().to_string();
    let mut bytes = vec![0x5a; size];
    for (to, from) in bytes.iter_mut().zip(name.bytes()) {
        *to = from;
    }
    (name, Arc::from(bytes))
}
