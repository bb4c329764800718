//! Who else claims the same company or the same project: the comparison of two claims, with its reasons.

use super::{Both, ConflictKind};
use crate::name::{NameKey, fold, regions_agree};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a lead or a project claims.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// USCC, else `=` and the resolved name.
    pub key: String,
    /// Unified social credit code, when known.
    pub uscc: Option<String>,
    /// The name as written first, then former and short names.
    pub names: Vec<String>,
    /// The group that controls it, when known.
    pub group: Option<String>,
    /// Title of the project.
    pub title: String,
    /// `chain/segment` of what it would make, when known.
    pub segment: Option<String>,
    /// Planned investment in yuan, when said.
    pub amount: Option<i64>,
}

/// Two claims that cannot both stand without somebody's word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clash {
    /// The strongest ground.
    pub kind: ConflictKind,
    /// Likeness of the titles in thousandths.
    pub likeness: u16,
    /// Every ground in words.
    pub reasons: Vec<Both>,
}

/// Likeness of two titles from which two projects look alike, in thousandths.
pub const LOOKS_ALIKE: u16 = 600;
/// What the same segment, and what a planned investment within a tenth, add to the likeness of titles.
const HINT: u16 = 60;
/// Pairs of characters that a title must have left to be compared by likeness; below it only equal titles are alike.
const LEAST_PAIRS: usize = 3;
/// Pairs that both titles must have left before strangers clash by them: the name of a product alone, such as 环氧树脂, is too common.
const LEAST_OF_STRANGERS: usize = 4;

/// Words that say nothing about which project is meant; the longest first.
const GENERIC: [&str; 34] = [
    "有限责任公司",
    "股份有限公司",
    "有限公司",
    "产业化",
    "产业园",
    "生产线",
    "智能化",
    "建设",
    "投资",
    "生产",
    "制造",
    "加工",
    "基地",
    "项目",
    "总部",
    "研发",
    "中心",
    "工厂",
    "新建",
    "扩建",
    "改建",
    "年产",
    "智能",
    "高端",
    "先进",
    "集团",
    "公司",
    "科技",
    "一期",
    "二期",
    "三期",
    "园区",
    "及",
    "的",
];

impl Claim {
    /// Keys under which a claim is found: two claims that clash by company, name or group share one.
    #[must_use]
    pub fn tokens(&self) -> BTreeSet<String> {
        let mut out = BTreeSet::new();
        out.extend((!self.key.is_empty()).then(|| format!("k:{}", self.key)));
        out.extend(self.uscc.as_ref().map(|code| format!("k:{code}")));
        for name in &self.names {
            let key = NameKey::parse(name);
            if key.text.is_empty() {
                continue;
            }
            out.insert(format!("n:{}", key.text));
            let core = key.core();
            // A short core is shared by too many.
            if core.chars().count() >= 3 {
                out.insert(format!("c:{core}"));
            }
        }
        // A group is found by its own name as well as by its members' word for it.
        for text in self.group.iter().chain(self.names.first()) {
            let core = group_core(text);
            if core.chars().count() >= 2 {
                out.insert(format!("g:{core}"));
            }
        }
        out
    }

    /// The name as written.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names.first().map_or("", String::as_str)
    }
}

/// Why `a` and `b` clash, if they do.
#[must_use]
pub fn clash(a: &Claim, b: &Claim) -> Option<Clash> {
    let likeness = likeness(&a.title, &b.title);
    let mut found: Vec<(ConflictKind, Both)> = Vec::new();
    found.extend(same_company(a, b).map(|r| (ConflictKind::SameCompany, r)));
    let other_company = matches!((&a.uscc, &b.uscc), (Some(x), Some(y)) if x != y);
    if !other_company {
        found.extend(same_name(a, b).map(|r| (ConflictKind::SameName, r)));
    }
    found.extend(same_group(a, b).map(|r| (ConflictKind::SameGroup, r)));
    found.extend(look_alike(a, b, likeness).map(|r| (ConflictKind::LookAlike, r)));
    let kind = found.iter().map(|(kind, _)| *kind).min()?;
    Some(Clash { kind, likeness, reasons: found.into_iter().map(|(_, reason)| reason).collect() })
}

fn same_company(a: &Claim, b: &Claim) -> Option<Both> {
    if let (Some(x), Some(y)) = (&a.uscc, &b.uscc)
        && x == y
    {
        return Some(Both::new(format!("统一社会信用代码相同：{x}"), format!("the same credit code: {x}")));
    }
    (!a.key.is_empty() && a.key == b.key).then(|| {
        let name = b.name();
        Both::new(
            format!("企业库中是同一家企业：{name}"),
            format!("the same company of the universe: {name}"),
        )
    })
}

fn same_name(a: &Claim, b: &Claim) -> Option<Both> {
    let keys = |c: &Claim| c.names.iter().map(|n| NameKey::parse(n)).collect::<Vec<_>>();
    let (left, right) = (keys(a), keys(b));
    for (i, x) in left.iter().enumerate() {
        for (j, y) in right.iter().enumerate() {
            if !x.text.is_empty() && x.text == y.text {
                return Some(if i == 0 && j == 0 {
                    Both::new(format!("名称相同：{}", x.text), format!("the same name: {}", x.text))
                } else {
                    Both::new(
                        format!("一方的名称是另一方的曾用名或简称：{}", x.text),
                        format!("a name of one is a former or short name of the other: {}", x.text),
                    )
                });
            }
        }
    }
    let alike = |x: &NameKey, y: &NameKey| {
        x.branch == y.branch
            && x.core().chars().count() >= 3
            && x.core() == y.core()
            && x.region.zip(y.region).is_none_or(|(p, q)| regions_agree(p, q))
    };
    let found = left.iter().find(|x| right.iter().any(|y| alike(x, y)))?;
    let core = found.core();
    Some(Both::new(format!("字号和行业相同：{core}"), format!("the same brand and trade: {core}")))
}

fn same_group(a: &Claim, b: &Claim) -> Option<Both> {
    let own = |c: &Claim| {
        let named = c.group.iter().map(|g| group_core(g));
        named
            .chain(c.names.first().map(|n| group_core(n)))
            .filter(|g| g.chars().count() >= 2)
            .collect::<Vec<String>>()
    };
    // Two companies of unknown groups share none, however alike their names: at least one must name its group.
    let (left, right) = (own(a), own(b));
    let known = a.group.is_some() || b.group.is_some();
    if let Some(group) = left.iter().find(|g| known && right.contains(g)) {
        return Some(Both::new(format!("同属集团：{group}"), format!("the same group: {group}")));
    }
    let (x, y) = (NameKey::parse(a.name()), NameKey::parse(b.name()));
    (x.branch != y.branch && x.core() == y.core() && !x.core().is_empty()).then(|| {
        Both::new(
            format!("一方是另一方的分支机构：{}", x.core()),
            format!("one is a branch of the other: {}", x.core()),
        )
    })
}

/// What a group is called by, without region, form and the word 集团.
fn group_core(name: &str) -> String {
    let key = NameKey::parse(name);
    let core = key.core();
    if key.group || name.contains("集团") { core } else { key.brand() + &key.industry() }
}

fn look_alike(a: &Claim, b: &Claim, likeness: u16) -> Option<Both> {
    if pairs(&a.title).len().min(pairs(&b.title).len()) < LEAST_OF_STRANGERS {
        return None;
    }
    let mut sum = likeness;
    let mut more = Both::default();
    if a.segment.is_some() && a.segment == b.segment {
        sum += HINT;
        more.zh += "，同一环节";
        more.en += ", the same segment";
    }
    if let (Some(x), Some(y)) = (a.amount, b.amount)
        && amounts_agree(x, y)
    {
        sum += HINT;
        more.zh += "，投资额相差不到一成";
        more.en += ", amounts within a tenth";
    }
    if sum < LOOKS_ALIKE {
        return None;
    }
    let shared = shared_words(&a.title, &b.title).join("、");
    let percent = likeness / 10;
    Some(Both::new(
        format!("项目名称相似 {percent}%（共同：{shared}{}）", more.zh),
        format!("titles {percent}% alike (shared: {shared}{})", more.en),
    ))
}

/// Whether two amounts in yuan lie within a tenth of the larger.
#[must_use]
pub fn amounts_agree(a: i64, b: i64) -> bool {
    let (low, high) = (i128::from(a.min(b)), i128::from(a.max(b)));
    low > 0 && (high - low) * 10 <= high
}

/// What is left of a title when words that every title has are taken out.
#[must_use]
pub fn distinctive(title: &str) -> String {
    let mut text: String = fold(title).into_iter().filter(|c| !matches!(c, '(' | ')')).collect();
    for word in GENERIC {
        text = text.replace(word, "");
    }
    text
}

/// Pairs of neighbouring characters of what is distinctive in a title, each once.
#[must_use]
pub fn pairs(title: &str) -> BTreeSet<(char, char)> {
    let chars: Vec<char> = distinctive(title).chars().collect();
    chars.windows(2).map(|w| (w[0], w[1])).collect()
}

/// How alike two titles are, in thousandths: twice the shared pairs over all pairs (Dice).
#[must_use]
pub fn likeness(a: &str, b: &str) -> u16 {
    let (x, y) = (pairs(a), pairs(b));
    if x.len().min(y.len()) < LEAST_PAIRS {
        let (x, y) = (distinctive(a), distinctive(b));
        return if !x.is_empty() && x.chars().count() > 1 && x == y { 1_000 } else { 0 };
    }
    let shared = x.intersection(&y).count();
    u16::try_from(2_000 * shared / (x.len() + y.len())).unwrap_or(1_000)
}

/// The longest words that two titles share, at most three, longest first.
fn shared_words(a: &str, b: &str) -> Vec<String> {
    let (mut x, y): (Vec<char>, Vec<char>) =
        (distinctive(a).chars().collect(), distinctive(b).chars().collect());
    let mut out = Vec::new();
    while out.len() < 3 {
        let Some((start, length)) = longest_shared(&x, &y) else { break };
        out.push(x[start..start + length].iter().collect());
        // What was found is cut out, and a mark that stands in no title keeps both sides apart.
        x.splice(start..start + length, ['\0']);
    }
    out
}

fn longest_shared(x: &[char], y: &[char]) -> Option<(usize, usize)> {
    let mut best = (0, 0);
    let mut before = vec![0usize; y.len() + 1];
    for (i, c) in x.iter().enumerate() {
        let mut row = vec![0usize; y.len() + 1];
        for (j, d) in y.iter().enumerate() {
            if c == d {
                row[j + 1] = before[j] + 1;
                if row[j + 1] > best.1 {
                    best = (i + 1 - row[j + 1], row[j + 1]);
                }
            }
        }
        before = row;
    }
    (best.1 >= 2).then_some(best)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn claim(name: &str, title: &str) -> Claim {
        Claim { key: format!("={name}"), names: vec![name.into()], title: title.into(), ..Claim::default() }
    }

    fn kind(a: &Claim, b: &Claim) -> Option<ConflictKind> {
        clash(a, b).map(|c| c.kind)
    }

    #[test]
    fn the_same_company_clashes_whatever_the_project() {
        let a = Claim {
            uscc: Some("91321100MA1X".into()), ..claim("镇江恒达船用设备有限公司", "螺旋桨")
        };
        let b = Claim { uscc: Some("91321100MA1X".into()), ..claim("恒达船用", "锚链") };
        let clash = clash(&a, &b).unwrap();
        assert_eq!(clash.kind, ConflictKind::SameCompany);
        assert!(clash.reasons[0].zh.contains("91321100MA1X") && clash.reasons[0].en.contains("credit code"));
        let other = Claim { uscc: Some("91320100MA2Y".into()), ..b };
        assert_eq!(kind(&a, &other), None, "another code is another company");
    }

    #[test]
    fn former_names_and_brackets_are_seen_through() {
        let mut a = claim("江苏恒瑞新材料有限公司", "环氧树脂");
        let b = claim("镇江恒瑞化工厂", "隔膜");
        assert_eq!(kind(&a, &b), None);
        a.names.push("镇江恒瑞化工厂".into());
        assert_eq!(kind(&a, &b), Some(ConflictKind::SameName));
        let wide = claim("华润水泥（深圳）有限公司", "甲");
        let narrow = claim("华润水泥(深圳)有限公司", "乙");
        assert_eq!(kind(&wide, &narrow), Some(ConflictKind::SameName));
        let shares = claim("江苏恒瑞新材料股份有限公司", "甲");
        assert_eq!(
            kind(&claim("江苏恒瑞新材料有限公司", "乙"), &shares),
            Some(ConflictKind::SameName),
            "after the change of form"
        );
        let elsewhere = claim("广东恒瑞新材料有限公司", "甲");
        assert_eq!(
            kind(&claim("江苏恒瑞新材料有限公司", "乙"), &elsewhere),
            None,
            "the same brand elsewhere is another company"
        );
    }

    #[test]
    fn one_group_and_its_branches_clash() {
        let a = Claim {
            group: Some("中船动力集团".into()), ..claim("镇江中船设备有限公司", "甲")
        };
        let b = Claim {
            group: Some("中船动力（集团）有限公司".into()),
            ..claim("上海沪临重工有限公司", "乙")
        };
        assert_eq!(kind(&a, &b), Some(ConflictKind::SameGroup));
        assert_eq!(
            kind(&a, &claim("中船动力集团有限公司", "丙")),
            Some(ConflictKind::SameGroup),
            "the group itself"
        );
        let branch = claim("江苏恒瑞新材料有限公司镇江分公司", "丙");
        assert_eq!(kind(&claim("江苏恒瑞新材料有限公司", "丁"), &branch), Some(ConflictKind::SameGroup));
    }

    #[test]
    fn projects_look_alike_by_what_is_distinctive_in_their_titles() {
        let a = claim("甲公司", "年产5万吨船用低速柴油机曲轴生产线建设项目");
        let b = claim("乙集团", "船用低速柴油机曲轴5万吨制造基地");
        let clash = clash(&a, &b).unwrap();
        assert_eq!(clash.kind, ConflictKind::LookAlike);
        assert!(
            clash.likeness >= LOOKS_ALIKE && clash.reasons[0].zh.contains("船用低速柴油机曲轴"),
            "{clash:?}"
        );
        assert_eq!(
            kind(&a, &claim("丙", "高端智能制造产业园建设项目")),
            None,
            "generic words make nothing alike"
        );
        assert_eq!(kind(&claim("甲", "研发中心项目"), &claim("乙", "研发中心项目")), None);
        assert_eq!(likeness("锂电池隔膜", "锂电池隔膜"), 1_000);
        let near = (claim("甲", "无人机整机装配及检测"), claim("乙", "无人机整机试飞基地"));
        assert_eq!(kind(&near.0, &near.1), None, "{}", likeness(&near.0.title, &near.1.title));
        let with =
            |c: Claim| Claim { segment: Some("drones/assembly".into()), amount: Some(300_000_000), ..c };
        let (x, y) = (with(near.0), with(near.1));
        assert_eq!(kind(&x, &y).is_some(), likeness(&x.title, &y.title) + 2 * HINT >= LOOKS_ALIKE);
    }

    #[test]
    fn amounts_agree_within_a_tenth() {
        assert!(amounts_agree(100, 90) && amounts_agree(90, 100) && amounts_agree(5, 5));
        assert!(!amounts_agree(100, 89) && !amounts_agree(0, 0) && !amounts_agree(-5, -5));
        assert!(amounts_agree(i64::MAX, i64::MAX));
    }

    fn any_claim() -> impl Strategy<Value = Claim> {
        let name = prop::sample::select(vec![
            "江苏恒瑞新材料有限公司",
            "江苏恒瑞新材料股份有限公司",
            "镇江恒瑞化工厂",
            "恒瑞集团有限公司",
            "江苏恒瑞新材料有限公司镇江分公司",
            "上海沪临重工有限公司",
            "",
        ]);
        let title = prop::sample::select(vec![
            "船用曲轴生产线",
            "年产5万套船用曲轴项目",
            "锂电池隔膜二期",
            "",
            "无人机",
        ]);
        let group = prop::option::of(prop::sample::select(vec!["恒瑞集团", "沪临"]));
        let code = prop::option::of(prop::sample::select(vec!["A", "B"]));
        (prop::collection::vec(name, 1..3), title, group, code, prop::option::of(1i64..1_000)).prop_map(
            |(names, title, group, uscc, amount)| Claim {
                key: format!("={}", names[0]),
                uscc: uscc.map(str::to_string),
                names: names.into_iter().map(str::to_string).collect(),
                group: group.map(str::to_string),
                title: title.to_string(),
                segment: None,
                amount,
            },
        )
    }

    proptest! {
        #[test]
        fn a_clash_is_the_same_from_both_sides(a in any_claim(), b in any_claim()) {
            let (x, y) = (clash(&a, &b), clash(&b, &a));
            prop_assert_eq!(x.as_ref().map(|c| (c.kind, c.likeness)), y.as_ref().map(|c| (c.kind, c.likeness)));
        }

        #[test]
        fn what_clashes_by_company_shares_a_token(a in any_claim(), b in any_claim()) {
            if clash(&a, &b).is_some_and(|c| c.kind != ConflictKind::LookAlike) {
                prop_assert!(!a.tokens().is_disjoint(&b.tokens()), "{:?} {:?}", a.tokens(), b.tokens());
            }
        }

        #[test]
        fn any_title_can_be_compared(a in "\\PC{0,80}", b in "\\PC{0,80}") {
            prop_assert!(likeness(&a, &b) <= 1_000);
            prop_assert_eq!(likeness(&a, &b), likeness(&b, &a));
        }
    }
}
