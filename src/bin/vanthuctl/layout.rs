//! The check of a document's layout, of a file or of a document of the office.

use std::path::Path;

use serde_json::{Value as Json, json};
use vanthu::domain::layout::{Finding, LayoutCheck, Place, Severity, Standing};
use vanthu::domain::problem::Problem;
use vanthu::office::check_layout::{
    Asked, check_file, component, rule_name, sentence, severity_name, standing,
};
use vanthu::rules::Profile;
use vanthu::t;

use crate::args::{self, Check};
use crate::output::Outcome;
use crate::{door, usage};

/// Status 1 if there are errors, or nothing could be checked.
pub fn check(global: &args::Global, args: &Check) -> Result<Outcome, Problem> {
    let path = Path::new(&args.what);
    if path.is_file() {
        let pdf: std::sync::Arc<[u8]> = door::read(path)?.into();
        let profile = Profile::open(global.profile.as_deref().unwrap_or("current"))?;
        if let Some(key) = args.type_key.as_ref().filter(|key| profile.document_type(key).is_none())
        {
            return Err(usage("--type", key));
        }
        let asked = Asked { type_key: args.type_key.as_deref(), ..Asked::default() };
        let check = check_file(&pdf, asked, &profile)?;
        return Ok(told(&args.what, &check, &profile));
    }
    let key = door::key(&args.what)?;
    let office = door::open(global)?;
    let check = office.check_layout(key)?;
    Ok(told(&args.what, &check, office.profile()))
}

fn told(what: &str, check: &LayoutCheck, profile: &Profile) -> Outcome {
    let findings = check.findings.iter();
    let json = json!({
        "what": what,
        "standing": match check.standing() {
            Standing::Clean => "clean",
            Standing::Blind => "unreadable",
            Standing::Found(gravest) => gravest.key(),
        },
        "profile": check.profile,
        "checked_at": check.checked_at,
        "sha256": check.file,
        "pages": check.pages,
        "unread_pages": check.unread.iter().map(|page| page + 1).collect::<Vec<_>>(),
        "findings": findings.clone().map(|one| finding_json(one, profile)).collect::<Vec<_>>(),
    });
    let mut lines = vec![standing(check)];
    lines.extend(findings.map(|one| {
        let page = one.place.as_ref().map(|place| t!("layout-page", page = place.page + 1));
        format!(
            "{}\t{}\t{}\t{} [{}]",
            severity_name(one.severity),
            page.unwrap_or_default(),
            rule_name(one.rule),
            sentence(one, &component(one, profile)),
            one.cite
        )
    }));
    let no = matches!(check.standing(), Standing::Found(Severity::Error) | Standing::Blind);
    Outcome::new(json, lines.join("\n")).no_if(no)
}

fn finding_json(one: &Finding, profile: &Profile) -> Json {
    json!({
        "rule": one.rule.key(),
        "severity": one.severity.key(),
        "code": one.code,
        "component": one.component,
        "component_name": component(one, profile),
        "message": sentence(one, &component(one, profile)),
        "found": one.arg("found"),
        "asked": one.arg("asked"),
        "cite": one.cite,
        "place": one.place.as_ref().map(place_json),
    })
}

/// Page from 1; rectangles in points from the top left of the page as shown.
fn place_json(place: &Place) -> Json {
    let points = |tenths: i32| f64::from(tenths) / 10.0;
    let areas = place.areas.iter().map(|area| {
        json!([points(area.x), points(area.y), points(area.width), points(area.height)])
    });
    json!({"page": place.page + 1, "rects": areas.collect::<Vec<_>>()})
}
