//! How this process works, as numbers for Prometheus: its stages, what waits, what is kept, its connections to the store.

use prometheus_client::registry::Unit;

use crate::serve::metrics::{Gauge, Gauges};
use crate::serve::state::ServerState;

/// Numbers of the moment.
pub fn gauges(state: &ServerState) -> Vec<Gauges> {
    let hub = state.hub();
    let of = |name, help, unit, counts, values| Gauges { name, help, unit, values, counts };
    let (mut took, mut last, mut runs) = (Vec::new(), Vec::new(), Vec::new());
    for (stage, registry, ran) in hub.stages.all() {
        let labels = vec![("stage", stage.to_owned()), ("registry", registry)];
        took.push(Gauge { labels: labels.clone(), value: ran.took.as_secs_f64() });
        last.push(Gauge { labels: labels.clone(), value: ran.last.as_secs_f64() });
        for (result, count) in [("ok", ran.runs - ran.failed), ("failed", ran.failed)] {
            let labels = labels.iter().cloned().chain([("result", result.to_owned())]).collect();
            runs.push(Gauge { labels, value: count as f64 });
        }
    }
    let one =
        |label: &'static str, name: &str, value: usize| Gauge { labels: vec![(label, name.to_owned())], value: value as f64 };
    let queues = [("requests", state.requests()), ("streams", state.streams()), ("exports", state.exports())];
    let mut waiting: Vec<Gauge> = queues.iter().map(|(name, slots)| one("queue", name, slots.taken())).collect();
    waiting.push(one("queue", "pushes", *hub.pushes_waiting().borrow()));
    let places = queues.iter().map(|(name, slots)| one("queue", name, slots.in_all())).collect();
    let (answers, bytes) = state.answers().size();
    let (mut open, mut idle) = (Vec::new(), Vec::new());
    for (pool, connections, free) in hub.store.connections() {
        open.push(one("pool", pool, connections as usize));
        idle.push(one("pool", pool, free));
    }
    let mut gauges = Vec::new();
    if !runs.is_empty() {
        gauges.push(of(
            "huitu_stage",
            "Time that a stage took in all, by registry where it has one",
            Some(Unit::Seconds),
            true,
            took,
        ));
        gauges.push(of("huitu_stage_last", "Time that a stage took the last time", Some(Unit::Seconds), false, last));
        gauges.push(of("huitu_stage_runs", "Runs of a stage by how they ended", None, true, runs));
    }
    gauges.extend([
        of(
            "huitu_queue_taken",
            "Places that are taken: requests, streams and exports under way, pushes that wait or land",
            None,
            false,
            waiting,
        ),
        of("huitu_queue_places", "Places that there are", None, false, places),
        of("huitu_cache_entries", "Entries of a cache", None, false, vec![one("cache", "answers", answers)]),
        of(
            "huitu_cache",
            "What the entries of a cache hold",
            Some(Unit::Bytes),
            false,
            vec![one("cache", "answers", bytes as usize)],
        ),
        of("huitu_store_connections", "Open connections to the store", None, false, open),
        of("huitu_store_connections_idle", "Of them, those that nobody uses", None, false, idle),
    ]);
    gauges
}
