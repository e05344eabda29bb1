//! Asking registries now, about single enterprises: a few codes per request, within the registry's time, answers kept for
//! seconds. A registry that does not answer costs its own answer and nothing else.

use std::collections::HashMap;
use std::sync::Arc;

use super::lookups::{LEFT_ALONE, LiveState, LookupAnswer};
use super::open::Hub;
use crate::connector::{Connector, Problem};
use crate::model::field::Field;
use crate::pull;
use crate::pull::PullContext;

impl Hub {
    /// What `registry` says of each code, now or some seconds ago. Every code has an answer.
    pub async fn look_up(&self, registry: &str, codes: &[String]) -> HashMap<String, LookupAnswer> {
        let now = self.clock.millis();
        let all = |state: LiveState| {
            let answer = LookupAnswer { state, record: None, asked_at: now };
            codes.iter().map(|c| (c.clone(), answer.clone())).collect::<HashMap<_, _>>()
        };
        let connector = self.connectors.iter().find(|c| c.name == registry);
        let Some((connector, spec)) = connector.and_then(|c| Some((c, c.lookup.as_ref()?))) else {
            return all(LiveState::NotOffered);
        };
        let not_before = now - spec.cache_secs.min(3_600) as i64 * 1_000 + 1;
        let mut answers: HashMap<String, LookupAnswer> =
            codes.iter().filter_map(|c| Some((c.clone(), self.lookups.known(registry, c, not_before)?))).collect();
        let mut open: Vec<&str> = codes.iter().map(String::as_str).filter(|c| !answers.contains_key(*c)).collect();
        open.sort_unstable();
        open.dedup();
        if open.is_empty() {
            return answers;
        }
        let failed = self.lookups.failed.lock().expect("no panic while holding the failures").get(registry).cloned();
        if let Some(answer) = failed.filter(|f| now - f.asked_at < LEFT_ALONE) {
            answers.extend(open.into_iter().map(|c| (c.to_owned(), answer.clone())));
            return answers;
        }
        let new = self.ask_now(connector, &open, spec.timeout_secs, now).await;
        match new {
            Ok(new) => {
                self.lookups.keep(registry, &new);
                answers.extend(new);
            }
            Err(state) => {
                let answer = LookupAnswer { state, record: None, asked_at: now };
                let mut failed = self.lookups.failed.lock().expect("no panic while holding the failures");
                failed.insert(registry.to_owned(), answer.clone());
                answers.extend(open.into_iter().map(|c| (c.to_owned(), answer.clone())));
            }
        }
        answers
    }

    async fn ask_now(
        &self,
        connector: &Arc<Connector>,
        codes: &[&str],
        timeout_secs: u64,
        now: i64,
    ) -> Result<HashMap<String, LookupAnswer>, LiveState> {
        let context = PullContext {
            clock: self.clock.clone(),
            zone: self.settings.zone,
            allow_private: self.allow_private,
            base: connector.folder.clone(),
            ..PullContext::default()
        };
        let gate = self.lookups.gate(connector);
        let asking = async {
            let _turn = gate.acquire().await.expect("the gate is never closed");
            pull::lookup(connector, codes, &context).await
        };
        // Waiting for one's turn counts: a person is waiting for the answer.
        let records = match tokio::time::timeout(std::time::Duration::from_secs(timeout_secs), asking).await {
            Ok(Ok(records)) => records,
            Ok(Err(error)) => {
                tracing::warn!(registry = connector.name, code = %error.problem.code, "a look-up failed: {}", error.problem.en);
                return Err(match &*error.problem.code {
                    "timeout" => LiveState::TimedOut(error.problem),
                    _ => LiveState::Unavailable(error.problem),
                });
            }
            Err(_) => {
                return Err(LiveState::TimedOut(Problem::new(
                    "timeout",
                    format!("{timeout_secs} 秒内没有应答"),
                    format!("no answer within {timeout_secs} s"),
                )));
            }
        };
        let mut found: HashMap<String, LookupAnswer> = codes
            .iter()
            .map(|c| ((*c).to_owned(), LookupAnswer { state: LiveState::NotFound, record: None, asked_at: now }))
            .collect();
        for record in records {
            let code = record.raw(Field::CreditCode).trim().to_uppercase();
            if let Some(answer) = found.get_mut(&code) {
                *answer = LookupAnswer { state: LiveState::Found, record: Some(Arc::new(record)), asked_at: now };
            }
        }
        Ok(found)
    }
}
