//! A text document (DOCX, ODT) becomes the PDF that is signed.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 12: what is signed and sent is a PDF; drafts are written in a
//! word processor. The conversion is done by the one that is installed, in a process of its own
//! with a profile of its own, a time limit and macros off. Whether the PDF says the same as the
//! document is not taken on trust: the document's own words are read out of its XML and compared
//! with the words on the pages, and a person confirms what is shown.
//!
//! | module | holds |
//! | --- | --- |
//! | `process` | another program with a time limit, killed when nobody waits |
//! | `libreoffice`, `word` | the two converters |
//! | `source` | the words of a DOCX or ODT file |
//! | `sameness` | are these the same words? |

mod libreoffice;
mod process;
pub mod sameness;
pub mod source;
mod word;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use super::Office;
use crate::domain::problem::{Blame, Kind, Problem};
use crate::domain::role::Act;
use crate::domain::text;
use crate::pdf::render::{Cancel, RenderedDocument};
use crate::pdf::structure::Source;
use crate::pdf::text::PageText;
use sameness::Sameness;
use source::{SourceText, TextFormat};

/// The setting that names the program; `none` for none.
const PROGRAM: &str = "converter.program";
const NONE: &str = "none";

/// Makes a PDF of a text document. The file's name ends as its format does.
pub trait Converter: fmt::Debug + Send + Sync {
    /// What people call it.
    fn name(&self) -> &'static str;

    /// Writes `pdf`; `scratch` is an empty folder for whatever else it needs.
    fn convert(
        &self,
        source: &Path,
        pdf: &Path,
        scratch: &Path,
        cancel: &Cancel,
    ) -> Result<(), NotConverted>;
}

/// Why no PDF was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotConverted {
    #[error("no word processor is installed that could convert")]
    NoProgram,
    #[error("{0} is no DOCX or ODT file")]
    NotText(String),
    #[error("the document cannot be read: {0}")]
    Damaged(String),
    #[error("the conversion took too long")]
    TooSlow,
    #[error("the conversion was cancelled")]
    Cancelled,
    #[error("the conversion failed: {0}")]
    Failed(String),
}

impl From<NotConverted> for Problem {
    fn from(error: NotConverted) -> Self {
        use Blame::{Environment, Input};
        let problem = match &error {
            NotConverted::NoProgram => {
                Self::new("convert-no-program", Kind::Unavailable, Environment)
            }
            NotConverted::NotText(name) => {
                Self::new("convert-not-text", Kind::Unreadable, Input).with("file", name)
            }
            NotConverted::Damaged(_) => Self::new("convert-damaged", Kind::Unreadable, Input),
            NotConverted::TooSlow => Self::new("convert-too-slow", Kind::Unavailable, Environment),
            NotConverted::Cancelled => Self::new("convert-cancelled", Kind::No, Input),
            NotConverted::Failed(_) => Self::new("convert-failed", Kind::Unavailable, Environment),
        };
        problem.because(error)
    }
}

/// A PDF that was made of a text document, not yet confirmed by anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    pub pdf: Arc<[u8]>,
    pub pages: u32,
    /// Name of the word processor.
    pub by: &'static str,
    pub sameness: Sameness,
}

/// Whether a file's name says that it is a text document that can be converted.
pub fn is_text_document(name: &str) -> bool {
    TextFormat::of_name(name).is_some()
}

impl Office {
    /// Makes a PDF of a text document and compares the words of both. Blocks for seconds.
    pub fn convert(
        &self,
        name: &str,
        bytes: &[u8],
        cancel: &Cancel,
    ) -> Result<Conversion, Problem> {
        self.actor(Act::Draft)?;
        let name = text::safe_file_name(name);
        let format =
            TextFormat::of_name(&name).ok_or_else(|| NotConverted::NotText(name.clone()))?;
        self.profile().check_attachment(&name, bytes)?;
        let words = SourceText::read(format, bytes)?;
        let converter = self.converter()?;
        let workshop = Workshop::open(self.data_dir())?;
        let pdf: Arc<[u8]> = workshop.convert(&*converter, format, bytes, cancel)?.into();
        let pages = Source::parse(pdf.clone())?.page_count()?;
        let document = self.renderer()?.open(pdf.clone())?;
        let sameness = sameness(&words, &document, cancel)?;
        tracing::info!(pages, differences = sameness.differences(), "a document became a PDF");
        Ok(Conversion { pdf, pages, by: converter.name(), sameness })
    }

    /// The word processor that this desk uses.
    pub fn converter(&self) -> Result<Box<dyn Converter>, NotConverted> {
        let chosen = self.store().setting(PROGRAM).ok().flatten();
        find(chosen.as_deref().filter(|chosen| !chosen.is_empty()))
    }

    /// The program that was chosen, if one was; `none` where none is to be used.
    pub fn converter_program(&self) -> Result<Option<String>, Problem> {
        Ok(self.store().setting(PROGRAM)?.filter(|chosen| !chosen.is_empty()))
    }

    /// Chooses LibreOffice's program file, `none` for none, `None` for what is found by itself.
    pub fn set_converter_program(&self, program: Option<&str>) -> Result<(), Problem> {
        self.actor(Act::ManageAgencies)?;
        if let Some(program) = program.filter(|program| *program != NONE) {
            drop(find(Some(program))?);
        }
        Ok(self.store().set_setting(PROGRAM, program.unwrap_or_default())?)
    }
}

/// Compares the words of a text document with those of the pages that were made of it.
pub(super) fn sameness(
    words: &SourceText,
    document: &RenderedDocument,
    cancel: &Cancel,
) -> Result<Sameness, Problem> {
    let (mut drawn, mut read) = (Vec::new(), Vec::new());
    for (page, _) in (0..).zip(document.pages()) {
        if cancel.is_cancelled() {
            return Err(NotConverted::Cancelled.into());
        }
        let text = document.text(page)?;
        drawn.push(text.plain());
        read.push(by_lines(&text));
    }
    // Columns are kept apart in the order of drawing; where letters of another typeface had to
    // help out, only the order of the lines makes words of them.
    let [drawn, read] = [drawn, read].map(|pages| Sameness::of(words, &pages));
    Ok(if read.differences() < drawn.differences() { read } else { drawn })
}

/// The text of a page as its lines are read, from the top.
pub(super) fn by_lines(text: &PageText) -> String {
    let lines: Vec<String> = text.lines().into_iter().map(|line| line.text).collect();
    lines.join("\n")
}

fn find(chosen: Option<&str>) -> Result<Box<dyn Converter>, NotConverted> {
    let boxed = |found: libreoffice::LibreOffice| -> Box<dyn Converter> { Box::new(found) };
    match chosen {
        Some(NONE) => Err(NotConverted::NoProgram),
        Some(program) => libreoffice::LibreOffice::at(Path::new(program)).map(boxed),
        None => libreoffice::LibreOffice::find()
            .map(boxed)
            .or_else(|| word::Word::find().map(|word| -> Box<dyn Converter> { Box::new(word) }))
            .ok_or(NotConverted::NoProgram),
    }
}

/// How the folders of conversions begin.
const WORKSHOP: &str = "converting-";

/// A folder that only this user reads, and that is gone afterwards: a draft is nobody else's.
struct Workshop(PathBuf);

/// Removes what a power cut left of conversions. Called when the office opens: nobody else has
/// it open then, so none of them goes on.
pub(super) fn sweep(data_dir: &Path) {
    let Ok(entries) = std::fs::read_dir(data_dir) else { return };
    for entry in entries.flatten() {
        let left = entry.file_name().to_string_lossy().starts_with(WORKSHOP);
        if left && let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(%error, "the folder of a conversion stays");
        }
    }
}

impl Workshop {
    fn open(data_dir: &Path) -> Result<Self, NotConverted> {
        let path = data_dir.join(format!("{WORKSHOP}{}", Uuid::now_v7()));
        private_dir(&path).map_err(failed)?;
        Ok(Self(path))
    }

    fn convert(
        &self,
        converter: &dyn Converter,
        format: TextFormat,
        bytes: &[u8],
        cancel: &Cancel,
    ) -> Result<Vec<u8>, NotConverted> {
        // Whatever the document is called, the program sees a name without surprises.
        let source = self.0.join(format!("document.{}", format.extension()));
        let pdf = self.0.join("document.pdf");
        let scratch = self.0.join("profile");
        std::fs::write(&source, bytes).map_err(failed)?;
        std::fs::create_dir(&scratch).map_err(failed)?;
        converter.convert(&source, &pdf, &scratch, cancel)?;
        std::fs::read(&pdf).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => NotConverted::Failed("no PDF was written".to_owned()),
            _ => failed(error),
        })
    }
}

#[cfg(unix)]
fn private_dir(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().mode(0o700).create(path)
}

/// The data folder lies in the user's own profile, which others do not read.
#[cfg(not(unix))]
fn private_dir(path: &Path) -> std::io::Result<()> {
    std::fs::create_dir(path)
}

impl Drop for Workshop {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, "the folder of a conversion stays");
        }
    }
}

fn failed(error: std::io::Error) -> NotConverted {
    NotConverted::Failed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Copies;

    impl Converter for Copies {
        fn name(&self) -> &'static str {
            "copy"
        }

        fn convert(
            &self,
            source: &Path,
            pdf: &Path,
            scratch: &Path,
            _: &Cancel,
        ) -> Result<(), NotConverted> {
            assert!(scratch.is_dir());
            assert_eq!(source.extension().and_then(|end| end.to_str()), Some("odt"));
            std::fs::copy(source, pdf).map(drop).map_err(failed)
        }
    }

    #[test]
    fn nothing_is_left_of_a_conversion() {
        let dir = tempfile::tempdir().unwrap();
        let workshop = Workshop::open(dir.path()).unwrap();
        let made = workshop.convert(&Copies, TextFormat::Odt, b"abc", &Cancel::new()).unwrap();
        assert_eq!(made, b"abc");
        drop(workshop);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn no_program_is_a_state() {
        assert!(matches!(find(Some("none")), Err(NotConverted::NoProgram)));
        assert!(matches!(find(Some("/nowhere/soffice")), Err(NotConverted::NoProgram)));
    }
}
