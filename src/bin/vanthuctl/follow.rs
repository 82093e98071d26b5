//! Following what was issued, and changing it afterwards.

use serde_json::{Value, json};
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::calendar;
use vanthu::domain::deadline;
use vanthu::domain::document::Urgency;
use vanthu::domain::problem::Problem;
use vanthu::office::follow::{Followed, FollowedRow, IssuedUpdate};
use vanthu::office::{Office, labels};
use vanthu::t;

use crate::args;
use crate::door::key;
use crate::outbound;
use crate::output::Outcome;
use crate::usage;

pub fn follow(office: &Office, args: &args::Follow) -> Result<Outcome, Problem> {
    if let Some(id) = &args.id {
        return one(office, id);
    }
    let found = office.following(args.concerns, None, args.limit)?;
    let text: Vec<String> = found.iter().map(text_of).collect();
    let rows: Vec<Value> = found.iter().map(json_of).collect();
    let any = args.concerns && !found.is_empty();
    Ok(Outcome::new(json!({"documents": rows}), text.join("\n")).no_if(any))
}

pub fn resend(office: &Office, args: &args::Resend) -> Result<Outcome, Problem> {
    office.resend(key(&args.id)?, &codes("--to", &args.to)?, &args.reason)?;
    one(office, &args.id)
}

pub fn close(office: &Office, args: &args::CloseDelivery) -> Result<Outcome, Problem> {
    let recipient = code("recipient", &args.recipient)?;
    office.close_delivery(key(&args.id)?, &recipient, &args.done)?;
    one(office, &args.id)
}

pub fn parked(office: &Office, args: &args::Parked) -> Result<Outcome, Problem> {
    match (args.retry.as_deref(), args.give_up.as_deref()) {
        (Some("all"), _) => {
            for one in office.parked(u32::MAX)? {
                office.retry_parked(&one.item)?;
            }
        }
        (Some(item), _) => office.retry_parked(item)?,
        (None, Some(item)) => {
            office.give_up_parked(item, args.reason.as_deref().unwrap_or_default())?;
        }
        (None, None) => {}
    }
    let found = office.parked(args.limit)?;
    let text = found.iter().map(|one| {
        let about = one.document.as_ref().map_or("", |(_, name)| name.as_str());
        let kind = labels::parked(one.kind);
        let again = one.next_try.map(|at| t!("parked-next-try", time = calendar::iso(at)));
        let again = again.unwrap_or_default();
        format!("{}\t{kind}\t{}\t{about}\t{}\t{again}", one.item, one.recipient_name, one.why)
    });
    let text: Vec<String> = text.collect();
    let rows = found.iter().map(|one| {
        json!({
            "item": one.item,
            "kind": one.kind.key(),
            "document": one.document.as_ref().map(|(key, _)| key.to_string()),
            "about": one.document.as_ref().map(|(_, name)| name),
            "recipient": one.recipient.as_str(),
            "why": one.why,
            "next_try": one.next_try.map(calendar::iso),
        })
    });
    let rows: Vec<Value> = rows.collect();
    let any = found.iter().any(|one| !one.rests());
    Ok(Outcome::new(json!({"parked": rows}), text.join("\n")).no_if(any))
}

pub fn recall_from(
    office: &Office,
    id: &str,
    from: &[String],
    reason: &str,
) -> Result<Outcome, Problem> {
    office.recall_from(key(id)?, &codes("--from", from)?, reason)?;
    one(office, id)
}

pub fn update(office: &Office, args: &args::UpdateIssued) -> Result<Outcome, Problem> {
    let due = match &args.due {
        Some(text) => {
            let read = deadline::read(text, Office::today(), office.profile().holidays());
            Some(read.map_err(|_| usage("--due", text))?)
        }
        None => None,
    };
    let urgency = match &args.urgency {
        Some(text) => {
            let known = Urgency::ALL.into_iter().find(|known| known.key() == text);
            Some(known.ok_or_else(|| usage("--urgency", text))?)
        }
        None => None,
    };
    let update = IssuedUpdate {
        subject: args.subject.clone(),
        due,
        urgency,
        notes: args.notes.clone(),
        other_places: (!args.places.is_empty()).then(|| args.places.clone()),
        add: codes("--add", &args.add)?,
        remove: codes("--remove", &args.remove)?,
    };
    office.update_issued(key(&args.id)?, &update, &args.reason)?;
    one(office, &args.id)
}

fn code(option: &str, text: &str) -> Result<AgencyCode, Problem> {
    AgencyCode::new(text).ok_or_else(|| usage(option, text))
}

fn codes(option: &str, texts: &[String]) -> Result<Vec<AgencyCode>, Problem> {
    texts.iter().map(|text| code(option, text)).collect()
}

fn one(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let followed = office.follow(key(id)?)?;
    Ok(Outcome::new(json_of(&followed), text_of(&followed)))
}

fn text_of(followed: &Followed) -> String {
    let document = &followed.document;
    let mut lines = vec![outbound::head(document)];
    for row in &followed.rows {
        let since = row.since.map(calendar::iso).unwrap_or_default();
        let concern = row.concern.map(labels::concern).unwrap_or_default();
        lines.push(format!(
            "    {}\t{}\t{since}\t{concern}\t{}",
            row.delivery.name,
            labels::stage(row.stage),
            row.said
        ));
    }
    for answer in &followed.answers {
        lines.push(format!("    ← {}\t{}\t{}", answer.key, answer.name, answer.state));
    }
    lines.join("\n")
}

fn json_of(followed: &Followed) -> Value {
    let row = |row: &FollowedRow| {
        json!({
            "recipient": row.delivery.recipient,
            "name": row.delivery.name,
            "stage": row.stage.key(),
            "since": row.since.map(calendar::iso),
            "sent_at": row.delivery.sent_at.map(calendar::iso),
            "concern": row.concern.map(|concern| concern.key()),
            "said": row.said,
            "closed": row.delivery.closed,
            "recall": row.delivery.recall.as_ref().map(|recall| json!({
                "at": calendar::iso(recall.at),
                "reason": recall.reason,
                "removed": recall.removed,
            })),
            "statuses": outbound::statuses(&row.delivery),
        })
    };
    let document = &followed.document;
    json!({
        "id": document.key,
        "state": document.state.key(),
        "code": document.metadata.code.to_string(),
        "subject": document.metadata.subject,
        "issued_at": document.issued_at.map(calendar::iso),
        "recipients": followed.rows.iter().map(row).collect::<Vec<_>>(),
        "answers": followed.answers.iter().map(|answer| json!({
            "id": answer.key,
            "name": answer.name,
            "state": answer.state,
        })).collect::<Vec<_>>(),
        "concerns": followed.concerns(),
    })
}
