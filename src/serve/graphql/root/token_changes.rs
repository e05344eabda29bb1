//! Who may ask: tokens that are made, followed by others, and ended.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::access::AccessScope;
use crate::hub::HubError;
use crate::hub::tokens::{MadeToken, NewToken};
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::graphql::model::tokens::{AccessToken, CallerRole, token_id};
use crate::serve::graphql::model::user_error::UserError;

/// A token to be made.
#[derive(InputObject)]
pub struct CreateTokenInput {
    /// Whom it is for.
    name: String,
    /// What they are.
    role: CallerRole,
    /// The registry of a department's token: INGEST, PARTNER.
    registry: Option<String>,
    /// Codes of the areas it is bound to; a district's token needs one.
    areas: Option<Vec<String>>,
    /// What it may state that it reads for (`X-Purpose`), at most 20: under another one, or none, it sees what is open alone. Anything where
    /// left out.
    purposes: Option<Vec<String>>,
    /// Days that it is valid, at most 3,650.
    #[graphql(default = 365)]
    days: i32,
}

/// The next token of the same rights.
#[derive(InputObject)]
pub struct RotateTokenInput {
    /// Id of the token that it follows.
    id: ID,
    /// Days that the old one still stands, at most 365; 0 ends it now.
    #[graphql(default = 7)]
    overlap_days: i32,
    /// Days that the new one is valid, at most 3,650.
    #[graphql(default = 365)]
    days: i32,
}

/// What became of a token.
#[derive(SimpleObject, Default)]
pub struct TokenPayload {
    /// The token; null where the input was refused.
    token: Option<AccessToken>,
    /// What its owner sends as `Authorization: Bearer …`; told now and never again.
    secret: Option<String>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

impl TokenPayload {
    fn of(ask: &RequestContext, field: &str, made: Result<MadeToken, HubError>) -> Result<TokenPayload, HubError> {
        match made {
            Ok(made) => Ok(TokenPayload {
                token: Some(AccessToken::new(ask, made.row)),
                secret: Some(made.secret),
                user_errors: Vec::new(),
            }),
            Err(error) => TokenPayload::refused(field, error),
        }
    }
    fn refused(field: &str, error: HubError) -> Result<TokenPayload, HubError> {
        match error {
            told @ HubError::Told(_) => {
                Ok(TokenPayload { user_errors: vec![UserError::of(Some(field), mendable(told))], ..TokenPayload::default() })
            }
            error => Err(error),
        }
    }
}

#[derive(Default)]
pub struct TokenMutations;

/// Who may ask.
#[Object]
impl TokenMutations {
    /// Makes a token; its secret is told once. Needs the scope `tokens`.
    async fn create_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "For whom, and what for.")] input: CreateTokenInput,
    ) -> Result<TokenPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Tokens).or_tell(ctx)?;
        let new = NewToken {
            name: input.name,
            role: input.role.into(),
            registry: input.registry,
            areas: input.areas.unwrap_or_default(),
            purposes: input.purposes.unwrap_or_default(),
            days: i64::from(input.days),
        };
        let made = ask.state.hub().create_token(new).await;
        TokenPayload::of(ask, "name", made).map_err(mendable).or_tell(ctx)
    }

    /// Makes the next token of the same rights; the old one stands for a while, so that nobody is locked out meanwhile. Needs the scope
    /// `tokens`.
    async fn rotate_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which, and for how long.")] input: RotateTokenInput,
    ) -> Result<TokenPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Tokens).or_tell(ctx)?;
        let (overlap, days) = (i64::from(input.overlap_days), i64::from(input.days));
        let made = ask.state.hub().rotate_token(token_id(&input.id), overlap, days).await;
        TokenPayload::of(ask, "id", made).map_err(mendable).or_tell(ctx)
    }

    /// Ends a token; whoever has it is refused within two seconds. The last one that can make tokens stays. Needs the scope `tokens`.
    async fn revoke_token(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<TokenPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Tokens).or_tell(ctx)?;
        match ask.state.hub().revoke_token(token_id(&id)).await {
            Ok(row) => Ok(TokenPayload { token: Some(AccessToken::new(ask, row)), ..TokenPayload::default() }),
            Err(error) => TokenPayload::refused("id", error).map_err(mendable).or_tell(ctx),
        }
    }
}
