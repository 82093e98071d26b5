//! Templates of drafts, groups of recipients, and the forms that are being filled in.
//!
//! A form is what one person at one desk has typed so far: no document, no operation. It is
//! kept in the encrypted database so that a power cut costs nobody what they wrote.

use jiff::Timestamp;
use rusqlite::{Connection, params};

use super::Store;
use super::error::StoreError;
use super::row;
use super::view::View;
use crate::domain::template::{DraftTemplate, RecipientGroup};

/// A form that was not handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptForm {
    /// Which form: the face that filled it in says how it names them.
    pub slot: String,
    pub at: Timestamp,
    /// What was typed, as that face wrote it.
    pub body: String,
}

impl View<'_> {
    pub fn draft_templates(&self) -> Result<Vec<DraftTemplate>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM draft_template ORDER BY type_key")?
            .query_and_then([], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    pub fn draft_template(&self, type_key: &str) -> Result<Option<DraftTemplate>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM draft_template WHERE type_key = ?1")?
            .query_and_then([type_key], |row| row::from_json(&row.get::<_, String>(0)?))?
            .next()
            .transpose()
    }

    pub fn recipient_groups(&self) -> Result<Vec<RecipientGroup>, StoreError> {
        self.connection
            .prepare_cached("SELECT body FROM recipient_group ORDER BY key")?
            .query_and_then([], |row| row::from_json(&row.get::<_, String>(0)?))?
            .collect()
    }

    pub fn draft_forms(&self, user: &str) -> Result<Vec<KeptForm>, StoreError> {
        let mut forms = self
            .connection
            .prepare_cached("SELECT slot, at_millis, body FROM draft_form WHERE user = ?1")?
            .query_and_then([user], |row| {
                Ok(KeptForm {
                    slot: row.get(0)?,
                    at: Timestamp::from_millisecond(row.get(1)?)
                        .map_err(|error| StoreError::damaged("database", error))?,
                    body: row.get(2)?,
                })
            })?
            .collect::<Result<Vec<_>, StoreError>>()?;
        forms.sort_by_key(|form| std::cmp::Reverse(form.at));
        Ok(forms)
    }
}

impl Store {
    /// Keeps what `user` has typed into a form so far, in the place of what was kept of it.
    pub fn keep_draft_form(
        &self,
        user: &str,
        slot: &str,
        body: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let (user, slot, body) = (user.to_owned(), slot.to_owned(), body.to_owned());
        self.write_local(move |connection| {
            connection
                .prepare_cached("INSERT OR REPLACE INTO draft_form VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![user, slot, at.as_millisecond(), body])?;
            Ok(())
        })
    }

    /// The form was handed over, or given up.
    pub fn drop_draft_form(&self, user: &str, slot: &str) -> Result<(), StoreError> {
        let (user, slot) = (user.to_owned(), slot.to_owned());
        self.write_local(move |connection| {
            connection
                .prepare_cached("DELETE FROM draft_form WHERE user = ?1 AND slot = ?2")?
                .execute(params![user, slot])?;
            Ok(())
        })
    }
}

// Applying.

pub(super) fn put(connection: &Connection, template: &DraftTemplate) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO draft_template VALUES (?1, ?2)")?
        .execute(params![template.type_key, row::json(template)?])?;
    Ok(())
}

pub(super) fn dropped(connection: &Connection, type_key: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM draft_template WHERE type_key = ?1")?
        .execute([type_key])?;
    Ok(())
}

pub(super) fn group_put(connection: &Connection, group: &RecipientGroup) -> Result<(), StoreError> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO recipient_group VALUES (?1, ?2)")?
        .execute(params![RecipientGroup::key_of(&group.name), row::json(group)?])?;
    Ok(())
}

pub(super) fn group_dropped(connection: &Connection, name: &str) -> Result<(), StoreError> {
    connection
        .prepare_cached("DELETE FROM recipient_group WHERE key = ?1")?
        .execute([RecipientGroup::key_of(name)])?;
    Ok(())
}
