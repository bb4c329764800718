//! The ledger of promises: what either side owes, what of it was kept, and money that is paid only when its condition is a recorded fact.
//!
//! 履约率 is promises that were due and met, over promises that were due (domain notes 5.3); a waived promise is not due. It is counted twice,
//! by number and by money, and never mixed. Paying before a condition is met is what auditors look for first, so [`payable`] refuses it.

use crate::stage::Stage;
use crate::words::words;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

words! {
    /// Whose promise it is.
    Side "no side of a promise" {
        /// 企业
        Company = "company", "企业", "Company";
        /// 园区
        Zone = "zone", "园区", "Zone";
    }
}

words! {
    /// How a promise stands on a day.
    State "no state of a promise" {
        /// 未到期
        NotDue = "not_due", "未到期", "Not due";
        /// 已兑现
        Met = "met", "已兑现", "Kept";
        /// 逾期兑现
        Late = "late", "逾期兑现", "Kept late";
        /// 宽限期内
        Grace = "grace", "宽限期内", "In grace";
        /// 未兑现
        Missed = "missed", "未兑现", "Missed";
        /// 已豁免
        Waived = "waived", "已豁免", "Waived";
    }
}

/// What is owed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// Yuan that are owed; `None` where it is not about money.
    pub yuan: Option<i64>,
    /// People, things that are owed.
    pub number: Option<i64>,
    /// The last day to keep it.
    pub due: Date,
    /// Days beyond it that cost nothing.
    pub grace_days: i64,
    /// When it was recorded as kept.
    pub met_on: Option<Date>,
    /// What was then reached.
    pub met_yuan: Option<i64>,
    /// See `met_yuan`.
    pub met_number: Option<i64>,
    /// Whether it was waived with a reason.
    pub waived: bool,
    /// Hundredths of a percent of the money paid that go back when it is missed.
    pub claw_back: i64,
}

impl Promise {
    /// Whether what was reached by `today` is as much as was promised.
    fn kept(&self, today: Date) -> Option<Date> {
        let on = self.met_on.filter(|d| *d <= today)?;
        let enough = |owed: Option<i64>, met: Option<i64>| owed.is_none_or(|o| met.is_some_and(|m| m >= o));
        (enough(self.yuan, self.met_yuan) && enough(self.number, self.met_number)).then_some(on)
    }

    /// How it stands on a day.
    #[must_use]
    pub fn state(&self, today: Date) -> State {
        let last = self.due.saturating_add(self.grace_days.clamp(0, 36_500).days());
        match self.kept(today) {
            _ if self.waived => State::Waived,
            Some(on) if on <= self.due => State::Met,
            Some(_) => State::Late,
            None if today <= self.due => State::NotDue,
            None if today <= last => State::Grace,
            None => State::Missed,
        }
    }
}

/// 履约率, by number and by money.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Promises that were due.
    pub due: i64,
    /// Those of them that were kept, late or not.
    pub met: i64,
    /// Yuan of those that were due.
    pub due_yuan: i64,
    /// Yuan of those that were kept.
    pub met_yuan: i64,
}

/// Counts promises whose day has come by `today`: one that is kept before its day is not due yet, and one in grace is due and not met.
#[must_use]
pub fn kept<'a>(promises: impl IntoIterator<Item = &'a Promise>, today: Date) -> Kept {
    let mut sum = Kept::default();
    for promise in promises {
        let state = promise.state(today);
        if promise.due > today || state == State::Waived {
            continue;
        }
        let met = matches!(state, State::Met | State::Late);
        let yuan = promise.yuan.unwrap_or(0);
        sum.due += 1;
        sum.due_yuan = sum.due_yuan.saturating_add(yuan);
        if met {
            sum.met += 1;
            sum.met_yuan = sum.met_yuan.saturating_add(yuan);
        }
    }
    sum
}

impl Kept {
    /// Per mille by number; `None` when nothing was due.
    #[must_use]
    pub fn per_mille(&self) -> Option<i64> {
        (self.due > 0).then(|| self.met * 1_000 / self.due)
    }
}

/// What an instalment waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waits {
    /// The project reaches a stage.
    Stage(Stage),
    /// Money that arrived reaches so many yuan.
    Invested(i64),
    /// A promise is kept; how it stands, `None` when the promise is not there.
    Promise(Option<State>),
}

/// What is recorded of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Stages reached, each with its day.
    pub stages: Vec<(Stage, Date)>,
    /// Money that arrived, each with its day, whole yuan.
    pub arrived: Vec<(Date, i64)>,
}

/// Why an instalment may not be paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unpayable {
    /// The stage is not recorded.
    Stage(Stage),
    /// So many yuan arrived, so many are needed.
    Invested(i64, i64),
    /// The promise stands so.
    Promise(Option<State>),
}

impl Unpayable {
    /// The reason, in Chinese and English.
    #[must_use]
    pub fn texts(self) -> (String, String) {
        match self {
            Unpayable::Stage(stage) => (
                format!("条件未成就：项目尚未登记“{}”，不得拨付", stage.zh()),
                format!("condition not met: “{}” is not recorded; it may not be paid", stage.en()),
            ),
            Unpayable::Invested(have, need) => (
                format!("条件未成就：到位资金 {} 元，需要 {} 元，不得拨付", have, need),
                format!("condition not met: {have} CNY arrived, {need} needed; it may not be paid"),
            ),
            Unpayable::Promise(None) => (
                "条件未成就：没有对应的承诺".into(),
                "condition not met: the promise it waits for is not there".into(),
            ),
            Unpayable::Promise(Some(state)) => (
                format!("条件未成就：对应承诺{}，不得拨付", state.names().0),
                format!("condition not met: the promise is {}; it may not be paid", state.names().1),
            ),
        }
    }
}

/// Whether an instalment may be paid on a day, by the facts that happened by then.
///
/// # Errors
/// What is not met.
pub fn payable(waits: Waits, recorded: &Recorded, on: Date) -> Result<(), Unpayable> {
    match waits {
        Waits::Stage(stage) => {
            let reached = recorded.stages.iter().any(|(s, day)| *s == stage && *day <= on);
            if reached { Ok(()) } else { Err(Unpayable::Stage(stage)) }
        }
        Waits::Invested(need) => {
            let have = recorded
                .arrived
                .iter()
                .filter(|(day, _)| *day <= on)
                .map(|a| a.1)
                .fold(0, i64::saturating_add);
            if have >= need { Ok(()) } else { Err(Unpayable::Invested(have, need)) }
        }
        Waits::Promise(Some(State::Met | State::Late)) => Ok(()),
        Waits::Promise(other) => Err(Unpayable::Promise(other)),
    }
}

/// Yuan to be asked back for a promise: its share of what was paid, less what came back; nothing while it is not missed.
#[must_use]
pub fn claw_back(promise: &Promise, today: Date, paid: i64, returned: i64) -> i64 {
    if promise.state(today) != State::Missed {
        return 0;
    }
    let share = i128::from(paid.max(0)) * i128::from(promise.claw_back.clamp(0, 10_000)) / 10_000;
    i64::try_from(share).unwrap_or(i64::MAX).saturating_sub(returned).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn promise(due: Date) -> Promise {
        Promise { yuan: Some(100_000_000), due, grace_days: 30, claw_back: 5_000, ..Promise::default() }
    }

    #[test]
    fn a_promise_is_due_in_grace_missed_kept_or_kept_late() {
        let p = promise(date(2026, 6, 30));
        let days = [date(2026, 6, 30), date(2026, 7, 30), date(2026, 7, 31)];
        assert_eq!(days.map(|d| p.state(d)), [State::NotDue, State::Grace, State::Missed]);
        let met = Promise { met_on: Some(date(2026, 6, 1)), met_yuan: Some(100_000_000), ..p.clone() };
        assert_eq!([met.state(date(2026, 5, 1)), met.state(date(2026, 7, 1))], [State::NotDue, State::Met]);
        let late = Promise { met_on: Some(date(2026, 8, 1)), ..met.clone() };
        assert_eq!(
            [late.state(date(2026, 7, 31)), late.state(date(2026, 8, 1))],
            [State::Missed, State::Late]
        );
        let short = Promise { met_yuan: Some(99_999_999), ..met };
        assert_eq!(short.state(date(2026, 12, 1)), State::Missed, "less than promised is not kept");
        assert_eq!(Promise { waived: true, ..p }.state(date(2027, 1, 1)), State::Waived);
    }

    #[test]
    fn the_rate_is_met_over_due_by_number_and_by_money() {
        let due = date(2026, 6, 30);
        let met = Promise { met_on: Some(due), met_yuan: Some(300), yuan: Some(300), ..promise(due) };
        let missed = Promise { yuan: Some(100), grace_days: 0, ..promise(due) };
        let ahead = promise(date(2027, 6, 30));
        let waived = Promise { waived: true, ..missed.clone() };
        let rate = kept([&met, &missed, &ahead, &waived], date(2026, 12, 1));
        assert_eq!(rate, Kept { due: 2, met: 1, due_yuan: 400, met_yuan: 300 });
        assert_eq!(rate.per_mille(), Some(500));
        assert_eq!(kept([&ahead], date(2026, 12, 1)).per_mille(), None);
        let early = Promise {
            met_on: Some(date(2026, 1, 1)),
            met_yuan: Some(100_000_000),
            ..promise(date(2026, 12, 31))
        };
        assert_eq!(kept([&early], date(2026, 6, 1)).due, 0, "kept before its day, it is not due");
        let grace = promise(date(2026, 6, 30));
        assert_eq!(
            kept([&grace], date(2026, 7, 10)),
            Kept { due: 1, due_yuan: 100_000_000, ..Kept::default() }
        );
    }

    #[test]
    fn money_goes_out_only_on_a_recorded_fact() {
        let recorded = Recorded {
            stages: vec![(Stage::Started, date(2026, 3, 1))],
            arrived: vec![(date(2026, 2, 1), 60), (date(2026, 5, 1), 40)],
        };
        let on = date(2026, 4, 1);
        assert_eq!(payable(Waits::Stage(Stage::Started), &recorded, on), Ok(()));
        assert_eq!(
            payable(Waits::Stage(Stage::Started), &recorded, date(2026, 2, 1)),
            Err(Unpayable::Stage(Stage::Started))
        );
        assert_eq!(payable(Waits::Invested(100), &recorded, on), Err(Unpayable::Invested(60, 100)));
        assert_eq!(payable(Waits::Invested(100), &recorded, date(2026, 5, 1)), Ok(()));
        assert_eq!(
            payable(Waits::Promise(Some(State::Missed)), &recorded, on),
            Err(Unpayable::Promise(Some(State::Missed)))
        );
        assert!(
            payable(Waits::Promise(None), &recorded, on).unwrap_err().texts().0.contains("没有对应的承诺")
        );
    }

    #[test]
    fn what_goes_back_is_the_agreed_share_less_what_came_back() {
        let p = promise(date(2026, 6, 30));
        assert_eq!(claw_back(&p, date(2026, 7, 15), 1_000, 0), 0, "in grace nothing goes back");
        assert_eq!(claw_back(&p, date(2026, 9, 1), 1_001, 200), 300);
        assert_eq!(claw_back(&p, date(2026, 9, 1), 1_000, 900), 0);
    }

    proptest! {
        #[test]
        fn the_rate_lies_between_none_and_all(days in prop::collection::vec((0i32..900, prop::option::of(0i32..900), 0i64..90), 0..20), at in 0i32..900) {
            let day = |n: i32| date(2025, 1, 1).saturating_add(n.days());
            let all: Vec<Promise> = days.iter().map(|(due, met, grace)| Promise {
                due: day(*due), met_on: met.map(day), grace_days: *grace, ..Promise::default()
            }).collect();
            let rate = kept(&all, day(at));
            prop_assert!(rate.met <= rate.due && rate.due <= all.len() as i64);
            let mut turned = all.clone();
            turned.reverse();
            prop_assert_eq!(kept(&turned, day(at)), rate);
        }

        #[test]
        fn never_more_goes_back_than_was_paid(paid in 0i64..1_000_000_000, share in 0i64..20_000, returned in 0i64..1_000_000_000) {
            let p = Promise { claw_back: share, ..promise(date(2020, 1, 1)) };
            prop_assert!(claw_back(&p, date(2026, 1, 1), paid, returned) <= paid);
        }
    }
}
