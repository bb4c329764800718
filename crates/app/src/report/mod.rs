//! Closed periods (上报): closing, the same bytes again, and what changed since.

pub mod export;

use crate::app::App;
use crate::clock::shown;
use crate::figure::bridge::{closed, in_force, moment, period, restated, sealed};
use crate::figure::words::value;
use crate::project::names::Names;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::figure::{Change, Effect, Period, Shown, said};
use domain::limits::FIGURE_ROWS;
use domain::role::Action;
use serde::Deserialize;
use store::period::Closing;

#[derive(Template)]
#[template(path = "report/list.html")]
struct ReportsPage {
    p: Chrome,
    rows: Vec<ClosingRow>,
    year: i16,
    may_close: bool,
}

struct ClosingRow {
    id: i64,
    period: String,
    edition: i64,
    cut_off: String,
    by: String,
    sha256: String,
    newest: bool,
}

/// `GET /reports`
pub async fn list(State(app): State<App>, signed: Signed) -> Page {
    let lang = signed.prefs.lang;
    let (all, names) = (app.store.periods().await?, Names::read(&app).await?);
    let row = |c: &Closing| -> anyhow::Result<ClosingRow> {
        let (zh, en) = closed(c)?.period.names();
        Ok(ClosingRow {
            id: c.id,
            period: lang.t(&zh, &en).to_string(),
            edition: c.edition,
            cut_off: moment(c.cut_off),
            by: names.actor(&c.by, lang),
            sha256: c.sha256.as_deref().map_or_else(|| "—".into(), |s| s.chars().take(12).collect()),
            newest: !all.iter().any(|o| o.replaces == Some(c.id)),
        })
    };
    let rows = all.iter().take(FIGURE_ROWS).map(row).collect::<anyhow::Result<_>>()?;
    let may_close = signed.may(Action::ClosePeriod);
    render(&ReportsPage {
        p: Chrome::of(&signed, Nav::Reports),
        rows,
        year: app.clock.today().year(),
        may_close,
    })
}

/// Which period is closed.
#[derive(Debug, Deserialize)]
pub struct Close {
    year: String,
    month: Option<String>,
}

/// `POST /reports`: closes a period as of now; once more makes its next edition.
pub async fn close(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<Close>,
) -> Result<Redirect> {
    let period = period(Some(&form.year), form.month.as_deref(), app.clock.today())?;
    let closing = shut(&app, &signed, period).await?;
    Ok(Redirect::to(&format!("/reports/{}", closing.id)))
}

/// Closes a period as of now and seals it.
///
/// # Errors
/// 400 while the period is not over, 409 when somebody else closed it meanwhile, 503 when too many computations are under way.
pub async fn shut(app: &App, signed: &Signed, period: Period) -> Result<Closing> {
    let (now, today, actor) = (app.clock.now(), app.clock.today(), signed.actor());
    if period.last() >= today {
        return Err(WebError::bad_request(
            "统计期还没有结束，结束后才能关账。",
            "The period is not over; it can be closed once it is.",
        )
        .next("/reports", "返回", "Back"));
    }
    let definitions: String = in_force(app).await?.iter().map(domain::figure::Definition::to_toml).collect();
    let same = |c: &&Closing| (c.year, c.month) == (period.year(), period.month());
    let editions = app.store.periods().await?.iter().find(same).map_or(0, |c| c.edition);
    let which = (period.year(), period.month());
    let closing = app.store.close_period(&actor, now, today, which, editions, &definitions).await?;
    seal(app, signed, &closing).await?;
    Ok(closing)
}

async fn seal(app: &App, signed: &Signed, closing: &Closing) -> Result<()> {
    let sealed = sealed(app, closing).await?;
    Ok(app.store.seal_period(&signed.actor(), app.clock.now(), closing.id, &sealed.sha256).await?)
}

/// A closing by its number in an address.
///
/// # Errors
/// 404 when there is none.
pub async fn find(app: &App, id: &str) -> Result<Closing> {
    let found = match id.parse() {
        Ok(id) => app.store.period(id).await?,
        Err(_) => None,
    };
    found.ok_or_else(|| {
        WebError::not_found("没有这次关账。", "There is no such closing.").next(
            "/reports",
            "全部上报",
            "All reports",
        )
    })
}

/// `POST /reports/{id}/seal`: finishes a closing that broke off between its two steps.
pub async fn finish(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Checked(_): Checked<Nothing>,
) -> Result<Redirect> {
    let closing = find(&app, &id).await?;
    seal(&app, &signed, &closing).await?;
    Ok(Redirect::to(&format!("/reports/{id}")))
}

/// A form of one button.
#[derive(Debug, Deserialize)]
pub struct Nothing {}

/// A figure of a closed report; each number opens its rows as of the cut-off.
struct ReportLine {
    href: String,
    name: String,
    key: String,
    month: String,
    total: String,
    last: String,
}

#[derive(Template)]
#[template(path = "report/show.html")]
struct ReportPage {
    p: Chrome,
    id: i64,
    period: String,
    edition: i64,
    replaces: Option<i64>,
    cut_off: String,
    by: String,
    kept: String,
    now: String,
    same: Option<bool>,
    monthly: bool,
    rows: Vec<ReportLine>,
    may_close: bool,
    may_export: bool,
}

/// `GET /reports/{id}`: computes the report again as of its cut-off.
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<String>) -> Page {
    let lang = signed.prefs.lang;
    let closing = find(&app, &id).await?;
    let sealed = sealed(&app, &closing).await?;
    let (zh, en) = sealed.report.period.names();
    let line = |l: &domain::figure::Line| {
        let d = &l.definition;
        let month = l.month.as_ref().map_or_else(|| "—".into(), |v| value(d, v, lang));
        ReportLine {
            href: format!("/figures/{}?report={}", d.id, closing.id),
            name: lang.t(&d.zh, &d.en).to_string(),
            key: d.key(),
            month,
            total: value(d, &l.total.values, lang),
            last: value(d, &l.last_year, lang),
        }
    };
    render(&ReportPage {
        p: Chrome::of(&signed, Nav::Reports),
        id: closing.id,
        period: lang.t(&zh, &en).to_string(),
        edition: closing.edition,
        replaces: closing.replaces,
        cut_off: moment(closing.cut_off),
        by: Names::read(&app).await?.actor(&closing.by, lang),
        monthly: sealed.report.period.month().is_some(),
        kept: closing.sha256.clone().unwrap_or_default(),
        rows: sealed.report.lines.iter().map(line).collect(),
        now: sealed.sha256,
        same: sealed.same,
        may_close: signed.may(Action::ClosePeriod),
        may_export: signed.may(Action::Export),
    })
}

#[derive(Template)]
#[template(path = "report/restatement.html")]
struct RestatementPage {
    p: Chrome,
    id: i64,
    cut_off: String,
    corrected: Vec<ChangeRow>,
    late: Vec<ChangeRow>,
    more: usize,
    rates: Vec<(String, String, String, String, String)>,
    rate_effects: Vec<String>,
    totals: Vec<String>,
}

struct ChangeRow {
    project: i64,
    name: String,
    what: &'static str,
    was: String,
    is: String,
    by: String,
    recorded: String,
    reason: String,
    effects: Vec<String>,
}

/// `GET /reports/{id}/restatement`
pub async fn restatement(State(app): State<App>, signed: Signed, Path(id): Path<String>) -> Page {
    let lang = signed.prefs.lang;
    let closing = find(&app, &id).await?;
    let (restated, names) = (restated(&app, &closing).await?, Names::read(&app).await?);
    let effects = |list: &[Effect]| -> Vec<String> { list.iter().map(|e| effect(e, lang)).collect() };
    let row = |c: &Change| ChangeRow {
        project: c.fact.project.0,
        name: format!("{} {}", c.code, c.name),
        what: lang.t(c.fact.kind.zh(), c.fact.kind.en()),
        was: c.was.as_ref().map_or_else(|| "—".into(), |f| fact(f, lang)),
        is: fact(&c.fact, lang),
        by: names.actor(&c.fact.by, lang),
        recorded: shown(c.fact.recorded),
        reason: c.fact.reason.clone().unwrap_or_default(),
        effects: effects(&c.effects),
    };
    let micro = |n: i64| format!("{}.{:06}", n / 1_000_000, n % 1_000_000);
    let rate = |c: &domain::figure::RateChange| {
        let r = &c.rate;
        let was = c.was.as_ref().map_or_else(|| "—".into(), |w| micro(w.micro_yuan));
        (
            format!("{} {}", r.currency.code(), r.since),
            was,
            micro(r.micro_yuan),
            names.actor(&r.by, lang),
            r.source.clone(),
        )
    };
    let shown = restated.changes.iter().take(FIGURE_ROWS);
    render(&RestatementPage {
        p: Chrome::of(&signed, Nav::Reports),
        id: closing.id,
        cut_off: moment(closing.cut_off),
        corrected: shown.clone().filter(|c| !c.late).map(row).collect(),
        late: shown.filter(|c| c.late).map(row).collect(),
        more: restated.more + restated.changes.len().saturating_sub(FIGURE_ROWS),
        rates: restated.rates.iter().map(rate).collect(),
        rate_effects: effects(&restated.rate_effects),
        totals: effects(&restated.effects),
    })
}

fn fact(f: &domain::fact::Fact, lang: Lang) -> String {
    let words = match f.stage() {
        Some(stage) => lang.t(stage.zh(), stage.en()).to_string(),
        None => said(&f.value),
    };
    let words = if words.is_empty() { lang.t("撤销", "withdrawn").to_string() } else { words };
    format!("{words}（{}）", f.counts)
}

fn effect(e: &Effect, lang: Lang) -> String {
    let of = match e.shown {
        Shown::Month => lang.t("当月", "month"),
        Shown::Total => lang.t("累计", "total"),
        Shown::LastYearMonth => lang.t("上年当月", "month of last year"),
        Shown::LastYear => lang.t("上年累计", "total of last year"),
    };
    let sign = |n: i64, text: String| if n > 0 { format!("+{text}") } else { text };
    let mut parts = Vec::new();
    let d = e.delta;
    for (n, zh, en) in [(d.count, "个数", "number"), (d.met, "达到", "reached"), (d.of, "基数", "base")]
    {
        if n != 0 {
            parts.push(format!("{} {}", lang.t(zh, en), sign(n, grouped(n))));
        }
    }
    if d.yuan != 0 {
        parts.push(sign(d.yuan, yuan(d.yuan, lang)));
    }
    format!("{} {of}: {}", e.figure, parts.join(", "))
}
