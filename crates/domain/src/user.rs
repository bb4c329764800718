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
    /// The language of their pages.
    pub lang: Lang,
    /// Whether their pages use large text.
    pub large_text: bool,
    /// Since when.
    pub created: Timestamp,
    /// Until when; `None` while the account is open.
    pub ended: Option<Timestamp>,
}
