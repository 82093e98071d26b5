//! What was said on the command line; what it means is decided in the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod bench;

pub use bench::{Bench, BenchTokens};

/// The console of Văn Thư: everything an administrator or a script needs.
///
/// Exit status: 0 done; 1 the answer is no; 2 usage; 3 input unreadable; 4 device or
/// network not available; 5 refused by a rule.
#[derive(Debug, Parser)]
#[command(name = "vanthuctl", version, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Args)]
pub struct Global {
    /// Folder of the office's data
    #[arg(long, global = true, env = "VANTHU_DATA_DIR", value_name = "DIR")]
    pub data_dir: Option<PathBuf>,
    /// Regulation profile, built in or a TOML file
    #[arg(long, global = true, value_name = "NAME")]
    pub profile: Option<String>,
    /// One JSON document on standard output; messages go to standard error
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of messages: vi or en
    #[arg(long, global = true, env = "VANTHU_LANG", default_value = "vi")]
    pub lang: String,
    /// Who you are in the office
    #[arg(long, global = true, env = "VANTHU_USER", value_name = "NAME")]
    pub user: Option<String>,
    /// Read the password from the first line of standard input (else: VANTHU_PASSWORD, else asked)
    #[arg(long, global = true)]
    pub password_stdin: bool,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the signatures of PDF files
    Verify(Verify),
    /// Sign a PDF file (PAdES)
    Sign(Box<Sign>),
    /// List readers, cards, certificates and PIN tries left
    Tokens(Tokens),
    /// Whose certificates sign for whom
    #[command(subcommand)]
    Certificate(CertificateCommand),
    /// edXML packets to and from JSON
    #[command(subcommand)]
    Packet(Packet),
    /// Begin an office in a new data folder
    Init(Init),
    /// The people of the office
    #[command(subcommand)]
    User(User),
    /// The directory of agencies
    #[command(subcommand)]
    Agency(Agency),
    /// Trusted certificates of this office
    #[command(subcommand)]
    Trust(Trust),
    /// Settings of this desk: server, time stamps, images
    #[command(subcommand)]
    Config(Config),
    /// Bring in packets (.edxml) and PDF files that came by another way
    Import {
        #[arg(required = true)]
        files: Vec<PathBuf>,
    },
    /// List a queue, newest first
    Queue(Queue),
    /// Show one document whole
    Show { id: String },
    /// Save a document's main file
    Export {
        id: String,
        out: PathBuf,
        /// As it was issued, without what was appended since to make its signatures last
        #[arg(long)]
        issued: bool,
    },
    /// Accept an inbound document (status 03 goes back)
    Receive { id: String },
    /// Register an inbound document under the next arrival number
    Register { id: String },
    /// Return an inbound document to its sender (status 02)
    Return {
        id: String,
        /// Why; the sender reads it
        #[arg(long)]
        reason: String,
    },
    /// Pass an inbound document to somebody
    Assign(Assign),
    /// Begin to work on an inbound document (status 05)
    Begin { id: String },
    /// Complete an inbound document (status 06)
    Complete {
        id: String,
        #[arg(long, default_value = "")]
        result: String,
    },
    /// Begin an outbound document from a PDF
    Draft(Box<Draft>),
    /// Pass a draft on, or back to its drafter
    Review {
        id: String,
        #[arg(long, value_enum)]
        to: Stage,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// The leader's personal signature; takes number and date
    SignDocument(SignDocument),
    /// The organisation's signature, by the clerk
    Seal(SignDocument),
    /// Issue a sealed document to its recipients
    Issue { id: String },
    /// Recall an issued document from its recipients
    Recall {
        id: String,
        /// Why; the recipients read it
        #[arg(long)]
        reason: String,
    },
    /// What came in and could not be taken
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Send what waits, fetch what has arrived
    Sync {
        /// Once, then stop; otherwise every minute until interrupted
        #[arg(long)]
        once: bool,
    },
    /// Make the signatures of sealed documents last (time stamps, revocation data), as far as
    /// the office wishes; tells which still wait, and why
    Extend {
        /// Only this document
        id: Option<String>,
        /// Only tell which wait
        #[arg(long, conflicts_with = "id")]
        list: bool,
    },
    /// The audit chain
    #[command(subcommand)]
    Audit(Audit),
    /// Test every component and say how to mend what is missing
    Doctor {
        #[command(subcommand)]
        what: Option<Doctor>,
    },
    /// Measure how fast it is on this machine, beside a reference
    #[command(subcommand)]
    Bench(Bench),
}

/// The reason codes of `verify`, each with its sentence and its place in the standard; they
/// are never renamed.
fn reason_codes() -> String {
    use vanthu::signing::Reason;
    let mut help = String::from("Reason codes (in brackets: verdict, ETSI EN 319 102-1):\n");
    for reason in Reason::ALL.iter().filter(|reason| !reason.is_note()) {
        let standard = match reason.sub_indication(true) {
            Some(sub) => format!("{} / {}", sub.indication().name(), sub.name()),
            None => "-".to_owned(),
        };
        let (code, verdict) = (reason.code(), reason.effect().key());
        help.push_str(&format!("  {code:<30}{} [{verdict}, {standard}]\n", reason.sentence()));
    }
    help.push_str("\nNotes, which bear on nothing:\n");
    for note in Reason::ALL.iter().filter(|reason| reason.is_note()) {
        help.push_str(&format!("  {:<30}{}\n", note.code(), note.sentence()));
    }
    help
}

#[derive(Debug, Args)]
#[command(after_long_help = reason_codes())]
pub struct Verify {
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Folder of trusted certificates, PEM or DER (default: those of the data folder)
    #[arg(long, value_name = "DIR")]
    pub trust: Option<PathBuf>,
    /// Judge as of this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Ask no OCSP or CRL service
    #[arg(long)]
    pub offline: bool,
    /// The agency that should have sent it, by its name or code: the answers about
    /// completeness under the regulation compare with it
    #[arg(long, value_name = "NAME|CODE")]
    pub sender: Option<String>,
    /// The full name of the person who should have signed it
    #[arg(long, value_name = "NAME")]
    pub signer: Option<String>,
    /// Write the report on one file as a PDF file to be printed
    #[arg(long, value_name = "OUT.pdf")]
    pub report: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum As {
    Personal,
    Organisation,
}

/// The six acts, named as the Government's signing service names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Act {
    /// The competent person signs
    Approve,
    /// The clerk seals for issue
    Issue,
    /// The clerk signs a scanned inbound document
    Income,
    /// The clerk signs an annex that is a file of its own
    Appendix,
    /// The clerk signs an electronic copy
    Copy,
    /// A person's opinion
    Comment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Level {
    Bb,
    Bt,
    Blt,
    Blta,
}

impl From<Level> for vanthu::signing::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Bb => Self::Bb,
            Level::Bt => Self::Bt,
            Level::Blt => Self::Blt,
            Level::Blta => Self::Blta,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Digest {
    Sha256,
    Sha384,
    Sha512,
}

impl From<Digest> for vanthu::pki::DigestAlgorithm {
    fn from(digest: Digest) -> Self {
        match digest {
            Digest::Sha256 => Self::Sha256,
            Digest::Sha384 => Self::Sha384,
            Digest::Sha512 => Self::Sha512,
        }
    }
}

/// How an RSA key signs; elliptic curves know one way only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scheme {
    /// PKCS#1 v1.5
    Pkcs1,
    /// PSS
    Pss,
    Ecdsa,
}

impl From<Scheme> for vanthu::pki::SignatureScheme {
    fn from(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Pkcs1 => Self::RsaPkcs1,
            Scheme::Pss => Self::RsaPss,
            Scheme::Ecdsa => Self::Ecdsa,
        }
    }
}

#[derive(Debug, Args)]
pub struct TokenArgs {
    /// pcsc:READER, pkcs11:MODULE#TOKEN, windows:THUMBPRINT (on Windows) or file:P12
    #[arg(long, value_name = "SELECTOR")]
    pub token: String,
    /// Serial number of the certificate, in hex (default: the fitting one)
    #[arg(long, value_name = "HEX")]
    pub cert: Option<String>,
    /// Environment variable that holds the PIN
    #[arg(long, value_name = "VAR", conflicts_with = "pin_stdin")]
    pub pin_env: Option<String>,
    /// Read the PIN from the first line of standard input
    #[arg(long)]
    pub pin_stdin: bool,
    /// The PIN is typed on the reader's own keys: do not ask for it here
    #[arg(long, conflicts_with_all = ["pin_env", "pin_stdin"])]
    pub pin_pad: bool,
    /// Use the PIN even if it is the token's last try
    #[arg(long)]
    pub last_try: bool,
    /// With several documents: for how long the token may be kept open with the PIN, at most 30
    #[arg(long, value_name = "MINUTES", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=30))]
    pub hold_pin: u64,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Tokens {
    /// Keep reporting what is plugged in and pulled out, until interrupted
    #[arg(long)]
    pub watch: bool,
    /// A PKCS#11 module to try beside the usual ones; may be repeated
    #[arg(long, value_name = "PATH")]
    pub module: Vec<PathBuf>,
    #[command(subcommand)]
    pub command: Option<TokensCommand>,
}

#[derive(Debug, Subcommand)]
pub enum TokensCommand {
    /// Change a token's PIN
    ChangePin(ChangePin),
}

#[derive(Debug, Args)]
pub struct ChangePin {
    /// pcsc:READER or pkcs11:MODULE#TOKEN
    #[arg(value_name = "SELECTOR")]
    pub token: String,
    /// Environment variable that holds the present PIN
    #[arg(long, value_name = "VAR", requires = "new_pin_env", conflicts_with = "pin_stdin")]
    pub pin_env: Option<String>,
    /// Environment variable that holds the new PIN
    #[arg(long, value_name = "VAR", requires = "pin_env")]
    pub new_pin_env: Option<String>,
    /// Read the present PIN and the new one from the first two lines of standard input
    #[arg(long)]
    pub pin_stdin: bool,
    /// Use the present PIN even if it is the token's last try
    #[arg(long)]
    pub last_try: bool,
}

#[derive(Debug, Subcommand)]
pub enum CertificateCommand {
    /// Link a certificate to a person or to the organisation
    Link(LinkCertificate),
    List,
    /// Take a link away
    Unlink {
        /// Serial number or SHA-256 of the certificate, in hex
        #[arg(value_name = "HEX")]
        serial: String,
    },
}

#[derive(Debug, Args)]
pub struct LinkCertificate {
    /// Certificate in PEM or DER
    #[arg(required_unless_present = "token", conflicts_with = "token")]
    pub file: Option<PathBuf>,
    /// The certificate on this token: pcsc:READER or pkcs11:MODULE#TOKEN
    #[arg(long, value_name = "SELECTOR")]
    pub token: Option<String>,
    /// Serial number of the certificate on the token (default: the fitting one)
    #[arg(long, value_name = "HEX", requires = "token")]
    pub cert: Option<String>,
    /// The user whose it is
    #[arg(long, value_name = "USER", required_unless_present = "organisation")]
    pub person: Option<String>,
    /// It is the organisation's
    #[arg(long, conflicts_with = "person")]
    pub organisation: bool,
}

#[derive(Debug, Args)]
pub struct PlaceArgs {
    /// Page of the signature, from 1
    #[arg(long, value_name = "N", requires = "rect")]
    pub page: Option<u32>,
    /// Rectangle in points from the bottom left of the page
    #[arg(long, value_name = "X,Y,W,H", requires = "page")]
    pub rect: Option<String>,
    /// No visible signature
    #[arg(long, conflicts_with_all = ["page", "rect"])]
    pub invisible: bool,
}

#[derive(Debug, Args)]
pub struct Sign {
    /// IN OUT; or with --out-dir any number of files to sign
    #[arg(required = true, value_name = "IN OUT")]
    pub files: Vec<PathBuf>,
    /// Sign every file into this folder, under its own name, with one PIN
    #[arg(long, value_name = "DIR")]
    pub out_dir: Option<PathBuf>,
    #[command(flatten)]
    pub token: TokenArgs,
    /// Whose signature (default: that of the act)
    #[arg(long = "as", value_enum, value_name = "KIND", required_unless_present = "act")]
    pub as_: Option<As>,
    /// What is done by signing: decides whose signature, its look and its place
    #[arg(long, value_enum)]
    pub act: Option<Act>,
    #[command(flatten)]
    pub words: SignWords,
    #[arg(long, value_enum, default_value = "bb")]
    pub level: Level,
    /// Time-stamp service (RFC 3161); may be given several times
    #[arg(long, value_name = "URL")]
    pub tsa: Vec<String>,
    #[arg(long, value_enum, default_value = "sha256")]
    pub digest: Digest,
    /// Default: what suits the certificate's key
    #[arg(long, value_enum)]
    pub scheme: Option<Scheme>,
    /// PNG image of the signature or the seal
    #[arg(long, value_name = "PNG")]
    pub image: Option<PathBuf>,
    /// Above this text, such as the signer's full name
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["page", "rect", "invisible"])]
    pub at_text: Option<String>,
    #[command(flatten)]
    pub place: PlaceArgs,
}

/// What an act of signing writes on the page.
#[derive(Debug, Args)]
pub struct SignWords {
    /// Number and notation, such as 07/QĐ-UBND: written into its blank (approve), into the
    /// field that was left open (issue), or in the corner (appendix)
    #[arg(long, value_name = "CODE", requires = "act")]
    pub number: Option<String>,
    /// Date of the document, yyyy-mm-dd (default: today)
    #[arg(long, value_name = "DATE", requires = "number")]
    pub date: Option<jiff::civil::Date>,
    /// Leave number and date open for the organisation's signature (approve)
    #[arg(long, requires = "act", conflicts_with = "number")]
    pub number_later: bool,
    /// Kind of copy (copy)
    #[arg(long, value_name = "TEXT", default_value = "SAO Y")]
    pub copy_kind: String,
    /// Name of the organisation (default: the certificate's owner)
    #[arg(long, value_name = "TEXT")]
    pub organisation: Option<String>,
    /// The opinion (comment)
    #[arg(long, value_name = "TEXT")]
    pub comment: Option<String>,
    /// Real width of the stamp in millimetres (default: the profile's)
    #[arg(long, value_name = "MM")]
    pub seal_mm: Option<f32>,
}

#[derive(Debug, Args)]
pub struct SignDocument {
    /// Several are signed in this order with one PIN; the token is kept busy throughout
    #[arg(required = true, value_name = "ID")]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub token: TokenArgs,
    #[command(flatten)]
    pub place: PlaceArgs,
}

#[derive(Debug, Subcommand)]
pub enum Doctor {
    /// Everything between a token and a signature: service, reader, module, card, PIN,
    /// certificate, chain, clock
    Tokens,
}

#[derive(Debug, Subcommand)]
pub enum Packet {
    /// Print a packet as JSON
    Read { file: PathBuf },
    /// Make a packet from JSON
    Write { spec: PathBuf, out: PathBuf },
}

#[derive(Debug, Args)]
pub struct Init {
    /// Agency code, such as 000.01.05.H30
    #[arg(long, value_name = "CODE")]
    pub agency: String,
    /// Name of the agency
    #[arg(long)]
    pub name: String,
    /// The first user's name as people read it
    #[arg(long, default_value = "")]
    pub display_name: String,
    /// Roles of the first user, separated by commas
    #[arg(long, default_value = "administrator")]
    pub roles: String,
}

#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user; the new password is read from an environment variable
    Add {
        name: String,
        #[arg(long, default_value = "")]
        display_name: String,
        /// clerk, leader, drafter, format-checker, archivist, administrator
        #[arg(long)]
        roles: String,
        #[arg(long, value_name = "VAR")]
        new_password_env: String,
    },
    List,
    Disable {
        name: String,
    },
    /// Change your own password
    Passwd {
        #[arg(long, value_name = "VAR")]
        new_password_env: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Agency {
    /// Import a directory (CSV or JSON)
    Import { file: PathBuf },
    List {
        #[arg(default_value = "")]
        words: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum Trust {
    /// Trust the certificates of a PEM or DER file
    Add {
        file: PathBuf,
    },
    List,
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// The provincial server; the secret is read from an environment variable
    Server {
        url: String,
        #[arg(long, value_name = "VAR")]
        secret_env: String,
    },
    /// Time-stamp services, in the order in which they are tried; none: signatures of level B-B
    Tsa {
        urls: Vec<String>,
    },
    /// How durably documents are to be signed; what is below is extended when there is a line
    SignatureLevel {
        #[arg(value_enum)]
        level: Level,
    },
    /// PKCS#11 modules to ask beside those that are found by themselves; none: only those
    Modules {
        paths: Vec<PathBuf>,
    },
    /// Image of your personal signature (PNG)
    SignatureImage {
        png: PathBuf,
    },
    /// Image of the office's seal (PNG)
    SealImage {
        png: PathBuf,
        /// Real width of the stamp in millimetres
        #[arg(long, value_name = "MM")]
        mm: Option<f32>,
    },
    /// With which signature number and date are taken
    NumberAt {
        #[arg(value_enum)]
        signature: As,
    },
    /// The regulation profile from now on
    Profile {
        name: String,
    },
    Show,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Direction {
    Inbound,
    Outbound,
}

#[derive(Debug, Args)]
pub struct Queue {
    #[arg(value_enum)]
    pub direction: Direction,
    /// Only documents in this state, as `show` names it
    #[arg(long)]
    pub state: Option<String>,
    /// Words to search for, with or without diacritics
    #[arg(long, default_value = "")]
    pub words: String,
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct Assign {
    pub id: String,
    #[arg(long)]
    pub to: String,
    #[arg(long, default_value = "")]
    pub direction: String,
    /// yyyy-mm-dd
    #[arg(long)]
    pub due: Option<String>,
}

#[derive(Debug, Args)]
pub struct Draft {
    pub pdf: PathBuf,
    /// Key of the document type, such as QĐ, CV, BC
    #[arg(long = "type", value_name = "KEY")]
    pub type_key: String,
    /// Abstract (trích yếu)
    #[arg(long)]
    pub subject: String,
    /// Recipient's agency code; may be given several times
    #[arg(long = "to", value_name = "CODE")]
    pub to: Vec<String>,
    /// Authority line, such as "TM. ỦY BAN NHÂN DÂN"
    #[arg(long, default_value = "")]
    pub competence: String,
    #[arg(long)]
    pub position: String,
    /// Full name of the signer
    #[arg(long)]
    pub signer: String,
    #[arg(long, default_value = "")]
    pub place: String,
    /// Notation (default: made from the type and the agency)
    #[arg(long)]
    pub notation: Option<String>,
    /// normal, urgent, very-urgent, express
    #[arg(long, default_value = "normal")]
    pub urgency: String,
    #[arg(long = "attach", value_name = "FILE")]
    pub attachments: Vec<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Stage {
    Draft,
    Review,
    FormatCheck,
    Sign,
    Abandon,
}

#[derive(Debug, Subcommand)]
pub enum Quarantine {
    /// List what is in quarantine and why, newest first
    List {
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Save the bytes of a packet as they came
    Export { packet: String, out: PathBuf },
}

#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Walk the chain of operations and compare the tables with a replay
    Verify,
}
