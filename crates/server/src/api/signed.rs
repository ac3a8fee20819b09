//! Who has signed in: the token is checked once per request, the table says who may pass, and the role is the
//! type of a handler's argument.

use std::{
    future::{Ready, ready},
    sync::Arc,
};

use actix_web::{
    Error, FromRequest, HttpMessage as _, HttpRequest,
    body::MessageBody,
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::header::{self, HeaderMap},
    middleware::Next,
    web::Data,
};
use app::{App, Driver, InsurerClient, PointStaff, Principal, Reader, Right, Supervisor};
use domain::case::Officer;
use store::AccountProfile;

use super::{
    BASE,
    table::{Operation, Who},
    views::Viewer,
};
use crate::{
    keys::{AccessClaims, SigningKeys},
    problem::{ErrorCode, Problem},
};

/// What access tokens must say, besides being signed by us.
#[derive(Debug, Clone)]
pub struct TokenRules {
    /// `iss`.
    pub issuer: String,
    /// `aud`.
    pub audience: String,
}

/// Lets a request through to its handler if the table says so. That every route has its line is tested.
pub async fn authorize(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let pattern = request.match_pattern().unwrap_or_default();
    let path = pattern.strip_prefix(BASE).unwrap_or_default();
    let Some(operation) = Operation::find(request.method().as_str(), path) else {
        // No such route: the default service answers 404 or 405 in the usual form.
        return next.call(request).await;
    };
    if operation.who != Who::Anybody {
        let principal = principal(&request).await?;
        if !operation.admits(principal.role()) {
            return Err(Problem::new(ErrorCode::Forbidden).into());
        }
        request.extensions_mut().insert(Arc::new(principal));
    }
    next.call(request).await
}

async fn principal(request: &ServiceRequest) -> Result<Principal, Problem> {
    let unauthenticated = || Problem::new(ErrorCode::Unauthenticated);
    let token = bearer(request.headers());
    let app = request.app_data::<Data<App>>().ok_or_else(|| Problem::new(ErrorCode::Internal))?;
    let keys = request.app_data::<Data<SigningKeys>>().ok_or_else(|| Problem::new(ErrorCode::Internal))?;
    let rules = request.app_data::<Data<TokenRules>>().ok_or_else(|| Problem::new(ErrorCode::Internal))?;
    let AccessClaims { sub, sid, .. } = keys
        .verify_access(token.ok_or_else(unauthenticated)?, app.now(), &rules.issuer, &rules.audience)
        .map_err(|_| unauthenticated())?;
    Ok(app.principal(sid, sub).await?)
}

/// The access token that came with a request, if exactly one did.
pub(super) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut headers = headers.get_all(header::AUTHORIZATION);
    match (headers.next(), headers.next()) {
        (Some(value), None) => value.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")),
        _ => None,
    }
}

/// A handler's caller, in the role it needs.
#[derive(Debug, Clone)]
pub(super) struct Signed<R>(pub(super) R);

/// A role that a handler can ask for.
pub(super) trait FromPrincipal: Sized {
    /// The caller in this role; `None` when it has another.
    fn from_principal(principal: &Principal) -> Option<Self>;
}

impl<R: FromPrincipal> FromRequest for Signed<R> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let extensions = request.extensions();
        let role = match extensions.get::<Arc<Principal>>() {
            Some(principal) => R::from_principal(principal).ok_or_else(|| Problem::new(ErrorCode::Forbidden)),
            None => Err(Problem::new(ErrorCode::Unauthenticated)),
        };
        ready(role.map(Self))
    }
}

impl FromPrincipal for Driver {
    fn from_principal(principal: &Principal) -> Option<Self> {
        matches!(principal.profile, AccountProfile::Driver {}).then_some(Self(principal.account))
    }
}

impl FromPrincipal for Officer {
    fn from_principal(principal: &Principal) -> Option<Self> {
        principal.profile.officer(principal.account)
    }
}

impl FromPrincipal for PointStaff {
    fn from_principal(principal: &Principal) -> Option<Self> {
        match &principal.profile {
            AccountProfile::PointStaff { unit, .. } => Some(Self { account: principal.account, unit: *unit }),
            _ => None,
        }
    }
}

impl FromPrincipal for InsurerClient {
    fn from_principal(principal: &Principal) -> Option<Self> {
        match &principal.profile {
            AccountProfile::Insurer { insurer } => {
                Some(Self { account: principal.account, insurer: insurer.clone() })
            }
            _ => None,
        }
    }
}

impl FromPrincipal for Supervisor {
    fn from_principal(principal: &Principal) -> Option<Self> {
        matches!(principal.profile, AccountProfile::Supervisor { .. }).then_some(Self(principal.account))
    }
}

impl FromPrincipal for Principal {
    fn from_principal(principal: &Principal) -> Option<Self> {
        Some(principal.clone())
    }
}

impl FromPrincipal for Reader {
    fn from_principal(principal: &Principal) -> Option<Self> {
        let right = Driver::from_principal(principal)
            .map(Right::Driver)
            .or_else(|| Officer::from_principal(principal).map(Right::Officer))
            .or_else(|| PointStaff::from_principal(principal).map(Right::Unit))?;
        Some(Self { right, session: principal.session })
    }
}

/// A caller in one of the roles that share an operation.
#[derive(Debug, Clone)]
pub(super) enum Anyone {
    /// A driver.
    Driver(Driver),
    /// An officer.
    Officer(Officer),
    /// Staff of a point.
    PointStaff(PointStaff),
    /// A supervisor.
    Supervisor,
}

impl Anyone {
    /// As whom it looks at a case.
    pub(super) fn viewer(&self) -> Viewer {
        match self {
            Self::Driver(by) => Viewer::Party(by.0),
            Self::Officer(_) | Self::PointStaff(_) | Self::Supervisor => Viewer::Staff,
        }
    }
}

impl FromPrincipal for Anyone {
    fn from_principal(principal: &Principal) -> Option<Self> {
        Driver::from_principal(principal)
            .map(Self::Driver)
            .or_else(|| Officer::from_principal(principal).map(Self::Officer))
            .or_else(|| PointStaff::from_principal(principal).map(Self::PointStaff))
            .or_else(|| Supervisor::from_principal(principal).map(|_| Self::Supervisor))
    }
}
