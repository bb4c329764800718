//! Special bonds on the page of the programme: what each raised, spent and owes, whether its project balances, what is paid when, and what
//! the rules in force when it was issued find, with article and cure.

use super::programme::codes;
use crate::app::App;
use crate::inventory::{Standing, cell, standing};
use crate::rules::LandRules;
use crate::text::{Lang, yuan};
use crate::web::error::Result;
use domain::inventory::{Kind, Value, Values};
use domain::land::bond::rule::{BondRules, Check};
use domain::land::bond::{Bond, balance, check, schedule};
use domain::land::records;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// A bond as the page shows it.
pub(super) struct BondRow {
    pub id: i64,
    pub name: String,
    pub amount: String,
    pub spent: String,
    pub income: String,
    pub planned: String,
    pub parcels: Vec<(i64, String)>,
    pub sums: Option<Sums>,
    pub faults: Vec<Fault>,
}

/// What follows from amount, rate and term.
pub(super) struct Sums {
    pub left: String,
    pub interest: String,
    pub needed: String,
    /// What is short, if it does not balance.
    pub short: Option<String>,
    /// Day, interest, principal.
    pub payments: Vec<(String, String, String)>,
}

/// What is wrong with a bond.
pub(super) struct Fault {
    pub text: String,
    pub cure: String,
    pub article: String,
}

/// Every bond as it stands on a day.
pub(super) async fn rows(
    app: &App,
    rules: &LandRules,
    parcels: &[Standing],
    day: Date,
    lang: Lang,
) -> Result<Vec<BondRow>> {
    let by_code: BTreeMap<&str, &Standing> = parcels.iter().map(|s| (s.item.code.as_str(), s)).collect();
    let ids: BTreeMap<&str, i64> = by_code.iter().map(|(code, s)| (*code, s.item.id.0)).collect();
    let all = standing(app, Kind::Bond, day).await?;
    let (mut rows, mut bonds) = (Vec::new(), Vec::new());
    for s in &all {
        let (found, unknown) = codes(&s.values, "parcels", &ids);
        let named: BTreeMap<&str, &Values> = found
            .iter()
            .filter_map(|(_, code)| Some((code.as_str(), &by_code.get(code.as_str())?.values)))
            .collect();
        let bond = records::bond(&s.item.code, &s.values, &named, day);
        rows.push(row(s, found.clone(), bond.as_ref(), &rules.bonds, lang));
        let at = rows.len() - 1;
        rows[at].faults.extend(missing(&s.values, bond.is_none(), &unknown, lang));
        bonds.extend(bond);
    }
    // All bonds together: a parcel under two projects is a fault that none of them shows alone.
    for fault in check(&rules.bonds, &bonds) {
        let at = all.iter().position(|s| s.item.code == fault.bond);
        let Some(row) = at.and_then(|at| rows.get_mut(at)) else { continue };
        let confirm = if fault.rule.confirm { lang.t("（待核）", " (to be confirmed)") } else { "" };
        row.faults.push(Fault {
            text: lang.t(&fault.texts.0, &fault.texts.1).to_string(),
            cure: lang.t(&fault.rule.cure_zh, &fault.rule.cure_en).to_string(),
            article: format!("{}{confirm}", lang.t(&fault.rule.article_zh, &fault.rule.article_en)),
        });
    }
    Ok(rows)
}

fn row(
    s: &Standing,
    parcels: Vec<(i64, String)>,
    bond: Option<&Bond>,
    rules: &BondRules,
    lang: Lang,
) -> BondRow {
    let show = |word: &str| cell(Kind::Bond, word, &s.values, lang);
    BondRow {
        id: s.item.id.0,
        name: show("name"),
        amount: show("amount"),
        spent: show("spent"),
        income: show("income"),
        planned: show("income_plan"),
        parcels,
        sums: bond.and_then(|b| sums(b, rules, lang)),
        faults: Vec::new(),
    }
}

fn sums(bond: &Bond, rules: &BondRules, lang: Lang) -> Option<Sums> {
    let cover = rules.on(Check::Balance, bond.issued).and_then(|r| r.cover);
    let b = balance(bond, bond.projects.first()?, cover);
    let payments = schedule(bond)
        .iter()
        .map(|p| (p.on.to_string(), yuan(p.interest, lang), yuan(p.principal, lang)))
        .collect();
    Some(Sums {
        left: yuan(b.left, lang),
        interest: yuan(b.interest, lang),
        needed: yuan(b.needed, lang),
        short: (b.surplus < 0).then(|| yuan(b.surplus.saturating_neg(), lang)),
        payments,
    })
}

/// What the record lacks before any rule can speak, and parcels that it names and nobody knows.
fn missing(values: &Values, silent: bool, unknown: &[String], lang: Lang) -> Vec<Fault> {
    let fill = |text: String, cure: &str| Fault { text, cure: cure.to_string(), article: String::new() };
    let lacks = |word: &str| !matches!(values.get(word), Some(Value::Int(_) | Value::Text(_)));
    let mut faults = Vec::new();
    if silent {
        let words = ["issued_on", "years", "rate"].into_iter().filter(|w| lacks(w));
        let names: Vec<&str> = words.filter_map(|w| Some(Kind::Bond.field(w)?.label(lang))).collect();
        faults.push(fill(
            format!("{}{}", lang.t("无法测算：缺", "cannot be computed without: "), names.join("、")),
            lang.t("请在台账中补充", "add it to the record"),
        ));
    }
    faults.extend(unknown.iter().map(|code| {
        fill(
            format!("{} {code}", lang.t("台账中没有地块", "no such parcel:")),
            lang.t("先登记地块，或改正编号", "add the parcel, or mend the code"),
        )
    }));
    faults
}
