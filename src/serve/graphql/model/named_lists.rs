//! Lists of enterprises with a name: who is on them, what changed of them, who follows them.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use super::connection::{EnterpriseConnection, MAX_PAGE, list};
use super::enterprise::Enterprise;
use super::federation_entries::keyed_pages;
use super::scalars::{Date, DateTime};
use super::union_units::FederationView;
use crate::edition::{Edition, Filter, Row};
use crate::hub::named_lists::{Follower as Following, followers, unfound};
use crate::serve::answers::usage::selected;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::problem::Problem;
use crate::store::named_list::NamedListRow;

/// Changes of one enterprise that a list shows.
const CHANGES: i64 = 20;

keyed_pages!(
    "Lists of enterprises with a name, page by page, newest first.",
    NamedListConnection,
    "The lists of this page.",
    NamedList,
    "A list and its cursor.",
    NamedListEdge,
    "The list."
);

/// Which lists: all that is given holds together.
#[derive(InputObject, Default)]
pub struct NamedListFilter {
    /// Only those with this in their title, purpose or source.
    search: Option<String>,
    /// Only those that say whom the enterprises on them supply, or only the others.
    is_of_suppliers: Option<bool>,
}

impl NamedListFilter {
    /// Whether a list is asked for.
    pub fn takes(&self, row: &NamedListRow) -> bool {
        let has = |text: &String| [&row.title, &row.purpose, &row.source].iter().any(|part| part.contains(text.trim()));
        self.search.as_ref().is_none_or(has) && self.is_of_suppliers.is_none_or(|is| row.suppliers_of.is_some() == is)
    }
}

/// The bare id of a list.
pub fn named_id(id: &str) -> &str {
    id.strip_prefix("named:").unwrap_or(id)
}

/// Why an enterprise follows one on a list.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "crate::hub::named_lists::FollowerReason")]
pub enum FollowerReason {
    /// The leader invests in it.
    InvestedIn,
    /// It invests in the leader.
    Investor,
    /// Somebody invests in both.
    SameGroup,
    /// It supplies the leader, as a list says (`suppliersOf`).
    Supplier,
    /// One dispatches workers to the other.
    Dispatch,
    /// It has the leader's very address.
    SameAddress,
    /// It is in the leader's building or park: one that the caller may see.
    SamePlace,
}

/// An enterprise that follows one on a list.
#[derive(SimpleObject)]
pub struct Follower {
    /// The enterprise.
    enterprise: Enterprise,
    /// Whom it follows.
    leader: Enterprise,
    /// Why.
    reason: FollowerReason,
}

/// A change of an enterprise on a list.
#[derive(SimpleObject)]
pub struct NamedListChange {
    /// Whose.
    enterprise: Enterprise,
    /// When the edition that brought it was published.
    at: DateTime,
    /// What changed.
    what: String,
    /// Before.
    from: Option<String>,
    /// After.
    to: Option<String>,
}

/// A list of enterprises with a name, a source and a purpose.
pub struct NamedList {
    row: NamedListRow,
    edition: Arc<Edition>,
}

impl NamedList {
    /// What a list is known by among its like, the newest first.
    pub fn key(row: &NamedListRow) -> String {
        format!("{:019} {}", i64::MAX.saturating_sub(row.at), row.id)
    }

    pub fn new(edition: &Arc<Edition>, row: NamedListRow) -> NamedList {
        NamedList { row, edition: edition.clone() }
    }

    /// The enterprises of a list that the caller may see.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn rows(ask: &RequestContext, edition: &Edition, list: &str) -> Result<Vec<u32>, Problem> {
        let rows = ask.state.hub().named_rows(edition, list).await.map_err(mendable)?;
        Ok(rows.into_iter().filter(|row| ask.may_see(edition.enterprise(*row))).collect())
    }
}

/// A list of enterprises with a name, a source and a purpose: representatives' enterprises, new organisations, watch lists.
#[Object]
impl NamedList {
    /// `named:` and its number.
    async fn id(&self) -> ID {
        ID(format!("named:{}", self.row.id))
    }
    /// What it is called.
    async fn title(&self) -> &str {
        &self.row.title
    }
    /// What for.
    async fn purpose(&self) -> &str {
        &self.row.purpose
    }
    /// Who keeps it.
    async fn source(&self) -> &str {
        &self.row.source
    }
    /// The last day on which it is shown.
    async fn expires(&self) -> Option<Date> {
        self.row.expires.as_deref().and_then(|d| d.parse().ok()).map(Date)
    }
    /// When it was brought.
    async fn brought_at(&self) -> DateTime {
        DateTime::written(self.row.at)
    }
    /// Entries that nobody, or several, fit, as they were written. Only for callers of the whole city: whose they are nobody knows.
    async fn not_found(&self, ctx: &Context<'_>) -> Result<Vec<String>> {
        if !ask(ctx).caller.areas.is_empty() {
            return Ok(Vec::new());
        }
        let entries = ask(ctx).state.hub().store.named_entries(&self.row.id).await.or_tell(ctx)?;
        Ok(unfound(&self.edition, entries))
    }
    /// The enterprise that those on it supply; null where the list says nothing of that, or it lies in an area that is not the caller's.
    async fn suppliers_of(&self, ctx: &Context<'_>) -> Result<Option<Enterprise>> {
        let Some(id) = self.row.suppliers_of.as_deref() else { return Ok(None) };
        let hub = ask(ctx).state.hub();
        let joined = match self.edition.row_of_id(id) {
            Some(_) => None,
            None => hub.successors(&self.edition, vec![id.to_owned()]).await.map_err(mendable).or_tell(ctx)?.remove(id),
        };
        let found = self.edition.enterprise_of_id(joined.as_deref().unwrap_or(id)).filter(|e| ask(ctx).may_see(*e));
        Ok(found.map(|e| Enterprise::new(ask(ctx), &self.edition, e.row)))
    }
    /// The enterprises on it, most urgent first.
    async fn enterprises(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<EnterpriseConnection> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let rows = NamedList::rows(ask(ctx), &self.edition, &self.row.id).await.or_tell(ctx)?;
        let filter = Filter::Rows(Arc::new(rows.into_iter().collect()));
        list(ask(ctx), &self.edition, filter, &[], first, after.as_deref()).or_tell(ctx)
    }
    /// What changed of those on it since a day, newest first for each: at most 20 an enterprise.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From this day on.")] since: Date,
    ) -> Result<Vec<NamedListChange>> {
        let ask = ask(ctx);
        let rows = NamedList::rows(ask, &self.edition, &self.row.id).await.or_tell(ctx)?;
        let ids: Vec<String> = rows.iter().map(|row| self.edition.enterprise(*row).id().to_owned()).collect();
        let hub = ask.state.hub();
        let midnight = since.0.and_hms_opt(0, 0, 0).expect("midnight is a time");
        let from = midnight.and_local_timezone(hub.settings.zone).earliest();
        let from = from.map_or_else(|| midnight.and_utc().timestamp_millis(), |t| t.timestamp_millis());
        let all = hub.store.changes_of_many(&ids, i64::MAX, CHANGES).await.or_tell(ctx)?;
        ask.show(&self.edition, rows.into_iter(), selected(ctx.field()));
        let changes = all.into_iter().filter(|(.., c)| c.at >= from).filter_map(|(.., c)| {
            let row = self.edition.row_of_id(&c.enterprise_id)?;
            Some(NamedListChange {
                enterprise: Enterprise::new(ask, &self.edition, row),
                at: DateTime::written(c.at),
                what: c.what,
                from: c.from_value,
                to: c.to_value,
            })
        });
        Ok(changes.collect())
    }
    /// Enterprises that follow those on it, by relations, addresses, buildings and parks, and as suppliers where a list says so; at most
    /// 500.
    async fn followers(&self, ctx: &Context<'_>) -> Result<Vec<Follower>> {
        let ask = ask(ctx);
        let leaders = NamedList::rows(ask, &self.edition, &self.row.id).await.or_tell(ctx)?;
        let suppliers = ask.state.hub().stated_suppliers(&self.edition).await.map_err(mendable).or_tell(ctx)?;
        let view = FederationView::shared(ask, &self.edition).await.or_tell(ctx)?;
        let places = ask.state.hub().place_rows(&view.edition, &view.federation);
        let at_place = |leader: Row| -> Vec<Row> {
            let Some(at) = places.place_of(leader) else { return Vec::new() };
            let unit = view.federation.tree.at(&view.federation.places[at].what.unit);
            if !unit.is_some_and(|unit| view.federation.is_seen_by(&ask.caller, unit)) {
                return Vec::new();
            }
            let there = places.listed[at].iter().chain(&places.by_address[at]).copied();
            there.filter(|row| places.place_of(*row) == Some(at)).collect()
        };
        let mut found = followers(&self.edition, &leaders, &suppliers, at_place);
        found.retain(|f| ask.may_see(self.edition.enterprise(f.row)));
        if let Some(told) = ask.told_scores(&self.edition) {
            let order = |a, b| self.edition.told_order(&told, a, b);
            let rows = |a: &Following, b: &Following| order(a.row, b.row).then_with(|| order(a.leader, b.leader));
            found.sort_by(|a, b| a.reason.cmp(&b.reason).then_with(|| rows(a, b)));
        }
        found.truncate(MAX_PAGE);
        ask.show(&self.edition, found.iter().map(|f| f.row), selected(ctx.field()));
        let told = found.into_iter().map(|f| Follower {
            enterprise: Enterprise::new(ask, &self.edition, f.row),
            leader: Enterprise::new(ask, &self.edition, f.leader),
            reason: f.reason.into(),
        });
        Ok(told.collect())
    }
}
