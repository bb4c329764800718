//! `GET /projects`: every project, with any filter and order.

use crate::app::App;
use crate::clock::local;
use crate::ledger::Line;
use crate::project::names::Names;
use crate::project::words;
use crate::target::list::Choice;
use crate::text::{Lang, grouped};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::limits;
use domain::rate::Rates;
use domain::role::Action;
use domain::stage::Stage;
use jiff::civil::Date;
use serde::Deserialize;
use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "project/list.html")]
struct ListPage {
    p: Chrome,
    asked: Asked,
    stages: Vec<Choice>,
    units: Vec<Choice>,
    officers: Vec<Choice>,
    mine: bool,
    chains: Vec<Choice>,
    events: Vec<Choice>,
    heads: Vec<Head>,
    rows: Vec<Row>,
    total: String,
    of: String,
    foreign: bool,
    query: String,
    prev: Option<String>,
    next: Option<String>,
    page: usize,
    pages: usize,
    may_new: bool,
    may_export: bool,
}

struct Head {
    label: &'static str,
    href: String,
    order: &'static str,
    number: bool,
}

/// One row of a list of projects.
#[derive(Clone, Debug)]
pub struct Row {
    /// Number.
    pub id: i64,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
    /// Company.
    pub company: String,
    /// Stage in words.
    pub stage: &'static str,
    /// Class of its mark: `done`, `out` or `now`.
    pub mark: &'static str,
    /// Since when.
    pub since: String,
    /// Unit.
    pub unit: String,
    /// Officer.
    pub officer: String,
    /// Chain.
    pub chain: String,
    /// Planned total in words.
    pub planned: String,
    /// The day its signing counts.
    pub signed: String,
    /// The day its last fact was recorded.
    pub updated: String,
    /// Whether it repeats another.
    pub duplicate: bool,
}

/// What the reader asks for; the same for the page and the export.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// A word of a stage.
    pub stage: String,
    /// Number of a unit.
    pub unit: String,
    /// Number of an officer, or `mine`.
    pub officer: String,
    /// Chain id.
    pub chain: String,
    /// Number of an event.
    pub event: String,
    /// Least planned total in 万元.
    pub least: String,
    /// Signed on or after.
    pub from: String,
    /// Signed on or before.
    pub to: String,
    /// Words in name, company or code.
    pub q: String,
    /// A column, `-` before it for the other order.
    pub sort: String,
    /// Page, from 1.
    pub page: String,
}

/// The columns and whether they hold numbers.
const COLUMNS: [(&str, &str, &str, bool); 9] = [
    ("code", "编号", "Code", false),
    ("name", "项目", "Project", false),
    ("stage", "阶段", "Stage", false),
    ("unit", "责任单位", "Unit", false),
    ("officer", "项目专员", "Officer", false),
    ("chain", "产业链", "Chain", false),
    ("planned", "计划总投资", "Planned total", true),
    ("signed", "签约统计日期", "Signed, counts", true),
    ("recorded", "最近更新", "Updated", true),
];

/// A question that was read and checked.
struct Filter {
    stage: Option<Stage>,
    unit: Option<i64>,
    officer: Option<i64>,
    chain: String,
    event: Option<i64>,
    least: Option<i64>,
    from: Option<Date>,
    to: Option<Date>,
    words: Vec<String>,
}

/// Lines that a question found, in its order, with their amounts in yuan.
pub struct Found {
    /// The lines that were wanted, in order.
    pub lines: Vec<Arc<Line>>,
    /// How many there are in all.
    pub total: usize,
    /// How many projects the zone has.
    pub of: usize,
    /// Whether an amount had no exchange rate, and so lies outside a filter by amount.
    pub unrated: bool,
    /// Events that brought projects, for the filter.
    pub events: BTreeSet<i64>,
}

/// `GET /projects`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (names, lang) = (Arc::new(Names::read(&app).await?), signed.prefs.lang);
    let page = asked.page.parse::<usize>().unwrap_or(1).clamp(1, 1 << 20);
    let most = page * limits::PROJECTS_PAGE;
    let found = find(&app, &signed, &asked, names.clone(), most).await?;
    let pages = found.total.div_ceil(limits::PROJECTS_PAGE).max(1);
    let page = page.min(pages);
    let shown = found.lines.iter().skip((page - 1) * limits::PROJECTS_PAGE).take(limits::PROJECTS_PAGE);
    let rows = shown.map(|l| Row::of(l, &names, lang)).collect();
    let n = |x: usize| grouped(i64::try_from(x).unwrap_or(i64::MAX));
    let link = |to: usize| asked.query(&[("page", &to.to_string())]);
    render(&ListPage {
        stages: stage_choices(&asked.stage, lang),
        units: names.unit_choices(&asked.unit),
        officers: names.officer_choices(&asked.officer),
        mine: asked.officer == "mine",
        chains: names.chain_choices(&asked.chain, lang),
        events: event_choices(&found.events, &asked.event, &names),
        heads: heads(&asked, lang),
        rows,
        total: n(found.total),
        of: n(found.of),
        foreign: found.unrated,
        query: asked.query(&[("page", "")]),
        prev: (page > 1).then(|| link(page - 1)),
        next: (page < pages).then(|| link(page + 1)),
        page,
        pages,
        may_new: signed.may(Action::RecordFact),
        may_export: signed.may(Action::Export),
        p: Chrome::of(&signed, Nav::Projects),
        asked,
    })
}

/// The lines that a question asks for, the first `most` of them in its order.
///
/// # Errors
/// 400 for a filter or an order that is none.
pub async fn find(
    app: &App,
    signed: &Signed,
    asked: &Asked,
    names: Arc<Names>,
    most: usize,
) -> Result<Found> {
    let filter = asked.filter(signed)?;
    let order = Order::read(&asked.sort)?;
    let board = app.ledger.board(&app.store).await?;
    let rates = Rates::new(app.store.rates().await?, None);
    let today = app.clock.today();
    let found = app.compute(move || {
        let yuan = |l: &Line| l.planned.and_then(|m| rates.yuan(m, l.signed.unwrap_or(today)).ok());
        let unrated =
            filter.least.is_some() && board.lines.iter().any(|l| l.planned.is_some() && yuan(l).is_none());
        let amounts = filter.least.is_some() || order.column == "planned";
        let mut first = First::new(most, |a: &Held<'_>, b: &Held<'_>| order.compare(a, b, &names));
        // From the newest: of equal lines the newest comes first, so that most of the others need no place.
        for line in board.lines.iter().rev() {
            let amount = if amounts { yuan(line) } else { None };
            if filter.holds(line, amount) {
                first.take((amount, line));
            }
        }
        let total = first.taken;
        let lines = first.sorted().into_iter().map(|(_, l)| l.clone()).collect();
        let events = board.lines.events().take(limits::PAGE_ROWS as usize).collect();
        Found { lines, total, of: board.lines.len(), unrated, events }
    });
    found.await
}

/// A line that is held for a page, with its amount in yuan.
type Held<'a> = (Option<i64>, &'a Arc<Line>);

/// The first `most` of what is taken, in an order; never holds more than twice as many.
struct First<T, F> {
    most: usize,
    before: F,
    held: Vec<T>,
    /// Whether the last one held is the last that has a place.
    full: bool,
    taken: usize,
}

impl<T, F: Fn(&T, &T) -> Ordering> First<T, F> {
    fn new(most: usize, before: F) -> First<T, F> {
        First { most: most.max(1), before, held: Vec::new(), full: false, taken: 0 }
    }

    fn take(&mut self, one: T) {
        self.taken += 1;
        // Once cut, the last of those that have a place stands at `most - 1`.
        if self.full && (self.before)(&one, &self.held[self.most - 1]) != Ordering::Less {
            return;
        }
        self.held.push(one);
        if self.held.len() >= self.most.saturating_mul(2).max(256) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        if self.held.len() > self.most {
            self.held.select_nth_unstable_by(self.most - 1, &self.before);
            self.held.truncate(self.most);
            self.full = true;
        }
    }

    fn sorted(mut self) -> Vec<T> {
        self.cut();
        self.held.sort_unstable_by(&self.before);
        self.held
    }
}

impl Asked {
    fn filter(&self, signed: &Signed) -> Result<Filter> {
        let number = |text: &str, zh: &str, en: &str| match text {
            "" => Ok(None),
            text => text.parse::<i64>().map(Some).map_err(|_| wrong(zh, en, text)),
        };
        let day = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse::<Date>().map(Some).map_err(|_| wrong("日期", "day", text)),
        };
        let stage = match self.stage.as_str() {
            "" => None,
            word => Some(word.parse().map_err(|_| wrong("阶段", "stage", word))?),
        };
        let least = number(self.least.trim(), "金额（万元）", "amount")?;
        let least = least
            .map(|wan| wan.checked_mul(10_000).ok_or_else(|| wrong("金额（万元）", "amount", &self.least)));
        Ok(Filter {
            stage,
            unit: number(&self.unit, "单位", "unit")?,
            officer: match self.officer.as_str() {
                "mine" => Some(signed.id.0),
                other => number(other, "专员", "officer")?,
            },
            chain: self.chain.clone(),
            event: number(&self.event, "活动", "event")?,
            least: least.transpose()?,
            from: day(&self.from)?,
            to: day(&self.to)?,
            words: self.q.to_lowercase().split_whitespace().map(str::to_string).collect(),
        })
    }

    /// The question as an address, with some fields changed; empty ones are left out.
    #[must_use]
    pub fn query(&self, changed: &[(&str, &str)]) -> String {
        let fields = [
            ("stage", &self.stage),
            ("unit", &self.unit),
            ("officer", &self.officer),
            ("chain", &self.chain),
            ("event", &self.event),
            ("least", &self.least),
            ("from", &self.from),
            ("to", &self.to),
            ("q", &self.q),
            ("sort", &self.sort),
            ("page", &self.page),
        ];
        let with = |(k, v): (&'static str, &String)| {
            let value = changed.iter().find(|c| c.0 == k).map_or(v.as_str(), |c| c.1);
            (!value.is_empty()).then(|| format!("{k}={}", encode(value)))
        };
        fields.into_iter().filter_map(with).collect::<Vec<_>>().join("&")
    }
}

impl Filter {
    fn holds(&self, line: &Line, yuan: Option<i64>) -> bool {
        let text = |word: &String| [&line.name, &line.company, &line.code].iter().any(|t| contains(t, word));
        self.stage.is_none_or(|s| line.stage == Some(s))
            && self.unit.is_none_or(|u| line.unit == Some(u))
            && self.officer.is_none_or(|o| line.officer == Some(o))
            && (self.chain.is_empty()
                || line.chain.split('/').next() == Some(&self.chain)
                || *line.chain == *self.chain)
            && self.event.is_none_or(|e| line.event == Some(e))
            && self.least.is_none_or(|least| yuan.is_some_and(|y| y >= least))
            && self.from.is_none_or(|from| line.signed.is_some_and(|s| s >= from))
            && self.to.is_none_or(|to| line.signed.is_some_and(|s| s <= to))
            && self.words.iter().all(text)
    }
}

/// Whether `text` holds `word`, which is in small letters.
fn contains(text: &str, word: &str) -> bool {
    text.contains(word) || (text.is_ascii() || word.is_ascii()) && text.to_lowercase().contains(word)
}

/// A column to sort by.
struct Order {
    column: &'static str,
    down: bool,
}

impl Order {
    fn read(sort: &str) -> Result<Order> {
        let sort = if sort.is_empty() { "-recorded" } else { sort };
        let word = sort.trim_start_matches('-');
        let column = COLUMNS.iter().find(|c| c.0 == word).ok_or_else(|| wrong("排序", "order", sort))?;
        Ok(Order { column: column.0, down: sort.starts_with('-') })
    }

    /// Lines without a value come last either way; equal ones by their number, the newest first.
    fn compare(&self, a: &Held<'_>, b: &Held<'_>, names: &Names) -> Ordering {
        let (x, y) = (a.1, b.1);
        let turned = |order: Ordering| if self.down { order.reverse() } else { order };
        let order = match self.column {
            "code" => turned(x.code.cmp(&y.code)),
            "name" => turned(x.name.cmp(&y.name)),
            "stage" => last(x.stage, y.stage, turned),
            "unit" => last(x.unit.map(|u| names.unit(Some(u))), y.unit.map(|u| names.unit(Some(u))), turned),
            "officer" => last(
                x.officer.map(|o| names.person(Some(o))),
                y.officer.map(|o| names.person(Some(o))),
                turned,
            ),
            "chain" => last(some(&x.chain), some(&y.chain), turned),
            "planned" => last(a.0, b.0, turned),
            "signed" => last(x.signed, y.signed, turned),
            _ => turned(x.recorded.cmp(&y.recorded)),
        };
        order.then(y.id.cmp(&x.id))
    }
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

fn last<T: Ord>(a: Option<T>, b: Option<T>, turned: impl Fn(Ordering) -> Ordering) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => turned(a.cmp(&b)),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

impl Row {
    /// The row of a line.
    #[must_use]
    pub fn of(line: &Line, names: &Names, lang: Lang) -> Row {
        Row {
            id: line.id.0,
            code: line.code.to_string(),
            name: line.name.to_string(),
            company: line.company.to_string(),
            stage: words::stage(line.stage, lang),
            mark: mark(line.stage),
            since: line.since.map(|d| d.to_string()).unwrap_or_default(),
            unit: names.unit(line.unit).to_string(),
            officer: names.person(line.officer).to_string(),
            chain: names.chain(&line.chain, lang),
            planned: line.planned.map_or_else(|| "—".into(), |m| words::money(m, lang)),
            signed: line.signed.map_or_else(|| "—".into(), |d| d.to_string()),
            updated: local(line.recorded).date().to_string(),
            duplicate: line.duplicate,
        }
    }
}

/// The class of a stage's mark.
#[must_use]
pub fn mark(stage: Option<Stage>) -> &'static str {
    match stage {
        Some(s) if s.is_exit() => "out",
        Some(s) if s >= Stage::Signed => "done",
        _ => "now",
    }
}

fn heads(asked: &Asked, lang: Lang) -> Vec<Head> {
    let sort = if asked.sort.is_empty() { "-recorded" } else { &asked.sort };
    let head = |&(id, zh, en, number): &(&str, &'static str, &'static str, bool)| {
        let up = sort == id;
        let down = sort.strip_prefix('-') == Some(id);
        let next = if up { format!("-{id}") } else { id.to_string() };
        Head {
            label: lang.t(zh, en),
            href: asked.query(&[("sort", &next), ("page", "")]),
            order: match (up, down) {
                (true, _) => "ascending",
                (_, true) => "descending",
                _ => "none",
            },
            number,
        }
    };
    COLUMNS.iter().map(head).collect()
}

/// The entries of a select box of stages.
#[must_use]
pub fn stage_choices(current: &str, lang: Lang) -> Vec<Choice> {
    let choice = |s: Stage| Choice {
        id: s.as_str().into(),
        name: lang.t(s.zh(), s.en()).into(),
        current: s.as_str() == current,
    };
    Stage::ALL.into_iter().map(choice).collect()
}

fn event_choices(events: &BTreeSet<i64>, current: &str, names: &Names) -> Vec<Choice> {
    let choice =
        |id: &i64| Choice { id: id.to_string(), name: names.event(*id), current: id.to_string() == current };
    events.iter().map(choice).collect()
}

fn wrong(zh: &str, en: &str, value: &str) -> WebError {
    WebError::bad_request(format!("{zh}“{value}”不对。"), format!("`{value}` is no {en}.")).next(
        "/projects",
        "清空筛选",
        "Clear the filter",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_first_are_those_of_a_whole_sort(all in prop::collection::vec(0u16..500, 0..2_000), most in 1usize..700) {
            let mut first = First::new(most, |a: &(u16, usize), b: &(u16, usize)| a.cmp(b));
            let mut sorted: Vec<(u16, usize)> = all.iter().copied().zip(0..).collect();
            sorted.iter().for_each(|&one| first.take(one));
            prop_assert_eq!(first.taken, sorted.len());
            sorted.sort_unstable();
            sorted.truncate(most);
            prop_assert_eq!(first.sorted(), sorted);
        }
    }
}
