//! Drafts that others made: LibreOffice Writer, from word-processor files as offices write
//! them (`tests/data/drafts/make.py`). What is read off them, where the signature goes, and
//! the same on pages that are cropped, turned, or measured in units of their own.

use lopdf::{Document, Object, Stream, dictionary};
use vanthu::domain::document::Signer;
use vanthu::pdf::Rect;
use vanthu::pdf::blanks::{Doubt, Part, SURE, Wanted, find_signature_blocks, read_issue_head};
use vanthu::pdf::structure::{PageGeometry, Source};

use super::{best, saved, shown, squeezed, stamped, stamps, texts};

struct Draft {
    name: &'static str,
    signer: Signer,
    /// Page, from 0, of the signature.
    page: u32,
    /// What stands at its head.
    head: &'static str,
    /// What signing it as number 128 on 6 November 2026 writes.
    written: &'static [(Part, &'static str)],
    notation: &'static str,
}

fn signer(competence: &str, position: &str, full_name: &str) -> Signer {
    let [competence, position, full_name] = [competence, position, full_name].map(str::to_owned);
    Signer { competence, position, full_name }
}

fn drafts() -> Vec<Draft> {
    use Part::{Day, Month, Number, Year};
    vec![
        Draft {
            name: "quyet-dinh",
            signer: signer("TM. ỦY BAN NHÂN DÂN", "Chủ tịch", "Nguyễn Văn Hòa"),
            page: 0,
            head: "Số: …/QĐ-UBND, ngày … tháng 11 năm 2026",
            written: &[(Number, "128"), (Day, "06")],
            notation: "QĐ-UBND",
        },
        Draft {
            name: "cong-van",
            signer: signer("KT. CHỦ TỊCH", "Phó Chủ tịch", "Trần Thị Mỹ Duyên"),
            page: 0,
            head: "Số: …/UBND-VX, ngày … tháng … năm 2026",
            written: &[(Number, "128"), (Day, "06"), (Month, "11")],
            notation: "UBND-VX",
        },
        Draft {
            name: "to-trinh",
            signer: signer("KT. CHỦ TỊCH", "Phó Chủ tịch", "Lê Hoàng Phúc"),
            page: 0,
            head: "Số: …/TTr-UBND, ngày … tháng … năm 20…",
            written: &[(Number, "128"), (Day, "06"), (Month, "11"), (Year, "26")],
            notation: "TTr-UBND",
        },
        Draft {
            name: "giay-moi-ngang",
            signer: signer("TL. CHỦ TỊCH", "Chánh Văn phòng", "Phạm Quốc Khánh"),
            page: 0,
            head: "Số: 123/GM-UBND, ngày 05 tháng 11 năm 2026",
            written: &[],
            notation: "GM-UBND",
        },
        Draft {
            name: "ke-hoach-hai-trang",
            signer: signer("TM. ỦY BAN NHÂN DÂN", "Chủ tịch", "Nguyễn Văn Hòa"),
            page: 1,
            head: "Số: …/KH-UBND, ngày … tháng … năm 2026",
            written: &[(Number, "128"), (Day, "06"), (Month, "11")],
            notation: "KH-UBND",
        },
        Draft {
            name: "bien-ban-a3",
            signer: signer("", "Trưởng phòng Kinh tế", "Lê Hoàng Phúc"),
            page: 0,
            head: "Số: 07/BB-UBND, ngày 23 tháng 11 năm 2026",
            written: &[],
            notation: "BB-UBND",
        },
    ]
}

fn file(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/data/drafts/{name}.pdf", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(path).unwrap()
}

fn wanted(notation: &str) -> Wanted<'_> {
    Wanted { number: "128", notation, day: "06", month: "11", year: "2026" }
}

#[test]
fn number_and_date_are_read_and_written() {
    for draft in drafts() {
        let bytes = file(draft.name);
        let head = read_issue_head(&shown(&bytes)[0]);
        assert_eq!(head.as_written(), draft.head, "{}", draft.name);
        assert_eq!(head.missing(), [], "{}", draft.name);
        let wanted = wanted(draft.notation);
        let openings = head.openings(&wanted);
        let written: Vec<_> = openings.iter().map(|one| (one.part, one.text.as_str())).collect();
        assert_eq!(written, draft.written, "{}", draft.name);
        // What is written already is not what would be taken: said, whatever else is blank.
        let differs = draft.written.is_empty();
        assert_eq!(head.differing(&wanted).is_empty(), !differs, "{}", draft.name);
        if differs {
            continue;
        }
        let page = shown(&stamped(&bytes, &stamps(&head, &wanted))).swap_remove(0);
        let head = read_issue_head(&page);
        let stands = |part: &str| {
            let plain: String = squeezed(&page.plain()).replace(['.', '…', '_'], "");
            assert!(plain.contains(part), "{}: {part} in {plain}", draft.name);
        };
        assert!(head.differing(&wanted).is_empty(), "{}: {head:?}", draft.name);
        stands("128");
        stands("06");
    }
}

#[test]
fn the_signature_goes_between_position_and_name() {
    for draft in drafts() {
        let pages = shown(&file(draft.name));
        let block = best(&pages, &draft.signer);
        assert_eq!(block.page, draft.page, "{}: {block:?}", draft.name);
        assert!(block.confidence >= SURE, "{}: {block:?}", draft.name);
        assert_eq!(block.doubts, [], "{}", draft.name);
        let position = block.position.unwrap();
        assert!(block.rect.top() <= position.y + 5.0, "{}: {block:?}", draft.name);
        assert!(block.rect.y >= block.name.y, "{}: {block:?}", draft.name);
        assert!(block.rect.height > 22.0, "{}: {block:?}", draft.name);
        assert!((block.rect.middle() - block.name.middle()).abs() < 1.0, "{}", draft.name);
        // No line of text is under it.
        let inside = pages[block.page as usize].lines().into_iter().find(|line| {
            let middle = line.baseline + 0.3 * line.size;
            line.rect.x < block.rect.right()
                && line.rect.right() > block.rect.x
                && (block.rect.y..block.rect.top()).contains(&middle)
        });
        assert!(inside.is_none(), "{}: {inside:?}", draft.name);
    }
}

#[test]
fn the_other_party_signs_in_the_other_column() {
    let pages = shown(&file("bien-ban-a3"));
    let one = best(&pages, &signer("", "Trưởng phòng Kinh tế", "Lê Hoàng Phúc"));
    let other = best(&pages, &signer("", "Chánh Văn phòng", "Phạm Quốc Khánh"));
    assert!(one.rect.right() < other.rect.x, "{one:?} {other:?}");
    assert!((one.name.y - other.name.y).abs() < 1.0);
    assert!(one.confidence >= SURE && other.confidence >= SURE);
}

#[test]
fn who_is_only_named_has_no_sure_place() {
    let pages = shown(&file("ke-hoach-hai-trang"));
    // In the annex' table alone.
    let found = best(&pages, &signer("", "Phó Chủ tịch", "Trần Thị Mỹ Duyên"));
    assert!(found.confidence < SURE, "{found:?}");
    assert!(found.doubts.contains(&Doubt::NoRoom) || found.doubts.contains(&Doubt::NoPosition));
    let pages = shown(&file("quyet-dinh"));
    let named =
        vanthu::pdf::blanks::Signatory { full_name: "Trần Văn Khác", ..Default::default() };
    assert!(find_signature_blocks(&pages, &named).is_empty());
}

/// `bytes` with its first page laid on another sheet: what is shown stays the same.
fn laid_out(bytes: &[u8], page: &PageGeometry) -> Vec<u8> {
    let mut file = Document::load_mem(bytes).unwrap();
    let id = file.page_iter().next().unwrap();
    let matrix = page.points_matrix().map(|n| n.to_string()).join(" ");
    let before = file.add_object(Stream::new(dictionary! {}, format!("q {matrix} cm\n").into()));
    let after = file.add_object(Stream::new(dictionary! {}, b"\nQ".to_vec()));
    let corners =
        |rect: Rect| [rect.x, rect.y, rect.right(), rect.top()].map(Object::Real).to_vec();
    let dictionary = file.get_dictionary_mut(id).unwrap();
    let content = dictionary.get(b"Contents").unwrap().clone();
    dictionary.set("Contents", vec![before.into(), content, after.into()]);
    dictionary.set("MediaBox", corners(page.media));
    dictionary.set("CropBox", corners(page.crop));
    dictionary.set("Rotate", i64::from(page.rotate));
    if page.user_unit != 1.0 {
        dictionary.set("UserUnit", page.user_unit);
    }
    saved(&mut file)
}

#[test]
fn cropped_turned_and_scaled_pages_show_the_same_places() {
    let bytes = file("quyet-dinh");
    let draft = drafts().swap_remove(0);
    let plain = shown(&bytes);
    let (block, head) = (best(&plain, &draft.signer), read_issue_head(&plain[0]));
    let wanted = wanted(draft.notation);
    let (a4, grown) = (Rect::new(0.0, 0.0, 595.3, 841.9), Rect::new(-40.0, 25.0, 700.0, 950.0));
    let cropped = Rect::new(10.0, 60.0, 595.3, 841.9);
    let turned = |rect: Rect| Rect::new(rect.x, rect.y, rect.height, rect.width);
    let mut cases = vec![
        (PageGeometry { media: grown, crop: cropped, rotate: 0, user_unit: 1.0 }, "cropped"),
        (PageGeometry { media: a4, crop: a4, rotate: 180, user_unit: 1.0 }, "180"),
        (
            PageGeometry { media: a4.scaled(0.5), crop: a4.scaled(0.5), rotate: 0, user_unit: 2.0 },
            "units of 1/36 inch",
        ),
    ];
    for rotate in [90, 270] {
        let (media, crop) = (turned(grown), turned(cropped));
        let media = Rect { y: media.y - 100.0, height: media.height + 200.0, ..media };
        cases.push((PageGeometry { media, crop, rotate, user_unit: 1.0 }, "turned and cropped"));
    }
    for (page, what) in cases {
        let what = format!("{what} {}", page.rotate);
        let other = laid_out(&bytes, &page);
        let source = Source::parse(other.as_slice().into()).unwrap();
        let geometry = source.page_geometry(1).unwrap();
        assert_eq!((geometry.rotate, geometry.user_unit), (page.rotate, page.user_unit), "{what}");
        let pages = shown(&other);
        let found = best(&pages, &draft.signer);
        assert!(found.confidence >= SURE, "{what}: {found:?}");
        for (a, b) in [
            (found.rect.x, block.rect.x),
            (found.rect.y, block.rect.y),
            (found.rect.width, block.rect.width),
            (found.rect.height, block.rect.height),
        ] {
            assert!((a - b).abs() < 1.5, "{what}: {:?} is not {:?}", found.rect, block.rect);
        }
        assert!(geometry.crop.holds(&geometry.user_from_points(found.rect), 0.5), "{what}");
        let there = read_issue_head(&pages[0]);
        assert_eq!(there.as_written(), head.as_written(), "{what}");
        // Stamped, the number stands in its blank, upright, at its size.
        let done = shown(&stamped(&other, &stamps(&there, &wanted))).swap_remove(0);
        let lines: Vec<_> = done.lines().into_iter().map(|line| squeezed(&line.text)).collect();
        assert!(lines.contains(&"Số:128/QĐ-UBND".to_owned()), "{what}: {lines:?}");
        assert!(lines.contains(&"TânBình,ngày06tháng11năm2026".to_owned()), "{what}: {lines:?}");
    }
}

#[test]
fn a_scan_has_no_places() {
    // A page without a character, as a scanner makes it.
    let mut scan = Document::load_mem(&file("quyet-dinh")).unwrap();
    let id = scan.page_iter().next().unwrap();
    let empty = scan.add_object(Stream::new(dictionary! {}, b"0 0 10 10 re f".to_vec()));
    scan.get_dictionary_mut(id).unwrap().set("Contents", empty);
    let bytes = saved(&mut scan);
    assert!(texts(&super::open(bytes.clone())).iter().all(|page| page.chars.is_empty()));
    assert_eq!(read_issue_head(&shown(&bytes)[0]).missing().len(), 4);
}
