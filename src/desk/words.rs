//! The names of states, verdicts and the like: which sentence, which icon, which tone. The
//! office's own words are used wherever it has one (`i18n/*/office.ftl`).

use crate::desk::document::{Queue, State};
use crate::desk::theme::Tone;
use crate::desk::widget::icon::Icon;
use crate::domain::deadline::Pressure;
use crate::domain::delivery::{Delivery, SendState, StatusCode};
use crate::domain::demand::{DemandKind, DemandMark, DemandState};
use crate::domain::document::Urgency;
use crate::domain::follow;
use crate::domain::handling::Part;
use crate::domain::inbound::InboundState;
use crate::domain::outbound::{OutboundState, SignatureKind};
use crate::domain::role::Role;
use crate::domain::verdict::{Answer, LegalValue, StepResult, Verdict};
use crate::i18n::{self, Lang, tr};
use crate::office::Agenda;
use crate::t;
use crate::token::Presence;

pub fn state(state: State) -> String {
    tr(&match state {
        State::Inbound(state) => format!("inbound-{}", state.key()),
        State::Outbound(state) => format!("outbound-{}", state.key()),
    })
}

pub fn state_look(state: State) -> (Icon, Tone) {
    match state {
        State::Inbound(state) => match state {
            InboundState::Arrived => (Icon::Inbox, Tone::Info),
            InboundState::Accepted => (Icon::Check, Tone::Info),
            InboundState::Registered => (Icon::Book, Tone::Info),
            InboundState::Assigned => (Icon::UserPlus, Tone::Neutral),
            InboundState::InProcess => (Icon::Hourglass, Tone::Warn),
            InboundState::Completed => (Icon::CheckCircle, Tone::Good),
            InboundState::Returned => (Icon::Undo, Tone::Bad),
            InboundState::Recalled => (Icon::Ban, Tone::Bad),
        },
        State::Outbound(state) => match state {
            OutboundState::Draft => (Icon::FileText, Tone::Neutral),
            OutboundState::InReview => (Icon::Users, Tone::Neutral),
            OutboundState::InFormatCheck => (Icon::Clipboard, Tone::Neutral),
            OutboundState::ToSign => (Icon::Pen, Tone::Warn),
            OutboundState::ToSeal => (Icon::Stamp, Tone::Warn),
            OutboundState::ToIssue => (Icon::Send, Tone::Warn),
            OutboundState::Issued => (Icon::CheckCircle, Tone::Good),
            OutboundState::Recalled => (Icon::Ban, Tone::Bad),
            OutboundState::Abandoned => (Icon::Trash, Tone::Neutral),
        },
    }
}

pub fn queue(queue: Queue) -> String {
    match queue {
        Queue::Inbound(Some(at)) => state(State::Inbound(at)),
        Queue::Outbound(Some(at)) => state(State::Outbound(at)),
        Queue::Inbound(None) => tr("desk-queue-all-inbound"),
        Queue::Outbound(None) => tr("desk-queue-all-outbound"),
        Queue::Agenda(agenda) => tr(&format!("desk-agenda-{}", agenda.key())),
        Queue::Mine => tr("desk-queue-mine"),
    }
}

pub fn queue_icon(queue: Queue) -> Icon {
    match queue {
        Queue::Inbound(Some(at)) => state_look(State::Inbound(at)).0,
        Queue::Outbound(Some(at)) => state_look(State::Outbound(at)).0,
        Queue::Inbound(None) | Queue::Outbound(None) => Icon::List,
        Queue::Agenda(Agenda::Overdue) => Icon::Warning,
        Queue::Agenda(Agenda::DueSoon) => Icon::Clock,
        Queue::Agenda(Agenda::Mine) | Queue::Mine => Icon::User,
        Queue::Agenda(Agenda::Demanded) => Icon::Undo,
    }
}

/// What an empty queue says of itself.
pub fn empty_queue(queue: Queue) -> String {
    match queue {
        Queue::Inbound(Some(InboundState::Arrived)) => tr("desk-empty-arrived"),
        Queue::Outbound(Some(OutboundState::ToSign)) => tr("desk-empty-to-sign"),
        Queue::Outbound(Some(OutboundState::Draft)) => tr("desk-empty-draft"),
        Queue::Agenda(agenda) => tr(&format!("desk-empty-{}", agenda.key())),
        Queue::Mine => tr("desk-empty-mine-drafts"),
        _ => tr("desk-empty-queue"),
    }
}

/// What somebody has to do with a document.
pub fn part(part: Part) -> String {
    tr(&format!("part-{}", part.key()))
}

/// A word for a button.
pub fn part_short(part: Part) -> String {
    tr(&format!("desk-part-short-{}", part.key()))
}

pub const fn part_look(part: Part) -> (Icon, Tone) {
    match part {
        Part::Direct => (Icon::Flag, Tone::Info),
        Part::Lead => (Icon::UserPlus, Tone::Good),
        Part::Cooperate => (Icon::Users, Tone::Info),
        Part::Inform => (Icon::Info, Tone::Neutral),
    }
}

/// How near a term is; nothing for what is far or has none.
pub fn pressure(pressure: Pressure) -> Option<(String, Tone)> {
    match pressure {
        Pressure::None | Pressure::Later => None,
        Pressure::Soon { days: 0 } => Some((tr("desk-due-today"), Tone::Warn)),
        Pressure::Soon { days } => Some((t!("desk-due-in", days = days), Tone::Warn)),
        Pressure::Overdue { days } => Some((t!("desk-due-ago", days = days), Tone::Bad)),
    }
}

pub fn demand(kind: DemandKind) -> String {
    tr(&format!("desk-demand-{}", kind.key()))
}

pub fn demand_state(state: DemandState) -> (String, Tone) {
    let tone = match state {
        DemandState::Waiting | DemandState::Open => Tone::Warn,
        DemandState::Agreed => Tone::Neutral,
        DemandState::Refused => Tone::Bad,
    };
    (tr(&format!("demand-state-{}", state.key())), tone)
}

/// The mark of a demand in a list; nothing for one that changed nothing.
pub fn demand_mark(mark: DemandMark) -> Option<(String, Tone)> {
    match (mark.state, mark.kind) {
        (DemandState::Waiting | DemandState::Open, kind) => {
            Some((t!("desk-mark-open", kind = demand(kind)), Tone::Bad))
        }
        (DemandState::Agreed, DemandKind::Replace) => {
            Some((tr("desk-mark-replaced"), Tone::Neutral))
        }
        (DemandState::Agreed, DemandKind::Recall) => {
            Some((tr("desk-mark-recalled"), Tone::Neutral))
        }
        (DemandState::Agreed, DemandKind::Update) => Some((tr("desk-mark-updated"), Tone::Neutral)),
        (DemandState::Refused, _) => None,
    }
}

pub fn role(role: Role) -> String {
    tr(&format!("role-{}", role.key()))
}

pub fn roles(roles: &[Role]) -> String {
    roles.iter().copied().map(role).collect::<Vec<_>>().join(", ")
}

pub fn urgency(urgency: Urgency) -> String {
    tr(&format!("urgency-{}", urgency.key()))
}

pub const fn urgency_tone(urgency: Urgency) -> Tone {
    match urgency {
        Urgency::Normal => Tone::Neutral,
        Urgency::Urgent | Urgency::VeryUrgent => Tone::Warn,
        Urgency::Express | Urgency::ExpressFixedHour => Tone::Bad,
    }
}

/// The verdict as a sentence.
pub fn verdict(verdict: Verdict) -> String {
    tr(match verdict {
        Verdict::Valid => "desk-verdict-valid",
        Verdict::Unsigned => "desk-verdict-unsigned",
        Verdict::Indeterminate => "desk-verdict-indeterminate",
        Verdict::Invalid => "desk-verdict-invalid",
    })
}

/// A word for narrow places.
pub fn verdict_short(verdict: Verdict) -> String {
    tr(&format!("verdict-{}", verdict.key()))
}

pub const fn verdict_look(verdict: Verdict) -> (Icon, Tone) {
    match verdict {
        Verdict::Valid => (Icon::ShieldCheck, Tone::Good),
        Verdict::Unsigned => (Icon::Shield, Tone::Neutral),
        Verdict::Indeterminate => (Icon::ShieldQuestion, Tone::Warn),
        Verdict::Invalid => (Icon::ShieldCross, Tone::Bad),
    }
}

pub fn legal_value(value: LegalValue) -> String {
    tr(&format!("legal-{}", value.key()))
}

pub fn signature_kind(kind: Option<SignatureKind>) -> String {
    tr(match kind {
        Some(SignatureKind::Personal) => "desk-signature-personal",
        Some(SignatureKind::Organisation) => "desk-signature-organisation",
        None => "desk-signature-unknown",
    })
}

/// The sentence of a reason code of the verification; the code itself if none is known.
pub fn reason(code: &str) -> String {
    let key = format!("reason-{code}");
    i18n::lookup(i18n::language(), &key, &[]).unwrap_or_else(|| t!("desk-reason-code", code = code))
}

/// How a step of the check ended: the words, and how they look.
pub fn step_result(result: StepResult) -> (String, Icon, Tone) {
    let (icon, tone) = match result {
        StepResult::Passed => (Icon::CheckCircle, Tone::Good),
        StepResult::Failed => (Icon::CrossCircle, Tone::Bad),
        StepResult::Unknown => (Icon::Help, Tone::Warn),
        StepResult::Skipped | StepResult::Absent => (Icon::Dot, Tone::Neutral),
    };
    (tr(&format!("check-result-{}", result.key())), icon, tone)
}

/// The answer to a question of completeness: the words, and how they look.
pub fn answer(answer: Answer) -> (String, Icon, Tone) {
    let (icon, tone) = match answer {
        Answer::Ok => (Icon::CheckCircle, Tone::Good),
        Answer::No => (Icon::CrossCircle, Tone::Bad),
        Answer::Unknown => (Icon::Help, Tone::Warn),
    };
    (tr(&format!("check-answer-{}", answer.key())), icon, tone)
}

/// How far a document has come at one recipient.
pub fn delivery(delivery: &Delivery) -> (String, Icon, Tone) {
    match (follow::last_said(delivery).map(|entry| entry.code), delivery.send) {
        (Some(code), _) => {
            let (icon, tone) = match code {
                StatusCode::Arrived => (Icon::Inbox, Tone::Info),
                StatusCode::Accepted => (Icon::Check, Tone::Good),
                StatusCode::Assigned | StatusCode::InProcess => (Icon::Hourglass, Tone::Good),
                StatusCode::Completed => (Icon::CheckCircle, Tone::Good),
                StatusCode::Returned => (Icon::Undo, Tone::Bad),
                StatusCode::RecallAsked => (Icon::Ban, Tone::Warn),
                StatusCode::RecallAgreed => (Icon::Ban, Tone::Neutral),
                StatusCode::RecallRefused => (Icon::CrossCircle, Tone::Bad),
            };
            (status(code), icon, tone)
        }
        (None, SendState::Waiting) => (tr("desk-send-waiting"), Icon::Clock, Tone::Warn),
        (None, SendState::Sent) => (tr("desk-send-sent"), Icon::Send, Tone::Info),
        (None, SendState::Wedged) => (tr("desk-send-wedged"), Icon::Warning, Tone::Bad),
    }
}

pub fn status(code: StatusCode) -> String {
    tr(&format!("status-{}", code.digits()))
}

/// A count with its thousands set apart, as the language in force does it.
pub fn number(count: u64) -> String {
    let mark = match i18n::language() {
        Lang::Vi => '.',
        Lang::En => ',',
    };
    let digits = count.to_string();
    let mut written = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            written.push(mark);
        }
        written.push(digit);
    }
    written
}

/// What is known of a token, as a sentence.
pub fn presence(presence: &Presence) -> (String, Icon, Tone) {
    match presence {
        Presence::Absent => (tr("desk-token-absent"), Icon::Usb, Tone::Neutral),
        Presence::Unsupported { reason } => {
            (t!("desk-token-unsupported", reason = reason), Icon::Warning, Tone::Warn)
        }
        Presence::Locked { tries_left: Some(0) } => {
            (tr("desk-token-blocked"), Icon::Ban, Tone::Bad)
        }
        Presence::Locked { tries_left: Some(1) } => {
            (tr("desk-token-last-try"), Icon::Warning, Tone::Bad)
        }
        Presence::Locked { tries_left: Some(tries) } => {
            (t!("desk-token-tries", tries = tries), Icon::Key, Tone::Info)
        }
        Presence::Locked { tries_left: None } => {
            (tr("desk-token-tries-unknown"), Icon::Key, Tone::Info)
        }
        Presence::Ready { owner } => {
            (t!("desk-token-ready", owner = owner), Icon::CheckCircle, Tone::Good)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        for (count, written) in [(0, "0"), (999, "999"), (1_000, "1.000"), (1_234_567, "1.234.567")]
        {
            assert_eq!(number(count), written);
        }
    }
}
