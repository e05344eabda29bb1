//! The query root with entities that fail apart: one representation that names nothing answers null, and spoils no other. The
//! GraphQL library takes the whole of `_entities` back where one cannot be found.

use std::borrow::Cow;

use async_graphql::parser::types::Field;
use async_graphql::registry::Registry;
use async_graphql::{ContainerType, Context, ContextSelectionSet, ObjectType, OutputType, Positioned, ServerResult, Value};

use super::query::Query;

/// [`Query`], as the schema serves it.
pub struct Root;

impl ContainerType for Root {
    async fn resolve_field(&self, ctx: &Context<'_>) -> ServerResult<Option<Value>> {
        Query.resolve_field(ctx).await
    }

    async fn find_entity(&self, ctx: &Context<'_>, representation: &Value) -> ServerResult<Option<Value>> {
        Ok(Some(match Query.find_entity(ctx, representation).await {
            Ok(found) => found.unwrap_or(Value::Null),
            Err(error) => {
                ctx.add_error(error);
                Value::Null
            }
        }))
    }
}

impl OutputType for Root {
    fn type_name() -> Cow<'static, str> {
        Query::type_name()
    }
    fn create_type_info(registry: &mut Registry) -> String {
        Query::create_type_info(registry)
    }
    async fn resolve(&self, ctx: &ContextSelectionSet<'_>, _field: &Positioned<Field>) -> ServerResult<Value> {
        async_graphql::resolver_utils::resolve_container(ctx, self).await
    }
}

impl ObjectType for Root {}
