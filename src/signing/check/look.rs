//! What the look of a form field shows, where it shows text and nothing else.
//!
//! A look is a small program (12.7.3.3). Only what writing one value needs is understood:
//! dark text of readable size, inside the box, in fonts of which it is known which letter
//! stands for which code. No pictures, no painted areas, no colours of paper, no
//! transformations, nothing that hides what stands below.

use std::collections::HashMap;
use std::rc::Rc;

use lopdf::{Dictionary, Object, ObjectId};

use super::comparison::Comparison;
use super::fill::Look;
use crate::pdf::intent::Colours;
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
/// How far letters are moved into each other, in sizes: kerning, and no more.
const OVERLAP: f32 = 0.12;
/// The next line stands at least so much lower, in sizes.
const LINE: f32 = 0.7;
/// So much of a letter's height shows it, in sizes.
const SEEN: f32 = 0.5;
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

/// The text that the form XObject `id` shows in a widget of this size, turned so far, and with what.
/// `None` where it is not all understood.
pub(super) fn shown(
    comparison: &Comparison,
    id: ObjectId,
    widget: Rect,
    turn: i64,
) -> Result<Option<(String, Look)>, PdfError> {
    let now = comparison.now;
    let Some(form) = now.indirect(id)? else { return Ok(None) };
    let Object::Dictionary(dictionary) = &form.object else { return Ok(None) };
    let known = dictionary.iter().all(|(key, _)| FORM_KEYS.contains(&key.as_slice()));
    let bounds = dictionary.get(b"BBox").ok().and_then(|bounds| now.rectangle(bounds));
    let Some(bounds) = bounds.filter(|bounds| fits(*bounds, widget)) else { return Ok(None) };
    if form.duplicate_keys || form.stream.is_none() || !known || turn_of(dictionary) != Some(turn) {
        return Ok(None);
    }
    let resources = now.member_dictionary(dictionary, b"Resources")?.unwrap_or_default();
    const RESOURCES: [&[u8]; 3] = [b"Font", b"ProcSet", b"ColorSpace"];
    let known = resources.iter().all(|(key, _)| RESOURCES.contains(&key.as_slice()));
    let Some(colours) = colours(comparison, &resources)?.filter(|_| known) else {
        return Ok(None);
    };
    let fonts = now.member_dictionary(&resources, b"Font")?.unwrap_or_default();
    let Some(content) = now.stream_plain(id)? else { return Ok(None) };
    let Ok(operations) = operations(&content) else { return Ok(None) };
    let mut pen = Pen::new(bounds);
    pen.look = colours;
    for operation in &operations {
        if operation.operator == b"Tf" {
            let [Object::Name(name), size] = operation.operands.as_slice() else {
                return Ok(None);
            };
            let Ok(found) = fonts.get(name) else { return Ok(None) };
            let Some(font) = font(comparison, found)? else { return Ok(None) };
            pen.graphics.font = Some(Rc::new(font));
            pen.graphics.size = size.as_float().unwrap_or(0.0);
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

/// How far a look turns what it draws, in degrees against the clock; `None` where it does more than
/// make quarter turns.
pub(super) fn turn_of(form: &Dictionary) -> Option<i64> {
    let Ok(matrix) = form.get(b"Matrix") else { return Some(0) };
    let numbers: Option<Vec<f32>> =
        matrix.as_array().ok()?.iter().map(|n| n.as_float().ok()).collect();
    let [a, b, c, d, _, _] = numbers.as_deref()? else { return None };
    const TURNS: [(i64, [f32; 4]); 4] = [
        (0, [1.0, 0.0, 0.0, 1.0]),
        (90, [0.0, 1.0, -1.0, 0.0]),
        (180, [-1.0, 0.0, 0.0, -1.0]),
        (270, [0.0, -1.0, 1.0, 0.0]),
    ];
    let is = |turn: &[f32; 4]| turn.iter().zip([a, b, c, d]).all(|(n, m)| (n - m).abs() < 0.001);
    TURNS.iter().find(|(_, turn)| is(turn)).map(|(degrees, _)| *degrees)
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

/// What `q` keeps and `Q` brings back (8.4.2).
#[derive(Clone)]
struct Graphics {
    /// The box, or what clipping left of it.
    clip: Rect,
    font: Option<Rc<Font>>,
    size: f32,
    leading: f32,
    /// `Tc` and `Tw`, in points.
    spaces: (f32, f32),
    is_dark: bool,
}

/// Where the text goes.
struct Pen {
    graphics: Graphics,
    kept: Vec<Graphics>,
    /// A rectangle to clip by, and whether it is to.
    outline: Option<Rect>,
    is_clipping: bool,
    is_in_text: bool,
    /// Where the line starts, and where on it the next letter stands at the earliest.
    at: (f32, f32),
    here: f32,
    /// Where the last letter ended: people read on from there, to the right or further down.
    end: Option<(f32, f32)>,
    text: String,
    look: Look,
}

impl Pen {
    fn new(clip: Rect) -> Self {
        let (spaces, is_dark) = ((0.0, 0.0), true);
        let graphics = Graphics { clip, font: None, size: 0.0, leading: 0.0, spaces, is_dark };
        Self {
            graphics,
            kept: Vec::new(),
            outline: None,
            is_clipping: false,
            is_in_text: false,
            at: (0.0, 0.0),
            here: 0.0,
            end: None,
            text: String::new(),
            look: Look::Common,
        }
    }

    /// `None` for what is not understood.
    fn follow(&mut self, operation: &Operation) -> Option<()> {
        let operands = operation.operands.as_slice();
        let numbers: Option<Vec<f32>> = operands.iter().map(|n| n.as_float().ok()).collect();
        let numbers = numbers.unwrap_or_default();
        let leading = self.graphics.leading;
        match (operation.operator.as_slice(), numbers.as_slice(), operands) {
            (b"EMC", [], []) | (b"BMC", _, [Object::Name(_)]) => {}
            // Readers differ on what is kept inside of a text.
            (b"q", [], []) if !self.is_in_text => self.kept.push(self.graphics.clone()),
            (b"Q", [], []) if !self.is_in_text => self.graphics = self.kept.pop()?,
            // Outlines only to clip by: painting them is not among the operators here.
            (b"re", [x, y, width, height], _) if self.outline.is_none() => {
                let (left, bottom) = (x.min(x + width), y.min(y + height));
                self.outline = Some(Rect::new(left, bottom, width.abs(), height.abs()));
            }
            (b"W" | b"W*", [], []) => self.is_clipping = true,
            (b"n", [], []) => {
                let outline = self.outline.take();
                if std::mem::take(&mut self.is_clipping) {
                    self.graphics.clip = common_part(self.graphics.clip, outline?);
                }
            }
            (b"BT", [], []) if !self.is_in_text => {
                self.is_in_text = true;
                self.go(0.0, 0.0);
            }
            (b"ET", [], []) if self.is_in_text => self.is_in_text = false,
            // Of too many numbers some readers take the first, others the last.
            (b"g", [_], [_])
            | (b"rg", [_, _, _], [_, _, _])
            | (b"k", [_, _, _, _], [_, _, _, _]) => {
                self.graphics.is_dark = is_dark(&numbers)?;
            }
            (b"G", [_], _) | (b"RG", [_, _, _], _) | (b"K", [_, _, _, _], _) => {}
            (b"Tc", [space], _) if *space <= WIDEST_SPACE => self.graphics.spaces.0 = *space,
            (b"Tw", [space], _) if *space <= WIDEST_SPACE => self.graphics.spaces.1 = *space,
            (b"Tr", [mode], _) if *mode == 0.0 => {}
            (b"TL", [leading], _) => self.graphics.leading = *leading,
            (b"Td", [x, y], _) => self.go(self.at.0 + x, self.at.1 + y),
            (b"TD", [x, y], _) => {
                self.graphics.leading = -y;
                self.go(self.at.0 + x, self.at.1 + y);
            }
            (b"T*", [], []) => self.go(self.at.0, self.at.1 - leading),
            (b"Tm", [a, b, c, d, x, y], _) => {
                let upright = *a == 1.0 && *b == 0.0 && *c == 0.0 && *d == 1.0;
                upright.then_some(())?;
                self.go(*x, *y);
            }
            (b"Tj", _, [Object::String(codes, _)]) => self.write(codes)?,
            (b"'", _, [Object::String(codes, _)]) => {
                self.go(self.at.0, self.at.1 - leading);
                self.write(codes)?;
            }
            (b"TJ", _, [Object::Array(parts)]) => {
                for part in parts {
                    match part {
                        Object::String(codes, _) => self.write(codes)?,
                        number => {
                            self.here -= number.as_float().ok()? / 1000.0 * self.graphics.size;
                        }
                    }
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// To the start of a line.
    fn go(&mut self, x: f32, y: f32) {
        self.at = (x, y);
        self.here = x;
    }

    fn write(&mut self, codes: &[u8]) -> Option<()> {
        let Graphics { clip, size, spaces, is_dark, .. } = self.graphics;
        let font = self.graphics.font.clone()?;
        let (x, y, overlap) = (self.here, self.at.1, OVERLAP * size);
        let inside = x >= clip.x - 1.0
            && x <= clip.right()
            && y >= clip.y - 1.0
            && y + SEEN * size <= clip.top() + 1.0;
        let readable = size >= SMALLEST && size <= 2.0 * clip.height.max(1.0);
        let reads_on = self.end.is_none_or(|(end, line)| {
            y <= line - LINE * size || (y - line).abs() <= 0.1 && x >= end - overlap
        });
        let is_apart = spaces.0 >= -overlap && spaces.1 >= -overlap;
        let good = self.is_in_text && inside && readable && is_dark && reads_on && is_apart;
        good.then_some(())?;
        self.look = self.look.max(font.look);
        match &font.letters {
            Letters::Plain { latin } => {
                for code in codes {
                    let plain = matches!(code, 0x20..=0x7e) || *latin && *code >= 0xa0;
                    plain.then(|| self.text.push(char::from(*code)))?;
                    let word = if *code == b' ' { spaces.1 } else { 0.0 };
                    self.here += narrowest(*code) * size + spaces.0 + word;
                }
            }
            // How wide its letters are is the form's affair, as is what they show.
            Letters::Mapped { size, map } => {
                let (chunks, rest) = (codes.chunks_exact(*size), codes.len() % size);
                (rest == 0).then_some(())?;
                for code in chunks {
                    self.text.push_str(map.get(code)?);
                }
            }
        }
        // What runs out of the box is not seen.
        (self.here <= clip.right() + 1.0 + overlap).then_some(())?;
        self.end = Some((self.here, y));
        Some(())
    }
}

/// The width of a letter, in sizes, in whichever standard font has it narrowest; digits are as
/// wide in all faces of a font.
fn narrowest(code: u8) -> f32 {
    match code {
        b'0'..=b'9' => 0.5,
        b' ' | b'.' | b',' => 0.25,
        _ => 0.18,
    }
}

fn common_part(a: Rect, b: Rect) -> Rect {
    let (left, bottom) = (a.x.max(b.x), a.y.max(b.y));
    let (right, top) = (a.right().min(b.right()), a.top().min(b.top()));
    Rect::new(left, bottom, (right - left).max(0.0), (top - bottom).max(0.0))
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
    Ok(source.member_dictionary(&form_resources(source)?, b"Font")?.unwrap_or_default())
}

fn form_resources(source: &Source) -> Result<Dictionary, PdfError> {
    let (_, form) = source.form()?.unwrap_or_default();
    Ok(source.member_dictionary(&form, b"DR")?.unwrap_or_default())
}

/// What the colours of a look are: what every viewer makes of the numbers, or by the profile sRGB
/// that the signed form lists. With another one black may be white; `None` for that.
fn colours(comparison: &Comparison, resources: &Dictionary) -> Result<Option<Look>, PdfError> {
    let Ok(spaces) = resources.get(b"ColorSpace") else { return Ok(Some(Look::Common)) };
    let own = form_resources(comparison.signed)?;
    let own = comparison.signed.member_dictionary(&own, b"ColorSpace")?.unwrap_or_default();
    let own = Colours::listed(comparison.signed, &own);
    let stands =
        own.profile.is_some_and(|id| !comparison.is_changed(id.0) && !comparison.is_added(id.0));
    let by_it = spaces.as_dict().is_ok_and(|spaces| own.are_of(spaces));
    Ok((stands && by_it).then_some(Look::OfForm))
}

/// One of the standard fonts for text, not embedded, whose ASCII is ASCII.
fn common(source: &Source, font: &Dictionary) -> Result<Option<Letters>, PdfError> {
    let name = |key: &[u8]| font.get(key).and_then(Object::as_name).unwrap_or_default();
    let base = name(b"BaseFont");
    let standard = [&b"Helvetica"[..], b"Times-", b"Courier"];
    let is_standard = standard.iter().any(|known| base.starts_with(known))
        && matches!(name(b"Subtype"), b"Type1" | b"TrueType")
        // Widths of its own move the letters to where they read otherwise.
        && ![&b"FontDescriptor"[..], b"ToUnicode", b"Widths"].iter().any(|key| font.has(key));
    if !is_standard {
        return Ok(None);
    }
    const BASES: [&[u8]; 3] = [b"WinAnsiEncoding", b"StandardEncoding", b"MacRomanEncoding"];
    let latin = match source.member(font, b"Encoding")? {
        Object::Null => false,
        Object::Name(name) if name == b"WinAnsiEncoding" => true,
        Object::Name(name) if name == b"StandardEncoding" || name == b"MacRomanEncoding" => false,
        Object::Dictionary(encoding) => {
            let base = encoding.get(b"BaseEncoding");
            if base.is_ok_and(|base| !base.as_name().is_ok_and(|name| BASES.contains(&name))) {
                return Ok(None);
            }
            let differences = source.member_array(&encoding, b"Differences")?.unwrap_or_default();
            let mut code = 0;
            for item in differences {
                match item {
                    Object::Integer(next) => code = next,
                    Object::Name(_) if !(32..=126).contains(&code) => {
                        code = code.saturating_add(1);
                    }
                    // A number that stands elsewhere, or is no whole one, moves the names on.
                    _ => return Ok(None),
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
        let mut pen = Pen::new(bounds);
        pen.graphics = Graphics { font: Some(Rc::new(font)), size: 12.0, ..pen.graphics };
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
        let lines = pen(b"BT 2 13 Td 10 TL (1) Tj 30 0 Td (2) Tj -30 -9 Td (3) Tj ET");
        assert_eq!(lines.as_deref(), Some("123"));
        assert_eq!(pen(b"BT 6 Tc 2 4 Td (1 2) Tj ET").as_deref(), Some("1 2"));
        assert_eq!(pen(b"q 1 g Q BT 2 4 Td (1) Tj ET").as_deref(), Some("1"));
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
            b"1 g q 0 g Q BT 2 4 Td (12) Tj ET",
            b"Q BT 2 4 Td (12) Tj ET",
            b"BT q 2 4 Td (12) Tj Q ET",
            b"2 4 Td (12) Tj",
            b"BT 60 4 Td (100) Tj -7 0 Td (9) Tj ET",
            b"BT 60 4 Td (100) Tj 7 0 Td (9) Tj ET",
            b"BT 60 4 Td (100) Tj 0 5 Td (9) Tj ET",
            b"BT 60 4 Td [(100) 900 900 900 (9)] TJ ET",
            b"BT 60 4 Td [(100) 900] TJ [900 (9)] TJ ET",
            b"BT -6 Tc 2 4 Td (12) Tj ET",
            b"BT -6 Tw 2 4 Td (1 2) Tj ET",
            b"0 0 1 1 re W n BT 2 4 Td (12) Tj ET",
            b"0 0 99 5 re W n BT 2 4 Td (12) Tj ET",
            b"0 0 99 19 re 0 0 1 1 re W n BT 2 4 Td (12) Tj ET",
            b"W n BT 2 4 Td (12) Tj ET",
            b"BT 90 4 Td (1000) Tj ET",
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
