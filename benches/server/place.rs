//! A folder, a database and servers on them, gone when dropped.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::server::{Account, Database, Registry, Site};
use vanthu::token::Pin;

use super::Done;

pub struct Place {
    pub folder: tempfile::TempDir,
    /// The address of PostgreSQL; `None` for SQLite.
    pub url: Option<String>,
    /// PostgreSQL; ends when its standard input does.
    _database: Option<Child>,
}

/// A server of its own process.
pub struct Program {
    child: Child,
    pub url: String,
}

pub fn secret(code: &str) -> String {
    format!("bi-mat-cua-co-quan-{code}")
}

impl Place {
    pub fn new(postgres: bool) -> Done<Self> {
        // Beside the build, and not in /tmp, which may be memory.
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        if !postgres {
            return Ok(Self { folder, url: None, _database: None });
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/postgres");
        let mut child = Command::new(script)
            .args(["-c", "fsync=on", "-c", "full_page_writes=on", "-c", "shared_buffers=512MB"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut said)?;
        let host = said.trim().strip_prefix("ready ").ok_or("PostgreSQL did not start")?;
        let url = format!("postgres://vanthu@{}/postgres", host.replace('/', "%2F"));
        Ok(Self { folder, url: Some(url), _database: Some(child) })
    }

    pub fn site(&self) -> Done<Site> {
        let database: Database = self.url.as_deref().unwrap_or("sqlite").parse()?;
        Ok(Site { database, ..Site::folder(self.folder.path()) })
    }

    /// Offices H0, H1, …
    pub fn offices(&self, count: usize) -> Done<Vec<String>> {
        let registry = Registry::open(&self.site()?)?;
        let codes: Vec<String> = (0..count).map(|n| format!("H{n}")).collect();
        for code in &codes {
            let agency = Agency::new(AgencyCode::new(code).ok_or("no code")?, "Cơ quan");
            registry.put(&Account { agency, secret: Some(Pin::new(secret(code))) })?;
        }
        Ok(codes)
    }

    pub fn serve(&self, connections: usize) -> Done<Program> {
        let mut child = Command::new(env!("CARGO_BIN_EXE_vanthu-server"))
            .arg("--data-dir")
            .arg(self.folder.path())
            .args(["--database", self.url.as_deref().unwrap_or("sqlite")])
            .args(["serve", "--listen", "127.0.0.1:0", "--calls-per-minute", "0"])
            .args(["--connections", &connections.to_string()])
            .env("RUST_LOG", "error")
            .stdout(Stdio::piped())
            .spawn()?;
        let mut said = String::new();
        BufReader::new(child.stdout.take().ok_or("no output")?).read_line(&mut said)?;
        let url = said.trim().strip_prefix("listening on ").ok_or("the server did not start")?;
        Ok(Program { url: url.to_owned(), child })
    }
}

impl Program {
    /// Seconds of processor time that it has used.
    pub fn seconds(&self) -> Done<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        let fields: Vec<&str> =
            stat.rsplit(") ").next().unwrap_or_default().split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|text| text.parse::<f64>().ok());
        // utime and stime, the 14th and 15th, in hundredths on every Linux of today.
        Ok((ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0)
    }

    /// Bytes of memory that are its own.
    pub fn memory(&self) -> Done<u64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("RssAnon:"));
        let kib = line.and_then(|rest| rest.trim().trim_end_matches(" kB").parse::<u64>().ok());
        Ok(kib.ok_or("no RssAnon")? * 1024)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
