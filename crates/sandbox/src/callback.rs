//! Callbacks from an insurer to the service: signed, repeated until accepted, or forged on command.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use reqwest::{Client, redirect::Policy};
use serde_json::json;
use tokio::{runtime::Handle, sync::watch, task::JoinSet};
use uuid::Uuid;

use crate::{
    clock,
    ledger::{ClaimStatus, LedgerEntry},
    settings::InsurerSettings,
    signature,
    state::State,
};

/// Wait after the first failed try; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Sends callbacks and knows where to.
#[derive(Debug)]
pub(crate) struct Callbacks {
    base: watch::Sender<Option<String>>,
    client: Client,
    runtime: Handle,
    tasks: Mutex<JoinSet<()>>,
}

/// One event. Every copy and every repetition has the same id.
#[derive(Debug)]
pub(crate) struct Callback {
    pub(crate) insurer: Arc<InsurerSettings>,
    pub(crate) claim: Uuid,
    pub(crate) id: String,
    pub(crate) body: Vec<u8>,
    /// Signs something else than the body.
    pub(crate) forged: bool,
    /// How old the signature claims to be, in seconds.
    pub(crate) age_seconds: i64,
}

impl Callback {
    /// An honest event about `entry`.
    pub(crate) fn about(insurer: Arc<InsurerSettings>, entry: &LedgerEntry, status: ClaimStatus) -> Self {
        let amount = entry.amount_fen.filter(|_| matches!(status, ClaimStatus::Agreed | ClaimStatus::Paid));
        let data = json!({
            "claim_id": entry.claim_id,
            "status": status,
            "insurer_claim_number": entry.insurer_claim_number,
            "amount_fen": amount,
        });
        let name = format!("{}/{}/{status:?}", insurer.code, entry.claim_id);
        Self::new(insurer, entry.claim_id, &name, &data)
    }

    /// An event with this `data`; its id is made from `name`.
    pub(crate) fn new(
        insurer: Arc<InsurerSettings>,
        claim: Uuid,
        name: &str,
        data: &serde_json::Value,
    ) -> Self {
        let body = json!({ "type": "claim.updated", "timestamp": clock::now(), "data": data });
        let id = format!("evt_{}", Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).simple());
        Self { insurer, claim, id, body: body.to_string().into_bytes(), forged: false, age_seconds: 0 }
    }

    fn headers(&self) -> Option<[(&'static str, String); 3]> {
        let signed = if self.forged { b"{}".as_slice() } else { self.body.as_slice() };
        let timestamp = clock::now().timestamp().saturating_sub(self.age_seconds);
        signature::headers(&self.insurer.callback_secret, &self.id, timestamp, signed).ok()
    }
}

impl Callbacks {
    pub(crate) fn new(base: Option<String>, client: Client, runtime: Handle) -> Self {
        Self { base: watch::Sender::new(base), client, runtime, tasks: Mutex::default() }
    }

    /// The client: no proxy, no redirects, ten seconds.
    pub(crate) fn client() -> reqwest::Result<Client> {
        Client::builder().no_proxy().redirect(Policy::none()).timeout(Duration::from_secs(10)).build()
    }

    pub(crate) fn set_base(&self, base: String) {
        self.base.send_replace(Some(base));
    }

    /// Sends once. The status the service answered, or `None` when it could not be reached.
    pub(crate) async fn send(&self, callback: &Callback) -> Option<u16> {
        let base = self.base.subscribe().wait_for(Option::is_some).await.ok()?.clone()?;
        let base = base.trim_end_matches('/');
        let url = format!("{base}/api/v1/insurers/{}/callbacks", callback.insurer.code);
        let mut request = self.client.post(url).header("content-type", "application/json");
        for (name, value) in callback.headers()? {
            request = request.header(name, value);
        }
        let answer = request.body(callback.body.clone()).send().await.ok()?;
        Some(answer.status().as_u16())
    }

    /// Sends until the service accepts it.
    async fn send_until_accepted(&self, callback: &Callback) {
        let mut wait = FIRST_WAIT;
        while !matches!(self.send(callback).await, Some(200..=299)) {
            tokio::time::sleep(wait).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn_on(task, &self.runtime);
    }

    /// Ends all sending.
    pub(crate) fn stop(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}

/// Takes a claim that was just opened through the configured steps, one callback each.
pub(crate) fn begin_life(state: &Arc<State>, insurer: &Arc<InsurerSettings>, claim: Uuid) {
    let (state, insurer) = (Arc::clone(state), Arc::clone(insurer));
    let life = {
        let state = Arc::clone(&state);
        async move {
            for step in &state.steps {
                tokio::time::sleep(step.after).await;
                state.ledger.advance(&insurer.code, claim, step.status);
                let Some(entry) = state.ledger.find(&insurer.code, claim) else { return };
                let callback = Callback::about(Arc::clone(&insurer), &entry, step.status);
                state.callbacks.send_until_accepted(&callback).await;
                state.ledger.called_back(&insurer.code, claim);
            }
        }
    };
    state.callbacks.spawn(life);
}
