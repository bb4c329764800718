//! Who holds what from when to when: two projects can never hold the same ground.
//!
//! A hold is on one record for one project, from a day to a day (both inclusive) or without an end. A reservation (预留) lapses after its
//! expiry; supplied land and leases do not. Who holds a whole holds its parts ([`super::Kind::part_of`]), so the store compares a new hold
//! with those on the record, on everything it is part of, and on everything that is part of it.

use super::ItemId;
use crate::fact::ProjectId;
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

words! {
    /// How something is held.
    Manner "no manner of holding" {
        /// 预留: lapses after its expiry.
        Reserved = "reserved", "预留", "Reserved";
        /// 供地: sold or leased out as land.
        Supplied = "supplied", "已供地", "Supplied";
        /// 租赁
        Leased = "leased", "已租", "Leased";
    }
}

/// A hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// The record.
    pub item: ItemId,
    /// Who holds it.
    pub project: ProjectId,
    /// How.
    pub manner: Manner,
    /// First day.
    pub from: Date,
    /// Last day; `None` for no end.
    pub until: Option<Date>,
    /// The last day on which a reservation still counts; every reservation has one, nothing else has.
    pub expires: Option<Date>,
}

impl Hold {
    /// Whether it is whole: days in order, an expiry exactly where it is a reservation.
    ///
    /// # Errors
    /// What is wrong, in Chinese and English.
    pub fn check(&self, today: Date) -> Result<(), (&'static str, &'static str)> {
        if self.until.is_some_and(|u| u < self.from) {
            return Err(("止期早于起期", "the last day is before the first"));
        }
        match (self.manner, self.expires) {
            (Manner::Reserved, None) => Err(("预留必须写明到期日", "a reservation needs the day it lapses")),
            (Manner::Reserved, Some(day)) if day < today => {
                Err(("到期日已过", "the day it lapses has passed"))
            }
            (Manner::Supplied | Manner::Leased, Some(_)) => {
                Err(("只有预留才有到期日", "only a reservation lapses"))
            }
            _ => Ok(()),
        }
    }

    /// Whether it counts on `today`: what lapsed holds nothing any more.
    #[must_use]
    pub fn counts(&self, today: Date) -> bool {
        self.expires.is_none_or(|day| day >= today)
    }

    /// Whether it holds the record on `day`.
    #[must_use]
    pub fn covers(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|u| day <= u)
    }

    /// Whether both would hold the same day.
    #[must_use]
    pub fn meets(&self, other: &Hold) -> bool {
        self.until.is_none_or(|u| other.from <= u) && other.until.is_none_or(|u| self.from <= u)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn hold(from: i8, until: Option<i8>) -> Hold {
        let (manner, expires) = (Manner::Leased, None);
        let day = |d| date(2026, 1, d);
        Hold {
            item: ItemId(1),
            project: ProjectId(1),
            manner,
            from: day(from),
            until: until.map(day),
            expires,
        }
    }

    #[test]
    fn a_reservation_lapses_and_nothing_else_does() {
        let kept = Hold { manner: Manner::Reserved, expires: Some(date(2026, 3, 31)), ..hold(1, None) };
        assert_eq!(kept.check(date(2026, 1, 1)), Ok(()));
        assert!(kept.counts(date(2026, 3, 31)) && !kept.counts(date(2026, 4, 1)));
        assert!(Hold { expires: None, ..kept.clone() }.check(date(2026, 1, 1)).is_err());
        assert!(kept.check(date(2026, 4, 1)).is_err(), "it would lapse before it begins to count");
        assert!(Hold { expires: Some(date(2026, 3, 31)), ..hold(1, None) }.check(date(2026, 1, 1)).is_err());
        assert!(hold(5, Some(4)).check(date(2026, 1, 1)).is_err());
    }

    proptest! {
        #[test]
        fn two_holds_meet_exactly_when_a_day_is_in_both(
            a in 1i8..28, la in prop::option::of(0i8..10), b in 1i8..28, lb in prop::option::of(0i8..10)
        ) {
            let (x, y) = (hold(a, la.map(|l| (a + l).min(28))), hold(b, lb.map(|l| (b + l).min(28))));
            let naive = (1..=31).any(|d| x.covers(date(2026, 1, d)) && y.covers(date(2026, 1, d)));
            prop_assert_eq!(x.meets(&y), naive);
            prop_assert_eq!(y.meets(&x), naive);
        }
    }
}
