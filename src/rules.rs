//! Regulation profiles: what one province and one law ask, as data.
//!
//! A new law or another province is a new TOML file, not new code. Two profiles are
//! compiled in; [`Profile::parse`] takes any other. Reading is strict: an unknown key, a
//! missing citation or a contradiction is an error with its line, never a guess. Each
//! section names the article that it rests on and whether that text was found
//! (`confirmed = true`) or is still to be confirmed with the province;
//! [`Profile::to_confirm`] lists the latter.

pub mod algorithms;
mod check;
pub mod copies;
pub mod directory;
mod error;
pub mod facts;
pub mod format;
pub mod gate;
pub mod layout;
pub mod leaving;

use jiff::civil::Date;
use serde::Deserialize;

pub use error::RulesError;
pub use facts::{DocumentType, Text, TypeForm};

use crate::domain::agency::AgencyCode;
use crate::domain::calendar;
use crate::domain::deadline;
use crate::domain::delivery::StatusCode;
use crate::domain::document::{Code, DocumentId, Urgency};
use crate::domain::text;
use algorithms::Algorithms;
use facts::{
    AgencyCodes, ArrivalStamp, Basis, Deadlines, Digitising, DocumentIdForm, DocumentIds,
    DocumentTypes, Extraction, FieldLengths, Format, Holidays, Layout, Limits, Numbering,
    RecallRule, Report, ReturnReason, ReturnReasons, Seal, Settling, Signatures, Status, Statuses,
    Validity,
};

const BUILT_IN: [(&str, &str); 2] = [
    ("hau-giang-2019", include_str!("../assets/rules/hau-giang-2019.toml")),
    ("current", include_str!("../assets/rules/current.toml")),
];

/// One set of rules, read and checked.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    name: String,
    title: Text,
    validity: Validity,
    basis: Vec<Basis>,
    types: DocumentTypes,
    numbering: Numbering,
    deadlines: Deadlines,
    settling: Settling,
    recall: RecallRule,
    paper_companion: leaving::PaperCompanion,
    following: leaving::Following,
    copies: copies::Copies,
    holidays: Holidays,
    formats: Vec<Format>,
    limits: Limits,
    digitising: Digitising,
    fields: FieldLengths,
    extraction: Extraction,
    signatures: Signatures,
    arrival_stamp: ArrivalStamp,
    layout: Layout,
    gate: gate::GateRules,
    secrecy: gate::SecrecyRules,
    office_hours: gate::OfficeHours,
    return_reasons: ReturnReasons,
    statuses: Statuses,
    document_ids: DocumentIds,
    agency_codes: AgencyCodes,
    algorithms: Algorithms,
    reports: Vec<Report>,
    /// Working out what the file says; not keys of it.
    #[serde(skip)]
    closed_days: Vec<Date>,
    #[serde(skip)]
    open_points: Vec<OpenPoint>,
}

/// A fact of a profile that no source confirms yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPoint {
    /// Where it stands in the profile, such as `signatures.seal.diameter_mm`.
    pub path: String,
    pub cite: String,
}

impl Profile {
    /// Names of the profiles that are compiled in; the first is the default.
    pub fn names() -> impl Iterator<Item = &'static str> {
        BUILT_IN.iter().map(|(name, _)| *name)
    }

    /// A profile that is compiled in.
    pub fn built_in(name: &str) -> Result<Self, RulesError> {
        BUILT_IN
            .iter()
            .find(|(known, _)| *known == name)
            .ok_or_else(|| RulesError::UnknownProfile { name: name.to_owned() })
            .and_then(|(_, source)| Self::parse(source))
    }

    /// A built-in profile by its name, or a profile file by its path (`….toml`).
    pub fn open(name_or_path: &str) -> Result<Self, RulesError> {
        if !name_or_path.ends_with(".toml") {
            return Self::built_in(name_or_path);
        }
        let unreadable =
            |detail: String| RulesError::ProfileFile { path: name_or_path.to_owned(), detail };
        let source =
            std::fs::read_to_string(name_or_path).map_err(|error| unreadable(error.to_string()))?;
        Self::parse(&source)
    }

    /// Reads a profile from TOML. Refuses unknown keys, missing citations and contradictions.
    pub fn parse(source: &str) -> Result<Self, RulesError> {
        check::read(source)
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn title(&self) -> &Text {
        &self.title
    }

    pub fn validity(&self) -> &Validity {
        &self.validity
    }

    /// The laws it rests on.
    pub fn basis(&self) -> &[Basis] {
        &self.basis
    }

    /// What nobody has confirmed yet, for `vanthuctl doctor` and the settings screen.
    pub fn to_confirm(&self) -> &[OpenPoint] {
        &self.open_points
    }

    /// Every document type, in the order of the law; kinds of copies last.
    pub fn document_types(&self) -> &[DocumentType] {
        &self.types.rows
    }

    /// The type with this key, such as `QĐ` or `CV`.
    pub fn document_type(&self, key: &str) -> Option<&DocumentType> {
        self.types.rows.iter().find(|row| row.key == key)
    }

    /// The type that a packet calls by `name`: case, diacritics, spaces and a remark in
    /// brackets such as `(cá biệt)` do not matter.
    pub fn type_by_name(&self, name: &str) -> Option<&DocumentType> {
        let fold = |name: &str| text::fold(&text::tidy(name.split('(').next().unwrap_or(name)));
        let wanted = fold(name);
        // Exact diacritics win: `Quy chế` and `Quy chê` fold alike.
        let exact = text::tidy(name).to_lowercase();
        self.types.rows.iter().find(|row| row.name.to_lowercase() == exact).or_else(|| {
            self.types.rows.iter().find(|row| {
                std::iter::once(&row.name).chain(&row.aliases).any(|known| fold(known) == wanted)
            })
        })
    }

    /// The type with this number in list B of packets. Senders disagree about numbers:
    /// ask [`Self::type_by_name`] first.
    pub fn type_by_packet_number(&self, number: u16) -> Option<&DocumentType> {
        self.types.rows.iter().find(|row| row.packet_number == Some(number))
    }

    /// The notation of a new document, such as `QĐ-UBND`, or `UBND-VX` for a letter drafted
    /// by the unit `VX`; `None` for an unknown type.
    pub fn notation(
        &self,
        type_key: &str,
        agency_abbreviation: &str,
        unit: Option<&str>,
    ) -> Option<String> {
        self.document_type(type_key).map(|row| row.notation(agency_abbreviation, unit))
    }

    /// The series of the outbound book in which the type is numbered; unknown types go into
    /// the common one.
    pub fn book_series(&self, type_key: &str) -> &str {
        self.document_type(type_key).map_or("", |row| &row.series)
    }

    pub fn numbering(&self) -> &Numbering {
        &self.numbering
    }

    pub fn deadlines(&self) -> &Deadlines {
        &self.deadlines
    }

    /// Usual terms of settlement, and words of usual directions.
    pub fn settling(&self) -> &Settling {
        &self.settling
    }

    /// The term of a document that is passed on on the day `from`, where nobody sets one.
    pub fn usual_term(&self, type_key: &str, urgency: Urgency, from: Date) -> Option<Date> {
        let fits = |row: &&facts::SettlingTerm| {
            (row.urgency.is_empty() || row.urgency.contains(&urgency))
                && (row.types.is_empty() || row.types.iter().any(|key| key == type_key))
        };
        let row = self.settling.rows.iter().find(fits)?;
        Some(deadline::term(from, row.days, self.holidays()))
    }

    pub fn recall_rule(&self) -> &RecallRule {
        &self.recall
    }

    /// Days on which offices are closed, beside Saturdays and Sundays.
    pub fn holidays(&self) -> &calendar::Holidays {
        &self.closed_days
    }

    /// The same with names.
    pub fn holiday_rows(&self) -> &[facts::Holiday] {
        &self.holidays.rows
    }

    /// Whether the holidays of `year` are known; if not, deadlines count them as working days.
    pub fn knows_year(&self, year: i16) -> bool {
        self.closed_days.iter().any(|day| day.year() == year)
    }

    pub fn formats(&self) -> &[Format] {
        &self.formats
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// How paper is to be scanned.
    pub fn digitising(&self) -> &Digitising {
        &self.digitising
    }

    /// How long the fields of an inbound document may be.
    pub fn field_lengths(&self) -> &FieldLengths {
        &self.fields
    }

    /// How far what is read off a page is trusted.
    pub fn extraction(&self) -> &Extraction {
        &self.extraction
    }

    pub fn signatures(&self) -> &Signatures {
        &self.signatures
    }

    pub fn arrival_stamp(&self) -> &ArrivalStamp {
        &self.arrival_stamp
    }

    pub fn seal_geometry(&self) -> &Seal {
        &self.signatures.seal
    }

    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    pub fn return_reasons(&self) -> &[ReturnReason] {
        &self.return_reasons.rows
    }

    pub fn statuses(&self) -> &[Status] {
        &self.statuses.rows
    }

    /// What a status code means; every code has a row.
    pub fn status(&self, code: StatusCode) -> Option<&Status> {
        self.statuses.rows.iter().find(|row| row.code == code)
    }

    pub fn document_id_form(&self) -> DocumentIdForm {
        self.document_ids.form
    }

    /// The document id of a document issued on `issued` with the running number `number`.
    pub fn document_id(
        &self,
        agency: AgencyCode,
        issued: Date,
        number: u32,
        code: &Code,
    ) -> DocumentId {
        match self.document_ids.form {
            DocumentIdForm::Year => DocumentId::of_year(agency, issued.year(), number),
            DocumentIdForm::Date => DocumentId {
                agency,
                issued: issued.strftime("%Y/%m/%d").to_string(),
                number: code.to_string(),
            },
        }
    }

    pub fn agency_codes(&self) -> &AgencyCodes {
        &self.agency_codes
    }

    /// What signatures may rest on.
    pub fn algorithms(&self) -> &Algorithms {
        &self.algorithms
    }

    pub fn reports(&self) -> &[Report] {
        &self.reports
    }

    /// The next day on which one of the recurring reports is due, on or after `day`.
    pub fn next_report(&self, day: Date) -> Option<(&Report, Date)> {
        let years = [day.year(), day.year().saturating_add(1)];
        self.reports
            .iter()
            .flat_map(|report| report.due.iter().map(move |due| (report, due)))
            .flat_map(|(report, due)| years.map(|year| (report, check::month_day(year, due))))
            .filter_map(|(report, due)| due.filter(|due| *due >= day).map(|due| (report, due)))
            .min_by_key(|(_, due)| *due)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::facts::{AppearanceLine, NumberTaken};
    use super::*;

    fn profile(name: &str) -> Profile {
        Profile::built_in(name).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    #[test]
    fn both_laws_count_their_types() {
        let named = |profile: &Profile| {
            profile.document_types().iter().filter(|row| row.form != TypeForm::Copy).count()
        };
        assert_eq!(named(&profile("hau-giang-2019")), 32);
        assert_eq!(named(&profile("current")), 29);
        let copies: Vec<_> = profile("current")
            .document_types()
            .iter()
            .filter(|row| row.form == TypeForm::Copy)
            .map(|row| row.key.clone())
            .collect();
        assert_eq!(copies, ["SY", "TrS", "SL"]);
    }

    #[test]
    fn a_province_may_bring_its_own_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("can-tho.toml");
        let text =
            include_str!("../assets/rules/current.toml").replace("\"current\"", "\"can-tho\"");
        std::fs::write(&path, text).unwrap();
        let path = path.to_str().unwrap();
        assert_eq!(Profile::open(path).unwrap().name(), "can-tho");
        assert_eq!(Profile::open("current").unwrap().name(), "current");
        assert!(matches!(Profile::open("nowhere"), Err(RulesError::UnknownProfile { .. })));
        assert!(matches!(Profile::open("nowhere.toml"), Err(RulesError::ProfileFile { .. })));
    }

    #[test]
    fn list_b_of_packets_is_whole_in_2019() {
        let profile = profile("hau-giang-2019");
        for number in 1..=32 {
            assert!(profile.type_by_packet_number(number).is_some(), "{number}");
        }
        assert_eq!(profile.type_by_packet_number(18).unwrap().key, "CV");
        assert_eq!(profile.type_by_packet_number(2).unwrap().key, "QĐ");
    }

    #[test]
    fn every_type_of_today_has_an_archive_code() {
        for row in profile("current").document_types() {
            assert_eq!(row.archive_code.is_none(), row.form == TypeForm::Copy, "{}", row.key);
        }
        assert_eq!(
            profile("current").document_type("CV").unwrap().archive_code.as_deref(),
            Some("22")
        );
    }

    #[test]
    fn names_are_found_as_senders_write_them() {
        for name in Profile::names() {
            let profile = profile(name);
            for (written, key) in [
                ("Công văn", "CV"),
                ("Cong van", "CV"),
                ("QUYẾT ĐỊNH", "QĐ"),
                ("quyết định (cá biệt)", "QĐ"),
                ("Quy định", "QyĐ"),
                ("quy  che", "QC"),
                ("Quye\u{302}\u{301}t đi\u{323}nh", "QĐ"),
            ] {
                assert_eq!(
                    profile.type_by_name(written).map(|row| row.key.as_str()),
                    Some(key),
                    "{written}"
                );
            }
            assert_eq!(profile.type_by_name(""), None);
            assert_eq!(profile.type_by_name("Sắc lệnh"), None);
        }
    }

    #[test]
    fn notations_follow_the_law() {
        let profile = profile("current");
        assert_eq!(profile.notation("QĐ", "UBND", None).as_deref(), Some("QĐ-UBND"));
        assert_eq!(profile.notation("QĐ", "UBND", Some("VX")).as_deref(), Some("QĐ-UBND"));
        assert_eq!(profile.notation("CV", "UBND", Some("VX")).as_deref(), Some("UBND-VX"));
        assert_eq!(profile.notation("CV", "UBND", None).as_deref(), Some("UBND"));
        assert_eq!(profile.notation("SY", "UBND", None).as_deref(), Some("SY"));
        assert_eq!(profile.notation("?", "UBND", None), None);
        assert_eq!(profile.numbering().written(7), "07");
        assert_eq!(profile.numbering().taken_at, NumberTaken::PersonalSignature);
    }

    #[test]
    fn the_seal_says_its_name_in_2019_and_is_silent_since_2020() {
        let then = profile("hau-giang-2019");
        assert_eq!(
            then.seal_geometry().lines,
            [AppearanceLine::Organisation, AppearanceLine::SigningTime]
        );
        let now = profile("current");
        assert!(now.seal_geometry().lines.is_empty());
        assert!(!now.signatures().copy.image);
        assert!(then.to_confirm().iter().any(|point| point.path.contains("seal")));
    }

    #[test]
    fn document_ids_follow_the_form() {
        let agency = AgencyCode::new("000.01.05.H30").unwrap();
        let code = Code { number: "07".to_owned(), notation: "QĐ-UBND".to_owned() };
        let id = |name| {
            profile(name).document_id(agency.clone(), date(2019, 5, 6), 7, &code).to_string()
        };
        assert_eq!(id("hau-giang-2019"), "000.01.05.H30,2019,7");
        assert_eq!(id("current"), "000.01.05.H30,2019/05/06,07/QĐ-UBND");
    }

    #[test]
    fn the_holidays_of_2019_move_a_deadline() {
        let profile = profile("hau-giang-2019");
        // Friday 30 August; Monday 2 September is National Day.
        let signed: jiff::Timestamp = "2019-08-30T15:00:00+07:00".parse().unwrap();
        let due = profile.deadlines().send.normal.after(signed, profile.holidays());
        assert_eq!(calendar::iso(due), "2019-09-03T12:00:00+07:00");
        assert_eq!(profile.deadlines().send.urgent.after(signed, profile.holidays()), signed);
        for year in [2019, 2025, 2026, 2027] {
            assert!(profile.knows_year(year));
        }
        assert!(!profile.knows_year(2020));
    }

    #[test]
    fn what_is_urgent_is_due_sooner() {
        for name in Profile::names() {
            let profile = profile(name);
            // A Friday before a working Monday.
            let friday = date(2026, 11, 27);
            let term = |kind, urgency| profile.usual_term(kind, urgency, friday);
            assert_eq!(term("CV", Urgency::Normal), Some(date(2026, 12, 8)));
            assert_eq!(term("GM", Urgency::Normal), Some(date(2026, 11, 30)));
            assert_eq!(term("CV", Urgency::Urgent), Some(date(2026, 11, 30)));
            assert_eq!(term("CV", Urgency::Express), Some(friday));
            let unsure = profile.to_confirm();
            assert!(unsure.iter().any(|point| point.path.starts_with("settling")));
            assert!(profile.settling().phrases.iter().all(|phrase| !phrase.is_empty()));
        }
    }

    #[test]
    fn reports_are_due_twice_a_year() {
        let profile = profile("hau-giang-2019");
        let next = |day| profile.next_report(day).map(|(_, due)| due);
        assert_eq!(next(date(2019, 6, 15)), Some(date(2019, 6, 15)));
        assert_eq!(next(date(2019, 6, 16)), Some(date(2019, 12, 15)));
        assert_eq!(next(date(2019, 12, 31)), Some(date(2020, 6, 15)));
    }

    #[test]
    fn every_status_code_has_its_words() {
        for name in Profile::names() {
            let profile = profile(name);
            for code in StatusCode::ALL {
                assert!(profile.status(code).is_some(), "{code:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn any_text_is_answered(source in "\\PC*") {
            prop_assert!(Profile::parse(&source).is_err());
        }

        #[test]
        fn any_name_is_answered(name in "\\PC{0,40}") {
            let profile = profile("current");
            if let Some(row) = profile.type_by_name(&name) {
                prop_assert_eq!(profile.type_by_name(&row.name).map(|r| &r.key), Some(&row.key));
            }
        }
    }
}
