//! The office itself and the people who work in it.

use rusqlite::{Connection, OptionalExtension, Row, params};

use super::agency;
use super::error::StoreError;
use super::row;
use super::view::View;
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::operation::Operation;
use crate::domain::role::Role;

/// A person of the office.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserRow {
    pub name: String,
    pub display_name: String,
    pub roles: Vec<Role>,
    pub disabled: bool,
}

impl View<'_> {
    pub fn users(&self) -> Result<Vec<UserRow>, StoreError> {
        self.connection
            .prepare_cached("SELECT name, display_name, roles, disabled FROM user ORDER BY name")?
            .query_and_then([], from_row)?
            .collect()
    }

    pub fn user(&self, name: &str) -> Result<Option<UserRow>, StoreError> {
        self.connection
            .prepare_cached("SELECT name, display_name, roles, disabled FROM user WHERE name = ?1")?
            .query_and_then([name], from_row)?
            .next()
            .transpose()
    }

    pub fn office(&self) -> Result<Option<(Agency, String)>, StoreError> {
        let row: Option<(String, String)> = self
            .connection
            .prepare_cached("SELECT agency, profile FROM office")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let Some((code, profile)) = row else { return Ok(None) };
        let code: AgencyCode = row::from_word(code)?;
        let agency = self
            .agency(&code)?
            .ok_or_else(|| StoreError::damaged("database", "our own agency is missing"))?;
        Ok(Some((agency, profile)))
    }
}

fn from_row(row: &Row<'_>) -> Result<UserRow, StoreError> {
    Ok(UserRow {
        name: row.get(0)?,
        display_name: row.get(1)?,
        roles: row::from_json(&row.get::<_, String>(2)?)?,
        disabled: row.get(3)?,
    })
}

pub(super) fn office_opened(
    connection: &Connection,
    operation: &Operation,
    agency: &Agency,
    profile: &str,
) -> Result<(), StoreError> {
    let opened = connection
        .prepare_cached("INSERT INTO office VALUES (1, ?1, ?2) ON CONFLICT DO NOTHING")?
        .execute(params![agency.code.as_str(), profile])?;
    if opened == 0 {
        return Err(StoreError::conflict("the office is open already"));
    }
    agency::put(connection, operation, agency)
}

pub(super) fn profile_chosen(connection: &Connection, profile: &str) -> Result<(), StoreError> {
    let changed =
        connection.prepare_cached("UPDATE office SET profile = ?1")?.execute([profile])?;
    exactly_one(changed, || "no office is open yet".to_owned())
}

pub(super) fn added(
    connection: &Connection,
    user: &str,
    display_name: &str,
    roles: &[Role],
) -> Result<(), StoreError> {
    let added = connection
        .prepare_cached(
            "INSERT INTO user (name, display_name, roles) VALUES (?1, ?2, ?3)
             ON CONFLICT DO NOTHING",
        )?
        .execute(params![user, display_name, row::json(&roles)?])?;
    exactly_one(added, || format!("the user {user} exists"))
}

pub(super) fn roles_set(
    connection: &Connection,
    user: &str,
    roles: &[Role],
) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached("UPDATE user SET roles = ?2 WHERE name = ?1")?
        .execute(params![user, row::json(&roles)?])?;
    exactly_one(changed, || format!("there is no user {user}"))
}

pub(super) fn disabled(connection: &Connection, user: &str) -> Result<(), StoreError> {
    let changed = connection
        .prepare_cached("UPDATE user SET disabled = 1 WHERE name = ?1 AND disabled = 0")?
        .execute([user])?;
    exactly_one(changed, || format!("there is no active user {user}"))
}

/// A statement that must have touched one row, else `why` it is a conflict.
pub(super) fn exactly_one(changed: usize, why: impl FnOnce() -> String) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict(why())) }
}
