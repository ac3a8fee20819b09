//! Every operation of the API as one method. Bodies are JSON as the description of the API shows them.

use reqwest::{
    Method,
    header::CONTENT_TYPE,
    multipart::{Form, Part},
};
use serde_json::{Value, json};

use crate::client::{Answer, Api, Call, CallFailed, File, Session, read};

type Answered = Result<Answer, CallFailed>;

/// Sign-in, and what needs none.
impl Api {
    async fn session(&self, call: Call) -> Result<Session, CallFailed> {
        let answer = self.send(&call).await?;
        Ok(self.with_token(answer.text("/access_token")?))
    }

    /// `wechat_sign_in`
    pub async fn wechat_sign_in(&self, code: &str) -> Result<Session, CallFailed> {
        let call = Call::new("wechat_sign_in", Method::POST, "/sign-in/wechat");
        self.session(call.json(json!({ "code": code }))).await
    }

    /// `staff_sign_in`
    pub async fn staff_sign_in(&self, name: &str, password: &str, code: &str) -> Result<Session, CallFailed> {
        let body = json!({ "username": name, "password": password, "one_time_code": code });
        self.session(Call::new("staff_sign_in", Method::POST, "/sign-in/staff").json(body)).await
    }

    /// `insurer_token`
    pub async fn insurer_token(&self, client_id: &str, secret: &str) -> Result<Session, CallFailed> {
        let form =
            [("grant_type", "client_credentials"), ("client_id", client_id), ("client_secret", secret)];
        let request = self.request(Method::POST, "/api/v1/oauth/token").form(&form);
        Ok(self.with_token(read("insurer_token", request).await?.text("/access_token")?))
    }

    /// `refresh_session`; the answer holds the next pair of tokens.
    pub async fn refresh_session(&self, refresh_token: &str) -> Answered {
        let call = Call::new("refresh_session", Method::POST, "/sessions/refresh");
        self.send(&call.json(json!({ "refresh_token": refresh_token }))).await
    }

    /// `jwks`
    pub async fn jwks(&self) -> Answered {
        self.send(&Call::new("jwks", Method::GET, "/jwks")).await
    }

    /// `list_questions`
    pub async fn list_questions(&self) -> Answered {
        self.send(&Call::new("list_questions", Method::GET, "/questions")).await
    }

    /// `list_shots`
    pub async fn list_shots(&self) -> Answered {
        self.send(&Call::new("list_shots", Method::GET, "/shots")).await
    }

    /// `verify_document`
    pub async fn verify_document(&self, code: &str) -> Answered {
        self.send(&Call::new("verify_document", Method::GET, format!("/documents/{code}"))).await
    }
}

/// A keyed request about one case.
pub(crate) fn about(operation: &'static str, method: Method, case: &str, rest: &str) -> Call {
    Call::new(operation, method, format!("/cases/{case}{rest}")).keyed()
}

/// What drivers do.
impl Session {
    /// `sign_out`
    pub async fn sign_out(&self) -> Answered {
        self.send(&Call::new("sign_out", Method::DELETE, "/sessions/current")).await
    }

    /// `report_case`
    pub async fn report_case(&self, report: Value) -> Answered {
        self.send(&Call::new("report_case", Method::POST, "/cases").json(report).keyed()).await
    }

    /// `list_my_cases`
    pub async fn list_my_cases(&self) -> Answered {
        self.send(&Call::new("list_my_cases", Method::GET, "/cases")).await
    }

    /// `get_case`
    pub async fn get_case(&self, case: &str) -> Answered {
        self.send(&Call::new("get_case", Method::GET, format!("/cases/{case}"))).await
    }

    /// `invite_party`, to show the code as a QR code.
    pub async fn invite_party(&self, case: &str) -> Answered {
        self.send(&about("invite_party", Method::POST, case, "/invitations").json(json!({}))).await
    }

    /// `join_case`, in a motor vehicle.
    pub async fn join_case(&self, code: &str) -> Answered {
        let body = json!({ "code": code, "road_user": "motor_vehicle" });
        self.send(&Call::new("join_case", Method::POST, "/cases/join").json(body).keyed()).await
    }

    /// `update_party`
    pub async fn update_party(&self, case: &str, party: Value) -> Answered {
        self.send(&about("update_party", Method::PATCH, case, "/parties/me").json(party)).await
    }

    /// `upload_photo`
    pub async fn upload_photo(&self, case: &str, slot: &str, jpeg: Vec<u8>) -> Answered {
        let path = format!("/cases/{case}/photos?slot={slot}");
        let form = Form::new().part("file", Part::bytes(jpeg).file_name("photo.jpg"));
        read("upload_photo", self.request(Method::POST, &path).multipart(form)).await
    }

    /// `commit_evidence`
    pub async fn commit_evidence(&self, case: &str, commitments: Value) -> Answered {
        let body = json!({ "commitments": commitments });
        self.send(&about("commit_evidence", Method::POST, case, "/commitments").json(body)).await
    }

    /// `upload_photo` with fields of text before the file.
    pub async fn upload_photo_with(
        &self,
        case: &str,
        slot: &str,
        fields: &[(&'static str, &str)],
        photo: Vec<u8>,
    ) -> Answered {
        let path = format!("/cases/{case}/photos?slot={slot}");
        let form = fields.iter().fold(Form::new(), |form, (name, text)| form.text(*name, (*text).to_owned()));
        let form = form.part("file", Part::bytes(photo).file_name("photo.jpg"));
        read("upload_photo", self.request(Method::POST, &path).multipart(form)).await
    }

    /// `upload_recording`
    pub async fn upload_recording(&self, case: &str, slot: &str, recording: Vec<u8>) -> Answered {
        let path = format!("/cases/{case}/recordings?slot={slot}");
        let form = Form::new().part("file", Part::bytes(recording).file_name("recording"));
        read("upload_recording", self.request(Method::POST, &path).multipart(form)).await
    }

    /// `get_recording`
    pub async fn get_recording(&self, case: &str, recording: &str) -> Result<File, CallFailed> {
        let path = format!("/cases/{case}/recordings/{recording}");
        self.fetch(&Call::new("get_recording", Method::GET, path)).await
    }

    /// `get_photo`; `copy` is `original`, `view` or `thumbnail`.
    pub async fn get_photo(&self, case: &str, photo: &str, copy: &str) -> Result<File, CallFailed> {
        let path = format!("/cases/{case}/photos/{photo}?copy={copy}");
        self.fetch(&Call::new("get_photo", Method::GET, path)).await
    }

    /// `put_statement`
    pub async fn put_statement(&self, case: &str, facts: Value, text: &str) -> Answered {
        let body = json!({ "facts": facts, "text": text });
        self.send(&about("put_statement", Method::PUT, case, "/statement").json(body)).await
    }

    /// `put_statement`, spoken into a recording that is stored.
    pub async fn put_spoken_statement(&self, case: &str, facts: Value, recording: &str) -> Answered {
        let body = json!({ "facts": facts, "recording": recording });
        self.send(&about("put_statement", Method::PUT, case, "/statement").json(body)).await
    }

    /// `confirm_statement`, by the hash of what was shown.
    pub async fn confirm_statement(&self, case: &str, sha256: &str) -> Answered {
        let body = json!({ "sha256": sha256 });
        self.send(&about("confirm_statement", Method::POST, case, "/statement/confirmation").json(body)).await
    }

    /// `submit_case`, together with the other party.
    pub async fn submit_case(&self, case: &str) -> Answered {
        let body = json!({ "agrees_to_remote_handling": true });
        self.send(&about("submit_case", Method::POST, case, "/submission").json(body)).await
    }

    /// `withdraw_case`
    pub async fn withdraw_case(&self, case: &str) -> Answered {
        self.send(&about("withdraw_case", Method::POST, case, "/withdrawal").json(json!({}))).await
    }

    /// `refuse_determination`; an officer names the `role` whose refusal is noted.
    pub async fn refuse_determination(&self, case: &str, reason: &str, role: Option<&str>) -> Answered {
        let body = json!({ "reason": reason, "role": role });
        self.send(&about("refuse_determination", Method::POST, case, "/determination/refusal").json(body))
            .await
    }

    /// `get_document`
    pub async fn get_document(&self, case: &str) -> Result<File, CallFailed> {
        self.fetch(&Call::new("get_document", Method::GET, format!("/cases/{case}/document"))).await
    }

    /// `get_court_pack`
    pub async fn get_court_pack(&self, case: &str) -> Result<File, CallFailed> {
        self.fetch(&Call::new("get_court_pack", Method::GET, format!("/cases/{case}/court-pack"))).await
    }

    /// `get_journal`
    pub async fn get_journal(&self, case: &str) -> Answered {
        self.send(&Call::new("get_journal", Method::GET, format!("/cases/{case}/journal"))).await
    }
}

/// What officers do.
impl Session {
    /// `list_queue`
    pub async fn list_queue(&self) -> Answered {
        self.send(&Call::new("list_queue", Method::GET, "/queue")).await
    }

    /// `take_next_case`; status 204 when nothing waits.
    pub async fn take_next_case(&self) -> Answered {
        self.send(&Call::new("take_next_case", Method::POST, "/queue/next").json(json!({})).keyed()).await
    }

    /// `renew_lease`
    pub async fn renew_lease(&self, case: &str) -> Answered {
        self.send(&Call::new("renew_lease", Method::PUT, format!("/cases/{case}/lease"))).await
    }

    /// `release_case`
    pub async fn release_case(&self, case: &str) -> Answered {
        self.send(&about("release_case", Method::DELETE, case, "/lease")).await
    }

    /// `request_evidence`
    pub async fn request_evidence(&self, case: &str, role: &str, slots: &[&str], reason: &str) -> Answered {
        let body = json!({ "role": role, "slots": slots, "reason": reason });
        self.send(&about("request_evidence", Method::POST, case, "/evidence-requests").json(body)).await
    }

    /// `suggest_liability`
    pub async fn suggest_liability(&self, case: &str) -> Answered {
        self.send(&Call::new("suggest_liability", Method::GET, format!("/cases/{case}/suggestion"))).await
    }

    /// `determine_liability`, on the case as it was seen with `etag`.
    pub async fn determine_liability(&self, case: &str, etag: &str, decision: Value) -> Answered {
        let call = about("determine_liability", Method::POST, case, "/determination");
        self.send(&call.json(decision).if_match(etag)).await
    }

    /// `escalate_case` to `patrol` or `point`, on the case as it was seen with `etag`.
    pub async fn escalate_case(&self, case: &str, etag: &str, to: &str, reason: &str) -> Answered {
        let call = about("escalate_case", Method::POST, case, "/escalation");
        self.send(&call.json(json!({ "to": to, "reason": reason })).if_match(etag)).await
    }
}

/// What points and their staff do, and who sends them.
impl Session {
    /// `create_dispatch`
    pub async fn create_dispatch(&self, case: &str, reason: &str) -> Answered {
        let body = json!({ "reason": reason });
        self.send(&about("create_dispatch", Method::POST, case, "/dispatches").json(body)).await
    }

    /// `list_points`
    pub async fn list_points(&self) -> Answered {
        self.send(&Call::new("list_points", Method::GET, "/points")).await
    }

    /// `find_nearest_points`
    pub async fn find_nearest_points(&self, position: &Value) -> Answered {
        let call = Call::new("find_nearest_points", Method::POST, "/points/nearest");
        self.send(&call.json(json!({ "position": position }))).await
    }

    /// `list_tasks`
    pub async fn list_tasks(&self) -> Answered {
        self.send(&Call::new("list_tasks", Method::GET, "/dispatches")).await
    }

    async fn task(&self, operation: &'static str, task: &str, step: &str, body: Value) -> Answered {
        self.send(
            &Call::new(operation, Method::POST, format!("/dispatches/{task}/{step}")).json(body).keyed(),
        )
        .await
    }

    /// `accept_dispatch`
    pub async fn accept_dispatch(&self, task: &str) -> Answered {
        self.task("accept_dispatch", task, "acceptance", json!({})).await
    }

    /// `decline_dispatch`
    pub async fn decline_dispatch(&self, task: &str, reason: &str) -> Answered {
        self.task("decline_dispatch", task, "refusal", json!({ "reason": reason })).await
    }

    /// `arrive_on_scene`
    pub async fn arrive_on_scene(&self, task: &str, position: &Value) -> Answered {
        self.task("arrive_on_scene", task, "arrival", json!({ "position": position })).await
    }

    /// `complete_dispatch`; `outcome` is `settled` or `needs_patrol`.
    pub async fn complete_dispatch(&self, task: &str, outcome: &str, note: &str) -> Answered {
        self.task("complete_dispatch", task, "completion", json!({ "outcome": outcome, "note": note })).await
    }

    /// `report_position`, on duty.
    pub async fn report_position(&self, position: &Value) -> Answered {
        let call = Call::new("report_position", Method::PUT, "/units/me/position");
        self.send(&call.json(json!({ "position": position, "on_duty": true }))).await
    }
}

/// What insurers do.
impl Session {
    /// `list_claims`, the newest fifty.
    pub async fn list_claims(&self) -> Answered {
        self.send(&Call::new("list_claims", Method::GET, "/claims")).await
    }

    /// `get_claim`
    pub async fn get_claim(&self, claim: &str) -> Answered {
        self.send(&Call::new("get_claim", Method::GET, format!("/claims/{claim}"))).await
    }
}

/// What insurers' systems send without a session: the signature speaks for them.
impl Api {
    /// `receive_claim_callback`, with the three headers of a Standard Webhook.
    pub async fn receive_claim_callback(
        &self,
        insurer: &str,
        headers: [(&str, &str); 3],
        body: Vec<u8>,
    ) -> Answered {
        let path = format!("/api/v1/insurers/{insurer}/callbacks");
        let request = self.request(Method::POST, &path).header(CONTENT_TYPE, "application/json").body(body);
        let request = headers.into_iter().fold(request, |request, (name, value)| request.header(name, value));
        read("receive_claim_callback", request).await
    }
}
