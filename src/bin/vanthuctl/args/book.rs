//! Arguments about register books and search.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum BookCommand {
    /// The books of a year, and how far each is
    List {
        #[arg(long)]
        year: Option<i16>,
        /// Those of outbound documents
        #[arg(long)]
        outbound: bool,
    },
    /// Open an inbound book beside the common one, or change its name and rule
    Open {
        /// Its key, written behind every number: 15-KNTC
        series: String,
        #[arg(long)]
        name: String,
        /// Takes documents whose sender stands on this level: 1 ministry or province, 2 below,
        /// and so on; may be given several times
        #[arg(long, value_name = "N")]
        level: Vec<u8>,
        /// Takes documents of this type (key, such as QĐ); may be given several times
        #[arg(long = "type", value_name = "KEY")]
        types: Vec<String>,
    },
    /// Close a book: it gives no more numbers
    Close {
        /// Its key; "" is the common book
        #[arg(default_value = "")]
        series: String,
        #[arg(long)]
        year: Option<i16>,
        #[arg(long)]
        reason: String,
        /// It does not go on in later years either
        #[arg(long)]
        for_good: bool,
    },
    /// Give up the next number, with the reason; it stays in the book
    GiveUp {
        #[arg(default_value = "")]
        series: String,
        #[arg(long)]
        reason: String,
    },
    /// Write a book to a file (PDF to be printed, XLSX, CSV)
    Export(BookExport),
}

#[derive(Debug, Args)]
pub struct BookExport {
    pub out: PathBuf,
    #[arg(long, value_enum, default_value = "inbound")]
    pub output: BookOutput,
    #[arg(long)]
    pub year: Option<i16>,
    /// Key of the book; none: the common one
    #[arg(long, default_value = "", value_name = "KEY")]
    pub book: String,
    #[arg(long, value_enum)]
    pub format: BookFormat,
    /// First day, yyyy-mm-dd
    #[arg(long)]
    pub from: Option<String>,
    /// Last day
    #[arg(long)]
    pub until: Option<String>,
    /// Part of the issuing agency's name (a recipient's in the outbound book)
    #[arg(long, default_value = "")]
    pub party: String,
    #[arg(long = "type", default_value = "", value_name = "KEY")]
    pub type_key: String,
    /// Part of the name of the unit or person that has it
    #[arg(long, default_value = "")]
    pub to: String,
    /// Part of the subject, or of number and notation
    #[arg(long, default_value = "")]
    pub words: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BookOutput {
    /// Register of inbound documents (Nghị định 30/2020 Phụ lục IV)
    Inbound,
    /// Tracking of their settlement
    Settlement,
    /// Inbound documents of a day; today, if no day is given
    Day,
    /// Register of outbound documents
    Outbound,
    /// All input fields of inbound documents under the names of Phụ lục VI
    Data,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BookFormat {
    Pdf,
    Xlsx,
    Csv,
}

#[derive(Debug, Args)]
pub struct Search {
    /// Words, "phrases", and fields: số:45 từ:"sở nội vụ" người ký:ánh ngày:2026-11
    /// đến:23/11/2026 loại:quyết trích yếu:khen nơi nhận:xã hạn:12/2026 bên gửi:sở số đến:15
    #[arg(required = true)]
    pub words: Vec<String>,
    /// At most so many of each direction, newest first
    #[arg(long, default_value_t = 50)]
    pub limit: u32,
}
