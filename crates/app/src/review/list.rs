//! `GET /reviews`: what waits for my department (for everybody's, to those who decide), overdue first.

use crate::app::App;
use crate::ledger::Board;
use crate::project::names::Names;
use crate::review::round::word;
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::limits::REVIEWS_PAGE;
use domain::role::Role;
use domain::user::UnitId;
use jiff::civil::Date;
use serde::Deserialize;
use store::review::Ask;

#[derive(Template)]
#[template(path = "review/list.html")]
struct ReviewsPage {
    p: Chrome,
    scope: String,
    answered: bool,
    rows: Vec<Row>,
    overdue: usize,
    page: u32,
    more: bool,
}

struct Row {
    id: i64,
    project: i64,
    name: String,
    route: String,
    unit: String,
    asked_on: String,
    due: String,
    class: &'static str,
    state: &'static str,
}

/// Which reviews.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    show: String,
    page: String,
}

/// Whose reviews a person sees: of one unit, or (`None`) of all.
#[must_use]
pub fn scope(signed: &Signed) -> Option<UnitId> {
    match signed.role {
        // A reviewer without a unit sees none: there is no unit 0.
        Role::Reviewer => Some(signed.unit.unwrap_or(UnitId(0))),
        _ => None,
    }
}

/// `GET /reviews`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (names, rules, lang) = (Names::read(&app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let (unit, today) = (scope(&signed), app.clock.today());
    let page = asked.page.parse::<u32>().unwrap_or(1).clamp(1, 100_000);
    let wanted = store::Page::new(REVIEWS_PAGE + 1, u64::from(page - 1) * u64::from(REVIEWS_PAGE));
    let answered = asked.show == "answered";
    let asks = if answered {
        app.store.reviews_answered(unit, wanted).await?
    } else {
        app.store.reviews_waiting(unit, wanted).await?
    };
    let board = app.ledger.board(&app.store).await?;
    let more = asks.len() > REVIEWS_PAGE as usize;
    let show = |a: &Ask| row(a, &board, &names, &rules, today, lang);
    render(&ReviewsPage {
        scope: unit.map_or_else(|| lang.t("全部部门", "all departments").into(), |u| names.unit(Some(u.0)).into()),
        answered,
        overdue: asks.iter().filter(|a| a.answer.is_none() && a.due < today).count(),
        rows: asks.iter().take(REVIEWS_PAGE as usize).map(show).collect(),
        page,
        more,
        p: Chrome::of(&signed, Nav::Reviews),
    })
}

fn row(ask: &Ask, board: &Board, names: &Names, rules: &Rules, today: Date, lang: Lang) -> Row {
    let (class, state) = word(ask, today, lang);
    let (zh, en) = rules.route_names(&ask.route);
    Row {
        id: ask.id,
        project: ask.project.0,
        name: board.line(ask.project).map_or_else(|| ask.project.to_string(), |l| l.name.to_string()),
        route: lang.t(&zh, &en).into(),
        unit: names.unit(Some(ask.unit.0)).into(),
        asked_on: ask.asked_on.to_string(),
        due: ask.due.to_string(),
        class,
        state,
    }
}
