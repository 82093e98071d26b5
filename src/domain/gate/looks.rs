//! The looks: from evidence to a result, without any file or line.
//!
//! What comes in is what somebody else measured (signatures checked, pages counted, a
//! scanner's answer); what goes out is a result with the facts that it rests on.

use super::{CountedFile, Fact, Outcome};
use crate::domain::agency::AgencyCode;
use crate::domain::outbound::SignatureKind;
use crate::domain::secrecy::SecrecyMark;
use crate::domain::verdict::{Verdict, VerdictSummary};

/// A result with what was found.
pub type Look = (Outcome, Vec<Fact>);

/// The reason code of a file that was changed after signing.
const CHANGED: &str = "changed-after-signing";

/// Invalid signatures fail; what cannot be decided, or is not signed, is told: an unsigned
/// document is received for information (Quyết định 28/2018/QĐ-TTg Điều 4 khoản 2).
pub fn signature(verdict: &VerdictSummary) -> Look {
    let outcome = match verdict.verdict {
        Verdict::Valid => Outcome::Passed,
        Verdict::Unsigned | Verdict::Indeterminate => Outcome::Warned,
        Verdict::Invalid => Outcome::Failed,
    };
    let mut facts = Vec::new();
    if verdict.signatures.is_empty() {
        facts.push(Fact::new("signature-none"));
    }
    for signature in &verdict.signatures {
        let code = match signature.verdict {
            Verdict::Valid => "signature-valid",
            Verdict::Unsigned | Verdict::Indeterminate => "signature-unsure",
            Verdict::Invalid if signature.reasons.iter().any(|reason| reason == CHANGED) => {
                "signature-changed"
            }
            Verdict::Invalid => "signature-invalid",
        };
        let mut fact = Fact::new(code).at(&signature.signer);
        if signature.verdict != Verdict::Valid {
            let reason = signature.reasons.first().map_or("", String::as_str);
            fact = fact.with("reason", reason);
        }
        facts.push(fact);
    }
    if !verdict.signatures.is_empty() {
        let has = |kind| verdict.signatures.iter().any(|one| one.kind == Some(kind));
        // Quyết định 01/2019/QĐ-UBND Điều 6 khoản 1: both.
        if !has(SignatureKind::Personal) {
            facts.push(Fact::new("personal-missing"));
        }
        if !has(SignatureKind::Organisation) {
            facts.push(Fact::new("organisation-missing"));
        }
    }
    let missing = facts.iter().any(|fact| fact.code.ends_with("-missing"));
    let outcome = if missing && outcome == Outcome::Passed { Outcome::Warned } else { outcome };
    (outcome, facts)
}

/// Whom a packet names as its receivers, and under which codes we are known.
#[derive(Debug, Clone, Copy)]
pub struct Addressed<'a> {
    /// Code and name of each receiver; `None` for a file that came without a packet.
    pub named: Option<&'a [(Option<AgencyCode>, String)]>,
    pub ours: &'a [AgencyCode],
}

pub fn addressee(addressed: Addressed<'_>) -> Look {
    let Some(named) = addressed.named else {
        return (Outcome::undone("by-hand"), Vec::new());
    };
    let ours = named
        .iter()
        .find(|(code, _)| code.as_ref().is_some_and(|code| addressed.ours.contains(code)));
    match ours {
        Some((code, _)) => {
            let code = code.as_ref().map(ToString::to_string).unwrap_or_default();
            (Outcome::Passed, vec![Fact::new("addressed-to-us").with("code", code)])
        }
        None => {
            let others: Vec<&str> = named.iter().map(|(_, name)| name.as_str()).collect();
            let fact = Fact::new("addressed-to-others").with("names", others.join("; "));
            (Outcome::Failed, vec![fact])
        }
    }
}

/// What can be known of competence without reading the document's matter.
#[derive(Debug, Clone, Copy, Default)]
pub struct Competence<'a> {
    /// The code of a document of ours that this one answers.
    pub answers: Option<&'a str>,
    /// The name of the sender, where the directory says that it is our superior.
    pub superior: Option<&'a str>,
}

/// Whether it is ours to settle. An answer to our own document is, and so is what our
/// superior sends us; of the rest only a person can say (Thông tư 01/2019/TT-BNV Điều 4:
/// function, tasks and competence are to be determined correctly).
pub fn competence(known: Competence<'_>) -> Look {
    if let Some(code) = known.answers {
        return (Outcome::Passed, vec![Fact::new("answers-ours").with("code", code)]);
    }
    if let Some(name) = known.superior {
        return (Outcome::Passed, vec![Fact::new("from-superior").with("name", name)]);
    }
    (Outcome::undone("for-the-clerk"), Vec::new())
}

/// What the sender says came with the document; empty where nothing is said.
#[derive(Debug, Clone, Copy, Default)]
pub struct Stated<'a> {
    /// `PageAmount`.
    pub pages: Option<u32>,
    /// Names of annexes (`Appendixes`).
    pub appendixes: &'a [String],
    /// There was a manifest to compare with.
    pub manifest: bool,
}

/// Số lượng văn bản, số trang mỗi văn bản (Quyết định 01/2019/QĐ-UBND Điều 9 khoản 2).
///
/// A packet whose manifest names a file that is not in it is refused when it is read; here
/// the annexes that its fields name, and the pages that they count, are compared.
pub fn attachments(stated: Stated<'_>, files: &[CountedFile]) -> Look {
    if !stated.manifest {
        return (Outcome::undone("nothing-stated"), Vec::new());
    }
    let mut facts = vec![Fact::new("files-counted").with("count", files.len())];
    let mut outcome = Outcome::Passed;
    for name in stated.appendixes {
        let wanted = crate::domain::text::fold(name);
        let came = files.iter().any(|file| {
            let here = crate::domain::text::fold(&file.name);
            here == wanted || here.rsplit_once('.').is_some_and(|(stem, _)| stem == wanted)
        });
        // Names of annexes are free text: where as many files came as annexes are named,
        // they are there under other names.
        if !came && files.iter().filter(|file| !file.main).count() < stated.appendixes.len() {
            facts.push(Fact::new("annex-missing").with("name", name).at(name));
            outcome = Outcome::Failed;
        }
    }
    for empty in files.iter().filter(|file| file.size == 0) {
        facts.push(Fact::new("file-empty").at(&empty.name));
        outcome = Outcome::Failed;
    }
    let counted = files.iter().find(|file| file.main).and_then(|file| file.pages);
    let whole: u32 = files.iter().filter_map(|file| file.pages).sum();
    match (stated.pages, counted) {
        // Senders count the document alone, or everything with it.
        (Some(stated), Some(counted)) if stated != counted && stated != whole => {
            facts.push(Fact::new("pages-differ").with("stated", stated).with("counted", counted));
            if outcome == Outcome::Passed {
                outcome = Outcome::Warned;
            }
        }
        (_, Some(counted)) => facts.push(Fact::new("pages-counted").with("count", counted)),
        (_, None) => {}
    }
    (outcome, facts)
}

/// Why a file is of no permitted format; `None` where it is of one.
pub fn formats<'a>(files: impl IntoIterator<Item = (&'a str, Option<&'a str>)>) -> Look {
    let mut facts = Vec::new();
    for (name, why) in files {
        if let Some(code) = why {
            facts.push(Fact::new(code).with("name", name).at(name));
        }
    }
    let outcome = if facts.is_empty() { Outcome::Passed } else { Outcome::Failed };
    (outcome, facts)
}

/// What a scanner said of all files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scanned {
    /// No scanner is set.
    NotSet,
    Clean {
        /// The scanner as it names itself.
        by: String,
    },
    /// It could not be asked, or did not answer: never the same as clean.
    Broken {
        by: String,
        /// The code of the problem.
        code: String,
    },
    Found {
        by: String,
        file: String,
        /// What the scanner calls it.
        malware: String,
    },
}

pub fn malware(scanned: &Scanned) -> Look {
    match scanned {
        Scanned::NotSet => (Outcome::undone("no-scanner"), Vec::new()),
        Scanned::Clean { by } => (Outcome::Passed, vec![Fact::new("scan-clean").with("by", by)]),
        Scanned::Broken { by, code } => (
            Outcome::NotDone { why: "scanner-broken".to_owned(), owed: true },
            vec![Fact::new("scan-broken").with("by", by).with("problem", code)],
        ),
        Scanned::Found { by, file, malware } => (
            Outcome::Failed,
            vec![Fact::new("malware-found").with("name", malware).with("by", by).at(file)],
        ),
    }
}

/// How a field of the packet stands to the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Agreement {
    Same,
    /// But for diacritics, or a letter that was recognised off a picture.
    Alike,
    /// Only the page says it.
    Unstated,
    /// The page does not say it.
    NotFound,
    Differs,
}

/// A field that packet and page were asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Stable; the sentence is `extract-field-…`.
    pub field: String,
    pub stated: String,
    pub on_page: String,
    /// Counted from 1; 0 where it stands nowhere.
    pub page: u32,
    pub agreement: Agreement,
}

/// Whether the packet's fields say what the page says. Reading a page is no proof: what
/// differs is marked for the clerk, and does not fail by itself.
pub fn agreement(compared: &[Compared], why_not: &str) -> Look {
    if compared.is_empty() {
        return (Outcome::undone(why_not), Vec::new());
    }
    let mut outcome = Outcome::Passed;
    let facts = compared
        .iter()
        .map(|one| {
            let code = match one.agreement {
                Agreement::Same => "field-same",
                Agreement::Alike => "field-alike",
                Agreement::Unstated => "field-unstated",
                Agreement::NotFound => "field-not-found",
                Agreement::Differs => "field-differs",
            };
            if !matches!(one.agreement, Agreement::Same | Agreement::Unstated) {
                outcome = Outcome::Warned;
            }
            Fact::new(code)
                .with("stated", &one.stated)
                .with("read", &one.on_page)
                .with("page", one.page)
                .at(&one.field)
        })
        .collect();
    (outcome, facts)
}

/// A secrecy mark (Quyết định 28/2018/QĐ-TTg Điều 1 khoản 2). `readable` says whether there
/// was text to look at: a scan without any may hide a stamp.
pub fn secrecy(mark: Option<SecrecyMark>, readable: bool) -> Look {
    match mark {
        Some(mark) => (Outcome::Failed, vec![Fact::new("secret").with("mark", mark.stamp())]),
        None if readable => (Outcome::Passed, Vec::new()),
        None => (Outcome::undone("no-text"), Vec::new()),
    }
}

/// Every code that a failed look can have, for the profile's list of reasons to return a
/// document.
pub const FAILURES: [&str; 9] = [
    "signature-changed",
    "signature-invalid",
    "addressed-to-others",
    "annex-missing",
    "file-empty",
    "format-forbidden",
    "format-mismatch",
    "malware-found",
    "secret",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, main: bool, pages: Option<u32>) -> CountedFile {
        CountedFile { name: name.to_owned(), size: 9, sha256: String::new(), pages, main }
    }

    #[test]
    fn annexes_and_pages_are_compared_with_what_came() {
        let files = [file("qd.pdf", true, Some(3)), file("Phụ lục 1.xlsx", false, None)];
        let none: [String; 0] = [];
        let stated = |pages, appendixes| Stated { pages, appendixes, manifest: true };
        assert_eq!(attachments(stated(Some(3), &none), &files).0, Outcome::Passed);
        assert_eq!(attachments(stated(Some(5), &none), &files).0, Outcome::Warned);
        let one = ["phu luc 1".to_owned()];
        assert_eq!(attachments(stated(None, &one), &files).0, Outcome::Passed);
        let two = ["Phụ lục 1".to_owned(), "Phụ lục 2".to_owned()];
        let (outcome, facts) = attachments(stated(None, &two), &files);
        assert_eq!(outcome, Outcome::Failed);
        let missing: Vec<_> = facts.iter().filter(|fact| fact.code == "annex-missing").collect();
        assert_eq!(missing.len(), 1);
        assert_eq!(missing[0].place, "Phụ lục 2");
        assert!(matches!(
            attachments(Stated::default(), &files).0,
            Outcome::NotDone { owed: false, .. }
        ));
    }

    #[test]
    fn a_broken_scanner_is_never_clean() {
        let broken = Scanned::Broken { by: "clamd".to_owned(), code: "x".to_owned() };
        assert!(matches!(malware(&broken).0, Outcome::NotDone { owed: true, .. }));
        assert!(matches!(malware(&Scanned::NotSet).0, Outcome::NotDone { owed: false, .. }));
    }

    #[test]
    fn only_what_is_sure_decides_competence() {
        let known = |answers, superior| competence(Competence { answers, superior }).0;
        assert_eq!(known(Some("12/BC-UBND"), None), Outcome::Passed);
        assert_eq!(known(None, Some("UBND tỉnh")), Outcome::Passed);
        assert!(matches!(known(None, None), Outcome::NotDone { .. }));
    }
}
