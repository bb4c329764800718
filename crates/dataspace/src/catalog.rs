//! Catalogues: our own as JSON (catalog 2.2, 2.3), with pages, and those of others as listings.

use crate::message::{CONTEXT, Fault};
use crate::odrl::Policy;
use serde_json::{Value, json};

/// A dataset as a catalogue shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// Its identifier.
    pub id: String,
    /// Its title.
    pub title: String,
    /// What is in it.
    pub description: String,
    /// Formats in which it can be had, such as `HttpData-PULL`.
    pub formats: Vec<String>,
    /// Offers.
    pub offers: Vec<Policy>,
    /// Where its connector is; in what was read of others.
    pub endpoint: String,
    /// Whose it is.
    pub participant: String,
}

fn service(participant: &str, endpoint: &str) -> Value {
    json!({ "@id": format!("{participant}#connector"), "@type": "DataService", "endpointURL": endpoint })
}

/// A dataset without its context. An offer in a catalogue has no target.
fn dataset(listing: &Listing, participant: &str) -> Value {
    let offers: Vec<Value> = listing
        .offers
        .iter()
        .map(|o| {
            let plain = Policy { target: None, kind: Some("Offer".into()), ..o.clone() };
            serde_json::to_value(plain).unwrap_or(Value::Null)
        })
        .collect();
    let distribution: Vec<Value> = listing
        .formats
        .iter()
        .map(|f| json!({ "@type": "Distribution", "format": f, "accessService": format!("{participant}#connector") }))
        .collect();
    let mut out =
        json!({ "@id": listing.id, "@type": "Dataset", "hasPolicy": offers, "distribution": distribution });
    for (name, text) in [("title", &listing.title), ("description", &listing.description)] {
        if !text.is_empty() {
            out[name] = text.as_str().into();
        }
    }
    out
}

/// A page of our catalogue. Lists that are empty are left out, as the schema wants.
#[must_use]
pub fn catalog(participant: &str, endpoint: &str, listings: &[Listing]) -> Value {
    let mut out = json!({
        "@context": [CONTEXT], "@id": format!("{participant}#catalog-1"), "@type": "Catalog",
        "participantId": participant, "service": [service(participant, endpoint)],
    });
    let datasets: Vec<Value> = listings.iter().map(|l| dataset(l, participant)).collect();
    if !datasets.is_empty() {
        out["dataset"] = datasets.into();
    }
    out
}

/// One dataset by itself; its service stands in each distribution.
#[must_use]
pub fn alone(listing: &Listing, participant: &str, endpoint: &str) -> Value {
    let mut out = dataset(listing, participant);
    out["@context"] = json!([CONTEXT]);
    if let Some(all) = out.get_mut("distribution").and_then(Value::as_array_mut) {
        for one in all {
            one["accessService"] = service(participant, endpoint);
        }
    }
    out
}

/// The words of a filter: `filter` holds texts, each of which must stand in title, description or identifier.
///
/// # Errors
/// Anything else in it, which is answered with 400 (catalog 2.1).
pub fn filter(filter: &[Value]) -> Result<Vec<String>, Fault> {
    let word =
        |v: &Value| v.as_str().filter(|t| !t.is_empty() && t.chars().count() <= 200).map(str::to_string);
    let words: Option<Vec<String>> = filter.iter().map(word).collect();
    words.filter(|w| w.len() <= 10).ok_or_else(|| {
        Fault::new("filter", "is supported as a list of up to ten texts of 1 to 200 characters")
    })
}

impl Listing {
    /// Whether every word stands in it.
    #[must_use]
    pub fn has(&self, words: &[String]) -> bool {
        words.iter().all(|w| self.title.contains(w) || self.description.contains(w) || self.id == *w)
    }
}

/// Reads a catalogue of somebody else's, nested ones too. Datasets without an offer or a format are left out: nobody could ask for them.
///
/// # Errors
/// What is no catalogue.
pub fn read(value: &Value, endpoint: &str) -> Result<Vec<Listing>, Fault> {
    if value.get("@type").and_then(Value::as_str) != Some("Catalog") {
        return Err(Fault::new("@type", "must be \"Catalog\""));
    }
    let participant = value.get("participantId").and_then(Value::as_str).unwrap_or_default();
    let mut found = Vec::new();
    collect(value, participant, endpoint, 0, &mut found);
    Ok(found)
}

fn collect(catalog: &Value, participant: &str, endpoint: &str, depth: usize, found: &mut Vec<Listing>) {
    let list =
        |name: &str| catalog.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let at = |service: &Value| service.get("endpointURL").and_then(Value::as_str).map(str::to_string);
    let own = list("service").iter().find_map(at);
    let endpoint = own.as_deref().unwrap_or(endpoint);
    for one in list("dataset").iter().take(crate::PAGE_DATASETS.saturating_sub(found.len())) {
        let text = |name: &str| one.get(name).and_then(Value::as_str).unwrap_or_default().to_string();
        let each = |name: &str| one.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        let offers: Vec<Policy> =
            each("hasPolicy").into_iter().filter_map(|o| serde_json::from_value(o).ok()).collect();
        let distributions = each("distribution");
        let formats: Vec<String> =
            distributions.iter().filter_map(|d| d.get("format")?.as_str().map(str::to_string)).collect();
        if offers.is_empty() || formats.is_empty() || text("@id").is_empty() {
            continue;
        }
        let service = distributions.iter().find_map(|d| at(d.get("accessService")?));
        found.push(Listing {
            id: text("@id"),
            title: text("title"),
            description: text("description"),
            formats,
            offers,
            endpoint: service.unwrap_or_else(|| endpoint.to_string()),
            participant: participant.to_string(),
        });
    }
    if depth < 8 {
        for inner in list("catalog") {
            let theirs = inner.get("participantId").and_then(Value::as_str).unwrap_or(participant);
            collect(inner, theirs, endpoint, depth + 1, found);
        }
    }
}
