//! What is printed on a page, for those who ask how it is set: characters with their
//! typefaces, and the lines that are drawn between them.

use super::Rect;
use super::structure::PageGeometry;
use super::text::{Glyph, PageText};

/// A typeface as the file names it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typeface {
    /// Without the tag of a subset (ISO 32000-1, 9.6.4): `TimesNewRomanPS-BoldMT`.
    pub name: String,
    pub bold: bool,
    pub italic: bool,
}

impl Typeface {
    /// From a font's name, and from the flags of its descriptor, which many files leave out.
    pub fn read(name: &str, force_bold: bool, italic: bool) -> Self {
        let name = match name.split_once('+') {
            Some((tag, rest)) if tag.len() == 6 && tag.bytes().all(|b| b.is_ascii_uppercase()) => {
                rest
            }
            _ => name,
        };
        let said = name.to_lowercase();
        let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
        Self {
            name: name.to_owned(),
            bold: force_bold || has(&["bold", "black", "heavy", "semibold", "-bd"]),
            italic: italic || has(&["italic", "oblique"]),
        }
    }

    /// The family's letters and digits in lower case: `timesnewroman` for
    /// `TimesNewRomanPS-BoldItalicMT` and for `Times New Roman,Bold`.
    pub fn family(&self) -> String {
        const STYLES: [&str; 6] = ["bold", "italic", "oblique", "regular", "roman", "mt"];
        let stem = self.name.split(',').next().unwrap_or_default();
        let stem = match stem.rsplit_once('-') {
            Some((before, style)) => {
                let mut rest = style.to_lowercase();
                for word in STYLES {
                    rest = rest.replace(word, "");
                }
                // `Times-New-Roman` has no style, `Times-Roman` is no Times New Roman.
                if rest.is_empty() && before != "Times-New" { before } else { stem }
            }
            None => stem,
        };
        let mut family = plain(stem);
        for ending in ["psmt", "mt", "ps", "bolditalic", "bold", "italic", "regular"] {
            if let Some(rest) = family.strip_suffix(ending).filter(|rest| rest.len() > 3) {
                family = rest.to_owned();
            }
        }
        family
    }

    /// Whether it is of this family, such as `Times New Roman`.
    pub fn is_of(&self, family: &str) -> bool {
        self.family() == plain(family)
    }
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Characters, typefaces and paths of one page.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ink {
    /// With [`Glyph::face`] set.
    pub text: PageText,
    pub faces: Vec<Typeface>,
    /// The boxes of all paths that are drawn: lines, frames, fillings.
    pub paths: Vec<Rect>,
    /// Where the file shows combining marks as characters of their own.
    pub marks: Vec<Rect>,
}

impl Ink {
    /// The index of a typeface, which is added where it is new.
    pub fn face(&mut self, face: Typeface) -> u16 {
        let at = self.faces.iter().position(|known| *known == face).unwrap_or_else(|| {
            self.faces.push(face);
            self.faces.len() - 1
        });
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    pub fn face_of(&self, glyph: &Glyph) -> Option<&Typeface> {
        self.faces.get(usize::from(glyph.face))
    }

    /// The same page as it is shown, in points from its bottom left; see
    /// [`PageText::shown`].
    pub fn shown(&self, page: &PageGeometry) -> Self {
        let turned =
            |rects: &[Rect]| rects.iter().map(|rect| page.points_from_user(*rect)).collect();
        Self {
            text: self.text.shown(page),
            faces: self.faces.clone(),
            paths: turned(&self.paths),
            marks: turned(&self.marks),
        }
    }

    /// The horizontal lines among the paths: no higher than three points, at least ten long.
    pub fn rules(&self) -> impl Iterator<Item = Rect> + '_ {
        self.paths.iter().copied().filter(|path| path.height <= 3.0 && path.width >= 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_are_known_by_the_names_that_programs_give_them() {
        for (name, bold, italic) in [
            ("BCDEEE+TimesNewRomanPS-BoldMT", true, false),
            ("TimesNewRomanPS-BoldItalicMT", true, true),
            ("Times New Roman,Italic", false, true),
            ("TimesNewRomanPSMT", false, false),
            ("ABCDEF+Times-New-Roman", false, false),
        ] {
            let face = Typeface::read(name, false, false);
            assert_eq!((face.bold, face.italic), (bold, italic), "{name}");
        }
        for name in [
            "TimesNewRomanPS-BoldMT",
            "Times New Roman,Bold",
            "TimesNewRomanPSMT",
            "Times-New-Roman",
        ] {
            assert!(Typeface::read(name, false, false).is_of("Times New Roman"), "{name}");
        }
        assert!(Typeface::read("LiberationSerif-Bold", false, false).is_of("Liberation Serif"));
        assert!(!Typeface::read("ArialMT", false, false).is_of("Times New Roman"));
        assert_eq!(Typeface::read(".VnTimeH", false, false).name, ".VnTimeH");
    }

    #[test]
    fn a_face_is_kept_once() {
        let mut ink = Ink::default();
        let face = Typeface::read("ArialMT", false, false);
        assert_eq!(ink.face(face.clone()), 0);
        assert_eq!(ink.face(Typeface::read("Arial-BoldMT", false, false)), 1);
        assert_eq!(ink.face(face), 0);
    }
}
