//! Projects that would be reported twice: signed before (重复签约), a second phase, a move inside the area.
//!
//! A city does not count second phases inside a signed contract, moves inside the area or expansions by residents as newly attracted
//! (5.3 of the notes on recognition); whether it does is for a person to say. Here they are found and named.

use super::claim::{Claim, amounts_agree, clash, likeness};
use super::{Both, ConflictKind};
use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// Why a project may have been reported before.
    DoubtKind "no kind of doubt" {
        /// The same company with a similar title or amount.
        RepeatSigning = "repeat_signing", "疑似重复签约", "may be signed already";
        /// The title says second phase, expansion or more capital.
        SecondPhase = "second_phase", "疑似二期或扩建", "may be a second phase";
        /// A resident moves inside the area.
        Relocation = "relocation", "疑似区内搬迁", "may be a move inside the area";
        /// The company is a resident already.
        Resident = "resident", "已是入驻企业", "a resident already";
    }
}

/// A project or lead that is known already.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    /// What to call it in a reason, e.g. its code.
    pub label: String,
    /// What it claims.
    pub claim: &'a Claim,
    /// Year of signing or registration.
    pub year: i16,
    /// The unit it is counted for.
    pub unit: String,
}

/// A doubt with its reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Doubt {
    /// Which.
    pub kind: DoubtKind,
    /// Why, naming what it resembles.
    pub reason: Both,
}

/// Likeness from which two projects of one company are one project, in thousandths: lower than between strangers.
const OF_ONE_COMPANY: u16 = 400;

const PHASE_WORDS: [&str; 17] = [
    "二期",
    "三期",
    "四期",
    "第二期",
    "第三期",
    "2期",
    "3期",
    "Ⅱ期",
    "II期",
    "扩建",
    "扩产",
    "改扩建",
    "增资",
    "技改",
    "技术改造",
    "续建",
    "增产",
];
const MOVE_WORDS: [&str; 8] = ["搬迁", "迁建", "迁址", "迁入", "异地重建", "退城入园", "退城进园", "易地"];

/// The word of a title that makes it a later phase of something.
#[must_use]
pub fn second_phase(title: &str) -> Option<&'static str> {
    PHASE_WORDS.into_iter().find(|w| title.contains(w))
}

/// The word of a text that speaks of moving.
#[must_use]
pub fn relocation(text: &str) -> Option<&'static str> {
    MOVE_WORDS.into_iter().find(|w| text.contains(w))
}

/// Doubts about a new project. `need` is what the company asks for; `resident` is whether it has its address in the zone.
#[must_use]
pub fn doubts(new: &Claim, need: &str, resident: bool, known: &[Known<'_>]) -> Vec<Doubt> {
    let mut out = Vec::new();
    for before in known.iter().filter(|k| of_one_company(new, k.claim)) {
        let alike = likeness(&new.title, &before.claim.title);
        let amounts = new.amount.zip(before.claim.amount).is_some_and(|(a, b)| amounts_agree(a, b));
        if alike < OF_ONE_COMPANY && !amounts {
            continue;
        }
        let (percent, Known { label, year, unit, .. }) = (alike / 10, before);
        let (zh, en) = if amounts { ("，投资额相近", ", amounts close") } else { ("", "") };
        out.push(Doubt {
            kind: DoubtKind::RepeatSigning,
            reason: Both::new(
                format!("{label}（{year} 年，{unit}）：同一企业，项目名称相似 {percent}%{zh}"),
                format!("{label} ({year}, {unit}): the same company, titles {percent}% alike{en}"),
            ),
        });
    }
    if let Some(word) = second_phase(&new.title) {
        let of =
            known.iter().find(|k| of_one_company(new, k.claim)).map_or(String::new(), |k| k.label.clone());
        let (zh, en) = if of.is_empty() {
            (String::new(), String::new())
        } else {
            (format!("，前期可能是 {of}"), format!(", of {of} perhaps"))
        };
        let reason = Both::new(format!("项目名称含“{word}”{zh}"), format!("the title says {word}{en}"));
        out.push(Doubt { kind: DoubtKind::SecondPhase, reason });
    }
    if resident {
        out.push(match relocation(&new.title).or_else(|| relocation(need)) {
            Some(word) => Doubt {
                kind: DoubtKind::Relocation,
                reason: Both::new(
                    format!("企业住所已在区内，且写明“{word}”"),
                    format!("its address is in the zone, and the text says {word}"),
                ),
            },
            None => Doubt {
                kind: DoubtKind::Resident,
                reason: Both::new(
                    "企业已入驻本区，请确认是新项目",
                    "the company is here already; make sure that the project is new",
                ),
            },
        });
    }
    out
}

fn of_one_company(a: &Claim, b: &Claim) -> bool {
    clash(a, b).is_some_and(|c| c.kind <= ConflictKind::SameName)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(name: &str, title: &str, amount: i64) -> Claim {
        Claim {
            key: format!("={name}"),
            names: vec![name.into()],
            title: title.into(),
            amount: Some(amount),
            ..Claim::default()
        }
    }

    fn kinds(new: &Claim, need: &str, resident: bool, known: &[Known<'_>]) -> Vec<DoubtKind> {
        doubts(new, need, resident, known).into_iter().map(|d| d.kind).collect()
    }

    #[test]
    fn one_project_signed_at_five_meetings_is_one_project() {
        // 人民日报 2016-07-17: one project signed up to five times, tens of millions wrapped as hundreds of millions.
        let first = claim("江苏恒瑞新材料有限公司", "年产5万吨环氧树脂项目", 80_000_000);
        let known =
            [Known { label: "P-2024-007".into(), claim: &first, year: 2024, unit: "招商一局".into() }];
        let again = claim("江苏恒瑞新材料有限公司", "环氧树脂智能工厂", 500_000_000);
        let found = doubts(&again, "", false, &known);
        assert_eq!(found[0].kind, DoubtKind::RepeatSigning);
        assert!(found[0].reason.zh.contains("P-2024-007（2024 年，招商一局）"), "{}", found[0].reason.zh);
        let same_money = claim("江苏恒瑞新材料有限公司", "锂电池隔膜", 82_000_000);
        assert_eq!(kinds(&same_money, "", false, &known), [DoubtKind::RepeatSigning]);
        let other = claim("江苏恒瑞新材料有限公司", "锂电池隔膜", 300_000_000);
        assert!(kinds(&other, "", false, &known).is_empty(), "another project of the same company");
        let stranger = claim("上海沪临重工有限公司", "年产5万吨环氧树脂项目", 80_000_000);
        assert!(
            kinds(&stranger, "", false, &known).is_empty(),
            "a look-alike of another company is a conflict, no repeat"
        );
    }

    #[test]
    fn phases_and_moves_are_named() {
        let phase = claim("甲有限公司", "船用曲轴二期扩建项目", 1);
        assert_eq!(kinds(&phase, "", false, &[]), [DoubtKind::SecondPhase]);
        let moved = claim("甲有限公司", "船用曲轴", 1);
        assert_eq!(kinds(&moved, "整体搬迁，需要 50 亩", true, &[]), [DoubtKind::Relocation]);
        assert_eq!(kinds(&moved, "需要 50 亩", true, &[]), [DoubtKind::Resident]);
        assert!(
            kinds(&moved, "整体搬迁", false, &[]).is_empty(),
            "from outside it is no move inside the area"
        );
    }
}
