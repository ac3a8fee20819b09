//! Limits of the listening server itself.

use std::{io, net::TcpListener, time::Duration};

use actix_web::{
    App, HttpServer,
    dev::Server,
    middleware::from_fn,
    web::{Data, ServiceConfig},
};

use super::{Edge, configure, guard};

/// How much the server takes on, and how long it waits for a client.
#[derive(Debug, Clone, Copy)]
pub struct ServerLimits {
    /// Threads that answer.
    pub workers: usize,
    /// Connections of the whole process; more have to wait.
    pub connections: usize,
    /// How long the head of a request may take.
    pub head: Duration,
    /// How long a connection may rest between two requests. A reverse proxy in front must give up its idle
    /// connections earlier (nginx: `keepalive_timeout 20s` in the upstream), or it may use one that just closed.
    pub rest: Duration,
    /// How long a connection that is being closed is listened to. Not less than 600 ms: the web server's clock is
    /// half a second coarse, and a time that has passed before the wait begins would never end it.
    pub farewell: Duration,
    /// Seconds that requests in flight get when the service is asked to stop.
    pub drain_seconds: u64,
}

impl ServerLimits {
    /// The limits used outside of tests: 5 s for a head, 30 s of rest, 3 s to close, 10 s to drain.
    pub fn new(workers: usize, connections: usize) -> Self {
        Self {
            workers,
            connections,
            head: Duration::from_secs(5),
            rest: Duration::from_secs(30),
            farewell: Duration::from_secs(3),
            drain_seconds: 10,
        }
    }
}

/// Starts a server on `listener` with the limits, and with [`guard`] around everything that `routes` adds. It
/// serves as long as the result is polled or spawned; signals are the caller's business.
pub fn serve<R>(
    listener: TcpListener,
    limits: &ServerLimits,
    edge: Data<Edge>,
    routes: R,
) -> io::Result<Server>
where
    R: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let workers = limits.workers.max(1);
    let app =
        move || App::new().configure(configure(edge.clone())).configure(routes.clone()).wrap(from_fn(guard));
    let server = HttpServer::new(app)
        .workers(workers)
        .max_connections(limits.connections.div_ceil(workers).max(1))
        .client_request_timeout(limits.head)
        .client_disconnect_timeout(limits.farewell)
        .keep_alive(limits.rest)
        .shutdown_timeout(limits.drain_seconds)
        .disable_signals();
    Ok(server.listen(listener)?.run())
}
