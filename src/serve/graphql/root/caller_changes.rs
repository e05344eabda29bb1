//! What a caller keeps for themselves: who they are in the federation, views of pages.

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use super::case_changes::CaseOwnerInput;
use crate::access::AccessScope;
use crate::hub::HubError;
use crate::serve::context::{OrTell, ask};
use crate::serve::graphql::model::cases::{CaseOwner, mendable};
use crate::serve::graphql::model::saved_views::SavedView;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::Problem;

/// A view to be saved.
#[derive(InputObject)]
pub struct SaveViewInput {
    /// The page, such as `gaps`.
    page: String,
    /// What it is called; one of that name is replaced.
    name: String,
    /// Query of the page's address.
    query: String,
}

/// A view to be removed.
#[derive(InputObject)]
pub struct RemoveViewInput {
    /// The page.
    page: String,
    /// What it is called.
    name: String,
}

/// What became of a view.
#[derive(SimpleObject, Default)]
pub struct SavedViewPayload {
    /// The view; null where it was refused or removed.
    view: Option<SavedView>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

/// Who the caller is in the federation now.
#[derive(SimpleObject, Default)]
pub struct SeatPayload {
    /// Who they are; null where they said of nobody.
    seat: Option<CaseOwner>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

fn refused(field: &str, error: HubError) -> Result<Vec<UserError>, Problem> {
    match error {
        error @ HubError::Told(_) => Ok(vec![UserError::of(Some(field), mendable(error))]),
        error => Err(mendable(error)),
    }
}

#[derive(Default)]
pub struct CallerMutations;

/// What a caller keeps for themselves.
#[Object]
impl CallerMutations {
    /// Says who the caller is in the federation, so that their week comes first; left out, it is taken back. Needs the scope `review`.
    async fn set_seat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who they are.")] owner: Option<CaseOwnerInput>,
    ) -> Result<SeatPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        let hub = ask.state.hub();
        let seated = match CaseOwnerInput::given(owner, ask).await {
            Ok(owner) => hub.set_seat(&ask.caller.id, owner).await,
            Err(error) => Err(error),
        };
        match seated {
            Ok(()) => Ok(SeatPayload { seat: CaseOwner::of_caller(ask).await.or_tell(ctx)?, user_errors: Vec::new() }),
            Err(error) => Ok(SeatPayload { user_errors: refused("owner", error).or_tell(ctx)?, ..SeatPayload::default() }),
        }
    }

    /// Saves a view of a page under a name, for the caller alone; at most 200.
    async fn save_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view.")] input: SaveViewInput,
    ) -> Result<SavedViewPayload> {
        let ask = ask(ctx);
        match ask.state.hub().save_view(&ask.caller.id, &input.page, &input.name, &input.query).await {
            Ok(row) => Ok(SavedViewPayload { view: Some(SavedView(row)), user_errors: Vec::new() }),
            Err(error) => {
                Ok(SavedViewPayload { user_errors: refused("name", error).or_tell(ctx)?, ..SavedViewPayload::default() })
            }
        }
    }

    /// Removes a view of the caller's own.
    async fn remove_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which.")] input: RemoveViewInput,
    ) -> Result<SavedViewPayload> {
        let ask = ask(ctx);
        match ask.state.hub().remove_view(&ask.caller.id, &input.page, &input.name).await {
            Ok(()) => Ok(SavedViewPayload::default()),
            Err(error) => {
                Ok(SavedViewPayload { user_errors: refused("name", error).or_tell(ctx)?, ..SavedViewPayload::default() })
            }
        }
    }
}
