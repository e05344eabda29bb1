//! What happens now.

use async_graphql::{Context, ID, Object, Result, Subscription};
use futures_util::{Stream, StreamExt};
use tokio::sync::broadcast;

use super::exports::Export;
use crate::access::AccessScope;
use crate::hub::progress::SyncEvent;
use crate::model::message::Lang;
use crate::serve::context::{OrTell, ask};
use crate::serve::export::jobs::Jobs;
use crate::serve::graphql::model::edition::EditionNode;
use crate::serve::graphql::model::registry::Registry;
use crate::serve::graphql::model::scalars::Language;
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

pub struct Subscriptions;

/// What happens now, over WebSocket (`/graphql/ws`) or server-sent events (`/graphql/sse`).
#[Subscription(name = "Subscription")]
impl Subscriptions {
    /// Every edition as it is published.
    async fn edition_published<'ctx>(&self, ctx: &Context<'ctx>) -> impl Stream<Item = EditionNode> + use<'ctx> {
        items(ask(ctx).state.events().editions.subscribe()).map(EditionNode::of)
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

    /// Every step of syncs under way.
    async fn sync_progress<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        #[graphql(desc = "Only of this registry, and of stages that concern all.")] registry: Option<String>,
    ) -> impl Stream<Item = SyncProgress> + use<'ctx> {
        items(ask(ctx).state.events().syncs.subscribe()).map(|event| SyncProgress::from(&event)).filter(move |step| {
            let wanted = registry.as_ref().is_none_or(|name| step.registry.as_ref().is_none_or(|r| r.is(name)));
            std::future::ready(wanted)
        })
    }
}
