//! A form whose field names are data and that may carry files; its token is checked before anything is written.

use crate::app::App;
use crate::evidence::keep::{Part, Temporary};
use crate::evidence::sniff;
use crate::import::upload::shown_name;
use crate::web::error::WebError;
use crate::web::form::{broken, check_token, fields};
use crate::web::session::{Signed, hex, random};
use axum::body::Bytes;
use axum::extract::multipart::Field;
use axum::extract::{FromRequest, FromRequestParts as _, Multipart, Request};
use axum::http::header;
use domain::limits;
use sha2::{Digest as _, Sha256};
use store::file::NewFile;
use tokio::io::AsyncWriteExt as _;

/// What a form brought: texts and files.
#[derive(Debug, Default)]
pub struct Sheet {
    /// Texts in order.
    pub fields: Vec<(String, String)>,
    /// Files, checked and hashed.
    pub parts: Vec<Part>,
}

impl Sheet {
    /// The text of a field, trimmed; empty when there is none.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.fields.iter().find(|(n, _)| n == name).map_or("", |(_, v)| v.trim())
    }
    /// The texts of a field that may stand several times.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.fields.iter().filter(move |(n, _)| n == name).map(|(_, v)| v.trim())
    }
}

impl FromRequest<App> for Sheet {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Sheet, WebError> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, app).await?;
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let with_files = kind.starts_with("multipart/form-data");
        let request = Request::from_parts(parts, body);
        if !with_files {
            let bytes = axum::body::to_bytes(request.into_body(), limits::FORM_BYTES).await;
            let bytes: Bytes = bytes.map_err(|e| wrong(&e.to_string()))?;
            let fields: Vec<(String, String)> = fields(&bytes).collect();
            let sheet = Sheet { fields, parts: Vec::new() };
            check_token(&signed, sheet.get("csrf"))?;
            return Ok(sheet);
        }
        let form = Multipart::from_request(request, app).await.map_err(|e| wrong(&e.to_string()))?;
        read(form, &signed, app).await
    }
}

async fn read(mut form: Multipart, signed: &Signed, app: &App) -> Result<Sheet, WebError> {
    let (mut sheet, mut checked) = (Sheet::default(), false);
    while let Some(field) = form.next_field().await.map_err(|e| broken(&e))? {
        let name = field.name().unwrap_or_default().to_string();
        if field.file_name().is_some() {
            // The token comes first in the form, so that nothing is written for a stranger.
            if !checked {
                break;
            }
            let shown = shown_name(field.file_name().unwrap_or_default());
            if shown.is_empty() {
                continue;
            }
            if sheet.parts.len() >= limits::FORM_FILES {
                return Err(too_many());
            }
            sheet.parts.push(save(app, name, shown, field).await?);
            continue;
        }
        if sheet.fields.len() >= limits::FORM_FIELDS {
            return Err(wrong("too many fields"));
        }
        let text = long_text(field).await?;
        if name == "csrf" {
            check_token(signed, &text)?;
            checked = true;
        }
        sheet.fields.push((name, text));
    }
    if !checked {
        check_token(signed, "")?;
    }
    Ok(sheet)
}

/// Streams a file to disk, hashing it on the way, and looks what it is.
async fn save(app: &App, field: String, name: String, mut from: Field<'_>) -> Result<Part, WebError> {
    let folder = app.config.uploads();
    tokio::fs::create_dir_all(&folder).await.map_err(anyhow::Error::new)?;
    let at = Temporary(folder.join(format!("part-{}", hex(&random::<8>()?))));
    let mut out = tokio::fs::File::create(&at.0).await.map_err(anyhow::Error::new)?;
    let (mut bytes, mut digest) = (0u64, Sha256::new());
    while let Some(chunk) = from.chunk().await.map_err(|e| broken(&e))? {
        bytes += chunk.len() as u64;
        if bytes > limits::EVIDENCE_BYTES {
            let most = limits::EVIDENCE_BYTES >> 20;
            return Err(WebError::bad_request(
                format!("“{name}”超过 {most} MB，请压缩或拆分后上传。"),
                format!("“{name}” is larger than {most} MB; compress or split it."),
            ));
        }
        digest.update(&chunk);
        out.write_all(&chunk).await.map_err(anyhow::Error::new)?;
    }
    out.sync_all().await.map_err(anyhow::Error::new)?;
    let (path, shown) = (at.0.clone(), name.clone());
    let found = tokio::task::spawn_blocking(move || sniff::kind(&path, &shown));
    let kind = found.await.map_err(anyhow::Error::new)??.map_err(|why| {
        WebError::bad_request(
            format!("“{name}”{}。其他内容没有保存，请返回修改。", why.zh),
            format!("“{name}” {}. Nothing was saved; go back and change it.", why.en),
        )
    })?;
    let file = NewFile { sha256: hex(&digest.finalize()), name, kind: kind.into(), bytes };
    Ok(Part { field, file, at })
}

async fn long_text(mut field: Field<'_>) -> Result<String, WebError> {
    const MOST: usize = limits::FACT_TEXT_CHARS * 4;
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > MOST {
            return Err(wrong("a field is too long"));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn wrong(why: &str) -> WebError {
    WebError::bad_request(format!("表单有误：{why}"), format!("The form is wrong: {why}"))
}

fn too_many() -> WebError {
    let most = limits::FORM_FILES;
    WebError::bad_request(
        format!("一次最多上传 {most} 个文件，其余请随后补充。"),
        format!("At most {most} files at a time; add the others afterwards."),
    )
}
