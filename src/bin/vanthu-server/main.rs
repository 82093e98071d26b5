//! `vanthu-server`: runs the provincial exchange server and keeps its agencies.

mod office;

use std::io::Write;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Timestamp};
use tracing_subscriber::EnvFilter;
use uuid::Uuid;
use vanthu::domain::agency::AgencyCode;
use vanthu::domain::problem::Problem;
use vanthu::exchange::{OutboxKind, Outcome, RecipientState};
use vanthu::i18n::{Lang, set_language, tell};
use vanthu::server::storage::{Packet, Sent};
use vanthu::server::{
    BlobPlace, Chain, Clients, Database, Operators, Quota, Registry, Retention, Server,
    ServerConfig, ServerError, Site, Tls,
};
use vanthu::token::Pin;

use self::office::OfficeCommand;

/// The provincial exchange server of Văn Thư.
#[derive(Parser)]
#[command(name = "vanthu-server", version)]
struct Cli {
    #[command(flatten)]
    place: PlaceArgs,
    /// Language of messages: vi or en.
    #[arg(long, global = true, default_value = "vi")]
    lang: String,
    /// How the log is written: fields as name=value, or a JSON object a line.
    #[arg(long, global = true, value_enum, default_value_t = Log::Text)]
    log: Log,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, ValueEnum)]
enum Log {
    Text,
    Json,
}

/// Where the server keeps what it keeps. With PostgreSQL any number of servers may run at
/// once; they need the same key and the same place for packets.
#[derive(Args)]
struct PlaceArgs {
    /// Folder of the server's database, packets and key.
    #[arg(
        long,
        global = true,
        env = "VANTHU_SERVER_DATA_DIR",
        default_value = "vanthu-server-data"
    )]
    data_dir: PathBuf,
    /// `sqlite`, or postgres://USER:PASSWORD@HOST/DATABASE (sslmode=require encrypts).
    #[arg(
        long,
        global = true,
        env = "VANTHU_SERVER_DATABASE",
        default_value = "sqlite",
        hide_env_values = true
    )]
    database: String,
    /// Connections to PostgreSQL at most.
    #[arg(long, global = true)]
    database_connections: Option<usize>,
    /// Where packets lie, if not in the data folder: a folder, or s3://BUCKET/PREFIX with
    /// AWS_ENDPOINT, AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set.
    #[arg(long, global = true, env = "VANTHU_SERVER_BLOBS")]
    blobs: Option<String>,
    /// File of the server's key, if not server.key in the data folder.
    #[arg(long, global = true, env = "VANTHU_SERVER_KEY_FILE")]
    key_file: Option<PathBuf>,
}

impl PlaceArgs {
    fn site(self) -> Result<Site, ServerError> {
        let mut database: Database = self.database.parse()?;
        if let (Database::Postgres { connections, .. }, Some(most)) =
            (&mut database, self.database_connections)
        {
            *connections = most;
        }
        let blobs = self.blobs.as_deref().map(BlobPlace::of);
        Ok(Site { data_dir: self.data_dir, database, blobs, key: self.key_file })
    }
}

#[derive(Subcommand)]
enum Command {
    /// Serves until SIGINT or SIGTERM. Prints `listening on http://…` (or `https://…`) when it is ready.
    Serve(Box<ServeArgs>),
    /// The offices that exchange packets here.
    #[command(visible_alias = "agency")]
    Office {
        #[command(subcommand)]
        command: OfficeCommand,
    },
    /// What an office has sent, what has come to it (--to), or one packet (--id); newest first, a line for each recipient: when it was received
    /// here, id, number in its chain, bytes, recipient, `waiting`, `fetched`, `kept`,
    /// `refused` or `lapsed` (given up before the recipient confirmed it), when it was first fetched, when confirmed (`-` where it was not),
    /// sender, `document` or `status`.
    Packets {
        /// The sender.
        #[arg(required_unless_present_any = ["to", "id"])]
        code: Option<String>,
        /// The recipient.
        #[arg(long, value_name = "CODE", conflicts_with = "code")]
        to: Option<String>,
        /// The packet's name, as its receipt has it.
        #[arg(long, value_name = "ID", conflicts_with_all = ["code", "to"])]
        id: Option<Uuid>,
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// The chains of what each office has sent.
    Chain {
        #[command(subcommand)]
        command: ChainCommand,
    },
    /// The bytes of old packets.
    Retention {
        #[command(subcommand)]
        command: RetentionCommand,
    },
}

#[derive(Subcommand)]
enum ChainCommand {
    /// Looks through the chain of one office, or of all: office, packets, `whole` or where it
    /// is broken. Status 1 if one is broken.
    Verify { code: Option<String> },
}

#[derive(Subcommand)]
enum RetentionCommand {
    /// Gives up what is old enough, and removes bytes that were given up a day ago. Rows stay.
    Run {
        #[command(flatten)]
        keep: KeepArgs,
        /// Removes bytes that were given up so many hours ago; 24 while servers run.
        #[arg(long, value_parser = clap::value_parser!(u32).range(..=100_000))]
        grace_hours: Option<u32>,
    },
}

/// How long the bytes of packets are kept; without either, always.
#[derive(Args, Clone, Copy)]
struct KeepArgs {
    /// Days that packets are kept which every recipient has confirmed.
    #[arg(long)]
    keep_confirmed_days: Option<u32>,
    /// Days that all packets are kept.
    #[arg(long)]
    keep_days: Option<u32>,
}

impl KeepArgs {
    const fn retention(self) -> Retention {
        Retention { confirmed_days: self.keep_confirmed_days, days: self.keep_days }
    }
}

/// Serves until SIGINT or SIGTERM.
#[derive(Args)]
struct ServeArgs {
    /// Address and port; port 0 takes a free one. Without --tls-cert TLS is the business of
    /// the proxy before it.
    #[arg(long, default_value = "127.0.0.1:8480")]
    listen: SocketAddr,
    #[command(flatten)]
    tls: TlsArgs,
    /// Largest packet in MiB.
    #[arg(long, default_value_t = 150)]
    packet_limit: u64,
    /// Connections at once at most; each office that waits for packets holds one.
    #[arg(long, default_value_t = 2_048)]
    connections: usize,
    /// Threads that work on calls; one for each processor when nothing is said.
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
    /// Calls of one office a minute at this instance at most; 0 for as many as it likes.
    #[arg(long, default_value_t = 3_000)]
    calls_per_minute: u32,
    /// Calls a minute from one address that prove nothing, at this instance at most; 0 for as
    /// many as it likes. An office that proved itself there within a day is heard all the same.
    #[arg(long, default_value_t = 600)]
    strangers_per_minute: u32,
    /// Addresses of the proxies before the server, with commas between them: the last entry of
    /// their X-Forwarded-For is believed, nobody else's. While none is named, calls with that
    /// header are not counted as a stranger's.
    #[arg(long, value_name = "ADDRESS", value_delimiter = ',')]
    forwarded: Vec<IpAddr>,
    /// Packets, and MiB, that an office may send on a day, unless its own quota says otherwise.
    #[arg(long)]
    day_packets: Option<u64>,
    #[arg(long)]
    day_mib: Option<u64>,
    #[command(flatten)]
    keep: KeepArgs,
    /// Seconds during which a server that is told to stop only says so to balancers (503 at
    /// /v1/ready) and still takes what comes; longer than they take to look again.
    #[arg(long, default_value_t = 5)]
    farewell: u64,
    /// Seconds that a stopping server then gives to calls under way.
    #[arg(long, default_value_t = 10)]
    drain: u64,
    /// Address of the operators' page and of figures for Prometheus (/metrics).
    #[arg(long)]
    operators: Option<SocketAddr>,
    /// File with the page's password on its first line; needed unless the address is of this
    /// machine alone.
    #[arg(long, requires = "operators")]
    operators_password_file: Option<PathBuf>,
}

/// TLS that the server ends itself. What lies in the files is read at start.
#[derive(Args)]
struct TlsArgs {
    /// The server's certificate and those between it and a root, PEM.
    #[arg(long, value_name = "PEM", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM, not encrypted.
    #[arg(long, value_name = "PEM", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Authorities whose certificates offices may show (see `office certificate`). A
    /// certificate that is bound to no office, or to another one, refuses the call.
    #[arg(long, value_name = "PEM", requires = "tls_cert")]
    client_ca: Option<PathBuf>,
    /// Refuses connections without an office's certificate; else a secret will do, too.
    #[arg(long, requires = "client_ca")]
    require_client_certificate: bool,
}

impl TlsArgs {
    fn tls(self) -> Result<Option<Tls>, ServerError> {
        let read = |path: PathBuf| {
            std::fs::read(&path)
                .map_err(|e| ServerError::Io(path.display().to_string(), e.to_string()))
        };
        let Some((certificate, key)) = self.tls_cert.zip(self.tls_key) else { return Ok(None) };
        let key = String::from_utf8(read(key)?)
            .map_err(|_| ServerError::Tls("the key is not PEM".into()))?;
        let required = self.require_client_certificate;
        let authorities = self.client_ca.map(read).transpose()?;
        Ok(Some(Tls {
            certificate: read(certificate)?,
            key: Pin::new(key),
            clients: authorities.map(|authorities| Clients { authorities, required }),
        }))
    }
}

impl ServeArgs {
    fn config(self, site: Site) -> Result<ServerConfig, ServerError> {
        let mut config = ServerConfig::new(self.listen, &site.data_dir);
        config.tls = self.tls.tls()?;
        config.site = site;
        if let Some(threads) = self.threads {
            config.threads = threads.into();
        }
        config.limits.packet_bytes = mib(self.packet_limit);
        config.limits.connections = self.connections;
        config.limits.calls_per_minute = self.calls_per_minute;
        config.limits.strangers_per_minute = self.strangers_per_minute;
        config.proxies = self.forwarded;
        config.limits.quota = Quota { packets: self.day_packets, bytes: self.day_mib.map(mib) };
        config.limits.farewell = Duration::from_secs(self.farewell);
        config.limits.drain = Duration::from_secs(self.drain);
        config.retention = self.keep.retention();
        let password = self.operators_password_file.map(|path| {
            let text = std::fs::read_to_string(&path).map(zeroize::Zeroizing::new);
            let text =
                text.map_err(|e| ServerError::Io(path.display().to_string(), e.to_string()))?;
            let first = text.lines().next().unwrap_or_default().trim();
            // A file that is empty would open the page to everybody.
            if first.is_empty() {
                return Err(ServerError::Io(path.display().to_string(), "it is empty".into()));
            }
            Ok(Pin::new(first))
        });
        let password = password.transpose()?;
        config.operators = self.operators.map(|listen| Operators { listen, password });
        Ok(config)
    }
}

const fn mib(count: u64) -> u64 {
    count.saturating_mul(1024 * 1024)
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let Some(lang) = Lang::from_tag(&cli.lang) else {
        eprintln!("--lang: vi, en");
        return ExitCode::from(2);
    };
    set_language(lang);
    // One line each with its fields, to standard error; RUST_LOG chooses.
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(std::io::stderr);
    match cli.log {
        Log::Text => log.init(),
        Log::Json => log.json().flatten_event(true).init(),
    }
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
    let site = cli.place.site()?;
    match cli.command {
        Command::Serve(args) => serve(args.config(site)?),
        Command::Office { command } => office::run(&site, command),
        Command::Packets { code, to, id, limit } => {
            let registry = Registry::open(&site)?;
            let found = match (id, code, to) {
                (Some(id), ..) => vec![registry.packet(id)?],
                (None, Some(code), _) => registry.packets(&known(code)?, limit)?,
                (None, None, to) => registry.packets_to(&known(to.unwrap_or_default())?, limit)?,
            };
            say(&found.iter().map(history).collect::<String>())
        }
        Command::Chain { command: ChainCommand::Verify { code } } => {
            let code = code.map(known).transpose()?;
            let (mut lines, mut broken) = (String::new(), None);
            for Chain { office, packets, broken_at } in
                Registry::open(&site)?.verify_chains(code.as_ref())?
            {
                let state = match broken_at {
                    None => "whole".to_owned(),
                    Some(number) => format!("broken at {number}"),
                };
                lines.push_str(&format!("{office}\t{packets}\t{state}\n"));
                broken = broken.or(broken_at.map(|number| (office, number)));
            }
            say(&lines)?;
            match broken {
                None => Ok(()),
                Some((office, number)) => {
                    Err(ServerError::BrokenChain { office: office.to_string(), number })
                }
            }
        }
        Command::Retention { command: RetentionCommand::Run { keep, grace_hours } } => {
            let grace = grace_hours.map(|hours| SignedDuration::from_hours(hours.into()));
            let registry = Registry::open(&site)?;
            let (packets, files) = registry.clear_old(&site, keep.retention(), grace)?;
            say(&format!("{packets}\t{files}\n"))
        }
    }
}

/// A line for each recipient of a packet.
fn history(Sent { packet, deliveries }: &Sent) -> String {
    let Packet { received_at, id, link, size, sender, kind, .. } = packet;
    let number = link.number;
    let kind = match kind {
        OutboxKind::Document => "document",
        OutboxKind::Status => "status",
    };
    let line = |to| format!("{received_at}\t{id}\t{number}\t{size}\t{to}\t{sender}\t{kind}\n");
    deliveries.iter().map(delivery).map(line).collect()
}

/// How far a packet is at a recipient, and since when.
fn delivery(state: &RecipientState) -> String {
    let word = match (state.outcome, state.lapsed_at, state.fetched_at) {
        (Some(Outcome::Kept), ..) => "kept",
        (Some(Outcome::Refused), ..) => "refused",
        (None, Some(_), _) => "lapsed",
        (None, None, Some(_)) => "fetched",
        (None, None, None) => "waiting",
    };
    let when = |at: Option<Timestamp>| at.map_or("-".to_owned(), |at| at.to_string());
    let RecipientState { to, fetched_at, confirmed_at, .. } = state;
    format!("{to}\t{word}\t{}\t{}", when(*fetched_at), when(*confirmed_at))
}

fn known(code: String) -> Result<AgencyCode, ServerError> {
    AgencyCode::new(&code).ok_or(ServerError::BadCode(code))
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
    if let Some(url) = server.operators_url() {
        say(&format!("operators on {url}\n"))?;
    }
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

/// Writes to standard output at once: whoever started the server may be reading a pipe.
fn say(text: &str) -> Result<(), ServerError> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .map_err(|e| ServerError::Io("stdout".into(), e.to_string()))
}
