//! How often a name finds its company: per class of names, with what is refused, wrongly accepted, and the time.
//!
//! Pool: CSV (or .csv.gz) of registered names with their codes; queries: CSV of `alias, canonical_full_name,
//! [uscc|code], kind`. The queries' companies are added to the pool. Names that the pool has under the same code as
//! an answer but that are not its present name are aliases known by code: they are left out of the main index, so
//! that the classes measure resolution by name alone, and counted apart in `<kind> (known by uscc)`.
#![expect(clippy::disallowed_methods, reason = "a measure of speed; nothing that it resolves depends on it")]

use crate::names::{AliasKind, NameEntry, NameIndex, Tier, build};
use anyhow::{Context, Result, ensure};
use domain::company::RegionCode;
use domain::name::{fold, region_of};
use serde::Serialize;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What [`run`] found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct NamesReport {
    /// Names in the index, answers included.
    pub pool_names: usize,
    /// Seconds to write the index.
    pub build_seconds: f64,
    /// Milliseconds to open it.
    pub open_ms: f64,
    /// By kind of query; `… (known by uscc)` are those whose company has its other names in the pool, asked with
    /// these known; `absent: …` are the same queries with their company taken out of the pool.
    pub classes: BTreeMap<String, ClassReport>,
    /// Suggestions while typing: every beginning of 2 to 8 characters of 500 names of the pool, evenly spread.
    pub typing: TypingReport,
    /// Queries answered per second on one core.
    pub names_per_second: f64,
}

/// One class of queries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassReport {
    /// Queries.
    pub n: usize,
    /// Share whose first candidate is the right company.
    #[serde(rename = "hit@1")]
    pub hit1: f64,
    /// Share with the right company among the first ten.
    #[serde(rename = "hit@10")]
    pub hit10: f64,
    /// Share answered "none".
    pub refused: f64,
    /// Share taken without asking (exact or confident).
    pub accepted: f64,
    /// Share taken without asking, and wrong.
    pub wrong_accepted: f64,
    /// Mean time of a query in microseconds.
    pub mean_us: f64,
    /// The time that 99 of 100 queries stay below, in microseconds.
    pub p99_us: f64,
}

/// How fast suggestions come while a name is typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TypingReport {
    /// Beginnings asked for.
    pub n: usize,
    /// Share with the name's company among the ten.
    #[serde(rename = "hit@10")]
    pub hit10: f64,
    /// Mean time in microseconds.
    pub mean_us: f64,
    /// The time that 99 of 100 stay below, in microseconds.
    pub p99_us: f64,
}

/// Resolves every query of `queries` against the names of `pool`.
///
/// # Errors
/// A file cannot be read, a heading is missing (the message names it), or the index cannot be written to the
/// directory for temporary files.
pub fn run(pool: &Path, queries: &Path) -> Result<NamesReport> {
    let asked = read_queries(queries)?;
    let companies = Companies::read(pool, &asked)?;
    let dir = Scratch::new()?;
    let bare = dir.0.join("bare.names");
    let began = Instant::now();
    let pool_names = build(&bare, &mut companies.entries(|c| !c.alias_of_answer).into_iter())?;
    let build_seconds = began.elapsed().as_secs_f64();
    let began = Instant::now();
    let index = NameIndex::open(&bare)?;
    let open_ms = began.elapsed().as_secs_f64() * 1e3;
    let typing = measure_typing(&index, &companies);
    let mut report = NamesReport {
        pool_names,
        build_seconds,
        open_ms,
        classes: BTreeMap::new(),
        typing,
        names_per_second: 0.0,
    };
    let mut spent = Duration::ZERO;
    for (kind, rows) in by_kind(&asked) {
        let class = measure(&index, &rows, &companies, &mut spent);
        report.classes.insert(kind, class);
    }
    report.names_per_second = asked.len() as f64 / spent.as_secs_f64().max(1e-9);
    let known = dir.0.join("known.names");
    build(&known, &mut companies.entries(|_| true).into_iter())?;
    let index = NameIndex::open(&known)?;
    let rows: Vec<&Asked> =
        asked.iter().filter(|q| companies.has_aliases.contains(&companies.answer(q))).collect();
    for (kind, rows) in by_kind(rows.iter().copied()) {
        report
            .classes
            .insert(format!("{kind} (known by uscc)"), measure(&index, &rows, &companies, &mut spent));
    }
    let absent = dir.0.join("absent.names");
    build(&absent, &mut companies.entries(|c| !c.is_answer && !c.alias_of_answer).into_iter())?;
    let index = NameIndex::open(&absent)?;
    for (kind, rows) in by_kind(&asked) {
        report.classes.insert(format!("absent: {kind}"), measure(&index, &rows, &companies, &mut spent));
        let whole: Vec<Asked> =
            rows.iter().map(|q| Asked { alias: q.full.clone(), ..(*q).clone() }).collect();
        let whole: Vec<&Asked> = whole.iter().collect();
        report
            .classes
            .insert(format!("absent: full names of {kind}"), measure(&index, &whole, &companies, &mut spent));
    }
    Ok(report)
}

/// For fitting weights: of every query, per compared name, `query kind-is-short right features…` as tab-separated
/// lines; the queries' companies are in the pool and their other names are not.
///
/// # Errors
/// As [`run`].
pub fn training_rows(pool: &Path, queries: &Path) -> Result<Vec<String>> {
    let asked = read_queries(queries)?;
    let companies = Companies::read(pool, &asked)?;
    let dir = Scratch::new()?;
    let path = dir.0.join("bare.names");
    build(&path, &mut companies.entries(|c| !c.alias_of_answer).into_iter())?;
    let index = NameIndex::open(&path)?;
    let mut out = Vec::new();
    for (i, q) in asked.iter().enumerate() {
        let answer = companies.answer(q);
        for (company, features) in index.measured(&q.alias) {
            let values: Vec<String> = features.iter().map(|v| format!("{v:.4}")).collect();
            let (short, right) = (u8::from(NameIndex::is_short(&q.alias)), u8::from(company == answer));
            out.push(format!("{i}\t{short}\t{right}\t{}", values.join("\t")));
        }
    }
    Ok(out)
}

#[derive(Clone, Debug)]
struct Asked {
    alias: String,
    full: String,
    uscc: Option<String>,
    kind: String,
}

fn by_kind<'a>(asked: impl IntoIterator<Item = &'a Asked>) -> BTreeMap<String, Vec<&'a Asked>> {
    let mut out: BTreeMap<String, Vec<&Asked>> = BTreeMap::new();
    for q in asked {
        out.entry(q.kind.clone()).or_default().push(q);
    }
    out
}

fn measure(index: &NameIndex, asked: &[&Asked], companies: &Companies, spent: &mut Duration) -> ClassReport {
    let (mut hit1, mut hit10, mut refused, mut accepted, mut wrong) = (0, 0, 0, 0, 0);
    let mut times = Vec::with_capacity(asked.len());
    for q in asked {
        let began = Instant::now();
        let found = index.resolve(&q.alias, None, 10);
        times.push(began.elapsed());
        let answer = companies.answer(q);
        let right = found.candidates.first().is_some_and(|c| c.company == answer);
        let auto = matches!(found.tier, Tier::Exact | Tier::Confident);
        hit1 += usize::from(right);
        hit10 += usize::from(found.candidates.iter().any(|c| c.company == answer));
        refused += usize::from(found.tier == Tier::None);
        accepted += usize::from(auto);
        wrong += usize::from(auto && !right);
    }
    times.sort_unstable();
    let total: Duration = times.iter().sum();
    *spent += total;
    let n = asked.len().max(1) as f64;
    let share = |count: usize| count as f64 / n;
    ClassReport {
        n: asked.len(),
        hit1: share(hit1),
        hit10: share(hit10),
        refused: share(refused),
        accepted: share(accepted),
        wrong_accepted: share(wrong),
        mean_us: total.as_secs_f64() * 1e6 / n,
        p99_us: p99_us(&times),
    }
}

fn p99_us(sorted: &[Duration]) -> f64 {
    let at = (sorted.len() * 99 / 100).min(sorted.len().saturating_sub(1));
    sorted.get(at).map_or(0.0, |t| t.as_secs_f64() * 1e6)
}

fn measure_typing(index: &NameIndex, companies: &Companies) -> TypingReport {
    const NAMES: usize = 500;
    let names: Vec<&Named> = companies.names.iter().filter(|n| !n.alias_of_answer).collect();
    let (mut times, mut hit10) = (Vec::new(), 0usize);
    for i in 0..NAMES.min(names.len()) {
        let named = names[i * names.len() / NAMES.min(names.len())];
        let chars: Vec<char> = named.name.chars().collect();
        for length in 2..=chars.len().min(8) {
            let typed: String = chars[..length].iter().collect();
            let began = Instant::now();
            let found = index.suggest(&typed, 10);
            times.push(began.elapsed());
            hit10 += usize::from(found.iter().any(|c| c.company == named.company));
        }
    }
    times.sort_unstable();
    let n = times.len().max(1) as f64;
    let total: Duration = times.iter().sum();
    TypingReport {
        n: times.len(),
        hit10: hit10 as f64 / n,
        mean_us: total.as_secs_f64() * 1e6 / n,
        p99_us: p99_us(&times),
    }
}

/// A name of the pool or of an answer.
struct Named {
    name: String,
    company: u32,
    region: Option<RegionCode>,
    /// It names a company that a query asks for.
    is_answer: bool,
    /// It is another name, under the same code, of a company that a query asks for.
    alias_of_answer: bool,
}

struct Companies {
    names: Vec<Named>,
    by_uscc: HashMap<String, u32>,
    by_name: HashMap<String, u32>,
    has_aliases: HashSet<u32>,
}

impl Companies {
    fn read(pool: &Path, asked: &[Asked]) -> Result<Companies> {
        let mut out = Companies {
            names: Vec::new(),
            by_uscc: HashMap::new(),
            by_name: HashMap::new(),
            has_aliases: HashSet::new(),
        };
        // the answers first: a company is one by its code, else by its folded name
        for q in asked {
            let known = out.by_name.get(&folded(&q.full)).copied();
            if known.is_none() {
                out.add(&q.full, q.uscc.as_deref(), region_of(&q.full), true);
            } else if let (Some(company), Some(uscc)) = (known, &q.uscc) {
                out.by_uscc.entry(uscc.clone()).or_insert(company);
            }
        }
        let answers = out.names.len();
        for row in read_pool(pool)? {
            let key = folded(&row.name);
            if out.by_name.get(&key).is_some_and(|c| (*c as usize) < answers) {
                continue;
            }
            let same = row.uscc.as_ref().and_then(|u| out.by_uscc.get(u)).copied();
            match same.filter(|c| (*c as usize) < answers) {
                Some(company) => {
                    out.has_aliases.insert(company);
                    out.names.push(Named {
                        name: row.name,
                        company,
                        region: row.region,
                        is_answer: false,
                        alias_of_answer: true,
                    });
                }
                None => out.add(&row.name, row.uscc.as_deref(), row.region, false),
            }
        }
        Ok(out)
    }

    fn add(&mut self, name: &str, uscc: Option<&str>, region: Option<RegionCode>, is_answer: bool) {
        let company = self.names.len() as u32;
        if let Some(uscc) = uscc {
            self.by_uscc.entry(uscc.to_owned()).or_insert(company);
        }
        self.by_name.entry(folded(name)).or_insert(company);
        self.names.push(Named { name: name.to_owned(), company, region, is_answer, alias_of_answer: false });
    }

    fn answer(&self, q: &Asked) -> u32 {
        self.by_name.get(&folded(&q.full)).copied().unwrap_or(u32::MAX)
    }

    fn entries(&self, keep: impl Fn(&Named) -> bool) -> Vec<NameEntry> {
        let kind = |n: &Named| if n.alias_of_answer { AliasKind::Former } else { AliasKind::Legal };
        self.names
            .iter()
            .filter(|n| keep(n))
            .map(|n| NameEntry { name: n.name.clone(), company: n.company, kind: kind(n), region: n.region })
            .collect()
    }
}

fn folded(name: &str) -> String {
    fold(name).into_iter().collect()
}

struct PoolRow {
    name: String,
    uscc: Option<String>,
    region: Option<RegionCode>,
}

fn read_pool(path: &Path) -> Result<Vec<PoolRow>> {
    let (heads, rows) = read_csv(path)?;
    let column = |names: &[&str]| heads.iter().position(|h| names.contains(&h.as_str()));
    let name = column(&["企业名称", "公司名称", "name"])
        .with_context(|| format!("{} has no column 企业名称", path.display()))?;
    let uscc = column(&["统一社会信用代码", "uscc"]);
    let (province, city) = (column(&["所在省份", "所属省份"]), column(&["地区", "所属城市"]));
    let get = |row: &csv::StringRecord, at: Option<usize>| {
        at.and_then(|i| row.get(i)).map(str::trim).filter(|v| !v.is_empty() && *v != "N/A").map(str::to_owned)
    };
    Ok(rows
        .iter()
        .filter_map(|row| {
            let place = [get(row, province), get(row, city)].map(Option::unwrap_or_default).concat();
            Some(PoolRow { name: get(row, Some(name))?, uscc: get(row, uscc), region: place_code(&place) })
        })
        .collect())
}

/// The most specific division that `place`, a province and a city run together, begins with.
fn place_code(place: &str) -> Option<RegionCode> {
    domain::name::NameKey::parse(&format!("{place}某某")).region.or_else(|| region_of(place))
}

fn read_queries(path: &Path) -> Result<Vec<Asked>> {
    let (heads, rows) = read_csv(path)?;
    let column = |name: &str| heads.iter().position(|h| h == name);
    let need = |name: &str| column(name).with_context(|| format!("{} has no column {name}", path.display()));
    let (alias, full) = (need("alias")?, need("canonical_full_name")?);
    let (uscc, kind) = (column("uscc"), column("kind"));
    let get = |row: &csv::StringRecord, at: usize| row.get(at).unwrap_or_default().trim().to_owned();
    let asked: Vec<Asked> = rows
        .iter()
        .map(|row| Asked {
            alias: get(row, alias),
            full: get(row, full),
            uscc: uscc.map(|i| get(row, i)).filter(|v| v.len() == 18),
            kind: kind.map_or_else(|| "all".to_owned(), |i| get(row, i)),
        })
        .filter(|q| !q.alias.is_empty() && !q.full.is_empty())
        .collect();
    ensure!(!asked.is_empty(), "{} has no query", path.display());
    Ok(asked)
}

fn read_csv(path: &Path) -> Result<(Vec<String>, Vec<csv::StringRecord>)> {
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let bytes: Box<dyn Read> = match path.extension().is_some_and(|e| e == "gz") {
        true => Box::new(flate2::read::MultiGzDecoder::new(file)),
        false => Box::new(file),
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let heads =
        reader.headers().with_context(|| format!("cannot read the headings of {}", path.display()))?;
    let heads = heads.iter().map(|h| h.trim().trim_start_matches('\u{feff}').to_owned()).collect();
    let rows = reader
        .records()
        .collect::<Result<_, _>>()
        .with_context(|| format!("cannot read {}", path.display()))?;
    Ok((heads, rows))
}

/// A directory for the measured indexes, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> Result<Scratch> {
        let nanos =
            std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_nanos());
        let dir = std::env::temp_dir().join(format!("landfall-names-{}-{nanos}", std::process::id()));
        fs::create_dir_all(&dir).with_context(|| format!("cannot create {}", dir.display()))?;
        Ok(Scratch(dir))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // a directory that stays behind does no harm
        let _ = fs::remove_dir_all(&self.0);
    }
}
