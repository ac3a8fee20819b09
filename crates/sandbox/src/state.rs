//! Everything a running sandbox remembers.

use std::{collections::HashMap, sync::Arc};

use crate::{
    callback::Callbacks,
    fault::Faults,
    ledger::Ledger,
    settings::{InsurerSettings, Policy, Step},
    sms::Inbox,
    wechat::Codes,
    witness::Witness,
};

/// Shared by all handlers and callback tasks.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) insurers: HashMap<String, Arc<InsurerSettings>>,
    pub(crate) policies: Vec<Policy>,
    pub(crate) steps: Vec<Step>,
    pub(crate) faults: Faults,
    pub(crate) ledger: Ledger,
    pub(crate) codes: Codes,
    pub(crate) inbox: Inbox,
    pub(crate) callbacks: Callbacks,
    pub(crate) witness: Witness,
}
