//! Fonts inside PDF files: Vietnamese text that every reader shows, and that comes out
//! again as the same characters.
//!
//! Two families are compiled in. Liberation Serif has the metrics of Times New Roman, the
//! typeface that Nghị định 30/2020/NĐ-CP (Phụ lục I, phần I, mục I.2) asks of documents;
//! Noto Sans is for marks that are not part of the document's wording.
//!
//! A font goes in as a subset: a Type 0 font over a CIDFontType2 (ISO 32000-1, 9.7). Every
//! character gets a code of its own, in the order of first use; a CIDToGIDMap leads from
//! the code to the glyph and a ToUnicode map from the code to the character. Characters
//! that share one glyph (`Đ` and `Ð`, space and no-break space) therefore stay apart.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::OnceLock;

use lopdf::{Dictionary, Object, ObjectId, dictionary};
use sha2::{Digest, Sha256};
use subsetter::GlyphRemapper;
use ttf_parser::GlyphId;

use super::PdfError;
use super::pool::Pool;
use crate::domain::text::compose;

/// A typeface that the program carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Face {
    #[default]
    Serif,
    SerifBold,
    SerifItalic,
    SerifBoldItalic,
    Sans,
    SansBold,
}

impl Face {
    pub const ALL: [Self; 6] = [
        Self::Serif,
        Self::SerifBold,
        Self::SerifItalic,
        Self::SerifBoldItalic,
        Self::Sans,
        Self::SansBold,
    ];

    /// The face of Liberation Serif with this weight and slant.
    pub const fn serif(bold: bool, italic: bool) -> Self {
        match (bold, italic) {
            (false, false) => Self::Serif,
            (true, false) => Self::SerifBold,
            (false, true) => Self::SerifItalic,
            (true, true) => Self::SerifBoldItalic,
        }
    }

    /// The whole font file (TrueType).
    pub const fn data(self) -> &'static [u8] {
        match self {
            Self::Serif => include_bytes!("../../assets/fonts/LiberationSerif-Regular.ttf"),
            Self::SerifBold => include_bytes!("../../assets/fonts/LiberationSerif-Bold.ttf"),
            Self::SerifItalic => include_bytes!("../../assets/fonts/LiberationSerif-Italic.ttf"),
            Self::SerifBoldItalic => {
                include_bytes!("../../assets/fonts/LiberationSerif-BoldItalic.ttf")
            }
            Self::Sans => include_bytes!("../../assets/fonts/NotoSans-Regular.ttf"),
            Self::SansBold => include_bytes!("../../assets/fonts/NotoSans-Bold.ttf"),
        }
    }

    /// PostScript name, without the tag of a subset.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Serif => "LiberationSerif",
            Self::SerifBold => "LiberationSerif-Bold",
            Self::SerifItalic => "LiberationSerif-Italic",
            Self::SerifBoldItalic => "LiberationSerif-BoldItalic",
            Self::Sans => "NotoSans-Regular",
            Self::SansBold => "NotoSans-Bold",
        }
    }

    pub const fn is_bold(self) -> bool {
        matches!(self, Self::SerifBold | Self::SerifBoldItalic | Self::SansBold)
    }

    pub const fn is_italic(self) -> bool {
        matches!(self, Self::SerifItalic | Self::SerifBoldItalic)
    }

    /// Whether the face has a glyph for `c`.
    pub fn covers(self, c: char) -> bool {
        self.glyph(c).is_some()
    }

    /// Width of `text` (composed first) in points at `size` points.
    pub fn width(self, text: &str, size: f32) -> f32 {
        compose(text).chars().map(|c| self.advance(c)).sum::<f32>() * size
    }

    /// Height above the baseline and depth below it (positive), in points at `size` points.
    pub fn extent(self, size: f32) -> (f32, f32) {
        self.parsed().map_or((size, 0.0), |face| {
            let em = f32::from(face.units_per_em());
            let up = f32::from(face.ascender()) / em;
            let down = -f32::from(face.descender()) / em;
            (up * size, down * size)
        })
    }

    /// Advance width of one character, in ems.
    fn advance(self, c: char) -> f32 {
        let Some(face) = self.parsed() else { return 0.0 };
        let glyph = self.glyph(c).unwrap_or(GlyphId(0));
        f32::from(face.glyph_hor_advance(glyph).unwrap_or(0)) / f32::from(face.units_per_em())
    }

    fn glyph(self, c: char) -> Option<GlyphId> {
        self.parsed()?.glyph_index(c).filter(|glyph| glyph.0 != 0)
    }

    /// The parsed tables; parsed once. `None` only if a bundled file were broken, which a
    /// test rules out.
    pub(crate) fn parsed(self) -> Option<&'static ttf_parser::Face<'static>> {
        static FACES: OnceLock<Vec<Option<ttf_parser::Face<'static>>>> = OnceLock::new();
        FACES
            .get_or_init(|| {
                Face::ALL.iter().map(|f| ttf_parser::Face::parse(f.data(), 0).ok()).collect()
            })
            .get(self as usize)?
            .as_ref()
    }
}

/// Collects the characters that a file uses of each face, and writes the fonts.
#[derive(Debug, Default)]
pub struct Embedder {
    used: BTreeMap<Face, Used>,
}

/// The characters of one face, in the order of first use. Code 0 stays the missing glyph.
#[derive(Debug, Default)]
struct Used {
    codes: BTreeMap<char, u16>,
    characters: Vec<char>,
}

impl Embedder {
    pub fn new() -> Self {
        Self::default()
    }

    /// The bytes of a string operand that shows `text` (composed first) in `face`: two
    /// bytes for each character. A character that the face lacks shows as an empty box and
    /// can still be copied out.
    pub fn encode(&mut self, face: Face, text: &str) -> Vec<u8> {
        let used = self.used.entry(face).or_default();
        let mut bytes = Vec::with_capacity(text.len() * 2);
        for c in compose(text).chars() {
            let code = match used.codes.get(&c) {
                Some(code) => *code,
                None => {
                    // 65,535 different characters of one face: more than any file has.
                    let code = u16::try_from(used.characters.len() + 1).unwrap_or(0);
                    if code != 0 {
                        used.codes.insert(c, code);
                        used.characters.push(c);
                    }
                    code
                }
            };
            bytes.extend(code.to_be_bytes());
        }
        bytes
    }

    /// Writes all fonts used so far; returns each face's font object.
    pub fn write(&self, first_free: u32) -> Result<Fonts, PdfError> {
        let mut pool = Pool::new(first_free);
        let faces = self.write_into(&mut pool)?;
        Ok(Fonts { faces, objects: pool.into_objects() })
    }

    pub(crate) fn write_into(&self, pool: &mut Pool) -> Result<BTreeMap<Face, ObjectId>, PdfError> {
        self.used.iter().map(|(face, used)| Ok((*face, used.write(*face, pool)?))).collect()
    }
}

/// The font objects of a file.
#[derive(Debug)]
pub struct Fonts {
    pub faces: BTreeMap<Face, ObjectId>,
    pub objects: Vec<(ObjectId, Object)>,
}

/// Name of a face in the resources of a page or form, such as `F1`.
pub fn resource_name(face: Face) -> String {
    format!("F{}", face as usize)
}

/// A `/Font` resource dictionary for these faces.
pub(crate) fn font_resources(faces: &BTreeMap<Face, ObjectId>) -> Dictionary {
    let mut fonts = Dictionary::new();
    for (face, id) in faces {
        fonts.set(resource_name(*face), *id);
    }
    fonts
}

impl Used {
    fn write(&self, face: Face, pool: &mut Pool) -> Result<ObjectId, PdfError> {
        let bad =
            |e: &dyn std::fmt::Display| PdfError::BadResource(format!("{}: {e}", face.name()));
        let parsed = face.parsed().ok_or_else(|| bad(&"the font cannot be parsed"))?;

        let mut subset = GlyphRemapper::new();
        // Code 0 is the missing glyph, in the map as in the font.
        let mut glyph_of_code = vec![0u8, 0];
        let mut widths = vec![Object::Integer(width_of(parsed, GlyphId(0)))];
        for c in &self.characters {
            let glyph = face.glyph(*c).unwrap_or(GlyphId(0));
            glyph_of_code.extend(subset.remap(glyph.0).to_be_bytes());
            widths.push(Object::Integer(width_of(parsed, glyph)));
        }
        let program = subsetter::subset(face.data(), 0, &subset).map_err(|e| bad(&e))?;
        let base_font = format!("{}+{}", self.tag(face), face.name());

        let length = i64::try_from(program.len()).map_err(|e| bad(&e))?;
        let program = pool.add_stream(dictionary! { "Length1" => length }, program)?;
        let em = |units: i16| i64::from(units) * 1000 / i64::from(parsed.units_per_em());
        let bounds = parsed.global_bounding_box();
        let mut flags = 4; // symbolic: the font has no standard encoding
        if !matches!(face, Face::Sans | Face::SansBold) {
            flags |= 2; // serif
        }
        if face.is_italic() {
            flags |= 64;
        }
        let descriptor = pool.add(dictionary! {
            "Type" => "FontDescriptor",
            "FontName" => Object::Name(base_font.clone().into_bytes()),
            "Flags" => flags,
            "FontBBox" => [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max]
                .map(|v| Object::Integer(em(v)))
                .to_vec(),
            "ItalicAngle" => parsed.italic_angle(),
            "Ascent" => em(parsed.ascender()),
            "Descent" => em(parsed.descender()),
            "CapHeight" => em(parsed.capital_height().unwrap_or(parsed.ascender())),
            "StemV" => if face.is_bold() { 140 } else { 85 },
            "FontFile2" => program,
        });
        let glyph_map = pool.add_stream(Dictionary::new(), glyph_of_code)?;
        let descendant = pool.add(dictionary! {
            "Type" => "Font",
            "Subtype" => "CIDFontType2",
            "BaseFont" => Object::Name(base_font.clone().into_bytes()),
            "CIDSystemInfo" => dictionary! {
                "Registry" => Object::string_literal("Adobe"),
                "Ordering" => Object::string_literal("Identity"),
                "Supplement" => 0,
            },
            "FontDescriptor" => descriptor,
            "DW" => 500,
            "W" => vec![Object::Integer(0), Object::Array(widths)],
            "CIDToGIDMap" => glyph_map,
        });
        let to_unicode = pool.add_stream(Dictionary::new(), self.to_unicode().into_bytes())?;
        Ok(pool.add(dictionary! {
            "Type" => "Font",
            "Subtype" => "Type0",
            "BaseFont" => Object::Name(base_font.into_bytes()),
            "Encoding" => "Identity-H",
            "DescendantFonts" => vec![Object::Reference(descendant)],
            "ToUnicode" => to_unicode,
        }))
    }

    /// Six capitals that depend on the face and its characters only (ISO 32000-1, 9.6.4).
    fn tag(&self, face: Face) -> String {
        let mut hash = Sha256::new();
        hash.update(face.name());
        for c in &self.characters {
            hash.update(u32::from(*c).to_be_bytes());
        }
        hash.finalize().iter().take(6).map(|byte| char::from(b'A' + byte % 26)).collect()
    }

    /// The CMap from codes to UTF-16 (ISO 32000-1, 9.10.3).
    fn to_unicode(&self) -> String {
        let mut map = String::from(
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n\
             /CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n\
             /CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n\
             1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n",
        );
        let coded: Vec<(usize, char)> =
            self.characters.iter().enumerate().map(|(i, c)| (i + 1, *c)).collect();
        // No more than 100 entries in one block.
        for block in coded.chunks(100) {
            let _ = writeln!(map, "{} beginbfchar", block.len());
            for (code, c) in block {
                let _ = write!(map, "<{code:04X}> <");
                for unit in c.encode_utf16(&mut [0; 2]) {
                    let _ = write!(map, "{unit:04X}");
                }
                map.push_str(">\n");
            }
            map.push_str("endbfchar\n");
        }
        map.push_str("endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n");
        map
    }
}

/// Advance width in thousandths of an em.
fn width_of(face: &ttf_parser::Face<'_>, glyph: GlyphId) -> i64 {
    let units = i64::from(face.glyph_hor_advance(glyph).unwrap_or(0));
    let em = i64::from(face.units_per_em());
    (units * 1000 + em / 2) / em
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every letter of Vietnamese with every tone, small and capital.
    fn vietnamese() -> String {
        let mut text = String::from("đĐ");
        for vowel in "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY".chars() {
            text.push(vowel);
            for tone in ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'] {
                text.push(vowel);
                text.push(tone);
            }
        }
        text
    }

    #[test]
    fn every_face_has_all_of_vietnamese() {
        for face in Face::ALL {
            assert!(face.parsed().is_some(), "{face:?}");
            for c in compose(&vietnamese()).chars().chain("“”–…«»§°½".chars()) {
                assert!(face.covers(c), "{face:?} lacks {c:?}");
            }
        }
    }

    #[test]
    fn decomposed_text_is_encoded_composed() {
        let mut embedder = Embedder::new();
        let composed = embedder.encode(Face::Serif, "Quyết định");
        let decomposed = embedder.encode(Face::Serif, "Quye\u{302}\u{301}t đi\u{323}nh");
        assert_eq!(composed, decomposed);
        assert_eq!(composed.len(), "Quyết định".chars().count() * 2);
    }

    #[test]
    fn characters_that_share_a_glyph_keep_their_codes() {
        let mut embedder = Embedder::new();
        let d = embedder.encode(Face::Serif, "Đ");
        assert_ne!(d, embedder.encode(Face::Serif, "Ð"));
        assert_ne!(embedder.encode(Face::Serif, " "), embedder.encode(Face::Serif, "\u{a0}"));
    }

    #[test]
    fn the_metrics_are_those_of_times() {
        // 'M' of Times New Roman is 889 thousandths wide, space 250.
        assert!((Face::Serif.width("M", 1000.0) - 889.0).abs() < 1.0);
        assert!((Face::Serif.width(" ", 1000.0) - 250.0).abs() < 1.0);
    }

    #[test]
    fn the_same_text_gives_the_same_objects() {
        let write = |text: &str| {
            let mut embedder = Embedder::new();
            embedder.encode(Face::SerifBold, text);
            format!("{:?}", embedder.write(10).unwrap().objects)
        };
        assert_eq!(write("Ủy ban nhân dân"), write("Ủy ban nhân dân"));
        assert_ne!(write("Ủy ban nhân dân"), write("Ủy ban nhân dâng"));
    }

    proptest! {
        #[test]
        fn any_text_can_be_embedded(text in any::<String>()) {
            let mut embedder = Embedder::new();
            let bytes = embedder.encode(Face::Sans, &text);
            prop_assert_eq!(bytes.len() % 2, 0);
            prop_assert!(embedder.write(1).is_ok());
        }
    }
}
