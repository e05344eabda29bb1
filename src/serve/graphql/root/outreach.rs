//! Questions about what is done for enterprises that lack a union: cases, the week, duties, lists, leads, visits, and views that callers saved.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result};

use crate::access::AccessScope;
use crate::edition::Edition;
use crate::serve::context::{OrTell, RequestContext, ask, checked_first, permitted};
use crate::serve::graphql::model::cases::{CaseConnection, CaseFilter, CaseOwnerKey, MAX_CASES, areas_of_caller, mendable};
use crate::serve::graphql::model::connection::MAX_PAGE;
use crate::serve::graphql::model::corrections::{CorrectionConnection, CorrectionFilter, MAX_CORRECTIONS, own_registry};
use crate::serve::graphql::model::duties::{
    Duty, DutyConnection, DutyFilter, DutyReach, Workload, WorkloadConnection, WorkloadFilter,
};
use crate::serve::graphql::model::leads::{LeadFilter, OutreachLeadConnection};
use crate::serve::graphql::model::named_lists::{NamedList, NamedListConnection, NamedListFilter, named_id};
use crate::serve::graphql::model::saved_views::SavedView;
use crate::serve::graphql::model::visits::{VisitList, list_id, within_reach};
use crate::serve::graphql::model::work::Work;
use crate::serve::problem::{Code, Problem};
use crate::store::duty::WorkloadRow;
use crate::store::named_list::NamedListRow;

pub struct OutreachQuery;

/// Lists with a name that are still shown today, newest first, with the edition that they are looked up in.
async fn shown_lists(ask: &RequestContext) -> Result<(Arc<Edition>, Vec<NamedListRow>), Problem> {
    ask.touch_store();
    let hub = ask.state.hub();
    let edition = ask.edition()?;
    let today = hub.clock.today(hub.settings.zone).to_string();
    let mut rows = hub.store.named_lists().await?;
    rows.retain(|list| list.expires.as_ref().is_none_or(|last| *last >= today));
    Ok((edition, rows))
}

/// What everybody has to do in the caller's areas, with the edition that names their units.
async fn loads(ask: &RequestContext) -> Result<(Arc<Edition>, Vec<WorkloadRow>), Problem> {
    ask.touch_store();
    let hub = ask.state.hub();
    let edition = ask.edition()?;
    let week = hub.work_week(&crate::hub::cases::WorkOf::default());
    let since = week.won.closed.0.unwrap_or_default();
    let rows = hub.store.workload(&week.today.to_string(), since, &areas_of_caller(ask)).await?;
    Ok((edition, rows))
}

/// What is done about enterprises that lack a union.
#[Object]
impl OutreachQuery {
    /// Outreach cases, first what is due first. Needs the scope `review`.
    async fn cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these; open and closed ones where left out.")] filter: Option<CaseFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<CaseConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_CASES).or_tell(ctx)?;
        let query = filter.unwrap_or_default().query(ask(ctx)).await.or_tell(ctx)?;
        CaseConnection::page(ask(ctx), query, first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// What is asked of departments about their records (校核纠错), first what is due first. A department sees what is asked of its own
    /// registry; else it needs the scope `review`.
    async fn corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<CorrectionFilter>,
        #[graphql(default = 20, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<CorrectionConnection>> {
        if own_registry(ask(ctx)).is_none() && !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_CORRECTIONS).or_tell(ctx)?;
        let query = filter.unwrap_or_default().query(ask(ctx)).or_tell(ctx)?;
        CorrectionConnection::page(ask(ctx), query, first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// The week of whoever is responsible: due today, overdue, new on the list, won and lost since Monday. Needs the scope `review`.
    async fn work(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose week; that of everybody where left out.")] owner: Option<CaseOwnerKey>,
    ) -> Result<Option<Work>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        ask(ctx).touch_store();
        Work::of(ask(ctx), owner).await.or_tell(ctx).map(Some)
    }

    /// Who is responsible for what, ended duties included, by unit and day: those of the caller's units, areas and enterprises. Needs the
    /// scope `review`.
    async fn held_duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<DutyFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<DutyConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let edition = ask.edition().or_tell(ctx)?;
        let rows = filter.unwrap_or_default().rows(ask).await.or_tell(ctx)?;
        let reach = DutyReach::of(ask).await.or_tell(ctx)?;
        let told = reach.told(&edition, rows).await.or_tell(ctx)?;
        let keyed = told.into_iter().map(|duty| (duty.key(), duty)).collect();
        Ok(Some(DutyConnection::page(keyed, first, after.as_deref(), |_, duty| duty)))
    }

    /// Who is responsible for what, ended duties included, by unit and day: those of the caller's units, areas and enterprises. Needs the
    /// scope `review`.
    #[graphql(deprecation = "A list has an end: use heldDuties instead. Goes after 2027-06-30.")]
    async fn duties(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this unit: code or name.")] unit: Option<String>,
    ) -> Result<Option<Vec<Duty>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        let hub = ask.state.hub();
        let unit = match &unit {
            Some(unit) => Some(ask.owner_unit(unit).await.map_err(mendable).or_tell(ctx)?),
            None => None,
        };
        let edition = ask.edition().or_tell(ctx)?;
        let rows = hub.store.duties(unit.as_deref()).await.or_tell(ctx)?;
        let reach = DutyReach::of(ask).await.or_tell(ctx)?;
        reach.told(&edition, rows).await.or_tell(ctx).map(Some)
    }

    /// What everybody has to do, the most first; what is nobody's among it. Needs the scope `review`.
    async fn workloads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<WorkloadFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<WorkloadConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let (edition, rows) = loads(ask).await.or_tell(ctx)?;
        let rows = filter.unwrap_or_default().kept(ask, rows).await.or_tell(ctx)?;
        let keyed = rows.into_iter().map(|row| (Workload::key(&row), row)).collect();
        Ok(Some(WorkloadConnection::page(keyed, first, after.as_deref(), |_, row| Workload::new(&edition, row))))
    }

    /// What everybody has to do, the most first; what is nobody's among it. Needs the scope `review`.
    #[graphql(deprecation = "A list has an end: use workloads instead. Goes after 2027-06-30.")]
    async fn workload(&self, ctx: &Context<'_>) -> Result<Option<Vec<Workload>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let (edition, rows) = loads(ask(ctx)).await.or_tell(ctx)?;
        Ok(Some(rows.into_iter().map(|row| Workload::new(&edition, row)).collect()))
    }

    /// Lists of enterprises with a name that are still shown, newest first. Needs the scope `review`.
    async fn enterprise_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<NamedListFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<NamedListConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        let filter = filter.unwrap_or_default();
        let (edition, rows) = shown_lists(ask(ctx)).await.or_tell(ctx)?;
        let keyed = rows.into_iter().filter(|row| filter.takes(row)).map(|row| (NamedList::key(&row), row)).collect();
        Ok(Some(NamedListConnection::page(keyed, first, after.as_deref(), |_, row| NamedList::new(&edition, row))))
    }

    /// Lists of enterprises with a name that are still shown, newest first. Needs the scope `review`.
    #[graphql(deprecation = "A list has an end: use enterpriseLists instead. Goes after 2027-06-30.")]
    async fn named_lists(&self, ctx: &Context<'_>) -> Result<Option<Vec<NamedList>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let (edition, rows) = shown_lists(ask(ctx)).await.or_tell(ctx)?;
        Ok(Some(rows.into_iter().map(|row| NamedList::new(&edition, row)).collect()))
    }

    /// One list of enterprises with a name, or null where there is none, or it is shown no more. Needs the scope `review`.
    async fn named_list(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<NamedList>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let (edition, rows) = shown_lists(ask(ctx)).await.or_tell(ctx)?;
        let row = rows.into_iter().find(|list| list.id == named_id(&id));
        Ok(row.map(|row| NamedList::new(&edition, row)))
    }

    /// What says that somebody should go to an enterprise without a union: payers, disputes, calls, media reports; newest first. Needs the
    /// scope `review`, and for each kind its own.
    async fn leads(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<LeadFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor, in the edition it comes from.")] after: Option<String>,
    ) -> Result<Option<OutreachLeadConnection>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        OutreachLeadConnection::page(ctx, filter.unwrap_or_default(), first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// Views of pages that the caller saved, by page and name.
    async fn saved_views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this page, such as `gaps`.")] page: Option<String>,
    ) -> Result<Vec<SavedView>> {
        let ask = ask(ctx);
        ask.touch_store();
        let rows = ask.state.hub().store.saved_views(&ask.caller.id, page.as_deref()).await.or_tell(ctx)?;
        Ok(rows.into_iter().map(SavedView).collect())
    }

    /// The latest visit lists, newest first. Needs the scope `review`.
    async fn visit_lists(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only those of this unit: code or name.")] unit: Option<String>,
        #[graphql(default = 20, desc = "At most 100.")] first: i32,
        #[graphql(desc = "Go on behind the list with this id.")] after: Option<ID>,
    ) -> Result<Option<Vec<VisitList>>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let first = checked_first(first, 100).or_tell(ctx)?;
        let after = after.as_deref().map(String::as_str);
        VisitList::list(ask(ctx), unit.as_deref(), first, after).await.or_tell(ctx).map(Some)
    }

    /// One visit list, or null. Needs the scope `review`.
    async fn visit_list(&self, ctx: &Context<'_>, #[graphql(desc = "Its id.")] id: ID) -> Result<Option<VisitList>> {
        if !permitted(ctx, AccessScope::Review) {
            return Ok(None);
        }
        let ask = ask(ctx);
        ask.touch_store();
        let edition = ask.edition().or_tell(ctx)?;
        match within_reach(ask, list_id(&id)).await {
            Ok(drawn) => Ok(Some(VisitList::new(&edition, drawn))),
            Err(problem) if problem.code == Code::NotFound => Ok(None),
            Err(problem) => Err(problem).or_tell(ctx),
        }
    }
}
