//! Whose records a person may write and see: the zone's units (部门/单位) draw the lines.
//!
//! An action says what a role may do at all (`role.rs`); a scope says to whose records. Names and stages of projects are seen by
//! everybody who may see projects; what a zone may close to other units are the records behind them.

use crate::role::Role;
use crate::stage::Stage;
use crate::user::UnitId;
use serde::{Deserialize, Serialize};

/// Whose records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every record of the zone.
    All,
    /// Records of this unit, and those that belong to no unit.
    Unit(UnitId),
    /// Records that belong to no unit.
    Unassigned,
    /// None.
    Nothing,
}

/// Who may read the records of a project or a lead: a setting of the zone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    /// Everybody who may see projects.
    #[default]
    Open,
    /// Officers read the records of their own unit only; roles that work across units read all.
    Unit,
}

impl Scope {
    /// Whether a record of `unit` (`None`: of no unit) lies inside.
    #[must_use]
    pub fn covers(self, unit: Option<UnitId>) -> bool {
        match self {
            Scope::All => true,
            Scope::Unit(own) => unit.is_none_or(|u| u == own),
            Scope::Unassigned => unit.is_none(),
            Scope::Nothing => false,
        }
    }

    /// Records of one's own unit; of no unit while one belongs to none.
    fn own(unit: Option<UnitId>) -> Scope {
        unit.map_or(Scope::Unassigned, Scope::Unit)
    }
}

impl Reading {
    /// The stable word: `open` or `unit`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Reading::Open => "open",
            Reading::Unit => "unit",
        }
    }
}

/// Whose records a person of this role and unit may write. What kinds of facts, [`may_record`] says.
///
/// An officer or a reviewer writes records of the own unit. The trades (land, capital, service) write facts of their trade on any
/// project. Who decides for the zone writes all; who guards it writes none.
#[must_use]
pub fn writes(role: Role, unit: Option<UnitId>) -> Scope {
    match role {
        Role::Administrator | Role::Director | Role::Land | Role::Capital | Role::Service => Scope::All,
        Role::Officer | Role::Reviewer => Scope::own(unit),
        Role::Auditor | Role::Security => Scope::Nothing,
    }
}

/// Whose records a person of this role and unit may read under the zone's setting. Reviewers and the trades read across
/// units because projects come to them from all of them.
#[must_use]
pub fn reads(role: Role, unit: Option<UnitId>, reading: Reading) -> Scope {
    match (role, reading) {
        (Role::Security, _) => Scope::Nothing,
        (Role::Officer, Reading::Unit) => Scope::own(unit),
        _ => Scope::All,
    }
}

/// Kinds of facts and stages of one trade, by their stable words.
struct Trade {
    kinds: &'static [&'static str],
    stages: &'static [Stage],
}

const LAND: Trade = Trade {
    kinds: &["site", "land_area", "invested", "evidence", "promise", "promise_met", "note"],
    stages: &[Stage::Supplied, Stage::Started, Stage::Completed],
};
const CAPITAL: Trade = Trade {
    kinds: &[
        "registered_capital",
        "paid_in",
        "agreed_foreign",
        "arrived",
        "foreign_used",
        "evidence",
        "note",
    ],
    stages: &[],
};
const SERVICE: Trade = Trade {
    kinds: &["output", "tax", "jobs", "energy", "invested", "evidence", "promise", "promise_met", "note"],
    stages: &[
        Stage::Registered,
        Stage::Filed,
        Stage::Started,
        Stage::Completed,
        Stage::InProduction,
        Stage::AtCapacity,
    ],
};

/// Whether `role` may record facts of `kind`, the stable word of [`crate::fact::Kind`]. A stage is asked for as `stage:` and the
/// word of the [`Stage`], e.g. `stage:started`; plain `stage` asks for every stage at once. Who may record facts at all
/// ([`crate::role::Action::RecordFact`]), and of whose projects ([`writes`]), is asked for separately.
#[must_use]
pub fn may_record(role: Role, kind: &str) -> bool {
    let trade = match role {
        Role::Administrator | Role::Director | Role::Officer => return true,
        Role::Land => LAND,
        Role::Capital => CAPITAL,
        Role::Service => SERVICE,
        Role::Auditor | Role::Security | Role::Reviewer => return false,
    };
    match kind.strip_prefix("stage:") {
        Some(word) => trade.stages.iter().any(|s| s.as_str() == word),
        None => trade.kinds.contains(&kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::Kind;

    const MINE: UnitId = UnitId(1);
    const OTHER: UnitId = UnitId(2);

    #[test]
    fn a_scope_covers_its_unit_and_what_belongs_to_none() {
        let cover = |scope: Scope| [Some(MINE), Some(OTHER), None].map(|u| scope.covers(u));
        assert_eq!(cover(Scope::All), [true, true, true]);
        assert_eq!(cover(Scope::Unit(MINE)), [true, false, true]);
        assert_eq!(cover(Scope::Unassigned), [false, false, true]);
        assert_eq!(cover(Scope::Nothing), [false, false, false]);
    }

    #[test]
    fn officers_write_for_their_unit_and_guards_write_nothing() {
        assert_eq!(writes(Role::Officer, Some(MINE)), Scope::Unit(MINE));
        assert_eq!(writes(Role::Officer, None), Scope::Unassigned);
        assert_eq!(writes(Role::Director, Some(MINE)), Scope::All);
        for guard in [Role::Auditor, Role::Security] {
            assert_eq!(writes(guard, Some(MINE)), Scope::Nothing, "{guard}");
        }
    }

    #[test]
    fn the_setting_closes_records_to_officers_of_other_units_only() {
        for role in Role::ALL.into_iter().filter(|&r| r != Role::Security) {
            assert_eq!(reads(role, Some(MINE), Reading::Open), Scope::All, "{role}");
            let closed = reads(role, Some(MINE), Reading::Unit);
            assert_eq!(closed == Scope::Unit(MINE), role == Role::Officer, "{role}");
        }
        assert_eq!(reads(Role::Security, None, Reading::Open), Scope::Nothing);
    }

    #[test]
    fn trades_record_their_own_facts_and_every_word_exists() {
        for trade in [LAND, CAPITAL, SERVICE] {
            for word in trade.kinds {
                assert!(word.parse::<Kind>().is_ok(), "{word}");
            }
        }
        assert!(may_record(Role::Land, "stage:started") && may_record(Role::Land, "land_area"));
        assert!(!may_record(Role::Land, "arrived") && !may_record(Role::Land, "stage:signed"));
        assert!(may_record(Role::Capital, "arrived") && !may_record(Role::Capital, "stage:started"));
        assert!(
            may_record(Role::Service, "stage:at_capacity") && !may_record(Role::Service, "planned_total")
        );
        for kind in Kind::ALL {
            assert!(may_record(Role::Officer, kind.as_str()) && !may_record(Role::Auditor, kind.as_str()));
            let trades = [Role::Land, Role::Capital, Role::Service];
            let settles = matches!(kind, Kind::Stage | Kind::Credit | Kind::DuplicateOf | Kind::PlannedTotal);
            assert!(!settles || trades.iter().all(|&r| !may_record(r, kind.as_str())), "{kind}");
        }
    }
}
