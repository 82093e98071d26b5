//! Offices that wait: what each costs the server, and how soon one hears.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::Done;
use super::call::{Caller, client, fresh};
use super::place::Place;

/// Packets sent while the others wait.
const SENT: usize = 200;

pub fn measure(place: &Place, runtime: &Runtime) -> Done<()> {
    let count: usize = match std::env::var("VANTHU_BENCH_OFFICES") {
        Ok(text) => text.parse()?,
        Err(_) => 2_000,
    };
    let codes = place.offices(count + 1)?;
    let server = place.serve(count + 64)?;
    let (client, url): (_, Arc<str>) = (client()?, Arc::from(server.url.as_str()));
    let caller = |code: &String| Caller {
        client: client.clone(),
        url: Arc::clone(&url),
        code: code.clone(),
    };
    let sender = caller(&codes[count]);
    let before = server.memory()?;
    let mut late = runtime.block_on(async {
        // Each waits, hears, confirms, and waits again.
        let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut offices = JoinSet::new();
        for code in codes.iter().take(count) {
            let (caller, tell) = (caller(code), tell.clone());
            offices.spawn(async move {
                loop {
                    match caller.inbox("waiting=true&wait=50").await {
                        Ok(ids) => {
                            for id in ids {
                                let _ = tell.send((caller.code.clone(), Instant::now()));
                                let _ = caller.confirm(&id).await;
                            }
                        }
                        Err(error) => {
                            eprintln!("{}: {error}", caller.code);
                            sleep(Duration::from_secs(1)).await;
                        }
                    }
                }
            });
        }
        // All stand there when the server's memory grows no more.
        let mut grown = 0;
        loop {
            sleep(Duration::from_secs(3)).await;
            let now = server.memory()?;
            if now <= grown + grown / 100 {
                break;
            }
            grown = now;
        }
        let (memory, cpu) = (server.memory()?.saturating_sub(before), server.seconds()?);
        sleep(Duration::from_secs(20)).await;
        let idle = (server.seconds()? - cpu) / 20.0;
        println!(
            "{count} offices wait: {:.1} kB of memory (RssAnon) each, {:.1} % of a core while \
             nothing comes",
            memory as f64 / 1e3 / count as f64,
            idle * 100.0
        );
        // What the parts before have left in the mailboxes.
        while told.try_recv().is_ok() {}
        let mut late = Vec::with_capacity(SENT);
        for n in 0..SENT {
            let code = &codes[(n * 7_919) % count];
            let (key, bytes) = fresh(2_000);
            sender.send(code, &key, bytes).await?;
            let accepted = Instant::now();
            let (heard, at) = told.recv().await.ok_or("nobody hears")?;
            if heard != *code {
                return Err(format!("{heard} heard what goes to {code}").into());
            }
            late.push(at.saturating_duration_since(accepted));
        }
        offices.abort_all();
        Done::Ok(late)
    })?;
    late.sort_unstable();
    let at = |part: usize| late[(late.len() * part / 100).min(late.len() - 1)].as_secs_f64() * 1e3;
    println!(
        "from the sender's answer to the recipient's: {:.1} ms (median), {:.1} ms (p99), {:.1} ms at most",
        at(50),
        at(99),
        at(100)
    );
    Ok(())
}
