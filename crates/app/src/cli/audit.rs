//! `landfall audit`

use crate::backup::new_file::NewFile;
use crate::cli::Place;
use crate::web::session::hex;
use anyhow::{Context as _, Result, bail};
use clap::Subcommand;
use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use store::Actor;
use store::journal::Verified;

/// Read or verify the journal.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check the hash chain of the journal
    Verify {
        /// Check an export instead of the database
        #[arg(long, value_name = "FILE", conflicts_with_all = ["data_dir", "database"])]
        file: Option<PathBuf>,
        /// Where the instance keeps its data.
        #[command(flatten)]
        place: Place,
    },
    /// Write the journal to a new file as JSON lines, which anybody can check
    Export {
        /// The new file; it is never overwritten
        #[arg(long, value_name = "FILE")]
        to: PathBuf,
        /// Where the instance keeps its data.
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// The chain is broken, with the entry where it breaks.
pub async fn run(command: Audit) -> Result<()> {
    match command {
        Audit::Verify { file: Some(file), .. } => {
            let open = File::open(&file).with_context(|| format!("cannot open {}", file.display()))?;
            let verified = store::verify_export(&mut BufReader::new(open));
            report(&verified.with_context(|| file.display().to_string())?)
        }
        Audit::Verify { file: None, place } => report(&place.open().await?.store.verify_journal().await?),
        Audit::Export { to, place } => export(&to, &place).await,
    }
}

fn report(verified: &Verified) -> Result<()> {
    if let Some(broken) = &verified.broken {
        bail!("the journal breaks at entry {}: {}", broken.seq, broken.why);
    }
    say!("{} entries, chain intact, head {}", verified.entries, hex(&verified.hash));
    Ok(())
}

/// Writes the whole journal; the entry about the export itself is its last.
async fn export(to: &Path, place: &Place) -> Result<()> {
    let app = place.open().await?;
    let (now, new) = (app.clock.now(), NewFile::create(to)?);
    let entries = app.store.journal_head().await?.seq.unsigned_abs() + 1;
    app.store.note_export(&Actor::Cli, now, "journal", entries).await?;
    let mut export = app.store.export_journal(now).await?;
    let mut out = BufWriter::new(new.file());
    let context = || format!("cannot write {}", to.display());
    while let Some(lines) = export.next().await? {
        out.write_all(lines.as_bytes()).with_context(context)?;
    }
    out.flush().with_context(context)?;
    drop(out);
    new.keep()?;
    let head = export.head();
    say!("{}: {} entries, head {}", to.display(), head.seq, hex(&head.hash));
    Ok(())
}
