//! Gates: what a stage asks for before a project may pass into it. The gates are data (`data/gates.toml`), the check is pure.

use crate::fact::Kind;
use crate::project::Project;
use crate::role::Role;
use crate::stage::Stage;
use crate::workday::Calendar;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::OnceLock;

/// A kind of document or photo.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceKind {
    /// The stable word that facts hold.
    pub id: String,
    /// Chinese name.
    pub zh: String,
    /// English name.
    pub en: String,
}

/// What one stage asks for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gate {
    /// The stage that is entered.
    pub stage: Stage,
    /// Who answers for it.
    pub owner: Role,
    /// Working days from the stage before; 0 for no limit.
    #[serde(default)]
    pub days: u32,
    /// Stages that must have been reached.
    #[serde(default)]
    pub after: Vec<Stage>,
    /// Evidence kinds that must be there; `a|b` means one of the two.
    #[serde(default)]
    pub needs: Vec<String>,
    /// What must be known.
    #[serde(default)]
    pub facts: Vec<Kind>,
    /// The review that must have passed.
    #[serde(default)]
    pub review: Option<String>,
    /// Whether the access review must have been passed.
    #[serde(default)]
    pub access: bool,
    /// Whether a reason must be given.
    #[serde(default)]
    pub reason: bool,
}

/// The gates of a zone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gates {
    /// Id and version of the rule set.
    pub id: String,
    /// Where it comes from.
    pub source: String,
    /// Kinds of evidence.
    pub evidence: Vec<EvidenceKind>,
    /// One of every stage.
    #[serde(rename = "gate")]
    pub gates: Vec<Gate>,
}

/// How far the review that a gate asks for has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewState {
    /// Nobody was asked yet.
    NotAsked,
    /// Some have not answered; how many of them late. Silence never passes.
    Waiting {
        /// Departments that have not answered.
        open: usize,
        /// Those of them whose day has passed.
        overdue: usize,
    },
    /// A department returned it.
    Returned,
    /// Every department that was asked passed it.
    Passed,
}

/// What is known of a project's reviews when a gate is checked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reviews {
    /// Route and how far its last round has come.
    pub rounds: Vec<(String, ReviewState)>,
    /// What the access review lacks, when the gate asks for it.
    pub access: Option<AccessFault>,
}

/// Why the access review does not open a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccessFault {
    /// Nobody but the officer has scored it.
    NotChecked,
    /// A veto (一票否决): its name in Chinese and English.
    Veto(String, String),
    /// Below the mark: scored and asked, in hundredths of a point.
    Below(i64, i64),
}

/// What a move brings with it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Brought<'a> {
    /// Evidence kinds that come with the move.
    pub evidence: BTreeSet<&'a str>,
    /// Facts that come with it.
    pub facts: Vec<Kind>,
    /// The reason given.
    pub reason: &'a str,
}

/// Something that a gate asks for and that is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// One of these evidence kinds.
    Evidence(Vec<String>),
    /// A stage before.
    Stage(Stage),
    /// Something that must be known.
    Fact(Kind),
    /// A review.
    Review(String, ReviewState),
    /// The access review.
    Access(AccessFault),
    /// The reason.
    Reason,
    /// It has been reached already.
    Reached,
    /// The project was lost or ended.
    Out(Stage),
    /// A project that was signed is ended (终止), not lost.
    SignedAlready,
}

/// The evidence kinds of a project that are in force: those that some file proves or a fact names.
#[must_use]
pub fn present(project: &Project) -> BTreeSet<&str> {
    project.all(Kind::Evidence).filter_map(|f| f.value.text()).collect()
}

/// What a project lacks to pass into `stage`; nothing when the gate is open.
#[must_use]
pub fn check(
    gates: &Gates,
    project: &Project,
    stage: Stage,
    brought: &Brought<'_>,
    reviews: &Reviews,
) -> Vec<Missing> {
    let mut missing = Vec::new();
    if project.reached(stage).is_some() {
        return vec![Missing::Reached];
    }
    if let Some(out) = project.stage().filter(|s| s.is_exit()) {
        return vec![Missing::Out(out)];
    }
    if stage == Stage::Lost && project.reached(Stage::Signed).is_some() {
        missing.push(Missing::SignedAlready);
    }
    let gate = gates.gate(stage);
    missing.extend(gate.after.iter().filter(|s| project.reached(**s).is_none()).map(|s| Missing::Stage(*s)));
    let known = |kind: &Kind| project.get(*kind).is_some() || brought.facts.contains(kind);
    missing.extend(gate.facts.iter().filter(|k| !known(k)).map(|k| Missing::Fact(*k)));
    let there = present(project);
    let has = |kind: &str| there.contains(kind) || brought.evidence.contains(kind);
    for need in &gate.needs {
        if !need.split('|').any(has) {
            missing.push(Missing::Evidence(need.split('|').map(str::to_string).collect()));
        }
    }
    if let Some(route) = &gate.review {
        let state = reviews.rounds.iter().find(|(r, _)| r == route).map_or(ReviewState::NotAsked, |r| r.1);
        if state != ReviewState::Passed {
            missing.push(Missing::Review(route.clone(), state));
        }
    }
    if let Some(fault) = reviews.access.clone().filter(|_| gate.access) {
        missing.push(Missing::Access(fault));
    }
    if gate.reason && brought.reason.trim().is_empty() {
        missing.push(Missing::Reason);
    }
    missing
}

/// The day by which `stage` should be reached: working days after the last stage of progress before it; `None` without a limit.
#[must_use]
pub fn due(gates: &Gates, project: &Project, stage: Stage, calendar: &Calendar) -> Option<Date> {
    let gate = gates.gate(stage);
    let before = Stage::PROGRESS.into_iter().rev().filter(|s| *s < stage);
    let since = before.filter_map(|s| project.reached(s)).map(|f| f.effective).next()?;
    (gate.days > 0 && !stage.is_exit()).then(|| calendar.add_working_days(since, gate.days).value)
}

/// The next stage of progress that a project has not reached; `None` when it is out or at capacity.
#[must_use]
pub fn next(project: &Project) -> Option<Stage> {
    match project.stage() {
        Some(out) if out.is_exit() => None,
        Some(at) => Stage::PROGRESS.into_iter().find(|s| *s > at),
        None => Some(Stage::Lead),
    }
}

impl Gates {
    /// The gates that come with the program.
    #[must_use]
    pub fn built_in() -> &'static Gates {
        static BUILT_IN: OnceLock<Gates> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        BUILT_IN.get_or_init(|| Gates::parse(include_str!("../data/gates.toml")).expect("data/gates.toml"))
    }

    /// Reads gates and checks that every stage has one and every word is known.
    ///
    /// # Errors
    /// The first fault and where it is.
    pub fn parse(text: &str) -> Result<Gates, String> {
        let gates: Gates = toml::from_str(text).map_err(|e| e.to_string())?;
        if gates.id.trim().is_empty() || gates.source.trim().is_empty() {
            return Err("id and source must not be empty".into());
        }
        let mut seen = BTreeSet::new();
        for kind in &gates.evidence {
            let word = kind.id.chars().all(|c| c.is_ascii_lowercase() || c == '_') && !kind.id.is_empty();
            if !word || !seen.insert(kind.id.as_str()) {
                return Err(format!("evidence `{}`: write each id once, in letters a to z and _", kind.id));
            }
            if kind.zh.trim().is_empty() || kind.en.trim().is_empty() {
                return Err(format!("evidence `{}`: give zh and en", kind.id));
            }
        }
        for stage in Stage::ALL {
            let count = gates.gates.iter().filter(|g| g.stage == stage).count();
            if count != 1 {
                return Err(format!("stage `{stage}` has {count} gates; write exactly one"));
            }
        }
        for gate in &gates.gates {
            let words = gate.needs.iter().flat_map(|n| n.split('|'));
            if let Some(word) = words.clone().find(|w| !seen.contains(w)) {
                return Err(format!("gate `{}`: `{word}` is no evidence kind of this file", gate.stage));
            }
            if let Some(after) = gate.after.iter().find(|a| **a >= gate.stage) {
                return Err(format!("gate `{}`: `{after}` does not come before it", gate.stage));
            }
        }
        Ok(gates)
    }

    /// The gate of a stage.
    ///
    /// # Panics
    /// Never: [`Gates::parse`] holds one of every stage.
    #[must_use]
    pub fn gate(&self, stage: Stage) -> &Gate {
        #[expect(clippy::expect_used, reason = "parse holds that every stage has a gate")]
        self.gates.iter().find(|g| g.stage == stage).expect("a gate of every stage")
    }

    /// The evidence kind of a word.
    #[must_use]
    pub fn evidence(&self, id: &str) -> Option<&EvidenceKind> {
        self.evidence.iter().find(|k| k.id == id)
    }

    /// Chinese and English name of an evidence kind; the word itself when it is none of these.
    #[must_use]
    pub fn names<'a>(&'a self, id: &'a str) -> (&'a str, &'a str) {
        self.evidence(id).map_or((id, id), |k| (k.zh.as_str(), k.en.as_str()))
    }
}

impl Missing {
    /// What is missing and what to do, in Chinese and English. `route` names a review.
    #[must_use]
    pub fn say(&self, gates: &Gates, route: &dyn Fn(&str) -> (String, String)) -> (String, String) {
        let both = |zh: &str, en: &str| (zh.to_string(), en.to_string());
        match self {
            Missing::Evidence(kinds) => {
                let zh: Vec<&str> = kinds.iter().map(|k| gates.names(k).0).collect();
                let en: Vec<&str> = kinds.iter().map(|k| gates.names(k).1).collect();
                (
                    format!("缺佐证材料：{}。请上传原件扫描件或照片。", zh.join("或")),
                    format!("Evidence is missing: {}. Upload a scan or photo.", en.join(" or ")),
                )
            }
            Missing::Stage(s) => (
                format!("尚未到达“{}”阶段，请先登记该阶段。", s.zh()),
                format!("The stage “{}” has not been reached; record it first.", s.en()),
            ),
            Missing::Fact(k) => (
                format!("缺“{}”，请在本页填写或先登记。", k.zh()),
                format!("“{}” is not known; fill it in here or record it first.", k.en()),
            ),
            Missing::Review(id, state) => {
                let (zh, en) = route(id);
                match state {
                    ReviewState::NotAsked => (
                        format!("“{zh}”尚未发起，请在项目页发起评审。"),
                        format!("“{en}” has not been asked for; start it on the project's page."),
                    ),
                    ReviewState::Waiting { open, overdue } => (
                        format!(
                            "“{zh}”还有 {open} 个部门未答复（其中 {overdue} 个已超期）；超期不等于通过，请催办。"
                        ),
                        format!(
                            "“{en}” waits for {open} departments ({overdue} overdue); silence never passes, so remind them."
                        ),
                    ),
                    ReviewState::Returned | ReviewState::Passed => (
                        format!("“{zh}”被退回，请按退回意见修改后重新发起。"),
                        format!("“{en}” was returned; mend what the reasons say and start it again."),
                    ),
                }
            }
            Missing::Access(AccessFault::NotChecked) => both(
                "准入评审尚未由另一人复核，请在“准入评审”页完成打分和复核。",
                "The access review has not been re-checked by another person; finish it on its page.",
            ),
            Missing::Access(AccessFault::Veto(zh, en)) => (
                format!("准入评审一票否决：{zh}。该项消除并复核后才能决策。"),
                format!("The access review has a veto: {en}. It must be removed and re-checked first."),
            ),
            Missing::Access(AccessFault::Below(points, pass)) => (
                format!(
                    "准入复核分 {}，低于 {} 分。",
                    crate::access::points(*points),
                    crate::access::points(*pass)
                ),
                format!(
                    "The re-checked score {} is below {}.",
                    crate::access::points(*points),
                    crate::access::points(*pass)
                ),
            ),
            Missing::Reason => both("请写明原因。", "Give the reason."),
            Missing::Reached => both(
                "该阶段已登记；如日期有误，请打开原记录更正。",
                "This stage is recorded already; correct that fact when its day is wrong.",
            ),
            Missing::Out(s) => (
                format!("项目已{}；如登记有误，请撤销该阶段记录。", s.zh()),
                format!("The project is {}; withdraw that fact when it is wrong.", s.en().to_lowercase()),
            ),
            Missing::SignedAlready => both(
                "已签约的项目请登记“终止”，不是“流失”。",
                "A project that was signed is ended, not lost.",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fact::{Fact, FactId, ProjectId, Value};
    use jiff::Timestamp;
    use jiff::civil::date;

    fn project(facts: &[(Kind, Value)]) -> Project {
        let fact = |(i, (kind, value)): (usize, &(Kind, Value))| Fact {
            id: FactId(i64::try_from(i).unwrap() + 1),
            project: ProjectId(1),
            kind: *kind,
            effective: date(2025, 3, 3),
            counts: date(2025, 3, 3),
            value: value.clone(),
            corrects: None,
            reason: None,
            recorded: Timestamp::UNIX_EPOCH,
            by: "cli".into(),
        };
        Project::fold(ProjectId(1), "P", facts.iter().enumerate().map(fact), None)
    }

    fn text(kind: Kind, word: &str) -> (Kind, Value) {
        (kind, Value::Text(word.into()))
    }

    fn passed(route: &str) -> Reviews {
        Reviews { rounds: vec![(route.into(), ReviewState::Passed)], access: None }
    }

    #[test]
    fn the_built_in_gates_hold_and_faulty_files_are_refused() {
        let gates = Gates::built_in();
        assert_eq!(gates.gates.len(), Stage::ALL.len());
        let text = include_str!("../data/gates.toml");
        assert!(
            Gates::parse(&text.replace("needs = [\"contract\"]", "needs = [\"napkin\"]"))
                .unwrap_err()
                .contains("napkin")
        );
        assert!(
            Gates::parse(&text.replace("after = [\"registered\"]", "after = [\"at_capacity\"]")).is_err()
        );
        assert!(
            Gates::parse(&text.replace("stage = \"lost\"", "stage = \"ended\""))
                .unwrap_err()
                .contains("lost")
        );
    }

    #[test]
    fn signing_asks_for_contract_amount_and_review_and_says_each() {
        let (gates, none) = (Gates::built_in(), Reviews::default());
        let early = project(&[text(Kind::Stage, "negotiating"), text(Kind::Company, "试验公司")]);
        let missing = check(gates, &early, Stage::Signed, &Brought::default(), &none);
        assert_eq!(
            missing,
            [
                Missing::Fact(Kind::PlannedTotal),
                Missing::Evidence(vec!["contract".into()]),
                Missing::Review("signing".into(), ReviewState::NotAsked),
            ]
        );
        let route = |id: &str| (id.to_string(), id.to_string());
        assert!(missing[1].say(gates, &route).0.contains("投资合同"));
        let brought = Brought { evidence: ["contract"].into(), facts: vec![Kind::PlannedTotal], reason: "" };
        assert_eq!(check(gates, &early, Stage::Signed, &brought, &passed("signing")), []);
        let waiting = Reviews {
            rounds: vec![("signing".into(), ReviewState::Waiting { open: 1, overdue: 1 })],
            access: None,
        };
        let late = check(gates, &early, Stage::Signed, &brought, &waiting);
        assert!(matches!(late[..], [Missing::Review(..)]), "silence never passes: {late:?}");
    }

    #[test]
    fn one_of_two_documents_is_enough_and_exits_need_a_reason() {
        let gates = Gates::built_in();
        let p = project(&[
            text(Kind::Stage, "signed"),
            text(Kind::Stage, "registered"),
            text(Kind::Stage, "filed"),
            text(Kind::Evidence, "lease"),
        ]);
        assert_eq!(check(gates, &p, Stage::Supplied, &Brought::default(), &Reviews::default()), []);
        let lost = check(gates, &p, Stage::Lost, &Brought::default(), &Reviews::default());
        assert_eq!(lost, [Missing::SignedAlready, Missing::Reason]);
        let because = Brought { reason: "投资方破产", ..Brought::default() };
        assert_eq!(check(gates, &p, Stage::Ended, &because, &Reviews::default()), []);
    }

    #[test]
    fn a_veto_blocks_the_decision_only() {
        let gates = Gates::built_in();
        let p = project(&[
            text(Kind::Stage, "negotiating"),
            text(Kind::Stage, "review"),
            text(Kind::Evidence, "minutes"),
        ]);
        let veto = AccessFault::Veto("落后产能".into(), "outdated capacity".into());
        let reviews = Reviews { access: Some(veto.clone()), ..passed("quality") };
        assert_eq!(check(gates, &p, Stage::Decision, &Brought::default(), &reviews), [Missing::Access(veto)]);
        let fine = Reviews { access: None, ..reviews };
        assert_eq!(check(gates, &p, Stage::Decision, &Brought::default(), &fine), []);
    }

    #[test]
    fn limits_count_working_days_from_the_stage_before() {
        let p = project(&[text(Kind::Stage, "lead")]);
        // seven working days after Monday 2025-03-03 are Wednesday 2025-03-12
        let day = due(Gates::built_in(), &p, Stage::Negotiating, Calendar::china());
        assert_eq!(day, Some(date(2025, 3, 12)));
        assert_eq!(
            (next(&p), due(Gates::built_in(), &p, Stage::Lost, Calendar::china())),
            (Some(Stage::Negotiating), None)
        );
    }
}
