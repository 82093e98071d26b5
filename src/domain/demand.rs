//! What the sender of an inbound document demands afterwards: that it be recalled, updated or
//! replaced.
//!
//! Quyết định 28/2018/QĐ-TTg Điều 9 khoản 2: on a recall the receiver cancels the document in
//! its system and reports through the system that this was done. QCVN 102:2016/BTTTT
//! (`BussinessDocType` 1 to 3): an update or a replacement is answered the same way, 15 agreed
//! or 16 refused. Nghị định 30/2020/NĐ-CP Phụ lục VI: what is known of the demand itself is
//! kept, whatever becomes of the document.
//!
//! A demand is never lost and never left without an answer:
//!
//! | state | |
//! | --- | --- |
//! | *waiting* | its document is not here yet: the order on the wire is not guaranteed |
//! | *open* | somebody has to answer; unless it is an update, the document moves no further, and may only go back |
//! | *agreed*, *refused* | the answer is queued for the sender in the same transaction |

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::agency::AgencyCode;
use super::delivery::StatusCode;
use super::document::{BlobHash, DocumentKey, FileRef, Metadata, ResponseFor};
use super::inbound::InboundState;
use super::verdict::VerdictSummary;

/// What is demanded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandKind {
    /// thu hồi
    Recall,
    /// cập nhật
    Update,
    /// thay thế
    Replace,
}

impl DemandKind {
    pub const ALL: [Self; 3] = [Self::Recall, Self::Update, Self::Replace];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Recall => "recall",
            Self::Update => "update",
            Self::Replace => "replace",
        }
    }

    /// Whether agreeing cancels the document.
    pub const fn cancels(self) -> bool {
        matches!(self, Self::Recall | Self::Replace)
    }
}

/// How far a demand is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DemandState {
    Waiting,
    Open,
    Agreed,
    Refused,
}

impl DemandState {
    pub const ALL: [Self; 4] = [Self::Waiting, Self::Open, Self::Agreed, Self::Refused];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Open => "open",
            Self::Agreed => "agreed",
            Self::Refused => "refused",
        }
    }

    pub const fn is_answered(self) -> bool {
        matches!(self, Self::Agreed | Self::Refused)
    }
}

/// A demand as it came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Demand {
    /// Its own key, made here.
    pub id: DocumentKey,
    pub kind: DemandKind,
    pub sender: AgencyCode,
    pub sender_name: String,
    /// The document that is meant, as the sender names it.
    pub about: ResponseFor,
    pub reason: String,
    pub received_at: Timestamp,
    /// When the sender sent it, as it says itself: packets may overtake each other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub told_at: Option<Timestamp>,
    /// The last day on which it is to be answered.
    pub answer_by: Date,
    /// The packet that brought it.
    pub packet: BlobHash,
    /// Our document; `None` while it is not here.
    pub document: Option<DocumentKey>,
    /// The document that takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<DocumentKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<Box<Update>>,
}

impl Demand {
    /// Whether another update of the same document says later what this one says: each tells
    /// all that is to be told.
    pub fn is_overtaken_by(&self, other: &Self) -> bool {
        let updates = self.kind == DemandKind::Update && other.kind == DemandKind::Update;
        updates && self.told_at.is_some_and(|at| other.told_at.is_some_and(|later| later > at))
    }

    /// Whether its sender told it before sending that copy, as far as both say when.
    pub fn was_told_before(&self, sent: Option<Timestamp>) -> bool {
        self.told_at.is_some_and(|at| sent.is_some_and(|sent| at < sent))
    }
}

/// What an update brings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Update {
    pub metadata: Metadata,
    /// The files, where the packet brings them again: all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<UpdatedContent>,
}

impl Update {
    /// With what it does not mention as it is `known`: an update says what changes.
    #[must_use]
    pub fn of(mut self, known: &Metadata) -> Self {
        let told = &mut self.metadata;
        told.document_id = told.document_id.take().or(known.document_id.clone());
        told.pages = told.pages.or(known.pages);
        self
    }
}

/// The files of an update, judged like those of an arrival.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdatedContent {
    pub files: Vec<FileRef>,
    pub verdict: VerdictSummary,
    /// For search.
    pub text: String,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandAnswer {
    pub agreed: bool,
    pub reason: String,
    /// As the sender is told it: later than every answer that was given before about the document,
    /// and so at times some seconds after the deed.
    pub at: Timestamp,
    /// By the program, as the rules have it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub automatic: bool,
}

impl DemandAnswer {
    /// The status that tells the sender.
    pub const fn status(&self) -> StatusCode {
        if self.agreed { StatusCode::RecallAgreed } else { StatusCode::RecallRefused }
    }

    pub const fn state(&self) -> DemandState {
        if self.agreed { DemandState::Agreed } else { DemandState::Refused }
    }
}

/// A demand with what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDemand {
    pub demand: Demand,
    pub state: DemandState,
    pub answer: Option<DemandAnswer>,
}

impl KeptDemand {
    /// Whether somebody has to answer, and the document may only go back meanwhile.
    pub fn holds(&self) -> bool {
        DemandMark { kind: self.demand.kind, state: self.state }.holds()
    }
}

/// What a list shows of the demands on a document: the one that weighs most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DemandMark {
    pub kind: DemandKind,
    pub state: DemandState,
}

impl DemandMark {
    /// Whether somebody has to answer, and the document may only go back meanwhile.
    pub const fn holds(self) -> bool {
        self.kind.cancels() && matches!(self.state, DemandState::Open)
    }
}

/// What is to be done with a demand that has just come, or whose document has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Kept until its document comes.
    Wait,
    /// Somebody answers.
    Ask,
    /// Agreed at once; the document is cancelled if it still stands.
    Agree,
    /// Refused at once.
    Refuse(Refusal),
}

/// Why the program itself refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The document came from another agency.
    NotTheSender,
    /// There is nothing left to update.
    NothingLeft,
    /// A later update of the same document came before and was not agreed to, or not yet; said as
    /// well where nothing is left to be asked because of it.
    Overtaken,
}

impl Refusal {
    /// The key of its sentence; the sender reads it.
    pub const fn key(self) -> &'static str {
        match self {
            Self::NotTheSender => "demand-refusal-not-the-sender",
            Self::NothingLeft => "demand-refusal-nothing-left",
            Self::Overtaken => "demand-overtaken",
        }
    }
}

/// What follows from a demand on a document that stands in `state` (`None`: it is not here).
///
/// What nobody has accepted yet is cancelled by itself where that is to be `automatic`; what work
/// has begun on is for a person to answer, completed work included (the law knows no
/// exception for it, but the office may have acted on the document already).
pub const fn decide(kind: DemandKind, state: Option<InboundState>, automatic: bool) -> Decision {
    use InboundState as S;
    let Some(state) = state else { return Decision::Wait };
    match (kind, state) {
        (DemandKind::Recall | DemandKind::Replace, S::Arrived) if automatic => Decision::Agree,
        // It is cancelled, or went back to the sender: what is demanded is so already.
        (DemandKind::Recall | DemandKind::Replace, S::Returned | S::Recalled) => Decision::Agree,
        (DemandKind::Update, S::Returned | S::Recalled) => Decision::Refuse(Refusal::NothingLeft),
        _ => Decision::Ask,
    }
}

/// The demand whose answer is to be told its sender once more, and the one after whose it is.
///
/// 15 and 16 do not say what they answer: once a document was asked back, the last of them is
/// taken for the answer to that. Where something else was answered otherwise since, it does not
/// hold. `theirs` are one sender's demands on one document.
pub fn to_tell_again(theirs: &[KeptDemand]) -> Option<(&KeptDemand, &KeptDemand)> {
    let answered = || theirs.iter().filter_map(|kept| Some((kept.answer.as_ref()?, kept)));
    let (said, last) = answered().max_by_key(|(answer, _)| answer.at)?;
    let cancelling = answered().filter(|(_, kept)| kept.demand.kind.cancels());
    let (counts, recall) = cancelling.max_by_key(|(answer, _)| answer.at)?;
    (said.agreed != counts.agreed).then_some((recall, last))
}

/// One field that an update changes, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldChange {
    /// The key of the field's name.
    pub field: &'static str,
    pub before: String,
    pub after: String,
}

/// The fields in which two descriptions of a document differ, in the order of the register.
pub fn field_changes(before: &Metadata, after: &Metadata) -> Vec<FieldChange> {
    let day = |date: Option<Date>| {
        date.map_or(String::new(), |date| date.strftime("%d/%m/%Y").to_string())
    };
    let names = |metadata: &Metadata| {
        let names: Vec<_> = metadata.recipients.iter().map(|one| one.name.as_str()).collect();
        names.join("; ")
    };
    let signer = |metadata: &Metadata| {
        let signer = &metadata.signer;
        [&signer.competence, &signer.position, &signer.full_name]
            .into_iter()
            .filter(|part| !part.is_empty())
            .cloned()
            .collect::<Vec<_>>()
            .join(" ")
    };
    let number = |count: Option<u32>| count.map_or(String::new(), |count| count.to_string());
    let rows = [
        ("code", before.code.to_string(), after.code.to_string()),
        ("issued", day(before.issued), day(after.issued)),
        ("type", before.type_name.clone(), after.type_name.clone()),
        ("subject", before.subject.clone(), after.subject.clone()),
        ("signer", signer(before), signer(after)),
        ("urgency", before.urgency.key().to_owned(), after.urgency.key().to_owned()),
        ("due", day(before.due), day(after.due)),
        ("recipients", names(before), names(after)),
        ("other-places", before.other_places.join("; "), after.other_places.join("; ")),
        ("pages", number(before.pages), number(after.pages)),
        ("copies", number(before.copies), number(after.copies)),
        ("notes", before.notes.clone(), after.notes.clone()),
    ];
    rows.into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(field, before, after)| FieldChange { field, before, after })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_nobody_has_accepted_is_cancelled_by_itself() {
        use InboundState as S;
        for kind in [DemandKind::Recall, DemandKind::Replace] {
            assert_eq!(decide(kind, None, true), Decision::Wait);
            assert_eq!(decide(kind, Some(S::Arrived), true), Decision::Agree);
            assert_eq!(decide(kind, Some(S::Arrived), false), Decision::Ask);
            for worked_on in [S::Accepted, S::Registered, S::Assigned, S::InProcess, S::Completed] {
                for automatic in [false, true] {
                    assert_eq!(decide(kind, Some(worked_on), automatic), Decision::Ask);
                }
            }
        }
        assert_eq!(decide(DemandKind::Update, Some(S::Arrived), true), Decision::Ask);
    }

    /// Whatever is agreed to by a person or by itself can be carried out.
    #[test]
    fn every_state_that_stands_can_be_recalled() {
        for state in InboundState::ALL {
            let gone = matches!(state, InboundState::Returned | InboundState::Recalled);
            assert_eq!(state.may_become(InboundState::Recalled), !gone, "{state:?}");
        }
    }

    #[test]
    fn the_answer_to_a_recall_is_told_again_after_another_one_only() {
        use DemandKind::{Recall, Replace, Update};
        let kept = |kind, answer: Option<(bool, i64)>| {
            let at = |second| Timestamp::from_second(second).unwrap();
            let answer = answer.map(|(agreed, second)| DemandAnswer {
                agreed,
                reason: String::new(),
                at: at(second),
                automatic: false,
            });
            let state = answer.as_ref().map_or(DemandState::Open, DemandAnswer::state);
            KeptDemand { demand: of_kind(kind), state, answer }
        };
        let (yes, no) = (|second| Some((true, second)), |second| Some((false, second)));
        for (demands, again) in [
            (vec![], None),
            (vec![(Update, no(1))], None),
            (vec![(Update, no(1)), (Recall, yes(2))], None),
            (vec![(Recall, yes(1)), (Update, no(2))], Some((0, 1))),
            // As they were answered, in whichever order they came.
            (vec![(Update, no(2)), (Recall, yes(1))], Some((1, 0))),
            // And so it is where the document stands.
            (vec![(Recall, no(1)), (Update, yes(2))], Some((0, 1))),
            (vec![(Recall, no(1)), (Update, no(2))], None),
            // Asked back once more, the last time counts.
            (vec![(Recall, no(1)), (Update, yes(2)), (Replace, yes(3))], None),
            (vec![(Recall, no(1)), (Recall, None), (Update, yes(2))], Some((0, 2))),
        ] {
            let theirs: Vec<_> =
                demands.iter().map(|(kind, answer)| kept(*kind, *answer)).collect();
            let found = to_tell_again(&theirs).map(|(one, after)| {
                let place = |of: &KeptDemand| theirs.iter().position(|kept| kept == of).unwrap();
                (place(one), place(after))
            });
            assert_eq!(found, again, "{demands:?}");
        }
    }

    fn of_kind(kind: DemandKind) -> Demand {
        Demand {
            id: DocumentKey::fresh(),
            kind,
            sender: AgencyCode::new("000.00.00.H30").unwrap(),
            sender_name: String::new(),
            about: ResponseFor {
                agency: None,
                code: String::new(),
                issued: None,
                document_id: String::new(),
            },
            reason: String::new(),
            received_at: Timestamp::UNIX_EPOCH,
            told_at: None,
            answer_by: jiff::civil::date(2026, 12, 5),
            packet: BlobHash(String::new()),
            document: None,
            replacement: None,
            update: None,
        }
    }

    #[test]
    fn an_update_is_shown_field_by_field() {
        let before = Metadata { subject: "Cũ".to_owned(), pages: Some(2), ..Metadata::default() };
        let after = Metadata {
            subject: "Mới".to_owned(),
            due: Some(jiff::civil::date(2026, 12, 5)),
            ..before.clone()
        };
        let changes = field_changes(&before, &after);
        let told: Vec<_> = changes
            .iter()
            .map(|change| (change.field, change.before.as_str(), change.after.as_str()))
            .collect();
        assert_eq!(told, [("subject", "Cũ", "Mới"), ("due", "", "05/12/2026")]);
        assert_eq!(field_changes(&after, &after), []);
    }
}
