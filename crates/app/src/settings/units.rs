//! `/settings/units`: units (部门/单位) of the zone, whose people and records they are.

use crate::account::sign_in::Nothing;
use crate::app::App;
use crate::settings::FieldError;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::role::Action;
use domain::user::{Unit, UnitId, User};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "settings/units.html")]
struct UnitsPage {
    p: Chrome,
    tab: &'static str,
    rows: Vec<UnitRow>,
    errors: Vec<FieldError>,
    typed: String,
    may_edit: bool,
}

struct UnitRow {
    id: i64,
    name: String,
    people: usize,
    open: bool,
}

/// `GET /settings/units`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    page(&app, &signed, Vec::new(), String::new()).await
}

/// The name of a unit.
#[derive(Debug, Deserialize)]
pub struct Named {
    name: String,
}

/// `POST /settings/units`
pub async fn post(State(app): State<App>, signed: Signed, Checked(form): Checked<Named>) -> Result<Response> {
    let name = form.name.trim();
    let added = app.store.add_unit(&signed.actor(), app.clock.now(), name).await.map(drop);
    done(&app, &signed, added, name).await
}

/// `POST /settings/units/{id}`: another name.
pub async fn rename(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Named>,
) -> Result<Response> {
    let name = form.name.trim();
    let renamed = app.store.rename_unit(&signed.actor(), app.clock.now(), UnitId(id), name).await.map(drop);
    done(&app, &signed, renamed, "").await
}

/// `POST /settings/units/{id}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    _: Checked<Nothing>,
) -> Result<Response> {
    let ended = app.store.end_unit(&signed.actor(), app.clock.now(), UnitId(id)).await;
    done(&app, &signed, ended, "").await
}

async fn done(app: &App, signed: &Signed, result: store::Result<()>, typed: &str) -> Result<Response> {
    let error = match result {
        Ok(()) => return Ok(Redirect::to("/settings/units").into_response()),
        Err(store::Error::Taken { .. }) => signed
            .t(
                "已有这个名称的部门（停用的也算），请换一个。",
                "A unit has this name already (ended ones count); choose another.",
            )
            .to_string(),
        Err(store::Error::Invalid(why)) => why,
        Err(error) => return Err(error.into()),
    };
    Ok(page(app, signed, vec![("name", error)], typed.to_string()).await?.into_response())
}

async fn page(app: &App, signed: &Signed, errors: Vec<FieldError>, typed: String) -> Page {
    let people = super::people::everybody(app).await?;
    let rows = app.store.units().await?.into_iter().map(|u| row(u, &people)).collect();
    let mut p = Chrome::of(signed, Nav::Settings);
    p.here = "/settings/units".into();
    let may_edit = signed.may(Action::EditTeam);
    render(&UnitsPage { p, tab: "units", rows, errors, typed, may_edit })
}

fn row(unit: Unit, people: &[User]) -> UnitRow {
    let members = people.iter().filter(|p| p.ended.is_none() && p.unit == Some(unit.id)).count();
    UnitRow { id: unit.id.0, name: unit.name, people: members, open: unit.ended.is_none() }
}
