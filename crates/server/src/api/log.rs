//! The log for everybody: its key, its checkpoints, proofs. Nothing here says what an entry says, or whose it is.

use actix_web::{
    HttpResponse, get,
    web::{Data, Json, Query},
};
use app::App;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use chrono::{DateTime, Utc};
use domain::digest::Digest;
use evidence::log::{ConsistencyProof, InclusionProof, SignedCheckpoint};
use serde::{Deserialize, Serialize};
use store::CheckpointRow;
use utoipa::{IntoParams, ToSchema};

use crate::problem::Problem;

/// One text, as the standards of transparency logs write it.
const TEXT: &str = "text/plain; charset=utf-8";

/// Which checkpoint.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CheckpointQuery {
    /// Leaves of its tree, exactly; the newest one when left out.
    #[param(minimum = 1, maximum = 1_000_000_000_000i64, required = false)]
    pub size: Option<u64>,
}

/// A page of the list of checkpoints.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct CheckpointsQuery {
    /// Only those of smaller trees; from the newest on when left out.
    #[param(minimum = 0, maximum = 1_000_000_000_000i64, required = false)]
    pub below: Option<u64>,
    /// How many at most; 50 when left out, 200 at most.
    #[serde(default = "fifty")]
    #[param(minimum = 1, maximum = 200, required = false)]
    pub limit: u64,
}

fn fifty() -> u64 {
    50
}

/// Which entry in which tree.
#[derive(Debug, Clone, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct InclusionQuery {
    /// The entry's chain hash, as the journal shows it: 64 lower-case hexadecimal characters.
    #[param(value_type = String, pattern = "^[0-9a-f]{64}$")]
    pub entry: Digest,
    /// Leaves of the tree, up to the newest checkpoint; that one's when left out.
    #[param(minimum = 1, maximum = 1_000_000_000_000i64, required = false)]
    pub size: Option<u64>,
}

/// Which two trees.
#[derive(Debug, Clone, Copy, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct ConsistencyQuery {
    /// Leaves of the earlier tree.
    #[param(minimum = 0, maximum = 1_000_000_000_000i64)]
    pub from: u64,
    /// Leaves of the later tree, up to the newest checkpoint; that one's when left out.
    #[param(minimum = 0, maximum = 1_000_000_000_000i64, required = false)]
    pub to: Option<u64>,
}

/// A checkpoint with what others say of it.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct CheckpointView {
    /// Leaves of the tree.
    #[schema(minimum = 1)]
    pub size: u64,
    /// Its root, in hexadecimal.
    pub root: String,
    /// When it was signed.
    pub signed_at: DateTime<Utc>,
    /// The signed note with all signatures (C2SP tlog-checkpoint).
    pub note: String,
    /// The witnesses whose signatures in the note hold.
    pub witnesses: Vec<String>,
    /// The day whose first checkpoint it is (China time).
    pub day: Option<String>,
    /// A timestamp (RFC 3161, DER in base64) over SHA-256 of the note with the log's signature alone.
    pub timestamp: Option<String>,
}

impl CheckpointView {
    fn new(app: &App, row: CheckpointRow) -> Self {
        let opened = SignedCheckpoint::open(&row.note, app.log_key()).ok();
        let signed = app.witnesses().iter().filter(|witness| {
            opened.as_ref().is_some_and(|checkpoint| checkpoint.cosigned_by(&witness.key).is_ok())
        });
        Self {
            size: row.size,
            root: row.root.to_string(),
            signed_at: row.created_at,
            witnesses: signed.map(|witness| witness.key.name().to_owned()).collect(),
            note: row.note,
            day: row.day,
            timestamp: row.token.map(|token| BASE64_STANDARD.encode(token)),
        }
    }
}

/// Proves that a leaf is in a tree (RFC 9162, section 2.1.3).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct InclusionView {
    /// The leaf's place, from 0.
    pub index: u64,
    /// Leaves of the tree.
    pub size: u64,
    /// SHA-256 of a zero byte and the 32 bytes of the entry's hash, in hexadecimal.
    pub leaf: String,
    /// The neighbours on the way from the leaf to the root, in hexadecimal.
    pub path: Vec<String>,
}

/// Proves that a tree begins with an earlier one (RFC 9162, section 2.1.4).
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct ConsistencyView {
    /// Leaves of the earlier tree.
    pub from: u64,
    /// Leaves of the later tree.
    pub to: u64,
    /// The hashes that lead to both roots, in hexadecimal.
    pub path: Vec<String>,
}

fn written(path: &[Digest]) -> Vec<String> {
    path.iter().map(ToString::to_string).collect()
}

impl InclusionView {
    fn new(entry: Digest, proof: &InclusionProof) -> Self {
        let leaf = evidence::log::leaf_hash(entry).to_string();
        Self { index: proof.index, size: proof.size, leaf, path: written(&proof.path) }
    }
}

impl From<ConsistencyProof> for ConsistencyView {
    fn from(proof: ConsistencyProof) -> Self {
        Self { from: proof.from, to: proof.to, path: written(&proof.path) }
    }
}

/// The key that checks the log's checkpoints (C2SP signed-note: name, id and Ed25519 key).
#[utoipa::path(tag = "log", responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/log/key")]
pub(super) async fn get_log_key(app: Data<App>) -> HttpResponse {
    HttpResponse::Ok().content_type(TEXT).body(format!("{}\n", app.log_key()))
}

/// A signed checkpoint: the size and the root of the log. Pin one, and nobody can change what came before it
/// without your finding out.
#[utoipa::path(tag = "log", params(CheckpointQuery),
    responses((status = 200, body = String, content_type = "text/plain")))]
#[get("/log/checkpoint")]
pub(super) async fn get_checkpoint(
    app: Data<App>,
    query: Query<CheckpointQuery>,
) -> Result<HttpResponse, Problem> {
    let row = app.checkpoint(query.size).await?;
    Ok(HttpResponse::Ok().content_type(TEXT).body(row.note))
}

/// All checkpoints, newest first, with witnesses and timestamps.
#[utoipa::path(tag = "log", params(CheckpointsQuery), responses((status = 200, body = Vec<CheckpointView>)))]
#[get("/log/checkpoints")]
pub(super) async fn list_checkpoints(
    app: Data<App>,
    query: Query<CheckpointsQuery>,
) -> Result<Json<Vec<CheckpointView>>, Problem> {
    if !(1..=200).contains(&query.limit) {
        return Err(Problem::invalid_value("limit", "from 1 to 200"));
    }
    let rows = app.list_checkpoints(query.below, query.limit).await?;
    Ok(Json(rows.into_iter().map(|row| CheckpointView::new(&app, row)).collect()))
}

/// Proves that a journal entry is in the log, by its hash.
#[utoipa::path(tag = "log", params(InclusionQuery), responses((status = 200, body = InclusionView)))]
#[get("/log/inclusion")]
pub(super) async fn get_inclusion_proof(
    app: Data<App>,
    query: Query<InclusionQuery>,
) -> Result<Json<InclusionView>, Problem> {
    let proof = app.log_proof(query.entry, query.size).await?;
    Ok(Json(InclusionView::new(query.entry, &proof)))
}

/// Proves that the log only grew from one size to another.
#[utoipa::path(tag = "log", params(ConsistencyQuery), responses((status = 200, body = ConsistencyView)))]
#[get("/log/consistency")]
pub(super) async fn get_consistency_proof(
    app: Data<App>,
    query: Query<ConsistencyQuery>,
) -> Result<Json<ConsistencyView>, Problem> {
    Ok(Json(app.log_consistency(query.from, query.to).await?.into()))
}
