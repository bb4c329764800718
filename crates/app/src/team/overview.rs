//! `GET /team`: what each officer and unit agreed to reach this year, what was done of it, and how they stand by the formula.

use crate::app::App;
use crate::clock::shown;
use crate::team::inputs::{TeamYear, team_year};
use crate::team::words::{amount, hundredths, percent, reading_name, sees, sees_all, year};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::assessment::{READINGS, ReadingUnit};
use domain::goal::Party;
use domain::role::Action;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "team/overview.html")]
struct TeamPage {
    p: Chrome,
    year: i16,
    cut_off: String,
    formula: String,
    parties: Vec<PartyRows>,
    groups: Vec<(String, String)>,
    people: Vec<PersonRow>,
    all: bool,
    may_edit: bool,
    may_export: bool,
}

struct PartyRows {
    name: String,
    key: String,
    figures: Vec<FigureRow>,
}

struct FigureRow {
    id: &'static str,
    name: &'static str,
    target: String,
    done: String,
    share: String,
    /// Per mille, at most 1000; none without a target.
    meter: Option<i64>,
}

struct PersonRow {
    id: i64,
    name: String,
    rank: usize,
    groups: Vec<String>,
    total: String,
    grade: String,
}

/// Which year.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: String,
}

/// `GET /team`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let lang = signed.prefs.lang;
    let year = year(&asked.year, &app);
    let team = team_year(&app, year).await?;
    let formula = &team.holding.formula;
    let mut people: Vec<PersonRow> = team
        .sheets()
        .into_iter()
        .filter(|(sheet, _)| sees(&signed, sheet.officer))
        .map(|(sheet, rank)| PersonRow {
            id: sheet.officer.0,
            name: team.parties.name(Party::Officer(sheet.officer), lang),
            rank,
            groups: sheet.groups.iter().map(|&p| hundredths(p)).collect(),
            total: hundredths(sheet.total),
            grade: formula.grade(sheet.total).map_or("—", |g| lang.t(&g.name, &g.name_en)).to_string(),
        })
        .collect();
    people.sort_by_key(|p| (p.rank, p.id));
    let mut p = Chrome::of(&signed, Nav::Team);
    p.here = format!("/team?year={year}");
    render(&TeamPage {
        p,
        year,
        cut_off: shown(team.cut_off),
        formula: formula.version.clone(),
        groups: formula
            .groups
            .iter()
            .map(|g| (lang.t(&g.name, &g.name_en).to_string(), hundredths(g.points)))
            .collect(),
        people,
        parties: parties(&team, &signed, lang),
        all: sees_all(&signed),
        may_edit: signed.may(Action::EditTeam),
        may_export: signed.may(Action::Export),
    })
}

/// The zone, units with a target or something done, and the officers whom the reader may see.
fn parties(team: &TeamYear, signed: &Signed, lang: Lang) -> Vec<PartyRows> {
    let units = team.parties.units.iter().map(|u| Party::Unit(u.id));
    let officers = team.parties.officers().filter(|u| sees(signed, u.id)).map(|u| Party::Officer(u.id));
    let mut rows = Vec::new();
    for party in [Party::Zone].into_iter().chain(units).chain(officers) {
        let figures: Vec<FigureRow> = READINGS
            .iter()
            .filter(|r| r.unit != ReadingUnit::Rate)
            .filter_map(|r| {
                let value = team.value(party, r.id);
                (value.amount != 0 || value.target.is_some()).then(|| FigureRow {
                    id: r.id,
                    name: reading_name(r, lang),
                    target: value.target.map_or("—".into(), |t| amount(r.unit, t, lang)),
                    done: amount(r.unit, value.amount, lang),
                    share: value.target.map_or("—".into(), |t| percent(value.amount, t)),
                    meter: value.target.filter(|&t| t > 0).map(|t| meter(value.amount, t)),
                })
            })
            .collect();
        if !figures.is_empty() {
            rows.push(PartyRows { name: team.parties.name(party, lang), key: party.to_string(), figures });
        }
    }
    rows
}

fn meter(done: i64, target: i64) -> i64 {
    i64::try_from(i128::from(done.clamp(0, target)) * 1000 / i128::from(target)).unwrap_or(0)
}
