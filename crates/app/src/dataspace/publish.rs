//! Publishing a file: upload it, say the terms, done. Its bytes are kept under their hash, like evidence.

use super::new_id;
use crate::app::App;
use crate::import::project::choices::file as uploaded;
use crate::import::upload::{keep_file, receive, shown_name};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use dataspace::policy::form::Terms;
use domain::limits;
use serde::Deserialize;
use store::dataspace::NewAsset;

#[derive(Template)]
#[template(path = "dataspace/publish.html")]
struct PublishPage {
    p: Chrome,
    file: String,
    typed: Typed,
    faults: Vec<String>,
}

/// The terms as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    name: String,
    title: String,
    description: String,
    reads: String,
    until: String,
    purposes: String,
    recipients: String,
    region: String,
    megabytes: String,
    no_passing_on: String,
    inform: String,
    delete_by: String,
}

/// `POST /dataspace/upload`
pub async fn upload(State(app): State<App>, signed: Signed, form: Multipart) -> Result<Redirect> {
    let received = receive(&app, &signed, form, "/dataspace").await?;
    Ok(Redirect::to(&format!("/dataspace/publish/{}?name={}", received.sha256, encode(&received.name))))
}

/// `GET /dataspace/publish/{file}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(file): Path<String>,
    Query(mut typed): Query<Typed>,
) -> Result<Response> {
    uploaded(&app, &file)?;
    if typed.title.is_empty() {
        typed.title = typed.name.rsplit_once('.').map_or(typed.name.clone(), |(stem, _)| stem.to_string());
    }
    Ok(render(&PublishPage { p: Chrome::of(&signed, Nav::Dataspace), file, typed, faults: Vec::new() })?
        .into_response())
}

/// `POST /dataspace/publish/{file}`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(file): Path<String>,
    Checked(typed): Checked<Typed>,
) -> Result<Response> {
    let path = uploaded(&app, &file)?;
    let read = terms(&typed);
    let terms = match read {
        Ok(terms) => terms,
        Err(faults) => {
            let faults = faults.into_iter().map(|(zh, en)| signed.t(zh, en).to_string()).collect();
            let page = render(&PublishPage { p: Chrome::of(&signed, Nav::Dataspace), file, typed, faults })?;
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let to = crate::evidence::keep::place(&app.config, &file)
        .ok_or_else(|| WebError::not_found("没有这个文件。", "There is no such file."))?;
    let kept = to.clone();
    let bytes = tokio::task::spawn_blocking(move || -> anyhow::Result<u64> {
        keep_file(&path, &kept)?;
        Ok(std::fs::metadata(&kept)?.len())
    })
    .await
    .map_err(anyhow::Error::new)??;
    let offer = terms.offer(&new_id()?);
    let new = NewAsset {
        urn: new_id()?,
        title: typed.title.trim().to_string(),
        description: typed.description.trim().to_string(),
        media: media(&typed.name).to_string(),
        sha256: file,
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        offer: serde_json::to_string(&offer).map_err(anyhow::Error::new)?,
    };
    app.store.add_asset(&signed.actor(), app.clock.now(), &new).await?;
    Ok(Redirect::to("/dataspace#assets").into_response())
}

/// `POST /dataspace/assets/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    app.store.end_asset(&signed.actor(), app.clock.now(), id).await?;
    Ok(Redirect::to("/dataspace#assets"))
}

/// The media type of a file's name.
fn media(name: &str) -> &'static str {
    match shown_name(name).rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("csv") => "text/csv; charset=utf-8",
        Some("json" | "geojson") => "application/json",
        Some("parquet") => "application/vnd.apache.parquet",
        Some("xlsx") => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

type Fault = (&'static str, &'static str);

/// Reads the terms.
fn terms(typed: &Typed) -> std::result::Result<Terms, Vec<Fault>> {
    let mut faults: Vec<Fault> = Vec::new();
    let list = |text: &str| -> Vec<String> {
        let parts = text.split([',', '，', '、', '\n', ' ']).map(str::trim).filter(|p| !p.is_empty());
        parts.map(str::to_string).collect()
    };
    fn number(text: &str, fault: Fault, faults: &mut Vec<Fault>) -> Option<u64> {
        let text = text.trim();
        let found = text.parse().ok().filter(|n| *n > 0);
        if !text.is_empty() && found.is_none() {
            faults.push(fault);
        }
        found
    }
    fn day(text: &str, fault: Fault, faults: &mut Vec<Fault>) -> Option<jiff::civil::Date> {
        let found = text.trim().parse().ok();
        if !text.trim().is_empty() && found.is_none() {
            faults.push(fault);
        }
        found
    }
    let reads = number(
        &typed.reads,
        ("次数：写一个大于零的整数", "reads: write a whole number above zero"),
        &mut faults,
    );
    let megabytes = number(
        &typed.megabytes,
        ("流量：写一个大于零的整数（MB）", "volume: write a whole number of MB above zero"),
        &mut faults,
    );
    let until =
        day(&typed.until, ("截止日期：写成 2027-03-01 这样", "until: write it as 2027-03-01"), &mut faults);
    let delete_by = day(
        &typed.delete_by,
        ("删除期限：写成 2027-03-01 这样", "delete by: write it as 2027-03-01"),
        &mut faults,
    );
    let region = typed.region.trim();
    let coded = region.len() == 6 && region.bytes().all(|b| b.is_ascii_digit());
    if !(region.is_empty() || coded) {
        faults.push((
            "地区：写六位行政区划代码，如 320000",
            "region: write a code of six digits, such as 320000",
        ));
    }
    if typed.title.trim().is_empty() || typed.title.chars().count() > limits::LINE_CHARS {
        faults.push(("标题：写一行，不为空", "title: write one line"));
    }
    if typed.description.chars().count() > limits::DS_DESCRIPTION_CHARS {
        faults.push(("说明：太长", "description: too long"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Terms {
        reads,
        until,
        purposes: list(&typed.purposes),
        recipients: list(&typed.recipients),
        region: (!region.is_empty()).then(|| region.to_string()),
        bytes: megabytes.map(|mb| mb.saturating_mul(1 << 20)),
        no_passing_on: !typed.no_passing_on.is_empty(),
        inform: !typed.inform.is_empty(),
        delete_by,
    })
}
