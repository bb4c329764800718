//! Companies and policies made from a seed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use domain::policy::facts::Given;

/// SplitMix64.
pub struct Random(pub u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.bits() % n.max(1)
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.below(all.len() as u64) as usize]
    }

    fn between(&mut self, least: u64, most: u64) -> i64 {
        (least + self.below(most - least + 1)) as i64
    }
}

const INDUSTRIES: &[&str] =
    &["C3972", "C3973", "C3985", "C3829", "C3734", "C2614", "I6513", "M7320", "G5990"];
const SIZES: &[&str] = &["large", "medium", "small", "micro"];
const SPECIALISED: &[&str] = &["none", "none", "none", "innovative", "province", "giant"];
const SEGMENTS: &[&str] = &["设计", "晶圆制造", "封装测试", "关键材料", "设备", "船用电子"];

/// A company, every field known.
pub fn company(random: &mut Random) -> BTreeMap<String, Given> {
    let revenue = random.between(1, 200_000) * 10_000;
    let employees = random.between(1, 2_000);
    let inventions = random.between(0, 12);
    let segments: Vec<String> =
        SEGMENTS.iter().filter(|_| random.below(6) == 0).map(|s| (*s).to_string()).collect();
    let amounts = [
        ("revenue_last_year", revenue),
        ("revenue_prev_year", random.between(1, 200_000) * 10_000),
        ("research_spend", revenue / 1_000 * random.between(0, 120)),
        ("registered_capital", random.between(1, 50_000) * 10_000),
        ("employees", employees),
        ("research_staff", employees * random.between(0, 60) / 100),
        ("patents_invention", inventions),
        ("patents_all", inventions + random.between(0, 30)),
    ];
    let mut company: BTreeMap<String, Given> = BTreeMap::new();
    let mut put = |word: &str, given| company.insert(format!("company.{word}"), given);
    for (word, amount) in amounts {
        put(word, Given::Whole(amount));
    }
    put("high_tech", Given::Flag(random.below(3) == 0));
    put("bad_credit", Given::Flag(random.below(20) == 0));
    put("industry", Given::Text(random.pick(INDUSTRIES).into()));
    put("size", Given::Text(random.pick(SIZES).into()));
    put("specialised", Given::Text(random.pick(SPECIALISED).into()));
    put("chain_segments", Given::List(segments));
    company
}

/// A clause: its condition, and whether it cannot be made up for. Numbers carry a point, because CEL keeps whole numbers and others apart.
fn clause(random: &mut Random) -> (String, bool) {
    let share = |random: &mut Random, most| format!("0.{:02}", random.between(1, most));
    let soft = |text: String| (text, false);
    match random.below(12) {
        0 => soft(format!("company.research_spend / company.revenue_last_year >= {}", share(random, 8))),
        1 => soft(format!(
            "company.research_spend / company.revenue_last_year >= \
             (company.revenue_last_year <= 50000000.0 ? 0.05 : company.revenue_last_year <= 200000000.0 ? {} : 0.03)",
            share(random, 6)
        )),
        2 => soft(format!("company.employees >= {}.0", random.between(5, 800))),
        3 => soft(format!("company.research_staff / company.employees >= {}", share(random, 40))),
        4 => soft(format!(
            "company.patents_invention >= {}.0 || company.patents_all >= {}.0",
            random.between(1, 8),
            random.between(4, 25)
        )),
        5 => {
            let industry = random.pick(INDUSTRIES);
            (format!("company.industry.startsWith(\"{}\")", &industry[..3]), true)
        }
        6 => soft("company.size in [\"medium\", \"small\", \"micro\"]".into()),
        7 => soft(format!("\"{}\" in company.chain_segments", random.pick(SEGMENTS))),
        8 => soft("company.high_tech".into()),
        9 => ("!company.bad_credit".into(), true),
        10 => soft(format!(
            "company.revenue_last_year > company.revenue_prev_year * 1.{}",
            random.between(1, 4)
        )),
        _ => soft(format!(
            "company.specialised != \"none\" && company.registered_capital >= {}.0",
            random.between(1, 3_000) * 10_000
        )),
    }
}

/// A library as a zone writes it.
pub fn library(random: &mut Random, policies: usize) -> String {
    let mut text = String::from("id = \"made\"\nsource = \"made\"\n");
    for i in 0..policies {
        let _ = write!(
            text,
            "[[policy]]\nid = \"p{i}\"\nzh = \"示例{i}\"\nen = \"sample {i}\"\ndocument = \"示例〔2026〕{i}号\"\nissuer = \"示例\"\n\
             from = \"2026-01-01\"\ndelivery = \"apply\"\namount = \"company.research_spend * 0.05\"\ncap = 2000000\n\
             budget = 50000000\n"
        );
        for c in 0..random.between(3, 6) {
            let (when, hard) = clause(random);
            let _ = write!(
                text,
                "[[policy.clause]]\nid = \"c{c}\"\nzh = \"条款\"\nen = \"clause\"\nhard = {hard}\nwhen = '{when}'\n"
            );
        }
    }
    text
}
