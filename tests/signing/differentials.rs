//! Readers that disagree: what is signed can be read in two ways, or what was appended is
//! not what its cross-references say.

use std::sync::LazyLock;

use lopdf::{Dictionary, Object, dictionary};
use vanthu::pdf::structure::Source;

use super::cases::{Case, Expected};
use super::seeds::corpus;
use super::support::*;

/// An update written by hand.
pub struct Raw {
    out: Vec<u8>,
    rows: Vec<(u32, usize, u16, char)>,
    prev: usize,
    pub size: usize,
}

const FORGED: &str = "<</Length 18>>\nstream\nBT (forged) Tj ET \nendstream";
/// Metadata, other than what was signed.
pub static HARMLESS: LazyLock<String> = LazyLock::new(|| {
    let xmp = XMP.replace("end='w'", "end='r'");
    format!("<</Type/Metadata/Subtype/XML/Length {}>>\nstream\n{xmp}\nendstream", xmp.len())
});

impl Raw {
    pub fn on(bytes: &[u8]) -> Self {
        let file = source(bytes);
        let prev = file.revisions().last().unwrap().xref_at;
        let size = file.entries().map(|(number, _)| number as usize).max().unwrap() + 1;
        Self { out: bytes.to_vec(), rows: Vec::new(), prev, size }
    }

    /// An object, named by the cross-references.
    pub fn object(mut self, number: u32, generation: u16, body: &str) -> Self {
        self.rows.push((number, self.out.len(), generation, 'n'));
        self.text(&format!("{number} {generation} obj\n{body}\nendobj\n"))
    }

    fn text(mut self, text: &str) -> Self {
        self.out.extend_from_slice(text.as_bytes());
        self
    }

    pub fn row(mut self, number: u32, offset: usize, generation: u16, kind: char) -> Self {
        self.rows.push((number, offset, generation, kind));
        self
    }

    fn table(&self, end: &str) -> String {
        let mut rows = self.rows.clone();
        rows.sort_unstable();
        let mut table = String::from("xref\n");
        for (number, offset, generation, kind) in rows {
            table += &format!("{number} 1\n{offset:010} {generation:05} {kind}{end}");
        }
        table
    }

    fn trailer(&self, more: &str) -> String {
        format!("trailer\n<</Size {}/Root 1 0 R/Prev {}{more}>>\n", self.size, self.prev)
    }

    /// With table, trailer and marker.
    pub fn finish(self, more: &str) -> Vec<u8> {
        let (at, table, trailer) = (self.out.len(), self.table(" \n"), self.trailer(more));
        self.text(&table).text(&trailer).text(&format!("startxref\n{at}\n%%EOF\n")).out
    }
}

/// The offset of an object in a file.
fn offset(file: &Source, number: u32) -> usize {
    match file.entry(number) {
        vanthu::pdf::structure::Entry::At { offset, .. } => offset,
        _ => panic!("an object of its own"),
    }
}

fn signed(bytes: &[u8]) -> Vec<u8> {
    corpus().signer("ec").sign_plainly(bytes)
}

pub fn cases() -> Vec<Case> {
    let mut cases = ambiguous();
    cases.extend(tricks());
    cases
}

/// Prepared before signing, so that nothing has changed since.
fn ambiguous() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |name, bytes, expected| {
        cases.push(Case { class: "parser differential", name, bytes, expected });
    };
    let ambiguous = Expected::Reason("ambiguous-structure");
    let before = |text: &str| [text.as_bytes(), &letter()].concat();
    add("something before the header", signed(&before("GIF89a\n")), ambiguous);
    let twice = letter_with("/Contents 5 0 R", "/Contents 6 0 R/Contents 5 0 R", "");
    add("a page with two contents", signed(&twice), ambiguous);
    let hidden = letter_with("/Contents 5 0 R", "/Contents 6 0 R/Con#74ents 5 0 R", "");
    add("a page with two contents, one name escaped", signed(&hidden), ambiguous);
    let lie = letter_with("/Length 39>>", "/Length 9>>", "");
    assert!(lie != letter(), "the length to lie about");
    add("contents longer than they say", signed(&lie), ambiguous);
    let tree = letter_with("/Kids[3 0 R 4 0 R]", "/Kids[4 0 R]/Kids[3 0 R 4 0 R]", "");
    add("a page tree with two lists of pages", signed(&tree), ambiguous);
    let comment = letter_with("/Contents 5 0 R", "/Contents % 6 0 R\n5 0 R", "");
    add("a comment within a page", signed(&comment), Expected::Untouched);
    let white = [corpus().file("table"), b"\r\n \n"].concat();
    add("white space behind the end", white, Expected::Untouched);
    cases
}

/// Appended after signing.
fn tricks() -> Vec<Case> {
    let bytes = corpus().file("table");
    let file = source(bytes);
    let (raw, mut cases) = (|| Raw::on(bytes), Vec::new());
    let mut add = |class, name, bytes, expected| cases.push(Case { class, name, bytes, expected });
    let (history, saving, tricks) =
        (Expected::Forbidden("history"), "incremental saving", "cross-reference tricks");
    let content = Expected::Forbidden("page-content");

    add(
        "lawful",
        "an update by hand: metadata",
        raw().object(7, 0, &HARMLESS).finish(""),
        Expected::Permitted("metadata"),
    );
    add(saving, "an update by hand: contents", raw().object(5, 0, FORGED).finish(""), content);
    add(
        saving,
        "objects and a table, no trailer",
        {
            let update = raw().object(5, 0, FORGED);
            let table = update.table(" \n");
            update.text(&table).out
        },
        Expected::Forbidden("trailing-bytes"),
    );
    add(
        saving,
        "objects and a trailer, no table",
        {
            let update = raw().object(5, 0, FORGED);
            let trailer = update.trailer("");
            update.text(&trailer).out
        },
        Expected::Forbidden("trailing-bytes"),
    );
    add(
        saving,
        "objects, table and trailer, no marker",
        {
            let update = raw().object(5, 0, FORGED);
            let (table, trailer) = (update.table(" \n"), update.trailer(""));
            update.text(&table).text(&trailer).out
        },
        Expected::Forbidden("trailing-bytes"),
    );
    add(
        saving,
        "the signature copied behind forged contents",
        {
            let value = file.signature_fields().unwrap().remove(0).value.unwrap();
            let id = value.id.unwrap();
            let at = offset(&file, id.0);
            let end = at + bytes[at..].windows(6).position(|window| window == b"endobj").unwrap();
            let body = String::from_utf8_lossy(&bytes[at..end]).into_owned();
            let (_, body) = body.split_once("obj").unwrap();
            raw().object(5, 0, FORGED).object(id.0, 0, body.trim()).finish("")
        },
        Expected::Reason("byte-range-invalid"),
    );
    add(
        saving,
        "a comment behind the end",
        [bytes, b"% 5 0 obj\n"].concat(),
        Expected::Forbidden("trailing-bytes"),
    );
    add(
        saving,
        "metadata, and an object that nothing names",
        raw().object(7, 0, &HARMLESS).text(&format!("5 0 obj\n{FORGED}\nendobj\n")).finish(""),
        history,
    );
    add(
        saving,
        "metadata, and an object in a comment",
        raw().object(7, 0, &HARMLESS).text("%5 0 obj <<>> endobj\n").finish(""),
        history,
    );
    add(
        saving,
        "metadata, and a second trailer",
        raw().object(7, 0, &HARMLESS).text("trailer <</Root 6 0 R>>\n").finish(""),
        history,
    );

    add(
        tricks,
        "rows of nineteen bytes",
        {
            let update = raw().object(7, 0, &HARMLESS);
            let (at, table, trailer) = (update.out.len(), update.table("\n"), update.trailer(""));
            update.text(&table).text(&trailer).text(&format!("startxref\n{at}\n%%EOF\n")).out
        },
        history,
    );
    add(
        tricks,
        "a row that leads to another object",
        {
            let at = offset(&file, 6);
            raw().object(7, 0, &HARMLESS).row(5, at, 0, 'n').finish("")
        },
        history,
    );
    add(
        tricks,
        "a row that leads to an older object of that number",
        {
            let at = offset(&file, 5);
            raw().object(7, 0, &HARMLESS).row(5, at, 0, 'n').finish("")
        },
        Expected::Permitted("metadata"),
    );
    add(tricks, "another generation", raw().object(5, 1, FORGED).finish(""), content);
    add(
        tricks,
        "contents set free",
        raw().object(7, 0, &HARMLESS).row(5, 0, 1, 'f').finish(""),
        content,
    );
    add(
        tricks,
        "an update that comes before itself",
        {
            let mut update = raw().object(5, 0, FORGED);
            update.prev = update.out.len();
            update.finish("")
        },
        Expected::Unreadable("go in a circle"),
    );
    add(
        tricks,
        "an update that leaves the signature out",
        {
            let mut update = raw().object(5, 0, FORGED);
            update.prev = file.revisions()[0].xref_at;
            update.finish("")
        },
        Expected::Unsigned,
    );
    add(
        tricks,
        "an older revision named as the newest",
        {
            let at = file.revisions()[0].xref_at;
            raw().text(&format!("startxref\n{at}\n%%EOF\n")).out
        },
        Expected::Unsigned,
    );
    add(
        tricks,
        "a marker that leads into the text",
        raw().text("startxref\n20\n%%EOF\n").out,
        Expected::Unreadable("no number at byte 20"),
    );
    add(
        tricks,
        "a marker that leads nowhere",
        raw().text("startxref\n99999999\n%%EOF\n").out,
        Expected::Unreadable("lies outside the file"),
    );
    add(tricks, "a stream beside the table hides contents", hybrid(bytes), content);
    add(
        tricks,
        "another catalog in the trailer",
        {
            let id = 60;
            let mut update = raw().object(id, 0, "<</Type/Catalog/Pages 2 0 R>>");
            update.size = 61;
            let (at, table) = (update.out.len(), update.table(" \n"));
            let trailer = update.trailer("").replace("/Root 1 0 R", "/Root 60 0 R");
            update.text(&table).text(&trailer).text(&format!("startxref\n{at}\n%%EOF\n")).out
        },
        Expected::Unsigned,
    );
    add(
        tricks,
        "encryption declared",
        raw().object(7, 0, &HARMLESS).finish("/Encrypt<</Filter/Standard>>"),
        Expected::Unreadable("encrypted"),
    );
    add(
        tricks,
        "a trailer that names its catalog twice",
        raw().object(7, 0, &HARMLESS).finish("/Root 6 0 R"),
        Expected::Unreadable("no plain dictionary"),
    );
    add(
        tricks,
        "a font moved into an object stream",
        compressed_font(corpus().file("stream")),
        Expected::Forbidden("resource"),
    );
    add(
        "parser differential",
        "an update longer than it says",
        raw().object(7, 0, &HARMLESS.replace("/Length ", "/Length 1 %")).finish(""),
        history,
    );
    add(
        "parser differential",
        "a page that names its annotations twice",
        append(bytes, |update, source| {
            let (id, page) = source.page(1).unwrap();
            let mut body = Vec::new();
            lopdf::Writer::write_object(&mut body, &page.into()).unwrap();
            let tail = body.len() - 2;
            body.splice(tail.., b"/Annots[]>>".iter().copied());
            update.set_raw(id, body);
        }),
        history,
    );
    add(
        "parser differential",
        "an appended object that names a key twice",
        append(bytes, |update, _| {
            update
                .set_raw((7, 0), HARMLESS.replace("/Subtype", "/Subtype/Any/Subtype").into_bytes());
        }),
        history,
    );

    let pages = "pages";
    let tree = |kids: &[u32]| {
        append(bytes, |update, source| {
            let Object::Dictionary(mut tree) = source.object((2, 0)).unwrap() else { panic!() };
            tree.set(
                "Kids",
                kids.iter().map(|kid| Object::Reference((*kid, 0))).collect::<Vec<_>>(),
            );
            update.set((2, 0), tree.into());
        })
    };
    let moved = Expected::Forbidden("page-tree");
    add(pages, "two pages changed places", tree(&[4, 3]), moved);
    add(
        pages,
        "a page shown twice",
        tree(&[3, 4, 3]),
        Expected::Unreadable("page tree goes in a circle"),
    );
    add(pages, "a page taken away", tree(&[3]), moved);

    for (name, key, action) in [
        (
            "a program started on opening",
            "OpenAction",
            dictionary! { "S" => "Launch", "F" => Object::string_literal("calc.exe") },
        ),
        (
            "a script on printing",
            "AA",
            dictionary! { "WP" => dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("1") } },
        ),
        (
            "scripts by name",
            "Names",
            dictionary! { "JavaScript" => dictionary! { "Names" => Vec::<Object>::new() } },
        ),
        (
            "a page elsewhere on opening",
            "OpenAction",
            dictionary! { "S" => "URI", "URI" => Object::string_literal("http://x") },
        ),
    ] {
        let acting = append(bytes, |update, source| {
            let (id, mut catalog) = source.catalog().unwrap();
            catalog.set(key, action);
            update.set(id, catalog.into());
        });
        add("actions", name, acting, Expected::Forbidden("catalog"));
    }
    for (name, key) in [("a script on a page", "AA"), ("a page on a timer", "Dur")] {
        let acting = append(bytes, |update, source| {
            let (id, mut page) = source.page(1).unwrap();
            page.set(key, dictionary! { "O" => dictionary! { "S" => "JavaScript" } });
            update.set(id, page.into());
        });
        add("actions", name, acting, content);
    }
    add(
        "shadow",
        "layers that hide",
        append(bytes, |update, source| {
            let (id, mut catalog) = source.catalog().unwrap();
            catalog.set("OCProperties", Dictionary::new());
            update.set(id, catalog.into());
        }),
        Expected::Forbidden("catalog"),
    );
    add(
        "container",
        "two signers in one value",
        two_signers(),
        Expected::Reason("several-signers"),
    );
    cases
}

/// The table does not name object 5; the stream beside it does.
fn hybrid(bytes: &[u8]) -> Vec<u8> {
    let update = Raw::on(bytes).object(7, 0, &HARMLESS);
    let forged = update.out.len();
    let update = update.text(&format!("5 0 obj\n{FORGED}\nendobj\n"));
    let at = update.out.len();
    let mut stream = "60 0 obj\n<</Type/XRef/Size 61/W[1 4 1]/Index[5 1]/Length 6>>\nstream\n"
        .to_owned()
        .into_bytes();
    stream.push(1);
    stream.extend(u32::try_from(forged).unwrap().to_be_bytes());
    stream.push(0);
    stream.extend(b"\nendstream\nendobj\n");
    let mut update = update;
    update.out.extend(stream);
    update.size = 61;
    update.finish(&format!("/XRefStm {at}"))
}

/// The letter's font, changed, in a new object stream that a cross-reference stream names.
fn compressed_font(bytes: &[u8]) -> Vec<u8> {
    let file = source(bytes);
    let font = file.entries().map(|(number, _)| number).find(|number| {
        matches!(file.object((*number, 0)), Ok(Object::Dictionary(found)) if found.has_type(b"Font"))
    });
    let (font, catalog) = (font.unwrap(), file.catalog().unwrap().0.0);
    let mut out = bytes.to_vec();
    let body = format!("{font} 0 <</Type/Font/Subtype/Type1/BaseFont/Symbol>>");
    let first = body.find('<').unwrap();
    let container = out.len();
    out.extend(format!("80 0 obj\n<</Type/ObjStm/N 1/First {first}/Length {}>>\nstream\n{body}\nendstream\nendobj\n", body.len()).bytes());
    let at = out.len();
    let prev = file.revisions().last().unwrap().xref_at;
    out.extend(format!("81 0 obj\n<</Type/XRef/Size 82/Root {catalog} 0 R/Prev {prev}/W[1 4 1]/Index[{font} 1 80 2]/Length 18>>\nstream\n").bytes());
    for (kind, place) in [(2, 80), (1, container), (1, at)] {
        out.push(kind);
        out.extend(u32::try_from(place).unwrap().to_be_bytes());
        out.push(0);
    }
    out.extend(format!("\nendstream\nendobj\nstartxref\n{at}\n%%EOF\n").bytes());
    out
}

/// The value made by two signers together, as openssl makes it.
fn two_signers() -> Vec<u8> {
    let bytes = corpus().file("table");
    let hole =
        source(bytes).signature_fields().unwrap().remove(0).value.unwrap().contents_at.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let content = folder.path().join("content");
    std::fs::write(&content, [&bytes[..hole.start], &bytes[hole.end..]].concat()).unwrap();
    let mut run = std::process::Command::new("openssl");
    run.args(["cms", "-sign", "-binary", "-nocerts", "-outform", "DER", "-md", "sha256", "-in"]);
    run.arg(&content);
    for signer in ["ec", "org"] {
        run.arg("-signer").arg(corpus().folder().join(format!("{signer}.pem")));
        run.arg("-inkey").arg(corpus().folder().join(format!("{signer}.key")));
    }
    let output = run.output().expect("openssl");
    assert!(output.status.success(), "{}", printed(&output));
    let room = (hole.len() - 2) / 2;
    assert!(output.stdout.len() <= room, "{} in {room}", output.stdout.len());
    let mut value = output.stdout;
    value.resize(room, 0);
    let mut forged = bytes.to_vec();
    forged.splice(hole.start + 1..hole.end - 1, hex::encode(value).into_bytes());
    forged
}
