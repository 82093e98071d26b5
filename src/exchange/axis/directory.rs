//! The directory through the gateway: what has changed since a version, or all of it.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::wire::{AgencyRow, DataAnswer, UnitRow};
use super::{AxisLine, moment};
use crate::domain::agency::{Agency, AgencyCode, Ending};
use crate::domain::calendar;
use crate::exchange::{Answer, Directory};

impl AxisLine {
    /// `getSynchronizeUnit`. It tells the last change of each agency alone.
    pub(super) fn changed_agencies(&self, since: u64) -> Answer<Directory> {
        let fields = self.fields().with("version", &since.to_string());
        let fields = fields.with("timestamp", &self.caller.now());
        let answer: DataAnswer<Vec<UnitRow>> = self.call("getSynchronizeUnit", fields)?;
        let rows = self.caller.rows(answer)?;
        let version = rows.iter().map(|row| row.version).max().unwrap_or(since);
        let today = calendar::local((self.caller.clock)()).date();
        let (mut agencies, mut days) = (Vec::new(), BTreeMap::new());
        for row in rows {
            let changed = changed_on(&row.modify_date);
            let Some(agency) = unit(row, changed.unwrap_or(today)) else { continue };
            days.insert(agency.code.clone(), changed);
            agencies.push(agency);
        }
        Ok(Directory { version, agencies, changed: Some(days) })
    }

    /// `getAgenciesList`.
    pub(super) fn all_agencies(&self) -> Answer<Directory> {
        let fields = self.fields().with("timestamp", &self.caller.now());
        let answer: DataAnswer<Vec<AgencyRow>> = self.call("getAgenciesList", fields)?;
        let agencies = self.caller.rows(answer)?.into_iter().filter_map(agency).collect();
        Ok(Directory { version: 0, agencies, changed: None })
    }
}

fn agency(row: AgencyRow) -> Option<Agency> {
    Some(Agency { email: row.mail, ..Agency::new(AgencyCode::new(&row.code)?, &row.name) })
}

/// The agency, which has ended on `day` at the latest if it is deleted.
fn unit(row: UnitRow, day: Date) -> Option<Agency> {
    let ending = Ending { on: day, successors: Vec::new(), basis: String::new() };
    Some(Agency { ending: row.deleted.then_some(ending), ..agency(row.agency)? })
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
}
