//! The interface for programs, `/api/v1/`: one table of endpoints from which both the router and the description (OpenAPI 3.1) are made.
//!
//! Each handler asks the same functions of the store, the ledger and the scopes that the pages ask. Lists are bounded and go on behind a cursor.

mod describe;
pub mod events;
pub mod figures;
pub mod leads;
pub mod projects;
pub mod records;
mod schema;
mod shapes;

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
    let mut all = of_records();
    all.extend(of_figures());
    all.extend(of_leads());
    all
}

fn of_records() -> Vec<Endpoint> {
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

fn of_figures() -> Vec<Endpoint> {
    use Action::{ClosePeriod, ReadProjects};
    let get_at = |path, summary, route| Endpoint::new(Method::GET, path, ReadProjects, summary, route);
    let close = "Closes a period that is over, as of now; once more makes its next edition.";
    vec![
        get_at("/api/v1/figures", "The definitions of figures in force.", get(figures::list))
            .answers(200, schema::list(shapes::definition())),
        get_at(
            "/api/v1/figures/{name}",
            "A figure with its rows, its definition and its cut-off, as `landfall figure --json` prints it.",
            get(figures::one),
        )
        .query(shapes::figure_query())
        .answers(200, shapes::figure()),
        get_at("/api/v1/reports", "Closed periods, the latest first.", get(figures::reports))
            .answers(200, shapes::reports()),
        Endpoint::new(Method::POST, "/api/v1/reports", ClosePeriod, close, post(figures::close))
            .takes(shapes::new_report())
            .answers(201, shapes::report()),
        get_at(
            "/api/v1/reports/{id}",
            "A closed period computed again, and whether its bytes are what was kept.",
            get(figures::report),
        )
        .answers(200, shapes::recomputed()),
        get_at(
            "/api/v1/reports/{id}/restatement",
            "What was recorded since a period was closed and changes its report.",
            get(figures::restatement),
        )
        .answers(200, shapes::restatement()),
    ]
}

fn of_leads() -> Vec<Endpoint> {
    use Action::{ReadProjects, RegisterLead, Review};
    let at =
        |method: Method, path, action, summary, route| Endpoint::new(method, path, action, summary, route);
    vec![
        at(Method::GET, "/api/v1/leads", ReadProjects, "Leads, the newest first.", get(leads::list))
            .query(shapes::leads_query())
            .answers(200, schema::page(shapes::lead())),
        at(
            Method::POST,
            "/api/v1/leads",
            RegisterLead,
            "Registers a lead; the answer names the conflicts that it has.",
            post(leads::create),
        )
        .takes(shapes::new_lead())
        .answers(201, shapes::whole_lead()),
        at(
            Method::GET,
            "/api/v1/leads/{id}",
            ReadProjects,
            "One lead with its contacts and its conflicts.",
            get(leads::one),
        )
        .answers(200, shapes::whole_lead()),
        at(
            Method::POST,
            "/api/v1/leads/{id}/contacts",
            RegisterLead,
            "Writes down what was done with a lead.",
            post(leads::contact),
        )
        .takes(shapes::new_contact())
        .answers(201, shapes::whole_lead()),
        at(
            Method::GET,
            "/api/v1/reviews",
            ReadProjects,
            "Reviews that wait for an answer, or that were answered.",
            get(leads::reviews),
        )
        .query(shapes::reviews_query())
        .answers(200, schema::page(shapes::review())),
        at(
            Method::POST,
            "/api/v1/reviews/{id}/answer",
            Review,
            "Answers a review for the unit that is asked.",
            post(leads::answer),
        )
        .takes(shapes::new_answer())
        .answers(200, shapes::review()),
    ]
}
