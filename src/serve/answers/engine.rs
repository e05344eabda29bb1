//! Answers operations. Which schema stands behind it is known to `app` alone, so that no route needs to know the graph's types.

use std::sync::Arc;

use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;

type One = dyn Fn(Request) -> BoxFuture<'static, Response> + Send + Sync;
type Many = dyn Fn(Request) -> BoxStream<'static, Response> + Send + Sync;

/// A schema behind two functions. Cheap to clone.
#[derive(Clone)]
pub struct Engine {
    one: Arc<One>,
    many: Arc<Many>,
}

impl Engine {
    pub fn of<Q, M, S>(schema: Schema<Q, M, S>) -> Engine
    where
        Q: ObjectType + 'static,
        M: ObjectType + 'static,
        S: SubscriptionType + 'static,
    {
        let stream = schema.clone();
        Engine {
            one: Arc::new(move |request| {
                let schema = schema.clone();
                Box::pin(async move { schema.execute(request).await })
            }),
            many: Arc::new(move |request| Box::pin(stream.execute_stream(request))),
        }
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
