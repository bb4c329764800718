//! Two zones that work together, after case 10 of the brief (银川, 福州: a framework of 2026-03-06): green power, ground and storage on one side, research
//! and information technology on the other. Everything but the names of the cities is made up, and says so.

use super::landing::{SINCE, row, write};
use super::{Sample, Sketch, leads};
use crate::view::TargetWeights;
use domain::company::RegionCode;
use domain::inventory::Kind;
use domain::zone::{Reference, Weight, ZoneSettings};
use jiff::Timestamp;
use jiff::civil::Date;
use std::fmt;
use std::str::FromStr;
use store::Store;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Green power, ground, storage and equipment.
    Yinchuan,
    /// Research, information technology, artificial intelligence.
    Fuzhou,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Yinchuan => "yinchuan",
            Side::Fuzhou => "fuzhou",
        })
    }
}

impl FromStr for Side {
    type Err = String;
    /// # Errors
    /// Anything but `yinchuan` and `fuzhou`.
    fn from_str(s: &str) -> Result<Side, String> {
        match s {
            "yinchuan" => Ok(Side::Yinchuan),
            "fuzhou" => Ok(Side::Fuzhou),
            _ => Err(format!("`{s}` is no sample zone; use yinchuan or fuzhou")),
        }
    }
}

impl Side {
    /// What the zone is called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Side::Yinchuan => "银川高新区（示例）",
            Side::Fuzhou => "福州高新区（示例）",
        }
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Side {
        match self {
            Side::Yinchuan => Side::Fuzhou,
            Side::Fuzhou => Side::Yinchuan,
        }
    }

    /// What its universe is made of.
    #[must_use]
    pub fn sketch(self) -> Sketch {
        let (name_en, city, short, weights, residents): (_, _, _, [(&str, i32); 4], _) = match self {
            Side::Yinchuan => (
                "Yinchuan High-tech Zone (sample)",
                RegionCode(640_100),
                "银川",
                [("storage", 1000), ("equipment", 800), ("hydrogen", 600), ("semiconductors", 400)],
                &[
                    ("storage", 42, 60),
                    ("equipment", 38, 40),
                    ("hydrogen", 22, 45),
                    ("semiconductors", 9, 14),
                    ("next-it", 8, 10),
                    ("ai", 3, 8),
                ][..],
            ),
            Side::Fuzhou => (
                "Fuzhou High-tech Zone (sample)",
                RegionCode(350_100),
                "福州",
                [("next-it", 1000), ("ai", 800), ("semiconductors", 700), ("ships", 400)],
                &[
                    ("next-it", 46, 55),
                    ("ai", 24, 50),
                    ("semiconductors", 22, 40),
                    ("ships", 10, 18),
                    ("storage", 9, 14),
                    ("equipment", 10, 14),
                ][..],
            ),
        };
        let zone = ZoneSettings {
            name: self.name().into(),
            name_en: name_en.into(),
            region: Some(city),
            reference: Reference::Nation,
            weights: weights
                .map(|(chain, per_mille)| Weight { name: TargetWeights::chain_name(chain), per_mille })
                .to_vec(),
            ..ZoneSettings::default()
        };
        Sketch { zone, city, short, residents, real: &[] }
    }
}

/// The code of the framework in both zones' records.
pub const CODE: &str = "XZ-2026-01";

type Fields = Vec<(&'static str, String)>;
type Record = (String, Date, Fields);

/// Fills one zone: what it brings, what it can do, what it wants, its ground, some leads, the framework and its part of the work plan. `partner` is the
/// other zone's name in the data space.
///
/// # Errors
/// The store refuses a record, which names its code.
pub async fn seed(
    store: &Store,
    side: Side,
    partner: &str,
    sample: &Sample,
    (today, officer): (Date, domain::user::UserId),
    at: fn(Date) -> Timestamp,
) -> anyhow::Result<()> {
    let tables: [(Kind, Vec<Record>); 6] = [
        (Kind::Parcel, parcels(side)),
        (Kind::CoopResource, resources(side)),
        (Kind::Capability, capabilities(side)),
        (Kind::Opportunity, opportunities(side)),
        (Kind::Cooperation, vec![framework(partner)]),
        (Kind::CoopTask, tasks(side)),
    ];
    for (kind, rows) in tables {
        if !rows.is_empty() {
            write(store, kind, rows, &at).await?;
        }
    }
    leads::of_partner(store, sample, officer, today, at).await
}

fn record(code: String, fields: &[(&'static str, &str)]) -> Record {
    row(&code, fields)
}

fn framework(partner: &str) -> Record {
    let day = jiff::civil::date(2026, 3, 6);
    let (_, _, fields) = record(
        CODE.into(),
        &[
            ("name", "银川福州两地高新区协作框架（示例）"),
            ("partner", partner),
            ("signed_on", "2026-03-06"),
            ("until", "2029-03-05"),
            ("areas", "产业协作；成果转化；人才交流；绿电与要素"),
            (
                "shares",
                "产业链研判（每个环节的结论与企业数）；可用地块；资源要素；能力清单；机会清单；工作计划",
            ),
            ("credit", "40"),
        ],
    );
    (CODE.into(), day, fields)
}

fn tasks(side: Side) -> Vec<Record> {
    // Each keeps the plan; who does a line is seen from its own side.
    let all = [
        (
            "SX-01",
            "两地产业链对照与互补清单",
            Side::Fuzhou,
            "李协作（示例）",
            "2026-06-30",
            Some("2026-06-18"),
        ),
        ("SX-02", "绿电直连试点方案", Side::Yinchuan, "马能源（示例）", "2026-10-31", None),
        ("SX-03", "科研成果转化首批 5 项对接", Side::Fuzhou, "陈转化（示例）", "2026-12-31", None),
        ("SX-04", "互派干部各 3 名", Side::Yinchuan, "王组织（示例）", "2027-03-31", None),
    ];
    all.into_iter()
        .map(|(code, name, who, owner, due, done)| {
            let mut fields = vec![
                ("name", name),
                ("cooperation", CODE),
                ("side", if who == side { "我方" } else { "对方" }),
                ("owner", owner),
                ("due", due),
            ];
            if let Some(done) = done.filter(|_| who == side) {
                fields.push(("done_on", done));
            }
            record(code.into(), &fields)
        })
        .collect()
}

fn resources(side: Side) -> Vec<Record> {
    let all: &[[&str; 4]] = match side {
        Side::Yinchuan => &[
            ["绿电", "光伏与风电直供", "1,200 MW", "年可供 21 亿千瓦时（合成）"],
            ["存量资产", "可盘活厂房", "18 万㎡", "层高 8 米以上（合成）"],
        ],
        Side::Fuzhou => &[
            ["科研平台", "光电信息研究院", "3 个重点实验室", "首批 5 项成果待转化（合成）"],
            ["人才", "软件与算法工程师", "2,600 人", "可远程协作（合成）"],
            ["基金", "成果转化基金", "5 亿元", "可投协作园区项目（合成）"],
        ],
    };
    (1..)
        .zip(all)
        .map(|(n, r)| {
            let fields = [("sort", r[0]), ("name", r[1]), ("amount", r[2]), ("note", r[3])];
            record(format!("ZY-{n:02}"), &fields)
        })
        .collect()
}

fn capabilities(side: Side) -> Vec<Record> {
    let all: &[[&str; 3]] = match side {
        Side::Yinchuan => &[["储能系统集成", "储能系统公司（合成）", "新型储能"]],
        Side::Fuzhou => &[
            ["工业视觉检测", "视觉算法公司（合成）", "人工智能"],
            ["电池管理算法", "能源软件公司（合成）", "新一代信息技术"],
            ["光伏电站智能运维", "数据科技公司（合成）", "人工智能"],
        ],
    };
    (1..)
        .zip(all)
        .map(|(n, r)| record(format!("NL-{n:02}"), &[("name", r[0]), ("company", r[1]), ("segments", r[2])]))
        .collect()
}

fn opportunities(side: Side) -> Vec<Record> {
    let all: &[[&str; 3]] = match side {
        Side::Yinchuan => &[
            ["风光储一体化调度", "某发电公司（合成）", "2027-06-30"],
            ["矿卡无人驾驶改造", "某矿业公司（合成）", "2027-12-31"],
        ],
        Side::Fuzhou => &[["园区微电网", "某软件园（合成）", "2027-03-31"]],
    };
    (1..)
        .zip(all)
        .map(|(n, r)| record(format!("CJ-{n:02}"), &[("name", r[0]), ("owner", r[1]), ("until", r[2])]))
        .collect()
}

fn parcels(side: Side) -> Vec<Record> {
    let (count, mu, power) = match side {
        Side::Yinchuan => (8usize, 120, "20000"),
        Side::Fuzhou => (2, 35, "6300"),
    };
    (1..=count)
        .map(|n| {
            let (name, area) = (format!("{n} 号地块（合成）"), format!("{}亩", mu + n * 5));
            let state = if n % 4 == 0 { "整理中" } else { "净地" };
            let fields = [
                ("name", name.as_str()),
                ("area", area.as_str()),
                ("use", "工业"),
                ("readiness", state),
                ("power", power),
            ];
            let (code, _, fields) = record(format!("DK-{n:02}"), &fields);
            (code, SINCE, fields)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::landing::change;
    use super::*;

    #[test]
    fn every_record_of_both_zones_is_one_that_the_forms_would_take() {
        for side in [Side::Yinchuan, Side::Fuzhou] {
            assert_eq!(side.to_string().parse::<Side>(), Ok(side));
            let tables = [
                (Kind::Parcel, parcels(side)),
                (Kind::CoopResource, resources(side)),
                (Kind::Capability, capabilities(side)),
                (Kind::Opportunity, opportunities(side)),
                (Kind::Cooperation, vec![framework("did:web:x")]),
                (Kind::CoopTask, tasks(side)),
            ];
            for (kind, rows) in tables {
                for (code, day, fields) in rows {
                    let made = change(kind, &code, day, &fields).unwrap();
                    assert_eq!(made.check(kind, true), Ok(()), "{kind} {code}");
                }
            }
        }
        assert!("beijing".parse::<Side>().is_err());
    }
}
