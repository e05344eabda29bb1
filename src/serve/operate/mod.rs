//! What runs beside the requests: schedules, alerts, the publisher of pushes, metrics, the quality of sources.

pub(in crate::serve) mod alerts;
pub(in crate::serve) mod probes;
pub(in crate::serve) mod push_publisher;
pub mod schedule;
pub(in crate::serve) mod serve_sync;
pub(in crate::serve) mod shared_editions;
pub(in crate::serve) mod source_quality;
pub mod told;
pub(in crate::serve) mod webhooks;
pub(in crate::serve) mod workings;
