//! A box ticked, or one of several chosen: the looks are the signed ones, and the states that
//! are shown are the value.
//!
//! A state may be a picture of anything: a box as large as the page that is empty as long as
//! it is off, and another page once it is on («shadow replace», 2021). Who signs an ordinary
//! signature under such a form sees the one and not the other, so only what every reader
//! takes for a tick is one: a small box that keeps its ground and gets a glyph or a few lines.

use lopdf::{Dictionary, Object, ObjectId};

use super::comparison::Comparison;
use super::fill::{Look, Widget};
use super::look;
use super::walk::lossy;
use crate::pdf::structure::{Field, Operation, Source, operations};
use crate::pdf::{PdfError, Rect};

const PUSH_BUTTON: i64 = 1 << 16;
/// The longest side of a box, in points.
const LONGEST: f32 = 30.0;
/// Lines of a tick or a cross, and curves of a ring.
const STROKES: usize = 16;
/// The thickest of them, in points.
const THICKEST: f32 = 3.0;
/// The font of ticks, crosses and dots that every viewer has.
const GLYPHS: &[u8] = b"ZapfDingbats";

/// What a button says now, and whether it only ticks boxes.
pub(super) fn ticked(
    comparison: &Comparison,
    field: &Field,
    widgets: &[Widget],
) -> Result<Option<(String, Look)>, PdfError> {
    let now = comparison.now;
    let flags = now.member(&field.dictionary, b"Ff")?.as_i64().unwrap_or(0);
    let value = match field.dictionary.get(b"V") {
        Ok(Object::Name(value)) => value.clone(),
        Ok(Object::Null) | Err(_) => b"Off".to_vec(),
        Ok(_) => return Ok(None),
    };
    let mut is_shown = value == b"Off";
    let mut kind = Look::Common;
    for widget in widgets {
        if widget.old.get(b"AP").ok() != widget.new.get(b"AP").ok() {
            return Ok(None);
        }
        let look = now.member_dictionary(&widget.new, b"AP")?.unwrap_or_default();
        let states = now.member_dictionary(&look, b"N")?.unwrap_or_default();
        let state = widget.new.get(b"AS").and_then(Object::as_name).unwrap_or(b"Off");
        let expected = if states.has(&value) { value.as_slice() } else { b"Off" };
        if state != expected {
            return Ok(None);
        }
        is_shown |= states.has(&value);
        let was = widget.old.get(b"AS").and_then(Object::as_name).unwrap_or(b"Off");
        let rect = widget.rect(comparison);
        if was != state && !rect.is_some_and(|rect| is_tick(now, &states, (was, state), rect)) {
            kind = Look::OfForm;
        }
    }
    Ok((flags & PUSH_BUTTON == 0 && is_shown).then(|| (lossy(&value), kind)))
}

/// Whether the second state shows in a small box what the first does, and a tick.
fn is_tick(source: &Source, states: &Dictionary, change: (&[u8], &[u8]), rect: Rect) -> bool {
    let small = rect.width <= LONGEST && rect.height <= LONGEST;
    let state = |name: &[u8]| match states.get(name) {
        // What has no look shows nothing.
        Err(_) => Some(State::default()),
        Ok(Object::Reference(id)) => State::read(source, *id, rect),
        Ok(_) => None,
    };
    match (small, state(change.0), state(change.1)) {
        (true, Some(before), Some(after)) => adds_a_tick(&before.program, &after, source),
        _ => false,
    }
}

/// The look of one state.
#[derive(Default)]
struct State {
    program: Vec<Operation>,
    fonts: Dictionary,
}

impl State {
    fn read(source: &Source, id: ObjectId, rect: Rect) -> Option<Self> {
        let form = source.indirect(id).ok()??;
        let Object::Dictionary(dictionary) = &form.object else { return None };
        let bounds = dictionary.get(b"BBox").ok().and_then(|bounds| source.rectangle(bounds))?;
        let known = dictionary.iter().all(|(key, _)| look::FORM_KEYS.contains(&key.as_slice()));
        let good = known
            && !form.duplicate_keys
            && look::fits(bounds, rect)
            && look::turn_of(dictionary).is_some();
        let resources =
            source.member_dictionary(dictionary, b"Resources").ok()?.unwrap_or_default();
        let fonts = source.member_dictionary(&resources, b"Font").ok()?.unwrap_or_default();
        // By a colour space of its own black may be white.
        let plain = resources.iter().all(|(key, _)| matches!(&key[..], b"Font" | b"ProcSet"));
        let program = operations(&source.stream_plain(id).ok()??).ok()?;
        (good && plain).then_some(Self { program, fonts })
    }

    fn is_of_glyphs(&self, source: &Source, name: &[u8]) -> bool {
        let Ok(Some(font)) = source.member_dictionary(&self.fonts, name) else { return false };
        let own = [&b"FontDescriptor"[..], b"Encoding", b"ToUnicode"];
        font.get(b"BaseFont").and_then(Object::as_name).is_ok_and(|base| base == GLYPHS)
            && font.get(b"Subtype").and_then(Object::as_name).is_ok_and(|kind| kind == b"Type1")
            && !own.iter().any(|key| font.has(key))
    }
}

/// Colours in force: of areas and letters, and of lines.
#[derive(Clone, Copy)]
struct Ink {
    is_dark: bool,
    is_dark_line: bool,
}

/// Without the marks around what a field draws (12.7.3.3), which show nothing: they stand
/// around the ground of the one state and around the whole of the other.
fn unmarked(program: &[Operation]) -> Vec<&Operation> {
    let is_mark = |operation: &&Operation| matches!(operation.operator.as_slice(), b"BMC" | b"EMC");
    program.iter().filter(|operation| !is_mark(operation)).collect()
}

fn adds_a_tick(before: &[Operation], after: &State, source: &Source) -> bool {
    let (before, program) = (unmarked(before), unmarked(&after.program));
    let Some(rest) = program.strip_prefix(before.as_slice()) else { return false };
    let mut ink = Ink { is_dark: true, is_dark_line: true };
    let mut kept = Vec::new();
    let (mut strokes, mut glyphs) = (0, 0);
    for (number, operation) in program.iter().enumerate() {
        let is_ground = number < program.len() - rest.len();
        let operands = operation.operands.as_slice();
        let numbers: Option<Vec<f32>> = operands.iter().map(|n| n.as_float().ok()).collect();
        let numbers = numbers.unwrap_or_default();
        let good = match (operation.operator.as_slice(), numbers.as_slice()) {
            (b"q", []) => {
                kept.push(ink);
                true
            }
            (b"Q", []) => kept.pop().map(|old| ink = old).is_some(),
            (b"g", colour @ [_]) | (b"rg", colour @ [_, _, _]) | (b"k", colour @ [_, _, _, _]) => {
                look::is_dark(colour).map(|dark| ink.is_dark = dark).is_some()
            }
            (b"G", colour @ [_]) | (b"RG", colour @ [_, _, _]) | (b"K", colour @ [_, _, _, _]) => {
                look::is_dark(colour).map(|dark| ink.is_dark_line = dark).is_some()
            }
            // The ground shows the same as before, whatever it is: areas as well.
            (b"f" | b"f*" | b"F" | b"B" | b"B*" | b"b" | b"b*" | b"cm" | b"w", _) if is_ground => {
                true
            }
            (b"w", [width]) => (0.0..=THICKEST).contains(width),
            (b"cm", [a, b, c, d, _, _]) => [*a, *b, *c, *d] == [1.0, 0.0, 0.0, 1.0],
            (b"l" | b"c" | b"v" | b"y" | b"re", _) => {
                strokes += usize::from(!is_ground);
                strokes <= STROKES
            }
            (b"S" | b"s", []) => is_ground || ink.is_dark_line,
            (b"m" | b"h" | b"n" | b"W" | b"W*" | b"d" | b"j" | b"J" | b"M", _) => true,
            (b"BT" | b"ET" | b"Td" | b"TD" | b"TL" | b"T*", _) => true,
            (b"Tm", [a, b, c, d, _, _]) => [*a, *b, *c, *d] == [1.0, 0.0, 0.0, 1.0],
            (b"Tf", _) => match operands {
                [Object::Name(name), _] => after.is_of_glyphs(source, name),
                _ => false,
            },
            (b"Tj", _) => {
                glyphs += 1;
                let is_one = operands
                    .first()
                    .is_some_and(|text| text.as_str().is_ok_and(|text| text.len() == 1));
                is_one && !is_ground && ink.is_dark && glyphs == 1
            }
            _ => false,
        };
        if !good {
            return false;
        }
    }
    true
}
