//! Terms of supplied land and the clock of idle land on the page of the programme: what is reached, what comes next, what does not stand.

use crate::inventory::Standing;
use crate::rules::LandRules;
use crate::text::{Lang, yuan};
use domain::land::records;
use domain::land::term::Due;
use domain::land::term::idle::{Clock, Step, Work};
use jiff::civil::Date;

/// Supplied land.
pub(super) struct ClockRow {
    pub id: i64,
    pub code: String,
    pub agreed: String,
    pub started: String,
    /// Class, mark and words of where the clock stands.
    pub state: (&'static str, &'static str, String),
    /// What comes next: the day and what, the soonest first.
    pub next: Vec<String>,
    /// What of its term does not stand, with the cure and the article.
    pub faults: Vec<String>,
    /// Articles of the clock.
    pub article: String,
}

/// Every parcel that was supplied with an agreed start or a term, the most pressing first.
pub(super) fn rows(parcels: &[Standing], rules: &LandRules, day: Date, lang: Lang) -> Vec<ClockRow> {
    let mut rows: Vec<(u8, ClockRow)> = parcels.iter().filter_map(|s| row(s, rules, day, lang)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.code.cmp(&b.1.code)));
    rows.into_iter().map(|(_, row)| row).collect()
}

fn row(s: &Standing, rules: &LandRules, day: Date, lang: Lang) -> Option<(u8, ClockRow)> {
    let ground = records::ground(&s.values);
    let supply = records::supply(&s.values);
    if ground.is_none() && supply.is_none() {
        return None;
    }
    let rule = ground.as_ref().and_then(|g| rules.terms.idle(g.agreed_start));
    let clock = ground.as_ref().zip(rule).map(|(g, rule)| g.clock(rule, day));
    let started = ground.as_ref().and_then(|g| if let Work::Started(on) = g.work { Some(on) } else { None });
    let (urgency, state) = state(clock.as_ref(), started, day, lang);
    let due = clock.as_ref().map(|c| c.due.clone()).unwrap_or_default();
    let renewal = supply.as_ref().map(|s| s.renewal(&rules.terms)).unwrap_or_default();
    let faults = supply.as_ref().map(|s| s.check(&rules.terms)).unwrap_or_default();
    let confirm = |yes: bool| if yes { lang.t("（待核）", " (to be confirmed)") } else { "" };
    let words = |(zh, en): &(String, String)| lang.t(zh, en).to_string();
    Some((
        urgency,
        ClockRow {
            id: s.item.id.0,
            code: s.item.code.clone(),
            agreed: ground.map_or("—".to_string(), |g| g.agreed_start.to_string()),
            started: started.map_or("—".to_string(), |d| d.to_string()),
            state,
            next: next(&due, &renewal, day, lang),
            faults: faults
                .iter()
                .map(|f| {
                    format!(
                        "{}；{}（{}{}）",
                        words(&f.texts),
                        words(&f.cure),
                        words(&f.article),
                        confirm(f.confirm)
                    )
                })
                .collect(),
            article: rule.map_or(String::new(), |r| {
                format!("{}{}", lang.t(&r.article_zh, &r.article_en), confirm(r.confirm))
            }),
        },
    ))
}

/// How pressing it is, and the mark with its words.
fn state(
    clock: Option<&Clock>,
    started: Option<Date>,
    day: Date,
    lang: Lang,
) -> (u8, (&'static str, &'static str, String)) {
    let Some(clock) = clock else {
        return (4, ("plain", "○", lang.t("没有约定开工日期", "no agreed start").to_string()));
    };
    if let Some(cause) = clock.paused {
        return (2, ("open", "▲", format!("{} {}", lang.t("暂停计时：", "paused:"), cause.label(lang))));
    }
    let days = format!("{} {}", clock.counted_days, lang.t("天", "days"));
    match clock.reached(day) {
        Some(Step::Fee) => {
            let fee = yuan(clock.fee_most, lang);
            let words = lang.t("满一年，可征缴闲置费，至多", "over the fee's term; at most");
            (1, ("out", "◆", format!("{words} {fee}（{days}）")))
        }
        Some(step) => (0, ("out", "■", format!("{}（{days}）", step.label(lang)))),
        None if started.is_some_and(|on| on <= day) => {
            (5, ("done", "●", lang.t("已动工", "work has begun").to_string()))
        }
        None if clock.counted_days > 0 => {
            (3, ("open", "▲", format!("{} {days}", lang.t("超过约定开工", "past the agreed start by"))))
        }
        None => (4, ("plain", "○", lang.t("未到约定开工日期", "the agreed start lies ahead").to_string())),
    }
}

/// The next two things that fall due after the day, each with its words.
fn next(due: &[Due], renewal: &[Due], day: Date, lang: Lang) -> Vec<String> {
    let mut ahead: Vec<&Due> = due.iter().chain(renewal).filter(|d| d.on > day).collect();
    ahead.sort_by_key(|d| d.on);
    ahead.iter().take(2).map(|d| format!("{} {}", d.on, lang.t(&d.texts.0, &d.texts.1))).collect()
}
