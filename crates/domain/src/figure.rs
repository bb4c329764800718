//! Figures (指标): a named, versioned definition (口径) as data, and what follows from it and the facts. No total is stored: a figure is
//! computed when it is asked for, from projects folded as of a cut-off, and shows its rows.

mod define;
mod evaluate;
mod group;
mod period;
mod report;
mod restate;
#[cfg(test)]
mod tests;
mod tier;
mod words;

pub use define::{
    BUILT_IN, CurrencyRule, DateRule, Definition, Fault, Keep, Listed, Measure, RateForm, Until, What,
    builtin, parse,
};
pub use evaluate::{Asked, Found, Lack, LeftOut, Part, Reason, Row, RowFault, day_of, of_project};
pub use group::{By, Group, NONE, groups, owners};
pub use period::{NoPeriod, Period};
pub use report::{Builder, Line, Report, ReportProject, in_period, window};
pub use restate::{
    Change, Effect, RateChange, Restated, Shown, ValuesDelta, counted_kinds, kinds, restate, said,
};
pub use tier::{Tier, YI};
pub use words::{sentence, value_words};

use crate::project::Project;
use crate::rate::Rates;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The numbers of a figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Values {
    /// Projects (of promises: promises) that are counted; of a rate those below the line.
    pub count: i64,
    /// Their money in yuan.
    pub yuan: i64,
    /// Of a rate: above the line.
    pub met: i64,
    /// Of a rate: below the line.
    pub of: i64,
    /// Projects and their money by tier, the smallest first.
    pub tiers: Vec<TierValue>,
}

/// The numbers of one tier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierValue {
    /// The tier.
    pub tier: Tier,
    /// Projects.
    pub count: i64,
    /// Their money in yuan.
    pub yuan: i64,
}

impl Values {
    /// The numbers of rows.
    #[must_use]
    pub fn of<'r>(what: What, rows: impl IntoIterator<Item = &'r Row>) -> Values {
        let mut values = Values::default();
        let mut yuan = 0i128;
        let mut tiers = Tier::SHOWN.map(|tier| (tier, 0i64, 0i128));
        let mut seen = BTreeSet::new();
        for row in rows {
            values.met += i64::from(matches!(row.part, Part::Met | Part::Reached));
            values.of += i64::from(matches!(row.part, Part::Met | Part::Base));
            if row.part == Part::Reached {
                continue;
            }
            // Several payments of one project are one project.
            let new = what != What::Money || seen.insert(row.project);
            let money = i128::from(row.yuan.unwrap_or(0));
            values.count += i64::from(new);
            yuan += money;
            for (tier, count, sum) in &mut tiers {
                if row.tier == *tier || (tier.below().is_none() && row.tier >= *tier) {
                    *count += i64::from(new);
                    *sum += money;
                }
            }
        }
        let whole = |sum: i128| i64::try_from(sum).unwrap_or(i64::MAX);
        values.yuan = whole(yuan);
        values.tiers =
            tiers.into_iter().map(|(tier, count, sum)| TierValue { tier, count, yuan: whole(sum) }).collect();
        values
    }

    /// The one number that a definition is about: projects, yuan, or hundredths of a percent (none over nothing).
    #[must_use]
    pub fn measure(&self, measure: Measure) -> Option<i64> {
        match measure {
            Measure::Count => Some(self.count),
            Measure::Amount => Some(self.yuan),
            Measure::Rate => share(self.met, self.of),
        }
    }

    /// The numbers of a tier.
    #[must_use]
    pub fn tier(&self, tier: Tier) -> TierValue {
        self.tiers.iter().copied().find(|t| t.tier == tier).unwrap_or(TierValue { tier, count: 0, yuan: 0 })
    }
}

/// `met` of `of` in hundredths of a percent, rounded half up; none of nothing.
#[must_use]
pub fn share(met: i64, of: i64) -> Option<i64> {
    let (met, of) = (i128::from(met), i128::from(of));
    (of > 0).then(|| i64::try_from((met * 20_000 + of) / (2 * of)).unwrap_or(i64::MAX))
}

/// A figure of one period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// What it was asked for.
    pub asked: Asked,
    /// The numbers.
    pub values: Values,
    /// What they are made of, by day and code.
    pub rows: Vec<Row>,
    /// What was left out and why, by day and code.
    pub left_out: Vec<LeftOut>,
    /// What could not be decided, by code.
    pub faults: Vec<RowFault>,
}

impl Figure {
    /// Puts together what projects bring, in the order that does not depend on theirs.
    #[must_use]
    pub fn of(definition: &Definition, asked: Asked, found: impl IntoIterator<Item = Found>) -> Figure {
        let (mut rows, mut left_out, mut faults) = (Vec::new(), Vec::new(), Vec::new());
        for one in found {
            rows.extend(one.rows);
            left_out.extend(one.left_out);
            faults.extend(one.faults);
        }
        let day = |r: &Row| match definition.date {
            DateRule::Counts => r.counts,
            DateRule::Effective => r.happened,
        };
        rows.sort_by(|a, b| (day(a), &a.code, a.fact, a.part).cmp(&(day(b), &b.code, b.fact, b.part)));
        left_out.sort_by(|a, b| (a.day, &a.code, &a.facts).cmp(&(b.day, &b.code, &b.facts)));
        faults.sort_by(|a, b| (&a.code, &a.facts).cmp(&(&b.code, &b.facts)));
        Figure { asked, values: Values::of(definition.what, &rows), rows, left_out, faults }
    }

    /// Projects whose row lacks the evidence that the definition asks for.
    #[must_use]
    pub fn unproved(&self, definition: &Definition) -> usize {
        if definition.evidence.is_none() {
            0
        } else {
            self.rows.iter().filter(|r| r.evidence.is_empty()).count()
        }
    }
}

/// A figure of folded projects. The order of `projects` does not matter.
#[must_use]
pub fn evaluate(definition: &Definition, asked: Asked, projects: &[Project], rates: &Rates) -> Figure {
    Figure::of(definition, asked, projects.iter().map(|p| of_project(definition, asked, p, rates)))
}
