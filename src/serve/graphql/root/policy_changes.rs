//! The policy: saved over what the configuration says, and taken back.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::recorded::{held, later, mend, progress};
use crate::access::AccessScope;
use crate::hub::{HubError, Recorded};
use crate::serve::context::{OrTell, RequestContext, ask};
use crate::serve::graphql::model::edition::HeldEdition;
use crate::serve::graphql::model::policy::{PolicyChangeInput, PolicyInForce};
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, Problem};

/// Another policy, to be in force from now on.
#[derive(InputObject)]
pub struct SavePolicyInput {
    /// What is changed; what is left out stays. `policyPreview` says beforehand what it would do.
    change: PolicyChangeInput,
    /// Saved keys that are to be as `huitu.toml` says again.
    #[graphql(default)]
    take_back: Vec<String>,
    /// The version it was made upon (`policy.version`): where somebody saved another one meanwhile, nothing is saved.
    based_on: u32,
    /// Why; kept with who and when.
    reason: String,
}

/// All that was saved of the policy, to be taken back.
#[derive(InputObject)]
pub struct WithdrawPolicyInput {
    /// The version that was looked at (`policy.version`).
    based_on: u32,
    /// Why; kept with who and when.
    reason: String,
}

/// What became of the policy.
#[derive(SimpleObject, Default)]
pub struct PolicyPayload {
    /// What is in force now; null where the input was refused.
    policy: Option<PolicyInForce>,
    /// Set where the edition that follows waits for a person.
    held: Option<HeldEdition>,
    /// It is saved, and shows with the next edition: a sync is under way.
    pending: bool,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// The policy and how registries are treated are the whole city's: whoever is bound to some of its areas does not change them.
pub(super) fn may_change(ask: &RequestContext) -> Result<(), Problem> {
    ask.caller.require(AccessScope::Operate)?;
    // An administrator who sees no enterprise is bound to no area either.
    match ask.caller.areas.is_empty() || !ask.caller.role.sees_enterprises() {
        true => Ok(()),
        false => Err(Problem::new(
            Code::Forbidden,
            "政策参数与登记设置适用于全市，限于部分区域的令牌不能更改：请由全市的管理员更改",
            "policy and settings of registries are the whole city's: a token that is bound to some areas cannot change them; ask an administrator of the city",
        )),
    }
}

async fn told<T>(ctx: &Context<'_>, done: Result<Recorded<T>, HubError>) -> Result<PolicyPayload> {
    let ask = ask(ctx);
    match mend(ctx, "change", done)? {
        Ok(recorded) => {
            ask.state.refresh().await.or_tell(ctx)?;
            Ok(PolicyPayload {
                pending: later(ask, recorded.pending),
                policy: Some(PolicyInForce::of(ask).await.or_tell(ctx)?),
                held: held(ctx).await?,
                user_errors: Vec::new(),
            })
        }
        Err(user_errors) => Ok(PolicyPayload { user_errors, ..PolicyPayload::default() }),
    }
}

#[derive(Default)]
pub struct PolicyMutations;

/// The policy by which is judged.
#[Object]
impl PolicyMutations {
    /// Saves a change of the policy over what `huitu.toml` says, with who and why, and judges the city anew: in every process on this
    /// store, until it is changed again or taken back. Where the edition that follows differs too far from the published one, it waits
    /// for a person. Needs the scope `operate`, for the whole city.
    async fn save_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is changed, upon which version, and why.")] input: SavePolicyInput,
    ) -> Result<PolicyPayload> {
        let ask = ask(ctx);
        may_change(ask).or_tell(ctx)?;
        let SavePolicyInput { change, take_back, based_on, reason } = input;
        let (hub, by) = (ask.state.hub(), &ask.caller.name);
        told(ctx, hub.save_policy(&change.into(), &take_back, (based_on, by, &reason), progress(ask)).await).await
    }

    /// Takes back all that was saved of the policy, so that `huitu.toml` alone counts, and judges the city anew. Needs the scope
    /// `operate`, for the whole city.
    async fn withdraw_policy(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which version was looked at, and why.")] input: WithdrawPolicyInput,
    ) -> Result<PolicyPayload> {
        let ask = ask(ctx);
        may_change(ask).or_tell(ctx)?;
        let (hub, by) = (ask.state.hub(), &ask.caller.name);
        told(ctx, hub.withdraw_policy(input.based_on, by, &input.reason, progress(ask)).await).await
    }
}
