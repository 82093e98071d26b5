//! What can be said about paper.

use std::path::PathBuf;

use clap::Args;

use super::TokenArgs;

#[derive(Debug, Args)]
pub struct Digitise {
    /// JPEG, PNG, TIFF or PDF; of several pages all
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// What the document is about (trích yếu)
    #[arg(long)]
    pub subject: String,
    /// Turn clockwise: 90, 180 or 270 for every page, or PAGE=DEGREES; may be repeated
    #[arg(long, value_name = "DEGREES")]
    pub rotate: Vec<String>,
    /// Make leaning lines level, as far as each page shows them
    #[arg(long)]
    pub deskew: bool,
    /// Leave out pages on which nothing is written
    #[arg(long)]
    pub drop_blank: bool,
    /// Sign the copy for the organisation at once
    #[arg(long, requires = "token")]
    pub seal: bool,
    /// With what to sign, as in seal-copy
    #[arg(long, value_name = "SELECTOR", requires = "seal")]
    pub token: Option<String>,
    /// Environment variable that holds the PIN (else it is asked for)
    #[arg(long, value_name = "VAR", requires = "token")]
    pub pin_env: Option<String>,
}

impl Digitise {
    /// The token, if the copy is to be signed at once.
    pub fn token(&self) -> Option<TokenArgs> {
        let token = self.token.clone().filter(|_| self.seal)?;
        Some(TokenArgs {
            token,
            cert: None,
            pin_env: self.pin_env.clone(),
            pin_stdin: false,
            pin_pad: false,
            last_try: false,
            hold_pin: 10,
        })
    }
}

#[derive(Debug, Args)]
pub struct SealCopy {
    pub id: String,
    #[command(flatten)]
    pub token: TokenArgs,
}
