//! ClamAV's daemon: `INSTREAM` over TCP or a Unix socket.
//!
//! The protocol is a command, chunks with their lengths, and one line for an answer
//! (clamd(8)). It is spoken here rather than through a client library: those known leave a
//! connection without any time limit, and a daemon that hangs must not hold up the inbox.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Finding, ScanError, Scanner};

const CONNECT: Duration = Duration::from_secs(3);
/// A large file is unpacked and searched before the daemon answers.
const ANSWER: Duration = Duration::from_secs(120);
const CHUNK: usize = 1 << 16;
/// Longer answers are none.
const LONGEST: u64 = 4096;

#[derive(Debug)]
pub(super) struct Clamd {
    place: Place,
}

#[derive(Debug)]
enum Place {
    Tcp(String, u16),
    Socket(PathBuf),
}

trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

impl Clamd {
    pub fn tcp(host: &str, port: u16) -> Self {
        Self { place: Place::Tcp(host.to_owned(), port) }
    }

    pub fn socket(path: &Path) -> Self {
        Self { place: Place::Socket(path.to_owned()) }
    }

    fn connect(&self) -> Result<Box<dyn Wire>, ScanError> {
        let failed = |error: std::io::Error| ScanError::Unreachable(error.to_string());
        match &self.place {
            Place::Tcp(host, port) => {
                let mut last = ScanError::Unreachable(format!("no address of {host}"));
                for address in (host.as_str(), *port).to_socket_addrs().map_err(failed)? {
                    match TcpStream::connect_timeout(&address, CONNECT) {
                        Ok(stream) => {
                            stream.set_read_timeout(Some(ANSWER)).map_err(failed)?;
                            stream.set_write_timeout(Some(ANSWER)).map_err(failed)?;
                            return Ok(Box::new(stream));
                        }
                        Err(error) => last = failed(error),
                    }
                }
                Err(last)
            }
            #[cfg(unix)]
            Place::Socket(path) => {
                let stream = std::os::unix::net::UnixStream::connect(path).map_err(failed)?;
                stream.set_read_timeout(Some(ANSWER)).map_err(failed)?;
                stream.set_write_timeout(Some(ANSWER)).map_err(failed)?;
                Ok(Box::new(stream))
            }
            #[cfg(not(unix))]
            Place::Socket(path) => {
                Err(ScanError::Unreachable(format!("no socket {}", path.display())))
            }
        }
    }

    /// Sends a command and returns the one line that answers it.
    fn ask(
        &self,
        command: &[u8],
        send: impl FnOnce(&mut dyn Wire) -> std::io::Result<()>,
    ) -> Result<String, ScanError> {
        let mut wire = self.connect()?;
        let broken = |error: std::io::Error| ScanError::NoVerdict(error.to_string());
        wire.write_all(command).map_err(broken)?;
        // A daemon that has had enough (its size limit) answers and closes while it is still
        // being written to: what it said counts, not that the rest went nowhere.
        let sent = send(wire.as_mut());
        let mut answer = Vec::new();
        let read = wire.as_mut().take(LONGEST).read_to_end(&mut answer);
        if answer.is_empty() {
            sent.map_err(broken)?;
            read.map_err(broken)?;
        }
        let line = answer.split(|byte| *byte == 0 || *byte == b'\n').next().unwrap_or_default();
        Ok(String::from_utf8_lossy(line).trim().to_owned())
    }
}

impl Scanner for Clamd {
    fn name(&self) -> String {
        let version = self.ask(b"zVERSION\0", |_| Ok(()));
        version.ok().filter(|said| !said.is_empty()).unwrap_or_else(|| "clamd".to_owned())
    }

    fn scan(&self, bytes: &[u8]) -> Result<Finding, ScanError> {
        let answer = self.ask(b"zINSTREAM\0", |wire| {
            for chunk in bytes.chunks(CHUNK) {
                let length = u32::try_from(chunk.len()).unwrap_or_default();
                wire.write_all(&length.to_be_bytes())?;
                wire.write_all(chunk)?;
            }
            wire.write_all(&0u32.to_be_bytes())?;
            wire.flush()
        })?;
        verdict(&answer)
    }
}

/// `stream: OK`, `stream: NAME FOUND`; everything else says nothing of the bytes.
fn verdict(answer: &str) -> Result<Finding, ScanError> {
    let said = answer.strip_prefix("stream:").map(str::trim);
    match said {
        Some("OK") => Ok(Finding::Clean),
        Some(said) if said.ends_with("FOUND") => {
            let name = said.trim_end_matches("FOUND").trim();
            Ok(Finding::Malware(if name.is_empty() { "?" } else { name }.to_owned()))
        }
        _ => Err(ScanError::NoVerdict(answer.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// Speaks the daemon's side: reads a stream to its end and answers as scripted. Bytes
    /// that hold `needle` are malware.
    fn daemon(limit: usize) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut command = Vec::new();
                let mut byte = [0];
                while stream.read_exact(&mut byte).is_ok() && byte[0] != 0 {
                    command.push(byte[0]);
                }
                if command == b"zVERSION" {
                    let _ = stream.write_all(b"ClamAV 1.4.6/scripted\0");
                    continue;
                }
                assert_eq!(command, b"zINSTREAM");
                let mut bytes = Vec::new();
                let answer = loop {
                    let mut length = [0; 4];
                    if stream.read_exact(&mut length).is_err() {
                        break "";
                    }
                    let length = u32::from_be_bytes(length) as usize;
                    if length == 0 {
                        let found = bytes.windows(6).any(|part: &[u8]| part == b"needle");
                        break if found { "stream: Test.Needle FOUND\0" } else { "stream: OK\0" };
                    }
                    let mut chunk = vec![0; length];
                    stream.read_exact(&mut chunk).unwrap();
                    bytes.extend(chunk);
                    if bytes.len() > limit {
                        break "INSTREAM size limit exceeded. ERROR\0";
                    }
                };
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        port
    }

    #[test]
    fn streams_are_cut_into_chunks_and_the_answer_is_read() {
        let clamd = Clamd::tcp("127.0.0.1", daemon(1 << 20));
        assert_eq!(clamd.name(), "ClamAV 1.4.6/scripted");
        assert_eq!(clamd.scan(b""), Ok(Finding::Clean));
        assert_eq!(clamd.scan(&vec![b'x'; 200_000]), Ok(Finding::Clean));
        // Across the seam of two chunks.
        let mut bytes = vec![b'x'; CHUNK - 3];
        bytes.extend(b"needle");
        let found = Finding::Malware("Test.Needle".to_owned());
        assert_eq!(clamd.scan(&bytes), Ok(found));
    }

    #[test]
    fn a_limit_or_a_silent_daemon_is_no_verdict() {
        let clamd = Clamd::tcp("127.0.0.1", daemon(1000));
        assert!(matches!(clamd.scan(&vec![b'x'; 60_000]), Err(ScanError::NoVerdict(_))));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        thread::spawn(move || drop(listener.accept()));
        assert!(matches!(Clamd::tcp("127.0.0.1", port).scan(b"x"), Err(ScanError::NoVerdict(_))));
    }

    #[test]
    fn nobody_there_is_unreachable() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        assert!(matches!(Clamd::tcp("127.0.0.1", port).scan(b"x"), Err(ScanError::Unreachable(_))));
    }

    #[test]
    fn only_the_two_words_are_verdicts() {
        assert_eq!(verdict("stream: OK"), Ok(Finding::Clean));
        assert_eq!(
            verdict("stream: Win.Test.EICAR_HDB-1 FOUND"),
            Ok(Finding::Malware("Win.Test.EICAR_HDB-1".to_owned()))
        );
        for other in ["", "OK", "stream: Heuristics ERROR", "UNKNOWN COMMAND", "stream:"] {
            assert!(verdict(other).is_err(), "{other}");
        }
    }
}
