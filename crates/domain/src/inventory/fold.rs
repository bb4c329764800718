//! What stands of a record on a day, as it was known at a moment.

use super::{Change, ChangeId, Kind, Values};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashSet;

/// A record as it stands on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// What is known.
    pub values: Values,
    /// Changes that take effect later, the next first: day and what they set.
    pub ahead: Vec<(Date, ChangeId)>,
}

/// The changes that count at `cut_off`: recorded by then and not corrected by then, in the order they take effect (of one day: in the
/// order they were recorded). A correction that sets nothing withdraws.
#[must_use]
pub fn counting(changes: &[Change], cut_off: Timestamp) -> Vec<&Change> {
    let known: Vec<&Change> = changes.iter().filter(|c| c.recorded <= cut_off).collect();
    let corrected: HashSet<ChangeId> = known.iter().filter_map(|c| c.said.corrects).collect();
    let mut counting: Vec<&Change> = known.into_iter().filter(|c| !corrected.contains(&c.id)).collect();
    counting.sort_by_key(|c| (c.said.effective, c.id));
    counting
}

/// Folds the changes of one record: what stands on `day` by what was known at `cut_off`. A record that begins later stands with nothing.
#[must_use]
pub fn fold(changes: &[Change], day: Date, cut_off: Timestamp) -> Standing {
    let mut standing = Standing { values: Values::new(), ahead: Vec::new() };
    for change in counting(changes, cut_off) {
        if change.said.effective > day {
            standing.ahead.push((change.said.effective, change.id));
            continue;
        }
        for (word, value) in &change.said.set {
            match value {
                Some(value) => standing.values.insert(word.clone(), value.clone()),
                None => standing.values.remove(word),
            };
        }
    }
    standing
}

/// Every value that a field takes in time: from which day it is what (`None` for empty), by what was known at `cut_off`.
#[must_use]
pub fn timeline(changes: &[Change], word: &str, cut_off: Timestamp) -> Vec<(Date, Option<super::Value>)> {
    let mut line: Vec<(Date, Option<super::Value>)> = Vec::new();
    for change in counting(changes, cut_off) {
        let Some(value) = change.said.set.get(word) else { continue };
        match line.last_mut() {
            Some((day, last)) if *day == change.said.effective => last.clone_from(value),
            _ => line.push((change.said.effective, value.clone())),
        }
    }
    line
}

/// The title of a record: its name, else its code.
#[must_use]
pub fn title<'a>(kind: Kind, values: &'a Values, code: &'a str) -> &'a str {
    values.get(kind.title_field()).and_then(super::Value::text).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::super::{ItemId, NewChange, Value};
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_770_000_000 + second).unwrap()
    }

    fn change(id: i64, day: Date, word: &str, value: Option<i64>, corrects: Option<i64>) -> Change {
        let set = BTreeMap::from([(word.to_string(), value.map(Value::Int))]);
        let said = NewChange { effective: day, set, corrects: corrects.map(ChangeId), reason: "x".into() };
        Change { id: ChangeId(id), item: ItemId(1), said, recorded: at(id), by: "user:1".into() }
    }

    #[test]
    fn a_parcel_has_its_power_from_the_day_the_substation_opens() {
        let five = change(1, date(2026, 1, 1), "power", Some(5_000), None);
        let ten = change(2, date(2027, 6, 1), "power", Some(10_000), None);
        let changes = [five, ten];
        let power = |day| fold(&changes, day, at(9)).values.get("power").and_then(Value::int);
        assert_eq!(
            [power(date(2025, 12, 31)), power(date(2026, 1, 1)), power(date(2027, 6, 1))],
            [None, Some(5_000), Some(10_000)]
        );
        assert_eq!(fold(&changes, date(2026, 3, 1), at(9)).ahead, [(date(2027, 6, 1), ChangeId(2))]);
        assert_eq!(timeline(&changes, "power", at(9)).len(), 2);
    }

    #[test]
    fn a_correction_counts_from_when_it_was_recorded_and_the_past_can_be_asked() {
        let changes = [
            change(1, date(2026, 1, 1), "area", Some(100), None),
            change(5, date(2026, 1, 1), "area", Some(90), Some(1)),
        ];
        let area = |cut| fold(&changes, date(2026, 2, 1), at(cut)).values.get("area").and_then(Value::int);
        assert_eq!([area(1), area(4), area(5)], [Some(100), Some(100), Some(90)]);
    }

    proptest! {
        #[test]
        fn the_order_in_which_changes_are_read_does_not_matter(
            days in prop::collection::vec((0i32..50, 0i64..3, prop::option::of(0i64..5)), 1..12), seed in 0usize..1000
        ) {
            let words = ["a", "b", "c"];
            let mut changes: Vec<Change> = days.iter().enumerate().map(|(i, (d, w, v))| {
                let day = date(2026, 1, 1).saturating_add(jiff::Span::new().days(*d));
                change(i64::try_from(i).unwrap() + 1, day, words[usize::try_from(*w).unwrap()], *v, None)
            }).collect();
            let before = fold(&changes, date(2026, 1, 25), at(100));
            let n = changes.len();
            changes.rotate_left(seed % n);
            prop_assert_eq!(fold(&changes, date(2026, 1, 25), at(100)), before);
        }
    }
}
