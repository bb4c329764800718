//! Forms whose token is checked before a handler sees them.

use crate::app::App;
use crate::web::error::WebError;
use crate::web::session::{Signed, same};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
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
    if same(token, &signed.csrf) {
        return Ok(());
    }
    Err(WebError::forbidden(
        "表单已过期，请返回上一页刷新后重试。",
        "The form has expired; go back, reload the page and try again.",
    ))
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
    next.starts_with('/') && !next.starts_with("//") && !next.contains(['\\', '\n', '\r'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_of_this_site_are_followed() {
        assert!(inside("/targets?chain=ships"));
        for bad in ["//evil.example", "https://evil.example", "/\\evil.example", "", "javascript:alert(1)"] {
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
