use super::*;
use crate::pdf::ink::{Ink, Typeface};
use crate::pdf::text::{Glyph, PageText};

fn profile(name: &str) -> Profile {
    Profile::built_in(name).unwrap()
}

#[test]
fn a_picture_says_nothing() {
    let leaf = Leaf::new(0, (595.0, 842.0), Ink::default());
    assert!(!leaf.has_text());
    let profile = profile("current");
    assert_eq!(check(std::slice::from_ref(&leaf), Asked::default(), &profile), []);
    assert_eq!(check(&[], Asked::default(), &profile), []);
}

#[test]
fn marks_that_stand_apart_are_found_with_their_place() {
    let mut ink = Ink::default();
    let face = ink.face(Typeface::read("TimesNewRomanPSMT", false, false));
    let glyphs = "Quye\u{302}\u{301}t định của Ủy ban nhân dân xã".chars().enumerate();
    let glyphs: Vec<Glyph> = glyphs
        .map(|(at, ch)| {
            let rect = Rect::new(90.0 + 7.0 * at as f32, 700.0, 7.0, 14.0);
            Glyph { ch, rect, pen: rect.x, baseline: 703.0, size: 14.0, face }
        })
        .collect();
    let combining = glyphs.iter().filter(|glyph| matches!(glyph.ch, '\u{302}' | '\u{301}'));
    ink.marks = combining.map(|glyph| glyph.rect).collect();
    ink.text = PageText::new(glyphs);
    let leaf = Leaf::new(0, (595.3, 841.9), ink);
    let findings = check(std::slice::from_ref(&leaf), Asked::default(), &profile("current"));
    let found = findings.iter().find(|one| one.rule == Rule::Decomposed).unwrap();
    assert_eq!(found.place.as_ref().unwrap().areas.len(), 2);
    assert_eq!(found.arg("found"), Some("2"));
}

/// Read once: the cases are many.
static CURRENT: std::sync::LazyLock<Profile> = std::sync::LazyLock::new(|| profile("current"));

proptest::proptest! {
    #[test]
    fn any_page_is_survived(
        raw in proptest::collection::vec((
            proptest::sample::select("Số:/QĐ-UBNDngàythángnămCỘNGHÒA12.;\u{a0}—".chars().collect::<Vec<_>>()),
            proptest::num::f32::ANY,
            -900f32..900.0,
            proptest::num::f32::ANY,
        ), 0..60),
    ) {
        let text = PageText::new(raw.into_iter().map(|(ch, x, y, size)| Glyph {
            ch, rect: Rect::new(x, y, size, size), pen: x, baseline: y, size, face: 0,
        }));
        let ink = Ink { text, ..Ink::default() };
        let leaf = Leaf::new(0, (595.0, 842.0), ink);
        let findings = check(std::slice::from_ref(&leaf), Asked::default(), &CURRENT);
        for finding in findings {
            let said = sentence(&finding, &component(&finding, &CURRENT));
            proptest::prop_assert!(!said.contains('⟦'), "{}", said);
        }
    }
}
