//! `did:web`: where a participant's document is, and what is in it.

use super::{Algorithm, sm2};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// The address of the document of a `did:web` (did:web method, 2.3: `:` becomes `/`, a port is `%3A`); `None` for what is none.
///
/// `http` only for this machine, so that a demonstration needs no certificate.
#[must_use]
pub fn document_address(did: &str) -> Option<String> {
    let rest = did.strip_prefix("did:web:")?;
    let mut parts = rest.split(':');
    let host = parts.next()?.replace("%3A", ":").replace("%3a", ":");
    let path: Vec<&str> = parts.collect();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '_' | '[' | ']');
    if host.is_empty() || !host.chars().all(plain) {
        return None;
    }
    if path.iter().any(|p| p.is_empty() || *p == ".." || !p.chars().all(|c| plain(c) && c != ':')) {
        return None;
    }
    let name = host.split(':').next().unwrap_or_default();
    let scheme = if matches!(name, "localhost" | "127.0.0.1") { "http" } else { "https" };
    Some(if path.is_empty() {
        format!("{scheme}://{host}/.well-known/did.json")
    } else {
        format!("{scheme}://{host}/{}/did.json", path.join("/"))
    })
}

/// The `did:web` of a server at an address such as `https://zone.example:8443`; `None` for what is no such address.
#[must_use]
pub fn of_address(address: &str) -> Option<String> {
    let host = address.strip_prefix("https://").or_else(|| address.strip_prefix("http://"))?;
    let host = host.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':');
    (!host.is_empty() && host.chars().all(plain)).then(|| format!("did:web:{}", host.replace(':', "%3A")))
}

/// The document of a participant: its key, and where its connector is (common 4: `DataService`, `CatalogService`).
#[must_use]
pub fn document(did: &str, public: &str, connector: &str) -> Value {
    let key = format!("{did}#key-1");
    json!({
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/suites/jws-2020/v1"],
        "id": did,
        "verificationMethod": [{
            "id": key, "type": "JsonWebKey2020", "controller": did,
            "publicKeyJwk": jwk(public),
        }],
        "authentication": [key],
        "assertionMethod": [key],
        "service": [
            { "id": format!("{did}#connector"), "type": "DataService", "serviceEndpoint": connector },
            { "id": format!("{did}#catalog"), "type": "CatalogService", "serviceEndpoint": format!("{connector}/catalog") },
        ],
    })
}

/// A public key as a JWK (RFC 8037 for Ed25519; `SM2` as the curve's name is not registered, and used as others use it).
fn jwk(public: &str) -> Value {
    match (Algorithm::of(public), sm2::coordinates(public)) {
        (Algorithm::Sm2, Some((x, y))) => {
            json!({ "kty": "EC", "crv": "SM2", "x": URL_SAFE_NO_PAD.encode(x), "y": URL_SAFE_NO_PAD.encode(y) })
        }
        _ => json!({ "kty": "OKP", "crv": "Ed25519", "x": public }),
    }
}

fn public_of(jwk: &Value) -> Option<String> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    match (text("kty")?, text("crv")?) {
        ("OKP", "Ed25519") => text("x").map(str::to_string),
        ("EC", "SM2") => {
            let number = |name| URL_SAFE_NO_PAD.decode(text(name)?).ok();
            sm2::of_coordinates(&number("x")?, &number("y")?)
        }
        _ => None,
    }
}

/// The keys (Ed25519 and SM2) and the connector's address of a document that speaks of `did`.
#[must_use]
pub fn read(did: &str, document: &Value) -> Option<(Vec<String>, String)> {
    if document.get("id").and_then(Value::as_str) != Some(did) {
        return None;
    }
    let keys: Vec<String> = document
        .get("verificationMethod")?
        .as_array()?
        .iter()
        .filter_map(|m| public_of(m.get("publicKeyJwk")?))
        .collect();
    let service = document
        .get("service")?
        .as_array()?
        .iter()
        .find(|s| s.get("type").is_some_and(|t| t == "DataService"))?;
    let address = service.get("serviceEndpoint")?.as_str()?.to_string();
    (!keys.is_empty()).then_some((keys, address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_did_leads_to_its_document() {
        for (did, address) in [
            ("did:web:zone.example", Some("https://zone.example/.well-known/did.json")),
            ("did:web:zone.example:a:b", Some("https://zone.example/a/b/did.json")),
            ("did:web:zone.example%3A8443", Some("https://zone.example:8443/.well-known/did.json")),
            ("did:web:127.0.0.1%3A8420", Some("http://127.0.0.1:8420/.well-known/did.json")),
            ("did:key:z6Mk", None),
            ("did:web:", None),
            ("did:web:a/b", None),
            ("did:web:zone.example:..", None),
            ("did:web:user@evil", None),
        ] {
            assert_eq!(document_address(did).as_deref(), address, "{did}");
        }
        assert_eq!(of_address("http://127.0.0.1:8420/").as_deref(), Some("did:web:127.0.0.1%3A8420"));
        assert_eq!(of_address("ftp://x"), None);
    }

    #[test]
    fn a_document_reads_back_for_its_own_did_only() {
        let doc = document("did:web:a", "KEY", "https://a/dsp");
        assert_eq!(read("did:web:a", &doc), Some((vec!["KEY".into()], "https://a/dsp".into())));
        assert_eq!(read("did:web:b", &doc), None);
        let key = super::super::Key::sm2(&[3; 32]).unwrap();
        let doc = document("did:web:a", &key.public(), "https://a/dsp");
        assert_eq!(doc["verificationMethod"][0]["publicKeyJwk"]["crv"], "SM2");
        assert_eq!(read("did:web:a", &doc), Some((vec![key.public()], "https://a/dsp".into())));
    }
}
