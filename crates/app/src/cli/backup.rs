//! `landfall backup` and `landfall restore`

use crate::backup::{read, write};
use crate::cli::{Place, demo};
use crate::clock::Clock;
use crate::web::session::hex;
use anyhow::{Result, ensure};
use clap::Args;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use store::{Actor, Store};

/// Make a backup, while the server runs.
#[derive(Debug, Args)]
pub struct Backup {
    #[command(flatten)]
    place: Place,
    /// The new file; it is never overwritten, and holds everything but passwords in clear: keep it as safe as the data
    #[arg(long, value_name = "FILE.lfb")]
    to: PathBuf,
}

/// Restore a backup into an empty place.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup
    #[arg(long, value_name = "FILE.lfb")]
    from: PathBuf,
    #[command(flatten)]
    place: Place,
}

/// Runs `landfall backup`.
///
/// # Errors
/// As [`write::make`].
pub async fn backup(args: Backup) -> Result<()> {
    let sample = demo::is_sample(&args.place.data_dir);
    let config = args.place.config(SocketAddr::from(([127, 0, 0, 1], 0)), sample, false);
    let store = Store::open_unchanged(&config.database()).await?;
    let now = Clock::System.now();
    let made = write::make(&config, &store, &args.to, now).await?;
    let rows: u64 = made.tables.iter().map(|t| t.rows).sum();
    // A full disk must not stand in the way of a backup to another disk.
    if let Err(error) = store.note_export(&Actor::Cli, now, "backup", rows).await {
        eprintln!("landfall: the backup is whole, but the journal could not note it: {error}");
    }
    store.close().await;
    say!(
        "{}: {rows} rows of {} tables and {} files, journal head {} at entry {}",
        args.to.display(),
        made.tables.len(),
        made.parts.len() - made.tables.len(),
        hex(&made.journal.hash),
        made.journal.seq
    );
    unwhole(&made.missing, "were not in the folder and are not in the backup", &config.data_dir);
    unwhole(&made.damaged, "do not have the bytes that their names promise", &config.data_dir);
    Ok(())
}

fn unwhole(files: &[String], what: &str, folder: &Path) {
    if !files.is_empty() {
        eprintln!("landfall: {} files under {} {what}: {}", files.len(), folder.display(), files.join(", "));
    }
}

/// Runs `landfall restore`.
///
/// # Errors
/// As [`read::restore`].
pub async fn restore(args: Restore) -> Result<()> {
    ensure!(args.from.is_file(), "there is no backup {}; name it with --from FILE.lfb", args.from.display());
    let data_dir = &args.place.data_dir;
    let (made, verified) =
        read::restore(&args.from, data_dir, args.place.database.as_deref(), Clock::System.now()).await?;
    let rows: u64 = made.tables.iter().map(|t| t.rows).sum();
    say!(
        "{}: {rows} rows of {} tables and {} files restored and checked, as of {}",
        data_dir.display(),
        made.tables.len(),
        made.parts.len() - made.tables.len(),
        made.made
    );
    say!("journal: {} entries, chain intact, head {}", verified.entries, hex(&verified.hash));
    unwhole(&made.missing, "were missing when the backup was made", data_dir);
    unwhole(&made.damaged, "were damaged when the backup was made", data_dir);
    Ok(())
}
