//! How much of a page further signatures cover.
//!
//! Whoever signs later may show that, also in a field that was prepared for it; but a look as
//! large as the page is a page over the page («sneaky signature», 2021), and so are several
//! that are as large together, in one revision or one by one.

use std::collections::BTreeMap;

use super::fields::NewSignature;
use crate::pdf::PdfError;
use crate::pdf::structure::Source;

/// More of a page than this further signatures do not cover together.
const MOST: f32 = 0.25;

/// The shares of pages, 0 to 1, that signatures cover, each with its page; pages of which
/// nothing is covered are left out.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Covered(BTreeMap<u32, f32>);

impl Covered {
    pub fn add(&mut self, other: &Self) {
        for (page, share) in &other.0 {
            *self.0.entry(*page).or_default() += share;
        }
    }

    /// Whether every page can still be read.
    pub fn is_modest(&self) -> bool {
        self.0.values().all(|share| *share <= MOST)
    }
}

/// What new signatures cover, wherever their widgets are shown.
pub(super) fn covered(now: &Source, new: &[NewSignature]) -> Result<Covered, PdfError> {
    let mut covered = Covered::default();
    let area =
        |signature: &NewSignature| signature.rect.map_or(0.0, |rect| rect.width * rect.height);
    if new.iter().all(|signature| area(signature) == 0.0) {
        return Ok(covered);
    }
    for number in 1..=now.page_count()? {
        let (_, page) = now.page(number)?;
        let annotations = now.member_array(&page, b"Annots")?.unwrap_or_default();
        let shown = |signature: &&NewSignature| {
            annotations.iter().any(|found| found.as_reference().ok() == Some(signature.widget))
        };
        let sum: f32 = new.iter().filter(shown).map(area).sum();
        if sum > 0.0 {
            let crop = now.page_geometry(number)?.crop;
            covered.0.insert(number, sum / (crop.width * crop.height));
        }
    }
    Ok(covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_a_page_add_up() {
        let of = |page: u32, share: f32| Covered(BTreeMap::from([(page, share)]));
        let mut sum = of(1, 0.2);
        assert!(sum.is_modest());
        sum.add(&of(2, 0.2));
        assert!(sum.is_modest());
        sum.add(&of(1, 0.1));
        assert!(!sum.is_modest());
        assert!(!of(1, f32::INFINITY).is_modest() && !of(1, f32::NAN).is_modest());
    }
}
