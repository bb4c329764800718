//! `GET /files/{sha256}`: a file as it was kept, never executed; one that is missing or altered says so.

use crate::app::App;
use crate::evidence::keep::{Health, health, place};
use crate::evidence::sniff::media_type;
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use domain::user::UnitId;
use store::file::File;

/// `GET /files/{sha256}`
pub async fn get(State(app): State<App>, signed: Signed, Path(sha256): Path<String>) -> Result<Response> {
    let none = || WebError::not_found("没有这个文件。", "There is no such file.");
    let path = place(&app.config, &sha256).ok_or_else(none)?;
    let noted = app.store.file(&sha256).await?.ok_or_else(none)?;
    guard(&app, &signed, &noted).await?;
    let file = noted.file;
    let (config, kept) = (app.config.clone(), file.clone());
    let read = move || {
        let health = health(&config, &kept, &mut u64::MAX.clone())?;
        let bytes = if health == Health::Sound { std::fs::read(path)? } else { Vec::new() };
        anyhow::Ok((health, bytes))
    };
    let (health, bytes) = app.compute(read).await??;
    match health {
        Health::Sound | Health::Unread => {}
        Health::Missing => {
            return Err(WebError::not_found(
                format!("文件“{}”的登记还在，但原件已丢失，请从备份恢复。", file.name),
                format!("“{}” is recorded, but its bytes are gone; restore them from a backup.", file.name),
            ));
        }
        Health::Altered => {
            return Err(WebError::conflict(
                format!("文件“{}”的内容与登记的哈希不符，已被改动，不予下载。请从备份恢复。", file.name),
                format!(
                    "The bytes of “{}” were altered and are not handed out; restore them from a backup.",
                    file.name
                ),
            ));
        }
    }
    // Pictures may be looked at in a page of their own that can load and run nothing; everything else is downloaded.
    let shown = if matches!(file.kind.as_str(), "png" | "jpg" | "webp") { "inline" } else { "attachment" };
    let name = encode(&file.name).replace('+', "%20");
    let disposition =
        format!("{shown}; filename=\"{}.{}\"; filename*=UTF-8''{name}", &sha256[..12], file.kind);
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type(&file.kind))),
        (header::CONTENT_DISPOSITION, HeaderValue::from_str(&disposition).map_err(anyhow::Error::new)?),
        (
            HeaderName::from_static("content-security-policy"),
            HeaderValue::from_static("sandbox; default-src 'none'"),
        ),
    ];
    Ok((headers, bytes).into_response())
}

/// Refuses a file to those who may read none of the records that point at it. A file that no record points at yet (a form came back) is
/// for whoever brought it, and for those who read every record.
async fn guard(app: &App, signed: &Signed, file: &File) -> Result<()> {
    if signed.sees_all() || file.by == signed.actor().to_string() {
        return Ok(());
    }
    let projects = app.store.projects_of_file(&file.file.sha256).await?;
    let board = app.ledger.board(&app.store).await?;
    let seen = |id| board.line(id).is_some_and(|l| signed.sees_unit(l.unit.map(UnitId)));
    if projects.into_iter().any(seen) {
        return Ok(());
    }
    Err(WebError::forbidden(
        "这个文件属于其他单位的记录；按园区设置，只能查看本单位记录的文件。需要时请联系该单位。",
        "This file belongs to records of another unit; the zone lets you read those of your own unit only. Ask that unit.",
    ))
}
