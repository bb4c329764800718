//! `landfall audit verify`

use crate::cli::Place;
use anyhow::{Result, bail};
use clap::Subcommand;

/// Read or verify the journal.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Check the hash chain of the journal
    Verify {
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
    let Audit::Verify { place } = command;
    let app = place.open().await?;
    let verified = app.store.verify_journal().await?;
    if let Some(broken) = verified.broken {
        bail!("the journal breaks at entry {}: {}", broken.seq, broken.why);
    }
    println!("{} entries, chain intact, head {}", verified.entries, crate::web::session::hex(&verified.hash));
    Ok(())
}
