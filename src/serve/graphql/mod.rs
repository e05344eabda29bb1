//! The graph: types, fields and questions of `schema.graphql`. What is served is what is printed: see `sdl`.

pub mod model;
pub mod root;
pub mod schema_changes;

use std::sync::{Arc, LazyLock, Mutex};

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextValidation};
use async_graphql::parser::types::DocumentOperations;
use async_graphql::{SDLExportOptions, Schema, ServerError, ValidationResult};

use super::answers::engine::subgraph;
use super::export::jobs::Jobs;
use super::operate::source_quality::QualityCache;

pub type Graph = Schema<root::entities_apart::Root, root::mutation::Mutations, root::subscription::Subscriptions>;

/// The schema that is served, with what only some of its fields need.
pub fn graph_with(jobs: Jobs, quality: Arc<QualityCache>) -> Graph {
    Schema::build(root::entities_apart::Root, root::mutation::Mutations::default(), root::subscription::Subscriptions)
        .data(jobs)
        .data(quality)
        .finish()
}

/// The schema by itself: to print it, and to check documents against it. Limits are kept by the handler before the library sees
/// a document.
pub fn graph() -> Graph {
    Schema::build(root::entities_apart::Root, root::mutation::Mutations::default(), root::subscription::Subscriptions).finish()
}

/// The schema as a subgraph of Apollo Federation v2.
pub fn federation_sdl() -> String {
    subgraph(&graph().sdl_with_options(
        SDLExportOptions::new().federation().prefer_single_line_descriptions().use_space_ident().indent_width(2),
    ))
}

/// What is wrong with a document, by the limits and the schema; None where it can be answered.
pub async fn fault(document: &str, lang: crate::model::message::Lang) -> Option<String> {
    use super::answers::overlaps;
    use super::answers::variable_positions::ArgumentTypes;
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
    static ARGUMENTS: LazyLock<ArgumentTypes> = LazyLock::new(|| ArgumentTypes::of(&graph().sdl()));
    for name in names {
        // Costs that hang on variables are counted when they come.
        let priced = cost::operation(&parsed, name.as_deref()).and_then(|operation| {
            cost::cost(&parsed, operation, &variables, &limits)?;
            overlaps::check(&parsed, operation)?;
            ARGUMENTS.check(&parsed, operation)
        });
        if let Err(problem) = priced {
            return Some(problem.text(lang).to_owned());
        }
    }
    // Only what validation says is of interest: without data there are no answers, and the library executes subscriptions, and
    // documents of several operations, in other ways.
    static HEARING: LazyLock<Graph> = LazyLock::new(|| {
        Schema::build(root::entities_apart::Root, root::mutation::Mutations::default(), root::subscription::Subscriptions)
            .extension(Hears)
            .finish()
    });
    let heard = Heard::default();
    HEARING.execute(async_graphql::Request::new(document).only_introspection().data(heard.clone())).await;
    heard.0.lock().expect("no panic while holding the errors").first().map(|e| e.message.clone())
}

/// What validation said of a document.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<ServerError>>>);

/// Keeps what validation says of a document with its request.
struct Hears;

impl ExtensionFactory for Hears {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Hears)
    }
}

#[async_graphql::async_trait::async_trait]
impl Extension for Hears {
    async fn validation(
        &self,
        context: &ExtensionContext<'_>,
        next: NextValidation<'_>,
    ) -> Result<ValidationResult, Vec<ServerError>> {
        let validated = next.run(context).await;
        if let (Err(errors), Some(heard)) = (&validated, context.data_opt::<Heard>()) {
            heard.0.lock().expect("no panic while holding the errors").clone_from(errors);
        }
        validated
    }
}

/// The schema as text: the contents of `schema.graphql`.
pub fn sdl() -> String {
    let options =
        SDLExportOptions::new().include_specified_by().prefer_single_line_descriptions().use_space_ident().indent_width(2);
    let mut text = graph().sdl_with_options(options);
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
