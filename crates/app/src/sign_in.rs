//! Signing in: drivers by WeChat, staff by password and one-time code, insurers by client credentials.
//! Sessions are refreshed by rotating tokens; an old one used again ends the whole session.

use chrono::{DateTime, Utc};
use domain::{
    digest::Digest,
    identifiers::{AccountId, SessionId, Username},
    identity::Role,
};
use serde_json::json;
use store::{Account, AccountProfile, SessionRow, StoreError, Work};

use crate::{context::App, error::AppError, once::Prepared, password};

/// Who has signed in, as every request finds out again.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The account.
    pub account: AccountId,
    /// The session.
    pub session: SessionId,
    /// What it knows about itself.
    pub profile: AccountProfile,
}

impl Principal {
    /// What it may act as.
    pub fn role(&self) -> Role {
        self.profile.role()
    }
}

/// A fresh sign-in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// The access token, a JWS.
    pub access_token: String,
    /// Seconds for which it holds.
    pub expires_in: i64,
    /// Gives the next access token, once.
    pub refresh_token: String,
    /// What the account may act as.
    pub role: Role,
}

/// What the ladder of failed tries counts: the name that was tried, whether it exists or not.
fn subject(kind: &str, name: &str) -> Digest {
    Digest::of(format!("{kind}/{name}").as_bytes())
}

impl App {
    /// A driver signs in with the code of the mini-program.
    pub async fn sign_in_with_wechat(&self, code: &str) -> Result<SignedIn, AppError> {
        let openid = self.parts.wechat.who_is(code).await?;
        self.write(async || {
            let mut work = Work::new();
            let account = match self.parts.store.account_by_openid(openid.as_str()).await? {
                Some(account) => account,
                None => {
                    let id = AccountId(self.new_id());
                    let account = Account::driver(id, openid.to_string(), self.now());
                    work.insert_account(&account)?;
                    account
                }
            };
            self.begin_session(work, &account)
        })
        .await
    }

    /// Staff sign in. Wrong name, wrong password and wrong code look the same and take the same time.
    pub async fn sign_in_staff(
        &self,
        username: &str,
        secret: &str,
        code: &str,
    ) -> Result<SignedIn, AppError> {
        let subject = subject("staff", username);
        self.guess(subject).await?;
        let account = match username.parse::<Username>() {
            Ok(name) => self.parts.store.account_by_username(&name).await?,
            Err(_) => None,
        };
        let known = self.secret_matches(account.as_ref(), secret).await?;
        let step = account.as_ref().and_then(|account| password::step_of(account, code, self.now()));
        match (account, known, step) {
            (Some(account), true, Some(step)) if account.active => {
                self.admit(subject, account, Some(step)).await
            }
            _ => Err(AppError::SignInFailed),
        }
    }

    /// An insurer's system signs in by OAuth 2 client credentials.
    pub async fn sign_in_insurer(&self, client_id: &str, secret: &str) -> Result<SignedIn, AppError> {
        let subject = subject("client", client_id);
        self.guess(subject).await?;
        let account = self.parts.store.account_by_client_id(client_id).await?;
        let known = self.secret_matches(account.as_ref(), secret).await?;
        match account {
            Some(account) if known && account.active => self.admit(subject, account, None).await,
            _ => Err(AppError::SignInFailed),
        }
    }

    /// Counts a try as failed before it is looked at, so that many at once cannot pass the ladder together;
    /// success wipes it out.
    async fn guess(&self, subject: Digest) -> Result<(), AppError> {
        let now = self.now();
        // Asked first, so that somebody who hammers a locked name costs a read and no write.
        self.must_admit(subject, now).await?;
        let mut work = Work::new();
        work.fail_ladder(subject, now);
        match self.parts.store.commit(work).await {
            Ok(()) => Ok(()),
            Err(StoreError::Stale(_)) => {
                self.must_admit(subject, now).await?;
                Err(StoreError::Unavailable("many tries at once".to_owned()).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn must_admit(&self, subject: Digest, now: DateTime<Utc>) -> Result<(), AppError> {
        let ladder = self.parts.store.ladder(subject).await?;
        if ladder.admits(now) {
            return Ok(());
        }
        let left = ladder.locked_until.map_or(0, |until| (until - now).num_seconds());
        Err(AppError::LockedOut { seconds: u64::try_from(left).unwrap_or_default() + 1 })
    }

    async fn secret_matches(&self, account: Option<&Account>, secret: &str) -> Result<bool, AppError> {
        let _turn = self.hashing.acquire().await.map_err(|error| AppError::Internal(error.to_string()))?;
        let hash = account.and_then(|account| account.secret_hash.clone());
        let secret = secret.to_owned();
        Ok(tokio::task::spawn_blocking(move || password::matches(hash.as_deref(), &secret)).await?)
    }

    async fn admit(
        &self,
        subject: Digest,
        account: Account,
        step: Option<i64>,
    ) -> Result<SignedIn, AppError> {
        let mut work = Work::new();
        work.clear_ladder(subject);
        if let Some(step) = step {
            work.use_totp_step(account.id, step);
        }
        let Prepared { value, work } = self.begin_session(work, &account)?;
        match self.parts.store.commit(work).await {
            Ok(()) => Ok(value),
            // The one-time code was used a moment ago.
            Err(StoreError::Stale(_)) => Err(AppError::SignInFailed),
            Err(error) => Err(error.into()),
        }
    }

    fn begin_session(&self, mut work: Work, account: &Account) -> Result<Prepared<SignedIn>, AppError> {
        let now = self.now();
        let session = SessionId(self.new_id());
        let until = now + self.parts.sign_in.session_life;
        work.insert_session(session, account.id, now, until);
        let value = self.issue(&mut work, session, account, now, until)?;
        Ok(Prepared { value, work })
    }

    fn issue(
        &self,
        work: &mut Work,
        session: SessionId,
        account: &Account,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<SignedIn, AppError> {
        let refresh_token = domain::identifiers::spell_code(&self.random::<52>());
        work.insert_refresh_token(Digest::of(refresh_token.as_bytes()), session, until);
        let settings = &self.parts.sign_in;
        let role = account.profile.role();
        let claims = json!({
            "iss": settings.issuer,
            "aud": settings.audience,
            "sub": account.id,
            "sid": session,
            "role": role.name(),
            "iat": now.timestamp(),
            "nbf": now.timestamp(),
            "exp": (now + settings.access_life).timestamp(),
            "jti": self.new_id(),
        });
        let access_token = self.parts.signer.sign("at+jwt", &claims)?;
        Ok(SignedIn { access_token, expires_in: settings.access_life.num_seconds(), refresh_token, role })
    }

    /// The next pair of tokens. A refresh token that was used before ends the session: somebody has a copy.
    pub async fn refresh_session(&self, token: &str) -> Result<SignedIn, AppError> {
        let hash = Digest::of(token.as_bytes());
        let now = self.now();
        let (session, usable) =
            self.parts.store.refresh_token(hash, now).await?.ok_or(AppError::SessionEnded)?;
        if !usable {
            return self.end_stolen(session).await;
        }
        let row = self
            .parts
            .store
            .session(session, now)
            .await?
            .filter(|row| row.alive)
            .ok_or(AppError::SessionEnded)?;
        let mut work = Work::new();
        work.use_refresh_token(hash, now);
        let until = now + self.parts.sign_in.session_life;
        let signed_in = self.issue(&mut work, session, &row.account, now, until)?;
        match self.parts.store.commit(work).await {
            Ok(()) => Ok(signed_in),
            Err(StoreError::Stale(_)) => self.end_stolen(session).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn end_stolen(&self, session: SessionId) -> Result<SignedIn, AppError> {
        self.sign_out(session).await?;
        Err(AppError::SessionEnded)
    }

    /// Ends a session; its tokens stop working at once.
    pub async fn sign_out(&self, session: SessionId) -> Result<(), AppError> {
        let mut work = Work::new();
        work.revoke_session(session, self.now());
        let ended = self.parts.store.commit(work).await;
        self.alive.forget(session);
        Ok(ended?)
    }

    /// Who stands behind a valid access token now; a revoked session or account is nobody. Drivers are asked for
    /// every few seconds only.
    pub async fn principal(&self, session: SessionId, account: AccountId) -> Result<Principal, AppError> {
        let now = self.now();
        if self.alive.account(session, now) == Some(account) {
            return Ok(Principal { account, session, profile: AccountProfile::Driver {} });
        }
        let asked = self.alive.ask();
        let row = self.parts.store.session(session, now).await?;
        let SessionRow { id, account, .. } =
            row.filter(|row| row.alive && row.account.id == account).ok_or(AppError::SessionEnded)?;
        if account.profile.role() == Role::Driver {
            self.alive.remember(asked, id, account.id, now);
        }
        Ok(Principal { account: account.id, session: id, profile: account.profile })
    }
}
