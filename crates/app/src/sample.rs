//! The sample zone: the facts of the brief's Zhenjiang zone with a made-up nation around it.
//!
//! Only names that public reports carry are real (中船动力, 哈电, 哈汽), and even theirs is made-up text from the chain
//! files; every other company is synthetic and says so in its name, and its credit code lies in a division (99) that
//! does not exist. The same seed makes the same zone.

pub mod contract;
pub mod landing;
pub mod leads;
pub mod projects;
pub mod team;
pub mod zones;

use crate::view::TargetWeights;
use domain::chain::{Chain, ChainSet, Segment};
use domain::company::{Company, Currency, IndustryCode, Money, RegionCode, Signal, SignalKind, Status, Uscc};
use domain::zone::{Reference, Weight, ZoneSettings};
use engine::random::SplitMix;
use jiff::civil::Date;

/// The city the sample zone lies in (镇江市).
pub const CITY: RegionCode = RegionCode(321_100);
/// Mark that every synthetic name carries.
pub const MARK: &str = "（合成）";
/// Where made-up signals say they come from.
const SOURCE: &str = "合成数据";

/// The sample zone: settings, the nation, and which of its companies are residents.
#[derive(Debug)]
pub struct Sample {
    /// Settings of the zone.
    pub zone: ZoneSettings,
    /// Every company, residents too.
    pub companies: Vec<Company>,
    /// Names of the residents.
    pub residents: Vec<String>,
    /// Chain id and name of the chain leaders.
    pub leaders: Vec<(&'static str, String)>,
    /// Companies elsewhere and the segment they were made for: who may come here.
    pub candidates: Vec<Candidate>,
}

/// A company that may come here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Its place in [`Sample::companies`].
    pub company: usize,
    /// Id of the chain.
    pub chain: String,
    /// Id of the segment.
    pub segment: String,
    /// Name of the segment.
    pub name: String,
}

/// Settings of the sample zone before any company is there.
#[must_use]
pub fn zone() -> ZoneSettings {
    ZoneSettings {
        name: "镇江高新区（示例）".into(),
        name_en: "Zhenjiang High-tech Zone (sample)".into(),
        region: Some(CITY),
        reference: Reference::Nation,
        // promotion meetings were held in Wuhan and Hangzhou
        footprints: vec![RegionCode(420_100), RegionCode(330_100)],
        // 1+3+X: one pillar, three potential lines, future lines
        weights: [
            ("ships", 1000),
            ("equipment", 700),
            ("semiconductors", 700),
            ("next-it", 700),
            ("ai", 400),
            ("storage", 400),
            ("hydrogen", 400),
        ]
        .map(|(chain, per_mille)| Weight { name: TargetWeights::chain_name(chain), per_mille })
        .to_vec(),
        ..ZoneSettings::default()
    }
}

/// What a zone's universe is made of.
#[derive(Clone, Debug)]
pub struct Sketch {
    /// Settings of the zone.
    pub zone: ZoneSettings,
    /// Its city.
    pub city: RegionCode,
    /// The city's name in the names of companies.
    pub short: &'static str,
    /// Chain, residents on it, and the share of its leaves (percent) that occurs in the zone.
    pub residents: &'static [(&'static str, usize, u64)],
    /// Real names, the chain they stand on and the segments their made-up text speaks of.
    pub real: &'static [(&'static str, &'static str, &'static [&'static str])],
}

/// Makes the sample zone with `others` companies elsewhere.
#[must_use]
pub fn make(chains: &ChainSet, cities: &[(RegionCode, String)], others: usize, seed: u64) -> Sample {
    let sketch = Sketch { zone: zone(), city: CITY, short: "镇江", residents: &RESIDENTS, real: &REAL };
    make_of(&sketch, chains, cities, others, seed)
}

/// Makes a zone after a sketch.
#[must_use]
pub fn make_of(
    sketch: &Sketch,
    chains: &ChainSet,
    cities: &[(RegionCode, String)],
    others: usize,
    seed: u64,
) -> Sample {
    let mut rng = Rng::new(seed);
    let mut companies = Vec::with_capacity(others + 200);
    let mut residents = Vec::new();
    let mut leaders = Vec::new();
    let mut candidates = Vec::new();
    for &(name, id, segments) in sketch.real {
        let Some(chain) = chains.chains().iter().find(|c| c.id == id) else { continue };
        let picked: Vec<&Segment> =
            segments.iter().filter_map(|id| chain.segments.iter().find(|s| s.id == *id)).collect();
        companies.push(real(name, &picked));
        residents.push(name.to_string());
        leaders.push((id, name.to_string()));
    }
    for (i, (chain_id, count, share)) in sketch.residents.iter().copied().enumerate() {
        let Some(chain) = chains.chains().iter().find(|c| c.id == chain_id) else { continue };
        // A young zone holds some parts of a chain and lacks others: only this share of the leaves occurs at all.
        let leaves = leaves(chain);
        let held: Vec<&Segment> =
            leaves.into_iter().filter(|s| hash(&s.id, seed + i as u64) % 100 < share).collect();
        for _ in 0..count {
            let Some(segment) = pick(&held, &mut rng) else { continue };
            let company = synthetic(&mut rng, chain, segment, sketch.city, sketch.short, companies.len());
            residents.push(company.name.clone());
            companies.push(company);
        }
    }
    for _ in 0..others {
        let chain = &chains.chains()[rng.below(chains.chains().len())];
        let leaves = leaves(chain);
        // Each city has a lean of its own, so that places differ as real ones do.
        let (mut best, mut place) = (0, 0);
        for _ in 0..2 {
            let i = rng.below(cities.len());
            let lean = hash(&chain.id, u64::from(cities[i].0.0)) % 1000;
            if lean >= best {
                (best, place) = (lean, i);
            }
        }
        let (code, city) = &cities[place];
        if let Some(segment) = pick(&leaves, &mut rng) {
            let company = synthetic(&mut rng, chain, segment, *code, short(city), companies.len());
            candidates.push(Candidate {
                company: companies.len(),
                chain: chain.id.clone(),
                segment: segment.id.clone(),
                name: segment.name.clone(),
            });
            companies.push(company);
        }
    }
    Sample { zone: sketch.zone.clone(), companies, residents, leaders, candidates }
}

/// Real names of the brief, the chain they stand on and the segments their made-up text speaks of.
const REAL: [(&str, &str, &[&str]); 3] = [
    ("中船动力", "ships", &["low-speed-engine", "medium-speed-engine", "engine-assembly"]),
    ("哈电", "equipment", &["generator", "gas-steam-turbine", "turbine-aux"]),
    ("哈汽", "equipment", &["gas-steam-turbine", "turbine-blade"]),
];

/// Chain, residents on it, and the share of its leaves (percent) that occurs in the zone.
const RESIDENTS: [(&str, usize, u64); 7] = [
    ("ships", 46, 55),
    ("equipment", 34, 40),
    ("semiconductors", 22, 30),
    ("next-it", 26, 35),
    ("ai", 8, 20),
    ("storage", 9, 20),
    ("hydrogen", 5, 12),
];

fn leaves(chain: &Chain) -> Vec<&Segment> {
    let mut parent = vec![false; chain.segments.len()];
    for segment in &chain.segments {
        if let Some(p) = segment.parent {
            parent[p] = true;
        }
    }
    chain.segments.iter().zip(&parent).filter(|(s, p)| !**p && !s.words.is_empty()).map(|(s, _)| s).collect()
}

fn real(name: &str, segments: &[&Segment]) -> Company {
    let words: Vec<&str> = segments.iter().filter_map(|s| s.words.first()).map(String::as_str).collect();
    Company {
        name: name.into(),
        status: Status::Active,
        region: Some(CITY),
        scope: format!("{}的研发、制造、销售和服务（示例文字，非登记原文）", words.join("、")),
        address: "江苏省镇江市（示例）".into(),
        ..Company::default()
    }
}

fn synthetic(
    rng: &mut Rng,
    chain: &Chain,
    segment: &Segment,
    region: RegionCode,
    city: &str,
    serial: usize,
) -> Company {
    let word = |rng: &mut Rng, s: &Segment| s.words[rng.below(s.words.len())].clone();
    let (main, second) = (word(rng, segment), word(rng, segment));
    let siblings: Vec<&Segment> =
        leaves(chain).into_iter().filter(|s| s.parent == segment.parent && s.id != segment.id).collect();
    let third = if rng.below(3) == 0 { pick(&siblings, rng).map(|s| word(rng, s)) } else { None };
    let trader = rng.below(6) == 0;
    let scope = scope(&main, &second, third.as_deref(), trader);
    let brand = format!("{}{}", BRAND[rng.below(BRAND.len())], BRAND[rng.below(BRAND.len())]);
    let form = if trader { "贸易" } else { FORM[rng.below(FORM.len())] };
    let name = format!("{city}{brand}{form}有限公司{MARK}");
    let capital = [500, 1_000, 2_000, 3_000, 5_000, 10_000, 20_000, 50_000][skewed(rng, 8)];
    let year = 1998 + i16::try_from(rng.below(27)).unwrap_or(0);
    let month = i8::try_from(rng.below(12) + 1).unwrap_or(1);
    let dormant = rng.below(40) == 0;
    Company {
        name: format!("{name}{serial}"),
        uscc: code(serial),
        status: if dormant { Status::Deregistered } else { Status::Active },
        capital: Some(Money { amount: capital * 10_000, currency: Currency::Cny }),
        established: Date::new(year, month, 1).ok(),
        region: Some(region),
        industry: segment.industry.first().map(|c| IndustryCode(c.0.clone())),
        insured: u32::try_from(10 + capital / 50 + i64::try_from(rng.below(60)).unwrap_or(0)).ok(),
        kind: "有限责任公司".into(),
        scope,
        products: if trader { Vec::new() } else { vec![main, second] },
        address: format!("{city}市高新技术产业开发区（合成地址）"),
        signals: signals(rng),
        ..Company::default()
    }
}

fn scope(main: &str, second: &str, third: Option<&str>, trader: bool) -> String {
    let goods = match third {
        _ if main == second => main.to_string(),
        Some(third) => format!("{main}、{second}、{third}"),
        None => format!("{main}、{second}"),
    };
    if trader {
        format!(
            "{goods}的销售；货物进出口；技术进出口（依法须经批准的项目，经相关部门批准后方可开展经营活动）"
        )
    } else {
        format!("{goods}的研发、生产、销售；技术服务、技术咨询；货物进出口（依法须经批准的项目除外）")
    }
}

fn signals(rng: &mut Rng) -> Vec<Signal> {
    const KINDS: [(SignalKind, &str); 6] = [
        (SignalKind::Investment, "在外省投资设立子公司（合成）"),
        (SignalKind::Branch, "新设生产基地（合成）"),
        (SignalKind::Financing, "完成B轮融资（合成）"),
        (SignalKind::Patent, "发明专利 12 件（合成）"),
        (SignalKind::Tender, "中标重点工程设备采购（合成）"),
        (SignalKind::Risk, "被列入经营异常名录（合成）"),
    ];
    let mut out = Vec::new();
    while rng.below(4) == 0 && out.len() < 3 {
        let (kind, text) = KINDS[rng.below(KINDS.len())];
        let (year, month) = (2025 + i16::try_from(rng.below(2)).unwrap_or(0), 1 + rng.below(10));
        out.push(Signal {
            kind,
            date: Date::new(year, i8::try_from(month).unwrap_or(1), 15).ok(),
            text: text.into(),
            source: SOURCE.into(),
        });
    }
    out
}

/// A credit code in division 99, which does not exist, with a right check character.
fn code(serial: usize) -> Option<Uscc> {
    const CHARS: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let body = format!("91990000MA{serial:07}");
    CHARS.iter().find_map(|&c| Uscc::parse(&format!("{body}{}", char::from(c))).ok())
}

fn short(city: &str) -> &str {
    city.strip_suffix('市').unwrap_or(city)
}

const BRAND: [&str; 40] = [
    "海", "岳", "澜", "恒", "启", "瑞", "峻", "川", "远", "汇", "辰", "昊", "朗", "卓", "睿", "凌", "沃",
    "嘉", "泰", "晟", "翔", "宏", "博", "源", "信", "诚", "达", "润", "盛", "鼎", "拓", "景", "聚", "铭",
    "锐", "骏", "旭", "安", "德", "新",
];
const FORM: [&str; 6] = ["科技", "装备制造", "机械制造", "新材料", "智能科技", "工业"];

fn pick<'a>(from: &[&'a Segment], rng: &mut Rng) -> Option<&'a Segment> {
    // The square of a uniform number leans to the front, so that some segments are common and some are rare.
    let r = (rng.below(1 << 16) * rng.below(1 << 16)) >> 16;
    from.get((r * from.len()) >> 16).copied()
}

fn skewed(rng: &mut Rng, n: usize) -> usize {
    rng.below(n).min(rng.below(n))
}

fn hash(text: &str, salt: u64) -> u64 {
    text.bytes().fold(Rng::new(salt).next(), |h, b| Rng::new(h ^ u64::from(b)).next())
}

struct Rng(SplitMix);

impl Rng {
    fn new(seed: u64) -> Rng {
        Rng(SplitMix(seed))
    }

    fn next(&mut self) -> u64 {
        self.0.bits()
    }

    fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % (n.max(1) as u64)).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::chain::builtin;

    fn sample(seed: u64) -> Sample {
        let chains = ChainSet::new(builtin::all().unwrap()).unwrap();
        let cities =
            [(RegionCode(420_100), "武汉市".to_string()), (RegionCode(330_100), "杭州市".to_string())];
        make(&chains, &cities, 200, seed)
    }

    #[test]
    fn the_same_seed_makes_the_same_zone_and_only_the_named_are_unmarked() {
        let one = sample(7);
        assert_eq!(one.companies, sample(7).companies);
        assert_ne!(one.companies, sample(8).companies);
        let unmarked: Vec<&str> =
            one.companies.iter().map(|c| c.name.as_str()).filter(|n| !n.contains(MARK)).collect();
        assert_eq!(unmarked, ["中船动力", "哈电", "哈汽"]);
        assert!(
            one.companies
                .iter()
                .skip(3)
                .all(|c| c.uscc.as_ref().is_some_and(|u| &u.as_str()[2..8] == "990000"))
        );
    }

    #[test]
    fn the_named_companies_stand_on_segments_that_exist() {
        for chain in builtin::all().unwrap() {
            for (name, _, segments) in REAL.iter().filter(|r| r.1 == chain.id) {
                for id in *segments {
                    assert!(
                        chain.segments.iter().any(|s| s.id == *id),
                        "{name}: no segment {id} in {}",
                        chain.id
                    );
                }
            }
        }
    }
}
