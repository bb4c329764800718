//! `GET /api/v1/openapi.json`: the table of endpoints as OpenAPI 3.1.

use super::{Endpoint, endpoints, schema};
use crate::web::api::{ApiResult, Json};
use domain::limits;
use serde_json::{Map, Value, json};

/// `GET /api/v1/openapi.json`
pub async fn get() -> ApiResult<Value> {
    Ok(Json(describe(&endpoints())))
}

/// The description of some endpoints.
fn describe(endpoints: &[Endpoint]) -> Value {
    let mut paths: Map<String, Value> = Map::new();
    for endpoint in endpoints {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_lowercase()] = operation(endpoint);
    }
    let limits = format!(
        "At most {} requests a minute for each token, {} bytes of a body, {} items of a page. Money is in whole units of its currency. \
         Days are those of Asia/Shanghai; moments are UTC. Errors are problems (RFC 9457) in English (`detail`) and Chinese (`detail_zh`).",
        limits::API_PER_MINUTE,
        limits::FORM_BYTES,
        limits::API_PAGE
    );
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Landfall", "version": env!("CARGO_PKG_VERSION"), "description": limits },
        "paths": paths,
        "security": [{ "token": [] }],
        "components": {
            "securitySchemes": { "token": {
                "type": "http", "scheme": "bearer",
                "description": "An access token (lf_…), made under Settings, Access tokens. Its scopes are the actions named by each operation."
            }},
            "schemas": { "Problem": schema::problem() }
        }
    })
}

fn operation(endpoint: &Endpoint) -> Value {
    let problem = |about: &str| {
        json!({
            "description": about,
            "content": { "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } }
        })
    };
    let (status, answer) = &endpoint.answer;
    let mut good = json!({ "description": "Done." });
    if let Some(schema) = answer {
        good["content"] = json!({ "application/json": { "schema": schema } });
    }
    let mut responses = json!({
        "400": problem("The query or the body is wrong; the text names the field."),
        "401": problem("No token, or one that does not hold."),
        "403": problem("The token or the role of its person does not allow it, or the record is another unit's."),
        "404": problem("There is no such record."),
        "429": problem("Too many requests; see Retry-After."),
        "503": problem("Busy now, or the disk cannot be written.")
    });
    responses[status.to_string()] = good;
    let mut operation = json!({
        "summary": endpoint.summary,
        "description": format!("Scope: `{}`.", endpoint.action.as_str()),
        "operationId": operation_id(endpoint),
        "security": [{ "token": [endpoint.action.as_str()] }],
    });
    let mut parameters: Vec<Value> = in_path(endpoint.path)
        .map(|name| {
            let schema = match name {
                "id" => json!({ "type": "integer", "minimum": 1, "maximum": i64::MAX }),
                _ => json!({ "type": "string", "minLength": 1 }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    parameters.extend(endpoint.query.iter().map(
        |p| json!({ "name": p.name, "in": "query", "required": false, "description": p.about, "schema": p.schema }),
    ));
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = &endpoint.body {
        operation["requestBody"] =
            json!({ "required": true, "content": { "application/json": { "schema": body } } });
        responses["409"] = problem("Somebody else recorded something meanwhile, or the code is taken.");
        responses["413"] = problem("The body is too large.");
        responses["415"] = problem("The body is not application/json.");
    }
    operation["responses"] = responses;
    operation
}

fn in_path(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
}

fn operation_id(endpoint: &Endpoint) -> String {
    let bare = endpoint.path.trim_start_matches("/api/v1/").replace(['{', '}'], "").replace(['/', '.'], "_");
    format!("{}_{bare}", endpoint.method.as_str().to_lowercase())
}
