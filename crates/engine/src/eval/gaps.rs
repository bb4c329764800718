//! How well absent segments are ranked: hide a lone company, ask for its segment back (`landfall eval gaps`).
//!
//! **Question.** In a city with 20 or more companies a segment with 3 or more companies in all has exactly one there
//! (companies counted once each, in the whole file). That company is hidden from all its segments and cities: it
//! counts nowhere. The candidates are its segment here and every segment that no company of the whole file has in
//! this city and 3 or more have in all.
//!
//! **Measures.** AUC: the share of absent segments that score lower than the hidden one, ties counting half. hit@10: the
//! chance that it stands among the first ten when ties are ordered at random. Both are means over the questions.
//!
//! **Honesty.** The evidence is counted without the hidden company. The weights for a city are learnt from questions in other
//! cities only, after every company that is ever hidden in the city's fold has been taken out of all counts: a hidden
//! company has no part in its own answer, neither as evidence nor in the weights.
//!
//! **Interval.** The margin in AUC over the best baseline, question by question, resampled by whole cities
//! (95 %, percentile bootstrap), because questions of one city are alike.

use crate::gaps::places::Case;
use crate::gaps::{Counts, Places, fit_without, model};
use crate::random::SplitMix;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use serde::Serialize;

/// Into how many groups the asked cities are dealt; each is scored by weights learnt from the others.
const FOLDS: usize = 8;
/// Bootstrap samples.
const SAMPLES: usize = 4_000;

/// Mean measures of one way to rank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measure {
    /// What ranked.
    pub name: &'static str,
    /// Mean AUC.
    pub auc: f64,
    /// Mean hit@10.
    pub hit10: f64,
}

/// The outcome of [`evaluate`].
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Questions asked.
    pub cases: usize,
    /// Cities asked in.
    pub cities: usize,
    /// Companies in the file.
    pub companies: usize,
    /// Segments in the file.
    pub segments: usize,
    /// Mean number of candidates of a question.
    pub candidates: f64,
    /// Mean AUC of the model.
    pub auc: f64,
    /// Mean hit@10 of the model.
    pub hit10: f64,
    /// Popularity, co-location density, and their product.
    pub baselines: Vec<Measure>,
    /// The best baseline by AUC.
    pub best_baseline: &'static str,
    /// Its AUC.
    pub best_baseline_auc: f64,
    /// `auc - best_baseline_auc`.
    pub margin: f64,
    /// 95 % interval of the margin, resampled by city.
    pub interval: [f64; 2],
    /// Seed of the folds and of the bootstrap.
    pub seed: u64,
    /// Rows left out.
    pub skipped: Vec<Skipped>,
}

/// A row that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// Line of the file, the heading being line 1.
    pub line: u64,
    /// Why.
    pub why: String,
}

/// Rows `company,city,segment` as read from a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// `(company, city, segment)`.
    pub rows: Vec<(String, String, String)>,
    /// Rows left out.
    pub skipped: Vec<Skipped>,
}

/// Evaluates a file of rows `company,city,segment` (see [`read`]) with a seed for folds and bootstrap.
///
/// # Errors
/// As [`read`], and when there is no question to ask: the message says what is missing.
pub fn evaluate_file(bytes: &[u8], seed: u64) -> Result<Report> {
    let Rows { rows, skipped } = read(bytes)?;
    let mut report = evaluate(&Places::from_rows(&rows)?, seed)?;
    report.skipped = skipped;
    Ok(report)
}

/// Reads UTF-8 CSV (comma, or tab where the heading has one) with the columns `company`, `city` and `segment` in any
/// order; other columns are ignored. Rows with an empty or missing field are skipped and listed.
///
/// # Errors
/// Not UTF-8, a missing column, or no row left.
pub fn read(bytes: &[u8]) -> Result<Rows> {
    let text = std::str::from_utf8(bytes).context("the file is not UTF-8; save it as UTF-8 first")?;
    let text = text.trim_start_matches('\u{feff}');
    let heading = text.lines().next().unwrap_or("");
    let delimiter = if heading.contains('\t') { b'\t' } else { b',' };
    let mut reader =
        csv::ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().context("line 1")?.clone();
    let column = |name: &str| {
        headers.iter().position(|h| h.trim().eq_ignore_ascii_case(name)).with_context(|| {
            format!("line 1: there is no column `{name}`; the file needs company, city, segment, and has `{heading}`")
        })
    };
    let columns =
        [("company", column("company")?), ("city", column("city")?), ("segment", column("segment")?)];
    let mut read = Rows::default();
    for record in reader.records() {
        let record = record.map_err(|e| anyhow::anyhow!("cannot read a row: {e}"))?;
        let field = |i: usize| record.get(i).unwrap_or("").trim();
        if let Some((name, _)) = columns.iter().find(|(_, i)| field(*i).is_empty()) {
            let line = record.position().map_or(0, csv::Position::line);
            read.skipped.push(Skipped { line, why: format!("`{name}` is empty") });
            continue;
        }
        let [company, city, segment] = columns.map(|(_, i)| field(i).to_string());
        read.rows.push((company, city, segment));
    }
    let first = read.skipped.first().map(|s| format!("; line {}: {}", s.line, s.why)).unwrap_or_default();
    ensure!(!read.rows.is_empty(), "the file has no usable row ({} skipped{first})", read.skipped.len());
    Ok(read)
}

/// Asks every question of `places`.
///
/// # Errors
/// There is no question; the message says what is missing.
pub fn evaluate(places: &Places, seed: u64) -> Result<Report> {
    let counts = places.count();
    let cases = places.cases(&counts, model::MIN_CITY, model::MIN_SEGMENT);
    ensure!(!cases.is_empty(), "{}", why_nothing_to_ask(places, &counts));
    let folds = deal(&cases, seed);
    let mut answers: Vec<Answer> =
        folds.par_iter().flat_map_iter(|fold| answer_fold(places, &counts, &cases, fold)).collect();
    answers.sort_by_key(|a| a.case.site);
    Ok(report(places, &answers, folds.iter().map(Vec::len).sum(), seed))
}

/// Area under the ROC curve of one hidden item: the share of `others` below it, ties counting half; 0.5 without others.
#[must_use]
pub fn auc(hidden: f64, others: &[f64]) -> f64 {
    if others.is_empty() {
        return 0.5;
    }
    let below = others.iter().filter(|&&o| o < hidden).count() as f64;
    let equal = others.iter().filter(|&&o| o == hidden).count() as f64;
    (below + equal / 2.0) / others.len() as f64
}

/// The chance that the hidden item is among the first `k` when ties are ordered at random.
#[must_use]
pub fn hit(hidden: f64, others: &[f64], k: usize) -> f64 {
    let above = others.iter().filter(|&&o| o > hidden).count();
    let equal = others.iter().filter(|&&o| o == hidden).count();
    (k.saturating_sub(above) as f64 / (equal + 1) as f64).min(1.0)
}

/// The baselines' names, in the order of [`Answer::auc`] after the model.
const BASELINES: [&str; 3] = ["popularity", "density", "popularity x density"];

/// One answered question: the model first, then the baselines.
struct Answer {
    case: Case,
    candidates: usize,
    auc: [f64; 4],
    hit: [f64; 4],
}

fn answer_fold(places: &Places, counts: &Counts, cases: &[Case], fold: &[u32]) -> Vec<Answer> {
    let model = fit_without(places, fold).model;
    let mut counts = counts.clone();
    let mine = cases.iter().filter(|c| fold.contains(&c.site.city));
    mine.map(|case| {
        let city = case.site.city as usize;
        let mut candidates = model::absent(&counts, city);
        candidates.push(case.site.segment as usize);
        let hidden = places.company(case.company);
        counts.remove(hidden);
        let popularity: Vec<f64> = candidates.iter().map(|&j| f64::from(counts.companies_of(j))).collect();
        let density: Vec<f64> = candidates.iter().map(|&j| density(&counts, city, j)).collect();
        let product = popularity.iter().zip(&density).map(|(p, d)| p * d).collect();
        let scored = [model.scores(&counts, city, &candidates), popularity, density, product];
        counts.add(hidden);
        let split = |s: &Vec<f64>| (s[s.len() - 1], s.len() - 1);
        Answer {
            case: *case,
            candidates: candidates.len(),
            auc: [0, 1, 2, 3].map(|k| auc(split(&scored[k]).0, &scored[k][..split(&scored[k]).1])),
            hit: [0, 1, 2, 3].map(|k| hit(split(&scored[k]).0, &scored[k][..split(&scored[k]).1], 10)),
        }
    })
    .collect()
}

/// Co-location density (Hidalgo et al. 2007): the share of a segment's proximity that lies in segments the city has,
/// proximity being the smaller of the two conditional chances of finding one segment where the other is.
#[must_use]
pub fn density(counts: &Counts, city: usize, segment: usize) -> f64 {
    let (mut near, mut all) = (0.0, 0.0);
    for (i, &here) in counts.city(city).iter().enumerate() {
        let most = counts.cities_with(segment).max(counts.cities_with(i));
        if i == segment || most == 0 {
            continue;
        }
        let proximity = f64::from(counts.cities_with_both(segment, i)) / f64::from(most);
        all += proximity;
        if here > 0 {
            near += proximity;
        }
    }
    if all > 0.0 { near / all } else { 0.0 }
}

/// Deals the asked cities into folds of nearly equal numbers of cities.
fn deal(cases: &[Case], seed: u64) -> Vec<Vec<u32>> {
    let mut cities: Vec<u32> = cases.iter().map(|c| c.site.city).collect();
    cities.dedup();
    let mut random = SplitMix(seed);
    for i in (1..cities.len()).rev() {
        cities.swap(i, random.below(i + 1));
    }
    let folds = FOLDS.min(cities.len());
    (0..folds).map(|f| cities.iter().copied().skip(f).step_by(folds).collect()).collect()
}

fn report(places: &Places, answers: &[Answer], cities: usize, seed: u64) -> Report {
    let number = answers.len() as f64;
    let mean = |f: &dyn Fn(&Answer) -> f64| answers.iter().map(f).sum::<f64>() / number;
    let baselines: Vec<Measure> = BASELINES
        .into_iter()
        .enumerate()
        .map(|(k, name)| Measure { name, auc: mean(&|a| a.auc[k + 1]), hit10: mean(&|a| a.hit[k + 1]) })
        .collect();
    let best = (0..baselines.len()).fold(0, |b, k| if baselines[k].auc > baselines[b].auc { k } else { b });
    let auc = mean(&|a| a.auc[0]);
    Report {
        cases: answers.len(),
        cities,
        companies: places.len(),
        segments: places.segments().len(),
        candidates: mean(&|a| a.candidates as f64),
        auc,
        hit10: mean(&|a| a.hit[0]),
        best_baseline: baselines[best].name,
        best_baseline_auc: baselines[best].auc,
        margin: auc - baselines[best].auc,
        interval: interval(answers, best + 1, seed),
        baselines,
        seed,
        skipped: Vec::new(),
    }
}

/// 95 % percentile interval of the mean margin over baseline `k`, resampling whole cities.
fn interval(answers: &[Answer], k: usize, seed: u64) -> [f64; 2] {
    let mut cities: Vec<(u32, f64, f64)> = Vec::new();
    for a in answers {
        let gain = a.auc[0] - a.auc[k];
        match cities.last_mut() {
            Some(last) if last.0 == a.case.site.city => (last.1, last.2) = (last.1 + gain, last.2 + 1.0),
            _ => cities.push((a.case.site.city, gain, 1.0)),
        }
    }
    let mut random = SplitMix(seed ^ 0x6a70_7373);
    let mut means: Vec<f64> = (0..SAMPLES)
        .map(|_| {
            let (mut sum, mut number) = (0.0, 0.0);
            for _ in 0..cities.len() {
                let (_, gain, n) = cities[random.below(cities.len())];
                (sum, number) = (sum + gain, number + n);
            }
            sum / number
        })
        .collect();
    means.sort_by(f64::total_cmp);
    [means[SAMPLES / 40], means[SAMPLES - 1 - SAMPLES / 40]]
}

fn why_nothing_to_ask(places: &Places, counts: &Counts) -> String {
    let (cities, segments) = (places.cities(), places.segments());
    let largest = (0..cities.len()).max_by_key(|&c| counts.companies_in(c));
    let Some(largest) = largest else { return "there is no row: nothing to ask".to_string() };
    let most = counts.companies_in(largest);
    if most < model::MIN_CITY {
        return format!(
            "no city has {} or more companies (the largest, {}, has {most}); a question needs one",
            model::MIN_CITY,
            cities[largest]
        );
    }
    let top = (0..segments.len()).map(|j| counts.companies_of(j)).max().unwrap_or(0);
    if top < model::MIN_SEGMENT {
        return format!(
            "no segment has {} or more companies (the most is {top}); a question needs one",
            model::MIN_SEGMENT
        );
    }
    "no segment has exactly one company in a city of 20 or more: there is nothing to hide".to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaps::Site;

    #[test]
    fn auc_and_hit_by_hand() {
        assert_eq!(auc(2.0, &[1.0, 2.0, 3.0, 0.0]), 2.5 / 4.0);
        assert_eq!(auc(1.0, &[]), 0.5);
        assert_eq!(hit(2.0, &[3.0, 2.0, 2.0, 1.0], 2), 1.0 / 3.0);
        assert_eq!(hit(2.0, &[1.0], 10), 1.0);
        assert_eq!(hit(0.0, &[1.0, 2.0], 2), 0.0);
    }

    #[test]
    fn density_by_hand() {
        // Cities: {0, 1}, {0, 1, 2}, {2}. Proximity of 1 to 0 is 2/2, to 2 it is 1/2.
        let rows = [
            ("a", "A", "0"),
            ("b", "A", "1"),
            ("c", "B", "0"),
            ("d", "B", "1"),
            ("e", "B", "2"),
            ("f", "C", "2"),
        ];
        let counts =
            Places::from_rows(&rows.map(|(a, b, c)| (a.into(), b.into(), c.into()))).unwrap().count();
        assert!((density(&counts, 2, 1) - 0.5 / 1.5).abs() < 1e-12);
    }

    #[test]
    fn rows_are_read_and_bad_ones_listed() {
        let text = "\u{feff}segment,company,x,city\nA/B,one,1,Linz\n\"C, D\",two,,\n E ,three,1,Graz\nF\n";
        let read = read(text.as_bytes()).unwrap();
        assert_eq!(
            read.rows,
            [
                ("one".to_string(), "Linz".to_string(), "A/B".to_string()),
                ("three".to_string(), "Graz".to_string(), "E".to_string()),
            ]
        );
        let lines: Vec<u64> = read.skipped.iter().map(|s| s.line).collect();
        assert_eq!(lines, [3, 5]);
        assert_eq!(read.skipped[0].why, "`city` is empty");
    }

    fn refusal(text: &str) -> String {
        evaluate_file(text.as_bytes(), 1).unwrap_err().to_string()
    }

    #[test]
    fn what_is_missing_is_named() {
        assert!(refusal("").contains("no column `company`"));
        assert!(refusal("company,city\na,b\n").contains("no column `segment`"));
        assert!(refusal("company,city,segment\n").contains("no usable row"));
        assert!(refusal("company,city,segment\na,Linz,x\n").contains("the largest, Linz, has 1"));
        let many = |segment: &dyn Fn(usize) -> usize| {
            let rows: Vec<String> = (0..24).map(|i| format!("c{i},Linz,s{}", segment(i))).collect();
            format!("company,city,segment\n{}\n", rows.join("\n"))
        };
        assert!(refusal(&many(&|i| i)).contains("no segment has 3"));
        assert!(refusal(&many(&|i| i % 3)).contains("nothing to hide"));
    }

    /// Changing the hidden company's other segments changes nothing in its answer.
    #[test]
    fn the_hidden_company_has_no_part_in_its_answer() {
        let base = |extra: &[u32]| {
            let names = |n: usize| (0..n).map(|i| format!("n{i}")).collect();
            let mut places = Places::new(names(3), names(9)).unwrap();
            let mut hidden = vec![Site { city: 0, segment: 8 }];
            hidden.extend(extra.iter().map(|&segment| Site { city: 0, segment }));
            places.push(&hidden).unwrap();
            for i in 0..90u32 {
                let (city, segment) = (i % 3, i * 7 % 5 + i / 30);
                places.push(&[Site { city, segment }]).unwrap();
                if i % 30 == 1 {
                    places.push(&[Site { city: 1, segment: 8 }, Site { city: 1, segment }]).unwrap();
                }
            }
            places
        };
        let answer = |places: &Places| {
            let counts = places.count();
            let cases = places.cases(&counts, model::MIN_CITY, model::MIN_SEGMENT);
            let answers = answer_fold(places, &counts, &cases, &[0]);
            let it = answers.iter().find(|a| a.case.company == 0 && a.case.site.segment == 8).unwrap();
            (it.auc, it.hit, it.candidates)
        };
        assert_eq!(answer(&base(&[])), answer(&base(&[0, 1, 2])));
    }

    #[test]
    fn a_seed_gives_one_report() {
        let mut random = SplitMix(3);
        let rows: Vec<(String, String, String)> = (0..600)
            .map(|i| (format!("c{i}"), format!("city{}", i % 12), format!("s{}", random.below(60))))
            .collect();
        let places = Places::from_rows(&rows).unwrap();
        let report = evaluate(&places, 7).unwrap();
        assert_eq!(report, evaluate(&places, 7).unwrap());
        assert!(report.interval[0] <= report.margin && report.margin <= report.interval[1], "{report:?}");
    }

    /// On the real file: clearly better than the best baseline.
    #[test]
    #[ignore = "half a minute; run with --ignored --release"]
    fn beats_the_baselines_on_listed_companies() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/gaps/listed_city_industry.csv");
        let Ok(bytes) = std::fs::read(file) else {
            println!("skipped: there is no {file}");
            return;
        };
        let report = evaluate_file(&bytes, 1).unwrap();
        assert!(report.interval[0] > 0.0 && report.auc > 0.66, "{report:?}");
    }
}
