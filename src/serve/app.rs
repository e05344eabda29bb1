//! The routes, and what only some of them need: the graph, export jobs, places of the tiles, measured quality. Each is handed to
//! its routes as a state of its own.

use std::sync::Arc;

use axum::Router;
use axum::extract::FromRef;
use axum::routing::get;
use tokio::net::TcpListener;

use super::answers::engine::Engine;
use super::export::jobs::Jobs;
use super::maps::boundaries::Boundaries;
use super::maps::map_folder::{MapQuestion, WrittenMap};
use super::maps::places::KnownPlaces;
use super::operate::source_quality::QualityCache;
use super::problem::Problem;
use super::state::{Options, ServerState};
use super::{bulletins, corrections, counter, export, graphql, http, ingest, letters};
use super::{live, login, maps, operate, reconcile, return_flow, visits};
use crate::hub::Hub;

/// A server before it listens. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Parts>);

/// What the routes are handed, each of it what it needs.
struct Parts {
    state: ServerState,
    engine: Engine,
    jobs: Jobs,
    places: KnownPlaces,
}

impl App {
    /// `refresh` must run once before the first request is answered.
    pub fn new(hub: Hub, options: Options) -> App {
        let state = ServerState::new(hub, options);
        let jobs = Jobs::new(state.clone());
        let places = KnownPlaces::new(Boundaries::of(&state.hub().settings.data));
        let engine = Engine::of(graphql::graph_with(jobs.clone(), Arc::new(QualityCache::default())));
        App(Arc::new(Parts { state, engine, jobs, places }))
    }

    /// What every route shares.
    pub fn state(&self) -> &ServerState {
        &self.0.state
    }

    pub fn hub(&self) -> &Hub {
        self.0.state.hub()
    }

    /// Takes up the export jobs that an ended process left, and removes files past their day.
    ///
    /// # Errors
    /// The store cannot be read or written.
    pub async fn resume_exports(&self) -> Result<(), Problem> {
        self.0.jobs.resume().await
    }

    /// Writes a map as files; see [`maps::map_folder`].
    ///
    /// # Errors
    /// See [`maps::map_folder::write`].
    pub async fn write_map(&self, question: &MapQuestion<'_>, folder: &std::path::Path) -> Result<WrittenMap, Problem> {
        maps::map_folder::write(&self.0.state, &self.0.places, question, folder).await
    }

    /// Looks for a newer edition and for how fresh the registries are; see [`ServerState::refresh`].
    pub async fn refresh(&self) -> Result<(), Problem> {
        self.0.state.refresh().await
    }
}

macro_rules! part {
    ($field:ident: $T:ty) => {
        impl FromRef<App> for $T {
            fn from_ref(app: &App) -> $T {
                app.0.$field.clone()
            }
        }
    };
}
part!(state: ServerState);
part!(engine: Engine);
part!(jobs: Jobs);
part!(places: KnownPlaces);

/// The routes.
pub fn app(app: App) -> Router {
    let pages = http::assets::WORKBENCH.iter().fold(Router::new(), |pages, path| pages.route(path, get(http::assets::workbench)));
    pages
        .route("/graphql", axum::routing::any(http::graphql::graphql).layer(http::packing::unpacked()))
        .route("/graphql/sse", axum::routing::any(live::sse::sse).layer(http::packing::unpacked()))
        .route("/graphql/ws", get(live::ws::ws))
        .route("/login", get(login::login))
        .route("/login/callback", get(login::callback))
        .route("/logout", axum::routing::post(login::logout))
        .route("/session", get(login::session))
        .route("/healthz", get(operate::probes::healthz))
        .route("/readyz", get(operate::probes::readyz))
        .route("/metrics", get(operate::probes::numbers))
        .route("/graphiql", get(http::assets::graphiql))
        .route("/schema.graphql", get(http::assets::schema))
        .route("/openapi.yaml", get(http::assets::openapi))
        .route("/assets/{*path}", get(http::assets::asset))
        .route("/geo/{file}", get(maps::geojson::geojson))
        .route("/map/{file}", get(maps::style::style))
        .route("/tiles/places.json", get(maps::place_tiles::tilejson))
        .route("/tiles/places/{z}/{x}/{y}", get(maps::place_tiles::tile))
        .route("/tiles/{file}", get(maps::tilejson::tilejson))
        .route("/tiles/{layer}/{z}/{x}/{y}", get(maps::tiles::tile))
        .route("/reconcile", get(reconcile::reconcile).post(reconcile::reconcile).layer(http::packing::unpacked()))
        .route("/reconcile/1.0-draft", get(reconcile::draft::manifest))
        .route(
            "/reconcile/1.0-draft/{what}",
            axum::routing::post(reconcile::draft::ask).get(reconcile::help).layer(http::packing::unpacked()),
        )
        .route("/reconcile/1.0-draft/suggest/{what}", get(reconcile::suggest))
        .route("/reconcile/{what}", get(reconcile::help))
        .route("/reconcile/suggest/{what}", get(reconcile::suggest))
        .route("/check", axum::routing::post(counter::check).layer(http::packing::unpacked()))
        .route("/bulletins/{file}", get(bulletins::bulletin))
        .route("/letters/{file}", get(letters::letters))
        .route("/visits/{file}", get(visits::copy).post(visits::bring))
        .route("/export/{file}", get(export::export))
        .route("/export/federation/{file}", get(export::federation::export))
        .route("/export/work/{file}", get(export::work::export))
        .route("/export/jobs/{id}", get(export::fetch::fetch))
        .route("/corrections/{registry}", get(corrections::list))
        .route("/corrections/{registry}/{id}", axum::routing::post(corrections::answer).layer(http::packing::unpacked()))
        .route("/return/{file}", get(return_flow::return_flow))
        .route("/ingest/{registry}", axum::routing::post(ingest::ingest))
        .route("/receipts/{batch}", get(ingest::receipts::receipt))
        .fallback(http::rest::nothing_here)
        .method_not_allowed_fallback(http::rest::other_method)
        .layer(axum::middleware::from_fn_with_state(app.0.state.clone(), http::middleware::admit))
        .layer(http::packing::packed())
        .layer(axum::middleware::from_fn(http::middleware::frame))
        .layer(http::middleware::cors(&app.0.state.hub().settings.origins))
        .with_state(app)
}

/// Serves on `listener` until `shutdown`; what is under way is answered first. Export jobs that an ended process left are taken up.
///
/// # Errors
/// Those of the listener.
pub async fn run(listener: TcpListener, app: App, shutdown: impl Future<Output = ()>) -> std::io::Result<()> {
    if let Err(problem) = app.resume_exports().await {
        tracing::warn!(problem = %problem.en, "unfinished exports could not be taken up");
    }
    let state = app.0.state.clone();
    let listening = tokio::spawn(operate::told::run(state.clone()));
    let editions = tokio::spawn(operate::shared_editions::run(state.clone()));
    let quality = tokio::spawn(operate::source_quality::follow(state.clone()));
    let ended = http::server::run(listener, self::app(app), state, shutdown).await;
    listening.abort();
    editions.abort();
    quality.abort();
    ended
}
