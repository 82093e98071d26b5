//! Words about the gate before acceptance.

use clap::{Args, Subcommand};

/// Look at what stands at the gate, decide, take back, report.
#[derive(Debug, Subcommand)]
pub enum Report {
    /// Tell the sender (the status that the document has goes once more, with these words), or
    /// somebody here
    Error {
        id: String,
        /// What is wrong
        #[arg(long)]
        text: String,
        /// A user of this office; without it the sender is told
        #[arg(long, value_name = "USER")]
        to: Option<String>,
    },
    /// Errors that were reported to you and not read yet
    ToMe,
    /// Mark a report as read
    Read { report: String },
}

#[derive(Debug, Args)]
pub struct Gate {
    pub id: String,
    /// Look again now, signatures and malware included, and keep what is found
    #[arg(long)]
    pub again: bool,
    /// Judge a check that no program can judge: competence, agreement and so on
    #[arg(long, value_name = "CHECK", conflicts_with = "again")]
    pub judge: Option<String>,
    /// Remark to the judgement
    #[arg(long, default_value = "", requires = "judge")]
    pub note: String,
}

#[derive(Debug, Args)]
pub struct Accept {
    #[arg(required = true)]
    pub ids: Vec<String>,
    /// Accept although a check failed that is no hard stop; the reason stays in the office
    #[arg(long, value_name = "REASON", default_value = "")]
    pub despite: String,
}
