//! `vanthu-server`: runs the provincial exchange server and keeps its agencies.

use std::io::{Read, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tracing_subscriber::EnvFilter;
use vanthu::domain::agency::{Agency, AgencyCode};
use vanthu::domain::problem::Problem;
use vanthu::i18n::{Lang, set_language, tell};
use vanthu::server::{Account, DataDir, Server, ServerConfig, ServerError};
use vanthu::token::Pin;

/// The provincial exchange server of Văn Thư.
#[derive(Parser)]
#[command(name = "vanthu-server", version)]
struct Cli {
    /// Folder of the server's database, packets and key.
    #[arg(
        long,
        global = true,
        env = "VANTHU_SERVER_DATA_DIR",
        default_value = "vanthu-server-data"
    )]
    data_dir: PathBuf,
    /// Language of messages: vi or en.
    #[arg(long, global = true, default_value = "vi")]
    lang: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGINT or SIGTERM. Prints `listening on http://…` when it is ready.
    Serve {
        /// Address and port; port 0 takes a free one. TLS is the business of the proxy before it.
        #[arg(long, default_value = "127.0.0.1:8480")]
        listen: SocketAddr,
        /// Largest packet in MiB.
        #[arg(long, default_value_t = 150)]
        packet_limit: u64,
    },
    /// The agencies that exchange packets here.
    Agency {
        #[command(subcommand)]
        command: AgencyCommand,
    },
}

#[derive(Subcommand)]
enum AgencyCommand {
    /// Adds an agency, or gives a known one a new name and secret.
    Add {
        code: String,
        name: String,
        #[command(flatten)]
        secret: SecretSource,
    },
    /// Lists the agencies: code, whether it may call, name.
    List,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct SecretSource {
    /// Reads the secret from the first line of standard input.
    #[arg(long)]
    secret_stdin: bool,
    /// Makes a secret and prints it, once.
    #[arg(long)]
    generate: bool,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let Some(lang) = Lang::from_tag(&cli.lang) else {
        eprintln!("--lang: vi, en");
        return ExitCode::from(2);
    };
    set_language(lang);
    // Fields as name=value on one line each, to standard error; RUST_LOG chooses.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let problem = Problem::from(error);
            tracing::error!(%problem, "ended");
            eprintln!("{}", tell(&problem).paragraph());
            ExitCode::from(problem.kind.exit_status())
        }
    }
}

fn run(cli: Cli) -> Result<(), ServerError> {
    match cli.command {
        Command::Serve { listen, packet_limit } => {
            let mut config = ServerConfig::new(listen, cli.data_dir);
            config.limits.packet_bytes = packet_limit.saturating_mul(1024 * 1024);
            serve(config)
        }
        Command::Agency { command: AgencyCommand::List } => {
            let agencies = DataDir::open(&cli.data_dir)?.agencies()?;
            let mut lines = String::new();
            for (agency, may_call) in agencies {
                let mark = if may_call { "active" } else { "listed" };
                lines.push_str(&format!("{}\t{mark}\t{}\n", agency.code, agency.name));
            }
            say(&lines)
        }
        Command::Agency { command: AgencyCommand::Add { code, name, secret } } => {
            let code = AgencyCode::new(&code).ok_or(ServerError::BadCode(code))?;
            let pin = if secret.generate { DataDir::fresh_secret()? } else { first_line()? };
            let account = Account { agency: Agency::new(code, &name), secret: Some(pin.clone()) };
            DataDir::open(&cli.data_dir)?.put(&account)?;
            if secret.generate { say(&format!("{}\n", pin.reveal())) } else { Ok(()) }
        }
    }
}

fn serve(config: ServerConfig) -> Result<(), ServerError> {
    let failed = |e: std::io::Error| ServerError::Io("signals".into(), e.to_string());
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
    // Listened for before anybody is told that the server is there to be stopped.
    let signal = {
        let _context = runtime.enter();
        signal().map_err(failed)?
    };
    let server = Server::start(config)?;
    say(&format!("listening on {}\n", server.url()))?;
    let name = runtime.block_on(signal);
    tracing::info!(signal = name, "stopping");
    server.stop();
    Ok(())
}

#[cfg(unix)]
fn signal() -> std::io::Result<impl Future<Output = &'static str>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => "SIGINT",
            _ = terminate.recv() => "SIGTERM",
        }
    })
}

#[cfg(windows)]
fn signal() -> std::io::Result<impl Future<Output = &'static str>> {
    let mut interrupt = tokio::signal::windows::ctrl_c()?;
    Ok(async move {
        interrupt.recv().await;
        "Ctrl-C"
    })
}

fn first_line() -> Result<Pin, ServerError> {
    let mut text = zeroize::Zeroizing::new(String::new());
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|e| ServerError::Io("stdin".into(), e.to_string()))?;
    Ok(Pin::new(text.lines().next().unwrap_or("")))
}

/// Writes to standard output at once: whoever started the server may be reading a pipe.
fn say(text: &str) -> Result<(), ServerError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| ServerError::Io("stdout".into(), e.to_string()))
}
