//! Pictures of pages become characters with places, by a program of its own.
//!
//! Paper that was scanned has no text. Where Tesseract is installed with its Vietnamese data
//! (Debian `tesseract-ocr-vie`, on Windows the usual installer) the page is drawn, handed to
//! it through a pipe, and its table of words comes back as the same glyphs that a file with
//! text gives. The program is another process: it can be slow, hang or crash without harm.
//! It has a time limit, is killed when nobody waits any more, and gets nothing but a picture.
//! Where it is missing, that is a state which people see, never a failure.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use super::tsv;
use crate::pdf::render::{Bitmap, Cancel};
use crate::pdf::text::PageText;

/// The language that is asked for.
const LANGUAGE: &str = "vie";
/// Longer than this no page is waited for.
const PATIENCE: Duration = Duration::from_secs(90);
/// Dots per inch at which pages are drawn for it: what its makers ask for.
pub const DOTS_PER_INCH: f32 = 300.0;
/// What it says of one page is never longer.
const MOST_BYTES: u64 = 16 << 20;

/// A program that reads pictures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recogniser {
    program: PathBuf,
    patience: Duration,
}

/// Why a picture was not read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotRead {
    #[error("no program for optical recognition")]
    NoProgram,
    #[error("the program for optical recognition has no Vietnamese data")]
    NoVietnamese,
    #[error("optical recognition took too long")]
    TooSlow,
    #[error("optical recognition was cancelled")]
    Cancelled,
    #[error("optical recognition failed: {0}")]
    Failed(String),
}

impl NotRead {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NoProgram => "no-program",
            Self::NoVietnamese => "no-vietnamese",
            Self::TooSlow => "too-slow",
            Self::Cancelled => "cancelled",
            Self::Failed(_) => "failed",
        }
    }

    /// In the language in force.
    pub fn sentence(&self) -> String {
        crate::i18n::tr(&format!("extract-not-read-{}", self.key()))
    }
}

/// A page as it was recognised: in points, as shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Recognised {
    pub text: PageText,
    /// The program's own mean, 0 to 1.
    pub certainty: f32,
}

impl Recogniser {
    /// Finds the program: `chosen`, else on the search path and where installers put it.
    /// Asks it for its languages, which takes a moment.
    pub fn find(chosen: Option<&Path>) -> Result<Self, NotRead> {
        let program = match chosen {
            Some(program) => Some(program.to_owned()).filter(|program| program.is_file()),
            None => candidates().into_iter().find(|program| program.is_file()),
        };
        let program = program.ok_or(NotRead::NoProgram)?;
        let found = Self { program, patience: PATIENCE };
        let listed = found.run(&["--list-langs"], Vec::new(), &Cancel::default())?;
        match listed.lines().any(|line| line.trim() == LANGUAGE) {
            true => Ok(found),
            false => Err(NotRead::NoVietnamese),
        }
    }

    pub fn program(&self) -> &Path {
        &self.program
    }

    /// Gives up on a page after `patience`.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Reads a picture that shows a page of `height` points.
    pub fn read(
        &self,
        picture: &Bitmap,
        height: f32,
        cancel: &Cancel,
    ) -> Result<Recognised, NotRead> {
        let dots = DOTS_PER_INCH.to_string();
        // Automatic segmentation keeps the two columns of the head apart.
        let words = ["stdin", "stdout", "-l", LANGUAGE, "--psm", "3", "--dpi", &dots, "tsv"];
        let table = self.run(&words, grey(picture), cancel)?;
        let scale = height / (picture.height.max(1) as f32);
        Ok(tsv::read(&table, scale, height))
    }

    /// Runs the program with `input` and gives what it said.
    fn run(&self, words: &[&str], input: Vec<u8>, cancel: &Cancel) -> Result<String, NotRead> {
        let failed = |error: std::io::Error| NotRead::Failed(error.to_string());
        let mut command = Command::new(&self.program);
        command
            .args(words)
            // One page at a time on one core: the clerk goes on working.
            .env("OMP_THREAD_LIMIT", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(windows)]
        {
            use std::os::windows::process::CommandExt;
            // No console window flashes up.
            const CREATE_NO_WINDOW: u32 = 0x0800_0000;
            command.creation_flags(CREATE_NO_WINDOW);
        }
        let mut child = Running(command.spawn().map_err(failed)?);
        let (stdin, stdout) = (child.0.stdin.take(), child.0.stdout.take());
        // Both pipes have a thread of their own, else a full one would stop both programs.
        if let Some(mut stdin) = stdin {
            thread::spawn(move || drop(stdin.write_all(&input)));
        }
        let (tell, told) = mpsc::channel();
        if let Some(stdout) = stdout {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                let read = stdout.take(MOST_BYTES).read_to_end(&mut bytes);
                let _ = tell.send(read.map(|_| bytes));
            });
        }
        let begun = Instant::now();
        loop {
            if cancel.is_cancelled() {
                return Err(NotRead::Cancelled);
            }
            if begun.elapsed() > self.patience {
                return Err(NotRead::TooSlow);
            }
            if let Some(status) = child.0.try_wait().map_err(failed)? {
                let bytes = told
                    .recv_timeout(Duration::from_secs(5))
                    .map_err(|_| NotRead::Failed("no output".to_owned()))?
                    .map_err(failed)?;
                return match status.success() {
                    true => Ok(String::from_utf8_lossy(&bytes).into_owned()),
                    false => Err(NotRead::Failed(format!("it ended with {status}"))),
                };
            }
            thread::sleep(Duration::from_millis(15));
        }
    }
}

/// A child that does not outlive its caller.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A picture in grey, as a binary PGM file: no compression, understood everywhere.
fn grey(picture: &Bitmap) -> Vec<u8> {
    let mut file = format!("P5\n{} {}\n255\n", picture.width, picture.height).into_bytes();
    file.extend(picture.rgba.chunks_exact(4).map(|pixel| {
        let [r, g, b, a] = [0, 1, 2, 3].map(|at| u32::from(pixel.get(at).copied().unwrap_or(255)));
        // Where nothing is drawn the paper is white.
        let grey = (299 * r + 587 * g + 114 * b) / 1000;
        let over = (grey * a + 255 * (255 - a)) / 255;
        u8::try_from(over).unwrap_or(255)
    }));
    file
}

/// Where the program usually is, in the order of trial.
fn candidates() -> Vec<PathBuf> {
    let name = if cfg!(windows) { "tesseract.exe" } else { "tesseract" };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> =
        std::env::split_paths(&path).map(|folder| folder.join(name)).collect();
    if cfg!(windows) {
        for base in ["ProgramFiles", "LOCALAPPDATA"] {
            let base = std::env::var_os(base).map(PathBuf::from);
            found.extend(base.map(|base| base.join("Tesseract-OCR").join(name)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_becomes_grey_on_white() {
        let picture = Bitmap { width: 2, height: 1, rgba: vec![0, 0, 0, 255, 255, 0, 0, 0].into() };
        assert_eq!(grey(&picture), b"P5\n2 1\n255\n\x00\xff");
    }

    #[test]
    fn a_missing_program_is_a_state() {
        let nowhere = Path::new("/nowhere/tesseract");
        assert_eq!(Recogniser::find(Some(nowhere)), Err(NotRead::NoProgram));
    }

    #[cfg(unix)]
    fn script(folder: &Path, text: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let program = folder.join("tesseract");
        std::fs::write(&program, format!("#!/bin/sh\n{text}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        program
    }

    #[cfg(unix)]
    #[test]
    fn a_program_without_vietnamese_is_told_apart_from_none() {
        let folder = tempfile::tempdir().unwrap();
        let program = script(folder.path(), "echo eng");
        assert_eq!(Recogniser::find(Some(&program)), Err(NotRead::NoVietnamese));
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_hangs_is_killed() {
        let folder = tempfile::tempdir().unwrap();
        let text = "if [ \"$1\" = --list-langs ]; then echo vie; else exec sleep 60; fi";
        let program = script(folder.path(), text);
        let found = Recogniser::find(Some(&program)).unwrap();
        let picture = Bitmap { width: 1, height: 1, rgba: vec![255; 4].into() };
        let begun = Instant::now();
        let hasty = found.clone().with_patience(Duration::from_millis(200));
        let answer = hasty.read(&picture, 842.0, &Cancel::default());
        assert_eq!(answer, Err(NotRead::TooSlow));
        let cancel = Cancel::default();
        cancel.cancel();
        assert_eq!(found.read(&picture, 842.0, &cancel), Err(NotRead::Cancelled));
        assert!(begun.elapsed() < Duration::from_secs(20), "{:?}", begun.elapsed());
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_fails_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let text = "if [ \"$1\" = --list-langs ]; then echo vie; else exit 3; fi";
        let found = Recogniser::find(Some(&script(folder.path(), text))).unwrap();
        let picture = Bitmap { width: 1, height: 1, rgba: vec![255; 4].into() };
        let answer = found.read(&picture, 842.0, &Cancel::default());
        assert!(matches!(answer, Err(NotRead::Failed(_))), "{answer:?}");
    }
}
