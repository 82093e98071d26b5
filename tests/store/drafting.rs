//! Opinions, comments and what is filled in beforehand, for the replay of random days.

use uuid::Uuid;
use vanthu::domain::document::DocumentKey;
use vanthu::domain::operation::Change;
use vanthu::domain::opinion::{Anchor, Comment, Decision, Opinion};
use vanthu::domain::outbound::OutboundState;
use vanthu::domain::template::{DraftTemplate, RecipientGroup};
use vanthu::store::{DraftFilter, Store, StoreError};

use crate::fixture::*;

/// Moves a draft, or leaves it in its place, with the opinion behind it: both or neither.
pub fn opine(
    store: &Store,
    key: Option<DocumentKey>,
    to: OutboundState,
    named: bool,
    words: String,
) -> Result<(), StoreError> {
    let Some(key) = key else { return Ok(()) };
    let from = store.outbound(&key)?.unwrap().state;
    let before = store.opinions(&key)?.len();
    let opinion = Opinion {
        decision: if from == to { Decision::HandOn } else { Decision::of(from, to, false) },
        state: from,
        version: 1,
        note: words.clone(),
        to: if named { "an".to_owned() } else { String::new() },
    };
    let given = store.write(&clerk(), move |writer| {
        if from != to {
            writer.append(Change::OutboundMoved { key, from, to, reason: words })?;
        }
        writer.append(Change::OpinionGiven { key, opinion })
    });
    let after = store.opinions(&key)?.len();
    assert_eq!(after, before + usize::from(given.is_ok()));
    if given.is_ok()
        && let Some(holder) = store.draft_holder(&key)?
    {
        assert_eq!(holder.state, to);
        let lies_with = |user: &str| -> Result<bool, StoreError> {
            let filter = DraftFilter {
                user: user.to_owned(),
                states: vec![OutboundState::InReview],
                ..DraftFilter::default()
            };
            let listed = store.drafts_for(&filter, None, 1000)?;
            assert_eq!(listed.len() as u64, store.draft_count_for(&filter)?);
            assert!(listed.iter().all(|document| document.holder().is_some()));
            Ok(listed.iter().any(|document| document.key == key))
        };
        let anybody = holder.user.is_empty() && to == OutboundState::InReview;
        assert_eq!(lies_with("an")?, holder.user == "an" || anybody);
        assert_eq!(lies_with("nobody")?, anybody);
    }
    given.map(drop)
}

pub fn comment(
    store: &Store,
    key: Option<DocumentKey>,
    how: u8,
    nowhere: bool,
    words: String,
) -> Result<(), StoreError> {
    let Some(key) = key else { return Ok(()) };
    let known = store.comments(&key)?;
    let change = match (how, known.last()) {
        (0 | 1, _) | (_, None) => {
            let anchor = (how == 1).then_some(Anchor {
                page: 0,
                x: 1.5,
                y: 0.1,
                width: 10.0,
                height: if nowhere { f32::NAN } else { 2.0 },
            });
            let id = Uuid::now_v7();
            let comment = Comment { id, version: 1, anchor, quoted: String::new(), text: words };
            Change::CommentMade { key, comment }
        }
        (how, Some(last)) => {
            let (comment, settles) = (last.comment.id, (how == 2).then_some(true));
            Change::CommentAnswered { key, comment, text: words, settles }
        }
    };
    append(store, change)?;
    let now = store.comments(&key)?;
    assert!(how != 2 || known.is_empty() || !now[now.len() - 1].is_open());
    Ok(())
}

pub fn prefill(how: u8, words: String) -> Change {
    match how {
        0 => {
            let template = DraftTemplate { type_key: "QĐ".to_owned(), fields: metadata(&words) };
            Change::TemplatePut { template: Box::new(template) }
        }
        1 => Change::TemplateDropped { type_key: "QĐ".to_owned() },
        2 => {
            let members = vec![agency("000.00.00.H30")];
            Change::RecipientGroupPut { group: RecipientGroup { name: words, members } }
        }
        _ => Change::RecipientGroupDropped { name: words },
    }
}
