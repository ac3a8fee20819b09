//! Misbehaviour on command: each fault hits the next requests to its target, then is used up.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{HttpResponse, http::StatusCode};
use serde::{Deserialize, Serialize};

/// How a request goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// Answers this status and does nothing.
    Status {
        /// The HTTP status.
        status: u16,
        /// Seconds for `Retry-After`.
        #[serde(default)]
        retry_after: Option<u64>,
    },
    /// Waits before it does its work.
    Stall {
        /// How long.
        milliseconds: u64,
    },
    /// Does its work, then waits before it answers.
    StallAfterCommit {
        /// How long.
        milliseconds: u64,
    },
    /// Answers as if the work were done, and forgets it.
    DropAfterCommit,
    /// Closes the connection instead of doing anything.
    Reset,
    /// Does its work, then closes the connection without an answer.
    ResetAfterCommit,
    /// Does its work and answers 200 with something that is not JSON.
    Garbage,
    /// Does its work and answers 200 with this many bytes.
    Huge {
        /// How many.
        bytes: usize,
    },
    /// Answers a redirect and does nothing.
    Redirect {
        /// Where to.
        location: String,
    },
    /// Answers 200 with an error code in the body, as WeChat does.
    Errcode {
        /// Such as 45011.
        errcode: i64,
    },
}

impl Fault {
    /// What is answered instead of doing the work, after the time that the fault takes.
    async fn instead(&self) -> Option<HttpResponse> {
        match self {
            Self::Status { status, retry_after } => {
                let mut answer = HttpResponse::build(StatusCode::from_u16(*status).unwrap_or_default());
                if let Some(seconds) = retry_after {
                    answer.insert_header(("retry-after", seconds.to_string()));
                }
                Some(answer.json(serde_json::json!({ "title": "as commanded" })))
            }
            Self::Stall { milliseconds } => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                None
            }
            Self::Reset => Some(cut_off()),
            Self::Redirect { location } => Some(
                HttpResponse::TemporaryRedirect().insert_header(("location", location.as_str())).finish(),
            ),
            Self::Errcode { errcode } => Some(
                HttpResponse::Ok().json(serde_json::json!({ "errcode": errcode, "errmsg": "as commanded" })),
            ),
            _ => None,
        }
    }

    /// What becomes of the `answer` to work that was done.
    async fn afterwards(&self, answer: HttpResponse) -> HttpResponse {
        match self {
            Self::StallAfterCommit { milliseconds } => {
                tokio::time::sleep(Duration::from_millis(*milliseconds)).await;
                answer
            }
            Self::ResetAfterCommit => cut_off(),
            Self::Garbage => HttpResponse::Ok().body("<html>welcome</html>"),
            Self::Huge { bytes } => HttpResponse::Ok().body(vec![b' '; *bytes]),
            _ => answer,
        }
    }
}

/// A body that fails before its first byte: the server then closes the connection and sends nothing.
fn cut_off() -> HttpResponse {
    let broken = futures_util::stream::once(async {
        Err::<actix_web::web::Bytes, _>(std::io::Error::from(std::io::ErrorKind::ConnectionReset))
    });
    HttpResponse::Ok().streaming(broken)
}

/// The faults that wait, per target.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<HashMap<String, VecDeque<Fault>>>);

impl Faults {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, VecDeque<Fault>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn add(&self, target: &str, fault: &Fault, times: usize) {
        let mut waiting = self.lock();
        waiting.entry(target.to_owned()).or_default().extend(std::iter::repeat_n(fault.clone(), times));
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn take(&self, targets: &[&str]) -> Option<Fault> {
        let mut waiting = self.lock();
        targets.iter().find_map(|target| waiting.get_mut(*target)?.pop_front())
    }

    /// Does `work` under the next fault for any of `targets` (the first that has one). The argument of `work`
    /// says whether it must be forgotten.
    pub(crate) async fn around(
        &self,
        targets: &[&str],
        work: impl FnOnce(bool) -> HttpResponse,
    ) -> HttpResponse {
        let Some(fault) = self.take(targets) else {
            return work(false);
        };
        if let Some(answer) = fault.instead().await {
            return answer;
        }
        let answer = work(fault == Fault::DropAfterCommit);
        fault.afterwards(answer).await
    }
}
