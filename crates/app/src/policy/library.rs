//! `GET /policies` and `GET /policies/{id}`: the library with whom each policy reaches and what of its budget that takes; one policy in full.

use super::{look, policies, profiles};
use crate::app::App;
use crate::inventory::list::{Tab, tabs_at};
use crate::offer::{Look, look as verdict_look};
use crate::rules::Rules;
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use domain::inventory::Kind;
use domain::limits;
use domain::policy::library::{Amount, Delivery, Policy};
use domain::policy::matching::Verdict;

#[derive(Template)]
#[template(path = "policy/list.html")]
struct ListPage {
    p: Chrome,
    tabs: Vec<Tab>,
    library: String,
    source: String,
    companies: usize,
    rows: Vec<Row>,
}

struct Row {
    id: String,
    title: String,
    document: String,
    days: String,
    in_force: bool,
    delivery: &'static str,
    amount: String,
    budget: String,
    applies: usize,
    almost: usize,
    total: String,
    short: bool,
    lawful: Look,
    confirm: bool,
}

#[derive(Template)]
#[template(path = "policy/show.html")]
struct ShowPage {
    p: Chrome,
    tabs: Vec<Tab>,
    row: Row,
    issuer: String,
    source: String,
    clauses: Vec<(String, String, bool)>,
    formula: String,
    articles: Vec<String>,
    companies: Vec<Company>,
    more: usize,
}

struct Company {
    id: i64,
    name: String,
    look: (&'static str, &'static str, &'static str),
    amount: String,
    gaps: Vec<String>,
}

/// `GET /policies`
pub async fn list(State(app): State<App>, signed: Signed) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let (rules, profiles) = (Rules::read(&app.config)?, profiles(&app).await?);
    let library = policies(&rules);
    render(&ListPage {
        p: Chrome::of(&signed, Nav::Policies),
        tabs: tabs_at(Kind::Profile, "/policies", lang),
        library: library.id.clone(),
        source: library.source.clone(),
        companies: profiles.len(),
        rows: library.policies.iter().map(|policy| row(policy, &rules, &profiles, today, lang)).collect(),
    })
}

/// `GET /policies/{id}`
pub async fn show(State(app): State<App>, signed: Signed, Path(id): Path<String>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let (rules, profiles) = (Rules::read(&app.config)?, profiles(&app).await?);
    let missing = || {
        WebError::not_found("没有这项政策。", "There is no such policy.").next(
            "/policies",
            "政策库",
            "Policies",
        )
    };
    let policy = policies(&rules).policies.iter().find(|p| p.id == id).ok_or_else(missing)?;
    let mut companies: Vec<(Verdict, usize, Company)> = profiles
        .iter()
        .filter(|_| policy.in_force(today))
        .map(|profile| {
            let outcome = policy.judge(&profile.facts, today);
            let (class, mark, zh, en) = look(outcome.verdict);
            let gaps: Vec<String> =
                outcome.open.iter().map(|o| lang.t(&o.gap.zh, &o.gap.en).to_string()).collect();
            let company = Company {
                id: profile.id,
                name: profile.name.clone(),
                look: (class, mark, lang.t(zh, en)),
                amount: outcome
                    .amount
                    .filter(|_| outcome.verdict != Verdict::No)
                    .map_or("—".into(), |n| yuan(n, lang)),
                gaps,
            };
            (outcome.verdict, outcome.open.len(), company)
        })
        .collect();
    companies.sort_by_key(|(verdict, open, _)| (std::cmp::Reverse(*verdict), *open));
    let more = companies.len().saturating_sub(limits::INVENTORY_PREVIEW);
    companies.truncate(limits::INVENTORY_PREVIEW);
    let judged = rules.offers.judge(&policy.line(), today);
    render(&ShowPage {
        p: Chrome::of(&signed, Nav::Policies),
        tabs: tabs_at(Kind::Profile, "/policies", lang),
        issuer: policy.issuer.clone(),
        source: policy.source.clone(),
        clauses: policy
            .clauses
            .iter()
            .map(|c| (lang.t(&c.zh, &c.en).to_string(), c.when.to_string(), c.hard))
            .collect(),
        formula: match &policy.amount {
            Amount::Fixed(n) => yuan(*n, lang),
            Amount::Formula(expr) => expr.to_string(),
        },
        articles: domain::plan::articles(&judged, lang),
        row: row(policy, &rules, &profiles, today, lang),
        companies: companies.into_iter().map(|c| c.2).collect(),
        more,
    })
}

fn row(
    policy: &Policy,
    rules: &Rules,
    profiles: &[super::Profile],
    today: jiff::civil::Date,
    lang: Lang,
) -> Row {
    let reach = policy.reach(profiles.iter().map(|p| (p.id, &p.facts)), today);
    let judged = rules.offers.judge(&policy.line(), today);
    let to = policy.to.map_or(String::new(), |d| format!(" – {d}"));
    Row {
        id: policy.id.clone(),
        title: lang.t(&policy.zh, &policy.en).to_string(),
        document: policy.document.clone(),
        days: format!("{}{to}", policy.from),
        in_force: policy.in_force(today),
        delivery: match policy.delivery {
            Delivery::Automatic => lang.t("免申即享", "automatic"),
            Delivery::Fast => lang.t("快申快享", "fast"),
            Delivery::Apply => lang.t("申报", "apply"),
        },
        amount: policy.cap.map_or("—".into(), |n| yuan(n, lang)),
        budget: policy.budget.map_or("—".into(), |n| yuan(n, lang)),
        applies: reach.applies.len(),
        almost: reach.almost.len(),
        total: yuan(reach.total, lang),
        short: reach.left.is_some_and(|n| n < 0),
        lawful: verdict_look(judged.verdict, lang),
        confirm: policy.confirm,
    }
}
