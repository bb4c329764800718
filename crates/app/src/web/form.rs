//! Forms whose token is checked before a handler sees them.

use crate::app::App;
use crate::web::error::WebError;
use crate::web::session::{Signed, same};
use axum::body::Bytes;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, FromRequestParts, Request};
use domain::limits;
use serde::de::DeserializeOwned;

/// A url-encoded form that carries the session's token.
#[derive(Debug)]
pub struct Checked<T>(pub T);

impl<T: DeserializeOwned> FromRequest<App> for Checked<T> {
    type Rejection = WebError;

    async fn from_request(request: Request, app: &App) -> Result<Checked<T>, WebError> {
        let (mut parts, body) = request.into_parts();
        let signed = Signed::from_request_parts(&mut parts, app).await?;
        let bytes = Bytes::from_request(Request::from_parts(parts, body), app).await.map_err(|e| {
            WebError::bad_request(format!("表单读不出来：{e}"), format!("The form cannot be read: {e}"))
        })?;
        let token = fields(&bytes).find_map(|(k, v)| (k == "csrf").then_some(v)).unwrap_or_default();
        check_token(&signed, &token)?;
        let value = serde_urlencoded::from_bytes(&bytes).map_err(|e| {
            WebError::bad_request(format!("表单有误：{e}"), format!("The form is wrong: {e}"))
        })?;
        Ok(Checked(value))
    }
}

/// Refuses a form whose token is not the session's.
///
/// # Errors
/// 403 with what to do.
pub fn check_token(signed: &Signed, token: &str) -> Result<(), WebError> {
    // A program that comes with an access token has no forms, so it has no token of a form either.
    if !signed.csrf.is_empty() && same(token, &signed.csrf) {
        return Ok(());
    }
    Err(WebError::forbidden(
        "表单已过期，请返回上一页刷新后重试。",
        "The form has expired; go back, reload the page and try again.",
    ))
}

/// A short text field of a form with a file.
///
/// # Errors
/// 400 for a broken upload, or for a text of more than [`limits::FIELD_BYTES`].
pub async fn short_text(mut field: Field<'_>) -> Result<String, WebError> {
    let mut bytes = Vec::new();
    while let Some(chunk) = field.chunk().await.map_err(|e| broken(&e))? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > limits::FIELD_BYTES {
            return Err(WebError::bad_request(
                "表单有误：一项内容过长。",
                "The form is wrong: a field is too long.",
            ));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What to say of an upload that broke off.
#[must_use]
pub fn broken(error: &MultipartError) -> WebError {
    WebError::bad_request(
        format!("上传中断或表单有误，请重试：{error}"),
        format!("The upload broke off or the form is wrong; try again: {error}"),
    )
}

/// The fields of a url-encoded body, in order; for forms whose field names are data.
pub fn fields(body: &[u8]) -> impl Iterator<Item = (String, String)> {
    serde_urlencoded::from_bytes::<Vec<(String, String)>>(body).unwrap_or_default().into_iter()
}

/// Percent-encodes a value for a query string.
#[must_use]
pub fn encode(value: &str) -> String {
    serde_urlencoded::to_string([("", value)])
        .map(|s| s.trim_start_matches('=').to_string())
        .unwrap_or_default()
}

/// Whether `next` is an address inside this site, so that a sign-in cannot be used to send people elsewhere.
#[must_use]
pub fn inside(next: &str) -> bool {
    // Browsers drop tabs and line ends from an address, so that `/<tab>/evil` would become `//evil`.
    next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_site_are_followed() {
        assert!(inside("/targets?chain=ships"));
        for bad in [
            "//evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "/\\evil.example",
            "",
            "javascript:alert(1)",
        ] {
            assert!(!inside(bad), "{bad}");
        }
    }

    #[test]
    fn encoding_survives_a_round_trip() {
        let value = "/chains/ships?view=图&x=1";
        let body = format!("a={}", encode(value));
        assert_eq!(fields(body.as_bytes()).next(), Some(("a".into(), value.into())));
    }
}
