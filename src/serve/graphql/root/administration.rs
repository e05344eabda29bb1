//! Questions of administrators: who may ask, who asked, who is told of changes, and by which policy is judged.

use async_graphql::{Context, Object, Result};

use crate::access::AccessScope;
use crate::serve::context::{OrTell, ask, checked_first, permitted};
use crate::serve::graphql::model::audit::{AuditEntryConnection, AuditFilter, MAX_AUDIT};
use crate::serve::graphql::model::connection::MAX_PAGE;
use crate::serve::graphql::model::corrections::own_registry;
use crate::serve::graphql::model::policy::{PolicyChangeInput, PolicyInForce, PolicyPreview};
use crate::serve::graphql::model::tokens::AccessTokenConnection;
use crate::serve::graphql::model::webhooks::Webhook;

pub struct AdministrationQuery;

/// Who may ask, who asked, and by which policy is judged.
#[Object]
impl AdministrationQuery {
    /// The caller's own receivers of changes. Needs the scope `export`, or to be a department.
    async fn webhooks(&self, ctx: &Context<'_>) -> Result<Option<Vec<Webhook>>> {
        if own_registry(ask(ctx)).is_none() && !permitted(ctx, AccessScope::Export) {
            return Ok(None);
        }
        Webhook::list(ask(ctx)).await.or_tell(ctx).map(Some)
    }

    /// Who may ask, with which rights, until when; never the secrets. Needs the scope `tokens`.
    async fn tokens(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Without those that were ended or whose time is over.", default)] in_force: bool,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<AccessTokenConnection>> {
        if !permitted(ctx, AccessScope::Tokens) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_PAGE).or_tell(ctx)?;
        AccessTokenConnection::page(ask(ctx), in_force, first, after.as_deref()).await.or_tell(ctx).map(Some)
    }

    /// The policy in force, and the rules of designated size. It is changed in `huitu.toml`, or over it by `savePolicy`.
    async fn policy(&self, ctx: &Context<'_>) -> Result<PolicyInForce> {
        PolicyInForce::of(ask(ctx)).await.or_tell(ctx)
    }

    /// What would change if the policy were another one: judged on the side, and nothing of it kept. One at a time. Needs the scope
    /// `operate`.
    async fn policy_preview(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What would be changed.")] change: PolicyChangeInput,
        #[graphql(desc = "Saved keys that would be as `huitu.toml` says again.", default)] take_back: Vec<String>,
    ) -> Result<Option<PolicyPreview>> {
        if !permitted(ctx, AccessScope::Operate) {
            return Ok(None);
        }
        PolicyPreview::tried(ctx, change, &take_back).await.or_tell(ctx).map(Some)
    }

    /// Who looked at what, newest first. Needs the scope `audit`.
    async fn audit_search(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only these.")] filter: Option<AuditFilter>,
        #[graphql(default = 50, desc = "At most 500.")] first: i32,
        #[graphql(desc = "Go on behind this cursor.")] after: Option<String>,
    ) -> Result<Option<AuditEntryConnection>> {
        if !permitted(ctx, AccessScope::Audit) {
            return Ok(None);
        }
        let first = checked_first(first, MAX_AUDIT).or_tell(ctx)?;
        AuditEntryConnection::page(ctx, filter.unwrap_or_default(), first, after.as_deref()).await.or_tell(ctx).map(Some)
    }
}
