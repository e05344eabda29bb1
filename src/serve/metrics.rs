//! What this process counts of its own work, for operators; in the text format that Prometheus reads (the crate
//! prometheus-client writes it).

use std::fmt;
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric, text};
use prometheus_client::metrics::TypedMetric;
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// Upper bounds of the latency buckets, in seconds.
const BUCKETS: [f64; 10] = [0.000_1, 0.000_3, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 10.0];

/// The media type of [`written`].
pub const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counters that live as long as the process.
pub struct Metrics {
    ok: Counter,
    client_errors: Counter,
    server_errors: Counter,
    cache_hits: Counter,
    cache_misses: Counter,
    operations: Family<[(&'static str, String); 1], Histogram>,
    /// Statements that answers sent to the store.
    pub store_reads: Counter,
    seconds: Histogram,
}

impl Default for Metrics {
    fn default() -> Metrics {
        Metrics {
            ok: Counter::default(),
            client_errors: Counter::default(),
            server_errors: Counter::default(),
            cache_hits: Counter::default(),
            cache_misses: Counter::default(),
            operations: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            store_reads: Counter::default(),
            seconds: Histogram::new(BUCKETS),
        }
    }
}

impl Metrics {
    pub fn request(&self, status: u16, took: Duration) {
        let counter = match status {
            ..400 => &self.ok,
            400..500 => &self.client_errors,
            _ => &self.server_errors,
        };
        counter.inc();
        self.seconds.observe(took.as_secs_f64());
    }

    /// An answer was looked for among those that are kept.
    pub fn looked_for_kept(&self, found: bool) {
        let counter = if found { &self.cache_hits } else { &self.cache_misses };
        counter.inc();
    }

    /// An operation was executed; `name` is a field of the schema.
    pub fn operation(&self, name: &str, took: Duration) {
        self.operations.get_or_create(&[("operation", name.to_owned())]).observe(took.as_secs_f64());
    }
}

/// A number as it is at the moment of the question, with its labels.
#[derive(Debug, Clone)]
pub struct Gauge {
    pub labels: Vec<(&'static str, String)>,
    pub value: f64,
}

/// Numbers of one name.
#[derive(Debug, Clone)]
pub struct Gauges {
    /// Without its unit.
    pub name: &'static str,
    pub help: &'static str,
    pub unit: Option<Unit>,
    /// In the order in which they are written.
    pub values: Vec<Gauge>,
    /// It only grows while the process lives.
    pub counts: bool,
}

impl Gauges {
    /// One number without labels.
    pub fn one(name: &'static str, help: &'static str, value: f64) -> Gauges {
        Gauges { name, help, unit: None, values: vec![Gauge { labels: Vec::new(), value }], counts: false }
    }
}

/// Written in the order given: the library's own families have none.
#[derive(Debug)]
struct InOrder {
    requests: [(&'static str, u64); 3],
    gauges: Vec<Gauges>,
}

impl Collector for InOrder {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), fmt::Error> {
        let counted = ConstCounter::new(0_u64);
        let mut family = encoder.encode_descriptor(
            "huitu_graphql_requests",
            "GraphQL requests by how they ended",
            None,
            counted.metric_type(),
        )?;
        for (result, count) in self.requests {
            ConstCounter::new(count).encode(family.encode_family(&[("result", result)])?)?;
        }
        for gauges in &self.gauges {
            let unit = gauges.unit.as_ref();
            let kind = if gauges.counts { ConstCounter::<f64>::TYPE } else { ConstGauge::<f64>::TYPE };
            let mut family = encoder.encode_descriptor(gauges.name, gauges.help, unit, kind)?;
            for Gauge { labels, value } in &gauges.values {
                if gauges.counts {
                    ConstCounter::new(*value).encode(family.encode_family(labels)?)?;
                    continue;
                }
                // Whole numbers are written as such.
                let whole = *value as i64;
                let encoder = family.encode_family(labels)?;
                match whole as f64 == *value {
                    true => ConstGauge::new(whole).encode(encoder)?,
                    false => ConstGauge::new(*value).encode(encoder)?,
                }
            }
        }
        Ok(())
    }
}

/// All numbers as text: what the process counted, and the gauges as they are now.
pub fn written(metrics: &Metrics, gauges: Vec<Gauges>) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    let cached = "Answers that were kept from an earlier request";
    registry.register("huitu_graphql_cached_answers", cached, metrics.cache_hits.clone());
    registry.register("huitu_store_reads", "Statements that answers sent to the store", metrics.store_reads.clone());
    let missed = "Answers that were looked for among those that are kept, and were not there";
    registry.register("huitu_graphql_answers_not_kept", missed, metrics.cache_misses.clone());
    let operations = "Time to execute an operation, by the field that it asks for first";
    registry.register_with_unit("huitu_operation", operations, Unit::Seconds, metrics.operations.clone());
    let seconds = "Time from a GraphQL request to its answer";
    registry.register_with_unit("huitu_graphql", seconds, Unit::Seconds, metrics.seconds.clone());
    let requests =
        [("ok", metrics.ok.get()), ("client_error", metrics.client_errors.get()), ("server_error", metrics.server_errors.get())];
    registry.register_collector(Box::new(InOrder { requests, gauges }));
    let mut out = String::new();
    text::encode(&mut out, &registry)?;
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_a_help_line_a_type_and_its_unit() {
        let metrics = Metrics::default();
        metrics.request(200, Duration::from_micros(250));
        metrics.request(503, Duration::from_secs(2));
        metrics.looked_for_kept(true);
        metrics.looked_for_kept(false);
        metrics.operation("gap", Duration::from_millis(2));
        let mut age = Gauges::one("huitu_edition_age", "Since the edition was published", 90.5);
        age.unit = Some(Unit::Seconds);
        let labels = vec![("registry", "tax".to_owned()), ("state", "LATE".to_owned())];
        let state = Gauges {
            name: "huitu_registry_state",
            help: "1 for the state it is in",
            unit: None,
            values: vec![Gauge { labels, value: 1.0 }],
            counts: false,
        };
        let labels = vec![("stage", "pull".to_owned())];
        let took = Gauges {
            name: "huitu_stage",
            help: "Time that a stage took",
            unit: Some(Unit::Seconds),
            values: vec![Gauge { labels, value: 2.5 }],
            counts: true,
        };
        let text = written(&metrics, vec![age, state, took]).unwrap();
        for line in [
            "# HELP huitu_graphql_requests GraphQL requests by how they ended.",
            "# TYPE huitu_graphql_requests counter",
            "huitu_graphql_requests_total{result=\"ok\"} 1",
            "huitu_graphql_requests_total{result=\"server_error\"} 1",
            "huitu_graphql_cached_answers_total 1",
            "huitu_graphql_answers_not_kept_total 1",
            "# TYPE huitu_operation_seconds histogram",
            "huitu_operation_seconds_count{operation=\"gap\"} 1",
            "# TYPE huitu_stage_seconds counter",
            "# UNIT huitu_stage_seconds seconds",
            "huitu_stage_seconds_total{stage=\"pull\"} 2.5",
            "# UNIT huitu_graphql_seconds seconds",
            "huitu_graphql_seconds_bucket{le=\"0.0003\"} 1",
            "huitu_graphql_seconds_bucket{le=\"+Inf\"} 2",
            "huitu_edition_age_seconds 90.5",
            "huitu_registry_state{registry=\"tax\",state=\"LATE\"} 1",
        ] {
            assert!(
                text.lines().any(|l| l == line || l.trim_end_matches('.') == line.trim_end_matches('.')),
                "{line} in\n{text}"
            );
        }
        assert!(text.ends_with("# EOF\n"));
    }
}
