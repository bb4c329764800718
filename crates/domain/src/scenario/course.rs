//! The course of a scenario with one company: published → matched → trial → accepted → orders, as dated facts.
//!
//! What is seen is folded from the facts up to a day; neither their order nor when they were recorded matters, only the day they happened
//! and, on one day, the order of the stages. A step that may not follow what stands is refused with its reason before it is recorded.

use crate::scenario::tender::Tender;
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// How far a scenario and a company have come.
    Stage "no stage of a scenario" {
        /// 发布
        Published = "published", "发布", "Published";
        /// 对接
        Matched = "matched", "对接", "Matched";
        /// 试用
        Trial = "trial", "试用", "Trial";
        /// 验收
        Accepted = "accepted", "验收", "Accepted";
        /// 订单
        Ordered = "ordered", "订单", "Orders";
        /// 未成
        Dropped = "dropped", "未成", "Dropped";
    }
}

/// A dated fact of a scenario with a company.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The stage that was reached; each order is one step.
    pub stage: Stage,
    /// The day it happened.
    pub on: Date,
    /// Whole yuan of an order; 0 for other stages.
    pub yuan: i64,
    /// Number of the tender or comparison that an order came from.
    pub tender_no: Option<String>,
}

impl Step {
    /// A step without an amount.
    #[must_use]
    pub fn on(stage: Stage, on: Date) -> Step {
        Step { stage, on, yuan: 0, tender_no: None }
    }
}

/// What is seen of a course on a day.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The stage it stands at; `None` when nothing happened yet.
    pub stage: Option<Stage>,
    /// The last day on which something happened.
    pub last: Option<Date>,
    /// The day each stage was first reached.
    pub reached: BTreeMap<Stage, Date>,
    /// Orders, whole yuan.
    pub orders: i64,
    /// Steps that could not follow what stood; they change nothing, and are shown.
    pub out_of_turn: Vec<(Date, Stage)>,
}

/// Why a step is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It cannot follow the stage that stands.
    OutOfTurn(Option<Stage>, Stage),
    /// Something happened later already, or the match was dropped on that day.
    Before(Date),
    /// It lies in the future.
    Future,
    /// An order without an amount, or an amount on another stage.
    Amount,
    /// The law wants a tender, or a comparison, and none is named.
    NoTender(Tender),
}

impl Stage {
    /// Whether `next` may follow `stands`. A dropped match may be taken up again; several orders may follow one another.
    #[must_use]
    pub fn may_follow(stands: Option<Stage>, next: Stage) -> bool {
        use Stage::{Accepted, Dropped, Matched, Ordered, Published, Trial};
        matches!(
            (stands, next),
            (None, Published)
                | (Some(Published | Dropped), Matched)
                | (Some(Matched), Trial)
                | (Some(Trial), Accepted)
                | (Some(Accepted | Ordered), Ordered)
                | (Some(Published | Matched | Trial | Accepted), Dropped)
        )
    }
}

impl Course {
    /// Folds what happened by `day`.
    #[must_use]
    pub fn fold<'a>(steps: impl IntoIterator<Item = &'a Step>, day: Date) -> Course {
        let mut seen: Vec<&Step> = steps.into_iter().filter(|s| s.on <= day).collect();
        seen.sort_by_key(|s| (s.on, s.stage, s.yuan));
        let mut course = Course::default();
        for step in seen {
            if !Stage::may_follow(course.stage, step.stage) {
                course.out_of_turn.push((step.on, step.stage));
                continue;
            }
            course.stage = Some(step.stage);
            course.last = Some(step.on);
            course.reached.entry(step.stage).or_insert(step.on);
            if step.stage == Stage::Ordered {
                course.orders = course.orders.saturating_add(step.yuan.max(0));
            }
        }
        course
    }

    /// Whether a step may be recorded after what stands; `tender` is what the law asks of an order.
    ///
    /// # Errors
    /// The first reason against it.
    pub fn allow(&self, step: &Step, tender: Tender, today: Date) -> Result<(), Refused> {
        if step.on > today {
            return Err(Refused::Future);
        }
        // Steps of one day are folded in the order of stages, so a dropped match is taken up on a later day.
        let dropped = self.stage == Some(Stage::Dropped);
        if let Some(last) = self.last.filter(|last| step.on < *last || (dropped && step.on == *last)) {
            return Err(Refused::Before(last));
        }
        if !Stage::may_follow(self.stage, step.stage) {
            return Err(Refused::OutOfTurn(self.stage, step.stage));
        }
        let order = step.stage == Stage::Ordered;
        if order != (step.yuan > 0) {
            return Err(Refused::Amount);
        }
        let named = step.tender_no.as_ref().is_some_and(|n| !n.trim().is_empty());
        if order && tender != Tender::Free && !named {
            return Err(Refused::NoTender(tender));
        }
        Ok(())
    }
}

impl Refused {
    /// The reason, in Chinese and English.
    #[must_use]
    pub fn texts(self) -> (String, String) {
        match self {
            Refused::OutOfTurn(stands, next) => {
                let (from, from_en) = stands.map_or(("未发布", "not published"), Stage::names);
                let (to, to_en) = next.names();
                (format!("现为“{from}”，不能直接到“{to}”"), format!("{to_en} cannot follow {from_en}"))
            }
            Refused::Before(last) => {
                let zh = format!("已有 {last} 的记录，日期不能早于它（重新对接须晚于它）");
                (zh, format!("a step of {last} stands: not before it, and after it to take a match up again"))
            }
            Refused::Future => ("日期在将来".into(), "the day lies in the future".into()),
            Refused::Amount => (
                "订单须填写金额（大于 0），其他阶段不填".into(),
                "an order needs an amount above 0, other stages have none".into(),
            ),
            Refused::NoTender(tender) => {
                let (zh, en) = tender.names();
                (format!("{zh}：请填写招标或比选编号"), format!("{en}: name the tender or comparison"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn order(on: Date, yuan: i64) -> Step {
        Step { yuan, ..Step::on(Stage::Ordered, on) }
    }

    #[test]
    fn a_scenario_goes_from_publication_to_orders() {
        let steps = [
            order(date(2026, 9, 1), 3_000_000),
            Step::on(Stage::Published, date(2026, 1, 5)),
            Step::on(Stage::Trial, date(2026, 3, 1)),
            Step::on(Stage::Matched, date(2026, 2, 1)),
            order(date(2026, 8, 1), 500_000),
            Step::on(Stage::Accepted, date(2026, 6, 1)),
        ];
        let at = |d| Course::fold(&steps, d);
        assert_eq!(at(date(2026, 1, 1)), Course::default());
        assert_eq!(at(date(2026, 3, 1)).stage, Some(Stage::Trial));
        assert_eq!((at(date(2026, 8, 31)).orders, at(date(2026, 12, 31)).orders), (500_000, 3_500_000));
        assert_eq!(at(date(2026, 12, 31)).reached[&Stage::Ordered], date(2026, 8, 1));
        assert_eq!(at(date(2026, 12, 31)).out_of_turn, []);
    }

    #[test]
    fn a_step_out_of_turn_changes_nothing_and_shows() {
        let steps = [
            Step::on(Stage::Published, date(2026, 1, 5)),
            Step::on(Stage::Accepted, date(2026, 2, 1)),
            order(date(2026, 2, 2), 1_000_000),
        ];
        let course = Course::fold(&steps, date(2026, 12, 31));
        assert_eq!((course.stage, course.orders), (Some(Stage::Published), 0));
        assert_eq!(course.out_of_turn.len(), 2);
    }

    #[test]
    fn a_step_is_refused_with_its_reason() {
        let today = date(2026, 11, 26);
        let steps =
            [Step::on(Stage::Published, date(2026, 1, 5)), Step::on(Stage::Matched, date(2026, 2, 1))];
        let course = Course::fold(&steps, today);
        let allow = |s: &Step| course.allow(s, Tender::Free, today);
        assert_eq!(allow(&Step::on(Stage::Trial, date(2026, 2, 1))), Ok(()));
        assert_eq!(allow(&Step::on(Stage::Trial, date(2026, 1, 31))), Err(Refused::Before(date(2026, 2, 1))));
        assert_eq!(allow(&Step::on(Stage::Trial, date(2026, 11, 27))), Err(Refused::Future));
        let out = allow(&order(date(2026, 3, 1), 5)).unwrap_err();
        assert_eq!(out.texts().0, "现为“对接”，不能直接到“订单”");
        let dropped = Course { stage: Some(Stage::Dropped), ..course.clone() };
        assert_eq!(dropped.allow(&Step::on(Stage::Matched, date(2026, 3, 1)), Tender::Free, today), Ok(()));
        let accepted = Course { stage: Some(Stage::Accepted), ..course };
        let mut buy = order(date(2026, 3, 1), 5_000_000);
        assert_eq!(accepted.allow(&buy, Tender::Free, today), Ok(()));
        assert_eq!(
            accepted.allow(&buy, Tender::Required, today),
            Err(Refused::NoTender(Tender::Required)),
            "an order that the law wants tendered names its tender"
        );
        buy.tender_no = Some("ZB-2026-7".into());
        assert_eq!(accepted.allow(&buy, Tender::Required, today), Ok(()));
        assert_eq!(accepted.allow(&order(date(2026, 3, 1), 0), Tender::Free, today), Err(Refused::Amount));
    }

    proptest! {
        #[test]
        fn the_order_of_facts_does_not_matter(
            raw in prop::collection::vec((0..Stage::ALL.len(), 1i8..28, 0i64..1_000), 0..12), turn in 0usize..12, day in 1i8..28
        ) {
            let mut steps: Vec<Step> = raw.iter()
                .map(|(s, d, y)| Step { yuan: *y, ..Step::on(Stage::ALL[*s], date(2026, 5, *d)) }).collect();
            let forward = Course::fold(&steps, date(2026, 5, day));
            if !steps.is_empty() {
                let n = steps.len();
                steps.rotate_left(turn % n);
                steps.reverse();
            }
            prop_assert_eq!(&Course::fold(&steps, date(2026, 5, day)), &forward);
            prop_assert!(forward.orders == 0 || forward.reached.contains_key(&Stage::Accepted));
        }

        #[test]
        fn what_is_allowed_is_never_out_of_turn(raw in prop::collection::vec((0..Stage::ALL.len(), 1i8..28), 0..20)) {
            let today = date(2026, 5, 28);
            let mut steps: Vec<Step> = Vec::new();
            for (s, d) in raw {
                let stage = Stage::ALL[s];
                let step = Step { yuan: i64::from(stage == Stage::Ordered), ..Step::on(stage, date(2026, 5, d)) };
                if Course::fold(&steps, today).allow(&step, Tender::Free, today).is_ok() {
                    steps.push(step);
                }
            }
            let course = Course::fold(&steps, today);
            prop_assert_eq!(course.out_of_turn, []);
            prop_assert_eq!(course.orders, steps.iter().map(|s| s.yuan).sum::<i64>());
        }
    }
}
