//! `/imports/new/{file}`: which column is which, before anything is imported.

use crate::app::App;
use crate::import::upload::shown_name;
use crate::import::words::cause;
use crate::import::worker::{self, UNITS, choice_text};
use crate::intake::source::{Source, SourceInfo};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::check_token;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::response::Redirect;
use domain::intake::{Choice, Field, Mapping, heading_key};
use serde::Deserialize;
use store::import::{ImportKind, NewImport};

#[derive(Template)]
#[template(path = "import/mapping.html")]
struct MappingPage {
    p: Chrome,
    id: String,
    file: String,
    kind: String,
    name_mapped: bool,
    /// The sheet that is read, of a workbook with several; empty otherwise.
    sheet: String,
    others: String,
    columns: Vec<ColumnRow>,
    fields: Vec<FieldChoice>,
}

struct ColumnRow {
    index: usize,
    heading: String,
    field: String,
    sample: String,
    /// Whether it could hold money, so that its unit is asked for.
    money: bool,
    /// Whether it stands in 元.
    yuan: bool,
    /// Whether it stands in 万元.
    wan: bool,
}

struct FieldChoice {
    id: String,
    name: &'static str,
}

/// What the upload knows beside the file.
#[derive(Debug, Deserialize)]
pub struct Upload {
    kind: String,
    name: String,
}

/// Rows that the page shows of each column.
const SAMPLE_ROWS: usize = 3;

/// `GET /imports/new/{file}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Query(upload): Query<Upload>,
) -> Page {
    let overrides = worker::overrides(&app).await?;
    let path = app.config.uploads().join(checked(&id)?);
    let (mapping, rows, info) = app.compute(move || sample(&path, &overrides)).await?.map_err(unreadable)?;
    let columns: Vec<ColumnRow> = mapping
        .columns
        .iter()
        .enumerate()
        .map(|(index, c)| ColumnRow {
            index,
            heading: c.heading.clone(),
            money: c.field.is_none_or(|f| f == Field::Capital),
            yuan: c.unit == Some(UNITS[0].1),
            wan: c.unit == Some(UNITS[1].1),
            field: c.field.map(field_id).unwrap_or_default(),
            sample: rows
                .iter()
                .filter_map(|r| r.get(index))
                .map(|v| short(v))
                .collect::<Vec<_>>()
                .join(" / "),
        })
        .collect();
    let lang = signed.prefs.lang;
    let fields =
        Field::ALL.iter().map(|&f| FieldChoice { id: field_id(f), name: lang.t(f.zh(), f.en()) }).collect();
    let name_mapped = mapping.columns.iter().any(|c| c.field == Some(Field::Name));
    let p = Chrome::of(&signed, Nav::Imports);
    let sheet = info.sheet.filter(|_| info.sheets.len() > 1).unwrap_or_default();
    let others: Vec<String> = info.sheets.into_iter().filter(|s| *s != sheet).collect();
    let others = others.join("、");
    render(&MappingPage {
        p,
        id,
        file: upload.name,
        kind: upload.kind,
        name_mapped,
        sheet,
        others,
        columns,
        fields,
    })
}

/// `POST /imports/new/{file}`: keeps the choices and queues the import.
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Redirect> {
    let value = |name: &str| form.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    check_token(&signed, value("csrf").unwrap_or_default())?;
    let mut overrides = worker::overrides(&app).await?;
    let path = app.config.uploads().join(checked(&id)?);
    let (headings, mapping, bytes) = {
        let (path, overrides) = (path.clone(), overrides.clone());
        let read = move || {
            let headings = Source::open(&path, None)?.info().headings.clone();
            anyhow::Ok((headings, sample(&path, &overrides)?.0, std::fs::metadata(&path)?.len()))
        };
        app.compute(read).await?.map_err(unreadable)?
    };
    let mut choices = Vec::new();
    for (index, column) in mapping.columns.iter().enumerate() {
        let Some(chosen) = value(&format!("c{index}")) else { continue };
        let before = column.field.map(field_id).unwrap_or_default();
        let said =
            value(&format!("u{index}")).and_then(|word| UNITS.iter().find(|u| u.0 == word)).map(|u| u.1);
        let capital = chosen == field_id(Field::Capital);
        let unit = said.filter(|unit| capital && column.unit != Some(*unit));
        // Taken back: the heading or the cells say it again.
        let cleared = capital && column.chosen && column.unit.is_some() && said.is_none();
        if (chosen == before && unit.is_none() && !cleared) || column.heading.is_empty() {
            continue;
        }
        let field = if chosen.is_empty() { field_id(Field::Skip) } else { chosen.to_string() };
        let parsed = serde_json::from_str::<Field>(&field)
            .map_err(|_| WebError::bad_request("没有这个字段。", format!("There is no field `{chosen}`.")))?;
        overrides.set(&column.heading, Choice { field: Some(parsed), unit });
        choices.push((heading_key(&column.heading), choice_text(parsed, unit)));
    }
    // Choices are kept only when they make a mapping that can be imported.
    Mapping::recognise(&headings, &overrides).check().map_err(|fault| {
        WebError::bad_request(fault.zh(), fault.en()).next("/imports", "重新上传", "Upload again")
    })?;
    let (actor, now) = (signed.actor(), app.clock.now());
    for (heading, field) in &choices {
        app.store.map_column(&actor, now, heading, Some(field)).await?;
    }
    let kind = if value("kind") == Some("residents") { ImportKind::Residents } else { ImportKind::Universe };
    let file_name = shown_name(value("name").filter(|n| !n.trim().is_empty()).unwrap_or("upload"));
    let new = NewImport { kind, file_name, sha256: id, bytes };
    let import = app.store.add_import(&actor, now, &new).await?;
    Ok(Redirect::to(&format!("/imports/{}", import.id)))
}

/// The stable word of a field in forms and in the store.
fn field_id(field: Field) -> String {
    serde_json::to_string(&field).unwrap_or_default()
}

type Sample = (Mapping, Vec<Vec<String>>, SourceInfo);

fn sample(path: &std::path::Path, overrides: &domain::intake::Overrides) -> anyhow::Result<Sample> {
    let mut source = Source::open(path, None)?;
    let mapping = source.mapping(overrides);
    let mut rows = Vec::new();
    while rows.len() < SAMPLE_ROWS
        && let Some(row) = source.next_row()?
    {
        rows.push(row.cells);
    }
    let info = source.info().clone();
    Ok((mapping, rows, info))
}

/// An upload is named by its SHA-256 and by nothing else.
fn checked(id: &str) -> Result<&str> {
    if id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(id);
    }
    Err(WebError::not_found("没有这个上传的文件。", "There is no such upload.")
        .next("/imports", "上传", "Upload"))
}

fn unreadable(error: anyhow::Error) -> WebError {
    let error = format!("{error:#}");
    let zh = cause(&error, Lang::Zh);
    WebError::bad_request(format!("这个文件读不出来：{zh}"), format!("The file cannot be read: {error}"))
        .next("/imports", "换一个文件", "Choose another file")
}

fn short(value: &str) -> String {
    const CHARS: usize = 30;
    let mut out: String = value.chars().take(CHARS).collect();
    if value.chars().count() > CHARS {
        out.push('…');
    }
    out
}
