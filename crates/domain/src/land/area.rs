//! Areas of land: read as registers write them, held in hundredths of a square metre, converted exactly.
//!
//! 1 亩 = 2000/3 m², 1 公顷 = 15 亩 = 10,000 m². A cadastral area has at most two decimals of a square metre, so that is what an [`Area`]
//! holds; only 亩 need rounding, and 亩 with four decimals come back as they were.

use super::fixed::{decimal, rounded};
use crate::{limits, money, text, words::words};
use serde::{Deserialize, Serialize};

words! {
    /// A unit of area.
    Unit "no unit of area" {
        /// m².
        SquareMetre = "square_metre", "㎡", "m²";
        /// 亩, 2000/3 m².
        Mu = "mu", "亩", "mu";
        /// 公顷, 10,000 m².
        Hectare = "hectare", "公顷", "ha";
        /// 平方公里, 1,000,000 m².
        SquareKilometre = "square_kilometre", "平方公里", "km²";
    }
}

impl Unit {
    /// Hundredths of a square metre in one, as numerator and denominator.
    fn hundredths(self) -> (u64, u64) {
        match self {
            Unit::SquareMetre => (100, 1),
            Unit::Mu => (200_000, 3),
            Unit::Hectare => (1_000_000, 1),
            Unit::SquareKilometre => (100_000_000, 1),
        }
    }

    /// Decimals that are written: all there can be, and four of a 亩 (0.07 m²).
    fn places(self) -> u32 {
        match self {
            Unit::SquareMetre => 2,
            Unit::Mu => 4,
            Unit::Hectare => 6,
            Unit::SquareKilometre => 8,
        }
    }
}

/// What a bare number counts, from its heading such as `用地面积（亩）` or `建筑面积(万㎡)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// 1, 1,000 (千) or 10,000 (万).
    pub scale: u64,
    /// Of this unit.
    pub unit: Unit,
}

/// An area of land or floor, 0.01 m² exact, never below zero and never larger than [`limits::AREA_HUNDREDTHS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "i64", into = "i64")]
pub struct Area(i64);

/// Why a text is no area; it keeps what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AreaFault {
    /// No number at its start, or something strange behind it.
    Form(String),
    /// A number without a unit, in the cell or in the heading.
    NoUnit(String),
    /// Two amounts in one cell, such as `60亩(40000㎡)`.
    Two(String),
    /// Below zero.
    Negative(String),
    /// Larger than a country.
    TooLarge(String),
}

impl AreaFault {
    /// What was read and what to do, in Chinese and English.
    #[must_use]
    pub fn texts(&self) -> (String, String) {
        let (read, zh, en) = match self {
            AreaFault::Form(read) => (
                read,
                "不是面积：请写成“60亩”“4.0021公顷”或“40,021.35㎡”",
                "is no area: write 60亩, 4.0021公顷 or 40,021.35㎡",
            ),
            AreaFault::NoUnit(read) => (
                read,
                "没有单位：请在数字后或表头写明㎡、亩或公顷",
                "has no unit: write m², mu (亩) or ha behind the number or in the heading",
            ),
            AreaFault::Two(read) => (read, "含有两个面积：请只保留一个", "holds two areas: keep one of them"),
            AreaFault::Negative(read) => {
                (read, "小于零：面积不能为负，请核对", "is below zero: no area is; check it")
            }
            AreaFault::TooLarge(read) => {
                (read, "过大：请核对单位（亩、㎡还是公顷）", "is too large: check the unit (mu, m² or ha)")
            }
        };
        (format!("“{read}”{zh}"), format!("`{read}` {en}"))
    }
}

impl Area {
    /// No land.
    pub const ZERO: Area = Area(0);

    /// From hundredths of a square metre; `None` below zero or above the limit.
    #[must_use]
    pub fn from_hundredths(hundredths: i64) -> Option<Area> {
        (0..=limits::AREA_HUNDREDTHS).contains(&hundredths).then_some(Area(hundredths))
    }

    /// From whole square metres; `None` below zero or above the limit.
    #[must_use]
    pub fn from_square_metres(square_metres: i64) -> Option<Area> {
        Area::from_hundredths(square_metres.checked_mul(100)?)
    }

    /// From a whole number of 亩, rounded to 0.01 m²; `None` below zero or above the limit.
    #[must_use]
    pub fn from_mu(mu: i64) -> Option<Area> {
        let hundredths = rounded(i128::from(mu) * 200_000, 3)?;
        Area::from_hundredths(i64::try_from(hundredths).ok()?)
    }

    /// Reads an area; `None` when the text says "nothing".
    ///
    /// `60亩`, `4.0021公顷`, `40,021.35㎡`, `4.2万平方米`, `0.3平方公里`, or a bare number that counts what the heading says; a bare zero
    /// needs no unit. The decimal is exact; below 0.01 m² it is rounded half up.
    ///
    /// # Errors
    /// [`AreaFault`], with what was read.
    pub fn parse(input: &str, heading: Option<Counted>) -> Result<Option<Area>, AreaFault> {
        if text::is_blank(input) {
            return Ok(None);
        }
        let read = || input.trim().chars().take(limits::LINE_CHARS).collect::<String>();
        let folded = folded(input);
        let end = folded
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-'))
            .unwrap_or(folded.len());
        let (number, word) = folded.split_at(end);
        let zero = !number.is_empty() && number.chars().all(|c| matches!(c, '0' | '.'));
        let counted = match counted(word) {
            Some(counted) => counted,
            None if !word.is_empty() && word.contains(|c: char| c.is_ascii_digit()) => {
                return Err(if number.is_empty() { AreaFault::Form(read()) } else { AreaFault::Two(read()) });
            }
            None if !word.is_empty() => return Err(AreaFault::Form(read())),
            None if zero => Counted { scale: 1, unit: Unit::SquareMetre },
            None => heading.ok_or_else(|| AreaFault::NoUnit(read()))?,
        };
        let (numerator, denominator) = counted.unit.hundredths();
        let hundredths = money::scaled(number, numerator.saturating_mul(counted.scale), denominator)
            .map_err(|fault| match fault {
                money::MoneyFault::Negative => AreaFault::Negative(read()),
                money::MoneyFault::TooLarge => AreaFault::TooLarge(read()),
                _ => AreaFault::Form(read()),
            })?;
        Area::from_hundredths(hundredths).map(Some).ok_or_else(|| AreaFault::TooLarge(read()))
    }

    /// What a heading says that bare numbers count; `None` when it says nothing.
    #[must_use]
    pub fn heading(heading: &str) -> Option<Counted> {
        let folded = folded(heading);
        let (_, inner) = folded.rsplit_once(['(', '_', '/', ':', '-'])?;
        counted(inner.trim_end_matches(')').trim_start_matches("单位"))
    }

    /// Hundredths of a square metre.
    #[must_use]
    pub fn hundredths(self) -> i64 {
        self.0
    }

    /// Whole square metres, rounded half up.
    #[must_use]
    pub fn square_metres(self) -> i64 {
        (self.0 + 50) / 100
    }

    /// Written in a unit: exact in m², 公顷 and 平方公里, four decimals of a 亩.
    #[must_use]
    pub fn text(self, unit: Unit) -> String {
        format!("{}{}", self.number(unit), unit.names().0)
    }

    /// The number alone, for a cell under a heading with the unit.
    #[must_use]
    pub fn number(self, unit: Unit) -> String {
        let (one, parts) = unit.hundredths();
        let scale = 10i128.pow(unit.places()) * i128::from(parts);
        decimal(rounded(i128::from(self.0) * scale, i128::from(one)).unwrap_or_default(), unit.places())
    }

    /// The sum; `None` above the limit.
    #[must_use]
    pub fn plus(self, other: Area) -> Option<Area> {
        Area::from_hundredths(self.0.checked_add(other.0)?)
    }

    /// What is left; `None` when `other` is larger.
    #[must_use]
    pub fn minus(self, other: Area) -> Option<Area> {
        Area::from_hundredths(self.0.checked_sub(other.0)?)
    }

    /// The sum of all; one above the limit stays at the limit.
    #[must_use]
    pub fn total(areas: impl IntoIterator<Item = Area>) -> Area {
        areas
            .into_iter()
            .fold(Area::ZERO, |sum, area| sum.plus(area).unwrap_or(Area(limits::AREA_HUNDREDTHS)))
    }
}

impl TryFrom<i64> for Area {
    type Error = String;
    fn try_from(hundredths: i64) -> Result<Area, String> {
        Area::from_hundredths(hundredths)
            .ok_or_else(|| format!("{hundredths} hundredths of a square metre are no area"))
    }
}

impl From<Area> for i64 {
    fn from(area: Area) -> i64 {
        area.0
    }
}

/// Words for units; where one begins another, the longer stands first.
const WORDS: &[(&str, Unit)] = &[
    ("平方公里", Unit::SquareKilometre),
    ("平方千米", Unit::SquareKilometre),
    ("km2", Unit::SquareKilometre),
    ("平方米", Unit::SquareMetre),
    ("平米", Unit::SquareMetre),
    ("m2", Unit::SquareMetre),
    ("公顷", Unit::Hectare),
    ("hm2", Unit::Hectare),
    ("ha", Unit::Hectare),
    ("亩", Unit::Mu),
    ("mu", Unit::Mu),
];

fn folded(input: &str) -> String {
    text::squeeze(input).to_lowercase().replace('㎡', "m2").replace('㎢', "km2").replace('²', "2")
}

/// `万平方米` as 10,000 m²; `None` unless all of the word is known.
fn counted(word: &str) -> Option<Counted> {
    let (scale, word) = match (word.strip_prefix('万'), word.strip_prefix('千')) {
        (Some(rest), _) => (10_000, rest),
        (_, Some(rest)) => (1_000, rest),
        _ => (1, word),
    };
    WORDS.iter().find(|(known, _)| *known == word).map(|(_, unit)| Counted { scale, unit: *unit })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn area(text: &str) -> Area {
        Area::parse(text, None).unwrap().unwrap()
    }

    #[test]
    fn reads_what_registers_write() {
        for (text, hundredths) in [
            ("60亩", 4_000_000),
            ("６０ 亩", 4_000_000),
            ("1亩", 66_667),
            ("4.0021公顷", 4_002_100),
            ("40,021.35㎡", 4_002_135),
            ("40021.35 m²", 4_002_135),
            ("4.2万㎡", 4_200_000),
            ("4.2万平方米", 4_200_000),
            ("1千㎡", 100_000),
            ("0.3平方公里", 30_000_000),
            ("1.5 Ha", 1_500_000),
            ("0", 0),
            ("0.005㎡", 1),
            ("0.0049㎡", 0),
        ] {
            assert_eq!(area(text).hundredths(), hundredths, "{text}");
        }
        assert_eq!(Area::parse("暂无", None), Ok(None));
    }

    #[test]
    fn a_bare_number_counts_what_the_heading_says() {
        let under = |heading: &str, cell: &str| Area::parse(cell, Area::heading(heading));
        assert_eq!(under("用地面积（亩）", "60"), Ok(Some(area("60亩"))));
        assert_eq!(under("建筑面积(万㎡)", "4.2"), Ok(Some(area("42000㎡"))));
        assert_eq!(under("面积（单位:公顷）", "4"), Ok(Some(area("60亩"))));
        assert_eq!(under("用地面积（亩）", "40000㎡"), Ok(Some(area("60亩"))), "the cell's own unit counts");
        assert_eq!(under("用地面积", "60"), Err(AreaFault::NoUnit("60".into())));
    }

    #[test]
    fn a_fault_says_what_was_read_and_what_to_do() {
        let fault = |text: &str| Area::parse(text, None).unwrap_err();
        assert_eq!(fault("60亩(40000㎡)"), AreaFault::Two("60亩(40000㎡)".into()));
        assert_eq!(fault("约60亩"), AreaFault::Form("约60亩".into()));
        assert_eq!(fault("60余亩"), AreaFault::Form("60余亩".into()));
        assert_eq!(fault("1,00亩"), AreaFault::Form("1,00亩".into()));
        assert_eq!(fault("-5亩"), AreaFault::Negative("-5亩".into()));
        assert_eq!(fault("99999999999亩"), AreaFault::TooLarge("99999999999亩".into()));
        let (zh, en) = fault("60").texts();
        assert!(zh.contains("“60”") && zh.contains("亩") && en.contains("`60`") && en.contains("unit"));
    }

    #[test]
    fn writes_each_unit() {
        let sixty = area("60亩");
        let all = Unit::ALL.iter().map(|unit| sixty.text(*unit)).collect::<Vec<_>>();
        assert_eq!(all, ["40000㎡", "60亩", "4公顷", "0.04平方公里"]);
        assert_eq!(area("40,021.35㎡").text(Unit::Mu), "60.032亩");
        assert_eq!(area("1㎡").text(Unit::Mu), "0.0015亩");
        let three = Area::total([sixty, area("1公顷"), area("0.01㎡")]);
        assert_eq!(three.text(Unit::SquareMetre), "50000.01㎡");
        assert_eq!((sixty.minus(three), three.minus(sixty)), (None, Some(area("10000.01㎡"))));
        assert!(serde_json::from_str::<Area>("-1").is_err());
    }

    proptest! {
        /// 0.0001 亩 are 0.067 m², more than the 0.01 m² that is held.
        #[test]
        fn mu_of_four_decimals_come_back(ten_thousandths in 0i64..100_000_000_000) {
            let text = format!("{}.{:04}亩", ten_thousandths / 10_000, ten_thousandths % 10_000);
            let held = area(&text);
            prop_assert_eq!(area(&held.text(Unit::Mu)), held);
            let digits = decimal(i128::from(ten_thousandths), 4);
            prop_assert_eq!(held.number(Unit::Mu), digits);
        }

        #[test]
        fn square_metres_and_hectares_come_back(hundredths in 0i64..=limits::AREA_HUNDREDTHS) {
            let held = Area::from_hundredths(hundredths).unwrap();
            for unit in [Unit::SquareMetre, Unit::Hectare, Unit::SquareKilometre] {
                prop_assert_eq!(Area::parse(&held.text(unit), None), Ok(Some(held)));
            }
        }

        #[test]
        fn never_panics(text in "[0-9.,万亩公顷㎡()-]{0,20}|\\PC{0,20}") {
            let _ = Area::parse(&text, Area::heading(&text));
        }
    }
}
