//! Every format in, one PDF out: its pages as large as the paper, its pixels as they came.

use std::path::{Path, PathBuf};

use vanthu::pdf::import::{self, Copies, Format, Ink, PaperWriter, Turn};
use vanthu::pdf::render::{Bitmap, Renderer};
use vanthu::pdf::structure::Source;

use crate::data;
use crate::scans::{grey, held, images, jpeg, mm, page_size, poppler, scan};

/// All pages of files, with one turn for each page that has one.
fn made(files: &[Vec<u8>], turns: &[Turn]) -> Vec<u8> {
    let mut writer = PaperWriter::begin(Vec::new()).unwrap();
    let mut number = 0;
    for bytes in files {
        let pages = import::survey(bytes).unwrap().len();
        let source = (Format::of(bytes) == Some(Format::Pdf))
            .then(|| Source::parse(bytes.clone().into()).unwrap());
        let mut copies = Copies::default();
        for page in 0..u32::try_from(pages).unwrap() {
            let turn = turns.get(number).copied().unwrap_or_default();
            match &source {
                Some(source) => writer.add_pdf_page(source, page + 1, turn, &mut copies).unwrap(),
                None => writer.add_image(bytes, page, turn).unwrap(),
            }
            number += 1;
        }
    }
    writer.finish("Thử").unwrap()
}

fn written(folder: &Path, files: &[Vec<u8>], turns: &[Turn]) -> PathBuf {
    let path = folder.join("ra.pdf");
    std::fs::write(&path, made(files, turns)).unwrap();
    // Nothing that poppler would have to mend.
    let told = std::process::Command::new("pdfinfo").arg(&path).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&told.stderr), "");
    path
}

fn draw(pdf: &Path, page: u32, width: u32) -> Bitmap {
    let document = Renderer::start().unwrap().open(std::fs::read(pdf).unwrap().into()).unwrap();
    let points = document.pages()[page as usize].width;
    document.page(page, width as f32 / points).unwrap()
}

/// How much of a picture's part is dark: of `(x, y, width, height)`, parts of the whole.
fn dark(picture: &Bitmap, part: (f32, f32, f32, f32)) -> f32 {
    let (w, h) = (picture.width as f32, picture.height as f32);
    let (x, y) = ((part.0 * w) as usize, (part.1 * h) as usize);
    let (width, height) = ((part.2 * w) as usize, (part.3 * h) as usize);
    let mut ink = 0;
    for row in y..y + height {
        for column in x..x + width {
            let at = (row * picture.width as usize + column) * 4;
            ink += u32::from(picture.rgba[at] < 128);
        }
    }
    ink as f32 / (width * height) as f32
}

/// Mean difference of two pictures of one size, 0 to 255.
fn difference(one: &Bitmap, other: &Bitmap) -> f64 {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let sum: u64 =
        one.rgba.iter().zip(other.rgba.iter()).map(|(a, b)| u64::from(a.abs_diff(*b))).sum();
    sum as f64 / one.rgba.len() as f64
}

#[test]
fn jpeg_goes_in_byte_for_byte() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::read(jpeg(dir.path(), "trang")).unwrap();
    let pdf = written(dir.path(), std::slice::from_ref(&file), &[]);
    let bytes = std::fs::read(&pdf).unwrap();
    assert!(bytes.windows(file.len()).any(|part| part == file));
    assert!(bytes.starts_with(b"%PDF-1.7"));
    let (width, height, rotation) = page_size(&pdf, 1);
    assert!((mm(width) - 210.0).abs() < 0.3 && (mm(height) - 297.0).abs() < 0.3);
    assert_eq!(rotation, 0);
    let image = &images(&pdf)[0];
    assert_eq!((image.page, image.packing.as_str(), image.dpi), (1, "jpeg", (200, 200)));
    assert_eq!((image.colour.as_str(), image.components, image.bits), ("rgb", 3, 8));
}

#[test]
fn png_goes_in_as_it_was_packed_and_without_loss() {
    let dir = tempfile::tempdir().unwrap();
    let colour = scan(dir.path(), "màu", "cong-van", 200, &["-png"]);
    let grey = grey(dir.path(), "xám", "cong-van", 200);
    for (name, path, colour) in [("màu", colour, "rgb"), ("xám", grey, "gray")] {
        let pdf = written(dir.path(), &[std::fs::read(&path).unwrap()], &[]);
        let image = &images(&pdf)[0];
        assert_eq!((image.colour.as_str(), image.dpi), (colour, (200, 200)), "{name}");
        // Taken out again by poppler, it is the same picture.
        let out = dir.path().join("lại");
        poppler("pdfimages", &["-png", pdf.to_str().unwrap(), out.to_str().unwrap()]);
        let again = image::open(dir.path().join("lại-000.png")).unwrap();
        assert!(again.to_rgb8() == image::open(&path).unwrap().to_rgb8(), "{name}");
    }
}

#[test]
fn a_transparent_png_lies_on_white_paper() {
    let dir = tempfile::tempdir().unwrap();
    let mut picture = image::RgbaImage::new(1654, 2339);
    for (x, _, pixel) in picture.enumerate_pixels_mut() {
        *pixel = image::Rgba([200, 0, 0, if x < 827 { 255 } else { 0 }]);
    }
    let path = dir.path().join("trong.png");
    picture.save(&path).unwrap();
    let pdf = written(dir.path(), &[std::fs::read(&path).unwrap()], &[]);
    let shown = draw(&pdf, 0, 100);
    assert_eq!(shown.rgba[..3], [200, 0, 0]);
    assert_eq!(shown.rgba[99 * 4..99 * 4 + 3], [255, 255, 255]);
}

#[test]
fn tiff_of_every_packing_shows_the_same_page() {
    let dir = tempfile::tempdir().unwrap();
    let reference = written(dir.path(), &[std::fs::read(jpeg(dir.path(), "mẫu")).unwrap()], &[]);
    let reference = draw(&reference, 0, 400);
    for packing in ["none", "packbits", "lzw", "deflate", "jpeg"] {
        let how = ["-tiff", "-tiffcompression", packing];
        let path = scan(dir.path(), packing, "cong-van", 200, &how);
        let pdf = written(dir.path(), &[std::fs::read(&path).unwrap()], &[]);
        let image = &images(&pdf)[0];
        assert_eq!((image.dpi, image.components), ((200, 200), 3), "{packing}");
        let differs = difference(&reference, &draw(&pdf, 0, 400));
        assert!(differs < 1.5, "{packing}: {differs}");
    }
}

#[test]
fn a_fax_of_two_pages_is_two_pages_of_one_bit() {
    let dir = tempfile::tempdir().unwrap();
    let fax = std::fs::read(data("paper/hai-trang-g4.tif")).unwrap();
    let facts = import::survey(&fax).unwrap();
    assert_eq!(facts.len(), 2);
    assert!(facts.iter().all(|page| page.image.unwrap().ink == Ink::Bilevel));
    let pdf = written(dir.path(), &[fax], &[]);
    for (number, image) in (1..).zip(images(&pdf)) {
        assert_eq!((image.page, image.bits, image.dpi), (number, 1, (200, 200)));
        let (width, height, _) = page_size(&pdf, number);
        assert!((mm(width) - 210.0).abs() < 0.3 && (mm(height) - 297.0).abs() < 0.3);
    }
    // White is white: little of a page is ink.
    let whole = dark(&draw(&pdf, 0, 600), (0.0, 0.0, 1.0, 1.0));
    assert!((0.005..0.2).contains(&whole), "{whole}");
}

#[test]
fn a_page_stands_as_the_camera_was_held() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::read(jpeg(dir.path(), "trang")).unwrap();
    let upright = draw(&written(dir.path(), std::slice::from_ref(&file), &[]), 0, 400);
    for (orientation, quarters) in [(6, 3), (3, 2), (8, 1)] {
        // Held so, the picture must be turned by the note; turned back by hand it is upright.
        let turn = Turn { quarters, tenths: 0 };
        let pdf = written(dir.path(), &[held(&file, orientation)], &[turn]);
        let differs = difference(&upright, &draw(&pdf, 0, 400));
        assert!(differs < 2.0, "{orientation}: {differs}");
        let lying = written(dir.path(), &[held(&file, orientation)], &[]);
        let (width, height, _) = page_size(&lying, 1);
        assert_eq!(width > height, orientation != 3, "{orientation}");
    }
}

#[test]
fn a3_lying_down_stays_a3_and_grey_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = grey(dir.path(), "a3", "bien-ban-a3", 150);
    let bytes = std::fs::read(&path).unwrap();
    let facts = import::survey(&bytes).unwrap()[0].image.unwrap();
    assert_eq!((facts.ink, facts.density.stated), (Ink::Grey, true));
    assert!((facts.density.least() - 150.0).abs() < 0.5);
    let pdf = written(dir.path(), &[bytes], &[Turn { quarters: 1, tenths: 0 }]);
    let (width, height, _) = page_size(&pdf, 1);
    let sides = (mm(width.min(height)), mm(width.max(height)));
    assert!((sides.0 - 297.0).abs() < 0.5 && (sides.1 - 420.0).abs() < 0.5, "{sides:?}");
}

#[test]
fn pages_of_pdf_files_keep_their_text_between_images() {
    let dir = tempfile::tempdir().unwrap();
    let two = std::fs::read(data("drafts/ke-hoach-hai-trang.pdf")).unwrap();
    let lying = std::fs::read(data("drafts/giay-moi-ngang.pdf")).unwrap();
    let picture = std::fs::read(jpeg(dir.path(), "trang")).unwrap();
    let turn = Turn { quarters: 1, tenths: 0 };
    let none = Turn::default();
    let files = [two, picture, lying.clone()];
    let pdf = written(dir.path(), &files, &[none, Turn { quarters: 0, tenths: 15 }, none, turn]);
    let text = |number: &str| {
        poppler("pdftotext", &["-f", number, "-l", number, pdf.to_str().unwrap(), "-"])
    };
    assert!(text("1").contains("KẾ HOẠCH"), "{}", text("1"));
    assert!(text("2").contains("Nơi nhận"), "{}", text("2"));
    assert_eq!(text("3").trim(), "");
    assert!(text("4").contains("GIẤY MỜI"), "{}", text("4"));
    let alone = dir.path().join("ngang.pdf");
    std::fs::write(&alone, lying).unwrap();
    let (before, after) = (page_size(&alone, 1), page_size(&pdf, 4));
    assert_eq!((before.0, before.1, (before.2 + 90) % 360), after);
    // What two pages draw with is in the file once.
    let fonts = poppler("pdffonts", &[pdf.to_str().unwrap()]);
    let bytes = std::fs::read(&pdf).unwrap();
    assert!(bytes.len() < 900_000, "{}\n{fonts}", bytes.len());
}

#[test]
fn a_leaning_page_is_made_level_by_what_it_proposes() {
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::read(jpeg(dir.path(), "trang")).unwrap();
    for tenths in [-31, 12, 47] {
        let leaning = written(
            dir.path(),
            std::slice::from_ref(&file),
            &[Turn { quarters: 0, tenths: -tenths }],
        );
        let looked = import::look::look(&draw(&leaning, 0, import::look::WIDTH));
        let found = looked.lean.unwrap_or(0);
        assert!((found - tenths).abs() <= 2, "{tenths}: {found}");
        assert!(!looked.is_blank());
    }
    let level = written(dir.path(), &[file], &[]);
    assert_eq!(import::look::look(&draw(&level, 0, import::look::WIDTH)).lean, None);
}

#[test]
fn a_hundred_pages_are_written_with_one_in_memory() {
    /// Counts and forgets.
    #[derive(Default)]
    struct Sink(u64, usize);
    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len() as u64;
            self.1 = self.1.max(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let file = std::fs::read(jpeg(dir.path(), "trang")).unwrap();
    let mut writer = PaperWriter::begin(Sink::default()).unwrap();
    for _ in 0..100 {
        writer.add_image(&file, 0, Turn::default()).unwrap();
    }
    let Sink(written, largest) = writer.finish("").unwrap();
    assert!(written > 100 * file.len() as u64);
    // What is kept until the end is the table: twenty bytes an object.
    assert!(largest <= file.len(), "{largest}");
}

#[test]
fn what_is_cut_off_or_not_a_page_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let jpeg = std::fs::read(jpeg(dir.path(), "trang")).unwrap();
    let png = std::fs::read(scan(dir.path(), "png", "cong-van", 100, &["-png"])).unwrap();
    let tiff = std::fs::read(scan(dir.path(), "tif", "cong-van", 100, &["-tiff"])).unwrap();
    for (name, bytes) in [("jpeg", jpeg), ("png", png), ("tiff", tiff)] {
        for part in [1, 2, 5, 9] {
            let cut = &bytes[..bytes.len() * part / 10];
            assert!(import::survey(cut).is_err(), "{name} {part}/10");
        }
    }
    for other in [&b"GIF89a"[..], b"", b"PK\x03\x04", b"<edXML/>"] {
        assert!(import::survey(other).is_err());
    }
}
