//! What a picture of a page tells of it: how much ink is on it, and how far its lines lean.
//!
//! Both are proposals that a person confirms, so both would rather say too little: a page
//! with a page number on it is not blank, and lines that do not clearly lean are level.

use crate::pdf::render::Bitmap;

/// What was found on a page.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Part of the page, without its margins, that is ink: 0 to 1.
    pub ink: f32,
    /// Tenths of a degree clockwise that would make the lines level; `None` where nothing
    /// leans, or nothing has lines.
    pub lean: Option<i16>,
}

impl Look {
    /// Less ink than a page number of two digits has.
    pub const BLANK: f32 = 0.000_04;

    pub fn is_blank(&self) -> bool {
        self.ink < Self::BLANK
    }
}

/// How wide a picture should be for [`look`]: about 100 dots per inch of A4.
pub const WIDTH: u32 = 827;

/// Part of each side that is not looked at: shadows of the lid, holes of a punch.
const MARGIN: f32 = 0.035;
/// How much darker than the paper ink is; what shines through from the back is lighter.
const DARKER: u8 = 64;
/// The furthest that a feeder pulls paper askew, in tenths of a degree.
const FURTHEST: i16 = 70;
/// Points of ink that are enough to find the lines by.
const ENOUGH: usize = 60_000;

pub fn look(picture: &Bitmap) -> Look {
    let grey = Grey::of(picture);
    let ink = grey.ink();
    let all = grey.inner_pixels().max(1);
    Look { ink: ink.len() as f32 / all as f32, lean: lean(&ink) }
}

struct Grey {
    width: usize,
    height: usize,
    values: Vec<u8>,
}

impl Grey {
    fn of(picture: &Bitmap) -> Self {
        let values = picture
            .rgba
            .chunks_exact(4)
            .map(|pixel| {
                let [r, g, b] =
                    [0, 1, 2].map(|part| u32::from(pixel.get(part).copied().unwrap_or(255)));
                u8::try_from((r * 77 + g * 150 + b * 29) >> 8).unwrap_or(255)
            })
            .collect();
        Self { width: picture.width as usize, height: picture.height as usize, values }
    }

    fn inner(&self) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let cut = |length: usize| {
            let margin = (length as f32 * MARGIN) as usize;
            margin..length.saturating_sub(margin)
        };
        (cut(self.width), cut(self.height))
    }

    fn inner_pixels(&self) -> usize {
        let (x, y) = self.inner();
        x.len() * y.len()
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        self.values.get(y * self.width + x).copied().unwrap_or(255)
    }

    /// How light the paper is: what nine of ten pixels of most pages are at least.
    fn paper(&self) -> u8 {
        let mut counts = [0_usize; 256];
        for value in &self.values {
            counts[usize::from(*value)] += 1;
        }
        let mut left = self.values.len() / 2;
        for (value, count) in counts.iter().enumerate().rev() {
            if *count >= left {
                return u8::try_from(value).unwrap_or(255);
            }
            left -= count;
        }
        0
    }

    /// Where ink is. A dark pixel without a dark neighbour is dust.
    fn ink(&self) -> Vec<(u16, u16)> {
        let limit = self.paper().saturating_sub(DARKER);
        let (across, down) = self.inner();
        let mut ink = Vec::new();
        for y in down {
            for x in across.clone() {
                let dark = |x: usize, y: usize| self.at(x, y) < limit;
                if dark(x, y)
                    && (dark(x + 1, y)
                        || dark(x, y + 1)
                        || (x > 0 && dark(x - 1, y))
                        || (y > 0 && dark(x, y - 1)))
                {
                    ink.push((u16::try_from(x).unwrap_or(0), u16::try_from(y).unwrap_or(0)));
                }
            }
        }
        ink
    }
}

/// The angle at which the rows of ink are sharpest (the projection profile): level lines of
/// text make full rows and empty ones, leaning lines make all rows alike.
fn lean(ink: &[(u16, u16)]) -> Option<i16> {
    const FEW: usize = 400;
    if ink.len() < FEW {
        return None;
    }
    let step = ink.len().div_ceil(ENOUGH);
    let points: Vec<(f32, f32)> =
        ink.iter().step_by(step).map(|(x, y)| (f32::from(*x), f32::from(*y))).collect();
    let sharpness = |tenths: i16| profile(&points, tenths);
    let mut best = (0, sharpness(0));
    let level = best.1;
    let mut try_all = |angles: &mut dyn Iterator<Item = i16>| {
        for tenths in angles {
            let value = sharpness(tenths);
            if value > best.1 {
                best = (tenths, value);
            }
        }
        best.0
    };
    let rough = try_all(&mut (-FURTHEST..=FURTHEST).step_by(5));
    let fine = try_all(&mut (rough - 4..=rough + 4));
    // A picture or a stamp has no lines: no angle is much sharper than level.
    let clear = best.1 > level * 1.08;
    (clear && fine.abs() >= 2 && fine.abs() < FURTHEST).then_some(fine)
}

/// Sum of the squares of what neighbouring rows differ by, after turning by `tenths`.
fn profile(points: &[(f32, f32)], tenths: i16) -> f64 {
    let (sin, cos) = (f32::from(tenths) / 10.0).to_radians().sin_cos();
    let row = |(x, y): &(f32, f32)| y * cos + x * sin;
    let (mut low, mut high) = (f32::MAX, f32::MIN);
    for point in points {
        let row = row(point);
        (low, high) = (low.min(row), high.max(row));
    }
    let mut rows = vec![0_u32; (high - low) as usize + 2];
    for point in points {
        if let Some(row) = rows.get_mut((row(point) - low) as usize) {
            *row += 1;
        }
    }
    rows.windows(2)
        .map(|pair| {
            let difference = f64::from(pair.first().copied().unwrap_or(0))
                - f64::from(pair.get(1).copied().unwrap_or(0));
            difference * difference
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White, with whatever `dark` says is ink.
    fn page(dark: impl Fn(f32, f32) -> bool) -> Bitmap {
        let (width, height) = (WIDTH, 1169);
        let mut rgba = Vec::new();
        for y in 0..height {
            for x in 0..width {
                let value = if dark(x as f32, y as f32) { 20 } else { 250 };
                rgba.extend([value, value, value, 255]);
            }
        }
        Bitmap { width, height, rgba: rgba.into() }
    }

    /// Lines of "text", turned counter-clockwise by `tenths`.
    fn text(tenths: i16) -> Bitmap {
        let (sin, cos) = (f32::from(tenths) / 10.0).to_radians().sin_cos();
        page(|x, y| {
            let (x, y) = (x - 413.0, y - 585.0);
            let (u, v) = (x * cos - y * sin, y * cos + x * sin);
            let word = (u / 7.0).floor() as i32;
            u.abs() < 300.0
                && v.abs() < 450.0
                && v.rem_euclid(24.0) < 9.0
                && word.rem_euclid(9) < 7
                && u.rem_euclid(7.0) < 4.0
        })
    }

    #[test]
    fn leaning_lines_are_found_to_the_tenth() {
        for tenths in [-43, -12, -5, 3, 8, 31, 60] {
            let found = look(&text(tenths)).lean;
            assert!(found.is_some_and(|found| (found - tenths).abs() <= 1), "{tenths}: {found:?}");
        }
        assert_eq!(look(&text(0)).lean, None);
    }

    #[test]
    fn an_empty_page_is_blank_and_a_page_number_is_not() {
        let empty = look(&page(|_, _| false));
        assert!(empty.is_blank() && empty.lean.is_none());
        // Dust, and the shadow of the lid along the edge.
        let dusty = look(&page(|x, y| x < 12.0 || (x as i32 % 97 == 0 && y as i32 % 89 == 0)));
        assert!(dusty.is_blank(), "{dusty:?}");
        // "2" in 13 points: a few strokes of two pixels.
        let numbered = look(&page(|x, y| {
            (410.0..418.0).contains(&x) && ((60.0..62.0).contains(&y) || (70.0..72.0).contains(&y))
                || (414.0..416.0).contains(&x) && (60.0..72.0).contains(&y)
        }));
        assert!(!numbered.is_blank(), "{numbered:?}");
    }

    #[test]
    fn a_grey_ground_is_paper_and_not_ink() {
        let grey = page(|_, _| true);
        assert!(look(&grey).is_blank());
        let nothing = Bitmap { width: 0, height: 0, rgba: Vec::new().into() };
        assert!(look(&nothing).is_blank());
    }
}
