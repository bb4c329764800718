//! Schemas of figures, reports, leads and reviews.

use super::Param;
use super::schema::{
    after, day, fact, id, int, limit, list, maybe, moment, object, param, rate, text, words,
};
use domain::figure::Tier;
use domain::lead::{ConflictKind, ConflictState, ContactKind, LeadState, Source};
use domain::limits;
use serde_json::{Value, json};

fn many(item: Value) -> Value {
    json!({ "type": "array", "items": item })
}

fn yes() -> Value {
    json!({ "type": "boolean" })
}

fn year() -> Value {
    json!({ "type": "integer", "minimum": 1950, "maximum": 2200 })
}

fn month() -> Value {
    json!({ "type": "integer", "minimum": 1, "maximum": 12 })
}

fn one_of(known: &[&'static str]) -> Value {
    words(known.iter().copied())
}

fn tier() -> Value {
    words(Tier::ALL.into_iter().map(Tier::as_str))
}

/// An object all of whose properties are there.
fn all(properties: Value) -> Value {
    let names: Vec<String> = properties.as_object().into_iter().flat_map(|p| p.keys().cloned()).collect();
    object(&names.iter().map(String::as_str).collect::<Vec<_>>(), properties)
}

/// A line of text.
fn line() -> Value {
    json!({ "type": "string", "minLength": 1, "maxLength": limits::LINE_CHARS })
}

fn at_most(chars: usize) -> Value {
    json!({ "type": "string", "maxLength": chars })
}

fn tiers() -> Value {
    many(all(json!({ "tier": tier(), "count": int(), "yuan": int() })))
}

fn values() -> Value {
    all(json!({ "count": int(), "yuan": int(), "met": int(), "of": int(), "tiers": tiers() }))
}

pub(super) fn definition() -> Value {
    all(json!({
        "name": text(), "version": text(), "zh": text(), "en": text(), "measure": one_of(&["count", "amount", "rate"]),
        "text": text(), "text_en": text()
    }))
}

fn row() -> Value {
    let money = all(json!({ "amount": int(), "currency": text() }));
    let properties = json!({
        "project": id(), "code": text(), "name": text(), "company": text(), "fact": id(), "counts": day(), "happened": day(),
        "part": one_of(&["counted", "base", "met", "reached"]), "met": day(), "tier": tier(), "money": money,
        "yuan": maybe(int()), "rates": many(id()), "chain": text(), "unit": maybe(id()), "officer": maybe(id()),
        "event": maybe(id()), "evidence": many(id()), "facts": many(id())
    });
    object(
        &[
            "project", "code", "name", "company", "fact", "counts", "happened", "part", "tier", "yuan",
            "facts",
        ],
        properties,
    )
}

pub(super) fn figure() -> Value {
    let definition = all(json!({ "id": text(), "version": text(), "text": text(), "text_en": text() }));
    let left_out = all(
        json!({ "project": text(), "name": text(), "day": day(), "reason": text(), "reason_zh": text() }),
    );
    let undecided = all(json!({ "project": text(), "name": text(), "counted": yes(), "lacks": text() }));
    all(json!({
        "figure": text(), "period": all(json!({ "from": day(), "to": day() })), "cut_off": moment(), "definition": definition,
        "value": maybe(int()), "count": int(), "amount_yuan": int(), "count_30yi": int(), "met": int(), "of": int(),
        "tiers": tiers(), "to_date": values(), "last_year": values(), "rows": many(row()), "left_out": many(left_out),
        "undecided": many(undecided)
    }))
}

pub(super) fn figure_query() -> Vec<Param> {
    vec![
        param("year", "The year; this year when left out.", year()),
        param("month", "The month; the whole year when left out.", month()),
        param("as_of", "Only facts recorded up to the end of this day.", day()),
    ]
}

fn closing() -> Value {
    json!({
        "id": id(), "year": int(), "month": maybe(int()), "edition": int(), "replaces": maybe(id()), "cut_off": moment(),
        "judged_on": day(), "sha256": maybe(text()), "by": text()
    })
}

pub(super) fn report() -> Value {
    all(closing())
}

pub(super) fn reports() -> Value {
    list(report())
}

pub(super) fn recomputed() -> Value {
    let line = all(json!({
        "figure": text(), "version": text(), "month": maybe(values()), "total": values(), "last_year_month": maybe(values()),
        "last_year": values()
    }));
    let mut properties = closing();
    properties["computed_sha256"] = text();
    properties["same"] = json!({
        "anyOf": [yes(), { "type": "null" }], "description": "Whether the bytes are what was kept; null before it was sealed."
    });
    properties["lines"] = many(line);
    all(properties)
}

pub(super) fn new_report() -> Value {
    object(&["year"], json!({ "year": year(), "month": maybe(month()) }))
}

pub(super) fn restatement() -> Value {
    let delta = all(json!({ "count": int(), "yuan": int(), "met": int(), "of": int() }));
    let shown = one_of(&["month", "total", "last_year_month", "last_year"]);
    let effects = || many(all(json!({ "figure": text(), "shown": shown, "delta": delta })));
    let change = all(json!({
        "project": id(), "code": text(), "name": text(), "late": yes(), "fact": fact(), "was": maybe(fact()), "effects": effects()
    }));
    let rates = many(all(json!({ "rate": rate(), "was": maybe(rate()) })));
    all(json!({
        "id": id(), "cut_off": moment(), "changes": many(change), "more": int(), "rates": rates, "rate_effects": effects(),
        "effects": effects()
    }))
}

fn source() -> Value {
    words(Source::ALL.iter().map(|s| s.as_str()))
}

fn state() -> Value {
    words(LeadState::ALL.iter().map(|s| s.as_str()))
}

fn lead_properties() -> Value {
    json!({
        "id": id(), "version": int(), "company": text(), "key": text(), "uscc": maybe(text()), "other_names": many(text()),
        "group": maybe(text()), "title": text(), "need": text(), "amount_yuan": maybe(int()), "segment": maybe(text()),
        "contact_name": text(), "contact_phone": text(), "officer": id(), "unit": maybe(id()), "source": source(),
        "source_ref": maybe(text()), "registered": day(), "protected_until": day(), "next_due": day(), "state": state(),
        "ended": maybe(day()), "ended_why": maybe(text()), "project": maybe(id()), "by": text(), "created": moment(), "updated": moment()
    })
}

pub(super) fn lead() -> Value {
    all(lead_properties())
}

pub(super) fn whole_lead() -> Value {
    let kind = words(ContactKind::ALL.iter().map(|k| k.as_str()));
    let contact = all(json!({
        "id": id(), "kind": kind, "day": day(), "note": text(), "by": text(), "recorded": moment()
    }));
    let conflict = all(json!({
        "id": id(), "lead": id(), "other_lead": maybe(id()), "other_project": maybe(id()),
        "kind": words(ConflictKind::ALL.iter().map(|k| k.as_str())), "reasons": many(all(json!({ "zh": text(), "en": text() }))),
        "state": words(ConflictState::ALL.iter().map(|s| s.as_str())), "raised": moment()
    }));
    let mut properties = lead_properties();
    properties["contacts"] = many(contact);
    properties["conflicts"] = many(conflict);
    all(properties)
}

pub(super) fn leads_query() -> Vec<Param> {
    vec![
        param("q", "Part of the company's name or of the title.", text()),
        param("officer", "Number of the officer.", id()),
        param("unit", "Number of the unit.", id()),
        param("state", "How it stands.", state()),
        param("overdue", "Only those with a step whose day has passed.", yes()),
        param("contested", "Only those with an unsettled conflict.", yes()),
        limit(),
        after(),
    ]
}

pub(super) fn new_lead() -> Value {
    let names = json!({ "type": "array", "items": line(), "maxItems": limits::LEAD_NAMES });
    let amount = json!({ "anyOf": [
        { "type": "integer", "minimum": 0, "maximum": limits::FACT_MONEY }, { "type": "null" }
    ], "description": "Planned investment in yuan." });
    let company = json!({
        "type": "string", "minLength": 1, "maxLength": limits::LINE_CHARS,
        "description": "Its name, short name, former name or credit code."
    });
    let line_or_none = || maybe(at_most(limits::LINE_CHARS));
    object(
        &["company", "title", "source"],
        json!({
            "company": company, "key": line_or_none(), "other_names": names, "group": line_or_none(), "title": line(),
            "need": maybe(at_most(limits::LEAD_TEXT_CHARS)), "amount_yuan": amount, "segment": line_or_none(),
            "contact_name": line_or_none(), "contact_phone": line_or_none(), "officer": maybe(id()), "source": source(),
            "source_ref": line_or_none()
        }),
    )
}

pub(super) fn new_contact() -> Value {
    let kinds = ContactKind::ALL.iter().filter(|k| **k != ContactKind::Handover).map(|k| k.as_str());
    let note = json!({ "type": "string", "minLength": 1, "maxLength": limits::LEAD_TEXT_CHARS });
    object(&["kind", "day", "note"], json!({ "kind": words(kinds), "day": day(), "note": note }))
}

fn verdict() -> Value {
    one_of(&["pass", "return"])
}

pub(super) fn review() -> Value {
    all(json!({
        "id": id(), "round": id(), "project": id(), "route": text(), "unit": id(), "asked_on": day(), "asked_by": text(),
        "note": text(), "due": day(), "answer": maybe(verdict()), "reasons": maybe(text()), "answered_by": maybe(text()),
        "answered": maybe(moment())
    }))
}

pub(super) fn reviews_query() -> Vec<Param> {
    vec![param("answered", "Those answered; else those that wait.", yes()), limit(), after()]
}

pub(super) fn new_answer() -> Value {
    let reasons = json!({
        "type": "string", "maxLength": limits::FACT_TEXT_CHARS, "description": "A return needs them."
    });
    object(&["answer"], json!({ "answer": verdict(), "reasons": reasons }))
}
