//! From the store to reports: which definitions hold, which facts are read, and what is kept in memory.

use crate::app::App;
use crate::clock::local;
use crate::web::error::{Result, WebError};
use crate::web::session::hex;
use anyhow::Context as _;
use domain::fact::FactId;
use domain::figure::{
    Asked, Builder, DateRule, Definition, Period, Report, Restated, builtin, counted_kinds, kinds, parse,
    restate, window,
};
use domain::limits;
use domain::project::Project;
use domain::rate::Rates;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::Offset;
use sha2::{Digest as _, Sha256};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::Store;
use store::ledger::{FactQuery, Touched};
use store::period::Closing;

/// Up to when facts are seen, and the day by which cohorts and promises are judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut {
    /// Facts recorded by then.
    pub at: Timestamp,
    /// The day.
    pub day: Date,
    /// Whether it is now, so that what is recorded next changes the answer.
    pub open: bool,
}

/// The last moment of a day in Asia/Shanghai; now when no day before today is given.
#[must_use]
pub fn cut(app: &App, as_of: Option<Date>) -> Cut {
    let (now, today) = (app.clock.now(), app.clock.today());
    let end = |day: Date| {
        let last = day.to_datetime(Time::constant(23, 59, 59, 999_999_000));
        Offset::constant(8).to_timestamp(last).unwrap_or(now)
    };
    match as_of.filter(|&day| day < today) {
        Some(day) => Cut { at: end(day), day, open: false },
        None => Cut { at: now, day: today, open: true },
    }
}

/// A report that is asked for.
#[derive(Clone, Debug)]
pub struct Question {
    /// The definitions, in order.
    pub definitions: Arc<Vec<Definition>>,
    /// A month or a year.
    pub period: Period,
    /// As of when.
    pub cut: Cut,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    rates: usize,
    definitions: Arc<Vec<Definition>>,
    period: Period,
    cut: Cut,
}

/// The reports asked for last, at most [`limits::FIGURES_KEPT`]: derived, and computed again from the facts as soon as one is recorded
/// that they read.
#[derive(Debug, Default)]
pub struct Kept {
    all: Mutex<VecDeque<Entry>>,
    turn: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct Entry {
    key: Key,
    /// No fact up to this one that the report reads is missing in it.
    last: FactId,
    report: Arc<Report>,
}

impl Kept {
    fn all(&self) -> MutexGuard<'_, VecDeque<Entry>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The report, while nothing is recorded that it reads. What else was recorded is not looked at again.
    async fn fresh(&self, store: &Store, key: &Key) -> Result<Option<Arc<Report>>> {
        let found = self.all().iter().find(|e| e.key == *key).map(|e| (e.last, e.report.clone()));
        let Some((seen, report)) = found else { return Ok(None) };
        let last = store.last_fact().await?;
        if seen < last {
            if store.recorded_since(seen, &kinds(&key.definitions)).await? {
                return Ok(None);
            }
            if let Some(entry) = self.all().iter_mut().find(|e| e.key == *key && e.last == seen) {
                entry.last = last;
            }
        }
        Ok(Some(report))
    }
}

/// The definitions in force: those that come with the program, each replaced by the newest version that the zone put in force.
///
/// # Errors
/// The store fails, or a kept text has a fault.
pub async fn in_force(app: &App) -> anyhow::Result<Vec<Definition>> {
    let mut all =
        builtin().map_err(|f| anyhow::anyhow!("a built-in definition has a fault: {:?}", f.first()))?;
    for kept in app.store.definitions().await? {
        let read =
            parse(&kept.text).map_err(|f| anyhow::anyhow!("definition {}: {:?}", kept.id, f.first()))?;
        for definition in read {
            match all.iter_mut().find(|d| d.id == definition.id) {
                Some(old) => *old = definition,
                None => all.push(definition),
            }
        }
    }
    Ok(all)
}

/// The question of a period as of a day, by the definitions in force.
///
/// # Errors
/// As [`in_force`].
pub async fn question(app: &App, period: Period, as_of: Option<Date>) -> anyhow::Result<Question> {
    Ok(Question { definitions: Arc::new(in_force(app).await?), period, cut: cut(app, as_of) })
}

/// What of the facts these definitions can stand on. A definition that goes by the day of happening may count what counts far away, and
/// then all projects are read.
fn facts(definitions: &[Definition], period: Period, cut_off: Timestamp) -> FactQuery {
    let (from, to) = window(period);
    let by_counting = definitions.iter().all(|d| d.date == DateRule::Counts);
    let touched = by_counting.then_some(Touched { kinds: counted_kinds(definitions), from, to });
    FactQuery { cut_off: Some(cut_off), touched, kinds: kinds(definitions), since: None, bare: true }
}

/// The report that is asked for; computed off the threads that answer requests, and kept while nothing is recorded that could change it.
///
/// # Errors
/// The store fails, or 503 when too many computations are under way.
pub async fn report(app: &App, asked: &Question) -> Result<Arc<Report>> {
    let rates = app.store.rates().await?;
    let cut = if asked.cut.open { Cut { at: Timestamp::UNIX_EPOCH, ..asked.cut } } else { asked.cut };
    let (definitions, period) = (asked.definitions.clone(), asked.period);
    let key = Key { rates: rates.len(), definitions: definitions.clone(), period, cut };
    let kept = &app.ledger.figures;
    if let Some(report) = kept.fresh(&app.store, &key).await? {
        return Ok(report);
    }
    // One at a time: of many who ask for the same, one computes it.
    let _turn = kept.turn.lock().await;
    if let Some(report) = kept.fresh(&app.store, &key).await? {
        return Ok(report);
    }
    let last = app.store.last_fact().await?;
    let (store, handle, cut) = (app.store.clone(), tokio::runtime::Handle::current(), asked.cut);
    let work = move || -> anyhow::Result<Report> {
        let rates = Rates::new(rates, Some(cut.at));
        let mut builder = Builder::new(&definitions, period, cut.at, cut.day, &rates);
        let query = facts(&definitions, period, cut.at);
        let each = |id, code: &str, facts| builder.add(&Project::fold(id, code, facts, Some(cut.at)));
        handle.block_on(store.each_project(&query, each))?;
        Ok(builder.finish())
    };
    let report = Arc::new(app.compute(work).await??);
    let mut all = kept.all();
    all.retain(|e| e.key != key);
    all.push_front(Entry { key, last, report: report.clone() });
    all.truncate(limits::FIGURES_KEPT);
    drop(all);
    Ok(report)
}

/// A closed period computed again.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The report as of its cut-off.
    pub report: Arc<Report>,
    /// SHA-256 of its bytes now.
    pub sha256: String,
    /// Whether that is what was kept; `None` when the period was not sealed yet.
    pub same: Option<bool>,
}

/// The question that a closed period answered.
///
/// # Errors
/// Its definitions cannot be read.
pub fn closed(closing: &Closing) -> anyhow::Result<Question> {
    let read = parse(&closing.definitions);
    let definitions = read.map_err(|f| anyhow::anyhow!("period {}: {:?}", closing.id, f.first()))?;
    let period = Period::new(closing.year, closing.month)
        .map_err(|e| anyhow::anyhow!("period {}: {e}", closing.id))?;
    let cut = Cut { at: closing.cut_off, day: closing.judged_on, open: false };
    Ok(Question { definitions: Arc::new(definitions), period, cut })
}

impl Question {
    /// The same question a year before (同比): as of the same cut-off, cohorts and promises judged on that day a year before, which is how
    /// the column of the year before is made.
    #[must_use]
    pub fn last_year(&self) -> Question {
        let asked = Asked { period: self.period, day: self.cut.day }.last_year();
        let cut = Cut { day: asked.day, ..self.cut };
        Question { definitions: self.definitions.clone(), period: asked.period, cut }
    }
}

/// Computes a closed period again, and says whether its bytes are what they were.
///
/// # Errors
/// As [`report`].
pub async fn sealed(app: &App, closing: &Closing) -> Result<Sealed> {
    let report = report(app, &closed(closing)?).await?;
    let bytes = report.clone();
    let sha256 = app.compute(move || hex(&Sha256::digest(bytes.bytes()))).await?;
    let same = closing.sha256.as_ref().map(|kept| *kept == sha256);
    Ok(Sealed { report, sha256, same })
}

/// What was recorded since a closing and changes its report, up to now.
///
/// # Errors
/// The store fails, or 503 when too many computations are under way.
pub async fn restated(app: &App, closing: &Closing) -> Result<Restated> {
    let asked = closed(closing)?;
    let (now, rates) = (app.clock.now().max(closing.cut_off), app.store.rates().await?);
    let rated = rates.iter().any(|r| r.recorded > closing.cut_off);
    let query = FactQuery {
        // A new exchange rate can move a project of which nothing else was recorded.
        since: (!rated).then_some(closing.cut_off),
        // It says who changed what, and why.
        bare: false,
        ..facts(&asked.definitions, asked.period, Timestamp::MAX.min(now))
    };
    let (store, handle, old) = (app.store.clone(), tokio::runtime::Handle::current(), closing.cut_off);
    let work = move || -> anyhow::Result<Restated> {
        let mut projects = Vec::new();
        handle.block_on(
            store.each_project(&query, |id, code, facts| projects.push((id, code.to_string(), facts))),
        )?;
        let day = asked.cut.day;
        Ok(restate(&asked.definitions, asked.period, day, (old, now), projects, &rates))
    };
    Ok(app.compute(work).await??)
}

/// A year and month as a form or an address has them.
///
/// # Errors
/// 400 with the rule.
pub fn period(year: Option<&str>, month: Option<&str>, today: Date) -> Result<Period> {
    let wrong = || {
        WebError::bad_request(
            "年份应在 1950 至 2200 之间，月份应在 1 至 12 之间。",
            "The year must be from 1950 to 2200 and the month from 1 to 12.",
        )
    };
    let year = match year.map(str::trim).filter(|y| !y.is_empty()) {
        Some(year) => year.parse().map_err(|_| wrong())?,
        None => today.year(),
    };
    let month = month.map(str::trim).filter(|m| !m.is_empty());
    let month = month.map(str::parse).transpose().map_err(|_| wrong())?;
    Period::new(year, month).map_err(|_| wrong())
}

/// A day of a form; none when it is empty.
///
/// # Errors
/// 400 for what is no day.
pub fn day(text: Option<&str>) -> Result<Option<Date>> {
    let text = text.map(str::trim).filter(|t| !t.is_empty());
    let read = text.map(|t| t.parse().with_context(|| t.to_string())).transpose();
    read.map_err(|_| {
        WebError::bad_request("日期格式不对，请写成 2025-12-31。", "That is no day; write it as 2025-12-31.")
    })
}

/// The time of a cut-off as people read it.
#[must_use]
pub fn moment(at: Timestamp) -> String {
    local(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}
