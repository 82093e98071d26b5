//! `vanthu`: the window of the document clerk.
#![cfg_attr(windows, windows_subsystem = "windows")]

#[cfg(feature = "server")]
mod demo;
#[cfg(feature = "server")]
mod walk;
#[cfg(feature = "server")]
mod windows;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use clap::Parser;
use futures::stream::{self, BoxStream, StreamExt};
use vanthu::desk::door::OfficeKeeper;
use vanthu::desk::easel::PdfEasel;
use vanthu::desk::instance::{self, Call, Found};
use vanthu::desk::{self, Start, journal};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::i18n::{Lang, set_language, tell};
use vanthu::office::Office;
use vanthu::t;

/// Văn Thư: the document clerk's workstation.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    /// The office's folder.
    #[arg(long, value_name = "DIR", env = "VANTHU_DATA_DIR")]
    data_dir: Option<PathBuf>,
    /// The language of the window: vi or en.
    #[arg(long, value_parser = language)]
    lang: Option<Lang>,
    /// Who signs in.
    #[arg(long, value_name = "NAME", default_value = "")]
    user: String,
    /// Opens the demonstration: two offices and a server with sample documents.
    #[arg(long)]
    demo: bool,
    /// With --demo: walks one document the whole way without a window.
    #[arg(long, requires = "demo")]
    headless_walk: bool,
    /// With --demo: the folder to use and keep; otherwise a temporary one.
    #[arg(long, requires = "demo", value_name = "DIR")]
    demo_dir: Option<PathBuf>,
    /// With --demo: only this office's window, `tan-binh` or `tinh`; otherwise both.
    #[arg(long, requires = "demo", value_name = "OFFICE")]
    demo_office: Option<String>,
    /// This window belongs to a demonstration that another process runs.
    #[arg(long, hide = true)]
    demo_window: bool,
}

fn language(tag: &str) -> Result<Lang, String> {
    Lang::from_tag(tag).ok_or_else(|| "vi or en".to_owned())
}

fn main() -> ExitCode {
    // `token-host MODULE`: this very program as the helper of another.
    if let Some(status) = vanthu::token::host::serve_if_asked() {
        return status;
    }
    let began = Instant::now();
    let arguments = Arguments::parse();
    if let Some(lang) = arguments.lang {
        set_language(lang);
    }
    let ended = if arguments.demo { demonstration(&arguments) } else { open(&arguments, began) };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => say(&problem),
    }
}

/// The office's own window, on the folder that was named or the usual one.
fn open(arguments: &Arguments, began: Instant) -> Result<(), Problem> {
    desk::need_display()?;
    let data_dir = arguments.data_dir.clone().unwrap_or_else(usual_folder);
    let mut start = Start {
        doorkeeper: Arc::new(OfficeKeeper { data_dir: data_dir.clone() }),
        easel: Arc::new(PdfEasel),
        lang: arguments.lang,
        user: arguments.user.clone(),
        demonstration: arguments.demo_window,
        began,
        obstacle: None,
        data_dir,
    };
    let left = if arguments.demo_window { demonstration_ended() } else { stream::empty().boxed() };
    match prepare(&start.data_dir) {
        Ok(Found::Another) => {
            println!("{}", t!("desk-already-open"));
            Ok(())
        }
        Ok(Found::First(guard, raised)) => {
            let ended = desk::run(start, stream::select(raised, left).boxed());
            drop(guard);
            ended
        }
        Err(problem) => {
            // A window that says why is worth more than one that does not come.
            start.obstacle = Some(problem);
            desk::run(start, left)
        }
    }
}

/// The folder, the log, and whether another window has it already.
fn prepare(data_dir: &Path) -> Result<Found, Problem> {
    let unusable = |error: std::io::Error| {
        Problem::new("desk-data-dir", Kind::Unavailable, Blame::Environment)
            .with("folder", data_dir.display())
            .because(error)
    };
    std::fs::create_dir_all(data_dir).map_err(unusable)?;
    journal::begin(data_dir).map_err(unusable)?;
    instance::arrive(data_dir).map_err(unusable)
}

fn usual_folder() -> PathBuf {
    Office::usual_folder().unwrap_or_else(|| PathBuf::from("vanthu-data"))
}

/// Prepares the demonstration, then walks it or opens its windows.
#[cfg(feature = "server")]
fn demonstration(arguments: &Arguments) -> Result<(), Problem> {
    use demo::{Demo, Member};

    let members = match arguments.demo_office.as_deref() {
        None => Member::BOTH.to_vec(),
        Some(name) => vec![Member::from_folder(name).ok_or_else(|| {
            Problem::new("desk-demo-office", Kind::Usage, Blame::Input).with("name", name)
        })?],
    };
    if !arguments.headless_walk {
        desk::need_display()?;
    }
    let stop = windows::Stop::listen().map_err(|error| {
        Problem::new("desk-demo-window", Kind::Unavailable, Blame::Environment).because(error)
    })?;
    let mut tell = |line: &str| {
        use std::io::Write;
        // Whoever has closed the other end does not want to hear it.
        let mut out = std::io::stdout().lock();
        drop(writeln!(out, "{line}").and_then(|()| out.flush()));
        stop.not_yet()
    };
    let demo = Demo::start(arguments.demo_dir.clone(), &mut tell)?;
    if arguments.headless_walk {
        return walk::walk(&demo, &mut tell);
    }
    demo.fill(&mut tell)?;
    windows::show(&demo, &members, arguments.lang, &stop)
}

#[cfg(not(feature = "server"))]
fn demonstration(_arguments: &Arguments) -> Result<(), Problem> {
    Err(Problem::new("desk-no-demonstration", Kind::Unavailable, Blame::Environment))
}

/// Calls a window of the demonstration away when the demonstration has ended.
fn demonstration_ended() -> BoxStream<'static, Call> {
    #[cfg(feature = "server")]
    return windows::parent_ended();
    #[cfg(not(feature = "server"))]
    return stream::empty().boxed();
}

fn say(problem: &Problem) -> ExitCode {
    let text = tell(problem).paragraph();
    eprintln!("{text}");
    #[cfg(windows)]
    show(text);
    ExitCode::from(problem.kind.exit_status())
}

/// Windows gives a program with windows no console of its own: without a box, whoever
/// started it by its icon would see nothing at all.
#[cfg(windows)]
fn show(text: String) {
    use std::os::windows::io::AsRawHandle;

    // Somebody reads what is printed; a box would only keep a script waiting.
    if !std::io::stderr().as_raw_handle().is_null() {
        return;
    }
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title("Văn Thư")
        .set_description(text)
        .show();
}
