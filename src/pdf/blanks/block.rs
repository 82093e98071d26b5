//! The signature block: authority, position, room, full name.
//!
//! The signer's name may stand on many lines: in the text, in the list of recipients, in the
//! head of a page, in an annex. The place to sign is the one where a position is set above
//! it in capitals, centred over the name, with room between, as Nghị định 30/2020/NĐ-CP Phụ
//! lục I, phần I, mục II.7 draws it. Each of these weighs; two places that weigh the same
//! are no certainty, and people are asked.

use super::SURE;
use crate::domain::text::{fold, tidy};
use crate::pdf::text::{PageText, TextLine};
use crate::pdf::{POINTS_PER_MM, Rect};

/// Where a person signs.
#[derive(Debug, Clone, PartialEq)]
pub struct SignatureBlock {
    /// Page, counted from 0.
    pub page: u32,
    /// Room for the personal signature: between position and name, centred on the name.
    pub rect: Rect,
    /// The full name as it stands on the page.
    pub name: Rect,
    /// The line above the room, if it is the signer's position.
    pub position: Option<Rect>,
    /// 0 (a guess) to 1 (authority, position and name stand as they should).
    pub confidence: f32,
    /// What speaks against the place.
    pub doubts: Vec<Doubt>,
}

impl SignatureBlock {
    /// Whether a signature may stand there without anybody having looked: nothing speaks
    /// against it, however much speaks for it.
    pub fn is_sure(&self) -> bool {
        self.confidence >= SURE && self.doubts.is_empty()
    }
}

/// Whom a place is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Signatory<'a> {
    pub full_name: &'a str,
    /// May be empty, or more than one line, of which the last stands over the name.
    pub position: &'a str,
    /// The authority line, such as `TM. ỦY BAN NHÂN DÂN`; may be empty.
    pub authority: &'a str,
}

/// Why a place is not sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Doubt {
    /// The pages have no text: a scan.
    NoText,
    /// The signer's name stands nowhere alone on a line.
    NoName,
    /// There is not enough room above the name.
    NoRoom,
    /// No position is set above the name.
    NoPosition,
    /// What stands above the name is not the signer's position.
    OtherPosition,
    /// Several places are as good.
    Several,
}

/// Beginnings of an authority line (Nghị định 30/2020/NĐ-CP Điều 13), folded.
const AUTHORITIES: [&str; 5] = ["tm.", "kt.", "tl.", "tuq.", "q."];

/// Width and height that a signature has at most.
const WIDEST: f32 = 60.0 * POINTS_PER_MM;
const TALLEST: f32 = 32.0 * POINTS_PER_MM;
/// Less room than this is none.
const LEAST: f32 = 8.0 * POINTS_PER_MM;
/// Farther below the position than this, a name is not the signer's.
const FARTHEST: f32 = 60.0 * POINTS_PER_MM;
/// Places that weigh nearly the same.
const ALIKE: f32 = 0.12;
/// What is left of the confidence of a place that is not the only one.
const UNSURE: f32 = 0.6;

/// Every place where `signer` may sign, the best first, on pages as they are shown
/// ([`PageText::shown`]).
///
/// Without the name alone on a line there is no place, and people must choose one.
pub fn find_signature_blocks(pages: &[PageText], signer: &Signatory<'_>) -> Vec<SignatureBlock> {
    let name = tidy(signer.full_name);
    if name.is_empty() {
        return Vec::new();
    }
    let wanted = Sought::new(&name, signer);
    let mut found: Vec<SignatureBlock> = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let lines = page.lines();
        for line in &lines {
            if let Some(exactly) = wanted.names(line) {
                found.push(judge(&lines, line, exactly, &wanted, index as u32));
            }
        }
    }
    // The last page first, on a page the lowest place first.
    found.sort_by(|a, b| {
        let lower = a.rect.y.total_cmp(&b.rect.y);
        b.confidence.total_cmp(&a.confidence).then(b.page.cmp(&a.page)).then(lower)
    });
    let rival = found.get(1).map(|second| second.confidence);
    if let (Some(best), Some(rival)) = (found.first_mut(), rival)
        && best.confidence - rival < ALIKE
    {
        best.confidence = best.confidence.min(UNSURE);
        best.doubts.push(Doubt::Several);
    }
    found
}

/// What is looked for, folded.
struct Sought {
    name: String,
    folded: String,
    position: String,
    authority: String,
}

impl Sought {
    fn new(name: &str, signer: &Signatory<'_>) -> Self {
        let last = |text: &str| fold(&tidy(text.lines().last().unwrap_or_default()));
        Self {
            name: name.to_owned(),
            folded: fold(name),
            position: bare(&last(signer.position)).to_owned(),
            authority: fold(&tidy(signer.authority.lines().next().unwrap_or_default())),
        }
    }

    /// Whether a line is the name, and whether exactly: a rank or a title may stand before
    /// it, diacritics and capitals may differ.
    fn names(&self, line: &TextLine) -> Option<bool> {
        if line.text == self.name {
            return Some(true);
        }
        let said = fold(&line.text);
        let before = said.strip_suffix(&self.folded)?;
        let apart = before.is_empty() || before.ends_with([' ', '.']);
        // The dash of a list, or a sentence, is no title.
        let title = before.chars().count() <= 20 && !before.starts_with(['-', '+', '•', '–']);
        (apart && title).then_some(false)
    }

    /// Whether a line is the signer's position, with or without an authority before it.
    fn is_position(&self, line: &str) -> bool {
        // `Chủ tịch Ủy ban nhân dân xã` is set as `CHỦ TỊCH`.
        let said = bare(line);
        !self.position.is_empty()
            && (said == self.position
                || said.len() >= 6 && self.position.starts_with(&format!("{said} ")))
    }
}

/// A folded position without the authority before it.
fn bare(line: &str) -> &str {
    let authority = AUTHORITIES.iter().find_map(|authority| line.strip_prefix(authority));
    authority.unwrap_or(line).trim()
}

/// Weighs what stands above a name.
fn judge(
    lines: &[TextLine],
    name: &TextLine,
    exactly: bool,
    wanted: &Sought,
    page: u32,
) -> SignatureBlock {
    // What stands above, over the name's middle, and is no wider than a column.
    let above = |line: &&TextLine| {
        let apart = line.baseline - name.baseline;
        apart > 0.5 * name.size
            && apart < FARTHEST
            && line.rect.x < name.rect.middle()
            && line.rect.right() > name.rect.middle()
    };
    let nearest = lines.iter().filter(above).min_by(|a, b| (a.baseline).total_cmp(&b.baseline));

    let mut doubts = Vec::new();
    let mut confidence: f32 = if exactly { 0.4 } else { 0.35 };
    let top_of_name = name.baseline + 0.8 * name.size;
    let ceiling =
        nearest.map_or(top_of_name + 25.0 * POINTS_PER_MM, |line| line.baseline - 0.25 * line.size);
    let room = ceiling - top_of_name;
    if room >= LEAST {
        confidence += 0.15;
    } else {
        doubts.push(Doubt::NoRoom);
    }
    let position = nearest.and_then(|line| {
        let (weight, position) = weigh_position(lines, line, name, wanted);
        confidence += weight;
        position
    });
    match (position, nearest) {
        (Some(true), _) => {}
        (Some(false), _) if wanted.position.is_empty() => {}
        (Some(false), _) => doubts.push(Doubt::OtherPosition),
        (None, _) => doubts.push(Doubt::NoPosition),
    }

    let height = room.clamp(LEAST, TALLEST);
    let middle = name.rect.middle();
    let rect = if room >= LEAST {
        // Below a high ceiling the signature stands just over the name.
        let spare = (room - height).max(0.0);
        Rect::new(middle - WIDEST / 2.0, top_of_name + spare.min(4.0), WIDEST, height)
    } else {
        // No room was left: the signature covers the name, as on paper.
        Rect::new(middle - WIDEST / 2.0, name.baseline, WIDEST, LEAST.max(name.size * 2.0))
    };
    SignatureBlock {
        page,
        rect,
        name: name.rect,
        position: position.and(nearest).map(|line| line.rect),
        confidence: confidence.min(1.0),
        doubts,
    }
}

/// What the line above the room adds, and whether it is a position: the signer's (`true`) or
/// one that only looks like it.
fn weigh_position(
    lines: &[TextLine],
    line: &TextLine,
    name: &TextLine,
    wanted: &Sought,
) -> (f32, Option<bool>) {
    let text = fold(&line.text);
    let said = wanted.is_position(&text);
    // Set as a title: all capitals, and centred over the name.
    let capitals = line.text.chars().all(|c| !c.is_lowercase());
    let centred = (line.rect.middle() - name.rect.middle()).abs() < 12.0;
    let titled = capitals && centred;
    let mut weight = 0.0;
    if said {
        weight += 0.25;
    }
    if titled {
        weight += 0.1;
    }
    let authority = |line: &TextLine| {
        let text = fold(&line.text);
        AUTHORITIES.iter().any(|a| text.starts_with(a))
            || (!wanted.authority.is_empty() && text == wanted.authority)
    };
    let before = |other: &&TextLine| {
        other.baseline > line.baseline
            && other.baseline - line.baseline < 2.5 * line.size
            && (other.rect.middle() - line.rect.middle()).abs() < 40.0
    };
    // The head of an agency signs without an authority line.
    let head_alone = said && capitals && !text.starts_with("pho ");
    if authority(line) || lines.iter().filter(before).any(authority) || head_alone {
        weight += 0.1;
    }
    (weight, (said || titled).then_some(said))
}

/// Where the seal goes: real size (`width` by `height`), over the left part `covers` (a third)
/// of the personal signature (Thông tư 01/2019/TT-BNV Điều 13), kept inside the page.
pub fn seal_rect(signature: Rect, (width, height): (f32, f32), covers: f32, page: Rect) -> Rect {
    let right = signature.x + signature.width * covers;
    let x = (right - width).clamp(page.x, (page.right() - width).max(page.x));
    let y = signature.y + (signature.height - height) / 2.0;
    let y = y.clamp(page.y, (page.top() - height).max(page.y));
    Rect::new(x, y, width, height)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::SEAL_MM;
    use super::*;
    use crate::pdf::font::Face;
    use crate::pdf::text::Glyph;
    use crate::pdf::text::tests::set;

    fn centred(text: &str, baseline: f32) -> Vec<Glyph> {
        set(text, 420.0 - Face::Serif.width(text, 14.0) / 2.0, baseline, 14.0)
    }

    /// The best place.
    fn find(pages: &[PageText], full_name: &str, position: &str) -> Option<SignatureBlock> {
        let signer = Signatory { full_name, position, ..Signatory::default() };
        find_signature_blocks(pages, &signer).into_iter().next()
    }

    fn page(lines: &[(&str, f32)]) -> PageText {
        let mut chars = set("Nơi nhận:", 90.0, 300.0, 12.0);
        chars.extend(set("- Như Điều 5;", 90.0, 286.0, 11.0));
        for (text, baseline) in lines {
            chars.extend(centred(text, *baseline));
        }
        PageText::new(chars)
    }

    #[test]
    fn the_room_between_position_and_name_is_found() {
        let pages = [
            page(&[("Nguyễn Văn Hòa", 600.0)]),
            page(&[("TM. ỦY BAN NHÂN DÂN", 300.0), ("CHỦ TỊCH", 284.0), ("Nguyễn Văn Hòa", 190.0)]),
        ];
        let block = find(&pages, "Nguyễn Văn Hòa", "Chủ tịch").unwrap();
        assert_eq!(block.page, 1);
        assert!(block.confidence >= 0.95, "{}", block.confidence);
        assert!((block.rect.middle() - 420.0).abs() < 1.0);
        assert!(block.rect.y >= 190.0 + 10.0 && block.rect.top() <= 284.0);
    }

    #[test]
    fn a_deputy_signs_under_his_own_position() {
        let lines = [
            ("TM. ỦY BAN NHÂN DÂN", 320.0),
            ("KT. CHỦ TỊCH", 304.0),
            ("PHÓ CHỦ TỊCH", 288.0),
            ("Trần Thị Mỹ Duyên", 190.0),
        ];
        let block = find(&[page(&lines)], "Trần Thị Mỹ Duyên", "Phó Chủ tịch").unwrap();
        assert!(block.confidence >= SURE);
        assert!(block.rect.top() <= 288.0);
    }

    #[test]
    fn another_position_above_the_name_is_a_doubt_at_just_the_weight_of_a_sure_place() {
        let lines =
            [("TM. ỦY BAN NHÂN DÂN", 304.0), ("PHÓ CHỦ TỊCH", 288.0), ("Trần Thị Mỹ Duyên", 190.0)];
        let block = find(&[page(&lines)], "Trần Thị Mỹ Duyên", "Chủ tịch").unwrap();
        assert_eq!(block.doubts, [Doubt::OtherPosition]);
        assert!(!block.is_sure(), "{}", block.confidence);
    }

    #[test]
    fn a_rank_before_the_name_is_no_hindrance() {
        let lines = [("TRƯỞNG CÔNG AN XÃ", 300.0), ("Trung tá Huỳnh Thanh Tuyền", 200.0)];
        let block = find(&[page(&lines)], "Huỳnh Thanh Tuyền", "Trưởng Công an xã");
        assert!(block.unwrap().confidence >= SURE);
    }

    #[test]
    fn a_name_in_a_list_is_not_a_sure_place() {
        let lines = [("Trưởng ban", 300.0), ("Nguyễn Văn Hòa", 284.0), ("Thành viên", 268.0)];
        let block = find(&[page(&lines)], "Nguyễn Văn Hòa", "Chủ tịch").unwrap();
        assert!(block.confidence < SURE, "{}", block.confidence);
        assert!(find(&[page(&lines)], "Lê Hoàng Phúc", "Chủ tịch").is_none());
        assert!(find(&[], "Lê Hoàng Phúc", "Chủ tịch").is_none());
        assert!(find(&[page(&lines)], " ", "Chủ tịch").is_none());
    }

    #[test]
    fn the_seal_covers_a_third_of_the_signature_from_the_left() {
        let paper = Rect::new(0.0, 0.0, 595.0, 842.0);
        let signature = Rect::new(335.0, 200.0, 170.0, 74.0);
        let diameter = SEAL_MM * POINTS_PER_MM;
        let seal = seal_rect(signature, (diameter, diameter), 1.0 / 3.0, paper);
        let covered = seal.right() - signature.x;
        assert!((covered - signature.width / 3.0).abs() < 0.01);
        assert!((seal.width - 102.05).abs() < 0.1, "real size");
        let middle = |r: Rect| r.y + r.height / 2.0;
        assert!((middle(seal) - middle(signature)).abs() < 0.01);
    }

    #[test]
    fn the_place_is_where_the_position_stands_and_not_where_the_name_is_named() {
        let mut text = page(&[
            ("TM. ỦY BAN NHÂN DÂN", 300.0),
            ("CHỦ TỊCH", 284.0),
            ("ThS. Nguyễn Văn Hòa", 190.0),
        ]);
        text.chars.extend(set("- Ông Nguyễn Văn Hòa;", 90.0, 272.0, 11.0));
        text.chars.extend(set("Nguyễn Văn Hòa", 90.0, 500.0, 14.0));
        let annex = page(&[("Trưởng ban", 700.0), ("Nguyễn Văn Hòa", 684.0)]);
        let signer = Signatory {
            full_name: "Nguyễn Văn Hòa",
            position: "Chủ tịch",
            authority: "TM. ỦY BAN NHÂN DÂN",
        };
        let found = find_signature_blocks(&[text, annex], &signer);
        assert_eq!(found.len(), 3);
        assert!(found[0].confidence >= SURE && found[0].doubts.is_empty(), "{:?}", found[0]);
        assert_eq!(found[0].page, 0);
        assert!(found[0].rect.y > 190.0 && found[0].rect.top() < 284.0);
        assert!(found[1].confidence < SURE);
    }

    #[test]
    fn two_places_that_are_as_good_are_asked_about() {
        let lines = [("CHỦ TỊCH", 284.0), ("Nguyễn Văn Hòa", 190.0)];
        let found = find_signature_blocks(
            &[page(&lines), page(&lines)],
            &Signatory { full_name: "Nguyễn Văn Hòa", position: "Chủ tịch", authority: "" },
        );
        assert_eq!(found[0].doubts, [Doubt::Several]);
        assert!(found[0].confidence < SURE && found[0].page == 1);
    }

    #[test]
    fn columns_that_nearly_touch_are_two() {
        let mut chars = set("- Thường trực Hội đồng nhân dân xã;", 90.0, 284.0, 11.0);
        let left = chars.last().map(|glyph| glyph.rect.right()).unwrap();
        chars.extend(set("CHỦ TỊCH", left + 12.0, 284.0, 14.0));
        let middle = left + 12.0 + Face::Serif.width("CHỦ TỊCH", 14.0) / 2.0;
        let name = "Nguyễn Văn Hòa";
        chars.extend(set(name, middle - Face::Serif.width(name, 14.0) / 2.0, 190.0, 14.0));
        let block = find(&[PageText::new(chars)], name, "Chủ tịch").unwrap();
        assert!(block.confidence >= SURE, "{block:?}");
    }

    proptest! {
        #[test]
        fn the_seal_stays_on_the_page(
            x in -100f32..700.0, y in -100f32..900.0, w in 1f32..200.0, h in 1f32..200.0,
            d in 10f32..400.0,
        ) {
            let paper = Rect::new(0.0, 0.0, 595.0, 842.0);
            let seal = seal_rect(Rect::new(x, y, w, h), (d, d), 1.0 / 3.0, paper);
            prop_assert!(seal.x >= 0.0 && seal.right() <= 595.01);
            prop_assert!(seal.y >= 0.0 && seal.top() <= 842.01);
        }

        #[test]
        fn any_page_is_survived(
            lines in proptest::collection::vec(("[A-ZĐa-z. ]{0,20}", any::<f32>()), 0..8),
        ) {
            let lines: Vec<(&str, f32)> = lines.iter().map(|(t, y)| (t.as_str(), *y)).collect();
            if let Some(block) = find(&[page(&lines)], "Nơi nhận:", "A") {
                prop_assert!((0.0..=1.0).contains(&block.confidence));
                prop_assert!(block.rect.height > 0.0);
            }
        }
    }
}
