//! `POST /imports`: a file goes to disk under its own hash; then its columns are checked.

use crate::app::App;
use crate::intake::source;
use crate::web::error::{Result, WebError};
use crate::web::form::{check_token, encode};
use crate::web::session::{Signed, hex, random};
use axum::extract::{Multipart, State};
use axum::response::Redirect;
use domain::limits;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt as _;

/// `POST /imports`
pub async fn post(State(app): State<App>, signed: Signed, mut form: Multipart) -> Result<Redirect> {
    let (mut checked, mut kind, mut file) = (false, String::new(), None);
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        match field.name().unwrap_or_default() {
            // The token comes first in the form, so that nothing is written for a stranger.
            "csrf" => {
                check_token(&signed, &field.text().await.map_err(|e| broken(&e))?)?;
                checked = true;
            }
            "kind" => kind = field.text().await.map_err(|e| broken(&e))?,
            "file" if checked => {
                let name = field.file_name().unwrap_or_default().to_string();
                if !name.is_empty() {
                    file = Some((name, save(&app.config.uploads(), field).await?));
                }
            }
            _ => {}
        }
    }
    if !checked {
        check_token(&signed, "")?;
    }
    let Some((name, digest)) = file else {
        return Err(
            WebError::bad_request("请选择一个文件。", "Choose a file.").next("/imports", "返回", "Back")
        );
    };
    let kind = if kind == "residents" { "residents" } else { "universe" };
    Ok(Redirect::to(&format!("/imports/new/{digest}?kind={kind}&name={}", encode(&name))))
}

/// Streams a field to the uploads folder and names it by its SHA-256, which is returned.
async fn save(folder: &Path, mut field: axum::extract::multipart::Field<'_>) -> Result<String> {
    let inner = async {
        tokio::fs::create_dir_all(folder).await?;
        let beside = folder.join(format!("part-{}", hex(&random::<8>()?)));
        let mut out = tokio::fs::File::create(&beside).await?;
        let mut bytes = 0u64;
        while let Some(chunk) = field.chunk().await? {
            bytes += chunk.len() as u64;
            if bytes > limits::INTAKE_FILE_BYTES {
                drop(out);
                tokio::fs::remove_file(&beside).await?;
                return Ok(None);
            }
            out.write_all(&chunk).await?;
        }
        out.sync_all().await?;
        anyhow::Ok(Some(beside))
    };
    let Some(beside) = inner.await? else {
        return Err(WebError::bad_request(
            format!("文件超过 {} MB，请拆分后导入。", limits::INTAKE_FILE_BYTES >> 20),
            format!("The file is larger than {} MB; split it.", limits::INTAKE_FILE_BYTES >> 20),
        )
        .next("/imports", "返回", "Back"));
    };
    Ok(tokio::task::spawn_blocking(move || keep(&beside)).await.map_err(anyhow::Error::new)??)
}

/// Gives a finished upload its name, its SHA-256.
pub(crate) fn keep(beside: &Path) -> anyhow::Result<String> {
    let digest = source::digest(beside)?;
    let to: PathBuf = beside.with_file_name(&digest);
    std::fs::rename(beside, to)?;
    Ok(digest)
}

fn broken(error: &axum::extract::multipart::MultipartError) -> WebError {
    WebError::bad_request(
        format!("上传中断或表单有误，请重试：{error}"),
        format!("The upload broke off or the form is wrong; try again: {error}"),
    )
    .next("/imports", "返回", "Back")
}
