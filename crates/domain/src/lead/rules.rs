//! The rule set of leads as data: limits of the clue clock, escalation, protection.

use super::{Both, ContactKind, Level, StepKind};
use crate::company::RegionCode;
use jiff::civil::Date;
use serde::Deserialize;
use std::sync::OnceLock;

/// How the days of a limit are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    /// Working days of the national calendar.
    Working,
    /// Every day.
    Calendar,
}

/// The day that a step counts from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// The day of registration.
    Registered,
    /// The day an earlier step was done, else its own limit.
    Step(StepKind),
}

/// The limit of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRule {
    /// Which step.
    pub kind: StepKind,
    /// What the page calls it.
    pub name: Both,
    /// Days.
    pub days: u32,
    /// Days for a large project.
    pub large_days: u32,
    /// The day it counts from.
    pub from: From,
    /// Whether it is due again, as many days after each time it was done.
    pub repeats: bool,
    /// The contacts that answer it.
    pub done_by: Vec<ContactKind>,
}

/// How long a lead is protected; all in calendar days.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Protection {
    /// From registration.
    pub days: u32,
    /// From a contact that came in time.
    pub contact_days: u32,
    /// From registration, at most.
    pub cap_days: u32,
    /// A contact written down later than this after its day extends nothing.
    pub backdate_days: u32,
    /// The desk warns this long before the end.
    pub warn_days: u32,
    /// The contacts that extend it.
    pub extended_by: Vec<ContactKind>,
}

/// A dated rule set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClueRules {
    /// Id and version, e.g. `clue-2024.1`.
    pub id: String,
    /// Title.
    pub title: Both,
    /// Number of the document it follows.
    pub source: String,
    /// Where the document holds.
    pub region: Option<RegionCode>,
    /// In force since.
    pub since: Date,
    /// How the days of steps are counted.
    pub count: Count,
    /// Planned investment in yuan from which a project is large, inclusive.
    pub large_yuan: i64,
    /// The steps, each after the one it counts from.
    pub steps: Vec<StepRule>,
    /// Who is told from how many days overdue on, fewest first.
    pub escalation: Vec<(u32, Level)>,
    /// Protection.
    pub protection: Protection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    id: String,
    title_zh: String,
    title_en: String,
    source: String,
    region: Option<u32>,
    since: String,
    count: Count,
    large_yuan: i64,
    step: Vec<FileStep>,
    escalation: Vec<FileEscalation>,
    protection: Protection,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileStep {
    kind: StepKind,
    zh: String,
    en: String,
    days: u32,
    large_days: Option<u32>,
    from: String,
    #[serde(default)]
    repeats: bool,
    done_by: Vec<ContactKind>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileEscalation {
    overdue: u32,
    to: Level,
}

/// Days that any limit may have.
const MOST_DAYS: u32 = 3_660;

impl ClueRules {
    /// The rule set that comes with the program.
    #[must_use]
    pub fn built_in() -> &'static ClueRules {
        static BUILT_IN: OnceLock<ClueRules> = OnceLock::new();
        #[expect(clippy::expect_used, reason = "the file is part of the program, and a test reads it")]
        BUILT_IN.get_or_init(|| {
            ClueRules::parse(include_str!("../../data/clue-rules.toml")).expect("data/clue-rules.toml")
        })
    }

    /// Reads a rule file.
    ///
    /// # Errors
    /// The first fault, with its line where TOML knows it, and what to do.
    pub fn parse(text: &str) -> Result<ClueRules, String> {
        let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
        let since = file.since.parse().map_err(|_| "since: write the day as 2024-03-09".to_string())?;
        if file.id.trim().is_empty() || file.source.trim().is_empty() {
            return Err("id and source must not be empty".to_string());
        }
        let mut steps: Vec<StepRule> = Vec::new();
        for step in file.step {
            let step = read_step(step, &steps)?;
            steps.push(step);
        }
        if steps.is_empty() {
            return Err("step: a clock needs at least one step".to_string());
        }
        let mut escalation: Vec<(u32, Level)> =
            file.escalation.into_iter().map(|e| (e.overdue, e.to)).collect();
        escalation.sort_unstable();
        let p = &file.protection;
        if p.days == 0 || p.days > p.cap_days || p.cap_days > MOST_DAYS || p.contact_days > MOST_DAYS {
            return Err(format!(
                "protection: days must be 1 or more, cap_days not less than days, none above {MOST_DAYS}"
            ));
        }
        Ok(ClueRules {
            id: file.id,
            title: Both::new(file.title_zh, file.title_en),
            source: file.source,
            region: file.region.map(RegionCode),
            since,
            count: file.count,
            large_yuan: file.large_yuan,
            steps,
            escalation,
            protection: file.protection,
        })
    }
}

fn read_step(step: FileStep, before: &[StepRule]) -> Result<StepRule, String> {
    let kind = step.kind;
    let from = match step.from.as_str() {
        "registered" => From::Registered,
        word => {
            From::Step(word.parse().map_err(|_| format!("step {kind}: from must be `registered` or a step"))?)
        }
    };
    if before.iter().any(|s| s.kind == kind) {
        return Err(format!("step {kind} stands here twice"));
    }
    if let From::Step(earlier) = from
        && !before.iter().any(|s| s.kind == earlier && !s.repeats)
    {
        return Err(format!("step {kind}: the step it counts from must stand before it and not repeat"));
    }
    let large_days = step.large_days.unwrap_or(step.days);
    if step.days == 0 || step.days.max(large_days) > MOST_DAYS {
        return Err(format!("step {kind}: days must be 1 to {MOST_DAYS}"));
    }
    if step.done_by.is_empty() {
        return Err(format!("step {kind}: done_by names no contact, so nothing could ever answer it"));
    }
    let name = Both::new(step.zh, step.en);
    Ok(StepRule {
        kind,
        name,
        days: step.days,
        large_days,
        from,
        repeats: step.repeats,
        done_by: step.done_by,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const TEXT: &str = include_str!("../../data/clue-rules.toml");

    #[test]
    fn the_built_in_rules_are_what_the_document_says() {
        let rules = ClueRules::parse(TEXT).unwrap();
        assert_eq!((rules.source.as_str(), rules.since), ("江府办函〔2024〕37号", date(2024, 3, 9)));
        let days: Vec<_> = rules.steps.iter().map(|s| (s.kind, s.days, s.large_days, s.repeats)).collect();
        assert_eq!(
            days,
            [
                (StepKind::Respond, 1, 1, false),
                (StepKind::Judge, 3, 7, false),
                (StepKind::Feedback, 7, 7, false),
                (StepKind::Report, 14, 14, true)
            ]
        );
        assert_eq!(rules.escalation, [(0, Level::Officer), (1, Level::Unit), (3, Level::Director)]);
        assert_eq!(ClueRules::built_in(), &rules);
    }

    #[test]
    fn a_fault_names_its_field() {
        let fault = |from: &str, to: &str| {
            assert!(TEXT.contains(from), "{from}");
            ClueRules::parse(&TEXT.replacen(from, to, 1)).unwrap_err()
        };
        assert!(fault("kind = \"judge\"", "kind = \"respond\"").contains("step respond stands here twice"));
        assert!(fault("from = \"judge\"", "from = \"report\"").contains("must stand before it"));
        assert!(fault("from = \"judge\"", "from = \"monday\"").contains("`registered` or a step"));
        assert!(fault("days = 1\n", "days = 0\n").contains("step respond: days"));
        assert!(fault("done_by = [\"judge\"]", "done_by = []").contains("done_by names no contact"));
        assert!(fault("since = \"2024-03-09\"", "since = \"2024-03\"").starts_with("since"));
        assert!(fault("cap_days = 365", "cap_days = 5").starts_with("protection"));
        assert!(fault("count = \"working\"", "count = \"lunar\"").contains("lunar"));
        assert!(fault("large_yuan", "largest").contains("largest"));
    }
}
