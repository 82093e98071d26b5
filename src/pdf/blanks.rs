//! Finds, in the text of a draft, where number and date are to be written and where the
//! signatures belong. Pure functions over [`PageText`](super::text::PageText), on the page as
//! it is shown, in points.
//!
//! - `Số:      /QĐ-UBND` and `Tân Bình, ngày    tháng    năm 2026`, with room or with dots
//!   between the words (Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I, mục II.3 and II.4).
//! - The personal signature stands between the signer's position and full name, centred
//!   (Thông tư 01/2019/TT-BNV Điều 12; Nghị định 30/2020/NĐ-CP Phụ lục I, mục II.7 d).
//! - The seal, at real size, covers about a third of it, to its left (Điều 13; mục II.8).
//!
//! The signature block comes with a confidence: the window shows the place and lets people
//! move it; what is below [`SURE`] is never signed without being looked at.

mod block;
mod head;

pub use block::{Doubt, Signatory, SignatureBlock, find_signature_blocks, seal_rect};
pub use head::{IssueHead, Opening, Part, Slot, Wanted, read_issue_head};

use super::Rect;
use super::appearance::{BLACK, Stamp};
use super::font::Face;

/// From here on a place may be used without asking.
pub const SURE: f32 = 0.75;

/// Diameter of an agency's round seal, in millimetres, where nothing else is known.
pub const SEAL_MM: f32 = 36.0;

/// Room for something that is not known yet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Blank {
    /// From the end of the word before to the beginning of the word after.
    pub rect: Rect,
    pub baseline: f32,
    /// Of the words around it.
    pub font_size: f32,
    /// Whether the blank is filled with dots.
    pub dotted: bool,
}

impl Blank {
    /// Text in the middle of the blank, smaller if it would not fit.
    pub fn stamp(&self, text: &str, face: Face) -> Stamp {
        let natural = face.width(text, self.font_size);
        let squeeze = (self.rect.width / natural.max(f32::MIN_POSITIVE)).min(1.0);
        let size = self.font_size * squeeze;
        let x = self.rect.x + (self.rect.width - natural * squeeze) / 2.0;
        // Over dots the text stands a little higher, so that it can be read.
        let baseline = self.baseline + if self.dotted { 0.12 * size } else { 0.0 };
        Stamp { text: text.to_owned(), face, size, colour: BLACK, x, baseline }
    }
}
