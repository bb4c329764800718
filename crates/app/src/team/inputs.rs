//! What the team did in a year, and the sheets that follow from it. Nothing of it is stored: it is gathered anew each time.

use crate::app::App;
use crate::clock::local;
use crate::team::formula::{Holding, holding};
use crate::team::words::Parties;
use domain::assessment::{Gather, Inputs, Sheet, Value, Values, add, assess, months, ranks, reading};
use domain::fact::Kind;
use domain::figure::{Asked, Period, builtin};
use domain::goal::Party;
use domain::project::Project;
use domain::rate::Rates;
use domain::user::UserId;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashSet;
use store::goal::Goal;
use store::ledger::{FactQuery, Touched};

/// One year of the team.
#[derive(Clone, Debug)]
pub struct TeamYear {
    /// The year.
    pub year: i16,
    /// Facts recorded by then.
    pub cut_off: Timestamp,
    /// Months of the year that have begun.
    pub months: i64,
    /// The formula that holds.
    pub holding: Holding,
    /// Who there is.
    pub parties: Parties,
    /// The targets that hold.
    pub goals: Vec<Goal>,
    /// What everybody has.
    pub values: Values,
}

/// Gathers a year as of now.
///
/// # Errors
/// Only when the database fails.
pub async fn team_year(app: &App, year: i16) -> anyhow::Result<TeamYear> {
    let cut_off = app.clock.now();
    let day = local(cut_off).date();
    let period = Period::new(year, None).map_err(|_| anyhow::anyhow!("{year} is no year of reporting"))?;
    let parties = Parties::read(app).await?;
    let mut goals = app.store.goals(year, cut_off).await?;
    goals.retain(|g| g.holds);
    let definitions = builtin().map_err(|f| anyhow::anyhow!("the built-in figures: {:?}", f.first()))?;
    let rates = Rates::new(app.store.rates().await?, Some(cut_off));
    let asked = Asked { period, day: day.min(period.last()) };
    let mut gather = Gather::new(&definitions, asked, rates).map_err(anyhow::Error::msg)?;
    let kinds = vec![Kind::Stage, Kind::Arrived];
    let touched = Touched { kinds, from: period.first(), to: period.last() };
    let touched = FactQuery { cut_off: Some(cut_off), touched: Some(touched), ..FactQuery::default() };
    app.store
        .each_project(&touched, |id, code, facts| {
            gather.project(&Project::fold(id, code, facts, Some(cut_off)))
        })
        .await?;
    let mut values = gather.values();
    leads(app, &mut values, period).await?;
    investors(app, &mut values, &parties, period).await?;
    let holding = holding(app, year, cut_off).await?;
    Ok(TeamYear { year, cut_off, months: months(year, day), holding, parties, goals, values })
}

async fn leads(app: &App, values: &mut Values, period: Period) -> anyhow::Result<()> {
    for lead in app.store.valid_leads(period.first(), period.last()).await? {
        let unit = lead.unit.map(Party::Unit);
        let parties: Vec<Party> =
            [Party::Zone, Party::Officer(lead.officer)].into_iter().chain(unit).collect();
        let (subject, name) = (format!("lead:{}", lead.id), format!("{} · {}", lead.name, lead.title));
        add(values, &parties, "valid_leads", &subject, &name, lead.registered);
    }
    Ok(())
}

/// Each company counts once a year for each party; only investors come from the store.
async fn investors(app: &App, values: &mut Values, parties: &Parties, period: Period) -> anyhow::Result<()> {
    let mut seen: HashSet<(Party, String)> = HashSet::new();
    for brought in app.store.investors_brought(period.first(), period.last()).await? {
        let Some(officer) = brought.guest.said.brought_by else { continue };
        let user = parties.users.iter().find(|u| u.id == officer);
        let unit = user.and_then(|u| u.unit).map(Party::Unit);
        let company = brought.guest.said.key.clone().unwrap_or_else(|| brought.guest.said.name.clone());
        let new: Vec<Party> = [Party::Zone, Party::Officer(officer)]
            .into_iter()
            .chain(unit)
            .filter(|&party| seen.insert((party, company.clone())))
            .collect();
        let subject = format!("event:{}", brought.guest.event);
        let name = format!("{} · {}", brought.guest.said.name, brought.title);
        add(values, &new, "investors_brought", &subject, &name, brought.day);
    }
    Ok(())
}

impl TeamYear {
    /// What a party has of a reading, with its target.
    #[must_use]
    pub fn value(&self, party: Party, id: &str) -> Value {
        let value = self.values.get(&party).and_then(|all| all.get(id)).cloned().unwrap_or_default();
        Value { target: self.target(party, id), ..value }
    }

    /// The target of a party, in the unit of the reading.
    #[must_use]
    pub fn target(&self, party: Party, id: &str) -> Option<i64> {
        let goal = self.goals.iter().find(|g| g.said.party == party && g.said.figure == id)?;
        Some(goal.said.amount.saturating_mul(reading(id)?.unit.scale()))
    }

    /// The sheet of every officer with an open account, by number, and each one's place.
    #[must_use]
    pub fn sheets(&self) -> Vec<(Sheet, usize)> {
        let formula = &self.holding.formula;
        let of = |officer: UserId| Inputs {
            officer,
            values: formula
                .items
                .iter()
                .map(|i| (i.reads.clone(), self.value(Party::Officer(officer), &i.reads)))
                .collect(),
        };
        let people: Vec<Inputs> = self.parties.officers().map(|u| of(u.id)).collect();
        let sheets = assess(formula, &people, self.months);
        let ranks = ranks(&sheets);
        sheets.into_iter().zip(ranks).collect()
    }

    /// The last day that it can say something about: today, or the end of the year.
    #[must_use]
    pub fn day(&self) -> Date {
        let last = jiff::civil::date(self.year, 12, 31);
        local(self.cut_off).date().min(last)
    }
}
