//! Scenarios (场景): a real use that an owner offers (机会清单), what companies can do (能力清单), and what came of it when they met.
//!
//! A scenario is published, matched with a company, tried, accepted, and grows orders; every step is a dated fact ([`course`]). Who
//! fits is counted in whole points with reasons ([`fit`]); whether the law wants a tender is data ([`tender`]); how many found a use
//! is counted from the steps ([`figures`]).

pub mod course;
pub mod figures;
pub mod fit;
pub mod tender;

use crate::limits;
use crate::words::words;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

words! {
    /// What is bought.
    Bought "nothing that is bought" {
        /// 工程
        Works = "works", "工程", "Works";
        /// 货物
        Goods = "goods", "货物", "Goods";
        /// 服务
        Services = "services", "服务", "Services";
    }
}

words! {
    /// Whose money pays.
    Funding "no funding" {
        /// Budget money of an authority or public institution.
        Budget = "budget", "财政预算资金", "Budget money";
        /// Money of a state-owned enterprise, controlling or leading in the project.
        StateOwned = "state_owned", "国有企业资金（占控股或主导）", "State-owned enterprise";
        /// Any other.
        Private = "private", "社会资金", "Private money";
    }
}

/// An entry of the opportunity list (机会清单): a real use with its owner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opportunity {
    /// The code people quote.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Who has the use and pays for it.
    pub owner: String,
    /// Where it is used.
    pub place: String,
    /// What it may cost, whole yuan.
    pub budget: Option<i64>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub until: Option<Date>,
    /// What a company must bring, in words.
    pub conditions: String,
    /// Chain segments it belongs to (`chain/segment`).
    pub segments: BTreeSet<String>,
    /// Words by which a company that fits is recognised.
    pub words: BTreeSet<String>,
}

/// An entry of the capability list (能力清单): what a company can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capability {
    /// Name of what it can do.
    pub name: String,
    /// The company's key: its credit code, else its resolved name.
    pub company: String,
    /// Chain segments (`chain/segment`).
    pub segments: BTreeSet<String>,
    /// What it does, in words.
    pub text: String,
    /// Uses it already has elsewhere.
    pub cases: u32,
}

/// What is wrong with an entry of a list, in Chinese and English.
pub type Fault = (&'static str, &'static str);

impl Opportunity {
    /// What is wrong with it; empty when it may be published.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = list_faults(&self.name, &self.segments);
        if self.owner.trim().is_empty() {
            faults.push(("场景方没有填写", "the owner is missing"));
        }
        if self.budget.is_some_and(|b| !(0..=limits::FACT_MONEY).contains(&b)) {
            faults.push(("预算应在 0 到 1 万亿元之间", "the budget must lie between 0 and 1e12 yuan"));
        }
        if matches!((self.from, self.until), (Some(from), Some(until)) if until < from) {
            faults.push(("截止日期早于开始日期", "the last day is before the first"));
        }
        if self.words.len() > limits::SCENARIO_WORDS {
            faults.push(("关键词太多", "there are too many words"));
        }
        if self.segments.is_empty() && self.words.is_empty() {
            faults.push((
                "没有产业链环节也没有关键词，无法对接",
                "no segment and no word: nobody can be matched with it",
            ));
        }
        faults
    }

    /// Whether a company may still be matched with it on a day.
    #[must_use]
    pub fn open(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}

impl Capability {
    /// What is wrong with it; empty when it may be published.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = list_faults(&self.name, &self.segments);
        if self.company.trim().is_empty() {
            faults.push(("企业没有填写", "the company is missing"));
        }
        if self.segments.is_empty() && self.text.trim().is_empty() {
            faults.push(("没有产业链环节也没有说明", "no segment and no description"));
        }
        faults
    }
}

fn list_faults(name: &str, segments: &BTreeSet<String>) -> Vec<Fault> {
    let mut faults = Vec::new();
    if name.trim().is_empty() {
        faults.push(("名称没有填写", "the name is missing"));
    }
    if name.chars().count() > limits::LINE_CHARS {
        faults.push(("名称太长", "the name is too long"));
    }
    if segments.len() > limits::SCENARIO_SEGMENTS {
        faults.push(("产业链环节太多", "there are too many segments"));
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_entry_that_nobody_can_be_matched_with_is_not_published() {
        let mut o =
            Opportunity {
                name: "智慧港口巡检".into(), owner: "港务集团".into(), ..Default::default()
            };
        assert_eq!(o.faults().len(), 1, "no segment and no word");
        o.words.insert("无人机".into());
        assert_eq!(o.faults(), []);
        o.from = Some(date(2026, 5, 1));
        o.until = Some(date(2026, 4, 30));
        assert!(o.faults()[0].1.contains("last day"));
        o.until = Some(date(2026, 5, 31));
        let days = [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 31), date(2026, 6, 1)];
        assert_eq!(days.map(|d| o.open(d)), [false, true, true, false]);
        o.budget = Some(-1);
        o.owner.clear();
        assert_eq!(o.faults().len(), 2);
        let c = Capability { name: "巡检无人机".into(), company: "x".into(), ..Default::default() };
        assert_eq!(c.faults().len(), 1);
        assert_eq!(Capability { text: "电力巡检".into(), ..c }.faults(), []);
    }
}
