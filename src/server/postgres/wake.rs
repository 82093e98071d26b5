//! Word between instances that something lies in a mailbox.
//!
//! It travels by `NOTIFY`, but not within the transaction that delivers: PostgreSQL lets
//! transactions that notify commit one at a time. Here it follows the commit by a few
//! milliseconds, many mailboxes in one message. What is lost on the way (an instance dies
//! between the two, a connection breaks) is found by looking at the mailboxes that somebody
//! waits at, from time to time; where the engine knows no `LISTEN`, often.

use std::collections::{BTreeSet, HashMap};
use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::join;
use tokio::sync::{Mutex, Notify, mpsc};
use tokio::time::{sleep, timeout};
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{AsyncMessage, NoTls, Socket};

use super::schema::lacking;
use super::{Fault, Postgres, execute, get, rows, texts, unsigned};
use crate::domain::agency::AgencyCode;
use crate::server::bell::Bell;

const CHANNEL: &str = "vanthu_mailbox";
/// Word is gathered for so long before it goes out.
const GATHER: Duration = Duration::from_millis(3);
/// Bytes of a message at most; PostgreSQL takes 8,000.
const MESSAGE: usize = 7_000;
/// How often mailboxes are looked at when word comes, and when it does not.
const NOW_AND_THEN: Duration = Duration::from_secs(15);
const OFTEN: Duration = Duration::from_secs(1);
/// Between two attempts to listen.
const AGAIN: Duration = Duration::from_secs(2);

/// Mailboxes of which the others have not been told yet.
pub(super) struct Announcer {
    put: mpsc::UnboundedSender<AgencyCode>,
    taken: Mutex<mpsc::UnboundedReceiver<AgencyCode>>,
    listening: AtomicBool,
    look: Notify,
}

impl Default for Announcer {
    fn default() -> Self {
        let (put, taken) = mpsc::unbounded_channel();
        Self {
            put,
            taken: Mutex::new(taken),
            listening: AtomicBool::new(false),
            look: Notify::new(),
        }
    }
}

impl Announcer {
    fn pause(&self) -> Duration {
        if self.listening.load(Ordering::Relaxed) { NOW_AND_THEN } else { OFTEN }
    }

    pub(super) fn take(&self, to: &[AgencyCode]) {
        for code in to {
            // It fails only when the storage, which holds the other end, is gone.
            let _ = self.put.send(code.clone());
        }
    }
}

impl Postgres {
    /// Carries word both ways until it is dropped.
    pub(super) async fn carry(&self, bell: &Bell) {
        join!(self.tell(), self.listen(bell), self.look(bell));
    }

    async fn tell(&self) {
        let mut taken = self.announcer.taken.lock().await;
        while let Some(first) = taken.recv().await {
            sleep(GATHER).await;
            let mut codes = BTreeSet::from([first]);
            while let Ok(code) = taken.try_recv() {
                codes.insert(code);
            }
            for message in messages(&codes) {
                let told = async {
                    let client = self.client().await?;
                    execute(&client, "SELECT pg_notify($1, $2)", &[&CHANNEL, &message]).await
                };
                if let Err(fault) = told.await {
                    // The others look for themselves.
                    tracing::debug!(error = %fault.error, "the other instances were not told");
                }
            }
        }
    }

    async fn listen(&self, bell: &Bell) {
        loop {
            let ended = match &self.tls {
                Some(tls) => self.listen_over(tls.clone(), bell).await,
                None => self.listen_over(NoTls, bell).await,
            };
            self.announcer.listening.store(false, Ordering::Relaxed);
            self.announcer.look.notify_one();
            match ended {
                Err(Ended::Lacking) => {
                    tracing::warn!("the database knows no LISTEN; mailboxes are looked at often");
                    return;
                }
                Err(Ended::Broken(why)) => {
                    tracing::warn!(why, "not listening; mailboxes are looked at often");
                }
                Ok(never) => match never {},
            }
            sleep(AGAIN).await;
        }
    }

    /// A connection of its own, since those of the pool keep no messages.
    async fn listen_over<T>(&self, tls: T, bell: &Bell) -> Result<Infallible, Ended>
    where
        T: MakeTlsConnect<Socket>,
        T::Stream: Send + 'static,
    {
        let (client, mut connection) = self.config.connect(tls).await?;
        let (put, mut come) = mpsc::unbounded_channel();
        // Ends with the connection, which ends when its client is dropped.
        tokio::spawn(async move {
            while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await
            {
                if let AsyncMessage::Notification(message) = message
                    && put.send(message.payload().to_owned()).is_err()
                {
                    break;
                }
            }
        });
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        self.announcer.listening.store(true, Ordering::Relaxed);
        // What came while nobody listened.
        bell.ring_all();
        while let Some(message) = come.recv().await {
            let codes: Vec<AgencyCode> = message.lines().filter_map(AgencyCode::new).collect();
            bell.ring(&codes);
        }
        Err(Ended::Broken("the connection ended".into()))
    }

    /// Looks at the mailboxes at which somebody waits, and rings for those that have grown.
    async fn look(&self, bell: &Bell) {
        let mut known: HashMap<AgencyCode, u64> = HashMap::new();
        loop {
            let pause = self.announcer.pause();
            // Woken early when listening has ended.
            let _ = timeout(pause, self.announcer.look.notified()).await;
            let awaited = bell.awaited();
            if awaited.is_empty() {
                known.clear();
                continue;
            }
            match self.lasts(&awaited).await {
                Ok(now) => {
                    let grown =
                        |(code, last): &(&AgencyCode, &u64)| known.get(*code) != Some(*last);
                    bell.ring(now.iter().filter(grown).map(|(code, _)| code));
                    known = now;
                }
                Err(fault) => tracing::debug!(error = %fault.error, "mailboxes were not seen"),
            }
        }
    }

    async fn lasts(&self, awaited: &[AgencyCode]) -> Result<HashMap<AgencyCode, u64>, Fault> {
        let client = self.client().await?;
        let sql = "SELECT recipient, last FROM mailbox WHERE recipient = ANY($1)";
        let mut lasts = HashMap::new();
        for row in rows(&client, sql, &[&texts(awaited)]).await? {
            if let Some(code) = AgencyCode::new(&get::<String>(&row, 0)?) {
                lasts.insert(code, unsigned(&row, 1)?);
            }
        }
        Ok(lasts)
    }
}

enum Ended {
    Lacking,
    Broken(String),
}

impl From<tokio_postgres::Error> for Ended {
    fn from(error: tokio_postgres::Error) -> Self {
        if lacking(&error) {
            Self::Lacking
        } else {
            Self::Broken(Fault::from(error).error.to_string())
        }
    }
}

/// The codes as messages, one code a line.
fn messages(codes: &BTreeSet<AgencyCode>) -> Vec<String> {
    let mut messages = vec![String::new()];
    for code in codes {
        let full = |message: &String| message.len() + code.as_str().len() + 1 > MESSAGE;
        if messages.last().is_none_or(full) {
            messages.push(String::new());
        }
        if let Some(message) = messages.last_mut() {
            message.push_str(code.as_str());
            message.push('\n');
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_stay_within_what_the_database_takes() {
        let codes: BTreeSet<AgencyCode> =
            (0..1_000).map(|n| AgencyCode::new(&format!("000.00.{n}.H30")).unwrap()).collect();
        let messages = messages(&codes);
        assert!(messages.len() > 1 && messages.iter().all(|message| message.len() <= MESSAGE));
        let read: BTreeSet<AgencyCode> = messages
            .iter()
            .flat_map(|message| message.lines())
            .map(|line| AgencyCode::new(line).unwrap())
            .collect();
        assert_eq!(read, codes);
    }
}
