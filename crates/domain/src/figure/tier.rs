//! Sizes of projects (规模档次). What "亿元以上" means stands here and nowhere else: 100,000,000 yuan or more.

use serde::{Deserialize, Serialize};

/// 1亿元 in yuan. Every "以上" includes its bound: a project of exactly 1亿元 is "1亿元以上".
pub const YI: i64 = 100_000_000;

/// A size that definitions and reports name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Tier {
    /// Any size, and projects whose size is not known.
    #[default]
    #[serde(rename = "all")]
    All,
    /// 5000万元 or more, below 1亿元.
    #[serde(rename = "5000wan")]
    Wan5000,
    /// 1亿元 or more.
    #[serde(rename = "1yi")]
    Yi1,
    /// 5亿元 or more.
    #[serde(rename = "5yi")]
    Yi5,
    /// 10亿元 or more.
    #[serde(rename = "10yi")]
    Yi10,
    /// 30亿元 or more.
    #[serde(rename = "30yi")]
    Yi30,
}

impl Tier {
    /// Every tier, the smallest first.
    pub const ALL: [Tier; 6] = [Tier::All, Tier::Wan5000, Tier::Yi1, Tier::Yi5, Tier::Yi10, Tier::Yi30];
    /// The tiers that a report shows beside each other.
    pub const SHOWN: [Tier; 5] = [Tier::Wan5000, Tier::Yi1, Tier::Yi5, Tier::Yi10, Tier::Yi30];

    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Tier::All => "all",
            Tier::Wan5000 => "5000wan",
            Tier::Yi1 => "1yi",
            Tier::Yi5 => "5yi",
            Tier::Yi10 => "10yi",
            Tier::Yi30 => "30yi",
        }
    }

    /// The least amount in yuan, itself included.
    #[must_use]
    pub fn least(self) -> i64 {
        match self {
            Tier::All => i64::MIN,
            Tier::Wan5000 => YI / 2,
            Tier::Yi1 => YI,
            Tier::Yi5 => 5 * YI,
            Tier::Yi10 => 10 * YI,
            Tier::Yi30 => 30 * YI,
        }
    }

    /// The amount in yuan that it stays below, when it has an upper bound.
    #[must_use]
    pub fn below(self) -> Option<i64> {
        (self == Tier::Wan5000).then_some(YI)
    }

    /// Whether an amount in yuan is of this tier.
    #[must_use]
    pub fn holds(self, yuan: i64) -> bool {
        yuan >= self.least() && self.below().is_none_or(|bound| yuan < bound)
    }

    /// The highest tier that an amount is of: what a row of a list says.
    #[must_use]
    pub fn of(yuan: i64) -> Tier {
        Tier::ALL.into_iter().rev().find(|tier| tier.holds(yuan)).unwrap_or_default()
    }

    /// Chinese and English name, with the bound and whether it is included.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Tier::All => ("不限规模", "any size"),
            Tier::Wan5000 => ("5000万元（含）至1亿元（不含）", "50m CNY up to but not including 100m CNY"),
            Tier::Yi1 => ("1亿元及以上（含1亿元）", "100m CNY or more"),
            Tier::Yi5 => ("5亿元及以上（含5亿元）", "500m CNY or more"),
            Tier::Yi10 => ("10亿元及以上（含10亿元）", "1bn CNY or more"),
            Tier::Yi30 => ("30亿元及以上（含30亿元）", "3bn CNY or more"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fault 2 of the incumbent: one word, "亿元以上", with two meanings.
    #[test]
    fn fault_2_yiyuan_yishang_has_one_meaning_and_includes_its_bound() {
        assert!(!Tier::Yi1.holds(99_999_999));
        assert!(Tier::Yi1.holds(100_000_000));
        assert!(Tier::Yi1.holds(500_000_000), "not only up to 5亿元");
        assert!(Tier::Wan5000.holds(50_000_000) && Tier::Wan5000.holds(99_999_999));
        assert!(!Tier::Wan5000.holds(100_000_000) && !Tier::Wan5000.holds(49_999_999));
        assert!(Tier::Yi30.holds(30 * YI) && !Tier::Yi30.holds(30 * YI - 1));
        assert_eq!([0, YI / 2, YI, 30 * YI].map(Tier::of), [Tier::All, Tier::Wan5000, Tier::Yi1, Tier::Yi30]);
    }

    #[test]
    fn words_read_back() {
        for tier in Tier::ALL {
            let word: Tier = serde_json::from_str(&format!("\"{}\"", tier.as_str())).unwrap();
            assert_eq!(word, tier);
        }
    }
}
