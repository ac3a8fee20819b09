//! WeChat's sign-in: `code2Session` (domain brief §6.1). The session key is not even read.

use async_trait::async_trait;
use domain::{
    identifiers::OpenId,
    ports::{WeChat, WeChatError},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use crate::transport::{BaseUrl, Transport};

/// Longer than any code WeChat gives out.
const LONGEST_CODE: usize = 256;

/// WeChat's servers, for one mini-program.
#[derive(Debug)]
pub struct MiniProgram {
    base: BaseUrl,
    app_id: String,
    secret: SecretString,
    transport: Transport,
}

impl MiniProgram {
    /// `base` is `https://api.weixin.qq.com` or a stand-in for it.
    pub fn new(base: BaseUrl, app_id: String, secret: SecretString, transport: Transport) -> Self {
        Self { base, app_id, secret, transport }
    }

    fn to_query<'a>(&'a self, code: &'a str) -> [(&'static str, &'a str); 4] {
        [
            ("appid", &self.app_id),
            ("secret", self.secret.expose_secret()),
            ("js_code", code),
            ("grant_type", "authorization_code"),
        ]
    }
}

#[async_trait]
impl WeChat for MiniProgram {
    async fn who_is(&self, code: &str) -> Result<OpenId, WeChatError> {
        if code.is_empty() || code.len() > LONGEST_CODE || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(WeChatError::BadCode);
        }
        let request =
            self.transport.get(self.base.join(&["sns", "jscode2session"])).query(&self.to_query(code));
        let answer = self.transport.exchange(request).await.and_then(crate::transport::Answer::success);
        from_answer(&answer.map_err(|error| WeChatError::Unavailable(error.to_string()))?)
    }
}

/// What WeChat answers; it also sends `session_key` and `unionid`, which stay unread.
#[derive(Deserialize)]
struct SessionAnswer {
    #[serde(default)]
    errcode: i64,
    openid: Option<OpenId>,
}

fn from_answer(body: &[u8]) -> Result<OpenId, WeChatError> {
    let unavailable = |cause: &str| WeChatError::Unavailable(cause.to_owned());
    let answer: SessionAnswer = serde_json::from_slice(body)
        .map_err(|_| unavailable("the answer is not what code2Session documents"))?;
    match answer.errcode {
        0 => answer.openid.ok_or_else(|| unavailable("the answer names nobody")),
        40029 | 40163 => Err(WeChatError::BadCode),
        40226 => Err(WeChatError::Blocked),
        -1 => Err(unavailable("WeChat is busy (-1)")),
        45011 => Err(unavailable("WeChat limits our calls (45011)")),
        40013 => Err(unavailable("WeChat does not know our app id (40013): check the settings")),
        40125 => Err(unavailable("WeChat refuses our app secret (40125): check the settings")),
        other => Err(WeChatError::Unavailable(format!("WeChat answered error {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn success_is_understood_with_and_without_an_error_code() {
        let plain = br#"{"session_key":"tiihtNczf5v6AKRyjwEUhQ==","openid":"oGZUI0egBJY1zhBYw2KhdUfwVJJE"}"#;
        let full = br#"{"openid":"o1","session_key":"k","unionid":"u","errcode":0,"errmsg":"ok"}"#;
        assert_eq!(from_answer(plain).unwrap().as_str(), "oGZUI0egBJY1zhBYw2KhdUfwVJJE");
        assert_eq!(from_answer(full).unwrap().as_str(), "o1");
    }

    #[test]
    fn each_documented_error_has_its_meaning() {
        let said =
            |code: i64| from_answer(format!(r#"{{"errcode":{code},"errmsg":"x"}}"#).as_bytes()).unwrap_err();
        assert_eq!(
            (said(40029), said(40163), said(40226)),
            (WeChatError::BadCode, WeChatError::BadCode, WeChatError::Blocked)
        );
        for code in [-1, 45011, 40013, 40125, 99] {
            assert!(
                matches!(said(code), WeChatError::Unavailable(cause) if cause.contains(&code.to_string()))
            );
        }
    }

    #[test]
    fn an_answer_that_names_nobody_is_no_sign_in() {
        let bodies: [&[u8]; 5] = [b"", b"<html>", b"{}", br#"{"errcode":0}"#, br#"{"openid":"with space"}"#];
        for body in bodies {
            assert!(matches!(from_answer(body), Err(WeChatError::Unavailable(_))));
        }
    }

    #[test]
    fn the_request_is_the_documented_one_and_the_secret_stays_out_of_debug() {
        let base = "https://api.weixin.qq.com".parse().unwrap();
        let transport = Transport::new(crate::transport::DEFAULT_TIMEOUT).unwrap();
        let wechat = MiniProgram::new(base, "wx1".into(), "hidden".into(), transport);
        let query = wechat.to_query("c0de");
        let request = wechat.transport.get(wechat.base.join(&["sns", "jscode2session"])).query(&query);
        assert_eq!(
            request.build().unwrap().url().as_str(),
            "https://api.weixin.qq.com/sns/jscode2session?appid=wx1&secret=hidden&js_code=c0de&grant_type=authorization_code"
        );
        assert!(!format!("{wechat:?}").contains("hidden"));
    }
}
