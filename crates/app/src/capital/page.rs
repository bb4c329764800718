//! `GET /capital`

use super::records::{fund_events, share_events, terms, warrant_events};
use super::worth::{Assumed, worth};
use crate::app::App;
use crate::inventory::list::{Tab, day_of, tabs_at};
use crate::inventory::standing;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::capital::cash::Return;
use domain::capital::fund::{self, Approvals};
use domain::capital::price::{Part, Price};
use domain::capital::round::{self, Basis, ShareEvent};
use domain::capital::warrant::exercise::{exercise, left};
use domain::capital::warrant::remind;
use domain::capital::warrant::state::{self, Event};
use domain::capital::warrant::strike::{Step, strike};
use domain::inventory::field::decimals;
use domain::inventory::{Kind, Value};
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "capital/page.html")]
struct CapitalPage {
    p: Chrome,
    tabs: Vec<Tab>,
    day: String,
    funds: Vec<FundRow>,
    companies: Vec<CompanyRow>,
    warrants: Vec<WarrantRow>,
    volatility: String,
    rate: String,
    limits: &'static str,
}

struct FundRow {
    id: i64,
    name: String,
    committed: String,
    called: String,
    uncalled: String,
    distributed: String,
    multiples: String,
    irr: String,
    deals: Vec<(String, String, String, String)>,
    faults: Vec<String>,
}

struct CompanyRow {
    name: String,
    holders: Vec<(String, String, String)>,
    rounds: Vec<(String, String, String, String)>,
    faults: Vec<String>,
}

struct WarrantRow {
    id: i64,
    name: String,
    issuer: String,
    life: String,
    holder: String,
    registered: String,
    window: String,
    price: String,
    steps: Vec<String>,
    worth: Result<String, String>,
    left: String,
    cost: String,
    refusals: Vec<String>,
    dilution: Vec<(String, String, String)>,
    reminder: Option<String>,
    faults: Vec<String>,
}

/// As of when.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    volatility: String,
    rate: String,
}

/// `GET /capital`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let day = day_of(&asked.day, today)?;
    let (flows, shares, events) =
        (fund_events(&app).await?, share_events(&app).await?, warrant_events(&app).await?);
    let funds = standing(&app, Kind::Fund, today).await?;
    let warrants = standing(&app, Kind::Warrant, today).await?;
    let none = Vec::new();
    let assumed = Assumed::of(&asked.volatility, &asked.rate);
    let limits = domain::capital::value::LIMITS;
    render(&CapitalPage {
        p: Chrome::of(&signed, Nav::Capital),
        tabs: tabs_at(Kind::Fund, "/capital", lang),
        day: day.to_string(),
        funds: funds
            .iter()
            .map(|s| {
                let name = s.values.get("name").and_then(Value::text).unwrap_or(&s.item.code);
                fund_row(s.item.id.0, name, flows.get(&s.item.code).unwrap_or(&none), day, lang)
            })
            .collect(),
        companies: shares.iter().map(|(name, events)| company_row(name, events, day, lang)).collect(),
        warrants: warrants
            .iter()
            .map(|s| {
                let issuer = s.values.get("issuer").and_then(Value::text).unwrap_or_default();
                let company = shares.get(issuer).map_or(&[][..], Vec::as_slice);
                let events = events.get(&s.item.code).map_or(&[][..], Vec::as_slice);
                warrant_row(s, events, company, (day, &assumed), lang)
            })
            .collect(),
        limits: lang.t(limits.0, limits.1),
        volatility: assumed.volatility,
        rate: assumed.rate,
    })
}

fn share(part: Option<Part>) -> String {
    part.map_or("—".into(), |p| format!("{}%", decimals(p.ppm() / 100, 100)))
}

/// Yuan a share, with as many decimals as it has.
pub(super) fn per_share(price: Price, lang: Lang) -> String {
    format!("{} {}", decimals(price.0, 10_000), lang.t("元/股", "CNY a share"))
}

fn rate(found: &Return, lang: Lang) -> String {
    let several = if found.roots > 1 {
        format!("（{} {}）", found.roots, lang.t("个解，取最接近零者", "rates balance; the one nearest zero"))
    } else {
        String::new()
    };
    format!("{:.1}%{several}", found.rate * 100.0)
}

fn fund_row(id: i64, name: &str, events: &[fund::Event], day: Date, lang: Lang) -> FundRow {
    let fund = fund::fold(events, day, Approvals::NotRequired);
    let said = |m: Option<domain::capital::cash::Multiple>| m.map_or("—".to_string(), |m| m.to_string());
    let totals = fund.totals;
    FundRow {
        id,
        name: name.to_string(),
        committed: yuan(fund.committed(), lang),
        called: yuan(totals.paid_in, lang),
        uncalled: yuan(fund.uncalled(), lang),
        distributed: yuan(totals.distributed, lang),
        multiples: format!(
            "DPI {} · RVPI {} · TVPI {}",
            said(totals.dpi()),
            said(totals.rvpi()),
            said(totals.tvpi())
        ),
        irr: match fund.irr() {
            Ok(found) => rate(&found, lang),
            Err(why) => {
                let (zh, en) = why.words();
                lang.t(zh, en).to_string()
            }
        },
        deals: fund
            .deals
            .iter()
            .map(|(company, deal)| {
                let moic = said(deal.totals.moic());
                (company.clone(), yuan(deal.totals.paid_in, lang), yuan(deal.totals.residual, lang), moic)
            })
            .collect(),
        faults: fund.faults.iter().map(|f| pick(f.words(), lang)).collect(),
    }
}

fn pick(words: (String, String), lang: Lang) -> String {
    lang.t(&words.0, &words.1).to_string()
}

fn company_row(name: &str, events: &[ShareEvent], day: Date, lang: Lang) -> CompanyRow {
    let table = round::fold(events, day);
    CompanyRow {
        name: name.to_string(),
        holders: table
            .holdings
            .iter()
            .map(|(holder, shares)| {
                (holder.clone(), grouped(shares.0), share(table.ownership(holder, Basis::FullyDiluted)))
            })
            .collect(),
        rounds: table
            .rounds
            .iter()
            .map(|r| {
                let after = r.post_money(Basis::FullyDiluted).map_or("—".into(), |n| yuan(n, lang));
                (r.name.clone(), r.on.to_string(), per_share(r.price, lang), after)
            })
            .collect(),
        faults: table.faults.iter().map(|(_, f)| pick(f.words(), lang)).collect(),
    }
}

/// What a later issue did to the price of exercise.
fn lowered(step: &Step, lang: Lang) -> String {
    format!(
        "{} {} {}，{} {}：{} → {}",
        step.on,
        lang.t("增发", "issued"),
        grouped(step.issued.0),
        lang.t("募集", "raised"),
        yuan(step.raised, lang),
        per_share(step.before, lang),
        per_share(step.after, lang)
    )
}

fn warrant_row(
    s: &crate::inventory::Standing,
    events: &[Event],
    company: &[ShareEvent],
    (day, assumed): (Date, &Assumed),
    lang: Lang,
) -> WarrantRow {
    let text = |word: &str| s.values.get(word).and_then(Value::text).unwrap_or_default().to_string();
    let mut row = WarrantRow {
        id: s.item.id.0,
        name: text("name"),
        issuer: text("issuer"),
        life: "—".into(),
        holder: text("grantee"),
        registered: text("registry_no"),
        window: format!("{} – {}", text("from"), text("until")),
        price: "—".into(),
        steps: Vec::new(),
        worth: Err("—".into()),
        left: "—".into(),
        cost: "—".into(),
        refusals: Vec::new(),
        dilution: Vec::new(),
        reminder: None,
        faults: Vec::new(),
    };
    let terms = match terms(&s.values) {
        Ok(terms) => terms,
        Err((zh, en)) => {
            row.faults.push(lang.t(zh, en).to_string());
            return row;
        }
    };
    let now = state::fold(&terms, events, company, day);
    row.life = now.life.label(lang).to_string();
    row.holder.clone_from(&now.holder);
    if let Some((on, number)) = &now.registered {
        row.registered = format!("{number} {on}");
    }
    row.faults = now.faults.iter().map(|(_, f)| pick(f.words(), lang)).collect();
    let price = strike(&now, company, day).ok();
    if let Some(found) = &price {
        row.price = per_share(found.price, lang);
        row.steps = found.steps.iter().map(|step| lowered(step, lang)).collect();
    }
    row.reminder = remind::due(&now, day, &[]).map(|r| pick(r.words(&now, day), lang));
    let Some(rest) = left(&now, company, day) else { return row };
    row.left = grouped(rest.shares.0);
    if let Some(found) = &price {
        row.worth = worth(&now, company, (found.price, rest.shares), assumed, day, lang);
    }
    match exercise(&now, company, day, rest.shares) {
        Ok(done) => {
            row.cost = yuan(done.cost, lang);
            row.dilution =
                done.dilution.iter().map(|d| (d.holder.clone(), share(d.before), share(d.after))).collect();
        }
        Err(reasons) => row.refusals = reasons.iter().map(|r| pick(r.words(), lang)).collect(),
    }
    row
}
