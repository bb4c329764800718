//! One import at a time, in the background: stage, match, build the next snapshot, swap it in.
//!
//! A crash loses nothing: the file and its finished parts are on disk, the import goes back to the queue at the next
//! start, and staging goes on behind the last finished part. Until the new snapshot is complete the old one serves.

use crate::app::App;
use crate::import::combine::{self, Plan};
use crate::intake::source::Source;
use crate::intake::stage::{self, Job, Staged, Summary};
use crate::world::{self, World};
use anyhow::{Context, Result, bail};
use domain::chain::{self, ChainSet};
use domain::intake::{Choice, Overrides};
use domain::limits;
use jiff::{SignedDuration, Timestamp};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use store::import::{Counts, Import, ImportKind, Outcome};
use store::resident::NewResident;
use store::Actor;
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
    /// Bytes read.
    pub bytes: AtomicU64,
    /// Bytes of the file.
    pub total: AtomicU64,
    /// Companies placed while building.
    pub placed: AtomicU64,
}

/// Works off the queue until the program ends.
pub fn spawn(app: App) -> JoinHandle<()> {
    tokio::spawn(async move {
        if let Err(error) = app.store.requeue_imports(app.clock.now(), app.clock.now()).await {
            tracing::error!(%error, "cannot bring back unfinished imports");
        }
        loop {
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

/// Does the next piece of work; answers whether there was any.
///
/// # Errors
/// The store fails, or chains cannot be placed again; a failing import is recorded with its error instead.
pub async fn step(app: &App) -> Result<bool> {
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
    let still = app.store.import(import.id).await?.is_some_and(|i| i.state == store::import::ImportState::Running);
    if !still {
        return Ok(());
    }
    let outcome = match result {
        Ok(counts) => Outcome::Done(counts),
        Err(error) => {
            tracing::warn!(import = import.id, error = format!("{error:#}"), "import failed");
            Outcome::Failed(Counts::default(), format!("{error:#}"))
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
    let staged_dir = dir.clone();
    let (counts, built) = spawn_blocking(move || -> Result<(Counts, bool)> {
        let summary = stage_file(&file, &dir, &name, &digest, &mapping, today, &gauge)?;
        let plan = combine::plan(world.as_deref(), &mut stage::staged(&dir)?)?;
        let counts = account(&dir, &summary, &plan)?;
        let stale = world.as_ref().is_none_or(|w| is_stale(w, &chains));
        if counts.changed == 0 && !stale {
            return Ok((counts, false));
        }
        let mut rows = stage::staged(&dir)?;
        let mut companies = combine::combined(world.as_deref(), &plan, &mut rows);
        let progress = |p: engine::snapshot::Progress| gauge.placed.store(p.done, Ordering::Relaxed);
        world::build(&config.snapshots(), &mut companies, &chains, today, created, &progress, &gauge.cancel)?;
        Ok((counts, true))
    })
    .await??;
    if built {
        app.engine.reload()?;
    }
    if import.kind == ImportKind::Residents {
        add_residents(app, import.id, &staged_dir).await?;
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
    let mut progress = |p: stage::Progress| {
        gauge.rows.store(p.rows, Ordering::Relaxed);
        gauge.bytes.store(p.bytes_done, Ordering::Relaxed);
        gauge.total.store(p.bytes_total, Ordering::Relaxed);
    };
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
    let mut fault = domain::intake::RowFault::whole(row.row, &row.company.name, domain::intake::Rule::AmbiguousName);
    fault.advice = format!("请填统一社会信用代码；可能是：{}", keys.join("、"));
    fault
}

async fn add_residents(app: &App, import: i64, dir: &Path) -> Result<()> {
    let dir: PathBuf = dir.to_path_buf();
    let rows: Vec<NewResident> = spawn_blocking(move || -> Result<Vec<NewResident>> {
        stage::staged(&dir)?
            .map(|row| row.map(|r| NewResident { key: World::key(&r.company), name: r.company.name, since: None }))
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
        let progress = |p: engine::snapshot::Progress| gauge.placed.store(p.done, Ordering::Relaxed);
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
        if let Ok(field) = serde_json::from_str(&mapping.field) {
            overrides.set(&mapping.heading, Choice { field: Some(field), unit: None });
        }
    }
    Ok(overrides)
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
        let counts = Counts { read: gauge.rows.load(Ordering::Relaxed), ..Counts::default() };
        match app.store.beat_import(app.clock.now(), import, counts).await {
            Ok(true) => {}
            Ok(false) => gauge.cancel.store(true, Ordering::Relaxed),
            Err(error) => tracing::warn!(%error, import, "cannot note progress"),
        }
    }
}

/// Removes uploads that nobody turned into an import within a day.
///
/// # Errors
/// The folder cannot be read.
pub async fn clean_uploads(app: &App) -> Result<()> {
    let folder = app.config.uploads();
    std::fs::create_dir_all(&folder)?;
    let mut kept = std::collections::HashSet::new();
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
