//! `landfall evidence verify`

use crate::cli::Place;
use crate::evidence::keep::{Health, health};
use anyhow::{Result, bail};
use clap::Subcommand;

/// Check the files that prove facts.
#[derive(Debug, Subcommand)]
pub enum Evidence {
    /// Hash every file and say which are missing or altered
    Verify {
        /// Where the instance keeps its data.
        #[command(flatten)]
        place: Place,
    },
}

/// Runs the command.
///
/// # Errors
/// A file is missing or altered: each is named.
pub async fn run(command: Evidence) -> Result<()> {
    let Evidence::Verify { place } = command;
    let app = place.open().await?;
    let (mut after, mut sound, mut bad) = (String::new(), 0u64, 0u64);
    loop {
        let files = app.store.files_after(&after).await?;
        let Some(last) = files.last() else { break };
        after.clone_from(&last.file.sha256);
        for file in files {
            match health(&app.config, &file.file, &mut u64::MAX.clone())? {
                Health::Sound | Health::Unread => sound += 1,
                Health::Missing => {
                    bad += 1;
                    say!("missing  {}  {}", file.file.sha256, file.file.name);
                }
                Health::Altered => {
                    bad += 1;
                    say!("altered  {}  {}", file.file.sha256, file.file.name);
                }
            }
        }
    }
    if bad > 0 {
        bail!("{bad} of {} files are missing or altered: restore them from a backup", sound + bad);
    }
    say!("{sound} files, all as they were recorded");
    Ok(())
}
