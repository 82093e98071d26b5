//! The signature block: authority, position, room, full name.

use crate::domain::text::{fold, tidy};
use crate::pdf::text::{PageText, TextLine};
use crate::pdf::{POINTS_PER_MM, Rect};

/// Where a person signs.
#[derive(Debug, Clone, Copy, PartialEq)]
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
}

/// Beginnings of an authority line (Nghị định 30/2020/NĐ-CP Điều 13).
const AUTHORITIES: [&str; 5] = ["TM.", "KT.", "TL.", "TUQ.", "Q."];

/// Width and height that a signature has at most.
const WIDEST: f32 = 60.0 * POINTS_PER_MM;
const TALLEST: f32 = 32.0 * POINTS_PER_MM;
/// Less room than this is none.
const LEAST: f32 = 8.0 * POINTS_PER_MM;
/// Farther below the position than this, a name is not the signer's.
const FARTHEST: f32 = 60.0 * POINTS_PER_MM;

/// Finds where `full_name` signs as `position`; the last page first, on a page the lowest
/// place first. The position may be empty or more than one line.
///
/// Without the name on any page there is no place: `None`, and people must choose one.
pub fn find_signature_block(
    pages: &[PageText],
    full_name: &str,
    position: &str,
) -> Option<SignatureBlock> {
    let name = tidy(full_name);
    if name.is_empty() {
        return None;
    }
    let folded = fold(&name);
    let position = fold(&tidy(position.lines().last().unwrap_or_default()));
    let mut best: Option<SignatureBlock> = None;
    for (index, page) in pages.iter().enumerate().rev() {
        let lines = page.lines();
        for line in lines.iter().rev() {
            let exactly = line.text == name;
            // A rank may stand before the name of an officer.
            let said = fold(&line.text);
            let ranked = said.ends_with(&folded) && said.len() <= folded.len() + 20;
            if !exactly && !ranked {
                continue;
            }
            let block = judge(&lines, line, exactly, &position, index as u32);
            if best.is_none_or(|best| block.confidence > best.confidence) {
                best = Some(block);
            }
        }
        // A sure place on a later page is not left for one on an earlier page.
        if best.is_some_and(|best| best.confidence >= super::SURE) {
            break;
        }
    }
    best
}

/// Weighs what stands above a name.
fn judge(
    lines: &[TextLine],
    name: &TextLine,
    exactly: bool,
    position: &str,
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

    let mut confidence: f32 = if exactly { 0.4 } else { 0.3 };
    let top_of_name = name.baseline + 0.8 * name.size;
    let ceiling =
        nearest.map_or(top_of_name + 25.0 * POINTS_PER_MM, |line| line.baseline - 0.25 * line.size);
    let room = ceiling - top_of_name;
    if room >= LEAST {
        confidence += 0.15;
    }
    let mut position_rect = None;
    if let Some(line) = nearest {
        let text = fold(&line.text);
        let said = !position.is_empty() && text.ends_with(position);
        if said {
            confidence += 0.25;
            position_rect = Some(line.rect);
        }
        // Set as a title: all capitals, and centred over the name.
        let capitals = line.text.chars().all(|c| !c.is_lowercase());
        let centred = (line.rect.middle() - name.rect.middle()).abs() < 12.0;
        if capitals && centred {
            confidence += 0.1;
            position_rect.get_or_insert(line.rect);
        }
        let authority = |line: &TextLine| AUTHORITIES.iter().any(|a| line.text.starts_with(a));
        let before = |other: &&TextLine| {
            other.baseline > line.baseline
                && other.baseline - line.baseline < 2.5 * line.size
                && (other.rect.middle() - line.rect.middle()).abs() < 40.0
        };
        // The head of an agency signs without an authority line.
        let head_alone = said && capitals && !text.starts_with("pho ");
        if authority(line) || lines.iter().filter(before).any(authority) || head_alone {
            confidence += 0.1;
        }
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
        position: position_rect,
        confidence: confidence.min(1.0),
    }
}

/// Where the seal goes: real size, its right third over the left third of the personal
/// signature (Thông tư 01/2019/TT-BNV Điều 13), kept inside the page.
pub fn seal_rect(signature: Rect, diameter: f32, page: Rect) -> Rect {
    let right = signature.x + signature.width / 3.0;
    let x = (right - diameter).clamp(page.x, (page.right() - diameter).max(page.x));
    let y = signature.y + (signature.height - diameter) / 2.0;
    let y = y.clamp(page.y, (page.top() - diameter).max(page.y));
    Rect::new(x, y, diameter, diameter)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{SEAL_MM, SURE};
    use super::*;
    use crate::pdf::font::Face;
    use crate::pdf::text::Glyph;
    use crate::pdf::text::tests::set;

    fn centred(text: &str, baseline: f32) -> Vec<Glyph> {
        set(text, 420.0 - Face::Serif.width(text, 14.0) / 2.0, baseline, 14.0)
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
        let block = find_signature_block(&pages, "Nguyễn Văn Hòa", "Chủ tịch").unwrap();
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
        let block =
            find_signature_block(&[page(&lines)], "Trần Thị Mỹ Duyên", "Phó Chủ tịch").unwrap();
        assert!(block.confidence >= SURE);
        assert!(block.rect.top() <= 288.0);
    }

    #[test]
    fn a_rank_before_the_name_is_no_hindrance() {
        let lines = [("TRƯỞNG CÔNG AN XÃ", 300.0), ("Trung tá Huỳnh Thanh Tuyền", 200.0)];
        let block = find_signature_block(&[page(&lines)], "Huỳnh Thanh Tuyền", "Trưởng Công an xã");
        assert!(block.unwrap().confidence >= SURE);
    }

    #[test]
    fn a_name_in_a_list_is_not_a_sure_place() {
        let lines = [("Trưởng ban", 300.0), ("Nguyễn Văn Hòa", 284.0), ("Thành viên", 268.0)];
        let block = find_signature_block(&[page(&lines)], "Nguyễn Văn Hòa", "Chủ tịch").unwrap();
        assert!(block.confidence < SURE, "{}", block.confidence);
        assert!(find_signature_block(&[page(&lines)], "Lê Hoàng Phúc", "Chủ tịch").is_none());
        assert!(find_signature_block(&[], "Lê Hoàng Phúc", "Chủ tịch").is_none());
        assert!(find_signature_block(&[page(&lines)], " ", "Chủ tịch").is_none());
    }

    #[test]
    fn the_seal_covers_a_third_of_the_signature_from_the_left() {
        let paper = Rect::new(0.0, 0.0, 595.0, 842.0);
        let signature = Rect::new(335.0, 200.0, 170.0, 74.0);
        let diameter = SEAL_MM * POINTS_PER_MM;
        let seal = seal_rect(signature, diameter, paper);
        let covered = seal.right() - signature.x;
        assert!((covered - signature.width / 3.0).abs() < 0.01);
        assert!((seal.width - 102.05).abs() < 0.1, "real size");
        let middle = |r: Rect| r.y + r.height / 2.0;
        assert!((middle(seal) - middle(signature)).abs() < 0.01);
    }

    proptest! {
        #[test]
        fn the_seal_stays_on_the_page(
            x in -100f32..700.0, y in -100f32..900.0, w in 1f32..200.0, h in 1f32..200.0,
            d in 10f32..400.0,
        ) {
            let paper = Rect::new(0.0, 0.0, 595.0, 842.0);
            let seal = seal_rect(Rect::new(x, y, w, h), d, paper);
            prop_assert!(seal.x >= 0.0 && seal.right() <= 595.01);
            prop_assert!(seal.y >= 0.0 && seal.top() <= 842.01);
        }

        #[test]
        fn any_page_is_survived(
            lines in proptest::collection::vec(("[A-ZĐa-z. ]{0,20}", any::<f32>()), 0..8),
        ) {
            let lines: Vec<(&str, f32)> = lines.iter().map(|(t, y)| (t.as_str(), *y)).collect();
            if let Some(block) = find_signature_block(&[page(&lines)], "Nơi nhận:", "A") {
                prop_assert!((0.0..=1.0).contains(&block.confidence));
                prop_assert!(block.rect.height > 0.0);
            }
        }
    }
}
