//! Tokens: who may ask, with which rights, until when. Never their secrets.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, Object};

use super::connection::{pages, slice};
use super::places::Area;
use super::registry::Registry;
use super::scalars::DateTime;
use crate::access;
use crate::edition::Edition;
use crate::hub::tokens::{caller_of, stands};
use crate::serve::context::{RequestContext, ask};
use crate::serve::problem::Problem;
use crate::store::token::TokenRow;

/// What a caller is.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "access::Role")]
pub enum CallerRole {
    /// Everything.
    Admin,
    /// The whole city.
    Analyst,
    /// Some areas.
    District,
    /// Open fields: a front end, a partner system.
    Client,
    /// A department that pushes batches; reads nothing.
    Ingest,
    /// Runs the hub. Sees no enterprise.
    System,
    /// Makes and ends tokens. Sees no enterprise, and not who looked.
    Security,
    /// Reads who looked at what. Sees no enterprise.
    Auditor,
    /// The department that owns a registry: its receipts, what was put aside, its quality, who used it. Sees no enterprise.
    Partner,
    /// A map: counts, rates and outlines. Sees no single enterprise.
    Map,
}

/// Whether a token lets anybody in.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum AccessTokenState {
    /// It does.
    InForce,
    /// Its time is over.
    Expired,
    /// Somebody ended it.
    Revoked,
}

/// The bare id of a token.
pub fn token_id(id: &str) -> &str {
    id.strip_prefix("token:").unwrap_or(id)
}

/// A token: who may ask, with which rights, until when. Its secret is told once, to whoever made it.
pub struct AccessToken {
    row: TokenRow,
    now: i64,
    edition: Option<Arc<Edition>>,
}

impl AccessToken {
    pub fn new(ask: &RequestContext, row: TokenRow) -> AccessToken {
        AccessToken { row, now: ask.state.hub().clock.millis(), edition: ask.edition().ok() }
    }

    fn codes(&self) -> Vec<String> {
        self.row.areas.as_deref().and_then(|areas| serde_json::from_str(areas).ok()).unwrap_or_default()
    }
}

/// A token: who may ask, with which rights, until when. Its secret is told once, to whoever made it.
#[Object]
impl AccessToken {
    /// `token:` and its number, which is no secret.
    async fn id(&self) -> ID {
        ID(format!("token:{}", self.row.id))
    }
    /// Whom it is for.
    async fn name(&self) -> &str {
        &self.row.name
    }
    /// What its owner is; null for a role that this release does not know: such a token lets nobody in.
    async fn role(&self) -> Option<CallerRole> {
        access::Role::from_name(&self.row.role).map(Into::into)
    }
    /// What its owner sees and does beyond the open fields.
    async fn scopes(&self) -> Vec<&'static str> {
        caller_of(&self.row).map(|caller| caller.scopes.iter().map(|scope| scope.name()).collect()).unwrap_or_default()
    }
    /// Codes of the areas it is bound to; empty: to none.
    async fn area_codes(&self) -> Vec<String> {
        self.codes()
    }
    /// The same as areas; null where nothing is published yet.
    async fn areas(&self) -> Option<Vec<Area>> {
        let edition = self.edition.as_ref()?;
        Some(self.codes().iter().map(|code| Area::new(edition, code.as_str())).collect())
    }
    /// What it may state that it reads for; empty: anything, or nothing.
    async fn purposes(&self) -> Vec<String> {
        caller_of(&self.row).map(|caller| caller.purposes).unwrap_or_default()
    }
    /// The registry of a department's token.
    async fn registry(&self) -> Option<Registry> {
        self.row.registry.as_deref().map(Registry::named)
    }
    /// Whether it lets anybody in.
    async fn state(&self) -> AccessTokenState {
        match (self.row.revoked_at, stands(&self.row, self.now)) {
            (Some(_), _) => AccessTokenState::Revoked,
            (None, true) => AccessTokenState::InForce,
            (None, false) => AccessTokenState::Expired,
        }
    }
    /// When it was made.
    async fn created_at(&self) -> DateTime {
        DateTime::written(self.row.created_at)
    }
    /// Until when it is valid; null: for ever.
    async fn expires_at(&self) -> Option<DateTime> {
        self.row.expires_at.and_then(DateTime::from_millis)
    }
    /// When it was ended.
    async fn revoked_at(&self) -> Option<DateTime> {
        self.row.revoked_at.and_then(DateTime::from_millis)
    }
    /// When it was used last, to within seconds; null: never.
    async fn last_used_at(&self) -> Option<DateTime> {
        self.row.last_used_at.and_then(DateTime::from_millis)
    }
    /// It is the one that this question was asked with.
    async fn is_own(&self, ctx: &Context<'_>) -> bool {
        ask(ctx).caller.id == self.row.id
    }
}

pages!(
    "Tokens, page by page, newest first.",
    AccessTokenConnection,
    "The tokens of this page.",
    AccessToken,
    "A token and its cursor.",
    AccessTokenEdge,
    "The token."
);

impl AccessTokenConnection {
    /// One page of those in one of these states; of all where none is given.
    ///
    /// # Errors
    /// The store cannot be read; a cursor of another list.
    pub async fn page(
        ask: &RequestContext,
        only_in_force: bool,
        first: usize,
        after: Option<&str>,
    ) -> Result<AccessTokenConnection, Problem> {
        ask.touch_store();
        // What was noted of their use a moment ago is theirs too.
        ask.state.keep_usage().await?;
        let now = ask.state.hub().clock.millis();
        let mut rows = ask.state.hub().store.tokens().await?;
        rows.retain(|row| !only_in_force || stands(row, now));
        rows.reverse();
        let total_count = rows.len() as i32;
        let (rows, placed) = slice(rows, first, after)?;
        Ok(AccessTokenConnection { nodes: rows.into_iter().map(|row| AccessToken::new(ask, row)).collect(), placed, total_count })
    }
}
