//! A target as a row: who, where, which gaps, and every part of the score.

use crate::chain::mark::SegmentLink;
use crate::chain::words::{evidence, link, role};
use crate::text::{Lang, yuan};
use crate::view::{ZoneView, region_name};
use crate::web::form::encode;
use crate::world::World;
use anyhow::Result;
use domain::company::{Company, Currency};
use domain::placement::Placed;
use domain::target::{FOCUS, Nearness};
use engine::snapshot::Doc;
use engine::targets::{Answer, Contribution, Part, Question, Target};
use std::ops::Range;

/// One row of a list of targets.
#[derive(Clone, Debug)]
pub struct TargetRow {
    /// 1, 2, 3 …
    pub rank: usize,
    /// Key for addresses, encoded.
    pub key: String,
    /// Registered name.
    pub name: String,
    /// Credit code, or empty.
    pub uscc: String,
    /// Division.
    pub region: String,
    /// Role in words.
    pub role: &'static str,
    /// Registered capital in words.
    pub capital: String,
    /// The gaps it fills.
    pub gaps: Vec<SegmentLink>,
    /// The words it was placed by on those gaps.
    pub words: String,
    /// The three largest parts of the score.
    pub headline: String,
    /// Every part of the score.
    pub parts: Vec<PartRow>,
    /// The score.
    pub score: String,
}

/// One part of a score.
#[derive(Clone, Debug)]
pub struct PartRow {
    /// What it is.
    pub name: String,
    /// Where the level comes from.
    pub grounds: String,
    /// The weight.
    pub weight: String,
    /// Its points.
    pub value: String,
    points: i32,
}

/// The row of a target.
///
/// # Errors
/// A damaged record.
pub fn row(
    view: &ZoneView,
    question: &Question,
    answer: &Answer,
    target: &Target,
    rank: usize,
    lang: Lang,
) -> Result<TargetRow> {
    let company = view.world.universe.company(target.doc)?;
    let placed = view.world.universe.placed(target.doc)?;
    let fills: Vec<_> = answer.fills(target).iter().map(|f| view.segment_of(question, f.gap)).collect();
    let contributions = answer.contributions(question, target);
    let parts: Vec<PartRow> =
        contributions.iter().map(|c| part(view, question, c, &company, &placed, lang)).collect();
    let mut best: Vec<&PartRow> = parts.iter().filter(|p| p.points > 0).collect();
    best.sort_by_key(|p| std::cmp::Reverse(p.points));
    let headline = best.iter().take(3).map(|p| format!("{} {}", p.name, p.value)).collect::<Vec<_>>();
    let on_gaps = placed.placements.iter().filter(|p| fills.contains(&p.segment));
    let words: Vec<_> = on_gaps.flat_map(|p| p.evidence.iter().cloned()).collect();
    Ok(TargetRow {
        rank,
        key: encoded_key(&company),
        name: company.name.clone(),
        uscc: company.uscc.as_ref().map_or(String::new(), |u| u.as_str().to_string()),
        region: region_name(company.region),
        role: role(target.features.role, lang),
        capital: capital(&company, lang),
        gaps: fills.iter().map(|&no| link(view, no, lang)).collect(),
        words: evidence(&words, lang),
        headline: headline.join(lang.t("，", ", ")),
        parts: parts.into_iter().filter(|p| p.points != 0).collect(),
        score: points(target.points),
    })
}

/// The rows of these places (from 0) of an answer's overall order; places beyond its end give none.
///
/// # Errors
/// A damaged record.
pub fn rows(
    view: &ZoneView,
    question: &Question,
    answer: &Answer,
    places: Range<usize>,
    lang: Lang,
) -> Result<Vec<TargetRow>> {
    let order = answer.overall.iter().enumerate().skip(places.start).take(places.len());
    order.map(|(i, &t)| row(view, question, answer, &answer.targets[t as usize], i + 1, lang)).collect()
}

/// A company's key as it stands in an address.
#[must_use]
pub fn encoded_key(company: &Company) -> String {
    encode(&World::key(company))
}

/// Registered capital in words.
#[must_use]
pub fn capital(company: &Company, lang: Lang) -> String {
    match company.capital {
        Some(m) if m.currency == Currency::Cny => yuan(m.amount, lang),
        Some(m) => domain::money::format(m),
        None => "—".into(),
    }
}

/// Points as a score with three decimals.
#[must_use]
pub fn points(points: i32) -> String {
    format!("{:.3}", f64::from(points) / 10_000.0)
}

/// Whether the first ten of an answer are too close to tell apart.
#[must_use]
pub fn is_thin(answer: &Answer, order: &[u32]) -> bool {
    const CLOSE: f64 = 0.03;
    let score = |i: usize| order.get(i).map(|&t| f64::from(answer.targets[t as usize].points));
    match (score(0), score(order.len().min(10).saturating_sub(1))) {
        (Some(first), Some(last)) if order.len() > 2 => first - last < first.abs() * CLOSE,
        _ => false,
    }
}

/// The target of a company in an answer.
#[must_use]
pub fn target_of(answer: &Answer, doc: Doc) -> Option<&Target> {
    answer.targets.iter().find(|t| t.doc == doc)
}

fn part(
    view: &ZoneView,
    question: &Question,
    c: &Contribution,
    company: &Company,
    placed: &Placed,
    lang: Lang,
) -> PartRow {
    let level = format!("{} {}/15", lang.t("档位", "level"), c.level);
    let (name, grounds) = match c.part {
        Part::Gap(gap) => {
            let no = view.segment_of(question, gap);
            let words: Vec<_> = placed
                .placements
                .iter()
                .filter(|p| view.world.chains.is_under(p.segment, no))
                .flat_map(|p| p.evidence.iter().cloned())
                .collect();
            let spread = placed.placements.len();
            let mut grounds = evidence(&words, lang);
            if spread > FOCUS {
                let note = lang.t("经营面广，契合度按比例折算", "broad scope, fit scaled by");
                grounds = format!("{grounds}；{note} {FOCUS}/{spread}");
            }
            (format!("{}{}", lang.t("补缺：", "fills "), link(view, no, lang).name), grounds)
        }
        Part::Supply(gap) => {
            let no = view.segment_of(question, gap);
            let cell = &view.cells[usize::from(no.0)];
            let buyers: Vec<String> = cell
                .buyers
                .iter()
                .take(3)
                .map(|&(b, n)| format!("{}（{n}）", link(view, b, lang).name))
                .collect();
            (
                lang.t("本地买家", "buyers here").to_string(),
                if buyers.is_empty() { lang.t("无", "none").to_string() } else { buyers.join("、") },
            )
        }
        Part::Region(why) => (lang.t("距离", "distance").to_string(), nearness(why, lang)),
        Part::Capital => (lang.t("注册资本", "capital").to_string(), capital(company, lang)),
        Part::Insured => (
            lang.t("参保人数", "insured staff").to_string(),
            company.insured.map_or("—".into(), |n| n.to_string()),
        ),
        Part::Growth => (lang.t("动向", "signals").to_string(), signals(company, false)),
        Part::Maker => (
            lang.t("制造研发", "maker").to_string(),
            lang.t("全文以制造研发为主", "its text speaks of making").to_string(),
        ),
        Part::Risk => (lang.t("风险", "risk").to_string(), signals(company, true)),
    };
    PartRow {
        name,
        grounds: format!("{grounds} · {level}"),
        weight: points(c.step * 15),
        value: points(c.points),
        points: c.points,
    }
}

fn nearness(why: Nearness, lang: Lang) -> String {
    match why {
        Nearness::Footprint(code) => {
            format!("{}{}", lang.t("招商足迹：", "footprint: "), region_name(Some(code)))
        }
        Nearness::City => lang.t("同城", "same city").into(),
        Nearness::Province => lang.t("同省", "same province").into(),
        Nearness::Neighbour => lang.t("邻省", "neighbouring province").into(),
        Nearness::Elsewhere => lang.t("其他省份", "elsewhere").into(),
        Nearness::Unknown => lang.t("名单没有所在地", "the list gives no place").into(),
    }
}

fn signals(company: &Company, risk: bool) -> String {
    let list: Vec<String> = company
        .signals
        .iter()
        .filter(|s| (s.kind == domain::company::SignalKind::Risk) == risk)
        .map(|s| format!("{}（{}，{}）", s.text, s.date.map_or("无日期".into(), |d| d.to_string()), s.source))
        .collect();
    if list.is_empty() { "—".into() } else { list.join("；") }
}
