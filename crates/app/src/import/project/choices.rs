//! What people say about an uploaded table before it is imported: its sheet, its day, its columns, and which row is which project.
//! Kept beside the uploads, by the file's SHA-256; nothing of it is a fact.

use crate::app::App;
use crate::intake::stage::write_whole;
use crate::web::error::{Result, WebError};
use domain::intake::project::{Choice, Mode};
use domain::limits;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which project a row is about, as a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// A new one.
    New,
    /// This one.
    Project(i64),
}

/// What people said about a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// The name that the file came with.
    pub name: String,
    /// The sheet; `None` for the first that looks like a table of projects.
    pub sheet: Option<String>,
    /// The day up to which the table says what holds.
    pub as_of: Date,
    /// What a differing setting is.
    pub mode: Mode,
    /// Columns by place, from 0.
    pub columns: BTreeMap<usize, Choice>,
    /// Rows by number.
    pub picks: BTreeMap<u64, Pick>,
}

impl Choices {
    /// What holds before anybody said anything.
    #[must_use]
    pub fn new(name: &str, today: Date) -> Choices {
        Choices {
            name: name.to_string(),
            sheet: None,
            as_of: today,
            mode: Mode::default(),
            columns: BTreeMap::new(),
            picks: BTreeMap::new(),
        }
    }

    /// A short word that changes with any choice.
    #[must_use]
    pub fn word(&self) -> String {
        let text = serde_json::to_vec(self).unwrap_or_default();
        Sha256::digest(&text).iter().take(8).map(|b| format!("{b:02x}")).collect()
    }

    /// The choices about an upload.
    ///
    /// # Errors
    /// 404 when there is no such upload, or its choices are gone.
    pub async fn load(app: &App, id: &str) -> Result<Choices> {
        let text = match path(app, checked(id)?) {
            path if path.exists() => tokio::fs::read(path).await.map_err(anyhow::Error::new)?,
            _ => return Err(gone()),
        };
        serde_json::from_slice(&text).map_err(|_| gone())
    }

    /// Keeps the choices about an upload.
    ///
    /// # Errors
    /// The disk fails.
    pub async fn save(&self, app: &App, id: &str) -> Result<()> {
        let path = path(app, checked(id)?);
        let text = serde_json::to_vec(self).map_err(anyhow::Error::new)?;
        tokio::task::spawn_blocking(move || {
            std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
            write_whole(&path, &text)
        })
        .await
        .map_err(anyhow::Error::new)??;
        Ok(())
    }
}

/// The file of an upload, or of an import that kept it as evidence.
///
/// # Errors
/// 404 when it is gone.
pub fn file(app: &App, id: &str) -> Result<PathBuf> {
    let id = checked(id)?;
    let found = [app.config.uploads().join(id), app.config.evidence(id)].into_iter().find(|p| p.exists());
    found.ok_or_else(gone)
}

/// Forgets choices that nobody came back to.
///
/// # Errors
/// The folder cannot be read.
pub fn clean(app: &App) -> anyhow::Result<()> {
    let folder = app.config.staging().join("projects");
    if !folder.exists() {
        return Ok(());
    }
    let oldest = app.clock.now() - SignedDuration::from_hours(24 * limits::CHOICES_DAYS);
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if Timestamp::try_from(entry.metadata()?.modified()?).is_ok_and(|t| t < oldest) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn path(app: &App, id: &str) -> PathBuf {
    app.config.staging().join("projects").join(format!("{id}.json"))
}

/// An upload is named by its SHA-256 and by nothing else.
fn checked(id: &str) -> Result<&str> {
    if id.len() == 64 && id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return Ok(id);
    }
    Err(gone())
}

fn gone() -> WebError {
    WebError::not_found("没有这个上传的文件，或已被清理。", "There is no such upload, or it was cleared.")
        .next("/imports/projects", "重新上传", "Upload again")
}
