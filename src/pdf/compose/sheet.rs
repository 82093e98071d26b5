//! Pages that are pictures, with lines and words over them: a print copy of a document that
//! must not be touched itself.

use lopdf::dictionary;

use super::Align;
use super::flow::Mark;
use super::write::{Page, assemble, draw};
use crate::domain::text::compose;
use crate::pdf::appearance::Colour;
use crate::pdf::font::{Embedder, Face};
use crate::pdf::output::Properties;
use crate::pdf::pool::Pool;
use crate::pdf::{PdfError, Rect};

/// One page, in points; y downwards from its top left.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    pub width: f32,
    pub height: f32,
    /// Fills the whole page.
    pub picture: Option<Picture>,
    pub drawings: Vec<Drawing>,
}

/// Eight bits each of red, green and blue, from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: u32,
    pub height: u32,
    pub rgb: Vec<u8>,
}

/// Lines and words of one colour, placed on a page.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawing {
    /// Where its top left corner comes to lie.
    pub x: f32,
    pub y: f32,
    pub colour: Colour,
    pub strokes: Vec<Stroke>,
}

/// A piece of a drawing, relative to its top left.
#[derive(Debug, Clone, PartialEq)]
pub enum Stroke {
    /// A filled rectangle: a line of that thickness.
    Line(Rect),
    /// Words on a baseline, within a width.
    Words { x: f32, baseline: f32, width: f32, align: Align, bold: bool, size: f32, text: String },
}

impl Drawing {
    /// A rectangular frame with lines of this thickness.
    pub fn frame(width: f32, height: f32, thickness: f32) -> [Stroke; 4] {
        let line = |x, y, width, height| Stroke::Line(Rect::new(x, y, width, height));
        [
            line(0.0, 0.0, width, thickness),
            line(0.0, height - thickness, width, thickness),
            line(0.0, 0.0, thickness, height),
            line(width - thickness, 0.0, thickness, height),
        ]
    }

    fn marks(&self) -> Vec<Mark> {
        let strokes = self.strokes.iter().map(|stroke| match stroke {
            Stroke::Line(line) => {
                Mark::Line { x: line.x, y: line.y, width: line.width, height: line.height }
            }
            Stroke::Words { x, baseline, width, align, bold, size, text } => {
                let face = Face::serif(*bold, false);
                let text = compose(text);
                // What is too long gets smaller rather than run over the frame.
                let natural = face.width(&text, *size);
                let size = if natural > *width { size * width / natural } else { *size };
                let slack = width - face.width(&text, size);
                Mark::Text {
                    x: x + super::flow::offset(*align, slack),
                    baseline: *baseline,
                    face,
                    size,
                    text,
                    stretch: 0.0,
                }
            }
        });
        std::iter::once(Mark::Ink(self.colour)).chain(strokes).collect()
    }
}

/// Writes the sheets, which come one by one, so that only one picture is in memory at a time.
///
/// # Errors
/// Those of the sheets, and [`PdfError::BadResource`] if a font cannot be embedded.
pub fn sheets<E: From<PdfError>>(
    title: &str,
    author: &str,
    language: &str,
    sheets: impl Iterator<Item = Result<Sheet, E>>,
) -> Result<Vec<u8>, E> {
    let mut pool = Pool::new(1);
    let mut embedder = Embedder::new();
    let mut pages = Vec::new();
    for sheet in sheets {
        let sheet = sheet?;
        let mut content = String::new();
        let picture = match sheet.picture {
            Some(picture) => {
                let (width, height) = (sheet.width, sheet.height);
                content = format!("q {width} 0 0 {height} 0 0 cm /Picture Do Q\n");
                Some(embed(&mut pool, picture)?)
            }
            None => None,
        };
        for drawing in &sheet.drawings {
            let origin = (drawing.x, sheet.height - drawing.y);
            draw(&mut content, &mut embedder, &drawing.marks(), origin);
        }
        pages.push(Page { width: sheet.width, height: sheet.height, content, picture });
    }
    let properties = Properties { title, author, language };
    Ok(assemble(&properties, pool, &embedder, pages)?)
}

fn embed(pool: &mut Pool, picture: Picture) -> Result<lopdf::ObjectId, PdfError> {
    // A page without colour needs a third of the bytes.
    let grey =
        picture.rgb.chunks_exact(3).all(|pixel| pixel[0] == pixel[1] && pixel[1] == pixel[2]);
    let (space, bytes) = if grey {
        ("DeviceGray", picture.rgb.iter().step_by(3).copied().collect())
    } else {
        ("DeviceRGB", picture.rgb)
    };
    pool.add_stream(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Image",
            "Width" => i64::from(picture.width),
            "Height" => i64::from(picture.height),
            "ColorSpace" => space,
            "BitsPerComponent" => 8,
        },
        bytes,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pdf::structure::Source;

    #[test]
    fn a_sheet_has_its_size_and_its_words() {
        let words = Stroke::Words {
            x: 0.0,
            baseline: 10.0,
            width: 100.0,
            align: Align::Centre,
            bold: true,
            size: 12.0,
            text: "ĐẾN".to_owned(),
        };
        let drawing = Drawing { x: 5.0, y: 5.0, colour: [218, 18, 26], strokes: vec![words] };
        let sheet = |rgb: [u8; 3]| Sheet {
            width: 141.7,
            height: 99.2,
            picture: Some(Picture { width: 1, height: 1, rgb: rgb.to_vec() }),
            drawings: vec![drawing.clone()],
        };
        let made = [Ok::<_, PdfError>(sheet([9, 9, 9])), Ok(sheet([9, 9, 8]))];
        let bytes = sheets("Dấu đến", "UBND", "vi-VN", made.into_iter()).unwrap();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        assert!(text.contains("DeviceGray") && text.contains("DeviceRGB"), "{text}");
        let source = Source::parse(bytes.into()).unwrap();
        let (width, height) = source.page_geometry(2).unwrap().shown_points();
        assert!((width - 141.7).abs() < 0.01 && (height - 99.2).abs() < 0.01);
    }
}
