//! The graph: types, fields and questions of `schema.graphql`. What is served is what is printed: see `sdl`.

pub mod model;
pub mod root;

use std::sync::Arc;

use async_graphql::parser::types::DocumentOperations;
use async_graphql::{SDLExportOptions, Schema};

use super::export::jobs::Jobs;
use super::operate::source_quality::Measured;

pub type Graph = Schema<root::query::Query, root::mutation::Mutation, root::subscription::Subscriptions>;

/// The schema that is served, with what only some of its fields need.
pub fn graph_with(jobs: Jobs, quality: Arc<Measured>) -> Graph {
    Schema::build(root::query::Query, root::mutation::Mutation, root::subscription::Subscriptions)
        .data(jobs)
        .data(quality)
        .finish()
}

/// The schema by itself: to print it, and to check documents against it. Limits are kept by the handler before the library sees
/// a document.
pub fn graph() -> Graph {
    Schema::build(root::query::Query, root::mutation::Mutation, root::subscription::Subscriptions).finish()
}

/// The schema as a subgraph of Apollo Federation v2.
pub fn federation_sdl() -> String {
    graph().sdl_with_options(
        SDLExportOptions::new().federation().prefer_single_line_descriptions().use_space_ident().indent_width(2),
    )
}

/// What is wrong with a document, by the limits and the schema; None where it can be answered.
pub async fn fault(document: &str, lang: crate::model::message::Lang) -> Option<String> {
    use super::limits::cost;
    let limits = cost::Limits::default();
    if let Err(problem) = cost::scan(document, &limits) {
        return Some(problem.text(lang).to_owned());
    }
    let parsed = match async_graphql::parser::parse_query(document) {
        Ok(parsed) => parsed,
        Err(error) => return Some(error.to_string()),
    };
    let names: Vec<Option<String>> = match &parsed.operations {
        DocumentOperations::Single(_) => vec![None],
        DocumentOperations::Multiple(all) => all.keys().map(|name| Some(name.to_string())).collect(),
    };
    let variables = async_graphql::Variables::default();
    for name in names {
        // Costs that hang on variables are counted when they come.
        let priced = cost::operation(&parsed, name.as_deref()).and_then(|o| cost::cost(&parsed, o, &variables, &limits));
        if let Err(problem) = priced {
            return Some(problem.text(lang).to_owned());
        }
    }
    // Without data there are no answers: only what the schema says of the document is of interest.
    let answer = graph().execute(async_graphql::Request::new(document).only_introspection()).await;
    answer.errors.into_iter().find(|e| e.path.is_empty()).map(|e| e.message)
}

/// The schema as text: the contents of `schema.graphql`.
pub fn sdl() -> String {
    let options = SDLExportOptions::new().prefer_single_line_descriptions().use_space_ident().indent_width(2);
    let mut text = graph().sdl_with_options(options);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
