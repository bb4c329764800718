//! Leads and first contact: the list, registering with a check while typing, one lead, conflicts, rules, the hourly job.

pub mod act;
pub mod check;
pub mod claims;
pub mod conflict;
pub mod job;
pub mod list;
pub mod new;
pub mod rules;
pub mod show;

use crate::app::App;
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::session::Signed;
use domain::lead::clock::{Step, StepState};
use domain::role::{Action, Role};
use domain::user::{UnitId, User, UserId};
use std::collections::HashMap;
use store::lead::Lead;

/// Names of people and units, for pages.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// People by number, ended ones too.
    pub people: HashMap<i64, User>,
    /// Units by number, ended ones too.
    pub units: HashMap<i64, String>,
}

impl Names {
    /// Reads them.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn read(app: &App) -> Result<Names> {
        let people = app.store.users(store::Page::first()).await?;
        let units = app.store.units().await?;
        Ok(Names {
            people: people.into_iter().map(|u| (u.id.0, u)).collect(),
            units: units.into_iter().map(|u| (u.id.0, u.name)).collect(),
        })
    }

    /// A person's name.
    #[must_use]
    pub fn person(&self, id: Option<i64>) -> String {
        id.and_then(|id| self.people.get(&id)).map_or_else(|| "—".into(), |u| u.name.clone())
    }

    /// A unit's name.
    #[must_use]
    pub fn unit(&self, id: Option<i64>) -> String {
        id.and_then(|id| self.units.get(&id)).map_or_else(|| "—".into(), Clone::clone)
    }

    /// Whom the journal means.
    #[must_use]
    pub fn actor(&self, actor: &str, lang: Lang) -> String {
        match actor.strip_prefix("user:").and_then(|id| id.parse().ok()) {
            Some(id) => self.person(Some(id)),
            None if actor == "system" => lang.t("系统", "system").into(),
            None if actor == "cli" => lang.t("命令行", "command line").into(),
            None => actor.into(),
        }
    }

    /// People who may work on leads, by name, as entries of a select box.
    #[must_use]
    pub fn officers(&self, current: Option<UserId>) -> Vec<crate::target::list::Choice> {
        let mut open: Vec<&User> = self
            .people
            .values()
            .filter(|u| u.ended.is_none() && domain::role::may(u.role, Action::RegisterLead))
            .collect();
        open.sort_by(|a, b| a.name.cmp(&b.name).then(a.id.cmp(&b.id)));
        let unit = |u: &User| u.unit.map_or(String::new(), |id| format!("（{}）", self.unit(Some(id.0))));
        open.into_iter()
            .map(|u| crate::target::list::Choice {
                id: u.id.to_string(),
                name: format!("{}{}", u.name, unit(u)),
                current: Some(u.id) == current,
            })
            .collect()
    }
}

/// Whether somebody may change a lead: its officer, their unit, and those who lead the zone.
#[must_use]
pub fn ours(signed: &Signed, officer: UserId, unit: Option<UnitId>) -> bool {
    let leads_zone = matches!(signed.role, Role::Director | Role::Administrator);
    signed.id == officer || leads_zone || (unit.is_some() && unit == signed.unit)
}

/// Refuses a change to somebody else's lead.
///
/// # Errors
/// 403 that says whom to ask.
pub fn check_ours(signed: &Signed, lead: &Lead) -> Result<()> {
    if ours(signed, lead.said.officer, lead.unit) {
        return Ok(());
    }
    Err(WebError::forbidden(
        "这条线索由其他部门负责，只有负责专员、其部门或领导可以修改。可请对方移交，或提出申诉。",
        "Another unit works on this lead; only its officer, their unit or a director can change it. Ask for a hand-over, or appeal.",
    )
    .next(format!("/leads/{}", lead.id), "返回线索", "Back to the lead"))
}

/// A telephone number as this person may see it.
#[must_use]
pub fn phone(signed: &Signed, lead: &Lead) -> String {
    let number = &lead.said.text.contact_phone;
    if ours(signed, lead.said.officer, lead.unit) && signed.may(Action::SeeContacts) {
        return number.clone();
    }
    let count = number.chars().count();
    let hidden = |i: usize| count < 7 || (i >= 3 && i + 2 < count);
    number.chars().enumerate().map(|(i, c)| if hidden(i) { '*' } else { c }).collect()
}

/// The class (shape and colour) and the words of a step's state.
#[must_use]
pub fn step_mark(step: &Step, lang: Lang) -> (&'static str, String) {
    match step.state {
        StepState::Done(day) => ("v-strong", format!("{} {day}", lang.t("按时完成", "done in time"))),
        StepState::DoneLate(day, late) => {
            ("v-weak", format!("{} {day}，{}", lang.t("逾期完成", "done late"), days(late, lang)))
        }
        StepState::Waiting(0) => ("v-present", lang.t("今天到期", "due today").into()),
        StepState::Waiting(left) => {
            ("v-present", format!("{} {}", lang.t("待办，还有", "to do,"), days(left, lang)))
        }
        StepState::Overdue(0) => {
            ("v-missing", lang.t("已逾期，不足 1 个工作日", "overdue, less than a working day").into())
        }
        StepState::Overdue(late) => {
            ("v-missing", format!("{} {}", lang.t("已逾期", "overdue"), days(late, lang)))
        }
    }
}

fn days(n: u32, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!("{n} 个工作日"),
        Lang::En if n == 1 => "1 working day".into(),
        Lang::En => format!("{n} working days"),
    }
}

/// Why a lead ended, in words.
#[must_use]
pub fn ended_words(why: &str, lang: Lang) -> String {
    match why.split_once(':') {
        Some(("conflict", id)) => format!("{} {id}", lang.t("冲突裁定", "verdict of conflict")),
        Some(("project", id)) => format!("{} {id}", lang.t("转为项目", "became project")),
        _ => why.strip_prefix("protected until ").map_or_else(
            || why.to_string(),
            |day| format!("{} {day}", lang.t("保护期止于", "protected until")),
        ),
    }
}
