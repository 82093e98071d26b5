//! Words about documents on their way out.

use clap::{Args, Subcommand, ValueEnum};
use jiff::civil::Date;

#[derive(Debug, Args)]
pub struct Issue {
    pub id: String,
    /// An issued document of ours whose place it takes; that one is recalled
    #[arg(long, value_name = "ID")]
    pub replaces: Option<String>,
    /// Why it leaves although nothing scanned it for malware
    #[arg(long, value_name = "REASON", default_value = "")]
    pub unscanned: String,
}

#[derive(Debug, Subcommand)]
pub enum NumberCommand {
    /// Reserved numbers, and the documents that they are kept for
    List,
    /// Reserve the next numbers of the book in which a type is numbered
    Reserve {
        /// Key of the document type, such as QĐ
        #[arg(long = "type", value_name = "KEY")]
        type_key: String,
        #[arg(long, default_value_t = 1)]
        count: u32,
        #[arg(long)]
        reason: String,
    },
    /// Keep a reserved number for a document, which takes it when it is signed
    Hold {
        id: String,
        number: u32,
        /// Series of the book (default: the document's)
        #[arg(long)]
        series: Option<String>,
        /// Year of the book (default: this one)
        #[arg(long)]
        year: Option<i16>,
    },
    /// Keep it no more: it waits again
    Free { id: String },
    /// Give a reserved number up; it stays in the book, struck out
    GiveUp {
        number: u32,
        #[arg(long, default_value = "")]
        series: String,
        #[arg(long)]
        year: Option<i16>,
        #[arg(long)]
        reason: String,
    },
    /// In which series the types are numbered; with a type, choose another one
    Series {
        /// Key of the document type
        type_key: Option<String>,
        /// The series, "" for the common one; without it: as the profile says
        #[arg(requires = "type_key")]
        series: Option<String>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    Post,
    Hand,
    Courier,
}

#[derive(Debug, Subcommand)]
pub enum PaperCommand {
    /// Documents of which something is still to be printed and sent
    List {
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// What of one document goes on paper, and why
    Show { id: String },
    /// Save the copy to be printed, stamped and sent
    Print { id: String, out: std::path::PathBuf },
    /// Record that the letter to a place was sent
    Sent {
        id: String,
        place: String,
        #[arg(long, value_enum)]
        way: Way,
        /// The day (default: today)
        #[arg(long, value_name = "YYYY-MM-DD")]
        on: Option<Date>,
        /// Who took it there, or received it
        #[arg(long, default_value = "")]
        by: String,
        /// The post's number of the letter
        #[arg(long, default_value = "")]
        reference: String,
    },
    /// Record that a letter is not sent after all
    Drop {
        id: String,
        place: String,
        #[arg(long)]
        reason: String,
    },
    /// Add an addressee on paper to an issued document
    Add { id: String, place: String },
}
