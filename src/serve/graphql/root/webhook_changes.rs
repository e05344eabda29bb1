//! Who asks to be told of changes by HTTP.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::access::AccessScope;
use crate::hub::HubError;
use crate::hub::webhooks::NewWebhook;
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::graphql::model::corrections::own_registry;
use crate::serve::graphql::model::scalars::DateTime;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::graphql::model::webhooks::{Webhook, WebhookKind, webhook_id};
use crate::serve::problem::{Code, Problem};

/// Asks to be told.
#[derive(InputObject)]
pub struct CreateWebhookInput {
    /// Where to: `https://…`. It is sent a greeting and must repeat its id.
    url: String,
    /// What of.
    kinds: Vec<WebhookKind>,
    /// Codes or names of areas; all that the caller may see where left out.
    areas: Option<Vec<String>>,
}

/// Has messages sent again.
#[derive(InputObject)]
pub struct ReplayWebhookInput {
    /// Id of the receiver.
    id: ID,
    /// Everything since then; at most a month is kept.
    since: DateTime,
}

/// What became of a receiver.
#[derive(SimpleObject, Default)]
pub struct WebhookPayload {
    /// The receiver; null where it was refused or removed.
    webhook: Option<Webhook>,
    /// Signs every message; shown once.
    secret: Option<String>,
    /// Messages that are sent again.
    replayed: Option<i32>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

async fn own(ask: &RequestContext, id: &str) -> Result<Webhook, Problem> {
    let found = Webhook::list(ask).await?.into_iter().find(|w| w.0.id == webhook_id(id));
    found.ok_or_else(|| Problem::new(Code::NotFound, "没有这个接收方", "there is no such receiver"))
}

/// Whether the caller may have receivers at all: departments have those of their own registry.
fn may_have(ask: &RequestContext) -> Result<(), Problem> {
    match own_registry(ask) {
        Some(_) => Ok(()),
        None => Ok(ask.caller.require(AccessScope::Export)?),
    }
}

#[derive(Default)]
pub struct WebhookMutations;

/// Who asks to be told of changes by HTTP.
#[Object]
impl WebhookMutations {
    /// Adds a receiver of changes; it ends with the token that made it. Needs the scope `export`, for cases and correction requests `review`
    /// too; a department may ask to be told of the requests of its own registry.
    async fn create_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Where to, and what of.")] input: CreateWebhookInput,
    ) -> Result<WebhookPayload> {
        let ask = ask(ctx);
        let of_department = own_registry(ask).filter(|_| input.kinds == [WebhookKind::Correction]).map(str::to_owned);
        if of_department.is_none() {
            ask.caller.require(AccessScope::Export).or_tell(ctx)?;
            if input.kinds.iter().any(|kind| *kind != WebhookKind::Verdict) {
                ask.caller.require(AccessScope::Review).or_tell(ctx)?;
            }
        }
        let hub = ask.state.hub();
        let refused = |field: &str, problem| WebhookPayload {
            user_errors: vec![UserError::of(Some(field), problem)],
            ..WebhookPayload::default()
        };
        if input.kinds.is_empty() {
            let problem = Problem::bad_input(
                "kinds 不能为空：可用 CASE、VERDICT、CORRECTION",
                "kinds is not empty: CASE, VERDICT, CORRECTION",
            );
            return Ok(refused("kinds", problem));
        }
        let mut areas = Vec::new();
        for text in input.areas.unwrap_or_default() {
            match hub.case_unit(&text) {
                Ok(code) => areas.push(code),
                Err(error) => return Ok(refused("areas", mendable(error))),
            }
        }
        if of_department.is_some() {
            // Its own registry is what it is told of, wherever the enterprises lie.
            areas.clear();
        } else if !ask.caller.areas.is_empty() {
            let edition = ask.edition().or_tell(ctx)?;
            let mine =
                edition.filter(&crate::edition::Filter::Area(ask.caller.areas.clone())).map_err(Problem::from).or_tell(ctx)?;
            for area in &areas {
                let wanted = edition.area_rows(area).map_err(Problem::from).or_tell(ctx)?.unwrap_or_default();
                if !wanted.is_subset(&mine) {
                    let problem =
                        Problem::bad_input(format!("{area} 不在您的管辖区域内"), format!("{area} is outside your areas"));
                    return Ok(refused("areas", problem));
                }
            }
            if areas.is_empty() {
                areas.clone_from(&ask.caller.areas);
            }
        }
        let kinds = input.kinds.iter().map(|k| k.name().to_owned()).collect();
        match hub
            .add_webhook(NewWebhook { url: input.url, kinds, areas, owner: ask.caller.id.clone(), registry: of_department })
            .await
        {
            Ok(row) => {
                let secret = Some(row.secret.clone());
                Ok(WebhookPayload { webhook: Some(Webhook(row)), secret, ..WebhookPayload::default() })
            }
            Err(error @ HubError::Told(_)) => Ok(refused("url", mendable(error))),
            Err(error) => Err(mendable(error)).or_tell(ctx),
        }
    }

    /// Removes a receiver; what waits for it is not sent any more. Needs the scope `export`, or to be a department.
    async fn remove_webhook(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<WebhookPayload> {
        let ask = ask(ctx);
        may_have(ask).or_tell(ctx)?;
        let hook = own(ask, &id).await.or_tell(ctx)?;
        let hub = ask.state.hub();
        hub.store.remove_webhook(&hook.0.id, hub.clock.millis()).await.map_err(Problem::from).or_tell(ctx)?;
        Ok(WebhookPayload::default())
    }

    /// Has everything since a moment sent again, in the same order, delivered or not. Needs the scope `export`, or to be a
    /// department.
    async fn replay_webhook(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and since when.")] input: ReplayWebhookInput,
    ) -> Result<WebhookPayload> {
        let ask = ask(ctx);
        may_have(ask).or_tell(ctx)?;
        let hook = own(ask, &input.id).await.or_tell(ctx)?;
        let hub = ask.state.hub();
        let (since, now) = (input.since.0.timestamp_millis(), hub.clock.millis());
        let replayed = hub.store.replay_deliveries(&hook.0.id, since, now).await.map_err(Problem::from).or_tell(ctx)?;
        Ok(WebhookPayload { webhook: Some(hook), replayed: Some(replayed as i32), ..WebhookPayload::default() })
    }
}
