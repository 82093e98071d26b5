//! One connection to one card: transactions that always end, time limits that always hold.
//!
//! PC/SC calls block for as long as another program or a driver likes. So every piece of
//! work runs on a thread of its own, and the caller waits a stated time: for the
//! transaction to begin, else the card is *busy*; for the work to end, else it does *not
//! answer*. Work that was given up before its transaction began is not done at all.
//!
//! Another program may reset the card between two transactions, and its rights and
//! selected application are gone. Then the work is done again from the start, unless the
//! reset came while a PIN was on its way: whether that cost a try cannot be known.

use std::ffi::CString;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread;
use std::time::{Duration, Instant};

use pcsc::{Card, Disposition, Protocols, ShareMode, Transaction};

use super::apdu::{Format, Wire, room};
use super::readers::{self, establish};
use super::{Failure, atr};
use crate::token::TokenError;

/// How long another program may hold the card before we give up.
const BUSY_LIMIT: Duration = Duration::from_secs(5);
/// How long one piece of work may take: the slowest cards need seconds for RSA 4096.
const WORK_LIMIT: Duration = Duration::from_secs(60);
/// How long PC/SC may take to notice that a card is gone.
const REMOVAL_LIMIT: Duration = Duration::from_millis(1500);
/// How often work is done again after a reset by another program.
const ATTEMPTS: u32 = 3;

/// A connection to the card in one reader.
pub struct Channel {
    reader: String,
    atr: Vec<u8>,
    format: Format,
    /// The card, or how it was lost.
    card: Result<Card, TokenError>,
}

impl Channel {
    /// Connects to the card, shared with other programs.
    pub fn open(reader: &str) -> Result<Self, TokenError> {
        let name =
            CString::new(reader).map_err(|_| TokenError::NoReader { reader: reader.to_owned() })?;
        let (card, atr, t0) = within(BUSY_LIMIT, move || {
            let context = establish()?;
            let error = |error| connection_error(error, &name);
            let card = context.connect(&name, ShareMode::Shared, Protocols::ANY).map_err(error)?;
            let status = card.status2_owned().map_err(error)?;
            let t0 = status.protocol2() == Some(pcsc::Protocol::T0);
            Ok((card, status.atr().to_vec(), t0))
        })?;
        let format = Format { t0, extended: !t0 && atr::announces_extended_length(&atr) };
        Ok(Self { reader: reader.to_owned(), atr, format, card: Ok(card) })
    }

    pub fn reader(&self) -> &str {
        &self.reader
    }

    pub fn atr(&self) -> &[u8] {
        &self.atr
    }

    pub const fn format(&self) -> Format {
        self.format
    }

    /// Falls back to short commands, for readers that do not carry extended ones.
    pub const fn keep_short(&mut self) {
        self.format.extended = false;
    }

    /// Does `job` within one transaction. `job` is done again from its start when another
    /// program has reset the card; it must begin by selecting its application.
    pub fn run<T: Send + 'static>(
        &mut self,
        mut job: impl FnMut(&mut dyn Wire) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, TokenError> {
        let mut card = std::mem::replace(&mut self.card, Err(TokenError::NotAnswering))?;
        let format = self.format;
        // Without room in the channel, a message is delivered only to somebody who waits.
        let (tell, hear) = sync_channel(0);
        spawn(move || {
            let result = attempt(&mut card, format, &mut job, &tell);
            drop(job);
            // Nobody waits any more: the card is dropped here, and so disconnected.
            let _ = tell.send(Stage::Done(card, result));
        })?;
        let done = match hear.recv_timeout(BUSY_LIMIT) {
            Ok(Stage::Begun) => hear.recv_timeout(WORK_LIMIT),
            Err(RecvTimeoutError::Timeout) => {
                self.card = Err(TokenError::Busy);
                return Err(TokenError::Busy);
            }
            other => other,
        };
        let result = match done {
            Ok(Stage::Done(card, result)) => {
                self.card = Ok(card);
                result
            }
            Ok(Stage::Begun) | Err(RecvTimeoutError::Timeout) => {
                return Err(TokenError::NotAnswering);
            }
            Err(RecvTimeoutError::Disconnected) => Err(Failure::Lost("driver".to_owned())),
        };
        result.map_err(|failure| self.explain(failure))
    }

    /// What a failure means, after a look at reader and service where it does not say.
    fn explain(&mut self, failure: Failure) -> TokenError {
        let code = match failure {
            Failure::Token(error) => return error,
            Failure::Reset => return TokenError::Busy,
            Failure::Lost(code) => code,
        };
        let started = Instant::now();
        let error = loop {
            match readers::reader(&self.reader) {
                Ok(reader) if reader.atr.is_none() => break TokenError::Removed,
                Ok(_) if started.elapsed() > REMOVAL_LIMIT => break TokenError::Device { code },
                Ok(_) => thread::sleep(Duration::from_millis(50)),
                Err(error) => break error,
            }
        };
        self.card = Err(error.clone());
        error
    }

    /// Ends the connection; with a reset, what the PIN opened is closed for everybody.
    pub fn close(&mut self, reset: bool) {
        if let Ok(card) = std::mem::replace(&mut self.card, Err(TokenError::Removed)) {
            let disposition = if reset { Disposition::ResetCard } else { Disposition::LeaveCard };
            if let Err((card, error)) = card.disconnect(disposition) {
                // Dropping tries once more, with a reset; a handle that is dead stays dead.
                tracing::debug!(?error, "disconnecting from the card failed");
                drop(card);
            }
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close(false);
    }
}

enum Stage<T> {
    /// The transaction has begun.
    Begun,
    Done(Card, Result<T, Failure>),
}

fn attempt<T>(
    card: &mut Card,
    format: Format,
    job: &mut impl FnMut(&mut dyn Wire) -> Result<T, Failure>,
    tell: &SyncSender<Stage<T>>,
) -> Result<T, Failure> {
    let mut told = false;
    for _ in 0..ATTEMPTS {
        match card.transaction() {
            Ok(transaction) => {
                if !told && tell.send(Stage::Begun).is_err() {
                    return Err(Failure::Token(TokenError::Busy));
                }
                told = true;
                let result = job(&mut Line { transaction: &transaction, format });
                // Other programs get the card back in any case; its rights are taken away
                // when the token is dropped, so that a batch need not wait for resets.
                if let Err((transaction, error)) = transaction.end(Disposition::LeaveCard) {
                    tracing::debug!(?error, "ending the transaction failed");
                    drop(transaction);
                }
                match result {
                    Err(Failure::Reset) => {}
                    result => return result,
                }
            }
            Err(pcsc::Error::ResetCard) => {}
            Err(error) => return Err(failure(error)),
        }
        tracing::debug!("another program has reset the card; doing the work again");
        card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)
            .map_err(failure)?;
    }
    Err(Failure::Reset)
}

/// A transaction as a [`Wire`].
struct Line<'a, 'tx> {
    transaction: &'a Transaction<'tx>,
    format: Format,
}

impl Wire for Line<'_, '_> {
    fn exchange(
        &mut self,
        apdu: &[u8],
        secret: bool,
        costs_a_try: bool,
    ) -> Result<Vec<u8>, Failure> {
        let shown = if secret { apdu.get(..4).unwrap_or_default() } else { apdu };
        tracing::trace!(command = %hex::encode_upper(shown), withheld = secret, "to the card");
        let mut buffer = vec![0; room(self.format)];
        match self.transaction.transmit(apdu, &mut buffer) {
            Ok(answer) => {
                tracing::trace!(answer = %hex::encode_upper(answer), "from the card");
                Ok(answer.to_vec())
            }
            Err(error) => {
                tracing::debug!(?error, "the card did not take a command");
                match failure(error) {
                    Failure::Reset if costs_a_try && error == pcsc::Error::ResetCard => {
                        let code = "reset while verifying the PIN".to_owned();
                        Err(Failure::Token(TokenError::Device { code }))
                    }
                    failure => Err(failure),
                }
            }
        }
    }

    fn format(&self) -> Format {
        self.format
    }
}

/// What a PC/SC error in the middle of work means.
fn failure(error: pcsc::Error) -> Failure {
    use pcsc::Error as E;
    match error {
        // After another program's reset the protocol is to be agreed anew; until then
        // nothing is sent.
        E::ResetCard | E::ProtoMismatch => Failure::Reset,
        E::RemovedCard | E::NoSmartcard => Failure::Token(TokenError::Removed),
        E::SharingViolation => Failure::Token(TokenError::Busy),
        E::NoService | E::ServiceStopped | E::Shutdown => Failure::Token(TokenError::NoService),
        E::Cancelled | E::CancelledByUser => Failure::Token(TokenError::Cancelled),
        // Drivers disagree about what a card pulled out, a reader gone and a service
        // stopped look like; a look at the reader tells.
        error => Failure::Lost(format!("PC/SC {error:?}")),
    }
}

/// What a PC/SC error on connecting means.
fn connection_error(error: pcsc::Error, reader: &std::ffi::CStr) -> TokenError {
    use pcsc::Error as E;
    let reader = || reader.to_string_lossy().into_owned();
    match error {
        E::NoSmartcard | E::RemovedCard => TokenError::NoCard { reader: reader() },
        E::UnknownReader | E::ReaderUnavailable | E::NoReadersAvailable => {
            TokenError::NoReader { reader: reader() }
        }
        E::UnresponsiveCard | E::UnpoweredCard | E::UnsupportedCard | E::ProtoMismatch => {
            TokenError::NotAnswering
        }
        error => match failure(error) {
            Failure::Token(error) => error,
            Failure::Reset => TokenError::Busy,
            Failure::Lost(code) => TokenError::Device { code },
        },
    }
}

/// Does `work` on a thread of its own; `Busy` if it is not done in time.
fn within<T: Send + 'static>(
    limit: Duration,
    work: impl FnOnce() -> Result<T, TokenError> + Send + 'static,
) -> Result<T, TokenError> {
    let (tell, hear) = sync_channel(1);
    spawn(move || {
        let _ = tell.send(work());
    })?;
    hear.recv_timeout(limit).unwrap_or_else(|error| {
        Err(match error {
            RecvTimeoutError::Timeout => TokenError::Busy,
            RecvTimeoutError::Disconnected => TokenError::Device { code: "driver".to_owned() },
        })
    })
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), TokenError> {
    thread::Builder::new()
        .name("card".to_owned())
        .spawn(work)
        .map(drop)
        .map_err(|error| TokenError::Device { code: error.to_string() })
}
