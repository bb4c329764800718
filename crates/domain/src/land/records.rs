//! Records of the inventory as the rules of land want them: parcels for terms and the clock of idle land, bonds with their project and
//! parcels, companies for the evaluation by land, projects for the access figures.

use super::area::Area;
use super::bond::{Bond, Coupon, Income, Parcel, Project, Purpose, Source, Use};
use super::control::{Building, Site, Storey};
use super::evaluate::Firm;
use super::evaluate::scheme::Size;
use super::fixed::Fixed;
use super::term::idle::{Excluded, Ground, Work};
use super::term::{Mode, Supply};
use crate::company::RegionCode;
use crate::fact::Kind as FactKind;
use crate::industry;
use crate::inventory::{Value, Values};
use crate::project::Project as Facts;
use crate::rate::Rates;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The clock of a parcel: its agreed start, its start, days that do not count and its price. `None` where no start was agreed.
///
/// The price is what was paid; where that is not recorded, the starting price over the area.
#[must_use]
pub fn ground(parcel: &Values) -> Option<Ground> {
    let work = day(parcel, "started_on").map_or(Work::NotStarted, Work::Started);
    let excluded = day(parcel, "pause_from").zip(word(parcel, "pause_cause")).map(|(from, cause)| Excluded {
        from,
        to: day(parcel, "pause_until"),
        cause,
    });
    let asked = || {
        let (price, area) = (int(parcel, "price")?, int(parcel, "area")?);
        // Yuan on each 亩 of 200,000/3 hundredths of a square metre.
        i64::try_from(i128::from(price) * i128::from(area) * 3 / 200_000).ok()
    };
    Some(Ground {
        agreed_start: day(parcel, "start_by")?,
        work,
        excluded: excluded.into_iter().collect(),
        price: int(parcel, "deal_price").or_else(asked).unwrap_or(0),
    })
}

/// How long a parcel was supplied for. `None` until mode, first day and term are recorded.
#[must_use]
pub fn supply(parcel: &Values) -> Option<Supply> {
    let mode: Mode = word(parcel, "supply_mode")?;
    let years = years(parcel, "term_years")?;
    let leased = years_or(parcel, "lease_years", if mode == Mode::LongLease { years } else { 0 });
    Some(Supply { mode, from: day(parcel, "supplied_on")?, years, lease_years: leased })
}

/// A bond with its one project, its parcels and what was spent as of `day`; what is not recorded is missing to the rules as well.
/// `None` where amount, day of issue, term or coupon is not known.
///
/// `parcels` are those that the bond names, by code, as they stand on that day.
#[must_use]
pub fn bond(code: &str, bond: &Values, parcels: &BTreeMap<&str, &Values>, today: Date) -> Option<Bond> {
    let raised = int(bond, "amount")?;
    let first = parcels.keys().next().map(|c| (*c).to_string()).unwrap_or_default();
    let issued = day(bond, "issued_on")?;
    let term = years(bond, "years")?;
    let spent = int(bond, "spent").unwrap_or(0);
    let project = Project {
        id: text(bond, "project").unwrap_or(code).to_string(),
        identifier: text(bond, "reserve_no").map(str::to_string),
        agency_listed: text(bond, "agency").is_some(),
        account: code.to_string(),
        allotted: raised,
        other: 0,
        parcels: parcels.iter().map(|(id, values)| parcel(id, values)).collect(),
        income: vec![Income {
            parcel: first.clone(),
            year: issued.year().saturating_add(i16::try_from(term).unwrap_or(i16::MAX)),
            planned: int(bond, "income_plan").unwrap_or(0),
            actual: int(bond, "income"),
        }],
        uses: (spent > 0)
            .then(|| Use {
                on: today,
                parcel: first,
                yuan: spent,
                account: code.to_string(),
                purpose: Purpose::Preparation,
            })
            .into_iter()
            .collect(),
    };
    Some(Bond {
        id: code.to_string(),
        raised,
        // Hundredths of a per cent.
        rate: Fixed::from_millionths(int(bond, "rate")?.saturating_mul(10_000)),
        issued,
        years: term,
        coupon: word(bond, "coupon").unwrap_or(Coupon::Yearly),
        projects: vec![project],
    })
}

fn parcel(id: &str, values: &Values) -> Parcel {
    Parcel {
        id: id.to_string(),
        source: word(values, "origin").unwrap_or(Source::New),
        supplied: day(values, "supplied_on"),
        on_list: values.get("idle_list").is_some_and(Value::yes),
        bought_before: false,
    }
}

/// A company with what the evaluation by land asks of it. `None` where it has no name.
#[must_use]
pub fn firm(profile: &Values) -> Option<Firm> {
    let above = profile.get("above_scale").is_some_and(Value::yes);
    let hundredths = |word| Some(Fixed::from_millionths(int(profile, word)?.saturating_mul(10_000)));
    Some(Firm {
        id: text(profile, "name")?.to_string(),
        size: if above { Size::Above } else { Size::Below },
        exempt: word(profile, "exempt"),
        area: area(profile, "land_area"),
        rented: area(profile, "rented_area").zip(years(profile, "rented_years")),
        tax: int(profile, "tax_last_year"),
        added_value: int(profile, "added_value"),
        energy: hundredths("energy"),
        emission: hundredths("emission"),
        people: int(profile, "employees"),
        research: int(profile, "research_spend"),
        revenue: int(profile, "revenue_last_year"),
        power: int(profile, "power_used"),
    })
}

/// What a project plans to make of its land, from its facts. `land` is what it holds (hundredths of a square metre); where it holds none,
/// what it said it takes. `layout` is its building plan, empty where there is none. `None` until its industry is known. Money of another
/// currency counts in yuan by the rates.
#[must_use]
pub fn site(project: &Facts, layout: &Values, land: i64, region: RegionCode, rates: &Rates) -> Option<Site> {
    let industry = industry::parse(project.text(FactKind::Industry)?)?;
    let yuan = |kind| rates.yuan(project.money(kind)?, project.get(kind)?.effective).ok();
    let floor = area(layout, "counted_floor").zip(area(layout, "footprint"));
    let said = project.number(FactKind::LandArea).and_then(Area::from_square_metres);
    let held = Area::from_hundredths(land).filter(|a| *a > Area::ZERO);
    Some(Site {
        industry,
        region,
        books: std::collections::BTreeSet::new(),
        land: held.or(said),
        fixed_investment: yuan(FactKind::FixedInvestment),
        tax: yuan(FactKind::Tax),
        output: yuan(FactKind::Output),
        added_value: int(layout, "added_value"),
        research: int(layout, "research"),
        energy: project.number(FactKind::Energy).map(Fixed::whole),
        // The plan states the floor as it counts in the ratio, so no storey counts twice again.
        buildings: floor.map(|(floor, footprint)| {
            vec![Building { footprint, storeys: vec![Storey { floor, height_cm: 0 }] }]
        }),
        yards: area(layout, "yards").unwrap_or(Area::ZERO),
        office_land: area(layout, "office_land"),
    })
}

fn int(values: &Values, word: &str) -> Option<i64> {
    values.get(word).and_then(Value::int)
}

fn text<'a>(values: &'a Values, word: &str) -> Option<&'a str> {
    values.get(word).and_then(Value::text)
}

fn day(values: &Values, word: &str) -> Option<Date> {
    values.get(word).and_then(Value::day)
}

fn area(values: &Values, word: &str) -> Option<Area> {
    int(values, word).and_then(Area::from_hundredths)
}

fn years(values: &Values, word: &str) -> Option<u16> {
    int(values, word).and_then(|n| u16::try_from(n).ok())
}

fn years_or(values: &Values, word: &str, other: u16) -> u16 {
    years(values, word).unwrap_or(other)
}

/// A stable word as one of an enum's; `None` for a word of another version.
fn word<T: std::str::FromStr>(values: &Values, word: &str) -> Option<T> {
    text(values, word).and_then(|w| w.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::schema::land;
    use crate::land::bond::rule::BondRules;
    use crate::land::bond::{balance, check, schedule};
    use crate::land::term::idle::{Cause, Step};
    use crate::land::term::rule::TermRules;
    use jiff::civil::date;

    fn values(all: &[(&str, Value)]) -> Values {
        all.iter().map(|(w, v)| ((*w).to_string(), v.clone())).collect()
    }

    fn t(text: &str) -> Value {
        Value::Text(text.into())
    }

    #[test]
    fn words_of_the_inventory_are_words_of_the_rules() {
        assert!(land::MODES.iter().all(|c| c.0.parse::<Mode>().is_ok()));
        assert!(land::CAUSES.iter().all(|c| c.0.parse::<Cause>().is_ok()));
        assert!(land::ORIGINS.iter().all(|c| c.0.parse::<Source>().is_ok()));
        assert!(land::COUPONS.iter().all(|c| c.0.parse::<Coupon>().is_ok()));
    }

    #[test]
    fn a_parcel_has_a_clock_from_its_agreed_start() {
        let parcel = values(&[
            ("area", Value::Int(4_000_000)),
            ("price", Value::Int(280_000)),
            ("start_by", t("2024-11-20")),
            ("pause_from", t("2025-01-01")),
            ("pause_until", t("2025-01-31")),
            ("pause_cause", t("government")),
        ]);
        let ground = ground(&parcel).unwrap();
        assert_eq!(ground.price, 16_800_000, "60 亩 at 28万元");
        let rules = TermRules::built_in();
        let clock = ground.clock(rules.idle(date(2024, 11, 20)).unwrap(), date(2026, 1, 1));
        assert_eq!(clock.steps[0], (Step::Fee, date(2025, 12, 21)), "a year and the 31 days");
        assert_eq!(clock.reached(date(2026, 1, 1)), Some(Step::Fee));
        assert!(super::ground(&values(&[("area", Value::Int(1))])).is_none());
    }

    #[test]
    fn a_supply_needs_mode_day_and_term() {
        let mut parcel = values(&[
            ("supply_mode", t("lease_then_sale")),
            ("supplied_on", t("2026-03-01")),
            ("term_years", Value::Int(30)),
        ]);
        let found = supply(&parcel).unwrap();
        assert_eq!(found.check(TermRules::built_in()).len(), 1, "its lease is missing");
        parcel.insert("lease_years".into(), Value::Int(5));
        assert!(supply(&parcel).unwrap().check(TermRules::built_in()).is_empty());
        parcel.remove("term_years");
        assert!(supply(&parcel).is_none());
    }

    #[test]
    fn a_bond_is_checked_and_balanced_by_the_rules() {
        let parcel = values(&[("area", Value::Int(1))]);
        let parcels = BTreeMap::from([("GX-05", &parcel)]);
        let record = values(&[
            ("amount", Value::Int(350_000_000)),
            ("issued_on", t("2025-06-20")),
            ("years", Value::Int(5)),
            ("rate", Value::Int(210)),
            ("project", t("片区")),
            ("reserve_no", t("TC-1")),
            ("agency", t("储备中心")),
            ("income_plan", Value::Int(420_000_000)),
            ("spent", Value::Int(80_000_000)),
        ]);
        let found = bond("ZX-1", &record, &parcels, date(2026, 11, 27)).unwrap();
        let rules = BondRules::built_in();
        assert_eq!(schedule(&found).len(), 5);
        let all = std::slice::from_ref(&found);
        assert!(check(rules, all).is_empty(), "{:?}", check(rules, all));
        let sums = balance(&found, &found.projects[0], None);
        assert_eq!((sums.interest, sums.left), (36_750_000, 270_000_000));
        let mut bare = record.clone();
        bare.remove("reserve_no");
        bare.insert("income_plan".into(), Value::Int(1));
        let faulty = bond("ZX-1", &bare, &parcels, date(2026, 11, 27)).unwrap();
        assert_eq!(check(rules, std::slice::from_ref(&faulty)).len(), 2);
    }

    #[test]
    fn a_company_below_the_threshold_is_told_what_it_lacks() {
        let firm = firm(&values(&[("name", t("某公司")), ("energy", Value::Int(1_250))])).unwrap();
        assert_eq!((firm.size, firm.energy), (Size::Below, Some(Fixed::from_millionths(12_500_000))));
        assert!(firm.area.is_none() && super::firm(&Values::new()).is_none());
    }
}
