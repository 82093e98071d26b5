//! A small TCP proxy that spoils connections in a stated way.
#![allow(dead_code, clippy::unwrap_used)] // not every area spoils in every way

use std::collections::{BTreeMap, VecDeque};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What happens to one connection. Bytes are counted over the connection's life; "up" is
/// from the office to the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    Pass,
    /// Cut both ways after so many bytes up.
    CutUp(u64),
    /// Cut both ways after so many bytes down.
    CutDown(u64),
    /// After so many bytes up, the answer is swallowed and the connection cut.
    LoseAnswer(u64),
    /// After so many bytes up (or down), nothing passes that way any more.
    HoldUp(u64),
    HoldDown(u64),
    /// Every piece is kept back for so many milliseconds.
    Late(u64),
    /// What the office sends passes in pieces of a few bytes, slowly at first.
    Drip,
    /// The server is not asked: the proxy answers with this status.
    Answer(u16),
    /// All that went up goes up once more on a connection of its own, afterwards.
    Twice,
    /// Where the line is encrypted, somebody who is not the server ends it.
    Stranger,
}

impl Fault {
    /// Its name alone.
    pub fn name(self) -> String {
        let told = format!("{self:?}");
        told.split('(').next().unwrap_or_default().to_owned()
    }
}

/// What the proxy ends TLS with where it speaks itself.
#[derive(Clone)]
pub struct Ending {
    /// As the server: for answers in its stead.
    pub server: Arc<rustls::ServerConfig>,
    /// With a certificate that nobody should believe.
    pub stranger: Arc<rustls::ServerConfig>,
}

pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    /// Connections go to each in turn.
    targets: Mutex<Vec<SocketAddr>>,
    faults: Mutex<VecDeque<Fault>>,
    /// How many connections each fault has struck.
    struck: Mutex<BTreeMap<String, u32>>,
    /// `None` where the line is not encrypted.
    ending: Option<Ending>,
    /// Callers who told the stranger something.
    deceived: AtomicU64,
    connections: AtomicU64,
    up: AtomicU64,
    down: AtomicU64,
    end: AtomicBool,
}

impl Proxy {
    pub fn before(target: SocketAddr) -> Self {
        Self::before_all(vec![target])
    }

    pub fn before_all(targets: Vec<SocketAddr>) -> Self {
        Self::with(targets, None)
    }

    pub fn with(targets: Vec<SocketAddr>, ending: Option<Ending>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            targets: Mutex::new(targets),
            faults: Mutex::default(),
            struck: Mutex::default(),
            ending,
            deceived: AtomicU64::new(0),
            connections: AtomicU64::new(0),
            up: AtomicU64::new(0),
            down: AtomicU64::new(0),
            end: AtomicBool::new(false),
        });
        let shared = Arc::clone(&state);
        thread::spawn(move || {
            for client in listener.incoming() {
                if shared.end.load(Ordering::SeqCst) {
                    break;
                }
                let Ok(client) = client else { continue };
                let count = shared.connections.fetch_add(1, Ordering::SeqCst);
                let fault = shared.faults.lock().unwrap().pop_front().unwrap_or(Fault::Pass);
                let target = {
                    let targets = shared.targets.lock().unwrap();
                    targets[usize::try_from(count).unwrap() % targets.len()]
                };
                if matches!(fault, Fault::Answer(_) | Fault::Stranger) {
                    shared.strike(fault);
                    let shared = Arc::clone(&shared);
                    thread::spawn(move || shared.speak(client, fault));
                    continue;
                }
                // Nobody behind the proxy: the connection just ends.
                let Ok(server) = TcpStream::connect(target) else { continue };
                carry(client, server, fault, &shared);
            }
        });
        Self { address, state }
    }

    pub fn url(&self) -> String {
        let scheme = if self.state.ending.is_some() { "https" } else { "http" };
        format!("{scheme}://{}", self.address)
    }

    /// How many connections each fault has struck: one that ended before its time was spared.
    pub fn struck(&self) -> BTreeMap<String, u32> {
        self.state.struck.lock().unwrap().clone()
    }

    /// How many callers have told something to who was not the server.
    pub fn deceived(&self) -> u64 {
        self.state.deceived.load(Ordering::SeqCst)
    }

    /// The next connections are spoiled like this, in order; those after them pass.
    pub fn spoil(&self, faults: impl IntoIterator<Item = Fault>) {
        let mut queue = self.state.faults.lock().unwrap();
        queue.clear();
        queue.extend(faults);
    }

    pub fn point_at(&self, target: SocketAddr) {
        *self.state.targets.lock().unwrap() = vec![target];
    }

    pub fn connections(&self) -> u64 {
        self.state.connections.load(Ordering::SeqCst)
    }

    pub fn up(&self) -> u64 {
        self.state.up.load(Ordering::SeqCst)
    }

    pub fn down(&self) -> u64 {
        self.state.down.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.state.end.store(true, Ordering::SeqCst);
        // Wakes the thread that accepts.
        let _ = TcpStream::connect(self.address);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

impl State {
    fn strike(&self, fault: Fault) {
        *self.struck.lock().unwrap().entry(fault.name()).or_default() += 1;
    }

    /// Speaks itself to a caller, over TLS where the line is encrypted.
    fn speak(&self, client: TcpStream, fault: Fault) {
        let _ = client.set_read_timeout(Some(Duration::from_secs(2)));
        let over = |config: &Arc<rustls::ServerConfig>, client| {
            let connection = rustls::ServerConnection::new(Arc::clone(config)).unwrap();
            rustls::StreamOwned::new(connection, client)
        };
        match (fault, &self.ending) {
            (Fault::Answer(status), Some(ending)) => answer(over(&ending.server, client), status),
            (Fault::Answer(status), None) => answer(client, status),
            (_, Some(ending)) => {
                let mut heard = [0; 1];
                if let Ok(1..) = over(&ending.stranger, client).read(&mut heard) {
                    self.deceived.fetch_add(1, Ordering::SeqCst);
                }
            }
            (_, None) => {}
        }
    }
}

/// Reads the head of a call and answers in the server's stead.
fn answer(mut client: impl Read + Write, status: u16) {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        match client.read(&mut buffer) {
            Ok(read @ 1..) => head.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    let body = "<html>upstream</html>";
    let retry = if status == 429 { "Retry-After: 1\r\n" } else { "" };
    let _ = write!(
        client,
        "HTTP/1.1 {status} Spoilt\r\nContent-Type: text/html\r\n{retry}Content-Length: {}\r\n\
         Connection: close\r\n\r\n{body}",
        body.len()
    );
    // What is still coming up is read, so that the answer is not lost to a reset.
    while let Ok(1..) = client.read(&mut buffer) {}
}

/// Sends once more what went up, and waits for the answer to end.
fn again(target: SocketAddr, bytes: &[u8]) {
    let Ok(mut server) = TcpStream::connect(target) else { return };
    let _ = server.set_read_timeout(Some(Duration::from_secs(2)));
    if server.write_all(bytes).is_ok() {
        let mut buffer = [0; 16 * 1024];
        while let Ok(1..) = server.read(&mut buffer) {}
    }
}

fn carry(client: TcpStream, server: TcpStream, fault: Fault, state: &Arc<State>) {
    let sent_up = Arc::new(AtomicU64::new(0));
    for (way, from, to) in [
        (Way::Up, client.try_clone().unwrap(), server.try_clone().unwrap()),
        (Way::Down, server, client),
    ] {
        let (state, sent_up) = (Arc::clone(state), Arc::clone(&sent_up));
        thread::spawn(move || pump(way, from, to, fault, &state, &sent_up));
    }
}

fn pump(
    way: Way,
    mut from: TcpStream,
    mut to: TcpStream,
    fault: Fault,
    state: &State,
    sent_up: &AtomicU64,
) {
    let total = if way == Way::Up { &state.up } else { &state.down };
    let limit = match (fault, way) {
        (Fault::CutUp(n) | Fault::HoldUp(n), Way::Up)
        | (Fault::CutDown(n) | Fault::HoldDown(n), Way::Down) => n,
        _ => u64::MAX,
    };
    let (mut passed, mut buffer) = (0, [0; 16 * 1024]);
    let mut heard = Vec::new();
    let whole = matches!((fault, way), (Fault::Drip | Fault::Twice | Fault::Late(_), Way::Up));
    while let Ok(read @ 1..) = from.read(&mut buffer) {
        if way == Way::Down
            && matches!(fault, Fault::LoseAnswer(n) if sent_up.load(Ordering::SeqCst) >= n)
        {
            state.strike(fault);
            break;
        }
        if whole && passed == 0 {
            state.strike(fault);
        }
        let pass = usize::try_from((limit - passed).min(read as u64)).unwrap();
        // Counted first: who sees the bytes arrive sees them counted.
        passed += pass as u64;
        total.fetch_add(pass as u64, Ordering::SeqCst);
        if way == Way::Up {
            sent_up.fetch_add(pass as u64, Ordering::SeqCst);
        }
        if let Fault::Late(millis) = fault {
            thread::sleep(Duration::from_millis(millis));
        }
        if fault == Fault::Twice && way == Way::Up {
            heard.extend_from_slice(&buffer[..pass]);
        }
        let written = match (fault, way) {
            (Fault::Drip, Way::Up) => drip(&mut to, &buffer[..pass]),
            _ => to.write_all(&buffer[..pass]),
        };
        if written.is_err() {
            break;
        }
        if passed >= limit {
            state.strike(fault);
            if matches!(fault, Fault::HoldUp(_) | Fault::HoldDown(_)) {
                hold(&from, state);
            }
            break;
        }
    }
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
    if !heard.is_empty() {
        let target = state.targets.lock().unwrap()[0];
        again(target, &heard);
    }
}

/// Seven bytes at a time; the first of them so slowly that it is felt.
fn drip(to: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for (piece, index) in bytes.chunks(7).zip(0..) {
        to.write_all(piece)?;
        if index < 20 {
            thread::sleep(Duration::from_millis(5));
        }
    }
    Ok(())
}

/// Reads nothing more, until the sender has gone, or half a minute.
fn hold(from: &TcpStream, state: &State) {
    let _ = from.set_nonblocking(true);
    let mut byte = [0; 1];
    for _ in 0..3_000 {
        let gone = match from.peek(&mut byte) {
            Ok(0) => true,
            Ok(_) => false,
            Err(e) => e.kind() != std::io::ErrorKind::WouldBlock,
        };
        if gone || state.end.load(Ordering::SeqCst) {
            return;
        }
        thread::sleep(Duration::from_millis(10));
    }
}
