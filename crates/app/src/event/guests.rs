//! Guests and costs of an event: pasted, settled, taken off.

use crate::app::App;
use crate::event::edit::{reason, standing};
use crate::event::show;
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::session::Signed;
use crate::world::{Named, World, typed_code};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use domain::event::{CostKind, GuestLine, GuestRole, guest_lines};
use domain::money;
use domain::user::UserId;
use engine::snapshot::Doc;
use serde::Deserialize;
use store::guest::{NewCost, NewGuest};

/// Candidates that are shown for a name.
const CANDIDATES: usize = 5;

/// Which company a name means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Meant {
    /// This one: key and registered name.
    One(String, String),
    /// One of these, or another.
    Perhaps(Vec<(String, String)>),
}

/// Looks a name or a credit code up.
///
/// # Errors
/// A damaged record.
pub fn meant(world: &World, name: &str) -> anyhow::Result<Meant> {
    let company = |doc| world.universe.company(doc).map(|c| (World::key(&c), c.name));
    if let Some(code) = typed_code(name) {
        return Ok(match world.universe.find_uscc(code.as_str())? {
            Some(doc) => company(doc).map(|(key, name)| Meant::One(key, name))?,
            None => Meant::Perhaps(Vec::new()),
        });
    }
    Ok(match world.by_name(name, None) {
        Named::One(doc) => company(doc).map(|(key, name)| Meant::One(key, name))?,
        Named::Many(list) => {
            let docs = list.iter().take(CANDIDATES).map(|c| company(Doc(c.company)));
            Meant::Perhaps(docs.collect::<anyhow::Result<_>>()?)
        }
        Named::None => Meant::Perhaps(Vec::new()),
    })
}

/// A pasted list.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Pasted {
    /// One company on each line, then optionally person and role.
    #[serde(default)]
    pub list: String,
    /// The role of lines that name none.
    #[serde(default)]
    pub role: String,
    /// Number of the officer who brought them.
    #[serde(default)]
    pub brought_by: String,
}

/// `POST /events/{id}/guests`: all lines or none; names that are no one company are kept as written and named.
pub async fn add(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Pasted>,
) -> Result<Response> {
    standing(&app, id).await?;
    let lang = signed.prefs.lang;
    let usual = form.role.parse().unwrap_or(GuestRole::Investor);
    let lines = match guest_lines(&form.list, usual) {
        Ok(lines) => lines,
        Err(faults) => {
            let line = lang.t("第", "line ");
            let tail = lang.t(" 行：", ": ");
            let faults =
                faults.iter().map(|f| format!("{line}{}{tail}{}", f.line, lang.t(&f.zh, &f.en))).collect();
            return Ok(show::page(&app, &signed, id, Some(form), faults, None).await?.into_response());
        }
    };
    let brought_by = form.brought_by.parse().ok().map(UserId);
    let (guests, unclear) = resolved(&app, lines, brought_by).await?;
    let added = guests.len();
    match app.store.add_guests(&signed.actor(), app.clock.now(), id, &guests).await {
        Ok(_) => {}
        Err(store::Error::Invalid(why)) => {
            return Ok(show::page(&app, &signed, id, Some(form), vec![why], None).await?.into_response());
        }
        Err(other) => return Err(other.into()),
    }
    if unclear.is_empty() {
        return Ok(Redirect::to(&format!("/events/{id}#guests")).into_response());
    }
    let unclear: Vec<String> = unclear
        .iter()
        .map(|(line, name)| format!("{}{line}{}{name}", lang.t("第 ", "line "), lang.t(" 行 ", " ")))
        .collect();
    let text = format!(
        "{}{added}{}{}",
        lang.t("已加入 ", "Added: "),
        lang.t(
            " 位。以下名称不是企业库里的一家，先按原文保留，请在名单里选定：",
            ". These names are no one company of the universe; they are kept as written, choose below: "
        ),
        unclear.join(lang.t("、", ", "))
    );
    Ok(show::page(&app, &signed, id, None, Vec::new(), Some(text)).await?.into_response())
}

/// Guests of pasted lines, and the lines whose name is no one company.
async fn resolved(
    app: &App,
    lines: Vec<GuestLine>,
    brought_by: Option<UserId>,
) -> Result<(Vec<NewGuest>, Vec<(usize, String)>)> {
    let world = app.engine.world();
    let work = move || -> anyhow::Result<_> {
        let (mut guests, mut unclear) = (Vec::with_capacity(lines.len()), Vec::new());
        for line in lines {
            let found = world.as_ref().map(|w| meant(w, &line.name)).transpose()?;
            let (key, name) = match found {
                Some(Meant::One(key, name)) => (Some(key), name),
                _ => {
                    unclear.push((line.line, line.name.clone()));
                    (None, line.name)
                }
            };
            guests.push(NewGuest { key, name, person: line.person, role: line.role, brought_by });
        }
        Ok((guests, unclear))
    };
    Ok(app.compute(work).await??)
}

/// Which company a guest's name means.
#[derive(Debug, Deserialize)]
pub struct Settled {
    #[serde(default)]
    is: String,
}

/// `POST /events/{id}/guests/{guest}/settle`
pub async fn settle(
    State(app): State<App>,
    signed: Signed,
    Path((id, guest)): Path<(i64, i64)>,
    Checked(form): Checked<Settled>,
) -> Result<Redirect> {
    standing(&app, id).await?;
    of_event(&app, id, guest).await?;
    let world = app.engine.world();
    let none = || WebError::not_found("企业库里没有这家企业。", "There is no such company.");
    let world = world.ok_or_else(none)?;
    let doc = world.find(&form.is)?.ok_or_else(none)?;
    let company = world.universe.company(doc)?;
    let (actor, now) = (signed.actor(), app.clock.now());
    app.store.settle_guest(&actor, now, guest, &World::key(&company), &company.name).await?;
    Ok(Redirect::to(&format!("/events/{id}#guests")))
}

/// Why something is taken back.
#[derive(Debug, Deserialize)]
pub struct TakenBack {
    #[serde(default)]
    reason: String,
}

/// `POST /events/{id}/guests/{guest}/end`
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Path((id, guest)): Path<(i64, i64)>,
    Checked(form): Checked<TakenBack>,
) -> Result<Redirect> {
    standing(&app, id).await?;
    of_event(&app, id, guest).await?;
    app.store.end_guest(&signed.actor(), app.clock.now(), guest, reason(&form.reason)?).await?;
    Ok(Redirect::to(&format!("/events/{id}#guests")))
}

async fn of_event(app: &App, id: i64, guest: i64) -> Result<()> {
    if app.store.guests(id).await?.iter().any(|g| g.id == guest) {
        return Ok(());
    }
    Err(WebError::not_found("名单上没有这位来宾。", "There is no such guest on the list."))
}

/// A cost as typed.
#[derive(Debug, Deserialize)]
pub struct CostForm {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    amount: String,
    #[serde(default)]
    day: String,
    #[serde(default)]
    note: String,
}

/// `POST /events/{id}/costs`
pub async fn add_cost(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<CostForm>,
) -> Result<Redirect> {
    standing(&app, id).await?;
    let back = |error: WebError| error.next(format!("/events/{id}#costs"), "返回活动", "Back to the event");
    let bad = |zh: &str, en: &str| back(WebError::bad_request(zh, en));
    let kind: CostKind =
        form.kind.parse().map_err(|_| bad("请选择预算或实际支出。", "Choose budget or spent."))?;
    let unit = money::heading_unit("（万元）");
    let amount = money::parse(&form.amount, unit).ok().flatten().filter(|m| m.currency == Default::default());
    let amount = amount.ok_or_else(|| {
        bad("金额写成 28.5（万元）或 285000元 这样。", "Write the amount as 28.5 (10k CNY) or 285000元.")
    })?;
    let day = form.day.trim().parse();
    let day = day.map_err(|_| bad("日期写成 2026-03-12 这样。", "Write the day as 2026-03-12."))?;
    if form.note.trim().is_empty() {
        return Err(bad(
            "请写明依据：文件、发票或合同号。",
            "Say what proves it: document, invoice or contract.",
        ));
    }
    let new = NewCost { kind, yuan: amount.amount, day, note: form.note.trim().into() };
    app.store.add_cost(&signed.actor(), app.clock.now(), id, &new).await.map_err(|e| back(e.into()))?;
    Ok(Redirect::to(&format!("/events/{id}#costs")))
}

/// `POST /events/{id}/costs/{cost}/end`
pub async fn end_cost(
    State(app): State<App>,
    signed: Signed,
    Path((id, cost)): Path<(i64, i64)>,
    Checked(form): Checked<TakenBack>,
) -> Result<Redirect> {
    standing(&app, id).await?;
    if !app.store.costs(id).await?.iter().any(|c| c.id == cost && c.ended.is_none()) {
        return Err(WebError::not_found(
            "没有这笔费用，或已撤回。",
            "There is no such cost, or it was taken back.",
        ));
    }
    app.store.end_cost(&signed.actor(), app.clock.now(), cost, reason(&form.reason)?).await?;
    Ok(Redirect::to(&format!("/events/{id}#costs")))
}
