//! An officer's week: what is due, overdue, new, won and lost, in one question.

use async_graphql::{Context, Object, Result};

use super::cases::{CaseConnection, CaseOwnerKey, MAX_CASES, areas_of_caller, mendable};
use super::scalars::Date;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first};
use crate::serve::problem::Problem;
use crate::store::case::CaseQuery;

/// The week of whoever is responsible.
pub struct Work {
    pub week: crate::hub::cases::WorkWeek,
}

impl Work {
    /// The week of somebody, in the caller's areas.
    ///
    /// # Errors
    /// There is no such unit.
    pub async fn of(ask: &RequestContext, owner: Option<CaseOwnerKey>) -> Result<Work, Problem> {
        let hub = ask.state.hub();
        let owner = owner.unwrap_or_default();
        let unit = match &owner.unit {
            Some(unit) => Some(ask.owner_unit(unit).await.map_err(mendable)?),
            None => None,
        };
        let of = crate::hub::cases::WorkOf { unit, role: owner.role, name: owner.name, areas: areas_of_caller(ask) };
        Ok(Work { week: hub.work_week(&of) })
    }

    async fn part(ctx: &Context<'_>, query: &CaseQuery, first: i32, after: Option<String>) -> Result<CaseConnection> {
        let first = checked_first(first, MAX_CASES).or_tell(ctx)?;
        CaseConnection::page(ask(ctx), query.clone(), first, after.as_deref()).await.or_tell(ctx)
    }
}

/// The week of whoever is responsible: what is due, what is new, what came of it since Monday.
#[Object]
impl Work {
    /// Today, in the time zone of the hub.
    async fn today(&self) -> Date {
        Date(self.week.today)
    }
    /// The Monday of this week.
    async fn since(&self) -> Date {
        Date(self.week.since)
    }
    /// Open cases with something due today.
    async fn due_today(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        Work::part(ctx, &self.week.due_today, first, after).await
    }
    /// Open cases whose day has passed.
    async fn overdue(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        Work::part(ctx, &self.week.overdue, first, after).await
    }
    /// Open cases that came on the list since Monday.
    async fn new_on_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        Work::part(ctx, &self.week.new, first, after).await
    }
    /// Open cases without a day.
    async fn undated(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        Work::part(ctx, &self.week.undated, first, after).await
    }
    /// Closed with a union since Monday.
    async fn won(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        Work::part(ctx, &self.week.won, first, after).await
    }
    /// Closed with another reason since Monday.
    async fn lost(
        &self,
        ctx: &Context<'_>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<CaseConnection> {
        Work::part(ctx, &self.week.lost, first, after).await
    }
}
