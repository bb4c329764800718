//! The style sheet and scripts, built by `build.rs` and held in the binary under content-hashed names.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::Embed;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Embed)]
#[folder = "$OUT_DIR/web/dist"]
struct Dist;

static NAMES: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    Dist::get("manifest.json").and_then(|file| serde_json::from_slice(&file.data).ok()).unwrap_or_default()
});

/// The address of an asset by its plain name, e.g. `/assets/app-2ad2206a2a1a.css`.
#[must_use]
pub fn path(name: &str) -> String {
    format!("/assets/{}", NAMES.get(name).map_or(name, String::as_str))
}

/// `GET /assets/{name}`: immutable, precompressed.
pub async fn get(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let accepts = headers.get(header::ACCEPT_ENCODING).and_then(|v| v.to_str().ok()).unwrap_or("");
    let coded = [("br", "br"), ("gzip", "gz")].into_iter().find_map(|(coding, ending)| {
        let file = accepts.contains(coding).then(|| Dist::get(&format!("{name}.{ending}")))??;
        Some((coding, file))
    });
    let Some((coding, file)) = coded.map(|(c, f)| (Some(c), f)).or_else(|| Some((None, Dist::get(&name)?)))
    else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    };
    let mut response = (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            (header::VARY, "accept-encoding"),
        ],
        file.data.into_owned(),
    )
        .into_response();
    if let Some(coding) = coding {
        response.headers_mut().insert(header::CONTENT_ENCODING, header::HeaderValue::from_static(coding));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_has_style_and_script_under_hashed_names() {
        for name in ["app.css", "app.js", "icon.svg"] {
            let address = path(name);
            assert_ne!(address, format!("/assets/{name}"), "{name} is not in the manifest");
            assert!(Dist::get(address.trim_start_matches("/assets/")).is_some());
        }
    }
}
