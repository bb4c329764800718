//! `/leads/new`: register a company, with the claims of others shown before anything is written.

use crate::app::App;
use crate::chain::words::{chain_name, segment_name};
use crate::lead::Names;
use crate::lead::check::{ClaimRow, claim_rows};
use crate::lead::rules::Rules;
use crate::target::list::Choice;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use crate::world::{Named, World, typed_code};
use askama::Template;
use axum::extract::{Query, State};
use axum::response::Redirect;
use domain::lead::claim::Claim;
use domain::lead::{ConflictId, Source};
use domain::limits;
use domain::money;
use domain::user::UserId;
use engine::snapshot::Doc;
use serde::Deserialize;
use std::sync::Arc;
use store::lead::{Lead, LeadText, NewLead};

#[derive(Template)]
#[template(path = "lead/new.html")]
struct NewPage {
    p: Chrome,
    f: Form,
    resolved: Option<Found>,
    candidates: Vec<Found>,
    sources: Vec<Choice>,
    segments: Vec<Segments>,
    events: Vec<Choice>,
    officers: Vec<Choice>,
    rows: Vec<ClaimRow>,
    doubts: Vec<(&'static str, String)>,
    asked: bool,
}

/// What is written in the form; the page is prefilled with it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Form {
    /// Key of a company of the universe.
    pub key: String,
    /// Its name, short name, former name or credit code.
    pub name: String,
    /// Former and short names, one a line or separated.
    pub other_names: String,
    /// Group.
    pub group: String,
    /// Title of the project.
    pub title: String,
    /// What the company asks for.
    pub need: String,
    /// Planned investment, in 万元 unless it says otherwise.
    pub amount: String,
    /// `chain/segment`
    pub segment: String,
    /// Number of the officer; the writer when empty.
    pub officer: String,
    /// Word of a [`Source`].
    pub source: String,
    /// Which target, visit or person.
    pub source_ref: String,
    /// Number of the event, when that is the source.
    pub event: String,
    /// Whom to talk to.
    pub contact_name: String,
    /// Their number.
    pub contact_phone: String,
    /// Version of the lead that is edited.
    pub version: String,
}

/// A company of the universe.
#[derive(Clone, Debug)]
pub struct Found {
    /// Key.
    pub key: String,
    /// Registered name.
    pub name: String,
    /// Division.
    pub region: String,
    /// Credit code.
    pub uscc: Option<String>,
    /// Former and short names.
    pub others: Vec<String>,
    /// `chain/segment` that it is placed on first.
    pub segment: Option<String>,
}

/// Who is meant by a name or a key.
#[derive(Clone, Debug, Default)]
pub struct Meant {
    /// The one company.
    pub one: Option<Found>,
    /// Several that could be meant.
    pub several: Vec<Found>,
}

/// Where a new lead comes from, in an address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Prefill {
    key: String,
    name: String,
    title: String,
    source: String,
    event: String,
}

/// `GET /leads/new`
pub async fn get(State(app): State<App>, signed: Signed, Query(from): Query<Prefill>) -> Page {
    let mut form =
        Form { key: from.key, name: from.name, title: from.title, source: from.source, ..Form::default() };
    if !from.event.is_empty() {
        (form.source, form.event) = (Source::Event.as_str().into(), from.event);
    }
    page(&app, &signed, form).await
}

/// `POST /leads/check`: the same page with what was written, after comparing it; for readers without scripts.
pub async fn check(State(app): State<App>, signed: Signed, Checked(form): Checked<Form>) -> Page {
    page(&app, &signed, form).await
}

async fn page(app: &App, signed: &Signed, mut form: Form) -> Page {
    let lang = signed.prefs.lang;
    let meant = meant(app, &form.key, &form.name).await?;
    if let Some(one) = &meant.one {
        form.key = one.key.clone();
        if form.name.trim().is_empty() || typed_code(&form.name).is_some() {
            form.name = one.name.clone();
        }
        if form.segment.is_empty() {
            form.segment = one.segment.clone().unwrap_or_default();
        }
    }
    let names = Names::read(app).await?;
    let asked = !form.name.trim().is_empty();
    let claim = form.claim(&meant)?;
    let found = claim_rows(app, &claim, &form.name, &names, lang).await?;
    let resident = app.store.resident(&claim.key).await?.is_some();
    let doubts = if asked { found.doubts(&claim, &form.need, resident, lang) } else { Vec::new() };
    let source: Option<Source> = form.source.parse().ok();
    let officer = form.officer.parse().ok().map(UserId).unwrap_or(signed.id);
    render(&NewPage {
        p: Chrome::of(signed, Nav::Leads),
        resolved: meant.one,
        candidates: meant.several,
        sources: Source::ALL
            .iter()
            .map(|s| Choice {
                id: s.as_str().into(),
                name: s.label(lang).into(),
                current: Some(*s) == source,
            })
            .collect(),
        segments: segments(app, &form.segment, lang),
        events: events(app, &form.event).await?,
        officers: names.officers(Some(officer)),
        rows: found.rows,
        doubts,
        asked,
        f: form,
    })
}

/// The segments of one chain, for a select.
pub struct Segments {
    /// The chain.
    pub chain: String,
    /// Its segments.
    pub list: Vec<Choice>,
}

/// Every segment by its chain. One that is written and that no chain has stays to be chosen.
#[must_use]
pub fn segments(app: &App, current: &str, lang: Lang) -> Vec<Segments> {
    let mut all: Vec<Segments> = Vec::new();
    if let Some(world) = app.engine.world() {
        for chain in world.chains.chains() {
            let one = |s: &domain::chain::Segment| {
                let id = format!("{}/{}", chain.id, s.id);
                Choice { current: id == current, name: segment_name(s, lang), id }
            };
            all.push(Segments {
                chain: chain_name(chain, lang),
                list: chain.segments.iter().map(one).collect(),
            });
        }
    }
    if !current.is_empty() && !all.iter().flat_map(|g| &g.list).any(|c| c.current) {
        let kept = Choice { id: current.into(), name: current.into(), current: true };
        all.push(Segments { chain: lang.t("其他", "Other").into(), list: vec![kept] });
    }
    all
}

/// The latest events, by their names; one that is older stays to be chosen by its number.
async fn events(app: &App, current: &str) -> Result<Vec<Choice>> {
    let page = store::Page::new(limits::PAGE_ROWS, 0);
    let events = app.store.events(store::event::EventFilter::default(), page).await?;
    let choice = |id: String, name: String| Choice { current: id == current, id, name };
    let mut all: Vec<Choice> = events
        .into_iter()
        .map(|e| choice(e.event.id.to_string(), format!("{} {}", e.event.said.start, e.event.said.title)))
        .collect();
    if let Some(id) = current.parse::<i64>().ok().filter(|_| !all.iter().any(|c| c.current))
        && let Some(event) = app.store.event(id).await?
    {
        all.push(choice(id.to_string(), format!("{} {}", event.said.start, event.said.title)));
    }
    Ok(all)
}

/// `POST /leads`
pub async fn post(State(app): State<App>, signed: Signed, Checked(form): Checked<Form>) -> Result<Redirect> {
    let (lead, raised) = register(&app, &signed, &form).await?;
    let contested = if raised.is_empty() { "" } else { "&contested=1" };
    Ok(Redirect::to(&format!("/leads/{}?done=registered{contested}", lead.id)))
}

/// Registers what a form says, and raises the conflicts that it has.
///
/// # Errors
/// 400 for a name, a source, an officer or an amount that is none; 404 for an officer who may not work on leads.
pub async fn register(app: &App, signed: &Signed, form: &Form) -> Result<(Lead, Vec<ConflictId>)> {
    if form.name.trim().is_empty() {
        return Err(wrong("请填写企业名称。", "Write the company's name."));
    }
    let source: Source =
        form.source.parse().map_err(|_| wrong("请选择线索来源。", "Choose where the lead came from."))?;
    let meant = meant(app, &form.key, &form.name).await?;
    let claim = form.claim(&meant)?;
    let officer = match form.officer.trim() {
        "" => signed.id,
        number => UserId(number.parse().map_err(|_| wrong("没有这位专员。", "There is no such officer."))?),
    };
    let new = NewLead {
        key: claim.key.clone(),
        name: claim.name().to_string(),
        uscc: claim.uscc.clone(),
        text: form.text(&claim)?,
        officer,
        source,
        source_ref: form.reference(app, source).await?,
        registered: app.clock.today(),
    };
    let rules = Rules::read(app).await?;
    let (near, projects) = rivals(app, claim, None).await?;
    let (actor, now) = (signed.actor(), app.clock.now());
    Ok(app.store.register_lead(&actor, now, &new, rules.of_leads(), &near, &projects).await?)
}

/// Leads that look alike and projects that clash, from the index in memory.
///
/// # Errors
/// The store fails, or no slot for computing is free.
pub async fn rivals(
    app: &App,
    claim: Claim,
    own: Option<domain::lead::LeadId>,
) -> Result<(Vec<domain::lead::LeadId>, Vec<(domain::fact::ProjectId, domain::lead::claim::Clash)>)> {
    catch_up(app).await?;
    let engine = app.engine.clone();
    app.compute(move || engine.claims.read().rivals(&claim, own)).await
}

/// Brings the index of claims up to now.
///
/// # Errors
/// Only when the database fails.
pub async fn catch_up(app: &App) -> Result<()> {
    let board = app.ledger.board(&app.store).await?;
    app.engine.claims.catch_up(&app.store, &board).await?;
    Ok(())
}

/// The company that a key or a name means; several when a person must decide.
///
/// # Errors
/// A damaged record, or no slot for computing is free.
pub async fn meant(app: &App, key: &str, name: &str) -> Result<Meant> {
    let Some(world) = app.engine.world() else { return Ok(Meant::default()) };
    let (key, name) =
        (key.trim().to_string(), name.trim().chars().take(limits::COMPANY_NAME_CHARS).collect::<String>());
    Ok(app.compute(move || resolve(&world, &key, &name)).await??)
}

fn resolve(world: &Arc<World>, key: &str, name: &str) -> anyhow::Result<Meant> {
    let found = |doc: Doc| -> anyhow::Result<Found> {
        let company = world.universe.company(doc)?;
        let placed = world.universe.placed(doc)?;
        Ok(Found {
            key: World::key(&company),
            region: crate::view::region_name(company.region),
            uscc: company.uscc.as_ref().map(|u| u.as_str().to_string()),
            others: company
                .former_names
                .iter()
                .chain(&company.short_names)
                .take(limits::LEAD_NAMES)
                .cloned()
                .collect(),
            segment: placed.placements.first().map(|p| world.chains.key(p.segment)),
            name: company.name,
        })
    };
    let one = |doc: Doc| Ok(Meant { one: Some(found(doc)?), several: Vec::new() });
    // A key that no longer fits the name that was typed since is left alone.
    if !key.is_empty()
        && let Some(doc) = world.find(key)?
    {
        let company = found(doc)?;
        let own = std::iter::once(&company.name).chain(&company.others);
        if name.is_empty() || own.into_iter().any(|n| domain::name::fold(n) == domain::name::fold(name)) {
            return Ok(Meant { one: Some(company), several: Vec::new() });
        }
    }
    if let Some(code) = typed_code(name) {
        return world.universe.find_uscc(code.as_str())?.map_or_else(|| Ok(Meant::default()), one);
    }
    if name.chars().count() < 2 {
        return Ok(Meant::default());
    }
    match world.by_name(name, None) {
        Named::One(doc) => one(doc),
        Named::Many(candidates) => {
            let several =
                candidates.iter().take(5).map(|c| found(Doc(c.company))).collect::<anyhow::Result<_>>()?;
            Ok(Meant { one: None, several })
        }
        Named::None => Ok(Meant::default()),
    }
}

impl Form {
    /// What the source is: of an event its number, else what was written.
    ///
    /// # Errors
    /// 400 for an event that there is not.
    async fn reference(&self, app: &App, source: Source) -> Result<Option<String>> {
        let (event, written) = (self.event.trim(), self.source_ref.trim());
        if source == Source::Event && !event.is_empty() {
            let known = match event.parse() {
                Ok(id) => app.store.event(id).await?.is_some(),
                Err(_) => false,
            };
            if !known {
                return Err(wrong("没有这场活动，请重新选择。", "There is no such event; choose another."));
            }
            return Ok(Some(event.to_string()));
        }
        Ok(Some(written.to_string()).filter(|s| !s.is_empty()))
    }

    /// What the form claims, with what the universe knows of the company.
    ///
    /// # Errors
    /// 400 for an amount that is none.
    pub fn claim(&self, meant: &Meant) -> Result<Claim> {
        let text = |t: &str| Some(t.trim().to_string()).filter(|t| !t.is_empty());
        let code = typed_code(&self.name).map(|c| c.as_str().to_string());
        let written = self.name.trim().to_string();
        let (key, uscc, mut names) = match &meant.one {
            Some(one) => (one.key.clone(), one.uscc.clone(), vec![one.name.clone()]),
            None => (code.clone().unwrap_or_else(|| format!("={written}")), code, vec![written.clone()]),
        };
        let others = domain::text::split_list(&self.other_names);
        let known = meant.one.as_ref().map_or(&[][..], |o| &o.others);
        for name in others.iter().chain(known).chain(typed_code(&written).is_none().then_some(&written)) {
            if !names.contains(name) && !name.is_empty() && names.len() <= limits::LEAD_NAMES {
                names.push(name.clone());
            }
        }
        Ok(Claim {
            key,
            uscc,
            names,
            group: text(&self.group),
            title: self.title.trim().to_string(),
            segment: text(&self.segment),
            amount: self.yuan()?,
        })
    }

    /// What the store keeps of it.
    ///
    /// # Errors
    /// 400 for an amount that is none.
    pub fn text(&self, claim: &Claim) -> Result<LeadText> {
        Ok(LeadText {
            other_names: claim.names.iter().skip(1).cloned().collect(),
            group: claim.group.clone(),
            title: claim.title.clone(),
            need: self.need.trim().to_string(),
            amount: self.yuan()?,
            segment: claim.segment.clone(),
            contact_name: self.contact_name.trim().to_string(),
            contact_phone: self.contact_phone.trim().to_string(),
        })
    }

    fn yuan(&self) -> Result<Option<i64>> {
        let wan = money::Unit { scale: 10_000, currency: domain::company::Currency::Cny };
        match money::parse(&self.amount, Some(wan)) {
            Ok(None) => Ok(None),
            Ok(Some(money)) if money.currency == domain::company::Currency::Cny => Ok(Some(money.amount)),
            Ok(Some(_)) | Err(_) => Err(wrong(
                "计划投资写成万元数或“1.2亿元”；外币请折算，或在签约时按原币登记。",
                "Write the planned investment in 10k CNY or as 1.2亿元; foreign currency is recorded at signing.",
            )),
        }
    }
}

fn wrong(zh: &str, en: &str) -> WebError {
    WebError::bad_request(zh, en)
}
