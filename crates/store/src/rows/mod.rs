//! Rows as they lie in the tables. Nothing outside this crate sees them.
#![expect(unreachable_pub, reason = "the derive macros of sea-orm make everything public")]

macro_rules! row {
    ($(#[$doc:meta])* $module:ident, $table:literal, { $($(#[$attribute:meta])* $field:ident : $kind:ty),+ $(,)? }) => {
        $(#[$doc])*
        pub(crate) mod $module {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attribute])* pub $field: $kind,)+
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    };
}

row!(account, "account", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    role: String,
    active: bool,
    username: Option<String>,
    openid: Option<String>,
    client_id: Option<String>,
    secret_hash: Option<String>,
    totp_secret: Option<String>,
    totp_last_step: i64,
    #[sea_orm(column_type = "Text")] profile: String,
    created_at: DateTimeUtc,
});

row!(session, "session", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    account_id: Uuid,
    created_at: DateTimeUtc,
    expires_at: DateTimeUtc,
    revoked_at: Option<DateTimeUtc>,
});

row!(refresh_token, "refresh_token", {
    #[sea_orm(primary_key, auto_increment = false)] hash: String,
    session_id: Uuid,
    expires_at: DateTimeUtc,
    used_at: Option<DateTimeUtc>,
});

row!(sign_in_ladder, "sign_in_ladder", {
    #[sea_orm(primary_key, auto_increment = false)] subject: String,
    failures: i32,
    tried_at: DateTimeUtc,
    locked_until: Option<DateTimeUtc>,
});

row!(text_sent, "text_sent", {
    #[sea_orm(primary_key, auto_increment = false)] subject: String,
    #[sea_orm(primary_key, auto_increment = false)] day: String,
    #[sea_orm(primary_key, auto_increment = false)] ordinal: i32,
});

row!(idempotency, "idempotency", {
    #[sea_orm(primary_key, auto_increment = false)] account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)] key: String,
    fingerprint: String,
    status: i16,
    version: Option<i64>,
    #[sea_orm(column_type = "Text")] answer: String,
    created_at: DateTimeUtc,
});

row!(accident_case, "accident_case", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    number: String,
    version: i64,
    stage: String,
    lane: String,
    district: String,
    officer_id: Option<Uuid>,
    lease_until: Option<DateTimeUtc>,
    queue_rank: Option<i16>,
    queue_since: Option<DateTimeUtc>,
    due_at: Option<DateTimeUtc>,
    review_state: Option<String>,
    review_due_at: Option<DateTimeUtc>,
    reported_at: DateTimeUtc,
    journal_length: i64,
    journal_head: String,
    #[sea_orm(column_type = "Text")] body: String,
});

row!(case_party, "case_party", {
    #[sea_orm(primary_key, auto_increment = false)] account_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)] case_id: Uuid,
    role: String,
});

row!(invitation, "invitation", {
    #[sea_orm(primary_key, auto_increment = false)] code_hash: String,
    case_id: Uuid,
});

row!(journal, "journal", {
    #[sea_orm(primary_key)] position: i64,
    case_id: Uuid,
    sequence: i64,
    at: DateTimeUtc,
    kind: String,
    #[sea_orm(column_type = "Text")] entry: String,
    previous: String,
    hash: String,
});

row!(document, "document", {
    #[sea_orm(primary_key, auto_increment = false)] case_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)] digest: String,
    verification: String,
    created_at: DateTimeUtc,
    kind: String,
    number: Option<String>,
    #[sea_orm(column_type = "Text", nullable)] paper: Option<String>,
});

row!(message, "message", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    case_id: Uuid,
    lane: String,
    #[sea_orm(column_type = "Text")] content: String,
    state: String,
    tries: i32,
    fence: i32,
    due: DateTimeUtc,
    leased_until: Option<DateTimeUtc>,
    created_at: DateTimeUtc,
    finished_at: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)] last_error: Option<String>,
});

row!(claim, "claim", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    case_id: Uuid,
    party: String,
    insurer: String,
    status: String,
    version: i64,
    created_at: DateTimeUtc,
    #[sea_orm(column_type = "Text")] body: String,
});

row!(callback, "callback", {
    #[sea_orm(primary_key, auto_increment = false)] insurer: String,
    #[sea_orm(primary_key, auto_increment = false)] webhook_id: String,
    received_at: DateTimeUtc,
});

row!(insurer, "insurer", {
    #[sea_orm(primary_key, auto_increment = false)] code: String,
    name: String,
    hotline: String,
});

row!(district, "district", {
    #[sea_orm(primary_key, auto_increment = false)] code: String,
    name: String,
    #[sea_orm(column_type = "Text")] seat: String,
});

row!(point, "point", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    name: String,
    district: String,
    address: String,
    #[sea_orm(column_type = "Text")] position: String,
    opens: String,
    closes: String,
});

row!(unit, "unit", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    account_id: Uuid,
    point_id: Uuid,
    on_duty: bool,
    #[sea_orm(column_type = "Text", nullable)] reported: Option<String>,
    reported_at: Option<DateTimeUtc>,
});

row!(dispatch, "dispatch", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    case_id: Uuid,
    unit_id: Uuid,
    state: String,
    version: i64,
    offered_at: DateTimeUtc,
    #[sea_orm(column_type = "Text")] body: String,
});

row!(log_leaf, "log_leaf", {
    #[sea_orm(primary_key, auto_increment = false)] leaf: i64,
    position: i64,
    entry: String,
});

row!(log_node, "log_node", {
    #[sea_orm(primary_key, auto_increment = false)] node: i64,
    hash: Vec<u8>,
});

row!(checkpoint, "checkpoint", {
    #[sea_orm(primary_key, auto_increment = false)] size: i64,
    root: String,
    #[sea_orm(column_type = "Text")] note: String,
    created_at: DateTimeUtc,
    day: Option<String>,
    token: Option<Vec<u8>>,
});

row!(log_witness, "log_witness", {
    #[sea_orm(primary_key, auto_increment = false)] name: String,
    size: i64,
    seen_at: DateTimeUtc,
});

row!(upload, "upload", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    account_id: Uuid,
    case_id: Uuid,
    bytes: i64,
    digest: Option<String>,
    created_at: DateTimeUtc,
    expires_at: DateTimeUtc,
    finished_at: Option<DateTimeUtc>,
    evidence_id: Option<Uuid>,
    #[sea_orm(column_type = "Text")] body: String,
});

row!(chore, "chore", {
    #[sea_orm(primary_key, auto_increment = false)] name: String,
    done_at: DateTimeUtc,
});

row!(decision, "decision", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    case_id: Uuid,
    kind: String,
    district: String,
    situation: Option<String>,
    likeness: String,
    #[sea_orm(column_type = "Text")] outcome: String,
    officer_id: Option<Uuid>,
    decided_at: DateTimeUtc,
});

row!(second_look, "second_look", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    decision_id: Uuid,
    sampled_at: DateTimeUtc,
    officer_id: Option<Uuid>,
    held_until: Option<DateTimeUtc>,
    #[sea_orm(column_type = "Text", nullable)] grades: Option<String>,
    #[sea_orm(column_type = "Text", nullable)] reason: Option<String>,
    agrees: Option<bool>,
    decided_at: Option<DateTimeUtc>,
});

row!(signing_code, "signing_code", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    case_id: Uuid,
    role: String,
    account_id: Uuid,
    kind: String,
    document: String,
    phone: String,
    sent_at: DateTimeUtc,
    expires_at: DateTimeUtc,
    tries: i32,
    used_at: Option<DateTimeUtc>,
});

row!(signature_proof, "signature_proof", {
    #[sea_orm(primary_key, auto_increment = false)] case_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)] digest: String,
    role: String,
    image: Option<String>,
    #[sea_orm(column_type = "Text")] body: String,
    created_at: DateTimeUtc,
});

pub(crate) mod conversions;

row!(
    /// One photo or recording of a case, by which it is found across cases.
    evidence_item, "evidence_item", {
    #[sea_orm(primary_key, auto_increment = false)] id: Uuid,
    case_id: Uuid,
    media: String,
    digest: String,
    perceptual: Option<i64>,
    received_at: DateTimeUtc,
    examined_at: Option<DateTimeUtc>,
    erased_at: Option<DateTimeUtc>,
    removed_at: Option<DateTimeUtc>,
});
