//! What people do with correction requests: ask, answer, take back, give more time. Each is an event with who and when; nothing is
//! overwritten.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::access::{AccessScope, Role, classes};
use crate::cases::correction::CorrectionOrigin as ModelOrigin;
use crate::hub::HubError;
use crate::hub::corrections::{CorrectionOpening, CorrectionTarget, CorrectionWord, GivenAnswer, MAX_OPENED};
use crate::model::enterprise::EnterpriseField as Model;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::graphql::model::conflicts::{ConflictFilter, disputes};
use crate::serve::graphql::model::corrections::{Correction, correction_id};
use crate::serve::graphql::model::scalars::{CorrectionAnswer, CorrectionOrigin, Date, EnterpriseField};
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, Problem};

/// Requests that an answer shows of many.
const SHOWN: usize = 50;

/// Asks a department about a field of one of its records.
#[derive(InputObject)]
pub struct OpenCorrectionInput {
    /// Id or credit code of the enterprise.
    enterprise: ID,
    /// Short name of the registry whose department is asked.
    registry: String,
    /// What is asked about.
    field: EnterpriseField,
    /// The registry's own key of the record; its record that differs from the chosen value where left out.
    record_key: Option<String>,
    /// The column, where several speak of the field.
    column: Option<String>,
    /// What it comes of; FINDING where a finding is named, else FIELD.
    origin: Option<CorrectionOrigin>,
    /// Id of the finding that it comes of.
    finding: Option<ID>,
    /// Why it is asked.
    reason: Option<String>,
    /// The day on which an answer is due; as the policy says where left out.
    deadline: Option<Date>,
}

/// Asks departments about conflicts.
#[derive(InputObject)]
pub struct OpenCorrectionsInput {
    /// Which conflicts; the registries named are asked, else every one that differs from the chosen value.
    filter: Option<ConflictFilter>,
    /// So many at most, those of the most urgent enterprises first; 1,000 where left out, at most 10,000.
    at_most: Option<i32>,
    /// Why it is asked.
    reason: Option<String>,
    /// The day on which an answer is due; as the policy says where left out.
    deadline: Option<Date>,
}

/// A department's answer.
#[derive(InputObject)]
pub struct AnswerCorrectionInput {
    /// Id of the request.
    id: ID,
    /// The answer.
    answer: CorrectionAnswer,
    /// With CORRECTED: what is right, as the registry's column writes it.
    value: Option<String>,
    /// What else is to be said.
    note: Option<String>,
    /// Sent again with the same key, nothing happens twice.
    idempotency_key: Option<String>,
}

/// Takes a request back.
#[derive(InputObject)]
pub struct WithdrawCorrectionInput {
    /// Id of the request.
    id: ID,
    /// Why.
    reason: Option<String>,
}

/// Gives a request more time.
#[derive(InputObject)]
pub struct ExtendCorrectionInput {
    /// Id of the request.
    id: ID,
    /// The new day on which an answer is due.
    deadline: Date,
    /// Why.
    reason: Option<String>,
}

/// What became of a request.
#[derive(SimpleObject, Default)]
pub struct CorrectionPayload {
    /// The request as it is now; null where nothing was changed.
    correction: Option<Correction>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// What became of many.
#[derive(SimpleObject, Default)]
pub struct CorrectionsPayload {
    /// Requests that were opened.
    opened: i32,
    /// Cells that were asked about already.
    existing: i32,
    /// Conflicts that nobody can be asked about: the registry's record has no such column, or is gone.
    left_out: i32,
    /// Conflicts of the filter beyond `atMost`.
    left: i32,
    /// The first of those opened, at most 50.
    corrections: Vec<Correction>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

fn told<T>(field: &str, result: Result<T, HubError>) -> Result<Result<T, Vec<UserError>>, Problem> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error @ HubError::Told(_)) => Ok(Err(vec![UserError::of(Some(field), mendable(error))])),
        Err(error) => Err(mendable(error)),
    }
}

fn refused(user_errors: Vec<UserError>) -> CorrectionPayload {
    CorrectionPayload { correction: None, user_errors }
}

/// A request that the caller may know of.
async fn within_reach(ask: &RequestContext, id: &str) -> Result<Correction, Problem> {
    let found = Correction::find(ask, id).await?;
    found.ok_or_else(|| Problem::new(Code::NotFound, "没有这个校核请求", "there is no such correction request"))
}

async fn answered(ask: &RequestContext, id: &str) -> Result<CorrectionPayload, Problem> {
    ask.state.tell_corrections().await?;
    Ok(CorrectionPayload { correction: Correction::find(ask, id).await?, user_errors: Vec::new() })
}

/// What it takes to ask: the rights to read what is asked about.
fn may_ask(ask: &RequestContext) -> Result<(), Problem> {
    ask.caller.require(AccessScope::Review)?;
    Ok(ask.caller.require(AccessScope::Records)?)
}

#[derive(Default)]
pub struct CorrectionMutations;

/// What people do with correction requests.
#[Object]
impl CorrectionMutations {
    /// Asks a department about a field of one of its records; where the same cell is asked about already, that request is the answer. Needs
    /// the scopes `review` and `records`, for sums of money `finance` too.
    async fn open_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is asked about.")] input: OpenCorrectionInput,
    ) -> Result<CorrectionPayload> {
        let ask = ask(ctx);
        may_ask(ask).or_tell(ctx)?;
        let field: Model = input.field.into();
        classes::of_field(field).scope().map_or(Ok(()), |scope| ask.caller.require(scope)).or_tell(ctx)?;
        let hub = ask.state.hub();
        let id = match told("enterprise", ask.enterprise_meant(&input.enterprise)).or_tell(ctx)? {
            Ok(id) => id,
            Err(user_errors) => return Ok(refused(user_errors)),
        };
        if let Some(finding) = &input.finding {
            let known = hub.store.findings(Some(&id)).await.map_err(Problem::from).or_tell(ctx)?;
            if !known.iter().any(|f| f.id == finding.as_str()) {
                let problem = Problem::bad_input("该企业没有这条走访结论", "the enterprise has no such finding");
                return Ok(refused(vec![UserError::of(Some("finding"), problem)]));
            }
        }
        let otherwise = if input.finding.is_some() { ModelOrigin::Finding } else { ModelOrigin::Field };
        let opening = CorrectionOpening {
            origin: input.origin.map_or(otherwise, Into::into),
            finding: input.finding.map(|id| id.0),
            reason: input.reason,
            deadline: input.deadline.map(|d| d.0),
            by: Some(ask.caller.name.clone()),
        };
        let (registry, column) = (input.registry, input.column);
        let target = CorrectionTarget { enterprise: id, registry, key: input.record_key, field, column };
        match told("deadline", hub.open_corrections(&[target], &opening).await).or_tell(ctx)? {
            Ok(done) => match (done.opened.first().or(done.existing.first()), done.left_out.into_iter().next()) {
                (Some(id), _) => answered(ask, id).await.or_tell(ctx),
                (None, Some((_, p))) => Ok(refused(vec![UserError::of(Some("registry"), Problem::bad_input(p.zh, p.en))])),
                (None, None) => Ok(CorrectionPayload::default()),
            },
            Err(user_errors) => Ok(refused(user_errors)),
        }
    }

    /// Asks departments about conflicts, those of the most urgent enterprises first; cells that are asked about already stay so. Needs the
    /// scopes `review` and `records`.
    async fn open_corrections(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which conflicts.")] input: OpenCorrectionsInput,
    ) -> Result<CorrectionsPayload> {
        let ask = ask(ctx);
        may_ask(ask).or_tell(ctx)?;
        let at_most = match usize::try_from(input.at_most.unwrap_or(1_000)) {
            Ok(n) if (1..=MAX_OPENED).contains(&n) => n,
            _ => {
                let problem = Problem::bad_input(
                    format!("atMost 应在 1 到 {MAX_OPENED} 之间"),
                    format!("atMost is a number from 1 to {MAX_OPENED}"),
                );
                let user_errors = vec![UserError::of(Some("atMost"), problem.remedy(MAX_OPENED.to_string()))];
                return Ok(CorrectionsPayload { user_errors, ..CorrectionsPayload::default() });
            }
        };
        let mut targets = disputes(ask, &input.filter.unwrap_or_default()).or_tell(ctx)?;
        let left = targets.len().saturating_sub(at_most);
        targets.truncate(at_most);
        let opening = CorrectionOpening {
            origin: ModelOrigin::Conflict,
            finding: None,
            reason: input.reason,
            deadline: input.deadline.map(|d| d.0),
            by: Some(ask.caller.name.clone()),
        };
        match told("deadline", ask.state.hub().open_corrections(&targets, &opening).await).or_tell(ctx)? {
            Ok(done) => {
                ask.state.tell_corrections().await.or_tell(ctx)?;
                let mut corrections = Vec::new();
                for id in done.opened.iter().take(SHOWN) {
                    corrections.extend(Correction::find(ask, id).await.or_tell(ctx)?);
                }
                Ok(CorrectionsPayload {
                    opened: done.opened.len() as i32,
                    existing: done.existing.len() as i32,
                    left_out: done.left_out.len() as i32,
                    left: left as i32,
                    corrections,
                    user_errors: Vec::new(),
                })
            }
            Err(user_errors) => Ok(CorrectionsPayload { user_errors, ..CorrectionsPayload::default() }),
        }
    }

    /// A department answers what it was asked; what it says is right stands in its record until its next delivery, and the verdicts follow.
    /// For the department that is asked; an answer that came on paper is entered with the scope `operate`.
    async fn answer_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and what.")] input: AnswerCorrectionInput,
    ) -> Result<CorrectionPayload> {
        let ask = ask(ctx);
        if ask.caller.role != Role::Partner {
            ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        }
        let id = correction_id(&input.id).to_owned();
        within_reach(ask, &id).await.or_tell(ctx)?;
        let given = GivenAnswer {
            id: id.clone(),
            answer: input.answer.into(),
            value: input.value,
            note: input.note,
            by: Some(ask.caller.name.clone()),
            idempotency: input.idempotency_key,
        };
        match told("answer", ask.state.hub().answer_correction(&given).await).or_tell(ctx)? {
            Ok(_) => {
                // What landed is to be shown.
                ask.state.note_push();
                answered(ask, &id).await.or_tell(ctx)
            }
            Err(user_errors) => Ok(refused(user_errors)),
        }
    }

    /// Takes a request back that waits for an answer. Needs the scope `review`.
    async fn withdraw_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: WithdrawCorrectionInput,
    ) -> Result<CorrectionPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = correction_id(&input.id).to_owned();
        within_reach(ask, &id).await.or_tell(ctx)?;
        let word = CorrectionWord { by: Some(ask.caller.name.clone()), note: input.reason };
        match told("id", ask.state.hub().withdraw_correction(&id, &word).await).or_tell(ctx)? {
            Ok(_) => answered(ask, &id).await.or_tell(ctx),
            Err(user_errors) => Ok(refused(user_errors)),
        }
    }

    /// Gives a department more time for an answer. Needs the scope `review`.
    async fn extend_correction(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and until when.")] input: ExtendCorrectionInput,
    ) -> Result<CorrectionPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = correction_id(&input.id).to_owned();
        within_reach(ask, &id).await.or_tell(ctx)?;
        let word = CorrectionWord { by: Some(ask.caller.name.clone()), note: input.reason };
        match told("deadline", ask.state.hub().extend_correction(&id, input.deadline.0, &word).await).or_tell(ctx)? {
            Ok(_) => answered(ask, &id).await.or_tell(ctx),
            Err(user_errors) => Ok(refused(user_errors)),
        }
    }
}
