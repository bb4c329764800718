//! A project as it is seen: a fold over those of its facts that were recorded by some moment.
//!
//! A fact is *in force* when no other fact in view corrects it and it says something. Of settings the one with the latest
//! effective day is in force (of one day, the one recorded last); amounts that add are added; of stages the first that was reached counts.

use crate::company::Money;
use crate::fact::{Fact, FactId, Kind, ProjectId};
use crate::stage::Stage;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashSet;

/// A project folded from its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Number.
    pub id: ProjectId,
    /// The code people quote, e.g. `2025-0044`.
    pub code: String,
    /// The last fact in view: an edit names it, so that of two people who edit at once nobody loses silently.
    pub last: FactId,
    /// Facts in force by (effective, id).
    facts: Vec<Fact>,
    /// Each correction in view and what it corrects, by number.
    corrects: Vec<(FactId, FactId)>,
}

impl Project {
    /// Folds the facts of one project that were recorded by `cut_off` (all of them when it is `None`).
    #[must_use]
    pub fn fold(
        id: ProjectId,
        code: &str,
        facts: impl IntoIterator<Item = Fact>,
        cut_off: Option<Timestamp>,
    ) -> Project {
        let mut seen: Vec<Fact> =
            facts.into_iter().filter(|f| cut_off.is_none_or(|at| f.recorded <= at)).collect();
        let mut corrects: Vec<(FactId, FactId)> =
            seen.iter().filter_map(|f| Some((f.id, f.corrects?))).collect();
        corrects.sort_unstable();
        let corrected: HashSet<FactId> = corrects.iter().map(|&(_, old)| old).collect();
        let last = seen.iter().map(|f| f.id).max().unwrap_or(FactId(0));
        seen.retain(|f| !corrected.contains(&f.id) && f.value != crate::fact::Value::Nothing);
        seen.sort_by_key(|f| (f.effective, f.id));
        Project { id, code: code.to_string(), last, facts: seen, corrects }
    }

    /// Facts in force, by effective day.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// The first fact of a chain of corrections: what a fact stands for, however often it was corrected.
    #[must_use]
    pub fn origin(&self, mut id: FactId) -> FactId {
        // A correction is recorded after what it corrects, so that the numbers fall and this ends.
        while let Ok(i) = self.corrects.binary_search_by_key(&id, |&(new, _)| new) {
            id = self.corrects[i].1;
        }
        id
    }

    /// Facts in force of one kind, by effective day.
    pub fn all(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Fact> {
        self.facts.iter().filter(move |f| f.kind == kind)
    }

    /// The setting in force now.
    #[must_use]
    pub fn get(&self, kind: Kind) -> Option<&Fact> {
        self.all(kind).next_back()
    }

    /// The setting in force on `day`; when it was first set later, that first one.
    #[must_use]
    pub fn get_on(&self, kind: Kind, day: Date) -> Option<&Fact> {
        self.all(kind).take_while(|f| f.effective <= day).last().or_else(|| self.all(kind).next())
    }

    /// The text of a setting.
    #[must_use]
    pub fn text(&self, kind: Kind) -> Option<&str> {
        self.get(kind).and_then(|f| f.value.text())
    }

    /// The number of a setting.
    #[must_use]
    pub fn number(&self, kind: Kind) -> Option<i64> {
        self.get(kind).and_then(|f| f.value.number())
    }

    /// The money of a setting.
    #[must_use]
    pub fn money(&self, kind: Kind) -> Option<Money> {
        self.get(kind).and_then(|f| f.value.money())
    }

    /// Its name; its code while it has none.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text(Kind::Name).unwrap_or(&self.code)
    }

    /// The fact by which a stage was first reached: of several (重复签约) the one that counts first.
    #[must_use]
    pub fn reached(&self, stage: Stage) -> Option<&Fact> {
        self.all(Kind::Stage).filter(|f| f.stage() == Some(stage)).min_by_key(|f| (f.counts, f.id))
    }

    /// Where it stands: lost or ended, else the furthest stage reached.
    #[must_use]
    pub fn stage(&self) -> Option<Stage> {
        let stages = || self.all(Kind::Stage).filter_map(Fact::stage);
        stages().find(|s| s.is_exit()).or_else(|| stages().max())
    }

    /// Since when it stands there (effective day).
    #[must_use]
    pub fn since(&self) -> Option<Date> {
        self.stage().and_then(|s| self.reached(s)).map(|f| f.effective)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Value;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn fact(id: i64, kind: Kind, day: Date, value: Value, corrects: Option<i64>) -> Fact {
        Fact {
            id: FactId(id),
            project: ProjectId(1),
            kind,
            effective: day,
            counts: day,
            value,
            corrects: corrects.map(FactId),
            reason: corrects.map(|_| "核对".into()),
            recorded: Timestamp::from_second(1_700_000_000 + id).unwrap(),
            by: "cli".into(),
        }
    }

    fn signed(id: i64, day: Date, corrects: Option<i64>) -> Fact {
        fact(id, Kind::Stage, day, Value::Text("signed".into()), corrects)
    }

    #[test]
    fn a_correction_replaces_and_a_withdrawal_removes_as_of_its_recording() {
        let facts = vec![
            signed(1, date(2025, 12, 30), None),
            fact(2, Kind::PlannedTotal, date(2025, 12, 30), Value::yuan(120_000_000), None),
            fact(3, Kind::PlannedTotal, date(2025, 12, 30), Value::yuan(90_000_000), Some(2)),
            fact(4, Kind::Stage, date(2025, 12, 30), Value::Nothing, Some(1)),
        ];
        let as_of = |id: i64| {
            let at = Timestamp::from_second(1_700_000_000 + id).unwrap();
            Project::fold(ProjectId(1), "P1", facts.clone(), Some(at))
        };
        let amount = |p: &Project| p.money(Kind::PlannedTotal).map(|m| m.amount);
        assert_eq!(amount(&as_of(2)), Some(120_000_000));
        assert_eq!(amount(&as_of(3)), Some(90_000_000));
        assert_eq!((as_of(3).stage(), as_of(4).stage()), (Some(Stage::Signed), None));
        assert_eq!(as_of(4).last, FactId(4));
    }

    #[test]
    fn settings_are_in_force_from_their_day_and_the_first_signing_counts() {
        let facts = vec![
            signed(5, date(2025, 6, 1), None),
            signed(1, date(2024, 5, 1), None),
            fact(2, Kind::PlannedTotal, date(2024, 5, 1), Value::yuan(100), None),
            fact(3, Kind::PlannedTotal, date(2025, 1, 1), Value::yuan(200), None),
        ];
        let p = Project::fold(ProjectId(1), "P1", facts, None);
        assert_eq!(p.reached(Stage::Signed).map(|f| f.id), Some(FactId(1)));
        let on = |day| p.get_on(Kind::PlannedTotal, day).and_then(|f| f.value.money()).map(|m| m.amount);
        assert_eq!(
            (on(date(2024, 12, 31)), on(date(2025, 1, 1)), on(date(2020, 1, 1))),
            (Some(100), Some(200), Some(100))
        );
    }

    proptest! {
        #[test]
        fn the_order_of_facts_does_not_matter(days in prop::collection::vec(0i8..28, 1..12), seed in any::<u64>()) {
            let mut facts: Vec<Fact> = Vec::new();
            for (i, day) in days.iter().enumerate() {
                let (id, day) = (i as i64 + 1, date(2025, 1, day + 1));
                let corrects = (seed >> (i % 60) & 1 == 1 && i > 0).then_some(id - 1)
                    .filter(|c| facts.iter().all(|f| f.corrects != Some(FactId(*c))));
                let kind = if i % 2 == 0 && corrects.is_none() { Kind::PlannedTotal } else { Kind::Arrived };
                facts.push(fact(id, kind, day, Value::yuan(id), corrects));
            }
            let forward = Project::fold(ProjectId(1), "P", facts.clone(), None);
            facts.rotate_left(seed as usize % days.len());
            facts.reverse();
            prop_assert_eq!(forward, Project::fold(ProjectId(1), "P", facts, None));
        }
    }
}
