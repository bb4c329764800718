//! Access review (准入评审): the zone's score table, points in hundredths, vetoes, and figures per 亩 that cannot be mistaken for
//! figures per 1,000 m². The table is data (`data/access.toml`).

use crate::fact::Kind;
use crate::gate::AccessFault;
use crate::land::area::Area;
use crate::project::Project;
use crate::rate::Rates;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

/// Yuan on each 亩 (1 亩 = 2000/3 m²).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YuanPerMu(pub i64);

/// Yuan on each 1,000 m².
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct YuanPerThousandM2(pub i64);

/// An amount spread over land; what it is per unit is asked for by name, so that units cannot be mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Density {
    yuan: i64,
    area: Area,
}

impl Density {
    /// `None` when there is no land.
    #[must_use]
    pub fn new(yuan: i64, square_metres: i64) -> Option<Density> {
        Density::over(yuan, Area::from_square_metres(square_metres)?)
    }
    /// Over an exact area; `None` when there is no land.
    #[must_use]
    pub fn over(yuan: i64, area: Area) -> Option<Density> {
        (area > Area::ZERO).then_some(Density { yuan, area })
    }
    /// Yuan, and hundredths of a square metre (above zero): for comparisons before rounding.
    #[must_use]
    pub fn parts(self) -> (i128, i128) {
        (self.yuan.into(), self.area.hundredths().into())
    }
    /// Per 亩, rounded down to whole yuan.
    #[must_use]
    pub fn per_mu(self) -> YuanPerMu {
        YuanPerMu(narrow(i128::from(self.yuan) * 200_000 / (3 * i128::from(self.area.hundredths()))))
    }
    /// Per 1,000 m², rounded down to whole yuan.
    #[must_use]
    pub fn per_thousand_m2(self) -> YuanPerThousandM2 {
        YuanPerThousandM2(narrow(i128::from(self.yuan) * 100_000 / i128::from(self.area.hundredths())))
    }
}

impl From<YuanPerMu> for YuanPerThousandM2 {
    /// x per 亩 is 1.5 x per 1,000 m².
    fn from(per_mu: YuanPerMu) -> YuanPerThousandM2 {
        YuanPerThousandM2(narrow(i128::from(per_mu.0) * 3 / 2))
    }
}

fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// Square metres as tenths of a 亩, rounded half up.
#[must_use]
pub fn tenths_of_mu(square_metres: i64) -> i64 {
    narrow((i128::from(square_metres) * 30 + 1_000) / 2_000)
}

/// What an item measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// 预计年产值, yuan.
    Output,
    /// 预计年税收, yuan.
    Tax,
    /// 固定资产投资 on each 亩.
    InvestmentPerMu,
    /// 预计年税收 on each 亩.
    TaxPerMu,
    /// People give the points.
    Judged,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Stable word.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// What it measures.
    pub measure: Measure,
    /// The most it gives, hundredths of a point.
    pub points: i64,
    /// What earns them, yuan (or yuan a 亩).
    #[serde(default)]
    pub full: i64,
    /// Yuan short that cost `minus`; 0 for a share of the mark.
    #[serde(default)]
    pub step: i64,
    /// Hundredths of a point for each begun step.
    #[serde(default)]
    pub minus: i64,
}

/// A veto (一票否决).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Veto {
    /// Stable word.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// The score table of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Id and version.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// The mark to reach, hundredths of a point.
    pub pass: i64,
    /// Lines.
    #[serde(rename = "item")]
    pub items: Vec<Item>,
    /// Vetoes.
    #[serde(rename = "veto", default)]
    pub vetoes: Vec<Veto>,
}

/// Points that one person gave.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scores {
    /// Id and version of the table.
    pub table: String,
    /// Hundredths of a point by item.
    pub points: BTreeMap<String, i64>,
    /// Vetoes that apply.
    pub vetoes: BTreeSet<String>,
    /// Grounds.
    #[serde(default)]
    pub grounds: String,
}

impl Table {
    /// The table that comes with the program.
    #[must_use]
    pub fn built_in() -> &'static Table {
        static BUILT_IN: OnceLock<Table> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        BUILT_IN.get_or_init(|| Table::parse(include_str!("../data/access.toml")).expect("data/access.toml"))
    }

    /// Reads a table.
    ///
    /// # Errors
    /// The first fault and where it is.
    pub fn parse(text: &str) -> Result<Table, String> {
        let table: Table = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut seen = BTreeSet::new();
        for id in table.items.iter().map(|i| &i.id).chain(table.vetoes.iter().map(|v| &v.id)) {
            if id.is_empty() || !id.chars().all(|c| c.is_ascii_lowercase() || c == '_') || !seen.insert(id) {
                return Err(format!("`{id}`: write each id once, in letters a to z and _"));
            }
        }
        for item in &table.items {
            let judged = item.measure == Measure::Judged;
            if item.points <= 0 || (!judged && item.full <= 0) || item.step < 0 || item.minus < 0 {
                return Err(format!(
                    "item `{}`: points and full must be above 0, step and minus not below",
                    item.id
                ));
            }
        }
        if table.items.is_empty() || table.pass < 0 || table.pass > table.most() {
            return Err("there must be items, and `pass` must lie between 0 and their sum".into());
        }
        Ok(table)
    }

    /// The most that can be reached, hundredths of a point.
    #[must_use]
    pub fn most(&self) -> i64 {
        self.items.iter().map(|i| i.points).sum()
    }

    /// The sum of points given; items without points count nothing.
    #[must_use]
    pub fn total(&self, scores: &Scores) -> i64 {
        self.items.iter().filter_map(|i| scores.points.get(&i.id)).sum()
    }

    /// Refuses points that no item of this table can have.
    ///
    /// # Errors
    /// The item at fault, Chinese and English.
    pub fn check(&self, scores: &Scores) -> Result<(), (String, String)> {
        for item in &self.items {
            let Some(points) = scores.points.get(&item.id) else {
                return Err((format!("“{}”没有打分", item.zh), format!("“{}” has no points", item.en)));
            };
            if !(0..=item.points).contains(points) {
                let most = self::points(item.points);
                return Err((
                    format!("“{}”应在 0 到 {most} 之间", item.zh),
                    format!("“{}” takes 0 to {most}", item.en),
                ));
            }
        }
        Ok(())
    }

    /// Why the checked scores do not open the decision; `None` when they do.
    #[must_use]
    pub fn fault(&self, checked: Option<&Scores>) -> Option<AccessFault> {
        let Some(scores) = checked else { return Some(AccessFault::NotChecked) };
        if let Some(veto) = scores.vetoes.iter().next() {
            let known = self.vetoes.iter().find(|v| v.id == *veto);
            let (zh, en) = known.map_or((veto.clone(), veto.clone()), |v| (v.zh.clone(), v.en.clone()));
            return Some(AccessFault::Veto(zh, en));
        }
        let total = self.total(scores);
        (total < self.pass).then_some(AccessFault::Below(total, self.pass))
    }
}

impl Item {
    /// What the project's facts say of it, in yuan or yuan a 亩; foreign money at the rate of the day it happened. `None` when they do not
    /// say, or no rate holds on that day.
    #[must_use]
    pub fn measured(&self, project: &Project, rates: &Rates) -> Option<i64> {
        let yuan = |kind| {
            let fact = project.get(kind)?;
            rates.yuan(fact.value.money()?, fact.effective).ok()
        };
        let per_mu = |kind| Some(Density::new(yuan(kind)?, project.number(Kind::LandArea)?)?.per_mu().0);
        match self.measure {
            Measure::Output => yuan(Kind::Output),
            Measure::Tax => yuan(Kind::Tax),
            Measure::InvestmentPerMu => per_mu(Kind::FixedInvestment),
            Measure::TaxPerMu => per_mu(Kind::Tax),
            Measure::Judged => None,
        }
    }

    /// The points that a measured value earns.
    #[must_use]
    pub fn earned(&self, value: i64) -> i64 {
        if value >= self.full {
            return self.points;
        }
        let value = value.max(0);
        if self.step == 0 {
            return narrow(i128::from(self.points) * i128::from(value) / i128::from(self.full.max(1)));
        }
        let short = self.full - value;
        let steps = (i128::from(short) + i128::from(self.step) - 1) / i128::from(self.step);
        narrow((i128::from(self.points) - steps * i128::from(self.minus)).max(0))
    }
}

/// Hundredths of a point as people write them: `4.9`, `10`, `7.25`.
#[must_use]
pub fn points(hundredths: i64) -> String {
    let (sign, n) = (if hundredths < 0 { "-" } else { "" }, hundredths.unsigned_abs());
    let rest = format!("{:02}", n % 100);
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{}", n / 100) } else { format!("{sign}{}.{rest}", n / 100) }
}

/// Reads points with at most two decimals; `None` for anything else.
#[must_use]
pub fn read_points(text: &str) -> Option<i64> {
    let (whole, rest) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
    let digits = |s: &str| !s.is_empty() && s.chars().all(|c| c.is_ascii_digit());
    if !digits(whole) || !digits(rest) || whole.len() > 4 || rest.len() > 2 {
        return None;
    }
    let cents: i64 = format!("{rest:0<2}").parse().ok()?;
    Some(whole.parse::<i64>().ok()? * 100 + cents)
}

/// The scores that a setting of a project holds.
#[must_use]
pub fn scores(project: &Project, kind: Kind) -> Option<Scores> {
    serde_json::from_str(project.text(kind)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(id: &str) -> &'static Item {
        Table::built_in().items.iter().find(|i| i.id == id).unwrap()
    }

    #[test]
    fn the_sources_own_examples() {
        assert_eq!(item("output").earned(300_000_000), 500);
        assert_eq!(item("intensity").earned(4_000_000), 500);
        assert_eq!(item("intensity").earned(3_900_000), 490, "0.1 for 10万 short");
        assert_eq!(item("intensity").earned(3_000_000), 400);
        assert_eq!(item("tax").earned(10_000_000), 1_000);
        assert_eq!(item("tax_per_mu").earned(100_000), 1_000);
        assert_eq!(item("tax_per_mu").earned(80_000), 980, "0.1 for each 1万 short");
        assert_eq!(item("intensity").earned(0), 100, "40 steps short cost 4 points");
        assert_eq!(Table::built_in().most(), 10_000, "a hundred points");
    }

    /// Fault 3 of a city's own system: 投资强度 in 万元/千㎡ under the heading 亩均.
    #[test]
    fn a_figure_per_mu_is_not_one_per_thousand_square_metres() {
        // 4亿 on 100 亩 (66,666.67 m²) are 400万/亩 and 600万/千㎡.
        let hundred_mu = Density::new(400_000_000, 66_667).unwrap();
        assert_eq!(hundred_mu.per_mu(), YuanPerMu(3_999_980));
        assert_eq!(YuanPerThousandM2::from(YuanPerMu(4_000_000)), YuanPerThousandM2(6_000_000));
        let exact = Density::new(3_000_000, 2_000).unwrap();
        assert_eq!(
            (exact.per_mu(), exact.per_thousand_m2()),
            (YuanPerMu(1_000_000), YuanPerThousandM2(1_500_000))
        );
        assert_eq!(YuanPerThousandM2::from(exact.per_mu()), exact.per_thousand_m2());
        assert_eq!((Density::new(1, 0), tenths_of_mu(66_667)), (None, 1_000));
    }

    #[test]
    fn vetoes_and_the_mark_decide() {
        let table = Table::built_in();
        assert_eq!(table.fault(None), Some(AccessFault::NotChecked));
        let mut scores = Scores {
            points: table.items.iter().map(|i| (i.id.clone(), i.points)).collect(),
            ..Scores::default()
        };
        assert_eq!((table.check(&scores), table.fault(Some(&scores))), (Ok(()), None));
        scores.vetoes.insert("banned".into());
        assert!(
            matches!(table.fault(Some(&scores)), Some(AccessFault::Veto(..))),
            "a hundred points do not outweigh a veto"
        );
        scores.vetoes.clear();
        scores.points.insert("output".into(), 501);
        assert!(table.check(&scores).unwrap_err().0.contains('5'));
        let low =
            Scores { points: table.items.iter().map(|i| (i.id.clone(), 0)).collect(), ..Scores::default() };
        assert_eq!(table.fault(Some(&low)), Some(AccessFault::Below(0, 3_000)));
        scores.points.remove("output");
        assert!(table.check(&scores).is_err(), "an item left out is not zero");
    }

    #[test]
    fn points_read_back() {
        for (text, value) in [("4.9", 490), ("10", 1_000), ("7.25", 725), ("0", 0)] {
            assert_eq!((read_points(text), points(value).as_str()), (Some(value), text));
        }
        for bad in ["", "-1", "1.234", "1.", "五", "1e3"] {
            assert_eq!(read_points(bad), None, "{bad}");
        }
    }
}
