//! What happened to an enterprise: findings of visits, changes between editions.

use async_graphql::{Context, ID, SimpleObject};

use super::connection::{numbered, page_of, pages};
use super::edition::EditionNode;
use super::enterprise::Enterprise;
use super::registry::Registry;
use super::scalars::{Date, DateTime, EnterpriseField};
use crate::serve::answers::loaders::HistoryKey;
use crate::serve::context::ask;
use crate::serve::problem::Problem;
use crate::store::finding::FindingRow;

/// What a visit found.
#[derive(SimpleObject)]
pub struct Finding {
    /// Its id.
    id: ID,
    /// Code of the reason.
    reason: String,
    /// What else was said.
    note: Option<String>,
    /// Who found it.
    by: Option<String>,
    /// When.
    at: DateTime,
    /// Until when it stands.
    until: Option<Date>,
    /// When it was taken back.
    withdrawn_at: Option<DateTime>,
}

impl From<FindingRow> for Finding {
    fn from(f: FindingRow) -> Finding {
        Finding {
            id: ID(f.id),
            reason: f.reason,
            note: f.note,
            by: f.by_whom,
            at: DateTime::written(f.at),
            until: f.until.and_then(|day| day.parse().ok()).map(Date),
            withdrawn_at: f.withdrawn_at.and_then(DateTime::from_millis),
        }
    }
}

impl Finding {
    pub async fn of(ctx: &Context<'_>, enterprise: &Enterprise) -> Result<Vec<Finding>, Problem> {
        let ask = ask(ctx);
        ask.touch_store();
        let rows = ask.records.load_one(enterprise.row().id().to_owned()).await?;
        Ok(rows.unwrap_or_default().into_iter().map(Into::into).collect())
    }
}

/// One change of one enterprise between two editions.
#[derive(SimpleObject)]
pub struct Change {
    /// When the edition that brought it was published.
    at: DateTime,
    /// That edition; null where it was removed since.
    edition: Option<EditionNode>,
    /// Number of that edition.
    edition_number: i32,
    /// The field that changed, where it is one.
    field: Option<EnterpriseField>,
    /// What happened.
    what: String,
    /// Before.
    from: Option<String>,
    /// After.
    to: Option<String>,
    /// The registry whose record brought it.
    registry: Option<Registry>,
}

pages!(
    "Changes, page by page, newest first.",
    ChangeConnection,
    "The changes of this page.",
    Change,
    "A change and its cursor.",
    ChangeEdge,
    "The change."
);

/// Marks cursors of changes.
pub const CHANGES: u32 = 0x00c4_a26e;

impl ChangeConnection {
    pub async fn of(ctx: &Context<'_>, id: &str, first: usize, after: Option<&str>) -> Result<ChangeConnection, Problem> {
        let ask = ask(ctx);
        ask.touch_store();
        let before = numbered(after, CHANGES)?;
        let key = HistoryKey { enterprise: id.to_owned(), before: before.unwrap_or(i64::MAX), limit: first as i64 + 1 };
        let page = ask.records.load_one(key).await?.unwrap_or_default();
        let mut rows = page.changes;
        let placed = page_of(&mut rows, first, before.is_some(), CHANGES, |(id, _)| *id);
        let field = |name: Option<String>| {
            crate::model::enterprise::EnterpriseField::from_name(name.as_deref()?).map(EnterpriseField::from)
        };
        let editions = &ask.state.hub().editions;
        let nodes = rows
            .into_iter()
            .map(|(_, c)| Change {
                at: DateTime::written(c.at),
                edition: editions.manifest(c.edition as u32).map(EditionNode::of),
                edition_number: c.edition as i32,
                field: field(c.field),
                what: c.what,
                from: c.from_value,
                to: c.to_value,
                registry: c.registry.as_deref().map(Registry::named),
            })
            .collect();
        Ok(ChangeConnection { nodes, placed, total_count: page.total as i32 })
    }
}
