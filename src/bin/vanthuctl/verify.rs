//! Checks the signatures of PDF files.

use std::path::Path;

use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::domain::verdict::{CompletenessLine, Verdict};
use vanthu::office::labels;
use vanthu::office::verdict::KEPT_FOLDER;
use vanthu::pdf::render::Renderer;
use vanthu::pdf::structure::Source;
use vanthu::pki::TrustStore;
use vanthu::pki::fetch::{CachedFetch, HttpFetch};
use vanthu::pki::kept::Kept;
use vanthu::rules::Profile;
use vanthu::signing::Report;
use vanthu::signing::check::{self, CheckOptions, Expectation, FirstPage};
use vanthu::signing::report::{FileFacts, change, finding, printable};
use vanthu::t;

use crate::args::{Global, Verify};
use crate::door;
use crate::output::{self, Outcome};
use crate::usage;

/// Every file gets its entry; one that cannot be read makes the exit status 3, one that is
/// not valid makes it 1.
pub fn verify(global: &Global, args: &Verify) -> Result<Outcome, Problem> {
    if args.report.is_some() && args.files.len() != 1 {
        return Err(Problem::new("ctl-one-file", Kind::Usage, Blame::Input));
    }
    let at = match &args.at {
        Some(text) => Some(text.parse().map_err(|_| usage("--at", text))?),
        None => None,
    };
    let profile = Profile::built_in(global.profile.as_deref().unwrap_or("current"))?;
    // A folder that is named is all that counts; the office's own knows more.
    let (trust, kept) = match &args.trust {
        Some(dir) => (TrustStore::from_dir(dir)?, None),
        None => own_trust(global)?,
    };
    let fetch = CachedFetch::new(HttpFetch::new());
    let online = (!args.offline).then_some(&fetch as &dyn vanthu::pki::fetch::Fetch);
    let options = CheckOptions { trust: &trust, at, online };
    let expected = expectation(args)?;
    let mut rows: Vec<Value> = Vec::new();
    let mut text = Vec::new();
    let mut status = 0;
    for file in &args.files {
        let name = file.display().to_string();
        let checked = door::open_pdf(file).and_then(|source| {
            let report = check::check_by(&source, &options, profile.algorithms())?;
            Ok((source, report))
        });
        match checked {
            Ok((source, report)) => {
                if report.verdict != Verdict::Valid {
                    status = status.max(Kind::No.exit_status());
                }
                if let Some(kept) = &kept {
                    for found in &report.signatures {
                        let proof = &found.proof;
                        kept.keep(&proof.certificates, &proof.evidence, Timestamp::now());
                    }
                }
                let page = first_page(&source, &expected);
                let lines = check::completeness(&report, &expected, &page);
                text.push(sentences(&name, &report, &lines));
                let mut row = report.to_json(&name);
                row["completeness"] = json!(lines);
                rows.push(row);
                if let Some(out) = &args.report {
                    write_report(&source, file, out, &report, &lines)?;
                    text.push(t!("ctl-verify-report", file = out.display()));
                }
            }
            Err(problem) => {
                status = status.max(problem.kind.exit_status());
                eprint!("{name}: ");
                output::say(&problem);
                rows.push(json!({"file": name, "error": output::error_json(&problem)}));
            }
        }
    }
    let mut outcome = Outcome::new(json!({"files": rows}), text.join("\n"));
    outcome.status = status;
    Ok(outcome)
}

/// The certificates that the office in the data folder trusts, with what its earlier checks
/// kept; they are public, so that nobody has to log in for them.
fn own_trust(global: &Global) -> Result<(TrustStore, Option<Kept>), Problem> {
    let data = door::data_dir(global)?;
    let folder = data.join("trust");
    if !folder.is_dir() {
        return Ok((TrustStore::empty(), None));
    }
    let mut trust = TrustStore::from_dir(&folder)?;
    let kept = Kept::in_folder(&data.join(KEPT_FOLDER));
    kept.add_to(&mut trust, Timestamp::now());
    Ok((trust, Some(kept)))
}

/// What the first page says of number and date, where somebody says what it should: to read it
/// the file is opened as a viewer does, in as much memory. One that cannot be drawn is still
/// checked.
fn first_page(source: &Source, expected: &Expectation) -> FirstPage {
    if expected.number.is_empty() && expected.issued.is_none() {
        return FirstPage::Unread;
    }
    match Renderer::start() {
        Ok(renderer) => FirstPage::opened(&renderer, source),
        Err(error) => {
            tracing::info!(%error, "the first page was not read");
            FirstPage::Unread
        }
    }
}

/// One name and one code at most; each is known by its form.
fn expectation(args: &Verify) -> Result<Expectation, Problem> {
    let mut expected = Expectation {
        signer_name: args.signer.clone().unwrap_or_default(),
        ..Expectation::default()
    };
    if let Some(code) = &args.code {
        let (number, notation) = code
            .split_once('/')
            .map(|(number, notation)| (number.trim(), notation.trim()))
            .filter(|(number, notation)| !number.is_empty() && !notation.is_empty())
            .ok_or_else(|| usage("--code", code))?;
        (expected.number, expected.notation) = (number.to_owned(), notation.to_owned());
    }
    if let Some(date) = &args.issued {
        expected.issued = Some(date.parse().map_err(|_| usage("--issued", date))?);
    }
    for sender in &args.sender {
        let known = if AgencyCode::new(sender).is_some() {
            &mut expected.sender_code
        } else {
            &mut expected.sender_name
        };
        if !known.is_empty() {
            return Err(usage("--sender", sender));
        }
        known.clone_from(sender);
    }
    Ok(expected)
}

fn write_report(
    source: &Source,
    file: &Path,
    out: &Path,
    report: &Report,
    lines: &[CompletenessLine],
) -> Result<(), Problem> {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let mut hash = Sha256::new();
    source.feed(0..source.size(), |piece| hash.update(piece))?;
    let sha256 = hex::encode(hash.finalize());
    let facts = FileFacts { name, size: source.size() as u64, sha256 };
    door::write(out, &printable(report, &facts, lines, vanthu::i18n::language())?)
}

fn sentences(name: &str, report: &Report, completeness: &[CompletenessLine]) -> String {
    let mut lines = vec![format!("{name}: {}", labels::verdict(report.verdict))];
    for signature in &report.summary().signatures {
        let kind = match signature.kind {
            Some(vanthu::domain::outbound::SignatureKind::Personal) => t!("ctl-kind-personal"),
            Some(vanthu::domain::outbound::SignatureKind::Organisation) => {
                t!("ctl-kind-organisation")
            }
            None => t!("ctl-kind-unknown"),
        };
        lines.push(format!(
            "  {}",
            t!(
                "ctl-verify-signature",
                kind = kind,
                signer = signature.signer,
                verdict = labels::verdict(signature.verdict)
            )
        ));
        for reason in signature.reasons.iter().chain(&signature.detail.notes) {
            lines.push(format!("    {}", t!(&format!("reason-{reason}"))));
        }
        for detail in &signature.detail.change_details {
            lines.push(format!("    {}", change(detail, vanthu::i18n::language())));
        }
        if signature.shows_more() {
            lines.push(format!("    {}", t!("check-visible-changes")));
        }
    }
    if !report.signatures.is_empty() {
        lines.push(format!("  {}", t!("ctl-verify-complete")));
        for line in completeness {
            lines.push(format!(
                "    [{}] {} ({}): {}",
                t!(&format!("check-answer-{}", line.result.key())),
                t!(&format!("check-complete-{}", line.code)),
                line.article,
                finding(line, vanthu::i18n::language())
            ));
        }
    }
    lines.join("\n")
}
