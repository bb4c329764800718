//! What speaks for a segment in a city: the features, from counts alone.

use super::places::Counts;
use serde::{Deserialize, Serialize};

/// A kind of evidence. For a candidate segment `j` in a city `c`: `n_j` its companies, `u_j` the cities that have
/// it, `T_c` the places in the city and `T` all places, `mu_cj = T_c n_j / T` what size and popularity alone expect, and
/// `P_cj = 1 - exp(-mu_cj)` the chance of at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Evidence {
    /// Common in all: `ln(n_j + 1)`.
    Common,
    /// Found in many cities: `ln(u_j + 1)`.
    Reach,
    /// Found in more cities than companies thrown at random would reach: `ln((u_j + 1) / (sum_c P_cj + 1))`.
    Spread,
    /// Found in large cities rather than small ones: the mean log size of its cities, shrunk.
    Scale,
    /// Its cities are of another size than this one: `|Scale - ln size_c|`.
    ScaleGap,
    /// Segments that share cities with it are strong here: with proximity `phi_ij` (cities with both over the larger number of
    /// cities with one; Hidalgo et al. 2007), `ln((sum_i phi_ij n_ci + 1) / (sum_i phi_ij mu_ci + 1))`.
    Nearby,
    /// Segments that the same companies stand on are strong here: the same ratio with the cosine over companies
    /// (shrunk by one company), and 0.3 for 1.
    SameCompany,
    /// Segments with a kindred name are strong here: the same ratio with the likeness of names, and 0.5 for 1.
    KindredName,
    /// Cities with a like mix have it more often than expected: cities weighted by the cosine of
    /// `ln((n + 1) / (mu + 1))`, where positive; `ln((weight of those that have it + 0.3) / (expected + 0.3))`.
    LikeCities,
}

impl Evidence {
    /// Every kind, in the order of a feature row.
    pub const ALL: [Evidence; 9] = [
        Evidence::Common,
        Evidence::Reach,
        Evidence::Spread,
        Evidence::Scale,
        Evidence::ScaleGap,
        Evidence::Nearby,
        Evidence::SameCompany,
        Evidence::KindredName,
        Evidence::LikeCities,
    ];
}

/// How many kinds of evidence there are.
pub(super) const KINDS: usize = Evidence::ALL.len();

/// One value per kind, in the order of [`Evidence::ALL`].
pub(super) type Row = [f64; KINDS];

/// How segments are related for one kind of evidence.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kinship<'a> {
    Nearby,
    SameCompany,
    /// The likeness of names, segments × segments.
    Name(&'a [f64]),
}

impl Kinship<'_> {
    /// How strongly `b` speaks for `a`; nothing speaks for itself.
    pub(super) fn between(self, counts: &Counts, a: usize, b: usize) -> f64 {
        if a == b {
            return 0.0;
        }
        match self {
            Kinship::Nearby => {
                let both = counts.cities_with_both(a, b);
                if both == 0 {
                    return 0.0;
                }
                f64::from(both) / f64::from(counts.cities_with(a).max(counts.cities_with(b)))
            }
            Kinship::SameCompany => {
                let both = counts.companies_on_both(a, b);
                if both == 0 {
                    return 0.0;
                }
                let (na, nb) = (f64::from(counts.companies_of(a)), f64::from(counts.companies_of(b)));
                f64::from(both) / ((na * nb).sqrt() + 1.0)
            }
            Kinship::Name(likeness) => likeness[a * counts.segments + b],
        }
    }
}

/// One city under one set of counts, ready to give evidence for any segment.
pub(super) struct View<'a> {
    counts: &'a Counts,
    names: &'a [f64],
    city: usize,
    /// Per segment: `mu` in this city.
    expected: Vec<f64>,
    /// Per segment: the cities that would have it at random.
    random_reach: Vec<f64>,
    /// Per segment: mean log size of its cities, shrunk.
    scale: Vec<f64>,
    /// Per city: how like this one it is; 0 for itself.
    pub(super) likeness: Vec<f64>,
    /// Per segment: the likeness of cities that would have it at random, summed.
    random_like: Vec<f64>,
    log_size: f64,
}

impl<'a> View<'a> {
    /// Looks at `city`; `names` is the likeness of segment names.
    pub(super) fn new(counts: &'a Counts, names: &'a [f64], city: usize) -> View<'a> {
        let n = counts.segments;
        let all = f64::from(counts.city_places.iter().sum::<u32>()).max(1.0);
        let share: Vec<f64> = counts.segment_places.iter().map(|&p| f64::from(p) / all).collect();
        let size = |c: usize| f64::from(counts.city_places[c]);
        let expected: Vec<f64> = share.iter().map(|s| s * size(city)).collect();
        // Cities of one size expect the same: the logarithms and exponentials are taken once per size.
        let classes = Classes::new(counts, &share);
        let likeness = classes.likeness(counts, city);
        let mut random_reach = vec![0.0; n];
        let mut random_like = vec![0.0; n];
        let mut cities_of = vec![(0.0, 0.0); classes.sizes.len()];
        for (c, &class) in classes.of.iter().enumerate() {
            cities_of[class].0 += 1.0;
            cities_of[class].1 += likeness[c];
        }
        for (class, &(number, like)) in cities_of.iter().enumerate() {
            for j in 0..n {
                let chance = classes.chance[class * n + j];
                random_reach[j] += number * chance;
                random_like[j] += like * chance;
            }
        }
        let log_size = f64::from(counts.city_companies[city]).ln_1p();
        View { counts, names, city, expected, random_reach, scale: scales(counts), likeness, random_like, log_size }
    }

    /// The evidence for each of `candidates`.
    pub(super) fn rows(&self, candidates: &[usize]) -> Vec<Row> {
        candidates.iter().map(|&j| self.row(j)).collect()
    }

    /// The evidence for one segment.
    pub(super) fn row(&self, j: usize) -> Row {
        let reach = f64::from(self.counts.cities_with(j));
        Evidence::ALL.map(|kind| match kind {
            Evidence::Common => f64::from(self.counts.segment_companies[j]).ln_1p(),
            Evidence::Reach => reach.ln_1p(),
            Evidence::Spread => ((reach + 1.0) / (self.random_reach[j] + 1.0)).ln(),
            Evidence::Scale => self.scale[j],
            Evidence::ScaleGap => (self.scale[j] - self.log_size).abs(),
            Evidence::Nearby => self.ratio(Kinship::Nearby, j, 1.0),
            Evidence::SameCompany => self.ratio(Kinship::SameCompany, j, 0.3),
            Evidence::KindredName => self.ratio(Kinship::Name(self.names), j, 0.5),
            Evidence::LikeCities => {
                let have = self.like_cities(j).map(|(_, like)| like).sum::<f64>();
                ((have + 0.3) / (self.random_like[j] + 0.3)).ln()
            }
        })
    }

    /// The related segments that are here, with how much each adds beyond what size alone expects; best first.
    pub(super) fn kin(&self, kind: Evidence, j: usize) -> Vec<usize> {
        let kinship = match kind {
            Evidence::Nearby => Kinship::Nearby,
            Evidence::SameCompany => Kinship::SameCompany,
            Evidence::KindredName => Kinship::Name(self.names),
            _ => return Vec::new(),
        };
        let here = self.counts.city(self.city);
        let mut kin: Vec<(f64, usize)> = (0..self.counts.segments)
            .filter(|&i| here[i] > 0)
            .map(|i| (kinship.between(self.counts, j, i) * (f64::from(here[i]) - self.expected[i]), i))
            .filter(|&(gain, _)| gain > 0.0)
            .collect();
        kin.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        kin.into_iter().map(|(_, i)| i).collect()
    }

    /// Cities like this one that have segment `j`, with their likeness.
    pub(super) fn like_cities(&self, j: usize) -> impl Iterator<Item = (usize, f64)> {
        let with = move |c: usize| self.counts.city(c)[j] > 0;
        self.likeness.iter().copied().enumerate().filter(move |&(c, like)| like > 0.0 && with(c))
    }

    /// `ln((what the kin of j have here + prior) / (what they would have at random + prior))`.
    fn ratio(&self, kinship: Kinship, j: usize, prior: f64) -> f64 {
        let here = self.counts.city(self.city);
        let (mut have, mut expect) = (0.0, 0.0);
        for i in 0..self.counts.segments {
            let k = kinship.between(self.counts, j, i);
            if k > 0.0 {
                have += k * f64::from(here[i]);
                expect += k * self.expected[i];
            }
        }
        ((have + prior) / (expect + prior)).ln()
    }
}

/// Per segment: the mean log size of the cities that have it, shrunk by three cities of the size that an average
/// company sees around it.
fn scales(counts: &Counts) -> Vec<f64> {
    let logs: Vec<f64> = counts.city_companies.iter().map(|&c| f64::from(c).ln_1p()).collect();
    let companies = f64::from(counts.city_companies.iter().sum::<u32>()).max(1.0);
    let mean = counts.city_companies.iter().zip(&logs).map(|(&c, l)| f64::from(c) * l).sum::<f64>() / companies;
    let mut sums = vec![3.0 * mean; counts.segments];
    for (c, log) in logs.iter().enumerate() {
        for (sum, &x) in sums.iter_mut().zip(counts.city(c)) {
            if x > 0 {
                *sum += log;
            }
        }
    }
    sums.iter().enumerate().map(|(j, sum)| sum / (f64::from(counts.cities_with(j)) + 3.0)).collect()
}

/// Cities by their number of places, with what each size expects.
struct Classes {
    sizes: Vec<u32>,
    /// Per city: its class.
    of: Vec<usize>,
    /// classes × segments: `P`.
    chance: Vec<f64>,
    /// classes × segments: `ln(mu + 1)`.
    log: Vec<f64>,
}

impl Classes {
    fn new(counts: &Counts, share: &[f64]) -> Classes {
        let mut sizes = counts.city_places.clone();
        sizes.sort_unstable();
        sizes.dedup();
        let of = counts.city_places.iter().map(|s| sizes.partition_point(|x| x < s)).collect();
        let expected = || sizes.iter().flat_map(|&size| share.iter().map(move |s| s * f64::from(size)));
        let chance = expected().map(|mu| -(-mu).exp_m1()).collect();
        let log = expected().map(f64::ln_1p).collect();
        Classes { sizes, of, chance, log }
    }

    /// Per city: the cosine of its surplus with that of `city`, 0 where negative and for `city` itself.
    fn likeness(&self, counts: &Counts, city: usize) -> Vec<f64> {
        let n = counts.segments;
        let most = (0..counts.cities).flat_map(|c| counts.city(c)).max().copied().unwrap_or(0);
        let logs: Vec<f64> = (0..=most).map(|x| f64::from(x).ln_1p()).collect();
        let surplus = |c: usize| {
            let expected = &self.log[self.of[c] * n..(self.of[c] + 1) * n];
            counts.city(c).iter().zip(expected).map(|(&x, e)| logs[x as usize] - e)
        };
        let own: Vec<f64> = surplus(city).collect();
        let own_length = own.iter().map(|x| x * x).sum::<f64>().sqrt();
        let cosine = |c: usize| {
            let (mut dot, mut square) = (0.0, 0.0);
            for (x, y) in surplus(c).zip(&own) {
                dot += x * y;
                square += x * x;
            }
            let length = square.sqrt() * own_length;
            if c != city && length > 0.0 { (dot / length).max(0.0) } else { 0.0 }
        };
        (0..counts.cities).map(cosine).collect()
    }
}
