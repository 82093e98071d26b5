//! What an agency was called when, since when it is no more, and who goes on with its work.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 23 khoản 1: the agencies with their codes are kept up to
//! date, and changes reach everybody. An old document keeps the name that its sender and
//! recipients bore on its day.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::{Agency, AgencyCode};
use crate::domain::text;

/// A name that an agency bears from a day on, until the next one or its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    pub name: String,
    /// The first day; `None` for the name with which the agency came into the directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Date>,
    /// The legal basis of the name, if known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis: String,
}

/// How an agency came to an end: dissolved (nobody goes on), merged (one), split (several).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ending {
    /// The first day on which it is no more.
    pub on: Date,
    #[serde(default)]
    pub successors: Vec<AgencyCode>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub basis: String,
}

/// A time during which an agency bore one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    pub name: String,
    /// The first day; `None` for since ever.
    pub from: Option<Date>,
    /// The first day on which it does not hold any more; `None` while it holds.
    pub until: Option<Date>,
    pub basis: String,
}

/// Why a change cannot be part of an agency's history.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistoryError {
    #[error("it needs a name")]
    NoName,
    #[error("it bears that name already")]
    SameName,
    #[error("its last change was on {0}, which is not before")]
    NotAfter(Date),
    #[error("it has ended on {0}")]
    Ended(Date),
    #[error("names change only on their day")]
    InFuture,
    #[error("it cannot go on with its own work")]
    OwnSuccessor,
}

impl HistoryError {
    /// The word by which sentences choose.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::NoName => "no-name",
            Self::SameName => "same-name",
            Self::NotAfter(_) => "not-after",
            Self::Ended(_) => "ended",
            Self::InFuture => "in-future",
            Self::OwnSuccessor => "own-successor",
        }
    }

    /// The day of what stands in the way.
    pub const fn day(&self) -> Option<Date> {
        match self {
            Self::NotAfter(day) | Self::Ended(day) => Some(*day),
            Self::NoName | Self::SameName | Self::InFuture | Self::OwnSuccessor => None,
        }
    }
}

impl Agency {
    /// Has it bear `name` from `on` on, at the latest `today`: everybody takes the last name
    /// for the present one.
    pub fn rename(
        &mut self,
        name: &str,
        on: Date,
        today: Date,
        basis: &str,
    ) -> Result<(), HistoryError> {
        let name = text::tidy(name);
        if name.is_empty() {
            return Err(HistoryError::NoName);
        }
        let named = Named { name: name.clone(), from: Some(on), basis: text::tidy(basis) };
        // The same again changes nothing: whoever writes it may have to write it twice.
        if self.names.last() == Some(&named) {
            return Ok(());
        }
        if name == self.name {
            return Err(HistoryError::SameName);
        }
        if on > today {
            return Err(HistoryError::InFuture);
        }
        if let Some(ending) = self.ended_by(on) {
            return Err(HistoryError::Ended(ending.on));
        }
        if let Some(last) = self.last_change().filter(|last| *last >= on) {
            return Err(HistoryError::NotAfter(last));
        }
        if self.names.is_empty() {
            let first = Named { name: self.name.clone(), from: None, basis: String::new() };
            self.names.push(first);
        }
        self.names.push(named);
        self.name = name;
        Ok(())
    }

    /// Ends it: from `on` on, which may lie ahead, nothing is sent to it. The same again
    /// changes nothing; another ending takes the place of one.
    pub fn end(
        &mut self,
        on: Date,
        successors: Vec<AgencyCode>,
        basis: &str,
    ) -> Result<(), HistoryError> {
        if successors.contains(&self.code) {
            return Err(HistoryError::OwnSuccessor);
        }
        if let Some(last) = self.last_change().filter(|last| *last >= on) {
            return Err(HistoryError::NotAfter(last));
        }
        self.ending = Some(Ending { on, successors, basis: text::tidy(basis) });
        Ok(())
    }

    /// What it was called on `day`; before its first known day what it was called first, and
    /// after its end what it was called last.
    pub fn name_on(&self, day: Date) -> &str {
        let borne = |named: &&Named| named.from.is_none_or(|from| from <= day);
        let named = self.names.iter().rev().find(borne).or(self.names.first());
        named.map_or(&self.name, |named| &named.name)
    }

    /// Its end, if it is no more on `day`.
    pub fn ended_by(&self, day: Date) -> Option<&Ending> {
        self.ending.as_ref().filter(|ending| ending.on <= day)
    }

    /// Its names with the times in which it bore them, oldest first; at least one.
    pub fn periods(&self) -> Vec<Period> {
        let only = [Named { name: self.name.clone(), from: None, basis: String::new() }];
        let names = if self.names.is_empty() { &only[..] } else { &self.names[..] };
        let ends = names.iter().skip(1).map(|next| next.from);
        let ends = ends.chain([self.ending.as_ref().map(|ending| ending.on)]);
        let period = |(named, until): (&Named, Option<Date>)| Period {
            name: named.name.clone(),
            from: named.from,
            until,
            basis: named.basis.clone(),
        };
        names.iter().zip(ends).map(period).collect()
    }

    /// Names that it bore before the present one.
    pub fn former_names(&self) -> impl Iterator<Item = &str> {
        self.names.iter().map(|named| named.name.as_str()).filter(|name| *name != self.name)
    }

    /// Whether anything is known of it but its present name.
    pub fn has_history(&self) -> bool {
        !self.names.is_empty() || self.ending.is_some()
    }

    /// These facts with the history of what was known before: a list without histories takes
    /// none away, and another spelling of the name corrects the present one.
    #[must_use]
    pub fn after(mut self, known: &Self) -> Self {
        if self.has_history() {
            return self;
        }
        // A list from before it was renamed.
        if known.former_names().any(|former| former == self.name) {
            self.name.clone_from(&known.name);
        }
        self.names.clone_from(&known.names);
        self.ending.clone_from(&known.ending);
        if let Some(present) = self.names.last_mut() {
            present.name.clone_from(&self.name);
        }
        self
    }

    /// What the province's directory says of an agency that is known here already; `None` if
    /// its history is no other. With the history the name is taken; what else was entered here
    /// stays, where the directory says nothing of it.
    #[must_use]
    pub fn told(&self, said: &Self) -> Option<Self> {
        if self.names == said.names && self.ending == said.ending {
            return None;
        }
        let or = |said: &String, known: &String| {
            if said.is_empty() { known.clone() } else { said.clone() }
        };
        Some(Self {
            code: self.code.clone(),
            name: said.name.clone(),
            parent: said.parent.clone().or_else(|| self.parent.clone()),
            in_charge: or(&said.in_charge, &self.in_charge),
            address: or(&said.address, &self.address),
            email: or(&said.email, &self.email),
            telephone: or(&said.telephone, &self.telephone),
            website: or(&said.website, &self.website),
            other_codes: self.other_codes.clone(),
            basis: or(&said.basis, &self.basis),
            names: said.names.clone(),
            ending: said.ending.clone(),
        })
    }

    /// The same from a directory that tells the present name alone, whether the agency is no
    /// more, and on which day the last of its changes was, if there was one. What is known from
    /// before stays.
    #[must_use]
    pub fn heard(&self, said: &Self, changed: Option<Date>, today: Date) -> Option<Self> {
        let ending = match (&said.ending, &self.ending) {
            // Known here with who goes on with its work.
            (Some(_), Some(known)) => Some(known.clone()),
            // It lives again: what ended it was heard from there, or the change is later.
            (None, Some(known)) if known.successors.is_empty() && known.basis.is_empty() => None,
            (None, Some(known)) if changed.is_some_and(|day| day > known.on) => None,
            (told, known) => told.clone().or_else(|| known.clone()),
        };
        let (name, names) = (self.name.clone(), self.names.clone());
        let mut now = Self { name, names, ending, ..said.clone() };
        // Where it has had no change it is merely spelled otherwise.
        if let Some(day) = changed.map(|day| day.min(today)) {
            // Refused where it bears that name already, or since a later day another.
            let _ = now.rename(&said.name, day, today, "");
        }
        self.told(&now)
    }

    fn last_change(&self) -> Option<Date> {
        self.names.last().and_then(|named| named.from)
    }
}

/// Who goes on with an agency's work on `day`: its successors, and in the place of each that
/// has ended itself the ones of that. `find` knows the directory; who is not in it is taken
/// for one that goes on.
pub fn successors<E>(
    ending: &Ending,
    day: Date,
    find: impl Fn(&AgencyCode) -> Result<Option<Agency>, E>,
) -> Result<Vec<AgencyCode>, E> {
    let mut going_on = Vec::new();
    let mut seen = BTreeSet::new();
    let mut asked: Vec<AgencyCode> = ending.successors.iter().rev().cloned().collect();
    while let Some(code) = asked.pop() {
        if !seen.insert(code.clone()) {
            continue;
        }
        match find(&code)?.as_ref().and_then(|agency| agency.ended_by(day)) {
            Some(ending) => asked.extend(ending.successors.iter().rev().cloned()),
            None => going_on.push(code),
        }
    }
    Ok(going_on)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;

    fn day(number: i32) -> Date {
        Date::constant(2026, 1, 1).checked_add(jiff::Span::new().days(number)).unwrap()
    }

    fn code(number: usize) -> AgencyCode {
        AgencyCode::new(&format!("H30.{number}")).unwrap()
    }

    fn agency(number: usize) -> Agency {
        Agency::new(code(number), "Sở Thông tin và Truyền thông")
    }

    #[test]
    fn an_old_document_keeps_the_name_of_its_day() {
        let mut agency = agency(1);
        assert_eq!(agency.name_on(day(0)), "Sở Thông tin và Truyền thông");
        agency.rename(" Sở  Khoa học và Công nghệ", day(60), day(60), "Nghị quyết 1").unwrap();
        assert_eq!(agency.name, "Sở Khoa học và Công nghệ");
        assert_eq!(agency.name_on(day(59)), "Sở Thông tin và Truyền thông");
        assert_eq!(agency.name_on(day(60)), "Sở Khoa học và Công nghệ");
        agency.end(day(90), vec![code(2)], "").unwrap();
        assert_eq!(agency.name_on(day(200)), "Sở Khoa học và Công nghệ");
        assert_eq!((agency.ended_by(day(89)), agency.ended_by(day(90)).is_some()), (None, true));
        let periods = agency.periods();
        assert_eq!(periods.len(), 2);
        assert_eq!((periods[0].from, periods[0].until), (None, Some(day(60))));
        assert_eq!((periods[1].from, periods[1].until), (Some(day(60)), Some(day(90))));
        assert_eq!(agency.former_names().collect::<Vec<_>>(), ["Sở Thông tin và Truyền thông"]);
    }

    #[test]
    fn changes_out_of_order_are_refused_and_change_nothing() {
        let mut agency = agency(1);
        agency.rename("A", day(10), day(10), "").unwrap();
        let before = agency.clone();
        use HistoryError as E;
        assert_eq!(agency.rename(" ", day(11), day(11), ""), Err(E::NoName));
        assert_eq!(agency.rename("A", day(11), day(11), ""), Err(E::SameName));
        assert_eq!(agency.rename("B", day(10), day(11), ""), Err(E::NotAfter(day(10))));
        assert_eq!(agency.rename("B", day(12), day(11), ""), Err(E::InFuture));
        assert_eq!(agency.end(day(9), Vec::new(), ""), Err(E::NotAfter(day(10))));
        assert_eq!(agency.end(day(12), vec![code(1)], ""), Err(E::OwnSuccessor));
        assert_eq!(agency, before);
        agency.rename("A", day(10), day(11), "").unwrap();
        assert_eq!(agency, before, "the same again changes nothing");
        agency.end(day(12), Vec::new(), "").unwrap();
        assert_eq!(agency.rename("B", day(12), day(12), ""), Err(E::Ended(day(12))));
        // Corrected while it is ahead, and told twice.
        agency.end(day(13), vec![code(2)], "").unwrap();
        agency.end(day(13), vec![code(2)], "").unwrap();
        assert_eq!(agency.ending.unwrap().successors, [code(2)]);
    }

    #[test]
    fn a_list_without_histories_takes_none_away() {
        let mut known = agency(1);
        known.rename("Tên mới", day(10), day(10), "").unwrap();
        known.end(day(20), vec![code(2)], "").unwrap();
        let listed = Agency { email: "a@b.vn".into(), ..Agency::new(code(1), "Tên Mới") };
        let after = listed.after(&known);
        assert_eq!((after.name.as_str(), after.name_on(day(15))), ("Tên Mới", "Tên Mới"));
        assert_eq!(after.name_on(day(1)), "Sở Thông tin và Truyền thông");
        // Not even one that is older than the last name.
        assert_eq!(agency(1).after(&known), known);
        assert_eq!(
            (after.ending.as_ref(), after.email.as_str()),
            (known.ending.as_ref(), "a@b.vn")
        );
        // What the directory tells is taken once, and takes nothing that was entered here.
        let here = Agency { address: "Đường số 1".into(), ..agency(1) };
        let told = here.told(&known).unwrap();
        assert_eq!((told.name.as_str(), told.address.as_str()), ("Tên mới", "Đường số 1"));
        assert_eq!((told.told(&known), agency(1).told(&agency(1))), (None, None));
        // An end that was taken back is one no more.
        let reopened = Agency { ending: None, ..known };
        assert_eq!(told.told(&reopened).unwrap().ending, None);
    }

    #[test]
    fn a_last_change_is_put_after_what_is_known() {
        let today = day(50);
        let said = |name: &str| Agency::new(code(1), name);
        let ended = |name: &str, on: i32| {
            let ending = Ending { on: day(on), successors: Vec::new(), basis: String::new() };
            Agency { ending: Some(ending), ..said(name) }
        };
        let known = agency(1);
        assert_eq!(known.heard(&known, Some(day(5)), today), None, "its name is no other");
        assert_eq!(known.heard(&said("Sở TT&TT"), None, today), None, "it is spelled otherwise");
        let renamed = known.heard(&said("Tên mới"), Some(day(10)), today).unwrap();
        assert_eq!((renamed.name.as_str(), renamed.name_on(day(9))), ("Tên mới", &*known.name));
        assert_eq!(renamed.heard(&said("Tên mới"), Some(day(10)), today), None, "the same again");
        assert_eq!(renamed.heard(&known, Some(day(9)), today), None, "older than what is known");
        // An ending that lies ahead says nothing of the day of the name.
        let ahead = known.heard(&said("Tên mới"), Some(day(60)), today).unwrap();
        assert_eq!(ahead.name_on(today), "Tên mới");
        let gone = renamed.heard(&ended("Tên mới", 20), Some(day(20)), today).unwrap();
        assert_eq!((gone.ended_by(day(20)).is_some(), gone.periods().len()), (true, 2));
        assert_eq!(
            gone.heard(&said("Tên mới"), Some(day(10)), today).unwrap(),
            renamed,
            "reopened"
        );
        // Who goes on with its work was entered here, and stays.
        let mut merged = renamed.clone();
        merged.end(day(19), vec![code(2)], "Nghị quyết").unwrap();
        assert_eq!(merged.heard(&ended("Tên mới", 20), Some(day(20)), today), None);
        assert_eq!(merged.heard(&said("Tên mới"), None, today), None);
        assert_eq!(merged.heard(&said("Tên mới"), Some(day(21)), today).unwrap(), renamed);
    }

    #[test]
    fn what_was_stored_before_is_read() {
        let old = r#"{"code":"H30","name":"Tỉnh"}"#;
        let agency: Agency = serde_json::from_str(old).unwrap();
        assert!(!agency.has_history());
        let again = serde_json::to_string(&agency).unwrap();
        assert!(!again.contains("names") && !again.contains("ending"), "{again}");
    }

    proptest! {
        #[test]
        fn every_day_has_one_name_and_periods_touch(
            changes in prop::collection::vec((1i32..400, 0u8..5), 0..8),
            ended in prop::option::of(0i32..500),
            asked in 0i32..600,
        ) {
            let mut agency = agency(1);
            for (on, name) in changes {
                // What is refused leaves the history as it was.
                let _ = agency.rename(&format!("Tên {name}"), day(on), day(400), "");
            }
            if let Some(on) = ended {
                let _ = agency.end(day(on), Vec::new(), "");
            }
            let periods = agency.periods();
            prop_assert_eq!(&periods.last().unwrap().name, &agency.name);
            prop_assert_eq!(periods[0].from, None);
            for pair in periods.windows(2) {
                prop_assert_eq!(pair[0].until, pair[1].from);
                prop_assert!(pair[0].from.is_none_or(|from| Some(from) < pair[0].until));
                prop_assert_ne!(&pair[0].name, &pair[1].name);
            }
            let on = day(asked);
            let holds = |period: &&Period| {
                period.from.is_none_or(|from| from <= on) && period.until.is_none_or(|end| on < end)
            };
            let held: Vec<_> = periods.iter().filter(holds).collect();
            if agency.ended_by(on).is_some() {
                prop_assert_eq!((held.len(), agency.name_on(on)), (0, agency.name.as_str()));
            } else {
                prop_assert_eq!(held.len(), 1);
                prop_assert_eq!(agency.name_on(on), &held[0].name);
            }
        }

        #[test]
        fn whoever_goes_on_is_there_and_rings_end(
            endings in prop::collection::vec(
                prop::option::of((0i32..20, prop::collection::vec(0usize..8, 0..4))), 6..7),
            on in 0i32..20,
        ) {
            let directory: BTreeMap<AgencyCode, Agency> = endings
                .into_iter()
                .enumerate()
                .map(|(number, ending)| {
                    let mut agency = agency(number);
                    if let Some((on, successors)) = ending {
                        // Their own successors are left out; rings of several stay.
                        let successors =
                            successors.into_iter().filter(|n| *n != number).map(code).collect();
                        agency.end(day(on), successors, "").unwrap();
                    }
                    (agency.code.clone(), agency)
                })
                .collect();
            let find = |code: &AgencyCode| Ok::<_, Infallible>(directory.get(code).cloned());
            for agency in directory.values() {
                let Some(ending) = agency.ended_by(day(on)) else { continue };
                let Ok(found) = successors(ending, day(on), find);
                let mut once = found.clone();
                once.sort();
                once.dedup();
                prop_assert_eq!(once.len(), found.len());
                for code in &found {
                    let there = directory.get(code).is_none_or(|a| a.ended_by(day(on)).is_none());
                    prop_assert!(there, "{} has ended, too", code);
                }
            }
        }
    }
}
