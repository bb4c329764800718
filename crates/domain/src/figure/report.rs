//! A report: every figure of a month or a year as of a cut-off, in bytes that never change.
//!
//! Same facts, same cut-off, same definitions: the same bytes for ever. What is kept of a closed period is the SHA-256 of these bytes and
//! what is needed to make them again; no total is kept.

use super::{
    Asked, DateRule, Definition, Figure, Found, Lack, LeftOut, Part, Period, Reason, Row, Tier, Values,
    of_project,
};
use crate::company::Money;
use crate::fact::{FactId, Kind, Sort};
use crate::project::Project;
use crate::rate::Rates;
use crate::stage::Stage;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// One figure of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its definition.
    pub definition: Definition,
    /// From January to the last month (累计), or the year, with its rows.
    pub total: Figure,
    /// The month alone (当月新增), when the report is one of a month.
    pub month: Option<Values>,
    /// The total of the year before (同比).
    pub last_year: Values,
    /// The months of the year before, as far as the total goes; not part of the bytes, whose rows make them.
    pub last_year_months: Vec<Values>,
    /// The month of the year before.
    pub last_year_month: Option<Values>,
    /// Projects of the year before that could not be decided.
    pub last_year_faults: usize,
}

/// Name and company of a project in a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReportProject {
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
}

/// Every figure of a period as of a cut-off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// A month or a year.
    pub period: Period,
    /// Facts recorded by then.
    pub cut_off: Timestamp,
    /// The day by which cohorts and promises are judged.
    pub day: Date,
    /// One line per definition, in their order.
    pub lines: Vec<Line>,
    /// The projects of the rows, by code.
    pub projects: BTreeMap<String, ReportProject>,
}

/// The first and last day of the facts that a report of `period` can stand on: this year's and last year's, to the end of the period.
#[must_use]
pub fn window(period: Period) -> (Date, Date) {
    (period.to_date().last_year().first(), period.last())
}

/// Whether a row counts in a part of the period that it was asked for, such as one month of a year.
#[must_use]
pub fn in_period(definition: &Definition, month: Period, row: &Row) -> bool {
    month.holds(match definition.date {
        DateRule::Counts => row.counts,
        DateRule::Effective => row.happened,
    })
}

/// Whether any day that definitions go by lies in a period: what keeps most projects from being asked at all.
pub(super) fn has_days(project: &Project, period: Period) -> bool {
    project.facts().iter().any(|f| {
        let counted = matches!(
            f.kind,
            Kind::Stage | Kind::Arrived | Kind::ForeignUsed | Kind::Invested | Kind::Promise
        );
        counted && (period.holds(f.counts) || period.holds(f.effective))
    })
}

/// Makes a report of one project after the other, so that not all need be in memory.
#[derive(Debug)]
pub struct Builder<'a> {
    definitions: &'a [Definition],
    rates: &'a Rates,
    period: Period,
    cut_off: Timestamp,
    asked: Asked,
    found: Vec<(Vec<Found>, Vec<Found>)>,
}

impl<'a> Builder<'a> {
    /// A report of `period` as of `cut_off`; `day` is the one by which cohorts and promises are judged. `rates` must be those recorded by
    /// the cut-off.
    #[must_use]
    pub fn new(
        definitions: &'a [Definition],
        period: Period,
        cut_off: Timestamp,
        day: Date,
        rates: &'a Rates,
    ) -> Self {
        let asked = Asked { period, day }.to_date();
        let found = definitions.iter().map(|_| Default::default()).collect();
        Builder { definitions, rates, period, cut_off, asked, found }
    }

    /// Adds a project, folded as of the cut-off.
    pub fn add(&mut self, project: &Project) {
        let before = self.asked.last_year();
        let (now, then) = (has_days(project, self.asked.period), has_days(project, before.period));
        if !now && !then {
            return;
        }
        for (definition, found) in self.definitions.iter().zip(&mut self.found) {
            for (ask, asked, list) in [(now, self.asked, &mut found.0), (then, before, &mut found.1)] {
                let one =
                    if ask { of_project(definition, asked, project, self.rates) } else { Found::default() };
                if !one.is_empty() {
                    list.push(one);
                }
            }
        }
    }

    /// The report.
    #[must_use]
    pub fn finish(self) -> Report {
        let month = self.period.month().map(|_| self.period);
        let mut projects = BTreeMap::new();
        let lines: Vec<Line> = self
            .definitions
            .iter()
            .zip(self.found)
            .map(|(definition, (now, then))| {
                let total = Figure::of(definition, self.asked, now);
                let before = Figure::of(definition, self.asked.last_year(), then);
                let only = |rows: &[Row], month: Period| {
                    Values::of(definition.what, rows.iter().filter(|r| in_period(definition, month, r)))
                };
                for row in &total.rows {
                    let project = || ReportProject { name: row.name.clone(), company: row.company.clone() };
                    projects.entry(row.code.clone()).or_insert_with(project);
                }
                Line {
                    last_year_months: before.asked.period.months().map(|m| only(&before.rows, m)).collect(),
                    definition: definition.clone(),
                    month: month.map(|m| only(&total.rows, m)),
                    last_year_month: month.map(|m| only(&before.rows, m.last_year())),
                    last_year: before.values,
                    last_year_faults: before.faults.len(),
                    total,
                }
            })
            .collect();
        Report { period: self.period, cut_off: self.cut_off, day: self.asked.day, lines, projects }
    }
}

/// Names the form of the bytes; a program that writes another form says another number.
const FORMAT: u32 = 1;

#[derive(Serialize)]
struct Bytes<'a> {
    format: u32,
    period: String,
    cut_off: String,
    judged_on: Date,
    figures: Vec<BytesLine<'a>>,
    projects: &'a BTreeMap<String, ReportProject>,
}

#[derive(Serialize)]
struct BytesLine<'a> {
    figure: &'a str,
    version: &'a str,
    total: &'a Values,
    month: Option<&'a Values>,
    last_year: &'a Values,
    last_year_month: Option<&'a Values>,
    last_year_undecided: usize,
    rows: Vec<BytesRow<'a>>,
    left_out: Vec<BytesLeft<'a>>,
    undecided: Vec<BytesFault<'a>>,
}

#[derive(Serialize)]
struct BytesRow<'a> {
    project: &'a str,
    counts: Date,
    happened: Date,
    part: Part,
    #[serde(skip_serializing_if = "Option::is_none")]
    met: Option<Date>,
    tier: Tier,
    #[serde(skip_serializing_if = "Option::is_none")]
    money: Option<(i64, &'static str)>,
    yuan: Option<i64>,
    chain: &'a str,
    unit: Option<i64>,
    officer: Option<i64>,
    event: Option<i64>,
    facts: &'a [FactId],
    evidence: &'a [FactId],
    #[serde(skip_serializing_if = "<[i64]>::is_empty")]
    rates: &'a [i64],
}

#[derive(Serialize)]
struct BytesLeft<'a> {
    project: &'a str,
    day: Date,
    #[serde(flatten)]
    reason: BytesReason<'a>,
    facts: &'a [FactId],
}

#[derive(Serialize)]
#[serde(tag = "why", rename_all = "snake_case")]
enum BytesReason<'a> {
    Named { reason: &'a str },
    Duplicate { of: &'a str },
    Before { counted: Date },
    Sort { sort: Sort },
    Exit { stage: Stage, on: Date },
    Size { yuan: i64 },
}

#[derive(Serialize)]
struct BytesFault<'a> {
    project: &'a str,
    lacks: String,
    counted: bool,
    facts: &'a [FactId],
}

fn reason(left: &LeftOut) -> BytesReason<'_> {
    match &left.reason {
        Reason::Named(reason) => BytesReason::Named { reason },
        Reason::Duplicate(of) => BytesReason::Duplicate { of },
        Reason::Before(counted) => BytesReason::Before { counted: *counted },
        Reason::Sort(sort) => BytesReason::Sort { sort: *sort },
        Reason::Exit(stage, on) => BytesReason::Exit { stage: *stage, on: *on },
        Reason::Size(yuan) => BytesReason::Size { yuan: *yuan },
    }
}

fn row(row: &Row) -> BytesRow<'_> {
    BytesRow {
        project: &row.code,
        counts: row.counts,
        happened: row.happened,
        part: row.part,
        met: row.met,
        tier: row.tier,
        money: row.money.map(|Money { amount, currency }| (amount, currency.code())),
        yuan: row.yuan,
        chain: &row.chain,
        unit: row.unit,
        officer: row.officer,
        event: row.event,
        facts: &row.facts,
        evidence: &row.evidence,
        rates: &row.rates,
    }
}

impl Report {
    /// The canonical bytes (`report.json`): keys in a fixed order, one line, nothing of the clock but the cut-off.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let bytes = Bytes {
            format: FORMAT,
            period: self.period.code(),
            cut_off: self.cut_off.to_string(),
            judged_on: self.day,
            figures: self.lines.iter().map(line).collect(),
            projects: &self.projects,
        };
        serde_json::to_vec(&bytes).unwrap_or_default()
    }

    /// The line of a figure.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|l| l.definition.id == id)
    }
}

fn line(l: &Line) -> BytesLine<'_> {
    BytesLine {
        figure: &l.definition.id,
        version: &l.definition.version,
        total: &l.total.values,
        month: l.month.as_ref(),
        last_year: &l.last_year,
        last_year_month: l.last_year_month.as_ref(),
        last_year_undecided: l.last_year_faults,
        rows: l.total.rows.iter().map(row).collect(),
        left_out: l.total.left_out.iter().map(left).collect(),
        undecided: l.total.faults.iter().map(fault).collect(),
    }
}

fn left(left: &LeftOut) -> BytesLeft<'_> {
    BytesLeft { project: &left.code, day: left.day, reason: reason(left), facts: &left.facts }
}

fn fault(fault: &super::RowFault) -> BytesFault<'_> {
    let lacks = match fault.lack {
        Lack::Amount(kind) => kind.as_str().to_string(),
        Lack::Rate(currency, day) => format!("rate of {} on {day}", currency.code()),
    };
    BytesFault { project: &fault.code, lacks, counted: fault.counted, facts: &fault.facts }
}
