//! Leads (线索) and first contact (首谈制): the words that the rules speak of.
//!
//! The rules themselves: [`rules`] reads a dated rule set, [`clock`] says what is due when, [`claim`] finds who else claims the same
//! company or project, [`same`] finds projects that were reported before, [`credit`] checks an agreement on who is credited.

pub mod claim;
pub mod clock;
pub mod credit;
pub mod rules;
pub mod same;

use crate::words::words;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Number of a lead; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct LeadId(pub i64);

impl fmt::Display for LeadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Number of a conflict; never used again for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConflictId(pub i64);

impl fmt::Display for ConflictId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A text in both languages, for reasons that are kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Both {
    /// Chinese.
    pub zh: String,
    /// English.
    pub en: String,
}

impl Both {
    /// The two texts.
    pub fn new(zh: impl Into<String>, en: impl Into<String>) -> Both {
        Both { zh: zh.into(), en: en.into() }
    }

    /// The text in a language.
    #[must_use]
    pub fn text(&self, lang: crate::role::Lang) -> &str {
        lang.t(&self.zh, &self.en)
    }
}

words! {
    /// Where a lead came from.
    Source "no source of a lead" {
        /// The ranked list of targets.
        Target = "target", "目标企业清单", "list of targets";
        /// A promotion meeting or another event.
        Event = "event", "招商活动", "event";
        /// A visit that we made or received.
        Visit = "visit", "走访接待", "visit";
        /// Somebody recommended it.
        Referral = "referral", "推荐引荐", "referral";
        /// The company came by itself.
        Inbound = "inbound", "企业来访", "inbound";
    }
}

words! {
    /// What was done with a lead on a day.
    ContactKind "no kind of contact" {
        /// A telephone call.
        Call = "call", "电话", "call";
        /// A visit.
        Visit = "visit", "走访", "visit";
        /// A meeting.
        Meeting = "meeting", "会谈", "meeting";
        /// A message.
        Message = "message", "信息往来", "message";
        /// 响应: the clue was answered and a person named.
        Respond = "respond", "响应", "response";
        /// 研判: whether to follow it, and how.
        Judge = "judge", "研判", "judgement";
        /// 反馈: who recommended it, or the company, was told.
        Feedback = "feedback", "反馈", "feedback";
        /// 一报: how it stands.
        Report = "report", "进展报告", "progress report";
        /// 移交: another officer or unit goes on with it.
        Handover = "handover", "移交", "hand-over";
    }
}

words! {
    /// How a lead stands.
    LeadState "no state of a lead" {
        /// Somebody works on it, and it is protected.
        Open = "open", "跟进中", "open";
        /// It became a project.
        Converted = "converted", "已转项目", "converted";
        /// It was given up, or lost in a settled conflict.
        Released = "released", "已放弃", "released";
        /// Its protection ended without a contact in time.
        Expired = "expired", "保护期满", "expired";
    }
}

words! {
    /// A step of the clue clock.
    StepKind "no step" {
        /// 1日响应
        Respond = "respond", "响应", "respond";
        /// 3日研判
        Judge = "judge", "研判", "judge";
        /// 7日反馈
        Feedback = "feedback", "反馈", "feed back";
        /// 14日一报
        Report = "report", "一报", "report";
    }
}

words! {
    /// Who is told of an overdue step.
    Level "no level of escalation" {
        /// The officer of the lead.
        Officer = "officer", "专员", "officer";
        /// The officer's unit.
        Unit = "unit", "部门", "unit";
        /// The director.
        Director = "director", "领导", "director";
    }
}

words! {
    /// Why two claims clash, the strongest first.
    ConflictKind "no kind of conflict" {
        /// The same credit code, or the same company of the universe.
        SameCompany = "same_company", "同一企业", "same company";
        /// A present, former or short name of one is a name of the other.
        SameName = "same_name", "名称或曾用名相同", "same or former name";
        /// Both belong to one group.
        SameGroup = "same_group", "同一集团", "same group";
        /// The projects look alike.
        LookAlike = "look_alike", "项目疑似相同", "look-alike project";
    }
}

words! {
    /// How a conflict stands.
    ConflictState "no state of a conflict" {
        /// Waits to be settled.
        Open = "open", "待裁定", "open";
        /// Was settled.
        Settled = "settled", "已裁定", "settled";
        /// Was settled, and one side appealed: waits to be settled again.
        Appealed = "appealed", "已申诉", "appealed";
    }
}

words! {
    /// How a conflict was settled.
    Verdict "no verdict" {
        /// The later lead goes on; the other side stops.
        Later = "later", "后登记方继续", "the later one goes on";
        /// The earlier claim goes on; the later lead stops.
        Earlier = "earlier", "先登记方继续", "the earlier one goes on";
        /// They are not the same: both go on.
        Apart = "apart", "不是同一项目，各自继续", "not the same, both go on";
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back() {
        for kind in ContactKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(*kind));
        }
        assert!(
            "phone"
                .parse::<ContactKind>()
                .unwrap_err()
                .contains("`phone` is no kind of contact; use one of call, visit")
        );
        assert_eq!(LeadState::Expired.label(crate::role::Lang::Zh), "保护期满");
    }
}
