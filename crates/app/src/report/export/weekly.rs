//! The weekly template: what was counted or recorded in the last seven days of the period up to the cut-off.

use crate::app::App;
use crate::clock::local;
use crate::figure::bridge::moment;
use crate::report::export::sheet::Cell;
use crate::report::export::{Content, SUMMARY_WIDTHS, parts, signatures};
use crate::web::error::Result;
use domain::company::Money;
use domain::fact::{Fact, Kind, ProjectId};
use domain::figure::{DateRule, Line, Measure, Report, Row, Tier, Values};
use domain::limits::PROJECTS_EXPORTED;
use domain::project::Project;
use domain::rate::Rates;
use domain::stage::Stage;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan as _};
use rust_xlsxwriter::Workbook;
use std::collections::BTreeMap;
use store::ledger::{FactQuery, Touched};

/// Seven days and what happened in them.
#[derive(Debug)]
pub struct Week {
    from: Date,
    to: Date,
    moves: Vec<Move>,
}

/// One fact of the week.
#[derive(Debug)]
struct Move {
    code: String,
    name: String,
    company: String,
    chain: String,
    unit: Option<i64>,
    officer: Option<i64>,
    fact: Fact,
    money: Option<Money>,
    yuan: Option<i64>,
    late: bool,
}

impl Week {
    fn holds(&self, day: Date) -> bool {
        self.from <= day && day <= self.to
    }
}

/// What moves in a week: stages, and money that adds up.
const MOVES: [Kind; 4] = [Kind::Stage, Kind::Arrived, Kind::ForeignUsed, Kind::Invested];
const KINDS: [Kind; 10] = [
    Kind::Name,
    Kind::Company,
    Kind::Unit,
    Kind::Officer,
    Kind::Chain,
    Kind::PlannedTotal,
    Kind::Stage,
    Kind::Arrived,
    Kind::ForeignUsed,
    Kind::Invested,
];

/// Reads the week of a report: the seven days that end with its last day or with its cut-off, whichever is earlier.
///
/// # Errors
/// The store fails.
pub async fn read(app: &App, report: &Report) -> Result<Week> {
    let to = local(report.cut_off).date().min(report.period.last());
    let from = to.checked_sub(6.days()).unwrap_or(to);
    let start =
        Offset::constant(8).to_timestamp(from.to_datetime(Time::midnight())).unwrap_or(Timestamp::UNIX_EPOCH);
    let all = FactQuery { cut_off: Some(report.cut_off), kinds: KINDS.to_vec(), ..FactQuery::default() };
    let counted = FactQuery { touched: Some(Touched { kinds: MOVES.to_vec(), from, to }), ..all.clone() };
    // One microsecond earlier: what was recorded at midnight belongs to the week.
    let recorded = FactQuery { since: Some(start - jiff::SignedDuration::from_micros(1)), ..all };
    let rates = Rates::new(app.store.rates().await?, Some(report.cut_off));
    let mut week = Week { from, to, moves: Vec::new() };
    let mut projects: BTreeMap<ProjectId, Project> = BTreeMap::new();
    for query in [counted, recorded] {
        let keep = |id, code: &str, facts: Vec<Fact>| {
            projects.entry(id).or_insert_with(|| Project::fold(id, code, facts, Some(report.cut_off)));
        };
        app.store.each_project(&query, keep).await?;
    }
    for project in projects.values() {
        let moved = project.facts().iter().filter(|f| MOVES.contains(&f.kind));
        for fact in moved {
            let counts = week.holds(fact.counts);
            if counts || week.holds(local(fact.recorded).date()) {
                let one = one(project, fact, !counts, &rates);
                week.moves.push(one);
            }
        }
    }
    week.moves.sort_by(|a, b| (a.fact.counts, &a.code, a.fact.id).cmp(&(b.fact.counts, &b.code, b.fact.id)));
    Ok(week)
}

fn one(project: &Project, fact: &Fact, late: bool, rates: &Rates) -> Move {
    let on = |kind| project.get_on(kind, fact.effective).or_else(|| project.get(kind));
    let text = |kind| on(kind).and_then(|f| f.value.text()).unwrap_or_default().to_string();
    let number = |kind| on(kind).and_then(|f| f.value.number());
    let money = match fact.stage() {
        Some(Stage::Signed) => on(Kind::PlannedTotal).and_then(|f| f.value.money()),
        _ => fact.value.money(),
    };
    Move {
        code: project.code.clone(),
        name: project.name().to_string(),
        company: text(Kind::Company),
        chain: text(Kind::Chain),
        unit: number(Kind::Unit),
        officer: number(Kind::Officer),
        fact: fact.clone(),
        money,
        yuan: money.and_then(|m| rates.yuan(m, fact.counts).ok()),
        late,
    }
}

/// Three sheets: the week's figures, each fact of the week, definitions.
///
/// # Errors
/// A sheet is full.
pub fn sheets(book: &mut Workbook, c: &Content) -> anyhow::Result<usize> {
    let Some(week) = &c.week else { anyhow::bail!("the week was not read") };
    let lines: Vec<&Line> = c.report.lines.iter().filter(|l| l.definition.measure != Measure::Rate).collect();
    summary(book, c, week, &lines)?;
    moves(book, c, week)?;
    parts::about(book, c, &lines)?;
    Ok(week.moves.len())
}

/// The numbers of the week: of the rows of the period those that the definition dates into these days.
fn values(week: &Week, line: &Line) -> Values {
    let d = &line.definition;
    let day = |r: &Row| if d.date == DateRule::Counts { r.counts } else { r.happened };
    Values::of(d.what, line.total.rows.iter().filter(|r| week.holds(day(r))))
}

fn summary(book: &mut Workbook, c: &Content, week: &Week, lines: &[&Line]) -> anyhow::Result<()> {
    let mut w = parts::sheet(book, c, c.t("本周汇总", "Week"), &SUMMARY_WIDTHS)?;
    w.words(&format!("{} {} — {}", c.t("本周", "Week"), week.from, week.to))?;
    w.heads(&[
        c.t("指标", "Figure"),
        c.t("计量单位", "Unit"),
        c.t("本周新增", "Week"),
        c.t("总数（累计）", "Total to date"),
        c.t("口径版本", "Definition"),
    ])?;
    w.freeze()?;
    for l in lines {
        let (d, v) = (&l.definition, values(week, l));
        let cell = |v: &Values| match d.measure {
            Measure::Amount => Cell::Wan(v.yuan),
            _ => Cell::Count(v.count),
        };
        let name = Cell::text(c.t(&d.zh, &d.en));
        let unit = Cell::text(parts::unit(d.measure, c.lang));
        w.line(&[name, unit, cell(&v), cell(&l.total.values), Cell::text(d.key())])?;
    }
    w.section(c.t("签约项目按规模", "Signings by size"))?;
    w.heads(&[
        c.t("规模", "Size"),
        c.t("本周 个数", "Week, number"),
        c.t("本周 金额（万元）", "Week, 10,000 CNY"),
        c.t("总数 个数", "Total, number"),
        c.t("总数 金额（万元）", "Total, 10,000 CNY"),
        c.t("总数 金额（亿元）", "Total, 100m CNY"),
    ])?;
    for tier in Tier::SHOWN {
        let Some(l) = parts::of_size(&c.report.lines, tier) else { continue };
        let (now, all) = (values(week, l).tier(tier), l.total.values.tier(tier));
        let name = Cell::text(c.t(tier.names().0, tier.names().1));
        let (count, yuan) = (Cell::Count(all.count), Cell::Wan(all.yuan));
        w.line(&[name, Cell::Count(now.count), Cell::Wan(now.yuan), count, yuan, Cell::Yi(all.yuan)])?;
    }
    signatures(&mut w, c)
}

const MOVE_WIDTHS: [f64; 14] =
    [14.0, 12.0, 34.0, 32.0, 18.0, 12.0, 12.0, 20.0, 14.0, 8.0, 15.0, 20.0, 14.0, 22.0];

fn moves(book: &mut Workbook, c: &Content, week: &Week) -> anyhow::Result<()> {
    let mut w = parts::sheet(book, c, c.t("本周动态", "Moves of the week"), &MOVE_WIDTHS)?;
    w.words(c.t(
        "逐条列出本周统计或本周登记的签约、阶段和资金；不按口径剔除，合计以“本周汇总”为准。",
        "Each signing, stage and payment that counts in the week or was recorded in it; nothing is left out here: the totals are on the first sheet.",
    ))?;
    w.heads(&[
        c.t("内容", "What"),
        c.t("编号", "Code"),
        c.t("项目名称", "Project"),
        c.t("企业", "Company"),
        c.t("产业链", "Chain"),
        c.t("实际日期", "Happened"),
        c.t("统计日期", "Counts"),
        c.t("登记时间", "Recorded"),
        c.t("金额（万，原币）", "10,000 of its currency"),
        c.t("币种", "Currency"),
        c.t("折人民币（万元）", "10,000 CNY"),
        c.t("单位", "Unit"),
        c.t("专员", "Officer"),
        c.t("列入原因", "Why it is here"),
    ])?;
    w.freeze()?;
    let first = w.row();
    for m in week.moves.iter().take(PROJECTS_EXPORTED) {
        let f = &m.fact;
        let what = f.stage().map_or_else(|| c.t(f.kind.zh(), f.kind.en()), |s| c.t(s.zh(), s.en()));
        w.line(&[
            Cell::text(what),
            Cell::text(&m.code),
            Cell::text(&m.name),
            Cell::text(&m.company),
            Cell::Text(c.chain(&m.chain)),
            Cell::Day(f.effective),
            Cell::Day(f.counts),
            Cell::Text(moment(f.recorded)),
            m.money.map_or(Cell::Empty, |m| Cell::Wan(m.amount)),
            m.money.map_or(Cell::Empty, |m| Cell::text(m.currency.code())),
            match (m.money, m.yuan) {
                (Some(_), None) => Cell::text(c.t("没有汇率", "no rate")),
                (_, yuan) => yuan.map_or(Cell::Empty, Cell::Wan),
            },
            Cell::text(c.names.unit(m.unit)),
            Cell::text(c.names.person(m.officer)),
            Cell::text(if m.late {
                c.t("本周登记，统计日期在本周以外", "recorded this week, counts outside it")
            } else {
                c.t("统计日期在本周", "counts this week")
            }),
        ])?;
    }
    w.filter(first, MOVE_WIDTHS.len())?;
    if week.moves.is_empty() {
        w.words(
            c.t("本周没有签约、阶段变化或资金到位。", "Nothing was signed, moved or paid in this week."),
        )?;
    }
    let more = week.moves.len().saturating_sub(PROJECTS_EXPORTED);
    if more > 0 {
        w.words(&format!("{} {more} {}", c.t("另有", "And"), c.t("行未列出", "more rows")))?;
    }
    Ok(())
}
