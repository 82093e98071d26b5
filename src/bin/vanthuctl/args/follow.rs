//! Words about documents that have been issued.

use clap::Args;

#[derive(Debug, Args)]
pub struct Follow {
    /// Only this document
    pub id: Option<String>,
    /// Only what somebody has to look at now; status 1 if there is any
    #[arg(long)]
    pub concerns: bool,
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct Resend {
    pub id: String,
    /// Recipient's agency code; may be given several times
    #[arg(long = "to", value_name = "CODE", required = true)]
    pub to: Vec<String>,
    #[arg(long)]
    pub reason: String,
}

#[derive(Debug, Args)]
pub struct CloseDelivery {
    pub id: String,
    /// Recipient's agency code
    pub recipient: String,
    /// What was done about it
    #[arg(long)]
    pub done: String,
}

#[derive(Debug, Args)]
pub struct Parked {
    /// Let this item go again; `all`: every one
    #[arg(long, value_name = "ITEM", conflicts_with = "give_up")]
    pub retry: Option<String>,
    /// Do not send, or fetch, this item any more
    #[arg(long, value_name = "ITEM", requires = "reason")]
    pub give_up: Option<String>,
    #[arg(long)]
    pub reason: Option<String>,
    #[arg(long, default_value_t = 200)]
    pub limit: u32,
}

#[derive(Debug, Args)]
pub struct UpdateIssued {
    pub id: String,
    #[arg(long)]
    pub reason: String,
    /// Agency code of a recipient to add; may be given several times
    #[arg(long, value_name = "CODE")]
    pub add: Vec<String>,
    /// Agency code of a recipient to take off the list; it is asked to cancel the document
    #[arg(long, value_name = "CODE")]
    pub remove: Vec<String>,
    #[arg(long)]
    pub subject: Option<String>,
    /// Term for the recipients: 6/2/2026, +5 (working days), or "" for none
    #[arg(long, value_name = "DAY")]
    pub due: Option<String>,
    /// normal, urgent, very-urgent, express
    #[arg(long)]
    pub urgency: Option<String>,
    #[arg(long)]
    pub notes: Option<String>,
    /// Places that get it on paper, instead of those before; may be given several times
    #[arg(long = "place")]
    pub places: Vec<String>,
}
