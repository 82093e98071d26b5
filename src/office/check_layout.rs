//! The checker of layouts (kiểm tra thể thức): a document's pages against Phụ lục I of Nghị
//! định 30/2020/NĐ-CP, or against what else the rule profile asks.
//!
//! Pure functions over pages: characters with their places and typefaces, and drawn lines
//! ([`Leaf`]). Where the components of a document stand is found by the same finders that
//! read its fields ([`extract`](super::extract)); what they must look like is data of the
//! profile (`[layout]`). Each part of a page has its file here; [`work`] puts the checker to
//! the documents of the office.
//!
//! A rule speaks only of what it has seen: where a component was not found, that is one
//! finding ([`Rule::Missing`]), and nothing is said of its size. Bounds are taken with the
//! tolerance of the profile, because programs round.

mod annex;
mod body;
pub mod corpus;
mod foot;
mod head;
mod leaf;
pub mod measure;
mod paper;
mod title;
mod words;
mod work;

pub use leaf::{Leaf, leaves};
pub use words::{component, rule_name, sentence, severity_name, standing};
pub(in crate::office) use work::refuse_legacy;
pub use work::{check_file, typed_fields};

use crate::domain::document::Urgency;
use crate::domain::layout::{Area, Finding, Place, Rule, Severity};
use crate::pdf::Rect;
use crate::pdf::text::TextLine;
use crate::rules::Profile;
use crate::rules::facts::{Component, FontStyle};
use leaf::Set;

/// What is known of a document beside its pages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked<'a> {
    /// Key of its type in the profile; else it is read off the page.
    pub type_key: Option<&'a str>,
    /// The notation of its fields.
    pub notation: Option<&'a str>,
    pub urgency: Option<Urgency>,
}

/// Everything that is not as the profile asks, by page and from the top.
///
/// Pages that are pictures say nothing; whether there are any is for the caller to tell.
pub fn check(leaves: &[Leaf], asked: Asked<'_>, profile: &Profile) -> Vec<Finding> {
    let mut report = Report::new(profile);
    let main = annex::main_part(leaves);
    paper::check(leaves, main.len(), &mut report);
    if let Some(first) = leaves.first().filter(|leaf| leaf.has_text()) {
        let head = head::check(first, asked, &mut report);
        let title = title::check(first, main, &head, asked, &mut report);
        let foot = foot::check(main, &title, &mut report);
        body::check(main, &title, &foot, &mut report);
    }
    annex::check(leaves, main.len(), &mut report);
    report.into_findings()
}

/// Collects findings with what the profile says of their rules.
struct Report<'p> {
    profile: &'p Profile,
    findings: Vec<Finding>,
}

impl<'p> Report<'p> {
    const fn new(profile: &'p Profile) -> Self {
        Self { profile, findings: Vec::new() }
    }

    fn layout(&self) -> &'p crate::rules::facts::Layout {
        self.profile.layout()
    }

    fn component(&self, key: &str) -> Option<&'p Component> {
        self.layout().component(key)
    }

    /// Adds a finding; more is said of it with the methods of [`Adding`].
    fn add(&mut self, rule: Rule, code: &str, place: Option<Place>) -> Adding<'_> {
        let row = self.layout().check.rule(rule);
        self.findings.push(Finding {
            rule,
            severity: row.map_or(Severity::Hint, |row| row.severity),
            code: code.to_owned(),
            component: String::new(),
            place,
            args: Vec::new(),
            cite: row.map(|row| row.cite.clone()).unwrap_or_default(),
        });
        Adding(self.findings.last_mut())
    }

    /// Size, style and capitals of a component, as far as it can be said of its characters.
    fn look(&mut self, key: &str, leaf: &Leaf, lines: &[TextLine]) {
        let Some(component) = self.component(key) else { return };
        let glyphs = || lines.iter().flat_map(|line| &line.glyphs);
        let Some(set) = leaf.set(glyphs()) else { return };
        let place = || Some(leaf.place(lines.iter().map(|line| line.rect)));
        let tolerance = self.layout().check.tolerance_pt;
        let bounds = component.size_pt;
        if set.size < bounds.0 - tolerance || set.size > bounds.1 + tolerance {
            self.add(Rule::Size, "size", place())
                .of(key)
                .with("found", points(set.size))
                .with("asked", span(bounds.0, bounds.1));
        }
        if !fits(component.style, set) {
            self.add(Rule::Style, "style", place())
                .of(key)
                .with("found", style_key(set.style()))
                .with("asked", style_key(component.style));
        }
        let capital = lines.iter().all(|line| is_upper(&line.text));
        if component.capitals && !capital {
            self.add(Rule::Capitals, "capitals", place()).of(key);
        }
    }

    fn into_findings(mut self) -> Vec<Finding> {
        let top = |finding: &Finding| {
            let place = finding.place.as_ref();
            let page = place.map_or(u32::MAX, |place| place.page);
            let area = place.and_then(|place| place.areas.first()).map_or(0, |area| area.y);
            (page, area)
        };
        self.findings.sort_by_key(top);
        self.findings
    }
}

/// A finding that is being made.
struct Adding<'a>(Option<&'a mut Finding>);

impl Adding<'_> {
    fn of(mut self, component: &str) -> Self {
        if let Some(finding) = &mut self.0 {
            component.clone_into(&mut finding.component);
        }
        self
    }

    fn with(mut self, name: &str, value: impl ToString) -> Self {
        if let Some(finding) = &mut self.0 {
            finding.args.push((name.to_owned(), value.to_string()));
        }
        self
    }
}

/// Whether type is set as a component asks. A word or two in another style do not count.
fn fits(asked: FontStyle, set: Set) -> bool {
    let (bold, italic) = match asked {
        FontStyle::Upright => (false, false),
        FontStyle::Bold => (true, false),
        FontStyle::Italic => (false, true),
        FontStyle::BoldItalic => (true, true),
    };
    let agrees = |asked: bool, share: f32| if asked { share > 0.75 } else { share < 0.5 };
    agrees(bold, set.bold) && agrees(italic, set.italic)
}

const fn style_key(style: FontStyle) -> &'static str {
    match style {
        FontStyle::Upright => "style-upright",
        FontStyle::Bold => "style-bold",
        FontStyle::Italic => "style-italic",
        FontStyle::BoldItalic => "style-bold-italic",
    }
}

/// Whether every letter is a capital.
fn is_upper(text: &str) -> bool {
    !text.chars().any(char::is_lowercase) && text.chars().any(char::is_uppercase)
}

/// A measure with at most one decimal.
fn points(value: f32) -> String {
    let tenths = (value * 10.0).round() / 10.0;
    if tenths.fract().abs() < 0.05 { format!("{tenths:.0}") } else { format!("{tenths:.1}") }
}

fn span(from: f32, to: f32) -> String {
    if (to - from).abs() < 0.01 {
        points(from)
    } else {
        format!("{}–{}", points(from), points(to))
    }
}

/// From a rectangle on the page as shown, bottom left, to what is kept.
fn area(rect: Rect, height: f32) -> Area {
    // Coordinates of damaged files may be anything; kept are those that a page can have.
    let tenths = |value: f32| (value.clamp(-1e5, 1e5) * 10.0).round() as i32;
    Area {
        x: tenths(rect.x),
        y: tenths(height - rect.top()),
        width: tenths(rect.width),
        height: tenths(rect.height),
    }
}

#[cfg(test)]
mod tests;
