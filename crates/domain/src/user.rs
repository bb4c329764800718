//! A person who uses the system.

use crate::role::{Lang, Role};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of a person; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a unit (部门/单位) of the zone; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UnitId(pub i64);

impl fmt::Display for UnitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A unit: a department of the zone's administration, or a platform company.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// Number.
    pub id: UnitId,
    /// What pages call it; unique over all units, ended ones too.
    pub name: String,
    /// Since when.
    pub created: Timestamp,
    /// Until when; `None` while it is open.
    pub ended: Option<Timestamp>,
}

/// A person, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Number.
    pub id: UserId,
    /// What they sign in with; unique over all people, ended ones too.
    pub login: String,
    /// What pages call them.
    pub name: String,
    /// What they may do.
    pub role: Role,
    /// The unit they belong to.
    pub unit: Option<UnitId>,
    /// Whether the role holds. While duties are separated (三员分立) a new account waits for the security administrator.
    pub confirmed: bool,
    /// The language of their pages.
    pub lang: Lang,
    /// Whether their pages use large text.
    pub large_text: bool,
    /// Since when.
    pub created: Timestamp,
    /// Until when; `None` while the account is open.
    pub ended: Option<Timestamp>,
}
