//! One helper per module, started when needed, used in turn and ended when nobody has used
//! it for a while.
//!
//! Whoever opens a token holds a [`Lease`] on the helper that opened it. A helper that died
//! takes its leases along: they answer with what happened, and a new lease gets a new
//! helper, so nothing of one owner's login ever reaches another.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, LazyLock, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::process::{Fault, Process};
use super::wire::{Answer, Handle, Request};
use super::{patience, program};
use crate::token::{Pin, TokenError};

static HOSTS: LazyLock<Mutex<HashMap<PathBuf, Arc<Host>>>> = LazyLock::new(Mutex::default);

/// The helper of the module at `path`; nothing is started yet.
pub fn host(path: &Path) -> Result<Arc<Host>, TokenError> {
    let missing = || TokenError::ModuleMissing { path: path.to_owned() };
    let real = path.canonicalize().map_err(|_| missing())?;
    if !real.is_file() {
        return Err(missing());
    }
    let mut hosts = lock(&HOSTS);
    Ok(Arc::clone(hosts.entry(real.clone()).or_insert_with(|| Arc::new(Host::new(real)))))
}

/// Ends every helper that is not at work; open tokens are lost.
pub fn end_all() {
    let hosts: Vec<Arc<Host>> = lock(&HOSTS).values().map(Arc::clone).collect();
    for host in hosts {
        let process = lock(&host.state).take();
        drop(process);
    }
}

/// A module and its helper, if one runs.
#[derive(Debug)]
pub struct Host {
    path: PathBuf,
    state: Mutex<State>,
    free: Condvar,
}

#[derive(Debug)]
struct State {
    process: Option<Process>,
    /// Somebody has taken the process to ask it.
    busy: bool,
    /// Counts the helpers started, so that a lease knows its own.
    generation: u64,
    /// Tokens open in the helper.
    open: usize,
    /// Tokens to close before anything else is asked.
    closing: Vec<Handle>,
    used: Instant,
    /// What ended the helper of which generation.
    fault: Option<(u64, TokenError)>,
}

impl State {
    /// Takes the process away for good.
    fn take(&mut self) -> Option<Process> {
        self.open = 0;
        self.closing.clear();
        self.process.take()
    }

    /// Why nothing more can be asked of a helper of this generation.
    fn fate_of(&self, generation: u64) -> TokenError {
        match &self.fault {
            Some((of, fault)) if *of == generation => fault.clone(),
            _ => TokenError::Removed,
        }
    }

    fn idle_for(&self, idle: Duration) -> bool {
        !self.busy && self.open == 0 && self.used.elapsed() >= idle
    }
}

/// A token opened in a helper; dropping it closes the token.
#[derive(Debug)]
pub struct Lease {
    host: Arc<Host>,
    generation: u64,
    handle: Handle,
}

impl Lease {
    pub fn handle(&self) -> Handle {
        self.handle
    }

    pub fn ask(
        &self,
        request: &Request,
        pins: &[&Pin],
        patience: Duration,
    ) -> Result<Answer, TokenError> {
        self.host.turn(Some(self.generation), request, pins, patience).map(|(answer, _)| answer)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let mut state = lock(&self.host.state);
        if state.generation == self.generation {
            state.open = state.open.saturating_sub(1);
            state.closing.push(self.handle);
            if !state.busy {
                let process = state.process.take();
                state.busy = true;
                drop(state);
                self.host.give_back(process);
            }
        }
    }
}

impl Host {
    fn new(path: PathBuf) -> Self {
        let state = State {
            process: None,
            busy: false,
            generation: 0,
            open: 0,
            closing: Vec::new(),
            used: Instant::now(),
            fault: None,
        };
        Self { path, state: Mutex::new(state), free: Condvar::new() }
    }

    /// Asks what does not need an open token, and may be asked twice.
    pub fn ask(
        self: &Arc<Self>,
        request: &Request,
        patience: Duration,
    ) -> Result<Answer, TokenError> {
        self.turn(None, request, &[], patience).map(|(answer, _)| answer)
    }

    /// Opens a token: its lease, its label, and whether the PIN is typed on the reader.
    pub fn open(
        self: &Arc<Self>,
        token: &str,
        patience: Duration,
    ) -> Result<(Lease, String, bool), TokenError> {
        let request = Request::Open { token: token.to_owned() };
        match self.turn(None, &request, &[], patience)? {
            (Answer::Opened { token: handle, label, pad }, generation) => {
                let lease = Lease { host: Arc::clone(self), generation, handle };
                Ok((lease, label, pad))
            }
            (answer, _) => Err(self.nonsense(&answer)),
        }
    }

    /// The error for an answer that does not fit its question.
    pub fn nonsense(&self, answer: &Answer) -> TokenError {
        // Not the answer itself: it may be a signature, or a megabyte of anything.
        let kind = match answer {
            Answer::Hello { .. } => "hello",
            Answer::Tokens(_) => "tokens",
            Answer::Opened { .. } => "opened",
            Answer::Certificates(_) => "certificates",
            Answer::PinState(_) => "PIN state",
            Answer::Told(_) => "told",
            Answer::Signature(_) => "signature",
            Answer::Done => "done",
            Answer::Failed(_) => "failed",
        };
        Fault::Nonsense(format!("the answer is of another kind: {kind}")).about(&self.path)
    }

    /// One question in this module's helper, which is started where there is none; with
    /// `lease`, only in the helper of that generation.
    fn turn(
        self: &Arc<Self>,
        lease: Option<u64>,
        request: &Request,
        pins: &[&Pin],
        time: Duration,
    ) -> Result<(Answer, u64), TokenError> {
        let state = lock(&self.state);
        let (mut state, timeout) = self
            .free
            .wait_timeout_while(state, time, |state| state.busy)
            .unwrap_or_else(PoisonError::into_inner);
        if timeout.timed_out() && state.busy {
            return Err(TokenError::Busy);
        }
        if let Some(lease) = lease
            && (lease != state.generation || state.process.is_none())
        {
            return Err(state.fate_of(lease));
        }
        state.busy = true;
        let mut turn = Turn { host: self, process: state.process.take() };
        drop(state);

        // A helper that died in its sleep says so only when it is asked. What needs no lease
        // may be asked again.
        let mut asleep = turn.process.is_some() && lease.is_none();
        loop {
            let process = match &mut turn.process {
                Some(process) => process,
                None => turn.process.insert(self.start()?),
            };
            let fault = match process.ask(request, pins, time) {
                Ok(Answer::Failed(error)) => return Err(error),
                Ok(answer) => {
                    let mut state = lock(&self.state);
                    if matches!(answer, Answer::Opened { .. }) {
                        state.open += 1;
                    }
                    return Ok((answer, state.generation));
                }
                Err(fault) => fault,
            };
            turn.process = None;
            let again = matches!(fault, Fault::Crashed(_)) && std::mem::take(&mut asleep);
            let error = fault.about(&self.path);
            tracing::warn!(%error, "a PKCS#11 helper is gone");
            let mut state = lock(&self.state);
            state.fault = Some((state.generation, error.clone()));
            if !again {
                return Err(error);
            }
        }
    }

    /// Starts a helper of a new generation.
    fn start(self: &Arc<Self>) -> Result<Process, TokenError> {
        let program =
            program().ok_or_else(|| TokenError::NoHelper { cause: "no program".to_owned() })?;
        let process = Process::start(&program, &self.path, patience().start)?;
        let mut state = lock(&self.state);
        state.take();
        state.generation += 1;
        let (host, generation) = (Arc::clone(self), state.generation);
        drop(state);
        // Without this thread the helper merely lives as long as the program.
        let _ = thread::Builder::new()
            .name("token-host-idle".to_owned())
            .spawn(move || host.retire(generation));
        Ok(process)
    }

    /// Closes what has been dropped meanwhile, then leaves the helper to the next.
    fn give_back(&self, mut process: Option<Process>) {
        loop {
            let mut state = lock(&self.state);
            match (&mut process, state.closing.pop()) {
                (Some(running), Some(token)) => {
                    drop(state);
                    if running.ask(&Request::Close { token }, &[], patience().list).is_err() {
                        process = None;
                    }
                }
                (running, _) => {
                    if running.is_none() {
                        state.take();
                    }
                    state.process = process;
                    state.busy = false;
                    state.used = Instant::now();
                    self.free.notify_one();
                    return;
                }
            }
        }
    }

    /// Ends the helper of this generation when it has not been used for a while.
    fn retire(self: Arc<Self>, generation: u64) {
        loop {
            let idle = patience().idle;
            thread::sleep(idle.min(Duration::from_secs(5)).max(Duration::from_millis(50)));
            let mut state = lock(&self.state);
            if state.generation != generation || (state.process.is_none() && !state.busy) {
                return;
            }
            if state.idle_for(idle) {
                let process = state.take();
                drop(state);
                drop(process);
                return;
            }
        }
    }
}

/// The right to ask a helper; given back when dropped.
struct Turn<'a> {
    host: &'a Arc<Host>,
    process: Option<Process>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.host.give_back(self.process.take());
    }
}

/// What these locks guard is whole after every statement, so a panic elsewhere is no reason
/// to refuse all tokens from then on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
