//! What was said on the command line; what it means is decided in the commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

mod bench;
mod book;
mod copy;
mod draft;
mod fields;
mod follow;
mod gate;
mod handling;
mod layout;
mod leaving;
mod paper;
mod signing;

pub use bench::{Bench, BenchBooks, BenchExtract, BenchLayout, BenchTokens};
pub use book::{BookCommand, BookExport, BookFormat, BookOutput, Search};
pub use copy::{CopyCommand, CopyOf, CopyParts};
pub use draft::{
    CommentCommand, Draft, Edit, Fields, GroupCommand, Review, Stage, TemplateCommand, Versions,
};
pub use fields::{Correct, Extract};
pub use follow::{CloseDelivery, Follow, Parked, Resend, UpdateIssued};
pub use gate::{Accept, Gate, Report};
pub use handling::{Assign, Forward, Overdue, Parts, Progress, Recall, RecallCommand, UnitCommand};
pub use layout::Check;
pub use leaving::{Issue, NumberCommand, PaperCommand, Way};
pub use paper::{Digitise, SealCopy};
pub use signing::{
    Act, As, CertificateCommand, ChangePin, Level, LinkCertificate, PlaceArgs, RsaScheme, Sign,
    SignDocument, SigningDigest, TokenArgs, Tokens, TokensCommand, Verify,
};

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
    /// What agencies were called when, which are no more, and who goes on with their work
    #[command(subcommand)]
    Directory(Directory),
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
    /// What was looked at before acceptance, and what was found; status 1 if it cannot be
    /// accepted without a reason
    Gate(Gate),
    /// Accept inbound documents, oldest first (status 03 goes back for each)
    Accept(Accept),
    /// Take back your last decision on an inbound document, while nothing of it has left
    Undo { id: String },
    /// What came over the line and is neither accepted nor returned, with its deadline, oldest
    /// first; status 1 if something is late
    Unacknowledged,
    /// Errors in inbound documents: to the sender, or to somebody here
    #[command(subcommand)]
    Report(Report),
    /// Register an inbound document under the next arrival number
    Register {
        id: String,
        /// Key of the book, "" for the common one (default: by the books' rules)
        #[arg(long, value_name = "KEY")]
        book: Option<String>,
        /// Why it is registered although the same document is registered already
        #[arg(long, value_name = "REASON")]
        despite: Option<String>,
    },
    /// Register books: list, open, close, write to a file
    #[command(subcommand)]
    Book(BookCommand),
    /// Search documents; status 1 when nothing is found
    Search(Search),
    /// Save a print copy with the arrival stamp; the signed file is not touched
    Stamp { id: String, out: PathBuf },
    /// The documents that an inbound document may be the same as
    Duplicates { id: String },
    /// Make an inbound document of scanned pages: images and PDF files, in this order
    Digitise(Box<Digitise>),
    /// Sign a digitised copy for the organisation, in the corner of its first page
    SealCopy(SealCopy),
    /// Where scanned pages can be had from
    Scanners,
    /// Take what is put into the watched folder
    Watch {
        /// Take what is there and has stopped growing, then stop
        #[arg(long)]
        once: bool,
    },
    /// Return an inbound document to its sender (status 02)
    Return {
        id: String,
        /// Why; the sender reads it
        #[arg(long)]
        reason: String,
    },
    /// Read the fields of a PDF file or a document off its pages, with places and confidence
    Extract(Extract),
    /// Check the layout (thể thức) of a PDF file or of an outbound document against the
    /// profile; status 1 if there are errors, or nothing could be checked (a scan)
    Check(Check),
    /// Write or correct the fields of an inbound document; confirms what was filled in by itself
    Correct(Box<Correct>),
    /// Pass an inbound document to people and units (status 04)
    Assign(Assign),
    /// Pass on what you have in hand
    Forward(Forward),
    /// The office's units (bộ phận)
    #[command(subcommand)]
    Unit(UnitCommand),
    /// Write how far the work on an inbound document is
    Progress(Progress),
    /// Write a note on a document
    Note {
        id: String,
        text: String,
        /// Only you read it
        #[arg(long)]
        private: bool,
    },
    /// Who has a document in hand, since when, what they noted, what answers it
    Handling { id: String },
    /// Save the settlement slip of a registered document as a PDF file
    Slip { id: String, out: PathBuf },
    /// Documents past their term, what is due first before the others
    Overdue(Overdue),
    /// Save the sealed main file of a cancelled document (archivist, administrator); the
    /// reason is kept in the audit chain
    Sealed {
        id: String,
        out: PathBuf,
        #[arg(long)]
        reason: String,
    },
    /// Begin to work on an inbound document (status 05)
    Begin { id: String },
    /// Complete an inbound document (status 06)
    Complete {
        id: String,
        #[arg(long, default_value = "")]
        result: String,
        /// The outbound document of ours that answers it
        #[arg(long, value_name = "ID")]
        answer: Option<String>,
    },
    /// Begin an outbound document from a PDF, DOCX or ODT file
    Draft(Box<Draft>),
    /// Change a draft that lies with you: fields, attachments, a new version of its file
    Edit(Box<Edit>),
    /// Make a PDF of a DOCX or ODT file and compare their words; status 1 if they differ
    Convert { file: PathBuf, out: PathBuf },
    /// Pass a draft on, or back to its drafter
    Review(Review),
    /// Hand a draft that lies with you on to somebody else who has your role
    HandOn {
        id: String,
        to: String,
        #[arg(long, default_value = "")]
        note: String,
    },
    /// What was decided on a draft, by whom, and with whom it lies
    Opinions { id: String },
    /// Comments on drafts, at places of their pages
    #[command(subcommand)]
    Comment(CommentCommand),
    /// The versions of a document's file, or save one of them
    Versions(Versions),
    /// What differs between two versions: words and pictures; status 1 if something does
    Diff { id: String, old: u32, new: u32 },
    /// Save the submission slip (phiếu trình) of a draft as a PDF file
    Submission { id: String, out: PathBuf },
    /// What drafts of a type begin with
    #[command(subcommand)]
    Template(TemplateCommand),
    /// Groups of recipients
    #[command(subcommand)]
    Group(GroupCommand),
    /// "Kính gửi" and "Nơi nhận" of a document as its page should say them
    Places { id: String },
    /// The leader's personal signature; takes number and date
    SignDocument(SignDocument),
    /// The organisation's signature, by the clerk
    Seal(SignDocument),
    /// Issue a sealed document to its recipients
    Issue(Issue),
    /// How far issued documents are at their recipients, what came back or has not arrived
    Follow(Follow),
    /// What proves that an issued document was sent: packets, the server's signed receipts, who
    /// has fetched, statuses; status 1 if a receipt does not hold
    Evidence {
        id: String,
        /// Write it to this PDF file, to be printed
        out: Option<PathBuf>,
    },
    /// Send an issued document to recipients again
    Resend(Resend),
    /// Change what was told of an issued document, and to whom it goes
    UpdateIssued(Box<UpdateIssued>),
    /// Follow a delivery no more, and say what was done about it
    CloseDelivery(CloseDelivery),
    /// What the server does not take and what cannot be fetched: list it, let it go again, give it
    /// up; status 1 if something is parked
    Parked(Parked),
    /// What was signed and has not left, with its deadline; status 1 if something is late
    Unsent,
    /// Numbers of outbound books: reserve, keep for a document, give up, series
    #[command(subcommand)]
    Number(NumberCommand),
    /// Certified copies: sao y, sao lục, trích sao
    #[command(subcommand)]
    Copy(CopyCommand),
    /// What goes on paper beside the electronic document: print it, record how it was sent
    #[command(subcommand)]
    Paper(PaperCommand),
    /// Recall an issued document from its recipients; list and answer what senders demand back
    Recall(Recall),
    /// What came in and could not be taken
    #[command(subcommand)]
    Quarantine(Quarantine),
    /// Send what waits, fetch what has arrived
    Sync {
        /// Once, then stop; otherwise every minute until interrupted
        #[arg(long)]
        once: bool,
        /// Also what failed lately and waits for the time of its next try
        #[arg(long)]
        now: bool,
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
pub enum Directory {
    /// An agency's names with the times in which it bore them (from, until, name, basis), its
    /// end, and who is written to today
    Show { code: String },
    /// Take what has changed in the server's directory; otherwise that happens every six hours
    Sync,
}

#[derive(Debug, Subcommand)]
pub enum Trust {
    /// Trust the certificates of a PEM or DER file
    Add {
        file: PathBuf,
    },
    /// Fetch the published certificates of the Government Cipher Committee and the national
    /// root authority, and trust those whose fingerprint is the known one
    Fetch,
    List,
}

/// Profiles of servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ServerKind {
    Vanthu,
    Axis,
}

#[derive(Debug, Subcommand)]
pub enum Config {
    /// The provincial server; the secret is read from an environment variable
    Server {
        url: String,
        /// Without it this office proves itself by its certificate alone (see line)
        #[arg(long, value_name = "VAR")]
        secret_env: Option<String>,
        /// How it is spoken to: vanthu (our own server) or axis (the national axis' gateway, whose
        /// URL ends with the path of its calls, such as /XrdAdapter)
        #[arg(long, value_enum, default_value = "vanthu")]
        speaks: ServerKind,
        /// What this gateway does otherwise: padded-hash, multipart
        #[arg(long = "quirk", value_name = "WORD")]
        quirks: Vec<String>,
        /// Believe only this authority's certificates (PEM, one or several), such as the
        /// province's own
        #[arg(long, value_name = "PEM", conflicts_with = "system_roots")]
        ca: Option<PathBuf>,
        /// Check certificates by ourselves with the system's roots, where its own check fails
        #[arg(long)]
        system_roots: bool,
    },
    /// How much this desk asks of the line by itself; what is asked for (sync --now, F5) goes in
    /// any case
    Exchange {
        /// Nothing goes by itself any more
        #[arg(long, conflicts_with = "resume")]
        pause: bool,
        /// It does again
        #[arg(long)]
        resume: bool,
        /// The line costs by what goes over it: only what is urgent or small goes by itself
        #[arg(long, value_enum, value_name = "ON|OFF")]
        metered: Option<OnOff>,
        /// KiB per second at most, each way; 0: as fast as it goes
        #[arg(long, value_name = "KIB")]
        limit: Option<u32>,
    },
    /// The certificate that this office shows on the line to the server, with its private key;
    /// PEM, the key not encrypted. `none`: none any more
    Line {
        file: PathBuf,
        /// The key, if it lies in a file of its own
        #[arg(long, value_name = "PEM")]
        key: Option<PathBuf>,
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
    /// With which algorithms documents are signed; `auto` is what suits the certificate's key
    Signing {
        /// auto: SHA-256, for keys on P-384 SHA-384
        #[arg(long, value_enum, required_unless_present = "rsa")]
        digest: Option<SigningDigest>,
        /// How RSA keys sign; auto: PKCS#1 v1.5
        #[arg(long, value_enum, value_name = "SCHEME")]
        rsa: Option<RsaScheme>,
    },
    /// PKCS#11 modules to ask beside those that are found by themselves; none: only those
    Modules {
        paths: Vec<PathBuf>,
    },
    /// Image of your personal signature (PNG), or `none`
    SignatureImage {
        png: PathBuf,
    },
    /// Image of the office's seal (PNG), or `none`
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
    /// Whether this desk shows notifications of the system
    Notifications {
        #[arg(value_enum)]
        on: OnOff,
    },
    /// What scans incoming files for malware: clamd:HOST:PORT, unix:PATH, defender or none
    Scanner {
        setting: String,
    },
    /// Why this office lets documents leave without a malware scanner; "" for no longer
    IssueUnscanned {
        reason: String,
    },
    /// Folder whose files come in by themselves; "none" for no longer
    Watch {
        dir: PathBuf,
    },
    /// Folder into which a scanner puts its pages; "none" for no longer
    ScanFolder {
        dir: PathBuf,
    },
    /// Program for optical recognition of scans (Tesseract): a file, `none`, or `auto`
    Ocr {
        program: String,
    },
    /// LibreOffice's program for making PDF files: a file, `none`, or `auto`
    Converter {
        program: String,
    },
    /// The regulation profile from now on
    Profile {
        name: String,
    },
    Show,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OnOff {
    On,
    Off,
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
    /// Only drafts that lie with you
    #[arg(long, conflicts_with_all = ["state", "words"])]
    pub mine: bool,
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
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
