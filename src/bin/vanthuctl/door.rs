//! Opening the office, and reading what must not stand on the command line.

use std::fs::File;
use std::io::{BufRead, Read, Write};
use std::path::{Path, PathBuf};

use vanthu::domain::document::DocumentKey;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::office::Office;
use vanthu::pdf::PdfError;
use vanthu::pdf::structure::Source;
use vanthu::token::{LastTry, Pin};

use crate::args::{ChangePin, Global, TokenArgs};
use crate::usage;

/// The data folder that was named, else the user's own.
pub fn data_dir(global: &Global) -> Result<PathBuf, Problem> {
    match &global.data_dir {
        Some(dir) => Ok(dir.clone()),
        None => Office::usual_folder().ok_or_else(|| usage("--data-dir", "")),
    }
}

/// Opens the office as the user who was named.
pub fn open(global: &Global) -> Result<Office, Problem> {
    let user = user(global)?;
    let password = password(global)?;
    Office::open(&data_dir(global)?, &user, &password)
}

pub fn user(global: &Global) -> Result<String, Problem> {
    global.user.clone().ok_or_else(|| usage("--user", ""))
}

/// The user's password: first line of standard input, `VANTHU_PASSWORD`, or asked for.
pub fn password(global: &Global) -> Result<Pin, Problem> {
    if global.password_stdin {
        return first_line();
    }
    match std::env::var("VANTHU_PASSWORD") {
        Ok(password) => Ok(Pin::new(password)),
        Err(_) => ask("ctl-ask-password"),
    }
}

/// A secret from the environment variable `name`.
pub fn secret_from_env(name: &str) -> Result<Pin, Problem> {
    std::env::var(name).map(Pin::new).map_err(|_| usage("environment variable", name))
}

/// The token's PIN, by the way that was chosen; asked for when none was.
pub fn pin(args: &TokenArgs) -> Result<Pin, Problem> {
    match (&args.pin_env, args.pin_stdin) {
        (Some(name), _) => secret_from_env(name),
        (None, true) => first_line(),
        (None, false) if args.pin_pad => Ok(Pin::new("")),
        (None, false) => ask("ctl-ask-pin"),
    }
}

/// The present PIN of a token and the new one. Typed at a terminal, the new one is asked for
/// twice: nobody can see what was mistyped.
pub fn old_and_new_pin(args: &ChangePin) -> Result<(Pin, Pin), Problem> {
    match (&args.pin_env, &args.new_pin_env) {
        (Some(old), Some(new)) => Ok((secret_from_env(old)?, secret_from_env(new)?)),
        _ if args.pin_stdin => Ok((first_line()?, first_line()?)),
        _ => {
            let old = ask("ctl-ask-pin")?;
            let (new, again) = (ask("ctl-ask-new-pin")?, ask("ctl-ask-new-pin-again")?);
            if new.reveal() == again.reveal() {
                Ok((old, new))
            } else {
                Err(Problem::new("ctl-new-pin-differs", Kind::Usage, Blame::Input))
            }
        }
    }
}

/// Whether the last try of the PIN may be used.
pub fn last_try(args: &TokenArgs) -> LastTry {
    if args.last_try { LastTry::Confirmed } else { LastTry::Keep }
}

/// Opens a PDF without reading it whole; a pipe, which cannot be read twice, is.
pub fn open_pdf(path: &Path) -> Result<Source, Problem> {
    let opened = match std::fs::metadata(path) {
        Ok(about) if !about.is_file() && !about.is_dir() => Source::parse(read(path)?.into()),
        _ => Source::open(path),
    };
    opened.map_err(|error| match error {
        PdfError::Unreadable(cause) => unreadable(path, cause),
        other => other.into(),
    })
}

/// What is missing or cannot be read, by its name.
pub fn unreadable(path: &Path, cause: String) -> Problem {
    Problem::new("ctl-file-unreadable", Kind::Unreadable, Blame::Input)
        .with("file", path.display())
        .because(cause)
}

/// Reads a file whole; what is missing or unreadable is said with its name.
pub fn read(path: &Path) -> Result<Vec<u8>, Problem> {
    // Larger than any input that the product takes; more would only fill the memory.
    const LIMIT: u64 = 1 << 30;
    let unreadable = |cause: String| unreadable(path, cause);
    let file = std::fs::File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let size = file.metadata().map_err(|error| unreadable(error.to_string()))?.len();
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(LIMIT)).unwrap_or_default());
    // What a file says of its size is no promise: a device says nothing and never ends.
    let read = file.take(LIMIT + 1).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(error.to_string()))?;
    if bytes.len() as u64 > LIMIT {
        return Err(unreadable(format!("more than {LIMIT} bytes")));
    }
    Ok(bytes)
}

/// Writes a file under a temporary name first, so that a failure leaves no half of it.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), Problem> {
    write_with(path, |out| out.write_all(bytes).map_err(|error| unwritable(path, &error)))
}

/// The same for what is written piece by piece. The file gets its name when `work` is done
/// and its bytes are on the disk.
pub fn write_with<T>(
    path: &Path,
    work: impl FnOnce(&mut dyn Write) -> Result<T, Problem>,
) -> Result<T, Problem> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = path.with_file_name(name);
    let told = |error: std::io::Error| unwritable(path, &error);
    let mut file = File::create(&part).map_err(told)?;
    let done = work(&mut file).and_then(|done| {
        file.sync_all().map_err(told)?;
        drop(file);
        std::fs::rename(&part, path).map_err(told)?;
        Ok(done)
    });
    if done.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    done
}

fn unwritable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::new("ctl-file-unwritable", Kind::Unavailable, Blame::Environment)
        .with("file", path.display())
        .because(error)
}

/// The name of a file without its folder.
pub fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

pub fn key(id: &str) -> Result<DocumentKey, Problem> {
    id.parse().map_err(|_| usage("ID", id))
}

fn first_line() -> Result<Pin, Problem> {
    let mut line = zeroize::Zeroizing::new(String::new());
    std::io::stdin().lock().read_line(&mut line).map_err(|error| usage("standard input", error))?;
    Ok(Pin::new(line.trim_end_matches(['\r', '\n'])))
}

fn ask(question: &str) -> Result<Pin, Problem> {
    rpassword::prompt_password(vanthu::i18n::tr(question))
        .map(Pin::new)
        .map_err(|error| usage("terminal", error))
}
