//! The agency directory: read from CSV or JSON, whole or not at all.
//!
//! The province keeps the list (Quyết định 01/2019/QĐ-UBND Điều 23 khoản 1), so none is
//! built in; `assets/agencies/demo.csv` is for demonstrations. Every mistake names its
//! line. A code of neither known form is taken with a warning: the axis uses such codes
//! for tests.
//!
//! CSV columns, in any order, the first two required: `code`, `name`, `parent`,
//! `in_charge`, `address`, `email`, `telephone`, `website`, `other_codes` (separated by
//! spaces), `basis`. JSON: an array of objects with the same keys, `other_codes` an array.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Profile, RulesError};
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::text;

/// Longer directories are a mistake; all agencies of the country are far fewer.
const MAX_ROWS: usize = 200_000;
const MAX_BYTES: usize = 64 << 20;

/// A directory that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Directory {
    pub agencies: Vec<Agency>,
    pub warnings: Vec<Warning>,
}

/// Something odd that was taken all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// A code of neither form, or of a form that the profile does not accept.
    UnknownForm { line: usize, code: AgencyCode },
    /// A superior agency that the file does not hold.
    UnknownParent { line: usize, code: AgencyCode },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CsvRow {
    code: String,
    name: String,
    #[serde(default)]
    parent: String,
    #[serde(default)]
    in_charge: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    telephone: String,
    #[serde(default)]
    website: String,
    #[serde(default)]
    other_codes: String,
    #[serde(default)]
    basis: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JsonRow {
    code: String,
    name: String,
    #[serde(default)]
    parent: Option<String>,
    #[serde(default)]
    in_charge: String,
    #[serde(default)]
    address: String,
    #[serde(default)]
    email: String,
    #[serde(default)]
    telephone: String,
    #[serde(default)]
    website: String,
    #[serde(default)]
    other_codes: Vec<String>,
    #[serde(default)]
    basis: String,
}

impl From<CsvRow> for JsonRow {
    fn from(row: CsvRow) -> Self {
        Self {
            code: row.code,
            name: row.name,
            parent: Some(row.parent).filter(|parent| !parent.trim().is_empty()),
            in_charge: row.in_charge,
            address: row.address,
            email: row.email,
            telephone: row.telephone,
            website: row.website,
            other_codes: row.other_codes.split_whitespace().map(str::to_owned).collect(),
            basis: row.basis,
        }
    }
}

impl Directory {
    /// Reads CSV or JSON, told apart by the first character.
    pub fn read(bytes: &[u8], profile: &Profile) -> Result<Self, RulesError> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
            Some(b'[' | b'{') => Self::from_json(bytes, profile),
            _ => Self::from_csv(bytes, profile),
        }
    }

    /// Reads CSV in UTF-8, with or without a byte order mark.
    pub fn from_csv(bytes: &[u8], profile: &Profile) -> Result<Self, RulesError> {
        within_bounds(bytes)?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let mut reader =
            csv::ReaderBuilder::new().comment(Some(b'#')).trim(csv::Trim::All).from_reader(bytes);
        let headers = reader.headers().map_err(csv_fault)?.clone();
        let mut gathered = Gathered::default();
        for record in reader.records() {
            let record = record.map_err(csv_fault)?;
            let line = record.position().map_or(0, |at| at.line() as usize);
            let row: CsvRow = record
                .deserialize(Some(&headers))
                .map_err(|error| RulesError::Directory { line, detail: told(&error) })?;
            gathered.add(line, row.into())?;
        }
        gathered.finish(profile)
    }

    /// Reads a JSON array. A mistake inside an entry names the entry instead of a line.
    pub fn from_json(bytes: &[u8], profile: &Profile) -> Result<Self, RulesError> {
        within_bounds(bytes)?;
        let rows: Vec<JsonRow> = serde_json::from_slice(bytes).map_err(|error| {
            RulesError::Directory { line: error.line(), detail: error.to_string() }
        })?;
        let mut gathered = Gathered::default();
        for (index, row) in rows.into_iter().enumerate() {
            gathered.add(0, row).map_err(|error| match error {
                RulesError::Directory { line, detail } => {
                    RulesError::Directory { line, detail: format!("entry {}: {detail}", index + 1) }
                }
                other => other,
            })?;
        }
        gathered.finish(profile)
    }
}

#[derive(Default)]
struct Gathered {
    agencies: Vec<(usize, Agency)>,
    /// Every code, former ones too, with the line that claimed it.
    claimed: HashMap<AgencyCode, usize>,
}

impl Gathered {
    fn add(&mut self, line: usize, row: JsonRow) -> Result<(), RulesError> {
        let fault = |detail: String| RulesError::Directory { line, detail };
        if self.agencies.len() >= MAX_ROWS {
            return Err(fault(format!("more than {MAX_ROWS} agencies")));
        }
        let code = |code: &str| {
            AgencyCode::new(code).ok_or_else(|| fault(format!("{code:?} is no agency code")))
        };
        let mut agency = Agency::new(code(&row.code)?, &row.name);
        if agency.name.is_empty() {
            return Err(fault(format!("{} has no name", agency.code)));
        }
        agency.parent = row.parent.as_deref().map(code).transpose()?;
        if agency.parent.as_ref() == Some(&agency.code) {
            return Err(fault(format!("{} is its own superior", agency.code)));
        }
        agency.other_codes =
            row.other_codes.iter().map(|other| code(other)).collect::<Result<_, _>>()?;
        agency.in_charge = text::tidy(&row.in_charge);
        agency.address = text::tidy(&row.address);
        agency.email = text::tidy(&row.email);
        agency.telephone = text::tidy(&row.telephone);
        agency.website = text::tidy(&row.website);
        agency.basis = text::tidy(&row.basis);
        if !agency.email.is_empty() && !agency.email.contains('@') {
            return Err(fault(format!("{:?} is no e-mail address", agency.email)));
        }
        for claim in std::iter::once(&agency.code).chain(&agency.other_codes) {
            if self.claimed.insert(claim.clone(), line).is_some() {
                return Err(fault(format!("{claim} stands there twice")));
            }
        }
        self.agencies.push((line, agency));
        Ok(())
    }

    fn finish(self, profile: &Profile) -> Result<Directory, RulesError> {
        let accepted = &profile.agency_codes().accepted;
        let mut warnings = Vec::new();
        for (line, agency) in &self.agencies {
            for code in std::iter::once(&agency.code).chain(&agency.other_codes) {
                if !accepted.iter().any(|form| form.matches(code.form())) {
                    warnings.push(Warning::UnknownForm { line: *line, code: code.clone() });
                }
            }
            if let Some(parent) =
                agency.parent.as_ref().filter(|parent| !self.claimed.contains_key(parent))
            {
                warnings.push(Warning::UnknownParent { line: *line, code: parent.clone() });
            }
        }
        let agencies = self.agencies.into_iter().map(|(_, agency)| agency).collect();
        Ok(Directory { agencies, warnings })
    }
}

fn within_bounds(bytes: &[u8]) -> Result<(), RulesError> {
    if bytes.len() > MAX_BYTES {
        let detail = format!("longer than {MAX_BYTES} bytes");
        return Err(RulesError::Directory { line: 0, detail });
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        return Err(RulesError::Directory { line, detail: "not UTF-8".to_owned() });
    }
    Ok(())
}

fn csv_fault(error: csv::Error) -> RulesError {
    let line = error.position().map_or(0, |at| at.line() as usize);
    RulesError::Directory { line, detail: told(&error) }
}

/// The fault without the position that is told apart.
fn told(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Deserialize { err, .. } => err.to_string(),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} columns instead of {expected_len}")
        }
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DEMO: &[u8] = include_bytes!("../../assets/agencies/demo.csv");

    fn profile() -> Profile {
        Profile::built_in("current").unwrap()
    }

    fn fault(source: &str) -> (usize, String) {
        match Directory::read(source.as_bytes(), &profile()) {
            Err(RulesError::Directory { line, detail }) => (line, detail),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_demonstration_list_is_read_without_a_warning() {
        let directory = Directory::read(DEMO, &profile()).unwrap();
        assert_eq!(directory.warnings, []);
        let find = |code: &str| {
            directory.agencies.iter().find(|agency| agency.code.as_str() == code).unwrap()
        };
        let commune = find("000.01.05.H30");
        assert_eq!(commune.name, "Ủy ban nhân dân xã Tân Bình");
        assert!(!commune.other_codes.is_empty());
        assert_eq!(find("000.00.00.H30").parent, None);
        for agency in &directory.agencies {
            assert!(agency.basis.contains("trình diễn"), "{}", agency.code);
        }
    }

    #[test]
    fn json_gives_the_same_agencies() {
        let directory = Directory::from_csv(DEMO, &profile()).unwrap();
        let rows: Vec<_> =
            directory.agencies.iter().map(|agency| serde_json::to_value(agency).unwrap()).collect();
        let json = serde_json::to_vec_pretty(&rows).unwrap();
        assert_eq!(Directory::read(&json, &profile()).unwrap(), directory);
    }

    #[test]
    fn mistakes_name_their_line() {
        assert_eq!(fault("code,name\nH30,Tỉnh\nH30,Tỉnh\n").0, 3);
        assert_eq!(fault("code,name\nH30\n").0, 2);
        assert_eq!(fault("code,name\n\"H30,2019\",Tỉnh\n").0, 2);
        assert_eq!(fault("code,name,parent\nH30,Tỉnh,H30\n").0, 2);
        assert_eq!(fault("code,name,email\nH30,Tỉnh,x\n").0, 2);
        assert!(fault("code,nmae\nH30,Tỉnh\n").1.contains("nmae"));
        assert_eq!(fault("[\n{\"code\":\"H30\",\n\"nmae\":\"Tỉnh\"}]").0, 3);
        assert!(fault("[{\"code\":\"H30\",\"name\":\"\"}]").1.contains("entry 1"));
        let latin = Directory::read(b"code,name\nH30,\xff\n", &profile());
        assert!(matches!(latin, Err(RulesError::Directory { line: 2, .. })));
    }

    #[test]
    fn odd_codes_and_missing_superiors_are_warnings() {
        let source = "code,name,parent\nvxp.saas.03,Thử nghiệm,H30\n";
        let directory = Directory::read(source.as_bytes(), &profile()).unwrap();
        assert!(matches!(
            directory.warnings.as_slice(),
            [Warning::UnknownForm { line: 2, .. }, Warning::UnknownParent { line: 2, .. }]
        ));
        assert_eq!(directory.agencies.len(), 1);
    }

    proptest! {
        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Directory::read(&bytes, &profile());
        }
    }
}
