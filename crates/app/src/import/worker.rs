//! One import at a time, in the background: stage, match, build the next snapshot, swap it in.
//!
//! A crash loses nothing: the file and its finished parts are on disk, the import goes back to the queue at the next
//! start, and staging goes on behind the last finished part. Until the new snapshot is complete the old one serves.
//!
//! The server and the command line may work on one data folder: a lock on it ([`Turn`]) lets one of them work at a time,
//! each from the snapshot that the other left, so that neither loses what the other has brought in.

use crate::app::App;
use crate::import::combine::{self, Plan};
use crate::intake::source::Source;
use crate::intake::stage::{self, Job, Staged, Summary};
use crate::world::{self, World};
use anyhow::{Context, Result, bail, ensure};
use domain::chain::{self, ChainSet};
use domain::company::Currency;
use domain::intake::{Choice, Field, Overrides};
use domain::limits;
use domain::money::Unit;
use engine::snapshot::Step;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashSet;
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::Actor;
use store::import::{Counts, Import, ImportKind, ImportState, Outcome};
use store::resident::NewResident;
use tokio::task::{JoinHandle, spawn_blocking};

/// What the worker is doing now.
#[derive(Clone, Debug)]
pub struct Running {
    /// The import; `None` while chains are placed again.
    pub import: Option<i64>,
    /// Since when.
    pub since: Timestamp,
    /// Progress, shared with the working thread.
    pub gauge: Arc<Gauge>,
}

/// Progress of the work under way.
#[derive(Debug, Default)]
pub struct Gauge {
    /// Set to stop.
    pub cancel: AtomicBool,
    /// Rows read.
    pub rows: AtomicU64,
    /// Those of them that were rejected.
    pub rejected: AtomicU64,
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Bytes of the file.
    pub total: AtomicU64,
    /// Companies placed while building.
    pub placed: AtomicU64,
}

impl Gauge {
    /// The rows so far: every one accepted or rejected, none of them in the universe yet.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let read = self.rows.load(Ordering::Relaxed);
        let rejected = self.rejected.load(Ordering::Relaxed).min(read);
        Counts { read, accepted: read - rejected, rejected, changed: 0 }
    }

    fn note(&self, p: stage::Progress) {
        self.rejected.store(p.rejected, Ordering::Relaxed);
        self.rows.store(p.rows, Ordering::Relaxed);
        self.bytes.store(p.bytes_done, Ordering::Relaxed);
        self.total.store(p.bytes_total, Ordering::Relaxed);
    }

    fn note_build(&self, p: engine::snapshot::Progress) {
        if p.step == Step::Companies {
            self.placed.store(p.done, Ordering::Relaxed);
        }
    }

    fn check(&self) -> Result<()> {
        ensure!(!self.cancel.load(Ordering::Relaxed), "cancelled");
        Ok(())
    }
}

/// The right to work on a data folder: of all processes one has it, until it is dropped or its process ends.
#[derive(Debug)]
struct Turn(File);

impl Turn {
    /// `None` while another worker has it.
    fn take(folder: &Path) -> Result<Option<Turn>> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join("LOCK");
        let file = File::create(&path).with_context(|| format!("cannot create {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Turn(file))),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }
}

impl Drop for Turn {
    /// Says so, rather than only closing the file: a child that is just being started still shares it for a moment.
    fn drop(&mut self) {
        let _ = self.0.unlock();
    }
}

/// Works off the queue until the program ends.
pub fn spawn(app: App) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut cleaned = app.clock.now();
        loop {
            if app.clock.now().duration_since(cleaned) > SignedDuration::from_hours(1) {
                cleaned = app.clock.now();
                if let Err(error) = clean_uploads(&app).await {
                    tracing::warn!(error = format!("{error:#}"), "cannot remove old uploads");
                }
                if let Err(error) = expire_sessions(&app, cleaned).await {
                    tracing::warn!(%error, "cannot end expired sessions");
                }
            }
            match step(&app).await {
                // The next page need not wait for the map; if it fails here, the page says why.
                Ok(true) => drop(crate::view::find(&app).await),
                Ok(false) => tokio::time::sleep(Duration::from_millis(500)).await,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "import worker");
                    tokio::time::sleep(Duration::from_secs(5)).await;
                }
            }
        }
    })
}

/// Does the next piece of work; answers whether there was any. While another process works on the folder there is none.
///
/// # Errors
/// The store or the folder fails, or chains cannot be placed again; a failing import is recorded with its error instead.
pub async fn step(app: &App) -> Result<bool> {
    let Some(_turn) = Turn::take(&app.config.staging())? else {
        app.engine.catch_up()?;
        return Ok(false);
    };
    // Nobody else works here: an import that runs by the store was left by a process that died.
    app.store.requeue_imports(app.clock.now(), app.clock.now()).await?;
    app.engine.catch_up()?;
    if let Some(import) = app.store.claim_import(app.clock.now()).await? {
        run(app, import).await?;
        return Ok(true);
    }
    replace_if_stale(app).await
}

async fn run(app: &App, import: Import) -> Result<()> {
    let gauge = start(app, Some(import.id));
    let beat = tokio::spawn(beat(app.clone(), import.id, gauge.clone()));
    let result = bring_in(app, &import, &gauge).await;
    beat.abort();
    stop(app);
    let now = app.clock.now();
    let running = app.store.import(import.id).await?.is_some_and(|i| i.state == ImportState::Running);
    let outcome = match result {
        Ok(counts) => Outcome::Done(counts),
        // Cancelled: the store says so already.
        Err(_) if !running => return Ok(()),
        Err(error) => {
            tracing::warn!(import = import.id, error = format!("{error:#}"), "import failed");
            Outcome::Failed(gauge.counts(), format!("{error:#}"))
        }
    };
    app.store.finish_import(now, import.id, &outcome).await?;
    Ok(())
}

async fn bring_in(app: &App, import: &Import, gauge: &Arc<Gauge>) -> Result<Counts> {
    let mapping = overrides(app).await?;
    let chains = chains(app).await?;
    let (config, today) = (app.config.clone(), app.clock.today());
    let created = app.clock.now().to_string();
    let world = app.engine.world();
    let (file, dir) = (config.uploads().join(&import.sha256), config.staging().join(import.id.to_string()));
    let (name, digest, gauge) = (import.file_name.clone(), import.sha256.clone(), gauge.clone());
    let (staged_dir, kind) = (dir.clone(), import.kind);
    let (counts, built, unclear) = spawn_blocking(move || -> Result<(Counts, bool, HashSet<u64>)> {
        let summary = stage_file(&file, &dir, &name, &digest, &mapping, today, &gauge)?;
        let most = if kind == ImportKind::Residents { limits::RESIDENTS as u64 } else { u64::MAX };
        ensure!(summary.accepted <= most, "{} residents; a zone may have at most {most}", summary.accepted);
        let mut rows = stage::staged(&dir)?.map(|row| gauge.check().and(row));
        let plan = combine::plan(world.as_deref(), &mut rows)?;
        let counts = account(&dir, &summary, &plan)?;
        let unclear = plan.ambiguous.iter().map(|(row, _)| row.row).collect();
        let stale = world.as_ref().is_none_or(|w| is_stale(w, &chains));
        if counts.changed == 0 && !stale {
            return Ok((counts, false, unclear));
        }
        let mut rows = stage::staged(&dir)?;
        let mut companies = combine::combined(world.as_deref(), &plan, &mut rows);
        let progress = |p| gauge.note_build(p);
        world::build(&config.snapshots(), &mut companies, &chains, today, created, &progress, &gauge.cancel)?;
        Ok((counts, true, unclear))
    })
    .await??;
    if built {
        app.engine.reload()?;
    }
    if import.kind == ImportKind::Residents {
        add_residents(app, import.id, &staged_dir, unclear).await?;
    }
    Ok(counts)
}

fn stage_file(
    file: &Path,
    dir: &Path,
    name: &str,
    digest: &str,
    overrides: &Overrides,
    today: jiff::civil::Date,
    gauge: &Gauge,
) -> Result<Summary> {
    let source = Source::open(file, None)?;
    let mapping = source.mapping(overrides);
    let job = Job { dir, source_name: name, digest, today, part_rows: stage::PART_ROWS };
    let mut progress = |p| gauge.note(p);
    match stage::stage(source, &mapping, &job, &mut progress, &gauge.cancel)? {
        stage::Outcome::Complete(summary) => Ok(summary),
        stage::Outcome::Cancelled(_) => bail!("cancelled"),
    }
}

/// The counts of the whole import; rows that could mean several companies join the rejected ones.
fn account(dir: &Path, summary: &Summary, plan: &Plan) -> Result<Counts> {
    let unclear = plan.ambiguous.len() as u64;
    if unclear > 0 {
        stage::reject_more(dir, &plan.ambiguous.iter().map(unclear_row).collect::<Vec<_>>())?;
    }
    Ok(Counts {
        read: summary.read,
        accepted: summary.accepted - unclear,
        rejected: summary.rejected + unclear,
        changed: plan.changed(),
    })
}

fn unclear_row((row, keys): &(Staged, Vec<String>)) -> domain::intake::RowFault {
    let mut fault =
        domain::intake::RowFault::whole(row.row, &row.company.name, domain::intake::Rule::AmbiguousName);
    fault.advice = format!("请填统一社会信用代码；可能是：{}", keys.join("、"));
    fault
}

/// Every accepted row is a resident; `unclear` rows were rejected beside the universe and are none.
async fn add_residents(app: &App, import: i64, dir: &Path, unclear: HashSet<u64>) -> Result<()> {
    let dir: PathBuf = dir.to_path_buf();
    let rows: Vec<NewResident> = spawn_blocking(move || -> Result<Vec<NewResident>> {
        stage::staged(&dir)?
            .filter(|row| !row.as_ref().is_ok_and(|r| unclear.contains(&r.row)))
            .map(|row| {
                row.map(|r| NewResident { key: World::key(&r.company), name: r.company.name, since: None })
            })
            .collect()
    })
    .await??;
    app.store.add_residents(&Actor::System, app.clock.now(), Some(import), &rows).await?;
    Ok(())
}

/// Places everything again when the chains in use differ from those of the snapshot.
async fn replace_if_stale(app: &App) -> Result<bool> {
    let Some(world) = app.engine.world() else { return Ok(false) };
    let chains = chains(app).await?;
    if !is_stale(&world, &chains) {
        return Ok(false);
    }
    let gauge = start(app, None);
    let (root, today, created) = (app.config.snapshots(), app.clock.today(), app.clock.now().to_string());
    let result = spawn_blocking(move || {
        let mut companies = world.universe.companies();
        let progress = |p| gauge.note_build(p);
        world::build(&root, &mut companies, &chains, today, created, &progress, &gauge.cancel)
    })
    .await;
    stop(app);
    result.context("placing again")??;
    app.engine.reload()?;
    Ok(true)
}

fn is_stale(world: &World, chains: &ChainSet) -> bool {
    world.chains != *chains
}

/// The chains in use: the enabled files of the store, else the built-in ones.
///
/// # Errors
/// The store fails, or a kept file does not parse (it was checked before it was kept).
pub async fn chains(app: &App) -> Result<ChainSet> {
    let files = app.store.chain_files().await?;
    let all: Result<Vec<_>> = if files.is_empty() {
        chain::builtin::all().map_err(|f| anyhow::anyhow!("a built-in chain has faults: {:?}", f.first()))
    } else {
        files
            .iter()
            .filter(|f| f.enabled)
            .map(|f| chain::parse(&f.text).map_err(|e| anyhow::anyhow!("chain {}: {:?}", f.chain, e.first())))
            .collect()
    };
    ChainSet::new(all?).map_err(anyhow::Error::msg)
}

/// The column choices that people have made.
///
/// # Errors
/// Only when the database fails.
pub async fn overrides(app: &App) -> Result<Overrides> {
    let mut overrides = Overrides::default();
    for mapping in app.store.column_mappings().await? {
        if let Some(choice) = choice_of(&mapping.field) {
            overrides.set(&mapping.heading, choice);
        }
    }
    Ok(overrides)
}

/// Units that a column of money may stand in: the word of forms and of the store, and what it means.
pub const UNITS: [(&str, Unit); 2] = [
    ("元", Unit { scale: 1, currency: Currency::Cny }),
    ("万元", Unit { scale: 10_000, currency: Currency::Cny }),
];

/// A choice as the store keeps it: the field in JSON, and behind it ` @万元` where a unit was said.
#[must_use]
pub fn choice_text(field: Field, unit: Option<Unit>) -> String {
    let word = unit.and_then(|unit| UNITS.iter().find(|u| u.1 == unit)).map(|u| format!(" @{}", u.0));
    serde_json::to_string(&field).unwrap_or_default() + &word.unwrap_or_default()
}

/// The choice that the store kept; `None` for a field that this program does not know.
#[must_use]
pub fn choice_of(text: &str) -> Option<Choice> {
    let (field, word) = text.split_once(" @").unwrap_or((text, ""));
    let unit = UNITS.iter().find(|u| u.0 == word).map(|u| u.1);
    Some(Choice { field: Some(serde_json::from_str(field).ok()?), unit })
}

fn start(app: &App, import: Option<i64>) -> Arc<Gauge> {
    let gauge = Arc::new(Gauge::default());
    let running = Running { import, since: app.clock.now(), gauge: gauge.clone() };
    *app.engine.running.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
    gauge
}

fn stop(app: &App) {
    *app.engine.running.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

/// Tells the store every second how far the import is, and the thread when somebody has cancelled it.
async fn beat(app: App, import: i64, gauge: Arc<Gauge>) {
    loop {
        tokio::time::sleep(Duration::from_secs(1)).await;
        match app.store.beat_import(app.clock.now(), import, gauge.counts()).await {
            Ok(true) => {}
            Ok(false) => gauge.cancel.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, import, "cannot note progress"),
        }
    }
}

/// Ends sessions that expired, or that nobody has used for as long as the zone allows.
async fn expire_sessions(app: &App, now: Timestamp) -> store::Result<u64> {
    let zone = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    app.store.expire_sessions(now, zone.idle()).await
}

/// Removes uploads that nobody turned into an import within a day.
///
/// # Errors
/// The folder cannot be read.
pub async fn clean_uploads(app: &App) -> Result<()> {
    let folder = app.config.uploads();
    std::fs::create_dir_all(&folder)?;
    let mut kept = HashSet::new();
    let mut page = store::Page::first();
    loop {
        let imports = app.store.imports(page).await?;
        if imports.is_empty() {
            break;
        }
        kept.extend(imports.into_iter().map(|i| i.sha256));
        page = page.next();
    }
    let day_ago = app.clock.now() - SignedDuration::from_hours(limits::UPLOAD_HOURS);
    for entry in std::fs::read_dir(&folder)? {
        let entry = entry?;
        let old = Timestamp::try_from(entry.metadata()?.modified()?).is_ok_and(|t| t < day_ago);
        if old && !kept.contains(&*entry.file_name().to_string_lossy()) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::config::Config;
    use crate::import::upload::keep;
    use store::Store;
    use store::import::NewImport;

    async fn instance(dir: &Path) -> App {
        let config = Config {
            data_dir: dir.to_path_buf(),
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            database: None,
            sample: false,
            https: false,
            trust_proxy: false,
            public: None,
            sm2: false,
            coop_every: crate::config::COOP_EVERY,
        };
        let store = Store::open(&config.database(), Clock::System.now()).await.unwrap();
        App::new(config, store, Clock::System)
    }

    async fn queue(app: &App, text: &str) -> i64 {
        std::fs::create_dir_all(app.config.uploads()).unwrap();
        let beside = app.config.uploads().join("part-test");
        std::fs::write(&beside, text).unwrap();
        let new = NewImport {
            kind: ImportKind::Universe,
            file_name: "test.csv".into(),
            sha256: keep(&beside).unwrap(),
            bytes: text.len() as u64,
        };
        app.store.add_import(&Actor::Cli, app.clock.now(), &new).await.unwrap().id
    }

    fn companies(app: &App) -> u32 {
        app.engine.world().map_or(0, |w| w.universe.manifest().companies)
    }

    #[test]
    fn one_worker_at_a_time_has_the_folder() {
        let dir = tempfile::tempdir().unwrap();
        let turn = Turn::take(dir.path()).unwrap();
        assert!(turn.is_some());
        assert!(Turn::take(dir.path()).unwrap().is_none());
        drop(turn);
        assert!(Turn::take(dir.path()).unwrap().is_some());
    }

    #[tokio::test]
    async fn two_processes_on_one_folder_lose_nothing_of_each_other() {
        let dir = tempfile::tempdir().unwrap();
        let (server, cli) = (instance(dir.path()).await, instance(dir.path()).await);
        queue(&cli, "企业名称,经营范围\n镇江甲样板有限公司,船用柴油机制造\n").await;
        assert!(step(&cli).await.unwrap());
        assert_eq!((companies(&cli), companies(&server)), (1, 0));
        let turn = Turn::take(&server.config.staging()).unwrap();
        queue(&server, "企业名称,经营范围\n镇江乙样板有限公司,船用曲轴制造\n").await;
        assert!(!step(&server).await.unwrap(), "another process works");
        assert_eq!(companies(&server), 1, "but what it has built is served");
        drop(turn);
        assert!(step(&server).await.unwrap());
        assert_eq!(companies(&server), 2, "the first import is still there");
    }

    #[tokio::test]
    async fn a_name_that_another_company_once_bore_stays_the_one_it_was() {
        let dir = tempfile::tempdir().unwrap();
        let app = instance(dir.path()).await;
        let list = "企业名称,统一社会信用代码,曾用名,经营范围\n\
            镇江新名样板有限公司,91350100M000100Y43,镇江旧名样板有限公司,船用柴油机制造\n\
            镇江旧名样板有限公司,,,船用曲轴制造\n";
        for changed in [2, 0] {
            let id = queue(&app, list).await;
            assert!(step(&app).await.unwrap());
            let counts = app.store.import(id).await.unwrap().unwrap().counts;
            assert_eq!(counts, Counts { read: 2, accepted: 2, rejected: 0, changed });
        }
        let world = app.engine.world().unwrap();
        let doc = world.find("=镇江旧名样板有限公司").unwrap().unwrap();
        assert_eq!(world.universe.company(doc).unwrap().scope, "船用曲轴制造");
    }

    #[tokio::test]
    async fn an_import_that_a_dead_process_left_is_taken_up_and_a_failed_one_says_why() {
        let dir = tempfile::tempdir().unwrap();
        let app = instance(dir.path()).await;
        let id = queue(&app, "企业名称,经营范围\n镇江甲样板有限公司,船用柴油机制造\n,没有名称\n").await;
        app.store.claim_import(app.clock.now()).await.unwrap().unwrap();
        assert!(step(&app).await.unwrap());
        let done = app.store.import(id).await.unwrap().unwrap();
        assert_eq!(done.state, ImportState::Done);
        assert_eq!(done.counts, Counts { read: 2, accepted: 1, rejected: 1, changed: 1 });
        let id = queue(&app, "没有,表头\n1,2\n").await;
        assert!(step(&app).await.unwrap());
        let failed = app.store.import(id).await.unwrap().unwrap();
        assert_eq!((failed.state, failed.counts), (ImportState::Failed, Counts::default()));
        assert!(failed.error.is_some());
    }
}
