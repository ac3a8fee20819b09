//! How slowly a body may come. The web server itself would wait for ever for one byte after another.

use std::{
    cell::RefCell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
    time::Duration,
};

use actix_web::{
    HttpMessage as _,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest},
    error::PayloadError,
    web::Bytes,
};
use futures_util::{Stream, task::noop_waker};
use tokio::time::{Instant, Sleep, sleep_until};

/// Bytes of an unread rest that are swallowed to keep a connection.
const LONGEST_REST: usize = 64 * 1024;

/// How slowly a body may come. Only the time spent waiting for the sender counts, not ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Longest wait for the next bytes.
    pub idle: Duration,
    /// Length of the windows in which the floor is checked.
    pub window: Duration,
    /// Bytes that must come in each window.
    pub floor: usize,
    /// Longest wait in total.
    pub total: Duration,
}

impl Default for Pace {
    /// 30 s for the next bytes, 8 KiB in every 30 s, ten minutes in total.
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            window: Duration::from_secs(30),
            floor: 8 * 1024,
            total: Duration::from_secs(600),
        }
    }
}

/// How far a body has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More may come.
    Open,
    /// It was read to its end, or broke off.
    Ended,
    /// It came too slowly and was given up.
    Cut,
}

struct Body {
    payload: Payload,
    progress: Progress,
}

impl Body {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, PayloadError>>> {
        if self.progress != Progress::Open {
            return Poll::Ready(None);
        }
        let polled = Pin::new(&mut self.payload).poll_next(context);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.progress = Progress::Ended;
        }
        polled
    }
}

/// The edge's hold on a body that a handler reads.
#[derive(Clone)]
pub(super) struct Tap(Rc<RefCell<Body>>);

impl Tap {
    pub(super) fn progress(&self) -> Progress {
        self.0.borrow().progress
    }

    /// Whether the connection can be used again: nothing of the body is left, or so little that it is swallowed
    /// here without waiting.
    pub(super) fn has_ended(&self) -> bool {
        let mut body = self.0.borrow_mut();
        let waker = noop_waker();
        let mut swallowed = 0;
        while swallowed < LONGEST_REST {
            match body.poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(Some(Ok(bytes))) => swallowed += bytes.len(),
                _ => break,
            }
        }
        body.progress == Progress::Ended
    }

    /// A response body that keeps the request's body alive until it is sent. The web server then closes the
    /// connection; a chunked body that nobody holds it would go on reading without end.
    pub(super) fn hold(self, body: BoxBody) -> Holding {
        Holding { body, _request: self }
    }
}

impl std::fmt::Debug for Tap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tap").field(&self.progress()).finish()
    }
}

/// A response body with the request's body behind it.
pub(super) struct Holding {
    body: BoxBody,
    _request: Tap,
}

impl MessageBody for Holding {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_next(context)
    }
}

/// Puts the pace on the request's body.
pub(super) fn slow_down(request: &mut ServiceRequest, pace: Pace) -> Tap {
    let payload = request.take_payload();
    let none = matches!(payload, Payload::None);
    let progress = if none { Progress::Ended } else { Progress::Open };
    let tap = Tap(Rc::new(RefCell::new(Body { payload, progress })));
    if !none {
        request.set_payload(Payload::Stream { payload: Box::pin(Paced::new(tap.clone(), pace)) });
    }
    tap
}

/// The body as the handler reads it.
struct Paced {
    tap: Tap,
    pace: Pace,
    /// Since when the sender is waited for, and the alarm that ends this wait.
    waiting: Option<(Instant, Pin<Box<Sleep>>)>,
    /// Waited in total, before this wait.
    waited: Duration,
    /// Waited in this window, and what came in it.
    window_waited: Duration,
    window_bytes: usize,
}

impl Paced {
    fn new(tap: Tap, pace: Pace) -> Self {
        Self {
            tap,
            pace,
            waiting: None,
            waited: Duration::ZERO,
            window_waited: Duration::ZERO,
            window_bytes: 0,
        }
    }

    /// Begins a wait; the alarm rings when the first of the limits is reached.
    fn wait(&mut self) -> &mut Pin<Box<Sleep>> {
        let left = |limit: Duration, used: Duration| limit.saturating_sub(used);
        let Pace { idle, window, total, .. } = self.pace;
        let longest = idle.min(left(window, self.window_waited)).min(left(total, self.waited));
        let begin = || (Instant::now(), Box::pin(sleep_until(Instant::now() + longest)));
        &mut self.waiting.get_or_insert_with(begin).1
    }

    /// Ends a wait and says whether the sender was fast enough so far.
    fn is_fast_enough(&mut self) -> bool {
        let Some((since, _)) = self.waiting.take() else { return true };
        let waited = since.elapsed();
        self.waited += waited;
        self.window_waited += waited;
        if waited >= self.pace.idle || self.waited >= self.pace.total {
            return false;
        }
        if self.window_waited < self.pace.window {
            return true;
        }
        let enough = self.window_bytes >= self.pace.floor;
        (self.window_waited, self.window_bytes) = (Duration::ZERO, 0);
        enough
    }

    fn cut(&mut self) -> Poll<Option<Result<Bytes, PayloadError>>> {
        self.tap.0.borrow_mut().progress = Progress::Cut;
        Poll::Ready(Some(Err(PayloadError::Io(io::ErrorKind::TimedOut.into()))))
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            let polled = this.tap.0.borrow_mut().poll(context);
            let Poll::Ready(came) = polled else {
                ready!(this.wait().as_mut().poll(context));
                if this.is_fast_enough() {
                    continue;
                }
                return this.cut();
            };
            let Some(Ok(bytes)) = came else { return Poll::Ready(came) };
            this.window_bytes += bytes.len();
            if !this.is_fast_enough() {
                return this.cut();
            }
            return Poll::Ready(Some(Ok(bytes)));
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::{StreamExt as _, stream};

    use super::*;

    /// A sender that gives `pieces` of `bytes` each, `every` so often, and then nothing more.
    fn sender(bytes: usize, every: Duration, pieces: usize) -> Payload {
        let piece = move |_| async move {
            tokio::time::sleep(every).await;
            Ok(Bytes::from(vec![0; bytes]))
        };
        let pieces = stream::iter(0..pieces).then(piece).chain(stream::pending());
        Payload::Stream { payload: Box::pin(pieces) }
    }

    fn millis(count: u64) -> Duration {
        Duration::from_millis(count)
    }

    /// Reads until the body is cut; gives what came before.
    async fn read(payload: Payload, pace: Pace) -> (usize, Progress) {
        let mut request = TestRequest::default().to_srv_request();
        request.set_payload(payload);
        let tap = slow_down(&mut request, pace);
        let mut body = request.take_payload();
        let mut came = 0;
        while let Some(Ok(bytes)) = body.next().await {
            came += bytes.len();
        }
        (came, tap.progress())
    }

    #[actix_web::test]
    async fn a_body_that_stalls_is_cut() {
        let pace = Pace { idle: millis(20), window: millis(500), floor: 1, total: millis(5_000) };
        assert_eq!(read(sender(10, millis(1), 3), pace).await, (30, Progress::Cut));
    }

    #[actix_web::test]
    async fn a_body_that_drips_is_cut_although_it_never_stalls() {
        let pace = Pace { idle: millis(2_000), window: millis(60), floor: 1_000, total: millis(60_000) };
        let (came, progress) = read(sender(1, millis(5), usize::MAX), pace).await;
        assert_eq!(progress, Progress::Cut);
        assert!((1..60).contains(&came), "{came}");
    }

    #[actix_web::test]
    async fn a_body_that_would_never_end_is_cut_although_it_keeps_the_floor() {
        let pace = Pace { idle: millis(2_000), window: millis(30), floor: 1, total: millis(100) };
        let (came, progress) = read(sender(100, millis(5), usize::MAX), pace).await;
        assert_eq!(progress, Progress::Cut);
        assert!(came >= 100, "{came}");
    }

    #[actix_web::test]
    async fn our_own_slowness_is_not_held_against_the_sender() {
        let pace = Pace { idle: millis(30), window: millis(30), floor: 1_000_000, total: millis(30) };
        let mut request = TestRequest::default().to_srv_request();
        let ready = stream::iter((0..20).map(|_| Ok(Bytes::from_static(b"x"))));
        request.set_payload(Payload::Stream { payload: Box::pin(ready) });
        let tap = slow_down(&mut request, pace);
        let mut body = request.take_payload();
        while let Some(Ok(_)) = body.next().await {
            tokio::time::sleep(millis(4)).await;
        }
        assert_eq!(tap.progress(), Progress::Ended);
    }

    #[actix_web::test]
    async fn a_short_rest_is_swallowed_and_a_long_one_is_not() {
        for (pieces, ended) in [(3, true), (1_000, false)] {
            let mut request = TestRequest::default().to_srv_request();
            let rest = stream::iter((0..pieces).map(|_| Ok(Bytes::from_static(&[0; 1024]))));
            request.set_payload(Payload::Stream { payload: Box::pin(rest) });
            let tap = slow_down(&mut request, Pace::default());
            drop(request);
            assert_eq!(tap.has_ended(), ended, "{pieces}");
        }
    }
}
