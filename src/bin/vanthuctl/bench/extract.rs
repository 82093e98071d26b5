//! How well fields are read off pages, not how fast.

use serde_json::{Value, json};
use vanthu::domain::problem::Problem;
use vanthu::office::extract::corpus::cases;
use vanthu::office::extract::measure::{Report, Tally, measure};
use vanthu::office::extract::recognise::Recogniser;
use vanthu::rules::Profile;
use vanthu::t;

use super::measure::round;
use crate::args::BenchExtract;
use crate::output::Outcome;

pub fn extract(args: &BenchExtract) -> Result<Outcome, Problem> {
    let profile = Profile::built_in("current")?;
    let cases = cases(&profile);
    let recogniser = match args.no_scans {
        true => None,
        false => match Recogniser::find(None) {
            Ok(found) => Some(found),
            Err(why) => {
                eprintln!("{}", why.sentence());
                None
            }
        },
    };
    let mut tell = |at: usize, all: usize| {
        if at.is_multiple_of(10) {
            eprintln!("{at}/{all}");
        }
    };
    let (texts, scans) = measure(&cases, &profile, recogniser.as_ref(), &mut tell)?;
    let mut text = shown(&t!("ctl-bench-extract-texts"), &texts, args.misses);
    if let Some(scans) = &scans {
        text.push_str("\n\n");
        text.push_str(&shown(&t!("ctl-bench-extract-scans"), scans, args.misses));
    }
    let json = json!({
        "bench": "extract",
        "texts": report_json(&texts, args.misses),
        "scans": scans.as_ref().map(|scans| report_json(scans, args.misses)),
    });
    Ok(Outcome::new(json, text))
}

fn shown(title: &str, report: &Report, misses: bool) -> String {
    let head = format!(
        "{title}: {}\n{:<24} {:>6} {:>6} {:>6}  {:>7}",
        t!("ctl-bench-extract-documents", count = report.documents),
        t!("ctl-bench-extract-field"),
        t!("ctl-bench-extract-right"),
        t!("ctl-bench-extract-wrong"),
        t!("ctl-bench-extract-silent"),
        "%"
    );
    let line = |name: String, tally: &Tally| {
        format!(
            "{name:<24} {:>6} {:>6} {:>6}  {:>7.1}",
            tally.right,
            tally.wrong,
            tally.silent,
            tally.accuracy() * 100.0
        )
    };
    let mut lines = vec![head];
    lines.extend(report.fields.iter().map(|(field, tally)| line(field.label(), tally)));
    lines.push(line(t!("ctl-bench-extract-all"), &report.overall()));
    lines.push(t!("ctl-bench-extract-calibration"));
    for bin in report.bins.iter().filter(|bin| bin.proposals > 0) {
        lines.push(format!(
            "{:.2}–{:.2}  {:>5}  {:>5.1} %",
            bin.from,
            bin.from + 0.05,
            bin.proposals,
            100.0 * f64::from(bin.right) / f64::from(bin.proposals)
        ));
    }
    if misses {
        lines.extend(report.misses.iter().map(|miss| {
            let (truth, read) = (&miss.truth, &miss.read);
            format!(
                "{}\t{}\t{:.2}\t{truth:?}\t{read:?}",
                miss.case,
                miss.field.key(),
                miss.confidence
            )
        }));
    }
    lines.join("\n")
}

fn report_json(report: &Report, misses: bool) -> Value {
    let tally = |tally: &Tally| {
        json!({
            "right": tally.right,
            "wrong": tally.wrong,
            "not_proposed": tally.silent,
            "accuracy": round(tally.accuracy()),
        })
    };
    let fields: serde_json::Map<String, Value> =
        report.fields.iter().map(|(field, one)| (field.key().to_owned(), tally(one))).collect();
    let bins: Vec<Value> = report
        .bins
        .iter()
        .filter(|bin| bin.proposals > 0)
        .map(|bin| {
            let from = round(f64::from(bin.from));
            json!({"from": from, "proposals": bin.proposals, "right": bin.right})
        })
        .collect();
    let missed: Vec<Value> = report
        .misses
        .iter()
        .filter(|_| misses)
        .map(|miss| {
            json!({
                "case": miss.case,
                "field": miss.field.key(),
                "truth": miss.truth,
                "read": miss.read,
                "confidence": round(f64::from(miss.confidence)),
            })
        })
        .collect();
    json!({
        "documents": report.documents,
        "fields": fields,
        "all": tally(&report.overall()),
        "calibration": bins,
        "misses": missed,
    })
}
