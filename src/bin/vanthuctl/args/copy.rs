//! Words about certified copies.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::TokenArgs;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CopyOf {
    /// sao y
    True,
    /// sao lục
    Reissued,
    /// trích sao
    Extract,
}

#[derive(Debug, Subcommand)]
pub enum CopyCommand {
    /// An electronic copy, signed by the organisation in the corner of its first page
    Sign(Box<SignCopy>),
    /// A copy to be printed, signed and stamped
    Print(Box<PrintCopy>),
    /// The copies that were made of a document
    List { id: String },
    /// Save a copy's file
    Export { copy: String, out: PathBuf },
}

#[derive(Debug, Args)]
pub struct CopyParts {
    /// The document, inbound or issued
    pub id: String,
    #[arg(long, value_enum)]
    pub kind: CopyOf,
    /// Pages of an extract, such as 1,3-5
    #[arg(long, default_value = "")]
    pub pages: String,
    /// Who gets it, separated by semicolons
    #[arg(long, default_value = "")]
    pub recipients: String,
}

#[derive(Debug, Args)]
pub struct SignCopy {
    #[command(flatten)]
    pub parts: CopyParts,
    #[command(flatten)]
    pub token: TokenArgs,
}

#[derive(Debug, Args)]
pub struct PrintCopy {
    #[command(flatten)]
    pub parts: CopyParts,
    /// Authority line of who signs, such as "TL. CHỦ TỊCH"
    #[arg(long, default_value = "")]
    pub competence: String,
    #[arg(long)]
    pub position: String,
    /// Full name of who signs
    #[arg(long)]
    pub signer: String,
}
