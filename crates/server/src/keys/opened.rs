//! Tokens of the service for its own use: what they say, if they are ours.

use jsonwebtoken::{Algorithm, Header, Validation};
use serde::de::DeserializeOwned;

use super::{LONGEST_TOKEN, SigningKeys, TokenRefused};

impl SigningKeys {
    /// What a token of ours of this type says. Whoever asks checks its time; key and algorithm are not the sender's
    /// choice, and a token of another type is another thing.
    pub fn opened<T: DeserializeOwned>(&self, typ: &str, token: &str) -> Result<T, TokenRefused> {
        if token.len() > LONGEST_TOKEN {
            return Err(TokenRefused);
        }
        let header = jsonwebtoken::decode_header(token).map_err(|_| TokenRefused)?;
        let expected =
            Header { typ: Some(typ.to_owned()), kid: Some(self.id.clone()), ..Header::new(Algorithm::EdDSA) };
        if header != expected {
            return Err(TokenRefused);
        }
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims::<&str>(&[]);
        validation.validate_exp = false;
        validation.validate_aud = false;
        let opened = jsonwebtoken::decode(token, &self.checking, &validation);
        opened.map(|opened| opened.claims).map_err(|_| TokenRefused)
    }
}

#[cfg(test)]
mod tests {
    use domain::ports::Signer as _;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn only_our_own_token_of_the_same_type_opens_and_no_changed_one() {
        let keys = SigningKeys::ephemeral().unwrap();
        let claims = json!({ "copy": "view", "exp": 1 });
        let token = keys.sign("a+jwt", &claims).unwrap();
        assert_eq!(keys.opened::<Value>("a+jwt", &token), Ok(claims));
        assert_eq!(keys.opened::<Value>("b+jwt", &token), Err(TokenRefused));
        assert_eq!(SigningKeys::ephemeral().unwrap().opened::<Value>("a+jwt", &token), Err(TokenRefused));
        for place in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(keys.opened::<Value>("a+jwt", &changed), Err(TokenRefused), "{place}");
        }
        assert_eq!(keys.opened::<Value>("a+jwt", &"a".repeat(LONGEST_TOKEN + 1)), Err(TokenRefused));
    }
}
