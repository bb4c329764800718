//! What an event led to: the projects whose facts name it, with where they stand and what they are worth.

use crate::app::App;
use crate::ledger::{Board, Line};
use crate::text::{Lang, yuan};
use domain::company::Currency;
use domain::money;
use domain::rate::Rates;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::Arc;

/// What one event led to.
#[derive(Clone, Debug, Default)]
pub struct Led {
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
    Ok(of_board(&board, &rates, app.clock.today()))
}

fn of_board(board: &Board, rates: &Rates, today: Date) -> HashMap<i64, Led> {
    let mut all: HashMap<i64, Led> = HashMap::new();
    for line in board.lines.iter().filter(|l| !l.duplicate) {
        let Some(event) = line.event else { continue };
        let led = all.entry(event).or_default();
        let worth = line.planned.map_or(Ok(0), |m| rates.yuan(m, line.signed.unwrap_or(today)));
        match worth {
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

impl Led {
    /// What each signed project cost, yuan rounded half up; `None` when none was signed.
    #[must_use]
    pub fn cost_per_signed(&self, spent: i64) -> Option<i64> {
        (self.signed > 0).then(|| (2 * spent + self.signed) / (2 * self.signed))
    }
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
    fn the_cost_of_a_signed_project_is_rounded_and_needs_one() {
        let led = Led { signed: 3, ..Led::default() };
        assert_eq!(led.cost_per_signed(1_000_000), Some(333_333));
        assert_eq!(led.cost_per_signed(2), Some(1));
        assert_eq!(Led::default().cost_per_signed(1_000_000), None);
    }
}
