//! The days that a list is asked for.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};

use super::{Answered, Failed};
use crate::domain::calendar;
use crate::exchange::axis::wire::{ErrorCode, Fields};

/// From `fromDate` up to `toDate`, both included; either may be missing. They are written
/// `2026/11/30` or `2026/11/30 08:00:00`, in Vietnam's clock, with strokes or hyphens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Window {
    from: Timestamp,
    until: Timestamp,
}

impl Window {
    pub fn of(fields: &Fields) -> Answered<Self> {
        let named = |name: &str| fields.get(name).map(str::trim).filter(|text| !text.is_empty());
        let read = |name: &str, open: Timestamp, of_day: Time| match named(name) {
            None => Ok(open),
            Some(text) => moment(text, of_day).ok_or_else(|| {
                Failed::new(ErrorCode::Processing, format!("{name} is not a day (2026/11/30)"))
            }),
        };
        Ok(Self {
            from: read("fromDate", Timestamp::MIN, Time::midnight())?,
            until: read("toDate", Timestamp::MAX, Time::MAX)?,
        })
    }

    pub fn has(self, at: Timestamp) -> bool {
        self.from <= at && at <= self.until
    }

    /// Whether all of it comes after `at`.
    pub fn is_after(self, at: Timestamp) -> bool {
        at < self.from
    }
}

/// A moment; a day alone stands for `of_day` of it.
fn moment(text: &str, of_day: Time) -> Option<Timestamp> {
    let text = text.replace('-', "/");
    let at = DateTime::strptime("%Y/%m/%d %H:%M:%S", &text)
        .or_else(|_| Date::strptime("%Y/%m/%d", &text).map(|day| day.to_datetime(of_day)));
    Some(at.ok()?.to_zoned(calendar::vietnam()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window(from: &str, until: &str) -> Option<Window> {
        Window::of(&Fields::of("H30").with("fromDate", from).with("toDate", until)).ok()
    }

    #[test]
    fn both_days_are_within() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let day = window("2026/11/30", "2026-11-30").unwrap();
        for within in ["2026-11-30T00:00:00+07", "2026-11-30T23:59:59.9+07"] {
            assert!(day.has(at(within)), "{within}");
        }
        for outside in ["2026-11-29T23:59:59+07", "2026-12-01T00:00:00+07"] {
            assert!(!day.has(at(outside)), "{outside}");
        }
        let hour = window("2026/11/30 08:00:00", "2026/11/30 09:00:00").unwrap();
        assert!(hour.has(at("2026-11-30T08:30:00+07")) && !hour.has(at("2026-11-30T09:00:01+07")));
        assert!(window("", "").unwrap().has(Timestamp::UNIX_EPOCH));
        assert_eq!(window("30/11/2026", ""), None);
    }
}
