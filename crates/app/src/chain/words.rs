//! Reasons in words: the engine gives structure and numbers, this makes sentences in both languages.

use crate::chain::mark::{Mark, SegmentLink};
use crate::text::Lang;
use crate::view::ZoneView;
use domain::chain::{Chain, Position, Segment, SegmentNo};
use domain::placement::{Evidence, Field, Role};
use engine::map::{Cell, Contribution, Part, Why};

/// The name of a segment in the reader's language.
#[must_use]
pub fn segment_name(segment: &Segment, lang: Lang) -> String {
    lang.t(&segment.name, &segment.name_en).to_string()
}

/// The name of a chain in the reader's language.
#[must_use]
pub fn chain_name(chain: &Chain, lang: Lang) -> String {
    lang.t(&chain.name, &chain.name_en).to_string()
}

/// A link to a segment.
#[must_use]
pub fn link(view: &ZoneView, no: SegmentNo, lang: Lang) -> SegmentLink {
    let (chain, segment) = view.world.chains.get(no);
    SegmentLink {
        id: segment.id.clone(),
        href: view.world.chains.key(no),
        name: segment_name(segment, lang),
        chain: chain_name(chain, lang),
        verdict: Mark(view.verdict(no)),
    }
}

/// Why a cell has its verdict.
#[must_use]
pub fn why(cell: &Cell, lang: Lang) -> String {
    let (z, e, q) = (cell.zone.companies, cell.expected, cell.quotient);
    let zh = match cell.why {
        Why::AboveReference => {
            format!("本园区有 {z} 家，按对照占比只应有 {e:.1} 家（平滑后的区位商 {q:.2}）。")
        }
        Why::AboveOnFewCompanies => format!("占比高于对照（区位商 {q:.2}），但只有 {z} 家，还不算强。"),
        Why::LikeReference => {
            format!("本园区有 {z} 家，按对照占比应有 {e:.1} 家，大致相当（区位商 {q:.2}）。")
        }
        Why::BelowReference => format!("本园区有 {z} 家，按对照占比应有 {e:.1} 家，偏少（区位商 {q:.2}）。"),
        Why::NoMaker => format!("有 {z} 家企业，但都不制造；对照里一半以上是制造企业。"),
        Why::NoCompany => format!("一家也没有；对照里有 {} 家。", cell.reference.companies),
        Why::NowhereInReference => "本园区和对照里都没有，是不是缺口要靠人判断。".to_string(),
    };
    let en = match cell.why {
        Why::AboveReference => format!(
            "{z} companies here where the reference share makes one expect {e:.1} (smoothed location quotient {q:.2})."
        ),
        Why::AboveOnFewCompanies => {
            format!("Above the reference share (quotient {q:.2}), but on {z} companies only.")
        }
        Why::LikeReference => {
            format!("{z} companies here, {e:.1} expected: about the same (quotient {q:.2}).")
        }
        Why::BelowReference => format!("{z} companies here, {e:.1} expected: too few (quotient {q:.2})."),
        Why::NoMaker => format!("{z} companies, but none makes; in the reference half or more do."),
        Why::NoCompany => format!("None here; the reference has {}.", cell.reference.companies),
        Why::NowhereInReference => {
            "Neither here nor in the reference; a person must judge whether it is a gap.".to_string()
        }
    };
    if lang == Lang::Zh { zh } else { en }
}

/// One line of the gap score.
#[derive(Clone, Debug)]
pub struct PartRow {
    /// What it is.
    pub name: &'static str,
    /// Its points.
    pub value: String,
    /// Where the value comes from.
    pub grounds: String,
}

/// A part of a gap's score in words.
#[must_use]
pub fn part(c: &Contribution, cell: &Cell, segment: &Segment, view: &ZoneView, lang: Lang) -> PartRow {
    let buyers = || {
        let names: Vec<String> = cell
            .buyers
            .iter()
            .take(3)
            .map(|&(no, n)| format!("{}（{n}）", segment_name(view.world.chains.get(no).1, lang)))
            .collect();
        if names.is_empty() {
            lang.t("本园区没有它的买家", "no buyers here").to_string()
        } else {
            names.join("、")
        }
    };
    let (name, grounds) = match c.part {
        Part::Importance => {
            (lang.t("在链上的重要性", "Importance on the chain"), format!("{} / 5", segment.importance))
        }
        Part::Buyers => (lang.t("本地买家", "Buyers among residents"), buyers()),
        Part::Paths => (
            lang.t("通向总装的供应路径", "Supply paths to final assembly"),
            format!("{} {}", cell.paths.through, lang.t("条经过它", "run through it")),
        ),
        Part::Expected => (
            lang.t("按对照应有", "Expected by the reference"),
            format!("{:.1} {}", cell.expected, lang.t("家", "companies")),
        ),
        Part::Fit => (
            lang.t("同类城市", "Similar cities"),
            lang.t("相似城市多有此环节", "similar cities have it").to_string(),
        ),
    };
    PartRow {
        name,
        value: format!("{:.3}", c.points),
        grounds: format!("{grounds} · {:.2} × {:.2}", c.value, c.weight),
    }
}

/// 上游, 中游, 下游
#[must_use]
pub fn position(position: Position, lang: Lang) -> &'static str {
    match position {
        Position::Upstream => lang.t("上游", "Upstream"),
        Position::Midstream => lang.t("中游", "Midstream"),
        Position::Downstream => lang.t("下游", "Downstream"),
    }
}

/// The name of a role.
#[must_use]
pub fn role(role: Role, lang: Lang) -> &'static str {
    match role {
        Role::Maker => lang.t("制造研发", "maker"),
        Role::Trader => lang.t("贸易租赁", "trader"),
        Role::Service => lang.t("服务", "service"),
        Role::Unknown => lang.t("未说明", "not said"),
    }
}

/// The words of some evidence, each once, with its field.
#[must_use]
pub fn evidence(list: &[Evidence], lang: Lang) -> String {
    let mut out: Vec<String> = Vec::new();
    for e in list {
        let field = match e.field {
            Field::Scope => lang.t("经营范围", "scope"),
            Field::Product(_) => lang.t("产品", "product"),
            Field::Name => lang.t("名称", "name"),
            Field::Industry => lang.t("行业代码", "industry"),
        };
        let text = format!("{}（{field}）", e.word);
        if !out.contains(&text) {
            out.push(text);
        }
    }
    out.join(lang.t("、", ", "))
}
