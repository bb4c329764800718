//! What programs meet under `/api/`: bearer tokens instead of cookies, JSON instead of pages, problems (RFC 9457) instead of
//! error pages.
//!
//! A handler answers [`ApiResult`] and takes [`Signed`] like a page does; [`Json`], [`Query`] and [`Path`] are the
//! extractors whose refusals are problems too. Routes are listed in `web/router.rs` with `.api_get` and `.api_post`.

use crate::app::App;
use crate::web::error::WebError;
use crate::web::rate::too_many;
use crate::web::session::{Signed, allowed, unhex};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::limits;
use domain::role::Action;
use serde::Serialize;
use serde::de::DeserializeOwned;
use store::token::Token;

/// What stands before the hexadecimal secret of a token, so that people and secret scanners know one when they see it.
pub const PREFIX: &str = "lf_";
/// Where programs come in.
pub const ROOT: &str = "/api/";
/// The media type of an error body.
pub const PROBLEM: &str = "application/problem+json";

/// What a handler for programs answers.
pub type ApiResult<T> = Result<Json<T>, ApiError>;

/// An error that a program sees as a problem. Made from the errors that pages use, so that both say the same.
#[derive(Debug)]
pub struct ApiError {
    error: WebError,
    challenge: Option<String>,
}

impl From<WebError> for ApiError {
    fn from(error: WebError) -> ApiError {
        ApiError { error, challenge: None }
    }
}

impl From<store::Error> for ApiError {
    fn from(error: store::Error) -> ApiError {
        WebError::from(error).into()
    }
}

impl From<anyhow::Error> for ApiError {
    fn from(error: anyhow::Error) -> ApiError {
        WebError::from(error).into()
    }
}

impl ApiError {
    /// 401, with the challenge of RFC 6750; `wrong` when there was a token.
    fn unauthorized(wrong: bool) -> ApiError {
        let (zh, en) = if wrong {
            (
                "访问令牌无效、已停用或已过期，请在“设置 · 访问令牌”里新建一个。",
                "The access token is wrong, ended or expired; make a new one under Settings, Access tokens.",
            )
        } else {
            (
                "请在 Authorization 头里带上访问令牌（Bearer lf_…），令牌在“设置 · 访问令牌”里新建；这里不认 Cookie。",
                "Send an access token in the Authorization header (Bearer lf_…); make one under Settings, Access tokens. Cookies are not taken here.",
            )
        };
        let suffix = if wrong { ", error=\"invalid_token\"" } else { "" };
        ApiError {
            error: WebError::new(StatusCode::UNAUTHORIZED, zh, en),
            challenge: Some(format!("Bearer realm=\"landfall\"{suffix}")),
        }
    }

    /// 403: the token lacks the action, or its person's role does.
    fn insufficient(action: Action, role: bool) -> ApiError {
        let (zh, en) = if role {
            ("令牌所属人员的角色没有这项权限：", "The role of the token's person does not allow this: ")
        } else {
            ("令牌的范围不含这项权限：", "The token's scope does not hold this: ")
        };
        let word = action.as_str();
        ApiError {
            error: WebError::forbidden(format!("{zh}{word}。"), format!("{en}{word}.")),
            challenge: Some(format!(
                "Bearer realm=\"landfall\", error=\"insufficient_scope\", scope=\"{word}\""
            )),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let status = self.error.status();
        let (zh, en) = self.error.texts();
        let mut problem = serde_json::json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": en,
            "detail_zh": zh,
        });
        if let Some(number) = self.error.logged() {
            problem["number"] = number.into();
        }
        let mut response = (status, [(header::CONTENT_TYPE, PROBLEM)], problem.to_string()).into_response();
        if let Some(seconds) = self.error.seconds() {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if let Some(challenge) = self.challenge.and_then(|c| HeaderValue::from_str(&c).ok()) {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

/// Lets a program through whose token and whose person's role may do `action`. Cookies are never looked at, so no page of
/// another site can make a browser use this.
pub async fn guard(State((app, action)): State<(App, Action)>, mut request: Request, next: Next) -> Response {
    match check(&app, action, request.headers(), request.uri().path()).await {
        Ok((signed, token)) => {
            request.extensions_mut().insert(signed);
            request.extensions_mut().insert(token);
            next.run(request).await
        }
        Err(error) => error.into_response(),
    }
}

async fn check(
    app: &App,
    action: Action,
    headers: &HeaderMap,
    here: &str,
) -> Result<(Signed, Token), ApiError> {
    let given = headers.get(header::AUTHORIZATION).ok_or_else(|| ApiError::unauthorized(false))?;
    let secret = secret(given).ok_or_else(|| ApiError::unauthorized(true))?;
    let now = app.clock.now();
    let (token, user) = app.store.token(now, &secret).await?.ok_or_else(|| ApiError::unauthorized(true))?;
    if !app.throttle.rate.allow(&format!("token:{}", token.id), limits::API_PER_MINUTE, now) {
        return Err(too_many().into());
    }
    let zone = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    if !token.actions.contains(&action) {
        return Err(ApiError::insufficient(action, false));
    }
    if !allowed(user.role, action, zone.separated) {
        return Err(ApiError::insufficient(action, true));
    }
    let today = app.clock.today();
    if token.used != Some(today)
        && let Err(error) = app.store.touch_token(token.id, today).await
    {
        tracing::warn!(token = token.id, error = error.to_string(), "cannot keep when a token was used");
    }
    let signed = Signed::program(user, &zone, headers, app.config.sample, here, token.actions.clone());
    Ok((signed, token))
}

/// The secret of `Bearer lf_<64 hexadecimal digits>`.
fn secret(given: &HeaderValue) -> Option<Vec<u8>> {
    let (scheme, token) = given.to_str().ok()?.split_once(' ')?;
    let bearer = scheme.eq_ignore_ascii_case("bearer");
    token.trim().strip_prefix(PREFIX).filter(|_| bearer).and_then(unhex).filter(|bytes| bytes.len() == 32)
}

/// A JSON body: what a program sends, or what it is answered.
#[derive(Debug)]
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = ApiError;
    async fn from_request(request: Request, state: &S) -> Result<Json<T>, ApiError> {
        let said = request.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or("");
        let kind = said.split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            let status = StatusCode::UNSUPPORTED_MEDIA_TYPE;
            return Err(wrong(status, "请求体类型有误，要用 ", "The body must be ", "application/json"));
        }
        let body = |status, why: &str| wrong(status, "请求体有误：", "The body is wrong: ", why);
        let bytes =
            Bytes::from_request(request, state).await.map_err(|e| body(e.status(), &e.body_text()))?;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        // Says which field is wrong; what follows the value is wrong too.
        let value = serde_path_to_error::deserialize(&mut json).map_err(|e| e.to_string());
        let value = value.and_then(|v| json.end().map(|()| v).map_err(|e| e.to_string()));
        value.map(Json).map_err(|e| body(StatusCode::BAD_REQUEST, &e))
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        match serde_json::to_string(&self.0) {
            Ok(text) => ([(header::CONTENT_TYPE, "application/json")], text).into_response(),
            Err(error) => {
                ApiError::from(anyhow::Error::new(error).context("writing an answer")).into_response()
            }
        }
    }
}

/// The query of an address.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Query<T>, ApiError> {
        let query = axum::extract::Query::<T>::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(value)| Query(value)).map_err(|e| {
            wrong(StatusCode::BAD_REQUEST, "查询参数有误：", "The query is wrong: ", &e.body_text())
        })
    }
}

/// The parameters of an address. One that cannot be read is the address of nothing: 404.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Path<T>, ApiError> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Path(value)).map_err(|e| {
            wrong(StatusCode::NOT_FOUND, "没有这个地址：", "There is no such address: ", &e.body_text())
        })
    }
}

fn wrong(status: StatusCode, zh: &str, en: &str, why: &str) -> ApiError {
    WebError::new(status, format!("{zh}{why}"), format!("{en}{why}")).into()
}

/// An address that is none.
pub async fn missing() -> ApiError {
    WebError::not_found("没有这个接口。", "There is no such endpoint.").into()
}

#[cfg(test)]
mod tests;
