//! `GET /figures/{id}`: a figure with its definition, its rows, what was left out and why, and its groups.

use crate::app::App;
use crate::figure::bridge::{self, day, moment, period, report};
use crate::figure::list::Asked;
use crate::figure::words::{address, names, number, value};
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::figure::{By, Group, Line, Measure, Part, Row, Values, groups, in_period, sentence};
use domain::{limits, money};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Template)]
#[template(path = "figure/show.html")]
struct FigurePage {
    p: Chrome,
    id: String,
    may_export: bool,
    name: String,
    title: String,
    value: String,
    amount: String,
    rate: bool,
    key: String,
    text: String,
    cut_off: String,
    back: String,
    rows: Vec<RowLine>,
    more: usize,
    unproved: usize,
    evidence: bool,
    left_out: Vec<(i64, String, String, String, String)>,
    faults: Vec<(i64, String, String, String)>,
    tiers: Vec<(&'static str, i64, String)>,
    ways: Vec<(String, &'static str, bool)>,
    by: &'static str,
    groups: Vec<(String, String, String)>,
}

struct RowLine {
    project: i64,
    code: String,
    name: String,
    company: String,
    counts: String,
    happened: String,
    tier: &'static str,
    money: String,
    yuan: String,
    part: &'static str,
    proved: bool,
}

/// Whether the total is shown where the month would be.
#[derive(Debug, Deserialize)]
pub struct Whole {
    total: Option<String>,
}

/// `GET /figures/{id}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
    Query(whole): Query<Whole>,
) -> Page {
    let lang = signed.prefs.lang;
    let period = period(asked.year.as_deref(), asked.month.as_deref(), app.clock.today())?;
    let as_of = day(asked.as_of.as_deref())?;
    let question = bridge::question(&app, period, as_of).await?;
    let report = report(&app, &question).await?;
    let line = report.line(&id).ok_or_else(|| {
        WebError::not_found("没有这个指标。", "There is no such figure.").next(
            "/figures",
            "全部指标",
            "All figures",
        )
    })?;
    let shown = if whole.total.is_some() { period.to_date() } else { period };
    let by = By::ALL.into_iter().find(|b| asked.by.as_deref() == Some(b.as_str())).unwrap_or(By::Chain);
    let rows: Vec<Row> =
        line.total.rows.iter().filter(|r| in_period(&line.definition, shown, r)).cloned().collect();
    let d = &line.definition;
    let values = Values::of(d.what, &rows);
    let names = names(&app, lang).await?;
    let (zh, en) = shown.names();
    let query = address(period, as_of) + if whole.total.is_some() { "&total=yes" } else { "" };
    let way = |b: By| {
        (format!("/figures/{id}?{query}&by={}", b.as_str()), lang.t(b.names().0, b.names().1), b == by)
    };
    let group =
        |g: Group| (named(&g.key, &names, lang), shared(g.count_mille), measured(&g, d.measure, lang));
    let proves = |r: &&Row| r.evidence.is_empty();
    render(&FigurePage {
        p: Chrome::of(&signed, Nav::Figures),
        id: d.id.clone(),
        may_export: signed.may(domain::role::Action::Export),
        name: lang.t(&d.zh, &d.en).to_string(),
        title: lang.t(&zh, &en).to_string(),
        value: value(d, &values, lang),
        amount: yuan(values.yuan, lang),
        rate: d.measure == Measure::Rate,
        key: d.key(),
        text: sentence(d, lang),
        cut_off: moment(question.cut.at),
        back: address(period, as_of),
        more: rows.len().saturating_sub(limits::FIGURE_ROWS),
        unproved: if d.evidence.is_some() { rows.iter().filter(proves).count() } else { 0 },
        evidence: d.evidence.is_some(),
        left_out: left_out(line, shown, lang),
        faults: faults(line, lang),
        tiers: values
            .tiers
            .iter()
            .map(|t| (lang.t(t.tier.names().0, t.tier.names().1), t.count, yuan(t.yuan, lang)))
            .collect(),
        ways: By::ALL.into_iter().map(way).collect(),
        by: lang.t(by.names().0, by.names().1),
        groups: groups(d.what, &rows, by).into_iter().map(group).collect(),
        rows: rows.iter().take(limits::FIGURE_ROWS).map(|r| row(r, lang)).collect(),
    })
}

fn row(r: &Row, lang: Lang) -> RowLine {
    RowLine {
        project: r.project.0,
        code: r.code.clone(),
        name: r.name.clone(),
        company: r.company.clone(),
        counts: r.counts.to_string(),
        happened: r.happened.to_string(),
        tier: lang.t(r.tier.names().0, r.tier.names().1),
        money: r.money.map(money::format).unwrap_or_default(),
        yuan: r.yuan.map_or_else(|| "—".to_string(), |y| yuan(y, lang)),
        part: match r.part {
            Part::Counted => "",
            Part::Base => lang.t("基数，未达到", "base, not reached"),
            Part::Met => lang.t("基数，已达到", "base, reached"),
            Part::Reached => lang.t("已达到", "reached"),
        },
        proved: !r.evidence.is_empty(),
    }
}

fn left_out(
    line: &Line,
    shown: domain::figure::Period,
    lang: Lang,
) -> Vec<(i64, String, String, String, String)> {
    let all = line.total.left_out.iter().filter(|l| shown.holds(l.day)).take(limits::FIGURE_ROWS);
    all.map(|l| {
        let (zh, en) = l.reason.words();
        (l.project.0, l.code.clone(), l.name.clone(), l.day.to_string(), lang.t(&zh, &en).to_string())
    })
    .collect()
}

fn faults(line: &Line, lang: Lang) -> Vec<(i64, String, String, String)> {
    let words = |f: &domain::figure::RowFault| {
        let (zh, en) = f.lack.words();
        (f.project.0, f.code.clone(), f.name.clone(), lang.t(&zh, &en).to_string())
    };
    line.total.faults.iter().take(limits::FIGURE_ROWS).map(words).collect()
}

fn named(key: &str, names: &HashMap<String, String>, lang: Lang) -> String {
    if key.is_empty() {
        return lang.t("未归属", "none").to_string();
    }
    names.get(key).cloned().unwrap_or_else(|| key.to_string())
}

/// Thousandths of projects as people write them: 2.1.
fn shared(mille: i64) -> String {
    if mille % 1000 == 0 {
        return grouped(mille / 1000);
    }
    format!("{}.{:03}", mille / 1000, mille % 1000).trim_end_matches('0').to_string()
}

fn measured(group: &Group, measure: Measure, lang: Lang) -> String {
    match measure {
        Measure::Rate => number(measure, group.measure(measure), lang),
        _ => yuan(group.yuan, lang),
    }
}
