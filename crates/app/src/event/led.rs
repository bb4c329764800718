//! What an event led to: the leads that came from it and the projects whose facts name it, with where they stand and what they are worth.

use crate::app::App;
use crate::ledger::{Board, Line};
use crate::text::{Lang, grouped, yuan};
use domain::company::Currency;
use domain::money;
use domain::rate::{NoRate, Rates};
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;
use store::lead_line::LeadLine;

/// What one event led to.
#[derive(Clone, Debug, Default)]
pub struct Led {
    /// Leads that came from it, by number, whatever became of them.
    pub leads: Vec<LeadLine>,
    /// Its projects, by number, settled repetitions left out.
    pub projects: Vec<Arc<Line>>,
    /// Of them signed.
    pub signed: i64,
    /// What the signed ones plan to invest, yuan; those without a rate left out.
    pub signed_yuan: i64,
    /// What all of them plan to invest, yuan; those without a rate left out.
    pub planned_yuan: i64,
    /// Projects whose currency has no rate on their day.
    pub without_rate: usize,
}

/// What each event led to, by its number. Counted anew from the facts each time.
///
/// # Errors
/// Only when the database fails.
pub async fn led(app: &App) -> anyhow::Result<HashMap<i64, Led>> {
    let board = app.ledger.board(&app.store).await?;
    let rates = Rates::new(app.store.rates().await?, None);
    let mut all = of_board(&board, &rates, app.clock.today());
    for lead in app.store.leads_of_events(None).await? {
        if let Some(event) = lead.event {
            all.entry(event).or_default().leads.push(lead);
        }
    }
    Ok(all)
}

fn of_board(board: &Board, rates: &Rates, today: Date) -> HashMap<i64, Led> {
    let mut all: HashMap<i64, Led> = HashMap::new();
    for line in board.lines.iter().filter(|l| !l.duplicate) {
        let Some(event) = line.event else { continue };
        let led = all.entry(event).or_default();
        match worth(line, rates, today) {
            Ok(worth) => {
                led.planned_yuan = led.planned_yuan.saturating_add(worth);
                if line.signed.is_some() {
                    led.signed_yuan = led.signed_yuan.saturating_add(worth);
                }
            }
            Err(_) => led.without_rate += 1,
        }
        led.signed += i64::from(line.signed.is_some());
        led.projects.push(line.clone());
    }
    all
}

/// What a project plans to invest, yuan: at the rate of the day its signing counts, of today before that; 0 when no amount is known.
///
/// # Errors
/// No rate of its currency holds on that day.
pub fn worth(line: &Line, rates: &Rates, today: Date) -> Result<i64, NoRate> {
    line.planned.map_or(Ok(0), |m| rates.yuan(m, line.signed.unwrap_or(today)))
}

impl Led {
    /// What each signed project cost, yuan rounded half up; `None` when none was signed.
    #[must_use]
    pub fn cost_per_signed(&self, spent: i64) -> Option<i64> {
        (self.signed > 0).then(|| (2 * spent + self.signed) / (2 * self.signed))
    }
}

/// A lead in a table.
#[derive(Clone, Debug)]
pub struct LeadRow {
    /// Its number.
    pub id: i64,
    /// The company.
    pub name: String,
    /// What it is about.
    pub title: String,
    /// Day of registration.
    pub registered: String,
    /// How it stands.
    pub state: String,
}

/// A lead as a table shows it.
#[must_use]
pub fn lead_row(lead: &LeadLine, lang: Lang) -> LeadRow {
    LeadRow {
        id: lead.id.0,
        name: lead.name.clone(),
        title: lead.title.clone(),
        registered: lead.registered.to_string(),
        state: lead.state.label(lang).to_string(),
    }
}

/// An amount of yuan with the parts of 万元 that matter for what an event costs: `15.65 万元`.
#[must_use]
pub fn fine(n: i64, lang: Lang) -> String {
    if n % 10_000 == 0 || n.abs() < 10_000 || n.abs() >= 100_000_000 {
        return yuan(n, lang);
    }
    let hundredths = (i128::from(n.abs()) + 50) / 100;
    let (whole, rest) = (i64::try_from(hundredths / 100).unwrap_or(i64::MAX), hundredths % 100);
    let sign = if n < 0 { "-" } else { "" };
    format!("{sign}{}.{rest:02} {}", grouped(whole), lang.t("万元", "10k CNY"))
}

/// A project in a table.
#[derive(Clone, Debug)]
pub struct ProjectRow {
    /// Its number.
    pub id: i64,
    /// The code that people quote.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Who invests.
    pub company: String,
    /// Where it stands.
    pub stage: String,
    /// The day its signing counts.
    pub signed: String,
    /// What it plans to invest, in its own currency.
    pub planned: String,
}

/// A project as a table shows it.
#[must_use]
pub fn project_row(line: &Line, lang: Lang) -> ProjectRow {
    let none = || "—".to_string();
    ProjectRow {
        id: line.id.0,
        code: line.code.to_string(),
        name: line.name.to_string(),
        company: if line.company.is_empty() { none() } else { line.company.to_string() },
        stage: line.stage.map_or_else(none, |s| lang.t(s.zh(), s.en()).to_string()),
        signed: line.signed.map_or_else(none, |d| d.to_string()),
        planned: line.planned.map_or_else(none, |m| match m.currency {
            Currency::Cny => yuan(m.amount, lang),
            _ => money::format(m),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_money_keeps_its_parts() {
        let shown = |n| fine(n, Lang::Zh);
        assert_eq!(
            (shown(156_500), shown(150_000), shown(9_000)),
            ("15.65 万元".into(), "15 万元".into(), "9,000 元".into())
        );
        assert_eq!((shown(19_999), shown(183_040_000)), ("2.00 万元".into(), "1.83 亿元".into()));
    }

    #[test]
    fn the_cost_of_a_signed_project_is_rounded_and_needs_one() {
        let led = Led { signed: 3, ..Led::default() };
        assert_eq!(led.cost_per_signed(1_000_000), Some(333_333));
        assert_eq!(led.cost_per_signed(2), Some(1));
        assert_eq!(Led::default().cost_per_signed(1_000_000), None);
    }
}
