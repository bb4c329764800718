//! The sentences of a definition, made from its fields, so that what people read and what is computed cannot differ.

use super::{CurrencyRule, DateRule, Definition, Keep, Measure, RateForm, Tier, Until, Values, What};
use crate::fact::Kind;
use crate::gate::Gates;
use crate::role::Lang;
use crate::stage::Stage;

/// The definition in words. Kinds of evidence are named as the gates that come with the program name them; one that only a zone's own
/// gates know is said by its word.
#[must_use]
pub fn sentence(d: &Definition, lang: Lang) -> String {
    let mut parts = vec![subject(d, lang), date(d, lang)];
    if d.tier != Tier::All {
        let (zh, en) = d.tier.names();
        parts.push(match lang {
            Lang::Zh => format!("规模为{zh}，按当日有效的计划总投资判定"),
            Lang::En => format!("of {en}, judged by the planned total investment in force on that day"),
        });
    }
    if d.what != What::Promises {
        parts.push(currency(d, lang));
    }
    parts.extend(left_out(d, lang));
    if let Some(word) = &d.evidence {
        let (zh, en) = Gates::built_in().names(word);
        parts.push(match lang {
            Lang::Zh => format!("每个项目列示“{zh}”佐证材料，缺少的注明"),
            Lang::En => format!("each row shows its evidence ({}), or that it lacks it", en.to_lowercase()),
        });
    }
    parts.extend(listed(d, lang));
    let (join, end) = (lang.t("；", "; "), lang.t("。", "."));
    format!("{}{end}", parts.join(join))
}

fn stage(stage: Option<Stage>, lang: Lang) -> &'static str {
    stage.map_or("", |s| lang.t(s.zh(), s.en()))
}

fn subject(d: &Definition, lang: Lang) -> String {
    let (zh, en) = match (d.what, d.measure, d.rate) {
        (What::Stage, Measure::Rate, Some(RateForm::Cohort)) => {
            let (top, base) = (stage(d.stage, lang), stage(d.base, lang));
            let (by_zh, by_en) = until(d.until);
            (
                format!("同批口径：统计期内“{base}”的项目中，{by_zh}已“{top}”的项目所占的比例"),
                format!(
                    "Cohort form: of the projects that reached \"{base}\" in the period, the share that reached \"{top}\" by {by_en}"
                ),
            )
        }
        (What::Stage, Measure::Rate, _) => {
            let (top, base) = (stage(d.stage, lang), stage(d.base, lang));
            (
                format!(
                    "同期口径：统计期内“{top}”的项目数除以同一统计期内“{base}”的项目数，两者不必是同一批项目"
                ),
                format!(
                    "Period form: the projects that reached \"{top}\" in the period over those that reached \"{base}\" \
                     in it, which need not be the same"
                ),
            )
        }
        (What::Stage, Measure::Amount, _) => {
            let (at, kind) = (stage(d.stage, lang), d.money_kind());
            (
                format!(
                    "统计期内首次“{at}”的项目的{}之和，取“{at}”当日有效的金额；一个项目只计一次",
                    kind.zh()
                ),
                format!(
                    "{} of the projects that first reached \"{at}\" in the period, as in force on that day; each project once",
                    kind.en()
                ),
            )
        }
        (What::Stage, Measure::Count, _) => {
            let at = stage(d.stage, lang);
            (
                format!("统计期内首次“{at}”的项目个数；一个项目只计一次，再次“{at}”不计"),
                format!(
                    "Projects that first reached \"{at}\" in the period; each project once, a second \"{at}\" does not count"
                ),
            )
        }
        (What::Money, measure, _) => {
            let kind = d.money.unwrap_or(Kind::Arrived);
            match measure {
                Measure::Count => (
                    format!("统计期内有{}的项目个数", kind.zh()),
                    format!("Projects with {} in the period", kind.en().to_lowercase()),
                ),
                _ => (
                    format!("统计期内各笔{}之和", kind.zh()),
                    format!("{} in the period, every entry added", kind.en()),
                ),
            }
        }
        (What::Promises, Measure::Rate, _) => {
            let (by_zh, by_en) = until(d.until);
            (
                format!("统计期内到期的承诺事项中，{by_zh}已兑现的所占的比例"),
                format!(
                    "Of the promises due in the period, the share met by {by_en}; those not due yet do not count"
                ),
            )
        }
        (What::Promises, ..) => {
            ("统计期内到期的承诺事项个数".to_string(), "Promises due in the period".to_string())
        }
    };
    lang.t(&zh, &en).to_string()
}

fn until(until: Option<Until>) -> (&'static str, &'static str) {
    match until {
        Some(Until::PeriodEnd) => ("到统计期末", "the end of the period"),
        Some(Until::CutOff) | None => (
            "到数据截止日（同比时取上年同日）",
            "the day of the cut-off (for last year's, that day a year before)",
        ),
    }
}

fn date(d: &Definition, lang: Lang) -> String {
    match d.date {
        DateRule::Counts => lang.t("按统计时间归入统计期", "put into the period by the day it counts"),
        DateRule::Effective => {
            lang.t("按实际发生时间归入统计期", "put into the period by the day it happened")
        }
    }
    .to_string()
}

fn currency(d: &Definition, lang: Lang) -> String {
    let (zh, en) = match d.currency {
        CurrencyRule::CountingDay => ("统计时间当日", "the day it counts"),
        CurrencyRule::EffectiveDay => ("实际发生当日", "the day it happened"),
        CurrencyRule::PeriodEnd => ("统计期最后一日", "the last day of the period"),
    };
    match lang {
        Lang::Zh => format!("外币按{zh}汇率表中有效的汇率折算为人民币，没有汇率的单独列出，不按零计"),
        Lang::En => format!(
            "foreign money at the rate of the table that holds on {en}; without a rate it is listed as a fault, never as zero"
        ),
    }
}

fn left_out(d: &Definition, lang: Lang) -> Vec<String> {
    let mut parts = Vec::new();
    if !d.without.is_empty() {
        let names: Vec<&str> = d.without.iter().map(|s| lang.t(s.names().0, s.names().1)).collect();
        parts.push(format!("{}{}", lang.t("不计：", "not counted: "), names.join(lang.t("、", ", "))));
    }
    parts.push(
        match d.duplicates {
            Keep::LeaveOut => {
                lang.t("认定为重复的项目不计", "projects settled as repetitions are not counted")
            }
            Keep::Keep => lang.t("认定为重复的项目照计", "projects settled as repetitions are counted too"),
        }
        .to_string(),
    );
    parts.push(
        match d.ended {
            Keep::LeaveOut => lang.t(
                "统计期末前流失或终止的不计",
                "projects lost or ended by the end of the period are not counted",
            ),
            Keep::Keep => {
                lang.t("此后流失或终止的照计", "projects lost or ended since are counted all the same")
            }
        }
        .to_string(),
    );
    parts
}

fn listed(d: &Definition, lang: Lang) -> Vec<String> {
    let names = |list: &[super::Listed]| -> String {
        let one = |l: &super::Listed| {
            format!("{}{}{}{}", l.project, lang.t("（", " ("), l.reason, lang.t("）", ")"))
        };
        list.iter().map(one).collect::<Vec<_>>().join(lang.t("、", ", "))
    };
    let mut parts = Vec::new();
    if !d.include.is_empty() {
        parts.push(format!(
            "{}{}",
            lang.t("不论以上限制均计入：", "counted whatever the rules: "),
            names(&d.include)
        ));
    }
    if !d.exclude.is_empty() {
        parts.push(format!("{}{}", lang.t("另不计：", "also not counted: "), names(&d.exclude)));
    }
    parts
}

/// The number that a definition is about, exact and with its unit, for commands and files: `44 个`, `18304000000 元`, `63.64%（28/44）`.
#[must_use]
pub fn value_words(d: &Definition, values: &Values, lang: Lang) -> String {
    match (d.measure, values.measure(d.measure)) {
        (Measure::Rate, None) => format!("—{}", lang.t("（无基数）", " (of none)")),
        (Measure::Rate, Some(n)) => {
            let (open, close) = (lang.t("（", " ("), lang.t("）", ")"));
            format!("{}.{:02}%{open}{}/{}{close}", n / 100, n % 100, values.met, values.of)
        }
        (Measure::Count, n) => format!("{} {}", n.unwrap_or(0), lang.t("个", "in number")),
        (Measure::Amount, n) => format!("{} {}", n.unwrap_or(0), lang.t("元", "CNY")),
    }
}
