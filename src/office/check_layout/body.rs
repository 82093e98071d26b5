//! The text itself (ô 6): its type, its lines and paragraphs, legal bases, articles.

use super::leaf::Leaf;
use super::{Report, foot, is_upper, points, span, title};
use crate::domain::layout::{Place, Rule};
use crate::domain::text::fold;
use crate::pdf::text::TextLine;
use crate::pdf::{POINTS_PER_MM, Rect};
use crate::rules::facts::FontStyle;

/// Height of a single line of Times New Roman, in ems (its ascent, descent and line gap).
const SINGLE: f32 = 1.15;
/// Fewer than these say nothing about a whole text.
const SAMPLES: usize = 3;

/// A paragraph of the body.
struct Paragraph<'a> {
    leaf: &'a Leaf,
    lines: Vec<&'a TextLine>,
    /// Baselines apart from the line above, where that is on the same page.
    above: Option<f32>,
    /// The line above ended before the right edge, with a mark.
    after_end: bool,
}

impl Paragraph<'_> {
    fn text(&self) -> String {
        self.lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join(" ")
    }

    fn place(&self) -> Place {
        self.leaf.place(self.lines.iter().map(|line| line.rect))
    }

    fn first(&self) -> Option<&TextLine> {
        self.lines.first().copied()
    }
}

pub(super) fn check(
    main: &[Leaf],
    title: &title::Found,
    foot: &foot::Found,
    report: &mut Report<'_>,
) {
    let lines = lines(main, title, foot);
    let Some(edges) = Edges::of(&lines) else { return };
    let paragraphs = paragraphs(&lines, edges);
    let text: Vec<&Paragraph<'_>> =
        paragraphs.iter().filter(|one| !is_centred(one, edges)).collect();
    let bases = bases(&paragraphs, edges, title.letter, report);
    set(&text, bases, report);
    distances(&text, edges, report);
    indents(&text, edges, report);
    justified(&text, edges, report);
    articles(&text, report);
}

/// The lines between head and foot that are in no table and stand alone on their baseline.
fn lines<'a>(
    main: &'a [Leaf],
    title: &title::Found,
    foot: &foot::Found,
) -> Vec<(&'a Leaf, &'a TextLine)> {
    let mut found = Vec::new();
    let last = foot.page.unwrap_or(usize::MAX);
    for (at, leaf) in main.iter().enumerate().take_while(|(at, _)| *at <= last) {
        for line in leaf.text_lines() {
            let below_head = at > 0 || line.baseline < title.bottom - 2.0;
            let above_foot = at != last || line.baseline > foot.top;
            let alone = leaf.lines.iter().all(|other| {
                std::ptr::eq(other, line) || (other.baseline - line.baseline).abs() > 3.0
            });
            if below_head && above_foot && alone && !leaf.in_table(line.baseline) {
                found.push((leaf, line));
            }
        }
    }
    found
}

/// From where to where the lines of the text run.
#[derive(Clone, Copy)]
struct Edges {
    left: f32,
    right: f32,
    size: f32,
}

impl Edges {
    fn of(lines: &[(&Leaf, &TextLine)]) -> Option<Self> {
        let left = lines.iter().map(|(_, line)| line.rect.x).fold(f32::INFINITY, f32::min);
        let right = lines.iter().map(|(_, line)| line.rect.right()).fold(0.0, f32::max);
        let mut sizes: Vec<f32> = lines.iter().map(|(_, line)| line.size).collect();
        sizes.sort_by(f32::total_cmp);
        let size = *sizes.get(sizes.len() / 2)?;
        // A few short lines have no edges of their own.
        (lines.len() >= SAMPLES && right - left > 20.0 * size).then_some(Self { left, right, size })
    }
}

fn paragraphs<'a>(lines: &[(&'a Leaf, &'a TextLine)], edges: Edges) -> Vec<Paragraph<'a>> {
    let mut found: Vec<Paragraph<'a>> = Vec::new();
    let mut above: Option<(&Leaf, &TextLine)> = None;
    for (leaf, line) in lines {
        let indented = line.rect.x - edges.left > 3.0 * POINTS_PER_MM;
        // A line that stops short ends its paragraph, if it ends like one.
        let after_end = above.is_some_and(|(_, above)| {
            above.rect.right() < edges.right - 3.0 * edges.size
                && above.text.ends_with(['.', ';', ':', '/', '!', '?'])
        });
        let same_page = above.filter(|(page, _)| std::ptr::eq(*page, *leaf));
        let apart = same_page.map(|(_, above)| above.baseline - line.baseline);
        if indented || after_end || found.is_empty() {
            found.push(Paragraph { leaf, lines: vec![line], above: apart, after_end });
        } else if let Some(paragraph) = found.last_mut() {
            paragraph.lines.push(line);
        }
        above = Some((leaf, line));
    }
    found
}

/// Headings in the middle: `QUYẾT ĐỊNH:`, who decides, `Chương I`.
fn is_centred(paragraph: &Paragraph<'_>, edges: Edges) -> bool {
    let middle = (edges.left + edges.right) / 2.0;
    paragraph.lines.iter().all(|line| {
        let deep = line.rect.x - edges.left > 15.0 * POINTS_PER_MM;
        let central = (line.rect.middle() - middle).abs() < 12.0;
        central && (deep || is_upper(&line.text))
    })
}

/// Size and style of the text as a whole.
fn set(text: &[&Paragraph<'_>], bases: usize, report: &mut Report<'_>) {
    let Some(component) = report.component("body") else { return };
    let rest: Vec<&&Paragraph<'_>> = text.iter().skip(bases).collect();
    let Some(first) = rest.first() else { return };
    let glyphs = rest.iter().flat_map(|one| one.lines.iter().flat_map(|line| &line.glyphs));
    let place = || Some(first.place());
    // The pages of one document share no list of faces: each is measured by itself.
    let mut sizes: Vec<f32> = glyphs.map(|glyph| glyph.size).collect();
    sizes.sort_by(f32::total_cmp);
    let Some(size) = sizes.get(sizes.len() / 2).copied() else { return };
    let tolerance = report.layout().check.tolerance_pt;
    let bounds = component.size_pt;
    if size < bounds.0 - tolerance || size > bounds.1 + tolerance {
        report
            .add(Rule::Size, "size", place())
            .of("body")
            .with("found", points(size))
            .with("asked", span(bounds.0, bounds.1));
    }
    let mut letters = 0.0;
    let (mut bold, mut italic) = (0.0, 0.0);
    for one in &rest {
        let count = one.lines.iter().map(|line| line.glyphs.len()).sum::<usize>() as f32;
        let glyphs = one.lines.iter().flat_map(|line| &line.glyphs);
        let Some(set) = one.leaf.set(glyphs) else { continue };
        letters += count;
        bold += count * set.bold;
        italic += count * set.italic;
    }
    let found = match (bold > 0.6 * letters, italic > 0.6 * letters) {
        (false, false) => return,
        (true, false) => FontStyle::Bold,
        (false, true) => FontStyle::Italic,
        (true, true) => FontStyle::BoldItalic,
    };
    report
        .add(Rule::Style, "style", place())
        .of("body")
        .with("found", super::style_key(found))
        .with("asked", super::style_key(component.style));
}

/// Legal bases: how they are set and end; how many paragraphs they are.
fn bases(
    paragraphs: &[Paragraph<'_>],
    edges: Edges,
    letter: bool,
    report: &mut Report<'_>,
) -> usize {
    let begins = |one: &Paragraph<'_>| {
        let said = fold(&one.text());
        ["can cu ", "theo de nghi ", "xet de nghi ", "xet to trinh ", "thuc hien nghi quyet "]
            .iter()
            .any(|known| said.starts_with(known))
    };
    let from = paragraphs.iter().position(|one| !is_centred(one, edges)).unwrap_or(0);
    let rest = paragraphs.get(from..).unwrap_or_default();
    let count = rest.iter().take_while(|one| begins(one)).count();
    let first = rest.first().filter(|one| fold(&one.text()).starts_with("can cu "));
    // `Căn cứ Công văn số …, Ủy ban báo cáo` begins a letter and is no basis.
    let enacts = rest.get(count).is_some_and(|one| is_centred(one, edges));
    if first.is_none() || count == 0 || letter || (count == 1 && !enacts) {
        return 0;
    }
    let bases = rest.get(..count).unwrap_or_default();
    let last_marks = report.layout().check.bases_last.clone();
    for (at, one) in bases.iter().enumerate() {
        let text = one.text();
        let last = at + 1 == count;
        let ends = match last {
            true => last_marks.iter().any(|mark| text.ends_with(mark.as_str())),
            false => text.ends_with(';'),
        };
        if !ends {
            let (code, asked) = match last {
                true => ("bases-last", last_marks.join(" ")),
                false => ("bases-end", ";".to_owned()),
            };
            report
                .add(Rule::Bases, code, Some(one.place()))
                .of("legal-bases")
                .with("found", text.chars().last().unwrap_or(' '))
                .with("asked", asked);
        }
    }
    let mut pages: Vec<&Leaf> = Vec::new();
    for one in bases {
        if !pages.iter().any(|page| std::ptr::eq(*page, one.leaf)) {
            pages.push(one.leaf);
        }
    }
    for page in pages {
        let here = bases.iter().filter(|one| std::ptr::eq(one.leaf, page));
        let lines: Vec<TextLine> =
            here.flat_map(|one| one.lines.iter().map(|line| (*line).clone())).collect();
        report.look("legal-bases", page, &lines);
    }
    count
}

/// Distances of lines and of paragraphs.
fn distances(text: &[&Paragraph<'_>], edges: Edges, report: &mut Report<'_>) {
    let mut within: Vec<f32> = text
        .iter()
        .flat_map(|one| one.lines.windows(2))
        .filter_map(|pair| {
            let [above, below] = pair else { return None };
            let apart = above.baseline - below.baseline;
            (0.5 * edges.size..4.0 * edges.size).contains(&apart).then_some(apart)
        })
        .collect();
    within.sort_by(f32::total_cmp);
    let Some(line) = within.get(within.len() / 2).copied().filter(|_| within.len() >= SAMPLES)
    else {
        return;
    };
    let layout = report.layout();
    let Some(first) = text.iter().find(|one| one.lines.len() > 1) else { return };
    let place = || Some(first.place());
    let multiple = line / (SINGLE * edges.size);
    let asked = layout.line_spacing;
    if multiple < asked.0 - 0.06 || multiple > asked.1 + 0.06 {
        report
            .add(Rule::LineSpacing, "line-spacing", place())
            .of("body")
            .with("found", format!("{multiple:.2}").trim_end_matches('0').trim_end_matches('.'))
            .with("asked", span(asked.0, asked.1));
    }
    let mut between: Vec<f32> = text
        .iter()
        .skip(1)
        .filter_map(|one| one.above.map(|above| above - line))
        .filter(|room| (-2.0..40.0).contains(room))
        .collect();
    between.sort_by(f32::total_cmp);
    let least = layout.paragraph_spacing_pt;
    if let Some(room) = between.get(between.len() / 2).copied()
        && between.len() >= SAMPLES
        && room < least - 1.0
    {
        report
            .add(Rule::ParagraphSpacing, "paragraph-spacing", place())
            .of("body")
            .with("found", points(room.max(0.0)))
            .with("asked", points(least));
    }
}

/// First lines go in by 1 cm or 1.27 cm.
fn indents(text: &[&Paragraph<'_>], edges: Edges, report: &mut Report<'_>) {
    let layout = report.layout();
    let (asked, tolerance) = (layout.first_line_indent_mm, layout.check.tolerance_mm);
    let indent = |one: &Paragraph<'_>| {
        one.first().map_or(0.0, |line| (line.rect.x - edges.left) / POINTS_PER_MM)
    };
    let begun: Vec<&Paragraph<'_>> =
        text.iter().copied().filter(|one| one.after_end || indent(one) > 3.0).collect();
    let off = |indent: f32| indent < asked.0 - tolerance || indent > asked.1 + tolerance;
    let wrong: Vec<&Paragraph<'_>> = begun.iter().copied().filter(|one| off(indent(one))).collect();
    // One line that is set otherwise is meant so; half of them are not.
    if wrong.len() < SAMPLES.min(begun.len()).max(2) || 2 * wrong.len() < begun.len() {
        return;
    }
    let Some(first) = wrong.first() else { return };
    let mut found: Vec<f32> = wrong.iter().map(|one| indent(one)).collect();
    found.sort_by(f32::total_cmp);
    let here = wrong.iter().filter(|one| std::ptr::eq(one.leaf, first.leaf));
    let rects: Vec<Rect> = here.filter_map(|one| one.first().map(|line| line.rect)).collect();
    let usual = found.get(found.len() / 2).copied().unwrap_or_default();
    report
        .add(Rule::Indent, "indent", Some(first.leaf.place(rects)))
        .of("body")
        .with("found", points(usual))
        .with("asked", format!("{} / {}", points(asked.0), asked.1));
}

/// All lines of a paragraph but the last reach the right edge.
fn justified(text: &[&Paragraph<'_>], edges: Edges, report: &mut Report<'_>) {
    let full: Vec<(&Leaf, &TextLine)> = text
        .iter()
        .filter_map(|one| Some((one.leaf, one.lines.split_last()?.1)))
        .flat_map(|(leaf, lines)| lines.iter().map(move |line| (leaf, *line)))
        .collect();
    let ragged: Vec<&(&Leaf, &TextLine)> =
        full.iter().filter(|(_, line)| line.rect.right() < edges.right - 3.0).collect();
    if full.len() < 4 || 2 * ragged.len() < full.len() {
        return;
    }
    let Some((leaf, _)) = ragged.first() else { return };
    let here = ragged.iter().filter(|(page, _)| std::ptr::eq(*page, *leaf));
    let place = leaf.place(here.map(|(_, line)| line.rect));
    report.add(Rule::Justified, "justified", Some(place)).of("body");
}

/// `Điều 1.`, bold, with its full stop.
fn articles(text: &[&Paragraph<'_>], report: &mut Report<'_>) {
    for one in text {
        let Some(line) = one.first() else { continue };
        let Some(rest) = line.text.strip_prefix("Điều ") else { continue };
        let figures = rest.chars().take_while(char::is_ascii_digit).count();
        let behind = rest.get(figures..).unwrap_or_default();
        // `Điều 5 Nghị định này` in a text is no article.
        let numbered = figures > 0 && (behind.starts_with(['.', ':', ')']) || behind.is_empty());
        let begins = figures > 0
            && behind.trim_start().starts_with(|c: char| c.is_uppercase())
            && one.after_end;
        if !numbered && !begins {
            continue;
        }
        let word: Vec<_> = line.glyphs.iter().take(4 + figures).collect();
        let set = one.leaf.set(word.iter().copied());
        let rect = word.iter().map(|glyph| glyph.rect).reduce(|a, b| a.union(&b));
        let place = || Some(one.leaf.place(rect));
        if !behind.starts_with('.') {
            report
                .add(Rule::Article, "article-dot", place())
                .of("article")
                .with("found", line.text.chars().take(16).collect::<String>());
        }
        if set.is_some_and(|set| set.bold < 0.5) {
            report.add(Rule::Article, "article-bold", place()).of("article");
        }
    }
}
