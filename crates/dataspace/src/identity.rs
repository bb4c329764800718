//! Who speaks: participants are `did:web`, requests carry a short-lived signed token (JWS, `EdDSA`), agreements are signed by both sides.

pub mod did;
pub mod token;
pub mod trust;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::Value;

/// A participant's key. Its secret is never shown.
#[derive(Clone)]
pub struct Key {
    secret: SigningKey,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl Key {
    /// The key of 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Key {
        Key { secret: SigningKey::from_bytes(seed) }
    }

    /// The public half, base64url: `x` of its JWK.
    #[must_use]
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.verifying_key().as_bytes())
    }

    /// Signs; base64url.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> String {
        URL_SAFE_NO_PAD.encode(self.secret.sign(bytes).to_bytes())
    }
}

/// Whether `signature` (base64url) is that of `public` (base64url) over the bytes. What cannot be read is no signature.
#[must_use]
pub fn verify(public: &str, bytes: &[u8], signature: &str) -> bool {
    let key = URL_SAFE_NO_PAD.decode(public).ok().and_then(|k| <[u8; 32]>::try_from(k).ok());
    let key = key.and_then(|k| VerifyingKey::from_bytes(&k).ok());
    let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|s| <[u8; 64]>::try_from(s).ok());
    match (key, signature) {
        // Strict: of two encodings of one signature only one passes, so that a signature names one document.
        (Some(key), Some(signature)) => key.verify_strict(bytes, &Signature::from_bytes(&signature)).is_ok(),
        _ => false,
    }
}

/// Signs an agreement: its canonical text.
///
/// # Errors
/// An agreement that has no canonical text.
pub fn sign_agreement(key: &Key, agreement: &Value) -> Result<String, crate::message::Fault> {
    Ok(key.sign(crate::canonical::canonical(agreement)?.as_bytes()))
}

/// Whether a signature is one over this agreement.
#[must_use]
pub fn agreement_signed(public: &str, agreement: &Value, signature: &str) -> bool {
    crate::canonical::canonical(agreement).is_ok_and(|text| verify(public, text.as_bytes(), signature))
}

/// SHA-256 of a body, base64url: what a token says of the body that it goes with.
#[must_use]
pub fn digest(body: &[u8]) -> String {
    use sha2::Digest as _;
    URL_SAFE_NO_PAD.encode(sha2::Sha256::digest(body))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// RFC 8032 7.1, TEST 2.
    #[test]
    fn the_rfc_s_own_key_signs_as_it_says() {
        let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
        let key = Key::from_seed(&seed.try_into().unwrap());
        let public = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
        assert_eq!(key.public(), URL_SAFE_NO_PAD.encode(&public));
        let signature = hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        );
        assert_eq!(key.sign(&[0x72]), URL_SAFE_NO_PAD.encode(signature));
        assert!(verify(&key.public(), &[0x72], &key.sign(&[0x72])));
        assert!(!verify(&key.public(), &[0x73], &key.sign(&[0x72])) && !verify("x", &[0x72], "y"));
        assert!(!format!("{key:?}").contains("4ccd"), "nothing secret is shown");
    }

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len() / 2).map(|n| u8::from_str_radix(&text[2 * n..2 * n + 2], 16).unwrap()).collect()
    }

    #[test]
    fn every_member_of_an_agreement_is_signed_and_their_order_is_not() {
        let key = Key::from_seed(&[7; 32]);
        let agreement =
            json!({ "@id": "a", "target": "d", "assignee": "b", "permission": [{ "action": "use" }] });
        let signature = sign_agreement(&key, &agreement).unwrap();
        let turned: Value = serde_json::from_str(
            r#"{"permission":[{"action":"use"}],"assignee":"b","target":"d","@id":"a"}"#,
        )
        .unwrap();
        assert!(agreement_signed(&key.public(), &turned, &signature));
        for (field, value) in [("@id", json!("z")), ("target", json!("e")), ("permission", json!([]))] {
            let mut other = agreement.clone();
            other[field] = value;
            assert!(!agreement_signed(&key.public(), &other, &signature), "{field}");
        }
    }
}
