//! Who may do what.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 13 and 14: the drafter drafts, the format checker
//! checks, the leader signs with the personal certificate, and only the clerk seals and
//! issues. Nghị định 30/2020/NĐ-CP Điều 32: the clerk personally signs with the
//! organisation's key, and only what the competent person has signed.

use serde::{Deserialize, Serialize};

/// What a person is in the office; one person may be several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Clerk,
    Leader,
    Drafter,
    FormatChecker,
    Archivist,
    Administrator,
}

impl Role {
    pub const ALL: [Self; 6] = [
        Self::Clerk,
        Self::Leader,
        Self::Drafter,
        Self::FormatChecker,
        Self::Archivist,
        Self::Administrator,
    ];

    /// The name on the command line.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Clerk => "clerk",
            Self::Leader => "leader",
            Self::Drafter => "drafter",
            Self::FormatChecker => "format-checker",
            Self::Archivist => "archivist",
            Self::Administrator => "administrator",
        }
    }

    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.key() == key)
    }
}

/// Something that the office allows some and not others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Act {
    ViewQueues,
    ReceiveInbound,
    RegisterInbound,
    ReturnInbound,
    AssignInbound,
    CompleteInbound,
    Draft,
    ReviewContent,
    CheckFormat,
    SignPersonally,
    Seal,
    Issue,
    Recall,
    Sync,
    ManageRecords,
    ManageUsers,
    ManageAgencies,
    VerifyAudit,
    /// Looking at the bytes of a cancelled document.
    OpenSealed,
}

impl Act {
    pub const ALL: [Self; 19] = [
        Self::ViewQueues,
        Self::ReceiveInbound,
        Self::RegisterInbound,
        Self::ReturnInbound,
        Self::AssignInbound,
        Self::CompleteInbound,
        Self::Draft,
        Self::ReviewContent,
        Self::CheckFormat,
        Self::SignPersonally,
        Self::Seal,
        Self::Issue,
        Self::Recall,
        Self::Sync,
        Self::ManageRecords,
        Self::ManageUsers,
        Self::ManageAgencies,
        Self::VerifyAudit,
        Self::OpenSealed,
    ];

    /// The name in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::ViewQueues => "view-queues",
            Self::ReceiveInbound => "receive-inbound",
            Self::RegisterInbound => "register-inbound",
            Self::ReturnInbound => "return-inbound",
            Self::AssignInbound => "assign-inbound",
            Self::CompleteInbound => "complete-inbound",
            Self::Draft => "draft",
            Self::ReviewContent => "review-content",
            Self::CheckFormat => "check-format",
            Self::SignPersonally => "sign-personally",
            Self::Seal => "seal",
            Self::Issue => "issue",
            Self::Recall => "recall",
            Self::Sync => "sync",
            Self::ManageRecords => "manage-records",
            Self::ManageUsers => "manage-users",
            Self::ManageAgencies => "manage-agencies",
            Self::VerifyAudit => "verify-audit",
            Self::OpenSealed => "open-sealed",
        }
    }
}

/// Whether `role` alone permits `act`.
pub const fn permits(role: Role, act: Act) -> bool {
    match act {
        Act::ViewQueues => true,
        Act::ReceiveInbound
        | Act::RegisterInbound
        | Act::ReturnInbound
        | Act::Seal
        | Act::Issue
        | Act::Sync => matches!(role, Role::Clerk),
        Act::Recall => matches!(role, Role::Clerk | Role::Leader),
        Act::AssignInbound => matches!(role, Role::Clerk | Role::Leader),
        Act::CompleteInbound => matches!(role, Role::Clerk | Role::Leader | Role::Drafter),
        Act::Draft => matches!(role, Role::Clerk | Role::Drafter | Role::Leader),
        Act::ReviewContent | Act::SignPersonally => matches!(role, Role::Leader),
        Act::CheckFormat => matches!(role, Role::FormatChecker | Role::Clerk),
        Act::ManageRecords => matches!(role, Role::Clerk | Role::Archivist),
        Act::ManageUsers | Act::ManageAgencies => matches!(role, Role::Administrator),
        Act::OpenSealed => matches!(role, Role::Administrator | Role::Archivist),
        Act::VerifyAudit => {
            matches!(role, Role::Administrator | Role::Archivist | Role::Clerk | Role::Leader)
        }
    }
}

/// The first of `roles` that permits `act`: the role under which the deed is recorded.
pub fn acting_role(roles: &[Role], act: Act) -> Option<Role> {
    roles.iter().copied().find(|role| permits(*role, act))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_clerks_seal_and_only_leaders_sign() {
        for role in Role::ALL {
            assert_eq!(permits(role, Act::Seal), role == Role::Clerk);
            assert_eq!(permits(role, Act::SignPersonally), role == Role::Leader);
        }
    }

    #[test]
    fn every_act_has_somebody() {
        for act in Act::ALL {
            assert!(Role::ALL.iter().any(|role| permits(*role, act)), "{act:?}");
        }
    }

    #[test]
    fn the_acting_role_is_one_that_permits() {
        let roles = [Role::Administrator, Role::Clerk];
        assert_eq!(acting_role(&roles, Act::Seal), Some(Role::Clerk));
        assert_eq!(acting_role(&[Role::Leader], Act::Seal), None);
    }
}
