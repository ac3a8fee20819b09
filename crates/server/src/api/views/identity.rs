//! A fresh sign-in.

use app::SignedIn;
use domain::identity::Role;
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::schemas;

/// A fresh sign-in.
#[derive(Serialize, ToSchema)]
pub(in crate::api) struct SignedInView {
    /// The access token: `Authorization: Bearer …`.
    pub access_token: String,
    /// Always `Bearer`.
    pub token_type: &'static str,
    /// Seconds for which the access token holds.
    pub expires_in: i64,
    /// Gives the next access token, once.
    pub refresh_token: String,
    /// What the account may act as.
    #[schema(schema_with = schemas::role)]
    pub role: Role,
}

impl From<SignedIn> for SignedInView {
    fn from(signed_in: SignedIn) -> Self {
        Self {
            access_token: signed_in.access_token,
            token_type: "Bearer",
            expires_in: signed_in.expires_in,
            refresh_token: signed_in.refresh_token,
            role: signed_in.role,
        }
    }
}
