//! A text-message gateway: takes JSON with a bearer token, drops a second message with the same id, keeps all.

use std::sync::{Mutex, PoisonError};

use actix_web::{HttpRequest, HttpResponse, post, web};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{settings::SMS_TOKEN, state::State};

/// A message that was "sent".
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentText {
    /// The service's id.
    pub id: Uuid,
    /// To whom.
    pub to: String,
    /// What.
    pub text: String,
    /// How often it arrived.
    pub deliveries: u32,
}

#[derive(Debug, Deserialize)]
struct IncomingText {
    id: Uuid,
    to: String,
    text: String,
}

/// Everything that was sent, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Inbox(Mutex<Vec<SentText>>);

impl Inbox {
    pub(crate) fn all(&self) -> Vec<SentText> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn take(&self, text: IncomingText) {
        let mut inbox = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match inbox.iter_mut().find(|sent| sent.id == text.id) {
            Some(sent) => sent.deliveries += 1,
            None => inbox.push(SentText { id: text.id, to: text.to, text: text.text, deliveries: 1 }),
        }
    }
}

#[post("/sms/messages")]
pub(crate) async fn send(
    state: web::Data<State>,
    request: HttpRequest,
    text: web::Json<IncomingText>,
) -> HttpResponse {
    let given = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    if given.and_then(|value| value.strip_prefix("Bearer ")) != Some(SMS_TOKEN) {
        return HttpResponse::Unauthorized().json(serde_json::json!({ "title": "unknown token" }));
    }
    let work = |forget: bool| {
        let taken = serde_json::json!({ "id": text.id });
        if !forget {
            state.inbox.take(text.into_inner());
        }
        HttpResponse::Accepted().json(taken)
    };
    state.faults.around(&["sms"], work).await
}
