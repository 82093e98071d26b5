//! Agencies and their identification codes.

mod history;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::text;
pub use history::{Ending, HistoryError, Named, Period, successors};

/// An agency's identification code (mã định danh cơ quan).
///
/// An opaque, case-sensitive key: the hierarchy is never read out of it. Both forms are
/// known: `000.01.05.H30` (13 characters, Quyết định 28/2018/QĐ-TTg Điều 10 khoản 2 điểm
/// a, QCVN 102:2016/BTTTT) and `H01.151` (Quyết định 20/2020/QĐ-TTg, at most 35). A code of
/// neither form is kept and warned about, not refused: test codes of the axis look so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgencyCode(String);

/// Which of the two regulations a code follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeForm {
    /// Four groups, level 1 last (2016).
    Qcvn2016,
    /// Level 1 first, at most 35 characters (2020).
    Decision2020,
    /// Neither: kept, with a warning.
    Unknown,
}

impl AgencyCode {
    /// Takes a code as typed or received; `None` if it is empty, longer than 50
    /// characters, or holds what would break a document id (a comma) or a file name.
    pub fn new(code: &str) -> Option<Self> {
        let code = code.trim();
        let fits = !code.is_empty()
            && code.chars().count() <= 50
            && code.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
        fits.then(|| Self(code.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn form(&self) -> CodeForm {
        let groups: Vec<&str> = self.0.split('.').collect();
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
        let level_one = |s: &str| {
            s.len() == 3
                && s.as_bytes()[0].is_ascii_uppercase()
                && s.as_bytes()[1..].iter().all(u8::is_ascii_digit)
        };
        match groups.as_slice() {
            [v, z, y, x]
                if v.len() == 3
                    && z.len() == 2
                    && y.len() == 2
                    && plain(v)
                    && plain(z)
                    && plain(y)
                    && level_one(x) =>
            {
                CodeForm::Qcvn2016
            }
            [first, rest @ ..]
                if self.0.len() <= 35
                    && level_one(first)
                    && (b'A'..=b'K').contains(&first.as_bytes()[0])
                    && rest.iter().all(|g| (1..=10).contains(&g.len()) && plain(g)) =>
            {
                CodeForm::Decision2020
            }
            _ => CodeForm::Unknown,
        }
    }
}

impl fmt::Display for AgencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An agency of the directory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    pub code: AgencyCode,
    pub name: String,
    /// The superior agency (cơ quan chủ quản), if known.
    #[serde(default)]
    pub parent: Option<AgencyCode>,
    /// The name of the superior agency as packets write it.
    #[serde(default)]
    pub in_charge: String,
    #[serde(default)]
    pub address: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub telephone: String,
    #[serde(default)]
    pub website: String,
    /// Former or other codes of the same agency; an old document keeps the code it was sent under.
    #[serde(default)]
    pub other_codes: Vec<AgencyCode>,
    /// The legal basis of the code, such as `Quyết định 1220/QĐ-UBND`.
    #[serde(default)]
    pub basis: String,
    /// Its names, oldest first, the present one last; empty while it has only had one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<Named>,
    /// Its end, once that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ending: Option<Ending>,
}

impl Agency {
    pub fn new(code: AgencyCode, name: &str) -> Self {
        Self {
            code,
            name: text::tidy(name),
            parent: None,
            in_charge: String::new(),
            address: String::new(),
            email: String::new(),
            telephone: String::new(),
            website: String::new(),
            other_codes: Vec::new(),
            basis: String::new(),
            names: Vec::new(),
            ending: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(code: &str) -> CodeForm {
        AgencyCode::new(code).unwrap().form()
    }

    #[test]
    fn both_forms_are_known() {
        assert_eq!(form("000.00.00.H30"), CodeForm::Qcvn2016);
        assert_eq!(form("000.01.05.H30"), CodeForm::Qcvn2016);
        assert_eq!(form("H30"), CodeForm::Decision2020);
        assert_eq!(form("H01.151.05"), CodeForm::Decision2020);
        assert_eq!(form("vxp.saas.03"), CodeForm::Unknown);
        assert_eq!(form("Z01.1"), CodeForm::Unknown);
    }

    #[test]
    fn what_would_break_an_id_is_refused() {
        assert_eq!(AgencyCode::new(""), None);
        assert_eq!(AgencyCode::new("000.00.00.H30,2019"), None);
        assert_eq!(AgencyCode::new("../H30"), None);
    }
}
