//! From what people have to what they earn.

use super::{Formula, Item, Method, ReadingUnit, Target, reading};
use crate::user::UserId;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What one person has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inputs {
    /// Who.
    pub officer: UserId,
    /// By reading; a reading that is missing counts as nothing.
    pub values: BTreeMap<String, Value>,
}

/// What one person has of one reading, with credit already shared: yuan, or thousandths of a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Value {
    /// What was done.
    pub amount: i64,
    /// For a rate: out of how much.
    pub of: i64,
    /// The yearly target agreed with the person, in the same unit.
    pub target: Option<i64>,
    /// What it is made of.
    pub rows: Vec<Row>,
}

/// One thing behind a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What it is, as `project:12` or `event:3`.
    pub subject: String,
    /// What people call it.
    pub name: String,
    /// The day it counts.
    pub day: Option<Date>,
    /// The person's share of it, in per mille.
    pub per_mille: i64,
    /// What it adds, in the unit of the reading.
    pub amount: i64,
}

/// Why an item earned what it did, where that is not plain from the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Note {
    /// A ratio without a target earns nothing.
    NoTarget,
    /// More than the target counts as the target.
    Capped,
    /// Everybody has the same, so everybody earns all of it.
    AllEqual,
    /// Nothing done earns nothing, by this item's rule.
    Nothing,
    /// Nothing was signed, so there is no rate.
    NoCohort,
}

/// What one item earned one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Score {
    /// What the person has.
    pub value: Value,
    /// The target it was held against, for a ratio.
    pub target: Option<i64>,
    /// The least that anybody has.
    pub least: i64,
    /// Who has the least, by number.
    pub least_by: Vec<UserId>,
    /// The most that anybody has.
    pub most: i64,
    /// Who has the most, by number.
    pub most_by: Vec<UserId>,
    /// The share of the item's points, in hundredths of a percent (0 to 10,000).
    pub share: i64,
    /// What it earned, in hundredths of a point.
    pub points: i64,
    /// Why, where that is not plain.
    pub note: Option<Note>,
}

/// How one person's total is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    /// Who.
    pub officer: UserId,
    /// One for each item of the formula.
    pub scores: Vec<Score>,
    /// Points by group, in hundredths.
    pub groups: Vec<i64>,
    /// All points, in hundredths.
    pub total: i64,
}

/// Months of `year` that have begun by `cut_off`: 0 before it, 12 after it.
#[must_use]
pub fn months(year: i16, cut_off: Date) -> i64 {
    match cut_off.year().cmp(&year) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => i64::from(cut_off.month()),
        std::cmp::Ordering::Greater => 12,
    }
}

/// A sheet for each person, by number. Who else is assessed matters to efficacy items only; in which order they come, never.
#[must_use]
pub fn assess(formula: &Formula, people: &[Inputs], months: i64) -> Vec<Sheet> {
    let mut people: Vec<&Inputs> = people.iter().collect();
    people.sort_by_key(|p| p.officer);
    people.dedup_by_key(|p| p.officer);
    let spreads: Vec<Spread> = formula.items.iter().map(|item| Spread::of(item, &people)).collect();
    people
        .iter()
        .map(|person| {
            let mut groups = vec![0; formula.groups.len()];
            let scores: Vec<Score> = formula
                .items
                .iter()
                .zip(&spreads)
                .map(|(item, spread)| {
                    let value = person.values.get(&item.reads).cloned().unwrap_or_default();
                    let score = score(item, value, spread, months);
                    groups[item.group] += score.points;
                    score
                })
                .collect();
            Sheet { officer: person.officer, scores, total: groups.iter().sum(), groups }
        })
        .collect()
}

/// The place of each sheet by its total, highest first; equal totals share a place.
#[must_use]
pub fn ranks(sheets: &[Sheet]) -> Vec<usize> {
    sheets.iter().map(|s| 1 + sheets.iter().filter(|o| o.total > s.total).count()).collect()
}

/// The least and the most of an item, and who has them.
struct Spread {
    least: (i64, Vec<UserId>),
    most: (i64, Vec<UserId>),
}

impl Spread {
    fn of(item: &Item, people: &[&Inputs]) -> Spread {
        let has = |p: &&Inputs| p.values.get(&item.reads).map_or(0, |v| v.amount);
        let least = people.iter().map(has).min().unwrap_or(0);
        let most = people.iter().map(has).max().unwrap_or(0);
        let who = |x: i64| people.iter().filter(|p| has(p) == x).map(|p| p.officer).collect();
        Spread { least: (least, who(least)), most: (most, who(most)) }
    }
}

/// All of an item's points, in hundredths of a percent.
const ALL: i64 = 10_000;

fn score(item: &Item, value: Value, spread: &Spread, months: i64) -> Score {
    let (least, most) = (spread.least.0, spread.most.0);
    let mut target = None;
    let (share, note) = match item.method {
        Method::Ratio { target: from } => {
            target = target_of(item, from, &value, months);
            ratio(value.amount, target)
        }
        Method::Efficacy { zero_earns_nothing: true, .. } if value.amount <= 0 => (0, Some(Note::Nothing)),
        Method::Efficacy { .. } if most == least => (ALL, Some(Note::AllEqual)),
        Method::Efficacy { floor, .. } => (efficacy(floor, value.amount, least, most), None),
        Method::CohortRate if value.of <= 0 => (0, Some(Note::NoCohort)),
        Method::CohortRate => (share(value.amount, value.of), None),
    };
    Score {
        value,
        target,
        least,
        least_by: spread.least.1.clone(),
        most,
        most_by: spread.most.1.clone(),
        share,
        points: rounded(i128::from(item.points) * i128::from(share), i128::from(ALL)),
        note,
    }
}

fn target_of(item: &Item, from: Target, value: &Value, months: i64) -> Option<i64> {
    let scale = reading(&item.reads).map_or(1, |r| r.unit.scale());
    match from {
        Target::Agreed => value.target,
        Target::Year(whole) => Some(whole.saturating_mul(scale)),
        Target::Month(whole) => Some(whole.saturating_mul(scale).saturating_mul(months)),
    }
}

fn ratio(done: i64, target: Option<i64>) -> (i64, Option<Note>) {
    match target.filter(|&t| t > 0) {
        None => (0, Some(Note::NoTarget)),
        Some(target) => (share(done, target), (done > target).then_some(Note::Capped)),
    }
}

/// `part` by `whole` in hundredths of a percent, between 0 and all.
fn share(part: i64, whole: i64) -> i64 {
    rounded(i128::from(part.clamp(0, whole)) * i128::from(ALL), i128::from(whole))
}

/// 功效系数 in hundredths of a percent. `least < most`; what lies outside counts as the end it lies beyond.
fn efficacy(floor: i64, x: i64, least: i64, most: i64) -> i64 {
    let (above, range) =
        (i128::from(x.clamp(least, most)) - i128::from(least), i128::from(most) - i128::from(least));
    floor * 100 + rounded(i128::from((100 - floor) * 100) * above, range)
}

/// `n / d` rounded half up; both are at least 0, `d` is more.
fn rounded(n: i128, d: i128) -> i64 {
    i64::try_from((2 * n + d) / (2 * d)).unwrap_or(i64::MAX)
}

impl Value {
    /// A count of whole things, each with the share that the person has of it.
    #[must_use]
    pub fn of_rows(rows: Vec<Row>) -> Value {
        Value { amount: rows.iter().map(|r| r.amount).fold(0, i64::saturating_add), rows, ..Value::default() }
    }
}

impl ReadingUnit {
    /// What a thing of `whole` (yuan, or 1 for a count) adds to somebody with this share of it.
    #[must_use]
    pub fn shared(self, whole: i64, per_mille: i64) -> i64 {
        rounded(
            i128::from(whole.max(0)) * i128::from(per_mille.clamp(0, 1000)) * i128::from(self.scale()),
            1000,
        )
    }
}
