//! Rows that registries deliver of the federation and of which nothing could be entered, with their reasons.

use async_graphql::SimpleObject;

use super::connection::{pages, slice};
use crate::hub::delivered::LeftOut;
use crate::serve::context::RequestContext;
use crate::serve::problem::Problem;

/// A row that landed and of which nothing could be entered.
#[derive(SimpleObject)]
pub struct UnenteredRow {
    /// Names the row in its registry.
    key: String,
    /// What is wrong, and what would be right, in the caller's language.
    reason: String,
}

pages!(
    "Rows of which nothing could be entered, page by page.",
    UnenteredRowConnection,
    "The rows of this page.",
    UnenteredRow,
    "A row of which nothing could be entered and its cursor.",
    UnenteredRowEdge,
    "The row."
);

impl UnenteredRowConnection {
    /// A page of a registry's rows.
    pub async fn page(
        ask: &RequestContext,
        registry: &str,
        first: usize,
        after: Option<&str>,
    ) -> Result<UnenteredRowConnection, Problem> {
        ask.touch_store();
        ask.details.count_read();
        // Whose a row is cannot be told, or it would have been entered: who sees a part of the city is told of none.
        let is_told = ask.caller.owns(registry) || ask.caller.areas.is_empty();
        let LeftOut { count, rows } = match is_told {
            true => ask.state.hub().left_out_of(registry).await?,
            false => LeftOut::default(),
        };
        let told = rows.into_iter().map(|row| UnenteredRow { key: row.key.into(), reason: ask.lang.pick(row.zh, row.en) });
        let (nodes, placed) = slice(told.collect(), first, after)?;
        Ok(UnenteredRowConnection { nodes, placed, total_count: i32::try_from(count).unwrap_or(i32::MAX) })
    }
}
