//! The staff's authenticators: one-time codes by RFC 6238, each given out once, as the service takes each once.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use totp_rs::{Builder, Secret};

/// Seconds for which one code holds.
const STEP: u64 = 30;

/// A secret that makes no codes.
#[derive(Debug, thiserror::Error)]
#[error("the one-time secret of {0} makes no codes")]
pub struct NoCode(String);

/// The authenticators of a whole city.
#[derive(Debug, Default)]
pub struct Authenticators {
    /// The step of the last code of each user name.
    given: Mutex<HashMap<String, u64>>,
}

impl Authenticators {
    /// A code of this user that was not given out before. The service also takes the code of the step to come,
    /// so a second sign-in seldom waits.
    pub async fn code(&self, username: &str, secret: &SecretString) -> Result<String, NoCode> {
        let step = self.reserve(username, now() / STEP);
        let opens = step.saturating_sub(1).saturating_mul(STEP);
        tokio::time::sleep(Duration::from_secs(opens.saturating_sub(now()))).await;
        generate(username, secret, step)
    }

    /// The code that [`Authenticators::code`] would give, without counting it as given: for a person to type.
    pub fn peek(&self, username: &str, secret: &SecretString) -> Result<String, NoCode> {
        let given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        generate(username, secret, next(given.get(username), now() / STEP))
    }

    fn reserve(&self, username: &str, current: u64) -> u64 {
        let mut given = self.given.lock().unwrap_or_else(PoisonError::into_inner);
        let step = next(given.get(username), current);
        given.insert(username.to_owned(), step);
        step
    }
}

/// The code of this user at another time, for a service whose clock was moved.
pub fn at(username: &str, secret: &SecretString, time: DateTime<Utc>) -> Result<String, NoCode> {
    generate(username, secret, u64::try_from(time.timestamp()).unwrap_or_default() / STEP)
}

fn next(last: Option<&u64>, current: u64) -> u64 {
    last.map_or(current, |last| current.max(last.saturating_add(1)))
}

fn generate(username: &str, secret: &SecretString, step: u64) -> Result<String, NoCode> {
    let bad = || NoCode(username.to_owned());
    let secret = Secret::try_from_base32(secret.expose_secret()).map_err(|_| bad())?;
    let totp = Builder::new().with_secret(secret).with_account_name(username.to_owned()).build();
    Ok(totp.map_err(|_| bad())?.generate(step.saturating_mul(STEP)).to_string())
}

/// Seconds since 1970.
#[expect(clippy::disallowed_methods, reason = "an authenticator is a clock")]
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_user_gets_the_code_of_one_step_twice() {
        let authenticators = Authenticators::default();
        assert_eq!(authenticators.reserve("officer-1", 100), 100);
        assert_eq!(authenticators.reserve("officer-1", 100), 101);
        assert_eq!(authenticators.reserve("officer-2", 100), 100);
        assert_eq!(authenticators.reserve("officer-1", 110), 110);
    }
}
