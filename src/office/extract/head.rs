//! Issuer, number, notation, place, date and stamps: what stands above the title.

use jiff::civil::Date;

use super::columns::{Head, Row, behind_number, within};
use super::{Agencies, Field, Origin, Proposal, Reason, Value, names, phrase, spot};
use crate::domain::agency::Agency;
use crate::domain::document::{Recipient, Urgency};
use crate::domain::secrecy::SecrecyMark;
use crate::domain::text::{fold, tidy};
use crate::pdf::Rect;
use crate::pdf::blanks::Slot;
use crate::pdf::text::TextLine;
use crate::rules::{Profile, TypeForm};

/// What is lost where the national title, which every head has, was not found.
const UNTITLED: f32 = 0.12;
/// Number and date stand on one line, or nearly: points.
const BESIDE: f32 = 30.0;

pub fn read<A: Agencies + ?Sized>(
    head: &Head<'_>,
    profile: &Profile,
    agencies: &A,
) -> Vec<Proposal> {
    let mut found = code(head, profile);
    found.extend(place_and_date(head));
    found.extend(issuer(head, agencies));
    found.extend(stamps(head, profile));
    if head.title.is_none() {
        for proposal in &mut found {
            proposal.confidence -= UNTITLED;
            proposal.why.push(Reason::NoNationalTitle);
        }
    }
    found
}

fn written(slot: &Option<Slot>) -> Option<&str> {
    match slot {
        Some(Slot::Written(text)) => Some(text),
        _ => None,
    }
}

/// Number and notation (ô 3).
fn code(head: &Head<'_>, profile: &Profile) -> Vec<Proposal> {
    let Some(row) = head.number.and_then(|at| head.rows.get(at)) else { return Vec::new() };
    let line = row.left.as_ref().unwrap_or(&row.all);
    let read = (written(&head.issue.number), written(&head.issue.notation));
    // What the strict reading does not take is read from the line, more carefully.
    let rest = behind_number(&line.text).unwrap_or_default();
    let (loose_number, loose_notation) = match rest.split_once('/') {
        Some((number, notation)) => (number, notation),
        None => (rest, ""),
    };
    let strict = read.0.is_some();
    let (number, notation) = match read {
        (Some(number), notation) => (number, notation.unwrap_or_default()),
        (None, Some(notation)) => ("", notation),
        (None, None) => (loose_number, loose_notation),
    };
    let mut found = Vec::new();
    let base = if strict { 0.97 } else { 0.85 };
    if let Some((digits, repaired)) = number_of(number) {
        let rect = within(line, number.trim()).unwrap_or(line.rect);
        let mut why = vec![Reason::BehindNumber];
        why.extend(repaired.then_some(Reason::Repaired));
        found.push(Proposal {
            field: Field::Number,
            value: Value::Number(digits),
            spot: Some(spot(head.sheet, [rect])),
            confidence: base - if repaired { 0.25 } else { 0.0 },
            why,
        });
    }
    let recognised = matches!(head.sheet.origin, Origin::Recognised { .. });
    if let Some((value, repaired)) = notation_of(notation, profile, recognised) {
        let rect = within(line, notation.trim()).unwrap_or(line.rect);
        let usual = value.chars().all(|c| c.is_alphanumeric() || "-./&".contains(c));
        let mut why = vec![Reason::BehindNumber];
        why.extend(repaired.then_some(Reason::Repaired));
        let doubt = if repaired { 0.1 } else { 0.0 } + if usual { 0.0 } else { 0.3 };
        found.push(Proposal {
            field: Field::Notation,
            value: Value::Notation(value),
            spot: Some(spot(head.sheet, [rect])),
            confidence: base - doubt,
            why,
        });
    }
    found
}

/// A number as it is written, and whether letters were repaired; `12a` is one too.
fn number_of(written: &str) -> Option<(String, bool)> {
    let tidy = tidy(written);
    let plain = tidy.trim_matches(|c: char| phrase::is_dot(c) || c.is_whitespace());
    let figures = plain.chars().filter(char::is_ascii_digit).count();
    let suffixed = figures > 0
        && plain.trim_start_matches(|c: char| c.is_ascii_digit()).chars().count() == 1
        && plain.ends_with(['a', 'b', 'c', 'A', 'C']);
    if suffixed {
        return Some((plain.to_owned(), false));
    }
    let (digits, repaired) = phrase::digits(plain)?;
    // Letters alone are no number, whatever they look like.
    (figures > 0 && digits.len() <= 6).then_some((digits, repaired))
}

/// A notation without spaces and with one kind of hyphen; the type's abbreviation gets the
/// marks back that a scan lost.
fn notation_of(written: &str, profile: &Profile, recognised: bool) -> Option<(String, bool)> {
    let plain: String = tidy(written)
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '‐' | '‑' | '–' | '—' | '−' => '-',
            'Ð' => 'Đ',
            other => other,
        })
        .collect();
    let plain = plain.trim_matches(|c: char| phrase::is_dot(c) || c == '-' || c == ':');
    if plain.chars().filter(|c| c.is_alphabetic()).count() < 2 || plain.chars().count() > 40 {
        return None;
    }
    if recognised && let Some((first, rest)) = plain.split_once('-') {
        let mut fitting = profile.document_types().iter().filter_map(|row| {
            let known = row.abbreviation.as_deref()?;
            (fold(known) == fold(first)).then_some(known)
        });
        let exact = profile
            .document_types()
            .iter()
            .any(|row| row.abbreviation.as_deref().is_some_and(|known| known == first));
        if let (false, Some(known), None) = (exact, fitting.next(), fitting.next()) {
            return Some((format!("{known}-{rest}"), true));
        }
    }
    Some((plain.to_owned(), false))
}

/// The type whose abbreviation a notation begins with.
pub fn type_of_notation<'p>(
    notation: &str,
    profile: &'p Profile,
) -> Option<&'p crate::rules::DocumentType> {
    // Normative documents put the year first: `01/2019/QĐ-UBND`.
    let code = notation.rsplit('/').next()?;
    let first = code.split('-').next()?;
    let named = |row: &&crate::rules::DocumentType| {
        row.form == TypeForm::Named && row.abbreviation.as_deref() == Some(first)
    };
    profile.document_types().iter().find(named)
}

/// Place and date (ô 4).
fn place_and_date(head: &Head<'_>) -> Vec<Proposal> {
    let mut found = Vec::new();
    let height = head.number.and_then(|at| head.rows.get(at)).map(Row::baseline);
    for row in head.rows.iter().take(18) {
        // Where the number stands, so does the date; a date in the text below is another's.
        if height.is_some_and(|height| (height - row.baseline()).abs() > BESIDE) {
            continue;
        }
        let line = row.right.as_ref().unwrap_or(&row.all);
        let chars: Vec<char> = line.glyphs.iter().map(|glyph| glyph.ch).collect();
        let Some(day) = phrase::find(&chars, "ngày") else { continue };
        let rest = chars.get(day..).unwrap_or_default();
        let Some((date, repaired, end)) = date_of(rest) else { continue };
        let mut why = vec![Reason::BesideNumber];
        why.extend(repaired.then_some(Reason::Repaired));
        let beside = height.is_some();
        let glyphs = line.glyphs.get(day..day + end).unwrap_or_default();
        let rect = glyphs.iter().map(|glyph| glyph.rect).reduce(|a, b| a.union(&b));
        found.push(Proposal {
            field: Field::Date,
            value: Value::Date(date),
            spot: rect.map(|rect| spot(head.sheet, [rect])),
            confidence: 0.97 - if repaired { 0.2 } else { 0.0 } - if beside { 0.0 } else { 0.2 },
            why,
        });
        let before = line.glyphs.get(..day).unwrap_or_default().to_vec();
        if let Some(place) = TextLine::new(before) {
            let said = place.text.trim_end_matches([',', '.', ' ']).to_owned();
            let fits = (2..=40).contains(&said.chars().count())
                && said.chars().all(|c| c.is_alphabetic() || " .-'".contains(c));
            if fits {
                found.push(Proposal {
                    field: Field::Place,
                    value: Value::Place(said),
                    spot: Some(spot(head.sheet, [place.rect])),
                    confidence: if beside { 0.95 } else { 0.75 },
                    why: vec![Reason::BesideNumber],
                });
            }
        }
        break;
    }
    found
}

/// A date from `ngày` on, whether it was repaired, and where it ends. Blanks are no date.
fn date_of(chars: &[char]) -> Option<(Date, bool, usize)> {
    let between = |from: usize, to: usize| -> Option<(i16, bool)> {
        let text: String = chars.get(from..to)?.iter().collect();
        let (digits, repaired) = phrase::digits(&text)?;
        Some((digits.parse().ok()?, repaired))
    };
    let (month, year) = (phrase::find(chars, "tháng")?, phrase::find(chars, "năm")?);
    let behind = year + 3;
    let figures = chars.get(behind..)?.iter().take_while(|c| c.is_alphanumeric()).count().min(4);
    if figures < 4 || month < 4 || year < month + 5 {
        return None;
    }
    let (d, m, y) = (between(4, month)?, between(month + 5, year)?, between(behind, behind + 4)?);
    let date = Date::new(y.0, i8::try_from(m.0).ok()?, i8::try_from(d.0).ok()?).ok()?;
    (1945..=2100).contains(&date.year()).then_some((date, d.1 || m.1 || y.1, behind + 4))
}

/// The issuer and whom it is under (ô 2).
fn issuer<A: Agencies + ?Sized>(head: &Head<'_>, agencies: &A) -> Option<Proposal> {
    let block = head.agency_lines(8, is_agency_line);
    let mut said: Vec<(String, Vec<Rect>)> = Vec::new();
    for line in &block {
        let goes_on = said
            .last()
            .is_some_and(|(name, _)| names::wants_more(name) || !names::begins_agency(&line.text));
        match said.last_mut() {
            Some((name, rects)) if goes_on => {
                name.push(' ');
                name.push_str(&line.text);
                rects.push(line.rect);
            }
            _ => said.push((line.text.clone(), vec![line.rect])),
        }
    }
    let (name, rects) = said.pop()?;
    let begins = names::begins_agency(&name);
    let superiors: Vec<String> = said.iter().map(|(name, _)| names::natural(name)).collect();
    let mut name = names::natural(&name);
    // The office of a committee or a council is named by whose it is.
    if let (true, Some(superior)) = (fold(&name) == "van phong", superiors.last()) {
        name = format!("{name} {superior}");
    }
    let whole = !names::wants_more(&name);
    let known = in_directory(&name, &superiors, agencies);
    let mut confidence = 0.82;
    confidence += if known.is_some() { 0.15 } else { 0.0 };
    confidence -= if begins { 0.0 } else { 0.25 };
    confidence -= if whole { 0.0 } else { 0.2 };
    confidence -= if head.number.is_some() { 0.0 } else { 0.2 };
    let mut why = vec![Reason::AboveNumber];
    why.extend(known.is_some().then_some(Reason::InDirectory));
    let (agency, codes) = match known {
        Some(agency) => {
            let codes = std::iter::once(&agency.code).chain(&agency.other_codes).cloned();
            let codes = codes.collect();
            (Some(Recipient { agency: agency.code, name: agency.name }), codes)
        }
        None => (None, Vec::new()),
    };
    Some(Proposal {
        field: Field::Issuer,
        value: Value::Issuer { name, superiors, agency, codes },
        spot: Some(spot(head.sheet, rects)),
        confidence,
        why,
    })
}

fn is_agency_line(line: &TextLine) -> bool {
    let text = &line.text;
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let mark = ["LƯU HÀNH NỘI BỘ", "XEM XONG TRẢ LẠI", "ĐẾN", "SAO Y", "DỰ THẢO"];
    letters >= 2
        && phrase::is_capital(text)
        && !mark.iter().any(|mark| phrase::alike(text, mark).is_some())
        && secrecy(text).is_none()
}

/// The one agency of this name, under the superior that the head names.
fn in_directory<A: Agencies + ?Sized>(
    name: &str,
    superiors: &[String],
    agencies: &A,
) -> Option<Agency> {
    let wanted = phrase::skeleton(name);
    if wanted.is_empty() {
        return None;
    }
    let above = superiors.last();
    // `Sở Nội vụ` in the head may be `Sở Nội vụ tỉnh Hậu Giang` in the list, or the other
    // way about; whom the head names above it says which.
    let under = |agency: &Agency| {
        above.is_some_and(|above| {
            let above = phrase::skeleton(above);
            let said = phrase::skeleton(&names::written_out(&agency.in_charge));
            !said.is_empty() && (above.ends_with(&said) || said.ends_with(&above))
        })
    };
    let place = above.and_then(|above| {
        let words: Vec<&str> = above.split(' ').collect();
        let from = words.iter().position(|word| {
            ["tỉnh", "huyện", "xã", "phường", "quận", "thị"].contains(word) || *word == "thành"
        })?;
        Some(words.get(from..)?.join(" "))
    });
    let longer = place.map(|place| phrase::skeleton(&format!("{name} {place}")));
    let mut fitting: Vec<Agency> = Vec::new();
    for agency in agencies.named(name) {
        let known = phrase::skeleton(&names::written_out(&agency.name));
        if known == wanted || longer.as_ref() == Some(&known) {
            fitting.push(agency);
        }
    }
    if fitting.len() > 1 {
        fitting.retain(under);
    }
    match fitting.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    }
}

/// Urgency and secrecy (ô 10): a word alone on its line, in capitals.
fn stamps(head: &Head<'_>, profile: &Profile) -> Vec<Proposal> {
    let mut found: Vec<Proposal> = Vec::new();
    let lines = head
        .rows
        .iter()
        .take(24)
        .flat_map(|row: &Row| row.left.iter().chain(&row.right).chain([&row.all]));
    for line in lines {
        if !phrase::is_capital(&line.text) {
            continue;
        }
        let mut push = |field, value, confidence| {
            if !found.iter().any(|proposal| proposal.field == field) {
                let spot = Some(spot(head.sheet, [line.rect]));
                let why = vec![Reason::Stamped];
                found.push(Proposal { field, value, spot, confidence, why });
            }
        };
        let word = line.text.trim_matches(|c: char| !c.is_alphabetic());
        if let Some(mark) = secrecy(word) {
            push(Field::Secrecy, Value::Secrecy(mark), 0.95);
        }
        let stamps = profile.layout().urgency_stamps.iter();
        let best = stamps
            .filter_map(|stamp| Some((phrase::alike(word, &stamp.text)?, stamp.priority)))
            .max_by_key(|(likeness, _)| *likeness);
        if let Some((likeness, priority)) = best {
            let urgency = Urgency::from_priority(priority.into());
            push(Field::Urgency, Value::Urgency(urgency), 0.95 - likeness.doubt());
        }
    }
    found
}

/// A secrecy stamp, read through a scan: a short word only where it is just so.
fn secrecy(word: &str) -> Option<SecrecyMark> {
    let word = tidy(word);
    let word = word.trim_matches(|c: char| !c.is_alphabetic());
    if word == SecrecyMark::Secret.stamp() {
        return Some(SecrecyMark::Secret);
    }
    let long = [SecrecyMark::TopSecret, SecrecyMark::MostSecret];
    long.into_iter().find(|mark| phrase::skeleton(word) == phrase::skeleton(mark.stamp()))
}
