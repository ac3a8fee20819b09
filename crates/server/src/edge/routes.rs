//! The table of routes, for what the router itself does not tell: which methods an address knows.

use actix_web::{
    HttpRequest, HttpResponse, ResponseError as _, dev::ResourceDef, http::Method, http::header, web::Data,
};

use super::Edge;
use crate::problem::{ErrorCode, Problem};

/// Every route of the service: method and pattern such as `/api/v1/cases/{id}`.
#[derive(Debug, Clone, Default)]
pub struct Routes(Vec<(Method, ResourceDef)>);

impl Routes {
    /// The table of these routes.
    pub fn new<P: AsRef<str>>(routes: impl IntoIterator<Item = (Method, P)>) -> Self {
        Self(
            routes
                .into_iter()
                .map(|(method, pattern)| (method, ResourceDef::new(pattern.as_ref())))
                .collect(),
        )
    }

    /// The methods that `path` knows, sorted.
    pub fn allowed(&self, path: &str) -> Vec<&str> {
        let known = self.0.iter().filter(|(_, route)| route.is_match(path));
        let mut methods: Vec<&str> = known.map(|(method, _)| method.as_str()).collect();
        methods.sort_unstable();
        methods.dedup();
        methods
    }

    /// The pattern that `path` fits.
    pub fn pattern(&self, path: &str) -> Option<String> {
        let fitting = self.0.iter().find(|(_, route)| route.is_match(path));
        fitting.and_then(|(_, route)| route.pattern()).map(str::to_owned)
    }
}

/// Answers whatever no route took: 405 where another method would do, otherwise 404.
pub(super) async fn unrouted(request: HttpRequest, edge: Data<Edge>) -> HttpResponse {
    let allowed = edge.routes.allowed(request.path());
    if allowed.is_empty() {
        return Problem::new(ErrorCode::UnknownRoute).error_response();
    }
    let mut response = Problem::new(ErrorCode::MethodNotAllowed).error_response();
    if let Ok(value) = header::HeaderValue::from_str(&allowed.join(", ")) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_knows_its_methods_and_its_pattern() {
        let routes = Routes::new([
            (Method::POST, "/api/v1/cases"),
            (Method::GET, "/api/v1/cases"),
            (Method::GET, "/api/v1/cases/{id}"),
        ]);
        assert_eq!(routes.allowed("/api/v1/cases"), ["GET", "POST"]);
        assert_eq!(routes.allowed("/api/v1/cases/7"), ["GET"]);
        assert!(routes.allowed("/api/v1/cases/7/x").is_empty());
        assert_eq!(routes.pattern("/api/v1/cases/7").as_deref(), Some("/api/v1/cases/{id}"));
        assert_eq!(routes.pattern("/"), None);
    }
}
