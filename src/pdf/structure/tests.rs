use std::fmt::Write as _;
use std::io::Write as _;

use proptest::prelude::*;

use super::*;

/// A file with a classic cross-reference table, object 1 its catalog.
pub(crate) fn classic(objects: &[&str], trailer: &str) -> Vec<u8> {
    let mut text = String::from("%PDF-1.7\n%\u{e2}\n");
    let mut offsets = Vec::new();
    for (index, object) in objects.iter().enumerate() {
        offsets.push(text.len());
        write!(text, "{} 0 obj\n{object}\nendobj\n", index + 1).unwrap();
    }
    let at = text.len();
    write!(text, "xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).unwrap();
    for offset in offsets {
        writeln!(text, "{offset:010} 00000 n ").unwrap();
    }
    let size = objects.len() + 1;
    write!(text, "trailer\n<< /Size {size} /Root 1 0 R {trailer} >>\nstartxref\n{at}\n%%EOF\n")
        .unwrap();
    text.into_bytes()
}

pub(crate) fn two_pages() -> Vec<u8> {
    classic(
        &[
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R 4 0 R] /Count 2 /MediaBox [0 0 595 842] /Rotate -90 >>",
            "<< /Type /Page /Parent 2 0 R /Contents 5 0 R >>",
            "<< /Type /Page /Parent 2 0 R /Contents 5 0 R /Rotate 0 /CropBox [700 9 10 800] >>",
            "<< /Length 6 0 R >>\nstream\nq Q\nendstream",
            "3",
        ],
        "",
    )
}

fn source(bytes: Vec<u8>) -> Result<Source, PdfError> {
    Source::parse(bytes.into())
}

/// The same bytes as a file that is read by blocks so small that everything spans several.
fn on_disk(bytes: &[u8]) -> Result<Source, PdfError> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    Source::over(Storage::on_disk(file, 7)?)
}

/// All that a source tells.
fn told(source: Result<Source, PdfError>) -> Result<String, PdfError> {
    let source = source?;
    let mut entries: Vec<_> = source.entries().collect();
    entries.sort_unstable_by_key(|(number, _)| *number);
    let mut told = format!("{:?} {:?} {:?}", source.revisions(), source.pages(), source.trailer());
    for (number, _) in entries {
        write!(told, "\n{:?}", source.indirect((number, 0))).unwrap();
        write!(told, "{:?}", source.stream_decoded((number, 0))).unwrap();
    }
    source.intact()?;
    Ok(told)
}

/// The same document with object and cross-reference streams.
fn compressed() -> Vec<u8> {
    let mut document = lopdf::Document::load_mem(&two_pages()).unwrap();
    let mut bytes = Vec::new();
    document.save_modern(&mut bytes).unwrap();
    bytes
}

#[test]
fn pages_and_their_geometry_are_found() {
    let source = source(two_pages()).unwrap();
    assert_eq!(source.page_count(), Ok(2));
    let first = source.page_geometry(1).unwrap();
    assert_eq!((first.rotate, first.shown_size()), (270, (842.0, 595.0)));
    let second = source.page_geometry(2).unwrap();
    assert_eq!((second.rotate, second.crop.x, second.crop.width), (0, 10.0, 585.0));
    assert!(matches!(source.page(3), Err(PdfError::NoSuchPage { page: 3, pages: 2 })));
    assert_eq!(source.stream_decoded((5, 0)).unwrap().as_deref(), Some(&b"q Q"[..]));
}

#[test]
fn object_streams_and_cross_reference_streams_are_read() {
    let source = source(compressed()).unwrap();
    assert!(source.entries().any(|(_, entry)| matches!(entry, Entry::In { .. })));
    assert_eq!(source.page_count(), Ok(2));
    assert_eq!(source.page_geometry(1).unwrap().rotate, 270);
}

#[test]
fn bad_files_are_refused_by_name() {
    assert!(matches!(source(Vec::new()), Err(PdfError::Empty)));
    assert!(matches!(source(b"PK\x03\x04".to_vec()), Err(PdfError::NotPdf)));
    assert!(matches!(source(b"%PDF-1.4\n".to_vec()), Err(PdfError::Damaged(_))));
    let encrypted = classic(
        &["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [] /Count 0 >>"],
        "/Encrypt << /Filter /Standard >>",
    );
    assert!(matches!(source(encrypted), Err(PdfError::Encrypted)));
}

#[test]
fn circles_end() {
    let circle =
        classic(&["<< /Type /Catalog /Pages 2 0 R >>", "<< /Type /Pages /Kids [2 0 R] >>"], "");
    assert!(source(circle).unwrap().page_count().is_err());
    let text = String::from_utf8_lossy(&two_pages()).into_owned();
    let at: usize = text.rfind("startxref\n").unwrap();
    let offset = text[at + 10..].lines().next().unwrap();
    let looped = two_pages();
    let looped = String::from_utf8_lossy(&looped)
        .replace("/Root 1 0 R", &format!("/Root 1 0 R /Prev {offset}"))
        .into_bytes();
    assert!(source(looped).is_err());
}

#[test]
fn updates_keep_the_old_bytes_and_are_read_back() {
    for bytes in [two_pages(), compressed()] {
        let old = source(bytes.clone()).unwrap();
        let mut update = Update::new(&old).unwrap();
        let (id, mut page) = old.page(1).unwrap();
        page.set("Rotate", 180_i64);
        update.set(id, page.into());
        let fresh = update.allocate();
        assert!(fresh.0 >= 7);
        update.set(fresh, Object::Name(b"fresh".to_vec()));
        let revised = update.write().unwrap();
        let body = revised.bodies[&fresh.0];
        assert!(revised.appended[body..].starts_with(b"/fresh"));

        let whole = [bytes.clone(), revised.appended].concat();
        let new = source(whole.clone()).unwrap();
        assert_eq!(new.page_geometry(1).unwrap().rotate, 180);
        assert_eq!(new.page_geometry(2).unwrap().rotate, 0);
        assert_eq!(new.object(fresh).unwrap(), Object::Name(b"fresh".to_vec()));
        let ends: Vec<usize> = new.revisions().iter().map(|revision| revision.end).collect();
        assert_eq!(ends, vec![bytes.trim_ascii_end().len(), whole.len() - 1]);
        // The prefix is the old file.
        assert_eq!(new.until(ends[0]).unwrap().page_geometry(1).unwrap().rotate, 270);
        // Another reader agrees.
        let theirs = lopdf::Document::load_mem(&whole).unwrap();
        let rotate = theirs.get_dictionary(id).unwrap().get(b"Rotate").unwrap();
        assert_eq!(rotate.as_i64().unwrap(), 180);
    }
}

#[test]
fn nothing_is_appended_to_a_file_with_something_after_its_end() {
    let mut bytes = two_pages();
    bytes.extend_from_slice(b"\n1 0 obj << >> endobj\n");
    assert!(Update::new(&source(bytes).unwrap()).is_err());
}

#[test]
fn a_file_may_begin_with_something_else() {
    let bytes = [b"junk\n".to_vec(), two_pages()].concat();
    let old = source(bytes.clone()).unwrap();
    assert_eq!((old.header_at(), old.page_count()), (5, Ok(2)));
    let mut update = Update::new(&old).unwrap();
    let fresh = update.allocate();
    update.set(fresh, Object::Integer(4));
    let whole = [bytes, update.write().unwrap().appended].concat();
    assert_eq!(source(whole).unwrap().object(fresh).unwrap(), Object::Integer(4));
}

/// Appends a cross-reference stream for these rows, uncompressed, and gives its place.
fn stream_section(
    bytes: &mut Vec<u8>,
    number: u32,
    index: &str,
    rows: &[[u8; 4]],
    rest: &str,
) -> usize {
    let at = bytes.len();
    let size = rows.len() * 4;
    bytes.extend_from_slice(
        format!("{number} 0 obj\n<</Type/XRef/W[1 2 1]/Index[{index}]/Size 9/Length {size}{rest}>>\nstream\n")
            .as_bytes(),
    );
    rows.iter().for_each(|row| bytes.extend_from_slice(row));
    bytes.extend_from_slice(b"\nendstream\nendobj\n");
    at
}

#[test]
fn hybrid_files_show_the_objects_that_old_readers_do_not_see() {
    let mut bytes = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n".to_vec();
    let pages = bytes.len();
    bytes.extend_from_slice(b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n");
    let hidden = bytes.len();
    bytes.extend_from_slice(b"3 0 obj\n(hidden)\nendobj\n");
    let [high, low] = (hidden as u16).to_be_bytes();
    let stream = stream_section(&mut bytes, 4, "3 1", &[[1, high, low, 0]], "");
    let table = bytes.len();
    bytes.extend_from_slice(
        format!(
            "xref\n0 4\n0000000003 65535 f \n0000000009 00000 n \n{pages:010} 00000 n \n\
             0000000000 00000 f \ntrailer\n<</Size 5/Root 1 0 R/XRefStm {stream}>>\n\
             startxref\n{table}\n%%EOF\n"
        )
        .as_bytes(),
    );
    let old = source(bytes.clone()).unwrap();
    assert_eq!(old.object((3, 0)).unwrap().as_str().unwrap(), b"hidden");
    // What is appended is a table again, and hides nothing.
    let mut update = Update::new(&old).unwrap();
    let fresh = update.allocate();
    update.set(fresh, Object::Integer(7));
    let revised = update.write().unwrap().appended;
    assert!(revised.windows(5).any(|window| window == b"xref\n"));
    let new = source([bytes, revised].concat()).unwrap();
    assert_eq!(new.object((3, 0)).unwrap().as_str().unwrap(), b"hidden");
    assert_eq!(new.object(fresh).unwrap(), Object::Integer(7));
    assert_eq!(new.revisions().len(), 2);
}

#[test]
fn a_linearised_file_is_one_revision() {
    // The first section stands at the beginning and continues at the end.
    let mut bytes = b"%PDF-1.5\n".to_vec();
    let room = bytes.len();
    bytes.resize(room + 300, b' ');
    let catalog = bytes.len();
    bytes.extend_from_slice(b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n");
    let pages = bytes.len();
    bytes.extend_from_slice(b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n");
    let main = bytes.len();
    bytes.extend_from_slice(
        format!(
            "xref\n0 1\n0000000000 65535 f \n2 1\n{pages:010} 00000 n \ntrailer\n<</Size 3>>\n"
        )
        .as_bytes(),
    );
    bytes.extend_from_slice(format!("startxref\n{room}\n%%EOF\n").as_bytes());
    let first = format!(
        "xref\n1 1\n{catalog:010} 00000 n \ntrailer\n<</Size 3/Root 1 0 R/Prev {main}>>\n\
         startxref\n0\n%%EOF\n"
    );
    bytes[room..room + first.len()].copy_from_slice(first.as_bytes());
    let source = source(bytes.clone()).unwrap();
    assert_eq!(source.page_count(), Ok(0));
    assert_eq!(source.revisions(), [Revision { xref_at: room, end: bytes.len() - 1 }]);
}

#[test]
fn a_streams_length_may_stand_in_an_object_stream() {
    // Object 5 is `3`, in an object stream that nothing opened before.
    let mut bytes = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n".to_vec();
    let pages = bytes.len();
    bytes.extend_from_slice(b"2 0 obj\n<</Type/Pages/Kids[]/Count 0>>\nendobj\n");
    let lengths = bytes.len();
    bytes.extend_from_slice(
        b"3 0 obj\n<</Type/ObjStm/N 1/First 4/Length 5>>\nstream\n5 0 3\nendstream\nendobj\n",
    );
    let stream = bytes.len();
    bytes.extend_from_slice(b"4 0 obj\n<</Length 5 0 R>>\nstream\nq Q\nendstream\nendobj\n");
    let at = |place: usize| {
        let [high, low] = (place as u16).to_be_bytes();
        [1, high, low, 0]
    };
    let rows = [at(9), at(pages), at(lengths), at(stream), [2, 0, 3, 0], at(bytes.len())];
    let table = stream_section(&mut bytes, 6, "1 6", &rows, "/Root 1 0 R");
    bytes.extend_from_slice(format!("startxref\n{table}\n%%EOF\n").as_bytes());
    let source = source(bytes).unwrap();
    assert_eq!(source.stream_decoded((4, 0)).unwrap().as_deref(), Some(&b"q Q"[..]));
}

#[test]
fn a_file_on_the_disk_tells_what_it_tells_in_memory() {
    for bytes in [two_pages(), compressed(), [b"junk\n".to_vec(), two_pages()].concat()] {
        let update = Update::new(&on_disk(&bytes).unwrap()).unwrap().write().unwrap().appended;
        let whole = [bytes.clone(), update.clone()].concat();
        assert_eq!(told(on_disk(&whole)), told(source(whole.clone())));
        let grown = on_disk(&bytes).unwrap().with_appended(&update);
        assert_eq!(told(grown), told(source(whole.clone())));
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file.pdf");
        std::fs::write(&path, &whole).unwrap();
        assert_eq!(told(Source::open(&path)), told(source(whole)));
    }
    let folder = tempfile::tempdir().unwrap();
    assert!(matches!(Source::open(folder.path()), Err(PdfError::Unreadable(_))));
    assert!(matches!(Source::open(&folder.path().join("missing")), Err(PdfError::Unreadable(_))));
}

proptest! {
    #[test]
    fn damage_is_the_same_on_the_disk(at in any::<prop::sample::Index>(), byte: u8, kind: bool) {
        let mut bytes = if kind { two_pages() } else { compressed() };
        let index = at.index(bytes.len());
        bytes[index] = byte;
        prop_assert_eq!(told(on_disk(&bytes)), told(source(bytes)));
    }

    #[test]
    fn no_damage_makes_it_panic(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>(), kind: bool) {
        let mut bytes = if kind { two_pages() } else { compressed() };
        let index = at.index(bytes.len());
        bytes[index] = byte;
        bytes.truncate(cut.index(bytes.len()).max(bytes.len() / 2));
        if let Ok(source) = source(bytes) {
            let _ = source.page_count();
            let _ = source.page_geometry(1);
            let _ = source.signature_fields();
            let _ = Update::new(&source);
        }
    }
}
