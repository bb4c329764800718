//! Trust lists: a zone signs whom it vouches for, and a zone that knows its key takes their word as it takes the zone's own (接入认证: who registers
//! with one zone is known to its partners).
//!
//! A list is numbered, dated and ends: a later number replaces an earlier one and never the other way round, so that nobody can bring back a
//! participant that was struck off. After its end a list still counts for [`GRACE`], so that a zone that is down for a weekend does not stop running
//! transfers; then nobody on it is known any more.

use super::{Key, did, verify};
use crate::WORD_CHARS;
use crate::canonical::canonical;
use crate::message::Fault;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What a list says it is.
pub const FORMAT: &str = "landfall.trust/1";
/// How long a list lasts that we sign.
pub const LIFE: SignedDuration = SignedDuration::from_hours(24 * 7);
/// How long a list counts beyond its end.
pub const GRACE: SignedDuration = SignedDuration::from_hours(72);
/// The most participants of a list.
pub const MEMBERS: usize = 2_000;
/// The most keys of a participant.
pub const KEYS: usize = 8;

/// A participant that a zone vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// Its `did:web`.
    pub did: String,
    /// What it is called.
    pub name: String,
    /// Unified social credit code (GB 32100); empty where it has none.
    #[serde(default)]
    pub uscc: String,
    /// Where its connector is.
    pub address: String,
    /// Its public keys.
    pub keys: Vec<String>,
}

/// Whom a zone vouches for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrustList {
    /// [`FORMAT`].
    pub format: String,
    /// The zone's `did:web`.
    pub issuer: String,
    /// What the zone is called.
    pub name: String,
    /// Grows with every list of a zone.
    pub number: i64,
    /// When it was signed.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The participants.
    pub members: Vec<Member>,
}

/// How a list stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It counts.
    Valid,
    /// It has ended, and still counts for a while.
    Grace,
    /// Nobody on it is known any more.
    Over,
}

impl TrustList {
    /// The document with its signature, as it is served.
    ///
    /// # Errors
    /// Only for numbers beyond 2^53.
    pub fn signed(&self, key: &Key) -> Result<Value, Fault> {
        let mut value = serde_json::to_value(self).map_err(|e| Fault::new("", e.to_string()))?;
        let signature = key.sign(canonical(&value)?.as_bytes());
        if let Some(fields) = value.as_object_mut() {
            fields.insert("signature".into(), Value::String(signature));
        }
        Ok(value)
    }

    /// Reads a list of `issuer`, signed with one of `keys`.
    ///
    /// # Errors
    /// What is wrong with it, naming the member.
    pub fn read(mut value: Value, issuer: &str, keys: &[String]) -> Result<TrustList, Fault> {
        let signature = value.as_object_mut().and_then(|fields| fields.remove("signature"));
        let signature = signature.as_ref().and_then(Value::as_str).unwrap_or_default();
        let text = canonical(&value)?;
        if !keys.iter().any(|key| verify(key, text.as_bytes(), signature)) {
            return Err(Fault::new("signature", "is not that of a key of the issuer".to_string()));
        }
        let list: TrustList =
            serde_json::from_value(value).map_err(|e| Fault::new("", format!("is no trust list: {e}")))?;
        list.check(issuer)?;
        Ok(list)
    }

    fn check(&self, issuer: &str) -> Result<(), Fault> {
        let wrong = |what: &str, why: String| Err(Fault::new(what, why));
        if self.format != FORMAT {
            return wrong("format", format!("must be {FORMAT}"));
        }
        if self.issuer != issuer {
            return wrong("issuer", format!("must be {issuer}"));
        }
        if self.number < 1 || self.expires <= self.issued {
            return wrong("number", "must be 1 or more, and the end later than the beginning".into());
        }
        if self.members.len() > MEMBERS {
            return wrong("members", format!("at most {MEMBERS}"));
        }
        for (n, member) in self.members.iter().enumerate() {
            let texts = [&member.did, &member.name, &member.uscc, &member.address];
            let keys = member.keys.iter().all(|k| k.len() <= WORD_CHARS);
            if did::document_address(&member.did).is_none() {
                return wrong(&format!("members/{n}/did"), "is no did:web".into());
            }
            if texts.iter().any(|t| t.chars().count() > WORD_CHARS) || !keys {
                return wrong(&format!("members/{n}"), format!("a text is longer than {WORD_CHARS}"));
            }
            if member.keys.is_empty() || member.keys.len() > KEYS {
                return wrong(&format!("members/{n}/keys"), format!("1 to {KEYS} keys"));
            }
        }
        Ok(())
    }

    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        let late = now.duration_since(self.expires);
        if late.is_negative() || late.is_zero() {
            Standing::Valid
        } else if late <= GRACE {
            Standing::Grace
        } else {
            Standing::Over
        }
    }

    /// The participant of a name, while the list counts.
    #[must_use]
    pub fn member(&self, did: &str, now: Timestamp) -> Option<&Member> {
        (self.standing(now) != Standing::Over).then(|| self.members.iter().find(|m| m.did == did)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2026-11-27T02:00:00Z".parse().unwrap()
    }

    fn list() -> TrustList {
        TrustList {
            format: FORMAT.into(),
            issuer: "did:web:zone.example".into(),
            name: "银川高新区".into(),
            number: 3,
            issued: now(),
            expires: now() + LIFE,
            members: vec![Member {
                did: "did:web:bank.example".into(),
                name: "某银行".into(),
                uscc: String::new(),
                address: "https://bank.example/dsp".into(),
                keys: vec!["KEY".into()],
            }],
        }
    }

    #[test]
    fn a_list_is_that_of_its_issuer_and_of_nobody_else() {
        let (key, other) = (Key::from_seed(&[1; 32]), Key::from_seed(&[2; 32]));
        let (did, keys) = ("did:web:zone.example", [key.public()]);
        let signed = list().signed(&key).unwrap();
        assert_eq!(TrustList::read(signed.clone(), did, &keys).unwrap(), list());
        let why = |value: Value, did: &str, keys: &[String]| TrustList::read(value, did, keys).unwrap_err();
        assert!(why(signed.clone(), did, &[other.public()]).to_string().contains("signature"));
        assert!(why(signed.clone(), "did:web:x", &keys).to_string().contains("issuer"));
        let mut added = signed;
        added["members"][0]["keys"][0] = "OTHER".into();
        assert!(why(added, did, &keys).to_string().contains("signature"), "a changed list is no list");
        assert!(why(Value::Null, did, &keys).to_string().contains("signature"));
    }

    #[test]
    fn what_a_list_may_not_say_is_named_even_when_it_is_signed() {
        let key = Key::from_seed(&[1; 32]);
        let read = |l: TrustList| {
            TrustList::read(l.signed(&key).unwrap(), "did:web:zone.example", &[key.public()])
                .unwrap_err()
                .to_string()
        };
        assert!(read(TrustList { format: "x".into(), ..list() }).contains("format"));
        assert!(read(TrustList { expires: now(), ..list() }).contains("number"));
        let mut odd = list();
        odd.members[0].did = "did:web:..".into();
        odd.members[0].keys.clear();
        assert!(read(odd.clone()).contains("members/0"));
        odd.members[0].did = "mailto:x".into();
        assert!(read(odd).contains("did:web"));
    }

    #[test]
    fn a_list_counts_a_while_beyond_its_end() {
        let (list, end) = (list(), now() + LIFE);
        for (at, standing) in [
            (end, Standing::Valid),
            (end + SignedDuration::from_secs(1), Standing::Grace),
            (end + GRACE, Standing::Grace),
            (end + GRACE + SignedDuration::from_secs(1), Standing::Over),
        ] {
            assert_eq!(list.standing(at), standing, "{at}");
            assert_eq!(list.member("did:web:bank.example", at).is_some(), standing != Standing::Over);
        }
        assert!(list.member("did:web:other.example", now()).is_none());
    }

    proptest! {
        #[test]
        fn no_json_makes_it_panic(text in ".{0,200}", name in "[a-z]{0,10}") {
            let value = serde_json::json!({ "format": FORMAT, "issuer": name, "members": [text], "signature": text });
            prop_assert!(TrustList::read(value, &name, &[text]).is_err());
        }
    }
}
