//! The data of the bench: companies, and projects with their facts; the same numbers always give the same data.

/// SplitMix64, so that the data need no library and never change with one.
struct Random(u64);

impl Random {
    fn of(seed: u64, index: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ index.wrapping_mul(0xD134_2543_DE82_EF95))
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// 0 … `n` − 1.
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len() as u64) as usize]
    }
}

/// Officers that projects are spread over.
pub const OFFICERS: u64 = 40;
/// The first day of any project: 2016-01-01, as days since 1970-01-01.
const FIRST: i64 = 16_801;
/// Days from there in which projects begin.
const BEGIN_DAYS: u64 = 3_740;
/// The last day of any fact: 2026-06-30.
const LAST: i64 = 20_634;

const THINGS: [&str; 24] = [
    "海上风电塔筒",
    "动力电池托盘",
    "高端轴承",
    "船用低速机",
    "半导体封装",
    "碳纤维预浸料",
    "氢能压缩机",
    "新能源热管理",
    "智能机器人关节",
    "车规级芯片",
    "光伏逆变器",
    "医用影像设备",
    "海工平台",
    "特种电缆",
    "生物制药",
    "精密模具",
    "航空紧固件",
    "工业软件",
    "数控机床",
    "储能系统",
    "铝合金型材",
    "风电叶片",
    "激光装备",
    "环保催化剂",
];
const WORKS: [&str; 6] = ["生产基地", "研发中心", "产业园", "扩产", "总部", "智能工厂"];
const SOURCES: [&str; 6] = ["target", "visit", "event", "referral", "inbound", "other"];
const CHAINS: [&str; 6] = ["marine", "wind", "battery", "chips", "medical", "machines"];
/// The stages of progress, in order.
pub const STAGES: [&str; 12] = [
    "lead",
    "negotiating",
    "review",
    "decision",
    "signed",
    "registered",
    "filed",
    "supplied",
    "started",
    "completed",
    "in_production",
    "at_capacity",
];
const SIGNED: usize = 4;
const STARTED: usize = 8;

/// What a fact of the bench says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Says {
    Text(String),
    Number(i64),
    Yuan(i64),
}

/// A fact: its kind by its word, its day as days since 1970-01-01, its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    pub kind: &'static str,
    pub day: i64,
    pub says: Says,
}

/// A project with all its facts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    pub code: String,
    pub facts: Vec<Fact>,
}

/// Project `index` of `companies` companies (their names and keys), with exactly `facts` facts (at least 20).
///
/// Eight facts say what it is, one to twelve its stages with their days; the rest are money that arrived, investment done and
/// notes, as far as its stage allows them.
pub fn project(seed: u64, index: u64, companies: &[(String, String)], facts: usize) -> Project {
    let mut random = Random::of(seed, index);
    let begin = FIRST + random.below(BEGIN_DAYS) as i64;
    let mut all = settings(&mut random, index, begin, companies);
    let yuan = all.iter().find_map(|f| if let Says::Yuan(y) = f.says { Some(y) } else { None }).unwrap_or(0);
    let reached = stages(&mut random, begin, &mut all);
    let (signed, started) = (reached.get(SIGNED).copied(), reached.get(STARTED).copied());
    while all.len() < facts {
        let share = yuan / 1_000 * (5 + random.below(60) as i64);
        let (kind, from, says) = match (random.below(3), signed, started) {
            (0, Some(from), _) => ("arrived", from, Says::Yuan(share)),
            (1, _, Some(from)) => ("invested", from, Says::Yuan(share)),
            _ => (
                "note",
                begin,
                Says::Text(format!("第{}次沟通：对方关注用地、用能与人才政策（合成）", random.below(30) + 1)),
            ),
        };
        let day = from + random.below((LAST - from).clamp(1, 900) as u64) as i64;
        all.push(Fact { kind, day, says });
    }
    Project { code: format!("B{index:07}"), facts: all }
}

fn settings(random: &mut Random, index: u64, begin: i64, companies: &[(String, String)]) -> Vec<Fact> {
    let (name, key) = random.pick(companies);
    // Half of the digits are even in the logarithm: 500 万 … 50 亿, most below 1 亿.
    let scale = [5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000, 500_000_000];
    let yuan = *random.pick(&scale) / 100 * (100 + random.below(900)) as i64;
    let title = format!("{}{}项目{index}（合成）", random.pick(&THINGS), random.pick(&WORKS));
    let says = |kind, says| Fact { kind, day: begin, says };
    vec![
        says("name", Says::Text(title)),
        says("company", Says::Text(name.clone())),
        says("company_key", Says::Text(key.clone())),
        says("officer", Says::Number(1 + random.below(OFFICERS) as i64)),
        says("source", Says::Text((*random.pick(&SOURCES)).into())),
        says("chain", Says::Text((*random.pick(&CHAINS)).into())),
        says("sort", Says::Text(if random.below(10) == 0 { "expansion" } else { "new" }.into())),
        says("planned_total", Says::Yuan(yuan)),
    ]
}

/// Adds the stages that the project reached; answers their days in the order of [`STAGES`].
fn stages(random: &mut Random, begin: i64, all: &mut Vec<Fact>) -> Vec<i64> {
    let most = 1 + random.below(STAGES.len() as u64) as usize;
    let mut days = vec![begin];
    while days.len() < most {
        let day = days[days.len() - 1] + 5 + random.below(110) as i64;
        if day > LAST {
            break;
        }
        days.push(day);
    }
    for (stage, &day) in STAGES.iter().zip(&days) {
        all.push(Fact { kind: "stage", day, says: Says::Text((*stage).into()) });
    }
    let last = days[days.len() - 1];
    let out = if days.len() <= SIGNED { "lost" } else { "ended" };
    let chance = if days.len() <= SIGNED { 3 } else { 30 };
    if days.len() < STAGES.len() && random.below(chance) == 0 && last + 30 <= LAST {
        all.push(Fact { kind: "stage", day: last + 30, says: Says::Text(out.into()) });
    }
    days
}
