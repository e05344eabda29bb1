//! Trade unions of the roll.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::connection::{EnterpriseConnection, MAX_PAGE, PageInfo, list};
use super::places::Area;
use super::scalars::*;
use crate::edition::{Edition, EditionAsOf, Filter, RowCursor, UnionRow};
use crate::serve::answers::filter::TradeUnionFilter;
use crate::serve::context::{OrTell, RequestContext, ask, checked_cursor, checked_first};
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
        let at = edition.union_of_id(id).filter(|at| ask.may_see_union(edition.union_at(*at)))?;
        Some(TradeUnion { edition: edition.clone(), at })
    }
    fn row(&self) -> UnionRow<'_> {
        self.edition.union_at(self.at)
    }
}

/// A trade union of the roll (工会名录).
#[Object]
impl TradeUnion {
    /// Stable over time.
    pub async fn id(&self) -> ID {
        ID(self.row().id().to_owned())
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
        self.row().employees()
    }
    /// 会员人数
    async fn members(&self) -> Option<u32> {
        self.row().members()
    }
    /// The enterprises it covers.
    async fn covers(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<EnterpriseConnection>> {
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let rows = Edition::bitmap_of(self.row().covers().iter().copied());
        list(ask(ctx), &self.edition, Filter::Rows(rows), &[], first, after.as_deref()).or_tell(ctx).map(Some)
    }
}

/// Unions, page by page, largest membership first.
#[derive(SimpleObject)]
pub struct TradeUnionConnection {
    /// The unions of this page.
    nodes: Vec<TradeUnion>,
    /// Where the page stands.
    page_info: PageInfo,
    /// Of all pages together.
    total_count: i32,
}

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
        let restricted = |codes: &[String]| codes.iter().filter_map(|c| c.get(..6)?.parse::<u32>().ok()).collect::<Vec<_>>();
        let wanted = filter.area.as_deref().map(restricted);
        let text = filter.text.as_deref().map(str::trim).filter(|t| !t.is_empty());
        let holds = |u: UnionRow<'_>| {
            let in_list = |list: &Option<Vec<u32>>| list.as_ref().is_none_or(|l| u.district().is_some_and(|d| l.contains(&d)));
            in_list(&wanted)
                && ask.may_see_union(u)
                && text.is_none_or(|t| u.name().contains(t))
                && filter.kind.as_ref().is_none_or(|kinds| u.kind().is_some_and(|k| kinds.contains(&k.into())))
                && filter.covers.is_none_or(|covers| covers != u.covers().is_empty())
        };
        let start = after.map_or(0, |cursor| cursor.row + 1);
        let (mut nodes, mut total, mut more) = (Vec::new(), 0, false);
        for at in 0..edition.union_count() {
            if !holds(edition.union_at(at)) {
                continue;
            }
            total += 1;
            if at >= start && nodes.len() < first {
                nodes.push(TradeUnion { edition: edition.clone(), at });
            } else if at >= start {
                more = true;
            }
        }
        let cursor = |u: &TradeUnion| RowCursor { edition: edition.number(), question: UNIONS, row: u.at }.encode();
        let page_info = PageInfo {
            has_next_page: more,
            has_previous_page: start > 0,
            start_cursor: nodes.first().map(cursor),
            end_cursor: nodes.last().map(cursor),
        };
        Ok(TradeUnionConnection { nodes, page_info, total_count: total })
    }
}
