//! What a profile asks of documents on their way out: which go on paper as well, and how long
//! each may take to arrive.

use serde::Deserialize;

use super::Profile;
use crate::domain::agency::AgencyCode;
use crate::domain::document::{Code, DocumentId, Metadata};
use crate::domain::letter::{PaperGround, holds_words};
use jiff::civil::Date;

/// Which documents go on paper beside the electronic one.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperCompanion {
    pub rows: Vec<PaperRow>,
    /// Words with which a line of the list of recipients begins that names an individual.
    pub individuals: Vec<String>,
    pub cite: String,
    pub confirmed: bool,
    pub words_confirmed: bool,
}

/// A kind of documents, known by its type or by words of its subject.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PaperRow {
    pub ground: PaperGround,
    /// Keys of document types.
    #[serde(default)]
    pub types: Vec<String>,
    #[serde(default)]
    pub words: Vec<String>,
}

/// Working days after which somebody is told that an issued document is not where it should be.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Following {
    /// From the sending until it has arrived (01).
    pub arrive_days: u32,
    /// From the sending until it is accepted (03) or returned (02).
    pub accept_days: u32,
    /// From a recall until it is answered (15, 16).
    pub recall_days: u32,
    pub cite: String,
    pub confirmed: bool,
}

impl Profile {
    /// Why a document goes on paper as well; empty where nothing asks for it.
    pub fn paper_grounds(&self, metadata: &Metadata) -> Vec<PaperGround> {
        let rule = &self.paper_companion;
        let fits = |row: &&PaperRow| {
            row.types.contains(&metadata.type_key)
                || row.words.iter().any(|words| holds_words(&metadata.subject, words))
        };
        let mut grounds: Vec<PaperGround> =
            rule.rows.iter().filter(fits).map(|row| row.ground).collect();
        let names_individual = |place: &String| {
            let place = place.trim_start_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
            rule.individuals.iter().any(|word| {
                let rest = place.strip_prefix(&word.to_lowercase());
                rest.is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
            })
        };
        if metadata.other_places.iter().any(names_individual) {
            grounds.push(PaperGround::Individuals);
        }
        grounds
    }

    pub const fn following(&self) -> &Following {
        &self.following
    }

    /// The document id of a document that was numbered in `series`: with several series the
    /// same running number occurs twice in a year, so the whole code stands for it (Quyết
    /// định 28/2018/QĐ-TTg Điều 10 khoản 2 điểm b wants one id for one document).
    pub fn document_id_in(
        &self,
        agency: AgencyCode,
        issued: Date,
        (series, number): (&str, u32),
        code: &Code,
    ) -> DocumentId {
        let id = self.document_id(agency, issued, number, code);
        if series.is_empty() { id } else { DocumentId { number: code.to_string(), ..id } }
    }
}

/// What is wrong with these sections, if anything.
pub(super) fn contradiction(profile: &Profile) -> Option<String> {
    let paper = &profile.paper_companion;
    let types = paper.rows.iter().flat_map(|row| &row.types);
    let unknown = types.into_iter().find(|key| profile.document_type(key).is_none());
    if let Some(key) = unknown {
        return Some(format!("paper_companion: there is no type {key}"));
    }
    if paper.rows.iter().any(|row| row.types.is_empty() && row.words.is_empty()) {
        return Some("paper_companion: a row that fits nothing".to_owned());
    }
    let days = &profile.following;
    let days = [days.arrive_days, days.accept_days, days.recall_days];
    days.iter().any(|days| *days > 30).then(|| "following: a term makes no sense".to_owned())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn grounds(subject: &str, places: &[&str]) -> Vec<PaperGround> {
        let metadata = Metadata {
            subject: subject.to_owned(),
            other_places: places.iter().map(|place| (*place).to_owned()).collect(),
            ..Metadata::default()
        };
        Profile::built_in("hau-giang-2019").unwrap().paper_grounds(&metadata)
    }

    #[test]
    fn the_kinds_of_article_6_go_on_paper() {
        use PaperGround::{Complaints, Finance, Individuals, Normative, Personnel};
        assert_eq!(grounds("Ban hành văn bản quy phạm pháp luật", &[]), [Normative]);
        assert_eq!(grounds("Về việc bổ nhiệm công chức", &[]), [Personnel]);
        assert_eq!(grounds("Về việc quyết toán ngân sách năm 2026", &[]), [Finance]);
        assert_eq!(grounds("Giải quyết đơn khiếu nại", &[]), [Complaints]);
        assert_eq!(grounds("Trả lời kiến nghị", &["Ông Nguyễn Văn A"]), [Individuals]);
        assert_eq!(grounds("Trả lời kiến nghị", &["- Bà Trần Thị B;"]), [Individuals]);
        assert_eq!(grounds("Về việc họp giao ban", &["Lưu: VT", "Ban Chỉ huy"]), []);
    }

    #[test]
    fn two_series_never_give_one_id_twice() {
        let profile = Profile::built_in("hau-giang-2019").unwrap();
        let agency = AgencyCode::new("000.01.05.H30").unwrap();
        let code = |notation: &str| Code { number: "01".to_owned(), notation: notation.to_owned() };
        let id = |series, notation| {
            let day = date(2026, 5, 6);
            profile.document_id_in(agency.clone(), day, (series, 1), &code(notation)).to_string()
        };
        assert_eq!(id("", "UBND"), "000.01.05.H30,2026,1");
        assert_eq!(id("QĐ", "QĐ-UBND"), "000.01.05.H30,2026,01/QĐ-UBND");
    }
}
