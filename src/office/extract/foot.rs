//! Signer and recipients: what stands under the text.
//!
//! Whose name is looked for is not known here, so every line that is a name under a line of
//! capitals is tried, and [`find_signature_blocks`] judges the place as it does for a
//! signer that is known.

use super::{Field, Proposal, Reason, Sheet, Value, names, phrase, spot, title};
use crate::domain::text::fold;
use crate::pdf::Rect;
use crate::pdf::blanks::{Signatory, find_signature_blocks};
use crate::pdf::text::{PageText, TextLine};

/// Pages that are looked at from the end; behind a long annex nobody looks for a signature.
const PAGES: usize = 60;
/// Places that weigh nearly the same.
const ALIKE: f32 = 0.12;

pub fn read(sheets: &[Sheet]) -> Vec<Proposal> {
    let mut best: Option<Block<'_>> = None;
    for sheet in sheets.iter().rev().take(PAGES) {
        for block in blocks(sheet) {
            if best.as_ref().is_none_or(|best| block.confidence > best.confidence) {
                best = Some(block);
            }
        }
    }
    let mut found = Vec::new();
    let listed = match &best {
        Some(block) => recipients(block.sheet, Some(block.left)),
        None => sheets.iter().rev().take(PAGES).find_map(|sheet| recipients(sheet, None)),
    };
    if let Some(block) = best {
        found.extend(block.proposals());
    }
    found.extend(listed);
    found
}

/// A signature block that was found without knowing whose it is.
struct Block<'a> {
    sheet: &'a Sheet,
    name: (String, Rect),
    position: (String, Rect),
    /// Lines of authority, from the top.
    authority: Vec<(String, Rect)>,
    /// Where the block begins; the list of recipients ends before it.
    left: f32,
    confidence: f32,
    /// Whether the position is one that is known.
    known: bool,
    beside: bool,
}

impl Block<'_> {
    fn proposals(self) -> Vec<Proposal> {
        let mut why = vec![Reason::SignatureBlock];
        why.extend((!self.beside).then_some(Reason::NoRecipientsBeside));
        let of = |field, value, rects: Vec<Rect>, confidence| Proposal {
            field,
            value,
            spot: Some(spot(self.sheet, rects)),
            confidence,
            why: why.clone(),
        };
        let mut found = vec![of(
            Field::Signer,
            Value::Signer(self.name.0.clone()),
            vec![self.name.1],
            self.confidence,
        )];
        // A position nobody knows may be the end of something longer.
        let doubt = if self.known { 0.0 } else { 0.15 };
        found.push(of(
            Field::Position,
            Value::Position(self.position.0.clone()),
            vec![self.position.1],
            self.confidence - doubt,
        ));
        if !self.authority.is_empty() {
            let lines: Vec<&str> = self.authority.iter().map(|(line, _)| line.as_str()).collect();
            let rects = self.authority.iter().map(|(_, rect)| *rect).collect();
            found.push(of(
                Field::Competence,
                Value::Competence(lines.join("\n")),
                rects,
                self.confidence,
            ));
        }
        found
    }
}

/// Every place on a page where somebody signs.
fn blocks(sheet: &Sheet) -> Vec<Block<'_>> {
    let lines = sheet.text.lines();
    let beside = lines.iter().any(|line| is_recipients(&line.text));
    let mut found: Vec<Block<'_>> = Vec::new();
    for line in &lines {
        let Some(name) = name_of(&line.text) else { continue };
        let Some(position) = above(&lines, line, 170.0) else { continue };
        // The mark of an authority may stand over the name alone: `Q. CHỦ TỊCH`.
        if !phrase::is_capital(&position.text) {
            continue;
        }
        let authority = authority(&lines, position);
        let said = names::natural(&position.text);
        let first = authority.first().map(|line| line.text.clone()).unwrap_or_default();
        let signatory = Signatory { full_name: &name, position: &said, authority: &first };
        let judged = find_signature_blocks(std::slice::from_ref(&sheet.text), &signatory);
        let here = judged.iter().find(|block| {
            (block.name.y - line.rect.y).abs() < 1.0 && (block.name.x - line.rect.x).abs() < 40.0
        });
        let Some(judged) = here else { continue };
        let known = is_position(&position.text);
        let mut confidence = judged.confidence;
        confidence -= if beside { 0.0 } else { 0.2 };
        confidence -= if known { 0.0 } else { 0.25 };
        // The signer stands at the right; at the left it is a second party, or a list.
        confidence -= if line.rect.middle() < 0.5 * sheet.size.0 { 0.3 } else { 0.0 };
        confidence -= if phrase::is_capital(&line.text) { 0.15 } else { 0.0 };
        let left = authority
            .iter()
            .copied()
            .chain([position, line])
            .map(|line| line.rect.x)
            .fold(f32::INFINITY, f32::min);
        found.push(Block {
            sheet,
            name: (name, line.rect),
            position: (said, position.rect),
            authority: authority.iter().map(|line| (competence(&line.text), line.rect)).collect(),
            left,
            confidence: 0.98 * confidence,
            known,
            beside,
        });
    }
    // Two who sign side by side: which of them is the signer is for people to say.
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    if let [best, rival, ..] = found.as_mut_slice()
        && (best.confidence - rival.confidence < ALIKE
            || !beside && (best.name.1.y - rival.name.1.y).abs() < 40.0)
    {
        best.confidence -= 0.2;
        rival.confidence -= 0.2;
    }
    found
}

/// The nearest line above, over the middle of `line`, no farther than `most` points.
fn above<'l>(lines: &'l [TextLine], line: &TextLine, most: f32) -> Option<&'l TextLine> {
    let over = |other: &&TextLine| {
        let apart = other.baseline - line.baseline;
        apart > 0.5 * line.size
            && apart < most
            && other.rect.x < line.rect.middle()
            && other.rect.right() > line.rect.middle()
    };
    lines.iter().filter(over).min_by(|a, b| a.baseline.total_cmp(&b.baseline))
}

/// The lines of authority over a position, from the top.
fn authority<'l>(lines: &'l [TextLine], position: &TextLine) -> Vec<&'l TextLine> {
    let mut found: Vec<&TextLine> = Vec::new();
    let mut below = position.clone();
    while let Some(line) = above(lines, &below, 2.6 * below.size.max(8.0)) {
        let centred = (line.rect.middle() - position.rect.middle()).abs() < 30.0;
        if !phrase::is_capital(&line.text) || !centred || found.len() == 4 {
            break;
        }
        found.push(line);
        below = line.clone();
    }
    found.reverse();
    // It begins with a mark of authority; what stands above that is something else.
    let begin = found.iter().position(|line| is_authority(&line.text));
    match begin {
        Some(begin) => found.split_off(begin),
        None => Vec::new(),
    }
}

/// TM., KT., TL., TUQ., Q. (Nghị định 30/2020/NĐ-CP Điều 13).
fn is_authority(line: &str) -> bool {
    let said = fold(line);
    ["tm.", "kt.", "tl.", "tuq.", "q.", "tm ", "kt ", "tl "].iter().any(|a| said.starts_with(a))
}

/// A line of authority as a text writes it: `KT. Chủ tịch`.
fn competence(line: &str) -> String {
    match line.split_once(['.', ' ']) {
        Some((mark, rest)) if is_authority(line) => {
            format!("{}. {}", mark.to_uppercase(), names::natural(rest.trim_start_matches('.')))
        }
        _ => names::natural(line),
    }
}

fn is_position(line: &str) -> bool {
    let said = fold(line);
    let known = [
        "chu tich",
        "giam doc",
        "truong",
        "chanh",
        "bi thu",
        "chi huy",
        "thu tuong",
        "thu truong",
        "chu nhiem",
        "tong thanh tra",
        "ke toan",
        "vien truong",
        "hieu pho",
        "pho tru tri",
    ];
    known.iter().any(|word| said.contains(word))
}

/// Ranks and degrees that some write before a name; the law wants none (mục II.7 b).
const TITLES: &[&str] = &[
    "dai tuong",
    "thuong tuong",
    "trung tuong",
    "thieu tuong",
    "dai ta",
    "thuong ta",
    "trung ta",
    "thieu ta",
    "dai uy",
    "thuong uy",
    "trung uy",
    "thieu uy",
    "pgs.ts.",
    "gs.ts.",
    "pgs.",
    "gs.",
    "ts.",
    "ths.",
    "bs.",
    "ks.",
    "cn.",
    "luat su",
    "bac si",
    "tien si",
    "thac si",
    "ong",
    "ba",
];

/// A person's name that fills a line: two to six syllables, each with a capital.
fn name_of(line: &str) -> Option<String> {
    let mut words: Vec<&str> = line.split(' ').collect();
    for title in TITLES {
        let parts = title.split(' ').count();
        let Some((before, rest)) = words.split_at_checked(parts) else { continue };
        if fold(&before.join(" ")) == *title && rest.len() >= 2 {
            words = rest.to_vec();
            break;
        }
    }
    let capitals = phrase::is_capital(line);
    let syllable = |word: &&str| {
        let mut letters = word.chars();
        let first = letters.next().is_some_and(char::is_uppercase);
        first && letters.all(|c| c.is_alphabetic() && (capitals || c.is_lowercase()))
    };
    let fits = (2..=6).contains(&words.len())
        && words.iter().all(syllable)
        && words.iter().all(|word| word.chars().count() <= 7);
    // In capitals, a position looks like a name.
    let place = ["xa", "phuong", "huyen", "quan", "tinh", "thi", "thanh"]
        .contains(&fold(words.first().unwrap_or(&"")).as_str());
    let other = capitals && (place || is_position(line) || names::begins_agency(line));
    (fits && !other).then(|| names::person(&words.join(" ")))
}

fn is_recipients(line: &str) -> bool {
    let said = phrase::skeleton(line);
    said == phrase::skeleton("Nơi nhận") || said == phrase::skeleton("Nơi gửi")
}

/// Nơi nhận (ô 9b); the line of the file copy is no recipient.
fn recipients(sheet: &Sheet, left_of: Option<f32>) -> Option<Proposal> {
    let end = left_of.unwrap_or(0.52 * sheet.size.0) - 2.0;
    let column = sheet.text.chars.iter().filter(|glyph| glyph.rect.middle() < end).copied();
    let lines = PageText { chars: column.collect() }.lines();
    let at = lines.iter().position(|line| is_recipients(&line.text))?;
    let mut above = lines.get(at)?;
    let mut places: Vec<String> = Vec::new();
    let mut rects = vec![above.rect];
    for line in lines.iter().skip(at + 1) {
        if above.baseline - line.baseline > 2.2 * line.size.max(8.0) || places.len() > 60 {
            break;
        }
        let item = line.text.trim_start_matches(['-', '–', '+', '•', '.', ' ']);
        let listed = item.len() < line.text.len();
        let ended = above.text.ends_with([';', '.', ':']);
        match places.last_mut() {
            Some(last) if !listed && !ended => {
                last.push(' ');
                last.push_str(item);
            }
            _ => places.push(item.to_owned()),
        }
        rects.push(line.rect);
        above = line;
    }
    let kept = |place: &String| {
        let said = phrase::skeleton(place);
        !said.is_empty() && !said.starts_with("luu")
    };
    // Behind the file copy comes the drafter's mark (ô 12).
    let file = places.iter().position(|place| phrase::skeleton(place).starts_with("luu"));
    let whole = file.is_some();
    places.truncate(file.map_or(places.len(), |at| at + 1));
    let places = places.iter().filter(|place| kept(place)).map(|place| title::bare(place));
    let places: Vec<String> = places.filter(|place| !place.is_empty()).collect();
    let mut why = vec![Reason::RecipientList];
    why.extend((!whole).then_some(Reason::EndUnsure));
    (!places.is_empty()).then(|| Proposal {
        field: Field::Recipients,
        value: Value::Recipients(places),
        spot: Some(spot(sheet, rects)),
        confidence: if whole { 0.9 } else { 0.7 },
        why,
    })
}
