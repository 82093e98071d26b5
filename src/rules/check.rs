//! Reads a profile strictly: syntax and unknown keys with their line, then contradictions.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::facts::TypeForm;
use super::{OpenPoint, Profile, RulesError};
use crate::domain::delivery::StatusCode;

/// Longer texts are no profile.
const MAX_BYTES: usize = 1 << 20;

pub(super) fn read(source: &str) -> Result<Profile, RulesError> {
    if source.len() > MAX_BYTES {
        return Err(fault(format!("longer than {MAX_BYTES} bytes")));
    }
    let mut profile: Profile = toml::from_str(source).map_err(|error| RulesError::Profile {
        line: error.span().map_or(0, |span| line_of(source, span.start)),
        detail: error.message().to_owned(),
    })?;
    contradictions(&profile).map_err(fault)?;
    profile.closed_days = profile.holidays.rows.iter().map(|row| row.date).collect();
    profile.open_points = open_points(source)?;
    Ok(profile)
}

/// `MM-DD` in `year`.
pub(super) fn month_day(year: i16, text: &str) -> Option<Date> {
    let (month, day) = text.split_once('-')?;
    Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
}

fn fault(detail: String) -> RulesError {
    RulesError::Profile { line: 0, detail }
}

fn line_of(source: &str, offset: usize) -> usize {
    source.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

fn contradictions(profile: &Profile) -> Result<(), String> {
    types(profile)?;
    let validity = profile.validity();
    if validity.until.is_some_and(|until| until < validity.from) {
        return Err("validity.until lies before validity.from".to_owned());
    }
    if profile.numbering.first == 0 || !(1..=6).contains(&profile.numbering.min_digits) {
        return Err("numbering: first or min_digits makes no sense".to_owned());
    }
    settling(profile)?;
    distinct("holidays", profile.holidays.rows.iter().map(|row| row.date.to_string()))?;
    distinct("return_reasons", profile.return_reasons.rows.iter().map(|row| row.key.clone()))?;
    distinct("statuses", profile.statuses.rows.iter().map(|row| row.code.digits().to_owned()))?;
    if profile.statuses.rows.len() != StatusCode::ALL.len() {
        return Err("statuses: every code needs its row".to_owned());
    }
    distinct("layout.components", profile.layout.components.iter().map(|row| row.key.clone()))?;
    formats(profile)?;
    geometry(profile)?;
    extraction(profile)?;
    super::algorithms::contradiction(profile.algorithms()).map_or(Ok(()), Err)?;
    super::copies::contradiction(profile).map_or(Ok(()), Err)?;
    super::leaving::contradiction(profile).map_or(Ok(()), Err)?;
    super::gate::contradiction(profile).map_or(Ok(()), Err)?;
    super::layout::contradiction(profile.layout()).map_or(Ok(()), Err)?;
    for report in profile.reports() {
        if let Some(due) = report.due.iter().find(|due| month_day(2019, due).is_none()) {
            return Err(format!("reports: {due} is no day of every year"));
        }
    }
    if !profile.agency_codes.accepted.contains(&profile.agency_codes.preferred) {
        return Err("agency_codes: the preferred form is not accepted".to_owned());
    }
    Ok(())
}

fn settling(profile: &Profile) -> Result<(), String> {
    let settling = profile.settling();
    let known = |key: &String| profile.document_type(key).is_some();
    if let Some(key) = settling.rows.iter().flat_map(|row| &row.types).find(|key| !known(key)) {
        return Err(format!("settling: there is no type {key}"));
    }
    if settling.soon_days > 30 || settling.rows.iter().any(|row| row.days > 250) {
        return Err("settling: a term makes no sense".to_owned());
    }
    if profile.recall_rule().answer_days > 30 {
        return Err("recall: answer_days makes no sense".to_owned());
    }
    Ok(())
}

fn types(profile: &Profile) -> Result<(), String> {
    let rows = profile.document_types();
    distinct("types", rows.iter().map(|row| row.key.clone()))?;
    distinct("types: name", rows.iter().map(|row| row.name.to_lowercase()))?;
    let numbers = rows.iter().filter_map(|row| row.packet_number);
    distinct("types: packet_number", numbers.map(|number| number.to_string()))?;
    for row in rows {
        let key = &row.key;
        if row.form != TypeForm::Letter && row.abbreviation.is_none() {
            return Err(format!("types: {key} has no abbreviation and is no letter"));
        }
        if row.archive_code.as_ref().is_some_and(|code| code.len() != 2) {
            return Err(format!("types: the archive code of {key} has not two digits"));
        }
        if key.is_empty() || row.series.contains(['/', '\\', ' ']) {
            return Err(format!("types: key or series of {key:?} cannot be used"));
        }
    }
    Ok(())
}

fn formats(profile: &Profile) -> Result<(), String> {
    let extensions = profile.formats().iter().flat_map(|format| format.extensions.clone());
    distinct("formats", extensions)?;
    for format in profile.formats() {
        if format.extensions.is_empty() {
            return Err("formats: a format without an extension".to_owned());
        }
        if let Some(magic) = format.magic.iter().find(|magic| hex::decode(magic).is_err()) {
            return Err(format!("formats: {magic} is not hexadecimal"));
        }
    }
    if !profile.formats().iter().any(|format| format.main) {
        return Err("formats: no format is permitted for the document itself".to_owned());
    }
    Ok(())
}

fn extraction(profile: &Profile) -> Result<(), String> {
    let rule = profile.extraction();
    let within = 0.0 < rule.doubtful && rule.doubtful <= rule.sure && rule.sure <= 1.0;
    if !within {
        return Err("extraction: 0 < doubtful <= sure <= 1 is not so".to_owned());
    }
    let lengths = profile.field_lengths();
    if lengths.subject == 0 || !(1..=6).contains(&lengths.pages) {
        return Err("fields: a length makes no sense".to_owned());
    }
    Ok(())
}

fn geometry(profile: &Profile) -> Result<(), String> {
    let seal = profile.seal_geometry();
    if !(10.0..=60.0).contains(&seal.diameter_mm) || !(0.1..=0.9).contains(&seal.covers) {
        return Err("signatures.seal: diameter or cover makes no sense".to_owned());
    }
    if !(50.0..=1200.0).contains(&profile.digitising().least_dpi) {
        return Err("digitising.least_dpi makes no sense".to_owned());
    }
    let personal = &profile.signatures().personal;
    if !(5.0..=120.0).contains(&personal.width_mm) || !(5.0..=80.0).contains(&personal.height_mm) {
        return Err("signatures.personal: the box makes no sense".to_owned());
    }
    let stamp = profile.arrival_stamp();
    if !(20.0..=100.0).contains(&stamp.width_mm)
        || !(20.0..=100.0).contains(&stamp.height_mm)
        || stamp.places_mm.is_empty()
    {
        return Err("arrival_stamp: size or place makes no sense".to_owned());
    }
    let corners = [&profile.signatures().annex, &profile.signatures().copy];
    if corners.iter().any(|corner| {
        !(0.0..=60.0).contains(&corner.top_mm)
            || !(0.0..=100.0).contains(&corner.right_mm)
            || !(4.0..=40.0).contains(&corner.size_pt)
    }) {
        return Err("signatures.annex, signatures.copy: place or size makes no sense".to_owned());
    }
    let layout = profile.layout();
    let spans = [
        layout.top_mm,
        layout.bottom_mm,
        layout.left_mm,
        layout.right_mm,
        layout.page_number_pt,
        layout.first_line_indent_mm,
        layout.line_spacing,
    ];
    let sizes = layout.components.iter().map(|component| component.size_pt);
    if spans.into_iter().chain(sizes).any(|span| !(0.0 <= span.0 && span.0 <= span.1)) {
        return Err("layout: an interval ends before it begins".to_owned());
    }
    Ok(())
}

fn distinct(section: &str, keys: impl Iterator<Item = String>) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for key in keys {
        if seen.contains(&key) {
            return Err(format!("{section}: {key} stands there twice"));
        }
        seen.insert(key);
    }
    Ok(())
}

/// Walks the file itself, so that no section can be forgotten.
fn open_points(source: &str) -> Result<Vec<OpenPoint>, RulesError> {
    let root: toml::Table =
        source.parse().map_err(|error: toml::de::Error| fault(error.message().to_owned()))?;
    let mut points = Vec::new();
    walk(&root, "", "", &mut points);
    Ok(points)
}

fn walk(table: &toml::Table, path: &str, cite: &str, points: &mut Vec<OpenPoint>) {
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str);
    let cite = text("cite").or_else(|| text("law")).unwrap_or(cite);
    for (key, value) in table {
        let below = |name: &str| match path {
            "" => name.to_owned(),
            path => format!("{path}.{name}"),
        };
        match value {
            toml::Value::Boolean(false) if key == "confirmed" => {
                points.push(OpenPoint { path: path.to_owned(), cite: cite.to_owned() });
            }
            toml::Value::Boolean(false) if key.ends_with("_confirmed") => {
                let path = below(key.trim_end_matches("_confirmed"));
                points.push(OpenPoint { path, cite: cite.to_owned() });
            }
            toml::Value::Table(inner) => walk(inner, &below(key), cite, points),
            toml::Value::Array(rows) => {
                for (index, row) in rows.iter().enumerate() {
                    if let toml::Value::Table(inner) = row {
                        let name = ["key", "code", "date", "law"]
                            .iter()
                            .find_map(|name| inner.get(*name).and_then(toml::Value::as_str))
                            .map_or_else(|| index.to_string(), str::to_owned);
                        walk(inner, &format!("{}[{name}]", below(key)), cite, points);
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CURRENT: &str = include_str!("../../assets/rules/current.toml");

    fn detail(source: &str) -> (usize, String) {
        match Profile::parse(source) {
            Err(RulesError::Profile { line, detail }) => (line, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let wrong = CURRENT.replacen("first = 1", "frist = 1", 1);
        let expected = wrong.lines().position(|line| line.starts_with("frist")).unwrap() + 1;
        let (line, detail) = detail(&wrong);
        assert_eq!(line, expected);
        assert!(detail.contains("frist"), "{detail}");
    }

    #[test]
    fn a_fact_without_citation_is_refused() {
        let start = CURRENT.find("[numbering]").unwrap();
        let cite = start + CURRENT[start..].find("cite =").unwrap();
        let end = cite + CURRENT[cite..].find('\n').unwrap();
        let wrong = format!("{}{}", &CURRENT[..cite], &CURRENT[end..]);
        assert!(detail(&wrong).1.contains("cite"));
    }

    #[test]
    fn contradictions_are_refused() {
        for (from, to, word) in [
            ("diameter_mm = 36", "diameter_mm = 360", "seal"),
            ("left_mm = [30, 35]", "left_mm = [35, 30]", "layout"),
            ("key = \"NQ\"", "key = \"QĐ\"", "twice"),
            ("\"06-15\"", "\"06-31\"", "reports"),
        ] {
            assert!(CURRENT.contains(from), "{from}");
            let (_, detail) = detail(&CURRENT.replacen(from, to, 1));
            assert!(detail.contains(word), "{detail}");
        }
    }

    #[test]
    fn what_is_open_is_listed_with_its_law() {
        let profile = Profile::parse(CURRENT).unwrap();
        let seal = profile
            .to_confirm()
            .iter()
            .find(|point| point.path == "signatures.seal.diameter")
            .unwrap();
        assert!(!seal.cite.is_empty());
        assert!(profile.to_confirm().iter().all(|point| !point.cite.is_empty()));
    }
}
