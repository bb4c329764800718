//! Password hashes: Argon2id with the library's defaults (RFC 9106's second recommended option is near to them).

use anyhow::{Result, anyhow};
use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use domain::limits;

/// Hashes a password with the given random salt.
///
/// # Errors
/// The password is shorter than [`limits::PASSWORD_MIN`] or longer than [`limits::PASSWORD_MAX`] characters.
pub fn hash(password: &str, salt: &[u8; 16]) -> Result<String> {
    let salt = SaltString::encode_b64(salt).map_err(|e| anyhow!("salt: {e}"))?;
    let hash =
        Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|e| anyhow!("hashing: {e}"))?;
    Ok(hash.to_string())
}

/// Whether a password is long enough and not too long to hash.
#[must_use]
pub fn acceptable(password: &str) -> bool {
    (limits::PASSWORD_MIN..=limits::PASSWORD_MAX).contains(&password.chars().count())
}

/// Whether `password` matches `stored`. Without a stored hash the same work is done, so that the time says nothing
/// about which accounts exist.
#[must_use]
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    const NOBODY: &str =
        "$argon2id$v=19$m=19456,t=2,p=1$bGFuZGZhbGwtbm9ib2R5$3q2+7wAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    let Ok(parsed) = PasswordHash::new(stored.unwrap_or(NOBODY)) else { return false };
    Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_password_matches_and_nobody_never_does() {
        let stored = hash("一个很长的密码 123", &[7; 16]).unwrap();
        assert!(verify("一个很长的密码 123", Some(&stored)));
        assert!(!verify("一个很长的密码 124", Some(&stored)));
        assert!(!verify("一个很长的密码 123", None));
        assert_ne!(stored, hash("一个很长的密码 123", &[8; 16]).unwrap(), "the salt counts");
    }

    #[test]
    fn the_stand_in_hash_costs_as_much_as_a_real_one() {
        let stored = hash("0123456789", &[1; 16]).unwrap();
        let parameters = |h: &str| h.split('$').nth(3).map(str::to_string);
        assert_eq!(parameters(&stored).as_deref(), Some("m=19456,t=2,p=1"));
    }
}
