//! What a formula and a yearly target may read.

use serde::Serialize;

/// One thing that is counted of a person, a unit or the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// Stable id, as formulas and targets name it.
    pub id: &'static str,
    /// What its numbers are.
    pub unit: ReadingUnit,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// What exactly is counted, in Chinese.
    pub about: &'static str,
    /// What exactly is counted, in English.
    pub about_en: &'static str,
}

/// What the numbers of a reading are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadingUnit {
    /// Yuan.
    Yuan,
    /// Things, kept in thousandths because credit is shared in per mille.
    Count,
    /// Things among things, both in thousandths.
    Rate,
}

impl ReadingUnit {
    /// What one whole unit is kept as: 1 for yuan, 1000 for counts.
    #[must_use]
    pub fn scale(self) -> i64 {
        match self {
            ReadingUnit::Yuan => 1,
            ReadingUnit::Count | ReadingUnit::Rate => 1000,
        }
    }
}

/// Every reading. Registered capital is none of them, and never will be: see [`super::parse`].
pub const READINGS: [Reading; 9] = [
    Reading {
        id: "valid_leads",
        unit: ReadingUnit::Count,
        zh: "有效信息",
        en: "Valid leads",
        about: "本年登记、未被判为无效的线索条数",
        about_en: "leads registered in the year that were not judged invalid",
    },
    Reading {
        id: "investors_brought",
        unit: ReadingUnit::Count,
        zh: "引荐来访投资方",
        en: "Investors brought",
        about: "本年活动中由本人引荐的投资方企业数；同一企业一年只计一次，中介来访不计",
        about_en: "companies brought to events as investors in the year; each once, intermediaries not counted",
    },
    Reading {
        id: "studied",
        unit: ReadingUnit::Count,
        zh: "获准研究的项目",
        en: "Projects approved for study",
        about: "本年进入评审的项目数",
        about_en: "projects that entered review in the year",
    },
    Reading {
        id: "signed",
        unit: ReadingUnit::Count,
        zh: "签约项目数",
        en: "Projects signed",
        about: "本年统计口径内的签约项目数",
        about_en: "projects signed in the year, by the figure of that name",
    },
    Reading {
        id: "planned_total",
        unit: ReadingUnit::Yuan,
        zh: "签约金额",
        en: "Amount signed",
        about: "本年统计口径内签约项目的计划总投资",
        about_en: "planned investment of the projects signed in the year",
    },
    Reading {
        id: "arrived",
        unit: ReadingUnit::Yuan,
        zh: "到位资金",
        en: "Money arrived",
        about: "本年到位并有佐证的资金",
        about_en: "money that arrived in the year, with evidence",
    },
    Reading {
        id: "started",
        unit: ReadingUnit::Count,
        zh: "新开工项目",
        en: "Projects started",
        about: "本年认定开工的项目数",
        about_en: "projects whose start counts in the year",
    },
    Reading {
        id: "in_production",
        unit: ReadingUnit::Count,
        zh: "新投产项目",
        en: "Projects in production",
        about: "本年认定投产的项目数",
        about_en: "projects whose production counts in the year",
    },
    Reading {
        id: "start_rate_same_year",
        unit: ReadingUnit::Rate,
        zh: "签约项目当年开工",
        en: "Signed projects started the same year",
        about: "本年签约项目中本年开工的占比（同批口径）",
        about_en: "of the projects signed in the year, those that started in it (cohort form)",
    },
];

/// The reading with an id.
#[must_use]
pub fn reading(id: &str) -> Option<&'static Reading> {
    READINGS.iter().find(|r| r.id == id)
}
