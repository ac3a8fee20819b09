//! Tests with tokens that an attacker would try.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use domain::ports::Signer as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::{ACCESS_TOKEN, AccessClaims, SigningKeys, TokenRefused};

const ISSUER: &str = "https://kuaichu.example.cn";
const AUDIENCE: &str = "kuaichu-api";

fn now() -> DateTime<Utc> {
    "2026-11-23T08:00:00Z".parse().unwrap()
}

fn keys() -> SigningKeys {
    SigningKeys::ephemeral().unwrap()
}

fn claims() -> Value {
    let now = now().timestamp();
    json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "00000000-0000-0000-0000-000000000001",
        "sid": "00000000-0000-0000-0000-000000000002", "role": "officer",
        "iat": now, "nbf": now, "exp": now + 900, "jti": "00000000-0000-0000-0000-000000000003",
    })
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

fn verify_at(keys: &SigningKeys, token: &str, seconds: i64) -> Result<AccessClaims, TokenRefused> {
    keys.verify_access(token, now() + TimeDelta::seconds(seconds), ISSUER, AUDIENCE)
}

/// Signed with our own key, but with whatever header the attacker wishes: stricter than any real attack.
fn with_header(keys: &SigningKeys, change: impl FnOnce(&mut Header)) -> String {
    let mut header = Header {
        typ: Some(ACCESS_TOKEN.to_owned()),
        kid: Some(keys.id().to_owned()),
        ..Header::new(Algorithm::EdDSA)
    };
    change(&mut header);
    jsonwebtoken::encode(&header, &claims(), &keys.signing).unwrap()
}

fn raw(header: &Value, claims: &Value, signature: &str) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.{signature}", part(header), part(claims))
}

#[test]
fn a_token_of_ours_holds_until_five_seconds_after_its_end() {
    let keys = keys();
    let token = keys.sign(ACCESS_TOKEN, &claims()).unwrap();
    let read = verify_at(&keys, &token, 0).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), claims());
    for (seconds, holds) in [(-6, false), (-5, true), (899, true), (905, true), (906, false), (961, false)] {
        assert_eq!(verify_at(&keys, &token, seconds).is_ok(), holds, "{seconds}");
    }
}

#[test]
fn the_key_set_has_one_public_key_and_nothing_private() {
    let keys = keys();
    let set = keys.jwks();
    assert_eq!(set["keys"][0]["kid"], keys.id());
    assert_eq!(set["keys"][0].get("d"), None);
    let parsed: jsonwebtoken::jwk::JwkSet = serde_json::from_value(set).unwrap();
    let checking = jsonwebtoken::DecodingKey::from_jwk(&parsed.keys[0]).unwrap();
    let token = keys.sign("receipt+jwt", &json!({"case": "KC"})).unwrap();
    let mut validation = jsonwebtoken::Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    assert!(jsonwebtoken::decode::<Value>(&token, &checking, &validation).is_ok());
}

#[test]
fn no_forged_token_holds() {
    let (keys, stranger) = (keys(), keys());
    let good = keys.sign(ACCESS_TOKEN, &claims()).unwrap();
    assert!(verify_at(&keys, &good, 0).is_ok());
    let [head, body, signature] = good.split('.').collect::<Vec<_>>()[..] else { panic!("three parts") };
    let sign = |claims: Value| keys.sign(ACCESS_TOKEN, &claims).unwrap();
    let public = BASE64_URL_SAFE_NO_PAD.decode(&keys.public).unwrap();
    let hs256 = |secret: &[u8]| {
        let header = Header {
            typ: Some(ACCESS_TOKEN.into()),
            kid: Some(keys.id().into()),
            ..Header::new(Algorithm::HS256)
        };
        jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap()
    };
    let none = |alg: &str| raw(&json!({"alg": alg, "typ": ACCESS_TOKEN, "kid": keys.id()}), &claims(), "");
    let stranger_as_us = {
        let header = Header {
            typ: Some(ACCESS_TOKEN.into()),
            kid: Some(keys.id().into()),
            ..Header::new(Algorithm::EdDSA)
        };
        jsonwebtoken::encode(&header, &claims(), &stranger.signing).unwrap()
    };
    let stranger_jwk: jsonwebtoken::jwk::Jwk =
        serde_json::from_value(stranger.jwks()["keys"][0].clone()).unwrap();
    let later = now().timestamp();
    let promoted = BASE64_URL_SAFE_NO_PAD.encode(with("role", "administrator").to_string());
    let twice = format!(
        "{}.{}.{signature}",
        head,
        BASE64_URL_SAFE_NO_PAD
            .encode(claims().to_string().replace("\"role\"", "\"role\":\"officer\",\"role\""))
    );

    let forged = [
        ("no signature, alg none", none("none")),
        ("alg None", none("None")),
        ("alg empty", none("")),
        ("HS256 with the public key", hs256(&public)),
        ("HS256 with the encoded public key", hs256(keys.public.as_bytes())),
        ("HS256 with an empty secret", hs256(b"")),
        ("signed by a stranger under his own kid", stranger.sign(ACCESS_TOKEN, &claims()).unwrap()),
        ("signed by a stranger under our kid", stranger_as_us),
        ("typ JWT", with_header(&keys, |header| header.typ = Some("JWT".into()))),
        ("a receipt as access token", keys.sign("receipt+jwt", &claims()).unwrap()),
        ("no typ", with_header(&keys, |header| header.typ = None)),
        ("another kid", with_header(&keys, |header| header.kid = Some("../../dev/null".into()))),
        ("no kid", with_header(&keys, |header| header.kid = None)),
        ("jku", with_header(&keys, |header| header.jku = Some("https://evil.example/jwks".into()))),
        ("jwk", with_header(&keys, |header| header.jwk = Some(stranger_jwk))),
        ("x5u", with_header(&keys, |header| header.x5u = Some("https://evil.example/x".into()))),
        ("x5c", with_header(&keys, |header| header.x5c = Some(vec!["AAAA".into()]))),
        ("crit", with_header(&keys, |header| header.crit = Some(vec!["exp".into()]))),
        ("b64", with_header(&keys, |header| header.extras.insert("b64", false))),
        ("expired", sign(with("exp", later - 6))),
        ("not yet", sign(with("nbf", later + 6))),
        ("made in the future", sign(with("iat", later + 6))),
        ("other issuer", sign(with("iss", "https://evil.example"))),
        ("other audience", sign(with("aud", "insurer-callbacks"))),
        ("several audiences", sign(with("aud", json!([AUDIENCE, "other"])))),
        ("no audience", sign(without("aud"))),
        ("no issuer", sign(without("iss"))),
        ("no end", sign(without("exp"))),
        ("no begin", sign(without("nbf"))),
        ("no subject", sign(without("sub"))),
        ("no session", sign(without("sid"))),
        ("no role", sign(without("role"))),
        ("unknown role", sign(with("role", "root"))),
        ("end as text", sign(with("exp", "9999999999"))),
        ("claims changed", format!("{head}.{promoted}.{signature}")),
        ("a claim twice", twice),
        ("signature cut", good[..good.len() - 4].to_owned()),
        ("signature missing", format!("{head}.{body}.")),
        ("two parts", format!("{head}.{body}")),
        ("a fourth part", format!("{good}.{signature}")),
        ("text behind", format!("{good}=")),
        ("line end behind", format!("{good}\n")),
        ("blank before", format!(" {good}")),
        ("empty", String::new()),
        ("dots", "..".to_owned()),
        ("too long", sign(with("pad", "x".repeat(5_000)))),
    ];
    for (attack, token) in forged {
        assert_eq!(verify_at(&keys, &token, 0), Err(TokenRefused), "{attack}");
    }
}
