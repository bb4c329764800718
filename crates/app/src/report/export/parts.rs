//! The tables that the templates are made of: figures, sizes, groups, rows, definitions.

use crate::figure::bridge::moment;
use crate::figure::words::change;
use crate::report::export::sheet::{Cell, Print, Writer};
use crate::report::export::{Content, Seal};
use crate::text::Lang;
use domain::figure::{
    By, Group, Line, Measure, Part, Period, Row, Tier, Values, What, groups, in_period, owners, sentence,
};
use domain::limits::{EXPORT_LEFT_OUT, PROJECTS_EXPORTED};
use domain::stage::Stage;
use rust_xlsxwriter::Workbook;

/// Adds a sheet with the title and cut-off that all sheets of a workbook share.
///
/// # Errors
/// As [`Writer::new`].
pub fn sheet<'a>(
    book: &'a mut Workbook,
    c: &Content,
    name: &str,
    widths: &[f64],
) -> anyhow::Result<Writer<'a>> {
    let cut_off = format!("{} {}", c.t("数据截至", "Facts recorded by"), moment(c.cut_off));
    let print = Print { title: &c.title(), cut_off: &cut_off };
    let note = format!(
        "{} {}　{cut_off}　{}　SHA-256 {}",
        c.t("统计期", "Period"),
        c.period_name(),
        c.state(),
        c.sha256.chars().take(16).collect::<String>()
    );
    Writer::new(book.add_worksheet(), name, print, widths, &note)
}

fn measured(measure: Measure, value: Option<i64>) -> Cell {
    match (measure, value) {
        (_, None) => Cell::text("—"),
        (Measure::Count, Some(n)) => Cell::Count(n),
        (Measure::Amount, Some(n)) => Cell::Wan(n),
        (Measure::Rate, Some(n)) => Cell::Percent(n),
    }
}

fn changed(measure: Measure, now: Option<i64>, before: Option<i64>) -> Cell {
    match (measure, change(measure, now, before)) {
        (_, None) => Cell::text("—"),
        (Measure::Rate, Some(n)) => Cell::Points(n),
        (_, Some(n)) => Cell::Change(n),
    }
}

/// What a number of a measure is counted in.
#[must_use]
pub fn unit(measure: Measure, lang: Lang) -> &'static str {
    match measure {
        Measure::Count => lang.t("个", "number"),
        Measure::Amount => lang.t("万元", "10,000 CNY"),
        Measure::Rate => "%",
    }
}

/// Figures: total, month, a year before, and how they differ.
///
/// # Errors
/// The sheet is full.
pub fn figures<'l>(
    w: &mut Writer<'_>,
    c: &Content,
    lines: impl IntoIterator<Item = &'l Line>,
) -> anyhow::Result<()> {
    w.heads(&[
        c.t("指标", "Figure"),
        c.t("计量单位", "Unit"),
        c.t("总数（累计）", "Total to date"),
        c.t("当月新增", "Month"),
        c.t("去年同期（累计）", "Year before, to date"),
        c.t("同比", "Change"),
        c.t("去年当月", "Month of the year before"),
        c.t("当月同比", "Change of the month"),
        c.t("未能判定（项）", "Undecided"),
        c.t("口径版本", "Definition"),
    ])?;
    w.freeze()?;
    for l in lines {
        let (d, m) = (&l.definition, l.definition.measure);
        let of = |v: &Values| v.measure(m);
        let (month, before) = (l.month.as_ref().map(of), l.last_year_month.as_ref().map(of));
        let cell = |v: Option<Option<i64>>| v.map_or(Cell::Empty, |v| measured(m, v));
        let change = month.zip(before).map_or(Cell::Empty, |(now, then)| changed(m, now, then));
        w.line(&[
            Cell::text(c.t(&d.zh, &d.en)),
            Cell::text(unit(m, c.lang)),
            measured(m, of(&l.total.values)),
            cell(month),
            measured(m, of(&l.last_year)),
            changed(m, of(&l.total.values), of(&l.last_year)),
            cell(before),
            change,
            Cell::Count(i64::try_from(l.total.faults.len())?),
            Cell::text(d.key()),
        ])?;
    }
    Ok(())
}

/// The line that answers for the signings of a size: the first whose definition does not leave that size out.
#[must_use]
pub fn of_size(lines: &[Line], tier: Tier) -> Option<&Line> {
    lines.iter().find(|l| {
        let d = &l.definition;
        let open = |t: Tier| t.below().is_none();
        let covers = d.tier == tier || d.tier == Tier::All || (open(tier) && open(d.tier) && d.tier <= tier);
        d.what == What::Stage && d.stage == Some(Stage::Signed) && d.measure == Measure::Count && covers
    })
}

/// The lines whose rows make up the table of sizes, each once.
#[must_use]
pub fn signings(lines: &[Line]) -> Vec<&Line> {
    let mut found: Vec<&Line> = Vec::new();
    for line in [Tier::Yi1, Tier::Wan5000].into_iter().filter_map(|t| of_size(lines, t)) {
        if !found.iter().any(|l| l.definition.id == line.definition.id) {
            found.push(line);
        }
    }
    found
}

fn money_heads(c: &Content, first: &str, last: &str) -> Vec<String> {
    let mut heads = vec![first.to_string()];
    for part in [c.t("总数", "Total"), c.t("当月新增", "Month")] {
        for of in [c.t("个数", "number"), c.t("金额（万元）", "10,000 CNY"), c.t("金额（亿元）", "100m CNY")]
        {
            heads.push(format!("{part} {of}"));
        }
    }
    heads.push(last.to_string());
    heads
}

fn numbers(count: Cell, yuan: i64) -> [Cell; 3] {
    [count, Cell::Wan(yuan), Cell::Yi(yuan)]
}

fn nothing() -> [Cell; 3] {
    [Cell::Empty, Cell::Empty, Cell::Empty]
}

/// Signings by size: total and month, number and money. `pick` says whose line answers for a size.
///
/// # Errors
/// The sheet is full.
pub fn sizes<'l>(
    w: &mut Writer<'_>,
    c: &Content,
    pick: impl Fn(Tier) -> Option<&'l Line>,
) -> anyhow::Result<()> {
    w.section(c.t("按规模", "By size"))?;
    let heads = money_heads(c, c.t("规模", "Size"), c.t("口径版本", "Definition"));
    w.heads(&heads.iter().map(String::as_str).collect::<Vec<_>>())?;
    for tier in Tier::SHOWN {
        let (zh, en) = tier.names();
        let of_which = if tier > Tier::Yi1 { c.t("其中：", "of which ") } else { "" };
        let mut cells = vec![Cell::Text(format!("{of_which}{}", c.t(zh, en)))];
        match pick(tier) {
            Some(l) => {
                let of = |v: &Values| numbers(Cell::Count(v.tier(tier).count), v.tier(tier).yuan);
                cells.extend(of(&l.total.values));
                cells.extend(l.month.as_ref().map_or_else(nothing, of));
                cells.push(Cell::text(l.definition.key()));
            }
            None => {
                cells.extend(nothing());
                cells.extend(nothing());
                cells.push(Cell::text(c.t("没有涵盖这一档的口径", "no definition covers it")));
            }
        }
        w.line(&cells)?;
    }
    Ok(())
}

/// A figure by chain, unit, officer or event, with a line that adds up. Of a rate the parts and the rate.
///
/// # Errors
/// The sheet is full.
pub fn grouped(w: &mut Writer<'_>, c: &Content, line: &Line, by: By) -> anyhow::Result<()> {
    let d = &line.definition;
    let name = c.t(by.names().0, by.names().1);
    w.section(&format!("{}{name} · {}", c.t("按", "By "), c.t(&d.zh, &d.en)))?;
    let all = groups(d.what, &line.total.rows, by);
    if d.measure == Measure::Rate {
        w.heads(&[name, c.t("达到", "Reached"), c.t("基数", "Base"), c.t("比率", "Rate")])?;
        for g in &all {
            let rate = measured(Measure::Rate, g.measure(Measure::Rate));
            w.line(&[c.group(&g.key), Cell::Mille(g.met_mille), Cell::Mille(g.of_mille), rate])?;
        }
        let v = &line.total.values;
        let rate = measured(Measure::Rate, v.measure(Measure::Rate));
        return w.line(&[Cell::text(c.t("合计", "All")), Cell::Count(v.met), Cell::Count(v.of), rate]);
    }
    let heads = money_heads(c, name, "");
    w.heads(&heads[..7].iter().map(String::as_str).collect::<Vec<_>>())?;
    let monthly: Option<Vec<Group>> = line.month.as_ref().map(|_| {
        let rows: Vec<Row> =
            line.total.rows.iter().filter(|r| in_period(d, c.report.period, r)).cloned().collect();
        groups(d.what, &rows, by)
    });
    let mut lines = Vec::with_capacity(all.len() + 1);
    for g in &all {
        let month = monthly.as_ref().map(|m| m.iter().find(|o| o.key == g.key).cloned().unwrap_or_default());
        let of = |g: &Group| numbers(Cell::Mille(g.count_mille), g.yuan);
        lines.push((c.group(&g.key), of(g), month.as_ref().map_or_else(nothing, of)));
    }
    let of = |v: &Values| numbers(Cell::Count(v.count), v.yuan);
    let sum = Cell::text(c.t("合计", "All"));
    lines.push((sum, of(&line.total.values), line.month.as_ref().map_or_else(nothing, of)));
    for (name, total, month) in lines {
        w.line(&std::iter::once(name).chain(total).chain(month).collect::<Vec<_>>())?;
    }
    Ok(())
}

/// Columns of the rows of a figure.
pub const ROW_WIDTHS: [f64; 16] =
    [14.0, 34.0, 32.0, 18.0, 12.0, 12.0, 14.0, 8.0, 15.0, 26.0, 20.0, 14.0, 10.0, 12.0, 10.0, 20.0];

/// Every row of figures, and what each adds up to.
///
/// # Errors
/// The sheet is full.
pub fn rows(w: &mut Writer<'_>, c: &Content, lines: &[&Line]) -> anyhow::Result<()> {
    w.heads(&[
        c.t("编号", "Code"),
        c.t("项目名称", "Project"),
        c.t("企业", "Company"),
        c.t("产业链", "Chain"),
        c.t(if c.signed() { "实际签约日期" } else { "实际日期" }, "Happened"),
        c.t("统计日期", "Counts"),
        c.t("金额（万，原币）", "10,000 of its currency"),
        c.t("币种", "Currency"),
        c.t("折人民币（万元）", "10,000 CNY"),
        c.t("规模档次", "Size"),
        c.t("单位", "Unit"),
        c.t("专员", "Officer"),
        c.t("当月新增", "In the month"),
        c.t("状态", "State"),
        c.t("佐证", "Evidence"),
        c.t("口径版本", "Definition"),
    ])?;
    w.freeze()?;
    let (first, month) = (w.row(), c.report.period.month().map(|_| c.report.period));
    let all = lines.iter().flat_map(|l| l.total.rows.iter().map(move |r| (*l, r)));
    for (l, r) in all.take(PROJECTS_EXPORTED) {
        w.line(&row(c, l, r, month))?;
    }
    w.filter(first, ROW_WIDTHS.len())?;
    let total: usize = lines.iter().map(|l| l.total.rows.len()).sum();
    if total > PROJECTS_EXPORTED {
        let more = total - PROJECTS_EXPORTED;
        w.words(&format!("{} {more} {}", c.t("另有", "And"), c.t("行未列出", "more rows")))?;
    }
    for l in lines {
        let (d, v) = (&l.definition, &l.total.values);
        let mut cells = vec![Cell::Empty; ROW_WIDTHS.len()];
        cells[0] = Cell::text(c.t("合计", "All"));
        cells[1] = Cell::text(c.t(&d.zh, &d.en));
        cells[2] = match d.measure {
            Measure::Rate => measured(Measure::Rate, v.measure(Measure::Rate)),
            _ => Cell::Count(v.count),
        };
        cells[8] = if d.measure == Measure::Rate { Cell::Empty } else { Cell::Wan(v.yuan) };
        cells[15] = Cell::text(d.key());
        w.line(&cells)?;
    }
    Ok(())
}

fn row(c: &Content, l: &Line, r: &Row, month: Option<Period>) -> [Cell; 16] {
    let d = &l.definition;
    let yes = |yes: bool| Cell::text(if yes { c.t("是", "yes") } else { c.t("否", "no") });
    let owner = |by: By| {
        let named: Vec<String> = owners(r, by)
            .iter()
            .map(|(key, part)| match part {
                1000 => c.named(key),
                _ => format!(
                    "{} {}%",
                    c.named(key),
                    crate::report::export::sheet::decimal(i64::from(*part), 1)
                ),
            })
            .collect();
        Cell::Text(named.join("、"))
    };
    [
        Cell::text(&r.code),
        Cell::text(&r.name),
        Cell::text(&r.company),
        Cell::Text(c.chain(&r.chain)),
        Cell::Day(r.happened),
        Cell::Day(r.counts),
        r.money.map_or(Cell::Empty, |m| Cell::Wan(m.amount)),
        r.money.map_or(Cell::Empty, |m| Cell::text(m.currency.code())),
        r.yuan.map_or_else(|| Cell::text("—"), Cell::Wan),
        Cell::text(c.t(r.tier.names().0, r.tier.names().1)),
        owner(By::Unit),
        owner(By::Officer),
        month.map_or(Cell::Empty, |m| yes(in_period(d, m, r))),
        Cell::text(match r.part {
            Part::Counted => c.t("计入", "counted"),
            Part::Base => c.t("基数，未达到", "base, not reached"),
            Part::Met => c.t("基数，已达到", "base, reached"),
            Part::Reached => c.t("已达到", "reached"),
        }),
        if d.evidence.is_none() { Cell::Empty } else { yes(!r.evidence.is_empty()) },
        Cell::text(d.key()),
    ]
}

/// What the numbers mean: definitions, cut-off, hash, and everything left out or undecided with its reason.
///
/// # Errors
/// The sheet is full.
pub fn about(book: &mut Workbook, c: &Content, lines: &[&Line]) -> anyhow::Result<()> {
    let name = c.t("口径与截止", "Definitions and cut-off");
    let mut w = sheet(book, c, name, &[26.0, 34.0, 22.0, 12.0, 60.0])?;
    w.heads(&[c.t("项", "Item"), c.t("内容", "Content")])?;
    w.freeze()?;
    let closed = match &c.seal {
        Seal::Open => c.t("未关账，数字还会变化", "open: the numbers may still change").to_string(),
        Seal::Closed { edition, by, .. } => format!(
            "{} {edition} {}，{} {by}",
            c.t("第", "edition"),
            c.t("版", ""),
            c.t("关账人", "closed by")
        ),
    };
    let facts = [
        (c.t("园区", "Zone"), c.zone.clone()),
        (c.t("报表", "Report"), c.title()),
        (c.t("统计期", "Period"), format!("{} — {}", c.report.period.first(), c.report.period.last())),
        (c.t("关账", "Closing"), closed),
        (c.t("状态", "State"), c.state()),
        (c.t("数据截至（登记时间）", "Facts recorded by"), format!("{} UTC+8", moment(c.cut_off))),
        (c.t("判定日", "Judged on"), c.report.day.to_string()),
        (c.t("报表 SHA-256", "SHA-256 of the report"), c.sha256.clone()),
        (c.t("导出人", "Exported by"), c.by.clone()),
        (c.t("导出时间", "Exported at"), format!("{} UTC+8", moment(c.made))),
    ];
    for (name, text) in facts {
        w.line(&[Cell::text(name), Cell::Text(text)])?;
    }
    w.section(c.t("口径", "Definitions"))?;
    w.heads(&[c.t("指标", "Figure"), c.t("名称", "Name"), c.t("版本", "Version"), "", c.t("口径", "Text")])?;
    for l in lines {
        let d = &l.definition;
        let text = |t: &str| Cell::text(t);
        let sentence = Cell::Text(sentence(d, c.lang));
        w.line(&[text(&d.id), text(c.t(&d.zh, &d.en)), text(&d.version), Cell::Empty, sentence])?;
    }
    w.section(c.t("未计入的项目及原因", "Left out, and why"))?;
    let heads = |day| {
        [c.t("编号", "Code"), c.t("项目名称", "Project"), c.t("指标", "Figure"), day, c.t("原因", "Reason")]
    };
    w.heads(&heads(c.t("日期", "Day")))?;
    let left = lines.iter().flat_map(|l| l.total.left_out.iter().map(move |o| (&l.definition.id, o)));
    let mut more = left.clone().count();
    for (figure, o) in left.take(EXPORT_LEFT_OUT) {
        let (zh, en) = o.reason.words();
        let why = Cell::text(c.t(&zh, &en));
        w.line(&[Cell::text(&o.code), Cell::text(&o.name), Cell::text(figure), Cell::Day(o.day), why])?;
    }
    w.section(c.t("未能判定的项目及所缺", "Undecided, and what is lacking"))?;
    w.heads(&heads(""))?;
    let faults = lines.iter().flat_map(|l| l.total.faults.iter().map(move |f| (&l.definition.id, f)));
    more = more.saturating_sub(EXPORT_LEFT_OUT) + faults.clone().count().saturating_sub(EXPORT_LEFT_OUT);
    for (figure, f) in faults.take(EXPORT_LEFT_OUT) {
        let (zh, en) = f.lack.words();
        let why = Cell::text(c.t(&zh, &en));
        w.line(&[Cell::text(&f.code), Cell::text(&f.name), Cell::text(figure), Cell::Empty, why])?;
    }
    if more > 0 {
        w.words(&format!("{} {more} {}", c.t("另有", "And"), c.t("项未列出", "more")))?;
    }
    Ok(())
}
