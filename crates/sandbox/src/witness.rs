//! A witness by C2SP tlog-witness: it knows the logs it was told of, remembers how large it has seen each, signs
//! only what continues that, and forges on command.

use std::{
    collections::HashMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use actix_web::{HttpResponse, post, web};
use aws_lc_rs::{
    error::KeyRejected,
    signature::{Ed25519KeyPair, KeyPair as _},
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::Deserialize;
use signed_note::{Note, Signature, StandardVerifier, VerifierList};
use tlog_tiles::{
    checkpoint::Checkpoint,
    tlog::{self, Hash},
};

use crate::{clock, state::State};

/// The witness's name.
pub const WITNESS_NAME: &str = "sandbox.invalid/witness";
/// Good for nothing outside the sandbox.
const SEED: [u8; 32] = [0x5a; 32];
/// Ed25519 over time and text.
const COSIGNATURE: u8 = 4;

/// The witness's key, as its signatures are checked by.
pub fn witness_key() -> Result<String, KeyRejected> {
    let typed = typed_key(&Ed25519KeyPair::from_seed_unchecked(&SEED)?);
    let id = signed_note::key_id(WITNESS_NAME, &typed);
    Ok(format!("{WITNESS_NAME}+{id:08x}+{}", BASE64_STANDARD.encode(&typed)))
}

fn typed_key(pair: &Ed25519KeyPair) -> Vec<u8> {
    [&[COSIGNATURE], pair.public_key().as_ref()].concat()
}

/// What the witness remembers.
#[derive(Debug, Default)]
pub(crate) struct Witness {
    /// Keys of the logs it knows, by origin, with the size and root it has seen.
    logs: Mutex<HashMap<String, Seen>>,
    /// How many signatures will be wrong.
    forging: AtomicUsize,
}

#[derive(Debug, Clone)]
struct Seen {
    key: String,
    size: u64,
    root: Hash,
}

/// Why it does not sign: the status of the standard, and the size it has seen.
enum No {
    Malformed,
    UnknownLog,
    NotSigned,
    Elsewhere(u64),
    Inconsistent,
}

impl Witness {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Seen>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn trust(&self, key: &str) {
        let origin = key.split('+').next().unwrap_or_default().to_owned();
        let seen = Seen { key: key.to_owned(), size: 0, root: tlog::EMPTY_HASH };
        self.lock().insert(origin, seen);
    }

    pub(crate) fn seen(&self, origin: &str) -> Option<u64> {
        self.lock().get(origin).map(|seen| seen.size)
    }

    pub(crate) fn forge(&self, times: usize) {
        self.forging.store(times, Ordering::SeqCst);
    }

    /// The signature line for a submission.
    fn add(&self, body: &str, now: u64) -> Result<String, No> {
        let (head, note) = body.split_once("\n\n").ok_or(No::Malformed)?;
        let mut lines = head.lines();
        let old = lines.next().and_then(|line| line.strip_prefix("old ")).and_then(|old| old.parse().ok());
        let old: u64 = old.ok_or(No::Malformed)?;
        let proof = lines.map(Hash::parse_hash).collect::<Result<Vec<_>, _>>().map_err(|_| No::Malformed)?;
        let read = Note::from_bytes(note.as_bytes()).map_err(|_| No::Malformed)?;
        let checkpoint = Checkpoint::from_bytes(read.text()).map_err(|_| No::Malformed)?;
        let mut logs = self.lock();
        let seen = logs.get_mut(checkpoint.origin()).ok_or(No::UnknownLog)?;
        let verifier = StandardVerifier::new(&seen.key).map_err(|_| No::UnknownLog)?;
        read.verify(&VerifierList::new(vec![Box::new(verifier)])).map_err(|_| No::NotSigned)?;
        if old > checkpoint.size() {
            return Err(No::Malformed);
        }
        if old != seen.size || (old == checkpoint.size() && seen.root != *checkpoint.hash()) {
            return Err(No::Elsewhere(seen.size));
        }
        let continues = match old {
            0 => proof.is_empty(),
            _ => tlog::check_tree(&proof, checkpoint.size(), *checkpoint.hash(), old, seen.root).is_ok(),
        };
        if !continues {
            return Err(No::Inconsistent);
        }
        (seen.size, seen.root) = (checkpoint.size(), *checkpoint.hash());
        self.sign(read.text(), now).ok_or(No::Malformed)
    }

    fn sign(&self, text: &[u8], now: u64) -> Option<String> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&SEED).ok()?;
        let mut message = format!("cosignature/v1\ntime {now}\n").into_bytes();
        message.extend_from_slice(text);
        let forging =
            self.forging.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if forging.is_ok() {
            message.push(b'!');
        }
        let signature = [&now.to_be_bytes(), pair.sign(&message).as_ref()].concat();
        let id = signed_note::key_id(WITNESS_NAME, &typed_key(&pair));
        let line = Signature::new(WITNESS_NAME.to_owned(), id, signature).ok()?;
        String::from_utf8(line.to_bytes()).ok()
    }
}

#[post("/witness/add-checkpoint")]
pub(crate) async fn add_checkpoint(state: web::Data<State>, body: String) -> HttpResponse {
    let work = |_forget: bool| match state.witness.add(&body, clock::now().timestamp().unsigned_abs()) {
        Ok(line) => HttpResponse::Ok().content_type("text/plain; charset=utf-8").body(line),
        Err(No::Malformed) => HttpResponse::BadRequest().finish(),
        Err(No::UnknownLog) => HttpResponse::NotFound().finish(),
        Err(No::NotSigned) => HttpResponse::Forbidden().finish(),
        Err(No::Inconsistent) => HttpResponse::UnprocessableEntity().finish(),
        Err(No::Elsewhere(size)) => {
            HttpResponse::Conflict().content_type("text/x.tlog.size").body(format!("{size}\n"))
        }
    };
    state.faults.around(&["witness"], work).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustLog {
    key: String,
}

/// From now on the witness signs for the log with this key, of which it has seen nothing.
#[post("/sandbox/witness/logs")]
pub(crate) async fn trust_log(state: web::Data<State>, command: web::Json<TrustLog>) -> HttpResponse {
    state.witness.trust(&command.key);
    HttpResponse::NoContent().finish()
}
