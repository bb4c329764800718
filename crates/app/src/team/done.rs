//! `GET /team/done`: what stands behind what a party has of a figure.

use crate::app::App;
use crate::team::inputs::team_year;
use crate::team::rows::{BehindRow, behind};
use crate::team::words::{amount, percent, reading_name, sees, year};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::assessment::{ReadingUnit, reading};
use domain::goal::Party;
use domain::limits::ASSESSMENT_ROWS;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "team/done.html")]
struct DonePage {
    p: Chrome,
    year: i16,
    party: String,
    figure: &'static str,
    about: &'static str,
    done: String,
    of: Option<String>,
    target: String,
    share: String,
    rows: Vec<BehindRow>,
    more: usize,
}

/// Whose, and which figure.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: String,
    #[serde(default)]
    party: String,
    #[serde(default)]
    figure: String,
}

/// `GET /team/done`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, year) = (signed.prefs.lang, year(&asked.year, &app));
    let party = if asked.party.is_empty() { "zone:0" } else { &asked.party };
    let party: Party = party.parse().map_err(|_| {
        WebError::bad_request("没有这个人或单位。", "There is no such person or unit.")
            .next("/team", "团队", "Team")
    })?;
    let id = if asked.figure.is_empty() { "signed" } else { &asked.figure };
    let figure = reading(id).ok_or_else(|| {
        WebError::bad_request("没有这个指标。", "There is no such figure.").next("/team", "团队", "Team")
    })?;
    if let Party::Officer(person) = party
        && !sees(&signed, person)
    {
        return Err(WebError::forbidden("只能看自己的明细。", "You see your own rows only.")
            .next("/team", "团队", "Team"));
    }
    let team = team_year(&app, year).await?;
    if !team.parties.has(party) {
        return Err(WebError::not_found("没有这个人或单位。", "There is no such person or unit."));
    }
    let value = team.value(party, id);
    let mut p = Chrome::of(&signed, Nav::Team);
    p.here = format!("/team/done?year={year}&party={party}&figure={id}");
    render(&DonePage {
        p,
        year,
        party: team.parties.name(party, lang),
        figure: reading_name(figure, lang),
        about: lang.t(figure.about, figure.about_en),
        done: amount(figure.unit, value.amount, lang),
        of: (figure.unit == ReadingUnit::Rate).then(|| amount(figure.unit, value.of, lang)),
        target: value.target.map_or("—".into(), |t| amount(figure.unit, t, lang)),
        share: value.target.map_or("—".into(), |t| percent(value.amount, t)),
        rows: value.rows.iter().take(ASSESSMENT_ROWS).map(|r| behind(r, figure.unit, lang)).collect(),
        more: value.rows.len().saturating_sub(ASSESSMENT_ROWS),
    })
}
