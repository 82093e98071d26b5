//! Type, subject and addressees: what stands between the head and the text.

use super::columns::{Head, Row};
use super::{Field, Proposal, Reason, Value, head, phrase, spot};
use crate::domain::text::{fold, tidy};
use crate::pdf::Rect;
use crate::pdf::text::TextLine;
use crate::rules::{DocumentType, Profile, TypeForm};

/// Rows of an abstract, at most.
const LONGEST: usize = 8;
/// Rows apart farther than this, in ems, are not one text.
const APART: f32 = 1.95;

pub fn read(head: &Head<'_>, profile: &Profile, notation: Option<&str>) -> Vec<Proposal> {
    let said = notation.and_then(|notation| head::type_of_notation(notation, profile));
    let mut found = match titled(head, profile, said) {
        Some(found) => found,
        None => letter(head, profile, said),
    };
    found.extend(addressees(head));
    found
}

/// A document of a named type: the name in capitals in the middle, the abstract below (ô 5a).
fn titled(
    head: &Head<'_>,
    profile: &Profile,
    said: Option<&DocumentType>,
) -> Option<Vec<Proposal>> {
    let rows = head.below_number();
    let width = head.sheet.size.0;
    let (at, row, kind, likeness, rest) =
        rows.iter().enumerate().take(24).find_map(|(at, row)| {
            let line = &row.all;
            let central = (line.rect.middle() / width - 0.53).abs() < 0.17;
            if !central || !phrase::is_capital(&line.text) {
                return None;
            }
            let (kind, likeness, rest) = type_named(&line.text, profile)?;
            Some((at, row, kind, likeness, rest))
        })?;
    let mut confidence = 0.93 - likeness.doubt();
    let mut why = vec![Reason::Titled];
    match said {
        Some(said) if said.key == kind.key => {
            confidence += 0.05;
            why.push(Reason::NotationSays);
        }
        Some(_) => {
            confidence -= 0.3;
            why.push(Reason::NotationDiffers);
        }
        None => {}
    }
    if likeness != phrase::Likeness::Exact {
        why.push(Reason::Repaired);
    }
    let mut found = vec![Proposal {
        field: Field::Type,
        value: Value::Type { key: kind.key.clone(), name: kind.name.clone() },
        spot: Some(spot(head.sheet, [row.all.rect])),
        confidence,
        why,
    }];
    found.extend(under_type(head, rows.get(at + 1..).unwrap_or_default(), row, rest));
    Some(found)
}

/// The type that a line of capitals names, and what of the line follows the name.
fn type_named<'p>(
    line: &str,
    profile: &'p Profile,
) -> Option<(&'p DocumentType, phrase::Likeness, String)> {
    let named = || profile.document_types().iter().filter(|row| row.form == TypeForm::Named);
    let whole = named()
        .filter_map(|row| {
            let names = std::iter::once(&row.name).chain(&row.aliases);
            let best = names.filter_map(|name| phrase::alike(line, name)).max()?;
            Some((row, best))
        })
        .max_by_key(|(_, likeness)| *likeness);
    if let Some((row, likeness)) = whole {
        return Some((row, likeness, String::new()));
    }
    // Name and abstract on one line: the longest name that it begins with.
    let begins = named().filter_map(|row| {
        let length = row.name.split(' ').count();
        let words: Vec<&str> = line.split(' ').collect();
        let (first, rest) = words.split_at_checked(length)?;
        let likeness = phrase::alike(&first.join(" "), &row.name)?;
        let exact = likeness >= phrase::Likeness::Folded && !rest.is_empty();
        exact.then(|| (row, phrase::Likeness::Near, rest.join(" ")))
    });
    begins.max_by_key(|(row, _, _)| row.name.len())
}

/// The abstract under the name of the type: rows that stand in the middle like the name.
fn under_type(head: &Head<'_>, rows: &[Row], title: &Row, rest: String) -> Option<Proposal> {
    let centre = title.all.rect.middle();
    let (left, right) = area(head);
    let mut above: &TextLine = &title.all;
    let mut taken: Vec<&TextLine> = Vec::new();
    let mut sharp = false;
    for row in rows.iter().take(LONGEST + 1) {
        let line = &row.all;
        let apart = above.baseline - line.baseline;
        // Under the name there may be a little more room than inside the abstract.
        let room = if taken.is_empty() { 2.4 } else { APART } * line.size.max(8.0);
        let wide = line.rect.x < left + 6.0 && line.rect.right() > right - 6.0;
        let central = (line.rect.middle() - centre).abs() < 0.018 * head.sheet.size.0;
        if apart > room {
            sharp = true;
            break;
        }
        // Right under the name, `Thực hiện Nghị định …` is an abstract like any other.
        let begins = if taken.is_empty() { begins_other } else { begins_text };
        if begins(&line.text) || !central {
            sharp = begins(&line.text) || apart > 1.5 * line.size;
            break;
        }
        if wide && !taken.is_empty() {
            break;
        }
        // Who decides, over the legal bases, is no abstract.
        let other = taken.last().is_some_and(|above| !phrase::is_capital(&above.text));
        if phrase::is_capital(&line.text) && (other || decides(&line.text)) {
            sharp = true;
            break;
        }
        taken.push(line);
        above = line;
    }
    if taken.len() > LONGEST || (taken.is_empty() && rest.is_empty()) {
        return None;
    }
    let rects: Vec<Rect> = match taken.as_slice() {
        [] => vec![title.all.rect],
        lines => lines.iter().map(|line| line.rect).collect(),
    };
    let inline = !rest.is_empty();
    let pieces = std::iter::once(rest).chain(taken.iter().map(|line| line.text.clone()));
    let text = tidy(&pieces.collect::<Vec<_>>().join(" "));
    let capitals = phrase::is_capital(&text);
    let mut why = vec![Reason::UnderType];
    why.extend((!sharp).then_some(Reason::EndUnsure));
    let doubt = f32::from(u8::from(!sharp)) * 0.12
        + f32::from(u8::from(capitals)) * 0.15
        + f32::from(u8::from(inline)) * 0.1;
    subject(text, spot(head.sheet, rects), 0.92 - doubt, why)
}

/// Whether a line begins the text, so that the abstract has ended before it.
fn begins_text(line: &str) -> bool {
    let said = fold(line);
    let beginnings = [
        "can cu",
        "kinh gui",
        "thuc hien",
        "dieu ",
        "theo de nghi",
        "(kem theo",
        "(ban hanh",
        "thoi gian:",
        "dia diem:",
        "hom nay",
        "i. ",
        "i- ",
        "1. ",
        "phan thu",
        "chuong i",
        "xet ",
        "-----",
        "(tu ngay",
        "(du thao",
    ];
    // A small letter carries an abstract on: `… tăng cường / thực hiện nhiệm vụ`.
    let carried_on = line.starts_with(char::is_lowercase);
    !carried_on && beginnings.iter().any(|beginning| said.starts_with(beginning))
}

/// Whether a line is no abstract even right under the name of the type.
fn begins_other(line: &str) -> bool {
    let said = fold(line);
    ["can cu", "kinh gui", "(kem theo", "(ban hanh", "-----"].iter().any(|b| said.starts_with(b))
}

/// Whether a line of capitals says who decides.
fn decides(line: &str) -> bool {
    let said = fold(line);
    let deciders = [
        "chu tich",
        "uy ban",
        "hoi dong",
        "giam doc",
        "bo truong",
        "truong phong",
        "chanh ",
        "thu tuong",
        "cuc truong",
        "hieu truong",
        "chi cuc truong",
    ];
    deciders.iter().any(|decider| said.starts_with(decider))
}

/// From where to where the text of the page runs.
fn area(head: &Head<'_>) -> (f32, f32) {
    let mut left: Vec<f32> = head.rows.iter().map(|row| row.all.rect.x).collect();
    let mut right: Vec<f32> = head.rows.iter().map(|row| row.all.rect.right()).collect();
    left.sort_by(f32::total_cmp);
    right.sort_by(f32::total_cmp);
    let width = head.sheet.size.0;
    (left.first().copied().unwrap_or(0.0), right.last().copied().unwrap_or(width))
}

/// An official letter: no name of a type, the abstract behind `V/v` under the number (ô 5b).
fn letter(head: &Head<'_>, profile: &Profile, said: Option<&DocumentType>) -> Vec<Proposal> {
    let mut found = Vec::new();
    let about = about(head);
    let addressed = head.below_number().iter().any(|row| is_addressed(&row.all.text));
    let kind = profile.document_type("CV").filter(|row| row.form == TypeForm::Letter);
    let place = about.as_ref().and_then(|about| about.spot.clone());
    // A notation that names a type says more than a missing title.
    let (row, confidence, reason) = match (said, &about, kind) {
        (Some(said), _, _) => (Some(said), 0.6, Reason::NotationSays),
        (None, Some(_), kind) => (kind, 0.9, Reason::BehindAbout),
        (None, None, kind) if addressed => (kind, 0.55, Reason::RecipientList),
        _ => (None, 0.0, Reason::BehindAbout),
    };
    found.extend(row.map(|row| Proposal {
        field: Field::Type,
        value: Value::Type { key: row.key.clone(), name: row.name.clone() },
        spot: place,
        confidence: confidence + if addressed && said.is_none() { 0.05 } else { 0.0 },
        why: vec![reason],
    }));
    found.extend(about);
    found
}

/// The abstract behind `V/v`.
fn about(head: &Head<'_>) -> Option<Proposal> {
    let rows = head.below_number();
    let number = head.number?;
    let middle = {
        let row = head.rows.get(number)?;
        row.left.as_ref().unwrap_or(&row.all).rect.middle()
    };
    let mut taken: Vec<&TextLine> = Vec::new();
    let mut sharp = false;
    for row in rows.iter().skip(1).take(LONGEST + 4) {
        // The date may stand on a row of its own between number and abstract.
        let Some(line) = row.left.as_ref() else {
            let below = taken
                .last()
                .is_some_and(|above| above.baseline - row.baseline() > 0.6 * above.size);
            if below && row.right.is_none() {
                sharp = true;
                break;
            }
            continue;
        };
        let first = taken.is_empty();
        if first && behind_about(&line.text).is_none() {
            // Only stamps and rules come between.
            if taken.is_empty() && !phrase::is_capital(&line.text) && line.text.len() > 12 {
                return None;
            }
            continue;
        }
        let apart = taken.last().map_or(0.0, |above| above.baseline - line.baseline);
        let central = (line.rect.middle() - middle).abs() < 0.12 * head.sheet.size.0;
        let stamp = phrase::is_capital(&line.text) && line.text.chars().count() < 18;
        if apart > APART * line.size || !central || is_addressed(&line.text) || stamp {
            sharp = true;
            break;
        }
        taken.push(line);
    }
    let text = taken.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ");
    let text = tidy(behind_about(&text)?);
    let rects = taken.iter().map(|line| line.rect);
    let mut why = vec![Reason::BehindAbout];
    why.extend((!sharp).then_some(Reason::EndUnsure));
    let confidence = if sharp { 0.92 } else { 0.8 };
    subject(text, spot(head.sheet, rects), confidence, why)
}

/// What follows `V/v` or `Về việc` at the beginning of a line.
fn behind_about(line: &str) -> Option<&str> {
    let line = line.trim_start();
    for known in ["V/v", "v/v", "V/V", "Vv", "V/y"] {
        if let Some(rest) = line.strip_prefix(known) {
            return Some(rest.trim_start_matches([':', '.', ' ']));
        }
    }
    ["Về việc ", "VỀ VIỆC ", "Ve viec "].iter().find_map(|known| line.strip_prefix(known))
}

fn subject(text: String, spot: super::Spot, confidence: f32, why: Vec<Reason>) -> Option<Proposal> {
    let text = text.trim_end_matches(['.', ';', ' ', '/']).to_owned();
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    (letters >= 4).then_some(Proposal {
        field: Field::Subject,
        value: Value::Subject(text),
        spot: Some(spot),
        confidence,
        why,
    })
}

fn is_addressed(line: &str) -> bool {
    phrase::skeleton(line).starts_with(&phrase::skeleton("Kính gửi"))
}

/// Kính gửi (ô 9a).
fn addressees(head: &Head<'_>) -> Option<Proposal> {
    let rows = head.below_number();
    let at = rows.iter().position(|row| is_addressed(&row.all.text))?;
    let first = rows.get(at)?;
    let behind = first.all.text.split_once([':', ';']).map_or("", |(_, rest)| rest);
    let mut places: Vec<String> = Vec::new();
    let mut rects = vec![first.all.rect];
    let mut above = &first.all;
    let open = behind.trim().is_empty();
    if !open {
        places.push(behind.trim_start_matches(['-', ' ']).to_owned());
    }
    for row in rows.iter().skip(at + 1) {
        let line = &row.all;
        if above.baseline - line.baseline > 2.2 * line.size || places.len() > 40 {
            break;
        }
        let item = line.text.trim_start_matches(['-', '–', '+', '•', ' ']);
        let listed = item.len() < line.text.len();
        let goes_on = line.rect.x > above.rect.x + 4.0 || ends_open(above);
        if listed && (open || places.len() > 1 || ends_open(above)) {
            places.push(item.to_owned());
        } else if let Some(last) = places.last_mut().filter(|_| goes_on && !ends_closed(above)) {
            last.push(' ');
            last.push_str(item);
        } else {
            break;
        }
        rects.push(line.rect);
        above = line;
    }
    let places: Vec<String> = places.iter().map(|place| bare(place)).collect();
    let places: Vec<String> = places.into_iter().filter(|place| !place.is_empty()).collect();
    (!places.is_empty()).then(|| Proposal {
        field: Field::Recipients,
        value: Value::Recipients(places),
        spot: Some(spot(head.sheet, rects)),
        confidence: 0.85,
        why: vec![Reason::RecipientList],
    })
}

fn ends_open(line: &TextLine) -> bool {
    line.text.ends_with([';', ',', ':'])
}

fn ends_closed(line: &TextLine) -> bool {
    line.text.ends_with(['.', ';'])
}

/// An item of a list without its marks.
pub fn bare(item: &str) -> String {
    let plain = tidy(item.trim_matches(|c: char| "-–+•;:.,| ".contains(c)));
    // A single letter is dirt of a scan.
    if plain.chars().filter(|c| c.is_alphabetic()).count() < 2 { String::new() } else { plain }
}

/// `Như trên` on the list at the end stands for those whom the head addresses: one field of
/// both.
pub fn with_addressees(found: &mut Vec<Proposal>) {
    let mut lists: Vec<Proposal> = Vec::new();
    found.retain(|proposal| {
        let list = proposal.field == Field::Recipients;
        if list {
            lists.push(proposal.clone());
        }
        !list
    });
    let mut lists = lists.into_iter();
    let (first, second) = (lists.next(), lists.next());
    let (Some(head), Some(foot)) = (first.clone(), second) else {
        found.extend(first);
        return;
    };
    let (Value::Recipients(addressed), Value::Recipients(listed)) = (&head.value, &foot.value)
    else {
        return;
    };
    let mut whole = addressed.clone();
    let above = |place: &&String| !fold(place).starts_with("nhu tren");
    whole.extend(listed.iter().filter(above).cloned());
    found.push(Proposal { value: Value::Recipients(whole), ..foot });
}
