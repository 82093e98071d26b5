//! From runs of text to lines: words, spaces, line ends, justification.

use super::flow::{Mark, Slab, offset};
use super::{Align, Run, Style};
use crate::domain::text::compose;
use crate::pdf::font::Face;

/// A word or a run of spaces, in one face.
#[derive(Debug, Clone)]
struct Token {
    face: Face,
    text: String,
    width: f32,
    space: bool,
    /// Ends the line whatever follows.
    line_end: bool,
}

fn tokens(runs: &[Run], size: f32) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    for run in runs {
        let face = Face::serif(run.bold, run.italic);
        let mut add = |text: &str, space: bool, line_end: bool| {
            let width = if line_end { 0.0 } else { face.width(text, size) };
            tokens.push(Token { face, text: text.to_owned(), width, space, line_end });
        };
        for (index, part) in compose(&run.text).split('\n').enumerate() {
            if index > 0 {
                add("", true, true);
            }
            let mut rest = part;
            while let Some(first) = rest.chars().next() {
                let space = first == ' ';
                let end = rest.find(|c: char| (c == ' ') != space).unwrap_or(rest.len());
                let (token, after) = rest.split_at(end);
                add(token, space, false);
                rest = after;
            }
        }
    }
    tokens
}

/// Sets a paragraph into lines.
pub(super) fn paragraph(runs: &[Run], style: &Style, width: f32) -> Vec<Slab> {
    let lines = break_lines(tokens(runs, style.size), style, width);
    let count = lines.len();
    lines
        .into_iter()
        .enumerate()
        .map(|(index, line)| {
            let indent = style.left_indent + if index == 0 { style.first_indent } else { 0.0 };
            let last = index + 1 == count;
            let mut slab = set_line(line, style, indent, (width - indent).max(1.0));
            slab.before = if index == 0 { style.before } else { 0.0 };
            // Never one line alone: the first stays with the second, the last but one with
            // the last.
            slab.glued =
                (last && style.keep_with_next) || (!last && (index == 0 || index + 2 == count));
            slab
        })
        .collect()
}

/// A line's tokens and whether it is the last of its paragraph or before a forced end.
struct Line {
    tokens: Vec<Token>,
    ends: bool,
}

fn break_lines(tokens: Vec<Token>, style: &Style, width: f32) -> Vec<Line> {
    let full = (width - style.left_indent).max(1.0);
    let mut breaker =
        Breaker { lines: Vec::new(), line: Vec::new(), used: 0.0, room: full - style.first_indent };
    for word in words(tokens) {
        let length: f32 = word.iter().map(|token| token.width).sum();
        let is_space = word.iter().all(|token| token.space);
        if word.iter().any(|token| token.line_end) {
            breaker.finish(true, full);
            continue;
        }
        // Spaces at the head of a line are those at which the last one was broken.
        if is_space && breaker.line.is_empty() && breaker.lines.last().is_some_and(|l| !l.ends) {
            continue;
        }
        if !is_space && !breaker.line.is_empty() && breaker.used + length > breaker.room {
            breaker.finish(false, full);
        }
        for token in word {
            for piece in split_long(token, breaker.room.max(1.0), style.size) {
                // Half a hundredth of a point is rounding, not width.
                let over = breaker.used + piece.width > breaker.room + 0.005;
                if over && !piece.space && !breaker.line.is_empty() {
                    breaker.finish(false, full);
                }
                breaker.used += piece.width;
                breaker.line.push(piece);
            }
        }
    }
    breaker.finish(true, full);
    breaker.lines
}

/// Lines under way.
struct Breaker {
    lines: Vec<Line>,
    line: Vec<Token>,
    used: f32,
    room: f32,
}

impl Breaker {
    /// Ends the line; the next has `room`.
    fn finish(&mut self, ends: bool, room: f32) {
        while self.line.last().is_some_and(|token| token.space) {
            self.line.pop();
        }
        self.lines.push(Line { tokens: std::mem::take(&mut self.line), ends });
        self.used = 0.0;
        self.room = room;
    }
}

/// Tokens that touch (a change of face inside a word) move together.
fn words(tokens: Vec<Token>) -> Vec<Vec<Token>> {
    let mut words: Vec<Vec<Token>> = Vec::new();
    for token in tokens {
        match words.last_mut() {
            Some(word) if !token.space && word.last().is_some_and(|last| !last.space) => {
                word.push(token);
            }
            _ => words.push(vec![token]),
        }
    }
    words
}

/// A word longer than a line, cut into pieces that fit.
fn split_long(token: Token, room: f32, size: f32) -> Vec<Token> {
    if token.space || token.width <= room {
        return vec![token];
    }
    let mut pieces: Vec<Token> = Vec::new();
    for c in token.text.chars() {
        let width = token.face.width(c.encode_utf8(&mut [0; 4]), size);
        match pieces.last_mut() {
            Some(piece) if piece.width + width <= room => {
                piece.text.push(c);
                piece.width += width;
            }
            _ => pieces.push(Token { text: c.to_string(), width, ..token.clone() }),
        }
    }
    pieces
}

fn set_line(line: Line, style: &Style, indent: f32, room: f32) -> Slab {
    let (up, down) = Face::Serif.extent(style.size);
    let natural = (up + down) * 1.04;
    let height = natural * style.leading;
    // Additional leading goes above the text, as word processors do it.
    let baseline = height - natural + up;
    let used: f32 = line.tokens.iter().map(|token| token.width).sum();
    let slack = (room - used).max(0.0);
    let spaces: usize =
        line.tokens.iter().filter(|token| token.space).map(|token| token.text.len()).sum();
    let justify = style.align == Align::Justify && !line.ends && spaces > 0;
    let stretch = if justify { slack / spaces as f32 } else { 0.0 };
    let mut x =
        indent + if style.align == Align::Justify { 0.0 } else { offset(style.align, slack) };

    let mut marks: Vec<Mark> = Vec::new();
    for token in line.tokens {
        let advance =
            token.width + if token.space { stretch * token.text.len() as f32 } else { 0.0 };
        match marks.last_mut() {
            Some(Mark::Text { face, text, .. }) if *face == token.face => {
                text.push_str(&token.text);
            }
            _ => marks.push(Mark::Text {
                x,
                baseline,
                face: token.face,
                size: style.size,
                text: token.text,
                stretch,
            }),
        }
        x += advance;
    }
    Slab { height, marks, ..Slab::default() }
}
