//! How a case can end besides a determination: operations of parties who agree or want an officer on scene, and of
//! officers.

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    client::{Answer, CallFailed, Session},
    operations::about,
    signing::{drawing, signature_body},
};

type Answered = Result<Answer, CallFailed>;

impl Session {
    /// `propose_agreement`
    pub async fn propose_agreement(&self, case: &str, agreement: Value) -> Answered {
        self.send(&about("propose_agreement", Method::POST, case, "/agreement").json(agreement)).await
    }

    /// `sign_agreement` and all that comes before it, over the SHA-256 of the document that was shown.
    pub async fn sign_agreement(&self, case: &str, document_sha256: &str) -> Answered {
        let code = self.signing_code(case, document_sha256).await?;
        let body = signature_body(document_sha256, &code, &drawing());
        self.send(&about("sign_agreement", Method::POST, case, "/agreement/signature").json(body)).await
    }

    /// `decline_agreement`
    pub async fn decline_agreement(&self, case: &str, reason: &str) -> Answered {
        let body = json!({ "reason": reason });
        self.send(&about("decline_agreement", Method::POST, case, "/agreement/refusal").json(body)).await
    }

    /// `ask_for_officer`
    pub async fn ask_for_officer(&self, case: &str, reason: Option<&str>) -> Answered {
        let body = json!({ "reason": reason });
        self.send(&about("ask_for_officer", Method::POST, case, "/officer-on-scene").json(body)).await
    }

    /// `issue_certificate`, on the case as it was seen with `etag`.
    pub async fn issue_certificate(&self, case: &str, etag: &str, facts: &str, reason: &str) -> Answered {
        let call = about("issue_certificate", Method::POST, case, "/certificate").if_match(etag);
        self.send(&call.json(json!({ "facts": facts, "reason": reason }))).await
    }

    /// `close_case`, on the case as it was seen with `etag`.
    pub async fn close_case(&self, case: &str, etag: &str, reason: &str) -> Answered {
        let call = about("close_case", Method::POST, case, "/closure").if_match(etag);
        self.send(&call.json(json!({ "reason": reason }))).await
    }
}
