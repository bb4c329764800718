//! What the zone can publish with two clicks: a list of the day is drawn up and kept like an uploaded file, and the form for its terms follows. What each
//! holds stands on the page; none holds a person's name, a telephone number or anything of a project.

use crate::app::App;
use crate::figure::bridge;
use crate::import::upload::keep;
use crate::inventory::{Standing, cell, standing, taken};
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::session::{Signed, hex, random};
use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::figure::{Measure, Values};
use domain::inventory::{Kind, Value};
use jiff::civil::Date;
use serde::Deserialize;
use std::path::PathBuf;

/// A list that can be drawn up: its word, its name and what is in it, in Chinese and English.
pub const LISTS: [(&str, (&str, &str), (&str, &str)); 6] = [
    (
        "vacancy",
        ("可用载体清单", "Free ground and rooms"),
        (
            "今日可用的地块与单元：编号、名称、用途、面积、电力、租金（CSV）",
            "What is free today: code, name, use, area, power, rent (CSV)",
        ),
    ),
    (
        "land",
        ("供地清单", "Land on offer"),
        (
            "可供的净地与标准地：用途、面积、容积率、标准地指标、起始价、供应方式、年期（CSV）",
            "Prepared and standard land on offer: use, area, ratios, standard terms, price, mode of supply, term (CSV)",
        ),
    ),
    (
        "figures",
        ("指标公报", "Figures of the year"),
        (
            "今年截至今日的各项指标与去年同期、口径版本（CSV；只有合计，没有项目）",
            "The figures of the year so far, last year's and the version of each definition (CSV; totals only, no projects)",
        ),
    ),
    (
        "opportunities",
        ("场景机会清单", "Opportunity list"),
        (
            "开放中的机会：名称、场景方、地点、环节、关键词、截止（CSV）",
            "Open opportunities: name, owner, place, segments, words, last day (CSV)",
        ),
    ),
    (
        "capabilities",
        ("场景能力清单", "Capability list"),
        (
            "能力：名称、企业、环节、关键词、案例数（CSV）",
            "Capabilities: name, company, segments, words, cases (CSV)",
        ),
    ),
    (
        "registry",
        ("企业名录快照", "Snapshot of the register"),
        (
            "当前名录的企业表：名称、代码、地区、行业、注册资本等登记信息（Parquet）",
            "The register's table of companies: name, code, division, industry, capital and the like (Parquet)",
        ),
    ),
];

/// What is said of land on offer.
const LAND: &[&str] = &[
    "name",
    "use",
    "area",
    "readiness",
    "far_min",
    "far_max",
    "height",
    "pollution",
    "power",
    "std_investment",
    "std_tax",
    "std_energy",
    "price",
    "supply_mode",
    "term_years",
];

/// Nothing is typed.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {}

/// `POST /dataspace/ready/{word}`: draws the list of today up and leads to the form for its terms.
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(word): Path<String>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    let Some((word, name, about)) = LISTS.iter().find(|l| l.0 == word) else {
        return Err(WebError::not_found("没有这份清单。", "There is no such list.").next(
            "/dataspace",
            "数据空间",
            "Data space",
        ));
    };
    let today = app.clock.today();
    let empty = || {
        WebError::bad_request(
            "这份清单今天是空的，没有可发布的内容。",
            "This list is empty today: there is nothing to publish.",
        )
        .next("/dataspace", "返回", "Back")
    };
    let (sha256, ending) = if *word == "registry" {
        (registry(&app).await?.ok_or_else(empty)?, "parquet")
    } else {
        let text = table(&app, word, today).await?.ok_or_else(empty)?;
        (kept(&app, text.into_bytes()).await?, "csv")
    };
    let title = format!("{} {today}", signed.t(name.0, name.1));
    let query = format!(
        "name={}&title={}&description={}",
        encode(&format!("{word}-{today}.{ending}")),
        encode(&title),
        encode(signed.t(about.0, about.1))
    );
    Ok(Redirect::to(&format!("/dataspace/publish/{sha256}?{query}")))
}

/// The list as CSV with Chinese headings; `None` when nothing is on it.
async fn table(app: &App, word: &str, today: Date) -> Result<Option<String>> {
    let tables: &[(Kind, &[&str])] = match word {
        "figures" => return figures(app, today).await,
        "land" => &[(Kind::Parcel, LAND)],
        "vacancy" => &[
            (Kind::Parcel, &["name", "use", "area", "power", "water", "gas", "pollution"]),
            (Kind::Space, &["name", "building", "floor", "use", "area", "height", "load", "rent"]),
        ],
        "opportunities" => &[(Kind::Opportunity, &["name", "owner", "place", "segments", "words", "until"])],
        _ => &[(Kind::Capability, &["name", "company", "segments", "words", "cases"])],
    };
    // One table for all: a column for each field that any kind has.
    let mut columns: Vec<&str> = Vec::new();
    for field in tables.iter().flat_map(|t| t.1) {
        if !columns.contains(field) {
            columns.push(field);
        }
    }
    let heading = |word: &&str| {
        let field = tables.iter().find_map(|t| t.0.field(word));
        field.map_or_else(|| (*word).to_string(), |f| f.label(Lang::Zh).to_string())
    };
    let mut rows = vec![
        ["类别".to_string(), "编号".into()]
            .into_iter()
            .chain(columns.iter().map(heading))
            .collect::<Vec<_>>(),
    ];
    for (kind, fields) in tables {
        let open = |s: &Standing| match kind {
            Kind::Parcel | Kind::Space => {
                let stage = s.values.get("readiness").and_then(Value::text);
                taken(*kind, &s.values, s.held.as_ref(), today, Lang::Zh).0 == "done"
                    && (word != "land" || matches!(stage, Some("net" | "standard")))
            }
            _ => s.values.get("until").and_then(Value::day).is_none_or(|d| d >= today),
        };
        for s in standing(app, *kind, today).await?.into_iter().filter(|s| !s.later).filter(open) {
            let cells = columns.iter().map(|c| {
                let own = fields.contains(c) && s.values.contains_key(*c);
                if own { cell(*kind, c, &s.values, Lang::Zh) } else { String::new() }
            });
            rows.push(
                [kind.label(Lang::Zh).to_string(), s.item.code.clone()].into_iter().chain(cells).collect(),
            );
        }
    }
    Ok((rows.len() > 1).then(|| csv(&rows)))
}

/// The figures of the year so far, exact (yuan, hundredths of a percent written as percent), so that whoever has them can hold them against a report.
async fn figures(app: &App, today: Date) -> Result<Option<String>> {
    let period = bridge::period(None, None, today)?;
    let question = bridge::question(app, period, None).await?;
    let report = bridge::report(app, &question).await?;
    let plain = |measure: Measure, values: &Values| match (measure, values.measure(measure)) {
        (_, None) => String::new(),
        (Measure::Rate, Some(n)) => format!("{}.{:02}", n / 100, n % 100),
        (_, Some(n)) => n.to_string(),
    };
    let head = ["指标", "编号", "单位", "期间起", "期间止", "数值", "去年同期", "数据截至", "口径版本"];
    let mut rows = vec![head.map(str::to_string).to_vec()];
    let (from, to) = (period.first().to_string(), period.last().to_string());
    let cut_off = bridge::moment(question.cut.at);
    for line in &report.lines {
        let d = &line.definition;
        let unit = match d.measure {
            Measure::Count => "个",
            Measure::Amount => "元",
            Measure::Rate => "%",
        };
        let (now, before) = (plain(d.measure, &line.total.values), plain(d.measure, &line.last_year));
        rows.push(vec![
            d.zh.clone(),
            d.id.clone(),
            unit.into(),
            from.clone(),
            to.clone(),
            now,
            before,
            cut_off.clone(),
            d.version.clone(),
        ]);
    }
    let any = report.lines.iter().any(|l| l.total.values.count > 0);
    Ok(any.then(|| csv(&rows)))
}

/// Rows as CSV with a byte order mark, as spreadsheets want it.
fn csv(rows: &[Vec<String>]) -> String {
    let mut out = String::from('\u{feff}');
    for row in rows {
        let cells: Vec<String> = row.iter().map(|c| quoted(c)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// A cell of a CSV file (RFC 4180); what a spreadsheet would take for a formula is made a text.
fn quoted(cell: &str) -> String {
    let risky = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if risky { format!("'{cell}") } else { cell.to_string() };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

async fn kept(app: &App, bytes: Vec<u8>) -> Result<String> {
    let beside = beside(app)?;
    let done = tokio::task::spawn_blocking(move || {
        std::fs::write(&beside, bytes)?;
        keep(&beside)
    });
    Ok(done.await.map_err(anyhow::Error::new)??)
}

/// The companies of the snapshot that serves, as they lie there for other tools; `None` before the first import.
async fn registry(app: &App) -> Result<Option<String>> {
    let Some(world) = app.engine.world() else { return Ok(None) };
    let from = app.config.snapshots().join(world.id()).join("companies.parquet");
    let beside = beside(app)?;
    let done = tokio::task::spawn_blocking(move || {
        std::fs::copy(&from, &beside).with_context(|| format!("{} cannot be read", from.display()))?;
        keep(&beside)
    });
    Ok(Some(done.await.map_err(anyhow::Error::new)??))
}

fn beside(app: &App) -> anyhow::Result<PathBuf> {
    let folder = app.config.uploads();
    std::fs::create_dir_all(&folder)?;
    Ok(folder.join(format!("ready-{}", hex(&random::<8>()?))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula_survives() {
        for (cell, out) in [
            ("甲", "甲"),
            ("a,b", "\"a,b\""),
            ("say \"x\"", "\"say \"\"x\"\"\""),
            ("=1+1", "'=1+1"),
            ("-5", "'-5"),
            ("@x,y", "\"'@x,y\""),
        ] {
            assert_eq!(quoted(cell), out);
        }
    }
}
