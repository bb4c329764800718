//! Exact decimals of six places: figures per 亩, ratios and points of an evaluation. Nothing here is a float, so that two machines, and
//! two orders of the same firms, give the same rank.

use crate::money;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Millionths in one.
const ONE: i128 = 1_000_000;

/// A decimal of six places, held in millionths; rounding is half away from zero and happens where a method says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fixed(i64);

impl Fixed {
    /// Nothing.
    pub const ZERO: Fixed = Fixed(0);

    /// From millionths.
    #[must_use]
    pub fn from_millionths(millionths: i64) -> Fixed {
        Fixed(millionths)
    }

    /// A whole number; one that is too large is the largest.
    #[must_use]
    pub fn whole(number: i64) -> Fixed {
        Fixed(narrow(i128::from(number).saturating_mul(ONE)))
    }

    /// `numerator`/`denominator`, rounded to six places. `None` when the denominator is 0 or the result too large.
    #[must_use]
    pub fn ratio(numerator: i128, denominator: i128) -> Option<Fixed> {
        let scaled = numerator.checked_mul(ONE)?;
        i64::try_from(rounded(scaled, denominator)?).ok().map(Fixed)
    }

    /// Millionths.
    #[must_use]
    pub fn millionths(self) -> i64 {
        self.0
    }

    /// `self` × `by` ÷ `over`, rounded once to six places. `None` when `over` is 0 or the result too large.
    #[must_use]
    pub fn times_over(self, by: Fixed, over: Fixed) -> Option<Fixed> {
        let product = i128::from(self.0).checked_mul(i128::from(by.0))?;
        i64::try_from(rounded(product, i128::from(over.0))?).ok().map(Fixed)
    }

    /// The sum; one that is too large stays at the largest.
    #[must_use]
    pub fn plus(self, other: Fixed) -> Fixed {
        Fixed(self.0.saturating_add(other.0))
    }

    /// With `places` decimals (six at most), rounded, without trailing zeros: `24.097`.
    #[must_use]
    pub fn text(self, places: u32) -> String {
        let places = places.min(6);
        let unit = 10i128.pow(6 - places);
        decimal(rounded(i128::from(self.0), unit).unwrap_or_default(), places)
    }
}

impl fmt::Display for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(6))
    }
}

impl std::str::FromStr for Fixed {
    type Err = String;
    /// # Errors
    /// What was read and what to write. More than six decimals are refused, because they would be lost.
    fn from_str(input: &str) -> Result<Fixed, String> {
        let (negative, digits) = input.strip_prefix('-').map_or((false, input), |rest| (true, rest));
        let fault = || format!("`{input}` is not a decimal of at most six places, such as 24.097");
        let places = digits.split_once('.').map_or(0, |(_, rest)| rest.len());
        if places > 6 {
            return Err(fault());
        }
        let millionths = money::scaled(digits, 1_000_000, 1).map_err(|_| fault())?;
        Ok(Fixed(if negative { -millionths } else { millionths }))
    }
}

impl TryFrom<String> for Fixed {
    type Error = String;
    fn try_from(text: String) -> Result<Fixed, String> {
        text.parse()
    }
}

impl From<Fixed> for String {
    fn from(fixed: Fixed) -> String {
        fixed.to_string()
    }
}

/// `numerator`/`denominator` as a whole number, half away from zero; `None` when that cannot be.
pub(super) fn rounded(numerator: i128, denominator: i128) -> Option<i128> {
    if denominator == 0 {
        return None;
    }
    let (n, d) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let up = u128::from(n % d >= d.div_ceil(2) && d > 1);
    let size = i128::try_from((n / d).checked_add(up)?).ok()?;
    Some(if (numerator < 0) == (denominator < 0) { size } else { -size })
}

/// `value` × 10^-`places` without trailing zeros.
pub(crate) fn decimal(value: i128, places: u32) -> String {
    let unit = 10u128.pow(places.min(30));
    let (sign, n) = (if value < 0 { "-" } else { "" }, value.unsigned_abs());
    let rest = format!("{:0width$}", n % unit, width = places as usize);
    let rest = if places == 0 { "" } else { rest.trim_end_matches('0') };
    if rest.is_empty() { format!("{sign}{}", n / unit) } else { format!("{sign}{}.{rest}", n / unit) }
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounds_half_away_from_zero_and_only_there() {
        assert_eq!(Fixed::ratio(1, 3), Some(Fixed(333_333)));
        assert_eq!(Fixed::ratio(2, 3), Some(Fixed(666_667)));
        assert_eq!(Fixed::ratio(-2, 3), Some(Fixed(-666_667)));
        assert_eq!(Fixed::ratio(1, 0), None);
        assert_eq!(Fixed::ratio(i128::MAX, 1), None);
        let third: Fixed = "0.5".parse().unwrap();
        assert_eq!(third.times_over(Fixed::whole(30), Fixed::whole(7)), Some(Fixed(2_142_857)));
        assert_eq!(Fixed(1_250_000).text(1), "1.3");
        assert_eq!(Fixed(-5).text(6), "-0.000005");
    }

    #[test]
    fn refuses_what_it_cannot_hold() {
        for bad in ["", "1.2345678", "abc", "--1", "1e3", "99999999999999999999"] {
            assert!(bad.parse::<Fixed>().unwrap_err().contains(bad), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(millionths in any::<i64>()) {
            prop_assume!(millionths != i64::MIN);
            prop_assert_eq!(Fixed(millionths).to_string().parse::<Fixed>(), Ok(Fixed(millionths)));
        }

        #[test]
        fn one_rounding_is_within_half_a_millionth(n in -1_000_000_000i128..1_000_000_000, d in 1i128..1_000_000) {
            let got = i128::from(Fixed::ratio(n, d).unwrap().0);
            prop_assert!((got * d - n * ONE).abs() * 2 <= d);
        }
    }
}
