//! How many packets a second, beside a bare loop that does the same writes: a row into the
//! database and a file brought to the disk.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;

use super::Done;
use super::call::{Caller, client, fresh};
use super::place::Place;

/// Senders at once, each to the next.
const SENDERS: usize = 8;
const BUDGET: Duration = Duration::from_secs(8);

pub fn measure(place: &Place, runtime: &Runtime) -> Done<()> {
    let codes = place.offices(SENDERS)?;
    let server = place.serve(256)?;
    println!(
        "{:<10} {:>10} {:>10} {:>10} {:>8} {:>16} {:>12}",
        "packet", "server/s", "MB/s", "floor/s", "/ floor", "server CPU each", "/s per core"
    );
    for size in [100_000, 5_000_000] {
        let (client, url): (_, Arc<str>) = (client()?, Arc::from(server.url.as_str()));
        let (begun, cpu) = (Instant::now(), server.seconds()?);
        let sent = runtime.block_on(async {
            let mut senders = JoinSet::new();
            for (index, code) in codes.iter().enumerate() {
                let caller =
                    Caller { client: client.clone(), url: Arc::clone(&url), code: code.clone() };
                let to = codes[(index + 1) % codes.len()].clone();
                senders.spawn(async move {
                    let mut count = 0_u32;
                    while begun.elapsed() < BUDGET {
                        let (key, bytes) = fresh(size);
                        caller.send(&to, &key, bytes).await?;
                        count += 1;
                    }
                    Done::Ok(count)
                });
            }
            let mut all = 0;
            while let Some(count) = senders.join_next().await {
                all += count??;
            }
            Done::Ok(all)
        })?;
        let (took, cpu) = (begun.elapsed().as_secs_f64(), server.seconds()? - cpu);
        let rate = f64::from(sent) / took;
        let floor = runtime.block_on(floor(place, size))?;
        println!(
            "{:<10} {rate:>10.1} {:>10.1} {floor:>10.1} {:>7.2}x {:>13.2} ms {:>12.1}",
            format!("{} kB", size / 1_000),
            rate * size as f64 / 1e6,
            floor / rate,
            cpu * 1e3 / f64::from(sent),
            // What one core of the server's own would bring if it did nothing else.
            f64::from(sent) / cpu
        );
    }
    Ok(())
}

/// The same writes by as many loops that do nothing else.
async fn floor(place: &Place, size: usize) -> Done<f64> {
    let folder = place.folder.path().join("floor");
    std::fs::create_dir_all(&folder)?;
    let sqlite = place.folder.path().join("floor.db");
    if let Some(url) = &place.url {
        let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
        tokio::spawn(connection);
        client
            .batch_execute("CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, size BIGINT)")
            .await?;
    } else {
        let file = rusqlite::Connection::open(&sqlite)?;
        file.pragma_update(None, "journal_mode", "WAL")?;
        file.execute_batch("CREATE TABLE IF NOT EXISTS floor (id TEXT PRIMARY KEY, size INTEGER)")?;
    }
    let begun = Instant::now();
    let mut loops = JoinSet::new();
    for _ in 0..SENDERS {
        let (folder, url, sqlite) = (folder.clone(), place.url.clone(), sqlite.clone());
        loops.spawn_blocking(move || write(&folder, url.as_deref(), &sqlite, size, begun));
    }
    let mut all = 0;
    while let Some(count) = loops.join_next().await {
        all += count??;
    }
    let rate = f64::from(all) / begun.elapsed().as_secs_f64();
    std::fs::remove_dir_all(&folder)?;
    Ok(rate)
}

fn write(
    folder: &Path,
    url: Option<&str>,
    sqlite: &Path,
    size: usize,
    begun: Instant,
) -> Done<u32> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let client = url.map(|url| {
        runtime.block_on(async {
            let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
            tokio::spawn(connection);
            let insert = client.prepare("INSERT INTO floor VALUES ($1, $2)").await?;
            Done::Ok((client, insert))
        })
    });
    let client = client.transpose()?;
    let file_db = rusqlite::Connection::open(sqlite)?;
    file_db.busy_timeout(Duration::from_secs(10))?;
    file_db.pragma_update(None, "synchronous", "FULL")?;
    let mut count = 0;
    while begun.elapsed() < BUDGET {
        let (name, bytes) = fresh(size);
        let path = folder.join(&name);
        std::fs::write(&path, &bytes)?;
        std::fs::File::open(&path)?.sync_all()?;
        std::fs::File::open(folder)?.sync_all()?;
        match &client {
            Some((client, insert)) => {
                let size = i64::try_from(size)?;
                runtime.block_on(client.execute(insert, &[&name, &size]))?;
            }
            None => {
                file_db.execute(
                    "INSERT INTO floor VALUES (?1, ?2)",
                    rusqlite::params![name, i64::try_from(size)?],
                )?;
            }
        }
        count += 1;
    }
    Ok(count)
}
