//! Schemas of what programs send and are answered. A test holds real answers against them.

use super::Param;
use domain::company::Currency;
use domain::event::EventKind;
use domain::fact::Kind;
use domain::limits;
use domain::stage::Stage;
use serde_json::{Value, json};

pub(super) fn object(required: &[&str], properties: Value) -> Value {
    json!({ "type": "object", "required": required, "properties": properties, "additionalProperties": false })
}

pub(super) fn int() -> Value {
    json!({ "type": "integer" })
}

pub(super) fn id() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": i64::MAX })
}

pub(super) fn text() -> Value {
    json!({ "type": "string" })
}

pub(super) fn day() -> Value {
    json!({ "type": "string", "format": "date" })
}

pub(super) fn moment() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

pub(super) fn maybe(schema: Value) -> Value {
    json!({ "anyOf": [schema, { "type": "null" }] })
}

pub(super) fn words(words: impl Iterator<Item = &'static str>) -> Value {
    json!({ "type": "string", "enum": words.collect::<Vec<_>>() })
}

fn stage() -> Value {
    words(Stage::ALL.into_iter().map(Stage::as_str))
}

pub(super) fn currency() -> Value {
    words(Currency::ALL.into_iter().map(Currency::code))
}

fn money() -> Value {
    let amount = json!({ "type": "integer", "minimum": 0, "maximum": limits::FACT_MONEY });
    object(&["amount", "currency"], json!({ "amount": amount, "currency": currency() }))
}

pub(super) fn any_object() -> Value {
    json!({ "type": "object" })
}

/// A page of a list.
pub(super) fn page(item: Value) -> Value {
    let items = json!({ "type": "array", "items": item, "maxItems": limits::API_PAGE });
    object(&["items", "next"], json!({ "items": items, "total": int(), "next": maybe(text()) }))
}

/// A whole list.
pub(super) fn list(item: Value) -> Value {
    object(&["items"], json!({ "items": { "type": "array", "items": item } }))
}

pub(super) fn problem() -> Value {
    json!({
        "type": "object", "required": ["type", "title", "status", "detail", "detail_zh"],
        "properties": { "type": text(), "title": text(), "status": int(), "detail": text(), "detail_zh": text(), "number": text() }
    })
}

pub(super) fn me() -> Value {
    let unit = object(&["id", "name"], json!({ "id": id(), "name": text() }));
    let token = object(
        &["id", "name", "actions", "created", "expires"],
        json!({ "id": id(), "name": text(), "actions": { "type": "array", "items": text() }, "created": moment(), "expires": moment() }),
    );
    object(
        &["id", "name", "role", "unit", "token"],
        json!({ "id": id(), "name": text(), "role": text(), "unit": maybe(unit), "token": token }),
    )
}

pub(super) fn line() -> Value {
    object(
        &["id", "code", "name", "stage"],
        json!({
            "id": id(), "code": text(), "name": text(), "company": text(), "company_key": text(), "chain": text(),
            "unit": maybe(id()), "officer": maybe(id()), "event": maybe(id()), "stage": maybe(stage()), "since": maybe(day()),
            "signed": maybe(day()), "planned": maybe(money()), "duplicate": { "type": "boolean" }, "recorded": moment()
        }),
    )
}

pub(super) fn fact() -> Value {
    object(
        &["id", "kind", "effective", "counts", "recorded", "by"],
        json!({
            "id": id(), "kind": words(Kind::ALL.iter().map(|k| k.as_str())), "effective": day(), "counts": day(), "text": text(),
            "number": int(), "money": money(), "withdrawn": { "type": "boolean" }, "corrects": id(), "reason": text(),
            "recorded": moment(), "by": text()
        }),
    )
}

pub(super) fn facts() -> Value {
    list(fact())
}

pub(super) fn project() -> Value {
    object(
        &["id", "code", "name", "stage", "since", "last", "facts"],
        json!({
            "id": id(), "code": text(), "name": text(), "stage": maybe(stage()), "since": maybe(day()), "last": int(),
            "facts": { "type": "array", "items": fact() }
        }),
    )
}

/// A fact that a program sends: exactly one of `text`, `number`, `money`.
fn new_fact(correction: bool) -> Value {
    let mut properties = json!({
        "kind": words(Kind::ALL.iter().map(|k| k.as_str())), "effective": day(), "counts": day(),
        "text": { "type": "string", "minLength": 1, "maxLength": limits::FACT_TEXT_CHARS },
        "number": { "type": "integer", "minimum": 0, "maximum": i64::MAX }, "money": money()
    });
    let mut required = vec!["kind", "effective"];
    if correction {
        properties["corrects"] = id();
        properties["reason"] =
            json!({ "type": "string", "minLength": 1, "maxLength": limits::FACT_TEXT_CHARS });
        properties["withdraw"] =
            json!({ "type": "boolean", "description": "True to withdraw the fact; then without a value." });
        required.extend(["corrects", "reason"]);
    }
    object(&required, properties)
}

fn some(item: Value) -> Value {
    json!({ "type": "array", "items": item, "minItems": 1, "maxItems": limits::FACTS_AT_ONCE })
}

fn seen() -> Value {
    json!({
        "type": "integer", "minimum": 0, "maximum": i64::MAX,
        "description": "`last` as it was read; answered with 409 when facts were recorded since."
    })
}

pub(super) fn new_project() -> Value {
    let code = json!({ "type": "string", "minLength": 1, "maxLength": limits::LINE_CHARS });
    object(&["facts"], json!({ "code": code, "facts": some(new_fact(false)) }))
}

pub(super) fn new_facts() -> Value {
    object(&["facts"], json!({ "seen": seen(), "facts": some(new_fact(false)) }))
}

pub(super) fn new_corrections() -> Value {
    object(&["facts"], json!({ "seen": seen(), "facts": some(new_fact(true)) }))
}

pub(super) fn made() -> Value {
    object(&["id", "code"], json!({ "id": id(), "code": text() }))
}

pub(super) fn recorded() -> Value {
    object(&["facts"], json!({ "facts": { "type": "array", "items": id() } }))
}

pub(super) fn numbered() -> Value {
    object(&["id"], json!({ "id": id() }))
}

pub(super) fn event() -> Value {
    object(
        &["id", "title", "kind", "start", "end"],
        json!({
            "id": id(), "title": text(), "kind": words(EventKind::ALL.iter().map(|k| k.as_str())), "place": maybe(int()), "start": day(),
            "end": day(), "unit": maybe(id()), "purpose": text(), "ended": { "type": "boolean" }
        }),
    )
}

pub(super) fn unit() -> Value {
    object(&["id", "name", "ended"], json!({ "id": id(), "name": text(), "ended": { "type": "boolean" } }))
}

pub(super) fn rate() -> Value {
    object(
        &["id", "currency", "since", "micro_yuan", "source", "recorded", "by"],
        json!({
            "id": id(), "currency": currency(), "since": day(), "micro_yuan": int(), "source": text(), "recorded": moment(), "by": text()
        }),
    )
}

pub(super) fn new_rate() -> Value {
    let micro = json!({ "type": "integer", "minimum": 1, "maximum": 1_000_000_000_000_i64, "description": "Millionths of a yuan for one unit." });
    let source = json!({ "type": "string", "minLength": 1, "maxLength": limits::LINE_CHARS });
    object(
        &["currency", "since", "micro_yuan", "source"],
        json!({ "currency": currency(), "since": day(), "micro_yuan": micro, "source": source }),
    )
}

pub(super) fn entry() -> Value {
    object(
        &["seq", "at", "actor", "action", "subject", "before", "after", "hash"],
        json!({
            "seq": id(), "at": moment(), "actor": text(), "action": text(), "subject": text(), "before": maybe(text()), "after": maybe(text()),
            "hash": text()
        }),
    )
}

pub(super) fn verified() -> Value {
    let broken = object(&["seq", "why"], json!({ "seq": int(), "why": text() }));
    object(
        &["entries", "hash", "intact", "broken"],
        json!({ "entries": int(), "hash": text(), "intact": { "type": "boolean" }, "broken": maybe(broken) }),
    )
}

pub(super) fn param(name: &'static str, about: &'static str, schema: Value) -> Param {
    Param { name, about, schema }
}

pub(super) fn limit() -> Param {
    let schema = json!({ "type": "integer", "minimum": 1, "maximum": limits::API_PAGE, "default": limits::PROJECTS_PAGE });
    param("limit", "Items of a page.", schema)
}

pub(super) fn after() -> Param {
    let schema = json!({ "type": "string", "pattern": "^[0-9]{1,18}$" });
    param("after", "The `next` of the page before.", schema)
}

pub(super) fn projects_query() -> Vec<Param> {
    vec![
        param("q", "Part of the code, the name or the company.", text()),
        param("stage", "Where it stands.", stage()),
        param("unit", "Number of the unit.", id()),
        param("officer", "Number of the officer.", id()),
        param("event", "Number of the event.", id()),
        param("chain", "`chain`, or `chain/segment`.", text()),
        param("signed_from", "Its signing counts on this day or later.", day()),
        param("signed_to", "Its signing counts on this day or earlier.", day()),
        param("sort", "Order; with `-` the other way round.", words(super::projects::SORTS.into_iter())),
        limit(),
        after(),
    ]
}

pub(super) fn cut_off() -> Vec<Param> {
    vec![param("cut_off", "As of this moment: only facts recorded by then.", moment())]
}

pub(super) fn events_query() -> Vec<Param> {
    let year = json!({ "type": "integer", "minimum": 1900, "maximum": 9998 });
    vec![
        param("year", "The year it began.", year),
        param("kind", "What kind it is.", words(EventKind::ALL.iter().map(|k| k.as_str()))),
        param("unit", "Number of the unit.", id()),
        limit(),
        after(),
    ]
}

pub(super) fn journal_query() -> Vec<Param> {
    vec![
        param("actor", "`system`, `cli` or `user:ID`.", text()),
        param("action", "How the action begins.", text()),
        param("subject", "What was changed.", text()),
        limit(),
        after(),
    ]
}
