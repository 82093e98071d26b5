//! The directory through the gateway: what has changed since a version, or all of it.

use jiff::civil::Date;

use super::wire::{AgencyRow, DataAnswer, UnitRow};
use super::{AxisLine, moment};
use crate::domain::agency::{Agency, AgencyCode, Ending, Named};
use crate::domain::calendar;
use crate::exchange::{Answer, Directory};

impl AxisLine {
    /// `getSynchronizeUnit`. It tells the last change of each agency alone, and not when the
    /// names before it were borne; `Agency::told` puts that after what is known.
    pub(super) fn changed_agencies(&self, since: u64) -> Answer<Directory> {
        let fields = self.fields().with("version", &since.to_string());
        let fields = fields.with("timestamp", &self.caller.now());
        let answer: DataAnswer<Vec<UnitRow>> = self.call("getSynchronizeUnit", fields)?;
        let rows = self.caller.rows(answer)?;
        let version = rows.iter().map(|row| row.version).max().unwrap_or(since);
        let today = calendar::local((self.caller.clock)()).date();
        let agencies = rows.into_iter().filter_map(|row| unit(row, today)).collect();
        Ok(Directory { version, agencies })
    }

    /// `getAgenciesList`.
    pub(super) fn all_agencies(&self) -> Answer<Directory> {
        let fields = self.fields().with("timestamp", &self.caller.now());
        let answer: DataAnswer<Vec<AgencyRow>> = self.call("getAgenciesList", fields)?;
        let rows = self.caller.rows(answer)?;
        Ok(Directory { version: 0, agencies: rows.into_iter().filter_map(agency).collect() })
    }
}

fn agency(row: AgencyRow) -> Option<Agency> {
    Some(Agency { email: row.mail, ..Agency::new(AgencyCode::new(&row.code)?, &row.name) })
}

/// The agency with its last change. Where the gateway names no day, that is today, when it was
/// heard of.
fn unit(row: UnitRow, today: Date) -> Option<Agency> {
    let day = changed_on(&row.modify_date).filter(|day| *day <= today).unwrap_or(today);
    let mut agency = agency(row.agency)?;
    let name = agency.name.clone();
    agency.names = vec![Named { name, from: Some(day), basis: String::new() }];
    let ending = Ending { on: day, successors: Vec::new(), basis: String::new() };
    agency.ending = row.deleted.then_some(ending);
    Some(agency)
}

/// Its form is not fixed anywhere: a day, or a moment.
fn changed_on(text: &str) -> Option<Date> {
    let text = text.trim();
    let day = ["%Y/%m/%d", "%Y-%m-%d", "%d/%m/%Y"];
    let day = day.into_iter().find_map(|form| Date::strptime(form, text).ok());
    day.or_else(|| moment(text).map(|at| calendar::local(at).date()))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days_are_read_in_their_forms() {
        let day = Some(date(2026, 7, 1));
        for text in ["2026/07/01", "2026-07-01", " 01/07/2026 ", "2026/07/01 08:30:00"] {
            assert_eq!(changed_on(text), day, "{text}");
        }
        // Where it is tomorrow in Vietnam.
        assert_eq!(changed_on("2026-06-30T20:00:00Z"), day);
        for text in ["", "hôm qua", "2026"] {
            assert_eq!(changed_on(text), None, "{text}");
        }
    }

    #[test]
    fn a_unit_without_a_day_has_changed_today() {
        let today = date(2026, 7, 15);
        let row = |modified: &str| UnitRow {
            agency: AgencyRow { code: "H30.9".into(), name: "Sở".into(), ..AgencyRow::default() },
            deleted: true,
            modify_date: modified.into(),
            ..UnitRow::default()
        };
        let ended = |modified| unit(row(modified), today).unwrap().ending.unwrap().on;
        assert_eq!(ended("2026/07/01"), date(2026, 7, 1));
        assert_eq!((ended(""), ended("2027/01/01")), (today, today));
    }
}
