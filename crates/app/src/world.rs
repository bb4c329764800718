//! The universe that serves now, with its names and chains, and the limited bridge that pages compute over it by.

use crate::config::Config;
use crate::web::error::WebError;
use anyhow::{Context, Result};
use domain::chain::{self, ChainSet};
use domain::company::{Company, RegionCode, Uscc};
use domain::limits;
use domain::name::fold;
use engine::names::{AliasKind, Candidate, NameEntry, NameIndex, Reason, Tier};
use engine::place::Dictionary;
use engine::snapshot::{self, BuildOptions, Doc, Manifest, Progress, Universe};
use jiff::civil::Date;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::Semaphore;

const NAMES: &str = "names.bin";

/// One open snapshot with all that belongs to it.
#[derive(Debug)]
pub struct World {
    /// Companies, placements, postings.
    pub universe: Universe,
    /// Names of all companies.
    pub names: NameIndex,
    /// The chains that the snapshot was built with, in the order of its segment numbers.
    pub chains: ChainSet,
}

impl World {
    /// Opens the snapshot that serves under `root`; `None` when there is none yet.
    ///
    /// # Errors
    /// The snapshot is damaged or of an unknown format.
    pub fn open(root: &Path) -> Result<Option<World>> {
        if !root.join("CURRENT").exists() {
            return Ok(None);
        }
        let universe = Universe::open(root)?;
        let names = NameIndex::open(&universe.dir().join(NAMES))?;
        let chains = universe
            .manifest()
            .chains
            .iter()
            .map(|entry| {
                let path = universe.dir().join(chain_file(&entry.id));
                let text = std::fs::read_to_string(&path)
                    .with_context(|| format!("the snapshot has lost {}; build it again", path.display()))?;
                chain::parse(&text).map_err(|f| anyhow::anyhow!("{}: {:?}", path.display(), f.first()))
            })
            .collect::<Result<Vec<_>>>()?;
        let chains = ChainSet::new(chains).map_err(anyhow::Error::msg)?;
        Ok(Some(World { universe, names, chains }))
    }

    /// The short name of the snapshot, for pages.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.universe.manifest().id
    }

    /// What a company is called in addresses and in the store: its credit code, else `=` and its name.
    #[must_use]
    pub fn key(company: &Company) -> String {
        match &company.uscc {
            Some(code) => code.as_str().to_string(),
            None => format!("={}", company.name),
        }
    }

    /// The company with a key.
    ///
    /// # Errors
    /// A damaged record.
    pub fn find(&self, key: &str) -> Result<Option<Doc>> {
        match key.strip_prefix('=') {
            None => self.universe.find_uscc(key),
            Some(name) => Ok(match self.by_name(name, None) {
                Named::One(doc) => Some(doc),
                Named::Many(candidates) => self.uncoded(name, &candidates)?,
                Named::None => None,
            }),
        }
    }

    /// The one company without a credit code that bears `name` now; others may have borne it once, or bear it with a code.
    ///
    /// # Errors
    /// A damaged record.
    pub fn uncoded(&self, name: &str, candidates: &[Candidate]) -> Result<Option<Doc>> {
        let mut found = Vec::new();
        for candidate in candidates.iter().filter(|c| c.reason == Reason::SameName) {
            let company = self.universe.company(Doc(candidate.company))?;
            if company.uscc.is_none() && fold(&company.name) == fold(name) {
                found.push(Doc(candidate.company));
            }
        }
        Ok(if let [one] = found[..] { Some(one) } else { None })
    }

    /// The one company that carries exactly this name (present, former or short), if it is one.
    #[must_use]
    pub fn by_name(&self, name: &str, hint: Option<RegionCode>) -> Named {
        let answer = self.names.resolve(name, hint, 10);
        match answer.tier {
            Tier::Exact => answer.candidates.first().map_or(Named::None, |c| Named::One(Doc(c.company))),
            Tier::None => Named::None,
            Tier::Confident | Tier::Suggest => {
                if answer.candidates.is_empty() {
                    Named::None
                } else {
                    Named::Many(answer.candidates)
                }
            }
        }
    }
}

/// What a name leads to.
#[derive(Clone, Debug, PartialEq)]
pub enum Named {
    /// Exactly one company carries it.
    One(Doc),
    /// Several could be meant, or only similar ones were found; a person decides.
    Many(Vec<Candidate>),
    /// Nothing fits.
    None,
}

/// Builds the next snapshot from `companies` and makes it the one that serves.
///
/// # Errors
/// As [`snapshot::build`].
pub fn build(
    root: &Path,
    companies: &mut dyn Iterator<Item = Result<Company>>,
    chains: &ChainSet,
    as_of: Date,
    created_at: String,
    progress: &dyn Fn(Progress),
    cancel: &AtomicBool,
) -> Result<Manifest> {
    let dictionary = Dictionary::new(chains)?;
    let place = |company: &Company| dictionary.place(company);
    let extra = |universe: &Universe| -> Result<()> {
        for chain in chains.chains() {
            std::fs::write(universe.dir().join(chain_file(&chain.id)), chain::to_toml(chain))?;
        }
        index_names(universe)
    };
    let options = BuildOptions { created_at, as_of, extra: Some(&extra) };
    snapshot::build(root, companies, chains, &place, &options, progress, cancel)
}

fn index_names(universe: &Universe) -> Result<()> {
    let mut failed = None;
    let mut entries = universe.docs().flat_map(|doc| match universe.company(doc) {
        Ok(company) => entries(doc, company),
        Err(error) => {
            failed.get_or_insert(error);
            Vec::new()
        }
    });
    engine::names::build(&universe.dir().join(NAMES), &mut entries)?;
    drop(entries);
    failed.map_or(Ok(()), Err)
}

fn entries(doc: Doc, company: Company) -> Vec<NameEntry> {
    let region = company.region;
    let one = |name: String, kind| NameEntry { name, company: doc.0, kind, region };
    let mut out = vec![one(company.name, AliasKind::Legal)];
    out.extend(company.former_names.into_iter().map(|n| one(n, AliasKind::Former)));
    out.extend(company.short_names.into_iter().map(|n| one(n, AliasKind::Short)));
    out
}

fn chain_file(id: &str) -> String {
    format!("chain-{id}.toml")
}

/// The bridge to the engine: at most [`limits::COMPUTE_SLOTS`] computations run at once.
#[derive(Debug)]
pub struct Engine {
    root: PathBuf,
    slots: Arc<Semaphore>,
    world: RwLock<Option<Arc<World>>>,
    /// The last zone view, with what it was computed from.
    pub(crate) view: Mutex<Option<crate::view::Kept>>,
    /// Held by whoever computes the next view.
    pub(crate) view_turn: tokio::sync::Mutex<()>,
    /// Who claims what, following the store.
    pub(crate) claims: crate::lead::claims::Follower,
    /// What the worker is doing, by import.
    pub(crate) running: Mutex<Option<crate::import::worker::Running>>,
}

impl Engine {
    /// A bridge over the snapshots of `config`; nothing is opened yet.
    #[must_use]
    pub fn new(config: &Config) -> Engine {
        Engine {
            root: config.snapshots(),
            slots: Arc::new(Semaphore::new(limits::COMPUTE_SLOTS)),
            world: RwLock::new(None),
            view: Mutex::new(None),
            view_turn: tokio::sync::Mutex::new(()),
            claims: crate::lead::claims::Follower::default(),
            running: Mutex::new(None),
        }
    }

    /// Opens the snapshot that serves now; called at start and after each build.
    ///
    /// # Errors
    /// The snapshot is damaged; what served before goes on serving.
    pub fn reload(&self) -> Result<()> {
        let world = World::open(&self.root)?.map(Arc::new);
        *self.world.write().unwrap_or_else(PoisonError::into_inner) = world;
        Ok(())
    }

    /// Opens the snapshot that serves now when another process has built it since the last reload.
    ///
    /// # Errors
    /// As [`Engine::reload`].
    pub fn catch_up(&self) -> Result<()> {
        let Ok(id) = std::fs::read_to_string(self.root.join("CURRENT")) else { return Ok(()) };
        if self.world().is_none_or(|w| w.id() != id.trim()) {
            self.reload()?;
        }
        Ok(())
    }

    /// The world that serves now; `None` before the first import.
    #[must_use]
    pub fn world(&self) -> Option<Arc<World>> {
        self.world.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs `work` on a thread of its own.
    ///
    /// # Errors
    /// 503 when no slot is free within [`limits::COMPUTE_WAIT_SECONDS`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WebError> {
        let wait = Duration::from_secs(limits::COMPUTE_WAIT_SECONDS);
        let permit = tokio::time::timeout(wait, self.slots.clone().acquire_owned())
            .await
            .map_err(|_| WebError::busy())?
            .map_err(|e| WebError::from(anyhow::Error::new(e)))?;
        let work = move || {
            let _permit = permit;
            work()
        };
        Ok(tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::new)?)
    }
}

/// A credit code typed by somebody, when it is one.
#[must_use]
pub fn typed_code(text: &str) -> Option<Uscc> {
    Uscc::parse(text).ok()
}
