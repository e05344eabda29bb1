//! Receivers that are told of changes by HTTP.

use async_graphql::{Context, Enum, ID, Object, Result};

use super::scalars::DateTime;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::problem::Problem;
use crate::store::webhook::WebhookRow;

/// What a receiver is told of.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum WebhookKind {
    /// Every step of an outreach case. Needs the scope `review`.
    Case,
    /// Size, coverage, gap, status; enterprises that appear, go or are merged.
    Verdict,
    /// Every event of a correction request: for a department of those of its own registry; else it needs the scope `review`.
    Correction,
}

impl WebhookKind {
    pub fn name(self) -> &'static str {
        match self {
            WebhookKind::Case => "CASE",
            WebhookKind::Verdict => "VERDICT",
            WebhookKind::Correction => "CORRECTION",
        }
    }
}

/// The bare id of a receiver.
pub fn webhook_id(id: &str) -> &str {
    id.strip_prefix("webhook:").unwrap_or(id)
}

/// A receiver that is told of changes by HTTP.
pub struct Webhook(pub WebhookRow);

impl Webhook {
    /// The caller's own.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn list(ask: &RequestContext) -> Result<Vec<Webhook>, Problem> {
        ask.touch_store();
        let rows = ask.state.hub().store.webhooks(Some(&ask.caller.id)).await?;
        Ok(rows.into_iter().map(Webhook).collect())
    }

    async fn standing(&self, ctx: &Context<'_>) -> Result<crate::store::webhook::WebhookStanding> {
        ask(ctx).state.hub().store.webhook_standing(&self.0.id).await.or_tell(ctx)
    }
}

/// A receiver that is told of changes by HTTP: signed, at least once, in order per enterprise, tried for a week.
#[Object]
impl Webhook {
    /// `webhook:` and its number.
    async fn id(&self) -> ID {
        ID(format!("webhook:{}", self.0.id))
    }
    /// Where to.
    async fn url(&self) -> &str {
        &self.0.url
    }
    /// What it is told of.
    async fn kinds(&self) -> Vec<WebhookKind> {
        let kinds: Vec<String> = serde_json::from_str(&self.0.kinds).unwrap_or_default();
        let all = [WebhookKind::Case, WebhookKind::Verdict, WebhookKind::Correction];
        all.into_iter().filter(|k| kinds.iter().any(|name| name == k.name())).collect()
    }
    /// Codes of the areas it is told of; empty: all.
    async fn areas(&self) -> Vec<String> {
        serde_json::from_str(&self.0.areas).unwrap_or_default()
    }
    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime::written(self.0.created_at)
    }
    /// Messages that wait.
    async fn waiting(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.standing(ctx).await?.waiting as i32)
    }
    /// When the oldest of them was made.
    async fn waiting_since(&self, ctx: &Context<'_>) -> Result<Option<DateTime>> {
        Ok(self.standing(ctx).await?.oldest.and_then(DateTime::from_millis))
    }
    /// Messages that were given up after a week; `replayWebhook` has them sent again.
    async fn given_up(&self, ctx: &Context<'_>) -> Result<i32> {
        Ok(self.standing(ctx).await?.dead as i32)
    }
    /// What was said last of one that waits or was given up.
    async fn last_failure(&self, ctx: &Context<'_>) -> Result<Option<String>> {
        Ok(self.standing(ctx).await?.said)
    }
}
