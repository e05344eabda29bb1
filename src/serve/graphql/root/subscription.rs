//! What happens now.

use std::sync::Arc;

use async_graphql::{Context, ID, Object, Result, SimpleObject, Subscription};
use futures_util::{Stream, StreamExt};
use tokio::sync::broadcast;

use super::exports::Export;
use crate::access::AccessScope;
use crate::hub::progress::SyncEvent;
use crate::model::message::Lang;
use crate::serve::answers::events::LastEvent;
use crate::serve::answers::filter::known_registries;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::export::jobs::Jobs;
use crate::serve::graphql::model::cases::{CaseEvent, CaseOwnerKey, OutreachCase, mendable};
use crate::serve::graphql::model::corrections::{Correction, CorrectionEvent, own_registry};
use crate::serve::graphql::model::duties::DutyChanged;
use crate::serve::graphql::model::edition::EditionNode;
use crate::serve::graphql::model::registry::Registry;
use crate::serve::graphql::model::scalars::Language;
use crate::serve::graphql::model::visits::VisitListChanged;
use crate::serve::problem::Problem;
use crate::store::export::ExportRow;

/// One step of a sync under way.
pub struct SyncProgress {
    registry: Option<Registry>,
    stage: String,
    done: u64,
    of: Option<u64>,
    zh: String,
    en: String,
}

/// One step of a sync under way.
#[Object]
impl SyncProgress {
    /// The registry it concerns; null for a stage that concerns all.
    async fn registry(&self) -> Option<&Registry> {
        self.registry.as_ref()
    }
    /// pulling, landing, done, or the stage's name.
    async fn stage(&self) -> &str {
        &self.stage
    }
    /// Rows so far.
    async fn done(&self) -> u64 {
        self.done
    }
    /// Rows in all, where that is known.
    async fn of(&self) -> Option<u64> {
        self.of
    }
    /// What is happening; how a registry's pull ended in detail (places, what it answered) only with the scope `operate`.
    async fn message(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Chinese or English; the caller's language otherwise.")] lang: Option<Language>,
    ) -> &str {
        let lang: Lang = lang.map_or(ask(ctx).lang, Into::into);
        match self.stage == "done" && !ask(ctx).caller.may(AccessScope::Operate) {
            true => lang.pick("已结束", "ended"),
            false => lang.pick(&self.zh, &self.en),
        }
    }
}

impl From<&SyncEvent> for SyncProgress {
    fn from(event: &SyncEvent) -> SyncProgress {
        let step = |registry: Option<&String>, stage: &str, done, of, zh: String, en: String| SyncProgress {
            registry: registry.map(|name| Registry::named(name)),
            stage: stage.to_owned(),
            done,
            of,
            zh,
            en,
        };
        match event {
            SyncEvent::Pulling { registry, rows, of } => {
                let (zh, en) = (format!("正在读取 {rows} 行"), format!("pulling: {rows} rows"));
                step(Some(registry), "pulling", *rows, *of, zh, en)
            }
            SyncEvent::Landing { registry } => {
                step(Some(registry), "landing", 0, None, "正在入库".to_owned(), "landing".to_owned())
            }
            SyncEvent::Done { registry, zh, en } => step(Some(registry), "done", 0, None, zh.clone(), en.clone()),
            SyncEvent::Stage { name, zh, en } | SyncEvent::StageDone { name, zh, en } => {
                step(None, name, 0, None, zh.clone(), en.clone())
            }
        }
    }
}

/// Items of a channel; one that was missed because the subscriber was slow is skipped.
fn items<T: Clone + Send + 'static>(receiver: broadcast::Receiver<T>) -> impl Stream<Item = T> {
    futures_util::stream::unfold(receiver, |mut receiver| async move {
        loop {
            match receiver.recv().await {
                Ok(item) => return Some((item, receiver)),
                Err(broadcast::error::RecvError::Lagged(_)) => {}
                Err(broadcast::error::RecvError::Closed) => return None,
            }
        }
    })
}

/// What the caller may be told of visit lists and duties, and the unit that is asked for, by its code.
async fn work_of(ctx: &Context<'_>, unit: Option<String>) -> Result<(Arc<RequestContext>, Arc<Option<String>>)> {
    let ask = ask(ctx).clone();
    ask.caller.require(AccessScope::Review).or_tell(ctx)?;
    let unit = match &unit {
        Some(unit) => Some(ask.owner_unit(unit).await.map_err(mendable).or_tell(ctx)?),
        None => None,
    };
    Ok((ask, Arc::new(unit)))
}

/// A step of an outreach case, and the case as it is since.
#[derive(SimpleObject)]
pub struct CaseChanged {
    /// What happened.
    event: CaseEvent,
    /// The case as it is now.
    case: OutreachCase,
}

/// An event of a correction request, and the request as it is since.
#[derive(SimpleObject)]
pub struct CorrectionChanged {
    /// What happened.
    event: CorrectionEvent,
    /// The request as it is now.
    correction: Correction,
}

pub struct Subscriptions;

/// What happens now, over WebSocket (`/graphql/ws`) or server-sent events (`/graphql/sse`).
#[Subscription(name = "Subscription")]
impl Subscriptions {
    /// Every edition as it is published; first those that were missed, where the caller says what they were told of last.
    async fn edition_published<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(
            desc = "The id of the last edition you were told of, such as `edition:12`; over server-sent events the header \
                          Last-Event-ID says the same."
        )]
        last_event_id: Option<ID>,
    ) -> Result<impl Stream<Item = EditionNode> + use<'ctx>> {
        let hub = ask(ctx).state.hub().clone();
        // Listening begins before the missed ones are looked up, so that none falls between the two.
        let live = items(ask(ctx).state.events().editions.subscribe());
        let told = ctx.data_opt::<LastEvent>().cloned().unwrap_or_default();
        let since = match last_event_id {
            None => told.edition(),
            Some(id) => Some(LastEvent::number(&id).ok_or_else(|| {
                Problem::bad_input(
                    "lastEventId 应为版本的 id，如 edition:12",
                    "lastEventId is the id of an edition, such as edition:12",
                )
            }))
            .transpose()
            .or_tell(ctx)?,
        };
        let mut missed = hub.editions.list();
        missed.retain(|manifest| since.is_some_and(|since| manifest.number > since));
        missed.reverse();
        let newest = missed.last().map_or(0, |manifest| manifest.number);
        let later = live.filter(move |manifest| std::future::ready(manifest.number > newest));
        Ok(futures_util::stream::iter(missed).chain(later).map(move |manifest| {
            told.tell(manifest.number);
            EditionNode::of(manifest)
        }))
    }

    /// One export: as it is now, then every step until it ends. Needs the scope `export`.
    async fn export_progress<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Its id.")] id: ID,
    ) -> Result<impl Stream<Item = Export> + use<'ctx>> {
        let ask = ask(ctx).clone();
        // Listening begins before the row is read, so that no step falls between the two.
        let steps = items(ctx.data_unchecked::<Jobs>().steps.subscribe());
        let row = Export::find(&ask, &id).await.or_tell(ctx)?;
        let ended = |row: &ExportRow| matches!(row.state.as_str(), "DONE" | "FAILED");
        let is_over = ended(&row);
        let now = futures_util::stream::once(std::future::ready(Export::of(row)));
        let mine = Box::pin(steps.filter(move |step| std::future::ready(step.row.id == *id)));
        // The stream ends with the job: behind its last step nothing is waited for.
        let later = futures_util::stream::unfold((mine, is_over), move |(mut mine, is_over)| async move {
            let step = if is_over { None } else { mine.next().await }?;
            let is_over = ended(&step.row);
            Some((Export(step), (mine, is_over)))
        });
        Ok(now.chain(later))
    }

    /// Every step of outreach cases in the caller's areas, as it is made: by whomever, in whichever process. Needs the scope `review`.
    async fn case_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only of cases of this owner.")] owner: Option<CaseOwnerKey>,
    ) -> Result<impl Stream<Item = CaseChanged> + use<'ctx>> {
        let ask = ask(ctx).clone();
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let owner = owner.unwrap_or_default();
        let unit = match &owner.unit {
            Some(unit) => Some(ask.owner_unit(unit).await.map_err(mendable).or_tell(ctx)?),
            None => None,
        };
        let wanted = Arc::new((unit, owner.role, owner.name));
        let steps = items(ask.state.events().cases.subscribe());
        let told = steps.filter_map(move |event| {
            let (ask, wanted) = (ask.clone(), wanted.clone());
            async move {
                // One whose case cannot be read now is passed over, as one that was missed.
                let case = OutreachCase::find(&ask, &event.case_id).await.ok()??;
                let (unit, role, name) = &*wanted;
                let edition = ask.state.hub().editions.current().ok()?;
                case.is_of(unit.as_deref(), role.as_deref(), name.as_deref())
                    .then(|| CaseChanged { event: CaseEvent::new(&edition, (*event).clone()), case })
            }
        });
        Ok(Box::pin(told))
    }

    /// Whatever happens to visit lists whose doors are all the caller's, as it is done: by whomever, in whichever process. Needs the scope
    /// `review`.
    async fn visit_list_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only of lists that this unit walks: code or name.")] unit: Option<String>,
    ) -> Result<impl Stream<Item = VisitListChanged> + use<'ctx>> {
        let (ask, unit) = work_of(ctx, unit).await?;
        let events = items(ask.state.events().work.subscribe());
        Ok(Box::pin(events.filter_map(move |event| {
            let (ask, unit) = (ask.clone(), unit.clone());
            // One whose list cannot be read now is passed over, as one that was missed.
            async move { VisitListChanged::of(&ask, &event, unit.as_deref()).await.ok()? }
        })))
    }

    /// Every duty that is given or ended, of the caller's units, areas and enterprises, as it is done: by whomever, in whichever process.
    /// Needs the scope `review`.
    async fn duty_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only of this unit: code or name.")] unit: Option<String>,
    ) -> Result<impl Stream<Item = DutyChanged> + use<'ctx>> {
        let (ask, unit) = work_of(ctx, unit).await?;
        let events = items(ask.state.events().work.subscribe());
        Ok(Box::pin(events.filter_map(move |event| {
            let (ask, unit) = (ask.clone(), unit.clone());
            async move { DutyChanged::of(&ask, &event, unit.as_deref()).await.ok()? }
        })))
    }

    /// Every event of correction requests, as it is made: by whomever, in whichever process. A department is told of those of its own
    /// registry; else it needs the scope `review`.
    async fn correction_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only of this registry.")] registry: Option<String>,
    ) -> Result<impl Stream<Item = CorrectionChanged> + use<'ctx>> {
        let ask = ask(ctx).clone();
        if own_registry(&ask).is_none() {
            ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        }
        known_registries(ask.state.hub(), registry.as_slice()).or_tell(ctx)?;
        let events = items(ask.state.events().corrections.subscribe());
        let wanted = events.filter(move |event| std::future::ready(registry.as_ref().is_none_or(|name| *name == event.registry)));
        Ok(Box::pin(wanted.filter_map(move |event| {
            let ask = ask.clone();
            async move {
                let correction = Correction::find(&ask, &event.correction_id).await.ok()??;
                Some(CorrectionChanged { event: CorrectionEvent::new(&correction, (*event).clone()), correction })
            }
        })))
    }

    /// Every step of syncs under way.
    async fn sync_progress<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only of this registry, and of stages that concern all.")] registry: Option<String>,
    ) -> Result<impl Stream<Item = SyncProgress> + use<'ctx>> {
        known_registries(ask(ctx).state.hub(), registry.as_slice()).or_tell(ctx)?;
        let caller = ask(ctx).caller.clone();
        let steps = items(ask(ctx).state.events().syncs.subscribe()).map(|event| SyncProgress::from(&event));
        Ok(steps.filter(move |step| {
            // A department hears of its own registry.
            let is_theirs = step.registry.as_ref().is_none_or(|r| caller.may_know(r.name_of()));
            let wanted = registry.as_ref().is_none_or(|name| step.registry.as_ref().is_none_or(|r| r.is(name)));
            std::future::ready(wanted && is_theirs)
        }))
    }
}
