//! Comments on a document whose certification permits them (DocMDP 3).
//!
//! «Evil annotations» (2021) are comments that pass for content: text, stamps, filled shapes
//! that cover what was signed. So only those kinds count as comments that mark what is
//! there, or that show an icon, and only as long as they bring no look that draws anything
//! else than a mark: at the text that is marked, as large as it says, and not in the paper's
//! colour.

use lopdf::{Dictionary, Object, ObjectId};

use super::comparison::Comparison;
use super::look;
use crate::pdf::structure::{Operation, Source, operations};
use crate::pdf::{PdfError, Rect};

/// A comment that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comment {
    pub page: u32,
    /// `/Subtype`.
    pub kind: String,
}

/// What a comment may hold: no actions, no layers, no files.
const KEYS: [&[u8]; 25] = [
    b"Type",
    b"Subtype",
    b"Rect",
    b"Contents",
    b"P",
    b"NM",
    b"M",
    b"F",
    b"C",
    b"CA",
    b"T",
    b"Popup",
    b"CreationDate",
    b"Subj",
    b"QuadPoints",
    b"Name",
    b"Open",
    b"Parent",
    b"State",
    b"StateModel",
    b"IRT",
    b"RT",
    b"AP",
    b"BS",
    b"Border",
];

/// Pieces of text under one mark: the lines of a page.
const MOST_PIECES: usize = 64;
/// The highest piece, in points: viewers draw lines as thick as the text is high.
const HIGHEST_PIECE: f32 = 72.0;
/// Lines and curves of the mark over one piece of text.
const STROKES: usize = 16;
/// Straight lines under or through one piece.
const LINES: usize = 2;
/// The thickest line, in points, and beside the height of the lowest piece that is marked.
const THICKEST: f32 = 3.0;
const THICK: f32 = 0.1;
/// So thick a line may be under the smallest type.
const THIN: f32 = 1.0;
/// How much of the smaller one pieces may have in common: lines of text that stand close.
const SHARED: f32 = 0.3;
/// How far marks with round ends reach out of their piece, in points.
const ROUNDING: f32 = 6.0;
/// The darkest colour that leaves black ink to be read, 0 black to 1 white.
const DARKEST_GROUND: f32 = 0.4;
/// Lighter, a line is paper and erases, 0 black to 1 white.
const PAPER: f32 = 0.9;

/// The annotation as a comment, if that is all it is.
pub(super) fn judge(
    comparison: &Comparison,
    page: u32,
    annotation: &Object,
) -> Result<Option<Comment>, PdfError> {
    let Object::Reference(id) = annotation else { return Ok(None) };
    if !comparison.is_added(id.0) {
        return Ok(None);
    }
    let Some(indirect) = comparison.now.indirect(*id)? else { return Ok(None) };
    let Object::Dictionary(comment) = &indirect.object else { return Ok(None) };
    let known = comment.iter().all(|(key, _)| KEYS.contains(&key.as_slice()));
    if indirect.duplicate_keys || indirect.stream.is_some() || !known {
        return Ok(None);
    }
    let kind = comment.get(b"Subtype").and_then(Object::as_name).unwrap_or_default();
    let lawful = match kind {
        b"Text" | b"Popup" => !comment.has(b"AP"),
        b"Highlight" | b"Underline" | b"Squiggly" | b"StrikeOut" => {
            is_mark(comparison, comment, kind)?
        }
        _ => false,
    };
    let kind = String::from_utf8_lossy(kind).into_owned();
    Ok(lawful.then_some(Comment { page, kind }))
}

/// Whether the mark, and the look where there is one, marks text and does not hide it.
fn is_mark(comparison: &Comparison, comment: &Dictionary, kind: &[u8]) -> Result<bool, PdfError> {
    let now = comparison.now;
    let rect = comment.get(b"Rect").ok().and_then(|rect| now.rectangle(rect));
    let Some(rect) = rect else { return Ok(false) };
    let Some(pieces) = pieces(now, comment, rect)? else { return Ok(false) };
    let colour = now.member_array(comment, b"C")?.unwrap_or_default();
    let mut mark = Mark::new(kind, pieces);
    // Viewers that draw the mark themselves take this colour.
    if !colour.is_empty() && !mark.may_have(&colour) {
        return Ok(false);
    }
    let look = match comment.get(b"AP") {
        // Without a colour some viewers take black for the ground.
        Err(_) => return Ok(!mark.is_highlight || !colour.is_empty()),
        Ok(Object::Dictionary(look)) if look.len() == 1 => look,
        Ok(_) => return Ok(false),
    };
    let Ok(Object::Reference(id)) = look.get(b"N") else { return Ok(false) };
    if !comparison.is_added(id.0) {
        return Ok(false);
    }
    draws_a_mark(now, *id, rect, &mut mark)
}

/// The pieces of text that are marked (`/QuadPoints`); `None` where they are no such pieces, or
/// lie outside of the annotation's place, where viewers mark them all the same.
fn pieces(now: &Source, comment: &Dictionary, rect: Rect) -> Result<Option<Vec<Rect>>, PdfError> {
    let points = now.member_array(comment, b"QuadPoints")?.unwrap_or_default();
    let numbers: Option<Vec<f32>> = points.iter().map(|n| n.as_float().ok()).collect();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() % 8 == 0) else { return Ok(None) };
    if numbers.len() / 8 > MOST_PIECES {
        return Ok(None);
    }
    let around = |corners: &[f32]| {
        let xs = || corners.iter().step_by(2).copied();
        let ys = || corners.iter().skip(1).step_by(2).copied();
        let (left, right) = (xs().fold(f32::MAX, f32::min), xs().fold(f32::MIN, f32::max));
        let (bottom, top) = (ys().fold(f32::MAX, f32::min), ys().fold(f32::MIN, f32::max));
        let (width, height) = (right - left, top - bottom);
        // Also upright text is only so high.
        let is_piece = width.min(height) <= HIGHEST_PIECE && (width + height).is_finite();
        let is_inside = left >= rect.x - ROUNDING
            && right <= rect.right() + ROUNDING
            && bottom >= rect.y - ROUNDING
            && top <= rect.top() + ROUNDING;
        (is_piece && is_inside).then(|| Rect::new(left, bottom, width, height))
    };
    let pieces: Option<Vec<Rect>> = numbers.chunks_exact(8).map(around).collect();
    Ok(pieces.filter(|pieces| are_apart(pieces)))
}

/// Whether each piece is another one: there are so many lines to each.
fn are_apart(pieces: &[Rect]) -> bool {
    let common = |a: &Rect, b: &Rect| {
        let width = a.right().min(b.right()) - a.x.max(b.x);
        let height = a.top().min(b.top()) - a.y.max(b.y);
        width.max(0.0) * height.max(0.0)
    };
    let smaller = |a: &Rect, b: &Rect| (a.width * a.height).min(b.width * b.height);
    let are_two = |(a, b): (&Rect, &Rect)| common(a, b) <= SHARED * smaller(a, b) && a != b;
    let rest = |at: usize| pieces.get(at + 1..).unwrap_or_default();
    pieces.iter().enumerate().all(|(at, one)| rest(at).iter().all(|next| are_two((one, next))))
}

fn draws_a_mark(now: &Source, id: ObjectId, rect: Rect, mark: &mut Mark) -> Result<bool, PdfError> {
    let Some(indirect) = now.indirect(id)? else { return Ok(false) };
    let Object::Dictionary(form) = &indirect.object else { return Ok(false) };
    let known = form.iter().all(|(key, _)| look::FORM_KEYS.contains(&key.as_slice()));
    // Drawn as large as it says: what is stretched is thicker than its lines.
    let near = |a: f32, b: f32| (a - b).abs() <= 1.0;
    let bounds = form.get(b"BBox").ok().and_then(|bounds| now.rectangle(bounds));
    let Some(bounds) =
        bounds.filter(|bounds| near(bounds.width, rect.width) && near(bounds.height, rect.height))
    else {
        return Ok(false);
    };
    if !known || indirect.duplicate_keys || !is_identity(form) {
        return Ok(false);
    }
    mark.offset = (rect.x - bounds.x, rect.y - bounds.y);
    let resources = now.member_dictionary(form, b"Resources")?.unwrap_or_default();
    let known = |key: &[u8]| matches!(key, b"ExtGState" | b"ProcSet");
    if !resources.iter().all(|(key, _)| known(key)) {
        return Ok(false);
    }
    let states = now.member_dictionary(&resources, b"ExtGState")?.unwrap_or_default();
    let Some(content) = now.stream_plain(id)? else { return Ok(false) };
    let Ok(operations) = operations(&content) else { return Ok(false) };
    for operation in &operations {
        if operation.operator == b"gs" {
            let [Object::Name(name)] = operation.operands.as_slice() else { return Ok(false) };
            let state = now.member_dictionary(&states, name)?.unwrap_or_default();
            // The thickness of lines, fonts and masks stand there too.
            let known = |key: &[u8]| matches!(key, b"Type" | b"BM" | b"CA" | b"ca");
            if !state.iter().all(|(key, _)| known(key)) {
                return Ok(false);
            }
            // What is multiplied darkens the paper and leaves the ink.
            mark.ink.is_sheer =
                state.get(b"BM").and_then(Object::as_name).unwrap_or_default() == b"Multiply";
        } else if mark.follow(operation).is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_identity(form: &Dictionary) -> bool {
    let Ok(matrix) = form.get(b"Matrix") else { return true };
    let Ok(matrix) = matrix.as_array() else { return false };
    let numbers: Option<Vec<f32>> = matrix.iter().map(|n| n.as_float().ok()).collect();
    numbers.as_deref() == Some(&[1.0, 0.0, 0.0, 1.0, 0.0, 0.0])
}

/// What a mark draws with.
#[derive(Clone, Copy)]
struct Ink {
    /// Multiplied with what stands below.
    is_sheer: bool,
    /// Whether areas and lines have a colour that the mark may have.
    may_fill: bool,
    may_stroke: bool,
}

/// What a mark has drawn so far.
struct Mark {
    is_highlight: bool,
    /// A line under or through the text, straight and along it.
    is_line: bool,
    pieces: Vec<Rect>,
    /// The thickest line, in points.
    thickest: f32,
    /// From the look's own space to the page's.
    offset: (f32, f32),
    ink: Ink,
    /// What `q` kept.
    kept: Vec<Ink>,
    at: (f32, f32),
    strokes: usize,
    /// Which way the straight lines go, once there is one.
    is_level: Option<bool>,
}

impl Mark {
    fn new(kind: &[u8], pieces: Vec<Rect>) -> Self {
        let is_highlight = kind == b"Highlight";
        // Whoever names no colour draws in black (8.6.5.1).
        let ink = Ink { is_sheer: false, may_fill: false, may_stroke: !is_highlight };
        let heights = pieces.iter().map(|piece| piece.width.min(piece.height));
        let lowest = heights.fold(HIGHEST_PIECE, f32::min);
        Self {
            is_highlight,
            is_line: matches!(kind, b"Underline" | b"StrikeOut"),
            pieces,
            thickest: (THICK * lowest).clamp(THIN, THICKEST),
            offset: (0.0, 0.0),
            ink,
            kept: Vec::new(),
            at: (0.0, 0.0),
            strokes: 0,
            is_level: None,
        }
    }

    /// Grounds are light, or nobody reads what is on them; lines are not as the paper.
    fn may_have(&self, colour: &[Object]) -> bool {
        let numbers: Option<Vec<f32>> = colour.iter().map(|n| n.as_float().ok()).collect();
        let [r, g, b] = match numbers.as_deref() {
            Some([grey]) => [*grey; 3],
            Some([r, g, b]) => [*r, *g, *b],
            Some([c, m, y, k]) => [c, m, y].map(|ink| 1.0 - (ink + k).min(1.0)),
            _ => return false,
        };
        let light = 0.3 * r + 0.59 * g + 0.11 * b;
        if self.is_highlight { light >= DARKEST_GROUND } else { light <= PAPER }
    }

    /// `None` for what no mark draws.
    fn follow(&mut self, operation: &Operation) -> Option<()> {
        let operands = operation.operands.as_slice();
        let numbers: Option<Vec<f32>> = operands.iter().map(|n| n.as_float().ok()).collect();
        let numbers = numbers.unwrap_or_default();
        match (operation.operator.as_slice(), numbers.as_slice()) {
            (b"h" | b"n", []) | (b"d" | b"j" | b"J" | b"M", _) => {}
            (b"q", []) => self.kept.push(self.ink),
            (b"Q", []) => self.ink = self.kept.pop()?,
            (b"g", [_]) | (b"rg", [_, _, _]) | (b"k", [_, _, _, _]) => {
                self.ink.may_fill = self.may_have(operands);
            }
            (b"G", [_]) | (b"RG", [_, _, _]) | (b"K", [_, _, _, _]) => {
                self.ink.may_stroke = self.may_have(operands);
            }
            (b"w", [width]) if (0.0..=self.thickest).contains(width) => {}
            (b"S" | b"s", []) if !self.is_highlight && self.ink.may_stroke => {}
            // Only grounds are filled.
            (b"f" | b"f*", []) if self.is_highlight && self.ink.is_sheer && self.ink.may_fill => {}
            (b"m", [x, y]) => self.go(*x, *y)?,
            (b"l", [x, y]) => {
                let from = self.at;
                self.go(*x, *y)?;
                self.count()?;
                if self.is_line {
                    let is_level = (from.1 - y).abs() <= 1.0;
                    (is_level || (from.0 - x).abs() <= 1.0).then_some(())?;
                    (*self.is_level.get_or_insert(is_level) == is_level).then_some(())?;
                }
            }
            (b"c", [_, _, _, _, _, _]) | (b"v" | b"y", [_, _, _, _]) if !self.is_line => {
                for point in numbers.chunks_exact(2) {
                    let [x, y] = point else { return None };
                    self.go(*x, *y)?;
                }
                self.count()?;
            }
            (b"re", [x, y, width, height]) if self.is_highlight => {
                self.go(x + width, y + height)?;
                self.go(*x, *y)?;
                self.count()?;
            }
            _ => return None,
        }
        Some(())
    }

    fn count(&mut self) -> Option<()> {
        self.strokes += 1;
        let most = if self.is_line { LINES } else { STROKES };
        (self.strokes <= most * self.pieces.len()).then_some(())
    }

    /// To a point at a piece of text that is marked.
    fn go(&mut self, x: f32, y: f32) -> Option<()> {
        let (page_x, page_y) = (x + self.offset.0, y + self.offset.1);
        let holds = |piece: &Rect| {
            (piece.x - ROUNDING..=piece.right() + ROUNDING).contains(&page_x)
                && (piece.y - ROUNDING..=piece.top() + ROUNDING).contains(&page_y)
        };
        self.at = (x, y);
        self.pieces.iter().any(holds).then_some(())
    }
}
