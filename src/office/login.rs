//! Beginning an office, opening it, and the people in it.

use std::path::Path;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, OnceLock};

use super::hand::Line;
use super::{Inner, Office, OfficeError, Session, UserInfo};
use crate::domain::agency::Agency;
use crate::domain::operation::Change;
use crate::domain::problem::Problem;
use crate::domain::role::{Act, Role};
use crate::domain::text;
use crate::pki::fetch::{CachedFetch, HttpFetch};
use crate::rules::Profile;
use crate::store::{Actor, Store, StoreError};
use crate::token::Pin;

/// What begins an office: its agency, the rules, and the first person.
#[derive(Debug, Clone)]
pub struct Founding {
    pub agency: Agency,
    /// Name of the regulation profile.
    pub profile: String,
    pub user: String,
    pub display_name: String,
    pub roles: Vec<Role>,
}

impl Office {
    /// Begins an office in `data_dir`, which must not hold one yet.
    pub fn found(data_dir: &Path, founding: Founding, password: &Pin) -> Result<Self, Problem> {
        Profile::built_in(&founding.profile)?;
        let user = user_name(&founding.user)?;
        not_empty(password)?;
        let store = match Store::create(data_dir, &user, password) {
            // A founding that a power cut or a full disk ended before its first operation is
            // taken up again by whoever began it.
            Err(StoreError::AlreadyExists) => Store::open(data_dir, &user, password)
                .ok()
                .filter(|store| matches!(store.office(), Ok(None)))
                .ok_or(StoreError::AlreadyExists)?,
            created => created?,
        };
        let actor = Actor { user: user.clone(), role: Some(Role::Administrator) };
        store.write(&actor, {
            let user = user.clone();
            move |writer| {
                writer.append(Change::OfficeOpened {
                    agency: founding.agency.clone(),
                    profile: founding.profile,
                })?;
                writer.append(Change::AgencyPut { agency: founding.agency })?;
                writer.append(Change::UserAdded {
                    display_name: display_name(&founding.display_name, &user),
                    user,
                    roles: founding.roles,
                })?;
                Ok::<(), Problem>(())
            }
        })?;
        Self::enter(data_dir, store, &user)
    }

    /// Opens the office in `data_dir`. Refuses a wrong password, a disabled user, a newer
    /// database and a folder that another program has open.
    pub fn open(data_dir: &Path, user: &str, password: &Pin) -> Result<Self, Problem> {
        let user = text::tidy(user);
        let store = Store::open(data_dir, &user, password)?;
        let office = Self::enter(data_dir, store, &user)?;
        super::convert::sweep(data_dir);
        // The office opens all the same: what stays is not lost.
        if let Err(problem) = office.take_what_was_left() {
            tracing::error!(%problem, "what an earlier run left was not taken");
        }
        Ok(office)
    }

    fn enter(data_dir: &Path, store: Store, user: &str) -> Result<Self, Problem> {
        let known = store
            .user(user)?
            .filter(|known| !known.disabled)
            .ok_or_else(|| OfficeError::NoSuchUser(user.to_owned()))?;
        let (agency, profile) = store.office()?.ok_or(OfficeError::BadSetting("office"))?;
        let session = Session {
            user: known.name,
            display_name: known.display_name,
            roles: known.roles,
            agency,
        };
        Ok(Self(Arc::new(Inner {
            store,
            session,
            profile: Profile::built_in(&profile)?,
            data_dir: data_dir.to_owned(),
            renderer: OnceLock::new(),
            fetch: CachedFetch::new(HttpFetch::default()),
            line: Line::default(),
            taking: Mutex::new(()),
            exchanging: Mutex::new(()),
            exchanged_with: Mutex::new(None),
            lines: AtomicU64::new(0),
            looks: Mutex::default(),
        })))
    }

    pub fn users(&self) -> Result<Vec<UserInfo>, Problem> {
        let users = self.store().users()?;
        Ok(users
            .into_iter()
            .map(|user| UserInfo {
                user: user.name,
                display_name: user.display_name,
                roles: user.roles,
                disabled: user.disabled,
            })
            .collect())
    }

    /// Adds a user with a password of their own.
    pub fn add_user(
        &self,
        user: &str,
        display: &str,
        roles: &[Role],
        password: &Pin,
    ) -> Result<(), Problem> {
        let actor = self.actor(Act::ManageUsers)?;
        let user = user_name(user)?;
        if roles.is_empty() {
            return Err(OfficeError::FieldInvalid("roles").into());
        }
        if self.store().user(&user)?.is_some() {
            return Err(OfficeError::UserExists(user).into());
        }
        not_empty(password)?;
        // The key first: a user without a key could not log in, a key without a user neither,
        // but only the latter can be repaired by adding the user again.
        match self.store().add_key(&user, password) {
            Err(StoreError::KeyExists) => self.store().reset_password(&user, password)?,
            added => added?,
        }
        let change = Change::UserAdded {
            display_name: display_name(display, &user),
            user,
            roles: roles.to_vec(),
        };
        self.store().write(&actor, move |writer| {
            writer.append(change)?;
            Ok(())
        })
    }

    /// Locks a user out; what they did stays in the chain.
    pub fn disable_user(&self, user: &str) -> Result<(), Problem> {
        let actor = self.actor(Act::ManageUsers)?;
        let users = self.users()?;
        let Some(target) = users.iter().find(|info| info.user == user) else {
            return Err(OfficeError::NoSuchUser(user.to_owned()).into());
        };
        let others = users.iter().any(|info| {
            info.user != user && !info.disabled && info.roles.contains(&Role::Administrator)
        });
        if target.roles.contains(&Role::Administrator) && !others {
            return Err(OfficeError::LastAdministrator.into());
        }
        let change = Change::UserDisabled { user: user.to_owned() };
        self.store().write(&actor, move |writer| {
            writer.append(change)?;
            Ok::<(), Problem>(())
        })?;
        self.store().remove_key(user)?;
        Ok(())
    }

    /// Changes one's own password.
    pub fn change_password(&self, old: &Pin, new: &Pin) -> Result<(), Problem> {
        not_empty(new)?;
        Ok(self.store().change_password(&self.session().user, old, new)?)
    }
}

/// The password keeps the database's key; none at all would keep nothing.
fn not_empty(password: &Pin) -> Result<(), OfficeError> {
    if password.reveal().trim().is_empty() {
        return Err(OfficeError::FieldInvalid("password"));
    }
    Ok(())
}

fn user_name(user: &str) -> Result<String, OfficeError> {
    let user = text::tidy(user);
    let fits = (1..=40).contains(&user.chars().count())
        && user.chars().all(|c| c.is_alphanumeric() || "._-".contains(c));
    if fits { Ok(user) } else { Err(OfficeError::FieldInvalid("user")) }
}

fn display_name(display: &str, user: &str) -> String {
    let display = text::tidy(display);
    if display.is_empty() { user.to_owned() } else { display }
}
