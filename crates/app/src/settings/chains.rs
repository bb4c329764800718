//! `/settings/chains`: the chain files in use.

use crate::app::App;
use crate::import::worker;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, broken, check_token, short_text};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use anyhow::Context as _;
use askama::Template;
use axum::extract::{Multipart, Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Redirect, Response};
use domain::chain::{self, Chain, ChainSet};
use domain::limits;
use domain::role::Action;
use serde::Deserialize;
use store::Actor;
use store::chain_file::{ChainSource, NewChainFile};

#[derive(Template)]
#[template(path = "settings/chains.html")]
struct ChainsPage {
    p: Chrome,
    tab: &'static str,
    chains: Vec<ChainRow>,
    faults: Vec<String>,
    may_edit: bool,
}

struct ChainRow {
    id: String,
    name: String,
    version: String,
    segments: usize,
    source: &'static str,
    enabled: bool,
}

/// `GET /settings/chains`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, Vec::new()).await
}

/// `POST /settings/chains`: checks a file and keeps it when it has no fault.
pub async fn upload(State(app): State<App>, signed: Signed, mut form: Multipart) -> Result<Response> {
    let (mut checked, mut file) = (false, None);
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        match field.name().unwrap_or_default() {
            "csrf" => {
                check_token(&signed, &short_text(field).await?)?;
                checked = true;
            }
            "file" if checked => {
                let name = field.file_name().unwrap_or_default().to_string();
                file = Some((name, read(field).await?));
            }
            _ => {}
        }
    }
    if !checked {
        check_token(&signed, "")?;
    }
    let Some((name, text)) = file.filter(|(n, _)| !n.is_empty()) else {
        return Err(WebError::bad_request("请选择一个文件。", "Choose a file.").next(
            "/settings/chains",
            "返回",
            "Back",
        ));
    };
    match parse(&name, &text) {
        Ok(chain) => {
            let mut all = worker::chains(&app).await?.chains().to_vec();
            all.retain(|c| c.id != chain.id);
            all.push(chain.clone());
            if let Err(fault) = ChainSet::new(all) {
                return Ok(page(&app, &signed, vec![fault]).await?.into_response());
            }
            save(&app, &signed.actor(), &chain, ChainSource::Uploaded).await?;
            Ok(Redirect::to("/settings/chains").into_response())
        }
        Err(faults) => Ok(page(&app, &signed, faults).await?.into_response()),
    }
}

/// Whether a chain is in use.
#[derive(Debug, Deserialize)]
pub struct Enabled {
    enabled: String,
}

/// `POST /settings/chains/{id}`
pub async fn enable(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Checked(form): Checked<Enabled>,
) -> Result<Redirect> {
    app.store.enable_chain(&signed.actor(), app.clock.now(), &id, form.enabled == "yes").await?;
    Ok(Redirect::to("/settings/chains"))
}

/// `GET /settings/chain-files/{id}.toml`
pub async fn download(State(app): State<App>, signed: Signed, Path(file): Path<String>) -> Result<Response> {
    let id = file.strip_suffix(".toml").unwrap_or(&file);
    let kept = app.store.chain_files().await?.into_iter().find(|f| f.chain == id);
    let kept = kept.ok_or_else(|| WebError::not_found("没有这条产业链。", "There is no such chain."))?;
    let segments = chain::parse(&kept.text).map_or(0, |c| c.segments.len() as u64);
    let what = format!("{}.toml", kept.chain);
    app.store.note_export(&signed.actor(), app.clock.now(), &what, segments).await?;
    let name = format!("attachment; filename=\"{what}\"");
    Ok((
        [
            (header::CONTENT_TYPE, "application/toml; charset=utf-8".to_string()),
            (header::CONTENT_DISPOSITION, name),
        ],
        kept.text,
    )
        .into_response())
}

/// Keeps a chain that has no fault.
///
/// # Errors
/// As [`store::Store::save_chain_file`].
pub async fn save(app: &App, by: &Actor, chain: &Chain, source: ChainSource) -> store::Result<bool> {
    let new = NewChainFile {
        chain: chain.id.clone(),
        version: chain.version.clone(),
        text: chain::to_toml(chain),
        source,
    };
    app.store.save_chain_file(by, app.clock.now(), &new).await
}

/// Reads a chain from a TOML or CSV file by its name; the faults as lines for people.
///
/// # Errors
/// Every fault with its line.
pub fn parse(name: &str, text: &str) -> std::result::Result<Chain, Vec<String>> {
    let checked = if name.to_lowercase().ends_with(".csv") {
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let rows: std::result::Result<Vec<Vec<String>>, _> =
            reader.records().map(|r| r.map(|r| r.iter().map(str::to_string).collect())).collect();
        let rows = rows.map_err(|e| vec![e.to_string()])?;
        let stem =
            std::path::Path::new(name).file_stem().map_or_else(String::new, |s| s.to_string_lossy().into());
        let id: String =
            stem.to_lowercase().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        let title = chain::import::Title {
            id: if id.is_empty() { "imported".into() } else { id },
            name: stem.clone(),
            name_en: stem,
            version: "1".into(),
        };
        chain::import::from_table(&title, &rows)
    } else {
        chain::check(text)
    };
    match checked.chain {
        Some(chain) if checked.errors.is_empty() => Ok(chain),
        _ => Err(checked.errors.iter().map(ToString::to_string).collect()),
    }
}

async fn page(app: &App, signed: &Signed, faults: Vec<String>) -> Page {
    let lang = signed.prefs.lang;
    let mut chains = Vec::new();
    for file in app.store.chain_files().await? {
        let parsed = chain::parse(&file.text)
            .map_err(|f| anyhow::anyhow!("{:?}", f.first()))
            .context("a kept chain")?;
        chains.push(ChainRow {
            name: lang.t(&parsed.name, &parsed.name_en).to_string(),
            segments: parsed.segments.len(),
            id: file.chain,
            version: file.version,
            source: match file.source {
                ChainSource::BuiltIn => lang.t("内置", "built in"),
                ChainSource::Uploaded => lang.t("上传", "uploaded"),
            },
            enabled: file.enabled,
        });
    }
    let mut p = Chrome::of(signed, Nav::Settings);
    p.here = "/settings/chains".into();
    render(&ChainsPage { p, tab: "chains", chains, faults, may_edit: signed.may(Action::EditChains) })
}

async fn read(mut field: axum::extract::multipart::Field<'_>) -> Result<String> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limits::CHAIN_FILE_BYTES {
            let mb = limits::CHAIN_FILE_BYTES >> 20;
            return Err(WebError::bad_request(
                format!("文件超过 {mb} MB。"),
                format!("The file is larger than {mb} MB."),
            ));
        }
    }
    String::from_utf8(bytes).map(|t| t.trim_start_matches('\u{feff}').to_string()).map_err(|_| {
        WebError::bad_request(
            "文件不是 UTF-8 文字，请另存为 UTF-8。",
            "The file is not UTF-8 text; save it as UTF-8.",
        )
    })
}
