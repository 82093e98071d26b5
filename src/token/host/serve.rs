//! The helper's side: loads one module and answers, one question after the other on the
//! main thread, which some vendors' libraries insist on.
//!
//! It lives as long as its standard input. A thread of its own watches that, so that the
//! helper ends with the desk even while its module hangs.

use std::collections::HashMap;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::wire::{self, Answer, Frame, Handle, Request, Shared};
use crate::token::pkcs11::driver::{self, ModuleToken};
use crate::token::{KeyRef, Token, TokenError};

/// How long the module may take to end in good order once the desk has left.
const GRACE: Duration = Duration::from_secs(2);
/// More open tokens than anybody plugs in.
const MAX_OPEN: usize = 64;

/// Answers until standard input ends. The status of the process is returned.
pub fn serve(module: &Path) -> ExitCode {
    let (Ok(input), Ok(mut output)) = (own_input(), own_output()) else {
        return ExitCode::from(2);
    };
    quiet();
    let (asked, questions) = mpsc::channel();
    if thread::Builder::new().name("desk".to_owned()).spawn(|| listen(input, asked)).is_err() {
        return ExitCode::from(2);
    }
    let mut tokens = Tokens { module: module.to_owned(), open: HashMap::new(), last: 0 };
    for mut frame in questions {
        let answer = tokens.answer(&mut frame);
        if wire::write(&mut output, frame.number, &answer, &[]).is_err() {
            break;
        }
    }
    drop(tokens);
    driver::finalize();
    ExitCode::SUCCESS
}

/// Hands on what the desk asks, and ends the process when the desk has left.
fn listen(mut input: File, asked: mpsc::Sender<Frame>) {
    while let Ok(Some(frame)) = wire::read(&mut input, 0) {
        if asked.send(frame).is_err() {
            break;
        }
    }
    drop(asked);
    thread::sleep(GRACE);
    // Still here: the module hangs. It may hang once more in what it does at the exit.
    let last_resort = thread::Builder::new().spawn(|| {
        thread::sleep(GRACE);
        std::process::abort();
    });
    drop(last_resort);
    std::process::exit(0);
}

/// Standard input without the buffer of the standard library, where a PIN would stay.
fn own_input() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdin()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdin()).try_clone_to_owned();
    handle.map(File::from)
}

fn own_output() -> io::Result<File> {
    #[cfg(unix)]
    let handle = std::os::fd::AsFd::as_fd(&io::stdout()).try_clone_to_owned();
    #[cfg(windows)]
    let handle = std::os::windows::io::AsHandle::as_handle(&io::stdout()).try_clone_to_owned();
    handle.map(File::from)
}

/// A crash is told by the desk; Windows' own box about it would only keep the desk waiting.
#[allow(unsafe_code, reason = "no safe way to Windows' error mode")]
fn quiet() {
    #[cfg(windows)]
    {
        use windows_sys::Win32::System::Diagnostics::Debug::{
            SEM_FAILCRITICALERRORS, SEM_NOGPFAULTERRORBOX, SetErrorMode,
        };
        // SAFETY: takes flags, touches no memory of ours.
        unsafe { SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX) };
    }
}

/// The tokens that the desk has opened here.
struct Tokens {
    module: PathBuf,
    open: HashMap<Handle, ModuleToken>,
    last: Handle,
}

impl Tokens {
    fn answer(&mut self, frame: &mut Frame) -> Answer {
        // A question that cannot be read comes from a desk of another version.
        let unreadable = |error: io::Error| TokenError::NoHelper { cause: error.to_string() };
        frame
            .say::<Request>()
            .and_then(|request| Ok((request, frame.pins()?)))
            .map_err(unreadable)
            .and_then(|(request, [first, second])| match request {
                Request::Hello { .. } => Ok(Answer::Hello { version: wire::VERSION }),
                Request::List => driver::tokens(&self.module).map(Answer::Tokens),
                Request::Open { token } => self.open(&token),
                Request::Close { token } => {
                    self.open.remove(&token);
                    Ok(Answer::Done)
                }
                Request::Certificates { token } => {
                    let certificates = self.token(token)?.certificates()?.into_iter();
                    let shared = certificates.map(|one| Shared { key: one.key.0, der: one.der });
                    Ok(Answer::Certificates(shared.collect()))
                }
                Request::PinState { token } => self.token(token)?.pin_state().map(Answer::PinState),
                Request::Login { token } => self.token(token)?.login(&first).map(|()| Answer::Done),
                Request::LoginOnPad { token } => {
                    self.token(token)?.login_on_pad().map(|()| Answer::Done)
                }
                Request::ChangePin { token } => {
                    self.token(token)?.change_pin(&first, &second).map(|()| Answer::Done)
                }
                Request::WantsPinEveryTime { token, key } => {
                    Ok(Answer::Told(self.token(token)?.wants_pin_every_time(&KeyRef(key))))
                }
                Request::Sign { token, key, scheme, algorithm, digest } => self
                    .token(token)?
                    .sign_digest(&KeyRef(key), scheme, algorithm, &digest)
                    .map(Answer::Signature),
            })
            .unwrap_or_else(Answer::Failed)
    }

    fn open(&mut self, name: &str) -> Result<Answer, TokenError> {
        if self.open.len() >= MAX_OPEN {
            return Err(TokenError::Busy);
        }
        let token = ModuleToken::open(&self.module, name)?;
        self.last = self.last.wrapping_add(1);
        let answer =
            Answer::Opened { token: self.last, label: token.label(), pad: token.has_pad()? };
        self.open.insert(self.last, token);
        Ok(answer)
    }

    fn token(&mut self, handle: Handle) -> Result<&mut ModuleToken, TokenError> {
        self.open.get_mut(&handle).ok_or(TokenError::Removed)
    }
}
