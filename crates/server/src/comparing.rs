//! Keeps what photos are compared with current: rows for evidence from before its table, and how all photos look.

use std::{sync::Arc, time::Duration};

use app::App;

/// Between two pages of old cases: others read too.
const BETWEEN_PAGES: Duration = Duration::from_millis(20);
/// How often photos that others examined are read. Whoever asks for signals reads them at once besides.
const REST: Duration = Duration::from_secs(10);

/// Works until it is given up; whatever it is at can be done again.
pub(crate) async fn keep_current(app: Arc<App>) {
    loop {
        let more = app.complete_evidence().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "old evidence could not be given its rows");
            false
        });
        if let Err(error) = app.keep_looks_current().await {
            tracing::warn!(%error, "how photos look could not be read");
        }
        tokio::time::sleep(if more { BETWEEN_PAGES } else { REST }).await;
    }
}
