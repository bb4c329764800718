//! Finding ground or rooms for one project: what fits, ranked, and for everything else every reason why not.
//!
//! Availability is by date: what counts is who holds a place and what it can supply on the day the project needs it, and a reason says from when
//! it would do, where a dated change tells. A value that nobody recorded is a reason of its own, never a silent yes or no. All
//! integers, the same on every machine.

use crate::fact::ProjectId;
use crate::inventory::field::decimals;
use crate::limits;
use crate::role::Lang;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// A value in time: from each day on, in order. Before the first day it is not known.
pub type Steps = Vec<(Date, i64)>;

/// What a project needs. Zero, `false`, `None` and empty ask for nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// At least so much, hundredths of a square metre.
    pub area: i64,
    /// At most so much.
    pub area_most: Option<i64>,
    /// Planned uses that will do, by their words.
    pub uses: BTreeSet<String>,
    /// kVA.
    pub power: i64,
    /// Tonnes a day.
    pub water: i64,
    /// Whether it needs gas.
    pub gas: bool,
    /// kg on a square metre.
    pub load: i64,
    /// Clear height, hundredths of a metre.
    pub height: i64,
    /// The class of pollution it brings, 1 to 3.
    pub pollution: i64,
    /// The first day it needs the place.
    pub from: Date,
    /// At most so much rent, hundredths of a yuan a square metre and month.
    pub rent_most: Option<i64>,
    /// How many neighbouring parcels may be put together; 1 for none.
    pub combine: usize,
}

/// When a place is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// First day.
    pub from: Date,
    /// Last day; `None` for no end.
    pub until: Option<Date>,
    /// By which project; `None` for somebody else (a tenant).
    pub by: Option<ProjectId>,
}

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Site {
    /// Number of its record.
    pub id: i64,
    /// Whether it is a parcel, which can be put together with neighbours.
    pub parcel: bool,
    /// Hundredths of a square metre.
    pub area: i64,
    /// Word of its planned use.
    pub usage: Option<String>,
    /// Clear height or height limit, hundredths of a metre.
    pub height: Option<i64>,
    /// kg on a square metre.
    pub load: Option<i64>,
    /// The worst class of pollution that is allowed.
    pub pollution: Option<i64>,
    /// Rent, hundredths of a yuan a square metre and month.
    pub rent: Option<i64>,
    /// kVA in time.
    pub power: Steps,
    /// Tonnes a day in time.
    pub water: Steps,
    /// Gas in time: 1 or 0.
    pub gas: Steps,
    /// Whether it can be built on or moved into, in time: 1 or 0.
    pub ready: Steps,
    /// Who has it when.
    pub taken: Vec<Taken>,
    /// Places in the list that touch it.
    pub beside: Vec<usize>,
}

/// A measure that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// 供电
    Power,
    /// 供水
    Water,
    /// 荷载
    Load,
    /// 高度
    Height,
}

impl Measure {
    fn words(self, lang: Lang) -> (&'static str, &'static str) {
        match self {
            Measure::Power => (lang.t("供电", "power"), lang.t("千伏安", "kVA")),
            Measure::Water => (lang.t("供水", "water"), lang.t("吨/日", "t/day")),
            Measure::Load => (lang.t("荷载", "floor load"), lang.t("千克/㎡", "kg/m²")),
            Measure::Height => (lang.t("高度", "height"), lang.t("米", "m")),
        }
    }

    fn number(self, n: i64) -> String {
        if self == Measure::Height { decimals(n, 100) } else { n.to_string() }
    }
}

/// Why a place does not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exclusion {
    /// Too small: needed, there.
    Small(i64, i64),
    /// Too large: at most, there.
    Large(i64, i64),
    /// Planned for another use; `None` where it is not recorded.
    Use(Option<String>),
    /// Less than needed: needed, there on the day (`None`: not recorded), and from when how much will do.
    Less(Measure, i64, Option<i64>, Option<(Date, i64)>),
    /// No gas on the day, and from when there is.
    Gas(Option<Date>),
    /// A worse class of pollution than is allowed: brought, allowed (`None`: not recorded).
    Pollution(i64, Option<i64>),
    /// Dearer: at most, asked.
    Rent(i64, i64),
    /// Not ready on the day, and from when it is.
    NotReady(Option<Date>),
    /// Taken: until when, by whom.
    Taken(Taken),
}

impl Exclusion {
    /// The reason in a language; `usage` names the word of a use.
    #[must_use]
    pub fn text(&self, lang: Lang, usage: impl Fn(&str) -> String) -> String {
        let square = |n: i64| format!("{} {}", decimals(n / 100 * 3 / 2, 1_000), lang.t("亩", "mu"));
        match self {
            Exclusion::Small(need, have) => {
                format!(
                    "{} {}{} {}",
                    lang.t("面积需要", "area needed"),
                    square(*need),
                    lang.t("，只有", ", here"),
                    square(*have)
                )
            }
            Exclusion::Large(most, have) => {
                format!(
                    "{} {}{} {}",
                    lang.t("面积至多", "area at most"),
                    square(*most),
                    lang.t("，现为", ", here"),
                    square(*have)
                )
            }
            Exclusion::Use(Some(word)) => format!("{} {}", lang.t("规划用途为", "planned for"), usage(word)),
            Exclusion::Use(None) => lang.t("未登记规划用途", "its planned use is not recorded").to_string(),
            Exclusion::Less(measure, need, have, later) => {
                let (name, unit) = measure.words(lang);
                let have = have.map_or(lang.t("未登记", "not recorded").to_string(), |n| {
                    format!("{} {} {unit}", lang.t("现有", "here"), measure.number(n))
                });
                let later = later.map_or(String::new(), |(day, n)| {
                    format!("{} {day} {} {}", lang.t("，", ", from"), lang.t("起", ""), measure.number(n))
                        .replace("  ", " ")
                });
                format!(
                    "{name}{} {} {unit}{}{have}{later}",
                    lang.t("需要", " needed"),
                    measure.number(*need),
                    lang.t("，", ", ")
                )
            }
            Exclusion::Gas(None) => lang.t("不通燃气", "no gas").to_string(),
            Exclusion::Gas(Some(day)) => {
                format!("{} {day} {}", lang.t("燃气", "gas from"), lang.t("起可用", ""))
                    .trim_end()
                    .to_string()
            }
            Exclusion::Pollution(need, allowed) => format!(
                "{} {need}{} {}",
                lang.t("污染类别", "pollution class"),
                lang.t(" 类，允许", ", allowed"),
                allowed.map_or(lang.t("未登记", "not recorded").to_string(), |n| n.to_string())
            ),
            Exclusion::Rent(most, have) => format!(
                "{} {}{} {}",
                lang.t("租金至多", "rent at most"),
                decimals(*most, 100),
                lang.t("，现为", ", asked"),
                decimals(*have, 100)
            ),
            Exclusion::NotReady(None) => {
                lang.t("尚未整理完成，也没有登记完成日期", "not ready, and no day is recorded").to_string()
            }
            Exclusion::NotReady(Some(day)) => {
                format!("{} {day} {}", lang.t("尚未整理完成，", "not ready until"), lang.t("起可用", ""))
                    .trim_end()
                    .to_string()
            }
            Exclusion::Taken(taken) => {
                let by = match taken.by {
                    Some(project) => format!("{} {project}", lang.t("项目", "project")),
                    None => lang.t("其他使用人", "somebody").to_string(),
                };
                let until = taken.until.map_or(lang.t("无期限", "no end").to_string(), |d| d.to_string());
                format!("{} {by}{} {until}", lang.t("已被占用：", "taken by"), lang.t("，至", ", until"))
            }
        }
    }
}

/// What speaks for a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Merit {
    /// Little area is left over.
    Area,
    /// Ready well before the day.
    Ready,
    /// Power to spare.
    Power,
    /// Cheap.
    Rent,
}

impl Merit {
    /// Its name.
    #[must_use]
    pub fn label(self, lang: Lang) -> &'static str {
        match self {
            Merit::Area => lang.t("面积贴合", "area fits"),
            Merit::Ready => lang.t("提前可用", "ready early"),
            Merit::Power => lang.t("供电富余", "power to spare"),
            Merit::Rent => lang.t("租金较低", "low rent"),
        }
    }
}

/// A place that fits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// Its place in the list.
    pub at: usize,
    /// Points in all, at most 1,000.
    pub points: i64,
    /// Points by merit.
    pub merits: Vec<(Merit, i64)>,
}

/// Neighbouring parcels that fit together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Combo {
    /// Their places in the list, in order.
    pub at: Vec<usize>,
    /// Their area.
    pub area: i64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// What fits, the best first.
    pub fits: Vec<Fit>,
    /// Sets of neighbours that fit together, the least left over first; at most [`limits::COMBOS`].
    pub combos: Vec<Combo>,
    /// What does not fit, by place, each with every reason.
    pub excluded: Vec<(usize, Vec<Exclusion>)>,
}

/// Finds places for a project.
#[must_use]
pub fn find(need: &Need, sites: &[Site]) -> Found {
    let mut found = Found::default();
    let mut parts = vec![false; sites.len()];
    for (at, site) in sites.iter().enumerate() {
        let reasons = exclusions(need, site);
        if reasons.is_empty() {
            found.fits.push(fit(need, site, at));
            continue;
        }
        parts[at] = site.parcel && matches!(reasons.as_slice(), [Exclusion::Small(..)]);
        found.excluded.push((at, reasons));
    }
    found.fits.sort_by_key(|f| (-f.points, sites[f.at].id));
    if need.combine > 1 {
        found.combos = combos(need, sites, &parts);
    }
    found
}

/// The value of a measure on a day.
#[must_use]
pub fn on(steps: &Steps, day: Date) -> Option<i64> {
    steps.iter().take_while(|(from, _)| *from <= day).last().map(|s| s.1)
}

fn exclusions(need: &Need, site: &Site) -> Vec<Exclusion> {
    let mut reasons = Vec::new();
    if site.area < need.area {
        reasons.push(Exclusion::Small(need.area, site.area));
    }
    if let Some(most) = need.area_most.filter(|m| site.area > *m) {
        reasons.push(Exclusion::Large(most, site.area));
    }
    if !need.uses.is_empty() && !site.usage.as_ref().is_some_and(|u| need.uses.contains(u)) {
        reasons.push(Exclusion::Use(site.usage.clone()));
    }
    let mut less = |measure, needed: i64, have: Option<i64>, later| {
        if needed > 0 && have.is_none_or(|h| h < needed) {
            reasons.push(Exclusion::Less(measure, needed, have, later));
        }
    };
    let later =
        |steps: &Steps, needed: i64| steps.iter().copied().find(|(day, n)| *day > need.from && *n >= needed);
    less(Measure::Power, need.power, on(&site.power, need.from), later(&site.power, need.power));
    less(Measure::Water, need.water, on(&site.water, need.from), later(&site.water, need.water));
    less(Measure::Load, need.load, if site.parcel { Some(i64::MAX) } else { site.load }, None);
    less(
        Measure::Height,
        need.height,
        if site.parcel && site.height.is_none() { Some(i64::MAX) } else { site.height },
        None,
    );
    if need.gas && on(&site.gas, need.from) != Some(1) {
        reasons.push(Exclusion::Gas(later(&site.gas, 1).map(|s| s.0)));
    }
    if need.pollution > 0 && site.pollution.is_none_or(|p| p < need.pollution) {
        reasons.push(Exclusion::Pollution(need.pollution, site.pollution));
    }
    if let (Some(most), Some(rent)) = (need.rent_most, site.rent)
        && rent > most
    {
        reasons.push(Exclusion::Rent(most, rent));
    }
    if on(&site.ready, need.from) != Some(1) {
        reasons.push(Exclusion::NotReady(later(&site.ready, 1).map(|s| s.0)));
    }
    let still = site.taken.iter().filter(|t| t.until.is_none_or(|u| u >= need.from));
    reasons.extend(still.map(|t| Exclusion::Taken(*t)));
    reasons
}

fn fit(need: &Need, site: &Site, at: usize) -> Fit {
    let mut merits = Vec::new();
    let share = |part: i64, whole: i64, most: i64| {
        if whole <= 0 {
            most
        } else {
            i64::try_from(i128::from(part) * i128::from(most) / i128::from(whole)).unwrap_or(0)
        }
    };
    merits.push((Merit::Area, share(need.area.min(site.area), site.area, 500).clamp(0, 500)));
    let since = site.ready.iter().rev().take_while(|(_, r)| *r == 1).last().map(|s| s.0);
    let early = since.and_then(|s| s.until(need.from).ok()).map_or(0, |span| i64::from(span.get_days()));
    merits.push((Merit::Ready, early.clamp(0, 180) * 200 / 180));
    if need.power > 0 {
        let spare = on(&site.power, need.from).unwrap_or(0) - need.power;
        merits.push((Merit::Power, share(spare.max(0), need.power, 150).clamp(0, 150)));
    }
    if let (Some(most), Some(rent)) = (need.rent_most, site.rent) {
        merits.push((Merit::Rent, share(most - rent, most, 150).clamp(0, 150)));
    }
    Fit { at, points: merits.iter().map(|m| m.1).sum(), merits }
}

/// Connected sets of parcels that only lack area, large enough together, none larger than it must be: taking any one away leaves too little.
fn combos(need: &Need, sites: &[Site], parts: &[bool]) -> Vec<Combo> {
    let most = need.combine.min(limits::COMBINED);
    let mut found: BTreeSet<(i64, Vec<usize>)> = BTreeSet::new();
    let mut tried = 0usize;
    for seed in (0..sites.len()).filter(|s| parts[*s]) {
        // Each set is grown from its first member, by members behind it, so that it is met once a way of growing.
        let mut grow = vec![vec![seed]];
        let mut seen: BTreeSet<Vec<usize>> = BTreeSet::new();
        while let Some(set) = grow.pop() {
            tried += 1;
            if tried > limits::COMBOS_TRIED {
                break;
            }
            let area: i64 = set.iter().map(|s| sites[*s].area).fold(0, i64::saturating_add);
            if area >= need.area {
                let least = set.iter().map(|s| sites[*s].area).min().unwrap_or(0);
                if area - least < need.area && need.area_most.is_none_or(|m| area <= m) {
                    found.insert((area, set));
                    if found.len() > limits::COMBOS {
                        found.pop_last();
                    }
                }
                continue;
            }
            if set.len() == most {
                continue;
            }
            for next in set.iter().flat_map(|s| &sites[*s].beside).copied() {
                if next > seed && next < sites.len() && parts[next] && !set.contains(&next) {
                    let mut larger = set.clone();
                    larger.push(next);
                    larger.sort_unstable();
                    if seen.insert(larger.clone()) {
                        grow.push(larger);
                    }
                }
            }
        }
    }
    found.into_iter().map(|(area, at)| Combo { at, area }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    const START: Date = date(2020, 1, 1);

    fn need() -> Need {
        Need {
            area: 4_000_000,
            area_most: None,
            uses: BTreeSet::from(["industrial".to_string()]),
            power: 8_000,
            water: 0,
            gas: false,
            load: 0,
            height: 0,
            pollution: 2,
            from: date(2027, 3, 1),
            rent_most: None,
            combine: 1,
        }
    }

    fn site(id: i64, area: i64) -> Site {
        Site {
            id,
            parcel: true,
            area,
            usage: Some("industrial".into()),
            height: None,
            load: None,
            pollution: Some(2),
            rent: None,
            power: vec![(START, 10_000)],
            water: Vec::new(),
            gas: Vec::new(),
            ready: vec![(START, 1)],
            taken: Vec::new(),
            beside: Vec::new(),
        }
    }

    #[test]
    fn a_reason_says_what_is_needed_what_is_here_and_from_when_it_will_do() {
        let mut weak = site(1, 5_000_000);
        weak.power = vec![(START, 5_000), (date(2027, 6, 1), 10_000)];
        weak.ready = vec![(START, 0), (date(2027, 12, 1), 1)];
        weak.taken = vec![Taken { from: START, until: Some(date(2028, 1, 1)), by: Some(ProjectId(7)) }];
        let found = find(&need(), &[weak]);
        let texts: Vec<String> =
            found.excluded[0].1.iter().map(|e| e.text(Lang::Zh, str::to_string)).collect();
        assert_eq!(
            texts,
            [
                "供电需要 8000 千伏安，现有 5000 千伏安， 2027-06-01 起 10000",
                "尚未整理完成， 2027-12-01 起可用",
                "已被占用： 项目 7，至 2028-01-01"
            ]
        );
        let later = Need { from: date(2028, 2, 1), ..need() };
        let mut free = site(1, 5_000_000);
        free.taken = vec![Taken { from: START, until: Some(date(2028, 1, 1)), by: None }];
        assert_eq!(find(&later, &[free]).fits.len(), 1, "what is free by then fits");
    }

    #[test]
    fn what_nobody_recorded_is_a_reason_of_its_own() {
        let blank =
            Site { usage: None, pollution: None, power: Vec::new(), ready: Vec::new(), ..site(1, 5_000_000) };
        let found = find(&need(), &[blank]);
        assert_eq!(
            found.excluded[0].1,
            [
                Exclusion::Use(None),
                Exclusion::Less(Measure::Power, 8_000, None, None),
                Exclusion::Pollution(2, None),
                Exclusion::NotReady(None)
            ]
        );
    }

    #[test]
    fn the_closest_area_comes_first_and_points_add_up() {
        let found = find(&need(), &[site(1, 9_000_000), site(2, 4_100_000), site(3, 3_000_000)]);
        assert_eq!(found.fits.iter().map(|f| f.at).collect::<Vec<_>>(), [1, 0]);
        assert!(
            found
                .fits
                .iter()
                .all(|f| f.points == f.merits.iter().map(|m| m.1).sum::<i64>() && f.points <= 1_000)
        );
        assert_eq!(found.excluded, [(2, vec![Exclusion::Small(4_000_000, 3_000_000)])]);
    }

    #[test]
    fn neighbours_are_put_together_and_no_more_of_them_than_needed() {
        let mut sites = vec![site(1, 2_500_000), site(2, 1_600_000), site(3, 500_000), site(4, 3_000_000)];
        for (a, b) in [(0, 1), (1, 2), (0, 2)] {
            sites[a].beside.push(b);
            sites[b].beside.push(a);
        }
        let three = Need { combine: 3, ..need() };
        let found = find(&three, &sites);
        assert_eq!(
            found.combos,
            [Combo { at: vec![0, 1], area: 4_100_000 }],
            "the third adds nothing that is needed"
        );
        assert_eq!(find(&need(), &sites).combos, []);
    }

    fn any_site() -> impl Strategy<Value = Site> {
        let steps = prop::collection::vec((0i32..900, 0i64..20_000), 0..3);
        (1i64..9_000_000, steps, 0i64..4, prop::option::of(0i32..900), any::<bool>(), any::<bool>()).prop_map(
            |(area, mut steps, class, until, parcel, known)| {
                steps.sort_unstable();
                let day = |n: i32| START.saturating_add(jiff::Span::new().days(2_000 + n));
                Site {
                    parcel,
                    usage: known.then(|| "industrial".to_string()),
                    pollution: (class > 0).then_some(class),
                    power: steps.into_iter().map(|(d, n)| (day(d), n)).collect(),
                    taken: until
                        .map(|u| Taken { from: START, until: Some(day(u)), by: None })
                        .into_iter()
                        .collect(),
                    ..site(0, area)
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_fits_is_what_the_words_say(sites in prop::collection::vec(any_site(), 0..12), at in 0i32..900, links in prop::collection::vec((0usize..12, 0usize..12), 0..20)) {
            let mut sites = sites;
            for (n, s) in sites.iter_mut().enumerate() {
                s.id = n as i64;
            }
            for (a, b) in links {
                if a != b && a < sites.len() && b < sites.len() && !sites[a].beside.contains(&b) {
                    sites[a].beside.push(b);
                    sites[b].beside.push(a);
                }
            }
            let need = Need { from: START.saturating_add(jiff::Span::new().days(2_000 + at)), combine: 3, ..need() };
            let found = find(&need, &sites);
            prop_assert_eq!(found.fits.len() + found.excluded.len(), sites.len());
            let naive = |s: &Site, area: bool| {
                (!area || s.area >= need.area)
                    && s.usage.as_deref() == Some("industrial")
                    && s.pollution.unwrap_or(0) >= 2
                    && s.power.iter().rfind(|p| p.0 <= need.from).is_some_and(|p| p.1 >= 8_000)
                    && s.taken.iter().all(|t| t.until.is_some_and(|u| u < need.from))
            };
            for (n, s) in sites.iter().enumerate() {
                prop_assert_eq!(found.fits.iter().any(|f| f.at == n), naive(s, true), "{:?}", s);
            }
            for combo in &found.combos {
                prop_assert!(combo.at.len() >= 2 && combo.at.len() <= 3 && combo.area >= need.area);
                prop_assert!(combo.at.iter().all(|n| naive(&sites[*n], false) && sites[*n].parcel));
                // Connected: from the first, every member is reached through members.
                let mut reached = vec![combo.at[0]];
                while let Some(next) = combo.at.iter().find(|n| !reached.contains(n) && reached.iter().any(|r| sites[*r].beside.contains(n))) {
                    reached.push(*next);
                }
                prop_assert_eq!(reached.len(), combo.at.len());
            }
            // Every pair that would do is found.
            for a in 0..sites.len() {
                for b in sites[a].beside.clone().into_iter().filter(|b| *b > a) {
                    let (x, y) = (&sites[a], &sites[b]);
                    let will = [x, y].iter().all(|s| naive(s, false) && s.parcel && s.area < need.area) && x.area + y.area >= need.area;
                    prop_assert_eq!(will, found.combos.iter().any(|c| c.at == [a, b]));
                }
            }
        }
    }
}
