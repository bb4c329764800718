//! Who speaks: participants are `did:web`, requests carry a short-lived signed token (JWS), agreements are signed by both sides.
//!
//! Two algorithms: Ed25519 (RFC 8032), and SM2 with SM3 (GB/T 32918.2, GM/T 0003.2) where the national algorithms are asked for. A public key says which it
//! is, and a signature is only ever checked by the algorithm of the key that it is held against.

pub mod did;
pub mod token;
pub mod trust;

mod sm2;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde_json::Value;

/// How a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// SM2 with SM3 and the user name 1234567812345678 (GM/T 0009).
    Sm2,
}

impl Algorithm {
    /// Its name in the head of a token: that of RFC 8037 for Ed25519; for SM2 none is registered, and this one is private.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Algorithm::Ed25519 => "EdDSA",
            Algorithm::Sm2 => "SM2-SM3",
        }
    }

    /// The algorithm of a public key.
    #[must_use]
    pub fn of(public: &str) -> Algorithm {
        if public.starts_with(sm2::PREFIX) { Algorithm::Sm2 } else { Algorithm::Ed25519 }
    }
}

/// A participant's key. Its secret is never shown.
#[derive(Clone)]
pub struct Key {
    secret: Secret,
}

#[derive(Clone)]
enum Secret {
    Ed25519(Box<SigningKey>),
    Sm2(Box<sm2::Key>),
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("public", &self.public()).finish_non_exhaustive()
    }
}

impl Key {
    /// The Ed25519 key of 32 secret bytes.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Key {
        Key { secret: Secret::Ed25519(Box::new(SigningKey::from_bytes(seed))) }
    }

    /// The SM2 key of 32 secret bytes; `None` for the few that are no number from 1 to n − 2 (GB/T 32918.1, 6.1): take others.
    #[must_use]
    pub fn sm2(secret: &[u8; 32]) -> Option<Key> {
        Some(Key { secret: Secret::Sm2(Box::new(sm2::Key::new(secret)?)) })
    }

    /// How it signs.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.secret {
            Secret::Ed25519(_) => Algorithm::Ed25519,
            Secret::Sm2(_) => Algorithm::Sm2,
        }
    }

    /// The public half: for Ed25519 base64url, `x` of its JWK; for SM2 `SM2:` and the two coordinates, base64url.
    #[must_use]
    pub fn public(&self) -> String {
        match &self.secret {
            Secret::Ed25519(key) => URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
            Secret::Sm2(key) => key.public(),
        }
    }

    /// Signs; base64url.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> String {
        match &self.secret {
            Secret::Ed25519(key) => URL_SAFE_NO_PAD.encode(key.sign(bytes).to_bytes()),
            Secret::Sm2(key) => key.sign(bytes),
        }
    }
}

/// Whether `signature` (base64url) is that of `public` over the bytes. What cannot be read is no signature.
#[must_use]
pub fn verify(public: &str, bytes: &[u8], signature: &str) -> bool {
    if Algorithm::of(public) == Algorithm::Sm2 {
        return sm2::verify(public, bytes, signature);
    }
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
