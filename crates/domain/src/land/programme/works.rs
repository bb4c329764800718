//! Works (roads, mains, substations) with milestones, and what waits for them: "parcel P is ready when 龙门港路 opens".

use super::delay;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A milestone of a work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Milestone {
    /// Its id, such as `longmengang-road-open`.
    pub id: String,
    /// What is reached.
    pub name: String,
    /// The day that was planned.
    pub planned: Date,
    /// The day that is now expected, where somebody has said so.
    pub forecast: Option<Date>,
    /// The day it was reached.
    pub reached: Option<Date>,
    /// Milestones that must be reached first.
    pub after: Vec<String>,
}

/// A parcel, or anything else with an id, that waits for milestones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// What waits.
    pub what: String,
    /// The day on which it would be ready by itself.
    pub planned: Date,
    /// The milestones.
    pub milestones: Vec<String>,
}

/// When something can be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The day; `None` where the plan runs in a circle or names what nobody plans.
    pub on: Option<Date>,
    /// Whether every milestone on the way has been reached.
    pub certain: bool,
    /// Days after the day that was planned.
    pub delay_days: i64,
    /// The milestone that it waits for longest; `None` where it waits for none.
    pub because: Option<String>,
}

/// The plan as of a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Milestones by id.
    pub milestones: BTreeMap<String, Outlook>,
    /// What waits, by id.
    pub waiting: BTreeMap<String, Outlook>,
    /// Ids that nobody plans, and milestones that wait for themselves, Chinese and English.
    pub faults: Vec<(String, String)>,
}

/// When each milestone, and what waits for it, can be expected as of `day`.
///
/// A milestone that was reached by `day` stands on its day. One that was not is expected on its forecast, else on its planned day, never
/// before `day` and never before those it follows.
#[must_use]
pub fn plan(milestones: &[Milestone], waiting: &[Waiting], day: Date) -> Plan {
    let by_id: BTreeMap<&str, &Milestone> = milestones.iter().map(|m| (m.id.as_str(), m)).collect();
    let mut known: BTreeMap<String, Outlook> = BTreeMap::new();
    let mut open: Vec<&Milestone> = by_id.values().copied().collect();
    loop {
        let before = open.len();
        open.retain(|milestone| {
            let ready = milestone.reached_by(day).is_some()
                || milestone
                    .after
                    .iter()
                    .all(|id| known.contains_key(id) || !by_id.contains_key(id.as_str()));
            if ready {
                known.insert(milestone.id.clone(), milestone.outlook(&known, day));
            }
            !ready
        });
        if open.len() == before {
            break;
        }
    }
    let mut faults = unplanned(milestones, waiting, &by_id);
    for milestone in open {
        let (id, name) = (&milestone.id, &milestone.name);
        faults.push((
            format!("里程碑“{name}”（{id}）的先后关系成环：请去掉一个前置"),
            format!("milestone `{id}` waits for itself: take out one that it follows"),
        ));
        let none = Outlook { on: None, certain: false, delay_days: 0, because: None };
        known.insert(id.clone(), none);
    }
    let waiting = waiting.iter().map(|w| (w.what.clone(), w.outlook(&known, day))).collect();
    Plan { milestones: known, waiting, faults }
}

/// What waits, directly or through another milestone, for one milestone.
#[must_use]
pub fn held_up<'a>(milestone: &str, milestones: &'a [Milestone], waiting: &'a [Waiting]) -> Vec<&'a str> {
    let mut on_the_way = vec![milestone];
    let mut at = 0;
    while let Some(id) = on_the_way.get(at).copied() {
        for next in milestones.iter().filter(|m| m.after.iter().any(|a| a == id)) {
            if !on_the_way.contains(&next.id.as_str()) {
                on_the_way.push(&next.id);
            }
        }
        at += 1;
    }
    let waits = |w: &&Waiting| w.milestones.iter().any(|id| on_the_way.contains(&id.as_str()));
    waiting.iter().filter(waits).map(|w| w.what.as_str()).collect()
}

impl Milestone {
    fn reached_by(&self, day: Date) -> Option<Date> {
        self.reached.filter(|on| *on <= day)
    }

    fn outlook(&self, known: &BTreeMap<String, Outlook>, day: Date) -> Outlook {
        if let Some(on) = self.reached_by(day) {
            let delay_days = delay(self.planned, Some(on), day);
            return Outlook { on: Some(on), certain: true, delay_days, because: None };
        }
        let own = self.forecast.unwrap_or(self.planned).max(day);
        let outlook = later(own, &self.after, known);
        Outlook { certain: false, delay_days: late(outlook.on, self.planned), ..outlook }
    }
}

impl Waiting {
    fn outlook(&self, known: &BTreeMap<String, Outlook>, day: Date) -> Outlook {
        let outlook = later(self.planned, &self.milestones, known);
        let reached = |id: &String| known.get(id).is_some_and(|o| o.certain);
        let certain = self.milestones.iter().all(reached) && self.planned <= day;
        Outlook { certain, delay_days: late(outlook.on, self.planned), ..outlook }
    }
}

/// The latest of `own` and all that come first, and which of them it is.
fn later(own: Date, after: &[String], known: &BTreeMap<String, Outlook>) -> Outlook {
    let mut outlook = Outlook { on: Some(own), certain: false, delay_days: 0, because: None };
    for id in after {
        let first = known.get(id).and_then(|o| o.on);
        let decides = match (first, outlook.on) {
            (_, None) => false,
            (None, Some(_)) => true,
            (Some(first), Some(on)) => first > on,
        };
        if decides {
            (outlook.on, outlook.because) = (first, Some(id.clone()));
        }
    }
    outlook
}

fn late(on: Option<Date>, planned: Date) -> i64 {
    on.map_or(0, |on| i64::from((on - planned).get_days()).max(0))
}

fn unplanned(
    milestones: &[Milestone],
    waiting: &[Waiting],
    by_id: &BTreeMap<&str, &Milestone>,
) -> Vec<(String, String)> {
    let after = milestones.iter().flat_map(|m| m.after.iter().map(move |id| (&m.id, id)));
    let waits = waiting.iter().flat_map(|w| w.milestones.iter().map(move |id| (&w.what, id)));
    let unknown = after.chain(waits).filter(|(_, id)| !by_id.contains_key(id.as_str()));
    unknown
        .map(|(what, id)| {
            (
                format!("“{what}”等待的里程碑“{id}”没有计划：请补上或改正编号"),
                format!("`{what}` waits for `{id}`, which nobody plans: add it or correct the id"),
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn milestone(id: &str, planned: Date, after: &[&str]) -> Milestone {
        let after = after.iter().map(ToString::to_string).collect();
        Milestone { id: id.into(), name: id.into(), planned, forecast: None, reached: None, after }
    }

    fn waiting(what: &str, planned: Date, on: &[&str]) -> Waiting {
        Waiting { what: what.into(), planned, milestones: on.iter().map(ToString::to_string).collect() }
    }

    fn road() -> (Vec<Milestone>, Vec<Waiting>) {
        let milestones = vec![
            milestone("龙门港路通车", date(2026, 2, 28), &["龙门港路路基"]),
            milestone("龙门港路路基", date(2025, 10, 31), &[]),
            milestone("110千伏变电站", date(2026, 6, 30), &[]),
        ];
        let waiting = vec![
            waiting("P", date(2026, 1, 1), &["龙门港路通车"]),
            waiting("Q", date(2026, 1, 1), &["龙门港路通车", "110千伏变电站"]),
            waiting("R", date(2026, 1, 1), &[]),
        ];
        (milestones, waiting)
    }

    #[test]
    fn a_parcel_is_ready_when_the_road_opens() {
        let (mut milestones, waiting) = road();
        let now = plan(&milestones, &waiting, date(2025, 9, 1));
        let p = &now.waiting["P"];
        assert_eq!((p.on, p.certain, p.delay_days), (Some(date(2026, 2, 28)), false, 58));
        assert_eq!(p.because.as_deref(), Some("龙门港路通车"));
        assert_eq!(now.waiting["Q"].because.as_deref(), Some("110千伏变电站"));
        assert_eq!(now.waiting["R"].because, None);
        milestones[1].forecast = Some(date(2026, 4, 30));
        let slipped = plan(&milestones, &waiting, date(2025, 9, 1));
        assert_eq!(slipped.waiting["P"].on, Some(date(2026, 4, 30)), "the road follows its base");
        assert_eq!(slipped.milestones["龙门港路通车"].delay_days, 61);
        milestones[1].reached = Some(date(2025, 10, 1));
        milestones[0].reached = Some(date(2026, 2, 10));
        let open = plan(&milestones, &waiting, date(2026, 3, 1));
        assert_eq!((open.waiting["P"].on, open.waiting["P"].certain), (Some(date(2026, 2, 10)), true));
        let before = plan(&milestones, &waiting, date(2026, 2, 9));
        assert!(!before.waiting["P"].certain, "as of the day before, it is not open");
    }

    #[test]
    fn what_is_overdue_is_never_expected_in_the_past() {
        let (milestones, waiting) = road();
        let now = plan(&milestones, &waiting, date(2026, 8, 1));
        assert_eq!(now.waiting["P"].on, Some(date(2026, 8, 1)));
        assert_eq!(now.milestones["110千伏变电站"].delay_days, 32);
        assert_eq!(held_up("龙门港路路基", &milestones, &waiting), ["P", "Q"]);
        assert_eq!(held_up("110千伏变电站", &milestones, &waiting), ["Q"]);
    }

    #[test]
    fn circles_and_unknown_ids_are_said() {
        let milestones = [
            milestone("a", date(2026, 1, 1), &["b"]),
            milestone("b", date(2026, 1, 1), &["a"]),
            milestone("c", date(2026, 1, 1), &["z"]),
        ];
        let waiting = [waiting("P", date(2026, 1, 1), &["a"]), waiting("Q", date(2026, 1, 1), &["c"])];
        let now = plan(&milestones, &waiting, date(2025, 1, 1));
        assert_eq!((now.faults.len(), now.waiting["P"].on, now.waiting["Q"].on), (3, None, None));
        assert!(now.faults[0].0.contains("“z”没有计划"), "{:?}", now.faults);
        assert!(now.faults.iter().any(|(_, en)| en.contains("`a` waits for itself")));
        assert_eq!(held_up("a", &milestones, &waiting), ["P"], "a circle ends");
    }

    fn any_plan() -> impl Strategy<Value = Vec<(i32, Vec<usize>)>> {
        let after = proptest::collection::vec(0usize..12, 0..3);
        proptest::collection::vec((0i32..900, after), 1..12)
    }

    proptest! {
        #[test]
        fn nothing_comes_before_what_it_follows(days in any_plan(), at in 0i32..900) {
            let on = |days: i32| date(2025, 1, 1).checked_add(days.days()).unwrap();
            let milestones: Vec<Milestone> = days.iter().enumerate().map(|(i, (planned, after))| {
                let after: Vec<String> = after.iter().filter(|a| **a < i).map(ToString::to_string).collect();
                let after: Vec<&str> = after.iter().map(String::as_str).collect();
                milestone(&i.to_string(), on(*planned), &after)
            }).collect();
            let now = plan(&milestones, &[], on(at));
            prop_assert!(now.faults.is_empty());
            for m in &milestones {
                let own = now.milestones[&m.id].on.unwrap();
                prop_assert!(own >= on(at) && own >= m.planned);
                for first in &m.after {
                    prop_assert!(own >= now.milestones[first].on.unwrap());
                }
            }
        }
    }
}
