//! `GET /figures`: every figure of a month or a year, as of a day.

use crate::app::App;
use crate::figure::bridge::{self, day, moment, period, report};
use crate::figure::words::{address, growth, value};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::figure::{Line, Measure, Period, Values, in_period};
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "figure/list.html")]
struct FiguresPage {
    p: Chrome,
    year: i16,
    month: Option<i8>,
    as_of: String,
    today: String,
    steps: Vec<(String, &'static str)>,
    title: String,
    cut_off: String,
    rows: Vec<FigureLine>,
    undecided: usize,
    may_export: bool,
}

struct FigureLine {
    href: String,
    total_href: String,
    last_href: String,
    name: String,
    total: String,
    month: Option<String>,
    last_year: String,
    growth: String,
    trend: Vec<Bar>,
    undecided: usize,
}

/// A month of a small chart.
pub struct Bar {
    /// 1 to 12.
    pub month: i8,
    /// The number with its unit.
    pub value: String,
    /// Left edge in the picture.
    pub x: i64,
    /// Upper edge.
    pub y: i64,
    /// Height.
    pub height: i64,
}

/// Which period and as of when.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Year.
    pub year: Option<String>,
    /// Month; empty for the year.
    pub month: Option<String>,
    /// Facts recorded up to the end of this day.
    pub as_of: Option<String>,
    /// What a figure is grouped by.
    pub by: Option<String>,
}

/// `GET /figures`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let today = app.clock.today();
    let period = period(asked.year.as_deref(), asked.month.as_deref(), today)?;
    let as_of = day(asked.as_of.as_deref())?;
    let question = bridge::question(&app, period, as_of).await?;
    let report = report(&app, &question).await?;
    let lang = signed.prefs.lang;
    let rows: Vec<FigureLine> = report.lines.iter().map(|l| line(l, period, as_of, lang)).collect();
    let undecided = report.lines.iter().filter(|l| !l.total.faults.is_empty()).count();
    let (zh, en) = period.names();
    render(&FiguresPage {
        p: Chrome::of(&signed, Nav::Figures),
        year: period.year(),
        month: period.month(),
        as_of: as_of.map(|d| d.to_string()).unwrap_or_default(),
        today: today.to_string(),
        steps: steps(period, as_of.unwrap_or(today), today, lang),
        title: lang.t(&zh, &en).to_string(),
        cut_off: moment(question.cut.at),
        rows,
        undecided,
        may_export: signed.may(domain::role::Action::Export),
    })
}

/// Links one month back and forth, and to now.
fn steps(period: Period, at: Date, today: Date, lang: Lang) -> Vec<(String, &'static str)> {
    let mut steps = Vec::new();
    if let Ok(back) = at.checked_sub(1.month()) {
        steps.push((address(period, Some(back)), lang.t("再早一个月", "a month earlier")));
    }
    if let Some(next) = at.checked_add(1.month()).ok().filter(|&d| d < today) {
        steps.push((address(period, Some(next)), lang.t("再晚一个月", "a month later")));
    }
    if at < today {
        steps.push((address(period, None), lang.t("现在", "now")));
    }
    steps
}

fn line(l: &Line, period: Period, as_of: Option<Date>, lang: Lang) -> FigureLine {
    let d = &l.definition;
    let measure = |v: &Values| v.measure(d.measure);
    let id = &d.id;
    FigureLine {
        href: format!("/figures/{id}?{}", address(period, as_of)),
        total_href: format!("/figures/{id}?{}&total=yes", address(period, as_of)),
        last_href: format!("/figures/{id}?{}&last=yes", address(period, as_of)),
        name: lang.t(&d.zh, &d.en).to_string(),
        total: value(d, &l.total.values, lang),
        month: l.month.as_ref().map(|v| value(d, v, lang)),
        last_year: value(d, &l.last_year, lang),
        growth: growth(d.measure, measure(&l.total.values), measure(&l.last_year), lang),
        trend: trend(l, lang),
        undecided: l.total.faults.len(),
    }
}

/// The months of a line; of counts and amounts they add up to its total.
#[must_use]
pub fn trend(l: &Line, lang: Lang) -> Vec<Bar> {
    let d = &l.definition;
    let month = |m: Period| {
        let values = Values::of(d.what, l.total.rows.iter().filter(|r| in_period(d, m, r)));
        (m.month().unwrap_or(1), values)
    };
    let months: Vec<(i8, Values)> = l.total.asked.period.months().map(month).collect();
    let size = |v: &Values| v.measure(d.measure).unwrap_or(0);
    let most = if d.measure == Measure::Rate {
        10_000
    } else {
        months.iter().map(|m| size(&m.1)).max().unwrap_or(0)
    };
    let bar = |(month, values): &(i8, Values)| {
        let height = i128::from(size(values).max(0)) * 28 / i128::from(most.max(1));
        let height = i64::try_from(height).unwrap_or(28).min(28);
        Bar {
            month: *month,
            value: value(d, values, lang),
            x: i64::from(month - 1) * 10,
            y: 30 - height,
            height,
        }
    };
    months.iter().map(bar).collect()
}
