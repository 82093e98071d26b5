//! Passing a draft on: opinions, layout check, to the signer, or back.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13: drafter, responsible leader, format checker, signer.
//! Each decision is kept with who took it, in which role, on which version: that is who answers
//! for the content and who for the layout.

mod comment;
mod look;
mod slip;
mod version;

use super::draft::DraftError;
use super::{Filter, Office, OfficeError, Session, UserInfo, labels};
use crate::domain::document::DocumentKey;
use crate::domain::operation::Change;
use crate::domain::opinion::{Decision, GivenOpinion, Holder, Opinion, act_in};
use crate::domain::outbound::{OutboundDocument, OutboundState};
use crate::domain::problem::Problem;
use crate::domain::role::{Act, permits};
use crate::domain::text;
use crate::store::{Actor, DraftFilter, Writer};
use crate::t;

pub use comment::NewComment;
pub use look::{CommentLook, OpinionDesk, Way};
pub use version::{PagePair, VersionDifference};

/// Up to which opinion somebody was told of drafts that lie with them; the user's name follows.
const REACHED: &str = "drafts.told";
/// Nobody reads the names of more at once.
const MOST_TOLD: u32 = 100;

/// What is decided on a draft, and who has it next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passing {
    pub to: OutboundState,
    /// The user who has it next; empty for whoever has the role.
    pub user: String,
    pub note: String,
}

impl Office {
    /// Moves a document that is not signed yet to `to`; sending it back and giving it up
    /// need a note.
    pub fn submit(&self, key: DocumentKey, to: OutboundState, note: &str) -> Result<(), Problem> {
        self.pass(key, Passing { to, user: String::new(), note: note.to_owned() })
    }

    /// The same, to somebody named.
    ///
    /// Whoever has the draft decides; its drafter may also take it back before it is signed. A
    /// return may leave the note to the comments that were made.
    pub fn pass(&self, key: DocumentKey, passing: Passing) -> Result<(), Problem> {
        use OutboundState::{Abandoned, Draft, InFormatCheck, InReview, ToIssue, ToSeal, ToSign};
        let Passing { to, user, note } = passing;
        let mut note = text::tidy(&note);
        let before = self.outbound_document(key)?;
        let own = before.drafted_by == self.session().user && self.may(Act::Draft);
        let takes_back = own && to == Draft && !self.holds(&before)?;
        // Whoever holds the document passes it on (Điều 13 khoản 1 to 3).
        let act = match before.state {
            // After the personal signature the document is the clerk's (Điều 14 khoản 2).
            ToSeal | ToIssue => Act::Issue,
            _ if takes_back => Act::Draft,
            state => act_in(state).unwrap_or(Act::Draft),
        };
        let actor = self.actor(act)?;
        if !matches!(to, Draft | InReview | InFormatCheck | ToSign | Abandoned) {
            return Err(Self::wrong_state(before.state));
        }
        if !takes_back && act_in(before.state).is_some() {
            self.must_hold(key)?;
        }
        let decision = Decision::of(before.state, to, takes_back);
        if decision == Decision::Return && note.is_empty() {
            let mine = self.own_open_comments(key)?;
            if mine > 0 {
                note = t!("review-see-comments", count = mine);
            }
        }
        if decision.needs_note() && note.is_empty() {
            return Err(OfficeError::ReasonMissing.into());
        }
        if (before.state, to) == (InFormatCheck, ToSign) {
            self.layout_lets_pass(key, &note)?;
        }
        let user = match (to, user.is_empty()) {
            (ToSign, true) => self.signer_of(&before)?,
            _ => user,
        };
        self.check_next(to, &user)?;
        let whose = self.session().clone();
        self.store().write(&actor, move |writer| {
            let document = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if document.state != before.state || !document.state.may_become(to) {
                return Err(Self::wrong_state(document.state));
            }
            // Somebody may have handed it on while this was decided.
            if !takes_back && act_in(document.state).is_some() {
                still_holds(writer, key, &whose)?;
            }
            // A number that will not be used is never a silent gap.
            if let (Abandoned, Some(numbering)) = (to, &document.numbering) {
                writer.append(Change::NumberGivenUp {
                    book: numbering.book.clone(),
                    number: numbering.number,
                    reason: note.clone(),
                })?;
            }
            let (state, version) = (document.state, writer.newest_version(&key)?);
            writer.append(Change::OutboundMoved { key, from: state, to, reason: note.clone() })?;
            let opinion = Opinion { decision, state, version, note, to: user };
            writer.append(Change::OpinionGiven { key, opinion })?;
            Ok::<(), Problem>(())
        })?;
        if to == InFormatCheck && self.layout_check(key).is_ok_and(|check| check.is_none()) {
            self.check_layout_quietly(key);
        }
        Ok(())
    }

    /// Hands a draft on to somebody named who has the same role; where it stands stays.
    pub fn hand_on(&self, key: DocumentKey, user: &str, note: &str) -> Result<(), Problem> {
        let before = self.outbound_document(key)?;
        let act = act_in(before.state).ok_or_else(|| Self::wrong_state(before.state))?;
        let actor = self.actor(act)?;
        self.must_hold(key)?;
        if user == self.session().user {
            return Err(DraftError::ToOneself.into());
        }
        if user.is_empty() {
            return Err(OfficeError::FieldInvalid("user").into());
        }
        self.check_next(before.state, user)?;
        let (to, note) = (user.to_owned(), text::tidy(note));
        let whose = self.session().clone();
        self.store().write(&actor, move |writer| {
            let document = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if document.state != before.state {
                return Err(Self::wrong_state(document.state));
            }
            still_holds(writer, key, &whose)?;
            let version = writer.newest_version(&key)?;
            let opinion =
                Opinion { decision: Decision::HandOn, state: document.state, version, note, to };
            writer.append(Change::OpinionGiven { key, opinion })?;
            Ok(())
        })
    }

    /// What was decided on a draft, oldest first.
    pub fn opinions(&self, key: DocumentKey) -> Result<Vec<GivenOpinion>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().opinions(&key)?)
    }

    /// Who has the draft now; `None` once it is signed or given up.
    pub fn draft_holder(&self, key: DocumentKey) -> Result<Option<Holder>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().draft_holder(&key)?)
    }

    /// Who may have a draft that stands at `state`: enabled users whose role permits it.
    pub fn who_may_take(&self, state: OutboundState) -> Result<Vec<UserInfo>, Problem> {
        let Some(act) = act_in(state) else { return Ok(Vec::new()) };
        let users = self.users()?.into_iter();
        Ok(users
            .filter(|user| !user.disabled && user.roles.iter().any(|role| permits(*role, act)))
            .collect())
    }

    /// How many drafts lie with the person at the desk.
    pub fn draft_count_for_me(&self) -> Result<u64, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().draft_count_for(&self.own_drafts(&Filter::default()))?)
    }

    /// The drafts that lie with the person at the desk, as far as a filter wants them.
    pub(super) fn own_drafts(&self, filter: &Filter) -> DraftFilter {
        let states = OutboundState::ALL.into_iter();
        DraftFilter {
            user: self.session().user.clone(),
            states: states
                .filter(|state| act_in(*state).is_some_and(|act| self.may(act)))
                .collect(),
            state: filter.outbound,
            words: filter.words.clone(),
            after_opinion: None,
        }
    }

    /// Drafts that somebody else has passed on to the person at the desk since this was asked
    /// last, newest first: each is told once on this desk.
    pub fn drafts_reaching_me(&self) -> Result<Vec<OutboundDocument>, Problem> {
        self.actor(Act::ViewQueues)?;
        let name = format!("{REACHED}.{}", self.session().user);
        let told = self.store().setting(&name)?.and_then(|row| row.parse::<i64>().ok());
        let newest = self.store().newest_opinion()?;
        let filter = DraftFilter {
            after_opinion: Some(told.unwrap_or_default()),
            ..self.own_drafts(&Filter::default())
        };
        let reached = self.store().drafts_for(&filter, None, MOST_TOLD)?;
        if told != Some(newest) {
            self.store().set_setting(&name, &newest.to_string())?;
        }
        Ok(reached)
    }

    /// Whether the draft lies with the person at the desk.
    pub fn holds(&self, document: &OutboundDocument) -> Result<bool, Problem> {
        let session = self.session();
        let holder = self.store().draft_holder(&document.key)?;
        Ok(holder.is_some_and(|holder| holder.is(&session.user, &session.roles)))
    }

    /// Refuses whoever may not decide on the draft.
    pub(super) fn must_hold(&self, key: DocumentKey) -> Result<(), Problem> {
        match self.lets(key)? {
            None => Ok(()),
            Some(holder) => {
                Err(DraftError::WithAnother { holder: self.holder_name(&holder) }.into())
            }
        }
    }

    /// Refuses whoever is not to sign: competent is whom the document was given to for that, or
    /// any leader where nobody is named (Nghị định 30/2020/NĐ-CP Điều 13).
    pub(super) fn must_be_signer(&self, key: DocumentKey) -> Result<(), Problem> {
        match self.lets(key)? {
            None => Ok(()),
            Some(holder) => {
                Err(DraftError::AnotherSigns { holder: self.holder_name(&holder) }.into())
            }
        }
    }

    /// `None` where the person at the desk may decide, else who has the draft.
    fn lets(&self, key: DocumentKey) -> Result<Option<Holder>, Problem> {
        let session = self.session();
        match self.store().draft_holder(&key)? {
            Some(holder) if holder.lets(&session.user, &session.roles) => Ok(None),
            Some(holder) => Ok(Some(holder)),
            None => Err(Self::missing(key)),
        }
    }

    /// A user as people would name them.
    pub fn user_name(&self, user: &str) -> String {
        self.display_name(user)
    }

    /// A holder as people would name them.
    pub fn holder_name(&self, holder: &Holder) -> String {
        if holder.user.is_empty() {
            labels::outbound(holder.state)
        } else {
            self.display_name(&holder.user)
        }
    }

    /// The only leader who is called as the document's signer is, if there is one.
    fn signer_of(&self, document: &OutboundDocument) -> Result<String, Problem> {
        let wanted = text::fold(&document.metadata.signer.full_name);
        let mut found = self
            .who_may_take(OutboundState::ToSign)?
            .into_iter()
            .filter(|user| text::fold(&text::tidy(&user.display_name)) == wanted);
        Ok(match (found.next(), found.next()) {
            (Some(only), None) => only.user,
            _ => String::new(),
        })
    }

    /// Refuses to give a draft to somebody who could do nothing with it.
    fn check_next(&self, to: OutboundState, user: &str) -> Result<(), Problem> {
        if user.is_empty() {
            return Ok(());
        }
        let act = act_in(to).ok_or(OfficeError::FieldInvalid("user"))?;
        if self.who_may_take(to)?.iter().any(|known| known.user == user) {
            return Ok(());
        }
        if self.store().user(user)?.is_none() {
            return Err(OfficeError::NoSuchUser(user.to_owned()).into());
        }
        let user = self.display_name(user);
        Err(DraftError::CannotTake { user, act: labels::act(act) }.into())
    }

    /// Under which role the person looks at a draft and says something about it.
    fn opinion_actor(&self, state: OutboundState) -> Result<Actor, Problem> {
        let act = act_in(state).ok_or_else(|| Self::wrong_state(state))?;
        [act, Act::ReviewContent, Act::CheckFormat, Act::Draft]
            .into_iter()
            .find(|act| self.may(*act))
            .map_or_else(|| self.actor(act), |act| self.actor(act))
    }

    pub(super) fn wrong_state(state: OutboundState) -> Problem {
        OfficeError::WrongState { state: labels::outbound(state) }.into()
    }
}

/// Refuses, within the transaction that decides, whoever may not decide on the draft any more.
pub(super) fn still_holds(
    writer: &Writer<'_>,
    key: DocumentKey,
    whose: &Session,
) -> Result<(), Problem> {
    match writer.draft_holder(&key)? {
        Some(holder) if holder.lets(&whose.user, &whose.roles) => Ok(()),
        _ => Err(DraftError::OtherVersion.into()),
    }
}
