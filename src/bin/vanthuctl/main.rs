//! `vanthuctl`: everything an administrator or a script needs.

mod act;
mod args;
mod batch;
mod bench;
mod book;
mod certificate;
mod copy;
mod desk_work;
mod directory;
mod doctor;
mod door;
mod draft;
mod evidence;
mod extend;
mod fields;
mod follow;
mod gate;
mod handling;
mod layout;
mod leaving;
mod outbound;
mod output;
mod paper;
mod review;
mod setup;
mod sign;
mod tokens;
mod trust;
mod verify;

use std::process::ExitCode;

use clap::Parser;
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::i18n;

use args::{Cli, Command};
use output::Outcome;

fn main() -> ExitCode {
    // `token-host MODULE`: this very program as the helper of another.
    if let Some(status) = vanthu::token::host::serve_if_asked() {
        return status;
    }
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("VANTHU_LOG")
                .unwrap_or_else(|_| "error".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let Some(lang) = i18n::Lang::from_tag(&cli.global.lang) else {
        let problem = usage("--lang", &cli.global.lang);
        return output::print_problem(&problem, cli.global.json);
    };
    i18n::set_language(lang);
    let json = cli.global.json;
    match run(cli) {
        Ok(outcome) => outcome.print(json),
        Err(problem) => output::print_problem(&problem, json),
    }
}

/// Help and version are answers; the rest is told like every other problem.
fn not_understood(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    if !error.use_stderr() {
        return ExitCode::SUCCESS;
    }
    // The words were not understood, but these two are looked for all the same.
    let words: Vec<String> =
        std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let after = words.iter().skip_while(|word| *word != "--lang").nth(1).cloned();
    let glued = words.iter().find_map(|word| word.strip_prefix("--lang=").map(str::to_owned));
    let tag = after.or(glued).or_else(|| std::env::var("VANTHU_LANG").ok());
    if let Some(lang) = tag.as_deref().and_then(i18n::Lang::from_tag) {
        i18n::set_language(lang);
    }
    let problem = Problem::new("ctl-words", Kind::Usage, Blame::Input);
    output::print_problem(&problem, words.iter().any(|word| word == "--json"))
}

fn run(cli: Cli) -> Result<Outcome, Problem> {
    let global = &cli.global;
    match cli.command {
        Command::Verify(args) => verify::verify(global, &args),
        Command::Sign(args) => sign::sign_files(global, &args),
        Command::Tokens(args) => tokens::tokens(global, args),
        Command::Certificate(command) => certificate::certificate(global, &command),
        Command::Packet(command) => setup::packet(global, &command),
        Command::Init(args) => setup::init(global, &args),
        Command::User(command) => setup::user(global, &command),
        Command::Agency(command) => setup::agency(global, &command),
        Command::Directory(command) => directory::run(global, &command),
        Command::Trust(command) => trust::trust(global, &command),
        Command::Config(command) => setup::config(global, &command),
        Command::Extract(args) => fields::extract(global, &args),
        Command::Check(args) => layout::check(global, &args),
        Command::Bench(which) => bench::bench(&which),
        Command::Doctor { what: None } => doctor::doctor(global),
        Command::Doctor { what: Some(args::Doctor::Tokens) } => doctor::tokens(global),
        other => desk_work::run(global, other),
    }
}

/// A wrong word on the command line.
fn usage(what: &str, value: impl ToString) -> Problem {
    Problem::new("ctl-usage", Kind::Usage, Blame::Input)
        .with("what", what)
        .with("value", value.to_string())
}
