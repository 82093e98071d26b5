//! One helper as the desk sees it.

use std::io::{self, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use super::wire::{self, Answer, Frame, Request};
use crate::token::{Pin, TokenError};

/// What a module may print to standard output between two answers.
const MAX_NOISE: usize = 64 * 1024;
/// How long a helper that is no longer needed may take to end in good order.
const LEAVE: Duration = Duration::from_millis(1500);

/// Why a helper can be asked no more.
#[derive(Debug)]
pub enum Fault {
    /// The process ended by itself.
    Crashed(String),
    /// No answer in time.
    Hung,
    /// An answer that cannot be understood.
    Nonsense(String),
}

impl Fault {
    /// The same for people, about the module at `path`.
    pub fn about(self, path: &Path) -> TokenError {
        let path = path.to_owned();
        match self {
            Self::Crashed(cause) => TokenError::ModuleCrashed { path, cause },
            Self::Hung => TokenError::ModuleHung { path },
            Self::Nonsense(cause) => TokenError::ModuleNonsense { path, cause },
        }
    }
}

/// A running helper. Dropping it ends the process.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// `None` once the helper has been told to leave.
    input: Option<ChildStdin>,
    answers: Receiver<io::Result<Frame>>,
    last: u32,
}

impl Process {
    /// Starts `program` as the helper for `module` and makes sure that both speak alike.
    pub fn start(program: &Path, module: &Path, patience: Duration) -> Result<Self, TokenError> {
        let failed = |cause: String| TokenError::NoHelper { cause };
        let broken = |error: io::Error| failed(format!("{}: {error}", program.display()));
        let mut command = Command::new(program);
        command
            .arg(super::WORD)
            .arg(module)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            // A vendor's module may print anything there, a PIN too.
            .stderr(Stdio::null())
            // Foreign code is going to run there.
            .env_remove("VANTHU_PASSWORD");
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt as _;
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            command.creation_flags(CREATE_NO_WINDOW);
        }
        let mut child = command.spawn().map_err(broken)?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let (answered, answers) = mpsc::channel();
        let mut process = Self { child, input, answers, last: 0 };
        let output = output.ok_or_else(|| failed("no standard output".to_owned()))?;
        thread::Builder::new()
            .name("token-host".to_owned())
            .spawn(move || hear(output, &answered))
            .map_err(broken)?;
        match process.ask(&Request::Hello { version: wire::VERSION }, &[], patience) {
            Ok(Answer::Hello { version: wire::VERSION }) => Ok(process),
            Ok(answer) => Err(failed(format!("another version: {answer:?}"))),
            Err(fault) => Err(failed(format!("{}: {fault:?}", program.display()))),
        }
    }

    /// One question and its answer. After a fault the helper is gone.
    pub fn ask(
        &mut self,
        request: &Request,
        pins: &[&Pin],
        patience: Duration,
    ) -> Result<Answer, Fault> {
        self.last = self.last.wrapping_add(1);
        let input = self.input.as_mut().ok_or(Fault::Hung)?;
        let heard = match wire::write(input, self.last, request, pins) {
            // Questions are smaller than any pipe, so this never waits for the helper.
            Ok(()) => self.answers.recv_timeout(patience),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                return Err(Fault::Nonsense(error.to_string()));
            }
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let fault = match heard {
            Ok(Ok(frame)) if frame.number == self.last => match frame.say() {
                Ok(answer) => return Ok(answer),
                Err(error) => Fault::Nonsense(error.to_string()),
            },
            Ok(Ok(frame)) => Fault::Nonsense(format!("an answer to question {}", frame.number)),
            Ok(Err(error)) => Fault::Nonsense(error.to_string()),
            Err(RecvTimeoutError::Timeout) => Fault::Hung,
            Err(RecvTimeoutError::Disconnected) => Fault::Crashed(self.how_it_ended()),
        };
        self.kill();
        Err(fault)
    }

    /// Its streams are closed; its end is a matter of moments.
    fn how_it_ended(&mut self) -> String {
        self.wait_until(Instant::now() + LEAVE)
            .map_or_else(|| "its streams are closed".to_owned(), |status| status.to_string())
    }

    fn wait_until(&mut self, end: Instant) -> Option<ExitStatus> {
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) if Instant::now() < end => thread::sleep(Duration::from_millis(5)),
                Ok(None) | Err(_) => return None,
            }
        }
    }

    fn kill(&mut self) {
        self.input = None;
        let _ = self.child.kill();
        // Killed, it leaves a moment later, unless the kernel itself waits for a device: then
        // the program that starts us takes care of it.
        self.wait_until(Instant::now() + LEAVE);
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Without its input it logs out, finalizes the module and ends.
        if let Some(mut input) = self.input.take() {
            let _ = input.flush();
        }
        if self.wait_until(Instant::now() + LEAVE).is_none() {
            self.kill();
        }
    }
}

/// Reads answers as they come, so that waiting for one can have an end.
fn hear(mut output: ChildStdout, answered: &mpsc::Sender<io::Result<Frame>>) {
    while let Some(heard) = wire::read(&mut output, MAX_NOISE).transpose() {
        let last = heard.is_err();
        if answered.send(heard).is_err() || last {
            return;
        }
    }
}
