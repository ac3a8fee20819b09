//! Who may do what: one line per operation. The edge enforces it, the OpenAPI document repeats it, and a test
//! walks every operation as every role.

use domain::identity::Role::{self, Driver, Insurer, Officer, PointStaff, Supervisor};

/// Who may call an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody, without signing in.
    Anybody,
    /// Whoever signed in as one of these.
    Signed(&'static [Role]),
}

/// One operation of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operation {
    /// `operationId`.
    pub id: &'static str,
    /// HTTP method.
    pub method: &'static str,
    /// Path below `/api/v1`.
    pub path: &'static str,
    /// Who may call it.
    pub who: Who,
    /// Needs an `Idempotency-Key`.
    pub keyed: bool,
    /// Needs an `If-Match`.
    pub if_match: bool,
}

const fn operation(id: &'static str, method: &'static str, path: &'static str, who: Who) -> Operation {
    Operation { id, method, path, who, keyed: false, if_match: false }
}

const fn keyed(
    id: &'static str,
    method: &'static str,
    path: &'static str,
    roles: &'static [Role],
) -> Operation {
    Operation { keyed: true, ..operation(id, method, path, Who::Signed(roles)) }
}

const fn decision(
    id: &'static str,
    method: &'static str,
    path: &'static str,
    roles: &'static [Role],
) -> Operation {
    Operation { if_match: true, ..keyed(id, method, path, roles) }
}

const fn read(id: &'static str, path: &'static str, roles: &'static [Role]) -> Operation {
    operation(id, "GET", path, Who::Signed(roles))
}

/// Every operation.
pub const OPERATIONS: &[Operation] = &[
    operation("wechat_sign_in", "POST", "/sign-in/wechat", Who::Anybody),
    operation("staff_sign_in", "POST", "/sign-in/staff", Who::Anybody),
    operation("insurer_token", "POST", "/oauth/token", Who::Anybody),
    operation("refresh_session", "POST", "/sessions/refresh", Who::Anybody),
    operation("sign_out", "DELETE", "/sessions/current", Who::Signed(&Role::ALL)),
    operation("jwks", "GET", "/jwks", Who::Anybody),
    operation("list_questions", "GET", "/questions", Who::Anybody),
    operation("list_shots", "GET", "/shots", Who::Anybody),
    operation("verify_document", "GET", "/documents/{code}", Who::Anybody),
    keyed("report_case", "POST", "/cases", &[Driver]),
    read("list_my_cases", "/cases", &[Driver]),
    keyed("join_case", "POST", "/cases/join", &[Driver]),
    read("get_case", "/cases/{id}", &[Driver, Officer, PointStaff]),
    keyed("invite_party", "POST", "/cases/{id}/invitations", &[Driver]),
    keyed("update_party", "PATCH", "/cases/{id}/parties/me", &[Driver]),
    keyed("decline_invitation", "POST", "/cases/join/refusal", &[Driver]),
    keyed("name_helper", "PUT", "/cases/{id}/parties/me/helper", &[Driver]),
    keyed("add_party", "POST", "/cases/{id}/parties", &[Driver, Officer]),
    keyed("enter_party", "PATCH", "/cases/{id}/parties/{role}", &[Driver, Officer]),
    keyed("enter_statement", "PUT", "/cases/{id}/parties/{role}/statement", &[Driver, Officer]),
    keyed("enter_submission", "POST", "/cases/{id}/parties/{role}/submission", &[Driver, Officer]),
    keyed("send_party_code", "POST", "/cases/{id}/parties/{role}/code", &[Driver]),
    keyed("confirm_party", "POST", "/cases/{id}/parties/{role}/confirmation", &[Driver, Officer]),
    keyed("note_absence", "POST", "/cases/{id}/parties/{role}/absence", &[Driver, Officer]),
    // A photo is its own key: the same bytes in the same slot are stored once.
    operation("upload_photo", "POST", "/cases/{id}/photos", Who::Signed(&[Driver])),
    read("get_photo", "/cases/{id}/photos/{photo}", &[Driver, Officer, PointStaff]),
    // A link changes nothing and dies in a minute: two are as good as one.
    operation(
        "create_photo_link",
        "POST",
        "/cases/{id}/photos/{photo}/links",
        Who::Signed(&[Driver, Officer, PointStaff]),
    ),
    // Proves itself by its signature, and by the session that must come with it.
    operation("open_photo_link", "GET", "/evidence/{token}", Who::Anybody),
    operation("describe_uploads", "OPTIONS", "/uploads", Who::Anybody),
    // Uploads in parts have their offsets: the same bytes are never added twice.
    operation("create_upload", "POST", "/uploads", Who::Signed(&[Driver])),
    operation("probe_upload", "HEAD", "/uploads/{id}", Who::Signed(&[Driver])),
    operation("append_upload", "PATCH", "/uploads/{id}", Who::Signed(&[Driver])),
    operation("cancel_upload", "DELETE", "/uploads/{id}", Who::Signed(&[Driver])),
    operation("override_upload", "POST", "/uploads/{id}", Who::Signed(&[Driver])),
    keyed("commit_evidence", "POST", "/cases/{id}/commitments", &[Driver]),
    // A recording is its own key, as a photo is.
    operation("upload_recording", "POST", "/cases/{id}/recordings", Who::Signed(&[Driver])),
    read("get_recording", "/cases/{id}/recordings/{recording}", &[Driver, Officer, PointStaff]),
    keyed("put_statement", "PUT", "/cases/{id}/statement", &[Driver]),
    keyed("confirm_statement", "POST", "/cases/{id}/statement/confirmation", &[Driver]),
    keyed("submit_case", "POST", "/cases/{id}/submission", &[Driver]),
    keyed("withdraw_case", "POST", "/cases/{id}/withdrawal", &[Driver]),
    keyed("request_signing_code", "POST", "/cases/{id}/signing-codes", &[Driver, Officer]),
    keyed("sign_determination", "POST", "/cases/{id}/determination/signature", &[Driver]),
    keyed("record_signature", "POST", "/cases/{id}/determination/recorded-signature", &[Officer]),
    keyed("agree_to_service", "POST", "/cases/{id}/service-consent", &[Driver]),
    keyed("record_service", "POST", "/cases/{id}/services", &[Officer]),
    keyed("refuse_determination", "POST", "/cases/{id}/determination/refusal", &[Driver, Officer]),
    keyed("propose_agreement", "POST", "/cases/{id}/agreement", &[Driver]),
    keyed("sign_agreement", "POST", "/cases/{id}/agreement/signature", &[Driver]),
    keyed("decline_agreement", "POST", "/cases/{id}/agreement/refusal", &[Driver]),
    keyed("ask_for_officer", "POST", "/cases/{id}/officer-on-scene", &[Driver]),
    read("list_documents", "/cases/{id}/documents", &[Driver, Officer]),
    read("get_document", "/cases/{id}/document", &[Driver, Officer]),
    read("get_journal", "/cases/{id}/journal", &[Driver, Officer, PointStaff, Supervisor]),
    read("get_court_pack", "/cases/{id}/court-pack", &[Officer, Supervisor]),
    keyed("place_legal_hold", "POST", "/cases/{id}/legal-hold", &[Supervisor]),
    keyed("lift_legal_hold", "DELETE", "/cases/{id}/legal-hold", &[Supervisor]),
    keyed("request_review", "POST", "/cases/{id}/review", &[Driver]),
    keyed("end_review", "POST", "/cases/{id}/review/end", &[Driver, Officer]),
    read("list_reviews", "/reviews", &[Officer, Supervisor]),
    read("get_review", "/cases/{id}/review", &[Officer]),
    keyed("take_review", "POST", "/cases/{id}/review/officer", &[Officer]),
    decision("draft_review", "POST", "/cases/{id}/review/draft", &[Officer]),
    decision("confirm_review", "POST", "/cases/{id}/review/confirmation", &[Officer]),
    keyed("note_suit", "POST", "/cases/{id}/review/suit", &[Officer]),
    read("list_queue", "/queue", &[Officer, Supervisor]),
    keyed("take_next_case", "POST", "/queue/next", &[Officer]),
    // A heartbeat changes nothing but a time: sent twice it does the same.
    operation("renew_lease", "PUT", "/cases/{id}/lease", Who::Signed(&[Officer])),
    keyed("release_case", "DELETE", "/cases/{id}/lease", &[Officer]),
    keyed("request_evidence", "POST", "/cases/{id}/evidence-requests", &[Officer]),
    read("get_signals", "/cases/{id}/signals", &[Officer]),
    read("get_sketch", "/cases/{id}/sketch", &[Driver, Officer]),
    keyed("confirm_sketch", "POST", "/cases/{id}/sketch/confirmation", &[Driver]),
    read("list_contradictions", "/cases/{id}/contradictions", &[Officer]),
    read("how_colleagues_decided", "/cases/{id}/colleagues", &[Officer]),
    keyed("take_second_look", "POST", "/second-looks/next", &[Officer]),
    read("get_second_look_photo", "/second-looks/{id}/photos/{photo}", &[Officer]),
    keyed("decide_second_look", "POST", "/second-looks/{id}/decision", &[Officer]),
    read("get_self_control", "/self-control", &[Supervisor]),
    read("suggest_liability", "/cases/{id}/suggestion", &[Officer]),
    decision("determine_liability", "POST", "/cases/{id}/determination", &[Officer]),
    decision("escalate_case", "POST", "/cases/{id}/escalation", &[Officer]),
    decision("issue_certificate", "POST", "/cases/{id}/certificate", &[Officer]),
    decision("close_case", "POST", "/cases/{id}/closure", &[Officer]),
    keyed("request_mediation", "POST", "/cases/{id}/mediation/requests", &[Driver, Officer]),
    keyed("withdraw_from_mediation", "POST", "/cases/{id}/mediation/withdrawal", &[Driver, Officer]),
    keyed("put_damages", "PUT", "/cases/{id}/mediation/damages", &[Driver, Officer]),
    keyed("set_shares", "PUT", "/cases/{id}/mediation/shares", &[Officer]),
    read("calculate_compensation", "/cases/{id}/compensation", &[Driver, Officer]),
    keyed("propose_terms", "POST", "/cases/{id}/mediation/terms", &[Driver, Officer]),
    keyed("answer_terms", "POST", "/cases/{id}/mediation/answers", &[Driver, Officer]),
    decision("end_mediation", "POST", "/cases/{id}/mediation/end", &[Officer]),
    keyed("create_dispatch", "POST", "/cases/{id}/dispatches", &[Officer]),
    keyed("cancel_dispatch", "POST", "/dispatches/{id}/cancellation", &[Officer]),
    read("list_points", "/points", &[Driver, Officer, PointStaff, Supervisor]),
    operation(
        "find_nearest_points",
        "POST",
        "/points/nearest",
        Who::Signed(&[Driver, Officer, PointStaff, Supervisor]),
    ),
    read("list_tasks", "/dispatches", &[PointStaff]),
    keyed("accept_dispatch", "POST", "/dispatches/{id}/acceptance", &[PointStaff]),
    keyed("decline_dispatch", "POST", "/dispatches/{id}/refusal", &[PointStaff]),
    keyed("arrive_on_scene", "POST", "/dispatches/{id}/arrival", &[PointStaff]),
    keyed("complete_dispatch", "POST", "/dispatches/{id}/completion", &[PointStaff]),
    // The latest position replaces the one before: sent twice it does the same.
    operation("report_position", "PUT", "/units/me/position", Who::Signed(&[PointStaff])),
    read("list_claims", "/claims", &[Insurer]),
    read("get_claim", "/claims/{id}", &[Insurer]),
    // The log says nothing of anybody: whoever holds a checkpoint may check that it still holds.
    operation("get_log_key", "GET", "/log/key", Who::Anybody),
    operation("get_checkpoint", "GET", "/log/checkpoint", Who::Anybody),
    operation("list_checkpoints", "GET", "/log/checkpoints", Who::Anybody),
    operation("get_inclusion_proof", "GET", "/log/inclusion", Who::Anybody),
    operation("get_consistency_proof", "GET", "/log/consistency", Who::Anybody),
    // Proves itself by its signature; `webhook-id` is its key.
    operation("receive_claim_callback", "POST", "/insurers/{code}/callbacks", Who::Anybody),
];

impl Operation {
    /// The operation of a matched route below `/api/v1`.
    pub(super) fn find(method: &str, path: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.method == method && operation.path == path)
    }

    /// Whether this role may call it.
    pub fn admits(&self, role: Role) -> bool {
        match self.who {
            Who::Anybody => true,
            Who::Signed(roles) => roles.contains(&role),
        }
    }
}
