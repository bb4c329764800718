//! SM2 with SM3 (GB/T 32918.2-2016, GM/T 0003.2-2012) on the recommended curve (GB/T 32918.5), with the user name of GM/T 0009.
//!
//! A signature is `r‖s`, 64 bytes. Its random number is derived from the key and the digest (as RFC 6979 does), so that no bad random source can give the key
//! away.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sm2::dsa::signature::{Signer as _, Verifier as _};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm2::elliptic_curve::sec1::ToSec1Point as _;
use sm2::{PublicKey, SecretKey};

/// Before the coordinates of a public key.
pub(super) const PREFIX: &str = "SM2:";
/// The user name that both sides take where none is agreed (GM/T 0009-2012, 10).
const USER: &str = "1234567812345678";

/// A secret key.
#[derive(Clone)]
pub(super) struct Key {
    secret: SigningKey,
}

impl Key {
    pub(super) fn new(secret: &[u8; 32]) -> Option<Key> {
        let secret = SecretKey::from_slice(secret).ok()?;
        Some(Key { secret: SigningKey::new(USER, &secret).ok()? })
    }

    pub(super) fn public(&self) -> String {
        let point = self.secret.verifying_key().as_affine().to_sec1_point(false);
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(point.as_bytes().get(1..).unwrap_or_default()))
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> String {
        let signature: Signature = self.secret.sign(bytes);
        URL_SAFE_NO_PAD.encode(signature.to_bytes())
    }
}

/// The coordinates of a public key, 32 bytes each.
pub(super) fn coordinates(public: &str) -> Option<([u8; 32], [u8; 32])> {
    let bytes = URL_SAFE_NO_PAD.decode(public.strip_prefix(PREFIX)?).ok()?;
    let (x, y) = bytes.split_at_checked(32)?;
    Some((x.try_into().ok()?, y.try_into().ok()?))
}

/// The public key of two coordinates.
pub(super) fn of_coordinates(x: &[u8], y: &[u8]) -> Option<String> {
    let whole = (x.len(), y.len()) == (32, 32);
    let public = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([x, y].concat()));
    (whole && key(&public).is_some()).then_some(public)
}

fn key(public: &str) -> Option<VerifyingKey> {
    let (x, y) = coordinates(public)?;
    let point = [&[4], &x[..], &y[..]].concat();
    VerifyingKey::new(USER, PublicKey::from_sec1_bytes(&point).ok()?).ok()
}

pub(super) fn verify(public: &str, bytes: &[u8], signature: &str) -> bool {
    let signature = URL_SAFE_NO_PAD.decode(signature).ok().and_then(|s| Signature::from_slice(&s).ok());
    match (key(public), signature) {
        (Some(key), Some(signature)) => key.verify(bytes, &signature).is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sm3::{Digest as _, Sm3};

    fn hex(text: &str) -> Vec<u8> {
        let digits: String = text.split_whitespace().collect();
        (0..digits.len() / 2).map(|n| u8::from_str_radix(&digits[2 * n..2 * n + 2], 16).unwrap()).collect()
    }

    const SECRET: &str = "3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8";
    const X: &str = "09F9DF31 1E5421A1 50DD7D16 1E4BC5C6 72179FAD 1833FC07 6BB08FF3 56F35020";
    const Y: &str = "CCEA490C E26775A5 2DC6EA71 8CC1AA60 0AED05FB F35E084A 6632F607 2DA9AD13";

    /// GM/T 0003.5-2012 (GB/T 32918.5-2017), annex A.2: the message `message digest` of the user 1234567812345678.
    #[test]
    fn the_standard_s_own_example() {
        let key = Key::new(&hex(SECRET).try_into().unwrap()).unwrap();
        let public = of_coordinates(&hex(X), &hex(Y)).unwrap();
        assert_eq!(key.public(), public);
        let signature = hex("F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3 \
             B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA");
        assert!(verify(&public, b"message digest", &URL_SAFE_NO_PAD.encode(&signature)));
        assert!(!verify(&public, b"message digest.", &URL_SAFE_NO_PAD.encode(&signature)));
        let turned = [&signature[32..], &signature[..32]].concat();
        assert!(!verify(&public, b"message digest", &URL_SAFE_NO_PAD.encode(turned)));
        assert!(verify(&public, b"other", &key.sign(b"other")));
        assert_eq!(key.sign(b"other"), key.sign(b"other"), "no random source is asked");
    }

    /// The same example's Z and e, by its own formulas, so that the user name and the curve are those of the standard.
    #[test]
    fn the_standard_s_intermediate_values() {
        let curve = [
            "FFFFFFFE FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF 00000000 FFFFFFFF FFFFFFFC",
            "28E9FA9E 9D9F5E34 4D5A9E4B CF6509A7 F39789F5 15AB8F92 DDBCBD41 4D940E93",
            "32C4AE2C 1F198119 5F990446 6A39C994 8FE30BBF F2660BE1 715A4589 334C74C7",
            "BC3736A2 F4F6779C 59BDCEE3 6B692153 D0A9877C C62A4740 02DF32E5 2139F0A0",
        ];
        let mut z = Sm3::new();
        z.update([0, 128]);
        z.update(USER);
        for part in curve.iter().chain(&[X, Y]) {
            z.update(hex(part));
        }
        let z = z.finalize();
        assert_eq!(z[..], hex("B2E14C5C 79C6DF5B 85F4FE7E D8DB7A26 2B9DA7E0 7CCB0EA9 F4747B8C CDA8A4F3"));
        let e = Sm3::new().chain_update(z).chain_update("message digest").finalize();
        assert_eq!(e[..], hex("F0B43E94 BA45ACCA ACE692ED 534382EB 17E6AB5A 19CE7B31 F4486FDF C0D28640"));
    }

    #[test]
    fn what_is_no_key_is_none() {
        assert!(Key::new(&[0; 32]).is_none() && Key::new(&[0xff; 32]).is_none());
        assert!(of_coordinates(&hex(X), &hex(X)).is_none(), "a point beside the curve");
        assert!(of_coordinates(&hex(X)[..31], &hex(Y)).is_none());
        assert!(!verify("SM2:", b"x", "y") && !verify("SM2:AAAA", b"x", "AAAA"));
    }
}
