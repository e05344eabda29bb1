//! Beside the server: what happened is told to those who asked to be told, every second. What leaves is noted in the audit as an answer is,
//! before it leaves, under the name of whoever asked for it.

use std::time::Duration;

use futures_util::future::BoxFuture;

use crate::access::{AccessScope, Caller, FieldClass, Role};
use crate::hub::HubError;
use crate::hub::tokens::caller_of;
use crate::hub::webhooks::WebhooksSent;
use crate::serve::answers::usage::{FieldUse, bits_of};
use crate::serve::problem::Problem;
use crate::serve::state::{Reading, ServerState};
use crate::store::webhook::{DeliveryRow, WebhookRow};

const EVERY: Duration = Duration::from_secs(1);

/// Runs until it is dropped. What cannot be done now is tried again.
pub async fn run(state: ServerState) {
    loop {
        tokio::time::sleep(EVERY).await;
        if let Err(error) = state.hub().spread_webhooks().await {
            tracing::warn!(%error, "what happened could not be made into messages yet");
        }
        if let Err(error) = send_webhooks(&state).await {
            tracing::warn!(%error, "messages could not be sent yet");
        }
    }
}

/// Sends the messages whose turn it is, each noted before it leaves.
///
/// # Errors
/// The store cannot be read or written.
pub async fn send_webhooks(state: &ServerState) -> Result<WebhooksSent, HubError> {
    let noting = state.clone();
    let note = move |hook: WebhookRow, delivery: DeliveryRow| -> BoxFuture<'static, bool> {
        let state = noting.clone();
        Box::pin(async move {
            let noted = note(&state, &hook, &delivery).await;
            noted.inspect_err(|problem| tracing::warn!(webhook = hook.id, problem = %problem.en, "a message waits")).is_ok()
        })
    };
    state.hub().send_webhooks_noted(&note).await
}

/// Notes that a receiver is about to be told of an enterprise.
async fn note(state: &ServerState, hook: &WebhookRow, delivery: &DeliveryRow) -> Result<(), Problem> {
    let token = state.hub().store.tokens().await?.into_iter().find(|token| token.id == hook.owner);
    // Whoever signed in is known by their account.
    let account = || Caller { scopes: vec![AccessScope::Review], ..Caller::new(&hook.owner, Role::Client) };
    let caller = token.as_ref().and_then(caller_of).unwrap_or_else(account);
    let body: serde_json::Value = serde_json::from_str(&delivery.body).unwrap_or_default();
    let (fields, class) = match body["kind"].as_str() {
        Some("VERDICT") => (bits_of("gap"), FieldClass::Open),
        Some("CORRECTION") => (bits_of("corrections"), FieldClass::Visit),
        _ => (bits_of("case"), FieldClass::Visit),
    };
    let shown = FieldUse {
        fields: fields | bits_of("name") | bits_of("creditCode"),
        ids: vec![delivery.enterprise_id.clone()],
        count: 1,
        opened: if class == FieldClass::Open { 0 } else { class.bit() },
        ..FieldUse::default()
    };
    let (asked, request) = (format!("{} {}", hook.id, hook.url), format!("{}-{}", hook.id, delivery.id));
    let reading = Reading {
        caller: &caller,
        purpose: "",
        way: "webhook",
        asked: asked.as_bytes(),
        given: "",
        shown: &shown,
        beyond_editions: true,
        edition: state.hub().editions.current().ok().map(|edition| edition.number()),
        request: &request,
    };
    state.account(reading).await
}
