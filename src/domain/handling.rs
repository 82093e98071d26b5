//! Settling an inbound document: who has it in hand, in what part, and who may do what.
//!
//! Nghị định 30/2020/NĐ-CP Điều 23 and 24 (Thông tư 01/2019/TT-BNV Điều 7 and 8): the leader
//! records who settles a document, the opinion and the term in the system; one unit or person
//! leads, others cooperate or are informed. A document may first go to a leader, for
//! direction. Whoever has it may pass it on, and nothing of that is ever forgotten: a handler
//! who has passed it on stays in the table, no longer active.

use std::fmt;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::document::DocumentKey;
use super::role::Role;

/// A unit of the office (bộ phận): a name and those who work there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Short and without spaces, such as `tu-phap`.
    pub key: String,
    pub name: String,
    /// User names.
    pub members: Vec<String>,
    /// It gets nothing new; what it has stays.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub closed: bool,
}

impl Unit {
    pub fn has(&self, user: &str) -> bool {
        self.members.iter().any(|member| member == user)
    }
}

/// A person or a unit; written `user:be` and `unit:tu-phap`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Party {
    User(String),
    Unit(String),
}

impl Party {
    /// Reads `user:NAME` and `unit:KEY`; a bare name is a user's.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (make, name): (fn(String) -> Self, &str) = match text.split_once(':') {
            Some(("user", name)) => (Self::User, name),
            Some(("unit", name)) => (Self::Unit, name),
            Some(_) => return None,
            None => (Self::User, text),
        };
        let name = name.trim();
        (!name.is_empty()).then(|| make(name.to_owned()))
    }

    /// Whether `user` is this person or works in this unit.
    pub fn includes(&self, user: &str, units: &[Unit]) -> bool {
        match self {
            Self::User(name) => name == user,
            Self::Unit(key) => units.iter().any(|unit| unit.key == *key && unit.has(user)),
        }
    }
}

impl fmt::Display for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(name) => write!(f, "user:{name}"),
            Self::Unit(key) => write!(f, "unit:{key}"),
        }
    }
}

impl From<Party> for String {
    fn from(party: Party) -> Self {
        party.to_string()
    }
}

impl TryFrom<String> for Party {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or_else(|| format!("neither a user nor a unit: {text}"))
    }
}

/// What somebody has to do with a document, the weightiest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// xin ý kiến chỉ đạo: a leader decides who settles it.
    Direct,
    /// chủ trì
    Lead,
    /// phối hợp
    Cooperate,
    /// để biết
    Inform,
}

impl Part {
    pub const ALL: [Self; 4] = [Self::Direct, Self::Lead, Self::Cooperate, Self::Inform];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::Lead => "lead",
            Self::Cooperate => "cooperate",
            Self::Inform => "inform",
        }
    }
}

/// Who, in what part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    pub party: Party,
    pub part: Part,
}

impl Participant {
    pub fn new(party: Party, part: Part) -> Self {
        Self { party, part }
    }

    pub fn lead(user: &str) -> Self {
        Self::new(Party::User(user.to_owned()), Part::Lead)
    }
}

/// Somebody who has, or had, a document in hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handler {
    pub party: Party,
    pub part: Part,
    pub direction: String,
    pub due: Option<Date>,
    /// Who gave it, and when.
    pub given_by: String,
    pub given_at: Timestamp,
    /// Not passed on and not replaced.
    pub active: bool,
}

impl Handler {
    /// Whether the document is this one's to settle, or to direct, now.
    pub fn heads(&self) -> bool {
        self.active && matches!(self.part, Part::Lead | Part::Direct)
    }
}

/// What is written while a document is being settled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// How much of the work is done, 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
    pub text: String,
    /// What comes next.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub next: String,
}

/// A [`Progress`] with its writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressEntry {
    pub at: Timestamp,
    pub user: String,
    pub progress: Progress,
}

/// A remark on a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub at: Timestamp,
    pub user: String,
    pub text: String,
    /// Only its writer reads it.
    pub private: bool,
}

/// Who opened a document first when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub user: String,
    pub at: Timestamp,
}

/// An answer of ours to an inbound document: the key of the outbound one.
pub type Answer = DocumentKey;

/// Why a document cannot be given to these.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misgiven {
    #[error("nobody is named")]
    Nobody,
    #[error("{0} is named twice")]
    Twice(Party),
    #[error("exactly one leads, or one leader is asked for direction")]
    NotOneLead,
    #[error("only a person gives direction, and alone")]
    DirectionBesideLead,
    #[error("who cooperates passes on neither the lead nor the direction")]
    NotTheirsToGive,
    #[error("{0} leads already")]
    LeadsAlready(Party),
    #[error("it is passed on to somebody else")]
    ToOneself,
}

impl Misgiven {
    /// The key of its sentence.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Nobody => "office-misgiven-nobody",
            Self::Twice(_) => "office-misgiven-twice",
            Self::NotOneLead => "office-misgiven-not-one-lead",
            Self::DirectionBesideLead => "office-misgiven-direction-beside-lead",
            Self::NotTheirsToGive => "office-misgiven-not-theirs",
            Self::LeadsAlready(_) => "office-misgiven-leads-already",
            Self::ToOneself => "office-misgiven-to-oneself",
        }
    }
}

/// Whether an assignment is whole: one lead (with whoever cooperates or is informed), or one
/// leader for direction (with whoever is informed).
pub fn check_parts(parts: &[Participant]) -> Result<(), Misgiven> {
    if parts.is_empty() {
        return Err(Misgiven::Nobody);
    }
    for (place, one) in parts.iter().enumerate() {
        if parts.iter().skip(place + 1).any(|other| other.party == one.party) {
            return Err(Misgiven::Twice(one.party.clone()));
        }
    }
    let count = |part| parts.iter().filter(|one| one.part == part).count();
    match (count(Part::Direct), count(Part::Lead)) {
        (0, 1) => Ok(()),
        (1, 0) => {
            let person = parts.iter().all(|one| match one.part {
                Part::Direct => matches!(one.party, Party::User(_)),
                Part::Inform => true,
                Part::Lead | Part::Cooperate => false,
            });
            if person { Ok(()) } else { Err(Misgiven::DirectionBesideLead) }
        }
        (0, _) | (_, 0) => Err(Misgiven::NotOneLead),
        _ => Err(Misgiven::DirectionBesideLead),
    }
}

/// Whether `from`, whose part is `part`, may pass the document on to `to` as things stand.
pub fn check_forward(
    handlers: &[Handler],
    from: &Party,
    part: Part,
    to: &[Participant],
) -> Result<(), Misgiven> {
    match part {
        Part::Direct | Part::Lead => check_parts(to)?,
        Part::Cooperate | Part::Inform => {
            if to.is_empty() {
                return Err(Misgiven::Nobody);
            }
            if to.iter().any(|one| matches!(one.part, Part::Direct | Part::Lead)) {
                return Err(Misgiven::NotTheirsToGive);
            }
            // The rest of what an assignment asks, with somebody in the lead.
            let mut whole = vec![Participant::new(Party::User(String::new()), Part::Lead)];
            whole.extend_from_slice(to);
            check_parts(&whole)?;
        }
    }
    if to.iter().any(|one| one.party == *from) {
        return Err(Misgiven::ToOneself);
    }
    let leads = |party: &Party| handlers.iter().any(|one| one.heads() && one.party == *party);
    match to.iter().find(|one| leads(&one.party)) {
        Some(one) => Err(Misgiven::LeadsAlready(one.party.clone())),
        None => Ok(()),
    }
}

/// Something done while settling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    Forward,
    Begin,
    Progress,
    Complete,
    /// Drafting the answer.
    Answer,
}

/// How a person stands to a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Clerk and leader speak for anybody.
    pub for_anybody: bool,
    /// Under which party the person has it in hand, in the weightiest part.
    pub own: Option<(Party, Part)>,
}

impl Standing {
    /// How `user`, with these roles, stands to a document that `handlers` have.
    pub fn of(user: &str, roles: &[Role], handlers: &[Handler], units: &[Unit]) -> Self {
        let own = handlers
            .iter()
            .filter(|one| one.active && one.party.includes(user, units))
            .min_by_key(|one| one.part)
            .map(|one| (one.party.clone(), one.part));
        let for_anybody = roles.iter().any(|role| matches!(role, Role::Clerk | Role::Leader));
        Self { for_anybody, own }
    }

    /// Who cooperates notes and answers but does not complete; who is merely informed reads.
    pub fn may(&self, step: Step) -> bool {
        if self.for_anybody {
            return true;
        }
        match (step, self.own.as_ref().map(|(_, part)| *part)) {
            (_, None | Some(Part::Inform)) => false,
            (_, Some(Part::Direct | Part::Lead)) => true,
            (Step::Forward | Step::Progress | Step::Answer, Some(Part::Cooperate)) => true,
            (Step::Begin | Step::Complete, Some(Part::Cooperate)) => false,
        }
    }

    /// For whom the person passes the document on: for themselves if they have it, else for
    /// whoever leads, if the person speaks for anybody.
    pub fn forwards_for(&self, handlers: &[Handler]) -> Option<(Party, Part)> {
        match &self.own {
            Some((party, part)) if *part != Part::Inform => Some((party.clone(), *part)),
            _ if self.for_anybody => handlers
                .iter()
                .filter(|one| one.active)
                .min_by_key(|one| one.part)
                .map(|one| (one.party.clone(), one.part)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn user(name: &str) -> Party {
        Party::User(name.to_owned())
    }

    fn handler(party: Party, part: Part) -> Handler {
        Handler {
            party,
            part,
            direction: String::new(),
            due: None,
            given_by: "be".to_owned(),
            given_at: Timestamp::UNIX_EPOCH,
            active: true,
        }
    }

    #[test]
    fn parties_are_read_as_they_are_written() {
        for party in [user("be"), Party::Unit("tu-phap".to_owned())] {
            assert_eq!(Party::parse(&party.to_string()), Some(party));
        }
        assert_eq!(Party::parse("be"), Some(user("be")));
        assert_eq!(Party::parse("phong:x"), None);
        assert_eq!(Party::parse("unit: "), None);
    }

    #[test]
    fn one_leads_or_one_is_asked() {
        let of = |parts: &[Part]| {
            let numbered = parts.iter().enumerate();
            let parts: Vec<_> =
                numbered.map(|(n, part)| Participant::new(user(&n.to_string()), *part)).collect();
            check_parts(&parts)
        };
        use Part::*;
        assert_eq!(of(&[Lead]), Ok(()));
        assert_eq!(of(&[Lead, Cooperate, Inform]), Ok(()));
        assert_eq!(of(&[Direct, Inform]), Ok(()));
        assert_eq!(of(&[]), Err(Misgiven::Nobody));
        assert_eq!(of(&[Inform]), Err(Misgiven::NotOneLead));
        assert_eq!(of(&[Lead, Lead]), Err(Misgiven::NotOneLead));
        assert_eq!(of(&[Direct, Lead]), Err(Misgiven::DirectionBesideLead));
        assert_eq!(of(&[Direct, Cooperate]), Err(Misgiven::DirectionBesideLead));
        let unit = Participant::new(Party::Unit("x".to_owned()), Direct);
        assert_eq!(check_parts(&[unit]), Err(Misgiven::DirectionBesideLead));
        let twice = [Participant::lead("a"), Participant::new(user("a"), Inform)];
        assert_eq!(check_parts(&twice), Err(Misgiven::Twice(user("a"))));
    }

    #[test]
    fn who_cooperates_notes_but_does_not_complete() {
        let units = [Unit {
            key: "vp".to_owned(),
            name: "Văn phòng".to_owned(),
            members: vec!["an".to_owned()],
            closed: false,
        }];
        let handlers = [
            handler(user("dat"), Part::Lead),
            handler(Party::Unit("vp".to_owned()), Part::Cooperate),
            handler(user("xem"), Part::Inform),
        ];
        let may =
            |name: &str, step| Standing::of(name, &[Role::Drafter], &handlers, &units).may(step);
        assert!(may("dat", Step::Complete) && may("dat", Step::Begin));
        assert!(may("an", Step::Progress) && may("an", Step::Forward) && may("an", Step::Answer));
        assert!(!may("an", Step::Complete) && !may("an", Step::Begin));
        assert!(!may("xem", Step::Progress) && !may("khac", Step::Forward));
        let leader = Standing::of("chu-tich", &[Role::Leader], &handlers, &units);
        assert!(leader.may(Step::Complete));
        assert_eq!(leader.forwards_for(&handlers), Some((user("dat"), Part::Lead)));
    }

    #[test]
    fn who_cooperates_gives_no_lead_away_and_takes_none() {
        let handlers = [handler(user("dat"), Part::Lead), handler(user("an"), Part::Cooperate)];
        let check =
            |from: &str, part, to: Participant| check_forward(&handlers, &user(from), part, &[to]);
        let (lead, cooperate) = (Part::Lead, Part::Cooperate);
        assert_eq!(check("dat", lead, Participant::lead("tu")), Ok(()));
        assert_eq!(check("an", cooperate, Participant::new(user("tu"), cooperate)), Ok(()));
        let stolen = check("an", cooperate, Participant::lead("tu"));
        assert_eq!(stolen, Err(Misgiven::NotTheirsToGive));
        let demoted = check("an", cooperate, Participant::new(user("dat"), Part::Inform));
        assert_eq!(demoted, Err(Misgiven::LeadsAlready(user("dat"))));
        assert_eq!(check("dat", lead, Participant::lead("dat")), Err(Misgiven::ToOneself));
    }

    proptest! {
        /// However often a document is passed on, as long as each step is one that the rules
        /// allow, one leads it, or one leader has it for direction.
        #[test]
        fn there_is_always_one_in_the_lead(
            steps in prop::collection::vec((0..6usize, 0..6usize, 0..4usize, 0..6usize), 1..40)
        ) {
            let names = ["a", "b", "c", "d", "e", "f"];
            let mut handlers = vec![handler(user("a"), Part::Lead)];
            for (from, to, part, beside) in steps {
                let Some((from, own)) = Standing::of(names[from], &[], &handlers, &[])
                    .forwards_for(&handlers) else { continue };
                let mut given = vec![Participant::new(user(names[to]), Part::ALL[part])];
                if beside != to {
                    given.push(Participant::new(user(names[beside]), Part::Inform));
                }
                if check_forward(&handlers, &from, own, &given).is_err() {
                    continue;
                }
                for one in &mut handlers {
                    if one.party == from || given.iter().any(|other| other.party == one.party) {
                        one.active = false;
                    }
                }
                handlers.extend(given.into_iter().map(|one| handler(one.party, one.part)));
                prop_assert_eq!(handlers.iter().filter(|one| one.heads()).count(), 1);
            }
        }
    }
}
