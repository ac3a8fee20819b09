//! What can go wrong with the database, in our words.

use sea_orm::{DbErr, RuntimeErr};

use crate::uploads::FullRoom;

/// Why the database did not do what was asked. Texts hold no personal data.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else saved the row first.
    #[error("the {0} has been changed by somebody else")]
    Stale(&'static str),
    /// A row with this key exists.
    #[error("duplicate {0}")]
    Duplicate(&'static str),
    /// A row that the rules could not have written.
    #[error("corrupt row in {table}, column {column}")]
    Corrupt {
        /// In which table.
        table: &'static str,
        /// In which column.
        column: &'static str,
    },
    /// The database does not answer, is full, or is busy: the same request may succeed later.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The disk is full.
    #[error("the disk is full")]
    NoSpace,
    /// There is no room for another upload.
    #[error("there is no room for another upload: {0:?}")]
    Full(FullRoom),
    /// As many one-time codes as may be sent to one phone were sent.
    #[error("too many codes were sent to one phone")]
    TooManyCodes,
    /// Anything else.
    #[error("database error")]
    Database(#[source] DbErr),
}

/// Unique keys whose violation means something to a use case, by a part of the database's message.
/// SQLite names columns, PostgreSQL the index.
const UNIQUE_KEYS: [(&str, &str, &str); 11] = [
    ("idempotency.account_id", "idempotency_pkey", "idempotency key"),
    ("dispatch.unit_id", "dispatch_open_unit_key", "task of the unit"),
    ("dispatch.case_id", "dispatch_open_case_key", "task of the case"),
    ("case_party.account_id", "case_party_pkey", "party"),
    ("callback.insurer", "callback_pkey", "callback"),
    ("account.username", "account_username_key", "user name"),
    ("account.openid", "account_openid_key", "openid"),
    ("account.client_id", "account_client_id_key", "client id"),
    ("claim.case_id", "claim_case_party_insurer_key", "claim"),
    ("claim.id", "claim_pkey", "claim"),
    ("text_sent.subject", "text_sent_pkey", "text message"),
];

/// The next place in a case's journal: taken when somebody else saved the case first, which is no duplicate.
const JOURNAL_PLACE: (&str, &str) = ("journal.case_id", "journal_case_sequence_key");

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        if let Some(sea_orm::SqlErr::UniqueConstraintViolation(message)) = error.sql_err() {
            if message.contains(JOURNAL_PLACE.0) || message.contains(JOURNAL_PLACE.1) {
                return Self::Stale("case");
            }
            let known = UNIQUE_KEYS
                .iter()
                .find(|(sqlite, postgres, _)| message.contains(sqlite) || message.contains(postgres));
            return Self::Duplicate(known.map_or("row", |(_, _, meaning)| *meaning));
        }
        if matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_)) {
            return Self::Unavailable("no connection".to_owned());
        }
        match code_of(&error).as_deref() {
            // PostgreSQL: connection trouble, shutdown, lock or statement time-out, too many connections,
            // serialization and deadlock. SQLite: busy, locked.
            Some(code)
                if code.starts_with("08")
                    || code.starts_with("57")
                    || matches!(code, "53300" | "55P03" | "40001" | "40P01" | "5" | "6" | "261" | "517") =>
            {
                Self::Unavailable(format!("code {code}"))
            }
            Some("13" | "53100") => Self::NoSpace,
            Some(_) => Self::Database(error),
            None if is_io(&error) => Self::Unavailable("the connection broke".to_owned()),
            None => Self::Database(error),
        }
    }
}

fn sqlx_error(error: &DbErr) -> Option<&sea_orm::sqlx::Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

fn code_of(error: &DbErr) -> Option<String> {
    sqlx_error(error)?.as_database_error()?.code().map(std::borrow::Cow::into_owned)
}

fn is_io(error: &DbErr) -> bool {
    use sea_orm::sqlx::Error;
    matches!(
        sqlx_error(error),
        Some(
            Error::Io(_)
                | Error::Protocol(_)
                | Error::PoolTimedOut
                | Error::PoolClosed
                | Error::WorkerCrashed
        )
    )
}

impl StoreError {
    /// Whether the same request may succeed when it is tried again.
    pub fn is_passing(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::NoSpace)
    }
}
