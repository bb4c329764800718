//! `landfall import FILE`: the same work as the pages', with its counts on standard output.

use crate::app::App;
use crate::cli::import_projects::{self, ProjectArgs};
use crate::cli::{Place, print_json};
use crate::import::{upload, worker};
use crate::intake::source;
use crate::web::session::{hex, random};
use anyhow::{Context, Result, bail};
use clap::{Args, ValueEnum};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use store::Actor;
use store::import::{Import, ImportKind, ImportState, NewImport};

/// Import a company list, or a table of projects.
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The file, or `-` for standard input
    file: PathBuf,
    #[command(flatten)]
    place: Place,
    /// What the list holds
    #[arg(long, value_enum, default_value = "universe")]
    kind: Kind,
    /// Print the counts as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    projects: ProjectArgs,
}

/// What a list holds.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Kind {
    /// Companies anywhere
    Universe,
    /// Companies of the zone
    Residents,
    /// Projects and signings, one a row (项目台账, 签约台账)
    Projects,
}

#[derive(Serialize)]
struct Printed {
    read: u64,
    accepted: u64,
    rejected: u64,
    changed: u64,
    rejects: Option<PathBuf>,
}

/// Runs the command.
///
/// # Errors
/// The file cannot be read, or the import fails.
pub async fn run(args: ImportArgs) -> Result<()> {
    let app = args.place.open().await?;
    let (name, sha256) = kept(&app, &args.file)?;
    let kind = match args.kind {
        Kind::Universe => ImportKind::Universe,
        Kind::Residents => ImportKind::Residents,
        Kind::Projects => return import_projects::run(&app, &sha256, &name, &args.projects, args.json).await,
    };
    let bytes = std::fs::metadata(app.config.uploads().join(&sha256))?.len();
    let new = NewImport { kind, file_name: name, sha256, bytes };
    let import = app.store.add_import(&Actor::Cli, app.clock.now(), &new).await?;
    let ticker = (!args.json).then(|| tokio::spawn(show(app.clone())));
    let done = work_off(&app, import.id).await;
    if let Some(ticker) = ticker {
        ticker.abort();
        eprintln!();
    }
    let done = done?;
    let rejects = app.config.staging().join(done.id.to_string()).join("rejects.csv");
    let printed = Printed {
        read: done.counts.read,
        accepted: done.counts.accepted,
        rejected: done.counts.rejected,
        changed: done.counts.changed,
        rejects: (done.counts.rejected > 0).then_some(rejects),
    };
    if args.json {
        return print_json(&printed);
    }
    say!("read     {}", printed.read);
    say!("accepted {}", printed.accepted);
    say!("rejected {}", printed.rejected);
    say!("changed  {}", printed.changed);
    if let Some(rejects) = printed.rejects {
        say!("rejected rows with their reasons: {}", rejects.display());
    }
    Ok(())
}

/// Puts the file among the uploads; its name and its SHA-256.
fn kept(app: &App, file: &Path) -> Result<(String, String)> {
    let uploads = app.config.uploads();
    std::fs::create_dir_all(&uploads)?;
    let (name, beside) = if file.as_os_str() == "-" {
        ("stdin".to_string(), source::spool(std::io::stdin().lock(), &uploads)?)
    } else {
        let name =
            file.file_name().map_or_else(|| "file".into(), |n| upload::shown_name(&n.to_string_lossy()));
        let beside = uploads.join(format!("part-{}", hex(&random::<8>()?)));
        std::fs::copy(file, &beside).with_context(|| format!("cannot read {}", file.display()))?;
        (name, beside)
    };
    Ok((name, upload::keep(&beside)?))
}

/// Works until the import has ended; another process that serves the same folder may do the work.
async fn work_off(app: &App, id: i64) -> Result<Import> {
    let stop = app.clone();
    let interrupt = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            // Cancelling an import that has just ended is no fault.
            let _ = stop.store.cancel_import(&Actor::Cli, stop.clock.now(), id).await;
        }
    });
    let done = loop {
        let import = app.store.import(id).await?.context("the import is gone")?;
        match import.state {
            ImportState::Done => break import,
            ImportState::Failed => bail!("{}", import.error.unwrap_or_default()),
            ImportState::Cancelled => bail!("cancelled; nothing was changed"),
            // One that runs is another process's, unless that has died: then the next step takes it over.
            ImportState::Queued | ImportState::Running => {
                if !worker::step(app).await? {
                    tokio::time::sleep(std::time::Duration::from_millis(200)).await;
                }
            }
        }
    };
    interrupt.abort();
    app.engine.reload()?;
    Ok(done)
}

async fn show(app: App) {
    loop {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let running = app.engine.running.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(running) = running {
            let gauge = &running.gauge;
            let seconds = app.clock.now().duration_since(running.since).as_secs_f64();
            let (rows, placed) = (gauge.rows.load(Ordering::Relaxed), gauge.placed.load(Ordering::Relaxed));
            let (bytes, total) = (gauge.bytes.load(Ordering::Relaxed), gauge.total.load(Ordering::Relaxed));
            let left = total.saturating_sub(bytes) as f64 * seconds / bytes.max(1) as f64;
            let rate = rows as f64 / seconds.max(0.001);
            eprint!("\r{rows} rows, {rate:.0} rows/s, {left:.0} s left; {placed} placed   ");
        }
    }
}
