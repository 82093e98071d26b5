//! Every class of attack that was published for PDF signatures, with its files, and what is
//! lawful beside it: one table, judged by us and by pyHanko.
//!
//! The classes are those of pdf-insecurity.org: universal signature forgery, incremental
//! saving and signature wrapping (2019), shadow attacks (2021), evil annotations and sneaky
//! signatures on certified documents (2021), and what people found since: fields locked,
//! values that are not shown, tricks with cross-references, readers that disagree.
//!
//! pyHanko judges the same files. Where it thinks otherwise, [`DIFFERENCES`] says why; a
//! difference that is not listed, or is listed and gone, is a failure.

use std::collections::BTreeMap;
use std::sync::Arc;

use vanthu::domain::verdict::Verdict;
use vanthu::signing::{Change, CheckOptions, Modifications, Report, SignatureReport, check};

use super::seeds::corpus;
use super::support::*;

/// One file and what must be said of the signature that was made first.
pub struct Case {
    pub class: &'static str,
    pub name: &'static str,
    pub bytes: Vec<u8>,
    pub expected: Expected,
}

#[derive(Debug, Clone, Copy)]
pub enum Expected {
    /// Valid, and nothing changed that counts.
    Untouched,
    /// Valid, with a change of this code.
    Permitted(&'static str),
    /// Invalid, with a change of this code.
    Forbidden(&'static str),
    /// Not valid, for this reason.
    Reason(&'static str),
    /// Nothing signed is found in it.
    Unsigned,
    /// Not read at all, for a reason that says this.
    Unreadable(&'static str),
}

/// Where pyHanko 0.38 with its usual policy thinks otherwise, and why we do not follow.
const DIFFERENCES: &[(&str, &[&str])] = &[
    (
        "pyHanko does not look at bytes behind the end that no cross-reference leads to",
        &[
            "ISA: objects without cross-references",
            "ISA: objects behind, the old cross-references named again",
            "ISA: an object of another kind behind the end",
            "objects and a table, no trailer",
            "objects and a trailer, no table",
            "objects, table and trailer, no marker",
            "a comment behind the end",
        ],
    ),
    (
        "pyHanko does not ask whether an update holds more than its cross-references name, \
         nor whether others cut its table the same way",
        &[
            "metadata, and an object that nothing names",
            "metadata, and an object in a comment",
            "metadata, and a second trailer",
            "rows of nineteen bytes",
            "an object stream with an object that nothing seeks there",
            "a packed object that names a key twice",
        ],
    ),
    (
        "pyHanko does not ask what readers find that repair, or that go by other rules",
        &[
            "an object in a stream of which the length stands elsewhere",
            "information that is missing",
            "a row that leads far behind the end",
            "an object of another number where a row leads",
            "objects that run into each other in an object stream",
            "an object stream whose filter stands elsewhere",
            "an object stream with an unusual filter",
            "an object in a stream, its head drawn out",
            "a file that grows to the length that it named first",
            "the same, its word for that escaped",
            "a comment before the place of the cross-references",
            "the place of the cross-references with zeros before it",
            "a comment in the head of rows",
            "two heads of rows on one line",
            "object 0 in use",
            "more objects than some readers take",
            "more objects than there may be",
            "the same with kinds of eight bytes",
        ],
    ),
    (
        "pyHanko takes no update with cross-references of both kinds",
        &["a change by a table with a stream beside it"],
    ),
    (
        "pyHanko follows one of two cross-references and does not ask which one others follow",
        &[
            "an object twice in a table, the hidden one first",
            "signed with two places for the contents",
        ],
    ),
    (
        "pyHanko knows nothing of comments: it refuses what DocMDP 3 permits",
        &[
            "a highlight (certified 3)",
            "a highlight with its look (certified 3)",
            "an underline with its look (certified 3)",
            "a note (certified 3)",
            "a highlight of forty lines (certified 3)",
            "a highlight as pens draw it (certified 3)",
            "a black underline (certified 3)",
        ],
    ),
    (
        "pyHanko takes any form filled in; we want a certification for what takes something \
         from what was signed, or is drawn with letters that nobody vouches for",
        &[
            "an empty field filled, the viewer draws it with unknown fonts",
            "drawn with the form's own font, nobody certified it",
            "a value changed after an ordinary signature",
            "a value changed, a lock leaves filling permitted",
            "a value changed, a lock leaves comments permitted",
            "a value that is an object of its own",
            "viewers asked to draw all looks anew",
        ],
    ),
    (
        "pyHanko does not read what the look of a field shows",
        &[
            "another value drawn",
            "more text drawn",
            "drawn in white",
            "drawn invisibly",
            "drawn outside of the box",
            "drawn too small",
            "a painted ground hides the page",
            "a picture beside it",
            "stretched",
            "the value changed, the look not",
            "the look changed, the value not",
            "a box shows another state than it has",
            "a choice shows another",
            "drawn with a font that came along",
            "an empty field that showed an amount",
            "a ground drawn by the viewer (certified 2)",
            "a font that is set, hidden by another and brought back",
            "white that is hidden by black and brought back",
            "a font brought back that never was",
            "a digit drawn before the others",
            "a digit drawn over the others",
            "a digit before the others in several steps",
            "digits that go back, each a little",
            "digits beyond the box",
            "all clipped away",
            "a common font with widths of its own",
            "a harmless look where viewers draw their own",
            "colours by a profile that came with the look",
            "the same where the signed form has another",
            "colours by the form's own profile",
            "colours by the form's own profile, which lists no other",
            "colours by the form's own profile under our name",
            "colours by the signed profile, and grey by another",
            "a letter changed by a code that stands elsewhere",
            "a letter changed by a code that is no whole number",
            "letters by an encoding that has none",
            "a grey of four numbers",
            "digits upside down",
            "a look in base 85",
            "a box ticked in a grey of four numbers",
        ],
    ),
    (
        "pyHanko does not ask what a box shows once it is ticked",
        &[
            "a box of the page's size ticked",
            "a box of the page's size ticked with a glyph",
            "a box ticked that turns white",
            "a box ticked that turns into a digit",
            "a box ticked that showed a digit",
            "a box ticked that shows a row of glyphs",
            "a box ticked that draws",
            "a box ticked with a line as thick as the box",
            "a box ticked that shows a picture",
            "a box ticked in a black that is white",
        ],
    ),
    (
        "that number and date come once and with the seal is the law's rule, not the format's",
        &[
            "a number without a seal",
            "a number before the seal, in a revision of its own",
            "a number with the signature of a person",
            "a second number",
            "another field filled with the number",
            "metadata changed with the number",
            "another number drawn than entered",
            "words instead of digits",
            "more digits than a number has",
            "an image in the box",
            "a box painted over",
            "a font that came along",
        ],
    ),
    (
        "pyHanko permits fields and signatures of any size",
        &["a signature field without a signature over the page", "a signature over the whole page"],
    ),
    ("pyHanko passes over bytes behind the container", &["bytes behind the value"]),
    (
        "pyHanko judges signatures, not whether other readers see another document",
        &[
            "a page with two contents",
            "a page with two contents, one name escaped",
            "contents longer than they say",
            "a page tree with two lists of pages",
        ],
    ),
];

pub fn signed_first(report: &Report) -> Option<&SignatureReport> {
    report.signatures.iter().min_by_key(|found| found.signed_length.unwrap_or(usize::MAX))
}

fn codes(report: &Report) -> Vec<&'static str> {
    let Some(first) = signed_first(report) else { return Vec::new() };
    first.changes.iter().map(Change::code).collect()
}

fn judge(case: &Case) -> (bool, bool, String) {
    let trust = &corpus().trust;
    let options = CheckOptions { trust, at: None, online: None };
    let report = match check(Arc::from(case.bytes.as_slice()), &options) {
        Ok(report) => report,
        Err(error) => {
            let why = error.to_string();
            let good = matches!(case.expected, Expected::Unreadable(said) if why.contains(said));
            return (good, false, format!("unreadable: {why}"));
        }
    };
    let first = signed_first(&report);
    let reasons: Vec<&str> =
        first.iter().flat_map(|found| &found.reasons).map(|reason| reason.code()).collect();
    let changes = codes(&report);
    let accepted = first.is_some_and(|found| found.verdict == Verdict::Valid);
    let valid = report.verdict == Verdict::Valid;
    let modified = first.map(|found| found.modifications);
    let good = match case.expected {
        Expected::Untouched => valid && changes.is_empty(),
        Expected::Permitted(code) => {
            valid && modified == Some(Modifications::Permitted) && changes.contains(&code)
        }
        Expected::Forbidden(code) => {
            !accepted && modified == Some(Modifications::Forbidden) && changes.contains(&code)
        }
        Expected::Reason(code) => !valid && reasons.contains(&code),
        Expected::Unsigned => report.verdict == Verdict::Unsigned,
        Expected::Unreadable(_) => false,
    };
    let verdict = format!("{:?}", report.verdict).to_lowercase();
    let modified = modified.map_or("no signature", |found| match found {
        Modifications::None => "none",
        Modifications::Permitted => "permitted",
        Modifications::Forbidden => "forbidden",
    });
    (
        good,
        accepted,
        format!("{verdict}; {modified} [{}] {}", changes.join(", "), reasons.join(", ")),
    )
}

/// pyHanko's word on the first signature of each file: accepted or not, and its reason.
fn pyhanko_judges(cases: &[Case]) -> BTreeMap<String, (bool, String)> {
    const SCRIPT: &str = "
import json, logging, pathlib, sys
logging.disable(logging.CRITICAL)
from pyhanko.keys import load_cert_from_pemder
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
folder, root = sys.argv[1:]
context = lambda: ValidationContext(trust_roots=[load_cert_from_pemder(root)], allow_fetching=False)
def judge(path):
    with open(path, 'rb') as file:
        signatures = PdfFileReader(file).embedded_signatures
        if not signatures:
            return False, 'no signature'
        status = validate_pdf_signature(signatures[0], context())
        level = status.modification_level
        return bool(status.bottom_line), f'{level.name if level else None} {status.docmdp_ok}'
answers = {}
for path in pathlib.Path(folder).glob('*.pdf'):
    try:
        answers[path.stem] = judge(path)
    except Exception as error:
        answers[path.stem] = (False, f'{type(error).__name__}: {error}'[:80])
print(json.dumps(answers))
";
    let folder = tempfile::tempdir().unwrap();
    for (number, case) in cases.iter().enumerate() {
        std::fs::write(folder.path().join(format!("{number}.pdf")), &case.bytes).unwrap();
    }
    let root = corpus().folder().join("root.pem");
    let output = python().args(["-c", SCRIPT]).arg(folder.path()).arg(root).output().unwrap();
    assert!(output.status.success(), "{}", printed(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The whole table.
pub fn all() -> Vec<Case> {
    let mut cases = super::attacks::cases();
    cases.extend(super::forms::cases());
    cases.extend(super::numbers::cases());
    cases.extend(super::annotations::cases());
    cases.extend(super::differentials::cases());
    cases.extend(super::stores::cases());
    cases.extend(super::twice::cases());
    cases.extend(super::repairs::cases());
    cases.extend(super::covers::cases());
    cases.extend(super::looks::cases());
    cases.extend(super::readers::cases());
    cases.sort_by_key(|case| case.class);
    cases
}

#[test]
fn every_class_of_attack_is_told_from_what_is_lawful() {
    let cases = all();
    let theirs = pyhanko_judges(&cases);
    let (mut failures, mut differing) = (Vec::new(), Vec::new());
    for (number, case) in cases.iter().enumerate() {
        let (good, accepted, said) = judge(case);
        let (their, why) = &theirs[&number.to_string()];
        let differs = *their != accepted;
        println!(
            "{:<22} {:<62} {} {said}{}",
            case.class,
            case.name,
            if good { "ok  " } else { "FAIL" },
            if differs { format!("  || pyHanko {their}: {why}") } else { String::new() }
        );
        if !good {
            failures.push(format!("{}: expected {:?}: {said}", case.name, case.expected));
        }
        if differs {
            differing.push(case.name);
            if let Some((why, _)) = DIFFERENCES.iter().find(|(_, all)| all.contains(&case.name)) {
                println!("{:<22}   {why}", "");
            }
        }
    }
    println!("{} files", cases.len());
    assert_eq!(failures, Vec::<String>::new());
    let listed: Vec<&str> = DIFFERENCES.iter().flat_map(|(_, names)| *names).copied().collect();
    let unlisted: Vec<_> = differing.iter().filter(|name| !listed.contains(name)).collect();
    let gone: Vec<_> = listed.iter().filter(|name| !differing.contains(name)).collect();
    assert!(unlisted.is_empty() && gone.is_empty(), "unlisted {unlisted:?}, gone {gone:?}");
}
