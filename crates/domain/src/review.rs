//! Who reviews a project at a gate, and what their answers mean. The routes are data (`data/reviewers.toml`): no department is written
//! into the program. Silence never passes.

use crate::fact::{FactId, Kind, NewFact, Value};
use crate::gate::ReviewState;
use crate::industry;
use crate::project::Project;
use crate::stage::Stage;
use crate::workday::Calendar;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::OnceLock;

/// A department and when it is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ask {
    /// The unit's name.
    pub unit: String,
    /// Sections of GB/T 4754, of which one must hold.
    #[serde(default)]
    pub sections: Vec<String>,
    /// Sections of which none may hold.
    #[serde(default)]
    pub except: Vec<String>,
    /// Planned total of at least so many yuan.
    #[serde(default)]
    pub least: Option<i64>,
    /// Only projects of foreign capital.
    #[serde(default)]
    pub foreign: bool,
    /// Only projects of science and technology.
    #[serde(default)]
    pub science: bool,
    /// Only projects that use much energy.
    #[serde(default)]
    pub energy: bool,
}

/// A review that a gate may ask for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Stable word.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
    /// Working days to answer.
    pub days: u32,
    /// The stage to which a return sends the project.
    #[serde(default)]
    pub back: Option<Stage>,
    /// Departments.
    #[serde(rename = "ask")]
    pub asks: Vec<Ask>,
}

/// The review routes of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Routes {
    /// Id and version.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// Tonnes of standard coal a year from which a project uses much energy.
    pub energy_least: i64,
    /// The routes.
    #[serde(rename = "route")]
    pub routes: Vec<Route>,
}

/// What of a project decides who reviews it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Section letter of its industry.
    pub section: Option<char>,
    /// Planned total, yuan.
    pub yuan: i64,
    /// Whether it is of foreign capital.
    pub foreign: bool,
    /// Whether it is of science and technology: its industry is M, or it is marked so.
    pub science: bool,
    /// Energy a year, tonnes of standard coal.
    pub energy: i64,
}

impl Profile {
    /// The profile of a project whose planned total is `yuan`.
    #[must_use]
    pub fn of(project: &Project, yuan: i64) -> Profile {
        let code = project.text(Kind::Industry).and_then(industry::parse);
        let section = code.and_then(|c| c.0.chars().next());
        let science = section == Some('M') || project.text(Kind::Science) == Some("yes");
        Profile {
            section,
            yuan,
            foreign: project.text(Kind::Origin) == Some("foreign"),
            science,
            energy: project.number(Kind::Energy).unwrap_or(0),
        }
    }
}

impl Ask {
    fn applies(&self, profile: &Profile, energy_least: i64) -> bool {
        let lies_in = |list: &[String]| {
            profile.section.is_some_and(|letter| list.iter().any(|s| s.chars().eq(std::iter::once(letter))))
        };
        (self.sections.is_empty() || lies_in(&self.sections))
            && !lies_in(&self.except)
            && self.least.is_none_or(|least| profile.yuan >= least)
            && (!self.foreign || profile.foreign)
            && (!self.science || profile.science)
            && (!self.energy || profile.energy >= energy_least)
    }
}

impl Routes {
    /// The routes that come with the program.
    #[must_use]
    pub fn built_in() -> &'static Routes {
        static BUILT_IN: OnceLock<Routes> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        BUILT_IN.get_or_init(|| {
            Routes::parse(include_str!("../data/reviewers.toml")).expect("data/reviewers.toml")
        })
    }

    /// Reads routes.
    ///
    /// # Errors
    /// The first fault and where it is.
    pub fn parse(text: &str) -> Result<Routes, String> {
        let routes: Routes = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut seen = BTreeSet::new();
        for route in &routes.routes {
            if route.id.is_empty() || !seen.insert(&route.id) {
                return Err(format!("route `{}`: write each id once", route.id));
            }
            if route.asks.is_empty() || route.days == 0 || route.asks.iter().any(|a| a.unit.trim().is_empty())
            {
                return Err(format!("route `{}`: name at least one unit and at least one day", route.id));
            }
        }
        Ok(routes)
    }

    /// The route of this word.
    #[must_use]
    pub fn route(&self, id: &str) -> Option<&Route> {
        self.routes.iter().find(|r| r.id == id)
    }

    /// Names of the units that review a project on a route, each once, in the order of the file.
    #[must_use]
    pub fn asked<'a>(&self, route: &'a Route, profile: &Profile) -> Vec<&'a str> {
        let mut units: Vec<&str> = Vec::new();
        for ask in route.asks.iter().filter(|a| a.applies(profile, self.energy_least)) {
            if !units.contains(&ask.unit.as_str()) {
                units.push(&ask.unit);
            }
        }
        units
    }
}

impl Route {
    /// The last day to answer what is asked on `day`.
    #[must_use]
    pub fn due(&self, day: Date, calendar: &Calendar) -> Date {
        calendar.add_working_days(day, self.days).value
    }
}

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// 通过
    Pass,
    /// 退回
    Return,
}

impl Verdict {
    /// The stable word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Verdict::Pass => "pass",
            Verdict::Return => "return",
        }
    }
}

impl FromStr for Verdict {
    type Err = String;
    /// # Errors
    /// A word that is no answer.
    fn from_str(s: &str) -> Result<Verdict, String> {
        match s {
            "pass" => Ok(Verdict::Pass),
            "return" => Ok(Verdict::Return),
            _ => Err(format!("`{s}` is no answer; use pass or return")),
        }
    }
}

/// How far a round has come, from the answers of its departments and their days. One return returns it; it passes only when every
/// department passed it, however late.
#[must_use]
pub fn state(answers: &[(Option<Verdict>, Date)], today: Date) -> ReviewState {
    if answers.is_empty() {
        return ReviewState::NotAsked;
    }
    if answers.iter().any(|(a, _)| *a == Some(Verdict::Return)) {
        return ReviewState::Returned;
    }
    let open = answers.iter().filter(|(a, _)| a.is_none());
    match open.clone().count() {
        0 => ReviewState::Passed,
        n => ReviewState::Waiting { open: n, overdue: open.filter(|(_, due)| *due < today).count() },
    }
}

/// The facts that send a project back to `back` with the reasons: the stages of progress after it that lead to no signing are
/// withdrawn, and `back` is recorded when it never was. A project that is signed stays signed.
#[must_use]
pub fn send_back(project: &Project, back: Stage, today: Date, reasons: &str) -> Vec<NewFact> {
    if project.reached(Stage::Signed).is_some() {
        return Vec::new();
    }
    let stages = project.all(Kind::Stage).filter(|f| f.stage().is_some_and(|s| s > back && !s.is_exit()));
    let withdrawn = |id: FactId, effective: Date, counts: Date| NewFact {
        counts,
        corrects: Some(id),
        reason: Some(reasons.to_string()),
        ..NewFact::on(effective, Kind::Stage, Value::Nothing)
    };
    let mut facts: Vec<NewFact> = stages.map(|f| withdrawn(f.id, f.effective, f.counts)).collect();
    if project.reached(back).is_none() {
        facts.push(NewFact::on(today, Kind::Stage, Value::Text(back.as_str().into())));
    }
    facts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, ProjectId};
    use jiff::Timestamp;
    use jiff::civil::date;

    const DAY: Date = date(2026, 11, 20);

    fn asked(profile: &Profile) -> Vec<&'static str> {
        let routes = Routes::built_in();
        routes.asked(routes.route("signing").unwrap(), profile)
    }

    #[test]
    fn the_routes_of_the_source() {
        let industrial = Profile { section: Some('C'), ..Profile::default() };
        assert_eq!(asked(&industrial), ["工信"]);
        assert_eq!(asked(&Profile { section: Some('I'), ..Profile::default() }), ["发改"]);
        assert_eq!(asked(&Profile { science: true, ..industrial.clone() }), ["工信", "科技"]);
        assert_eq!(
            asked(&Profile { foreign: true, science: true, ..industrial.clone() }),
            ["工信", "科技", "商务"]
        );
        assert_eq!(
            asked(&Profile { energy: 1_000, yuan: 1_000_000_000, ..industrial }),
            ["工信", "生态环境", "产业基金"]
        );
        assert_eq!(asked(&Profile::default()), ["发改"], "an unknown industry is nobody's exception");
        let quality = Routes::built_in().route("quality").unwrap();
        assert_eq!(Routes::built_in().asked(quality, &Profile::default()).len(), 7);
        // five working days after Friday 2026-11-20
        assert_eq!(quality.due(DAY, Calendar::china()), date(2026, 11, 27));
    }

    /// Fault 8 of a city's own system: the route of each industry is written into the program.
    #[test]
    fn another_file_sends_the_same_project_elsewhere() {
        let other = include_str!("../data/reviewers.toml")
            .replace("sections = [\"B\", \"C\", \"D\"]", "sections = [\"C\"]")
            .replace("工信", "经发局");
        let routes = Routes::parse(&other).unwrap();
        let industrial = Profile { section: Some('C'), ..Profile::default() };
        assert_eq!(routes.asked(routes.route("signing").unwrap(), &industrial), ["经发局"]);
        assert!(Routes::parse(&other.replace("days = 5", "days = 0")).is_err());
        assert!(Routes::parse(&other.replace("id = \"start\"", "id = \"signing\"")).is_err());
    }

    /// Fault 6 of a city's own system: 超时自动完成, a review that nobody answered turns green.
    #[test]
    fn silence_never_passes() {
        let late = date(2020, 1, 1);
        assert_eq!(
            state(&[(Some(Verdict::Pass), late), (None, late)], DAY),
            ReviewState::Waiting { open: 1, overdue: 1 }
        );
        assert_eq!(
            state(&[(None, DAY)], DAY),
            ReviewState::Waiting { open: 1, overdue: 0 },
            "the last day is in time"
        );
        assert_eq!(state(&[(Some(Verdict::Pass), late)], DAY), ReviewState::Passed);
        assert_eq!(state(&[(Some(Verdict::Return), DAY), (None, late)], DAY), ReviewState::Returned);
        assert_eq!(state(&[], DAY), ReviewState::NotAsked);
    }

    #[test]
    fn a_return_takes_back_what_lies_between_and_leaves_what_is_signed() {
        let fact = |id: i64, stage: &str| Fact {
            id: FactId(id),
            project: ProjectId(1),
            kind: Kind::Stage,
            effective: DAY,
            counts: DAY,
            value: Value::Text(stage.into()),
            corrects: None,
            reason: None,
            recorded: Timestamp::UNIX_EPOCH,
            by: "cli".into(),
        };
        let p =
            Project::fold(ProjectId(1), "P", [fact(1, "lead"), fact(2, "review"), fact(3, "decision")], None);
        let back = send_back(&p, Stage::Negotiating, DAY, "能耗不清");
        let corrects: Vec<_> = back.iter().map(|f| f.corrects).collect();
        assert_eq!(corrects, [Some(FactId(2)), Some(FactId(3)), None]);
        assert!(back.iter().all(|f| f.check(DAY).is_ok()));
        let signed = Project::fold(ProjectId(1), "P", [fact(1, "signed")], None);
        assert_eq!(send_back(&signed, Stage::Negotiating, DAY, "x"), []);
    }
}
