//! Access figures: what a project makes of its land, held against the rules in force for its industry, its place and the day.
//!
//! A figure is an exact fraction; the verdict compares it with the threshold before anything is rounded, the figure shown is rounded
//! to six places.

pub mod rule;

use super::area::Area;
use super::fixed::Fixed;
use crate::access::Density;
use crate::company::{IndustryCode, RegionCode};
use crate::words::words;
use jiff::civil::Date;
use rule::{Controls, Indicator, Rule, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// What a figure is made of, so that a page can say what is missing.
    Input "no input of a control" {
        /// 项目总用地.
        Land = "land", "项目总用地面积", "land of the project";
        /// 固定资产投资.
        FixedInvestment = "fixed_investment", "固定资产投资", "fixed investment";
        /// 年税收.
        Tax = "tax", "年税收", "tax a year";
        /// 年产值.
        Output = "output", "年产值", "output a year";
        /// 年增加值.
        AddedValue = "added_value", "年增加值", "value added a year";
        /// 年综合能耗.
        Energy = "energy", "年综合能耗", "energy a year";
        /// 研发投入.
        Research = "research", "研发投入", "research spending";
        /// 建筑方案.
        Buildings = "buildings", "建筑方案（占地与各层面积、层高）", "buildings (footprint, floors, heights)";
        /// 办公生活用地.
        OfficeLand = "office_land", "行政办公及生活服务设施用地", "land for offices and living";
    }
}

words! {
    /// What a rule says of a project; later is worse.
    Verdict "no verdict" {
        /// Met.
        Met = "met", "符合", "met";
        /// Cannot be said.
        Unknown = "unknown", "缺数据，无法判断", "unknown";
        /// Missed.
        Missed = "missed", "不符合", "missed";
    }
}

/// A storey of a building.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Storey {
    /// Its floor.
    pub floor: Area,
    /// Floor to floor, centimetres.
    pub height_cm: u32,
}

/// A building.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Building {
    /// Land it stands on.
    pub footprint: Area,
    /// Its storeys.
    pub storeys: Vec<Storey>,
}

/// What is known of a project's use of land. A `None` is not a zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Site {
    /// GB/T 4754 class.
    pub industry: IndustryCode,
    /// Where it lies.
    pub region: RegionCode,
    /// Rule books that the zone has taken over.
    #[serde(default)]
    pub books: BTreeSet<String>,
    /// Land of the project.
    #[serde(default)]
    pub land: Option<Area>,
    /// Plant, equipment and the price of the land, yuan.
    #[serde(default)]
    pub fixed_investment: Option<i64>,
    /// Yuan a year.
    #[serde(default)]
    pub tax: Option<i64>,
    /// Yuan a year.
    #[serde(default)]
    pub output: Option<i64>,
    /// Yuan a year.
    #[serde(default)]
    pub added_value: Option<i64>,
    /// Yuan a year.
    #[serde(default)]
    pub research: Option<i64>,
    /// Tonnes of standard coal a year.
    #[serde(default)]
    pub energy: Option<Fixed>,
    /// Its buildings.
    #[serde(default)]
    pub buildings: Option<Vec<Building>>,
    /// Land under structures and open yards that are used in production.
    #[serde(default)]
    pub yards: Area,
    /// Land for offices and living.
    #[serde(default)]
    pub office_land: Option<Area>,
}

/// What one rule says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The rule, with its threshold, unit and article.
    pub rule: &'a Rule,
    /// The figure in the rule's unit, rounded to six places; `None` where something is missing.
    pub figure: Option<Fixed>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What is missing, or is zero where it divides.
    pub missing: Vec<Input>,
}

/// An exact fraction, in the unit of a rule; the denominator is above zero.
struct Exact(i128, i128);

impl Controls {
    /// What every rule in force on `day` says of a project, the worst first, then by id.
    #[must_use]
    pub fn judge<'a>(&'a self, site: &Site, day: Date) -> Vec<Finding<'a>> {
        let mut findings: Vec<Finding<'a>> =
            self.in_force(site, day).into_iter().map(|rule| self.hold(rule, site)).collect();
        findings.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.rule.id.cmp(&b.rule.id)));
        findings
    }

    /// What one rule says of a project, whether or not it is in force.
    #[must_use]
    pub fn hold<'a>(&self, rule: &'a Rule, site: &Site) -> Finding<'a> {
        match self.figure(rule, site) {
            Ok(exact) => {
                let verdict = if rule.allows(&exact) { Verdict::Met } else { Verdict::Missed };
                Finding { rule, figure: Fixed::ratio(exact.0, exact.1), verdict, missing: Vec::new() }
            }
            Err(missing) => Finding { rule, figure: None, verdict: Verdict::Unknown, missing },
        }
    }

    fn figure(&self, rule: &Rule, site: &Site) -> Result<Exact, Vec<Input>> {
        let land = || above_zero(site.land, Input::Land);
        let money = |yuan: Option<i64>, input| over_land(yuan, input, site.land, rule.unit);
        let times = if rule.unit == Unit::PerCent { 100 } else { 1 };
        match rule.indicator {
            Indicator::Investment => money(site.fixed_investment, Input::FixedInvestment),
            Indicator::Tax => money(site.tax, Input::Tax),
            Indicator::Output => money(site.output, Input::Output),
            Indicator::FloorAreaRatio => {
                let floor = site.buildings.as_ref().map(|all| self.counted_floor(all));
                share(floor.ok_or(Input::Buildings), land(), times)
            }
            Indicator::BuildingCoefficient => {
                let under = site.buildings.as_ref().map(|all| {
                    all.iter().map(|b| hundredths(b.footprint)).sum::<i128>() + hundredths(site.yards)
                });
                share(under.ok_or(Input::Buildings), land(), times)
            }
            Indicator::OfficeShare => {
                share(site.office_land.map(hundredths).ok_or(Input::OfficeLand), land(), times)
            }
            Indicator::ResearchShare => share(
                site.research.map(i128::from).ok_or(Input::Research),
                site.output.map(i128::from).filter(|output| *output > 0).ok_or(Input::Output),
                times,
            ),
            // Millionths of a tonne on yuan: 10,000 yuan on a million millionths.
            Indicator::Energy => share(
                site.energy.map(|tonnes| i128::from(tonnes.millionths())).ok_or(Input::Energy),
                site.added_value.filter(|v| *v > 0).map(|v| i128::from(v) * 100).ok_or(Input::AddedValue),
                1,
            ),
        }
    }

    fn counted_floor(&self, buildings: &[Building]) -> i128 {
        let counted = |storey: &Storey| {
            let twice = storey.height_cm > self.storey.double_above_cm;
            hundredths(storey.floor) * if twice { 2 } else { 1 }
        };
        buildings.iter().flat_map(|b| &b.storeys).map(counted).sum()
    }
}

impl Rule {
    fn allows(&self, exact: &Exact) -> bool {
        let scaled = |threshold: Fixed| exact.1.saturating_mul(threshold.millionths().into());
        let figure = exact.0.saturating_mul(1_000_000);
        self.least.is_none_or(|least| figure >= scaled(least))
            && self.most.is_none_or(|most| figure <= scaled(most))
    }
}

impl Input {
    /// The rest of a sentence for a page: what to fill in.
    #[must_use]
    pub fn cure(self) -> (String, String) {
        let (zh, en) = self.names();
        (format!("请补充{zh}（须大于零）"), format!("fill in: {en} (above zero)"))
    }
}

fn hundredths(area: Area) -> i128 {
    area.hundredths().into()
}

fn above_zero(area: Option<Area>, input: Input) -> Result<i128, Input> {
    area.filter(|area| *area > Area::ZERO).map(hundredths).ok_or(input)
}

/// Money over land in the unit of the rule. Land of zero is land that is missing.
fn over_land(yuan: Option<i64>, input: Input, land: Option<Area>, unit: Unit) -> Result<Exact, Vec<Input>> {
    let density = land.and_then(|area| Density::over(yuan.unwrap_or_default(), area));
    let (Some(_), Some(density)) = (yuan, density) else {
        let mut missing = Vec::new();
        missing.extend(yuan.is_none().then_some(input));
        missing.extend(density.is_none().then_some(Input::Land));
        return Err(missing);
    };
    // Yuan on hundredths of m², as 10,000 yuan on 200,000/3, 100,000 or 1,000,000 of them.
    let (yuan, area) = density.parts();
    Ok(match unit {
        Unit::WanYuanPerMu => Exact(yuan * 20, area * 3),
        Unit::WanYuanPerThousandM2 => Exact(yuan * 10, area),
        _ => Exact(yuan * 100, area),
    })
}

fn share(part: Result<i128, Input>, whole: Result<i128, Input>, times: i128) -> Result<Exact, Vec<Input>> {
    match (part, whole) {
        (Ok(part), Ok(whole)) => Ok(Exact(part.saturating_mul(times), whole)),
        (part, whole) => Err(part.err().into_iter().chain(whole.err()).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn site() -> Site {
        Site {
            industry: IndustryCode("C3734".into()),
            region: RegionCode(511_083),
            books: BTreeSet::new(),
            land: Area::from_mu(60),
            fixed_investment: Some(90_000_000),
            tax: None,
            output: None,
            added_value: None,
            research: None,
            energy: None,
            buildings: None,
            yards: Area::ZERO,
            office_land: Area::from_square_metres(2_000),
        }
    }

    #[test]
    fn each_rule_speaks_in_its_place_and_time() {
        let set = Controls::built_in();
        let ids = |site: &Site, day| -> Vec<&str> {
            set.judge(site, day).iter().map(|f| f.rule.id.as_str()).collect()
        };
        assert_eq!(
            ids(&site(), date(2022, 11, 30)),
            ["national-building-coefficient", "national-office-share"]
        );
        assert_eq!(ids(&site(), date(2023, 1, 1)).len(), 6);
        let elsewhere = Site { region: RegionCode(320_411), ..site() };
        assert_eq!(ids(&elsewhere, date(2023, 1, 1)).len(), 2);
        let book = Site { books: BTreeSet::from(["county".to_string()]), ..elsewhere };
        assert_eq!(ids(&book, date(2023, 1, 1)).len(), 6);
        let software = Site { industry: IndustryCode("I6513".into()), ..site() };
        assert_eq!(ids(&software, date(2022, 1, 1)), Vec::<&str>::new());
    }

    #[test]
    fn what_is_missing_is_named_and_is_no_pass() {
        let set = Controls::built_in();
        let findings = set.judge(&Site { land: None, ..site() }, date(2023, 1, 1));
        let of = |id: &str| findings.iter().find(|f| f.rule.id == id).unwrap();
        assert_eq!(of("longchang-tax").missing, [Input::Tax, Input::Land]);
        assert_eq!(of("longchang-investment").missing, [Input::Land]);
        assert_eq!(of("national-building-coefficient").missing, [Input::Buildings, Input::Land]);
        assert!(findings.iter().all(|f| f.verdict == Verdict::Unknown && f.figure.is_none()));
        let none = set.judge(&Site { land: Some(Area::ZERO), ..site() }, date(2023, 1, 1));
        assert!(none.iter().all(|f| f.verdict == Verdict::Unknown), "no land divides nothing");
        assert!(Input::Land.cure().0.contains("项目总用地面积"));
    }

    #[test]
    fn the_finer_industry_replaces_the_coarser_in_one_region() {
        let mut set = Controls::built_in().clone();
        let coarse = set.rules.iter().find(|r| r.id == "longchang-investment").unwrap().clone();
        let industry = BTreeSet::from([IndustryCode("C37".into())]);
        set.rules.push(Rule { id: "ships".into(), least: Some(Fixed::whole(200)), industry, ..coarse });
        let findings = set.judge(&site(), date(2023, 1, 1));
        assert_eq!((findings[0].rule.id.as_str(), findings[0].verdict), ("ships", Verdict::Missed));
        assert!(!findings.iter().any(|f| f.rule.id == "longchang-investment"));
    }

    #[test]
    fn energy_is_counted_on_value_added() {
        let set = Controls::built_in();
        let rule = Rule {
            indicator: Indicator::Energy,
            least: None,
            most: "0.5".parse().ok(),
            unit: Unit::TonneCoalPerWanYuan,
            ..set.rules[0].clone()
        };
        let site = Site { energy: Some(Fixed::whole(1_000)), added_value: Some(20_000_000), ..site() };
        let finding = set.hold(&rule, &site);
        assert_eq!((finding.figure, finding.verdict), ("0.5".parse().ok(), Verdict::Met));
    }

    proptest! {
        /// The same threshold in three units gives one verdict, to the yuan.
        #[test]
        fn units_agree(threshold in 1i64..2_000, mu in 1i64..500, off in -1i64..=1) {
            let set = Controls::built_in();
            let site = Site {
                land: Area::from_mu(mu * 3),
                fixed_investment: Some(threshold * 10_000 * mu * 3 + off),
                ..site()
            };
            let in_unit = |unit, numerator| {
                let least = Fixed::ratio(i128::from(threshold) * numerator, 10);
                let rule = Rule { unit, least, most: None, indicator: Indicator::Investment, ..set.rules[0].clone() };
                set.hold(&rule, &site).verdict
            };
            let expected = if off < 0 { Verdict::Missed } else { Verdict::Met };
            prop_assert_eq!(in_unit(Unit::WanYuanPerMu, 10), expected);
            prop_assert_eq!(in_unit(Unit::WanYuanPerThousandM2, 15), expected);
            prop_assert_eq!(in_unit(Unit::WanYuanPerHectare, 150), expected);
        }
    }
}
