//! A PostgreSQL for this test binary, in which each test gets a database of its own.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// Ends when this program does: its standard input ends then, too.
struct Cluster {
    folder: String,
    _process: Child,
}

static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The address of a new, empty database; `None`, and said loudly, where PostgreSQL is not
/// installed. With `VANTHU_TEST_POSTGRES` set that is a failure.
pub fn database() -> Option<String> {
    let cluster = CLUSTER.get_or_init(start).as_ref()?;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::SeqCst));
    run(&cluster.url("postgres"), &format!("CREATE DATABASE {name}"));
    Some(cluster.url(&name))
}

/// Whether there is a PostgreSQL at all.
pub fn is_here() -> bool {
    CLUSTER.get_or_init(start).is_some()
}

/// Removes a database that was given out, whoever is still connected with it.
pub fn remove(url: &str) {
    let Some(Some(cluster)) = CLUSTER.get() else { return };
    let Some((_, name)) = url.rsplit_once('/') else { return };
    run(&cluster.url("postgres"), &format!("DROP DATABASE {name} WITH (FORCE)"));
}

/// Runs SQL without values; gives the first column of its rows as text.
pub fn run(url: &str, sql: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (client, connection) =
            tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        let answers = client.simple_query(sql).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
        let text = |answer: &tokio_postgres::SimpleQueryMessage| match answer {
            tokio_postgres::SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
            _ => None,
        };
        answers.iter().filter_map(text).collect()
    })
}

impl Cluster {
    fn url(&self, database: &str) -> String {
        format!("postgres://vanthu@{}/{database}", self.folder.replace('/', "%2F"))
    }
}

fn start() -> Option<Cluster> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres");
    let mut process = Command::new(script)
        .args(["-c", "synchronous_commit=off"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    BufReader::new(process.stdout.take().unwrap()).read_line(&mut said).unwrap();
    let Some(folder) = said.trim().strip_prefix("ready ") else {
        let status = process.wait().unwrap();
        assert_eq!(status.code(), Some(4), "tests/postgres did not start");
        assert!(std::env::var_os("VANTHU_TEST_POSTGRES").is_none(), "PostgreSQL is missing");
        // Straight to the terminal: what a test prints is kept back when it succeeds.
        let _ = writeln!(std::io::stderr(), "SKIPPED on PostgreSQL: it is not installed");
        return None;
    };
    Some(Cluster { folder: folder.to_owned(), _process: process })
}
