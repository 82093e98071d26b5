//! Number and date on the first page: in which way they came there, and whether they are those
//! of the document.
//!
//! Two ways are lawful: before the person in authority signs, or with the organisation's
//! signature, in the boxes that were kept for them and with nothing else (Quyết định
//! 01/2019/QĐ-UBND Điều 14 khoản 2). What the page says is read as a reader sees it: the words
//! of the page, and in their blanks the figures of the boxes. A page that says nothing of
//! number or date, or has no text at all as a scan has none, proves nothing either way; that
//! is said and is no failure.

use jiff::civil::Date;

use super::Change;
use super::complete::{Expectation, line};
use crate::domain::verdict::{Answer, CompletenessLine};
use crate::pdf::PdfError;
use crate::pdf::blanks::{IssueHead, Part, Slot, Wanted, read_issue_head};
use crate::pdf::render::{RenderedDocument, Renderer};
use crate::pdf::structure::Source;
use crate::pdf::text::PageText;
use crate::signing::make::field_name;
use crate::signing::report::Report;

const CODE: &str = "number-and-date";
const ARTICLE: &str =
    "Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2; Nghị định 30/2020/NĐ-CP Điều 14, Điều 15";

/// What the first page says of number and date.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum FirstPage {
    /// Its text was not read: no renderer is installed, or the page is damaged.
    #[default]
    Unread,
    /// It holds pictures and no text, as a scan does.
    NoText,
    /// Number and date at its head (Nghị định 30/2020/NĐ-CP Phụ lục I, phần I, mục II.3 and
    /// II.4), and all of its text.
    Text { head: Box<IssueHead>, text: String },
}

impl FirstPage {
    /// From the characters of the page as it is shown ([`PageText::shown`]).
    pub fn of(page: &PageText) -> Self {
        if page.chars.iter().all(|glyph| glyph.ch.is_whitespace()) {
            return Self::NoText;
        }
        Self::Text { head: Box::new(read_issue_head(page)), text: page.plain() }
    }

    /// Opens a file as a viewer does and reads its first page; [`Self::Unread`] where that fails.
    pub fn opened(renderer: &Renderer, source: &Source) -> Self {
        match renderer.open_source(source) {
            Ok(document) => Self::read(source, &document),
            Err(error) => {
                tracing::info!(%error, "the first page was not opened");
                Self::Unread
            }
        }
    }

    /// Reads the first page of a file; [`Self::Unread`] where that fails.
    pub fn read(source: &Source, document: &RenderedDocument) -> Self {
        let read = || Ok::<_, PdfError>(document.text(0)?.shown(&source.page_geometry(1)?));
        match read() {
            Ok(page) => Self::of(&page),
            Err(error) => {
                tracing::info!(%error, "the text of the first page was not read");
                Self::Unread
            }
        }
    }
}

/// The line about number and date.
pub(super) fn number(
    report: &Report,
    is_signed: bool,
    expected: &Expectation,
    page: &FirstPage,
) -> CompletenessLine {
    let changes = || report.signatures.iter().flat_map(|found| &found.changes);
    // The same change stands under every signature that it came after.
    let mut with_seal: Vec<(&str, &str)> = changes()
        .filter_map(|change| match change {
            Change::NumberAndDate { field, text } => Some((field.as_str(), text.as_str())),
            _ => None,
        })
        .collect();
    with_seal.sort_unstable();
    with_seal.dedup();
    let changed = changes().any(|change| !change.is_permitted());
    if !is_signed {
        return line(CODE, ARTICLE, Answer::Unknown, "missing");
    }
    if changed {
        return line(CODE, ARTICLE, Answer::No, "changed-otherwise");
    }
    if !report.left_open.is_empty() {
        let mut line = line(CODE, ARTICLE, Answer::No, "still-open");
        line.found = report.left_open.join(", ");
        return line;
    }
    let seen = Seen::of(page, &with_seal, &Entry::of(expected));
    let (result, detail) = match (seen.state, with_seal.is_empty()) {
        (State::Otherwise, _) => (Answer::No, "on-page-otherwise"),
        (_, false) => (Answer::Ok, "with-seal"),
        (State::Whole, true) => (Answer::Ok, "before-signature"),
        (State::Part, true) => (Answer::Unknown, "on-page-partly"),
        (State::Nowhere, true) => (Answer::Unknown, "not-on-page"),
        (State::NoText, true) => (Answer::Unknown, "page-without-text"),
        (State::Unread, true) if seen.wanted.is_empty() => (Answer::Unknown, "not-compared"),
        (State::Unread, true) => (Answer::Unknown, "page-unread"),
    };
    let mut line = line(CODE, ARTICLE, result, detail);
    if detail == "with-seal" {
        let said = with_seal.iter().map(|(field, text)| format!("{field}: {text}"));
        line.found = said.collect::<Vec<_>>().join(", ");
    } else {
        (line.found, line.expected) = (seen.said, seen.wanted);
    }
    line
}

/// Number and date as documents write them; empty where they are not known.
struct Entry {
    number: String,
    notation: String,
    day: String,
    month: String,
    year: String,
}

impl Entry {
    fn of(expected: &Expectation) -> Self {
        let part = |part: fn(Date) -> String| expected.issued.map(part).unwrap_or_default();
        Self {
            number: expected.number.trim().to_owned(),
            notation: expected.notation.trim().to_owned(),
            day: part(|date| format!("{:02}", date.day())),
            month: part(|date| match date.month() {
                month @ ..=2 => format!("{month:02}"),
                month => month.to_string(),
            }),
            year: part(|date| date.year().to_string()),
        }
    }

    fn wanted(&self) -> Wanted<'_> {
        let Self { number, notation, day, month, year } = self;
        Wanted { number, notation, day, month, year }
    }

    fn knows_number(&self) -> bool {
        !self.number.is_empty()
    }

    fn knows_date(&self) -> bool {
        !self.day.is_empty()
    }

    fn as_written(&self) -> String {
        if self.knows_number() || self.knows_date() {
            let known =
                |text: &str| if text.is_empty() { "…".to_owned() } else { text.to_owned() };
            let [number, notation, day, month, year] =
                [&self.number, &self.notation, &self.day, &self.month, &self.year]
                    .map(|text| known(text));
            format!("Số: {number}/{notation}, ngày {day} tháng {month} năm {year}")
        } else {
            String::new()
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Whole,
    Part,
    Nowhere,
    /// Something else than the document's own fields say.
    Otherwise,
    NoText,
    Unread,
}

/// What a reader of the page sees.
struct Seen {
    state: State,
    said: String,
    wanted: String,
}

impl Seen {
    fn of(page: &FirstPage, with_seal: &[(&str, &str)], entry: &Entry) -> Self {
        let (head, text) = match page {
            FirstPage::Text { head, text } => ((**head).clone(), text.as_str()),
            FirstPage::NoText | FirstPage::Unread => (IssueHead::default(), ""),
        };
        let head = filled(head, with_seal);
        let mut said = head.as_written();
        let state = if differs(&head, entry) {
            State::Otherwise
        } else {
            let words = words(text);
            let has_number = is_written(&head.number)
                || head.number.is_none() && entry.knows_number() && says_number(&words, entry);
            let has_date = [&head.day, &head.month, &head.year].into_iter().all(is_written)
                || head.day.is_none() && entry.knows_date() && says_date(&words, entry);
            match (has_number, has_date, page) {
                (true, true, _) => {
                    // Where they do not stand at the head, they were found by what they are.
                    if !is_written(&head.number) || !is_written(&head.day) {
                        said = entry.as_written();
                    }
                    State::Whole
                }
                (_, _, FirstPage::NoText) => State::NoText,
                (_, _, FirstPage::Unread) => State::Unread,
                (false, false, _) => State::Nowhere,
                _ => State::Part,
            }
        };
        if matches!(state, State::Nowhere | State::NoText | State::Unread) {
            said.clear();
        }
        Self { state, said, wanted: entry.as_written() }
    }
}

const fn is_written(slot: &Option<Slot>) -> bool {
    matches!(slot, Some(Slot::Written(_)))
}

/// The head with the figures of the boxes in its blanks.
fn filled(mut head: IssueHead, with_seal: &[(&str, &str)]) -> IssueHead {
    let slots = [
        (Part::Number, &mut head.number),
        (Part::Day, &mut head.day),
        (Part::Month, &mut head.month),
        (Part::Year, &mut head.year),
    ];
    for (part, slot) in slots {
        let name = field_name(part);
        let Some((_, figures)) = with_seal.iter().find(|(field, _)| Some(*field) == name) else {
            continue;
        };
        let begun = match slot {
            Some(Slot::Written(_)) => continue,
            Some(Slot::Begun { written, .. }) => written.as_str(),
            Some(Slot::Blank(_)) | None => "",
        };
        *slot = Some(Slot::Written(format!("{begun}{figures}")));
    }
    head
}

/// Whether the head says a number or a date that is not the document's.
fn differs(head: &IssueHead, entry: &Entry) -> bool {
    let differing = head.differing(&entry.wanted());
    let number = differing.iter().any(|part| matches!(part, Part::Number | Part::Notation));
    let date = differing.iter().any(|part| matches!(part, Part::Day | Part::Month | Part::Year));
    // A slash may be part of the number (`15/2025/NQ-HĐND`), so that both are cut elsewhere.
    let is_same_code = match (&head.number, &head.notation) {
        (Some(Slot::Written(number)), Some(Slot::Written(notation))) => {
            code(number, notation) == code(&entry.number, &entry.notation)
        }
        _ => false,
    };
    number && entry.knows_number() && !is_same_code || date && entry.knows_date()
}

/// A code without what does not matter: spaces, case, kinds of hyphens, leading zeros.
fn code(number: &str, notation: &str) -> String {
    let plain = words(&format!("{number}/{notation}")).concat();
    plain.trim_start_matches('0').to_owned()
}

/// Words in lower case, with one kind of hyphen and of Đ.
fn words(text: &str) -> Vec<String> {
    let same = |c: char| match c {
        'Ð' | 'ð' => 'đ',
        '‐' | '‑' | '–' | '—' | '−' => '-',
        c => c,
    };
    let lower = |word: &str| word.chars().map(same).flat_map(char::to_lowercase).collect();
    text.split_whitespace().map(lower).collect()
}

/// Whether the code stands anywhere among the words, as a word of its own.
fn says_number(words: &[String], entry: &Entry) -> bool {
    // A number alone is any number of the page.
    if entry.number.is_empty() || entry.notation.is_empty() {
        return false;
    }
    let wanted = code(&entry.number, &entry.notation);
    let outside = |c: char| !c.is_alphanumeric();
    words.iter().any(|word| {
        let bare = word.trim_matches(outside).trim_start_matches('0');
        bare == wanted.trim_matches(outside)
            || word.rsplit(':').next().is_some_and(|end| {
                end.trim_matches(outside).trim_start_matches('0') == wanted.trim_matches(outside)
            })
    })
}

/// Whether the date stands anywhere, in words or in figures.
fn says_date(words: &[String], entry: &Entry) -> bool {
    let figures = |word: &str| -> Option<u32> {
        word.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok()
    };
    let wanted = [&entry.day, &entry.month, &entry.year].map(|part| figures(part));
    let in_words = words.windows(6).any(|run| {
        let [ngay, day, thang, month, nam, year] = run else { return false };
        let named = ngay.ends_with("ngày") && thang == "tháng" && nam == "năm";
        named && [day, month, year].map(|part| figures(part)) == wanted
    });
    let in_figures = words.iter().any(|word| {
        let parts: Vec<Option<u32>> = word.split(['/', '-', '.']).map(figures).collect();
        parts.get(..3) == Some(wanted.as_slice())
    });
    in_words || in_figures
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::pdf::Rect;
    use crate::pdf::blanks::Blank;

    fn expected() -> Expectation {
        Expectation {
            number: "07".to_owned(),
            notation: "QĐ-UBND".to_owned(),
            issued: Some(date(2026, 3, 5)),
            ..Expectation::default()
        }
    }

    fn blank() -> Option<Slot> {
        let rect = Rect::new(0.0, 0.0, 10.0, 10.0);
        Some(Slot::Blank(Blank { rect, baseline: 0.0, font_size: 13.0, dotted: false }))
    }

    fn written(text: &str) -> Option<Slot> {
        Some(Slot::Written(text.to_owned()))
    }

    fn head(number: &str, notation: &str, day: &str, month: &str, year: &str) -> IssueHead {
        let [number, notation, day, month, year] =
            [number, notation, day, month, year].map(|text| match text {
                "" => None,
                "…" => blank(),
                text => written(text),
            });
        IssueHead { number, notation, day, month, year }
    }

    fn page(head: IssueHead, text: &str) -> FirstPage {
        FirstPage::Text { head: Box::new(head), text: text.to_owned() }
    }

    fn state(page: &FirstPage, with_seal: &[(&str, &str)], expected: &Expectation) -> State {
        Seen::of(page, with_seal, &Entry::of(expected)).state
    }

    #[test]
    fn what_the_head_says_is_compared() {
        for (head, found) in [
            (head("07", "QĐ-UBND", "05", "3", "2026"), State::Whole),
            (head("7", "QÐ – UBND", "05", "03", "2026"), State::Whole),
            (head("08", "QĐ-UBND", "05", "3", "2026"), State::Otherwise),
            (head("07", "TB-UBND", "05", "3", "2026"), State::Otherwise),
            (head("07", "QĐ-UBND", "06", "3", "2026"), State::Otherwise),
            (head("07", "QĐ-UBND", "…", "3", "2026"), State::Part),
            (head("…", "QĐ-UBND", "…", "…", "2026"), State::Nowhere),
            (head("", "", "", "", ""), State::Nowhere),
            (head("07", "QĐ-UBND", "", "", ""), State::Part),
        ] {
            assert_eq!(state(&page(head.clone(), ""), &[], &expected()), found, "{head:?}");
        }
        // Nobody said which they are: what stands there stands there.
        let nobody = Expectation::default();
        let whole = page(head("08", "QĐ-UBND", "05", "3", "2026"), "");
        assert_eq!(state(&whole, &[], &nobody), State::Whole);
        assert_eq!(state(&page(IssueHead::default(), "07/QĐ-UBND"), &[], &nobody), State::Nowhere);
    }

    #[test]
    fn a_slash_may_be_part_of_the_number() {
        let expected = Expectation {
            number: "15/2026".to_owned(),
            notation: "NQ-HĐND".to_owned(),
            ..expected()
        };
        let said = page(head("15", "2026/NQ-HĐND", "05", "3", "2026"), "");
        assert_eq!(state(&said, &[], &expected), State::Whole);
        let other = page(head("15", "2025/NQ-HĐND", "05", "3", "2026"), "");
        assert_eq!(state(&other, &[], &expected), State::Otherwise);
    }

    #[test]
    fn figures_of_boxes_stand_in_their_blanks() {
        let drawn = page(head("…", "QĐ-UBND", "…", "…", "2026"), "");
        let good = [("VtDay", "05"), ("VtMonth", "3"), ("VtNumber", "07")];
        assert_eq!(state(&drawn, &good, &expected()), State::Whole);
        let other = [("VtDay", "05"), ("VtMonth", "3"), ("VtNumber", "17")];
        assert_eq!(state(&drawn, &other, &expected()), State::Otherwise);
        // They are known where the page is not.
        assert_eq!(state(&FirstPage::Unread, &other, &expected()), State::Otherwise);
        let rect = Rect::new(0.0, 0.0, 10.0, 10.0);
        let blank = Blank { rect, baseline: 0.0, font_size: 13.0, dotted: false };
        let begun = IssueHead {
            year: Some(Slot::Begun { written: "20".to_owned(), blank }),
            ..head("07", "QĐ-UBND", "05", "3", "")
        };
        assert_eq!(state(&page(begun.clone(), ""), &[("VtYear", "26")], &expected()), State::Whole);
        assert_eq!(state(&page(begun, ""), &[("VtYear", "25")], &expected()), State::Otherwise);
    }

    #[test]
    fn what_stands_elsewhere_on_the_page_is_found_by_what_it_is() {
        for (text, found) in [
            ("Số hiệu:07/QĐ-UBND\nTân Bình, ngày 5 tháng 03 năm 2026.", State::Whole),
            ("quyết định 7/qđ–ubnd, ban hành 05/03/2026", State::Whole),
            ("107/QĐ-UBND ngày 05 tháng 3 năm 2026", State::Part),
            ("07/QĐ-UBND-TB", State::Nowhere),
            ("07/QĐ-UBND ngày 15 tháng 3 năm 2026", State::Part),
            ("Cong hoa", State::Nowhere),
        ] {
            let page = page(IssueHead::default(), text);
            assert_eq!(state(&page, &[], &expected()), found, "{text}");
        }
        // A number without its notation is any number.
        let bare = Expectation { notation: String::new(), ..expected() };
        let text = page(IssueHead::default(), "Điều 7. Hà Nội, ngày 5 tháng 3 năm 2026");
        assert_eq!(state(&text, &[], &bare), State::Part);
        // A basis in the text does not make up for another number at the head.
        let other = page(head("08", "QĐ-UBND", "05", "3", "2026"), "Căn cứ 07/QĐ-UBND");
        assert_eq!(state(&other, &[], &expected()), State::Otherwise);
    }

    #[test]
    fn a_page_without_text_is_said_to_be_one() {
        assert_eq!(FirstPage::of(&PageText::default()), FirstPage::NoText);
        assert_eq!(state(&FirstPage::NoText, &[], &expected()), State::NoText);
        assert_eq!(state(&FirstPage::Unread, &[], &expected()), State::Unread);
    }
}
