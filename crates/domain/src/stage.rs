//! Stages of a project (阶段), from 线索 to 达产, and the two ways out.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A stage. The order is the order of progress; [`Stage::Lost`] and [`Stage::Ended`] lie outside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// 线索
    Lead,
    /// 在谈
    Negotiating,
    /// 评审
    Review,
    /// 决策
    Decision,
    /// 签约
    Signed,
    /// 注册
    Registered,
    /// 备案
    Filed,
    /// 供地/报批
    Supplied,
    /// 开工
    Started,
    /// 竣工
    Completed,
    /// 投产
    InProduction,
    /// 达产
    AtCapacity,
    /// 流失: it went elsewhere or was given up before it was signed.
    Lost,
    /// 终止: ended after it was signed.
    Ended,
}

impl Stage {
    /// The stages of progress, in order.
    pub const PROGRESS: [Stage; 12] = [
        Stage::Lead,
        Stage::Negotiating,
        Stage::Review,
        Stage::Decision,
        Stage::Signed,
        Stage::Registered,
        Stage::Filed,
        Stage::Supplied,
        Stage::Started,
        Stage::Completed,
        Stage::InProduction,
        Stage::AtCapacity,
    ];
    /// Every stage.
    pub const ALL: [Stage; 14] = [
        Stage::Lead,
        Stage::Negotiating,
        Stage::Review,
        Stage::Decision,
        Stage::Signed,
        Stage::Registered,
        Stage::Filed,
        Stage::Supplied,
        Stage::Started,
        Stage::Completed,
        Stage::InProduction,
        Stage::AtCapacity,
        Stage::Lost,
        Stage::Ended,
    ];

    /// The stable word that files, forms and the database hold.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Stage::Lead => "lead",
            Stage::Negotiating => "negotiating",
            Stage::Review => "review",
            Stage::Decision => "decision",
            Stage::Signed => "signed",
            Stage::Registered => "registered",
            Stage::Filed => "filed",
            Stage::Supplied => "supplied",
            Stage::Started => "started",
            Stage::Completed => "completed",
            Stage::InProduction => "in_production",
            Stage::AtCapacity => "at_capacity",
            Stage::Lost => "lost",
            Stage::Ended => "ended",
        }
    }

    /// Chinese name.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Stage::Lead => "线索",
            Stage::Negotiating => "在谈",
            Stage::Review => "评审",
            Stage::Decision => "决策",
            Stage::Signed => "签约",
            Stage::Registered => "注册",
            Stage::Filed => "备案",
            Stage::Supplied => "供地/报批",
            Stage::Started => "开工",
            Stage::Completed => "竣工",
            Stage::InProduction => "投产",
            Stage::AtCapacity => "达产",
            Stage::Lost => "流失",
            Stage::Ended => "终止",
        }
    }

    /// English name.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Stage::Lead => "Lead",
            Stage::Negotiating => "Negotiating",
            Stage::Review => "Review",
            Stage::Decision => "Decision",
            Stage::Signed => "Signed",
            Stage::Registered => "Registered",
            Stage::Filed => "Filed",
            Stage::Supplied => "Land and permits",
            Stage::Started => "Construction started",
            Stage::Completed => "Completed",
            Stage::InProduction => "In production",
            Stage::AtCapacity => "At capacity",
            Stage::Lost => "Lost",
            Stage::Ended => "Ended",
        }
    }

    /// Whether it is one of the two ways out.
    #[must_use]
    pub fn is_exit(self) -> bool {
        matches!(self, Stage::Lost | Stage::Ended)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Stage {
    type Err = String;
    /// # Errors
    /// A word that is no stage.
    fn from_str(s: &str) -> Result<Stage, String> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == s).ok_or_else(|| format!("`{s}` is no stage"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_progress_is_in_order() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse(), Ok(stage));
        }
        assert!(Stage::PROGRESS.windows(2).all(|w| w[0] < w[1]));
        assert!("签约".parse::<Stage>().is_err());
    }
}
