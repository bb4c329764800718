//! The zone as its pages show it: which companies are residents, the map, the gaps, and the question for targets.
//!
//! Computed from the snapshot and from what people wrote; kept until one of them changes.

use crate::app::App;
use crate::web::error::{Result, WebError};
use crate::world::{Named, World};
use domain::chain::SegmentNo;
use domain::company::RegionCode;
use domain::target::{Outlook, Weights, covers};
use domain::zone::{Reference, ZoneSettings};
use engine::fits::fits;
use engine::map::{self, Cell, Gap, Part, Verdict};
use engine::names::Candidate;
use engine::snapshot::Doc;
use engine::targets::{Answer, Filter, Question};
use jiff::civil::Date;
use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, PoisonError};
use store::leader::Leader;

/// Everything that was computed for one state of the data.
#[derive(Debug)]
pub struct ZoneView {
    /// The universe it was computed on.
    pub world: Arc<World>,
    /// What people had written.
    pub written: Written,
    /// The zone's companies, by number.
    pub residents: Vec<Doc>,
    /// Residents that only the rule brought in.
    pub by_rule: HashSet<Doc>,
    /// Residents of the list that are no one company of the universe.
    pub unmatched: Vec<Unmatched>,
    /// Residents per segment, by segment number.
    pub on_segment: Vec<Vec<Doc>>,
    /// One cell per segment.
    pub cells: Vec<Cell>,
    /// Gaps, highest score times weight of the chain first.
    pub gaps: Vec<Gap>,
    /// Refused companies, by number.
    pub refused: Vec<Doc>,
    /// Companies of the reference.
    pub reference_companies: u32,
    /// How well each lacking segment fits the zone; seconds to compute, so kept while the residents stay the same.
    fits: Vec<Option<f64>>,
}

/// What people wrote that the view depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    /// The day that refusals were asked of; some end with a day.
    pub day: Date,
    /// Version of the settings.
    pub version: i64,
    /// Settings.
    pub zone: ZoneSettings,
    /// Key and name of every listed resident.
    pub residents: Vec<(String, String)>,
    /// Keys of refused companies.
    pub refused: Vec<String>,
    /// Chain leaders.
    pub leaders: Vec<Leader>,
}

/// A listed resident that is no one company of the universe.
#[derive(Clone, Debug)]
pub struct Unmatched {
    /// Its key in the list.
    pub key: String,
    /// Its name in the list.
    pub name: String,
}

/// The last view, with the newest journal entry when it was found to hold.
#[derive(Clone, Debug)]
pub(crate) struct Kept {
    seq: i64,
    view: Arc<ZoneView>,
}

/// The view of the present state.
///
/// # Errors
/// 404 with the way to the import page when there is no universe yet.
pub async fn view(app: &App) -> Result<Arc<ZoneView>> {
    find(app).await?.ok_or_else(|| {
        WebError::not_found(
            "还没有企业数据，请先导入企业名单。",
            "There are no companies yet; import a company list first.",
        )
        .next("/imports", "去导入", "Import")
    })
}

/// The view of the present state; `None` before the first import.
///
/// # Errors
/// The store fails or the snapshot is damaged.
pub async fn find(app: &App) -> Result<Option<Arc<ZoneView>>> {
    let Some(world) = app.engine.world() else { return Ok(None) };
    let seq = app.store.journal(store::Page::new(1, 0)).await?.first().map_or(0, |e| e.seq);
    let day = app.clock.today();
    let kept = || app.engine.view.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let holds = |k: &Kept| k.seq == seq && k.view.written.day == day && Arc::ptr_eq(&k.view.world, &world);
    if let Some(kept) = kept().filter(holds) {
        return Ok(Some(kept.view));
    }
    // Those who ask meanwhile wait for one computation.
    let _turn = app.engine.view_turn.lock().await;
    if let Some(kept) = kept().filter(holds) {
        return Ok(Some(kept.view));
    }
    let written = written(app, day).await?;
    // A sign-in or a refused login link moves the journal on without changing anything here; then only the number is new.
    let same = |k: &Kept| Arc::ptr_eq(&k.view.world, &world) && k.view.written == written;
    let view = match kept().filter(same) {
        Some(kept) => kept.view,
        None => {
            let (world, before) = (world.clone(), kept().map(|k| k.view));
            app.compute(move || ZoneView::compute(world, written, before.as_deref()).map(Arc::new)).await??
        }
    };
    *app.engine.view.lock().unwrap_or_else(PoisonError::into_inner) = Some(Kept { seq, view: view.clone() });
    Ok(Some(view))
}

async fn written(app: &App, day: Date) -> Result<Written> {
    let zone = app.store.zone().await?;
    Ok(Written {
        day,
        version: zone.as_ref().map_or(0, |z| z.version),
        zone: zone.map(|z| z.settings).unwrap_or_default(),
        residents: app.store.resident_keys().await?,
        refused: app.store.refusals_on(day).await?.into_iter().map(|r| r.said.key).collect(),
        leaders: app.store.leaders().await?,
    })
}

impl ZoneView {
    /// Computes the view; `before` is an earlier one, from which it takes what still holds.
    ///
    /// # Errors
    /// A damaged record.
    pub fn compute(
        world: Arc<World>,
        written: Written,
        before: Option<&ZoneView>,
    ) -> anyhow::Result<ZoneView> {
        let universe = &world.universe;
        let (listed, unmatched) = listed(&world, &written)?;
        let ruled = ruled(&world, &written.zone)?;
        let by_rule: HashSet<Doc> = ruled.into_iter().filter(|d| !listed.contains(d)).collect();
        let mut residents: Vec<Doc> = listed.into_iter().chain(by_rule.iter().copied()).collect();
        residents.sort_unstable();
        let mut on_segment = vec![Vec::new(); world.chains.len()];
        for &doc in &residents {
            for (tag, _) in universe.tags_of(doc) {
                if let Some(list) = on_segment.get_mut(tag.0 as usize) {
                    list.push(doc);
                }
            }
        }
        let regions = match &written.zone.reference {
            Reference::Nation => Vec::new(),
            Reference::Cities(cities) => cities.clone(),
        };
        let (zone, reference) = (universe.tally(&residents), universe.tally_regions(&regions));
        let reference_companies = companies_in(&world, &regions);
        let same = before.filter(|b| Arc::ptr_eq(&b.world, &world) && b.residents == residents);
        let fits = match same {
            Some(before) => before.fits.clone(),
            None if residents.is_empty() => Vec::new(),
            None => fits(universe, &leaves(&world), &residents)?,
        };
        let question = map::Question {
            chains: &world.chains,
            zone: &zone,
            reference: &reference,
            zone_companies: u32::try_from(residents.len()).unwrap_or(u32::MAX),
            reference_companies,
            fits: &fits,
        };
        let cells = map::cells(&question);
        let mut gaps = map::gaps(&question, &cells, &map::Weights::default());
        let counts =
            |g: &Gap| g.score * TargetWeights::chain(&written.zone, &world.chains.get(g.segment).0.id);
        gaps.sort_by(|a, b| counts(b).total_cmp(&counts(a)).then(a.segment.cmp(&b.segment)));
        let refused = written
            .refused
            .iter()
            .filter_map(|key| world.find(key).transpose())
            .collect::<anyhow::Result<_>>()?;
        Ok(ZoneView {
            residents,
            by_rule,
            unmatched,
            on_segment,
            cells,
            gaps,
            refused,
            reference_companies,
            fits,
            written,
            world,
        })
    }

    /// Whether a company is a resident.
    #[must_use]
    pub fn is_resident(&self, doc: Doc) -> bool {
        self.residents.binary_search(&doc).is_ok()
    }

    /// The verdict on a segment.
    #[must_use]
    pub fn verdict(&self, segment: SegmentNo) -> Verdict {
        self.cells.get(usize::from(segment.0)).map_or(Verdict::Missing, |c| c.verdict)
    }

    /// How many leaf segments of a chain have each verdict: strong, present, weak, missing.
    #[must_use]
    pub fn verdicts(&self, chain: usize) -> [usize; 4] {
        let mut counts = [0; 4];
        for cell in self.cells.iter().filter(|c| c.leaf && self.world.chains.locate(c.segment).0 == chain) {
            counts[cell.verdict as usize] += 1;
        }
        counts
    }

    /// Residents anywhere on a chain.
    #[must_use]
    pub fn on_chain(&self, chain: usize) -> usize {
        let mut docs: Vec<Doc> = self
            .world
            .chains
            .numbers()
            .filter(|&no| self.world.chains.locate(no).0 == chain)
            .flat_map(|no| self.on_segment[usize::from(no.0)].iter().copied())
            .collect();
        docs.sort_unstable();
        docs.dedup();
        docs.len()
    }

    /// The name of the reference.
    #[must_use]
    pub fn reference(&self, lang: crate::text::Lang) -> String {
        match &self.written.zone.reference {
            Reference::Nation => lang.t("全部企业库", "the whole universe").to_string(),
            Reference::Cities(cities) => {
                cities.iter().map(|&c| region_name(Some(c))).collect::<Vec<_>>().join(lang.t("、", ", "))
            }
        }
    }

    /// The question for targets: all gaps, or those among `segments` (none of them may be one), and this filter.
    ///
    /// One segment that is no gap is asked about as if it were one of weight 1: whom to invite to make it stronger.
    #[must_use]
    pub fn question(&self, segments: Option<&[SegmentNo]>, filter: Filter) -> Question {
        let weights = TargetWeights::of(&self.written.zone);
        let asked = |gap: &&Gap| segments.is_none_or(|s| s.contains(&gap.segment));
        let mut gaps: Vec<engine::targets::Gap> = self
            .gaps
            .iter()
            .filter(asked)
            .take(domain::limits::TARGET_GAPS)
            .filter_map(|gap| {
                let tag = self.world.universe.tag_of_segment(gap.segment)?;
                let buyers = gap.parts.iter().find(|p| p.part == Part::Buyers).map_or(0.0, |p| p.value);
                let chain =
                    TargetWeights::chain(&self.written.zone, &self.world.chains.get(gap.segment).0.id);
                let (weight, supply) = (gap.score * weights.gap * chain, buyers * weights.supply * chain);
                Some(engine::targets::Gap { tag, weight, supply })
            })
            .collect();
        if gaps.is_empty()
            && let Some([one]) = segments
        {
            let tag = self.world.universe.tag_of_segment(*one);
            gaps.extend(tag.map(|tag| engine::targets::Gap { tag, weight: 1.0, supply: 0.0 }));
        }
        Question {
            gaps,
            weights: weights.rest,
            outlook: self.outlook(),
            filter,
            residents: self.residents.clone(),
            refused: self.refused.clone(),
            per_gap: domain::limits::TARGETS_PER_GAP,
            overall: domain::limits::TARGETS_RANKED,
            threads: 1,
        }
    }

    /// Companies that a name on the list of residents could mean: key and name, at most five.
    ///
    /// # Errors
    /// A damaged record.
    pub fn candidates(&self, name: &str) -> anyhow::Result<Vec<(String, String)>> {
        const MOST: usize = 5;
        let docs = match self.world.by_name(name, self.written.zone.region) {
            Named::One(doc) => vec![doc],
            Named::Many(list) => list.iter().map(|c: &Candidate| Doc(c.company)).collect(),
            Named::None => Vec::new(),
        };
        let company = |doc| self.world.universe.company(doc).map(|c| (World::key(&c), c.name));
        docs.into_iter().take(MOST).map(company).collect()
    }

    /// Ranks targets.
    ///
    /// # Errors
    /// Weights beyond their limits.
    pub fn targets(&self, question: &Question) -> anyhow::Result<Answer> {
        engine::targets::answer(&self.world.universe, question)
    }

    /// Which gap segment stands behind a gap of a question.
    #[must_use]
    pub fn segment_of(&self, question: &Question, gap: u32) -> SegmentNo {
        SegmentNo(u16::try_from(question.gaps[gap as usize].tag.0).unwrap_or(u16::MAX))
    }

    fn outlook(&self) -> Outlook {
        const FOOTPRINT_LEVEL: u8 = 12;
        Outlook {
            home: self.written.zone.region.unwrap_or(RegionCode(0)),
            footprints: self.written.zone.footprints.iter().map(|&f| (f, FOOTPRINT_LEVEL)).collect(),
        }
    }
}

/// The weights of the target score, as a zone may edit them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TargetWeights {
    /// What a gap of score 1 is worth to a company that fits it fully.
    pub gap: f64,
    /// What residents who would buy from it add.
    pub supply: f64,
    /// The other features.
    pub rest: Weights,
}

impl TargetWeights {
    /// The names of the weights, in the order that pages list them.
    pub const NAMES: [&'static str; 8] =
        ["gap", "supply", "region", "capital", "insured", "growth", "maker", "risk"];

    /// The default of a weight.
    #[must_use]
    pub fn default_of(name: &str) -> f64 {
        let rest = Weights::default();
        match name {
            "gap" => 1.0,
            "supply" => 0.3,
            "region" => rest.region,
            "capital" => rest.capital,
            "insured" => rest.insured,
            "growth" => rest.growth,
            "maker" => rest.maker,
            "risk" => rest.risk,
            _ => 0.0,
        }
    }

    /// How much a chain counts for the zone: its pillar more than its future lines; 1 unless the zone says otherwise.
    #[must_use]
    pub fn chain(zone: &ZoneSettings, chain: &str) -> f64 {
        zone.weight(&TargetWeights::chain_name(chain)).map_or(1.0, |w| f64::from(w) / 1000.0)
    }

    /// The name under which a chain's weight is kept.
    #[must_use]
    pub fn chain_name(chain: &str) -> String {
        format!("chain-{chain}")
    }

    /// The weights of a zone: what it has set, defaults elsewhere.
    #[must_use]
    pub fn of(zone: &ZoneSettings) -> TargetWeights {
        let get = |name| {
            zone.weight(name).map_or_else(|| TargetWeights::default_of(name), |w| f64::from(w) / 1000.0)
        };
        TargetWeights {
            gap: get("gap"),
            supply: get("supply"),
            rest: Weights {
                region: get("region"),
                capital: get("capital"),
                insured: get("insured"),
                growth: get("growth"),
                maker: get("maker"),
                risk: get("risk"),
            },
        }
    }
}

/// Which segments have none below them, by number.
fn leaves(world: &World) -> Vec<bool> {
    let mut leaf = vec![true; world.chains.len()];
    for (c, chain) in world.chains.chains().iter().enumerate() {
        for parent in chain.segments.iter().filter_map(|s| s.parent) {
            leaf[usize::from(world.chains.number(c, parent).0)] = false;
        }
    }
    leaf
}

fn listed(world: &World, written: &Written) -> anyhow::Result<(HashSet<Doc>, Vec<Unmatched>)> {
    let mut docs = HashSet::with_capacity(written.residents.len());
    let mut unmatched = Vec::new();
    for (key, name) in &written.residents {
        if let Some(doc) = world.find(key)? {
            docs.insert(doc);
            continue;
        }
        // Whom it could mean is asked when it is shown: a hundred thousand fuzzy look-ups are too many for a page.
        unmatched.push(Unmatched { key: key.clone(), name: name.clone() });
    }
    Ok((docs, unmatched))
}

fn ruled(world: &World, zone: &ZoneSettings) -> anyhow::Result<Vec<Doc>> {
    let Some(rule) = &zone.resident_rule else { return Ok(Vec::new()) };
    let universe = &world.universe;
    let mut docs = Vec::new();
    for doc in universe.docs() {
        if !universe.region(doc).is_some_and(|r| covers(rule.region, r)) {
            continue;
        }
        let words = &rule.address_contains;
        if words.is_empty() || holds_one(&universe.company(doc)?.address, words) {
            docs.push(doc);
        }
    }
    Ok(docs)
}

fn holds_one(address: &str, words: &[String]) -> bool {
    words.iter().any(|word| address.contains(word.as_str()))
}

fn companies_in(world: &World, regions: &[RegionCode]) -> u32 {
    let universe = &world.universe;
    let inside = |doc: &Doc| {
        !universe.features(*doc).inactive
            && (regions.is_empty()
                || universe.region(*doc).is_some_and(|r| regions.iter().any(|&outer| covers(outer, r))))
    };
    u32::try_from(universe.docs().filter(inside).count()).unwrap_or(u32::MAX)
}

/// The full name of a division, `—` when unknown.
#[must_use]
pub fn region_name(code: Option<RegionCode>) -> String {
    code.and_then(domain::place::full_name).unwrap_or_else(|| "—".into())
}

/// Targets by province, for the filter.
#[must_use]
pub fn provinces() -> Vec<(RegionCode, &'static str)> {
    let by_code: BTreeMap<RegionCode, &'static str> =
        domain::place::all().filter(|(c, _)| *c == c.province()).collect();
    by_code.into_iter().collect()
}
