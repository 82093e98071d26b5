//! Opinions on a draft: who has it, what they decided, what they remarked where.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 khoản 2 and 3: the responsible leader looks the draft
//! through, gives an opinion and answers for its content; the format checker gives an opinion
//! and answers for its layout; then it goes to the signer. Each of them may approve, return it
//! with comments, or hand it on to somebody named. What each decided on which version stays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::FileRef;
use super::outbound::OutboundState;
use super::role::{Act, Role, permits};

/// What somebody decided who had the draft.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// trình: the drafter hands it in.
    Submit,
    /// đồng ý: it goes to whoever comes next.
    Approve,
    /// trả lại: back to its drafter.
    Return,
    /// chuyển người khác cho ý kiến: somebody else in the same place has it.
    HandOn,
    /// rút lại: the drafter takes it back before it is signed.
    TakeBack,
    /// bỏ: it will not become a document.
    Abandon,
}

impl Decision {
    pub const ALL: [Self; 6] =
        [Self::Submit, Self::Approve, Self::Return, Self::HandOn, Self::TakeBack, Self::Abandon];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Approve => "approve",
            Self::Return => "return",
            Self::HandOn => "hand-on",
            Self::TakeBack => "take-back",
            Self::Abandon => "abandon",
        }
    }

    /// What a step from one state to another is; `own` where the drafter takes it.
    pub const fn of(from: OutboundState, to: OutboundState, own: bool) -> Self {
        use OutboundState::{Abandoned, Draft};
        match (from, to) {
            (_, Abandoned) => Self::Abandon,
            (Draft, _) => Self::Submit,
            (_, Draft) if own => Self::TakeBack,
            (_, Draft) => Self::Return,
            _ => Self::Approve,
        }
    }

    /// Whether whoever decides so must say why.
    pub const fn needs_note(self) -> bool {
        matches!(self, Self::Return | Self::TakeBack | Self::Abandon)
    }
}

/// One decision, as the chain keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opinion {
    pub decision: Decision,
    /// Where the draft lay.
    pub state: OutboundState,
    /// The version of the main file that was decided on.
    pub version: u32,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub note: String,
    /// The user who has it next; empty for whoever has the role.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub to: String,
}

/// An [`Opinion`] with its giver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenOpinion {
    pub at: Timestamp,
    pub user: String,
    pub role: Option<Role>,
    pub opinion: Opinion,
}

/// A rectangle on a page, in points of its user space, as in an annotation's `/Rect`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// From 0.
    pub page: u32,
    pub x: f32,
    pub y: f32,
    pub width: f32,
    pub height: f32,
}

// Coordinates are read and written as they are; none is ever "not a number" (`is_sound`).
impl Eq for Anchor {}

impl Anchor {
    /// Finite, and not turned inside out.
    pub fn is_sound(&self) -> bool {
        [self.x, self.y, self.width, self.height].iter().all(|number| number.is_finite())
            && self.width >= 0.0
            && self.height >= 0.0
    }
}

/// A remark on a draft, at a place or on the whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comment {
    pub id: Uuid,
    /// The version of the main file that it speaks of.
    pub version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anchor: Option<Anchor>,
    /// What the page says there.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub quoted: String,
    pub text: String,
}

/// An answer to a comment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    pub at: Timestamp,
    pub user: String,
    pub text: String,
    /// It settles the comment, or (`Some(false)`) opens it again.
    pub settles: Option<bool>,
}

/// A comment with its writer and what was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptComment {
    pub comment: Comment,
    pub at: Timestamp,
    pub user: String,
    /// Oldest first.
    pub replies: Vec<Reply>,
}

impl KeptComment {
    /// Nobody has said that it is settled, or somebody has opened it again since.
    pub fn is_open(&self) -> bool {
        !self.replies.iter().rev().find_map(|reply| reply.settles).unwrap_or(false)
    }
}

/// What made a version of the main file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VersionKind {
    Drafted,
    Edited,
    SignedPersonally,
    Sealed,
}

impl VersionKind {
    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Drafted => "drafted",
            Self::Edited => "edited",
            Self::SignedPersonally => "signed-personally",
            Self::Sealed => "sealed",
        }
    }
}

/// One version of a document's main file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// From 1.
    pub number: u32,
    pub kind: VersionKind,
    pub at: Timestamp,
    pub user: String,
    pub file: FileRef,
    /// What the PDF was made of (DOCX, ODT), where it was converted here.
    pub source: Option<FileRef>,
    /// Why it was made.
    pub why: String,
}

/// Who has a draft now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    pub state: OutboundState,
    /// A user; empty for whoever has the role.
    pub user: String,
}

impl Holder {
    /// Whether `user` with these roles is to act.
    pub fn is(&self, user: &str, roles: &[Role]) -> bool {
        if self.user.is_empty() {
            act_in(self.state).is_some_and(|act| roles.iter().any(|role| permits(*role, act)))
        } else {
            self.user == user
        }
    }

    /// Whether `user` with these roles may decide on the draft: change it, pass it on, sign it.
    ///
    /// Whoever has it, if a role permits the deed (Điều 13). A draft in its drafter's hands may be
    /// taken up by everybody who drafts: people fall ill. A signer who is away is stood in for by
    /// whom the drafter takes it back for, never by whoever comes along.
    pub fn lets(&self, user: &str, roles: &[Role]) -> bool {
        let Some(act) = act_in(self.state) else { return false };
        let permitted = roles.iter().any(|role| permits(*role, act));
        permitted && (self.state == OutboundState::Draft || self.is(user, roles))
    }
}

/// What whoever has a draft in this state must be allowed to do; `None` once it is signed.
pub const fn act_in(state: OutboundState) -> Option<Act> {
    use OutboundState::{Draft, InFormatCheck, InReview, ToSign};
    match state {
        Draft => Some(Act::Draft),
        InReview => Some(Act::ReviewContent),
        InFormatCheck => Some(Act::CheckFormat),
        ToSign => Some(Act::SignPersonally),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use OutboundState::{Abandoned, Draft, InFormatCheck, InReview, ToSeal, ToSign};

    #[test]
    fn every_step_before_the_signature_has_a_name() {
        assert_eq!(Decision::of(Draft, InReview, true), Decision::Submit);
        assert_eq!(Decision::of(InReview, InFormatCheck, false), Decision::Approve);
        assert_eq!(Decision::of(InFormatCheck, Draft, false), Decision::Return);
        assert_eq!(Decision::of(InFormatCheck, Draft, true), Decision::TakeBack);
        assert_eq!(Decision::of(ToSign, Abandoned, true), Decision::Abandon);
        for state in OutboundState::ALL {
            assert_eq!(act_in(state).is_some(), state.may_become(Draft) || state == Draft);
        }
        assert_eq!(act_in(ToSeal), None);
    }

    #[test]
    fn a_named_holder_is_the_only_one() {
        let anybody = Holder { state: InReview, user: String::new() };
        let named = Holder { state: InReview, user: "an".to_owned() };
        assert!(anybody.is("binh", &[Role::Leader]) && !anybody.is("binh", &[Role::Drafter]));
        assert!(named.is("an", &[]) && !named.is("binh", &[Role::Leader]));
    }

    #[test]
    fn who_decides_has_the_draft_and_the_role() {
        let held = |state, user: &str| Holder { state, user: user.to_owned() };
        // Named, and nobody else of the same role; and not without the role.
        let named = held(ToSign, "an");
        assert!(named.lets("an", &[Role::Leader]));
        assert!(!named.lets("binh", &[Role::Leader]) && !named.lets("an", &[Role::Drafter]));
        // Nobody named: whoever has the role.
        let anybody = held(ToSign, "");
        assert!(anybody.lets("binh", &[Role::Leader]) && !anybody.lets("be", &[Role::Clerk]));
        // A colleague takes up a draft; its reviewer does not.
        let draft = held(Draft, "soan");
        assert!(draft.lets("dat", &[Role::Drafter]) && !draft.lets("luu", &[Role::Archivist]));
        for state in [ToSeal, Abandoned] {
            assert!(!held(state, "an").lets("an", &Role::ALL));
        }
    }

    #[test]
    fn the_last_word_on_a_comment_counts() {
        let at = Timestamp::UNIX_EPOCH;
        let reply = |settles| Reply { at, user: "a".to_owned(), text: "x".to_owned(), settles };
        let comment = Comment {
            id: Uuid::nil(),
            version: 1,
            anchor: None,
            quoted: String::new(),
            text: "Sửa".to_owned(),
        };
        let mut kept =
            KeptComment { comment, at, user: "b".to_owned(), replies: vec![reply(None)] };
        assert!(kept.is_open());
        kept.replies.push(reply(Some(true)));
        kept.replies.push(reply(None));
        assert!(!kept.is_open());
        kept.replies.push(reply(Some(false)));
        assert!(kept.is_open());
    }
}
