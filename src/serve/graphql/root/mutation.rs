//! What people add: judgements, findings, decisions on batches, targets. Recorded with who and why; the verdicts follow in
//! the same answer. What a person entered wrongly comes back as `userErrors`, not as an error.

use async_graphql::{Context, ID, InputObject, MergedObject, Object, Result, SimpleObject};

use super::address_changes::AddressMutations;
use super::caller_changes::CallerMutations;
use super::case_changes::CaseMutations;
use super::correction_changes::CorrectionMutations;
use super::duty_changes::DutyMutations;
use super::exports::{CreateExportInput, ExportPayload};
use super::federation_changes::FederationMutations;
use super::named_list_changes::NamedListMutations;
use super::policy_changes::PolicyMutations;
use super::recorded::{held, later, mend, progress};
use super::registry_changes::RegistrySettingsMutations;
use super::token_changes::TokenMutations;
use super::visit_changes::VisitMutations;
use super::webhook_changes::WebhookMutations;
use crate::access::AccessScope;
use crate::edition::LookupKey;
use crate::hub::{NewFinding, NewJudgement, SyncOptions};
use crate::serve::context::{OrTell, RequestContext, ask, parts_of_id};
use crate::serve::export::jobs::Jobs;
use crate::serve::graphql::model::edition::{EditionNode, HeldEdition};
use crate::serve::graphql::model::enterprise::Enterprise;
use crate::serve::graphql::model::history::Finding;
use crate::serve::graphql::model::registry::Batch;
use crate::serve::graphql::model::review::{Judgement, JudgementVerdict};
use crate::serve::graphql::model::scalars::Date;
use crate::serve::graphql::model::targets::{SetTarget, Target, WithdrawTarget};
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, GraphProblem, Problem};
use crate::store::StoreError;

/// Decides a pair of the review queue.
#[derive(InputObject)]
pub struct JudgeInput {
    /// Id of the pair.
    pair: ID,
    /// The decision.
    verdict: JudgementVerdict,
    /// Why.
    reason: Option<String>,
    /// Sent again with the same key, nothing happens twice.
    idempotency_key: Option<String>,
}

/// Takes something back.
#[derive(InputObject)]
pub struct WithdrawInput {
    /// Id of the judgement or finding.
    id: ID,
    /// Why.
    reason: Option<String>,
}

/// Records what a visit found.
#[derive(InputObject)]
pub struct FindingInput {
    /// Id of the enterprise.
    enterprise: ID,
    /// Code of the reason.
    reason: String,
    /// What else is to be said.
    note: Option<String>,
    /// The last day it holds.
    until: Option<Date>,
    /// Sent again with the same key, nothing happens twice.
    idempotency_key: Option<String>,
}

/// Starts a sync.
#[derive(InputObject)]
pub struct StartSyncInput {
    /// Names of registries; all where left out.
    registries: Option<Vec<String>>,
    /// Pull everything again, also where the source says it has not changed.
    full: Option<bool>,
}

/// Decides a held batch.
#[derive(InputObject)]
pub struct DecideBatchInput {
    /// Id of the batch.
    batch: ID,
    /// Land it; false: reject it.
    release: bool,
    /// Why.
    reason: String,
}

/// Reads quarantined rows again, after a fix.
#[derive(InputObject)]
pub struct ReplayInput {
    /// Name of the registry.
    registry: String,
    /// Ids of rows; all open ones where left out.
    rows: Option<Vec<ID>>,
}

/// What a judgement led to.
#[derive(SimpleObject, Default)]
pub struct JudgePayload {
    /// The judgement; null where it was refused or withdrawn.
    judgement: Option<Judgement>,
    /// The enterprises it concerned, as they are now.
    enterprises: Vec<Enterprise>,
    /// Set where an edition waits for a person: what was recorded shows once it is released.
    held: Option<HeldEdition>,
    /// It is recorded, and shows with the next edition: a sync is under way.
    pending: bool,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// What a finding led to.
#[derive(SimpleObject, Default)]
pub struct FindingPayload {
    /// The finding; null where it was refused or withdrawn.
    finding: Option<Finding>,
    /// The enterprise as it is now.
    enterprise: Option<Enterprise>,
    /// Set where an edition waits for a person: what was recorded shows once it is released.
    held: Option<HeldEdition>,
    /// It is recorded, and shows with the next edition: a sync is under way.
    pending: bool,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// Whether a sync began.
#[derive(SimpleObject, Default)]
pub struct SyncPayload {
    /// Follow it with the subscription `syncProgress`.
    started: bool,
    /// Why it did not.
    user_errors: Vec<UserError>,
}

/// What became of a batch.
#[derive(SimpleObject, Default)]
pub struct BatchPayload {
    /// The batch; null where the input was refused, or rows of several batches were replayed.
    batch: Option<Batch>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// Decides an edition that waits.
#[derive(InputObject)]
pub struct DecideEditionInput {
    /// Id of the edition that waits.
    held: ID,
    /// Why.
    reason: String,
}

/// What became of an edition that waited.
#[derive(SimpleObject, Default)]
pub struct EditionPayload {
    /// What was decided; null where the input was refused.
    held: Option<HeldEdition>,
    /// What is published now.
    edition: Option<EditionNode>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

fn held_id(id: &ID) -> Result<i64, Problem> {
    let wrong = |_| Problem::bad_input("held 应为待定版本的 id", "held is the id of an edition that waits");
    id.strip_prefix("held:").unwrap_or(id).parse().map_err(wrong)
}

/// A target that was set.
#[derive(SimpleObject, Default)]
pub struct TargetPayload {
    /// The target; null where it was refused or withdrawn.
    target: Option<Target>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// Enterprises in the newest edition, as far as the caller may see them.
async fn as_they_are_now(ctx: &Context<'_>, ids: &[String]) -> Result<Vec<Enterprise>> {
    let ask = ask(ctx);
    ask.state.refresh().await.or_tell(ctx)?;
    let edition = ask.state.hub().editions.current().or_tell(ctx)?;
    let rows = ids.iter().filter_map(|id| edition.enterprise_of_id(id)).filter(|e| ask.may_see(*e)).map(|e| e.row);
    Ok(rows.map(|row| Enterprise::new(ask, &edition, row)).collect())
}

/// Whether the caller may speak of this enterprise: one outside their areas does not exist for them, nor does one that is in no
/// edition any more, unless it lives on under another id.
async fn within_reach(ask: &RequestContext, id: &str) -> Result<(), Problem> {
    if ask.caller.areas.is_empty() {
        return Ok(());
    }
    let edition = ask.edition()?;
    let now = match edition.enterprise_of_id(id) {
        Some(e) => Some(e),
        None => match ask.state.hub().store.entity_redirect(id).await? {
            Some(target) => edition.enterprise_of_id(&target),
            // As people write it: by its credit code.
            None => edition.rows(&LookupKey::CreditCode(id.to_owned())).first().map(|row| edition.enterprise(*row)),
        },
    };
    match now.filter(|e| ask.may_see(*e)) {
        Some(_) => Ok(()),
        None => Err(Problem::new(Code::NotFound, "没有这家企业", "there is no such enterprise")),
    }
}

/// Whether the caller may speak of a judgement: one of its two records is of an enterprise that they may see.
async fn judgement_within_reach(ask: &RequestContext, id: &str) -> Result<(), Problem> {
    if ask.caller.areas.is_empty() {
        return Ok(());
    }
    if let Some(j) = ask.state.hub().store.judgement(id).await? {
        let left = ask.holder_of(&j.left_registry, &j.left_key)?;
        if left.is_some() || ask.holder_of(&j.right_registry, &j.right_key)?.is_some() {
            return Ok(());
        }
    }
    Err(Problem::new(Code::NotFound, "没有这项判断", "there is no such judgement"))
}

/// A key that a caller sent, as the store keeps it: two callers may well send the same.
fn own_key(ask: &RequestContext, key: Option<String>) -> Option<String> {
    key.map(|key| format!("{}:{key}", ask.caller.id))
}

#[derive(Default)]
pub struct Mutation;

/// What people add to what the registries say: recorded with who and why, applied at once, withdrawable.
#[derive(MergedObject, Default)]
#[graphql(name = "Mutation")]
pub struct Mutations(
    Mutation,
    AddressMutations,
    CallerMutations,
    CaseMutations,
    CorrectionMutations,
    DutyMutations,
    FederationMutations,
    NamedListMutations,
    PolicyMutations,
    RegistrySettingsMutations,
    TokenMutations,
    VisitMutations,
    WebhookMutations,
);

/// What people add to what the registries say.
#[Object(name = "RegistryMutation")]
impl Mutation {
    /// Same, different or not sure: recorded with the person and the reason, applied at once, undone by
    /// withdrawJudgement. Needs the scope `review`.
    async fn judge(&self, ctx: &Context<'_>, #[graphql(desc = "The decision.")] input: JudgeInput) -> Result<JudgePayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let hub = ask.state.hub();
        let concerned = hub.store.review_pair(&input.pair).await.or_tell(ctx)?.map(|p| p.entities).unwrap_or_default();
        for id in &concerned {
            within_reach(ask, id).await.or_tell(ctx)?;
        }
        let new = NewJudgement {
            pair: input.pair.0,
            verdict: input.verdict.into(),
            reason: input.reason,
            by: Some(ask.caller.name.clone()),
            idempotency: own_key(ask, input.idempotency_key),
        };
        match mend(ctx, "pair", hub.judge(new, progress(ask)).await)? {
            Ok(recorded) => Ok(JudgePayload {
                pending: later(ask, recorded.pending),
                judgement: Some(recorded.row.into()),
                enterprises: as_they_are_now(ctx, &concerned).await?,
                held: held(ctx).await?,
                user_errors: Vec::new(),
            }),
            Err(user_errors) => Ok(JudgePayload { user_errors, ..JudgePayload::default() }),
        }
    }

    /// Takes a judgement back; no trace of it stays in what is joined. Needs the scope `review`.
    async fn withdraw_judgement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: WithdrawInput,
    ) -> Result<JudgePayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        judgement_within_reach(ask, &input.id).await.or_tell(ctx)?;
        let hub = ask.state.hub();
        let done = hub.withdraw_judgement(&input.id, Some(&ask.caller.name), input.reason.as_deref(), progress(ask)).await;
        match mend(ctx, "id", done)? {
            Ok(recorded) => {
                ask.state.refresh().await.or_tell(ctx)?;
                let row = hub.store.judgement(&input.id).await.or_tell(ctx)?;
                let (held, pending) = (held(ctx).await?, later(ask, recorded.pending));
                Ok(JudgePayload { judgement: row.map(Into::into), held, pending, ..JudgePayload::default() })
            }
            Err(user_errors) => Ok(JudgePayload { user_errors, ..JudgePayload::default() }),
        }
    }

    /// What a visit found: does not exist, moved, refuses, already unionised, … An input to the verdicts. Needs the scope
    /// `review`.
    async fn record_finding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What was found.")] input: FindingInput,
    ) -> Result<FindingPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let enterprise = parts_of_id(&input.enterprise).0.to_owned();
        within_reach(ask, &enterprise).await.or_tell(ctx)?;
        let new = NewFinding {
            enterprise,
            reason: input.reason,
            note: input.note,
            until: input.until.map(|d| d.0),
            by: Some(ask.caller.name.clone()),
            idempotency: own_key(ask, input.idempotency_key),
        };
        match mend(ctx, "reason", ask.state.hub().add_finding(new, progress(ask)).await)? {
            Ok(recorded) => Ok(FindingPayload {
                pending: later(ask, recorded.pending),
                enterprise: as_they_are_now(ctx, std::slice::from_ref(&recorded.enterprise_id)).await?.into_iter().next(),
                held: held(ctx).await?,
                finding: Some(recorded.row.into()),
                user_errors: Vec::new(),
            }),
            Err(user_errors) => Ok(FindingPayload { user_errors, ..FindingPayload::default() }),
        }
    }

    /// Takes a finding back. Needs the scope `review`.
    async fn withdraw_finding(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: WithdrawInput,
    ) -> Result<FindingPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let hub = ask.state.hub();
        let all = hub.store.findings(None).await.or_tell(ctx)?;
        let enterprise = all.into_iter().find(|f| f.id == *input.id).map(|f| f.enterprise_id);
        within_reach(ask, enterprise.as_deref().unwrap_or_default()).await.or_tell(ctx)?;
        let done = hub.withdraw_finding(&input.id, Some(&ask.caller.name), input.reason.as_deref(), progress(ask)).await;
        match mend(ctx, "id", done)? {
            Ok(recorded) => {
                let ids: Vec<String> = enterprise.into_iter().collect();
                let now = as_they_are_now(ctx, &ids).await?.into_iter().next();
                let finding = match ids.first() {
                    Some(id) => hub.store.findings(Some(id)).await.or_tell(ctx)?.into_iter().find(|f| f.id == *input.id),
                    None => None,
                };
                Ok(FindingPayload {
                    pending: later(ask, recorded.pending),
                    finding: finding.map(Into::into),
                    enterprise: now,
                    held: held(ctx).await?,
                    user_errors: Vec::new(),
                })
            }
            Err(user_errors) => Ok(FindingPayload { user_errors, ..FindingPayload::default() }),
        }
    }

    /// Starts a sync in the background; the subscription `syncProgress` follows it. Needs the scope `operate`.
    async fn start_sync(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to sync.")] input: StartSyncInput,
    ) -> Result<SyncPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        let hub = ask.state.hub();
        let registries = input.registries.unwrap_or_default();
        for name in &registries {
            if let Err(user_errors) = mend(ctx, "registries", hub.registry(name).await)? {
                return Ok(SyncPayload { started: false, user_errors });
            }
        }
        let running = || {
            let problem = Problem::new(Code::SourceUnavailable, "同步正在进行", "a sync is running already");
            SyncPayload { started: false, user_errors: vec![UserError::of(None, problem)] }
        };
        let Some(turn) = ask.state.begin_sync() else { return Ok(running()) };
        // Another process on the same store may lead.
        let leader = match hub.store.lead().await {
            Ok(leader) => leader,
            Err(StoreError::Busy { .. }) => return Ok(running()),
            Err(error) => return Err(Problem::from(error)).or_tell(ctx),
        };
        let options = SyncOptions { registries, full: input.full.unwrap_or(false), ..SyncOptions::default() };
        let (app, progress) = (ask.state.clone(), progress(ask));
        // Within the trace of whoever started it.
        let within = tracing::info_span!("started");
        let syncing = async move {
            let _turn = turn;
            match app.hub().sync_leading(leader, &options, progress).await {
                Ok(report) => crate::serve::operate::alerts::warn(&report),
                Err(error) => tracing::error!(%error, "a sync started over GraphQL failed"),
            }
            if let Err(problem) = app.refresh().await {
                tracing::error!(problem = %problem.en, "the edition after a sync could not be read");
            }
        };
        tokio::spawn(tracing::Instrument::instrument(syncing, within));
        Ok(SyncPayload { started: true, user_errors: Vec::new() })
    }

    /// A batch that its guard held: release it or reject it, with a reason. Needs the scope `operate`.
    async fn decide_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The decision.")] input: DecideBatchInput,
    ) -> Result<BatchPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        let number = input.batch.strip_prefix("batch:").unwrap_or(&input.batch).parse();
        let number = number.map_err(|_| Problem::bad_input("batch 应为批次 id", "batch is the id of a batch")).or_tell(ctx)?;
        let hub = ask.state.hub();
        let done = hub.decide_batch(number, input.release, &ask.caller.name, &input.reason, progress(ask)).await;
        match mend(ctx, "batch", done)? {
            Ok(decision) => {
                ask.state.refresh().await.or_tell(ctx)?;
                let rows = hub.store.registries().await.or_tell(ctx)?;
                let name = rows.iter().find(|r| r.id == decision.batch.registry_id).map_or("", |r| &r.name);
                Ok(BatchPayload { batch: Some(Batch::new(name, decision.batch.clone())), user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(BatchPayload { user_errors, ..BatchPayload::default() }),
        }
    }

    /// Publishes the edition that waits. Needs the scope `operate`.
    async fn release_edition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: DecideEditionInput,
    ) -> Result<EditionPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        let id = Some(held_id(&input.held).or_tell(ctx)?);
        let hub = ask.state.hub();
        match mend(ctx, "held", hub.release_edition(id, &ask.caller.name, &input.reason, progress(ask)).await)? {
            Ok((held, _)) => {
                ask.state.refresh().await.or_tell(ctx)?;
                let edition = hub.editions.current().or_tell(ctx)?;
                let (held, edition) = (HeldEdition::new(held, ask.lang), EditionNode::opened(&edition));
                Ok(EditionPayload { held: Some(held), edition: Some(edition), user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(EditionPayload { user_errors, ..EditionPayload::default() }),
        }
    }

    /// Leaves what is published as it is, until the data change. Needs the scope `operate`.
    async fn reject_edition(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and why.")] input: DecideEditionInput,
    ) -> Result<EditionPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        let id = Some(held_id(&input.held).or_tell(ctx)?);
        match mend(ctx, "held", ask.state.hub().reject_edition(id, &ask.caller.name, &input.reason).await)? {
            Ok(held) => {
                let edition = ask.state.hub().editions.current().or_tell(ctx)?;
                let (held, edition) = (HeldEdition::new(held, ask.lang), EditionNode::opened(&edition));
                Ok(EditionPayload { held: Some(held), edition: Some(edition), user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(EditionPayload { user_errors, ..EditionPayload::default() }),
        }
    }

    /// Reads quarantined rows again with today's connector, after a fix. Needs the scope `operate`.
    async fn replay_quarantine(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which rows.")] input: ReplayInput,
    ) -> Result<BatchPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        let number = |id: &ID| id.strip_prefix("quarantine:").unwrap_or(id).parse::<i64>().ok();
        let ids: Option<Vec<i64>> = input.rows.unwrap_or_default().iter().map(number).collect();
        let ids = ids.ok_or_else(|| Problem::bad_input("rows 应为隔离行 id", "rows are ids of quarantined rows")).or_tell(ctx)?;
        match mend(ctx, "registry", ask.state.hub().replay_quarantine(&input.registry, &ids, progress(ask)).await)? {
            Ok((receipts, _)) => {
                ask.state.refresh().await.or_tell(ctx)?;
                let batch = match receipts.as_slice() {
                    [one] => match one.batch {
                        Some(id) => ask.state.hub().store.batch(id).await.or_tell(ctx)?,
                        None => None,
                    },
                    _ => None,
                };
                Ok(BatchPayload { batch: batch.map(|b| Batch::new(&input.registry, b)), user_errors: Vec::new() })
            }
            Err(user_errors) => Ok(BatchPayload { user_errors, ..BatchPayload::default() }),
        }
    }

    /// Starts an export to a file; the subscription `exportProgress` follows it. Needs the scope `export`.
    async fn create_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to export.")] input: CreateExportInput,
    ) -> Result<ExportPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Export).or_tell(ctx)?;
        ExportPayload::create(ask, ctx.data_unchecked::<Jobs>(), input).await.or_tell(ctx)
    }

    /// Sets the target of an area for a year and an indicator; the one before is replaced. Needs the scope `operate`.
    async fn set_target(&self, ctx: &Context<'_>, #[graphql(desc = "The target.")] input: SetTarget) -> Result<TargetPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        match Target::set(ask, input).await {
            Ok(target) => Ok(TargetPayload { target: Some(target), user_errors: Vec::new() }),
            Err(problem) if problem.code == Code::BadInput => {
                Ok(TargetPayload { user_errors: vec![UserError::of(Some("area"), problem)], ..TargetPayload::default() })
            }
            Err(problem) => Err(problem.error(ask.lang)),
        }
    }

    /// Takes back a target that a person set; where a registry delivers one, that counts again. Needs the scope `operate`.
    async fn withdraw_target(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which target.")] input: WithdrawTarget,
    ) -> Result<TargetPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Operate).or_tell(ctx)?;
        match Target::withdraw(ask, input).await {
            Ok(()) => Ok(TargetPayload::default()),
            Err(problem) if problem.code == Code::BadInput => {
                Ok(TargetPayload { user_errors: vec![UserError::of(Some("area"), problem)], ..TargetPayload::default() })
            }
            Err(problem) => Err(problem.error(ask.lang)),
        }
    }
}
