//! Rounds of a project: asking the departments that the rules name, and showing how far each has come.

use crate::app::App;
use crate::clock::shown;
use crate::evidence::sheet::Sheet;
use crate::project::names::Names;
use crate::project::{find, guard};
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::fact::Kind;
use domain::gate::{ReviewState, Reviews};
use domain::project::Project;
use domain::rate::Rates;
use domain::review::{Profile, Verdict, state};
use domain::user::UnitId;
use domain::workday::Calendar;
use jiff::civil::Date;
use store::review::{Ask, NewRound};

/// A round as the project page shows it.
#[derive(Clone, Debug)]
pub struct Round {
    /// Number.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// The day it was asked.
    pub asked_on: String,
    /// Who asked.
    pub by: String,
    /// What the asker said.
    pub note: String,
    /// Class of its mark.
    pub class: &'static str,
    /// How far it has come, in words.
    pub state: &'static str,
    /// Its departments.
    pub parts: Vec<Part>,
}

/// One department of a round.
#[derive(Clone, Debug)]
pub struct Part {
    /// Number of the question.
    pub id: i64,
    /// The department.
    pub unit: String,
    /// Its last day.
    pub due: String,
    /// Class of its mark.
    pub class: &'static str,
    /// Its answer, or that it waits, or that it is late.
    pub state: &'static str,
    /// Its reasons.
    pub reasons: String,
    /// Who answered, and when.
    pub answered: String,
}

/// Class and word of one question: a late one is late, never passed.
#[must_use]
pub fn word(ask: &Ask, today: Date, lang: Lang) -> (&'static str, &'static str) {
    match ask.answer {
        Some(Verdict::Pass) => ("done", lang.t("通过", "passed")),
        Some(Verdict::Return) => ("out", lang.t("退回", "returned")),
        None if ask.due < today => ("late", lang.t("超期未答复", "overdue")),
        None => ("now", lang.t("待答复", "waiting")),
    }
}

/// The rounds of a project, the latest first.
///
/// # Errors
/// The store fails.
pub async fn of(app: &App, project: &Project, names: &Names, rules: &Rules, signed: &Signed) -> Result<Vec<Round>> {
    let (today, lang) = (app.clock.today(), signed.prefs.lang);
    let asks = app.store.reviews_of(project.id).await?;
    let mut rounds: Vec<Round> = Vec::new();
    for group in asks.chunk_by(|a, b| a.round == b.round) {
        let Some(first) = group.first() else { continue };
        let answers: Vec<_> = group.iter().map(|a| (a.answer, a.due)).collect();
        let (class, state) = match state(&answers, today) {
            ReviewState::Passed => ("done", lang.t("全部通过", "passed by all")),
            ReviewState::Returned => ("out", lang.t("已退回", "returned")),
            ReviewState::Waiting { overdue: 1.., .. } => ("late", lang.t("有部门超期", "overdue")),
            _ => ("now", lang.t("进行中", "under way")),
        };
        let (zh, en) = rules.route_names(&first.route);
        let part = |a: &Ask| {
            let (class, state) = word(a, today, lang);
            let by = a.answered_by.as_deref().map(|by| names.actor(by, lang)).unwrap_or_default();
            Part {
                id: a.id,
                unit: names.unit(Some(a.unit.0)).into(),
                due: a.due.to_string(),
                class,
                state,
                reasons: a.reasons.clone().unwrap_or_default(),
                answered: a.answered.map(|at| format!("{by} {}", shown(at))).unwrap_or_default(),
            }
        };
        rounds.push(Round {
            id: first.round,
            name: lang.t(&zh, &en).into(),
            asked_on: first.asked_on.to_string(),
            by: names.actor(&first.asked_by, lang),
            note: first.note.clone(),
            class,
            state,
            parts: group.iter().map(part).collect(),
        });
    }
    rounds.reverse();
    Ok(rounds)
}

/// Whether a round of this route may be opened: none has, or the last one was returned.
#[must_use]
pub fn may_open(reviews: &Reviews, route: &str) -> bool {
    let last = reviews.rounds.iter().find(|(r, _)| r == route).map(|r| r.1);
    matches!(last, None | Some(ReviewState::NotAsked | ReviewState::Returned))
}

/// `POST /projects/{id}/reviews`: asks the departments that the rules name for this project.
pub async fn open(State(app): State<App>, signed: Signed, Path(id): Path<i64>, sheet: Sheet) -> Result<Redirect> {
    let project = find(&app, id, None).await?;
    guard(&signed, &project)?;
    let rules = Rules::read(&app.config)?;
    let route = rules.routes.route(sheet.get("route"));
    let route = route.ok_or_else(|| WebError::bad_request("请选择评审类型。", "Choose the review."))?;
    let today = app.clock.today();
    let rates = Rates::new(app.store.rates().await?, None);
    let planned = project.money(Kind::PlannedTotal);
    let yuan = planned.map(|m| rates.yuan(m, today)).transpose().map_err(|e| {
        WebError::bad_request(
            "计划总投资是外币且没有汇率，无法判断由谁评审；请先登记汇率。",
            format!("The planned total cannot be converted: {e}."),
        )
    })?;
    let wanted = rules.routes.asked(route, &Profile::of(&project, yuan.unwrap_or(0)));
    let names = Names::read(&app).await?;
    let missing: Vec<&str> = wanted.iter().copied().filter(|u| names.unit_named(u).is_none()).collect();
    if !missing.is_empty() {
        let list = missing.join("、");
        return Err(WebError::bad_request(
            format!("园区里没有这些单位：{list}。请管理员在“设置”里添加，或修改评审规则。"),
            format!("The zone has no such units: {list}. Add them in the settings, or change the reviewers' file."),
        ));
    }
    if wanted.is_empty() {
        return Err(WebError::bad_request(
            "按评审规则，这个项目没有部门需要参加该评审；请核对行业等信息。",
            "By the rules no department reviews this project; check its industry.",
        ));
    }
    let due = route.due(today, Calendar::china());
    let units = wanted.iter().filter_map(|u| names.unit_named(u)).map(|u| (UnitId(u), due)).collect();
    let new = NewRound {
        project: project.id,
        route: route.id.clone(),
        asked_on: today,
        note: sheet.get("note").to_string(),
        units,
    };
    match app.store.open_review(&signed.actor(), app.clock.now(), &new).await {
        Ok(_) => Ok(Redirect::to(&format!("/projects/{id}#reviews"))),
        Err(store::Error::Taken { .. }) => Err(WebError::conflict(
            "该评审正在进行或已通过，不能重复发起。",
            "This review is under way or has passed; it is not asked for twice.",
        )
        .next(format!("/projects/{id}"), "返回项目", "Back to the project")),
        Err(error) => Err(error.into()),
    }
}
