//! The administrator's door: the agencies and their secrets, also while servers run.

use std::cmp::Reverse;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use tokio::runtime::Runtime;
use uuid::Uuid;

use super::chain::{self, Chain};
use super::house::{self, Retention};
use super::key::ServerKey;
use super::storage::{OfficeCertificate, OfficeKey, Quota, Sent, Storage, Stored, now};
use super::{Account, MIN_SECRET, ServerError, Site};
use crate::domain::agency::{Agency, AgencyCode, HistoryError};
use crate::domain::calendar;
use crate::exchange::OutboxKind;
use crate::pki::Certificate;
use crate::token::Pin;

/// What is known of the agencies. Its calls block.
pub struct Registry {
    runtime: Runtime,
    storage: Arc<dyn Storage>,
    key: ServerKey,
}

impl Registry {
    /// Opens the database and the key; not from within an async context.
    pub fn open(site: &Site) -> Stored<Self> {
        // Of several threads, as the storage in SQLite wants it.
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| ServerError::Io("threads".into(), e.to_string()))?;
        let (storage, key) = runtime.block_on(site.open())?;
        Ok(Self { runtime, storage, key })
    }

    /// Adds an agency, or gives a known one a new name or secret. Without a secret a known
    /// agency keeps the one it has; with a new one those before it end at once.
    pub fn put(&self, account: &Account) -> Stored<()> {
        self.runtime.block_on(put(&self.storage, &self.key, account))
    }

    /// Every office, by code.
    pub fn offices(&self) -> Stored<Vec<Listed>> {
        self.runtime.block_on(async {
            let mut all = Vec::new();
            for agency in self.storage.agencies(0).await?.agencies {
                let Some(office) = self.storage.office(&agency.code).await? else { continue };
                let keys = self.storage.keys(&agency.code, now()).await?;
                let certificates = self.storage.certificates(&agency.code).await?;
                all.push(Listed {
                    agency,
                    is_disabled: office.disabled_at.is_some(),
                    quota: office.quota,
                    keys: keys.into_iter().map(|key| key.ends_at).collect(),
                    certificates: certificates
                        .iter()
                        .filter(|one| one.fault(now()).is_none())
                        .count(),
                });
            }
            Ok(all)
        })
    }

    /// Has an agency bear another name from `on` on (today if nothing is said). The one
    /// before stays in its history.
    pub fn rename(
        &self,
        code: &AgencyCode,
        name: &str,
        on: Option<Date>,
        basis: &str,
    ) -> Stored<()> {
        let today = today();
        self.change(std::slice::from_ref(code), |agencies| {
            for agency in agencies {
                let renamed = agency.rename(name, on.unwrap_or(today), today, basis);
                renamed.map_err(|e| ServerError::History(agency.code.to_string(), e))?;
            }
            Ok(())
        })
    }

    /// Ends agencies from `on` on (today if nothing is said), whose work `successors` go on
    /// with: none, one, or several. All of them must be known, and none of these be ended.
    pub fn close(
        &self,
        codes: &[AgencyCode],
        on: Option<Date>,
        successors: &[AgencyCode],
        basis: &str,
    ) -> Stored<()> {
        let on = on.unwrap_or_else(today);
        let all = [codes, successors].concat();
        self.change(&all, |agencies| {
            let (closed, next) = agencies.split_at_mut(codes.len());
            if let Some((next, ending)) = next
                .iter()
                .filter(|next| !codes.contains(&next.code))
                .find_map(|next| Some((next, next.ended_by(on)?)))
            {
                let error = HistoryError::Ended(ending.on);
                return Err(ServerError::History(next.code.to_string(), error));
            }
            for agency in closed {
                let ended = agency.end(on, successors.to_vec(), basis);
                ended.map_err(|e| ServerError::History(agency.code.to_string(), e))?;
            }
            Ok(())
        })
    }

    /// Has an agency go on under another code from `on` on (today if nothing is said). Under
    /// the new code stand its entry, its names and the code that it had before; the old one
    /// ends, and what waits for it stays. Secrets are of a code: the new one needs its own.
    ///
    /// Said again it changes nothing; what the new code has been given since holds. Whether
    /// `secret` is the new code's now: a repeat gives it only where there is none yet.
    pub fn recode(
        &self,
        [old, new]: [&AgencyCode; 2],
        secret: Option<&Pin>,
        on: Option<Date>,
        basis: &str,
    ) -> Stored<bool> {
        secret.map(strong).transpose()?;
        let on = on.unwrap_or_else(today);
        let is_repeat = AtomicBool::new(false);
        let change = |known: Vec<Option<Agency>>| {
            let mut known = known.into_iter();
            let (before, taken) = (known.next().flatten(), known.next().flatten());
            let mut before = before.ok_or_else(|| ServerError::UnknownOffice(old.to_string()))?;
            match (&taken, &before.ending) {
                // The same again, perhaps because its answer was lost.
                (Some(taken), Some(ending))
                    if taken.other_codes.contains(old) && ending.successors == [new.clone()] =>
                {
                    is_repeat.store(true, Ordering::Relaxed);
                    return Ok(Vec::new());
                }
                (Some(_), _) => return Err(ServerError::CodeTaken(new.to_string())),
                (None, Some(ending)) => {
                    let ended = HistoryError::Ended(ending.on);
                    return Err(ServerError::History(old.to_string(), ended));
                }
                (None, None) => {}
            }
            let other_codes = [&before.other_codes[..], std::slice::from_ref(old)].concat();
            let after = Agency { code: new.clone(), other_codes, ending: None, ..before.clone() };
            let ended = before.end(on, vec![new.clone()], basis);
            ended.map_err(|e| ServerError::History(old.to_string(), e))?;
            Ok(vec![before, after])
        };
        self.runtime.block_on(async {
            self.storage.change_agencies(&[old.clone(), new.clone()], &change).await?;
            let before = self.storage.office(old).await?;
            let mut inherits = true;
            if is_repeat.load(Ordering::Relaxed) {
                let office = self.storage.office(new).await?;
                // Of one that may not call it is not told which keys it has.
                let is_disabled = office.as_ref().is_some_and(|one| one.disabled_at.is_some());
                if is_disabled || !self.storage.keys(new, now()).await?.is_empty() {
                    return Ok(false);
                }
                // The first time may have ended before the quota was given.
                inherits = office.is_some_and(|office| office.quota == Quota::default());
            }
            if let Some(before) = before.filter(|_| inherits) {
                self.storage.set_quota(new, before.quota).await?;
            }
            let Some(secret) = secret else { return Ok(false) };
            let fresh = sealed(&self.key, new, secret)?;
            self.storage.give_key(new, &fresh, fresh.made_at).await?;
            Ok(true)
        })
    }

    /// Takes back that an agency ends.
    pub fn reopen(&self, code: &AgencyCode) -> Stored<()> {
        self.change(std::slice::from_ref(code), |agencies| {
            agencies.iter_mut().for_each(|agency| agency.ending = None);
            Ok(())
        })
    }

    /// An agency with its history.
    pub fn agency(&self, code: &AgencyCode) -> Stored<Agency> {
        let office = self.runtime.block_on(self.storage.office(code))?;
        let office = office.ok_or_else(|| ServerError::UnknownOffice(code.to_string()))?;
        Ok(office.agency)
    }

    /// Changes known agencies together, or none of them.
    fn change(
        &self,
        codes: &[AgencyCode],
        change: impl Fn(&mut [Agency]) -> Stored<()> + Send + Sync,
    ) -> Stored<()> {
        let whole = |known: Vec<Option<Agency>>| {
            let each = known.into_iter().zip(codes).map(|(known, code)| {
                known.ok_or_else(|| ServerError::UnknownOffice(code.to_string()))
            });
            let mut agencies = each.collect::<Stored<Vec<_>>>()?;
            change(&mut agencies)?;
            Ok(agencies)
        };
        self.runtime.block_on(self.storage.change_agencies(codes, &whole))
    }

    /// Gives an office another secret; the one that it has holds until `until`.
    pub fn rotate(&self, code: &AgencyCode, secret: &Pin, until: Timestamp) -> Stored<()> {
        strong(secret)?;
        self.runtime.block_on(async {
            self.known(code).await?;
            let key = sealed(&self.key, code, secret)?;
            self.storage.give_key(code, &key, until).await
        })
    }

    /// Lets an office call no more, or again. Its secrets stay as they are.
    pub fn set_disabled(&self, code: &AgencyCode, disabled: bool) -> Stored<()> {
        let since = disabled.then(now);
        let known = self.runtime.block_on(self.storage.set_disabled(code, since))?;
        if known { Ok(()) } else { Err(ServerError::UnknownOffice(code.to_string())) }
    }

    /// Sets how much an office may send on a day.
    pub fn set_quota(&self, code: &AgencyCode, quota: Quota) -> Stored<()> {
        let known = self.runtime.block_on(self.storage.set_quota(code, quota))?;
        if known { Ok(()) } else { Err(ServerError::UnknownOffice(code.to_string())) }
    }

    /// Has a certificate speak for an office until it ends, or until `until` if that is
    /// earlier. Those that were bound before hold on.
    pub fn bind_certificate(
        &self,
        code: &AgencyCode,
        certificate: &Certificate,
        until: Option<Timestamp>,
    ) -> Stored<OfficeCertificate> {
        let end = certificate.not_after();
        let bound = OfficeCertificate {
            office: code.clone(),
            fingerprint: certificate.fingerprint(),
            subject: certificate.subject().label(),
            begins_at: certificate.not_before(),
            ends_at: until.map_or(end, |until| until.min(end)),
            revoked_at: None,
        };
        if certificate.is_ca() {
            let why = "it is an authority's, whose certificates would not be the office's";
            return Err(ServerError::BadCertificate(why.into()));
        }
        if bound.ends_at <= now() {
            return Err(ServerError::BadCertificate(format!("it ended at {}", bound.ends_at)));
        }
        self.runtime.block_on(async {
            self.known(code).await?;
            match self.storage.bind_certificate(&bound).await? {
                true => Ok(bound),
                false => Err(ServerError::CertificateTaken(bound.fingerprint)),
            }
        })
    }

    /// Has a certificate speak for an office no more, from the next call on and for good.
    pub fn revoke_certificate(&self, code: &AgencyCode, fingerprint: &str) -> Stored<()> {
        // As other tools print it: with colons, in capitals.
        let fingerprint = fingerprint.replace(':', "").to_ascii_lowercase();
        match self.runtime.block_on(self.storage.revoke_certificate(code, &fingerprint, now()))? {
            true => Ok(()),
            false => Err(ServerError::UnknownCertificate { office: code.to_string(), fingerprint }),
        }
    }

    /// The certificates that were ever bound to an office, the one that ends last first.
    pub fn certificates(&self, code: &AgencyCode) -> Stored<Vec<OfficeCertificate>> {
        self.runtime.block_on(async {
            self.known(code).await?;
            self.storage.certificates(code).await
        })
    }

    /// What an office has sent, newest first.
    pub fn packets(&self, code: &AgencyCode, limit: u32) -> Stored<Vec<Sent>> {
        self.runtime.block_on(async {
            self.known(code).await?;
            let mut all = self.storage.outbox(code, OutboxKind::Document, 0, limit).await?;
            all.extend(self.storage.outbox(code, OutboxKind::Status, 0, limit).await?);
            all.sort_by_key(|sent| Reverse(sent.packet.id));
            all.truncate(limit as usize);
            Ok(all)
        })
    }

    /// What went to an office, newest first, with how far it has come there.
    pub fn packets_to(&self, code: &AgencyCode, limit: u32) -> Stored<Vec<Sent>> {
        self.runtime.block_on(async {
            self.known(code).await?;
            self.storage.received(code, limit).await
        })
    }

    /// One packet, and how far it has come at each recipient.
    pub fn packet(&self, id: Uuid) -> Stored<Sent> {
        let sent = self.runtime.block_on(self.storage.packet(id))?;
        sent.ok_or_else(|| ServerError::UnknownPacket(id.to_string()))
    }

    /// Looks through the chains of one office, or of all.
    pub fn verify_chains(&self, code: Option<&AgencyCode>) -> Stored<Vec<Chain>> {
        self.runtime.block_on(async {
            let codes: Vec<AgencyCode> = match code {
                Some(code) => {
                    self.known(code).await?;
                    vec![code.clone()]
                }
                None => {
                    let all = self.storage.agencies(0).await?.agencies;
                    all.into_iter().map(|agency| agency.code).collect()
                }
            };
            let mut chains = Vec::with_capacity(codes.len());
            for code in codes {
                chains.push(chain::verify(self.storage.as_ref(), code).await?);
            }
            Ok(chains)
        })
    }

    /// Gives up what has grown old: packets given up, files removed. Bytes lie for `grace`
    /// before they are removed; less than the server's own day is only for when none runs.
    /// What was kept and never accepted is doomed with it, and removed `grace` later.
    pub fn clear_old(
        &self,
        site: &Site,
        retention: Retention,
        grace: Option<SignedDuration>,
    ) -> Stored<(u64, u64)> {
        let storage = self.storage.as_ref();
        self.runtime.block_on(async {
            let blobs = site.blobs(storage).await?;
            let grace = grace.unwrap_or(house::GRACE);
            let cleared = house::clear(storage, &blobs, retention.at(now()), grace).await?;
            house::search(storage, &blobs, 0..=u8::MAX, grace).await?;
            Ok(cleared)
        })
    }

    async fn known(&self, code: &AgencyCode) -> Stored<()> {
        let office = self.storage.office(code).await?;
        office.map(drop).ok_or_else(|| ServerError::UnknownOffice(code.to_string()))
    }
}

/// An office as the administrator sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub agency: Agency,
    pub is_disabled: bool,
    pub quota: Quota,
    /// When each of its keys ends, the newest first; `None` for one without an end.
    pub keys: Vec<Option<Timestamp>>,
    /// How many certificates speak for it now.
    pub certificates: usize,
}

/// The day that it is in the offices.
fn today() -> Date {
    calendar::local(now()).date()
}

fn strong(secret: &Pin) -> Stored<()> {
    if secret.reveal().len() < MIN_SECRET {
        return Err(ServerError::WeakSecret { least: MIN_SECRET });
    }
    Ok(())
}

fn sealed(key: &ServerKey, code: &AgencyCode, secret: &Pin) -> Stored<OfficeKey> {
    let sealed = key.seal(code, secret)?;
    Ok(OfficeKey { id: Uuid::now_v7(), sealed, made_at: now(), ends_at: None })
}

/// See [`Registry::put`].
pub(super) async fn put(
    storage: &Arc<dyn Storage>,
    key: &ServerKey,
    account: &Account,
) -> Stored<()> {
    let code = &account.agency.code;
    account.secret.as_ref().map(strong).transpose()?;
    let agency = |known: Vec<Option<Agency>>| {
        let known = known.into_iter().next().flatten();
        let entry = account.agency.clone();
        Ok(vec![match known {
            Some(known) => entry.after(&known),
            None => entry,
        }])
    };
    storage.change_agencies(std::slice::from_ref(code), &agency).await?;
    let Some(secret) = &account.secret else { return Ok(()) };
    // Sealing is randomised: the same secret again must not count as a change.
    if let [known] = storage.keys(code, now()).await?.as_slice()
        && known.ends_at.is_none()
        && key.open(code, &known.sealed)?.reveal() == secret.reveal()
    {
        return Ok(());
    }
    let fresh = sealed(key, code, secret)?;
    storage.give_key(code, &fresh, fresh.made_at).await
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Registry").finish_non_exhaustive()
    }
}
