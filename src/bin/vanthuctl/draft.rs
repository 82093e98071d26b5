//! Making drafts, and what they begin with.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::calendar;
use vanthu::domain::deadline;
use vanthu::domain::document::{Metadata, Recipient, Steering, Urgency};
use vanthu::domain::problem::Problem;
use vanthu::domain::template::{DraftTemplate, RecipientGroup};
use vanthu::office::convert::sameness::Difference;
use vanthu::office::convert::{Conversion, is_text_document};
use vanthu::office::{Attached, DraftEdit, DraftError, MadeOf, MainFile, NewDraft, Office};
use vanthu::pdf::render::Cancel;
use vanthu::t;

use crate::args;
use crate::door::{self, key};
use crate::output::Outcome;
use crate::usage;

pub fn draft(office: &Office, args: &args::Draft) -> Result<Outcome, Problem> {
    let mut metadata = Metadata { type_key: args.type_key.clone(), ..Metadata::default() };
    fill(office, &args.fields, &mut metadata)?;
    if let Some(template) = office.draft_template(&args.type_key)? {
        template.fill(&mut metadata);
    }
    let main = main_file(office, &args.file, args.accept_differences)?;
    let attachments = read_all(&args.attachments)?;
    let template = args.remember.then(|| DraftTemplate::of(&metadata));
    let draft = NewDraft {
        file_name: main.name,
        pdf: main.pdf,
        source: main.source,
        attachments,
        metadata,
    };
    let made = match &args.answers {
        Some(inbound) => office.draft_answer(key(inbound)?, draft)?,
        None => office.draft(draft)?,
    };
    if let Some(template) = template {
        office.put_draft_template(template)?;
    }
    Ok(Outcome::new(json!({"id": made, "state": "draft"}), made.to_string()))
}

pub fn edit(office: &Office, args: &args::Edit) -> Result<Outcome, Problem> {
    let id = key(&args.id)?;
    let base = office.draft_to_edit(id)?;
    let mut metadata = base.metadata.clone();
    if let Some(type_key) = &args.type_key {
        metadata.type_key.clone_from(type_key);
    }
    fill(office, &args.fields, &mut metadata)?;
    let file = match &args.file {
        Some(path) => Some(main_file(office, path, args.accept_differences)?),
        None => None,
    };
    for name in &args.detach {
        if !base.files.iter().any(|file| !file.main && file.name == *name) {
            return Err(usage("--detach", name));
        }
    }
    let kept = base.files.iter().filter(|file| !file.main && !args.detach.contains(&file.name));
    let mut attachments: Vec<Attached> =
        kept.map(|file| Attached::Kept(file.blob.clone())).collect();
    for (name, bytes) in read_all(&args.attachments)? {
        attachments.push(Attached::New { name, bytes });
    }
    let edit = DraftEdit { base, metadata, file, attachments, why: args.why.clone() };
    office.edit_draft(id, edit)?;
    let versions = office.versions(id)?;
    let newest = versions.last().map_or(0, |version| version.number);
    Ok(Outcome::new(json!({"id": args.id, "version": newest}), newest.to_string()))
}

/// Makes a PDF of a text document and tells whether it says the same.
pub fn convert(office: &Office, file: &Path, out: &Path) -> Result<Outcome, Problem> {
    let made = office.convert(&door::file_name(file), &door::read(file)?, &Cancel::new())?;
    door::write(out, &made.pdf)?;
    let told = |all: &[Difference]| -> Vec<Value> {
        let one =
            |one: &Difference| json!({"text": one.text, "before": one.before, "after": one.after});
        all.iter().map(one).collect()
    };
    let sameness = &made.sameness;
    let json = json!({
        "file": out,
        "pages": made.pages,
        "by": made.by,
        "same": sameness.is_same(),
        "words": sameness.words,
        "moved": sameness.moved,
        "numbers": sameness.numbers,
        "missing": told(&sameness.missing),
        "added": told(&sameness.added),
    });
    Ok(Outcome::new(json, differences(&made)).no_if(!sameness.is_same()))
}

fn differences(made: &Conversion) -> String {
    let Conversion { sameness, pages, by, .. } = made;
    if sameness.is_same() {
        return t!("ctl-convert-same", words = sameness.words, pages = pages, by = by);
    }
    let mut lines = vec![t!(
        "ctl-convert-differs",
        count = sameness.differences(),
        words = sameness.words,
        pages = pages,
        by = by
    )];
    for (key, all) in
        [("ctl-convert-missing", &sameness.missing), ("ctl-convert-added", &sameness.added)]
    {
        let what = t!(key);
        let one = |one: &Difference| {
            format!("{what}\t… {} [{}] {} …", one.before, one.text, one.after).replace('\n', " ")
        };
        lines.extend(all.iter().map(one));
    }
    lines.join("\n")
}

/// The file itself where it is a PDF; else what the word processor makes of it, if it says the
/// same or somebody has looked.
fn main_file(office: &Office, path: &Path, accepted: bool) -> Result<MainFile, Problem> {
    let (name, bytes) = (door::file_name(path), door::read(path)?);
    if !is_text_document(&name) {
        return Ok(MainFile { name, pdf: bytes, source: None });
    }
    let made = office.convert(&name, &bytes, &Cancel::new())?;
    if !made.sameness.is_same() && !accepted {
        return Err(DraftError::Differs(made.sameness.differences()).into());
    }
    let pdf = Path::new(&name).with_extension("pdf").display().to_string();
    let source = MadeOf { name, bytes, accepted };
    Ok(MainFile { name: pdf, pdf: made.pdf.to_vec(), source: Some(source) })
}

fn read_all(paths: &[std::path::PathBuf]) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    paths.iter().map(|path| Ok((door::file_name(path), door::read(path)?))).collect()
}

/// Writes what was said into the fields; the rest stays.
fn fill(office: &Office, args: &args::Fields, metadata: &mut Metadata) -> Result<(), Problem> {
    let text = |field: &mut String, said: &Option<String>| {
        if let Some(said) = said {
            field.clone_from(said);
        }
    };
    text(&mut metadata.subject, &args.subject);
    text(&mut metadata.signer.competence, &args.competence);
    text(&mut metadata.signer.position, &args.position);
    text(&mut metadata.signer.full_name, &args.signer);
    text(&mut metadata.place, &args.place);
    text(&mut metadata.code.notation, &args.notation);
    text(&mut metadata.drafter_notation, &args.drafter);
    text(&mut metadata.circulation, &args.circulation);
    text(&mut metadata.notes, &args.notes);
    if let Some(said) = &args.urgency {
        let known = Urgency::ALL.into_iter().find(|urgency| urgency.key() == said);
        metadata.urgency = known.ok_or_else(|| usage("--urgency", said))?;
    }
    if let Some(said) = &args.steering {
        let known = Steering::ALL.into_iter().find(|steering| steering.key() == said);
        metadata.steering = known.ok_or_else(|| usage("--steering", said))?;
    }
    if let Some(said) = &args.due {
        let today = calendar::local(Timestamp::now()).date();
        let read = deadline::read(said, today, office.profile().holidays());
        metadata.due = read.map_err(|_| usage("--due", said))?;
    }
    metadata.copies = args.copies.or(metadata.copies);
    metadata.paper_follows |= args.paper;
    if !args.other_places.is_empty() {
        metadata.other_places.clone_from(&args.other_places);
    }
    if !args.to.is_empty() || !args.groups.is_empty() {
        metadata.recipients = recipients(office, &args.to, &args.groups)?;
    }
    Ok(())
}

fn recipients(
    office: &Office,
    codes: &[String],
    groups: &[String],
) -> Result<Vec<Recipient>, Problem> {
    let mut found = Vec::new();
    for agency in self::codes("--to", codes)? {
        found.push(Recipient { agency, name: String::new() });
    }
    let known = office.recipient_groups()?;
    for name in groups {
        let key = RecipientGroup::key_of(name);
        let group = known.iter().find(|group| RecipientGroup::key_of(&group.name) == key);
        let group = group.ok_or_else(|| DraftError::NoSuchPrefill(name.clone()))?;
        found.extend(office.group_recipients(group)?);
    }
    Ok(found)
}

fn codes(option: &str, codes: &[String]) -> Result<Vec<AgencyCode>, Problem> {
    codes.iter().map(|code| AgencyCode::new(code).ok_or_else(|| usage(option, code))).collect()
}

pub fn template(office: &Office, command: &args::TemplateCommand) -> Result<Outcome, Problem> {
    match command {
        args::TemplateCommand::List => {}
        args::TemplateCommand::Show { type_key } => {
            let known = office.draft_template(type_key)?;
            let known = known.ok_or_else(|| DraftError::NoSuchPrefill(type_key.clone()))?;
            let json = json!({"type": known.type_key, "fields": known.fields});
            let text = serde_json::to_string_pretty(&json).unwrap_or_default();
            return Ok(Outcome::new(json, text));
        }
        args::TemplateCommand::Set { type_key, fields } => {
            let mut metadata = office
                .draft_template(type_key)?
                .map_or_else(Metadata::default, |template| template.fields);
            metadata.type_key.clone_from(type_key);
            fill(office, fields, &mut metadata)?;
            office.put_draft_template(DraftTemplate::of(&metadata))?;
        }
        args::TemplateCommand::Drop { type_key } => office.drop_draft_template(type_key)?,
    }
    let templates = office.draft_templates()?;
    let text: Vec<String> = templates
        .iter()
        .map(|one| {
            let fields = &one.fields;
            format!("{}\t{}\t{}", one.type_key, fields.subject, fields.signer.full_name)
        })
        .collect();
    let rows: Vec<Value> =
        templates.iter().map(|one| json!({"type": one.type_key, "fields": one.fields})).collect();
    Ok(Outcome::new(json!({"templates": rows}), text.join("\n")))
}

pub fn group(office: &Office, command: &args::GroupCommand) -> Result<Outcome, Problem> {
    match command {
        args::GroupCommand::List => {}
        args::GroupCommand::Put { name, members } => {
            office.put_recipient_group(name, codes("--member", members)?)?;
        }
        args::GroupCommand::Drop { name } => office.drop_recipient_group(name)?,
    }
    let groups = office.recipient_groups()?;
    let text: Vec<String> = groups
        .iter()
        .map(|group| {
            let members: Vec<&str> = group.members.iter().map(AgencyCode::as_str).collect();
            format!("{}\t{}", group.name, members.join(", "))
        })
        .collect();
    Ok(Outcome::new(json!({"groups": groups}), text.join("\n")))
}

/// "Kính gửi" and "Nơi nhận" of a document, as its page should say them.
pub fn places(office: &Office, id: &str) -> Result<Outcome, Problem> {
    let places = office.places_text(&office.outbound_document(key(id)?)?.metadata);
    let text: Vec<&str> =
        places.addressed.iter().chain(&places.received).map(String::as_str).collect();
    let json = json!({"id": id, "addressed": places.addressed, "received": places.received});
    let text = text.join("\n");
    Ok(Outcome::new(json, text))
}
