//! Paper, the folders that are watched, and documents that came twice.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};
use vanthu::domain::paper::{Paper, Sheaf};
use vanthu::domain::problem::Problem;
use vanthu::office::batch::Cancel;
use vanthu::office::folder::{SETTLED, Sweep};
use vanthu::office::{Imported, Office, labels};
use vanthu::t;

use crate::args;
use crate::batch::order_of;
use crate::door::{self, key};
use crate::output::{self, Outcome};
use crate::usage;

pub fn digitise(office: &Office, args: &args::Digitise) -> Result<Outcome, Problem> {
    let turns = turns(&args.rotate)?;
    let files = args.files.iter().map(|file| Ok((door::file_name(file), door::read(file)?)));
    let files: Vec<_> = files.collect::<Result<_, Problem>>()?;
    let mut sheaf = office.sheaf_of(&files)?;
    sheaf.subject.clone_from(&args.subject);
    for (number, page) in (1..).zip(&mut sheaf.pages) {
        page.turn(turns.get(&number).or(turns.get(&EVERY)).copied().unwrap_or(0));
    }
    let dropped = arrange(office, &mut sheaf, args)?;
    let mut told = |done, all| {
        if done < all {
            eprint!("\r{}/{all}", done + 1);
        } else {
            eprintln!();
        }
    };
    let id = office.digitise(&sheaf, &mut told, &Cancel::default())?;
    let mut outcome = shown(office, &id.to_string())?;
    outcome.json["dropped"] = json!(dropped);
    if let Some(token) = args.token() {
        // The document is there whatever the token says; without it, it is signed later.
        match order_of(&token).and_then(|order| office.seal_copy(id, &order)) {
            Ok(_) => {
                let dropped = outcome.json["dropped"].take();
                outcome = shown(office, &id.to_string())?;
                outcome.json["dropped"] = dropped;
            }
            Err(problem) => {
                output::say(&problem);
                outcome.json["error"] = output::error_json(&problem);
                outcome.status = problem.kind.exit_status();
            }
        }
    }
    Ok(outcome)
}

/// Every page.
const EVERY: u32 = 0;

/// Quarter turns by page, from 1.
fn turns(said: &[String]) -> Result<BTreeMap<u32, u8>, Problem> {
    let mut turns = BTreeMap::new();
    for text in said {
        let (page, degrees) = match text.split_once('=') {
            Some((page, degrees)) => (page.parse().ok().filter(|page| *page > 0), degrees),
            None => (Some(EVERY), text.as_str()),
        };
        let quarters = match degrees {
            "0" => Some(0),
            "90" => Some(1),
            "180" => Some(2),
            "270" => Some(3),
            _ => None,
        };
        let (Some(page), Some(quarters)) = (page, quarters) else {
            return Err(usage("--rotate", text));
        };
        turns.insert(page, quarters);
    }
    Ok(turns)
}

/// Straightens and leaves out what the pages themselves propose; the numbers of the pages
/// that were left out.
fn arrange(office: &Office, sheaf: &mut Sheaf, args: &args::Digitise) -> Result<Vec<u32>, Problem> {
    let mut dropped = Vec::new();
    if !args.deskew && !args.drop_blank {
        return Ok(dropped);
    }
    let mut blank = Vec::new();
    for (number, page) in (1..).zip(&mut sheaf.pages) {
        let look = office.look_at_page(page)?;
        if args.drop_blank && look.blank {
            dropped.push(number);
            blank.push(page.id);
        } else if args.deskew {
            page.straighten(look.lean.unwrap_or(0));
        }
    }
    sheaf.remove(&blank);
    Ok(dropped)
}

pub fn seal_copy(office: &Office, args: &args::SealCopy) -> Result<Outcome, Problem> {
    office.seal_copy(key(&args.id)?, &order_of(&args.token)?)?;
    shown(office, &args.id)
}

/// A digitised document: how it was scanned, and whether it is signed.
fn shown(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let document = office.inbound_document(key(id)?)?;
    let json = json!({
        "id": id,
        "state": document.state.key(),
        "verdict": document.verdict.verdict.key(),
        "paper": document.paper.as_ref().map(paper_json),
    });
    let mut text = vec![format!("{id}\t{}", document.metadata.subject)];
    for (remark, pages) in document.paper.iter().flat_map(|paper| &paper.remarks) {
        let pages: Vec<_> = pages.iter().map(ToString::to_string).collect();
        let (remark, cite) = (labels::remark(*remark), &office.profile().digitising().cite);
        text.push(t!("ctl-paper-remark", pages = pages.join(", "), remark = remark, cite = cite));
    }
    if document.paper.is_some_and(|paper| paper.seal.is_none()) {
        text.push(t!("ctl-paper-unsigned"));
    }
    Ok(Outcome::new(json, text.join("\n")))
}

/// What is remembered of the paper.
pub fn paper_json(paper: &Paper) -> Value {
    let remarks = paper.remarks.iter();
    let remarks: serde_json::Map<String, Value> =
        remarks.map(|(remark, pages)| (remark.key().to_owned(), json!(pages))).collect();
    json!({
        "pages": paper.pages,
        "by": paper.by,
        "digitised_at": vanthu::domain::calendar::iso(paper.digitised_at),
        "least_dpi": paper.least_dpi,
        "remarks": remarks,
        "signer": paper.seal.as_ref().map(|seal| &seal.signer),
        "signed_at": paper.seal.as_ref().map(|seal| vanthu::domain::calendar::iso(seal.signed_at)),
    })
}

pub fn scanners(office: &Office) -> Result<Outcome, Problem> {
    let scanners = office.scanners()?;
    let rows: Vec<_> = scanners.iter().map(|one| json!({"id": one.id, "name": one.name})).collect();
    let mut text: Vec<_> = scanners.iter().map(|one| format!("{}\t{}", one.id, one.name)).collect();
    if text.is_empty() {
        text.push(t!("ctl-scanners-none"));
    }
    Ok(Outcome::new(json!({"scanners": rows}), text.join("\n")))
}

/// Looks at the watched folder: once, with a second look after what was there has settled; or
/// until interrupted.
pub fn watch(office: &Office, once: bool, as_json: bool) -> Result<Outcome, Problem> {
    const EVERY: Duration = Duration::from_secs(3);
    if office.watched_folder()?.is_none() {
        return Err(usage("watch", t!("ctl-watch-none")));
    }
    let cancel = Cancel::default();
    let mut first = office.sweep(&cancel)?;
    if once {
        std::thread::sleep(SETTLED + Duration::from_millis(200));
        let mut second = office.sweep(&cancel)?;
        first.files.append(&mut second.files);
        first.refused.append(&mut second.refused);
        first.waiting = second.waiting;
        first.problem = second.problem.or(first.problem);
        return Ok(swept(&first));
    }
    loop {
        if !first.is_empty() {
            swept(&first).print(as_json);
        }
        std::thread::sleep(EVERY);
        // A stick that is pulled out is put in again.
        first = office
            .sweep(&cancel)
            .unwrap_or_else(|problem| Sweep { problem: Some(problem), ..Sweep::default() });
    }
}

fn swept(sweep: &Sweep) -> Outcome {
    let mut rows = Vec::new();
    let mut text = Vec::new();
    for (name, imported) in &sweep.files {
        let (word, id) = match imported {
            Imported::Document(key) => ("document", Some(key)),
            Imported::Duplicate(key) => ("duplicate", Some(key)),
            Imported::Joined(key) => ("joined", Some(key)),
            Imported::Status | Imported::Quarantined(_) => ("status", None),
        };
        let id = id.map(ToString::to_string);
        text.push(format!(
            "{name}\t{}\t{}",
            t!(&format!("ctl-import-{word}")),
            id.clone().unwrap_or_default()
        ));
        rows.push(json!({"file": name, "outcome": word, "id": id}));
    }
    for (name, problem) in &sweep.refused {
        text.push(format!("{name}\t{}", vanthu::i18n::tell(problem).what));
        rows.push(json!({"file": name, "error": output::error_json(problem)}));
    }
    let mut outcome =
        Outcome::new(json!({"files": rows, "waiting": sweep.waiting}), text.join("\n"));
    let refused = sweep.refused.first().map(|(_, problem)| problem);
    if let Some(problem) = sweep.problem.as_ref().or(refused) {
        output::say(problem);
        outcome.json["error"] = output::error_json(problem);
        outcome.status = problem.kind.exit_status();
    }
    outcome
}

pub fn duplicates(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let mut rows = Vec::new();
    let mut text = Vec::new();
    for found in office.duplicates(key(id)?)? {
        let document = &found.document;
        let number = document.registration.as_ref().map(|one| one.arrival_number);
        let grounds: Vec<_> = found.grounds.iter().map(|ground| ground.key()).collect();
        text.push(format!(
            "{}\t{}\t{}\t{}",
            document.key,
            number.map(|number| number.to_string()).unwrap_or_default(),
            document.metadata.code,
            labels::grounds(&found.grounds)
        ));
        rows.push(json!({
            "id": document.key,
            "arrival_number": number,
            "code": document.metadata.code.to_string(),
            "subject": document.metadata.subject,
            "grounds": grounds,
            "allowed": found.allowed,
        }));
    }
    Ok(Outcome::new(json!({"duplicates": rows}), text.join("\n")))
}
