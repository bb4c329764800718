//! `GET /figures/{id}`: a figure with its definition, its rows, what was left out and why, and its groups.

use crate::app::App;
use crate::figure::bridge::{self, Question, closed, day, moment, period, report};
use crate::figure::list::Asked;
use crate::figure::words::{address, names, number, value};
use crate::report::find;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::fact::FactId;
use domain::figure::{
    By, Group, Line, Measure, Part, Period, Row, Tier, Values, groups, in_period, owners, sentence,
};
use domain::user::UnitId;
use domain::{limits, money};
use serde::Deserialize;
use std::collections::HashMap;
use store::file::File;

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
    export: String,
    closed: Option<(i64, i64)>,
    only: Option<(String, String)>,
    rows: Vec<RowLine>,
    more: usize,
    unproved: usize,
    evidence: bool,
    left_out: Vec<(i64, String, String, String, String)>,
    faults: Vec<(i64, String, String, String)>,
    tiers: Vec<(String, &'static str, i64, String)>,
    ways: Vec<(String, &'static str, bool)>,
    by: &'static str,
    groups: Vec<(String, String, String, String)>,
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
    /// Hash and name of the files that prove it, of those that the reader may open.
    files: Vec<(String, String)>,
}

/// Which of the numbers of a period is opened, and which of its rows are listed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Whole {
    /// Whether the total is shown where the month would be.
    total: Option<String>,
    /// Whether it is the year before, as the column 上年同期 counts it.
    last: Option<String>,
    /// The closed period whose cut-off and definitions hold.
    report: Option<String>,
    /// Only the rows of this group; empty for those of none.
    of: Option<String>,
    /// Only the rows of this tier.
    tier: Option<String>,
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
    let Place { question, closed, query: place, export } = place(&app, &asked, &whole).await?;
    let (question, total) = match whole.last {
        Some(_) => (question.last_year(), true),
        None => (question, whole.total.is_some()),
    };
    let period = question.period;
    let report = report(&app, &question).await?;
    let line = report.line(&id).ok_or_else(|| {
        WebError::not_found("没有这个指标。", "There is no such figure.").next(
            "/figures",
            "全部指标",
            "All figures",
        )
    })?;
    let shown = if total { period.to_date() } else { period };
    let by = By::ALL.into_iter().find(|b| asked.by.as_deref() == Some(b.as_str())).unwrap_or(By::Chain);
    let rows: Vec<Row> =
        line.total.rows.iter().filter(|r| in_period(&line.definition, shown, r)).cloned().collect();
    let d = &line.definition;
    let values = Values::of(d.what, &rows);
    let names = names(&app, lang).await?;
    let (zh, en) = shown.names();
    let part = match (&whole.last, &whole.total) {
        (Some(_), _) => "&last=yes",
        (None, Some(_)) => "&total=yes",
        (None, None) => "",
    };
    let query = format!("{place}{part}");
    let way = |b: By| {
        (format!("/figures/{id}?{query}&by={}", b.as_str()), lang.t(b.names().0, b.names().1), b == by)
    };
    let only = |name: &str, value: &str| {
        format!("/figures/{id}?{query}&by={}&{name}={}#listed", by.as_str(), encode(value))
    };
    let group = |g: Group| {
        let href = only("of", &g.key);
        (href, named(&g.key, &names, lang), shared(g.count_mille), measured(&g, d.measure, lang))
    };
    let tier = |t: &domain::figure::TierValue| {
        let (zh, en) = t.tier.names();
        (only("tier", t.tier.as_str()), lang.t(zh, en), t.count, yuan(t.yuan, lang))
    };
    let proves = |r: &&Row| r.evidence.is_empty();
    let listed: Vec<&Row> = rows.iter().filter(|r| whole.lists(r, by)).collect();
    let narrowed = whole
        .narrowed(&names, lang)
        .map(|what| (what, format!("/figures/{id}?{query}&by={}#listed", by.as_str())));
    let files = files(&app, &listed).await?;
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
        back: place,
        export: if whole.last.is_some() { String::new() } else { export },
        closed,
        only: narrowed,
        more: listed.len().saturating_sub(limits::FIGURE_ROWS),
        unproved: if d.evidence.is_some() { rows.iter().filter(proves).count() } else { 0 },
        evidence: d.evidence.is_some(),
        left_out: left_out(line, shown, lang),
        faults: faults(line, lang),
        tiers: values.tiers.iter().map(tier).collect(),
        ways: By::ALL.into_iter().map(way).collect(),
        by: lang.t(by.names().0, by.names().1),
        groups: groups(d.what, &rows, by).into_iter().map(group).collect(),
        rows: listed.iter().take(limits::FIGURE_ROWS).map(|r| row(r, &files, &signed)).collect(),
    })
}

/// Where a figure is looked at: an open period as of a day, or a closed one as of its cut-off.
struct Place {
    question: Question,
    /// Number and edition of the closed period.
    closed: Option<(i64, i64)>,
    /// What says so in an address.
    query: String,
    /// Where its workbook is.
    export: String,
}

async fn place(app: &App, asked: &Asked, whole: &Whole) -> Result<Place> {
    if let Some(number) = &whole.report {
        let closing = find(app, number).await?;
        let export = format!("/reports/{}/export.xlsx?template=special", closing.id);
        return Ok(Place {
            question: closed(&closing)?,
            closed: Some((closing.id, closing.edition)),
            query: format!("report={}", closing.id),
            export,
        });
    }
    let period: Period = period(asked.year.as_deref(), asked.month.as_deref(), app.clock.today())?;
    let as_of = day(asked.as_of.as_deref())?;
    let query = address(period, as_of);
    let export = format!("/figures/export.xlsx?template=special&{query}");
    Ok(Place { question: bridge::question(app, period, as_of).await?, closed: None, query, export })
}

impl Whole {
    /// Whether a row is of the group or tier that was asked for.
    fn lists(&self, row: &Row, by: By) -> bool {
        let of = self.of.as_ref().is_none_or(|key| owners(row, by).iter().any(|(owner, _)| owner == key));
        of && self.tier().is_none_or(|t| row.tier == t || (t.below().is_none() && row.tier >= t))
    }

    fn tier(&self) -> Option<Tier> {
        let word = self.tier.as_deref()?;
        Tier::SHOWN.into_iter().find(|t| t.as_str() == word)
    }

    /// The name of the group or tier that was asked for.
    fn narrowed(&self, names: &HashMap<String, String>, lang: Lang) -> Option<String> {
        let tier = self.tier().map(|t| lang.t(t.names().0, t.names().1).to_string());
        self.of.as_ref().map(|key| named(key, names, lang)).or(tier)
    }
}

/// The files of the evidence of the rows that are shown.
async fn files(app: &App, rows: &[&Row]) -> Result<HashMap<FactId, Vec<File>>> {
    let facts: Vec<FactId> =
        rows.iter().take(limits::FIGURE_ROWS).flat_map(|r| r.evidence.iter().copied()).collect();
    let mut files: HashMap<FactId, Vec<File>> = HashMap::new();
    for (fact, file) in app.store.files_of_facts(&facts).await? {
        files.entry(fact).or_default().push(file);
    }
    Ok(files)
}

fn row(r: &Row, files: &HashMap<FactId, Vec<File>>, signed: &Signed) -> RowLine {
    let lang = signed.prefs.lang;
    let mine = r.evidence.iter().filter_map(|e| files.get(e)).flatten();
    let open = signed.sees_unit(r.unit.map(UnitId));
    RowLine {
        files: mine.filter(|_| open).map(|f| (f.file.sha256.clone(), f.file.name.clone())).collect(),
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

fn left_out(line: &Line, shown: Period, lang: Lang) -> Vec<(i64, String, String, String, String)> {
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
