//! Companies on segments in cities, and the counts the model looks at.

use anyhow::{Result, ensure};
use std::collections::HashMap;

/// The largest number of segments that the segment × segment tables are kept for (64 MB each).
pub const MAX_SEGMENTS: usize = 4_000;

/// One place of a company: a segment in a city, as indices into [`Places`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Site {
    /// Index of the city.
    pub city: u32,
    /// Index of the segment.
    pub segment: u32,
}

/// Companies with their places. A company may stand on several segments, and in several cities.
#[derive(Clone, Debug, Default)]
pub struct Places {
    cities: Vec<String>,
    segments: Vec<String>,
    /// Sites of company `i` are `sites[starts[i]..starts[i + 1]]`, sorted, each once.
    starts: Vec<usize>,
    sites: Vec<Site>,
}

impl Places {
    /// No company yet, over these cities and segments. The segments' names are compared with each other
    /// (`chain / group / segment` shows kinship); ids without meaning do no harm.
    ///
    /// # Errors
    /// More than [`MAX_SEGMENTS`] segments.
    pub fn new(cities: Vec<String>, segments: Vec<String>) -> Result<Places> {
        ensure!(
            segments.len() <= MAX_SEGMENTS,
            "{} segments are more than the {MAX_SEGMENTS} that gaps are ranked for; leave out a level",
            segments.len()
        );
        Ok(Places { cities, segments, starts: vec![0], sites: Vec::new() })
    }

    /// Adds one company with its sites, in any order; a site given twice counts once.
    ///
    /// # Errors
    /// A site outside the cities or segments.
    pub fn push(&mut self, sites: &[Site]) -> Result<()> {
        for s in sites {
            ensure!((s.city as usize) < self.cities.len(), "there is no city number {}", s.city);
            ensure!((s.segment as usize) < self.segments.len(), "there is no segment number {}", s.segment);
        }
        let mut own = sites.to_vec();
        own.sort_unstable();
        own.dedup();
        self.sites.extend(own);
        self.starts.push(self.sites.len());
        Ok(())
    }

    /// Places from `(company, city, segment)` names; cities and segments are numbered in order of appearance.
    ///
    /// # Errors
    /// As [`Places::new`].
    pub fn from_rows(rows: &[(String, String, String)]) -> Result<Places> {
        let (mut cities, mut segments, mut companies) = (Names::default(), Names::default(), Names::default());
        let mut sites: Vec<Vec<Site>> = Vec::new();
        for (company, city, segment) in rows {
            let company = companies.number(company) as usize;
            let site = Site { city: cities.number(city), segment: segments.number(segment) };
            if company == sites.len() {
                sites.push(Vec::new());
            }
            sites[company].push(site);
        }
        let mut places = Places::new(cities.list, segments.list)?;
        for own in sites {
            places.push(&own)?;
        }
        Ok(places)
    }

    /// Names of the cities.
    #[must_use]
    pub fn cities(&self) -> &[String] {
        &self.cities
    }

    /// Names of the segments.
    #[must_use]
    pub fn segments(&self) -> &[String] {
        &self.segments
    }

    /// How many companies there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// Whether there is no company.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sites of company `i`, sorted, each once.
    #[must_use]
    pub fn company(&self, i: usize) -> &[Site] {
        &self.sites[self.starts[i]..self.starts[i + 1]]
    }

    /// The counts over all companies.
    #[must_use]
    pub fn count(&self) -> Counts {
        let mut counts = Counts::new(self.cities.len(), self.segments.len());
        for i in 0..self.len() {
            counts.add(self.company(i));
        }
        counts
    }

    /// Every case that can be asked back: a company is the only counted one of its segment in its city, the city
    /// has `min_city` or more companies and the segment `min_segment` or more. Sorted by city, then segment; a
    /// company that is not in `counts` may be named where another one is alone, so ask only for counted ones.
    #[must_use]
    pub fn cases(&self, counts: &Counts, min_city: u32, min_segment: u32) -> Vec<Case> {
        let mut cases = Vec::new();
        for company in 0..self.len() {
            for &site in self.company(company) {
                let lone = counts.at(site) == 1;
                let city = counts.city_companies[site.city as usize] >= min_city;
                if lone && city && counts.segment_companies[site.segment as usize] >= min_segment {
                    cases.push(Case { site, company });
                }
            }
        }
        cases.sort_unstable_by_key(|c| c.site);
        cases
    }
}

/// A lone company: hide it, and ask for its segment back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Case {
    /// Where it is alone.
    pub site: Site,
    /// Which company of the [`Places`].
    pub company: usize,
}

/// Counts over a set of companies. Adding and removing a company keeps every table exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counts {
    pub(super) cities: usize,
    pub(super) segments: usize,
    /// cities × segments: companies there.
    at: Vec<u32>,
    /// Per city: companies, each once.
    pub(super) city_companies: Vec<u32>,
    /// Per city: places, i.e. the sum of its row of `at`.
    pub(super) city_places: Vec<u32>,
    /// Per segment: companies, each once.
    pub(super) segment_companies: Vec<u32>,
    /// Per segment: places, i.e. the sum of its column of `at`.
    pub(super) segment_places: Vec<u32>,
    /// segments × segments: cities that have both (on the diagonal: cities that have it).
    beside: Vec<u32>,
    /// segments × segments: companies that stand on both (on the diagonal: on it).
    within: Vec<u32>,
}

impl Counts {
    /// No company, over `cities` × `segments`.
    #[must_use]
    pub fn new(cities: usize, segments: usize) -> Counts {
        Counts {
            cities,
            segments,
            at: vec![0; cities * segments],
            city_companies: vec![0; cities],
            city_places: vec![0; cities],
            segment_companies: vec![0; segments],
            segment_places: vec![0; segments],
            beside: vec![0; segments * segments],
            within: vec![0; segments * segments],
        }
    }

    /// Companies at a site.
    #[must_use]
    pub fn at(&self, site: Site) -> u32 {
        self.at[site.city as usize * self.segments + site.segment as usize]
    }

    /// Companies per segment in a city.
    #[must_use]
    pub fn city(&self, city: usize) -> &[u32] {
        &self.at[city * self.segments..(city + 1) * self.segments]
    }

    /// Companies of a segment, each once.
    #[must_use]
    pub fn companies_of(&self, segment: usize) -> u32 {
        self.segment_companies[segment]
    }

    /// Companies in a city, each once.
    #[must_use]
    pub fn companies_in(&self, city: usize) -> u32 {
        self.city_companies[city]
    }

    /// Cities that have both segments.
    #[must_use]
    pub fn cities_with_both(&self, a: usize, b: usize) -> u32 {
        self.beside[a * self.segments + b]
    }

    /// Cities that have the segment.
    #[must_use]
    pub fn cities_with(&self, segment: usize) -> u32 {
        self.beside[segment * self.segments + segment]
    }

    /// Companies that stand on both segments.
    #[must_use]
    pub fn companies_on_both(&self, a: usize, b: usize) -> u32 {
        self.within[a * self.segments + b]
    }

    /// Counts a company in. `sites` are sorted and each once, as [`Places::company`] gives them.
    pub fn add(&mut self, sites: &[Site]) {
        self.change(sites, true);
    }

    /// Takes a company out that was counted in before, from every table.
    pub fn remove(&mut self, sites: &[Site]) {
        self.change(sites, false);
    }

    fn change(&mut self, sites: &[Site], add: bool) {
        let step = |x: &mut u32| if add { *x += 1 } else { *x -= 1 };
        for city in distinct(sites.iter().map(|s| s.city)) {
            step(&mut self.city_companies[city]);
        }
        let own = distinct(sites.iter().map(|s| s.segment));
        for &a in &own {
            step(&mut self.segment_companies[a]);
            for &b in &own {
                step(&mut self.within[a * self.segments + b]);
            }
        }
        for s in sites {
            let (city, segment) = (s.city as usize, s.segment as usize);
            step(&mut self.city_places[city]);
            step(&mut self.segment_places[segment]);
            let cell = city * self.segments + segment;
            // The city gains the segment before the cell becomes 1, and loses it before the cell becomes 0.
            if self.at[cell] == u32::from(!add) {
                self.toggle(city, segment, add);
            }
            step(&mut self.at[cell]);
        }
    }

    /// Counts `city` in or out of every pair of segments that has `segment` in it; the cell itself is not yet changed.
    fn toggle(&mut self, city: usize, segment: usize, add: bool) {
        let n = self.segments;
        let step = |x: &mut u32| if add { *x += 1 } else { *x -= 1 };
        for other in 0..n {
            if other == segment {
                step(&mut self.beside[segment * n + segment]);
            } else if self.at[city * n + other] > 0 {
                step(&mut self.beside[segment * n + other]);
                step(&mut self.beside[other * n + segment]);
            }
        }
    }
}

fn distinct(values: impl Iterator<Item = u32>) -> Vec<usize> {
    let mut list: Vec<usize> = values.map(|v| v as usize).collect();
    list.sort_unstable();
    list.dedup();
    list
}

/// Numbers names in order of appearance.
#[derive(Default)]
struct Names {
    list: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&n) = self.numbers.get(name) {
            return n;
        }
        let n = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        self.list.push(name.to_string());
        self.numbers.insert(name.to_string(), n);
        n
    }
}
