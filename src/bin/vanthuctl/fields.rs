//! A document's fields: read off its pages, compared with what is stated, corrected.

use std::path::Path;

use jiff::civil::Date;
use serde_json::{Value as Json, json};
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::document::{Metadata, Recipient, Urgency};
use vanthu::domain::problem::Problem;
use vanthu::office::Office;
use vanthu::office::extract::{
    Difference, Field, Proposal, Reading, Spot, Value, differences, read_file,
};
use vanthu::pdf::render::Cancel;
use vanthu::rules::Profile;
use vanthu::t;

use crate::args::{self, Correct, Extract};
use crate::door;
use crate::output::Outcome;
use crate::usage;

/// Reads the fields of a file or of a document; of the latter they are compared with what
/// is stated of it.
pub fn extract(global: &args::Global, args: &Extract) -> Result<Outcome, Problem> {
    let path = Path::new(&args.what);
    if path.is_file() {
        let pdf: std::sync::Arc<[u8]> = door::read(path)?.into();
        let profile = Profile::open(global.profile.as_deref().unwrap_or("current"))?;
        let reading = read_file(&pdf, &profile)?;
        let mut json = reading_json(&reading);
        json["file"] = json!(args.what);
        return Ok(Outcome::new(json, reading_text(&reading)));
    }
    let key = door::key(&args.what)?;
    let office = door::open(global)?;
    let reading = office.read_fields(key, &Cancel::new())?;
    let metadata = match office.inbound_document(key) {
        Ok(document) => document.metadata,
        Err(problem) if problem.code == "office-no-such-document" => {
            office.outbound_document(key)?.metadata
        }
        Err(problem) => return Err(problem),
    };
    let unconfirmed = office.unconfirmed(key)?;
    let differences = differences(&metadata, &reading);
    let mut json = reading_json(&reading);
    json["id"] = json!(args.what);
    json["unconfirmed"] = unconfirmed.iter().map(|field| field.key()).collect();
    json["differences"] = differences.iter().map(difference_json).collect();
    let mut text = reading_text(&reading);
    for one in &differences {
        text.push_str(&format!(
            "\n{}\t{}\t{}\t{}",
            one.grade.label(),
            one.field.label(),
            one.stated,
            one.read.as_deref().unwrap_or_default()
        ));
    }
    Ok(Outcome::new(json, text))
}

/// Writes fields, and tells what stands there now.
pub fn correct(office: &Office, args: &Correct) -> Result<Outcome, Problem> {
    let key = door::key(&args.id)?;
    let document = office.inbound_document(key)?;
    let mut metadata = document.metadata.clone();
    if args.take_sure {
        let reading = office.read_fields(key, &Cancel::new())?;
        reading.fill(&mut metadata, office.profile().extraction().sure);
    }
    put(office, args, &mut metadata)?;
    office.correct(key, metadata, &args.reason)?;
    let now = office.inbound_document(key)?.metadata;
    let json = json!({"id": args.id, "fields": fields_json(&now)});
    let lines: Vec<String> = Field::ALL
        .into_iter()
        .map(|field| (field, field.stated(&now)))
        .filter(|(_, said)| !said.is_empty())
        .map(|(field, said)| format!("{}\t{said}", field.label()))
        .collect();
    Ok(Outcome::new(json, lines.join("\n")))
}

fn put(office: &Office, args: &Correct, metadata: &mut Metadata) -> Result<(), Problem> {
    let texts = [
        (&args.number, &mut metadata.code.number),
        (&args.notation, &mut metadata.code.notation),
        (&args.subject, &mut metadata.subject),
        (&args.position, &mut metadata.signer.position),
        (&args.signer, &mut metadata.signer.full_name),
        (&args.place, &mut metadata.place),
        (&args.notes, &mut metadata.notes),
    ];
    for (said, field) in texts {
        if let Some(said) = said {
            said.clone_into(field);
        }
    }
    if let Some(key) = &args.type_key {
        let kind = office.profile().document_type(key).ok_or_else(|| usage("--type", key))?;
        metadata.type_key.clone_from(&kind.key);
        metadata.type_name.clone_from(&kind.name);
    }
    if let Some(text) = &args.date {
        metadata.issued = match text.trim() {
            "" => None,
            text => Some(date(text).ok_or_else(|| usage("--date", text))?),
        };
    }
    if let Some(pages) = args.pages {
        metadata.pages = Some(pages);
    }
    if let Some(key) = &args.urgency {
        let known = Urgency::ALL.into_iter().find(|urgency| urgency.key() == key);
        metadata.urgency = known.ok_or_else(|| usage("--urgency", key))?;
    }
    if let Some(issuer) = &args.issuer {
        (metadata.issuer, metadata.unlisted_issuer) = self::issuer(office, issuer)?;
    }
    Ok(())
}

/// A code of the directory, else a name: the agency of just that name, else the name alone.
fn issuer(office: &Office, said: &str) -> Result<(Option<Recipient>, String), Problem> {
    let found = office.agencies(said, 20)?;
    let code = AgencyCode::new(said);
    let by_code = found.iter().find(|agency| code.as_ref() == Some(&agency.code));
    let by_name = || {
        let mut same = found.iter().filter(|agency| agency.name == said.trim());
        same.next().filter(|_| same.next().is_none())
    };
    Ok(match by_code.or_else(by_name) {
        Some(agency) => {
            let (agency, name) = (agency.code.clone(), agency.name.clone());
            (Some(Recipient { agency, name }), String::new())
        }
        None => (None, said.to_owned()),
    })
}

fn date(text: &str) -> Option<Date> {
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    let mut parts = text.split('/').map(str::trim);
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok();
    date.filter(|_| parts.next().is_none())
}

fn reading_json(reading: &Reading) -> Json {
    json!({
        "pages": reading.pages,
        "recognised_pages": reading.recognised.iter().map(|page| page + 1).collect::<Vec<_>>(),
        "unread_pages": reading.unread.iter().map(|page| page + 1).collect::<Vec<_>>(),
        "not_read": reading.not_read.as_ref().map(|why| why.key()),
        "fields": reading.proposals.iter().map(proposal_json).collect::<Vec<_>>(),
    })
}

fn proposal_json(proposal: &Proposal) -> Json {
    let mut json = json!({
        "field": proposal.field.key(),
        "value": value_json(&proposal.value),
        "confidence": hundredths(proposal.confidence),
        "why": proposal.why.iter().map(|reason| reason.key()).collect::<Vec<_>>(),
        "place": proposal.spot.as_ref().map(spot_json),
    });
    if let Value::Issuer { agency, superiors, .. } = &proposal.value {
        json["agency"] = json!(agency.as_ref().map(|agency| &agency.agency));
        json["superiors"] = json!(superiors);
    }
    if let Value::Type { key, .. } = &proposal.value {
        json["type"] = json!(key);
    }
    json
}

fn value_json(value: &Value) -> Json {
    match value {
        Value::Date(date) => json!(date),
        Value::Pages(pages) => json!(pages),
        Value::Urgency(urgency) => json!(urgency.key()),
        Value::Recipients(places) => json!(places),
        other => json!(other.shown()),
    }
}

/// Page from 1; rectangles in points from the top left of the page as shown.
fn spot_json(spot: &Spot) -> Json {
    let rects: Vec<Json> = spot
        .rects
        .iter()
        .map(|rect| json!([rect.x, rect.y, rect.width, rect.height].map(hundredths)))
        .collect();
    json!({"page": spot.page + 1, "rects": rects})
}

fn difference_json(one: &Difference) -> Json {
    json!({
        "field": one.field.key(),
        "stated": one.stated,
        "read": one.read,
        "grade": one.grade.key(),
        "confidence": hundredths(one.confidence),
        "place": one.spot.as_ref().map(spot_json),
    })
}

fn fields_json(metadata: &Metadata) -> Json {
    let fields = Field::ALL.into_iter().map(|field| {
        let said = match field {
            Field::Date => metadata.issued.map(|date| date.to_string()).unwrap_or_default(),
            field => field.stated(metadata),
        };
        (field.key().to_owned(), Json::String(said))
    });
    Json::Object(fields.collect())
}

fn reading_text(reading: &Reading) -> String {
    let mut lines: Vec<String> =
        reading.not_read.as_ref().map(|why| why.sentence()).into_iter().collect();
    lines.extend(reading.proposals.iter().map(|proposal| {
        let page = proposal.spot.as_ref().map(|spot| (spot.page + 1).to_string());
        format!(
            "{:>3.0} %\t{}\t{}\t{}",
            proposal.confidence * 100.0,
            page.unwrap_or_default(),
            proposal.field.label(),
            proposal.value.shown().replace('\n', " / ")
        )
    }));
    if lines.is_empty() {
        lines.push(t!("ctl-extract-nothing"));
    }
    lines.join("\n")
}

fn hundredths(number: f32) -> f64 {
    (f64::from(number) * 100.0).round() / 100.0
}
