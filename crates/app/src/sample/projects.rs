//! Projects of the sample zone: what was signed in 2025 adds up to the figures of the brief (44 projects of 1亿元 or more,
//! 183.04亿元, one of 30亿元 or more); the years around it are made up so that trends and comparisons have something to show.

use super::{MARK, Rng, Sample};
use crate::config::Config;
use crate::evidence::keep::place;
use anyhow::Context as _;
use domain::company::{Currency, Money};
use domain::fact::{Kind, NewFact, ProjectId, Sort, Value};
use domain::stage::Stage;
use engine::random::SplitMix;
use jiff::civil::{Date, Weekday, date};
use jiff::tz::Offset;
use jiff::{Timestamp, ToSpan};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use store::file::NewFile;

/// One rate of the sample, so that the figures can be recomputed by hand: 7.18 yuan for a dollar.
pub const MICRO_YUAN: i64 = 7_180_000;
/// From when the rate holds.
pub const RATE_SINCE: Date = date(2024, 1, 1);
/// Nothing in the sample is later.
const LAST: Date = date(2026, 11, 20);
/// Where a leader's projects come from; the number is that of the event in the order of [`EVENTS`].
pub const EVENTS: [(&str, &str, u32, Date); 3] = [
    ("武汉产业合作推介会（示例）", "promotion", 420_100, date(2025, 4, 18)),
    ("杭州数字经济推介会（示例）", "promotion", 330_100, date(2025, 6, 12)),
    ("哈尔滨企业走访（示例）", "visit", 230_100, date(2025, 7, 3)),
];

/// Who carries projects: numbers of units and of officers, in step.
#[derive(Clone, Debug, Default)]
pub struct Team {
    /// Unit and officer of ships, of equipment and semiconductors, of the digital lines.
    pub desks: Vec<(i64, i64)>,
    /// Numbers of the events of [`EVENTS`].
    pub events: Vec<i64>,
}

/// A project and when which of its facts were recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// Its code.
    pub code: String,
    /// Times of recording, in order, each with the facts recorded then.
    pub steps: Vec<(Timestamp, Vec<NewFact>)>,
    /// The contract that proves its signing.
    pub contract: Option<Contract>,
}

/// A synthetic contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Its hash, name and length.
    pub file: NewFile,
    /// A PDF.
    pub bytes: Vec<u8>,
}

impl Contract {
    fn of(code: &str, facts: &[NewFact], deal: &Deal) -> Contract {
        let word =
            |kind| facts.iter().find(|f| f.kind == kind).and_then(|f| f.value.text()).unwrap_or_default();
        let (name, company) = (word(Kind::Name), word(Kind::Company));
        let bytes = super::contract::pdf(code, name, company, deal.amount, deal.signed);
        let file = NewFile {
            sha256: crate::web::session::hex(&Sha256::digest(&bytes)),
            name: format!("投资合同-{code}{MARK}.pdf"),
            kind: "pdf".into(),
            bytes: bytes.len() as u64,
        };
        Contract { file, bytes }
    }
}

/// Signed in 2025 and counted: month, day, chain, amount (万元; a negative amount is in 万美元).
const SIGNED_2025: [(i8, i8, &str, i64); 44] = [
    (2, 9, "equipment", 90000),
    (2, 17, "ships", 22000),
    (3, 4, "next-it", 48000),
    (3, 8, "equipment", 10000),
    (3, 11, "storage", 142660),
    (3, 18, "equipment", 75000),
    (4, 5, "ships", 52000),
    (4, 16, "equipment", 30000),
    (4, 16, "ships", 25000),
    (5, 5, "next-it", 105000),
    (5, 7, "ai", 15000),
    (5, 11, "storage", 18000),
    (5, 22, "ships", 10000),
    (6, 3, "ships", 24000),
    (6, 15, "hydrogen", 80000),
    (6, 24, "semiconductors", 36000),
    (7, 3, "ships", 15500),
    (7, 7, "equipment", 325000),
    (7, 23, "equipment", 20000),
    (8, 7, "equipment", 20600),
    (8, 13, "semiconductors", 32000),
    (9, 3, "next-it", 40000),
    (9, 4, "equipment", 10800),
    (9, 6, "ships", 30000),
    (9, 10, "semiconductors", 26800),
    (9, 15, "equipment", -3000),
    (9, 18, "semiconductors", 12000),
    (9, 22, "ships", 13000),
    (9, 24, "semiconductors", 15000),
    (10, 14, "semiconductors", 16000),
    (11, 5, "next-it", 20000),
    (11, 12, "next-it", 55000),
    (11, 14, "ships", 22000),
    (11, 15, "ships", 38000),
    (11, 21, "next-it", 25000),
    (11, 21, "ai", 35000),
    (11, 23, "semiconductors", 45000),
    (11, 25, "ships", 18000),
    (12, 11, "next-it", 11000),
    (12, 11, "ships", 68000),
    (12, 14, "ships", 12000),
    (12, 15, "semiconductors", 60000),
    (12, 21, "ships", 12500),
    (12, 22, "equipment", 28000),
];

/// Signed in 2025 and not counted among the 44: month, day, chain, 万元, why.
const BESIDE_2025: [(i8, i8, &str, i64, Beside); 9] = [
    (3, 20, "ships", 5_000, Beside::Small),
    (5, 14, "next-it", 6_800, Beside::Small),
    (6, 26, "ai", 8_000, Beside::Small),
    (9, 11, "storage", 9_999, Beside::Small),
    (10, 16, "hydrogen", 5_600, Beside::Small),
    (4, 24, "equipment", 26_000, Beside::Sort(Sort::SecondPhase)),
    (8, 14, "ships", 18_000, Beside::Sort(Sort::Relocation)),
    (11, 6, "next-it", 30_000, Beside::Sort(Sort::RealEstate)),
    (12, 18, "semiconductors", 22_000, Beside::Repeats),
];

#[derive(Clone, Copy, Debug)]
enum Beside {
    /// Below 1亿元.
    Small,
    /// Of a sort that does not count.
    Sort(Sort),
    /// Signed a second time under another name.
    Repeats,
}

/// What is signed, when and for how much.
struct Deal {
    signed: Date,
    counts: Date,
    chain: &'static str,
    amount: Money,
    beside: Option<Beside>,
}

/// The projects of the sample zone, the same for the same seed.
#[must_use]
pub fn make(sample: &Sample, team: &Team, seed: u64) -> Vec<History> {
    let mut rng = Rng(SplitMix(seed ^ 0x5eed));
    let mut used = vec![false; sample.candidates.len()];
    let mut out: Vec<History> = Vec::new();
    let mut deals = deals_2025();
    deals.extend(other_years(&mut rng));
    deals.sort_by_key(|d| d.signed);
    let mut serial = [0u32; 3];
    for deal in &deals {
        let year = usize::try_from(deal.signed.year() - 2024).unwrap_or(0).min(2);
        serial[year] += 1;
        let code = format!("{}-{:04}", deal.signed.year(), serial[year]);
        let repeated =
            matches!(deal.beside, Some(Beside::Repeats)).then(|| first_of(&out, deal.chain)).flatten();
        out.push(history(sample, team, deal, code, repeated, &mut used, &mut rng));
    }
    for (i, chain) in OPEN.into_iter().enumerate() {
        out.push(open(sample, team, chain, i, &mut used, &mut rng));
    }
    out
}

/// Chains of the projects that are not signed yet.
const OPEN: [&str; 14] = [
    "ships",
    "ships",
    "ships",
    "ships",
    "equipment",
    "equipment",
    "equipment",
    "semiconductors",
    "semiconductors",
    "next-it",
    "next-it",
    "ai",
    "storage",
    "hydrogen",
];

fn deals_2025() -> Vec<Deal> {
    let last = SIGNED_2025.len() - 1;
    let mut deals: Vec<Deal> = Vec::new();
    for (i, &(month, day, chain, amount)) in SIGNED_2025.iter().enumerate() {
        let counts = date(2025, month, day);
        // The last was signed in the first days of January and agreed to count in December: two dates, both kept.
        let (signed, counts) =
            if i == last { (date(2026, 1, 5), date(2025, 12, 31)) } else { (counts, counts) };
        deals.push(Deal { signed, counts, chain, amount: money(amount), beside: None });
    }
    for &(month, day, chain, amount, beside) in &BESIDE_2025 {
        let day = date(2025, month, day);
        deals.push(Deal { signed: day, counts: day, chain, amount: money(amount), beside: Some(beside) });
    }
    deals
}

fn money(wan: i64) -> Money {
    let currency = if wan < 0 { Currency::Usd } else { Currency::Cny };
    Money { amount: wan.abs() * 10_000, currency }
}

fn other_years(rng: &mut Rng) -> Vec<Deal> {
    const CHAINS: [&str; 7] = ["ships", "ships", "equipment", "semiconductors", "next-it", "storage", "ai"];
    let mut deals = Vec::new();
    for (year, count, months) in [(2024, 31, 12), (2026, 35, 11)] {
        for _ in 0..count {
            let month = i8::try_from(rng.below(months) + 1).unwrap_or(1);
            let day = i8::try_from(rng.below(18) + 2).unwrap_or(1);
            let wan = [10_000, 12_000, 15_000, 18_000, 22_000, 30_000, 36_000, 50_000, 80_000, 8_000]
                [rng.below(10)];
            let signed = date(year, month, day);
            let chain = CHAINS[rng.below(CHAINS.len())];
            deals.push(Deal { signed, counts: signed, chain, amount: money(wan), beside: None });
        }
    }
    deals
}

/// Code of the first project on a chain, for the one that repeats it.
fn first_of(out: &[History], chain: &str) -> Option<String> {
    let on = |h: &&History| {
        h.steps.iter().flat_map(|(_, facts)| facts).any(|f| {
            f.kind == Kind::Chain && f.value.text().is_some_and(|t| t.split('/').next() == Some(chain))
        }) && h.code.starts_with("2025")
    };
    out.iter().find(on).map(|h| h.code.clone())
}

fn history(
    sample: &Sample,
    team: &Team,
    deal: &Deal,
    code: String,
    repeats: Option<String>,
    used: &mut [bool],
    rng: &mut Rng,
) -> History {
    let largest = deal.amount.amount >= 3_000_000_000;
    let mut steps = Steps(Vec::new());
    let first = deal.signed - 120.days();
    let who = investor(sample, deal.chain, largest, used, rng);
    let facts = who.facts(first, deal, rng);
    let contract = Contract::of(&code, &facts, deal);
    steps.say(first, facts);
    steps.say(first, carried(team, deal.chain, first, deal.signed, rng));
    steps.stage(first, first, Stage::Lead);
    steps.stage(first + 14.days(), first + 14.days(), Stage::Negotiating);
    steps.stage(first + 70.days(), first + 70.days(), Stage::Review);
    steps.stage(first + 90.days(), first + 90.days(), Stage::Decision);
    let mut signing =
        vec![NewFact::on(deal.signed, Kind::Stage, text(Stage::Signed.as_str())).counting(deal.counts)];
    signing.push(NewFact::on(deal.signed, Kind::PlannedTotal, Value::Money(deal.amount)));
    signing.push(NewFact::on(deal.signed, Kind::FixedInvestment, Value::Money(share(deal.amount, 72))));
    if deal.amount.currency != Currency::Cny {
        signing.push(NewFact::on(deal.signed, Kind::AgreedForeign, Value::Money(share(deal.amount, 40))));
    }
    signing.push(NewFact::on(deal.signed, Kind::Promise, text("开工")));
    signing.last_mut().into_iter().for_each(|f| {
        f.effective = deal.signed + 210.days();
        f.counts = f.effective;
    });
    let proof = NewFact::on(deal.signed, Kind::Evidence, text("contract")).counting(deal.counts);
    signing.push(proof);
    let proved = |f: &&mut NewFact| matches!(f.kind, Kind::Stage | Kind::Evidence);
    signing.iter_mut().filter(proved).for_each(|f| f.files.push(contract.file.sha256.clone()));
    steps.say(deal.signed, signing);
    if let Some(code) = repeats {
        steps.say(
            deal.signed + 30.days(),
            vec![NewFact::on(deal.signed + 30.days(), Kind::DuplicateOf, text(&code))],
        );
    }
    let idle = matches!(deal.beside, Some(Beside::Repeats)) || rng.below(14) == 0;
    if !idle {
        go_on(&mut steps, deal, rng);
    }
    History { code, steps: steps.0, contract: Some(contract) }
}

/// What follows a signing, as far as the sample's last day.
fn go_on(steps: &mut Steps, deal: &Deal, rng: &mut Rng) {
    const AFTER: [(Stage, usize, usize); 8] = [
        (Stage::Registered, 15, 25),
        (Stage::Filed, 20, 30),
        (Stage::Supplied, 40, 60),
        (Stage::Started, 30, 70),
        (Stage::Completed, 220, 140),
        (Stage::InProduction, 40, 60),
        (Stage::AtCapacity, 240, 120),
        (Stage::AtCapacity, 9_999, 1),
    ];
    let mut day = deal.signed;
    for (stage, least, spread) in AFTER {
        day += i64::try_from(least + rng.below(spread)).unwrap_or(0).days();
        if day > LAST {
            return;
        }
        steps.stage(day, day, stage);
        let arrives = match stage {
            Stage::Registered => 8,
            Stage::Supplied => 12,
            Stage::Started => 20,
            Stage::Completed => 35,
            _ => 0,
        };
        if stage == Stage::Registered {
            let (registered, paid) = (share(deal.amount, 30), share(deal.amount, 8));
            steps.say(
                day,
                vec![
                    NewFact::on(day, Kind::RegisteredCapital, Value::Money(registered)),
                    NewFact::on(day, Kind::PaidIn, Value::Money(paid)),
                ],
            );
        }
        if arrives > 0 {
            let mut facts = vec![NewFact::on(day, Kind::Arrived, Value::Money(share(deal.amount, arrives)))];
            if deal.amount.currency != Currency::Cny {
                facts.push(NewFact::on(
                    day,
                    Kind::ForeignUsed,
                    Value::Money(share(deal.amount, arrives / 2)),
                ));
            }
            if stage >= Stage::Started {
                facts.push(NewFact::on(day, Kind::Invested, Value::Money(share(deal.amount, arrives))));
            }
            steps.say(day, facts);
        }
    }
}

/// A project that is still being talked about.
fn open(
    sample: &Sample,
    team: &Team,
    chain: &'static str,
    i: usize,
    used: &mut [bool],
    rng: &mut Rng,
) -> History {
    let first = LAST - i64::try_from(20 + 11 * i + rng.below(9)).unwrap_or(0).days();
    let wan = [9_000, 12_000, 20_000, 45_000, 110_000][rng.below(5)];
    let deal = Deal { signed: first, counts: first, chain, amount: money(wan), beside: None };
    let who = investor(sample, chain, false, used, rng);
    let mut steps = Steps(Vec::new());
    steps.say(first, who.facts(first, &deal, rng));
    steps.say(first, carried(team, chain, first, LAST, rng));
    steps.stage(first, first, Stage::Lead);
    let talks = first + 9.days();
    if !i.is_multiple_of(4) {
        steps.stage(talks, talks, Stage::Negotiating);
        steps.say(talks, vec![NewFact::on(talks, Kind::PlannedTotal, Value::Money(deal.amount))]);
    }
    if i % 5 == 4 {
        let lost = NewFact {
            reason: Some("选择了用电价格更低的地区（合成）".into()),
            ..NewFact::on(LAST, Kind::Stage, text("lost"))
        };
        steps.say(LAST, vec![lost]);
    }
    History { code: format!("2026-T{:03}", i + 1), steps: steps.0, contract: None }
}

/// Who invests in what.
struct Investor {
    company: String,
    key: String,
    chain: String,
    segment: String,
    industry: Option<String>,
}

/// The largest is the southern base of the brief; every other company is synthetic and not used twice.
fn investor(sample: &Sample, chain: &str, largest: bool, used: &mut [bool], rng: &mut Rng) -> Investor {
    if largest {
        return Investor {
            company: "哈电".into(),
            key: "=哈电".into(),
            chain: "equipment/generator".into(),
            segment: "高端装备南方基地".into(),
            industry: Some("C3811".into()),
        };
    }
    let on: Vec<usize> =
        (0..used.len()).filter(|&i| !used[i] && sample.candidates[i].chain == chain).take(400).collect();
    let at = on.get(rng.below(on.len())).copied().unwrap_or_else(|| rng.below(used.len()));
    used[at] = true;
    let candidate = &sample.candidates[at];
    let company = &sample.companies[candidate.company];
    Investor {
        company: company.name.clone(),
        key: crate::world::World::key(company),
        chain: format!("{}/{}", candidate.chain, candidate.segment),
        segment: candidate.name.clone(),
        industry: company.industry.as_ref().map(|code| code.0.clone()),
    }
}

impl Investor {
    fn facts(&self, day: Date, deal: &Deal, rng: &mut Rng) -> Vec<NewFact> {
        const KINDS: [&str; 5] = ["生产基地", "研发制造", "产业化", "智能工厂", "总部及制造"];
        let kind = if self.segment.ends_with("基地") { "" } else { KINDS[rng.below(KINDS.len())] };
        let mark = if self.company.contains(MARK) { MARK } else { "（示例）" };
        let sort = match deal.beside {
            Some(Beside::Sort(sort)) => sort,
            _ => Sort::New,
        };
        let origin = if deal.amount.currency == Currency::Cny { "domestic" } else { "foreign" };
        let mut facts = vec![
            NewFact::on(day, Kind::Name, text(&format!("{}{kind}项目{mark}", self.segment))),
            NewFact::on(day, Kind::Company, text(&self.company)),
            NewFact::on(day, Kind::CompanyKey, text(&self.key)),
            NewFact::on(day, Kind::Chain, text(&self.chain)),
            NewFact::on(day, Kind::Sort, text(sort.as_str())),
            NewFact::on(day, Kind::Origin, text(origin)),
        ];
        if let Some(code) = &self.industry {
            facts.push(NewFact::on(day, Kind::Industry, text(code)));
        }
        // 亩 of land for about 400万元 each
        let area = deal.amount.amount / 4_000_000 * 2_000 / 3;
        facts.push(NewFact::on(day, Kind::LandArea, Value::Number(area)));
        facts.push(NewFact::on(day, Kind::Output, Value::Money(share(deal.amount, 130))));
        facts.push(NewFact::on(day, Kind::Tax, Value::Money(share(deal.amount, 4))));
        facts.push(NewFact::on(day, Kind::Jobs, Value::Number(20 + deal.amount.amount / 2_500_000)));
        facts
    }
}

/// Unit, officer and where it came from.
fn carried(team: &Team, chain: &str, day: Date, signed: Date, rng: &mut Rng) -> Vec<NewFact> {
    let desk = match chain {
        "ships" => 0,
        "equipment" | "semiconductors" | "storage" | "hydrogen" => 1,
        _ => 2,
    };
    let mut facts = Vec::new();
    if let Some(&(unit, officer)) = team.desks.get(desk) {
        facts.push(NewFact::on(day, Kind::Unit, Value::Number(unit)));
        facts.push(NewFact::on(day, Kind::Officer, Value::Number(officer)));
    }
    let event = EVENTS.iter().position(|(.., at)| *at <= signed && signed < *at + 75.days());
    match event.and_then(|i| team.events.get(i)) {
        Some(&number) => {
            facts.push(NewFact::on(day, Kind::Event, Value::Number(number)));
            facts.push(NewFact::on(day, Kind::Source, text("event")));
        }
        None => {
            let source = ["target", "visit", "referral", "inbound"][rng.below(4)];
            facts.push(NewFact::on(day, Kind::Source, text(source)));
        }
    }
    facts
}

/// Steps by the time they were recorded: on the Monday after, as offices do.
struct Steps(Vec<(Timestamp, Vec<NewFact>)>);

impl Steps {
    fn say(&mut self, day: Date, facts: Vec<NewFact>) {
        let at = recorded(day);
        match self.0.iter_mut().find(|(time, _)| *time == at) {
            Some((_, there)) => there.extend(facts),
            None => self.0.push((at, facts)),
        }
    }

    fn stage(&mut self, day: Date, counts: Date, stage: Stage) {
        self.say(day, vec![NewFact::on(day, Kind::Stage, text(stage.as_str())).counting(counts)]);
    }
}

/// Nine o'clock (UTC+8) on the Monday after `day`, and by the sample's last day.
fn recorded(day: Date) -> Timestamp {
    let mut monday = day;
    for _ in 0..7 {
        monday = monday.tomorrow().unwrap_or(monday);
        if monday.weekday() == Weekday::Monday {
            break;
        }
    }
    Offset::constant(8).to_timestamp(monday.min(LAST).at(9, 0, 0, 0)).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn share(money: Money, percent: i64) -> Money {
    Money { amount: money.amount / 100 * percent, ..money }
}

fn text(text: &str) -> Value {
    Value::Text(text.to_string())
}

/// The histories as batches in the order of recording: time, and for each project its number in the list and its facts.
#[must_use]
pub fn batches(histories: &[History]) -> Vec<(Timestamp, Vec<(usize, Vec<NewFact>)>)> {
    let mut all: Vec<(Timestamp, usize, &Vec<NewFact>)> = Vec::new();
    for (i, history) in histories.iter().enumerate() {
        all.extend(history.steps.iter().map(|(at, facts)| (*at, i, facts)));
    }
    all.sort_by_key(|&(at, i, _)| (at, i));
    let mut out: Vec<(Timestamp, Vec<(usize, Vec<NewFact>)>)> = Vec::new();
    for (at, i, facts) in all {
        match out.last_mut().filter(|(time, _)| *time == at) {
            Some((_, batch)) => batch.push((i, facts.clone())),
            None => out.push((at, vec![(i, facts.clone())])),
        }
    }
    out
}

/// Records everything, in the order it would have been recorded.
///
/// # Errors
/// The store or the folder cannot be written.
pub async fn seed(
    store: &store::Store,
    config: &Config,
    histories: &[History],
) -> anyhow::Result<Vec<ProjectId>> {
    let contracts = histories.iter().filter_map(|h| h.contract.as_ref());
    keep(config, contracts.clone())?;
    if let Some(first) = histories.iter().flat_map(|h| &h.steps).map(|(at, _)| *at).min() {
        let files: Vec<NewFile> = contracts.map(|c| c.file.clone()).collect();
        store.add_files(&store::Actor::System, first, "sample", &files).await?;
    }
    let mut numbers: Vec<Option<ProjectId>> = vec![None; histories.len()];
    for (at, batch) in batches(histories) {
        let today = crate::clock::local(at).date();
        let projects: Vec<store::fact::ImportedProject> = batch
            .iter()
            .map(|(i, facts)| store::fact::ImportedProject {
                project: numbers[*i],
                code: numbers[*i].is_none().then(|| histories[*i].code.clone()),
                facts: facts.clone(),
            })
            .collect();
        let ids = store.import_projects(&store::Actor::System, at, today, "sample", &projects).await?;
        for ((i, _), id) in batch.iter().zip(ids) {
            numbers[*i] = Some(id);
        }
    }
    Ok(numbers.into_iter().flatten().collect())
}

/// Writes the contracts where evidence lies. A sample can be made again, so nobody waits for the disk.
fn keep<'a>(config: &Config, contracts: impl Iterator<Item = &'a Contract>) -> anyhow::Result<()> {
    for contract in contracts {
        let path = place(config, &contract.file.sha256).context("a hash that is none")?;
        std::fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
        std::fs::write(&path, &contract.bytes).with_context(|| format!("writing {}", path.display()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_44_add_up_to_the_brief() {
        let yuan = |wan: i64| if wan < 0 { -wan * 10_000 * MICRO_YUAN / 1_000_000 } else { wan * 10_000 };
        assert_eq!(SIGNED_2025.iter().map(|row| yuan(row.3)).sum::<i64>(), 18_304_000_000);
        assert_eq!(SIGNED_2025.iter().filter(|row| yuan(row.3) >= 3_000_000_000).count(), 1);
        assert!(SIGNED_2025.iter().all(|row| yuan(row.3) >= 100_000_000));
    }
}
