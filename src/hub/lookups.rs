//! What registries answered about single enterprises, kept for seconds; and registries that are left alone after they failed.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use quick_cache::sync::Cache;
use tokio::sync::Semaphore;

use crate::connector::{Connector, Problem};
use crate::model::record::Record;

/// How a question ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveState {
    Found,
    NotFound,
    /// Refused, unreachable, or answering nonsense.
    Unavailable(Problem),
    TimedOut(Problem),
    /// The registry offers no look-up, or there is no code to ask with.
    NotOffered,
}

/// What one registry says of one enterprise.
#[derive(Debug, Clone)]
pub struct LookupAnswer {
    pub state: LiveState,
    /// As read by the connector.
    pub record: Option<Arc<Record>>,
    /// Milliseconds since 1970: when the registry was asked (an answer may be some seconds old).
    pub asked_at: i64,
}

/// How long a registry that did not answer is left alone, in milliseconds.
pub(in crate::hub) const LEFT_ALONE: i64 = 5_000;

/// Answers kept at most.
pub(in crate::hub) const KEPT: usize = 50_000;

/// Answers and gates, shared by all requests of a process.
pub struct Lookups {
    answers: Cache<(String, String), LookupAnswer>,
    pub(super) failed: Mutex<HashMap<String, LookupAnswer>>,
    gates: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Default for Lookups {
    fn default() -> Lookups {
        Lookups { answers: Cache::new(KEPT), failed: Mutex::default(), gates: Mutex::default() }
    }
}

impl Lookups {
    pub(super) fn gate(&self, connector: &Connector) -> Arc<Semaphore> {
        let mut gates = self.gates.lock().expect("no panic while holding the gates");
        let places = connector.manners.concurrency.max(1) as usize;
        gates.entry(connector.name.clone()).or_insert_with(|| Arc::new(Semaphore::new(places))).clone()
    }

    pub(super) fn known(&self, registry: &str, code: &str, not_before: i64) -> Option<LookupAnswer> {
        self.answers.get(&(registry.to_owned(), code.to_owned())).filter(|a| a.asked_at >= not_before)
    }

    pub(super) fn keep(&self, registry: &str, new: &HashMap<String, LookupAnswer>) {
        for (code, answer) in new {
            self.answers.insert((registry.to_owned(), code.clone()), answer.clone());
        }
    }
}
