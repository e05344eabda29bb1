//! Duties: given, ended, handed over; cases of nobody given to whoever is responsible.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use super::case_changes::CaseOwnerInput;
use crate::access::AccessScope;
use crate::cases::duty::DutyScope;
use crate::hub::HubError;
use crate::hub::duties::NewDuty;
use crate::serve::context::{OrTell, RequestContext, ask, parts_of_id};
use crate::serve::graphql::model::cases::{CaseFilter, mendable};
use crate::serve::graphql::model::duties::{Duty, duty_id};
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
    /// For enterprises of this area: code or name.
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
fn within_reach(ask: &RequestContext, unit: &str) -> Result<(), Problem> {
    let hub = ask.state.hub();
    let code = hub.case_unit(unit).map_err(mendable)?;
    let mine = |area: &String| code == *area || code.starts_with(area.as_str()) || code == format!("D{area}");
    match ask.caller.areas.is_empty() || ask.caller.areas.iter().any(mine) {
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
        let owner = input.owner.owner();
        if ask.state.hub().case_unit(&owner.unit).is_ok() {
            within_reach(ask, &owner.unit).or_tell(ctx)?;
        }
        let new = NewDuty {
            owner,
            is_first: input.is_first.unwrap_or(false),
            scope: DutyScope {
                area: input.area,
                industry: input.industry,
                building: input.building,
                enterprise: input.enterprise.map(|id| parts_of_id(&id).0.to_owned()),
            },
            starts: input.starts.map(|d| d.0),
            ends: input.ends.map(|d| d.0),
            by: Some(ask.caller.name.clone()),
        };
        match ask.state.hub().add_duty(new).await {
            Ok(row) => {
                let edition = ask.edition().or_tell(ctx)?;
                Ok(DutyPayload { duty: Some(Duty::new(&edition, row)), ..DutyPayload::default() })
            }
            Err(error) => refused("owner", error).or_tell(ctx),
        }
    }

    /// Ends a duty today. Needs the scope `review`.
    async fn end_duty(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<DutyPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = duty_id(&id);
        let rows = ask.state.hub().store.duties(None).await.map_err(Problem::from).or_tell(ctx)?;
        if let Some(row) = rows.iter().find(|r| r.id == id) {
            within_reach(ask, &row.unit).or_tell(ctx)?;
        }
        match ask.state.hub().end_duty(id, Some(&ask.caller.name)).await {
            Ok(()) => Ok(DutyPayload::default()),
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

    /// Hands everything of somebody over: duties in force and open cases. Needs the scope `review`.
    async fn hand_over(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "From whom, to whom.")] input: HandOverInput,
    ) -> Result<DutyPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let (from, to) = (input.from.owner(), input.to.owner());
        for unit in [&from.unit, &to.unit] {
            if ask.state.hub().case_unit(unit).is_ok() {
                within_reach(ask, unit).or_tell(ctx)?;
            }
        }
        match ask.state.hub().hand_over(&from, &to, input.note.as_deref(), Some(&ask.caller.name)).await {
            Ok((cases, duties)) => {
                ask.state.tell_cases().await.or_tell(ctx)?;
                Ok(DutyPayload { cases: cases as i32, duties: duties as i32, ..DutyPayload::default() })
            }
            Err(error) => refused("from", error).or_tell(ctx),
        }
    }
}
