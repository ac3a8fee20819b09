//! Links to photos that live for a minute and belong to one session: for pages and programs that can only be given
//! an address. A link names the photo, the copy and, by its hash, the session; with the session alone it opens.

use std::sync::Arc;

use bytes::Bytes;
use chrono::{DateTime, TimeDelta, Utc};
use domain::{
    digest::Digest,
    event::Event,
    evidence::Photo,
    identifiers::{AccountId, CaseId, PhotoId, SessionId},
    journal::Actor,
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{context::App, error::AppError, evidence::PhotoCopy, reading::Reader};

/// `typ` of a link's token.
pub const LINK_TOKEN: &str = "kuaichu-link+jwt";
/// `typ` of the token that shows a session where no header can be sent.
pub const VIEWER_TOKEN: &str = "kuaichu-viewer+jwt";
/// How long a link lives.
const LIFE: TimeDelta = TimeDelta::seconds(60);

/// What a link says. It stands in an address: nothing personal, and no session by its name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkClaims {
    /// Of which case.
    pub case: CaseId,
    /// Which photo.
    pub photo: PhotoId,
    /// Which of its copies.
    pub copy: PhotoCopy,
    /// SHA-256 of the session that asked.
    pub session: Digest,
    /// Until when it opens, in seconds since 1970.
    pub exp: i64,
    /// Its own id.
    pub jti: Uuid,
}

/// What the viewer's cookie says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViewerClaims {
    /// Whose session.
    pub sub: AccountId,
    /// The session.
    pub sid: SessionId,
    /// Until when, in seconds since 1970.
    pub exp: i64,
}

/// A link as it is handed out.
#[derive(Debug)]
pub struct Link {
    /// The address.
    pub url: String,
    /// Shows the session where no header can be sent; for a cookie.
    pub viewer: String,
    /// Seconds for which both hold.
    pub seconds: i64,
    /// Until when.
    pub expires_at: DateTime<Utc>,
    /// Whether the address is reached over TLS.
    pub secure: bool,
}

/// How a link names a session.
fn name_of(session: SessionId) -> Digest {
    Digest::of(format!("link of session {session}").as_bytes())
}

impl App {
    /// A link to one copy of a photo that this reader may see.
    pub async fn make_link(
        &self,
        by: &Reader,
        account: AccountId,
        id: CaseId,
        photo: PhotoId,
        copy: PhotoCopy,
    ) -> Result<Link, AppError> {
        let photo = self.photo_for(by, id, photo).await?.id;
        let expires_at = self.now() + LIFE;
        let exp = expires_at.timestamp();
        let jti = self.new_id();
        let link = LinkClaims { case: id, photo, copy, session: name_of(by.session), exp, jti };
        let viewer = ViewerClaims { sub: account, sid: by.session, exp };
        let token = self.signed(LINK_TOKEN, &link)?;
        Ok(Link {
            url: format!("{}/api/v1/evidence/{token}", self.parts.public_url),
            viewer: self.signed(VIEWER_TOKEN, &viewer)?,
            seconds: LIFE.num_seconds(),
            expires_at,
            secure: self.parts.public_url.starts_with("https:"),
        })
    }

    fn signed(&self, typ: &str, claims: &impl Serialize) -> Result<String, AppError> {
        let claims = serde_json::to_value(claims).map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(self.parts.signer.sign(typ, &claims)?)
    }

    /// Opens a link that was checked to be ours, for the session that came with it. Who comes too late, without a
    /// session or with another is refused, and the journal of the case says so, once for each link.
    pub async fn open_link(
        self: &Arc<Self>,
        link: &LinkClaims,
        shown: Option<(Reader, AccountId)>,
    ) -> Result<(Photo, Bytes), AppError> {
        let late = self.now().timestamp() >= link.exp;
        let who = shown.as_ref().map(|(reader, _)| reader.actor());
        match shown {
            _ if late => {
                self.refuse_link(link, who, "a link to evidence that has expired").await?;
                Err(AppError::NotFound("link"))
            }
            Some((reader, _)) if name_of(reader.session) == link.session => {
                self.read_photo(&reader, link.case, link.photo, link.copy).await
            }
            Some(_) => {
                self.refuse_link(link, who, "a link to evidence of another session").await?;
                Err(AppError::Forbidden("the link belongs to another session"))
            }
            None => {
                self.refuse_link(link, who, "a link to evidence without its session").await?;
                Err(AppError::Forbidden("the link needs its session"))
            }
        }
    }

    async fn refuse_link(&self, link: &LinkClaims, who: Option<Actor>, why: &str) -> Result<(), AppError> {
        if !self.readings.is_first_refusal(link.jti, who) {
            return Ok(());
        }
        let refused = Event::AccessRefused { why: why.to_owned() };
        self.note(link.case, who.unwrap_or(Actor::Service), refused).await
    }
}
