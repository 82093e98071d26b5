//! Certified copies.

use serde_json::{Value, json};
use vanthu::domain::calendar;
use vanthu::domain::copy::{self, CertifiedCopy, CopyKind};
use vanthu::domain::document::Signer;
use vanthu::domain::problem::Problem;
use vanthu::office::certify::CopyOrder;
use vanthu::office::{Office, labels};
use vanthu::t;

use crate::args;
use crate::batch::order_of;
use crate::door::{self, key};
use crate::output::Outcome;
use crate::usage;

pub fn copy(office: &Office, command: &args::CopyCommand) -> Result<Outcome, Problem> {
    use args::CopyCommand as C;
    match command {
        C::Sign(args) => {
            let order = order(office, &args.parts, false, Signer::default())?;
            made(&office.certify_copy(&order, Some(&order_of(&args.token)?))?)
        }
        C::Print(args) => {
            let signer = Signer {
                competence: args.competence.clone(),
                position: args.position.clone(),
                full_name: args.signer.clone(),
            };
            made(&office.certify_copy(&order(office, &args.parts, true, signer)?, None)?)
        }
        C::List { id } => {
            let copies = office.copies_of(key(id)?)?;
            let text: Vec<String> = copies.iter().map(line).collect();
            let rows: Vec<Value> = copies.iter().map(row).collect();
            Ok(Outcome::new(json!({"copies": rows}), text.join("\n")))
        }
        C::Export { copy, out } => {
            let (_, bytes) = office.copy_file(key(copy)?)?;
            door::write(out, &bytes)?;
            let json = json!({"id": copy, "file": out, "size": bytes.len()});
            Ok(Outcome::new(json, out.display().to_string()))
        }
    }
}

fn order(
    office: &Office,
    parts: &args::CopyParts,
    to_paper: bool,
    signer: Signer,
) -> Result<CopyOrder, Problem> {
    let of = key(&parts.id)?;
    let pages = copy::pages(&parts.pages, office.page_count(of)?);
    Ok(CopyOrder {
        of,
        kind: match parts.kind {
            args::CopyOf::True => CopyKind::True,
            args::CopyOf::Reissued => CopyKind::Reissued,
            args::CopyOf::Extract => CopyKind::Extract,
        },
        to_paper,
        pages: pages.ok_or_else(|| usage("--pages", &parts.pages))?,
        recipients: parts.recipients.clone(),
        signer,
    })
}

fn made(copy: &CertifiedCopy) -> Result<Outcome, Problem> {
    Ok(Outcome::new(row(copy), line(copy)))
}

fn line(copy: &CertifiedCopy) -> String {
    let (title, at) = (copy.kind.title(), calendar::iso(copy.at));
    let line = format!("{}\t{title}\t{}\t{at}\t{}", copy.id, copy.written, copy.recipients);
    match copy.unsecured.as_slice() {
        [] => line,
        others => {
            let others = labels::unsecured(others);
            format!("{line}\t{}", t!("desk-copies-unsecured", others = others))
        }
    }
}

fn row(copy: &CertifiedCopy) -> Value {
    json!({
        "id": copy.id,
        "of": copy.of,
        "kind": copy.kind.key(),
        "form": copy.form.key(),
        "code": copy.written,
        "book": copy.numbering.book.to_string(),
        "number": copy.numbering.number,
        "date": copy.numbering.date,
        "pages": copy.pages,
        "recipients": copy.recipients,
        "signer": copy.signer.full_name,
        "size": copy.file.size,
        "by": copy.by,
        "at": calendar::iso(copy.at),
        "unsecured": copy.unsecured,
    })
}
