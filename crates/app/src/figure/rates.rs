//! `/figures/rates`: exchange rates. A rate is corrected by another of the same day.

use crate::app::App;
use crate::clock::shown;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::company::Currency;
use domain::limits::FIGURE_ROWS;
use domain::money::currency_name;
use domain::role::Action;
use serde::Deserialize;
use store::rate::NewRate;

#[derive(Template)]
#[template(path = "figure/rates.html")]
struct RatesPage {
    p: Chrome,
    rows: Vec<RateRow>,
    currencies: Vec<(&'static str, &'static str)>,
    today: String,
    may_edit: bool,
}

struct RateRow {
    currency: &'static str,
    since: String,
    rate: String,
    source: String,
    recorded: String,
    holds: bool,
}

/// `GET /figures/rates`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let mut rates = app.store.rates().await?;
    rates.sort_by_key(|r| std::cmp::Reverse((r.since, r.id)));
    let corrected = |r: &domain::rate::Rate| {
        rates.iter().any(|o| o.currency == r.currency && o.since == r.since && o.id > r.id)
    };
    let row = |r: &domain::rate::Rate| RateRow {
        currency: currency_name(r.currency),
        since: r.since.to_string(),
        rate: format!("{}.{:06}", r.micro_yuan / 1_000_000, r.micro_yuan % 1_000_000),
        source: r.source.clone(),
        recorded: shown(r.recorded),
        holds: !corrected(r),
    };
    let foreign = Currency::ALL.into_iter().filter(|&c| c != Currency::Cny);
    render(&RatesPage {
        p: Chrome::of(&signed, Nav::Figures),
        rows: rates.iter().take(FIGURE_ROWS).map(row).collect(),
        currencies: foreign.map(|c| (c.code(), currency_name(c))).collect(),
        today: app.clock.today().to_string(),
        may_edit: signed.may(Action::EditRules),
    })
}

/// A rate as it is typed.
#[derive(Debug, Deserialize)]
pub struct New {
    currency: String,
    since: String,
    rate: String,
    source: String,
}

/// `POST /figures/rates`
pub async fn post(State(app): State<App>, signed: Signed, Checked(form): Checked<New>) -> Result<Redirect> {
    let wrong =
        |zh: &str, en: &str| Err(WebError::bad_request(zh, en).next("/figures/rates", "返回", "Back"));
    let Some(currency) = Currency::from_code(&form.currency) else {
        return wrong("请选择币种。", "Choose a currency.");
    };
    let Ok(since) = form.since.trim().parse() else {
        return wrong("日期格式不对，请写成 2025-01-31。", "That is no day; write it as 2025-01-31.");
    };
    let Some(micro_yuan) = micro(&form.rate) else {
        return wrong(
            "汇率应为正数，最多六位小数，如 7.1884。",
            "A rate is above zero with at most six decimals, as 7.1884.",
        );
    };
    let new = NewRate { currency, since, micro_yuan, source: form.source };
    app.store.add_rate(&signed.actor(), app.clock.now(), &new).await?;
    Ok(Redirect::to("/figures/rates"))
}

/// Millionths of a decimal number, exactly.
fn micro(text: &str) -> Option<i64> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || whole.len() > 6 || rest.len() > 6 || !digits(whole) || !digits(rest) {
        return None;
    }
    format!("{whole}{rest:0<6}").parse().ok().filter(|&n| n > 0)
}

#[cfg(test)]
mod tests {
    use super::micro;

    #[test]
    fn rates_are_read_exactly() {
        assert_eq!(["7.1884", "7", " 0.000001 "].map(micro), [Some(7_188_400), Some(7_000_000), Some(1)]);
        assert_eq!(["0", "-7", "7.1234567", "", "7,1", ".5"].map(micro), [None; 6]);
    }
}
