//! Many documents, one PIN: signing and sealing in a batch.
//!
//! A token takes most of the time, so it must never wait: while it signs one document, the
//! next is laid out and hashed and the previous is verified, stamped and stored (the
//! [`line`](self::line)). One document's failure does not stop the others. The first PIN
//! error does, and so does a token that is gone: presenting a PIN again, or asking a dead
//! device, helps nobody; the rest is reported as not tried.
//!
//! The PIN is kept by the opened token for the batch and no longer than the person said.

mod card;
mod line;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use super::hand::Ready;
use super::{Office, SignOrder};
use crate::domain::document::DocumentKey;
use crate::domain::outbound::{Numbering, OutboundDocument, OutboundState, SignatureKind};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::token::HeldPin;

pub use card::Load;
pub use line::{Turn, alone, run};

/// How to sign many documents.
#[derive(Debug, Clone)]
pub struct BatchOrder {
    pub order: SignOrder,
    /// For how long the token may be kept open with the PIN; at most
    /// [`HeldPin::LONGEST`]. When it is over, the rest is not tried.
    pub hold: Duration,
}

/// Stops a batch: what the token is signing is finished, the rest is not tried.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What became of one piece of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate<T> {
    Done(T),
    /// It was tried, and this is why it failed; nothing of it was kept.
    Failed(Problem),
    /// It was not tried, because the batch had stopped for this reason.
    NotTried(Problem),
}

impl<T> Fate<T> {
    pub fn done(&self) -> Option<&T> {
        match self {
            Self::Done(made) => Some(made),
            Self::Failed(_) | Self::NotTried(_) => None,
        }
    }

    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Done(_) => None,
            Self::Failed(problem) | Self::NotTried(problem) => Some(problem),
        }
    }
}

/// A signature that was made, and with which certificate: the choice is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The number that was taken with a personal signature.
    pub numbering: Option<Numbering>,
    pub signer: String,
    /// Serial number of the certificate in hex.
    pub serial: String,
}

/// One piece of a batch has found its fate; told from the threads of the batch.
#[derive(Debug)]
pub struct Progress<'a, T> {
    /// Position in the batch, from 0.
    pub index: usize,
    /// How many have found theirs, this one included.
    pub finished: usize,
    pub total: usize,
    pub fate: &'a Fate<T>,
}

/// Told of every piece as it finds its fate.
pub type Tell<'a, T> = &'a (dyn Fn(Progress<'_, T>) + Sync);

/// What became of a batch.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchReport<K, T> {
    /// In the order in which the pieces were given.
    pub fates: Vec<(K, Fate<T>)>,
    /// How busy the token was kept.
    pub load: Load,
}

impl<K, T> BatchReport<K, T> {
    /// Why the first piece that is not done is not.
    pub fn first_problem(&self) -> Option<&Problem> {
        self.fates.iter().find_map(|(_, fate)| fate.problem())
    }

    /// How many are done.
    pub fn done(&self) -> usize {
        self.fates.iter().filter(|(_, fate)| fate.done().is_some()).count()
    }
}

impl Office {
    /// Signs documents personally, each under the next number, in the order given: one PIN
    /// for all. See [`Self::sign`] for what one signature does.
    ///
    /// # Errors
    /// What stands before every signature: roles, token, certificate, PIN. What becomes of
    /// each document is in the report.
    pub fn sign_batch(
        &self,
        keys: &[DocumentKey],
        order: &BatchOrder,
        cancel: &Cancel,
        tell: Tell<'_, Made>,
    ) -> Result<BatchReport<DocumentKey, Made>, Problem> {
        self.actor(Act::SignPersonally)?;
        let keys = each_once(keys);
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let kind = SignatureKind::Personal;
        // Where all name the same signer, the certificate is chosen by that name.
        let mut signers: Vec<String> = Vec::new();
        for key in &keys {
            if let Ok(document) = self.to_sign(*key) {
                signers.push(document.metadata.signer.full_name);
            }
        }
        signers.dedup();
        let signer = match signers.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        };
        let hand = self.hand(&order.order, kind, signer, &trust, &tsa_urls)?;
        match nothing_to_do(&keys, |key| self.to_sign(key)) {
            Some(report) => Ok(report),
            None => {
                let ready = hand.ready(Timestamp::now())?;
                self.sign_batch_with(ready, &keys, order, cancel, tell)
            }
        }
    }

    /// The same with a token that has been opened and unlocked elsewhere. Whose its
    /// certificate is is looked at for every document all the same.
    pub fn sign_batch_with(
        &self,
        ready: Ready,
        keys: &[DocumentKey],
        order: &BatchOrder,
        cancel: &Cancel,
        tell: Tell<'_, Made>,
    ) -> Result<BatchReport<DocumentKey, Made>, Problem> {
        let actor = self.actor(Act::SignPersonally)?;
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let kind = SignatureKind::Personal;
        Ok(run(ready, keys, order.hold, cancel, tell, |key, turn| {
            let plan = self.plan_signature(*key, &order.order.placement)?;
            let hand = self.hand(&order.order, kind, Some(plan.signer()), &trust, &tsa_urls)?;
            hand.must_own(&turn.ready().certificate)?;
            self.sign_planned(&actor, &hand, &plan, turn)
        }))
    }

    /// Seals documents, in the order given, with one PIN for all; see [`Self::seal`].
    ///
    /// # Errors
    /// As [`Self::sign_batch`].
    pub fn seal_batch(
        &self,
        keys: &[DocumentKey],
        order: &BatchOrder,
        cancel: &Cancel,
        tell: Tell<'_, Made>,
    ) -> Result<BatchReport<DocumentKey, Made>, Problem> {
        let actor = self.actor(Act::Seal)?;
        let keys = each_once(keys);
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let kind = SignatureKind::Organisation;
        let hand = self.hand(&order.order, kind, None, &trust, &tsa_urls)?;
        if let Some(report) = nothing_to_do(&keys, |key| self.standing(key, OutboundState::ToIssue))
        {
            return Ok(report);
        }
        let ready = hand.ready(Timestamp::now())?;
        Ok(run(ready, &keys, order.hold, cancel, tell, |key, turn| {
            let plan = self.plan_seal(*key, &order.order.placement)?;
            self.seal_planned(&actor, &hand, &plan, turn)
        }))
    }
}

/// The report, where none of the documents can be taken: no PIN is asked for.
fn nothing_to_do(
    keys: &[DocumentKey],
    take: impl Fn(DocumentKey) -> Result<OutboundDocument, Problem>,
) -> Option<BatchReport<DocumentKey, Made>> {
    let failed = |key: &DocumentKey| Some((*key, Fate::Failed(take(*key).err()?)));
    let fates = keys.iter().map(failed).collect::<Option<Vec<_>>>()?;
    Some(BatchReport { fates, load: Load::default() })
}

/// A document that is named twice is signed once.
fn each_once(keys: &[DocumentKey]) -> Vec<DocumentKey> {
    let mut seen = std::collections::HashSet::new();
    keys.iter().copied().filter(|key| seen.insert(*key)).collect()
}

/// The longest that a token is kept open.
fn hold(asked: Duration) -> Duration {
    asked.min(HeldPin::LONGEST)
}
