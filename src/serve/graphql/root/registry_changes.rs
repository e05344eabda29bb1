//! How registries are treated: schedules and guards, saved over what their connectors say, and taken back.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::policy_changes::may_change;
use super::recorded::mend;
use crate::serve::context::{OrTell, ask};
use crate::serve::graphql::model::registry::Registry;
use crate::serve::graphql::model::registry_settings::RegistryChangeInput;
use crate::serve::graphql::model::user_error::UserError;

/// Other settings of a registry.
#[derive(InputObject)]
pub struct SaveRegistrySettingsInput {
    /// Name of the registry.
    registry: String,
    /// What is changed; what is left out stays.
    change: RegistryChangeInput,
    /// Saved keys that are to be as the connector says again, such as `manners.schedule`.
    #[graphql(default)]
    take_back: Vec<String>,
    /// The version it was made upon (`settings.version`): where somebody saved another one meanwhile, nothing is saved.
    based_on: u32,
    /// Why; kept with who and when.
    reason: String,
}

/// What became of a registry's settings.
#[derive(SimpleObject, Default)]
pub struct RegistrySettingsPayload {
    /// The registry as it is treated now; null where the input was refused.
    registry: Option<Registry>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct RegistrySettingsMutations;

/// How registries are treated.
#[Object]
impl RegistrySettingsMutations {
    /// Saves when a registry is pulled and what holds its batches over what its connector says, with who and why: in every process on
    /// this store, from the next look at the schedules and the next batch on, until it is changed again or taken back. Needs the scope
    /// `operate`, for the whole city.
    async fn save_registry_settings(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is changed and taken back, upon which version, and why.")] input: SaveRegistrySettingsInput,
    ) -> Result<RegistrySettingsPayload> {
        let ask = ask(ctx);
        may_change(ask).or_tell(ctx)?;
        let SaveRegistrySettingsInput { registry, change, take_back, based_on, reason } = input;
        let upon = (based_on, ask.caller.name.as_str(), reason.as_str());
        let saved = ask.state.hub().save_registry_settings(&registry, &change.into(), &take_back, upon).await;
        Ok(match mend(ctx, "change", saved)? {
            Ok(_) => RegistrySettingsPayload { registry: Some(Registry::named(&registry)), user_errors: Vec::new() },
            Err(user_errors) => RegistrySettingsPayload { registry: None, user_errors },
        })
    }
}
