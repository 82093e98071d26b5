//! Settling an inbound document: given to people and units, passed on, noted on, answered,
//! completed.
//!
//! Nghị định 30/2020/NĐ-CP Điều 23 and 24: the same day, at the latest the next working day,
//! the document goes to whoever decides; assignee, opinion and term are recorded in the
//! system. Who may do what is a pure rule ([`Standing`]).

mod look;

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::{NewDraft, Office, OfficeError, directory};
use crate::domain::calendar;
use crate::domain::document::{DocumentKey, Metadata, Recipient, ResponseFor};
use crate::domain::handling::{
    Participant, Party, Progress, Standing, Step, Unit, check_forward, check_parts,
};
use crate::domain::inbound::{Assignment, InboundDocument, InboundState};
use crate::domain::operation::Change;
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::domain::role::{Act, Role};
use crate::domain::text;
use crate::store::Writer;

pub use look::{Handling, Link};

/// To whom a document is given, with what direction and until when.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Assigning {
    pub parts: Vec<Participant>,
    pub direction: String,
    /// `None`: the sender's term, else the usual one of the profile.
    pub due: Option<Date>,
}

impl Office {
    // Units.

    pub fn units(&self) -> Result<Vec<Unit>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().units()?)
    }

    /// Adds a unit, or changes a known one. Its members are users of the office.
    pub fn put_unit(&self, unit: Unit) -> Result<(), Problem> {
        let actor = self.actor(Act::ManageUsers)?;
        let named = |key: &str| {
            !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        };
        let unit = Unit { name: text::tidy(&unit.name), ..unit };
        if !named(&unit.key) || unit.name.is_empty() {
            return Err(OfficeError::FieldInvalid("unit").into());
        }
        self.store().write(&actor, move |writer| {
            for member in &unit.members {
                if writer.user(member)?.is_none() {
                    return Err(OfficeError::NoSuchUser(member.clone()).into());
                }
            }
            writer.append(Change::UnitPut { unit })?;
            Ok(())
        })
    }

    // Giving and passing on.

    /// Gives a registered document to people and units; who had it has it no more. Status 04
    /// goes back the first time.
    pub fn assign_to(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem> {
        check_parts(&given.parts)?;
        let due = match given.due {
            Some(day) => Some(day),
            None => self.proposed_due(key)?,
        };
        let head = Assignment::head(&given.parts).map(|one| &one.party);
        let user = match head {
            Some(Party::User(user)) => user.clone(),
            _ => String::new(),
        };
        self.check_parties(&given.parts)?;
        let direction = text::tidy(&given.direction);
        let assignment = Assignment { user, direction, due, parts: given.parts };
        self.move_inbound(
            Act::AssignInbound,
            key,
            InboundState::Assigned,
            String::new(),
            Some(assignment),
        )
    }

    /// The term that a document gets where nobody sets one: the sender's own, else the usual
    /// one for its type and urgency, counted from today.
    pub fn proposed_due(&self, key: DocumentKey) -> Result<Option<Date>, Problem> {
        let metadata = self.inbound_document(key)?.metadata;
        let today = calendar::local(Timestamp::now()).date();
        let usual = || self.profile().usual_term(&metadata.type_key, metadata.urgency, today);
        Ok(metadata.due.filter(|day| *day >= today).or_else(usual))
    }

    /// Passes on what the person has in hand; clerk and leader also what others have.
    pub fn forward(&self, key: DocumentKey, given: Assigning) -> Result<(), Problem> {
        let actor = self.actor(Act::CompleteInbound)?;
        self.check_parties(&given.parts)?;
        let session = self.session().clone();
        let direction = text::tidy(&given.direction);
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if !matches!(document.state, InboundState::Assigned | InboundState::InProcess) {
                return Err(Self::wrong_inbound_state(document.state).into());
            }
            Self::nothing_demanded(writer, key)?;
            let handlers = writer.handlers(&key)?;
            let standing = Standing::of(&session.user, &session.roles, &handlers, &writer.units()?);
            if !standing.may(Step::Forward) {
                return Err(OfficeError::NotAssigned.into());
            }
            let (from, part) = standing.forwards_for(&handlers).ok_or(OfficeError::NotAssigned)?;
            check_forward(&handlers, &from, part, &given.parts)?;
            // Who passes work on hands over the term as well, unless another is set.
            let own = handlers.iter().find(|one| one.active && one.party == from);
            let due = given.due.or(own.and_then(|one| one.due));
            writer.append(Change::HandlingForwarded {
                key,
                from,
                to: given.parts,
                direction,
                due,
            })?;
            Ok::<(), Problem>(())
        })
    }

    fn check_parties(&self, parts: &[Participant]) -> Result<(), Problem> {
        let (users, units) = (self.users()?, self.store().units()?);
        for one in parts {
            match &one.party {
                Party::User(user) => {
                    if !users.iter().any(|info| info.user == *user && !info.disabled) {
                        return Err(OfficeError::NoSuchUser(user.clone()).into());
                    }
                }
                Party::Unit(key) => {
                    if !units.iter().any(|unit| unit.key == *key && !unit.closed) {
                        return Err(OfficeError::NoSuchUnit(key.clone()).into());
                    }
                }
            }
        }
        Ok(())
    }

    /// How the person at the desk stands to a document.
    pub fn own_standing(&self, key: DocumentKey) -> Result<Standing, Problem> {
        let session = self.session();
        let (handlers, units) = (self.store().handlers(&key)?, self.store().units()?);
        Ok(Standing::of(&session.user, &session.roles, &handlers, &units))
    }

    /// Whether the person may say how far the work on a document is.
    pub fn may_report(&self, key: DocumentKey) -> Result<bool, Problem> {
        let state = self.inbound_document(key)?.state;
        let at_work = matches!(state, InboundState::Assigned | InboundState::InProcess);
        Ok(at_work && self.may(Act::CompleteInbound) && self.own_standing(key)?.may(Step::Progress))
    }

    /// Directions that are often given, as the profile has them.
    pub fn settling_phrases(&self) -> Vec<String> {
        self.profile().settling().phrases.clone()
    }

    /// Days on which offices are closed, for counting terms.
    pub fn holidays(&self) -> Vec<Date> {
        self.profile().holidays().to_vec()
    }

    /// Refuses whoever may not take `step` on the document.
    pub(super) fn check_step(&self, key: DocumentKey, step: Step) -> Result<(), Problem> {
        if self.own_standing(key)?.may(step) {
            Ok(())
        } else {
            Err(OfficeError::NotAssigned.into())
        }
    }

    // What is written while it is settled.

    /// Notes that the person has opened a document that they have in hand; once.
    pub fn see(&self, key: DocumentKey) -> Result<(), Problem> {
        let actor = self.actor(Act::ViewQueues)?;
        let user = &self.session().user;
        if self.own_standing(key)?.own.is_none() || self.store().has_seen(&key, user)? {
            return Ok(());
        }
        self.store().write(&actor, move |writer| {
            writer.append(Change::DocumentSeen { key })?;
            Ok(())
        })
    }

    /// A remark on any document, for all or for oneself.
    pub fn note(&self, key: DocumentKey, words: &str, private: bool) -> Result<(), Problem> {
        let actor = self.actor(Act::ViewQueues)?;
        let words = self.remark(words)?;
        self.store().write(&actor, move |writer| {
            if writer.inbound(&key)?.is_none() && writer.outbound(&key)?.is_none() {
                return Err(Self::missing(key));
            }
            writer.append(Change::NoteAdded { key, text: words, private })?;
            Ok(())
        })
    }

    /// How far the work is. The first word of whoever leads is also that it has begun:
    /// status 05 goes back.
    pub fn progress(&self, key: DocumentKey, progress: Progress) -> Result<(), Problem> {
        let actor = self.actor(Act::CompleteInbound)?;
        if progress.percent.is_some_and(|percent| percent > 100) {
            return Err(OfficeError::FieldInvalid("percent").into());
        }
        let progress = Progress {
            text: self.remark(&progress.text)?,
            next: text::tidy(&progress.next),
            ..progress
        };
        self.check_step(key, Step::Progress)?;
        let begins = self.inbound_document(key)?.state == InboundState::Assigned
            && self.own_standing(key)?.may(Step::Begin);
        if begins {
            self.begin(key)?;
        }
        self.store().write(&actor, move |writer| {
            let document = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if !matches!(document.state, InboundState::Assigned | InboundState::InProcess) {
                return Err(Self::wrong_inbound_state(document.state).into());
            }
            writer.append(Change::ProgressNoted { key, progress })?;
            Ok(())
        })
    }

    /// What people write, tidied and bounded.
    fn remark(&self, words: &str) -> Result<String, OfficeError> {
        let words = text::tidy(words);
        if words.is_empty() {
            return Err(OfficeError::FieldInvalid("text"));
        }
        if words.chars().count() > self.profile().limits().reason {
            return Err(OfficeError::FieldInvalid("text"));
        }
        Ok(words)
    }

    // The answer.

    /// What is known beforehand of the answer to an inbound document: whom it goes to, and
    /// what it answers (`ResponseFor`).
    pub fn answer_fields(&self, key: DocumentKey) -> Result<Metadata, Problem> {
        let document = self.inbound_document(key)?;
        let metadata = document.metadata;
        let issuer = metadata.issuer.map(|issuer| issuer.agency);
        let recipient = document.sender.or(issuer);
        // Whoever wrote may be no more: the answer goes to who goes on with the work.
        let recipients = match &recipient {
            Some(code) => match self.store().agency(code)? {
                // Nobody answers himself, though he goes on with the work.
                Some(known) => self
                    .present(&known)?
                    .iter()
                    .filter(|agency| agency.code != self.session().agency.code)
                    .map(directory::recipient)
                    .collect(),
                None => vec![Recipient { agency: code.clone(), name: code.to_string() }],
            },
            None => Vec::new(),
        };
        Ok(Metadata {
            recipients,
            urgency: metadata.urgency,
            response_for: vec![ResponseFor {
                agency: recipient,
                code: metadata.code.to_string(),
                issued: metadata.issued,
                document_id: metadata.document_id.map_or(String::new(), |id| id.to_string()),
            }],
            ..Metadata::default()
        })
    }

    /// Begins the answer to an inbound document; both sides show the link from now on.
    pub fn draft_answer(&self, key: DocumentKey, draft: NewDraft) -> Result<DocumentKey, Problem> {
        self.check_step(key, Step::Answer)?;
        let known = self.answer_fields(key)?;
        let mut draft = draft;
        draft.metadata.response_for = known.response_for;
        if draft.metadata.recipients.is_empty() {
            draft.metadata.recipients = known.recipients;
        }
        self.draft_for(draft, Some(key))
    }

    /// Says that an outbound document of ours answers an inbound one.
    pub fn link_answer(&self, key: DocumentKey, answer: DocumentKey) -> Result<(), Problem> {
        let actor = self.actor(Act::Draft)?;
        self.check_step(key, Step::Answer)?;
        self.store().write(&actor, move |writer| {
            writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            Self::check_answer(writer, answer)?;
            writer.append(Change::AnswerLinked { key, answer })?;
            Ok(())
        })
    }

    fn check_answer(writer: &Writer<'_>, answer: DocumentKey) -> Result<(), Problem> {
        let outbound = writer.outbound(&answer)?.ok_or_else(|| Self::missing(answer))?;
        if outbound.state.is_final() {
            return Err(Self::wrong_state(outbound.state));
        }
        Ok(())
    }

    /// Completes the handling with its result and, if there is one, the document of ours that
    /// answers it; status 06 goes back.
    pub fn complete_with(
        &self,
        key: DocumentKey,
        result: &str,
        answer: Option<DocumentKey>,
    ) -> Result<(), Problem> {
        self.actor(Act::CompleteInbound)?;
        self.check_step(key, Step::Complete)?;
        let result = text::tidy(result);
        let before = self.inbound_document(key)?;
        Self::check_inbound_step(before.state, InboundState::Completed)?;
        if let Some(answer) = answer
            && !self.store().answers(&key)?.contains(&answer)
        {
            self.link_answer(key, answer)?;
        }
        self.move_inbound(Act::CompleteInbound, key, InboundState::Completed, result, None)
    }

    /// Inbound documents that this one of ours answers and that are not completed: issuing
    /// the answer is the moment to complete them.
    pub fn to_complete(&self, answer: DocumentKey) -> Result<Vec<InboundDocument>, Problem> {
        self.actor(Act::ViewQueues)?;
        if self.outbound_document(answer)?.state != OutboundState::Issued {
            return Ok(Vec::new());
        }
        let mut open = Vec::new();
        for key in self.store().answered(&answer)? {
            let document = self.store().inbound(&key)?;
            if let Some(document) = document
                && document.state.may_become(InboundState::Completed)
                && self.own_standing(key)?.may(Step::Complete)
            {
                open.push(document);
            }
        }
        Ok(open)
    }

    /// The parties under which the person at the desk has documents in hand.
    pub(super) fn own_parties(&self) -> Result<Vec<Party>, Problem> {
        let user = &self.session().user;
        let units = self.store().units()?.into_iter().filter(|unit| unit.has(user));
        let mut parties = vec![Party::User(user.clone())];
        parties.extend(units.map(|unit| Party::Unit(unit.key)));
        Ok(parties)
    }

    /// Everybody who is told when something befalls a document: the clerks, the leaders, and
    /// whoever works on it.
    pub(super) fn concerned(&self, key: Option<DocumentKey>) -> Result<Vec<String>, Problem> {
        let (users, units) = (self.users()?, self.store().units()?);
        let handlers = match key {
            Some(key) => self.store().handlers(&key)?,
            None => Vec::new(),
        };
        let told: BTreeSet<String> = users
            .into_iter()
            .filter(|info| !info.disabled)
            .filter(|info| {
                info.roles.iter().any(|role| matches!(role, Role::Clerk | Role::Leader))
                    || handlers
                        .iter()
                        .any(|one| one.active && one.party.includes(&info.user, &units))
            })
            .map(|info| info.user)
            .collect();
        Ok(told.into_iter().collect())
    }

    pub(super) fn wrong_inbound_state(state: InboundState) -> OfficeError {
        OfficeError::WrongState { state: super::labels::inbound(state) }
    }
}
