//! Signing a document, and service: the code by text message, the signature, consent, and what officers note.

use actix_web::{
    HttpResponse,
    http::StatusCode,
    post,
    web::{Data, Path},
};
use app::{App, AppError, Driver, SentCode, SignedWith};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use domain::{
    case::{Case, Officer, Service},
    digest::Digest,
    document::DocumentKind,
    event::ServiceManner,
    identifiers::CaseId,
    refusal::Refusal,
    role::PartyRole,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    inputs::Nothing,
    keyed::Keyed,
    respond, schemas, shown,
    signed::{Anyone, Signed},
    views::{CaseView, Viewer},
};
use crate::problem::Problem;

/// Bytes of the longest body with a drawing in it.
pub(super) const LONGEST_SIGNATURE: usize = 240 * 1024;

/// What a code is asked for.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SigningCodeInput {
    /// SHA-256 of the PDF that is to be signed, and was opened before.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub document_sha256: Digest,
    /// The party without a session to whom an officer reads the document out; a driver leaves it out.
    #[schema(value_type = Option<String>, example = "B")]
    pub role: Option<PartyRole>,
}

/// A code on its way.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SigningCodeView {
    /// Whose signature it is for.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// What kind of document can be signed with it.
    #[schema(schema_with = schemas::document_kind)]
    pub kind: DocumentKind,
    /// SHA-256 of that document.
    #[schema(value_type = String)]
    pub document_sha256: Digest,
    /// The phone it goes to, with only the first and last digits.
    #[schema(example = "139····0001")]
    pub sent_to: String,
    /// Until when it can be used.
    pub expires_at: DateTime<Utc>,
}

impl From<&SentCode> for SigningCodeView {
    fn from(SentCode { to_sign, sent_to, expires_at }: &SentCode) -> Self {
        Self {
            role: to_sign.role,
            kind: to_sign.kind,
            document_sha256: to_sign.document,
            sent_to: sent_to.clone(),
            expires_at: *expires_at,
        }
    }
}

/// A signature over the document that was shown.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SignInput {
    /// SHA-256 of the PDF that was shown.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub document_sha256: Digest,
    /// The six digits that came by text message.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
    /// The signature as it was drawn: a PNG of at most 180 kB and 2000 by 1000 pixels, in base64.
    #[schema(max_length = 240_000, content_encoding = "base64", content_media_type = "image/png")]
    pub image: String,
    /// Whether the party also agrees that documents are served to it online.
    #[serde(default)]
    pub agrees_to_service: bool,
}

impl SignInput {
    /// What proves the signer.
    pub(super) fn with(&self) -> Result<SignedWith, Problem> {
        let image = BASE64_STANDARD.decode(&self.image);
        let image = image.map_err(|_| Problem::invalid_value("image", "a PNG in base64"))?;
        Ok(SignedWith::drawn(six_digits(&self.code)?, Bytes::from(image)))
    }
}

/// A signature that an officer records.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RecordedSignatureInput {
    /// Whose signature.
    #[schema(value_type = String, example = "B")]
    pub role: PartyRole,
    /// SHA-256 of the PDF that was read out.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub document_sha256: Digest,
    /// The six digits that the party received by text message and told the officer.
    #[schema(pattern = "^[0-9]{6}$")]
    pub code: String,
}

/// In which manner an officer served a document.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MannerInput {
    /// Handed over on paper.
    Paper,
    /// The party refused to receive it.
    RefusedToReceive,
}

/// A service that an officer notes.
#[derive(Debug, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ServiceInput {
    /// Whom it reached.
    #[schema(value_type = String, example = "B")]
    pub role: PartyRole,
    /// SHA-256 of the final document.
    #[schema(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub document_sha256: Digest,
    /// In which manner.
    pub manner: MannerInput,
}

/// One service of a document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServiceView {
    /// Whom it reached.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// SHA-256 of the document.
    #[schema(value_type = String)]
    pub document_sha256: Digest,
    /// `opened` online by the party itself, on `paper`, or `refused_to_receive`.
    #[schema(schema_with = schemas::service_manner)]
    pub manner: ServiceManner,
    /// When.
    pub at: DateTime<Utc>,
}

impl From<&Service> for ServiceView {
    fn from(service: &Service) -> Self {
        let Service { role, document, manner, by: _, at } = service;
        Self { role: *role, document_sha256: *document, manner: *manner, at: *at }
    }
}

fn six_digits(code: &str) -> Result<String, Problem> {
    let shaped = code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit());
    if shaped { Ok(code.to_owned()) } else { Err(Problem::invalid_value("code", "six digits")) }
}

fn seen_by(viewer: Viewer) -> impl Fn(&Case) -> Result<app::Shown, AppError> {
    move |case| shown(StatusCode::OK, Some(case.edition), &CaseView::new(case, viewer))
}

/// Sends a one-time code by text message to the phone of the party that will sign. The answer comes when the code is
/// on its way; a new code takes the place of the one before.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    request_body = SigningCodeInput, responses((status = 202, body = SigningCodeView)))]
#[post("/cases/{id}/signing-codes")]
pub(super) async fn request_signing_code(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SigningCodeInput>,
) -> Result<HttpResponse, Problem> {
    let (id, document) = (CaseId(*id), body.document_sha256);
    let send = async || match &by {
        Anyone::Driver(by) => app.request_signing_code(*by, id, document).await,
        Anyone::Officer(by) => {
            let role = body.role.ok_or(Refusal::NotAParty)?;
            app.request_signing_code_for(by, id, role, document).await
        }
        Anyone::PointStaff(_) | Anyone::Supervisor => Err(AppError::Forbidden("not for this role")),
    };
    let show = |sent: &SentCode| shown(StatusCode::ACCEPTED, None, &SigningCodeView::from(sent));
    Ok(respond(app.once(&once, send, show).await?))
}

/// Signs over the hash of the document that was opened, with the code from the party's phone and a drawn signature.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")), request_body = SignInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/determination/signature")]
pub(super) async fn sign_determination(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<SignInput, LONGEST_SIGNATURE>,
) -> Result<HttpResponse, Problem> {
    let (id, with) = (CaseId(*id), body.with()?);
    let sign =
        async || app.sign_determination(by, id, body.document_sha256, &with, body.agrees_to_service).await;
    Ok(respond(app.once(&once, sign, seen_by(Viewer::Party(by.0))).await?))
}

/// Records the signature of a party without a session, to whom the officer read the document out and who told him the
/// code that came by text message.
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")),
    request_body = RecordedSignatureInput, responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/determination/recorded-signature")]
pub(super) async fn record_signature(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<RecordedSignatureInput>,
) -> Result<HttpResponse, Problem> {
    let with = SignedWith::told(six_digits(&body.code)?);
    let record =
        async || app.record_signature(&by, CaseId(*id), body.role, body.document_sha256, &with).await;
    Ok(respond(app.once(&once, record, seen_by(Viewer::Staff)).await?))
}

/// Agrees that documents of this case are served online: opening the final one is then its service.
#[utoipa::path(tag = "driver", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/service-consent")]
pub(super) async fn agree_to_service(
    app: Data<App>,
    Signed(by): Signed<Driver>,
    id: Path<Uuid>,
    Keyed { body: Nothing {}, once }: Keyed<Nothing>,
) -> Result<HttpResponse, Problem> {
    let agree = async || app.agree_to_service(by, CaseId(*id)).await;
    Ok(respond(app.once(&once, agree, seen_by(Viewer::Party(by.0))).await?))
}

/// Notes that the final document was handed over on paper, or that the party refused to receive it (R146 §24).
#[utoipa::path(tag = "officer", params(("id" = Uuid, Path, description = "The case")), request_body = ServiceInput,
    responses((status = 200, body = CaseView)))]
#[post("/cases/{id}/services")]
pub(super) async fn record_service(
    app: Data<App>,
    Signed(by): Signed<Officer>,
    id: Path<Uuid>,
    Keyed { body, once }: Keyed<ServiceInput>,
) -> Result<HttpResponse, Problem> {
    let manner = match body.manner {
        MannerInput::Paper => ServiceManner::Paper,
        MannerInput::RefusedToReceive => ServiceManner::RefusedToReceive,
    };
    let record = async || app.record_service(&by, CaseId(*id), body.role, body.document_sha256, manner).await;
    Ok(respond(app.once(&once, record, seen_by(Viewer::Staff)).await?))
}
