//! How well faults of layout are found, not how fast.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Value, json};
use vanthu::domain::layout::Rule;
use vanthu::domain::problem::Problem;
use vanthu::office::check_layout::corpus::{clean, mixed, seeded};
use vanthu::office::check_layout::measure::{Foreign, Report, Tally, measure, measure_foreign};
use vanthu::office::check_layout::rule_name;
use vanthu::rules::Profile;
use vanthu::t;

use super::measure::round;
use crate::args::BenchLayout;
use crate::output::Outcome;
use crate::{door, usage};

/// Documents with several faults at a time.
const MIXED: usize = 40;

pub fn layout(args: &BenchLayout) -> Result<Outcome, Problem> {
    let mut shown_all = Vec::new();
    let mut json_all = serde_json::Map::new();
    let mut put = |name: &str, title: String, report: &Report| {
        shown_all.push(shown(&title, report, args.misses));
        json_all.insert(name.to_owned(), report_json(report, args.misses));
    };
    if let Some(folder) = &args.folder {
        let profile = Profile::built_in("current")?;
        let cases = foreign(folder)?;
        let report = measure_foreign(&cases, &profile)?;
        put("foreign", t!("ctl-bench-layout-foreign"), &report);
    } else {
        for name in ["current", "hau-giang-2019"] {
            let profile = Profile::built_in(name)?;
            let mut cases = clean(&profile);
            cases.extend(seeded(&profile, usize::from(args.times)));
            cases.extend(mixed(&profile, MIXED));
            let mut tell = |at: usize, all: usize| {
                if at.is_multiple_of(50) {
                    eprintln!("{name} {at}/{all}");
                }
            };
            let report = measure(&cases, &profile, &mut tell)?;
            put(name, t!("ctl-bench-layout-ours", profile = name), &report);
        }
    }
    let json = json!({"bench": "layout", "corpora": json_all});
    Ok(Outcome::new(json, shown_all.join("\n\n")))
}

/// What `truth.json` says of a file.
#[derive(Deserialize)]
struct Truth {
    file: String,
    #[serde(rename = "type")]
    type_key: String,
    notation: String,
    faults: Vec<(Rule, String)>,
    consequences: Vec<(Rule, String)>,
}

fn foreign(folder: &Path) -> Result<Vec<Foreign>, Problem> {
    let path = folder.join("truth.json");
    let truths: Vec<Truth> = serde_json::from_slice(&door::read(&path)?)
        .map_err(|error| usage("--folder", format!("{}: {error}", path.display())))?;
    let read = |truth: Truth| {
        Ok(Foreign {
            pdf: door::read(&folder.join(&truth.file))?.into(),
            name: truth.file,
            type_key: truth.type_key,
            notation: truth.notation,
            breaches: truth.faults,
            consequences: truth.consequences,
        })
    };
    truths.into_iter().map(read).collect()
}

fn shown(title: &str, report: &Report, misses: bool) -> String {
    let documents = t!(
        "ctl-bench-layout-documents",
        count = report.documents,
        silent = report.clean.0,
        clean = report.clean.1
    );
    let mut lines = vec![
        format!("{title}: {documents}"),
        format!(
            "{:<28} {:>9} {:>10} {:>8} {:>12} {:>9}",
            t!("ctl-bench-layout-rule"),
            t!("ctl-bench-layout-found"),
            t!("ctl-bench-layout-overlooked"),
            t!("ctl-bench-layout-wrongly"),
            t!("ctl-bench-layout-precision"),
            t!("ctl-bench-layout-recall")
        ),
    ];
    let line = |name: String, tally: &Tally| {
        format!(
            "{name:<28} {:>9} {:>10} {:>8} {:>12.1} {:>9.1}",
            tally.found,
            tally.overlooked,
            tally.wrongly,
            tally.precision() * 100.0,
            tally.recall() * 100.0
        )
    };
    lines.extend(report.rules.iter().map(|(rule, tally)| line(rule_name(*rule), tally)));
    lines.push(line(t!("ctl-bench-layout-all"), &report.overall()));
    if misses {
        lines.extend(report.misses.iter().map(|miss| {
            let found = miss.finding.as_ref().map(|one| format!("{} {:?}", one.code, one.args));
            let what = found.unwrap_or_else(|| "-".to_owned());
            format!("{}\t{}\t{}\t{what}", miss.case, miss.rule.key(), miss.component)
        }));
    }
    lines.join("\n")
}

fn report_json(report: &Report, misses: bool) -> Value {
    let tally = |tally: &Tally| {
        json!({
            "found": tally.found,
            "overlooked": tally.overlooked,
            "wrongly": tally.wrongly,
            "precision": round(tally.precision()),
            "recall": round(tally.recall()),
        })
    };
    let rules: serde_json::Map<String, Value> =
        report.rules.iter().map(|(rule, one)| (rule.key().to_owned(), tally(one))).collect();
    let mut json = json!({
        "documents": report.documents,
        "clean": {"documents": report.clean.1, "nothing_found": report.clean.0},
        "rules": rules,
        "all": tally(&report.overall()),
    });
    if misses {
        let listed = report.misses.iter().map(|miss| {
            json!({
                "case": miss.case,
                "rule": miss.rule.key(),
                "component": miss.component,
                "found": miss.finding.as_ref().map(|one| &one.code),
            })
        });
        json["misses"] = listed.collect();
    }
    json
}
