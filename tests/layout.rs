//! The checker of layouts: measured on documents with known faults, and through `vanthuctl`
//! from a draft to the signer.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use support::OfficeDir;
use vanthu::domain::layout::Rule;
use vanthu::office::check_layout::corpus::{clean, mixed, seeded};
use vanthu::office::check_layout::measure::{Foreign, Miss, Report, measure, measure_foreign};
use vanthu::office::layout::{Sheet, compose, samples};
use vanthu::rules::Profile;

fn profile(name: &str) -> Profile {
    Profile::built_in(name).unwrap()
}

fn told(report: &Report) -> String {
    let miss = |miss: &Miss| {
        let kind = if miss.finding.is_some() { "wrongly" } else { "overlooked" };
        format!("{} {kind} {} {}", miss.case, miss.rule.key(), miss.component)
    };
    report.misses.iter().map(miss).collect::<Vec<_>>().join("\n")
}

#[test]
fn documents_of_the_composer_are_clean_in_both_profiles() {
    for name in ["current", "hau-giang-2019"] {
        let profile = profile(name);
        let cases: Vec<_> = clean(&profile).into_iter().step_by(7).collect();
        assert!(cases.len() > 10);
        let report = measure(&cases, &profile, &mut |_, _| {}).unwrap();
        assert_eq!(report.clean.0, report.clean.1, "{name}:\n{}", told(&report));
    }
}

#[test]
fn faults_are_found_and_nothing_else_is() {
    // Every fault by the law of today; by that of 2011 every third one.
    for (name, step) in [("current", 1), ("hau-giang-2019", 3)] {
        let profile = profile(name);
        let mut cases: Vec<_> = seeded(&profile, 1).into_iter().step_by(step).collect();
        cases.extend(mixed(&profile, 6));
        let report = measure(&cases, &profile, &mut |_, _| {}).unwrap();
        let all = report.overall();
        assert!(all.found > 40, "{name}: {all:?}");
        // The floor under what `vanthuctl bench layout` prints.
        assert!(all.precision() > 0.95, "{name}: {all:?}\n{}", told(&report));
        assert!(all.recall() > 0.95, "{name}: {all:?}\n{}", told(&report));
        for (rule, tally) in report.rules.iter().filter(|_| step == 1) {
            assert!(tally.recall() >= 0.6, "{name}: {rule:?} {tally:?}\n{}", told(&report));
        }
    }
}

/// Documents that LibreOffice set, by `tests/data/layout/make.py`.
fn foreign() -> Vec<Foreign> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/layout");
    let truth = std::fs::read(folder.join("truth.json")).unwrap();
    let truth: Vec<Value> = serde_json::from_slice(&truth).unwrap();
    let said = |one: &Value, name: &str| one[name].as_str().unwrap().to_owned();
    let breaches = |one: &Value, name: &str| -> Vec<(Rule, String)> {
        serde_json::from_value(one[name].clone()).unwrap()
    };
    truth
        .iter()
        .map(|one| Foreign {
            name: said(one, "file"),
            pdf: Arc::from(std::fs::read(folder.join(said(one, "file"))).unwrap()),
            type_key: said(one, "type"),
            notation: said(one, "notation"),
            breaches: breaches(one, "faults"),
            consequences: breaches(one, "consequences"),
        })
        .collect()
}

#[test]
fn documents_of_another_program_are_checked_as_well() {
    let report = measure_foreign(&foreign(), &profile("current")).unwrap();
    let all = report.overall();
    assert_eq!(report.clean.0, report.clean.1, "{}", told(&report));
    assert!(report.clean.1 >= 10 && all.found >= 60, "{all:?}");
    assert!(all.recall() >= 0.95 && all.precision() >= 0.95, "{all:?}\n{}", told(&report));
}

/// A letter that is right by the law; `number_of_day` is how its day is written.
fn letter(day: &str) -> Sheet {
    let sample = samples().into_iter().find(|sample| sample.type_key == "CV").unwrap();
    let mut sheet = sample.sheet;
    // A blank in the place of the number, as drafts have it.
    sheet.code.notation = "UBND-VP".to_owned();
    sheet.place = format!("Tân Bình, ngày {day} tháng 11 năm 2026");
    sheet
}

/// With a date whose day has no zero before it: set as it is written.
fn with_day(day: &str) -> Vec<u8> {
    let sheet = letter(day);
    let mut composition = vanthu::office::layout::composition(&Sheet {
        place: "Tân Bình".to_owned(),
        year: Some(2026),
        ..sheet.clone()
    });
    each_run(&mut composition.blocks, &mut |text| {
        if text.starts_with("Tân Bình, ngày") {
            text.clone_from(&sheet.place);
        }
    });
    vanthu::pdf::compose::compose(&composition).unwrap()
}

fn each_run(blocks: &mut [vanthu::pdf::compose::Block], f: &mut dyn FnMut(&mut String)) {
    use vanthu::pdf::compose::Block;
    for block in blocks {
        match block {
            Block::Paragraph { runs, .. } => runs.iter_mut().for_each(|run| f(&mut run.text)),
            Block::Columns(columns) => {
                columns.iter_mut().for_each(|column| each_run(&mut column.blocks, f));
            }
            _ => {}
        }
    }
}

#[test]
fn a_draft_is_checked_and_passes_with_errors_only_with_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let office =
        OfficeDir::found(folder.path(), "a", "000.01.05.H30", "Ủy ban nhân dân xã Tân Bình");
    let add = |user: &str, name: &str, role: &str| {
        let words = ["user", "add", user, "--display-name", name, "--roles", role];
        let all: Vec<&str> =
            words.into_iter().chain(["--new-password-env", "NEW_PASSWORD"]).collect();
        office.as_user("quantri", &all).done();
    };
    add("thethuc", "Võ Thị Thể", "format-checker");
    let other = folder.path().join("danh-ba.csv");
    std::fs::write(&other, "code,name\n000.02.05.H30,Sở Nội vụ\n").unwrap();
    office.as_user("quantri", &["agency", "import", other.to_str().unwrap()]).done();
    let pdf = folder.path().join("cong-van.pdf");
    std::fs::write(&pdf, with_day("6")).unwrap();
    let pdf = pdf.to_str().unwrap();

    // A file alone: what is wrong, where, and by which article.
    let words = ["--profile", "hau-giang-2019", "check", pdf, "--type", "CV"];
    let said = office.as_user("soanthao", &words);
    assert_eq!(said.status, 1, "{}", said.messages);
    let day = said.json["findings"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["code"] == "date-day")
        .unwrap();
    assert_eq!((day["severity"].as_str(), day["place"]["page"].as_u64()), (Some("error"), Some(1)));
    assert!(day["cite"].as_str().unwrap().starts_with("Thông tư 01/2011"));

    let id = office
        .as_user(
            "soanthao",
            &[
                "draft",
                pdf,
                "--type",
                "CV",
                "--subject",
                "Phòng, chống sạt lở",
                "--to",
                "000.02.05.H30",
                "--signer",
                "Nguyễn Thị Ánh Nguyệt",
                "--position",
                "Chủ tịch",
                "--notation",
                "UBND-VP",
            ],
        )
        .done()["id"]
        .as_str()
        .unwrap()
        .to_owned();
    // It was checked by itself when it was drafted.
    let history = office.as_user("soanthao", &["show", &id]).done();
    assert!(history.to_string().contains("thể thức"), "{history}");
    office.as_user("soanthao", &["review", &id, "--to", "format-check"]).done();
    office.as_user("thethuc", &["check", &id]).failed(1);
    let refused = office.as_user("thethuc", &["review", &id, "--to", "sign"]).failed(5);
    assert_eq!(refused, "office-layout-reason");
    let note = "Ngày do văn thư điền khi phát hành";
    office.as_user("thethuc", &["review", &id, "--to", "sign", "--note", note]).done();
    let history = office.as_user("soanthao", &["show", &id]).done();
    assert!(history.to_string().contains(note), "{history}");
    office.as_user("quantri", &["audit", "verify"]).done();
}

#[test]
fn text_in_a_legacy_encoding_is_refused_in_fields_with_what_it_means() {
    let folder = tempfile::tempdir().unwrap();
    let office =
        OfficeDir::found(folder.path(), "a", "000.01.05.H30", "Ủy ban nhân dân xã Tân Bình");
    let pdf = folder.path().join("a.pdf");
    std::fs::write(&pdf, compose(&letter("06")).unwrap()).unwrap();
    let subject = "VÒ viÖc kiÖn toµn Ban ChØ ®¹o phßng chèng thiªn tai";
    let words = [
        "draft",
        pdf.to_str().unwrap(),
        "--type",
        "CV",
        "--subject",
        subject,
        "--to",
        "000.01.05.H30",
        "--signer",
        "Nguyễn Thị Ánh Nguyệt",
        "--position",
        "Chủ tịch",
    ];
    let refused = office.as_user("soanthao", &words);
    assert!(refused.messages.contains("Về việc kiện toàn Ban Chỉ đạo"), "{}", refused.messages);
    assert_eq!(refused.failed(5), "office-legacy-text");
}
