//! The demonstration's windows, each a process of its own, and how they end together.
//!
//! A window lives no longer than the demonstration: it holds the reading end of a pipe
//! whose other end closes when the demonstration ends, however it ends. The demonstration
//! in turn ends with its last window, or when it is asked to stop.

use std::io::{self, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use futures::channel::mpsc as calls;
use futures::stream::{self, BoxStream, StreamExt};
use vanthu::desk::instance::Call;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::i18n::Lang;

use crate::demo::{Demo, Member};

/// How often the windows are looked at.
const LOOK: Duration = Duration::from_millis(100);
/// What a window may take to close before it is ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a window for each of `members` and returns when all are closed. `stop` closes them.
pub fn show(
    demo: &Demo,
    members: &[Member],
    lang: Option<Lang>,
    stop: &Stop,
) -> Result<(), Problem> {
    let mut windows = Windows(Vec::new());
    for member in members {
        windows.0.push(open(demo, *member, lang).map_err(broken)?);
    }
    loop {
        let mut failed = None;
        windows.0.retain_mut(|window| match window.try_wait() {
            Ok(None) => true,
            Ok(Some(status)) if status.success() => false,
            Ok(Some(status)) => {
                failed = Some(broken(status));
                false
            }
            Err(error) => {
                failed = Some(broken(error));
                false
            }
        });
        match failed {
            Some(problem) => return Err(problem),
            None if windows.0.is_empty() => return Ok(()),
            None if stop.within(LOOK) => return Ok(()),
            None => {}
        }
    }
}

fn open(demo: &Demo, member: Member, lang: Option<Lang>) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["--demo-window", "--user", "vanthu", "--data-dir"]);
    command.arg(demo.data_dir(member)).stdin(Stdio::piped());
    if let Some(lang) = lang {
        command.args(["--lang", lang.tag()]);
    }
    command.spawn()
}

fn broken(cause: impl std::fmt::Display) -> Problem {
    Problem::new("desk-demo-window", Kind::Unavailable, Blame::Environment).because(cause)
}

/// The open windows. Dropping them closes them.
struct Windows(Vec<Child>);

impl Drop for Windows {
    fn drop(&mut self) {
        for window in &mut self.0 {
            drop(window.stdin.take());
        }
        let asked = Instant::now();
        for window in &mut self.0 {
            while let Ok(None) = window.try_wait() {
                if asked.elapsed() > PATIENCE {
                    drop(window.kill());
                }
                std::thread::sleep(LOOK / 4);
            }
        }
    }
}

/// In a window: calls it away when the demonstration has ended.
pub fn parent_ended() -> BoxStream<'static, Call> {
    let (mut sender, receiver) = calls::channel(1);
    let watch = move || {
        // Nothing is ever written; whatever ends the reading is the end.
        drop(io::stdin().lock().read(&mut [0]));
        drop(sender.try_send(Call::Leave));
    };
    match std::thread::Builder::new().name("demonstration".to_owned()).spawn(watch) {
        Ok(_) => receiver.boxed(),
        Err(error) => {
            tracing::warn!(%error, "the demonstration is not watched");
            stream::empty().boxed()
        }
    }
}

/// A wish of the system or the user that the demonstration end.
pub struct Stop(Receiver<()>);

impl Stop {
    /// Begins to listen for it.
    pub fn listen() -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let signal = {
            let _context = runtime.enter();
            signal()?
        };
        let (sender, receiver) = mpsc::channel();
        std::thread::Builder::new().name("stop".to_owned()).spawn(move || {
            runtime.block_on(signal);
            let _unheard = sender.send(());
        })?;
        Ok(Self(receiver))
    }

    /// Fails once it has come; asked between the steps of the preparation.
    pub fn not_yet(&self) -> Result<(), Problem> {
        if self.within(Duration::ZERO) {
            Err(Problem::new("desk-demo-stopped", Kind::No, Blame::Input))
        } else {
            Ok(())
        }
    }

    /// Whether it comes within `time`.
    fn within(&self, time: Duration) -> bool {
        // A listener that is gone has told it before.
        self.0.recv_timeout(time) != Err(RecvTimeoutError::Timeout)
    }
}

#[cfg(unix)]
fn signal() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    })
}

#[cfg(windows)]
fn signal() -> io::Result<impl Future<Output = ()> + Send> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
    })
}
