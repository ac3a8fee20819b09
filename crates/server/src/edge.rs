//! What stands around every handler: request ids, the request log and numbers, limits on bodies, panics as
//! problem documents, and security headers.
//!
//! [`serve`] puts it all together. Who builds the `App` himself keeps its order: `configure(edge::configure(…))`
//! first, then the services, and `wrap(from_fn(edge::guard))` last, so that it stands outside of everything.

mod extractors;
mod headers;
mod limits;
mod pace;
mod routes;
#[cfg(test)]
mod tests;

use std::{
    panic::AssertUnwindSafe,
    sync::Arc,
    time::{Duration, Instant},
};

use actix_web::{
    Error, HttpResponse, ResponseError,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, Method, StatusCode, header},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt as _;
use tracing::Instrument as _;
use uuid::Uuid;

pub use extractors::{LONGEST_JSON, configure};
pub use headers::PAGE_POLICY;
pub use limits::{ServerLimits, serve};
pub use pace::Pace;
pub use routes::Routes;

use crate::{
    metrics::Metrics,
    problem::{ErrorCode, MEDIA_TYPE, Problem},
    request_id,
};
use pace::{Progress, Tap};

/// How a request without a known pattern is counted.
const UNMATCHED: &str = "unmatched";

/// What the edge needs of one service.
#[derive(Debug)]
pub struct Edge {
    /// How slowly a body may come.
    pub pace: Pace,
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Every route, to tell a wrong method from an unknown address.
    pub routes: Routes,
}

/// Answers one request from the outside inwards; nothing that happens inside gets past it without an id, a log
/// line and a problem document.
pub async fn guard<B: MessageBody + 'static>(
    edge: Data<Edge>,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let (started, id) = (Instant::now(), request_id::new());
    let method = method_name(request.method());
    let path = request.path().to_owned();
    let tap = pace::slow_down(&mut request, edge.pace);
    let answer = AssertUnwindSafe(async { next.call(request).await }).catch_unwind();
    let answer =
        request_id::scope(id, answer).instrument(tracing::info_span!("request", request_id = %id)).await;
    let (route, result) = match answer {
        Ok(Ok(response)) => {
            (response.request().match_pattern(), Ok(finish(response.map_into_boxed_body(), tap, id)))
        }
        Ok(Err(error)) => {
            (edge.routes.pattern(&path), Err(Broken::new(Problem::from_foreign(&error), tap, id)))
        }
        Err(_panic) => {
            (edge.routes.pattern(&path), Err(Broken::new(Problem::new(ErrorCode::Internal), tap, id)))
        }
    };
    let status = result.as_ref().map_or_else(ResponseError::status_code, ServiceResponse::status).as_u16();
    note(&edge, id, method, route.as_deref().unwrap_or(UNMATCHED), status, started.elapsed());
    result.map_err(Error::from)
}

/// One line and one count. The raw path stays out of both: it holds ids and codes.
fn note(edge: &Edge, id: Uuid, method: &'static str, route: &str, status: u16, took: Duration) {
    let milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    tracing::info!(request_id = %id, method, route, status, milliseconds, "request");
    edge.metrics.count_request(method, route, status, took);
}

/// Makes the answer one of ours: a document for every error, headers, and an end to a body nobody reads.
fn finish(mut response: ServiceResponse<BoxBody>, tap: Tap, id: Uuid) -> ServiceResponse<BoxBody> {
    // A handler that has taken what came so far knows better.
    if tap.progress() == Progress::Cut && !response.status().is_success() {
        let refusal = Problem::new(ErrorCode::BodyTooSlow).of_request(id).error_response();
        response = ServiceResponse::new(response.into_parts().0, refusal);
    } else if is_bare_error(response.response()) {
        response = documented(response, id);
    }
    headers::secure(response.headers_mut(), id);
    if tap.has_ended() {
        return response;
    }
    response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    response.map_body(|_, body| BoxBody::new(tap.hold(body)))
}

fn is_bare_error(response: &HttpResponse) -> bool {
    let documented = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|found| found.as_bytes() == MEDIA_TYPE.as_bytes());
    let failed = response.status().is_client_error() || response.status().is_server_error();
    failed && !documented
}

/// Replaces an answer of the web framework by a document; headers that say what to do instead stay.
fn documented(response: ServiceResponse<BoxBody>, id: Uuid) -> ServiceResponse<BoxBody> {
    let (request, bare) = response.into_parts();
    let code = ErrorCode::for_status(bare.status().as_u16());
    let mut full = Problem::new(code).of_request(id).error_response();
    for name in [header::ALLOW, header::WWW_AUTHENTICATE, header::RETRY_AFTER] {
        if let Some(value) = bare.headers().get(&name) {
            full.headers_mut().insert(name, value.clone());
        }
    }
    ServiceResponse::new(request, full)
}

impl Problem {
    /// What the framework or a middleware inside said: ours as it is, anything else by its status.
    pub(crate) fn from_foreign(error: &Error) -> Self {
        let by_status = || Self::new(ErrorCode::for_status(error.as_response_error().status_code().as_u16()));
        error.as_error::<Self>().cloned().unwrap_or_else(by_status)
    }
}

/// A request that ended without a response of its own, such as by a panic.
#[derive(Debug)]
struct Broken {
    problem: Problem,
    id: Uuid,
    tap: Tap,
}

impl Broken {
    fn new(problem: Problem, tap: Tap, id: Uuid) -> Self {
        Self { problem: problem.of_request(id), id, tap }
    }
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.problem.fmt(f)
    }
}

impl ResponseError for Broken {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = self.problem.error_response();
        headers::secure(response.headers_mut(), self.id);
        if self.tap.has_ended() {
            return response;
        }
        response.head_mut().set_connection_type(ConnectionType::Close);
        response.map_body(|_, body| BoxBody::new(self.tap.clone().hold(body)))
    }
}

/// The method as a word from a short list: a sender must not be able to fill the numbers.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}
