//! What was said of signatures: how to check and make them, with which token, by whom.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

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
    /// The agency that should have sent it, by its name or code, or twice by both: the answers
    /// about completeness under the regulation compare with it
    #[arg(long, value_name = "NAME|CODE")]
    pub sender: Vec<String>,
    /// The full name of the person who should have signed it
    #[arg(long, value_name = "NAME")]
    pub signer: Option<String>,
    /// Number and notation that the first page should say, such as 07/QĐ-UBND
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// The date under which it should have been issued (YYYY-MM-DD)
    #[arg(long, value_name = "DATE")]
    pub issued: Option<String>,
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

/// The digest of the office's signatures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SigningDigest {
    Auto,
    Sha256,
    Sha384,
    Sha512,
}

impl SigningDigest {
    pub const fn chosen(self) -> Option<vanthu::pki::DigestAlgorithm> {
        use vanthu::pki::DigestAlgorithm::{Sha256, Sha384, Sha512};
        match self {
            Self::Auto => None,
            Self::Sha256 => Some(Sha256),
            Self::Sha384 => Some(Sha384),
            Self::Sha512 => Some(Sha512),
        }
    }
}

/// How the office's RSA keys sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RsaScheme {
    Auto,
    /// PKCS#1 v1.5
    Pkcs1,
    /// PSS
    Pss,
}

impl RsaScheme {
    pub const fn chosen(self) -> Option<vanthu::pki::SignatureScheme> {
        match self {
            Self::Auto => None,
            Self::Pkcs1 => Some(vanthu::pki::SignatureScheme::RsaPkcs1),
            Self::Pss => Some(vanthu::pki::SignatureScheme::RsaPss),
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
    /// Above this text, such as the signer's full name; refused where it stands at several
    /// places, or not under a position with room between
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
