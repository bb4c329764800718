//! What the zone can publish with two clicks: a list of the day is drawn up and kept like an uploaded file, and the form for its terms follows. What each
//! holds stands on the page; none holds a person's name, a telephone number or anything of a project.

use crate::app::App;
use crate::import::upload::keep;
use crate::inventory::{Standing, cell, standing, taken};
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::form::{Checked, encode};
use crate::web::session::{Signed, hex, random};
use anyhow::Context as _;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::inventory::{Kind, Value};
use jiff::civil::Date;
use serde::Deserialize;
use std::path::PathBuf;

/// A list that can be drawn up: its word, its name and what is in it, in Chinese and English.
pub const LISTS: [(&str, (&str, &str), (&str, &str)); 4] = [
    (
        "vacancy",
        ("可用载体清单", "Free ground and rooms"),
        (
            "今日可用的地块与单元：编号、名称、用途、面积、电力、租金（CSV）",
            "What is free today: code, name, use, area, power, rent (CSV)",
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
                taken(*kind, &s.values, s.held.as_ref(), today, Lang::Zh).0 == "done"
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
    if rows.len() == 1 {
        return Ok(None);
    }
    let mut out = String::from('\u{feff}');
    for row in rows {
        let cells: Vec<String> = row.iter().map(|c| quoted(c)).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    Ok(Some(out))
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
