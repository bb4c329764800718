//! `GET /leads/{id}`: one lead with its clock, contacts, conflicts and credit.

use crate::app::App;
use crate::clock::shown;
use crate::lead::check::claim_rows;
use crate::lead::new::{Segments, segments};
use crate::lead::rules::{Rules, without};
use crate::lead::{Names, ended_words, ours, phone, step_mark};
use crate::target::list::Choice;
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Flash, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::lead::clock::{Contact, clock};
use domain::lead::credit::{Figure, PartyKind};
use domain::lead::{ConflictState, ContactKind, LeadId, LeadState, Source};
use domain::mask::mask;
use domain::role::Action;
use serde::Deserialize;
use store::agreement::Agreement;
use store::contact::ContactNote;
use store::lead::Lead;

#[derive(Template)]
#[template(path = "lead/show.html")]
struct LeadPage {
    p: Chrome,
    id: i64,
    version: i64,
    company: String,
    key: String,
    in_universe: bool,
    title: String,
    state: &'static str,
    open: bool,
    ended: String,
    project: Option<i64>,
    facts: Vec<(&'static str, String)>,
    need: String,
    steps: Vec<StepRow>,
    without: String,
    until: String,
    until_soon: bool,
    contacts: Vec<ContactRow>,
    kinds: Vec<Choice>,
    today: String,
    officers: Vec<Choice>,
    conflicts: Vec<ConflictRow>,
    waiting: bool,
    credits: Vec<CreditRow>,
    figures: Vec<Choice>,
    doubts: Vec<(&'static str, String)>,
    ours: bool,
    may_record: bool,
    edit: EditRow,
    segments: Vec<Segments>,
}

struct StepRow {
    name: String,
    nth: u32,
    due: String,
    class: &'static str,
    words: String,
    told: String,
}

struct ContactRow {
    kind: &'static str,
    day: String,
    note: String,
    moved: String,
    by: String,
    at: String,
    late: bool,
}

/// A conflict as a row of a list.
#[derive(Clone, Debug)]
pub struct ConflictRow {
    /// Number.
    pub id: i64,
    /// Kind in words.
    pub kind: &'static str,
    /// State in words.
    pub state: &'static str,
    /// Class of the state.
    pub class: &'static str,
    /// Why.
    pub why: String,
    /// When it was raised.
    pub at: String,
    /// How it was settled.
    pub verdict: &'static str,
}

struct CreditRow {
    id: i64,
    since: String,
    shares: Vec<String>,
    sides: Vec<(String, bool)>,
    state: &'static str,
    class: &'static str,
    mine: bool,
}

#[derive(Default)]
struct EditRow {
    other_names: String,
    group: String,
    amount: String,
    contact_name: String,
    contact_phone: String,
}

/// What was just done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
    contested: String,
}

/// `GET /leads/{id}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(done): Query<Done>,
) -> Page {
    let lead = find(&app, LeadId(id)).await?;
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let rules = Rules::read(&app).await?;
    let names = Names::read(&app).await?;
    let contacts = app.store.contacts(lead.id).await?;
    let seen: Vec<Contact> = contacts.iter().map(|c| c.contact).collect();
    let clock = clock(&lead.case(&seen), today, &rules.clue, &rules.calendar);
    let conflicts = app.store.conflicts_of(lead.id).await?;
    let credits = app.store.agreements(lead.id).await?;
    let doubts = doubts(&app, &lead, &names, lang).await?;
    let own = ours(&signed, lead.said.officer, lead.unit);
    let whole = own && signed.may(Action::SeeContacts);
    let open = lead.state == LeadState::Open;
    let segments = segments(&app, lead.said.text.segment.as_deref().unwrap_or_default(), lang);
    let on = segments.iter().flat_map(|g| g.list.iter().map(move |s| (g, s))).find(|(_, s)| s.current);
    let segment = on.map(|(g, s)| format!("{} · {}", g.chain, s.name));
    let reference = reference(&app, &lead).await?;
    let warn = rules.clue.protection.warn_days.min(3_660);
    let soon = today.saturating_add(jiff::Span::new().days(warn));
    let choice = |id: &str, name: &str| Choice { id: id.into(), name: name.into(), current: false };
    let p = Chrome::of(&signed, Nav::Leads).with_flash(flash(&done, lang));
    render(&LeadPage {
        id: lead.id.0,
        version: lead.version,
        company: lead.said.name.clone(),
        in_universe: app.engine.world().is_some_and(|w| matches!(w.find(&lead.said.key), Ok(Some(_)))),
        key: encode(&lead.said.key),
        title: lead.said.text.title.clone(),
        state: lead.state.label(lang),
        open,
        ended: lead.ended.map_or_else(String::new, |day| {
            format!("{day} {}", ended_words(lead.ended_why.as_deref().unwrap_or_default(), lang))
        }),
        project: lead.project.map(|p| p.0),
        facts: facts(&lead, &signed, &names, (reference.as_deref(), segment.as_deref()), lang),
        need: if whole { lead.said.text.need.clone() } else { mask(&lead.said.text.need).into_owned() },
        steps: clock
            .steps
            .iter()
            .map(|s| {
                let (class, words) = step_mark(s, lang);
                let told = s.told.iter().map(|l| l.label(lang)).collect::<Vec<_>>().join("、");
                StepRow {
                    name: s.name.text(lang).into(),
                    nth: s.nth,
                    due: s.due.to_string(),
                    class,
                    words,
                    told,
                }
            })
            .collect(),
        without: without(&clock.without, lang),
        until: lead.protected_until.to_string(),
        until_soon: open && lead.protected_until <= soon,
        contacts: contacts.iter().rev().map(|c| contact_row(c, &names, &rules, whole, lang)).collect(),
        kinds: ContactKind::ALL
            .iter()
            .filter(|k| **k != ContactKind::Handover)
            .map(|k| choice(k.as_str(), k.label(lang)))
            .collect(),
        today: today.to_string(),
        officers: names
            .officers(None)
            .into_iter()
            .filter(|o| o.id != lead.said.officer.to_string())
            .collect(),
        waiting: conflicts.iter().any(|c| c.state != ConflictState::Settled),
        conflicts: conflicts.iter().map(|c| conflict_row(c, lang)).collect(),
        credits: credits.iter().map(|a| credit_row(a, &signed, &names, lang)).collect(),
        figures: Figure::ALL.iter().map(|f| choice(f.as_str(), f.label(lang))).collect(),
        doubts,
        ours: own && signed.may(Action::RegisterLead),
        may_record: own && signed.may(Action::RecordFact),
        segments,
        edit: if own { edit_row(&lead, &signed) } else { EditRow::default() },
        p,
    })
}

/// The lead of a number.
///
/// # Errors
/// 404 with the way to the list.
pub async fn find(app: &App, id: LeadId) -> Result<Lead> {
    app.store.lead(id).await?.ok_or_else(|| {
        WebError::not_found("没有这条线索。", "There is no such lead.").next(
            "/leads",
            "全部线索",
            "All leads",
        )
    })
}

fn flash(done: &Done, lang: Lang) -> Option<Flash> {
    let text = match (done.done.as_str(), done.contested.is_empty()) {
        ("registered", true) => lang.t("已登记，保护期从今天开始。", "Registered; the protection begins today."),
        ("registered", false) => lang.t(
            "已登记，但与他人的登记有冲突，已自动提出，待领导裁定；裁定前不能转为项目。",
            "Registered, but it conflicts with the claim of others: a director must settle that before it can become a project.",
        ),
        ("saved", _) => lang.t("已保存。", "Saved."),
        _ => return None,
    };
    Some(Flash { bad: !done.contested.is_empty(), text: text.into() })
}

/// What the source of a lead is, as people know it: of an event its title.
async fn reference(app: &App, lead: &Lead) -> Result<Option<String>> {
    let Some(which) = lead.said.source_ref.clone() else { return Ok(None) };
    if lead.said.source == Source::Event
        && let Ok(id) = which.trim().parse()
        && let Some(event) = app.store.event(id).await?
    {
        return Ok(Some(event.said.title));
    }
    Ok(Some(which))
}

fn facts(
    lead: &Lead,
    signed: &Signed,
    names: &Names,
    (reference, segment): (Option<&str>, Option<&str>),
    lang: Lang,
) -> Vec<(&'static str, String)> {
    let said = &lead.said;
    let or_dash = |t: &str| if t.is_empty() { "—".to_string() } else { t.to_string() };
    let source = match reference {
        Some(which) => format!("{} · {which}", said.source.label(lang)),
        None => said.source.label(lang).to_string(),
    };
    vec![
        (lang.t("首谈专员", "Officer"), names.person(Some(said.officer.0))),
        (lang.t("部门", "Unit"), names.unit(lead.unit.map(|u| u.0))),
        (lang.t("登记日期", "Registered"), said.registered.to_string()),
        (lang.t("来源", "Source"), source),
        (lang.t("统一社会信用代码", "Credit code"), or_dash(said.uscc.as_deref().unwrap_or_default())),
        (lang.t("曾用名、简称", "Other names"), or_dash(&said.text.other_names.join("、"))),
        (lang.t("所属集团", "Group"), or_dash(said.text.group.as_deref().unwrap_or_default())),
        (
            lang.t("计划投资", "Planned investment"),
            said.text.amount.map_or_else(|| "—".into(), |a| yuan(a, lang)),
        ),
        (lang.t("环节", "Segment"), or_dash(segment.unwrap_or_default())),
        (lang.t("企业联系人", "Contact person"), {
            let who = if ours(signed, said.officer, lead.unit) {
                said.text.contact_name.clone()
            } else {
                "＊".into()
            };
            or_dash(format!("{who} {}", phone(signed, lead)).trim())
        }),
    ]
}

fn edit_row(lead: &Lead, signed: &Signed) -> EditRow {
    let text = &lead.said.text;
    EditRow {
        other_names: text.other_names.join("、"),
        group: text.group.clone().unwrap_or_default(),
        amount: text.amount.map_or_else(String::new, |a| {
            domain::money::format(domain::company::Money {
                amount: a,
                currency: domain::company::Currency::Cny,
            })
        }),
        contact_name: text.contact_name.clone(),
        contact_phone: if signed.may(Action::SeeContacts) {
            text.contact_phone.clone()
        } else {
            String::new()
        },
    }
}

fn contact_row(note: &ContactNote, names: &Names, rules: &Rules, whole: bool, lang: Lang) -> ContactRow {
    let who =
        |officer: i64, unit: Option<i64>| format!("{}（{}）", names.person(Some(officer)), names.unit(unit));
    let late = note.contact.day.until(note.contact.recorded).map_or(0, |s| s.get_days());
    ContactRow {
        kind: note.contact.kind.label(lang),
        day: note.contact.day.to_string(),
        note: if whole { note.note.clone() } else { mask(&note.note).into_owned() },
        moved: note.moved.map_or_else(String::new, |(a, from, b, to)| {
            format!("{} → {}", who(a.0, from.map(|u| u.0)), who(b.0, to.map(|u| u.0)))
        }),
        by: names.actor(&note.by, lang),
        at: shown(note.at),
        late: late > i32::try_from(rules.clue.protection.backdate_days).unwrap_or(i32::MAX),
    }
}

/// The row of a conflict.
#[must_use]
pub fn conflict_row(c: &store::conflict::Conflict, lang: Lang) -> ConflictRow {
    ConflictRow {
        id: c.id.0,
        kind: c.kind.label(lang),
        state: c.state.label(lang),
        class: if c.state == ConflictState::Settled { "v-strong" } else { "v-missing" },
        why: c.reasons.iter().map(|r| r.text(lang)).collect::<Vec<_>>().join("；"),
        at: shown(c.raised),
        verdict: c.verdict.map_or("", |v| v.label(lang)),
    }
}

fn credit_row(a: &Agreement, signed: &Signed, names: &Names, lang: Lang) -> CreditRow {
    let party = |kind: PartyKind, who: &str| match kind {
        PartyKind::Officer => names.person(who.parse().ok()),
        PartyKind::Unit => names.unit(who.parse().ok()),
        PartyKind::Zone => who.to_string(),
    };
    let (state, class) = match (a.in_force(), &a.ended) {
        (true, _) => (lang.t("双方已确认", "confirmed by both"), "v-strong"),
        (false, Some(_)) => (lang.t("已终止", "ended"), "v-weak"),
        (false, None) => (lang.t("待确认，尚不计数", "waits, counts for nothing yet"), "v-present"),
    };
    let waits = |side, confirmed: bool| side == signed.id && !confirmed && a.ended.is_none();
    CreditRow {
        id: a.id,
        since: a.agreed.since.to_string(),
        shares: a
            .agreed
            .shares
            .iter()
            .map(|s| {
                let (whole, tenth) = (s.per_mille / 10, s.per_mille % 10);
                format!("{}：{} {whole}.{tenth}%", s.figure.label(lang), party(s.party, &s.who))
            })
            .collect(),
        sides: vec![
            (names.person(Some(a.agreed.side_a.0)), a.confirmed_a.is_some()),
            (names.person(Some(a.agreed.side_b.0)), a.confirmed_b.is_some()),
        ],
        state,
        class,
        mine: waits(a.agreed.side_a, a.confirmed_a.is_some())
            || waits(a.agreed.side_b, a.confirmed_b.is_some()),
    }
}

async fn doubts(app: &App, lead: &Lead, names: &Names, lang: Lang) -> Result<Vec<(&'static str, String)>> {
    if lead.state != LeadState::Open {
        return Ok(Vec::new());
    }
    let claim = lead.claim();
    let resident = match crate::view::find(app).await? {
        Some(view) => view.world.find(&lead.said.key)?.is_some_and(|doc| view.is_resident(doc)),
        None => app.store.resident(&lead.said.key).await?.is_some(),
    };
    let found = claim_rows(app, &claim, "", names, lang).await?.without_lead(lead.id);
    Ok(found.doubts(&claim, &lead.said.text.need, resident, lang))
}
