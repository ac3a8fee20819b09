//! Accounts, sessions, keys already used.

use chrono::{DateTime, Utc};
use domain::{
    case::Officer,
    digest::Digest,
    identifiers::{AccountId, DistrictCode, InsurerCode, PersonName, Plate, SessionId, UnitId, Username},
    identity::{Ladder, Role},
};
use sea_orm::{ColumnTrait, EntityTrait, JoinType, QueryFilter, QuerySelect as _, Set};
use serde::{Deserialize, Serialize};

use crate::{
    error::StoreError,
    rows::{account, conversions, idempotency, refresh_token, session, sign_in_ladder},
    store::Store,
    work::FirstAnswer,
};

/// What an account of each role knows about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "role", rename_all = "snake_case")]
pub enum AccountProfile {
    /// Known by the openid alone.
    Driver {},
    /// A police officer.
    Officer {
        /// Printed on documents.
        name: PersonName,
        /// Printed on documents.
        badge: String,
        /// Where he may act.
        districts: Vec<DistrictCode>,
        /// Vehicles of his own and of relatives.
        #[serde(default)]
        related_plates: Vec<Plate>,
        /// Of the unit above: reviews determinations.
        #[serde(default)]
        reviews: bool,
    },
    /// Staff of a quick-handling point.
    PointStaff {
        /// Who.
        name: PersonName,
        /// The unit it drives.
        unit: UnitId,
    },
    /// An insurer's system.
    Insurer {
        /// Which.
        insurer: InsurerCode,
    },
    /// Watches over the centre.
    Supervisor {
        /// Who.
        name: PersonName,
    },
    /// Keeps accounts.
    Administrator {
        /// Who.
        name: PersonName,
    },
}

impl AccountProfile {
    /// The role that goes with it.
    pub fn role(&self) -> Role {
        match self {
            Self::Driver {} => Role::Driver,
            Self::Officer { .. } => Role::Officer,
            Self::PointStaff { .. } => Role::PointStaff,
            Self::Insurer { .. } => Role::Insurer,
            Self::Supervisor { .. } => Role::Supervisor,
            Self::Administrator { .. } => Role::Administrator,
        }
    }

    /// The officer, when it is one.
    pub fn officer(&self, account: AccountId) -> Option<Officer> {
        match self {
            Self::Officer { name, badge, districts, related_plates, reviews } => Some(Officer {
                account,
                name: name.clone(),
                badge: badge.clone(),
                districts: districts.clone(),
                related_plates: related_plates.clone(),
                reviews: *reviews,
            }),
            _ => None,
        }
    }
}

/// Whoever signs in.
#[derive(Clone)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// Whether it may sign in and act.
    pub active: bool,
    /// Staff sign in with this and a password.
    pub username: Option<Username>,
    /// Drivers sign in with WeChat.
    pub openid: Option<String>,
    /// Insurers sign in with this and a secret.
    pub client_id: Option<String>,
    /// argon2id hash of the password or secret.
    pub secret_hash: Option<String>,
    /// Base32 secret of the one-time codes.
    pub totp_secret: Option<String>,
    /// The last time step whose code was used.
    pub totp_last_step: i64,
    /// What it knows about itself.
    pub profile: AccountProfile,
    /// When it was made.
    pub created_at: DateTime<Utc>,
}

/// Says who it is by id only: names to sign in with and secrets stay out of logs.
impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Account({}, …)", self.id)
    }
}

impl Account {
    /// A driver that signs in for the first time.
    pub fn driver(id: AccountId, openid: String, now: DateTime<Utc>) -> Self {
        Self {
            id,
            active: true,
            username: None,
            openid: Some(openid),
            client_id: None,
            secret_hash: None,
            totp_secret: None,
            totp_last_step: 0,
            profile: AccountProfile::Driver {},
            created_at: now,
        }
    }

    pub(crate) fn row(&self) -> Result<account::ActiveModel, StoreError> {
        Ok(account::ActiveModel {
            id: Set(self.id.0),
            role: Set(self.profile.role().name().to_owned()),
            active: Set(self.active),
            username: Set(self.username.as_ref().map(ToString::to_string)),
            openid: Set(self.openid.clone()),
            client_id: Set(self.client_id.clone()),
            secret_hash: Set(self.secret_hash.clone()),
            totp_secret: Set(self.totp_secret.clone()),
            totp_last_step: Set(self.totp_last_step),
            profile: Set(conversions::to_json(&self.profile, "account", "profile")?),
            created_at: Set(self.created_at),
        })
    }
}

impl TryFrom<account::Model> for Account {
    type Error = StoreError;

    fn try_from(row: account::Model) -> Result<Self, StoreError> {
        let profile: AccountProfile = conversions::from_json(&row.profile, "account", "profile")?;
        if profile.role().name() != row.role {
            return Err(StoreError::Corrupt { table: "account", column: "role" });
        }
        let username = row
            .username
            .as_deref()
            .map(|name| conversions::parse(name, "account", "username"))
            .transpose()?;
        Ok(Self {
            id: AccountId(row.id),
            active: row.active,
            username,
            openid: row.openid,
            client_id: row.client_id,
            secret_hash: row.secret_hash,
            totp_secret: row.totp_secret,
            totp_last_step: row.totp_last_step,
            profile,
            created_at: row.created_at,
        })
    }
}

/// A session with its account.
#[derive(Debug, Clone)]
pub struct SessionRow {
    /// Its id.
    pub id: SessionId,
    /// Whether it still holds at the time asked for.
    pub alive: bool,
    /// Who.
    pub account: Account,
}

/// PostgreSQL keeps no NUL in a text and calls the question itself an error; no account has one.
fn has_nul(name: &str) -> bool {
    name.contains('\0')
}

impl Store {
    /// The staff account with this user name.
    pub async fn account_by_username(&self, name: &Username) -> Result<Option<Account>, StoreError> {
        self.one_account(account::Column::Username.eq(name.as_str())).await
    }

    /// The driver with this openid.
    pub async fn account_by_openid(&self, openid: &str) -> Result<Option<Account>, StoreError> {
        if has_nul(openid) {
            return Ok(None);
        }
        self.one_account(account::Column::Openid.eq(openid)).await
    }

    /// The insurer's client with this id.
    pub async fn account_by_client_id(&self, client: &str) -> Result<Option<Account>, StoreError> {
        if has_nul(client) {
            return Ok(None);
        }
        self.one_account(account::Column::ClientId.eq(client)).await
    }

    async fn one_account(&self, condition: sea_orm::sea_query::Expr) -> Result<Option<Account>, StoreError> {
        self.only(account::Entity::find().filter(condition)).await?.map(Account::try_from).transpose()
    }

    /// A session and its account, and whether it holds at `now`.
    pub async fn session(&self, id: SessionId, now: DateTime<Utc>) -> Result<Option<SessionRow>, StoreError> {
        let of_session = session::Entity::belongs_to(account::Entity)
            .from(session::Column::AccountId)
            .to(account::Column::Id)
            .into();
        let found = session::Entity::find_by_id(id.0)
            .join(JoinType::InnerJoin, of_session)
            .select_also(account::Entity)
            .all(&self.connections.read)
            .await?
            .pop();
        let Some((session, Some(account))) = found else { return Ok(None) };
        let account = Account::try_from(account)?;
        let alive = session.revoked_at.is_none() && session.expires_at > now && account.active;
        Ok(Some(SessionRow { id, alive, account }))
    }

    /// The session of a refresh token, and whether the token can still be used.
    pub async fn refresh_token(
        &self,
        token_hash: Digest,
        now: DateTime<Utc>,
    ) -> Result<Option<(SessionId, bool)>, StoreError> {
        let row = self.only(refresh_token::Entity::find_by_id(token_hash.to_string())).await?;
        Ok(row.map(|row| (SessionId(row.session_id), row.used_at.is_none() && row.expires_at > now)))
    }

    /// How often somebody failed to sign in as `subject`.
    pub async fn ladder(&self, subject: Digest) -> Result<Ladder, StoreError> {
        let row = self.only(sign_in_ladder::Entity::find_by_id(subject.to_string())).await?;
        Ok(row.map_or_else(Ladder::default, |row| Ladder {
            failures: row.failures,
            locked_until: row.locked_until,
        }))
    }

    /// The first answer to this key of this account.
    pub async fn first_answer(
        &self,
        account: AccountId,
        key: &str,
    ) -> Result<Option<FirstAnswer>, StoreError> {
        let row = self.only(idempotency::Entity::find_by_id((account.0, key.to_owned()))).await?;
        row.map(|row| {
            let fingerprint = conversions::parse(&row.fingerprint, "idempotency", "fingerprint")?;
            let status = u16::try_from(row.status)
                .map_err(|_| StoreError::Corrupt { table: "idempotency", column: "status" })?;
            Ok(FirstAnswer {
                account,
                key: row.key,
                fingerprint,
                status,
                version: row.version,
                body: row.answer,
            })
        })
        .transpose()
    }
}
