//! Visit lists: drawn, decided, taken back.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::case_changes::CaseOwnerInput;
use crate::access::AccessScope;
use crate::hub::HubError;
use crate::hub::progress::ProgressSink;
use crate::hub::visits::{MAX_DOORS, NewVisits};
use crate::serve::answers::events::Broadcast;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::graphql::model::cases::{CaseFilter, mendable};
use crate::serve::graphql::model::scalars::Date;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::graphql::model::visits::{ShapePoint, VisitList, list_id, within_reach};
use crate::serve::problem::Problem;

/// Draws visit lists.
#[derive(InputObject)]
pub struct DrawVisitListsInput {
    /// What they are called.
    title: String,
    /// Only open cases of these.
    filter: Option<CaseFilter>,
    /// Only inside this shape, as drawn on a map.
    shape: Option<Vec<ShapePoint>>,
    /// So many doors at most, what is due first; 200 where left out, at most 5,000.
    doors: Option<i32>,
    /// One list for each.
    owners: Option<Vec<CaseOwnerInput>>,
    /// So many lists, where nobody owns them; one where left out.
    lists: Option<i32>,
    /// Until when they are to be walked.
    due: Option<Date>,
}

/// Decides visits that a person is asked about.
#[derive(InputObject)]
pub struct SettleVisitsInput {
    /// Id of the list.
    list: ID,
    /// Ids of visits.
    visits: Vec<ID>,
    /// They count; false: they are dismissed.
    count: bool,
}

/// Takes back what a list brought.
#[derive(InputObject)]
pub struct TakeBackVisitsInput {
    /// Id of the list.
    list: ID,
    /// Only what this person brought.
    visitor: Option<String>,
    /// Why.
    reason: Option<String>,
}

/// What became of visit lists.
#[derive(SimpleObject, Default)]
pub struct VisitListPayload {
    /// The lists.
    lists: Vec<VisitList>,
    /// Visits that were decided or taken back.
    visits: i32,
    /// Of those taken back: cases that others had changed since, and that stay as they are.
    kept: i32,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

fn progress(ask: &RequestContext) -> Arc<dyn ProgressSink> {
    Arc::new(Broadcast { events: ask.state.events().clone(), also: None })
}

fn refused(field: &str, error: HubError) -> Result<VisitListPayload, Problem> {
    match error {
        HubError::Told(_) => {
            let user_errors = vec![UserError::of(Some(field), mendable(error))];
            Ok(VisitListPayload { user_errors, ..VisitListPayload::default() })
        }
        other => Err(mendable(other)),
    }
}

#[derive(Default)]
pub struct VisitMutations;

/// Visit lists: drawn, decided, taken back.
#[Object]
impl VisitMutations {
    /// Draws lists of doors that lie together, of equal load, in walking order. Needs the scope `review`.
    async fn draw_visit_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which doors, for whom.")] input: DrawVisitListsInput,
    ) -> Result<VisitListPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let mut owners = Vec::new();
        for input in input.owners.unwrap_or_default() {
            match input.owner(ask).await {
                Ok(owner) => owners.push(owner),
                Err(error) => return refused("owners", error).or_tell(ctx),
            }
        }
        let number = |n: Option<i32>, otherwise: usize| n.map_or(otherwise, |n| usize::try_from(n).unwrap_or(0));
        let new = NewVisits {
            title: input.title,
            query: input.filter.unwrap_or_default().query(ask).await.or_tell(ctx)?,
            shape: input.shape.unwrap_or_default().iter().map(|p| (p.longitude, p.latitude)).collect(),
            doors: number(input.doors, 200).min(MAX_DOORS),
            owners,
            lists: number(input.lists, 1),
            due: input.due.map(|d| d.0),
            by: Some(ask.caller.name.clone()),
            sight: Some(ask.caller.sight()),
        };
        match ask.state.hub().draw_visits(new).await {
            Ok(drawn) => {
                ask.state.tell_work().await.or_tell(ctx)?;
                let edition = ask.edition().or_tell(ctx)?;
                let lists = drawn.into_iter().map(|drawn| VisitList::new(&edition, drawn)).collect();
                Ok(VisitListPayload { lists, ..VisitListPayload::default() })
            }
            Err(error) => refused("filter", error).or_tell(ctx),
        }
    }

    /// Decides visits that a person is asked about: what cannot be true, came too late, or was changed at the desk as well. Needs the
    /// scope `review`.
    async fn settle_visits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and how.")] input: SettleVisitsInput,
    ) -> Result<VisitListPayload> {
        let ask = ask(ctx);
        let list = list_id(&input.list);
        within_reach(ask, list).await.or_tell(ctx)?;
        let number = |id: &ID| id.strip_prefix("visit:").unwrap_or(id).parse::<i64>().ok();
        let ids: Option<Vec<i64>> = input.visits.iter().map(number).collect();
        let ids = ids.ok_or_else(|| Problem::bad_input("visits 应为走访的 id", "visits are ids of visits")).or_tell(ctx)?;
        match ask.state.hub().settle_visits(list, &ids, input.count, Some(&ask.caller.name), progress(ask)).await {
            Ok(done) => {
                ask.state.refresh().await.or_tell(ctx)?;
                Ok(VisitListPayload { visits: done as i32, ..VisitListPayload::default() })
            }
            Err(error) => refused("visits", error).or_tell(ctx),
        }
    }

    /// Takes back what a list brought, or what one person brought of it: findings are withdrawn, cases are as they were where nobody has
    /// changed them since. Needs the scope `review`.
    async fn take_back_visits(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What, and why.")] input: TakeBackVisitsInput,
    ) -> Result<VisitListPayload> {
        let ask = ask(ctx);
        let list = list_id(&input.list);
        within_reach(ask, list).await.or_tell(ctx)?;
        let (by, why) = (Some(ask.caller.name.as_str()), input.reason.as_deref());
        match ask.state.hub().take_back_visits(list, input.visitor.as_deref(), by, why, progress(ask)).await {
            Ok((done, kept)) => {
                ask.state.refresh().await.or_tell(ctx)?;
                Ok(VisitListPayload { visits: done as i32, kept: kept as i32, ..VisitListPayload::default() })
            }
            Err(error) => refused("list", error).or_tell(ctx),
        }
    }
}
