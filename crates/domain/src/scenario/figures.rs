//! What scenarios came to: how many found a use, how many went on from stage to stage, and what orders grew from them.
//!
//! Each rate is defined twice and named (domain notes 5.3): of a **cohort**, the scenarios published in a period that reached a stage by a
//! day; and of a **period**, those that reached the stage in it over those published in it.

use crate::scenario::course::{Course, Stage, Step};
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A scenario with what happened: its publication, and the steps of each company that was matched (each begins with the publication).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct History {
    /// Code of the opportunity.
    pub code: String,
    /// The day it was published.
    pub published: Option<Date>,
    /// Steps of each company, by its key.
    pub companies: BTreeMap<String, Vec<Step>>,
}

words! {
    /// How long a period is.
    Span "no length of a period" {
        /// 月
        Month = "month", "月", "Month";
        /// 季度
        Quarter = "quarter", "季度", "Quarter";
        /// 年
        Year = "year", "年", "Year";
    }
}

/// Scenarios that reached a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    /// The stage.
    pub stage: Stage,
    /// Scenarios published in the period that reached it by the day: cohort.
    pub cohort: usize,
    /// Scenarios that reached it first in the period, whenever they were published: period.
    pub period: usize,
    /// `cohort` over those published in the period, per mille, rounded down; `None` when none was.
    pub cohort_rate: Option<usize>,
    /// `period` over those published in the period, per mille, rounded down; it can be above 1,000.
    pub period_rate: Option<usize>,
    /// `cohort` over the cohort of the stage before, per mille: the conversion of this step.
    pub step_rate: Option<usize>,
}

/// The figures of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Scenarios published in the period.
    pub published: usize,
    /// Scenarios of the cohort that found a use: accepted by at least one owner.
    pub found_a_use: usize,
    /// Companies that were matched with the cohort, each once.
    pub companies: usize,
    /// The stages from matched to orders.
    pub rows: Vec<Row>,
    /// Orders placed in the period, whole yuan.
    pub orders: i64,
}

/// The figures of the days `from` to `until`, both inclusive, as seen on `day`.
#[must_use]
pub fn figures(histories: &[History], from: Date, until: Date, day: Date) -> Figures {
    let in_period = |d: Date| from <= d && d <= until && d <= day;
    let folded: Vec<Folded<'_>> = histories.iter().map(|h| Folded::of(h, day)).collect();
    let cohort: Vec<&Folded<'_>> = folded.iter().filter(|f| f.published.is_some_and(in_period)).collect();
    let reached = |stage: Stage| cohort.iter().filter(|f| f.first.contains_key(&stage)).count();
    let published = cohort.len();
    let mut before = published;
    let mut rows = Vec::new();
    for stage in [Stage::Matched, Stage::Trial, Stage::Accepted, Stage::Ordered] {
        let (of_cohort, of_period) = (
            reached(stage),
            folded.iter().filter(|f| f.first.get(&stage).is_some_and(|d| in_period(*d))).count(),
        );
        rows.push(Row {
            stage,
            cohort: of_cohort,
            period: of_period,
            cohort_rate: per_mille(of_cohort, published),
            period_rate: per_mille(of_period, published),
            step_rate: per_mille(of_cohort, before),
        });
        before = of_cohort;
    }
    let mut companies: Vec<&str> = cohort.iter().flat_map(|f| f.matched.iter().copied()).collect();
    companies.sort_unstable();
    companies.dedup();
    Figures {
        published,
        found_a_use: reached(Stage::Accepted),
        companies: companies.len(),
        rows,
        orders: all_orders(histories, day)
            .filter(|(d, _)| in_period(*d))
            .fold(0i64, |sum, (_, yuan)| sum.saturating_add(yuan)),
    }
}

/// Orders by period, whole yuan, seen on `day`: `2026-03`, `2026Q1` or `2026`. Periods without an order are left out.
#[must_use]
pub fn orders_by(histories: &[History], span: Span, day: Date) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for (on, yuan) in all_orders(histories, day) {
        let label = match span {
            Span::Month => format!("{:04}-{:02}", on.year(), on.month()),
            Span::Quarter => format!("{:04}Q{}", on.year(), (on.month() + 2) / 3),
            Span::Year => format!("{:04}", on.year()),
        };
        let sum: &mut i64 = sums.entry(label).or_default();
        *sum = sum.saturating_add(yuan);
    }
    sums
}

/// What one scenario reached with any of its companies.
struct Folded<'a> {
    published: Option<Date>,
    first: BTreeMap<Stage, Date>,
    matched: Vec<&'a str>,
}

impl<'a> Folded<'a> {
    fn of(history: &'a History, day: Date) -> Folded<'a> {
        let mut folded = Folded {
            published: history.published.filter(|d| *d <= day),
            first: BTreeMap::new(),
            matched: vec![],
        };
        for (company, steps) in &history.companies {
            let course = Course::fold(steps, day);
            for (stage, on) in &course.reached {
                let first = folded.first.entry(*stage).or_insert(*on);
                *first = (*first).min(*on);
            }
            if course.reached.contains_key(&Stage::Matched) {
                folded.matched.push(company);
            }
        }
        folded
    }
}

/// Orders that stand in their turn.
fn all_orders(histories: &[History], day: Date) -> impl Iterator<Item = (Date, i64)> {
    histories.iter().flat_map(|h| h.companies.values()).flat_map(move |steps| {
        let first = Course::fold(steps, day).reached.get(&Stage::Ordered).copied();
        steps
            .iter()
            .filter(move |s| s.stage == Stage::Ordered && s.on <= day && first.is_some_and(|f| f <= s.on))
            .map(|s| (s.on, s.yuan.max(0)))
    })
}

fn per_mille(part: usize, whole: usize) -> Option<usize> {
    part.saturating_mul(1_000).checked_div(whole)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn history(code: &str, published: Date, steps: &[(Stage, Date, i64)]) -> History {
        let mut of: Vec<Step> = vec![Step::on(Stage::Published, published)];
        of.extend(steps.iter().map(|(s, d, y)| Step { yuan: *y, ..Step::on(*s, *d) }));
        History { code: code.into(), published: Some(published), companies: [("c".to_string(), of)].into() }
    }

    #[test]
    fn a_funnel_of_three_scenarios() {
        use Stage::{Accepted, Matched, Ordered, Trial};
        let all = [
            history(
                "1",
                date(2026, 1, 5),
                &[
                    (Matched, date(2026, 1, 9), 0),
                    (Trial, date(2026, 2, 1), 0),
                    (Accepted, date(2026, 4, 2), 0),
                    (Ordered, date(2026, 4, 9), 2_000_000),
                    (Ordered, date(2026, 7, 1), 1_000_000),
                ],
            ),
            history("2", date(2026, 3, 1), &[(Matched, date(2026, 3, 5), 0)]),
            history("3", date(2025, 12, 1), &[(Matched, date(2026, 1, 2), 0)]),
        ];
        let q1 = figures(&all, date(2026, 1, 1), date(2026, 3, 31), date(2026, 12, 31));
        assert_eq!((q1.published, q1.found_a_use, q1.companies, q1.orders), (2, 1, 1, 0));
        assert_eq!(
            (q1.rows[0].cohort, q1.rows[0].period),
            (2, 3),
            "one matched was published the year before"
        );
        assert_eq!((q1.rows[0].cohort_rate, q1.rows[0].period_rate), (Some(1_000), Some(1_500)));
        assert_eq!((q1.rows[3].cohort, q1.rows[3].period), (1, 0), "ordered by the day, not in the quarter");
        assert_eq!(q1.rows[1].step_rate, Some(500));
        let seen_then = figures(&all, date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31));
        assert_eq!((seen_then.rows[2].cohort, seen_then.found_a_use), (0, 0));
        let by = |span| orders_by(&all, span, date(2026, 12, 31));
        assert_eq!(by(Span::Quarter), [("2026Q2".into(), 2_000_000), ("2026Q3".into(), 1_000_000)].into());
        assert_eq!(by(Span::Year), [("2026".to_string(), 3_000_000)].into());
        assert_eq!(
            figures(&[], date(2026, 1, 1), date(2026, 3, 31), date(2026, 3, 31)).rows[0].cohort_rate,
            None
        );
    }

    proptest! {
        #[test]
        fn orders_by_month_quarter_and_year_are_the_same_sum(
            raw in prop::collection::vec((1i8..13, 0..Stage::ALL.len(), 0i64..1_000_000), 0..30)
        ) {
            let steps: Vec<Step> = raw.iter()
                .map(|(m, s, y)| Step { yuan: *y, ..Step::on(Stage::ALL[*s], date(2026, *m, 1)) }).collect();
            let course = Course::fold(&steps, date(2026, 12, 31));
            let all = [History { companies: [("c".to_string(), steps)].into(), ..History::default() }];
            let sum = |span| orders_by(&all, span, date(2026, 12, 31)).values().sum::<i64>();
            prop_assert_eq!([sum(Span::Month), sum(Span::Quarter), sum(Span::Year)], [course.orders; 3]);
            let year = figures(&all, date(2026, 1, 1), date(2026, 12, 31), date(2026, 12, 31));
            prop_assert_eq!(year.orders, course.orders);
            prop_assert!(year.rows.windows(2).all(|r| r[1].cohort <= r[0].cohort));
        }
    }
}
