//! Addresses that prove for a short time who asks.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::serve::answers::usage::stated;
use crate::serve::context::{OrTell, ask};
use crate::serve::graphql::model::scalars::DateTime;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::Problem;
use crate::serve::signed_address::{MOST_SECS, USUAL_SECS};

/// What to sign.
#[derive(InputObject)]
pub struct SignAddressInput {
    /// Path and parameters as they will be asked for, such as `/graphql/sse?query=…` or `/export/jobs/ID`: event streams, exports, GeoJSON,
    /// receipts, letters, copies of visit lists.
    address: String,
    /// What whoever follows it reads for; what this request states where left out.
    purpose: Option<String>,
    /// How long it is good for, at most 900: an event stream that is open by then stays open.
    #[graphql(default_with = "USUAL_SECS as i32")]
    seconds: i32,
}

/// An address for who cannot send a header.
#[derive(SimpleObject, Default)]
pub struct SignAddressPayload {
    /// Ask it as it is, by GET; null where it was refused. Whoever has it asks in your name until its time is over.
    address: Option<String>,
    /// When its time is over.
    until: Option<DateTime>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct AddressMutations;

/// Addresses that prove for a short time who asks.
#[Object]
impl AddressMutations {
    /// An address that needs no header, for a browser's EventSource or a download: bound to you, to this path and these parameters, to what
    /// it is read for, and good for seconds. It ends with the token or session that asked for it.
    async fn sign_address(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to sign.")] input: SignAddressInput,
    ) -> Result<SignAddressPayload> {
        let ask = ask(ctx);
        let refused = |field: &str, problem| SignAddressPayload {
            user_errors: vec![UserError::of(Some(field), problem)],
            ..SignAddressPayload::default()
        };
        let Some(seconds) = u64::try_from(input.seconds).ok().filter(|n| (1..=MOST_SECS).contains(n)) else {
            let problem = Problem::bad_input(
                format!("seconds 应在 1 到 {MOST_SECS} 之间"),
                format!("seconds must be from 1 to {MOST_SECS}"),
            );
            return Ok(refused("seconds", problem.remedy(MOST_SECS.to_string())));
        };
        if !ask.state.can_sign_for(&ask.caller).await.or_tell(ctx)? {
            let problem = Problem::bad_input(
                "只有以本系统的令牌访问或已登录者可以签发地址：地址随之失效",
                "only who asks with a token of this hub, or is signed in, can sign an address: it ends with that",
            );
            return Ok(refused("address", problem));
        }
        let until = ask.state.hub().clock.millis() / 1_000 + seconds as i64;
        let purpose = input.purpose.map_or_else(|| ask.purpose.to_string(), |text| stated(&text));
        if !purpose.is_empty() && !ask.caller.may_state(&purpose) {
            let known = ask.caller.purposes.join(", ");
            let problem =
                Problem::bad_input(format!("该令牌的用途只能是：{known}"), format!("the purposes of this token are: {known}"));
            return Ok(refused("purpose", problem.remedy(known)));
        }
        match ask.state.signer().sign(&input.address, &ask.caller.id, &purpose, until) {
            Ok(signed) => {
                let base = ask.state.hub().settings.public_url.as_deref().unwrap_or("");
                let until = DateTime::from_millis(until * 1_000);
                Ok(SignAddressPayload { address: Some(format!("{base}{signed}")), until, ..SignAddressPayload::default() })
            }
            Err(problem) => Ok(refused("address", problem)),
        }
    }
}
