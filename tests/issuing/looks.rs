//! Where the seal stands and how large it is, and with what the office signs, in its files.

use vanthu::domain::outbound::SignatureKind;
use vanthu::office::{Office, Placement, SignOrder};
use vanthu::pdf::appearance::demo_seal;
use vanthu::pdf::structure::Source;
use vanthu::pdf::{POINTS_PER_MM, Rect};
use vanthu::pki::cms::SignedData;
use vanthu::pki::{DigestAlgorithm, SignatureScheme};

use crate::place::{LEADER, NAME, Place, drafted, order};

/// The red ink on a page, in points from its top left: what of the seal is seen.
fn red(office: &Office, key: vanthu::domain::document::DocumentKey, page: u32) -> Rect {
    let opened = office.renderer().unwrap().open(office.main_file(key).unwrap()).unwrap();
    let shown = opened.page(page, 2.0).unwrap();
    let ink = shown
        .rgba
        .chunks(4)
        .enumerate()
        .filter(|(_, pixel)| pixel[0] > 150 && pixel[1] < 110 && pixel[2] < 110);
    let wide = shown.width as usize;
    let (mut x, mut y) = ((usize::MAX, 0), (usize::MAX, 0));
    for (at, _) in ink {
        x = (x.0.min(at % wide), x.1.max(at % wide));
        y = (y.0.min(at / wide), y.1.max(at / wide));
    }
    assert!(x.0 < x.1 && y.0 < y.1, "no ink");
    let point = |pixels: usize| pixels as f32 / 2.0;
    Rect::new(point(x.0), point(y.0), point(x.1 - x.0), point(y.1 - y.0))
}

/// The texts of a page without what separates them.
fn words(office: &Office, key: vanthu::domain::document::DocumentKey, page: u32) -> String {
    let opened = office.renderer().unwrap().open(office.main_file(key).unwrap()).unwrap();
    opened.text(page).unwrap().plain().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn without_a_signature_to_stand_against_the_seal_keeps_its_size() {
    let place = Place::new();
    let office = place.office();
    office.set_seal_image(&demo_seal(NAME).unwrap()).unwrap();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    office.sign(key, &order(&place.dir, "leader")).unwrap();
    let found = office.propose_place(key, SignatureKind::Organisation).unwrap().remove(0);
    assert!(!found.sure && found.why.len() == 1, "{found:?}");
    // As the window does with what was confirmed.
    let placement =
        office.place_at(key, SignatureKind::Organisation, found.page, found.rect_shown).unwrap();
    office.seal(key, &SignOrder { placement, ..order(&place.dir, "seal") }).unwrap();
    let ink = red(&office, key, found.page);
    let side = 36.0 * POINTS_PER_MM;
    assert!((ink.width - found.rect_shown.width).abs() < 8.0, "{ink:?} in {found:?}");
    // The seal, and name and time under it.
    assert!(ink.height > side && ink.height < found.rect_shown.height + 1.0, "{ink:?}");
    assert!(found.rect_shown.height > side && found.rect_shown.height < side + 40.0);
}

#[test]
fn the_seal_and_its_words_stay_on_the_page() {
    let place = Place::new();
    let office = place.office();
    office.set_seal_image(&demo_seal(NAME).unwrap()).unwrap();
    let seal = order(&place.dir, "seal");
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    // Near the corner at the bottom left nothing is left for words below or on the left.
    let rect = Rect::new(72.0, 2.0, 128.0, 62.0);
    let placement = Placement::At { page: 0, rect };
    office.sign(key, &SignOrder { placement, ..order(&place.dir, "leader") }).unwrap();
    let found = office.propose_place(key, SignatureKind::Organisation).unwrap().remove(0);
    let (wide, high) = found.page_shown;
    let shown = found.rect_shown;
    assert!(shown.x >= -0.1 && shown.x + shown.width <= wide + 0.1, "{shown:?}");
    assert!(shown.y >= -0.1 && shown.y + shown.height <= high + 0.1, "{shown:?}");
    let placement = match found.sure {
        true => Placement::Automatic,
        false => office.place_at(key, SignatureKind::Organisation, 0, shown).unwrap(),
    };
    office.seal(key, &SignOrder { placement, ..seal }).unwrap();
    let source = Source::parse(office.main_file(key).unwrap()).unwrap();
    let drawn = source.signature_fields().unwrap().pop().unwrap().rect.unwrap();
    assert!((drawn.width - shown.width).abs() < 0.5 && (drawn.height - shown.height).abs() < 0.5);
    let ink = red(&office, key, 0);
    assert!(ink.x + 0.5 >= shown.x && ink.y + ink.height <= shown.y + shown.height + 0.5);
    assert!(ink.height > 36.0 * POINTS_PER_MM, "the words are under the seal: {ink:?}");
}

#[test]
fn a_place_is_sure_only_where_nothing_speaks_against_it() {
    let place = Place::new();
    let office = place.office();
    let key = drafted(&office, "Về việc thử nghiệm", &[]);
    let best = || office.propose_place(key, SignatureKind::Personal).unwrap().remove(0);
    assert!(best().sure, "{:?}", best());
    assert!(words(&office, key, best().page).contains(LEADER));
}

#[test]
fn the_office_signs_with_what_is_set() {
    let place = Place::new();
    let office = place.office();
    let made = |office: &Office, subject: &str| {
        let key = drafted(office, subject, &[]);
        office.sign(key, &order(&place.dir, "leader")).unwrap();
        let source = Source::parse(office.main_file(key).unwrap()).unwrap();
        let value = source.signature_fields().unwrap().pop().unwrap().value.unwrap();
        let signer = SignedData::parse(&value.contents.unwrap()).unwrap().signer;
        (signer.digest, signer.scheme)
    };
    let usual = made(&office, "Một");
    assert_eq!(usual.0, DigestAlgorithm::Sha256);
    office.set_signing_digest(Some(DigestAlgorithm::Sha512)).unwrap();
    office.set_rsa_scheme(Some(SignatureScheme::RsaPss)).unwrap();
    // What is set of RSA says nothing of a key on a curve.
    let scheme = match usual.1 {
        SignatureScheme::Ecdsa => SignatureScheme::Ecdsa,
        _ => SignatureScheme::RsaPss,
    };
    assert_eq!(made(&office, "Hai"), (DigestAlgorithm::Sha512, scheme));
    let refused = office.set_signing_digest(Some(DigestAlgorithm::Sha1)).unwrap_err();
    assert_eq!(refused.code, "office-bad-setting");
    let refused = office.set_rsa_scheme(Some(SignatureScheme::Ecdsa)).unwrap_err();
    assert_eq!(refused.code, "office-bad-setting");
    office.set_signing_digest(None).unwrap();
    office.set_rsa_scheme(None).unwrap();
    assert_eq!(made(&office, "Ba"), usual);
}
