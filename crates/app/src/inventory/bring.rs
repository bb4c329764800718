//! `/inventory/{kind}/import`: a table (XLSX, XLS, CSV) or, for what has a boundary, a map file: what each row would do is shown first, and
//! written in one transaction once a person agrees. When anything changed in between, nothing is written and the difference is made anew.

use super::list::{Tab, day_of, tabs};
use super::map_file::{self, Body};
use super::{group, guard, guard_project, kind_of, shown};
use crate::app::App;
use crate::import::project::choices::file as upload;
use crate::import::upload::receive;
use crate::intake::source;
use crate::plan::refuse;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Flash, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::inventory::table::{Column, Outcome, There, compare, is_heading, read, recognise};
use domain::inventory::{ChangeId, Fault, Field, Kind, NewChange, Value};
use domain::limits;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::HashMap;
use store::inventory::ImportedItem;

#[derive(Template)]
#[template(path = "inventory/bring.html")]
struct BringPage {
    p: Chrome,
    tabs: Vec<Tab>,
    kind: &'static str,
    name: &'static str,
    file: String,
    file_name: String,
    day: String,
    seen: i64,
    columns: Vec<(String, String)>,
    unknown: Vec<String>,
    notes: Vec<String>,
    counts: Counts,
    rows: Vec<Row>,
    more: usize,
    required: Vec<&'static str>,
    other: Vec<&'static str>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    new: usize,
    changed: usize,
    same: usize,
    rejected: usize,
}

struct Row {
    number: u64,
    class: &'static str,
    mark: &'static str,
    what: &'static str,
    code: String,
    said: Vec<String>,
}

/// What is asked of an uploaded file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    name: String,
    day: String,
    seen: String,
}

/// What a file would do.
#[derive(Debug)]
pub struct Plan {
    /// Rows of the file with their numbers and codes.
    pub rows: Vec<(u64, String, Outcome)>,
    /// Headings and what they are.
    pub columns: Vec<(String, Column)>,
    /// What should be looked at before the rows are taken.
    pub notes: Vec<Fault>,
    /// The last change of the inventory when the plan was made.
    pub seen: ChangeId,
}

/// `GET /inventory/{kind}/import`
pub async fn form(State(app): State<App>, signed: Signed, Path(word): Path<String>) -> Result<Response> {
    let kind = kind_of(&word)?;
    guard(&signed, kind)?;
    let today = app.clock.today();
    show(&signed, kind, "", &Asked::default(), today, None, None)
}

/// `POST /inventory/import`: the file goes to disk under its own hash; nothing is recorded.
pub async fn receive_file(State(app): State<App>, signed: Signed, form: Multipart) -> Result<Redirect> {
    let received = receive(&app, &signed, form, "/inventory/parcel").await?;
    let kind = kind_of(&received.kind)?;
    guard(&signed, kind)?;
    let (file, name) = (&received.sha256, encode(&received.name));
    Ok(Redirect::to(&format!("/inventory/{kind}/import/{file}?name={name}")))
}

/// `GET /inventory/{kind}/import/{file}`
pub async fn preview(
    State(app): State<App>,
    signed: Signed,
    Path((word, file)): Path<(String, String)>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let kind = kind_of(&word)?;
    guard(&signed, kind)?;
    let day = day_of(&asked.day, app.clock.today())?;
    let made = plan(&app, kind, &file, day).await?;
    show(&signed, kind, &file, &asked, day, Some(&made), None)
}

/// `POST /inventory/{kind}/import/{file}`
pub async fn confirm(
    State(app): State<App>,
    signed: Signed,
    Path((word, file)): Path<(String, String)>,
    Checked(asked): Checked<Asked>,
) -> Result<Response> {
    let kind = kind_of(&word)?;
    guard(&signed, kind)?;
    let day = day_of(&asked.day, app.clock.today())?;
    let made = plan(&app, kind, &file, day).await?;
    let rows: Vec<ImportedItem> =
        made.rows.iter().filter_map(|(_, code, outcome)| accepted(code, outcome)).collect();
    for row in &rows {
        guard_project(&app, &signed, kind, &row.change.set).await?;
    }
    let what = format!("{} · SHA-256 {file}", asked.name);
    let agreed = asked.seen == made.seen.to_string();
    let done = match agreed && !rows.is_empty() {
        true => app.store.import_items(&signed.actor(), app.clock.now(), kind, &what, made.seen, &rows).await,
        false if agreed => Ok(()),
        false => Err(store::Error::Stale { what: "inventory", current: made.seen.0 }),
    };
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/inventory/{kind}")).into_response()),
        Err(store::Error::Stale { .. }) => {
            let text = signed.t(
                "在您查看期间台账有变动。什么都没有写入；下面是重新计算的差异，请再确认一次。",
                "The inventory changed meanwhile. Nothing was written; here is the difference made anew. Please confirm again.",
            );
            let made = plan(&app, kind, &file, day).await?;
            let flash = Flash { bad: true, text: text.to_string() };
            let page = show(&signed, kind, &file, &asked, day, Some(&made), Some(flash))?;
            Ok((StatusCode::CONFLICT, page).into_response())
        }
        Err(other) => Err(other.into()),
    }
}

fn accepted(code: &str, outcome: &Outcome) -> Option<ImportedItem> {
    let (item, change) = match outcome {
        Outcome::New(change) => (None, change.clone()),
        Outcome::Changed(id, change, _) => (Some(*id), change.clone()),
        Outcome::Same(_) | Outcome::Rejected(_) => return None,
    };
    Some(ImportedItem { item, code: code.to_string(), change })
}

/// What an uploaded file would do to the records of a kind from `day` on.
///
/// # Errors
/// The file is gone, cannot be read, or has no heading with a code.
pub async fn plan(app: &App, kind: Kind, file: &str, day: Date) -> Result<Plan> {
    let path = upload(app, file)?;
    if let Some(found) = map_file::read(app, kind, &path).await? {
        let said = found.map_err(|(zh, en)| {
            WebError::bad_request(format!("文件读不出来：{zh}"), format!("The file cannot be read: {en}"))
                .next(format!("/inventory/{kind}/import"), "重新上传", "Upload again")
        })?;
        let made = compared(app, kind, said.headings, said.rows, day).await?;
        return Ok(Plan { notes: said.notes, ..made });
    }
    let table = move || {
        source::table(&path, None, limits::INVENTORY_ROWS + limits::INTAKE_TITLE_ROWS, &|rows| {
            rows.iter().any(|r| is_heading(kind, r))
        })
    };
    let table = app.compute(table).await?.map_err(|e| unreadable(kind, &e.to_string()))?;
    let heading = table.rows.iter().position(|r| r.broken.is_none() && is_heading(kind, &r.cells));
    let heading = heading.ok_or_else(|| {
        unreadable(kind, "没有找到表头：第一行应有“编号”和至少一个字段名 / no heading: the first row names “编号” and a field")
    })?;
    let headings = table.rows[heading].cells.clone();
    let broken = |is: bool| -> Vec<Fault> {
        let zh = "这一行的列与表头对不上，或有无法识别的字符；请修正后重新上传";
        let en = "this row does not fit the heading, or holds characters that cannot be read; mend it and upload again";
        if is { vec![(zh.into(), en.into())] } else { Vec::new() }
    };
    let body = table.rows.into_iter().skip(heading + 1);
    let rows = body.map(|r| (r.number, r.cells, broken(r.broken.is_some())));
    compared(app, kind, headings, rows.collect(), day).await
}

/// Rows of a file against the records that are there.
async fn compared(app: &App, kind: Kind, headings: Vec<String>, body: Vec<Body>, day: Date) -> Result<Plan> {
    let (today, now) = (app.clock.today(), app.clock.now());
    let columns = recognise(kind, &headings);
    let seen = app.store.last_change().await?;
    let items = app.store.items(kind).await?;
    let there: HashMap<String, There<'_>> =
        items.iter().map(|i| (i.code.clone(), There { id: i.id, changes: &i.changes })).collect();
    let judge = |(_, cells, faults): &Body| {
        if faults.is_empty() { read(&columns, cells, day, today) } else { Err(faults.clone()) }
    };
    let said: Vec<_> = body.iter().map(judge).collect();
    let mut outcomes = compare(kind, &there, &said, now);
    for outcome in &mut outcomes {
        let (mut after, change, first) = match &*outcome {
            Outcome::New(change) => (domain::inventory::Values::new(), change, true),
            Outcome::Changed(_, change, before) => (before.clone(), change, false),
            Outcome::Same(_) | Outcome::Rejected(_) => continue,
        };
        after.extend(change.set.iter().filter_map(|(w, v)| Some((w.clone(), v.clone()?))));
        let faults = refuse(app, kind, &after, first).await?;
        if !faults.is_empty() {
            *outcome = Outcome::Rejected(faults);
        }
    }
    let at = columns.iter().position(|c| *c == Column::Code);
    let code =
        |cells: &[String]| at.and_then(|at| cells.get(at)).map(|c| c.trim().to_string()).unwrap_or_default();
    let rows =
        outcomes.into_iter().zip(&body).map(|(o, (number, cells, _))| (*number, code(cells), o)).collect();
    Ok(Plan { rows, columns: headings.into_iter().zip(columns).collect(), notes: Vec::new(), seen })
}

fn unreadable(kind: Kind, why: &str) -> WebError {
    WebError::bad_request(format!("文件读不出来：{why}"), format!("The file cannot be read: {why}")).next(
        format!("/inventory/{kind}/import"),
        "重新上传",
        "Upload again",
    )
}

fn show(
    signed: &Signed,
    kind: Kind,
    file: &str,
    asked: &Asked,
    day: Date,
    made: Option<&Plan>,
    flash: Option<Flash>,
) -> Result<Response> {
    let lang = signed.prefs.lang;
    let mut counts = Counts::default();
    let (mut rows, mut columns, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for (heading, column) in made.iter().flat_map(|m| &m.columns) {
        match column {
            Column::Code => columns.push((heading.clone(), lang.t("编号", "Code").to_string())),
            Column::Effective => {
                columns.push((heading.clone(), lang.t("生效日期", "Effective from").to_string()))
            }
            Column::Field(field, unit) => {
                let unit = unit.map_or(field.unit(lang), |u| u);
                let unit = if unit.is_empty() { String::new() } else { format!("（{unit}）") };
                columns.push((heading.clone(), format!("{}{unit}", field.label(lang))));
            }
            Column::Unknown if heading.trim().is_empty() => {}
            Column::Unknown => unknown.push(heading.clone()),
        }
    }
    for (number, code, outcome) in made.iter().flat_map(|m| &m.rows) {
        let row = row(kind, *number, code, outcome, &mut counts, lang);
        if rows.len() < limits::INVENTORY_PREVIEW && !matches!(outcome, Outcome::Same(_)) {
            rows.push(row);
        }
    }
    let notes = made.iter().flat_map(|m| &m.notes).take(limits::INVENTORY_PREVIEW);
    let notes = notes.map(|(zh, en)| lang.t(zh, en).to_string()).collect();
    let told = counts.new + counts.changed + counts.rejected;
    let names = |must: bool| {
        kind.fields().iter().filter(move |f| f.required == must).map(|f: &Field| f.label(lang)).collect()
    };
    let page = render(&BringPage {
        p: Chrome::of(signed, group(kind).nav).with_flash(flash),
        tabs: tabs(kind, lang),
        kind: kind.as_str(),
        name: kind.label(lang),
        file: file.to_string(),
        file_name: asked.name.clone(),
        day: day.to_string(),
        seen: made.map_or(0, |m| m.seen.0),
        columns,
        unknown,
        notes,
        counts,
        more: told.saturating_sub(rows.len()),
        rows,
        required: names(true),
        other: names(false),
    })?;
    Ok(page.into_response())
}

fn row(kind: Kind, number: u64, code: &str, outcome: &Outcome, counts: &mut Counts, lang: Lang) -> Row {
    let (class, mark, what, said) = match outcome {
        Outcome::New(change) => {
            counts.new += 1;
            ("done", "＋", lang.t("新增", "new"), told(kind, change, None, lang))
        }
        Outcome::Changed(_, change, before) => {
            counts.changed += 1;
            ("open", "▲", lang.t("变更", "changed"), told(kind, change, Some(before), lang))
        }
        Outcome::Same(_) => {
            counts.same += 1;
            ("plain", "＝", lang.t("相同", "same"), Vec::new())
        }
        Outcome::Rejected(faults) => {
            counts.rejected += 1;
            (
                "out",
                "◆",
                lang.t("不采用", "rejected"),
                faults.iter().map(|(zh, en)| lang.t(zh, en).to_string()).collect(),
            )
        }
    };
    Row { number, class, mark, what, code: code.to_string(), said }
}

fn told(
    kind: Kind,
    change: &NewChange,
    before: Option<&domain::inventory::Values>,
    lang: Lang,
) -> Vec<String> {
    let say = |(word, value): (&String, &Option<Value>)| {
        let field = kind.field(word)?;
        let new = value.as_ref().map_or("—".to_string(), |v| shown(field, v, lang));
        Some(match before {
            None => format!("{}：{new}", field.label(lang)),
            Some(before) => {
                let old = before.get(word).map_or("—".to_string(), |v| shown(field, v, lang));
                format!("{}：{old} → {new}", field.label(lang))
            }
        })
    };
    change.set.iter().filter_map(say).collect()
}
