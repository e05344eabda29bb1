//! Trade unions of the roll.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use super::connection::{EnterpriseConnection, MAX_PAGE, list, pages, placed};
use super::enterprise::LARGEST_INT;
use super::places::Area;
use super::scalars::*;
use crate::edition::{Edition, EditionAsOf, Filter, RowCursor, UnionRow};
use crate::serve::answers::filter::TradeUnionFilter;
use crate::serve::context::{OrTell, RequestContext, ask, checked_cursor, checked_first, parts_of_id};
use crate::serve::problem::Problem;

/// A union of an edition.
#[derive(Clone)]
pub struct TradeUnion {
    edition: Arc<Edition>,
    at: u32,
}

impl TradeUnion {
    /// The union of an id, where the caller may know of it.
    pub fn find(ask: &RequestContext, edition: &Arc<Edition>, id: &str) -> Option<TradeUnion> {
        let at = edition.union_of_id(parts_of_id(id).0).filter(|at| ask.may_see_union(edition.union_at(*at)))?;
        Some(TradeUnion { edition: edition.clone(), at })
    }
    fn row(&self) -> UnionRow<'_> {
        self.edition.union_at(self.at)
    }
}

/// A trade union of the roll (工会名录).
#[Object]
impl TradeUnion {
    /// Stable over time. Where `asOf` names an edition its number stands behind the id (`U…@12`).
    pub async fn id(&self, ctx: &Context<'_>) -> ID {
        ID(ask(ctx).id_in(self.edition.number(), self.row().id()))
    }
    /// Name on the roll.
    async fn name(&self) -> &str {
        self.row().name()
    }
    /// The union's own credit code; begins with 81.
    async fn credit_code(&self) -> Option<CreditCode> {
        self.row().credit_code().map(|c| CreditCode(c.to_owned()))
    }
    /// Independent, joint, federation, parent's, or being prepared.
    async fn kind(&self) -> Option<UnionKind> {
        self.row().kind().map(Into::into)
    }
    /// Level as the roll says.
    async fn level(&self) -> Option<&str> {
        self.row().level()
    }
    /// The union above it, where the roll has it; null where it is outside the caller's areas.
    async fn parent(&self, ctx: &Context<'_>) -> Option<TradeUnion> {
        TradeUnion::find(ask(ctx), &self.edition, self.row().parent()?)
    }
    /// Its district.
    async fn area(&self) -> Option<Area> {
        self.row().district().map(|code| Area::new(&self.edition, code.to_string()))
    }
    /// Industrial union it belongs to.
    async fn industrial(&self) -> Option<&str> {
        self.row().industrial()
    }
    /// Founding date.
    async fn established_on(&self) -> Option<Date> {
        self.row().established_on().map(Date)
    }
    /// Employees of the covered units, as the roll says.
    async fn employees(&self) -> Option<u32> {
        self.row().employees().map(|n| n.min(LARGEST_INT))
    }
    /// 会员人数
    async fn members(&self) -> Option<u32> {
        self.row().members().map(|n| n.min(LARGEST_INT))
    }
    /// The enterprises it covers.
    async fn covers(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<EnterpriseConnection>> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let rows = Edition::bitmap_of(self.row().covers());
        list(ask(ctx), &self.edition, Filter::Rows(rows), &[], first, after.as_deref()).or_tell(ctx).map(Some)
    }
}

pages!(
    "Unions, page by page, largest membership first.",
    TradeUnionConnection,
    "The unions of this page.",
    TradeUnion,
    "A union and its cursor.",
    TradeUnionEdge,
    "The union."
);

/// Marks cursors of unions.
const UNIONS: u32 = 0x00a1_0a15;

impl TradeUnionConnection {
    /// Unions are few beside enterprises (one in twenty): a scan per question is cheap.
    pub fn page(
        ask: &RequestContext,
        filter: &TradeUnionFilter,
        first: usize,
        after: Option<&str>,
        as_of: Option<EditionAsOf>,
    ) -> Result<TradeUnionConnection, Problem> {
        let after = checked_cursor(after, UNIONS)?;
        let edition = ask.edition_at(as_of, after.as_ref())?;
        let named: Vec<Area> = filter.area.iter().flatten().map(|text| Area::named(&edition, text)).collect::<Result<_, _>>()?;
        let districts = || named.iter().filter_map(Area::district).collect::<Vec<u32>>();
        let wanted = filter.area.is_some().then(districts).filter(|_| !named.iter().any(Area::is_city));
        let text = filter.text.as_deref().map(str::trim).filter(|t| !t.is_empty());
        let holds = |u: UnionRow<'_>| {
            let in_list = |list: &Option<Vec<u32>>| list.as_ref().is_none_or(|l| u.district().is_some_and(|d| l.contains(&d)));
            in_list(&wanted)
                && ask.may_see_union(u)
                && text.is_none_or(|t| u.name().contains(t))
                && filter.kind.as_ref().is_none_or(|kinds| u.kind().is_some_and(|k| kinds.contains(&k.into())))
                && filter.covers.is_none_or(|covers| covers != u.covers().is_empty())
        };
        let after = after.map(|cursor| cursor.row);
        let (mut nodes, mut total, mut more, mut past) = (Vec::new(), 0, false, after.is_none());
        for at in edition.unions() {
            let is_past = past;
            past |= after == Some(at);
            if !holds(edition.union_at(at)) {
                continue;
            }
            total += 1;
            if is_past && nodes.len() < first {
                nodes.push(TradeUnion { edition: edition.clone(), at });
            } else if is_past {
                more = true;
            }
        }
        let cursor = |u: &TradeUnion| RowCursor { edition: edition.number(), question: UNIONS, row: u.at }.encode();
        let placed = placed(more, after.is_some(), nodes.iter().map(cursor).collect());
        Ok(TradeUnionConnection { nodes, placed, total_count: total })
    }
}
