//! Questions about the federation as it is. All need the scope `review`: it is the federation's own.

use async_graphql::{Context, Object, Result};

use crate::access::AccessScope;
use crate::serve::context::{OrTell, ask, checked_first, permitted};
use crate::serve::graphql::model::connection::MAX_PAGE;
use crate::serve::graphql::model::federation_figures::FederationFigure;
use crate::serve::graphql::model::scalars::{AsOf, Date, UnionUnitLevel};
use crate::serve::graphql::model::union_units::{FederationView, UnionUnit, UnionUnitConnection};
use crate::serve::problem::Problem;

pub struct FederationQuery;

/// The federation as it is.
#[Object]
impl FederationQuery {
    /// Units of the federation by code: their place in the tree, their enterprises, how far setting up is. Needs the scope `review`.
    async fn union_units(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only units of these levels.")] levels: Option<Vec<UnionUnitLevel>>,
        #[graphql(desc = "Only this unit and those below it: its code.")] within: Option<String>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
        #[graphql(desc = "Counted as of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<UnionUnitConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let edition = ask.edition_at(as_of.map(|d| d.0), None).or_tell(ctx)?;
        let view = FederationView::of(ask, edition).await.or_tell(ctx)?;
        let within = match within {
            Some(code) => Some(view.unit(ask, &code).ok_or_else(|| no_unit(&code)).or_tell(ctx)?.at),
            None => None,
        };
        let levels: Vec<_> = levels.unwrap_or_default().into_iter().map(Into::into).collect();
        Ok(Some(UnionUnitConnection::page(ask, &view, &levels, within, first, after.as_deref())))
    }

    /// One unit of the federation, or null. Needs the scope `review`.
    async fn union_unit(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Its code: `BJ`, `D110108`, `I-EDU`.")] code: String,
        #[graphql(desc = "Counted as of this day, instant or edition; the newest edition where left out.")] as_of: Option<AsOf>,
    ) -> Result<Option<UnionUnit>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let edition = ask.edition_at(as_of.map(|d| d.0), None).or_tell(ctx)?;
        let view = FederationView::of(ask, edition).await.or_tell(ctx)?;
        Ok(view.unit(ask, &code))
    }

    /// Figures that documents state, the latest of each that holds of the day. Needs the scope `review`.
    async fn federation_figures(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Of this day or before; today where left out.")] as_of: Option<Date>,
        #[graphql(desc = "Only those of this unit of account: `members`, `centres`.")] unit: Option<String>,
    ) -> Result<Option<Vec<FederationFigure>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let hub = ask.state.hub();
        let on = as_of.map_or_else(|| hub.clock.today(hub.settings.zone), |day| day.0);
        let view = FederationView::of(ask, ask.edition().or_tell(ctx)?).await.or_tell(ctx)?;
        Ok(Some(FederationFigure::list(&view.federation, on, unit.as_deref())))
    }
}

/// A unit that nobody knows, or that is not the caller's.
pub fn no_unit(code: &str) -> Problem {
    Problem::bad_input(
        format!("没有单位 {code}：请用 unionUnits 列出的代码"),
        format!("there is no unit {code}: use a code that unionUnits lists"),
    )
}
