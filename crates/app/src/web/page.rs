//! Rendering: a page is a struct with a template beside it.

use crate::web::error::{Result, WebError};
use askama::Template;
use axum::response::Html;

/// What a page handler answers.
pub type Page = Result<Html<String>>;

/// Renders a page.
///
/// # Errors
/// 500 when the template fails (it writes to memory, so that is a bug).
pub fn render(page: &impl Template) -> Page {
    page.render().map(Html).map_err(|e| WebError::from(anyhow::Error::new(e).context("rendering a page")))
}
