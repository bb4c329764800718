//! `/figures/definitions`: every definition with its versions; a new version is put in force here and never overwrites one.

use crate::app::App;
use crate::clock::shown;
use crate::figure::bridge::in_force;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::figure::{builtin, parse, sentence};
use domain::limits;
use domain::role::Action;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "figure/definitions.html")]
struct DefinitionsPage {
    p: Chrome,
    rows: Vec<DefinitionRow>,
    faults: Vec<String>,
    text: String,
    may_edit: bool,
}

struct DefinitionRow {
    id: String,
    name: String,
    version: String,
    text: String,
    toml: String,
    versions: Vec<(String, String)>,
}

/// `GET /figures/definitions`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, Vec::new(), String::new()).await
}

/// A definition as TOML.
#[derive(Debug, Deserialize)]
pub struct New {
    text: String,
}

/// `POST /figures/definitions`
pub async fn post(State(app): State<App>, signed: Signed, Checked(form): Checked<New>) -> Result<Response> {
    let lang = signed.prefs.lang;
    let words = |f: &domain::figure::Fault| {
        let place = lang.t("行", "line");
        format!("{place} {}:{} {}", f.line, f.column, lang.t(&f.zh, &f.en))
    };
    let faults = match parse(&form.text) {
        Err(faults) => faults.iter().map(words).collect(),
        Ok(read) if read.len() != 1 => {
            vec![lang.t("一次只提交一个指标。", "Give one figure at a time.").to_string()]
        }
        Ok(read) => {
            let new = &read[0];
            let all = in_force(&app).await?;
            let shipped = builtin().unwrap_or_default();
            let taken = all.iter().chain(&shipped).any(|d| d.key() == new.key());
            let full = all.len() >= limits::DEFINITIONS && !all.iter().any(|d| d.id == new.id);
            if !taken && !full {
                let (actor, now) = (signed.actor(), app.clock.now());
                app.store.add_definition(&actor, now, &new.id, &new.version, &new.to_toml()).await?;
                return Ok(Redirect::to("/figures/definitions").into_response());
            }
            let why = if full {
                lang.t("指标数量已达上限。", "There are as many figures as there can be.")
            } else {
                lang.t(
                    "这个版本已经有了；请写新的 version，旧版本不会被覆盖。",
                    "That version is there; write a new `version`, none is overwritten.",
                )
            };
            vec![why.to_string()]
        }
    };
    Ok(page(&app, &signed, faults, form.text).await?.into_response())
}

async fn page(app: &App, signed: &Signed, faults: Vec<String>, text: String) -> Page {
    let lang = signed.prefs.lang;
    let kept = app.store.definitions().await?;
    let shipped =
        builtin().map_err(|_| WebError::from(anyhow::anyhow!("a built-in definition has a fault")))?;
    let row = |d: &domain::figure::Definition| {
        let program = lang.t("随程序提供", "with the program").to_string();
        let own = shipped.iter().filter(|s| s.id == d.id).map(|s| (s.version.clone(), program.clone()));
        let later = kept.iter().filter(|k| k.figure == d.id).map(|k| (k.version.clone(), shown(k.created)));
        DefinitionRow {
            id: d.id.clone(),
            name: lang.t(&d.zh, &d.en).to_string(),
            version: d.version.clone(),
            text: sentence(d, lang),
            toml: d.to_toml(),
            versions: own.chain(later).collect(),
        }
    };
    let rows = in_force(app).await?.iter().map(row).collect();
    let may_edit = signed.may(Action::EditRules);
    render(&DefinitionsPage { p: Chrome::of(signed, Nav::Figures), rows, faults, text, may_edit })
}
