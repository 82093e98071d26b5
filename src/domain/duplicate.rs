//! Documents that came twice.
//!
//! Nghị định 30/2020/NĐ-CP Phụ lục VI, phần I, mục III: the clerk is warned of an equal
//! document code, and of an equal number, notation, issuing agency and date. The same bytes
//! are never a second document; other bytes under the same code are for the clerk to see
//! beside the first.

use serde::{Deserialize, Serialize};

use super::document::{DocumentKey, Metadata};
use super::text;

/// By what two documents are known to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ground {
    /// The same document id from the same sender.
    Id,
    /// Equal number, notation, issuing agency and date.
    Code,
    /// The same bytes of the main file.
    Bytes,
}

impl Ground {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Code => "code",
            Self::Bytes => "bytes",
        }
    }
}

/// A document that another one may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub key: DocumentKey,
    pub grounds: Vec<Ground>,
}

/// Number, notation and date as one word, however they were written; `None` where one of
/// them is not known.
pub fn code_key(metadata: &Metadata) -> Option<String> {
    let folded = |value: &str| text::fold(value).split_whitespace().collect::<String>();
    let number = folded(&metadata.code.number);
    let number = number.trim_start_matches('0');
    let notation = folded(&metadata.code.notation);
    let issued = metadata.issued?;
    (!number.is_empty() && !notation.is_empty()).then(|| format!("{number}/{notation} {issued}"))
}

/// The issuing agency as one word: its code where a packet gave one, and its name with the
/// usual abbreviation, since paper says `UBND` as often as the whole.
pub fn same_issuer(one: &Metadata, one_sender: &str, other: &Metadata, other_sender: &str) -> bool {
    let code = |metadata: &Metadata| metadata.issuer.as_ref().map(|issuer| issuer.agency.clone());
    if let (Some(one), Some(other)) = (code(one), code(other))
        && one == other
    {
        return true;
    }
    let name = |metadata: &Metadata, sender: &str| {
        let stated = metadata.issuer.as_ref().map(|issuer| issuer.name.as_str());
        let name = stated.filter(|name| !name.trim().is_empty()).unwrap_or(sender);
        text::fold(&text::tidy(name)).replace("uy ban nhan dan", "ubnd")
    };
    let (one, other) = (name(one, one_sender), name(other, other_sender));
    !one.is_empty() && one == other
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::domain::agency::AgencyCode;
    use crate::domain::document::{Code, Recipient};

    fn metadata(number: &str, notation: &str, issuer: &str) -> Metadata {
        Metadata {
            code: Code { number: number.to_owned(), notation: notation.to_owned() },
            issued: Some(date(2026, 11, 23)),
            issuer: Some(Recipient {
                agency: AgencyCode::new(&format!("H30.{}", issuer.len())).unwrap(),
                name: issuer.to_owned(),
            }),
            ..Metadata::default()
        }
    }

    #[test]
    fn a_code_is_one_however_it_is_written() {
        let key = |number, notation| code_key(&metadata(number, notation, "UBND"));
        assert_eq!(key("07", "QĐ-UBND"), key("7", "qđ-ubnd "));
        assert_ne!(key("07", "QĐ-UBND"), key("70", "QĐ-UBND"));
        assert_eq!(key("", "QĐ-UBND"), None);
        assert_eq!(code_key(&Metadata { issued: None, ..metadata("7", "QĐ", "a") }), None);
    }

    #[test]
    fn two_communes_may_have_the_same_code() {
        let one = metadata("7", "QĐ-UBND", "Ủy ban nhân dân xã Tân Bình");
        let same = metadata("7", "QĐ-UBND", "UBND xã Tân Bình");
        let other = metadata("7", "QĐ-UBND", "UBND xã Tân Phước");
        assert!(same_issuer(&one, "", &same, ""));
        assert!(!same_issuer(&one, "", &other, ""));
        // Without an issuer it is the sender's; without either nothing is said.
        let bare = Metadata { issuer: None, ..one.clone() };
        assert!(same_issuer(&one, "", &bare, "UBND xã Tân Bình"));
        assert!(!same_issuer(&bare, "", &bare, ""));
    }
}
