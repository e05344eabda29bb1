//! Lists of enterprises with a name: brought and removed.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::access::AccessScope;
use crate::hub::HubError;
use crate::hub::named_lists::NewNamedList;
use crate::serve::context::{OrTell, ask, parts_of_id};
use crate::serve::graphql::model::cases::mendable;
use crate::serve::graphql::model::named_lists::{NamedList, named_id};
use crate::serve::graphql::model::scalars::Date;
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, Problem};

/// Brings a list.
#[derive(InputObject)]
pub struct CreateNamedListInput {
    /// What it is called.
    title: String,
    /// What for.
    purpose: String,
    /// Who keeps it.
    source: String,
    /// The last day on which it is shown.
    expires: Option<Date>,
    /// Ids, credit codes or names, at most 20,000.
    entries: Vec<String>,
    /// Id or credit code of the enterprise that those on it supply: they follow it, wherever it is on a list.
    suppliers_of: Option<ID>,
}

/// What became of a list.
#[derive(SimpleObject, Default)]
pub struct NamedListPayload {
    /// The list; null where it was refused or removed.
    list: Option<NamedList>,
    /// Entries that an enterprise was found for.
    found: i32,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

#[derive(Default)]
pub struct NamedListMutations;

/// Lists of enterprises with a name.
#[Object]
impl NamedListMutations {
    /// Brings a list; for callers of the whole city. Needs the scope `review`.
    async fn create_named_list(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The list.")] input: CreateNamedListInput,
    ) -> Result<NamedListPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        // Whether an entry is found tells of enterprises in other areas.
        whole_city(ask).or_tell(ctx)?;
        let CreateNamedListInput { title, purpose, source, expires, entries, suppliers_of } = input;
        let by = Some(ask.caller.name.clone());
        let suppliers_of = suppliers_of.map(|id| parts_of_id(&id).0.to_owned());
        let new = NewNamedList { title, purpose, source, expires: expires.map(|d| d.0), entries, suppliers_of, by };
        match ask.state.hub().add_named_list(new).await {
            Ok((row, entries)) => {
                let edition = ask.edition().or_tell(ctx)?;
                let found = entries.iter().filter(|e| e.enterprise_id.is_some()).count() as i32;
                Ok(NamedListPayload { list: Some(NamedList::new(&edition, row)), found, user_errors: Vec::new() })
            }
            Err(error @ HubError::Told(_)) => {
                let user_errors = vec![UserError::of(Some("entries"), mendable(error))];
                Ok(NamedListPayload { user_errors, ..NamedListPayload::default() })
            }
            Err(error) => Err(mendable(error)).or_tell(ctx),
        }
    }

    /// Removes a list; its cases stay. Needs the scope `review`.
    async fn remove_named_list(&self, ctx: &Context<'_>, #[graphql(desc = "Which.")] id: ID) -> Result<NamedListPayload> {
        let ask = ask(ctx);
        ask.caller.require(AccessScope::Review).or_tell(ctx)?;
        whole_city(ask).or_tell(ctx)?;
        let hub = ask.state.hub();
        match hub.store.remove_named_list(named_id(&id), hub.clock.millis()).await.map_err(Problem::from).or_tell(ctx)? {
            true => Ok(NamedListPayload::default()),
            false => Err(Problem::new(Code::NotFound, "没有这份名单", "there is no such list")).or_tell(ctx),
        }
    }
}

pub(super) fn whole_city(ask: &crate::serve::context::RequestContext) -> Result<(), Problem> {
    match ask.caller.areas.is_empty() {
        true => Ok(()),
        false => Err(Problem::new(Code::Forbidden, "名单由市级管理", "lists are kept by callers of the whole city")),
    }
}
