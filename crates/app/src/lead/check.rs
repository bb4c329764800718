//! `GET /leads/check`: who claims the same company or a similar project, while it is being typed.

use crate::app::App;
use crate::lead::Names;
use crate::lead::claims::{ClaimId, Hit};
use crate::lead::new::{Form, catch_up, meant};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::lead::claim::Claim;
use domain::lead::same::{Known, doubts};
use domain::limits::CLAIMS_SHOWN;
use jiff::civil::Date;

#[derive(Template)]
#[template(path = "lead/check.html")]
struct CheckPage {
    p: Chrome,
    candidates: Vec<crate::lead::new::Found>,
    resolved: Option<crate::lead::new::Found>,
    rows: Vec<ClaimRow>,
    doubts: Vec<(&'static str, String)>,
    asked: bool,
}

/// A claim as everybody may see it: company, unit, officer, since when, protected until. No contact data.
#[derive(Clone, Debug)]
pub struct ClaimRow {
    /// Address of the lead or project.
    pub href: String,
    /// 线索 or 项目.
    pub sort: &'static str,
    /// Company as written.
    pub company: String,
    /// Title of the project.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// Officer.
    pub officer: String,
    /// Since when.
    pub since: String,
    /// Protected until.
    pub until: String,
    /// Kind of conflict; empty when only the name resembles.
    pub kind: &'static str,
    /// Why, in words.
    pub why: String,
}

/// Rows for the page, and what the rules on same projects need.
#[derive(Debug, Default)]
pub struct FoundClaims {
    /// Rows, the strongest ground first.
    pub rows: Vec<ClaimRow>,
    known: Vec<(ClaimId, String, Claim, i16, String)>,
}

impl FoundClaims {
    /// The same without what a lead says of itself.
    #[must_use]
    pub fn without_lead(mut self, id: domain::lead::LeadId) -> FoundClaims {
        self.known.retain(|k| k.0 != ClaimId::Lead(id));
        self
    }

    /// Doubts whether the project was reported before, in words.
    #[must_use]
    pub fn doubts(
        &self,
        claim: &Claim,
        need: &str,
        resident: bool,
        lang: Lang,
    ) -> Vec<(&'static str, String)> {
        let known: Vec<Known<'_>> = self
            .known
            .iter()
            .map(|(_, label, claim, year, unit)| Known {
                label: label.clone(),
                claim,
                year: *year,
                unit: unit.clone(),
            })
            .collect();
        let found = doubts(claim, need, resident, &known);
        found.into_iter().map(|d| (d.kind.label(lang), d.reason.text(lang).to_string())).collect()
    }
}

/// `GET /leads/check`
pub async fn get(State(app): State<App>, signed: Signed, Query(form): Query<Form>) -> Page {
    let lang = signed.prefs.lang;
    let typed = form.name.trim().chars().count();
    let asked = typed >= 2 || form.title.trim().chars().count() >= 4;
    let mut page = CheckPage {
        p: Chrome::of(&signed, Nav::Leads),
        candidates: Vec::new(),
        resolved: None,
        rows: Vec::new(),
        doubts: Vec::new(),
        asked,
    };
    if asked {
        let meant = meant(&app, &form.key, &form.name).await?;
        // While somebody types, an amount is not there yet; a wrong one is said when the form is sent.
        let claim = Form { amount: String::new(), ..form.clone() }.claim(&meant)?;
        let names = Names::read(&app).await?;
        let found = claim_rows(&app, &claim, &form.name, &names, lang).await?;
        let resident = app.store.resident(&claim.key).await?.is_some();
        page.doubts = found.doubts(&claim, &form.need, resident, lang);
        page.rows = found.rows;
        (page.candidates, page.resolved) = (meant.several, meant.one);
    }
    render(&page)
}

/// The claims that clash with `claim` or resemble `typed`.
///
/// # Errors
/// The store fails, or no slot for computing is free.
pub async fn claim_rows(
    app: &App,
    claim: &Claim,
    typed: &str,
    names: &Names,
    lang: Lang,
) -> Result<FoundClaims> {
    if claim.name().chars().count() < 2 && claim.title.is_empty() {
        return Ok(FoundClaims::default());
    }
    catch_up(app).await?;
    let (engine, claim, typed, names) = (app.engine.clone(), claim.clone(), typed.to_string(), names.clone());
    app.compute(move || {
        let index = engine.claims.read();
        let hits = index.find(&claim, &typed, CLAIMS_SHOWN);
        let known = hits
            .iter()
            .filter(|h| h.clash.is_some())
            .map(|h| {
                let label = label(h, lang);
                let year = h.entry.since.map_or(0, Date::year);
                (h.entry.id, label, h.entry.claim.clone(), year, names.unit(h.entry.unit))
            })
            .collect();
        FoundClaims { rows: hits.iter().map(|h| row(h, &names, lang)).collect(), known }
    })
    .await
}

fn label(hit: &Hit<'_>, lang: Lang) -> String {
    match hit.entry.id {
        ClaimId::Lead(id) => format!("{} {id}", lang.t("线索", "lead")),
        ClaimId::Project(_) => format!("{} {}", lang.t("项目", "project"), hit.entry.code),
    }
}

fn row(hit: &Hit<'_>, names: &Names, lang: Lang) -> ClaimRow {
    let day = |d: Option<Date>| d.map_or_else(|| "—".to_string(), |d| d.to_string());
    let (href, sort) = match hit.entry.id {
        ClaimId::Lead(id) => (format!("/leads/{id}"), lang.t("线索", "lead")),
        ClaimId::Project(id) => (format!("/projects/{id}"), lang.t("项目", "project")),
    };
    ClaimRow {
        href,
        sort,
        company: hit.entry.claim.name().to_string(),
        title: hit.entry.claim.title.clone(),
        unit: names.unit(hit.entry.unit),
        officer: names.person(hit.entry.officer),
        since: day(hit.entry.since),
        until: day(hit.entry.until),
        kind: hit.clash.as_ref().map_or("", |c| c.kind.label(lang)),
        why: hit.clash.as_ref().map_or_else(
            || lang.t("名称相近", "the name resembles").to_string(),
            |c| c.reasons.iter().map(|r| r.text(lang)).collect::<Vec<_>>().join("；"),
        ),
    }
}
