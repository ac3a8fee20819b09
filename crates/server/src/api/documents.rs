//! The documents of a case: listed and read by its parties and officers; and whether a document is genuine, for anybody.

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header,
    web::{Data, Json, Path, Query},
};
use app::{App, DocumentReader, ListedDocument, ReadDocument, Verification, Wanted};
use chrono::{DateTime, Utc};
use domain::{
    case::{Standing, Superseding},
    digest::Digest,
    document::{DocumentKind, Language},
    event::ServiceManner,
    identifiers::{CaseId, VerificationCode},
    role::PartyRole,
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    schemas::{document_kind, service_manner, superseding},
    signed::{Anyone, Signed},
    verification_page,
};
use crate::problem::{ErrorCode, Problem};

/// Which document of a case.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct DocumentQuery {
    /// The one with this SHA-256, whether it counts or not; the act that stands when kind is left out too.
    #[param(value_type = String, pattern = "^[0-9a-f]{64}$", required = false)]
    pub digest: Option<Digest>,
    /// The newest of this kind. A `notice_of_rights` is made for the party who asks.
    #[param(schema_with = document_kind, required = false)]
    pub kind: Option<DocumentKind>,
    /// Whose notice of rights: for officers.
    #[param(value_type = String, pattern = "^[A-Z]$", required = false)]
    pub role: Option<PartyRole>,
    /// `en` for a translation to read; the Chinese document is the one that counts.
    #[serde(default)]
    #[param(inline, required = false)]
    pub language: InLanguage,
}

/// In which language.
#[derive(Debug, Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum InLanguage {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl From<DocumentQuery> for Wanted {
    fn from(query: DocumentQuery) -> Self {
        let language = match query.language {
            InLanguage::Zh => Language::Chinese,
            InLanguage::En => Language::English,
        };
        Self { digest: query.digest, kind: query.kind, role: query.role, language }
    }
}

/// What a file is compared with.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct VerifyQuery {
    /// SHA-256 of a file somebody has: the answer says which of the documents it is, if any.
    #[param(required = false, max_length = 200)]
    pub sha256: Option<String>,
}

/// A document of a case.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DocumentView {
    /// Which kind.
    #[schema(schema_with = document_kind)]
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// SHA-256 of the PDF: by it the document is fetched.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Whether it is the one that counts now.
    pub is_current: bool,
    /// Whether nothing is added to it any more, but by a review.
    pub is_final: bool,
    /// Why it does not count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<SupersededView>,
    /// Whom it reached.
    pub served: Vec<ServedView>,
}

/// What took the place of a document.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SupersededView {
    /// SHA-256 of the document that took its place, if one did.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub by: Option<Digest>,
    /// Since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<DateTime<Utc>>,
    /// Why: a later version has what came since; a review took the act away; the parties did not agree to it; or the
    /// case took another way.
    #[schema(schema_with = superseding)]
    pub why: &'static str,
}

/// A document that reached a party (送达).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ServedView {
    /// Whom.
    #[schema(value_type = String)]
    pub role: PartyRole,
    /// How.
    #[schema(schema_with = service_manner)]
    pub manner: ServiceManner,
    /// When.
    pub at: DateTime<Utc>,
}

/// Whether a document is genuine; nothing personal.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerificationView {
    /// Which kind of document.
    #[schema(schema_with = document_kind)]
    pub kind: DocumentKind,
    /// Its number.
    pub number: String,
    /// The unit that issued it.
    pub unit_name: String,
    /// Nothing is added to it any more, but by a review.
    pub is_final: bool,
    /// Every PDF issued under this code, oldest first.
    pub documents: Vec<VerifiedView>,
    /// Whether the file that was asked about is one of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<ComparedView>,
}

/// One PDF.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct VerifiedView {
    /// SHA-256 of its bytes: compare with the file you have.
    #[schema(value_type = String)]
    pub sha256: Digest,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Whether it is the one that counts now.
    pub is_current: bool,
    /// Why it does not count any more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub superseded: Option<SupersededView>,
}

/// What a comparison says.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub(super) struct ComparedView {
    /// Whether the file is one of the documents.
    pub is_genuine: bool,
    /// Whether it is the one that counts now.
    pub is_current: bool,
}

impl From<ListedDocument> for DocumentView {
    fn from(listed: ListedDocument) -> Self {
        let served = |(role, manner, at)| ServedView { role, manner, at };
        Self {
            kind: listed.document.kind,
            number: listed.number,
            sha256: listed.document.digest,
            issued_at: listed.document.at,
            is_current: listed.standing == Standing::Current,
            is_final: listed.is_final,
            superseded: SupersededView::of(listed.standing),
            served: listed.served.into_iter().map(served).collect(),
        }
    }
}

impl SupersededView {
    fn of(standing: Standing) -> Option<Self> {
        match standing {
            Standing::Current => None,
            Standing::Superseded { by, at, why } => Some(Self { by, at, why: why.name() }),
        }
    }
}

impl VerificationView {
    fn new(verification: Verification, asked: Option<&str>) -> Self {
        let is_final = verification.is_final();
        let documents: Vec<_> = verification
            .documents
            .into_iter()
            .map(|listed| VerifiedView {
                sha256: listed.document.digest,
                issued_at: listed.document.at,
                is_current: listed.standing == Standing::Current,
                superseded: SupersededView::of(listed.standing),
            })
            .collect();
        let compared = asked.map(|asked| {
            let found = read_hash(asked).and_then(|hash| documents.iter().find(|one| one.sha256 == hash));
            ComparedView {
                is_genuine: found.is_some(),
                is_current: found.is_some_and(|document| document.is_current),
            }
        });
        Self {
            kind: verification.kind,
            number: verification.number,
            unit_name: verification.unit_name,
            is_final,
            documents,
            compared,
        }
    }
}

/// A hash as people copy it: spaces, colons and capital letters do not matter.
fn read_hash(text: &str) -> Option<Digest> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    plain.to_ascii_lowercase().parse().ok()
}

/// The documents of a case, oldest first, with those that do not count any more.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case")),
    responses((status = 200, body = Vec<DocumentView>)))]
#[get("/cases/{id}/documents")]
pub(super) async fn list_documents(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
) -> Result<Json<Vec<DocumentView>>, Problem> {
    let documents = app.list_documents(reader(&by)?, CaseId(*id)).await?;
    Ok(Json(documents.into_iter().map(Into::into).collect()))
}

/// A document of a case as a PDF; its SHA-256 is what parties sign. Without a query it is the act that stands.
/// Documents that do not count any more come as they were issued; the headers say so.
#[utoipa::path(tag = "everybody", params(("id" = Uuid, Path, description = "The case"), DocumentQuery),
    responses((status = 200, description = "The document", body = Vec<u8>, content_type = "application/pdf")))]
#[get("/cases/{id}/document")]
pub(super) async fn get_document(
    app: Data<App>,
    Signed(by): Signed<Anyone>,
    id: Path<Uuid>,
    query: Query<DocumentQuery>,
) -> Result<HttpResponse, Problem> {
    let wanted = query.into_inner().into();
    Ok(as_file(app.read_document(reader(&by)?, CaseId(*id), &wanted).await?))
}

/// Whether a document is genuine. Its QR code leads here; nothing personal is shown. A browser gets a page.
#[utoipa::path(tag = "everybody",
    params(("code" = String, Path, description = "The code on the document"), VerifyQuery),
    responses((status = 200, body = VerificationView)))]
#[get("/documents/{code}")]
pub(super) async fn verify_document(
    app: Data<App>,
    request: HttpRequest,
    code: Path<String>,
    query: Query<VerifyQuery>,
) -> Result<HttpResponse, Problem> {
    let code: VerificationCode = code.parse().map_err(|_| Problem::new(ErrorCode::NotFound))?;
    let view = VerificationView::new(app.verify_document(&code).await?, query.sha256.as_deref());
    let mut answer = HttpResponse::Ok();
    answer.insert_header((header::VARY, "accept")).insert_header(("x-robots-tag", "noindex, nofollow"));
    if !verification_page::is_wanted(&request) {
        return Ok(answer.json(view));
    }
    answer.insert_header((header::CONTENT_SECURITY_POLICY, verification_page::POLICY));
    Ok(answer.content_type("text/html; charset=utf-8").body(verification_page::page(&view)))
}

fn reader(by: &Anyone) -> Result<DocumentReader<'_>, Problem> {
    match by {
        Anyone::Driver(by) => Ok(DocumentReader::Party(*by)),
        Anyone::Officer(by) => Ok(DocumentReader::Officer(by)),
        Anyone::PointStaff(_) | Anyone::Supervisor => Err(Problem::new(ErrorCode::Forbidden)),
    }
}

fn as_file(document: ReadDocument) -> HttpResponse {
    let (language, mark) = match document.language {
        Language::Chinese => ("zh-CN", ""),
        Language::English => ("en", "-en"),
    };
    let name = format!("inline; filename=\"{}{mark}.pdf\"", document.kind.name());
    let mut answer = HttpResponse::Ok();
    answer
        .content_type("application/pdf")
        .insert_header((header::CONTENT_DISPOSITION, name))
        .insert_header((header::CONTENT_LANGUAGE, language));
    if let Some(kept) = document.kept {
        let digest = kept.document.digest.to_string();
        let of = match document.language {
            Language::Chinese => "x-document-sha256",
            Language::English => "x-translation-of",
        };
        answer.insert_header((of, digest)).insert_header(("x-document-state", state(kept.standing)));
        if let Standing::Superseded { by: Some(by), .. } = kept.standing {
            answer.insert_header(("x-superseded-by", by.to_string()));
        }
    }
    answer.body(document.pdf)
}

fn state(standing: Standing) -> &'static str {
    match standing {
        Standing::Current => "current",
        Standing::Superseded { why: Superseding::Completed, .. } => "superseded",
        Standing::Superseded { why, .. } => why.name(),
    }
}
