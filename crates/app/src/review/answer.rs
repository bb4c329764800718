//! `/reviews/{id}`: one department's question and its answer: pass, or return with reasons.

use crate::app::App;
use crate::evidence::sheet::Sheet;
use crate::project::names::Names;
use crate::project::{find, words};
use crate::review::round::{self, Round, word};
use crate::rules::Rules;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::fact::Kind;
use domain::review::{Verdict, send_back};
use domain::role::Action;
use store::review::Ask;

#[derive(Template)]
#[template(path = "review/answer.html")]
struct AnswerPage {
    p: Chrome,
    id: i64,
    project: i64,
    name: String,
    route: String,
    unit: String,
    due: String,
    class: &'static str,
    state: &'static str,
    reasons: String,
    facts: Vec<(&'static str, String)>,
    rounds: Vec<Round>,
    may_answer: bool,
    back: String,
}

/// What a reviewer wants to know at a glance.
const SHOWN: [Kind; 10] = [
    Kind::Company,
    Kind::Industry,
    Kind::Origin,
    Kind::PlannedTotal,
    Kind::FixedInvestment,
    Kind::LandArea,
    Kind::Output,
    Kind::Tax,
    Kind::Energy,
    Kind::Jobs,
];

/// `GET /reviews/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let ask = known(&app, id).await?;
    let project = find(&app, ask.project.0, None).await?;
    let (names, rules, lang) = (Names::read(&app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let (class, state) = word(&ask, app.clock.today(), lang);
    let fact = |kind: Kind| {
        let fact = project.get(kind)?;
        Some((words::kind(kind, lang), words::value(kind, &fact.value, &names, &rules.gates, lang)))
    };
    let (zh, en) = rules.route_names(&ask.route);
    let back = rules.routes.route(&ask.route).and_then(|r| r.back);
    let rounds = round::of(&app, &project, &names, &rules, &signed).await?;
    render(&AnswerPage {
        id,
        project: project.id.0,
        name: project.name().into(),
        route: lang.t(&zh, &en).into(),
        unit: names.unit(Some(ask.unit.0)).into(),
        due: ask.due.to_string(),
        class,
        state,
        facts: SHOWN.into_iter().filter_map(fact).collect(),
        may_answer: ask.answer.is_none() && may_answer(&signed, &ask) && !returned(&rounds, ask.round),
        rounds: rounds.into_iter().filter(|r| r.id == ask.round).collect(),
        reasons: ask.reasons.unwrap_or_default(),
        back: back.map(|s| lang.t(s.zh(), s.en()).to_string()).unwrap_or_default(),
        p: Chrome::of(&signed, Nav::Reviews),
    })
}

fn returned(rounds: &[Round], id: i64) -> bool {
    rounds.iter().any(|r| r.id == id && r.class == "out")
}

/// Whether a person answers for the unit that is asked: nobody answers for another department, whatever the role.
fn may_answer(signed: &Signed, ask: &Ask) -> bool {
    signed.may(Action::Review) && signed.unit == Some(ask.unit)
}

/// `POST /reviews/{id}`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    sheet: Sheet,
) -> Result<Redirect> {
    let answer: Verdict = sheet.get("answer").parse().map_err(|e: String| {
        WebError::bad_request("请选择“通过”或“退回”。", e).next(format!("/reviews/{id}"), "返回", "Back")
    })?;
    give(&app, &signed, id, answer, sheet.get("reasons")).await?;
    Ok(Redirect::to("/reviews"))
}

/// Gives a department's answer; a return sends the project back where its route says.
///
/// # Errors
/// 404 for no such review, 403 for another department's, 400 for a return without reasons, 409 when it is answered or returned already.
pub async fn give(app: &App, signed: &Signed, id: i64, answer: Verdict, reasons: &str) -> Result<()> {
    let ask = known(app, id).await?;
    if !may_answer(signed, &ask) {
        return Err(WebError::forbidden(
            "只能由被征求意见的部门自己答复，不能代答。",
            "Only the department that is asked may answer; nobody answers for another.",
        ));
    }
    if answer == Verdict::Return && reasons.trim().is_empty() {
        return Err(WebError::bad_request("退回必须写明原因。", "A return needs its reasons.").next(
            format!("/reviews/{id}"),
            "返回",
            "Back",
        ));
    }
    let project = find(app, ask.project.0, None).await?;
    let (rules, today) = (Rules::read(&app.config)?, app.clock.today());
    let others = app.store.reviews_of(ask.project).await?;
    if others.iter().any(|a| a.round == ask.round && a.answer == Some(Verdict::Return)) {
        return Err(WebError::conflict(
            "本轮已被其他部门退回，不再需要答复；项目修改后会重新发起。",
            "Another department has returned this round; it will be asked again.",
        ));
    }
    let back = rules.routes.route(&ask.route).and_then(|r| r.back).filter(|_| answer == Verdict::Return);
    let facts = back.map(|stage| send_back(&project, stage, today, reasons)).unwrap_or_default();
    let (actor, now) = (signed.actor(), app.clock.now());
    Ok(app.store.answer_review(&actor, now, today, id, answer, reasons, &facts).await?)
}

/// One question.
///
/// # Errors
/// 404 when there is none.
pub async fn known(app: &App, id: i64) -> Result<Ask> {
    let found = app.store.review_ask(id).await?;
    found.ok_or_else(|| WebError::not_found("没有这项评审。", "There is no such review."))
}
