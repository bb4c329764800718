//! Who may do what: nine roles and one permission table.

pub use crate::scope::{Reading, Scope, may_record};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a person is in the zone; it decides what they may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// 系统管理员: accounts and settings; everything else too, unless duties are separated (三员分立).
    Administrator,
    /// 安全管理员: roles, scopes and access tokens.
    Security,
    /// 审计管理员: reads everything, the journal too, and changes nothing.
    Auditor,
    /// 招商局长 / 管委会领导: settles, decides, closes periods; settings, weights, chains and the journal.
    Director,
    /// 招商专员: imports, targets, leads, projects, events, exports.
    Officer,
    /// 规划 / 国土 / 平台公司: facts of land, permits and construction.
    Land,
    /// 基金 / 金融: facts of money.
    Capital,
    /// 企业服务专员: facts of projects after signing.
    Service,
    /// 部门审核 (发改, 工信, 科技, 商务, 生态环境 …): answers reviews.
    Reviewer,
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
    /// Add people, end their accounts.
    ManageUsers,
    /// Say who has which role and belongs to which unit.
    ManageRoles,
    /// Read and verify the journal.
    ReadJournal,
    /// See leads, projects, events and figures.
    ReadProjects,
    /// Register a lead, note contacts, raise a conflict, appeal.
    RegisterLead,
    /// Settle a conflict between two leads.
    SettleConflict,
    /// Record facts of a project, move it to its next stage, attach evidence.
    RecordFact,
    /// Import projects and signings from a spreadsheet.
    ImportProjects,
    /// Correct or withdraw a fact, with a reason.
    CorrectFact,
    /// Answer a review: pass it, or return it with reasons.
    Review,
    /// Record promotion meetings, visits and delegations.
    EditEvents,
    /// Close a period of reporting.
    ClosePeriod,
    /// Change definitions, gates, score tables, exchange rates and reviewers.
    EditRules,
    /// Change units, yearly targets and the formula of the assessment.
    EditTeam,
    /// See phone and identity numbers whole.
    SeeContacts,
    /// Keep the inventory of land and space, its works and bonds; hold ground for a project.
    EditLand,
    /// Draft offers, keep the ledger of promises and the inputs of appraisals.
    EditOffer,
    /// Give the opinion of the fair-competition review.
    ReviewOffer,
    /// Keep funds, shares and warrants.
    EditCapital,
    /// Publish scenarios and capabilities, and record what came of a match.
    EditScenarios,
    /// Keep profiles of companies, by which policies find them.
    EditPolicies,
    /// Publish data, agree to contracts of the data space, and use data under one.
    ShareData,
}

/// Whether `role` may do `action` while one person may hold several duties. This table is the only place that decides it.
#[must_use]
pub fn may(role: Role, action: Action) -> bool {
    use Action::{
        ClosePeriod, CorrectFact, EditCapital, EditChains, EditEvents, EditLand, EditOffer, EditPolicies,
        EditRules, EditScenarios, EditSettings, EditTeam, EditWeights, Export, Import, ImportProjects,
        ManageRoles, ReadJournal, ReadProjects, RecordFact, Refuse, RegisterLead, Review, ReviewOffer,
        SeeContacts, SettleConflict, ShareData, View,
    };
    match role {
        Role::Administrator => true,
        Role::Security => matches!(action, View | ManageRoles),
        Role::Auditor => matches!(action, View | Export | ReadJournal | ReadProjects),
        Role::Director => matches!(
            action,
            View | Import
                | EditSettings
                | EditWeights
                | EditChains
                | Refuse
                | Export
                | ReadJournal
                | ReadProjects
                | RegisterLead
                | SettleConflict
                | RecordFact
                | ImportProjects
                | CorrectFact
                | Review
                | EditEvents
                | ClosePeriod
                | EditRules
                | EditTeam
                | SeeContacts
                | EditLand
                | EditOffer
                | ReviewOffer
                | EditCapital
                | EditScenarios
                | EditPolicies
                | ShareData
        ),
        Role::Officer => matches!(
            action,
            View | Import
                | Refuse
                | Export
                | ReadProjects
                | RegisterLead
                | RecordFact
                | ImportProjects
                | CorrectFact
                | EditEvents
                | SeeContacts
                | EditOffer
                | EditScenarios
                | EditPolicies
        ),
        Role::Land => {
            matches!(action, View | Export | ReadProjects | RegisterLead | RecordFact | EditLand)
        }
        Role::Capital => {
            matches!(action, View | Export | ReadProjects | RegisterLead | RecordFact | EditCapital)
        }
        Role::Service => {
            let own = matches!(action, EditScenarios | EditPolicies);
            own || matches!(action, View | Export | ReadProjects | RegisterLead | RecordFact)
        }
        Role::Reviewer => matches!(action, View | ReadProjects | Review | ReviewOffer),
    }
}

/// Whether `role` may do `action` when the duties of system, security and audit administration are separated
/// (三员分立, 等保 2.0): then the system administrator keeps accounts and settings, and nothing of the zone's business.
#[must_use]
pub fn may_separated(role: Role, action: Action) -> bool {
    match role {
        Role::Administrator => matches!(action, Action::View | Action::ManageUsers | Action::EditSettings),
        Role::Director => action != Action::ReadJournal && may(role, action),
        _ => may(role, action),
    }
}

impl Role {
    /// Every role, in the order a page lists them.
    pub const ALL: [Role; 9] = [
        Role::Administrator,
        Role::Security,
        Role::Auditor,
        Role::Director,
        Role::Officer,
        Role::Land,
        Role::Capital,
        Role::Service,
        Role::Reviewer,
    ];

    /// The stable word that files, forms and the database hold.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Administrator => "administrator",
            Role::Security => "security",
            Role::Auditor => "auditor",
            Role::Director => "director",
            Role::Officer => "officer",
            Role::Land => "land",
            Role::Capital => "capital",
            Role::Service => "service",
            Role::Reviewer => "reviewer",
        }
    }
}

impl Action {
    /// Every action.
    pub const ALL: [Action; 29] = [
        Action::View,
        Action::Import,
        Action::EditSettings,
        Action::EditWeights,
        Action::EditChains,
        Action::Refuse,
        Action::Export,
        Action::ManageUsers,
        Action::ManageRoles,
        Action::ReadJournal,
        Action::ReadProjects,
        Action::RegisterLead,
        Action::SettleConflict,
        Action::RecordFact,
        Action::ImportProjects,
        Action::CorrectFact,
        Action::Review,
        Action::EditEvents,
        Action::ClosePeriod,
        Action::EditRules,
        Action::EditTeam,
        Action::SeeContacts,
        Action::EditLand,
        Action::EditOffer,
        Action::ReviewOffer,
        Action::EditCapital,
        Action::EditScenarios,
        Action::EditPolicies,
        Action::ShareData,
    ];

    /// The stable word that forms, tokens and the database hold.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Action::View => "view",
            Action::Import => "import",
            Action::EditSettings => "edit_settings",
            Action::EditWeights => "edit_weights",
            Action::EditChains => "edit_chains",
            Action::Refuse => "refuse",
            Action::Export => "export",
            Action::ManageUsers => "manage_users",
            Action::ManageRoles => "manage_roles",
            Action::ReadJournal => "read_journal",
            Action::ReadProjects => "read_projects",
            Action::RegisterLead => "register_lead",
            Action::SettleConflict => "settle_conflict",
            Action::RecordFact => "record_fact",
            Action::ImportProjects => "import_projects",
            Action::CorrectFact => "correct_fact",
            Action::Review => "review",
            Action::EditEvents => "edit_events",
            Action::ClosePeriod => "close_period",
            Action::EditRules => "edit_rules",
            Action::EditTeam => "edit_team",
            Action::SeeContacts => "see_contacts",
            Action::EditLand => "edit_land",
            Action::EditOffer => "edit_offer",
            Action::ReviewOffer => "review_offer",
            Action::EditCapital => "edit_capital",
            Action::EditScenarios => "edit_scenarios",
            Action::EditPolicies => "edit_policies",
            Action::ShareData => "share_data",
        }
    }
}

impl FromStr for Action {
    type Err = String;
    /// # Errors
    /// A word that is no action.
    fn from_str(s: &str) -> Result<Action, String> {
        Action::ALL.into_iter().find(|a| a.as_str() == s).ok_or_else(|| format!("`{s}` is no action"))
    }
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
        Role::ALL.into_iter().find(|r| r.as_str() == s).ok_or_else(|| {
            let known: Vec<&str> = Role::ALL.into_iter().map(Role::as_str).collect();
            format!("`{s}` is no role; use one of {}", known.join(", "))
        })
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
        assert_eq!(Role::ALL.map(count), [29, 2, 4, 27, 14, 6, 6, 7, 4]);
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
        let shares = Role::ALL.into_iter().filter(|&r| may(r, Action::ShareData));
        assert_eq!(
            shares.collect::<Vec<_>>(),
            [Role::Administrator, Role::Director],
            "who gives data to other organisations"
        );
        assert_eq!(Role::ALL.into_iter().filter(|&r| may(r, Action::ManageUsers)).count(), 1);
    }

    #[test]
    fn separated_duties_share_nothing_but_seeing() {
        for action in Action::ALL.into_iter().filter(|&a| a != Action::View) {
            let keepers = [Role::Administrator, Role::Security, Role::Auditor];
            let holders = keepers.into_iter().filter(|&r| may_separated(r, action)).count();
            assert!(holders <= 1, "{action:?}");
        }
        assert!(!may_separated(Role::Administrator, Action::ReadJournal));
        assert!(!may_separated(Role::Director, Action::ReadJournal));
    }

    #[test]
    fn words_read_back() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for action in Action::ALL {
            assert_eq!(action.as_str().parse(), Ok(action));
        }
        assert!("sudo".parse::<Action>().is_err());
        assert!("root".parse::<Role>().unwrap_err().contains("`root`"));
        for lang in [Lang::Zh, Lang::En] {
            assert_eq!(lang.as_str().parse(), Ok(lang));
        }
        assert!("fr".parse::<Lang>().is_err());
    }
}
