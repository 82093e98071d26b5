//! What the document is: name of the type and abstract (ô 5a), the abstract of a letter (ô
//! 5b), addressees (ô 9a), the mark of urgency (ô 10b).

use super::leaf::Leaf;
use super::{Asked, Report, head};
use crate::domain::document::Urgency;
use crate::domain::layout::Rule;
use crate::office::extract::{Field, NoAgencies, Reading, Reason, Sheet, Value, phrase, read};
use crate::office::labels;
use crate::pdf::text::TextLine;
use crate::pdf::{POINTS_PER_MM, Rect};
use crate::rules::{DocumentType, TypeForm};

/// Below this nothing is said of what was read.
const UNSURE: f32 = 0.4;
/// How far beside a mark its frame is looked for: points.
const FRAME: f32 = 22.0;

/// What the rest of the pages is held against.
pub struct Found {
    pub reading: Reading,
    pub letter: bool,
    /// The lowest baseline above the body.
    pub bottom: f32,
}

pub(super) fn check(
    leaf: &Leaf,
    main: &[Leaf],
    head: &head::Found,
    asked: Asked<'_>,
    report: &mut Report<'_>,
) -> Found {
    let sheets: Vec<Sheet> = main.iter().map(|leaf| leaf.sheet.clone()).collect();
    let pages = u32::try_from(main.len()).unwrap_or(u32::MAX);
    let reading = read(&sheets, pages, report.profile, &NoAgencies);
    let profile = report.profile;
    let wanted = asked.type_key.and_then(|key| profile.document_type(key));
    let titled = titled(leaf, &reading, head, report);
    let letter = match (wanted, &titled) {
        (Some(row), _) => row.form == TypeForm::Letter,
        (None, Some(_)) => false,
        (None, None) => head.by_notation.is_none(),
    };
    let mut bottom = head.bottom;
    let mut under = |lines: &[TextLine]| {
        bottom = lines.iter().map(|line| line.baseline).fold(bottom, f32::min);
    };
    match (&titled, letter) {
        (Some(title), false) => {
            under(std::slice::from_ref(&title.line));
            report.look("type-name", leaf, std::slice::from_ref(&title.line));
            kind(leaf, title, head, wanted, report);
            under(&subject(leaf, &title.line, &reading, report));
        }
        (Some(title), true) => {
            under(std::slice::from_ref(&title.line));
            report
                .add(Rule::Kind, "kind-letter", Some(leaf.place([title.line.rect])))
                .of("type-name")
                .with("found", &title.line.text);
        }
        (None, false) => {
            let name = wanted.map_or("", |row| row.name.as_str());
            report
                .add(Rule::Missing, "missing-type", Some(leaf.whole()))
                .of("type-name")
                .with("asked", name);
        }
        (None, true) => under(&about(leaf, &reading, report)),
    }
    let addressed = addressees(leaf, letter, report);
    under(&addressed);
    urgency(leaf, &reading, asked.urgency, report);
    Found { reading, letter, bottom }
}

/// The name of the type where it stands.
struct Title<'p> {
    line: TextLine,
    kind: &'p DocumentType,
}

fn titled<'p>(
    leaf: &Leaf,
    reading: &Reading,
    head: &head::Found,
    report: &Report<'p>,
) -> Option<Title<'p>> {
    let profile = report.profile;
    if let Some(found) = reading.proposal(Field::Type)
        && found.why.contains(&Reason::Titled)
        && let Value::Type { key, .. } = &found.value
        && let Some(spot) = &found.spot
    {
        let line = leaf.lines_in(&spot.rects).into_iter().next()?;
        return Some(Title { line, kind: profile.document_type(key)? });
    }
    // In small letters it is a title all the same, where it stands in the middle alone.
    leaf.lines.iter().filter(|line| line.baseline < head.bottom).take(14).find_map(|line| {
        let central = (line.rect.middle() / leaf.width() - 0.53).abs() < 0.1;
        let mut named = profile.document_types().iter().filter(|row| row.form == TypeForm::Named);
        let exact = phrase::Likeness::Exact;
        let kind = named.find(|row| phrase::alike(&line.text, &row.name) == Some(exact))?;
        central.then(|| Title { line: line.clone(), kind })
    })
}

/// The name of the type against the fields and the notation.
fn kind(
    leaf: &Leaf,
    title: &Title<'_>,
    head: &head::Found,
    wanted: Option<&DocumentType>,
    report: &mut Report<'_>,
) {
    let place = Some(leaf.place([title.line.rect]));
    if let Some(wanted) = wanted.filter(|wanted| wanted.key != title.kind.key) {
        report
            .add(Rule::Kind, "kind-fields", place)
            .of("type-name")
            .with("found", &title.line.text)
            .with("asked", &wanted.name);
    } else if wanted.is_none()
        && head.by_notation.as_ref().is_some_and(|key| *key != title.kind.key)
    {
        report
            .add(Rule::Kind, "kind-notation", place)
            .of("type-name")
            .with("found", &title.line.text)
            .with("asked", head.notation.as_deref().unwrap_or_default());
    }
}

/// The abstract of a named type, and its line; the lines.
fn subject(
    leaf: &Leaf,
    title: &TextLine,
    reading: &Reading,
    report: &mut Report<'_>,
) -> Vec<TextLine> {
    let found = reading.proposal(Field::Subject).filter(|one| one.why.contains(&Reason::UnderType));
    let lines = found
        .and_then(|one| one.spot.as_ref())
        .map(|spot| leaf.lines_in(&spot.rects))
        .unwrap_or_else(|| bold_under(leaf, title));
    let Some(last) = lines.last() else {
        let place = Some(leaf.place([title.rect]));
        report.add(Rule::Missing, "missing-subject", place).of("subject");
        return lines;
    };
    // An abstract in capitals is a matter of its own.
    if lines.iter().all(|line| super::is_upper(&line.text)) {
        let place = Some(leaf.place(lines.iter().map(|line| line.rect)));
        report.add(Rule::Capitals, "capitals-small", place).of("subject");
    }
    report.look("subject", leaf, &lines);
    let off = (last.rect.middle() - title.rect.middle()).abs();
    if off > 8.0 {
        report.add(Rule::Centred, "centred-subject", Some(leaf.place([last.rect]))).of("subject");
    }
    let widest = lines.iter().map(|line| line.rect.width).fold(0.0, f32::max);
    let asked = report.layout().check.short_line;
    head::underline(leaf, "subject", last, widest, asked, report);
    lines
}

/// Bold lines right under the name of the type: an abstract that does not stand where it
/// should.
fn bold_under(leaf: &Leaf, title: &TextLine) -> Vec<TextLine> {
    let mut lines: Vec<TextLine> = Vec::new();
    let mut above = title;
    for line in leaf.lines.iter().filter(|line| line.baseline < title.baseline - 2.0).take(6) {
        let near = above.baseline - line.baseline < 2.0 * line.size.max(8.0);
        let bold = leaf.set(&line.glyphs).is_some_and(|set| set.bold > 0.75);
        if !near || !bold || super::is_upper(&line.text) {
            break;
        }
        lines.push(line.clone());
        above = line;
    }
    lines
}

/// The abstract of a letter; its lines.
fn about(leaf: &Leaf, reading: &Reading, report: &mut Report<'_>) -> Vec<TextLine> {
    let found =
        reading.proposal(Field::Subject).filter(|one| one.why.contains(&Reason::BehindAbout));
    let lines = found
        .and_then(|one| one.spot.as_ref())
        .map(|spot| leaf.lines_in(&spot.rects))
        .unwrap_or_default();
    let Some(first) = lines.first() else {
        report.add(Rule::Missing, "missing-about", Some(leaf.whole())).of("letter-subject");
        return lines;
    };
    if !first.text.starts_with("V/v ") {
        report
            .add(Rule::Wording, "wording-about", Some(leaf.place([first.rect])))
            .of("letter-subject")
            .with("found", &first.text);
    }
    report.look("letter-subject", leaf, &lines);
    lines
}

/// Kính gửi; the lines.
fn addressees(leaf: &Leaf, letter: bool, report: &mut Report<'_>) -> Vec<TextLine> {
    let known = phrase::skeleton("Kính gửi");
    let at = leaf.lines.iter().position(|line| phrase::skeleton(&line.text).starts_with(&known));
    let Some(at) = at else {
        if letter {
            report.add(Rule::Missing, "missing", Some(leaf.whole())).of("addressees");
        }
        return Vec::new();
    };
    let rest = leaf.lines.get(at..).unwrap_or_default();
    let mut lines: Vec<TextLine> = Vec::new();
    for line in rest.iter().take(40) {
        let goes_on = lines.last().is_none_or(|above| {
            let open = !above.text.ends_with('.');
            let near = above.baseline - line.baseline < 2.2 * line.size.max(8.0);
            open && near && (line.text.starts_with(['-', '–']) || line.rect.x > above.rect.x - 2.0)
        });
        if !goes_on {
            break;
        }
        lines.push(line.clone());
    }
    if let Some(first) = lines.first().filter(|line| !line.text.starts_with("Kính gửi:")) {
        report
            .add(Rule::Wording, "wording-addressed", Some(leaf.place([first.rect])))
            .of("addressees")
            .with("found", &first.text);
    }
    report.look("addressees", leaf, &lines);
    lines
}

/// Ô 10b: the mark against the field, its type, and its frame.
fn urgency(leaf: &Leaf, reading: &Reading, asked: Option<Urgency>, report: &mut Report<'_>) {
    let found = reading.proposal(Field::Urgency).filter(|one| one.confidence >= UNSURE);
    let mark = found.and_then(|one| match (&one.value, &one.spot) {
        (Value::Urgency(urgency), Some(spot)) => Some((*urgency, leaf.lines_in(&spot.rects))),
        _ => None,
    });
    let Some((urgency, lines)) = mark else {
        if let Some(asked) = asked.filter(|asked| *asked != Urgency::Normal) {
            report
                .add(Rule::Urgency, "urgency-missing", Some(leaf.whole()))
                .of("urgency-mark")
                .with("asked", labels::urgency(asked));
        }
        return;
    };
    let Some(line) = lines.first() else { return };
    let place = || Some(leaf.place([line.rect]));
    if let Some(asked) = asked.filter(|asked| *asked != urgency) {
        report
            .add(Rule::Urgency, "urgency-fields", place())
            .of("urgency-mark")
            .with("found", &line.text)
            .with("asked", labels::urgency(asked));
    }
    report.look("urgency-mark", leaf, &lines);
    let stamps = &report.layout().urgency_stamps;
    let Some(stamp) = stamps.iter().find(|stamp| stamp.priority == urgency.priority()) else {
        return;
    };
    let Some(frame) = frame(leaf, line.rect) else {
        report.add(Rule::Urgency, "urgency-frame", place()).of("urgency-mark");
        return;
    };
    let (width, height) = (frame.width / POINTS_PER_MM, frame.height / POINTS_PER_MM);
    let off = |found: f32, asked: f32| (found - asked).abs() > 2.0;
    if off(width, stamp.width_mm) || off(height, stamp.height_mm) {
        let size = |width: f32, height: f32| {
            format!("{} × {} mm", super::points(width), super::points(height))
        };
        report
            .add(Rule::Urgency, "urgency-size", Some(leaf.place([frame])))
            .of("urgency-mark")
            .with("found", size(width, height))
            .with("asked", size(stamp.width_mm, stamp.height_mm));
    }
}

/// The single frame around a mark: what is drawn close around it, taken together.
fn frame(leaf: &Leaf, mark: Rect) -> Option<Rect> {
    let around = Rect::new(
        mark.x - 2.5 * FRAME,
        mark.y - FRAME,
        mark.width + 5.0 * FRAME,
        mark.height + 2.0 * FRAME,
    );
    let upright = |path: &&Rect| around.holds(path, 0.0) && path.height >= 0.8 * mark.height;
    let sides = leaf.paths.iter().filter(upright).copied().reduce(|a, b| a.union(&b))?;
    sides.holds(&mark, 2.0).then_some(sides)
}
