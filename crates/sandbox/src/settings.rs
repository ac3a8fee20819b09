//! What a sandbox is started with. The defaults suit tests: any port, no policies, one callback at once.

use std::time::Duration;

use secrecy::SecretString;

use crate::ledger::ClaimStatus;

/// App id of the mini-program that the WeChat stand-in knows.
pub const WECHAT_APP_ID: &str = "wx-sandbox";
/// Its secret. Good for nothing outside the sandbox.
pub const WECHAT_SECRET: &str = "sandbox-only-wechat-secret";
/// The bearer token of the text-message stand-in. Good for nothing outside the sandbox.
pub const SMS_TOKEN: &str = "sandbox-only-sms-token";

/// Code, key for requests and key for callbacks of the insurers that exist by default.
const INSURERS: [(&str, &str, &str); 3] = [
    (
        "PICC",
        "whsec_c2FuZGJveC1vbmx5LXJlcXVlc3Qta2V5LVBJQ0M=",
        "whsec_c2FuZGJveC1vbmx5LWNhbGxiYWNrLWtleS1QSUND",
    ),
    (
        "PAIC",
        "whsec_c2FuZGJveC1vbmx5LXJlcXVlc3Qta2V5LVBBSUM=",
        "whsec_c2FuZGJveC1vbmx5LWNhbGxiYWNrLWtleS1QQUlD",
    ),
    (
        "CPIC",
        "whsec_c2FuZGJveC1vbmx5LXJlcXVlc3Qta2V5LUNQSUM=",
        "whsec_c2FuZGJveC1vbmx5LWNhbGxiYWNrLWtleS1DUElD",
    ),
];

/// How a sandbox behaves from the start.
#[derive(Debug)]
pub struct SandboxSettings {
    /// Port on 127.0.0.1; 0 lets the system choose.
    pub port: u16,
    /// The insurers, each at `/insurers/{code}`.
    pub insurers: Vec<InsurerSettings>,
    /// The policies they know; an insurer without any accepts every notice.
    pub policies: Vec<Policy>,
    /// Where the service is reached (scheme, host, port). Callbacks wait until it is known.
    pub callback_base: Option<String>,
    /// What each claim goes through after it was filed, in this order.
    pub steps: Vec<Step>,
}

/// One insurer.
#[derive(Debug, Clone)]
pub struct InsurerSettings {
    /// Code in industry use, such as PICC.
    pub code: String,
    /// Key with which the service signs its requests (`whsec_…`).
    pub secret: SecretString,
    /// Key with which this insurer signs its callbacks (`whsec_…`).
    pub callback_secret: SecretString,
}

/// One policy in an insurer's books.
#[derive(Debug, Clone)]
pub struct Policy {
    /// Code of the insurer.
    pub insurer: String,
    /// Policy number.
    pub number: String,
    /// Plate of the insured vehicle.
    pub plate: String,
}

/// One step in the life of a claim.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    /// How long after the step before.
    pub after: Duration,
    /// Where the claim stands then; told to the service by a callback.
    pub status: ClaimStatus,
}

impl Default for SandboxSettings {
    fn default() -> Self {
        let insurer = |(code, secret, callback_secret): (&str, &str, &str)| InsurerSettings {
            code: code.to_owned(),
            secret: secret.into(),
            callback_secret: callback_secret.into(),
        };
        Self {
            port: 0,
            insurers: INSURERS.into_iter().map(insurer).collect(),
            policies: Vec::new(),
            callback_base: None,
            steps: vec![Step { after: Duration::ZERO, status: ClaimStatus::Acknowledged }],
        }
    }
}

/// The steps of the demo: acknowledged almost at once, paid within seconds.
pub fn demo_steps() -> Vec<Step> {
    [
        (300, ClaimStatus::Acknowledged),
        (2_000, ClaimStatus::Surveyed),
        (2_000, ClaimStatus::Agreed),
        (3_000, ClaimStatus::Paid),
    ]
    .map(|(milliseconds, status)| Step { after: Duration::from_millis(milliseconds), status })
    .to_vec()
}
