//! The evaluation of firms by their land (亩均论英雄): figures from what a firm reports, points, rank and class, each with its reasons.
//!
//! Rounding: a figure is rounded once to six places, the points of a term once to six, the score is their sum; ranks follow the score
//! before anything is rounded for a page. Firms with equal scores share the better rank.

pub mod scheme;

use super::area::Area;
use super::fixed::Fixed;
use crate::words::words;
use scheme::{Class, Indicator, Scheme, ScopeRule, Size, Term, score};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// Why a firm is not graded.
    Exempt "no ground for not grading a firm" {
        /// 公共事业.
        PublicUtility = "public_utility", "公共事业", "public utility";
        /// 初创期.
        StartUp = "start_up", "初创期", "start-up";
        /// 在建.
        UnderConstruction = "under_construction", "在建", "under construction";
    }
}

words! {
    /// What a figure is made of, so that a page can say what is missing.
    Input "no input of a figure" {
        /// 用地面积.
        Area = "area", "用地面积", "land";
        /// 实缴税收.
        Tax = "tax", "实缴税收", "tax paid";
        /// 工业增加值.
        AddedValue = "added_value", "工业增加值", "value added";
        /// 综合能耗.
        Energy = "energy", "综合能耗", "energy used";
        /// 污染物排放.
        Emission = "emission", "污染物排放量", "emissions";
        /// 从业人员.
        People = "people", "年平均职工人数", "average staff";
        /// 研发经费.
        Research = "research", "研发经费", "research spending";
        /// 营业收入.
        Revenue = "revenue", "营业收入", "revenue";
        /// 用电量.
        Power = "power", "用电量", "power used";
    }
}

/// What a firm reports for the year. A `None` is not a zero.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Firm {
    /// Unified code or name.
    pub id: String,
    /// Side of the threshold.
    pub size: Size,
    /// Why it is not graded.
    pub exempt: Option<Exempt>,
    /// Land used, own and rented.
    pub area: Option<Area>,
    /// Rented floor and the years of the lease.
    pub rented: Option<(Area, u16)>,
    /// Yuan.
    pub tax: Option<i64>,
    /// Yuan.
    pub added_value: Option<i64>,
    /// Tonnes of standard coal.
    pub energy: Option<Fixed>,
    /// Tonnes.
    pub emission: Option<Fixed>,
    /// Average of the year.
    pub people: Option<i64>,
    /// Yuan.
    pub research: Option<i64>,
    /// Yuan.
    pub revenue: Option<i64>,
    /// Kilowatt-hours.
    pub power: Option<i64>,
}

/// What became of a firm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Graded<'a> {
    /// The firm.
    pub firm: &'a Firm,
    /// Terms of the formula; empty for a firm that is not graded.
    pub terms: Vec<Term>,
    /// The sum of the points; `None` for a firm that is not graded.
    pub score: Option<Fixed>,
    /// 1 for the best; `None` for a firm that is not graded.
    pub rank: Option<usize>,
    /// The class; `None` where the scheme gives none.
    pub class: Option<Class>,
    /// Why, Chinese and English.
    pub reasons: Vec<(String, String)>,
}

/// Grades all firms under one scheme: the graded by rank, then the others as they came.
#[must_use]
pub fn evaluate<'a>(scheme: &Scheme, firms: &'a [Firm]) -> Vec<Graded<'a>> {
    let (graded, left): (Vec<&Firm>, Vec<&Firm>) = firms.iter().partition(|f| left_out(scheme, f).is_none());
    let figures: Vec<BTreeMap<Indicator, Fixed>> = graded.iter().map(|f| f.figures(scheme)).collect();
    let terms = scheme.points(&figures.iter().collect::<Vec<_>>());
    let mut scored: Vec<(Fixed, &Firm, Vec<Term>)> =
        graded.into_iter().zip(terms).map(|(firm, terms)| (score(&terms), firm, terms)).collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.id.cmp(&b.1.id)));
    let count = scored.len();
    let mut rank = 0;
    let mut before = None;
    let mut all: Vec<Graded<'a>> = Vec::with_capacity(firms.len());
    for (place, (score, firm, terms)) in scored.into_iter().enumerate() {
        if before != Some(score) {
            (rank, before) = (place + 1, Some(score));
        }
        let class = class_of(scheme, rank, count);
        let reasons = reasons(scheme, firm, &terms, rank, count);
        all.push(Graded { firm, terms, score: Some(score), rank: Some(rank), class, reasons });
    }
    all.extend(left.into_iter().filter_map(|firm| {
        let (class, reason) = left_out(scheme, firm)?;
        Some(Graded { firm, terms: Vec::new(), score: None, rank: None, class, reasons: vec![reason] })
    }));
    all
}

/// The class of a rank among `count`: the first and last so many per cent, in whole firms; the rest is the rest.
fn class_of(scheme: &Scheme, rank: usize, count: usize) -> Option<Class> {
    let within = |place: usize, share: u32| place.saturating_mul(100) <= count.saturating_mul(share as usize);
    let rest = scheme.classes.iter().find(|c| c.best.is_none() && c.last.is_none())?;
    if let Some(top) = scheme.classes.iter().find(|c| c.best.is_some_and(|share| within(rank, share.into())))
    {
        return Some(top.class);
    }
    let from_last = count + 1 - rank.min(count);
    let mut share = 0;
    for (class, last) in scheme.classes.iter().rev().map_while(|c| Some((c.class, c.last?))) {
        share += u32::from(last);
        if within(from_last, share) {
            return Some(class);
        }
    }
    Some(rest.class)
}

/// Why a firm is not graded, and the class it then has.
fn left_out(scheme: &Scheme, firm: &Firm) -> Option<(Option<Class>, (String, String))> {
    if !scheme.sizes.contains(&firm.size) {
        let (zh, en) = firm.size.names();
        return Some((
            None,
            (format!("本办法不评价{zh}企业"), format!("the scheme does not grade firms {en}")),
        ));
    }
    if let Some(exempt) = firm.exempt {
        let (zh, en) = exempt.names();
        let reason = match scheme.exempt_as {
            Some(class) => (
                format!("{zh}企业不参评，视为 {class:?} 类"),
                format!("{en}: not graded, treated as {class:?}"),
            ),
            None => (format!("{zh}企业不参评"), format!("{en}: not graded")),
        };
        return Some((scheme.exempt_as, reason));
    }
    let scope = scheme.scope.filter(|scope| firm.size == Size::Below && !scope.holds(firm))?;
    Some((None, scope.reason()))
}

impl ScopeRule {
    fn holds(&self, firm: &Firm) -> bool {
        // 5 亩 are 3,333.33 m²; the registered area is rounded the same way.
        firm.area.is_some_and(|area| area >= self.land)
            || firm.rented.is_some_and(|(floor, years)| floor >= self.rented && years >= self.years)
    }

    fn reason(&self) -> (String, String) {
        use super::area::Unit::{Mu, SquareMetre};
        let (land, rented, years) = (self.land.text(Mu), self.rented.text(SquareMetre), self.years);
        (
            format!("规下企业：用地不足 {land}，且没有租用满 {rented}、{years} 年，不参评"),
            format!(
                "below the threshold: less than {land} of land, and no lease of {rented} for {years} years"
            ),
        )
    }
}

fn reasons(scheme: &Scheme, firm: &Firm, terms: &[Term], rank: usize, count: usize) -> Vec<(String, String)> {
    let mut reasons = vec![(format!("第 {rank} 名，共 {count} 家"), format!("rank {rank} of {count}"))];
    for term in terms {
        let Some(note) = term.note else { continue };
        let ((zh, en), (note_zh, note_en)) = (term.indicator.names(), note.texts());
        let missing = firm.figure(term.indicator).err();
        let (of_zh, of_en) = missing.map_or((String::new(), String::new()), |input| {
            (format!("（缺{}）", input.names().0), format!(" (no {})", input.names().1))
        });
        reasons.push((format!("{zh}：{note_zh}{of_zh}"), format!("{en}: {note_en}{of_en}")));
    }
    if scheme.classes.is_empty() {
        reasons.push(("本办法没有公布分类比例".into(), "the scheme publishes no shares of classes".into()));
    }
    reasons
}

impl Firm {
    /// One figure in the unit of its indicator.
    ///
    /// # Errors
    /// The first input that is missing, or that is zero where it divides.
    pub fn figure(&self, indicator: Indicator) -> Result<Fixed, Input> {
        let tax = || self.tax.map(i128::from).ok_or(Input::Tax);
        let added = || self.added_value.map(i128::from).ok_or(Input::AddedValue);
        // Yuan on hundredths of a square metre times 20/3 are 万元/亩.
        let per_mu = |yuan: i128| {
            let area = self.area.ok_or(Input::Area)?;
            Fixed::ratio(yuan * 20, i128::from(area.hundredths()) * 3).ok_or(Input::Area)
        };
        // Yuan on millionths of a tonne times 100 are 万元/吨.
        let per_tonne = |yuan: i128, tonnes: Option<Fixed>, input: Input| {
            Fixed::ratio(yuan * 100, i128::from(tonnes.ok_or(input)?.millionths())).ok_or(input)
        };
        let over = |top: i128, below: Option<i64>, times: i128, input: Input| {
            Fixed::ratio(top, i128::from(below.ok_or(input)?) * times).ok_or(input)
        };
        match indicator {
            Indicator::TaxPerMu => per_mu(tax()?),
            Indicator::AddedValuePerMu => per_mu(added()?),
            Indicator::AddedValuePerEnergy => per_tonne(added()?, self.energy, Input::Energy),
            Indicator::AddedValuePerEmission => per_tonne(added()?, self.emission, Input::Emission),
            Indicator::LabourProductivity => over(added()?, self.people, 10_000, Input::People),
            Indicator::ResearchShare => {
                over(self.research.ok_or(Input::Research)?.into(), self.revenue, 1, Input::Revenue)
            }
            Indicator::TaxPerPower => over(tax()?, self.power, 1, Input::Power),
        }
    }

    fn figures(&self, scheme: &Scheme) -> BTreeMap<Indicator, Fixed> {
        let known = |indicator| Some((indicator, self.figure(indicator).ok()?));
        scheme.terms.iter().filter_map(|term| known(term.indicator)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::scheme::{Note, Schemes};
    use super::*;
    use proptest::prelude::*;

    fn firm(id: &str, tax: i64) -> Firm {
        Firm {
            id: id.into(),
            size: Size::Above,
            exempt: None,
            area: Area::from_mu(30),
            rented: None,
            tax: Some(tax),
            added_value: Some(40_848_000),
            energy: Some(Fixed::whole(1_000)),
            emission: Some("2.5".parse().unwrap()),
            people: Some(200),
            research: Some(3_020_000),
            revenue: Some(100_000_000),
            power: Some(5_000_000),
        }
    }

    fn scheme(id: &str) -> &'static Scheme {
        Schemes::built_in().get(id).unwrap()
    }

    #[test]
    fn figures_carry_their_units() {
        let firm = firm("a", 7_229_100);
        let text = |indicator| firm.figure(indicator).unwrap().to_string();
        assert_eq!(text(Indicator::TaxPerMu), "24.097", "722.91 万元 on 30 亩");
        assert_eq!(text(Indicator::AddedValuePerMu), "136.16");
        assert_eq!(text(Indicator::AddedValuePerEnergy), "4.0848");
        assert_eq!(text(Indicator::AddedValuePerEmission), "1633.92");
        assert_eq!(text(Indicator::LabourProductivity), "20.424");
        assert_eq!(text(Indicator::ResearchShare), "0.0302");
        assert_eq!(text(Indicator::TaxPerPower), "1.44582");
        let none = Firm { area: None, power: Some(0), ..firm.clone() };
        assert_eq!(none.figure(Indicator::TaxPerMu), Err(Input::Area));
        assert_eq!(none.figure(Indicator::TaxPerPower), Err(Input::Power));
    }

    #[test]
    fn missing_emissions_take_the_average_and_say_so() {
        let firms = [firm("a", 7_229_100), Firm { emission: None, ..firm("b", 7_229_100) }];
        let graded = evaluate(scheme("huangyan-2022-above"), &firms);
        let b = graded.iter().find(|g| g.firm.id == "b").unwrap();
        assert_eq!(b.terms[3].note, Some(Note::Averaged));
        assert_eq!(graded[0].score, graded[1].score, "the average of one is that one");
        assert_eq!((graded[0].rank, graded[1].rank), (Some(1), Some(1)), "equal scores share a rank");
        assert!(
            b.reasons.iter().any(|(zh, en)| zh.contains("缺污染物排放量") && en.contains("no emissions"))
        );
    }

    #[test]
    fn twenty_firms_fall_into_their_classes() {
        let firms: Vec<Firm> = (0..20).map(|i| firm(&format!("{i:02}"), 1_000_000 * (20 - i))).collect();
        let graded = evaluate(scheme("sample-city"), &firms);
        let classes: String = graded.iter().map(|g| format!("{:?}", g.class.unwrap())).collect();
        assert_eq!(classes, "AAAAABBBBBBBBBCCCCCD", "5, 9, 5 and 1 of 20");
        let ten = evaluate(scheme("sample-city"), &firms[..10]);
        let classes: String = ten.iter().map(|g| format!("{:?}", g.class.unwrap())).collect();
        assert_eq!(classes, "AABBBBBCCC", "half a firm is nobody's");
    }

    #[test]
    fn firms_that_are_not_graded_say_why() {
        let small = |area, rented| Firm { size: Size::Below, area, rented, ..firm("s", 1) };
        let floor = Area::from_square_metres(3_000).unwrap();
        let firms = [
            Firm { exempt: Some(Exempt::StartUp), ..firm("new", 1) },
            small(Area::from_mu(5), None),
            small(Area::from_mu(4), Some((floor, 4))),
            small(Area::from_mu(4), Some((floor, 3))),
            small(None, None),
        ];
        let graded = evaluate(scheme("sample-city"), &firms);
        let ranked: Vec<bool> =
            firms.iter().map(|f| graded.iter().any(|g| g.firm == f && g.rank.is_some())).collect();
        assert_eq!(ranked, [false, true, true, false, false]);
        let new = graded.iter().find(|g| g.firm.id == "new").unwrap();
        assert_eq!(new.class, Some(Class::B));
        assert!(new.reasons[0].0.contains("视为 B 类"));
        assert!(graded[4].reasons[0].0.contains("5亩"), "{:?}", graded[4].reasons);
        let other = evaluate(scheme("huangyan-2022-below"), &firms[..1]);
        assert!(other[0].reasons[0].1.contains("above the threshold"));
    }

    proptest! {
        #[test]
        fn the_order_of_firms_does_not_matter(taxes in proptest::collection::vec(0i64..50_000_000, 1..40), turn in 0usize..40) {
            let firms: Vec<Firm> = taxes.iter().enumerate().map(|(i, tax)| firm(&format!("{i:02}"), *tax)).collect();
            let mut turned = firms.clone();
            turned.rotate_left(turn % firms.len());
            prop_assert_eq!(evaluate(scheme("sample-city"), &firms), evaluate(scheme("sample-city"), &turned));
        }

        #[test]
        fn more_tax_never_ranks_worse(taxes in proptest::collection::vec(0i64..50_000_000, 2..30), more in 1i64..50_000_000) {
            let mut firms: Vec<Firm> = taxes.iter().enumerate().map(|(i, tax)| firm(&format!("{i:02}"), *tax)).collect();
            let rank = |firms: &[Firm]| {
                let graded = evaluate(scheme("huangyan-2022-above"), firms);
                graded.iter().find(|g| g.firm.id == "00").and_then(|g| g.rank)
            };
            let before = rank(&firms);
            firms[0].tax = firms[0].tax.map(|tax| tax + more);
            prop_assert!(rank(&firms) <= before);
        }

        #[test]
        fn no_class_is_larger_than_its_share(count in 1usize..200) {
            let city = scheme("sample-city");
            let of = |class| (1..=count).filter(|rank| class_of(city, *rank, count) == Some(class)).count();
            prop_assert!(of(Class::A) * 100 <= count * 25 && of(Class::D) * 100 <= count * 5);
            prop_assert!((of(Class::A) + of(Class::B)) * 100 <= count * 70);
            prop_assert_eq!(of(Class::A) + of(Class::B) + of(Class::C) + of(Class::D), count);
        }
    }
}
