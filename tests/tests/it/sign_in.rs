//! Signing in: who is let in, how often somebody may guess, and how long a session holds.

use std::time::{Duration, Instant};

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::ports::Signer as _;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use kuaichu::keys::SigningKeys;
use reqwest::Method;
use sandbox::fault::Fault;
use serde_json::{Value, json};
use testkit::on_both;

use crate::support::{Reply, TestService, password_of, reply};

/// What the sandbox gives as `session_key`, in any form in which it could be stored.
const SESSION_KEY: &str = "c2FuZGJveC1vbmx5LWtleQ==";

async fn staff(service: &TestService, username: &str, password: &str, code: &str) -> Reply {
    let body = json!({ "username": username, "password": password, "one_time_code": code });
    reply(service.request(Method::POST, "/sign-in/staff").json(&body)).await
}

async fn wechat(service: &TestService, code: &str) -> Reply {
    reply(service.request(Method::POST, "/sign-in/wechat").json(&json!({ "code": code }))).await
}

async fn refresh(service: &TestService, token: &str) -> Reply {
    reply(service.request(Method::POST, "/sessions/refresh").json(&json!({ "refresh_token": token }))).await
}

async fn with_token(service: &TestService, token: &str) -> Reply {
    reply(service.request(Method::GET, "/cases").bearer_auth(token)).await
}

/// A problem document without what is different in every answer.
fn words(answer: &Reply) -> Value {
    let mut problem = answer.json();
    problem.as_object_mut().unwrap().remove("request_id");
    problem
}

on_both! {
    async fn refresh_tokens_rotate_and_an_old_one_ends_the_session(database: TestDatabase) {
        let service = TestService::start(database).await;
        let first = wechat(&service, &service.sandbox.mint_code("o-a")).await.ok();
        let second = refresh(&service, first["refresh_token"].as_str().unwrap()).await.ok();
        assert_ne!(first["refresh_token"], second["refresh_token"]);
        for tokens in [&first, &second] {
            assert_eq!(with_token(&service, tokens["access_token"].as_str().unwrap()).await.status, 200);
        }
        refresh(&service, first["refresh_token"].as_str().unwrap()).await.refused(401, "session_ended");
        refresh(&service, second["refresh_token"].as_str().unwrap()).await.refused(401, "session_ended");
        for tokens in [&first, &second] {
            with_token(&service, tokens["access_token"].as_str().unwrap()).await.refused(401, "session_ended");
        }
        refresh(&service, "no-token-of-ours").await.refused(401, "session_ended");
        let fresh = wechat(&service, &service.sandbox.mint_code("o-a")).await.ok();
        assert_eq!(with_token(&service, fresh["access_token"].as_str().unwrap()).await.status, 200);
        service.end().await;
    }

    async fn one_refresh_token_used_many_times_at_once_gives_at_most_one_pair(database: TestDatabase) {
        let service = TestService::start(database).await;
        let first = wechat(&service, &service.sandbox.mint_code("o-a")).await.ok();
        let token = first["refresh_token"].as_str().unwrap();
        let answers = futures_util::future::join_all((0..20).map(|_| refresh(&service, token))).await;
        let given: Vec<&Reply> = answers.iter().filter(|answer| answer.status == 200).collect();
        assert!(given.len() <= 1);
        for answer in answers.iter().filter(|answer| answer.status != 200) {
            answer.refused(401, "session_ended");
        }
        with_token(&service, first["access_token"].as_str().unwrap()).await.refused(401, "session_ended");
        service.end().await;
    }

    async fn five_guesses_are_looked_at_however_many_come_at_once(database: TestDatabase) {
        let service = TestService::start(database).await;
        for username in ["officer-1", "nobody-here"] {
            let guess = |number: usize| {
                let service = &service;
                async move { staff(service, username, &format!("wrong-password-{number}"), "000000").await }
            };
            let guesses = futures_util::future::join_all((0..50).map(guess)).await;
            let looked_at = guesses.iter().filter(|answer| answer.status == 401).count();
            assert_eq!(looked_at, 5, "{username}");
            for answer in guesses.iter().filter(|answer| answer.status != 401) {
                answer.refused(429, "locked_out");
                let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
                assert!((1..=301).contains(&seconds), "{seconds}");
                assert_eq!(answer.json()["retry_after"], seconds);
            }
        }
        let code = service.one_time_code("officer-1").await;
        staff(&service, "officer-1", &password_of("officer-1"), &code).await.refused(429, "locked_out");
        service.staff("officer-2").await;
        service.end().await;
    }

    async fn a_one_time_code_counts_once(database: TestDatabase) {
        let service = TestService::start(database).await;
        let (password, code) = (password_of("officer-1"), service.one_time_code("officer-1").await);
        assert_eq!(staff(&service, "officer-1", &password, &code).await.ok()["role"], "officer");
        staff(&service, "officer-1", &password, &code).await.refused(401, "sign_in_failed");
        let code = service.one_time_code("officer-1").await;
        let both = [staff(&service, "officer-1", &password, &code), staff(&service, "officer-1", &password, &code)];
        let both = futures_util::future::join_all(both).await;
        assert_eq!(both.iter().filter(|answer| answer.status == 200).count(), 1);
        service.end().await;
    }

    async fn an_account_that_is_off_is_refused_at_its_next_request(database: TestDatabase) {
        let service = TestService::start(database).await;
        let officer = service.staff("officer-1").await;
        officer.list_queue().await.unwrap();
        let name = "officer-1".parse().unwrap();
        service.inside.app.set_staff_active(&name, false).await.unwrap();
        assert_eq!(officer.list_queue().await.unwrap_err().refusal(), Some((401, "session_ended")));
        let code = service.one_time_code("officer-1").await;
        staff(&service, "officer-1", &password_of("officer-1"), &code).await.refused(401, "sign_in_failed");
        service.end().await;
    }

    async fn signing_out_ends_both_tokens_at_once(database: TestDatabase) {
        let service = TestService::start(database).await;
        let tokens = wechat(&service, &service.sandbox.mint_code("o-a")).await.ok();
        let session = service.api.with_token(tokens["access_token"].as_str().unwrap());
        assert_eq!(session.sign_out().await.unwrap().status, 204);
        with_token(&service, session.token()).await.refused(401, "session_ended");
        refresh(&service, tokens["refresh_token"].as_str().unwrap()).await.refused(401, "session_ended");
        service.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wechat_code_works_once_and_the_session_key_is_nowhere() {
    let service = TestService::sqlite().await;
    let code = service.sandbox.mint_code("o-a");
    let answer = wechat(&service, &code).await;
    assert_eq!(answer.ok()["role"], "driver");
    wechat(&service, &code).await.refused(401, "wechat_code_refused");
    wechat(&service, "never-minted").await.refused(401, "wechat_code_refused");
    for bad in [json!({}), json!({ "code": "" }), json!({ "code": "x".repeat(257) }), json!({ "code": 7 })] {
        let refused = reply(service.request(Method::POST, "/sign-in/wechat").json(&bad)).await;
        assert!(matches!(refused.status, 400 | 422), "{bad}: {}", refused.status);
    }
    assert!(!answer.text().contains(SESSION_KEY) && !answer.text().contains("session_key"));
    for file in service.database_files() {
        let bytes = std::fs::read(&file).unwrap();
        assert!(
            !bytes.windows(SESSION_KEY.len()).any(|window| window == SESSION_KEY.as_bytes()),
            "{}",
            file.display()
        );
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn trouble_at_wechat_is_told_apart_from_a_wrong_code() {
    let service = TestService::sqlite().await;
    let code = service.sandbox.mint_code("o-a");
    let down = [
        Fault::Status { status: 500, retry_after: None },
        Fault::Errcode { errcode: -1 },
        Fault::Errcode { errcode: 45011 },
        Fault::Garbage,
        Fault::Reset,
        Fault::Redirect { location: "http://127.0.0.1:9/".to_owned() },
    ];
    for fault in down {
        service.sandbox.add_fault("wechat", &fault, 1);
        // A fault that does its work first uses a code up.
        let code = service.sandbox.mint_code("o-other");
        let answer = wechat(&service, &code).await;
        assert_eq!(answer.refusal(), (503, "wechat_unavailable".to_owned()), "{fault:?}");
        assert!(answer.header("retry-after").is_some());
        service.sandbox.clear_faults();
    }
    service.sandbox.add_fault("wechat", &Fault::Errcode { errcode: 40226 }, 1);
    wechat(&service, &code).await.refused(403, "wechat_blocked");
    assert_eq!(wechat(&service, &code).await.status, 200);
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_name_a_wrong_password_and_a_wrong_code_look_the_same_and_take_as_long() {
    let service = TestService::sqlite().await;
    let tries = [
        ("officer-1", "wrong-password", "000000"),
        ("nobody-here", "wrong-password", "000000"),
        ("Not A User Name!", "wrong-password", "000000"),
        ("officer-2", &password_of("officer-2"), "000000"),
    ];
    let mut fastest = [Duration::MAX; 4];
    let mut bodies = Vec::new();
    for _ in 0..4 {
        for ((username, password, code), fastest) in tries.iter().zip(&mut fastest) {
            let began = Instant::now();
            let answer = staff(&service, username, password, code).await;
            *fastest = began.elapsed().min(*fastest);
            answer.refused(401, "sign_in_failed");
            bodies.push(words(&answer));
        }
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let [known, others @ ..] = fastest;
    for (other, (username, ..)) in others.iter().zip(&tries[1..]) {
        // Without the work of a hash it would be a twentieth.
        assert!(*other * 4 > known, "{username} is answered in {other:?}, a known name in {known:?}");
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_wipes_failed_tries_out() {
    let service = TestService::sqlite().await;
    for round in 0..2 {
        for _ in 0..4 {
            staff(&service, "officer-1", "wrong-password", "000000").await.refused(401, "sign_in_failed");
        }
        let code = service.one_time_code("officer-1").await;
        let right = staff(&service, "officer-1", &password_of("officer-1"), &code).await;
        assert_eq!(right.status, 200, "round {round}");
    }
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insurer_signs_in_as_oauth_says() {
    let service = TestService::sqlite().await;
    let token = |form: &[(&str, &str)]| reply(service.request(Method::POST, "/oauth/token").form(form));
    let right = [
        ("grant_type", "client_credentials"),
        ("client_id", "client-PICC"),
        ("client_secret", "secret-of-PICC"),
    ];
    let answer = token(&right).await;
    assert_eq!(
        (answer.ok()["role"].as_str(), answer.ok()["token_type"].as_str()),
        (Some("insurer"), Some("Bearer"))
    );
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    let refused = async |form: &[(&str, &str)], status: u16, error: &str| {
        let answer = token(form).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (status, Some(error)),
            "{}",
            answer.text()
        );
        answer
    };
    let wrong = refused(&[right[0], right[1], ("client_secret", "wrong")], 401, "invalid_client").await;
    assert!(wrong.header("www-authenticate").unwrap().starts_with("Basic"));
    let unknown = refused(&[right[0], ("client_id", "nobody"), right[2]], 401, "invalid_client").await;
    assert_eq!(words(&wrong), words(&unknown));
    refused(&[("grant_type", "password"), right[1], right[2]], 400, "unsupported_grant_type").await;
    refused(&[right[1], right[2]], 400, "invalid_request").await;
    refused(&[right[0], right[1]], 401, "invalid_client").await;
    refused(&[], 400, "invalid_request").await;
    let twice = [right[0], right[1], right[2], ("client_id", "client-PAIC")];
    refused(&twice, 400, "invalid_request").await;
    let basic = |id: &str, secret: &str| {
        let request = service.request(Method::POST, "/oauth/token").form(&[right[0]]);
        reply(request.basic_auth(id, Some(secret)))
    };
    assert_eq!(basic("client-PICC", "secret-of-PICC").await.ok()["role"], "insurer");
    basic("client-PICC", "wrong").await.refused(401, "oauth_invalid_client");
    basic("client-PICC\0", "wrong").await.refused(401, "oauth_invalid_client");
    for _ in 0..4 {
        token(&[right[0], right[1], ("client_secret", "wrong")]).await;
    }
    token(&right).await.refused(429, "locked_out");
    service.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn forged_tokens_are_refused() {
    let service = TestService::sqlite().await;
    let session = service.driver("o-a").await;
    let good = session.token().to_owned();
    let part = |number: usize| -> Value {
        let part = good.split('.').nth(number).unwrap();
        serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let (header, claims) = (part(0), part(1));
    let encode = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = good.rsplit('.').next().unwrap();
    let keys = &service.inside.keys;
    let ours = |typ: &str, claims: &Value| keys.sign(typ, claims).unwrap();
    assert_eq!(with_token(&service, &ours("at+jwt", &claims)).await.status, 200, "the control is taken");

    let with = |name: &str, value: Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let without = |name: &str| {
        let mut claims = claims.clone();
        claims.as_object_mut().unwrap().remove(name);
        claims
    };
    let header_with = |name: &str, value: Value| {
        let mut header = header.clone();
        header[name] = value;
        header
    };
    let now = claims["iat"].as_i64().unwrap();
    let mut forged = vec![
        ("signed by another key", SigningKeys::ephemeral().unwrap().sign("at+jwt", &claims).unwrap()),
        ("expired", ours("at+jwt", &with("exp", json!(now - 61)))),
        ("not yet", ours("at+jwt", &with("nbf", json!(now + 600)))),
        ("from the future", ours("at+jwt", &with("iat", json!(now + 600)))),
        ("another issuer", ours("at+jwt", &with("iss", json!("https://evil.example")))),
        ("another audience", ours("at+jwt", &with("aud", json!("another-api")))),
        ("several audiences", ours("at+jwt", &with("aud", json!(["another-api"])))),
        ("another session", ours("at+jwt", &with("sid", json!("00000000-0000-7000-8000-000000000001")))),
        ("another account", ours("at+jwt", &with("sub", json!("00000000-0000-7000-8000-000000000001")))),
        ("another role", ours("at+jwt", &with("role", json!("emperor")))),
        ("a plain JWT", ours("JWT", &claims)),
        ("a receipt", ours("kuaichu-receipt+jwt", &claims)),
        ("no signature", format!("{}.{}.", encode(&header), encode(&claims))),
        ("two parts", format!("{}.{}", encode(&header), encode(&claims))),
        (
            "another's claims",
            format!("{}.{}.{signature}", encode(&header), encode(&with("role", json!("officer")))),
        ),
        ("nothing", String::new()),
        ("dots", "..".to_owned()),
        ("long", "a".repeat(20_000)),
    ];
    for name in ["exp", "nbf", "iat", "iss", "aud", "sub", "sid"] {
        forged.push(("a claim is missing", ours("at+jwt", &without(name))));
    }
    for none in ["none", "None", "NONE", "nOnE"] {
        forged
            .push(("alg none", format!("{}.{}.", encode(&header_with("alg", json!(none))), encode(&claims))));
        forged.push((
            "alg none",
            format!("{}.{}.{signature}", encode(&header_with("alg", json!(none))), encode(&claims)),
        ));
    }
    let jwks = service.api.jwks().await.unwrap();
    let public = jwks.text("/keys/0/x").unwrap();
    for secret in [public.as_bytes().to_vec(), BASE64_URL_SAFE_NO_PAD.decode(public).unwrap()] {
        for algorithm in [Algorithm::HS256, Algorithm::HS512] {
            let header = Header {
                typ: Some("at+jwt".to_owned()),
                kid: Some(keys.id().to_owned()),
                ..Header::new(algorithm)
            };
            forged.push((
                "signed with the public key",
                jsonwebtoken::encode(&header, &claims, &EncodingKey::from_secret(&secret)).unwrap(),
            ));
        }
    }
    for (name, value) in [
        ("kid", json!("another")),
        ("kid", json!("../../etc/passwd")),
        ("jku", json!("http://127.0.0.1:9/")),
        ("jwk", jwks["keys"][0].clone()),
        ("x5u", json!("http://127.0.0.1:9/")),
        ("crit", json!(["exp"])),
    ] {
        forged.push((
            "another header",
            format!("{}.{}.{signature}", encode(&header_with(name, value)), encode(&claims)),
        ));
    }
    assert!(forged.len() >= 30);
    for (what, token) in forged {
        let answer = with_token(&service, &token).await;
        assert_eq!(answer.status, 401, "{what}: {token}");
        assert!(matches!(answer.code().as_str(), "unauthenticated" | "session_ended"), "{what}");
        assert!(answer.header("www-authenticate").unwrap().starts_with("Bearer"), "{what}");
    }
    let request = || service.request(Method::GET, "/cases");
    for header in
        [format!("bearer  {good}"), format!("Basic {good}"), good.clone(), format!("Bearer {good} {good}")]
    {
        assert_eq!(reply(request().header("authorization", &header)).await.status, 401, "{}", &header[..12]);
    }
    let twice = request()
        .header("authorization", format!("Bearer {good}"))
        .header("authorization", format!("Bearer {good}"));
    assert_eq!(reply(twice).await.status, 401);
    assert_eq!(reply(service.request(Method::GET, &format!("/cases?access_token={good}"))).await.status, 401);
    service.end().await;
}
