//! What a row would add to a project: new facts, and corrections of old ones. Nothing is decided by order: a row is compared with what is in force.

use super::row::{Dates, ProjectRow};
use crate::company::Money;
use crate::fact::{Fact, Kind, NewFact, Value};
use crate::intake::{RowFault, Rule};
use crate::money::{self, MoneyFault};
use crate::project::Project;
use crate::stage::Stage;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a setting that differs from the recorded one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// The recorded one was wrong: the new one corrects it.
    #[default]
    Correct,
    /// It was right and has changed: the new one holds from the table's day on.
    Change,
}

/// What holds for a whole table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// The day up to which the table says what holds.
    pub as_of: Date,
    /// Nothing has happened after it.
    pub today: Date,
    /// What a differing setting is.
    pub mode: Mode,
    /// The file's name, for the reasons of corrections.
    pub file: String,
    /// SHA-256 of the file, which every fact carries as its evidence; none while it is not kept yet.
    pub evidence: Option<String>,
}

/// One fact that a row would record, beside what is recorded now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The stage, of a stage.
    pub stage: Option<Stage>,
    /// The fact that is in force now; of what adds up none.
    pub old: Option<Fact>,
    /// The sum recorded so far, of what adds up.
    pub so_far: Option<Money>,
    /// The fact to record. It corrects `old` when it says so.
    pub new: NewFact,
}

/// Compares a row with a project (`None`: it is new) and answers every fact to record, the stages last.
/// Empty when the project says all of it already.
///
/// # Errors
/// Every fault that only the project's own facts show.
pub fn diff(
    row: &ProjectRow,
    project: Option<&Project>,
    terms: &Terms,
) -> Result<Vec<Difference>, Vec<RowFault>> {
    let mut work = Work { row, project, terms, faults: Vec::new(), out: Vec::new() };
    work.settings();
    work.totals();
    work.remarks();
    work.stages();
    for difference in &work.out {
        if let Err(fault) = difference.new.check(terms.today) {
            let rule = Rule::Fact(difference.new.kind, fault);
            work.faults.push(RowFault::whole(row.row, "", rule));
        }
    }
    if work.faults.is_empty() { Ok(work.out) } else { Err(work.faults) }
}

struct Work<'a> {
    row: &'a ProjectRow,
    project: Option<&'a Project>,
    terms: &'a Terms,
    faults: Vec<RowFault>,
    out: Vec<Difference>,
}

impl Work<'_> {
    /// The day from which a setting holds that nobody set before: the day of signing, of the first stage, else the table's.
    fn day(&self) -> Date {
        let happened = |d: &Dates| d.happened.or(d.counts);
        let signed = self.row.stages.get(&Stage::Signed).and_then(happened);
        let first = || self.row.stages.values().filter_map(happened).min();
        signed.or_else(first).unwrap_or(self.terms.as_of)
    }

    fn settings(&mut self) {
        let mut settings = self.row.settings.clone();
        if let Some(code) = &self.row.uscc {
            settings.insert(Kind::CompanyKey, Value::Text(code.as_str().to_string()));
        } else if let Some(key) = &self.row.key
            && self.is_other_company()
        {
            settings.insert(Kind::CompanyKey, Value::Text(key.clone()));
        }
        for (kind, value) in settings {
            match self.project.and_then(|p| p.get(kind)) {
                Some(old) if old.value == value => {}
                Some(old) => self.differs(&old.clone(), value),
                None => self.add(None, NewFact::on(self.day(), kind, value)),
            }
        }
    }

    /// A key that was found by name alone replaces one that somebody settled only together with the name.
    fn is_other_company(&self) -> bool {
        self.project.is_none_or(|p| {
            p.get(Kind::CompanyKey).is_none() || p.text(Kind::Company) != Some(self.row.company())
        })
    }

    fn differs(&mut self, old: &Fact, value: Value) {
        if self.terms.mode == Mode::Change && self.terms.as_of > old.effective {
            let new = NewFact::on(self.terms.as_of, old.kind, value);
            self.push(Difference { stage: None, old: Some(old.clone()), so_far: None, new });
            return;
        }
        let new = NewFact { counts: old.counts, ..NewFact::on(old.effective, old.kind, value) };
        self.correct(None, old, new);
    }

    /// Totals of the table against the sum of what is recorded.
    fn totals(&mut self) {
        for (kind, total) in &self.row.totals {
            let recorded: Vec<Money> =
                self.project.iter().flat_map(|p| p.all(*kind)).filter_map(|f| f.value.money()).collect();
            if recorded.iter().any(|m| m.currency != total.currency) {
                let rule = Rule::Money(MoneyFault::TwoCurrencies);
                self.faults.push(RowFault::under(self.row.row, kind.zh(), &money::format(*total), rule));
                continue;
            }
            let sum: i128 = recorded.iter().map(|m| i128::from(m.amount)).sum();
            let Ok(sum) = i64::try_from(sum) else { continue };
            let so_far = Money { amount: sum, currency: total.currency };
            if sum > total.amount {
                let rule = Rule::BelowRecorded(money::format(so_far));
                self.faults.push(RowFault::under(self.row.row, kind.zh(), &money::format(*total), rule));
            } else if sum < total.amount {
                let more = Money { amount: total.amount - sum, currency: total.currency };
                let new = NewFact::on(self.terms.as_of, *kind, Value::Money(more));
                let so_far = (sum > 0).then_some(so_far);
                self.push(Difference { stage: None, old: None, so_far, new });
            }
        }
    }

    fn remarks(&mut self) {
        let Some(remarks) = &self.row.remarks else { return };
        let known = |p: &Project| p.all(Kind::Note).any(|f| f.value.text() == Some(remarks));
        if !self.project.is_some_and(known) {
            self.add(None, NewFact::on(self.terms.as_of, Kind::Note, Value::Text(remarks.clone())));
        }
    }

    fn stages(&mut self) {
        for (stage, dates) in &self.row.stages {
            let recorded: Vec<&Fact> = self.project.iter().flat_map(|p| p.all(Kind::Stage)).collect();
            let of: Vec<&Fact> = recorded.into_iter().filter(|f| f.stage() == Some(*stage)).collect();
            if of.iter().any(|f| wanted(dates, Some(f)) == Some((f.effective, f.counts))) {
                continue;
            }
            let old = of.into_iter().min_by_key(|f| (f.counts, f.id)).cloned();
            let Some((effective, counts)) = wanted(dates, old.as_ref()) else { continue };
            let value = Value::Text(stage.as_str().to_string());
            let new = NewFact::on(effective, Kind::Stage, value).counting(counts);
            match old {
                Some(old) => self.correct(Some(*stage), &old, new),
                None => self.add(Some(*stage), new),
            }
        }
        self.stage_now();
    }

    /// The word of a stage alone: before signing it holds from the table's day on; from signing on a day is asked for.
    fn stage_now(&mut self) {
        let Some(stage) = self.row.stage else { return };
        let dated = |s: Stage| self.row.stages.contains_key(&s);
        let now = self.project.and_then(Project::stage);
        let reached = now == Some(stage) || (!stage.is_exit() && now.is_some_and(|now| now >= stage));
        let further = !stage.is_exit() && self.row.stages.keys().any(|s| *s >= stage);
        if reached || further || dated(stage) {
            return;
        }
        if stage >= Stage::Signed && !stage.is_exit() {
            self.faults.push(RowFault::whole(self.row.row, stage.zh(), Rule::Undated(stage)));
            return;
        }
        let value = Value::Text(stage.as_str().to_string());
        self.add(Some(stage), NewFact::on(self.terms.as_of, Kind::Stage, value));
    }

    fn add(&mut self, stage: Option<Stage>, new: NewFact) {
        self.push(Difference { stage, old: None, so_far: None, new });
    }

    fn correct(&mut self, stage: Option<Stage>, old: &Fact, new: NewFact) {
        let reason = format!("导入 {} 第 {} 行", self.terms.file, self.row.row);
        let new = NewFact { corrects: Some(old.id), reason: Some(reason), ..new };
        self.push(Difference { stage, old: Some(old.clone()), so_far: None, new });
    }

    fn push(&mut self, mut difference: Difference) {
        difference.new.files.extend(self.terms.evidence.clone());
        self.out.push(difference);
    }
}

/// The two days that a stage should have: what the table says, and where it is silent what is recorded.
fn wanted(dates: &Dates, old: Option<&Fact>) -> Option<(Date, Date)> {
    let effective = dates.happened.or(old.map(|f| f.effective)).or(dates.counts)?;
    let counts = match (dates.counts, old) {
        // The recorded day lies in the month that the table names.
        (Some(month), Some(f)) if dates.month_only && same_month(month, f.counts) => f.counts,
        (Some(counts), _) => counts,
        // It counted on the day it happened, and moves with it.
        (None, Some(f)) if f.counts == f.effective => effective,
        (None, Some(f)) => f.counts,
        (None, None) => effective,
    };
    Some((effective, counts))
}

fn same_month(a: Date, b: Date) -> bool {
    (a.year(), a.month()) == (b.year(), b.month())
}
