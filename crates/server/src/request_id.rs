//! The id of the request that is being answered: in the log, in the header and in every problem document.

use domain::ports::Randomness as _;
use uuid::Uuid;

use crate::clock::SystemRandomness;

/// The response header that tells it. The same header of a request is not looked at: an id from outside could
/// be chosen to confuse the log.
pub const HEADER: &str = "x-request-id";

tokio::task_local! {
    static CURRENT: Uuid;
}

/// A new id.
pub fn new() -> Uuid {
    let mut bytes = [0; 16];
    SystemRandomness.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Runs `work` as the answer to the request `id`.
pub async fn scope<F: Future>(id: Uuid, work: F) -> F::Output {
    CURRENT.scope(id, work).await
}

/// The id of the request that the present task answers, if it answers one.
pub fn current() -> Option<Uuid> {
    CURRENT.try_with(|id| *id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_request_sees_its_own_id_and_nothing_outside_sees_one() {
        let (first, second) = (new(), new());
        assert_ne!(first, second);
        let seen = tokio::join!(scope(first, async { current() }), scope(second, async { current() }));
        assert_eq!(seen, (Some(first), Some(second)));
        assert_eq!(current(), None);
    }
}
