//! Time per call as what is kept grows. The packets of before are put in as rows: no call
//! reads their bytes.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::Done;
use super::call::{Caller, client, fresh};
use super::place::Place;

const OFFICES: usize = 500;
/// Calls of each kind of which the median is taken.
const CALLS: usize = 200;

pub fn measure(place: &Place, runtime: &Runtime) -> Done<()> {
    let most: u64 = match std::env::var("VANTHU_BENCH_PACKETS") {
        Ok(text) => text.parse()?,
        Err(_) => 1_000_000,
    };
    let codes = place.offices(OFFICES)?;
    let server = place.serve(256)?;
    println!(
        "{:>12} {:>10} {:>10} {:>10} {:>10} {:>10} {:>12}   (ms, median of {CALLS})",
        "packets", "send", "by key", "waiting", "fetch", "confirm", "RssAnon MB"
    );
    let (mut kept, mut next, mut round) = (0, 10_000, 0);
    while next <= most {
        round += 1;
        match &place.url {
            Some(url) => runtime.block_on(fill_postgres(url, kept, next, round))?,
            None => fill_sqlite(&place.folder.path().join("server.db"), kept, next, round)?,
        }
        kept = next;
        next *= 10;
        let caller = |code: &String| {
            Ok::<_, Box<dyn std::error::Error + Send + Sync>>(Caller {
                client: client()?,
                url: Arc::from(server.url.as_str()),
                code: code.clone(),
            })
        };
        let (sender, recipient) = (caller(&codes[1])?, caller(&codes[2])?);
        let mut times: [Vec<f64>; 5] = Default::default();
        runtime.block_on(async {
            for _ in 0..CALLS {
                let (key, bytes) = fresh(2_000);
                let mut lap = Instant::now();
                let mut took = |index: usize| {
                    times[index].push(lap.elapsed().as_secs_f64() * 1e3);
                    lap = Instant::now();
                };
                let id = sender.send(&recipient.code, &key, bytes).await?;
                took(0);
                sender.by_key(&key).await?;
                took(1);
                recipient.inbox("waiting=true&limit=20").await?;
                took(2);
                recipient.fetch(&id).await?;
                took(3);
                recipient.confirm(&id).await?;
                took(4);
            }
            Done::Ok(())
        })?;
        let medians = times.map(|mut times| {
            times.sort_by(f64::total_cmp);
            format!("{:>10.2}", times[times.len() / 2])
        });
        let memory = server.memory()? as f64 / 1e6;
        println!("{kept:>12} {} {memory:>12.1}", medians.join(" "));
    }
    Ok(())
}

/// Packets from `from` on up to `to`, spread over the offices, nearly all of them confirmed.
async fn fill_postgres(url: &str, from: u64, to: u64, round: u64) -> Done<()> {
    // Room in the mailboxes for what is measured between two rounds.
    let room = round * 10_000;
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    client
        .batch_execute(&format!(
            "SET synchronous_commit = off;
             INSERT INTO packet (id, sender, key, kind, sha256, size, received_at, number, link)
             SELECT ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::UUID,
                    'H' || n % {OFFICES}, 'cu-' || n, 'document', repeat('0', 64), 100000,
                    now() - interval '30 days', -n, ''
             FROM generate_series({from}, {to} - 1) AS n;
             INSERT INTO delivery (recipient, place, packet, fetched_at, outcome, confirmed_at)
             SELECT 'H' || (n * 7 + 1) % {OFFICES}, n + {room},
                    ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::UUID, now(),
                    CASE WHEN n % 1000 = 0 THEN NULL ELSE 'kept' END, now()
             FROM generate_series({from}, {to} - 1) AS n;
             UPDATE mailbox SET last = {to} + {room};
             ANALYZE packet; ANALYZE delivery"
        ))
        .await?;
    Ok(())
}

/// The same in SQLite, beside the server that has the file open.
fn fill_sqlite(file: &Path, from: u64, to: u64, round: u64) -> Done<()> {
    let room = round * 10_000;
    let connection = rusqlite::Connection::open(file)?;
    connection.busy_timeout(Duration::from_secs(600))?;
    connection.execute_batch(&format!(
        "PRAGMA synchronous = OFF;
         BEGIN IMMEDIATE;
         CREATE TEMP TABLE fresh AS
         WITH RECURSIVE series (n) AS
             (SELECT {from} UNION ALL SELECT n + 1 FROM series WHERE n + 1 < {to})
         SELECT n, printf('00000000-0000-7000-8000-%012x', n) AS id FROM series;
         INSERT INTO packet (id, sender, key, kind, sha256, size, received_at, number, link)
         SELECT id, 'H' || (n % {OFFICES}), 'cu-' || n, 'document', printf('%064d', 0), 100000,
                strftime('%Y-%m-%dT%H:%M:%SZ', 'now', '-30 days'), -n, ''
         FROM fresh;
         INSERT INTO delivery (recipient, place, packet, fetched_at, outcome, confirmed_at)
         SELECT 'H' || ((n * 7 + 1) % {OFFICES}), n + {room}, id,
                strftime('%Y-%m-%dT%H:%M:%SZ', 'now'),
                CASE WHEN n % 1000 = 0 THEN NULL ELSE 'kept' END,
                strftime('%Y-%m-%dT%H:%M:%SZ', 'now')
         FROM fresh;
         COMMIT;
         DROP TABLE fresh;
         ANALYZE;
         PRAGMA wal_checkpoint(TRUNCATE)"
    ))?;
    Ok(())
}
