//! Serving: the graph over HTTP.
//!
//! In: a hub (store, editions, connectors). Out: `/graphql` (GraphQL over HTTP), `/healthz`, `/readyz`, `/metrics`, the
//! query page at `/graphiql`. Every request has a caller, whom resolvers and caches know. Lists, counts and search are
//! answered from the mapped edition; details come from the store in batches.

pub mod access;
pub mod answers;
mod export;
pub mod graphql;
mod http;
mod ingest;
pub mod limits;
pub mod live;
mod maps;
pub mod operate;
pub mod problem;
mod reconcile;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, RwLock};

use axum::Router;
use axum::routing::get;

pub use access::{Access, Caller, Role, Scope};
pub use answers::persisted::Documents;
pub use http::server::run;
pub use limits::cost::Limits;
pub use operate::push_publisher::publish_pushes;

use answers::cache::AnswerCache;
use graphql::Graph;
use live::Live;
use operate::metrics::Metrics;
use problem::Problem;

use crate::edition::{Edition, EditionSource};
use crate::hub::Hub;

/// How to serve.
pub struct Options {
    pub access: Access,
    pub limits: Limits,
    pub documents: Documents,
    /// Bytes of whole answers to keep.
    pub cache_bytes: usize,
    /// How their keys are hashed.
    pub cache_hasher: answers::cache::Hasher,
    /// Groups smaller than this are not told to callers without the scope `records`; 0 tells all.
    pub suppress_below: u64,
    /// How long pushes must have been quiet before an edition shows them.
    pub settle: std::time::Duration,
}

impl Options {
    pub fn new(access: Access) -> Options {
        Options {
            access,
            limits: Limits::default(),
            documents: Documents::default(),
            cache_bytes: 64 << 20,
            cache_hasher: answers::cache::xxh3,
            suppress_below: 0,
            settle: SETTLE,
        }
    }
}

/// Pushes that come close together are published together.
const SETTLE: std::time::Duration = std::time::Duration::from_secs(5);

/// How old the registries are, as every answer says.
#[derive(Debug, Default)]
pub struct Freshness {
    /// For `extensions.sources`.
    sources: Vec<serde_json::Value>,
}

/// Everything the handlers share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    hub: Hub,
    options: Options,
    graph: Graph,
    answers: AnswerCache,
    metrics: Metrics,
    freshness: RwLock<Arc<Freshness>>,
    /// Counts changes of edition or freshness: part of every cache key.
    generation: AtomicU64,
    /// Number of the edition that subscribers were told of last; 0 before the first.
    told: AtomicU32,
    callers: access::Known,
    places: std::sync::Mutex<Option<Arc<maps::tiles::Places>>>,
    live: Live,
    jobs: export::jobs::Jobs,
    measured: operate::source_quality::Measured,
    readings: Arc<answers::loaders::Readings>,
    tally: answers::usage::Tally,
    budgets: limits::budget::Budgets,
    syncing: Arc<tokio::sync::Mutex<()>>,
    pushed: tokio::sync::Notify,
}

impl App {
    /// `refresh` must run once before the first request is answered.
    pub fn new(hub: Hub, options: Options) -> App {
        App(Arc::new(Inner {
            hub,
            graph: graphql::graph(),
            answers: AnswerCache::new(options.cache_bytes, options.cache_hasher),
            options,
            metrics: Metrics::default(),
            freshness: RwLock::default(),
            generation: AtomicU64::new(0),
            told: AtomicU32::new(0),
            callers: access::Known::default(),
            places: std::sync::Mutex::default(),
            live: Live::default(),
            jobs: export::jobs::Jobs::default(),
            measured: operate::source_quality::Measured::default(),
            readings: Arc::default(),
            tally: answers::usage::Tally::default(),
            budgets: limits::budget::Budgets::default(),
            syncing: Arc::default(),
            pushed: tokio::sync::Notify::new(),
        }))
    }

    /// Looks for a newer edition and for how fresh the registries are. Call it after a sync; `run` also does every second.
    pub async fn refresh(&self) -> Result<(), Problem> {
        let hub = &self.0.hub;
        let editions = hub.editions.clone();
        tokio::task::spawn_blocking(move || editions.refresh()).await.map_err(|_| Problem::internal())??;
        let rows = hub.store.registries().await?;
        let of_edition = hub.editions.current().map(|e| e.manifest.sources.clone()).unwrap_or_default();
        let sources: Vec<serde_json::Value> = of_edition
            .into_iter()
            .map(|source| {
                let row = rows.iter().find(|r| r.name == source.name);
                let good = row.and_then(|r| chrono::DateTime::from_timestamp_millis(r.last_good?));
                let EditionSource { name, as_of, stale, .. } = source;
                let as_of = good.map_or(as_of, |good| good.max(as_of));
                let behind = row.is_some_and(|r| hub.standing(r).is_behind());
                serde_json::json!({ "name": name, "asOf": graphql::model::scalars::shown(as_of), "stale": if row.is_some() { behind } else { stale } })
            })
            .collect();
        let changed = self.freshness().sources != sources;
        if changed {
            *self.0.freshness.write().expect("no panic while holding the freshness") = Arc::new(Freshness { sources });
        }
        // A sync in this process has swapped the edition in already: what counts is what was told last.
        let number = hub.editions.current().map_or(0, |e| e.number());
        let told = self.0.told.swap(number, Ordering::Relaxed);
        if told != 0
            && told != number
            && let Some(manifest) = hub.editions.manifest(number)
        {
            // Nobody listening is not an error.
            let _ = self.live().editions.send(manifest);
        }
        if changed || told != number {
            self.0.generation.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }

    pub fn hub(&self) -> &Hub {
        &self.0.hub
    }
    fn graph(&self) -> &Graph {
        &self.0.graph
    }
    fn limits(&self) -> &Limits {
        &self.0.options.limits
    }
    fn documents(&self) -> &Documents {
        &self.0.options.documents
    }
    fn answers(&self) -> &AnswerCache {
        &self.0.answers
    }
    fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }
    fn freshness(&self) -> Arc<Freshness> {
        self.0.freshness.read().expect("no panic while holding the freshness").clone()
    }
    /// The edition and the freshness an answer rests on. A swap between reading it and answering at worst keeps an answer
    /// under the older number.
    fn generation(&self) -> u64 {
        let number = self.0.hub.editions.current().map_or(0, |e| u64::from(e.number()));
        number << 32 | self.0.generation.load(Ordering::Relaxed) & 0xffff_ffff
    }
    fn jobs(&self) -> &export::jobs::Jobs {
        &self.0.jobs
    }
    fn measured(&self) -> &operate::source_quality::Measured {
        &self.0.measured
    }
    fn readings(&self) -> &Arc<answers::loaders::Readings> {
        &self.0.readings
    }
    fn tally(&self) -> &answers::usage::Tally {
        &self.0.tally
    }
    fn budgets(&self) -> &limits::budget::Budgets {
        &self.0.budgets
    }
    /// The smallest group that this caller is told of; 0 = all.
    fn least_told(&self, caller: &Caller) -> u64 {
        if caller.may(Scope::Records) { 0 } else { self.0.options.suppress_below }
    }
    /// Keeps in the store what was counted of reading since the last time.
    pub async fn keep_usage(&self) -> Result<(), Problem> {
        let hub = &self.0.hub;
        let rows = self.0.tally.take(&hub.clock.today(hub.settings.zone).to_string());
        match hub.store.add_usage(&rows).await {
            Ok(()) => Ok(()),
            Err(error) => {
                self.0.tally.put_back(rows);
                Err(error.into())
            }
        }
    }
    fn live(&self) -> &Live {
        &self.0.live
    }
    /// The right to start a sync from here; None while one is running.
    fn begin_sync(&self) -> Option<tokio::sync::OwnedMutexGuard<()>> {
        self.0.syncing.clone().try_lock_owned().ok()
    }
    /// Requests of the same site, of configured sites, and of programs that are no browsers.
    fn is_known_origin(&self, headers: &axum::http::HeaderMap) -> bool {
        let text = |name: axum::http::HeaderName| headers.get(name).and_then(|v| v.to_str().ok());
        let Some(origin) = text(axum::http::header::ORIGIN) else { return true };
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        text(axum::http::header::HOST) == Some(host) || self.0.hub.settings.origins.iter().any(|known| known == origin)
    }
    /// Where the enterprises of the gap list are.
    fn places(&self, edition: &Edition) -> Result<Arc<maps::tiles::Places>, Problem> {
        maps::tiles::places_of(&self.0.places, edition)
    }
    /// Who asks, by the `Authorization` header.
    async fn caller(&self, authorization: Option<&str>) -> Result<Arc<Caller>, Problem> {
        let inner = &self.0;
        inner.callers.caller(inner.options.access, authorization, &inner.hub.store, inner.hub.clock.millis()).await
    }
}

/// The routes.
pub fn app(state: App) -> Router {
    Router::new()
        .route("/graphql", axum::routing::any(http::graphql::graphql))
        .route("/graphql/sse", axum::routing::any(live::sse::sse))
        .route("/graphql/ws", get(live::ws::ws))
        .route("/healthz", get(operate::metrics::healthz))
        .route("/readyz", get(operate::metrics::readyz))
        .route("/metrics", get(operate::metrics::metrics))
        .route("/", get(http::assets::home))
        .route("/graphiql", get(http::assets::graphiql))
        .route("/schema.graphql", get(http::assets::schema))
        .route("/assets/{*path}", get(http::assets::asset))
        .route("/geo/{file}", get(maps::geojson::geojson))
        .route("/tiles/{file}", get(maps::tiles::tilejson))
        .route("/tiles/{layer}/{z}/{x}/{y}", get(maps::tiles::tile))
        .route("/reconcile", get(reconcile::reconcile).post(reconcile::reconcile))
        .route("/reconcile/{what}", get(reconcile::help))
        .route("/reconcile/suggest/{what}", get(reconcile::suggest))
        .route("/export/{file}", get(export::export))
        .route("/export/jobs/{id}", get(export::fetch::fetch))
        .route("/ingest/{registry}", axum::routing::post(ingest::ingest))
        .route("/receipts/{batch}", get(ingest::receipts::receipt))
        .fallback(http::rest::nothing_here)
        .method_not_allowed_fallback(http::rest::other_method)
        .layer(axum::middleware::from_fn_with_state(state.clone(), http::middleware::frame))
        .with_state(state)
}
