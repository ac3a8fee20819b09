//! WeChat's `code2Session` (domain brief §6.1): codes are single use, the answer has no error code on success.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use actix_web::{HttpResponse, get, web};
use serde::Deserialize;
use uuid::Uuid;

use crate::{
    settings::{WECHAT_APP_ID, WECHAT_SECRET},
    state::State,
};

/// The codes given out so far. A used one keeps its place without an openid.
#[derive(Debug, Default)]
pub(crate) struct Codes(Mutex<HashMap<String, Option<String>>>);

/// What a code turned out to be.
enum Redeemed {
    Person(String),
    Used,
    Unknown,
}

impl Codes {
    /// A new code for `openid`, of 32 characters as WeChat's are.
    pub(crate) fn mint(&self, openid: &str) -> String {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let code =
            Uuid::new_v5(&Uuid::NAMESPACE_OID, codes.len().to_string().as_bytes()).simple().to_string();
        codes.insert(code.clone(), Some(openid.to_owned()));
        code
    }

    fn redeem(&self, code: &str) -> Redeemed {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match codes.get_mut(code).map(Option::take) {
            Some(Some(openid)) => Redeemed::Person(openid),
            Some(None) => Redeemed::Used,
            None => Redeemed::Unknown,
        }
    }
}

#[derive(Deserialize)]
struct SessionQuery {
    appid: Option<String>,
    secret: Option<String>,
    js_code: Option<String>,
    grant_type: Option<String>,
}

#[get("/wechat/sns/jscode2session")]
pub(crate) async fn code_to_session(
    state: web::Data<State>,
    query: web::Query<SessionQuery>,
) -> HttpResponse {
    state.faults.around(&["wechat"], |_| answer(&state.codes, &query)).await
}

fn answer(codes: &Codes, query: &SessionQuery) -> HttpResponse {
    if query.appid.as_deref() != Some(WECHAT_APP_ID) {
        return refuse(40013, "invalid appid");
    }
    if query.secret.as_deref() != Some(WECHAT_SECRET) {
        return refuse(40125, "invalid appsecret");
    }
    if query.grant_type.as_deref() != Some("authorization_code") {
        return refuse(40002, "invalid grant_type");
    }
    let Some(code) = query.js_code.as_deref() else {
        return refuse(41008, "missing code");
    };
    match codes.redeem(code) {
        Redeemed::Person(openid) => {
            say(&serde_json::json!({ "session_key": "c2FuZGJveC1vbmx5LWtleQ==", "openid": openid }))
        }
        Redeemed::Used => refuse(40163, "code been used"),
        Redeemed::Unknown => refuse(40029, "invalid code"),
    }
}

fn refuse(errcode: i64, errmsg: &str) -> HttpResponse {
    say(&serde_json::json!({ "errcode": errcode, "errmsg": errmsg }))
}

/// WeChat labels its JSON as plain text.
fn say(answer: &serde_json::Value) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body(answer.to_string())
}
