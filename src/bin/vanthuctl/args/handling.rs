//! What was said about settling inbound documents and about what their senders demand.

use clap::{Args, Subcommand};

/// To whom: users by name, units as `unit:KEY`.
#[derive(Debug, Args)]
pub struct Parts {
    /// Who leads: a user, or unit:KEY
    #[arg(long, visible_alias = "to", value_name = "WHO")]
    pub lead: Option<String>,
    /// A leader who is asked for direction first
    #[arg(long, value_name = "USER", conflicts_with = "lead")]
    pub ask: Option<String>,
    /// Who cooperates; may be given several times
    #[arg(long, value_name = "WHO")]
    pub cooperate: Vec<String>,
    /// Who is informed; may be given several times
    #[arg(long, value_name = "WHO")]
    pub inform: Vec<String>,
    /// What is to be done
    #[arg(long, default_value = "")]
    pub direction: String,
    /// yyyy-mm-dd, dd/mm/yyyy, or +5 for five working days; else the sender's term, else the
    /// usual one
    #[arg(long)]
    pub due: Option<String>,
}

#[derive(Debug, Args)]
pub struct Assign {
    /// One, or several that all go to the same people
    #[arg(required = true)]
    pub ids: Vec<String>,
    #[command(flatten)]
    pub parts: Parts,
}

#[derive(Debug, Args)]
pub struct Forward {
    pub id: String,
    #[command(flatten)]
    pub parts: Parts,
}

#[derive(Debug, Subcommand)]
pub enum UnitCommand {
    /// Add a unit, or change a known one
    Add {
        /// Short and without spaces, such as tu-phap
        key: String,
        #[arg(long)]
        name: String,
        /// A user who works there; may be given several times
        #[arg(long = "member", value_name = "USER")]
        members: Vec<String>,
    },
    /// Let a unit take nothing new; what it has stays
    Close {
        key: String,
    },
    List,
}

#[derive(Debug, Args)]
pub struct Progress {
    pub id: String,
    pub text: String,
    /// How much of the work is done, 0 to 100
    #[arg(long)]
    pub percent: Option<u8>,
    /// What comes next
    #[arg(long, default_value = "")]
    pub next: String,
}

#[derive(Debug, Args)]
pub struct Overdue {
    /// What is due soon instead
    #[arg(long)]
    pub soon: bool,
    /// Everything that you or your units have in hand instead
    #[arg(long, conflicts_with = "soon")]
    pub mine: bool,
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct Recall {
    /// The issued document
    #[arg(required = true)]
    pub id: Option<String>,
    /// Why; the recipients read it
    #[arg(long, required = true)]
    pub reason: Option<String>,
    /// Only from this recipient (agency code); may be given several times
    #[arg(long, value_name = "CODE")]
    pub from: Vec<String>,
    #[command(subcommand)]
    pub command: Option<RecallCommand>,
}

#[derive(Debug, Subcommand)]
pub enum RecallCommand {
    /// What senders demand (recall, update, replacement) and still wait for
    List {
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Answer a demand: status 15 or 16 goes to its sender
    #[command(group(clap::ArgGroup::new("answer").required(true).args(["agree", "refuse"])))]
    Answer {
        /// Of the demand, or of the document while only one waits
        id: String,
        #[arg(long)]
        agree: bool,
        #[arg(long)]
        refuse: bool,
        /// Required with --refuse; the sender reads it
        #[arg(long, default_value = "")]
        reason: String,
    },
}
