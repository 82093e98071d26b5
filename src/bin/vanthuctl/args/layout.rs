//! What was said of a document's layout.

use clap::Args;

/// Of a document of the office the type, notation and urgency of its fields are asked, too,
/// and the result is kept with it.
#[derive(Debug, Args)]
pub struct Check {
    /// A PDF file, or the ID of an outbound document of the office
    pub what: String,
    /// Key of the file's document type, such as QĐ, CV, BC (default: as the page says)
    #[arg(long = "type", value_name = "KEY")]
    pub type_key: Option<String>,
}
