//! A second reader: what is valid is shown by pdfium as it was when it was signed.
//!
//! A file may mean one thing to us and another to a viewer. So every file of the table that
//! ends as valid is drawn twice, as it is and as it was signed; outside of the places that the
//! report names as changed, no pixel may differ.

use vanthu::domain::verdict::Verdict;
use vanthu::pdf::Rect;
use vanthu::pdf::render::{Bitmap, Renderer};
use vanthu::pdf::structure::Source;
use vanthu::signing::check::as_signed;
use vanthu::signing::{Change, CheckOptions, SignatureReport, check};

use super::cases::{all, signed_first};
use super::forms::form;
use super::seeds::corpus;
use super::support::*;

/// Enough for letters to be told apart.
const PIXELS_PER_POINT: f32 = 0.75;
/// Soft edges of what is drawn at a place.
const EDGE: f32 = 2.0;

/// Places in user space of page `number` that may look different.
fn reported(now: &Source, signed: &Source, number: u32, changes: &[Change]) -> Vec<Rect> {
    let mut names: Vec<&str> = Vec::new();
    let mut has_comments = false;
    for change in changes {
        match change {
            Change::Signature(field)
            | Change::DocumentTimestamp(field)
            | Change::NumberAndDate { field, .. }
            | Change::Filled { field, .. } => names.push(field),
            Change::Comment { page, .. } => has_comments |= *page == number,
            _ => {}
        }
    }
    let fields = now.fields().unwrap();
    let listed = |source: &Source| {
        let (_, page) = source.page(number).unwrap();
        source.member_array(&page, b"Annots").unwrap().unwrap_or_default()
    };
    let old = listed(signed);
    let mut places = Vec::new();
    for annotation in listed(now) {
        let id = annotation.as_reference().unwrap();
        let is_field =
            fields.iter().any(|field| field.id == id && names.contains(&field.name.as_str()));
        let is_comment = has_comments && !old.contains(&annotation);
        if is_field || is_comment {
            let object = now.object(id).unwrap();
            let rect = object.as_dict().unwrap().get(b"Rect").unwrap();
            places.extend(now.rectangle(rect));
        }
    }
    places
}

/// How many pixels differ outside of `places`, which are in points as shown, from below.
fn differing(one: &Bitmap, other: &Bitmap, places: &[Rect]) -> usize {
    assert_eq!((one.width, one.height), (other.width, other.height));
    let pixels = one.rgba.chunks_exact(4).zip(other.rgba.chunks_exact(4)).enumerate();
    let is_outside = |index: usize| {
        let (x, y) = (index % one.width as usize, index / one.width as usize);
        let (x, y) = (x as f32, one.height as f32 - y as f32);
        let holds = |place: &Rect| {
            let place = place.scaled(PIXELS_PER_POINT);
            (place.x - EDGE..=place.right() + EDGE).contains(&x)
                && (place.y - EDGE..=place.top() + EDGE).contains(&y)
        };
        !places.iter().any(holds)
    };
    pixels.filter(|(index, (one, other))| one != other && is_outside(*index)).count()
}

/// The first page on which something else is seen than was signed, with how many pixels.
fn seen_otherwise(
    renderer: &Renderer,
    bytes: &[u8],
    found: &SignatureReport,
) -> Option<(u32, usize)> {
    let now = source(bytes);
    let signed = as_signed(&now, &found.field).unwrap().expect("a valid signature");
    let open = |source: &Source| renderer.open_source(source).unwrap();
    let (shown, was) = (open(&now), open(&signed));
    if shown.pages().len() != was.pages().len() {
        return Some((0, 0));
    }
    (1..=now.page_count().unwrap()).find_map(|number| {
        let geometry = now.page_geometry(number).unwrap();
        let places = reported(&now, &signed, number, &found.changes);
        let places: Vec<Rect> =
            places.into_iter().map(|place| geometry.points_from_user(place)).collect();
        let draw = |document: &vanthu::pdf::render::RenderedDocument| {
            document.page(number - 1, PIXELS_PER_POINT).unwrap()
        };
        let pixels = differing(&draw(&shown), &draw(&was), &places);
        (pixels > 0).then_some((number, pixels))
    })
}

#[test]
fn what_is_valid_is_seen_as_it_was_signed() {
    let renderer = Renderer::start().expect("pdfium");
    let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
    let (mut looked, mut failures) = (0, Vec::new());
    for case in all() {
        let Ok(report) = check(case.bytes.as_slice().into(), &options) else { continue };
        let Some(first) = signed_first(&report) else { continue };
        if first.verdict != Verdict::Valid {
            continue;
        }
        looked += 1;
        if let Some((page, pixels)) = seen_otherwise(&renderer, &case.bytes, first) {
            failures.push(format!("{}: page {page}, {pixels} pixels", case.name));
        }
    }
    println!("{looked} valid files, seen by pdfium ({}) as they were signed", renderer.version());
    assert!(looked > 20, "{looked} valid files");
    assert_eq!(failures, Vec::<String>::new());
}

#[test]
fn another_page_is_seen() {
    let renderer = Renderer::start().expect("pdfium");
    let signed = corpus().signer("ec").sign_plainly(&form());
    let options = CheckOptions { trust: &corpus().trust, at: None, online: None };
    let report = check(signed.as_slice().into(), &options).unwrap();
    let first = signed_first(&report).unwrap();
    assert_eq!(seen_otherwise(&renderer, &signed, first), None);
    let forged = append(&signed, |update, _| {
        update.set_raw((5, 0), b"<</Length 0>>\nstream\n\nendstream".to_vec());
    });
    let (page, pixels) = seen_otherwise(&renderer, &forged, first).expect("another page");
    assert!(page == 1 && pixels > 100, "{pixels}");
}
