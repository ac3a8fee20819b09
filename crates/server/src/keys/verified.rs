//! Access tokens whose signature was checked before: checking it costs more than everything else in a request's
//! head. What holds once holds for ever, for the key does not change; time is not part of it.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use domain::digest::Digest;

use super::AccessClaims;

/// How many tokens are kept in mind; then it starts anew.
const MOST: usize = 4096;

/// Claims of tokens with a good signature, by the hash of the whole token.
#[derive(Default)]
pub(super) struct Verified(Mutex<HashMap<Digest, AccessClaims>>);

impl Verified {
    /// The claims of a token that was checked before, or else what `check` says.
    pub(super) fn or_check<E>(
        &self,
        token: &str,
        check: impl FnOnce() -> Result<AccessClaims, E>,
    ) -> Result<AccessClaims, E> {
        let hash = Digest::of(token.as_bytes());
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&hash).cloned();
        if let Some(claims) = known {
            return Ok(claims);
        }
        let claims = check()?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST {
            known.clear();
        }
        known.insert(hash, claims.clone());
        Ok(claims)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        identifiers::{AccountId, SessionId},
        identity::Role,
    };
    use uuid::Uuid;

    use super::*;

    fn claims() -> AccessClaims {
        AccessClaims {
            iss: "i".to_owned(),
            aud: "a".to_owned(),
            sub: AccountId(Uuid::nil()),
            sid: SessionId(Uuid::nil()),
            role: Role::Driver,
            iat: 0,
            nbf: 0,
            exp: 1,
            jti: Uuid::nil(),
        }
    }

    #[test]
    fn a_good_token_is_checked_once_and_a_bad_one_every_time() {
        let verified = Verified::default();
        assert_eq!(verified.or_check("bad", || Err("forged")), Err("forged"));
        assert_eq!(verified.or_check("bad", || Err("still")), Err("still"));
        assert_eq!(verified.or_check("good", || Ok::<_, &str>(claims())), Ok(claims()));
        assert_eq!(verified.or_check("good", || Err("not asked")), Ok(claims()));
        assert_eq!(verified.or_check("goo", || Err("another")), Err("another"));
    }

    #[test]
    fn the_memory_is_bounded() {
        let verified = Verified::default();
        for number in 0..=MOST {
            verified.or_check(&number.to_string(), || Ok::<_, ()>(claims())).unwrap();
        }
        assert!(verified.0.lock().unwrap().len() <= MOST);
    }
}
