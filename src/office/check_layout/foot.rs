//! What stands under the text: signer (ô 7a, 7b) and recipients (ô 9b).

use super::leaf::Leaf;
use super::{Report, title};
use crate::domain::layout::Rule;
use crate::domain::text::{fold, tidy};
use crate::office::extract::{Field, Spot, phrase};
use crate::pdf::text::{PageText, TextLine};

/// Below this a block at the bottom right is not taken for the signer's.
const UNSURE: f32 = 0.35;

/// Where the text ends.
pub struct Found {
    /// Index into the main part; `None` where neither signer nor recipients were found.
    pub page: Option<usize>,
    /// Highest top of signer and recipients on that page, from its bottom.
    pub top: f32,
}

pub(super) fn check(main: &[Leaf], title: &title::Found, report: &mut Report<'_>) -> Found {
    let signer = title.reading.proposal(Field::Signer).filter(|one| one.confidence >= UNSURE);
    let read = signer.and_then(|one| Signed::read(main, title, one.spot.as_ref()?));
    let signed = read.or_else(|| Signed::beside_recipients(main));
    let block = signed.map(|signed| signer_block(&signed, report));
    if block.is_none() {
        let place = main.last().map(Leaf::whole);
        report.add(Rule::Missing, "missing", place).of("signer-name");
    }
    let left = block.as_ref().map(|block| (block.page, block.left));
    let listed = recipients(main, left, report);
    if listed.is_none() {
        let place = main.last().map(Leaf::whole);
        report.add(Rule::Missing, "missing", place).of("recipients-title");
    }
    let tops: Vec<(usize, f32)> =
        block.map(|block| (block.page, block.top)).into_iter().chain(listed).collect();
    let page = tops.iter().map(|(page, _)| *page).min();
    let on_page = tops.iter().filter(|(at, _)| Some(*at) == page);
    Found { page, top: on_page.map(|(_, top)| *top).fold(0.0, f32::max) }
}

/// Who signs, as it stands on the page.
struct Signed<'a> {
    page: usize,
    leaf: &'a Leaf,
    authority: Vec<TextLine>,
    position: Vec<TextLine>,
    name: Vec<TextLine>,
}

impl<'a> Signed<'a> {
    /// Where the reader of fields found it.
    fn read(main: &'a [Leaf], title: &title::Found, spot: &Spot) -> Option<Self> {
        let page = main.iter().position(|leaf| leaf.sheet.page == spot.page)?;
        let leaf = main.get(page)?;
        let lines_of = |field: Field| {
            let spot = title.reading.proposal(field).and_then(|one| one.spot.as_ref());
            spot.filter(|spot| spot.page == leaf.sheet.page)
                .map(|spot| leaf.lines_in(&spot.rects))
                .unwrap_or_default()
        };
        let name = leaf.lines_in(&spot.rects);
        let (authority, position) = (lines_of(Field::Competence), lines_of(Field::Position));
        (!name.is_empty()).then_some(Self { page, leaf, authority, position, name })
    }

    /// Set as no reader of fields expects it (a position in small letters, a name in
    /// capitals): what stands to the right of the recipients in two groups, the name last.
    fn beside_recipients(main: &'a [Leaf]) -> Option<Self> {
        let known = phrase::skeleton("Nơi nhận");
        let (page, leaf, head) = main.iter().enumerate().rev().find_map(|(page, leaf)| {
            let found = leaf.lines.iter().find(|line| phrase::skeleton(&line.text) == known);
            found.map(|head| (page, leaf, head))
        })?;
        let mut groups: Vec<Vec<TextLine>> = vec![Vec::new()];
        let beside = leaf.text_lines().filter(|line| {
            line.rect.x > head.rect.right() + 20.0
                && line.rect.middle() > 0.5 * leaf.width()
                && line.baseline < head.baseline + 1.5 * head.size
        });
        for line in beside {
            let above = groups.last().and_then(|group| group.last());
            if above.is_some_and(|above| above.baseline - line.baseline > 2.2 * line.size.max(8.0))
            {
                groups.push(Vec::new());
            }
            if let Some(group) = groups.last_mut() {
                group.push(line.clone());
            }
        }
        let [position, name, ..] = groups.as_mut_slice() else { return None };
        let last = position.pop()?;
        let authority = std::mem::take(position);
        Some(Self { page, leaf, authority, position: vec![last], name: std::mem::take(name) })
    }
}

struct Block {
    page: usize,
    left: f32,
    top: f32,
}

fn signer_block(signed: &Signed<'_>, report: &mut Report<'_>) -> Block {
    let Signed { page, leaf, authority, position, name } = signed;
    report.look("signer-name", leaf, name);
    if let Some(first) = name.first() {
        signer_name(leaf, first, report);
    }
    let above: Vec<TextLine> = authority.iter().chain(position).cloned().collect();
    report.look("signer-title", leaf, &above);
    // Other spellings of the marks are no marks to the reader of fields.
    let over = position.first().map(|position| over(leaf, position)).unwrap_or_default();
    for line in &over {
        mark(leaf, line, report);
    }
    let deputy = |line: &TextLine| fold(&line.text).starts_with("pho");
    let for_head = over.iter().chain(authority).any(|line| fold(&line.text).starts_with("kt."));
    if let Some(line) = position.first().filter(|line| for_head && !deputy(line)) {
        report
            .add(Rule::Authority, "authority-deputy", Some(leaf.place([line.rect])))
            .of("signer-title")
            .with("found", &line.text);
    }
    let all = || above.iter().chain(name).chain(&over);
    let left = all().map(|line| line.rect.x).fold(f32::INFINITY, f32::min);
    let top = all().map(|line| line.rect.top()).fold(0.0, f32::max);
    Block { page: *page, left, top }
}

/// Lines of capitals right above a position, the nearest first.
fn over(leaf: &Leaf, position: &TextLine) -> Vec<TextLine> {
    let mut found: Vec<TextLine> = Vec::new();
    let mut below = position;
    while let Some(line) = leaf
        .lines
        .iter()
        .filter(|line| {
            let apart = line.baseline - below.baseline;
            let near = (0.5 * below.size..2.0 * below.size.max(8.0)).contains(&apart);
            near && (line.rect.middle() - position.rect.middle()).abs() < 30.0
        })
        .find(|line| phrase::is_capital(&line.text))
    {
        found.push(line.clone());
        if found.len() == 4 {
            break;
        }
        below = line;
    }
    found
}

/// A mark of authority that is written otherwise: `TM`, `T/M`, `K.T`.
fn mark(leaf: &Leaf, line: &TextLine, report: &mut Report<'_>) {
    let marks = &report.layout().check.authorities;
    let first = line.text.split(' ').next().unwrap_or_default();
    let letters: String = first.chars().filter(|c| c.is_alphabetic()).collect();
    // `KT.CHỦ TỊCH` has its mark and its word in one.
    let glued =
        marks.iter().find(|mark| first.len() > mark.len() && first.starts_with(mark.as_str()));
    let meant = marks.iter().find(|mark| mark.trim_end_matches('.') == letters);
    let right = marks.iter().any(|mark| first == mark);
    let Some(asked) = glued.or(meant).filter(|_| !right) else { return };
    report
        .add(Rule::Authority, "authority-mark", Some(leaf.place([line.rect])))
        .of("signer-title")
        .with("found", &line.text)
        .with("asked", asked);
}

/// No degrees before the name (mục II.7 điểm b).
fn signer_name(leaf: &Leaf, line: &TextLine, report: &mut Report<'_>) {
    let said = tidy(&line.text);
    let titles = &report.layout().check.titles;
    let title = titles.iter().find(|title| {
        let rest =
            said.get(..title.len()).filter(|head| head.to_lowercase() == title.to_lowercase());
        rest.is_some()
            && said
                .get(title.len()..)
                .is_some_and(|rest| title.ends_with('.') || rest.starts_with([' ', '.']))
    });
    if let Some(title) = title {
        report
            .add(Rule::SignerName, "signer-name", Some(leaf.place([line.rect])))
            .of("signer-name")
            .with("found", title);
    }
    if super::is_upper(&said) {
        let place = Some(leaf.place([line.rect]));
        report.add(Rule::Capitals, "capitals-small", place).of("signer-name");
    }
}

/// Nơi nhận; index of its page and its top.
fn recipients(
    main: &[Leaf],
    block: Option<(usize, f32)>,
    report: &mut Report<'_>,
) -> Option<(usize, f32)> {
    let known = phrase::skeleton("Nơi nhận");
    let (page, leaf, lines) = main.iter().enumerate().rev().find_map(|(page, leaf)| {
        let end = match block {
            Some((at, left)) if at == page => left - 2.0,
            _ => 0.52 * leaf.width(),
        };
        let column = leaf.sheet.text.chars.iter().filter(|glyph| glyph.rect.middle() < end);
        let lines = PageText { chars: column.copied().collect() }.lines();
        let at = lines.iter().position(|line| phrase::skeleton(&line.text) == known)?;
        Some((page, leaf, lines.get(at..)?.to_vec()))
    })?;
    let (head, rest) = lines.split_first()?;
    report.look("recipients-title", leaf, std::slice::from_ref(head));
    if head.text != "Nơi nhận:" {
        report
            .add(Rule::Recipients, "recipients-word", Some(leaf.place([head.rect])))
            .of("recipients-title")
            .with("found", &head.text);
    }
    let items = items(head, rest);
    let listed: Vec<TextLine> = items.iter().flatten().cloned().collect();
    report.look("recipients", leaf, &listed);
    let file = items
        .iter()
        .position(|item| said(item).trim_start_matches(['-', '–', ' ']).starts_with("Lưu"));
    for (at, item) in items.iter().enumerate() {
        let text = said(item);
        let mut say = |code: &str| {
            let place = leaf.place(item.iter().map(|line| line.rect));
            report.add(Rule::Recipients, code, Some(place)).of("recipients").with("found", &text);
        };
        let last = at + 1 == items.len();
        if !text.starts_with('-') {
            say("recipients-dash");
        }
        match (last, text.ends_with(if last { '.' } else { ';' })) {
            (_, true) => {}
            (true, false) => say("recipients-last"),
            (false, false) => say("recipients-end"),
        }
    }
    let asked = &report.layout().check.file_copy;
    let right = file.and_then(|at| items.get(at)).is_some_and(|item| {
        said(item).trim_start_matches(['-', '–', ' ']).starts_with(asked.as_str())
    });
    if !right || file.is_some_and(|at| at + 1 != items.len()) {
        let place = items.last().map(|item| leaf.place(item.iter().map(|line| line.rect)));
        report
            .add(Rule::FileCopy, "file-copy", place.or_else(|| Some(leaf.place([head.rect]))))
            .of("recipients")
            .with("asked", asked);
    }
    Some((page, head.rect.top()))
}

/// The list's items with the lines of each, as far as the file copy.
fn items(head: &TextLine, rest: &[TextLine]) -> Vec<Vec<TextLine>> {
    let mut items: Vec<Vec<TextLine>> = Vec::new();
    let mut above = head;
    for line in rest.iter().take(80) {
        if above.baseline - line.baseline > 2.2 * line.size.max(8.0) {
            break;
        }
        let begins = line.text.starts_with(['-', '–', '+', '•']);
        let ended = above.text.ends_with([';', '.', ':']);
        let filed = items
            .last()
            .is_some_and(|item| said(item).trim_start_matches(['-', '–', ' ']).starts_with("Lưu"));
        // Behind the file copy comes the drafter's mark (ô 12).
        if filed && (ended || !begins && line.text.contains('(')) {
            break;
        }
        match items.last_mut() {
            Some(item) if !begins && !ended => item.push(line.clone()),
            _ => items.push(vec![line.clone()]),
        }
        above = line;
    }
    items
}

fn said(item: &[TextLine]) -> String {
    item.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
}
