//! Terms of settlement: when a document is due, how near that is, and how people write it.
//!
//! Nghị định 30/2020/NĐ-CP Điều 24: documents are settled in time, urgent ones at once; the
//! sender's own term (`DueDate`) or the leader's direction goes before the office's usual
//! ones, which are data of the rule profile.

use jiff::civil::Date;

use super::calendar::{self, Holidays};

/// How near a term is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pressure {
    /// Nothing is due.
    None,
    /// In more working days than are called soon.
    Later,
    /// In this many working days; 0 is today.
    Soon { days: u32 },
    /// This many calendar days ago.
    Overdue { days: u32 },
}

/// How near `due` is on the day `today`, where `soon` working days ahead count as soon.
pub fn pressure(due: Option<Date>, today: Date, soon: u32, holidays: &Holidays) -> Pressure {
    let Some(due) = due else { return Pressure::None };
    if due < today {
        let days = due.until(today).map_or(1, |span| span.get_days());
        return Pressure::Overdue { days: u32::try_from(days).unwrap_or(1) };
    }
    if due > soon_until(today, soon, holidays) {
        return Pressure::Later;
    }
    let mut day = today;
    let mut days = 0;
    while day < due && days < soon {
        day = calendar::next_working_day(day, holidays);
        days += 1;
    }
    Pressure::Soon { days }
}

/// The last day that is called soon.
pub fn soon_until(today: Date, soon: u32, holidays: &Holidays) -> Date {
    calendar::add_working_days(today, soon, holidays)
}

/// The term that lies `days` working days after `from`; 0 days is the day itself, or the next
/// working day where nobody works on it.
pub fn term(from: Date, days: u32, holidays: &Holidays) -> Date {
    match days {
        0 if calendar::is_working_day(from, holidays) => from,
        0 => calendar::next_working_day(from, holidays),
        days => calendar::add_working_days(from, days, holidays),
    }
}

/// Reads a term as people type it: `6/2/2026`, `06-02-2026`, `2026-02-06`, `+5` for five
/// working days from today, or nothing; `Err` for anything else.
pub fn read(text: &str, today: Date, holidays: &Holidays) -> Result<Option<Date>, Unreadable> {
    /// Nobody means a term years away by `+5000`.
    const MOST_DAYS: u32 = 750;
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(days) = text.strip_prefix('+') {
        let days: u32 = days.trim().parse().map_err(|_| Unreadable)?;
        return if days <= MOST_DAYS {
            Ok(Some(term(today, days, holidays)))
        } else {
            Err(Unreadable)
        };
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).map(str::trim).collect();
    let [first, month, last] = parts.as_slice() else { return Err(Unreadable) };
    let (day, year) = if first.len() == 4 { (last, first) } else { (first, last) };
    let year: i16 = year.parse().map_err(|_| Unreadable)?;
    let month = month.parse().map_err(|_| Unreadable)?;
    let date = Date::new(year, month, day.parse().map_err(|_| Unreadable)?);
    // A year of two digits is a slip, not the first century.
    date.ok().filter(|date| date.year() >= 2000).map(Some).ok_or(Unreadable)
}

/// What was typed is no term.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a date, and not + and a number of working days")]
pub struct Unreadable;

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    /// Friday.
    const TODAY: Date = date(2026, 11, 27);

    #[test]
    fn terms_are_read_as_people_write_them() {
        let read = |text| read(text, TODAY, &[]);
        assert_eq!(read(" "), Ok(None));
        for written in ["6/2/2027", "06-02-2027", "2027-02-06", " 6.2.2027 "] {
            assert_eq!(read(written), Ok(Some(date(2027, 2, 6))), "{written}");
        }
        assert_eq!(read("+1"), Ok(Some(date(2026, 11, 30))));
        assert_eq!(read("+ 5"), Ok(Some(date(2026, 12, 4))));
        assert_eq!(read("+0"), Ok(Some(TODAY)));
        for wrong in ["31/2/2026", "6/2", "6/2/26", "mai", "1/1/2026/1", "+", "+x", "+-1", "+9999"]
        {
            assert_eq!(read(wrong), Err(Unreadable), "{wrong}");
        }
    }

    #[test]
    fn a_term_on_a_holiday_moves_on() {
        let holidays = [date(2026, 11, 30)];
        assert_eq!(term(date(2026, 11, 28), 0, &holidays), date(2026, 12, 1));
        assert_eq!(term(TODAY, 1, &holidays), date(2026, 12, 1));
    }

    #[test]
    fn weekends_do_not_make_it_less_soon() {
        let near = |due| pressure(due, TODAY, 2, &[]);
        assert_eq!(near(None), Pressure::None);
        assert_eq!(near(Some(date(2026, 11, 26))), Pressure::Overdue { days: 1 });
        assert_eq!(near(Some(TODAY)), Pressure::Soon { days: 0 });
        // Monday is the first working day from now, Tuesday the second.
        assert_eq!(near(Some(date(2026, 11, 30))), Pressure::Soon { days: 1 });
        assert_eq!(near(Some(date(2026, 12, 1))), Pressure::Soon { days: 2 });
        assert_eq!(near(Some(date(2026, 12, 2))), Pressure::Later);
    }

    proptest! {
        #[test]
        fn every_day_is_overdue_soon_or_later(ahead in -400i64..400, soon in 0u32..10) {
            use jiff::ToSpan;
            let due = TODAY.checked_add(ahead.days()).unwrap();
            match pressure(Some(due), TODAY, soon, &[]) {
                Pressure::Overdue { days } => prop_assert_eq!(i64::from(days), -ahead),
                Pressure::Soon { days } => prop_assert!(ahead >= 0 && days <= soon),
                Pressure::Later => prop_assert!(due > soon_until(TODAY, soon, &[])),
                Pressure::None => prop_assert!(false),
            }
        }
    }
}
