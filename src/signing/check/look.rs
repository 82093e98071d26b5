//! What the look of a form field shows, where it shows text and nothing else.
//!
//! A look is a small program (12.7.3.3). Only what writing one value needs is understood:
//! dark text of readable size, inside the box, in fonts of which it is known which letter
//! stands for which code. No pictures, no painted areas, no colours of paper, no
//! transformations, nothing that hides what stands below.

use std::collections::HashMap;

use lopdf::{Dictionary, Object, ObjectId};

use super::comparison::Comparison;
use super::fill::Look;
use crate::pdf::structure::{Operation, Source, operations, text};
use crate::pdf::{PdfError, Rect};

/// Keys of a form XObject that only shows text.
pub(super) const FORM_KEYS: [&[u8]; 8] =
    [b"Type", b"Subtype", b"FormType", b"BBox", b"Matrix", b"Resources", b"Length", b"Filter"];
/// Nobody reads smaller type (points).
const SMALLEST: f32 = 4.0;
/// The lightest ink that is read on paper, 0 black to 1 white.
const LIGHTEST: f32 = 0.6;
/// Spaces between letters and words, in points.
const WIDEST_SPACE: f32 = 6.0;
/// Codes of one font.
const MAX_CODES: usize = 65_536;

/// How a font's codes become letters.
enum Letters {
    /// One byte each, as in ASCII and, where `latin` says so, ISO 8859-1.
    Plain { latin: bool },
    /// By the font's `/ToUnicode`, codes of so many bytes.
    Mapped { size: usize, map: HashMap<Vec<u8>, String> },
}

struct Font {
    letters: Letters,
    look: Look,
}

/// The text that the form XObject `id` shows in a widget of this size, and with what.
/// `None` where it is not all understood.
pub(super) fn shown(
    comparison: &Comparison,
    id: ObjectId,
    widget: Rect,
) -> Result<Option<(String, Look)>, PdfError> {
    let now = comparison.now;
    let Some(form) = now.indirect(id)? else { return Ok(None) };
    let Object::Dictionary(dictionary) = &form.object else { return Ok(None) };
    let known = dictionary.iter().all(|(key, _)| FORM_KEYS.contains(&key.as_slice()));
    let bounds = dictionary.get(b"BBox").ok().and_then(|bounds| now.rectangle(bounds));
    let Some(bounds) = bounds.filter(|bounds| fits(*bounds, widget)) else { return Ok(None) };
    if form.duplicate_keys || form.stream.is_none() || !known || !is_quarter_turn(dictionary) {
        return Ok(None);
    }
    let resources = now.member_dictionary(dictionary, b"Resources")?.unwrap_or_default();
    if !resources.iter().all(|(key, _)| matches!(key.as_slice(), b"Font" | b"ProcSet")) {
        return Ok(None);
    }
    let fonts = now.member_dictionary(&resources, b"Font")?.unwrap_or_default();
    let Some(content) = now.stream_decoded(id)? else { return Ok(None) };
    let Ok(operations) = operations(&content) else { return Ok(None) };
    let mut pen = Pen { bounds, ..Pen::default() };
    for operation in &operations {
        if operation.operator == b"Tf" {
            let [Object::Name(name), size] = operation.operands.as_slice() else {
                return Ok(None);
            };
            let Ok(found) = fonts.get(name) else { return Ok(None) };
            pen.font = font(comparison, found)?;
            pen.size = size.as_float().unwrap_or(0.0);
        } else if pen.follow(operation).is_none() {
            return Ok(None);
        }
    }
    Ok(Some((pen.text, pen.look)))
}

/// About the size of the widget, or it would be drawn larger or smaller than it says.
pub(super) fn fits(bounds: Rect, widget: Rect) -> bool {
    let near = |a: f32, b: f32| a > 0.0 && (0.5..=2.0).contains(&(b / a));
    near(bounds.width, widget.width) && near(bounds.height, widget.height)
        || near(bounds.width, widget.height) && near(bounds.height, widget.width)
}

pub(super) fn is_quarter_turn(form: &Dictionary) -> bool {
    let Ok(matrix) = form.get(b"Matrix") else { return true };
    let Ok(matrix) = matrix.as_array() else { return false };
    let numbers: Option<Vec<f32>> = matrix.iter().map(|n| n.as_float().ok()).collect();
    match numbers.as_deref() {
        Some([a, b, c, d, _, _]) => {
            let turn = (a * d - b * c - 1.0).abs() < 0.001;
            turn && [a, b, c, d].iter().all(|n| n.abs() < 0.001 || (n.abs() - 1.0).abs() < 0.001)
        }
        _ => false,
    }
}

/// Whether a colour in grey, RGB or CMYK is read on paper; `None` for another.
pub(super) fn is_dark(colour: &[f32]) -> Option<bool> {
    let light = match colour {
        [grey] => *grey,
        [r, g, b] => 0.3 * r + 0.59 * g + 0.11 * b,
        [c, m, y, k] => 1.0 - (0.3 * c + 0.59 * m + 0.11 * y + k).min(1.0),
        _ => return None,
    };
    Some(light <= LIGHTEST)
}

/// Where the text goes.
struct Pen {
    bounds: Rect,
    font: Option<Font>,
    size: f32,
    leading: f32,
    is_dark: bool,
    at: (f32, f32),
    text: String,
    look: Look,
}

impl Default for Pen {
    fn default() -> Self {
        Self {
            bounds: Rect::new(0.0, 0.0, 0.0, 0.0),
            font: None,
            size: 0.0,
            leading: 0.0,
            is_dark: true,
            at: (0.0, 0.0),
            text: String::new(),
            look: Look::Common,
        }
    }
}

impl Pen {
    /// `None` for what is not understood.
    fn follow(&mut self, operation: &Operation) -> Option<()> {
        let operands = operation.operands.as_slice();
        let numbers: Option<Vec<f32>> = operands.iter().map(|n| n.as_float().ok()).collect();
        let numbers = numbers.unwrap_or_default();
        match (operation.operator.as_slice(), numbers.as_slice(), operands) {
            (b"q" | b"Q" | b"EMC" | b"ET", [], []) | (b"BMC", _, [Object::Name(_)]) => {}
            // Outlines only to clip by: painting them is not among the operators here.
            (b"re", [_, _, _, _], _) | (b"W" | b"W*" | b"n", [], []) => {}
            (b"BT", [], []) => self.at = (0.0, 0.0),
            (b"g" | b"rg" | b"k", _, _) => self.is_dark = is_dark(&numbers)?,
            (b"G", [_], _) | (b"RG", [_, _, _], _) | (b"K", [_, _, _, _], _) => {}
            (b"Tc" | b"Tw", [space], _) if space.abs() <= WIDEST_SPACE => {}
            (b"Tr", [mode], _) if *mode == 0.0 => {}
            (b"TL", [leading], _) => self.leading = *leading,
            (b"Td", [x, y], _) => self.at = (self.at.0 + x, self.at.1 + y),
            (b"TD", [x, y], _) => {
                self.leading = -y;
                self.at = (self.at.0 + x, self.at.1 + y);
            }
            (b"T*", [], []) => self.at.1 -= self.leading,
            (b"Tm", [a, b, c, d, x, y], _) => {
                let upright = *a == 1.0 && *b == 0.0 && *c == 0.0 && *d == 1.0;
                upright.then_some(())?;
                self.at = (*x, *y);
            }
            (b"Tj", _, [Object::String(codes, _)]) => self.write(codes)?,
            (b"'", _, [Object::String(codes, _)]) => {
                self.at.1 -= self.leading;
                self.write(codes)?;
            }
            (b"TJ", _, [Object::Array(parts)]) => {
                for part in parts {
                    match part {
                        Object::String(codes, _) => self.write(codes)?,
                        // Kerning moves by thousandths of the size; more is a jump.
                        number => (number.as_float().ok()?.abs() <= 1000.0).then_some(())?,
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    fn write(&mut self, codes: &[u8]) -> Option<()> {
        let Rect { x, y, .. } = self.bounds;
        let inside = self.at.0 >= x - 1.0
            && self.at.0 <= self.bounds.right()
            && self.at.1 >= y - 1.0
            && self.at.1 <= self.bounds.top();
        let readable = self.size >= SMALLEST && self.size <= 2.0 * self.bounds.height.max(1.0);
        let font = self.font.as_ref()?;
        (inside && readable && self.is_dark).then_some(())?;
        self.look = self.look.max(font.look);
        match &font.letters {
            Letters::Plain { latin } => {
                for code in codes {
                    let plain = matches!(code, 0x20..=0x7e) || *latin && *code >= 0xa0;
                    plain.then(|| self.text.push(char::from(*code)))?;
                }
            }
            Letters::Mapped { size, map } => {
                let (chunks, rest) = (codes.chunks_exact(*size), codes.len() % size);
                (rest == 0).then_some(())?;
                for code in chunks {
                    self.text.push_str(map.get(code)?);
                }
            }
        }
        Some(())
    }
}

/// A font that every viewer has, or one that the signed form brings.
fn font(comparison: &Comparison, found: &Object) -> Result<Option<Font>, PdfError> {
    if let Object::Dictionary(dictionary) = comparison.now.resolve(found)?
        && let Some(letters) = common(comparison.now, &dictionary)?
    {
        return Ok(Some(Font { letters, look: Look::Common }));
    }
    let own = form_fonts(comparison.signed)?;
    let Object::Reference(id) = found else { return Ok(None) };
    let listed = own.iter().any(|(_, font)| font == found);
    if !listed || comparison.is_changed(id.0) || comparison.is_added(id.0) {
        return Ok(None);
    }
    let Object::Dictionary(dictionary) = comparison.signed.object(*id)? else { return Ok(None) };
    let kind = dictionary.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
    let size = if kind == b"Type0" { 2 } else { 1 };
    let Ok(Object::Reference(map)) = dictionary.get(b"ToUnicode") else { return Ok(None) };
    let Some(map) = comparison.signed.stream_decoded(*map)? else { return Ok(None) };
    let letters = code_map(&map, size).map(|map| Letters::Mapped { size, map });
    Ok(letters.map(|letters| Font { letters, look: Look::OfForm }))
}

/// `/AcroForm /DR /Font`.
fn form_fonts(source: &Source) -> Result<Dictionary, PdfError> {
    let (_, form) = source.form()?.unwrap_or_default();
    let resources = source.member_dictionary(&form, b"DR")?.unwrap_or_default();
    Ok(source.member_dictionary(&resources, b"Font")?.unwrap_or_default())
}

/// One of the standard fonts for text, not embedded, whose ASCII is ASCII.
fn common(source: &Source, font: &Dictionary) -> Result<Option<Letters>, PdfError> {
    let name = |key: &[u8]| font.get(key).and_then(Object::as_name).unwrap_or_default();
    let base = name(b"BaseFont");
    let standard = [&b"Helvetica"[..], b"Times-", b"Courier"];
    let is_standard = standard.iter().any(|known| base.starts_with(known))
        && matches!(name(b"Subtype"), b"Type1" | b"TrueType")
        && !font.has(b"FontDescriptor")
        && !font.has(b"ToUnicode");
    if !is_standard {
        return Ok(None);
    }
    let latin = match source.member(font, b"Encoding")? {
        Object::Null => false,
        Object::Name(name) if name == b"WinAnsiEncoding" => true,
        Object::Name(name) if name == b"StandardEncoding" || name == b"MacRomanEncoding" => false,
        Object::Dictionary(encoding) => {
            let differences = source.member_array(&encoding, b"Differences")?.unwrap_or_default();
            let mut code = 0;
            for item in differences {
                match item {
                    Object::Integer(next) => code = next,
                    _ if (32..=126).contains(&code) => return Ok(None),
                    _ => code = code.saturating_add(1),
                }
            }
            false
        }
        _ => return Ok(None),
    };
    Ok(Some(Letters::Plain { latin }))
}

/// The pairs of a `/ToUnicode` (9.10.3), as far as they are simple.
fn code_map(cmap: &[u8], size: usize) -> Option<HashMap<Vec<u8>, String>> {
    let mut map = HashMap::new();
    let unicode = |bytes: &[u8]| text(&[&[0xfe, 0xff], bytes].concat());
    let number = |bytes: &[u8]| bytes.iter().fold(0_u32, |sum, byte| sum << 8 | u32::from(*byte));
    for Operation { operator, operands } in operations(cmap).ok()? {
        let strings: Vec<&[u8]> = operands.iter().filter_map(|o| o.as_str().ok()).collect();
        match operator.as_slice() {
            b"endbfchar" => {
                for pair in strings.chunks_exact(2) {
                    let [code, letter] = pair else { continue };
                    map.insert(code.to_vec(), unicode(letter));
                }
            }
            b"endbfrange" => {
                for triple in strings.chunks_exact(3) {
                    let [first, last, letter] = triple else { continue };
                    let (from, to, letter) = (number(first), number(last), number(letter));
                    for code in from..=to.min(from.saturating_add(0xffff)) {
                        let letter = char::from_u32(letter.checked_add(code - from)?)?;
                        let code = code.to_be_bytes();
                        let code = code.get(4_usize.checked_sub(size)?..)?.to_vec();
                        map.insert(code, letter.to_string());
                        if map.len() > MAX_CODES {
                            return None;
                        }
                    }
                }
            }
            _ => {}
        }
    }
    Some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pen(content: &[u8]) -> Option<String> {
        let font = Font { letters: Letters::Plain { latin: false }, look: Look::Common };
        let bounds = Rect::new(0.0, 0.0, 100.0, 20.0);
        let mut pen = Pen { bounds, font: Some(font), size: 12.0, ..Pen::default() };
        for operation in operations(content).unwrap() {
            pen.follow(&operation)?;
        }
        Some(pen.text)
    }

    #[test]
    fn plain_text_is_read() {
        let shown = pen(b"/Tx BMC q 0 0 99 19 re W n BT 0 g 2 4 Td [(1) -20 (2)] TJ ET Q EMC");
        assert_eq!(shown.as_deref(), Some("12"));
        assert_eq!(pen(b"").as_deref(), Some(""));
    }

    #[test]
    fn what_hides_or_paints_is_not_understood() {
        for content in [
            &b"0 0 99 19 re f"[..],
            b"BT 1 g 2 4 Td (12) Tj ET",
            b"BT 1 1 1 rg 2 4 Td (12) Tj ET",
            b"BT 3 Tr 2 4 Td (12) Tj ET",
            b"BT 200 4 Td (12) Tj ET",
            b"BT 0 -50 Td (12) Tj ET",
            b"/Im0 Do",
            b"9 0 0 9 0 0 cm",
            b"BT 0.1 0 0 0.1 2 4 Tm (12) Tj ET",
            b"BT 2 4 Td (12) Tj -90000 Tc (3) Tj ET",
            b"/GS gs",
        ] {
            assert_eq!(pen(content), None, "{}", String::from_utf8_lossy(content));
        }
    }

    #[test]
    fn codes_become_letters() {
        let cmap = b"1 beginbfchar <0001> <0030> endbfchar 1 beginbfrange <0002> <0003> <0031> \
            endbfrange";
        let map = code_map(cmap, 2).unwrap();
        assert_eq!(map[&vec![0, 1]], "0");
        assert_eq!(map[&vec![0, 3]], "2");
        assert!(code_map(b"<00> <ffffffff> <0031> endbfrange", 2).is_none());
    }
}
