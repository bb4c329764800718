//! `/team/formula`: the published formula of the assessment, its versions, and how a director replaces it.

use crate::app::App;
use crate::clock::shown;
use crate::import::list::{name_of, people};
use crate::team::words::{amount, hundredths, reading_name};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::{broken, check_token, short_text};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::multipart::Field;
use axum::extract::{Multipart, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::assessment::{Formula, Item, Method, Part, READINGS, SAMPLE, Target, parse, reading};
use domain::limits::FORMULA_BYTES;
use domain::role::Action;
use jiff::Timestamp;
use jiff::civil::{Date, date};

#[derive(Template)]
#[template(path = "team/formula.html")]
struct FormulaPage {
    p: Chrome,
    name: String,
    about: String,
    version: String,
    since: String,
    /// Whether it is the sample that comes with the program.
    sample: bool,
    total: String,
    groups: Vec<GroupRow>,
    grades: Vec<GradeRow>,
    versions: Vec<VersionRow>,
    readings: Vec<(&'static str, &'static str, &'static str)>,
    newest: i64,
    faults: Vec<String>,
    may_edit: bool,
}

struct GroupRow {
    name: String,
    points: String,
    source: String,
    items: Vec<ItemRow>,
}

struct ItemRow {
    name: String,
    part: &'static str,
    reads: String,
    points: String,
    method: String,
    source: String,
}

struct GradeRow {
    at_least: String,
    name: String,
    follows: String,
}

struct VersionRow {
    id: i64,
    version: String,
    since: String,
    by: String,
}

/// The formula that holds on a day, as it was known at a moment; the sample that comes with the program while none was uploaded.
#[derive(Clone, Debug)]
pub struct Holding {
    /// The formula.
    pub formula: Formula,
    /// Its number; 0 for the sample.
    pub id: i64,
}

/// The formula by which a year is assessed.
///
/// # Errors
/// Only when the database fails.
pub async fn holding(app: &App, year: i16, cut_off: Timestamp) -> anyhow::Result<Holding> {
    on(app, date(year, 12, 31), cut_off).await
}

async fn on(app: &App, day: Date, cut_off: Timestamp) -> anyhow::Result<Holding> {
    if let Some(kept) = app.store.formula_on(day, cut_off).await? {
        return Ok(Holding { formula: kept.formula, id: kept.id });
    }
    let sample = parse(SAMPLE).map_err(|f| anyhow::anyhow!("the sample formula: {:?}", f.first()))?;
    Ok(Holding { formula: sample, id: 0 })
}

/// `GET /team/formula`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, Vec::new()).await
}

/// `POST /team/formula`: checks a file and keeps it as a new version when it has no fault.
pub async fn upload(State(app): State<App>, signed: Signed, mut form: Multipart) -> Result<Response> {
    let (mut checked, mut seen, mut text) = (false, 0, None);
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        match field.name().unwrap_or_default() {
            "csrf" => {
                check_token(&signed, &short_text(field).await?)?;
                checked = true;
            }
            "seen" if checked => seen = short_text(field).await?.parse().unwrap_or(0),
            "file" if checked => text = Some(read(field).await?),
            _ => {}
        }
    }
    if !checked {
        check_token(&signed, "")?;
    }
    let Some(text) = text.filter(|t| !t.trim().is_empty()) else {
        let error = WebError::bad_request("请选择一个公式文件（TOML）。", "Choose a formula file (TOML).");
        return Err(error.next("/team/formula", "返回", "Back"));
    };
    let lang = signed.prefs.lang;
    if let Err(faults) = parse(&text) {
        let faults =
            faults.iter().map(|f| format!("{}{}{}", f.place, lang.t("：", ": "), lang.t(&f.zh, &f.en)));
        return Ok(page(&app, &signed, faults.collect()).await?.into_response());
    }
    match app.store.add_formula(&signed.actor(), app.clock.now(), seen, &text).await {
        Ok(_) => Ok(Redirect::to("/team/formula").into_response()),
        Err(store::Error::Taken { .. }) => {
            let why = lang.t(
                "这个 version 已用过：旧公式要留着备查，请换一个版本号。",
                "this version was used before: old formulas are kept, so give it another.",
            );
            Ok(page(&app, &signed, vec![why.to_string()]).await?.into_response())
        }
        Err(other) => Err(other.into()),
    }
}

async fn read(mut field: Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FORMULA_BYTES {
            let kb = FORMULA_BYTES >> 10;
            return Err(WebError::bad_request(
                format!("文件超过 {kb} KB。"),
                format!("The file is larger than {kb} KB."),
            ));
        }
    }
    let text = String::from_utf8(bytes).map(|t| t.trim_start_matches('\u{feff}').to_string());
    text.map_err(|_| {
        let zh = "文件不是 UTF-8 文字，请另存为 UTF-8。";
        WebError::bad_request(zh, "The file is not UTF-8 text; save it as UTF-8.")
    })
}

/// `GET /team/formula/{file}`: `sample.toml`, or `N.toml` of an uploaded one.
pub async fn download(State(app): State<App>, Path(file): Path<String>) -> Result<Response> {
    let none = || WebError::not_found("没有这个公式文件。", "There is no such formula file.");
    let stem = file.strip_suffix(".toml").ok_or_else(none)?;
    let text = if stem == "sample" {
        SAMPLE.to_string()
    } else {
        let id: i64 = stem.parse().map_err(|_| none())?;
        app.store.formulas().await?.into_iter().find(|f| f.id == id).ok_or_else(none)?.text
    };
    let name = format!("attachment; filename=\"assessment-{stem}.toml\"");
    let kind = "application/toml; charset=utf-8".to_string();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], text).into_response())
}

async fn page(app: &App, signed: &Signed, faults: Vec<String>) -> Page {
    let lang = signed.prefs.lang;
    let now = holding(app, app.clock.today().year(), app.clock.now()).await?;
    let names = people(app).await?;
    let versions = app.store.formulas().await?;
    let formula = &now.formula;
    let mut p = Chrome::of(signed, Nav::Team);
    p.here = "/team/formula".into();
    render(&FormulaPage {
        p,
        name: lang.t(&formula.name, &formula.name_en).to_string(),
        about: lang.t(&formula.about, &formula.about_en).to_string(),
        version: formula.version.clone(),
        since: formula.since.to_string(),
        sample: now.id == 0,
        total: hundredths(formula.points()),
        groups: groups(formula, lang),
        grades: formula
            .grades
            .iter()
            .map(|g| GradeRow {
                at_least: hundredths(g.at_least),
                name: lang.t(&g.name, &g.name_en).to_string(),
                follows: lang.t(&g.follows, &g.follows_en).to_string(),
            })
            .collect(),
        newest: versions.first().map_or(0, |v| v.id),
        versions: versions
            .into_iter()
            .map(|v| VersionRow {
                id: v.id,
                version: v.formula.version,
                since: v.formula.since.to_string(),
                by: format!("{} · {}", name_of(&v.by, &names, lang), shown(v.created)),
            })
            .collect(),
        readings: READINGS
            .iter()
            .map(|r| (r.id, reading_name(r, lang), lang.t(r.about, r.about_en)))
            .collect(),
        faults,
        may_edit: signed.may(Action::EditTeam),
    })
}

fn groups(formula: &Formula, lang: Lang) -> Vec<GroupRow> {
    let group = |(no, g): (usize, &domain::assessment::Group)| GroupRow {
        name: lang.t(&g.name, &g.name_en).to_string(),
        points: hundredths(g.points),
        source: g.source.clone(),
        items: formula.items.iter().filter(|i| i.group == no).map(|i| item(i, lang)).collect(),
    };
    formula.groups.iter().enumerate().map(group).collect()
}

fn item(item: &Item, lang: Lang) -> ItemRow {
    ItemRow {
        name: lang.t(&item.name, &item.name_en).to_string(),
        part: match item.part {
            Part::Process => lang.t("过程", "work"),
            Part::Result => lang.t("结果", "result"),
        },
        reads: reading(&item.reads).map_or(String::new(), |r| {
            format!("{}{}{}", reading_name(r, lang), lang.t("：", ": "), lang.t(r.about, r.about_en))
        }),
        points: hundredths(item.points),
        method: method(item, lang),
        source: item.source.clone(),
    }
}

/// How an item is computed, in words.
#[must_use]
pub fn method(item: &Item, lang: Lang) -> String {
    let unit = reading(&item.reads).map(|r| r.unit);
    let whole = |n: i64| unit.map_or_else(String::new, |u| amount(u, n.saturating_mul(u.scale()), lang));
    match item.method {
        Method::Ratio { target } => {
            let of = match target {
                Target::Agreed => lang.t("年度目标", "the yearly target").to_string(),
                Target::Year(n) => format!("{} {}", lang.t("全年", "a year:"), whole(n)),
                Target::Month(n) => {
                    let months = lang.t("× 已开始的月数", "× months that have begun");
                    format!("{} {} {months}", lang.t("每月", "a month:"), whole(n))
                }
            };
            format!("{}{of}{}", lang.t("完成数 ÷ ", "done ÷ "), lang.t("，最多 100%", ", at most 100%"))
        }
        Method::Efficacy { floor, zero_earns_nothing } => {
            let rest = 100 - floor;
            let zero = if zero_earns_nothing {
                lang.t("；没有的不得分", "; nothing done earns nothing")
            } else {
                ""
            };
            let equal = lang.t("，全员相同时为 100%", ", 100% when all are equal");
            format!("{floor}% + {rest}% × (x − min) ÷ (max − min){equal}{zero}")
        }
        Method::CohortRate => {
            lang.t("当年开工数 ÷ 当年签约数（同批）", "started ÷ signed, both in the year (cohort)").into()
        }
    }
}
