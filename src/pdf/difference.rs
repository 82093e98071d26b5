//! Where two pictures of a page differ.
//!
//! The pictures are cut into squares of a few points; squares in which something differs by more
//! than the rounding of a letter's edge are gathered into rectangles, so that a changed word is
//! one mark and not forty.

use super::Rect;
use super::render::Bitmap;

/// Side of a square, in pixels.
const SQUARE: u32 = 8;
/// Squares no further apart than this many are one change.
const NEAR: u32 = 2;
/// How much lighter or darker (of 255) a pixel must be.
const TOLERANCE: i32 = 48;
/// Pixels of a square that must differ.
const LEAST: u32 = 2;

/// The parts of the page where `old` and `new` differ: x, y from the **top left**, all as parts
/// of the page's width and height (0 to 1), from the top. Where one picture is larger, what it
/// has beyond the other is different too.
pub fn changed(old: &Bitmap, new: &Bitmap) -> Vec<Rect> {
    let (width, height) = (old.width.max(new.width), old.height.max(new.height));
    if width == 0 || height == 0 {
        return Vec::new();
    }
    let (columns, rows) = (width.div_ceil(SQUARE), height.div_ceil(SQUARE));
    let mut marked = Vec::new();
    for row in 0..rows {
        for column in 0..columns {
            if differs(old, new, column, row) {
                marked.push(Area { left: column, top: row, right: column, bottom: row });
            }
        }
    }
    let part = |squares: u32, whole: u32| ((squares * SQUARE).min(whole) as f32) / (whole as f32);
    gathered(marked)
        .into_iter()
        .map(|area| {
            let (x, y) = (part(area.left, width), part(area.top, height));
            let right = part(area.right + 1, width);
            let bottom = part(area.bottom + 1, height);
            Rect { x, y, width: right - x, height: bottom - y }
        })
        .collect()
}

/// Squares from `left` to `right` and `top` to `bottom`, all inclusive.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: u32,
    top: u32,
    right: u32,
    bottom: u32,
}

impl Area {
    fn is_near(&self, other: &Self) -> bool {
        self.left <= other.right + NEAR
            && other.left <= self.right + NEAR
            && self.top <= other.bottom + 1
            && other.top <= self.bottom + 1
    }

    fn with(self, other: Self) -> Self {
        Self {
            left: self.left.min(other.left),
            top: self.top.min(other.top),
            right: self.right.max(other.right),
            bottom: self.bottom.max(other.bottom),
        }
    }
}

/// Joins what is near, until nothing is.
fn gathered(marked: Vec<Area>) -> Vec<Area> {
    let mut areas: Vec<Area> = Vec::new();
    for mut area in marked {
        while let Some(at) = areas.iter().position(|known| known.is_near(&area)) {
            area = area.with(areas.swap_remove(at));
        }
        areas.push(area);
    }
    areas.sort_by_key(|area| (area.top, area.left));
    areas
}

fn differs(old: &Bitmap, new: &Bitmap, column: u32, row: u32) -> bool {
    let mut count = 0;
    for y in row * SQUARE..(row + 1) * SQUARE {
        for x in column * SQUARE..(column + 1) * SQUARE {
            if (grey(old, x, y) - grey(new, x, y)).abs() > TOLERANCE {
                count += 1;
            }
        }
    }
    count >= LEAST
}

/// Lightness of a pixel on white paper; beyond the picture there is only paper.
fn grey(picture: &Bitmap, x: u32, y: u32) -> i32 {
    const PAPER: i32 = 255;
    if x >= picture.width || y >= picture.height {
        return PAPER;
    }
    let at = ((y as usize) * (picture.width as usize) + (x as usize)) * 4;
    let Some(&[r, g, b, a]) = picture.rgba.get(at..at + 4) else { return PAPER };
    let [r, g, b, a] = [r, g, b, a].map(i32::from);
    let grey = (299 * r + 587 * g + 114 * b) / 1000;
    (grey * a + PAPER * (255 - a)) / 255
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paper(width: u32, height: u32, black: &[(u32, u32, u32, u32)]) -> Bitmap {
        let mut rgba = vec![255; (width * height * 4) as usize];
        for &(left, top, w, h) in black {
            for y in top..top + h {
                for x in left..left + w {
                    let at = ((y * width + x) * 4) as usize;
                    rgba[at..at + 3].fill(0);
                }
            }
        }
        Bitmap { width, height, rgba: rgba.into() }
    }

    #[test]
    fn the_same_page_does_not_differ() {
        let page = paper(100, 140, &[(10, 10, 30, 5)]);
        assert_eq!(changed(&page, &page), []);
        assert_eq!(changed(&paper(0, 0, &[]), &paper(0, 0, &[])), []);
    }

    #[test]
    fn a_changed_word_is_one_mark_and_two_lines_are_two() {
        let old = paper(400, 400, &[(40, 40, 30, 8), (40, 320, 60, 8)]);
        let new = paper(400, 400, &[(40, 40, 30, 8), (40, 320, 20, 8), (200, 80, 16, 8)]);
        let marks = changed(&old, &new);
        assert_eq!(marks.len(), 2, "{marks:?}");
        assert!(marks[0].y < 0.25 && marks[0].x > 0.4, "{marks:?}");
        // Covers what changed: pixels 60 to 100 of 400.
        assert!(marks[1].x <= 0.15 && marks[1].x + marks[1].width >= 0.25, "{marks:?}");
    }

    #[test]
    fn a_letters_edge_is_no_change() {
        let old = paper(80, 80, &[(10, 10, 20, 20)]);
        let mut soft = old.rgba.to_vec();
        for byte in &mut soft {
            *byte = byte.saturating_sub(20);
        }
        let new = Bitmap { rgba: soft.into(), ..old.clone() };
        assert_eq!(changed(&old, &new), []);
    }

    #[test]
    fn what_lies_beyond_a_smaller_page_counts() {
        let marks = changed(&paper(80, 80, &[]), &paper(80, 160, &[(8, 120, 20, 8)]));
        assert_eq!(marks.len(), 1);
        assert!(marks[0].y > 0.7);
    }
}
