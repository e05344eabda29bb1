//! The graph: types, fields and questions of `schema.graphql`. What is served is what is printed: see `sdl`.

pub mod conflicts;
pub mod connection;
pub mod coverage;
pub mod edition;
pub mod enterprise;
pub mod exports;
pub mod filter;
pub mod history;
pub mod live;
pub mod measures;
pub mod mutation;
pub mod places;
pub mod provenance;
pub mod query;
pub mod registry;
pub mod relations;
pub mod review;
pub mod scalars;
pub mod subscription;
pub mod targets;
pub mod unions;
pub mod verdicts;

use async_graphql::{SDLExportOptions, Schema};

pub type Graph = Schema<query::Query, mutation::Mutation, subscription::Subscriptions>;

/// The schema that is served. Limits are kept by the handler before the library sees a document.
pub fn graph() -> Graph {
    Schema::build(query::Query, mutation::Mutation, subscription::Subscriptions).finish()
}

/// The schema as a subgraph of Apollo Federation v2.
pub fn federation_sdl() -> String {
    graph().sdl_with_options(
        SDLExportOptions::new().federation().prefer_single_line_descriptions().use_space_ident().indent_width(2),
    )
}

/// The schema as text: the contents of `schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident().indent_width(2);
    let mut text = graph().sdl_with_options(options);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
