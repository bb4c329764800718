//! Exact numbers of policies. A share such as research spending over revenue stays a fraction until it is shown, so that 4.9999999%
//! never passes for 5%.

use crate::land::fixed::{Fixed, decimal};
use std::cmp::Ordering;

/// Decimals that a number may be written with.
pub const PLACES: u32 = 6;

/// Digits that a number may be written with before the point.
pub const WHOLE_DIGITS: usize = 15;

/// An exact fraction; what leaves the range of 128 bits is `None`, never a wrong number.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    top: i128,
    /// Above zero.
    bottom: i128,
}

/// Which way a number is rounded when it is shown or paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Towards less.
    Down,
    /// Towards more.
    Up,
}

impl Number {
    /// A whole number.
    #[must_use]
    pub fn whole(number: i64) -> Number {
        Number { top: number.into(), bottom: 1 }
    }

    /// Reads digits with at most six decimals, without a sign: `0.05`, `30000000`; `None` for anything else.
    #[must_use]
    pub fn read(text: &str) -> Option<Number> {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(rest) || whole.len() > WHOLE_DIGITS || rest.len() > PLACES as usize {
            return None;
        }
        let rest = rest.trim_end_matches('0');
        let bottom = 10i128.pow(u32::try_from(rest.len()).ok()?);
        let low = if rest.is_empty() { 0 } else { rest.parse::<i128>().ok()? };
        Some(Number { top: whole.parse::<i128>().ok()? * bottom + low, bottom })
    }

    /// The sum.
    #[must_use]
    pub fn plus(self, other: Number) -> Option<Number> {
        self.exactly(other, |a, b| {
            if a.bottom == b.bottom {
                return Number::new(a.top.checked_add(b.top)?, a.bottom);
            }
            let top = a.top.checked_mul(b.bottom)?.checked_add(b.top.checked_mul(a.bottom)?)?;
            Number::new(top, a.bottom.checked_mul(b.bottom)?)
        })
    }

    /// The difference.
    #[must_use]
    pub fn minus(self, other: Number) -> Option<Number> {
        self.plus(other.negative()?)
    }

    /// The product.
    #[must_use]
    pub fn times(self, other: Number) -> Option<Number> {
        self.exactly(other, |a, b| Number::new(a.top.checked_mul(b.top)?, a.bottom.checked_mul(b.bottom)?))
    }

    /// The quotient; `None` also when `other` is zero.
    #[must_use]
    pub fn over(self, other: Number) -> Option<Number> {
        self.exactly(other, |a, b| Number::new(a.top.checked_mul(b.bottom)?, a.bottom.checked_mul(b.top)?))
    }

    /// The same size below zero.
    #[must_use]
    pub fn negative(self) -> Option<Number> {
        Some(Number { top: self.top.checked_neg()?, bottom: self.bottom })
    }

    /// As a whole number, for instance of yuan; `None` when it is too large to hold.
    #[must_use]
    pub fn rounded(self, way: Rounding) -> Option<i64> {
        i64::try_from(self.at(0, way)?).ok()
    }

    /// With at most `places` decimals, rounded so, without trailing zeros; `…` when it cannot be held.
    #[must_use]
    pub fn text(self, places: u32, way: Rounding) -> String {
        self.at(places, way).map_or_else(|| "…".into(), |scaled| decimal(scaled, places))
    }

    /// Whether `places` decimals show it whole.
    #[must_use]
    pub fn fits(self, places: u32) -> bool {
        self.at(places, Rounding::Down) == self.at(places, Rounding::Up)
    }

    fn at(self, places: u32, way: Rounding) -> Option<i128> {
        let unit = 10i128.pow(places.min(30));
        let scaled = |n: Number| n.top.checked_mul(unit).map(|top| (top, n.bottom));
        let (top, bottom) = scaled(self).or_else(|| scaled(self.reduced()))?;
        let down = top.div_euclid(bottom);
        let up = i128::from(way == Rounding::Up && top.rem_euclid(bottom) != 0);
        down.checked_add(up)
    }

    fn new(top: i128, bottom: i128) -> Option<Number> {
        match bottom.cmp(&0) {
            Ordering::Greater => Some(Number { top, bottom }),
            Ordering::Less => Some(Number { top: top.checked_neg()?, bottom: bottom.checked_neg()? }),
            Ordering::Equal => None,
        }
    }

    /// Does it as the fractions stand; where that is too large, again in lowest terms.
    fn exactly(self, other: Number, what: impl Fn(Number, Number) -> Option<Number>) -> Option<Number> {
        what(self, other).or_else(|| what(self.reduced(), other.reduced()))
    }

    fn reduced(self) -> Number {
        let (mut a, mut b) = (self.top.unsigned_abs(), self.bottom.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        match i128::try_from(a) {
            Ok(common) if common > 1 => Number { top: self.top / common, bottom: self.bottom / common },
            _ => self,
        }
    }
}

impl From<Fixed> for Number {
    fn from(fixed: Fixed) -> Number {
        Number { top: fixed.millionths().into(), bottom: 1_000_000 }
    }
}

impl Ord for Number {
    /// Exact for any two, also where the cross products are too large: whole parts first, then the remainders turned over.
    fn cmp(&self, other: &Number) -> Ordering {
        if self.bottom == other.bottom {
            return self.top.cmp(&other.top);
        }
        if let (Some(a), Some(b)) = (self.top.checked_mul(other.bottom), other.top.checked_mul(self.bottom)) {
            return a.cmp(&b);
        }
        let (mut a, mut b) = (*self, *other);
        let mut turned = false;
        loop {
            let whole = a.top.div_euclid(a.bottom).cmp(&b.top.div_euclid(b.bottom));
            let rests = (a.top.rem_euclid(a.bottom), b.top.rem_euclid(b.bottom));
            let order = match (whole, rests) {
                (Ordering::Equal, (0, 0)) => Ordering::Equal,
                (Ordering::Equal, (0, _)) => Ordering::Less,
                (Ordering::Equal, (_, 0)) => Ordering::Greater,
                (Ordering::Equal, (x, y)) => {
                    (a, b) = (Number { top: a.bottom, bottom: x }, Number { top: b.bottom, bottom: y });
                    turned = !turned;
                    continue;
                }
                (unequal, _) => unequal,
            };
            return if turned { order.reverse() } else { order };
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Number) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn n(text: &str) -> Number {
        Number::read(text).unwrap()
    }

    #[test]
    fn a_share_a_hair_below_five_per_cent_is_below_it() {
        let share = n("4999999.999999").over(n("100000000")).unwrap();
        assert!(share < n("0.05"));
        assert_eq!(share.text(4, Rounding::Down), "0.0499");
        assert_eq!(n("5000000").over(n("100000000")), Some(n("0.05")));
    }

    #[test]
    fn what_cannot_be_held_is_nothing() {
        let large = n("999999999999999");
        let square = large.times(large).unwrap();
        assert_eq!(square.times(square), None);
        assert_eq!(large.over(Number::whole(0)), None);
        assert_eq!(square.rounded(Rounding::Down), None);
        for bad in ["", ".5", "5.", "1.1234567", "1e3", "-1", "1234567890123456", "１"] {
            assert!(Number::read(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn rounding_goes_the_way_that_is_asked_also_below_zero() {
        let third = n("10").over(n("3")).unwrap();
        assert_eq!((third.rounded(Rounding::Down), third.rounded(Rounding::Up)), (Some(3), Some(4)));
        let below = third.negative().unwrap();
        assert_eq!((below.rounded(Rounding::Down), below.rounded(Rounding::Up)), (Some(-4), Some(-3)));
        assert!(n("0.25").fits(2) && !n("0.125").fits(2));
        assert_eq!(n("0.50").text(6, Rounding::Down), "0.5");
    }

    proptest! {
        /// The comparison without cross products agrees with the one with them.
        #[test]
        fn turning_over_orders_as_crossing_does(a in any::<i64>(), b in 1i64.., c in any::<i64>(), d in 1i64..) {
            let small = |x: i64, y: i64| Number { top: x.into(), bottom: y.into() };
            // Blown up so far that the cross products do not fit.
            let large = |x: i64, y: i64| {
                let by = (1i128 << 63) - 1;
                Number { top: i128::from(x) * by, bottom: i128::from(y) * by }
            };
            let crossed = (i128::from(a) * i128::from(d)).cmp(&(i128::from(c) * i128::from(b)));
            prop_assert_eq!(small(a, b).cmp(&small(c, d)), crossed);
            prop_assert_eq!(large(a, b).cmp(&large(c, d)), crossed);
        }

        #[test]
        fn sums_and_products_undo_each_other(a in any::<i32>(), b in any::<i32>()) {
            let (a, b) = (Number::whole(a.into()), Number::whole(b.into()));
            prop_assert_eq!(a.plus(b).unwrap().minus(b), Some(a));
            if b != Number::whole(0) {
                prop_assert_eq!(a.times(b).unwrap().over(b), Some(a));
                prop_assert_eq!(a.over(b).unwrap().times(b), Some(a));
            }
        }
    }
}
