//! Something on the way that reads along and lets some calls not pass, as a firewall or an
//! antivirus proxy does.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What it answers in the server's place.
pub const PAGES: [&str; 2] = [
    "HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\
     Connection: close\r\n\r\n<html>chan</html>\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 20\r\n\
     Connection: close\r\n\r\n<html>chan</html>\r\n\r\n",
];

pub struct Filter {
    address: SocketAddr,
    /// Of every call, its first line and its headers.
    heads: Arc<Mutex<Vec<String>>>,
    /// Calls with these bytes in head or body do not pass.
    stopped: Arc<Mutex<Vec<u8>>>,
}

impl Filter {
    pub fn before(server: SocketAddr, page: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopped = Arc::new(Mutex::new(Vec::new()));
        let heads = Arc::new(Mutex::new(Vec::new()));
        let (needle, heard) = (Arc::clone(&stopped), Arc::clone(&heads));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let needle = needle.lock().unwrap().clone();
                let heard = Arc::clone(&heard);
                thread::spawn(move || pass(client, server, &needle, page, &heard));
            }
        });
        Self { address, heads, stopped }
    }

    /// As names of a gateway's packets have it behind them.
    pub fn host(&self) -> String {
        self.address.ip().to_string()
    }

    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on these do not pass; with nothing in it all does.
    pub fn stop(&self, needle: &[u8]) {
        *self.stopped.lock().unwrap() = needle.to_vec();
    }
}

fn find(heap: &[u8], needle: &[u8]) -> Option<usize> {
    heap.windows(needle.len()).position(|part| part == needle)
}

/// One call, on a connection of its own.
fn pass(
    mut client: TcpStream,
    server: SocketAddr,
    needle: &[u8],
    page: &str,
    heard: &Mutex<Vec<String>>,
) {
    let _ = client.set_read_timeout(Some(Duration::from_secs(5)));
    let (mut call, mut buffer) = (Vec::new(), [0; 16 * 1024]);
    let head = loop {
        if let Some(end) = find(&call, b"\r\n\r\n") {
            break end;
        }
        match client.read(&mut buffer) {
            Ok(read @ 1..) => call.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    };
    let text = String::from_utf8_lossy(&call[..head]).into_owned();
    heard.lock().unwrap().push(text.clone());
    let text = text.to_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = length.map_or(0, |length| length.trim().parse().unwrap());
    while call.len() < head + 4 + length {
        match client.read(&mut buffer) {
            Ok(read @ 1..) => call.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
    if !needle.is_empty() && find(&call, needle).is_some() {
        let _ = client.write_all(page.as_bytes());
        return;
    }
    let mut server = TcpStream::connect(server).unwrap();
    let closes = [&call[..head], b"\r\nConnection: close", &call[head..]].concat();
    let _ = server.write_all(&closes);
    let _ = std::io::copy(&mut server, &mut client);
}
