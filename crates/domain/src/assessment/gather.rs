//! What officers, units and the zone have of each reading: figures of the year over folded projects, with credit shared as agreed.

use super::{READINGS, ReadingUnit, Row, Value};
use crate::credit::divide;
use crate::figure::{self, Asked, By, Definition, Found, Part, owners};
use crate::goal::Party;
use crate::project::Project;
use crate::rate::Rates;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// The reading that no reported figure covers: projects that entered review, of any size.
const STUDIED: &str = r#"
[[figure]]
id = "studied"
version = "2026.1"
zh = "获准研究的项目"
en = "Projects approved for study"
what = "stage"
stage = "review"
measure = "count"
date = "counts"
tier = "all"
currency = "counting_day"
without = ["local_money", "infrastructure", "outlet", "real_estate", "daily_service", "second_phase", "relocation"]
duplicates = "leave_out"
ended = "keep"
credit = "signed"
"#;

/// What everybody has, by party and reading.
pub type Values = BTreeMap<Party, BTreeMap<String, Value>>;

/// Gathers one year.
#[derive(Clone, Debug)]
pub struct Gather {
    asked: Asked,
    rates: Rates,
    /// Each with what projects brought so far.
    figures: Vec<(Definition, Vec<Found>)>,
}

impl Gather {
    /// Of the definitions in force only those that are read.
    ///
    /// # Errors
    /// When our own definition has a fault (a test keeps it without).
    pub fn new(definitions: &[Definition], asked: Asked, rates: Rates) -> Result<Gather, String> {
        let own = figure::parse(STUDIED).map_err(|f| f.first().map_or(String::new(), ToString::to_string))?;
        let read = |d: &&Definition| READINGS.iter().any(|r| r.id == d.id);
        let used = definitions.iter().filter(read).chain(&own).cloned();
        Ok(Gather { asked, rates, figures: used.map(|d| (d, Vec::new())).collect() })
    }

    /// Adds a project.
    pub fn project(&mut self, project: &Project) {
        for (definition, found) in &mut self.figures {
            let one = figure::of_project(definition, self.asked, project, &self.rates);
            if !one.rows.is_empty() {
                found.push(one);
            }
        }
    }

    /// What everybody has.
    #[must_use]
    pub fn values(self) -> Values {
        let mut values = Values::new();
        for (definition, found) in self.figures {
            let Some(reading) = super::reading(&definition.id) else { continue };
            let figure = figure::Figure::of(&definition, self.asked, found);
            for row in figure.rows.iter().filter(|r| r.part != Part::Reached) {
                let mut give = |party, mille: i64, yuan: i64| {
                    let all: &mut BTreeMap<String, Value> = values.entry(party).or_default();
                    take(all.entry(definition.id.clone()).or_default(), reading.unit, row, mille, yuan);
                };
                give(Party::Zone, 1000, row.yuan.unwrap_or(0));
                for by in [By::Unit, By::Officer] {
                    let owners = owners(row, by);
                    let shares: Vec<u16> = owners.iter().map(|o| o.1).collect();
                    let yuan = divide(row.yuan.unwrap_or(0), &shares);
                    for ((key, mille), yuan) in owners.into_iter().zip(yuan) {
                        // What goes to another zone, or to nobody, is nobody's here.
                        if let Ok(party @ (Party::Unit(_) | Party::Officer(_))) = key.parse() {
                            give(party, i64::from(mille), yuan);
                        }
                    }
                }
            }
        }
        values
    }
}

fn take(value: &mut Value, unit: ReadingUnit, row: &figure::Row, mille: i64, yuan: i64) {
    let amount = match unit {
        ReadingUnit::Yuan => yuan,
        ReadingUnit::Count => mille,
        ReadingUnit::Rate => {
            value.of += mille;
            if row.part == Part::Met { mille } else { 0 }
        }
    };
    value.amount = value.amount.saturating_add(amount);
    value.rows.push(Row {
        subject: format!("project:{}", row.project),
        name: format!("{} {}", row.code, row.name),
        day: Some(row.counts),
        per_mille: mille,
        amount,
    });
}

/// Adds one whole thing of a person: a lead, an investor brought.
pub fn add(values: &mut Values, parties: &[Party], reading: &str, subject: &str, name: &str, day: Date) {
    for &party in parties {
        let value = values.entry(party).or_default().entry(reading.to_string()).or_default();
        value.amount += 1000;
        value.rows.push(Row {
            subject: subject.to_string(),
            name: name.to_string(),
            day: Some(day),
            per_mille: 1000,
            amount: 1000,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, FactId, Kind, ProjectId, Value as Said};
    use crate::figure::Period;
    use crate::user::{UnitId, UserId};
    use jiff::Timestamp;
    use jiff::civil::date;

    /// A project of 2亿元 with these stages, of officer 7 and unit 3.
    fn project(id: i64, stages: &[(&str, Date)], more: &[(Kind, Said)]) -> Project {
        let first = stages[0].1;
        let mut said = vec![
            (Kind::Officer, first, Said::Number(7)),
            (Kind::Unit, first, Said::Number(3)),
            (Kind::PlannedTotal, first, Said::yuan(200_000_000)),
        ];
        said.extend(stages.iter().map(|(word, day)| (Kind::Stage, *day, Said::Text((*word).into()))));
        said.extend(more.iter().map(|(kind, value)| (*kind, first, value.clone())));
        let facts = (1..).zip(said).map(|(n, (kind, day, value))| Fact {
            id: FactId(id * 100 + n),
            project: ProjectId(id),
            kind,
            effective: day,
            counts: day,
            value,
            corrects: None,
            reason: None,
            recorded: Timestamp::UNIX_EPOCH,
            by: "cli".into(),
        });
        Project::fold(ProjectId(id), &format!("P{id}"), facts.collect::<Vec<_>>(), None)
    }

    fn gathered(projects: &[Project]) -> Values {
        let asked = Asked { period: Period::new(2025, None).unwrap(), day: date(2025, 12, 31) };
        let mut gather = Gather::new(&figure::builtin().unwrap(), asked, Rates::default()).unwrap();
        projects.iter().for_each(|p| gather.project(p));
        gather.values()
    }

    const OFFICER: Party = Party::Officer(UserId(7));

    #[test]
    fn every_reading_of_projects_is_a_figure() {
        let known = figure::builtin().unwrap();
        for reading in READINGS {
            let ours = ["valid_leads", "investors_brought", "studied"].contains(&reading.id);
            let measure = known.iter().find(|d| d.id == reading.id).map(|d| d.measure);
            let unit = match measure {
                Some(figure::Measure::Amount) => ReadingUnit::Yuan,
                Some(figure::Measure::Rate) => ReadingUnit::Rate,
                Some(figure::Measure::Count) | None => ReadingUnit::Count,
            };
            assert_eq!((measure.is_none(), unit), (ours, reading.unit), "{}", reading.id);
        }
    }

    #[test]
    fn stages_of_the_year_are_counted_for_officer_unit_and_zone() {
        let all = gathered(&[
            project(
                1,
                &[("review", date(2025, 2, 1)), ("signed", date(2025, 3, 1)), ("started", date(2025, 9, 1))],
                &[],
            ),
            project(2, &[("signed", date(2025, 4, 1))], &[(Kind::Arrived, Said::yuan(50_000_000))]),
            project(3, &[("signed", date(2024, 4, 1)), ("in_production", date(2025, 5, 1))], &[]),
        ]);
        for party in [Party::Zone, Party::Unit(UnitId(3)), OFFICER] {
            let of = |id: &str| all[&party].get(id).map_or((0, 0), |v| (v.amount, v.of));
            assert_eq!(of("signed"), (2_000, 0));
            assert_eq!(of("planned_total"), (400_000_000, 0));
            assert_eq!(
                (of("studied"), of("started"), of("in_production")),
                ((1_000, 0), (1_000, 0), (1_000, 0))
            );
            assert_eq!(of("arrived"), (50_000_000, 0));
            assert_eq!(of("start_rate_same_year"), (1_000, 2_000), "one of the two signed in the year");
        }
        assert_eq!(all[&OFFICER]["signed"].rows[0].subject, "project:1");
    }

    #[test]
    fn agreed_splits_share_credit_and_registered_capital_is_never_read() {
        let split = r#"{"figure":"signed","shares":[{"party":"officer:7","per_mille":900},{"party":"officer:8","per_mille":100}]}"#;
        let more =
            [(Kind::Credit, Said::Text(split.into())), (Kind::RegisteredCapital, Said::yuan(900_000_000))];
        let all = gathered(&[project(1, &[("signed", date(2025, 3, 1))], &more)]);
        let signed = |id| all[&Party::Officer(UserId(id))]["signed"].amount;
        assert_eq!((signed(7), signed(8)), (900, 100));
        assert_eq!(all[&Party::Zone]["signed"].amount, 1_000);
        let yuan: Vec<i64> =
            all.values().flat_map(BTreeMap::values).flat_map(|v| &v.rows).map(|r| r.amount).collect();
        assert!(!yuan.contains(&900_000_000));
    }
}
