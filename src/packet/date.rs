//! Dates and times of packets: `yyyy/MM/dd` and `yyyy/MM/dd HH:mm:ss` by QCVN 102:2016,
//! `dd/MM/yyyy` of older systems, and ISO 8601 of careless ones. Times are Vietnam's.

use jiff::Timestamp;
use jiff::civil::{Date, Time};

use crate::domain::calendar;

/// What reading a date may give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read<T> {
    /// Empty, or the year 1 that .NET writes for "no date".
    None,
    Some(T),
    Bad,
}

pub(super) fn date(text: &str) -> Read<Date> {
    match text.trim() {
        "" => Read::None,
        text => match civil(text) {
            Some(date) if date.year() <= 1 => Read::None,
            Some(date) => Read::Some(date),
            None => Read::Bad,
        },
    }
}

pub(super) fn timestamp(text: &str) -> Read<Timestamp> {
    let text = text.trim();
    if text.is_empty() {
        return Read::None;
    }
    // With its own offset it says all.
    if let Ok(exact) = text.parse::<Timestamp>() {
        return Read::Some(exact);
    }
    let (day, time) = match text.split_once([' ', 'T']) {
        Some((day, time)) => (day, clock(time.trim())),
        None => (text, Some(Time::midnight())),
    };
    let (Some(day), Some(time)) = (civil(day), time) else { return Read::Bad };
    if day.year() <= 1 {
        return Read::None;
    }
    match day.to_datetime(time).to_zoned(calendar::vietnam()) {
        Ok(moment) => Read::Some(moment.timestamp()),
        Err(_) => Read::Bad,
    }
}

/// `yyyy/MM/dd`
pub(super) fn written(date: Date) -> String {
    date.strftime("%Y/%m/%d").to_string()
}

/// `yyyy/MM/dd HH:mm:ss`
pub(super) fn written_time(at: Timestamp) -> String {
    calendar::local(at).strftime("%Y/%m/%d %H:%M:%S").to_string()
}

fn civil(text: &str) -> Option<Date> {
    // A date followed by a time of day says the date.
    let text = text.split([' ', 'T']).next()?;
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    let [first, second, third] = parts.as_slice() else { return None };
    let (year, month, day) = match (first.len(), third.len()) {
        (4, 1..=2) => (first, second, third),
        (1..=2, 4) => (third, second, first),
        _ => return None,
    };
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

fn clock(text: &str) -> Option<Time> {
    let whole = text.split('.').next()?;
    let mut parts = whole.split(':').map(|part| part.parse::<i8>().ok());
    let time = Time::new(parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?, 0);
    if parts.next().is_some() { None } else { time.ok() }
}

#[cfg(test)]
mod tests {
    use jiff::civil;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn dates_of_all_senders() {
        let day = Read::Some(civil::date(2019, 5, 6));
        for text in ["2019/05/06", " 06/05/2019 ", "6/5/2019", "2019-05-06", "06/05/2019 09:30:05"]
        {
            assert_eq!(date(text), day, "{text}");
        }
        for text in ["", "  ", "0001/01/01", "01/01/0001"] {
            assert_eq!(date(text), Read::None, "{text}");
        }
        for text in ["2019/13/01", "2019", "hôm nay", "19/05/06", "-5/05/2019", "2019/05/06/07"] {
            assert_eq!(date(text), Read::Bad, "{text}");
        }
    }

    #[test]
    fn times_are_vietnams() {
        let at = Read::Some("2019-05-06T09:30:05+07:00".parse::<Timestamp>().unwrap());
        for text in [
            "2019/05/06 09:30:05",
            "06/05/2019 09:30:05",
            "2019-05-06T09:30:05",
            "2019-05-06T02:30:05Z",
            "2019/05/06 09:30:05.123",
        ] {
            assert_eq!(timestamp(text), at, "{text}");
        }
        assert_eq!(timestamp("0001/01/01 00:00:00"), Read::None);
        assert_eq!(timestamp("2019/05/06 25:00:00"), Read::Bad);
        assert_eq!(timestamp("bây giờ"), Read::Bad);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(seconds in -2_000_000_000i64..10_000_000_000) {
            let at = Timestamp::from_second(seconds).unwrap();
            prop_assert_eq!(timestamp(&written_time(at)), Read::Some(at));
            let day = calendar::local(at).date();
            prop_assert_eq!(date(&written(day)), Read::Some(day));
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,30}") {
            let _ = date(&text);
            let _ = timestamp(&text);
        }
    }
}
