//! Everything about a draft that somebody looks at who gives an opinion on it.

use uuid::Uuid;

use super::NewComment;
use crate::domain::document::DocumentKey;
use crate::domain::opinion::{Anchor, Decision, GivenOpinion, KeptComment, act_in};
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::office::{Office, UserInfo};
use crate::pdf::Rect;

/// A draft with its opinions and comments, as one person may see and settle them.
#[derive(Debug, Clone, PartialEq)]
pub struct OpinionDesk {
    pub state: OutboundState,
    /// Who has it; empty once it is signed or given up.
    pub holder: String,
    /// It lies with the person at the desk.
    pub holds: bool,
    /// The newest version of its file.
    pub version: u32,
    /// Oldest first, each with the names of its giver and of whom it went to.
    pub opinions: Vec<(GivenOpinion, String, String)>,
    pub comments: Vec<CommentLook>,
    /// Where the person may send it, with what that is and who may have it then.
    pub ways: Vec<Way>,
}

/// A comment where it is shown.
#[derive(Debug, Clone, PartialEq)]
pub struct CommentLook {
    pub kept: KeptComment,
    /// The name of its writer.
    pub by: String,
    /// Names of those who answered.
    pub answered_by: Vec<String>,
    /// Page from 0 and place in points from its top left as shown; `None` where it speaks of
    /// the whole, or of another version.
    pub at: Option<(u32, Rect)>,
    pub may_settle: bool,
}

/// One way on for a draft.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub decision: Decision,
    pub to: OutboundState,
    /// Who may be named; empty where nobody is.
    pub people: Vec<UserInfo>,
}

impl Office {
    /// What the person at the desk sees of a draft, and may do with it.
    pub fn opinion_desk(&self, key: DocumentKey) -> Result<OpinionDesk, Problem> {
        let document = self.outbound_document(key)?;
        let version = self.versions(key)?.last().map_or(0, |version| version.number);
        let holder = self.draft_holder(key)?;
        let holds = self.holds(&document)?;
        let name = |user: &str| match user {
            "" => String::new(),
            user => self.display_name(user),
        };
        let opinions = self.opinions(key)?.into_iter().map(|given| {
            let (by, to) = (name(&given.user), name(&given.opinion.to));
            (given, by, to)
        });
        let mut comments = Vec::new();
        for kept in self.comments(key)? {
            let at = match kept.comment.anchor.filter(|_| kept.comment.version == version) {
                Some(anchor) => self.as_shown(key, &anchor)?,
                None => None,
            };
            comments.push(CommentLook {
                by: name(&kept.user),
                answered_by: kept.replies.iter().map(|reply| name(&reply.user)).collect(),
                at,
                may_settle: act_in(document.state).is_some()
                    && self.may_settle(&document, &kept)?,
                kept,
            });
        }
        Ok(OpinionDesk {
            state: document.state,
            holder: holder.map(|holder| self.holder_name(&holder)).unwrap_or_default(),
            holds,
            version,
            opinions: opinions.collect(),
            comments,
            ways: self.ways(&document, holds)?,
        })
    }

    /// Comments on a place of the page as it is shown: points from its top left.
    pub fn comment_shown(
        &self,
        key: DocumentKey,
        at: Option<(u32, Rect)>,
        text: &str,
    ) -> Result<Uuid, Problem> {
        let anchor = match at {
            Some((page, rect)) => {
                let document = self.renderer()?.open(self.main_file(key)?)?;
                let Rect { x, y, width, height } = document.geometry(page)?.to_user(rect);
                Some(Anchor { page, x, y, width, height })
            }
            None => None,
        };
        self.comment(key, NewComment { anchor, text: text.to_owned() })
    }

    fn as_shown(&self, key: DocumentKey, anchor: &Anchor) -> Result<Option<(u32, Rect)>, Problem> {
        let Anchor { page, x, y, width, height } = *anchor;
        let document = self.renderer()?.open(self.main_file(key)?)?;
        Ok(match document.geometry(page) {
            Ok(geometry) => Some((page, geometry.to_shown(Rect { x, y, width, height }))),
            Err(_) => None,
        })
    }

    /// Where a draft may go from here: on, back, or to a colleague; what leads on first.
    fn ways(
        &self,
        document: &crate::domain::outbound::OutboundDocument,
        holds: bool,
    ) -> Result<Vec<Way>, Problem> {
        use OutboundState::{Draft, InFormatCheck, InReview, ToSign};
        let from = document.state;
        let Some(act) = act_in(from) else { return Ok(Vec::new()) };
        let own = document.drafted_by == self.session().user;
        let mut ways = Vec::new();
        if self.may(act) && (holds || from == Draft) {
            for to in [InReview, InFormatCheck, ToSign, Draft] {
                if from.may_become(to) {
                    let decision = Decision::of(from, to, false);
                    let people = if to == Draft { Vec::new() } else { self.who_may_take(to)? };
                    ways.push(Way { decision, to, people });
                }
            }
            let me = &self.session().user;
            let mut people = self.who_may_take(from)?;
            people.retain(|user| user.user != *me);
            if !people.is_empty() {
                ways.push(Way { decision: Decision::HandOn, to: from, people });
            }
        } else if own && from.may_become(Draft) {
            let decision = Decision::TakeBack;
            ways.push(Way { decision, to: Draft, people: Vec::new() });
        }
        Ok(ways)
    }
}
