//! For machines that watch: alive, ready, numbers.

use actix_web::{
    HttpResponse, get,
    web::{Data, Json},
};
use app::App;
use serde_json::{Value, json};

use crate::{metrics::Metrics, problem::Problem};

/// Alive: the process answers. It asks nobody else.
#[get("/healthz")]
pub(crate) async fn healthz() -> Json<Value> {
    Json(json!({ "status": "alive" }))
}

/// Ready: the database and the object store answer; tells how much waits to be sent.
#[get("/readyz")]
pub(crate) async fn readyz(app: Data<App>) -> Result<Json<Value>, Problem> {
    app.store().ping().await.map_err(app::AppError::from)?;
    app.objects().probe().await.map_err(app::AppError::from)?;
    let backlog = app.store().backlog().await.map_err(app::AppError::from)?;
    Ok(Json(
        json!({ "status": "ready", "messages": { "waiting": backlog.waiting, "parked": backlog.parked } }),
    ))
}

/// Numbers in the text format of Prometheus.
#[get("/metrics")]
pub(crate) async fn metrics(metrics: Data<Metrics>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.render())
}
