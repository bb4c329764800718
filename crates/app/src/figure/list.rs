//! `GET /figures`: every figure of a month or a year, as of a day.

use crate::app::App;
use crate::figure::bridge::{self, day, moment, period, report};
use crate::figure::words::{address, growth, value};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::figure::{Line, Measure, Period, Values, in_period};
use domain::limits;
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
    notches: Vec<Notch>,
    notch: i32,
    shown: String,
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
    /// Last year's months as the points of a line in the same picture.
    before: String,
    undecided: usize,
}

/// A month of a small chart.
pub struct Bar {
    /// 1 to 12.
    pub month: i8,
    /// The number with its unit.
    pub value: String,
    /// That of the month a year before.
    pub before: String,
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
    /// Months before now, as the slider says it: 0 for now, −3 for the end of the third month before. `as_of` goes before it.
    pub back: Option<String>,
}

/// A place of the slider.
struct Notch {
    back: i32,
    day: String,
}

/// `GET /figures`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let today = app.clock.today();
    let period = period(asked.year.as_deref(), asked.month.as_deref(), today)?;
    let as_of = match day(asked.as_of.as_deref())? {
        Some(day) => Some(day),
        None => back(asked.back.as_deref(), today)?,
    };
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
        notches: (-limits::AS_OF_MONTHS..=0)
            .map(|back| Notch { back, day: month_end(today, back).unwrap_or(today).to_string() })
            .collect(),
        notch: as_of.map_or(0, |day| months_before(day, today)),
        shown: as_of.unwrap_or(today).to_string(),
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

/// The last day of the month that many months away; none for this month, which is not over.
fn month_end(today: Date, back: i32) -> Option<Date> {
    let moved = (back < 0).then(|| today.first_of_month().checked_add(back.months()).ok()).flatten()?;
    Some(moved.last_of_month())
}

/// The place of the slider that stands for a day: 0 for this month, −1 for the last …
fn months_before(day: Date, today: Date) -> i32 {
    let number = |d: Date| i32::from(d.year()) * 12 + i32::from(d.month());
    (number(day) - number(today)).clamp(-limits::AS_OF_MONTHS, 0)
}

/// The day that the slider says; none for now.
fn back(text: Option<&str>, today: Date) -> Result<Option<Date>> {
    let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
    let back = text.parse().ok().filter(|n| (-limits::AS_OF_MONTHS..=0).contains(n)).ok_or_else(|| {
        let most = limits::AS_OF_MONTHS;
        WebError::bad_request(
            format!("滑块应在 -{most} 至 0 个月之间；更早的日期请填在“数据截至”。"),
            format!("The slider goes from -{most} to 0 months; write an earlier day into \"As of\"."),
        )
    })?;
    Ok(month_end(today, back))
}

fn line(l: &Line, period: Period, as_of: Option<Date>, lang: Lang) -> FigureLine {
    let d = &l.definition;
    let measure = |v: &Values| v.measure(d.measure);
    let (id, trend) = (&d.id, Trend::of(l));
    FigureLine {
        href: format!("/figures/{id}?{}", address(period, as_of)),
        total_href: format!("/figures/{id}?{}&total=yes", address(period, as_of)),
        last_href: format!("/figures/{id}?{}&last=yes", address(period, as_of)),
        name: lang.t(&d.zh, &d.en).to_string(),
        total: value(d, &l.total.values, lang),
        month: l.month.as_ref().map(|v| value(d, v, lang)),
        last_year: value(d, &l.last_year, lang),
        growth: growth(d.measure, measure(&l.total.values), measure(&l.last_year), lang),
        before: trend.before(),
        trend: trend.bars(lang),
        undecided: l.total.faults.len(),
    }
}

/// A figure month by month, this year and the year before; of counts and amounts the months add up to the totals.
struct Trend<'a> {
    line: &'a Line,
    months: Vec<(i8, Values)>,
    /// What stands at the full height: the whole of a rate, else the highest month of the two years.
    most: i64,
}

impl<'a> Trend<'a> {
    fn of(line: &'a Line) -> Trend<'a> {
        let d = &line.definition;
        let month = |m: Period| {
            let values = Values::of(d.what, line.total.rows.iter().filter(|r| in_period(d, m, r)));
            (m.month().unwrap_or(1), values)
        };
        let months: Vec<(i8, Values)> = line.total.asked.period.months().map(month).collect();
        let size = |v: &Values| v.measure(d.measure).unwrap_or(0);
        let all = months.iter().map(|m| &m.1).chain(&line.last_year_months);
        let most = if d.measure == Measure::Rate { 10_000 } else { all.map(size).max().unwrap_or(0) };
        Trend { line, months, most }
    }

    /// 0 to 28.
    fn height(&self, values: &Values) -> i64 {
        let size = values.measure(self.line.definition.measure).unwrap_or(0).max(0);
        let height = i128::from(size) * 28 / i128::from(self.most.max(1));
        i64::try_from(height).unwrap_or(28).min(28)
    }

    fn bars(&self, lang: Lang) -> Vec<Bar> {
        let d = &self.line.definition;
        let bar = |(month, values): &(i8, Values)| {
            let height = self.height(values);
            let then = usize::try_from(*month - 1).ok().and_then(|i| self.line.last_year_months.get(i));
            Bar {
                month: *month,
                value: value(d, values, lang),
                before: then.map_or_else(|| "—".into(), |v| value(d, v, lang)),
                x: i64::from(*month - 1) * 10,
                y: 30 - height,
                height,
            }
        };
        self.months.iter().map(bar).collect()
    }

    /// The months of the year before as the points of a line.
    fn before(&self) -> String {
        let point = |(x, v): (i64, &Values)| format!("{},{}", x * 10 + 4, 30 - self.height(v));
        (0..).zip(&self.line.last_year_months).map(point).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_slider_stands_on_ends_of_months() {
        let today = date(2026, 3, 31);
        assert_eq!(month_end(today, -1), Some(date(2026, 2, 28)));
        assert_eq!(month_end(today, -13), Some(date(2025, 2, 28)));
        assert_eq!(back(Some("0"), today).unwrap(), None, "now");
        assert_eq!(back(Some("-3"), today).unwrap(), Some(date(2025, 12, 31)));
        assert!(
            back(Some("1"), today).is_err()
                && back(Some("-37"), today).is_err()
                && back(Some("x"), today).is_err()
        );
        for n in -limits::AS_OF_MONTHS..0 {
            assert_eq!(months_before(month_end(today, n).unwrap(), today), n);
        }
        assert_eq!(months_before(date(1999, 1, 1), today), -limits::AS_OF_MONTHS);
    }
}
