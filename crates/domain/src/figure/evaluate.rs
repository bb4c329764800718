//! From projects to a figure: its rows, what was left out and why, and what could not be decided.

use super::define::{CurrencyRule, DateRule, Definition, Keep, Measure, RateForm, Until, What};
use super::period::Period;
use super::tier::Tier;
use crate::company::Money;
use crate::credit::{self, Party};
use crate::fact::{Fact, FactId, Kind, ProjectId, Sort};
use crate::project::Project;
use crate::rate::{NoRate, Rates};
use crate::stage::Stage;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a figure is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Asked {
    /// The period.
    pub period: Period,
    /// The day of the cut-off; of the same question a year before, that day a year before.
    pub day: Date,
}

impl Asked {
    /// The same question a year before (同比).
    #[must_use]
    pub fn last_year(self) -> Asked {
        let (year, month) = (self.day.year() - 1, self.day.month());
        let last = Date::new(year, month, 1).map_or(self.day, Date::last_of_month);
        let day = Date::new(year, month, self.day.day()).unwrap_or(last);
        Asked { period: self.period.last_year(), day }
    }

    /// From January on.
    #[must_use]
    pub fn to_date(self) -> Asked {
        Asked { period: self.period.to_date(), ..self }
    }
}

/// What a row is in its figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// It is counted.
    Counted,
    /// It stands below the line of a rate, and did not get there.
    Base,
    /// It stands below the line of a rate, and got there.
    Met,
    /// It stands only above the line: a rate of the period form.
    Reached,
}

/// A row of a figure: one project, or one payment or promise of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// The project.
    pub project: ProjectId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The company, as written.
    pub company: String,
    /// The fact that makes the row.
    pub fact: FactId,
    /// The day it counts (统计时间).
    pub counts: Date,
    /// The day it happened (实际时间).
    pub happened: Date,
    /// What it is in the figure.
    pub part: Part,
    /// Of a rate: the day it got there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<Date>,
    /// The size of the project.
    pub tier: Tier,
    /// Money in its own currency.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub money: Option<Money>,
    /// The same in yuan, by the rule of the definition; none when there is no money or no rate.
    pub yuan: Option<i64>,
    /// The exchange rates that were used, by number.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rates: Vec<i64>,
    /// `chain` or `chain/segment` on that day.
    pub chain: String,
    /// Unit on that day.
    pub unit: Option<i64>,
    /// Officer on that day.
    pub officer: Option<i64>,
    /// The event that brought it.
    pub event: Option<i64>,
    /// How credit is shared: thousandths by party; empty when it is not.
    #[serde(skip)]
    pub credit: Vec<(Party, u16)>,
    /// Facts of the evidence that the definition asks for.
    pub evidence: Vec<FactId>,
    /// Every fact that it stands on.
    pub facts: Vec<FactId>,
}

/// Why a project that reached what is counted is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The definition names it.
    Named(String),
    /// It repeats another (重复签约), whose code this is.
    Duplicate(String),
    /// It reached the stage before, on this day, and counts there.
    Before(Date),
    /// A sort that is not counted.
    Sort(Sort),
    /// It was lost or ended by the last day of the period.
    Exit(Stage, Date),
    /// Its size in yuan is outside the tier.
    Size(i64),
}

impl Reason {
    /// In Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        let wan =
            |yuan: i64| crate::money::format(Money { amount: yuan, currency: crate::company::Currency::Cny });
        match self {
            Reason::Named(why) => {
                (format!("口径中列明不计：{why}"), format!("named by the definition: {why}"))
            }
            Reason::Duplicate(code) => (format!("重复于 {code}"), format!("repeats {code}")),
            Reason::Before(day) => (format!("已在 {day} 计过"), format!("counted on {day} already")),
            Reason::Sort(sort) => {
                (format!("项目性质：{}", sort.names().0), format!("sort: {}", sort.names().1))
            }
            Reason::Exit(stage, day) => {
                (format!("{day} 已{}", stage.zh()), format!("{} on {day}", stage.en().to_lowercase()))
            }
            Reason::Size(yuan) => (
                format!("规模 {} 不在档次内", wan(*yuan)),
                format!("its size, {yuan} CNY, is outside the tier"),
            ),
        }
    }
}

/// A project left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The project.
    pub project: ProjectId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The day it would count.
    pub day: Date,
    /// Why.
    pub reason: Reason,
    /// The facts that decide it.
    pub facts: Vec<FactId>,
}

/// What keeps a figure from being whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lack {
    /// No amount is recorded.
    Amount(Kind),
    /// No exchange rate holds: currency code and day.
    Rate(crate::company::Currency, Date),
}

/// A project of which a figure cannot decide or say all; never silently zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowFault {
    /// The project.
    pub project: ProjectId,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// What is lacking.
    pub lack: Lack,
    /// Whether it is counted all the same (a count of any size); its money is not.
    pub counted: bool,
    /// The facts it was asked of.
    pub facts: Vec<FactId>,
}

impl Lack {
    /// What is lacking and what to do, in Chinese and in English.
    #[must_use]
    pub fn words(&self) -> (String, String) {
        match *self {
            Lack::Amount(kind) => (
                format!("没有登记{}；请在项目中补录", kind.zh()),
                format!("no {} is recorded; record it on the project", kind.en().to_lowercase()),
            ),
            Lack::Rate(currency, day) => {
                let name = crate::money::currency_name(currency);
                (format!("{day} 没有{name}的汇率；请在“汇率”中登记"), NoRate { currency, day }.to_string())
            }
        }
    }
}

/// What one project brings to a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Rows.
    pub rows: Vec<Row>,
    /// What was left out.
    pub left_out: Vec<LeftOut>,
    /// What is lacking.
    pub faults: Vec<RowFault>,
}

impl Found {
    /// Whether it brings nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.left_out.is_empty() && self.faults.is_empty()
    }

    /// Every fact that was read for it.
    pub fn read(&self) -> impl Iterator<Item = FactId> {
        let rows = self.rows.iter().flat_map(|r| &r.facts);
        let out = self.left_out.iter().flat_map(|l| &l.facts);
        rows.chain(out).chain(self.faults.iter().flat_map(|f| &f.facts)).copied()
    }
}

/// The date of a fact that the definition goes by.
#[must_use]
pub fn day_of(definition: &Definition, fact: &Fact) -> Date {
    match definition.date {
        DateRule::Counts => fact.counts,
        DateRule::Effective => fact.effective,
    }
}

/// What one project brings to a figure.
#[must_use]
pub fn of_project(definition: &Definition, asked: Asked, project: &Project, rates: &Rates) -> Found {
    let judge = Judge { d: definition, asked, project, rates };
    let mut found = Found::default();
    match definition.what {
        What::Stage => judge.stages(&mut found),
        What::Money => {
            for fact in definition.money.into_iter().flat_map(|k| project.all(k)) {
                judge.take(fact, Part::Counted, None, &mut found);
            }
        }
        What::Promises => {
            for fact in project.all(Kind::Promise) {
                judge.promise(fact, &mut found);
            }
        }
    }
    found
}

struct Judge<'a> {
    d: &'a Definition,
    asked: Asked,
    project: &'a Project,
    rates: &'a Rates,
}

/// An amount converted: in yuan, and the rate that was used.
type Converted = Result<(i64, Option<i64>), NoRate>;

impl Judge<'_> {
    fn day(&self, fact: &Fact) -> Date {
        day_of(self.d, fact)
    }

    /// The day by which a cohort or a promise is judged.
    fn until(&self) -> Date {
        match self.d.until {
            Some(Until::PeriodEnd) => self.asked.period.last(),
            Some(Until::CutOff) | None => self.asked.day,
        }
    }

    /// The fact by which a stage was first reached; later ones do not count again.
    fn first(&self, stage: Stage) -> Option<&Fact> {
        let facts = self.project.all(Kind::Stage).filter(|f| f.stage() == Some(stage));
        facts.min_by_key(|f| (self.day(f), f.id))
    }

    fn stages(&self, found: &mut Found) {
        let Some(stage) = self.d.stage else { return };
        match (self.d.rate, self.d.base) {
            (Some(RateForm::Cohort), Some(base)) => {
                let met = self.first(stage).filter(|f| self.day(f) <= self.until());
                let part = if met.is_some() { Part::Met } else { Part::Base };
                self.once(base, part, met, found);
            }
            (Some(RateForm::Period), Some(base)) => {
                self.once(base, Part::Base, None, found);
                let top = self.first(stage);
                self.once(stage, Part::Reached, top, found);
            }
            _ => self.once(stage, Part::Counted, None, found),
        }
    }

    /// The first time counts; of later ones it is said that they do not.
    fn once(&self, stage: Stage, part: Part, met: Option<&Fact>, found: &mut Found) {
        let Some(first) = self.first(stage) else { return };
        self.take(first, part, met, found);
        for fact in self.project.all(Kind::Stage).filter(|f| f.stage() == Some(stage) && f.id != first.id) {
            if self.asked.period.holds(self.day(fact)) {
                self.leave(fact, Reason::Before(self.day(first)), &[first.id], found);
            }
        }
    }

    fn promise(&self, fact: &Fact, found: &mut Found) {
        let origin = self.project.origin(fact.id);
        let meets = |f: &&Fact| f.value.number().is_some_and(|n| self.project.origin(FactId(n)) == origin);
        let met = self.project.all(Kind::PromiseMet).filter(meets).min_by_key(|f| (self.day(f), f.id));
        let met = met.filter(|f| self.day(f) <= self.until());
        let part = match (self.d.measure, met) {
            (Measure::Rate, Some(_)) => Part::Met,
            (Measure::Rate, None) => Part::Base,
            _ => Part::Counted,
        };
        // What is not due yet is no promise broken.
        let due = self.d.measure != Measure::Rate || self.day(fact) <= self.until();
        if due {
            self.take(fact, part, met, found);
        }
    }

    fn leave(&self, fact: &Fact, reason: Reason, more: &[FactId], found: &mut Found) {
        let mut facts = vec![fact.id];
        facts.extend(self.project.get(Kind::Name).map(|f| f.id));
        facts.extend(more);
        let (project, code) = (self.project.id, self.project.code.clone());
        let name = self.project.name().to_string();
        found.left_out.push(LeftOut { project, code, name, day: self.day(fact), reason, facts });
    }

    fn take(&self, fact: &Fact, part: Part, met: Option<&Fact>, found: &mut Found) {
        if !self.asked.period.holds(self.day(fact)) {
            return;
        }
        if let Some(listed) = self.d.exclude.iter().find(|l| l.project == self.project.code) {
            return self.leave(fact, Reason::Named(listed.reason.clone()), &[], found);
        }
        let included = self.d.include.iter().any(|l| l.project == self.project.code);
        if !included && let Some((reason, facts)) = self.ruled_out(fact) {
            return self.leave(fact, reason, &facts, found);
        }
        let size = self.project.get_on(Kind::PlannedTotal, fact.effective);
        let size_yuan = self.convert(size.and_then(|f| f.value.money()), fact);
        let sized = self.d.tier != Tier::All && !included;
        match (sized, size_yuan) {
            (true, None) => return self.lacks(Lack::Amount(Kind::PlannedTotal), fact, size, false, found),
            (true, Some(Err(no))) => {
                return self.lacks(Lack::Rate(no.currency, no.day), fact, size, false, found);
            }
            (true, Some(Ok((yuan, _)))) if !self.d.tier.holds(yuan) => {
                let facts: Vec<FactId> = size.map(|f| f.id).into_iter().collect();
                return self.leave(fact, Reason::Size(yuan), &facts, found);
            }
            _ => {}
        }
        let paid = match self.d.what {
            What::Stage => self.project.get_on(self.d.money_kind(), fact.effective),
            What::Money => Some(fact),
            What::Promises => None,
        };
        let money = paid.and_then(|f| f.value.money());
        let yuan = self.convert(money, fact);
        let needed = self.d.measure == Measure::Amount;
        match yuan {
            Some(Err(no)) => self.lacks(Lack::Rate(no.currency, no.day), fact, paid, !needed, found),
            // Without an agreement on foreign capital there is none; any other amount should be there.
            None if needed && self.d.money_kind() != Kind::AgreedForeign => {
                self.lacks(Lack::Amount(self.d.money_kind()), fact, None, false, found);
            }
            _ => {}
        }
        let unknown = needed && !matches!(yuan, Some(Ok(_)));
        if !unknown {
            let size = (size, size_yuan.and_then(Result::ok));
            found.rows.push(self.row(fact, part, met, size, (paid, yuan.and_then(Result::ok))));
        }
    }

    /// A rule that leaves the project out, with the facts that decide it.
    fn ruled_out(&self, fact: &Fact) -> Option<(Reason, Vec<FactId>)> {
        if self.d.duplicates == Keep::LeaveOut
            && let Some(of) = self.project.get(Kind::DuplicateOf)
        {
            return Some((Reason::Duplicate(of.value.text().unwrap_or_default().to_string()), vec![of.id]));
        }
        if let Some(set) = self.project.get_on(Kind::Sort, fact.effective)
            && let Some(sort) = set.value.text().and_then(|word| word.parse().ok())
            && self.d.without.contains(&sort)
        {
            return Some((Reason::Sort(sort), vec![set.id]));
        }
        if self.d.ended == Keep::LeaveOut {
            let exits = self.project.all(Kind::Stage).filter(|f| f.stage().is_some_and(Stage::is_exit));
            let exit = exits
                .min_by_key(|f| (self.day(f), f.id))
                .filter(|f| self.day(f) <= self.asked.period.last())?;
            return Some((Reason::Exit(exit.stage()?, self.day(exit)), vec![exit.id]));
        }
        None
    }

    /// By the rule of the definition; `fact` gives the days.
    fn convert(&self, money: Option<Money>, fact: &Fact) -> Option<Converted> {
        let money = money?;
        let day = match self.d.currency {
            CurrencyRule::CountingDay => fact.counts,
            CurrencyRule::EffectiveDay => fact.effective,
            CurrencyRule::PeriodEnd => self.asked.period.last(),
        };
        let used = self.rates.on(money.currency, day).map(|r| r.id);
        Some(self.rates.yuan(money, day).map(|yuan| (yuan, used)))
    }

    fn lacks(&self, lack: Lack, fact: &Fact, of: Option<&Fact>, counted: bool, found: &mut Found) {
        let (project, code) = (self.project.id, self.project.code.clone());
        let name = self.project.name().to_string();
        let mut facts = vec![fact.id];
        facts.extend(of.filter(|f| f.id != fact.id).map(|f| f.id));
        facts.extend(self.project.get(Kind::Name).map(|f| f.id));
        found.faults.push(RowFault { project, code, name, lack, counted, facts });
    }

    fn row(
        &self,
        fact: &Fact,
        part: Part,
        met: Option<&Fact>,
        (size, size_yuan): (Option<&Fact>, Option<(i64, Option<i64>)>),
        (paid, yuan): (Option<&Fact>, Option<(i64, Option<i64>)>),
    ) -> Row {
        let p = self.project;
        let on = |kind| p.get_on(kind, fact.effective);
        let (name, company) = (p.get(Kind::Name), p.get(Kind::Company));
        let (chain, unit, officer, event) =
            (on(Kind::Chain), on(Kind::Unit), on(Kind::Officer), on(Kind::Event));
        let word = |f: Option<&Fact>| f.and_then(|f| f.value.text()).unwrap_or_default().to_string();
        let number = |f: Option<&Fact>| f.and_then(|f| f.value.number());
        let (units, officers) = match p.all(Kind::Credit).next() {
            None => (None, None),
            Some(_) => {
                let key = self.d.credit_key();
                (credit::in_force(p, key, false), credit::in_force(p, key, true))
            }
        };
        let shared = units.iter().chain(&officers);
        let proves = |f: &&Fact| f.value.text() == self.d.evidence.as_deref();
        let evidence: Vec<FactId> = match self.d.evidence {
            None => Vec::new(),
            Some(_) => p.all(Kind::Evidence).filter(proves).map(|f| f.id).collect(),
        };
        let grounds =
            [Some(fact), met, paid, size, name, company, on(Kind::Sort), chain, unit, officer, event];
        let mut facts: Vec<FactId> = Vec::with_capacity(grounds.len());
        let all = grounds.into_iter().flatten().map(|f| f.id).chain(shared.clone().map(|(f, _)| f.id));
        for id in all.chain(evidence.iter().copied()) {
            if !facts.contains(&id) {
                facts.push(id);
            }
        }
        let mut rates: Vec<i64> =
            [size_yuan, yuan].into_iter().flatten().filter_map(|(_, rate)| rate).collect();
        rates.dedup();
        Row {
            project: p.id,
            code: p.code.clone(),
            name: p.name().to_string(),
            company: word(company),
            fact: fact.id,
            counts: fact.counts,
            happened: fact.effective,
            part,
            met: met.map(|f| self.day(f)),
            tier: size_yuan.map_or(Tier::All, |(yuan, _)| Tier::of(yuan)),
            money: paid.and_then(|f| f.value.money()),
            yuan: yuan.map(|(yuan, _)| yuan),
            rates,
            chain: word(chain),
            unit: number(unit),
            officer: number(officer),
            event: number(event),
            credit: shared.flat_map(|(_, parties)| parties.clone()).collect(),
            evidence,
            facts,
        }
    }
}
