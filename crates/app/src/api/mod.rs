//! The interface for programs, `/api/v1/`: one table of endpoints from which both the router and the description (OpenAPI 3.1) are made.
//!
//! Each handler asks the same functions of the store, the ledger and the scopes that the pages ask. Lists are bounded and go on behind a cursor.

mod describe;
pub mod events;
pub mod projects;
pub mod records;
mod schema;

use crate::account;
use crate::app::App;
use axum::http::Method;
use axum::routing::{MethodRouter, get, post};
use domain::role::Action;
use serde_json::Value;

/// One endpoint: what the router needs and what the description says.
#[derive(Debug)]
pub struct Endpoint {
    /// Method.
    pub method: Method,
    /// Path with `{parameters}`.
    pub path: &'static str,
    /// What the token and its person's role must allow.
    pub action: Action,
    /// What it does, in one sentence.
    pub summary: &'static str,
    /// Parameters of its query.
    pub query: Vec<Param>,
    /// Schema of the body it takes.
    pub body: Option<Value>,
    /// Status and schema of its good answer.
    pub answer: (u16, Option<Value>),
    /// The handler.
    pub route: MethodRouter<App>,
}

/// A parameter of a query; all may be left out.
#[derive(Clone, Debug)]
pub struct Param {
    /// Name.
    pub name: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Its schema.
    pub schema: Value,
}

impl Endpoint {
    fn new(
        method: Method,
        path: &'static str,
        action: Action,
        summary: &'static str,
        route: MethodRouter<App>,
    ) -> Endpoint {
        Endpoint { method, path, action, summary, query: Vec::new(), body: None, answer: (200, None), route }
    }

    fn query(self, query: Vec<Param>) -> Endpoint {
        Endpoint { query, ..self }
    }

    fn takes(self, body: Value) -> Endpoint {
        Endpoint { body: Some(body), ..self }
    }

    fn answers(self, status: u16, schema: Value) -> Endpoint {
        Endpoint { answer: (status, Some(schema)), ..self }
    }
}

/// Every endpoint, in the order of the description.
#[must_use]
pub fn endpoints() -> Vec<Endpoint> {
    use Action::{CorrectFact, EditRules, ReadJournal, ReadProjects, RecordFact, View};
    let at =
        |method: Method, path, action, summary, route| Endpoint::new(method, path, action, summary, route);
    vec![
        at(Method::GET, "/api/v1/openapi.json", View, "This description (OpenAPI 3.1).", get(describe::get))
            .answers(200, schema::any_object()),
        at(Method::GET, "/api/v1/me", View, "Whose token it is and what it may do.", get(account::api::get))
            .answers(200, schema::me()),
        Endpoint {
            answer: (204, None),
            ..at(Method::POST, "/api/v1/me/end", View, "The token ends itself.", post(account::api::end))
        },
        at(
            Method::GET,
            "/api/v1/projects",
            ReadProjects,
            "Projects as they stand now, one line each.",
            get(projects::list),
        )
        .query(schema::projects_query())
        .answers(200, schema::page(schema::line())),
        at(
            Method::POST,
            "/api/v1/projects",
            RecordFact,
            "Makes a project with its first facts.",
            post(projects::create),
        )
        .takes(schema::new_project())
        .answers(201, schema::made()),
        at(
            Method::GET,
            "/api/v1/projects/{id}",
            ReadProjects,
            "One project with the facts that are in force.",
            get(projects::one),
        )
        .query(schema::cut_off())
        .answers(200, schema::project()),
        at(
            Method::GET,
            "/api/v1/projects/{id}/facts",
            ReadProjects,
            "Every fact that was ever recorded of a project, corrected ones too.",
            get(projects::history),
        )
        .answers(200, schema::facts()),
        at(
            Method::POST,
            "/api/v1/projects/{id}/facts",
            RecordFact,
            "Records facts of a project, all or none.",
            post(projects::record),
        )
        .takes(schema::new_facts())
        .answers(201, schema::recorded()),
        at(
            Method::POST,
            "/api/v1/projects/{id}/corrections",
            CorrectFact,
            "Corrects or withdraws facts of a project, with a reason, all or none.",
            post(projects::correct),
        )
        .takes(schema::new_corrections())
        .answers(201, schema::recorded()),
        at(Method::GET, "/api/v1/events", ReadProjects, "Events, the latest first.", get(events::list))
            .query(schema::events_query())
            .answers(200, schema::page(schema::event())),
        at(Method::GET, "/api/v1/events/{id}", ReadProjects, "One event.", get(events::one))
            .answers(200, schema::event()),
        at(Method::GET, "/api/v1/units", ReadProjects, "The units of the zone.", get(records::units))
            .answers(200, schema::list(schema::unit())),
        at(
            Method::GET,
            "/api/v1/rates",
            ReadProjects,
            "Exchange rates as they were recorded.",
            get(records::rates),
        )
        .answers(200, schema::list(schema::rate())),
        at(Method::POST, "/api/v1/rates", EditRules, "Records an exchange rate.", post(records::add_rate))
            .takes(schema::new_rate())
            .answers(201, schema::numbered()),
        at(Method::GET, "/api/v1/journal", ReadJournal, "The journal, newest first.", get(records::journal))
            .query(schema::journal_query())
            .answers(200, schema::page(schema::entry())),
        at(
            Method::GET,
            "/api/v1/journal/verify",
            ReadJournal,
            "Checks the whole chain of the journal.",
            get(records::verify),
        )
        .answers(200, schema::verified()),
    ]
}
