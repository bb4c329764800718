//! `/settings/residents`: who counts as a resident, and names on the list that are no one company.

use crate::app::App;
use crate::target::rows::encoded_key;
use crate::text::Lang;
use crate::view::{Unmatched, ZoneView, find};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use crate::world::World;
use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::limits;
use domain::role::Action;
use engine::snapshot::Doc;
use serde::Deserialize;
use store::resident::NewResident;

#[derive(Template)]
#[template(path = "settings/residents.html")]
struct ResidentsPage {
    p: Chrome,
    tab: &'static str,
    total: usize,
    listed: usize,
    by_rule: usize,
    unmatched: Vec<UnmatchedRow>,
    unmatched_more: bool,
    rows: Vec<ResidentRow>,
    more: bool,
    may_edit: bool,
}

struct UnmatchedRow {
    key: String,
    name: String,
    candidates: Vec<Candidate>,
}

struct Candidate {
    key: String,
    href: String,
    name: String,
}

struct ResidentRow {
    key: String,
    href: String,
    name: String,
    by: &'static str,
    listed: bool,
}

/// `GET /settings/residents`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let view = find(&app).await?;
    let mut p = Chrome::of(&signed, Nav::Settings);
    p.here = "/settings/residents".into();
    let mut page = ResidentsPage {
        p,
        tab: "residents",
        total: 0,
        listed: 0,
        by_rule: 0,
        unmatched: Vec::new(),
        unmatched_more: false,
        rows: Vec::new(),
        more: false,
        may_edit: signed.may(Action::EditSettings),
    };
    if let Some(view) = view {
        page = app.compute(move || fill(page, &view, signed.prefs.lang)).await??;
    }
    render(&page)
}

fn fill(mut page: ResidentsPage, view: &ZoneView, lang: Lang) -> anyhow::Result<ResidentsPage> {
    page.total = view.residents.len();
    page.listed = view.written.residents.len();
    page.by_rule = view.by_rule.len();
    page.more = view.residents.len() > limits::RESIDENTS_SHOWN;
    page.unmatched_more = view.unmatched.len() > limits::UNMATCHED_SHOWN;
    let unmatched = |u: &Unmatched| {
        let candidates = view.candidates(&u.name)?;
        let candidates =
            candidates.into_iter().map(|(key, name)| Candidate { href: encode(&key), key, name });
        anyhow::Ok(UnmatchedRow {
            key: u.key.clone(),
            name: u.name.clone(),
            candidates: candidates.collect(),
        })
    };
    page.unmatched =
        view.unmatched.iter().take(limits::UNMATCHED_SHOWN).map(unmatched).collect::<anyhow::Result<_>>()?;
    let resident = |&doc: &Doc| {
        let company = view.world.universe.company(doc)?;
        let listed = !view.by_rule.contains(&doc);
        anyhow::Ok(ResidentRow {
            key: World::key(&company),
            href: encoded_key(&company),
            name: company.name,
            by: if listed { lang.t("名单", "list") } else { lang.t("规则", "rule") },
            listed,
        })
    };
    page.rows =
        view.residents.iter().take(limits::RESIDENTS_SHOWN).map(resident).collect::<anyhow::Result<_>>()?;
    Ok(page)
}

/// Which name on the list, and which company it is.
#[derive(Debug, Deserialize)]
pub struct Settled {
    key: String,
    is: String,
}

/// `POST /settings/residents/settle`: a name on the list is this company.
pub async fn settle(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<Settled>,
) -> Result<Redirect> {
    let view = crate::view::view(&app).await?;
    let doc = view
        .world
        .find(&form.is)?
        .ok_or_else(|| WebError::not_found("企业库里没有这家企业。", "There is no such company."))?;
    let company = view.world.universe.company(doc)?;
    let (actor, now) = (signed.actor(), app.clock.now());
    let new = NewResident { key: form.is, name: company.name, since: None };
    app.store.add_residents(&actor, now, None, &[new]).await?;
    app.store.end_resident(&actor, now, &form.key).await?;
    Ok(Redirect::to("/settings/residents"))
}

/// Which resident leaves the list.
#[derive(Debug, Deserialize)]
pub struct Ended {
    key: String,
}

/// `POST /settings/residents/end`
pub async fn end(State(app): State<App>, signed: Signed, Checked(form): Checked<Ended>) -> Result<Redirect> {
    app.store.end_resident(&signed.actor(), app.clock.now(), &form.key).await?;
    Ok(Redirect::to("/settings/residents"))
}
