//! What was said of a document's fields.

use clap::Args;

#[derive(Debug, Args)]
pub struct Extract {
    /// A PDF file, or the ID of a document of the office
    pub what: String,
}

/// Fields that are not named stay as they are; an empty value empties one.
#[derive(Debug, Args)]
pub struct Correct {
    pub id: String,
    /// Why; required once the document is registered
    #[arg(long, default_value = "")]
    pub reason: String,
    /// Take every sure field that is read off the pages and still empty
    #[arg(long)]
    pub take_sure: bool,
    /// Key of the document type, such as QĐ, CV, BC
    #[arg(long = "type", value_name = "KEY")]
    pub type_key: Option<String>,
    #[arg(long)]
    pub number: Option<String>,
    #[arg(long)]
    pub notation: Option<String>,
    /// Date of the document: yyyy-mm-dd or dd/mm/yyyy
    #[arg(long)]
    pub date: Option<String>,
    /// Issuing agency: a code of the directory, or a name
    #[arg(long)]
    pub issuer: Option<String>,
    #[arg(long)]
    pub subject: Option<String>,
    #[arg(long)]
    pub pages: Option<u32>,
    #[arg(long)]
    pub position: Option<String>,
    /// Full name of the signer
    #[arg(long)]
    pub signer: Option<String>,
    #[arg(long)]
    pub place: Option<String>,
    /// normal, urgent, very-urgent, express, express-fixed-hour
    #[arg(long)]
    pub urgency: Option<String>,
    #[arg(long)]
    pub notes: Option<String>,
}
