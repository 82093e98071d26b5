//! Comments on a draft: made at a place of a page, answered, settled.

use uuid::Uuid;

use crate::domain::document::DocumentKey;
use crate::domain::operation::Change;
use crate::domain::opinion::{Anchor, Comment, KeptComment};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::office::draft::DraftError;
use crate::office::{Office, OfficeError};
use crate::pdf::Rect;
use crate::pdf::structure::Source;

/// Characters of a comment; more is an opinion of its own.
const LONGEST: usize = 2000;
/// Characters that are quoted of the page.
const LONGEST_QUOTE: usize = 300;

/// A comment as it is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct NewComment {
    /// Where on the present version; `None` for the whole document.
    pub anchor: Option<Anchor>,
    pub text: String,
}

impl Office {
    /// Comments on the present version of a draft. What the page says at the place is quoted.
    pub fn comment(&self, key: DocumentKey, new: NewComment) -> Result<Uuid, Problem> {
        let document = self.outbound_document(key)?;
        let actor = self.opinion_actor(document.state)?;
        let text = text::compose(new.text.trim());
        if text.is_empty() || text.chars().count() > LONGEST {
            return Err(DraftError::CommentEmpty.into());
        }
        let quoted = match &new.anchor {
            Some(anchor) => self.quoted(key, anchor)?,
            None => String::new(),
        };
        let (id, anchor, state) = (Uuid::now_v7(), new.anchor, document.state);
        self.store().write(&actor, move |writer| {
            let now = writer.outbound(&key)?.ok_or_else(|| Self::missing(key))?;
            if now.state != state {
                return Err(Self::wrong_state(now.state));
            }
            // The place was found on this version and on no other.
            if now.files != document.files {
                return Err(DraftError::OtherVersion.into());
            }
            let version = writer.newest_version(&key)?;
            let comment = Comment { id, version, anchor, quoted, text };
            writer.append(Change::CommentMade { key, comment })?;
            Ok(id)
        })
    }

    /// Answers a comment; `settles` says that it is settled, or opens it again.
    pub fn answer_comment(
        &self,
        key: DocumentKey,
        comment: Uuid,
        answer: &str,
        settles: Option<bool>,
    ) -> Result<(), Problem> {
        let document = self.outbound_document(key)?;
        let actor = self.opinion_actor(document.state)?;
        let known = self.store().comments(&key)?.into_iter().find(|one| one.comment.id == comment);
        let known = known.ok_or_else(|| DraftError::NoSuchComment(comment.to_string()))?;
        let answer = text::compose(answer.trim());
        if (answer.is_empty() && settles.is_none()) || answer.chars().count() > LONGEST {
            return Err(DraftError::CommentEmpty.into());
        }
        if settles.is_some() && !self.may_settle(&document, &known)? {
            return Err(DraftError::NotYoursToSettle.into());
        }
        self.store().write(&actor, move |writer| {
            writer.append(Change::CommentAnswered { key, comment, text: answer, settles })?;
            Ok(())
        })
    }

    /// All comments on a document, oldest first.
    pub fn comments(&self, key: DocumentKey) -> Result<Vec<KeptComment>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().comments(&key)?)
    }

    /// Whether the person may say that a comment is settled: its writer, and whoever has the
    /// draft and did not draft it.
    pub fn may_settle(
        &self,
        document: &crate::domain::outbound::OutboundDocument,
        comment: &KeptComment,
    ) -> Result<bool, Problem> {
        let user = &self.session().user;
        Ok(comment.user == *user || (document.drafted_by != *user && self.holds(document)?))
    }

    /// How many comments of the person at the desk are open.
    pub(super) fn own_open_comments(&self, key: DocumentKey) -> Result<usize, Problem> {
        let user = &self.session().user;
        let comments = self.store().comments(&key)?;
        Ok(comments.iter().filter(|one| one.user == *user && one.is_open()).count())
    }

    /// What the page says within an anchor; refuses a place that is on no page.
    fn quoted(&self, key: DocumentKey, anchor: &Anchor) -> Result<String, Problem> {
        if !anchor.is_sound() {
            return Err(OfficeError::FieldInvalid("anchor").into());
        }
        let pdf = self.main_file(key)?;
        if anchor.page >= Source::parse(pdf.clone())?.page_count()? {
            return Err(DraftError::NoSuchPage(anchor.page.saturating_add(1)).into());
        }
        let document = self.renderer()?.open(pdf)?;
        let place = Rect { x: anchor.x, y: anchor.y, width: anchor.width, height: anchor.height };
        let inside = |rect: &Rect| {
            let shared = place.intersection(rect).map_or(0.0, |both| both.area());
            shared > 0.5 * rect.area()
        };
        let mut quoted = String::new();
        for line in document.text(anchor.page)?.lines() {
            let mut glyphs = line.glyphs.iter();
            let mut words = String::new();
            for c in line.text.chars() {
                match c.is_whitespace() {
                    true => words.push(' '),
                    false if glyphs.next().is_some_and(|glyph| inside(&glyph.rect)) => {
                        words.push(c);
                    }
                    false => {}
                }
            }
            quoted.push_str(words.trim());
            quoted.push(' ');
        }
        Ok(text::tidy(&quoted).chars().take(LONGEST_QUOTE).collect())
    }
}
