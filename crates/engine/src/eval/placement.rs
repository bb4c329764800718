//! How well placement is learnt: top-1, top-3 and top-10 over labelled companies.
//!
//! With a hold-out file the model is trained on everything else and asked about every row of that file. Without one the
//! training file itself is cross-validated. Either way a company that is asked about is dropped from training by its
//! code, with its products: the question is always about a company never seen.

use crate::learn::{Labelled, Model, Product, Settings};
use anyhow::{Context, Result, bail, ensure};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What the measure found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PlacementReport {
    /// Questions asked: rows of the test, each once per repetition.
    pub n: usize,
    /// Share of them whose own segment came first.
    pub top1: f64,
    /// … among the first three.
    pub top3: f64,
    /// … among the first ten.
    pub top10: f64,
    /// How the rows were divided.
    pub protocol: Protocol,
    /// The same three figures over the folds (one fold for a hold-out).
    pub spread: Spread,
    /// The same questions answered without a model or with the textbook one.
    pub baselines: Baselines,
    /// Questions whose segment no training company had; nobody can answer those, and they count as wrong.
    pub unseen_segment: usize,
    /// Questions the model had no answer for; they count as wrong.
    pub refused: usize,
    /// Rows of the training file.
    pub train_rows: usize,
    /// Companies of the product file.
    pub product_companies: usize,
    /// Rows of the training file and companies of the product file left out because the test asks about them
    /// (summed over folds).
    pub dropped_from_training: usize,
    /// Rows of both files passed over because they name no segment.
    pub unlabelled_rows: usize,
    /// Segments of the training file and the product file together.
    pub segments: usize,
}

/// How questions and training were kept apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Protocol {
    /// A test file of its own.
    HoldOut,
    /// Every company asked about once per repetition, in one of the folds; all rows of a company in the same fold.
    CrossValidation {
        /// Folds.
        folds: usize,
        /// How often the division was made anew.
        repetitions: usize,
    },
}

/// Mean and standard deviation over folds, for top-1, top-3 and top-10.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Spread {
    /// Mean of the folds.
    pub mean: [f64; 3],
    /// Standard deviation of the folds (0 for a single one).
    pub deviation: [f64; 3],
}

/// Figures to compare with, each top-1, top-3 and top-10.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Baselines {
    /// The most frequent segments of the training, whatever the company.
    pub majority: [f64; 3],
    /// TF-IDF of character 2–4-grams and the same linear model ([`Settings::textbook`]).
    pub textbook: [f64; 3],
}

/// Measures placement.
///
/// `train` and `test` hold `code,name,business_scope,segment`, `products` holds
/// `code,company,product,revenue_share,segment`; further columns are ignored. Without `test`, or when it is the training file,
/// the training file is cross-validated with `folds` folds.
///
/// # Errors
/// A file cannot be read, lacks a column, or has a share that is no number (file, line and column are named), fewer than
/// 2 folds, or nothing is left to train on.
pub fn run(
    train: &Path,
    products: Option<&Path>,
    test: Option<&Path>,
    folds: usize,
) -> Result<PlacementReport> {
    run_repeated(train, products, test, folds, 1)
}

/// [`run`] with the cross-validation repeated on `repetitions` different divisions.
///
/// # Errors
/// As [`run`].
pub fn run_repeated(
    train: &Path,
    products: Option<&Path>,
    test: Option<&Path>,
    folds: usize,
    repetitions: usize,
) -> Result<PlacementReport> {
    let scopes = read_scopes(train)?;
    let products = products.map(read_products).transpose()?.unwrap_or_default();
    let known = Known {
        scopes: scopes.companies,
        products: products.companies,
        unlabelled: scopes.unlabelled + products.unlabelled,
    };
    let held_out = match test {
        Some(test) if !same_file(train, test)? => Some(read_scopes(test)?.companies),
        _ => None,
    };
    match held_out {
        Some(rows) => measure(&known, &[rows], Protocol::HoldOut),
        None => {
            let folded = divide(&known.scopes, folds, repetitions)?;
            measure(&known, &folded, Protocol::CrossValidation { folds, repetitions })
        }
    }
}

/// Reads `code,name,business_scope,segment`; rows without a segment are counted and passed over.
///
/// # Errors
/// The file cannot be read or lacks a column.
pub fn read_scopes(path: &Path) -> Result<Read> {
    let table = Table::read(path, &["code", "name", "business_scope", "segment"])?;
    let mut read = Read::default();
    for (_, [code, name, scope, segment]) in table.rows {
        if segment.trim().is_empty() {
            read.unlabelled += 1;
            continue;
        }
        let company = Labelled { name, scope, products: Vec::new(), segment };
        read.companies.push(Coded { code: key(&code, &company.name), company });
    }
    Ok(read)
}

/// Reads `code,company,product,revenue_share,segment`, one row per product, into one entry per company and segment;
/// rows without a segment are counted and passed over.
///
/// # Errors
/// The file cannot be read, lacks a column, or has a share that is no number (an empty one is 0).
pub fn read_products(path: &Path) -> Result<Read> {
    let table = Table::read(path, &["code", "company", "product", "revenue_share", "segment"])?;
    let mut read = Read::default();
    let mut place: BTreeMap<(String, String), usize> = BTreeMap::new();
    for (line, [code, name, product, share, segment]) in table.rows {
        if segment.trim().is_empty() {
            read.unlabelled += 1;
            continue;
        }
        let share = match share.trim() {
            "" => 0.0,
            text => text.parse::<f32>().ok().filter(|s| s.is_finite()).with_context(|| {
                format!("{}, line {line}: column revenue_share is no number: {text:?}", path.display())
            })?,
        };
        let code = key(&code, &name);
        let at = *place.entry((code.clone(), segment.clone())).or_insert(read.companies.len());
        if at == read.companies.len() {
            let company = Labelled { name, scope: String::new(), products: Vec::new(), segment };
            read.companies.push(Coded { code, company });
        }
        read.companies[at].company.products.push(Product { name: product, share });
    }
    Ok(read)
}

/// What a file of labelled companies holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Read {
    /// The companies with a segment.
    pub companies: Vec<Coded>,
    /// Rows passed over because they name no segment.
    pub unlabelled: usize,
}

/// A labelled company with what tells it from others.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    /// Its code, or its name when the file has no code for it.
    pub code: String,
    /// The company.
    pub company: Labelled,
}

struct Known {
    scopes: Vec<Coded>,
    products: Vec<Coded>,
    unlabelled: usize,
}

impl Known {
    /// Everything but the companies of `test`, and how many entries that left out.
    fn without(&self, test: &[Coded]) -> (Vec<Labelled>, usize) {
        let asked: BTreeSet<&str> = test.iter().map(|row| row.code.as_str()).collect();
        let all = self.scopes.len() + self.products.len();
        let kept: Vec<Labelled> = self
            .scopes
            .iter()
            .chain(&self.products)
            .filter(|row| !asked.contains(row.code.as_str()))
            .map(|row| row.company.clone())
            .collect();
        let dropped = all - kept.len();
        (kept, dropped)
    }
}

/// Correct answers among the first 1, 3 and 10.
type Hits = [usize; 3];
const DEPTHS: [usize; 3] = [1, 3, 10];

#[derive(Default)]
struct Fold {
    n: usize,
    model: Hits,
    textbook: Hits,
    majority: Hits,
    unseen: usize,
    refused: usize,
    dropped: usize,
}

fn measure(known: &Known, folds: &[Vec<Coded>], protocol: Protocol) -> Result<PlacementReport> {
    let done = folds.iter().map(|test| ask(known, test)).collect::<Result<Vec<Fold>>>()?;
    let n: usize = done.iter().map(|fold| fold.n).sum();
    ensure!(n > 0, "the test has no rows");
    let share = |hits: fn(&Fold) -> &Hits| -> [f64; 3] {
        [0, 1, 2].map(|d| done.iter().map(|fold| hits(fold)[d]).sum::<usize>() as f64 / n as f64)
    };
    let [top1, top3, top10] = share(|fold| &fold.model);
    let all: Vec<Labelled> = known.without(&[]).0;
    Ok(PlacementReport {
        n,
        top1,
        top3,
        top10,
        protocol,
        spread: spread(&done),
        baselines: Baselines {
            majority: share(|fold| &fold.majority),
            textbook: share(|fold| &fold.textbook),
        },
        unseen_segment: done.iter().map(|fold| fold.unseen).sum(),
        refused: done.iter().map(|fold| fold.refused).sum(),
        train_rows: known.scopes.len(),
        product_companies: known.products.iter().map(|row| &row.code).collect::<BTreeSet<_>>().len(),
        dropped_from_training: done.iter().map(|fold| fold.dropped).sum(),
        unlabelled_rows: known.unlabelled,
        segments: frequencies(&all).len(),
    })
}

fn ask(known: &Known, test: &[Coded]) -> Result<Fold> {
    let (training, dropped) = known.without(test);
    let model = Model::train(&training, &Settings::default())?;
    let textbook = Model::train(&training, &Settings::textbook())?;
    let mut frequent: Vec<(usize, usize)> = frequencies(&training)
        .iter()
        .filter_map(|(segment, count)| Some((model.segment_of(segment)?, *count)))
        .collect();
    frequent.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let mut fold = Fold { n: test.len(), dropped, ..Fold::default() };
    for row in test {
        let company = &row.company;
        let Some(right) = model.segment_of(&company.segment) else {
            fold.unseen += 1;
            continue;
        };
        let answers = |model: &Model| -> Vec<usize> {
            let guesses = model.predict(&company.name, &company.scope, &company.products);
            guesses.iter().map(|guess| guess.segment).collect()
        };
        let answered = answers(&model);
        fold.refused += usize::from(answered.is_empty());
        count(&mut fold.model, &answered, right);
        count(&mut fold.textbook, &answers(&textbook), right);
        count(&mut fold.majority, &frequent.iter().map(|(segment, _)| *segment).collect::<Vec<_>>(), right);
    }
    Ok(fold)
}

fn count(hits: &mut Hits, answers: &[usize], right: usize) {
    let rank = answers.iter().position(|answer| *answer == right);
    for (hit, depth) in hits.iter_mut().zip(DEPTHS) {
        *hit += usize::from(rank.is_some_and(|rank| rank < depth));
    }
}

fn frequencies(labelled: &[Labelled]) -> BTreeMap<String, usize> {
    let mut out = BTreeMap::new();
    for company in labelled {
        *out.entry(crate::learn::segment_key(&company.segment)).or_insert(0) += 1;
    }
    out
}

fn spread(folds: &[Fold]) -> Spread {
    let folds: Vec<&Fold> = folds.iter().filter(|fold| fold.n > 0).collect();
    let count = folds.len() as f64;
    let values = |d: usize| folds.iter().map(move |fold| fold.model[d] as f64 / fold.n as f64);
    let mean = [0, 1, 2].map(|d| values(d).sum::<f64>() / count);
    let deviation = [0, 1, 2].map(|d| {
        let squares: f64 = values(d).map(|v| (v - mean[d]).powi(2)).sum();
        if folds.len() < 2 { 0.0 } else { (squares / (count - 1.0)).sqrt() }
    });
    Spread { mean, deviation }
}

/// Deals the companies to folds, each repetition in another order; the order comes from a hash of code and repetition.
fn divide(rows: &[Coded], folds: usize, repetitions: usize) -> Result<Vec<Vec<Coded>>> {
    let codes: BTreeSet<&str> = rows.iter().map(|row| row.code.as_str()).collect();
    ensure!(folds >= 2, "cross-validation needs 2 folds or more, not {folds}");
    ensure!(repetitions >= 1, "cross-validation must be done at least once");
    ensure!(codes.len() >= folds, "{} companies cannot be divided into {folds} folds", codes.len());
    let mut out = Vec::new();
    for repetition in 0..repetitions {
        let mut order: Vec<&str> = codes.iter().copied().collect();
        order.sort_by_key(|code| hash(code, repetition as u64));
        let fold_of: BTreeMap<&str, usize> =
            order.iter().enumerate().map(|(i, code)| (*code, i % folds)).collect();
        for fold in 0..folds {
            let test = rows.iter().filter(|row| fold_of.get(row.code.as_str()) == Some(&fold));
            out.push(test.cloned().collect());
        }
    }
    Ok(out)
}

/// FNV-1a (64 bit) of the repetition and the code, with the finishing mix of MurmurHash3.
fn hash(code: &str, repetition: u64) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    let bytes = repetition.to_le_bytes();
    let fnv = bytes
        .iter()
        .chain(code.as_bytes())
        .fold(start, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

fn key(code: &str, name: &str) -> String {
    let code = code.trim();
    if code.is_empty() { name.trim().to_owned() } else { code.to_owned() }
}

fn same_file(a: &Path, b: &Path) -> Result<bool> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("cannot read {}", path.display()));
    Ok(read(a)? == read(b)?)
}

/// The wanted columns of a CSV file in UTF-8 (with or without a byte order mark), every row with its line.
struct Table<const N: usize> {
    rows: Vec<(u64, [String; N])>,
}

impl<const N: usize> Table<N> {
    fn read(path: &Path, columns: &[&str; N]) -> Result<Table<N>> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::Reader::from_reader(bytes);
        let head = reader.headers().with_context(|| format!("{}: the heading", path.display()))?.clone();
        let mut places = [0; N];
        for (place, column) in places.iter_mut().zip(columns) {
            let Some(found) = head.iter().position(|h| h.trim() == *column) else {
                bail!(
                    "{}: no column {column}; it has {}",
                    path.display(),
                    head.iter().collect::<Vec<_>>().join(", ")
                );
            };
            *place = found;
        }
        let mut rows = Vec::new();
        for record in reader.records() {
            let record = record.with_context(|| format!("{} cannot be read", path.display()))?;
            let line = record.position().map_or(0, csv::Position::line);
            rows.push((line, places.map(|at| record.get(at).unwrap_or_default().to_owned())));
        }
        Ok(Table { rows })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    struct Scratch(PathBuf);

    impl Scratch {
        fn new(name: &str) -> Scratch {
            let path = std::env::temp_dir().join(format!("landfall-placement-{}-{name}", std::process::id()));
            fs::create_dir_all(&path).unwrap();
            Scratch(path)
        }

        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.join(name);
            fs::write(&path, text).unwrap();
            path
        }
    }

    impl Drop for Scratch {
        fn drop(&mut self) {
            fs::remove_dir_all(&self.0).unwrap();
        }
    }

    const HEAD: &str = "code,name,business_scope,segment\n";

    /// Twelve companies on three segments, every scope with a word of its segment.
    fn scopes() -> String {
        let mut out = format!("\u{feff}{HEAD}");
        for i in 0..12 {
            let (word, segment) = [("船用柴油机", "船舶"), ("中成药", "中药Ⅲ"), ("光纤电缆", "电缆")][i % 3];
            out += &format!("{i:06},公司{i},{word}制造；货物进出口,{segment}\n");
        }
        out
    }

    #[test]
    fn cross_validates_an_easy_file() {
        let scratch = Scratch::new("easy");
        let train = scratch.file("train.csv", &scopes());
        let report = run(&train, None, None, 4).unwrap();
        assert_eq!((report.n, report.top1, report.unseen_segment), (12, 1.0, 0));
        assert_eq!(report.protocol, Protocol::CrossValidation { folds: 4, repetitions: 1 });
        assert!(report.baselines.majority[0] < 0.9);
        assert_eq!(
            report,
            run(&train, None, Some(&train), 4).unwrap(),
            "the training file as test is the same"
        );
        assert_eq!(run_repeated(&train, None, None, 4, 2).unwrap().n, 24);
    }

    #[test]
    fn asked_companies_are_dropped_from_training_with_their_products() {
        let scratch = Scratch::new("drop");
        let train = scratch.file("train.csv", &scopes());
        let products = scratch.file(
            "products.csv",
            "code,company,product,revenue_share,segment\n900001,秘,暗物质,0.9,暗\n900001,秘,暗能量,,暗\n000000,公司0,轮机,0.1,\n",
        );
        let test =
            scratch.file("test.csv", &format!("{HEAD}900001,秘,暗物质,暗\n000000,公司0,船用柴油机,船舶Ⅲ\n"));
        let report = run(&train, Some(&products), Some(&test), 5).unwrap();
        assert_eq!((report.n, report.dropped_from_training, report.unseen_segment), (2, 2, 1));
        assert_eq!((report.unlabelled_rows, report.product_companies, report.segments), (1, 1, 4));
        assert!(
            (report.top1 - 0.5).abs() < 1e-9,
            "the unseen one is wrong, the other right: {}",
            report.top1
        );
        assert_eq!(report.protocol, Protocol::HoldOut);
    }

    #[test]
    fn faults_name_file_line_and_column() {
        let scratch = Scratch::new("faults");
        let good = scratch.file("good.csv", &scopes());
        let error = |train: &Path, products: Option<&Path>| {
            format!("{:#}", run(train, products, None, 4).unwrap_err())
        };
        let headless = scratch.file("headless.csv", "code,name,segment\n1,2,3\n");
        assert!(error(&headless, None).contains("no column business_scope; it has code, name, segment"));
        let ragged = scratch.file("ragged.csv", &format!("{HEAD}1,2,3\n"));
        let message = error(&ragged, None);
        assert!(message.contains("ragged.csv") && message.contains("line: 2"), "{message}");
        let share = scratch.file("share.csv", "code,company,product,revenue_share,segment\n1,a,b,x,c\n");
        let message = error(&good, Some(&share));
        assert!(message.contains("line 2: column revenue_share is no number: \"x\""), "{message}");
        assert!(error(Path::new("/nonexistent.csv"), None).contains("cannot read /nonexistent.csv"));
        assert!(format!("{:#}", run(&good, None, None, 1).unwrap_err()).contains("2 folds or more"));
        assert!(format!("{:#}", run(&good, None, None, 99).unwrap_err()).contains("12 companies cannot"));
    }

    #[test]
    fn all_rows_of_a_company_share_a_fold() {
        let company = |code: usize| Coded { code: (code / 2).to_string(), company: Labelled::default() };
        let rows: Vec<Coded> = (0..40).map(company).collect();
        let folds = divide(&rows, 3, 2).unwrap();
        assert_eq!(folds.iter().map(Vec::len).sum::<usize>(), 80);
        for repetition in folds.chunks(3) {
            let codes: Vec<BTreeSet<&str>> =
                repetition.iter().map(|fold| fold.iter().map(|row| row.code.as_str()).collect()).collect();
            assert_eq!(codes.iter().map(BTreeSet::len).sum::<usize>(), 20);
        }
        assert_ne!(folds[0], folds[3], "another repetition divides otherwise");
    }
}
