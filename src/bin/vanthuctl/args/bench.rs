//! What was said to `bench`.

use clap::{Args, Subcommand};

/// Each makes what it needs and removes it.
#[derive(Debug, Subcommand)]
pub enum Bench {
    /// Verify and sign (key in a file) 100 kB, 10 MB and 100 MB, against one SHA-256 pass and
    /// the raw public-key operations
    Signatures,
    /// Sign documents in a batch: what the program adds to a token that answers at once, and
    /// how busy it keeps one that takes its time
    Tokens(BenchTokens),
    /// Search, read and export register books in a full office, against a small one
    Books(BenchBooks),
    /// Read the fields of generated documents whose fields are known: right, wrong, not
    /// proposed, and whether confidence means what it says
    Extract(BenchExtract),
    /// Check the layout of generated documents whose faults are known: precision and recall,
    /// rule by rule
    Layout(BenchLayout),
}

#[derive(Debug, Args)]
pub struct BenchBooks {
    /// How many documents
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub documents: u32,
}

#[derive(Debug, Args)]
pub struct BenchExtract {
    /// Tell every field that was not read right
    #[arg(long)]
    pub misses: bool,
    /// Leave out the scans, which take seconds each
    #[arg(long)]
    pub no_scans: bool,
}

#[derive(Debug, Args)]
pub struct BenchLayout {
    /// Tell everything that was overlooked or found wrongly
    #[arg(long)]
    pub misses: bool,
    /// How many documents with each fault
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u8).range(1..=50))]
    pub times: u8,
    /// Documents that another program set, instead: PDF files and truth.json
    #[arg(long, value_name = "DIR")]
    pub folder: Option<std::path::PathBuf>,
}

#[derive(Debug, Args)]
pub struct BenchTokens {
    /// How many documents
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u16).range(1..=2000))]
    pub documents: u16,
    /// What a signature takes on the slow token
    #[arg(long, value_name = "MS", default_value_t = 300)]
    pub delay_ms: u64,
    /// Measure this token instead of the two of the program: pcsc:READER or pkcs11:MODULE#TOKEN
    #[arg(long, value_name = "SELECTOR", requires = "pin_env")]
    pub token: Option<String>,
    /// Environment variable that holds its PIN
    #[arg(long, value_name = "VAR")]
    pub pin_env: Option<String>,
}
