//! One window per data folder: a second start brings the first to the front.
//!
//! The first start listens on loopback and writes port and a random secret to
//! `desk.json`. A second start reads it, says the secret, and is done when the first
//! answers. A file left by a crash answers nobody and is replaced. This is courtesy, not
//! a lock: the store itself refuses a folder that another program has open.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use futures::channel::mpsc;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

const FILE: &str = "desk.json";
const ANSWER: &str = "raised";
/// Nobody honest needs longer on loopback.
const PATIENCE: Duration = Duration::from_secs(2);
/// A secret and a line break; more is not for us.
const LONGEST: u64 = 128;

/// What another process asks of the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Come to the front: somebody started the program once more.
    Raise,
    /// Leave: the demonstration that this window belongs to has ended.
    Leave,
}

/// What a start finds.
#[derive(Debug)]
pub enum Found {
    /// We are the first; keep the guard as long as the window lives.
    First(Guard, mpsc::Receiver<Call>),
    /// Another window has this folder and has come to the front.
    Another,
}

#[derive(Debug, Serialize, Deserialize)]
struct Address {
    port: u16,
    secret: String,
}

/// Takes the place of the first, or rings at the first.
pub fn arrive(data_dir: &Path) -> io::Result<Found> {
    if ring(data_dir) {
        return Ok(Found::Another);
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = Address {
        port: listener.local_addr()?.port(),
        secret: Uuid::new_v4().simple().to_string(),
    };
    let file = data_dir.join(FILE);
    write_private(&file, &serde_json::to_vec(&address)?)?;

    let (sender, receiver) = mpsc::channel(4);
    let closed = Arc::new(AtomicBool::new(false));
    let guard = Guard { file, port: address.port, closed: Arc::clone(&closed) };
    thread::Builder::new()
        .name("instance".to_owned())
        .spawn(move || listen(&listener, &address.secret, sender, &closed))?;
    Ok(Found::First(guard, receiver))
}

/// Ends the listening and removes the file when dropped.
#[derive(Debug)]
pub struct Guard {
    file: PathBuf,
    port: u16,
    closed: Arc<AtomicBool>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.closed.store(true, Ordering::Release);
        // Wakes the listener, which then sees that it is over.
        let _woken = connect(self.port);
        if let Err(error) = fs::remove_file(&self.file) {
            tracing::debug!(%error, "desk.json was gone already");
        }
    }
}

fn listen(
    listener: &TcpListener,
    secret: &str,
    mut raised: mpsc::Sender<Call>,
    closed: &AtomicBool,
) {
    for stream in listener.incoming() {
        if closed.load(Ordering::Acquire) {
            return;
        }
        let heard = stream.and_then(|stream| hear(stream, secret));
        match heard {
            // A full channel means that the window is being raised already.
            Ok(true) => drop(raised.try_send(Call::Raise)),
            Ok(false) => tracing::warn!("somebody knocked without the secret"),
            Err(error) => tracing::debug!(%error, "a knock broke off"),
        }
    }
}

fn hear(stream: TcpStream, secret: &str) -> io::Result<bool> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut said = String::new();
    let _read = BufReader::new((&stream).take(LONGEST)).read_line(&mut said)?;
    let known = said.trim_end() == secret;
    if known {
        (&stream).write_all(ANSWER.as_bytes())?;
    }
    Ok(known)
}

/// Whether a window answered. Every failure means no: the caller then becomes the first.
fn ring(data_dir: &Path) -> bool {
    let asked = || -> io::Result<bool> {
        let address: Address = serde_json::from_slice(&fs::read(data_dir.join(FILE))?)?;
        let mut stream = connect(address.port)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        writeln!(stream, "{}", address.secret)?;
        let mut answer = String::new();
        let _read = stream.take(LONGEST).read_to_string(&mut answer)?;
        Ok(answer == ANSWER)
    };
    asked().unwrap_or(false)
}

fn connect(port: u16) -> io::Result<TcpStream> {
    TcpStream::connect_timeout(&SocketAddr::from((Ipv4Addr::LOCALHOST, port)), PATIENCE)
}

/// Only the user may read the secret; on Windows the profile folder's rights see to that.
fn write_private(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut options = fs::OpenOptions::new();
    let _chain = options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        let _chain = options.mode(0o600);
    }
    options.open(file)?.write_all(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_start_raises_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let Found::First(guard, mut raised) = arrive(dir.path()).unwrap() else {
            panic!("the folder is new");
        };
        assert!(raised.try_recv().is_err(), "nobody has knocked yet");
        assert!(matches!(arrive(dir.path()).unwrap(), Found::Another));
        // The answer is sent just before the window is told.
        for _ in 0..200 {
            if let Ok(call) = raised.try_recv() {
                assert_eq!(call, Call::Raise);
                drop(guard);
                assert!(!dir.path().join(FILE).exists());
                assert!(matches!(arrive(dir.path()).unwrap(), Found::First(..)));
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        panic!("the first was not told");
    }

    #[test]
    fn a_stranger_without_the_secret_raises_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let Found::First(guard, mut raised) = arrive(dir.path()).unwrap() else {
            panic!("the folder is new");
        };
        let mut stream = connect(guard.port).unwrap();
        stream.write_all(b"let me in\n").unwrap();
        let mut answer = String::new();
        let _read = stream.read_to_string(&mut answer);
        assert_eq!(answer, "");
        assert!(raised.try_recv().is_err());
    }

    #[test]
    fn a_file_left_by_a_crash_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        for left in ["", "{\"port\":1,\"secret\":\"x\"}", "not json"] {
            fs::write(dir.path().join(FILE), left).unwrap();
            assert!(matches!(arrive(dir.path()).unwrap(), Found::First(..)), "{left:?}");
        }
    }
}
