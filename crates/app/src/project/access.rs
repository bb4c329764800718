//! `/projects/{id}/access`: the access review, what the officer scored beside what another person re-checked.

use crate::app::App;
use crate::evidence::sheet::Sheet;
use crate::project::names::Names;
use crate::project::{find, guard, guard_kinds, guard_reading, is_stale, may_write, stale};
use crate::rules::Rules;
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::access::{Item, Measure, Scores, Table, points, read_points, scores};
use domain::fact::{Kind, NewFact, Value};
use domain::project::Project;
use domain::rate::Rates;

#[derive(Template)]
#[template(path = "project/access.html")]
struct AccessPage {
    p: Chrome,
    id: i64,
    name: String,
    seen: i64,
    source: String,
    rows: Vec<Row>,
    vetoes: Vec<Veto>,
    most: String,
    pass: String,
    computed: String,
    raw: String,
    checked: String,
    raw_by: String,
    checked_by: String,
    verdict: String,
    fine: bool,
    round: &'static str,
    grounds: String,
    said: Vec<(&'static str, String)>,
    faults: Vec<String>,
    may_score: bool,
    waits: bool,
}

struct Row {
    id: String,
    name: String,
    most: String,
    measured: String,
    earned: String,
    raw: String,
    checked: String,
    differs: bool,
    typed: String,
}

struct Veto {
    id: String,
    name: String,
    raw: bool,
    checked: bool,
    typed: bool,
}

/// Whose turn it is: scores are entered first, then re-checked by somebody else.
fn turn(project: &Project) -> Kind {
    if project.get(Kind::AccessRaw).is_some() { Kind::AccessChecked } else { Kind::AccessRaw }
}

/// `GET /projects/{id}/access`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard_reading(&signed, &project)?;
    page(&app, &signed, &project, None, Vec::new()).await
}

async fn page(
    app: &App,
    signed: &Signed,
    project: &Project,
    typed: Option<&Sheet>,
    faults: Vec<String>,
) -> Result<Response> {
    let (names, rules, lang) = (Names::read(app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let table = rules.access.as_ref();
    let rates = Rates::new(app.store.rates().await?, None);
    let (raw, checked) = (scores(project, Kind::AccessRaw), scores(project, Kind::AccessChecked));
    let rows: Vec<Row> = table
        .items
        .iter()
        .map(|i| row(i, i.measured(project, &rates), raw.as_ref(), checked.as_ref(), typed, lang))
        .collect();
    let held = |s: Option<&Scores>, id: &str| s.is_some_and(|s| s.vetoes.contains(id));
    let veto = |v: &domain::access::Veto| Veto {
        name: lang.t(&v.zh, &v.en).into(),
        raw: held(raw.as_ref(), &v.id),
        checked: held(checked.as_ref(), &v.id),
        typed: typed.is_some_and(|t| t.all("veto").any(|x| x == v.id)),
        id: v.id.clone(),
    };
    let computed: i64 =
        table.items.iter().filter_map(|i| i.measured(project, &rates).map(|v| i.earned(v))).sum();
    let total = |s: Option<&Scores>| s.map_or_else(|| "—".to_string(), |s| points(table.total(s)));
    let by = |kind| project.get(kind).map(|f| names.actor(&f.by, lang)).unwrap_or_default();
    let fault = table.fault(checked.as_ref()).map(domain::gate::Missing::Access);
    let said = |label, s: &Option<Scores>| {
        s.as_ref().filter(|s| !s.grounds.is_empty()).map(|s| (label, s.grounds.clone()))
    };
    let turn = turn(project);
    let own = own(project, signed);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let html = render(&AccessPage {
        id: project.id.0,
        name: project.name().into(),
        seen: project.last.0,
        source: format!("{}：{}", table.id, table.source),
        rows,
        vetoes: table.vetoes.iter().map(veto).collect(),
        most: points(table.most()),
        pass: points(table.pass),
        computed: points(computed),
        raw: total(raw.as_ref()),
        checked: total(checked.as_ref()),
        raw_by: by(Kind::AccessRaw),
        checked_by: by(Kind::AccessChecked),
        fine: fault.is_none(),
        verdict: fault.map_or_else(
            || lang.t("复核通过，可以决策。", "Re-checked and passed; the decision may follow.").into(),
            |m| {
                let (zh, en) = m.say(&rules.gates, &|id| rules.route_names(id));
                lang.t(&zh, &en).to_string()
            },
        ),
        round: if turn == Kind::AccessRaw { lang.t("打分", "Score") } else { lang.t("复核", "Re-check") },
        grounds: typed.map(|t| t.get("grounds").to_string()).unwrap_or_default(),
        said: [
            said(lang.t("打分依据", "Grounds of the score"), &raw),
            said(lang.t("复核依据", "Grounds of the re-check"), &checked),
        ]
        .into_iter()
        .flatten()
        .collect(),
        faults,
        may_score: may_write(signed, project) && !own,
        waits: own && may_write(signed, project),
        p: Chrome::of(signed, Nav::Projects),
    })?;
    Ok((status, html).into_response())
}

/// Whether it is the other person's turn: who scored does not re-check.
fn own(project: &Project, signed: &Signed) -> bool {
    turn(project) == Kind::AccessChecked
        && project.get(Kind::AccessRaw).is_some_and(|f| f.by == signed.actor().to_string())
}

fn row(
    item: &Item,
    measured: Option<i64>,
    raw: Option<&Scores>,
    checked: Option<&Scores>,
    typed: Option<&Sheet>,
    lang: Lang,
) -> Row {
    let of = |s: Option<&Scores>| s.and_then(|s| s.points.get(&item.id).copied());
    let per_mu = matches!(item.measure, Measure::InvestmentPerMu | Measure::TaxPerMu);
    let shown = |v: i64| {
        let unit = if per_mu { lang.t("/亩", "/mu") } else { "" };
        format!("{}{unit}", yuan(v, lang))
    };
    let judged = item.measure == Measure::Judged;
    let text = |p: Option<i64>| p.map_or_else(|| "—".to_string(), points);
    let earned = measured.map(|v| item.earned(v));
    let typed = typed.map(|t| t.get(&format!("points.{}", item.id)).to_string());
    Row {
        id: item.id.clone(),
        name: lang.t(&item.zh, &item.en).into(),
        most: points(item.points),
        measured: match measured {
            Some(v) => shown(v),
            None if judged => lang.t("由人评判", "judged by people").into(),
            None => lang.t("缺数据", "not known").into(),
        },
        earned: text(earned),
        raw: text(of(raw)),
        checked: text(of(checked)),
        differs: raw.is_some() && checked.is_some() && of(raw) != of(checked),
        typed: typed.unwrap_or_else(|| earned.map(points).unwrap_or_default()),
    }
}

/// `POST /projects/{id}/access`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    sheet: Sheet,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard(&signed, &project)?;
    let kind = turn(&project);
    if own(&project, &signed) {
        return Err(WebError::forbidden(
            "打分和复核必须由两个人分别完成，请由另一人复核。",
            "Scores and re-check are made by two different people; somebody else must re-check.",
        )
        .next(format!("/projects/{id}/access"), "返回", "Back"));
    }
    let (rules, today, lang) = (Rules::read(&app.config)?, app.clock.today(), signed.prefs.lang);
    let scores = match read(&sheet, &rules.access) {
        Ok(scores) => scores,
        Err((zh, en)) => {
            return page(&app, &signed, &project, Some(&sheet), vec![lang.t(&zh, &en).into()]).await;
        }
    };
    let text = serde_json::to_string(&scores).map_err(anyhow::Error::new)?;
    let fact = NewFact::on(today, kind, Value::Text(text));
    guard_kinds(&signed, std::slice::from_ref(&fact))?;
    // Whose turn it is was read from these facts.
    let seen = Some(stale::seen(&sheet, &project));
    match app.store.record(&signed.actor(), app.clock.now(), today, project.id, seen, &[fact]).await {
        Ok(_) => Ok(Redirect::to(&format!("/projects/{id}/access")).into_response()),
        Err(error) if is_stale(&error) => {
            let action = format!("/projects/{id}/access");
            stale::page(&app, &signed, &project, seen, &action, &sheet.fields).await
        }
        Err(error) => Err(error.into()),
    }
}

fn read(sheet: &Sheet, table: &Table) -> Result<Scores, (String, String)> {
    let mut scores =
        Scores { table: table.id.clone(), grounds: sheet.get("grounds").into(), ..Scores::default() };
    for item in &table.items {
        let text = sheet.get(&format!("points.{}", item.id));
        if let Some(points) = read_points(text) {
            scores.points.insert(item.id.clone(), points);
        } else if !text.is_empty() {
            return Err((
                format!("“{}”的分数写成数字，最多两位小数", item.zh),
                format!("“{}”: write a number with at most two decimals", item.en),
            ));
        }
    }
    table.check(&scores)?;
    for veto in sheet.all("veto").filter(|v| table.vetoes.iter().any(|known| known.id == *v)) {
        scores.vetoes.insert(veto.to_string());
    }
    Ok(scores)
}
