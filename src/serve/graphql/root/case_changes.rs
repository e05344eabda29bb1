//! What people do with outreach cases: open, change, close, open again. Each is a step with who and when; nothing is overwritten.

use std::sync::Arc;

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};

use super::query::GapPart;
use crate::access::{AccessScope, classes};
use crate::cases::standing::{CaseChange, CaseOrigin as ModelOrigin, CaseOwner, CaseRefusal};
use crate::edition::{Edition, Filter};
use crate::hub::HubError;
use crate::hub::cases::{CaseOpening, CaseWord};
use crate::hub::told_order::most_urgent_first;
use crate::model::text::visible;
use crate::serve::answers::filter::EnterpriseFilter;
use crate::serve::context::{OrTell, RequestContext, ask, parts_of_id};
use crate::serve::graphql::model::cases::{OutreachCase, case_id, mendable};
use crate::serve::graphql::model::named_lists::{NamedList, named_id};
use crate::serve::graphql::model::scalars::{CaseMethod, CaseOrigin, CaseStage, Date};
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, Problem};

/// Cases that one request may open.
const MAX_OPENED: usize = 100_000;
/// Enterprises that one request may pick by id.
const MAX_PICKED: usize = 10_000;
/// Cases that an answer shows of them.
const SHOWN: usize = 50;
/// Enterprises of those picked of which is said why they have no case.
const TOLD: usize = 5;

/// Makes somebody responsible.
#[derive(InputObject)]
pub struct CaseOwnerInput {
    /// Code or name of an area, a federation unit, or a unit that was entered with the federation (a street's, a park's, a building's).
    unit: String,
    /// What they are there, such as 协管员.
    role: Option<String>,
    /// Who they are, where names are kept.
    name: Option<String>,
}

impl CaseOwnerInput {
    /// The owner with the unit's code.
    ///
    /// # Errors
    /// There is no such unit, or it is not the caller's to know of; the store cannot be read.
    pub async fn owner(self, ask: &RequestContext) -> Result<CaseOwner, HubError> {
        Ok(CaseOwner { unit: ask.owner_unit(&self.unit).await?, role: self.role, name: self.name })
    }

    /// The same of what may be left out.
    ///
    /// # Errors
    /// As of [`CaseOwnerInput::owner`].
    pub async fn given(input: Option<CaseOwnerInput>, ask: &RequestContext) -> Result<Option<CaseOwner>, HubError> {
        match input {
            Some(input) => input.owner(ask).await.map(Some),
            None => Ok(None),
        }
    }
}

/// Says who refuses, and why.
#[derive(InputObject)]
pub struct CaseRefusalInput {
    /// Their part in the enterprise.
    by: String,
    /// What they say.
    why: Option<String>,
}

/// Opens a case.
#[derive(InputObject)]
pub struct OpenCaseInput {
    /// Id or credit code of the enterprise.
    enterprise: ID,
    /// What for; HAND where left out.
    origin: Option<CaseOrigin>,
    /// Who is responsible.
    owner: Option<CaseOwnerInput>,
    /// When something is due.
    next_on: Option<Date>,
    /// What else is to be said.
    note: Option<String>,
}

/// Opens cases for part of the gap list.
#[derive(InputObject)]
pub struct OpenCasesInput {
    /// Only these enterprises.
    filter: Option<EnterpriseFilter>,
    /// Which parts of the list; LACKING where left out and nobody is picked.
    include: Option<Vec<GapPart>>,
    /// Only these, by id, whatever the list says of them where `include` is left out; at most 10,000.
    enterprises: Option<Vec<ID>>,
    /// Only those on this named list; the origin is NAMED_LIST where left out.
    named_list: Option<ID>,
    /// So many at most, the most urgent first; 1,000 where left out, at most 100,000.
    at_most: Option<i32>,
    /// What for; LIST where left out.
    origin: Option<CaseOrigin>,
    /// Who is responsible.
    owner: Option<CaseOwnerInput>,
    /// When something is due.
    next_on: Option<Date>,
    /// What else is to be said.
    note: Option<String>,
}

/// Changes a case; what is left out stays as it is, what is null is taken away.
#[derive(InputObject)]
pub struct ChangeCaseInput {
    /// Id of the case.
    case: ID,
    /// The version that was seen: where somebody else was faster, nothing is changed.
    version: Option<String>,
    /// How far it is.
    stage: Option<CaseStage>,
    /// Who is responsible.
    owner: MaybeUndefined<CaseOwnerInput>,
    /// When something is due.
    next_on: MaybeUndefined<Date>,
    /// How it is gone about.
    method: MaybeUndefined<CaseMethod>,
    /// From 1 (no chance) to 5 (as good as founded).
    assessment: MaybeUndefined<i32>,
    /// Who refuses, and why.
    refusal: MaybeUndefined<CaseRefusalInput>,
    /// What else is to be said.
    note: Option<String>,
}

/// Closes a case.
#[derive(InputObject)]
pub struct CloseCaseInput {
    /// Id of the case.
    case: ID,
    /// The version that was seen: where somebody else was faster, nothing is changed.
    version: Option<String>,
    /// Code of the reason; a founding is told by the roll and closes the case by itself.
    reason: String,
    /// What else is to be said.
    note: Option<String>,
}

/// Opens a case again.
#[derive(InputObject)]
pub struct ReopenCaseInput {
    /// Id of the case.
    case: ID,
    /// The version that was seen: where somebody else was faster, nothing is changed.
    version: Option<String>,
    /// What is to be said.
    note: Option<String>,
}

/// What became of a case.
#[derive(SimpleObject, Default)]
pub struct CasePayload {
    /// The case as it is now; null where nothing was changed.
    case: Option<OutreachCase>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// What became of part of the list.
#[derive(SimpleObject, Default)]
pub struct CasesPayload {
    /// Cases that were opened.
    opened: i32,
    /// Enterprises that had a case already, open or closed.
    existing: i32,
    /// Enterprises of the filter beyond `atMost`.
    left: i32,
    /// Enterprises for which none was opened, as nothing is left to do there: out of scope, or a union that pays its dues.
    needless: i32,
    /// The first of those opened, at most 50.
    cases: Vec<OutreachCase>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

fn maybe<T, U>(value: MaybeUndefined<T>, map: impl Fn(T) -> U) -> Option<Option<U>> {
    match value {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(map(value))),
    }
}

/// What the person can mend comes back beside the case.
fn told<T>(field: &str, result: Result<T, HubError>) -> Result<Result<T, Vec<UserError>>, Problem> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(error @ HubError::Told(_)) => Ok(Err(vec![UserError::of(Some(field), mendable(error))])),
        Err(error) => Err(mendable(error)),
    }
}

fn word(ask: &RequestContext, version: Option<&str>, note: Option<String>) -> Result<CaseWord, Problem> {
    let version = version.map(str::parse).transpose().map_err(|_| {
        Problem::bad_input("version 应为案件的 version 字段的值", "version is a value of the field `version` of a case")
    })?;
    Ok(CaseWord { by: Some(ask.caller.name.clone()), version, note })
}

/// A case of another district does not exist for the caller.
async fn within_reach(ask: &RequestContext, id: &str) -> Result<(), Problem> {
    match OutreachCase::find(ask, id).await? {
        Some(_) => Ok(()),
        None => Err(Problem::new(Code::NotFound, "没有这个案件", "there is no such case")),
    }
}

fn may_name(ask: &RequestContext, origin: Option<CaseOrigin>) -> Result<(), Problem> {
    let scope = origin.and_then(|origin| classes::of_case(origin.name()).scope());
    Ok(scope.map_or(Ok(()), |scope| ask.caller.require(scope))?)
}

async fn answered(ask: &RequestContext, id: &str) -> Result<CasePayload, Problem> {
    ask.state.tell_cases().await?;
    Ok(CasePayload { case: OutreachCase::find(ask, id).await?, user_errors: Vec::new() })
}

/// The rows of enterprises that were picked one by one; of those that were joined with another one, that one.
///
/// # Errors
/// Too many, or one that is not there for the caller; the store cannot be read.
async fn picked(ask: &RequestContext, edition: &Edition, ids: &[ID]) -> Result<Arc<roaring::RoaringBitmap>, Problem> {
    if ids.len() > MAX_PICKED {
        let (zh, en) =
            (format!("一次最多选 {MAX_PICKED} 家"), format!("at most {MAX_PICKED} enterprises can be picked at a time"));
        return Err(Problem::bad_input(zh, en).remedy(MAX_PICKED.to_string()));
    }
    let bare = |id: &ID| parts_of_id(id).0.to_owned();
    let gone: Vec<String> = ids.iter().map(bare).filter(|id| edition.row_of_id(id).is_none()).collect();
    let joined = ask.state.hub().successors(edition, gone).await.map_err(mendable)?;
    let row = |id: &ID| {
        let named = bare(id);
        let found = edition.enterprise_of_id(joined.get(&named).unwrap_or(&named)).filter(|e| ask.may_see(*e));
        let shown = visible(id);
        found
            .map(|e| e.row)
            .ok_or_else(|| Problem::bad_input(format!("没有企业 {shown}"), format!("there is no enterprise {shown}")))
    };
    Ok(Arc::new(ids.iter().map(row).collect::<Result<_, _>>()?))
}

#[derive(Default)]
pub struct CaseMutations;

/// What people do with outreach cases.
#[Object]
impl CaseMutations {
    /// Opens a case for an enterprise; one that has a case keeps it, and that is the answer. Needs the scope `review`.
    async fn open_case(&self, ctx: &Context<'_>, #[graphql(desc = "For whom.")] input: OpenCaseInput) -> Result<CasePayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        may_name(ask, input.origin).or_tell(ctx)?;
        let hub = ask.state.hub();
        let id = match told("enterprise", ask.enterprise_meant_now(&input.enterprise).await).or_tell(ctx)? {
            Ok(id) => id,
            Err(user_errors) => return Ok(CasePayload { user_errors, ..CasePayload::default() }),
        };
        let owner = match told("owner", CaseOwnerInput::given(input.owner, ask).await).or_tell(ctx)? {
            Ok(owner) => owner,
            Err(user_errors) => return Ok(CasePayload { user_errors, ..CasePayload::default() }),
        };
        let opening = CaseOpening {
            origin: input.origin.map_or(ModelOrigin::Hand, Into::into),
            owner,
            next_on: input.next_on.map(|d| d.0),
            note: input.note,
            by: Some(ask.caller.name.clone()),
        };
        match told("owner", hub.open_cases(std::slice::from_ref(&id), &opening).await).or_tell(ctx)? {
            Ok(mut done) => match done.needless.pop() {
                Some((_, problem)) => {
                    let user_errors = vec![UserError::of(Some("enterprise"), mendable(HubError::Told(problem)))];
                    Ok(CasePayload { user_errors, ..CasePayload::default() })
                }
                None => {
                    let id = done.opened.first().or(done.existing.first()).map_or("", String::as_str);
                    answered(ask, id).await.or_tell(ctx)
                }
            },
            Err(user_errors) => Ok(CasePayload { user_errors, ..CasePayload::default() }),
        }
    }

    /// Opens cases for part of the gap list, the most urgent first; enterprises that have one keep it. Needs the scope `review`.
    async fn open_cases(&self, ctx: &Context<'_>, #[graphql(desc = "For whom.")] input: OpenCasesInput) -> Result<CasesPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        may_name(ask, input.origin).or_tell(ctx)?;
        let at_most = match usize::try_from(input.at_most.unwrap_or(1_000)) {
            Ok(n) if (1..=MAX_OPENED).contains(&n) => n,
            _ => {
                let problem = Problem::bad_input(
                    format!("atMost 应在 1 到 {MAX_OPENED} 之间"),
                    format!("atMost is a number from 1 to {MAX_OPENED}"),
                );
                let user_errors = vec![UserError::of(Some("atMost"), problem.remedy(MAX_OPENED.to_string()))];
                return Ok(CasesPayload { user_errors, ..CasesPayload::default() });
            }
        };
        let hub = ask.state.hub();
        // Whoever picks enterprises one by one knows why, whatever the list says of them: a lead may be of a small one.
        let part = match (&input.include, &input.enterprises) {
            (None, Some(_)) => Filter::All,
            (None, None) => GapPart::Lacking.filter(),
            (Some(parts), _) => Filter::Or(parts.iter().copied().map(GapPart::filter).collect()),
        };
        let filter = ask.planned(&input.filter.unwrap_or_default(), None).await.or_tell(ctx)?;
        let mut filter = ask.within_areas(part.and(filter));
        let edition = ask.edition().or_tell(ctx)?;
        if let Some(ids) = &input.enterprises {
            match picked(ask, &edition, ids).await {
                Ok(rows) => filter = filter.and(Filter::Rows(rows)),
                Err(problem) => {
                    let user_errors = vec![UserError::of(Some("enterprises"), problem)];
                    return Ok(CasesPayload { user_errors, ..CasesPayload::default() });
                }
            }
        }
        if let Some(list) = &input.named_list {
            let list = named_id(list);
            if let Err(user_errors) = told("namedList", hub.named_list(list).await).or_tell(ctx)? {
                return Ok(CasesPayload { user_errors, ..CasesPayload::default() });
            }
            let rows = NamedList::rows(ask, &edition, list).await.or_tell(ctx)?;
            filter = filter.and(Filter::Rows(std::sync::Arc::new(rows.into_iter().collect())));
        }
        let otherwise = if input.named_list.is_some() { ModelOrigin::NamedList } else { ModelOrigin::List };
        let rows = edition.filter(&filter).map_err(Problem::from).or_tell(ctx)?;
        let first = most_urgent_first(&edition, &rows, ask.caller.sight()).into_iter().take(at_most);
        let ids: Vec<String> = first.map(|row| edition.enterprise(row).id().to_owned()).collect();
        let owner = match told("owner", CaseOwnerInput::given(input.owner, ask).await).or_tell(ctx)? {
            Ok(owner) => owner,
            Err(user_errors) => return Ok(CasesPayload { user_errors, ..CasesPayload::default() }),
        };
        let opening = CaseOpening {
            origin: input.origin.map_or(otherwise, Into::into),
            owner,
            next_on: input.next_on.map(|d| d.0),
            note: input.note,
            by: Some(ask.caller.name.clone()),
        };
        match told("owner", hub.open_cases(&ids, &opening).await).or_tell(ctx)? {
            Ok(done) => {
                ask.state.tell_cases().await.or_tell(ctx)?;
                let mut cases = Vec::new();
                for id in done.opened.iter().take(SHOWN) {
                    cases.extend(OutreachCase::find(ask, id).await.or_tell(ctx)?);
                }
                // Whoever picked enterprises one by one is told why nothing came of it.
                let is_nothing = input.enterprises.is_some() && done.opened.is_empty() && done.existing.is_empty();
                let why = done.needless.iter().take(if is_nothing { TOLD } else { 0 });
                let why = why.map(|(_, problem)| UserError::of(Some("enterprises"), mendable(HubError::Told(problem.clone()))));
                Ok(CasesPayload {
                    opened: done.opened.len() as i32,
                    existing: done.existing.len() as i32,
                    left: (rows.len() - ids.len() as u64) as i32,
                    needless: done.needless.len() as i32,
                    cases,
                    user_errors: why.collect(),
                })
            }
            Err(user_errors) => Ok(CasesPayload { user_errors, ..CasesPayload::default() }),
        }
    }

    /// Changes stage, owner, next date, method, assessment or refusal of a case, or writes something down. Needs the scope `review`.
    async fn change_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What changes.")] input: ChangeCaseInput,
    ) -> Result<CasePayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = case_id(&input.case);
        within_reach(ask, id).await.or_tell(ctx)?;
        let owner = match input.owner {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(owner) => match told("owner", owner.owner(ask).await).or_tell(ctx)? {
                Ok(owner) => Some(Some(owner)),
                Err(user_errors) => return Ok(CasePayload { user_errors, ..CasePayload::default() }),
            },
        };
        let change = CaseChange {
            stage: input.stage.map(Into::into),
            owner,
            next_on: maybe(input.next_on, |d| d.0),
            method: maybe(input.method, Into::into),
            // What is no small number is refused as one that is out of range.
            assessment: maybe(input.assessment, |n| u8::try_from(n).unwrap_or(u8::MAX)),
            refusal: maybe(input.refusal, |r| CaseRefusal { by: r.by, why: r.why }),
        };
        let word = word(ask, input.version.as_deref(), input.note).or_tell(ctx)?;
        match told("case", ask.state.hub().change_case(id, change, &word).await).or_tell(ctx)? {
            Ok(_) => answered(ask, id).await.or_tell(ctx),
            Err(user_errors) => Ok(CasePayload { user_errors, ..CasePayload::default() }),
        }
    }

    /// Closes a case with a reason. A founding closes it by itself, once the roll shows the union and the first dues arrive. Needs the
    /// scope `review`.
    async fn close_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: CloseCaseInput,
    ) -> Result<CasePayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = case_id(&input.case);
        within_reach(ask, id).await.or_tell(ctx)?;
        let word = word(ask, input.version.as_deref(), input.note).or_tell(ctx)?;
        match told("reason", ask.state.hub().close_case(id, &input.reason, &word).await).or_tell(ctx)? {
            Ok(_) => answered(ask, id).await.or_tell(ctx),
            Err(user_errors) => Ok(CasePayload { user_errors, ..CasePayload::default() }),
        }
    }

    /// Opens a case again that a person closed. Needs the scope `review`.
    async fn reopen_case(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: ReopenCaseInput,
    ) -> Result<CasePayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let id = case_id(&input.case);
        within_reach(ask, id).await.or_tell(ctx)?;
        let word = word(ask, input.version.as_deref(), input.note).or_tell(ctx)?;
        match told("case", ask.state.hub().reopen_case(id, &word).await).or_tell(ctx)? {
            Ok(_) => answered(ask, id).await.or_tell(ctx),
            Err(user_errors) => Ok(CasePayload { user_errors, ..CasePayload::default() }),
        }
    }
}
