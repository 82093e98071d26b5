//! Completeness as the regulation means it: what must be there beyond signatures that hold.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 6 khoản 1 wants a personal and an organisation signature on
//! a document that is electronic only; Điều 9 khoản 1 with Quyết định 28/2018/QĐ-TTg Điều 9 has
//! the receiver check completeness, integrity and authenticity before accepting. Each question
//! is a line with its article and its answer; what the packet or the asker does not say stays
//! unknown, and nothing here makes a verdict better or worse.

use jiff::civil::Date;

use super::names::{same_agency, same_person};
use super::number::{FirstPage, number};
use crate::domain::act::SigningAct;
use crate::domain::agency::{AgencyCode, CodeForm};
use crate::domain::outbound::SignatureKind;
use crate::domain::verdict::{Answer, CompletenessLine, Verdict};
use crate::signing::report::{Report, SignatureReport};

const BOTH: &str = "Quyết định 01/2019/QĐ-UBND Điều 6 khoản 1";
const AUTHENTICITY: &str =
    "Quyết định 01/2019/QĐ-UBND Điều 9 khoản 1; Quyết định 28/2018/QĐ-TTg Điều 9 khoản 1";
const PERSON: &str = "Thông tư 01/2019/TT-BNV Điều 12; Nghị định 30/2020/NĐ-CP Điều 13";
const SEAL: &str = "Thông tư 01/2019/TT-BNV Điều 13; Nghị định 30/2020/NĐ-CP Điều 17";

/// What is known of a document from elsewhere: from its packet, or from whoever asks. Empty
/// where it is not known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The agency that sent the document.
    pub sender_name: String,
    pub sender_code: String,
    /// Codes that the sender had before, or has beside it.
    pub sender_other_codes: Vec<String>,
    /// The agency that issued it, where that is another one.
    pub issuer_name: String,
    pub issuer_code: String,
    /// The full name under the signature.
    pub signer_name: String,
    pub position: String,
    /// Number and notation of the document.
    pub number: String,
    pub notation: String,
    /// The date under which it was issued.
    pub issued: Option<Date>,
}

/// The lines, always all of them and in this order; `page` is the file's first.
pub fn completeness(
    report: &Report,
    expected: &Expectation,
    page: &FirstPage,
) -> Vec<CompletenessLine> {
    let of = |kind| -> Vec<&SignatureReport> {
        let signatures = report.signatures.iter().filter(|found| !found.is_document_timestamp);
        signatures.filter(|found| found.kind == Some(kind)).collect()
    };
    let (personal, seals) = (of(SignatureKind::Personal), of(SignatureKind::Organisation));
    let nameless =
        report.signatures.iter().any(|found| !found.is_document_timestamp && found.kind.is_none());
    vec![
        there("personal-signature", &personal, nameless),
        there("organisation-signature", &seals, nameless),
        organisation(&seals, expected),
        signer(&personal, expected),
        position(&personal, expected),
        order(&personal, &seals),
        number(report, !personal.is_empty() || !seals.is_empty(), expected, page),
        acts(report),
    ]
}

pub(super) fn line(code: &str, article: &str, result: Answer, detail: &str) -> CompletenessLine {
    CompletenessLine {
        code: code.to_owned(),
        article: article.to_owned(),
        result,
        detail: detail.to_owned(),
        found: String::new(),
        expected: String::new(),
    }
}

/// The best signature of a kind decides: a second, invalid one is in the verdict already.
fn there(code: &str, found: &[&SignatureReport], nameless: bool) -> CompletenessLine {
    let best = found.iter().min_by_key(|found| found.verdict);
    let (result, detail) = match best.map(|found| found.verdict) {
        Some(Verdict::Valid) => (Answer::Ok, "valid"),
        Some(Verdict::Indeterminate | Verdict::Unsigned) => (Answer::Unknown, "not-settled"),
        Some(Verdict::Invalid) => (Answer::No, "not-valid"),
        None if nameless => (Answer::Unknown, "kind-unknown"),
        None => (Answer::No, "missing"),
    };
    let mut line = line(code, BOTH, result, detail);
    line.found = best.map(|found| found.signer().to_owned()).unwrap_or_default();
    line
}

/// By what a seal is known to be an agency's, from the surer to the less sure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Ground {
    Code,
    Name,
}

/// Whose seal it may be; a name or a code that is not known is empty.
#[derive(Debug, Clone, Copy)]
struct Agency<'a> {
    name: &'a str,
    code: &'a str,
    other_codes: &'a [String],
}

impl Agency<'_> {
    /// Whether a seal's name is this agency's.
    fn is_named_by(&self, seal: &SignatureReport) -> Answer {
        if self.name.is_empty() {
            return Answer::Unknown;
        }
        same_agency(owner(seal), self.name)
    }

    /// Whether a seal is this agency's. A code in its certificate decides: names are alike in
    /// many provinces, and an issuing authority writes them as it likes.
    fn owns(&self, seal: &SignatureReport) -> (Answer, Ground) {
        let codes = agency_codes(seal);
        let own = || self.other_codes.iter().map(String::as_str).chain([self.code]);
        if codes.iter().any(|code| own().any(|own| code.as_str() == own)) {
            (Answer::Ok, Ground::Code)
        } else if codes.iter().any(|code| own().any(|own| contradicts(code, own))) {
            (Answer::No, Ground::Code)
        } else {
            (self.is_named_by(seal), Ground::Name)
        }
    }
}

/// The organisation's name stands in CN; O is the agency above it, unless CN is empty.
fn owner(seal: &SignatureReport) -> &str {
    let names = [seal.signer(), seal.organisation()];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

/// Whether two codes cannot be one agency's: each of the two regulations gives every agency a
/// code of its own, so that only codes of one form can be compared.
fn contradicts(one: &AgencyCode, other: &str) -> bool {
    let Some(other) = AgencyCode::new(other) else { return false };
    let (form, other_form) = (one.form(), other.form());
    *one != other && (form == other_form || [form, other_form].contains(&CodeForm::Unknown))
}

/// The sender, and the issuer where the sender passes a document on.
fn agencies(expected: &Expectation) -> Vec<Agency<'_>> {
    let sender = Agency {
        name: &expected.sender_name,
        code: &expected.sender_code,
        other_codes: &expected.sender_other_codes,
    };
    let mut issuer =
        Agency { name: &expected.issuer_name, code: &expected.issuer_code, other_codes: &[] };
    // An issuer without a code that bears the sender's name is the sender.
    if issuer.code.is_empty() && same_agency(issuer.name, sender.name) == Answer::Ok {
        (issuer.code, issuer.other_codes) = (sender.code, sender.other_codes);
    }
    let known = |agency: &Agency<'_>| !agency.name.is_empty() || !agency.code.is_empty();
    [sender, issuer].into_iter().filter(known).collect()
}

/// Whether the seal is the sender's, or the issuer's where the sender passes a document on.
fn organisation(seals: &[&SignatureReport], expected: &Expectation) -> CompletenessLine {
    const CODE: &str = "organisation-is-sender";
    let agencies = agencies(expected);
    if seals.is_empty() {
        return line(CODE, AUTHENTICITY, Answer::Unknown, "missing");
    }
    let pairs = seals.iter().flat_map(|seal| agencies.iter().map(move |agency| (*seal, agency)));
    let best = pairs.min_by_key(|(seal, agency)| agency.owns(seal));
    let names = seals.iter().map(|seal| seal.signer()).collect::<Vec<_>>().join("; ");
    let Some((seal, agency)) = best else {
        let mut line = line(CODE, AUTHENTICITY, Answer::Unknown, "sender-unknown");
        line.found = names;
        return line;
    };
    let (result, ground) = agency.owns(seal);
    let is_renamed = agency.is_named_by(seal) == Answer::No;
    let detail = match (result, ground) {
        // One agency under two names, or a code that is not the seal's: people must look.
        (Answer::Ok, Ground::Code) if is_renamed => "same-code-other-name",
        (Answer::Ok, Ground::Code) => "same-code",
        (Answer::Ok, Ground::Name) => "same-name",
        (Answer::Unknown, _) => "name-unclear",
        (Answer::No, Ground::Code) => "other-code",
        (Answer::No, Ground::Name) => "other-name",
    };
    let mut line = line(CODE, AUTHENTICITY, result, detail);
    (line.found, line.expected) = match ground {
        Ground::Code if detail == "same-code-other-name" => {
            (owner(seal).to_owned(), format!("{} ({})", agency.name, agency.code))
        }
        Ground::Code => {
            let codes: Vec<String> = agency_codes(seal).iter().map(AgencyCode::to_string).collect();
            (codes.join(", "), agency.code.to_owned())
        }
        Ground::Name if agency.name.is_empty() => (names, agency.code.to_owned()),
        Ground::Name => (names, agency.name.to_owned()),
    };
    line
}

/// Agency codes in the user ids of a certificate (`MDD:000.00.01.H30`). Tax and budget numbers
/// stand there as well and are none.
fn agency_codes(seal: &SignatureReport) -> Vec<AgencyCode> {
    const MARKS: [&str; 2] = ["mdd", "mđd"];
    let uids = seal.certificate.iter().flat_map(|certificate| &certificate.subject().uids);
    uids.filter_map(|uid| {
        let (mark, code) = uid.split_once([':', '-', '='])?;
        let code = AgencyCode::new(code)?;
        let marked = MARKS.contains(&mark.trim().to_lowercase().as_str());
        (marked || code.form() != CodeForm::Unknown).then_some(code)
    })
    .collect()
}

fn signer(personal: &[&SignatureReport], expected: &Expectation) -> CompletenessLine {
    const CODE: &str = "signer-is-named";
    let mut line = if personal.is_empty() {
        line(CODE, PERSON, Answer::Unknown, "missing")
    } else if expected.signer_name.is_empty() {
        line(CODE, PERSON, Answer::Unknown, "signer-unknown")
    } else if personal.iter().any(|one| same_person(one.signer(), &expected.signer_name)) {
        line(CODE, PERSON, Answer::Ok, "same-name")
    } else {
        line(CODE, PERSON, Answer::No, "other-name")
    };
    line.found = personal.iter().map(|one| one.signer()).collect::<Vec<_>>().join("; ");
    line.expected.clone_from(&expected.signer_name);
    line
}

/// Certificates of officials carry the position, but few that are in use do.
fn position(personal: &[&SignatureReport], expected: &Expectation) -> CompletenessLine {
    const CODE: &str = "position-is-named";
    const ARTICLE: &str = "Nghị định 23/2025/NĐ-CP Điều 13";
    let titles: Vec<String> = personal
        .iter()
        .filter_map(|one| one.certificate.as_ref()?.subject().title.clone())
        .filter(|title| !title.is_empty())
        .collect();
    let mut line = if expected.position.is_empty() || titles.is_empty() {
        line(CODE, ARTICLE, Answer::Unknown, "position-unknown")
    } else if titles.iter().any(|title| same_person(title, &expected.position)) {
        line(CODE, ARTICLE, Answer::Ok, "same-name")
    } else {
        line(CODE, ARTICLE, Answer::No, "other-name")
    };
    line.found = titles.join("; ");
    line.expected.clone_from(&expected.position);
    line
}

/// The seal is set on what the leader has signed: its signature covers the personal one.
fn order(personal: &[&SignatureReport], seals: &[&SignatureReport]) -> CompletenessLine {
    const CODE: &str = "personal-before-seal";
    let length = |found: &&SignatureReport| found.signed_length;
    let first_person = personal.iter().filter_map(length).min();
    let first_seal = seals.iter().filter_map(length).min();
    match first_person.zip(first_seal) {
        None => line(CODE, SEAL, Answer::Unknown, "missing"),
        Some((person, seal)) if person < seal => line(CODE, SEAL, Answer::Ok, "in-order"),
        Some(_) => line(CODE, SEAL, Answer::No, "seal-first"),
    }
}

/// The acts that the signatures name, in the order of signing.
fn acts(report: &Report) -> CompletenessLine {
    const CODE: &str = "acts";
    let mut named: Vec<(usize, Option<SigningAct>)> = report
        .signatures
        .iter()
        .filter(|found| !found.is_document_timestamp)
        .map(|found| (found.signed_length.unwrap_or(usize::MAX), found.act))
        .collect();
    named.sort_by_key(|(length, _)| *length);
    let known = !named.is_empty() && named.iter().all(|(_, act)| act.is_some());
    let result = if known { Answer::Ok } else { Answer::Unknown };
    let mut line = line(CODE, SEAL, result, if known { "acts-named" } else { "acts-unknown" });
    let names = named.iter().filter_map(|(_, act)| act.map(SigningAct::key));
    line.found = names.collect::<Vec<_>>().join(", ");
    line
}
