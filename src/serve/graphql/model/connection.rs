//! Connections: pages with keyset cursors. Those of enterprises are pinned to an edition.

use std::sync::Arc;

use async_graphql::{Context, Object, Result, SelectionField, SimpleObject, Value};

use super::edition::EditionNode;
use super::enterprise::Enterprise;
use super::history::CHANGES;
use crate::edition::{Edition, Filter, Order, Row, RowCursor, RowPage};
use crate::serve::answers::loaders::{CaseKey, HistoryKey};
use crate::serve::answers::usage::selected;
use crate::serve::context::{OrTell, RequestContext, ask, checked_cursor, question_of};
use crate::serve::problem::Problem;

/// Pages of enterprises are at most this long.
pub const MAX_PAGE: usize = 500;

/// Where a page stands (Relay).
#[derive(Debug, Clone, Default, SimpleObject)]
#[graphql(shareable)]
pub struct PageInfo {
    /// There are rows after this page.
    pub has_next_page: bool,
    /// There are rows before this page.
    pub has_previous_page: bool,
    /// Cursor of the first row.
    pub start_cursor: Option<String>,
    /// Cursor of the last row: give it as `after` for the next page.
    pub end_cursor: Option<String>,
}

/// Enterprises, page by page. All pages come from the edition of the first one.
pub struct EnterpriseConnection {
    pub edition: Arc<Edition>,
    pub question: u32,
    pub page: RowPage,
}

impl EnterpriseConnection {
    /// No enterprises.
    pub fn empty(edition: Arc<Edition>) -> EnterpriseConnection {
        let page = RowPage { rows: Vec::new(), total: 0, has_next: false, has_previous: false, start: None };
        EnterpriseConnection { edition, question: 0, page }
    }
    /// One read for all enterprises of the page, where the selection goes into the registries' rows or into findings; what
    /// is asked of each enterprise afterwards is then at hand.
    pub async fn fetch_ahead(&self, ctx: &Context<'_>) -> Result<(), Problem> {
        let (ask, field) = (ask(ctx), ctx.field());
        ask.show(&self.edition, self.page.rows.iter().copied(), selected(field));
        if selects(field, &["provenance", "conflicts", "fields", "observedAt", "landedAt", "gone"]) {
            let members = self.page.rows.iter().flat_map(|row| self.edition.enterprise(*row).members());
            ask.touch_store();
            ask.records.load_many(members.map(|m| m.record_id())).await?;
        }
        let mut histories = Vec::new();
        for inner in field.selection_set() {
            let of_edge = inner.selection_set().filter(|_| inner.name() == "node");
            for history in std::iter::once(inner).chain(of_edge).filter(|f| f.name() == "history") {
                histories.extend(history_page(&history));
            }
        }
        for (before, limit) in histories {
            let enterprise = |row: &Row| self.edition.enterprise(*row).id().to_owned();
            let keys = self.page.rows.iter().map(|row| HistoryKey { enterprise: enterprise(row), before, limit });
            ask.touch_store();
            ask.records.load_many(keys).await?;
        }
        if selects(field, &["case"]) {
            let keys = self.page.rows.iter().map(|row| CaseKey(self.edition.enterprise(*row).id().to_owned()));
            ask.touch_store();
            ask.records.load_many(keys).await?;
        }
        if selects(field, &["findings"]) {
            ask.touch_store();
            ask.records.load_many(self.page.rows.iter().map(|row| self.edition.enterprise(*row).id().to_owned())).await?;
        }
        Ok(())
    }
    /// The cursor of a row of the page, by its place there. Whoever is told a part of the priority is told places: a row's number is its
    /// rank by the whole of it.
    fn cursor(&self, at: usize) -> Option<String> {
        let row = *self.page.rows.get(at)?;
        let row = self.page.start.map_or(row, |start| start.saturating_add(at as u32));
        Some(RowCursor { edition: self.edition.number(), question: self.question, row }.encode())
    }
}

/// Enterprises, page by page. All pages come from the edition of the first one: whatever is published meanwhile, each
/// enterprise comes exactly once.
#[Object]
impl EnterpriseConnection {
    /// The enterprises of this page.
    async fn nodes(&self, ctx: &Context<'_>) -> Result<Vec<Enterprise>> {
        self.fetch_ahead(ctx).await.or_tell(ctx)?;
        Ok(self.page.rows.iter().map(|row| Enterprise::new(ask(ctx), &self.edition, *row)).collect())
    }
    /// The same with their cursors.
    async fn edges(&self, ctx: &Context<'_>) -> Result<Vec<EnterpriseEdge>> {
        self.fetch_ahead(ctx).await.or_tell(ctx)?;
        let edge = |(at, row): (usize, &Row)| EnterpriseEdge {
            cursor: self.cursor(at).unwrap_or_default(),
            node: Enterprise::new(ask(ctx), &self.edition, *row),
        };
        Ok(self.page.rows.iter().enumerate().map(edge).collect())
    }
    /// Where the page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.page.has_next,
            has_previous_page: self.page.has_previous,
            start_cursor: self.cursor(0),
            end_cursor: self.page.rows.len().checked_sub(1).and_then(|last| self.cursor(last)),
        }
    }
    /// Of all pages together; exact.
    async fn total_count(&self) -> i32 {
        self.page.total as i32
    }
    /// The edition all pages come from.
    async fn edition(&self) -> EditionNode {
        EditionNode::opened(&self.edition)
    }
}

/// Changes where a `history` field does not say how many.
pub const HISTORY: i64 = 20;

/// The page of changes that a `history` field asks for; None where its arguments are the field's own to refuse.
fn history_page(field: &SelectionField<'_>) -> Option<(i64, i64)> {
    let arguments = field.arguments().ok()?;
    let (mut first, mut after) = (Some(HISTORY), None);
    for (name, value) in arguments {
        match (name.as_str(), value) {
            ("first", Value::Number(number)) => first = number.as_i64().filter(|n| (0..=100).contains(n)),
            ("after", Value::String(cursor)) => after = Some(cursor),
            _ => {}
        }
    }
    let before = numbered(after.as_deref(), CHANGES).ok()?;
    Some((before.unwrap_or(i64::MAX), first? + 1))
}

/// An enterprise and its cursor.
#[derive(SimpleObject)]
pub struct EnterpriseEdge {
    /// Give it as `after` to go on behind this enterprise.
    cursor: String,
    /// The enterprise.
    node: Enterprise,
}

/// Where a page stands, and the cursor of each of its rows.
pub struct Placed {
    pub page_info: PageInfo,
    pub cursors: Vec<String>,
}

impl Placed {
    fn new(has_next_page: bool, has_previous_page: bool, cursors: Vec<String>) -> Placed {
        let (start_cursor, end_cursor) = (cursors.first().cloned(), cursors.last().cloned());
        Placed { page_info: PageInfo { has_next_page, has_previous_page, start_cursor, end_cursor }, cursors }
    }
}

/// A connection whose rows are at hand: the same rows as `nodes` and as `edges`, as Relay's, Apollo's and urql's helpers want them.
macro_rules! pages {
    ($doc:literal, $Connection:ident, $nodes:literal, $Node:ident, $edge_doc:literal, $Edge:ident, $node_doc:literal) => {
        $crate::serve::graphql::model::connection::pages!(
            $doc,
            $Connection,
            $nodes,
            $Node,
            $edge_doc,
            $Edge,
            $node_doc,
            "Of all pages together.",
            i32
        );
    };
    (
        $doc:literal,
        $Connection:ident,
        $nodes:literal,
        $Node:ident,
        $edge_doc:literal,
        $Edge:ident,
        $node_doc:literal,
        $total_doc:literal,
        $Total:ty
    ) => {
        #[doc = $doc]
        pub struct $Connection {
            nodes: Vec<$Node>,
            placed: $crate::serve::graphql::model::connection::Placed,
            total_count: $Total,
        }

        #[doc = $doc]
        #[async_graphql::Object]
        impl $Connection {
            #[doc = $nodes]
            async fn nodes(&self) -> &Vec<$Node> {
                &self.nodes
            }
            /// The same with their cursors.
            async fn edges(&self) -> Vec<$Edge<'_>> {
                let edges = self.placed.cursors.iter().zip(&self.nodes);
                edges.map(|(cursor, node)| $Edge { cursor, node }).collect()
            }
            /// Where the page stands.
            async fn page_info(&self) -> &$crate::serve::graphql::model::connection::PageInfo {
                &self.placed.page_info
            }
            #[doc = $total_doc]
            async fn total_count(&self) -> $Total {
                self.total_count
            }
        }

        #[doc = $edge_doc]
        pub struct $Edge<'a> {
            cursor: &'a str,
            node: &'a $Node,
        }

        #[doc = $edge_doc]
        #[async_graphql::Object]
        impl<'a> $Edge<'a> {
            /// Give it as `after` to go on behind this row.
            async fn cursor(&self) -> &str {
                self.cursor
            }
            #[doc = $node_doc]
            async fn node(&self) -> &$Node {
                self.node
            }
        }
    };
}
pub(in crate::serve) use pages;

/// Whether a selection has one of these fields, at any depth.
pub fn selects(field: SelectionField<'_>, names: &[&str]) -> bool {
    field.selection_set().any(|inner| names.contains(&inner.name()) || selects(inner, names))
}

/// A page of a short list that is at hand whole; cursors are positions.
pub fn slice<T>(all: Vec<T>, first: usize, after: Option<&str>) -> Result<(Vec<T>, Placed), Problem> {
    slice_of(0, all, first, after)
}

/// A page of a short list of an edition: a cursor of another edition is refused.
pub fn slice_of<T>(edition: u32, all: Vec<T>, first: usize, after: Option<&str>) -> Result<(Vec<T>, Placed), Problem> {
    let cursor = checked_cursor(after, SLICE)?;
    if cursor.is_some_and(|c| c.edition != edition) {
        return Err(Problem::bad_input("游标属于另一个版本", "this cursor belongs to another edition"));
    }
    let start = cursor.map_or(0, |cursor| cursor.row as usize + 1);
    let total = all.len();
    let nodes: Vec<T> = all.into_iter().skip(start).take(first).collect();
    let cursor = |at: usize| RowCursor { edition, question: SLICE, row: at as u32 }.encode();
    let cursors = (start..start + nodes.len()).map(cursor).collect();
    let placed = Placed::new(start + nodes.len() < total, start > 0 && total > 0, cursors);
    Ok((nodes, placed))
}

/// The number in a cursor of this kind of list.
pub fn numbered(after: Option<&str>, question: u32) -> Result<Option<i64>, Problem> {
    // Ids are 63 bits: the cursor's edition and row together hold them.
    Ok(checked_cursor(after, question)?.map(|c| i64::from(c.edition) << 32 | i64::from(c.row)))
}

/// Cuts the row beyond the page off, which says only that there is one.
pub fn page_of<T>(rows: &mut Vec<T>, first: usize, has_previous_page: bool, question: u32, id: impl Fn(&T) -> i64) -> Placed {
    let has_next_page = rows.len() > first;
    rows.truncate(first);
    let cursor = |row: &T| RowCursor { edition: (id(row) >> 32) as u32, question, row: id(row) as u32 }.encode();
    Placed::new(has_next_page, has_previous_page, rows.iter().map(cursor).collect())
}

/// A page whose rows have these cursors.
pub fn placed(has_next_page: bool, has_previous_page: bool, cursors: Vec<String>) -> Placed {
    Placed::new(has_next_page, has_previous_page, cursors)
}

/// Marks cursors of short lists.
const SLICE: u32 = 0x511c_e000;

/// One page of a filter's rows. The caller's areas always apply.
pub fn list(
    ask: &RequestContext,
    edition: &Arc<Edition>,
    filter: Filter,
    order: &[Order],
    first: usize,
    after: Option<&str>,
) -> Result<EnterpriseConnection, Problem> {
    list_behind(ask, edition, filter, order, first, (after, 0))
}

/// The same behind a cursor, or from the beginning, and `skip` more.
pub fn list_behind(
    ask: &RequestContext,
    edition: &Arc<Edition>,
    filter: Filter,
    order: &[Order],
    first: usize,
    (after, skip): (Option<&str>, u32),
) -> Result<EnterpriseConnection, Problem> {
    let filter = ask.within_areas(filter);
    let question = question(ask, &filter, order);
    let cursor = checked_cursor(after, question)?;
    if cursor.is_some_and(|c| c.edition != edition.number()) {
        return Err(Problem::bad_input("游标属于另一个版本", "this cursor belongs to another edition"));
    }
    let rows = edition.filter(&filter)?;
    let page = match ask.told_scores(edition) {
        None => edition.page_behind(&rows, order, first, (cursor.map(|c| c.row), skip as usize)),
        Some(told) => {
            let start = cursor.map_or(0, |c| c.row.saturating_add(1)).saturating_add(skip);
            edition.told_page(&rows, order, first, start, &told)
        }
    };
    Ok(EnterpriseConnection { edition: edition.clone(), question, page })
}

/// Digest of what was asked: a cursor fits only the question it came from, and those who are told the same of the priority.
pub fn question(ask: &RequestContext, filter: &Filter, order: &[Order]) -> u32 {
    let sight = ask.caller.sight();
    match sight.sees_all() {
        true => question_of(&(filter, order)),
        false => question_of(&(filter, order, sight.bits())),
    }
}
