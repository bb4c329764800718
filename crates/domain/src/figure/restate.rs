//! A restatement: what was recorded after a report was closed and changes it, fact by fact, with the effect of each.

use super::report::{has_days, in_period};
use super::{Asked, Definition, Found, Period, Row, Values, What, of_project};
use crate::fact::{Fact, FactId, Kind, ProjectId, Value};
use crate::limits;
use crate::project::Project;
use crate::rate::{Rate, Rates};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What a value became, less what it was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ValuesDelta {
    /// Projects.
    pub count: i64,
    /// Yuan.
    pub yuan: i64,
    /// Above the line of a rate.
    pub met: i64,
    /// Below it.
    pub of: i64,
}

/// Which number of a figure a change moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shown {
    /// The month.
    Month,
    /// From January on, or the year.
    Total,
    /// The month of the year before.
    LastYearMonth,
    /// The total of the year before.
    LastYear,
}

/// The effect of a change on one figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Effect {
    /// The figure.
    pub figure: String,
    /// Which of its numbers.
    pub shown: Shown,
    /// By how much.
    pub delta: ValuesDelta,
}

/// A fact recorded after the cut-off that changes the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The fact, with who recorded it, when and why.
    pub fact: Fact,
    /// The project's code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Whether it is new to the report (补录); else it corrects what the report knew (更正).
    pub late: bool,
    /// The fact that it corrects.
    pub was: Option<Fact>,
    /// What it does to each figure; empty when it changes a row but no number.
    pub effects: Vec<Effect>,
}

/// An exchange rate recorded after the cut-off that rows use now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RateChange {
    /// The rate.
    pub rate: Rate,
    /// The one that held on its day before.
    pub was: Option<Rate>,
}

/// What changed a report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Restated {
    /// Facts, in the order they were recorded.
    pub changes: Vec<Change>,
    /// Facts beyond [`limits::RESTATED`]; their effects are in `effects`.
    pub more: usize,
    /// Exchange rates, in the order they were recorded.
    pub rates: Vec<RateChange>,
    /// What the exchange rates together do to each figure.
    pub rate_effects: Vec<Effect>,
    /// What everything together does to each figure: the new report less the old.
    pub effects: Vec<Effect>,
}

impl Restated {
    /// Whether nothing changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty() && self.rates.is_empty()
    }

    /// The sum of all effects on one number.
    #[must_use]
    pub fn delta(&self, figure: &str, shown: Shown) -> ValuesDelta {
        let found = self.effects.iter().find(|e| e.figure == figure && e.shown == shown);
        found.map(|e| e.delta).unwrap_or_default()
    }
}

/// Compares the report of `period` as of `old` with the same report as of `new`. `projects` are those with facts recorded after `old`
/// (others cannot change, but for exchange rates: those with rows in foreign money must be among them when a rate was recorded since), each
/// with all its facts; `rates` all rates. `day` is the one by which the old report judged cohorts and promises: only knowledge changes,
/// not the question.
#[must_use]
pub fn restate(
    definitions: &[Definition],
    period: Period,
    day: Date,
    (old, new): (Timestamp, Timestamp),
    projects: impl IntoIterator<Item = (ProjectId, String, Vec<Fact>)>,
    rates: &[Rate],
) -> Restated {
    let asked = Asked { period, day }.to_date();
    let before = Rates::new(rates.iter().cloned(), Some(old));
    let after = Rates::new(rates.iter().cloned(), Some(new));
    let mut work = Work {
        definitions,
        period,
        asked,
        before,
        after,
        old,
        new,
        out: Restated::default(),
        sums: BTreeMap::new(),
        used: BTreeSet::new(),
        rate_sums: BTreeMap::new(),
    };
    let mut projects: Vec<_> = projects.into_iter().collect();
    projects.sort_by_key(|(id, ..)| *id);
    for (id, code, facts) in projects {
        work.project(id, &code, facts);
    }
    work.finish(rates)
}

type Sums = BTreeMap<(usize, Shown), ValuesDelta>;

struct Work<'a> {
    definitions: &'a [Definition],
    period: Period,
    asked: Asked,
    before: Rates,
    after: Rates,
    old: Timestamp,
    new: Timestamp,
    out: Restated,
    sums: Sums,
    /// Exchange rates that rows use now and did not use before.
    used: BTreeSet<i64>,
    rate_sums: Sums,
}

/// What a project brings to every figure: numbers, what was read for the rows, and the rows themselves.
#[derive(Debug, Default)]
struct State {
    values: BTreeMap<(usize, Shown), ValuesDelta>,
    read: BTreeSet<FactId>,
    found: Vec<Found>,
    rates: BTreeSet<i64>,
}

impl Work<'_> {
    fn state(&self, project: &Project, rates: &Rates) -> State {
        let mut state = State::default();
        let before = self.asked.last_year();
        let (now, then) = (has_days(project, self.asked.period), has_days(project, before.period));
        if !now && !then {
            return state;
        }
        let month = self.period.month().map(|_| self.period);
        for (i, definition) in self.definitions.iter().enumerate() {
            let forms = [
                (now, self.asked, month, Shown::Total, Shown::Month),
                (then, before, month.map(Period::last_year), Shown::LastYear, Shown::LastYearMonth),
            ];
            for (ask, asked, month, total, one) in forms.into_iter().filter(|f| f.0) {
                debug_assert!(ask);
                let found = of_project(definition, asked, project, rates);
                let mut put = |shown, rows: &mut dyn Iterator<Item = &Row>| {
                    let values = Values::of(definition.what, rows);
                    let delta = ValuesDelta {
                        count: values.count,
                        yuan: values.yuan,
                        met: values.met,
                        of: values.of,
                    };
                    state.values.insert((i, shown), delta);
                };
                put(total, &mut found.rows.iter());
                if let Some(month) = month {
                    put(one, &mut found.rows.iter().filter(|r| in_period(definition, month, r)));
                }
                state.rates.extend(found.rows.iter().flat_map(|r| &r.rates));
                if total == Shown::Total {
                    state.read.extend(found.read());
                    state.found.push(found);
                }
            }
        }
        state
    }

    fn project(&mut self, id: ProjectId, code: &str, facts: Vec<Fact>) {
        let fold = |at| Project::fold(id, code, facts.iter().cloned(), Some(at));
        let (first, last) = (fold(self.old), fold(self.new));
        let was = self.state(&first, &self.before);
        let now = self.state(&last, &self.before);
        let mut since: Vec<&Fact> =
            facts.iter().filter(|f| f.recorded > self.old && f.recorded <= self.new).collect();
        since.sort_by_key(|f| (f.recorded, f.id));
        let by_id: HashMap<FactId, &Fact> = facts.iter().map(|f| (f.id, f)).collect();
        let reaches = |f: &Fact| {
            let mut at = f.corrects;
            while let Some(id) = at {
                if was.read.contains(&id) {
                    return true;
                }
                at = by_id.get(&id).and_then(|f| f.corrects);
            }
            false
        };
        let touched = was.values != now.values || was.found != now.found || since.iter().any(|f| reaches(f));
        if touched {
            let known: Vec<Fact> = facts.iter().filter(|f| f.recorded <= self.old).cloned().collect();
            let mut at = was.values.clone();
            for (i, fact) in since.iter().enumerate() {
                let seen = known.iter().chain(since[..=i].iter().copied()).cloned();
                let next = self.state(&Project::fold(id, code, seen, None), &self.before).values;
                let effects = self.effects(&at, &next);
                at = next;
                if !effects.is_empty() || reaches(fact) || now.read.contains(&fact.id) {
                    let corrected = fact.corrects.and_then(|id| by_id.get(&id)).map(|f| (*f).clone());
                    let late = origin(fact, &by_id).is_none_or(|o| o.recorded > self.old);
                    let (code, name) = (code.to_string(), last.name().to_string());
                    self.out.changes.push(Change {
                        fact: (*fact).clone(),
                        code,
                        name,
                        late,
                        was: corrected,
                        effects,
                    });
                }
            }
        }
        let rated = self.state(&last, &self.after);
        add(&mut self.sums, &was.values, &rated.values);
        if rated.rates != now.rates {
            self.used.extend(rated.rates.difference(&now.rates));
            add(&mut self.rate_sums, &now.values, &rated.values);
        }
    }

    fn effects(&self, was: &Sums, now: &Sums) -> Vec<Effect> {
        let mut sums = Sums::new();
        add(&mut sums, was, now);
        self.said(&sums)
    }

    fn said(&self, sums: &Sums) -> Vec<Effect> {
        let some = sums.iter().filter(|(_, d)| **d != ValuesDelta::default());
        some.map(|(&(i, shown), &delta)| Effect { figure: self.definitions[i].id.clone(), shown, delta })
            .collect()
    }

    fn finish(mut self, rates: &[Rate]) -> Restated {
        self.out.changes.sort_by_key(|c| (c.fact.recorded, c.fact.id));
        self.out.more = self.out.changes.len().saturating_sub(limits::RESTATED);
        self.out.changes.truncate(limits::RESTATED);
        self.out.effects = self.said(&self.sums);
        self.out.rate_effects = self.said(&self.rate_sums);
        let recent = rates.iter().filter(|r| self.used.contains(&r.id));
        let mut changed: Vec<RateChange> = recent
            .map(|r| RateChange { rate: r.clone(), was: self.before.on(r.currency, r.since).cloned() })
            .collect();
        changed.sort_by_key(|c| (c.rate.recorded, c.rate.id));
        self.out.rates = changed;
        self.out
    }
}

/// The first fact of a chain of corrections, other than the fact itself.
fn origin<'f>(fact: &Fact, by_id: &HashMap<FactId, &'f Fact>) -> Option<&'f Fact> {
    let mut at = by_id.get(&fact.corrects?).copied()?;
    while let Some(earlier) = at.corrects.and_then(|id| by_id.get(&id)) {
        at = earlier;
    }
    Some(at)
}

fn add(sums: &mut Sums, was: &Sums, now: &Sums) {
    let keys: BTreeSet<_> = was.keys().chain(now.keys()).copied().collect();
    for key in keys {
        let get = |from: &Sums| from.get(&key).copied().unwrap_or_default();
        let (a, b) = (get(was), get(now));
        let sum = sums.entry(key).or_default();
        sum.count += b.count - a.count;
        sum.yuan += b.yuan - a.yuan;
        sum.met += b.met - a.met;
        sum.of += b.of - a.of;
    }
}

/// The kinds of facts that these figures read: what has to be loaded of each project.
#[must_use]
pub fn kinds(definitions: &[Definition]) -> Vec<Kind> {
    let mut kinds = BTreeSet::from([
        Kind::Name,
        Kind::Company,
        Kind::Unit,
        Kind::Officer,
        Kind::Chain,
        Kind::Event,
        Kind::Sort,
        Kind::DuplicateOf,
        Kind::PlannedTotal,
        Kind::Credit,
        Kind::Stage,
    ]);
    for definition in definitions {
        kinds.extend(definition.money);
        if definition.evidence.is_some() {
            kinds.insert(Kind::Evidence);
        }
        if definition.what == What::Promises {
            kinds.extend([Kind::Promise, Kind::PromiseMet]);
        }
    }
    kinds.into_iter().collect()
}

/// The kinds of facts whose days decide whether these figures count a project at all: only projects with one of them in the
/// [`window`](super::window) have to be loaded.
#[must_use]
pub fn counted_kinds(definitions: &[Definition]) -> Vec<Kind> {
    let counted = |d: &Definition| match d.what {
        What::Stage => Some(Kind::Stage),
        What::Money => d.money,
        What::Promises => Some(Kind::Promise),
    };
    definitions.iter().filter_map(counted).collect::<BTreeSet<Kind>>().into_iter().collect()
}

/// What a value says, for a list: the text, the money as people write it, the number; nothing for a withdrawal.
#[must_use]
pub fn said(value: &Value) -> String {
    match value {
        Value::Nothing => String::new(),
        Value::Text(text) => text.clone(),
        Value::Money(money) => crate::money::format(*money),
        Value::Number(n) => n.to_string(),
    }
}
