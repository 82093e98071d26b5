//! What is stated of a document beside what its pages say.
//!
//! Nghị định 30/2020/NĐ-CP Điều 21 khoản 2: the receiver checks a document before it is
//! accepted. A difference is shown, never mended: the packet is what its sender signed for,
//! the page is what the leader signed.
//!
//! Capitals, spaces and kinds of hyphens are no difference: heads are set in capitals. Text
//! that agrees but for its diacritics is graded [`Grade::Alike`], not [`Grade::Agrees`]:
//! scans lose marks and old files are badly encoded, so it must not stop anybody, but `Tân
//! Bình` and `Tấn Bình` may be two communes, so it must not go by unseen either. Dates and
//! numbers are compared by value; issuers by every code and name that the directory has for
//! them.

use super::{Field, Proposal, Reading, Reason, Spot, Value, names, phrase};
use crate::domain::document::Metadata;
use crate::domain::text::{fold, tidy};

/// How a stated field stands to the page.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Grade {
    /// The page says the same.
    Agrees,
    /// The same but for diacritics, or for a letter or two that were recognised off a
    /// picture: to be looked at, no reason to return a document.
    Alike,
    /// The page says something, the fields say nothing.
    NotStated,
    /// The page does not say it, or could not be read.
    NotFound,
    /// The page says otherwise.
    Differs,
}

impl Grade {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Agrees => "agrees",
            Self::Alike => "alike",
            Self::NotStated => "not-stated",
            Self::NotFound => "not-found",
            Self::Differs => "differs",
        }
    }

    /// In the language in force.
    pub fn label(self) -> String {
        crate::i18n::tr(&format!("extract-grade-{}", self.key()))
    }
}

/// One field, stated and read.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    pub field: Field,
    /// As people read it; empty where nothing is stated.
    pub stated: String,
    /// What the page says; `None` where it says nothing.
    pub read: Option<String>,
    /// Where on the pages it stands.
    pub spot: Option<Spot>,
    pub grade: Grade,
    /// How sure the reading is, 0 to 1; 0 where nothing was read. Below the profile's
    /// `extraction.doubtful` a difference says more about the reading than about the page.
    pub confidence: f32,
}

/// The fields that are compared, in this order. Every one of them that is stated or read
/// gives one [`Difference`], those that agree included.
const COMPARED: [Field; 9] = [
    Field::Number,
    Field::Notation,
    Field::Date,
    Field::Issuer,
    Field::Type,
    Field::Subject,
    Field::Signer,
    Field::Urgency,
    Field::Pages,
];

/// Compares what `metadata` states with what was read.
pub fn differences(metadata: &Metadata, reading: &Reading) -> Vec<Difference> {
    COMPARED
        .into_iter()
        .filter_map(|field| {
            let stated = field.stated(metadata);
            let proposal = reading.proposal(field);
            let grade = match (stated.is_empty(), proposal) {
                (true, None) => return None,
                // An urgency that is nowhere stamped is stated by the packet alone.
                (false, None) => Grade::NotFound,
                (true, Some(_)) => Grade::NotStated,
                (false, Some(proposal)) => grade(field, &stated, metadata, proposal),
            };
            Some(Difference {
                field,
                stated,
                read: proposal.map(|proposal| proposal.value.shown()),
                spot: proposal.and_then(|proposal| proposal.spot.clone()),
                grade,
                confidence: proposal.map_or(0.0, |proposal| proposal.confidence),
            })
        })
        .collect()
}

fn grade(field: Field, stated: &str, metadata: &Metadata, proposal: &Proposal) -> Grade {
    let recognised = proposal.why.contains(&Reason::Recognised);
    let same = |same: bool| if same { Grade::Agrees } else { Grade::Differs };
    match &proposal.value {
        Value::Number(read) => same(same_number(stated, read)),
        Value::Date(read) => same(metadata.issued == Some(*read)),
        Value::Pages(read) => same(metadata.pages == Some(*read)),
        Value::Urgency(read) => same(metadata.urgency == *read),
        Value::Type { key, name } => {
            if *key == metadata.type_key {
                return Grade::Agrees;
            }
            texts(&metadata.type_name, name, recognised)
        }
        Value::Issuer { name, superiors, codes, .. } => {
            let issuer = metadata.issuer.as_ref();
            if issuer.is_some_and(|issuer| codes.contains(&issuer.agency)) {
                return Grade::Agrees;
            }
            issuers(stated, name, superiors, recognised)
        }
        Value::Subject(read) => {
            let plain = |text: &str| bare_subject(text, &metadata.type_name);
            texts(&plain(stated), &plain(read), recognised)
        }
        Value::Signer(read) => signers(stated, read, recognised),
        _ => texts(stated, &proposal.value.shown(), recognised && field != Field::Notation),
    }
}

/// `07` and `7` are one number.
fn same_number(a: &str, b: &str) -> bool {
    match (tidy(a).parse::<u32>(), tidy(b).parse::<u32>()) {
        (Ok(a), Ok(b)) => a == b,
        _ => tidy(a).to_lowercase() == tidy(b).to_lowercase(),
    }
}

/// A text without what does not matter: capitals, spaces, kinds of hyphens and quotes,
/// marks at its ends, and the two ways to set the tone of `oa`, `oe`, `uy`.
fn plain(text: &str) -> String {
    let lower = names::written_out(text).to_lowercase();
    let even: String = lower
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| match c {
            '‐' | '‑' | '–' | '—' | '−' => '-',
            '“' | '”' | '„' | '«' | '»' => '"',
            '’' | '‘' => '\'',
            'ð' => 'đ',
            other => other,
        })
        .collect();
    let even = old_tones(&even);
    even.trim_matches(|c: char| ".,;:/".contains(c)).to_owned()
}

/// `hoà` is `hòa` and `uỷ` is `ủy`: both spellings are in use.
fn old_tones(text: &str) -> String {
    const PAIRS: [(&str, &str); 15] = [
        ("oà", "òa"),
        ("oá", "óa"),
        ("oả", "ỏa"),
        ("oã", "õa"),
        ("oạ", "ọa"),
        ("oè", "òe"),
        ("oé", "óe"),
        ("oẻ", "ỏe"),
        ("oẽ", "õe"),
        ("oẹ", "ọe"),
        ("uỳ", "ùy"),
        ("uý", "úy"),
        ("uỷ", "ủy"),
        ("uỹ", "ũy"),
        ("uỵ", "ụy"),
    ];
    // A consonant behind keeps the tone where it is in both spellings (`hoàng`), but then
    // both texts are changed alike.
    PAIRS.iter().fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
}

fn texts(stated: &str, read: &str, recognised: bool) -> Grade {
    let (a, b) = (plain(stated), plain(read));
    if a == b {
        return Grade::Agrees;
    }
    let (a, b) = (phrase::skeleton(&a), phrase::skeleton(&b));
    if a == b && !a.is_empty() {
        return Grade::Alike;
    }
    // One letter in thirty is what a good scan loses; one in a short word is another word.
    let most = a.chars().count() / 30;
    let near = recognised && most > 0 && phrase::distance(&a, &b, most).is_some();
    if near { Grade::Alike } else { Grade::Differs }
}

/// An issuer's name may be stated with its place, which the head puts on the line above.
fn issuers(stated: &str, name: &str, superiors: &[String], recognised: bool) -> Grade {
    let direct = texts(stated, name, recognised);
    let mut best = direct;
    for superior in superiors {
        // `Ủy ban nhân dân tỉnh Hậu Giang` over `Sở Nội vụ`: `Sở Nội vụ tỉnh Hậu Giang`.
        let words: Vec<&str> = superior.split(' ').collect();
        for from in 1..words.len() {
            let place = words.get(from..).unwrap_or_default().join(" ");
            best = best.min(texts(stated, &format!("{name} {place}"), recognised));
        }
    }
    best
}

/// An abstract without the words that packets put before it: `Quyết định Về việc …`.
fn bare_subject(text: &str, type_name: &str) -> String {
    let mut rest = tidy(text);
    for beginning in [type_name, "về việc", "v/v"] {
        let length = beginning.chars().count();
        let said: String = rest.chars().take(length).collect();
        if length > 0 && fold(&said) == fold(beginning) {
            rest = rest.chars().skip(length).collect::<String>();
            rest = rest.trim_start_matches([':', ' ', '-']).to_owned();
        }
    }
    rest
}

/// A signer may be stated with a rank or a degree before the name.
fn signers(stated: &str, read: &str, recognised: bool) -> Grade {
    let whole = texts(stated, read, recognised);
    let words: Vec<&str> = stated.split_whitespace().collect();
    let longer = words.len().saturating_sub(read.split_whitespace().count());
    let name = words.get(longer.min(3)..).unwrap_or_default().join(" ");
    if longer > 0 { whole.min(texts(&name, read, recognised)) } else { whole }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::agency::AgencyCode;
    use crate::domain::document::{Code, Recipient, Signer, Urgency};

    fn reading(values: Vec<Value>, why: &[Reason]) -> Reading {
        let field = |value: &Value| match value {
            Value::Type { .. } => Field::Type,
            Value::Number(_) => Field::Number,
            Value::Notation(_) => Field::Notation,
            Value::Date(_) => Field::Date,
            Value::Issuer { .. } => Field::Issuer,
            Value::Subject(_) => Field::Subject,
            Value::Signer(_) => Field::Signer,
            Value::Urgency(_) => Field::Urgency,
            _ => Field::Pages,
        };
        let proposals = values
            .into_iter()
            .map(|value| Proposal {
                field: field(&value),
                value,
                spot: None,
                confidence: 0.9,
                why: why.to_vec(),
            })
            .collect();
        Reading { proposals, pages: 1, ..Reading::default() }
    }

    fn metadata() -> Metadata {
        Metadata {
            code: Code { number: "7".into(), notation: "QĐ-UBND".into() },
            type_key: "QĐ".into(),
            type_name: "Quyết định".into(),
            subject: "Quyết định về việc kiện toàn Ban Chỉ đạo".into(),
            issuer: Some(Recipient {
                agency: AgencyCode::new("000.00.11.H30").unwrap(),
                name: "Sở Nội vụ tỉnh Hậu Giang".into(),
            }),
            issued: Some(date(2026, 2, 6)),
            signer: Signer { full_name: "ThS. Nguyễn Văn Hoà".into(), ..Signer::default() },
            pages: Some(3),
            ..Metadata::default()
        }
    }

    fn grades(values: Vec<Value>, why: &[Reason]) -> Vec<(Field, Grade)> {
        let found = differences(&metadata(), &reading(values, why));
        found.into_iter().map(|one| (one.field, one.grade)).collect()
    }

    fn grade_of(value: Value) -> Grade {
        let field = reading(vec![value.clone()], &[]).proposals[0].field;
        grades(vec![value], &[]).into_iter().find(|(one, _)| *one == field).unwrap().1
    }

    #[test]
    fn what_is_written_otherwise_but_is_the_same_agrees() {
        assert_eq!(grade_of(Value::Number("07".into())), Grade::Agrees);
        assert_eq!(grade_of(Value::Notation("QĐ–UBND".into())), Grade::Agrees);
        assert_eq!(grade_of(Value::Date(date(2026, 2, 6))), Grade::Agrees);
        assert_eq!(grade_of(Value::Signer("Nguyễn Văn Hòa".into())), Grade::Agrees);
        let subject = Value::Subject("VỀ VIỆC kiện toàn ban chỉ đạo".into());
        assert_eq!(grade_of(subject), Grade::Agrees);
        let issuer = Value::Issuer {
            name: "Sở Nội vụ".into(),
            superiors: vec!["Ủy ban nhân dân tỉnh Hậu Giang".into()],
            agency: None,
            codes: Vec::new(),
        };
        assert_eq!(grade_of(issuer), Grade::Agrees);
    }

    #[test]
    fn another_code_of_the_same_agency_agrees() {
        let issuer = Value::Issuer {
            name: "Sở Nội vụ và Lao động".into(),
            superiors: Vec::new(),
            agency: None,
            codes: ["H30.11", "000.00.11.H30"].map(|code| AgencyCode::new(code).unwrap()).into(),
        };
        assert_eq!(grade_of(issuer), Grade::Agrees);
    }

    #[test]
    fn lost_marks_are_noted_and_other_words_differ() {
        let subject = |text: &str| grade_of(Value::Subject(text.into()));
        assert_eq!(subject("Ve viec kien toan Ban Chi dao"), Grade::Alike);
        assert_eq!(subject("Về việc kiện toàn Ban Chỉ đạo 35"), Grade::Differs);
        assert_eq!(grade_of(Value::Signer("Nguyễn Văn Hóa".into())), Grade::Alike);
        assert_eq!(grade_of(Value::Signer("Nguyễn Văn Hai".into())), Grade::Differs);
        assert_eq!(grade_of(Value::Number("70".into())), Grade::Differs);
        assert_eq!(grade_of(Value::Date(date(2026, 6, 2))), Grade::Differs);
        assert_eq!(grade_of(Value::Pages(4)), Grade::Differs);
        assert_eq!(
            grade_of(Value::Type { key: "KH".into(), name: "Kế hoạch".into() }),
            Grade::Differs
        );
    }

    #[test]
    fn silence_is_told_on_either_side() {
        let found = grades(vec![Value::Urgency(Urgency::Urgent)], &[]);
        assert!(found.contains(&(Field::Urgency, Grade::NotStated)), "{found:?}");
        assert!(found.contains(&(Field::Subject, Grade::NotFound)), "{found:?}");
    }

    #[test]
    fn a_letter_lost_in_a_scan_is_no_other_subject() {
        let mut stated = metadata();
        stated.subject = "Về việc rà soát hộ nghèo, hộ cận nghèo năm 2026".into();
        let read = Value::Subject("Về việc rà soát hộ nghèo, hộ cân nghẹo nărn 2026".into());
        let of = |why: &[Reason]| {
            let found = differences(&stated, &reading(vec![read.clone()], why));
            found.iter().find(|one| one.field == Field::Subject).unwrap().grade
        };
        assert_eq!(of(&[]), Grade::Differs);
        assert_eq!(of(&[Reason::Recognised]), Grade::Differs, "two letters of thirty");
        let near = Value::Subject("Về việc rà soát hộ nghèo, hộ cận nghèo nằm 2O26".into());
        let found = differences(&stated, &reading(vec![near], &[Reason::Recognised]));
        assert_eq!(
            found.iter().find(|one| one.field == Field::Subject).unwrap().grade,
            Grade::Alike
        );
    }
}
