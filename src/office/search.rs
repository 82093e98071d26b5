//! Search, and searches that are kept: what was found, where, and under which name it is
//! looked for again.
//!
//! The index knows no text any more (it is a third of the size that way). Where something was
//! found is looked for in the text itself, and only in that of the documents that a list is
//! about to show: a page of a hundred takes some milliseconds.

use super::{Office, OfficeError};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::domain::query::{Field, Query, Snippet, Term, snippet};
use crate::domain::role::Act;
use crate::domain::text::tidy;
use crate::store::Found;

pub use crate::store::SavedFilter;

/// The longest name of a kept search, in characters.
pub const LONGEST_NAME: usize = 40;
/// Kept searches of one person; more is no help to find anything.
pub const MOST_FILTERS: usize = 50;

impl Office {
    /// The newest documents of both directions that the words find.
    pub fn search(&self, words: &str, limit: u32) -> Result<Vec<Found>, Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().search(words, limit)?)
    }

    /// For each document, the piece of its text where the words were found, if they stand in
    /// its text. What stands in its fields is marked where the fields are shown.
    pub fn snippets(
        &self,
        keys: &[DocumentKey],
        words: &str,
    ) -> Result<Vec<(DocumentKey, Snippet)>, Problem> {
        self.actor(Act::ViewQueues)?;
        let query = Query::parse(words);
        let terms: Vec<&Term> = query.marked_in(&[Field::Any]);
        if terms.is_empty() {
            return Ok(Vec::new());
        }
        self.store().view(|view| {
            let mut found = Vec::new();
            for key in keys {
                let text = view.text_of(key)?.unwrap_or_default();
                found.extend(snippet(&text, &terms).map(|snippet| (*key, snippet)));
            }
            Ok(found)
        })
    }

    /// The searches that this person keeps, by their names.
    pub fn saved_filters(&self) -> Result<Vec<SavedFilter>, Problem> {
        self.actor(Act::ViewQueues)?;
        let mut filters = self.store().saved_filters(&self.session().user)?;
        filters.sort_by_key(|filter| crate::domain::text::fold(&filter.name));
        Ok(filters)
    }

    /// Keeps a search under its name; one of the same name is replaced.
    pub fn save_filter(&self, filter: &SavedFilter) -> Result<(), Problem> {
        self.actor(Act::ViewQueues)?;
        let mut filter = filter.clone();
        filter.name = name_given(&filter.name)?;
        let kept = self.saved_filters()?;
        if kept.len() >= MOST_FILTERS && kept.iter().all(|one| one.name != filter.name) {
            return Err(OfficeError::TooManyFilters(MOST_FILTERS).into());
        }
        Ok(self.store().save_filter(&self.session().user, &filter)?)
    }

    pub fn rename_filter(&self, name: &str, to: &str) -> Result<(), Problem> {
        self.actor(Act::ViewQueues)?;
        let to = name_given(to)?;
        if to == name {
            return Ok(());
        }
        if self.saved_filters()?.iter().any(|filter| filter.name == to) {
            return Err(OfficeError::FilterExists(to).into());
        }
        Ok(self.store().rename_filter(&self.session().user, name, &to)?)
    }

    pub fn forget_filter(&self, name: &str) -> Result<(), Problem> {
        self.actor(Act::ViewQueues)?;
        Ok(self.store().forget_filter(&self.session().user, name)?)
    }
}

fn name_given(name: &str) -> Result<String, Problem> {
    let name = tidy(name);
    if name.is_empty() || name.chars().count() > LONGEST_NAME {
        return Err(OfficeError::FieldInvalid("name").into());
    }
    Ok(name)
}
