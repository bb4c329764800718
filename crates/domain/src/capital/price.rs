//! What a share costs, how many there are, and which part of a whole they are: integers and exact fractions.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Yuan a share in 1/10,000 yuan: 毫, of which 10 are a 厘, 100 a 分 and 10,000 a 元. Prices of unlisted shares
/// are agreed to four places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Price(pub i64);

/// 毫 of a yuan.
const HAO: i128 = 10_000;

impl Price {
    /// So many whole yuan a share.
    #[must_use]
    pub fn of_yuan(yuan: i64) -> Price {
        Price(yuan.saturating_mul(10_000))
    }

    /// The price at which `shares` are worth `yuan`, rounded half up to 毫; `None` without shares, below zero,
    /// or when it rounds to nothing.
    #[must_use]
    pub fn of(yuan: i64, shares: Shares) -> Option<Price> {
        ratio(i128::from(yuan) * HAO, i128::from(shares.0)).map(Price).filter(|p| p.0 > 0)
    }

    /// What `shares` cost, whole yuan, rounded half up; `None` below zero or when it is more than an amount
    /// can hold.
    #[must_use]
    pub fn cost(self, shares: Shares) -> Option<i64> {
        ratio(i128::from(self.0) * i128::from(shares.0), HAO)
    }

    /// The most whole shares that cost no more than `yuan`, never below zero; `None` at a price that is not
    /// above zero.
    #[must_use]
    pub fn affordable(self, yuan: i64) -> Option<Shares> {
        let shares = (i128::from(yuan.max(0)) * HAO).checked_div(i128::from(self.0.max(0)))?;
        Some(Shares(i64::try_from(shares).unwrap_or(i64::MAX)))
    }

    /// The price times `hundredths` ÷ 100 (last round × 0.80), rounded half up to 毫.
    #[must_use]
    pub fn times(self, hundredths: i64) -> Option<Price> {
        ratio(i128::from(self.0) * i128::from(hundredths), 100).map(Price)
    }
}

impl fmt::Display for Price {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (sign, hao) = (if self.0 < 0 { "-" } else { "" }, self.0.unsigned_abs());
        let text = format!("{sign}{}.{:04}", hao / 10_000, hao % 10_000);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

/// A number of shares. A company without shares (有限责任公司) counts yuan of registered capital.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Shares(pub i64);

impl Shares {
    /// The sum; what is more than a number can hold stays at its end.
    #[must_use]
    pub fn plus(self, other: Shares) -> Shares {
        Shares(self.0.saturating_add(other.0))
    }

    /// What is left after `other`, never below zero.
    #[must_use]
    pub fn less(self, other: Shares) -> Shares {
        Shares(self.0.saturating_sub(other.0).max(0))
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// An exact part of a whole, such as 1,200 of 9,000 shares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    of: i64,
    whole: i64,
}

impl Part {
    /// `None` when there is no whole, or the part is below zero.
    #[must_use]
    pub fn new(of: Shares, whole: Shares) -> Option<Part> {
        (whole.0 > 0 && of.0 >= 0).then_some(Part { of: of.0, whole: whole.0 })
    }

    /// Numerator and denominator as they were given.
    #[must_use]
    pub fn exact(self) -> (i64, i64) {
        (self.of, self.whole)
    }

    /// Parts of a million, rounded half up, for display; rounded parts need not sum to a million.
    #[must_use]
    pub fn ppm(self) -> i64 {
        ratio(i128::from(self.of) * 1_000_000, i128::from(self.whole)).unwrap_or(i64::MAX)
    }

    /// Hundredths of a percent (基点), rounded half up, for display.
    #[must_use]
    pub fn basis_points(self) -> i64 {
        ratio(i128::from(self.of) * 10_000, i128::from(self.whole)).unwrap_or(i64::MAX)
    }

    /// Compares two parts exactly.
    #[must_use]
    pub fn compare(self, other: Part) -> std::cmp::Ordering {
        let left = i128::from(self.of) * i128::from(other.whole);
        left.cmp(&(i128::from(other.of) * i128::from(self.whole)))
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bp = self.basis_points();
        write!(f, "{}.{:02}%", bp / 100, bp % 100)
    }
}

/// The quotient of two numbers that are not negative, rounded half up; `None` otherwise, or when it does not
/// fit.
pub(super) fn ratio(number: i128, over: i128) -> Option<i64> {
    if number < 0 || over <= 0 {
        return None;
    }
    let doubled = number.checked_mul(2)?.checked_add(over)?;
    i64::try_from(doubled / over.checked_mul(2)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn prices_are_exact_to_four_places() {
        assert_eq!(Price(123_456).to_string(), "12.3456");
        assert_eq!(Price::of_yuan(3).to_string(), "3");
        assert_eq!(Price(-5).to_string(), "-0.0005");
        assert_eq!(Price(123_456).cost(Shares(1_000_000)), Some(12_345_600));
        assert_eq!(Price(5_000).cost(Shares(1)), Some(1), "half a yuan is rounded up");
        assert_eq!(Price::of(100, Shares(3)), Some(Price(333_333)));
        assert_eq!(Price::of(1, Shares(1_000_000)), None, "less than half a 毫");
        assert_eq!(Price(333_333).affordable(100), Some(Shares(3)));
        assert_eq!(Price(0).affordable(100), None);
        assert_eq!(Price(100_000).times(85), Some(Price(85_000)));
        assert_eq!(Price(i64::MAX).cost(Shares(i64::MAX)), None);
        let part = Part::new(Shares(1), Shares(3)).unwrap();
        assert_eq!((part.ppm(), part.basis_points(), part.to_string()), (333_333, 3_333, "33.33%".into()));
    }

    proptest! {
        /// What is affordable costs no more (but for the rounding of half a yuan), and one share more costs
        /// more.
        #[test]
        fn affordable_is_the_most(hao in 1i64..10_000_000_000, yuan in 0i64..1_000_000_000_000) {
            let (price, budget) = (i128::from(hao), i128::from(yuan) * HAO);
            let shares = i128::from(Price(hao).affordable(yuan).unwrap().0);
            prop_assert!(shares * price <= budget && (shares + 1) * price > budget);
            prop_assert!(Price(hao).cost(Shares(i64::try_from(shares).unwrap())).unwrap() <= yuan);
        }
    }
}
