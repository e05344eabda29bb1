//! Answers operations. Which schema stands behind it is known to `app` alone, so that no route needs to know the graph's types.

use std::sync::Arc;

use async_graphql::{ObjectType, Request, Response, SDLExportOptions, Schema, SubscriptionType, Value};
use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::failed_fields::{FieldTypes, fill};
use super::variable_positions::ArgumentTypes;
use crate::serve::limits::cost;

type One = dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync;
type Many = dyn Fn(Request) -> BoxStream<'static, Response> + Send + Sync;

/// The schema as a subgraph tells it to a gateway: without `node` and `nodes`, which find only what is in this subgraph. Two subgraphs
/// cannot share them where their things are of different types.
pub fn subgraph(sdl: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut lines = sdl.lines();
    while let Some(line) = lines.next() {
        if !matches!(line.trim_start(), "node(" | "nodes(")
            && !line.trim_start().starts_with("node(id:")
            && !line.trim_start().starts_with("nodes(ids:")
        {
            kept.push(line);
            continue;
        }
        // The description before it goes too, a line or a block of lines.
        match kept.pop().map(str::trim_start) {
            Some("\"\"\"") => while kept.pop().is_some_and(|line| line.trim_start() != "\"\"\"") {},
            Some(text) if text.starts_with('"') => {}
            _ => {}
        }
        if !line.contains("):") {
            lines.by_ref().find(|line| line.trim_start().starts_with("):"));
        }
    }
    kept.join("\n")
}

/// Puts a text in the place of another one, at any depth.
fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Object(fields) => fields.values_mut().for_each(|inner| replace(inner, from, to)),
        _ => {}
    }
}

/// Puts null where a field failed; the document is read again for that, as answers seldom have errors.
fn nulls(types: &FieldTypes, text: &str, name: Option<&str>, response: &mut Response) {
    if !response.errors.is_empty()
        && let Ok(document) = async_graphql::parser::parse_query(text)
        && let Ok(operation) = cost::operation(&document, name)
    {
        fill(types, &document, operation, response);
    }
}

/// A schema behind two functions. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    one: Arc<One>,
    many: Arc<Many>,
    arguments: Arc<ArgumentTypes>,
}

impl Engine {
    pub fn of<Q, M, S>(schema: Schema<Q, M, S>) -> Engine
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let stream = schema.clone();
        let whole = schema.sdl_with_options(SDLExportOptions::new().federation().compose_directive());
        let sdl = Arc::new((subgraph(&whole), whole));
        let plain = schema.sdl();
        let types = Arc::new(FieldTypes::of(&plain));
        let streamed = types.clone();
        Engine {
            arguments: Arc::new(ArgumentTypes::of(&plain)),
            one: Arc::new(move |request| {
                let (schema, sdl, stood) = (schema.clone(), sdl.clone(), types.clone());
                Box::pin(async move {
                    let asks_for_sdl = request.query.contains("_service");
                    let (text, name) = (request.query.clone(), request.operation_name.clone());
                    let mut response = schema.execute(request).await;
                    nulls(&stood, &text, name.as_deref(), &mut response);
                    if asks_for_sdl {
                        replace(&mut response.data, &sdl.1, &sdl.0);
                    }
                    response
                })
            }),
            many: Arc::new(move |request| {
                let (text, name, types) = (request.query.clone(), request.operation_name.clone(), streamed.clone());
                stream
                    .execute_stream(request)
                    .map(move |mut response| {
                        nulls(&types, &text, name.as_deref(), &mut response);
                        response
                    })
                    .boxed()
            }),
        }
    }

    /// Where which variables may stand.
    pub(in crate::serve) fn arguments(&self) -> &ArgumentTypes {
        &self.arguments
    }

    /// One answer to one operation.
    pub async fn execute(&self, request: Request) -> Response {
        (self.one)(request).await
    }

    /// The answers to an operation: one, or those of a subscription as long as it lasts.
    pub fn execute_stream(&self, request: Request) -> BoxStream<'static, Response> {
        (self.many)(request)
    }
}
