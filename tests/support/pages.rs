//! One page laid on other sheets: cropped, turned, in units of its own. What is shown stays
//! the same.

use lopdf::{Document, Object, Stream, dictionary};
use vanthu::pdf::Rect;
use vanthu::pdf::structure::PageGeometry;

/// Sheets on which an A4 page may lie, each with a name.
pub fn sheets() -> Vec<(&'static str, PageGeometry)> {
    let (a4, grown) = (Rect::new(0.0, 0.0, 595.3, 841.9), Rect::new(-40.0, 25.0, 700.0, 950.0));
    let cropped = Rect::new(10.0, 60.0, 595.3, 841.9);
    let turned = |rect: Rect| Rect::new(rect.x, rect.y, rect.height, rect.width);
    let (media, crop) = (turned(grown), turned(cropped));
    let media = Rect { y: media.y - 100.0, height: media.height + 200.0, ..media };
    let half = a4.scaled(0.5);
    vec![
        ("cropped", PageGeometry { media: grown, crop: cropped, rotate: 0, user_unit: 1.0 }),
        ("upside down", PageGeometry { media: a4, crop: a4, rotate: 180, user_unit: 1.0 }),
        ("turned and cropped", PageGeometry { media, crop, rotate: 90, user_unit: 1.0 }),
        ("turned back and cropped", PageGeometry { media, crop, rotate: 270, user_unit: 1.0 }),
        ("units of 1/36 inch", PageGeometry { media: half, crop: half, rotate: 0, user_unit: 2.0 }),
    ]
}

/// `bytes` with its first page laid on another sheet.
pub fn laid_out(bytes: &[u8], page: &PageGeometry) -> Vec<u8> {
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
    let mut bytes = Vec::new();
    file.save_to(&mut bytes).unwrap();
    bytes
}
