//! The time-stamp services that signing asks, one after the other.

use std::time::Duration;

use crate::pki::fetch::{Fetch, Hurried};
use crate::pki::{DigestAlgorithm, PkiError, TrustStore, cms, tsp};
use crate::signing::SigningError;

/// The services that signing asks.
#[derive(Clone, Copy)]
pub struct Services<'a> {
    /// Time-stamp services, asked in this order until one gives a stamp that will be accepted;
    /// those that have just failed are asked last.
    pub tsa_urls: &'a [String],
    pub fetch: &'a dyn Fetch,
}

/// A time-stamp service that was asked in vain: it did not answer, or with a stamp that no
/// check would accept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FailedService {
    pub url: String,
    pub why: PkiError,
}

/// How long a signer waits for a time stamp that can be had later as well.
const SOON: Duration = Duration::from_secs(6);

impl Services<'_> {
    /// A time stamp where one is to be had at once: `None` when no service answers soon. Where
    /// all have just failed, none is asked, so that a batch does not wait for each document.
    pub(super) fn timestamp_soon(
        &self,
        digest: DigestAlgorithm,
        imprint: &[u8],
        trust: Option<&TrustStore>,
        failed: &mut Vec<FailedService>,
    ) -> Result<Option<Vec<u8>>, SigningError> {
        if self.tsa_urls.iter().all(|url| self.fetch.has_just_failed(url)) {
            return Ok(None);
        }
        let fetch = &Hurried::new(self.fetch, SOON);
        match (Services { fetch, ..*self }).timestamp(digest, imprint, trust, failed) {
            Ok(token) => Ok(Some(token)),
            Err(SigningError::NoTimestamp(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A time stamp over a digest, from the first service whose stamp a check that trusts
    /// `trust` will accept; those before it are added to `failed`. Without `trust` any answer
    /// to the question will do.
    ///
    /// # Errors
    /// [`SigningError::NoTimestampService`]; [`SigningError::NoTimestamp`] when none gives one.
    pub(super) fn timestamp(
        &self,
        digest: DigestAlgorithm,
        imprint: &[u8],
        trust: Option<&TrustStore>,
        failed: &mut Vec<FailedService>,
    ) -> Result<Vec<u8>, SigningError> {
        if self.tsa_urls.is_empty() {
            return Err(SigningError::NoTimestampService);
        }
        // A dead service costs its time-out: in a batch, once and not for each document.
        let mut urls: Vec<&String> = self.tsa_urls.iter().collect();
        urls.sort_by_key(|url| self.fetch.has_just_failed(url));
        let known = failed.len();
        for url in urls {
            match self.stamped_by(url, digest, imprint, trust) {
                Ok(token) => return Ok(token),
                Err(why) => {
                    tracing::warn!(url, %why, "a time-stamp service failed");
                    failed.push(FailedService { url: url.clone(), why });
                }
            }
        }
        let whys = failed.iter().skip(known).map(|one| format!("{}: {}", one.url, one.why));
        Err(SigningError::NoTimestamp(whys.collect::<Vec<_>>().join("; ")))
    }
    /// The line may be anybody's (few services use TLS), so the stamp is looked at before it
    /// is built in: afterwards the number is taken and nothing can be asked again.
    fn stamped_by(
        &self,
        url: &str,
        digest: DigestAlgorithm,
        imprint: &[u8],
        trust: Option<&TrustStore>,
    ) -> Result<Vec<u8>, PkiError> {
        let token = tsp::request(url, digest, imprint, self.fetch)?;
        let (size, limit) = (token.len(), cms::TIME_STAMP_ROOM);
        if size > limit {
            return Err(PkiError::TimeStampTooLarge { size, limit });
        }
        if let Some(trust) = trust {
            tsp::accept(&token, imprint, trust, self.fetch)?;
        }
        Ok(token)
    }
}
