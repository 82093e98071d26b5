//! Following an issued document until every recipient has it.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 8 khoản 2: the sender checks and tracks that the document
//! reached the right receiver; Quyết định 01/2019/QĐ-UBND Điều 14 khoản 3: the clerk watches
//! the states. What has not arrived in time, came back, or was refused to be recalled is a
//! *concern*: somebody decides (sends again, asks again, or says what was done).

use jiff::Timestamp;

use super::calendar::{self, Holidays};
use super::delivery::{Delivery, RecallAsk, SendState, StatusCode, StatusEntry};

/// How far a document is at one recipient, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// In the outbox.
    Waiting,
    /// Parked: the line does not take it.
    Wedged,
    /// The server has it.
    Sent,
    /// 01
    Arrived,
    /// 03
    Accepted,
    /// 04, 05
    InProcess,
    /// 06
    Completed,
    /// 02
    Returned,
    /// Asked back, no answer yet.
    RecallAsked,
    /// 15
    RecallAgreed,
    /// 16
    RecallRefused,
}

impl Stage {
    pub const ALL: [Self; 11] = [
        Self::Waiting,
        Self::Wedged,
        Self::Sent,
        Self::Arrived,
        Self::Accepted,
        Self::InProcess,
        Self::Completed,
        Self::Returned,
        Self::RecallAsked,
        Self::RecallAgreed,
        Self::RecallRefused,
    ];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Wedged => "wedged",
            Self::Sent => "sent",
            Self::Arrived => "arrived",
            Self::Accepted => "accepted",
            Self::InProcess => "in-process",
            Self::Completed => "completed",
            Self::Returned => "returned",
            Self::RecallAsked => "recall-asked",
            Self::RecallAgreed => "recall-agreed",
            Self::RecallRefused => "recall-refused",
        }
    }
}

/// Why somebody has to look at a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// The line does not take it.
    Wedged,
    /// Sent, and no sign of its arrival in time.
    NotArrived,
    /// Arrived, and neither accepted nor returned in time.
    NotAccepted,
    Returned,
    /// Asked back, and no answer in time.
    RecallUnanswered,
    RecallRefused,
}

impl Concern {
    pub const ALL: [Self; 6] = [
        Self::Wedged,
        Self::NotArrived,
        Self::NotAccepted,
        Self::Returned,
        Self::RecallUnanswered,
        Self::RecallRefused,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Wedged => "wedged",
            Self::NotArrived => "not-arrived",
            Self::NotAccepted => "not-accepted",
            Self::Returned => "returned",
            Self::RecallUnanswered => "recall-unanswered",
            Self::RecallRefused => "recall-refused",
        }
    }
}

/// Working days after which something is a concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    pub arrive: u32,
    pub accept: u32,
    pub recall: u32,
}

/// What the recipient said of a recall: the last that was said since it was asked, in whichever
/// order the answers came.
fn recall_answer<'a>(delivery: &'a Delivery, recall: &RecallAsk) -> Option<&'a StatusEntry> {
    let since = delivery.statuses.get(recall.seen..).unwrap_or_default();
    let answers = since.iter().filter(|status| {
        matches!(status.code, StatusCode::RecallAgreed | StatusCode::RecallRefused)
    });
    answers.max_by_key(|status| status.at)
}

/// What the recipient said last: its answer, once the document was asked back and it has answered.
pub fn last_said(delivery: &Delivery) -> Option<&StatusEntry> {
    let answer = delivery.recall.as_ref().and_then(|recall| recall_answer(delivery, recall));
    answer.or_else(|| delivery.statuses.get(delivery.earlier..)?.last())
}

/// How far a document is at a recipient.
pub fn stage(delivery: &Delivery) -> Stage {
    if let Some(recall) = &delivery.recall {
        return match recall_answer(delivery, recall).map(|answer| answer.code) {
            Some(StatusCode::RecallAgreed) => Stage::RecallAgreed,
            Some(_) => Stage::RecallRefused,
            None => Stage::RecallAsked,
        };
    }
    if delivery.send == SendState::Wedged {
        return Stage::Wedged;
    }
    let since = delivery.statuses.get(delivery.earlier..).unwrap_or_default();
    // Sent again, it arrives again; what its recipient said before that is of the time before,
    // even if it was under way so long that it came after.
    let again = (delivery.earlier > 0).then(|| {
        let arrivals = since.iter().filter(|status| status.code == StatusCode::Arrived);
        arrivals.map(|status| status.at).max()
    });
    let of_this = |status: &&StatusEntry| again.flatten().is_none_or(|at| status.at >= at);
    // The furthest that it came: statuses may overtake each other on the way.
    let furthest = since.iter().filter(of_this).filter_map(|status| match status.code {
        StatusCode::Arrived => Some(Stage::Arrived),
        StatusCode::Accepted => Some(Stage::Accepted),
        StatusCode::Assigned | StatusCode::InProcess => Some(Stage::InProcess),
        StatusCode::Completed => Some(Stage::Completed),
        StatusCode::Returned => Some(Stage::Returned),
        // 15 and 16 answer an update as well: without a recall they say nothing of the stage.
        StatusCode::RecallAsked | StatusCode::RecallAgreed | StatusCode::RecallRefused => None,
    });
    furthest.max().unwrap_or(match delivery.send {
        SendState::Waiting => Stage::Waiting,
        SendState::Sent => Stage::Sent,
        SendState::Wedged => Stage::Wedged,
    })
}

/// Whether nobody has to follow a delivery any more: the recipient has it, or it is gone
/// there, or somebody said what was done about it.
pub fn is_settled(delivery: &Delivery) -> bool {
    delivery.closed.is_some()
        || matches!(
            stage(delivery),
            Stage::Accepted | Stage::InProcess | Stage::Completed | Stage::RecallAgreed
        )
}

/// What somebody has to look at in a delivery, at the time `now`.
pub fn concern(
    delivery: &Delivery,
    patience: Patience,
    now: Timestamp,
    holidays: &Holidays,
) -> Option<Concern> {
    if is_settled(delivery) {
        return None;
    }
    let over = |since: Option<Timestamp>, days: u32| {
        since.is_some_and(|since| {
            let day = calendar::local(since).date();
            calendar::local(now).date() > calendar::add_working_days(day, days, holidays)
        })
    };
    match stage(delivery) {
        Stage::Wedged => Some(Concern::Wedged),
        Stage::Returned => Some(Concern::Returned),
        Stage::RecallRefused => Some(Concern::RecallRefused),
        Stage::RecallAsked => {
            let asked = delivery.recall.as_ref().map(|recall| recall.at);
            over(asked, patience.recall).then_some(Concern::RecallUnanswered)
        }
        Stage::Sent => over(delivery.sent_at, patience.arrive).then_some(Concern::NotArrived),
        Stage::Arrived => over(delivery.sent_at, patience.accept).then_some(Concern::NotAccepted),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::agency::AgencyCode;

    const PATIENCE: Patience = Patience { arrive: 1, accept: 2, recall: 2 };

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// Sent on a Friday.
    fn delivery(codes: &[StatusCode]) -> Delivery {
        let status = |code: &StatusCode| StatusEntry {
            code: *code,
            at: at("2026-11-27T09:00:00+07:00"),
            description: String::new(),
        };
        Delivery {
            recipient: AgencyCode::new("000.00.00.H30").unwrap(),
            name: String::new(),
            send: SendState::Sent,
            reason: String::new(),
            sent_at: Some(at("2026-11-27T08:00:00+07:00")),
            statuses: codes.iter().map(status).collect(),
            earlier: 0,
            recall: None,
            closed: None,
        }
    }

    fn looked(delivery: &Delivery, now: &str) -> Option<Concern> {
        concern(delivery, PATIENCE, at(now), &[])
    }

    #[test]
    fn weekends_are_no_delay() {
        let sent = delivery(&[]);
        assert_eq!(looked(&sent, "2026-11-29T12:00:00+07:00"), None);
        assert_eq!(looked(&sent, "2026-11-30T23:00:00+07:00"), None);
        assert_eq!(looked(&sent, "2026-12-01T00:01:00+07:00"), Some(Concern::NotArrived));
        let arrived = delivery(&[StatusCode::Arrived]);
        assert_eq!(looked(&arrived, "2026-12-01T12:00:00+07:00"), None);
        assert_eq!(looked(&arrived, "2026-12-02T07:00:00+07:00"), Some(Concern::NotAccepted));
    }

    #[test]
    fn statuses_may_overtake_each_other() {
        use StatusCode::{Accepted, Arrived, Completed, Returned};
        assert_eq!(stage(&delivery(&[Accepted, Arrived])), Stage::Accepted);
        assert_eq!(stage(&delivery(&[Completed, Accepted, Arrived])), Stage::Completed);
        assert!(is_settled(&delivery(&[Accepted, Arrived])));
        let mut back = delivery(&[Arrived, Returned]);
        assert_eq!(looked(&back, "2026-11-27T09:01:00+07:00"), Some(Concern::Returned));
        // Sent again, what was said before does not count.
        back.earlier = 2;
        assert_eq!(stage(&back), Stage::Sent);
        back.statuses.push(delivery(&[Accepted]).statuses.remove(0));
        assert!(is_settled(&back));
    }

    #[test]
    fn what_was_said_of_the_sending_before_does_not_count_however_late_it_comes() {
        use StatusCode::{Arrived, Returned};
        let told = |code, minute: &str| StatusEntry {
            at: at(&format!("2026-11-27T09:{minute}:00+07:00")),
            ..delivery(&[code]).statuses.remove(0)
        };
        // Its return was on the way when the document was sent again.
        let mut again = delivery(&[]);
        again.statuses = vec![told(Arrived, "01"), told(Returned, "02"), told(Arrived, "05")];
        again.earlier = 1;
        assert_eq!(stage(&again), Stage::Arrived);
        again.statuses.push(told(Returned, "07"));
        assert_eq!(stage(&again), Stage::Returned);
    }

    #[test]
    fn a_recall_is_followed_until_it_is_answered() {
        use StatusCode::{Accepted, RecallAgreed, RecallRefused};
        let mut asked = delivery(&[Accepted]);
        let (when, reason) = (at("2026-11-27T10:00:00+07:00"), String::new());
        asked.recall = Some(RecallAsk { at: when, reason, seen: 1, removed: false });
        assert_eq!(stage(&asked), Stage::RecallAsked);
        assert_eq!(looked(&asked, "2026-12-01T10:00:00+07:00"), None);
        assert_eq!(looked(&asked, "2026-12-02T10:00:00+07:00"), Some(Concern::RecallUnanswered));
        asked.statuses.push(delivery(&[RecallRefused]).statuses.remove(0));
        assert_eq!(looked(&asked, "2026-11-27T11:00:00+07:00"), Some(Concern::RecallRefused));
        asked.statuses.push(delivery(&[RecallAgreed]).statuses.remove(0));
        assert!(is_settled(&asked));
        // Another that was refused before that, and overtaken on its way, changes nothing.
        let overtaken = StatusEntry {
            at: at("2026-11-27T08:59:00+07:00"),
            ..delivery(&[RecallRefused]).statuses.remove(0)
        };
        asked.statuses.push(overtaken);
        assert_eq!(stage(&asked), Stage::RecallAgreed);
        assert_eq!(last_said(&asked).unwrap().code, RecallAgreed);
    }

    #[test]
    fn what_somebody_dealt_with_is_no_concern() {
        let mut back = delivery(&[StatusCode::Returned]);
        back.closed = Some("Đã gửi bản giấy".to_owned());
        assert_eq!(looked(&back, "2027-01-01T00:00:00+07:00"), None);
    }
}
