//! `/projects/{id}/record`: any fact, with the control that its kind needs; and the reading of what was typed.

use crate::app::App;
use crate::evidence::keep::keep;
use crate::evidence::sheet::Sheet;
use crate::evidence::sniff::ACCEPT;
use crate::project::names::Names;
use crate::project::stale;
use crate::project::words::SOURCES;
use crate::project::{find, guard, guard_kinds, is_stale};
use crate::rules::Rules;
use crate::target::list::Choice;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::fact::{Form, Kind, NewFact, Sort, Value};
use domain::gate::Gates;
use domain::project::Project;
use domain::{industry, money};
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "project/record.html")]
struct RecordPage {
    p: Chrome,
    id: i64,
    name: String,
    seen: i64,
    kind: &'static str,
    input: Input,
    effective: String,
    counts: String,
    kept: Vec<(String, String)>,
    accept: &'static str,
    faults: Vec<String>,
}

/// A control of a form for one kind of fact.
#[derive(Clone, Debug)]
pub struct Input {
    /// The stable word, part of the names of its fields.
    pub name: String,
    /// What it is called.
    pub label: String,
    /// `line`, `long`, `choice`.
    pub control: &'static str,
    /// What was typed.
    pub value: String,
    /// Units to choose from, with which is chosen.
    pub units: Vec<Choice>,
    /// Values to choose from.
    pub choices: Vec<Choice>,
}

/// Units of money in forms; each is what [`money::parse`] reads after a number.
pub(super) const MONEY: [&str; 9] =
    ["万元", "亿元", "元", "万美元", "亿美元", "万港元", "万欧元", "万日元", "万英镑"];
/// Kinds that this form does not offer: stages move through their gate, scores through their page, repetition and credit are settled.
const ELSEWHERE: [Kind; 5] = [Kind::Stage, Kind::AccessRaw, Kind::AccessChecked, Kind::Credit, Kind::Lead];

/// Kinds that a person may record in this form.
pub fn kinds(signed: &Signed) -> impl Iterator<Item = Kind> + '_ {
    Kind::ALL
        .iter()
        .copied()
        .filter(|k| !ELSEWHERE.contains(k) && domain::role::may_record(signed.role, k.as_str()))
}

impl Input {
    /// The control of a kind, filled with what was typed or what is known.
    #[must_use]
    pub fn of(kind: Kind, value: &str, unit: &str, names: &Names, gates: &Gates, lang: Lang) -> Input {
        let pick = |list: Vec<(String, String)>| -> Vec<Choice> {
            list.into_iter().map(|(id, name)| Choice { current: id == value, id, name }).collect()
        };
        let choices = match kind {
            Kind::Unit => names.unit_choices(value),
            Kind::Officer => names.officer_choices(value),
            Kind::Chain if !names.chains.is_empty() => names.chain_choices(value, lang),
            Kind::Source => pick(SOURCES.map(|s| (s.0.into(), lang.t(s.1, s.2).into())).to_vec()),
            Kind::Origin => pick(vec![
                ("domestic".into(), lang.t("内资", "domestic").into()),
                ("foreign".into(), lang.t("外资", "foreign").into()),
            ]),
            Kind::Science => pick(vec![
                ("yes".into(), lang.t("是", "yes").into()),
                ("no".into(), lang.t("否", "no").into()),
            ]),
            Kind::Sort => {
                pick(Sort::ALL.map(|s| (s.as_str().into(), lang.t(s.names().0, s.names().1).into())).to_vec())
            }
            Kind::Evidence => {
                pick(gates.evidence.iter().map(|k| (k.id.clone(), lang.t(&k.zh, &k.en).into())).collect())
            }
            _ => Vec::new(),
        };
        let units = match (kind, kind.form()) {
            (_, Form::Money) => unit_choices(&MONEY, unit, lang),
            (Kind::LandArea, _) => unit_choices(&["亩", "㎡"], unit, lang),
            _ => Vec::new(),
        };
        let control = match (choices.is_empty(), kind.form()) {
            (false, _) => "choice",
            (true, Form::Long) => "long",
            _ => "line",
        };
        let label = lang.t(kind.zh(), kind.en()).to_string();
        let label =
            if kind == Kind::LandArea { lang.t("用地面积", "Land area").to_string() } else { label };
        Input { name: kind.as_str().into(), label, control, value: value.into(), units, choices }
    }
}

/// Units with their English names; `万元` is chosen unless another was.
fn unit_choices(units: &[&'static str], chosen: &str, lang: Lang) -> Vec<Choice> {
    let english = |unit: &'static str| match unit {
        "万元" => "10k CNY",
        "亿元" => "100m CNY",
        "元" => "CNY",
        "万美元" => "10k USD",
        "亿美元" => "100m USD",
        "万港元" => "10k HKD",
        "万欧元" => "10k EUR",
        "万日元" => "10k JPY",
        "万英镑" => "10k GBP",
        "亩" => "mu",
        _ => "m²",
    };
    let choice = |unit: &&'static str| Choice {
        id: (*unit).into(),
        name: lang.t(unit, english(unit)).into(),
        current: *unit == chosen,
    };
    units.iter().map(choice).collect()
}

/// Reads what was typed for a kind.
///
/// # Errors
/// What is wrong and what to do, Chinese and English.
pub fn read_value(kind: Kind, text: &str, unit: &str) -> Result<Value, (String, String)> {
    let text = text.trim();
    let wrong = |zh: &str, en: &str| (format!("“{}”{zh}", kind.zh()), format!("“{}”: {en}", kind.en()));
    if text.is_empty() {
        return Err(wrong("不能为空", "must not be empty"));
    }
    match kind.form() {
        Form::Money => {
            let plain = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '，'));
            let with_unit = if plain { format!("{text}{unit}") } else { text.to_string() };
            match money::parse(&with_unit.replace('，', ","), None) {
                Ok(Some(money)) => Ok(Value::Money(money)),
                _ => Err(wrong("写成数字并选择单位，例如 1200 万元", "write a number and choose its unit")),
            }
        }
        Form::Number if kind == Kind::LandArea && unit == "亩" => square_metres(text)
            .map(Value::Number)
            .ok_or_else(|| wrong("写成数字，例如 66.5", "write a number such as 66.5")),
        Form::Number => {
            let digits: String = text.chars().filter(|c| !matches!(c, ',' | '，')).collect();
            digits.parse().map(Value::Number).map_err(|_| wrong("写成整数", "write a whole number"))
        }
        _ if kind == Kind::Industry => {
            industry::parse(text).map(|code| Value::Text(code.0)).ok_or_else(|| {
                wrong(
                    "不是 GB/T 4754 的行业，请写代码或名称，例如 C3734",
                    "is no class of GB/T 4754; write a code such as C3734",
                )
            })
        }
        _ => Ok(Value::Text(text.to_string())),
    }
}

/// Square metres of a number of 亩 with at most four decimals, rounded half up.
fn square_metres(mu: &str) -> Option<i64> {
    let (whole, rest) = mu.split_once('.').unwrap_or((mu, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    if whole.is_empty() || whole.len() > 9 || rest.len() > 4 || !digits(whole) || !digits(rest) {
        return None;
    }
    let n: i128 = format!("{whole}{rest:0<4}").parse().ok()?;
    i64::try_from((n * 2_000 * 2 + 30_000) / 60_000).ok()
}

/// A day that was typed; `otherwise` when nothing was.
///
/// # Errors
/// What is wrong, Chinese and English.
pub fn read_day(text: &str, otherwise: Date) -> Result<Date, (String, String)> {
    if text.trim().is_empty() {
        return Ok(otherwise);
    }
    let wrong = || ("日期写成 2026-11-23 这样".to_string(), "write the day as 2026-11-23".to_string());
    text.trim().parse().map_err(|_| wrong())
}

/// Which kind of fact to record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
}

/// `GET /projects/{id}/record?kind=…`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard(&signed, &project)?;
    let kind = kind(&asked.kind)?;
    let today = app.clock.today().to_string();
    form(
        &app,
        &signed,
        &project,
        kind,
        &Typed { effective: today.clone(), counts: today, ..Typed::default() },
        Vec::new(),
    )
    .await
}

#[derive(Default)]
struct Typed {
    value: String,
    unit: String,
    effective: String,
    counts: String,
    kept: Vec<(String, String)>,
}

async fn form(
    app: &App,
    signed: &Signed,
    project: &Project,
    kind: Kind,
    typed: &Typed,
    faults: Vec<String>,
) -> Result<Response> {
    let (names, rules, lang) = (Names::read(app).await?, Rules::read(&app.config)?, signed.prefs.lang);
    let status = if faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = render(&RecordPage {
        p: Chrome::of(signed, Nav::Projects),
        id: project.id.0,
        name: project.name().into(),
        seen: project.last.0,
        kind: kind.as_str(),
        input: Input::of(kind, &typed.value, &typed.unit, &names, &rules.gates, lang),
        effective: typed.effective.clone(),
        counts: typed.counts.clone(),
        kept: typed.kept.clone(),
        accept: ACCEPT,
        faults,
    })?;
    Ok((status, page).into_response())
}

/// `POST /projects/{id}/facts`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    sheet: Sheet,
) -> Result<Response> {
    let project = find(&app, id, None).await?;
    guard(&signed, &project)?;
    let kind = kind(sheet.get("kind"))?;
    let (today, lang) = (app.clock.today(), signed.prefs.lang);
    let (fields, files) = keep_all(&app, &signed, sheet).await?;
    let sheet = Sheet { fields, parts: Vec::new() };
    let read = || -> Result<NewFact, (String, String)> {
        let effective = read_day(sheet.get("effective"), today)?;
        let value =
            read_value(kind, sheet.get(&format!("value.{kind}")), sheet.get(&format!("unit.{kind}")))?;
        let files = files.iter().map(|f| f.1.clone()).collect();
        let counts = read_day(sheet.get("counts"), effective)?;
        let fact = NewFact { counts, files, ..NewFact::on(effective, kind, value) };
        fact.check(today).map_err(|f| (f.zh(), f.en()))?;
        Ok(fact)
    };
    let fact = match read() {
        Ok(fact) => fact,
        Err((zh, en)) => {
            let typed = Typed {
                value: sheet.get(&format!("value.{kind}")).into(),
                unit: sheet.get(&format!("unit.{kind}")).into(),
                effective: sheet.get("effective").into(),
                counts: sheet.get("counts").into(),
                kept: files,
            };
            return form(&app, &signed, &project, kind, &typed, vec![lang.t(&zh, &en).into()]).await;
        }
    };
    guard_kinds(&signed, std::slice::from_ref(&fact))?;
    let seen = Some(stale::seen(&sheet, &project));
    match app.store.record(&signed.actor(), app.clock.now(), today, project.id, seen, &[fact]).await {
        Ok(_) => Ok(Redirect::to(&format!("/projects/{id}")).into_response()),
        Err(error) if is_stale(&error) => {
            let action = format!("/projects/{id}/facts");
            stale::page(&app, &signed, &project, seen, &action, &sheet.fields).await
        }
        Err(error) => Err(error.into()),
    }
}

/// Keeps the files of a form. Answers the form's texts with a field `kept.KIND` for each file, and the files as (kind, hash); those
/// that an earlier round of the same form had kept are among them.
///
/// # Errors
/// The disk or the store fails; 400 for a kept file that is none.
pub async fn keep_all(
    app: &App,
    signed: &Signed,
    sheet: Sheet,
) -> Result<(Vec<(String, String)>, Vec<(String, String)>)> {
    let Sheet { mut fields, parts } = sheet;
    for part in parts {
        let kind = part.field.strip_prefix("file.").unwrap_or("other").to_string();
        let sha256 = keep(app, &signed.actor(), part).await?;
        fields.push((format!("kept.{kind}"), sha256));
    }
    let mut files = Vec::new();
    for (name, sha256) in &fields {
        let Some(kind) = name.strip_prefix("kept.") else { continue };
        if app.store.file(sha256).await?.is_none() {
            return Err(WebError::bad_request(
                "附件不存在，请重新上传。",
                "There is no such file; upload it again.",
            ));
        }
        let file = (kind.to_string(), sha256.clone());
        if !files.contains(&file) {
            files.push(file);
        }
    }
    Ok((fields, files))
}

fn kind(word: &str) -> Result<Kind> {
    let found = word.parse().ok().filter(|k| !ELSEWHERE.contains(k));
    found.ok_or_else(|| {
        WebError::bad_request(format!("没有“{word}”这种记录。"), format!("`{word}` is no kind of fact here."))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::company::{Currency, Money};

    #[test]
    fn values_are_read_with_their_units() {
        let usd = Money { amount: 30_000_000, currency: Currency::Usd };
        assert_eq!(read_value(Kind::PlannedTotal, "3,000", "万美元"), Ok(Value::Money(usd)));
        assert_eq!(read_value(Kind::PlannedTotal, "1.2", "亿元"), Ok(Value::yuan(120_000_000)));
        assert_eq!(
            read_value(Kind::PlannedTotal, "8600万元", "亿元"),
            Ok(Value::yuan(86_000_000)),
            "what is typed counts"
        );
        assert_eq!(read_value(Kind::LandArea, "100", "亩"), Ok(Value::Number(66_667)));
        assert_eq!(read_value(Kind::LandArea, "1.5", "亩"), Ok(Value::Number(1_000)));
        assert_eq!(read_value(Kind::LandArea, "2000", "㎡"), Ok(Value::Number(2_000)));
        assert!(read_value(Kind::PlannedTotal, "很多", "万元").is_err());
        assert!(read_value(Kind::Industry, "zzz", "").is_err());
        assert_eq!(read_value(Kind::Industry, "C3734", ""), Ok(Value::Text("C3734".into())));
    }
}
