//! What a gateway asks for by key (Apollo Federation's `_entities`), read in one go.

use std::sync::Arc;

use async_graphql::{Context, Value};

use crate::edition::{Edition, LookupKey, Row, RowPage};
use crate::serve::context::ask;
use crate::serve::graphql::model::connection::EnterpriseConnection;
use crate::serve::problem::Problem;

/// One read for all entities that a gateway asks for, as for a page: each of them is resolved on its own afterwards.
pub async fn read_ahead(ctx: &Context<'_>, edition: &Arc<Edition>) -> Result<(), Problem> {
    let ask = ask(ctx);
    let arguments = ctx.field().arguments().unwrap_or_default();
    let given = arguments.into_iter().find_map(|(name, value)| match value {
        Value::List(list) if name == "representations" => Some(list),
        _ => None,
    });
    let row = |representation: &Value| {
        let Value::Object(fields) = representation else { return None };
        let text = |name: &str| match fields.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        let key = text("id").map(LookupKey::Id).or_else(|| text("creditCode").map(LookupKey::CreditCode))?;
        edition.rows(&key).into_iter().find(|row| ask.may_see(edition.enterprise(*row)))
    };
    let rows: Vec<Row> = given.unwrap_or_default().iter().filter_map(row).collect();
    let page = RowPage { total: rows.len() as u64, rows, has_next: false, has_previous: false, start: None };
    EnterpriseConnection { edition: edition.clone(), question: 0, page }.fetch_ahead(ctx).await
}
