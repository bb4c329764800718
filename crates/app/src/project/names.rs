//! Names of units, people and chains, read once for a page: a list asks for them once, however many rows it has.

use crate::app::App;
use crate::chain::words::chain_name;
use crate::target::list::Choice;
use crate::text::Lang;
use crate::web::error::Result;
use domain::role::Role;
use std::collections::HashMap;

/// Who is who.
#[derive(Clone, Debug, Default)]
pub struct Names {
    units: HashMap<i64, String>,
    people: HashMap<i64, String>,
    events: HashMap<i64, String>,
    /// Open units: number and name.
    pub open_units: Vec<(i64, String)>,
    /// Open accounts that may carry a project.
    pub officers: Vec<(i64, String)>,
    /// Chains: id, Chinese and English name.
    pub chains: Vec<(String, String, String)>,
}

impl Names {
    /// Reads them: one query for units, one for people, one for events.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn read(app: &App) -> Result<Names> {
        let mut names = Names::default();
        for unit in app.store.units().await? {
            if unit.ended.is_none() {
                names.open_units.push((unit.id.0, unit.name.clone()));
            }
            names.units.insert(unit.id.0, unit.name);
        }
        for person in app.store.users(store::Page::first()).await? {
            if person.ended.is_none() && matches!(person.role, Role::Officer | Role::Director) {
                names.officers.push((person.id.0, person.name.clone()));
            }
            names.people.insert(person.id.0, person.name);
        }
        names.events = events(app).await?;
        if let Some(world) = app.engine.world() {
            let chain =
                |c: &domain::chain::Chain| (c.id.clone(), chain_name(c, Lang::Zh), chain_name(c, Lang::En));
            names.chains = world.chains.chains().iter().map(chain).collect();
        }
        Ok(names)
    }

    /// The name of a unit; `—` without one.
    #[must_use]
    pub fn unit(&self, id: Option<i64>) -> &str {
        id.map_or("—", |id| self.units.get(&id).map_or("—", String::as_str))
    }

    /// The number of an open unit by its name.
    #[must_use]
    pub fn unit_named(&self, name: &str) -> Option<i64> {
        self.open_units.iter().find(|u| u.1 == name).map(|u| u.0)
    }

    /// The name of a person; `—` without one.
    #[must_use]
    pub fn person(&self, id: Option<i64>) -> &str {
        id.map_or("—", |id| self.people.get(&id).map_or("—", String::as_str))
    }

    /// The name of an event; its number when it was ended or is too long ago to be listed.
    #[must_use]
    pub fn event(&self, id: i64) -> String {
        self.events.get(&id).cloned().unwrap_or_else(|| id.to_string())
    }

    /// Who the journal means.
    #[must_use]
    pub fn actor(&self, by: &str, lang: Lang) -> String {
        match by.strip_prefix("user:").map(str::parse::<i64>) {
            Some(Ok(id)) => self.person(Some(id)).to_string(),
            _ if by == "system" => lang.t("系统", "system").to_string(),
            _ if by == "cli" => lang.t("命令行", "command line").to_string(),
            _ => by.to_string(),
        }
    }

    /// The name of a chain; of `chain/segment` that of the chain. The word itself when it is none.
    #[must_use]
    pub fn chain(&self, id: &str, lang: Lang) -> String {
        let head = id.split('/').next().unwrap_or_default();
        match self.chains.iter().find(|c| c.0 == head) {
            Some(chain) => lang.t(&chain.1, &chain.2).to_string(),
            None if head.is_empty() => "—".to_string(),
            None => id.to_string(),
        }
    }

    /// The entries of a select box of units.
    #[must_use]
    pub fn unit_choices(&self, current: &str) -> Vec<Choice> {
        choices(&self.open_units, current)
    }

    /// The entries of a select box of officers.
    #[must_use]
    pub fn officer_choices(&self, current: &str) -> Vec<Choice> {
        choices(&self.officers, current)
    }

    /// The entries of a select box of chains.
    #[must_use]
    pub fn chain_choices(&self, current: &str, lang: Lang) -> Vec<Choice> {
        let choice = |c: &(String, String, String)| Choice {
            current: c.0 == current,
            id: c.0.clone(),
            name: lang.t(&c.1, &c.2).to_string(),
        };
        self.chains.iter().map(choice).collect()
    }
}

/// Events by number, the latest ones.
///
/// # Errors
/// Only when the database fails.
pub async fn events(app: &App) -> Result<HashMap<i64, String>> {
    let page = store::Page::new(domain::limits::PAGE_ROWS, 0);
    let events = app.store.events(store::event::EventFilter::default(), page).await?;
    Ok(events.into_iter().map(|e| (e.event.id, e.event.said.title)).collect())
}

fn choices(list: &[(i64, String)], current: &str) -> Vec<Choice> {
    let choice = |(id, name): &(i64, String)| {
        let id = id.to_string();
        Choice { current: id == current, id, name: name.clone() }
    };
    list.iter().map(choice).collect()
}
