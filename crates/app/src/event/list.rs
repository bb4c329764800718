//! `GET /events`: what was held, by kind, year and unit.

use crate::app::App;
use crate::event::led::fine;
use crate::text::Lang;
use crate::view::region_name;
use crate::web::chrome::{Chrome, Nav};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::event::EventKind;
use domain::limits::EVENTS_PAGE;
use domain::role::Action;
use domain::user::UnitId;
use serde::Deserialize;
use store::event::{EventFilter, EventLine};

#[derive(Template)]
#[template(path = "event/list.html")]
struct EventsPage {
    p: Chrome,
    kinds: Vec<Choice>,
    years: Vec<Choice>,
    units: Vec<Choice>,
    filtered: bool,
    ended: bool,
    total: u64,
    rows: Vec<EventRow>,
    page: u64,
    pages: u64,
    prev: Option<String>,
    next: Option<String>,
    may_edit: bool,
}

/// One choice of a select.
#[derive(Clone, Debug)]
pub struct Choice {
    /// What the form sends.
    pub value: String,
    /// What people read.
    pub name: String,
    /// Whether it is chosen.
    pub chosen: bool,
}

struct EventRow {
    id: i64,
    title: String,
    kind: &'static str,
    place: String,
    days: String,
    unit: String,
    guests: i64,
    investors: i64,
    budget: String,
    actual: String,
    ended: bool,
}

/// What is asked for.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    year: String,
    #[serde(default)]
    unit: String,
    #[serde(default)]
    ended: String,
    #[serde(default)]
    page: String,
}

impl Asked {
    fn filter(&self) -> EventFilter {
        EventFilter {
            kind: self.kind.parse().ok(),
            year: self.year.parse().ok().filter(|y| (0..=9999).contains(y)),
            unit: self.unit.parse().ok().map(UnitId),
            ended: self.ended == "yes",
        }
    }

    fn query(&self, page: u64) -> String {
        let Asked { kind, year, unit, ended, .. } = self;
        let parts = [("kind", kind), ("year", year), ("unit", unit), ("ended", ended)];
        let parts = parts.into_iter().filter(|(_, v)| !v.is_empty());
        let mut query: String = parts.map(|(k, v)| format!("{k}={}&", encode(v))).collect();
        query.push_str(&format!("page={page}"));
        query
    }
}

/// `GET /events`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let lang = signed.prefs.lang;
    let filter = asked.filter();
    let total = app.store.count_events(filter).await?;
    let pages = total.div_ceil(u64::from(EVENTS_PAGE)).max(1);
    let page = asked.page.parse().unwrap_or(1).clamp(1, pages);
    let skip = (page - 1) * u64::from(EVENTS_PAGE);
    let lines = app.store.events(filter, store::Page::new(EVENTS_PAGE, skip)).await?;
    let units = units(&app, filter.unit).await?;
    let years = app.store.event_years().await?.into_iter().map(|y| Choice {
        value: y.to_string(),
        name: y.to_string(),
        chosen: filter.year == Some(y),
    });
    render(&EventsPage {
        kinds: kinds(filter.kind, lang),
        years: years.collect(),
        filtered: filter != EventFilter::default(),
        ended: filter.ended,
        rows: lines.iter().map(|line| row(line, &units, lang)).collect(),
        units,
        total,
        page,
        pages,
        prev: (page > 1).then(|| asked.query(page - 1)),
        next: (page < pages).then(|| asked.query(page + 1)),
        may_edit: signed.may(Action::EditEvents),
        p: Chrome::of(&signed, Nav::Events),
    })
}

fn row(line: &EventLine, units: &[Choice], lang: Lang) -> EventRow {
    let said = &line.event.said;
    EventRow {
        id: line.event.id,
        title: said.title.clone(),
        kind: label(said.kind.names(), lang),
        place: region_name(said.place),
        days: days(said.start, said.end),
        unit: unit_name(said.unit, units),
        guests: line.guests,
        investors: line.investors,
        budget: fine(line.budget, lang),
        actual: fine(line.actual, lang),
        ended: line.event.ended.is_some(),
    }
}

/// A name in the reader's language.
#[must_use]
pub fn label(names: (&'static str, &'static str), lang: Lang) -> &'static str {
    lang.t(names.0, names.1)
}

/// `2026-03-12`, or `2026-03-12 – 03-13` for several days.
#[must_use]
pub fn days(start: jiff::civil::Date, end: jiff::civil::Date) -> String {
    match end {
        end if end == start => start.to_string(),
        end if end.year() == start.year() => format!("{start} – {}", end.strftime("%m-%d")),
        end => format!("{start} – {end}"),
    }
}

/// Every kind of event, for a select.
#[must_use]
pub fn kinds(chosen: Option<EventKind>, lang: Lang) -> Vec<Choice> {
    let choice = |k: &EventKind| Choice {
        value: k.as_str().into(),
        name: label(k.names(), lang).into(),
        chosen: chosen == Some(*k),
    };
    EventKind::ALL.iter().map(choice).collect()
}

/// Every unit, for a select; those that have ended only when chosen.
///
/// # Errors
/// Only when the database fails.
pub async fn units(app: &App, chosen: Option<UnitId>) -> store::Result<Vec<Choice>> {
    let units = app.store.units().await?.into_iter();
    let kept = units.filter(|u| u.ended.is_none() || chosen == Some(u.id));
    Ok(kept.map(|u| Choice { value: u.id.to_string(), chosen: chosen == Some(u.id), name: u.name }).collect())
}

/// The name of a unit; its number when it has ended, `—` for none.
#[must_use]
pub fn unit_name(unit: Option<UnitId>, units: &[Choice]) -> String {
    let Some(unit) = unit.map(|u| u.to_string()) else { return "—".into() };
    units.iter().find(|c| c.value == unit).map_or_else(|| format!("#{unit}"), |c| c.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_are_as_short_as_they_can_be() {
        assert_eq!(days(date(2026, 3, 12), date(2026, 3, 12)), "2026-03-12");
        assert_eq!(days(date(2026, 3, 12), date(2026, 4, 1)), "2026-03-12 – 04-01");
        assert_eq!(days(date(2025, 12, 31), date(2026, 1, 1)), "2025-12-31 – 2026-01-01");
    }

    #[test]
    fn a_filter_survives_in_the_address() {
        let asked = Asked { kind: "visit".into(), year: "2026".into(), ..Asked::default() };
        assert_eq!(asked.query(2), "kind=visit&year=2026&page=2");
        assert_eq!(asked.filter().kind, Some(EventKind::Visit));
        assert_eq!(Asked { kind: "party".into(), ..asked }.filter().kind, None);
    }
}
