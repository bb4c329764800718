//! `/api/v1/me`: what a token is and may do.

use crate::app::App;
use crate::web::api::{ApiError, ApiResult, Json};
use crate::web::session::Signed;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use domain::role::{Action, Role};
use jiff::Timestamp;
use serde::Serialize;
use store::token::Token;

/// Whose token it is and what it may do.
#[derive(Debug, Serialize)]
pub struct Me {
    id: i64,
    name: String,
    role: Role,
    unit: Option<UnitName>,
    token: TokenInfo,
}

#[derive(Debug, Serialize)]
struct UnitName {
    id: i64,
    name: String,
}

#[derive(Debug, Serialize)]
struct TokenInfo {
    id: i64,
    name: String,
    /// What both the token and the role allow at present.
    actions: Vec<Action>,
    created: Timestamp,
    expires: Timestamp,
}

/// `GET /api/v1/me`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Extension(token): Extension<Token>,
) -> ApiResult<Me> {
    let units = app.store.units().await?;
    let unit = units.into_iter().find(|u| Some(u.id) == signed.unit);
    let actions = token.actions.iter().copied().filter(|&a| signed.may(a)).collect();
    Ok(Json(Me {
        id: signed.id.0,
        name: signed.name,
        role: signed.role,
        unit: unit.map(|u| UnitName { id: u.id.0, name: u.name }),
        token: TokenInfo {
            id: token.id,
            name: token.name,
            actions,
            created: token.created,
            expires: token.expires,
        },
    }))
}

/// `POST /api/v1/me/end`: the token ends itself, for a program that has done its work or was let down.
pub async fn end(
    State(app): State<App>,
    signed: Signed,
    Extension(token): Extension<Token>,
) -> Result<StatusCode, ApiError> {
    app.store.end_token(&signed.actor(), app.clock.now(), token.id, Some(signed.id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
