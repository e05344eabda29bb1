//! Serving: the graph over HTTP.
//!
//! In: a hub (store, editions, connectors). Out: `/graphql` (GraphQL over HTTP), streams, exports, maps, reconciliation, pages, the
//! workbench, `/healthz`, `/readyz`, `/metrics` (docs/openapi.yaml has every route). Every request has a caller, whom resolvers and caches
//! know. Lists, counts and search are answered from the mapped edition; details come from the store in batches. What follows from a row is
//! not decided here, and no request waits for a registry but those that ask for a live look-up.

pub mod answers;
mod app;
pub mod authentication;
mod bulletins;
mod context;
mod corrections;
mod counter;
mod counts;
mod data_key;
mod entrance;
mod export;
pub mod graphql;
mod http;
mod ingest;
mod letters;
pub mod limits;
pub mod live;
mod login;
pub mod maps;
mod metrics;
pub mod operate;
pub mod problem;
mod reconcile;
mod return_flow;
mod signed_address;
mod state;
mod visits;

pub use answers::persisted::Documents;
pub use app::{App, app, run};
pub use authentication::Authentication;
pub use authentication::provider::Provider;
pub use entrance::Entrance;
pub use entrance::tls::TlsFiles;
pub(crate) use export::ExportColumn;
pub use limits::cost::Limits;
pub use operate::push_publisher::publish_pushes;
pub use operate::source_quality::keep_history as keep_quality_history;
pub use operate::webhooks::send_webhooks;
pub use state::{Options, ServerState};
