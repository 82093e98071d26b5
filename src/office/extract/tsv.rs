//! The table of words that Tesseract writes, as glyphs with places.
//!
//! The table gives a box for each word and none for its letters, and no baseline. Letters
//! share their word's width as a serif face would; the baseline and the size of a line come
//! from its words, each of which tells by its letters how far it reaches up and down.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization;

use super::recognise::Recognised;
use crate::domain::text::fold;
use crate::pdf::Rect;
use crate::pdf::font::Face;
use crate::pdf::text::{Glyph, PageText};

/// Words of which the program itself thinks so little are dirt: 0 to 100.
const DIRT: f32 = 12.0;

/// One word as the table says it, in pixels from the top left.
struct Word {
    text: String,
    left: f32,
    top: f32,
    width: f32,
    height: f32,
    confidence: f32,
}

/// Reads the table. `scale` is points in a pixel, `height` the page's height in points. Rows
/// that are no words are passed over.
pub fn read(table: &str, scale: f32, height: f32) -> Recognised {
    let mut lines: BTreeMap<(u32, u32, u32), Vec<Word>> = BTreeMap::new();
    for row in table.lines() {
        if let Some((line, word)) = word(row) {
            lines.entry(line).or_default().push(word);
        }
    }
    let (mut sum, mut count) = (0.0, 0.0);
    let mut glyphs = Vec::new();
    for words in lines.values() {
        let (baseline, size) = set(words);
        for word in words {
            sum += word.confidence * word.text.chars().count() as f32;
            count += word.text.chars().count() as f32;
            letters(word, height - baseline * scale, size * scale, scale, &mut glyphs);
        }
    }
    let certainty = if count > 0.0 { sum / count / 100.0 } else { 0.0 };
    Recognised { text: PageText::new(glyphs), certainty }
}

/// One row: level, page, block, paragraph, line, word, left, top, width, height, confidence,
/// text.
fn word(row: &str) -> Option<((u32, u32, u32), Word)> {
    let cells: Vec<&str> = row.split('\t').collect();
    let [level, _, block, paragraph, line, _, left, top, width, height, confidence, text] =
        cells.as_slice()
    else {
        return None;
    };
    let text: String = text.trim().nfc().collect();
    let number = |cell: &str| cell.trim().parse::<f32>().ok().filter(|n| n.is_finite());
    let word = Word {
        text,
        left: number(left)?,
        top: number(top)?,
        width: number(width)?,
        height: number(height)?,
        confidence: number(confidence)?.clamp(-1.0, 100.0),
    };
    let line = (block.parse().ok()?, paragraph.parse().ok()?, line.parse().ok()?);
    let good = *level == "5" && !word.text.is_empty() && word.confidence >= DIRT;
    (good && word.width > 0.0 && word.height > 0.0).then_some((line, word))
}

/// Baseline (pixels from the top) and size (pixels) of a line.
fn set(words: &[Word]) -> (f32, f32) {
    let mut sizes = Vec::new();
    for word in words {
        let (up, down) = reach(&word.text);
        sizes.push(word.height / (up + down));
    }
    let size = median(&mut sizes).max(1.0);
    let mut baselines: Vec<f32> =
        words.iter().map(|word| word.top + word.height - reach(&word.text).1 * size).collect();
    (median(&mut baselines), size)
}

fn median(numbers: &mut [f32]) -> f32 {
    numbers.sort_by(f32::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or_default()
}

/// How far a word reaches above and below its baseline, in ems of a serif face.
fn reach(word: &str) -> (f32, f32) {
    let (mut up, mut down) = (0.1f32, 0.0f32);
    for c in word.chars() {
        let bare = fold(&c.to_string());
        let marked = bare != c.to_lowercase().to_string() && c != 'đ' && c != 'Đ';
        let tall = c.is_uppercase() || c.is_ascii_digit() || "bdfhklt/()[]|đ".contains(c);
        up = up.max(match (tall, marked) {
            (true, true) => 0.86,
            (true, false) => 0.67,
            (false, true) => 0.68,
            (false, false) if c.is_alphabetic() => 0.46,
            (false, false) => 0.1,
        });
        let below = "gjpqyQ,;()[]|/".contains(c)
            || bare.chars().next().is_some_and(|bare| "gpqy".contains(bare));
        let dotted = "ạậặẹệịọộợụựỵẠẬẶẸỆỊỌỘỢỤỰỴ".contains(c);
        down = down.max(match (below, dotted) {
            (true, _) => 0.21,
            (false, true) => 0.16,
            (false, false) => 0.0,
        });
    }
    (up, down)
}

/// The letters of a word over its width.
fn letters(word: &Word, baseline: f32, size: f32, scale: f32, glyphs: &mut Vec<Glyph>) {
    let natural: Vec<f32> =
        word.text.chars().map(|c| Face::Serif.width(&c.to_string(), 10.0).max(1.0)).collect();
    let whole: f32 = natural.iter().sum();
    let stretch = word.width * scale / whole.max(f32::MIN_POSITIVE);
    let mut x = word.left * scale;
    for (ch, natural) in word.text.chars().zip(natural) {
        let width = natural * stretch;
        let rect = Rect::new(x, baseline - 0.2 * size, width, size);
        glyphs.push(Glyph { ch, rect, pen: x, baseline, size, face: 0 });
        x += width;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const TABLE: &str = "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
1\t1\t0\t0\t0\t0\t0\t0\t2480\t3508\t-1\t
4\t1\t1\t1\t1\t0\t354\t236\t700\t50\t-1\t
5\t1\t1\t1\t1\t1\t354\t240\t80\t38\t96.1\tSố:
5\t1\t1\t1\t1\t2\t450\t240\t260\t46\t91.0\t12/QĐ-UBND
5\t1\t1\t1\t2\t1\t354\t300\t30\t30\t3.0\t~~
";

    #[test]
    fn words_become_glyphs_on_one_baseline() {
        let page = read(TABLE, 72.0 / 300.0, 842.0);
        let lines = page.text.lines();
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        assert_eq!(texts, ["Số: 12/QĐ-UBND"], "dirt is left out");
        // 38 pixels high from the baseline up: about 13 points; 278 pixels from the top.
        assert!((lines[0].size - 13.0).abs() < 1.5, "{}", lines[0].size);
        assert!((lines[0].baseline - (842.0 - 278.0 * 0.24)).abs() < 2.0, "{}", lines[0].baseline);
        assert!((page.certainty - 0.92).abs() < 0.02, "{}", page.certainty);
    }

    proptest! {
        #[test]
        fn any_table_is_survived(
            table in ".{0,200}",
            rows in proptest::collection::vec(
                (any::<u32>(), any::<f32>(), any::<f32>(), any::<f32>(), "\\PC{0,8}"), 0..8),
        ) {
            let mut whole = table;
            for (line, a, b, c, text) in rows {
                whole.push_str(&format!("\n5\t1\t1\t1\t{line}\t1\t{a}\t{b}\t{c}\t{a}\t90\t{text}"));
            }
            let page = read(&whole, 0.24, 842.0);
            prop_assert!((0.0..=1.0).contains(&page.certainty));
            let _ = page.text.lines();
        }
    }
}
