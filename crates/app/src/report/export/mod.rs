//! Reports as workbooks: `GET /figures/export.xlsx` of an open period, `GET /reports/{id}/export.xlsx` of a closed one.
//!
//! Three templates stand on the same facts: monthly (月报), weekly (周报) and special (专报, one figure). Each has the definitions, the
//! cut-off and the hash of the report on its last sheet.

mod parts;
mod sheet;
mod weekly;

use crate::app::App;
use crate::figure::bridge::{self, Question, day, period};
use crate::project::names::Names;
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::session::{Signed, hex};
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::figure::{By, Line, Measure, Report, Tier};
use domain::stage::Stage;
use jiff::Timestamp;
use rust_xlsxwriter::Workbook;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use sheet::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use store::Actor;
use store::period::Closing;
use weekly::Week;

/// Which workbook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Template {
    /// 月报, of a year 年报: every figure, sizes, groups, the signed projects.
    #[default]
    Monthly,
    /// 周报: what was counted or recorded in the last seven days.
    Weekly,
    /// 专报: one figure with its rows and groups.
    Special,
}

impl Template {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Template::Monthly => "monthly",
            Template::Weekly => "weekly",
            Template::Special => "special",
        }
    }

    fn read(word: Option<&str>) -> Result<Template> {
        match word.unwrap_or_default() {
            "" | "monthly" => Ok(Template::Monthly),
            "weekly" => Ok(Template::Weekly),
            "special" => Ok(Template::Special),
            _ => Err(WebError::bad_request(
                "没有这种报表模板；请选 monthly、weekly 或 special。",
                "There is no such template; choose monthly, weekly or special.",
            )),
        }
    }
}

/// What is exported.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    year: Option<String>,
    month: Option<String>,
    as_of: Option<String>,
    template: Option<String>,
    figure: Option<String>,
}

/// For whom, and by whom.
#[derive(Clone, Debug)]
pub struct Order {
    /// Who exports, for the journal.
    pub actor: Actor,
    /// The same by name.
    pub by: String,
    /// The zone's name.
    pub zone: String,
    /// Language.
    pub lang: Lang,
    /// Which workbook.
    pub template: Template,
    /// The figure of a special report.
    pub figure: String,
}

impl Order {
    fn of(signed: &Signed, asked: &Asked) -> Result<Order> {
        let figure = asked.figure.as_deref().map(str::trim).filter(|f| !f.is_empty());
        Ok(Order {
            actor: signed.actor(),
            by: signed.name.clone(),
            zone: signed.zone.clone(),
            lang: signed.prefs.lang,
            template: Template::read(asked.template.as_deref())?,
            figure: figure.unwrap_or("signed").to_string(),
        })
    }
}

/// Whether the period is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seal {
    /// It is not.
    Open,
    /// It is.
    Closed {
        /// Which edition.
        edition: i64,
        /// Who closed it.
        by: String,
        /// Whether the report is what it was; `None` when the closing was not finished.
        same: Option<bool>,
    },
}

/// A workbook.
#[derive(Clone, Debug)]
pub struct Made {
    /// Name of the file.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// All that a workbook is made of.
#[derive(Debug)]
struct Content {
    lang: Lang,
    template: Template,
    zone: String,
    by: String,
    made: Timestamp,
    cut_off: Timestamp,
    report: Arc<Report>,
    sha256: String,
    seal: Seal,
    figure: String,
    names: Names,
    events: HashMap<i64, String>,
    week: Option<Week>,
}

impl Content {
    fn t<'s>(&self, zh: &'s str, en: &'s str) -> &'s str {
        self.lang.t(zh, en)
    }

    fn period_name(&self) -> String {
        let (zh, en) = self.report.period.names();
        self.t(&zh, &en).to_string()
    }

    fn title(&self) -> String {
        let of = match (self.template, self.report.period.month()) {
            (Template::Monthly, Some(_)) => self.t("招商引资项目月报", "Monthly report of projects"),
            (Template::Monthly, None) => self.t("招商引资项目年报", "Yearly report of projects"),
            (Template::Weekly, _) => self.t("招商引资项目周报", "Weekly report of projects"),
            (Template::Special, _) => self.t("招商引资项目专报", "Special report of projects"),
        };
        format!("{} {} {of}", self.zone, self.period_name())
    }

    fn state(&self) -> String {
        match &self.seal {
            Seal::Open => self.t("未关账", "open").to_string(),
            Seal::Closed { edition, same, .. } => {
                let same = match same {
                    Some(true) => self.t("与关账时逐字节一致", "the same to the byte"),
                    Some(false) => {
                        self.t("▲ 与关账时不同，请勿上报", "▲ NOT what was closed: do not report it")
                    }
                    None => self.t("▲ 关账没有完成", "▲ the closing was not finished"),
                };
                format!("{}（{} {edition}）{same}", self.t("已关账", "closed"), self.t("版次", "edition"))
            }
        }
    }

    fn signed(&self) -> bool {
        let signed = |l: &Line| l.definition.stage == Some(Stage::Signed) && l.definition.base.is_none();
        self.template == Template::Monthly || self.report.line(&self.figure).is_some_and(signed)
    }

    fn chain(&self, id: &str) -> String {
        if id.is_empty() { self.t("未归属", "none").to_string() } else { self.names.chain(id, self.lang) }
    }

    /// The name of a group's key.
    fn named(&self, key: &str) -> String {
        let (kind, id) = key.split_once(':').unwrap_or(("", key));
        match (kind, id.parse::<i64>()) {
            ("unit", Ok(id)) => self.names.unit(Some(id)).to_string(),
            ("officer", Ok(id)) => self.names.person(Some(id)).to_string(),
            ("event", Ok(id)) => self.events.get(&id).cloned().unwrap_or_else(|| key.to_string()),
            ("zone", _) => id.to_string(),
            _ => self.chain(key),
        }
    }

    fn group(&self, key: &str) -> Cell {
        Cell::Text(self.named(key))
    }
}

/// `GET /figures/export.xlsx?year=&month=&as_of=&template=&figure=`
pub async fn open(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let order = Order::of(&signed, &asked)?;
    let period = period(asked.year.as_deref(), asked.month.as_deref(), app.clock.today())?;
    let question = bridge::question(&app, period, day(asked.as_of.as_deref())?).await?;
    Ok(reply(make(&app, &order, &question).await?))
}

/// `GET /reports/{id}/export.xlsx?template=&figure=`
pub async fn closed(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let order = Order::of(&signed, &asked)?;
    let closing = super::find(&app, &id).await?;
    Ok(reply(make_closed(&app, &order, &closing).await?))
}

fn reply(made: Made) -> Response {
    let disposition = format!("attachment; filename=\"{}\"", made.name);
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_string();
    ([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], made.bytes).into_response()
}

/// The workbook of a period that is open; the journal keeps that it was made.
///
/// # Errors
/// 404 for a figure that there is not; the store fails; 503 when too many computations are under way.
pub async fn make(app: &App, order: &Order, question: &Question) -> Result<Made> {
    let report = bridge::report(app, question).await?;
    let bytes = report.clone();
    let sha256 = app.compute(move || hex(&Sha256::digest(bytes.bytes()))).await?;
    let name = format!("{}-{}.xlsx", order.template.as_str(), question.period.code());
    write(app, order, report, sha256, Seal::Open, name).await
}

/// The workbook of a closed period, computed again as of its cut-off, with the definitions of then.
///
/// # Errors
/// As [`make`].
pub async fn make_closed(app: &App, order: &Order, closing: &Closing) -> Result<Made> {
    let sealed = bridge::sealed(app, closing).await?;
    let by = Names::read(app).await?.actor(&closing.by, order.lang);
    let seal = Seal::Closed { edition: closing.edition, by, same: sealed.same };
    let code = sealed.report.period.code();
    let name = format!("{}-{code}-edition-{}.xlsx", order.template.as_str(), closing.edition);
    write(app, order, sealed.report, sealed.sha256, seal, name).await
}

async fn write(
    app: &App,
    order: &Order,
    report: Arc<Report>,
    sha256: String,
    seal: Seal,
    name: String,
) -> Result<Made> {
    if order.template == Template::Special && report.line(&order.figure).is_none() {
        let missing = WebError::not_found("没有这个指标。", "There is no such figure.");
        return Err(missing.next("/figures", "全部指标", "All figures"));
    }
    let week = match order.template {
        Template::Weekly => Some(weekly::read(app, &report).await?),
        _ => None,
    };
    let mut events = HashMap::new();
    if order.template == Template::Special {
        let of = report.line(&order.figure).into_iter().flat_map(|l| &l.total.rows).filter_map(|r| r.event);
        let ids: std::collections::BTreeSet<i64> = of.collect();
        for id in ids {
            if let Some(event) = app.store.event(id).await? {
                events.insert(id, event.said.title);
            }
        }
    }
    let made = app.clock.now();
    let content = Content {
        lang: order.lang,
        template: order.template,
        zone: order.zone.clone(),
        by: order.by.clone(),
        made,
        cut_off: report.cut_off,
        report,
        sha256,
        seal,
        figure: order.figure.clone(),
        names: Names::read(app).await?,
        events,
        week,
    };
    let (bytes, rows) = app.compute(move || workbook(&content)).await??;
    app.store.note_export(&order.actor, made, &name, rows as u64).await?;
    Ok(Made { name, bytes })
}

/// The bytes and how many rows of projects they hold.
fn workbook(c: &Content) -> anyhow::Result<(Vec<u8>, usize)> {
    let mut book = Workbook::new();
    let rows = match c.template {
        Template::Monthly => monthly(&mut book, c)?,
        Template::Weekly => weekly::sheets(&mut book, c)?,
        Template::Special => special(&mut book, c)?,
    };
    Ok((book.save_to_buffer()?, rows))
}

const SUMMARY_WIDTHS: [f64; 10] = [36.0, 14.0, 16.0, 16.0, 16.0, 16.0, 16.0, 20.0, 14.0, 26.0];

fn monthly(book: &mut Workbook, c: &Content) -> anyhow::Result<usize> {
    let lines = &c.report.lines;
    let signings = parts::signings(lines);
    let mut w = parts::sheet(book, c, c.t("汇总", "Summary"), &SUMMARY_WIDTHS)?;
    parts::figures(&mut w, c, lines)?;
    parts::sizes(&mut w, c, |tier| parts::of_size(lines, tier))?;
    if let Some(line) = parts::of_size(lines, Tier::Yi1) {
        for by in [By::Chain, By::Unit, By::Officer] {
            parts::grouped(&mut w, c, line, by)?;
        }
    }
    signatures(&mut w, c)?;
    let mut w = parts::sheet(book, c, c.t("签约项目明细", "Signed projects"), &parts::ROW_WIDTHS)?;
    parts::rows(&mut w, c, &signings)?;
    parts::about(book, c, &lines.iter().collect::<Vec<_>>())?;
    Ok(signings.iter().map(|l| l.total.rows.len()).sum())
}

fn special(book: &mut Workbook, c: &Content) -> anyhow::Result<usize> {
    let Some(line) = c.report.line(&c.figure) else { anyhow::bail!("no figure {}", c.figure) };
    let mut w = parts::sheet(book, c, c.t("专报", "Special report"), &SUMMARY_WIDTHS)?;
    parts::figures(&mut w, c, [line])?;
    if line.definition.measure != Measure::Rate {
        parts::sizes(&mut w, c, |_| Some(line))?;
    }
    for by in By::ALL {
        parts::grouped(&mut w, c, line, by)?;
    }
    signatures(&mut w, c)?;
    let mut w = parts::sheet(book, c, c.t("明细", "Rows"), &parts::ROW_WIDTHS)?;
    parts::rows(&mut w, c, &[line])?;
    parts::about(book, c, &[line])?;
    Ok(line.total.rows.len())
}

/// Where those who answer for a report sign it.
fn signatures(w: &mut sheet::Writer<'_>, c: &Content) -> anyhow::Result<()> {
    w.section(c.t(
        "单位负责人（签字）：　　　　　　　　审核人：　　　　　　　　填报人：　　　　　　　　填报日期：　　　　　　　　（盖章）",
        "Head of unit:                    Checked by:                    Reported by:                    Date:                    (seal)",
    ))
}
