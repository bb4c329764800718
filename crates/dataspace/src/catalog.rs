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

/// Whether anybody could ask for it: it has an offer and a format, as the schema wants.
fn can_be_had(listing: &Listing) -> bool {
    !listing.offers.is_empty() && !listing.formats.is_empty()
}

/// A page of our catalogue. Lists that are empty are left out, as the schema wants, and so are datasets without an offer or a format.
#[must_use]
pub fn catalog(participant: &str, endpoint: &str, listings: &[Listing]) -> Value {
    let mut out = json!({
        "@context": [CONTEXT], "@id": format!("{participant}#catalog-1"), "@type": "Catalog",
        "participantId": participant, "service": [service(participant, endpoint)],
    });
    let datasets: Vec<Value> =
        listings.iter().filter(|l| can_be_had(l)).map(|l| dataset(l, participant)).collect();
    if !datasets.is_empty() {
        out["dataset"] = datasets.into();
    }
    out
}

/// A dataset of a catalogue as JSON text, to be put together by [`written`]; `None` for one that nobody could ask for.
#[must_use]
pub fn fragment(listing: &Listing, participant: &str) -> Option<String> {
    can_be_had(listing).then(|| dataset(listing, participant).to_string())
}

/// The same as [`catalog`], as text, of datasets that were made ready.
#[must_use]
pub fn written<'a>(participant: &str, endpoint: &str, fragments: impl Iterator<Item = &'a str>) -> String {
    let mut out = catalog(participant, endpoint, &[]).to_string();
    let mut any = false;
    for fragment in fragments {
        if !any {
            // In front of the brace that ends it.
            out.pop();
            out.push_str(",\"dataset\":[");
        } else {
            out.push(',');
        }
        out.push_str(fragment);
        any = true;
    }
    if any {
        out.push_str("]}");
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

/// How deep catalogues may stand in one another.
pub const CATALOG_DEPTH: usize = 8;

/// Reads a catalogue of somebody else's, nested ones too. Datasets without an offer or a format are left out: nobody could ask for them.
///
/// # Errors
/// What is no catalogue.
pub fn read(value: &Value, endpoint: &str) -> Result<Vec<Listing>, Fault> {
    if value.get("@type").and_then(Value::as_str) != Some("Catalog") {
        return Err(Fault::new("@type", "must be \"Catalog\""));
    }
    let mut found = Vec::new();
    let around = Around { participant: "", endpoint, services: Vec::new() };
    collect(value, &around, 0, &mut found);
    Ok(found)
}

/// Reads a dataset that was asked for by itself, from the participant at `endpoint`.
///
/// # Errors
/// What is no dataset that could be asked for.
pub fn read_alone(value: &Value, participant: &str, endpoint: &str) -> Result<Listing, Fault> {
    if value.get("@type").and_then(Value::as_str).is_some_and(|t| t != "Dataset") {
        return Err(Fault::new("@type", "must be \"Dataset\""));
    }
    let around = Around { participant, endpoint, services: Vec::new() };
    listed(value, &around)
        .ok_or_else(|| Fault::new("", "needs an identifier, an offer and a distribution with a format"))
}

/// What a dataset takes from the catalogues that it stands in.
struct Around<'a> {
    participant: &'a str,
    /// Of a dataset that names no service that is known.
    endpoint: &'a str,
    /// Services by their identifiers.
    services: Vec<(&'a str, &'a str)>,
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

fn collect(catalog: &Value, outer: &Around<'_>, depth: usize, found: &mut Vec<Listing>) {
    let own: Vec<(&str, &str)> = list(catalog, "service")
        .iter()
        .map(|s| (text(s, "@id"), text(s, "endpointURL")))
        .filter(|s| !s.1.is_empty())
        .collect();
    let participant = Some(text(catalog, "participantId")).filter(|p| !p.is_empty());
    let around = Around {
        participant: participant.unwrap_or(outer.participant),
        endpoint: own.first().map_or(outer.endpoint, |s| s.1),
        services: own.iter().chain(&outer.services).copied().collect(),
    };
    for one in list(catalog, "dataset") {
        if found.len() >= crate::PAGE_DATASETS {
            return;
        }
        found.extend(listed(one, &around));
    }
    if depth < CATALOG_DEPTH {
        for inner in list(catalog, "catalog") {
            collect(inner, &around, depth + 1, found);
        }
    }
}

fn listed(one: &Value, around: &Around<'_>) -> Option<Listing> {
    let distributions = list(one, "distribution");
    // A distribution names a service of the catalogue, or holds it.
    let endpoint = |distribution: &Value| match distribution.get("accessService")? {
        Value::String(id) => around.services.iter().find(|s| s.0 == id).map(|s| s.1.to_string()),
        service => Some(text(service, "endpointURL")).filter(|e| !e.is_empty()).map(str::to_string),
    };
    let listing = Listing {
        id: text(one, "@id").to_string(),
        title: text(one, "title").to_string(),
        description: text(one, "description").to_string(),
        formats: distributions.iter().filter_map(|d| Some(d.get("format")?.as_str()?.to_string())).collect(),
        offers: list(one, "hasPolicy")
            .iter()
            .filter(|o| crate::odrl::shape(o, "hasPolicy").is_ok())
            .filter_map(|o| serde_json::from_value(o.clone()).ok())
            .collect(),
        endpoint: distributions.iter().find_map(endpoint).unwrap_or_else(|| around.endpoint.to_string()),
        participant: around.participant.to_string(),
    };
    (can_be_had(&listing) && !listing.id.is_empty()).then_some(listing)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::odrl::Rule;

    fn one(id: &str, service: &Value) -> Value {
        json!({
            "@id": id, "@type": "Dataset", "title": format!("数据 {id}"),
            "hasPolicy": [{ "@id": "o", "@type": "Offer", "permission": [{ "action": "use" }] }],
            "distribution": [{ "format": "HttpData-PULL", "accessService": service }],
        })
    }

    #[test]
    fn a_catalogue_that_was_made_ready_is_the_same() {
        let listing = |id: &str, formats: &[&str]| Listing {
            id: id.into(),
            title: "空置\"楼宇\"".into(),
            description: String::new(),
            formats: formats.iter().map(|f| (*f).to_string()).collect(),
            offers: vec![Policy::offer("o", vec![Rule::new("use", vec![])])],
            endpoint: String::new(),
            participant: String::new(),
        };
        let all = [
            listing("a", &["HttpData-PULL"]),
            listing("nobody could ask for it", &[]),
            listing("b", &["x", "y"]),
        ];
        for some in [&all[..], &all[..1], &all[1..2], &[]] {
            let ready: Vec<String> = some.iter().filter_map(|l| fragment(l, "did:web:p")).collect();
            let text = written("did:web:p", "https://p/dsp", ready.iter().map(String::as_str));
            let read: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(read, catalog("did:web:p", "https://p/dsp", some));
        }
    }

    #[test]
    fn every_dataset_of_nested_catalogues_is_found_at_its_own_service() {
        let service = |id: &str, url: &str| json!({ "@id": id, "@type": "DataService", "endpointURL": url });
        let value = json!({
            "@type": "Catalog", "participantId": "did:web:broker",
            "service": [service("s1", "http://one"), service("s2", "http://two")],
            "dataset": [one("a", &"s2".into()), one("b", &"unknown".into()), one("c", &service("x", "http://three"))],
            "catalog": [
                { "@type": "Catalog", "participantId": "did:web:inner", "service": [service("s1", "http://four")],
                  "dataset": [one("d", &"s1".into()), one("e", &"s2".into())] },
                { "@type": "Catalog", "dataset": [one("f", &"nowhere".into()), { "@id": "no offers" }] },
            ],
        });
        let found = read(&value, "http://asked").unwrap();
        let places: Vec<_> =
            found.iter().map(|l| (l.id.as_str(), l.participant.as_str(), l.endpoint.as_str())).collect();
        let broker = "did:web:broker";
        assert_eq!(
            places,
            [
                ("a", broker, "http://two"),
                ("b", broker, "http://one"),
                ("c", broker, "http://three"),
                ("d", "did:web:inner", "http://four"),
                ("e", "did:web:inner", "http://two"),
                ("f", broker, "http://one"),
            ]
        );
        assert_eq!(found[0].title, "数据 a");
        assert!(read(&json!({ "@type": "Dataset" }), "").is_err());
    }

    #[test]
    fn what_nobody_could_ask_for_is_not_shown() {
        let listing = Listing {
            id: "d".into(),
            title: "t".into(),
            description: String::new(),
            formats: vec!["HttpData-PULL".into()],
            offers: vec![Policy::offer("o", vec![Rule::new("use", vec![])])],
            endpoint: "http://a".into(),
            participant: "did:web:a".into(),
        };
        let bare = Listing { offers: Vec::new(), ..listing.clone() };
        let shown = catalog("did:web:a", "http://a", &[bare.clone(), listing.clone()]);
        assert_eq!(read(&shown, "").unwrap(), std::slice::from_ref(&listing));
        assert!(catalog("did:web:a", "http://a", &[bare]).get("dataset").is_none());
        assert_eq!(read_alone(&alone(&listing, "did:web:a", "http://a"), "did:web:a", "").unwrap(), listing);
        assert!(read_alone(&json!({ "@id": "d" }), "p", "").is_err());
    }

    #[test]
    fn a_filter_is_a_list_of_words_that_all_stand_there() {
        let mut listing = read_alone(&one("urn:1", &"s".into()), "p", "").unwrap();
        listing.title = "数据".into();
        let has = |filter_: Value| filter(filter_.as_array().unwrap()).map(|words| listing.has(&words)).ok();
        assert_eq!(has(json!([])), Some(true));
        assert_eq!(has(json!(["数据", "urn:1"])), Some(true));
        assert_eq!(has(json!(["数据", "urn"])), Some(false), "an identifier is matched whole");
        for odd in
            [json!([7]), json!([""]), json!([{ "a": 1 }]), json!(["x".repeat(201)]), json!(vec!["x"; 11])]
        {
            assert_eq!(has(odd.clone()), None, "{odd}");
        }
    }

    #[test]
    fn catalogues_within_catalogues_are_read_only_so_deep() {
        let deep = |levels: usize| {
            let inner = json!({ "@type": "Catalog", "dataset": [one("a", &"s".into())] });
            (0..levels).fold(inner, |inner, _| json!({ "@type": "Catalog", "catalog": [inner] }))
        };
        assert_eq!(read(&deep(CATALOG_DEPTH), "").unwrap().len(), 1);
        assert_eq!(read(&deep(CATALOG_DEPTH + 1), "").unwrap().len(), 0);
    }
}
