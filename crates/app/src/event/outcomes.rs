//! `GET /events/outcomes`: which event brought which project, and what each signed project cost.

use crate::app::App;
use crate::event::led::{Led, ProjectRow, fine, led, project_row};
use crate::event::list::{Choice, days, label};
use crate::event::opened::{self, Opened, opened};
use crate::event::show::per_signed;
use crate::text::yuan;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::limits::OUTCOMES_SHOWN;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "event/outcomes.html")]
struct OutcomesPage {
    p: Chrome,
    year: i16,
    years: Vec<Choice>,
    rows: Vec<OutcomeRow>,
    /// Events, guests, projects, signed, and the sums as people read them.
    total: Total,
    /// The rows of a total.
    opened: Option<Opened>,
}

#[derive(Default)]
struct Total {
    events: usize,
    guests: i64,
    investors: i64,
    leads: usize,
    projects: usize,
    signed: i64,
    signed_yuan: String,
    actual: String,
    per_signed: String,
}

struct OutcomeRow {
    id: i64,
    title: String,
    kind: &'static str,
    days: String,
    guests: i64,
    investors: i64,
    leads: usize,
    projects: usize,
    signed: i64,
    signed_yuan: String,
    actual: String,
    per_signed: String,
    list: Vec<ProjectRow>,
}

/// Which year.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: String,
    #[serde(default)]
    rows: String,
}

/// `GET /events/outcomes`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let lang = signed.prefs.lang;
    let mut known = app.store.event_years().await?;
    let newest = known.first().copied().unwrap_or(app.clock.today().year());
    let year = asked.year.parse().ok().filter(|y| (1900..=2200).contains(y)).unwrap_or(newest);
    if !known.contains(&year) {
        known.push(year);
    }
    let years = known
        .iter()
        .map(|&y| Choice { value: y.to_string(), name: y.to_string(), chosen: y == year })
        .collect();
    let mut led = led(&app).await?;
    let mut total = Total::default();
    let (mut all, mut spent) = (Led::default(), 0i64);
    let mut rows = Vec::new();
    let events = app.store.events_of(year).await?;
    let opened = match opened::Total::of(&asked.rows) {
        Some(total) => Some(opened(&app, &signed, total, &events, &led).await?),
        None => None,
    };
    for line in events {
        let mine = led.remove(&line.event.id).unwrap_or_default();
        all.signed += mine.signed;
        all.signed_yuan = all.signed_yuan.saturating_add(mine.signed_yuan);
        spent = spent.saturating_add(line.actual);
        total.events += 1;
        total.guests += line.guests;
        total.investors += line.investors;
        total.leads += mine.leads.len();
        total.projects += mine.projects.len();
        rows.push(OutcomeRow {
            id: line.event.id,
            kind: label(line.event.said.kind.names(), lang),
            days: days(line.event.said.start, line.event.said.end),
            title: line.event.said.title,
            guests: line.guests,
            investors: line.investors,
            leads: mine.leads.len(),
            projects: mine.projects.len(),
            signed: mine.signed,
            signed_yuan: yuan(mine.signed_yuan, lang),
            actual: fine(line.actual, lang),
            per_signed: per_signed(&mine, line.actual, lang),
            list: mine.projects.iter().take(OUTCOMES_SHOWN).map(|l| project_row(l, lang)).collect(),
        });
    }
    total.signed = all.signed;
    total.signed_yuan = yuan(all.signed_yuan, lang);
    total.actual = fine(spent, lang);
    total.per_signed = per_signed(&all, spent, lang);
    let mut p = Chrome::of(&signed, Nav::Events);
    p.here = format!("/events/outcomes?year={year}");
    render(&OutcomesPage { p, year, years, rows, total, opened })
}
