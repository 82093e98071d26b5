//! How a document must look: signatures, arrival stamp, layout (thể thức).

use crate::rules::layout::LayoutCheckRules;
use serde::Deserialize;

use super::Text;

/// A line of text beside a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppearanceLine {
    /// Name of the organisation.
    Organisation,
    /// ISO 8601 in Vietnam's time zone.
    SigningTime,
    /// Number and notation of the document.
    Code,
    /// SAO Y, SAO LỤC, TRÍCH SAO.
    CopyKind,
}

/// The image of the leader's signature.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PersonalSignature {
    /// The box that the image is fitted into.
    pub width_mm: f32,
    pub height_mm: f32,
    pub lines: Vec<AppearanceLine>,
    pub cite: String,
    pub confirmed: bool,
    pub size_confirmed: bool,
}

/// The seal on the main document.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seal {
    pub diameter_mm: f32,
    /// How much of the personal signature's width, from its left, the seal covers.
    pub covers: f32,
    /// Text beside the seal; empty for none.
    pub lines: Vec<AppearanceLine>,
    pub font: String,
    pub size_pt: f32,
    pub cite: String,
    pub confirmed: bool,
    pub diameter_confirmed: bool,
}

/// The organisation's signature in the top right corner of the first page.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CornerSignature {
    /// Whether the seal's image shows, in its real size.
    pub image: bool,
    pub lines: Vec<AppearanceLine>,
    pub font: String,
    pub size_pt: f32,
    /// From the edges of the page as it is shown.
    pub top_mm: f32,
    pub right_mm: f32,
    pub cite: String,
    pub confirmed: bool,
    pub place_confirmed: bool,
}

/// The stamp that says when a document arrived, and under which number (dấu "ĐẾN").
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrivalStamp {
    pub width_mm: f32,
    pub height_mm: f32,
    /// Left and top edge on page 1 as it is shown, in order of preference; the first place
    /// where nothing is printed is taken.
    pub places_mm: Vec<[f32; 2]>,
    pub cite: String,
    pub confirmed: bool,
    pub places_confirmed: bool,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signatures {
    pub personal: PersonalSignature,
    pub seal: Seal,
    /// On an annex that is a file of its own.
    pub annex: CornerSignature,
    /// On an electronic copy of a paper document.
    pub copy: CornerSignature,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PageNumberPlace {
    TopCentre,
    BottomRight,
}

/// A closed interval of lengths.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
pub struct Span(pub f32, pub f32);

impl Span {
    pub fn contains(self, value: f32) -> bool {
        (self.0..=self.1).contains(&value)
    }
}

/// The page (thể thức, kỹ thuật trình bày).
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layout {
    pub paper_mm: Span,
    pub top_mm: Span,
    pub bottom_mm: Span,
    pub left_mm: Span,
    pub right_mm: Span,
    pub font: String,
    pub page_number: PageNumberPlace,
    pub page_number_on_first: bool,
    pub page_number_pt: Span,
    pub first_line_indent_mm: Span,
    pub paragraph_spacing_pt: f32,
    /// Multiples of a single line.
    pub line_spacing: Span,
    pub cite: String,
    pub confirmed: bool,
    pub components: Vec<Component>,
    pub urgency_stamps: Vec<UrgencyStamp>,
    pub check: LayoutCheckRules,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FontStyle {
    Upright,
    Bold,
    Italic,
    BoldItalic,
}

/// One part of a document: its place on the page (cell, ô) and how it is set.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Component {
    pub key: String,
    pub cell: String,
    pub name: Text,
    pub capitals: bool,
    pub size_pt: Span,
    pub style: FontStyle,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrgencyStamp {
    pub priority: u8,
    pub text: String,
    pub width_mm: f32,
    pub height_mm: f32,
}
