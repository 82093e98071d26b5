//! What is drawn into a document: the look of a visible signature, and the number and date
//! that are written onto a page when a document is issued.
//!
//! Thông tư 01/2019/TT-BNV Điều 12 và 13 and Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục
//! II.7 d and II.8: a personal signature shows as the blue image of the handwritten one, an
//! organisation's as the red image of its seal at real size, both PNG with a transparent
//! ground; copies and annexes in files of their own show a few lines of text instead.
//!
//! Nothing here touches a file. Objects come back, numbered from the first free number;
//! whoever writes the incremental update puts them in.

mod demo;
mod picture;

use std::fmt::Write as _;

use lopdf::{Dictionary, Object, ObjectId, dictionary};

pub use demo::{demo_seal, demo_signature};
pub use picture::{Look as PictureLook, look_over, thumbnail};

use super::font::{Embedder, Face, font_resources, resource_name};
use super::intent::Colours;
use super::pool::Pool;
use super::structure::PageGeometry;
use super::{PdfError, Rect};

/// Red, green and blue, 0 to 255.
pub type Colour = [u8; 3];

pub const BLACK: Colour = [0, 0, 0];
/// The ink of a personal signature.
pub const BLUE: Colour = [0, 56, 168];
/// The ink of a seal.
pub const RED: Colour = [218, 18, 26];

/// One line of text in an appearance.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub text: String,
    pub face: Face,
    /// Points; made smaller where the line would not fit.
    pub size: f32,
    pub colour: Colour,
}

impl Line {
    /// Black, upright, in the document's typeface.
    pub fn new(text: impl Into<String>, size: f32) -> Self {
        Self { text: text.into(), face: Face::Serif, size, colour: BLACK }
    }
}

/// Where the lines stand with regard to the image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextSide {
    /// Under the image, centred.
    #[default]
    Below,
    /// To the right of the image, from the left.
    Right,
    /// Across the middle of the image.
    Over,
}

/// The look of one visible signature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Appearance {
    /// Width and height in points, as the page is shown.
    pub size_pt: (f32, f32),
    /// A PNG; its proportions are kept, it is centred in the room that the text leaves.
    pub image: Option<Vec<u8>>,
    pub lines: Vec<Line>,
    pub side: TextSide,
    /// The page's `/Rotate` (0, 90, 180, 270), so that the signature stands upright.
    pub page_rotation: u16,
}

/// An appearance as objects.
#[derive(Debug)]
pub struct Built {
    /// The form XObject, for `/AP << /N … >>`.
    pub form: ObjectId,
    pub objects: Vec<(ObjectId, Object)>,
}

impl Appearance {
    /// An image alone: a handwritten signature, a seal.
    pub fn picture(size_pt: (f32, f32), png: Vec<u8>) -> Self {
        Self { size_pt, image: Some(png), ..Self::default() }
    }

    /// Text alone: copies and annexes (Thông tư 01/2019/TT-BNV Điều 13).
    pub fn text(size_pt: (f32, f32), lines: Vec<Line>) -> Self {
        Self { size_pt, lines, ..Self::default() }
    }

    /// Builds the form XObject with its fonts and images, in the file's `colours`.
    ///
    /// Fails with [`PdfError::BadResource`] if the image is not a PNG or unreasonably large,
    /// or if the size is not a size.
    pub fn build(&self, first_free: u32, colours: &Colours) -> Result<Built, PdfError> {
        let (width, height) = self.size_pt;
        let sane = |v: f32| v.is_finite() && (1.0..=14_400.0).contains(&v);
        if !sane(width) || !sane(height) {
            return Err(PdfError::BadResource(format!(
                "a signature of {width} by {height} points"
            )));
        }
        let mut pool = Pool::new(first_free);
        let mut embedder = Embedder::new();
        let mut content = String::new();
        let mut resources = Dictionary::new();

        let (image_room, text_room) = self.rooms();
        if let Some(png) = &self.image {
            let picture = picture::add(png, &mut pool, colours.opaque)?;
            let fitted = fit(picture.width, picture.height, image_room);
            let _ = writeln!(
                content,
                "q {} 0 0 {} {} {} cm /Im0 Do Q",
                number(fitted.width),
                number(fitted.height),
                number(fitted.x),
                number(fitted.y)
            );
            resources.set("XObject", dictionary! { "Im0" => picture.id });
        }
        self.draw_lines(text_room, &mut embedder, &mut content);
        let faces = embedder.write_into(&mut pool)?;
        if !faces.is_empty() {
            resources.set("Font", font_resources(&faces));
        }
        colours.enter_into(&mut resources);
        let form = pool.add_stream(
            dictionary! {
                "Type" => "XObject",
                "Subtype" => "Form",
                "BBox" => vec![0.into(), 0.into(), real(width), real(height)],
                "Matrix" => upright(self.page_rotation),
                "Resources" => resources,
            },
            content.into_bytes(),
        )?;
        Ok(Built { form, objects: pool.into_objects() })
    }

    /// Room for the image and room for the text.
    fn rooms(&self) -> (Rect, Rect) {
        let (width, height) = self.size_pt;
        let all = Rect::new(0.0, 0.0, width, height);
        if self.lines.is_empty() || self.image.is_none() {
            return (all, all);
        }
        match self.side {
            TextSide::Over => (all, all),
            TextSide::Below => {
                let text = self.text_height().min(height * 0.6);
                (Rect::new(0.0, text, width, height - text), Rect::new(0.0, 0.0, width, text))
            }
            TextSide::Right => {
                let image = (width * 0.4).min(height);
                (
                    Rect::new(0.0, 0.0, image, height),
                    Rect::new(image + 4.0, 0.0, (width - image - 4.0).max(1.0), height),
                )
            }
        }
    }

    /// Height of the lines at their own sizes, in points.
    pub fn text_height(&self) -> f32 {
        self.lines.iter().map(|line| line.size * LEADING).sum()
    }

    /// Width of the longest line at its own size, in points.
    pub fn text_width(&self) -> f32 {
        let widths = self.lines.iter().map(|line| line.face.width(&line.text, line.size));
        widths.fold(0.0, f32::max)
    }

    fn draw_lines(&self, room: Rect, embedder: &mut Embedder, content: &mut String) {
        if self.lines.is_empty() {
            return;
        }
        let height = self.text_height();
        // Too many lines are made smaller together, so that none is lost.
        let squeeze = (room.height / height.max(f32::MIN_POSITIVE)).min(1.0);
        let mut top = room.y + (room.height + height * squeeze) / 2.0;
        for line in &self.lines {
            let natural = line.face.width(&line.text, line.size);
            let narrow = (room.width / natural.max(f32::MIN_POSITIVE)).min(1.0);
            let size = line.size * squeeze.min(narrow);
            let leading = line.size * squeeze * LEADING;
            let x = match self.side {
                TextSide::Right if self.image.is_some() => room.x,
                _ => room.x + (room.width - line.face.width(&line.text, size)) / 2.0,
            };
            let (up, down) = line.face.extent(size);
            let baseline = top - leading / 2.0 - (up - down) / 2.0;
            let stamp = Stamp {
                text: line.text.clone(),
                face: line.face,
                size,
                colour: line.colour,
                x,
                baseline,
            };
            stamp.draw(embedder, content);
            top -= leading;
        }
    }
}

/// Distance of two baselines, in sizes.
const LEADING: f32 = 1.2;

/// Text written onto a page at an exact place, on the page as it is shown: points from the
/// bottom left of what is seen, so that it stands upright whatever the page's rotation.
#[derive(Debug, Clone, PartialEq)]
pub struct Stamp {
    pub text: String,
    pub face: Face,
    pub size: f32,
    pub colour: Colour,
    /// Left end of the text.
    pub x: f32,
    pub baseline: f32,
}

impl Stamp {
    fn draw(&self, embedder: &mut Embedder, content: &mut String) {
        let [r, g, b] = self.colour.map(|v| number(f32::from(v) / 255.0));
        let _ = writeln!(
            content,
            "BT /{} {} Tf {r} {g} {b} rg {} {} Td <{}> Tj ET",
            resource_name(self.face),
            number(self.size),
            number(self.x),
            number(self.baseline),
            hex::encode(embedder.encode(self.face, &self.text)),
        );
    }
}

/// Text for a page as objects, with everything that an incremental update needs.
///
/// To apply it to a page: put the objects into the file; enter [`Overlay::form`] under
/// [`Overlay::name`] in the page's `/Resources /XObject`; make `/Contents` an array of
/// [`Overlay::before`], what stood there, and [`Overlay::after`]. The pair of content
/// streams keeps the page's own graphics state out of the overlay.
#[derive(Debug)]
pub struct Overlay {
    /// Name of the form in the page's resources; unlikely to be taken, still to be checked.
    pub name: String,
    pub form: ObjectId,
    pub before: ObjectId,
    pub after: ObjectId,
    pub objects: Vec<(ObjectId, Object)>,
}

/// Draws `stamps` on a page, in the file's `colours`.
pub fn overlay(
    stamps: &[Stamp],
    page: &PageGeometry,
    first_free: u32,
    colours: &Colours,
) -> Result<Overlay, PdfError> {
    let mut pool = Pool::new(first_free);
    let mut embedder = Embedder::new();
    let mut content = String::new();
    for stamp in stamps {
        stamp.draw(&mut embedder, &mut content);
    }
    let faces = embedder.write_into(&mut pool)?;
    let (width, height) = page.shown_points();
    let mut resources = dictionary! { "Font" => font_resources(&faces) };
    colours.enter_into(&mut resources);
    let form = pool.add_stream(
        dictionary! {
            "Type" => "XObject",
            "Subtype" => "Form",
            "BBox" => vec![0.into(), 0.into(), real(width), real(height)],
            "Matrix" => page.points_matrix().map(Object::Real).to_vec(),
            "Resources" => resources,
        },
        content.into_bytes(),
    )?;
    // The object number makes the name differ from that of an earlier overlay.
    let name = format!("VtOverlay{}", form.0);
    let before = pool.add_stream(Dictionary::new(), b"q\n".to_vec())?;
    let after = pool.add_stream(
        Dictionary::new(),
        format!("\nQ /Artifact BMC q /{name} Do Q EMC\n").into_bytes(),
    )?;
    Ok(Overlay { name, form, before, after, objects: pool.into_objects() })
}

/// The largest rectangle of these proportions inside `room`, centred.
fn fit(width: u32, height: u32, room: Rect) -> Rect {
    let (w, h) = (width.max(1) as f32, height.max(1) as f32);
    let scale = (room.width / w).min(room.height / h);
    let (w, h) = (w * scale, h * scale);
    Rect::new(room.x + (room.width - w) / 2.0, room.y + (room.height - h) / 2.0, w, h)
}

/// Where the image will be inside `room`: its proportions kept, centred. A signature field
/// of just this size leaves no empty border, and a seal can be placed against the image.
pub fn picture_rect(png: &[u8], room: Rect) -> Result<Rect, PdfError> {
    let (width, height) = picture::dimensions(png)?;
    Ok(fit(width, height, room))
}

/// The form's matrix that undoes the page's rotation. A viewer moves the result into the
/// annotation's rectangle by itself (ISO 32000-1, 12.5.5, algorithm 8.1).
fn upright(page_rotation: u16) -> Object {
    let matrix = match page_rotation % 360 {
        90 => [0, 1, -1, 0, 0, 0],
        180 => [-1, 0, 0, -1, 0, 0],
        270 => [0, -1, 1, 0, 0, 0],
        _ => [1, 0, 0, 1, 0, 0],
    };
    Object::Array(matrix.map(Object::Integer).to_vec())
}

/// A number in a content stream: never an exponent, at most three decimals.
pub(crate) fn number(value: f32) -> String {
    if !value.is_finite() {
        return "0".to_owned();
    }
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text.is_empty() || text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A number in an object, with the same precision.
pub(crate) fn real(value: f32) -> Object {
    Object::Real((value * 1000.0).round() / 1000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_plain() {
        assert_eq!(number(1.0), "1");
        assert_eq!(number(0.5), "0.5");
        assert_eq!(number(-0.0001), "0");
        assert_eq!(number(1234.5678), "1234.568");
        assert_eq!(number(f32::NAN), "0");
    }

    #[test]
    fn an_image_keeps_its_proportions() {
        let room = Rect::new(10.0, 10.0, 100.0, 50.0);
        assert_eq!(fit(200, 100, room), room);
        assert_eq!(fit(100, 100, room), Rect::new(35.0, 10.0, 50.0, 50.0));
    }

    #[test]
    fn a_picture_has_a_soft_mask_and_numbers_from_the_first_free() {
        let picture = Appearance::picture((120.0, 60.0), demo_signature(7).unwrap());
        let built = picture.build(40, &Colours::default()).unwrap();
        assert!(built.objects.iter().all(|(id, _)| id.0 >= 40));
        let masked = built
            .objects
            .iter()
            .any(|(_, object)| object.as_stream().is_ok_and(|stream| stream.dict.has(b"SMask")));
        assert!(masked, "a transparent image needs a soft mask");
        assert!(built.objects.iter().any(|(id, _)| *id == built.form));
    }

    #[test]
    fn without_an_output_intent_nothing_is_half_transparent() {
        let picture = Appearance::picture((120.0, 60.0), demo_signature(7).unwrap());
        let colours = Colours { profile: Some((39, 0)), opaque: true };
        let built = picture.build(40, &colours).unwrap();
        let images: Vec<_> = built
            .objects
            .iter()
            .filter_map(|(_, object)| object.as_stream().ok())
            .filter(|stream| stream.dict.has(b"Width"))
            .collect();
        assert!(images.iter().all(|image| !image.dict.has(b"SMask")));
        let masks = images.iter().filter(|image| image.dict.has(b"ImageMask")).count();
        assert_eq!((images.len(), masks), (2, 1), "the ground still lets the paper show");
    }

    #[test]
    fn senseless_sizes_are_refused() {
        for size in [(0.0, 10.0), (f32::NAN, 10.0), (1e9, 10.0), (10.0, -1.0)] {
            let text = Appearance::text(size, vec![Line::new("x", 10.0)]);
            assert!(text.build(1, &Colours::default()).is_err(), "{size:?}");
        }
    }

    #[test]
    fn an_overlay_balances_the_graphics_state() {
        let stamp = Stamp {
            text: "07".into(),
            face: Face::Serif,
            size: 13.0,
            colour: BLACK,
            x: 100.0,
            baseline: 700.0,
        };
        let sheet = Rect::new(0.0, 0.0, 595.0, 842.0);
        let page = PageGeometry { media: sheet, crop: sheet, rotate: 0, user_unit: 1.0 };
        let overlay = overlay(&[stamp], &page, 10, &Colours::default()).unwrap();
        let bytes: Vec<u8> = [overlay.before, overlay.after]
            .iter()
            .flat_map(|id| {
                let (_, object) = overlay.objects.iter().find(|(i, _)| i == id).unwrap();
                object.as_stream().unwrap().get_plain_content().unwrap()
            })
            .collect();
        let text = String::from_utf8(bytes).unwrap();
        let count = |c| text.split_whitespace().filter(|w| *w == c).count();
        assert_eq!(count("q"), count("Q"));
        assert!(text.contains(&format!("/{} Do", overlay.name)));
        // Of what is marked on a tagged page, nothing is left unmarked (ISO 14289-1, 7.1).
        let after = text.split("\nQ").last().unwrap();
        assert!(after.trim_start().starts_with("/Artifact BMC") && after.trim().ends_with("EMC"));
    }
}
