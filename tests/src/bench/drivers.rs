//! Drivers who report, each over a connection of its own, one request after the other.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use sandbox::RunningSandbox;
use serde_json::Value;
use tokio::task::JoinSet;

use super::{BenchFailed, figures::Figures, reports::Reports, wire::Connection};

/// Whom the drivers talk to.
#[derive(Debug)]
pub(super) struct Surroundings {
    /// The service's address.
    pub(super) service: String,
    /// Stands in for WeChat and the text-message gateway.
    pub(super) sandbox: RunningSandbox,
    /// What they send.
    pub(super) reports: Reports,
    /// How many cases are reported with one sign-in.
    pub(super) cases_per_sign_in: usize,
}

/// One driver after another, over one connection.
struct Client {
    around: Arc<Surroundings>,
    connection: Connection,
    authorization: String,
    reported: usize,
}

impl Client {
    async fn open(around: Arc<Surroundings>) -> Result<Self, BenchFailed> {
        let connection = Connection::open(&around.service).await?;
        Ok(Self { around, connection, authorization: String::new(), reported: 0 })
    }

    /// A driver who was never here before signs in.
    async fn sign_in(&mut self) -> Result<(), BenchFailed> {
        let openid = format!("o{:027x}", rand::random::<u128>() >> 20);
        let code = self.around.sandbox.mint_code(&openid);
        let body = serde_json::json!({ "code": code }).to_string();
        let reply = self.connection.post("/api/v1/sign-in/wechat", &[], &body).await?;
        let answer: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
        let token = answer.get("access_token").and_then(Value::as_str);
        let token =
            token.ok_or(BenchFailed::Refused { operation: "wechat_sign_in", status: reply.status })?;
        self.authorization = format!("authorization: Bearer {token}");
        Ok(())
    }

    /// Reports one case, after signing in when it is time; gives how long the report took.
    async fn report(&mut self) -> Result<Duration, BenchFailed> {
        if self.reported.is_multiple_of(self.around.cases_per_sign_in) {
            self.sign_in().await?;
        }
        self.reported += 1;
        let around = Arc::clone(&self.around);
        self.send(around.reports.pick()).await
    }

    async fn send(&mut self, report: &str) -> Result<Duration, BenchFailed> {
        let key = format!("idempotency-key: {:032x}", rand::random::<u128>());
        let begun = Instant::now();
        let reply = self.connection.post("/api/v1/cases", &[&self.authorization, &key], report).await?;
        match reply.status {
            201 => Ok(begun.elapsed()),
            status => Err(BenchFailed::Refused { operation: "report_case", status }),
        }
    }
}

/// Reports one case of each kind: to see what the service writes.
pub(super) async fn report_each_kind(around: &Arc<Surroundings>) -> Result<(), BenchFailed> {
    let mut client = Client::open(Arc::clone(around)).await?;
    client.sign_in().await?;
    for report in Reports::kinds() {
        client.send(&report).await?;
    }
    Ok(())
}

/// So many clients report as fast as they are answered, for as long as said.
pub(super) async fn drive(
    around: &Arc<Surroundings>,
    clients: usize,
    time: Duration,
) -> Result<Figures, BenchFailed> {
    let mut driving = JoinSet::new();
    let begun = Instant::now();
    for _ in 0..clients {
        let around = Arc::clone(around);
        driving.spawn(async move {
            let mut client = Client::open(around).await?;
            let mut took = Vec::new();
            while begun.elapsed() < time {
                took.push(client.report().await?);
            }
            Ok::<_, BenchFailed>(took)
        });
    }
    let mut figures = Figures::default();
    while let Some(took) = driving.join_next().await {
        figures.latencies.extend(took.map_err(std::io::Error::from)??);
    }
    figures.time = begun.elapsed();
    Ok(figures)
}
