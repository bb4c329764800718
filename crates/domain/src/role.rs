//! Who may do what: four roles and one permission table.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a person is in the zone; it decides what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 管理员: people, settings, everything.
    Administrator,
    /// 招商局长 / 管委会领导: settings, weights, chains and the journal.
    Director,
    /// 招商专员: imports, targets, refusals, exports.
    Officer,
    /// 审计: reads everything, the journal too, and changes nothing.
    Auditor,
}

/// What a person may be about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// See pages.
    View,
    /// Load company lists and resident lists, and map their columns.
    Import,
    /// Change what the zone is: its name, region, reference, footprints.
    EditSettings,
    /// Change how targets are weighed.
    EditWeights,
    /// Upload, enable and disable chain files; name chain leaders.
    EditChains,
    /// Record "not again" for a target.
    Refuse,
    /// Take lists out as files.
    Export,
    /// Add people, change their roles, end their accounts.
    ManageUsers,
    /// Read and verify the journal.
    ReadJournal,
}

/// Whether `role` may do `action`. This table is the only place that decides it.
#[must_use]
pub fn may(role: Role, action: Action) -> bool {
    use Action::{
        EditChains, EditSettings, EditWeights, Export, Import, ManageUsers, ReadJournal, Refuse, View,
    };
    match role {
        Role::Administrator => true,
        Role::Director => match action {
            View | Import | EditSettings | EditWeights | EditChains | Refuse | Export | ReadJournal => true,
            ManageUsers => false,
        },
        Role::Officer => match action {
            View | Import | Refuse | Export => true,
            EditSettings | EditWeights | EditChains | ManageUsers | ReadJournal => false,
        },
        Role::Auditor => match action {
            View | Export | ReadJournal => true,
            Import | EditSettings | EditWeights | EditChains | Refuse | ManageUsers => false,
        },
    }
}

impl Role {
    /// Every role, in the order a page lists them.
    pub const ALL: [Role; 4] = [Role::Administrator, Role::Director, Role::Officer, Role::Auditor];

    /// The stable word that files, forms and the database hold.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Director => "director",
            Role::Officer => "officer",
            Role::Auditor => "auditor",
        }
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 9] = [
        Action::View,
        Action::Import,
        Action::EditSettings,
        Action::EditWeights,
        Action::EditChains,
        Action::Refuse,
        Action::Export,
        Action::ManageUsers,
        Action::ReadJournal,
    ];
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;
    /// # Errors
    /// A word that is no role, naming those that are.
    fn from_str(s: &str) -> Result<Role, String> {
        Role::ALL
            .into_iter()
            .find(|r| r.as_str() == s)
            .ok_or_else(|| format!("`{s}` is no role; use administrator, director, officer or auditor"))
    }
}

/// The language a person reads the pages in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lang {
    /// 中文
    #[default]
    Zh,
    /// English
    En,
}

impl Lang {
    /// `zh` or `en`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Lang::Zh => "zh",
            Lang::En => "en",
        }
    }

    /// The text in this language.
    #[must_use]
    pub fn t<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The `lang` attribute of a page.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.t("zh-CN", "en")
    }

    /// The language of a cookie or form value; anything unknown is Chinese.
    #[must_use]
    pub fn from_code(code: &str) -> Lang {
        if code == "en" { Lang::En } else { Lang::Zh }
    }
}

impl FromStr for Lang {
    type Err = String;
    /// # Errors
    /// Anything but `zh` and `en`.
    fn from_str(s: &str) -> Result<Lang, String> {
        match s {
            "zh" => Ok(Lang::Zh),
            "en" => Ok(Lang::En),
            _ => Err(format!("`{s}` is no language; use zh or en")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_may_exactly_what_the_table_says() {
        let count = |role| Action::ALL.into_iter().filter(|&a| may(role, a)).count();
        assert_eq!(Role::ALL.map(count), [9, 8, 4, 3]);
        let changes = [
            Action::Import,
            Action::EditSettings,
            Action::EditWeights,
            Action::EditChains,
            Action::Refuse,
            Action::ManageUsers,
        ];
        assert!(changes.into_iter().all(|a| !may(Role::Auditor, a)), "an auditor changes nothing");
        assert!(Role::ALL.into_iter().all(|r| may(r, Action::View)));
        assert!(!may(Role::Officer, Action::ReadJournal));
        assert_eq!(Role::ALL.into_iter().filter(|&r| may(r, Action::ManageUsers)).count(), 1);
    }

    #[test]
    fn words_read_back() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        assert!("root".parse::<Role>().unwrap_err().contains("`root`"));
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(lang.as_str().parse(), Ok(lang));
        }
        assert!("fr".parse::<Lang>().is_err());
    }
}
