//! `GET /offers/sweep`: signed promises against the rules of today (清理存量): which break them, and how much is unpaid.

use crate::app::App;
use crate::inventory::{cell, sees};
use crate::offer::{Look, look};
use crate::rules::Rules;
use crate::text::yuan;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use domain::inventory::fold::fold;
use domain::inventory::{Kind, Value};
use domain::limits;
use domain::offer::Verdict;
use domain::plan;

#[derive(Template)]
#[template(path = "plan/sweep.html")]
struct SweepPage {
    p: Chrome,
    rule_set: String,
    signed: usize,
    breaking: usize,
    unpaid: String,
    rows: Vec<Row>,
    more: usize,
}

struct Row {
    id: i64,
    project: Option<i64>,
    code: String,
    text: String,
    signed: String,
    then: Look,
    now: Look,
    articles: Vec<String>,
    amount: String,
    paid: String,
    unpaid: String,
}

/// `GET /offers/sweep`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let (lang, today, now) = (signed.prefs.lang, app.clock.today(), app.clock.now());
    let rules = Rules::read(&app.config)?;
    let (mut rows, mut count, mut unpaid) = (Vec::new(), 0usize, 0i64);
    for item in app.store.items(Kind::OfferLine).await? {
        let values = fold(&item.changes, today, now).values;
        let Some(on) = values.get("signed_on").and_then(Value::day).filter(|d| *d <= today) else { continue };
        if !sees(&app, &signed, item.project).await? {
            continue;
        }
        count += 1;
        let standing = |day| plan::standing(&values, rules.offers.as_ref(), day);
        let (Some(then), Some(today_says)) = (standing(on), standing(today)) else { continue };
        if today_says.judged.verdict == Verdict::Pass
            || (today_says.judged.verdict == Verdict::Review && today_says.may_be_signed())
        {
            continue;
        }
        let int = |word: &str| values.get(word).and_then(Value::int).unwrap_or(0);
        let rest = int("amount").saturating_sub(int("paid")).max(0);
        unpaid = unpaid.saturating_add(rest);
        rows.push(Row {
            id: item.id.0,
            project: item.project.map(|p| p.0),
            text: values.get("text").and_then(Value::text).unwrap_or_default().to_string(),
            signed: on.to_string(),
            then: look(then.judged.verdict, lang),
            now: look(today_says.judged.verdict, lang),
            articles: plan::articles(&today_says.judged, lang),
            amount: cell(Kind::OfferLine, "amount", &values, lang),
            paid: cell(Kind::OfferLine, "paid", &values, lang),
            unpaid: yuan(rest, lang),
            code: item.code,
        });
    }
    let breaking = rows.len();
    rows.truncate(limits::INVENTORY_PREVIEW);
    render(&SweepPage {
        p: Chrome::of(&signed, Nav::Offers),
        rule_set: rules.offers.id.clone(),
        signed: count,
        breaking,
        unpaid: yuan(unpaid, lang),
        more: breaking - rows.len(),
        rows,
    })
}
