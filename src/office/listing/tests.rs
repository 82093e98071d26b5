//! What is written is what was said, and nothing half.

use jiff::civil::date;

use super::*;

fn listing() -> Listing {
    let column = |title: &str, share: f32| Column {
        title: title.to_owned(),
        share,
        widest: "00/00/0000".to_owned(),
        centred: false,
    };
    Listing {
        title: "Sổ đăng ký văn bản đến".to_owned(),
        sheet: "Sổ đăng ký văn bản đến".to_owned(),
        cover: Cover { agency: "UBND xã Tân Bình".to_owned(), ..Cover::default() },
        columns: vec![column("Ngày đến", 0.0), column("Số đến", 0.0), column("Trích yếu", 1.0)],
    }
}

fn line(subject: &str) -> Vec<Cell> {
    vec![Cell::Date(date(2026, 11, 23)), Cell::Number(15), Cell::Text(subject.to_owned())]
}

fn written(format: Format, subjects: &[&str]) -> (Vec<u8>, u64) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sổ.out");
    let neutralised = write(format, &listing(), &path, &mut |put| {
        subjects.iter().try_for_each(|subject| put(line(subject)))
    })
    .unwrap();
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    (fs::read(path).unwrap(), neutralised)
}

#[test]
fn formulas_from_outside_become_text_and_are_counted() {
    let (bytes, neutralised) =
        written(Format::Csv, &["=HYPERLINK(\"x\")", "-1+1", " @SUM", "a \"b\", c", "thường"]);
    let text = String::from_utf8(bytes).unwrap();
    assert!(text.starts_with("\u{FEFF}Ngày đến,Số đến,Trích yếu\r\n"), "{text}");
    assert_eq!(neutralised, 3);
    assert!(text.contains("2026-11-23,15,\"'=HYPERLINK(\"\"x\"\")\"\r\n"), "{text}");
    assert!(text.contains(",'-1+1\r\n") && text.contains(",' @SUM\r\n"), "{text}");
    assert!(text.contains(",\"a \"\"b\"\", c\"\r\n") && text.ends_with(",thường\r\n"), "{text}");
}

#[test]
fn what_fails_leaves_what_was_there() {
    for format in Format::ALL {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("sổ.out");
        fs::write(&path, "cũ").unwrap();
        let failed = write(format, &listing(), &path, &mut |put| {
            put(line("một"))?;
            Err(OfficeError::Cancelled.into())
        });
        assert_eq!(failed.unwrap_err().code, "office-cancelled");
        assert_eq!(fs::read(&path).unwrap(), "cũ".as_bytes());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "{format:?}");
        let nowhere = dir.path().join("không/có/sổ.out");
        let refused = write(format, &listing(), &nowhere, &mut |put| put(line("một")));
        let problem = refused.unwrap_err();
        assert_eq!(problem.code, "office-not-written");
        assert_eq!(problem.args[0].1, nowhere.display().to_string());
    }
}

#[test]
fn a_workbook_holds_dates_as_numbers_and_no_formulas() {
    let (bytes, _) = written(Format::Xlsx, &["=1+1", "Về việc khen thưởng"]);
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut part = |name: &str| {
        let mut text = String::new();
        std::io::Read::read_to_string(&mut archive.by_name(name).unwrap(), &mut text).unwrap();
        text
    };
    let sheet = part("xl/worksheets/sheet1.xml");
    // 23 November 2026 in days since 1900.
    assert!(sheet.contains("<v>46349</v>"), "{sheet}");
    assert!(sheet.contains("<v>15</v>") && !sheet.contains("<f>"), "{sheet}");
    assert!(sheet.contains("state=\"frozen\""), "{sheet}");
    let book = part("xl/workbook.xml");
    assert!(
        book.contains("Sổ đăng ký văn bản đến") && book.contains("_xlnm.Print_Titles"),
        "{book}"
    );
}

#[test]
fn a_register_on_paper_is_a_whole_pdf() {
    let (bytes, _) = written(Format::Pdf, &["Về việc khen thưởng"; 60]);
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let source = crate::pdf::structure::Source::parse(bytes.into()).unwrap();
    assert!(source.page_geometry(3).is_ok(), "a cover and more than one page of rows");
}
