//! The arithmetic of a list that builds only the rows one can see.
//!
//! iced lays out everything it is given; a queue of a million documents must therefore be
//! given to it as a few dozen rows between two empty spaces. This is that calculation,
//! without any drawing. All rows have the same height.

use std::ops::Range;

/// What to build of a list of equal rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Windowed {
    /// The rows to build.
    pub rows: Range<usize>,
    /// Height of the space that stands for the rows above.
    pub above: f32,
    /// Height of the space that stands for the rows below.
    pub below: f32,
}

/// Rows built beyond either edge, so that a scroll never shows a gap before the next view.
const OVERSCAN: usize = 4;

/// Which of `count` rows of `row` pixels are visible in `viewport` pixels at `offset`.
pub fn windowed(count: usize, row: f32, offset: f32, viewport: f32) -> Windowed {
    let (offset, viewport) = (sane(offset), sane(viewport));
    // A list that has become shorter is looked at from its new end.
    let furthest = (count as f32 * row - viewport).max(0.0);
    let offset = offset.min(furthest);
    let first = ((offset / row).floor() as usize).saturating_sub(OVERSCAN).min(count);
    let last = (((offset + viewport) / row).ceil() as usize).saturating_add(OVERSCAN).min(count);
    let last = last.max(first);
    Windowed { rows: first..last, above: first as f32 * row, below: (count - last) as f32 * row }
}

/// The offset that shows the whole of row `index`, moving as little as possible; `None`
/// if it is in sight already.
pub fn reveal(index: usize, row: f32, offset: f32, viewport: f32) -> Option<f32> {
    let (offset, viewport) = (sane(offset), sane(viewport));
    let top = index as f32 * row;
    let bottom = top + row;
    if top < offset || viewport < row {
        (top != offset).then_some(top)
    } else if bottom > offset + viewport {
        Some(bottom - viewport)
    } else {
        None
    }
}

/// How many whole rows one page of the keyboard moves.
pub fn page(row: f32, viewport: f32) -> usize {
    ((sane(viewport) / row).floor() as usize).saturating_sub(1).max(1)
}

fn sane(length: f32) -> f32 {
    if length.is_finite() { length.max(0.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_empty_list_builds_nothing() {
        assert_eq!(
            windowed(0, 56.0, 300.0, 600.0),
            Windowed { rows: 0..0, above: 0.0, below: 0.0 }
        );
    }

    #[test]
    fn a_million_rows_cost_what_a_hundred_cost() {
        let window = windowed(1_000_000, 56.0, 28_000_000.0, 600.0);
        assert!(window.rows.len() <= 600 / 56 + 2 + 2 * OVERSCAN, "{window:?}");
    }

    #[test]
    fn a_row_in_sight_does_not_move() {
        assert_eq!(reveal(3, 50.0, 100.0, 200.0), None);
        assert_eq!(reveal(1, 50.0, 100.0, 200.0), Some(50.0));
        assert_eq!(reveal(9, 50.0, 100.0, 200.0), Some(300.0));
    }

    proptest! {
        #[test]
        fn every_visible_row_is_built(
            count in 0usize..200_000,
            row in 20u8..90,
            offset in 0f32..2_000_000.0,
            viewport in 0f32..3_000.0,
        ) {
            let row = f32::from(row);
            let window = windowed(count, row, offset, viewport);
            let offset = offset.min((count as f32 * row - viewport).max(0.0));
            prop_assert!(window.rows.start <= window.rows.end && window.rows.end <= count);
            prop_assert!(window.above <= offset + 1.0);
            let built_to = window.rows.end as f32 * row;
            prop_assert!(built_to + 1.0 >= (offset + viewport).min(count as f32 * row));
            // The whole keeps its height, so that the scroll bar never jumps.
            let total = window.above + window.rows.len() as f32 * row + window.below;
            let error = (total - count as f32 * row).abs();
            prop_assert!(error <= count as f32 * row * 1e-5 + 1.0, "{}", error);
        }

        #[test]
        fn a_revealed_row_is_in_sight(
            index in 0usize..50_000,
            offset in 0f32..2_000_000.0,
            viewport in 100f32..3_000.0,
        ) {
            let row = 56.0;
            let at = reveal(index, row, offset, viewport).unwrap_or(offset);
            let top = index as f32 * row;
            prop_assert!(at <= top + 0.5 && top + row <= at + viewport + 0.5);
            prop_assert_eq!(reveal(index, row, at, viewport + 1.0), None);
        }

        #[test]
        fn nonsense_never_panics(offset in any::<f32>(), viewport in any::<f32>()) {
            let window = windowed(1000, 56.0, offset, viewport);
            prop_assert!(window.rows.end <= 1000);
            let _ = reveal(3, 56.0, offset, viewport);
            prop_assert!(page(56.0, viewport) >= 1);
        }
    }
}
