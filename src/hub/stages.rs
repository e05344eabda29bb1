//! How often and how long each stage ran in this process, by registry, for `/metrics`.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Runs of a stage for a registry.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct StageRuns {
    pub runs: u64,
    pub failed: u64,
    /// All of them together.
    pub took: Duration,
    pub last: Duration,
}

/// The stages of one hub: `sync`, `pull`, `land`, `publish`; the registry is empty where a stage concerns all.
#[derive(Debug, Default)]
pub struct Stages(Mutex<BTreeMap<(&'static str, String), StageRuns>>);

impl Stages {
    /// Every stage that ran, in the order of their names.
    pub fn all(&self) -> Vec<(&'static str, String, StageRuns)> {
        let stages = self.0.lock().expect("no panic while counting");
        stages.iter().map(|((stage, registry), runs)| (*stage, registry.clone(), *runs)).collect()
    }

    /// Measures one run.
    pub(super) async fn run<T, E>(
        &self,
        stage: &'static str,
        registry: &str,
        work: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let began = Instant::now();
        let ended = work.await;
        let took = began.elapsed();
        let mut stages = self.0.lock().expect("no panic while counting");
        let runs = stages.entry((stage, registry.to_owned())).or_default();
        runs.runs += 1;
        runs.failed += u64::from(ended.is_err());
        runs.took += took;
        runs.last = took;
        drop(stages);
        ended
    }
}
