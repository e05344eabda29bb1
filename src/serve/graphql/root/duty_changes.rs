//! Duties: given, ended, handed over; cases of nobody given to whoever is responsible.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::case_changes::CaseOwnerInput;
use crate::access::AccessScope;
use crate::cases::duty::DutyScope;
use crate::hub::HubError;
use crate::hub::duties::{NewDuty, no_duty};
use crate::serve::context::{OrTell, ask};
use crate::serve::graphql::model::cases::{CaseFilter, areas_of_caller, mendable};
use crate::serve::graphql::model::duties::{Duty, DutyReach, duty_id};
use crate::serve::graphql::model::scalars::Date;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, Problem};

/// Makes somebody responsible.
#[derive(InputObject)]
pub struct AddDutyInput {
    /// Who.
    owner: CaseOwnerInput,
    /// The first responsible person of the unit.
    is_first: Option<bool>,
    /// For enterprises of this area: code or name. Who sees some areas only names one of their own, or an enterprise.
    area: Option<String>,
    /// For this section or division of GB/T 4754.
    industry: Option<String>,
    /// For addresses that hold this: a street, a building.
    building: Option<String>,
    /// For this enterprise: id or credit code.
    enterprise: Option<ID>,
    /// First day; today where left out.
    starts: Option<Date>,
    /// Last day.
    ends: Option<Date>,
}

/// Hands everything of somebody over.
#[derive(InputObject)]
pub struct HandOverInput {
    /// Who leaves.
    from: CaseOwnerInput,
    /// Who takes over.
    to: CaseOwnerInput,
    /// What is to be said.
    note: Option<String>,
}

/// What became of duties.
#[derive(SimpleObject, Default)]
pub struct DutyPayload {
    /// The duty; null where it was refused, ended or handed over.
    duty: Option<Duty>,
    /// Cases that were given or handed over.
    cases: i32,
    /// Duties that were handed over.
    duties: i32,
    /// Cases that are still nobody's.
    nobodys: i32,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// Duties hold of whole districts: who sees some areas only gives those of their own.
fn within_reach(reach: &DutyReach<'_>, unit: &str) -> Result<(), Problem> {
    match reach.has_unit(unit) {
        true => Ok(()),
        false => {
            Err(Problem::new(Code::Forbidden, format!("{unit} 不在您的管辖区域内"), format!("{unit} is outside your areas")))
        }
    }
}

fn refused(field: &str, error: HubError) -> Result<DutyPayload, Problem> {
    match error {
        HubError::Told(_) | HubError::Edition(_) => {
            let user_errors = vec![UserError::of(Some(field), mendable(error))];
            Ok(DutyPayload { user_errors, ..DutyPayload::default() })
        }
        other => Err(mendable(other)),
    }
}

#[derive(Default)]
pub struct DutyMutations;

/// Duties: given, ended, handed over.
#[Object]
impl DutyMutations {
    /// Makes somebody responsible for an area, a trade, a building or an enterprise. Needs the scope `review`.
    async fn add_duty(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who, and for what.")] input: AddDutyInput,
    ) -> Result<DutyPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let hub = ask.state.hub();
        let reach = DutyReach::of(ask).await.or_tell(ctx)?;
        let owner = match input.owner.owner(ask).await {
            Ok(owner) => owner,
            Err(error) => return refused("owner", error).or_tell(ctx),
        };
        within_reach(&reach, &owner.unit).or_tell(ctx)?;
        let area = match input.area.as_deref().map(|area| hub.case_unit(area)).transpose() {
            Ok(area) => area,
            Err(error) => return refused("area", error).or_tell(ctx),
        };
        area.as_deref().map_or(Ok(()), |area| within_reach(&reach, area)).or_tell(ctx)?;
        let enterprise = match input.enterprise.as_deref().map(|text| ask.enterprise_meant(text)).transpose() {
            Ok(enterprise) => enterprise,
            Err(error) => return refused("enterprise", error).or_tell(ctx),
        };
        let is_everywhere = area.is_none() && enterprise.is_none() && (input.industry.is_some() || input.building.is_some());
        if is_everywhere && !reach.is_whole() {
            let error = HubError::said(
                "请写明管辖区域内的区域（area）：不写区域的行业或楼宇职责对全市有效",
                "name an area of your own (area): a duty for a trade or a building without one holds in the whole city",
            );
            return refused("area", error).or_tell(ctx);
        }
        let new = NewDuty {
            owner,
            is_first: input.is_first.unwrap_or(false),
            scope: DutyScope { area, industry: input.industry, building: input.building, enterprise },
            starts: input.starts.map(|d| d.0),
            ends: input.ends.map(|d| d.0),
            by: Some(ask.caller.name.clone()),
        };
        match hub.add_duty(new).await {
            Ok(row) => {
                ask.state.tell_work().await.or_tell(ctx)?;
                let edition = ask.edition().or_tell(ctx)?;
                let duty = reach.told(&edition, vec![row]).await.or_tell(ctx)?.pop();
                Ok(DutyPayload { duty, ..DutyPayload::default() })
            }
            Err(error) => refused("owner", error).or_tell(ctx),
        }
    }

    /// Ends a duty today. Needs the scope `review`.
    async fn end_duty(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<DutyPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = duty_id(&id);
        // Read in any case: an answer about a duty that the caller may not know of is that about none.
        let edition = ask.edition().or_tell(ctx)?;
        let mut rows = ask.state.hub().store.duties(None).await.map_err(Problem::from).or_tell(ctx)?;
        rows.retain(|row| row.id == id);
        if let Some(unit) = rows.first().map(|row| row.unit.clone()) {
            let reach = DutyReach::of(ask).await.or_tell(ctx)?;
            // One that the caller may not know of is none.
            if reach.told(&edition, rows).await.or_tell(ctx)?.is_empty() {
                return refused("id", no_duty(id)).or_tell(ctx);
            }
            within_reach(&reach, &unit).or_tell(ctx)?;
        }
        match ask.state.hub().end_duty(id, Some(&ask.caller.name)).await {
            Ok(()) => {
                ask.state.tell_work().await.or_tell(ctx)?;
                Ok(DutyPayload::default())
            }
            Err(error) => refused("id", error).or_tell(ctx),
        }
    }

    /// Gives open cases of nobody to whoever is responsible for their enterprise. Needs the scope `review`.
    async fn assign_cases(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these; all open ones where left out.")] filter: Option<CaseFilter>,
    ) -> Result<DutyPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let query = filter.unwrap_or_default().query(ask).await.or_tell(ctx)?;
        match ask.state.hub().assign_by_duties(&query, Some(&ask.caller.name)).await {
            Ok((given, left)) => {
                ask.state.tell_cases().await.or_tell(ctx)?;
                Ok(DutyPayload { cases: given as i32, nobodys: left as i32, ..DutyPayload::default() })
            }
            Err(error) => refused("filter", error).or_tell(ctx),
        }
    }

    /// Hands everything of somebody over, or nothing: duties in force, and open cases in the caller's areas. Needs the scope `review`.
    async fn hand_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From whom, to whom.")] input: HandOverInput,
    ) -> Result<DutyPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let reach = DutyReach::of(ask).await.or_tell(ctx)?;
        let (from, to) = match (input.from.owner(ask).await, input.to.owner(ask).await) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(error), _) => return refused("from", error).or_tell(ctx),
            (_, Err(error)) => return refused("to", error).or_tell(ctx),
        };
        for unit in [&from.unit, &to.unit] {
            within_reach(&reach, unit).or_tell(ctx)?;
        }
        // Cases elsewhere are not the caller's to hand over.
        let areas = areas_of_caller(ask);
        match ask.state.hub().hand_over(&from, &to, areas, input.note.as_deref(), Some(&ask.caller.name)).await {
            Ok((cases, duties)) => {
                ask.state.tell_cases().await.or_tell(ctx)?;
                ask.state.tell_work().await.or_tell(ctx)?;
                Ok(DutyPayload { cases: cases as i32, duties: duties as i32, ..DutyPayload::default() })
            }
            Err(error) => refused("from", error).or_tell(ctx),
        }
    }
}
