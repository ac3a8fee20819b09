//! Passwords and secrets as argon2id hashes, one-time codes by RFC 6238.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _},
};
use chrono::{DateTime, Utc};
use store::Account;
use totp_rs::{Builder, Secret};

use crate::error::AppError;

/// A hash that no password has; checked for unknown names so that they take as long as known ones.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$a3VhaWNodWt1YWljaHU$8J8Gk3lyXC3jW0v5dwX6y0rB0F5m0F5Yz3uTz8d1tQc";

/// The argon2id hash of a password or secret (19 MiB, two passes), with this salt.
pub(crate) fn hash(secret: &str, salt: &[u8; 16]) -> Result<String, AppError> {
    let hash = Argon2::default().hash_password_with_salt(secret.as_bytes(), salt);
    hash.map(|hash: argon2::password_hash::phc::PasswordHash| hash.to_string())
        .map_err(|error| AppError::Internal(error.to_string()))
}

/// Whether the secret has this hash; without a hash it takes as long and says no.
pub(crate) fn matches(hash: Option<&str>, secret: &str) -> bool {
    let verified = Argon2::default().verify_password(secret.as_bytes(), hash.unwrap_or(NOBODY)).is_ok();
    verified && hash.is_some()
}

/// The time step of a right one-time code that was not used before; a code of the step before and after counts.
pub(crate) fn step_of(account: &Account, code: &str, now: DateTime<Utc>) -> Option<i64> {
    let secret = Secret::try_from_base32(account.totp_secret.as_ref()?).ok()?;
    let totp = Builder::new().with_secret(secret).with_skew(1).with_account_name("kuaichu").build().ok()?;
    let step = totp.check(code, u64::try_from(now.timestamp()).ok()?)?;
    i64::try_from(step).ok().filter(|step| *step > account.totp_last_step)
}
