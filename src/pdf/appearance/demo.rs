//! Images for demonstrations and tests: a signature by nobody's hand, and a seal that says
//! of itself that it is a specimen. Small enough to be drawn here rather than shipped.

use std::f32::consts::{PI, TAU};
use std::io::Cursor;

use image::{ImageFormat, RgbaImage};
use ttf_parser::OutlineBuilder;

use super::{BLUE, Colour, RED};
use crate::domain::text::compose;
use crate::pdf::PdfError;
use crate::pdf::font::Face;

/// Pixels of a seal of 36 mm at 300 dots per inch.
const SEAL_SIDE: u32 = 425;

/// A blue signature-like line on a transparent ground, 480 by 240 pixels; PNG. The same
/// seed always gives the same image.
pub fn demo_signature(seed: u64) -> Result<Vec<u8>, PdfError> {
    let mut dice = Dice(seed);
    let mut canvas = Canvas::new(480, 240, BLUE);
    // A tall first letter, a run of falling waves, and a stroke back underneath.
    let mut knots = vec![(42.0, 165.0), (70.0 + dice.up_to(20.0), 22.0), (96.0, 188.0)];
    let waves = 4 + (dice.next() % 3) as usize;
    for i in 0..waves {
        let x = 110.0 + 250.0 * (i as f32 + 0.5) / waves as f32;
        let tall = 62.0 * (1.0 - i as f32 / (waves as f32 + 2.0)) + dice.up_to(26.0);
        knots.push((x, 150.0 - tall));
        knots.push((x + 16.0 + dice.up_to(10.0), 152.0 + dice.up_to(20.0)));
    }
    knots.push((425.0 + dice.up_to(30.0), 96.0 + dice.up_to(20.0)));
    knots.push((330.0, 196.0 + dice.up_to(14.0)));
    knots.push((120.0, 206.0 + dice.up_to(10.0)));
    knots.push((438.0, 186.0 + dice.up_to(12.0)));
    canvas.pen(&knots, 2.0, 3.4);
    canvas.png()
}

/// A red round specimen of a seal, 36 mm at 300 dots per inch, with the agency's name along
/// the upper rim; PNG. It says that it is a specimen, so that nobody can take it for a seal.
pub fn demo_seal(agency: &str) -> Result<Vec<u8>, PdfError> {
    let mut canvas = Canvas::new(SEAL_SIDE, SEAL_SIDE, RED);
    let side = SEAL_SIDE as f32;
    let centre = (side / 2.0, side / 2.0);
    let outer = side / 2.0 - 4.0;
    canvas.ring(centre, outer, 5.0);
    canvas.ring(centre, outer - 8.0, 2.0);
    canvas.ring(centre, outer * 0.60, 2.5);
    canvas.star(centre, outer * 0.36);

    let name = compose(agency).to_uppercase();
    // The name takes at most 230 degrees of the rim; a long one is written smaller.
    let radius = outer * 0.68;
    let room = radius * 230.0_f32.to_radians();
    let size = 44.0_f32.min(44.0 * room / Face::SerifBold.width(&name, 44.0).max(1.0));
    canvas.arc_text(&name, Face::SerifBold, size, centre, radius, true);
    canvas.arc_text("MẪU TRÌNH DIỄN", Face::SerifBold, 30.0, centre, outer * 0.87, false);
    canvas.png()
}

/// A repeatable source of variety (SplitMix64).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn up_to(&mut self, limit: f32) -> f32 {
        (self.next() % 10_000) as f32 / 10_000.0 * limit
    }
}

type Point = (f32, f32);

/// Ink of one colour on a transparent ground: coverage from 0 to 1 for each pixel.
struct Canvas {
    width: u32,
    height: u32,
    ink: Vec<f32>,
    colour: Colour,
}

impl Canvas {
    fn new(width: u32, height: u32, colour: Colour) -> Self {
        Self { width, height, ink: vec![0.0; width as usize * height as usize], colour }
    }

    /// Puts `coverage(centre of pixel)` onto every pixel of the box that has more.
    fn cover(&mut self, (x0, y0): Point, (x1, y1): Point, coverage: impl Fn(Point) -> f32) {
        let clip = |v: f32, limit: u32| v.clamp(0.0, limit as f32) as u32;
        for y in clip(y0, self.height)..clip(y1 + 1.0, self.height) {
            for x in clip(x0, self.width)..clip(x1 + 1.0, self.width) {
                let index = (y * self.width + x) as usize;
                if let Some(pixel) = self.ink.get_mut(index) {
                    *pixel = pixel.max(coverage((x as f32 + 0.5, y as f32 + 0.5)).clamp(0.0, 1.0));
                }
            }
        }
    }

    fn dot(&mut self, (cx, cy): Point, radius: f32) {
        let reach = radius + 1.0;
        self.cover((cx - reach, cy - reach), (cx + reach, cy + reach), |(x, y)| {
            radius + 0.5 - (x - cx).hypot(y - cy)
        });
    }

    /// A smooth line through the knots (Catmull-Rom), thick where the pen is slow.
    fn pen(&mut self, knots: &[Point], thin: f32, thick: f32) {
        let knot = |i: usize| knots.get(i.min(knots.len() - 1)).copied().unwrap_or_default();
        for i in 0..knots.len().saturating_sub(1) {
            let (a, b, c, d) = (knot(i.saturating_sub(1)), knot(i), knot(i + 1), knot(i + 2));
            let steps = (2.0 * (c.0 - b.0).hypot(c.1 - b.1)).max(8.0) as u32;
            for step in 0..=steps {
                let t = step as f32 / steps as f32;
                let at = |a: f32, b: f32, c: f32, d: f32| {
                    let bend = (2.0 * a - 5.0 * b + 4.0 * c - d) * t * t
                        + (3.0 * b - a - 3.0 * c + d) * t * t * t;
                    0.5 * (2.0 * b + (c - a) * t + bend)
                };
                let slow = (PI * (t - 0.5)).sin().abs();
                let point = (at(a.0, b.0, c.0, d.0), at(a.1, b.1, c.1, d.1));
                self.dot(point, (thin + (thick - thin) * slow) / 2.0);
            }
        }
    }

    fn ring(&mut self, (cx, cy): Point, radius: f32, thickness: f32) {
        let reach = radius + thickness;
        self.cover((cx - reach, cy - reach), (cx + reach, cy + reach), |(x, y)| {
            thickness / 2.0 + 0.5 - ((x - cx).hypot(y - cy) - radius).abs()
        });
    }

    fn star(&mut self, (cx, cy): Point, radius: f32) {
        let tips = (0..10).map(|i| {
            let reach = if i % 2 == 0 { radius } else { radius * 0.382 };
            let angle = i as f32 * TAU / 10.0;
            (cx + reach * angle.sin(), cy - reach * angle.cos())
        });
        self.fill(&[tips.collect()]);
    }

    /// Text along a circle, centred at its top (reading clockwise) or at its bottom.
    fn arc_text(&mut self, text: &str, face: Face, size: f32, c: Point, radius: f32, top: bool) {
        let Some(parsed) = face.parsed() else { return };
        let scale = size / f32::from(parsed.units_per_em());
        let sign = if top { 1.0 } else { -1.0 };
        let mut along = -face.width(text, size) / 2.0;
        for character in text.chars() {
            let advance = face.width(character.encode_utf8(&mut [0; 4]), size);
            let mut outline = Outline::default();
            if let Some(glyph) = parsed.glyph_index(character) {
                parsed.outline_glyph(glyph, &mut outline);
            }
            let angle = sign * (along + advance / 2.0) / radius;
            let (sin, cos) = angle.sin_cos();
            let place = |(x, y): Point| {
                let (x, y) = (x * scale - advance / 2.0, -y * scale - sign * radius);
                (c.0 + x * cos - y * sin, c.1 + x * sin + y * cos)
            };
            let contours: Vec<Vec<Point>> =
                outline.contours.iter().map(|c| c.iter().copied().map(place).collect()).collect();
            self.fill(&contours);
            along += advance;
        }
    }

    /// Fills contours by the non-zero rule, with four scan lines to a pixel.
    fn fill(&mut self, contours: &[Vec<Point>]) {
        const LINES: u32 = 4;
        let mut rows: std::collections::BTreeMap<u32, Vec<f32>> = std::collections::BTreeMap::new();
        for line in 0..self.height * LINES {
            let y = (line as f32 + 0.5) / LINES as f32;
            let mut crossings: Vec<(f32, i32)> = Vec::new();
            for contour in contours {
                for (i, a) in contour.iter().enumerate() {
                    let Some(b) = contour.get((i + 1) % contour.len()) else { continue };
                    if (a.1 <= y) != (b.1 <= y) {
                        let x = a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0);
                        crossings.push((x, if a.1 < b.1 { 1 } else { -1 }));
                    }
                }
            }
            if crossings.is_empty() {
                continue;
            }
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            let row = rows.entry(line / LINES).or_insert_with(|| vec![0.0; self.width as usize]);
            let mut winding = 0;
            for pair in crossings.windows(2) {
                let [(from, turn), (to, _)] = pair else { continue };
                winding += turn;
                if winding != 0 {
                    for (x, pixel) in row.iter_mut().enumerate() {
                        let x = x as f32;
                        let part = (to.min(x + 1.0) - from.max(x)).clamp(0.0, 1.0);
                        *pixel += part / LINES as f32;
                    }
                }
            }
        }
        for (y, row) in rows {
            let start = (y * self.width) as usize;
            for (pixel, part) in self.ink.iter_mut().skip(start).zip(row) {
                *pixel = pixel.max(part.min(1.0));
            }
        }
    }

    fn png(self) -> Result<Vec<u8>, PdfError> {
        let [r, g, b] = self.colour;
        let bytes =
            self.ink.iter().flat_map(|ink| [r, g, b, (ink * 255.0).round() as u8]).collect();
        let bad = |e: &dyn std::fmt::Display| PdfError::BadResource(e.to_string());
        let image = RgbaImage::from_raw(self.width, self.height, bytes)
            .ok_or_else(|| bad(&"the pixels do not fill the image"))?;
        let mut png = Cursor::new(Vec::new());
        image.write_to(&mut png, ImageFormat::Png).map_err(|e| bad(&e))?;
        Ok(png.into_inner())
    }
}

/// A glyph's outline as polygons, in font units, y upwards.
#[derive(Default)]
struct Outline {
    contours: Vec<Vec<Point>>,
}

impl Outline {
    fn last(&self) -> Point {
        self.contours.last().and_then(|c| c.last()).copied().unwrap_or_default()
    }

    fn push(&mut self, point: Point) {
        if let Some(contour) = self.contours.last_mut() {
            contour.push(point);
        }
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.contours.push(vec![(x, y)]);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.push((x, y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let from = self.last();
        for step in 1..=6 {
            let t = step as f32 / 6.0;
            let at = |a: f32, b: f32, c: f32| {
                a * (1.0 - t) * (1.0 - t) + 2.0 * b * t * (1.0 - t) + c * t * t
            };
            self.push((at(from.0, x1, x), at(from.1, y1, y)));
        }
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        // TrueType outlines have no cubic curves; the chord polygon is close enough.
        for point in [(x1, y1), (x2, y2), (x, y)] {
            self.push(point);
        }
    }

    fn close(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(png: &[u8]) -> RgbaImage {
        image::load_from_memory(png).unwrap().into_rgba8()
    }

    #[test]
    fn signatures_are_transparent_blue_and_differ_by_seed() {
        let image = open(&demo_signature(1).unwrap());
        assert_eq!(image.get_pixel(0, 0).0[3], 0);
        let inked = image.pixels().filter(|p| p.0[3] > 128).count();
        assert!((500..20_000).contains(&inked), "{inked}");
        assert!(image.pixels().all(|p| p.0[..3] == BLUE));
        assert_eq!(demo_signature(1).unwrap(), demo_signature(1).unwrap());
        assert_ne!(demo_signature(1).unwrap(), demo_signature(2).unwrap());
    }

    #[test]
    fn seals_are_round_red_and_named() {
        let seal = demo_seal("Ủy ban nhân dân xã Tân Bình").unwrap();
        let image = open(&seal);
        assert_eq!(image.dimensions(), (SEAL_SIDE, SEAL_SIDE));
        assert_eq!(image.get_pixel(2, 2).0[3], 0, "the corner is outside the circle");
        assert!(image.get_pixel(SEAL_SIDE / 2, SEAL_SIDE / 2).0[3] > 200, "the star");
        assert_ne!(seal, demo_seal("Ủy ban nhân dân xã Hòa An").unwrap());
    }
}
