//! Records of capital as the rules want them.

use crate::app::App;
use crate::inventory::standing;
use crate::web::error::Result;
use domain::capital::fund::{self, Sort};
use domain::capital::price::{Price, Shares};
use domain::capital::round::{Basis, Change, ShareEvent};
use domain::capital::warrant::state::{Act, Event};
use domain::capital::warrant::{
    AntiDilution, Cap, Grantor, Loan, Need, PriceRule, Quantity, Terms, Transfer, Triggers, When,
};
use domain::inventory::{Kind, Value, Values};
use jiff::civil::Date;
use std::collections::BTreeMap;

fn text<'a>(values: &'a Values, word: &str) -> &'a str {
    values.get(word).and_then(Value::text).unwrap_or_default()
}

fn int(values: &Values, word: &str) -> Option<i64> {
    values.get(word).and_then(Value::int)
}

fn day(values: &Values, word: &str) -> Option<Date> {
    values.get(word).and_then(Value::day)
}

/// Events of every fund, by the fund's code, in order.
///
/// # Errors
/// Only when the database fails.
pub async fn fund_events(app: &App) -> Result<BTreeMap<String, Vec<fund::Event>>> {
    let mut by: BTreeMap<String, Vec<fund::Event>> = BTreeMap::new();
    for s in standing(app, Kind::FundFlow, app.clock.today()).await? {
        let v = &s.values;
        let (Some(on), Ok(sort), Some(yuan)) =
            (day(v, "on"), text(v, "sort").parse::<Sort>(), int(v, "amount"))
        else {
            continue;
        };
        let document = v.get("document").and_then(Value::text).map(str::to_string);
        let event = fund::Event { on, sort, party: text(v, "party").to_string(), yuan, document };
        by.entry(text(v, "fund").to_string()).or_default().push(event);
    }
    for events in by.values_mut() {
        events.sort_by_key(|e| e.on);
    }
    Ok(by)
}

/// Share events of every company, by its name, in order.
///
/// # Errors
/// Only when the database fails.
pub async fn share_events(app: &App) -> Result<BTreeMap<String, Vec<ShareEvent>>> {
    let mut by: BTreeMap<String, Vec<ShareEvent>> = BTreeMap::new();
    for s in standing(app, Kind::ShareEvent, app.clock.today()).await? {
        let v = &s.values;
        let (Some(on), Some(shares)) = (day(v, "on"), int(v, "shares").map(Shares)) else { continue };
        let holder = text(v, "holder").to_string();
        let price = Price(int(v, "price").unwrap_or(0));
        let change = match text(v, "sort") {
            "founding" => Change::Founding { holder, shares },
            "issue" => Change::Issue { round: text(v, "round").to_string(), holder, shares, price },
            "transfer" => Change::Transfer { from: text(v, "from").to_string(), to: holder, shares },
            "pool" => Change::Pool { shares },
            "option" => Change::Option { holder, shares },
            _ => Change::Warrant { holder, shares, price },
        };
        by.entry(text(v, "company").to_string()).or_default().push(ShareEvent { on, change });
    }
    for events in by.values_mut() {
        events.sort_by_key(|e| e.on);
    }
    Ok(by)
}

/// Events of every warrant, by its code, in order.
///
/// # Errors
/// Only when the database fails.
pub async fn warrant_events(app: &App) -> Result<BTreeMap<String, Vec<Event>>> {
    let mut by: BTreeMap<String, Vec<Event>> = BTreeMap::new();
    for s in standing(app, Kind::WarrantEvent, app.clock.today()).await? {
        let v = &s.values;
        let Some(on) = day(v, "on") else { continue };
        let document = v.get("document").and_then(Value::text).map(str::to_string);
        let (shares, price) = (Shares(int(v, "shares").unwrap_or(0)), Price(int(v, "price").unwrap_or(0)));
        let act = match text(v, "sort") {
            "approve" => Act::Approve,
            "value" => Act::Value,
            "price" => Act::Price { price },
            "register" => Act::Register { number: document.clone().unwrap_or_default() },
            "change" => Act::Change { terms: None },
            "transfer" => Act::Transfer { to: text(v, "holder").to_string() },
            "trigger" => Act::Trigger { name: text(v, "note").to_string() },
            "exercise" => Act::Exercise { shares, price },
            _ => Act::Cancel,
        };
        by.entry(text(v, "warrant").to_string()).or_default().push(Event { on, act, document });
    }
    for events in by.values_mut() {
        events.sort_by_key(|e| e.on);
    }
    Ok(by)
}

/// The terms of a warrant's record; `None` when it says too little, with what it lacks in Chinese and English.
///
/// # Errors
/// What is missing.
pub fn terms(v: &Values) -> std::result::Result<Terms, (&'static str, &'static str)> {
    let need =
        |word: &str| if v.get(word).is_some_and(Value::yes) { Need::Required } else { Need::NotRequired };
    let quantity = match text(v, "quantity") {
        "shares" => Quantity::Shares(Shares(int(v, "shares").ok_or(("缺少股数", "shares are missing"))?)),
        "percent" => Quantity::Percent {
            basis_points: int(v, "percent").ok_or(("缺少占比", "the share of all is missing"))?,
            at: When::Exercise,
        },
        _ => Quantity::Amount(int(v, "amount").ok_or(("缺少认购金额", "the amount is missing"))?),
    };
    let price = match text(v, "price_rule") {
        "fixed" => {
            PriceRule::Fixed(Price(int(v, "price").ok_or(("缺少每股价格", "the price a share is missing"))?))
        }
        "valuation" => {
            PriceRule::PreMoney(int(v, "valuation").ok_or(("缺少投前估值", "the valuation is missing"))?)
        }
        "last_round" => PriceRule::LastRound(int(v, "factor").unwrap_or(100)),
        "next_round" => PriceRule::NextRound(int(v, "factor").unwrap_or(100)),
        _ => PriceRule::Formula(text(v, "formula").to_string()),
    };
    let from = day(v, "from").ok_or(("缺少行权期起", "the first day of exercise is missing"))?;
    let trigger = text(v, "trigger");
    Ok(Terms {
        issuer: text(v, "issuer").to_string(),
        grantor: if text(v, "grantor") == "shareholder" {
            Grantor::Shareholder(text(v, "note").to_string())
        } else {
            Grantor::Company
        },
        grantee: text(v, "grantee").to_string(),
        loan: int(v, "loan").map(|yuan| Loan {
            bank: text(v, "bank").to_string(),
            reference: text(v, "loan_no").to_string(),
            yuan,
        }),
        granted: day(v, "granted_on").unwrap_or(from),
        quantity,
        price,
        basis: Basis::FullyDiluted,
        from,
        until: day(v, "until").ok_or(("缺少行权期止", "the last day of exercise is missing"))?,
        triggers: if trigger.is_empty() { Triggers::None } else { Triggers::Any(vec![trigger.to_string()]) },
        anti_dilution: text(v, "anti_dilution").parse().unwrap_or(AntiDilution::None),
        transfer: if v.get("transfer").is_some_and(Value::yes) { Transfer::Consent } else { Transfer::Free },
        cap: Cap { shares: int(v, "cap_shares").map(Shares), yuan: int(v, "cap_yuan") },
        state_asset: need("state_asset"),
        valuation: Need::NotRequired,
    })
}
