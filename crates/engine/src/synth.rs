//! A synthetic registry (合成) for measuring and for trying the product without anyone's data.
//!
//! Deterministic: the same number, seed and chains give the same companies. Names end in （合成）. Products are built of the chains' words, so
//! the companies are placed as real ones are; their popularity is long-tailed (half of the draws are Zipf inside a segment, half flatter).

use crate::random::SplitMix as Random;
use domain::chain::ChainSet;
use domain::company::{Company, Currency, IndustryCode, Money, RegionCode, Signal, SignalKind, Status, Uscc};
use domain::place::{self, Level};
use domain::uscc::check_character;
use jiff::civil::Date;

/// What every synthetic name ends in.
pub const MARK: &str = "（合成）";

/// Put before a word to make a product of its own; the first leaves it as it is.
const MODIFIERS: [&str; 24] = [
    "",
    "船用",
    "高精度",
    "耐腐蚀",
    "智能",
    "大型",
    "微型",
    "节能",
    "高温",
    "防爆",
    "轻量化",
    "模块化",
    "数控",
    "液压",
    "电动",
    "不锈钢",
    "铝合金",
    "碳纤维",
    "高压",
    "高速",
    "车规级",
    "深海",
    "工业用",
    "便携式",
];

/// Characters of brand names.
const BRAND: [&str; 48] = [
    "远", "航", "恒", "瑞", "华", "海", "鑫", "泰", "宏", "盛", "科", "达", "东", "方", "安", "博", "创",
    "德", "丰", "光", "浩", "佳", "金", "凯", "力", "明", "宁", "欧", "鹏", "启", "荣", "森", "天", "威",
    "翔", "信", "扬", "亿", "振", "智", "中", "卓", "润", "景", "立", "维", "嘉", "顺",
];

/// Words of companies that stand outside every chain.
const OTHER: [&str; 12] = [
    "餐饮",
    "日用百货",
    "服装",
    "家政",
    "物业",
    "广告",
    "房屋建筑",
    "货物运输",
    "花卉",
    "茶叶",
    "教育咨询",
    "办公用品",
];

/// Makes `companies` companies. `chains` give the product words; without chains all companies stand outside them.
#[must_use]
pub fn generate(companies: u32, seed: u64, chains: &ChainSet) -> Generator {
    let families = chains
        .numbers()
        .map(|no| chains.get(no).1)
        .filter(|s| !s.words.is_empty())
        .map(|s| Family {
            words: s.words.clone(),
            industry: s.industry.iter().find(|c| c.0.len() == 5).cloned(),
        })
        .collect();
    let mut generator =
        Generator { next: 0, companies, seed, families, regions: districts(), shuffle: vec![] };
    let mut random = Random(seed ^ 0x5eed);
    generator.shuffle = (0..generator.families.len()).collect();
    for i in (1..generator.shuffle.len()).rev() {
        generator.shuffle.swap(i, random.below(i + 1));
    }
    for i in (1..generator.regions.len()).rev() {
        let j = random.below(i + 1);
        generator.regions.swap(i, j);
    }
    generator
}

/// Yields synthetic companies one by one.
#[derive(Clone, Debug)]
pub struct Generator {
    next: u32,
    companies: u32,
    seed: u64,
    families: Vec<Family>,
    /// Families from the most to the least popular.
    shuffle: Vec<usize>,
    /// Districts from the most to the least populous, with the name of their city.
    regions: Vec<(RegionCode, &'static str)>,
}

#[derive(Clone, Debug)]
struct Family {
    words: Vec<String>,
    industry: Option<IndustryCode>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trade {
    Maker,
    Trader,
    Service,
}

impl Iterator for Generator {
    type Item = Company;

    fn next(&mut self) -> Option<Company> {
        if self.next == self.companies {
            return None;
        }
        let number = self.next;
        self.next += 1;
        Some(self.company(number))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.companies - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Generator {}

impl Generator {
    /// Company `number` depends on nothing but the seed and its number.
    fn company(&self, number: u32) -> Company {
        let mut r = Random(self.seed.wrapping_add(u64::from(number).wrapping_mul(0xd134_2543_de82_ef95)));
        let (region, city) = self.regions[skewed(&mut r, self.regions.len(), 1.6)];
        let trade = match r.below(20) {
            0..=8 => Trade::Maker,
            9..=15 => Trade::Trader,
            _ => Trade::Service,
        };
        let family = (!self.families.is_empty() && r.below(10) > 0)
            .then(|| self.shuffle[skewed(&mut r, self.families.len(), 1.7)]);
        let products = family.map_or(vec![], |f| self.products(f, &mut r));
        let capital = 10f64.powf(4.5 + 2.0 * (r.unit() + r.unit()) + 0.8 * r.unit()) as i64 / 10_000 * 10_000;
        let insured = ((capital as f64).powf(0.45) * 0.03 * (0.2 + 2.0 * r.unit())) as u32;
        let established = day(&mut r, 1_990, 2_026);
        Company {
            name: name(&mut r, city, &products, trade),
            uscc: uscc(region, number),
            status: status(&mut r),
            capital: (capital > 0).then_some(Money { amount: capital, currency: Currency::Cny }),
            established: Some(established),
            region: Some(region),
            industry: family.and_then(|f| self.families[f].industry.clone()),
            insured: (r.below(8) > 0).then_some(insured),
            kind: "有限责任公司".into(),
            scope: scope(&mut r, &products, trade),
            signals: signals(&mut r),
            products,
            ..Company::default()
        }
    }

    /// One to nine products, 4.3 on average; most of one segment, some of any.
    fn products(&self, family: usize, r: &mut Random) -> Vec<String> {
        let wanted = 1 + r.below(4) + r.below(5);
        let mut products: Vec<String> = Vec::with_capacity(wanted);
        for _ in 0..wanted {
            let of = if r.below(6) == 0 { self.shuffle[skewed(r, self.families.len(), 1.7)] } else { family };
            let words = &self.families[of].words;
            let kinds = words.len() * MODIFIERS.len();
            let rank = if r.below(2) == 0 { zipf(r, kinds) } else { skewed(r, kinds, 1.4) };
            let product = format!("{}{}", MODIFIERS[rank / words.len()], words[rank % words.len()]);
            if !products.contains(&product) {
                products.push(product);
            }
        }
        products
    }
}

/// Every district, with the short name of its city.
fn districts() -> Vec<(RegionCode, &'static str)> {
    let all: Vec<_> = place::all().collect();
    let city = |code: RegionCode| {
        let found = all.binary_search_by_key(&code, |(c, _)| *c).ok();
        found.map_or("", |at| place::short_name(all[at].1))
    };
    all.iter()
        .filter(|(code, _)| place::level(*code) == Level::District)
        .map(|&(code, own)| {
            let names = [city(code.city()), city(code.province())];
            (code, names.into_iter().find(|n| !n.is_empty() && *n != "市辖区").unwrap_or(own))
        })
        .collect()
}

fn name(r: &mut Random, city: &str, products: &[String], trade: Trade) -> String {
    let mut brand = String::new();
    for _ in 0..2 + r.below(2) {
        brand.push_str(BRAND[r.below(BRAND.len())]);
    }
    let about = products.first().map_or_else(|| OTHER[r.below(OTHER.len())], String::as_str);
    let activity = match trade {
        Trade::Maker => ["制造", "科技", "设备"][r.below(3)],
        Trade::Trader => ["贸易", "销售", "商贸"][r.below(3)],
        Trade::Service => ["服务", "技术服务", "咨询"][r.below(3)],
    };
    format!("{city}{brand}{about}{activity}有限公司{MARK}")
}

fn scope(r: &mut Random, products: &[String], trade: Trade) -> String {
    let mut text = String::from("一般项目：");
    let verb = match trade {
        Trade::Maker => "制造",
        Trade::Trader => "销售",
        Trade::Service => "租赁",
    };
    for product in products {
        text.push_str(product);
        text.push_str(verb);
        text.push('；');
    }
    if products.is_empty() {
        text.push_str(OTHER[r.below(OTHER.len())]);
        text.push_str("服务；");
    }
    text.push_str(["技术服务、技术开发、技术咨询", "货物进出口", "信息咨询服务", "国内贸易代理"][r.below(4)]);
    text.push_str("（除依法须经批准的项目外，凭营业执照依法自主开展经营活动）");
    text
}

fn status(r: &mut Random) -> Status {
    match r.below(100) {
        0..=77 => Status::Active,
        78..=81 => Status::Dormant,
        82..=87 => Status::Revoked,
        88..=97 => Status::Deregistered,
        _ => Status::MovedOut,
    }
}

fn signals(r: &mut Random) -> Vec<Signal> {
    let kinds = match r.below(100) {
        0..=2 => &[SignalKind::Investment][..],
        3..=4 => &[SignalKind::Branch],
        5 => &[SignalKind::Financing, SignalKind::Patent],
        6..=9 => &[SignalKind::Patent],
        10..=12 => &[SignalKind::Tender],
        13..=15 => &[SignalKind::Risk],
        _ => &[],
    };
    let one = |kind: &SignalKind| Signal {
        kind: *kind,
        date: Some(day(r, 2_022, 2_026)),
        text: "合成".into(),
        source: "合成".into(),
    };
    kinds.iter().map(one).collect()
}

fn day(r: &mut Random, from: i16, to: i16) -> Date {
    let year = from + r.below((to - from) as usize) as i16;
    Date::new(year, 1 + r.below(12) as i8, 1 + r.below(28) as i8).unwrap_or(Date::ZERO)
}

/// A code that passes its check, unique by the company's number: `91`, the district, `HC` for 合成 and seven characters.
fn uscc(region: RegionCode, number: u32) -> Option<Uscc> {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
    let mut code = format!("91{:06}HC", region.0);
    let mut rest = number as usize;
    for _ in 0..7 {
        code.push(char::from(ALPHABET[rest % 31]));
        rest /= 31;
    }
    code.push(check_character(&code));
    Uscc::parse(&code).ok()
}

/// A rank below `n`, low ones more often: density falls with rank^(1/power − 1).
fn skewed(random: &mut Random, n: usize, power: f64) -> usize {
    ((random.unit().powf(power) * n as f64) as usize).min(n - 1)
}

/// A rank below `n` by Zipf's law (density falls with 1/(rank + 1)).
fn zipf(random: &mut Random, n: usize) -> usize {
    ((((n + 1) as f64).powf(random.unit()) - 1.0) as usize).min(n - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::snapshot::tests::chains;
    use std::collections::HashSet;

    fn with_words() -> ChainSet {
        let mut list = chains().chains().to_vec();
        list[0].segments[2].words = vec!["船板".into(), "甲板".into()];
        list[0].segments[4].words = vec!["活塞".into()];
        ChainSet::new(list).unwrap()
    }

    #[test]
    fn the_same_seed_gives_the_same_companies() {
        let chains = with_words();
        let some: Vec<Company> = generate(500, 7, &chains).collect();
        assert_eq!(some, generate(500, 7, &chains).collect::<Vec<_>>());
        assert_eq!(some[..100], generate(100, 7, &chains).collect::<Vec<_>>());
        assert_ne!(some, generate(500, 8, &chains).collect::<Vec<_>>());
    }

    #[test]
    fn companies_are_marked_coded_placed_and_different() {
        let some: Vec<Company> = generate(3_000, 1, &with_words()).collect();
        assert!(some.iter().all(|c| c.name.ends_with(MARK) && c.uscc.is_some() && c.established.is_some()));
        assert_eq!(some.iter().map(|c| c.uscc.clone()).collect::<HashSet<_>>().len(), 3_000);
        let regions: HashSet<_> = some.iter().filter_map(|c| c.region).collect();
        assert!(
            regions.len() > 500 && regions.iter().all(|r| place::name(*r).is_some()),
            "{}",
            regions.len()
        );
        let with_products = some.iter().filter(|c| !c.products.is_empty()).count();
        assert!((2_500..2_900).contains(&with_products), "{with_products}");
        let inactive = some.iter().filter(|c| c.status != Status::Active).count();
        assert!((550..800).contains(&inactive), "{inactive}");
    }

    #[test]
    fn no_chain_means_no_product() {
        assert!(generate(50, 1, &ChainSet::default()).all(|c| c.products.is_empty()));
    }
}
