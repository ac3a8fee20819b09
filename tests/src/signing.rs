//! How a party signs: it opens the document, asks for a code, reads it in the text message that the sandbox kept, draws
//! its name and sends both.

use std::{io::Cursor, sync::OnceLock, time::Duration};

use base64::{Engine as _, prelude::BASE64_STANDARD};
use image::{ImageFormat, Rgba, RgbaImage};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time;

use crate::{
    client::{Answer, Call, CallFailed, Session, read},
    operations::about,
};

/// Longest wait for a text message: after a crash its lease has to run out.
const PATIENCE: Duration = Duration::from_secs(90);
/// How often the sandbox is asked.
const LOOK: Duration = Duration::from_millis(20);
/// What stands before the code in its text message.
const BEFORE_CODE: &str = "验证码";

/// A small PNG with two strokes on nothing, as a canvas gives it.
pub fn drawing() -> Vec<u8> {
    static DRAWING: OnceLock<Vec<u8>> = OnceLock::new();
    let draw = || {
        let picture = RgbaImage::from_fn(160, 60, |x, y| {
            let stroke = (20..140).contains(&x) && (y.abs_diff(15 + x / 6) < 2 || y.abs_diff(50 - x / 4) < 2);
            if stroke { Rgba([20, 20, 60, 255]) } else { Rgba([0; 4]) }
        });
        let mut bytes = Cursor::new(Vec::new());
        // Nothing can go wrong in memory; an empty drawing would be refused.
        let _ = picture.write_to(&mut bytes, ImageFormat::Png);
        bytes.into_inner()
    };
    DRAWING.get_or_init(draw).clone()
}

/// `request_signing_code`, for a document that was opened.
pub fn code_request(case: &str, document_sha256: &str) -> Call {
    let body = json!({ "document_sha256": document_sha256 });
    about("request_signing_code", Method::POST, case, "/signing-codes").json(body)
}

/// What is sent to sign.
pub fn signature_body(document_sha256: &str, code: &str, image: &[u8]) -> Value {
    json!({ "document_sha256": document_sha256, "code": code, "image": BASE64_STANDARD.encode(image) })
}

/// `sign_determination`, with this code.
pub fn signature(case: &str, document_sha256: &str, code: &str) -> Call {
    let body = signature_body(document_sha256, code, &drawing());
    about("sign_determination", Method::POST, case, "/determination/signature").json(body)
}

impl Session {
    /// `request_signing_code`
    pub async fn request_signing_code(
        &self,
        case: &str,
        document_sha256: &str,
    ) -> Result<Answer, CallFailed> {
        self.send(&code_request(case, document_sha256)).await
    }

    /// Opens the document and asks for a code; gives it as soon as the text message has come.
    pub async fn signing_code(&self, case: &str, document_sha256: &str) -> Result<String, CallFailed> {
        self.get_document(case).await?;
        let before = self.received_codes(case).await?.len();
        self.request_signing_code(case, document_sha256).await?;
        self.received_code(case, before).await
    }

    /// The newest code for this case that came to this party's phone, as soon as there are more than `before`.
    pub async fn received_code(&self, case: &str, before: usize) -> Result<String, CallFailed> {
        let wait = async {
            loop {
                let mut codes = self.received_codes(case).await?;
                if codes.len() > before
                    && let Some(code) = codes.pop()
                {
                    return Ok(code);
                }
                time::sleep(LOOK).await;
            }
        };
        let late =
            |_| CallFailed::Absent { operation: "text message".to_owned(), pointer: "/code".to_owned() };
        time::timeout(PATIENCE, wait).await.map_err(late)?
    }

    /// Every code for this case that came to this party's phone, oldest first.
    pub async fn received_codes(&self, case: &str) -> Result<Vec<String>, CallFailed> {
        let seen = self.get_case(case).await?;
        let me = seen.list("/parties")?.iter().find(|party| party.get("is_me") == Some(&json!(true)));
        let phone = me.and_then(|me| me.pointer("/details/phone")).and_then(Value::as_str);
        self.codes_in_texts(seen.text("/number")?, phone.unwrap_or_default()).await
    }

    /// Every code for the case with this number that went to this phone, oldest first.
    pub async fn codes_in_texts(&self, number: &str, phone: &str) -> Result<Vec<String>, CallFailed> {
        let texts = read("read the text messages", self.texts(number)).await?;
        let text =
            |sent: &Value, name: &str| sent.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let codes = texts.list("")?.iter().filter(|sent| text(sent, "to") == phone).filter_map(|sent| {
            let text = text(sent, "text");
            let (_, rest) = text.split_once(BEFORE_CODE)?;
            rest.get(..6).filter(|code| code.bytes().all(|byte| byte.is_ascii_digit())).map(str::to_owned)
        });
        Ok(codes.collect())
    }

    /// `sign_determination` and all that comes before it, over the SHA-256 of the document that was shown.
    pub async fn sign_determination(&self, case: &str, document_sha256: &str) -> Result<Answer, CallFailed> {
        let code = self.signing_code(case, document_sha256).await?;
        self.send(&signature(case, document_sha256, &code)).await
    }

    /// `agree_to_service`
    pub async fn agree_to_service(&self, case: &str) -> Result<Answer, CallFailed> {
        self.send(&about("agree_to_service", Method::POST, case, "/service-consent").json(json!({}))).await
    }
}
