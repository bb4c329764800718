//! How a company is scored as a target (目标企业): levels, weights and a linear score whose every part can be shown.
//!
//! A company has a few *levels*, each 0 to 15, read off its record by the fixed buckets below. A weight says what level 15 of a feature is
//! worth. The score is linear in the levels and is counted in [`Points`] (ten-thousandths of one unit of weight):
//!
//! ```text
//! step(w)  = round(w × 10,000 / 15)                              points per level
//! score    = Σ over gaps  fit × (step(gap weight) + step(supply bonus))
//!          + near × step(region) + capital × step(capital) + insured × step(insured) + growth × step(growth)
//!          + 15 × step(maker) if it is a maker − 15 × step(risk) if it carries a risk flag
//! ```
//!
//! Integer points make the score the same whatever the order of the sum, the number of threads or the program that computes it.

use crate::company::{Company, Currency, Money, RegionCode, SignalKind, Status};
use crate::placement::Role;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Ten-thousandths of one unit of weight.
pub type Points = i32;

/// The highest level of every feature.
pub const LEVEL_MAX: u8 = 15;

/// Largest sum of the absolute weights of one question, so that points never overflow.
pub const WEIGHT_SUM_MAX: f64 = 100_000.0;

/// What each feature is worth at its highest level; a zone edits them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Weights {
    /// Near the zone, or inside one of its footprints.
    pub region: f64,
    /// Registered capital.
    pub capital: f64,
    /// Insured staff.
    pub insured: f64,
    /// Recent signs of growth.
    pub growth: f64,
    /// Makes rather than trades or serves.
    pub maker: f64,
    /// Taken off when the company carries a risk flag.
    pub risk: f64,
}

impl Default for Weights {
    fn default() -> Weights {
        Weights { region: 0.5, capital: 0.3, insured: 0.2, growth: 0.4, maker: 0.2, risk: 0.5 }
    }
}

impl Weights {
    /// Sum of the absolute weights.
    #[must_use]
    pub fn sum(&self) -> f64 {
        [self.region, self.capital, self.insured, self.growth, self.maker, self.risk]
            .iter()
            .map(|w| w.abs())
            .sum()
    }
}

/// Points that one level of a feature with weight `weight` is worth.
#[must_use]
pub fn step(weight: f64) -> Points {
    (weight * 10_000.0 / f64::from(LEVEL_MAX)).round() as Points
}

/// What the score knows of a company besides its fit and its place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// [`capital_level`]
    pub capital: u8,
    /// [`insured_level`]
    pub insured: u8,
    /// [`growth_level`]
    pub growth: u8,
    /// The role its whole text speaks for.
    pub role: Role,
    /// [`has_risk`]
    pub risk: bool,
    /// [`is_inactive`]
    pub inactive: bool,
}

impl Features {
    /// Reads the levels off a company as of a day.
    #[must_use]
    pub fn of(company: &Company, role: Role, as_of: Date) -> Features {
        Features {
            capital: capital_level(company.capital),
            insured: insured_level(company.insured),
            growth: growth_level(company, as_of),
            role,
            risk: has_risk(company, as_of),
            inactive: is_inactive(company.status),
        }
    }

    /// Sixteen bits: capital, insured, growth (four bits each, lowest first), role (two bits), risk, inactive.
    #[must_use]
    pub fn pack(self) -> u16 {
        let role = match self.role {
            Role::Unknown => 0,
            Role::Service => 1,
            Role::Trader => 2,
            Role::Maker => 3,
        };
        u16::from(self.capital & 15)
            | u16::from(self.insured & 15) << 4
            | u16::from(self.growth & 15) << 8
            | role << 12
            | u16::from(self.risk) << 14
            | u16::from(self.inactive) << 15
    }

    /// The inverse of [`Features::pack`].
    #[must_use]
    pub fn unpack(bits: u16) -> Features {
        let level = |shift: u32| (bits >> shift & 15) as u8;
        let role = match bits >> 12 & 3 {
            0 => Role::Unknown,
            1 => Role::Service,
            2 => Role::Trader,
            _ => Role::Maker,
        };
        let (risk, inactive) = (bits >> 14 & 1 == 1, bits >> 15 == 1);
        Features { capital: level(0), insured: level(4), growth: level(8), role, risk, inactive }
    }
}

/// Lower bounds in yuan of capital levels 2 to 15 (level 1 is anything above zero).
pub const CAPITAL_BOUNDS: [i64; 14] = [
    100_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    50_000_000,
    100_000_000,
    200_000_000,
    500_000_000,
    1_000_000_000,
    5_000_000_000,
    10_000_000_000,
];

/// The bucket of a registered capital; 0 when unknown.
///
/// Foreign capital is brought to the order of magnitude of yuan by a round factor. That is good enough for a bucket and is never shown as money.
#[must_use]
pub fn capital_level(capital: Option<Money>) -> u8 {
    let Some(money) = capital else { return 0 };
    let per_thousand: i64 = match money.currency {
        Currency::Cny => 1_000,
        Currency::Usd => 7_000,
        Currency::Hkd => 900,
        Currency::Eur => 8_000,
        Currency::Jpy => 50,
        Currency::Gbp => 9_000,
        Currency::Sgd | Currency::Cad | Currency::Aud => 5_000,
        Currency::Twd => 220,
        Currency::Krw => 5,
        Currency::Chf => 8_000,
    };
    let yuan = money.amount / 1_000 * per_thousand + money.amount % 1_000 * per_thousand / 1_000;
    bucket(yuan, &CAPITAL_BOUNDS)
}

/// Lower bounds in persons of insured-staff levels 2 to 15 (level 1 is anything above zero).
pub const INSURED_BOUNDS: [i64; 14] =
    [5, 10, 20, 35, 50, 75, 100, 200, 300, 500, 1_000, 2_000, 5_000, 10_000];

/// The bucket of the number of insured staff; 0 when unknown.
#[must_use]
pub fn insured_level(insured: Option<u32>) -> u8 {
    bucket(insured.map_or(0, i64::from), &INSURED_BOUNDS)
}

/// Recent signs of growth, added up and cut at 15.
///
/// Within a year before `as_of` an investment elsewhere, a new branch or a financing counts 4, a won tender 2, a patent 1. Half of that
/// (at least 1) up to three years back and when the file gives no date. Older signs and signs dated later than `as_of` count nothing.
#[must_use]
pub fn growth_level(company: &Company, as_of: Date) -> u8 {
    let total: u32 = company
        .signals
        .iter()
        .map(|signal| {
            let full = match signal.kind {
                SignalKind::Investment | SignalKind::Branch | SignalKind::Financing => 4,
                SignalKind::Tender => 2,
                SignalKind::Patent => 1,
                SignalKind::Risk => return 0,
            };
            match signal.date.map(|d| days_before(d, as_of)) {
                Some(0..=365) => full,
                Some(366..=1_096) | None => u32::max(full / 2, 1),
                Some(_) => 0,
            }
        })
        .sum();
    total.min(u32::from(LEVEL_MAX)) as u8
}

/// Whether a risk sign is undated or lies within the three years before `as_of`.
#[must_use]
pub fn has_risk(company: &Company, as_of: Date) -> bool {
    company.signals.iter().any(|s| {
        s.kind == SignalKind::Risk && s.date.is_none_or(|d| (0..=1_096).contains(&days_before(d, as_of)))
    })
}

/// Whether a company cannot be invited: dormant, revoked, deregistered or moved out.
#[must_use]
pub fn is_inactive(status: Status) -> bool {
    match status {
        Status::Dormant | Status::Revoked | Status::Deregistered | Status::MovedOut => true,
        Status::Active | Status::Unknown => false,
    }
}

/// How well a company fits a segment: its placement score (0 to 1, in which makers come first already) as a level of 1 to 15.
#[must_use]
pub fn fit_level(score: f32) -> u8 {
    let level = (score.clamp(0.0, 1.0) * f32::from(LEVEL_MAX)).round();
    (level as u8).clamp(1, LEVEL_MAX)
}

/// Segments on which a company still counts in full.
pub const FOCUS: usize = 3;

/// How much of its fit a company keeps when it stands on `segments` segments: all up to [`FOCUS`], then `FOCUS / segments`.
///
/// A scope that lists a whole catalogue would otherwise beat the specialist by filling many gaps a little: with this its
/// fits add up to no more than those of a company on [`FOCUS`] segments.
#[must_use]
pub fn focus(segments: usize) -> f32 {
    if segments <= FOCUS { 1.0 } else { FOCUS as f32 / segments as f32 }
}

/// How well a company fits a product that its file lists, by the role of its whole text: makers 15, unknown 11, services 8, traders 7.
#[must_use]
pub fn product_fit(role: Role) -> u8 {
    match role {
        Role::Maker => 15,
        Role::Unknown => 11,
        Role::Service => 8,
        Role::Trader => 7,
    }
}

/// Where a zone looks first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outlook {
    /// The city or district that the zone lies in.
    pub home: RegionCode,
    /// Divisions that the zone works in (offices, twin parks), each with its level; the longest code that covers a company counts.
    #[serde(default)]
    pub footprints: Vec<(RegionCode, u8)>,
}

/// Why a place has its level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nearness {
    /// Inside a footprint of the zone.
    Footprint(RegionCode),
    /// Same city.
    City,
    /// Same province.
    Province,
    /// A province that adjoins.
    Neighbour,
    /// Anywhere else.
    Elsewhere,
    /// The file gives no place.
    Unknown,
}

impl Outlook {
    /// Level 15 in the same city, 10 in the same province, 6 in one that adjoins, 2 elsewhere, 0 when unknown, unless a footprint says otherwise.
    #[must_use]
    pub fn level(&self, region: Option<RegionCode>) -> (u8, Nearness) {
        let Some(region) = region else { return (0, Nearness::Unknown) };
        let footprint =
            self.footprints.iter().filter(|(f, _)| covers(*f, region)).max_by_key(|(f, _)| specificity(*f));
        if let Some(&(code, level)) = footprint {
            return (level.min(LEVEL_MAX), Nearness::Footprint(code));
        }
        let (home, there) = (self.home.province().0 / 10_000, region.province().0 / 10_000);
        if covers(self.home.city(), region) {
            (15, Nearness::City)
        } else if home == there {
            (10, Nearness::Province)
        } else if adjoin(home, there) {
            (6, Nearness::Neighbour)
        } else {
            (2, Nearness::Elsewhere)
        }
    }
}

/// Whether division `outer` is `inner` or contains it.
#[must_use]
pub fn covers(outer: RegionCode, inner: RegionCode) -> bool {
    outer == inner || outer == inner.city() || outer == inner.province()
}

/// 0 for a province, 1 for a city, 2 for a district.
fn specificity(code: RegionCode) -> u8 {
    u8::from(code != code.province()) + u8::from(code != code.city())
}

/// Province-level divisions (first two digits of GB/T 2260) with those that share a land border; each pair once. Hainan adjoins Guangdong by the strait.
const BORDERS: [(u32, &[u32]); 31] = [
    (11, &[12, 13]),
    (12, &[13]),
    (13, &[14, 15, 21, 37, 41]),
    (14, &[15, 41, 61]),
    (15, &[21, 22, 23, 61, 62, 64]),
    (21, &[22]),
    (22, &[23]),
    (23, &[]),
    (31, &[32, 33]),
    (32, &[33, 34, 37]),
    (33, &[34, 35, 36]),
    (34, &[36, 37, 41, 42]),
    (35, &[36, 44]),
    (36, &[42, 43, 44]),
    (37, &[41]),
    (41, &[42, 61]),
    (42, &[43, 50, 61]),
    (43, &[44, 45, 50, 52]),
    (44, &[45, 46, 81, 82]),
    (45, &[52, 53]),
    (46, &[]),
    (50, &[51, 52, 61]),
    (51, &[52, 53, 54, 61, 62, 63]),
    (52, &[53]),
    (53, &[54]),
    (54, &[63, 65]),
    (61, &[62, 64]),
    (62, &[63, 64, 65]),
    (63, &[65]),
    (64, &[]),
    (65, &[]),
];

fn adjoin(a: u32, b: u32) -> bool {
    BORDERS.iter().any(|(p, others)| (*p == a && others.contains(&b)) || (*p == b && others.contains(&a)))
}

fn bucket(value: i64, bounds: &[i64; 14]) -> u8 {
    if value <= 0 {
        return 0;
    }
    1 + bounds.partition_point(|&b| b <= value) as u8
}

fn days_before(day: Date, as_of: Date) -> i32 {
    (as_of - day).get_days()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::Signal;
    use jiff::civil::date;

    fn yuan(amount: i64) -> Option<Money> {
        Some(Money { amount, currency: Currency::Cny })
    }

    #[test]
    fn buckets_are_inclusive_at_their_lower_bound() {
        assert_eq!(capital_level(None), 0);
        assert_eq!(capital_level(yuan(0)), 0);
        assert_eq!(capital_level(yuan(1)), 1);
        assert_eq!(capital_level(yuan(99_999)), 1);
        assert_eq!(capital_level(yuan(100_000)), 2);
        assert_eq!(capital_level(yuan(100_000_000)), 10);
        assert_eq!(capital_level(yuan(i64::MAX)), 15);
        assert_eq!(capital_level(Some(Money { amount: 10_000_000, currency: Currency::Usd })), 9);
        assert_eq!(insured_level(Some(4)), 1);
        assert_eq!(insured_level(Some(5)), 2);
        assert_eq!(insured_level(Some(10_000)), 15);
    }

    #[test]
    fn growth_fades_and_later_signs_do_not_count() {
        let as_of = date(2026, 11, 1);
        let sign = |kind, date| Signal { kind, date, text: String::new(), source: String::new() };
        let level = |signals| growth_level(&Company { signals, ..Company::default() }, as_of);
        assert_eq!(level(vec![sign(SignalKind::Investment, Some(date(2026, 1, 1)))]), 4);
        assert_eq!(level(vec![sign(SignalKind::Investment, Some(date(2024, 1, 1)))]), 2);
        assert_eq!(level(vec![sign(SignalKind::Investment, Some(date(2020, 1, 1)))]), 0);
        assert_eq!(level(vec![sign(SignalKind::Investment, Some(date(2026, 11, 2)))]), 0);
        assert_eq!(level(vec![sign(SignalKind::Patent, None)]), 1);
        assert_eq!(level(vec![sign(SignalKind::Branch, Some(as_of)); 5]), 15);
    }

    #[test]
    fn features_survive_packing() {
        for bits in 0..=u16::MAX {
            assert_eq!(Features::unpack(bits).pack(), bits);
        }
    }

    #[test]
    fn nearness_follows_footprint_city_province_border() {
        let mut outlook = Outlook { home: RegionCode(321_112), footprints: vec![] };
        let level = |o: &Outlook, code| o.level(Some(RegionCode(code)));
        assert_eq!(level(&outlook, 321_181), (15, Nearness::City));
        assert_eq!(level(&outlook, 320_500), (10, Nearness::Province));
        assert_eq!(level(&outlook, 340_100), (6, Nearness::Neighbour));
        assert_eq!(level(&outlook, 440_300), (2, Nearness::Elsewhere));
        assert_eq!(outlook.level(None), (0, Nearness::Unknown));
        outlook.footprints = vec![(RegionCode(440_000), 8), (RegionCode(440_300), 12)];
        assert_eq!(level(&outlook, 440_305), (12, Nearness::Footprint(RegionCode(440_300))));
        assert_eq!(level(&outlook, 440_100), (8, Nearness::Footprint(RegionCode(440_000))));
    }

    #[test]
    fn a_catalogue_adds_up_to_no_more_than_a_specialist() {
        assert_eq!([1, 3, 6].map(focus), [1.0, 1.0, 0.5]);
        for n in FOCUS..40 {
            assert!((focus(n) * n as f32 - FOCUS as f32).abs() < 1e-4);
        }
    }

    #[test]
    fn fit_levels_cover_the_scores() {
        assert_eq!([0.0, 0.1, 0.5, 0.97, 1.0, f32::NAN].map(fit_level), [1, 2, 8, 15, 15, 1]);
        assert!(product_fit(Role::Maker) > product_fit(Role::Unknown));
        assert!(product_fit(Role::Unknown) > product_fit(Role::Trader));
    }

    #[test]
    fn a_full_level_is_worth_its_weight_within_rounding() {
        for weight in [0.0, 0.2, 0.3, 0.5, 1.0, 7.25] {
            let points = f64::from(step(weight)) * 15.0;
            assert!((points - weight * 10_000.0).abs() <= 7.5, "{weight}: {points}");
        }
    }
}
