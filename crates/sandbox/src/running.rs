//! Starting and stopping: one actix server on 127.0.0.1, usable from any Tokio runtime.

use std::{net::TcpListener, sync::Arc};

use actix_web::{App, HttpServer, dev::ServerHandle, web};
use tokio::runtime::Handle;

use crate::{
    Sandbox, SandboxSettings,
    callback::Callbacks,
    control,
    fault::{Fault, Faults},
    ledger::{Ledger, LedgerEntry},
    sms::{Inbox, SentText},
    state::State,
    wechat::Codes,
    witness::Witness,
};

/// Why a sandbox did not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxFailed {
    /// The port is taken or may not be used.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    /// The HTTP client for callbacks could not be set up.
    #[error("cannot set up the HTTP client: {0}")]
    Client(#[from] reqwest::Error),
}

/// A sandbox that answers. Dropping it stops it.
#[derive(Debug)]
pub struct RunningSandbox {
    base_url: String,
    state: Arc<State>,
    server: ServerHandle,
}

impl Sandbox {
    /// Starts a sandbox. Must be called inside a Tokio runtime, which then carries it.
    pub async fn start(settings: SandboxSettings) -> Result<RunningSandbox, SandboxFailed> {
        let listener = TcpListener::bind(("127.0.0.1", settings.port))?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let callbacks = Callbacks::new(settings.callback_base, Callbacks::client()?, Handle::current());
        let named = |insurer: crate::settings::InsurerSettings| (insurer.code.clone(), Arc::new(insurer));
        let state = Arc::new(State {
            insurers: settings.insurers.into_iter().map(named).collect(),
            policies: settings.policies,
            steps: settings.steps,
            faults: Faults::default(),
            ledger: Ledger::new(),
            codes: Codes::default(),
            inbox: Inbox::default(),
            callbacks,
            witness: Witness::default(),
        });
        let shared = web::Data::from(Arc::clone(&state));
        let server = HttpServer::new(move || App::new().app_data(shared.clone()).configure(control::routes))
            .workers(1)
            .disable_signals()
            .listen(listener)?
            .run();
        let handle = server.handle();
        tokio::spawn(server);
        Ok(RunningSandbox { base_url, state, server: handle })
    }
}

impl RunningSandbox {
    /// Scheme, host and port, such as `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Base address for the WeChat adapter.
    pub fn wechat_url(&self) -> String {
        format!("{}/wechat", self.base_url)
    }

    /// Base address for the text-message adapter.
    pub fn sms_url(&self) -> String {
        format!("{}/sms", self.base_url)
    }

    /// Base address for an insurer's adapter.
    pub fn insurer_url(&self, code: &str) -> String {
        format!("{}/insurers/{code}", self.base_url)
    }

    /// Base address for the adapter of the witness.
    pub fn witness_url(&self) -> String {
        format!("{}/witness", self.base_url)
    }

    /// Lets the witness sign for the log with this key, of which it has seen nothing.
    pub fn trust_log(&self, key: &str) {
        self.state.witness.trust(key);
    }

    /// How many leaves of a log the witness has seen; `None` for one that it does not know.
    pub fn witness_has_seen(&self, origin: &str) -> Option<u64> {
        self.state.witness.seen(origin)
    }

    /// The witness's next signatures will be wrong.
    pub fn forge_cosignatures(&self, times: usize) {
        self.state.witness.forge(times);
    }

    /// Says where the service is reached (scheme, host, port); waiting callbacks go out then.
    pub fn set_callback_base(&self, base: &str) {
        self.state.callbacks.set_base(base.to_owned());
    }

    /// A sign-in code for this person, good once.
    pub fn mint_code(&self, openid: &str) -> String {
        self.state.codes.mint(openid)
    }

    /// Lets the next `times` requests to `target` go wrong: `wechat`, `sms`, `witness`, `insurer:PICC`,
    /// `insurer:PICC/file` or `insurer:PICC/query`.
    pub fn add_fault(&self, target: &str, fault: &Fault, times: usize) {
        self.state.faults.add(target, fault, times);
    }

    /// Takes back all faults that were not used up.
    pub fn clear_faults(&self) {
        self.state.faults.clear();
    }

    /// The insurers' books.
    pub fn ledger(&self) -> Vec<LedgerEntry> {
        self.state.ledger.entries()
    }

    /// Waits until `done` holds for the insurers' books. Wrap it in a timeout.
    pub async fn ledger_until(&self, done: impl Fn(&[LedgerEntry]) -> bool) -> Vec<LedgerEntry> {
        self.state.ledger.wait_until(done).await
    }

    /// The text messages sent so far, oldest first.
    pub fn sent_texts(&self) -> Vec<SentText> {
        self.state.inbox.all()
    }

    /// Ends callbacks and open requests at once and frees the port.
    pub async fn stop(self) {
        self.state.callbacks.stop();
        self.server.stop(false).await;
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.state.callbacks.stop();
        drop(self.server.stop(false));
    }
}
