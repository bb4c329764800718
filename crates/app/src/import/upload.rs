//! `POST /imports`: a file goes to disk under its own hash; then its columns are checked.

use crate::app::App;
use crate::intake::source;
use crate::web::error::{Result, WebError};
use crate::web::form::{broken, check_token, encode, short_text};
use crate::web::session::{Signed, hex, random};
use axum::extract::{Multipart, State};
use axum::response::Redirect;
use domain::limits;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt as _;

/// A file that came with a form.
#[derive(Debug)]
pub(crate) struct Received {
    /// The name it came with.
    pub(crate) name: String,
    /// SHA-256 of its bytes, by which it lies among the uploads.
    pub(crate) sha256: String,
    /// What kind of list the form said it is.
    pub(crate) kind: String,
}

/// `POST /imports`
pub async fn post(State(app): State<App>, signed: Signed, form: Multipart) -> Result<Redirect> {
    let Received { name, sha256, kind } = receive(&app, &signed, form, "/imports").await?;
    let kind = if kind == "residents" { "residents" } else { "universe" };
    Ok(Redirect::to(&format!("/imports/new/{sha256}?kind={kind}&name={}", encode(&name))))
}

/// Takes a form with a file, its token first; the file goes to the uploads. `back` is where a reader goes when it fails.
pub(crate) async fn receive(app: &App, signed: &Signed, mut form: Multipart, back: &str) -> Result<Received> {
    let (mut checked, mut kind, mut file) = (false, String::new(), None);
    while let Some(field) = form.next_field().await.map_err(|e| interrupted(&e))? {
        match field.name().unwrap_or_default() {
            // The token comes first in the form, so that nothing is written for a stranger.
            "csrf" => {
                check_token(signed, &short_text(field).await?)?;
                checked = true;
            }
            "kind" => kind = short_text(field).await?,
            "file" if checked => {
                let name = shown_name(field.file_name().unwrap_or_default());
                if !name.is_empty() {
                    file = Some((name, save(&app.config.uploads(), field).await?));
                }
            }
            _ => {}
        }
    }
    if !checked {
        check_token(signed, "")?;
    }
    let Some((name, sha256)) = file else {
        return Err(WebError::bad_request("请选择一个文件。", "Choose a file.").next(back, "返回", "Back"));
    };
    Ok(Received { name, sha256, kind })
}

/// Streams a field to the uploads folder and names it by its SHA-256, which is returned.
async fn save(folder: &Path, mut field: axum::extract::multipart::Field<'_>) -> Result<String> {
    tokio::fs::create_dir_all(folder).await.map_err(anyhow::Error::new)?;
    let beside = folder.join(format!("part-{}", hex(&random::<8>()?)));
    let whole = write(&beside, &mut field).await;
    if !matches!(whole, Ok(true)) {
        // Best effort: what stays is removed with the uploads that nobody imported.
        let _ = tokio::fs::remove_file(&beside).await;
    }
    if !whole? {
        return Err(WebError::bad_request(
            format!("文件超过 {} MB，请拆分后导入。", limits::INTAKE_FILE_BYTES >> 20),
            format!("The file is larger than {} MB; split it.", limits::INTAKE_FILE_BYTES >> 20),
        )
        .next("/imports", "返回", "Back"));
    };
    Ok(tokio::task::spawn_blocking(move || keep(&beside)).await.map_err(anyhow::Error::new)??)
}

/// Writes a field to a file; `false` when it is larger than a list may be.
async fn write(path: &Path, field: &mut axum::extract::multipart::Field<'_>) -> Result<bool> {
    let mut out = tokio::fs::File::create(path).await.map_err(anyhow::Error::new)?;
    let mut bytes = 0u64;
    while let Some(chunk) = field.chunk().await.map_err(|e| interrupted(&e))? {
        bytes += chunk.len() as u64;
        if bytes > limits::INTAKE_FILE_BYTES {
            return Ok(false);
        }
        out.write_all(&chunk).await.map_err(anyhow::Error::new)?;
    }
    out.sync_all().await.map_err(anyhow::Error::new)?;
    Ok(true)
}

/// A file's name as pages and the journal show it: one line, not too long, its end kept.
pub(crate) fn shown_name(name: &str) -> String {
    let line: Vec<char> = name.chars().filter(|c| !c.is_control()).collect();
    line[line.len().saturating_sub(limits::LINE_CHARS)..].iter().collect()
}

/// Gives a finished upload its name, its SHA-256.
pub(crate) fn keep(beside: &Path) -> anyhow::Result<String> {
    let digest = source::digest(beside)?;
    let to: PathBuf = beside.with_file_name(&digest);
    std::fs::rename(beside, to)?;
    Ok(digest)
}

/// Copies a file to where it proves facts, whole or not at all.
pub(crate) fn keep_file(from: &Path, to: &Path) -> anyhow::Result<()> {
    if to.exists() {
        return Ok(());
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let beside = folder.join(format!("part-{}", hex(&random::<8>()?)));
    std::fs::copy(from, &beside)?;
    std::fs::File::open(&beside)?.sync_all()?;
    std::fs::rename(&beside, to)?;
    std::fs::File::open(folder)?.sync_all()?;
    Ok(())
}

fn interrupted(error: &axum::extract::multipart::MultipartError) -> WebError {
    broken(error).next("/imports", "返回", "Back")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_files_name_is_one_line_that_the_store_takes() {
        assert_eq!(shown_name("名单\r\n.xlsx"), "名单.xlsx");
        let long = shown_name(&format!("{}.xlsx", "名".repeat(300)));
        assert_eq!(long.chars().count(), limits::LINE_CHARS);
        assert!(long.ends_with(".xlsx"));
    }
}
