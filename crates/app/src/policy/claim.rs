//! `GET /policies/companies/{id}` and `GET /projects/{id}/policies`: what a company, or a project with its company's profile, may claim: which
//! policies apply and what they give together, which almost do and what is missing.

use super::{facts, look, policies, project_values};
use crate::app::App;
use crate::inventory::edit::find as record;
use crate::inventory::list::{Tab, tabs_at};
use crate::inventory::standing;
use crate::project::{find as project_of, guard_reading};
use crate::rules::Rules;
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use domain::fact::Kind as FactKind;
use domain::inventory::fold::fold;
use domain::inventory::{Kind, Value};
use domain::policy::facts::Facts;
use domain::policy::field::FieldId;
use domain::policy::matching::{GaveWay, Verdict};
use domain::rate::Rates;

#[derive(Template)]
#[template(path = "policy/claim.html")]
struct ClaimPage {
    p: Chrome,
    tabs: Vec<Tab>,
    title: String,
    back: String,
    note: String,
    total: String,
    unknown: usize,
    rows: Vec<Row>,
    others: usize,
}

struct Row {
    id: String,
    title: String,
    look: (&'static str, &'static str, &'static str),
    amount: String,
    kept: String,
    why: String,
    gaps: Vec<String>,
}

/// `GET /policies/companies/{id}`
pub async fn company(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let item = record(&app, id).await?;
    if item.kind != Kind::Profile {
        return Err(WebError::not_found("没有这家企业的画像。", "There is no profile of this company."));
    }
    let values = fold(&item.changes, app.clock.today(), app.clock.now()).values;
    let name = values.get("name").and_then(Value::text).unwrap_or(&item.code).to_string();
    claim(&app, &signed, name, format!("/inventory/items/{id}"), String::new(), &facts(&values))
}

/// `GET /projects/{id}/policies`
pub async fn project(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let project = project_of(&app, id, None).await?;
    guard_reading(&signed, &project)?;
    let today = app.clock.today();
    let company = project.text(FactKind::Company).unwrap_or_default();
    let all = standing(&app, Kind::Profile, today).await?;
    let profile = all.iter().find(|s| s.values.get("name").and_then(Value::text) == Some(company));
    let mut known = profile.map(|s| facts(&s.values)).unwrap_or_default();
    let rates = Rates::new(app.store.rates().await?, None);
    for (word, given) in project_values(&project, &rates, today) {
        if let Some(field) = FieldId::find(&word) {
            // What the field does not take is not known to the policies.
            let _ = known.set(field, &given);
        }
    }
    let note = match profile {
        Some(_) => String::new(),
        None => signed
            .t(
                "投资企业还没有画像，企业条件按“不知道”处理；登记画像后结论更完整。",
                "The investing company has no profile yet; what is asked of it counts as not known.",
            )
            .to_string(),
    };
    claim(&app, &signed, project.name().to_string(), format!("/projects/{id}/plan"), note, &known)
}

fn claim(app: &App, signed: &Signed, title: String, back: String, note: String, facts: &Facts) -> Page {
    let (lang, today, rules) = (signed.prefs.lang, app.clock.today(), Rules::read(&app.config)?);
    let entitled = policies(&rules).entitlements(facts, today);
    let shown = entitled.list.iter().filter(|e| e.outcome.verdict != Verdict::No);
    let rows: Vec<Row> = shown.map(|e| row(e, lang)).collect();
    render(&ClaimPage {
        p: Chrome::of(signed, Nav::Policies),
        tabs: tabs_at(Kind::Profile, "/policies", lang),
        title,
        back,
        note,
        total: yuan(entitled.total, lang),
        unknown: entitled.unknown,
        others: entitled.list.len() - rows.len(),
        rows,
    })
}

fn row(e: &domain::policy::matching::Entitled<'_>, lang: Lang) -> Row {
    let (class, mark, zh, en) = look(e.outcome.verdict);
    let why = match &e.gave_way {
        None => String::new(),
        Some(GaveWay::To(other)) => format!(
            "{}{}",
            lang.t("同类只取其一，让位于：", "of the group another counts: "),
            lang.t(&other.zh, &other.en)
        ),
        Some(GaveWay::Cap(group)) => {
            format!("{}{}", lang.t("达到同类上限：", "the group's cap: "), lang.t(&group.zh, &group.en))
        }
        Some(GaveWay::Overall(n)) => {
            format!("{} {}", lang.t("达到单个企业总上限", "the cap over all policies"), yuan(*n, lang))
        }
    };
    Row {
        id: e.outcome.policy.id.clone(),
        title: lang.t(&e.outcome.policy.zh, &e.outcome.policy.en).to_string(),
        look: (class, mark, lang.t(zh, en)),
        amount: e.outcome.amount.map_or("—".into(), |n| yuan(n, lang)),
        kept: e.kept.map_or("—".into(), |n| yuan(n, lang)),
        why,
        gaps: e.outcome.open.iter().map(|o| lang.t(&o.gap.zh, &o.gap.en).to_string()).collect(),
    }
}
