//! Working days and deadlines.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 6 khoản 2: send on the day of signing, at the latest in
//! the morning of the next working day; urgent documents at once.

use jiff::civil::{Date, Weekday};
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan, Zoned};

use super::document::Urgency;

/// Vietnam's time zone, fixed at +07:00: it has no summer time, and a fixed offset needs
/// no time zone database on the clerk's PC.
pub fn vietnam() -> TimeZone {
    TimeZone::fixed(Offset::constant(7))
}

/// The civil time of `at` in Vietnam.
pub fn local(at: Timestamp) -> Zoned {
    at.to_zoned(vietnam())
}

/// ISO 8601 with `+07:00`, whole seconds (Quyết định 28/2018/QĐ-TTg Điều 14 khoản 4).
pub fn iso(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Days on which nobody works, beside Saturdays and Sundays; data of the rule profile.
pub type Holidays = [Date];

/// Whether offices work on `day`.
pub fn is_working_day(day: Date, holidays: &Holidays) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !holidays.contains(&day)
}

/// The first working day after `day`; the calendar's last day has no successor and stays.
pub fn next_working_day(day: Date, holidays: &Holidays) -> Date {
    let mut next = day;
    while let Ok(tomorrow) = next.tomorrow() {
        next = tomorrow;
        if is_working_day(next, holidays) {
            break;
        }
    }
    next
}

/// The working day that lies `days` working days after `day`.
pub fn add_working_days(day: Date, days: u32, holidays: &Holidays) -> Date {
    (0..days).fold(day, |day, _| next_working_day(day, holidays))
}

/// Until when a signed document must be sent (Điều 6 khoản 2): noon of the next working
/// day, or at once (the moment of signing) when it is urgent.
pub fn send_by(signed_at: Timestamp, urgency: Urgency, holidays: &Holidays) -> Timestamp {
    if urgency > Urgency::Normal {
        return signed_at;
    }
    let next = next_working_day(local(signed_at).date(), holidays);
    next.at(12, 0, 0, 0).to_zoned(vietnam()).map_or(signed_at, |noon| noon.timestamp())
}

/// Until when the sender must be told of the receipt: the end of the same day (Quyết định
/// 01/2019/QĐ-UBND Điều 9 khoản 1, "ngay trong ngày").
pub fn acknowledge_by(arrived_at: Timestamp) -> Timestamp {
    let today = local(arrived_at).date();
    today
        .tomorrow()
        .ok()
        .and_then(|tomorrow| tomorrow.to_zoned(vietnam()).ok())
        .and_then(|midnight| midnight.timestamp().checked_sub(1.second()).ok())
        .unwrap_or(arrived_at)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_weekend_and_a_holiday_are_skipped() {
        // 30 April and 1 May 2019 were a Tuesday and a Wednesday.
        let holidays = [date(2019, 4, 30), date(2019, 5, 1)];
        assert_eq!(next_working_day(date(2019, 4, 26), &holidays), date(2019, 4, 29));
        assert_eq!(next_working_day(date(2019, 4, 29), &holidays), date(2019, 5, 2));
        assert_eq!(add_working_days(date(2019, 4, 26), 2, &holidays), date(2019, 5, 2));
    }

    #[test]
    fn what_is_signed_on_friday_leaves_by_monday_noon() {
        let friday: Timestamp = "2026-11-20T16:45:00+07:00".parse().unwrap();
        let monday: Timestamp = "2026-11-23T12:00:00+07:00".parse().unwrap();
        assert_eq!(send_by(friday, Urgency::Normal, &[]), monday);
        assert_eq!(send_by(friday, Urgency::Express, &[]), friday);
    }

    #[test]
    fn receipts_are_due_the_same_day_in_vietnam() {
        // 23:30 UTC is already the next morning in Vietnam.
        let at: Timestamp = "2026-11-22T23:30:00Z".parse().unwrap();
        assert_eq!(iso(acknowledge_by(at)), "2026-11-23T23:59:59+07:00");
    }

    proptest! {
        #[test]
        fn the_next_working_day_is_one_and_lies_ahead(days in 0i32..20_000) {
            let day = date(2000, 1, 1).checked_add(days.days()).unwrap();
            let holidays = [date(2019, 4, 30)];
            let next = next_working_day(day, &holidays);
            prop_assert!(next > day);
            prop_assert!(is_working_day(next, &holidays));
        }
    }
}
