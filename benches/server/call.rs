//! Signed calls, as an office makes them.

use std::sync::Arc;

use jiff::Timestamp;
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
        let time = Timestamp::now().to_string();
        let sha256 = body.as_deref().map(sha256_hex).unwrap_or_default();
        let (to, kind, key) = head;
        let claim = Claim {
            method: method.as_str(),
            target,
            agency: &self.code,
            time: &time,
            sha256: &sha256,
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
            (wire::SHA256, sha256.as_str()),
            (wire::TO, to),
            (wire::KIND, kind),
            (wire::IDEMPOTENCY_KEY, key),
        ] {
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

    /// Sends a packet; gives its id.
    pub async fn send(&self, to: &str, key: &str, bytes: Arc<[u8]>) -> Done<String> {
        let head = (to, "document", key);
        let response = self.call(Method::POST, "/v1/packets", head, Some(bytes)).await?;
        let accepted: serde_json::Value = response.json().await?;
        Ok(accepted["id"].as_str().unwrap_or_default().to_owned())
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
