//! pyHanko's library in a process of its own, asked line by line.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{LazyLock, Mutex};

use serde_json::{Value, json};

use crate::support::{python, rig};

struct Peer {
    _process: Child,
    requests: ChildStdin,
    answers: BufReader<ChildStdout>,
}

static PEER: LazyLock<Mutex<Peer>> = LazyLock::new(|| {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/peer.py");
    // It ends when its standard input does: with this process.
    let mut process = python()
        .arg(script)
        .args([rig("RIG_PKI"), rig("RIG_TSA_URL")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the Python of pyHanko");
    let requests = process.stdin.take().unwrap();
    let answers = BufReader::new(process.stdout.take().unwrap());
    Mutex::new(Peer { _process: process, requests, answers })
});

/// The answer, or what went wrong there.
pub fn ask(request: &Value) -> Result<Value, String> {
    let mut peer = PEER.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    writeln!(peer.requests, "{request}").unwrap();
    peer.requests.flush().unwrap();
    let mut line = String::new();
    peer.answers.read_line(&mut line).unwrap();
    let answer: Value = serde_json::from_str(&line).expect("an answer of peer.py");
    match answer.get("error") {
        Some(error) => Err(error.as_str().unwrap_or_default().to_owned()),
        None => Ok(answer),
    }
}

/// What pyHanko says of each signature. `mode`: `online`, `offline` (with nothing but the
/// root and what the file brings) or `archival` (ETSI EN 319 102-1, 5.6.3).
pub fn judgements(bytes: &[u8], mode: &str) -> Vec<Value> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), bytes).unwrap();
    let answer = ask(&json!({"do": "validate", "mode": mode, "file": file.path()}));
    let answer = answer.unwrap_or_else(|error| panic!("{mode}: {error}"));
    answer["signatures"].as_array().unwrap().clone()
}

/// `bytes` signed by pyHanko, step by step.
pub fn signed(bytes: &[u8], steps: &[Value]) -> Result<Vec<u8>, String> {
    sign(bytes, steps, false)
}

/// The same where an earlier signature forbids it.
pub fn forced(bytes: &[u8], steps: &[Value]) -> Result<Vec<u8>, String> {
    sign(bytes, steps, true)
}

fn sign(bytes: &[u8], steps: &[Value], force: bool) -> Result<Vec<u8>, String> {
    let folder = tempfile::tempdir().unwrap();
    let (file, out) = (folder.path().join("in.pdf"), folder.path().join("out.pdf"));
    std::fs::write(&file, bytes).unwrap();
    ask(&json!({"do": "sign", "file": file, "out": out, "steps": steps, "force": force}))?;
    Ok(std::fs::read(out).unwrap())
}
