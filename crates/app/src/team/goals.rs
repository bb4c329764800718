//! `/team/goals`: yearly targets; a change is a new dated row with its reason, and the old one stays to be seen.

use crate::app::App;
use crate::clock::shown;
use crate::event::list::Choice;
use crate::import::list::{name_of, people};
use crate::team::words::{Parties, amount, reading_name, year};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::assessment::{READINGS, ReadingUnit, reading};
use domain::goal::{NewGoal, Party};
use domain::money;
use domain::role::Action;
use serde::Deserialize;
use store::goal::Goal;

#[derive(Template)]
#[template(path = "team/goals.html")]
struct GoalsPage {
    p: Chrome,
    year: i16,
    rows: Vec<GoalRow>,
    parties: Vec<Choice>,
    figures: Vec<Choice>,
    form: GoalForm,
    errors: Vec<String>,
    /// The newest row that this page shows.
    upto: i64,
    may_edit: bool,
}

struct GoalRow {
    party: String,
    party_key: String,
    figure: &'static str,
    figure_id: String,
    amount: String,
    agreed: String,
    by: String,
    before: Vec<Before>,
    reason: String,
}

struct Before {
    amount: String,
    agreed: String,
    by: String,
    reason: String,
}

/// Which year, and what to change.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: String,
    #[serde(default)]
    party: String,
    #[serde(default)]
    figure: String,
}

/// A target as typed.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct GoalForm {
    #[serde(default)]
    year: String,
    #[serde(default)]
    party: String,
    #[serde(default)]
    figure: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    agreed: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    upto: i64,
}

/// `GET /team/goals`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let year = year(&asked.year, &app);
    let agreed = app.clock.today().to_string();
    let form = GoalForm { party: asked.party, figure: asked.figure, agreed, ..GoalForm::default() };
    page(&app, &signed, year, form, Vec::new()).await
}

/// `POST /team/goals`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<GoalForm>,
) -> Result<Response> {
    let (lang, now) = (signed.prefs.lang, app.clock.now());
    let asked_year = year(&form.year, &app);
    let (new, held) = match read(&app, &form, asked_year, lang).await? {
        Ok(read) => read,
        Err(errors) => return Ok(page(&app, &signed, asked_year, form, errors).await?.into_response()),
    };
    if held > form.upto {
        return Err(WebError::conflict(
            "别人刚刚改过这个目标，您的修改没有保存。请返回、刷新后重新填写。",
            "Somebody else has just changed this target; yours was not saved. Go back, reload and write it again.",
        )
        .next(format!("/team/goals?year={asked_year}"), "年度目标", "Yearly targets"));
    }
    if let Err((zh, en)) = new.check(held != 0) {
        let why = vec![lang.t(zh, en).to_string()];
        return Ok(page(&app, &signed, asked_year, form, why).await?.into_response());
    }
    app.store.add_goal(&signed.actor(), now, held, &new).await?;
    Ok(Redirect::to(&format!("/team/goals?year={asked_year}")).into_response())
}

/// The target as typed, and the number of the row that holds now.
async fn read(
    app: &App,
    form: &GoalForm,
    year: i16,
    lang: Lang,
) -> Result<std::result::Result<(NewGoal, i64), Vec<String>>> {
    let mut errors = Vec::new();
    let mut fault = |zh: &str, en: &str| errors.push(lang.t(zh, en).to_string());
    let parties = Parties::read(app).await?;
    let party = form.party.parse::<Party>().ok().filter(|&p| parties.has(p));
    if party.is_none() {
        fault("请选择是谁的目标", "choose whose target it is");
    }
    let unit = reading(&form.figure).map(|r| r.unit);
    if unit.is_none() {
        fault("请选择指标", "choose the figure");
    }
    let amount = match unit {
        Some(ReadingUnit::Yuan) => {
            let money = money::parse(&form.amount, money::heading_unit("（万元）")).ok().flatten();
            money.filter(|m| m.currency == domain::company::Currency::Cny).map(|m| m.amount)
        }
        _ => form.amount.trim().parse().ok(),
    };
    if amount.is_none() {
        fault(
            "目标：数量写整数，金额写万元（如 90000）或 9亿元 这样",
            "amount: a whole number, or money in 10k CNY (as 90000) or as 9亿元",
        );
    }
    let agreed = form.agreed.trim().parse().ok();
    if agreed.is_none() {
        fault("商定日期写成 2026-01-05 这样", "write the day of agreement as 2026-01-05");
    }
    let (Some(party), Some(_), Some(amount), Some(agreed)) = (party, unit, amount, agreed) else {
        return Ok(Err(errors));
    };
    let goals = app.store.goals(year, app.clock.now()).await?;
    let held = goals.iter().find(|g| g.holds && g.said.party == party && g.said.figure == form.figure);
    let reason = form.reason.trim().to_string();
    let new = NewGoal { year, party, figure: form.figure.clone(), amount, agreed, reason };
    Ok(Ok((new, held.map_or(0, |g| g.id))))
}

async fn page(app: &App, signed: &Signed, year: i16, form: GoalForm, errors: Vec<String>) -> Page {
    let lang = signed.prefs.lang;
    let goals = app.store.goals(year, app.clock.now()).await?;
    let (parties, names) = (Parties::read(app).await?, people(app).await?);
    let mut held: Vec<&Goal> = goals.iter().filter(|g| g.holds).collect();
    let order = |g: &Goal| READINGS.iter().position(|r| r.id == g.said.figure);
    held.sort_by_key(|g| (g.said.party, order(g)));
    let rows = held.iter().map(|g| row(g, &goals, &parties, &names, lang)).collect();
    let mut p = Chrome::of(signed, Nav::Team);
    p.here = format!("/team/goals?year={year}");
    render(&GoalsPage {
        p,
        year,
        rows,
        parties: choices(&parties, &form.party, lang),
        figures: READINGS
            .iter()
            .filter(|r| r.unit != ReadingUnit::Rate)
            .map(|r| Choice {
                value: r.id.into(),
                name: reading_name(r, lang).into(),
                chosen: r.id == form.figure,
            })
            .collect(),
        upto: goals.first().map_or(0, |g| g.id),
        form,
        errors,
        may_edit: signed.may(Action::EditTeam),
    })
}

fn choices(parties: &Parties, chosen: &str, lang: Lang) -> Vec<Choice> {
    let units = parties.units.iter().filter(|u| u.ended.is_none()).map(|u| Party::Unit(u.id));
    let officers = parties.officers().map(|u| Party::Officer(u.id));
    [Party::Zone]
        .into_iter()
        .chain(units)
        .chain(officers)
        .map(|party| Choice {
            value: party.to_string(),
            name: parties.name(party, lang),
            chosen: party.to_string() == chosen,
        })
        .collect()
}

fn row(goal: &Goal, all: &[Goal], parties: &Parties, names: &[(String, String)], lang: Lang) -> GoalRow {
    let same = |g: &&Goal| g.said.party == goal.said.party && g.said.figure == goal.said.figure && !g.holds;
    let by = |g: &Goal| format!("{} · {}", name_of(&g.by, names, lang), shown(g.recorded));
    let before = |g: &Goal| Before {
        amount: shown_amount(&g.said, lang),
        agreed: g.said.agreed.to_string(),
        by: by(g),
        reason: g.said.reason.clone(),
    };
    GoalRow {
        party: parties.name(goal.said.party, lang),
        party_key: goal.said.party.to_string(),
        figure: reading(&goal.said.figure).map_or("—", |r| reading_name(r, lang)),
        figure_id: goal.said.figure.clone(),
        amount: shown_amount(&goal.said, lang),
        agreed: goal.said.agreed.to_string(),
        by: by(goal),
        before: all.iter().filter(same).map(before).collect(),
        reason: goal.said.reason.clone(),
    }
}

fn shown_amount(goal: &NewGoal, lang: Lang) -> String {
    let unit = reading(&goal.figure).map_or(ReadingUnit::Count, |r| r.unit);
    amount(unit, goal.amount.saturating_mul(unit.scale()), lang)
}
