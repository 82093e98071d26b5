//! What was said about drafts: making them, opinions on them, their versions.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

/// The fields of a document. What is not said comes from the template of its type, if there is
/// one.
#[derive(Debug, Args)]
pub struct Fields {
    /// Abstract (trích yếu)
    #[arg(long)]
    pub subject: Option<String>,
    /// Recipient's agency code; may be given several times
    #[arg(long = "to", value_name = "CODE")]
    pub to: Vec<String>,
    /// A group of recipients; may be given several times
    #[arg(long = "group", value_name = "NAME")]
    pub groups: Vec<String>,
    /// A place of "Nơi nhận" that is no electronic recipient; may be given several times
    #[arg(long = "other-place", value_name = "TEXT")]
    pub other_places: Vec<String>,
    /// Authority line, such as "TM. ỦY BAN NHÂN DÂN"
    #[arg(long)]
    pub competence: Option<String>,
    #[arg(long)]
    pub position: Option<String>,
    /// Full name of the signer
    #[arg(long)]
    pub signer: Option<String>,
    /// Place of issue
    #[arg(long)]
    pub place: Option<String>,
    /// Notation (default: made from the type and the agency)
    #[arg(long)]
    pub notation: Option<String>,
    /// normal, urgent, very-urgent, express, express-fixed-hour
    #[arg(long)]
    pub urgency: Option<String>,
    /// Until when an answer is expected: yyyy-mm-dd, dd/mm/yyyy, or +5 working days
    #[arg(long)]
    pub due: Option<String>,
    /// Paper copies issued
    #[arg(long)]
    pub copies: Option<u32>,
    /// Notation of the drafter or the drafting unit
    #[arg(long)]
    pub drafter: Option<String>,
    /// Circulation scope, such as "LƯU HÀNH NỘI BỘ"
    #[arg(long)]
    pub circulation: Option<String>,
    /// plain, steering, report
    #[arg(long)]
    pub steering: Option<String>,
    /// Short content
    #[arg(long)]
    pub notes: Option<String>,
    /// Paper follows
    #[arg(long)]
    pub paper: bool,
}

#[derive(Debug, Args)]
pub struct Draft {
    /// A PDF; or a DOCX or ODT file, of which the installed word processor makes one
    pub file: PathBuf,
    /// Key of the document type, such as QĐ, CV, BC
    #[arg(long = "type", value_name = "KEY")]
    pub type_key: String,
    #[command(flatten)]
    pub fields: Fields,
    #[arg(long = "attach", value_name = "FILE")]
    pub attachments: Vec<PathBuf>,
    /// The inbound document that it answers; without --to it goes to its sender
    #[arg(long, value_name = "ID")]
    pub answers: Option<String>,
    /// The PDF and the text document differ, and somebody has looked at that
    #[arg(long)]
    pub accept_differences: bool,
    /// Begin later drafts of this type with these fields
    #[arg(long)]
    pub remember: bool,
}

#[derive(Debug, Args)]
pub struct Edit {
    pub id: String,
    /// A new version of the document: PDF, DOCX or ODT
    #[arg(long, value_name = "FILE")]
    pub file: Option<PathBuf>,
    /// Key of another document type
    #[arg(long = "type", value_name = "KEY")]
    pub type_key: Option<String>,
    #[command(flatten)]
    pub fields: Fields,
    /// A further attachment; may be given several times
    #[arg(long = "attach", value_name = "FILE")]
    pub attachments: Vec<PathBuf>,
    /// Name of an attachment to leave out; may be given several times
    #[arg(long = "detach", value_name = "NAME")]
    pub detach: Vec<String>,
    /// Why; shown beside the version
    #[arg(long, default_value = "")]
    pub why: String,
    /// The PDF and the text document differ, and somebody has looked at that
    #[arg(long)]
    pub accept_differences: bool,
}

#[derive(Debug, Args)]
pub struct Review {
    pub id: String,
    #[arg(long, value_enum)]
    pub to: Stage,
    /// Who has it next (default: whoever has the role; for --to sign the signer it names)
    #[arg(long, value_name = "NAME")]
    pub next: Option<String>,
    #[arg(long, default_value = "")]
    pub note: String,
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
pub enum CommentCommand {
    /// Comment on the present version
    Add {
        id: String,
        text: String,
        /// Page, from 1
        #[arg(long, requires = "rect")]
        page: Option<u32>,
        /// Place on the page in points: x,y,width,height from the bottom left
        #[arg(long, requires = "page", value_name = "X,Y,W,H")]
        rect: Option<String>,
    },
    /// List the comments with their answers; status 1 if some are open
    List { id: String },
    /// Answer a comment
    Answer {
        id: String,
        /// Id of the comment, or its number in the list
        comment: String,
        #[arg(default_value = "")]
        text: String,
        /// It is settled
        #[arg(long, conflicts_with = "reopen")]
        settle: bool,
        /// It is open again
        #[arg(long)]
        reopen: bool,
    },
}

#[derive(Debug, Args)]
pub struct Versions {
    pub id: String,
    /// Save this version's PDF
    #[arg(long, value_name = "NUMBER", requires = "out")]
    pub save: Option<u32>,
    /// What the version was made of (DOCX, ODT) instead of its PDF
    #[arg(long, requires = "save")]
    pub source: bool,
    #[arg(long, requires = "save", value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum TemplateCommand {
    List,
    Show {
        #[arg(value_name = "KEY")]
        type_key: String,
    },
    /// Remember what drafts of a type begin with
    Set {
        #[arg(value_name = "KEY")]
        type_key: String,
        #[command(flatten)]
        fields: Box<Fields>,
    },
    Drop {
        #[arg(value_name = "KEY")]
        type_key: String,
    },
}

#[derive(Debug, Subcommand)]
pub enum GroupCommand {
    List,
    /// A new group, or other members for a known one
    Put {
        name: String,
        /// A member's agency code; may be given several times
        #[arg(long = "member", value_name = "CODE", required = true)]
        members: Vec<String>,
    },
    Drop {
        name: String,
    },
}
