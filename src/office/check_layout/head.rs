//! The head of the first page: national title and motto (ô 1), agencies (ô 2), number and
//! notation (ô 3), place and date (ô 4).

use super::leaf::Leaf;
use super::{Asked, Report, span};
use crate::domain::layout::Rule;
use crate::domain::text::{fold, tidy};
use crate::office::extract::columns::{Head, Row, behind_number};
use crate::office::extract::{head as fields, names, phrase};
use crate::pdf::blanks::Slot;
use crate::pdf::text::TextLine;
use crate::rules::TypeForm;

/// Number and date stand on one line, or nearly: points.
const BESIDE: f32 = 30.0;
/// Middles apart by less are one above the other: points.
const CENTRED: f32 = 6.0;
/// What a part of a length may be beyond its bounds.
const PART: f32 = 0.03;

/// What the rest of the page is held against.
pub struct Found {
    /// As it is written, without the number.
    pub notation: Option<String>,
    /// Key of the type whose abbreviation the notation begins with.
    pub by_notation: Option<String>,
    /// The lowest baseline of the head, from the bottom of the page.
    pub bottom: f32,
}

pub(super) fn check(leaf: &Leaf, asked: Asked<'_>, report: &mut Report<'_>) -> Found {
    let head = Head::of(&leaf.sheet);
    let nation = nation(leaf, &head, report);
    agencies(leaf, &head, report);
    let number = number(leaf, &head, report);
    let date = place_and_date(leaf, &head, report);
    let notation = match &head.issue.notation {
        Some(Slot::Written(text)) => Some(text.clone()),
        _ => number.as_ref().and_then(|line| {
            let behind = behind_number(&line.text)?;
            let (_, notation) = behind.split_once('/')?;
            Some(notation.split_whitespace().collect())
        }),
    };
    let notation = notation.map(|said| said.trim_matches([' ', '.']).to_owned());
    let by_notation = notation
        .as_deref()
        .and_then(|said| fields::type_of_notation(said, report.profile))
        .map(|row| row.key.clone());
    if let (Some(said), Some(line)) = (&notation, &number) {
        against_type(leaf, line, said, asked, report);
    }
    let lowest = [nation, number.map(|line| line.baseline), date].into_iter().flatten();
    let bottom = lowest.fold(leaf.height(), f32::min);
    Found { notation, by_notation, bottom }
}

/// Ô 1; the baseline of the lower line.
fn nation(leaf: &Leaf, head: &Head<'_>, report: &mut Report<'_>) -> Option<f32> {
    let check = &report.layout().check;
    let usual = check.national_title.first()?;
    let parts: Vec<&TextLine> = head.rows.iter().take(16).map(right).collect();
    let like = |text: &str, known: &str| phrase::alike(text, known).is_some();
    let title = parts.iter().position(|line| {
        like(&line.text, usual) || phrase::skeleton(&line.text).contains("chunghlavletnam")
    });
    // In a narrow column its last word falls to the next line.
    let broken = parts.windows(2).position(|pair| match pair {
        [above, below] => like(&format!("{} {}", above.text, below.text), usual),
        _ => false,
    });
    let title: Vec<TextLine> = match (title, broken) {
        (Some(at), _) => parts.get(at..=at),
        (None, Some(at)) => parts.get(at..at + 2),
        (None, None) => None,
    }
    .unwrap_or_default()
    .iter()
    .map(|line| (*line).clone())
    .collect();
    let motto = parts.iter().copied().find(|line| {
        let said = phrase::skeleton(&line.text);
        like(&line.text, &check.motto) || (said.contains("doclap") && said.contains("hanhphuc"))
    });
    let words: Vec<&str> = title.iter().map(|line| line.text.as_str()).collect();
    let said = tidy(&words.join(" "));
    if title.is_empty() {
        report.add(Rule::Missing, "missing", Some(leaf.whole())).of("national-title");
    } else {
        if !check.national_title.contains(&said.to_uppercase()) {
            let place = leaf.place(title.iter().map(|line| line.rect));
            report
                .add(Rule::Wording, "wording", Some(place))
                .of("national-title")
                .with("found", &said)
                .with("asked", usual);
        }
        report.look("national-title", leaf, &title);
    }
    let Some(motto) = motto else {
        report.add(Rule::Missing, "missing", Some(leaf.whole())).of("motto");
        return title.last().map(|line| line.baseline);
    };
    if tidy(&motto.text) != check.motto {
        // In other capitals it is the words that are right.
        let capitals = tidy(&motto.text).to_lowercase() == check.motto.to_lowercase();
        let (rule, code) = match capitals {
            true => (Rule::Capitals, "capitals-motto"),
            false => (Rule::Wording, "wording"),
        };
        report
            .add(rule, code, Some(leaf.place([motto.rect])))
            .of("motto")
            .with("found", &motto.text)
            .with("asked", &check.motto);
    }
    report.look("motto", leaf, std::slice::from_ref(motto));
    if let Some(title) = title.first() {
        let off = (title.rect.middle() - motto.rect.middle()).abs();
        if off > CENTRED {
            report.add(Rule::Centred, "centred-motto", Some(leaf.place([motto.rect]))).of("motto");
        }
        let sizes = (leaf.set(&title.glyphs), leaf.set(&motto.glyphs));
        if let (Some(above), Some(below)) = sizes
            && (below.size - above.size - 1.0).abs() > check.tolerance_pt
        {
            report
                .add(Rule::Pairing, "pairing", Some(leaf.place([title.rect, motto.rect])))
                .of("motto")
                .with("found", super::points(below.size))
                .with("above", super::points(above.size));
        }
    }
    underline(leaf, "motto", motto, motto.rect.width, check.motto_line, report);
    Some(motto.baseline)
}

fn right(row: &Row) -> &TextLine {
    row.right.as_ref().unwrap_or(&row.all)
}

/// The line under a component; its length in parts of `width`, or of the last line.
pub(super) fn underline(
    leaf: &Leaf,
    component: &str,
    last: &TextLine,
    width: f32,
    asked: crate::rules::facts::Span,
    report: &mut Report<'_>,
) {
    let place = leaf.place([last.rect]);
    let Some(rule) = leaf.rule_under(last, width) else {
        report.add(Rule::Underline, "underline-missing", Some(place)).of(component);
        return;
    };
    let fits = |whole: f32| {
        let part = rule.width / whole.max(1.0);
        asked.0 - PART <= part && part <= asked.1 + PART
    };
    if !fits(width) && !fits(last.rect.width) {
        let percent = |part: f32| (part * 100.0).round();
        report
            .add(Rule::Underline, "underline-length", Some(leaf.place([last.rect, rule])))
            .of(component)
            .with("found", percent(rule.width / width.max(1.0)))
            .with("asked", span(percent(asked.0), percent(asked.1)));
    }
}

/// Ô 2.
fn agencies(leaf: &Leaf, head: &Head<'_>, report: &mut Report<'_>) {
    let block = head.agency_lines(4, is_agency);
    let Some(last) = block.last() else {
        report.add(Rule::Missing, "missing", Some(leaf.whole())).of("issuing-agency");
        return;
    };
    let first = issuing(leaf, &block);
    let (superior, issuing) = block.split_at(first);
    let owned = |lines: &[&TextLine]| lines.iter().map(|line| (*line).clone()).collect::<Vec<_>>();
    if !superior.is_empty() {
        report.look("superior-agency", leaf, &owned(superior));
    }
    report.look("issuing-agency", leaf, &owned(issuing));
    let widest = issuing.iter().map(|line| line.rect.width).fold(0.0, f32::max);
    let asked = report.layout().check.short_line;
    underline(leaf, "issuing-agency", last, widest, asked, report);
}

/// Where the issuing agency begins: with its name, or else with the first bold line.
fn issuing(leaf: &Leaf, block: &[&TextLine]) -> usize {
    let mut begins = 0;
    let mut name = String::new();
    for (at, line) in block.iter().enumerate() {
        let goes_on = at == 0 || names::wants_more(&name) || !names::begins_agency(&line.text);
        if goes_on {
            name.push(' ');
            name.push_str(&line.text);
        } else {
            begins = at;
            line.text.clone_into(&mut name);
        }
    }
    let bold = |line: &&TextLine| leaf.set(&line.glyphs).is_some_and(|set| set.bold > 0.75);
    let trailing = block.iter().rev().take_while(|line| bold(line)).count();
    match (begins, trailing) {
        // Names that nobody knows are told apart by their weight.
        (0, some) if some > 0 => block.len() - some,
        (begins, _) => begins,
    }
}

fn is_agency(line: &TextLine) -> bool {
    let letters = line.text.chars().filter(|c| c.is_alphabetic()).count();
    let marks = ["LƯU HÀNH NỘI BỘ", "XEM XONG TRẢ LẠI", "ĐẾN", "DỰ THẢO"];
    letters >= 2 && !marks.iter().any(|mark| phrase::alike(&line.text, mark).is_some())
}

/// Ô 3; its line.
fn number(leaf: &Leaf, head: &Head<'_>, report: &mut Report<'_>) -> Option<TextLine> {
    let Some(row) = head.number.and_then(|at| head.rows.get(at)) else {
        report.add(Rule::Missing, "missing", Some(leaf.whole())).of("number-notation");
        return None;
    };
    let line = row.left.as_ref().unwrap_or(&row.all).clone();
    report.look("number-notation", leaf, std::slice::from_ref(&line));
    let mut say = |code: &str| {
        report
            .add(Rule::Number, code, Some(leaf.place([line.rect])))
            .of("number-notation")
            .with("found", &line.text);
    };
    if !line.text.starts_with("Số:") {
        say("number-word");
    }
    let behind = behind_number(&line.text)?;
    let (number, notation) = match behind.split_once('/') {
        Some((number, notation)) => (number.trim(), notation),
        None => {
            say("number-slash");
            return Some(line);
        }
    };
    let digits = number.chars().all(|c| c.is_ascii_digit()) && !number.is_empty();
    if digits && number.len() < 2 {
        say("number-zero");
    }
    // Room after the stroke is a blank of a draft; between the groups there is none.
    if notation.trim().contains(' ') {
        say("number-spaces");
    }
    let notation = notation.trim();
    if notation.contains(['–', '—', '−']) {
        say("number-hyphen");
    }
    let small =
        |group: &str| group.chars().find(|c| c.is_alphabetic()).is_some_and(char::is_lowercase);
    if notation.split(['-', '/', ' ', '–']).any(small) {
        say("number-capitals");
    }
    Some(line)
}

/// The notation against the type and the fields of the document (Phụ lục III).
fn against_type(
    leaf: &Leaf,
    line: &TextLine,
    said: &str,
    asked: Asked<'_>,
    report: &mut Report<'_>,
) {
    let place = || Some(leaf.place([line.rect]));
    let plain = |text: &str| text.replace(['–', '—', '−'], "-").replace(' ', "").to_uppercase();
    let first = said.split(['-', '–']).next().unwrap_or_default();
    let kind = asked.type_key.and_then(|key| report.profile.document_type(key));
    let abbreviation = kind.and_then(|row| row.abbreviation.as_deref());
    match (kind.map(|row| row.form), abbreviation) {
        (Some(TypeForm::Named), Some(wanted)) if plain(first) != plain(wanted) => {
            report
                .add(Rule::Notation, "notation-type", place())
                .of("number-notation")
                .with("found", said)
                .with("asked", wanted);
            return;
        }
        (Some(TypeForm::Letter), _) => {
            let known = fields::type_of_notation(said, report.profile);
            if let Some(row) = known.filter(|_| said.contains('-')) {
                report
                    .add(Rule::Notation, "notation-letter", place())
                    .of("number-notation")
                    .with("found", said)
                    .with("asked", &row.name);
                return;
            }
        }
        _ => {}
    }
    let wanted = asked.notation.filter(|wanted| !wanted.trim().is_empty());
    if let Some(wanted) = wanted.filter(|wanted| plain(wanted) != plain(said)) {
        report
            .add(Rule::Notation, "notation-fields", place())
            .of("number-notation")
            .with("found", said)
            .with("asked", wanted);
    }
}

/// Ô 4; its baseline.
fn place_and_date(leaf: &Leaf, head: &Head<'_>, report: &mut Report<'_>) -> Option<f32> {
    let height = head.number.and_then(|at| head.rows.get(at)).map(Row::baseline);
    let near = |row: &&Row| height.is_none_or(|height| (height - row.baseline()).abs() <= BESIDE);
    let mut rows = head.rows.iter().take(18).filter(near);
    let dated = |line: &TextLine| {
        let said = fold(&line.text);
        said.contains("ngay") && (said.contains("thang") || said.contains("nam"))
    };
    let found = rows.clone().map(right).find(|line| dated(line));
    let Some(line) = found else {
        // `Tân Bình, 06/02/2026` is a date that is written otherwise.
        let otherwise =
            rows.find_map(|row| row.right.as_ref().filter(|line| is_figures(&line.text)));
        match otherwise {
            Some(line) => {
                report
                    .add(Rule::Date, "date-form", Some(leaf.place([line.rect])))
                    .of("place-date")
                    .with("found", &line.text);
            }
            None => {
                report.add(Rule::Missing, "missing", Some(leaf.whole())).of("place-date");
            }
        }
        return otherwise.map(|line| line.baseline);
    };
    report.look("place-date", leaf, std::slice::from_ref(line));
    let text = tidy(&line.text);
    let mut say = |code: &str| {
        report
            .add(Rule::Date, code, Some(leaf.place([line.rect])))
            .of("place-date")
            .with("found", &text);
    };
    let lower = text.to_lowercase();
    let Some(day_at) = lower.find("ngày") else {
        say("date-form");
        return Some(line.baseline);
    };
    let place = text.get(..day_at).unwrap_or_default().trim();
    if place.trim_matches([',', ' ', '.']).is_empty() {
        say("date-place");
    } else if !place.ends_with(',') {
        say("date-comma");
    }
    let behind = lower.get(day_at + "ngày".len()..).unwrap_or_default();
    let pieces = behind.split_once("tháng").and_then(|(day, rest)| {
        let (month, year) = rest.split_once("năm")?;
        Some([day, month, year].map(|piece| piece.trim().trim_end_matches('.')))
    });
    let Some([day, month, _]) = pieces else {
        say("date-form");
        return Some(line.baseline);
    };
    let figures = |piece: &str| !piece.is_empty() && piece.bytes().all(|b| b.is_ascii_digit());
    if figures(day) && day.len() == 1 {
        say("date-day");
    }
    // A leading zero for January and February alone.
    if figures(month)
        && (matches!(month, "1" | "2") || ("03"..="09").contains(&month) && month.len() == 2)
    {
        say("date-month");
    }
    Some(line.baseline)
}

fn is_figures(text: &str) -> bool {
    let figures = text.chars().filter(char::is_ascii_digit).count();
    figures >= 4 && text.contains(['/', '-', '.'])
}
