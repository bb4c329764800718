//! `GET /events/{id}`: one event, who came, what it cost, and which projects it brought.

use crate::app::App;
use crate::clock::shown;
use crate::event::edit::known;
use crate::event::guests::{Meant, Pasted, meant};
use crate::event::led::{LeadRow, Led, ProjectRow, fine, lead_row, led, project_row};
use crate::event::list::{Choice, days, label, unit_name, units};
use crate::import::list::{name_of, people};
use crate::text::{Lang, yuan};
use crate::view::region_name;
use crate::web::chrome::{Chrome, Flash, Nav};
use crate::web::error::Result;
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use domain::event::{CostKind, GuestRole};
use domain::limits::{LINE_CHARS, OUTCOMES_SHOWN, UNMATCHED_SHOWN};
use domain::mask::mask;
use domain::role::{Action, Role};
use store::event::Event;
use store::guest::{Cost, Guest};

#[derive(Template)]
#[template(path = "event/show.html")]
struct EventPage {
    p: Chrome,
    id: i64,
    version: i64,
    title: String,
    kind: &'static str,
    place: String,
    days: String,
    unit: String,
    purpose: String,
    recorded: String,
    ended: Option<String>,
    guests: Vec<GuestRow>,
    investors: usize,
    costs: Vec<CostRow>,
    budget: String,
    actual: String,
    leads: Vec<LeadRow>,
    lead_count: usize,
    more_leads: bool,
    projects: Vec<ProjectRow>,
    more_projects: bool,
    count: usize,
    signed: i64,
    signed_yuan: String,
    per_signed: String,
    without_rate: usize,
    form: Pasted,
    faults: Vec<String>,
    roles: Vec<Choice>,
    officers: Vec<Choice>,
    today: String,
    line_chars: usize,
    may_edit: bool,
}

struct GuestRow {
    id: i64,
    href: Option<String>,
    name: String,
    person: String,
    role: &'static str,
    brought_by: String,
    candidates: Vec<Candidate>,
}

struct Candidate {
    key: String,
    href: String,
    name: String,
}

struct CostRow {
    id: i64,
    kind: &'static str,
    amount: String,
    day: String,
    note: String,
    by: String,
    ended: Option<String>,
}

/// `GET /events/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    page(&app, &signed, id, None, Vec::new(), None).await
}

/// The page, with what was pasted and its faults, or a message.
///
/// # Errors
/// 404; else only when the database or the universe fails.
pub async fn page(
    app: &App,
    signed: &Signed,
    id: i64,
    form: Option<Pasted>,
    faults: Vec<String>,
    said: Option<String>,
) -> Page {
    let event = known(app, id).await?;
    let lang = signed.prefs.lang;
    let names = people(app).await?;
    let guests = app.store.guests(id).await?;
    let costs = app.store.costs(id).await?;
    let mut led = led(app).await?.remove(&id).unwrap_or_default();
    let investors = guests.iter().filter(|g| g.said.role.counts()).count();
    let form = form.unwrap_or_else(|| Pasted { brought_by: usual_officer(signed), ..Pasted::default() });
    let sum =
        |kind| costs.iter().filter(|c| c.ended.is_none() && c.said.kind == kind).map(|c| c.said.yuan).sum();
    let (budget, actual): (i64, i64) = (sum(CostKind::Budget), sum(CostKind::Actual));
    let may_edit = signed.may(Action::EditEvents) && event.ended.is_none();
    let rows = guest_rows(app, guests, &names, may_edit, signed).await?;
    let count = led.projects.len();
    led.projects.sort_by_key(|l| (std::cmp::Reverse(l.signed), l.id));
    let mut p = Chrome::of(signed, Nav::Events);
    p.here = format!("/events/{id}");
    p.flash = said.map(|text| Flash { bad: false, text });
    render(&EventPage {
        id,
        version: event.version,
        kind: label(event.said.kind.names(), lang),
        place: region_name(event.said.place),
        days: days(event.said.start, event.said.end),
        unit: unit_name(event.said.unit, &units(app, event.said.unit).await?),
        recorded: format!("{} · {}", name_of(&event.by, &names, lang), shown(event.created)),
        ended: ended(&event),
        title: event.said.title,
        purpose: event.said.purpose,
        guests: rows,
        investors,
        costs: costs.into_iter().map(|c| cost_row(c, &names, lang)).collect(),
        budget: fine(budget, lang),
        actual: fine(actual, lang),
        leads: led.leads.iter().take(OUTCOMES_SHOWN).map(|l| lead_row(l, lang)).collect(),
        lead_count: led.leads.len(),
        more_leads: led.leads.len() > OUTCOMES_SHOWN,
        projects: led.projects.iter().take(OUTCOMES_SHOWN).map(|l| project_row(l, lang)).collect(),
        more_projects: count > OUTCOMES_SHOWN,
        count,
        signed: led.signed,
        signed_yuan: yuan(led.signed_yuan, lang),
        per_signed: per_signed(&led, actual, lang),
        without_rate: led.without_rate,
        roles: roles(&form, lang),
        officers: officers(app, &form).await?,
        form,
        faults,
        today: app.clock.today().to_string(),
        line_chars: LINE_CHARS,
        may_edit,
        p,
    })
}

/// What each signed project cost, for people; `—` when none was signed.
#[must_use]
pub fn per_signed(led: &Led, spent: i64, lang: Lang) -> String {
    led.cost_per_signed(spent).map_or("—".into(), |cost| fine(cost, lang))
}

fn ended(event: &Event) -> Option<String> {
    event.ended.as_ref().map(|(at, why)| format!("{} · {why}", shown(*at)))
}

/// An officer who records an event most likely brought its guests.
fn usual_officer(signed: &Signed) -> String {
    if signed.role == Role::Officer { signed.id.to_string() } else { String::new() }
}

fn roles(form: &Pasted, lang: Lang) -> Vec<Choice> {
    let chosen = form.role.parse().unwrap_or(GuestRole::Investor);
    let choice = |r: &GuestRole| Choice {
        value: r.as_str().into(),
        name: label(r.names(), lang).into(),
        chosen: *r == chosen,
    };
    GuestRole::ALL.iter().map(choice).collect()
}

async fn officers(app: &App, form: &Pasted) -> Result<Vec<Choice>> {
    let users = app.store.users(store::Page::first()).await?.into_iter();
    let open = users.filter(|u| u.ended.is_none() && matches!(u.role, Role::Officer | Role::Director));
    Ok(open
        .map(|u| Choice {
            value: u.id.to_string(),
            chosen: form.brought_by == u.id.to_string(),
            name: u.name,
        })
        .collect())
}

/// Rows of guests; the first names that are no one company come with whom they could mean.
async fn guest_rows(
    app: &App,
    guests: Vec<Guest>,
    names: &[(String, String)],
    may_edit: bool,
    signed: &Signed,
) -> Result<Vec<GuestRow>> {
    let unclear: Vec<(i64, String)> = guests
        .iter()
        .filter(|g| may_edit && g.said.key.is_none())
        .take(UNMATCHED_SHOWN)
        .map(|g| (g.id, g.said.name.clone()))
        .collect();
    let mut candidates: Vec<(i64, Vec<(String, String)>)> = Vec::new();
    if let Some(world) = app.engine.world().filter(|_| !unclear.is_empty()) {
        let work = move || {
            let one = |(id, name): (i64, String)| {
                anyhow::Ok((
                    id,
                    match meant(&world, &name)? {
                        Meant::One(key, name) => vec![(key, name)],
                        Meant::Perhaps(list) => list,
                    },
                ))
            };
            unclear.into_iter().map(one).collect::<anyhow::Result<Vec<_>>>()
        };
        candidates = app.compute(work).await??;
    }
    let (lang, whole) = (signed.prefs.lang, signed.may(Action::SeeContacts));
    let row = |g: Guest| GuestRow {
        id: g.id,
        href: g.said.key.as_deref().map(encode),
        // The written name may hold a person's number as well.
        name: if whole { g.said.name } else { mask(&g.said.name).into_owned() },
        person: if whole { g.said.person } else { mask(&g.said.person).into_owned() },
        role: label(g.said.role.names(), lang),
        brought_by: g.said.brought_by.map_or("—".into(), |u| name_of(&format!("user:{u}"), names, lang)),
        candidates: candidates
            .iter()
            .filter(|(id, _)| *id == g.id)
            .flat_map(|(_, list)| list.iter())
            .map(candidate)
            .collect(),
    };
    Ok(guests.into_iter().map(row).collect())
}

fn candidate((key, name): &(String, String)) -> Candidate {
    Candidate { key: key.clone(), href: encode(key), name: name.clone() }
}

fn cost_row(cost: Cost, names: &[(String, String)], lang: Lang) -> CostRow {
    CostRow {
        id: cost.id,
        kind: label(cost.said.kind.names(), lang),
        amount: fine(cost.said.yuan, lang),
        day: cost.said.day.to_string(),
        note: cost.said.note,
        by: name_of(&cost.by, names, lang),
        ended: cost.ended.map(|(at, why)| format!("{} · {why}", shown(at))),
    }
}
