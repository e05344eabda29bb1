//! Leaves a registry alone for a while after it has failed several times in a row. Kept by whoever pulls, per place.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, TimeDelta, Utc};

use super::error::PullError;
use crate::connector::Connector;

#[derive(Default)]
struct State {
    failures: u32,
    open_until: Option<DateTime<Utc>>,
}

/// What became of the last pulls of each place. Clones share it.
#[derive(Clone, Default)]
pub struct Breaker(Arc<Mutex<HashMap<String, State>>>);

fn name_of(connector: &Connector) -> String {
    format!("{} {}", connector.name, connector.source.place)
}

/// # Errors
/// `circuit_open` while the registry is left alone.
pub(super) fn check(breaker: &Breaker, connector: &Connector, now: DateTime<Utc>) -> Result<(), PullError> {
    let states = breaker.0.lock().expect("no panic while holding it");
    let Some(until) = states.get(&name_of(connector)).and_then(|s| s.open_until).filter(|until| *until > now) else {
        return Ok(());
    };
    let secs = u64::try_from((until - now).num_seconds()).unwrap_or_default().max(1);
    let failures = connector.manners.breaker_failures;
    let mut error = PullError::new(
        connector,
        "circuit_open",
        format!("已连续失败 {failures} 次，{secs} 秒后再试"),
        format!("failed {failures} times in a row; tried again in {secs} s"),
    )
    .retryable();
    error.retry_after_secs = Some(secs);
    Err(error)
}

/// Counts what became of a pull. Only failures of the registry's own count.
pub(super) fn note(breaker: &Breaker, connector: &Connector, now: DateTime<Utc>, failed: Option<&PullError>) {
    let mut states = breaker.0.lock().expect("no panic while holding it");
    let state = states.entry(name_of(connector)).or_default();
    match failed {
        None => *state = State::default(),
        Some(e)
            if matches!(&*e.problem.code, "unreachable" | "timeout" | "http_status" | "rate_limited" | "unresolved")
                && e.retryable =>
        {
            state.failures += 1;
            if state.failures >= connector.manners.breaker_failures {
                let pause = TimeDelta::seconds(connector.manners.breaker_secs.min(86_400) as i64);
                *state = State { failures: 0, open_until: Some(now + pause) };
            }
        }
        Some(_) => {}
    }
}
