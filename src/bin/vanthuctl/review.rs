//! Opinions on drafts, comments, versions and what differs between them.

use std::path::Path;

use serde_json::{Value, json};
use uuid::Uuid;
use vanthu::domain::calendar;
use vanthu::domain::difference::{Change, Piece};
use vanthu::domain::opinion::{Anchor, KeptComment};
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::problem::Problem;
use vanthu::office::{NewComment, Office, Passing, labels};
use vanthu::pdf::render::Cancel;
use vanthu::t;

use crate::args::{self, Stage};
use crate::desk_work::outbound_state;
use crate::door::{self, key};
use crate::output::Outcome;
use crate::usage;

pub fn review(office: &Office, args: &args::Review) -> Result<Outcome, Problem> {
    let to = match args.to {
        Stage::Draft => OutboundState::Draft,
        Stage::Review => OutboundState::InReview,
        Stage::FormatCheck => OutboundState::InFormatCheck,
        Stage::Sign => OutboundState::ToSign,
        Stage::Abandon => OutboundState::Abandoned,
    };
    let user = args.next.clone().unwrap_or_default();
    office.pass(key(&args.id)?, Passing { to, user, note: args.note.clone() })?;
    outbound_state(office, &args.id)
}

pub fn hand_on(office: &Office, id: &str, to: &str, note: &str) -> Result<Outcome, Problem> {
    office.hand_on(key(id)?, to, note)?;
    opinions(office, id)
}

pub fn opinions(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let id_of = key(id)?;
    let (opinions, holder) = (office.opinions(id_of)?, office.draft_holder(id_of)?);
    let mut text = Vec::new();
    let mut rows = Vec::new();
    for given in &opinions {
        let opinion = &given.opinion;
        let decision = t!(&format!("decision-{}", opinion.decision.key()));
        let at = calendar::iso(given.at);
        text.push(format!(
            "{at}\t{}\t{}\t{decision}\t{}\t{}",
            given.user,
            labels::outbound(opinion.state),
            opinion.to,
            opinion.note
        ));
        rows.push(json!({
            "at": at,
            "user": given.user,
            "role": given.role.map(|role| role.key()),
            "decision": opinion.decision.key(),
            "state": opinion.state.key(),
            "version": opinion.version,
            "to": opinion.to,
            "note": opinion.note,
        }));
    }
    if let Some(holder) = &holder {
        text.push(t!("ctl-holder", holder = office.holder_name(holder)));
    }
    let json = json!({
        "id": id,
        "opinions": rows,
        "holder": holder.map(|holder| json!({
            "state": holder.state.key(),
            "user": Some(holder.user).filter(|user| !user.is_empty()),
        })),
    });
    Ok(Outcome::new(json, text.join("\n")))
}

pub fn comment(office: &Office, command: &args::CommentCommand) -> Result<Outcome, Problem> {
    match command {
        args::CommentCommand::Add { id, text, page, rect } => {
            let anchor = match (page, rect) {
                (Some(page), Some(rect)) => Some(anchor(*page, rect)?),
                _ => None,
            };
            let made = office.comment(key(id)?, NewComment { anchor, text: text.clone() })?;
            let comments = office.comments(key(id)?)?;
            let kept = comments.iter().find(|kept| kept.comment.id == made);
            let quoted = kept.map_or("", |kept| kept.comment.quoted.as_str());
            Ok(Outcome::new(json!({"id": id, "comment": made, "quoted": quoted}), made.to_string()))
        }
        args::CommentCommand::List { id } => {
            let comments = office.comments(key(id)?)?;
            let open = comments.iter().filter(|kept| kept.is_open()).count();
            let text: Vec<String> =
                comments.iter().zip(1..).map(|(kept, number)| line(kept, number)).collect();
            let rows: Vec<Value> = comments.iter().map(comment_json).collect();
            let json = json!({"id": id, "open": open, "comments": rows});
            Ok(Outcome::new(json, text.join("\n")).no_if(open > 0))
        }
        args::CommentCommand::Answer { id, comment, text, settle, reopen } => {
            let id_of = key(id)?;
            let comments = office.comments(id_of)?;
            let by_number = comment.parse::<usize>().ok().and_then(|n| n.checked_sub(1));
            let known = match by_number {
                Some(place) => comments.get(place).map(|kept| kept.comment.id),
                None => Uuid::parse_str(comment).ok(),
            };
            let known = known.ok_or_else(|| usage("COMMENT", comment))?;
            let settles = settle.then_some(true).or(reopen.then_some(false));
            office.answer_comment(id_of, known, text, settles)?;
            let comments = office.comments(id_of)?;
            let row = comments.iter().find(|kept| kept.comment.id == known).map(comment_json);
            Ok(Outcome::new(json!({"id": id, "comment": row}), known.to_string()))
        }
    }
}

fn anchor(page: u32, rect: &str) -> Result<Anchor, Problem> {
    let numbers: Result<Vec<f32>, _> = rect.split(',').map(|n| n.trim().parse()).collect();
    let page = page.checked_sub(1).ok_or_else(|| usage("--page", page))?;
    match numbers.as_deref() {
        Ok([x, y, width, height]) => {
            let anchor = Anchor { page, x: *x, y: *y, width: *width, height: *height };
            if anchor.is_sound() { Ok(anchor) } else { Err(usage("--rect", rect)) }
        }
        _ => Err(usage("--rect", rect)),
    }
}

fn line(kept: &KeptComment, number: usize) -> String {
    let state = if kept.is_open() { t!("ctl-comment-open") } else { t!("ctl-comment-settled") };
    let place = kept
        .comment
        .anchor
        .map(|anchor| t!("ctl-page", page = anchor.page + 1))
        .unwrap_or_default();
    let mut line = format!(
        "{number}\t{state}\t{place}\t{}\t{}\t{}",
        kept.user, kept.comment.quoted, kept.comment.text
    );
    for reply in &kept.replies {
        line.push_str(&format!("\n    {}\t{}", reply.user, reply.text));
    }
    line
}

fn comment_json(kept: &KeptComment) -> Value {
    json!({
        "id": kept.comment.id,
        "at": calendar::iso(kept.at),
        "user": kept.user,
        "version": kept.comment.version,
        "page": kept.comment.anchor.map(|anchor| anchor.page + 1),
        "rect": kept.comment.anchor.map(|at| [at.x, at.y, at.width, at.height]),
        "quoted": kept.comment.quoted,
        "text": kept.comment.text,
        "open": kept.is_open(),
        "answers": kept.replies.iter().map(|reply| json!({
            "at": calendar::iso(reply.at),
            "user": reply.user,
            "text": reply.text,
            "settles": reply.settles,
        })).collect::<Vec<_>>(),
    })
}

pub fn versions(office: &Office, args: &args::Versions) -> Result<Outcome, Problem> {
    let id = key(&args.id)?;
    if let (Some(number), Some(out)) = (args.save, &args.out) {
        let bytes = if args.source {
            office.version_source(id, number)?.1
        } else {
            office.version_file(id, number)?
        };
        door::write(out, &bytes)?;
        let json = json!({"id": args.id, "version": number, "file": out, "size": bytes.len()});
        return Ok(Outcome::new(json, out.display().to_string()));
    }
    let (mut rows, mut text) = (Vec::new(), Vec::new());
    for version in office.versions(id)? {
        let at = calendar::iso(version.at);
        let kind = t!(&format!("version-{}", version.kind.key()));
        let source = version.source.as_ref().map(|source| source.name.clone());
        text.push(format!(
            "{}\t{at}\t{}\t{kind}\t{}\t{}",
            version.number,
            version.user,
            version.why,
            source.as_deref().unwrap_or_default()
        ));
        rows.push(json!({
            "version": version.number,
            "kind": version.kind.key(),
            "at": at,
            "user": version.user,
            "why": version.why,
            "file": version.file,
            "source": source,
        }));
    }
    Ok(Outcome::new(json!({"id": args.id, "versions": rows}), text.join("\n")))
}

/// What differs between two versions; status 1 if something does.
pub fn diff(office: &Office, id: &str, old: u32, new: u32) -> Result<Outcome, Problem> {
    let found = office.compare_versions(key(id)?, old, new, &Cancel::new())?;
    let same = |piece: &Piece| piece.change == Change::Same;
    let differs = !found.pages.is_empty() || !found.text.iter().all(same);
    let mut text: String = found
        .text
        .iter()
        .map(|piece| match piece.change {
            Change::Same => piece.text.clone(),
            Change::Removed => format!("[-{}-]", piece.text),
            Change::Added => format!("{{+{}+}}", piece.text),
        })
        .collect();
    for (page, count) in &found.pages {
        text.push('\n');
        text.push_str(&t!("ctl-pages-differ", page = page + 1, count = count));
    }
    if found.pages.is_empty() {
        text.push('\n');
        text.push_str(&t!("ctl-pages-same"));
    }
    let json = json!({
        "id": id,
        "old": old,
        "new": new,
        "same": !differs,
        "text": found.text.iter().map(|piece| json!({
            "change": piece.change.key(),
            "text": piece.text,
        })).collect::<Vec<_>>(),
        "pages": found.pages.iter().map(|(page, count)| json!({
            "page": page + 1,
            "places": count,
        })).collect::<Vec<_>>(),
        "page_count": found.page_count,
    });
    Ok(Outcome::new(json, text).no_if(differs))
}

pub fn submission(office: &Office, id: &str, out: &Path) -> Result<Outcome, Problem> {
    let bytes = office.submission_slip(key(id)?, vanthu::i18n::language())?;
    door::write(out, &bytes)?;
    let json = json!({"id": id, "file": out, "size": bytes.len()});
    Ok(Outcome::new(json, out.display().to_string()))
}
