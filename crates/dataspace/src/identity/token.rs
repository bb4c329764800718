//! The token of a request: a compact JWS (RFC 7515) for one receiver, one body and a few minutes, signed with `EdDSA` (RFC 8037) or, under a private name,
//! with SM2 and SM3.

use super::{Algorithm, Key, digest, verify};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest life of a token.
pub const LIFE: SignedDuration = SignedDuration::from_mins(5);
/// How far two clocks may differ.
pub const SKEW: SignedDuration = SignedDuration::from_secs(60);
/// The most names of tokens that are remembered.
pub const REMEMBERED: usize = 100_000;
/// The most characters of a token.
const CHARS: usize = 4_096;

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Who sends.
    pub iss: String,
    /// Who receives.
    pub aud: String,
    /// Second since 1970 when it was made.
    pub iat: i64,
    /// Second since 1970 when it ends.
    pub exp: i64,
    /// Its own name.
    pub jti: String,
    /// SHA-256 of the body, base64url.
    pub body: String,
}

/// Why a token is refused. The peer is only told that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no token of this form or algorithm.
    Form,
    /// It is signed by no key of the sender's.
    Signature,
    /// It is for somebody else.
    Audience,
    /// It is over, from the future, or lives too long.
    Time,
    /// It is for another body.
    Body,
    /// It was used before.
    Replayed,
}

fn header(algorithm: Algorithm) -> String {
    format!(r#"{{"alg":"{}","typ":"JWT"}}"#, algorithm.as_str())
}

/// Makes a token for a body.
#[must_use]
pub fn issue(key: &Key, iss: &str, aud: &str, jti: &str, now: Timestamp, body: &[u8]) -> String {
    let claims = Claims {
        iss: iss.to_string(),
        aud: aud.to_string(),
        iat: now.as_second(),
        exp: now.as_second() + LIFE.as_secs(),
        jti: jti.to_string(),
        body: digest(body),
    };
    let claims = serde_json::to_vec(&claims).unwrap_or_default();
    let signed =
        format!("{}.{}", URL_SAFE_NO_PAD.encode(header(key.algorithm())), URL_SAFE_NO_PAD.encode(claims));
    format!("{signed}.{}", key.sign(signed.as_bytes()))
}

/// Who a token says that it comes from, unverified: to find the keys.
#[must_use]
pub fn claimed(token: &str) -> Option<String> {
    Some(parts(token)?.claims.iss)
}

/// A token in its parts.
struct Parts<'a> {
    algorithm: Algorithm,
    signed: &'a str,
    claims: Claims,
    signature: &'a str,
}

fn parts(token: &str) -> Option<Parts<'_>> {
    if token.len() > CHARS {
        return None;
    }
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    let header: serde_json::Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let named = header.get("alg")?.as_str()?;
    let algorithm = [Algorithm::Ed25519, Algorithm::Sm2].into_iter().find(|a| a.as_str() == named)?;
    let claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some(Parts { algorithm, signed, claims, signature })
}

/// Holds a token against the keys of its sender.
///
/// # Errors
/// See [`Refused`].
pub fn check(
    token: &str,
    keys: &[String],
    aud: &str,
    now: Timestamp,
    body: &[u8],
) -> Result<Claims, Refused> {
    let Parts { algorithm, signed, claims, signature } = parts(token).ok_or(Refused::Form)?;
    // A token does not choose how it is checked: the algorithm is that of the sender's key.
    let fits = |key: &&String| Algorithm::of(key) == algorithm;
    if !keys.iter().filter(fits).any(|key| verify(key, signed.as_bytes(), signature)) {
        return Err(Refused::Signature);
    }
    if claims.aud != aud {
        return Err(Refused::Audience);
    }
    let (now, skew) = (now.as_second(), SKEW.as_secs());
    let life = claims.exp.saturating_sub(claims.iat);
    let early = claims.iat > now.saturating_add(skew);
    if early || claims.exp < now.saturating_sub(skew) || !(0..=LIFE.as_secs()).contains(&life) {
        return Err(Refused::Time);
    }
    if claims.body != digest(body) {
        return Err(Refused::Body);
    }
    Ok(claims)
}

/// Names of tokens that were used and could still pass.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    seen: BTreeMap<(String, String), i64>,
}

impl Replay {
    /// Takes a token that passed [`check`].
    ///
    /// # Errors
    /// [`Refused::Replayed`] for one that was used, and for every one while too many are remembered.
    pub fn take(&mut self, claims: &Claims, now: Timestamp) -> Result<(), Refused> {
        let over = now.as_second() - SKEW.as_secs();
        if self.seen.len() >= REMEMBERED {
            self.seen.retain(|_, exp| *exp >= over);
        }
        let name = (claims.iss.clone(), claims.jti.clone());
        if self.seen.len() >= REMEMBERED || self.seen.get(&name).is_some_and(|exp| *exp >= over) {
            return Err(Refused::Replayed);
        }
        self.seen.insert(name, claims.exp);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-27T02:00:00Z".parse().unwrap()
    }

    #[test]
    fn a_token_is_for_one_receiver_one_body_and_five_minutes() {
        let (key, other) = (Key::from_seed(&[1; 32]), Key::from_seed(&[2; 32]));
        let token = issue(&key, "did:web:a", "did:web:b", "1", now(), b"{}");
        let keys = [key.public()];
        let run = |token: &str, keys: &[String], aud: &str, at: Timestamp, body: &[u8]| {
            check(token, keys, aud, at, body)
        };
        assert_eq!(claimed(&token).as_deref(), Some("did:web:a"));
        assert!(run(&token, &keys, "did:web:b", now(), b"{}").is_ok());
        assert_eq!(run(&token, &[other.public()], "did:web:b", now(), b"{}"), Err(Refused::Signature));
        assert_eq!(run(&token, &keys, "did:web:c", now(), b"{}"), Err(Refused::Audience));
        assert_eq!(run(&token, &keys, "did:web:b", now(), b"[]"), Err(Refused::Body));
        let later = now() + SignedDuration::from_mins(7);
        assert_eq!(run(&token, &keys, "did:web:b", later, b"{}"), Err(Refused::Time));
        assert_eq!(
            run(&token, &keys, "did:web:b", now() - SignedDuration::from_mins(2), b"{}"),
            Err(Refused::Time)
        );
        let (head, tail) = token.split_once('.').unwrap();
        let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(run(&format!("{none}.{tail}"), &keys, "did:web:b", now(), b"{}"), Err(Refused::Form));
        let (claims, signature) = tail.split_once('.').unwrap();
        let mut forged: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
        forged.iss = "did:web:x".into();
        let forged = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&forged).unwrap());
        assert_eq!(
            run(&format!("{head}.{forged}.{signature}"), &keys, "did:web:b", now(), b"{}"),
            Err(Refused::Signature)
        );
    }

    #[test]
    fn a_token_signed_with_sm2_passes_and_none_is_checked_by_another_algorithm() {
        let (sm2, ed) = (Key::sm2(&[1; 32]).unwrap(), Key::from_seed(&[1; 32]));
        let run = |key: &Key, keys: &[String]| {
            let token = issue(key, "did:web:a", "did:web:b", "1", now(), b"{}");
            check(&token, keys, "did:web:b", now(), b"{}").map(|c| c.iss)
        };
        let both = [ed.public(), sm2.public()];
        assert_eq!((run(&sm2, &both), run(&ed, &both)), (Ok("did:web:a".into()), Ok("did:web:a".into())));
        assert_eq!(run(&sm2, &both[..1]), Err(Refused::Signature));
        assert_eq!(run(&ed, &both[1..]), Err(Refused::Signature));
        let token = issue(&sm2, "did:web:a", "did:web:b", "1", now(), b"{}");
        let (_, rest) = token.split_once('.').unwrap();
        let renamed = format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header(Algorithm::Ed25519)));
        assert_eq!(check(&renamed, &both, "did:web:b", now(), b"{}"), Err(Refused::Signature));
    }

    #[test]
    fn a_token_passes_once() {
        let key = Key::from_seed(&[1; 32]);
        let token = issue(&key, "did:web:a", "did:web:b", "1", now(), b"");
        let claims = check(&token, &[key.public()], "did:web:b", now(), b"").unwrap();
        let mut replay = Replay::default();
        assert_eq!(replay.take(&claims, now()), Ok(()));
        assert_eq!(replay.take(&claims, now()), Err(Refused::Replayed));
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_pass(token in ".{0,80}", dotted in "[A-Za-z0-9_.-]{0,120}") {
            let keys = [Key::from_seed(&[1; 32]).public()];
            prop_assert!(check(&token, &keys, "b", now(), b"").is_err());
            prop_assert!(check(&dotted, &keys, "b", now(), b"").is_err());
        }
    }
}
